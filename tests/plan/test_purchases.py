"""What to order first, and what an earlier or a later delivery is worth: on paper, and from re-solves of the reference.

On paper a chip earns 1 000 000 USD a year. Wafers are scarce; more of them may be ordered.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import reference
from effort import one_in
from generator import FIRST, GLOBAL, Case, write_case
from paths import BASE
from plants import Drawn, Link, add, add_stage, add_supplier, chain, drawn, one, plan_of
from slopes import TOLERANCE, slope

import supplychain as sc
from supplychain.plan.purchases import options, timing
from supplychain.plan.windows import solve_windows

if TYPE_CHECKING:
    from pathlib import Path

    from reference import Label, Statement, Tables

pytestmark = pytest.mark.unmeasured

NEXT = FIRST + 1
CHIP = 1e6
"""What a chip's year of work is worth [USD]."""
PRICED = (0, 1, 3, 5, 6, 10, 12, 13, 14, 16, 24, 26, 32, 36, 44, 52)
"""Random cases whose options are re-solved: see `test_the_priced_cases_have_what_matters`."""


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-8, abs=1e-6)


def option(case: Case, most: float, capex: float, *, ordered: int = FIRST, lead: int = 0) -> Case:
    """More wafers may be ordered."""
    add(case, "expansion", stage="wafer", supplier="acme", place=GLOBAL, year=ordered, max_expansion=most,
        capex_usd_per_unit=capex, lead_years=lead)  # fmt: skip
    return case


def of_option(plan: sc.Plan, ordered: int = FIRST) -> dict[str, float]:
    """What the table says of wafers ordered in a year: gain, loss, gain per capex, the last useful year."""
    row = one(plan.purchases, order_year=ordered, stage="wafer")
    names = ["benefit_usd_per_unit", "benefit_loss_usd_per_unit", "benefit_per_capex_usd", "last_useful_order_year"]
    return dict(zip(("gain", "loss", "per capex", "last"), row[names], strict=True))


# on paper


def test_an_option_used_up_is_worth_what_a_unit_earns_less_what_it_costs() -> None:
    """40 wafers, 20 more may be ordered at 3 000 000 USD, over ten years of which one is in the case: 300 000.

    All are ordered, as a wafer earns 1 000 000: one more, or one less, 700 000. Per USD spent that is 0.2333.
    Sensitivity: without its capital 1 000 000; with all of it a loss.
    Catches: capital left out of the benefit, or in full; a price per USD of the annuity.
    """
    plan = plan_of(option(chain([Link("wafer", 40)]), 20, 3e6))
    row = one(plan.purchases)
    assert (row["limit"], row["ordered"], row["unit"]) == (20, near(20), "units")
    found = of_option(plan)
    assert (found["gain"], found["loss"]) == (near(0.7 * CHIP), near(0.7 * CHIP))
    assert found["per capex"] == pytest.approx(0.7 / 3, rel=1e-8)
    assert found["last"] == FIRST


def test_an_option_too_dear_is_worth_nothing() -> None:
    """At 30 000 000 USD a wafer costs 3 000 000 in the year, three times what it earns: none is ordered.

    Catches: the worth of a wafer shown for an option that nobody would take up; a useful year where there is none.
    """
    found = of_option(plan_of(option(chain([Link("wafer", 40)]), 20, 30e6)))
    assert (found["gain"], found["loss"], found["per capex"]) == (0, 0, 0)
    assert found["last"] is pd.NA


def test_an_option_used_in_part_is_worth_nothing_more_or_less() -> None:
    """60 chips are asked for: 20 of up to 1000 wafers are ordered, and the right to one more is worth nothing.

    Catches: the price of the wafer shown for the option.
    """
    plan = plan_of(option(chain([Link("wafer", 40)], demand=60), 1000, 3e6))
    assert one(plan.purchases)["ordered"] == near(20)
    found = of_option(plan)
    assert (found["gain"], found["loss"], found["last"]) == (0, 0, FIRST)


def test_an_option_that_is_just_enough_is_worth_nothing_more() -> None:
    """60 chips are asked for, and 20 wafers may be ordered: one more gains nothing, one less loses 700 000.

    Sensitivity: the solver's reduced cost is one of the two, or between them.
    Catches: a dual at a tie taken for both prices.
    """
    plan = plan_of(option(chain([Link("wafer", 40)], demand=60), 20, 3e6))
    found = of_option(plan)
    assert (found["gain"], found["loss"], found["last"]) == (0, near(0.7 * CHIP), FIRST)


def test_an_option_of_nothing_may_be_worth_having() -> None:
    """A limit of 0 in a year in which one wafer more would gain 700 000: nothing less than nothing can be had.

    The year counts as useful: more of the option would gain.
    Catches: an option of 0 left out, or called useless; a loss that depends on where the solver stopped.
    """
    found = of_option(plan_of(option(chain([Link("wafer", 40)]), 0, 3e6)))
    assert (found["gain"], found["loss"], found["last"]) == (near(0.7 * CHIP), math.inf, FIRST)


def test_an_option_that_arrives_too_late_is_not_listed() -> None:
    """Two years; 20 wafers ordered in the first with a lead of two would arrive after the case, at 3 000 000 USD.

    With a lead of one they would serve the second year, at 300 000 each: that would gain 20 x 700 000.
    Catches: an option that cannot be taken up among those that can.
    """
    plan = plan_of(option(chain([Link("wafer", 40)], last_year=NEXT), 20, 3e6, lead=2))
    assert plan.purchases.empty
    row = one(plan.timing())
    assert row["ordered"] == 0
    assert row["shorter_usd"] == near(14e6)
    assert row[["longer_usd", "slip_usd"]].isna().all()


def test_options_of_two_years() -> None:
    """Two years, rate 100 %, one chip's year counts 1/2 in the second. Wafers for 40 a year; chips live one year.

    An order of the first year serves both: 1 000 000 + 500 000; its ten-year annuity at 100 %, r = 1 / (1 - 2^-10) a
    year, comes to 1.5 r capex. Of the second year, in USD of that year: 1 000 000 less r capex. With capex 500 000
    either pays; with 100 % less than r it would just not.
    Sensitivity: shown discounted, the second year's is half as much.
    Catches: a benefit that is left discounted; the last useful year of the first row alone.
    """
    case = option(chain([Link("wafer", 40)], life=1, last_year=NEXT, discount_rate=1.0), 20, 5e5)
    plan = plan_of(option(case, 10, 5e5, ordered=NEXT))
    r = 1 / (1 - 2**-10)
    assert of_option(plan)["gain"] == near(1.5 * CHIP - 1.5 * r * 5e5)
    assert of_option(plan, NEXT)["gain"] == near(CHIP - r * 5e5)
    assert of_option(plan)["last"] == of_option(plan, NEXT)["last"] == NEXT


def test_the_last_useful_order_may_lie_before_the_last() -> None:
    """Demand for 60 in the first year, 40 later: an order of the first year pays, one of the second does not.

    Catches: the last year with an option taken for the last that is useful.
    """
    case = chain([Link("wafer", 40)], life=1, last_year=NEXT, demand={FIRST: 60, NEXT: 40})
    plan = plan_of(option(option(case, 1000, 1e5), 1000, 1e5, ordered=NEXT))
    assert plan.purchases["last_useful_order_year"].to_list() == [FIRST, FIRST]
    assert plan.purchases["order_year"].to_list() == [FIRST, NEXT]


def test_what_a_year_sooner_or_later_is_worth() -> None:
    """Three years, no rate, chips that live one year; 40 wafers, 20 more ordered in the first year with a lead of one.

    They cost 1 000 000 over ten years, 100 000 in each year of use. As it is they serve the second and third year: 20 x
    2 x 900 000 = 36 M. One year sooner they serve all three, which gains 18 M; one year later only the third, which
    loses 18 M. A later delivery beside the present one is worth nothing.
    Catches: sooner and later exchanged, a delivery that does not move, a lead that moves all orders of the year.
    """
    case = chain([Link("wafer", 40)], life=1, last_year=FIRST + 2)
    row = one(plan_of(option(case, 20, 1e6, lead=1)).timing())
    assert (row["lead_years"], row["limit"], row["ordered"]) == (1, 20, near(20))
    assert (row["shorter_usd"], row["longer_usd"], row["slip_usd"]) == (near(18e6), 0, near(18e6))


def test_a_slip_may_save() -> None:
    """Wafers for 40 in the first year, in which no more can be built, and none in the second. An order would arrive at
    once and live one year, so none is made. A year later it makes 20 chips, at 100 000: 18 M are gained, beside it or
    instead.

    Catches: a sign that is lost; a twin that may not be used because the option itself is not.
    """
    case = chain([Link("wafer", {FIRST: 40, NEXT: 0})], life=1, last_year=NEXT, demand={FIRST: 40, NEXT: 40})
    case.rows("suppliers")[0]["capacity_life_years"] = 1
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=40)
    row = one(plan_of(option(case, 20, 1e5)).timing())
    assert row["ordered"] == 0
    assert (row["longer_usd"], row["slip_usd"]) == (near(18e6), near(-18e6))
    assert math.isnan(row["shorter_usd"])


def short_twice() -> Case:
    """40 wafers in each of two years; 45 chips are asked for, and can be built, in the first, and 60 in the second."""
    case = chain([Link("wafer", 40)], life=1, last_year=NEXT, demand={FIRST: 45, NEXT: 60})
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=45)
    return case


def test_a_later_delivery_beside_the_option_or_instead() -> None:
    """20 of 30 wafers are ordered, to arrive at once: 5 are of use in both years and 15 in the second alone.

    Each costs 100 000 for each year from its arrival. If some may come a year later, the 15 do: 1.5 M are saved. If all
    must, 20 x 100 000 are saved and 5 chips of the first year are missed: 3 M are lost.
    Catches: a twin that replaces the option when it should stand beside it, or the other way round.
    """
    case = short_twice()
    row = one(plan_of(option(case, 30, 1e6)).timing())
    assert row["ordered"] == near(20)
    assert (row["longer_usd"], row["slip_usd"]) == (near(1.5e6), near(3e6))


def test_the_shared_limit_binds() -> None:
    """As above, but 18 may be ordered in all: 13 of them come later, which saves 1.3 M.

    Sensitivity: a twin with a limit of its own would let 15 come later, and two more chips be made.
    Catches: a twin that comes on top of the limit.
    """
    case = short_twice()
    row = one(plan_of(option(case, 18, 1e6)).timing())
    assert row["ordered"] == near(18)
    assert row["longer_usd"] == near(1.3e6)


def test_a_delivery_in_a_year_without_any_leaves_other_orders_alone() -> None:
    """20 wafers are ordered of `acme`; of `dear` none, at 30 000 000 USD. Each needs a tool when it arrives, at once.

    There are tools in the first year alone, and nothing else needs them. If the order of `dear` came in the second,
    nothing would change.
    Sensitivity: if the need for tools of the second year counts what `acme` would need then, its order is forbidden.
    Catches: a balance that comes with a moved option and brings the moved need of all others.
    """
    case = option(chain([Link("wafer", 40)], life=1, last_year=NEXT), 20, 1e6)
    add_supplier(case, Link("wafer", 1), "dear")
    add(case, "expansion", stage="wafer", supplier="dear", place=GLOBAL, year=FIRST, max_expansion=20,
        capex_usd_per_unit=30e6, lead_years=0)  # fmt: skip
    tool = Link("tool", {FIRST: 100, NEXT: 0})
    add_stage(case, tool)
    add_supplier(case, tool)
    for k in ("acme", "dear"):
        add(case, "supplier_needs", stage="wafer", supplier=k, basis="expansion", needs_stage="tool", quantity=1)
    timed = plan_of(case).timing()
    row = one(timed, supplier="dear")
    assert (row["ordered"], row["longer_usd"], row["slip_usd"]) == (0, 0, 0)
    assert one(timed, supplier="acme")["slip_usd"] == near(20 * (2 * CHIP - 2e5))


@pytest.mark.parametrize("storable", [True, False])
def test_a_twin_needs_what_the_option_needs(storable: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """20 wafers are ordered, to arrive a year later, each with a tool; there are 10 tools in the first year.

    So 10 of the 20 could arrive at once, in use for all three years: 10 x 900 000 are gained.
    Sensitivity: without the need all 20 could, as they could if the twin brought tools; without the tools none.
    Catches: a use of what nobody used in that year before, on the wrong side of its balance, or with none to supply it.
    """
    case = option(chain([Link("wafer", 40)], life=1, last_year=FIRST + 2), 20, 1e6, lead=1)
    tool = Link("tool", {FIRST: 10, NEXT: 100}, storable=storable)
    add_stage(case, tool)
    add_supplier(case, tool)
    add(case, "supplier_needs", stage="wafer", supplier="acme", basis="expansion", needs_stage="tool", quantity=1)
    row = one(plan_of(case).timing())
    assert (row["ordered"], row["shorter_usd"], row["slip_usd"]) == (near(20), near(9e6), near(18e6))


# random cases, and base


def test_the_priced_cases_have_what_matters() -> None:
    """Among the cases whose options are re-solved are all kinds of answers.

    Catches: a set of cases that never meets an option in use, an option of nothing, a delivery that is better late.
    """
    priced = pd.concat([drawn(seed).plan.purchases.astype(object) for seed in PRICED])
    timed = pd.concat([timing(drawn(seed).window).astype(object) for seed in PRICED])
    gain, loss = priced["benefit_usd_per_unit"], priced["benefit_loss_usd_per_unit"]
    for kind, found in {
        "a gain": gain > 0,
        "an option of nothing that would gain": (priced["limit"] == 0) & (gain > 0),
        "an option used in part": (priced["ordered"] > 0) & (loss == 0),
        "an option never useful": priced["last_useful_order_year"].isna(),
        "better sooner": timed["shorter_usd"] > 0,
        "better late": timed["longer_usd"] > 0,
        "a slip that costs": timed["slip_usd"] > 0,
        "a slip that saves": timed["slip_usd"] < 0,
        "an order that would be too late": timed["slip_usd"].isna(),
    }.items():
        assert found.any(), kind


@pytest.mark.parametrize("seed", one_in(2, PRICED))
def test_what_one_more_of_an_option_is_worth(seed: int) -> None:
    """Gain and loss of an option are slopes of the reference's cost in its row `expansion_limit`; at most 12 a case.

    Sensitivity: the solver's reduced cost lies anywhere between them at a tie.
    Catches: one of many duals; a wrong discount; an option priced by its stage.
    """
    d = drawn(seed)
    assert_listed(d)
    table = d.plan.purchases
    for row in table.sample(n=min(12, len(table)), random_state=seed).itertuples():
        assert_priced(d.lp, row)


def assert_listed(d: Drawn) -> None:
    """Every option that arrives inside the case is listed, in order, and the last useful year is that of its use."""
    table = d.plan.purchases
    keys = list(table[["order_year", "stage", "supplier", "place"]].itertuples(index=False, name=None))
    assert keys == sorted((o.year, o.stage, o.supplier, o.place) for o in d.lp.numbers.orders)
    useful = table[(table["ordered"] > 1e-12) | (table["benefit_usd_per_unit"] > 0)]
    last = useful.groupby(["stage", "supplier", "place"])["order_year"].max().to_dict()
    capex = {o.column[1:]: o.capex_usd for o in d.lp.numbers.orders}
    for row in table.itertuples():
        site = (row.stage, row.supplier, row.place)
        assert row.last_useful_order_year == last[site] if site in last else row.last_useful_order_year is pd.NA
        assert row.ordered == pytest.approx(d.expanded.get(("expand", *site, row.order_year), 0.0), abs=1e-9)
        cost = capex[(*site, row.order_year)]
        assert row.benefit_per_capex_usd == pytest.approx(row.benefit_usd_per_unit / cost, rel=1e-8)


def assert_priced(lp: Statement, row: pd.Series) -> None:
    """Compare gain and loss of an option with re-solves, in USD of its order year."""
    t = int(row.order_year)
    label = ("expansion_limit", row.stage, row.supplier, row.place, t)
    step, usd = 0.01 * (lp.rhs[label] or 1.0), 1 / lp.numbers.delta(t)
    gain, sure = slope(lp, {label: step})
    assert row.benefit_usd_per_unit == pytest.approx(gain * usd / step, rel=TOLERANCE, abs=sure * usd / step)
    if lp.rhs[label] == 0:
        assert row.benefit_loss_usd_per_unit == math.inf
        return
    loss, sure = slope(lp, {label: -step})
    assert row.benefit_loss_usd_per_unit == pytest.approx(-loss * usd / step, rel=TOLERANCE, abs=sure * usd / step)
    assert row.benefit_loss_usd_per_unit >= row.benefit_usd_per_unit


def tables_of(case: Case, folder: Path) -> Tables:
    """The case as the reference reads it."""
    return reference.load(write_case(case, folder))


def led(tables: Tables, key: tuple[str, ...], by: int) -> Statement:
    """The reference's LP of the case with the lead time of one option, by its key, longer by some years."""
    rows = [
        {**row, "lead_years": str(int(row["lead_years"]) + by)} if key_of(row) == key else row
        for row in tables["expansion"]
    ]
    return reference.build(reference.Tables(tables.settings, tables.rows | {"expansion": rows}))


def key_of(row: dict[str, str]) -> tuple[str, ...]:
    return row["stage"], row["supplier"], row["place"], row["year"]


def grafted(tables: Tables, key: tuple[str, ...], by: int) -> Statement:
    """The reference's LP with the option as it is and, under the same limit, once more with another lead time."""
    there, here = led(tables, key, by), reference.build(tables)
    s, k, p, u = key
    option: Label = ("expand", s, k, p, int(u))
    if option not in here.cost:
        return there
    twin: Label = ("expand", s, k, f"{p}, another time", int(u))
    here.column(*twin, usd=there.cost[option])
    for row, entries in there.rows.items():
        if option in entries:
            before = here.rows.pop(row, None) or {column: x for column, x in entries.items() if column != option}
            here.rhs.pop(row, None)
            here.row(row, [*((x, j) for j, x in before.items()), (entries[option], twin)], there.rhs[row])
    return here


def assert_timed(tables: Tables, timed: pd.DataFrame) -> None:
    """Compare what a delivery a year sooner or later is worth with re-solves, in USD of the order year."""
    base = reference.build(tables)
    n, start = base.numbers, base.solve().objective_usd
    for row in timed.itertuples():
        key = (row.stage, row.supplier, row.place, str(row.order_year))
        usd = 1 / n.delta(row.order_year)
        there = "expand", *key[:3], row.order_year

        def worth(rise: float, usd: float = usd) -> object:
            return pytest.approx(rise * usd, rel=TOLERANCE, abs=2e-9 * abs(start) * usd)

        sooner, later = row.order_year + row.lead_years - 1, row.order_year + row.lead_years + 1
        assert math.isnan(row.shorter_usd) == (row.lead_years == 0 or sooner > n.last)
        if not math.isnan(row.shorter_usd):
            assert row.shorter_usd == worth(start - grafted(tables, key, -1).solve().objective_usd)
        assert math.isnan(row.longer_usd) == (later > n.last)
        if not math.isnan(row.longer_usd):
            assert row.longer_usd == worth(start - grafted(tables, key, +1).solve().objective_usd)
        assert math.isnan(row.slip_usd) == (there not in base.cost)
        if not math.isnan(row.slip_usd):
            assert row.slip_usd == worth(led(tables, key, +1).solve().objective_usd - start)


@pytest.mark.parametrize("seed", one_in(2, PRICED))
def test_what_an_earlier_or_a_later_delivery_is_worth(seed: int, tmp_path: Path) -> None:
    """The reference solved again: of the case with one lead time edited, and with a twin of the option beside it.

    An option whose delivery would fall behind the horizon is as good as lost. At most twelve options of a case.
    Catches: a column that keeps entries of its old lead time: its limit's years, its needs, its interest, its annuity.
    """
    d = drawn(seed)
    tables = tables_of(d.case, tmp_path / "case")
    timed = timing(d.window)
    options = [row for row in tables["expansion"] if int(row["year"]) in d.lp.numbers.years]
    asked = [key_of(row) for row in options if float(row["max_expansion"])]
    listed = timed[["stage", "supplier", "place", "order_year"]].astype(str).itertuples(index=False, name=None)
    assert sorted(listed) == sorted(asked)
    assert_timed(tables, timed.sample(n=min(12, len(timed)), random_state=seed))


def test_what_to_order_in_the_base_case() -> None:
    """Gain, loss and timing of a few options of `inputs/base`, by re-solves of the reference.

    Catches: what only a large case shows, such as tolerances beside an objective of 10^13 USD.
    """
    tables, window = reference.load(BASE), next(solve_windows(sc.load(BASE)))
    statement, table, timed = reference.build(tables), options(window.solved_lp, window.years), timing(window)
    for row in table[table["benefit_usd_per_unit"] > 0].sample(n=2, random_state=1).itertuples():
        assert_priced(statement, row)
    both = timed[(timed["shorter_usd"] > 0) & (timed["longer_usd"] > 0)]
    assert_timed(tables, pd.concat([both.sample(n=1, random_state=1), timed.sample(n=4, random_state=2)]))
