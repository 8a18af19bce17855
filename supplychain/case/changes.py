"""What-ifs: a case and a list of edits give another case, and every cell that changed.

An edit acts on the numbers of the case's years, as the solve sees them: a series is first written out for every year
of the case, then changed in the years named. Rows of years outside the case stay as they are. The range of a number
moves along in proportion, never beyond what the column allows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from supplychain import schema
from supplychain.case import in_order, vars_of
from supplychain.case.calendar import interpolated
from supplychain.case.checks import faults
from supplychain.case.edits import (
    Addition,
    Edit,
    Filter,
    Name,
    Removal,
    Step,
    addition,
    change,
    how_to_add,
    label,
    removal,
)
from supplychain.case.read import FolderContents
from supplychain.errors import ChangeError, ChangeProblem, Problem
from supplychain.tabular import Rows, allowed_columns, did_you_mean, in_range, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.tabular import Key, Row, Value

    Table: TypeAlias = tuple[Row, ...]
    Tables: TypeAlias = Mapping[str, Table]

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
    states: list[Tables] = [case.tables]
    problems: list[tuple[int, ChangeProblem]] = []
    audit: list[Changed] = []
    structural = False
    for n, (group, text, read) in enumerate(steps):
        tables = states[-1]
        try:
            step = read()
            old = tables[step.table.name]
            filled, new = _applied(case.years, old, step)
        except ValueError as error:
            problems += [(n, group.problem(text, message)) for message in error.args]
        else:
            audit += _differences(old, filled, step, group.name, written_out=True)
            audit += _differences(filled, new, step, group.name)
            tables = {**tables, step.table.name: new}
            structural |= _is_structural(step)
        states.append(tables)
    alone = bool(problems) or not structural
    if _faults(case, states[-1], alone=alone):
        problems += _faults_by_step(steps, [_faults(case, tables, alone=alone) for tables in states])
    if problems:
        place = "the changes"
        raise ChangeError(place, [problem for _, problem in sorted(problems, key=itemgetter(0))])
    tables, headers = dict(states[-1]), dict(case.headers)
    for name, rows in tables.items():
        if rows is not case.tables[name]:
            headers[name] = _header(headers[name], schema.TABLE[name], rows)
            tables[name] = _padded(schema.TABLE[name], headers[name], rows)
    return replace(case, tables=tables, headers=headers), tuple(audit)


def key_of(table: schema.TableSchema, row: Row, *, year: bool = False) -> str:
    """Return the key of a row as text, with its year or without: `stage=hbm, supplier=micron, place=global`."""
    names = [name for name in table.key if year or name != "year"]
    return ", ".join(f"{name}={'' if row[name] is None else row[name]}" for name in names)


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


def _series(table: schema.TableSchema, row: Row) -> Key:
    """Return the key of the series of which a row is one year."""
    return tuple(row[name] for name in table.key if name != "year")


def _applied(years: range, rows: Table, step: Step) -> tuple[Table, Table]:
    """Return a table written out as far as a step needs it, and after the step.

    Raises: ValueError if it matches nothing.
    """
    match step:
        case Edit():
            return _edited(years, rows, step)
        case Removal():
            return rows, _without_rows(step.table, rows, _selected(step.table, rows, step.filters))
        case Addition():
            if any(_key(step.table, row) == _key(step.table, step.row) for row in rows):
                message = f"{step.table.name} has a row of this key already; edit it, or remove it first"
                raise ValueError(message)
            return rows, in_order(step.table, [*rows, step.row])


def _edited(years: range, rows: Table, step: Edit) -> tuple[Table, Table]:
    table, operation = step.table, step.operation
    if not rows:
        message = f"{table.name} has no rows in this case; one is added with {how_to_add(table)!r}"
        raise ValueError(message)
    if step.column.series:
        others = [condition for condition in step.filters if condition.column != "year"]
        named = {_series(table, row) for row in _selected(table, rows, others)}
        rows = _written_out(table, rows, named, years)
    timed = "year" in table.key
    inside = [row for row in rows if not timed or row["year"] in years]
    if not inside:
        message = f"{table.name} has no row of a year of the case, which are {years[0]}-{years[-1]}"
        raise ValueError(message)
    selected = _selected(table, inside, step.filters)
    if operation.kind == "delay":
        if step.column.series:
            return rows, _delayed_series(step, rows, selected)
        return rows, _delayed_rows(step, rows, selected, years)
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
    return rows, _with_numbers(step, rows, new)


def _selected(table: schema.TableSchema, rows: Sequence[Row], filters: Sequence[Filter]) -> list[Row]:
    """Return the rows that meet every filter.

    Raises: ValueError if there are none, or if a value of a filter is met by no row of the table.
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


def _written_out(table: schema.TableSchema, rows: Table, named: set[Key], years: range) -> Table:
    """Return a table with a row for every year of the case in the series named, which stay what they were."""
    rows_of: dict[Key, dict[int, Row]] = {}
    for row in rows:
        key = _series(table, row)
        if key in named:
            rows_of.setdefault(key, {})[row["year"]] = row
    new = [_between(table, series, year) for series in rows_of.values() for year in years if year not in series]
    return in_order(table, [*rows, *new]) if new else rows


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


def _delayed_series(step: Edit, rows: Table, selected: Sequence[Row]) -> Table:
    """Give each year selected the value of some years before, or the first value of its series.

    Between two years a series is linear, so that a delay by a part of a year lies between those by whole ones. The
    series are written out, so that one that begins after the case does has 0 as its first value.
    """
    table, column, by = step.table, step.column, step.operation.amount
    points_of: dict[Key, dict[int, float]] = {}
    for row in rows:
        points_of.setdefault(_series(table, row), {})[row["year"]] = column.number(row[column.name])
    new = {}
    for row in selected:
        points, year = points_of[_series(table, row)], row["year"] - by
        new[id(row)] = interpolated(points, [year], "price")[year]
    return _with_numbers(step, rows, new)


def _delayed_rows(step: Edit, rows: Table, selected: Sequence[Row], years: range) -> Table:
    """Move rows to another year; those that leave the years of the case are dropped."""
    table, by = step.table, int(step.operation.amount)
    stay = _without_rows(table, rows, selected)
    moved = [{**row, "year": row["year"] + by} for row in selected if row["year"] + by in years]
    taken = {_key(table, row) for row in stay}
    clash = next((row for row in moved if _key(table, row) in taken), None)
    if clash:
        message = f"{table.name}[{key_of(table, clash, year=True)}] is there already; a row cannot move onto it"
        raise ValueError(message)
    return in_order(table, [*stay, *moved])


def _without_rows(table: schema.TableSchema, rows: Table, gone: Iterable[Row]) -> Table:
    keys = {_key(table, row) for row in gone}
    return tuple(row for row in rows if _key(table, row) not in keys)


def _with_numbers(step: Edit, rows: Table, new: Mapping[int, float]) -> Table:
    """Return a table with new numbers by the identity of their row; each range keeps its proportion to its number."""
    column, changed = step.column, []
    for row in rows:
        old = column.number(row[column.name])
        value = new.get(id(row), old)
        if value != old:
            whole = column.type == "integer" and value % 1 == 0
            row = {**row, column.name: int(value) if whole else float(value)}  # noqa: PLW2901 - the same row, changed
            for name in (column.name + schema.LOW, column.name + schema.HIGH):
                if row.get(name) is not None:
                    row[name] = _end(column, row[name], old, value)
        changed.append(row)
    return tuple(changed)


def _end(column: schema.ColumnSchema, end: float, old: float, new: float) -> float | None:
    """Return where the end of a number's range moves, within what the column allows; from 0, nowhere."""
    if not old or not math.isfinite(new):
        return None
    least, most = column.minimum or 0, math.inf if column.maximum is None else column.maximum
    moved = min(max(new * (end / old), least), most)
    return round(moved) if column.type == "integer" else moved


def _differences(
    before: Table, after: Table, step: Step, group: str, *, written_out: bool = False
) -> Iterator[Changed]:
    """Yield every cell in which two states of a table differ."""
    if before is after:
        return
    table = step.table
    ids_before, ids_after = ({id(row) for row in rows} for rows in (before, after))
    old = {_key(table, row): row for row in before if id(row) not in ids_after}
    new = {_key(table, row): row for row in after if id(row) not in ids_before}
    for key in dict.fromkeys([*old, *new]):
        was, now = old.get(key, {}), new.get(key, {})
        what: What = "changed" if was and now else "removed" if was else "filled" if written_out else "added"
        row = was or now
        year = row["year"] if "year" in table.key else None
        for column in dict.fromkeys([*was, *now]):
            cells = was.get(column), now.get(column)
            if column not in table.key and cells[0] != cells[1]:
                yield Changed(step.text, group, what, table.name, key_of(table, row), year, column, *cells)


def _faults(case: Case, tables: Tables, *, alone: bool) -> dict[tuple[str, str], str]:
    """Return what is wrong with changed tables, by table and column, and by row; or with cells `alone`."""
    problems = [p for name, rows in tables.items() for p in _out_of_range(schema.TABLE[name], case.tables[name], rows)]
    if not alone:
        numbered = {
            name: Rows(schema.TABLE[name], case.headers[name], rows, tuple(range(_HEADER + 1, _HEADER + 1 + len(rows))))
            for name, rows in tables.items()
        }
        problems = faults(FolderContents(vars_of(case.settings), numbered, problems))
    messages: dict[tuple[str, str], str] = {}
    for problem in problems:
        name = problem.file.removesuffix(".csv")
        place = ""
        if problem.row:
            place = f"[{key_of(schema.TABLE[name], tables[name][problem.row - _HEADER - 1], year=True)}]"
        messages[f"{name}.{problem.column}" if problem.column else name, place] = problem.message
    return messages


def _out_of_range(table: schema.TableSchema, before: Table, rows: Table) -> Iterator[Problem]:
    """Yield the numbers of rows that changed which are not what their column allows."""
    if rows is before:
        return
    if table.required and not rows:
        yield Problem(table.file, 0, "", "has no rows left; needs at least one")
    same = {id(row) for row in before}
    numbers = [column for column in table.columns if column.type in {"number", "integer"}]
    for line, row in enumerate(rows, _HEADER + 1):
        if id(row) in same:
            continue
        for column in numbers:
            fault = in_range(column, row[column.name])[1] if row[column.name] is not None else ""
            if fault:
                yield Problem(table.file, line, column.name, fault)


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


def _header(header: tuple[str, ...], table: schema.TableSchema, rows: Table) -> tuple[str, ...]:
    """Return a header with the columns that rows which were added have beside it."""
    names = header or tuple(column.name for column in table.columns)
    more = [n for n in allowed_columns(table) if n not in names and any(row.get(n) is not None for row in rows)]
    return (*names, *more) if more else header


def _padded(table: schema.TableSchema, header: tuple[str, ...], rows: Table) -> Table:
    """Return rows that all have every column of the header, as rows that were read have."""
    blank = dict.fromkeys([*(column.name for column in table.columns), *header])
    return tuple(row if len(row) == len(blank) else {**blank, **row} for row in rows)
