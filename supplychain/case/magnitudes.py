"""Magnitudes that suggest a wrong unit: what some cells say, against what the other tables of the case imply.

Everything is brought to H100 equivalents: how many of them each stage is enough for, what tokens they could serve in a
year, what they cost. Units of a stage are free as long as its tables agree, so only ratios are looked at, and only
factors are told that honest numbers do not reach (`tolerances`). A limit that is a power of ten, or all nines, is how
people write "no limit" or "next to nothing", and is not blamed. What was blamed is not asked about anything else.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from statistics import median, median_high, median_low
from typing import TYPE_CHECKING, Any, Final

from supplychain import schema
from supplychain.errors import Problem
from supplychain.tolerances import FAR_OFF, FAR_OFF_AMONG_ALIKE, FAR_OFF_DEMAND, FAR_OFF_VALUE, significant
from supplychain.units import MTOK_PER_TTOK, SECONDS_PER_YEAR, TOKENS_PER_TTOK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from supplychain.case import Case
    from supplychain.tabular import Row

_DIGITS: Final = 2
"""Digits of what is worked out, in a message."""

_DEMAND: Final = (
    ("demand", "demand_ttok", "value_usd_per_mtok"),
    ("demand_curves", "volume_ttok", "price_usd_per_mtok"),
)
"""Tables of demand for tokens, with their columns that say how many, and what they are worth."""

_DEMAND_UNITS: Final = {12: "tokens", 9: "thousands of tokens", 6: "millions of tokens"}
"""What was meant where 10^12 tokens stand, by the power of ten that it is off."""

_VALUE_UNITS: Final = {6: "per token", 3: "per thousand tokens"}
"""What was meant where USD per 10^6 tokens stand, by the power of ten that it is off."""


def suspected_units(case: Case) -> Iterator[Problem]:
    """Cells so far from what the other tables imply that another unit may have been meant; one message for each."""
    implied = _Implied(case)
    for check in (_odd_years, _odd_bills, _odd_stages, _odd_prices, _odd_demand, _odd_values):
        yield from check(implied)


@dataclass
class _Implied:
    """What the tables of a case imply, but for what was blamed."""

    case: Case
    blamed: set[tuple[str, str]] = field(default_factory=set)
    """Columns, each with the stage, accelerator or workload of which it was blamed."""
    odd_bills: set[tuple[str, str]] = field(default_factory=set)
    """Accelerators and stages whose row of the bill of materials was blamed."""

    @cached_property
    def h100e(self) -> dict[str, float]:
        return {row["accelerator"]: row["h100e"] for row in self.case.tables["accelerators"] if row["h100e"]}

    @cached_property
    def bills(self) -> dict[str, list[Row]]:
        """The rows of the bill of materials that use something, by stage."""
        rows: dict[str, list[Row]] = defaultdict(list)
        for row in self.case.tables["bill_of_materials"]:
            if row["accelerator"] in self.h100e and row["quantity"] / self.h100e[row["accelerator"]]:
                rows[row["stage"]].append(row)
        return dict(rows)

    @cached_property
    def limit_rows(self) -> dict[str, list[tuple[str, str, Row]]]:
        """The tables, columns and rows that set a limit of a stage itself."""
        rows: dict[str, list[tuple[str, str, Row]]] = defaultdict(list)
        for table, column in (("capacity", "capacity"), ("expansion", "max_expansion")):
            for row in self.case.tables[table]:
                if row[column]:
                    rows[row["stage"]].append((table, column, row))
        return dict(rows)

    @cached_property
    def sources(self) -> dict[str, dict[str, float]]:
        """The stages that a stage draws from by allocation, each with its share in a middle year."""
        draws: dict[str, dict[str, float]] = defaultdict(dict)
        for (stage, _, of_stage), shares in self.case.yearly("allocation", "share").items():
            draws[stage][of_stage] = draws[stage].get(of_stage, 0.0) + _middle(shares.values())
        return dict(draws)

    @cached_property
    def limits(self) -> dict[str, float]:
        """The limit of each stage over all places, in a middle year and with everything that may be ordered."""
        by_year: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for (stage, _, _), capacities in self.case.yearly("capacity", "capacity").items():
            for year, capacity in capacities.items():
                by_year[stage][year] += capacity
        limits = {stage: _middle(values.values()) for stage, values in by_year.items()}
        for row in self.case.tables["expansion"]:
            limits[row["stage"]] = limits.get(row["stage"], 0.0) + row["max_expansion"]
        for stage in TopologicalSorter(self.sources).static_order():
            drawn = (share * limits.get(of_stage, 0.0) for of_stage, share in self.sources.get(stage, {}).items())
            limits[stage] = limits.get(stage, 0.0) + sum(drawn)
        return limits

    @cached_property
    def first_capacity(self) -> dict[str, float]:
        """The capacity of each stage over all places in the first year."""
        first: dict[str, float] = defaultdict(float)
        for (stage, _, _), capacities in self.case.yearly("capacity", "capacity").items():
            first[stage] += capacities[self.case.years[0]]
        return dict(first)

    @cached_property
    def stocks(self) -> set[str]:
        return {row["stage"] for row in self.case.tables["stages"] if row["kind"] == "stock"}

    @cached_property
    def per_h100e(self) -> dict[str, float]:
        """What an H100 equivalent uses of each stage that accelerators use themselves; the middle one of them."""
        uses = {
            stage: [
                row["quantity"] / self.h100e[row["accelerator"]]
                for row in rows
                if (row["accelerator"], stage) not in self.odd_bills
            ]
            for stage, rows in self.bills.items()
        }
        return {stage: _middle(values) for stage, values in uses.items() if _middle(values)}

    def blame(self, column: str, names: Iterable[str]) -> None:
        """Say of a column that it was blamed of some stages, accelerators or workloads."""
        self.blamed |= {(column, str(name)) for name in names}
        self._forget()

    def set_aside(self, bills: Iterable[tuple[str, str]]) -> None:
        """Leave rows of the bill of materials out of all that follows."""
        self.odd_bills |= set(bills)
        self._forget()

    def _forget(self) -> None:
        """Work out again, when it is next asked for, what an H100 equivalent uses and costs."""
        for name in ("per_h100e", "all_per_h100e", "cost_parts"):
            self.__dict__.pop(name, None)

    def origins(self, stage: str) -> list[str]:
        """Return a stage and all that it draws from by allocation."""
        reached = [stage]
        for each in reached:
            reached += [of_stage for of_stage in self.sources.get(each, ()) if of_stage not in reached]
        return reached

    def is_any_blamed(self, columns: Iterable[str], name: str) -> bool:
        """Whether one of some columns was blamed of a stage, an accelerator or a workload."""
        return any((column, name) in self.blamed for column in columns)

    def is_blamed(self, stage: str) -> bool:
        """Whether the limit of a stage, or what it is compared by, was blamed."""
        return any(self.is_any_blamed(["capacity", "max_expansion"], s) for s in self.origins(stage))

    def enough_for(self, stage: str, use: float) -> float:
        """Return for how many H100 equivalents the limit of a stage is enough, of which each uses so much."""
        return self.limits.get(stage, 0.0) / use

    @cached_property
    def fleet(self) -> float:
        """The H100 equivalents that are there when the case starts."""
        counted = [(row, row["units"]) for row in self.case.tables["fleet"]]
        counted += [(row, row["warehouse_units"] + row["built_units"]) for row in self.case.tables["opening"]]
        there: list[float] = [self.h100e.get(row["accelerator"], 0.0) * units for row, units in counted]
        return sum(there)

    def filled(self, stage: str) -> float:
        """Return what the fleet at the start uses of a stock, over its own limit in the first year; 0 if unknown."""
        units: dict[str, float] = defaultdict(float)
        for row in self.case.tables["fleet"]:
            units[row["accelerator"]] += row["units"]
        kept = [row for row in self.bills.get(stage, ()) if (row["accelerator"], stage) not in self.odd_bills]
        used = sum(row["quantity"] * units[row["accelerator"]] for row in kept)
        limit = self.first_capacity.get(stage, 0.0)
        return used / limit if limit and stage in self.stocks and stage not in self.sources else 0.0

    def votes(self, but: str = "") -> list[float]:
        """Return for how many H100 equivalents each stage is enough: none that is blamed, or whose limit stands in."""
        votes = []
        for stage, use in self.per_h100e.items():
            rows = [row[column] for s in self.origins(stage) for _, column, row in self.limit_rows.get(s, ())]
            if stage != but and not self.is_blamed(stage) and rows and not _stands_in(max(rows)):
                votes.append(self.enough_for(stage, use))
        return [vote for vote in votes if vote]

    def others(self, stage: str) -> list[float]:
        """Return for how many H100 equivalents each other stage is enough, and how many there are at the start."""
        return self.votes(but=stage) + ([self.fleet] if self.fleet else [])

    @cached_property
    def all_per_h100e(self) -> dict[str, float]:
        """What an H100 equivalent uses of each stage, also of those that suppliers need; none that was blamed."""
        uses = {stage: use for stage, use in self.per_h100e.items() if not self.is_blamed(stage)}
        needs = [row for row in self.case.tables["supplier_needs"] if row["basis"] == "supply" and row["quantity"]]
        users: dict[str, list[Row]] = defaultdict(list)
        for row in needs:
            users[row["needs_stage"]].append(row)
        order = TopologicalSorter({stage: [row["stage"] for row in rows] for stage, rows in users.items()})
        for stage in order.static_order():
            needed = [uses[row["stage"]] * row["quantity"] for row in users.get(stage, ()) if row["stage"] in uses]
            if stage not in self.bills and not self.is_blamed(stage) and _middle(needed):
                uses[stage] = _middle(needed)
        return uses

    @cached_property
    def per_h100e_year(self) -> Callable[[str, int], float]:
        """What the best accelerator serves of a workload in a year of the case, 10^12 tokens per H100 equivalent."""
        best: dict[str, float] = defaultdict(float)
        for row in self.case.tables["throughput"]:
            if row["accelerator"] in self.h100e:
                speed = row["tokens_per_second"] / self.h100e[row["accelerator"]]
                best[row["workload"]] = max(best[row["workload"]], speed)
        faster = self.case.yearly("efficiency", "multiplier")
        shares: dict[Any, dict[int, float]] = {**self.case.yearly("operations", "utilisation")}
        busy = shares.get((None,)) or {t: _middle(of[t] for of in shares.values()) for t in self.case.years}

        def served(workload: str, year: int) -> float:
            t = min(max(year, self.case.years[0]), self.case.years[-1])
            multiplier = faster[workload,][t] if (workload,) in faster else 1.0
            seconds: float = multiplier * busy[t] * SECONDS_PER_YEAR
            return best[workload] * seconds / TOKENS_PER_TTOK

        return served

    @cached_property
    def life(self) -> float:
        return _middle(row["life_years"] for row in self.case.tables["accelerators"])

    @cached_property
    def cost_parts(self) -> dict[str, float]:
        """What an H100 equivalent costs in its life, USD: by stage, and `` for what no stage pays for."""
        prices: dict[str, list[float]] = defaultdict(list)
        for row in self.case.tables["capacity"]:
            prices[row["stage"]].append(row["price_usd"])
        parts = {
            stage: use * _middle(prices[stage]) * (self.life if stage in self.stocks else 1)
            for stage, use in self.all_per_h100e.items()
        }
        parts[""] = _middle(
            row["other_cost_usd"] / self.h100e[row["accelerator"]]
            for row in self.case.tables["unit_costs"]
            if row["accelerator"] in self.h100e
        )
        return {name: part for name, part in parts.items() if part}

    def cell(self, table: str, column: str, row: Row) -> str:
        """Return where a cell stands, and what is in it."""
        line = self.case.line(table, row)
        where = f"{table}.csv row {line}" if line else f"{table}.csv [{_name(table, row)}]"
        return f"{where}, column {column} ({row[column]:.12g} {schema.TABLE[table].column(column).unit})"

    def problem(self, table: str, column: str, rows: Sequence[Row], message: str) -> Problem:
        """Return the message on the first of some rows of a file, and blame them all."""
        self.blame(column, (row[schema.TABLE[table].key[0]] for row in rows))
        first = min(rows, key=lambda row: self.case.line(table, row))
        text = f"{first[column]:.12g} ({_name(table, first)}{_more(rows)}) {message}"
        return Problem(f"{table}.csv", self.case.line(table, first), column, text)


def _odd_years(implied: _Implied) -> Iterator[Problem]:
    """Rows of one series that are far from the rows before and after."""
    for table in schema.TABLES:
        columns = [column for column in table.columns if column.series and column.maximum is None]
        for series in _series(table, implied.case.tables[table.name]) if columns else ():
            for column in columns:
                rows = [row for row in series if row[column.name] and not _stands_in(row[column.name])]
                odd = _odd_ones([row[column.name] for row in rows])
                if odd:
                    row, other = rows[odd[0]], rows[odd[0] - 1 if odd[0] else 1]
                    times = _times(row[column.name] / other[column.name])
                    message = f"is {times} {other[column.name]:.12g} of {other['year']}; are both in the same unit?"
                    yield implied.problem(table.name, column.name, [rows[n] for n in odd], message)


def _odd_ones(values: Sequence[float]) -> list[int]:
    """Return which values of a series are far from both their neighbours, or at an end by `FAR_OFF` from the one.

    A first value may be small: it is how something begins.

    >>> _odd_ones([5.0, 7e3, 8.0]), _odd_ones([5.0, 7.0, 8e3]), _odd_ones([5.0, 7e6]), _odd_ones([5.0, 6.0, 7e-6])
    ([1], [], [1], [2])
    """
    odd: list[int] = []
    for n, value in enumerate(values):
        ratios = [value / values[m] for m in (n - 1, n + 1) if 0 <= m < len(values) and m not in odd]
        limit = FAR_OFF if len(ratios) == 1 else FAR_OFF_AMONG_ALIKE
        if ratios and (min(ratios) > limit or (n > 0 and max(ratios) < 1 / limit)):
            odd.append(n)
    return odd


def _odd_bills(implied: _Implied) -> Iterator[Problem]:
    """Accelerators that use far more or less of a stage than others do, by the unit and by the H100 equivalent."""
    found: dict[str, list[tuple[Row, float]]] = {}
    for stage, rows in implied.bills.items():
        units = [row["quantity"] for row in rows]
        alike = [row["quantity"] / implied.h100e[row["accelerator"]] for row in rows]
        odd = [
            (row, by_unit)
            for row, by_unit, by_h100e in zip(rows, _from_others(units), _from_others(alike), strict=True)
            if min(by_unit, by_h100e) > FAR_OFF_AMONG_ALIKE or max(by_unit, by_h100e) < 1 / FAR_OFF_AMONG_ALIKE
        ]
        if len(odd) == len(rows) and odd:  # two that disagree: the one whose stage is not enough for what others are
            others = implied.others(stage)
            middle = median(others) if others else 0.0
            fits = [middle and _distance(implied.enough_for(stage, use) / middle) for use in alike]
            odd = [pair for pair, fit in zip(odd, fits, strict=True) if fit == max(fits)][:1]
        found |= {stage: odd} if odd else {}
    for stage, odd in found.items():
        implied.set_aside((row["accelerator"], stage) for row, _ in odd)
        message = f"is {_times(odd[0][1])} what other accelerators use of {stage!r}; is it in {_unit(implied, stage)}?"
        yield implied.problem("bill_of_materials", "quantity", [row for row, _ in odd], message)


def _odd_stages(implied: _Implied) -> Iterator[Problem]:
    """Stages that are enough for far more or far fewer accelerators than all others."""
    for problem, stages in _odd_limits(implied, implied.per_h100e, "bill_of_materials"):
        yield problem
        implied.blame("capacity", stages)
    needed = {s: use for s, use in implied.all_per_h100e.items() if s not in implied.per_h100e}
    for problem, stages in _odd_limits(implied, needed, "supplier_needs"):
        yield problem
        implied.blame("capacity", stages)


def _odd_limits(implied: _Implied, uses: dict[str, float], table: str) -> list[tuple[Problem, list[str]]]:
    """Return the message on each limit that is far from what others imply, and the stages that have it."""
    suspects: dict[str, list[str]] = defaultdict(list)
    ratios: dict[str, float] = {}
    for stage, use in uses.items():
        others, units = implied.others(stage), implied.enough_for(stage, use)
        if units and not implied.is_blamed(stage):
            high, low = (units / middle(others) if len(others) > 1 else 1 for middle in (median_high, median_low))
            if implied.filled(stage) > FAR_OFF_AMONG_ALIKE:
                ratios[stage] = 1 / implied.filled(stage)
            elif high > FAR_OFF or 0 < low < 1 / FAR_OFF:
                ratios[stage] = high if high > 1 else low
    for stage in ratios:
        suspects[_origin(implied, stage)].append(stage)
    problems = []
    for origin, stages in suspects.items():
        stage, ratio = stages[0], ratios[stages[0]]
        usual, drawn = implied.limits[stage] / ratio, implied.limits[stage] / (implied.limits[origin] or math.inf)
        far = [
            (file, column, row)
            for file, column, row in implied.limit_rows.get(origin, ())
            if not _stands_in(row[column]) and (ratio < 1 or row[column] * drawn > usual * math.sqrt(FAR_OFF))
        ]
        if not far:
            continue
        of, column, _ = far[0]  # capacity, unless it all comes from expansions
        name = "stage" if table == "bill_of_materials" else "needs_stage"
        other = [row for row in implied.case.tables[table] if row[name] == stage and row["quantity"]]
        first = min(other, key=lambda row: implied.case.line(table, row))
        message = (
            f"is enough for {_times(ratio)} the accelerators that all else implies ({_short(usual / uses[stage])} "
            f"H100 equivalents); is it in {_unit(implied, origin)}? And is {implied.cell(table, 'quantity', first)}"
            f"{', with the ' + _rows(len(other) - 1) + ' like it,' if len(other) > 1 else ''} by the same unit?"
        )
        problems.append((implied.problem(of, column, [row for file, _, row in far if file == of], message), stages))
    return problems


def _odd_prices(implied: _Implied) -> Iterator[Problem]:
    """Prices that are far from all else that an accelerator costs."""
    parts = implied.cost_parts
    if len(parts) == 1:
        return
    shares = {stage: part / sum(p for s, p in parts.items() if s != stage) for stage, part in parts.items()}
    odd = {  # far above the other parts, one by one: beside one that is so all others are small, and not to blame
        stage: share
        for (stage, share), ratio in zip(shares.items(), _from_others([*parts.values()]), strict=True)
        if share > 1 and ratio > FAR_OFF
    } or {stage: share for stage, share in shares.items() if 0 < share < 1 / FAR_OFF}
    for stage, share in odd.items():
        table, column = ("capacity", "price_usd") if stage else ("unit_costs", "other_cost_usd")
        rows = [row for row in implied.case.tables[table] if row[column] and (not stage or row["stage"] == stage)]
        alike = [row for row in rows if not _stands_in(row[column])]
        if alike and not any(implied.is_any_blamed([column], row[schema.TABLE[table].key[0]]) for row in rows):
            times = _times(share)
            message = f"makes {times} what all else of an accelerator costs; is it in USD, per unit of this table?"
            yield implied.problem(table, column, alike, message)


def _odd_demand(implied: _Implied) -> Iterator[Problem]:
    """Demand that is far above what all accelerators together could ever serve."""
    votes, served = implied.votes(), implied.per_h100e_year
    most = implied.fleet + (median(votes) if votes else math.inf)
    asked: dict[tuple[str, int], float] = defaultdict(float)
    rows_of = {
        (table, column): [
            row
            for row in implied.case.tables[table]
            if row[column]
            and not _stands_in(row[column])
            and not implied.is_any_blamed([column, "multiplier"], row["workload"])
        ]
        for table, column, _ in _DEMAND
    }
    for (_, column), rows in rows_of.items():
        for row in rows:
            asked[row["workload"], row["year"]] += row[column]
    ratios = {(w, t): ttok / (most * served(w, t)) for (w, t), ttok in asked.items() if most * served(w, t)}
    for (table, column), rows in rows_of.items():
        far = [row for row in rows if ratios.get((row["workload"], row["year"]), 0.0) > FAR_OFF_DEMAND]
        if far:
            first = min(far, key=lambda row: implied.case.line(table, row))
            w, t = first["workload"], first["year"]
            meant, possible = _nearest(_DEMAND_UNITS, max(ratios.values())), most * served(w, t)
            message = (
                f"is part of {_short(asked[w, t])} for {w!r}, {_times(ratios[w, t])} the {_short(possible)} that every "
                f"accelerator of the case together could serve; the column counts 10^12 tokens: are these {meant}?"
            )
            yield implied.problem(table, column, far, message)


def _odd_values(implied: _Implied) -> Iterator[Problem]:
    """Workloads that nobody would serve: at best they earn far less than an accelerator costs."""
    parts, served = implied.cost_parts, implied.per_h100e_year
    upkeep = _middle(
        row["opex_usd_per_year"] / row["h100e"] for row in implied.case.tables["accelerators"] if row["h100e"]
    )
    cost = sum(parts.values()) / implied.life + upkeep
    if not cost or any(column in {"price_usd", "other_cost_usd"} for column, _ in implied.blamed):
        return
    earned: dict[str, float] = defaultdict(float)
    for table, _, column in _DEMAND:
        most = implied.case.settings.curve_top if table == "demand_curves" else 1.0
        for row in implied.case.tables[table]:
            usd = most * row[column] * MTOK_PER_TTOK * served(row["workload"], row["year"])
            earned[row["workload"]] = max(earned[row["workload"]], usd / cost)
    far = {w: share for w, share in earned.items() if 0 < share < FAR_OFF_VALUE}
    for table, _, column in _DEMAND:
        rows = [
            row
            for row in implied.case.tables[table]
            if row["workload"] in far
            and row[column]
            and not implied.is_any_blamed([column, "multiplier"], row["workload"])
        ]
        if rows:
            first = min(rows, key=lambda row: implied.case.line(table, row))
            meant, share = _nearest(_VALUE_UNITS, 1 / min(far.values())), far[first["workload"]]
            message = (
                f"is part of a workload that at best earns {_times(share)} what an accelerator costs in the same "
                f"time; the column is in USD per 10^6 tokens: are these USD {meant}?"
            )
            yield implied.problem(table, column, rows, message)


def _series(table: schema.TableSchema, rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Return the rows of each series, by year."""
    series: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        series[tuple(row[k] for k in table.key if k != "year")].append(row)
    for alike in series.values():
        yield sorted(alike, key=lambda row: int(row["year"]))


def _from_others(values: Sequence[float]) -> list[float]:
    """Return how many times the middle of the others each value is, or the nearer of two in the middle; 1 if alone.

    >>> _from_others([1.0, 2.0, 4e6]), _from_others([1.0])
    ([0.5, 2.0, 2000000.0], [1.0])
    """
    ratios = []
    for n, value in enumerate(values):
        others = [*values[:n], *values[n + 1 :]]
        ends = [value / median_low(others), value / median_high(others)] if others else [1.0]
        ratios.append(min(ends, key=_distance))
    return ratios


def _origin(implied: _Implied, stage: str) -> str:
    """Return the stage whose rows give a stage the most of its limit, by allocation."""
    return max(
        implied.origins(stage), key=lambda s: sum(row[column] for _, column, row in implied.limit_rows.get(s, ()))
    )


def _unit(implied: _Implied, stage: str) -> str:
    return next(str(row["unit"]) for row in implied.case.tables["stages"] if row["stage"] == stage)


def _stands_in(value: float) -> bool:
    """Whether a number is a power of ten or all nines, which stands for "no limit" or "next to nothing".

    >>> [_stands_in(value) for value in (1e9, 0.001, 999999.0, 40e6, 9.0, 1.5)]
    [True, True, True, False, False, False]
    """
    digits = f"{value:.12e}".partition("e")[0].replace(".", "").rstrip("0")
    return digits == "1" or (len(digits) > 1 and set(digits) == {"9"})


def _distance(ratio: float) -> float:
    """Return how far two numbers are apart, by their ratio, whichever is the larger."""
    return abs(math.log(ratio)) if ratio else math.inf


def _middle(values: Iterable[float]) -> float:
    """Return the median of what is above 0, or 0."""
    return median([value for value in values if value > 0] or [0.0])


def _nearest(units: dict[int, str], factor: float) -> str:
    return units[min(units, key=lambda power: abs(power - math.log10(factor)))]


def _name(table: str, row: Row) -> str:
    return " / ".join(str(row[k]) for k in schema.TABLE[table].key if row[k] is not None)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _more(rows: Sequence[Row]) -> str:
    return f", and {len(rows) - 1} more" if len(rows) > 1 else ""


def _short(value: float) -> str:
    """Return two digits of a number.

    >>> _short(6.13e11), _short(0.00042), _short(480.0)
    ('6.1e11', '0.00042', '480')
    """
    text = f"{significant(value, _DIGITS):g}"
    return text.replace("e+0", "e").replace("e+", "e")


def _times(factor: float) -> str:
    """Return a factor in words, to stand before what it multiplies.

    >>> _times(1.23e6), _times(1e-6)
    ('1.2e6 times', '1/1e6 of')
    """
    return f"{_short(factor)} times" if factor >= 1 else f"1/{_short(1 / factor if factor else math.inf)} of"
