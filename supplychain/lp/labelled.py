"""A linear program whose rows and columns have names, held in a live HiGHS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Label: TypeAlias = tuple[Any, ...]
"""Name of a row or column: what it is, then its indices, e.g. `("supply_limit", "cowos", "tsmc", "global", 2026)`."""

Vector: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelledLP:
    """min cost·x + offset subject to row_lower <= A x <= row_upper and column_lower <= x <= column_upper.

    `highs` is a live solver that holds exactly this problem; whoever changes it puts it back.
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

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of rows and columns."""
        return len(self.row_lower), len(self.cost)

    def activity(self, x: Vector) -> Vector:
        """Return A x."""
        return sums(self.indices, self.entries * np.repeat(x, np.diff(self.starts)), len(self.row_lower))

    def size(self, x: Vector) -> Vector:
        """Return |A| |x|: how large the terms of each row are, against which its rounding is judged."""
        return sums(self.indices, np.abs(self.entries * np.repeat(x, np.diff(self.starts))), len(self.row_lower))

    def priced(self, y: Vector) -> Vector:
        """Return y A: what the rows' prices make of each column."""
        columns = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        return sums(columns, self.entries * y[self.indices], len(self.cost))


def sums(groups: npt.NDArray[np.int64], amounts: Vector, count: int) -> Vector:
    """Return the sum of the amounts of each group 0 .. count-1."""
    return np.bincount(groups, amounts, minlength=count).astype(np.float64)


def from_highs(highs: Any, rows: Sequence[Label], columns: Sequence[Label]) -> LabelledLP:  # noqa: ANN401 - HiGHS ships no types
    """Return the LP that a live HiGHS holds, under the given names of its rows and columns, in its order."""
    highs.ensureColwise()
    lp = highs.getLp()
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
        starts=np.array(lp.a_matrix_.start_, dtype=np.int64),
        indices=np.array(lp.a_matrix_.index_, dtype=np.int64),
        entries=np.array(lp.a_matrix_.value_, dtype=float),
    )
