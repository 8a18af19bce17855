"""Read a case back from a workbook that `to_book` wrote and people, Excel or LibreOffice have edited.

A cell that means what it meant keeps its spelling; a row is the one that it was by its key. What is wrong is said by
sheet, row and column. openpyxl reads: it tells an error from its text, and a formula without its value from a blank;
python-calamine returns both as blanks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import threading
import tomllib
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from supplychain import schema
from supplychain.case import load
from supplychain.case.checks import faults
from supplychain.case.datapackage import datapackage
from supplychain.case.read import CASE_FILE, FolderContents, absent, absent_table, flat, settings_of
from supplychain.case.spelling import (
    CsvFile,
    Line,
    cells_of,
    csv_file,
    meaning_of,
    same_value,
    settings_text,
    spelled,
    table_text,
)
from supplychain.case.to_book import COLUMNS, CONTENTS, ORIGINALS, PACKAGE, SETTINGS, belongs
from supplychain.errors import InputError, OutputError, Problem
from supplychain.sheets import CUT
from supplychain.staging import settle, staged, write_through
from supplychain.tabular import allowed_columns, did_you_mean, read_date, rows_from, shown, what_fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Content: TypeAlias = str | float | int | bool | datetime | date | time | timedelta
Spot: TypeAlias = tuple[int, int]
"""Row and column of a cell, from 1."""

_UNREADABLE = (
    *(InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError),
    *(KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError),
)
"""What openpyxl raises over a file that is no workbook, or a damaged one."""

_quiet = threading.Lock()
"""Who is told of warnings is one for the process: two threads that put it back in turn would leave it changed."""

_LARGEST = 1 << 28
"""Bytes that a file kept in a workbook may have."""

_OWN = "_"
"""What the names of sheets begin with that are left alone."""


@dataclass(frozen=True)
class Imported:
    """A case from a workbook."""

    files: Mapping[str, bytes]
    """Every file of the case by its name."""
    changed: tuple[str, ...]
    """The files that differ from what was exported."""
    described: bool
    """Whether its `datapackage.json`, if it has one, still describes it."""


@dataclass
class _Sheet:
    """The cells of a sheet that hold something, and those that are errors or have no value."""

    cells: dict[Spot, Content] = field(default_factory=dict)
    wrong: dict[Spot, str] = field(default_factory=dict)

    @property
    def size(self) -> Spot:
        spots = [*self.cells, *self.wrong]
        return max((row for row, _ in spots), default=0), max((column for _, column in spots), default=0)


def from_book(path: str | Path) -> Imported:
    """Return the files of the case in a workbook, checked as a folder is.

    Raises: InputError, which names every fault with its sheet, row and column.
    """
    reader = _Reader(_sheets(Path(path)))
    if reader.problems:
        raise InputError(str(path), reader.problems)
    return reader.imported()


def import_book(path: str | Path, folder: str | Path) -> Imported:
    """Write the case in a workbook to a new folder, whole or not at all.

    Raises: InputError if the case is not valid, OutputError if the folder has something in it or cannot be written.
    """
    target = Path(folder)
    settle(target.parent)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            message = f"{target} exists already; give the name of a new folder"
            raise OutputError(message)
        imported = from_book(path)
        with staged(target.parent) as staging:
            fresh = staging.path / "case"
            for name, data in imported.files.items():
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                write_through(fresh / name, data)
            case = load(fresh)
            if not imported.described:
                (fresh / PACKAGE).unlink(missing_ok=True)
                write_through(fresh / PACKAGE, datapackage(case).encode())
            fresh.rename(target)
    except OSError as error:
        message = f"cannot write {target}: {error.strerror}"
        raise OutputError(message) from error
    return imported


def _sheets(path: Path) -> dict[str, _Sheet]:
    """Return every sheet of a workbook by its name.

    Raises: InputError if it cannot be read.
    """
    try:
        data = path.read_bytes()
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl does not keep when it writes
            return _read(data)
    except OSError as error:
        fault = f"cannot be read ({error.strerror})" if error.strerror else "is no Excel workbook (.xlsx)"
    except _UNREADABLE:
        fault = "is no Excel workbook (.xlsx), or a damaged one"
    raise InputError(str(path), [Problem(path.name, 0, "", fault)])


def _read(data: bytes) -> dict[str, _Sheet]:
    by_title = {}
    for sheet in openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets:
        cells = by_title[sheet.title] = _Sheet()
        for cell in _cells(sheet):
            spot = cell.row, cell.column
            if cell.data_type == "e":
                cells.wrong[spot] = f"{cell.value} is an error of Excel; mend its formula"
            else:
                cells.cells[spot] = cell.value
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        formulas = any(mark in parts.read(name) for name in sheets for mark in (b"<f>", b"<f "))
    if formulas:
        for sheet in openpyxl.load_workbook(io.BytesIO(data), read_only=True).worksheets:
            cells = by_title[sheet.title]
            for cell in _cells(sheet):
                spot = cell.row, cell.column
                if cell.data_type == "f" and spot not in cells.cells and spot not in cells.wrong:
                    fault = "is a formula without its value; open the workbook in Excel or LibreOffice and save it"
                    cells.wrong[spot] = fault
    return by_title


def _cells(sheet: Any) -> Iterator[Any]:  # noqa: ANN401 - openpyxl's read-only sheets have no types
    """Yield the cells that hold something."""
    sheet.reset_dimensions()  # some software writes wrong ones
    for row in sheet.iter_rows():
        yield from (cell for cell in row if cell.value is not None)


class _Reader:
    """What is in the sheets, and every fault in it. Faults stand at files and their columns until they are told."""

    def __init__(self, sheets: Mapping[str, _Sheet]) -> None:
        self._sheets = sheets
        self._files: dict[str, bytes] = {}
        self._wrong: dict[tuple[str, int, str], Problem] = {}
        self._letters: dict[str, dict[str, str]] = {}
        self._lines: dict[str, int] = {}
        self._described = True
        self.problems: list[Problem] = list(self._names())
        self._kept = self._originals()
        contents = FolderContents()
        contents.settings, contents.problems = self._settings()
        for table in schema.TABLES:
            contents.tables[table.name], problems = self._table(table)
            contents.problems += problems
        contents.problems += self._wrong.values()
        all_faults = faults(contents)
        self.problems += [
            self._in_sheet(p)
            for p in all_faults
            if (p.file, p.row, p.column) not in self._wrong or p in self._wrong.values()
        ]

    def imported(self) -> Imported:
        """Return the files, once there are no faults."""
        tables = {CASE_FILE, *(table.file for table in schema.TABLES)}
        files = self._files | {name: data for name, data in self._kept.items() if name not in tables}
        changed = [n for n in sorted({*files, *self._kept}) if files.get(n) != self._kept.get(n)] if self._kept else []
        has_package = PACKAGE in files or not self._kept
        return Imported(files, tuple(changed), (self._described and bool(self._kept)) or not has_package)

    def _names(self) -> Iterator[Problem]:
        known = [CONTENTS, SETTINGS, COLUMNS, ORIGINALS, *schema.TABLE]
        for name in self._sheets:
            if name not in known and not name.startswith(_OWN):
                fault = f"no table has this name{did_you_mean(name, known)}; a sheet of your own begins with {_OWN}"
                yield Problem(f"sheet {shown(name)}", 0, "", fault)

    def _originals(self) -> dict[str, bytes]:
        """Return the files as they were exported; none if their sheet is gone."""
        sheet = self._sheets.get(ORIGINALS, _Sheet())
        parts: dict[str, dict[int, tuple[str, str]]] = {}
        for row in range(2, sheet.size[0] + 1):
            name, part, digest, text = (sheet.cells.get((row, n), "") for n in range(1, 5))
            if isinstance(part, (int, float)):
                parts.setdefault(str(name), {})[int(part)] = str(digest), str(text)
        files = {}
        for name, pieces in parts.items():
            text = "".join(pieces[n][1] for n in sorted(pieces))
            try:
                data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), _LARGEST)
            except (binascii.Error, ValueError, zlib.error):
                data = b""
            if {digest for digest, _ in pieces.values()} == {hashlib.sha256(data).hexdigest()} and belongs(name):
                files[name] = data
            else:
                fault = f"{shown(name)} is damaged; delete this sheet to have every file written anew"
                self.problems.append(Problem(f"sheet {ORIGINALS}", 0, "", fault))
        return files

    def _settings(self) -> tuple[dict[str, Any], list[Problem]]:
        sheet = self._sheets.get(SETTINGS)
        if sheet is None:
            return {}, [absent(CASE_FILE)]
        settings = self._setting_cells(sheet)
        original = self._kept.get(CASE_FILE)
        before = flat(tomllib.loads(original.decode("utf-8-sig"))) if original is not None else {}
        for column in schema.SETTINGS:
            old, new = before.get(column.name), settings.get(column.name)
            if old is not None and new is not None and same_value(str(old), str(new), column):
                settings[column.name] = old
        values, problems = settings_of(CASE_FILE, settings)
        if not problems and not self._wrong:
            text = original.decode() if original is not None else None
            self._files[CASE_FILE] = settings_text(text, settings).encode()
        self._described &= all(before.get(name) == settings.get(name) for name in ("name", "title"))
        return values, problems

    def _setting_cells(self, sheet: _Sheet) -> dict[str, Any]:
        """Return the settings that are given, and note where each stands."""
        known = {column.name: column for column in schema.SETTINGS}
        settings: dict[str, Any] = {}
        for row in range(2, sheet.size[0] + 1):
            name, value = (sheet.cells.get((row, n)) for n in (1, 2))
            setting, wrong = str(name), sheet.wrong.get((row, 2))
            spot = CASE_FILE, row, "value"
            if name is None:
                if value is not None or wrong:
                    self._wrong[spot] = Problem(*spot, "has no setting beside it, in column A")
            elif setting in self._lines:
                self._wrong[spot] = Problem(*spot, f"{shown(name)} was given in row {self._lines[setting]}")
            else:
                self._lines[setting] = row
                if wrong:
                    self._wrong[CASE_FILE, 0, setting] = Problem(CASE_FILE, 0, setting, wrong)
                if wrong or value is not None or setting not in known:
                    settings[setting] = _setting(known.get(setting), value)
        return settings

    def _table(self, table: schema.TableSchema) -> tuple[Any, list[Problem]]:
        sheet = self._sheets.get(table.name)
        original = self._kept.get(table.file)
        if sheet is None:
            self._described &= original is None
            return absent_table(table)
        names = self._header(table, sheet)
        file = csv_file(original) if original is not None else None
        places = {name: n for n, name in names.items()}
        self._letters[table.file] = {name: get_column_letter(n) for name, n in places.items()}
        lines, matched = self._rows(table, sheet, names, file)
        if not table.required and original is None and len(lines) == 1:
            return absent_table(table)
        rows, problems = rows_from(table.file, list(lines), table)
        while lines and not any(cell.strip() for cell in lines[-1][1]):
            lines.pop()
        header = list(names.values())
        self._described &= original is not None and cells_of(original)[0] == header
        if original is not None and file is None and (header, [row for _, row in lines[1:]]) == cells_of(original):
            self._files[table.file] = original
        else:
            before = [(row, matched.get(number)) for number, row in lines[1:]]
            self._files[table.file] = table_text(file, header, before).encode()
        return rows, problems

    def _header(self, table: schema.TableSchema, sheet: _Sheet) -> dict[int, str]:
        """Return the columns that have a header: without its unit."""
        names = {
            n: str(sheet.cells[1, n]).split(" [")[0].strip()
            for n in range(1, sheet.size[1] + 1)
            if str(sheet.cells.get((1, n), "")).strip()
        }
        for row, n in sorted({*sheet.cells, *sheet.wrong}):
            if n not in names and str(sheet.cells.get((row, n), "#")).strip():
                letter = get_column_letter(n)
                spot = table.file, row, f"{letter}{row}"
                self._wrong[spot] = Problem(
                    *spot, "has no header above it; name the column in row 1, or clear the cell"
                )
        return names

    def _rows(
        self, table: schema.TableSchema, sheet: _Sheet, names: Mapping[int, str], file: CsvFile | None
    ) -> tuple[list[tuple[int, list[str]]], dict[int, Line]]:
        """Return lines of text, the header first, as they were written where they mean the same; and what each was."""
        known = {name: table.column(name) for name in names.values() if name in allowed_columns(table)}
        before = _ByKey(table, file)
        lines, matched = [(1, list(names.values()))], {}
        for row in range(2, sheet.size[0] + 1):
            cells: dict[str, str] = {}
            for n, name in names.items():
                cells[name], fault = _text(known.get(name), sheet.cells.get((row, n)))
                fault = sheet.wrong.get((row, n), fault)
                if fault:
                    self._wrong[table.file, row, name] = Problem(table.file, row, name, fault)
            was = before.of(cells)
            if was is not None:
                matched[row] = was
            for name, column in known.items():
                old = before.cell(was, name)
                if old is not None and same_value(old, cells[name], column):
                    cells[name] = old
                elif cells[name].endswith(CUT):
                    fault = "was cut when it was exported, and then edited; give the whole text, or edit it in the file"
                    self._wrong[table.file, row, name] = Problem(table.file, row, name, fault)
            lines.append((row, [cells[name] for name in names.values()]))
        return lines, matched

    def _in_sheet(self, problem: Problem) -> Problem:
        """Return a fault of a file as one of the sheet."""
        row, column = problem.row, problem.column
        if problem.file == CASE_FILE:
            row = row or self._lines.get(column, 0)
            message = problem.message if column in {"", "value"} else f"{column}: {problem.message}"
            return Problem(f"sheet {SETTINGS}", row, f"value (B{row})" if row else "", message)
        letter = self._letters.get(problem.file, {}).get(column)
        where = f"{column} ({letter}{row})" if letter and row else column
        return replace(problem, file=f"sheet {problem.file.removesuffix('.csv')}", column=where)


class _ByKey:
    """The lines of a file by their key."""

    def __init__(self, table: schema.TableSchema, file: CsvFile | None) -> None:
        self._key = [table.column(name) for name in table.key]
        self._places = {name: n for n, name in enumerate(file.header.cells)} if file is not None else {}
        self._lines: dict[tuple[object, ...], list[Line]] = {}
        for line in file.rows if file is not None else ():
            cells = {name: line.cells[n] for name, n in self._places.items()}
            self._lines.setdefault(self._of(cells), []).append(line)

    def _of(self, cells: Mapping[str, str]) -> tuple[object, ...]:
        return tuple(meaning_of(cells.get(column.name, ""), column) for column in self._key)

    def of(self, cells: Mapping[str, str]) -> Line | None:
        """Return the line that a row was; each is given once."""
        lines = self._lines.get(self._of(cells))
        return lines.pop(0) if lines else None

    def cell(self, line: Line | None, name: str) -> str | None:
        """Return what a cell of a line said; None if there was none."""
        return line.cells[self._places[name]] if line is not None and name in self._places else None


def _text(column: schema.ColumnSchema | None, value: Content | None) -> tuple[str, str]:
    """Return a cell as it would stand in a CSV file, and what is wrong with it or nothing."""
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, (int, float)):
        return spelled(value), ""
    if value is None or isinstance(value, str):
        return value or "", ""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    text = str(value)
    if column is None or column.type == "text":
        return text, ""
    return text, f"is a date or a time, {text}; must be {what_fits(column)}: give the cell the format of a number"


def _setting(column: schema.ColumnSchema | None, value: Content | None) -> object:
    """Return a setting as TOML would hold it."""
    text, _ = _text(column, value)
    if column is not None and column.type == "date":
        return date.fromisoformat(text) if not read_date(column, text)[1] else text
    if column is None or column.type == "text" or isinstance(value, (bool, date, time, timedelta)):
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
