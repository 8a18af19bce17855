"""All scenarios at a glance: what each does, and the factor at which it first changes something."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from commands import status_of
from effort import one_in
from generator import FIRST, write_case
from paths import ANSWERS, BASE, REPORTS, TINY, TINY_CURVE
from plants import one, two_stages
from sweeps import WAFERS

import supplychain as sc
from supplychain.case.changes import Group, apply
from supplychain.case.scenarios import scenarios_of
from supplychain.report.text.survey import markdown, text
from supplychain.report.text.tables import escaped
from supplychain.results.read import read_answer
from supplychain.study.survey import Survey, scaled, survey
from supplychain.study.warm import WarmSolver
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def what_if(case: sc.Case, *groups: Group) -> sc.WhatIf:
    changed, audit = apply(case, groups)
    return sc.WhatIf(changed, ("made up",), groups, audit)


def surveyed(folder: Path, edits: Mapping[str, str]) -> Survey:
    case = sc.load(write_case(two_stages(), folder))
    return survey(
        case, {name: what_if(case, Group(name, (text,))) for name, text in edits.items()}, executor=SerialExecutor()
    )


def test_effects_and_factors(tmp_path: Path) -> None:
    """100 chips of 2 USD of wafers, power for 120. Each scenario by hand:

    `more`: half as many wafers again, so power binds: at 0.4 of it the two are even, and just above the label changes.
    `dear`: wafers twice as dear: cost +100 %, so 1 % of cost comes at 0.01.
    `little`: wafers 5 % up: power binds at four times as many.
    `nothing`: power 10 % up: never anything.
    """
    edits = {
        "more": f"{WAFERS} +50%",
        "dear": "capacity.price_usd[stage=wafers] *= 2",
        "little": "capacity.capacity[stage=wafers] +5%",
        "nothing": "capacity.capacity[stage=power] +10%",
    }
    found = surveyed(tmp_path, edits)
    effects = found.effects.set_index("scenario")
    assert effects["stage"].to_dict() == {"more": "power", "dear": "wafers", "little": "wafers", "nothing": "wafers"}
    assert effects["changed"].to_dict() == {"more": True, "dear": False, "little": False, "nothing": False}
    assert effects["served_pct"].to_dict() == pytest.approx(
        {"more": 20, "dear": 0, "little": 5, "nothing": 0}, abs=1e-6
    )
    assert effects["cost_pct"].to_dict() == pytest.approx({"more": 0, "dear": 100, "little": 0, "nothing": 0}, abs=1e-6)
    assert effects.loc["more", "objective_usd"] == pytest.approx(-20 * (1e6 - 2))
    totals = found.totals.set_index(["quantity", "scenario"])
    assert totals["reference"].loc["net_benefit_usd"].to_list() == pytest.approx([100e6 - 200] * 4)
    changes = {"more": 20 * (1e6 - 2), "dear": -200, "little": 5 * (1e6 - 2), "nothing": 0}
    assert totals["change"].loc["net_benefit_usd"].to_dict() == pytest.approx(changes, abs=1e-6)
    cost = {"more": 40, "dear": 200, "little": 10, "nothing": 0}
    assert totals["change"].loc["cost_usd"].to_dict() == pytest.approx(cost, abs=1e-6)
    service = found.service.set_index("scenario")
    assert set(service["quantity"]) == {"served_ttok"}
    assert set(service["item"]) == {"chat"}
    assert service["change"].to_dict() == pytest.approx({"more": 20, "dear": 0, "little": 5, "nothing": 0}, abs=1e-6)
    factors = found.factors.set_index("scenario")
    assert factors.loc["more", "factor"] == pytest.approx(0.4, rel=0.03)
    assert factors.loc["more", "what"] == f"{FIRST}: power"
    assert factors.loc["dear", "factor"] == pytest.approx(0.01, rel=0.03)
    assert factors.loc["dear", "what"] == "cost +1.0 %"
    assert factors.loc["little", "factor"] == pytest.approx(4, rel=0.03)
    assert (factors.loc["nothing", "factor"], factors.loc["nothing", "what"]) == (math.inf, "")


def test_what_changes_at_once_has_no_size(tmp_path: Path) -> None:
    """A row that is added cannot be made smaller: a budget of 100 USD binds at any factor, and the search ends."""
    case = sc.load(write_case(two_stages(), tmp_path))
    row = {"table": "budget", "year": FIRST, "capital_usd": 100.0, "source": "paper"}
    found = survey(case, {"poor": what_if(case, Group("poor", (), (row,)))}, executor=SerialExecutor())
    factor = one(found.factors, scenario="poor")
    assert (factor.factor, factor.what) == (0.0, f"{FIRST}: capital")


def test_scaled_changes_stay_in_what_a_column_allows(tmp_path: Path) -> None:
    """Capacity 60 % down is not negative at twice that; a share stays at 1; a life of 10 years, 3 more, is 12 at 0.5;
    two edits of one cell are scaled from the first number to the last.
    """
    case = sc.load(write_case(two_stages(), tmp_path))
    made = what_if(
        case,
        Group(
            "all",
            (
                "capacity.capacity[stage=wafers] -60%",
                "operations.utilisation *= 0.5",
                "accelerators.life_years += 3",
                "capacity.capacity[stage=power] += 20",
                "capacity.capacity[stage=power] += 40",
            ),
        ),
    )

    def at(factor: float) -> tuple[float, float, float, int]:
        there = scaled(made, factor)
        capacity = there.frame("capacity").set_index("stage")["capacity"]
        utilisation, life = there.tables["operations"][0]["utilisation"], there.tables["accelerators"][0]["life_years"]
        return capacity["wafers"], capacity["power"], utilisation, life

    assert at(0) == (100, 120, 1, 10)
    assert at(0.5) == (pytest.approx(70), 150, 0.75, 12)
    assert at(1) == (40, 180, 0.5, 13)
    assert at(2) == (0, 240, 0, 16)
    assert at(-1)[2] == 1


def test_the_command_lists_solves_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As its user runs it, through processes."""
    folder = write_case(two_stages(), tmp_path / "case")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "more.toml").write_text(
        'name = "more"\ntitle = "More | wafers"\nwhy = "A new line."\nsource = "The maker"\n'
        f'[[groups]]\nname = "wafers"\nedits = ["{WAFERS} +50%"]\n',
        encoding="utf-8",
    )
    page = tmp_path / "page.md"
    arguments = ["scenarios", str(folder), "--solve", "--report", str(page), "--out", str(tmp_path / "out")]
    assert status_of(*arguments) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[1] == "Changes against the case; `=`: the same group and stage bind as in the case."
    at = printed.index("Net benefit is value served less total cost, over 2030-2030, discounted; m USD\n")
    assert re.search(r"\nthe case +100\.0 +100 +0\.000200\nmore +\+20\.0 +\+20\.0 +\+0\.0\n", printed[at:])
    assert printed.index("Single years may fall when limits rise") > at
    assert re.search(
        rf"\nServed in {FIRST}, change in %\nscenario +Chat +cost per token\nmore +\+20\.0 +\+0\.0\n", printed
    )
    assert re.search(rf"\nWhat binds\nscenario  {FIRST}\nmore +power\n", printed)
    assert re.search(r"\nmore +0\.406  2030: power\n", printed)
    assert max(map(len, printed.splitlines())) <= 100
    assert r"**More \| wafers** (more). A new line. *The maker*" in page.read_text(encoding="utf-8")
    assert sorted(path.stem for path in (tmp_path / "out" / "tables").iterdir()) == [
        "effects",
        "factors",
        "service",
        "totals",
    ]
    assert status_of("scenarios", str(folder), "--solve", "--year", "1999") == 2
    empty = write_case(two_stages(), tmp_path / "empty")
    assert status_of("scenarios", str(empty), "--solve") == 2
    assert "the case has no scenarios" in capsys.readouterr().err


def test_tokens_by_workload_and_research_are_apart() -> None:
    """`inputs/tiny` with a fifth more of every limit: each number against plans of its own, keys as labels on screen.

    Bug: research counted as tokens, workloads or years exchanged, totals of the reported years alone.
    """
    case = sc.load(TINY)
    made = what_if(case, Group("more", ("capacity.capacity *= 1.2",)))
    found = survey(case, {"more": made}, executor=SerialExecutor())
    before, after = sc.solve(case), sc.solve(made.case)
    for row in found.totals.itertuples():
        assert (row.reference, row.value) == pytest.approx((before.summary[row.quantity], after.summary[row.quantity]))
    for row in found.service.itertuples():
        tokens = row.quantity == "served_ttok"
        name, where = ("service_by_workload", {"workload": row.item}) if tokens else ("research_service", {})
        served = (one(plan.tables[name], year=row.year, **where)[row.quantity] for plan in (before, after))
        assert (row.reference, row.value) == pytest.approx(tuple(served))
        assert row.change == row.value - row.reference
    assert list(found.service["item"]) == ["batch", "chat", "all"] * 2
    lines = text(found).splitlines()
    at = lines.index("Served in 2027, change in %")
    assert re.split(" {2,}", lines[at + 1]) == ["scenario", "Batch", "Chat", "research", "cost per token"]
    shares = found.service[found.service["year"] == 2027]
    assert lines[at + 2].split()[1:4] == [f"{100 * r.change / r.reference:+.1f}" for r in shares.itertuples()]


def test_research_of_a_curve_is_counted() -> None:
    """`inputs/tiny-curve`, whose research is a curve, with a fifth more of every limit: all of its tiers are counted.

    Bug: research is left out where the case has no row in `research.csv`; one tier of the curve is taken for all.
    """
    case = sc.load(TINY_CURVE)
    made = what_if(case, Group("more", ("capacity.capacity *= 1.2",)))
    found = survey(case, {"more": made}, executor=SerialExecutor()).service.query("item == 'all'")
    assert set(found["quantity"]) == {"served_h100e_years"}
    assert list(found["year"]) == list(case.report_years)
    for column, plan in (("reference", sc.solve(case)), ("value", sc.solve(made.case))):
        done = plan.research_service.groupby("year")["served_h100e_years"].sum()
        assert list(found[column]) == pytest.approx(list(done))


def test_scenarios_are_made_in_the_case_as_it_was_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """100 wafers, power for 120; `more` makes it 150 wafers, and `both`, which extends it, doubles power.

    On 40 wafers `more` serves 50 % more, to the 60 that wafers allow, and so does `both`. On `more` itself 120 are
    served, and `both`, of which only power is left to do, serves 150: 25 % more. `more` is not made twice.

    Bug: the changes are made last, or not at all; a scenario that was made is made again on top of itself.
    """
    folder = write_case(two_stages(), tmp_path / "case")
    (folder / "scenarios").mkdir()
    for name, extends, stage, how in (("more", [], "wafers", "+50%"), ("both", ["more"], "power", "*= 2")):
        (folder / "scenarios" / f"{name}.toml").write_text(
            f'name = "{name}"\ntitle = "{name}"\nwhy = "w"\nsource = "s"\nextends = {extends}\n'
            f'[[groups]]\nname = "{stage}"\nedits = ["capacity.capacity[stage={stage}] {how}"]\n',
            encoding="utf-8",
        )
    change = "capacity.capacity[stage=wafers] = 40"
    expected = {("--change", change): {"both": 50, "more": 50}, ("--scenario", "more"): {"both": 25}}
    for n, (option, served) in enumerate(expected.items()):
        out, page = tmp_path / str(n), tmp_path / f"{n}.md"
        command = ["scenarios", str(folder), *option, "--solve", "--out", str(out), "--report", str(page)]
        assert status_of(*command, "--workers", "1") == 0
        effects = pd.read_csv(out / "tables" / "effects.csv").set_index("scenario")
        assert effects["served_pct"].to_dict() == pytest.approx(served, abs=1e-6)
        assert json.loads((out / "summary.json").read_text())["what_if"] == ["more (more)" if n else change]
        assert (out / "tables" / "changes.csv").exists()
        assert capsys.readouterr().out.startswith(f"What if: {'more (more)' if n else change} (")
        before = escaped("more (more)" if n else change)
        assert f"Each in the case so changed: {before}." in page.read_text(encoding="utf-8").splitlines()
    assert status_of("scenarios", str(folder), "--scenario", "mor") == 2
    assert "did you mean 'more'?" in capsys.readouterr().err
    assert status_of("scenarios", str(folder), "--change", change) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["both  both", "more  more"]


@pytest.mark.unmeasured
def test_the_page_of_the_shipped_scenarios_is_what_the_software_writes() -> None:
    """`reports/scenarios.md`, from the answer that stands beside it: every scenario's cost is solved anew, and
    of one in fourteen, or in seven, everything. Both are written anew by `make reports`; look at the difference before
    you do.
    """
    found, case, saved = scenarios_of(BASE), sc.load(BASE), read_answer(ANSWERS / "scenarios", "scenarios")
    years = tuple(dict.fromkeys(saved.effects["year"]))
    shipped = Survey(saved.summary, saved.tables, case, years)
    assert saved.summary["inputs_sha256"] == case.sha256
    assert list(found) == saved.summary["scenarios"]
    assert len(found) >= 12
    assert (REPORTS / "scenarios.md").read_text(encoding="utf-8") == markdown(shipped, found)

    what_ifs = {name: sc.what_if(BASE, [name]) for name in found}
    warm_solver = WarmSolver(case, [], labels=False)
    central = warm_solver.central().objective_usd
    changes = {name: warm_solver.read(what_if.case).objective_usd - central for name, what_if in what_ifs.items()}
    assert changes == pytest.approx(dict(shipped.effects[["scenario", "objective_usd"]].to_numpy()), rel=1e-6)

    sample = one_in(2, list(found)[::7])
    anew = survey(case, {name: what_ifs[name] for name in sample}, years)
    for name, table in anew.tables.items():
        there = shipped.tables[name]
        expected = there[there["scenario"].isin(sample)].reset_index(drop=True)
        pd.testing.assert_frame_equal(table, expected, check_dtype=False, rtol=1e-9)
