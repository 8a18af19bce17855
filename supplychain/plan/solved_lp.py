"""A solved LP of a case, and what can be asked of it: prices, and the same LP with other limits."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from supplychain import lp
from supplychain.limits import doing
from supplychain.lp.ties import are_settled
from supplychain.model import build, numbers, solver
from supplychain.model.cells import named
from supplychain.model.evaluated import Evaluated
from supplychain.model.ties import tie_breakers
from supplychain.plan.relaxed import UNLIMITED
from supplychain.plan.solved import Names, Solved, Values, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum, Slopes, Vector


@dataclass(frozen=True)
class SolvedLP:
    """One solved LP: the live problem, its optimum, the plan chosen among equal ones, and money units per USD."""

    solved: Solved
    lp: LabelledLP
    optimum: Optimum
    x: Vector
    ties: Sequence[Vector]
    money: float
    names: Names
    decides: npt.NDArray[np.bool_] | None = None
    """Columns that this LP decides, and no LP before or after it; None if it decides all."""
    live: bool = False
    """Whether the LP's solver has just found this optimum, and keeps it as long as questions are asked of it."""
    changed_from: SolvedLP | None = None
    unlimited_plan: Callable[[], Solved] | None = None
    """Where earlier decisions are fixed: says what would be done with no limit on any stage, and nothing fixed."""
    settled: Any = None
    """Basis at which the choice among equal plans ended: that of an LP alike is near it."""

    def unlimited(self) -> Solved:
        """Return what would be done with no limit on any stage; the LP's solver stays as it is."""
        return self.unlimited_plan() if self.unlimited_plan else UNLIMITED.plan(self)

    @cached_property
    def slopes(self) -> Slopes:
        """What a little more, and a little less, of any limit is worth at this optimum."""
        origin = self.changed_from
        solver = None if origin is None else lambda: origin.spare
        return lp.Slopes(self.lp, self.optimum, self.x, live=self.live, solver=solver)

    @cached_property
    def spare(self) -> Any:  # noqa: ANN401 - HiGHS ships no types
        """A solver that LPs changed from this one use in turn: setting one up takes longer than what it is asked."""
        return self.slopes.copy()

    def copy(self) -> SolvedLP:
        """Return the same solved LP in a solver of its own, so that both may be asked at the same time."""
        return replace(self, lp=self.lp.copied(self.optimum.basis), live=False, changed_from=None)

    @cached_property
    def moved(self) -> Vector | None:
        """How far the limit of each row stands from that of the case; None if all are the case's."""
        origin = self.changed_from
        if origin is None:
            return None
        finite = np.isfinite(self.lp.row_upper) & np.isfinite(origin.lp.row_upper)
        by = np.subtract(self.lp.row_upper, origin.lp.row_upper, out=np.zeros(finite.shape), where=finite)
        return by if origin.moved is None else origin.moved + by

    @property
    def objective_usd(self) -> float:
        """Total discounted cost."""
        return self.optimum.objective / self.money

    def usd(self, t: int) -> float:
        """Return the undiscounted USD of year t in one money unit of the LP."""
        return float(1 / (self.money * self.solved.n["discount"][t]))

    @contextmanager
    def changed(
        self,
        row_upper: Mapping[int, float],
        column_upper: Mapping[int, float] | None = None,
        *,
        ties: Sequence[Vector] | None = None,
        only: Sequence[int] = (),
    ) -> Iterator[SolvedLP]:
        """Solve with other upper limits, and yield that solved LP; the solver is its own while inside.

        With fewer `ties` the plan is any of those that they leave: with none, enough where only its cost and prices are
        asked for. So it is where `only` some columns matter, and all optima have the same values there.
        """
        what = "the case with other limits"
        with lp.changed(self.lp, row_upper, column_upper, start=self.optimum, what=what) as (changed_lp, optimum):
            objectives = self.ties if ties is None else ties
            if only and are_settled(changed_lp, optimum, only):
                objectives = ()
            x = lp.prefer(changed_lp, optimum, objectives, settle=ties is None) if objectives else optimum.x
            solved = Solved(self.solved.case, self.solved.on, self.solved.n, Values(self.names, x))
            yield replace(
                self, solved=solved, lp=changed_lp, optimum=optimum, x=x, live=not objectives, changed_from=self
            )


def solve_lp(case: Case, progress: Callable[[str], None] = lambda _: None) -> SolvedLP:
    """Build and solve the LP of a case.

    Raises: NoAnswerError if the solver finds no optimum.
    """
    progress("building the model")
    what = f"case {case.settings.name!r}"
    m = build(case)
    progress("solving")
    with doing(f"solving {what}"), named(case):
        labelled, optimum = solver.solve(m)
    with doing(f"choosing among equal plans of {what}"):
        n = numbers(case, m.on)
        ties = tie_breakers(Evaluated(m.on, n, {}), labelled)
        x = lp.prefer(labelled, optimum, ties)
    variables = names(labelled)
    return SolvedLP(Solved(case, m.on, n, Values(variables, x)), labelled, optimum, x, ties, m.money, variables)
