"""`inputs/neocloud`: loans, minimums, leases and rents, against arithmetic of a few lines."""

from __future__ import annotations

from functools import cache

import pytest
import reference
from paths import INPUTS

import supplychain as sc
from supplychain.case.scenarios import scenarios_of

pytestmark = pytest.mark.unmeasured

CASE = INPUTS / "neocloud"
YEARS = range(2026, 2032)
HOURS = 8760 * 0.9
"""Hours of a GPU that are paid for in a year; half in the first."""
SIGNED, RUBIN = 60_000, 40_000


@cache
def plan(*scenarios: str, late: bool = False) -> sc.Plan:
    """Return the plan under some scenarios; if they are known `late`, orders of 2026 and 2027 are those of the case."""
    case = sc.what_if(CASE, scenarios, ()).case if scenarios else sc.load(CASE)
    return sc.solve(case, orders_from=plan(), until=2027) if late else sc.solve(case)


def books(column: str, *scenarios: str, late: bool = False) -> list[float]:
    return [float(x) for x in plan(*scenarios, late=late).economics[column]]


def built(of: sc.Plan) -> dict[str, float]:
    return {str(a): float(x) for a, x in of.builds.groupby("accelerator")["built"].sum().items()}


def payment(loan: float, years: int, rate: float = 0.10) -> float:
    """Return the equal payment of each year that repays a loan."""
    return loan * rate / (1 - (1 + rate) ** -years)


def test_both_statements_agree() -> None:
    """The objective, and cash of every year, are those of the second statement.

    Catches: a case that the package reads otherwise than its tables say.
    """
    other = reference.build(reference.load(CASE)).solve()
    assert plan().objective_usd == pytest.approx(other.objective_usd, rel=1e-6)
    assert sum(other.values["gap", t] for t in range(2026, 2034)) == pytest.approx(0, abs=1)


def test_loans_are_repaid_with_interest() -> None:
    """What is raised is loans less their equal payments at 10 %: 2.0 bn over four years, 3.1 and 3.2 bn over five.

    Catches: a payment too many, or one without interest.
    """
    old, first, second = payment(2000, 4), payment(3100, 5), payment(3200, 5)
    by_hand = [3100 - old, 3200 - old - first, *[-old - first - second] * 2, *[-first - second] * 2]
    assert books("raised_usd") == pytest.approx([1e6 * x for x in by_hand], abs=1e5)
    rows = {row["year"]: row for row in sc.load(CASE).tables["cash"]}
    assert rows[2032]["raised_usd"] == pytest.approx(-1e6 * second, abs=1e5)
    assert rows[2033]["raised_usd"] == 0


def test_income_of_minimums_comes_whatever_is_served() -> None:
    """Staff less the minimums of 0.5 bn in 2026 and 2027: below 0, and in the operating result.

    Catches: a negative fixed cost that is cut off at 0, or counted as revenue.
    """
    assert books("fixed_cost_usd") == pytest.approx([1e6 * x for x in (-200, -150, 400, 420, 440, 460)])
    table = plan().economics
    cost = table["serving_cost_usd"] + table["research_cost_usd"]
    assert books("operating_usd") == pytest.approx((table["kept_usd"] - cost - table["fixed_cost_usd"]).to_list())


def test_revenue_of_2026_on_paper() -> None:
    """H100 at 2.35 all year, GB300 half a year, 60,000 at 3.96 and what finds a hall at 5.0; halls are full.

    Sensitivity: with 10^6 tokens a second in place of an hour, 3,600 times as much.
    Catches: a nominal throughput that is not 10^6 tokens per GPU-hour.
    """
    rest = (240 - 60_000 * 0.00173) / 0.0021 - SIGNED
    assert built(plan())["gb300"] == pytest.approx(rest)
    paid = HOURS * (60_000 * 2.35 + 0.5 * (SIGNED * 3.96 + rest * 5.0))
    assert books("revenue_usd")[0] == pytest.approx(paid, rel=1e-9)


def test_what_a_dollar_raised_is_worth() -> None:
    """One more Rubin for the market over the cash that it takes in 2027: 19,680 / 91,407 = 0.2153, as the page says.

    Sensitivity: were a chip not written off in advance, 1.1 times its price, 0.342.
    Catches: a worth in money of another year, or of objective units.
    """
    rents = (8.5, 7.055, 5.856, 4.860, 4.034, 3.348)
    earned = [HOURS * rent * (0.5 if n == 0 else 1) for n, rent in enumerate(rents)]
    running = 0.53e6 * 0.00283 + 2320
    lease, deposit, chip = 1.5e6 * 0.00283, 0.3e6 * 0.00283, 108_000 + 8_000

    def present(amount: float, years: int) -> float:
        return sum(amount * 1.1**-n for n in range(years))

    written_off = 0.1 / (1 - 1.1**-10) * present(deposit, 7) * 1.1
    worth = sum(x * 1.1**-n for n, x in enumerate(earned))
    worth -= present(running, 6) + present(lease, 7) + written_off + 1.1 * chip
    cash = chip + lease + running + deposit - earned[0]
    assert (worth, cash) == pytest.approx((19_680, 91_407), abs=1)
    gains = books("gain_usd_per_usd")
    assert gains[1] == pytest.approx(worth / cash, rel=1e-6)
    assert gains[0] == pytest.approx(worth / cash / 1.1, rel=1e-6)
    assert gains[2:] == [0, 0, 0, 0]


def test_no_year_has_a_gap_and_2027_has_no_cash_to_spare() -> None:
    """Catches: a change of an input after which the page tells another story."""
    assert books("gap_usd") == pytest.approx([0] * 6, abs=1)
    cash = books("cash_usd")
    assert cash[1] == pytest.approx(0, abs=1)
    assert [round(x / 1e9, 2) for x in cash] == [0.50, 0.00, 1.81, 3.18, 4.71, 5.20]
    assert [round(x / 1e9, 2) for x in books("operating_usd")] == [0.27, 0.73, 1.32, 1.05, 0.90, -0.14]


@pytest.mark.parametrize(("name", "fall"), [("rents_fall_20", 0.2), ("rents_fall_40", 0.4)])
def test_lower_rents_open_a_gap_for_who_did_not_know(name: str, fall: float) -> None:
    """Cash of 2027 is used up, so the gap is what going rents bring less; who knew buys nothing for the market.

    Catches: rents of contracts that fall, too; orders that are not locked in.
    """
    rubin = built(plan())["vr200"]
    at_going_rates = HOURS * (60_000 * 1.95 + built(plan())["gb300"] * 4.15 + 0.5 * rubin * 8.5)
    late = books("gap_usd", name, late=True)
    assert late[1] == pytest.approx(fall * at_going_rates, rel=1e-3)
    assert [late[0], *late[2:]] == pytest.approx([0] * 5, abs=1)
    assert books("gap_usd", name) == pytest.approx([0] * 6, abs=1)
    assert set(built(plan(name))) == {"gb300_signed", "vr200_signed"}


def test_a_customer_that_cuts_pays_its_minimum() -> None:
    """Half of the hours at 3.96 are lost, three tenths are paid as income that comes whatever is served.

    Catches: a minimum that is counted on top of hours that are used.
    """
    full = SIGNED * HOURS * 3.96
    fixed = [a - b for a, b in zip(books("fixed_cost_usd", "customer_cuts"), books("fixed_cost_usd"), strict=True)]
    assert fixed == pytest.approx([0, 0, *[-0.3 * full] * 3, 0], rel=1e-6, abs=1)
    late = plan("customer_cuts", late=True)
    served = late.service_by_workload.set_index(["year", "workload"])["served_ttok"]
    assert served[2028, "gb300_signed"] == pytest.approx(0.5 * SIGNED * HOURS / 1e6)
    assert books("gap_usd", "customer_cuts", late=True) == pytest.approx([0] * 6, abs=1)


def test_a_customer_that_fails_costs_the_difference_of_rents() -> None:
    """Its hours go at 3.444, 2.859 and 2.373 in place of 3.96 USD: 0.24, 0.52 and 0.75 bn a year less, and no gap.

    Catches: a failure that leaves the minimum, or idles the chips.
    """
    lost = [SIGNED * HOURS * (3.96 - rent) for rent in (3.444, 2.859, 2.373)]
    was, then = books("operating_usd"), books("operating_usd", "customer_fails", late=True)
    assert [a - b for a, b in zip(was, then, strict=True)] == pytest.approx([0, 0, *lost, 0], rel=5e-3, abs=1)
    assert books("gap_usd", "customer_fails", late=True) == pytest.approx([0] * 6, abs=1)


def test_chips_that_last_four_years_open_gaps_at_the_end() -> None:
    """GB300 of 2026 are gone in 2030 and Rubin of 2027 in 2031, a year before their contracts end: damages are owed.

    Catches: a life that moves the write-off alone, or the other way round.
    """
    short = plan("chips_last_four", late=True).commitments_kept.set_index(["commitment", "year"])["shortfall"]
    assert short["gb300_contract", 2030] == pytest.approx(SIGNED)
    assert short["vr200_contract", 2031] == pytest.approx(RUBIN)
    assert short["gb300_contract", 2029] == pytest.approx(0, abs=1e-6)
    gaps = books("gap_usd", "chips_last_four", late=True)
    assert gaps[5] > 2.5e9
    assert sum(gap > 1e6 for gap in books("gap_usd", "chips_last_four")) == 3


def test_without_the_second_loan_what_is_signed_is_still_bought() -> None:
    """Who did not know misses the whole loan. Who knew buys no Rubin for the market, and misses 2.3 bn.

    Catches: a gap that is repaid, or a loan whose payments stay.
    """
    assert books("gap_usd", "no_second_loan", late=True)[1] == pytest.approx(3.2e9, rel=1e-6)
    assert books("gap_usd", "no_second_loan")[1] == pytest.approx(2.306e9, abs=1e6)
    assert built(plan("no_second_loan"))["vr200_signed"] == pytest.approx(RUBIN)
    assert "vr200" not in built(plan("no_second_loan"))


MOVES = {
    "rents_fall_20": "revenue_usd",
    "rents_fall_40": "revenue_usd",
    "customer_cuts": "fixed_cost_usd",
    "customer_fails": "revenue_usd",
    "chips_last_four": "operating_usd",
    "no_second_loan": "raised_usd",
    "loans_at_13": "raised_usd",
    "rubin_late": "capital_usd",
    "halls_late": "revenue_usd",
}


def test_every_scenario_is_here() -> None:
    """Catches: a scenario that is shipped and that nobody solves."""
    assert set(scenarios_of(CASE)) == set(MOVES)


@pytest.mark.parametrize("name", MOVES)
def test_a_scenario_moves_what_its_title_says(name: str) -> None:
    """Each scenario solves, moves its column, and is worse for the firm: cash at the end is less, or money is missing.

    Catches: an edit that matches nothing that counts, or has the wrong sign.
    """
    assert books(MOVES[name], name) != pytest.approx(books(MOVES[name]), rel=1e-4)
    worse = books("cash_usd", name)[-1] < books("cash_usd")[-1]
    assert worse or max(books("gap_usd", name)) > 1e6


def test_interest_of_13_per_cent_on_paper() -> None:
    """Catches: payments of a loan at another rate than the scenario says."""
    more = [
        payment(3100, 5, 0.13) - payment(3100, 5),
        payment(3100, 5, 0.13) + payment(3200, 5, 0.13) - payment(3100, 5) - payment(3200, 5),
    ]
    paid = [b - a for a, b in zip(books("raised_usd", "loans_at_13"), books("raised_usd"), strict=True)]
    assert paid == pytest.approx([0, 1e6 * more[0], *[1e6 * more[1]] * 4], abs=2e5)
