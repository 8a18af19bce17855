"""Tables of text: from a file to typed rows by a schema, with every fault on the way."""

from __future__ import annotations

import csv
import io
import math
import re
import sys
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema
from supplychain.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Value: TypeAlias = str | float | int | bool | None

Row: TypeAlias = "Mapping[str, Any]"
"""Cells by column name. Once a case is checked, each has the type that the schema gives it."""

Key: TypeAlias = "tuple[Value, ...]"
"""The cells of a row that no other row has together."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "1": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "0": False,
}

_INFINITE = {"inf": math.inf, "-inf": -math.inf}

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}

_SHOWN = 60

LARGEST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table and, for each, its row in the file. A cell that could not be read is None."""

    table: schema.TableSchema
    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    lines: tuple[int, ...] = ()

    def numbered(self) -> Iterator[tuple[int, Row]]:
        """Yield each row with its row number in the file."""
        return zip(self.lines, self.rows, strict=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or nothing."""
    small = {k.lower(): k for k in known if k}
    near = get_close_matches(word.lower(), small, n=1, cutoff=0.6)
    return f"; did you mean {small[near[0]]!r}?" if near else ""


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and in one line."""
    text = re.sub(r"\s", " ", str(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def file_text(path: Path) -> tuple[str, list[Problem]]:
    """Return a file's text, without a byte-order mark, or the fault that keeps it from being read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return "", [Problem(path.name, 0, "", f"cannot be read ({error.strerror})")]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        return "", [Problem(path.name, 0, "", "is not UTF-8 text (it looks like UTF-16); save it as UTF-8")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", [
            Problem(path.name, line, "", f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8")
        ]


def rows_of(file: str, text: str, table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    """Return the rows of a table from the text of its file, and every fault in it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(reader, start=1):
            lines.append((number, cells))
    except csv.Error as error:
        return Rows(table), [
            Problem(file, len(lines) + 1, "", f"is not valid CSV ({error}); a quote that opens a cell must close it")
        ]
    return rows_from(file, lines, table)


def rows_from(file: str, lines: list[tuple[int, list[str]]], table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    """Return the rows of a table from lines of cells with their numbers, the header first, and every fault in them."""
    while lines and not any(cell.strip() for cell in lines[-1][1]):
        lines.pop()
    if not lines:
        names = ",".join(c.name for c in table.columns)
        return Rows(table), [Problem(file, 0, "", f"is empty; needs the header row {names}")]
    header, problems = _header(file, lines[0][1], table)
    if problems:
        return Rows(table, tuple(header)), problems
    columns = [(name, table.column(name)) for name in header]
    rows, kept = [], []
    for number, cells in lines[1:]:
        row, faults = _row(file, number, columns, cells, table)
        problems += faults
        if row is not None:
            rows.append(row)
            kept.append(number)
    if table.required and not rows and not problems:
        problems.append(Problem(file, 0, "", "has a header and no rows; needs at least one"))
    return Rows(table, tuple(header), tuple(rows), tuple(kept)), problems


def _header(file: str, header: Sequence[str], table: schema.TableSchema) -> tuple[list[str], list[Problem]]:
    if len(header) == 1:
        for mark, name in _OTHER_SEPARATORS.items():
            if mark in header[0]:
                return list(header), [Problem(file, 1, "", f"columns are separated by {name}; must be commas")]
    known = allowed_columns(table)
    if not set(header) & set(known):
        names = ",".join(column.name for column in table.columns)
        return list(header), [Problem(file, 1, "", f"{shown(','.join(header))!r}; must be the header row {names}")]
    problems = [
        Problem(file, 1, shown(name), f"no column of this table is called {shown(name)!r}{did_you_mean(name, known)}")
        for name in dict.fromkeys(header)
        if name not in known
    ]
    problems += [
        Problem(file, 1, name, "is given twice; a column may stand once")
        for name in dict.fromkeys(header)
        if list(header).count(name) > 1
    ]
    problems += [
        Problem(file, 1, column.name, "the column is missing")
        for column in table.columns
        if column.name not in header and not _may_be_absent(column, table)
    ]
    return list(header), problems


def _may_be_absent(column: schema.ColumnSchema, table: schema.TableSchema) -> bool:
    return column.blank and (column.added or column.name not in table.key)


def allowed_columns(table: schema.TableSchema) -> list[str]:
    """Return every column name that a file of this table may have."""
    return [
        name
        for c in table.columns
        for name in ((c.name, c.name + schema.LOW, c.name + schema.HIGH) if c.ranged else (c.name,))
    ]


def _row(
    file: str,
    number: int,
    header: Sequence[tuple[str, schema.ColumnSchema]],
    cells: Sequence[str],
    table: schema.TableSchema,
) -> tuple[Row | None, list[Problem]]:
    if not any(cell.strip() for cell in cells):
        return None, [Problem(file, number, "", "is blank; remove it")]
    if len(cells) != len(header):
        return None, [Problem(file, number, "", f"has {len(cells)} cells; must have {len(header)}, as the header has")]
    row: dict[str, Any] = dict.fromkeys((column.name for column in table.columns), None)
    problems = []
    for (name, column), cell in zip(header, cells, strict=True):
        row[name], fault = read_cell(column, cell, blank=column.blank or name != column.name)
        if fault:
            problems.append(Problem(file, number, name, fault))
    if not problems and len(row) > len(table.columns):  # there are columns of ranges
        problems = list(range_faults(file, number, row, table))
    return row, problems


def read_cell(column: schema.ColumnSchema, cell: str, *, blank: bool) -> tuple[Value, str]:
    """Return what a cell's text stands for, and what is wrong with it or nothing."""
    if not cell.strip():
        return None, "" if blank else f"is blank; must be {what_fits(column)}"
    if cell != cell.strip():
        return cell.strip(), f"{shown(cell)!r} has blanks around it; must be {shown(cell.strip())!r}"
    if column.type in {"text", "any"}:
        bad = column.choices and cell not in column.choices
        return cell, f"{shown(cell)!r}; must be {what_fits(column)}{did_you_mean(cell, column.choices)}" if bad else ""
    if column.type == "date":
        return read_date(column, cell)
    if column.type == "boolean":
        value = BOOLEANS.get(cell)
        return value, "" if value is not None else f"{shown(cell)!r}; must be true or false"
    return _number_cell(column, cell)


def read_date(column: schema.ColumnSchema, text: str) -> tuple[str | None, str]:
    """Return a date as it is written, YYYY-MM-DD, and what is wrong with it or nothing."""
    fault = f"{shown(text)!r}; must be {what_fits(column)}"
    if not _DATE.fullmatch(text):
        return None, fault
    try:
        known = date.fromisoformat(text).year in schema.POSSIBLE_YEARS
    except ValueError:
        known = False
    return (text, "") if known else (None, fault)


def _number_cell(column: schema.ColumnSchema, cell: str) -> tuple[Value, str]:
    pattern = _INTEGER if column.type == "integer" else _NUMBER
    if column.infinite and cell in _INFINITE:
        return _INFINITE[cell], ""
    if not pattern.fullmatch(cell):
        return None, f"{shown(cell)!r}; must be {what_fits(column)}"
    number = float(cell)
    if math.isinf(number):
        return None, f"{shown(cell)} is too large; must be {what_fits(column)}"
    return in_range(column, int(number) if column.type == "integer" else number)


def in_range(column: schema.ColumnSchema, value: float) -> tuple[Value, str]:
    """Return a number, and what is wrong with it if it is not of its column's range or kind."""
    low = column.minimum is not None and not (value > column.minimum if column.above else value >= column.minimum)
    high = column.maximum is not None and not value <= column.maximum
    part = column.type == "integer" and value % 1 != 0
    wrong = low or high or part or not math.isfinite(value)
    unit = f" {column.unit}" if column.unit and column.unit != schema.OF_ROW else ""
    return value, f"{value:.12g}{unit}; must be {what_fits(column)}" if wrong else ""


def what_fits(column: schema.ColumnSchema) -> str:
    """Return the values that a column or setting may have, in words."""
    if column.choices:
        return "one of " + ", ".join(column.choices)
    if column.type == "text":
        return "text"
    if column.type == "date":
        return f"a date from {schema.POSSIBLE_YEARS[0]} to {schema.POSSIBLE_YEARS[-1]}, YYYY-MM-DD"
    kind = "a whole number" if column.type == "integer" else "a number"
    if column.above:
        return f"{kind} above {column.minimum:g}" + ("" if column.maximum is None else f", {column.maximum:g} or less")
    if column.minimum is not None and column.maximum is not None:
        return f"{kind} from {column.minimum:g} to {column.maximum:g}"
    return f"{kind}, {column.minimum:g} or more" if column.minimum is not None else kind


def range_faults(file: str, number: int, row: Row, table: schema.TableSchema) -> Iterator[Problem]:
    """Low, central and high must stand in that order."""
    for column in table.columns:
        central, low, high = (row.get(column.name + end) for end in ("", schema.LOW, schema.HIGH))
        if central is None and (low is not None or high is not None):
            yield Problem(file, number, column.name, "is blank and its range is given; give the central value too")
        elif isinstance(central, (int, float)):
            if isinstance(low, (int, float)) and low > central:
                yield Problem(
                    file,
                    number,
                    column.name + schema.LOW,
                    f"{low:g} is above the central value; must be {central:g} or less",
                )
            if isinstance(high, (int, float)) and high < central:
                yield Problem(
                    file,
                    number,
                    column.name + schema.HIGH,
                    f"{high:g} is below the central value; must be {central:g} or more",
                )
