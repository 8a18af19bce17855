"""The same case with limits relaxed: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from supplychain import lp
from supplychain.limits import doing
from supplychain.model import solver
from supplychain.model.labels import Constraint, Var
from supplychain.plan.solved import Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp import LabelledLP, Vector
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP


@dataclass(frozen=True)
class Relaxation:
    """Kinds of rows and of columns that have no limit. Where nothing is short, no capacity is ordered."""

    rows: frozenset[Constraint]
    columns: frozenset[Var]

    def lp(self, limited: LabelledLP) -> LabelledLP:
        """Return an LP with these limits, in a solver of its own and scaled by the limits that are left.

        Scaled as it was, what is not limited any more might be larger than its tolerances allow for.
        """
        row_upper, column_upper = limited.row_upper.copy(), limited.column_upper.copy()
        row_upper[[i for label, i in limited.row.items() if label[0] in self.rows]] = math.inf
        column_upper[[j for label, j in limited.column.items() if label[0] in self.columns]] = math.inf
        column_upper[[j for label, j in limited.column.items() if label[0] == Var.EXPAND]] = 0.0
        relaxed = replace(limited, row_upper=row_upper, column_upper=column_upper)
        relaxed = solver.cold(relaxed.clone(limited.scales.balance))
        relaxed.highs.setOptionValue("solver", "simplex")  # of what has few limits presolve leaves little
        return relaxed

    def plan(self, solved_lp: SolvedLP) -> Solved:
        """Return the plan under these limits, solved from nothing."""
        return plan_of(self.lp(solved_lp.lp), solved_lp, solved_lp.ties)


def plan_of(relaxed: LabelledLP, solved_lp: SolvedLP, ties: Sequence[Vector]) -> Solved:
    """Return the plan that an LP of the same case with limits relaxed has, solved from nothing."""
    with doing("solving the case with limits lifted"):
        x = lp.prefer(relaxed, solver.solved(relaxed, what="the case with limits lifted"), ties)
    return replace(solved_lp.solved, x=Values(solved_lp.names, x))


UNLIMITED = Relaxation(frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET}), frozenset())
"""No limit on any stage and on the budget; builds and ramps keep theirs."""

UNCONSTRAINED = Relaxation(
    frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET, Constraint.RAMP}), frozenset({Var.BUILD})
)
"""No limit on any stage, build, ramp or budget."""
