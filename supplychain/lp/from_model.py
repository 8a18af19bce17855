"""From a Pyomo model to a labelled LP, through Pyomo's own HiGHS interface.

Beside `model/_pyomo.py` this is the only module that names Pyomo: the interface hands out rows, columns and mutable
numbers by Pyomo's own objects.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
import pyomo.environ as pyomo
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.core.expr.visitor import identify_mutable_parameters

from supplychain.lp.labelled import labelled
from supplychain.lp.scaled import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.scaled import Indices, Vector


_reading = threading.Lock()
"""Pyomo reads expressions with what it keeps for the whole process; a thread would change it under another's hands."""


class _Stated:
    """Stands where Pyomo's interface puts its HiGHS, and keeps what it is told: HiGHS would drop small entries."""

    def __init__(self) -> None:
        self._bounds: list[tuple[Vector, Vector]] = []
        self._rows: list[tuple[Vector, Vector]] = []
        self._entries: list[tuple[Indices, Indices, Vector]] = []
        self._count = 0
        self._cost, self._offset, self.sign = np.zeros(0), 0.0, 1.0

    def addVars(self, count: int, lower: Vector, upper: Vector) -> None:  # noqa: ARG002, N802 - HiGHS's name
        """Take columns."""
        self._bounds.append((lower, upper))

    def changeColsIntegrality(self, count: int, columns: Indices, kinds: Any) -> None:  # noqa: ANN401, ARG002, N802
        """Take the kinds of columns.

        Raises: ValueError if a column takes whole numbers alone.
        """
        if any(kind != highspy.HighsVarType.kContinuous for kind in kinds):
            message = "the model has whole-number variables; must be a linear program"
            raise ValueError(message)

    def addRows(  # noqa: N802, PLR0913, PLR0917 - HiGHS's name and order
        self,
        count: int,
        lower: Vector,
        upper: Vector,
        entry_count: int,
        starts: Indices,
        columns: Indices,
        entries: Vector,
    ) -> None:
        """Take rows."""
        per_row = np.diff(np.append(starts, entry_count))
        rows = np.repeat(np.arange(self._count, self._count + count), per_row)
        self._entries.append((rows, columns.astype(np.int64), entries))
        self._rows.append((lower, upper))
        self._count += count

    def changeObjectiveSense(self, sense: Any) -> None:  # noqa: ANN401, N802 - HiGHS's name
        """Take the sense."""
        self.sign = -1.0 if sense == highspy.ObjSense.kMaximize else 1.0

    def changeColsCost(self, count: int, columns: Indices, costs: Vector) -> None:  # noqa: ARG002, N802 - HiGHS's name
        """Take the costs of all columns."""
        self._cost = costs

    def changeColCost(self, column: int, cost: float) -> None:  # noqa: N802 - HiGHS's name
        """Take the cost of a column."""
        self._cost[column] = cost

    def changeObjectiveOffset(self, offset: float) -> None:  # noqa: N802 - HiGHS's name
        """Take the offset."""
        self._offset = float(offset)

    def numbers(self) -> Numbers:
        """Return what was told, by column; entries of 0 are none."""
        nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        rows, columns, entries = (np.concatenate(parts) for parts in zip(nothing, *self._entries, strict=True))
        order = np.lexsort((rows, columns))
        order = order[entries[order] != 0]
        (lower, upper), (row_lower, row_upper) = (
            (np.concatenate(part) for part in zip((np.zeros(0),) * 2, *told, strict=True))
            for told in (self._bounds, self._rows)
        )
        counts = np.bincount(columns[order], minlength=len(lower))
        return Numbers(
            cost=self.sign * self._cost,
            offset=self.sign * self._offset,
            column_lower=lower,
            column_upper=upper,
            row_lower=row_lower,
            row_upper=row_upper,
            starts=np.concatenate([[0], np.cumsum(counts)]),
            indices=rows[order],
            entries=entries[order],
        )


class LabelledHighs(Highs):
    """Pyomo's persistent interface, which also tells the names of the rows and columns that it made."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Pyomo ships no types
        """Make an interface that holds no model yet."""
        self._waiting: list[Any] = []
        super().__init__(**options)

    def stated(self, model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
        """Take a Pyomo model, and return its LP, not solved yet.

        Pyomo's `set_instance` does this too, but takes the process's standard output meanwhile: two threads that state
        models would wait for each other for ever, and where there is no standard output it fails.
        """
        self._reinit()
        self._model = model
        self._solver_model = _Stated()
        with _reading:
            self.add_block(model)
            if self._objective is None:
                self.set_objective(None)
        return self.labelled()

    def _add_variables(self, variables: list[Any]) -> None:
        """Keep new variables until rows or the objective need them: the interface would add those of each row alone."""
        self._waiting += variables

    def _add_constraints(self, cons: list[Any]) -> None:
        self._add_waiting()
        super()._add_constraints(cons)

    def _set_objective(self, obj: Any) -> None:  # noqa: ANN401 - Pyomo ships no types
        self._add_waiting()
        super()._set_objective(obj)

    def _add_waiting(self) -> None:
        if self._waiting:
            super()._add_variables(self._waiting)
            self._waiting = []

    def labelled(self) -> LabelledLP:
        """Return the LP of the model; a name is the Pyomo component's, then its index."""
        rows = {_label(constraint): i for constraint, i in self._pyomo_con_to_solver_con_map.items()}
        columns = {_label(self._vars[v][0]): j for v, j in self._pyomo_var_to_solver_var_map.items()}
        return labelled(self._solver_model.numbers(), rows, columns, self._solver_model.sign)

    def mutable(self) -> Iterator[_Entry]:
        """Yield every number of the LP that mutable Params enter."""
        rows, columns = self._pyomo_con_to_solver_con_map, self._pyomo_var_to_solver_var_map
        for constraint, helpers in self._mutable_helpers.items():
            for helper in helpers:
                if hasattr(helper, "expr"):
                    yield _Entry("entries", (columns[helper.pyomo_var_id], rows[constraint]), helper.expr)
                else:
                    yield _Entry("row_lower", rows[constraint], helper.lower_expr)
                    yield _Entry("row_upper", rows[constraint], helper.upper_expr)
        for _, bound in self._mutable_bounds.values():
            yield _Entry("column_lower", columns[bound.pyomo_var_id], bound.lower_expr)
            yield _Entry("column_upper", columns[bound.pyomo_var_id], bound.upper_expr)
        for coefficient in self._mutable_objective.linear_coefs:
            yield _Entry("cost", columns[coefficient.pyomo_var_id], coefficient.expr)
        yield _Entry("offset", 0, self._mutable_objective.constant.expr)


@dataclass(frozen=True)
class _Entry:
    """A number of an LP: which part of it, where, and the Pyomo expression of its value."""

    part: str
    place: Any
    expression: Any


class MutableLP:
    """The LP of a Pyomo model to be minimised, and, in place, the same LP with other values of its mutable Params.

    Pyomo's own update evaluates every expression of the model, whatever has changed. And HiGHS puts an entry that was 0
    and is none any more last in its column; the path of a solve, and with it the last digits, would depend on what was
    put before. Here a number that was put back leaves nothing behind.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - Pyomo ships no types
        interface = LabelledHighs()
        self._first = first = interface.stated(model)
        self._entered: dict[int, list[_Entry]] = {}
        cells = set(zip(first.column_of_entry.tolist(), first.indices.tolist(), strict=True))
        with _reading:
            for number in interface.mutable():
                if number.part == "entries":
                    cells.add(number.place)
                for param in identify_mutable_parameters(number.expression):
                    self._entered.setdefault(id(param), []).append(number)
        self._cells = {cell: n for n, cell in enumerate(sorted(cells))}
        self._columns, self._rows = (np.array(part) for part in zip(*self._cells, strict=True))
        entries = np.zeros(len(self._cells))
        filled = [
            self._cells[cell] for cell in zip(first.column_of_entry.tolist(), first.indices.tolist(), strict=True)
        ]
        entries[filled] = first.entries
        parts = ("cost", "column_lower", "column_upper", "row_lower", "row_upper")
        self._parts = {name: getattr(first, name).copy() for name in parts}
        self._parts |= {"offset": np.array([first.offset]), "entries": entries}
        self._first_entries = entries.copy()

    def put(self, values: Iterable[tuple[Any, float]]) -> None:
        """Give mutable Params other values, and change the numbers that they enter."""
        touched: dict[int, _Entry] = {}
        for param, value in values:
            param.set_value(value)
            touched |= {id(number): number for number in self._entered.get(id(param), ())}
        for number in touched.values():
            place = self._cells[number.place] if number.part == "entries" else number.place
            self._parts[number.part][place] = pyomo.value(number.expression)

    def column(self, label: Label) -> int:
        """Return where a column stands."""
        return self._first.column[label]

    def put_columns(self, columns: Indices, *, cost: Vector, upper: Vector) -> None:
        """Give columns other costs and upper bounds, whatever the expressions of the model come to."""
        self._parts["cost"][columns], self._parts["column_upper"][columns] = cost, upper

    def put_offset(self, offset: float) -> None:
        """Give the objective another constant, likewise."""
        self._parts["offset"][0] = offset

    def lp(self) -> LabelledLP:
        """Return the LP as it stands, in a solver of its own."""
        some = self._parts["entries"] != 0
        counts = np.bincount(self._columns[some], minlength=len(self._parts["cost"]))
        stated = replace(
            self._first,
            **{name: part.copy() for name, part in self._parts.items() if name not in {"offset", "entries"}},
            offset=float(self._parts["offset"][0]),
            starts=np.concatenate([[0], np.cumsum(counts)]),
            indices=self._rows[some],
            entries=self._parts["entries"][some],
        )
        alike = np.array_equal(self._parts["entries"], self._first_entries)
        return stated.clone(self._first.scales.balance if alike else None)


def from_pyomo(model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
    """Return the LP of a Pyomo model, not solved yet; a name is a component, then its index: `("supply", "hbm")`."""
    return LabelledHighs().stated(model)


def _label(data: Any) -> Label:  # noqa: ANN401 - Pyomo ships no types
    index = data.index()
    indices = () if index is None else index if isinstance(index, tuple) else (index,)
    return (data.parent_component().local_name, *indices)
