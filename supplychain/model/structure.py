"""Which variables and constraints a case has: plain sets, read from its rows, with no number of the LP in them.

Everything is in canonical order (sorted by key), so that the LP does not depend on the order of rows in the files.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.calendar import (
    arrives_by,
    in_production,
    in_service,
    last_year_seen,
    online_year,
    service_years,
)
from supplychain.case.places import served_places
from supplychain.model import curves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.case import Case, Series
    from supplychain.tabular import Row

Need = tuple[str, str, str, str, str]
"""Key of a supplier need: stage, supplier, place (blank: every place), basis, needed stage."""


@dataclass(frozen=True)
class Structure:
    """The index sets of the LP. One letter per index: a r s k p t u w j c, as in docs/model.md."""

    years: tuple[int, ...]
    regions: tuple[str, ...]
    stages: Mapping[str, Row]
    places: Mapping[str, tuple[str, ...]]
    """Places of a stage: `global`, or every region."""
    suppliers: Mapping[tuple[str, str], tuple[str, ...]]
    """Suppliers of a stage at a place; there may be none."""
    supply: tuple[tuple[str, str, str, int], ...]
    has_capacity: frozenset[tuple[str, str, str]]
    draws: Mapping[tuple[str, str], tuple[str, ...]]
    """Stages of whose limit a supplier has a share."""
    expand: tuple[tuple[str, str, str, int], ...]
    """Orders that arrive inside the horizon."""
    lead: Mapping[tuple[str, str, str, int], int]
    capacity_life: Mapping[tuple[str, str], int]
    arrived: Mapping[tuple[str, str, str, int], tuple[int, ...]]
    """Order years whose capacity is in service in a year."""
    supply_needs: Mapping[tuple[str, str], tuple[tuple[Need, str], ...]]
    """Who needs a stage at a place for what it supplies: the need, and the place of the supplier."""
    expansion_needs: Mapping[tuple[str, str], tuple[tuple[Need, str], ...]]
    accelerators: Mapping[str, Row]
    users: Mapping[str, tuple[str, ...]]
    """Accelerators that use a stage."""
    materials: Mapping[str, tuple[str, ...]]
    """Stages that an accelerator uses."""
    build: tuple[tuple[str, int], ...]
    handle: tuple[tuple[str, int], ...]
    """Accelerators that can be in the warehouse, or be installed, in a year."""
    vintages: Mapping[tuple[str, int], tuple[int, ...]]
    """Years of the case in which what is still alive in a year may have been installed."""
    opening: frozenset[str]
    fleet: Mapping[tuple[str, str, int], tuple[int, ...]]
    """Vintages of the opening fleet that are still alive: accelerator, region, year."""
    operate: tuple[tuple[str, str, int], ...]
    commitments: Mapping[tuple[str, int], Row]
    deliver: tuple[tuple[str, str, int], ...]
    budget: tuple[int, ...]
    assign: tuple[tuple[str, str, int], ...]
    has_efficiency: frozenset[str]
    workloads: tuple[str, ...]
    has_operations: frozenset[str]
    """Accelerators that have a busy share of their own."""
    serve: tuple[tuple[str, str, int], ...]
    research: tuple[tuple[str, int], ...]
    priced: frozenset[str]
    """Workloads for which a price is charged."""
    terms: Mapping[tuple[str, str, str, int], int]
    """Contracts: stage, supplier, place and first year; and the last year, of the term or of the case."""
    owed: tuple[tuple[str, str, str, int, int], ...]
    """Contracts, and up to which year they count: their last; with limited foresight each one that a window ends in."""
    cash: tuple[int, ...]

    def life(self, a: str) -> int:
        """Years in service of an accelerator."""
        years: int = self.accelerators[a]["life_years"]
        return years

    def cost_life(self, s: str) -> int:
        """Years over which a purchase of a flow stage is written off."""
        years: int = self.stages[s]["cost_life_years"]
        return years

    def is_flow(self, s: str) -> bool:
        """Whether the stage is used once, when something is built."""
        return bool(self.stages[s]["kind"] == "flow")

    def is_global(self, s: str) -> bool:
        """Whether the stage is one pool for the world."""
        return bool(self.stages[s]["scope"] == "global")


def same_sets(on: Structure, other: Structure, *, lives: bool = True) -> bool:
    """Return whether two cases have the same variables and constraints, whatever their numbers.

    Without `lives` whatever lead times and lives make of them, too.
    """
    names = (field.name for field in fields(Structure) if lives or field.name not in _OF_LIVES)
    return all(
        _sets(name, getattr(on, name), lives=lives) == _sets(name, getattr(other, name), lives=lives) for name in names
    )


def differing(before: Series, after: Series) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the rows of the series in which two states of a table differ."""
    other = [key for key in dict.fromkeys((*before, *after)) if before.get(key) is not after.get(key)]
    old, new = (tuple(row for key in other for row in rows.get(key, ())) for rows in (before, after))
    return old, new


def sets_of(table: schema.TableSchema, rows: tuple[Row, ...]) -> set[tuple[object, ...]]:
    """Return all of a table that sets are read from: its keys, what is no number of the LP, and what is blank.

    Of a series the years that are given are left out: it has a number in every year.
    """
    series = set(table.key) - set(_series_key(table))
    kept = [c.name for c in table.columns if not c.param and c.name not in series]
    blank = [c.name for c in table.columns if c.param and c.blank]
    return {(*(row[c] for c in kept), *(row[c] is None for c in blank)) for row in rows}


def _series_key(table: schema.TableSchema) -> list[str]:
    is_series = any(column.series for column in table.columns)
    return [name for name in table.key if not (is_series and name == "year")]


_ROWS = {"stages", "accelerators", "commitments"}
"""Fields that hold rows of the table of that name, some of whose columns are numbers."""


_OF_LIVES = {"expand", "lead", "capacity_life", "arrived", "vintages", "fleet"}
"""Fields that follow from lead times and lives."""
_LIVES = {"life_years", "cost_life_years"}
"""Columns of the rows that are held."""


def _sets(name: str, value: object, *, lives: bool) -> object:
    if name not in _ROWS:
        return value
    kept = [
        column.name
        for column in schema.TABLE[name].columns
        if not column.param and (lives or column.name not in _LIVES)
    ]
    blank = [column.name for column in schema.TABLE[name].columns if column.param]
    rows: Mapping[object, Row] = value  # type: ignore[assignment]
    return {
        key: ([row[column] for column in kept], [row[column] is None for column in blank]) for key, row in rows.items()
    }


def structure(case: Case) -> Structure:
    """Read the index sets of a case."""
    tables = case.tables
    years = tuple(case.years)
    stages = {row["stage"]: row for row in tables["stages"]}
    accelerators = {row["accelerator"]: row for row in tables["accelerators"]}
    regions = tuple(row["region"] for row in tables["regions"])
    draws = _draws(tables["allocation"])
    places_of = served_places(tables["suppliers"], tables["capacity"], tables["allocation"])
    places = {s: (schema.GLOBAL,) if row["scope"] == "global" else regions for s, row in stages.items()}
    lead = {(r["stage"], r["supplier"], r["place"], r["year"]): r["lead_years"] for r in tables["expansion"]}
    expand = tuple(key for key in sorted(lead) if key[3] in years and arrives_by(key[3], lead[key], years[-1]))
    capacity_life = {
        (r["stage"], r["supplier"]): r["capacity_life_years"]
        for r in tables["suppliers"]
        if r["capacity_life_years"] is not None
    }
    supply = tuple((s, k, p, t) for (s, k), where in sorted(places_of.items()) for p in sorted(where) for t in years)
    bill = {(r["accelerator"], r["stage"]) for r in tables["bill_of_materials"]}
    first = {a: row["first_year"] for a, row in accelerators.items()}
    last = {a: row["last_year"] for a, row in accelerators.items()}
    opening = frozenset(r["accelerator"] for r in tables["opening"])
    build = tuple((a, t) for a in accelerators for t in years if in_production(first[a], last[a], t))
    handle = tuple((a, t) for a in accelerators for t in years if first[a] <= t)
    fleet = _fleet(case, accelerators)
    operate = tuple(
        (a, r, t) for a in accelerators for r in regions for t in years if first[a] <= t or (a, r, t) in fleet
    )
    commitments = {(r["commitment"], r["year"]): r for r in tables["commitments"] if r["year"] in years}
    terms = _terms(case)
    efficiency = frozenset(r["workload"] for r in tables["efficiency"])
    owned = {(a, t) for a, _, t in operate}
    return Structure(
        years=years,
        regions=regions,
        stages=stages,
        places=places,
        suppliers=_by_place(places_of, places),
        supply=supply,
        has_capacity=frozenset((r["stage"], r["supplier"], r["place"]) for r in tables["capacity"]),
        draws=draws,
        expand=expand,
        lead={key: lead[key] for key in expand},
        capacity_life=capacity_life,
        arrived=_arrived(expand, lead, capacity_life, years),
        supply_needs=_needs(tables["supplier_needs"], "supply", places_of, stages),
        expansion_needs=_needs(tables["supplier_needs"], "expansion", places_of, stages),
        accelerators=accelerators,
        users={s: tuple(a for a in accelerators if (a, s) in bill) for s in stages},
        materials={a: tuple(s for s in stages if (a, s) in bill) for a in accelerators},
        build=build,
        handle=handle,
        vintages={
            (a, t): tuple(u for u in years if row["first_year"] <= u and in_service(u, row["life_years"], t))
            for a, row in accelerators.items()
            for t in years
        },
        opening=opening,
        fleet=fleet,
        operate=operate,
        commitments=commitments,
        deliver=_deliver(commitments, accelerators, bill, set(build), owned),
        budget=tuple(r["year"] for r in tables["budget"] if r["year"] in years),
        assign=tuple(
            (r["accelerator"], r["workload"], t)
            for r in tables["throughput"]
            for t in years
            if (r["accelerator"], t) in owned
        ),
        has_efficiency=efficiency,
        workloads=tuple(r["workload"] for r in tables["workloads"]),
        has_operations=frozenset(r["accelerator"] for r in tables["operations"] if r["accelerator"] is not None),
        serve=tuple((w, j, t) for w, j in sorted(_demand_tiers(case)) for t in years),
        research=tuple((j, t) for j in sorted(_research_tiers(case)) for t in years),
        priced=curves.priced(case),
        terms=terms,
        owed=_owed(case, terms),
        cash=tuple(r["year"] for r in tables["cash"] if r["year"] in years),
    )


def _terms(case: Case) -> dict[tuple[str, str, str, int], int]:
    """Return the contracts that have a year in the case, each with its last year there."""
    last = {
        (r["stage"], r["supplier"], r["place"], r["first_year"]): min(r["last_year"], case.years[-1])
        for r in case.tables["take_or_pay"]
    }
    return {key: end for key, end in last.items() if max(key[-1], case.years[0]) <= end}


def _owed(case: Case, terms: Mapping[tuple[str, str, str, int], int]) -> tuple[tuple[str, str, str, int, int], ...]:
    """Return up to which years each contract counts; with limited foresight a window may end before its term does."""
    seen, last = case.settings.foresight_years, case.years[-1]
    ends = set() if seen is None else {last_year_seen(t, seen, last) for t in case.years}
    return tuple(
        (*key, u)
        for key, end in sorted(terms.items())
        for u in case.years
        if u == end or (key[-1] <= u < end and u in ends)
    )


def _demand_tiers(case: Case) -> set[tuple[str, str]]:
    priced = curves.priced(case)
    of_curves = {
        (r["workload"], j)
        for r in case.tables["demand_curves"]
        for j in curves.tier_names(case.settings, charged=r["workload"] in priced)
    }
    return {(r["workload"], r["tier"]) for r in case.tables["demand"]} | of_curves


def _research_tiers(case: Case) -> set[str]:
    of_curve = curves.tier_names(case.settings) if case.tables["research_curves"] else []
    return {r["tier"] for r in case.tables["research"]} | set(of_curve)


def _draws(rows: tuple[Row, ...]) -> dict[tuple[str, str], tuple[str, ...]]:
    draws: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        of_stage = row["of_stage"]
        drawn = draws[row["stage"], row["supplier"]]
        if of_stage not in drawn:
            drawn.append(of_stage)
    return {key: tuple(sorted(drawn)) for key, drawn in draws.items()}


def _by_place(
    places_of: Mapping[tuple[str, str], set[str]], places: Mapping[str, tuple[str, ...]]
) -> dict[tuple[str, str], tuple[str, ...]]:
    suppliers: dict[tuple[str, str], list[str]] = {(s, p): [] for s, where in places.items() for p in where}
    for (s, k), where in sorted(places_of.items()):
        for p in where:
            suppliers[s, p].append(k)
    return {key: tuple(names) for key, names in suppliers.items()}


def _arrived(
    expand: tuple[tuple[str, str, str, int], ...],
    lead: Mapping[tuple[str, str, str, int], int],
    life: Mapping[tuple[str, str], int],
    years: tuple[int, ...],
) -> dict[tuple[str, str, str, int], tuple[int, ...]]:
    arrived: dict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for s, k, p, u in expand:
        for t in service_years(online_year(u, lead[s, k, p, u]), life[s, k]):
            if t in years:
                arrived[s, k, p, t].append(u)
    return {key: tuple(orders) for key, orders in arrived.items()}


def _needs(
    rows: tuple[Row, ...], basis: str, places_of: Mapping[tuple[str, str], set[str]], stages: Mapping[str, Row]
) -> dict[tuple[str, str], tuple[tuple[Need, str], ...]]:
    """Resolve needs to the places of their supplier: a row that names one replaces there the row for every place."""
    needs: dict[tuple[str, str], list[tuple[Need, str]]] = defaultdict(list)
    named = {
        tuple(row[c] for c in ("stage", "supplier", "basis", "needs_stage", "place")) for row in rows if row["place"]
    }
    for row in rows:
        if row["basis"] != basis:
            continue
        s, k, n = row["stage"], row["supplier"], row["needs_stage"]
        key = (s, k, (row["place"] or ""), basis, n)
        for p in sorted(places_of[s, k]):
            if p != row["place"] if row["place"] else (s, k, basis, n, p) in named:
                continue
            place = schema.GLOBAL if stages[n]["scope"] == "global" else p
            needs[n, place].append((key, p))
    return {key: tuple(users) for key, users in needs.items()}


def _fleet(case: Case, accelerators: Mapping[str, Row]) -> dict[tuple[str, str, int], tuple[int, ...]]:
    fleet: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for row in case.tables["fleet"]:
        a, r, y = row["accelerator"], row["region"], row["installed_year"]
        for t in case.years:
            if in_service(y, accelerators[a]["life_years"], t):
                fleet[a, r, t].append(y)
    return {key: tuple(vintages) for key, vintages in fleet.items()}


def _deliver(
    commitments: Mapping[tuple[str, int], Row],
    accelerators: Mapping[str, Row],
    bill: set[tuple[str, str]],
    build: set[tuple[str, int]],
    owned: set[tuple[str, int]],
) -> tuple[tuple[str, str, int], ...]:
    """Accelerators that count for a commitment, in the years in which they can be built or operate."""
    deliver = []
    for (c, t), row in commitments.items():
        for a, described in accelerators.items():
            in_scope = all(row[scope] in {None, described[scope]} for scope in ("accelerator", "family", "vendor"))
            counts = row["stage"] is None or (a, row["stage"]) in bill
            possible = (a, t) in (build if row["basis"] == "built" else owned)
            if in_scope and counts and possible:
                deliver.append((c, a, t))
    return tuple(deliver)
