"""A linear program whose rows and columns have names, held in a live HiGHS."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import highspy
import numpy as np
import numpy.typing as npt

from supplychain.errors import InputError, LostEntryError, Problem
from supplychain.lp.scaled import (
    Balance,
    Numbers,
    ScaledHighs,
    Scales,
    Vector,
    lost_entries,
    mean_power,
    power,
    scales_of,
    sums,
)
from supplychain.tolerances import LEAST_TERMS, LOST_ENTRY, OBJECTIVE_TERMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Label: TypeAlias = Any
"""Name of a row or column. Of a Pyomo model: what it is, then its indices, e.g. `("supply_limit", "cowos", 2026)`."""


@dataclass(frozen=True, kw_only=True)
class LabelledLP(Numbers):
    """A linear program under the names of its rows and columns, in the units in which it was stated.

    `highs` is a live solver that holds exactly this problem; whoever changes it puts it back. A maximisation is held as
    the minimisation of its negative, and `sign` is -1.
    """

    highs: ScaledHighs
    row: dict[Label, int]
    column: dict[Label, int]
    scales: Scales
    sign: float = 1.0

    def copied(self, basis: Any = None) -> LabelledLP:  # noqa: ANN401 - HiGHS ships no types
        """Return the same LP in a solver of its own, with the same options, at a basis or at none."""
        return replace(self, highs=self.highs.twin(basis))

    def held(self) -> LabelledLP:
        """Return what `clone` does: its old name, which goes with version 0.3."""
        message = "LabelledLP.held is now LabelledLP.clone; the old name goes with version 0.3"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return self.clone()

    def clone(self, balance: Balance | None = None) -> LabelledLP:
        """Return the same LP in a new solver that is given these numbers; who knows it gives the matrix's balance."""
        numbers = {part.name: getattr(self, part.name) for part in fields(Numbers)}
        return labelled(Numbers(**numbers), self.row, self.column, self.sign, balance)

    def moved(self, by: Mapping[int, float], equal: npt.NDArray[np.bool_]) -> LabelledLP:
        """Return the LP with limits relaxed: upper ones rise, lower ones fall, right-hand sides of equalities rise.

        A number from that of rows on is a column's: its upper bound rises.
        """
        rows, (lower, upper) = self.shape[0], (self.row_lower.copy(), self.row_upper.copy())
        column_upper = self.column_upper.copy()
        for i, step in by.items():
            if i >= rows:
                column_upper[i - rows] += step
            else:
                upper[i] += step
                lower[i] += step if equal[i] else -step
        return replace(self, row_lower=lower, row_upper=upper, column_upper=column_upper)

    @property
    def row_unit(self) -> Vector:
        """What is 1 of each row in the LP as it is scaled: what is small beside it is small."""
        return self.scales.row_unit

    @property
    def column_unit(self) -> Vector:
        """What is 1 of each column in the LP as it is scaled."""
        return self.scales.column_unit

    @cached_property
    def objective_unit(self) -> float:
        """The largest cost of one unit of a column: of the size of what prices are made of."""
        return float(np.abs(self.cost * self.column_unit).max(initial=0))

    @cached_property
    def mean_cost(self) -> float:
        """The cost, to a power of two, that one unit of a column has in the geometric mean: HiGHS sees it as 1."""
        return 1 / mean_power(self.cost * self.column_unit)

    def move_size(self, direction: Mapping[int, float]) -> float:
        """Return how large a move of limits is in the LP as it is scaled; numbers from that of rows on are columns'."""
        rows = self.shape[0]
        units = (self.row_unit[i] if i < rows else self.column_unit[i - rows] for i in direction)
        largest = max((abs(step) / float(u) for step, u in zip(direction.values(), units, strict=True)), default=0.0)
        return float(power(np.log2([largest or 1.0]))[0])

    def activity(self, x: Vector) -> Vector:
        """Return A x."""
        return sums(self.indices, self.entries * np.repeat(x, np.diff(self.starts)), len(self.row_lower))

    def size(self, x: Vector) -> Vector:
        """Return |A| |x|: how large the terms of each row are, against which its rounding is judged."""
        return sums(self.indices, np.abs(self.entries * np.repeat(x, np.diff(self.starts))), len(self.row_lower))

    def near(self, x: Vector) -> tuple[Vector, Vector]:
        """Return against what the rounding of rows and columns is judged: their terms, or the least they count for."""
        return np.maximum(LEAST_TERMS * self.row_unit, self.size(x)), np.maximum(
            LEAST_TERMS * self.column_unit, np.abs(x)
        )

    def objective_size(self, x: Vector, y: Vector) -> float:
        """Return how large the objective is, at some values and row prices, against which a difference is judged."""
        terms = float(np.abs(self.cost) @ np.abs(x) + np.abs(y) @ self.size(x)) + abs(self.offset)
        return max(self.mean_cost, abs(float(self.cost @ x) + self.offset), OBJECTIVE_TERMS * terms)

    def priced(self, y: Vector) -> Vector:
        """Return y A: what the rows' prices make of each column."""
        return sums(self.column_of_entry, self.entries * y[self.indices], len(self.cost))

    def price_sizes(self) -> tuple[Vector, Vector]:
        """Return how large row prices and reduced costs are here, against which their rounding is judged.

        With entries near 1 no price is much larger than the largest cost. So the answer is the same in whatever units
        rows, columns and the objective are stated.
        """
        return self.objective_unit / self.row_unit, self.objective_unit / self.column_unit


def labelled(
    numbers: Numbers,
    row: dict[Label, int],
    column: dict[Label, int],
    sign: float = 1.0,
    balance: Balance | None = None,
) -> LabelledLP:
    """Return an LP under names, in a solver of its own.

    Raises: LostEntryError if an entry is nothing to a solver, beside the other numbers of its row and column.
    """
    scales = scales_of(numbers, balance)
    lost = lost_entries(numbers, scales)
    if len(lost):
        smallest = lost[np.argmin(np.abs(numbers.entries[lost]))]
        i, j = int(numbers.indices[smallest]), int(numbers.column_of_entry[smallest])
        raise LostEntryError(list(row)[i], list(column)[j], float(numbers.entries[smallest]))
    parts = {part.name: getattr(numbers, part.name) for part in fields(Numbers)}
    return LabelledLP(**parts, highs=ScaledHighs.of(numbers, scales), row=row, column=column, scales=scales, sign=sign)


def from_highs(highs: Any, rows: Iterable[Label], columns: Iterable[Label]) -> LabelledLP:  # noqa: ANN401 - HiGHS ships no types
    """Return the LP that a HiGHS holds, under the given names of its rows and columns, in its order.

    The LP has a solver of its own, with the same options and at the same basis. What HiGHS has dropped already, or
    takes for infinite, stays so: give numbers of any size to `read`, or to `from_pyomo`.
    """
    highs.ensureColwise()
    lp = highs.getLp()
    sign = -1.0 if lp.sense_ == highspy.ObjSense.kMaximize else 1.0
    starts = np.array(lp.a_matrix_.start_, dtype=np.int64)
    filled = slice(int(starts[-1]) if len(starts) else 0)  # where entries became 0, HiGHS leaves others behind the last
    numbers = Numbers(
        cost=sign * np.array(lp.col_cost_, dtype=float),
        offset=sign * float(lp.offset_),
        column_lower=np.array(lp.col_lower_, dtype=float),
        column_upper=np.array(lp.col_upper_, dtype=float),
        row_lower=np.array(lp.row_lower_, dtype=float),
        row_upper=np.array(lp.row_upper_, dtype=float),
        starts=starts,
        indices=np.array(lp.a_matrix_.index_, dtype=np.int64)[filled],
        entries=np.array(lp.a_matrix_.value_, dtype=float)[filled],
    )
    row, column = ({label: i for i, label in enumerate(labels)} for labels in (rows, columns))
    stated = labelled(numbers, row, column, sign)
    stated.highs.passOptions(highs.getOptions())
    stated.highs.setOptionValue("small_matrix_value", LOST_ENTRY)
    if highs.getBasis().valid:
        stated.highs.setBasis(highs.getBasis())
    return stated


def read(path: str | Path) -> LabelledLP:
    """Read an LP from a file in MPS or LP format; rows and columns keep the names that they have there.

    Raises: InputError if there is no such file, it cannot be read, or it is not a linear program.
    """
    path = Path(path)
    highs = highspy.Highs()
    highs.setOptionValue("log_to_console", False)  # noqa: FBT003 - HiGHS has no keyword for it
    highs.setOptionValue("small_matrix_value", LOST_ENTRY)
    said: list[str] = []
    highs.cbLogging.subscribe(lambda event: said.append(event.message))
    if not path.is_file():
        raise InputError(str(path), [Problem(path.name, 0, "", "there is no such file")])
    if highs.readModel(str(path)) == highspy.HighsStatus.kError:
        raise InputError(str(path), [Problem(path.name, 0, "", "cannot be read as an MPS or LP file")])
    if any("ignored" in line for line in said if line.startswith("WARNING: LP matrix")):
        message = f"has entries of {LOST_ENTRY:g} or less, which would be dropped; state their rows or columns larger"
        raise InputError(str(path), [Problem(path.name, 0, "", message)])
    highs.cbLogging.clear()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003
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
