"""The basis of an optimum: how its values move with limits, and whether it stays optimal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.tolerances import FEASIBILITY, LOST_ENTRY, PRICE_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.optimum import Optimum
    from supplychain.lp.scaled import Vector


class Basis:
    """The basis of an optimum, factored: how basic values move with limits, and whether they may."""

    def __init__(self, lp: LabelledLP, optimum: Optimum, highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
        self._highs, self._lp, self._x, self._activity = highs, lp, optimum.x, lp.activity(optimum.x)
        self._equal = lp.row_lower == lp.row_upper
        activity, (near_row, near_column) = self._activity, lp.near(optimum.x)
        tight = np.minimum(lp.row_upper - activity, activity - lp.row_lower) <= FEASIBILITY * near_row
        at_top = lp.column_upper - optimum.x <= FEASIBILITY * near_column
        self._tight = np.concatenate([tight, at_top])
        _, basic = highs.getBasicVariables()
        self._order = basic
        self._basic = np.zeros(sum(lp.shape), dtype=bool)
        self._basic[np.where(basic < 0, -1 - basic, lp.shape[0] + basic)] = True
        self.basic_rows, self.basic_columns = self._basic[: lp.shape[0]], self._basic[lp.shape[0] :]
        self._rises = np.concatenate([lp.row_upper - activity <= activity - lp.row_lower, at_top])
        row, column = np.maximum(-1 - basic, 0), np.maximum(basic, 0)
        value, near, lower, upper, self._unit = (
            np.where(basic < 0, of_rows[row], of_columns[column])
            for of_rows, of_columns in (
                (activity, optimum.x),
                (FEASIBILITY * near_row, FEASIBILITY * near_column),
                (lp.row_lower, lp.column_lower),
                (lp.row_upper, lp.column_upper),
                (-lp.row_unit, lp.column_unit),  # HiGHS's variable of a row is its activity, negated
            )
        )
        self._at_lower, self._at_upper = value - lower <= near, upper - value <= near
        self._is_column, self._column = basic >= 0, basic[basic >= 0]

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
        status, moves = self._highs.getBasisSolve(moved, self._order)
        if status != highspy.HighsStatus.kOk:
            return False
        self._moves = moves = moves / self._unit
        least = FEASIBILITY * float(np.abs(moves).max(initial=0.0))
        return not bool((self._at_lower & (moves < -least)).any() or (self._at_upper & (moves > least)).any())

    def rests(self, columns: Sequence[int]) -> bool:
        """Whether none of these columns moves along the direction that was asked last; rounding is no move."""
        moved = np.zeros(self._lp.shape[1])
        moved[self._column] = np.abs(self._moves[self._is_column])
        return float(moved[list(columns)].sum()) <= PRICE_ROUNDING * float(moved.sum())

    def free_fall(self, direction: Mapping[int, float], y: Vector, reduced: Vector) -> float | None:
        """Return how far limits can fall along a direction before cost rises, if the basis tells; None if it does not.

        It tells where no limit of the direction is reached, so that all may fall to the first that is, and every
        variable that could make room there has a price of its own: then the dual that the next step of the dual simplex
        leads to is worth more than this one. `y` and `reduced` are the prices at hand, what is rounding as 0.
        """
        lp, rows = self._lp, self._lp.shape[0]
        if not all(i < rows and step > 0 and self._basic[i] and not self._equal[i] for i, step in direction.items()):
            return None
        falls = {i: float(lp.row_upper[i] - self._activity[i]) / step for i, step in direction.items()}
        first = min(falls, key=lambda i: falls[i])
        status, row = self._highs.getBasisInverseRow(int(np.flatnonzero(self._order == -1 - first)[0]))[:2]
        if status != highspy.HighsStatus.kOk:
            return None
        of_row = np.array(row)
        of_column = lp.priced(of_row * self._highs.row_scale) * self._highs.column_scale
        makes_room = (
            (
                (reduced == 0) & ~self.basic_columns,
                of_column,
                lp.column_upper - self._x > FEASIBILITY * lp.column_unit,
                self._x - lp.column_lower > FEASIBILITY * lp.column_unit,
            ),
            (
                (y == 0) & ~self.basic_rows,
                -of_row,
                lp.row_upper - self._activity > FEASIBILITY * lp.row_unit,
                self._activity - lp.row_lower > FEASIBILITY * lp.row_unit,
            ),
        )
        for worthless, moves, rises, drops in makes_room:
            if (worthless & ((rises & (moves < -LOST_ENTRY)) | (drops & (moves > LOST_ENTRY)))).any():
                return None
        return max(0.0, falls[first])
