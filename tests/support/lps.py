"""Small LPs written as matrices, and what re-solving them from nothing says: the other opinion in the tests of `lp`."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import highspy
import numpy as np
from scipy.optimize import linprog

from supplychain import lp

INFINITY = math.inf


@dataclass(frozen=True)
class Written:
    """An LP as matrices: minimise (or maximise) cost·x, with limits on rows and columns."""

    cost: np.ndarray
    matrix: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    maximise: bool = False
    offset: float = 0.0

    def labelled(self, rows: list[object] | None = None) -> lp.LabelledLP:
        """Return the same LP for the functions under test."""
        m, n = self.matrix.shape
        problem = highspy.HighsLp()
        problem.num_row_, problem.num_col_ = m, n
        problem.col_cost_, problem.offset_ = self.cost, self.offset
        problem.col_lower_, problem.col_upper_ = self.column_lower, self.column_upper
        problem.row_lower_, problem.row_upper_ = self.lower, self.upper
        problem.sense_ = highspy.ObjSense.kMaximize if self.maximise else highspy.ObjSense.kMinimize
        row, column = np.nonzero(self.matrix.T)[::-1]
        problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        problem.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=n))])
        problem.a_matrix_.index_ = row
        problem.a_matrix_.value_ = self.matrix[row, column]
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
        highs.passModel(problem)
        return lp.from_highs(highs, rows or list(range(m)), list(range(n)))

    def moved(self, direction: dict[int, float], by: float) -> Written:
        """Return the LP with limits relaxed: an upper limit rises, a lower one falls, an equality's side rises.

        A number from that of rows on is a column's: its upper bound rises.
        """
        lower, upper, column_upper = self.lower.copy(), self.upper.copy(), self.column_upper.copy()
        for i, step in direction.items():
            if i >= len(lower):
                column_upper[i - len(lower)] += step * by
                continue
            upper[i] += step * by
            lower[i] += step * by if self.lower[i] == self.upper[i] else -step * by
        return replace(self, lower=lower, upper=upper, column_upper=column_upper)

    def value(self, direction: dict[int, float] | None = None, by: float = 0.0) -> float:
        """Return the optimum after a move of limits, solved from nothing; infinitely bad if nothing is feasible."""
        case = self.moved(direction or {}, by)
        sign = -1.0 if self.maximise else 1.0
        if (case.lower > case.upper).any() or (case.column_lower > case.column_upper).any():
            return sign * INFINITY
        equal = case.lower == case.upper
        above, below = ~equal & np.isfinite(case.upper), ~equal & np.isfinite(case.lower)
        answer = linprog(
            sign * case.cost,
            A_ub=np.vstack([case.matrix[above], -case.matrix[below]]),
            b_ub=np.concatenate([case.upper[above], -case.lower[below]]),
            A_eq=case.matrix[equal],
            b_eq=case.upper[equal],
            bounds=np.column_stack([case.column_lower, case.column_upper]),
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if answer.status == 2:
            return sign * INFINITY
        assert answer.status == 0, answer.message
        return sign * answer.fun + self.offset

    @cached_property
    def _value_here(self) -> float:
        return self.value()

    def worth(self, direction: dict[int, float], by: float) -> float:
        """Return how much better the optimum gets, in its own sense, when limits are relaxed so far."""
        change = self._value_here - self.value(direction, by)
        return -change if self.maximise else change


def written(
    cost: list[float],
    matrix: list[list[float]],
    sense: str,
    limits: list[float],
    **more: Any,  # noqa: ANN401 - maximise, offset
) -> Written:
    """Return an LP as textbooks print it: one of < = > and a limit for each row, columns from 0 up."""
    b = np.array(limits, dtype=float)
    signs = np.array(list(sense))
    return Written(
        cost=np.array(cost, dtype=float),
        matrix=np.array(matrix, dtype=float),
        lower=np.where(signs == "<", -INFINITY, b),
        upper=np.where(signs == ">", INFINITY, b),
        column_lower=np.zeros(len(cost)),
        column_upper=np.full(len(cost), INFINITY),
        **more,
    )


def random_lp(seed: int) -> Written:
    """An LP with a known optimum x, y: its costs are made so that y proves x, whatever rows and bounds hold there."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    x = rng.integers(0, 4, n).astype(float)
    column_lower, column_upper = np.zeros(n), rng.choice([3.0, 5.0, INFINITY], n)
    column_lower[rng.random(n) < 0.1] = -INFINITY
    held = rng.random(n) < 0.15
    column_upper[held] = x[held]
    kinds = list(rng.choice(["<", "<", "<", ">", "=", "two", "free"], int(rng.integers(2, 7))))
    rows = [rng.integers(-1, 4, n) * (rng.random(n) < 0.8) for _ in kinds]
    for _ in range(int(rng.integers(0, 4))):
        match rng.choice(["repeated", "parallel", "redundant", "series", "empty"]):
            case "repeated":
                rows.append(rows[0])
            case "parallel":
                rows.append(2 * rows[0])
            case "redundant":
                rows.append(rows[0] + rows[-1])
            case "series":
                rows.append(np.eye(n, dtype=int)[int(rng.integers(n))])
            case "empty":
                rows.append(np.zeros(n, dtype=int))
        kinds.append(str(rng.choice(["<", ">"])))
    matrix = np.array(rows, dtype=float)
    kind = np.array(kinds)
    kind[(kind == "=") & ~matrix.any(axis=1)] = "<"
    slack = np.where(rng.random(len(kind)) < 0.25, rng.integers(1, 4, len(kind)), 0).astype(float)
    activity = matrix @ x
    upper = np.where(np.isin(kind, ["<", "two"]), activity + slack, np.where(kind == "=", activity, INFINITY))
    lower = np.where(kind == ">", activity - slack, np.where(kind == "=", activity, -INFINITY))
    lower = np.where(kind == "two", upper - rng.integers(1, 4, len(kind)) - slack, lower)
    y = rng.integers(0, 3, len(kind)) * (rng.random(len(kind)) < 0.6) * (slack == 0)
    y = np.select([np.isin(kind, ["<", "two"]), kind == ">", kind == "="], [-y, y, rng.choice([-1, 1], len(kind)) * y])
    price = rng.integers(0, 3, n) * (rng.random(n) < 0.5)
    price = np.select([x == column_upper, x == column_lower], [-price, price], 0)
    maximise = bool(rng.random() < 0.5)
    cost = y @ matrix + price
    return Written(
        -cost if maximise else cost, matrix, lower, upper, column_lower, column_upper, maximise, float(rng.integers(9))
    )
