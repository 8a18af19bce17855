"""The ladder of a year and the value curve of a stage: on paper, and against the case with everything lifted."""

from __future__ import annotations

import re

import pytest
from paths import TINY
from plants import Link, base_plan, chain, drawn, half_of_packaging, plan_of

import supplychain as sc
from supplychain.report.text.explain import explain

pytestmark = pytest.mark.unmeasured


def near(x: object) -> object:
    return pytest.approx(x, rel=1e-8, abs=1e-6)


def test_the_ladder_of_a_chain() -> None:
    """Enough for 40, 50 and 60 chips, 55 asked for: lift the first (125 % used, 10 Ttok), then the second (110 %, 5).

    Catches: a rung that is skipped, use in per cent of the lifted limit, gains counted from the ground.
    """
    links = [Link("wafer", 40), Link("memory", 50), Link("hall", 60, kind="stock", scope="regional")]
    rungs = plan_of(chain(links, demand=55)).ladder(2030)
    assert rungs["lifted"].tolist() == ["wafer", "memory"]
    assert rungs["state"].tolist() == ["sole", "sole"]
    assert rungs["used_pct"].tolist() == near([125, 110])
    assert rungs["tokens_ttok"].tolist() == near([10, 5])
    assert rungs["gain_usd"].tolist() == near([10e6, 5e6])
    assert rungs["binding"].tolist() == ["memory", "demand"]


def test_stages_that_bind_together_are_lifted_together() -> None:
    """Two stages with enough for 40 chips each, 50 asked for: one rung for both.

    Catches: a ladder that ends where each stage alone gains nothing.
    """
    rungs = plan_of(chain([Link("cowos", 40), Link("hbm", 40)], demand=50)).ladder(2030)
    assert [set(name.split(" + ")) for name in rungs["lifted"]] == [{"cowos", "hbm"}]
    assert rungs["tokens_ttok"].tolist() == near([10])


def test_what_draws_on_a_lifted_stage_is_lifted_with_it() -> None:
    """A share of one half of packaging for 100 makes 50 chips: packaging lifted takes its share along, in one rung.

    Sensitivity: a share that stays at 50 makes a first rung that gains nothing, and a second for the share.
    Catches: lifting a stage and leaving the allocations of it.
    """
    rungs = plan_of(half_of_packaging()).ladder(2030)
    assert len(rungs) == 1
    assert rungs["gain_usd"].iloc[0] > 0


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 17, 24, 28, 30, 31, 32, 35, 36, 41])
def test_the_top_of_the_ladder_is_the_case_with_every_stage_of_the_year_lifted(seed: int) -> None:
    """The independent statement without the year's supply limits and budget costs what the ladder's gains leave.

    Catches: a ladder that stops early, or that lifts other years too.
    """
    d = drawn(seed)
    for t in d.plan.case.report_years:
        limits = {row for row in d.lp.rows_of("supply_limit", "budget") if row[-1] == t}
        free = d.lp.solve(drop_rows=limits).objective_usd
        gained = d.plan.ladder(t)["gain_usd"].sum() * d.lp.numbers.delta(t)
        assert d.answer.objective_usd - gained == pytest.approx(free, rel=1e-8)


def test_the_curve_of_a_chain() -> None:
    """Enough for 40 and 50 chips, 60 asked for: 400 000 USD per cent of the first up to 25 %, then nothing.

    Catches: breakpoints off by the size of the step, a gain that is not summed up.
    """
    segments = plan_of(chain([Link("wafer", 40), Link("memory", 50)], demand=60)).curve("wafer", 2030, 40)
    assert segments["to_pct"].tolist() == near([25, 40])
    assert segments["gain_usd_per_pct"].tolist() == near([0.4e6, 0])
    assert segments["gain_usd"].tolist() == near([10e6, 10e6])
    assert segments["binding"].tolist() == ["wafer", "memory"]


@pytest.mark.parametrize("stage", ["hbm", "cowos_amd", "transformers", "grid_delivery"])
def test_the_curve_of_any_stage_of_base_comes_to_its_end(stage: str) -> None:
    """Scarce, tight and idle stages of the shipped case: up to 25 %, slopes that never rise, no gap.

    Catches: a solver that is asked how far a price of 0 lasts, and ends in `unknown`.
    """
    segments = base_plan().curve(stage, 2028)
    assert segments["from_pct"].iloc[0] == 0
    assert segments["to_pct"].iloc[-1] == near(25)
    assert segments["to_pct"].tolist()[:-1] == segments["from_pct"].tolist()[1:]
    assert segments["gain_usd_per_pct"].is_monotonic_decreasing


def test_what_is_stranded_is_what_would_be_used() -> None:
    """Wafers for 40 chips, memory for 50 at 3 USD, halls for 60 at 7 USD a year, 55 asked for. Without limits 55 would
    be made: memory of 10 chips and halls of 15 lie idle for want of wafers; halls of 5 would lie idle anyway.

    Sensitivity: all that is idle, 20 halls, is 140 USD.
    Catches: capacity that nobody asked for counted as stranded; use that is not cut off at the limit.
    """
    links = [Link("wafer", 40), Link("memory", 50, price=3), Link("hall", 60, kind="stock", scope="regional", price=7)]
    found = plan_of(chain(links, demand=55)).idle_capacity(2030).set_index("stage")
    assert found["idle"].to_dict() == near({"memory": 10, "hall": 15})
    assert found["idle_usd"].to_dict() == near({"memory": 30, "hall": 105})
    assert found.loc["hall", ["place", "limit", "used"]].tolist() == ["home", near(60), near(40)]


@pytest.mark.parametrize("seed", [0, 5, 9, 17, 24, 31])
def test_what_is_stranded_is_used_where_every_stage_is_lifted(seed: int) -> None:
    """Nothing is stranded beyond what is idle, and none of it where nothing would be gained by lifting the year.

    Catches: stranded capacity read off the plan itself, or off another year.
    """
    plan = drawn(seed).plan
    for t in plan.case.report_years:
        found = plan.idle_capacity(t)
        assert (found["idle"] <= (found["limit"] - found["used"]) * (1 + 1e-9)).all()
        assert (found["idle"] > 0).all()
        assert (found["idle_usd"] >= 0).all()
        if plan.ladder(t).empty:
            assert found.empty


def test_a_year_and_a_stage_that_are_not_there() -> None:
    """Catches: an empty table, or a KeyError of the insides, for a misspelt question."""
    plan = sc.solve(sc.load(TINY))
    with pytest.raises(ValueError, match="2028 is not reported; must be from 2026 to 2027"):
        plan.ladder(2028)
    with pytest.raises(ValueError, match="no stage is called 'hmb'; must be one of capital, generation, hbm"):
        plan.curve("hmb", 2026)


def test_what_to_order_is_what_arrives_in_the_year() -> None:
    """Fuel cells take one year and gas engines two: for 2028 they are ordered in 2027 and 2026, and not before.

    Catches: options of other years listed, or the order year shown as the year of arrival.
    """
    shown = explain(base_plan(), 2028).partition("  Energised site power for AI…:")[2]
    ordered = set(
        re.findall(
            r"^    (Fuel cells|On-site gas) ordered\D*(?:2026)?  United States, \w+ +(\d{4})", shown, re.MULTILINE
        )
    )
    assert ordered == {("Fuel cells", "2027"), ("On-site gas", "2026")}
