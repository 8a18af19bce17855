"""One-sided slopes of the optimal cost: what a little more, and a little less, of some limits is worth."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

from supplychain.errors import NoAnswerError
from supplychain.lp.solve import FEASIBILITY, Solution, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supplychain.lp.labelled import LabelledLP, Vector

_FIRST_STEP = 1e-3
"""First try of the step, as a share of the direction; directions are about one per cent of a limit."""
_SHRINK = 16.0
_TRIES = 5
_ROUNDING = 1e-12
"""Share of the objective below which differences are rounding."""


@dataclass(frozen=True)
class Slopes:
    """Slopes at one solved LP, which is left as it was found. A direction maps rows to how far their upper limits move.

    Each slope is read from the duals of a warm re-solve a small step away, and kept only if the line through it meets
    the known optimum, so that no breakpoint lies in between: a one-sided derivative, not a difference quotient.
    """

    lp: LabelledLP
    at: Solution
    activity: Vector

    def gain(self, direction: Mapping[int, float], held: Mapping[int, float] | None = None) -> float:
        """Return the fall of cost per unit of relaxing (right derivative), with columns `held` at given values if any.

        A price of 0 in any optimal dual proves that the gain is 0, so no solve is needed then.
        """
        if self._value(self.at.y, direction) <= self._rounding():
            return 0.0
        with_sign = {row: step for row, step in direction.items() if step}
        return max(0.0, min(self._slope(with_sign, +1.0, held or {}), self._value(self.at.y, direction)))

    def loss(self, direction: Mapping[int, float]) -> float:
        """Return the rise of cost per unit of tightening (left derivative); infinite if nothing is feasible then."""
        tight = [row for row, step in direction.items() if step and self._is_tight(row)]
        if not tight:
            return 0.0
        slope = self._slope({row: step for row, step in direction.items() if step}, -1.0, {})
        return 0.0 if slope <= self._rounding() else max(slope, self._value(self.at.y, direction))

    def _is_tight(self, row: int) -> bool:
        upper = self.lp.row_upper[row]
        return bool(upper - self.activity[row] <= FEASIBILITY * max(1.0, abs(upper)))

    def _rounding(self) -> float:
        return _ROUNDING * max(1.0, abs(self.at.objective))

    @staticmethod
    def _value(y: Vector, direction: Mapping[int, float]) -> float:
        return -math.fsum(float(y[row]) * step for row, step in direction.items())

    def _slope(self, direction: Mapping[int, float], sign: float, held: Mapping[int, float]) -> float:
        step = _FIRST_STEP
        slope = math.nan
        with self._holding(held):
            start = self.at.objective if not held else self._solved({}, 0.0)[0]
            for _ in range(_TRIES):
                objective, y = self._solved(direction, sign * step)
                if math.isinf(objective):
                    return math.inf
                slope = self._value(y, direction)
                missed = abs(start - objective - sign * step * slope)
                if missed <= 1e-6 * step * abs(slope) + self._rounding():
                    break
                step /= _SHRINK
        return slope

    @contextmanager
    def _holding(self, held: Mapping[int, float]) -> Iterator[None]:
        """Keep columns at given values while inside."""
        lp, highs = self.lp, self.lp.highs
        columns = np.fromiter(held, dtype=np.int64, count=len(held))
        values = np.fromiter(held.values(), dtype=float, count=len(held))
        if len(columns):
            highs.changeColsBounds(len(columns), columns, values, values)
        try:
            yield
        finally:
            if len(columns):
                highs.changeColsBounds(len(columns), columns, lp.column_lower[columns], lp.column_upper[columns])

    def _solved(self, direction: Mapping[int, float], step: float) -> tuple[float, Vector]:
        lp, highs = self.lp, self.lp.highs
        highs.setBasis(self.at.basis)
        for row, move in direction.items():
            highs.changeRowBounds(row, float(lp.row_lower[row]), float(lp.row_upper[row] + step * move))
        try:
            highs.run()
            status = highs.getModelStatus()
            if status == highspy.HighsModelStatus.kInfeasible:
                return math.inf, self.at.y
            if status != highspy.HighsModelStatus.kOptimal:
                raise NoAnswerError(reason(status, "a re-solve for a price"))
            return float(highs.getInfo().objective_function_value), np.array(highs.getSolution().row_dual)
        finally:
            for row in direction:
                highs.changeRowBounds(row, float(lp.row_lower[row]), float(lp.row_upper[row]))
