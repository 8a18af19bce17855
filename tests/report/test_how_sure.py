"""How sure an answer is, wherever it is shown: the probabilities and bands of a study of the same inputs, or how to
get one.
"""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pytest
from commands import run
from generator import FIRST
from paths import TINY, files_in
from plants import Link, chain, loaded, plan_of
from studied import DRAWS, tiny_plan, tiny_study, tiny_with_study

import supplychain as sc
from supplychain.case.read import UNCERTAINTY
from supplychain.errors import OutputError
from supplychain.report.formats import number
from supplychain.report.notebook import html
from supplychain.report.text import how_sure
from supplychain.report.text.answer import text
from supplychain.report.text.summary import markdown
from supplychain.results import schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study.attached import MOST, Known, attach_to, known_study

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from generator import Case

QUANTITIES = {"tokens_served": 1e3, "cost_per_mtok": 1.0, "cash_spent": 1e6}
"""What has a band on the screen, and its unit there."""


def study_of(plan: sc.Plan, often: Mapping[tuple[int, str], Mapping[str, float]], **facts: int) -> Answer:
    """Return a study in which labels of a year and a level bind with these probabilities; amounts have no bands."""
    rows = [
        {
            "year": year,
            "level": level,
            "members": members,
            "probability": share,
            "standard_error": 0.01,
            "low": share - 0.02,
            "high": share + 0.02,
            "central": False,
        }
        for (year, level), labels in often.items()
        for members, share in labels.items()
    ]
    summary = {"case": "plant", "draws": 1000, "uncertain_numbers": 7, "without_answer": 0, **facts}
    tables = {
        "binding_probability": frame(schema.BINDING_PROBABILITY, rows),
        "distributions": frame(schema.DISTRIBUTIONS, []),
    }
    return Answer({**summary, "inputs_sha256": plan.case.sha256}, tables, kind="uncertainty")


def screen(plan: sc.Plan, study: Answer) -> list[str]:
    """Return the first screen with a study; it fits, and holds no number that is none."""
    lines = text(plan, "mine", Known(study)).splitlines()
    assert max(map(len, lines)) <= 100
    assert not re.search(r"\b(nan|inf|None|<NA>)\b", "\n".join(lines))
    return lines


def of_label(table: pd.DataFrame, year: int, level: str, members: str) -> Any:  # noqa: ANN401 - a row
    rows = table[(table["year"] == year) & (table["level"] == level) & (table["members"] == members)]
    (row,) = rows.itertuples()
    return row


def test_the_screen_shows_the_probabilities_and_bands_of_the_study() -> None:
    """Bug: a probability of another year, level or label; a band of other quantiles, of another item or scale."""
    plan, study = tiny_plan(), tiny_study()
    lines, often = screen(plan, study), study.binding_probability
    assert re.split(" {2,}", lines[1])[1:] == ["draws, %", "gain", "holds to", "runner-up", "gain"]
    binding = plan.binding.set_index(["level", "year"])["members"]
    for year, line in zip(plan.case.report_years, lines[2:], strict=False):
        stage, group = (of_label(often, year, level, binding[level, year]).probability for level in ("stage", "group"))
        shown = [how_sure.per_cent(group), *([f"({how_sure.per_cent(stage)})"] if "(" in line[:40] else [])]
        assert line.startswith(f"{year}  ")
        assert line[40:49].split() == shown
    rows = study.distributions.query("item == 'all'").set_index(["quantity", "year"])
    bands = [line[44:].split() for line in lines if line.startswith(f"  {how_sure.BAND}")]
    expected = [
        ["-".join(number(rows[end][quantity, t] / unit) for end in ("p10", "p90")) for t in plan.case.report_years]
        for quantity, unit in QUANTITIES.items()
    ]
    assert bands == expected


def test_the_least_sure_label_is_the_sentence() -> None:
    """Bug: the surest year is told, the other label of another year, or half an interval that is a whole one."""
    plan, study = tiny_plan(), tiny_study()
    said = " ".join(line.strip() for line in screen(plan, study) if not line.startswith("  100 % of inputs"))
    said = said[said.index("How sure: ") :]
    row = of_label(study.binding_probability, 2027, "group", "power")
    least = f"power binds in {how_sure.per_cent(row.probability)} % (±{50 * (row.high - row.low):.0f}), demand"
    begin = f"How sure: in {DRAWS} joint draws of {study.summary['uncertain_numbers']} uncertain numbers"
    assert said.startswith(f"{begin} the label is least sure in 2027: {least}")
    assert "holds with up to" not in said


def two_stages_of_a_group() -> Case:
    links = [Link("halls", 200.0, group="sites"), Link("grid", 100.0, group="sites"), Link("wafers", 150.0)]
    return chain(links)


def test_what_binds_more_often_than_the_label_is_named() -> None:
    """The grid binds at central values, and in most draws the halls do.

    Bug: 0.4 % is nothing and 99.6 % is all; what is likelier is not said, or said of what is not.
    """
    plan = plan_of(two_stages_of_a_group())
    study = study_of(
        plan,
        {
            (FIRST, "group"): {"sites": 0.996, "wafers": 0.004},
            (FIRST, "stage"): {"halls": 0.5, "grid": 0.3, "wafers": 0.2},
        },
        without_answer=3,
    )
    lines = screen(plan, study)
    assert lines[2].startswith(f"{FIRST}  sites (grid)")
    assert lines[2][40:49].split() == [">99", "(30)"]
    assert f"By stage likelier: halls, 50 % in {FIRST}." in lines
    assert not any(line.startswith("By group likelier") for line in lines)
    said = " ".join(line.strip() for line in lines)
    assert (
        f"for {FIRST}: sites binds in >99 % (±2), wafers in <1 % (±2). By stage for {FIRST}: grid binds in 30 %" in said
    )
    assert "3 draws have no answer and count nowhere." in said


def test_a_label_that_no_draw_has() -> None:
    """Bug: no line, or a traceback, where other software solved the draws and none has the label."""
    plan = plan_of(two_stages_of_a_group())
    lines = screen(plan, study_of(plan, {(FIRST, "group"): {"wafers": 1.0}, (FIRST, "stage"): {"wafers": 1.0}}))
    assert lines[2][40:49].split() == ["0", "(0)"]
    sure = study_of(plan, {(FIRST, "group"): {"sites": 1.0}, (FIRST, "stage"): {"grid": 1.0}})
    assert any("each year's label binds in all of them" in line for line in screen(plan, sure))


def test_markdown_workbook_and_json_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: one of the outputs still tells labels and amounts as if they were sure."""
    tiny_with_study(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    status, printed, _ = run(capsys, "solve", "tiny", "--json", "--xlsx", "a.xlsx", "--markdown", "a.md")
    assert status == 0
    study = tiny_study()
    probabilities = json.loads(printed)["uncertainty"]
    assert probabilities["draws"] == DRAWS
    for name in ("binding_probability", "distributions"):
        told = frame(schema.table_of("uncertainty", name), probabilities[name])
        pd.testing.assert_frame_equal(told, study.tables[name], rtol=1e-9)
    page = (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "| Group binds in, of draws | Stage binds in, of draws |" in page
    assert "## How sure\n\nIn 40 joint draws of 5 uncertain numbers the label is least sure in 2027: " in page
    assert page.count(how_sure.BAND) == len(QUANTITIES)
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "a.xlsx").read_bytes()))
    sheets = {name for name in book.sheetnames if name.startswith("uncertainty_")}
    assert sheets == {f"uncertainty_{name}" for name in study.tables if name != "draws"}
    units = [cell.value for cell in book["uncertainty_distributions"]["D"]]
    assert units[1:] == list(study.distributions["unit"])
    labels = [str(row[2].value) for row in book["contents"].iter_rows() if str(row[0].value).startswith("Binds in 20")]
    assert all(re.search(r"; the group in \d+ % \(±\d+\) of 40 joint draws$", label) for label in labels)
    assert len(labels) == len(tiny_plan().case.report_years)


def test_without_a_study_the_command_is_named_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: a command that cannot be typed, or that leaves the next solve as unsure as before."""
    shutil.copytree(TINY, tmp_path / "my case", ignore=shutil.ignore_patterns(UNCERTAINTY))
    monkeypatch.chdir(tmp_path)
    _, printed, _ = run(capsys, "solve", "my case")
    (said,) = (line for line in printed.splitlines() if line.startswith("How sure: "))
    assert said.startswith("How sure: not drawn yet. Probabilities and bands: supplychain ")
    command = said[said.index("supplychain ") :]
    assert command == "supplychain uncertainty 'my case' --attach"
    assert "```sh\nsupplychain uncertainty tiny --attach\n```" in markdown(tiny_plan())
    _, *arguments = shlex.split(command)
    assert run(capsys, *arguments, "--draws", str(DRAWS), "--workers", "1", "-q")[0] == 0
    _, printed, _ = run(capsys, "solve", "my case")
    assert f"How sure: in {DRAWS} joint draws of " in printed
    _, printed, _ = run(capsys, "solve", "my case", "--change", "demand.demand_ttok +1%")
    assert "How sure: not drawn yet." in printed
    assert "uncertainty 'my case' --change 'demand.demand_ttok +1%' --out DIR, then --uncertainty DIR" in printed


def test_where_nothing_can_be_drawn_no_command_is_named(tmp_path: Path) -> None:
    """Bug: a command that ends with `no number has a range`."""
    plan = plan_of(two_stages_of_a_group())
    assert f"How sure: {how_sure.NO_RANGE}." in text(plan).splitlines()
    assert "supplychain uncertainty" not in text(plan) + markdown(plan)
    assert known_study(loaded(two_stages_of_a_group(), tmp_path / "plant"), None, tmp_path / "plant") == Known()


def test_a_study_of_other_inputs_is_left_out_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number is edited below its study. Bug: probabilities of other inputs, silence, or a status of failure."""
    case = tiny_with_study(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    _, printed, _ = run(capsys, "check", "tiny")
    assert f"\nThe study in uncertainty/ is of the case as it is: {DRAWS} joint draws.\n" in printed
    capacity = case / "capacity.csv"
    capacity.write_text(capacity.read_text(encoding="utf-8").replace("4000,3500", "4001,3500"), encoding="utf-8")
    left_out = "the study in tiny/uncertainty is of other inputs and is left out"
    status, printed, complaint = run(capsys, "solve", "tiny")
    assert (status, complaint) == (0, "")
    assert [line for line in printed.splitlines() if left_out in line] == [
        f"How sure: {left_out}. Probabilities and bands:"
    ]
    assert "draws, %" not in printed
    status, printed, complaint = run(capsys, "solve", "tiny", "--json")
    assert (status, complaint) == (0, f"Warning: {left_out}\n")
    assert "uncertainty" not in json.loads(printed)
    given = run(capsys, "solve", str(TINY), "--change", "demand.demand_ttok +1%", "--uncertainty", "tiny/uncertainty")
    assert given[0] == 0
    assert f"How sure: {left_out}" in given[1]
    status, printed, _ = run(capsys, "check", "tiny")
    assert status == 0
    assert f"T{left_out[1:]}. Anew: supplychain uncertainty tiny --attach\n" in printed


@pytest.mark.parametrize("fault", ["table", "summary", "facts"])
def test_a_study_that_cannot_be_read(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given, it is refused with one message, before any work; beside the case it is left out with one line.

    Bug: a traceback, or a case that cannot be solved because of what stands beside it.
    """
    study = tiny_with_study(tmp_path / "tiny") / UNCERTAINTY
    if fault == "table":
        (study / "tables" / "drivers.csv").write_text("year\n", encoding="utf-8")
    elif fault == "summary":
        (study / "summary.json").write_text("{", encoding="utf-8")
    else:
        (study / "summary.json").write_text('{"draws": 40}', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sc, "solve", None)
        status, printed, complaint = run(capsys, "solve", "tiny", "--uncertainty", "tiny/uncertainty")
    assert (status, printed) == (2, "")
    assert complaint.splitlines()[0].endswith(" in tiny/uncertainty:")
    status, printed, complaint = run(capsys, "solve", "tiny")
    assert (status, complaint) == (0, "")
    assert printed.count("tiny/uncertainty cannot be read as a study of uncertainty and is left out") == 1
    status, _, complaint = run(capsys, "solve", "tiny", "--uncertainty", "nowhere")
    assert status == 2
    assert "give one that `supplychain uncertainty CASE --out DIR` wrote" in complaint


def test_copies_of_a_case_have_no_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: a study of another case beside a new one, a list of its files, or a folder that makes a case invalid."""
    tiny_with_study(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    assert run(capsys, "new", "mine", "--from", "tiny")[0] == 0
    status, printed, _ = run(capsys, "export", "tiny", "tiny.xlsx")
    assert status == 0
    assert f"Not in it: {UNCERTAINTY}. " in printed
    assert run(capsys, "import", "tiny.xlsx", "again")[0] == 0
    for copy in ("mine", "again"):
        assert not (tmp_path / copy / UNCERTAINTY).exists()
        assert run(capsys, "check", copy)[0] == 0
    assert sc.load("again").sha256 == sc.load("tiny").sha256 == sc.load(TINY).sha256


def made(table: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    return frame(schema.table_of("uncertainty", table), rows)


def large_study(stages: int, labels: int) -> Answer:
    """Return a study of five years: so many stages with used shares, so many labels in each year."""
    years = range(2026, 2031)
    of_draws = {"standard_error": 1 / 3, "low": 1 / 7, "high": 5 / 7}
    quantiles = dict.fromkeys(("central", "mean", "p05", "p10", "p50", "p90", "p95"), 1e13 / 3)
    items = [("tokens_served", "all"), *(("stage_used_share", f"some_stage_of_the_chain_{n}") for n in range(stages))]
    tables = {
        "binding_probability": [
            {"year": t, "level": level, "members": f"some_stage + another_{n}", "probability": 1 / (n + 2) ** 2}
            | {**of_draws, "central": n == labels - 1}
            for t in years
            for level in ("stage", "group")
            for n in range(labels)
        ],
        "distributions": [
            {"year": t, "quantity": quantity, "item": item, "unit": "share", **quantiles, "undefined_share": 0.0}
            for t in years
            for quantity, item in items
        ],
        "drivers": [
            {"year": t, "quantity": f"quantity_{q}", "item": "all", "rank": rank, "factor": "capacity.capacity[some]"}
            | {"share": 1 / 3, "noise_floor": 1 / 7, "above_floor": True}
            for t in years
            for q in range(8)
            for rank in range(1, 11)
        ],
        "conditions": [],
        "convergence": [
            {
                "year": t,
                "quantity": f"quantity_{q}",
                "item": "all",
                "unit": "USD",
                "draws": 40 * n,
                "value": 1e13 / 3,
                **of_draws,
            }
            for t in years
            for q in range(4)
            for n in range(1, 26)
        ],
        "draws": [
            {"draw": n, "year": t, "stage": "some_stage", "group": "some_group", "status": "optimal"}
            for n in range(2000)
            for t in years
        ],
    }
    summary = tiny_study().summary
    return Answer(summary, {name: made(name, rows) for name, rows in tables.items()}, kind="uncertainty")


def kept(study: Answer, folder: Path) -> tuple[Answer, int]:
    """Keep a study; return what was kept, read back, and its bytes."""
    attach_to(folder, study)
    return sc.read_answer(folder / UNCERTAINTY, "uncertainty"), sum(map(len, files_in(folder).values()))


def test_a_study_beside_a_case_is_small(tmp_path: Path) -> None:
    """Of a case like base all but the draws is kept; of a larger one what is shown is. Bug: megabytes in a repository.

    Bug: the label at central values is left out as rare.
    """
    ordinary, size = kept(large_study(40, 60), tmp_path)
    assert size < MOST / 4
    assert set(ordinary.tables) == set(tiny_study().tables) - {"draws"}
    assert len(ordinary.distributions) == 5 * 41
    larger, size = kept(large_study(2000, 60), tmp_path)
    assert size <= MOST
    assert list(larger.distributions["item"]) == ["all"] * 5
    assert len(larger.binding_probability) == 5 * 2 * 60
    largest, size = kept(large_study(2000, 2000), tmp_path)
    assert size <= MOST
    assert largest.binding_probability["central"].sum() == 5 * 2
    assert largest.binding_probability.query("not central")["probability"].min() >= 0.01


def test_a_study_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    """Bug: half a study in the place of one, or a later study that keeps tables of the one before."""
    case = tiny_with_study(tmp_path / "tiny")
    before = files_in(case)
    assert known_study(sc.load(case), None, case).study is not None
    blocked = case / UNCERTAINTY / "tables" / "conditions.csv"
    blocked.unlink()
    blocked.mkdir()
    (blocked / "mine").write_text("x", encoding="utf-8")
    held = files_in(case)
    with pytest.raises(OutputError):
        attach_to(case, large_study(3, 3))
    assert files_in(case) == held
    shutil.rmtree(blocked)
    attach_to(case, tiny_study())
    assert files_in(case) == before


def test_a_notebook_shows_the_study_and_names_it_at_a_plan() -> None:
    """Bug: a traceback where a study is shown, or a plan that says nothing of how sure it is."""
    assert "How sure it is: supplychain.uncertainty(case) " in html(tiny_plan())
    shown = html(tiny_study())
    assert f"{DRAWS} joint draws of {tiny_study().summary['uncertain_numbers']} uncertain numbers" in shown
    assert "<td>packaging</td>" in shown
    assert "<td>cash_spent</td>" in shown
    assert "stage_used_share" not in shown
