"""`inputs/method.md` holds in both shipped cases, as far as their tables can say."""

from __future__ import annotations

import math
from functools import cache

import pytest
from paths import INPUTS

import supplychain as sc
from supplychain.case import provenance

BASE, BACKCAST = "base", "backcast"
PAST = 2026
"""A year that both cases have, and that is known in part."""

LAYERS = ("datacentre", "facility_power", "generation", "grid_delivery")
GRID_APART = "us_ercot"
"""The region in which a source tells the grid from the sites."""


@cache
def case(name: str) -> sc.Case:
    return sc.load(INPUTS / name)


def rows(name: str, table: str, *key: str) -> dict[tuple[object, ...], dict[str, object]]:
    return {tuple(row[column] for column in key): dict(row) for row in case(name).tables[table]}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("accelerators", ("accelerator",)),
        ("bill_of_materials", ("accelerator", "stage")),
        ("throughput", ("accelerator", "workload")),
        ("allocation", ("stage", "supplier", "year")),
        ("supplier_needs", ("stage", "supplier", "needs_stage", "basis")),
        ("sources", ("source",)),
    ],
)
def test_what_both_cases_have_is_the_same(table: str, key: tuple[str, ...]) -> None:
    """Bug: the case that is tested is not the one that is planned with."""
    base, past = rows(BASE, table, *key), rows(BACKCAST, table, *key)
    both = base.keys() & past.keys()
    assert len(both) > 5
    assert {k: base[k] for k in both} == {k: past[k] for k in both}


def test_what_both_cases_have_of_a_year_is_the_same() -> None:
    """Bug: wafers, bits, prices, utilisation, software or research of 2026 differ between the two."""
    for table, key in (("capacity", ("stage", "supplier", "place", "year")), ("operations", ("year",))):
        base, past = rows(BASE, table, *key), rows(BACKCAST, table, *key)
        both = [k for k in base.keys() & past.keys() if k[-1] == PAST]
        assert both
        for column in {"capacity": ("capacity", "price_usd"), "operations": ("utilisation",)}[table]:
            assert {k: base[k][column] for k in both} == {k: past[k][column] for k in both}
    for table in ("efficiency", "research_curves"):
        key = ("workload", "year") if table == "efficiency" else ("year",)
        base, past = rows(BASE, table, *key), rows(BACKCAST, table, *key)
        assert {k: base[k] for k in base if k[-1] == PAST} == {k: past[k] for k in past if k[-1] == PAST}


def test_lags_are_the_same() -> None:
    """Bug: a quarter of what is sold waits in one case, and nothing in the other (rules 3 and 4)."""
    for name in ("build_lag_share", "first_year_availability", "discount_rate"):
        assert getattr(case(BASE).settings, name) == getattr(case(BACKCAST).settings, name)
    assert case(BASE).settings.build_lag_share == 0.25


@pytest.mark.parametrize("name", [BASE, BACKCAST])
def test_energised_sites_are_one_estimate(name: str) -> None:
    """Bug: a layer that no source tells apart has a number of its own, and takes the label (rule 13)."""
    assert {row["group"] for row in case(name).tables["stages"] if row["stage"] in LAYERS} == {"energised_sites"}
    has: dict[tuple[object, object], dict[object, float]] = {}
    for row in case(name).tables["capacity"]:
        if row["stage"] in LAYERS:
            has.setdefault((row["place"], row["year"]), {})[row["supplier"]] = row["capacity"]
    compared = 0
    for (place, _), by in has.items():
        if "grid_fed" not in by:
            continue
        sites = by["grid_fed"] + by.get("onsite_gas", 0.0) + by.get("fuel_cells", 0.0)
        assert math.isclose(by["existing_halls"], sites, rel_tol=1e-5)
        assert by["system"] == by["grid_fed"]
        assert place == GRID_APART or by["utility"] == by["grid_fed"]
        compared += 1
    assert compared >= 6 * 5
    for a in {row["accelerator"] for row in case(name).tables["bill_of_materials"]}:
        of = {
            row["stage"]: row["quantity"] for row in case(name).tables["bill_of_materials"] if row["accelerator"] == a
        }
        assert of["datacentre"] == of["facility_power"]


def test_orders_of_the_past_were_public_before_their_year() -> None:
    """Bug: what was built comes in as what was ordered (rule 10)."""
    past = case(BACKCAST)
    sources = {row["source"]: row for row in past.tables["sources"]}
    last: dict[str, int] = {}
    for row in past.tables["commitments"]:
        if row["basis"] == "built":
            last[row["source"]] = max(last.get(row["source"], 0), row["year"])
    assert last
    origins = provenance.origins(past)
    for source, year in last.items():
        dates = {k: sources[k]["date"] for k in origins[source] if not sources[k]["derived_from"]}
        assert dates
        assert {k: date for k, date in dates.items() if date >= f"{year}-01-01"} == {}


def test_shares_of_vendors_are_ceilings() -> None:
    """Bug: shares are made to add up, so that a vendor's chips that were counted cannot be built (rule 9)."""
    for name in (BASE, BACKCAST):
        whole: dict[object, float] = {}
        for row in case(name).tables["allocation"]:
            if row["of_stage"] == "cowos":
                whole[row["year"]] = whole.get(row["year"], 0.0) + row["share"]
        assert all(1 <= share <= 1.5 for share in whole.values())


@pytest.mark.parametrize("name", [BASE, BACKCAST])
def test_racks_and_boards_are_apart(name: str) -> None:
    """Bug: chips that differ tenfold in what they serve are pooled (rule 7)."""
    serves = {
        (row["accelerator"], row["workload"]): row["tokens_per_second"] for row in case(name).tables["throughput"]
    }
    for rack, board in (("gb200", "b200"), ("gb300", "b300")):
        assert serves[rack, "coding_agents"] > 1.5 * serves[board, "coding_agents"]
        assert serves[rack, "batch"] < 1.5 * serves[board, "batch"]
