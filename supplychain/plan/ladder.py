"""What would bind next, and next: the ladder of a year, and the value curve of one stage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from supplychain import lp
from supplychain.model.cost import price
from supplychain.model.labels import Var
from supplychain.notebook import Shown
from supplychain.plan.bottlenecks import DEMAND, BottleneckFinder
from supplychain.plan.levers import CAPITAL, Levers, Members
from supplychain.results import schema
from supplychain.results.frames import frame
from supplychain.tolerances import QUANTITY_ROUNDING

if TYPE_CHECKING:
    from supplychain.plan.solved_lp import SolvedLP


class Ladder(Shown, pd.DataFrame):
    """The rungs of a ladder; what is taken out of it is a plain table."""


class Curve(Shown, pd.DataFrame):
    """The segments of a value curve; what is taken out of it is a plain table."""


@dataclass(frozen=True)
class _Step:
    """Where the ladder stands: what is lifted, what that is worth, and what to lift next."""

    objective_usd: float
    tokens: float
    research: float
    used: dict[tuple[str, str], float]
    binding: str
    lift: tuple[str, str, Members] | None
    """State, name and stages of what is lifted next; None if no relief gains anything."""


@dataclass(frozen=True)
class YearView:
    """A year of a plan that the solver holds."""

    at: SolvedLP
    year: int

    def ladder(self) -> Ladder:
        """Return the ladder of the year."""
        return Ladder(ladder(self.at, self.year))

    def curve(self, stage: str, up_to: float) -> Curve:
        """Return the value curve of a stage."""
        return Curve(curve(self.at, stage, self.year, up_to))

    def idle_capacity(self) -> pd.DataFrame:
        """Return what lies idle because other stages bind."""
        return idle_capacity(self.at, self.year)


def ladder(start: SolvedLP, t: int) -> pd.DataFrame:
    """Lift what binds in a year altogether, then what binds then, until relief of all that is left gains nothing.

    What serves more demand is lifted first; then what only saves cost. At the top the objective is that of the case
    with every stage of the year lifted.

    Returns: one row per rung. `used_pct` is how much of what was lifted is used then, in per cent of its limit before,
    by the member and place that is stretched furthest; tokens and research are what the rung adds over all years, USD
    its gain in undiscounted money of that year; `binding` is what binds in the year then.
    """
    lifted: Members = frozenset()
    here = _step(start, t, lifted)
    rows: list[dict[str, object]] = []
    while here.lift is not None:
        state, name, members = here.lift
        lifted |= members
        rungs = Levers(start.solved, start.lp)
        with start.changed(dict.fromkeys(rungs.rows(lifted, t), math.inf)) as above:
            there = _step(above, t, lifted)
        rows.append(
            {
                "rung": len(rows) + 1,
                "lifted": name,
                "state": state,
                "used_pct": _stretched(start, there.used, members, t),
                "tokens_ttok": _rise(here.tokens, there.tokens),
                "research_h100e_years": _rise(here.research, there.research),
                "gain_usd": (here.objective_usd - there.objective_usd) / start.solved.n["discount"][t],
                "binding": there.binding,
            }
        )
        here = there
    return frame(schema.LADDER, rows)


def _rise(before: float, after: float) -> float:
    return after - before if abs(after - before) > QUANTITY_ROUNDING * abs(before) else 0.0


def _step(at: SolvedLP, t: int, lifted: Members) -> _Step:
    solved = at.solved
    ranked, binding = BottleneckFinder(at).of_year("stage", t)
    used = {(s, p): solved.used[s, p, t] for s, places in solved.on.places.items() for p in places}
    candidates = [*([binding] if binding else []), *(f for f in ranked if f.worth.gain > 0)]
    found = next((f for f in candidates if f.lever.members - lifted), None)
    lift: tuple[str, str, Members] | None
    if found is not None:
        lift = found.state, found.lever.name, found.lever.members
    else:
        lift = _all_left(at, t, lifted, frozenset().union(*(f.lever.members for f in ranked)))
    return _Step(
        at.objective_usd,
        math.fsum(solved.x[Var.SERVE].values()),
        math.fsum(solved.x[Var.RESEARCH].values()),
        used,
        binding.lever.name if binding else DEMAND,
        lift,
    )


def _all_left(at: SolvedLP, t: int, lifted: Members, every: Members) -> tuple[str, str, Members] | None:
    """Return all stages that are left as one lift, if their relief together gains anything: limits of 0 by a unit."""
    left = every - lifted
    levers = Levers(at.solved, at.lp)
    relief = {row: step for one in levers.single_units(left, t) for row, step in one.items()} | levers.relief(left, t)
    return ("joint", "all that is left", left) if left and at.slopes.gain(relief) > 0 else None


def idle_capacity(start: SolvedLP, t: int) -> pd.DataFrame:
    """Return the capacity of a year that lies idle because other stages bind: it would be used if all were lifted.

    Returns: one row per stage and place with any; `idle` in the stage's unit, `idle_usd` at the mean price of
    what is idle there: of a flow what it would be sold for, of a stock its charge for the year.
    """
    levers, solved = Levers(start.solved, start.lp), start.solved
    every = frozenset(solved.on.stages) | ({CAPITAL} if t in solved.on.budget else set())
    with start.changed(dict.fromkeys(levers.rows(every, t), math.inf)) as free:
        wanted = {(s, p): free.solved.used[s, p, t] for s in solved.on.stages for p in solved.on.places[s]}
    rows = []
    for (s, p), used_then in wanted.items():
        limit, used = solved.limit_of(s, p, t), solved.used[s, p, t]
        units = min(limit, used_then) - used
        if units > QUANTITY_ROUNDING * max(limit, used_then):
            idle = {
                k: solved.limits[s, k, p, t].total - solved.x[Var.SUPPLY][s, k, p, t] for k in solved.on.suppliers[s, p]
            }
            total = math.fsum(idle.values())
            mean = math.fsum(idle[k] * price(solved.m, s, k, p, t) for k in idle) / total if total > 0 else 0.0
            rows.append(
                {
                    "stage": s,
                    "place": p,
                    "unit": solved.on.stages[s]["unit"],
                    "limit": limit,
                    "used": used,
                    "idle": units,
                    "idle_usd": units * mean,
                }
            )
    return frame(schema.IDLE_CAPACITY, rows, sort=schema.IDLE_CAPACITY.key)


def _stretched(start: SolvedLP, used: dict[tuple[str, str], float], members: Members, t: int) -> float:
    limits = {(s, p): start.solved.limit_of(s, p, t) for s in members - {CAPITAL} for p in start.solved.on.places[s]}
    return max((100 * used[at] / limit for at, limit in limits.items() if limit > 0), default=math.nan)


def curve(start: SolvedLP, s: str, t: int, up_to: float) -> pd.DataFrame:
    """Return what relief of a stage is worth, further and further: every breakpoint up to a percentage.

    Returns: one row per segment. `gain_usd_per_pct` is the slope on it, `gain_usd` the gain in all at its end
    (undiscounted USD of the year), `binding` what binds in the year in its middle.
    """
    relief = Levers(start.solved, start.lp).relief(frozenset([s]), t)
    if not relief:
        return frame(schema.CURVE, [])
    names = list(start.lp.row)
    segments = lp.value_curve(start.lp, {names[row]: step for row, step in relief.items()}, up_to)
    rows: list[dict[str, object]] = []
    gained = 0.0
    for begin, end, slope, _ in segments.itertuples(index=False):
        middle = (begin + end) / 2
        upper = {row: float(start.lp.row_upper[row] + middle * step) for row, step in relief.items()}
        with start.changed(upper, ties=()) as there:
            binding = BottleneckFinder(there).label("stage", t)
        gain = max(0.0, -slope * start.usd(t))
        gained += gain * (end - begin)
        rows.append(
            {"from_pct": begin, "to_pct": end, "gain_usd_per_pct": gain, "gain_usd": gained, "binding": binding}
        )
    return frame(schema.CURVE, rows)
