"""The names of Pyomo, which ships no types. Beside it only `lp.from_model`, which reads its models, names it."""

from __future__ import annotations

from typing import Any, TypeAlias

import pyomo.environ as pyo

Model: TypeAlias = Any
Relation: TypeAlias = Any
Expression: TypeAlias = Any
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
    "pyo",
]
