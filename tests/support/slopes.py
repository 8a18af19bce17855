"""Prices as slopes of the independent statement's cost, by finite re-solves of it.

The cost is convex and piecewise linear in the limits, so where a step and half of it cost the same per unit, there is
no breakpoint in between and the quotient is the one-sided derivative.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference import Answer, Label, Statement, Terms

STEPS = (1.0, 0.1, 1e-2, 1e-3, 1e-4)
"""Shares of one per cent by which limits move."""
ROUNDING = 1e-11
"""Share of the objective below which a difference of two solves is rounding."""
TOLERANCE = 1e-5
"""Relative: what rounding leaves of a difference of two objectives."""


def slope(lp: Statement, shift: Terms, hold: Mapping[Label, float] | None = None) -> tuple[float, float]:
    """The fall of cost per unit of a shift of limits, in discounted USD, and how sure it is.

    Of a negative shift: the rise of cost, as a negative number. NaN if no step is feasible, or if all of them cross a
    breakpoint.
    """
    start = unmoved(lp, None if hold is None else frozenset(hold.items()))
    noise = ROUNDING * max(1.0, abs(start))
    for step in STEPS:
        try:
            full, half = (
                (start - solved(lp, {row: share * x for row, x in shift.items()}, hold).objective_usd) / share
                for share in (step, step / 2)
            )
        except reference.UnsolvedError:  # a step too far to be feasible
            continue
        if abs(full - half) <= 1e-7 * abs(half) + noise / step:
            return half, noise / step
    return math.nan, 0.0


@lru_cache(maxsize=8)
def unmoved(lp: Statement, hold: frozenset[tuple[Label, float]] | None) -> float:
    """The cost before any shift: of several slopes in a row, solved once."""
    return solved(lp, {}, None if hold is None else dict(hold)).objective_usd


def solved(lp: Statement, shift: Terms, hold: Mapping[Label, float] | None) -> Answer:
    return lp.solve(rhs_shift=shift, hold=hold)
