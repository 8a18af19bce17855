"""The same case with limits relaxed: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain.limits import doing
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from supplychain.lp import LabelledLP
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP


@dataclass(frozen=True)
class Relaxation:
    """Kinds of rows and of columns that have no limit. Where nothing is short, no capacity is ordered."""

    rows: frozenset[Constraint]
    columns: frozenset[Var]

    def upper_limits(self, lp: LabelledLP) -> tuple[dict[int, float], dict[int, float]]:
        """Return the upper limits of the rows and columns of an LP that are others once it is relaxed."""
        row_upper = {i: math.inf for label, i in lp.row.items() if label[0] in self.rows}
        column_upper = {j: math.inf for label, j in lp.column.items() if label[0] in self.columns}
        return row_upper, column_upper | {j: 0.0 for label, j in lp.column.items() if label[0] == Var.EXPAND}

    def plan(self, solved_lp: SolvedLP) -> Solved:
        """Return the plan under these limits, solved from nothing."""
        with (
            doing("solving the case with limits lifted"),
            solved_lp.changed(*self.upper_limits(solved_lp.lp), near=False) as relaxed_lp,
        ):
            return relaxed_lp.solved


UNLIMITED = Relaxation(frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET}), frozenset())
"""No limit on any stage and on the budget; builds and ramps keep theirs."""

UNCONSTRAINED = Relaxation(
    frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET, Constraint.RAMP}), frozenset({Var.BUILD})
)
"""No limit on any stage, build, ramp or budget."""
