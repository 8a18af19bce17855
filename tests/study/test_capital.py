"""What so much capital buys: on paper, and the most within it against the independent statement."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from commands import run
from effort import fewer
from generator import FIRST, random_case, write_case
from plants import Link, add, chain, drawn, edited, loaded, one, statement_of, whole
from reference import Statement
from serving import cash, put

import supplychain as sc
from supplychain.report.text.capital import headline, text

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case
    from reference import Label, Terms

    from supplychain.study.capital import Most


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-6)


def chips(**settings: float) -> Case:
    """Wafers for 100 chips at 2 USD each, power for 60 that costs no cash. 30 USD are worth 5 million USD a chip."""
    return chain(
        [Link("wafers", 100.0, price=2.0), Link("power", 60.0, kind="stock", price=1.0)], value=5.0, **settings
    )


def two_workloads() -> Case:
    """Besides chat, worth 5 USD a million tokens, batch is worth 1 USD and a chip serves twice as much of it.

    And a busy year of a chip for research is worth 8,760 USD an hour's dollar.
    """
    case = chips()
    add(case, "workloads", workload="batch", label="Batch", tokens_counted="all")
    add(case, "throughput", accelerator="chip", workload="batch",
        tokens_per_second=2 * float(str(case.tables["throughput"][0]["tokens_per_second"])))  # fmt: skip
    add(case, "demand", workload="batch", tier="all", year=FIRST, demand_ttok=50.0, value_usd_per_mtok=1.0)
    add(case, "research", tier="all", year=FIRST, demand_h100e_years=1000.0, value_usd_per_h100e_hour=1.0)
    return case


def test_a_dollar_more_buys_half_a_chip(tmp_path: Path) -> None:
    """60 USD of wafers make 30 chips, which serve 30. A dollar more serves half as much, worth 2.5 million USD, and
    costs its dollar and half one of power.

    Catches: a worth per cent, or of all capital; a budget that is left as it was; capital that is not cash.
    """
    case = loaded(chips(), tmp_path / "case")
    answer = sc.within_capital(case, 60.0)
    row = one(answer.capital_years)
    assert (row.capital_usd, row.spent_usd) == (60, near(60))
    assert (row.gain_per_usd, row.loss_per_usd) == (near(2.5e6 - 1.5), near(2.5e6 - 1.5))
    assert one(answer.capital_service).served == near(30)
    assert one(answer.capital_limits).stage == "capital"
    assert answer.summary["amount"] == near(30 * 5e6 - 60 - 30)
    free = sc.within_capital(case, 1000.0)
    assert (one(free.capital_years).gain_per_usd, one(free.capital_limits).stage) == (0, "power")
    again = sc.within_capital(answer.case, {FIRST: 80.0})
    assert one(again.capital_service).served == near(40)
    assert one(sc.within_capital(answer.case).capital_service).served == near(30)


MOST: dict[Most | None, tuple[dict[str, float], float, float]] = {
    None: ({"chat": 30, "batch": 0, "research": 0}, 30 * 5e6 - 90, 2.5e6 - 1.5),
    "value": ({"chat": 30, "batch": 0, "research": 0}, 30 * 5e6, 2.5e6),
    "tokens": ({"chat": 5, "batch": 50, "research": 0}, 55, 0.5),
    "research": ({"chat": 0, "batch": 0, "research": 30}, 30, 0.5),
}
"""Of each objective what is served, how much there is of it, and what a dollar more adds."""


@pytest.mark.parametrize("most", MOST)
def test_each_objective_serves_what_it_asks_for(most: Most | None, tmp_path: Path) -> None:
    """30 chips. Tokens: 25 serve all of batch, 5 chat. Catches: an objective under another's name, in another unit."""
    served, amount, dollar = MOST[most]
    answer = sc.within_capital(loaded(two_workloads(), tmp_path / "case"), 60.0, most=most)
    found = dict(zip(answer.capital_service["workload"], answer.capital_service["served"], strict=True))
    assert found == {w: near(x) if x else pytest.approx(0, abs=1e-9) for w, x in served.items()}
    assert answer.summary["amount"] == near(amount)
    assert one(answer.capital_years).gain_per_usd == near(dollar)
    first = headline(answer)
    assert first.startswith(f"The most {most}: " if most else "The plan of least cost within 60.0 USD of capital")
    assert first in " ".join(text(answer).split())


def test_of_equal_plans_it_is_the_one_of_least_spending(tmp_path: Path) -> None:
    """All 30 that are asked for are served within 100 USD: 60 are spent. Catches: capital spent because it is there."""
    case = chips()
    case.tables["demand"][0]["demand_ttok"] = 30.0
    answer = sc.within_capital(loaded(case, tmp_path / "case"), 100.0, most="tokens")
    row = one(answer.capital_years)
    assert (row.spent_usd, row.gain_per_usd, row.loss_per_usd) == (near(60), 0, 0)
    assert one(answer.capital_limits).stage == "demand"


def test_a_joint_set_is_named(tmp_path: Path) -> None:
    """Wafers and power for 60 each bind together, and capital does not. Catches `demand` where two limits do bind."""
    case = chips()
    for row in case.rows("capacity"):
        row["capacity"] = 60.0
    answer = sc.within_capital(loaded(case, tmp_path / "case"), 1000.0, most="tokens")
    assert (one(answer.capital_limits).stage, one(answer.capital_limits).gain_per_pct) == ("power + wafers", near(0.6))


def goal(lp: Statement, most: Most) -> Terms:
    """What is to be most, as a cost: of value what users find tokens worth, whatever they are charged."""
    counted = {"tokens": {"serve"}, "research": {"research"}, "value": {"serve", "research"}}[most]
    n = lp.numbers

    def worth(x: Label, usd: float) -> float:
        if x[0] != "serve":
            return usd
        return -n.value.price((str(x[1]), str(x[2])), int(x[3])) * 1e6 * n.delta(int(x[3]))

    return {x: (worth(x, usd) if most == "value" else -1.0) if x[0] in counted else 0.0 for x, usd in lp.cost.items()}


SEEDS = [0, 14, 22, 3, 5, 7, 9, 11, 13, 17]


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", SEEDS[: fewer(len(SEEDS), 4)])
def test_no_plan_does_more(seed: int, tmp_path: Path) -> None:
    """Within half of what the plan of the case spends in each year: no plan of the other LP does more, and none that
    does as much spends less; a dollar more and less adds and takes what lies between re-solves.

    Catches: a plan that is not the best; capital that is not kept; spending that is not least; a price of one side.
    """
    most: Most = ("tokens", "value", "research")[seed % 3]
    case = whole(random_case(seed))
    spent = drawn(seed).plan.capital.groupby("year")["usd"].sum().to_dict()
    caps = {int(t): 0.5 * usd for t, usd in spent.items() if usd > 0}
    answer = sc.within_capital(loaded(case, tmp_path / "case"), caps, most=most)
    lp = statement_of(case)
    for t, usd in caps.items():
        put(lp, ("budget", t), dict(cash(lp, t)), usd)
    spending = {x: 0.0 if x[0] in {"serve", "research"} else usd for x, usd in lp.cost.items()}
    lp.cost, lp.constant = goal(lp, most), 0.0
    best = lp.solve()
    amount = float(answer.summary["amount"])
    assert amount == pytest.approx(-best.objective_usd, rel=1e-7, abs=1e-9)
    rows = {int(r.year): r for r in answer.capital_years.itertuples()}
    for t, cap in caps.items():
        step = 0.01 * cap
        up, down = (abs(lp.solve({("budget", t): x}).objective_usd - best.objective_usd) / step for x in (step, -step))
        discount = lp.numbers.delta(t) if most == "value" else 1.0
        gain, loss = rows[t].gain_per_usd * discount, rows[t].loss_per_usd * discount
        least = 1e-6 * max(amount, 1e-9) / cap
        assert up - least <= gain <= loss + least
        assert math.isinf(loss) or loss <= down + least
        assert rows[t].spent_usd <= cap * (1 + 1e-9)
    put(
        lp,
        ("as much",),
        {x: c for x, c in lp.cost.items() if c} or {next(iter(lp.cost)): 0.0},
        best.objective_usd * (1 - 1e-9),
    )
    lp.cost = spending
    cheapest = Statement(lp.numbers)
    cheapest.cost, cheapest.rows, cheapest.rhs, cheapest.equalities = spending, lp.rows, lp.rhs, lp.equalities
    assert answer.summary["cost_usd"] == pytest.approx(cheapest.solve().objective_usd, rel=1e-6)


def test_limits_by_year(tmp_path: Path) -> None:
    """Catches: a year without a limit that has one, or one for all; a report that hides that there is none."""
    plant = edited(chips(life=1), last_year=FIRST + 2)
    plant.tables["capacity"][0]["capacity"] = 60.0  # more could wait for the year after
    case = loaded(plant, tmp_path / "case")
    answer = sc.within_capital(case, [f"{FIRST}: 60, {FIRST + 2}: 40"])
    served = dict(zip(answer.capital_service["year"], answer.capital_service["served"], strict=True))
    assert served == {FIRST: near(30), FIRST + 1: near(60), FIRST + 2: near(20)}
    assert answer.capital_years["capital_usd"].isna().tolist() == [False, True, False]
    assert f"No limit on capital: {FIRST + 1}." in text(answer)


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    """Bug: a table or a fact that the schema does not have; an answer that is taken for another kind."""
    answer = sc.within_capital(loaded(two_workloads(), tmp_path / "case"), 60.0, most="tokens")
    answer.write(tmp_path / "answer")
    back = sc.read_answer(tmp_path / "answer", "capital")
    assert back.tables.keys() == answer.tables.keys()
    assert back.summary["capital_usd"] == {str(FIRST): 60.0}
    assert "<b>The most tokens" in answer._repr_html_()


def test_what_is_not_valid_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one message, with status 2, and nothing is written. Bug: a traceback; a year that is quietly left out."""
    folder = str(write_case(chips(), tmp_path / "case"))
    for words, said in (
        (["--capital", "-5"], "must be 0 USD or more, and finite"),
        (["--capital", "nan"], "must be 0 USD or more, and finite"),
        (["--capital", "60%"], "'60%'; must be USD, or a year and USD, as 200e9 or 2027: 200e9"),
        (["--capital", ""], "must be USD, or a year and USD"),
        (["--capital", "1999: 5, 2e3"], f"1999 is not reported; must be from {FIRST} to {FIRST}"),
        (["--capital", f"{FIRST}: 5", "--capital", f"{FIRST}: 6"], f"{FIRST} has a limit already"),
        (["--most", "tokens"], "the case has no budget in a reported year; give one, as 200e9"),
        (["--most", "money", "--capital", "5"], "'money' is not one of"),
        (["--most", "tokens", "--capital", "5", "--foresight", "1"], "must be perfect foresight"),
    ):
        status, printed, complained = run(capsys, "seek", folder, *words, "--out", str(tmp_path / "answer"))
        assert (status, printed) == (2, ""), words
        assert said in complained
    assert not (tmp_path / "answer").exists()
    with pytest.raises(ValueError, match="most: 'money'; must be one of tokens, value, research"):
        sc.within_capital(sc.load(folder), 5.0, most="money")  # type: ignore[arg-type]


def test_limited_foresight_has_the_last_word(tmp_path: Path) -> None:
    """Who sees one year spends as much as is there in it. Catches tables of the first window alone."""
    case = loaded(edited(chips(life=1), last_year=FIRST + 1), tmp_path / "case").with_foresight(1)
    answer = sc.within_capital(case, 60.0)
    assert answer.capital_service["served"].tolist() == [near(30), near(30)]
    assert answer.capital_years["gain_per_usd"].tolist() == [near(2.5e6 - 1.5)] * 2
