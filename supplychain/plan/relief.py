"""What relief of a stage, a group or the budget is worth, in each year: the tables `bottlenecks` and `binding`.

Relief raises every limit of the stage by one per cent of its solved value in that year alone, and with them what other
limits draw from them by allocation. Gains and losses are one-sided slopes of the optimal cost: they hold at ties too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from supplychain import lp, units
from supplychain.plan.solved import Solved, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from supplychain.lp import LabelledLP, Slopes, Vector

CAPITAL = "capital"
"""Stage and group under which the budget is ranked."""

Direction = dict[int, float]
"""How far the limits of rows move."""

SOLE_ABOVE = 0.05
"""A stage binds by itself if the part of its gain that serves more demand exceeds this share."""

_STEP = 1e-2
"""Part of a relief that is taken to see which years are helped."""

_HELPED = 1e-3
"""A year is helped if the value of what is served in it rises by more than this share of the gain."""

_NO_PART = 1e-8
"""A part of a gain below this share of it is rounding."""


def settled(price: float) -> float:
    """Return a price with the nine significant digits that no solver path changes, so that equal ones rank as equal.

    Inputs are short decimals, so prices often end in a 5 where they are cut; eleven digits first put them just there.
    """
    return float(f"{float(f'{price:.11g}'):.9g}")


@dataclass(frozen=True)
class Worth:
    """What one relief is worth, in undiscounted USD of its year.

    A gain is saving (cost) and serving (demand, of which `research` is one part).
    """

    gain: float
    loss: float
    saving: float
    research: float
    helps: tuple[int, ...]
    blank: bool = False
    """Whether the limit is 0, so that one per cent of it means nothing: amounts are per unit then."""

    @property
    def serving(self) -> float:
        """The part that serves more demand."""
        return self.gain - self.saving

    @property
    def state(self) -> str:
        """How firmly the stage binds."""
        if self.gain > 0:
            return "sole" if self.serving > SOLE_ABOVE * self.gain else "saving"
        return "tight" if self.loss > 0 else "slack"


@dataclass(frozen=True)
class Relieved:
    """A stage, a group or the budget, in one year, and what its relief is worth."""

    year: int
    name: str
    group: str
    nature: str
    position: int
    worth: Worth
    annual: float
    """Yearly part of a gain: a flow earns for years, a stock for one."""
    rank: int = field(default=0)


class Reliefs:
    """Asks a solved LP what relief is worth; the LP is left as it was found."""

    def __init__(self, solved: Solved, labelled: LabelledLP, slopes: Slopes, sooner: Vector, money: float) -> None:
        self._solved, self._lp, self._slopes = solved, labelled, slopes
        self._sooner, self._money = sooner, money
        self._known: dict[tuple[object, ...], Worth] = {}
        self._value = {t: solved.value(t) for t in solved.on.years}
        served = ("serve", "research", "shortfall")
        self._served = [j for label, j in labelled.column.items() if label[0] in served]
        self._tokens = [j for label, j in labelled.column.items() if label[0] == "serve"]

    def by_stage(self, years: Iterable[int]) -> list[Relieved]:
        """Return what relief of each stage, and of the budget, is worth in each year."""
        on = self._solved.on
        found = []
        for t in years:
            for s, row in on.stages.items():
                worth = self._of_stages([s], t)
                found.append(
                    Relieved(
                        t,
                        s,
                        row["group"],
                        row["nature"],
                        row["position"],
                        worth,
                        self._annual(s, t),
                    )
                )
            found += self._budget(t)
        return _ranked(found)

    def by_group(self, years: Iterable[int]) -> list[Relieved]:
        """Return what relief of all stages of each group together is worth in each year."""
        groups: dict[str, list[str]] = defaultdict(list)
        for s, row in self._solved.on.stages.items():
            groups[row["group"]].append(s)
        found = []
        for t in years:
            for group, members in groups.items():
                rows = [self._solved.on.stages[s] for s in members]
                natures = sorted({row["nature"] for row in rows})
                position = min(row["position"] for row in rows)
                worth = self._of_stages(members, t)
                found.append(
                    Relieved(t, group, group, " and ".join(natures), position, worth, self._annual(members[0], t))
                )
            found += self._budget(t)
        return _ranked(found)

    def _of_stages(self, stages: list[str], t: int) -> Worth:
        direction = self._relief(stages, t)
        if direction:
            return self._worth(direction, t)
        one_unit = [{row: 1.0} for row in self._rows(stages, t)]
        best = max(one_unit, key=self._slopes.gain, default={})
        worth = self._worth(best, t)
        return Worth(worth.gain, worth.loss, worth.saving, worth.research, worth.helps, blank=True)

    def _rows(self, stages: Iterable[str], t: int) -> dict[int, tuple[str, str, str]]:
        return {
            self._lp.row["supply_limit", s, k, p, u]: (s, k, p)
            for s, k, p, u in self._solved.on.supply
            if u == t and s in stages
        }

    def _relief(self, stages: list[str], t: int) -> Direction:
        """Return one per cent of every limit of the stages, and what other limits draw from that by allocation."""
        solved = self._solved
        rise: dict[tuple[str, str, str], float] = {}

        def of(s: str, k: str, p: str) -> float:
            if (s, k, p) not in rise:
                rise[s, k, p] = (
                    units.PERCENT * solved.limits[s, k, p, t].total
                    if s in stages
                    else math.fsum(
                        solved.n["share"][s, k, pool, t] * of(pool, owner, p)
                        for pool in solved.on.draws.get((s, k), ())
                        for owner in solved.on.suppliers[pool, p]
                    )
                )
            return rise[s, k, p]

        moves = {self._lp.row["supply_limit", s, k, p, t]: of(s, k, p) for s, k, p, u in solved.on.supply if u == t}
        return {row: move for row, move in moves.items() if move > 0}

    def _budget(self, t: int) -> list[Relieved]:
        if t not in self._solved.on.budget:
            return []
        row = self._lp.row["budget", t]
        move = units.PERCENT * float(self._lp.row_upper[row])
        worth = self._worth({row: move or self._money}, t)
        if not move:
            worth = Worth(worth.gain, worth.loss, worth.saving, worth.research, worth.helps, blank=True)
        last = 1 + max(row["position"] for row in self._solved.on.stages.values())
        annual = self._spread(t, self._solved.case.settings.capital_write_off_years)
        return [Relieved(t, CAPITAL, CAPITAL, "commercial", last, worth, annual)]

    def _worth(self, direction: Direction, t: int) -> Worth:
        """Return what a direction is worth; a group of one stage asks what its stage has asked."""
        key = (t, *sorted(direction.items()))
        if key not in self._known:
            self._known[key] = self._asked(direction, t)
        return self._known[key]

    def _asked(self, direction: Direction, t: int) -> Worth:
        usd = 1 / (self._money * self._solved.n["discount"][t])
        gain = self._slopes.gain(direction)
        loss = self._slopes.loss(direction)
        if gain == 0:
            return Worth(0.0, settled(loss * usd), 0.0, 0.0, ())
        saving = min(gain, self._slopes.gain(direction, self._served))
        with_research = min(gain, max(saving, self._slopes.gain(direction, self._tokens)))
        helps = self._helped(direction, gain / self._money) if gain - saving > SOLE_ABOVE * gain else ()
        parts = (saving, with_research - saving, gain - with_research)
        saving, research, tokens = (part * usd if part > _NO_PART * gain else 0.0 for part in parts)
        all_saved = research == tokens == 0
        return Worth(
            settled(gain * usd),
            settled(max(gain, loss) * usd),
            settled(gain * usd if all_saved else saving),
            settled(research),
            helps,
        )

    def _helped(self, direction: Direction, gain: float) -> tuple[int, ...]:
        """Return the years in which more is served, at the value of its tiers: more than a thousandth of the gain."""
        upper = {row: float(self._lp.row_upper[row] + _STEP * move) for row, move in direction.items()}
        with lp.changed(self._lp, upper, start=self._slopes.at, what="a relief") as (relieved, at):
            x = lp.prefer(relieved, at, [self._sooner])
        after = Solved(self._solved.case, self._solved.on, self._solved.n, values(self._lp, x))
        return tuple(t for t, before in self._value.items() if after.value(t) - before > _HELPED * _STEP * gain)

    def _annual(self, s: str, t: int) -> float:
        return self._spread(t, self._solved.on.cost_life(s)) if self._solved.on.is_flow(s) else 1.0

    def _spread(self, t: int, life: int) -> float:
        """Return which part of a flow's gain is one year's: its discount factor over those of its life."""
        discount = self._solved.n["discount"]
        return discount[t] / math.fsum(discount[u] for u in range(t, t + life) if u in discount)


def unit_prices(
    solved: Solved, labelled: LabelledLP, slopes: Slopes, money: float
) -> Callable[[str, str, int], tuple[float, float]]:
    """Return a function of stage, place and year: what one unit more, and one less, is worth there [USD per unit].

    The smallest price over the suppliers with a limit above 0, or over all if none has: what all units there are worth,
    without what a cheap supplier is worth beyond a dear one.
    """

    def price(s: str, p: str, t: int) -> tuple[float, float]:
        every = {
            labelled.row["supply_limit", s, k, p, t]: solved.limits[s, k, p, t].total for k in solved.on.suppliers[s, p]
        }
        limits = {row: limit for row, limit in every.items() if limit > 0} or every
        usd = 1 / (money * solved.n["discount"][t])
        return settled(_smallest(slopes.gain, limits) * usd), settled(_smallest(slopes.loss, limits) * usd)

    return price


def _smallest(slope: Callable[[Direction], float], limits: Mapping[int, float]) -> float:
    """Return the smallest slope over single rows, per unit; steps are per cents of each limit, or a unit of none."""
    smallest = math.inf
    for row, limit in limits.items():
        step = units.PERCENT * limit or 1.0
        smallest = min(smallest, slope({row: step}) / step)
        if smallest == 0:
            break
    return smallest


def marginal_costs(solved: Solved, labelled: LabelledLP, slopes: Slopes, money: float) -> dict[tuple[str, int], float]:
    """Return what one more million tokens would cost, by workload and year: the loss of its service [USD]."""
    found = {}
    for w, t in sorted({(w, t) for w, _, t in solved.on.serve}):
        served = solved.served(w, t)
        step = units.PERCENT * served if served > 0 else 1.0
        loss = slopes.loss({labelled.row["service", w, t]: step})
        usd = loss / step / money / solved.n["discount"][t] / units.MTOK_PER_TTOK
        found[w, t] = settled(usd) if math.isfinite(usd) else math.nan
    return found


def _ranked(found: list[Relieved]) -> list[Relieved]:
    """Rank each year by annual gain; a limit of 0 whose first unit would gain comes first; ties by position."""
    ranked = []
    for t in sorted({r.year for r in found}):
        order = sorted(
            (r for r in found if r.year == t),
            key=lambda r: (not (r.worth.blank and r.worth.gain > 0), -_annual_gain(r), r.position, r.name),
        )
        ranked += [
            Relieved(r.year, r.name, r.group, r.nature, r.position, r.worth, r.annual, n)
            for n, r in enumerate(order, start=1)
        ]
    return ranked


def _annual_gain(r: Relieved) -> float:
    return 0.0 if r.worth.blank else r.worth.gain * r.annual


def table(found: list[Relieved], level: str) -> pd.DataFrame:
    """Return the table `bottlenecks` (level `stage`) or `bottlenecks_by_group` (level `group`)."""
    rows = [
        {
            "year": r.year,
            level: r.name,
            "group": r.group,
            "rank": r.rank,
            "state": r.worth.state,
            "nature": r.nature,
            **_amounts(r),
            "helps": " ".join(map(str, r.worth.helps)),
        }
        for r in found
    ]
    names = ["year", *dict.fromkeys([level, "group"]), "rank", "state", "nature", *_AMOUNTS, "helps"]
    return pd.DataFrame(rows, columns=names).sort_values(["year", level], ignore_index=True)


_AMOUNTS = (
    "annual_gain_usd_per_pct",
    "gain_usd_per_pct",
    "loss_usd_per_pct",
    "gain_serving_usd_per_pct",
    "gain_saving_usd_per_pct",
    "gain_research_usd_per_pct",
)


def _amounts(r: Relieved) -> dict[str, float]:
    worth = r.worth
    amounts = (_annual_gain(r), worth.gain, worth.loss, worth.serving, worth.saving, worth.research)
    return dict(zip(_AMOUNTS, (math.nan,) * len(_AMOUNTS) if worth.blank else amounts, strict=True))


def binding(stages: list[Relieved], groups: list[Relieved]) -> pd.DataFrame:
    """The binding stage and group of each year: the first in rank that serves more demand by itself; else demand."""
    rows = []
    for t in sorted({r.year for r in stages}):
        for level, found in (("group", groups), ("stage", stages)):
            sole = [r for r in found if r.year == t and r.worth.state == "sole"]
            rows.append(
                {"year": t, "level": level}
                | (_binding(min(sole, key=lambda r: r.rank)) if sole else {"state": "demand"})
            )
    names = ["annual_gain_usd_per_pct", "gain_usd_per_pct", "gain_research_usd_per_pct"]
    return pd.DataFrame(rows, columns=["year", "level", "members", "state", "nature", *names, "helps"])


def _binding(r: Relieved) -> dict[str, object]:
    amounts = _amounts(r)
    kept = {
        name: amounts[name] for name in ("annual_gain_usd_per_pct", "gain_usd_per_pct", "gain_research_usd_per_pct")
    }
    helps = " ".join(map(str, r.worth.helps))
    return {"members": r.name, "state": r.worth.state, "nature": r.nature, **kept, "helps": helps}
