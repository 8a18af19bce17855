"""One input at a time at the ends of its range: cost, service, labels, and on what evidence."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from effort import one_in
from paths import BACKCAST, BASE
from plants import Link, add, chain, drawn, edited, loaded, one, ranged, two_stages

import supplychain as sc
from supplychain.case.ranges import moved, uncertain
from supplychain.cli import main
from supplychain.report.text.sensitivity import text
from supplychain.study.sensitivity import sensitivity
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case


def found(case: Case, folder: Path) -> sc.Sensitivity:
    return sensitivity(loaded(case, folder), executor=SerialExecutor())


def test_cost_service_and_labels_at_the_ends(tmp_path: Path) -> None:
    """100 chips of 2 USD of wafers each serve 100 Ttok: 2 USD for 10^6 Mtok each.

    Wafers at their high end: 120 chips, for power limits. Power at its low end: 80. Each other end changes nothing.
    Catches ends that are mixed up, changes that are not differences, and a cost that is not per token.
    """
    case = two_stages()
    sourced = {"guess": "assumed", "count": "measured"}
    for name, evidence in sourced.items():
        add(case, "sources", source=name, title=name, publisher="p", evidence=evidence)
    for row, source in zip(case.tables["capacity"], sourced, strict=True):
        row["source"] = source
    result = found(case, tmp_path)
    assert result.central["served_ttok"] == pytest.approx(100)
    assert result.central["cost_usd_per_mtok"] == pytest.approx(2e-6)
    wafers = one(result.tornado, input="capacity.capacity[stage=wafers, supplier=acme]")
    power = one(result.tornado, input="capacity.capacity[stage=power, supplier=acme]")
    assert (wafers.served_ttok_low, wafers.served_ttok_high) == pytest.approx((-10, 20))
    assert (power.served_ttok_low, power.served_ttok_high) == pytest.approx((-20, 0))
    assert wafers.cost_usd_per_mtok_high == pytest.approx(0, abs=1e-12)
    # each chip less leaves 1 Ttok unserved, worth 1e6 USD, and saves 2 USD
    assert wafers.objective_usd_low == pytest.approx(10 * (1e6 - 2))
    assert (wafers.labels_changed, power.labels_changed) == (1, 1)
    assert (wafers.evidence, power.evidence) == ("assumed", "measured")
    assert result.weak["input"].tolist() == ["capacity.capacity[stage=wafers, supplier=acme]"]
    labels = one(result.labels, level="stage")
    assert (labels.label, labels["keeps"], labels.moves, labels.others) == ("wafers", 2, 4, "power")
    assert result.flips[["level", "input", "end", "becomes", "evidence"]].to_numpy().tolist() == [
        [level, f"capacity.capacity[stage={stage}, supplier=acme]", end, "power", evidence]
        for level in ("stage", "group")
        for stage, end, evidence in (("power", "low", "measured"), ("wafers", "high", "assumed"))
    ]


def test_inputs_that_rest_on_stale_sources_are_marked(tmp_path: Path) -> None:
    """Wafers and power change a label, as above; utilisation changes none. Power's source is of the last year.

    Bug: an input that changes no label is counted, or one whose old sources stand behind a derived one is not.
    """
    case = edited(two_stages(), data_date="2031-06-30")
    case.tables["sources"][0]["date"] = "2031-01-01"
    for name, date in {"fab": "2029-10", "older": "2028", "grid": "2030-10-01"}.items():
        add(case, "sources", source=name, title=name, publisher="p", evidence="reported", date=date)
    add(case, "sources", source="sum", title="s", publisher="p", evidence="derived", derived_from="fab paper older")
    for row, source in zip(case.tables["capacity"], ("sum", "grid"), strict=True):
        row["source"] = source
    case.tables["operations"][0] |= {"source": "fab", "utilisation_low": 0.999}
    result = found(case, tmp_path)
    wafers, power = (f"capacity.capacity[stage={stage}, supplier=acme]" for stage in ("wafers", "power"))
    stale = result.tornado.set_index("input")["stale"]
    assert stale.to_dict() == {wafers: "older fab", power: "", "operations.utilisation[]": "fab"}
    assert set(zip(result.flips["input"], result.flips["stale"], strict=True)) == {(wafers, "older fab"), (power, "")}
    heading = "Inputs that change what binds and rest on stale sources, more than a year older than 2031-06-30: 1 of 2"
    lines = text(result).splitlines()
    at = lines.index(heading)
    assert [re.split("  +", line) for line in lines[at + 2 :]] == [[wafers, "1", "older and 1 more"]]
    undated = found(two_stages(), tmp_path / "undated")
    assert set(undated.tornado["stale"]) == {""}
    assert "stale" not in text(undated)


def test_the_dearest_input_comes_first(tmp_path: Path) -> None:
    """Two prices: 2 USD up to 5, and 1 USD up to 2. The first moves cost by three times as much."""
    case = chain([Link("wafers", 100.0, price=2.0), Link("power", 120.0, price=1.0)])
    for row, high in zip(case.tables["capacity"], (5.0, 2.0), strict=True):
        row["price_usd_high"] = high
    tornado = found(case, tmp_path).tornado
    assert tornado["input"].tolist() == [
        "capacity.price_usd[source=paper]",
        "capacity.price_usd[stage=wafers, supplier=acme]",
        "capacity.price_usd[stage=power, supplier=acme]",
    ]
    assert tornado["cost_usd_per_mtok_high"].tolist() == pytest.approx([4e-6, 3e-6, 1e-6])
    assert tornado["cost_usd_per_mtok_low"].isna().all()


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(3, [0, 5, 12]))
def test_every_change_is_that_of_a_case_of_its_own(seed: int, tmp_path: Path) -> None:
    """On random cases, some of the inputs, against `solve` of the moved case: objective, tokens, average cost."""
    case = loaded(ranged(drawn(seed).case), tmp_path)
    result = sensitivity(case, executor=SerialExecutor())
    some = uncertain(case)[seed % 17 :: 17]
    assert len(some) > 3
    for one_input in some:
        row = one(result.tornado, input=str(one_input))
        for by, end in ((-1, "low"), (1, "high")):
            there = moved(case, one_input, by)
            if there.tables == case.tables:
                assert math.isnan(row[f"served_ttok_{end}"])
                continue
            plan = sc.solve(there)
            served = plan.service["served_ttok"].sum()
            assert result.central["served_ttok"] + row[f"served_ttok_{end}"] == pytest.approx(served, abs=1e-6)
            objective = result.central["objective_usd"] + row[f"objective_usd_{end}"]
            assert objective == pytest.approx(plan.objective_usd, rel=1e-9)
            if served:
                cost = plan.cost["serving_usd"].sum() / served / 1e6
                moved_cost = result.central["cost_usd_per_mtok"] + row[f"cost_usd_per_mtok_{end}"]
                assert moved_cost == pytest.approx(cost, rel=1e-7)


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Through processes, as its user runs it."""
    folder = tmp_path / "case"
    result = found(two_stages(), folder)
    with pytest.raises(SystemExit) as end:
        main(["sensitivity", str(folder), "--out", str(tmp_path / "out"), "--top", "2"])
    assert end.value.code in {0, None}
    printed = capsys.readouterr().out
    assert printed == text(result, 2) + "\n"
    assert re.search(r"2030  stage  wafers +2 of 6  power\n", printed)
    head = printed.splitlines()[1:4]
    assert head == [
        "2030-2030, average cost: 0.00000200 USD per million tokens",
        "2030-2030, tokens served: 100 trillion (10^12)",
        "What follows changes one input at a time, to the low or the high end of its range; all others stay.",
    ]
    assert "What binds, and how many changes of one input at a time keep it" in printed.splitlines()
    names = sorted(path.name for path in (tmp_path / "out" / "tables").iterdir())
    assert names == ["flips.csv", "labels.csv", "tornado.csv", "weak.csv"]


@pytest.mark.parametrize("folder", [BASE, BACKCAST], ids=lambda folder: folder.name)
def test_demand_and_research_of_the_shipped_cases_move_by_a_few_curves(folder: Path) -> None:
    """Volume, price and elasticity of every row of a curve have a range with room on both sides; no tier is left.

    Catches: demand in tiers again, each with a range of its own; a number of a curve that no sensitivity moves.
    """
    case = sc.load(folder)
    assert case.tables["demand"] == case.tables["research"] == ()
    columns = {
        "demand_curves": ("volume_ttok", "price_usd_per_mtok", "elasticity"),
        "research_curves": ("volume_h100e_years", "value_usd_per_h100e_hour", "elasticity"),
    }
    for table, names in columns.items():
        assert 5 <= len(case.tables[table]) <= 24
        for row in case.tables[table]:
            for name in names:
                assert row[f"{name}_low"] < row[name] < row[f"{name}_high"], (table, name, row)
    moved_by = {f"{varied.table}.{varied.column}" for varied in uncertain(case)}
    assert {f"{table}.{name}" for table, names in columns.items() for name in names} <= moved_by


def test_a_case_without_ranges_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and one message."""
    loaded(chain([Link("wafers", 100.0)]), tmp_path / "case")
    with pytest.raises(SystemExit) as end:
        main(["sensitivity", str(tmp_path / "case")])
    assert end.value.code == 2
    assert "no number has a range" in capsys.readouterr().err
