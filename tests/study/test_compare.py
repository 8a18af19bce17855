"""Answers side by side: what differs, and which group of changes did it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from commands import status_of
from generator import FIRST, write_case
from plants import Link, chain, drawn, edited, files_of, loaded, one, ranged, two_stages
from sweeps import POWER, WAFERS

import supplychain as sc
from supplychain.case.changes import Group, apply
from supplychain.plan.changes import with_changes
from supplychain.report.text.compare import text
from supplychain.results.read import read_answer
from supplychain.study.attribution import attribute
from supplychain.study.compare import compare, compare_changes
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

CHIP = 1e6 - 2
"""What a chip more is worth in `two_stages`: 1e6 USD of tokens for 2 USD of wafers."""

MORE_WAFERS, MORE_POWER = f"{WAFERS} +50%", f"{POWER} +50%"


def parts(table: pd.DataFrame, what: str) -> dict[str, float]:
    rows = table[table["what"] == what]
    return dict(zip(rows["group"], rows["usd"], strict=True))


def test_what_each_group_adds_is_its_shapley_value(tmp_path: Path) -> None:
    """100 chips; 120 with more wafers, 100 with more power, 150 with both.

    Wafers add 20 when they come first and 50 when they come second, 35 on average; power adds 0 or 30, 15 on average.
    Catches parts that depend on the order given, and a part that is measured against the start alone.
    """
    case = loaded(two_stages(), tmp_path)
    wafers, power = Group("w", (MORE_WAFERS,)), Group("p", (MORE_POWER,))
    for groups in ([wafers, power], [power, wafers]):
        found = attribute(case, groups, "both", executor=SerialExecutor())
        assert parts(found, "net_benefit_usd") == pytest.approx({"w": 35 * CHIP, "p": 15 * CHIP})
        assert parts(found, "objective_usd") == pytest.approx({"w": -35 * CHIP, "p": -15 * CHIP})
        assert parts(found, "cost_usd") == pytest.approx({"w": 70, "p": 30})
        assert set(found["answer"]) == {"both"}


def test_more_than_eight_groups_are_taken_in_order(tmp_path: Path) -> None:
    """Nine groups of 5 chips' worth of wafers each: the first four raise what is built, then power limits it."""
    case = loaded(two_stages(), tmp_path)
    groups = [Group(f"g{n}", ("capacity.capacity[stage=wafers] += 5",)) for n in range(9)]
    found = parts(attribute(case, groups, "nine", executor=SerialExecutor()), "cost_usd")
    assert found == pytest.approx({f"g{n}": 10.0 if n < 4 else 0.0 for n in range(9)}, abs=1e-6)


@pytest.mark.parametrize("seed", [0, 5, 12])
def test_the_parts_add_up_to_the_whole(seed: int, tmp_path: Path) -> None:
    """On random cases with three groups of edits: objective and cost of every year, against plans of their own."""
    case = loaded(ranged(drawn(seed).case), tmp_path)
    groups = [
        Group("capacity", ("capacity.capacity *= 1.2", "capacity.price_usd +10%")),
        Group("demand", ("demand.demand_ttok -20%",)),
        Group("chips", ("accelerators.opex_usd_per_year *= 2", "unit_costs.other_cost_usd -15%")),
    ]
    changed, _ = apply(case, groups)
    before, after = sc.solve(case), sc.solve(changed)
    found = attribute(case, groups, "all", executor=SerialExecutor())
    whole = sum(parts(found, "objective_usd").values())
    assert whole == pytest.approx(after.objective_usd - before.objective_usd, rel=1e-9, abs=1e-9 * before.objective_usd)
    whole, size = sum(parts(found, "net_benefit_usd").values()), before.summary["value_usd"]
    assert whole == pytest.approx(after.net_benefit_usd - before.net_benefit_usd, rel=1e-9, abs=1e-9 * size)
    cost = [plan.cost.groupby("year")[["serving_usd", "research_usd"]].sum().sum(axis=1) for plan in (before, after)]
    for t in case.report_years:
        part = found[found["year"] == t]["usd"].sum()
        assert part == pytest.approx(cost[1].get(t, 0.0) - cost[0].get(t, 0.0), rel=1e-6, abs=1e-9 * cost[0].max())


def test_what_differs_is_named(tmp_path: Path) -> None:
    """With half as many wafers again power binds: 120 chips for 100. One input differs, and its name is told."""
    case = loaded(two_stages(), tmp_path / "a")
    changed, _ = apply(case, [MORE_WAFERS])
    found = compare({"now": sc.solve(case), "more": sc.solve(changed)})
    inputs = found.inputs[~found.inputs["column"].str.endswith(("_low", "_high"))]
    assert inputs.to_numpy().tolist() == [
        ["more", "capacity", "stage=wafers, supplier=acme, place=global", FIRST, "capacity", 100.0, 150.0]
    ]
    stage = one(found.labels, level="stage")
    assert (stage.reference, stage.label, stage.same) == ("wafers", "power", False)
    built = one(found.results, quantity="built", item="chip")
    assert (built.reference, built.value, built.change) == pytest.approx((100, 120, 20))
    for item in ("all", "chat"):
        served = one(found.results, quantity="served_ttok", item=item)
        assert (served.reference, served.change) == pytest.approx((100, 20))
    cost = one(found.results, quantity="cost_usd")
    assert (cost.reference, cost.change) == pytest.approx((200, 40))
    assert found.summary == {
        "answers": ["now", "more"],
        "horizons": [[FIRST, FIRST], [FIRST, FIRST]],
        "foresight_years": [None, None],
        "inputs_that_differ": 3,
        "labels_that_differ": 2,
    }
    shown = text(found).splitlines()
    at = shown.index("Tokens served: Chat; trillion (10^12)")
    assert [line.split() for line in shown[at + 2 : at + 4]] == [["now", "100"], ["more", "120", "(+20.0", "%)"]]


def test_net_benefit_leads(tmp_path: Path) -> None:
    """100 chips serve 100 M USD of tokens for 200 USD of wafers; with half as many wafers again 120 do, for 240.

    On the screen the three totals come first, in one scale that the header names, with the change in brackets; then
    that single years may fall; then years, value and cost before tokens.
    Sensitivity: in a scale of its own the cost would be 200.
    Bug: tokens lead, so that more of a cheap workload hides less of a dear one.
    """
    case = loaded(two_stages(), tmp_path)
    found = compare({"now": sc.solve(case), "more": sc.solve(apply(case, [MORE_WAFERS])[0])})
    totals = found.totals.set_index("quantity")
    assert totals["reference"].to_dict() == pytest.approx(
        {"net_benefit_usd": 100 * CHIP, "value_usd": 100e6, "cost_usd": 200}
    )
    assert totals["change"].to_dict() == pytest.approx(
        {"net_benefit_usd": 20 * CHIP, "value_usd": 20e6, "cost_usd": 40}
    )
    shown = text(found).splitlines()
    assert shown[3] == "Net benefit is value served less total cost, over 2030-2030, discounted; m USD"
    assert [re.split(" {2,}", line.strip()) for line in shown[4:7]] == [
        ["net benefit", "value served", "total cost"],
        ["now", "100.0", "100", "0.000200"],
        ["more", "120 (+20.00)", "120 (+20.00)", "0.000240 (+0.00)"],
    ]
    assert shown[8] == "Single years may fall when limits rise: the plan gives up one year for the sum of all."
    titles = [line.split(",")[0].split(":")[0] for n, line in enumerate(shown[9:], 9) if not shown[n - 1]]
    assert titles == [
        "Value of the tokens served", "Cost of the year", "Tokens served", "What binds (group)",
        "Average cost", "H100 equivalents operating", "Capital spent",
    ]  # fmt: skip


def test_demand_that_is_added_counts_as_value(tmp_path: Path) -> None:
    """A chip's tokens twice as dear: 100 M USD more of net benefit, 999,900 x 1e6 USD more of cost left unserved.

    Bug: the change of the objective with its sign turned, which falls, is called the change of net benefit.
    """
    case = loaded(two_stages(), tmp_path)
    dear = Group("dear", ("demand.value_usd_per_mtok *= 2",))
    found = attribute(case, [dear], "dear", executor=SerialExecutor())
    assert parts(found, "net_benefit_usd") == pytest.approx({"dear": 100e6})
    assert parts(found, "objective_usd") == pytest.approx({"dear": (1e6 - 100) * 1e6})


def test_an_answer_of_an_earlier_version_is_compared(tmp_path: Path) -> None:
    """Its summary has no net benefit: blanks, which are explained. Bug: a traceback, or a net benefit of 0."""
    plan = sc.solve(loaded(two_stages(), tmp_path / "case"))
    summary = {name: fact for name, fact in plan.summary.items() if name not in {"net_benefit_usd", "value_usd"}}
    found = compare({"old": sc.Answer(summary, plan.tables), "new": plan})
    shown = text(found).splitlines()
    assert [line.split() for line in shown[5:7]] == [
        ["old", "0.000200"],
        ["new", "100.0", "100", "0.000200", "(+0.00)"],
    ]
    assert shown[7] == "Blank: the answer is of an earlier version, which did not work it out."


def test_no_line_is_wider_than_a_terminal(tmp_path: Path) -> None:
    """Twenty years and a long name: tables are continued below. Bug: lines that wrap and cannot be read."""
    plan = sc.solve(loaded(chain([Link("wafers", 100.0)], last_year=FIRST + 19), tmp_path))
    shown = text(compare({"a" * 20: plan, "b" * 20: plan})).splitlines()
    assert max(map(len, shown)) <= 100
    assert sum(line.split() == ["What", "binds", "(group)"] for line in shown) == 1
    assert all(sum(re.match(rf" .*\b{t}\b", line) is not None for line in shown) == 7 for t in range(FIRST, FIRST + 20))


def test_settings_that_differ_are_named(tmp_path: Path) -> None:
    """Catches a comparison that says that no input differs, where the discount rate does; names are no inputs."""
    plain = two_stages()
    other = edited(plain, discount_rate=0.25)
    other.settings["title"] = "Dearer money"
    one_case, other_case = loaded(plain, tmp_path / "one"), loaded(other, tmp_path / "other")
    found = compare({"one": sc.solve(one_case), "other": sc.solve(other_case)})
    (row,) = found.inputs.to_dict("records")
    assert (row["table"], row["column"], row["value"]) == ("case.toml", "discount_rate", 0.25)
    assert row["reference"] == one_case.settings.discount_rate
    assert text(found).startswith("Inputs that differ from one: 1\n")


def test_a_series_is_compared_as_the_solve_sees_it(tmp_path: Path) -> None:
    """100 and 200 wafers in the first and third year, and the same with the second year written out: no difference.
    With 160 in the second year, one. Catches rows compared as they stand in the file.
    """

    def plan(name: str, wafers: dict[int, float]) -> sc.Plan:
        return sc.solve(loaded(chain([Link("wafers", wafers)], last_year=FIRST + 2), tmp_path / name))

    given = plan("given", {FIRST: 100.0, FIRST + 2: 200.0})
    written = plan("written", {FIRST: 100.0, FIRST + 1: 150.0, FIRST + 2: 200.0})
    other = plan("other", {FIRST: 100.0, FIRST + 1: 160.0, FIRST + 2: 200.0})
    assert compare({"a": given, "b": written}).inputs["column"].tolist() == []
    assert compare({"a": given, "b": other}).inputs[["year", "reference", "value"]].to_numpy().tolist() == [
        [FIRST + 1, 150.0, 160.0]
    ]


def test_answers_of_earlier_runs_compare_as_live_ones_do(tmp_path: Path) -> None:
    """What changed since last quarter: from two folders of results. Inputs are told by table, for no case is there."""
    case = loaded(two_stages(), tmp_path / "case")
    changed, _ = apply(case, [MORE_WAFERS])
    plans = {"june": sc.solve(case), "july": sc.solve(changed)}
    for name, plan in plans.items():
        plan.write(tmp_path / name)
    live, written = compare(plans), compare({name: sc.read_answer(tmp_path / name) for name in plans})
    pd.testing.assert_frame_equal(live.labels, written.labels)
    pd.testing.assert_frame_equal(live.results, written.results, rtol=1e-11)
    assert written.inputs[["answer", "table"]].to_numpy().tolist() == [["july", "capacity"]]


def test_the_audit_of_each_answer_is_kept(tmp_path: Path) -> None:
    """Of what-ifs solved now and of answers written earlier alike: numbers that a file has among names are numbers."""
    folder = write_case(two_stages(), tmp_path / "case")
    new = {"stage": "wafers", "supplier": "new"}
    supplier = {"table": "suppliers", **new, "label": "007", "capacity_life_years": 4}
    there = {
        "table": "capacity",
        **new,
        "place": "global",
        "year": FIRST,
        "capacity": 0,
        "price_usd": 1,
        "source": "paper",
    }
    group = Group("new", (MORE_WAFERS,), add=(supplier, there))
    case = sc.load(folder)
    changed, audit = apply(case, [group])
    made = sc.WhatIf(changed, ("More",), (group,), audit)
    live = compare_changes(case, "now", {"more": made}, executor=SerialExecutor())
    assert set(live.changes["answer"]) == {"more"}
    answer = with_changes(sc.solve(changed), made)
    pd.testing.assert_frame_equal(live.changes.drop(columns="answer"), answer.changes, check_dtype=False)
    sc.solve(case).write(tmp_path / "now")
    answer.write(tmp_path / "more")
    written = compare({name: sc.read_answer(tmp_path / name) for name in ("now", "more")}).changes
    pd.testing.assert_frame_equal(live.changes, written, check_dtype=False)
    assert [x for x in written["new"] if isinstance(x, str)] == ["007", "paper"]


def test_a_scenario_with_the_name_of_its_case_stays_apart(tmp_path: Path) -> None:
    """Catches one of the two that takes the place of the other."""
    case, group = loaded(two_stages(), tmp_path), Group("w", (MORE_WAFERS,))
    changed, audit = apply(case, [group])
    found = compare_changes(
        case, "both", {"both": sc.WhatIf(changed, ("More",), (group,), audit)}, executor=SerialExecutor()
    )
    assert found.names == ("both (the case)", "both")
    assert parts(found.attribution, "objective_usd") == pytest.approx({"w": -20 * CHIP})
    assert set(found.inputs["answer"]) == {"both"}


def test_stages_are_called_by_their_labels_where_a_case_is_known(tmp_path: Path) -> None:
    """Bug: `wafers` where the label is "Logic wafers"; or a traceback of answers that were read without their case."""
    case = two_stages()
    for row, label in zip(case.tables["stages"], ("Logic wafers", "Power at the sites"), strict=True):
        row["label"] = label
    now = sc.solve(loaded(case, tmp_path / "a"))
    more = sc.solve(apply(now.case, [MORE_WAFERS])[0])
    shown = text(compare({"now": now, "more": more}))
    assert re.search(r"What binds \(group\)\n +2030\nnow +Logic wafers\nmore +Power at the sites\n", shown)
    for name, plan in (("now", now), ("more", more)):
        plan.write(tmp_path / name)
    read = {name: read_answer(tmp_path / name, "solve") for name in ("now", "more")}
    assert re.search(r"now +wafers\nmore +power\n", text(compare(read)))


def test_answers_of_other_years_stand_side_by_side(tmp_path: Path) -> None:
    """Two years, three, and one, at no cost: blank where an answer has no such year. Catches a traceback there."""
    plans = {
        name: sc.solve(loaded(chain([Link("wafers", 100.0)], last_year=FIRST + more), tmp_path / name))
        for name, more in (("two", 1), ("three", 2), ("one", 0))
    }
    lines = text(compare(plans)).splitlines()
    at = lines.index("What binds (group)")
    assert [line.split() for line in lines[at + 1 : at + 5]] == [
        [str(FIRST), str(FIRST + 1)],
        ["two", "wafers", "wafers"],
        ["three", "=", "="],
        ["one", "="],
    ]
    at = lines.index("Tokens served: Chat; trillion (10^12)")
    assert [line.count("(+0.0 %)") for line in lines[at + 2 : at + 5]] == [0, 2, 1]
    spans = f"two {FIRST}-{FIRST + 1}, three {FIRST}-{FIRST + 2}, one {FIRST}-{FIRST}"
    assert f"The horizons differ, so these do not compare: {spans}" in lines


def test_the_command_compares_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case with a change, two cases, and two answers; the changes of a what-if are written beside its answer."""
    folder = write_case(two_stages(), tmp_path / "case")
    more = tmp_path / "more"
    assert status_of("solve", str(folder), "--out", str(tmp_path / "now"), "-q") == 0
    assert status_of("solve", str(folder), "--change", MORE_WAFERS, "--out", str(more), "-q") == 0
    assert "changed" in (more / "tables" / "changes.csv").read_text(encoding="utf-8")
    assert '"what_if"' in (more / "summary.json").read_text(encoding="utf-8")
    capsys.readouterr()
    assert status_of("compare", str(folder), "--change", MORE_WAFERS, "--out", str(tmp_path / "out")) == 0
    printed = capsys.readouterr().out
    assert " 120 (+20.0 %)\n" in printed
    assert sorted(path.stem for path in (tmp_path / "out" / "tables").iterdir()) == [
        "attribution",
        "changes",
        "inputs",
        "labels",
        "results",
        "totals",
    ]
    assert status_of("compare", str(tmp_path / "now"), str(more)) == 0
    assert " 120 (+20.0 %)\n" in capsys.readouterr().out
    assert status_of("compare", str(tmp_path / "now"), str(more), str(folder)) == 0
    assert capsys.readouterr().out.startswith(f"Tables of inputs that differ from {tmp_path / 'now'}: 1\n")
    assert status_of("compare", str(folder), str(folder)) == 0
    assert f"Inputs that differ from {folder}: 0\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["CASE"], "name scenarios or changes of the case, or a second case or answer"),
        (["CASE", "CASE", "--change", MORE_WAFERS], "scenarios and changes are made in one case"),
        (["CASE", "--scenario", "none"], "no scenario is called 'none'"),
        (["CASE", "--change", "capacity.capacity[stage=wafer] +1%"], "did you mean 'wafers'?"),
        (["CASE", "nowhere"], "there is no such folder; give one that `supplychain solve CASE --out DIR` wrote"),
    ],
)
def test_what_cannot_be_compared_is_said(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and nothing is written."""
    folder = str(write_case(two_stages(), tmp_path / "case"))
    given = [folder if one == "CASE" else one for one in arguments]
    assert status_of("compare", *given, "--out", str(tmp_path / "out")) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_answer_without_changes_is_written_as_ever(tmp_path: Path) -> None:
    """Catches a table of changes, or a word of them, where nothing was changed."""
    folder = write_case(two_stages(), tmp_path / "case")
    assert status_of("solve", str(folder), "--out", str(tmp_path / "out"), "-q") == 0
    written = {
        str(path.relative_to(tmp_path / "out")): path.read_text(encoding="utf-8")
        for path in sorted((tmp_path / "out").rglob("*"))
        if path.is_file()
    }
    assert written == files_of(sc.solve(sc.load(folder)))


def test_two_scenarios_are_made_one_after_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--scenario a --scenario b`: 100 wafers, doubled, and 30 more; the other way round they would be 260."""
    folder = write_case(two_stages(), tmp_path / "case")
    (folder / "scenarios").mkdir()
    for name, how in (("double", "*= 2"), ("more", "+= 30")):
        (folder / "scenarios" / f"{name}.toml").write_text(
            f'name = "{name}"\ntitle = "Wafers {how}"\nwhy = "w"\nsource = "s"\n'
            f'[[groups]]\nname = "wafers"\nedits = ["capacity.capacity[stage=wafers] {how}"]\n',
            encoding="utf-8",
        )
    changed = sc.what_if(folder, ["double", "more"])
    assert one(changed.case.frame("capacity"), stage="wafers")["capacity"] == 230
    assert [group.name for group in changed.groups] == ["double: wafers", "more: wafers"]
    assert status_of("check", str(folder), "--scenario", "double", "--scenario", "more") == 0
    assert "What if: Wafers *= 2 (double); Wafers += 30 (more) (" in capsys.readouterr().out
    assert status_of("scenarios", str(folder)) == 0
    assert capsys.readouterr().out == "double  Wafers *= 2\nmore    Wafers += 30\n"
