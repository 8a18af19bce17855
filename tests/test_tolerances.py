"""Every tolerance stands in one module, under one name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from supplychain import tolerances

SMALL = 1e-4
"""No share, price or width that is meant as such is smaller than this."""

PACKAGE = Path(tolerances.__file__).parent

NO_TOLERANCES = {("sheets.py", 2.3e-308): "the smallest number that Excel knows"}

NAMES = {
    node.target.id: ast.literal_eval(node.value)
    for node in ast.parse(Path(tolerances.__file__).read_text()).body
    if isinstance(node, ast.AnnAssign)
    and isinstance(node.target, ast.Name)
    and isinstance(node.value, (ast.Constant, ast.Tuple))
}


def small_numbers(code: str) -> list[tuple[int, float]]:
    """Return the line and the value of every number of some code that can only be a tolerance."""
    return [
        (node.lineno, node.value)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, float) and 0 < node.value < SMALL
    ]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_tolerance_stands_elsewhere(path: Path) -> None:
    """Bug: two modules judge one thing with two numbers, and nobody can say what is exact."""
    name = str(path.relative_to(PACKAGE))
    if name == "tolerances.py":
        return
    found = [(line, value) for line, value in small_numbers(path.read_text()) if (name, value) not in NO_TOLERANCES]
    assert not found


def cut_numbers(code: str) -> list[int]:
    """Return the lines of some code on which a number is cut to digits by way of its text."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "float"
        and any(isinstance(part, ast.FormattedValue) and part.format_spec for part in ast.walk(node))
    ]


def test_numbers_are_cut_to_named_digits_alone() -> None:
    """Bug: two modules cut one number to different digits, and what is equal in one table differs in another."""
    assert cut_numbers('x = float(f"{y:.9g}")') == [1]
    for path in PACKAGE.rglob("*.py"):
        assert path == Path(tolerances.__file__) or not cut_numbers(path.read_text()), path


def test_the_scan_sees_a_tolerance() -> None:
    """Bug: the scan looks at nothing, and passes."""
    assert small_numbers("def f(x):\n    return abs(x - 1) < 1e-9\n") == [(2, 1e-9)]


def test_no_name_of_a_tolerance_is_taken_again() -> None:
    """Bug: a module gives a name of tolerances.py a value of its own, and one name has two meanings."""
    for path in PACKAGE.rglob("*.py"):
        if path == Path(tolerances.__file__):
            continue
        assigned = {
            node.id
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        assert not assigned & set(NAMES), path


def test_each_tolerance_is_used_and_says_what_it_judges() -> None:
    """Bug: a tolerance stays behind when what it judged has gone, or says nothing of its unit and reason."""
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py") if path.name != "tolerances.py")
    assert NAMES
    assert not [name for name in NAMES if name not in code]
    body = ast.parse(Path(tolerances.__file__).read_text()).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign):
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant), ast.unparse(node)
