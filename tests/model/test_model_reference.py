"""The page that states the model, `docs/model.md`, says what the model does, in names that somebody declares."""

from __future__ import annotations

import inspect
import re

import generated
import pytest

from supplychain import load
from supplychain.model import build, curves, windows
from supplychain.report.text import model_reference as page


def test_the_page_is_what_the_model_says() -> None:
    """Bug: a formula or a column is changed, and `docs/model.md` still tells the old one."""
    path = generated.DOCS / "model.md"
    assert path.read_text(encoding="utf-8") == generated.expected()[path]


def test_every_name_in_a_formula_is_declared() -> None:
    """Bug: a formula calls a number what neither the schema nor the model calls it."""
    text = (generated.DOCS / "model.md").read_text(encoding="utf-8")
    declared = set(re.findall(r"^\| `(\w+)\[", text, flags=re.MULTILINE)) | {"supply", "expansion"}
    docstrings = [
        inspect.getdoc(function) or ""
        for module in (*page.PARTS, curves, windows)
        for function in vars(module).values()
        if inspect.isfunction(function) and function.__module__ == module.__name__
    ]
    formulas = [formula.replace(r"\_", "_") for docstring in docstrings for formula in page.formulas(docstring)]
    defined = {
        found[1] for formula in formulas if (found := re.match(r"(\w+?)(?:_\{[^}]*\}|_\w|\([^)]*\)) = ", formula))
    }
    used = {name for formula in formulas for name in _names(formula)}
    assert "limit" in defined
    assert used - declared - defined == set()


def test_the_letters_of_the_indices_are_those_of_the_code() -> None:
    """Bug: a rule calls a region what the page calls a stage."""
    letters = {
        (parameter.annotation, name)
        for part in page.PARTS
        for function in vars(part).values()
        if inspect.isfunction(function) and function.__module__ == part.__name__
        for name, parameter in inspect.signature(function).parameters.items()
        if len(name) == 1 and parameter.annotation in page.SETS
    }
    assert {kind for kind, _ in letters} == set(page.SETS)
    assert [(kind, name) for kind, name in letters if name not in page.SETS[kind][0].split(", ")] == []


def test_a_variable_that_says_nothing_of_itself_is_refused() -> None:
    """Bug: a variable is added and the page has an empty line of it."""
    m = build(load(generated.INPUTS / "tiny"))
    m.build.doc = None
    with pytest.raises(
        ValueError, match="variable build: no formula has it, or it says nothing of itself and its unit"
    ):
        page.model_reference(m)


def test_a_constraint_without_a_formula_is_refused() -> None:
    """Bug: a constraint is added and the page leaves it out."""
    m = build(load(generated.INPUTS / "tiny"))
    m.unheard_of = type(m.budget)([])
    with pytest.raises(ValueError, match="no formula of: unheard_of"):
        page.model_reference(m)


def _names(formula: str) -> list[str]:
    r"""Return the words of a formula: not commands such as \sum, and no single letters."""
    return re.findall(r"(?<![\\a-zA-Z_])[a-z][a-z0-9]+(?:_[a-z0-9]{2,})*", formula)
