"""Rows as tables, as the schema has them, and tables as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.schema import TableSchema


def frame(table: TableSchema, rows: Iterable[Mapping[str, Any]], *, sort: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows as a table: its columns in the order of the schema, sorted by some of them.

    A row may lack a column that may be blank. What stands only where it is needed is left out if no row has it.

    Raises: KeyError if a row has a column that the schema has not, or lacks one that may not be blank.
    """
    names = {column.name for column in table.columns}
    needed = {column.name for column in table.columns if not column.blank}
    listed = list(rows)
    for row in listed:
        if not needed <= row.keys() <= names:
            wrong = ", ".join(sorted((needed - row.keys()) | (row.keys() - names)))
            message = f"table {table.name}: a row and the schema differ in {wrong}"
            raise KeyError(message)
    columns = [c for c in table.columns if not c.where_needed or any(row.get(c.name) is not None for row in listed)]
    typed = pd.DataFrame(listed, columns=[column.name for column in columns])
    for column in columns:
        if column.type == "any":
            typed[column.name] = pd.Series([row.get(column.name) for row in listed], dtype=object)
        elif column.type == "text":
            typed[column.name] = typed[column.name].astype("str")
        elif column.type == "number":
            typed[column.name] = typed[column.name].astype("float64")
        elif column.type == "integer":
            typed[column.name] = typed[column.name].astype("Int64" if column.blank else "int64")
    return typed.sort_values(list(sort), kind="stable", ignore_index=True) if sort else typed


def picked(table: TableSchema, cells: Mapping[str, Any]) -> dict[str, Any]:
    """Return of all that is known of a row what a table has of it.

    Raises: KeyError if the table has a column of which nothing is known, and which may not be blank.
    """
    return {c.name: cells[c.name] for c in table.columns if c.name in cells or not c.blank}


def rows_by_year(table: pd.DataFrame, level: str) -> dict[int, dict[str, Any]]:
    """Return by year the rows of a table of labels that are of one level: of stages, or of groups."""
    return {row["year"]: row for row in records(table) if row["level"] == level}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each as cells by column name."""
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]
