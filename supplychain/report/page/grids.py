"""Grids as the schema has their columns: labels, units and how cells are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from supplychain.report.page.blocks import Grid, GridColumn
from supplychain.schema import OF_INPUT, OF_QUANTITY, OF_ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.report.page.blocks import ColumnKind, SourcedRows
    from supplychain.schema import ColumnSchema, TableSchema

    ShownColumn: TypeAlias = str | tuple[str, float] | tuple[str, float, ColumnKind] | GridColumn
    """A column by its name; shown in so many of its units; shown in some way; or one that the schema does not have."""

_PREFIXES = {1e3: "thousand", 1e6: "m", 1e9: "bn"}
_SCALED = {("10^12 tokens", 1e3): "10¹⁵ tokens", ("share", 0.01): "%"}
_NO_UNIT = {"", OF_ROW, OF_QUANTITY, OF_INPUT}


def grid(  # noqa: PLR0913 - what a grid has
    caption: str,
    rows: SourcedRows,
    table: TableSchema,
    chosen: Sequence[ShownColumn] = (),
    *,
    keys: int = 1,
    across: str = "",
    folded: bool = False,
) -> Grid:
    """Return a grid of some columns of a table of the schema; of all that there are, if none are named."""
    names = chosen or [column.name for column in table.columns]
    columns = [column if isinstance(column, GridColumn) else _column(table, column) for column in names]
    absent = {column.name for column in table.columns if column.where_needed and column.name not in rows.data}
    columns = [column for column in columns if column.name not in absent]
    return Grid(caption, rows, columns, keys=keys, across=across, folded=folded)


def every(table: TableSchema, **ways: float | tuple[float, ColumnKind]) -> list[ShownColumn]:
    """Return every column of a table, some of them shown in so many of their units, or in some way.

    Raises: KeyError if the table has no column of such a name.
    """
    shown: dict[str, ShownColumn] = {column.name: column.name for column in table.columns}
    for name, way in ways.items():
        shown[table.column(name).name] = (name, *way) if isinstance(way, tuple) else (name, way)
    return list(shown.values())


def _column(table: TableSchema, chosen: str | tuple[str, float] | tuple[str, float, ColumnKind]) -> GridColumn:
    name, size, *kind = (chosen, 1.0) if isinstance(chosen, str) else chosen
    column = table.column(name)
    unit = _unit(column.unit, size)
    label = f"{column.label}, {unit}" if unit else column.label
    return GridColumn(name, label, kind[0] if kind else _kind(column), size)


def _kind(column: ColumnSchema) -> ColumnKind:
    if column.type == "integer":
        return "exact" if column.unit or column.blank else "year"
    return column.type if column.type in {"number", "any"} else "text"


def _unit(unit: str, size: float) -> str:
    """Return so many of a unit as one.

    >>> _unit("USD per %", 1e6), _unit("10^12 tokens", 1e3), _unit("share", 0.01), _unit("as in unit", 1.0)
    ('m USD per %', '10¹⁵ tokens', '%', '')
    """
    if unit in _NO_UNIT:
        return ""
    if size == 1:
        return unit
    return _SCALED.get((unit, size)) or f"{_PREFIXES[size]} {unit}"
