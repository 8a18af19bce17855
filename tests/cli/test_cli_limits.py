"""`--time-limit` of every command that solves: one line, status 3, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from clocks import Clock
from commands import run
from generator import FIRST, write_case
from paths import BACKCAST, TINY
from plants import edited, two_stages

import supplychain as sc
from supplychain import cli
from supplychain.lp import timed

WAFERS = "capacity.capacity[stage=wafers]"
SOLVING = {
    "check": ["CASE", "--labels"],
    "solve": ["CASE", "--out", "answer", "--xlsx", "answer.xlsx", "--markdown", "answer.md"],
    "explain": ["CASE", "--year", str(FIRST)],
    "compare": ["CASE", "--change", f"{WAFERS} +30%", "--out", "answer", "--quiet"],
    "sensitivity": ["CASE", "--out", "answer"],
    "near-optimal": ["CASE", "--within", "1%", "--out", "answer"],
    "scenarios": ["CASE", "--solve", "--out", "answer"],
    "foresight": ["CASE", "--out", "answer"],
    "seek": ["CASE", "--vary", WAFERS, "--so-that", "cost <= +5", "--out", "answer"],
    "backcast": [str(BACKCAST), "--out", "answer", "--report", "past.md"],
    "report": ["CASE", "--out", "report"],
}
"""What commands are given that solve. A sweep and draws keep what is finished, and have a test of their own."""
OTHERS = {
    "new": ["new", "--from", "CASE"],
    "export": ["CASE", "case.xlsx"],
    "import": ["case.xlsx", "imported"],
    "completion": ["bash"],
}
"""What commands are given that do not, in this order."""


@pytest.fixture
def case(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two stages with ranges, and a scenario."""
    folder = write_case(edited(two_stages(), data_date="2031-01-01"), tmp_path_factory.mktemp("inputs") / "case")
    scenario = folder / "scenarios" / "more.toml"
    scenario.parent.mkdir()
    said = ('name = "more"', 'title = "More"', 'why = "To see."', 'source = "The tests."')
    scenario.write_text("\n".join([*said, "[[groups]]", 'name = "wafers"', f'edits = ["{WAFERS} +10%"]']))
    return str(folder)


def arguments(given: list[str], case: str) -> list[str]:
    return [case if word == "CASE" else word for word in given]


@pytest.mark.parametrize("command", SOLVING)
def test_a_command_without_time_says_what_was_stopped(
    command: str, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: a command that has no limit, or a traceback, or half of an answer."""
    monkeypatch.chdir(tmp_path)
    status, printed, complained = run(capsys, command, *arguments(SOLVING[command], case), "--time-limit", "0")
    assert (status, printed, complained.count("\n")) == (3, "", 1), complained
    assert complained.startswith("stopped by the time limit of 0 s while ")
    assert complained.endswith("; give more time\n")
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_without_time_keeps_its_store(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: the store is gone, or nobody is told that there is a way on."""
    monkeypatch.chdir(tmp_path)
    vary = f"{WAFERS}=50%,100%"
    sweep = ["sweep", case, "--vary", vary, "--out", "x.sqlite", "--csv", "x.csv", "--workers", "1"]
    ended = run(capsys, *sweep, "--time-limit", "0")
    kept = "x.sqlite keeps what is done; the same command with --resume goes on from there"
    assert ended == (3, "", f"stopped by the time limit of 0 s while sweeping; {kept}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["x.sqlite"]


def test_draws_that_are_stopped_can_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bug: the store is gone, or nobody is told that there is a way on; half an answer stands beside it."""
    monkeypatch.chdir(tmp_path)
    given = ["uncertainty", str(TINY), "--draws", "40", "--workers", "1", "--out", "sure"]
    ended = run(capsys, *given, "--time-limit", "0")
    kept = "sure/draws.sqlite keeps what is done; the same command with --resume goes on from there"
    assert ended[:2] == (3, "")
    assert ended[2].startswith("stopped by the time limit of 0 s while ")
    assert ended[2].endswith(f"; {kept}\n")
    assert [path.name for path in Path("sure").iterdir()] == ["draws.sqlite"]
    assert run(capsys, *given, "--resume", "--quiet") == (0, "", "")
    assert sc.read_answer("sure", "uncertainty").summary["draws"] == 40


def test_every_command_that_solves_has_a_limit(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Commands without the option are run where the solver is not to be run.

    Bug: a new command that solves, and goes on for ever.
    """

    def never(_: object) -> None:
        raise AssertionError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timed, "run", never)
    limited = {n for n, c in cli.cli.commands.items() if any("--time-limit" in option.opts for option in c.params)}
    assert limited == {*SOLVING, "sweep", "uncertainty"}
    assert cli.cli.commands.keys() - limited == set(OTHERS)
    for command, given in OTHERS.items():
        assert run(capsys, command, *arguments(given, case))[0] == 0, command


def test_a_limit_covers_what_is_asked_after_the_first_solve(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each run of the solver takes a second. Stopped after as many as the solve takes, and then one by one further on.

    Bug: the limit is forgotten once the case is solved; a question that goes on without a name.
    """
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    assert run(capsys, "explain", case, "--year", str(FIRST))[0] == 0
    runs, said = clock.runs, set()
    for seconds in range(1, runs, 2):
        status, printed, complained = run(capsys, "explain", case, "--year", str(FIRST), "--time-limit", str(seconds))
        assert (status, printed, complained.count("\n")) == (3, "", 1)
        said.add(complained.partition(" while ")[2].partition(";")[0])
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    named = ["solve", case, "--supplier-prices", "--indifference", "wafers/acme", "--quiet"]
    assert run(capsys, *named)[0] == 0
    for seconds in range(1, clock.runs, 2):
        status, printed, complained = run(capsys, *named, "--time-limit", str(seconds))
        assert (status, printed, complained.count("\n")) == (3, "", 1)
        said.add(complained.partition(" while ")[2].partition(";")[0])
    for question in (
        "choosing among equal plans",
        "asking at which price acme supplies ",
        "asking what acme is worth for wafers at global",
        "asking what ",
        f"climbing the ladder of {FIRST}",
        "asking what lies idle",
    ):
        assert any(name.startswith(question) for name in said), said
    assert "" not in said
