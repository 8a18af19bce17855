"""The law of a case's uncertain numbers: from scores of factors to a case with other numbers.

A number with a range has its own value as median. Its score z, cut at ±2.563, moves it: by `p10_p90` to
x·(high/x)^(z/1.2816) upwards and x·(low/x)^(-z/1.2816) downwards, on a side where a bound is 0 or less by as much in
levels; by `min_max` along a triangle with its mode at x. Scores are sums of factors, each a standard normal: one for
each table, column and source, or what `factors.csv` names.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from supplychain import schema
from supplychain.case import in_order, series_of
from supplychain.case.calendar import interpolated
from supplychain.case.edits import key_of
from supplychain.case.factors import Loadings, is_uncertain
from supplychain.tolerances import WHOLE_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.tabular import Key, Row

    Vector = npt.NDArray[np.float64]

P90_SCORE: Final = 1.2815515655446004
"""The score of the 90th percentile of a standard normal."""

MOST_SCORE: Final = 2 * P90_SCORE
"""Where scores are cut: numbers go at most twice as far as the ends of their ranges, in logs. About 1 in 200 does."""

REST: Final = "rest of "
"""What the names of remainders begin with: what a number does that its factors do not say."""


@dataclass(frozen=True)
class _Numbers:
    """The uncertain numbers of one column."""

    table: str
    column: schema.ColumnSchema
    rows: npt.NDArray[np.int64]
    """Places of their rows in the table."""
    score: npt.NDArray[np.int64]
    """Places of their scores."""
    x: Vector
    low: Vector
    high: Vector

    def drawn(self, scores: Vector, means: str) -> Vector:
        """Return what the numbers are at some scores."""
        z = np.clip(scores[self.score], -MOST_SCORE, MOST_SCORE)
        end = np.where(z >= 0, self.high, self.low)
        value = _by_percentiles(self.x, end, np.abs(z) / P90_SCORE) if means == schema.P10_P90 else self._triangle(z)
        value = np.clip(
            value,
            -np.inf if self.column.minimum is None else self.column.minimum,
            np.inf if self.column.maximum is None else self.column.maximum,
        )
        return self.x + np.trunc(value - self.x) if self.column.type == "integer" else value

    def _triangle(self, z: Vector) -> Vector:
        share = np.array([_normal_share(score) for score in z.tolist()])
        width, below = self.high - self.low, self.x - self.low
        up, down = (1 - share) * width * (width - below), share * width * below
        return np.where(share * width <= below, self.low + np.sqrt(down), self.high - np.sqrt(np.maximum(up, 0.0)))


def _by_percentiles(x: Vector, end: Vector, way: Vector) -> Vector:
    """Return the number that is some way, in logs, from x to an end: 1 is the end."""
    in_logs = (x > 0) & (end > 0)
    ratio = np.divide(end, x, out=np.ones_like(x), where=in_logs)
    return np.where(in_logs, x * ratio**way, x + (end - x) * way)


def _normal_share(score: float) -> float:
    return 0.5 * math.erfc(-score / math.sqrt(2))


@dataclass(frozen=True)
class Law:
    """What is uncertain in a case, and how."""

    case: Case
    """What the numbers are at scores of 0, its ranges with them."""
    names: tuple[str, ...]
    """Of the independent standard normal factors, remainders among them, sorted."""
    weights: npt.NDArray[np.float64]
    """The part of each factor in each score, scores x names."""
    numbers: tuple[_Numbers, ...]

    @property
    def means(self) -> str:
        """What the ends of a range are: `p10_p90` or `min_max`."""
        return self.case.settings.range_means

    def drawn(self, factors: Vector) -> Case:
        """Return the case at some values of its factors, in the order of their names; it has no ranges.

        Shares of one pool are rescaled to what they add up to in the case.
        """
        scores = self.weights @ factors
        tables = dict(self._plain)
        for numbers in self.numbers:
            rows = list(tables[numbers.table])
            values = numbers.drawn(scores, self.means).tolist()
            for n, value in zip(numbers.rows.tolist(), values, strict=True):
                rows[n] = {**rows[n], numbers.column.name: int(value) if numbers.column.type == "integer" else value}
            tables[numbers.table] = tuple(rows)
        if any(numbers.table == "allocation" for numbers in self.numbers):
            tables["allocation"] = _rescaled(self.case, tables["allocation"])
        return replace(self.case, tables=tables, headers=self._headers)

    @cached_property
    def _plain(self) -> Mapping[str, tuple[Row, ...]]:
        """The tables without ranges."""
        return {
            table.name: tuple(
                {column.name: row[column.name] for column in table.columns} for row in self.case.tables[table.name]
            )
            for table in schema.TABLES
        }

    @cached_property
    def _headers(self) -> Mapping[str, tuple[str, ...]]:
        own = {table.name: {column.name for column in table.columns} for table in schema.TABLES}
        return {
            table: tuple(name for name in header if name in own[table]) for table, header in self.case.headers.items()
        }


def law(case: Case) -> Law:
    """Return the law of a case."""
    loadings = Loadings(case.tables, case.tables["factors"])
    terms: dict[tuple[tuple[str, float], ...], int] = {}
    numbers = []
    for table in schema.TABLES:
        for column in (column for column in table.columns if column.ranged):
            chosen = [
                (n, row, _ends(row, column.name))
                for n, row in enumerate(case.tables[table.name])
                if is_uncertain(row, column.name)
            ]
            if not chosen:
                continue
            scores = [
                terms.setdefault(each, len(terms))
                for each in _terms(table, column.name, [row for _, row, _ in chosen], loadings)
            ]
            ends = np.array([cells for *_, cells in chosen], dtype=float)
            places = np.array([n for n, *_ in chosen], dtype=np.int64)
            numbers.append(_Numbers(table.name, column, places, np.array(scores, dtype=np.int64), *ends.T))
    names = tuple(sorted({name for each in terms for name, _ in each}))
    place = {name: n for n, name in enumerate(names)}
    weights = np.zeros((len(terms), len(names)))
    for each, n in terms.items():
        for name, weight in each:
            weights[n, place[name]] = weight
    return Law(case, names, weights, tuple(numbers))


def _ends(row: Row, column: str) -> tuple[float, float, float]:
    x: float = row[column]
    low, high = (row.get(column + end) for end in (schema.LOW, schema.HIGH))
    return x, x if low is None else low, x if high is None else high


def _terms(
    table: schema.TableSchema, column: str, rows: Sequence[Row], loadings: Loadings
) -> Iterator[tuple[tuple[str, float], ...]]:
    """Yield the factors of some numbers of a column, each with its part in the number's score."""
    first: dict[Key, Row] = {}
    for row in rows:
        named = loadings.of(table.name, column, row)
        key = key_of(table, row)
        what = f"{table.name}.{column}[{key}]"
        if named:
            left = 1 - math.fsum(loading.loading**2 for loading in named)
            rest = ((REST + what, math.sqrt(left)),) if left > WHOLE_SHARE else ()
            yield (*((loading.factor, loading.loading) for loading in named), *rest)
            continue
        source = first.setdefault(series_of(table, row), row).get("source")
        by_key = source is None or table.name == "allocation"
        yield ((what if by_key else f"{table.name}.{column}[source={source}]", 1.0),)


def _rescaled(case: Case, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return allocations whose shares of each pool add up to what they do in the case, in every year."""
    table = schema.TABLE["allocation"]
    of_pool: dict[str, dict[Key, list[Row]]] = defaultdict(dict)
    for row in rows:
        of_pool[row["of_stage"]].setdefault(series_of(table, row), []).append(row)
    own = case.yearly("allocation", "share")
    given = {(series_of(table, row), row["year"]): row["share"] for row in case.tables["allocation"]}
    new: list[Row] = []
    for series in of_pool.values():
        years = [{row["year"] for row in of_key} for of_key in series.values()]
        even = all(each == years[0] for each in years)
        filled = list(series.values()) if even else [_filled(of_key, case.years) for of_key in series.values()]
        drawn: dict[int, float] = defaultdict(float)
        wanted: dict[int, float] = defaultdict(float)
        for key, of_key in zip(series, filled, strict=True):
            for row in of_key:
                drawn[row["year"]] += row["share"]
                wanted[row["year"]] += given[key, row["year"]] if even else own[tuple(map(str, key))][row["year"]]
        for row in (row for of_key in filled for row in of_key):
            total = drawn[row["year"]]
            new.append({**row, "share": row["share"] * wanted[row["year"]] / total} if total > 0 else row)
    return in_order(table, new)


def _filled(rows: Iterable[Row], years: range) -> list[Row]:
    """Return a row for each year of a case in the place of those of some years."""
    by_year = {row["year"]: row for row in rows}
    points = {year: row["share"] for year, row in by_year.items()}
    before = {year: by_year[max((t for t in by_year if t <= year), default=min(by_year))] for year in years}
    shares = interpolated(points, years, "quantity")
    return [{**before[year], "year": year, "share": shares[year]} for year in years]
