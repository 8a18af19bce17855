"""Net benefit: what is served is worth over the horizon, less what is paid; and what each workload is served."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
import reference
from effort import THOROUGH, one_in
from generator import FIRST
from paths import BASE
from plants import Link, add, base_plan, chain, drawn, edited, loaded, one, plan_of

import supplychain as sc
from supplychain.case.changes import apply
from supplychain.model.cost import net_benefit
from supplychain.plan.windows import solve_windows
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from pathlib import Path

    from plants import Drawn

SEEDS = range(40)


def assert_a_constant_less_the_objective(case: sc.Case, constant: float) -> None:
    """Compare value less cost with what all demand is worth less the objective, before either is rounded."""
    *_, last = solve_windows(case)
    benefit = net_benefit(last.solved_lp.solved.m)
    assert benefit == pytest.approx(constant - last.objective_usd, rel=0, abs=1e-12 * constant)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(4, SEEDS))
@pytest.mark.parametrize("foresight", [None, 1, 2])
def test_a_constant_less_the_objective(seed: int, foresight: int | None, tmp_path: Path) -> None:
    """Of random cases, with perfect and with limited foresight: the constant is that of the independent statement.

    Sensitivity: the years of the last window alone, or annuities that it counts, differ by more than a per cent.
    Catches: a term of the cost that is left out or counted twice, a discount, a horizon that ends with a window.
    """
    d: Drawn = drawn(seed)
    case = d.case if foresight is None else edited(d.case, foresight_years=foresight)
    assert_a_constant_less_the_objective(loaded(case, tmp_path), d.lp.constant)


def test_a_constant_less_the_objective_of_base() -> None:
    """Catches: what only a case of real size shows, as digits lost in a difference of large numbers."""
    assert_a_constant_less_the_objective(sc.load(BASE), reference.build(reference.load(BASE)).constant)


@pytest.mark.parametrize("seed", one_in(4, SEEDS))
def test_the_summary_adds_up(seed: int) -> None:
    """Value less cost is the net benefit, cost and unserved the objective.

    Catches: a fact that is of the reported years, or of another plan than the tables.
    """
    plan = drawn(seed).plan
    value, cost, benefit, left, objective = (
        plan.summary[f"{name}_usd"] for name in ("value", "cost", "net_benefit", "unserved", "objective")
    )
    size = 1e-11 * max(value, objective)
    assert benefit == pytest.approx(value - cost, rel=0, abs=size)
    assert objective == pytest.approx(cost + left, rel=0, abs=size)
    assert plan.net_benefit_usd == benefit


@pytest.mark.parametrize("seed", [*one_in(4, SEEDS), None])
def test_workloads_are_the_sum_of_their_tiers(seed: int | None) -> None:
    """Of random cases and of base, and the value of all workloads is that of the table `economics`.

    Catches: a tier that is left out or counted for another workload or year, a value that is discounted.
    """
    plan = base_plan() if seed is None else drawn(seed).plan
    tokens = ["demand_ttok", "served_ttok", "blocked_ttok", "uneconomic_ttok"]
    found = plan.service_by_workload.set_index(["year", "workload"])
    expected = plan.service.groupby(["year", "workload"])[tokens].sum()
    assert list(found.index) == list(expected.index)
    for name in tokens:
        assert found[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-12, abs=1e-12)
    values = found["value_usd"].groupby("year").sum()
    assert values.tolist() == pytest.approx(plan.economics["token_value_usd"].tolist(), rel=1e-12)
    assert (found["last_value_usd_per_mtok"].isna() == (found["served_ttok"] == 0)).all()


def test_the_last_token_served() -> None:
    """100 chips a year for 60 Ttok at 3 USD, 70 at 2, 90 at 1 and nothing of `batch` at less than it costs.

    Of the second tier 40 are served: the last token is worth 2 USD, and what is served 60 x 3 + 40 x 2 M USD.
    Sensitivity: 1 USD if tiers count that are not served, 3 if the first one is named.
    """
    case = chain([Link("wafers", 100.0, price=2.0)], demand=60.0, value=3.0)
    for tier, amount, value in (("second", 70, 2), ("third", 90, 1)):
        add(case, "demand", workload="chat", tier=tier, year=FIRST, demand_ttok=amount, value_usd_per_mtok=value)
    add(case, "workloads", workload="batch", label="Batch", tokens_counted="all")
    add(case, "throughput", accelerator="chip", workload="batch", tokens_per_second=1)
    add(case, "demand", workload="batch", tier="all", year=FIRST, demand_ttok=5, value_usd_per_mtok=1e-9)
    plan = plan_of(case)
    chat, batch = (one(plan.service_by_workload, workload=w) for w in ("chat", "batch"))
    assert (chat.served_ttok, chat.blocked_ttok, chat.value_usd) == pytest.approx((100, 120, 260e6))
    assert chat.last_value_usd_per_mtok == 2
    assert (batch.demand_ttok, batch.served_ttok, batch.uneconomic_ttok, batch.value_usd) == (5, 0, 5, 0)
    assert math.isnan(batch.last_value_usd_per_mtok)
    assert plan.net_benefit_usd == pytest.approx(260e6 - 200)


RELIEFS = (
    "capacity.capacity +10%",
    "capacity.capacity[year=LAST] +10%",
    "allocation.share +5%",
    "expansion.max_expansion +10%",
    "build_limits.max_units +10%",
    "budget.capital_usd +10%",
    "accelerators.ramp_start_units +10%",
    "capacity.price_usd -10%",
    "unit_costs.other_cost_usd -10%",
    "expansion.capex_usd_per_unit -10%",
)
"""Limits that rise and prices that fall, of all stages and suppliers at once."""

LEAST = 6
"""So many of them at least are tried in each random case."""


def reliefs(case: sc.Case, seed: int) -> list[str]:
    """Return reliefs of a case: of all at once, and of one supplier that is drawn, with its price and its capex."""
    last = str(case.years[-1])
    found = [text.replace("LAST", last) for text in RELIEFS if case.tables[text.partition(".")[0]]]
    random = Random(seed)
    for table, columns in (
        ("capacity", ("capacity", "price_usd")),
        ("expansion", ("max_expansion", "capex_usd_per_unit")),
    ):
        if rows := [row for row in case.tables[table] if row["year"] in case.years]:
            row = random.choice(rows)
            only = f"stage={row['stage']}, supplier={row['supplier']}, place={row['place']}, year={row['year']}"
            found += [
                f"{table}.{column}[{only}] {'-' if '_usd' in column else '+'}{random.choice((0.1, 10, 50))}%"
                for column in columns
            ]
    return found


def assert_no_relief_lowers_net_benefit(case: sc.Case, seed: int) -> int:
    """Assert it, but for rounding of what is served is worth, and return how many reliefs were tried."""
    warm_solver = WarmSolver(case, labels=False, totals=True)
    before = warm_solver.central()
    tried = 0
    for edit in reliefs(case, seed):
        try:
            relieved, _ = apply(case, [edit])
        except sc.ChangeError:  # there is nothing of it in the case's years, or it is a share that is nearly 1
            continue
        tried += 1
        after = warm_solver.read(relieved)
        assert after.net_benefit_usd >= before.net_benefit_usd - 1e-9 * before.value_usd, edit
    return tried


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(0, 200, 1 if THOROUGH else 20))
def test_no_relief_lowers_net_benefit(seed: int, tmp_path: Path) -> None:
    """With perfect foresight, more capacity and lower prices: what is served in a year may fall, the total may not.

    Sensitivity: tokens of some year fall with 127 of the 2,243 reliefs of all 200 cases, and value alone with some.
    Catches: a net benefit of reported or of single years, or of a plan among equal ones that is not the cheapest.
    """
    case = loaded(drawn(seed).case, tmp_path)
    case = replace(case, settings=replace(case.settings, foresight_years=None))
    assert assert_no_relief_lowers_net_benefit(case, seed) >= LEAST


def test_no_relief_lowers_net_benefit_of_base() -> None:
    """Catches: digits of a real size that are lost where value and cost are taken from each other."""
    assert assert_no_relief_lowers_net_benefit(sc.load(BASE), 0) >= 10
