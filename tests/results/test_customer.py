"""`inputs/customer`: an own fleet beside APIs, and a contract for seats, against arithmetic of one line."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest
import reference
from paths import INPUTS

import supplychain as sc
from supplychain.case.scenarios import scenarios_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unmeasured

CASE = INPUTS / "customer"
YEARS = (2026, 2027, 2028, 2029)
API = {2026: 1.24, 2027: 0.992, 2028: 0.7936, 2029: 0.63488}
"""USD per million tokens."""
RENT = {2026: 20_586, 2027: 17_086, 2028: 14_182, 2029: 11_771}
"""USD a year."""
UPKEEP = 900
MTOK = 2300 * 31_536_000 / 1e6
"""Million tokens that an H100 serves in a year in which it is always busy."""
BUSY = 0.25
SEATS, MONTHLY, COMMITTED = (1.0, 1.0, 0.3), 1500, 1200


def own(year: int, busy: float = BUSY, mtok: float = MTOK) -> float:
    """Return what the own fleet costs [USD per million tokens]."""
    return (RENT[year] + UPKEEP) / (mtok * busy)


def worth_of_the_contract(list_prices: tuple[float, ...] = (1, 1, 1), rate: float = 0.1) -> float:
    """Return the price of a seat-year under the contract at which it costs as much as seats by the month."""
    by_month = sum(u * p / (1 + rate) ** n for n, (u, p) in enumerate(zip(SEATS, list_prices, strict=True)))
    return MONTHLY * by_month / sum((1 + rate) ** -n for n in range(3))


@cache
def plan(*scenarios: str) -> sc.Plan:
    case = sc.what_if(CASE, scenarios, ()).case if scenarios else sc.load(CASE)
    return sc.solve(case, supplier_prices=True, indifference=[("own_gpus", "neocloud", None)])


def gpus(of: sc.Plan) -> dict[int, float]:
    """Return how many GPUs are rented by the year."""
    rows = of.supply[(of.supply["stage"] == "own_gpus") & (of.supply["supplier"] == "neocloud")]
    return dict(zip(rows["year"], rows["supplied"], strict=True))


def multiple(of: sc.Plan, stage: str, supplier: str) -> float:
    rows = of.supplier_prices
    rows = rows[(rows["stage"] == stage) & (rows["supplier"] == supplier)]
    return float(rows["indifference"].dropna().iloc[0])


def price(of: sc.Plan, column: str, stage: str, supplier: str, year: int) -> float:
    rows = of.supplier_prices
    rows = rows[(rows["stage"] == stage) & (rows["supplier"] == supplier) & (rows["year"] == year)]
    return float(rows[column].iloc[0])


def paid(of: sc.Plan) -> dict[int, float]:
    """Return what is paid in each year [USD]."""
    cost = of.cost.assign(usd=lambda t: t["serving_usd"] + t["research_usd"])
    return {int(t): float(usd) for t, usd in cost.groupby("year")["usd"].sum().items()}


def test_both_statements_agree() -> None:
    """Catches: a case that the package reads otherwise than its tables say."""
    other = reference.build(reference.load(CASE)).solve()
    assert plan().objective_usd == pytest.approx(other.objective_usd, rel=1e-6)


def test_the_own_fleet_serves_while_it_is_cheaper() -> None:
    """Easy work is done by whichever is cheaper in the year, hard work by the API, at the cost of each.

    Sensitivity: were the common busy share of 1 the fleet's, a quarter of the GPUs would run, in every year.
    Catches: a busy share of another accelerator; prices of a unit that are off by a factor.
    """
    easy = dict(zip(YEARS, (28, 42, 63, 94.5), strict=True))
    hard = dict(zip(YEARS, (12, 18, 27, 40.5), strict=True))
    seats = dict(zip(YEARS, (6e6, 6e6, 6e6, 2.25e6), strict=True))
    for t in YEARS:
        cheaper = own(t) < API[t]
        assert cheaper == (t <= 2027)
        assert gpus(plan())[t] == pytest.approx(easy[t] * 1e6 / (MTOK * BUSY) if cheaper else 0)
        tokens = 1e6 * (easy[t] * min(own(t), API[t]) + hard[t] * API[t])
        assert paid(plan())[t] == pytest.approx(tokens + seats[t], rel=1e-9)


def test_where_the_fleet_and_the_api_change_places() -> None:
    """In 2028 the fleet enters at the rent at which its token costs 0.794, and the API leaves at 0.832 USD per million.

    Catches: a price that is not that of a unit, or a margin without upkeep.
    """
    assert own(2028) == pytest.approx(0.832, abs=5e-4)
    enters = price(plan(), "enters_at_usd", "own_gpus", "neocloud", 2028)
    assert enters == pytest.approx(API[2028] * MTOK * BUSY - UPKEEP, rel=1e-8)
    leaves = price(plan(), "leaves_at_usd", "frontier_tokens", "lab", 2028)
    assert leaves == pytest.approx(1e6 * own(2028), rel=1e-8)
    assert price(plan(), "leaves_at_usd", "own_gpus", "neocloud", 2027) == pytest.approx(17_088.13, abs=0.01)


@pytest.mark.parametrize(("year", "share"), [(2026, 0.2389), (2028, 0.2620)])
def test_the_busy_share_at_which_an_own_fleet_pays(year: int, share: float) -> None:
    """Just above the share the fleet runs in that year, just below it does not: 23.9 % in 2026, as on paper.

    Sensitivity: without upkeep 22.9 %.
    Catches: a share that is rounded, or that acts on the API as well.
    """
    even = (RENT[year] + UPKEEP) / (MTOK * API[year])
    assert even == pytest.approx(share, abs=5e-5)
    for factor, runs in ((1 - 1e-4, False), (1 + 1e-4, True)):
        edit = f"operations.utilisation[accelerator=own_h100] = {even * factor!r}"
        assert (gpus(sc.solve(sc.what_if(CASE, (), [edit]).case))[year] > 0) == runs


def test_what_an_own_token_costs_when_it_is_idle_or_busy() -> None:
    """0.54, 1.19 and 2.96 USD per million at 55, 25 and 10 % busy; even with 1.24, 0.81 and 0.09 as the page says.

    Catches: numbers of the README that are of another case.
    """
    assert [own(2026, u) for u in (0.55, 0.25, 0.10)] == pytest.approx([0.54, 1.19, 2.96], abs=0.006)
    even = [[(RENT[2026] + UPKEEP) / (k * 31.536 * p) for k in (1850, 2300, 2860)] for p in (1.24, 0.81, 0.09)]
    assert even[0] == pytest.approx([0.297, 0.239, 0.192], abs=5e-4)
    assert even[1] == pytest.approx([0.455, 0.366, 0.294], abs=5e-4)
    assert min(even[2]) > 1


def test_the_discount_at_which_the_contract_pays(tmp_path: Path) -> None:
    """21.1 % at 10 % a year, 23.3 % undiscounted; 31.1 % where seats by the month fall by 20 % a year.

    Sensitivity: were what is not used owed in no year, any discount would pay; were all of it paid in 2028, 13.0 %.
    Catches: what is owed that falls due in the wrong year, or is left out of the multiple.
    """
    at = COMMITTED * multiple(plan(), "seats", "committed")
    assert at == pytest.approx(worth_of_the_contract(), rel=1e-5)
    assert 1 - at / MONTHLY == pytest.approx(0.2115, abs=5e-5)

    folder = shutil.copytree(CASE, tmp_path / "undiscounted")
    settings = (folder / "case.toml").read_text(encoding="utf-8").replace("= 0.10", "= 0.0")
    (folder / "case.toml").write_text(settings, encoding="utf-8")
    at = COMMITTED * multiple(sc.solve(sc.load(folder)), "seats", "committed")
    assert at == pytest.approx(worth_of_the_contract(rate=0.0), rel=1e-5)
    assert 1 - at / MONTHLY == pytest.approx(0.2333, abs=5e-5)

    at = COMMITTED * multiple(plan("seat_price_war"), "seats", "committed")
    assert at == pytest.approx(worth_of_the_contract((1, 0.8, 0.64)), rel=1e-5)
    assert 1 - at / MONTHLY == pytest.approx(0.3106, abs=5e-5)


def test_who_may_sign_for_less_signs_for_what_is_used_to_the_end() -> None:
    """1,500 of 5,000 seats: the others would be used in two of three years, and pay above 30.2 %.

    Catches: a minimum that what is signed for does not raise.
    """
    orders = plan("sign_as_needed").orders
    assert orders["amount"].to_list() == pytest.approx([1500])
    assert plan("sign_as_needed").objective_usd < plan().objective_usd
    unused = plan("sign_as_needed").supply["unused_usd"].fillna(0)
    assert unused.to_list() == pytest.approx([0] * len(unused), abs=1e-3)


OWN_FLEET = {
    "busy_fleet": {2026, 2027, 2028, 2029},
    "idle_fleet": set(),
    "cheaper_api": set(),
    "hosted_open": set(),
    "realised_throughput": set(),
    "cached_context": {2026, 2027, 2028, 2029},
    "rents_up": set(),
    "three_year_gpus": {2026, 2027},
    "sign_as_needed": {2026, 2027},
    "seat_price_war": {2026, 2027},
}
"""The years in which GPUs are rented by the year."""


def test_every_scenario_is_here() -> None:
    """Catches: a scenario that is shipped and that nobody solves."""
    assert set(scenarios_of(CASE)) == set(OWN_FLEET)


@pytest.mark.parametrize("name", OWN_FLEET)
def test_a_scenario_moves_what_its_title_says(name: str) -> None:
    """Each scenario solves, and turns the fleet on or off as its arithmetic says.

    Catches: an edit that matches other rows than it was written for.
    """
    found = plan(name)
    assert {t for t, amount in gpus(found).items() if amount > 0} == OWN_FLEET[name]
    assert found.objective_usd != pytest.approx(plan().objective_usd, rel=1e-6)


def test_what_scenarios_are_worth_to_the_fleet() -> None:
    """By hand: the fleet against a hosted model is worth nothing above 3.6 % of its rents; signed GPUs above 1.52.

    Catches: a multiple that leaves out upkeep, or years after the contract.
    """
    hosted = max((p * MTOK * BUSY - UPKEEP) / RENT[t] for t, p in ((2026, 0.09), (2027, 0.072), (2028, 0.0576)))
    assert multiple(plan("hosted_open"), "own_gpus", "neocloud") == pytest.approx(hosted, rel=1e-5)
    api = API[2028] * MTOK * BUSY - UPKEEP
    worth = (RENT[2026] + RENT[2027] / 1.1 + api / 1.21) / (1 + 1 / 1.1 + 1 / 1.21)
    assert multiple(plan("three_year_gpus"), "own_gpus", "three_years") == pytest.approx(worth / 11_388, rel=1e-5)
