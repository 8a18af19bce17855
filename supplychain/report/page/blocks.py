"""What a page is made of: values with no word of HTML in them.

A number knows from which cells of the result tables it was read, and a grid from which rows, in a notation that a
program can work out again: the page carries it, and a test reads the page back.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from supplychain.report.formats import amount, dollars, number, plain, with_sign_grouped
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from supplychain.report.charts.chart_style import Spec

NAN = math.nan


@dataclass(frozen=True)
class Number:
    """A number of the answer: its value, how it is shown, and from which cells it was read."""

    value: float
    origin: str
    shown: str = ""

    def __str__(self) -> str:
        """Return it as it is shown, for alternative texts."""
        return self.shown or number(self.value)

    def _with(self, value: float, origin: str) -> Number:
        return Number(value, origin)

    def __truediv__(self, other: Number | float) -> Number:
        """Return a quotient; of nothing there is no share."""
        value, origin = (other.value, other.origin) if isinstance(other, Number) else (other, f"{other!r}")
        return self._with(self.value / value if value else NAN, f"({self.origin}) / ({origin})")

    def per_cent(self, *, signed: bool = False) -> Number:
        """Return a share in per cent; `signed` writes the plus of a change."""
        plus = "+" if signed and self.value > 0 else ""
        return Number(100 * self.value, f"100 * ({self.origin})", f"{plus}{number(100 * self.value)} %")

    def usd(self) -> Number:
        """Return it as an amount of money: $1.9B."""
        return Number(self.value, self.origin, dollars(self.value))

    def over(self, unit: float, *, signed: bool = False) -> Number:
        """Return it in a larger unit, with the plus of a change; the value stays in the unit of its table."""
        plus = "+" if signed and self.value > 0 else ""
        return Number(self.value, self.origin, f"{plus}{number(self.value / unit)}")


SentencePart = str | Number
Sentence = tuple[SentencePart, ...]
"""A sentence: text, and numbers that know where they come from."""


@dataclass(frozen=True)
class SourcedRows:
    """Rows of a result table, and how they were chosen and summed up."""

    data: pd.DataFrame
    origin: str

    def count(self) -> Number:
        """Return how many there are."""
        return Number(len(self.data), f"len({self.origin})", f"{len(self.data):,}")

    def sorted(self, by: str) -> SourcedRows:
        """Return the rows with those together that have the same value."""
        order = list(dict.fromkeys(self.data[by]))
        positions = sorted(range(len(self.data)), key=lambda n: order.index(self.data[by].iloc[n]))
        return SourcedRows(self.data.iloc[positions].reset_index(drop=True), self.origin)

    def with_share(self, name: str, part: str, whole: str) -> SourcedRows:
        """Return the rows with one column over another as a column more."""
        share = self.data[part] / self.data[whole].where(self.data[whole] != 0)
        return SourcedRows(
            self.data.assign(**{name: share}), f"share({self.origin}, {json.dumps([name, part, whole])})"
        )

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dicts."""
        return records(self.data)


@dataclass(frozen=True)
class AnswerTables:
    """The tables of an answer, and what is read from them."""

    tables: Mapping[str, pd.DataFrame]
    """Those of the plan by their names; those of a study behind its name and a colon: `backcast:labels`."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """What the answer says of itself."""

    def __contains__(self, table: str) -> bool:
        return table in self.tables

    def sum(self, table: str, column: str, **where: object) -> Number:
        """Return the sum of a column over rows."""
        return Number(float(self._where(table, where)[column].sum()), self._origin("total", table, column, where))

    def only(self, table: str, column: str, **where: object) -> Number:
        """Return a cell of the only row; not a number if there is none."""
        cells = self._where(table, where)[column]
        return Number(float(cells.iloc[0]) if len(cells) else NAN, self._origin("cell", table, column, where))

    def rows(self, table: str, **where: object) -> SourcedRows:
        """Return rows as they stand."""
        data = self._where(table, where).reset_index(drop=True)
        return SourcedRows(data, self._origin("rows", table, where))

    def above(self, table: str, column: str, least: float = 0.0) -> SourcedRows:
        """Return the rows in which a column is above a number."""
        data = self.tables[table][self.tables[table][column] > least].reset_index(drop=True)
        return SourcedRows(data, self._origin("above", table, column, least))

    def grouped(self, table: str, by: Sequence[str], columns: Sequence[str], **where: object) -> SourcedRows:
        """Return sums of columns by keys, in the order in which keys come."""
        data = self._where(table, where).groupby(list(by), sort=False, as_index=False)[list(columns)].sum()
        return SourcedRows(data, self._origin("grouped", table, list(by), list(columns), where))

    def quiet(self, table: str, by: str) -> Number:
        """Return how many stages, or groups, are slack in all years."""
        states_by_name = self.tables[table].groupby(by)["state"].agg(set)
        count = sum(states == {"slack"} for states in states_by_name)
        return Number(count, self._origin("quiet", table, by), str(count))

    def fact(self, *path: str) -> Number:
        """Return a number of the summary."""
        value: Any = self.summary
        for name in path:
            value = value[name]
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.3g}"
        return Number(float(value), f"fact({', '.join(map(json.dumps, path))})", shown)

    def _origin(self, function: str, table: str, *others: object) -> str:
        return f"{function}({', '.join(json.dumps(x, ensure_ascii=False) for x in (table, *others))})"

    def _where(self, table: str, where: Mapping[str, object]) -> pd.DataFrame:
        rows = self.tables[table]
        for column, value in where.items():
            rows = rows[rows[column].isin(value)] if isinstance(value, list) else rows[rows[column] == value]
        return rows


ColumnKind = Literal["text", "any", "year", "number", "exact", "sign", "amount", "per cent", "hundredths"]
"""How cells are shown: of `any`, numbers as numbers and the rest as text; the last four are with a sign, as 1.5M, and
with a sign to a tenth and to a hundredth.
"""


@dataclass(frozen=True)
class GridColumn:
    """A column of a grid: which of the rows' it is, what it is called, and how its cells are shown."""

    name: str
    label: str
    kind: ColumnKind = "text"
    unit: float = 1.0
    """Shown in this many of the table's units; 0.01 shows a share in per cent."""

    @property
    def numeric(self) -> bool:
        """Whether all its cells hold numbers."""
        return self.kind not in {"text", "any", "year"}

    def is_number(self, value: object) -> bool:
        """Whether a cell is shown as a number."""
        return self.numeric or (self.kind == "any" and isinstance(value, float))

    def shown(self, value: object) -> str:
        """Return a cell as text."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ""
        if isinstance(value, bool) or type(value).__name__ == "bool":
            return "yes" if value else "no"
        if not self.is_number(value):
            return plain(str(value))
        return _SHOWN[self.kind](float(value) / self.unit)  # type: ignore[arg-type]


_SHOWN: dict[ColumnKind, Callable[[float], str]] = {
    "number": number,
    "any": number,
    "amount": amount,
    "exact": lambda x: f"{x:.12g}",
    "sign": lambda x: f"{x:+.3g}",
    "hundredths": lambda x: with_sign_grouped(x, 2),
    "per cent": lambda x: with_sign_grouped(100 * x),
}


@dataclass(frozen=True)
class Grid:
    """A table for people: rows of a result table, some columns of it, the first ones naming the row."""

    caption: str
    rows: SourcedRows
    columns: Sequence[GridColumn]
    keys: int = 1
    """How many columns name the row."""
    across: str = ""
    """A column whose values stand across; then the last of `columns` is what the cells hold."""
    folded: bool = False
    """Whether it is opened by a click only."""

    @property
    def head(self) -> list[str]:
        """The values that stand across."""
        return [] if not self.across else [plain(str(x)) for x in dict.fromkeys(self.rows.data[self.across])]

    @property
    def body(self) -> list[tuple[list[tuple[str, str]], list[tuple[str, str]]]]:
        """Of each row what names it, and its cells: as they are shown, and the values of numbers."""
        if not self.across:
            return [(self._names(r), [self._cell(r, c) for c in self.columns[self.keys :]]) for r in self._records()]
        cells_by_names: dict[tuple[tuple[str, str], ...], dict[str, tuple[str, str]]] = {}
        for row in self._records():
            cells = cells_by_names.setdefault(tuple(self._names(row)), {})
            cells[plain(str(row[self.across]))] = self._cell(row, self.columns[-1])
        return [(list(names), [cells.get(x, ("", "")) for x in self.head]) for names, cells in cells_by_names.items()]

    def _records(self) -> list[dict[str, Any]]:
        return self.rows.records()

    def _names(self, row: Mapping[str, object]) -> list[tuple[str, str]]:
        return [self._cell(row, column) for column in self.columns[: self.keys]]

    def _cell(self, row: Mapping[str, object], column: GridColumn) -> tuple[str, str]:
        value = row[column.name]
        text = column.shown(value)
        if not text or not column.is_number(value):
            return text, ""
        return text, f"{float(value):.9g}"  # type: ignore[arg-type]


@dataclass(frozen=True)
class Chart:
    """A chart: the question it answers, what it shows in words, how it is drawn at two widths, and its numbers."""

    name: str
    """Of its files."""
    title: str
    alt: str
    spec: Spec
    narrow: Spec
    grid: Grid
    note: Sentence = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    sentence: Sentence
    strong: bool = False


@dataclass(frozen=True)
class BulletList:
    """Points, one below the other."""

    points: Sequence[Sentence]


@dataclass(frozen=True)
class KeyFigure:
    """One of the numbers at the top: what it is, the number, and what stands beside it."""

    label: str
    value: Sentence
    beside: Sentence


@dataclass(frozen=True)
class KeyFigures:
    """The numbers at the top."""

    keys: Sequence[KeyFigure]


@dataclass(frozen=True)
class NotRun:
    """A study that was not given: what would stand here, and the command that runs it."""

    missing: str
    command: str


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    title: str


@dataclass(frozen=True)
class InputTable:
    """A table of the inputs as it stands: cells are text, with ranges, evidence and links to their sources."""

    name: str
    meaning: str
    header: Sequence[tuple[str, str]]
    """Names and units."""
    numeric: Sequence[bool]
    rows: Sequence[Sequence[tuple[str, str]]]
    """Cells: as they stand, and their range."""
    sources: Sequence[tuple[str, str, bool]]
    """Of each row the link to its source, its evidence, and whether that is low."""
    weak: int


@dataclass(frozen=True)
class Source:
    """A source: its anchor, key, title, publisher, date, link, evidence, what it was derived from, note."""

    anchor: str
    key: str
    title: str
    publisher: str
    date: str
    url: str
    evidence: str
    low: bool
    derived_from: Sequence[tuple[str, str]]
    note: str


@dataclass(frozen=True)
class Sources:
    """All sources."""

    sources: Sequence[Source]


Block = Paragraph | BulletList | KeyFigures | Chart | Grid | NotRun | Heading | InputTable | Sources


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    anchor: str
    title: str
    lead: str
    blocks: Sequence[Block] = field(default=())

    @property
    def charts(self) -> list[Chart]:
        """Its charts."""
        return [block for block in self.blocks if isinstance(block, Chart)]
