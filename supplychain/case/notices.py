"""What is valid and yet worth a look: each check is one function that yields its notices."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.calendar import (
    arrives_by,
    fits_foresight,
    horizon,
    in_production,
    online_year,
    production_ended,
    year_before,
)
from supplychain.case.factors import Loadings
from supplychain.case.magnitudes import suspected_units
from supplychain.case.staleness import Staleness, input_rows, year_column
from supplychain.errors import Problem
from supplychain.tolerances import WHOLE_SHARE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supplychain.case import Case
    from supplychain.tabular import Row


_ASKED_FOR = (("demand", "demand_ttok"), ("demand_curves", "volume_ttok"))
"""Tables of demand for tokens, and their column that says how many."""


def notices(case: Case) -> list[Problem]:
    """Return every notice of a valid case, check by check."""
    return [notice for check in _CHECKS for notice in check(case)]


def _extrapolated_series(case: Case) -> Iterator[Problem]:
    """Series that end before the case does are extrapolated: each stays at its last value."""
    for table in schema.TABLES:
        series = [column.name for column in table.columns if column.series]
        if not series:
            continue
        ended: dict[int, list[str]] = defaultdict(list)
        for key, years in _years_by_key(case, table).items():
            if max(years) < case.settings.last_year:
                ended[max(years)].append(_named(key))
        for year, names in sorted(ended.items()):
            what = "held" if len(names) == 1 else f"{len(names)} series held"
            message = f"{what} at the value of {year} to {case.settings.last_year}: {', '.join(names)}"
            yield Problem(table.file, 0, " and ".join(series), message)


def _factors_without_range(case: Case) -> Iterator[Problem]:
    """Rows of `factors` that name numbers of which none has a range."""
    factors = case.tables["factors"]
    for n in Loadings(case.tables, factors).without_range:
        message = f"{factors[n]['target']} has no range, so that {factors[n]['factor']!r} moves nothing there"
        yield Problem("factors.csv", case.line("factors", factors[n]), "target", message)


def _unused_stages(case: Case) -> Iterator[Problem]:
    used = {row["stage"] for row in case.tables["bill_of_materials"]} | {
        row["needs_stage"] for row in case.tables["supplier_needs"]
    }
    used |= {row["of_stage"] for row in case.tables["allocation"]}
    for row in case.tables["stages"]:
        if row["stage"] not in used:
            yield Problem("stages.csv", 0, "stage", f"nothing uses {row['stage']!r}")


def _idle_suppliers(case: Case) -> Iterator[Problem]:
    """Suppliers with no capacity in any year, no order that arrives in time, and no share of anything."""
    able = {(s, k) for (s, k, _), values in case.yearly("capacity", "capacity").items() if any(values.values())}
    able |= {(r["stage"], r["supplier"]) for r in case.tables["expansion"] if _arrives(case, r) and r["max_expansion"]}
    shares = [key for key, values in case.yearly("allocation", "share").items() if any(values.values())]
    for _ in shares:
        able |= {(s, k) for s, k, pool in shares if any(stage == pool for stage, _ in able)}
    for row in case.tables["suppliers"]:
        if (row["stage"], row["supplier"]) not in able:
            yield Problem(
                "suppliers.csv",
                0,
                "supplier",
                f"{row['supplier']!r} of {row['stage']!r} can never supply: its limit is 0 in every year",
            )


def _idle_accelerators(case: Case) -> Iterator[Problem]:
    working = {row["accelerator"] for row in case.tables["throughput"] if row["tokens_per_second"]}
    for row in case.tables["accelerators"]:
        if row["accelerator"] not in working:
            yield Problem("accelerators.csv", 0, "accelerator", f"no workload runs on {row['accelerator']!r}")


def _unservable_demand(case: Case) -> Iterator[Problem]:
    """Workloads that no accelerator that can be owned inside the horizon runs."""
    in_fleet = {row["accelerator"] for row in case.tables["fleet"]} | {
        row["accelerator"] for row in case.tables["opening"]
    }
    owned = in_fleet | {
        row["accelerator"]
        for row in case.tables["accelerators"]
        if any(in_production(row["first_year"], row["last_year"], year) for year in case.years)
    }
    runs = {
        row["workload"] for row in case.tables["throughput"] if row["tokens_per_second"] and row["accelerator"] in owned
    }
    for table, column in _ASKED_FOR:
        demanded = {key[0] for key, values in case.yearly(table, column).items() if any(values.values())}
        for w in sorted(demanded - {str(w) for w in runs}):
            yield Problem(f"{table}.csv", 0, "workload", f"no accelerator can serve {w!r}")


def _empty_demand(case: Case) -> Iterator[Problem]:
    years = f"{case.settings.first_year}-{case.settings.last_year}"
    for table, column in _ASKED_FOR:
        for key, values in case.yearly(table, column).items():
            if not any(values.values()):
                yield Problem(f"{table}.csv", 0, column, f"{' / '.join(key)} asks for nothing in {years}")


def _ended_families(case: Case) -> Iterator[Problem]:
    """Families of the opening fleet none of whose members can be built any more."""
    family = {row["accelerator"]: row["family"] for row in case.tables["accelerators"]}
    alive = {
        row["family"]
        for row in case.tables["accelerators"]
        if not production_ended(row["last_year"], case.settings.first_year)
    }
    for name in sorted({family[row["accelerator"]] for row in case.tables["fleet"]} - alive):
        yield Problem("fleet.csv", 0, "accelerator", f"family {name!r} can no longer be built")


def _late_prices(case: Case) -> Iterator[Problem]:
    """Prices that are first given after they are first used take their first value until then."""
    first_built = {
        row["accelerator"]: row["first_year"]
        for row in case.tables["accelerators"]
        if not production_ended(row["last_year"], case.settings.first_year)
    }
    first_used: dict[str, dict[tuple[str, ...], int]] = {
        "unit_costs": {(a,): year for a, year in first_built.items()},
        "efficiency": {},
        "operations": {},
        "capacity": {
            (r["stage"], r["supplier"], r["place"]): online_year(r["year"], r["lead_years"])
            for r in reversed(case.tables["expansion"])
        },
    }
    for name, used in first_used.items():
        table = schema.TABLE[name]
        column = next(c.name for c in table.columns if c.series == "price")
        for key, years in _years_by_key(case, table).items():
            start = max(
                case.settings.first_year, used.get(key, case.settings.last_year + 1 if name == "capacity" else 0)
            )
            if min(years) > start and start <= case.settings.last_year:
                what = f"{_named(key, 'it')} is first given for {min(years)} and used from {start}"
                message = f"{what}; that value is used before"
                yield Problem(table.file, 0, column, message)


def _loose_ceilings(case: Case) -> Iterator[Problem]:
    """Shares of one stage that add up to less than the whole leave a part that nobody can use."""
    direct = {row["stage"] for row in case.tables["bill_of_materials"]}
    total: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for (_, _, pool), shares in case.yearly("allocation", "share").items():
        for year, share in shares.items():
            total[pool][year] += share
    for pool, sums in sorted(total.items()):
        short = {year: share for year, share in sums.items() if share < 1 - WHOLE_SHARE}
        if short and pool not in direct:
            year = min(short, key=lambda t: (short[t], t))
            message = f"shares of {pool!r} add up to less than 1 in {spans(short)}; least {short[year]:g} in {year}"
            yield Problem("allocation.csv", 0, "share", message)


def _late_orders(case: Case) -> Iterator[Problem]:
    """Orders that arrive after the horizon, or that no foresight window can fit, are never placed."""
    late: dict[str, list[int]] = defaultdict(list)
    unfit: dict[str, list[int]] = defaultdict(list)
    window = case.settings.foresight_years
    for row in case.tables["expansion"]:
        who, year = f"{row['stage']} / {row['supplier']}", row["year"]
        if year in case.years and not _arrives(case, row):
            late[who].append(year)
        elif window is not None and not fits_foresight(row["lead_years"], window):
            unfit[who].append(year)
    for orders, reason in (
        (late, f"arrive after {case.settings.last_year}"),
        (unfit, f"do not fit foresight_years = {window}"),
    ):
        by_years: dict[str, list[str]] = defaultdict(list)
        for who, years in sorted(orders.items()):
            by_years[spans(years)].append(who)
        for span, names in sorted(by_years.items()):
            yield Problem(
                "expansion.csv", 0, "lead_years", f"orders in {span} {reason} and are never placed: {', '.join(names)}"
            )


def _ignored_rows(case: Case) -> Iterator[Problem]:
    """Rows of years outside the case, in tables that are not interpolated."""
    for name in ("expansion", "build_limits", "commitments", "cash", "budget"):
        years = [row["year"] for row in case.tables[name] if row["year"] not in case.years]
        if years:
            span = f"{case.settings.first_year}-{case.settings.last_year}"
            yield Problem(f"{name}.csv", 0, "year", f"rows of {spans(years)} are outside {span} and are ignored")


def _terms_outside(case: Case) -> Iterator[Problem]:
    """Contracts none of whose years is one of the case, and those of which a part is."""
    first, last = case.settings.first_year, case.settings.last_year
    for row in case.tables["take_or_pay"]:
        years = spans(horizon(row["first_year"], row["last_year"]))
        who = f"{row['stage']} / {row['supplier']} / {row['place']}, {years}"
        line = case.line("take_or_pay", row)
        if row["last_year"] < first or row["first_year"] > last:
            message = f"{who} has no year of {first}-{last} and is ignored"
            yield Problem("take_or_pay.csv", line, "first_year", message)
        elif row["first_year"] < first or row["last_year"] > last:
            inside = spans(year for year in horizon(row["first_year"], row["last_year"]) if year in case.years)
            yield Problem("take_or_pay.csv", line, "first_year", f"{who}: only {inside} counts, of the case")


def _owed_without_cash(case: Case) -> Iterator[Problem]:
    """What is owed in a year that has no cash is not paid in cash."""
    with_cash = {row["year"] for row in case.tables["cash"]}
    for row in case.tables["take_or_pay"] if with_cash else ():
        year = min(row["last_year"], case.settings.last_year)
        if year in case.years and row["first_year"] <= year and year not in with_cash:
            who = f"{row['stage']} / {row['supplier']} / {row['place']} from {row['first_year']}"
            message = (
                f"what {who} is owed and not used falls due in {year}, which has no row in cash.csv: no cash pays it"
            )
            yield Problem("take_or_pay.csv", case.line("take_or_pay", row), "last_year", message)


def _stale_facts(case: Case) -> Iterator[Problem]:
    """Sources more than a year older than the data on which numbers of later years rest, or numbers without a year."""
    staleness = Staleness(case)
    for source, tables in staleness.tables_on(input_rows(case)).items():
        fact = staleness.facts[source]
        parts = []
        for which, dated in ((f"for {fact['date'][:4]} or later", True), ("without a year", False)):
            counts = {table: rows for table, rows in tables.items() if bool(year_column(table)) == dated}
            listed = ", ".join(f"{table} {rows}" for table, rows in counts.items())
            total = sum(counts.values())
            parts += [f"{total} row{'s' * (total > 1)} {which} ({listed})"] if counts else []
        message = f"{source!r} is stale ({fact['date']}): on it rest {' and '.join(parts)}"
        yield Problem("sources.csv", case.line("sources", fact), "date", message)
    if staleness.undated:
        many, names = len(staleness.undated), ", ".join(staleness.undated)
        message = f"{many} source{'s' * (many > 1)} without a date that can be read may be stale: {names}"
        yield Problem("sources.csv", 0, "date", message)


def _arrives(case: Case, row: Row) -> bool:
    return row["year"] in case.years and arrives_by(row["year"], row["lead_years"], case.settings.last_year)


def _years_by_key(case: Case, table: schema.TableSchema) -> dict[tuple[str, ...], list[int]]:
    years_of: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in case.tables[table.name]:
        years_of[tuple(row[k] for k in table.key if k != "year")].append(row["year"])
    return years_of


def _named(key: tuple[str | None, ...], nothing: str = "all") -> str:
    """Return what a series is called: one that names nothing is that of all."""
    return " / ".join(name for name in key if name is not None) or nothing


def stale(notice: Problem) -> bool:
    """Whether a notice is one of an old source."""
    return notice.file == schema.TABLE["sources"].file


def spans(years: Iterable[int]) -> str:
    """Return years as ranges: 2026-2028, 2031.

    >>> spans([2026, 2027, 2028, 2031])
    '2026-2028, 2031'
    """
    known = sorted(set(years))
    starts = [y for y in known if year_before(y) not in known]
    ends = [y for y in known if y not in set(map(year_before, known))]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))


_CHECKS = (
    _extrapolated_series,
    _factors_without_range,
    _unused_stages,
    _idle_suppliers,
    _idle_accelerators,
    _unservable_demand,
    _empty_demand,
    _ended_families,
    _late_prices,
    _loose_ceilings,
    _late_orders,
    _ignored_rows,
    _terms_outside,
    _owed_without_cash,
    _stale_facts,
    suspected_units,
)
