"""What a million tokens cost, by who is paid for them in the end: on paper, and recomputed from the reference.

On paper a chip serves 1 Ttok a year, so a chip's year that costs 1 000 000 USD is 1 USD per Mtok. Wafers are the scarce
stage unless it says otherwise; demand is left unserved, so that the marginal cost is the value of the last tier.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from effort import one_in
from generator import FIRST, GLOBAL, Case
from plants import TTOK, Drawn, Link, add, add_stage, add_supplier, chain, drawn, plan_of, window_of
from reference import MTOK_PER_TTOK, Label, Statement
from scipy.sparse import csc_array, identity
from scipy.sparse.linalg import spsolve
from slopes import TOLERANCE, slope

from supplychain import lp
from supplychain.lp import optimum
from supplychain.plan.decomposition import marginal, marginals
from supplychain.plan.purchases import options, purchases, timing
from supplychain.results.write import csv

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import supplychain as sc

NEXT = FIRST + 1
pytestmark = pytest.mark.unmeasured

SEEDS = one_in(2, range(40))
WHOLE = 1e-9
"""Share of a price within which its terms add up."""


def terms(plan: sc.Plan, year: int = FIRST, workload: str = "chat") -> dict[str, float]:
    """The terms of one marginal cost, in their order."""
    table = plan.decomposition
    rows = table[(table["year"] == year) & (table["workload"] == workload)]
    return dict(zip(rows["term"], rows["usd_per_mtok"], strict=True))


def exactly(**found: float) -> object:
    """Terms by name, `wafer__rent` for `wafer: rent`, `build_limits` for `build limits`; the residual is 0."""
    named = {name.replace("__", ": ").replace("_", " "): usd for name, usd in found.items()}
    return pytest.approx(named | {"residual": 0.0}, rel=1e-9, abs=1e-10)


def other_cost(case: Case, usd: float) -> Case:
    case.rows("unit_costs")[0]["other_cost_usd"] = usd
    return case


def opex(case: Case, usd: float) -> Case:
    case.rows("accelerators")[0]["opex_usd_per_year"] = usd
    return case


def option(case: Case, most: float, capex: float, **more: int) -> Case:
    """Wafers may be ordered in the first year, to arrive at once."""
    row = {"stage": "wafer", "supplier": "acme", "place": GLOBAL, "year": FIRST, "lead_years": 0} | more
    add(case, "expansion", **row, max_expansion=most, capex_usd_per_unit=capex)
    return case


# a chip's life


def test_what_a_chip_earns_over_its_life_pays_for_its_build() -> None:
    """40 chips made in the first of two years, rate 100 %, so money of the second counts 1/2; they live both years.

    A year of one earns 1 000 000 and pays 100 000 opex; 900 000 are left, over the life 900 000 x 1.5 = 1 350 000. An
    annuity over two years at 100 % is 4/3 a year, 2 in all: a wafer counts 2 x 50 000, a stack of memory 2 x 25 000,
    other cost 2 x 100 000. The rent of wafers is the rest, 1 000 000. Of 0.9 USD, other cost is 200/1350, and so on;
    in the second year, in which nothing is bought, as in the first.
    Sensitivity: a build paid by its first year alone is 0.35 in that year and nothing in the second.
    Catches: quasi-rents split in the proportions of one year; capital shown undiscounted, or in full in one year.
    """
    links = [
        Link("wafer", {FIRST: 40, NEXT: 0}, price=50_000, cost_life=2),
        Link("memory", 60, price=25_000, cost_life=2),
    ]
    plan = plan_of(opex(other_cost(chain(links, life=2, last_year=NEXT, discount_rate=1.0), 100_000), 100_000))
    parts = {"opex": 0.1, "wafer": 1 / 15, "wafer__rent": 2 / 3, "memory": 1 / 30, "other": 2 / 15}
    for t in (FIRST, NEXT):
        assert terms(plan, t) == exactly(**parts)
        assert list(terms(plan, t)) == ["opex", "wafer", "wafer: rent", "memory", "other", "residual"]


def test_work_missed_in_the_first_year_is_a_cost_of_the_unit() -> None:
    """A new chip works half of its first year, and lives two: opex 100 000 a year, other cost 650 000.

    A year of work is worth 1 000 000 in both years. Over its life a chip earns 2 x 900 000 less the half year missed,
    500 000: 1 300 000, half of it other cost, half rent. Of a dollar for work 0.1 is opex and 0.9 the unit's, of which
    13/18 are the build's and 5/18 are paid for the work missed, which is work of the first year again: 0.1 + 0.65 build
    + 0.25 work. So opex is 0.1 / 0.75, and the build 0.65 / 0.75.
    Sensitivity: without the work missed opex is 0.1; if it ended there, 0.25 were left over.
    Catches: (1 - alpha) left out of what a unit pays, or followed for one round only.
    """
    wafers = Link("wafer", {FIRST: 40, NEXT: 0})
    plan = plan_of(opex(other_cost(chain([wafers], life=2, last_year=NEXT, first_year_availability=0.5), 650_000), 1e5))
    for t in (FIRST, NEXT):
        assert terms(plan, t) == exactly(opex=2 / 15, wafer__rent=13 / 30, other=13 / 30)


def test_what_arrives_late_is_paid_as_it_was_built() -> None:
    """Half of a year's build of 40 arrives a year later; chips live two years, other cost is 600 000, no rate.

    One of the first year earns 0.5 x 2 000 000 + 0.5 x 1 000 000 = 1 500 000: other cost 0.4, rent 0.6 of it. One of
    the second year has one half in the case: it earns 500 000, other cost 0.6, rent 0.4. In the second year 20 of 60
    chips were installed in the first, and 40 in the second, 20 of each build: 2/3 to 1/3. So other cost is 7/15.
    Sensitivity: with the builds as installed, 1/3 to 2/3, it is 8/15; with no lag 1/2.
    Catches: lambda and its complement exchanged; a lag that is not followed.
    """
    case = chain([Link("wafer", 40)], life=2, last_year=NEXT, build_lag_share=0.5)
    plan = plan_of(other_cost(case, 600_000))
    assert terms(plan, FIRST) == exactly(wafer__rent=0.6, other=0.4)
    assert terms(plan, NEXT) == exactly(wafer__rent=8 / 15, other=7 / 15)


@pytest.mark.parametrize("owned", ["installed", "in the warehouse"])
def test_units_owned_at_the_start_earn_for_their_owner(owned: str) -> None:
    """30 chips are owned at the start, 10 are made. Opex 100 000; other cost 400 000, one year of two: 200 000.

    The unit earns 900 000: 3/4 `installed fleet`, 1/4 a build's, 2/9 of that other cost and 7/9 rent.
    Sensitivity: without the fleet rent is 0.7; with all of it the fleet's 0.9.
    Catches: units without a build to pay, owned as a fleet or waiting in the warehouse, that vanish or are weighted
    by nothing.
    """
    case = opex(other_cost(chain([Link("wafer", 10)], life=2), 400_000), 100_000)
    case.rows("accelerators")[0]["first_year"] = FIRST - 1
    if owned == "installed":
        add(case, "fleet", accelerator="chip", region="home", installed_year=FIRST - 1, units=30, unit_cost_usd=1)
    else:
        add(case, "opening", accelerator="chip", warehouse_units=30, built_units=0)
    assert terms(plan_of(case)) == exactly(opex=0.1, wafer__rent=0.175, other=0.05, installed_fleet=0.675)


def test_a_chip_that_starts_early_is_paid_for_it_later() -> None:
    """10 chips, two years; a new one works half of its first year. Tokens are worth 0.05, then 1. Opex is 100 000.

    They are installed in the first year, to work all of the second. The first loses 50 000 on each, which the rule that
    new units operate makes up: 0.05 = 0.1 opex - 0.05. In the second year a unit earns 900 000. It pays for the half
    year of work missed 25 000, twice as much of opex less as much, for the rule 50 000, and 825 000 are rent. So opex
    is 0.1 + 0.05, the rule 0.05 - 0.025.
    Sensitivity: a rule that only pays is 0.05 in the second year and leaves 0.05 over in the first.
    Catches: the price of new_units_operate left out, or with one sign.
    """
    case = opex(chain([Link("wafer", {FIRST: 10, NEXT: 0})], last_year=NEXT, first_year_availability=0.5), 100_000)
    case.rows("demand")[0]["value_usd_per_mtok"] = 0.05
    add(case, "demand", workload="chat", tier="all", year=NEXT, demand_ttok=1e6, value_usd_per_mtok=1)
    plan = plan_of(case)
    assert terms(plan, FIRST) == exactly(opex=0.1, new_units_operate=-0.05)
    assert terms(plan, NEXT) == exactly(opex=0.15, wafer__rent=0.825, new_units_operate=0.025)


# what else limits, or pays for, a build


def test_a_promise_that_pays_for_a_build_is_a_credit() -> None:
    """A chip costs 1 500 000 and its work is worth 1 000 000. Ten are promised; one missed costs 800 000.

    Ten are built, as the 500 000 lost are less. One million tokens cost 1 USD: other cost 1.5, less the promise's 0.5.
    Sensitivity: without the credit 0.5 too much; as a cost 2.0.
    Catches: delivered_once left out or with the wrong sign.
    """
    case = other_cost(chain([Link("wafer", 40)], life=1), 1.5e6)
    add(case, "commitments", commitment="ten", year=FIRST, label="ten", vendor="v", basis="built", minimum=10,
        shortfall_usd_per_unit=800_000)  # fmt: skip
    assert terms(plan_of(case)) == exactly(other=1.5, commitments=-0.5)


@pytest.mark.parametrize("value", [1.0, 0.6])
def test_a_ramp_is_paid_less_what_it_is_worth_next_year(value: float) -> None:
    """Ten chips may be built in the first year, and ten more for each of them in the second; they live one year.

    Rate 100 %: the annuity over one year is 2, so other cost of 450 000 counts 900 000. In the second year a chip earns
    1 000 000: 0.1 are the ramp's, 0.05 in money of the first. A chip of the first lets ten more be built, worth 0.5. It
    pays its ramp that and what is left of its own value: the ramp takes value - 0.9 more than it gives, or 0.3 less at
    a value of 0.6. (Kept for the second year it would earn 0.5.)
    Sensitivity: without the growth the first year's ramp is 0.5 too much.
    Catches: the base value of a build left out.
    """
    case = chain([Link("wafer", 1000)], life=1, last_year=NEXT, discount_rate=1.0, value=value)
    other_cost(case, 450_000).rows("accelerators")[0].update(ramp_start_units=10, ramp_growth=10)
    add(case, "demand", workload="chat", tier="all", year=NEXT, demand_ttok=1e6, value_usd_per_mtok=1)
    plan = plan_of(case)
    assert terms(plan, FIRST) == exactly(other=0.9, ramps=value - 0.9)
    assert terms(plan, NEXT) == exactly(other=0.9, ramps=0.1)


def test_a_budget_earns_a_rent() -> None:
    """A chip costs 300 000 of other cost and 100 000 for a wafer; 20 M USD may be spent, on 50 of 80 chips.

    The budget takes what is left of 1 000 000: 600 000.
    Catches: capital's rent given to the stage that is bought with it, or left over.
    """
    case = other_cost(chain([Link("wafer", 80, price=100_000)], life=1), 300_000)
    add(case, "budget", year=FIRST, capital_usd=20e6)
    found = terms(plan_of(case))
    assert found == exactly(wafer=0.1, other=0.3, capital__rent=0.6)


def test_a_build_limit_earns_a_rent() -> None:
    """30 chips may be built, where wafers are there for 40; each costs 300 000: 0.7 are the limit's.

    Catches: a limit of builds that is a bound and has no term.
    """
    case = other_cost(chain([Link("wafer", 40)], life=1), 300_000)
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=30)
    assert terms(plan_of(case)) == exactly(other=0.3, build_limits=0.7)


# stages


def test_an_expansion_that_pays_for_itself() -> None:
    """Wafers for 40 of the 60 chips that are asked for; more may be ordered at 3 000 000 USD, over ten years: 300 000.

    All is served. A chip costs 200 000 and a wafer, which is worth what the last one costs: 0.5 USD per Mtok. 20 of 60
    wafers were ordered: 0.1 is capital. 40 were there, and earn 0.2 without having cost anything.
    Sensitivity: if added capacity were rent, rent is 0.3.
    Catches: capital of added capacity left out; all wafers shown as added, 0.3.
    """
    plan = plan_of(option(other_cost(chain([Link("wafer", 40)], demand=60, life=1), 200_000), 1000, 3e6))
    assert terms(plan) == exactly(wafer__expansion=0.1, wafer__rent=0.2, other=0.2)


def test_an_expansion_that_is_used_up_earns_a_rent() -> None:
    """The same with 20 to order and no end of demand: a wafer is worth 800 000, of which an ordered one costs 300 000.

    1/3 of 0.8 is the added capacity's: capital 0.1, and 0.1667 for the right to order. With 2/3 of 0.8, rent is 0.7.
    Catches: the rent of a reached max_expansion left over.
    """
    plan = plan_of(option(other_cost(chain([Link("wafer", 40)], life=1), 200_000), 20, 3e6))
    assert terms(plan) == exactly(wafer__expansion=0.1, wafer__rent=0.7, other=0.2)


def test_what_comes_out_of_store_is_paid_to_who_made_it() -> None:
    """10 wafers in the first year, none in the second; tokens are worth 2 for the first 4 Ttok, then 1.5.

    Six wafers wait. A token of either year costs 1.5, as one more in the first takes a wafer from the second: the wafer
    asks 0.2, and 1.3 are its rent.
    Sensitivity: with no way through the store the second year has 1.5 left over.
    Catches: stored units that nobody is paid for.
    """
    wafers = Link("wafer", {FIRST: 10, NEXT: 0}, price=200_000, storable=True)
    case = chain([wafers], life=1, last_year=NEXT, demand={FIRST: 4, NEXT: 1e6}, value=2)
    case.rows("demand")[1]["value_usd_per_mtok"] = 1.5
    plan = plan_of(case)
    for t in (FIRST, NEXT):
        assert terms(plan, t) == exactly(wafer=0.2, wafer__rent=1.3)


def test_what_a_supplier_needs_is_paid_through_it() -> None:
    """A wafer asks 100 000 and needs two inks of 50 000, of which there are 60, for 30 chips.

    Of 1 USD: 0.1 to the wafers, 0.1 to ink, and 0.8 rent of ink.
    Sensitivity: rent of wafers if the need is not followed.
    Catches: supplier needs left out, or counted once per wafer.
    """
    case = chain([Link("wafer", 40, price=100_000)])
    ink = Link("ink", 60, price=50_000)
    add_stage(case, ink)
    add_supplier(case, ink)
    add(case, "supplier_needs", stage="wafer", supplier="acme", basis="supply", needs_stage="ink", quantity=2)
    assert terms(plan_of(case)) == exactly(wafer=0.1, ink=0.1, ink__rent=0.8)


def test_two_suppliers_share_by_what_they_supply() -> None:
    """30 wafers at 100 000 and 10 at 300 000; 40 chips, worth 1 USD each Mtok, other cost 200 000.

    A wafer is worth 800 000: asked is 0.75 x 0.1 + 0.25 x 0.3 = 0.15, and rent 0.65.
    Sensitivity: weighted by prices or alike, 0.2.
    Catches: the dear supplier's price taken for all.
    """
    case = other_cost(chain([Link("wafer", 30, price=100_000)], life=1), 200_000)
    add_supplier(case, Link("wafer", 10, price=300_000), "dear")
    assert terms(plan_of(case)) == exactly(wafer=0.15, wafer__rent=0.65, other=0.2)


def test_two_chips_share_by_the_tokens_they_serve() -> None:
    """Wafers for 40 chips, and 20 older ones in the fleet that serve 0.5 Ttok each at an opex of 300 000: 40 and 10
    Ttok.

    Of 1 USD, 4/5 are for the chips: all rent. 1/5 is for the older ones, 500 000 a year each: 3/5 opex, 2/5 theirs.
    Sensitivity: weighted by units the older ones have 1/3.
    Catches: accelerators weighted by units, or busy years.
    """
    case = chain([Link("wafer", 40)])
    add(case, "accelerators", accelerator="older", label="Older", vendor="v", family="f", first_year=FIRST - 2,
        last_year=FIRST - 1, life_years=5, opex_usd_per_year=300_000, h100e=1)  # fmt: skip
    add(case, "unit_costs", accelerator="older", year=FIRST, other_cost_usd=0)
    add(case, "throughput", accelerator="older", workload="chat", tokens_per_second=TTOK / 2)
    add(case, "fleet", accelerator="older", region="home", installed_year=FIRST - 1, units=20, unit_cost_usd=1)
    assert terms(plan_of(case)) == exactly(opex=0.12, wafer__rent=0.8, installed_fleet=0.08)


@pytest.mark.parametrize("names", [("wafer", "memory", "crew"), ("crew", "wafer", "memory"), ("a", "b", "c")])
def test_of_equal_limits_one_is_paid_and_its_name_decides(names: tuple[str, ...]) -> None:
    """Three stages with enough for 40 chips each: any split of 1 USD among their rents is a dual, and one is chosen.

    The same one whatever their units are, and in whichever order they stand.
    Catches: a split by the size of units, by the order of rows, or as the solver stops.
    """
    paid = set()
    for shuffled, per_unit in enumerate(permutations((0.001, 1.0, 1000.0))):
        links = [Link(name, 40, units) for name, units in zip(names, per_unit, strict=True)]
        case = chain([links[shuffled % 3], *links[: shuffled % 3], *links[shuffled % 3 + 1 :]])
        found = terms(plan_of(case))
        paid.add(next(iter(found)))
        assert found == pytest.approx({next(iter(found)): 1.0, "residual": 0.0}, abs=WHOLE)
    assert len(paid) == 1


def test_the_first_token_is_traced_through_who_could_serve_it() -> None:
    """A chip costs 2 000 000 and a dear one that serves half as much 3 000 000: at a value of 1 nothing is served.

    The first million tokens would cost 2 USD, all of it the chip's other cost. At that price the dear one would not be
    built, although one that were there would work.
    Sensitivity: if its work is counted as a way to serve, half of the price goes where nobody is paid.
    Catches: what breaks even alone taken for what could be supplied.
    """
    case = other_cost(chain([Link("wafer", 40)], life=1), 2e6)
    add(case, "accelerators", accelerator="dear", label="Dear", vendor="v", family="f", first_year=FIRST, life_years=1,
        opex_usd_per_year=0, h100e=1)  # fmt: skip
    add(case, "unit_costs", accelerator="dear", year=FIRST, other_cost_usd=3e6)
    add(case, "throughput", accelerator="dear", workload="chat", tokens_per_second=TTOK / 2)
    assert terms(plan_of(case)) == exactly(other=2.0)


def test_no_terms_where_no_more_can_be_served() -> None:
    """No wafers at all: not one more million tokens can be served, and the marginal cost is blank.

    Catches: terms of a price that is none; an infinity, or not a number, in a table.
    """
    plan = plan_of(chain([Link("wafer", 0)]))
    assert plan.decomposition.empty
    assert plan.average_cost.empty
    assert plan.token_cost["marginal_usd_per_mtok"].isna().all()


# random cases


@pytest.mark.parametrize("seed", SEEDS)
def test_the_terms_add_up(seed: int) -> None:
    """In every year and for every workload with a marginal cost, the terms are it, and the residual nothing; likewise
    the items of the average cost.

    Catches: a row or column of the dual identities left out; money that goes to nobody.
    """
    plan = drawn(seed).plan
    cost = plan.token_cost.set_index(["year", "workload"])
    for table, name in (
        (plan.decomposition.rename(columns={"term": "part"}), "marginal_usd_per_mtok"),
        (plan.average_cost.rename(columns={"item": "part"}), "average_usd_per_mtok"),
    ):
        usd = cost[name].dropna()
        if name.startswith("marginal"):
            usd = usd.drop("all", level="workload", errors="ignore")
        found = dict(list(table.groupby(["year", "workload"])))
        assert set(found) == set(usd.index)
        for key, rows in found.items():
            assert math.fsum(rows["usd_per_mtok"]) == pytest.approx(usd[key], rel=WHOLE, abs=0)
            assert rows["part"].iloc[-1] == "residual"
            assert abs(rows["usd_per_mtok"].iloc[-1]) <= WHOLE * usd[key]
            assert rows["part"].is_unique


STOPS = {
    "ramp": "ramps",
    "delivered_once": "commitments",
    "new_units_operate": "new units operate",
    "budget": "capital: rent",
    "take_or_pay": "owed",
    "cash_balance": "cash",
}
"""Limits at which dollars stop, and under which name: what is paid to them, less what they pay."""
FLEET = {"operate_owned", "warehouse_balance"}


def name_of(label: Label) -> str:
    """Under which name a dollar ends that reaches a column's own cost, or a limit."""
    kind, name = label[:2]
    fixed = {"build": "other", "operate": "opex", "build_limit": "build limits"} | dict.fromkeys(
        FLEET, "installed fleet"
    )
    of_stage = {"supply": "{}", "expand": "{}: expansion", "supply_limit": "{}: rent", "expansion_limit": "{}: rent"}
    return fixed.get(str(kind)) or of_stage[str(kind)].format(name)


def prices_of(d: Drawn, dual: lp.Vector) -> dict[Label, float]:
    """The package's dual as prices of the reference's rows, in discounted USD; bounds of columns are rows there."""
    at = d.point
    named: dict[str, str] = {
        "expand": "expansion_limit", "build": "build_limit", "serve": "demand", "research": "research_demand"
    }  # fmt: skip
    row = np.where(at.lp.row_lower == at.lp.row_upper, -dual, np.abs(dual))
    in_money = {"budget", "take_or_pay", "cash_balance"}
    money = [1.0 if label[0] in in_money else at.money for label in at.lp.row]
    found: dict[Label, float] = dict(zip(at.lp.row, (row / money).tolist(), strict=True))
    rents = np.maximum(0.0, at.lp.priced(dual) - at.lp.cost) / at.money
    for label, rent in zip(at.lp.column, rents.tolist(), strict=True):
        if label[0] in named:
            found[named[label[0]], *label[1:]] = rent
            found["priced_out", *label[1:]] = rent
    return {label: found.get(label, 0.0) for label in d.lp.rows}


def by_column(statement: Statement, rows: Mapping[Label, float]) -> dict[Label, dict[Label, float]]:
    """What each column pays to (above 0) and earns from each row, by their prices."""
    found: dict[Label, dict[Label, float]] = {column: {} for column in statement.cost}
    for row, entries in statement.rows.items():
        for column, entry in entries.items():
            found[column][row] = entry * rows[row]
    return found


def recomputed(d: Drawn, price: Mapping[Label, float], service: Label) -> dict[str, float]:
    """The terms of the price of one row as shares of it.

    A column takes of a row's dollars the share that it supplies; what the limit itself supplies ends there. Of what it
    takes, each row that it uses and its own cost get what it pays them per dollar that it earns.
    """
    statement = d.lp
    x = dict(zip(d.point.lp.column, d.point.x.tolist(), strict=True))
    paid = by_column(statement, price)
    for column, rows in paid.items():
        size = abs(statement.cost[column]) + math.fsum(map(abs, rows.values()))
        paid[column] = {row: usd for row, usd in rows.items() if abs(usd) > 1e-12 * size}
    uses = {j: {i: usd for i, usd in rows.items() if usd > 0 and i[0] not in STOPS} for j, rows in paid.items()}
    earns = {j: -math.fsum(usd for i, usd in rows.items() if usd < 0 and i[0] not in STOPS) for j, rows in paid.items()}
    supply = suppliers(statement, x, uses, even(statement, paid))
    found: dict[str, float] = defaultdict(float)
    for row, dollars in passing(service, supply, uses, earns).items():
        given = supply(row)
        if (kept := 1.0 - math.fsum(given.values())) > 1e-12:
            found[name_of(row)] += dollars * kept
        for column, share in given.items():
            earned = dollars * share / earns[column]
            if statement.cost[column]:
                found[name_of(column)] += earned * statement.cost[column]
            for stop in STOPS.keys() & {row[0] for row in paid[column]}:
                found[STOPS[stop]] += earned * math.fsum(usd for row, usd in paid[column].items() if row[0] == stop)
    return found


def passing(
    service: Label,
    supply: Callable[[Label], dict[Label, float]],
    uses: Mapping[Label, Mapping[Label, float]],
    earns: Mapping[Label, float],
) -> dict[Label, float]:
    """How many dollars pass each row for one that is paid for service, in all rounds: one linear system."""
    order, shares = {service: 0}, []
    todo = [service]
    for row in todo:
        for column, share in supply(row).items():
            for used, usd in uses[column].items():
                if used not in order:
                    order[used] = len(order)
                    todo.append(used)
                shares.append((order[used], order[row], share * usd / earns[column]))
    into, out_of, amounts = zip(*shares, strict=True)
    rounds = csc_array((amounts, (into, out_of)), shape=(len(order), len(order)))
    start = np.array([1.0, *[0.0] * (len(order) - 1)])
    return dict(zip(order, spsolve(csc_array(identity(len(order))) - rounds, start).tolist(), strict=True))


def even(statement: Statement, paid: Mapping[Label, Mapping[Label, float]]) -> set[Label]:
    """The columns that earn what they pay."""
    sums = {j: (statement.cost[j], *rows.values()) for j, rows in paid.items()}
    return {j for j, terms_of in sums.items() if abs(math.fsum(terms_of)) <= 1e-9 * math.fsum(map(abs, terms_of))}


def suppliers(
    statement: Statement,
    x: Mapping[Label, float],
    uses: Mapping[Label, Mapping[Label, float]],
    able: set[Label],
) -> Callable[[Label], dict[Label, float]]:
    """Who supplies a row, by share; where nobody does, in equal parts those who break even and could."""
    giving = {row: [j for j, entry in entries.items() if entry < 0] for row, entries in statement.rows.items()}

    def flows(row: Label) -> dict[Label, float]:
        there = {j: -statement.rows[row][j] * x.get(j, 0.0) for j in giving[row]}
        return {j: flow for j, flow in there.items() if flow > 0}

    idle = {row for row in statement.rows if not flows(row) and statement.rhs[row] <= 0}
    while unable := {j for j in able if any(i in idle and able.isdisjoint(giving[i]) for i in uses[j])}:
        able = able - unable

    def supply(row: Label) -> dict[Label, float]:
        found = dict.fromkeys(able.intersection(giving[row]), 1.0) if row in idle else flows(row)
        total = math.fsum(found.values()) + max(0.0, statement.rhs[row])
        return {j: flow / total for j, flow in found.items()}

    return supply


@pytest.mark.parametrize("seed", SEEDS)
def test_the_terms_are_those_of_the_reference(seed: int) -> None:
    """Every term again: from the reference's rows, the plan's quantities and the chosen dual, by one linear system.

    Catches: a row that is left out of what a column pays, wrong weights of accelerators, regions, vintages or
    suppliers, a rent under a wrong name, what goes in circles cut off, a dual that is not the one of its price.
    """
    d = drawn(seed)
    found = marginals(d.point, d.plan.case.report_years)
    for (w, t), cost in found.items():
        if cost.dual is None:
            continue
        if cost.usd == 0:
            assert terms(d.plan, t, w) == {"residual": 0}
            continue
        again = recomputed(d, prices_of(d, cost.dual), ("service", w, t))
        shown = terms(d.plan, t, w)
        assert math.fsum(again.values()) == pytest.approx(1, abs=WHOLE)
        for term in {*again, *shown} - {"residual"}:
            assert shown.get(term, 0.0) == pytest.approx(again.get(term, 0.0) * cost.usd, abs=3e-9 * cost.usd), term


@pytest.mark.parametrize("seed", SEEDS[::4])
def test_the_parts_of_a_traced_price_are_the_price(seed: int) -> None:
    """At whichever rows tracing stops: what columns cost, what bounds and limits earn and what stops there add up.

    Catches: a dollar counted at the row where it stops and again where that row's limit ends.
    """
    at = drawn(seed).point
    for stops in ((), ("ramp", "budget"), ("operate_owned", "stage_balance", "delivered_once")):
        stop = np.array([label[0] in stops for label in at.lp.row])
        for (w, t), cost in marginals(at, at.solved.case.report_years).items():
            if cost.dual is not None:
                row = at.lp.row["service", w, t]
                trace = lp.Tracer(at.lp, at.x, at.slopes.felt(cost.dual), stop).trace(row)
                assert abs(trace.residual) <= 1e-12 * trace.price


@pytest.mark.parametrize("seed", SEEDS)
def test_the_dual_of_a_marginal_cost_is_an_optimal_one_that_attains_it(seed: int) -> None:
    """Prices of the reference's rows at which no column gains, that make its objective and price service at the loss.

    Catches: a dual of an eased or moved problem that is none of the case's own; one that is a solver's of many.
    """
    d = drawn(seed)
    statement, optimum_usd = d.lp, d.answer.objective_usd
    for (w, t), cost in marginals(d.point, d.plan.case.report_years).items():
        if cost.dual is None:
            continue
        price = prices_of(d, cost.dual)
        for row, usd in price.items():
            assert row in statement.equalities or usd >= 0
        for column, rows in by_column(statement, price).items():
            sums = (statement.cost[column], *rows.values())
            assert math.fsum(sums) >= -1e-9 * math.fsum(map(abs, sums)) - 1e-6, column
        bound = statement.constant - math.fsum(usd * statement.rhs[row] for row, usd in price.items())
        assert bound == pytest.approx(optimum_usd, rel=1e-8, abs=1e-3)
        usd = 1 / statement.numbers.delta(t) / MTOK_PER_TTOK
        assert price["service", w, t] * usd == pytest.approx(cost.usd, rel=1e-8)


@pytest.mark.parametrize("seed", SEEDS[::3])
def test_the_marginal_cost_is_what_a_little_more_service_costs(seed: int) -> None:
    """The reference solved again with a little more to serve beside demand.

    Catches: a dual that attains another price than that of one token more.
    """
    d = drawn(seed)
    n = d.lp.numbers
    for (w, t), cost in marginals(d.point, d.plan.case.report_years).items():
        asked = math.fsum(d.lp.rhs[x] for x in d.lp.rows_of("demand") if (x[1], x[3]) == (w, t))
        step = 0.01 * (asked or 1.0)
        loss, sure = slope(d.lp, {("service", w, t): -step})
        usd = 1 / n.delta(t) / step / MTOK_PER_TTOK
        assert cost.usd == pytest.approx(-loss * usd, rel=TOLERANCE, abs=sure * usd, nan_ok=True)


def chosen(case: Case, **how: int) -> dict[str, str]:
    """What rests on the choice of one dual, or of one plan, as it is written."""
    window = window_of(case, **how)
    at, years = window.solved_lp, window.years
    tables = {
        "decomposition": marginal(at, marginals(at, years)),
        "purchases": purchases(options(at, years), years),
        "timing": timing(window),
    }
    return {name: csv(table) for name, table in tables.items()}


@pytest.mark.parametrize("seed", [3, 13, 21, 29, 31, 35, 45, 47, 53])
def test_the_terms_do_not_depend_on_the_path(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows in another order, another seed of the solver, no presolve, interior point, not simplex: the same bytes.

    Catches: a dual taken where the solver stopped; a choice by the position of a row.
    """
    case = drawn(seed).case
    usual = chosen(case)
    assert chosen(case, shuffle_seed=seed) == usual
    for option, value in (("random_seed", 7), ("presolve", "off")):
        monkeypatch.setitem(optimum.OPTIONS, option, value)
        assert chosen(case) == usual
    monkeypatch.setattr(optimum, "IPX_FROM_ROWS", 0)
    assert chosen(case) == usual
