"""Pyomo, and the types that it does not ship. Beside this module only `lp/from_model.py` names it, to read the LP."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import pyomo.environ as pyo

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


def is_number(term: Expression) -> bool:
    """Return whether nothing of a term is left to decide, or to change: it is no Pyomo expression."""
    return type(term) in _NUMBERS


def total(terms: Iterable[Expression]) -> Expression:
    """Return the sum of some terms: to the last digit where all are numbers, else a Pyomo expression."""
    terms = list(terms)
    return math.fsum(terms) if _NUMBERS.issuperset(map(type, terms)) else pyo.quicksum(terms)
