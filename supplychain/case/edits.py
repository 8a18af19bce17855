"""The grammar of a what-if: one edit as text, or a row to add or to remove.

::

    capacity.capacity[stage=cowos*, year=2027..] +30%
    TABLE.COLUMN[FILTER, ...] OPERATION

    budget add year=2027, capital_usd=2e11, source=board
    TABLE add COLUMN=VALUE, ...

A filter is a name, a list `hbm|cowos`, a pattern `cowos*`, or, of years, `2027`, `2027..2030`, `2027..` or `..2028`;
a name that has one of `,` `]` `|` `*` in it stands between double quotes; so does a value of a row.
Operations are `= 5000`, `*= 3`, `/= 2`, `+= 100`, `-= 100`, `+30%`, `-20%`, `+10%..+50%` (linear from the first to the
last year selected) and `delay 1`. A series may be delayed by a part of a year: `delay 1.5` gives each year the value
half-way between those of one and of two years before.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from supplychain import schema
from supplychain.tabular import allowed_columns, did_you_mean, range_faults, read_cell, shown, what_fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from supplychain.tabular import Row

EXAMPLE = "capacity.capacity[stage=cowos, year=2027..] +30%"
_LIKE_EDIT = f"; an edit is like {EXAMPLE}"
_LIKE_TARGET = "; the numbers are named like capacity.capacity[stage=cowos, year=2027..]"
_OPERATIONS = "= 5000, *= 3, /= 2, += 100, -= 100, +30%, +10%..+50% or delay 1"

_TARGET = re.compile(r"\s*(\w+)\s*\.\s*(\w+)\s*")
_FIRST_WORD = re.compile(r"\s*(\w+)")
_FILTER = re.compile(r"\s*(\w+)\s*=")
_WORD = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\]|][^,\]|]*?)?)\s*(?=([,\]|])|$)')
_YEARS = re.compile(r"(\d{4})?(\s*\.\.\s*(\d{4})?)?", re.ASCII)
_AMOUNT = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_ASSIGN = re.compile(rf"(=|\*=|/=|\+=|-=)\s*([+-]?{_AMOUNT})", re.ASCII)
_PERCENT = re.compile(rf"([+-])\s*({_AMOUNT})\s*%(?:\s*\.\.\s*([+-])\s*({_AMOUNT})\s*%)?", re.ASCII)
_DELAY = re.compile(r"delay\s+([+-]?(?:\d{1,3}(?:\.\d*)?|\.\d+))", re.ASCII)
_ADD = re.compile(r"\s*(\w+)\s+add\b")


@dataclass(frozen=True, slots=True)
class Name:
    """Names of a text column: one, or all that a pattern matches; blank matches blank cells."""

    text: str
    quoted: bool = False

    @property
    def exact(self) -> bool:
        """Whether it is one name and no pattern."""
        return self.quoted or not set(self.text) & set("*?")

    def meets(self, value: str | None) -> bool:
        """Whether a cell is meant."""
        cell = value or ""
        return cell == self.text or (not self.exact and fnmatchcase(cell, self.text))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Years:
    """Years from a first to a last, both included."""

    first: int
    last: int
    text: str

    def meets(self, value: int | None) -> bool:
        """Whether a cell is meant."""
        return value is not None and self.first <= value <= self.last

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows whose cell of one column is one of some values."""

    column: str
    wanted: tuple[Name | Years, ...]

    def meets(self, cell: Any) -> bool:  # noqa: ANN401 - text or a year
        """Whether rows with a cell are selected."""
        return any(value.meets(cell) for value in self.wanted)

    def __str__(self) -> str:
        return f"{self.column}={'|'.join(map(str, self.wanted))}"


@dataclass(frozen=True, slots=True)
class Operation:
    """What becomes of a number. `%` adds `amount` percent, or `until` percent in the last year selected."""

    kind: Literal["=", "*=", "/=", "+=", "-=", "%", "delay"]
    amount: float
    until: float | None = None

    def of(self, old: float, way: float = 0.0) -> float:
        """Return the new number, `way` (0 to 1) of the way from the first to the last year selected."""
        match self.kind:
            case "=":
                return self.amount
            case "*=":
                return old * self.amount
            case "/=":
                return old / self.amount
            case "+=":
                return old + self.amount
            case "-=":
                return old - self.amount
            case _:
                until = self.amount if self.until is None else self.until
                return old * (1 + ((1 - way) * self.amount + way * until) / 100)


@dataclass(frozen=True, slots=True)
class Edit:
    """One operation on a number column, in the rows that meet every filter."""

    text: str
    table: schema.TableSchema
    column: schema.ColumnSchema
    filters: tuple[Filter, ...]
    operation: Operation


@dataclass(frozen=True, slots=True)
class Target:
    """The numbers of one column in the rows that meet every filter: an edit without its operation."""

    table: schema.TableSchema
    column: schema.ColumnSchema
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Addition:
    """A row that is added."""

    text: str
    table: schema.TableSchema
    row: Row


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows that are removed: those that meet every filter."""

    text: str
    table: schema.TableSchema
    filters: tuple[Filter, ...]


Step: TypeAlias = Edit | Addition | Removal


def editable(table: schema.TableSchema) -> list[str]:
    """Return the columns of a table that an edit may change: the numbers that the solve sees."""
    return [
        c.name for c in table.columns if c.param or (c.name not in table.key and c.name.endswith(("year", "years")))
    ]


def change(text: str) -> Edit | Addition:
    """Read one edit, or a row to add.

    Raises: ValueError, with a message for every fault.
    """
    head = _ADD.match(text)
    if head is None:
        return edit(text)
    table = named_table(head[1])
    return Addition(text, table, _row(table, _cells(text, head.end(), table), read_cell))


def edit(text: str) -> Edit:
    """Read one edit.

    Raises: ValueError, which says where the text is wrong and what would be right.
    """
    head = _TARGET.match(text)
    if head is None:
        raise ValueError(_without_column(text))
    table = named_table(head[1])
    column = _target(table, head[2])
    filters, end = _filters(text, head.end(), table)
    operation = _operation(text[end:].strip())
    if "year" not in table.key and (operation.kind == "delay" or operation.until is not None):
        what = "delay" if operation.kind == "delay" else "a change from year to year"
        message = f"{table.name} has no column year, which {what} needs"
        raise ValueError(message)
    if operation.kind == "delay" and operation.amount % 1 and not column.series:
        fewer = math.floor(operation.amount)
        message = (
            f"{table.name} has no values between its years, so that its rows move by whole years; "
            f"must be delay {fewer} or delay {fewer + 1}"
        )
        raise ValueError(message)
    return Edit(text, table, column, filters, operation)


def ranged_target(text: str) -> Target:
    """Read which numbers that may have a range are meant: an edit without its operation.

    Raises: ValueError, which says where the text is wrong and what would be right.
    """
    head = _TARGET.match(text)
    if head is None:
        raise ValueError(_misread(text, 0, "must begin with TABLE.COLUMN", _LIKE_TARGET))
    table = named_table(head[1])
    may = [column.name for column in table.columns if column.ranged]
    if head[2] not in may:
        raise ValueError(_without_range(table, head[2], may))
    filters, end = _filters(text, head.end(), table, _LIKE_TARGET)
    if text[end:].strip():
        raise ValueError(_misread(text, end, "must end here", _LIKE_TARGET))
    return Target(table, table.column(head[2]), filters)


def _without_range(table: schema.TableSchema, name: str, may: Sequence[str]) -> str:
    """Return what is wrong with a column that may have no range."""
    if not may:
        return f"{table.name} has no number that may have a range"
    if name in {column.name for column in table.columns}:
        return f"{table.name}.{name} may have no range; must be one of {', '.join(may)}"
    if name in allowed_columns(table):
        return f"{name} is an end of a range; name {table.column(name).name}, whose range it is"
    return f"no column of {table.name} is called {shown(name)!r}{did_you_mean(name, may)}"


def rows_that_meet(table: schema.TableSchema, rows: Sequence[Row], filters: Sequence[Filter]) -> list[Row]:
    """Return the rows that meet every filter.

    Raises: ValueError if there are none, or if a value of a filter is met by no row: it says which.
    """
    if not rows:
        message = f"{table.name} has no rows in this case"
        raise ValueError(message)
    unknown, left = [], list(rows)
    for condition in filters:
        present = dict.fromkeys(row[condition.column] for row in rows)
        unknown += [
            _unknown(table, condition.column, value, list(present))
            for value in condition.wanted
            if not any(map(value.meets, present))
        ]
    if unknown:
        raise ValueError(*unknown)
    for n, condition in enumerate(filters):
        cells = set(filter(condition.meets, {row[condition.column] for row in left}))
        kept = [row for row in left if row[condition.column] in cells]
        if not kept:
            met = ", ".join(map(str, filters[:n]))
            known = _listed(row[condition.column] for row in left)
            message = f"no row of {table.name} with {met} has {condition}; {condition.column} is {known} there"
            raise ValueError(message)
        left = kept
    return left


def _unknown(table: schema.TableSchema, column: str, value: object, known: Sequence[object]) -> str:
    if not isinstance(value, Name):
        return f"{table.name} has no {column} {value}; it has {_listed(known)}"
    is_called = "is called" if value.exact else "matches"
    return f"no {column} of {table.name} {is_called} {shown(value)!r}{did_you_mean(value.text, map(str, known))}"


def _listed(values: Iterable[object]) -> str:
    return shown(", ".join(sorted({"blank" if value is None else str(value) for value in values})))


def _without_column(text: str) -> str:
    """Return what is wrong with an edit that does not begin with TABLE.COLUMN."""
    first = _FIRST_WORD.match(text)
    table = schema.TABLE.get(first[1]) if first else None
    columns = editable(table) if table else []
    if first is None or table is None or not columns:
        return _misread(text, 0, "must begin with TABLE.COLUMN, or with TABLE add")
    return (
        f"{table.name} needs a column, as {table.name}.{columns[0]}{text[first.end() :]}; one of {', '.join(columns)}"
    )


def addition(entry: Mapping[str, Any]) -> Addition:
    """Read a row that is to be added: `table`, and its cells by column.

    Raises: ValueError, with a message for every fault.
    """
    table, cells = _table_and_cells(entry)
    row = _row(table, cells, _typed)
    return Addition(label("add", entry), table, row)


def removal(entry: Mapping[str, Any]) -> Removal:
    """Read which rows are to be removed: `table`, and filters by column.

    Raises: ValueError, with a message for every fault.
    """
    table, cells = _table_and_cells(entry)
    text = f"[{', '.join(f'{name}={value}' for name, value in cells.items())}]"
    filters, end = _filters(text, 0, table)
    if text[end:]:
        raise ValueError(_misread(text, end, "must end here"))
    return Removal(label("remove", entry), table, filters)


def label(verb: str, entry: Mapping[str, Any]) -> str:
    """Return how messages and the audit call a row to be added or removed: `add budget[year=2027]`."""
    table = schema.TABLE.get(str(entry.get("table")))
    names = table.key if verb == "add" and table else [name for name in entry if name != "table"]
    return f"{verb} {entry.get('table', '')}[{', '.join(f'{name}={entry[name]}' for name in names if name in entry)}]"


def key_of(table: schema.TableSchema, row: Row, *, year: bool = False) -> str:
    """Return the key of a row as text, with its year or without: `stage=hbm, supplier=micron, place=global`."""
    names = [name for name in table.key if year or name != "year"]
    said = [name for name in names if row[name] is not None or not table.column(name).added]
    return ", ".join(f"{name}={'' if row[name] is None else row[name]}" for name in said)


def named_table(name: str) -> schema.TableSchema:
    """Return the table of a name.

    Raises: ValueError if there is none.
    """
    if name not in schema.TABLE:
        message = f"no table is called {shown(name)!r}{did_you_mean(name, schema.TABLE)}"
        raise ValueError(message)
    return schema.TABLE[name]


def how_to_add(table: schema.TableSchema) -> str:
    """Return the edit that adds a row to a table, with its values left out: `budget add year=…, source=…`."""
    return f"{table.name} add {', '.join(f'{column.name}=…' for column in table.columns if not column.blank)}"


def _row(table: schema.TableSchema, cells: Mapping[str, Any], read: Callable[..., tuple[Any, str]]) -> Row:
    """Return a row of cells as a table holds it.

    Raises: ValueError, with a message for every fault.
    """
    columns = {name: table.column(name) for name in allowed_columns(table)}
    faults = [
        f"no column of {table.name} is called {shown(name)!r}{did_you_mean(name, columns)}"
        for name in cells
        if name not in columns
    ]
    row: dict[str, Any] = {}
    for name, column in columns.items():
        if name in cells or name == column.name:
            row[name], fault = read(column, cells.get(name, ""), blank=column.blank or name != column.name)
            faults += [f"column {name}: {fault}"] if fault else []
    faults = faults or [f"column {p.column}: {p.message}" for p in range_faults("", 0, row, table)]
    if faults:
        raise ValueError(*faults)
    return row


def _cells(text: str, start: int, table: schema.TableSchema) -> dict[str, str]:
    """Return the cells of a row that begin at `start`, by column."""
    like = f"; a row is added like {how_to_add(table)}"
    cells: dict[str, str] = {}
    position, more = start, True
    while more:
        match = _FILTER.match(text, position)
        if match is None:
            raise ValueError(_misread(text, position, "must be COLUMN=VALUE", like))
        if match[1] in cells:
            message = f"column {match[1]} is given twice; a column may stand once"
            raise ValueError(message)
        word = _WORD.match(text, match.end())
        if word is None or word[3] not in {None, ","}:
            fault = 'must be a value, in double quotes if it has one of , ] | " in it, and then a comma or the end'
            raise ValueError(_misread(text, match.end(), fault, like))
        cells[match[1]] = _unquoted(word)
        position, more = word.end() + 1, word[3] is not None
    return cells


def _unquoted(word: re.Match[str]) -> str:
    return word[2] or "" if word[1] is None else word[1].replace('""', '"')


def _table_and_cells(entry: Mapping[str, Any]) -> tuple[schema.TableSchema, dict[str, Any]]:
    if not isinstance(entry.get("table"), str):
        message = "column table: is missing; must be the name of a table"
        raise ValueError(message)  # noqa: TRY004 - a fault of the what-if, as all others
    return named_table(entry["table"]), {name: value for name, value in entry.items() if name != "table"}


def _typed(column: schema.ColumnSchema, value: object, *, blank: bool) -> tuple[Any, str]:
    """Return a cell given as TOML, and what is wrong with it or nothing."""
    if value is None or value == "":
        return read_cell(column, "", blank=blank)
    if not isinstance(value, {"text": str, "boolean": bool}.get(column.type, (int, float))):
        return None, f"{shown(value)!r}; must be {what_fits(column) if column.type != 'boolean' else 'true or false'}"
    return read_cell(column, str(value).lower() if isinstance(value, bool) else str(value), blank=blank)


def _target(table: schema.TableSchema, name: str) -> schema.ColumnSchema:
    may = editable(table)
    if name in may:
        return table.column(name)
    columns = [column.name for column in table.columns]
    if not may:
        message = f"{table.name} has no number that the solve sees"
    elif name in columns:
        message = f"{table.name}.{name} is no number that the solve sees; must be one of {', '.join(may)}"
    elif name in allowed_columns(table):
        message = f"{name} is an end of a range; edit {table.column(name).name}, and its range moves along"
    else:
        message = f"no column of {table.name} is called {shown(name)!r}{did_you_mean(name, may)}"
    raise ValueError(message)


def _filters(
    text: str, start: int, table: schema.TableSchema, like: str = _LIKE_EDIT
) -> tuple[tuple[Filter, ...], int]:
    """Return the filters in brackets that begin at `start`, if there are any, and where the text goes on."""
    if not text.startswith("[", start):
        return (), start
    empty = re.compile(r"\[\s*\]").match(text, start)
    if empty:
        return (), empty.end()
    filters: list[Filter] = []
    mark, position = ",", start + 1
    while mark == ",":
        match = _FILTER.match(text, position)
        if match is None:
            raise ValueError(_misread(text, position, "must be COLUMN=VALUE", like))
        column, position, mark = _filtered(table, match[1], filters), match.end(), "|"
        values = []
        while mark == "|":
            word = _WORD.match(text, position)
            if word is None:
                fault = "a value in quotes must end with a quote, then come , or | or ]"
                raise ValueError(_misread(text, position, fault, like))
            if word[3] is None:
                raise ValueError(_misread(text, start, "the bracket is not closed by ]", like))
            values.append(_value(column, word))
            position, mark = word.end() + 1, word[3]
        filters.append(Filter(column.name, tuple(values)))
    return tuple(filters), position


def _filtered(table: schema.TableSchema, name: str, before: Sequence[Filter]) -> schema.ColumnSchema:
    may = [c.name for c in table.columns if c.type == "text" or c.is_year]
    if name not in may:
        fault = f"no column of {table.name} is called {shown(name)!r}{did_you_mean(name, may)}"
        if name in allowed_columns(table):
            fault = f"{table.name}.{name} is no text and no year; a filter must be of {', '.join(may)}"
        raise ValueError(fault)
    if any(name == earlier.column for earlier in before):
        fault = f"two filters are of {name}; write one, with | between its values"
        raise ValueError(fault)
    return table.column(name)


def _value(column: schema.ColumnSchema, word: re.Match[str]) -> Name | Years:
    text = _unquoted(word)
    if not column.is_year:
        return Name(text, word[1] is not None)
    match = _YEARS.fullmatch(text)
    if match is None or not (match[1] or match[3]):
        message = f"{shown(text)!r} is no {column.name}; must be like 2027, 2027..2030, 2027.. or ..2030"
        raise ValueError(message)
    first = int(match[1] or schema.POSSIBLE_YEARS[0])
    last = int(match[3] or (schema.POSSIBLE_YEARS[-1] if match[2] else first))
    if last < first:
        message = f"{shown(text)!r} ends before it begins; must be {last}..{first}"
        raise ValueError(message)
    return Years(first, last, text)


def _operation(text: str) -> Operation:
    if match := _ASSIGN.fullmatch(text):
        kind, amount, until = match[1], float(match[2]), None
    elif match := _PERCENT.fullmatch(text):
        kind, amount = "%", float(match[1] + match[2])
        until = float(match[3] + match[4]) if match[3] else None
    elif match := _DELAY.fullmatch(text):
        kind, amount, until = "delay", float(match[1]), None
    else:
        what = f"{shown(text)!r} is no operation" if text else "the operation is missing"
        message = f"{what}; must be like {_OPERATIONS}"
        raise ValueError(message)
    if not math.isfinite(amount) or not math.isfinite(until or 0):
        message = f"{shown(text)!r}: the number is too large"
        raise ValueError(message)
    if kind == "/=" and amount == 0:
        message = f"{shown(text)!r}: nothing can be divided by 0"
        raise ValueError(message)
    return Operation(kind, amount, until)  # type: ignore[arg-type]  # the patterns allow these kinds alone


def _misread(text: str, position: int, fault: str, like: str = _LIKE_EDIT) -> str:
    rest = shown(text[position:].strip()) or "the end"
    return f"character {position + 1}, at {rest!r}: {fault}{like}"
