"""What moves together in the shipped cases: each loading has its reason, and what is one estimate stays one."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
from paths import INPUTS

import supplychain as sc
from supplychain import schema
from supplychain.case.factors import Loadings, is_uncertain
from supplychain.case.law import Law, law
from supplychain.case.provenance import of_inputs
from supplychain.case.staleness import input_rows

CASES = sorted(path.parent.name for path in INPUTS.glob("*/case.toml"))
LARGE = ("base", "backcast")
LAYERS = ("datacentre", "facility_power", "generation", "grid_delivery")


@cache
def case(name: str) -> sc.Case:
    return sc.load(INPUTS / name)


@cache
def law_of(name: str) -> Law:
    return law(case(name))


def parts(name: str, table: str, column: str, **wanted: str) -> dict[tuple[float, ...], int]:
    """How many of some numbers have each mix of factors."""
    count: dict[tuple[float, ...], int] = {}
    for numbers in law_of(name).numbers:
        if (numbers.table, numbers.column.name) == (table, column):
            for n, score in zip(numbers.rows, numbers.score, strict=True):
                row = case(name).tables[table][n]
                if all(row[key] in value.split("|") for key, value in wanted.items()):
                    mix = tuple(law_of(name).weights[score])
                    count[mix] = count.get(mix, 0) + 1
    return count


def correlation(name: str, a: tuple[str, str, dict[str, str]], b: tuple[str, str, dict[str, str]]) -> float:
    """How the scores of two numbers, each of one mix, go together."""
    (first,), (second,) = (parts(name, table, column, **wanted) for table, column, wanted in (a, b))
    return float(np.dot(first, second))


@pytest.mark.parametrize("name", CASES)
def test_a_case_with_ranges_says_what_moves_together(name: str) -> None:
    """Bug: a case comes with ranges, and nobody has asked which of its numbers have one cause."""
    ranged = any(
        is_uncertain(row, column.name)
        for table in schema.TABLES
        for column in table.columns
        if column.ranged
        for row in case(name).tables[table.name]
    )
    assert ranged == bool(case(name).tables["factors"])


@pytest.mark.parametrize("name", CASES)
def test_every_loading_has_its_reason(name: str) -> None:
    """Bug: a loading is changed and its reason is not, or a row is borne by the source of another factor."""
    notes = {row["source"]: row["note"] or "" for row in case(name).tables["sources"]}
    factors = case(name).tables["factors"]
    for row in factors:
        assert row["source"] == f"factor_{row['factor']}"
        assert f"{row['loading']:g}" in re.findall(r"-?\d+(?:\.\d+)?", notes[row["source"]]), row
    unused = {source for source in notes if source.startswith("factor_")} - {row["source"] for row in factors}
    assert unused == set()


@pytest.mark.parametrize("name", CASES)
def test_a_reason_is_no_number_of_the_case(name: str) -> None:
    """Bug: a loading that leans on an old count makes the count stale, or an observation circular (rule 9)."""
    assert {source for source in of_inputs(case(name)) if source.startswith("factor_")} == set()
    assert "factors" not in {table for table, _ in input_rows(case(name))}


@pytest.mark.parametrize("name", CASES)
def test_loadings_are_valid_and_reach_numbers(name: str) -> None:
    """Bug: a row names numbers that are gone, or have no range, or whose squares are more than 1."""
    loadings = Loadings(case(name).tables, case(name).tables["factors"])
    assert (loadings.faults, loadings.without_range, list(loadings.excessive())) == ([], [], [])
    assert np.allclose((law_of(name).weights ** 2).sum(axis=1), 1)


@pytest.mark.parametrize("name", CASES)
def test_the_readme_lists_every_factor_with_its_loadings(name: str) -> None:
    """Bug: the page says what the table no longer does."""
    page = (INPUTS / name / "README.md").read_text(encoding="utf-8")
    of: dict[str, set[str]] = {}
    for row in case(name).tables["factors"]:
        of.setdefault(row["factor"], set()).add(f"{row['loading']:g}")
    said = dict(
        re.findall(r"^\| `(\w+)` \| ([^|]*-?[\d.]+) \|", page.split("## What is uncertain together")[1], re.MULTILINE)
    )
    assert {factor: set(re.findall(r" (-?[\d.]+)(?=;|$)", text)) for factor, text in said.items()} == of


@pytest.mark.parametrize("name", LARGE)
def test_what_is_one_estimate_moves_as_one(name: str) -> None:
    """Bug: halls and site power of a chip drift apart, or layers of sites, or a supplier undercuts by luck."""
    for row in case(name).tables["accelerators"]:
        assert (
            len(
                parts(
                    name,
                    "bill_of_materials",
                    "quantity",
                    accelerator=row["accelerator"],
                    stage=LAYERS[0] + "|" + LAYERS[1],
                )
            )
            == 1
        )
    sites = parts(name, "capacity", "capacity", source="energised|energised_generation")
    assert len(sites) == 1
    assert sum(sites.values()) > 100
    assert len(parts(name, "capacity", "price_usd", stage="hbm")) == 1
    assert len(parts(name, "capacity", "price_usd", stage="cowos")) == 1
    assert len(parts(name, "fleet", "units")) == 1


@pytest.mark.parametrize("name", LARGE)
def test_signs_follow_the_arithmetic_by_which_numbers_were_laid(name: str) -> None:
    """Bug: a sign is turned. Sites are chips x power; busy share x throughput, and x the value of an hour, is known."""
    busy = ("operations", "utilisation", {})
    sites = ("capacity", "capacity", {"source": "energised"})
    h100 = {"accelerator": "h100"}
    chat = ("throughput", "tokens_per_second", {**h100, "workload": "chat"})
    research = ("research_curves", "volume_h100e_years", {})
    assert correlation(name, sites, ("bill_of_materials", "quantity", {**h100, "stage": "datacentre"})) > 0.3
    assert correlation(name, sites, ("fleet", "units", {})) > 0.3
    assert correlation(name, busy, chat) == -0.5
    assert correlation(name, busy, research) == 0.5
    assert correlation(name, busy, ("research_curves", "value_usd_per_h100e_hour", {})) == -0.5
    assert (
        correlation(name, ("allocation", "share", {"stage": "hbm4"}), ("allocation", "share", {"stage": "hbm3e"}))
        < -0.5
    )
    dram = ("capacity", "price_usd", {"stage": "server_dram"})
    assert correlation(name, dram, ("capacity", "price_usd", {"stage": "nand"})) > 0.7
    assert correlation(name, dram, ("capacity", "price_usd", {"stage": "hbm"})) > 0.5
    for workload in ("chat", "batch"):
        price = ("demand_curves", "price_usd_per_mtok", {"workload": workload})
        assert correlation(name, price, ("demand_curves", "volume_ttok", {"workload": workload})) < -0.2


@pytest.mark.parametrize("name", LARGE)
def test_what_rests_on_one_method_moves_closely(name: str) -> None:
    """Bug: numbers of one method become independent, and a plan picks the luckiest of them."""
    least = {
        ("throughput", "tokens_per_second"): 0.7,
        ("bill_of_materials", "quantity", "site_power"): 0.6,
        ("unit_costs", "other_cost_usd"): 0.85,
        ("accelerators", "h100e"): 0.6,
        ("demand_curves", "volume_ttok"): 0.75,
        ("efficiency", "multiplier"): 0.9,
    }
    for (table, column, *source), bound in least.items():
        mixes = np.array(list(parts(name, table, column, **({"source": source[0]} if source else {}))))
        assert (mixes @ mixes.T).min() > bound, (table, column)
