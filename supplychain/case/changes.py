"""What-ifs: a case and a list of edits give another case, and every cell that changed.

An edit acts on the numbers of the case's years, as the solve sees them: a series is first written out for every year
of the case, then changed in the years named. Rows of years outside the case stay as they are. The range of a number
moves along in proportion, never beyond what the column allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from supplychain import schema
from supplychain.case import by_series, in_order, row_key, series_names, series_of, vars_of, with_series
from supplychain.case.calendar import interpolated
from supplychain.case.checks import faults
from supplychain.case.edits import (
    Addition,
    Edit,
    Filter,
    Removal,
    Step,
    addition,
    change,
    how_to_add,
    key_of,
    label,
    removal,
    rows_that_meet,
)
from supplychain.case.read import FolderContents
from supplychain.errors import ChangeError, ChangeProblem, Problem
from supplychain.tabular import Rows, allowed_columns, in_range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from supplychain.case import Case, Series
    from supplychain.tabular import Key, Row, Value

    Tables: TypeAlias = Mapping[str, tuple[Row, ...]]
    Changes: TypeAlias = Mapping[str, Series]
    """The tables that are not what they were."""
    _Fault: TypeAlias = tuple[str, Row | None, str, str]
    """A table, a row of it or none, a column, and what is wrong."""

What: TypeAlias = Literal["changed", "added", "removed", "filled"]

CHANGES = "changes"
"""The group of edits that are given without one."""
_HEADER = 1
"""Rows above the first one, as a spreadsheet counts."""


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that belong together. Edits come first, then rows are removed, then added."""

    name: str
    edits: tuple[str, ...] = ()
    """Numbers to change, and rows to add, as text."""
    add: tuple[Mapping[str, Any], ...] = ()
    """Rows: `table`, and cells by column."""
    remove: tuple[Mapping[str, Any], ...] = ()
    """Which rows: `table`, and filters by column, written as those of an edit."""

    def steps(self) -> Iterator[tuple[str, Callable[[], Step]]]:
        """Yield each change as messages call it, and what reads it or raises ValueError."""
        for text in self.edits:
            yield text, partial(change, text)
        for entry in self.remove:
            yield label("remove", entry), partial(removal, entry)
        for entry in self.add:
            yield label("add", entry), partial(addition, entry)

    def problem(self, text: str, message: object) -> ChangeProblem:
        """Return a fault of one of its changes."""
        return ChangeProblem("" if self.name == CHANGES else f"group {self.name}", text, str(message))


@dataclass(frozen=True, slots=True)
class Changed:
    """One cell that differs after a change."""

    edit: str
    group: str
    what: What
    """`filled`: the year had no row, and the number is what the series was in that year."""
    table: str
    key: str
    """Key columns beside the year: `stage=hbm, supplier=micron, place=global`."""
    year: int | None
    column: str
    old: Value
    new: Value


def apply(case: Case, changes: Iterable[Group | str]) -> tuple[Case, tuple[Changed, ...]]:
    """Return the case with changes made in order, and every cell that changed; the case itself stays as it is.

    `changes` are groups; edits that are plain text are of the group `changes`. A row that is added or removed has an
    entry for each of its cells outside the key that is not blank.

    Raises: ChangeError, which names every change that cannot be read, matches nothing or makes the case invalid.
    """
    listed = [changes] if isinstance(changes, str) else changes
    groups = [Group(CHANGES, (change,)) if isinstance(change, str) else change for change in listed]
    steps = [(group, text, read) for group in groups for text, read in group.steps()]
    states: list[Changes] = [{}]
    problems: list[tuple[int, ChangeProblem]] = []
    audit: list[Changed] = []
    structural = False
    for n, (group, text, read) in enumerate(steps):
        state = states[-1]
        try:
            step = read()
            name = step.table.name
            old = state[name] if name in state else by_series(case, name)
            filled, new = _applied(case.years, old, step)
        except ValueError as error:
            problems += [(n, group.problem(text, message)) for message in error.args]
        else:
            audit += _differences(old, filled, step, group.name, written_out=True)
            audit += _differences(filled, new, step, group.name)
            state = {**state, name: new}
            structural |= _is_structural(step)
        states.append(state)
    alone = bool(problems) or not structural
    if _faults(case, states[-1], alone=alone):
        problems += _faults_by_step(steps, [_faults(case, state, alone=alone) for state in states])
    if problems:
        place = "the changes"
        raise ChangeError(place, [problem for _, problem in sorted(problems, key=itemgetter(0))])
    series, headers = dict(states[-1]), dict(case.headers)
    for name, new in series.items():
        table, before = schema.TABLE[name], by_series(case, name)
        header = _header(headers[name], table, list(_rows_not_in(new, before)))
        same = before if header == headers[name] else {}
        series[name] = {k: rows if rows is same.get(k) else _padded(table, header, rows) for k, rows in new.items()}
        headers[name] = header
    return with_series(case, series, headers), tuple(audit)


def _is_structural(step: Step) -> bool:
    """Whether a change may concern what the checks between tables read: anything but numbers of the LP.

    Of those the checks read no more than which are blank. A series that is written out has no other keys than before.
    """
    if not isinstance(step, Edit) or not step.column.param:
        return True
    fills, moves_rows = step.operation.kind == "=", step.operation.kind == "delay"
    return (fills and step.column.blank) or (moves_rows and not step.column.series)


def _key(table: schema.TableSchema, row: Row) -> Key:
    return tuple(row[name] for name in table.key)


def _applied(years: range, series: Series, step: Step) -> tuple[Series, Series]:
    """Return a table written out as far as a step needs it, and after the step.

    Raises: ValueError if it matches nothing.
    """
    match step:
        case Edit():
            return _edited(years, series, step)
        case Removal():
            return series, _without_rows(step.table, series, _selected(step.table, series, step.filters))
        case Addition():
            if _is_there(step.table, series, step.row):
                message = f"{step.table.name} has a row of this key already; edit it, or remove it first"
                raise ValueError(message)
            return series, _with_rows(step.table, series, [step.row])


def _edited(years: range, series: Series, step: Edit) -> tuple[Series, Series]:
    table, operation = step.table, step.operation
    if not series:
        message = f"{table.name} has no rows in this case; one is added with {how_to_add(table)!r}"
        raise ValueError(message)
    if step.column.series:
        others = [condition for condition in step.filters if condition.column != "year"]
        series = _written_out(table, series, _selected(table, series, others), years)
    selected = _selected(table, series, step.filters, years if "year" in table.key else None)
    if operation.kind == "delay":
        if step.column.series:
            return series, _delayed_series(step, series, selected)
        return series, _delayed_rows(step, series, selected, years)
    if operation.kind != "=" and all(step.column.number(row[step.column.name]) is None for row in selected):
        message = f"{step.column.name} is blank in every row selected; give it a value with ="
        raise ValueError(message)
    ways = {row["year"] for row in selected} if operation.until is not None else set()
    first, last = min(ways, default=0), max(ways, default=0)
    if ways and first == last:
        message = f"only the year {first} is selected; a change from year to year needs two years or more"
        raise ValueError(message)
    new = {}
    for row in selected:
        old = step.column.number(row[step.column.name])
        if old is not None or operation.kind == "=":
            way = (row["year"] - first) / (last - first) if ways else 0.0
            new[id(row)] = operation.of(old, way)
    return series, _with_numbers(step, series, selected, new)


def _selected(
    table: schema.TableSchema, series: Series, filters: Sequence[Filter], years: range | None = None
) -> list[Row]:
    """Return the rows that meet every filter, of some years alone where these are given.

    Where every value of a filter is met by one of them, no other row is read.

    Raises: ValueError if there are none, or if a value of a filter is met by no row of the table.
    """
    names, keys = series_names(table), list(series)
    for condition in filters:
        if condition.column in names:
            at = names.index(condition.column)
            cells = set(filter(condition.meets, {key[at] for key in keys}))
            keys = [key for key in keys if key[at] in cells]
    others = [condition for condition in filters if condition.column not in names]
    rows = [
        row
        for key in keys
        for row in series[key]
        if (years is None or row["year"] in years) and all(other.meets(row[other.column]) for other in others)
    ]
    wanted = ((condition.column, value) for condition in filters for value in condition.wanted)
    if rows and all(any(value.meets(row[column]) for row in rows) for column, value in wanted):
        return rows
    every = [row for rows in series.values() for row in rows]
    inside = [row for row in every if years is None or row["year"] in years]
    if every and not inside and years:
        message = f"{table.name} has no row of a year of the case, which are {years[0]}-{years[-1]}"
        raise ValueError(message)
    return rows_that_meet(table, inside, filters)


def _written_out(table: schema.TableSchema, series: Series, named: Iterable[Row], years: range) -> Series:
    """Return a table with a row for every year of the case in the series of some rows, which stay what they were."""
    new = []
    for key in dict.fromkeys(series_of(table, row) for row in named):
        given = {row["year"]: row for row in series[key]}
        new += [_between(table, given, year) for year in years if year not in given]
    return _with_rows(table, series, new)


def _between(table: schema.TableSchema, series: Mapping[int, Row], year: int) -> Row:
    """Return what a series is in a year that has no row, with the other columns of the nearest row before."""
    before = max((t for t in series if t < year), default=None)
    after = min((t for t in series if t > year), default=None)
    around = [t for t in (before, after) if t is not None]
    row = {**series[around[0]], "year": year}
    for column in table.columns:
        if not column.series:
            continue
        if any(series[t][column.name] is not None for t in around):
            points = {t: column.number(series[t][column.name]) for t in around}
            row[column.name] = interpolated(points, [year], column.series)[year]
        for end, within in ((schema.LOW, min), (schema.HIGH, max)):
            name = column.name + end
            ends = {t: series[t][name] for t in around if series[t].get(name) is not None}
            known = len(ends) == len(around) and (before is not None or column.series == "price")
            if known:
                row[name] = within(interpolated(ends, [year], column.series)[year], row[column.name])
            elif name in row:
                row[name] = None
    return row


def _delayed_series(step: Edit, series: Series, selected: Sequence[Row]) -> Series:
    """Give each year selected the value of some years before, or the first value of its series.

    Between two years a series is linear, so that a delay by a part of a year lies between those by whole ones. The
    series are written out, so that one that begins after the case does has 0 as its first value.
    """
    table, column, by = step.table, step.column, step.operation.amount
    keys = dict.fromkeys(series_of(table, row) for row in selected)
    points_of = {key: {row["year"]: column.number(row[column.name]) for row in series[key]} for key in keys}
    new = {}
    for row in selected:
        points, year = points_of[series_of(table, row)], row["year"] - by
        new[id(row)] = interpolated(points, [year], "price")[year]
    return _with_numbers(step, series, selected, new)


def _delayed_rows(step: Edit, series: Series, selected: Sequence[Row], years: range) -> Series:
    """Move rows to another year; those that leave the years of the case are dropped."""
    table, by = step.table, int(step.operation.amount)
    stay = _without_rows(table, series, selected)
    moved = [{**row, "year": row["year"] + by} for row in selected if row["year"] + by in years]
    clash = next((row for row in moved if _is_there(table, stay, row)), None)
    if clash:
        message = f"{table.name}[{key_of(table, clash, year=True)}] is there already; a row cannot move onto it"
        raise ValueError(message)
    return _with_rows(table, stay, moved)


def _is_there(table: schema.TableSchema, series: Series, row: Row) -> bool:
    """Whether a table has a row of the same key."""
    return any(row_key(table, other) == row_key(table, row) for other in series.get(series_of(table, row), ()))


def _with_rows(table: schema.TableSchema, series: Series, more: Iterable[Row]) -> Series:
    """Return a table with more rows, in order."""
    grown: dict[Key, list[Row]] = {}
    for row in more:
        key = series_of(table, row)
        grown.setdefault(key, [*series.get(key, ())]).append(row)
    if not grown:
        return series
    new = {**series, **{key: in_order(table, rows) for key, rows in grown.items()}}
    if grown.keys() <= series.keys():
        return new
    return dict(sorted(new.items(), key=lambda item: tuple("" if cell is None else cell for cell in item[0])))


def _without_rows(table: schema.TableSchema, series: Series, gone: Iterable[Row]) -> Series:
    """Return a table without some of its rows."""
    gone = list(gone)
    ids, new = {id(row) for row in gone}, dict(series)
    for key in dict.fromkeys(series_of(table, row) for row in gone):
        new[key] = tuple(row for row in series[key] if id(row) not in ids)
        if not new[key]:
            del new[key]
    return new


def _with_numbers(step: Edit, series: Series, selected: Iterable[Row], new: Mapping[int, float]) -> Series:
    """Return a table with new numbers by the identity of their row; each range keeps its proportion to its number."""
    changed = {}
    for key in dict.fromkeys(series_of(step.table, row) for row in selected):
        rows = tuple(_with_number(step.column, row, new[id(row)]) if id(row) in new else row for row in series[key])
        if any(row is not old for row, old in zip(rows, series[key], strict=True)):
            changed[key] = rows
    return {**series, **changed}


def _with_number(column: schema.ColumnSchema, row: Row, value: float) -> Row:
    """Return a row with another number; the row itself if it has that number already."""
    old = column.number(row[column.name])
    if value == old:
        return row
    whole = column.type == "integer" and value % 1 == 0
    row = {**row, column.name: int(value) if whole else float(value)}
    low, high = column.name + schema.LOW, column.name + schema.HIGH
    for name in (low, high):
        if row.get(name) is not None:
            row[name] = _end(column, row[name], old, value)
    if row.get(low) is not None and row.get(high) is not None and row[low] > row[high]:  # the sign has changed
        row[low], row[high] = row[high], row[low]
    return row


def _end(column: schema.ColumnSchema, end: float, old: float, new: float) -> float | None:
    """Return where the end of a number's range moves, within what the column allows; from 0, nowhere."""
    if not old or not math.isfinite(new):
        return None
    least = -math.inf if column.minimum is None else column.minimum
    most = math.inf if column.maximum is None else column.maximum
    moved = float(min(max(new * (end / old), least), most))
    return round(moved) if column.type == "integer" else moved


def _differences(
    before: Series, after: Series, step: Step, group: str, *, written_out: bool = False
) -> Iterator[Changed]:
    """Yield every cell in which two states of a table differ."""
    table = step.table
    old, new = (
        {row_key(table, row): row for row in rows}
        for rows in (_rows_not_in(before, after), _rows_not_in(after, before))
    )
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key, {}), new.get(key, {})
        what: What = "changed" if was and now else "removed" if was else "filled" if written_out else "added"
        row = was or now
        year = row["year"] if "year" in table.key else None
        for column in dict.fromkeys([*was, *now]):
            cells = was.get(column), now.get(column)
            if column not in table.key and cells[0] != cells[1]:
                yield Changed(step.text, group, what, table.name, key_of(table, row), year, column, *cells)


def _rows_not_in(one: Series, other: Series) -> Iterator[Row]:
    """Yield the rows of a state of a table that another has not."""
    if one is other:
        return
    for key, rows in one.items():
        others = other.get(key, ())
        if rows is not others:
            ids = {id(row) for row in others}
            yield from (row for row in rows if id(row) not in ids)


def _faults(case: Case, changed: Changes, *, alone: bool) -> dict[tuple[str, str], str]:
    """Return what is wrong with changed tables, by table and column, and by row; or with cells `alone`."""
    names = [name for name in case.tables if name in changed]
    found = [
        fault for name in names for fault in _out_of_range(schema.TABLE[name], by_series(case, name), changed[name])
    ]
    if not alone:
        tables = {name: tuple(chain.from_iterable(changed[name].values())) for name in names}
        found = _faults_of_all(case, {**case.tables, **tables}, found)
    messages: dict[tuple[str, str], str] = {}
    for name, row, column, message in found:
        place = f"[{key_of(schema.TABLE[name], row, year=True)}]" if row else ""
        messages[f"{name}.{column}" if column else name, place] = message
    return messages


def _faults_of_all(case: Case, tables: Tables, found: Iterable[_Fault]) -> list[_Fault]:
    """Return what is wrong within tables and between them, and what was found in changed cells."""
    line_of = {id(row): line for rows in tables.values() for line, row in enumerate(rows, _HEADER + 1)}
    problems = [
        Problem(schema.TABLE[name].file, line_of[id(row)] if row else 0, column, message)
        for name, row, column, message in found
    ]
    numbered = {
        name: Rows(schema.TABLE[name], case.headers[name], rows, tuple(range(_HEADER + 1, _HEADER + 1 + len(rows))))
        for name, rows in tables.items()
    }
    every = []
    for problem in faults(FolderContents(vars_of(case.settings), numbered, problems)):
        name = problem.file.removesuffix(".csv")
        row = tables[name][problem.row - _HEADER - 1] if problem.row else None
        every.append((name, row, problem.column, problem.message))
    return every


def _out_of_range(table: schema.TableSchema, before: Series, after: Series) -> Iterator[_Fault]:
    """Yield the numbers of rows that changed which are not what their column allows."""
    if table.required and not after:
        yield table.name, None, "", "has no rows left; needs at least one"
    numbers = [column for column in table.columns if column.type in {"number", "integer"}]
    for row in _rows_not_in(after, before):
        for column in numbers:
            fault = in_range(column, row[column.name])[1] if row[column.name] is not None else ""
            if fault:
                yield table.name, row, column.name, fault


def _faults_by_step(
    steps: Sequence[tuple[Group, str, object]], by_state: Sequence[Mapping[tuple[str, str], str]]
) -> Iterator[tuple[int, ChangeProblem]]:
    """Yield the faults of the last state, one for each column and the step since which they are there."""
    likewise: dict[tuple[int, str], list[str]] = {}
    for (what, row), message in by_state[-1].items():
        since = next(n for n in reversed(range(len(steps))) if (what, row) not in by_state[n])
        likewise.setdefault((since, what), []).append(f"{what}{row}: {message}")
    for (n, _), messages in likewise.items():
        group, text, _ = steps[n]
        more = f"; and {len(messages) - 1} more" if messages[1:] else ""
        yield n, group.problem(text, messages[0] + more)


def _header(header: tuple[str, ...], table: schema.TableSchema, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return a header with the columns that rows which were added have beside it."""
    names = header or tuple(column.name for column in table.columns)
    more = [n for n in allowed_columns(table) if n not in names and any(row.get(n) is not None for row in rows)]
    return (*names, *more) if more else header


def _padded(table: schema.TableSchema, header: tuple[str, ...], rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return rows that all have every column of the header, as rows that were read have."""
    blank = dict.fromkeys([*(column.name for column in table.columns), *header])
    return tuple(row if len(row) == len(blank) else {**blank, **row} for row in rows)
