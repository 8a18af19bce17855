"""What is full at one place: what more of each limit there gains and adds, and what else is full then."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import lp
from supplychain.limits import doing
from supplychain.plan import windows
from supplychain.plan.bottlenecks import JOINT_UP_TO
from supplychain.plan.levers import Levers
from supplychain.plan.prices import rounded_price
from supplychain.results import schema
from supplychain.results.frames import frame
from supplychain.schema import SUM
from supplychain.tabular import did_you_mean
from supplychain.tolerances import OBJECTIVE_DIFFERENCE_DIGITS, QUANTITY_ROUNDING, SAME_SLOPE, significant

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from supplychain.case import Case
    from supplychain.model.supply import SupplyIndex
    from supplychain.plan.levers import Direction, Members
    from supplychain.plan.solved_lp import SolvedLP


def regional_stages(case: Case) -> list[str]:
    """Return the stages of a case that each region has for itself, upstream first.

    Raises: ValueError if there is none.
    """
    stages = [(row["position"], row["stage"]) for row in case.tables["stages"] if row["scope"] == "regional"]
    if not stages:
        message = "no stage is regional, so that no place has limits of its own: the scope of each stage is `global`"
        raise ValueError(message)
    return [stage for _, stage in sorted(stages)]


def years_at(case: Case, place: str | None, year: int | None = None) -> tuple[int, ...]:
    """Return the years in which a place, or with None each, is looked at: all that are reported, or one of them.

    Raises: ValueError if there is no such region, the year is not reported, or no stage is regional.
    """
    regional_stages(case)
    regions = [row["region"] for row in case.tables["regions"]]
    if place is not None and place not in regions:
        message = f"no region is called {place!r}; must be one of {', '.join(regions)}{did_you_mean(place, regions)}"
        raise ValueError(message)
    return tuple(case.report_years) if year is None else (windows.reported(case, year),)


def at_place(solved_lp: SolvedLP, place: str, years: Iterable[int]) -> list[dict[str, Any]]:
    """Return what more of each limit at a place is worth in some years, as rows of the table `at_place`.

    Each limit is that of one supplier of a regional stage, alone and in that year alone, with what others draw from it
    by allocation. Suppliers with a limit of 0 are listed where the stage has no other at the place. A limit that is
    worth something is lifted altogether, so that no amount is chosen: how much more of the stage is then used, what is
    gained in all, and which other stage there is worth more than before.

    Raises: NoAnswerError if a solve finds no optimum.
    """
    return [row for t in years for row in _AtPlace(solved_lp, place, t).rows()]


def table(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return the table `at_place` from its rows."""
    return frame(schema.AT_PLACE, rows, sort=schema.AT_PLACE.key)


class _AtPlace:
    """A place and a year of a solved LP."""

    def __init__(self, solved_lp: SolvedLP, place: str, t: int) -> None:
        self._solved_lp, self._solved, self._place, self._year = solved_lp, solved_lp.solved, place, t
        self._levers = Levers(solved_lp.solved, solved_lp.lp)
        suppliers = solved_lp.solved.on.suppliers
        self._stages = [s for s in regional_stages(solved_lp.solved.case) if suppliers[s, place]]
        self._gains: dict[Members, float] = {}

    def rows(self) -> list[dict[str, Any]]:
        return [self._row(s, k) for s in self._stages for k in self._suppliers(s)]

    def _suppliers(self, s: str) -> list[str]:
        """Return the suppliers of a stage with a limit above 0, or all if none has."""
        limits = {k: self._solved.limits[self._index(s, k)].total for k in self._solved.on.suppliers[s, self._place]}
        return [k for k, limit in limits.items() if limit > 0] or list(limits)

    def _index(self, s: str, k: str) -> SupplyIndex:
        return s, k, self._place, self._year

    def _row(self, s: str, k: str) -> dict[str, Any]:
        t, slopes, usd = self._year, self._solved_lp.slopes, self._solved_lp.usd(self._year)
        limit, more = self._solved.limits[self._index(s, k)].total, self._levers.one_unit(self._index(s, k))
        with doing(f"asking what more of {s} from {k} gains at {self._place} in {t}"):
            gain = rounded_price(slopes.gain(more) * usd)
            loss = max(gain, rounded_price(slopes.loss(more) * usd)) if limit > 0 else math.nan
            adds, gain_in_all, held_back_by = 0.0, 0.0, ""
            if gain > 0 or loss > 0 or limit == 0:
                with self._solved_lp.changed(dict.fromkeys(more, math.inf), ties=self._solved_lp.ties) as lifted:
                    held_back_by = self._held_back_by(s, lifted)
                    if gain > 0:
                        adds = self._rise(s, lifted)
                        gain_in_all = (self._solved_lp.objective_usd - lifted.objective_usd) / self._solved.n[
                            "discount"
                        ][t]
        return {
            "year": t,
            "stage": s,
            "supplier": k,
            "place": self._place,
            "unit": self._solved.on.stages[s]["unit"],
            "limit": limit,
            "gain_usd_per_unit": gain,
            "loss_usd_per_unit": loss,
            "adds": adds,
            "gain_usd": significant(gain_in_all, OBJECTIVE_DIFFERENCE_DIGITS),
            "held_back_by": held_back_by,
        }

    def _rise(self, s: str, lifted: SolvedLP) -> float:
        """Return how much more of a stage is used at the place in the plan that is chosen among equal ones."""
        before, after = (solved.used[s, self._place, self._year] for solved in (self._solved, lifted.solved))
        return after - before if abs(after - before) > QUANTITY_ROUNDING * max(before, after) else 0.0

    def _held_back_by(self, s: str, lifted: SolvedLP) -> str:
        """Return the stage or the joint set, but for s, of which more at the place gains most more than before."""
        gains = {
            relieved: lifted.slopes.gain(self._relief(relieved))
            for q in self._stages
            if q != s
            for relieved in [frozenset([q])]
        }
        free = [q for relieved, gain in gains.items() if gain == 0 for q in relieved]
        tied = [q for q in free if lifted.slopes.loss(self._relief(frozenset([q]))) > 0]
        for joint in lp.minimal_sets(lifted.slopes, tied, self._relief, JOINT_UP_TO):
            gains[joint] = lifted.slopes.gain(self._relief(joint))
        rises = {stages: gain - self._gain(stages) for stages, gain in gains.items() if gain > 0}
        rises = {stages: rise for stages, rise in rises.items() if rise > SAME_SLOPE * gains[stages]}
        place = self._stages.index
        most = max(rises, key=lambda stages: (rounded_price(rises[stages]), -min(map(place, stages))), default=())
        return SUM.join(sorted(most, key=place))

    def _gain(self, stages: Members) -> float:
        """Return what one per cent more of some stages at the place gains in the plan as it is, in money of the LP."""
        if stages not in self._gains:
            self._gains[stages] = self._solved_lp.slopes.gain(self._relief(stages))
        return self._gains[stages]

    def _relief(self, stages: Members) -> Direction:
        """Return one per cent more of some stages at the place, of limits as they are in the plan."""
        return self._levers.at_place(stages, self._place, self._year)
