"""Rent, commit or own: the presets of AI Compute Economics as cases, our cost beside its published results.

It tries whole nodes, 1 to 32 of one kind, beside rented ones. Three things are not in an LP: nodes are whole, rented
hours are billed whole, and owning has a cost of the first node. With its nodes and these three, our cost is its cost.
"""

from __future__ import annotations

import math

import pytest
from compute_economics import (
    BUSY,
    CONTRACT,
    MONTHS,
    PRESETS,
    Policy,
    entry_usd,
    hours_of_month,
    published,
    solved,
    to_start,
)

pytestmark = pytest.mark.unmeasured

SAME = 1e-10
"""As a share: what is locked in leaves the LP a room of that order."""


@pytest.mark.parametrize("policy", published(), ids=str)
def test_their_policies(policy: Policy) -> None:
    """With its nodes locked in, our LP pays what it says, to ten digits, and leaves unserved what it says.

    What it calls unused of a contract includes the hours in which a node is down, 2 % of those in which it works.

    Sensitivity: without what is owed, commit:7 would cost 1,469,093 USD less, commit:5 87,094 and own:6 96,553, where
    demand is stable.
    Bug: what is owed leaves out what the plan ordered or drew by an allocation; it is discounted from another year;
    orders arrive a year early or late; a limit of one year stands in another; the annuities of an order that arrives
    late add up to another sum than its price.
    """
    preset = PRESETS[policy.preset]
    held = [policy.family] if policy.nodes else []
    ours = solved(preset, *held, nodes=dict.fromkeys(held, policy.nodes))
    entry = entry_usd(preset) if policy.family == "own" else 0.0
    assert ours.paid_usd + entry <= policy.pv_cost_usd * (1 + SAME)
    assert ours.paid_usd + entry + ours.rounding_usd == pytest.approx(policy.pv_cost_usd, rel=SAME)
    assert sum(ours.billed_hours.values()) == policy.billed_hours
    assert ours.unserved_tokens == pytest.approx(policy.unmet_tokens, rel=10 * SAME)
    if policy.unused_usd is not None:
        obligation = policy.nodes * CONTRACT * math.fsum(hours_of_month(t) for t in MONTHS)
        idle = math.fsum(ours.unused_usd.values())
        assert idle + (1 - BUSY) * (obligation - idle) == pytest.approx(policy.unused_usd, rel=10 * SAME)


@pytest.mark.parametrize(
    ("preset", "family", "nodes", "ours", "whole_nodes", "whole_hours"),
    [
        ("stable_demand", "commit", 4.987453, 6_247_028, 195, 6_173),
        ("stable_demand", "own", 5.374892, 3_907_705, 62_040, 4_142),
        ("demand_disappointment", "commit", 2.582327, 3_886_203, 125_187, 3_429),
        ("demand_disappointment", "own", 4.651081, 2_499_301, 50_824, 1_328),
        ("delayed_capacity", "commit", 6.911838, 7_259_023, 52_714, 3_697),
    ],
)
def test_their_best(  # noqa: PLR0913, PLR0917 - one argument for each figure of a row
    preset: str, family: str, nodes: float, ours: float, whole_nodes: float, whole_hours: float
) -> None:
    """Our least cost is below that of its best policy of the family, and our nodes rounded up are that policy.

    The difference is what whole nodes cost more, and what whole hours do. (Rounding up, not down, is best in these
    five, not in general.) Where capacity is delayed it has no best policy that owns: the first six months lack nodes.

    Sensitivity: under a contract that owes nothing the plan would hold 10.9 nodes where demand is stable, enough for
    its highest month.
    Bug: an order is not owed for, so that the plan orders up to its peak; an LP with locked-in orders is another LP.
    """
    best = min(
        (p for p in published() if (p.preset, p.family, p.unmet_tokens) == (preset, family, 0)),
        key=lambda p: p.pv_cost_usd,
    )
    entry = entry_usd(PRESETS[preset]) if family == "own" else 0.0
    free = solved(PRESETS[preset], family)
    whole = solved(PRESETS[preset], family, nodes={family: math.ceil(free.held[family])})
    assert free.held[family] == pytest.approx(nodes, abs=1e-6)
    assert math.ceil(free.held[family]) == best.nodes
    assert free.unserved_tokens == pytest.approx(0, abs=1e3)
    assert free.paid_usd + entry == pytest.approx(ours, abs=1)
    assert whole.paid_usd - free.paid_usd == pytest.approx(whole_nodes, abs=1)
    assert whole.rounding_usd == pytest.approx(whole_hours, abs=1)
    assert ours + whole_nodes + whole_hours == pytest.approx(best.pv_cost_usd, abs=2)


def test_a_mix_that_they_do_not_try() -> None:
    """Where capacity is delayed, contracts and owned nodes together cost less than any of its policies.

    It holds one kind at a time: 7 nodes under contract, 7,315,434 USD. Its own formulas give 6,979,938 USD for 6 under
    contract and 1 owned, 4.6 % less, and our LP no less than 6,707,531 USD for parts of nodes, 5.417 and 1.495. In the
    other two presets the LP owns alone, as its best policies do.

    Bug: what two suppliers draw from two pools is added to one of them; a plan with more options costs more.
    """
    for name in ("stable_demand", "demand_disappointment"):
        both, alone = solved(PRESETS[name], "commit", "own"), solved(PRESETS[name], "own")
        assert both.held["commit"] == pytest.approx(0, abs=1e-9)
        assert both.paid_usd == pytest.approx(alone.paid_usd, rel=SAME)
    preset = PRESETS["delayed_capacity"]
    theirs = min(p.pv_cost_usd for p in published() if p.preset == "delayed_capacity" and p.unmet_tokens == 0)
    free = solved(preset, "commit", "own")
    whole = solved(preset, "commit", "own", nodes={"commit": 6, "own": 1})
    assert free.held == pytest.approx({"commit": 5.416922, "own": 1.494916}, abs=1e-6)
    assert free.paid_usd + entry_usd(preset) == pytest.approx(6_707_531, abs=1)
    assert whole.unserved_tokens == pytest.approx(0, abs=1e3)
    assert whole.paid_usd + whole.rounding_usd + entry_usd(preset) == pytest.approx(6_979_938, abs=1)
    assert theirs == pytest.approx(7_315_434, abs=1)


def test_one_term_of_three_years() -> None:
    """Owed over 36 months together, and not month by month, seven nodes cost as much less as waiting is worth.

    What is idle in a month is then paid at the end of the last one: each dollar of it is discounted from there. At the
    end no more is owed than before, as no month uses more than its limit.

    Bug: what is owed of a term is worked out year by year, or paid at its start.
    """
    preset = PRESETS["stable_demand"]
    monthly = solved(preset, "commit", nodes={"commit": 7})
    together = solved(preset, "commit", nodes={"commit": 7}, term=len(MONTHS))
    waited = math.fsum(usd * (to_start(t) - to_start(MONTHS[-1])) for t, usd in monthly.unused_usd.items())
    assert together.unused_usd[MONTHS[-1]] == pytest.approx(math.fsum(monthly.unused_usd.values()), rel=10 * SAME)
    assert monthly.paid_usd - together.paid_usd == pytest.approx(waited, rel=1e-8)
    assert waited > 100_000
