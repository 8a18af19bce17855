"""The basis of an optimum: how its values move with limits, and whether it stays optimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.tolerances import FEASIBILITY, PRICE_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.optimum import Optimum


class Basis:
    """The basis of an optimum, factored: how basic values move with limits, and whether they may."""

    def __init__(self, lp: LabelledLP, optimum: Optimum, highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
        self._highs, self._lp = highs, lp
        self._equal = lp.row_lower == lp.row_upper
        activity, size = lp.activity(optimum.x), lp.size(optimum.x)
        tight = np.minimum(lp.row_upper - activity, activity - lp.row_lower) <= FEASIBILITY * np.maximum(1, size)
        at_top = lp.column_upper - optimum.x <= FEASIBILITY * np.maximum(1, np.abs(optimum.x))
        self._tight = np.concatenate([tight, at_top])
        _, basic = highs.getBasicVariables()
        self._basic = np.zeros(sum(lp.shape), dtype=bool)
        self._basic[np.where(basic < 0, -1 - basic, lp.shape[0] + basic)] = True
        self._rises = np.concatenate([lp.row_upper - activity <= activity - lp.row_lower, at_top])
        row, column = np.maximum(-1 - basic, 0), np.maximum(basic, 0)
        self._sign = np.where(basic < 0, -1.0, 1.0)  # HiGHS's variable of a row is its activity, negated
        value, size = (
            np.where(basic < 0, a[row], b[column]) for a, b in ((activity, optimum.x), (size, np.abs(optimum.x)))
        )
        lower = np.where(basic < 0, lp.row_lower[row], lp.column_lower[column])
        upper = np.where(basic < 0, lp.row_upper[row], lp.column_upper[column])
        near = FEASIBILITY * np.maximum(1.0, size)
        self._at_lower, self._at_upper = value - lower <= near, upper - value <= near
        self._is_column, self._column, self._size = basic >= 0, basic[basic >= 0], lp.price_sizes()[1]

    def stays(self, direction: Mapping[int, float], sign: float) -> bool:
        """Whether the basis stays optimal for a small step along a direction (sign +1) or against it (-1).

        Basic values move with the limits of nonbasic rows; those at a bound must not move beyond it.
        """
        rows = self._lp.shape[0]
        moved = np.zeros(rows)
        for i, step in direction.items():
            if i < rows and self._equal[i]:
                return False
            if self._basic[i]:
                if self._tight[i] and sign * step < 0:
                    return False
            elif i < rows:
                moved[i] += sign * step if self._rises[i] else -sign * step
            elif self._rises[i]:
                if self._lp.column_lower[i - rows] == self._lp.column_upper[i - rows]:
                    return False
                entries = slice(*self._lp.starts[i - rows : i - rows + 2])
                moved[self._lp.indices[entries]] -= sign * step * self._lp.entries[entries]
        status, moves = self._highs.getBasisSolve(moved)
        if status != highspy.HighsStatus.kOk:
            return False
        self._moves = moves = moves * self._sign
        least = FEASIBILITY * float(np.abs(moves).max(initial=0.0))
        return not bool((self._at_lower & (moves < -least)).any() or (self._at_upper & (moves > least)).any())

    def rests(self, columns: Sequence[int]) -> bool:
        """Whether none of these columns moves along the direction that was asked last; rounding is no move."""
        moved = np.zeros(len(self._size))
        moved[self._column] = np.abs(self._moves[self._is_column]) * self._size[self._column]
        return float(moved[list(columns)].sum()) <= PRICE_ROUNDING * float(moved.sum())
