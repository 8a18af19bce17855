"""Why a stage does not bind: how much of it is used, how far it could fall, and what would have to move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from supplychain import limits, lp, units
from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.limits import doing
from supplychain.model.labels import Var
from supplychain.plan.bottlenecks import BottleneckFinder
from supplychain.plan.levers import Levers
from supplychain.schema import SUM
from supplychain.tolerances import BEYOND_PRICE_END

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supplychain.plan.levers import Direction
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP

UP_TO_PCT = 1_000.0
"""Per cent up to which what binds, and demand, are raised."""

_PIECES = 2_000
"""Pieces on which prices stay as they are that are walked through: on `inputs/base` a walk takes a few hundred."""


@dataclass(frozen=True)
class WhyNot:
    """What would have to move, alone and in that year alone, for a stage to bind; per cent, infinite if none does."""

    stage: str
    year: int
    label: str
    """What binds, by key; several joined by ` + `, or `demand`."""
    used_share: float
    """Of all its limits; not a number if they are 0."""
    headroom_pct: float
    """How far its limits could fall before anything costs more; not a number if they are 0."""
    loss_usd_per_pct: float
    """What 1 % less would cost, in USD of the year."""
    own_down_pct: float
    """By how much its own limits would have to fall; not a number if they are 0."""
    binding_up_pct: float
    """By how much the limits of what binds would have to rise; not a number where no stage does."""
    demand_up_pct: float
    """By how much demand of the year, for tokens and for research, would have to rise.

    Of a stage that binds, all three ways are not numbers.
    """

    @property
    def binds(self) -> bool:
        """Whether it does bind, alone or with others."""
        return self.stage in self.label.split(SUM)


def why_not(solved_lp: SolvedLP, stage: str, t: int, label: str) -> WhyNot:
    """Return why a stage does not bind in a year of a solved LP in which something else does.

    Each way is walked from the plan to the first place where the stage is among what binds: from one piece on which
    prices stay as they are to the next, so that no step is chosen and none is passed over. It is 0 where the least
    move is enough.

    Raises: NoAnswerError if a way has more pieces than can be walked.
    """
    levers, slopes = Levers(solved_lp.solved, solved_lp.lp), solved_lp.slopes
    own = levers.relief(frozenset([stage]), (t,))
    unlimited, binds = cache(solved_lp.unlimited), stage in label.split(SUM)

    def first(direction: Direction, sign: float, up_to: float) -> float:
        known = not direction or binds
        return math.nan if known else _first(solved_lp, stage, t, direction, sign, up_to, unlimited)

    loss, headroom, own_down = math.nan, math.nan, math.nan
    if own:
        whole = 1 / units.PERCENT
        loss = slopes.loss(own) * solved_lp.usd(t)
        headroom = 0.0 if loss > 0 else min(whole, lp.allowable_increase(solved_lp.lp, slopes, own, -1.0))
        own_down = first(own, -1.0, whole)
    members = frozenset(label.split(SUM)) & solved_lp.solved.on.stages.keys()
    return WhyNot(
        stage=stage,
        year=t,
        label=label,
        used_share=levers.used_share(frozenset([stage]), t),
        headroom_pct=headroom,
        loss_usd_per_pct=loss,
        own_down_pct=own_down,
        binding_up_pct=first(levers.relief(members, (t,)), +1.0, UP_TO_PCT),
        demand_up_pct=first(_demand(solved_lp, t), +1.0, UP_TO_PCT),
    )


def _demand(solved_lp: SolvedLP, t: int) -> Direction:
    """Return one per cent more of all that is asked for in a year, as a direction of column bounds."""
    rows, upper = solved_lp.lp.shape[0], solved_lp.lp.column_upper
    columns = [
        column
        for var in (Var.SERVE, Var.RESEARCH)
        for index, column in zip(*solved_lp.names[var], strict=True)
        if index[-1] == t and upper[column] > 0
    ]
    return {rows + column: units.PERCENT * float(upper[column]) for column in columns}


def _first(  # noqa: PLR0913, PLR0917 - the way, and whom it is asked of
    start: SolvedLP,
    stage: str,
    t: int,
    direction: Direction,
    sign: float,
    up_to: float,
    unlimited: Callable[[], Solved],
) -> float:
    """Return how far limits must move along a direction until a stage is among what binds; infinite if never."""
    rows = start.lp.shape[0]
    end = 0.0  # a plan may stand at the end of a piece: what costs more from the least fall on may bind from it on
    for _ in range(_PIECES):
        limits.check()
        beyond = end * (1 + BEYOND_PRICE_END) + BEYOND_PRICE_END
        if not beyond <= up_to:
            return math.inf
        moved = {i: sign * beyond * step for i, step in direction.items()}
        row_upper = {i: float(start.lp.row_upper[i]) + move for i, move in moved.items() if i < rows}
        columns = {i - rows: move for i, move in moved.items() if i >= rows}
        column_upper = {j: float(start.lp.column_upper[j]) + move for j, move in columns.items()}
        try:
            with (
                doing(f"asking when {stage} binds in {t}"),
                start.changed(row_upper, column_upper, ties=()) as there,
            ):
                if _binds(there, stage, t, unlimited):
                    return end
                end = beyond + lp.allowable_increase(there.lp, there.slopes, direction, sign)
        except (TimeLimitError, CertificateError):
            raise
        except NoAnswerError:  # nothing is feasible any more
            return math.inf
    message = f"no answer to when {stage} binds in {t}: there are more than {_PIECES} pieces on the way"
    raise NoAnswerError(message)


def _binds(there: SolvedLP, stage: str, t: int, unlimited: Callable[[], Solved]) -> bool:
    """Whether a stage is among what binds; where none of its limits is reached it is not, and nothing is asked."""
    own: Mapping[int, float] = Levers(there.solved, there.lp, moved=there.moved).relief(frozenset([stage]), (t,))
    if not there.slopes.is_tight(own):
        return False
    return stage in BottleneckFinder(there, unlimited).label("stage", t).split(SUM)
