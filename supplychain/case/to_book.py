"""A case as an Excel workbook that can be edited and read back: `from_book` makes the same files of it.

A sheet for each table, cells typed; `case` has the settings, `columns` says what each column means. The hidden sheet
`originals` keeps every file as it was written, so that what is not edited comes back to the byte.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supplychain import schema
from supplychain.case import load
from supplychain.case.read import CASE_FILE, SCENARIOS, UNCERTAINTY, flat
from supplychain.case.spelling import cells_of
from supplychain.sheets import Book, Head, holds
from supplychain.tabular import BOOLEANS, allowed_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter.worksheet import Worksheet

    from supplychain.sheets import Cell, CellKind

CONTENTS: Final = "contents"
SETTINGS: Final = "case"
COLUMNS: Final = "columns"
ORIGINALS: Final = "originals"

PACKAGE: Final = "datapackage.json"

_PART = 30_000
"""Characters of a file in one cell."""

_INSTRUCTIONS = (
    "Edit the tables and `case`; insert, remove and sort rows as you like. A header is a column's name and its unit.",
    "Then: supplychain import BOOK.xlsx DIR. What you did not edit comes back as it was written, to the byte.",
    "A table that was not there and has no rows is left out. A sheet of your own begins with _ and is left alone.",
    "Scenarios and pages of text come back as they are; edit them as files.",
)


@dataclass(frozen=True)
class Exported:
    """A workbook, and the files of the folder that are not in it."""

    data: bytes
    left_out: tuple[str, ...]


def to_book(folder: str | Path) -> Exported:
    """Return a valid case as the bytes of an .xlsx file; the same case gives the same bytes.

    Raises: InputError if the case is not valid, OutputError if a table has more rows than a sheet.
    """
    source = Path(folder)
    case = load(source)
    files = {name: (source / name).read_bytes() for name in _names(source)}
    book = Book(case.settings.title)
    contents = book.sheet(CONTENTS)
    _settings(book, files[CASE_FILE])
    for table in schema.TABLES:
        _table(book, table, files.get(table.file))
    _columns(book)
    _originals(book, files)
    _contents(book, contents, case.settings.title)
    rest = [path for path in source.rglob("*") if path.is_file() and not path.name.startswith(".")]
    left_out = sorted({_listed(path.relative_to(source)) for path in rest})
    return Exported(book.data(), tuple(name for name in left_out if name.replace("\\", "/") not in files))


def _listed(path: Path) -> str:
    """Return how a file that is not in the book is named; those of a study that is kept beside a case by its folder."""
    return UNCERTAINTY if path.parts[0] == UNCERTAINTY else str(path)


def belongs(name: str) -> bool:
    """Whether a file of this name, with its folder, belongs to a case."""
    folder, slash, file = name.rpartition("/")
    if folder + slash not in {"", f"{SCENARIOS}/"} or file.startswith(".") or "\\" in file or not file.isprintable():
        return False
    if folder:
        return file.endswith((".toml", ".md"))
    return file in {CASE_FILE, PACKAGE, *(table.file for table in schema.TABLES)} or file.endswith(".md")


def _names(source: Path) -> list[str]:
    paths = [*source.iterdir(), *(source / SCENARIOS).glob("*")]
    names = [path.relative_to(source).as_posix() for path in paths if path.is_file()]
    return sorted(name for name in names if belongs(name))


def _settings(book: Book, data: bytes) -> None:
    settings = flat(tomllib.loads(data.decode("utf-8-sig")))
    book.table(SETTINGS, [Head("setting"), Head("value", kind="input"), Head("unit"), Head("meaning")], [])
    sheet = book.xlsx.get_worksheet_by_name(SETTINGS)
    sheet.set_column(0, 1, 26)
    sheet.set_column(2, 2, 12)
    sheet.set_column(3, 3, 80)
    for line, column in enumerate(schema.SETTINGS, 1):
        value = settings.get(column.name)
        value = str(value) if column.type == "date" and value is not None else value
        book.cell(sheet, line, 0, column.name)
        book.cell(sheet, line, 1, value, "whole" if column.type == "integer" else "input", align="left")
        book.cell(sheet, line, 2, column.unit)
        book.cell(sheet, line, 3, column.meaning)


def _table(book: Book, table: schema.TableSchema, data: bytes | None) -> None:
    header, rows = cells_of(data) if data is not None else ([c.name for c in table.columns], [])
    columns = [table.column(name) for name in header]
    heads = [head_of(table, name) for name in header]
    typed = [[_typed(column, text) for column, text in zip(columns, row, strict=True)] for row in rows]
    book.table(table.name, heads, typed)


def head_of(table: schema.TableSchema, name: str) -> Head:
    """Return the header of a column of inputs, or of an end of its range."""
    column = table.column(name)
    kind: CellKind = "text" if column.type == "text" else "input"
    if column.type == "integer" and not column.unit:
        kind = "whole"
    return Head(name, column.unit, kind, column.choices)


def _typed(column: schema.ColumnSchema, text: str) -> Cell:
    """Return a cell's value; a number that Excel does not know stays text."""
    if not text.strip():
        return None
    if column.type == "text":
        return text
    if column.type == "boolean":
        return BOOLEANS[text]
    return float(text) if holds(float(text)) else text


def _columns(book: Book) -> None:
    names = ("table", "column", "type", "unit", "may be blank", "one of", "meaning")
    rows: list[list[Cell]] = []
    for table in schema.TABLES:
        for name in allowed_columns(table):
            column = table.column(name)
            end = {schema.LOW: "low end of the range of ", schema.HIGH: "high end of the range of "}.get(
                name.removeprefix(column.name), ""
            )
            blank = "yes" if column.blank or end else ""
            meaning = end + column.name if end else column.meaning
            rows.append([table.name, name, column.type, column.unit, blank, ", ".join(column.choices), meaning])
    book.table(COLUMNS, [Head(name) for name in names], rows)


def _originals(book: Book, files: Mapping[str, bytes]) -> None:
    rows: list[list[Cell]] = []
    for name, data in files.items():
        text = base64.b64encode(zlib.compress(data, 9)).decode()
        digest = hashlib.sha256(data).hexdigest()
        parts = [text[n : n + _PART] for n in range(0, len(text), _PART)]
        rows += [[name, n, digest, part] for n, part in enumerate(parts, 1)]
    heads = [Head("file"), Head("part", kind="whole"), Head("SHA-256 of the file"), Head("zlib, base 64")]
    book.table(ORIGINALS, heads, rows).hide()


def _contents(book: Book, sheet: Worksheet, title: str) -> None:
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 120)
    sheet.hide_gridlines(2)
    book.title(sheet, 0, title, 16)
    for line, instruction in enumerate(_INSTRUCTIONS, 1):
        book.cell(sheet, line, 0, instruction)
    listed = [
        (SETTINGS, "Settings of the case"),
        *((table.name, table.meaning) for table in schema.TABLES),
        (COLUMNS, "Every column: its type, its unit, what it means"),
    ]
    top = len(_INSTRUCTIONS) + 2
    book.rows(sheet, [Head("sheet"), Head("what it holds")], [], (top, 0))
    for line, (name, meaning) in enumerate(listed, top + 1):
        book.link(sheet, line, 0, name)
        book.cell(sheet, line, 1, meaning)
