"""Headline numbers of the shipped case, and whether the README still tells the truth.

A change of a number carries a dated reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from paths import BASE, ROOT
from plants import base_plan

from supplychain.report.text.answer import text

if TYPE_CHECKING:
    import supplychain as sc
from supplychain.study.attached import known_study

# 2026-11-20: first version of inputs/base.
# 2026-11-30: demand and research by curves: the same volumes at the same reference prices. A curve goes on to four
# times its price, where tiers of research ended at 1.6, and is worth its mean and not the lower end of a step.
# 2026-11-30: data of autumn 2026 by the rules of inputs/method.md: orders of 2026 and 2027 as chips built, 40 GW of
# energised sites at the end of 2026 in four layers that one estimate gives, HBM3E apart, 24 accelerators, throughput
# calibrated in the back-cast. More is ordered and served, and sites bind as a group; by stage HBM binds in 2026.
OBJECTIVE_USD = 1.053587828170e13
BINDING = {
    2026: "hbm",
    2027: "datacentre",
    2028: "grid_delivery",
    2029: "grid_delivery",
    2030: "grid_delivery",
}
GROUP = "energised_sites"
AVERAGE_USD_PER_MTOK = {2026: 0.629, 2027: 0.269, 2028: 0.139, 2029: 0.110, 2030: 0.0777}
CAPITAL_USD = {2026: 711e9, 2027: 1833e9, 2028: 758e9, 2029: 1369e9, 2030: 1505e9}


@pytest.fixture
def plan() -> sc.Plan:
    return base_plan()


def test_the_objective_of_base(plan: sc.Plan) -> None:
    """Bug: a change of the model or of an input moves the shipped answer and nobody notices."""
    assert plan.objective_usd == pytest.approx(OBJECTIVE_USD, rel=1e-9)


def test_what_binds_in_base(plan: sc.Plan) -> None:
    """Bug: the label of a year moves and the case's README still tells the old one."""
    stage = plan.binding[plan.binding["level"] == "stage"]
    assert dict(zip(stage["year"], stage["members"], strict=True)) == BINDING
    assert set(plan.binding.loc[plan.binding["level"] == "group", "members"]) == {GROUP}


def test_cost_and_capital_of_base(plan: sc.Plan) -> None:
    """Bug: cost per token or capital moves and the case's README still tells the old one."""
    cost = plan.token_cost[plan.token_cost["workload"] == "all"].set_index("year")["average_usd_per_mtok"]
    assert cost.to_dict() == pytest.approx(AVERAGE_USD_PER_MTOK, abs=5e-4)
    assert plan.capital.groupby("year")["usd"].sum().to_dict() == pytest.approx(CAPITAL_USD, abs=0.5e9)


def test_the_readme_shows_the_answer_of_base(plan: sc.Plan) -> None:
    """Bug: the first screen of the README is of another version."""
    shown = text(plan, "inputs/base", known_study(plan.case, None, BASE))
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(shown.splitlines()) <= 34
    assert len(text(plan, "inputs/base").splitlines()) <= 24
    assert max(map(len, shown.splitlines())) <= 100


# 2026-11-30: tokens alone had a tier served in part in three years, and have one in 2029 and 2030. Tokens and research
# draw on the same accelerators, and research gives way first in 2027, 2028 and 2030. In 2026 racks and boards, which
# take unlike amounts of power and memory, are mixed so that tiers end where accelerators do.
SERVED_IN_PART = {2027, 2028, 2029, 2030}
STEP = 1.0595
"""The value of a tier over that of the next one: from four times the reference price to 0.4 times in 40 steps."""


def test_the_last_tier_served_is_served_in_part(plan: sc.Plan) -> None:
    """Bug: demand in steps so coarse that in most years relief can serve nothing more, be it tokens or research."""
    tokens = plan.service.assign(share=lambda t: t["served_ttok"] / t["demand_ttok"])
    research = plan.research_service.assign(share=lambda t: t["served_h100e_years"] / t["demand_h100e_years"])
    in_part = {t for tiers in (tokens, research) for t in tiers.loc[tiers["share"].between(1e-6, 1 - 1e-6), "year"]}
    assert in_part == SERVED_IN_PART
    for _, tiers in tokens.groupby(["year", "workload"]):
        last = tiers.loc[tiers["share"] > 1e-6, "value_usd_per_mtok"].min()
        not_served = tiers.loc[tiers["share"] <= 1e-6, "value_usd_per_mtok"]
        assert not_served.empty or last / not_served.max() <= STEP


# 2026-11-30, data of autumn 2026: order of 2026, worth per USD of capital, a year sooner, a year late [bn USD]. Grid
# upgrades of these places take four years and combined-cycle gas five: there a year sooner is worth most. What makes
# power at the site takes one or two, and would gain next to nothing in 2027, when halls bind.
FIRST_ORDERS = {
    ("facility_power", "new_onsite_gas", "us_other"): (41.5, 0.3, 12.8),
    ("grid_delivery", "upgrade", "us_other"): (35.0, 28.0, 42.6),
    ("grid_delivery", "upgrade", "us_pjm"): (34.5, 17.5, 25.4),
    ("facility_power", "new_fuel_cells", "us_pjm"): (12.3, 0.0, 0.0),
    ("generation", "new_solar_storage", "us_ercot"): (9.02, 6.1, 12.8),
    ("generation", "new_ccgt", "us_ercot"): (7.53, 20.0, 28.7),
}


def test_what_to_buy_first_in_base(plan: sc.Plan) -> None:
    """Bug: the worth of an option, or of its lead time, moves and the case's README still tells the old one."""
    key = ["order_year", "stage", "supplier", "place"]
    options, timing = plan.purchases.set_index(key), plan.timing().set_index(key)
    readme = (BASE / "README.md").read_text(encoding="utf-8")
    for option, (per_usd, sooner, late) in FIRST_ORDERS.items():
        at = (2026, *option)
        assert options.loc[at, "benefit_per_capex_usd"] == pytest.approx(per_usd, abs=0.05)
        assert timing.loc[at, "shorter_usd"] / 1e9 == pytest.approx(sooner, abs=0.051)
        assert timing.loc[at, "slip_usd"] / 1e9 == pytest.approx(late, abs=0.051)
        assert f"| {per_usd} | {sooner} | {late} |" in readme
    worthless = options[options["benefit_usd_per_unit"] == 0].loc[2026].reset_index()
    assert {"hbm", "cowos", "n3", "lasers", "optical_modules"} <= set(worthless["stage"])
