"""Pyomo, and the types that it does not ship. Beside this module only `lp/from_model.py` names it, to read the LP."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import pyomo.core as pyo
from pyomo.core.base.param import ParamData, ScalarParam
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import (
    LinearExpression,
    MonomialTermExpression,
    NPV_ProductExpression,
    NPV_SumExpression,
    ProductExpression,
    SumExpression,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    "number_now",
    "pyo",
    "rows",
    "total",
]

_NUMBERS = frozenset({int, float})
_VARIABLE_TERMS = frozenset({VarData, MonomialTermExpression})
_LINEAR_TERMS = _VARIABLE_TERMS | _NUMBERS | {ParamData, ScalarParam, NPV_ProductExpression, NPV_SumExpression}
_TERMS = _LINEAR_TERMS | {ProductExpression}


def rows(m: Model, index: Iterable[Any], rule: Callable[..., Relation]) -> Any:  # noqa: ANN401 - Pyomo ships no types
    """Return a constraint: its function is given the model's names over plain dicts, which are looked up sooner."""
    names = m.names
    return pyo.Constraint(list(index), rule=lambda _, *i: rule(names, *i))


def is_number(term: Expression) -> bool:
    """Return whether nothing of a term is left to decide, or to change: it is no Pyomo expression."""
    return type(term) in _NUMBERS


def number_now(term: Expression) -> float:
    """Return the number of a Param as it is now: for what is asked of a case once, and no row of the LP is made of."""
    return float(pyo.value(term))


def total(terms: Iterable[Expression]) -> Expression:
    """Return the sum of some terms: to the last digit where all are numbers, else a Pyomo expression."""
    terms = list(terms)
    if len(terms) == 1:
        return terms[0]
    kinds = set(map(type, terms))
    if kinds <= _NUMBERS:
        return math.fsum(terms)
    if kinds <= _LINEAR_TERMS and not kinds.isdisjoint(_VARIABLE_TERMS):
        return LinearExpression(terms)
    if kinds <= _TERMS and ProductExpression in kinds:
        return SumExpression(terms)
    return pyo.quicksum(terms)
