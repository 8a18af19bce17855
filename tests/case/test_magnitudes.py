"""Magnitudes that suggest a wrong unit: every slip is one message on the right cell, and what is honest is none."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from effort import fewer
from generator import random_case, write_case
from paths import BACKCAST, BASE, TINY
from plants import Link, chain, loaded

import supplychain
from supplychain import schema
from supplychain.case.magnitudes import suspected_units
from supplychain.case.scenarios import scenarios_of

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain import Case
    from supplychain.errors import Problem

SHIPPED = {folder.name: folder for folder in (TINY, BASE, BACKCAST)}
Value = str | int


def times(case: Case, table: str, column: str, factor: float, **chosen: Value) -> Case:
    """The case with a column of some rows in another unit; limits, with what may be ordered of them."""
    rows = tuple(
        {**row, column: row[column] * factor} if row[column] and all(row[k] == v for k, v in chosen.items()) else row
        for row in case.tables[table]
    )
    return replace(case, tables={**case.tables, table: rows})


def limit_times(case: Case, factor: float, stage: str) -> Case:
    """The case with all limits of a stage in another unit."""
    return times(
        times(case, "capacity", "capacity", factor, stage=stage), "expansion", "max_expansion", factor, stage=stage
    )


def in_unit(case: Case, stage: str, factor: float) -> Case:
    """The case with a stage honestly counted in another unit, in all its tables."""
    case = limit_times(case, factor, stage)
    case = times(case, "capacity", "price_usd", 1 / factor, stage=stage)
    case = times(case, "expansion", "capex_usd_per_unit", 1 / factor, stage=stage)
    case = times(case, "bill_of_materials", "quantity", factor, stage=stage)
    case = times(case, "supplier_needs", "quantity", factor, needs_stage=stage)
    case = times(case, "supplier_needs", "quantity", 1 / factor, stage=stage)
    case = times(case, "allocation", "share", factor, stage=stage)
    return times(case, "allocation", "share", 1 / factor, of_stage=stage)


def places(problems: list[Problem]) -> list[tuple[str, int, str]]:
    return [(p.file, p.row, p.column) for p in problems]


def found(case: Case) -> list[Problem]:
    return list(suspected_units(case))


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request: pytest.FixtureRequest) -> Case:
    return supplychain.load(SHIPPED[request.param])


@pytest.fixture(scope="module")
def tiny() -> Case:
    return supplychain.load(TINY)


@pytest.fixture(scope="module")
def base() -> Case:
    return supplychain.load(BASE)


def test_shipped_cases_and_scenarios_are_left_alone(shipped: Case) -> None:
    """Bug: a good case is doubted, and nobody reads the next message."""
    assert found(shipped) == []
    for name in scenarios_of(SHIPPED[shipped.settings.name]) if shipped.settings.name in SHIPPED else ():
        assert found(supplychain.what_if(SHIPPED[shipped.settings.name], [name]).case) == [], name


def asked_for(case: Case) -> tuple[str, str]:
    """Return the table and the column that say how many tokens a case asks for."""
    return ("demand", "demand_ttok") if case.tables["demand"] else ("demand_curves", "volume_ttok")


def test_random_cases_are_left_alone(tmp_path: Path) -> None:
    """Bug: an honest spread of numbers is taken for another unit; also where stages are counted in others."""
    for seed in range(fewer(300, 10)):
        case = supplychain.load(write_case(random_case(seed), tmp_path / str(seed)))
        rng = random.Random(seed)
        assert found(case) == [], seed
        for row in case.tables["stages"]:
            factor = 10 ** rng.uniform(-9, 9)
            assert found(in_unit(case, row["stage"], factor)) == [], (seed, row["stage"], factor)


def test_a_stress_test_is_left_alone(shipped: Case) -> None:
    """Bug: who asks what happens with a hundred times the demand, or no limit of a stage, is asked about units."""
    for factor in (100, 0.01):
        assert found(times(shipped, *asked_for(shipped), factor)) == []
    for row in shipped.tables["stages"]:
        assert found(limit_times(shipped, 1000, row["stage"])) == []
        assert found(limit_times(shipped, 0.1, row["stage"])) == []


def test_a_unit_is_free_as_long_as_tables_agree(shipped: Case) -> None:
    """Bug: site power in W is doubted though the bill of materials is in W too."""
    for row in shipped.tables["stages"]:
        for factor in (1e9, 1e6, 1e3, 1e-3, 1e-6):
            assert found(in_unit(shipped, row["stage"], factor)) == [], (row["stage"], factor)


@pytest.mark.parametrize(
    ("factor", "meant"), [(1e12, "tokens"), (1e9, "thousands of tokens"), (1e6, "millions of tokens")]
)
def test_tokens_where_10_12_tokens_stand(shipped: Case, factor: float, meant: str) -> None:
    """Bug: a demand in tokens is solved, and the answer is refused with a word about a price."""
    table, column = asked_for(shipped)
    (problem,) = found(times(shipped, table, column, factor))
    assert (problem.file, problem.column) == (f"{table}.csv", column)
    assert problem.message.endswith(f"the column counts 10^12 tokens: are these {meant}?")


@pytest.mark.parametrize(("factor", "meant"), [(1e-6, "per token"), (1e-3, "per thousand tokens")])
def test_values_per_token(shipped: Case, factor: float, meant: str) -> None:
    """Bug: nothing is served, since tokens are worth a millionth of what was meant."""
    table, _ = asked_for(shipped)
    column = {"demand": "value_usd_per_mtok", "demand_curves": "price_usd_per_mtok"}[table]
    (problem,) = found(times(shipped, table, column, factor))
    assert (problem.file, problem.row, problem.column) == (f"{table}.csv", 2, column)
    assert problem.message.endswith(f"the column is in USD per 10^6 tokens: are these USD {meant}?")


@pytest.mark.parametrize(
    ("stage", "row", "bill"), [("packaging", 7, 3), ("hbm", 5, 4), ("site_power", 9, 2), ("generation", 2, 2)]
)
@pytest.mark.parametrize("factor", [1e6, 1e-6])
def test_a_limit_in_another_unit(tiny: Case, stage: str, row: int, bill: int, factor: float) -> None:
    """Bug: a limit in W where MW stand never binds, or always does, without a word; either cell may be wrong."""
    (problem,) = found(limit_times(tiny, factor, stage))
    assert (problem.file, problem.row, problem.column) == ("capacity.csv", row, "capacity")
    table = "supplier_needs" if stage == "generation" else "bill_of_materials"
    assert f"{table}.csv row {bill}, column quantity (" in problem.message


@pytest.mark.parametrize("factor", [1e6, 1e-6])
def test_a_bill_in_another_unit(tiny: Case, base: Case, factor: float) -> None:
    """Bug: a bill of materials in W is not found, or stages that only suppliers need are blamed with it."""
    for case, stage, limit, bill in (
        (tiny, "site_power", "site_power", 2),
        (base, "facility_power", "facility_power", 9),
        (base, "hbm3e", "hbm", 2),  # the limit is that of the pool from which the line draws
    ):
        (problem,) = found(times(case, "bill_of_materials", "quantity", factor, stage=stage))
        assert (problem.file, problem.column) == ("capacity.csv", "capacity")
        assert f"({limit} / " in problem.message
        assert f"bill_of_materials.csv row {bill}, column quantity (" in problem.message


def test_every_stage_of_base_in_another_unit(base: Case) -> None:
    """Bug: stages that share a limit by allocation are blamed one by one, or one hides among many."""
    for stage in {row["stage"] for row in base.tables["capacity"] if row["capacity"]} - {
        "gas_turbines",
        "transformers",
    }:
        for factor in (1e6, 1e-6):
            (problem,) = found(limit_times(base, factor, stage))
            assert (problem.file, problem.column) == ("capacity.csv", "capacity"), stage
            assert f"({stage} / " in problem.message
        assert len(found(times(base, "capacity", "capacity", 1e6, stage=stage))) == 1, stage


def test_what_begins_small_and_may_be_ordered(base: Case) -> None:
    """Bug: a stage that hardly exists yet, and may be built up, is called too small."""
    assert found(times(base, "capacity", "capacity", 1e-6, stage="n3")) == []


@pytest.mark.parametrize("factor", [1e6, 1e-6])
def test_a_need_in_another_unit(tiny: Case, base: Case, factor: float) -> None:
    """Bug: what suppliers need in another unit is not found, or its price is blamed as well."""
    for case in (tiny, base):
        (problem,) = found(times(case, "supplier_needs", "quantity", factor, needs_stage="generation"))
        assert (problem.file, problem.column) == ("capacity.csv", "capacity")
        assert "supplier_needs.csv row " in problem.message


def test_one_supplier_of_several(base: Case) -> None:
    """Bug: where one supplier is in another unit, the rows of all of the stage are named."""
    (problem,) = found(times(base, "capacity", "capacity", 1e9, stage="facility_power", supplier="fuel_cells"))
    assert "(facility_power / fuel_cells / " in problem.message
    capacities = [row["capacity"] for row in base.tables["capacity"] if row["supplier"] == "fuel_cells"]
    fuel_cells = [capacity for capacity in capacities if capacity != 1000]  # a power of ten may stand for "no limit"
    assert 0 < len(fuel_cells) < len(capacities)
    assert f", and {len(fuel_cells) - 1} more)" in problem.message


def test_a_limit_that_others_draw_from(base: Case) -> None:
    """Bug: stages that draw from one limit, and do not say that they need it, are blamed without a cell, or each."""
    needs = tuple(row for row in base.tables["supplier_needs"] if row["needs_stage"] != "cowos")
    case = replace(base, tables={**base.tables, "supplier_needs": needs})
    for factor in (1e6, 1e-6):
        (problem,) = found(limit_times(case, factor, "cowos"))
        assert (problem.file, problem.column) == ("capacity.csv", "capacity")
        assert "(cowos / " in problem.message


@pytest.mark.parametrize("name", ["tiny", "base"])
def test_kilowatts_where_a_fleet_stands(name: str) -> None:
    """Bug: what only expansions need aside, a slip of 1000 passes though the fleet at the start cannot have run."""
    stage = {"tiny": "site_power", "base": "facility_power"}[name]
    case = supplychain.load(SHIPPED[name])
    (in_gw,) = found(limit_times(case, 1e-3, stage))
    (in_kw,) = found(times(case, "bill_of_materials", "quantity", 1e3, stage=stage))
    assert (in_gw.file, in_gw.row, in_gw.column) == (in_kw.file, in_kw.row, in_kw.column)
    assert in_gw.file == "capacity.csv"


@pytest.mark.parametrize("factor", [1e6, 1e3])
def test_one_row_of_a_bill(base: Case, factor: float) -> None:
    """Bug: one accelerator that uses 1000 times what others do changes the limit of all in silence."""
    for row in base.tables["bill_of_materials"]:
        if row["accelerator"] in {"h100", "b300", "tpu_v7"}:
            chosen = {"accelerator": row["accelerator"], "stage": row["stage"]}
            odd = times(base, "bill_of_materials", "quantity", factor, **chosen)
            line = base.line("bill_of_materials", row)
            assert places(found(odd)) == [("bill_of_materials.csv", line, "quantity")], chosen


@pytest.mark.parametrize("accelerator", ["old", "new"])
def test_one_of_two_bills(tiny: Case, accelerator: str) -> None:
    """Bug: of two accelerators that disagree the right one is blamed."""
    row = {"old": 2, "new": 5}[accelerator]
    odd = times(tiny, "bill_of_materials", "quantity", 1e6, accelerator=accelerator, stage="site_power")
    assert places(found(odd)) == [("bill_of_materials.csv", row, "quantity")]


@pytest.mark.parametrize("factor", [1e6, 1e3, 1e-3])
@pytest.mark.parametrize(
    ("table", "column", "chosen"),
    [
        ("capacity", "capacity", {"stage": "hbm", "supplier": "micron", "year": 2028}),
        (
            "capacity",
            "capacity",
            {"stage": "facility_power", "supplier": "grid_fed", "place": "us_ercot", "year": 2027},
        ),
        ("capacity", "price_usd", {"stage": "n3", "year": 2029}),
        ("demand_curves", "volume_ttok", {"workload": "chat", "year": 2028}),
        ("demand_curves", "price_usd_per_mtok", {"workload": "batch", "year": 2027}),
        ("research_curves", "volume_h100e_years", {"year": 2029}),
    ],
)
def test_one_year_of_a_series(base: Case, table: str, column: str, chosen: dict[str, Value], factor: float) -> None:
    """Bug: one year in another unit is interpolated into its neighbours, or the stage is blamed as a whole."""
    (row,) = [row for row in base.tables[table] if all(row[k] == v for k, v in chosen.items())]
    odd = found(times(base, table, column, factor, **chosen))
    assert places(odd) == [(f"{table}.csv", base.line(table, row), column)]


def test_one_year_at_an_end(tiny: Case) -> None:
    """Bug: a series of two years is not compared, or its neighbour is blamed."""
    for year, row in ((2026, 7), (2028, 8)):
        odd = times(tiny, "capacity", "capacity", 1e6, stage="packaging", year=year)
        (problem,) = found(odd)
        assert (problem.file, problem.row, problem.column) == ("capacity.csv", row, "capacity")
        assert f"(packaging / foundry / global / {year})" in problem.message


@pytest.mark.parametrize("factor", [1e-6, 1e-9])
def test_prices_in_millions(shipped: Case, factor: float) -> None:
    """Bug: a price in million USD makes a stage free, without a word."""
    (problem,) = found(times(shipped, "unit_costs", "other_cost_usd", factor))
    assert (problem.file, problem.row, problem.column) == ("unit_costs.csv", 2, "other_cost_usd")
    for stage in ("hbm", "generation"):
        (problem,) = found(times(shipped, "capacity", "price_usd", factor, stage=stage))
        assert (problem.file, problem.column) == ("capacity.csv", "price_usd")
        assert f"({stage} / " in problem.message


def test_a_price_of_another_unit_of_its_stage(shipped: Case) -> None:
    """Bug: beside one price that is far too high all others are called too low."""
    for stage in ("hbm", "generation"):
        (problem,) = found(times(shipped, "capacity", "price_usd", 1e6, stage=stage))
        assert (problem.file, problem.column) == ("capacity.csv", "price_usd")
        assert f"({stage} / " in problem.message


def test_no_limit_is_no_slip(tiny: Case) -> None:
    """Bug: who writes 1e12 or 999999999999 for "no limit", or 1e9 for "as much as there is", is asked about units."""
    for amount in (1e12, 999_999_999_999.0):
        rows = tuple({**row, "capacity": amount} if row["stage"] == "hbm" else row for row in tiny.tables["capacity"])
        assert found(replace(tiny, tables={**tiny.tables, "capacity": rows})) == []
    rows = tuple({**row, "demand_ttok": 1e9} for row in tiny.tables["demand"])
    assert found(replace(tiny, tables={**tiny.tables, "demand": rows})) == []


def test_stages_without_limit_do_not_vote(tiny: Case) -> None:
    """Bug: where most stages have no limit the one that has is called too small."""
    loose = {"hbm", "packaging", "generation"}
    rows = tuple({**row, "capacity": 1e12} if row["stage"] in loose else row for row in tiny.tables["capacity"])
    assert found(replace(tiny, tables={**tiny.tables, "capacity": rows})) == []


def test_a_plant_without_prices_or_fleet(tmp_path: Path) -> None:
    """Bug: nothing to compare with is a division by zero, or two stages that differ are both called wrong."""
    assert found(loaded(chain([Link("wafers", 100.0)]), tmp_path / "one")) == []
    assert found(loaded(chain([Link("wafers", 120.0), Link("power", 7e9)]), tmp_path / "two")) == []


def test_a_row_that_was_added_has_no_number(tiny: Case) -> None:
    """Bug: a row of a what-if is given the number of another row, or a case with one cannot be checked."""
    rows = (*tiny.tables["demand"], {**tiny.tables["demand"][0], "year": 2031, "demand_ttok": 3e15})
    (problem,) = found(replace(tiny, tables={**tiny.tables, "demand": rows}))
    assert (problem.row, "(batch / basic / 2031)" in problem.message) == (0, True)


def test_absurd_numbers_do_not_raise(tmp_path: Path) -> None:
    """Bug: a number that a double hardly holds, or none, ends the check with a traceback."""
    for seed in range(fewer(60, 6)):
        case = supplychain.load(write_case(random_case(seed), tmp_path / str(seed)))
        rng = random.Random(seed)
        for power in (3, 30, 300):
            tables = {}
            for name, rows in case.tables.items():
                columns = [c.name for c in schema.TABLE[name].columns if c.type == "number" and c.maximum is None]
                tables[name] = tuple(
                    {**row, **{c: _absurd(row[c], rng, power) for c in columns if row[c]}} for row in rows
                )
            assert all(str(problem) for problem in found(replace(case, tables=tables)))


def _absurd(value: float, rng: random.Random, power: int) -> float:
    return rng.choice([0.0, value, min(value * 10.0 ** rng.uniform(-power, power), 1.7e308)])
