"""Among equal optima, the one that further objectives prefer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from supplychain.lp.solve import FEASIBILITY, Solution, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp.labelled import LabelledLP, Vector

_NO_PRICE = 1e-10
"""A price smaller than this, in the LP's own money, is rounding."""


def prefer(lp: LabelledLP, solution: Solution, objectives: Sequence[Vector]) -> Vector:
    """Return the optimum that minimises the first objective, then the next, and so on, without giving up any before it.

    The set of all optima is known from one optimal dual: a column with a reduced cost stays at its bound, a row with a
    price stays at its limit, and everything that satisfies this is optimal. Each further objective is minimised over
    that set. The last solve starts from nothing, so that its answer does not depend on the path that led to it.

    Source: complementary slackness; lexicographic optimisation, Isermann (1982), Operations Research Spektrum 4.
    """
    highs = lp.highs
    column_lower, column_upper = lp.column_lower.copy(), lp.column_upper.copy()
    row_lower, row_upper = lp.row_lower.copy(), lp.row_upper.copy()
    rows, columns = (np.arange(n) for n in lp.shape)
    now = solution
    highs.setBasis(solution.basis)
    try:
        for objective in objectives:
            fix(now.reduced, column_lower, column_upper)
            fix(now.y, row_lower, row_upper)
            highs.changeColsBounds(len(columns), columns, column_lower, column_upper)
            highs.changeRowsBounds(len(rows), rows, row_lower, row_upper)
            scale = np.abs(objective).max(initial=0) or 1.0
            highs.changeColsCost(len(columns), columns, objective / scale)
            if objective is objectives[-1]:
                highs.clearSolver()
            highs.run()
            now = read(lp, what="the choice among equal optima")
    finally:
        highs.changeColsBounds(len(columns), columns, lp.column_lower, lp.column_upper)
        highs.changeRowsBounds(len(rows), rows, lp.row_lower, lp.row_upper)
        highs.changeColsCost(len(columns), columns, lp.cost)
        highs.setBasis(solution.basis)
    return snapped(now.x, lp.column_lower, lp.column_upper)


def fix(price: Vector, lower: Vector, upper: Vector) -> None:
    """Hold, in place, every bound or limit that has a price."""
    at_lower, at_upper = price > _NO_PRICE, price < -_NO_PRICE
    upper[at_lower] = lower[at_lower]
    lower[at_upper] = upper[at_upper]


def snapped(x: Vector, lower: Vector, upper: Vector) -> Vector:
    """Return values that lie within rounding of a bound exactly on it."""
    for bound in (upper, lower):
        near = np.isfinite(bound) & (np.abs(x - bound) <= FEASIBILITY * np.maximum(1, np.abs(x)))
        x = np.where(near, bound, x)
    return x
