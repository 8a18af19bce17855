"""A second opinion on the inputs: Frictionless reads `datapackage.json` and finds the same faults in the same rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import frictionless
import generated
import pytest
from broken_cases import ALL
from paths import TINY

import supplychain
from supplychain.case.datapackage import datapackage
from supplychain.errors import InputError
from supplychain.report.text.inputs import reference

SEEN_BY_BOTH = (
    "text in a number",
    "NaN",
    "decimal comma",
    "hexadecimal",
    "negative",
    "utilisation above 1",
    "blank number",
    "year with a letter",
    "year with a fraction",
    "year of two digits",
    "life of no years",
    "unknown kind",
    "unknown truth",
    "range that is no number",
    "key twice",
    "key of one column twice",
    "unknown stage",
    "unknown supplier",
    "supplier of another stage",
    "unknown stage that is needed",
    "unknown accelerator",
    "unknown workload",
    "unknown source",
    "unknown region",
    "commitment in an unknown stage",
    "short row",
    "long row",
    "blank row in the middle",
    "required table missing",
)
"""Faults of `test_broken_cases` that a data package can express; the rest is beyond its language."""


def test_the_input_reference_is_what_the_schema_says() -> None:
    """Bug: a column is changed in the schema and `inputs/README.md` still tells the old one."""
    assert (generated.INPUTS / "README.md").read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("folder", generated.cases(), ids=lambda folder: folder.name)
def test_the_data_package_is_what_the_schema_says(folder: Path) -> None:
    """Bug: a column is added to a shipped case, or to the schema, and its `datapackage.json` does not know it."""
    assert (folder / "datapackage.json").read_text(encoding="utf-8") == datapackage(supplychain.load(folder))


@pytest.mark.parametrize("folder", generated.cases(), ids=lambda folder: folder.name)
def test_shipped_cases_are_valid_data_packages(folder: Path) -> None:
    """Bug: the reader accepts what the published description of a table forbids."""
    assert _frictionless(folder) == []


@pytest.mark.unmeasured
@pytest.mark.parametrize("fault", SEEN_BY_BOTH)
def test_both_find_the_same_rows(fault: str, tmp_path: Path) -> None:
    """Bug: a range, a choice or a key is in the schema and not in `datapackage.json`, or rows are counted otherwise."""
    case = shutil.copytree(TINY, tmp_path / "tiny")
    edit, _ = ALL[fault]
    edit(case)
    with pytest.raises(InputError) as found:
        supplychain.load(case)
    ours = sorted({(problem.file, problem.row) for problem in found.value.problems})
    assert _frictionless(case) == ours


def test_every_generated_file_is_listed() -> None:
    """Bug: a case is shipped and `python tests/generated.py --write` leaves it out."""
    listed = {path for path in generated.expected() if path.is_relative_to(generated.INPUTS)}
    pages = {generated.INPUTS / folder / "README.md" for folder in ("", "base", "backcast")}
    assert listed == pages | {folder / "datapackage.json" for folder in generated.cases()}
    assert generated.INPUTS / "tiny" / "datapackage.json" in listed


def _frictionless(case: Path) -> list[tuple[str, int]]:
    """Return the files and rows in which Frictionless finds a fault; row 0 is the whole file, as in our messages."""
    report = frictionless.validate(str(case / "datapackage.json"))
    assert report.errors == []
    return sorted({(Path(t.place).name, getattr(e, "row_number", 0) or 0) for t in report.tasks for e in t.errors})
