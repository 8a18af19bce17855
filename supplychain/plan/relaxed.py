"""The same case with limits lifted: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from supplychain.lp import LabelledLP
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP


@dataclass(frozen=True)
class Lift:
    """Kinds of rows and of columns whose limits are lifted. Where nothing is short, no capacity is ordered."""

    rows: frozenset[Constraint]
    columns: frozenset[Var]

    def of(self, lp: LabelledLP) -> tuple[dict[int, float], dict[int, float]]:
        """Return the upper limits of rows and of columns that an LP has then, where they are others."""
        row_upper = {i: math.inf for label, i in lp.row.items() if label[0] in self.rows}
        column_upper = {j: math.inf for label, j in lp.column.items() if label[0] in self.columns}
        return row_upper, column_upper | {j: 0.0 for label, j in lp.column.items() if label[0] == Var.EXPAND}

    def plan(self, at: SolvedLP) -> Solved:
        """Return the plan, solved from nothing."""
        with at.changed(*self.of(at.lp), near=False) as freed:
            return freed.solved


UNLIMITED = Lift(frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET}), frozenset())
"""No limit on any stage and on the budget; builds and ramps keep theirs."""

UNCONSTRAINED = Lift(frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET, Constraint.RAMP}), frozenset({Var.BUILD}))
"""No limit on any stage, build, ramp or budget."""
