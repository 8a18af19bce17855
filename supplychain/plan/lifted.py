"""The same case with limits lifted: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from supplychain.plan.point import Point
    from supplychain.plan.solved import Solved


def unlimited(at: Point) -> Solved:
    """Return the plan with no limit on any stage and on the budget; builds and ramps keep theirs."""
    return _lifted(at, rows={"supply_limit", "budget"}, columns=set())


def unconstrained(at: Point) -> Solved:
    """Return the plan with no limit on any stage, build, ramp or budget."""
    return _lifted(at, rows={"supply_limit", "budget", "ramp"}, columns={"build"})


def _lifted(at: Point, *, rows: set[str], columns: set[str]) -> Solved:
    """Solve with some limits lifted; where nothing is short, no capacity is ordered."""
    row_upper = {i: math.inf for label, i in at.lp.row.items() if label[0] in rows}
    column_upper = {j: math.inf for label, j in at.lp.column.items() if label[0] in columns}
    column_upper |= {j: 0.0 for label, j in at.lp.column.items() if label[0] == "expand"}
    with at.changed(row_upper, column_upper, near=False) as freed:
        return freed.solved
