"""The tests' own house: what several tests share is support, and a test module stands alone."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from paths import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def imported(path: Path) -> Iterator[str]:
    """Yield the names of modules that a file imports, anywhere in it, with what it takes of them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names for name in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_nothing_imports_a_test(path: Path) -> None:
    """Catches a test module that others use as a library: it cannot be moved or divided, and its fixtures leak."""
    tests = {path.stem for path in TESTS.rglob("test_*.py")}
    assert not tests & set(imported(path))
