"""What would bind next, and next: the ladder of a year, and the value curve of one stage."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from supplychain import lp
from supplychain.limits import doing, limited
from supplychain.model.cost import price
from supplychain.model.labels import Var
from supplychain.notebook import Shown
from supplychain.plan.bottlenecks import BLOCKED, DEMAND, LASTING, BottleneckFinder
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
class _Rung:
    """What the plan costs, serves and uses with some stages relaxed, what binds then, and what to relax next."""

    objective_usd: float
    tokens: float
    research: float
    used: dict[tuple[str, str], float]
    binding: str
    relax_next: tuple[str, str, Members] | None
    """State, name and stages of the lever to relax next; None if no relief gains anything."""


@dataclass(frozen=True)
class YearView:
    """A year of a plan whose LP is solved and loaded."""

    solved_lp: SolvedLP
    year: int

    @limited("climbing a ladder")
    def ladder(self, *, time_limit: float | None = None) -> Ladder:  # noqa: ARG002 - kept by the decorator
        """Return the ladder of the year."""
        with doing(f"climbing the ladder of {self.year}"):
            return Ladder(ladder(self.solved_lp, self.year))

    @limited("following a value curve")
    def curve(self, stage: str, up_to: float, *, time_limit: float | None = None) -> Curve:  # noqa: ARG002 - kept by the decorator
        """Return the value curve of a stage."""
        with doing(f"following the value curve of {stage} in {self.year}"):
            return Curve(curve(self.solved_lp, stage, self.year, up_to))

    @limited("asking what lies idle")
    def idle_capacity(self, *, time_limit: float | None = None) -> pd.DataFrame:  # noqa: ARG002 - kept by the decorator
        """Return what lies idle because other stages bind."""
        with doing(f"asking what lies idle in {self.year}"):
            return idle_capacity(self.solved_lp, self.year)


def ladder(start: SolvedLP, t: int) -> pd.DataFrame:
    """Relax what binds in a year altogether, then what binds then, until relief of all that is left gains nothing.

    What serves more demand is relaxed first; then what only saves cost. At the top the objective is that of the case
    with every stage of the year relaxed.

    Returns: one row per rung. `used_pct` is how much of what was relaxed is used then, in per cent of its limit before,
    by the member and place that is stretched furthest; tokens and research are what the rung adds over all years, USD
    its gain in undiscounted money of that year; `binding` is what binds in the year then.
    """
    relaxed: Members = frozenset()
    step = _rung(start, t, relaxed)
    rows: list[dict[str, object]] = []
    while step.relax_next is not None:  # each rung relaxes a stage that was not relaxed, so there is an end
        state, name, members = step.relax_next
        relaxed |= members
        levers = Levers(start.solved, start.lp)
        with start.changed(dict.fromkeys(levers.rows(relaxed, t), math.inf)) as relaxed_lp:
            step_above = _rung(relaxed_lp, t, relaxed)
        rows.append(
            {
                "rung": len(rows) + 1,
                "lifted": name,
                "state": state,
                "used_pct": _stretched(start, step_above.used, members, t),
                "tokens_ttok": _rise(step.tokens, step_above.tokens),
                "research_h100e_years": _rise(step.research, step_above.research),
                "gain_usd": (step.objective_usd - step_above.objective_usd) / start.solved.n["discount"][t],
                "binding": step_above.binding,
            }
        )
        step = step_above
    return frame(schema.LADDER, rows)


def _rise(before: float, after: float) -> float:
    return after - before if abs(after - before) > QUANTITY_ROUNDING * abs(before) else 0.0


def _rung(solved_lp: SolvedLP, t: int, relaxed: Members) -> _Rung:
    solved = solved_lp.solved
    ranked, binding = BottleneckFinder(solved_lp).of_year("stage", t)
    used = {(s, p): solved.used[s, p, t] for s, places in solved.on.places.items() for p in places}
    of_year = [binding] if binding and binding.state not in {LASTING, BLOCKED} else []
    candidates = [*of_year, *(bottleneck for bottleneck in ranked if bottleneck.worth.gain > 0)]
    to_relax = next((bottleneck for bottleneck in candidates if bottleneck.lever.members - relaxed), None)
    relax_next: tuple[str, str, Members] | None
    if to_relax is not None:
        relax_next = to_relax.state, to_relax.lever.name, to_relax.lever.members
    else:
        every = frozenset().union(*(bottleneck.lever.members for bottleneck in ranked))
        relax_next = _all_left(solved_lp, t, relaxed, every)
    return _Rung(
        solved_lp.objective_usd,
        math.fsum(solved.x[Var.SERVE].values()),
        math.fsum(solved.x[Var.RESEARCH].values()),
        used,
        binding.lever.name if binding else DEMAND,
        relax_next,
    )


def _all_left(solved_lp: SolvedLP, t: int, relaxed: Members, every: Members) -> tuple[str, str, Members] | None:
    """Return all stages that are left as one lever, if their relief together gains anything: limits of 0 by a unit."""
    left = every - relaxed
    levers = Levers(solved_lp.solved, solved_lp.lp)
    single = {row: step for direction in levers.single_units(left, (t,)) for row, step in direction.items()}
    relief = single | levers.relief(left, (t,))
    return ("joint", "all that is left", left) if left and solved_lp.slopes.gain(relief) > 0 else None


def idle_capacity(start: SolvedLP, t: int) -> pd.DataFrame:
    """Return the capacity of a year that lies idle because other stages bind: it would be used if all were relaxed.

    Returns: one row per stage and place with any; `idle` in the stage's unit, `idle_usd` at the mean price of
    what is idle there: of a flow what it would be sold for, of a stock its charge for the year.
    """
    levers, solved = Levers(start.solved, start.lp), start.solved
    every = frozenset(solved.on.stages) | ({CAPITAL} if t in solved.on.budget else set())
    with start.changed(dict.fromkeys(levers.rows(every, t), math.inf)) as relaxed_lp:
        wanted = {(s, p): relaxed_lp.solved.used[s, p, t] for s in solved.on.stages for p in solved.on.places[s]}
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
    return max((100 * used[s, p] / limit for (s, p), limit in limits.items() if limit > 0), default=math.nan)


def curve(start: SolvedLP, s: str, t: int, up_to: float) -> pd.DataFrame:
    """Return what relief of a stage is worth, further and further: every breakpoint up to a percentage.

    Returns: one row per segment. `gain_usd_per_pct` is the slope on it, `gain_usd` the gain in all at its end
    (undiscounted USD of the year), `binding` what binds in the year in its middle.
    """
    relief = Levers(start.solved, start.lp).relief(frozenset([s]), (t,))
    if not relief:
        return frame(schema.CURVE, [])
    names = list(start.lp.row)
    segments = lp.value_curve(start.lp, {names[row]: step for row, step in relief.items()}, up_to)
    rows: list[dict[str, object]] = []
    gained = 0.0
    for begin, end, slope, _ in segments.itertuples(index=False):
        middle = (begin + end) / 2
        upper = {row: float(start.lp.row_upper[row] + middle * step) for row, step in relief.items()}
        with start.changed(upper, ties=()) as relieved:
            binding = BottleneckFinder(relieved).label("stage", t)
        gain = max(0.0, -slope * start.usd(t))
        gained += gain * (end - begin)
        rows.append(
            {"from_pct": begin, "to_pct": end, "gain_usd_per_pct": gain, "gain_usd": gained, "binding": binding}
        )
    return frame(schema.CURVE, rows)
