"""Names that software takes for something else, as NA, nan, true and 1e5, stay names wherever an answer is read."""

from __future__ import annotations

import csv
import re
from shutil import copytree
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from commands import status_of
from paths import TINY

import supplychain as sc
from supplychain.study.compare import compare_folders
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {
    "packaging": "NA", "hbm": "None", "site_power": "nan", "power": "NULL", "generation": "true", "east": "1e5",
    "west": "inf", "old": "0012", "new": "2026", "chat": "null", "batch": "N/A", "cheap": "<NA>", "foundry": "-",
    "premium": "NaN",
}  # fmt: skip
"""Of stages, suppliers, regions, accelerators and workloads: what they are in `inputs/tiny`, and what they are here."""


def renamed(cell: str) -> str:
    """Return a cell with its name changed, or the names in the filter of a target."""
    return re.sub(r"(?<==)\w+", lambda name: NAMES.get(name[0], name[0]), NAMES.get(cell, cell))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case with these names, and its answer."""
    folder = tmp_path_factory.mktemp("names")
    copytree(TINY, folder / "case")
    for path in (folder / "case").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *(map(renamed, row) for row in rows)])
    sc.solve(sc.load(folder / "case")).write(folder / "answer")
    return folder


def test_tables_come_back(folder: Path) -> None:
    """Bug: a reader that takes NA for nothing, 1e5 for a number and true for a truth value."""
    plan, answer = sc.solve(sc.load(folder / "case")), sc.read_answer(folder / "answer")
    assert {"NA", "nan"} <= set(answer.binding["members"])
    for name, table in plan.tables.items():
        for column in table.columns[table.dtypes == "str"]:
            assert answer.tables[name][column].fillna("").tolist() == table[column].tolist(), (name, column)
    same = sc.solve(sc.load(TINY))
    back = {new: old for old, new in NAMES.items()}
    assert sorted(back.get(x, x) for x in answer.stages["stage"]) == sorted(same.stages["stage"])


def test_an_answer_is_like_itself(folder: Path) -> None:
    """Bug: two labels that are both taken for nothing are not the same, and a table of them cannot be sorted."""
    comparison = compare_folders([str(folder / "answer"), str(folder / "answer")])
    assert comparison.labels["same"].tolist() == [True] * 4
    assert set(comparison.labels["label"]) == {"NA", "nan", "NULL"}
    assert comparison.results["change"].abs().max() == 0
    assert status_of("compare", folder / "answer", folder / "case", "--xlsx", folder / "both.xlsx") == 0


def test_orders_are_locked_in(folder: Path) -> None:
    """Bug: orders of a stage called NA are those of no stage."""
    case = sc.load(folder / "case")
    plan = sc.solve(case, orders_from=folder / "answer", until=2026)
    assert plan.objective_usd == pytest.approx(sc.solve(case).objective_usd)


def test_a_report_with_a_reference_and_a_sensitivity(folder: Path, tmp_path: Path) -> None:
    """Bug: a part of the report reads a saved answer in a way of its own."""
    moved = tmp_path / "moved"
    found = sc.sensitivity(sc.load(folder / "case"), executor=SerialExecutor())
    found.write(moved)
    for name, table in sc.read_answer(moved, "sensitivity").tables.items():
        for column in table.columns[table.dtypes == "str"]:
            assert table[column].fillna("").tolist() == found.tables[name][column].tolist(), (name, column)
    command = ["report", folder / "case", "--reference", folder / "answer", "--sensitivity", moved, "--no-figures"]
    assert status_of(*command, "--out", tmp_path / "page", "--xlsx", "--quiet") == 0


def test_a_sweep_goes_on(folder: Path, tmp_path: Path) -> None:
    """Bug: a store gives back other labels than were put in, as SQLite does where a column is not of text."""
    case, axis, store = sc.load(folder / "case"), ["capacity.capacity[stage=None]=1%:200%:5"], tmp_path / "s.sqlite"
    in_memory = sc.sweep(case, axis, executor=SerialExecutor())
    for resume in (False, True):
        kept = sc.sweep(case, axis, store=store, resume=resume, executor=SerialExecutor())
        pd.testing.assert_frame_equal(kept, in_memory, check_exact=True)
    assert {"NA", "None"} <= set(in_memory["stage"])
