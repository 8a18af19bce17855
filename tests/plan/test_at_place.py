"""What is full at a place, what more of each limit adds there, and what holds it back: on paper, and by re-solves.

On paper a chip earns 1 000 000 USD a year.
"""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pandas as pd
import pytest
from commands import run
from effort import one_in
from generator import FIRST, write_case
from paths import BASE, TINY, TINY_CURVE
from plants import Link, add, add_supplier, base_plan, chain, drawn, edited, one, plan_of, statement_of
from slopes import TOLERANCE, slope

import supplychain as sc
from supplychain.plan import at_place, windows
from supplychain.report.text.at_place import at_place as text
from supplychain.report.text.at_place import places

if TYPE_CHECKING:
    from generator import Case
    from reference import Label, Statement, Terms

    from supplychain.plan.windows import Window

CHIP = 1e6
NEXT = FIRST + 1
SEEDS = range(24)
"""Random cases: see `test_the_random_cases_have_what_matters`."""


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-9, abs=1e-6)


def site(name: str, units: float, **more: Any) -> Link:  # noqa: ANN401 - fields of a link
    return Link(name, units, kind="stock", scope="regional", **more)


def shown(plan: sc.Plan, place: str = "home", year: int | None = None) -> dict[tuple[str, str], tuple[float, ...]]:
    """By stage and supplier: what one unit more gains, what any amount adds and gains, and what holds it back."""
    return {
        (r.stage, r.supplier): (r.gain_usd_per_unit, r.adds, r.gain_usd, r.held_back_by)
        for r in plan.at_place(place, year).itertuples()
    }


def test_what_more_of_one_limit_adds() -> None:
    """Halls for 40 chips, power for 44 and wafers for 50: halls add 4, then power holds them back.

    With power for 60 halls add 10, and wafers hold them back, which no place has.
    Catches: a first unit for all units; a gain per cent; a global stage that is named as full at a place.
    """
    plan = plan_of(chain([Link("wafers", 50), site("halls", 40), site("power", 44)], demand=100))
    assert shown(plan) == {
        ("halls", "acme"): (near(CHIP), near(4), near(4 * CHIP), "power"),
        ("power", "acme"): (0, 0, 0, ""),
    }
    plan = plan_of(chain([Link("wafers", 50), site("halls", 40), site("power", 60)], demand=100))
    assert shown(plan)["halls", "acme"] == (near(CHIP), near(10), near(10 * CHIP), "")


def test_stages_that_are_full_together_hold_each_other_back() -> None:
    """Halls and power for 40 chips each: one alone adds nothing, and the other holds it back. With grid for 40 too, and
    so with any of the three, the other two do together.

    Catches: nothing said of what is full where more gains nothing; single stages that alone gain nothing.
    """
    two = plan_of(chain([site("halls", 40), site("power", 40)], demand=100))
    assert shown(two) == {("halls", "acme"): (0, 0, 0, "power"), ("power", "acme"): (0, 0, 0, "halls")}
    three = plan_of(chain([site("halls", 40), site("power", 40), site("grid", 40)], demand=100))
    assert [row[3] for row in shown(three).values()] == ["halls + power", "power + grid", "halls + grid"]
    lifted = plan_of(chain([site("halls", 40), site("power", 44), site("grid", 44)], demand=100))
    assert shown(lifted)["halls", "acme"] == (near(CHIP), near(4), near(4 * CHIP), "power + grid")


def gas_beside_the_grid() -> Case:
    """Halls for 51 chips; power from the grid, for 40 chips but the grid delivers for 30, and from gas, for 20.

    Gas costs 1,000 USD a chip, power from the grid nothing.
    """
    power = site("power", 40)
    case = chain([Link("wafers", 90), site("halls", 51), power, site("grid", 30)], demand=100)
    case.tables["bill_of_materials"] = [r for r in case.rows("bill_of_materials") if r["stage"] != "grid"]
    add(case, "supplier_needs", stage="power", supplier="acme", basis="supply", needs_stage="grid", quantity=1)
    add_supplier(case, site("power", 20), "gas", 1e3)
    return case


def test_power_is_full_where_one_of_its_suppliers_has_room() -> None:
    """Of power 50 of 60 are used, for the grid is full; halls are used to 98 %. Any amount of gas adds 1, then halls
    are full; so does any amount of grid, which then saves the gas.

    Catches: the price of the stage, 0, where only a supplier that cannot be used has room; what a cheaper supplier
    replaces counted as added.
    """
    plan = plan_of(gas_beside_the_grid())
    assert shown(plan) == {
        ("halls", "acme"): (0, 0, 0, ""),
        ("power", "acme"): (0, 0, 0, ""),
        ("power", "gas"): (near(CHIP - 1e3), near(1), near(CHIP - 1e3), "halls"),
        ("grid", "acme"): (near(CHIP), near(10), near(CHIP + 9e3), "halls"),
    }
    power = one(plan.stages, stage="power")
    assert (power.gain_usd_per_unit, power.used_share) == (0, near(5 / 6))


def test_a_place_and_a_year_for_itself() -> None:
    """Two regions, and halls that grow: relief of one region in one year adds there and then, and nowhere else.

    A chip lives for one year, so that one that is built pays in its year.
    Catches: relief in all places, or all years; the years of another place.
    """
    links = [Link("wafers", 100), site("halls", 10), site("power", 30)]
    case = chain(links, demand=1e3, regions=("east", "west"), life=1, last_year=NEXT)
    case.tables["capacity"] = [r for r in case.rows("capacity") if r["stage"] != "halls"]
    for place, year, halls in (("east", FIRST, 10), ("east", NEXT, 25), ("west", FIRST, 30), ("west", NEXT, 5)):
        add(case, "capacity", stage="halls", supplier="acme", place=place, year=year, capacity=halls, price_usd=0)
    plan = plan_of(case)
    east, west = plan.at_place("east"), plan.at_place("west")
    halls = pd.concat([east, west]).query("stage == 'halls'")
    assert [tuple(r) for r in halls[["place", "year", "limit", "adds", "held_back_by"]].itertuples(index=False)] == [
        ("east", FIRST, 10, near(20), "power"),
        ("east", NEXT, 25, near(5), "power"),
        ("west", FIRST, 30, 0, "power"),
        ("west", NEXT, 5, near(25), "power"),
    ]
    assert plan.at_place("east", NEXT).equals(east[east["year"] == NEXT].reset_index(drop=True))


def test_what_draws_from_a_limit_rises_with_it() -> None:
    """Chips need a share of halls, one half of halls for 100; wafers for 70. One hall more houses half a chip, any
    number of them 20 chips, in as many halls.

    Catches: a limit that rises without what is a share of it; a share that is lifted and not what it draws from.
    """
    case = chain([Link("wafers", 70), site("halls", 100), site("share", 0, nature="commercial")], demand=1e3)
    case.tables["bill_of_materials"] = [r for r in case.rows("bill_of_materials") if r["stage"] != "halls"]
    case.tables["capacity"] = [r for r in case.rows("capacity") if r["stage"] != "share"]
    add(case, "supplier_needs", stage="share", supplier="acme", basis="supply", needs_stage="halls", quantity=1)
    add(case, "allocation", stage="share", supplier="acme", of_stage="halls", year=FIRST, share=0.5)
    assert shown(plan_of(case)) == {
        ("halls", "acme"): (near(CHIP / 2), near(20), near(20 * CHIP), ""),
        ("share", "acme"): (near(CHIP), near(20), near(20 * CHIP), ""),
    }


def test_where_there_is_none_of_a_stage() -> None:
    """No grid at all, and halls for 5 chips: the first unit of grid houses a chip, and 5 do. Without halls, too, each
    is held back by the other. A loss of what is not there is blank.

    Catches: one per cent of nothing; a supplier that is left out because it has nothing, where it is the only one.
    """
    plan = plan_of(chain([Link("wafers", 90), site("halls", 5), site("grid", 0)], demand=100))
    assert shown(plan)["grid", "acme"] == (near(CHIP), near(5), near(5 * CHIP), "halls")
    assert math.isnan(one(plan.at_place("home"), stage="grid").loss_usd_per_unit)
    plan = plan_of(chain([Link("wafers", 90), site("halls", 0), site("grid", 0)], demand=100))
    assert shown(plan) == {("halls", "acme"): (0, 0, 0, "grid"), ("grid", "acme"): (0, 0, 0, "halls")}
    assert text(plan, plan.at_place("home"), "home").endswith("No regional stage has a limit here.")


def test_a_region_that_no_stage_serves() -> None:
    """Halls are supplied in one of two regions. Catches: a key that is missing; a place of which nothing is said."""
    case = chain([Link("wafers", 90), site("halls", 5)], demand=100, regions=("home", "moon"))
    case.tables["capacity"] = [r for r in case.rows("capacity") if r["place"] != "moon"]
    plan = plan_of(case)
    table = plan.at_place("moon")
    assert (len(table), list(table.columns)) == (0, list(plan.at_place("home").columns))
    assert text(plan, table, "moon").endswith("moon\n\nNo regional stage has a limit here.")
    assert "moon" not in places(plan)


def test_what_is_not_there_is_refused() -> None:
    """Catches: a traceback, or an empty table, for a place, a year or a kind of stage that the case has not."""
    plan = plan_of(chain([Link("wafers", 90), site("halls", 5)], demand=100, regions=("north_sea", "moon")))
    for place, year, said in (
        (
            "north_see",
            None,
            "no region is called 'north_see'; must be one of moon, north_sea; did you mean 'north_sea'?",
        ),
        ("global", None, "no region is called 'global'; must be one of moon, north_sea"),
        ("moon", NEXT, f"{NEXT} is not reported; must be from {FIRST} to {FIRST}"),
    ):
        with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
            plan.at_place(place, year)
    with pytest.raises(ValueError, match="no stage is regional, so that no place has limits of its own"):
        plan_of(chain([Link("wafers", 90)])).at_place("home")


def lifted_rows(lp: Statement, index: tuple[Any, ...]) -> Terms:
    """How far the reference's limits rise with one unit of one of them: those that draw from it by their share."""
    n, (*own, year) = lp.numbers, index

    def rise(s: str, k: str, p: str) -> float:
        if [s, k, p] == own:
            return 1.0
        return math.fsum(share * rise(*of) for share, of in n.draws.get((s, k, p, year), []))

    rises: Terms = {("supply_limit", s, k, p, year): rise(s, k, p) for s, k, p in n.sites}
    return {row: x for row, x in rises.items() if x}


def relief_at(lp: Statement, values: dict[Label, float], stages: list[str], place: str, year: int) -> Terms:
    """One per cent of each limit of some stages at a place, and what draws from them: as the reference has it."""
    n = lp.numbers

    def rise(s: str, k: str, p: str) -> float:
        if s in stages and p == place:
            return 0.01 * lp.limits[s, k, p, year].at(values)
        return math.fsum(share * rise(*of) for share, of in n.draws.get((s, k, p, year), []))

    rises: Terms = {("supply_limit", s, k, p, year): rise(s, k, p) for s, k, p in n.sites}
    return {row: x for row, x in rises.items() if x}


def table_of(window: Window) -> pd.DataFrame:
    """The table of all places of a window."""
    case = window.solved_lp.solved.case
    regions = [row["region"] for row in case.tables["regions"]]
    rows = [at_place.at_place(window.solved_lp, r, window.years) for r in regions]
    return at_place.table(row for part in rows for row in part)


def with_regional_stages(seeds: range) -> list[int]:
    return [seed for seed in seeds if any(row["scope"] == "regional" for row in drawn(seed).case.rows("stages"))]


def test_the_random_cases_have_what_matters() -> None:
    """Catches: a set of cases in which nothing is added, held back, saved, full together or drawn from."""
    table = pd.concat(table_of(drawn(seed).window) for seed in with_regional_stages(SEEDS))
    for kind, rows in {
        "adds": table["adds"] > 0,
        "saves": (table["gain_usd"] > 0) & (table["adds"] == 0),
        "is held back": table["held_back_by"] != "",
        "gain and loss differ": table["gain_usd_per_unit"] < table["loss_usd_per_unit"],
    }.items():
        assert rows.any(), kind


def gains_agree(lp: Statement, table: pd.DataFrame, **held: Any) -> None:  # noqa: ANN401 - passed on
    """To leave out the row of a limit, and those that draw from it, gains as much in the reference."""
    start = lp.solve(**held).objective_usd
    for row in table.itertuples():
        index = (row.stage, row.supplier, row.place, int(row.year))
        dropped = {*held.get("drop_rows", ()), *lifted_rows(lp, index)}
        gained = (start - lp.solve(**{**held, "drop_rows": dropped}).objective_usd) / lp.numbers.delta(index[-1])
        assert row.gain_usd == pytest.approx(gained, rel=1e-5, abs=1e-9 * abs(start)), index
        assert row.gain_usd_per_unit > 0 or gained <= 1e-9 * abs(start), index


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(2, with_regional_stages(SEEDS)))
def test_gains_are_those_of_the_reference(seed: int) -> None:
    """Of the first unit by small steps, of any amount with the row left out.

    Catches: a price in place of a slope, a wrong discount, limits that rise alone or twice, one that is not lifted.
    """
    d, table = drawn(seed), table_of(drawn(seed).window)
    gains_agree(d.lp, table)
    for row in table.itertuples():
        rises = lifted_rows(d.lp, (row.stage, row.supplier, row.place, int(row.year)))
        step = 0.01 * row.limit or 1.0
        found, noise = slope(d.lp, {label: step * x for label, x in rises.items()})
        if not math.isnan(found):
            gain = row.gain_usd_per_unit * step * d.lp.numbers.delta(int(row.year))
            assert gain == pytest.approx(found, rel=TOLERANCE, abs=noise), row


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(2, with_regional_stages(SEEDS)))
def test_what_holds_back_gains_more_with_the_limit_out_of_the_way(seed: int) -> None:
    """In the reference, whose limit is moved behind what it would use: and no other stage of the place rises more.

    Catches: what is worth most where something else rises more; relief of all places; gains after for gains before.
    """
    d, table = drawn(seed), table_of(drawn(seed).window)
    held_back = table[(table["gain_usd_per_unit"] > 0) | (table["held_back_by"] != "")]
    values = dict(zip(d.point.lp.column, d.point.x.tolist(), strict=True))
    for row in held_back.sample(n=min(4, len(held_back)), random_state=seed).itertuples():
        index = (row.stage, row.supplier, row.place, int(row.year))
        rows = lifted_rows(d.lp, index)
        free = d.lp.solve(drop_rows=set(rows)).values  # noqa: PD011 - of the reference
        lifted = statement_of(d.case)
        for label in rows:
            lifted.rhs[label] += 2 * free["supply", *label[1:]] + 1
        others = {str(r["stage"]) for r in d.case.rows("stages") if r["scope"] == "regional"} - {row.stage}
        rises = {}
        for stages in [{q} for q in sorted(others)] + [set(row.held_back_by.split(" + "))] * bool(row.held_back_by):
            relief = relief_at(d.lp, values, stages, *index[2:])
            (before, noise), (then, noise_then) = (slope(lp, relief) if relief else (0.0, 0.0) for lp in (d.lp, lifted))
            rises[frozenset(stages)] = then - before, 2 * (noise + noise_then) + TOLERANCE * abs(then)
        if any(math.isnan(rise) for rise, _ in rises.values()):
            continue
        most, rounding = rises.get(frozenset(row.held_back_by.split(" + ")), (0.0, 0.0))
        assert not row.held_back_by or most > 0, index
        assert all(rise <= most + other + rounding for rise, other in rises.values()), index


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(2, with_regional_stages(SEEDS)[:6]))
def test_with_limited_foresight_a_limit_is_that_of_its_window(seed: int) -> None:
    """Gains of a year are those of the LP that decides it, with what was decided before.

    Catches: a window of another year; decisions of earlier years that may be taken back.
    """
    case = edited(drawn(seed).case, foresight_years=2)
    with tempfile.TemporaryDirectory() as folder:
        plan = sc.solve(sc.load(write_case(case, Path(folder))))
    every = pd.concat(plan.at_place(row["region"]) for row in plan.case.tables["regions"])
    for window in windows.solve_windows(plan.case):
        values = dict(zip(window.solved_lp.lp.column, window.solved_lp.x.tolist(), strict=True))
        lp = statement_of(edited(case, last_year=window.last, report_last_year=window.last))
        kept = {label: values.get(label, 0.0) for label in lp.cost if label[-1] < window.first}
        past = {label for label in lp.rows if label[-1] < window.first}
        table = every[every["year"] == window.first]
        gains_agree(lp, table.sample(n=min(6, len(table)), random_state=seed), hold=kept, drop_rows=past)


def test_500_mw_of_halls_in_texas() -> None:
    """In `inputs/base` with 500 MW more of halls in 2027 the plan uses as many more as are said, gains as much, and
    fills what holds it back.

    2026-11-30, data of autumn 2026: halls are what is full in Texas in 2027; on-site gas would add nothing there.

    Catches: what only a large case shows; an answer that an edit does not give.
    """
    table = base_plan().at_place("us_ercot", 2027)
    row = one(table, stage="datacentre", supplier="existing_halls")
    assert 0 < row.adds < 500
    edit = "capacity.capacity[stage=datacentre, supplier=existing_halls, place=us_ercot, year=2027] += 500"
    case = sc.what_if(BASE, [], [edit]).case
    more = sc.solve(replace(case, settings=replace(case.settings, report_last_year=2027)))
    key = {"place": "us_ercot", "year": 2027}
    before, after = (one(plan.stages, stage="datacentre", **key) for plan in (base_plan(), more))
    assert after.used - before.used == pytest.approx(row.adds, rel=1e-6)
    gained = (base_plan().objective_usd - more.objective_usd) * 1.07
    assert gained == pytest.approx(row.gain_usd, rel=1e-3)
    assert one(more.stages, stage=row.held_back_by, **key).used_share == near(1)


def test_the_command_says_what_is_full_there(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Labels, no more than 100 columns, all suppliers of one year, of all years the one that adds most.

    Catches: keys for labels; another supplier's numbers; a block that is missing; two years' uses in one column.
    """
    folder = str(write_case(gas_beside_the_grid(), tmp_path_factory.mktemp("case")))
    status, printed, _ = run(capsys, "explain", folder, "--place", "home")
    assert status == 0
    assert printed.splitlines() == [
        "A case on paper (plant)",
        "home",
        "",
        "Used, % of the limit:",
        f"                 {FIRST}",
        "  halls, units   98.0",
        "  power, units   83.3",
        "  grid, units   100.0",
        "",
        "One unit more is worth, m USD (0 where a supplier of it has room):",
        f"                {FIRST}",
        "  halls, units     0",
        "  power, units     0",
        "  grid, units   1.00",
        "",
        "More of one limit here, alone and in that year alone; of each stage the supplier that adds most:",
        "  +1: what the first unit gains, m USD. Adds: units of the stage that are used more if that limit",
        "  goes; gains: m USD then; the capacity itself is not paid for. What gains and adds nothing saves",
        "  cost. Used: of what holds it back, % of its limit now.",
        "                  +1  adds  gains  held back by  used",
        f"  {FIRST}  power  0.999  1.00  0.999  halls         98.0",
        "        grid    1.00  10.0   1.01  halls         98.0",
    ]
    named = run(capsys, "explain", folder, "--place", "home", "--year", str(FIRST))[1].splitlines()
    assert named[1] == f"home, {FIRST}"
    assert named[-5:] == [
        "                   +1  adds  gains  held back by  used",
        "  power, units",
        "    gas         0.999  1.00  0.999  halls         98.0",
        "  grid, units",
        "    acme         1.00  10.0   1.01  halls         98.0",
    ]
    roomy = str(write_case(chain([Link("wafers", 5), site("halls", 9)], demand=100), tmp_path_factory.mktemp("roomy")))
    for year in ((), ("--year", str(FIRST))):
        said = run(capsys, "explain", roomy, "--place", "home", *year)[1].splitlines()
        assert said[-1] == "  no limit here is worth anything", year


def test_of_all_years_a_stage_has_the_supplier_that_adds_most() -> None:
    """Cells cost more than gas, and each adds 1 of power; a new site on the grid saves 10 USD a chip and adds none.

    Of all years cells stand for power, as they replace nobody. Of one year they come first, and the site last.
    Catches: the supplier that gains most or least, where it only replaces another.
    """
    case, power = gas_beside_the_grid(), site("power", 5)
    case.rows("capacity")[[r["stage"] for r in case.rows("capacity")].index("power")]["price_usd"] = 10
    add_supplier(case, power, "cells", 2e3)
    add_supplier(case, power, "site", 0)
    add(case, "supplier_needs", stage="power", supplier="site", basis="supply", needs_stage="grid", quantity=1)
    halls = [r for r in case.rows("capacity") if r["stage"] == "halls"]
    halls[0]["capacity"] = 56
    plan = plan_of(case)
    added = {k: row[:2] for (s, k), row in shown(plan).items() if s == "power"}
    assert added == {
        "acme": (0, 0),
        "cells": (near(CHIP - 2e3), near(1)),
        "gas": (near(CHIP - 1e3), near(1)),
        "site": (near(10), 0),
    }
    table = plan.at_place("home")
    lines = [line.split() for line in text(plan, table, "home").splitlines()]
    assert [str(FIRST), "power", "0.998", "1.00", "0.998", "halls", "98.2"] in lines
    names = [line.split()[0] for line in text(plan, table, "home", FIRST).splitlines() if line]
    assert names[-5:-2] == ["cells", "gas", "site"]


def test_all_places_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    """Regions under their stage, by label; blank where there is none of it. A price that has two sides shows both.

    Catches: stages of another region, a year that was not asked for, one side of a price, lines that are cut.
    """
    status, printed, _ = run(capsys, "explain", str(TINY), "--places")
    assert (status, printed.splitlines()) == (
        0,
        [
            "Two years of a chain small enough to work out on paper (tiny)",
            "",
            "Used, % of the limit:",
            "                                 2026   2027",
            "  Power generation, MW",
            "    East, supplied by the grid   83.3   75.0",
            "  Power at the sites, MW",
            "    East, supplied by the grid  100.0  100.0",
            "    West, supplied on site       66.7  100.0",
            "",
            "One unit more is worth, m USD (0 where a supplier of it has room):",
            "                                 2026  2027",
            "  Power generation, MW",
            "    East, supplied by the grid      0     0",
            "  Power at the sites, MW",
            "    East, supplied by the grid  0.250  24.0",
            "    West, supplied on site          0  23.3",
        ],
    )
    printed = run(capsys, "explain", str(TINY_CURVE), "--places", "--year", "2026")[1]
    assert printed.splitlines()[-4:] == [
        "One unit more is worth, m USD (0 where a supplier of it has room; in brackets: one less costs):",
        "                             2026",
        "  Data-centre halls, MW",
        "    The only region      0 (9.00)",
    ]
    nowhere = plan_of(chain([Link("wafers", 90), site("halls", 0)], demand=100))
    assert places(nowhere).splitlines()[2:] == ["No regional stage has a limit anywhere."]


def test_years_that_do_not_fit_are_continued_below() -> None:
    """Twenty years: each block goes on below, with the names of stages. Catches: lines that are cut at the right."""
    case = chain([Link("wafers", 50), site("halls", 40)], demand=100, life=1, last_year=FIRST + 19)
    printed = places(plan_of(case)).splitlines()
    assert max(map(len, printed)) <= 100
    assert " ".join(printed).count(str(FIRST + 19)) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--place", "wst"], "no region is called 'wst'; must be one of east, west; did you mean 'west'?"),
        (["--place", "east", "--year", "2028"], "2028 is not reported; must be from 2026 to 2027"),
        (["--places", "--year", "2028"], "2028 is not reported; must be from 2026 to 2027"),
        (["--place", "east", "--places"], "--place and --places are different questions; give one of them"),
        (["--place", "east", "--stage", "hbm"], "--place and --stage are different questions; give one of them"),
        (["--places", "--why-not", "hbm"], "--places and --why-not are different questions; give one of them"),
    ],
)
def test_the_command_refuses(asked: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches: a traceback; one of two questions that is left out without a word; a solve before the refusal."""
    with patch("supplychain.solve", side_effect=AssertionError("it was solved")):
        status, printed, complained = run(capsys, "explain", str(TINY), *asked)
    assert (status, printed, said in complained) == (2, "", True)
