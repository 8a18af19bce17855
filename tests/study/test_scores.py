"""Scores of a back-cast, worked out by hand: errors and intervals in logs, what is not counted, simple forecasts, and
other foresight.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from generator import FIRST
from plants import Link, add, add_supplier, chain, edited, loaded, observe, one, two_stages

import supplychain as sc
from supplychain.plan import windows
from supplychain.plan.measures import measure
from supplychain.report.text.backcast import markdown, text
from supplychain.results import schema
from supplychain.results.read import read_answer
from supplychain.study.backcast import backcast
from supplychain.study.forecasts import GROWTH, HOUSES, SPREADSHEET, forecasts
from supplychain.study.scores import Published, by_kind, skill
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case, Value

LN10, NAN = math.log(10), math.nan
NEXT = FIRST + 1


def scored(case: Case, folder: Path) -> sc.Backcast:
    return backcast(loaded(case, folder), executor=SerialExecutor())


def independent(case: Case, source: str = "count") -> Case:
    """A copy in which nothing but observations rests on a source."""
    other = edited(case)
    add(other, "sources", source=source, title="A count", publisher="p", evidence="measured")
    return other


ERRORS: dict[str, tuple[tuple[float | None, float | None, float | None], float, float, float]] = {
    "nothing is off": ((80, 100, 120), 100, 0, math.log(1.5)),
    "a tenth below": ((80, 100, 120), 90, math.log(0.9), math.log(1.5)),
    "below the range": ((80, 100, 120), 40, math.log(0.4), math.log(1.5) + 10 * math.log(2)),
    "above the range": ((80, 100, 120), 240, math.log(2.4), math.log(1.5) + 10 * math.log(2)),
    "a single number": ((100, 100, 100), 200, math.log(2), 10 * math.log(2)),
    "nothing": ((80, 100, 120), 0, -LN10, math.log(1.5) + 10 * LN10),
    "no value": ((80, 100, 120), NAN, -LN10, math.log(1.5) + 10 * LN10),
    "further than by ten": ((80, 100, 120), 1e6, LN10, math.log(1.5) + 10 * LN10),
    "a low end of 0 is a tenth": ((0, 100, 120), 5, -LN10, math.log(12)),
    "nothing was": ((0, 0, 0), 3, LN10, 10 * LN10),
    "nothing was, nor is": ((0, 0, 0), 0, 0, 0),
    "at least, and is": ((100, None, None), 300, NAN, 0),
    "at least, and is not": ((100, None, None), 50, NAN, 10 * math.log(2)),
    "at most, and is": ((None, None, 100), 1, NAN, 0),
    "at most, and is not": ((None, None, 100), 200, NAN, 10 * math.log(2)),
    "at most, and has no value": ((None, None, 100), NAN, NAN, 10 * LN10),
}


@pytest.mark.parametrize("what", ERRORS)
def test_error_and_interval_score(what: str) -> None:
    """Catches a penalty of the wrong side, of another alpha, or of a bound's absent end; a width left out; an error
    that is a share; and what is infinite.
    """
    ends, value, error, interval = ERRORS[what]
    published = Published(*ends)
    assert published.log_error(value) == pytest.approx(error, nan_ok=True)
    assert published.interval_score(value) == pytest.approx(interval)


def row(kind: str, error: float, interval: float, *, inside: bool = True, counts: bool = True) -> dict[str, object]:
    return {"kind": kind, "log_error": error, "interval_score": interval, "inside": inside, "independent": counts}


def test_kinds_weigh_alike() -> None:
    """Units: median of 0.1, 0.2, 0.6; power: 0.4; a bound has no error and lowers no median; of cost only a bound is
    known. Catches a mean over rows, a median of signed errors, a row that does not count, and a bound taken for 0.
    """
    rows = [
        *(row("units", x, 1.0, inside=x < 0.5) for x in (0.1, -0.2, 0.6)),
        row("units", NAN, 5.0),
        *(row("power", 0.4, 3.0), row("power", 0.0, 9.0, counts=False)),
        row("cost", NAN, 8.0, inside=False),
    ]
    found = {score.pop("kind"): list(score.values()) for score in by_kind(rows)}
    assert found == {
        "units": [4, pytest.approx(0.2), pytest.approx(2.0), 3, 0.75],
        "power": [1, pytest.approx(0.4), pytest.approx(3.0), 1, 1.0],
        "cost": [1, pytest.approx(NAN, nan_ok=True), pytest.approx(8.0), 0, 0.0],
        "all": [6, pytest.approx(0.3), pytest.approx(13 / 3), 4, pytest.approx(4 / 6)],
    }
    assert by_kind([])[0]["rows"] == 0


def test_skill_is_one_less_the_errors_over_each_other() -> None:
    """Half of the error is a skill of a half; of all it is that of the mean errors, 0.35 / 0.5. Catches the mean of
    skills, a forecast over the model, and a division by 0.
    """
    pairs = {"units": [(-0.1, 0.2), (0.1, -0.2), (0.1, 0.2)], "cost": [(0.6, 0.8)]}
    rows = skill("mine", pairs)
    assert [(r["kind"], r["rows"], round(r["skill"], 6)) for r in rows] == [
        ("units", 3, 0.5),
        ("cost", 1, 0.25),
        ("all", 4, 0.3),
    ]
    assert math.isnan(skill("mine", {"units": [(0.1, 0.0)]})[0]["skill"])
    assert skill("mine", {}) == []


def test_a_back_cast_is_scored(tmp_path: Path) -> None:
    """100 chips are built, power for 120 is used by 100. Of units 125 were counted; of power 110 at least.

    Catches a bound compared with its absent end, a kind that is not the row's own, a headline that is another number
    than the table's, and a page that leads with the share.
    """
    case = independent(two_stages())
    observe(case, "units_built", "chip", 90, 125, 160, source="count")
    observe(case, "stage_used", "power", 110, None, None, source="count", kind="power")
    observe(case, "units_built", "v", 10, 10, 10)
    answer = scored(case, tmp_path)
    chip, bound = (one(answer.comparisons, item=item) for item in ("chip", "power"))
    assert (chip.kind, chip.log_error) == ("units", pytest.approx(math.log(0.8)))
    assert chip.interval_score == pytest.approx(math.log(16 / 9))
    assert (bound.kind, bound.inside, bound.interval_score) == ("power", False, pytest.approx(10 * math.log(1.1)))
    assert bound[["central", "high", "error", "log_error"]].isna().all()
    assert (bound.cause, bound.cause_value) == ("capacity.capacity[stage=wafers, supplier=acme]", pytest.approx(120))
    limit = one(answer.forbidden_by, item="power")
    assert (limit["of"], limit.needed) == ("wafers", pytest.approx(110))
    assert answer.summary["median_abs_log_error"] == pytest.approx(-math.log(0.8))
    assert answer.summary["interval_score"] == pytest.approx((math.log(16 / 9) + 10 * math.log(1.1)) / 2)
    lines = text(answer).splitlines()
    assert lines[2] == "Foresight: perfect; all years are decided at once."
    assert [line.partition(":")[0] for line in lines[3:6]] == ["Error", "Interval score", "Score"]
    page = markdown(answer)
    assert page.index("**Error: 0.22.**") < page.index("**Interval score: 0.76.**") < page.index("**Score: ")
    assert "| stage_used | power | 2030 | 100 |  | at least 110 | units |  | OUTSIDE | count |" in page
    assert "| mean of the kinds | 2 | 0.22 | 0.76 | 1 | 50 |" in page


def test_an_unscored_back_cast_says_so(tmp_path: Path) -> None:
    """Catches a headline that is not a number, which no JSON holds."""
    case = two_stages()
    observe(case, "units_built", "chip", 90, 125, 160)
    answer = scored(case, tmp_path)
    assert (answer.summary["median_abs_log_error"], answer.summary["interval_score"]) == (None, None)
    assert "Error: none, for no comparison is independent (" in text(answer)


FULL: dict[str, tuple[dict[str, float], str, str, str]] = {
    "used up": ({"power": 120}, "stage_used", "wafers", "rule 12: wafers"),
    "what is paid for it": ({"power": 120}, "stage_spending", "wafers", "rule 12: wafers"),
    "its share": ({"power": 120}, "stage_used_share", "wafers", "rule 12: wafers"),
    "not used up": ({"power": 120}, "stage_used", "power", ""),
    "99 %": ({"power": 101}, "stage_used", "power", "rule 12: power"),
    "98 %": ({"power": 102}, "stage_used", "power", ""),
    "half of a sum": ({"power": 100}, "stage_used", "power + wafers", ""),
    "more than half of a sum": ({"power": 120, "sand": 120}, "stage_used", "power + sand + wafers", ""),
    "no stage": ({"power": 120}, "units_built", "chip", ""),
}


@pytest.mark.parametrize("what", FULL)
def test_what_returns_a_limit_is_not_counted(what: str, tmp_path: Path) -> None:
    """100 wafers are all used. Catches a share of another stage, a sum that counts for any stage in it that is full, a
    limit above or below 99 %, and a row that is dropped and not shown.
    """
    links, quantity, item, why = FULL[what]
    case = independent(chain([Link("wafers", 100.0, price=1.0), *(Link(s, x) for s, x in links.items())]))
    observe(case, quantity, item, 1, 2, 3, source="count")
    comparison = one(scored(case, tmp_path).comparisons)
    assert (comparison.not_counted, comparison.independent) == (why, not why)


def test_a_sum_is_of_the_stage_that_is_more_than_half(tmp_path: Path) -> None:
    """Two wafers and one unit of power for each chip: 200 of 300. Sensitivity: with two units of power it is half."""
    case = independent(chain([Link("wafers", 100.0, per_unit=2.0), Link("power", 120.0)]))
    observe(case, "stage_used", "power + wafers", 1, 2, 3, source="count")
    assert one(scored(case, tmp_path / "more").comparisons).not_counted == "rule 12: wafers"
    case.tables["bill_of_materials"][1]["quantity"] = 2
    case.tables["capacity"][1]["capacity"] = 240
    assert one(scored(case, tmp_path / "half").comparisons).not_counted == ""


def test_every_reason_is_named(tmp_path: Path) -> None:
    """Catches a rule that overwrites a shared source, and one that does not keep a row out."""
    case = independent(two_stages())
    observe(case, "stage_used", "wafers", 1, 2, 3, rule=11)
    observe(case, "units_built", "chip", 1, 2, 3, rule=13, source="count")
    table = scored(case, tmp_path).comparisons
    assert not table["independent"].any()
    assert table["not_counted"].tolist() == ["rule 13", "paper; rule 11; rule 12: wafers"]
    assert table["shares"].tolist() == ["", "paper"]


def test_growth_goes_on(tmp_path: Path) -> None:
    """NVIDIA-like `v` went from 100 to 150, so 225 follow. The chip is known of one year only: 60, times the growth of
    units from 100 to 150 of what is known of both; H100e and a bound do not count. Catches one year's number carried
    on, growth of another kind or unit, of items that are known of one year, and a number of the year itself.
    """
    case = chain([Link("wafers", 100.0)], last_year=FIRST + 2)
    for t, amount in ((FIRST, 90), (FIRST, 100), (FIRST, 110), (NEXT, 150), (FIRST + 2, 1000)):
        add(case, "sources", source=f"s{t}{amount}", title="x", publisher="p", evidence="measured")
        observe(case, "units_built", "v", amount, amount, amount, year=t, source=f"s{t}{amount}")
    observe(case, "units_built", "chip", 60, 60, 60, year=NEXT)
    observe(case, "units_built", "chip", 1, 1, 1, year=FIRST + 2)
    observe(case, "units_built", "f", 7, 7, 7, year=FIRST)
    observe(case, "installed_h100e", "all", 1, 1, 1, year=FIRST)
    observe(case, "installed_h100e", "all", 9, 9, 9, year=NEXT)
    observe(case, "units_built", "all", 500, None, None, year=NEXT)
    observe(case, "units_built", "all", 1, 1, 1, year=FIRST + 2)
    add(case, "outlooks", quantity="units_built", year=NEXT, item="v", central=130, unit="units")
    add(case, "outlooks", quantity="units_built", year=NEXT, item="v", central=150, unit="units", source=f"s{FIRST}90")
    said = forecasts(loaded(case, tmp_path))
    assert said[GROWTH] == {
        ("units_built", "v", FIRST + 2): pytest.approx(225),
        ("units_built", "chip", FIRST + 2): pytest.approx(90),
    }
    assert said[HOUSES] == {("units_built", "v", NEXT): 140}


def spreadsheet() -> Case:
    """60 of `chip` and 40 of `other` were built: packaging 1 and 0.5 of each, memory 2 and 1, halls 1, power 1 and 2.

    The mean takes 0.8, 1.6, 1 and 1.4. Packaging for 160 is enough for 200, memory for 224 for 140, halls that rise by
    200 for 200, and power that rises by 210 for 150: so 140, which take packaging for 112. Of it the chip has 0.5 and
    the other 0.3 of what is allocated, 70 and 42: 70 chips and 84 others.
    """
    years = {FIRST: 1.0, NEXT: 1.0}
    case = chain(
        [
            Link("cowos", {FIRST: 80, NEXT: 160}, group="packaging"),
            Link("chip_share", years, nature="commercial", group="packaging"),
            Link("other_share", years, nature="commercial", group="packaging"),
            Link("hbm", {FIRST: 500, NEXT: 224}, price=2.0, group="memory"),
            Link("halls", {FIRST: 300, NEXT: 500}, kind="stock", group="sites"),
            Link("energy", {FIRST: 400, NEXT: 610}, kind="stock", group="power"),
        ],
        last_year=NEXT,
    )
    case.tables["capacity"] = [r for r in case.rows("capacity") if not str(r["stage"]).endswith("_share")]
    for r in case.tables["capacity"]:
        r["price_usd"] = 3.0 if r["stage"] == "cowos" else r["price_usd"]
    for s, share in (("chip_share", 0.5), ("other_share", 0.3)):
        add(case, "allocation", stage=s, supplier="acme", of_stage="cowos", year=FIRST, share=share)
        add(case, "supplier_needs", stage=s, supplier="acme", basis="supply", needs_stage="cowos", quantity=1)
    (chip,), (cost,), (speed,) = (case.rows(table) for table in ("accelerators", "unit_costs", "throughput"))
    names: dict[str, Value] = {"accelerator": "other", "vendor": "w", "family": "g", "h100e": 3}
    case.tables["accelerators"] = [chip, chip | names, chip | {"accelerator": "new", "first_year": NEXT}]
    case.tables["unit_costs"] = [cost | {"accelerator": a, "other_cost_usd": x}
                                 for a, x in (("chip", 10), ("other", 20), ("new", 1))]  # fmt: skip
    case.tables["throughput"] = [speed | {"accelerator": a} for a in ("chip", "other", "new")]
    bills = {
        "chip": {"chip_share": 1, "hbm": 2, "halls": 1, "energy": 1},
        "other": {"other_share": 0.5, "hbm": 1, "halls": 1, "energy": 2},
        "new": {"hbm": 1},
    }
    case.tables["bill_of_materials"] = []
    for a, bill in bills.items():
        for s, quantity in bill.items():
            add(case, "bill_of_materials", accelerator=a, stage=s, quantity=quantity)
    observe(case, "units_built", "chip", 60, 60, 60)
    observe(case, "units_built", "w", 40, 40, 40)
    observe(case, "stage_used", "energy", 100, 100, 100)
    observe(case, "installed_h100e", "all", 50, 50, 50)
    return case


SAID = {
    ("units_built", "chip"): 70.0,
    ("units_built", "w"): 84.0,
    ("units_built", "g"): 84.0,
    ("units_built", "all"): 154.0,
    ("installed_h100e", "all"): 50 + 70 + 3 * 84.0,
    ("accelerator_spending", "v"): 70 * (10 + 2 * 2 + 3),
    ("capital_spending", "all"): 70 * 17 + 84 * 23.5,
    ("stage_used", "hbm"): 224.0,
    ("stage_used", "cowos"): 112.0,
    ("stage_used", "energy"): 100 + 70 + 2 * 84.0,
    ("stage_spending", "cowos + hbm"): 336 + 448.0,
    ("memory_share", "all"): 448 / (70 * 17 + 84 * 23.5),
}
NOT_SAID = {
    *(("units_built", "new"), ("installed_h100e", "v"), ("stage_used", "halls"), ("stage_used_share", "hbm")),
    *(("stage_spending", "halls"), ("tokens_served", "all"), ("cost_per_hour", "all")),
}


def test_the_spreadsheet_is_what_the_least_of_four_allows(tmp_path: Path) -> None:
    """As the case says in its docstring. Catches a limit left out, or of a commercial stage; a stock whose level is
    taken for its rise; a need that is not followed; shares of units where wafers are shared; a price of another year.
    """
    case = spreadsheet()
    for quantity, item in (*SAID, *NOT_SAID):
        observe(case, quantity, item, 1, 1, 1, year=NEXT)
    said = forecasts(loaded(case, tmp_path))[SPREADSHEET]
    assert said == {(quantity, item, NEXT): pytest.approx(x) for (quantity, item), x in SAID.items()}


def of_chips(case: Case, folder: Path) -> list[float]:
    """What the spreadsheet says of the chip and of the other."""
    for item in ("chip", "other"):
        observe(case, "units_built", item, 1, 1, 1, year=NEXT)
    said = forecasts(loaded(case, folder))[SPREADSHEET]
    return [said["units_built", item, NEXT] for item in ("chip", "other")]


def test_the_spreadsheet_follows_what_is_least(tmp_path: Path) -> None:
    """Halls that rise by 28 allow 28, a fifth, and so does packaging for 28; power that falls allows nothing. Catches a
    fall that counts as a number below 0, and a stage that is never the least.
    """

    def with_limit(stage: str, capacity: float) -> list[float]:
        case = spreadsheet()
        (limit,) = (r for r in case.tables["capacity"] if (r["stage"], r["year"]) == (stage, NEXT))
        limit["capacity"] = capacity
        return of_chips(case, tmp_path / stage)

    assert with_limit("halls", 328) == pytest.approx([14, 16.8])
    assert with_limit("cowos", 22.4) == pytest.approx([14, 16.8])
    assert with_limit("energy", 300) == [0, 0]


def test_without_an_allocation_all_grow_alike(tmp_path: Path) -> None:
    """140 in the place of 100, at the mix of the year before: 84 and 56."""
    case = spreadsheet()
    case.tables["allocation"] = []
    case.tables["supplier_needs"] = []
    case.tables["suppliers"] = [r for r in case.rows("suppliers") if not str(r["stage"]).endswith("_share")]
    for r in case.tables["bill_of_materials"]:
        r["stage"] = "cowos" if str(r["stage"]).endswith("_share") else r["stage"]
    assert of_chips(case, tmp_path) == pytest.approx([84, 56])


def test_what_is_counted_of_a_vendor_is_spread_over_its_models(tmp_path: Path) -> None:
    """Two more models of the vendor are 20 of its 60, of which the chip is 40: of 70, 46.7, 11.7 and 11.7."""
    case = spreadsheet()
    for table in ("accelerators", "unit_costs", "throughput", "bill_of_materials"):
        alike = [r for r in case.rows(table) if r["accelerator"] == "chip"]
        case.tables[table] += [r | {"accelerator": a} for a in ("twin", "triplet") for r in alike]
    case.tables["observed"][0] |= {"low": 40, "central": 40, "high": 40}
    observe(case, "units_built", "v", 60, 60, 60)
    observe(case, "units_built", "twin", 1, 1, 1, year=NEXT)
    said = forecasts(loaded(case, tmp_path))[SPREADSHEET]
    assert said["units_built", "twin", NEXT] == pytest.approx(70 / 6)


def test_the_model_is_put_beside_a_forecast_on_its_rows(tmp_path: Path) -> None:
    """Units of the second year grow as they did, to 121 where 110 are published and 100 are built: 0.0953 off either
    way, so no skill. The first year has no forecast, nor do rows that do not count. Catches a model that is scored on
    other rows, and a forecast of what is not independent.
    """
    case = independent(chain([Link("wafers", 100.0)], last_year=NEXT))
    for t, x in ((FIRST - 2, 100), (FIRST - 1, 110), (FIRST, 110), (NEXT, 110)):
        observe(case, "units_built", "chip", x, x, x, year=t, source="count")
    observe(case, "units_built", "v", 1, 1, 1, year=FIRST - 1)
    observe(case, "units_built", "v", 1, 1, 1, year=FIRST)
    answer = scored(case, tmp_path)
    table = answer.skill.query("forecast == 'growth_continued' and kind == 'units'")
    found = one(table)
    assert found["rows"] == 2
    assert (found.model_error, found.forecast_error) == pytest.approx((math.log(1.1), math.log(1.1) / 2))
    assert found.skill == pytest.approx(-1)
    said = answer.forecasts.query("item == 'chip'").set_index("year")["value"]
    assert said.to_dict() == {FIRST: pytest.approx(121), NEXT: pytest.approx(110)}
    assert "| last year's growth | units | 2 | 0.10 | 0.05 | -1.00 |" in markdown(answer)


def test_other_foresight_is_scored_beside_the_own(tmp_path: Path) -> None:
    """Who sees one year never orders 50 more wafers, which arrive in the next: 100 are built and 150 were. Who sees two
    years, or all three, orders them. Three are all, and are not told twice.

    Catches a case that is scored under its own foresight each time, and a page that says another one.
    """
    years = range(FIRST, FIRST + 3)
    case = independent(
        chain([Link("wafers", dict.fromkeys(years, 100.0))], demand=1e3, last_year=FIRST + 2, foresight_years=1)
    )
    add(case, "expansion", stage="wafers", supplier="acme", place="global", year=FIRST, max_expansion=50.0,
        capex_usd_per_unit=1.0, lead_years=1)  # fmt: skip
    observe(case, "units_built", "chip", 149, 150, 151, year=NEXT, source="count")
    answer = scored(case, tmp_path)
    table = answer.by_foresight.set_index("foresight")
    assert table["median_abs_log_error"].to_dict() == {
        "perfect": pytest.approx(0, abs=1e-9),
        "2": pytest.approx(0, abs=1e-9),
        "1": pytest.approx(math.log(1.5)),
    }
    assert table["tested"].tolist() == [False, False, True]
    assert answer.summary["median_abs_log_error"] == pytest.approx(math.log(1.5))
    assert answer.summary["foresight_years"] == 1
    labels = answer.labels_by_foresight
    assert len(labels) == 3 * 3 * 2
    assert one(labels, foresight="1", year=FIRST, level="stage").label == "wafers"
    page = markdown(answer)
    assert "Foresight: when a year is decided, no later year is seen." in page
    assert "| 1 year of foresight | tested | 1 | 0.41 | " in page


def test_who_could_deliver_sets_the_price(tmp_path: Path) -> None:
    """A chip of 10 USD takes 2 wafers. The cheap foundry of 1 USD has no capacity, the dear one asks 8; the third asks
    5 and needs 2 units of gas of 1 USD each: 7. So 10 chips cost 10 x (10 + 14). Sensitivity: with capacity at the
    cheap one a wafer is 1 USD; with neither at it nor at the third 8. Catches a need left out, and a price of nobody.
    """
    wafers = Link("wafers", 10.0, per_unit=2.0)
    case = chain([wafers, Link("gas", 1000.0, price=1.0)])
    case.tables["capacity"][0]["price_usd"] = 8.0
    case.tables["bill_of_materials"] = [r for r in case.rows("bill_of_materials") if r["stage"] == "wafers"]
    case.tables["unit_costs"][0]["other_cost_usd"] = 10.0
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=10)
    add_supplier(case, replace(wafers, units=0.0), "cheap", 1.0)
    add_supplier(case, wafers, "third", 5.0)
    add(case, "supplier_needs", stage="wafers", supplier="third", basis="supply", needs_stage="gas", quantity=2)

    def spent(name: str) -> float:
        solved = next(windows.solve_windows(loaded(case, tmp_path / name))).solved_lp.solved
        (usd,) = measure(solved, [("accelerator_spending", "chip", FIRST)])
        return usd

    assert spent("as it is") == pytest.approx(240)
    rows = {r["supplier"]: r for r in case.tables["capacity"] if r["stage"] == "wafers"}
    rows["cheap"]["capacity"] = 1.0
    assert spent("cheap") == pytest.approx(120)
    rows["cheap"]["capacity"] = rows["third"]["capacity"] = 0.0
    assert spent("dear") == pytest.approx(260)
    add(case, "expansion", stage="wafers", supplier="cheap", place="global", year=FIRST, max_expansion=1.0,
        capex_usd_per_unit=1.0, lead_years=0)  # fmt: skip
    assert spent("ordered") == pytest.approx(120)


def test_an_hour_bears_what_the_accelerator_is_charged(tmp_path: Path) -> None:
    """A chip of 30 USD over 10 years, with wafers of 5 USD over 5, upkeep of 2 USD and power of 4 USD a year: 10 USD a
    year, for half a year's hours in the year in which it is new, and for all in the next. Catches a stock, an upkeep or
    a component left out, and units that are counted at the end of the year.
    """
    links = [Link("wafers", 100.0, price=5.0, cost_life=5), Link("power", 100.0, kind="stock", price=4.0)]
    case = chain(links, last_year=NEXT, first_year_availability=0.5)
    case.tables["unit_costs"][0]["other_cost_usd"] = 30.0
    case.tables["accelerators"][0]["opex_usd_per_year"] = 2.0
    add(case, "build_limits", accelerator="chip", year=NEXT, max_units=0)
    solved = next(windows.solve_windows(loaded(case, tmp_path))).solved_lp.solved
    first, later = measure(solved, [("cost_per_hour", item, t) for item, t in (("chip", FIRST), ("v", NEXT))])
    assert (first, later) == pytest.approx((10 / 4380, 10 / 8760))
    assert math.isnan(measure(solved, [("cost_per_hour", "all", FIRST - 1)])[0])


def test_an_outlook_is_of_what_the_case_has(tmp_path: Path) -> None:
    """Catches an outlook that no forecast finds, and an input that rests on one."""
    case = independent(two_stages())
    observe(case, "units_built", "chip", 90, 100, 110, source="count")
    add(case, "outlooks", quantity="units_built", year=FIRST, item="chop", central=1, unit="units", source="count")
    add(case, "outlooks", quantity="units_built", year=FIRST, item="chip", central=1, unit="USD", source="count")
    with pytest.raises(sc.InputError) as error:
        loaded(case, tmp_path / "wrong")
    assert [str(problem) for problem in error.value.problems] == [
        "outlooks.csv row 2, column item: no accelerator, family or vendor is called 'chop'; did you mean 'chip'?",
        "outlooks.csv row 3, column unit: 'USD'; must be 'units'",
    ]
    case.tables["outlooks"] = [case.tables["outlooks"][1] | {"unit": "units", "central": 50}]
    answer = scored(case, tmp_path / "right")
    assert one(answer.skill, forecast="houses", kind="units").forecast_error == pytest.approx(math.log(2))
    assert answer.comparisons["independent"].all()


def test_an_answer_without_scores_is_read_and_shown(tmp_path: Path) -> None:
    """An answer of an earlier version has neither tables nor columns. Catches a reader, or a page, that needs them."""
    case = independent(two_stages())
    observe(case, "units_built", "chip", 90, 125, 160)
    answer = scored(case, tmp_path / "case")
    answer.write(tmp_path / "answer")
    added = [column.name for column in schema.COMPARISONS.columns if column.added]
    path = tmp_path / "answer" / "tables" / "comparisons.csv"
    pd.read_csv(path).drop(columns=added).to_csv(path, index=False)
    back = read_answer(tmp_path / "answer", "backcast")
    assert back.comparisons[added].isna().all(axis=None)
    old = {"comparisons": back.comparisons, "labels": answer.labels, "flips": answer.flips}
    facts = {name: back.summary[name] for name in ("case", "score", "from_nothing")}
    page = markdown(sc.Backcast(facts, old, answer.plan))
    assert "**Score: not scoreable" in page
    assert "**Error" not in page
    assert "| inside | paper | paper |" in page
    pd.read_csv(path).drop(columns=["inside"]).to_csv(path, index=False)
    with pytest.raises(sc.InputError, match="inside"):
        read_answer(tmp_path / "answer", "backcast")
