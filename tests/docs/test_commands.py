"""Commands and programs that README and docs show: read by the real command line, and run as a reader would.

`make docs-all` runs what takes long, too.
"""

from __future__ import annotations

import ast
import builtins
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click
import pytest
from commands import run
from pages import GENERATED, PAGES, Block, blocks, commands
from paths import ROOT

import supplychain
from supplychain import lp
from supplychain.case.edits import change
from supplychain.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = bool(os.environ.get("DOCS_ALL"))
"""Whether blocks that take long are run, too."""

OTHERS = {"make", "pip", "dask", "eval", "git", "cd", "."}
"""What blocks `sh` call beside `supplychain`."""

CAN_BE_DRY = {"--change", "--scenario", "--as", "--foresight"}

RUN = [page for page in PAGES if page not in GENERATED and any(b.language in {"sh", "python"} for b in blocks(page))]

BLOCKS = [block for page in PAGES for block in blocks(page)]


def name_of(value: object) -> str:
    """Return how pytest calls a case."""
    return value.place if isinstance(value, Block) else value.relative_to(ROOT).as_posix()  # type: ignore[attr-defined]


@pytest.mark.parametrize("block", [block for block in BLOCKS if commands(block)], ids=name_of)
def test_every_command_is_one(block: Block) -> None:
    """Bug: a page shows a command or an option that is misspelt, renamed or gone, or an edit that is none."""
    for arguments in commands(block):
        group = click.Context(cli, info_name="supplychain", **cli.context_settings)
        if arguments[0].startswith("-"):
            cli.make_context("supplychain", list(arguments), resilient_parsing=True)
            continue
        name, command, rest = cli.resolve_command(group, list(arguments))
        assert command is not None
        parsed = command.make_context(name, list(rest), parent=group)
        for edit in parsed.params.get("changes") or ():
            change(edit)


def test_what_else_a_block_runs_is_known() -> None:
    """Bug: a page names a target of `make` that is gone, or a block is called `sh` and is what a program printed."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    others = [(block.place, words) for block in BLOCKS if block.language == "sh" for words in block.lines()]
    assert [(place, words) for place, words in others if words[0] not in OTHERS | {"supplychain"}] == []
    assert [(place, words) for place, words in others if words[0] == "make" and set(words[1:]) - targets] == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(b.language == "python" for b in blocks(page))], ids=name_of
)
def test_every_name_of_a_program_is_there(page: Path) -> None:
    """Bug: a page shows a function that is gone, or a program that is no Python."""
    known = set(dir(builtins)) | {"sc"}
    for block in (block for block in blocks(page) if block.language == "python"):
        tree = compile(block.text, block.place, "exec", ast.PyCF_ONLY_AST)
        if page in GENERATED:
            continue  # heads of functions, written from them
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = import_module(node.module)
                assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == [], block.place
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                home = {"sc": supplychain, "lp": lp}.get(node.value.id)
                assert home is None or hasattr(home, node.attr), f"{block.place}: {node.value.id}.{node.attr}"
        known |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        known |= {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom | ast.Import)
            for alias in node.names
        }
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert used - known == set(), block.place


def lines_in_order(shown: str, printed: str) -> Iterator[str]:
    """Yield every line that is shown and was not printed, after the one before it."""
    rest = iter([line.rstrip() for line in printed.splitlines()])
    for line in shown.splitlines():
        if line.strip() not in {"", "…"} and line.rstrip() not in rest:
            yield line


@pytest.mark.unmeasured
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_a_page_does_what_it_says(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a reader who types what a page says, in its order, gets an error, or another answer than the page shows."""
    shutil.copytree(ROOT / "inputs", tmp_path / "inputs")
    shutil.copytree(ROOT / "reports" / "answers", tmp_path / "reports" / "answers")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = None
    for block in blocks(page):
        if block.file:
            path = tmp_path / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.not_run:
            printed = None
        elif block.language == "python" and (ALL or not block.slow):
            exec(compile(block.text, block.place, "exec"), names)  # noqa: S102 - our own pages
            printed = capsys.readouterr().out
        elif block.language == "sh":
            printed = said(block, capsys)
        elif block.language == "text" and printed is not None:
            assert list(lines_in_order(block.text, printed)) == [], f"{block.place} is not what is printed:\n{printed}"


def said(block: Block, capsys: pytest.CaptureFixture[str]) -> str | None:
    """Run the commands of a block, each as a process; return what they print. Of a block that takes too long now the
    edits are tried, in this process, and nothing is returned.
    """
    printed = ""
    for arguments in commands(block):
        dry = block.slow and not ALL
        if dry:
            if CAN_BE_DRY & set(arguments):
                status, _, complained = run(capsys, *arguments, "--dry-run")
                assert status == 0, f"{block.place}: supplychain {arguments} ends with {status}: {complained}"
            continue
        command = [sys.executable, "-m", "supplychain", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (
            f"{block.place}: supplychain {arguments} ends with {done.returncode}: {done.stderr}"
        )
        printed += done.stderr + done.stdout
    return None if block.slow and not ALL else printed
