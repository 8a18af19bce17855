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

# 2026-11-20: first version of inputs/base.
# 2026-11-30: demand and research by curves: the same volumes at the same reference prices. A curve goes on to four
# times its price, where tiers of research ended at 1.6, and is worth its mean and not the lower end of a step.
OBJECTIVE_USD = 9.743297509940e12
BINDING = {
    2026: "grid_delivery",
    2027: "grid_delivery",
    2028: "grid_delivery",
    2029: "grid_delivery",
    2030: "grid_delivery",
}
AVERAGE_USD_PER_MTOK = {2026: 0.823, 2027: 0.359, 2028: 0.253, 2029: 0.161, 2030: 0.102}
CAPITAL_USD = {2026: 619e9, 2027: 998e9, 2028: 843e9, 2029: 1392e9, 2030: 1554e9}


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


def test_cost_and_capital_of_base(plan: sc.Plan) -> None:
    """Bug: cost per token or capital moves and the case's README still tells the old one."""
    cost = plan.token_cost[plan.token_cost["workload"] == "all"].set_index("year")["average_usd_per_mtok"]
    assert cost.to_dict() == pytest.approx(AVERAGE_USD_PER_MTOK, abs=5e-4)
    assert plan.capital.groupby("year")["usd"].sum().to_dict() == pytest.approx(CAPITAL_USD, abs=0.5e9)


def test_the_readme_shows_the_answer_of_base(plan: sc.Plan) -> None:
    """Bug: the first screen of the README is of another version."""
    shown = text(plan, "inputs/base")
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(shown.splitlines()) <= 24
    assert max(map(len, shown.splitlines())) <= 100


def test_the_last_tier_served_is_served_in_part(plan: sc.Plan) -> None:
    """Bug: demand in steps so coarse that in most years relief can serve no token more."""
    tiers = plan.service.assign(share=lambda t: t["served_ttok"] / t["demand_ttok"])
    in_part = tiers[(tiers["share"] > 1e-6) & (tiers["share"] < 1 - 1e-6)]
    assert in_part["year"].nunique() >= 3


# 2026-11-30, by curves: order of 2026, worth per USD of capital, a year sooner, a year late [bn USD].
FIRST_ORDERS = {
    ("grid_delivery", "upgrade", "us_ercot"): (71.9, 5.8, 21.0),
    ("facility_power", "new_onsite_gas", "us_other"): (24.9, 5.4, 12.2),
    ("grid_delivery", "upgrade", "us_other"): (17.8, 30.9, 28.5),
    ("grid_delivery", "upgrade", "us_pjm"): (17.8, 18.9, 17.0),
    ("facility_power", "new_fuel_cells", "us_pjm"): (9.06, 3.3, 3.5),
    ("grid_delivery", "upgrade", "asia_pacific"): (7.78, 6.7, 20.0),
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
    assert {"hbm", "cowos", "n3"} <= set(worthless["stage"])
