"""The books of an owner: cash that adds up, what is owed, what a dollar raised is worth; properties of random labs."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from effort import one_in
from generator import GLOBAL, Case, is_lab, lab_parts, num, random_case
from plants import Link, add, chain, drawn, edited, files_of, plan_of, statement_of

from supplychain.plan.money import UNUSED
from supplychain.results.frames import records

if TYPE_CHECKING:
    import supplychain as sc

pytestmark = pytest.mark.unmeasured

LABS = [seed for seed in range(600) if is_lab(seed)]
WITH_CASH = [seed for seed in LABS if "cash" in lab_parts(seed)][:30]
WITH_CONTRACTS = [seed for seed in LABS if "contracts" in lab_parts(seed)][:30]


def read(plan: sc.Plan) -> dict[str, pd.DataFrame]:
    """The tables of an answer, as they are read back from their files."""
    files = files_of(plan)
    names = [name for name in files if name.endswith(".csv")]
    return {name.removeprefix("tables/").removesuffix(".csv"): pd.read_csv(io.StringIO(files[name])) for name in names}


@pytest.mark.parametrize("seed", WITH_CASH)
def test_cash_is_neither_created_nor_lost(seed: int) -> None:
    """In the written tables of each year what was there and what came in is what went out and what is left, to 1e-9.

    Bug: something is paid and stands in no table, is paid twice, or in another year.
    """
    d = drawn(seed)
    tables, case = read(d.plan), d.plan.case
    stocks = {row["stage"] for row in case.tables["stages"] if row["kind"] == "stock"}
    opex = {row["accelerator"]: row["opex_usd_per_year"] for row in case.tables["accelerators"]}
    short = {(r["commitment"], r["year"]): r["shortfall_usd_per_unit"] for r in case.tables["commitments"]}
    supply, base = tables["supply"], tables["installed_base"]
    before = case.settings.opening_cash_usd
    assert "cash_usd" in tables["economics"]
    for row in records(tables["economics"].dropna(subset=["cash_usd"])):
        t = row["year"]
        of_year = supply[supply["year"] == t]
        out = [
            *tables["capital"][tables["capital"]["year"] == t]["usd"],
            *of_year[of_year["stage"].isin(stocks)]["spent_usd"],
            *of_year["unused_usd"].dropna(),
            *(opex[r["accelerator"]] * r["operating"] for r in records(base[base["year"] == t])),
            *(
                short[r["commitment"], t] * r["shortfall"]
                for r in records(tables["commitments_kept"])
                if r["year"] == t and r["shortfall"]
            ),
            row["cash_usd"],
        ]
        come = [before, row["raised_usd"], row["gap_usd"], row["kept_usd"], -row["fixed_cost_usd"]]
        assert row["unused_usd"] == pytest.approx(math.fsum(of_year["unused_usd"].dropna()), rel=1e-9)
        largest = max(abs(x) for x in (*come, *out))
        assert abs(math.fsum(come) - math.fsum(out)) <= 1e-9 * largest
        before = row["cash_usd"]


@pytest.mark.parametrize("seed", one_in(3, WITH_CASH))
def test_what_a_dollar_raised_is_worth_is_what_it_saves(seed: int) -> None:
    """The worth of a dollar raised is the slope of the reference's cost: never below 0.

    Bug: a worth in discounted dollars, of another year, or with the wrong sign.
    """
    d = drawn(seed)
    for row in records(d.plan.economics.dropna(subset=["cash_usd"])):
        t, worth = row["year"], row["gain_usd_per_usd"]
        amounts = (abs(row[f"{name}_usd"]) for name in ("cash", "gap", "kept", "fixed_cost"))
        step = 1e-6 * max(1.0, math.fsum(amounts))
        less = d.answer.objective_usd - d.lp.solve(rhs_shift={("cash_balance", t): step}).objective_usd
        rounding = 1e-8 * abs(d.answer.objective_usd) / step
        assert worth >= 0
        assert worth * d.lp.numbers.delta(t) == pytest.approx(less / step, rel=1e-4, abs=rounding)


@pytest.mark.parametrize("seed", one_in(3, WITH_CONTRACTS))
def test_who_owes_more_pays_no_less(seed: int) -> None:
    """With each share halfway to 1 the plan costs no less; with every share 0 nothing is owed, and it costs no more.

    Bug: what is owed counts as a gift, or the other way round.
    """
    d = drawn(seed)
    more, none = edited(d.case), edited(d.case)
    for case in (more, none):
        for row in case.rows("take_or_pay"):
            row["share"] = (num(row["share"]) + 1) / 2 if case is more else 0.0
            row |= {"share_low": None, "share_high": None}
    rounding = 1e-9 * abs(d.plan.objective_usd)
    assert plan_of(more).objective_usd >= d.plan.objective_usd - rounding
    free = plan_of(none)
    assert free.objective_usd <= d.plan.objective_usd + rounding
    assert free.supply["unused_usd"].fillna(0).abs().max() <= 1e-6 * max(1.0, free.supply["spent_usd"].max())


@pytest.mark.parametrize("seed", one_in(3, WITH_CONTRACTS))
def test_what_is_owed_is_paid_or_used(seed: int) -> None:
    """Of each term inside the years that are reported: paid and unused together are at least the share of the limit,
    and exactly that where anything is unused.

    Bug: a term that is owed twice, by single years, or at the prices of other years.
    """
    d = drawn(seed)
    supply = {(r["stage"], r["supplier"], r["place"], r["year"]): r for r in records(read(d.plan)["supply"])}
    for row in d.plan.case.tables["take_or_pay"]:
        site, years = (row["stage"], row["supplier"], row["place"]), d.plan.case.years
        last = min(row["last_year"], years[-1])
        term = [t for t in years if row["first_year"] <= t <= last and (*site, t) in supply]
        if not term:
            continue
        rows = [supply[*site, t] for t in term]
        owed = row["share"] * math.fsum(r["price_usd"] * r["limit"] for r in rows)
        unused = supply[*site, last]["unused_usd"] if (*site, last) in supply else 0.0
        paid = math.fsum(r["spent_usd"] for r in rows)
        size = 1e-8 * max(owed, paid, 1e-300)
        assert paid + unused >= owed - size
        if unused > size:
            assert paid + unused == pytest.approx(owed, rel=1e-8)


@pytest.mark.parametrize("seed", one_in(2, [seed for seed in WITH_CONTRACTS if "prices" not in lab_parts(seed)]))
def test_relief_does_not_raise_what_is_owed(seed: int) -> None:
    """With what is ordered held, a limit of a contract's stage that is lifted in the LP leaves what is owed.

    Bug: a relief that has to be paid for, so that more of a stage costs.
    """
    d = drawn(seed)
    rows = d.lp.rows_of("supply_limit")
    lifted = d.lp.solve(hold=d.expanded, drop_rows=rows).objective_usd
    assert lifted <= d.lp.solve(hold=d.expanded).objective_usd * (1 + 1e-9) + 1e-6
    assert (d.plan.bottlenecks["gain_usd_per_pct"].dropna() >= 0).all()


@pytest.mark.parametrize("seed", one_in(4, [seed for seed in range(60) if not is_lab(seed) and seed % 5 != 3]))
def test_who_charges_what_tokens_are_worth_plans_as_who_charges_nothing(seed: int) -> None:
    """With one tier a workload, all of the price kept and the price its value, the answer is that of the case without
    prices, cell by cell, but for the books.

    Bug: a price changes what is blocked, what binds or what it costs where it takes nothing from users.
    """
    plain = _one_tier(random_case(seed))
    priced = edited(plain)
    priced.tables["prices"] = [
        {
            "workload": row["workload"],
            "year": row["year"],
            "price_usd_per_mtok": row["value_usd_per_mtok"],
            "kept_share": None,
            "source": row["source"],
        }
        for row in plain.rows("demand")
    ]
    without, charged = (plan_of(case) for case in (plain, priced))
    assert charged.objective_usd == pytest.approx(without.objective_usd, rel=1e-12)
    for name, table in without.tables.items():
        other = charged.tables[name]
        pd.testing.assert_frame_equal(other[list(table.columns)], table, rtol=1e-8, atol=1e-8, obj=name)
    assert charged.economics["users_surplus_usd"].abs().max() <= 1e-9 * charged.economics["revenue_usd"].max()


def _one_tier(case: Case) -> Case:
    """The case with the first tier of each workload alone, and no curves."""
    kept: dict[str, str] = {}
    for row in case.rows("demand"):
        kept.setdefault(str(row["workload"]), str(row["tier"]))
    single = edited(case)
    single.tables["demand"] = [row for row in single.rows("demand") if kept[str(row["workload"])] == row["tier"]]
    for name in ("demand_curves", "research_curves"):
        single.tables[name] = []
    return single


@pytest.mark.parametrize("kind", ["flow", "stock"])
def test_who_sells_nothing_pays_what_is_owed(kind: str) -> None:
    """Of 80 units at 7 USD 0.6 is owed, and nobody asks for a token: 336 USD are paid and nothing is used.

    Bug: supply that nothing uses is bought instead; the part of a dollar that a flow's annuity has is paid in cash.
    """
    link = (
        Link("wafer", 40, 2.0, price=7, cost_life=2) if kind == "flow" else Link("wafer", 40, 2.0, price=7, kind=kind)
    )
    case = chain([link], demand=0.0, life=2)
    t = int(num(case.settings["first_year"]))
    case.settings["last_year"] = t
    add(case, "take_or_pay", stage="wafer", supplier="acme", place=GLOBAL, first_year=t, last_year=t, share=0.6)
    add(case, "prices", workload="chat", year=t, price_usd_per_mtok=1)
    add(case, "cash", year=t, raised_usd=500, fixed_cost_usd=11, gap_usd_per_usd=1)
    plan = plan_of(case)
    row = plan.supply.iloc[0]
    assert (row["supplied"], row["unused_usd"]) == (0, pytest.approx(336))
    books = plan.economics.iloc[0]
    assert books["cash_usd"] == pytest.approx(500 - 11 - 336)
    assert books["unused_usd"] == pytest.approx(336)
    assert plan.cost[plan.cost["item"] == UNUSED]["serving_usd"].sum() == pytest.approx(
        336 if kind == "stock" else 168, rel=1e-9
    )
    assert plan.objective_usd == pytest.approx(statement_of(case).solve().objective_usd)
