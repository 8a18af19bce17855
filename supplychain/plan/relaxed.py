"""The same case with limits relaxed: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp
from supplychain.limits import doing
from supplychain.model import solver
from supplychain.model.labels import Constraint, Var
from supplychain.plan.solved import Values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp import LabelledLP, Optimum, Vector
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
        relaxed = solver.cold(self.stated(limited).clone(limited.scales.balance))
        relaxed.highs.setOptionValue("solver", "simplex")  # of what has few limits presolve leaves little
        return relaxed

    def stated(self, limited: LabelledLP) -> LabelledLP:
        """Return the numbers of an LP with these limits; the solver beside them has the others."""
        row_lower, row_upper = limited.row_lower.copy(), limited.row_upper.copy()
        column_upper = limited.column_upper.copy()
        lifted = [i for label, i in limited.row.items() if label[0] in self.rows]
        row_lower[lifted], row_upper[lifted] = -math.inf, math.inf
        column_upper[[j for label, j in limited.column.items() if label[0] in self.columns]] = math.inf
        column_upper[[j for label, j in limited.column.items() if label[0] == Var.EXPAND]] = 0.0
        return replace(limited, row_lower=row_lower, row_upper=row_upper, column_upper=column_upper)

    def plan(self, solved_lp: SolvedLP) -> Solved:
        """Return the plan under these limits, solved from nothing."""
        return plan_of(self.lp(solved_lp.lp), solved_lp, solved_lp.ties)


def plan_of(relaxed: LabelledLP, solved_lp: SolvedLP, ties: Sequence[Vector]) -> Solved:
    """Return the plan that an LP of the same case with limits relaxed has, solved from nothing."""
    with doing(_WHAT):
        x = lp.prefer(relaxed, solver.solved(relaxed, what="the case with limits lifted"), ties)
    return replace(solved_lp.solved, x=Values(solved_lp.names, x))


_WHAT = "solving the case with limits lifted"


class RelaxedPlans:
    """The plan of a case under relaxed limits, and those of cases with other numbers, which are found from it."""

    def __init__(self, relaxation: Relaxation, solved_lp: SolvedLP) -> None:
        self._relaxation, self._solved_lp = relaxation, solved_lp

    @cached_property
    def _own(self) -> tuple[LabelledLP, Optimum, lp.Preferred]:
        relaxed = self._relaxation.lp(self._solved_lp.lp)
        with doing(_WHAT):
            optimum = solver.solved(relaxed, what="the case with limits lifted")
            return relaxed, optimum, lp.preferred(relaxed, optimum, self._solved_lp.ties)

    def plan(self, solved_lp: SolvedLP) -> Solved:
        """Return the plan of a case with other numbers: the same if none that counts is another.

        Raises: NoAnswerError if it has no optimum.
        """
        own, own_optimum, own_plan = self._own
        if solved_lp.lp.row is not own.row or solved_lp.lp.column is not own.column:
            return self._relaxation.plan(solved_lp)
        stated = self._relaxation.stated(solved_lp.lp)
        ties = zip(self._solved_lp.ties, solved_lp.ties, strict=True)
        if alike(own, stated) and all(np.array_equal(this, that) for this, that in ties):
            return replace(solved_lp.solved, x=Values(solved_lp.names, own_plan.x))
        relaxed = solver.cold(stated.clone(solved_lp.lp.scales.balance))
        with doing(_WHAT):
            optimum = lp.optimum_near(relaxed, own_optimum.basis, what="the case with limits lifted")
            x = lp.preferred(relaxed, optimum, solved_lp.ties, start=own_plan.basis).x
        return replace(solved_lp.solved, x=Values(solved_lp.names, x))


def alike(one: LabelledLP, other: LabelledLP) -> bool:
    """Whether two LPs of the same rows and columns have the same numbers, but for the constant of the objective."""
    parts = ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "starts", "indices", "entries")
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in parts)


UNLIMITED = Relaxation(frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET}), frozenset())
"""No limit on any stage and on the budget; builds and ramps keep theirs, and so does cash."""

UNCONSTRAINED = Relaxation(
    frozenset({Constraint.SUPPLY_LIMIT, Constraint.BUDGET, Constraint.RAMP, Constraint.CASH_BALANCE}),
    frozenset({Var.BUILD}),
)
"""No limit on any stage, build, ramp or budget, and cash for whatever it costs."""
