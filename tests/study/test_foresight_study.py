"""One case with several foresights side by side: the study, its command, its screen and its part of the report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from commands import run, said_by
from generator import FIRST, write_case
from page import read
from plants import Link, add, chain, edited, loaded

import supplychain as sc
from supplychain.report.text.foresight import text
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case

YEARS = range(FIRST, FIRST + 3)


def ordered_a_year_ahead() -> Case:
    """Wafers for 100 chips in series with power for 120, for three years; 50 wafers more may be ordered a year ahead.

    Who sees all years orders as many as power can use: power binds from the second year on. Who sees two does so too,
    and has them when the next year is decided: then both bind together. Who sees one year never orders.
    Wafers and the pure water that they take are one group.
    """
    case = chain(
        [Link("wafers", 100.0, group="chip_making"), Link("water", 300.0, group="chip_making"), Link("power", 120.0)],
        demand=dict.fromkeys(YEARS, 1e6),
    )
    add(case, "expansion", stage="wafers", supplier="acme", place="global", year=FIRST, max_expansion=50,
        capex_usd_per_unit=1.0, lead_years=1)  # fmt: skip
    return edited(case, last_year=YEARS[-1])


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> sc.Case:
    return loaded(ordered_a_year_ahead(), tmp_path_factory.mktemp("inputs") / "case")


def test_each_foresight_is_a_solve_of_its_own(case: sc.Case) -> None:
    """Bug: an answer under another's name, the case's own foresight left out, plans that all see the same."""
    found = sc.foresight(case, (1, 2), executor=SerialExecutor())
    assert found.summary["foresights"] == ["perfect", "2", "1"]
    assert list(found.totals["own"]) == [True, False, False]
    for name, seen in (("perfect", "perfect"), ("2", 2), ("1", 1)):
        plan = sc.solve(case.with_foresight(seen))  # type: ignore[arg-type]
        (totals,) = found.totals[found.totals["foresight"] == name].to_dict("records")
        for total in ("net_benefit_usd", "value_usd", "cost_usd"):
            assert totals[total] == plan.summary[total]
        labels = found.labels[found.labels["foresight"] == name].drop(columns=["foresight", "same"])
        same_columns = plan.binding[list(labels.columns)]
        assert labels.to_numpy().tolist() == same_columns.to_numpy().tolist()
        served = found.service[found.service["foresight"] == name].set_index("year")["served_ttok"]
        assert served.to_dict() == pytest.approx(plan.service.groupby("year")["served_ttok"].sum().to_dict())
    benefit = found.totals.set_index("foresight")["net_benefit_usd"]
    assert benefit["perfect"] == pytest.approx(benefit["2"])
    assert benefit["2"] > benefit["1"]
    by_stage = found.labels.query("level == 'stage'").groupby("foresight")["members"].agg(list)
    joint = "wafers + power"
    assert by_stage["perfect"] == ["wafers", "power", "power"]
    assert by_stage["2"] == ["wafers", joint, joint]
    assert by_stage["1"] == ["wafers", "wafers", "wafers"]
    same = found.labels.query("level == 'group'").groupby("foresight")["same"].agg(list)
    assert same.to_dict() == {"perfect": [True] * 3, "2": [True, False, False], "1": [True, False, False]}


def test_what_is_not_a_foresight_is_refused(case: sc.Case) -> None:
    """Bug: hours of solves before a word that is no foresight is found."""
    with pytest.raises(ValueError, match="foresight is '0'; must be"):
        sc.foresight(case, (0,))


def test_the_screen_has_groups_first_and_the_benefit_of_each(case: sc.Case) -> None:
    """Bug: keys, a stage before its group, a change with the wrong sign, a line too wide, no word on the case's own."""
    lines = text(sc.foresight(case.with_foresight(2), (1, "perfect"))).splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[1] == "The case is solved with 2 years of foresight; the others stand beside it."
    assert lines[4].startswith("Net benefit is value served less total cost, over 2030-2032, discounted; ")
    assert [line.split("  ")[0] for line in lines[5:9]] == ["foresight", "perfect", "2 years (the case)", "1 year"]
    assert re.search(r"1 year +[\d.,]+ \(-[\d.,]+\)", lines[8])
    at, below = (lines.index(f"What binds ({what})") for what in ("group", "stage, at central values"))
    assert at < below
    cells = [re.split(" {2,}", line) for line in lines[at + 2 : at + 5]]
    assert cells == [
        ["perfect", "=", "power", "power"],
        ["2 years (the case)", "chip making", "chip making + power", "chip making + power"],
        ["1 year", "=", "chip making", "chip making"],
    ]
    assert lines[below + 4].split() == ["1", "year", "=", "wafers", "wafers"]
    assert "<h4>What binds (group)</h4>" in sc.foresight(case, (1,))._repr_html_()


def test_the_command_writes_what_the_report_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the case's own foresight of the command is not the study's; a report that shows a study of other inputs, or
    does not say with which foresight its case was solved.
    """
    folder, out = write_case(ordered_a_year_ahead(), tmp_path / "case"), tmp_path / "seen"
    given = ("foresight", str(folder), "--workers", "1", "--seen", "perfect", "--foresight", "1", "--out", str(out))
    status, printed, _ = run(capsys, *given)
    assert (status, printed.splitlines()[0]) == (0, "What if: 1 year of foresight")
    answer = sc.read_answer(out, "foresight")
    assert answer.totals[["foresight", "own"]].to_numpy().tolist() == [["perfect", False], ["1", True]]
    assert run(capsys, "foresight", str(folder), "--seen", "none")[0] == 2
    report = ("report", folder, "--no-figures", "--out", tmp_path / "out", "--quiet")
    status, said = said_by(*report, "--foresights", out)
    assert status == 2
    assert "is of other inputs: case.toml differ; run `supplychain foresight` again" in said
    assert said_by(*report, "--foresights", out, "--foresight", 1)[0] == 0
    (part,) = read((tmp_path / "out" / "report.html").read_text(encoding="utf-8")).all("section", id="foresight")
    assert "The case is solved with 1 year of foresight." in part.text
    titles = {one.text for one in part.all("title")}
    assert {f"perfect, {FIRST + 1}: power", f"1 year, {FIRST + 1}: chip making (wafers)"} <= titles
    benefit = answer.totals.set_index("foresight")["net_benefit_usd"]
    table = next(table for table in part.all("table") if "foresight:totals" in table["data-rows"])
    shown = [float(next(row.all("data"))["value"]) for row in next(table.all("tbody")).all("tr")]
    assert shown == pytest.approx(list(benefit), rel=1e-8)
