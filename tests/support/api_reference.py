"""The Python reference, `docs/api.md`: what can be imported, from signatures and docstrings."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

import supplychain
from supplychain import lp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WIDTH = 100
"""Columns of a signature; a longer one has a line for each parameter."""

_TOP = """\
# Python

This page is written by `make generated` from the docstrings of the code. [Getting started](start.md#from-python) has a
first program, and the [cookbook](cookbook.md) has answers to questions.

```python
import supplychain as sc
```

A table is a pandas frame, with units in the names of its columns: [results](results.md) says what each holds. Every
function that solves takes `time_limit`, in seconds, and `progress`, a function that is told what is being done."""

_GROUPS = {
    "Cases and what-ifs": ("load", "Case", "what_if", "WhatIf", "to_book", "import_book"),
    "Answers": ("solve", "Plan", "Answer", "read_answer", "workbook", "time_limit"),
    "Sessions": ("session", "Session", "WhatIfAnswer"),
    "Studies": (
        "compare",
        "Comparison",
        "sweep",
        "seek",
        "Seek",
        "sensitivity",
        "Sensitivity",
        "uncertainty",
        "Uncertainty",
        "near_optimal",
        "NearOptimal",
        "backcast",
        "Backcast",
        "foresight",
        "ForesightStudy",
        "regret",
        "Regret",
        "lock_in",
        "serve",
        "Served",
        "within_capital",
        "WithinCapital",
    ),
    "Errors": (
        "SupplychainError",
        "InputError",
        "ChangeError",
        "Problem",
        "MisfitError",
        "NoAnswerError",
        "TimeLimitError",
        "CertificateError",
        "OutputError",
        "SetupError",
    ),
}
"""Every public name, in the order in which it is told."""

_LP = (
    "read",
    "from_pyomo",
    "LabelledLP",
    "solve",
    "Solution",
    "Certificate",
    "two_sided_prices",
    "allowable_ranges",
    "value_curve",
    "joint_sets",
)
"""What `supplychain.lp` is for; other names of it serve the package itself."""

_ERROR = re.compile(rf"\b({'|'.join(_GROUPS['Errors'])})\b(?=[,;.: ]|$)", flags=re.MULTILINE)
_SECTION = re.compile(r"^(Returns|Raises|Source|Shape|Units): ", flags=re.MULTILINE)


def reference() -> str:
    """Return the page."""
    missing = set(supplychain.__all__) ^ {name for names in _GROUPS.values() for name in names}
    if missing:
        message = f"no group of the page has, or the package lacks: {', '.join(sorted(missing))}"
        raise ValueError(message)
    lines = [_TOP]
    for title, names in _GROUPS.items():
        lines += ["", f"## {title}"]
        for name in names:
            lines += _entry("sc", name, getattr(supplychain, name))
    lines += ["", "## `supplychain.lp`: any linear program", ""]
    lines += [
        "```python",
        "from supplychain import lp",
        "```",
        "",
        "[Any linear program](linear-programs.md) shows them.",
    ]
    for name in _LP:
        lines += _entry("lp", name, getattr(lp, name))
    return "\n".join(lines) + "\n"


def _entry(module: str, name: str, thing: Any) -> Iterator[str]:  # noqa: ANN401 - a class or a function
    yield from ("", f"### `{module}.{name}`", "")
    if not inspect.isclass(thing):
        yield from ("```python", *signature(name, thing), "```", "", *_said(thing))
        return
    bases = [base.__name__ for base in thing.__bases__ if base.__name__ in supplychain.__all__]
    above = f"({', '.join(bases)})" if bases else ""
    yield from ("```python", f"class {name}{above}: ...", "```", "", *_said(thing))
    fields = list(_fields(thing)) if is_dataclass(thing) else []
    if fields:
        yield from ("", "| attribute | type | what it is |", "|---|---|---|")
        yield from (f"| `{field}` | `{kind}` | {said} |".replace("``", "") for field, kind, said in fields)
    for member, value in sorted(vars(thing).items()):
        documented = inspect.getdoc(value) if inspect.isfunction(value) and not member.startswith("_") else None
        if documented and not documented.startswith("Return `"):  # an old name says what it returns
            yield from ("", f"#### `{name}.{member}`", "")
            yield from ("```python", *signature(member, value), "```", "", *_said(value))


def _said(thing: object) -> list[str]:
    """Return a docstring as Markdown: what it returns and raises in paragraphs of their own, errors with links."""
    said = _SECTION.sub(lambda found: f"\n**{found[1]}:** ", inspect.getdoc(thing) or "")
    said = _ERROR.sub(lambda found: f"[{found[0]}](#sc{found[0].lower()})", said)
    return re.sub(r"\n{3,}", "\n\n", said).splitlines()


def signature(name: str, function: Callable[..., Any]) -> list[str]:
    """Return the head of a function, which Python could read."""
    given = inspect.signature(function)
    parameters, keyword_only = [], False
    for parameter in given.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            parameters.append("*")
        default = parameter.default
        written = "" if default is parameter.empty else f" = {'...' if callable(default) else _literal(default)}"
        annotation = str(parameter.annotation).replace("'", '"')
        parameters.append(f"{parameter.name}: {annotation}{written}")
    head, tail = f"def {name}(", f") -> {given.return_annotation}: ..."
    line = f"{head}{', '.join(parameters)}{tail}"
    if len(line) <= WIDTH:
        return [line]
    return [head, *(f"    {parameter}," for parameter in parameters), tail]


def _literal(value: object) -> str:
    """Return a default as the project writes it."""
    if isinstance(value, tuple) and len(value) > 1:
        return f"({', '.join(map(_literal, value))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _fields(thing: type) -> Iterator[tuple[str, str, str]]:
    """Yield the attributes of a class: its name, its type, and the line of text below it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and not node.target.id.startswith("_"):
            yield node.target.id, _cell(ast.unparse(node.annotation)), _text(following)
        elif isinstance(node, ast.FunctionDef) and _is_property(node) and not node.name.startswith("_"):
            kind = ast.unparse(node.returns) if node.returns else ""
            yield node.name, _cell(kind), _cell(" ".join((ast.get_docstring(node) or "").split("\n\n")[0].split()))


def _is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id in {"property", "cached_property"} for one in node.decorator_list)


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return _cell(" ".join(node.value.value.split()))
    return ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
