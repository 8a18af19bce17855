"""Where things stand in the repository."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
INPUTS = ROOT / "inputs"
BASE, TINY, BACKCAST = INPUTS / "base", INPUTS / "tiny", INPUTS / "backcast"
TINY_CURVE, TINY_LAB = INPUTS / "tiny-curve", INPUTS / "tiny-lab"
LAB = INPUTS / "lab"
REPORTS = ROOT / "reports"
ANSWERS = REPORTS / "answers"
DOCS = ROOT / "docs"
TESTS = ROOT / "tests"
SUPPORT = TESTS / "support"
GOLDEN = TESTS / "golden"
PUBLISHED = TESTS / "published"


def files_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by its name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def inputs_in(folder: Path) -> dict[str, bytes]:
    """Return every file of a case by its name, without the study that is kept beside it."""
    return {name: data for name, data in files_in(folder).items() if not name.startswith("uncertainty/")}
