"""A HiGHS that is told an LP in the units of whoever states it, and holds it in units in which its numbers are near 1.

HiGHS takes entries of 1e-9 and below for 0, numbers of 1e20 and above for infinite, and its tolerances are the same
whatever the numbers mean. So rows, columns and the objective are scaled before it sees them, by powers of two, which
changes no digit; what it finds is scaled back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import highspy
import numpy as np
import numpy.typing as npt

from supplychain.tolerances import LOST_ENTRY, MEAN_LIMIT, SCALED_WITHIN

if TYPE_CHECKING:
    from collections.abc import Sequence

Vector: TypeAlias = npt.NDArray[np.float64]
Indices: TypeAlias = npt.NDArray[np.int64]

_ROUNDS = 100
"""Rounds after which the factors are taken as they are: they change what is fast and exact, not what is right."""

_LARGEST_POWER = 500
"""Powers of two beyond this would leave the range of a double when two of them meet."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """min cost·x + offset subject to row_lower <= A x <= row_upper and column_lower <= x <= column_upper."""

    cost: Vector
    offset: float
    column_lower: Vector
    column_upper: Vector
    row_lower: Vector
    row_upper: Vector
    starts: Indices
    """Where each column begins in `indices` and `entries`; one longer than the number of columns."""
    indices: Indices
    entries: Vector

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns."""
        return len(self.row_lower), len(self.cost)

    @property
    def column_of_entry(self) -> Indices:
        """Return the column of each entry."""
        return np.repeat(np.arange(len(self.cost)), np.diff(self.starts))


@dataclass(frozen=True)
class Scales:
    """The logs, to the base of two, of the factors by which rows and columns are multiplied, exact and not rounded.

    They follow the units of the LP: with a row in other units, or a column, the scaled LP is the same but for rounding.
    """

    row: Vector
    column: Vector
    balance: Balance

    @cached_property
    def row_unit(self) -> Vector:
        """What is 1 of each row in the LP as it is scaled."""
        return np.exp2(-self.row)

    @cached_property
    def column_unit(self) -> Vector:
        """What is 1 of each column in the LP as it is scaled."""
        return np.exp2(self.column)


@dataclass(frozen=True)
class Balance:
    """What of the scales follows from the matrix alone: logs of factors, and to which part of it each belongs."""

    row: Vector
    column: Vector
    row_part: Indices
    column_part: Indices


def balance_of(numbers: Numbers) -> Balance:
    """Return the factors that bring the entries of a matrix near 1: the logs are nearest to 0 by least squares."""
    some = numbers.entries != 0
    rows, columns = numbers.indices[some], numbers.column_of_entry[some]
    row, column = _least_squares(rows, columns, np.log2(np.abs(numbers.entries[some])), *numbers.shape)
    return Balance(row, column, *_parts(rows, columns, *numbers.shape))


def scales_of(numbers: Numbers, balance: Balance | None = None) -> Scales:
    """Return the factors that bring the entries of a matrix near 1, and its limits and bounds near `MEAN_LIMIT`.

    The logs of the entries are nearest to 0 in the sense of least squares, by conjugate gradients. What is left open
    is how large the values are of each part of the LP that shares no row with another: from the mean of its limits, or,
    where it has none, so that its costs are as those of the other parts. Who knows the `balance` of the matrix, as of
    another LP that has the same, need not have it worked out again: it takes longer than the rest.

    Source: Curtis & Reid (1972), On the automatic scaling of matrices for Gaussian elimination, J. Inst. Maths Applics
    10, 118-124.
    """
    matrix = balance_of(numbers) if balance is None else balance
    limits, mean = [], np.log2(MEAN_LIMIT)
    for part, scale, lower, upper in (
        (matrix.row_part, matrix.row, numbers.row_lower, numbers.row_upper),
        (matrix.column_part, -matrix.column, numbers.column_lower, numbers.column_upper),
    ):
        for limit in (lower, np.where(upper == lower, 0.0, upper)):
            given = np.isfinite(limit) & (limit != 0)
            limits.append((part[given], np.log2(np.abs(limit[given])) + scale[given]))
    of_part, sizes = (np.concatenate(items) for items in zip(*limits, strict=True))
    shift, has_limits = _means(of_part, sizes - mean, sum(numbers.shape))
    costly = np.flatnonzero(numbers.cost)
    costs, part = np.log2(np.abs(numbers.cost[costly])) + matrix.column[costly], matrix.column_part[costly]
    usual = (costs + shift[part])[has_limits[part]]
    by_cost, _ = _means(part, costs - (usual.mean() if len(usual) else 0.0), sum(numbers.shape))
    shift = np.where(has_limits, shift, -by_cost)
    return Scales(matrix.row - shift[matrix.row_part], matrix.column + shift[matrix.column_part], matrix)


def _means(groups: Indices, amounts: Vector, count: int) -> tuple[Vector, npt.NDArray[np.bool_]]:
    """Return the mean of the amounts of each group, 0 where it has none, and whether it has any."""
    number = np.bincount(groups, minlength=count)
    return sums(groups, amounts, count) / np.maximum(1, number), number > 0


def _least_squares(
    rows: Indices, columns: Indices, logs: Vector, row_count: int, column_count: int
) -> tuple[Vector, Vector]:
    """Return the logs of factors of rows and columns with the least sum of squares of log entry + row + column."""
    per_row = np.maximum(1, np.bincount(rows, minlength=row_count))
    per_column = np.maximum(1, np.bincount(columns, minlength=column_count))

    of_column, of_row = np.empty(len(rows)), np.empty(len(rows))  # in each round the same memory

    def of_rows(column: Vector) -> Vector:
        """Return the best factors of rows, for given factors of columns, less those for none."""
        return -sums(rows, np.take(column, columns, out=of_column, mode="clip"), row_count) / per_row

    first = -sums(rows, logs, row_count) / per_row
    column = np.zeros(column_count)
    residual = -sums(columns, logs + first[rows], column_count)
    move, before = np.zeros(column_count), 1.0
    least = SCALED_WITHIN * max(1.0, float(np.abs(residual).max(initial=0)))
    for _ in range(_ROUNDS):
        if np.abs(residual).max(initial=0) <= least:
            break
        step = residual / per_column
        now = float(residual @ step)
        move = step + now / before * move
        np.take(of_rows(move), rows, out=of_row, mode="clip")
        bent = sums(columns, np.add(of_column, of_row, out=of_row), column_count)
        length = now / float(move @ bent)
        column, residual, before = column + length * move, residual - length * bent, now
    return first + of_rows(column), column


def _parts(rows: Indices, columns: Indices, row_count: int, column_count: int) -> tuple[Indices, Indices]:
    """Return of rows and columns to which part of the matrix they belong: what shares no row or column is apart."""
    node = np.arange(row_count + column_count)
    ends = rows, row_count + columns
    while True:
        new = node.copy()
        for one, other in (ends, ends[::-1]):
            np.minimum.at(new, one, new[other])
        new = new[new]
        if np.array_equal(new, node):
            return node[:row_count], node[row_count:]
        node = new


def lost_entries(numbers: Numbers, scales: Scales) -> Indices:
    """Return the entries that HiGHS would drop, scaled as they are."""
    logs = scales.row[numbers.indices] + scales.column[numbers.column_of_entry]
    sizes = np.abs(numbers.entries) * power(logs)
    return np.flatnonzero((numbers.entries != 0) & (sizes <= 2 * LOST_ENTRY))


def power(logs: Vector) -> Vector:
    """Return the powers of two nearest to what has these logs."""
    return np.exp2(np.clip(np.round(logs), -_LARGEST_POWER, _LARGEST_POWER))


def sums(groups: Indices, amounts: Vector, count: int) -> Vector:
    """Return the sum of the amounts of each group 0 .. count-1."""
    return np.bincount(groups, amounts, minlength=count).astype(np.float64, copy=False)


def mean_power(sizes: Vector) -> float:
    """Return the power of two that brings the geometric mean of some sizes near 1; those of 0 do not count."""
    some = sizes[(sizes != 0) & np.isfinite(sizes)]
    return float(power(-np.log2(np.abs(some)).mean(keepdims=True))[0]) if len(some) else 1.0


def _power_to(most: float, sizes: Vector) -> float:
    """Return the power of two that brings the largest of some sizes to about so much."""
    largest = float(np.abs(sizes).max(initial=0))
    return float(power(np.log2([most / largest]))[0]) if largest and math.isfinite(most) else math.inf


@dataclass(frozen=True)
class Values:
    """A solution in the units of the LP as stated: HiGHS's names. Each vector is copied when it is first asked for."""

    _scaled: Any
    _row: Vector
    _column: Vector
    _objective: float

    @cached_property
    def col_value(self) -> Vector:
        """The values of columns."""
        return np.array(self._scaled.col_value) * self._column

    @cached_property
    def col_dual(self) -> Vector:
        """The reduced costs of columns."""
        return np.array(self._scaled.col_dual) / (self._column * self._objective)

    @cached_property
    def row_value(self) -> Vector:
        """The activity of rows."""
        return np.array(self._scaled.row_value) / self._row

    @cached_property
    def row_dual(self) -> Vector:
        """The prices of rows."""
        return np.array(self._scaled.row_dual) * (self._row / self._objective)


class ScaledHighs(highspy.Highs):  # type: ignore[misc] # HiGHS ships no types
    """A HiGHS that holds an LP scaled. What is overridden here speaks the units of the LP as stated.

    All else is HiGHS's own: options, how a run ended and how far it is from feasible, bases, which know no units.
    """

    def __init__(self) -> None:
        super().__init__()
        super().setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
        super().setOptionValue("small_matrix_value", LOST_ENTRY)
        self.row_scale, self.column_scale = np.ones(0), np.ones(0)
        self.objective_scale, self._offset = 1.0, 0.0
        self.most_cost = math.inf
        """The largest cost as it is scaled, when all columns are given costs."""

    @classmethod
    def of(cls, numbers: Numbers, scales: Scales) -> Self:
        """Return a solver that holds an LP."""
        self = cls()
        self.row_scale, self.column_scale = power(scales.row), power(scales.column)
        self._offset = numbers.offset
        cost = numbers.cost * self.column_scale
        self.objective_scale = mean_power(cost)
        rows, columns = numbers.shape
        entries = numbers.entries * self.row_scale[numbers.indices] * self.column_scale[numbers.column_of_entry]
        super(cls, self).passModel(
            columns,
            rows,
            len(entries),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            numbers.offset * self.objective_scale,
            cost * self.objective_scale,
            numbers.column_lower / self.column_scale,
            numbers.column_upper / self.column_scale,
            numbers.row_lower * self.row_scale,
            numbers.row_upper * self.row_scale,
            numbers.starts[:-1].astype(np.int32),
            numbers.indices.astype(np.int32),
            entries,
            np.zeros(columns, dtype=np.int32),
        )
        return self

    def twin(self, basis: Any = None) -> ScaledHighs:  # noqa: ANN401 - HiGHS ships no types
        """Return another solver that holds the same LP, with the same options, at a basis or at none."""
        twin = type(self)()
        twin.passOptions(self.getOptions())
        highspy.Highs.passModel(twin, super().getLp())
        twin.row_scale, twin.column_scale = self.row_scale, self.column_scale
        twin.objective_scale, twin._offset = self.objective_scale, self._offset  # noqa: SLF001 - it is its own
        if basis is not None:
            twin.setBasis(basis)
        return twin

    def forget(self) -> None:
        """Start from nothing: after its `clearSolver` HiGHS may still end otherwise than a new solver does."""
        super().passModel(super().getLp())

    def getLp(self) -> Any:  # noqa: ANN401, N802 - HiGHS ships no types; its name
        """Return a copy of the LP, in the units in which it was stated."""
        self.ensureColwise()
        held, stated = super().getLp(), highspy.HighsLp()
        starts = np.array(held.a_matrix_.start_, dtype=np.int64)
        filled = slice(int(starts[-1]) if len(starts) else 0)
        rows = np.array(held.a_matrix_.index_, dtype=np.int64)[filled]
        columns = np.repeat(np.arange(held.num_col_), np.diff(starts))
        stated.num_row_, stated.num_col_ = held.num_row_, held.num_col_
        stated.sense_, stated.offset_ = held.sense_, self._offset
        stated.col_cost_ = np.array(held.col_cost_) / (self.column_scale * self.objective_scale)
        stated.col_lower_, stated.col_upper_ = (
            np.array(x) * self.column_scale for x in (held.col_lower_, held.col_upper_)
        )
        stated.row_lower_, stated.row_upper_ = (
            np.array(x) / self.row_scale for x in (held.row_lower_, held.row_upper_)
        )
        stated.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        stated.a_matrix_.start_, stated.a_matrix_.index_ = starts, rows
        entries = np.array(held.a_matrix_.value_, dtype=float)[filled]
        stated.a_matrix_.value_ = entries / (self.row_scale[rows] * self.column_scale[columns])
        return stated

    def getSolution(self) -> Values:  # noqa: N802 - HiGHS's name
        """Return the values that the solver holds."""
        return Values(super().getSolution(), self.row_scale, self.column_scale, self.objective_scale)

    def getObjectiveValue(self) -> float:  # noqa: N802 - HiGHS's name
        """Return the objective of the solution, offset included."""
        return float(super().getInfo().objective_function_value) / self.objective_scale

    def getBasisSolve(self, rhs: Vector, basic: Indices | None = None) -> tuple[Any, Vector]:  # noqa: N802 - HiGHS's name
        """Return how basic variables move with right-hand sides: as HiGHS has them, those of rows negated.

        Who asks many times gives `basic`, what `getBasicVariables` says: to look it up takes longer than the rest.
        """
        status, moves, *_ = super().getBasisSolve(rhs * self.row_scale)
        basic = self.getBasicVariables()[1] if basic is None else basic
        row, column = np.maximum(-1 - basic, 0), np.maximum(basic, 0)
        units = np.where(
            basic < 0, 1 / self.row_scale[row], self.column_scale[column] if len(self.column_scale) else 1.0
        )
        return status, np.array(moves) * units

    def getBasisTransposeSolve(self, costs: Vector, basic: Indices) -> tuple[Any, Vector]:  # noqa: N802 - HiGHS's name
        """Return row prices at which basic columns break even, were these the costs; `basic` as `getBasicVariables`."""
        of_basic = np.where(basic >= 0, (costs * self.column_scale)[np.maximum(basic, 0)], 0.0)
        status, y, *_ = super().getBasisTransposeSolve(of_basic)
        return status, np.array(y) * self.row_scale

    def changeColsCost(self, count: int, columns: Indices, costs: Vector) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Give columns other costs; if all have others, the objective is scaled anew."""
        scaled = np.asarray(costs, dtype=float) * self.column_scale[columns]
        if count == len(self.column_scale):
            self.objective_scale = min(mean_power(scaled), _power_to(self.most_cost, scaled))
            super().changeObjectiveOffset(self._offset * self.objective_scale)
        return super().changeColsCost(count, columns, scaled * self.objective_scale)

    def changeObjectiveOffset(self, offset: float) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Give the objective another offset."""
        self._offset = offset
        return super().changeObjectiveOffset(offset * self.objective_scale)

    def changeColBounds(self, column: int, lower: float, upper: float) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Give a column other bounds."""
        scale = float(self.column_scale[column])
        return super().changeColBounds(column, lower / scale, upper / scale)

    def changeColsBounds(self, count: int, columns: Indices, lower: Vector, upper: Vector) -> Any:  # noqa: ANN401, N802
        """Give columns other bounds."""
        scale = self.column_scale[columns]
        return super().changeColsBounds(count, columns, lower / scale, upper / scale)

    def changeRowBounds(self, row: int, lower: float, upper: float) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Give a row other limits."""
        scale = float(self.row_scale[row])
        return super().changeRowBounds(row, lower * scale, upper * scale)

    def changeRowsBounds(self, count: int, rows: Indices, lower: Vector, upper: Vector) -> Any:  # noqa: ANN401, N802
        """Give rows other limits."""
        scale = self.row_scale[rows]
        return super().changeRowsBounds(count, rows, lower * scale, upper * scale)

    def changeCoeff(self, row: int, column: int, entry: float) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Give a row another entry in a column."""
        return super().changeCoeff(row, column, entry * float(self.row_scale[row] * self.column_scale[column]))

    def addCol(  # noqa: N802, PLR0913, PLR0917 - HiGHS's name and order
        self, cost: float, lower: float, upper: float, count: int, rows: Sequence[int], entries: Sequence[float]
    ) -> Any:  # noqa: ANN401
        """Add a column, scaled so that its entries are near 1."""
        at = np.asarray(rows, dtype=np.int64)
        scaled = np.asarray(entries, dtype=float) * self.row_scale[at]
        scale = mean_power(scaled)
        self.column_scale = np.append(self.column_scale, scale)
        return super().addCol(
            cost * scale * self.objective_scale,
            lower / scale,
            upper / scale,
            count,
            at.astype(np.int32),
            scaled * scale,
        )

    def addRow(self, lower: float, upper: float, count: int, columns: Sequence[int], entries: Sequence[float]) -> Any:  # noqa: ANN401, N802
        """Add a row, scaled so that its entries are near 1."""
        at = np.asarray(columns, dtype=np.int64)
        scaled = np.asarray(entries, dtype=float) * self.column_scale[at]
        scale = mean_power(scaled)
        self.row_scale = np.append(self.row_scale, scale)
        return super().addRow(lower * scale, upper * scale, count, at.astype(np.int32), scaled * scale)

    def deleteCols(self, count: int, columns: Indices) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Take columns out."""
        self.column_scale = np.delete(self.column_scale, columns)
        return super().deleteCols(count, columns)

    def deleteRows(self, count: int, rows: Indices) -> Any:  # noqa: ANN401, N802 - HiGHS's name
        """Take rows out."""
        self.row_scale = np.delete(self.row_scale, rows)
        return super().deleteRows(count, rows)
