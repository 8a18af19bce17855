"""The model as a page: sets, symbols, constraints, objective; from the docstrings of `model/` and from the schema."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.model import (
    accelerators,
    cash,
    commitments,
    contracts,
    cost,
    curves,
    earnings,
    fleet,
    service,
    supply,
    ties,
    windows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

PARTS = (supply, accelerators, fleet, commitments, service, earnings, contracts, cash, cost)
"""The parts of the model, in the order in which they are declared."""

SETS = {
    "Year": ("t, u", "years of the case, together T, the first of them t₀; y is a year before it"),
    "Region": ("r", "regions, in which accelerators operate"),
    "Stage": ("s", "stages of the chain: flows, used once, and stocks, occupied while in use"),
    "Supplier": ("k", "suppliers of a stage"),
    "Place": ("p", "where a stage is supplied: `global`, or a region"),
    "Accelerator": ("a", "accelerators: chips and systems"),
    "Commitment": ("c", "commitments: deals that are to be kept"),
    "Workload": ("w", "workloads: kinds of demand for tokens"),
    "Tier": ("j", "tiers of demand, each with what it is worth"),
}
"""By the type of an index: its letters, and what they stand for."""

_LETTERS = {
    "stage": "s",
    "supplier": "k",
    "place": "p",
    "of_stage": "s'",
    "needs_stage": "s'",
    "year": "t",
    "installed_year": "y",
    "first_year": "t",
    "region": "r",
    "accelerator": "a",
    "commitment": "c",
    "workload": "w",
    "tier": "j",
}
"""By the key of a table: the letter of its index. Other keys stand for themselves."""

_GREEK = {r"\rho": "discount_rate", r"\alpha": "first_year_availability", r"\lambda": "build_lag_share"}
"""By the letter of a number that is a setting: its name in `case.toml`."""

_TOP = """\
# The model

This page is written by `make generated`: from the docstrings of `supplychain/model/`, which stand beside what they say,
and from `supplychain/schema.py`. Its names are those of the code, and of the columns of the inputs and the answer.

## The idea

- The chain is a list of *stages*. A stage is a row of a table; nothing in the model knows which ones there are.
- *Suppliers* meet a stage, each up to a limit and at a price. Some may add to it: ordered and paid now, there later.
- *Accelerators* use up flow stages when they are built, and hold stock stages, such as power, as long as they operate.
- What is built waits in a warehouse, is installed in a region, and operates there or idles.
- Busy accelerators serve tokens, or do research. Demand stands in tiers, each with what it is worth.
- One linear program decides all years at once, at least discounted cost; demand that is left unserved costs its worth.

## Sets

A letter is the same index everywhere; `s'`, `k'`, `p'` are others of the same kind.
"""

_NUMBERS = """
## Numbers

Every one is a cell of the [inputs](../inputs/README.md). Where the column *years* says *quantity*, a year without a row
lies on the line between its neighbours, 0 before the first and as the last after it; where it says *price*, the first
value that is given holds before it, too. Other numbers are not interpolated. A supplier without a row in `capacity` has
the capacity 0 and the price 0; a workload without one in `efficiency` has the multiplier 1. A need without a place
holds in every place of the supplier that no other row of that need names.
"""

_CURVES = """
## Curves

A workload may have tiers of demand, a curve, or both, which add. A curve is served in tiers of its own, `curve_00`,
`curve_01` and so on; their numbers follow from those of the curve. Their prices fall geometrically: from `curve_top`
times the reference price to that price, and from there to `curve_bottom` times it, `curve_steps` in all, split in
proportion to the logs. Research has a curve likewise, with `volume_h100e_years`, a reference value and an elasticity of
its own, and no adjusted share.
"""

_OBJECTIVE = """\
## Objective

The least total discounted cost, in USD: the sum of these terms. All of it is counted in units of a power of two of
USD, so that its size suits the solver; that changes no digit.
"""

_NET_BENEFIT = """\
## Net benefit

What is served is worth, over the whole horizon, less all terms of the objective but `unserved`. Where no price is
charged it is what all demand is worth, less the objective: the plan with the least objective has the largest net
benefit. A charged price is what the plan earns, and what tokens are worth beyond it is left to their users.
"""

_FORESIGHT = """\
## Limited foresight

With `foresight_years` in `case.toml`, or with `--foresight`, the years are decided one after the other, each by a
window of its own, and what a window decides for its first year is kept. The objective of the answer is that of all kept
decisions, over the whole horizon.
"""


def model_reference(model: Any) -> str:  # noqa: ANN401 - Pyomo ships no types
    """Return the page that states the model, in Markdown with TeX formulas.

    Raises: ValueError if a variable says nothing of itself, or a constraint has no function with its formula.
    """
    constraints = _names(model, "Constraint")
    with_formula = {name for part in PARTS for name in _with_formulas(part)}
    if missing := sorted(constraints - with_formula):
        message = f"no formula of: {', '.join(missing)}"
        raise ValueError(message)
    summed = {*cost.cost.__code__.co_names, *cost.spending.__code__.co_names}  # what the objective adds up
    terms = {name: function for name, function in _with_formulas(cost).items() if name in summed}
    benefit = {cost.served_worth.__name__: cost.served_worth}
    lines = [
        _TOP,
        *_table(("index", "stands for"), [(f"`{letters}`", meaning) for letters, meaning in SETS.values()]),
        "\n## Variables\n\nAll are 0 or more. In formulas their indices stand below.\n",
        *_table(("variable", "unit", "what it is"), list(_variables(model))),
        _NUMBERS,
        *_table(("number", "unit", "from", "years", "what it is"), list(_numbers())),
        _CURVES,
        *_described(_with_formulas(curves)),
        "## Factors\n",
        *_described(_with_formulas(windows)),
        "## Constraints\n\nAs the model declares them, with the named expressions that they are made of.\n",
    ]
    for part in PARTS:
        own = {
            name: function
            for name, function in _with_formulas(part).items()
            if part is not cost or name not in terms | benefit
        }
        lines += [f"### {_title(part)}\n", *_described(own)]
    lines += [_OBJECTIVE, *_described(terms), _NET_BENEFIT, *_described(benefit)]
    lines += ["## Ties\n", *_paragraphs(ties.tie_breakers)]
    lines += [_FORESIGHT, *_paragraphs(windows.window)]
    return "\n".join(lines).rstrip("\n") + "\n"


def formulas(text: str) -> list[str]:
    """Return the formulas of a docstring, each on one line."""
    return [" ".join(formula.split()) for formula in re.findall(r"\$([^$]+)\$", text)]


def _names(model: Any, kind: str) -> set[str]:  # noqa: ANN401 - Pyomo ships no types
    return {component.name for component in model.component_objects() if component.ctype.__name__ == kind}


def _variables(model: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - Pyomo ships no types
    text = " ".join(f for part in PARTS for function in _with_formulas(part).values() for f in formulas(_doc(function)))
    for variable in model.component_objects():
        if variable.ctype.__name__ != "Var":
            continue
        index = re.search(rf"(?<!\w){variable.name.replace('_', '._')}_{{([a-z](?:,[a-z])*)}}", text)
        meaning_and_unit = re.fullmatch(r"(.*) \[(.*)\]", variable.doc or "")
        if index is None or meaning_and_unit is None:
            message = f"variable {variable.name}: no formula has it, or it says nothing of itself and its unit"
            raise ValueError(message)
        yield f"`{variable.name}[{index[1]}]`", meaning_and_unit[2], meaning_and_unit[1]


def _numbers() -> Iterator[tuple[str, str, str, str, str]]:
    settings = {setting.name: setting for setting in schema.SETTINGS}
    for letter, name in _GREEK.items():
        yield f"$`{letter}`$", settings[name].unit, f"`case.toml` `{name}`", "", settings[name].meaning
    for table in schema.TABLES:
        index = ",".join(_LETTERS.get(key, key) for key in table.key)
        for column in table.columns:
            if column.param or column.unit == "years":
                name = column.param or column.name
                yield (
                    f"`{name}[{index}]`",
                    column.unit,
                    f"`{table.name}.{column.name}`",
                    column.series,
                    column.meaning,
                )


def _with_formulas(module: ModuleType) -> dict[str, Callable[..., object]]:
    """Return the functions of a module that have a formula, private ones too, in their order, by name."""
    return {
        name.removeprefix("_"): function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and formulas(_doc(function))
    }


def _doc(documented: object) -> str:
    text = (inspect.getdoc(documented) or "").removeprefix("Return ")
    return text[:1].upper() + text[1:]


def _title(module: ModuleType) -> str:
    return _doc(module).partition("\n")[0].partition(". ")[0].rstrip(".")


def _described(functions: dict[str, Callable[..., object]]) -> list[str]:
    """Return each function as its name, its sentence and its formulas."""
    lines: list[str] = []
    for name, function in functions.items():
        first, *rest = _paragraphs(function)
        lines += [f"**{name}**: {first}", *rest]
    return lines


def _paragraphs(function: Callable[..., object]) -> list[str]:
    """Return a docstring as Markdown, examples left out: formulas that end a paragraph in blocks of their own."""
    lines: list[str] = []
    for paragraph in _doc(function).split("\n\n"):
        if paragraph.startswith(">>>"):
            continue
        block = re.fullmatch(r"([^$]*)\$([^$]+)\$\.?", paragraph)
        text = block[1] if block else re.sub(r"\$([^$]+)\$", lambda f: f"$`{_tex(f[1])}`$", paragraph)
        if text:
            lines += [text.rstrip(), ""]
        if block:
            lines += ["```math", _tex(block[2]), "```", ""]
    return lines


def _tex(formula: str) -> str:
    r"""Return a formula with its names upright as words, not as products of their letters.

    >>> _tex(r"\sum_k max\_units_{a,t}")
    '\\sum_k \\mathit{max\\_units}_{a,t}'
    """
    return re.sub(
        r"(?<![\\a-zA-Z])[a-z][a-z0-9]*(?:\\_[a-z0-9]+)+|(?<![\\a-zA-Z])[a-z][a-z0-9]+", r"\\mathit{\g<0>}", formula
    )


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return ["| " + " | ".join(cells) + " |" for cells in (header, ("---",) * len(header), *rows)]
