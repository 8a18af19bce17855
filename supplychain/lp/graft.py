"""What one column more would be worth, a column of another LP, or some columns less."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.errors import NoAnswerError
from supplychain.lp.optimum import reason, run
from supplychain.tolerances import OBJECTIVE_ROUNDING, REDUCED_COST_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.scaled import Vector
    from supplychain.lp.slopes import Slopes


class Grafts:
    """Columns of one LP set into another, one at a time, in a solver of their own.

    Both LPs name their rows and columns alike. A row that the other LP alone has comes with the column.
    """

    def __init__(self, slopes: Slopes, lp: LabelledLP, other: LabelledLP) -> None:
        self._slopes, self._lp, self._other = slopes, lp, _the_same_way_round(lp, other)
        self._y, self._reduced = slopes.felt(slopes.optimum.y), slopes.reduced(slopes.optimum.y)

    def beside(self, label: Label) -> float:
        """Return how far the objective falls if the other LP's column may be used as well as the LP's own.

        Both together stay within the upper bound of their own; 0 or more.
        """
        own = self._lp.column.get(label)
        if label not in self._other.column or not self._pays(label, own):
            return 0.0
        with self._grafted(label) as column:
            if own is not None:
                both = np.array([own, column], dtype=np.int32)
                self._highs.addRow(-math.inf, float(self._lp.column_upper[own]), 2, both, np.ones(2))
            return max(0.0, -self._change())

    def instead(self, label: Label) -> float:
        """Return how far the objective rises if the other LP's column, or none, takes the place of the LP's own.

        Infinite if nothing is feasible then.
        """
        own = self._lp.column[label]
        if label not in self._other.column:
            with self._without(own):
                return self._change()
        lower = float(self._other.column_lower[self._other.column[label]])
        with self._without(own), self._grafted(label, lower):
            return self._change()

    def _pays(self, label: Label, own: int | None) -> bool:
        """Whether the column would earn anything at the LP's prices, its share of the upper bound paid."""
        rows, entries, cost, _ = self._column(label)
        prices = np.array([self._y[self._lp.row[r]] if r in self._lp.row else 0.0 for r in rows])
        rent = max(0.0, -float(self._reduced[own])) if own is not None else 0.0
        terms = entries * prices
        return cost - float(terms.sum()) + rent < -REDUCED_COST_ROUNDING * (
            abs(cost) + rent + float(np.abs(terms).sum())
        )

    def _column(self, label: Label) -> tuple[list[Label], Vector, float, float]:
        """Return a column of the other LP: its rows and entries, its cost and its upper bound."""
        other, j = self._other, self._other.column[label]
        part = slice(other.starts[j], other.starts[j + 1])
        rows = [self._other_rows[i] for i in other.indices[part].tolist()]
        return rows, other.entries[part], float(other.cost[j]), float(other.column_upper[j])

    @cached_property
    def _other_rows(self) -> list[Label]:
        return list(self._other.row)

    @cached_property
    def _other_columns(self) -> list[Label]:
        return list(self._other.column)

    @cached_property
    def _highs(self) -> Any:  # noqa: ANN401 - HiGHS ships no types
        return self._slopes.copy()

    @contextmanager
    def _grafted(self, label: Label, lower: float = 0.0) -> Iterator[int]:
        """Set a column into the solver, with the rows that only it brings; return its number."""
        highs, (rows, entries, cost, upper) = self._highs, self._column(label)
        columns, rows_before = highs.getNumCol(), highs.getNumRow()
        where = {}
        for row in rows:
            if row not in self._lp.row:
                where[row] = highs.getNumRow()
                self._bring(row)
        index = np.array([where[row] if row in where else self._lp.row[row] for row in rows], dtype=np.int32)
        highs.addCol(cost, lower, upper, len(index), index, entries)
        try:
            yield columns
        finally:
            if highs.getNumRow() > rows_before:
                highs.deleteRows(highs.getNumRow() - rows_before, np.arange(rows_before, highs.getNumRow()))
            highs.deleteCols(1, np.array([columns]))
            highs.setBasis(self._slopes.optimum.basis)

    def _bring(self, row: Label) -> None:
        """Add a row of the other LP, over the columns that are alike in both: others have their own place in time."""
        other, i = self._other, self._other.row[row]
        in_row = np.flatnonzero(other.indices == i)
        columns, entries = other.column_of_entry[in_row], other.entries[in_row]
        kept = [n for n, j in enumerate(columns.tolist()) if self._alike(j)]
        index = np.array([self._lp.column[self._other_columns[columns[n]]] for n in kept], dtype=np.int32)
        self._highs.addRow(float(other.row_lower[i]), float(other.row_upper[i]), len(index), index, entries[kept])

    def _alike(self, j: int) -> bool:
        """Whether a column of the other LP is one of the LP's own, in every row that both have."""
        own = self._lp.column.get(self._other_columns[j])
        if own is None:
            return False
        return self._entries(self._lp, own, self._other.row) == self._entries(self._other, j, self._lp.row)

    @staticmethod
    def _entries(lp: LabelledLP, j: int, known: Mapping[Label, int]) -> dict[Label, float]:
        part = slice(lp.starts[j], lp.starts[j + 1])
        names = list(lp.row)
        entries = {names[i]: x for i, x in zip(lp.indices[part].tolist(), lp.entries[part].tolist(), strict=True)}
        return {row: x for row, x in entries.items() if row in known}

    @contextmanager
    def _without(self, own: int) -> Iterator[None]:
        """Forbid one of the LP's columns."""
        lower, upper = float(self._lp.column_lower[own]), float(self._lp.column_upper[own])
        self._highs.changeColBounds(own, 0.0, 0.0)
        try:
            yield
        finally:
            self._highs.changeColBounds(own, lower, upper)
            self._highs.setBasis(self._slopes.optimum.basis)

    def _change(self) -> float:
        """Solve as it stands; return how far the objective rises: infinitely if nothing is feasible."""
        return _change(self._highs, self._slopes.optimum.objective - self._lp.offset, "an LP with a column more")


def without(lp: LabelledLP, slopes: Slopes, columns: Sequence[int]) -> float:
    """Return how far the objective rises, from the optimum at hand, if some columns are forbidden.

    Infinite if nothing is feasible then, as where a lower bound is above 0.
    """
    some = np.array(columns, dtype=np.int64)
    if (lp.column_lower[some] > 0).any():
        return math.inf
    highs, nought = slopes.copy(), np.zeros(len(some))
    highs.changeColsBounds(len(some), some, nought, nought)
    return _change(highs, slopes.optimum.objective - lp.offset, "an LP without some of its columns")


def _change(highs: Any, before: float, what: str) -> float:  # noqa: ANN401 - HiGHS ships no types
    """Solve as it stands; return how far the objective is above another: infinitely if nothing is feasible."""
    status = run(highs)
    if status == highspy.HighsModelStatus.kInfeasible:
        return math.inf
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoAnswerError(reason(status, what))
    change = float(highs.getObjectiveValue()) - before
    return change if abs(change) > OBJECTIVE_ROUNDING * abs(before) else 0.0


def _the_same_way_round(lp: LabelledLP, other: LabelledLP) -> LabelledLP:
    """Return the other LP with its rows as the LP has them: use <= supply may stand there as supply >= use."""
    turn = np.ones(other.shape[0])
    for label, i in other.row.items():
        if label in lp.row and math.isfinite(lp.row_upper[lp.row[label]]) != math.isfinite(other.row_upper[i]):
            turn[i] = -1.0
    lower = np.where(turn > 0, other.row_lower, -other.row_upper)
    upper = np.where(turn > 0, other.row_upper, -other.row_lower)
    return replace(other, entries=other.entries * turn[other.indices], row_lower=lower, row_upper=upper)
