"""From a folder of text to typed rows, with every fault on the way."""

from __future__ import annotations

import csv
import io
import math
import re
import sys
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema
from supplychain.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Value: TypeAlias = str | float | int | bool | None
Row: TypeAlias = "Mapping[str, Any]"
"""Cells by column name. Once a case is checked, each has the type that the schema gives it."""

CASE_FILE = "case.toml"
SCENARIOS = "scenarios"
"""The folder of a case's what-ifs."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
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
_LARGEST = sys.float_info.max


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


@dataclass(slots=True)
class FolderContents:
    """What was read, and every fault that was met."""

    settings: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Rows] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_folder(folder: Path) -> FolderContents:
    """Read `case.toml` and every table of a folder.

    Raises: InputError if there is no such folder or it cannot be listed.
    """
    names = _files(folder)
    contents = FolderContents()
    contents.settings, faults = _settings(folder / CASE_FILE) if CASE_FILE in names else ({}, [absent(CASE_FILE)])
    contents.problems += faults
    for table in schema.TABLES:
        rows, faults = _table(folder / table.file, table) if table.file in names else absent_table(table)
        contents.tables[table.name] = rows
        contents.problems += faults
    expected = [table.file for table in schema.TABLES]
    contents.problems += [
        Problem(name, 0, "", f"no table has this name; a case holds no other .csv files{did_you_mean(name, expected)}")
        for name in names
        if name.lower().endswith(".csv") and name not in expected
    ]
    return contents


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or nothing."""
    small = {k.lower(): k for k in known if k}
    near = get_close_matches(word.lower(), small, n=1, cutoff=0.6)
    return f"; did you mean {small[near[0]]!r}?" if near else ""


def shown(value: object) -> str:
    """Return a value as a message shows it: short, and in one line."""
    text = re.sub(r"\s", " ", str(value))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _files(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        fault = "there is no such folder"
    except NotADirectoryError:
        fault = "is a file; a case is a folder with case.toml and CSV tables"
    except OSError as error:
        fault = f"the folder cannot be read ({error.strerror})"
    raise InputError(str(folder), [Problem(folder.name, 0, "", fault)])


def absent(file: str) -> Problem:
    """Return the fault of a file that is not there."""
    return Problem(file, 0, "", "is missing; a case needs it")


def absent_table(table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    """Return no rows for a table that is not there, and a fault if a case needs it."""
    return Rows(table), [absent(table.file)] if table.required else []


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


def _settings(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    text, problems = file_text(path)
    if problems:
        return {}, problems
    if not text.strip():
        needed = ", ".join(column.name for column in schema.SETTINGS if not column.blank)
        return {}, [Problem(path.name, 0, "", f"is empty; needs {needed}")]
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem(path.name, 0, "", f"is not valid TOML: {error}")]
    except ValueError:  # from Python's int
        return {}, [Problem(path.name, 0, "", "has a number of thousands of digits; must be a number of its range")]
    return settings_of(path.name, settings)


def settings_of(file: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return every setting, defaults filled in, from those that are given; and every fault in them."""
    known = {column.name: column for column in schema.SETTINGS}
    problems = [
        Problem(file, 0, name, f"no setting has this name{did_you_mean(name, known)}")
        for name in settings
        if name not in known
    ]
    values: dict[str, Any] = {}
    for column in schema.SETTINGS:
        if column.name in settings:
            values[column.name], fault = _setting(column, settings[column.name])
        else:
            values[column.name] = column.default
            fault = "" if column.blank else f"is missing; give {what_fits(column)}"
        if fault:
            problems.append(Problem(file, 0, column.name, fault))
    return values, problems


def _setting(column: schema.ColumnSchema, value: object) -> tuple[Value, str]:
    if isinstance(value, int) and abs(value) > _LARGEST:
        return None, f"{shown(value)} is too large; must be {what_fits(column)}"
    if column.type == "text" and isinstance(value, str):
        return value, "" if value.strip() else f"is blank; must be {what_fits(column)}"
    if column.type == "integer" and isinstance(value, int) and not isinstance(value, bool):
        return in_range(column, value)
    if column.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return in_range(column, float(value))
    return None, f"{shown(value)!r}; must be {what_fits(column)}"


def _table(path: Path, table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    text, problems = file_text(path)
    return (Rows(table), problems) if problems else rows_of(path.name, text, table)


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
    return column.blank and column.name not in table.key


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
    if column.type == "boolean":
        value = BOOLEANS.get(cell)
        return value, "" if value is not None else f"{shown(cell)!r}; must be true or false"
    return _number_cell(column, cell)


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
    low = column.minimum is not None and not value >= column.minimum
    high = column.maximum is not None and not value <= column.maximum
    part = column.type == "integer" and value % 1 != 0
    wrong = low or high or part or not math.isfinite(value)
    unit = f" {column.unit}" if column.unit else ""
    return value, f"{value:.12g}{unit}; must be {what_fits(column)}" if wrong else ""


def what_fits(column: schema.ColumnSchema) -> str:
    """Return the values that a column or setting may have, in words."""
    if column.choices:
        return "one of " + ", ".join(column.choices)
    if column.type == "text":
        return "text"
    kind = "a whole number" if column.type == "integer" else "a number"
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
