"""Broken cases: each is refused with one clear message, status 2, no traceback, and nothing is written.

What is said is compared to the letter: a lost row number, a lost "did you mean" or a second message fails too.
"""

from __future__ import annotations

import csv
import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from broken_cases import (
    ALL,
    CELLS,
    CURVES,
    FILES,
    LIMITS,
    NAMES,
    SETTINGS,
    SHAPE,
    STRUCTURE,
    TOGETHER,
    UNCERTAINTY,
    all_of,
    cell,
    content,
    create,
    no_column,
    read_rows,
    remove,
    write_rows,
)
from commands import complaint, run
from paths import TINY

import supplychain
from supplychain.errors import InputError, Problem

if TYPE_CHECKING:
    from broken_cases import Edit


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of tiny in a folder of its own, without what is written about it."""
    return shutil.copytree(TINY, tmp_path / "tiny", ignore=shutil.ignore_patterns("README.md", "datapackage.json"))


def refused(case: Path, said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Assert that check and solve refuse a case with the same words, status 2, and nothing written."""
    before = sorted(case.parent.rglob("*"))
    expected = (2, "", complaint(case, said))
    assert run(capsys, "check", str(case)) == expected
    assert run(capsys, "solve", str(case), "--out", str(case.parent / "answer")) == expected
    assert sorted(case.parent.rglob("*")) == before


@pytest.mark.parametrize("fault", FILES)
def test_a_file_that_cannot_be_read(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a missing, empty or wrongly encoded file ends in a traceback, or every row that points to it is blamed."""
    edit, said = FILES[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", SHAPE)
def test_a_table_of_the_wrong_shape(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: cells slide into the wrong column, or a column is skipped because its name is not known."""
    edit, said = SHAPE[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", CURVES)
def test_a_curve_that_is_none(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a price or an elasticity of 0 ends in a division by 0, two tiers share a name, or nobody asks for tokens."""
    edit, said = CURVES[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", CELLS)
def test_a_cell_out_of_its_range(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: Python's parsing lets through what is no number (`1_000`, `nan`, `inf`), or a range is not checked."""
    edit, said = CELLS[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", NAMES)
def test_a_name_that_leads_nowhere(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a row whose name is misspelt is dropped, or its twin overwrites the first."""
    edit, said = NAMES[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", STRUCTURE)
def test_a_chain_that_cannot_be(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: each cell is right, and together they describe a chain that the model solves as another one, or loops on."""
    edit, said = STRUCTURE[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", SETTINGS)
def test_a_setting_that_is_wrong(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a setting of the wrong type is converted quietly, or a misspelt one leaves the default in force."""
    edit, said = SETTINGS[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", UNCERTAINTY)
def test_uncertainty_that_cannot_be(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a factor that is misspelt moves nothing without a word, or numbers are moved by more than all of them."""
    edit, said = UNCERTAINTY[fault]
    edit(case)
    refused(case, said, capsys)


@pytest.mark.parametrize("fault", TOGETHER)
def test_faults_are_told_together(fault: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the first fault hides the others, so that a case is mended one run at a time."""
    edit, said = TOGETHER[fault]
    edit(case)
    refused(case, said, capsys)


def test_a_path_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: every table is called missing instead of the folder."""
    refused(tmp_path / "nowhere", ["nowhere: there is no such folder"], capsys)


def test_a_path_that_is_a_file(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a table given in the place of its folder ends in a traceback."""
    said = "capacity.csv: is a file; a case is a folder with case.toml and CSV tables"
    refused(case / "capacity.csv", [said], capsys)


def test_a_folder_that_cannot_be_listed(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a folder without permission ends in a traceback. Tests may run as root, so the refusal is acted."""

    def refuse(_: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", refuse)
        ended = run(capsys, "check", str(case))
    assert ended == (2, "", complaint(case, ["tiny: the folder cannot be read (Permission denied)"]))


@pytest.mark.parametrize("fault", ["required table missing", "NaN", "suppliers need each other"])
def test_the_command_itself(fault: str, case: Path) -> None:
    """Bug: `python -m supplychain` ends with another status, prints a traceback, or colours what is no terminal."""
    edit, said = ALL[fault]
    edit(case)
    command = [sys.executable, "-m", "supplychain", "check", str(case)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", complaint(case, said))


def test_an_error_has_its_problems(case: Path) -> None:
    """Bug: a program that uses the library has to take a message apart to find the row."""
    cell("capacity", 5, "capacity", "-3")(case)
    with pytest.raises(InputError) as found:
        supplychain.load(case)
    message = "-3 units of the stage; must be a number, 0 or more"
    assert found.value.problems == (Problem("capacity.csv", 5, "capacity", message),)


def test_there_are_enough_ways_to_break_a_case() -> None:
    """Bug: families that share an id hide each other."""
    assert (
        len(ALL)
        == sum(map(len, (FILES, SHAPE, CELLS, NAMES, STRUCTURE, SETTINGS, CURVES, UNCERTAINTY, TOGETHER)))
        >= 50
    )


def _marked(case: Path) -> None:
    for path in case.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _with_line_ends(end: bytes) -> Edit:
    def edit(case: Path) -> None:
        for path in case.glob("*.csv"):
            path.write_bytes(path.read_bytes().replace(b"\n", end))

    return edit


def _quoted(case: Path) -> None:
    for path in case.glob("*.csv"):
        rows = read_rows(path)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)


def _reversed_columns(case: Path) -> None:
    for path in case.glob("*.csv"):
        write_rows(path, [row[::-1] for row in read_rows(path)])


def _reversed_rows(case: Path) -> None:
    for path in case.glob("*.csv"):
        header, *rows = read_rows(path)
        write_rows(path, [header, *rows[::-1]])


def _without_blank_columns(case: Path) -> None:
    no_column("accelerators", "ramp_start_units")(case)
    no_column("accelerators", "ramp_growth")(case)
    no_column("commitments", "vendor")(case)


ODDITIES: dict[str, Edit] = {
    "byte-order mark in every file": _marked,
    "CRLF": _with_line_ends(b"\r\n"),
    "CR": _with_line_ends(b"\r"),
    "case.toml with CRLF": content("case.toml", lambda b: b.replace(b"\n", b"\r\n")),
    "no line end at the end": content("capacity.csv", bytes.strip),
    "optional table with only a header": create("build_limits", LIMITS),
    "optional table absent": remove("opening.csv"),
    "every cell quoted": _quoted,
    "trailing blank lines": content("capacity.csv", lambda b: b + b"\n\n"),
    "trailing rows of commas": content("regions.csv", lambda b: b + b",\n,\n"),
    "columns in another order": _reversed_columns,
    "rows in another order": _reversed_rows,
    "blank columns left out": _without_blank_columns,
    "numbers in another notation": cell("capacity", 6, "capacity", "+5.0E5"),
    "files that are no table": all_of(
        lambda case: (case / "notes.txt").write_text("to do", encoding="utf-8"),
        lambda case: (case / "datapackage.json").write_text("not read", encoding="utf-8"),
    ),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is written for tiny as it stands."""
    return _answer(TINY, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("oddity", ODDITIES)
def test_what_is_odd_and_right(oddity: str, case: Path, plain: dict[str, bytes]) -> None:
    """Bug: a spreadsheet's way of saving, or the order of rows and columns, changes the answer or is refused."""
    ODDITIES[oddity](case)
    assert _answer(case, case.parent / "answer") == plain


def _answer(case: Path, out: Path) -> dict[str, bytes]:
    supplychain.solve(supplychain.load(case)).write(out)
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
