"""The windows of a case: one for all years, or with limited foresight one for each year."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp
from supplychain.limits import doing
from supplychain.model import locked_in, solver, window, windows
from supplychain.model.labels import Var
from supplychain.plan.locked_in import check, explained
from supplychain.plan.relaxed import UNLIMITED, plan_of
from supplychain.plan.solved import Solved, Values, names
from supplychain.plan.solved_lp import SolvedLP, solve_lp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum, Vector
    from supplychain.model import Structure
    from supplychain.plan.relaxed import Relaxation
    from supplychain.plan.solved import Names


def reported(case: Case, year: int) -> int:
    """Return a year that is reported.

    Raises: ValueError if it is not.
    """
    years = case.report_years
    if year not in years:
        message = f"{year} is not reported; must be from {years[0]} to {years[-1]}"
        raise ValueError(message)
    return year


@dataclass(frozen=True)
class Window:
    """A solved LP, the reported years that it prices, and the years that it sees."""

    solved_lp: SolvedLP
    years: tuple[int, ...]
    first: int
    last: int
    objective_usd: float
    """Cost of the window's years, earlier decisions included."""
    whole: LabelledLP
    """The LP of all years with nothing locked in; the solved LP itself, where it is that one."""
    reused: bool = False
    """Whether its LP is that of a window solved before, so that it was not solved again."""

    def seen(self, whole: LabelledLP, on: Structure) -> LabelledLP:
        """Return what this window sees of an LP of the same case with other options."""
        case = self.solved_lp.solved.case
        if case.settings.foresight_years is None:
            return locked_in.fix_columns(whole, locked_in.fixed_amounts(case, on))
        return window(whole, case, on, self.first, np.zeros(whole.shape[1]))[0]


@dataclass(frozen=True)
class WarmStart:
    """A model that has a case's numbers, the windows of a similar case, and whether ties are broken."""

    model: solver.CaseLP
    solved_windows: Mapping[int, Window] = field(default_factory=dict)
    """By first year: one whose LP is the same is not solved again, and other solves start where it ended."""
    break_ties: bool = True
    """If not, the plan is any of those that are equally good; with limited foresight it always is."""
    exact: bool = True
    """Whether the values of the plan are read, to the last digit that is written."""
    names: Callable[[LabelledLP], Names] = names
    """Where variables stand in an LP."""


def solve_windows(
    case: Case,
    progress: Callable[[str], None] = lambda _: None,
    warm_start: WarmStart | None = None,
) -> Iterator[Window]:
    """Solve a case and yield its windows; the LP's solver keeps a window's optimum until the next is asked for.

    With perfect foresight there is one, for all reported years. With limited foresight there is one for each year of
    the case: it decides that year, with what earlier windows decided fixed, and sees `foresight_years` years. So the
    last one has the decisions of all years. From a `warm_start` the model is not built anew.

    Raises: NoAnswerError if the solver finds no optimum.
    """
    if case.settings.foresight_years is None and case.locked_in is None and warm_start is None:
        solved_lp = solve_lp(case, progress)
        yield _only_window(solved_lp, solved_lp.lp)
        return
    progress("building the model")
    warm_start = warm_start or WarmStart(solver.MutableModel(case))
    m, whole, n = warm_start.model, warm_start.model.lp(), warm_start.model.numbers
    check(whole, case, m.on, m.money)
    if case.settings.foresight_years is None:
        progress("solving")
        yield _only_window(_solve_whole(case, warm_start, whole), whole)
        return
    ties, variables = warm_start.model.ties(whole), warm_start.names(whole)
    unlimited_plan = cache(lambda: relaxed_plan(solved_lp, whole, ties, UNLIMITED))  # of whichever window asks first
    solved_before = {first: before.solved_lp for first, before in warm_start.solved_windows.items()}
    for decided in _decided(whole, case, m.on, ties, money=m.money, progress=progress, solved_before=solved_before):
        # what follows starts from a basis, or is presolved to little
        decided.lp.highs.setOptionValue("solver", "simplex")
        solved = Solved(case, m.on, n, Values(variables, decided.x))
        priced = (decided.first,) if decided.first in case.report_years else ()
        usd = windows.cost(whole, case, m.on, decided.last, decided.x) / m.money
        solved_lp = SolvedLP(
            solved,
            decided.lp,
            decided.optimum,
            decided.x,
            decided.ties,
            m.money,
            variables,
            decides=decided.decides,
            unlimited_plan=unlimited_plan,
        )
        yield Window(solved_lp, priced, decided.first, decided.last, usd, whole, reused=decided.reused)


def _only_window(solved_lp: SolvedLP, whole: LabelledLP) -> Window:
    """Return the only window of a case with perfect foresight.

    Its cost is added up from what is decided and what is left unserved: the LP's objective is what all demand is worth,
    less what is served, and where these are large beside the cost their last digits are missing in it.
    """
    case, x = solved_lp.solved.case, solved_lp.x.copy()
    demand = [column for name in (Var.SERVE, Var.RESEARCH) for column in solved_lp.names[name][1]]
    x[demand] -= whole.column_upper[demand]
    usd = math.fsum((whole.cost * x).tolist()) / solved_lp.money
    return Window(solved_lp, tuple(case.report_years), case.years[0], case.years[-1], usd, whole)


def _solve_whole(case: Case, warm_start: WarmStart, whole: LabelledLP) -> SolvedLP:
    """Solve, with perfect foresight, an LP that is stated already; start where a similar one ended."""
    m, start = warm_start.model, warm_start.solved_windows.get(case.years[0])
    labelled = locked_in.fix_columns(whole, locked_in.fixed_amounts(case, m.on))
    if labelled is not whole:
        lp.load(labelled)
    what = f"case {case.settings.name!r}"
    with doing(f"solving {what}"), explained(labelled, case, m.on, m.money):
        optimum = (
            lp.optimum_of(labelled, what=what)
            if start is None
            else lp.optimum_near(labelled, lp.carried(start.solved_lp.optimum.basis, start.whole, labelled), what=what)
        )
    labelled.highs.setOptionValue("solver", "simplex")
    variables = warm_start.names(labelled)
    ties = warm_start.model.ties(labelled) if warm_start.break_ties else ()
    with doing(f"choosing among equal plans of {what}"):
        settled = None
        if start is not None and start.solved_lp.settled is not None:
            settled = lp.carried(start.solved_lp.settled, start.whole, labelled)
        plan = (
            lp.preferred(labelled, optimum, ties, start=settled, exact=warm_start.exact)
            if warm_start.break_ties
            else lp.Preferred(optimum.x, settled)
        )
    solved_lp = SolvedLP(
        Solved(case, m.on, warm_start.model.numbers, Values(variables, plan.x)),
        labelled,
        optimum,
        plan.x,
        ties,
        m.money,
        variables,
        settled=plan.basis,
    )
    if case.locked_in is None:
        return solved_lp
    return replace(solved_lp, unlimited_plan=cache(lambda: relaxed_plan(solved_lp, whole, ties, UNLIMITED)))


@dataclass(frozen=True)
class _Decided:
    """A window's years, LP, optimum, tie-breakers and plan, which columns it decides, and whether it is reused."""

    first: int
    last: int
    lp: LabelledLP
    optimum: Optimum
    ties: Sequence[Vector]
    x: Vector
    decides: npt.NDArray[np.bool_]
    reused: bool


def _decided(  # noqa: PLR0913 - the last two have their defaults
    whole: LabelledLP,
    case: Case,
    on: Structure,
    ties: Sequence[Vector],
    *,
    money: float,
    progress: Callable[[str], None] = lambda _: None,
    solved_before: Mapping[int, SolvedLP] = MappingProxyType({}),
) -> Iterator[_Decided]:
    """Decide year after year; the LP's solver keeps a window's optimum until the next is asked for."""
    earlier, basis = np.zeros(whole.shape[1]), None
    for first, last in windows.last_years(case).items():
        progress(f"solving {first}-{last}")
        labelled, decides = window(whole, case, on, first, earlier)
        window_ties = (windows.sooner(whole, case, last, ties[0]), *ties[1:])
        lp.load(labelled)
        before = solved_before.get(first)
        reused = (
            before is not None
            and windows.same(before.lp, labelled)
            and _prefer_alike(before.ties, window_ties, decides)
        )
        if before is not None and reused:
            labelled.highs.setBasis(before.optimum.basis)
            optimum, x = (
                replace(before.optimum, objective=before.optimum.objective - before.lp.offset + labelled.offset),
                before.x,
            )
        else:
            if basis is not None:
                labelled.highs.setBasis(basis)
            what = f"case {case.settings.name!r}, years {first}-{last}"
            with doing(f"solving {what}"), explained(labelled, case, on, money):
                optimum = lp.optimum_of(labelled, what=what)
            with doing(f"choosing among equal plans of {what}"):
                x = lp.prefer(labelled, optimum, window_ties)
        yield _Decided(first, last, labelled, optimum, window_ties, x, decides, reused)
        earlier, basis = windows.kept(whole, on, first, x, earlier), optimum.basis


def _prefer_alike(ties: Sequence[Vector], other_ties: Sequence[Vector], decides: npt.NDArray[np.bool_]) -> bool:
    """Return whether tie-breakers prefer the same of what is decided."""
    return all(
        np.array_equal(tie[decides], other_tie[decides]) for tie, other_tie in zip(ties, other_ties, strict=True)
    )


def relaxed_plan(solved_lp: SolvedLP, whole: LabelledLP, ties: Sequence[Vector], relaxation: Relaxation) -> Solved:
    """Return what would be done in all years with limits relaxed, with the same foresight.

    `whole` is the LP of all years, and `ties` its tie-breakers. Nothing that was decided under limits is fixed, be it
    in an earlier year or by another plan. It is solved in a solver of its own.
    """
    relaxed = relaxation.lp(whole)
    case = replace(solved_lp.solved.case, locked_in=None)
    if case.settings.foresight_years is None:
        return plan_of(relaxed, solved_lp, ties)
    *_, last_decided = _decided(relaxed, case, solved_lp.solved.on, ties, money=solved_lp.money)
    return replace(solved_lp.solved, x=Values(solved_lp.names, last_decided.x))
