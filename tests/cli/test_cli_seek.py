"""The command seek: what it prints and writes, and how it ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from commands import run
from generator import FIRST, write_case
from plants import two_stages

import supplychain as sc
from supplychain.report.notebook import html
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

WAFERS, POWER = "capacity.capacity[stage=wafers]", "capacity.capacity[stage=power]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """100 wafers in series with power for 120."""
    return str(write_case(two_stages(), tmp_path_factory.mktemp("inputs") / "two"))


def test_the_answer_comes_first(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a table of numbers, and no sentence that says what has to change; an end without what is known of it."""
    status, out, err = run(capsys, "seek", folder, "--vary", WAFERS, "--so-that", f"binding[{FIRST}] = power")
    assert (status, err) == (0, "")
    title, answer, *rest = out.splitlines()
    assert title == "A case on paper (plant)"
    assert answer.startswith(f"Power binds in {FIRST} if {WAFERS} rises by 20")
    assert answer.endswith("% or more.")
    assert "up to 1,500 %" not in answer
    text = "\n".join(rest)
    for words in ("Where all conditions hold", "fails at  holds from", "nowhere  up to 100 %", "What binds there"):
        assert words in text
    assert "Prices were followed piece by piece" in text


def test_already_never_and_together(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: words of a found move where none is needed, or none is enough; letters that stand for nothing."""
    _, out, _ = run(capsys, "seek", folder, "--vary", WAFERS, "--so-that", f"binding[{FIRST}] = wafers", "--quick")
    assert f"inds in {FIRST} in the case already." in out
    assert "It stays so if" in out
    assert re.search(r"rises by up to (19.99|20)", out)
    _, out, _ = run(
        capsys, "seek", folder, "--vary", WAFERS, "--so-that", f"served_ttok[{FIRST}] >= +30%", "--to", "50"
    )
    assert "No move that was tried is enough" in out
    assert "rises by up to 50 %" in out
    so_that = ("--so-that", f"served_ttok[{FIRST}] >= +30%", "--steps", "8")
    _, out, _ = run(capsys, "seek", folder, "--vary", WAFERS, "--vary", POWER, *so_that)
    assert f"A: {WAFERS}" in out
    assert "if A rises and B rises, each by 30 % or more." in out
    assert "4 combinations were tried" in out


def test_what_is_written_is_read_back(folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: tables that are not written, or a folder that no reader knows; the what-if missing from it."""
    answer = tmp_path / "answer"
    change = ("--change", f"{POWER} *= 2", "--quiet")
    status, out, _ = run(
        capsys, "seek", folder, "--vary", WAFERS, "--so-that", "net_benefit >= +4999990", "--out", str(answer), *change
    )
    assert (status, out) == (0, "")
    read = sc.read_answer(answer, "seek")
    assert read.kind == "seek"
    assert read.moves["by"].round(4).tolist()[1] == 5
    assert read.summary["so_that"] == ["net_benefit >= +4999990"]
    assert len(read.changes) == 3
    assert {"moves", "stretches", "conditions", "numbers"} <= set(read.tables)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--vary", WAFERS, "--so-that", f"binding[{FIRST}] = wafer"), "did you mean 'wafers'?"),
        (("--vary", WAFERS, "--so-that", "net_benefit >= +5%"), "must be a difference to the case with its sign"),
        (("--vary", WAFERS), "there is none; give one like binding[2027] = hbm"),
        (("--so-that", "cost <= -5"), "no target is varied"),
        (
            ("--vary", "capacity.capacity", "--so-that", "cost <= -5", "--from", "5"),
            "begins at 5%; must be -100% to 0%",
        ),
        (("--vary", "capacity.capacity", "--so-that", "cost <= -5", "--to", "inf"), "--to"),
        (("--vary", "capacity.capacity", "--so-that", "cost <= -5", "--steps", "0"), "--steps"),
    ],
)
def test_bad_input_ends_with_status_2(
    folder: str, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """Bug: a traceback, or a status that scripts take for an answer."""
    status, out, err = run(capsys, "seek", folder, *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_notebook_shows_it(folder: str) -> None:
    """Bug: a study that a notebook cannot show."""
    study = sc.seek(sc.load(folder), WAFERS, f"served_ttok[{FIRST}] >= +10%", executor=SerialExecutor())
    page = html(study)
    assert "rises by 10 % or more" in page
    assert "<h4>Where all conditions hold" in page
