"""Old sources on which numbers of a case rest, by `data_date` in `case.toml`.

A fact is a source that was derived from no other. It is stale if it is more than a year older than `data_date`. What it
says of years that were over when it was published does not go stale: a count of 2024, published in 2025, is still
right. So a row is stale only for its years from that of the fact on; of a series, a row stands for all years up to the
next row, and the last one for all that follow. A row without a year may be stale whatever it says.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case import by_series, row_key
from supplychain.case.provenance import UNSEEN, of_inputs, origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supplychain.case import Case
    from supplychain.tabular import Key, Row

_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)
_DECEMBER, _FEBRUARY, _28TH = 12, 2, 28

_LIMITS = ("capacity", "expansion", "allocation")
_BEYOND_STAGES = {
    "capital": ("budget",),
    "demand": ("demand", "demand_curves", "research", "research_curves"),
}
"""What binds and is no stage, and the tables of its limits."""


def last_day(text: str | None) -> date | None:
    """Return the last day of a date that may leave out its day, or its month; None if it is none of these.

    >>> last_day("2025-06-03"), last_day("2025-06"), last_day("2025")
    (datetime.date(2025, 6, 3), datetime.date(2025, 6, 30), datetime.date(2025, 12, 31))
    >>> last_day("June 2025"), last_day("2025-13"), last_day(None)
    (None, None, None)
    """
    match = _DATE.fullmatch(text or "")
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        first = date(int(year), int(month or _DECEMBER), int(day or 1))
    except ValueError:
        return None
    return first if day else first.replace(day=monthrange(first.year, first.month)[1])


def year_earlier(day: date) -> date:
    """Return the same day of the year before; of the 29th of February, the 28th.

    >>> year_earlier(date(2028, 2, 29))
    datetime.date(2027, 2, 28)
    """
    leap = (day.month, day.day) == (_FEBRUARY, _28TH + 1)
    return day.replace(year=day.year - 1, day=_28TH if leap else day.day)


class Staleness:
    """The stale facts of a case, and the rows that rest on them; none if the case has no `data_date`."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._origins = origins(case)
        self._until: dict[str, dict[Key, int]] = {}
        known = case.settings.data_date is not None
        self._facts = [row for row in case.tables["sources"] if known and not row["derived_from"]]
        self._published = {row["source"]: last_day(row["date"]) for row in self._facts}

    @cached_property
    def facts(self) -> dict[str, Row]:
        """The stale facts, oldest first: rows of `sources` by their key."""
        data_date = last_day(self._case.settings.data_date)
        if data_date is None:
            return {}
        days = {source: day for source, day in self._published.items() if day and day < year_earlier(data_date)}
        rows = {row["source"]: row for row in self._facts}
        return {source: rows[source] for source in sorted(days, key=lambda source: (days[source], source))}

    @cached_property
    def undated(self) -> list[str]:
        """Facts that inputs rest on and whose age nobody knows: they have no date, or none that can be read."""
        return sorted(of_inputs(self._case) & {source for source, day in self._published.items() if day is None})

    def behind(self, table: str, rows: Iterable[Row]) -> list[str]:
        """Return the stale facts on which some rows of a table rest, oldest first."""
        found = {source for row in rows for source in self._of_row(table, row)}
        return [source for source in self.facts if source in found]

    def tables_on(self, rows: Iterable[tuple[str, Row]]) -> dict[str, Counter[str]]:
        """Return, of each stale fact on which some of the rows rest, how many rows of which tables; oldest first."""
        found: dict[str, Counter[str]] = {source: Counter() for source in self.facts}
        for table, row in rows:
            for source in self._of_row(table, row):
                found[source][table] += 1
        return {source: tables for source, tables in found.items() if tables}

    def _of_row(self, table: str, row: Row) -> Iterator[str]:
        """Yield the stale facts on which a row rests, but for those that were published after its years."""
        stale = self._origins.get(str(row.get("source")), frozenset()) & self.facts.keys()
        until = self._stands_until(table, row) if stale else None
        for source in stale:
            published = self._published[source]
            if published is not None and (until is None or until >= published.year):
                yield source

    def _stands_until(self, table: str, row: Row) -> int | None:
        """Return the last year for which a row stands; None if its table has no years."""
        table_schema = schema.TABLE[table]
        years = year_column(table)
        if not any(column.series for column in table_schema.columns):
            return row[years] if years else None
        if table not in self._until:
            self._until[table] = {}
            for series in by_series(self._case, table).values():
                nexts = [after["year"] - 1 for after in series[1:]] + [self._case.settings.last_year]
                for one, before_next in zip(series, nexts, strict=True):
                    self._until[table][row_key(table_schema, one)] = max(one["year"], before_next)
        return self._until[table][row_key(table_schema, row)]


def year_column(table: str) -> str:
    """Return the column that says of which year a row of a table is; blank if none does."""
    return next((name for name in schema.TABLE[table].key if schema.TABLE[table].column(name).is_year), "")


def input_rows(case: Case) -> list[tuple[str, Row]]:
    """Return every row of numbers that the solve sees, with its table."""
    return [
        (table.name, row)
        for table in schema.TABLES
        if table.name not in {"sources", *UNSEEN} and any(column.name == "source" for column in table.columns)
        for row in case.tables[table.name]
    ]


def rows_behind(case: Case, binds: str) -> list[tuple[str, Row]]:
    """Return the rows, each with its table, behind what binds, as a label has it: limits, needs, bills of materials.

    Limits are also those of which a stage is a share. The budget, and demand, have tables of their own.
    """
    named = set(binds.split(schema.SUM))
    stages = set(named)
    for _ in case.tables["allocation"]:  # as many rounds as there are links settle every chain of allocations
        stages |= {row["of_stage"] for row in case.tables["allocation"] if row["stage"] in stages}
    rows = [(table, row) for table in _LIMITS for row in case.tables[table] if row["stage"] in stages]
    needs = case.tables["supplier_needs"]
    rows += [("supplier_needs", row) for row in needs if named & {row["stage"], row["needs_stage"]}]
    rows += [("bill_of_materials", row) for row in case.tables["bill_of_materials"] if row["stage"] in named]
    beyond = [table for binding, tables in _BEYOND_STAGES.items() if binding in named for table in tables]
    return rows + [(table, row) for table in beyond for row in case.tables[table]]
