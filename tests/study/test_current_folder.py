"""Processes that a command starts import nothing from the folder in which it is run; what a script has is its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, which

import pytest
from generator import write_case
from paths import ROOT, TINY
from plants import observe, two_stages

pytestmark = pytest.mark.unmeasured

SHADOWS = ("base64", "json", "numpy", "pandas", "pickle", "signal", "struct", "traceback", "vl_convert")
"""Modules of Python's, and of others, that a started process imports."""

STAGE = "capacity.capacity[stage=hbm]"


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    paths = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | paths)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case and a scenario of it, beside files that leave a mark and fail when they are imported."""
    copytree(TINY, tmp_path / "case")
    (tmp_path / "case/scenarios").mkdir()
    scenario = 'name = "less"\ntitle = "Less"\nwhy = "A test."\nsource = "The tests."\n'
    scenario += '[[groups]]\nname = "all"\nedits = ["capacity.capacity *= 0.9"]\n'
    (tmp_path / "case/scenarios/less.toml").write_text(scenario, encoding="utf-8")
    past = two_stages()
    observe(past, "units_built", "chip", 90, 100, 110)
    write_case(past, tmp_path / "past")
    for name in SHADOWS:
        text = (
            f"import pathlib\npathlib.Path({str(tmp_path / name)!r}).touch()\nraise SystemExit('imported {name}.py')\n"
        )
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "report case --scenario less --workers 2 --out page",
        f"sweep case --vary {STAGE}=50%,80%,100% --workers 2 --out store.sqlite",
        "sensitivity case --workers 2",
        "scenarios case --solve --workers 2",
        "compare case --scenario less --workers 2",
        "backcast past --workers 2",
    ],
    ids=lambda command: command.split()[0],
)
def test_a_command_runs_no_file_of_the_current_folder(command: str, folder: Path) -> None:
    """Bug: a process that is started looks into the current folder before Python's own, and runs a stranger's
    `signal.py` that came with a case.
    """
    program = which("supplychain", path=Path(sys.executable).parent)
    assert program is not None
    ended = _run(folder, program, *command.split())
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [name for name in SHADOWS if (folder / name).exists()] == []


_SCRIPT = """
import mine
from supplychain.study.workers import ProcessExecutor

if __name__ == "__main__":
    with ProcessExecutor(1) as executor:
        print(executor.submit(mine.double, 21).result())
"""


def test_a_script_has_its_own_modules_in_its_processes(tmp_path: Path) -> None:
    """Bug: processes that do not look into the current folder cannot load what a script beside its modules hands them.

    The folder is the script's, and not the one in which it is run.
    """
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/script.py").write_text(_SCRIPT, encoding="utf-8")
    (tmp_path / "scripts/mine.py").write_text("def double(x):\n    return 2 * x\n", encoding="utf-8")
    (tmp_path / "signal.py").write_text("raise SystemExit('imported signal.py')\n", encoding="utf-8")
    ended = _run(tmp_path, sys.executable, "scripts/script.py")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "42\n", "")


def test_the_module_as_a_command(tmp_path: Path) -> None:
    """`python -m supplychain` has the current folder in front, by Python's own rule; what is imported once the command
    runs, and in its processes, is not looked for there. `python -P -m supplychain` looks nowhere there.

    Bug: `-m` runs a stranger's file that the command would not.
    """
    copytree(TINY, tmp_path / "case")
    for name in ("base64", "pyomo", "vl_convert"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('imported {name}.py')\n", encoding="utf-8")
    command = [sys.executable, "-m", "supplychain", "report", "case", "--out", "page", "--quiet"]
    ended = _run(tmp_path, *command)
    assert (ended.returncode, ended.stderr) == (0, "")
