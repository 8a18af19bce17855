"""What each change of a what-if did, in words, and where it may not be what was meant.

Cells before and after are compared here and nowhere else, from the audit of the changes. Warnings are of three kinds:

- a number changes more than tenfold;
- years that have no row of their own change, as a row beside them was added or removed: they are interpolated;
- capacity in hand (`capacity.capacity`) of a stage moves in a place, and its options there (`expansion.max_expansion`)
  do not, or the other way round. All changes of the what-if count together.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from supplychain import schema
from supplychain.case.calendar import interpolated
from supplychain.case.edits import key_of
from supplychain.tolerances import FAR_MOVED, SHOWN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.case.changes import Changed, Group
    from supplychain.tabular import Value

    Pool: TypeAlias = tuple[str, str]
    """A stage and a place."""

_OF_STAGE = "units of the stage"
_LISTED = 4
"""Years, or pools, that a warning lists before it only counts."""

_IN_HAND, _OPTIONS = ("capacity", "capacity"), ("expansion", "max_expansion")
_PAIRS = ((_IN_HAND, _OPTIONS), (_OPTIONS, _IN_HAND))
CAPACITIES = (_IN_HAND, _OPTIONS)
"""Tables and columns that say how much there is of a stage, and how much more there may be."""
_HALF_MOVED = {
    _IN_HAND: "capacity in hand of {} changes, its options to add more ({}) do not; change both if both are meant",
    _OPTIONS: "options to add capacity of {} change, its capacity in hand ({}) does not; change both if both are meant",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change did."""

    edit: str
    group: str
    cells: tuple[Changed, ...]
    """Every cell that it changed, as in the audit."""
    summary: str
    """In words: `3 cells, 2,400 -> 500 MW`."""
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the edit with its summary in one line, and a line for each warning."""
        return [f"{self.edit}: {self.summary}", *(f"  Warning: {warning}" for warning in self.warnings)]


def effects(case: Case, groups: Iterable[Group], audit: Sequence[Changed]) -> tuple[Effect, ...]:
    """Return what each change did, in order: of groups that were made, with their audit, which left a case."""
    words = _Words(case)
    split = list(_by_change(groups, audit))
    warnings: list[list[str]] = [[*words.far_moved(cells)] for _, _, cells in split]
    for (table, key), series_cells in _of_series(audit).items():
        last = max(n for n, (_, _, cells) in enumerate(split) if any(_is_row_of(cell, table, key) for cell in cells))
        warnings[last] += words.filled_between(table, key, series_cells)
    for one, other in _PAIRS:
        alone = words.moved_alone(one, other, audit)
        for n, (_, _, cells) in enumerate(split):
            here = alone & words.moved(one, cells)
            warnings[n] += words.half_moved(one, other, here)
            alone -= here
    return tuple(
        Effect(edit, group, cells, words.summary(cells), tuple(said))
        for (edit, group, cells), said in zip(split, warnings, strict=True)
    )


def half_moved(case: Case, audit: Sequence[Changed]) -> list[str]:
    """Return where changes, which left a case, move capacity in hand and not the options, or the other way round."""
    words = _Words(case)
    return [
        said for one, other in _PAIRS for said in words.half_moved(one, other, words.moved_alone(one, other, audit))
    ]


def is_number(cell: Changed) -> bool:
    """Whether a cell is a number of its column and no end of its range."""
    return schema.TABLE[cell.table].column(cell.column).name == cell.column and any(
        isinstance(value, (int, float)) and not isinstance(value, bool) for value in (cell.old, cell.new)
    )


def shown_value(table: str, column: str, value: Value) -> str:
    """Return a cell as people read it: years without a comma, other numbers with thousands apart.

    >>> shown_value("capacity", "capacity", 2400.0), shown_value("capacity", "year", 2026)
    ('2,400', '2026')
    """
    if value is None:
        return "blank"
    if isinstance(value, (str, bool)) or schema.TABLE[table].column(column).is_year:
        return str(value)
    return f"{significant(value, SHOWN_DIGITS):,.15g}"


def _by_change(groups: Iterable[Group], audit: Iterable[Changed]) -> Iterator[tuple[str, str, tuple[Changed, ...]]]:
    """Yield each change with its group and its cells.

    Where the same change is made twice, a cell that comes again is of the second.
    """
    rest = deque(audit)
    for group in groups:
        for text, _ in group.steps():
            cells: dict[tuple[bool, str, int | None, str], Changed] = {}
            while rest and (rest[0].group, rest[0].edit) == (group.name, text):
                cell = rest[0]
                place = (cell.what == "filled", cell.key, cell.year, cell.column)
                if place in cells:
                    break
                cells[place] = rest.popleft()
            yield text, group.name, tuple(cells.values())


def _is_row_of(cell: Changed, table: str, key: str) -> bool:
    return (cell.table, cell.key) == (table, key) and cell.what in {"added", "removed"}


def _of_series(audit: Iterable[Changed]) -> dict[tuple[str, str], list[Changed]]:
    """Return by table and key the cells of series of which a row was added or removed."""
    cells: dict[tuple[str, str], list[Changed]] = defaultdict(list)
    for cell in audit:
        if schema.TABLE[cell.table].column(cell.column).series:
            cells[cell.table, cell.key].append(cell)
    return {place: listed for place, listed in cells.items() if any(_is_row_of(cell, *place) for cell in listed)}


class _Words:
    """What is said of changes, with the units of the case that they left."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._stage_units = {row["stage"]: row["unit"] for row in case.tables["stages"]}
        self._rows = {
            (table.name, key_of(table, row)): row for table in schema.TABLES for row in case.tables[table.name]
        }

    def summary(self, cells: Iterable[Changed]) -> str:
        """Return what became of the cells of one change."""
        columns: dict[tuple[str, str], list[Changed]] = defaultdict(list)
        rows: dict[str, set[tuple[str, int | None]]] = defaultdict(set)
        for cell in cells:
            if cell.what == "changed" and is_number(cell):
                columns[cell.table, cell.column].append(cell)
            elif cell.what in {"added", "removed"}:
                rows[cell.what].add((cell.key, cell.year))
        parts = []
        for (_, column), changed in columns.items():
            name = f"{column} " if len(columns) > 1 else ""
            parts.append(f"{name}{_counted(len(changed), 'cell')}, {self._span(changed)}")
        parts += [f"{_counted(len(rows[what]), 'row')} {what}" for what in ("removed", "added") if rows[what]]
        return "; ".join(parts) or "nothing changes"

    def far_moved(self, cells: Iterable[Changed]) -> Iterator[str]:
        """Numbers that change more than tenfold; to and from 0 nothing can be said."""
        far = {}
        for cell in cells:
            if cell.what == "changed" and is_number(cell) and cell.old and cell.new:
                factor = significant(cell.new / cell.old, SHOWN_DIGITS)  # type: ignore[operator]  # numbers, as asked
                if max(factor, 1 / factor) > FAR_MOVED:
                    far[cell] = factor
        if far:
            cell = max(far, key=lambda cell: max(far[cell], 1 / far[cell]))
            factor = max(far[cell], 1 / far[cell])
            times = f"{significant(factor, 3):,.15g} times {'less' if far[cell] < 1 else 'more'}"
            which = f"{_counted(len(far), 'number')} change{'s' * (len(far) == 1)} more than tenfold"
            yield f"{which}: {self._span([cell])} ({times}) at {_place(cell)}; check the unit"

    def filled_between(self, table: str, key: str, cells: Sequence[Changed]) -> Iterator[str]:
        """Years without a row of their own that lie between two rows and change."""
        row = self._rows.get((table, key))
        if row is None:
            return
        for column in schema.TABLE[table].columns:
            if not column.series:
                continue
            rows = (r for r in self._case.tables[table] if key_of(schema.TABLE[table], r) == key)
            now = {r["year"]: column.number(r[column.name]) for r in rows}
            was = _undone(now, [cell for cell in cells if cell.column == column.name], column)
            between = [year for year in self._case.years if year not in now and min(now) < year < max(now)]
            new, level = interpolated(now, between, column.series), _level(now, between)
            old = interpolated(was, between, column.series) if was else level
            moved = {year: new[year] for year in between if new[year] != old[year]}
            if moved:
                listed = [f"{year} becomes {shown_value(table, column.name, value)}" for year, value in moved.items()]
                unit = _with_space(self.unit(column, row))
                yield (
                    f"{column.name} of {key or table} is interpolated in years that have no row: "
                    f"{_some(listed, 'years')}{unit}; give those years rows of their own if that is not meant"
                )

    @staticmethod
    def half_moved(one: tuple[str, str], other: tuple[str, str], pools: Iterable[Pool]) -> Iterator[str]:
        """Stages of which one of capacity in hand and options is moved and the other is not; of all one warning."""
        places: dict[str, list[str]] = defaultdict(list)
        for stage, place in sorted(pools):
            places[stage].append(place)
        if len(places) > 1:
            yield _HALF_MOVED[one].format(_some(list(places), "stages"), ".".join(other))
        for stage, names in places.items() if len(places) == 1 else ():
            where = "" if names == [schema.GLOBAL] else f" in {_some(names, 'places')}"
            yield _HALF_MOVED[one].format(f"{stage}{where}", f"{'.'.join(other)}[stage={stage}]")

    def moved_alone(self, one: tuple[str, str], other: tuple[str, str], cells: Sequence[Changed]) -> set[Pool]:
        """Return the stages and places of which cells of one column changed, and of another, which has some, none."""
        return (self.moved(one, cells) & self._there(other)) - self.moved(other, cells)

    def moved(self, column: tuple[str, str], cells: Iterable[Changed]) -> set[Pool]:
        """Return the stages and places of which cells of a column changed."""
        rows = (
            self._rows.get((cell.table, cell.key))
            for cell in cells
            if (cell.table, cell.column) == column and cell.what != "filled"
        )
        return {(row["stage"], row["place"]) for row in rows if row is not None}

    def _there(self, column: tuple[str, str]) -> set[Pool]:
        """Return the stages and places that a table has amounts of in years of the case."""
        table, name = column
        rows = self._case.tables[table]
        series = bool(schema.TABLE[table].column(name).series)
        return {
            (row["stage"], row["place"]) for row in rows if row[name] and (series or row["year"] in self._case.years)
        }

    def unit(self, column: schema.ColumnSchema, row: Mapping[str, object]) -> str:
        """Return the unit of a cell, in which the stage of its row has its own: `MW`."""
        if _OF_STAGE not in column.unit:
            return column.unit
        if not row.get("stage"):
            return "units"
        return column.unit.rpartition("units, or ")[2].replace(_OF_STAGE, self._stage_units[row["stage"]])

    def _span(self, cells: Sequence[Changed]) -> str:
        """Return what numbers were and are, from the least to the most, with their unit if they have one."""
        rows = [self._rows.get((cell.table, cell.key)) for cell in cells]
        column = schema.TABLE[cells[0].table].column(cells[0].column)
        units = {"" if row is None else self.unit(column, row) for row in rows}
        spans = []
        for values in ([cell.old for cell in cells], [cell.new for cell in cells]):
            known = sorted(value for value in values if isinstance(value, (int, float)))
            ends = [shown_value(cells[0].table, column.name, value) for value in dict.fromkeys(known[:1] + known[-1:])]
            spans.append(" to ".join(["blank"] * (len(known) < len(values)) + ends))
        return " -> ".join(spans) + (_with_space(units.pop()) if len(units) == 1 else "")


def _undone(now: Mapping[int, float], cells: Sequence[Changed], column: schema.ColumnSchema) -> dict[int, float]:
    """Return the points of a series before its cells changed."""
    points = dict(now)
    for cell in reversed(cells):
        old = column.number(cell.old) if cell.what == "changed" else cell.old
        if cell.year is not None and isinstance(old, (int, float)):
            points[cell.year] = old
        elif cell.year is not None:
            points.pop(cell.year, None)
    return points


def _level(points: Mapping[int, float], years: Iterable[int]) -> dict[int, float]:
    """Return what a series would be if each value held until the next: what who knows of no interpolation expects."""
    return {year: points[max(t for t in points if t < year)] for year in years}


def _place(cell: Changed) -> str:
    year = "" if cell.year is None else f"year={cell.year}"
    return ", ".join(filter(None, (cell.key, year)))


def _some(names: Sequence[str], what: str) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more {what}" if more > 0 else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _with_space(unit: str) -> str:
    return f" {unit}" if unit else ""
