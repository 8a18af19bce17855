"""A linear program whose rows and columns have names, held in a live HiGHS."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import highspy
import numpy as np
import numpy.typing as npt

from supplychain.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

Label: TypeAlias = Any
"""Name of a row or column. Of a Pyomo model: what it is, then its indices, e.g. `("supply_limit", "cowos", 2026)`."""

Vector: TypeAlias = npt.NDArray[np.float64]

_SCALING_ROUNDS = 60
"""Rounds of scaling after which another one changes little."""


@dataclass(frozen=True)
class LabelledLP:
    """min cost·x + offset subject to row_lower <= A x <= row_upper and column_lower <= x <= column_upper.

    `highs` is a live solver that holds exactly this problem; whoever changes it puts it back. A maximisation is held as
    the minimisation of its negative, and `sign` is -1.
    """

    highs: Any
    row: dict[Label, int]
    column: dict[Label, int]
    cost: Vector
    offset: float
    column_lower: Vector
    column_upper: Vector
    row_lower: Vector
    row_upper: Vector
    starts: npt.NDArray[np.int64]
    """Where each column begins in `indices` and `entries`; one longer than the number of columns."""
    indices: npt.NDArray[np.int64]
    entries: Vector
    sign: float = 1.0
    _sizes: list[tuple[Vector, Vector]] = field(default_factory=list)
    """Sizes of prices, once they are known: the same for LPs that differ in limits alone."""

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns."""
        return len(self.row_lower), len(self.cost)

    def copied(self, basis: Any = None) -> LabelledLP:  # noqa: ANN401 - HiGHS ships no types
        """Return the same LP in a solver of its own, with the same options, at a basis or at none."""
        highs = highspy.Highs()
        highs.passOptions(self.highs.getOptions())
        highs.passModel(self.highs.getLp())
        if basis is not None:
            highs.setBasis(basis)
        return replace(self, highs=highs)

    def held(self) -> LabelledLP:
        """Return what `clone` does: its old name, which goes with version 0.3."""
        message = "LabelledLP.held is now LabelledLP.clone; the old name goes with version 0.3"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return self.clone()

    def clone(self) -> LabelledLP:
        """Return the same LP in a new solver that is given these numbers."""
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
        rows, columns = self.shape
        highs.passModel(
            columns,
            rows,
            len(self.entries),
            int(highspy.MatrixFormat.kColwise),
            int(highspy.ObjSense.kMinimize),
            self.offset,
            self.cost,
            self.column_lower,
            self.column_upper,
            self.row_lower,
            self.row_upper,
            self.starts[:-1].astype(np.int32),
            self.indices.astype(np.int32),
            self.entries,
            np.zeros(columns, dtype=np.int32),
        )
        return replace(self, highs=highs)

    def activity(self, x: Vector) -> Vector:
        """Return A x."""
        return sums(self.indices, self.entries * np.repeat(x, np.diff(self.starts)), len(self.row_lower))

    def size(self, x: Vector) -> Vector:
        """Return |A| |x|: how large the terms of each row are, against which its rounding is judged."""
        return sums(self.indices, np.abs(self.entries * np.repeat(x, np.diff(self.starts))), len(self.row_lower))

    def priced(self, y: Vector) -> Vector:
        """Return y A: what the rows' prices make of each column."""
        return sums(self.column_of_entry, self.entries * y[self.indices], len(self.cost))

    def price_sizes(self) -> tuple[Vector, Vector]:
        """Return how large row prices and reduced costs are here, against which their rounding is judged.

        Rows and columns are scaled so that their entries are near 1; then no price is much larger than the largest
        cost. So the answer is the same in whatever units rows, columns and the objective are stated.
        """
        if not self._sizes:
            self._sizes.append(self._price_sizes())
        return self._sizes[0]

    def _price_sizes(self) -> tuple[Vector, Vector]:
        row_logs, column_logs = geometric(self.indices, self.column_of_entry, self.entries, *self.shape)
        largest = float(np.abs(self.cost * np.exp(column_logs)).max(initial=0))
        return largest * np.exp(row_logs), largest * np.exp(-column_logs)

    @property
    def column_of_entry(self) -> npt.NDArray[np.int64]:
        """Return the column of each entry."""
        return np.repeat(np.arange(len(self.cost)), np.diff(self.starts))


def sums(groups: npt.NDArray[np.int64], amounts: Vector, count: int) -> Vector:
    """Return the sum of the amounts of each group 0 .. count-1."""
    return np.bincount(groups, amounts, minlength=count).astype(np.float64)


def geometric(
    rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], entries: Vector, row_count: int, column_count: int
) -> tuple[Vector, Vector]:
    """Return the logs of the factors of rows and columns that bring the entries of a matrix near 1.

    Source: geometric scaling, Fulkerson & Wolfe (1962), SIAM Review 4, 142-146.
    """
    some = entries != 0
    logs, rows, columns = np.log(np.abs(entries[some])), rows[some], columns[some]
    row_logs, column_logs = np.zeros(row_count), np.zeros(column_count)
    row_counts, column_counts = np.bincount(rows, minlength=row_count), np.bincount(columns, minlength=column_count)
    for _ in range(_SCALING_ROUNDS):
        column_logs = -sums(columns, logs + row_logs[rows], column_count) / np.maximum(1, column_counts)
        row_logs = -sums(rows, logs + column_logs[columns], row_count) / np.maximum(1, row_counts)
    return row_logs, column_logs


def from_highs(highs: Any, rows: Iterable[Label], columns: Iterable[Label]) -> LabelledLP:  # noqa: ANN401 - HiGHS ships no types
    """Return the LP that a live HiGHS holds, under the given names of its rows and columns, in its order."""
    highs.ensureColwise()
    if highs.getObjectiveSense()[1] == highspy.ObjSense.kMaximize:
        sign = -1.0
        count = highs.getNumCol()
        highs.changeColsCost(count, np.arange(count), -np.array(highs.getLp().col_cost_, dtype=float))
        highs.changeObjectiveOffset(-highs.getLp().offset_)
        highs.changeObjectiveSense(highspy.ObjSense.kMinimize)
    else:
        sign = 1.0
    lp = highs.getLp()
    starts = np.array(lp.a_matrix_.start_, dtype=np.int64)
    filled = slice(int(starts[-1]) if len(starts) else 0)  # where entries became 0, HiGHS leaves others behind the last
    return LabelledLP(
        highs=highs,
        row={label: i for i, label in enumerate(rows)},
        column={label: j for j, label in enumerate(columns)},
        cost=np.array(lp.col_cost_, dtype=float),
        offset=float(lp.offset_),
        column_lower=np.array(lp.col_lower_, dtype=float),
        column_upper=np.array(lp.col_upper_, dtype=float),
        row_lower=np.array(lp.row_lower_, dtype=float),
        row_upper=np.array(lp.row_upper_, dtype=float),
        starts=starts,
        indices=np.array(lp.a_matrix_.index_, dtype=np.int64)[filled],
        entries=np.array(lp.a_matrix_.value_, dtype=float)[filled],
        sign=sign,
    )


def read(path: str | Path) -> LabelledLP:
    """Read an LP from a file in MPS or LP format; rows and columns keep the names that they have there.

    Raises: InputError if there is no such file, it cannot be read, or it is not a linear program.
    """
    path = Path(path)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
    if not path.is_file():
        raise InputError(str(path), [Problem(path.name, 0, "", "there is no such file")])
    if highs.readModel(str(path)) == highspy.HighsStatus.kError:
        raise InputError(str(path), [Problem(path.name, 0, "", "cannot be read as an MPS or LP file")])
    lp = highs.getLp()
    if highs.getModel().hessian_.dim_:
        raise InputError(str(path), [Problem(path.name, 0, "", "has a quadratic objective; must be a linear program")])
    values = (lp.col_cost_, lp.a_matrix_.value_, lp.row_lower_, lp.row_upper_, lp.col_lower_, lp.col_upper_)
    if any(np.isnan(part).any() for part in values):
        raise InputError(str(path), [Problem(path.name, 0, "", "has a value that is not a number")])
    if any(kind != highspy.HighsVarType.kContinuous for kind in lp.integrality_):
        raise InputError(str(path), [Problem(path.name, 0, "", "has whole-number columns; must be a linear program")])
    rows = list(lp.row_names_) or [f"r{i}" for i in range(highs.getNumRow())]
    columns = list(lp.col_names_) or [f"c{j}" for j in range(highs.getNumCol())]
    return from_highs(highs, rows, columns)
