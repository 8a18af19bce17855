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
from supplychain.tolerances import WHOLE_SHARE, WHOLE_STEP

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
class _Column:
    """The uncertain numbers of one column."""

    table: str
    column: schema.ColumnSchema
    rows: tuple[int, ...]
    """Places of their rows in the table."""
    likewise: tuple[tuple[int, int], ...]
    """Rows that have the number of another, each with the place of that one."""


@dataclass(frozen=True, eq=False)
class _Numbers:
    """The uncertain numbers of a case, column after column."""

    score: npt.NDArray[np.int64]
    """Places of their scores."""
    x: Vector
    low: Vector
    high: Vector
    least: Vector
    most: Vector
    whole: npt.NDArray[np.bool_]

    def drawn(self, scores: Vector, means: str) -> Vector:
        """Return what the numbers are at some scores."""
        z = np.clip(scores, -MOST_SCORE, MOST_SCORE)
        value = self._by_percentiles(z) if means == schema.P10_P90 else self._triangle(z)
        value = np.clip(value, self.least, self.most)
        return np.where(self.whole, self.x + np.trunc((value - self.x) * (1 + WHOLE_STEP)), value)

    def _by_percentiles(self, z: Vector) -> Vector:
        end = np.where((z >= 0)[self.score], self.high, self.low)
        way = (np.abs(z) / P90_SCORE)[self.score]
        in_logs = (self.x > 0) & (end > 0)
        ratio = np.divide(end, self.x, out=np.ones_like(end), where=in_logs)
        return np.where(in_logs, self.x * ratio**way, self.x + (end - self.x) * way)

    def _triangle(self, z: Vector) -> Vector:
        share = np.array([0.5 * math.erfc(-score / math.sqrt(2)) for score in z.tolist()])[self.score]
        width, below = self.high - self.low, self.x - self.low
        up, down = (1 - share) * width * (width - below), share * width * below
        return np.where(share * width <= below, self.low + np.sqrt(down), self.high - np.sqrt(up))


@dataclass(frozen=True)
class _Pool:
    """The shares of one stage's limit of which some are uncertain."""

    series: tuple[tuple[int, ...], ...]
    """Places of the rows in the table, by series."""
    own: tuple[Mapping[int, float], ...]
    """What the case says of each series, by year: of those given, where all series are given for the same."""
    filled: bool
    """Whether the shares are given for different years, so that they are written out for every year of the case."""

    def rescaled(self, rows: Sequence[Row]) -> list[Row]:
        """Return the pool's rows, with shares that add up in each year to what they do in the case."""
        by_year = [{rows[n]["year"]: rows[n] for n in places} for places in self.series]
        if self.filled:
            by_year = [_filled(given, shares) for given, shares in zip(by_year, self.own, strict=True)]
        for year in self.own[0]:
            shares = _shared_out([given[year]["share"] for given in by_year], [shares[year] for shares in self.own])
            for given, share in zip(by_year, shares, strict=True):
                given[year] = {**given[year], "share": share}
        return [row for given in by_year for row in given.values()]


def _filled(given: Mapping[int, Row], years: Iterable[int]) -> dict[int, Row]:
    """Return a row for each year of a case in the place of those of some years."""
    points = {year: row["share"] for year, row in given.items()}
    shares = interpolated(points, years, "quantity")
    before = {year: max((t for t in given if t <= year), default=min(given)) for year in shares}
    return {year: {**given[before[year]], "year": year, "share": share} for year, share in shares.items()}


def _shared_out(drawn: Sequence[float], own: Sequence[float]) -> list[float]:
    """Return shares in proportion to what is drawn, none above 1, that add up to what the case's own do.

    What those that are 1 leave goes to the others; where nothing is drawn for these, in proportion to their own.
    """
    new, open_, left = [0.0] * len(own), list(range(len(own))), sum(own)
    while open_ and left > 0:
        wanted = drawn if any(drawn[n] for n in open_) else own
        total = sum(wanted[n] for n in open_)
        if total == 0:
            break
        for n in open_:
            new[n] = min(wanted[n] * (left / total), 1.0)
        full = [n for n in open_ if new[n] == 1]
        if not full:
            break
        open_, left = [n for n in open_ if n not in full], left - len(full)
    return new


@dataclass(frozen=True, eq=False)
class Law:
    """What is uncertain in a case, and how."""

    case: Case
    """The case with its ranges."""
    names: tuple[str, ...]
    """Of the independent standard normal factors, remainders among them, sorted."""
    weights: npt.NDArray[np.float64]
    """The part of each factor in each score, scores x names."""
    _columns: tuple[_Column, ...]
    _numbers: _Numbers

    @property
    def means(self) -> str:
        """What the ends of a range are: `p10_p90` or `min_max`."""
        return self.case.settings.range_means

    @property
    def count(self) -> int:
        """How many numbers are uncertain."""
        return len(self._numbers.x)

    def drawn(self, factors: Vector) -> Case:
        """Return the case at some values of its factors, in the order of their names; without ranges and `factors`.

        Shares of one pool are rescaled to what they add up to in the case.
        """
        scores, names = self._loaded
        parts = self.weights[scores, names] * factors[names]  # not a product of matrices: its rounding moves about
        score = np.bincount(scores, parts, minlength=len(self.weights)).astype(float)
        values = iter(self._numbers.drawn(score, self.means).tolist())
        moved = {name: {n: dict(self._plain[name][n]) for n in places} for name, places in self._moving.items()}
        for column in self._columns:
            rows, name, whole = moved[column.table], column.column.name, column.column.type == "integer"
            for n, value in zip(column.rows, values):  # noqa: B905 - the values of other columns follow
                rows[n][name] = int(value) if whole else value
            for n, other in column.likewise:
                rows[n][name] = rows[other][name]
        tables = dict(self._plain)
        for table, new in moved.items():
            every = list(tables[table])
            for n, row in new.items():
                every[n] = row
            tables[table] = tuple(every)
        if self._pools:
            tables["allocation"] = self._rescaled(tables["allocation"])
        return replace(self.case, tables=tables, headers=self._headers)

    def _rescaled(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        inside = {n for pool in self._pools for places in pool.series for n in places}
        others = [row for n, row in enumerate(rows) if n not in inside]
        return in_order(schema.TABLE["allocation"], [*others, *(row for p in self._pools for row in p.rescaled(rows))])

    @cached_property
    def _loaded(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Where a factor has a part in a score."""
        scores, names = np.nonzero(self.weights)
        return scores, names

    @cached_property
    def _moving(self) -> Mapping[str, tuple[int, ...]]:
        """By table, the places of rows with an uncertain number."""
        places: dict[str, dict[int, None]] = {}
        for column in self._columns:
            places.setdefault(column.table, {}).update(dict.fromkeys([*column.rows, *dict(column.likewise)]))
        return {table: tuple(rows) for table, rows in places.items()}

    @cached_property
    def _pools(self) -> tuple[_Pool, ...]:
        table, rows = schema.TABLE["allocation"], self.case.tables["allocation"]
        uncertain = {rows[n]["of_stage"] for n in self._moving.get("allocation", ())}
        pools: dict[str, dict[Key, list[int]]] = defaultdict(dict)
        for n, row in enumerate(rows):
            if row["of_stage"] in uncertain:
                pools[row["of_stage"]].setdefault(series_of(table, row), []).append(n)
        yearly = self.case.yearly("allocation", "share") if pools else {}
        found = []
        for series in pools.values():
            given = [{rows[n]["year"]: rows[n]["share"] for n in places} for places in series.values()]
            filled = any(shares.keys() != given[0].keys() for shares in given)
            own = [yearly[tuple(map(str, key))] for key in series] if filled else given
            found.append(_Pool(tuple(map(tuple, series.values())), tuple(own), filled))
        return tuple(found)

    @cached_property
    def _plain(self) -> Mapping[str, tuple[Row, ...]]:
        """The tables without ranges, and without what moves them together."""
        plain = {
            table.name: tuple(
                {column.name: row[column.name] for column in table.columns} for row in self.case.tables[table.name]
            )
            for table in schema.TABLES
        }
        return {**plain, "factors": ()}

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
    columns: list[_Column] = []
    scores: list[int] = []
    ends: list[tuple[float, ...]] = []
    for table in schema.TABLES:
        for column in (column for column in table.columns if column.ranged):
            rows = {n: row for n, row in enumerate(case.tables[table.name]) if is_uncertain(row, column.name)}
            likewise = _of_one_group(case, rows) if table.name == "stages" else {}
            rows = {n: row for n, row in rows.items() if n not in likewise}
            if rows:
                columns.append(_Column(table.name, column, tuple(rows), tuple(likewise.items())))
                of_rows = _terms(table, column.name, rows.values(), loadings)
                scores += [terms.setdefault(each, len(terms)) for each in of_rows]
                ends += [_ends(row, column) for row in rows.values()]
    names = tuple(sorted({name for each in terms for name, _ in each}))
    place = {name: n for n, name in enumerate(names)}
    weights = np.zeros((len(terms), len(names)))
    for each, n in terms.items():
        for name, weight in each:
            weights[n, place[name]] = weight
    x, low, high, least, most = np.array(ends, dtype=float).reshape(-1, 5).T
    whole = [column.column.type == "integer" for column in columns for _ in column.rows]
    numbers = _Numbers(np.array(scores, dtype=np.int64), x, low, high, least, most, np.array(whole, dtype=bool))
    return Law(case, names, weights, tuple(columns), numbers)


def _of_one_group(case: Case, uncertain: Iterable[int]) -> dict[int, int]:
    """Return the stages that have the life of another: all of a group live as its first that is uncertain does."""
    stages = case.tables["stages"]
    first: dict[str, int] = {}
    for n in uncertain:
        first.setdefault(stages[n]["group"], n)
    return {n: first[row["group"]] for n, row in enumerate(stages) if first.get(row["group"], n) != n}


def _ends(row: Row, column: schema.ColumnSchema) -> tuple[float, ...]:
    """Return a number, the ends of its range, and what its column allows."""
    x: float = row[column.name]
    low, high = (row.get(column.name + end) for end in (schema.LOW, schema.HIGH))
    return (
        x,
        x if low is None else low,
        x if high is None else high,
        -math.inf if column.minimum is None else column.minimum,
        math.inf if column.maximum is None else column.maximum,
    )


def _terms(
    table: schema.TableSchema, column: str, rows: Iterable[Row], loadings: Loadings
) -> Iterator[tuple[tuple[str, float], ...]]:
    """Yield the factors of some numbers of a column, each with its part in the number's score."""
    first: dict[Key, Row] = {}
    for row in rows:
        source = first.setdefault(series_of(table, row), row).get("source")
        named = loadings.of(table.name, column, row)
        if named:
            left = 1 - math.fsum(loading.loading**2 for loading in named)
            rest = f"{REST}{table.name}.{column}[{key_of(table, row)}]"
            parts = [(loading.factor, loading.loading) for loading in named]
            yield tuple(parts + [(rest, math.sqrt(left))] * (left > WHOLE_SHARE))
        elif source is None or table.name == "allocation":
            yield ((f"{table.name}.{column}[{key_of(table, row)}]", 1.0),)
        else:
            yield ((f"{table.name}.{column}[source={source}]", 1.0),)
