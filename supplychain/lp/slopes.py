"""One-sided slopes of the optimal cost: what a little more, and a little less, of some limits is worth."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import highspy
import numpy as np

from supplychain.errors import NoAnswerError
from supplychain.lp.solve import FEASIBILITY, OPTIONS, Solution, reason, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from supplychain.lp.labelled import LabelledLP, Vector

_ROUNDING = 1e-12
"""Share of the objective below which differences are rounding."""

Direction = dict[int, float]
"""How far the upper limits of rows move."""


class Slopes:
    """Slopes at one solved LP, by direction.

    From an optimum x, moving the limits by a small step along d moves x along a z that solves the tangent problem:
    least cost·z, where rows and columns at a limit may only move as the limit does, and all others are free. Its
    optimum is the one-sided derivative itself, with no step to choose and no difference to take, also where the optimum
    is degenerate and the solver's dual is one of many.

    Source: Mills (1956), Marginal values of matrix games and linear programs, Annals of Mathematics Studies 38.
    """

    def __init__(self, lp: LabelledLP, at: Solution, x: Vector) -> None:
        """Take an optimal solution, and any optimal x: the slopes are the same for all, unless columns are held."""
        self.at = at
        self._rounding = _ROUNDING * max(1.0, abs(at.objective))
        row_upper, row_lower = _room(lp.activity(x), lp.row_lower, lp.row_upper, lp.size(x))
        column_upper, column_lower = _room(x, lp.column_lower, lp.column_upper, np.abs(x))
        self._tight = row_upper == 0
        self._tangent = replace(
            lp,
            highs=highspy.Highs(),
            offset=0.0,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=column_lower,
            column_upper=column_upper,
        )
        problem = lp.highs.getLp()
        problem.offset_ = 0.0
        problem.row_lower_, problem.row_upper_ = row_lower, row_upper
        problem.col_lower_, problem.col_upper_ = column_lower, column_upper
        for option, value in OPTIONS.items():
            self._tangent.highs.setOptionValue(option, value)
        self._tangent.highs.passModel(problem)

    def gain(self, direction: Mapping[int, float], held: Sequence[int] = ()) -> float:
        """Return the fall of cost per unit of relaxing (right derivative), with some columns held where they are.

        A price of 0 in any optimal dual proves that the gain is 0, so no solve is needed then.
        """
        value = self._value(direction)
        return 0.0 if value <= self._rounding else min(max(0.0, -self._slope(direction, +1.0, held)), value)

    def loss(self, direction: Mapping[int, float]) -> float:
        """Return the rise of cost per unit of tightening (left derivative); infinite if nothing is feasible then."""
        if not any(step and self._tight[row] for row, step in direction.items()):
            return 0.0
        slope = self._slope(direction, -1.0, ())
        return 0.0 if slope <= self._rounding else max(slope, self._value(direction))

    def _value(self, direction: Mapping[int, float]) -> float:
        """Return what the solver's own dual makes of a direction: somewhere between gain and loss."""
        return -math.fsum(float(self.at.y[row]) * step for row, step in direction.items())

    def _slope(self, direction: Mapping[int, float], sign: float, held: Sequence[int]) -> float:
        highs = self._tangent.highs
        highs.setBasis(self.at.basis)
        with self._moving({row: sign * step for row, step in direction.items() if self._tight[row]}, held):
            status = run(highs)
            if status == highspy.HighsModelStatus.kInfeasible:
                return math.inf
            if status != highspy.HighsModelStatus.kOptimal:
                raise NoAnswerError(reason(status, "the price of a limit"))
            return float(highs.getInfo().objective_function_value)

    @contextmanager
    def _moving(self, upper: Direction, held: Sequence[int]) -> Iterator[None]:
        """Move limits, and hold columns, while inside."""
        tangent, highs = self._tangent, self._tangent.highs
        columns = np.array(held, dtype=np.int64)
        for row, step in upper.items():
            lower = step if tangent.row_lower[row] == 0 else -np.inf
            highs.changeRowBounds(row, lower, step)
        if len(columns):
            highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), np.zeros(len(columns)))
        try:
            yield
        finally:
            for row in upper:
                highs.changeRowBounds(row, float(tangent.row_lower[row]), 0.0)
            if len(columns):
                bounds = tangent.column_lower[columns], tangent.column_upper[columns]
                highs.changeColsBounds(len(columns), columns, *bounds)


def _room(at: Vector, lower: Vector, upper: Vector, size: Vector) -> tuple[Vector, Vector]:
    """Return upper and lower limits of a move: 0 where a limit is reached, none elsewhere."""
    near = FEASIBILITY * np.maximum(1.0, size)
    return np.where(upper - at <= near, 0.0, np.inf), np.where(at - lower <= near, 0.0, -np.inf)
