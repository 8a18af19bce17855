"""The basis of an optimum: how its values move with limits, and whether it stays optimal."""

from __future__ import annotations

import math
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
        self.highs, self._lp, self._x, self._activity = highs, lp, optimum.x, lp.activity(optimum.x)
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
        self._down, self._up = ((room / np.abs(self._unit)) for room in (value - lower, upper - value))
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
        if not moved.any():
            self._moves = moved[: len(self._order)]
            return True
        status, moves = self.highs.getBasisSolve(moved, self._order)
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

    def furthest(self, direction: Mapping[int, float], sign: float, y: Vector, reduced: Vector) -> float | None:
        """Return how far limits can move along a direction (sign +1) or against it (-1) before the slope changes.

        It is how far the basis stays optimal, if what is in the way then changes the slope: if nothing that could make
        way for it is free of charge, the dual that the next step of the dual simplex leads to is worth more than this
        one. None if the basis does not tell. `y` and `reduced` are the prices at hand, what is rounding as 0.
        """
        if not self.stays(direction, sign):
            return None
        rows, place = self._lp.shape[0], np.where(self._order < 0, -1 - self._order, self._lp.shape[0] + self._order)
        rises = np.zeros(sum(self._lp.shape))
        for i, step in direction.items():
            rises[i] = sign * step
        rise = rises[place] / np.abs(self._unit)
        fall = np.where(place < rows, rise, 0.0)  # of a column the upper bound alone moves
        largest = float(max(np.abs(self._moves).max(initial=0.0), np.abs(rise).max(initial=0.0)))
        ways = ((self._up, self._moves - rise), (self._down, -self._moves - fall))
        every = np.stack([_steps(room, nearing, PRICE_ROUNDING * largest) for room, nearing in ways])
        steps = np.stack([_steps(room, nearing, FEASIBILITY * largest) for room, nearing in ways])
        first, crossing = float(steps.min(initial=np.inf)), self._crossing(direction, sign)
        if float(every.min(initial=np.inf)) < min(first, crossing):
            return None  # what moves so little that it may be rounding comes first
        if crossing <= first:  # beyond it nothing is feasible, or it is infinite
            return crossing
        side, position = np.argwhere(steps == first)[0]
        is_column = bool(self._is_column[position])
        return None if self._makes_way(int(position), is_column == (side == 0), y, reduced) else first

    def _crossing(self, direction: Mapping[int, float], sign: float) -> float:
        """Return after which step two limits of one row, or of one column, meet: both of a row's move, one of these."""
        lp, rows = self._lp, self._lp.shape[0]
        half_row, column = (lp.row_upper - lp.row_lower) / 2, lp.column_upper - lp.column_lower
        closing = [(i, abs(step)) for i, step in direction.items() if sign * step < 0]
        return min(
            (float(half_row[i] if i < rows else column[i - rows]) / step for i, step in closing), default=math.inf
        )

    def _makes_way(self, position: int, falls: bool, y: Vector, reduced: Vector) -> bool:  # noqa: FBT001
        """Whether something without a price can push a basic variable back: it must fall, or rise, as HiGHS has it."""
        lp = self._lp
        status, row = self.highs.getBasisInverseRow(position)[:2]
        if status != highspy.HighsStatus.kOk:
            return True
        of_row = np.array(row) * (-1.0 if falls else 1.0)
        of_column = lp.priced(of_row * self.highs.row_scale) * self.highs.column_scale
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
        return any(
            bool((worthless & ((rises & (moves < -LOST_ENTRY)) | (drops & (moves > LOST_ENTRY)))).any())
            for worthless, moves, rises, drops in makes_room
        )


def _steps(room: Vector, nearing: Vector, least: float) -> Vector:
    """Return after which step each variable has used up its room; never where it does not near its limit."""
    nears = nearing > least
    return np.where(nears, np.maximum(room, 0.0) / np.where(nears, nearing, 1.0), np.inf)
