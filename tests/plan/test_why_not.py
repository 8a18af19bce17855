"""Why a stage does not bind, and what would make it: on paper, and by solving with that much moved."""

from __future__ import annotations

import math

import pytest
from commands import run
from generator import FIRST, write_case
from paths import BASE
from plants import Link, base_plan, chain, plan_of

import supplychain as sc
from supplychain.report.text.why_not import text


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-6)


def test_what_would_make_a_stage_bind() -> None:
    """Wafers for 40 chips bind, there is power for 60, and 100 are asked for.

    Power binds with a third less of it, or with half as many wafers more. More demand does not reach it.
    Catches: shares of the wrong whole; a way that stops at the first breakpoint, or that passes over it.
    """
    plan = plan_of(chain([Link("wafers", 40), Link("power", 60)], demand=100))
    why = plan.why_not("power", FIRST)
    assert (why.label, why.binds, why.used_share, why.headroom_pct) == ("wafers", False, near(2 / 3), near(100 / 3))
    assert (why.loss_usd_per_pct, why.own_down_pct, why.binding_up_pct) == (0, near(100 / 3), near(50))
    assert why.demand_up_pct == math.inf


def test_what_would_make_a_stage_bind_where_demand_does() -> None:
    """30 chips are asked for, in two tiers: wafers for 40 bind with a quarter less of them, or a third more demand.

    Catches: tiers that rise by turns; a year without a binding stage that has nothing to raise.
    """
    case = chain([Link("wafers", 40), Link("power", 60)], demand=20)
    case.tables["demand"].append(
        case.tables["demand"][0] | {"tier": "more", "demand_ttok": 10.0, "value_usd_per_mtok": 0.5}
    )
    plan = plan_of(case)
    why = plan.why_not("wafers", FIRST)
    assert (why.label, why.own_down_pct, why.demand_up_pct) == ("demand", near(25), near(100 / 3))
    assert math.isnan(why.binding_up_pct)
    assert plan.why_not("power", FIRST).demand_up_pct == math.inf


def test_a_stage_that_binds_needs_nothing() -> None:
    """Alone, and as one of two. Catches: ways that are walked where there is nothing to ask."""
    plan = plan_of(chain([Link("wafers", 40), Link("power", 60)], demand=100))
    why = plan.why_not("wafers", FIRST)
    assert why.binds
    assert [math.isnan(x) for x in (why.own_down_pct, why.binding_up_pct, why.demand_up_pct)] == [True] * 3
    both = plan_of(chain([Link("wafers", 40), Link("power", 40)], demand=100))
    assert both.why_not("power", FIRST).binds
    assert "It binds together with others: wafers + power." in " ".join(
        text(both.case, both.why_not("power", FIRST)).split()
    )


def test_a_stage_of_base_binds_just_then() -> None:
    """With limits of halls lower by so much, and a thousandth of it more, they bind; by a thousandth less they do not.

    Catches: a percentage of other limits than those of the year, or of capacity without what was ordered.
    """
    plan, stage, t = base_plan(), "datacentre", 2027
    pct = plan.why_not(stage, t).own_down_pct
    rows = plan.supply.query(f"stage == '{stage}' and year == {t} and limit > 0")
    for share, binds in ((1 - 1e-3, False), (1 + 1e-3, True)):
        edits = [
            f"capacity.capacity[stage={stage}, supplier={r.supplier}, place={r.place}, year={t}] "
            f"-= {share * pct / 100 * r.limit!r}"
            for r in rows.itertuples()
        ]
        label = sc.solve(sc.what_if(BASE, [], edits).case).binding.query(f"year == {t} and level == 'stage'")
        assert (stage in label["members"].iloc[0].split(" + ")) is binds, share


def test_the_command_says_why_not(tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]) -> None:
    """Two sentences; a stage that is not there, and a year that is missing, are one message each."""
    folder = str(
        write_case(chain([Link("wafers", 40), Link("power", 60)], demand=100), tmp_path_factory.mktemp("case"))
    )
    status, printed, _ = run(capsys, "explain", folder, "--year", str(FIRST), "--why-not", "power")
    assert status == 0
    assert " ".join(printed.split()) == (
        f"A case on paper (plant), {FIRST} power is used to 66.7 % in {FIRST}, and could fall by 33.3 % before "
        "anything costs more. It would bind in that year if there were 33.3 % less of it, or if there were 50.0 % more "
        "of what binds (wafers). It would not bind with up to 1,000 % more demand, each alone."
    )
    assert run(capsys, "explain", folder, "--why-not", "power")[::2] == (
        2,
        run(capsys, "explain", folder, "--why-not", "x")[2],
    )
    status, _, complained = run(capsys, "explain", folder, "--year", str(FIRST), "--why-not", "x")
    assert (status, "no stage is called 'x'" in complained) == (2, True)
