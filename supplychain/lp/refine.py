"""The values that a basis has, to their last digit: what they come to does not hang on the steps that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np

if TYPE_CHECKING:
    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import Vector

_ROUNDS = 3
"""Rounds of refinement: each makes the error about a millionth of what it was."""


def refined(lp: LabelledLP, x: Vector, row_lower: Vector, row_upper: Vector) -> Vector:
    """Return the values of a basis that the LP's solver has in hand, refined; the limits of rows may be others.

    Rows that are not basic are at a limit. How far they are off is added up in more digits than a double has, and what
    basic columns have to move for it is found from the factored basis.

    Source: iterative refinement, Wilkinson (1963), Rounding Errors in Algebraic Processes.
    """
    highs, order = lp.highs, np.argsort(lp.indices, kind="stable")
    rows, columns, entries = lp.indices[order], lp.column_of_entry[order], lp.entries[order].astype(np.longdouble)
    status = np.array([int(s) for s in highs.getBasis().row_status])
    at_upper = status == int(highspy.HighsBasisStatus.kUpper)
    limit = np.where(at_upper, row_upper, row_lower)
    held = (at_upper | (status == int(highspy.HighsBasisStatus.kLower))) & np.isfinite(limit)
    outcome, basic = highs.getBasicVariables()
    if outcome != highspy.HighsStatus.kOk:
        return x
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    exact = x.astype(np.longdouble)
    for _ in range(_ROUNDS):
        activity = np.zeros(len(limit), dtype=np.longdouble)
        if len(starts):
            activity[rows[starts]] = np.add.reduceat(entries * exact[columns], starts)
        off = np.where(held, limit - activity, 0).astype(float)
        outcome, moves = highs.getBasisSolve(off, basic)
        if outcome != highspy.HighsStatus.kOk or not np.isfinite(moves).all():
            return x
        exact[basic[basic >= 0]] += moves[basic >= 0]
    return exact.astype(float)
