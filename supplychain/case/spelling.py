"""Files as somebody wrote them: what is unchanged keeps its spelling, its quotes and its line ends.

`1e6`, `1000000` and `1000000.0` are one number; `same_value` says when two texts of a cell are one.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from supplychain.case.read import flat
from supplychain.sheets import fitting
from supplychain.tabular import BOOLEANS
from supplychain.tolerances import EXCEL_DIGITS, SAME_NUMBER_IN_EXCEL, TYPED_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain import schema

_MARK = "\ufeff"
_FIELD = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n|\r|\n|\Z)')
_VALUE = r"""(?:"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[^\s#"']+)"""


def spelled(number: float) -> str:
    """Return a number as people write it: whole, or without what is left over from arithmetic.

    >>> spelled(5000.0), spelled(0.1 + 0.2), spelled(2.5e-05), spelled(2 / 3)
    ('5000', '0.3', '2.5e-05', '0.6666666666666666')
    """
    rounded = f"{number:.{EXCEL_DIGITS}g}"
    digits = rounded.split("e", maxsplit=1)[0].replace(".", "").strip("-0")
    return rounded if len(digits) <= TYPED_DIGITS or float(rounded) == number else repr(float(number))


def meaning_of(text: str, column: schema.ColumnSchema) -> object:
    """Return what a text of a column means: two that mean the same are equal, and so are two that look alike."""
    if not text.strip():
        return ""
    if column.type == "boolean":
        return BOOLEANS.get(text, text)
    if column.type == "text":
        return fitting(text)
    try:
        return float(text)
    except ValueError:
        return text


def same_value(old: str, new: str, column: schema.ColumnSchema) -> bool:
    """Whether what stands in a workbook now is what was there, after software that keeps 15 digits has saved it."""
    was, now = meaning_of(old, column), meaning_of(new, column)
    if was == now or not (isinstance(was, float) and isinstance(now, float)):
        return was == now
    whole = significant(was, EXCEL_DIGITS) == was
    return not whole and abs(was - now) <= SAME_NUMBER_IN_EXCEL * abs(was)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a CSV file: what its cells say, how they are written, and how it ends."""

    cells: tuple[str, ...]
    raw: tuple[str, ...]
    end: str

    @property
    def is_blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file as it was written."""

    mark: str
    """A byte-order mark, or nothing."""
    header: Line
    rows: tuple[Line, ...]
    tail: str
    """Blank lines at the end."""

    @property
    def end(self) -> str:
        """How its lines end."""
        return self.header.end or "\n"


def csv_file(data: bytes) -> CsvFile | None:
    """Return a valid CSV file cell by cell, or None if it is written in a way that cannot be kept cell by cell."""
    try:
        text = data.decode()
        read = list(csv.reader(io.StringIO(text.removeprefix(_MARK), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    mark = _MARK if text.startswith(_MARK) else ""
    lines = _lines(text.removeprefix(_MARK))
    if [list(line.cells) if line.raw != ("",) else [] for line in lines] != read:
        return None
    blank: list[Line] = []
    while lines and lines[-1].is_blank:
        blank.insert(0, lines.pop())
    tail = "".join(",".join(line.raw) + line.end for line in blank)
    return CsvFile(mark, lines[0], tuple(lines[1:]), tail) if lines else None


def cells_of(data: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a valid CSV file."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    return header, rows


def _lines(text: str) -> list[Line]:
    lines: list[Line] = []
    raw: list[str] = []
    position = 0
    while position < len(text) or raw:
        match = _FIELD.match(text, position)
        if match is None:
            break
        raw.append(match.group(1))
        if match.group(2) != ",":
            lines.append(Line(tuple(map(_unquoted, raw)), tuple(raw), match.group(2)))
            raw = []
        position = match.end()
    return lines


def _unquoted(raw: str) -> str:
    return raw[1:-1].replace('""', '"') if raw.startswith('"') else raw


def quoted(cell: str) -> str:
    """Return a cell as it stands in a CSV file."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow([cell, ""])
    return file.getvalue().removesuffix(",")


def table_text(
    original: CsvFile | None, header: Sequence[str], rows: Iterable[tuple[Sequence[str], Line | None]]
) -> str:
    """Return the text of a CSV file: rows with the lines that they were before, if they were, header first."""
    end = original.end if original else "\n"
    first = original.header if original and original.header.cells == tuple(header) else None
    places = {name: n for n, name in enumerate(original.header.cells)} if original else {}
    before = [places.get(name) for name in header]
    lines = [(",".join(first.raw if first else map(quoted, header)), first.end if first else end)]
    for cells, was in rows:
        raw = [
            was.raw[n] if was is not None and n is not None and was.cells[n] == cell else quoted(cell)
            for cell, n in zip(cells, before, strict=True)
        ]
        lines.append((",".join(raw), was.end if was is not None else end))
    last = original is not None and not original.tail and not (original.rows or (original.header,))[-1].end
    text = "".join(line + (kept or end) for line, kept in lines[:-1])
    line, kept = lines[-1]
    text += line + ("" if last else kept or end)
    return (original.mark + text + original.tail) if original else text


def settings_text(original: str | None, values: Mapping[str, Any]) -> str:
    """Return the text of `case.toml` with these values; what was written before keeps its place and its comments."""
    plain = "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
    if original is None:
        return plain
    before = flat(tomllib.loads(original.removeprefix(_MARK)))
    text = original
    for name in dict.fromkeys([*before, *values]):
        if name not in values:
            text = re.sub(rf"(?m)^[ \t]*{_written(name)}[ \t]*=[^\r\n]*(?:\r\n|\n|\Z)", "", text, count=1)
        elif name not in before:
            text = _with_setting(text, name, _toml(values[name]))
        elif before[name] != values[name]:
            text = _replaced(text, name, _toml(values[name]))
    try:
        kept = flat(tomllib.loads(text.removeprefix(_MARK))) == values
    except tomllib.TOMLDecodeError:
        kept = False
    return text if kept else plain


def _with_setting(text: str, name: str, value: str) -> str:
    """Return the text of `case.toml` with a setting more: in its table, or before the first table, or at the end."""
    end = "\r\n" if "\r\n" in text else "\n"
    table, _, inner = name.rpartition(".")
    own = re.search(rf"(?m)^[ \t]*\[[ \t]*{table}[ \t]*\][^\r\n]*(?:\r\n|\n|\Z)", text) if table else None
    first = re.search(r"(?m)^(?:[ \t]*(?:#[^\r\n]*)?\r?\n)*[ \t]*\[", text)
    at = own.end() if own else first.start() if first else len(text)
    before = text[:at] + ("" if text[:at].endswith(("\n", _MARK)) or not at else end)
    return f"{before}{inner if own else name} = {value}{end}{text[at:]}"


def _written(name: str) -> str:
    """Return what finds the name of a setting: in its table it stands without the table's name."""
    return rf"(?:{re.escape(name)}|{re.escape(name.rpartition('.')[2])})"


def _replaced(text: str, name: str, value: str) -> str:
    line = re.compile(rf"(?m)^({_MARK}?[ \t]*{_written(name)}[ \t]*=[ \t]*){_VALUE}(?=[ \t]*(?:#[^\r\n]*)?\r?$)")
    return line.sub(lambda match: match.group(1) + value, text, count=1)


def _toml(value: str | float | date) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else spelled(value)
    )
