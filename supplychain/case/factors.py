"""What moves uncertain numbers together: the rows of `factors.csv`, and the numbers that each names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.edits import key_of, ranged_target, rows_that_meet
from supplychain.tolerances import WHOLE_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from supplychain.tabular import Row


@dataclass(frozen=True, slots=True)
class Loading:
    """How closely a number follows a factor; `n` is the place of the row that says so among those of `factors`."""

    factor: str
    loading: float
    n: int


class Loadings:
    """The factors that rows of `factors` name for the numbers of other tables."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], factors: Sequence[Row]) -> None:
        """Read every target; what cannot be read, or names nothing, is in `faults` by the place of its row."""
        self.faults: list[tuple[int, str]] = []
        self.without_range: list[int] = []
        """Places of rows that name numbers of which none has a range."""
        self._of: dict[tuple[str, str, int], list[Loading]] = {}
        self._rows: dict[int, Row] = {}
        for n, row in enumerate(factors):
            try:
                target = ranged_target(row["target"])
                selected = rows_that_meet(target.table, tables[target.table.name], target.filters)
            except ValueError as error:
                self.faults += [(n, str(fault)) for fault in error.args]
                continue
            loading = Loading(row["factor"], 1.0 if row.get("loading") is None else row["loading"], n)
            table, column = target.table.name, target.column.name
            with_range = [cells for cells in selected if is_uncertain(cells, column)]
            if not with_range:
                self.without_range.append(n)
            for cells in with_range:
                self._of.setdefault((table, column, id(cells)), []).append(loading)
                self._rows[id(cells)] = cells

    def of(self, table: str, column: str, row: Row) -> tuple[Loading, ...]:
        """Return the factors that a number follows, by name; none if no row names it."""
        return tuple(sorted(self._of.get((table, column, id(row)), ()), key=lambda loading: loading.factor))

    def twice(self) -> Iterator[tuple[int, int, str]]:
        """Yield rows that name a factor again for a number: each with the row before it, and the first such number."""
        said: set[tuple[int, int]] = set()
        for of, loadings in self._of.items():
            first: dict[str, int] = {}
            for loading in loadings:
                pair = first.setdefault(loading.factor, loading.n), loading.n
                if pair[0] != pair[1] and pair not in said:
                    said.add(pair)
                    yield *pair, self._name(of)

    def excessive(self) -> Iterator[tuple[int, float, str]]:
        """Yield rows after which factors move a number more than entirely: the squares' sum, and the first number."""
        said: set[tuple[int, ...]] = set()
        for of, loadings in self._of.items():
            total = math.fsum(loading.loading**2 for loading in loadings)
            rows = tuple(loading.n for loading in loadings)
            if total > 1 + WHOLE_SHARE and rows not in said:
                said.add(rows)
                yield rows[-1], total, self._name(of)

    def _name(self, of: tuple[str, str, int]) -> str:
        table, column, row = of
        return f"{table}.{column}[{key_of(schema.TABLE[table], self._rows[row], year=True)}]"


def is_uncertain(row: Row, column: str) -> bool:
    """Whether a number has a range that is wider than nothing."""
    value, low, high = (row.get(column + end) for end in ("", schema.LOW, schema.HIGH))
    return value is not None and ((low is not None and low < value) or (high is not None and high > value))
