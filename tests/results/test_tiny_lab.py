"""What `inputs/tiny-lab` says of its cash and its contract, by re-solves of the second statement and on paper."""

from __future__ import annotations

from functools import cache

import pytest
import reference
from paths import TINY_LAB

import supplychain as sc

CONTRACT = ("gpus", "contract", "global")


@cache
def lp() -> reference.Statement:
    return reference.build(reference.load(TINY_LAB))


def edited(*changes: str) -> sc.Plan:
    return sc.solve(sc.what_if(TINY_LAB, (), changes).case)


def test_both_statements_agree() -> None:
    """The objective, and what is served, owed, missing and left, are those of the second statement.

    Catches: a case that the package reads otherwise than its tables say.
    """
    plan, other = sc.solve(sc.load(TINY_LAB)), lp().solve()
    values = other.values
    books = plan.economics.set_index("year")
    assert plan.objective_usd == pytest.approx(other.objective_usd, rel=1e-9)
    for t in (2026, 2027):
        assert books.loc[t, "gap_usd"] == pytest.approx(values["gap", t], rel=1e-9, abs=1e-3)
        assert books.loc[t, "cash_usd"] == pytest.approx(values["cash", t], rel=1e-9, abs=1e-3)
    idle = sum(values["supply", *CONTRACT, t] for t in (2026, 2027)) - 14_000  # it may as well be rented as owed
    assert values["unused", *CONTRACT, 2026, 2027] + 15_000 * idle == pytest.approx(6e6)
    assert books["unused_usd"].to_list() == pytest.approx([0, 6e6])


@pytest.mark.parametrize("year", [2026, 2027])
def test_a_dollar_raised_closes_the_gap_until_there_is_none(year: int) -> None:
    """Each of the first 18 million dollars saves 0.50 of 2027, which is 0.40 of 2026, whenever it is raised.

    The next 0.4 million let 400 GPUs that are owed for anyhow do more research, worth 1,314 for an upkeep of 1,000 USD.
    Beyond them nothing is gained.
    Sensitivity: were a gap repaid, or paid with what other years have left, a dollar of 2026 would be worth 0.5.
    Catches: a dollar that counts in the wrong year, or goes on counting when nothing is missing.
    """
    before = lp().solve().objective_usd

    def gain(usd: float) -> float:
        return before - lp().solve(rhs_shift={("cash_balance", year): usd}).objective_usd

    assert gain(1e6) == pytest.approx(0.4e6)
    assert gain(18e6) == pytest.approx(0.4 * 18e6)
    assert gain(18.4e6) == pytest.approx(0.4 * 18e6 + 0.8 * 400 * (1_314 - 1_000))
    assert gain(90e6) == pytest.approx(gain(18.4e6), abs=1)


def test_at_its_multiple_the_contract_is_worth_nothing() -> None:
    """At 676.8 million / 19,680 USD a GPU and year the lab pays as much with the contract as without it.

    Sensitivity: were what is owed not paid in cash, the multiple would be 676.8 / (12,000 + 5,120) / 0.015 = 2.64.
    Catches: a multiple of the rent alone, without what is owed beyond use.
    """
    price = 676.8e6 / 19_680
    plan = sc.solve(sc.load(TINY_LAB))
    with_prices = plan.supplier_prices.set_index("year")
    assert float(with_prices["indifference"].dropna().iloc[0]) == pytest.approx(price / 15_000, rel=5e-6)
    change = f"capacity.price_usd[supplier=contract] = {price!r}"
    dear = edited(change).objective_usd
    without = edited("capacity.capacity[supplier=contract] = 0").objective_usd
    assert dear == pytest.approx(without, rel=1e-9)


def test_less_use_of_the_contract_is_owed() -> None:
    """With a third less asked for by firms in 2027 nothing is owed less: what is not used falls due.

    By hand: 333 1/3 Ttok take 3,333 1/3 GPUs, 1,666 2/3 fewer, and 25 million more are owed and not used.
    Catches: a minimum of each year by itself, or one that shrinks with what is asked for.
    """
    plan = edited("demand.demand_ttok[tier=firms, year=2027] = 333.333333333333")
    books = plan.economics.set_index("year")
    assert books.loc[2027, "unused_usd"] == pytest.approx(6e6 + 25e6, rel=1e-9)
    lost, saved = 166.666666666667 * 0.4e6, 1666.66666666667 * 1e3
    assert books.loc[2027, "gap_usd"] == pytest.approx(18e6 + lost - saved, rel=1e-9)
