"""Pyomo, and the types that it does not ship. Beside this module only `lp/from_model.py` names it, to read the LP."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

import pyomo.environ as pyo
from pyomo.contrib.solver.common import util
from pyomo.repn import standard_repn

if TYPE_CHECKING:
    from collections.abc import Iterable

Model: TypeAlias = Any
"""The Pyomo model, or its names over numbers: `supplychain.model.evaluated.Evaluated`."""

Relation: TypeAlias = Any
Expression: TypeAlias = Any
"""A Pyomo expression, or a number."""

Accelerator: TypeAlias = str
Commitment: TypeAlias = str
Place: TypeAlias = str
Region: TypeAlias = str
Stage: TypeAlias = str
Supplier: TypeAlias = str
Tier: TypeAlias = str
Workload: TypeAlias = str
Year: TypeAlias = int

__all__ = [
    "Accelerator",
    "Commitment",
    "Expression",
    "Model",
    "Place",
    "Region",
    "Relation",
    "Stage",
    "Supplier",
    "Tier",
    "Workload",
    "Year",
    "is_number",
    "pyo",
    "total",
]

_NUMBERS = frozenset({int, float})


def _made_safe_for_threads() -> None:
    """Let threads take LPs out of Pyomo models side by side; what Pyomo does in one thread stays the same.

    Pyomo keeps one list of the variables of the constraint at hand, and one kind of result of reading an expression,
    for the whole process: a thread would empty the list of another, and change the kind under its hands.
    """
    kept = getattr(util, "_visitor", None)
    if kept is not None and not isinstance(kept, threading.local):
        util._visitor = type(type(kept).__name__, (type(kept), threading.local), {})()  # noqa: SLF001 - of Pyomo 6.10
    standard_repn.ResultsWithoutQuadratics = standard_repn.ResultsWithQuadratics  # the same, and one list more


_made_safe_for_threads()


def is_number(term: Expression) -> bool:
    """Return whether nothing of a term is left to decide, or to change: it is no Pyomo expression."""
    return type(term) in _NUMBERS


def total(terms: Iterable[Expression]) -> Expression:
    """Return the sum of some terms: to the last digit where all are numbers, else a Pyomo expression."""
    terms = list(terms)
    return math.fsum(terms) if _NUMBERS.issuperset(map(type, terms)) else pyo.quicksum(terms)
