"""`--foresight` of every command: as if `case.toml` said it, and refused where it cannot be."""

from __future__ import annotations

import json
import shutil
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from broken_cases import setting
from commands import run
from generator import random_case, write_case
from paths import BASE, TINY
from plants import edited

import supplychain as sc
from supplychain.cli import cli
from supplychain.lp import timed
from supplychain.study import workers
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from click import Command

MORE = "capacity.capacity *= 1.2"
SOLVING = {
    "check": ["CASE"],
    "solve": ["CASE", "--out", "answer", "--xlsx", "answer.xlsx", "--markdown", "answer.md"],
    "explain": ["CASE", "--year", "YEAR"],
    "compare": ["CASE", "--change", MORE, "--workers", "1", "--out", "answer"],
    "sensitivity": ["CASE", "--workers", "1", "--out", "answer"],
    "uncertainty": ["CASE", "--draws", "40", "--workers", "1", "--out", "answer"],
    "near-optimal": ["CASE", "--out", "answer"],
    "sweep": ["CASE", "--vary", "capacity.capacity=50%,120%", "--workers", "1", "--out", "s.sqlite", "--csv", "s.csv"],
    "scenarios": ["CASE", "--solve", "--workers", "1", "--out", "answer"],
    "foresight": ["CASE", "--workers", "1", "--out", "answer"],
    "seek": ["CASE", "--vary", "capacity.capacity", "--so-that", "cost <= +1%", "--workers", "1", "--out", "answer"],
    "backcast": ["CASE", "--workers", "1", "--out", "answer", "--report", "past.md"],
    "report": ["CASE", "--as", "more", "--workers", "1", "--no-figures", "--out", "report"],
}
"""Every command that reads a case and solves it, or checks it, and what it is given."""

PERFECT = {"near-optimal"}
"""Of these the commands that ask a plan of all years, and refuse another foresight."""

MARKS = "what_if", "cells_changed"
"""What the summary of an answer says of the option."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of its own; what processes would solve is solved in this one."""
    monkeypatch.setattr(workers, "ProcessExecutor", lambda _: SerialExecutor())
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of tiny, with a scenario and two observations."""
    return with_studies(shutil.copytree(TINY, tmp_path / "tiny"), 2026)


def with_studies(folder: Path, year: int) -> Path:
    """Give a case what studies need."""
    said = ('name = "more"', 'title = "More"', 'why = "To see."', 'source = "The tests."')
    group = ("[[groups]]", 'name = "all"', f'edits = ["{MORE}"]')
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "more.toml").write_text("\n".join([*said, *group]), encoding="utf-8")
    source = (folder / "sources.csv").read_text(encoding="utf-8").splitlines()[1].partition(",")[0]
    observed = (
        "quantity,year,item,low,central,high,unit,source",
        f"tokens_served,{year},all,1,2,3,10^12 tokens,{source}",
        "",
    )
    (folder / "observed.csv").write_text("\n".join(observed), encoding="utf-8")
    return folder


def seeing(folder: Path, years: int) -> Path:
    """Return a copy of a case, in a folder of the same name, whose `case.toml` has a foresight."""
    other = folder.parent / f"seeing-{years}" / folder.name
    if other.exists():
        return other
    shutil.copytree(folder, other)
    toml = (other / "case.toml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in toml if not line.startswith("foresight_years")]
    (other / "case.toml").write_text("\n".join([*kept, f"foresight_years = {years}", ""]), encoding="utf-8")
    return other


def given(command: str, folder: Path, year: int = 2026) -> list[str]:
    """Return the arguments of a command for a case."""
    words = {"CASE": str(folder), "YEAR": str(year)}
    return [command, *(words.get(word, word) for word in SOLVING[command])]


def written(folder: Path) -> dict[str, bytes]:
    """Return all tables in a folder and below, and the summaries without what they say of the option."""
    files = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.suffix in {".csv", ".json"}}
    contents = {name: path.read_bytes() for name, path in files.items() if path.name != "summary.json"}
    for name in files.keys() - contents.keys():
        summary = json.loads(files[name].read_text(encoding="utf-8"))
        contents[name] = json.dumps({key: x for key, x in summary.items() if key not in MARKS}).encode()
    return contents


def has(option: str, command: Command) -> bool:
    return option in {parameter.name for parameter in command.params}


def test_every_command_that_solves_has_it() -> None:
    """Bug: a new command that takes a case and its changes does not take a foresight."""
    assert {name for name, command in cli.commands.items() if has("foresight", command)} == SOLVING.keys()
    assert {name for name, command in cli.commands.items() if has("changes", command)} == SOLVING.keys()


@pytest.mark.parametrize("value", ["0", "-1", "101", "2.5", "+2", "Perfect", "", "two", "9" * 5000])
@pytest.mark.parametrize("command", SOLVING)
def test_what_is_no_foresight_is_refused(
    command: str, value: str, case: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 2 and one message, before any work. Bug: -1 or 2.5 is solved with, or a fault has a traceback."""
    status, printed, complained = run(capsys, *given(command, case), "--foresight", value)
    assert (status, printed, list(here.iterdir())) == (2, "", [])
    last = complained.splitlines()[-1]
    assert last.startswith(f"Error: foresight is '{value[:20]}")
    assert last.endswith("; must be a whole number from 1 to 100, the years seen, or 'perfect'")


def done_by(capsys: pytest.CaptureFixture[str], here: Path, *arguments: str) -> tuple[dict[str, bytes], str, str]:
    """Run a command in a new folder; return what it wrote, printed and complained of."""
    with TemporaryDirectory(dir=here) as folder, chdir(folder):
        status, printed, complained = run(capsys, *arguments)
        assert status == 0, complained
        return written(Path(folder)), printed, complained


@pytest.mark.parametrize("command", [command for command in SOLVING if command not in PERFECT])
def test_it_is_as_if_the_file_said_so(command: str, case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every table, to the byte, and what is printed but for the lines that name the option.

    Bug: a command takes the option and solves with the foresight of the file, or the other way round.
    """
    results = []
    for folder, more in ((case, ["--foresight", "2"]), (seeing(case, 2), []), (seeing(case, 1), ["--foresight", "2"])):
        tables, printed, complained = done_by(capsys, here, *given(command, folder), *more)
        lines = [line for line in printed.replace(str(folder), "CASE").splitlines() if not line.startswith("What if: ")]
        lines = [line.replace(" --foresight 2 --out DIR, then --uncertainty DIR", " --attach") for line in lines]
        results.append((tables, [line.removesuffix(" --foresight 2") for line in lines]))
        named = "2 years of foresight: foresight_years of case.toml, "
        assert any(line.startswith(named) for line in complained.splitlines()) == bool(more)
    assert results[0] == results[1]
    assert results[2] == results[1]


@pytest.mark.parametrize("command", PERFECT)
def test_perfect_foresight_is_given(command: str, case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To a case that decides year by year. Bug: it is refused all the same, or the years are not seen."""
    tables, printed, _ = done_by(capsys, here, *given(command, case))
    then, said, _ = done_by(capsys, here, *given(command, seeing(case, 1)), "--foresight", "perfect")
    assert (then, said.splitlines()[1:]) == (tables, printed.splitlines())
    assert run(capsys, *given(command, seeing(case, 1)))[0] == 2


@pytest.mark.unmeasured
@pytest.mark.parametrize("command", ["solve", "sensitivity", "sweep", "scenarios", "compare"])
def test_a_random_case_is_as_if_its_file_said_so(
    command: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As above, for a case with all tables, and back from a foresight of the file to perfect."""
    drawn = random_case(3)
    year = int(str(drawn.settings["first_year"]))
    folder = with_studies(write_case(edited(drawn), tmp_path / "drawn"), year)
    perfect = ["--foresight", "perfect"]
    two, in_file, whole, back = (
        done_by(capsys, here, *given(command, of_case, year), *more)[0]
        for of_case, more in (
            (folder, ["--foresight", "2"]),
            (seeing(folder, 2), []),
            (folder, perfect),
            (seeing(folder, 3), perfect),
        )
    )
    assert two == in_file
    assert whole == back
    assert two != whole


def test_what_changes_nothing_leaves_no_trace(case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: an answer says that its foresight was changed, and it was not."""
    assert run(capsys, "solve", str(case), "--out", "plain", "-q") == (0, "", "")
    assert run(capsys, "solve", str(case), "--out", "perfect", "-q", "--foresight", "perfect") == (0, "", "")
    files = [sorted(path for path in (here / name).rglob("*") if path.is_file()) for name in ("plain", "perfect")]
    assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_an_answer_says_how_far_it_sees(case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the screen, in the summary, on the page, in the report. Bug: nobody can tell which foresight a file has."""
    said = "Foresight: when a year is decided, no later year is seen."
    changed = "What if: 1 year of foresight"
    _, printed, _ = run(capsys, *given("solve", case), "--foresight", "1")
    assert {said, changed} <= set(printed.splitlines())
    assert printed.splitlines()[-1].endswith(f"supplychain sensitivity {case} --foresight 1")
    assert {said, f"{changed}."} <= set((here / "answer.md").read_text(encoding="utf-8").splitlines())
    summary = json.loads((here / "answer" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["foresight_years"], summary["what_if"]) == (1, ["1 year of foresight"])
    run(capsys, *given("report", case), "--foresight", "1")
    page = (here / "report" / "report.html").read_text(encoding="utf-8")
    assert f'<p class="meta">{said}</p>' in page
    assert '<p class="meta">Changed in the case: 1 year of foresight; More (more).</p>' in page
    assert f"supplychain sensitivity {case} --scenario more --foresight 1 --out DIR" in page
    run(capsys, *given("backcast", seeing(case, 2)), "--foresight", "perfect")
    assert "What if: perfect foresight." in (here / "past.md").read_text(encoding="utf-8").splitlines()
    _, printed, _ = run(capsys, *given("solve", seeing(case, 3))[:2])
    assert "Foresight: when a year is decided, 3 years are seen, its own included." in printed.splitlines()
    assert "Foresight" not in run(capsys, "solve", str(case))[1]


def test_check_lists_what_can_never_be_ordered(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the check looks at the file, in which all years are seen."""
    unfit = (
        "  expansion.csv, column lead_years: orders in 2026 do not fit foresight_years = 1 and are never placed:"
        " site_power / onsite"
    )
    lines = run(capsys, "check", str(case), "--foresight", "1")[1].splitlines()
    assert unfit in lines
    assert "What if: 1 year of foresight" in lines
    assert "never placed" not in run(capsys, "check", str(case), "--foresight", "2")[1]
    assert "never placed" not in run(capsys, "check", str(seeing(case, 1)), "--foresight", "perfect")[1]


@pytest.mark.parametrize("command", SOLVING)
def test_a_dry_run(
    command: str, case: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Foresight alone has something to show. Bug: the dry run asks for a change, solves, or shows each scenario's."""
    monkeypatch.setattr(timed, "run", None)
    status, printed, complained = run(capsys, *given(command, case), "--foresight", "2", "--dry-run")
    assert (status, complained, list(here.iterdir())) == (0, "", [])
    first, *_, last = printed.splitlines()
    assert first == "2 years of foresight: foresight_years of case.toml, absent -> 2"
    assert last == "Dry run: nothing is solved, and nothing is written."
    assert printed.count("foresight") == 2
    printed = run(capsys, *given(command, seeing(case, 1)), "--foresight", "perfect", "--dry-run")[1]
    assert printed.splitlines()[0] == "perfect foresight: foresight_years of case.toml, 1 -> absent"


def test_a_dry_run_of_several_cases(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each case by its folder. Bug: the first alone is shown, or a case is called a scenario."""
    other = seeing(case, 1)
    status, printed, _ = run(capsys, "compare", str(case), str(other), "--foresight", "1", "--dry-run")
    assert (status, printed.splitlines()) == (
        0,
        [
            str(case),
            "1 year of foresight: foresight_years of case.toml, absent -> 1",
            str(other),
            "1 year of foresight: nothing changes",
            "Dry run: nothing is solved, and nothing is written.",
        ],
    )


def test_answers_that_are_saved_keep_theirs(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the option is taken, and the answers are compared as they are."""
    for folder, foresight in (("whole", "perfect"), ("blind", "1")):
        run(capsys, "solve", str(case), "--foresight", foresight, "--out", folder, "-q")
    refused = "Error: {}; give a foresight to cases alone"
    for folders, said in (
        (["whole", "blind"], "whole, blind are answers that are solved already"),
        ([str(case), "whole"], "whole is an answer that is solved already"),
    ):
        for foresight in ("1", "perfect"):
            status, printed, complained = run(capsys, "compare", *folders, "--foresight", foresight)
            assert (status, printed, complained.splitlines()[-1]) == (2, "", refused.format(said))
    status, _, complained = run(capsys, "compare", str(case), "nowhere", "--foresight", "1")
    assert status == 2
    assert "solved already" not in complained
    status, _, complained = run(capsys, "compare", str(case), "--foresight", "1")
    assert status == 2
    assert complained.splitlines()[-1].endswith("solve the case with each, and compare the answers")


def test_answers_with_other_foresights_are_compared(case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: two answers differ, and all that is said of the inputs is that a digest does."""
    for folder, foresight in (("whole", "perfect"), ("blind", "1")):
        run(capsys, "solve", str(case), "--foresight", foresight, "--out", folder, "-q")
    _, printed, _ = run(capsys, "compare", "whole", "blind", "--out", "both")
    assert "Years seen when a year is decided: whole all, blind 1" in printed.splitlines()
    inputs = (here / "both" / "tables" / "inputs.csv").read_text(encoding="utf-8").splitlines()
    assert "blind,case.toml,,,foresight_years,,1" in inputs
    summary = json.loads((here / "both" / "summary.json").read_text(encoding="utf-8"))
    assert summary["foresight_years"] == [None, 1]
    shutil.rmtree(here / "both")
    _, printed, _ = run(capsys, "compare", str(case), str(seeing(case, 1)), "--out", "both")
    assert f"Years seen when a year is decided: {case} all, {seeing(case, 1)} 1" in printed.splitlines()
    assert "foresight_years,,1" in (here / "both" / "tables" / "inputs.csv").read_text(encoding="utf-8")
    older = json.loads((here / "blind" / "summary.json").read_text(encoding="utf-8"))
    del older["foresight_years"]
    (here / "blind" / "summary.json").write_text(json.dumps(older), encoding="utf-8")
    _, printed, _ = run(capsys, "compare", "whole", "blind")
    assert "Years seen" not in printed


def test_a_sweep_goes_on_with_its_own(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: half of the points of a store are of another foresight."""
    command = given("sweep", case)
    assert run(capsys, *command, "--foresight", "1", "-q")[0] == 0
    assert run(capsys, *command, "--foresight", "1", "--resume", "-q")[0] == 0
    assert run(capsys, "sweep", str(seeing(case, 1)), *command[2:], "--resume", "-q")[0] == 0
    for other in ([], ["--foresight", "2"], ["--foresight", "perfect"]):
        status, _, complained = run(capsys, *command, *other, "--resume")
        assert status == 2
        assert "differs in case.toml from what the sweep was begun with" in complained


def test_a_report_takes_studies_of_its_own(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: how firm the labels are is told of another foresight than that of the page."""
    assert run(capsys, *given("sensitivity", case), "--foresight", "1", "-q")[0] == 0
    report = ["report", str(case), "--no-figures", "--out", "report", "--sensitivity", "answer", "-q"]
    status, _, complained = run(capsys, *report)
    assert status == 2
    assert "is of other inputs: case.toml differ" in complained
    assert run(capsys, *report, "--foresight", "1")[0] == 0


def test_what_a_supplier_is_worth_needs_perfect_foresight(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the file is asked, not what is solved."""
    asked = ["--indifference", "hbm/cheap"]
    for command in ("solve", "explain"):
        status, _, complained = run(capsys, command, str(case), *asked, "--foresight", "2")
        assert status == 2
        assert "indifference needs perfect foresight, and the case has foresight_years = 2" in complained
        assert run(capsys, command, str(seeing(case, 2)), *asked, "--foresight", "perfect")[0] == 0


def test_orders_are_locked_in_under_any(case: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Orders of perfect foresight, kept by a plan that sees one year. Bug: those commands lose one of the two."""
    run(capsys, "solve", str(case), "--out", "orders", "-q")
    lock = ["--orders-from", "orders", "--until", "2026"]
    for folder, more in ((case, ["--foresight", "1"]), (seeing(case, 1), [])):
        assert run(capsys, "solve", str(folder), *lock, *more, "--out", f"kept{len(more)}", "-q")[0] == 0
    assert written(here / "kept2") == written(here / "kept0")
    assert "site_power" in (here / "kept2" / "tables" / "orders.csv").read_text(encoding="utf-8")
    assert run(capsys, "check", str(case), *lock, "--foresight", "1")[0] == 0


def test_base_with_fewer_years(capsys: pytest.CaptureFixture[str]) -> None:
    """What takes three years to build is never ordered by who sees three. Bug: the first year is not counted."""
    assert "never placed" not in run(capsys, "check", str(BASE))[1]
    lines = run(capsys, "check", str(BASE), "--foresight", "3")[1].splitlines()
    unfit = [line.rpartition(": ")[2].split(", ") for line in lines if "do not fit foresight_years = 3" in line]
    lead = {(row["stage"], row["supplier"]): row["lead_years"] for row in sc.load(BASE).tables["expansion"]}
    assert {tuple(name.split(" / ")) for names in unfit for name in names} == {k for k, n in lead.items() if n > 2}


def test_a_fault_of_the_case_is_told_first(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a case whose own foresight is wrong passes where another is given."""
    setting("currency_year", "foresight_years = 0\ncurrency_year")(case)
    status, _, complained = run(capsys, "check", str(case), "--foresight", "2")
    assert status == 2
    assert "foresight_years" in complained
