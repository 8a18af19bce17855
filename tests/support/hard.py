"""Random cases that are hard on a solver: badly scaled, nearly tied, or long."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from generator import Case, Row, num, random_case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_QUANTITIES = {
    "accelerators": ("ramp_start_units",),
    "build_limits": ("max_units",),
    "capacity": ("capacity",),
    "commitments": ("minimum",),
    "demand": ("demand_ttok",),
    "demand_curves": ("volume_ttok",),
    "expansion": ("max_expansion",),
    "fleet": ("units",),
    "opening": ("warehouse_units", "built_units"),
    "research": ("demand_h100e_years",),
    "research_curves": ("volume_h100e_years",),
    "budget": ("capital_usd",),
}
_PRICES = {
    "accelerators": ("opex_usd_per_year",),
    "capacity": ("price_usd",),
    "commitments": ("shortfall_usd_per_unit",),
    "demand": ("value_usd_per_mtok",),
    "demand_curves": ("price_usd_per_mtok",),
    "expansion": ("capex_usd_per_unit",),
    "fleet": ("unit_cost_usd",),
    "research": ("value_usd_per_h100e_hour",),
    "research_curves": ("value_usd_per_h100e_hour",),
    "unit_costs": ("other_cost_usd",),
}
_KINDS: tuple[tuple[str, Mapping[str, tuple[str, ...]]], ...] = (
    ("capacity", {"capacity": ("capacity",)}),
    ("supplier prices", {"capacity": ("price_usd",)}),
    ("quantities", _QUANTITIES),
    ("demand", {"demand": ("demand_ttok",), "demand_curves": ("volume_ttok",)}),
    ("values", {"demand": ("value_usd_per_mtok",), "demand_curves": ("price_usd_per_mtok",)}),
    ("bills", {"bill_of_materials": ("quantity",)}),
)
YEARS = 40


def hard_case(seed: int) -> tuple[str, Case]:
    """A case and what makes it hard: seeds go through all kinds in turn."""
    random = Random(seed)
    case = _without_ranges(random_case(seed))
    kind = seed % (len(_KINDS) + 2)
    if kind < len(_KINDS):
        name, columns = _KINDS[kind]
        power = random.choice([p for p in range(-9, 10) if abs(p) > 2])
        return f"{name} by 1e{power}", _changed(case, columns, lambda x: x * 10.0**power)
    if kind == len(_KINDS):
        power = random.randint(-13, -8)
        return f"prices within 1e{power}", _changed(
            case, _PRICES, lambda _: 100.0 * (1 + random.randint(-3, 3) * 10.0**power)
        )
    first = round(num(case.settings["first_year"]))
    settings = case.settings | {"last_year": first + YEARS - 1, "report_last_year": first + YEARS - 1}
    return f"{YEARS} years", replace(case, settings=settings)


def _changed(case: Case, columns: Mapping[str, tuple[str, ...]], change: Callable[[float], float]) -> Case:
    def row_of(table: str, row: Row) -> Row:
        given = [c for c in columns.get(table, ()) if row.get(c) is not None]
        return row | {column: change(num(row[column])) for column in given}

    return replace(case, tables={table: [row_of(table, row) for row in rows] for table, rows in case.tables.items()})


def _without_ranges(case: Case) -> Case:
    tables = {
        table: [{name: x for name, x in row.items() if not name.endswith(("_low", "_high"))} for row in rows]
        for table, rows in case.tables.items()
    }
    return replace(case, tables=tables)
