"""What is uncertain in a case: its inputs with a range, and the case with one of them moved inside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from supplychain import schema

if TYPE_CHECKING:
    from supplychain.case import Case
    from supplychain.tabular import Row

_TOGETHER = ("year", "place", "region", "installed_year")
"""Keys over which an input is one: a series moves in all its years, an estimate of the world in all places."""


@dataclass(frozen=True, order=True)
class Input:
    """Numbers of one column that are uncertain together: those of one key in all years and places, or of one source."""

    table: str
    column: str
    key: tuple[tuple[str, str], ...]
    """Names and values that its rows have."""

    def __str__(self) -> str:
        """Return it as it is written: `capacity.capacity[stage=hbm, supplier=micron]`."""
        columns = {column.name: column for column in schema.TABLE[self.table].columns}
        said = [f"{name}={value}" for name, value in self.key if value or not columns[name].added]
        return f"{self.table}.{self.column}[{', '.join(said)}]"

    def holds(self, row: Row) -> bool:
        """Whether a row of its table belongs to it."""
        return all(("" if row[name] is None else row[name]) == value for name, value in self.key)

    @property
    def whole(self) -> bool:
        """Whether its numbers are whole."""
        return schema.TABLE[self.table].column(self.column).type == "integer"


def uncertain(case: Case) -> list[Input]:
    """Return every input of a case with a range: by key, and by source where one source stands for several keys."""
    by_key: dict[Input, None] = {}
    by_source: dict[Input, set[Input]] = {}
    for table in schema.TABLES:
        names = [name for name in table.key if name not in _TOGETHER]
        for column in (column.name for column in table.columns if column.ranged):
            for row in case.tables[table.name]:
                if _span(row, column) != (0.0, 0.0):
                    keyed = Input(table.name, column, tuple((n, "" if row[n] is None else str(row[n])) for n in names))
                    by_key[keyed] = None
                    if "source" in row:
                        source = Input(table.name, column, (("source", row["source"]),))
                        by_source.setdefault(source, set()).add(keyed)
    return sorted([*by_key, *(source for source, keys in by_source.items() if len(keys) > 1)])


def moved(case: Case, varied: Input, by: float) -> Case:
    """Return the case with an input moved: by 1 to the high end of its range, by -1 to the low end, in between as far.

    Whole numbers move in whole steps.
    """
    rows = tuple(_moved(row, varied, by) if varied.holds(row) else row for row in case.tables[varied.table])
    return replace(case, tables={**case.tables, varied.table: rows})


def steps(case: Case, varied: Input, end: int) -> list[float]:
    """Return how far a whole-numbered input can move to an end of its range, step by step, as shares of the way."""
    spans = [abs(_span(row, varied.column)[end > 0]) for row in case.tables[varied.table] if varied.holds(row)]
    longest = round(max(spans, default=0))
    return [n / longest for n in range(1, longest + 1)]


def _span(row: Row, column: str) -> tuple[float, float]:
    """Return how far a number can move down, and up."""
    value, low, high = (row.get(column + end) for end in ("", schema.LOW, schema.HIGH))
    if value is None:
        return 0.0, 0.0
    return (0.0 if low is None else low - value), (0.0 if high is None else high - value)


def _moved(row: Row, varied: Input, by: float) -> Row:
    if row[varied.column] is None:
        return row
    change = abs(by) * _span(row, varied.column)[by > 0]
    return {**row, varied.column: row[varied.column] + (round(change) if varied.whole else change)}
