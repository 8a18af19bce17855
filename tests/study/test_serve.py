"""The cheapest way to serve more: on paper, and against the independent statement of the same question."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from commands import run
from effort import fewer, one_in
from generator import FIRST, random_case, write_case
from paths import BASE
from plants import (
    Link,
    add,
    add_stage,
    add_supplier,
    chain,
    edited,
    half_of_packaging,
    loaded,
    one,
    statement_of,
    whole,
)
from reference import UnsolvedError, build, load
from serving import BUDGET, BUILD, RAMP, SHORT, STAGE, Serving

import supplychain as sc
from supplychain.report.text.serve import headline, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from generator import Case, Row
    from reference import Label, Statement


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-6)


def found(case: Case, folder: Path, *required: str, **more: object) -> sc.Served:
    """Write, load and ask."""
    return sc.serve(loaded(case, folder / "case"), required, **more)  # type: ignore[arg-type]


def one_of(case: Case, table: str, **key: str) -> Row:
    """Return the only row of a table with these cells, to be changed."""
    (row,) = (r for r in case.rows(table) if key.items() <= r.items())
    return row


def wafers_and_power(**settings: float) -> Case:
    """Wafers for 40 chips at 2 USD, power for 60 at 1 USD; 100 are asked for, at 5 USD per million tokens.

    Ten wafers more may be ordered for 3 USD each, at once; power has an option of 4 USD a unit that allows for nothing.
    """
    case = chain(
        [Link("wafers", 40.0, price=2.0), Link("power", 60.0, kind="stock", price=1.0)],
        demand=100.0,
        value=5.0,
        **settings,
    )
    for s, most, capex in (("wafers", 10, 3.0), ("power", 0, 4.0)):
        add(case, "expansion", stage=s, supplier="acme", place="global", year=FIRST, max_expansion=most,
            capex_usd_per_unit=capex, lead_years=0)  # fmt: skip
    return case


def test_what_the_case_may_order_goes_before_reliefs(tmp_path: Path) -> None:
    """50 chips are served, ten of them with wafers on order: 60 need ten wafers more, at the price of that option.

    A wafer of 3 USD is written off over ten years, of which the case has one: 0.3, and it is bought for 2, and a unit
    of power for 1: ten chips cost 33 USD more. Beyond 60 they need power, too, at 0.4.
    Catches: a relief where nothing is short; the whole price of capacity in one year; its supply not paid for.
    """
    case = wafers_and_power()
    answer = found(case, tmp_path, f"{FIRST}: +20%")
    row = one(answer.requirements_met)
    assert (row.before_ttok, row.required_ttok, row.served_ttok) == (near(50), near(60), near(60))
    relief = one(answer.reliefs)
    assert (relief.stage, relief.amount, relief.usd, relief.anyway) == ("wafers", near(10), near(30), 0)
    assert (relief.priced_by, relief.needed_by) == ("option of acme", "chip")
    assert answer.summary["cost_usd"] == near(33)
    assert answer.repair.empty
    more = found(case, tmp_path / "more", f"{FIRST}: 70")
    assert dict(zip(more.reliefs["stage"], more.reliefs["amount"], strict=True)) == {
        "wafers": near(20),
        "power": near(10),
    }
    assert more.summary["cost_usd"] == near(20 * 3.3 + 10 * 0.4)
    less = found(case, tmp_path / "less", f"{FIRST}: 45")
    assert less.reliefs.empty
    assert less.summary["cost_usd"] == 0


def test_a_relief_that_pays_is_not_taken_unasked(tmp_path: Path) -> None:
    """Wafers of a dear supplier at 9 USD serve what those at 2 do not; more of the cheap ones would cost 2.3.

    Sensitivity: by spending alone all 20 of the dear ones would be replaced, and the requirement would seem to save.
    Catches: an answer of which most has nothing to do with what is required; `anyway` that is not told apart.
    """
    case = wafers_and_power()
    add_supplier(case, Link("wafers", 20.0), "dear", price=9.0)
    one_of(case, "capacity", stage="power")["capacity"] = 1000.0
    answer = found(case, tmp_path, f"{FIRST}: +10%")
    assert one(answer.reliefs).amount == near(7)
    assert answer.summary["cost_usd"] == near(7 * 3.3)
    freely = found(case, tmp_path / "freely", f"{FIRST}: +10%", any_relief=True)
    relief = one(freely.reliefs)
    assert (relief.amount, relief.anyway) == (near(27), near(20))
    assert freely.summary["anyway_usd"] == near(-20 * (9 - 2.3))
    assert freely.summary["cost_usd"] == near(7 * 3.3 - 20 * (9 - 2.3))


def test_a_factor_prices_reliefs_for_a_year(tmp_path: Path) -> None:
    """Two years; ten chips more in the second at 1.5 times the price of wafers, 3 USD, and these at 2, power at 1.

    Catches: a relief at a factor that stays, that is written off like capacity, or that is priced by an option.
    """
    case = edited(wafers_and_power(life=1), last_year=FIRST + 1)
    for row in case.tables["suppliers"]:
        row["capacity_life_years"] = 1
    answer = found(case, tmp_path, f"{FIRST + 1}: 50", relief_price=1.5)
    relief = one(answer.reliefs)
    assert (relief.year, relief.amount, relief.usd) == (FIRST + 1, near(10), near(30))
    assert relief.priced_by == "1.5 x the dearest price"
    assert answer.summary["cost_usd"] == near(10 * (3 + 2 + 1))


BLOCKED = {
    "demand": (f"{FIRST}: 120", {"demand": 100.0}, 100.0, ("tokens short", 20.0)),
    "ramp": (f"{FIRST}: 60", {"ramp": 30.0}, 30.0, ("ramp", 30.0)),
    "build limit": (f"{FIRST}: 60", {"build limit": 45.0}, 45.0, ("build limit", 15.0)),
    "capacity": (f"{FIRST}: 60", {"capacity": 40.0}, 40.0, ("stage", 20.0)),
    "production": (f"{FIRST}: 60", {"production": 40.0}, 40.0, ("tokens short", 20.0)),
}
"""What stands in the way: what is required, the limit with its amount, the most, and what gives way by how much."""


def blocked_by(kind: str) -> Case:
    """Of wafers for 40 or 50 and power for 60, more of which may be had, with one limit that no relief lifts."""
    case = wafers_and_power()
    chip = one_of(case, "accelerators", accelerator="chip")
    if kind == "ramp":
        chip |= {"ramp_start_units": 30.0, "ramp_growth": 1.0}
    if kind == "build limit":
        add(case, "build_limits", accelerator="chip", year=FIRST, max_units=45.0)
    if kind == "capacity":
        case.tables["expansion"] = [r for r in case.rows("expansion") if r["stage"] != "wafers"]
    if kind == "production":
        chip |= {"first_year": FIRST - 5, "last_year": FIRST - 1}
        add(case, "fleet", accelerator="chip", region="home", installed_year=FIRST - 1, units=40, unit_cost_usd=0)
    return case


@pytest.mark.parametrize("kind", BLOCKED)
def test_what_cannot_be_had_is_named(kind: str, tmp_path: Path) -> None:
    """Each kind of limit alone. Catches a limit of another kind, the most that is served with it, the way out."""
    required, limits, most, (gives_way, amount) = BLOCKED[kind]
    answer = found(blocked_by(kind), tmp_path, required)
    assert not answer.can_be_had
    assert dict(zip(answer.held_back_by["limit"], answer.held_back_by["value"], strict=True)) == {
        name: near(x) for name, x in limits.items()
    }
    assert one(answer.requirements_met).at_most_ttok == near(most)
    row = one(answer.repair)
    assert (row.what, row.amount) == (gives_way, near(amount))
    assert headline(answer).startswith("Cannot be had: ")
    assert "What stands in the way" in text(answer)


def asked_twice(seed: int, folder: Path, text: str, **more: object) -> tuple[sc.Served, Serving]:
    """Ask of a random case, and state the same question independently, beside what the plan of the case serves."""
    case = whole(random_case(seed))
    return both(loaded(case, folder / "case"), lambda: statement_of(case), text, **more)


def both(case: sc.Case, state: Callable[[], Statement], text: str, **more: object) -> tuple[sc.Served, Serving]:
    """Ask of a case whose years are all reported, and state the same question over another statement of it."""
    plan, answer = sc.solve(case), sc.serve(case, text, **more)  # type: ignore[arg-type]
    row = one(answer.requirements_met)
    workload = None if row.workload == "all" else str(row.workload)
    service, research, kept = plan.service, plan.research_service, plan.commitments_kept
    tokens = service.groupby(["workload", "year"])["served_ttok"].sum().to_dict()
    done = research.groupby("year")["served_h100e_years"].sum().to_dict()
    return answer, Serving(
        state,
        {(workload, int(row.year)): float(row.required_ttok)},
        {key: x * (1 - 1e-11) for key, x in tokens.items() if x > 0},
        {t: x * (1 - 1e-11) for t, x in done.items() if x > 0},
        {(r.commitment, int(r.year)): r.shortfall * (1 + 1e-11) for r in kept.itertuples()},
        caps={int(t): usd for t, usd in answer.summary["capital_usd"].items()},
        factor=answer.summary["relief_price"],
        last_served={(r.workload, r.tier, int(r.year)): r.served_ttok for r in service.itertuples()},
    )


def year_of(seed: int) -> int:
    """Return a year of a random case: the second or the third."""
    settings = random_case(seed).settings
    return min(int(str(settings["first_year"])) + 1 + seed % 2, int(str(settings["last_year"])))


PRICED: dict[int, dict[str, object]] = {0: {}, 1: {"any_relief": True}, 2: {"relief_price": 2.0}}
"""Ways to take and to price reliefs, in turn."""

MET = [0, 54, 52, 5, 2, 3, 11, 14, 17, 23, 31, 43, 30, 82]
"""Seeds of which some plan serves more."""
CLASH = [72, 22, 81, 48, 8, 4, 7, 9, 10, 12, 15, 35, 67, 38, 70, 98]
"""Seeds of which none does, with each kind of limit."""


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", MET[: fewer(len(MET), 4)])
def test_the_cheapest_way_is_that_of_the_other_statement(seed: int, tmp_path: Path) -> None:
    """Reliefs cost as little as in the LP of scipy, and with these so does all spending; or all spending at once.

    Catches: a relief that arrives, is written off or draws along otherwise than an expansion; what it needs left out;
    something served less than before; a cost of something else than of what is required.
    """
    more = PRICED[seed % 3]
    answer, other = asked_twice(seed, tmp_path, f"{year_of(seed)}: +{10 + seed % 40}%", **more)
    assert answer.can_be_had
    spent = float(sc.solve(sc.load(tmp_path / "case")).summary["cost_usd"]) + float(answer.summary["cost_usd"])
    if more.get("any_relief"):
        assert spent == pytest.approx(other.least(other.lp.cost, {}), rel=1e-7)
        return
    counted = {label: usd for label, usd, _ in other.reliefs(other.lp)}
    of_reliefs = cost_of(answer, counted)
    least = other.least(other.relief_cost, {})
    assert of_reliefs == pytest.approx(least, rel=1e-6, abs=1e-9 * spent)
    within = {"reliefs": (other.relief_cost, least * (1 + 1e-9) + 1e-12 * spent)}
    assert spent == pytest.approx(other.least(other.lp.cost, within), rel=1e-6)
    assert one(answer.requirements_met).served_ttok >= one(answer.requirements_met).required_ttok * (1 - 1e-9)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", CLASH[: fewer(len(CLASH), 4)])
def test_the_way_out_is_that_of_the_other_statement(seed: int, tmp_path: Path) -> None:
    """No plan of the other LP serves it, what gives way is priced as low there, and so much at most is served.

    Catches: a clash that is none, a way out that costs too much or is none, the most of something else.
    """
    answer, other = asked_twice(seed, tmp_path, f"{year_of(seed)}: +{10 + seed % 40}%", **PRICED[seed % 3])
    assert not answer.can_be_had
    with pytest.raises(UnsolvedError):
        other.least(other.relief_cost, {})
    prices = {label: usd for label, usd, _ in other.gives_way(other.lp)}
    names = {"ramp": RAMP, "build limit": BUILD, "budget": BUDGET}

    def key(r: Any) -> tuple[str | int, ...]:  # noqa: ANN401 - a row of a table
        if r.what == "tokens short":
            return (SHORT, "" if r.item == "all" else r.item, r.year)
        if r.what == "stage":
            return (STAGE, r.item, r.supplier, r.place, r.year)
        return (names[r.what], *([r.item] if r.item else []), r.year)

    priced = math.fsum(r.amount * prices[key(r)] for r in answer.repair.itertuples())
    least = other.least(other.price, {}, gives_way=True)
    assert priced == pytest.approx(least, rel=1e-6)
    before = float(sc.solve(sc.load(tmp_path / "case")).summary["cost_usd"])
    within = {"price": (other.price, least * (1 + 1e-9))}
    if not PRICED[seed % 3].get("any_relief"):
        reliefs = other.least(other.relief_cost, within, gives_way=True)
        within["reliefs"] = (other.relief_cost, reliefs * (1 + 1e-9) + 1e-9 * before)
    spent = before + float(answer.summary["cost_usd"])
    assert spent == pytest.approx(other.least(other.lp.cost, within, gives_way=True), rel=1e-6)
    ((workload, t),) = other.required
    for row in [row for row in other.lp.rows if row[0] == "required"]:
        del other.lp.rows[row], other.lp.rhs[row]
    tokens = {x: -1.0 if x[0] == "serve" and x[3] == t and workload in {None, x[1]} else 0.0 for x in other.lp.cost}
    assert one(answer.requirements_met).at_most_ttok == pytest.approx(-other.least(tokens, {}), rel=1e-6)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", [2, 5, 14][: fewer(3, 3)])
def test_the_least_cost_of_reliefs_switched_on_and_off(seed: int, tmp_path: Path) -> None:
    """A mixed-integer program that may have each relief or not costs as little.

    Catches a set of reliefs to which another is cheaper, one that a solver of LPs would not show.
    """
    answer, other = asked_twice(seed, tmp_path, f"{year_of(seed)}: +{10 + seed % 40}%")
    counted = {label: usd for label, usd, _ in other.reliefs(other.lp)}
    cost = cost_of(answer, counted)
    assert cost == pytest.approx(other.least_by_switches(other.relief_cost), rel=1e-4)


def test_of_all_sets_of_reliefs_the_one_that_serves_is_found(tmp_path: Path) -> None:
    """Ten chips more need wafers and power: of the four sets of reliefs that may be had, only that of both serves them.

    Catches a relief that is taken where its stage has no price, or left out where it is needed.
    """
    case = wafers_and_power()
    one_of(case, "capacity", stage="power")["capacity"] = 50.0
    costs = {}
    for kept in product([False, True], repeat=2):
        some = edited(case)
        stages = [s for s, is_kept in zip(("wafers", "power"), kept, strict=True) if is_kept]
        for row in some.rows("expansion"):
            row["capex_usd_per_unit"] = row["capex_usd_per_unit"] if row["stage"] in stages else 0.0
        answer = found(some, tmp_path / "-".join(["set", *stages]), f"{FIRST}: 60")
        costs[kept] = float(answer.summary["cost_usd"]) if answer.can_be_had else math.inf
    assert {kept for kept, usd in costs.items() if usd < math.inf} == {(True, True)}
    assert costs[True, True] == near(10 * (0.3 + 2 + 0.4 + 1))


def test_several_at_once_and_capital(tmp_path: Path) -> None:
    """50 chips need 100 USD of wafers and 30 of options. 60 in all within 140 USD: ten wafers of 2, and 3 more each.

    So 50 USD are short of what the wafers and reliefs cost: 130 + 50 - 140. Two requirements of one year, for all and
    for the only workload, are short or met together.
    Catches: a cap that binds spending that is no cash; reliefs that take no cash; only the first requirement asked.
    """
    case = wafers_and_power()
    answer = found(case, tmp_path, f"{FIRST}: 60", f"{FIRST}, chat: 55", capital=140.0)
    assert not answer.can_be_had
    row = one(answer.repair)
    assert (row.what, row.amount, row.usd) == ("budget", near(40), near(40))
    limits = dict(zip(answer.held_back_by["limit"], answer.held_back_by["value"], strict=True))
    assert limits["budget"] == near(140)
    enough = found(case, tmp_path / "enough", f"{FIRST}: 60", f"{FIRST}, chat: 55", capital={FIRST: 180.0 + 1e-6})
    assert enough.can_be_had
    both = found(case, tmp_path / "both", f"{FIRST}: 120", f"{FIRST}, chat: 110")
    assert dict(zip(both.repair["item"], both.repair["amount"], strict=True)) == {"all": near(20), "chat": near(10)}


def test_one_more_costs_what_a_solve_says(tmp_path: Path) -> None:
    """Catches a price of one more that is another year's, or of what is required less. By re-solves, a little more."""
    case = wafers_and_power()
    one_of(case, "expansion", stage="wafers")["max_expansion"] = 1000.0
    answer, more = (found(case, tmp_path / str(x), f"{FIRST}: {x}") for x in (58.0, 58.5))
    rise = float(more.summary["cost_usd"]) - float(answer.summary["cost_usd"])
    assert one(answer.requirements_met).marginal_usd_per_mtok == near(rise / 0.5 / 1e6)


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    """Bug: a table or a fact that the schema does not have; an answer that is taken for another kind."""
    for n, required in enumerate(("60", "120")):
        answer = found(wafers_and_power(), tmp_path / str(n), f"{FIRST}: {required}")
        answer.write(tmp_path / f"answer{n}")
        back = sc.read_answer(tmp_path / f"answer{n}", "serve")
        for name, table in answer.tables.items():
            assert list(back.tables[name].columns) == list(table.columns)
            numbers = list(table.select_dtypes("number"))
            assert back.tables[name][numbers].to_numpy() == pytest.approx(table[numbers].to_numpy(), nan_ok=True)
        assert back.summary["status"] == answer.summary["status"]
        assert "<b>" in answer._repr_html_()


FAULTS = {
    "": "cannot be read; must be as '2028: +20%'",
    f"{FIRST}: -5%": "cannot be read",
    f"{FIRST}: 5 %%": "cannot be read",
    f"{FIRST}: 20%": "cannot be read",
    f"{FIRST}: 0": "0; must be more than 0, and finite",
    f"{FIRST}: inf": "inf; must be more than 0, and finite",
    f"{FIRST}: +nan%": "nan; must be more than 0, and finite",
    "1999: 5": f"1999 is not reported; must be from {FIRST} to {FIRST}",
    f"{FIRST}, chatt: 5": "no workload is called 'chatt'; must be one of chat; did you mean 'chat'?",
}


def test_what_is_not_valid_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All faults in one message, with status 2, and nothing is written.

    Bug: a traceback, the first fault alone, an answer to another question.
    """
    folder = str(write_case(wafers_and_power(), tmp_path / "case"))
    out = ["--out", str(tmp_path / "answer")]
    serve = [word for text in FAULTS for word in ("--serve", text)]
    status, printed, complained = run(capsys, "seek", folder, *serve, *out)
    assert (status, printed) == (2, "")
    for said in FAULTS.values():
        assert said in complained
    asked = ["--serve", f"{FIRST}: 60"]
    for words, said in (
        ([], "give --vary and --so-that; or --serve, --capital or --most"),
        ([*asked, "--most", "tokens"], "--most seeks as much as possible, and --serve the least cost of so much"),
        ([*asked, *asked], "the same year and workload have a requirement already"),
        ([*asked, "--relief-price", "0"], "relief price: 0; must be more than 0, and finite"),
        ([*asked, "--relief-price", "nan"], "nan"),
        (["--capital", "5", "--relief-price", "2"], "--relief-price needs --serve"),
        (["--capital", "5", "--any-relief"], "--any-relief needs --serve"),
        ([*asked, "--vary", "capacity.capacity"], "--vary is of what moves so that conditions hold"),
        (["--capital", "5", "--workers", "2"], "--workers is of what moves so that conditions hold"),
        ([*asked, "--capital", "x"], "'x'; must be USD, or a year and USD"),
        ([*asked, "--foresight", "1"], "must be perfect foresight: --foresight perfect"),
    ):
        status, printed, complained = run(capsys, "seek", folder, *words, *out)
        assert (status, printed) == (2, ""), words
        assert said in complained
        assert "Traceback" not in complained
    assert not (tmp_path / "answer").exists()


def test_nothing_served_has_no_per_cent(tmp_path: Path) -> None:
    """Bug: a per cent of nothing is nothing, and is said to be served."""
    case = wafers_and_power()
    case.tables["demand"][0]["value_usd_per_mtok"] = 1e-9
    with pytest.raises(ValueError, match=f"the case serves nothing of {FIRST}: \\+5%; give an amount"):
        found(case, tmp_path, f"{FIRST}: +5%")
    assert found(case, tmp_path / "amount", f"{FIRST}: 30").summary["cost_usd"] == near(30 * 3)


def test_the_command_says_it_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line is the answer, with labels. Bug: keys on the screen; a headline that says the contrary."""
    folder = str(write_case(wafers_and_power(), tmp_path / "case"))
    status, printed, _ = run(capsys, "seek", folder, "--serve", f"{FIRST}: 60", "--out", str(tmp_path / "answer"))
    assert status == 0
    assert printed.startswith(f"It can be had: 60.0 x 10^12 tokens in {FIRST}, 20.0 % more than the case serves.")
    assert "What has to be added" in printed
    assert (tmp_path / "answer" / "tables" / "reliefs.csv").is_file()
    status, printed, _ = run(capsys, "seek", folder, "--serve", f"{FIRST}: 60", "--any-relief")
    assert "spends 33.0 USD more" in " ".join(printed.split())


@pytest.mark.unmeasured
@pytest.mark.parametrize("text", one_in(3, ["2028: +20%", "2028: +15%", "2026: +10%"]))
def test_the_other_statement_says_the_same_of_base(text: str) -> None:
    """Catches what random cases have too little of: curves of forty tiers, shares of pools, six regions."""
    case = sc.load(BASE)
    case = replace(case, settings=replace(case.settings, report_last_year=case.settings.last_year))
    answer, other = both(case, lambda: build(load(BASE)), text)
    if text == "2028: +20%":
        with pytest.raises(UnsolvedError):
            other.least(other.relief_cost, {})
        assert set(answer.held_back_by["limit"]) == {"demand"}
        return
    least = other.least(other.relief_cost, {})
    counted = {label: usd for label, usd, _ in other.reliefs(other.lp)}
    assert cost_of(answer, counted) == pytest.approx(least, rel=1e-6, abs=1.0)
    spent = float(sc.solve(case).summary["cost_usd"]) + float(answer.summary["cost_usd"])
    assert spent == pytest.approx(other.least(other.lp.cost, {"reliefs": (other.relief_cost, least + 1.0)}), rel=1e-8)


def cost_of(answer: sc.Served, counted: Mapping[Label, float]) -> float:
    """Return what the reliefs of an answer cost, discounted."""
    return math.fsum(
        r.amount * counted["relief", r.stage, r.supplier, r.place, r.year] for r in answer.reliefs.itertuples()
    )


@pytest.mark.parametrize("seed", [3, 15])
def test_no_digit_depends_on_the_order_of_rows(seed: int, tmp_path: Path) -> None:
    """Catches an answer that is one of several, as a solver's path has it."""
    case, text = whole(random_case(seed)), f"{year_of(seed)}: +{10 + seed % 40}%"
    answers = [
        sc.serve(sc.load(write_case(case, tmp_path / str(shuffle), shuffle_seed=shuffle)), text)
        for shuffle in (None, 1)
    ]
    for one_answer in answers:
        one_answer.write(tmp_path / f"answer{answers.index(one_answer)}")
    files = [sorted((tmp_path / f"answer{n}" / "tables").glob("*.csv")) for n in range(2)]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_what_an_expansion_needs_and_who_draws_on_it(tmp_path: Path) -> None:
    """Half of 100 that are packed is a chip maker's share: five chips more take ten of packaging, at 30 USD each chip.

    Each unit that is added needs two turbines of 5 USD when it arrives. For ten chips that is 40, and there are 24: 16
    more cost 80 USD, and ten of the share, at the price of packaging, 300.
    Catches: a share that does not rise with its pool; needs of expansions left out, or in another year; a share that
    costs nothing.
    """
    case = half_of_packaging()
    one_of(case, "capacity", stage="packaging")["price_usd"] = 30.0
    add_stage(case, Link("turbines", 24.0, price=5.0))
    add_supplier(case, Link("turbines", 24.0, price=5.0))
    add(
        case,
        "supplier_needs",
        stage="packaging",
        supplier="acme",
        basis="expansion",
        needs_stage="turbines",
        quantity=2,
    )
    add(case, "expansion", stage="packaging", supplier="acme", place="global", year=FIRST, max_expansion=0,
        capex_usd_per_unit=10.0, lead_years=0)  # fmt: skip
    answer = found(case, tmp_path, f"{FIRST}: 55")
    relief = one(answer.reliefs)
    assert (relief.stage, relief.amount) == ("packaging", near(10))
    assert answer.summary["cost_usd"] == near(10 * 1.0 + 20 * 5 + 5 * 30)
    clash = found(case, tmp_path / "clash", f"{FIRST}: 60")
    assert one(clash.reliefs).amount == near(20)
    assert (one(clash.repair)["item"], one(clash.repair).amount) == ("turbines", near(16))
    limits = dict(zip(clash.held_back_by["of"], clash.held_back_by["value"], strict=True))
    assert limits == {"turbines": near(24), "pack_share": near(50)}


def test_promises_are_kept_as_before(tmp_path: Path) -> None:
    """Of wafers for 40 chips 30 serve chat and ten more a promise. Five more for chat need five wafers more.

    Sensitivity: a promise that is broken costs 9 USD a unit, and takes no capacity that the case does not have.
    Catches: tokens that are served by breaking promises.
    """
    case = wafers_and_power()
    case.tables["expansion"][0]["max_expansion"] = 0.0
    case.tables["demand"][0]["demand_ttok"] = 30.0
    case.tables["demand"].append(
        case.tables["demand"][0] | {"tier": "more", "demand_ttok": 20.0, "value_usd_per_mtok": 1e-9}
    )
    add(case, "accelerators", **case.tables["accelerators"][0] | {"accelerator": "gift", "label": "A gift"})
    add(case, "unit_costs", accelerator="gift", year=FIRST, other_cost_usd=0)
    add(case, "bill_of_materials", accelerator="gift", stage="wafers", quantity=1)
    add(case, "commitments", commitment="promise", year=FIRST, label="A promise", accelerator="gift", basis="built",
        minimum=10, shortfall_usd_per_unit=9)  # fmt: skip
    answer = found(case, tmp_path, f"{FIRST}: 35")
    assert one(answer.reliefs).amount == near(5)
    assert answer.summary["cost_usd"] == near(5 * 3.3)


def test_orders_that_are_locked_in_stay(tmp_path: Path) -> None:
    """Another plan built 44 chips, and that is locked in: no 50 are had, whatever is relieved.

    Catches: locked-in builds that a requirement moves.
    """
    case = wafers_and_power()
    less = edited(case)
    less.tables["demand"][0]["demand_ttok"] = 44.0
    plan = sc.solve(loaded(less, tmp_path / "less"))
    locked_in = sc.lock_in(loaded(case, tmp_path / "case"), plan, FIRST)
    answer = sc.serve(locked_in, f"{FIRST}: 44")
    assert answer.can_be_had
    assert not sc.serve(locked_in, f"{FIRST}: 50").can_be_had
