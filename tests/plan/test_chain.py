"""Chains that are solved on paper: what they serve, what binds, what it is worth, and to whom.

A chip serves 1 Ttok a year, worth 1 USD per Mtok: one more chip earns 1 000 000 USD a year. Everything is free unless
it says otherwise.
"""

from __future__ import annotations

from itertools import permutations

import pytest
from generator import FIRST, GLOBAL
from plants import TTOK, Link, add, add_stage, add_supplier, chain, half_of_packaging, one, plan_of

CHIP = 1e6
"""What a chip's year of work is worth [USD]."""
NEXT = FIRST + 1

FIVE = {
    "wafer": Link("wafer", 0, 0.02),
    "memory": Link("memory", 0, 8.0),
    "scanner": Link("scanner", 0, 1e-4, kind="stock"),
    "hall": Link("hall", 0, 1.5, kind="stock", scope="regional"),
    "crew": Link("crew", 0, 0.3),
}


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-9, abs=1e-9)


def shown(price: float) -> object:
    """A price that is no short decimal: published with nine digits."""
    return pytest.approx(price, rel=5e-9)


def units(link: Link, amount: float) -> Link:
    return Link(link.name, amount, link.per_unit, link.kind, link.scope)


@pytest.mark.unmeasured
@pytest.mark.parametrize("order", [*permutations(FIVE)], ids="-".join)
def test_a_chain_serves_its_tightest_stage_and_names_it(order: tuple[str, ...]) -> None:
    """Five stages with enough for 40, 50, 60, 70 and 80 chips, flow and stock, global and regional, in each of 120
    orders.

    40 chips serve 40 Ttok. 1 % of the tightest stage is 0.4 chips: 400 000 USD. No other stage has a price.
    Sensitivity: a stage left out of its balance lets 50 be served; a bill of materials read upside down changes every
    order.
    Catches: a dropped use, flow and stock or global and regional exchanged, a price given to the wrong stage.
    """
    chips = dict(zip(order, (40.0, 50.0, 60.0, 70.0, 80.0), strict=True))
    plan = plan_of(chain([units(link, chips[name]) for name, link in FIVE.items()]))
    assert one(plan.service)["served_ttok"] == near(40)
    assert one(plan.builds)["built"] == near(40)
    for level in ("stage", "group"):
        binding = one(plan.binding, level=level)
        assert (binding["members"], binding["state"]) == (order[0], "sole")
        assert binding["gain_usd_per_pct"] == near(0.4 * CHIP)
    b = plan.bottlenecks.set_index("stage")
    assert b.loc[order[0], "rank"] == 1
    assert b.loc[order[0], "loss_usd_per_pct"] == near(0.4 * CHIP)
    assert (b.drop(order[0])["state"] == "slack").all()
    assert (b.drop(order[0])["gain_usd_per_pct"] == 0).all()
    used = plan.stages.set_index("stage")
    for name, link in FIVE.items():
        assert used.loc[name, "used"] == near(40 * link.per_unit)
        assert used.loc[name, "used_share"] == near(40 / chips[name])
        price = CHIP / link.per_unit if name == order[0] else 0
        assert used.loc[name, "gain_usd_per_unit"] == shown(price)


def test_a_regional_stage_limits_the_sum_of_its_places() -> None:
    """Halls for 30 chips in each of two regions, wafers for 100: 60 chips. 1 % of all halls is 0.6 chips.

    Sensitivity: relief of one place alone is worth 300 000; a regional stage read as global serves 30.
    Catches: relief that forgets places, a place's price shown as the stage's.
    """
    links = [Link("wafer", 100), Link("hall", 30, kind="stock", scope="regional")]
    plan = plan_of(chain(links, regions=("north", "south")))
    assert one(plan.service)["served_ttok"] == near(60)
    assert one(plan.binding, level="stage")["gain_usd_per_pct"] == near(0.6 * CHIP)
    assert one(plan.stages, stage="hall", place="south")["gain_usd_per_unit"] == near(CHIP)


def test_a_stage_without_any_limit_ranks_first_with_blank_percentages() -> None:
    """No scanners at all, wafers for 40: nothing is served. One more scanner serves one chip; 1 % of none means
    nothing.

    Sensitivity: priced per cent, scanners would be slack, and the year would be called limited by demand.
    Catches: a stage with no capacity that goes unnoticed; zeros printed where there is no answer.
    """
    plan = plan_of(chain([Link("wafer", 40), Link("scanner", 0, kind="stock")]))
    row = one(plan.bottlenecks, stage="scanner")
    assert (row["rank"], row["state"]) == (1, "sole")
    assert row[[c for c in row.index if c.endswith("_per_pct")]].isna().all()
    assert one(plan.binding, level="stage")["members"] == "scanner"
    assert one(plan.service)["blocked_ttok"] == near(1e6)


def test_a_chain_with_room_is_limited_by_demand() -> None:
    """Demand for 25 chips where 40 can be made: all is served, no stage has a price, and demand binds.

    Sensitivity: an LP that must build what it can would serve 40, or call the tightest stage binding.
    Catches: a stage named although nothing is short.
    """
    plan = plan_of(chain([Link("wafer", 40), Link("hall", 60, kind="stock", scope="regional")], demand=25))
    row = one(plan.service)
    assert (row["served_ttok"], row["blocked_ttok"], row["uneconomic_ttok"]) == (near(25), near(0), near(0))
    for level in ("stage", "group"):
        binding = one(plan.binding, level=level)
        assert binding["members"] == binding["state"] == "demand"
        assert binding[["nature", "annual_gain_usd_per_pct", "gain_usd_per_pct", "helps"]].isna().all()
    assert (plan.bottlenecks["state"] == "slack").all()


@pytest.mark.parametrize("count", [2, 3])
def test_equal_limits_gain_nothing_alone_and_lose_in_full(count: int) -> None:
    """Two or three stages with enough for 40 chips each: 1 % more of one is worth 0, 1 % less costs 0.4 chips.

    In groups of their own as well. Together they gain 400 000 USD for 1 %: they bind jointly, and win the label.
    Sensitivity: the solver's dual gives one of them 400 000 and the others 0, for gain and loss alike.
    Catches: a dual at a tie taken for a price.
    """
    names = ["wafer", "memory", "crew"][:count]
    plan = plan_of(chain([Link(name, 40, per_unit) for name, per_unit in zip(names, (0.5, 3.0, 7.0), strict=False)]))
    assert (plan.bottlenecks["gain_usd_per_pct"] == 0).all()
    assert plan.bottlenecks["loss_usd_per_pct"].to_list() == [near(0.4 * CHIP)] * count
    assert (plan.bottlenecks["state"] == "joint").all()
    for stage, others in zip(plan.bottlenecks["stage"], plan.bottlenecks["moves_with"], strict=True):
        assert set(others.split(" + ")) == set(names) - {stage}
    for level in ("stage", "group"):
        label = one(plan.binding, level=level)
        assert (set(label["members"].split(" + ")), label["state"]) == (set(names), "joint")
        assert label["gain_usd_per_pct"] == near(0.4 * CHIP)
    prices = plan.stages.set_index("stage")
    assert (prices["gain_usd_per_unit"] == 0).all()
    for name, per_unit in zip(names, (0.5, 3.0, 7.0), strict=False):
        assert prices.loc[name, "loss_usd_per_unit"] == shown(CHIP / per_unit)
    together = plan_of(chain([Link(name, 40, group="all") for name in names]))
    assert one(together.bottlenecks_by_group)["gain_usd_per_pct"] == near(0.4 * CHIP)
    assert one(together.binding, level="group")["members"] == "all"


def test_a_limit_that_was_ordered_is_priced_like_any_other() -> None:
    """No wafer capacity, but 100 may be ordered for nothing and are; halls for 100 chips, which live on: a tie.

    So a wafer less in the first year costs a chip's work in it, 1 000 000 USD, and a wafer more is worth 0.
    Sensitivity: a step of 1 % of the *capacity*, which is 0, is no step, and the loss comes out as 0 or as the dual.
    Catches: steps and percentages that forget what was ordered.
    """
    case = chain([Link("wafer", 0), Link("hall", 100, kind="stock", scope="regional")], last_year=NEXT)
    add(case, "expansion", stage="wafer", supplier="acme", place=GLOBAL, year=FIRST, max_expansion=100,
        capex_usd_per_unit=0, lead_years=0)  # fmt: skip
    plan = plan_of(case)
    row = one(plan.stages, year=FIRST, stage="wafer")
    assert (row["capacity"], row["expanded"], row["used_share"]) == (0, near(100), near(1))
    assert (row["gain_usd_per_unit"], row["loss_usd_per_unit"]) == (0, near(CHIP))
    assert one(plan.bottlenecks, year=FIRST, stage="wafer")["loss_usd_per_pct"] == near(CHIP)


# who gains


def test_relief_that_only_saves_cost_is_called_saving() -> None:
    """40 cheap wafers at 100 USD, 1 000 dear ones at 300, demand for 60 chips.

    All is served. 1 % of both is 0.4 cheap and 10 dear wafers; each cheap one saves 200: 80 USD, all of it saving.
    The place's price is that of a dear wafer, 0. Demand binds.
    Sensitivity: called `sole`, wafers would bind although more of them serves nobody.
    Catches: serving and saving exchanged; a cheap supplier's advantage shown as the stage's scarcity.
    """
    case = chain([Link("wafer", 40, price=100)], demand=60)
    add_supplier(case, Link("wafer", 1000, price=300), "bolt")
    plan = plan_of(case)
    row = one(plan.bottlenecks)
    assert row["state"] == "saving"
    assert row["gain_usd_per_pct"] == near(80)
    assert row["gain_saving_usd_per_pct"] == near(80)
    assert row["gain_serving_usd_per_pct"] == near(0)
    assert row["helps"] == ""
    assert one(plan.stages)["gain_usd_per_unit"] == 0
    assert one(plan.binding, level="stage")["state"] == "demand"


def test_a_gain_goes_to_research_where_tokens_are_full() -> None:
    """40 chips, tokens for 30 of them, research for 100 at 50 USD an hour (438 000 a year).

    10 chips do research; 1 % is 0.4 chips: 175 200 USD, all of it for research. A chip less costs research, not
    tokens, so a million tokens more cost 438 000 / 1 000 000 USD.
    Sensitivity: counted as tokens, the research part is 0; priced at the tier's value, tokens cost 1 USD.
    Catches: research left out of the parts; a marginal cost that is a value.
    """
    case = chain([Link("wafer", 40)], demand=30)
    add(case, "research", tier="core", year=FIRST, demand_h100e_years=100, value_usd_per_h100e_hour=50)
    plan = plan_of(case)
    row = one(plan.bottlenecks)
    assert one(plan.research_service)["served_h100e_years"] == near(10)
    assert row["gain_usd_per_pct"] == near(0.4 * 438_000)
    assert row["gain_serving_usd_per_pct"] == near(0.4 * 438_000)
    assert row["gain_research_usd_per_pct"] == near(0.4 * 438_000)
    assert one(plan.token_cost, workload="chat")["marginal_usd_per_mtok"] == near(0.438)


def test_a_gain_divides_into_tokens_and_research() -> None:
    """Tokens take what exceeds research: 40 chips, 10 Ttok at 1 USD/Mtok, then research for 20 at 50 USD/h, then 1e6
    Ttok at 0.1.

    20 chips do research, 10 premium tokens, 10 economy: the last chip does economy tokens, worth 100 000.
    With tokens held a chip more does nothing, since research is full: its part is 0.
    Sensitivity: with tokens and research exchanged, the research part is the whole gain.
    Catches: held columns mixed up.
    """
    case = chain([Link("wafer", 40)], demand=10)
    add(case, "demand", workload="chat", tier="economy", year=FIRST, demand_ttok=1e6, value_usd_per_mtok=0.1)
    add(case, "research", tier="core", year=FIRST, demand_h100e_years=20, value_usd_per_h100e_hour=50)
    plan = plan_of(case)
    row = one(plan.bottlenecks)
    assert row["gain_usd_per_pct"] == near(0.4 * 1e5)
    assert row["gain_serving_usd_per_pct"] == near(0.4 * 1e5)
    assert row["gain_research_usd_per_pct"] == near(0)
    assert one(plan.token_cost, workload="chat")["marginal_usd_per_mtok"] == near(0.1)


def test_unserved_demand_is_blocked_or_uneconomic() -> None:
    """A chip costs 500 000 USD a year. 30 Ttok at 1 USD/Mtok, 50 at 0.8, 70 at 0.2; wafers for 40 chips.

    Served: 30 and 10. Without limits the other 40 of the second tier would be served: blocked. The third is not worth
    its chips: uneconomic.
    Sensitivity: exchanged, 70 would be blocked.
    Catches: all that is unserved called blocked.
    """
    case = chain([Link("wafer", 40, price=500_000)], demand=30)
    add(case, "demand", workload="chat", tier="second", year=FIRST, demand_ttok=50, value_usd_per_mtok=0.8)
    add(case, "demand", workload="chat", tier="third", year=FIRST, demand_ttok=70, value_usd_per_mtok=0.2)
    service = plan_of(case).service.set_index("tier")
    assert service["served_ttok"].to_dict() == {"all": near(30), "second": near(10), "third": near(0)}
    assert service["blocked_ttok"].to_dict() == {"all": near(0), "second": near(40), "third": near(0)}
    assert service["uneconomic_ttok"].to_dict() == {"all": near(0), "second": near(0), "third": near(70)}


def test_helps_names_the_years_in_which_more_is_served() -> None:
    """Chips live 3 years. Wafers for 40 chips in the first year, for 0 in the next two; halls for 1 000.

    A wafer more in the first year serves 1 Ttok in all three years: 0.4 chips x 3. Demand of the last year is 40: it
    is full, so the gain is 0.4 x 2 and the last year is not helped.
    Sensitivity: naming the relieved year alone, or all of a chip's life.
    Catches: `helps` read from the relieved year.
    """
    years = (FIRST, FIRST + 1, FIRST + 2)
    wafers = Link("wafer", dict(zip(years, (40, 0, 0), strict=True)))
    demand = dict(zip(years, (1e6, 1e6, 40), strict=True))
    plan = plan_of(chain([wafers], demand=demand, life=3, last_year=FIRST + 2))
    row = one(plan.bottlenecks, year=FIRST)
    assert row["gain_usd_per_pct"] == near(0.8 * CHIP)
    assert row["helps"] == f"{FIRST} {NEXT}"


# years


def test_prices_are_in_money_of_their_own_year() -> None:
    """A rate of 100 %, so δ = 1 and 1/2. Chips live one year, 40 can be made in each: 1 % is 400 000 USD of that year.

    A million tokens more cost 1 USD of that year.
    Sensitivity: left discounted, the second year has 200 000 and 0.5; discounted twice over, 800 000.
    Catches: duals shown as they come out of the LP.
    """
    plan = plan_of(chain([Link("wafer", 40)], life=1, last_year=NEXT, discount_rate=1.0))
    assert plan.bottlenecks["gain_usd_per_pct"].to_list() == [near(0.4 * CHIP)] * 2
    assert plan.bottlenecks["loss_usd_per_pct"].to_list() == [near(0.4 * CHIP)] * 2
    assert plan.stages["gain_usd_per_unit"].to_list() == [near(CHIP)] * 2
    chat = plan.token_cost[plan.token_cost["workload"] == "chat"]
    assert chat["marginal_usd_per_mtok"].to_list() == [near(1.0)] * 2


def test_a_flow_is_ranked_by_the_part_of_a_year() -> None:
    """Two kinds of chip that share nothing: one is short of wafers (a flow), the other of halls (a stock).

    Rate 100 %, two years. Wafers for 40 chips of the first kind, which live 2 years: 1 % earns 0.4 x (1 + 1/2) = 600
    000. Written off over 2 years, a year's part is 1 / (1 + 1/2): 400 000. Halls for 50 chips of the second kind: 1 %
    earns 500 000 in the year. So halls bind, although wafers gain more. In the last year one year is left: the factor
    is 1.
    Sensitivity: ranked by plain gain wafers bind; with 1/2 as the factor they show 300 000.
    Catches: flows and stocks ranked alike, or a factor that counts years past the horizon.
    """
    wafers = Link("wafer", {FIRST: 40, NEXT: 0}, cost_life=2)
    case = chain([wafers], life=2, last_year=NEXT, discount_rate=1.0)
    other = Link("hall", 50, kind="stock", scope="regional")
    add_stage(case, other)
    add_supplier(case, other)
    add(case, "accelerators", accelerator="other", label="Another", vendor="w", family="g", first_year=FIRST,
        life_years=1, opex_usd_per_year=0, h100e=1)  # fmt: skip
    add(case, "unit_costs", accelerator="other", year=FIRST, other_cost_usd=0)
    add(case, "throughput", accelerator="other", workload="chat", tokens_per_second=TTOK)
    add(case, "bill_of_materials", accelerator="other", stage="hall", quantity=1)
    plan = plan_of(case)
    wafer, hall = (one(plan.bottlenecks, year=FIRST, stage=s) for s in ("wafer", "hall"))
    assert (wafer["gain_usd_per_pct"], wafer["annual_gain_usd_per_pct"]) == (near(0.6 * CHIP), near(0.4 * CHIP))
    assert (hall["gain_usd_per_pct"], hall["annual_gain_usd_per_pct"]) == (near(0.5 * CHIP), near(0.5 * CHIP))
    assert (hall["rank"], wafer["rank"]) == (1, 2)
    assert one(plan.binding, year=FIRST, level="stage")["members"] == "hall"


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_a_new_chip_works_a_share_of_its_first_year(alpha: float) -> None:
    """40 chips in the first year, none later: 40 alpha Ttok, then 40.

    Sensitivity: alpha ignored serves 40 and 40; its complement 40 (1 - alpha).
    Catches: the wrong share, or the share of all years.
    """
    wafers = Link("wafer", {FIRST: 40, NEXT: 0})
    plan = plan_of(chain([wafers], last_year=NEXT, first_year_availability=alpha))
    assert plan.service["served_ttok"].to_list() == [near(40 * alpha), near(40)]


@pytest.mark.parametrize("lag", [0.0, 0.4, 1.0])
def test_a_share_of_a_years_build_arrives_a_year_later(lag: float) -> None:
    """40 chips made in the first year, none later: 40 (1 - lambda) are installed at once and 40 lambda in the next
    year.

    Sensitivity: lambda and its complement exchanged.
    Catches: a lag that is lost or that delays what was made the year before.
    """
    wafers = Link("wafer", {FIRST: 40, NEXT: 0})
    plan = plan_of(chain([wafers], last_year=NEXT, build_lag_share=lag))
    assert plan.service["served_ttok"].to_list() == [near(40 * (1 - lag)), near(40)]
    assert plan.installed_base["owned"].to_list() == [near(x) for x in (40 * (1 - lag), 40) if x]


# shares, orders, cash


def test_relief_raises_what_draws_on_it() -> None:
    """A share of one half of packaging for 100 makes 50 chips. 1 % of packaging is 1; the share gets one half of it.

    So 1 % of packaging earns 0.5 chips, and 1 % of the share, 0.5 of 50, earns 0.5 chips as well.
    Sensitivity: a share that does not rise makes packaging worth 0.
    Catches: allocations left out of the direction of relief, or risen by all of it.
    """
    plan = plan_of(half_of_packaging())
    b = plan.bottlenecks.set_index("stage")
    assert one(plan.service)["served_ttok"] == near(50)
    assert b.loc["packaging", "gain_usd_per_pct"] == near(0.5 * CHIP)
    assert b.loc["pack_share", "gain_usd_per_pct"] == near(0.5 * CHIP)
    row = one(plan.stages, stage="pack_share")
    assert (row["capacity"], row["allocated"], row["used_share"]) == (0, near(50), near(1))


def test_in_a_group_a_limit_rises_once() -> None:
    """Packaging and the share of it in one group: packaging rises by 1, the share by 1 % of itself, 0.5: 0.5 chips.

    Sensitivity: risen by itself and by what it draws, the share earns 1 chip.
    Catches: a group's relief added up from those of its stages.
    """
    plan = plan_of(half_of_packaging(group="packing"))
    assert one(plan.bottlenecks_by_group)["gain_usd_per_pct"] == near(0.5 * CHIP)


def test_relief_counts_what_was_ordered() -> None:
    """40 wafers and 60 more ordered, 10 USD each, so 100 chips: 1 % is one chip, 1 000 000 USD.

    With service held a wafer more lets one order be dropped: its first of 10 annuities, 1 USD, is saved. The rest
    serves.
    Sensitivity: 1 % of the capacity alone is 400 000.
    Catches: relief of the limit in the tables instead of the solved one.
    """
    case = chain([Link("wafer", 40)])
    add(case, "expansion", stage="wafer", supplier="acme", place=GLOBAL, year=FIRST, max_expansion=60,
        capex_usd_per_unit=10, lead_years=0)  # fmt: skip
    plan = plan_of(case)
    assert one(plan.orders)["amount"] == near(60)
    row = one(plan.bottlenecks)
    assert (row["gain_usd_per_pct"], row["gain_saving_usd_per_pct"]) == (near(CHIP), near(1))
    assert row["gain_serving_usd_per_pct"] == near(CHIP - 1)


def test_a_budget_binds_as_capital() -> None:
    """A chip costs 1 000 USD and lives the one year of the case; 50 000 USD may be spent: 50 chips where 80 can be
    made.

    1 % is 500 USD: half a chip, which earns 500 000 less its 500. As a flow written off over 5 years of which one is
    in the case, its annual gain is the gain.
    Sensitivity: with the chip's cost forgotten 500 000; with one fifth as the factor 99 900.
    Catches: a budget that is not ranked, or in the LP's own money.
    """
    case = chain([Link("wafer", 80)], life=1)
    case.rows("unit_costs")[0]["other_cost_usd"] = 1000
    add(case, "budget", year=FIRST, capital_usd=50_000)
    plan = plan_of(case)
    assert one(plan.builds)["built"] == near(50)
    binding = one(plan.binding, level="stage")
    assert (binding["members"], binding["nature"]) == ("capital", "commercial")
    assert binding["gain_usd_per_pct"] == near(0.5 * CHIP - 500)
    assert binding["annual_gain_usd_per_pct"] == near(0.5 * CHIP - 500)
    assert one(plan.binding, level="group")["members"] == "capital"
    assert plan.capital["usd"].sum() == near(50_000)


def test_two_orders_on_one_family_add() -> None:
    """Two orders of 60 units of a family of which 100 can be made: together 20 fall short, at 7 USD each.

    Sensitivity: if a unit counted for both, nothing would fall short.
    Catches: commitments that share what is delivered.
    """
    case = chain([Link("wafer", 100)], demand=0)
    for name in ("one", "two"):
        add(case, "commitments", commitment=name, year=FIRST, label=name, family="f", basis="built", minimum=60,
            shortfall_usd_per_unit=7)  # fmt: skip
    plan = plan_of(case)
    assert plan.commitments_kept["shortfall"].sum() == near(20)
    assert plan.commitments_kept["delivered"].sum() == near(100)
    assert plan.objective_usd == near(140)


def test_relief_that_keeps_a_promise_serves() -> None:
    """100 chips of the 120 that were promised, at 7 USD each missed, and no demand for tokens: 1 % keeps one more
    promise.

    Sensitivity: with shortfalls free to move it would be called saving.
    Catches: shortfalls left out of what is held.
    """
    case = chain([Link("wafer", 100)], demand=0)
    add(case, "commitments", commitment="one", year=FIRST, label="one", vendor="v", basis="operating", minimum=120,
        shortfall_usd_per_unit=7)  # fmt: skip
    row = one(plan_of(case).bottlenecks)
    assert (row["gain_usd_per_pct"], row["gain_saving_usd_per_pct"]) == (near(7), near(0))


# equal optima


@pytest.mark.parametrize("later", [1.0, 1.5])
@pytest.mark.parametrize("kept_as", ["wafers", "chips"])
def test_among_equals_service_comes_sooner(kept_as: str, later: float) -> None:
    """Without a rate, 10 chips can be made in the first year and none in the next; a chip lives one year.

    They may wait, as stored wafers or as chips in the warehouse, to serve the next year instead: at equal value it is
    a tie, and they serve the first year. If the next year pays 1.5 times as much it is no tie, and they wait.
    Sensitivity: with no rule the solver's basis decides; with the rule turned round 0 and 10.
    Catches: a tie-break that is lost, or that gives up cost.
    """
    wafers = Link("wafer", {FIRST: 10, NEXT: 0}, storable=kept_as == "wafers")
    case = chain([wafers], life=1, last_year=NEXT, demand={FIRST: 20, NEXT: 20})
    if kept_as == "wafers":
        case.rows("accelerators")[0] |= {"life_years": 1}
    else:
        add(case, "build_limits", accelerator="chip", year=NEXT, max_units=0)
    case.rows("demand")[1]["value_usd_per_mtok"] = later
    served = plan_of(case).service["served_ttok"].to_list()
    assert served == ([near(10), near(0)] if later == 1 else [near(0), near(10)])


def test_service_comes_sooner_even_where_later_takes_less() -> None:
    """10 chips wait at the start and live one year; nothing costs anything, and either year is worth the same.

    In the first year halls come from a supplier that needs three more stages, in the next from one that needs none: to
    serve later would use 10 units in store, to serve now 30 units of those stages. Service comes first all the same.
    Sensitivity: with the last rule alone, which uses least, 0 and 10 are served.
    Catches: the rule of service that is left out, or tried after the rule of least use.
    """
    hall = Link("hall", {FIRST: 10, NEXT: 0}, kind="stock", scope="regional")
    case = chain([hall], life=1, last_year=NEXT, demand={FIRST: 20, NEXT: 20})
    case.rows("accelerators")[0] |= {"first_year": FIRST - 1, "last_year": FIRST - 1}
    add(case, "opening", accelerator="chip", warehouse_units=10, built_units=0)
    add_supplier(case, Link("hall", {FIRST: 0, NEXT: 10}, scope="regional"), "light")
    for name in ("one", "two", "three"):
        link = Link(name, 1000, kind="stock", scope="regional")
        add_stage(case, link)
        add_supplier(case, link)
        add(case, "supplier_needs", stage="hall", supplier="acme", basis="supply", needs_stage=name, quantity=1)
    assert plan_of(case).service["served_ttok"].to_list() == [near(10), near(0)]


def test_sooner_is_weighted_by_what_it_is_worth() -> None:
    """Two tiers and two years, no rate, 10 wafers that keep, chips that live one year.

    Premium at 2 USD/Mtok asks for 10 in the second year, economy at 1 for 10 in the first. Cost decides: premium,
    later.
    Sensitivity: a rule that is tried before cost serves economy first.
    Catches: an objective that tie-breaking degrades.
    """
    wafers = Link("wafer", {FIRST: 10, NEXT: 0}, storable=True)
    case = chain([wafers], life=1, last_year=NEXT, demand={FIRST: 10, NEXT: 0})
    add(case, "demand", workload="chat", tier="premium", year=FIRST, demand_ttok=0, value_usd_per_mtok=2)
    add(case, "demand", workload="chat", tier="premium", year=NEXT, demand_ttok=10, value_usd_per_mtok=2)
    plan = plan_of(case)
    assert one(plan.service, year=NEXT, tier="premium")["served_ttok"] == near(10)
    assert one(plan.service, year=FIRST, tier="all")["served_ttok"] == near(0)
    assert one(plan.stages, year=FIRST)["stored"] == near(10)


def test_nothing_is_made_that_serves_nobody() -> None:
    """Everything is free and demand is for 25 chips of 40: among equal plans the one that uses least makes 25.

    Sensitivity: a plan of equal cost makes 40 and lets 15 idle.
    Catches: a last rule that prefers more.
    """
    plan = plan_of(chain([Link("wafer", 40)], demand=25))
    assert one(plan.builds)["built"] == near(25)
    assert one(plan.installed_base)["operating"] == near(25)


# what a stage would need


def test_requirements_of_a_chain() -> None:
    """Demand for 100 chips, wafers (2 each) for 40 of them, a build limit of 50.

    Without limits 100 are built: 200 wafers where 80 are there, 2.5 times.
    Sensitivity: with the build limit kept 100 wafers.
    Catches: limits that stay, available and required exchanged.
    """
    case = chain([Link("wafer", 40, 2.0)], demand=100)
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=50)
    row = one(plan_of(case).requirements)
    assert (row["available"], row["required"], row["ratio"]) == (near(80), near(200), near(2.5))


def test_a_stage_that_only_expansions_need_is_required_for_what_is_missing() -> None:
    """Demand for 100 chips in the first year and 130 later; wafers for 40. Fabs that may be ordered need 0.5 scanners
    a wafer.

    Missing are 60 wafers, then 90 - 60 = 30 more: 30 scanners, then 15. There are 10. Chips live one year.
    Sensitivity: counted every year anew, 45 in the second.
    Catches: what is missing counted twice, or need divided instead of multiplied.
    """
    case = chain([Link("wafer", 40)], life=1, last_year=NEXT, demand={FIRST: 100, NEXT: 130})
    scanner = Link("scanner", 10)
    add_stage(case, scanner)
    add_supplier(case, scanner)
    add(case, "supplier_needs", stage="wafer", supplier="acme", basis="expansion", needs_stage="scanner", quantity=0.5)
    add(case, "expansion", stage="wafer", supplier="acme", place=GLOBAL, year=FIRST, max_expansion=5,
        capex_usd_per_unit=1e12, lead_years=0)  # fmt: skip
    plan = plan_of(case)
    rows = [one(plan.requirements, year=t, stage="scanner") for t in (FIRST, NEXT)]
    assert [row["required"] for row in rows] == [near(30), near(15)]
    assert [row["available"] for row in rows] == [near(10), near(10)]
