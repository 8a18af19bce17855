"""A command whose standard output or standard error is closed, full, or of few characters."""

from __future__ import annotations

import os
import subprocess
import sys
from shutil import copytree, which
from typing import TYPE_CHECKING

import pytest
from paths import ROOT, TINY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unmeasured

CLOSED = "cannot write to standard output: it is closed\n"
FULL = "cannot write to standard output: No space left on device\n"


def _run(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of the shell in which `supplychain` is this one."""
    program = which("supplychain", path=os.path.dirname(sys.executable))  # noqa: PTH120 - as `which` takes it
    assert program is not None
    known = {name: value for name, value in os.environ.items() if name not in {"PYTHONUNBUFFERED", "PYTHONIOENCODING"}}
    return subprocess.run(
        ["/bin/sh", "-c", line.replace("supplychain ", f"{program} ", 1)],
        cwd=folder,
        capture_output=True,
        check=False,
        env=known | {"PYTHONPATH": str(ROOT)} | environment,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copytree(TINY, tmp_path / "case")
    return tmp_path


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("supplychain solve case --out answer >&-", 1, CLOSED),
        ("supplychain solve case --out answer >/dev/full", 1, FULL),
        ("supplychain solve case --out answer --quiet >&-", 0, ""),
        ("supplychain --help >/dev/full", 1, FULL),
        ("supplychain check case >&- 2>&-", 1, ""),
        ("supplychain check case >/dev/full 2>/dev/full", 1, ""),
        ("supplychain check nothing 2>/dev/full", 2, ""),
        ("supplychain check nothing 2>&-", 2, ""),
    ],
)
def test_output_that_cannot_be_written(line: str, status: int, said: str, unbuffered: str, folder: Path) -> None:
    """One line, and no traceback; what `--out` asked for is whole.

    Bug: a traceback; a status of 0 though nothing was printed, or of 120, which Python gives what it could not write
    at its end.
    """
    ended = _run(line, folder, PYTHONUNBUFFERED=unbuffered)
    assert (ended.returncode, ended.stderr.decode()) == (status, said)
    if "--out" in line:
        _run("supplychain solve case --out whole", folder)
        assert {p.name for p in (folder / "answer").rglob("*")} == {p.name for p in (folder / "whole").rglob("*")}


def test_a_file_does_not_take_the_place_of_a_closed_output(folder: Path) -> None:
    """Bug: the first file that is opened, the store of a sweep, is number 1, and gets what a library prints there."""
    line = "supplychain sweep case --vary 'capacity.capacity[stage=hbm]=50%,100%' --out store.sqlite -q <&- >&- 2>&-"
    assert _run(line, folder).returncode == 0
    assert (folder / "store.sqlite").read_bytes().startswith(b"SQLite format 3")


def test_a_character_that_the_output_lacks(folder: Path) -> None:
    """Bug: a title in Japanese ends a command whose output is a file in the encoding of Western Europe."""
    settings = folder / "case/case.toml"
    lines = settings.read_text("utf-8").splitlines()
    lines = ['title = "東京の計画 — prévision"' if line.startswith("title") else line for line in lines]
    settings.write_text("\n".join(lines), encoding="utf-8")
    ended = _run("supplychain solve case", folder, PYTHONIOENCODING="cp1252")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode("cp1252").startswith("????? — prévision (tiny)\n")


def test_without_standard_streams(folder: Path) -> None:
    """Bug: where there is no console, as for a service, `sys.stdout` is None, and a solve or a study asks it for
    something.
    """
    script = """
import sys
sys.stdout = sys.stderr = None
import supplychain as sc
from supplychain.study.workers import ProcessExecutor

if __name__ == "__main__":
    plan = sc.solve(sc.load("case"))
    with ProcessExecutor(1) as executor:
        swept = sc.sweep(sc.load("case"), ["capacity.capacity[stage=hbm]=50%,100%"], executor=executor)
    open("said", "w").write(f"{plan.summary['objective_usd']} {swept['objective_usd'].iloc[-1]}")
"""
    (folder / "script.py").write_text(script, encoding="utf-8")
    assert (
        subprocess.run(
            [sys.executable, "script.py"], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
        ).returncode
        == 0
    )
    assert (folder / "said").read_text() == "3757080000.0 3757080000.0"
