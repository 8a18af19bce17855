"""The inputs as one frozen value.

`load` reads a folder and checks everything at once; a `Case` is what a valid folder holds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from supplychain import schema
from supplychain.case.calendar import horizon, interpolated
from supplychain.case.checks import faults
from supplychain.case.foresight import foresight_years
from supplychain.case.read import read_folder
from supplychain.errors import InputError
from supplychain.notebook import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from supplychain.case.foresight import Foresight
    from supplychain.case.locked_in import LockedIn
    from supplychain.tabular import Key, Row, Value

__all__ = ["Case", "Settings", "load"]

Series: TypeAlias = "Mapping[Key, tuple[Row, ...]]"
"""The rows of a table in their order, by the key of their series."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`case.toml`, with defaults filled in as `schema.SETTINGS` states them."""

    name: str
    title: str
    first_year: int
    last_year: int
    report_last_year: int
    discount_rate: float
    first_year_availability: float
    build_lag_share: float
    foresight_years: int | None
    capital_write_off_years: int
    currency_year: int
    data_date: str | None
    """YYYY-MM-DD."""
    curve_steps: int
    curve_top: float
    curve_bottom: float
    opening_cash_usd: float
    range_means: str


@dataclass(frozen=True)
class Case(Shown):
    """One valid case. Rows are sorted by key, so their order in the files makes no difference."""

    settings: Settings
    tables: Mapping[str, tuple[Row, ...]]
    headers: Mapping[str, tuple[str, ...]]
    locked_in: LockedIn | None = None
    """Decisions of another plan that this case locks in."""
    lines: Mapping[str, Mapping[Key, int]] = field(default_factory=dict, compare=False, repr=False)
    """By table and key, which row of its file a row was read from."""

    @cached_property
    def years(self) -> range:
        """The years that are decided."""
        return horizon(self.settings.first_year, self.settings.last_year)

    @cached_property
    def report_years(self) -> range:
        """The years that are reported."""
        return horizon(self.settings.first_year, self.settings.report_last_year)

    def frame(self, table: str) -> pd.DataFrame:
        """Return one table as it stands in its file, sorted by key."""
        import pandas as pd  # noqa: PLC0415 - a check of inputs needs no pandas

        names = self.headers[table] or [column.name for column in schema.TABLE[table].columns]
        return pd.DataFrame(self.tables[table], columns=list(names))

    @cached_property
    def _by_series(self) -> dict[str, Series]:
        """What `by_series` has looked up."""
        return {}

    def with_foresight(self, foresight: Foresight) -> Case:
        """Return the case with another foresight: years that are seen when a year is decided, its own included.

        With `"perfect"` all years are decided at once. Everything is as if `case.toml` said so.

        Raises: ValueError if it is neither a whole number of years from 1 to 100 nor `"perfect"`.
        """
        return replace(self, settings=replace(self.settings, foresight_years=foresight_years(foresight)))

    def yearly(self, table: str, column: str) -> dict[tuple[str, ...], dict[int, float]]:
        """Return a series of every key for every year of the case, filled as the schema says of it."""
        table_schema = schema.TABLE[table]
        keys = [k for k in table_schema.key if k != "year"]
        column_schema = table_schema.column(column)
        points_of: dict[tuple[str, ...], dict[int, float]] = {}
        for row in self.tables[table]:
            points = points_of.setdefault(tuple(row[k] for k in keys), {})
            points[row["year"]] = column_schema.number(row[column])
        return {key: interpolated(points, self.years, column_schema.series) for key, points in points_of.items()}

    def line(self, table: str, row: Row) -> int:
        """Return the row of its file that a row of a table was read from; 0 if it was added since."""
        return self.lines.get(table, {}).get(row_key(schema.TABLE[table], row), 0)

    @cached_property
    def sha256(self) -> dict[str, str]:
        """Digest of each input's content, rows sorted by key: order of rows and line ends make no difference."""
        settings = vars_of(self.settings)
        if not (self.tables["demand_curves"] or self.tables["research_curves"]):  # what nothing reads leaves no trace
            settings = {name: value for name, value in settings.items() if not name.startswith(schema.CURVE)}
        if not self.tables["cash"]:
            del settings["opening_cash_usd"]
        if self.settings.data_date is None:
            del settings["data_date"]
        if self.settings.range_means == schema.P10_P90:
            del settings[f"{schema.UNCERTAINTY}.range_means"]
        digests = {"case.toml": _digest([settings])}
        digests |= {schema.TABLE[name].file: _digest(_traced(name, rows)) for name, rows in self.tables.items() if rows}
        return digests if self.locked_in is None else digests | {"orders_from": _digest(self.locked_in.listed())}

    def __repr__(self) -> str:
        s = self.settings
        return f"Case({s.name!r}, {s.first_year}-{s.last_year}, {sum(map(len, self.tables.values()))} rows)"


def load(folder: str | Path) -> Case:
    """Read a case and check everything at once.

    Raises: InputError, which names every fault with its file, row, column, value and what would be right.
    """
    contents = read_folder(Path(folder))
    problems = faults(contents)
    if problems:
        raise InputError(str(folder), problems)
    settings = {column.attribute: contents.settings[column.name] for column in schema.SETTINGS}
    settings["report_last_year"] = settings["report_last_year"] or settings["last_year"]
    return Case(
        Settings(**settings),
        {name: in_order(rows.table, rows.rows) for name, rows in contents.tables.items()},
        {name: rows.header for name, rows in contents.tables.items()},
        lines={
            name: {row_key(rows.table, row): line for line, row in rows.numbered()}
            for name, rows in contents.tables.items()
        },
    )


def vars_of(settings: Settings) -> dict[str, Value]:
    """Return the settings as a plain dict, in the order of the schema."""
    return {column.name: getattr(settings, column.attribute) for column in schema.SETTINGS}


def in_order(table: schema.TableSchema, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows sorted by key, as a case holds them."""
    return tuple(sorted(rows, key=lambda row: tuple("" if row[k] is None else row[k] for k in table.key)))


def row_key(table: schema.TableSchema, row: Row) -> Key:
    """Return the cells of a row that no other row has together."""
    return tuple(row[k] for k in table.key)


def series_names(table: schema.TableSchema) -> tuple[str, ...]:
    """Return the columns that rows of one series share: those of the key but the year, where rows are sorted by it."""
    return table.key[:-1] if table.key[-1] == "year" else table.key


def series_of(table: schema.TableSchema, row: Row) -> Key:
    """Return the key of the series of which a row is one year; of a table without years each row is one."""
    return tuple(row[k] for k in series_names(table))


def by_series(case: Case, table: str) -> Series:
    """Return the rows of a table by series, as `series_of` says; looked up once."""
    known = case._by_series  # noqa: SLF001 - it is its own
    if table not in known:
        rows_of: dict[Key, list[Row]] = {}
        for row in case.tables[table]:
            rows_of.setdefault(series_of(schema.TABLE[table], row), []).append(row)
        known[table] = {key: tuple(rows) for key, rows in rows_of.items()}
    return known[table]


def with_series(case: Case, changed: Mapping[str, Series], headers: Mapping[str, tuple[str, ...]]) -> Case:
    """Return a case with other rows in some tables, of which nothing is looked up anew."""
    tables = {name: tuple(chain.from_iterable(series.values())) for name, series in changed.items()}
    other = replace(case, tables={**case.tables, **tables}, headers=headers)
    other._by_series.update({**case._by_series, **changed})  # noqa: SLF001 - it is its own
    return other


def _traced(table: str, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return rows without blank cells of columns that files of earlier versions lack: they say what these said."""
    added = {column.name for column in schema.TABLE[table].columns if column.added}
    if not added:
        return rows
    return tuple({name: x for name, x in row.items() if x is not None or name not in added} for row in rows)


def _digest(rows: object) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
