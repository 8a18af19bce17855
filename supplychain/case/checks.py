"""What makes a case wrong, table against table. Each check is one function that yields its faults."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema
from supplychain.case.calendar import horizon, interpolated
from supplychain.case.factors import Loadings
from supplychain.case.places import served_places
from supplychain.case.read import CASE_FILE
from supplychain.errors import Problem
from supplychain.tabular import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from supplychain.case.read import FolderContents
    from supplychain.tabular import Key, Row, Rows, Value

RowsByTable: TypeAlias = "Mapping[str, Rows]"


def faults(contents: FolderContents) -> list[Problem]:
    """Return every fault of what was read, in the order of files and rows.

    A check between tables runs if the tables that it reads have no fault by themselves: it would blame the wrong cell.
    """
    tables = contents.tables
    problems = list(contents.problems)
    problems += _keys_once(tables)
    problems += _references(tables, broken={p.file for p in contents.problems if p.row <= 1 or not p.column})
    faulty = {p.file for p in problems}
    if CASE_FILE not in faulty:
        problems += _horizon(contents.settings)
    for check, names in _TABLE_CHECKS.items():
        if not any(tables[name].table.file in faulty for name in names):
            problems += check(tables)
    for year_check, name in _YEAR_CHECKS.items():
        if not faulty & {CASE_FILE, "accelerators.csv", tables[name].table.file}:
            problems += year_check(tables, contents.settings["first_year"])
    order = {table.file: n for n, table in enumerate(schema.TABLES)}
    return sorted(problems, key=lambda p: (order.get(p.file, -1), p.row))


def _keys_once(tables: RowsByTable) -> Iterator[Problem]:
    for rows in tables.values():
        first: dict[tuple[object, ...], int] = {}
        key = [k for k in rows.table.key if k in rows.header or not rows.table.column(k).added]
        required = [k for k in key if not rows.table.column(k).blank]
        for line, row in rows.numbered():
            values = tuple(row[k] for k in key)
            if any(row[k] is None for k in required):
                continue
            if values in first:
                what = " / ".join("" if v is None else str(v) for v in values)
                message = f"{shown(what)!r} was given in row {first[values]}; a key may stand once"
                yield Problem(rows.table.file, line, " + ".join(key), message)
            first.setdefault(values, line)


def _references(tables: RowsByTable, broken: set[str]) -> Iterator[Problem]:
    """Names must be keys of the table they point to, unless that table has rows or keys that could not be read."""
    for rows in tables.values():
        for reference in rows.table.references:
            target = tables[reference.table]
            if target.table.file in broken:
                continue
            known = {tuple(row[c] for c in reference.target) for row in target.rows}
            if any(None in key for key in known):
                continue
            for line, row in rows.numbered():
                values = tuple(row[c] for c in reference.columns)
                if None not in values and values not in known:
                    yield Problem(rows.table.file, line, *_unknown(reference, values, known))
    if schema.TABLE["sources"].file not in broken:
        yield from _derived_from(tables)


def _unknown(reference: schema.Reference, values: Key, known: set[Key]) -> tuple[str, str]:
    """Return the first column with a name that leads nowhere, and what is wrong with it."""
    n = next(n for n in range(len(values)) if values[: n + 1] not in {key[: n + 1] for key in known})
    near = sorted({str(key[n]) for key in known if key[:n] == values[:n]})
    what = reference.target[n] + (f" of {reference.columns[0]} {shown(values[0])!r}" if n else "")
    where = "" if n + 1 == len(values) else f" in {reference.table}.csv"
    return reference.columns[n], f"no {what}{where} is called {shown(values[n])!r}{did_you_mean(str(values[n]), near)}"


def _derived_from(tables: RowsByTable) -> Iterator[Problem]:
    known = sorted(row["source"] for row in tables["sources"].rows)
    for line, row in tables["sources"].numbered():
        for name in (row["derived_from"] or "").split():
            if name not in known:
                message = f"no source is called {shown(name)!r}{did_you_mean(name, known)}"
                yield Problem("sources.csv", line, "derived_from", message)


def _horizon(settings: Mapping[str, Any]) -> Iterator[Problem]:
    first, last = (settings[name] for name in ("first_year", "last_year"))
    report = settings["report_last_year"]
    if last < first:
        yield Problem(CASE_FILE, 0, "last_year", f"{last}; must be first_year ({first}) or later")
    elif report is not None and not first <= report <= last:
        yield Problem(
            CASE_FILE, 0, "report_last_year", f"{report}; must be from first_year ({first}) to last_year ({last})"
        )


def _stage_columns(tables: RowsByTable) -> Iterator[Problem]:
    """Flows have a cost life; stocks have neither a cost life nor a store."""
    for line, row in tables["stages"].numbered():
        if row["kind"] == "flow" and row["cost_life_years"] is None:
            yield Problem(
                "stages.csv", line, "cost_life_years", "is blank; a flow stage needs a whole number, 1 or more"
            )
        if row["kind"] == "stock" and row["cost_life_years"] is not None:
            yield Problem(
                "stages.csv", line, "cost_life_years", f"{row['cost_life_years']}; must be blank for a stock stage"
            )
        if row["kind"] == "stock" and row["storable"]:
            yield Problem(
                "stages.csv", line, "storable", "true; a stock stage cannot be stored, must be false or blank"
            )


def _groups(tables: RowsByTable) -> Iterator[Problem]:
    """The stages of one group share kind and, if flows, cost life."""
    first: dict[object, Row] = {}
    for line, row in tables["stages"].numbered():
        other = first.setdefault(row["group"], row)
        for column in ("kind", "cost_life_years") if row["kind"] == other["kind"] == "flow" else ("kind",):
            if row[column] != other[column] and row[column] is not None and other[column] is not None:
                same = f"stage {other['stage']!r} of the same group {row['group']!r} has {other[column]!r}"
                message = f"{row[column]!r}; {same}, must be the same"
                yield Problem("stages.csv", line, column, message)


def _places(tables: RowsByTable) -> Iterator[Problem]:
    """A global stage is supplied at `global`, a regional stage in a region."""
    regions = [row["region"] for row in tables["regions"].rows]
    scope = _by_stage(tables, "scope")
    if schema.GLOBAL in regions:
        line = next(line for line, row in tables["regions"].numbered() if row["region"] == schema.GLOBAL)
        yield Problem(
            "regions.csv", line, "region", "'global' is the place of global stages; give the region another name"
        )
    for name in ("capacity", "expansion", "supplier_needs", "take_or_pay"):
        for line, row in tables[name].numbered():
            place = row["place"]
            if place is None:
                continue
            if scope[row["stage"]] == "global" and place != schema.GLOBAL:
                yield Problem(
                    f"{name}.csv",
                    line,
                    "place",
                    f"{shown(place)!r}; stage {row['stage']!r} is global, must be 'global'",
                )
            elif scope[row["stage"]] == "regional" and place not in regions:
                known = ", ".join(regions)
                message = f"{shown(place)!r}; stage {row['stage']!r} is regional, must be one of {known}"
                message += did_you_mean(str(place), regions)
                yield Problem(f"{name}.csv", line, "place", message)


def _allocation_circles(tables: RowsByTable) -> Iterator[Problem]:
    """An allocation draws from a stage of the same scope, and never, by way of others, from itself."""
    scope = _by_stage(tables, "scope")
    draws: dict[Value, set[Value]] = defaultdict(set)
    for line, row in tables["allocation"].numbered():
        draws[row["stage"]].add(row["of_stage"])
        if scope[row["stage"]] != scope[row["of_stage"]]:
            scopes = f"{row['of_stage']!r} is {scope[row['of_stage']]} and {row['stage']!r} is {scope[row['stage']]}"
            message = f"{scopes}; must have the same scope"
            yield Problem("allocation.csv", line, "of_stage", message)
    for line, row in tables["allocation"].numbered():
        if row["stage"] in _reached(draws, row["of_stage"]):
            circle = f"{row['of_stage']!r} draws from {row['stage']!r} in a circle"
            message = f"{circle}; an allocation may not come back to itself"
            yield Problem("allocation.csv", line, "of_stage", message)


def _need_circles(tables: RowsByTable) -> Iterator[Problem]:
    """Suppliers may not need each other in a circle."""
    needs: dict[Value, set[Value]] = defaultdict(set)
    for row in tables["supplier_needs"].rows:
        needs[row["stage"]].add(row["needs_stage"])
    for line, row in tables["supplier_needs"].numbered():
        if row["stage"] in _reached(needs, row["needs_stage"]):
            message = f"{row['needs_stage']!r} needs {row['stage']!r} in a circle; suppliers may not need each other"
            yield Problem("supplier_needs.csv", line, "needs_stage", message)


def _reached(edges: Mapping[Value, set[Value]], start: Value) -> set[Value]:
    seen, todo = {start}, [start]
    while todo:
        new = edges.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def _served_places(tables: RowsByTable) -> dict[tuple[str, str], set[str]]:
    return served_places(*(tables[name].rows for name in ("suppliers", "capacity", "allocation")))


def _possible_places(tables: RowsByTable) -> dict[object, set[object]]:
    """Return the places that each stage may have. What stands elsewhere is told by `_places`, and by no other check."""
    regions = {row["region"] for row in tables["regions"].rows}
    return {row["stage"]: {schema.GLOBAL} if row["scope"] == "global" else regions for row in tables["stages"].rows}


def _suppliers_serve(tables: RowsByTable) -> Iterator[Problem]:
    """Every supplier has capacity or an allocation; capacity is added where it has one of them, and has a life."""
    places, possible = _served_places(tables), _possible_places(tables)
    for line, row in tables["suppliers"].numbered():
        if not places[row["stage"], row["supplier"]]:
            message = f"{row['supplier']!r} has no row in capacity.csv or allocation.csv; needs one (capacity may be 0)"
            yield Problem("suppliers.csv", line, "supplier", message)
    life = {(row["stage"], row["supplier"]): row["capacity_life_years"] for row in tables["suppliers"].rows}
    missing: dict[object, Problem] = {}
    for line, row in tables["expansion"].numbered():
        who = row["stage"], row["supplier"]
        if row["place"] in possible[row["stage"]] - places[who]:
            absent = f"{row['supplier']!r} of {row['stage']!r} has no capacity row at {row['place']!r}"
            message = f"{absent}; needs one (capacity may be 0)"
            yield Problem("expansion.csv", line, "place", message)
        if life[who] is None:
            supplier_line = next(n for n, r in tables["suppliers"].numbered() if (r["stage"], r["supplier"]) == who)
            message = f"is blank and {row['supplier']!r} may expand; needs a whole number, 1 or more"
            missing.setdefault(who, Problem("suppliers.csv", supplier_line, "capacity_life_years", message))
    yield from missing.values()


def _needs_in_reach(tables: RowsByTable) -> Iterator[Problem]:
    """What a supplier needs must be supplied where it is; a global supplier may need global stages only."""
    scope = _by_stage(tables, "scope")
    places, possible = _served_places(tables), _possible_places(tables)
    supplied: dict[object, set[object]] = defaultdict(set)
    for (stage, _), where in places.items():
        supplied[stage] |= where
    for line, row in tables["supplier_needs"].numbered():
        needed = row["needs_stage"]
        where = places[row["stage"], row["supplier"]] & possible[row["stage"]]
        if scope[row["stage"]] == "global" and scope[needed] == "regional":
            message = f"{needed!r} is regional; a global supplier may need global stages only"
            yield Problem("supplier_needs.csv", line, "needs_stage", message)
            continue
        needed_at = (
            {schema.GLOBAL} if scope[needed] == "global" else where & ({row["place"]} if row["place"] else where)
        )
        out_of_reach = sorted(map(str, needed_at - supplied[needed]))
        if out_of_reach:
            absent = f"{needed!r} has no supplier at {', '.join(out_of_reach)}"
            message = f"{absent}; needs a row in capacity.csv there (capacity may be 0)"
            yield Problem("supplier_needs.csv", line, "needs_stage", message)


def _bill_of_materials(tables: RowsByTable) -> Iterator[Problem]:
    """An accelerator is built from global flows, and occupies stocks that somebody supplies."""
    stages = {row["stage"]: row for row in tables["stages"].rows}
    supplied = {stage for (stage, _), where in _served_places(tables).items() if where}
    for line, row in tables["bill_of_materials"].numbered():
        stage = stages[row["stage"]]
        if stage["kind"] == "flow" and stage["scope"] == "regional":
            message = f"{row['stage']!r} is a regional flow; an accelerator may use global flows and stocks only"
            yield Problem("bill_of_materials.csv", line, "stage", message)
        elif row["stage"] not in supplied:
            message = f"{row['stage']!r} has no supplier anywhere; needs rows in suppliers.csv and capacity.csv"
            yield Problem("bill_of_materials.csv", line, "stage", message)


def _accelerators(tables: RowsByTable) -> Iterator[Problem]:
    """Years in order; a ramp has both its numbers."""
    for line, row in tables["accelerators"].numbered():
        first, last = row["first_year"], row["last_year"]
        if isinstance(first, int) and isinstance(last, int) and last < first:
            yield Problem(
                "accelerators.csv", line, "last_year", f"{last}; must be first_year ({first}) or later, or blank"
            )
        start, growth = row["ramp_start_units"], row["ramp_growth"]
        if (start is None) != (growth is None):
            column = "ramp_start_units" if start is None else "ramp_growth"
            yield Problem(
                "accelerators.csv",
                line,
                column,
                "is blank; ramp_start_units and ramp_growth are given both or not at all",
            )


def _commitments(tables: RowsByTable) -> Iterator[Problem]:
    """A commitment is for exactly one of an accelerator, a family or a vendor that exists."""
    scopes = ("accelerator", "family", "vendor")
    for line, row in tables["commitments"].numbered():
        scopes_given = [scope for scope in scopes if row[scope] is not None]
        if len(scopes_given) != 1:
            message = f"{len(scopes_given)} of accelerator, family and vendor are given; must be exactly one"
            yield Problem("commitments.csv", line, "accelerator", message)
        for scope in (scope for scope in scopes_given if scope != "accelerator"):
            known = sorted({a[scope] for a in tables["accelerators"].rows})
            if row[scope] not in known:
                message = f"no accelerator has the {scope} {shown(row[scope])!r}{did_you_mean(row[scope], known)}"
                yield Problem("commitments.csv", line, scope, message)


def _take_or_pay(tables: RowsByTable) -> Iterator[Problem]:
    """A term ends after it begins, is with a supplier that serves its place, and overlaps with no other of it."""
    places, possible = _served_places(tables), _possible_places(tables)
    terms: dict[object, list[tuple[Any, Any, int]]] = defaultdict(list)
    for line, row in tables["take_or_pay"].numbered():
        first, last, who = row["first_year"], row["last_year"], (row["stage"], row["supplier"])
        if last < first:
            yield Problem("take_or_pay.csv", line, "last_year", f"{last}; must be first_year ({first}) or later")
        if row["place"] in possible[row["stage"]] - places[who]:
            message = (
                f"{row['supplier']!r} of {row['stage']!r} has no row in capacity.csv at {row['place']!r}; needs one"
            )
            yield Problem("take_or_pay.csv", line, "place", message)
        terms[*who, row["place"]].append((first, last, line))
    for of_site in terms.values():
        for (first, last, above), (begins, _, line) in pairwise(sorted(of_site)):
            if begins <= last:
                message = f"{begins}; the term {first}-{last} of row {above} has this year, terms may not overlap"
                yield Problem("take_or_pay.csv", line, "first_year", message)


def _cash(tables: RowsByTable) -> Iterator[Problem]:
    """Cash has a row for each year between its first and its last, and every workload a price."""
    years = sorted(row["year"] for row in tables["cash"].rows)
    missing = [year for year in horizon(years[0], years[-1]) if year not in years] if years else []
    if missing:
        names = ", ".join(map(str, missing))
        message = f"has rows of {years[0]} and {years[-1]} and none of {names}; must have one for each year between"
        yield Problem("cash.csv", 0, "year", message)
    if years:
        priced = {row["workload"] for row in tables["prices"].rows}
        for line, row in tables["workloads"].numbered():
            if row["workload"] not in priced:
                message = f"{shown(row['workload'])!r} has no row in prices.csv; with cash every workload needs a price"
                yield Problem("workloads.csv", line, "workload", message)


def _operations(tables: RowsByTable) -> Iterator[Problem]:
    """Every accelerator has a busy share: its own, or that of every one."""
    named = {row["accelerator"] for row in tables["operations"].rows}
    for row in tables["accelerators"].rows if None not in named else ():
        if row["accelerator"] not in named:
            message = f"no row is for {shown(row['accelerator'])!r}; needs one that names it, or one that names none"
            yield Problem("operations.csv", 0, "accelerator", message)


def _charged_curves(tables: RowsByTable) -> Iterator[Problem]:
    """Where demand is a curve, what is charged is no less than the least price that a curve may have."""
    reference: dict[object, dict[int, float]] = defaultdict(dict)
    charged: dict[object, dict[int, float]] = defaultdict(dict)
    for row in tables["demand_curves"].rows:
        reference[row["workload"]][row["year"]] = row["price_usd_per_mtok"]
    for row in tables["prices"].rows:
        charged[row["workload"]][row["year"]] = row["price_usd_per_mtok"]
    least = schema.SETTING["curve_bottom"].minimum or 0.0  # as `model.curves.LEAST_PRICE`
    for w in reference.keys() & charged.keys():
        years = sorted({*reference[w], *charged[w]})
        prices = interpolated(charged[w], years, "price")
        for year, price in interpolated(reference[w], years, "price").items():
            if prices[year] < least * price:
                line = next(n for n, row in tables["prices"].numbered() if row["workload"] == w)
                message = (
                    f"{prices[year]:g} in {year} for {shown(w)!r}, whose demand is a curve with the price {price:g}"
                )
                message += f"; must be {least * price:g} or more"
                yield Problem("prices.csv", line, "price_usd_per_mtok", message)
                break


def _demand_or_curves(tables: RowsByTable) -> Iterator[Problem]:
    """Where no tier of demand is given, every workload has a curve."""
    with_curve = {row["workload"] for row in tables["demand_curves"].rows}
    names = [str(row["workload"]) for row in tables["workloads"].rows if row["workload"] not in with_curve]
    if names and not tables["demand"].rows:
        missing = ", ".join(map(repr, map(shown, names)))
        message = f"has no rows, and demand_curves.csv none of {missing}; every workload must have one or the other"
        yield Problem("demand.csv", 0, "", message)


def _tier_names(tables: RowsByTable) -> Iterator[Problem]:
    """The tiers in which a curve is served have names of their own."""
    for name in ("demand", "research"):
        for line, row in tables[name].numbered():
            if schema.CURVE_TIER.fullmatch(row["tier"]):
                message = f"{shown(row['tier'])!r}; is the name of a tier of a curve, must be another"
                yield Problem(f"{name}.csv", line, "tier", message)


def _observed(tables: RowsByTable) -> Iterator[Problem]:
    """An observation counts what the case has, in the unit of its quantity, with its range in order, or is a bound."""
    for line, row in tables["observed"].numbered():
        faults = list(_counted(tables, "observed.csv", line, row))
        yield from faults
        if not any(fault.column == "item" for fault in faults):
            yield from _range_or_bound(line, row)


def _outlooks(tables: RowsByTable) -> Iterator[Problem]:
    """An outlook is of what the case has, in the unit of its quantity."""
    for line, row in tables["outlooks"].numbered():
        yield from _counted(tables, "outlooks.csv", line, row)


def _counted(tables: RowsByTable, file: str, line: int, row: Row) -> Iterator[Problem]:
    """What is counted is something that the case has, in the unit of its quantity."""
    quantity = schema.QUANTITIES[row["quantity"]]
    known = _items(tables, quantity.items)
    names = row["item"].split(schema.SUM)
    unknown = [name for name in names if name not in known] if row["item"] != schema.ALL else []
    if row["item"] == schema.ALL and quantity.items == "stages":
        unknown = [schema.ALL]
    for name in unknown:
        what = {"accelerators": "accelerator, family or vendor", "hardware": "item"}.get(
            quantity.items, quantity.items.removesuffix("s")
        )
        near = did_you_mean(name, known)
        yield Problem(file, line, "item", f"no {what} is called {shown(name)!r}{near}")
    unit = quantity.unit or " and ".join(sorted({known[name] for name in names if name in known}))
    if not unknown and row["unit"] != unit:
        yield Problem(file, line, "unit", f"{shown(row['unit'])!r}; must be {unit!r}")


def _range_or_bound(line: int, row: Row) -> Iterator[Problem]:
    """Low, central and high stand in this order; or there is no central value and one end, which is a bound."""
    ends = [end for end in ("low", "high") if row[end] is not None]
    if row["central"] is None:
        if len(ends) != 1:
            said = "both low and high are given" if ends else "neither low nor high is given"
            message = f"is blank and {said}; a bound has one of them, everything else a central value"
            yield Problem("observed.csv", line, "central", message)
        return
    for end in ("low", "high"):
        if row[end] is None:
            yield Problem("observed.csv", line, end, "is blank; must be given where there is a central value")
    if len(ends) == 2 and not row["low"] <= row["central"] <= row["high"]:  # noqa: PLR2004 - both
        amounts = f"{row['low']:g} / {row['central']:g} / {row['high']:g}"
        yield Problem("observed.csv", line, "central", f"low / central / high are {amounts}; must be in this order")


def _items(tables: RowsByTable, kind: str) -> dict[str, str]:
    """Return the items that a quantity may have, and the unit of each."""
    if kind == "stages":
        return {row["stage"]: row["unit"] for row in tables["stages"].rows}
    if kind == "accelerators":
        return {row[scope]: "" for row in tables["accelerators"].rows for scope in ("accelerator", "family", "vendor")}
    return {row["workload"]: "" for row in tables["workloads"].rows} if kind == "workloads" else {}


def _unit_costs(tables: RowsByTable, first_year: int) -> Iterator[Problem]:
    """What can be built has a cost."""
    costed = {row["accelerator"] for row in tables["unit_costs"].rows}
    for line, row in tables["accelerators"].numbered():
        last = row["last_year"]
        if row["accelerator"] not in costed and not (isinstance(last, int) and last < first_year):
            message = f"{row['accelerator']!r} can be built and has no row in unit_costs.csv; needs one"
            yield Problem("accelerators.csv", line, "accelerator", message)


def _opening(tables: RowsByTable, first_year: int) -> Iterator[Problem]:
    """Only what was in production before the case can be in its pipeline."""
    first = {row["accelerator"]: row["first_year"] for row in tables["accelerators"].rows}
    for line, row in tables["opening"].numbered():
        begun = first[row["accelerator"]]
        if isinstance(begun, int) and begun >= first_year:
            message = f"{row['accelerator']!r} is first built in {begun}; must be in production before {first_year}"
            yield Problem("opening.csv", line, "accelerator", message)


def _factors(tables: RowsByTable) -> Iterator[Problem]:
    """Factors name numbers that are there, each once, and do not move them more than entirely."""
    loadings = Loadings({name: rows.rows for name, rows in tables.items()}, tables["factors"].rows)
    lines = tables["factors"].lines
    for n, fault in loadings.faults:
        yield Problem("factors.csv", lines[n], "target", fault)
    twice = list(loadings.twice())
    rows = tables["factors"].rows
    for first, n, what in twice:
        already = f"{shown(rows[n]['factor'])!r} moves {what} already, by {shown(rows[first]['target'])!r}"
        yield Problem("factors.csv", lines[n], "target", f"{already}; a factor may move a number once")
    for n, total, what in loadings.excessive() if not twice else ():
        message = f"the squares of the loadings of {what} add up to {total:.6g}; must be 1 or less"
        yield Problem("factors.csv", lines[n], "loading", message)


def _fleet(tables: RowsByTable, first_year: int) -> Iterator[Problem]:
    """The fleet was installed before the case starts."""
    for line, row in tables["fleet"].numbered():
        year = row["installed_year"]
        if isinstance(year, int) and year >= first_year:
            yield Problem(
                "fleet.csv", line, "installed_year", f"{year}; must be before the first year of the case ({first_year})"
            )


def _by_stage(tables: RowsByTable, column: str) -> dict[object, object]:
    return {row["stage"]: row[column] for row in tables["stages"].rows}


_WITH_RANGES = tuple(table.name for table in schema.TABLES if any(column.ranged for column in table.columns))
_SUPPLY = ("regions", "stages", "suppliers", "capacity", "allocation")
_TABLE_CHECKS: dict[Callable[[RowsByTable], Iterator[Problem]], tuple[str, ...]] = {
    _stage_columns: ("stages",),
    _groups: ("stages",),
    _places: ("regions", "stages", "capacity", "expansion", "supplier_needs", "take_or_pay"),
    _allocation_circles: ("stages", "allocation"),
    _need_circles: ("stages", "supplier_needs"),
    _suppliers_serve: (*_SUPPLY, "expansion"),
    _needs_in_reach: (*_SUPPLY, "supplier_needs"),
    _bill_of_materials: (*_SUPPLY, "bill_of_materials"),
    _accelerators: ("accelerators",),
    _commitments: ("accelerators", "stages", "commitments"),
    _take_or_pay: (*_SUPPLY, "take_or_pay"),
    _operations: ("accelerators", "operations"),
    _cash: ("workloads", "prices", "cash"),
    _charged_curves: ("demand_curves", "prices"),
    _demand_or_curves: ("workloads", "demand", "demand_curves"),
    _tier_names: ("demand", "research"),
    _observed: ("stages", "accelerators", "workloads", "observed"),
    _outlooks: ("stages", "accelerators", "workloads", "outlooks"),
    _factors: (*_WITH_RANGES, "factors"),
}
"""Each check, and the tables that it reads."""
_YEAR_CHECKS: dict[Callable[[RowsByTable, int], Iterator[Problem]], str] = {
    _unit_costs: "unit_costs",
    _opening: "opening",
    _fleet: "fleet",
}
"""Each check against the first year of the case, and the table that it reads beside `accelerators`."""
