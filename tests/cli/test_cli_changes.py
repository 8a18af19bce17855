"""`--change` of every command: a line for each edit, warnings, a dry run, and rows to add."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from commands import run
from generator import FIRST, write_case
from paths import BACKCAST
from plants import Link, chain

from supplychain.cli import cli
from supplychain.lp import timed

if TYPE_CHECKING:
    from pathlib import Path

WAFERS = "capacity.capacity[stage=wafers]"
CHANGING = {
    "check": ["CASE"],
    "solve": ["CASE", "--out", "answer", "--xlsx", "answer.xlsx", "--markdown", "answer.md"],
    "explain": ["CASE", "--year", str(FIRST)],
    "compare": ["CASE", "--out", "answer", "--xlsx", "answer.xlsx"],
    "sensitivity": ["CASE", "--out", "answer"],
    "uncertainty": ["CASE", "--draws", "40", "--workers", "1", "--out", "answer"],
    "near-optimal": ["CASE", "--within", "1%", "--out", "answer"],
    "sweep": ["CASE", "--vary", f"{WAFERS}=50%,100%", "--out", "s.sqlite", "--csv", "s.csv"],
    "scenarios": ["CASE", "--solve", "--out", "answer", "--report", "page.md"],
    "foresight": ["CASE", "--out", "answer"],
    "seek": ["CASE", "--vary", WAFERS, "--so-that", "cost <= +5", "--out", "answer"],
    "backcast": [str(BACKCAST), "--out", "answer", "--report", "past.md"],
    "report": ["CASE", "--out", "report"],
}
"""Every command that makes changes, and what it is given beside them."""
EDITS = {str(BACKCAST): "operations.utilisation *= 0.5"}


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """2030 to 2033: wafers grow from 100 to 400, power is 120. Two scenarios, and a current folder of its own."""
    plant = chain([Link("wafers", {FIRST: 100.0, FIRST + 3: 400.0}), Link("power", 120.0)], last_year=FIRST + 3)
    for row in plant.rows("operations"):
        row["utilisation_low"] = 0.9
    folder = write_case(plant, tmp_path / "inputs" / "case")
    (folder / "scenarios").mkdir()
    said = ('title = "More"', 'why = "To see."', 'source = "The tests."', "[[groups]]", 'name = "wafers"')
    for name, edit in (("more", "+10%"), ("flood", "*= 50")):
        text = "\n".join([f'name = "{name}"', *said, f'edits = ["{WAFERS} {edit}"]'])
        (folder / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return folder


@pytest.fixture
def without_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every solve fail."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(timed, "run", refuse)


def test_every_command_that_makes_changes_is_tried() -> None:
    """Bug: a new command with --change has no dry run."""
    able = {name for name, command in cli.commands.items() if "changes" in {p.name for p in command.params}}
    assert able == CHANGING.keys()


@pytest.mark.usefixtures("without_solver")
@pytest.mark.parametrize("command", CHANGING)
def test_a_dry_run_shows_cells_and_stops(
    command: str, case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: a command solves or writes in a dry run, or has another status than 0."""
    arguments = [str(case) if word == "CASE" else word for word in CHANGING[command]]
    edit = EDITS.get(arguments[0], f"{WAFERS} = 70")
    status, printed, complained = run(capsys, command, *arguments, "--change", edit, "--dry-run")
    assert (status, complained) == (0, "")
    lines = printed.splitlines()
    first = next(line for line in lines if edit in line)
    assert first.startswith(f"{edit}: "), printed
    assert lines[lines.index(first) + 1].split() == ["file", "key", "column", "before", "after"]
    assert f"  {edit.partition('.')[0]}.csv  " in printed
    assert lines[-1] == "Dry run: nothing is solved, and nothing is written."
    assert list((tmp_path / "here").iterdir()) == []
    assert run(capsys, command, *arguments, "--dry-run")[0] == 2
    if command != "explain":
        assert run(capsys, command, *arguments, "--change", edit, "--dry-run", "--quiet") == (0, "", "")


def test_the_cells_of_a_dry_run(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """To the letter: what was written out is counted, keys have their year, and numbers stand below each other."""
    change = f"{WAFERS[:-1]}, year=2031..2032] = 2345"
    status, printed, _ = run(capsys, "check", str(case), "--change", change, "--dry-run")
    assert status == 0
    assert printed.splitlines() == [
        "capacity.capacity[stage=wafers, year=2031..2032] = 2345: 2 cells, 200 to 300 -> 2,345 units",
        (
            "  Warning: 1 number changes more than tenfold: 200 -> 2,345 units (11.7 times more) at "
            "stage=wafers, supplier=acme, place=global, year=2031; check the unit"
        ),
        "  file          key                                                   column    before  after",
        "  capacity.csv  stage=wafers, supplier=acme, place=global, year=2031  capacity     200  2,345",
        "  capacity.csv  stage=wafers, supplier=acme, place=global, year=2032  capacity     300  2,345",
        "  2 rows written out for years between, with what they were",
        "Dry run: nothing is solved, and nothing is written.",
    ]


def test_scenarios_in_a_dry_run(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of scenarios the groups are named, and their warnings shown; elsewhere a scenario says nothing of its edits."""
    status, printed, _ = run(capsys, "solve", str(case), "--scenario", "flood", "--dry-run")
    assert status == 0
    assert printed.splitlines()[:2] == [
        "Group wafers",
        f"{WAFERS} *= 50: 4 cells, 100 to 400 -> 5,000 to 20,000 units",
    ]
    compared = ("--scenario", "more", "--scenario", "flood", "--change", f"{WAFERS} +1%")
    printed = run(capsys, "compare", str(case), *compared, "--dry-run")[1]
    heads = [line for line in printed.splitlines() if line.startswith(("Scenario", "Changes"))]
    assert heads == ["Scenario more", "Scenario flood", "Changes"]
    assert run(capsys, "check", str(case), "--scenario", "flood")[2] == ""


def test_a_line_for_each_edit(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, so that JSON stays JSON; --quiet keeps it back. Bug: the remark stands in the JSON."""
    edits = ("--change", f"{WAFERS} = 6000", "--change", f"{WAFERS} = 6000", "--scenario", "more")
    status, printed, complained = run(capsys, "solve", str(case), *edits, "--json")
    assert (status, json.loads(printed)["what_if"][0]) == (0, "More (more)")
    assert complained.splitlines() == [
        f"{WAFERS} = 6000: 4 cells, 110 to 440 -> 6,000 units",
        (
            "  Warning: 4 numbers change more than tenfold: 110 -> 6,000 units (54.5 times more) at "
            "stage=wafers, supplier=acme, place=global, year=2030; check the unit"
        ),
        f"{WAFERS} = 6000: nothing changes",
    ]
    assert run(capsys, "solve", str(case), *edits, "--quiet") == (0, "", "")
    status, printed, complained = run(capsys, "solve", str(case), *edits, "--json", "--dry-run")
    assert (status, complained) == (0, "")
    changes = json.loads(printed)
    assert [change["edit"] for change in changes] == [f"{WAFERS} +10%", f"{WAFERS} = 6000", f"{WAFERS} = 6000"]
    assert [bool(change["warnings"]) for change in changes] == [False, True, False]
    assert changes[1]["cells"][-1]["new"] == 6000


def test_a_row_is_added(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every fault of a row is told, in one message and with status 2. Bug: a number without a source is taken."""
    good = f"budget add year={FIRST}, capital_usd=1e9, source=paper"
    status, printed, complained = run(capsys, "check", str(case), "--change", good)
    assert (status, complained) == (0, f"{good}: 1 row added\n")
    assert f"What if: {good} (2 cells changed)" in printed
    bad = f"budget add yaer={FIRST}, capital_usd=x"
    assert run(capsys, "check", str(case), "--change", bad) == (
        2,
        "",
        (
            "4 problems in the changes:\n"
            f"  {bad}: no column of budget is called 'yaer'; did you mean 'year'?\n"
            f"  {bad}: column year: is blank; must be a whole number from 1990 to 2200\n"
            f"  {bad}: column capital_usd: 'x'; must be a number, 0 or more\n"
            f"  {bad}: column source: is blank; must be text\n"
        ),
    )
