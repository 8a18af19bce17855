"""What moves together in the shipped cases: each loading has its reason, and what is one estimate stays one."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from paths import INPUTS

import supplychain as sc
from supplychain import schema
from supplychain.case.edits import key_of
from supplychain.case.factors import Loadings, is_uncertain
from supplychain.case.law import law
from supplychain.case.provenance import of_inputs
from supplychain.case.staleness import input_rows
from supplychain.tolerances import WHOLE_SHARE

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = sorted(path.parent.name for path in INPUTS.glob("*/case.toml"))
LARGE = ("base", "backcast")


@cache
def case(name: str) -> sc.Case:
    return sc.load(INPUTS / name)


@cache
def loadings_of(name: str) -> Loadings:
    return Loadings(case(name).tables, case(name).tables["factors"])


def mixes(name: str, table: str, column: str, **wanted: str) -> list[dict[str, float]]:
    """Return the different mixes of factors in some numbers that rows of `factors` name; what is left is by key."""
    different: dict[tuple[tuple[str, float], ...], None] = {}
    for row in case(name).tables[table]:
        if is_uncertain(row, column) and all(row[key] in value.split("|") for key, value in wanted.items()):
            mix = {loading.factor: loading.loading for loading in loadings_of(name).of(table, column, row)}
            left = 1 - math.fsum(loading**2 for loading in mix.values())
            assert mix, (table, column, row)
            rest = {f"{column} of {key_of(schema.TABLE[table], row)}": math.sqrt(left)} if left > WHOLE_SHARE else {}
            different[tuple((mix | rest).items())] = None
    return [dict(mix) for mix in different]


def together(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return how the scores of two numbers correlate."""
    return math.fsum(part * b[factor] for factor, part in a.items() if factor in b)


def correlation(name: str, a: tuple[str, str, dict[str, str]], b: tuple[str, str, dict[str, str]]) -> float:
    """Return how the scores of two numbers, each of one mix, correlate."""
    (first,), (second,) = (mixes(name, table, column, **wanted) for table, column, wanted in (a, b))
    return together(first, second)


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
    loadings = loadings_of(name)
    assert (loadings.faults, loadings.without_range, list(loadings.excessive())) == ([], [], [])
    assert np.allclose((law(case(name)).weights ** 2).sum(axis=1), 1)


@pytest.mark.parametrize("name", CASES)
def test_the_readme_lists_every_factor_with_its_loadings(name: str) -> None:
    """Bug: the page says what the table no longer does."""
    page = (INPUTS / name / "README.md").read_text(encoding="utf-8")
    of: dict[str, set[str]] = {}
    for row in case(name).tables["factors"]:
        of.setdefault(row["factor"], set()).add(f"{row['loading']:g}")
    section = page.split("## What is uncertain together")[1].partition("\n## ")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| ([^|]*-?[\d.]+) \|", section, re.MULTILINE))
    assert {factor: set(re.findall(r" (-?[\d.]+)(?=;|$)", text)) for factor, text in said.items()} == of


@pytest.mark.parametrize("name", LARGE)
def test_what_is_one_estimate_moves_as_one(name: str) -> None:
    """Bug: halls and site power of a chip drift apart, or layers of sites, or a supplier undercuts by luck."""
    for row in case(name).tables["accelerators"]:
        power = {"accelerator": row["accelerator"], "stage": "datacentre|facility_power"}
        assert len(mixes(name, "bill_of_materials", "quantity", **power)) == 1
    assert len(mixes(name, "capacity", "capacity", source="energised|energised_generation")) == 1
    assert len(mixes(name, "capacity", "price_usd", stage="hbm")) == 1
    assert len(mixes(name, "capacity", "price_usd", stage="cowos")) == 1
    assert len(mixes(name, "fleet", "units")) == 1


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
    lines = [("allocation", "share", {"stage": stage}) for stage in ("hbm4", "hbm3e")]
    assert correlation(name, *lines) < -0.5
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
        different = mixes(name, table, column, **({"source": source[0]} if source else {}))
        assert min(together(a, b) for a in different for b in different) > bound, (table, column)
