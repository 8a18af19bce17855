"""Excel sheets that show what they are given and nothing else: text stays text, the same content gives the same bytes.

A cell of Excel cannot hold everything. `fitting` says what a text becomes, `holds` which numbers it can hold.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import xlsxwriter

from supplychain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell: TypeAlias = str | float | int | bool | None
Kind: TypeAlias = Literal["text", "number", "share", "whole", "input"]
"""How numbers are shown: three significant digits, per cent, whole without separators (years), or as typed."""

ROWS: Final = 1_048_576
"""Most rows of a sheet."""

CUT: Final = "… (cut)"
"""The end of a text that a cell cannot hold whole."""

_CHARACTERS = 32_767
_SMALLEST, _LARGEST = 2.3e-308, 9.99e307
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDEST, _NARROWEST, _SAMPLE = 50, 9, 200
_OFFERED = 256
"""Characters from which on Excel takes no list of choices."""
_GROUPED = 10_000
"""Whole numbers from here on are shown with separators."""


@dataclass(frozen=True, slots=True)
class Head:
    """The header of a column."""

    name: str
    unit: str = ""
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    """What a cell may be, offered as a list."""

    @property
    def title(self) -> str:
        """The name, and the unit in brackets."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


def fitting(text: str) -> str:
    """Return what a cell shows of a text: control characters as their pictures, line ends as one, cut if too long."""
    text = _NO_XML.sub(_picture, text.replace("\r\n", "\n").replace("\r", "\n"))
    if _length(text) <= _CHARACTERS:
        return text
    kept = text[: _CHARACTERS - len(CUT)]
    while _length(kept) > _CHARACTERS - len(CUT):
        kept = kept[: len(kept) - max(1, (_length(kept) - _CHARACTERS + len(CUT)) // 2)]
    return kept + CUT


def holds(number: float) -> bool:
    """Whether a cell can hold a number: not if it is not finite, or beyond what Excel knows."""
    return number == 0 or _SMALLEST <= abs(number) <= _LARGEST


class _Exact(float):
    """A number that is written with all its digits: xlsxwriter formats with 16, and a number may need 17."""

    def __format__(self, _: str, /) -> str:
        return repr(float(self))


class Book:
    """A workbook in the making. The first sheet that is made is the first that is seen."""

    def __init__(self, title: str) -> None:
        self._file = io.BytesIO()
        as_given = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
        self.xlsx = xlsxwriter.Workbook(self._file, {"in_memory": True, **as_given})
        self.xlsx.set_properties({"title": fitting(title)[:255], "created": _EPOCH})
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def format(self, **properties: object) -> Format:
        """Return a format; the same properties give the same one."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.xlsx.add_format(dict(properties))
        return self._formats[key]

    def sheet(self, name: str) -> Worksheet:
        """Add an empty sheet, which prints on pages of its own width."""
        sheet = self.xlsx.add_worksheet(name)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # a name of digits is meant
        return sheet

    def table(self, name: str, heads: Sequence[Head], rows: Sequence[Sequence[Cell]]) -> Worksheet:
        """Add a sheet with a table: header frozen, with filters.

        Raises: OutputError if it has more rows than a sheet.
        """
        if len(rows) >= ROWS:
            message = f"{name} has {len(rows):,} rows; a sheet of Excel holds {ROWS - 1:,}"
            raise OutputError(message)
        sheet = self.sheet(name)
        sheet.freeze_panes(1, 0)
        for n, head in enumerate(heads):
            as_text = self.format(num_format="@") if head.kind == "text" else None
            sheet.set_column(n, n, _width(head, [row[n] for row in rows[:_SAMPLE]]), as_text)
            if head.choices and len(",".join(head.choices)) < _OFFERED:
                sheet.data_validation(1, n, ROWS - 1, n, {"validate": "list", "source": list(head.choices)})
        self.rows(sheet, heads, rows)
        if heads:
            sheet.autofilter(0, 0, len(rows), len(heads) - 1)
        return sheet

    def rows(
        self, sheet: Worksheet, heads: Sequence[Head], rows: Iterable[Sequence[Cell]], corner: tuple[int, int] = (0, 0)
    ) -> None:
        """Write a header and the rows below it, from a cell on."""
        top, left = corner
        for n, head in enumerate(heads):
            sheet.write_string(top, left + n, fitting(head.title), self.header)
        for line, row in enumerate(rows, top + 1):
            for n, (head, value) in enumerate(zip(heads, row, strict=True)):
                self.cell(sheet, line, left + n, value, head.kind)

    @property
    def header(self) -> Format:
        """The format of headers."""
        return self.format(bold=True, bottom=1, text_wrap=True, valign="top", bg_color="#E8EDF2", num_format="@")

    def cell(self, sheet: Worksheet, row: int, column: int, value: Cell, kind: Kind = "text", **how: object) -> None:
        """Write a cell; nothing for None and for a number that is none, text for a number that Excel does not know."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, str):
            sheet.write_string(row, column, fitting(value), self.format(num_format="@", **how))
        elif holds(value):
            sheet.write_number(row, column, _Exact(value), self.format(num_format=_pattern(value, kind), **how))
        else:
            sheet.write_string(row, column, repr(value), self.format(align="right"))

    def title(self, sheet: Worksheet, row: int, text: str, size: int) -> None:
        """Write a heading at the start of a row."""
        sheet.set_row(row, 1.5 * size)
        sheet.write_string(row, 0, fitting(text), self.format(bold=True, font_size=size, num_format="@"))

    def link(self, sheet: Worksheet, row: int, column: int, to: str) -> None:
        """Write the name of a sheet that leads to it."""
        sheet.write_url(row, column, f"internal:'{to}'!A1", string=to)

    def data(self) -> bytes:
        """Return the file."""
        self.xlsx.close()
        return self._file.getvalue()


def _pattern(value: float, kind: Kind) -> str:
    if kind == "whole":
        return "0"
    if kind == "share":
        return "0.0%"
    if kind == "input" or kind == "text":  # noqa: PLR1714 - the two stand beside each other in `Kind`
        return "#,##0" if abs(value) >= _GROUPED and value % 1 == 0 else "General"
    return _three_digits(value)


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    if places > 5:  # noqa: PLR2004 - below 0.001
        return "0.00E+00"
    return "#,##0." + "0" * places if places > 0 else "#,##0"


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    return chr(0x2400 + code) if code < ord(" ") else "\ufffd"


def _length(text: str) -> int:
    """Return how long a text is as Excel counts: in UTF-16."""
    return len(text) + sum(c > "\uffff" for c in text)


def _width(head: Head, cells: Sequence[Cell]) -> int:
    words = max((len(word) for word in head.title.split()), default=0) + 3
    longest = max((len(_as_shown(cell)) for cell in cells), default=0) + 2
    return max(_NARROWEST, min(max(words, longest), _WIDEST))


def _as_shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:,.6g}" if isinstance(cell, float) else str(cell)
