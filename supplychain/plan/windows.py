"""The points at which a case is asked: one for all years, or one for each year whose foresight is limited."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp
from supplychain.model import locked_in as signed
from supplychain.model import solver, window, windows
from supplychain.plan.locked_in import check, explained
from supplychain.plan.solved import Solved, Values, names
from supplychain.plan.solved_lp import SolvedLP, solve_lp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum, Vector
    from supplychain.model import Structure
    from supplychain.plan.relaxed import Lift


@dataclass(frozen=True)
class Window:
    """A solved point, the reported years that it prices, and the years that it sees."""

    at: SolvedLP
    years: tuple[int, ...]
    first: int
    last: int
    objective_usd: float
    """Cost of the window's years, earlier decisions included."""
    whole: LabelledLP
    """The LP of all years, without what was signed; with perfect foresight, else the point's own."""
    known: bool = False
    """Whether it is the LP of a window that was known, and so was not solved again."""

    def seen(self, whole: LabelledLP, on: Structure) -> LabelledLP:
        """Return what this window sees of an LP of the same case with other options."""
        case = self.at.solved.case
        if case.settings.foresight_years is None:
            return signed.fix_columns(whole, signed.fixed_amounts(case, on))
        return window(whole, case, on, self.first, np.zeros(whole.shape[1]))[0]


@dataclass(frozen=True)
class WarmStart:
    """A statement that has a case's numbers, where solves of a case alike ended, and how much is asked of the plan."""

    statement: solver.MutableModel
    known: Mapping[int, Window] = field(default_factory=dict)
    """By first year: one whose LP is the same is not solved again, and other solves start where it ended."""
    settled: bool = True
    """If not, the plan is any of those that are equally good; with limited foresight it always is."""


def opened(
    case: Case,
    time_limit: float | None = None,
    progress: Callable[[str], None] = lambda _: None,
    again: WarmStart | None = None,
) -> Iterator[Window]:
    """Solve a case and yield its points; the LP's solver holds a point until the next is asked for.

    With perfect foresight there is one, for all reported years. With limited foresight there is one for each year of
    the case: it decides that year, with what the points before it decided held, and sees `foresight_years` years. So
    the last one has the decisions of all years. Solved `again`, it is not built anew.

    Raises: NoAnswerError if the solver finds no optimum.
    """
    if case.settings.foresight_years is None and case.locked_in is None and again is None:
        at = solve_lp(case, time_limit, progress)
        yield _whole(at, at.lp)
        return
    progress("building the model")
    again = again or WarmStart(solver.MutableModel(case))
    m, whole, given = again.statement.m, again.statement.lp(time_limit), again.statement.numbers
    check(whole, case, m.on, m.money)
    if case.settings.foresight_years is None:
        progress("solving")
        yield _whole(_again(case, again, whole), whole)
        return
    ties, where = solver.tie_breakers(m, whole), names(whole)
    before = {first: window.at for first, window in again.known.items()}
    for one in _decided(whole, case, m.on, ties, money=m.money, progress=progress, known=before):
        one.lp.highs.setOptionValue("solver", "simplex")  # what follows starts from a basis, or is presolved to little
        one.lp.highs.setOptionValue("time_limit", math.inf)
        solved = Solved(case, m.on, given, Values(where, one.x))
        priced = (one.first,) if one.first in case.report_years else ()
        usd = windows.cost(whole, case, m.on, one.last, one.x) / m.money
        at = SolvedLP(solved, one.lp, one.at, one.x, one.ties, m.money, where, decides=one.decides)
        yield Window(at, priced, one.first, one.last, usd, whole, known=one.known)


def _whole(at: SolvedLP, whole: LabelledLP) -> Window:
    """Return the only window of a case with perfect foresight."""
    case = at.solved.case
    return Window(at, tuple(case.report_years), case.years[0], case.years[-1], at.objective_usd, whole)


def _again(case: Case, again: WarmStart, whole: LabelledLP) -> SolvedLP:
    """Solve an LP that is stated already, with perfect foresight, from where one alike ended; hold what was signed."""
    m, alike = again.statement.m, again.known.get(case.years[0])
    labelled = signed.fix_columns(whole, signed.fixed_amounts(case, m.on))
    if labelled is not whole:
        lp.load(labelled)
    what = f"case {case.settings.name!r}"
    with explained(labelled, case, m.on, m.money):
        found = (
            lp.optimum_of(labelled, what=what)
            if alike is None
            else lp.optimum_near(labelled, alike.at.at.basis, what=what)
        )
    labelled.highs.setOptionValue("solver", "simplex")
    labelled.highs.setOptionValue("time_limit", math.inf)
    where = names(labelled) if alike is None else alike.at.names
    ties = solver.tie_breakers(m, labelled) if again.settled else ()
    x = lp.prefer(labelled, found, ties) if again.settled else found.x
    return SolvedLP(
        Solved(case, m.on, again.statement.numbers, Values(where, x)), labelled, found, x, ties, m.money, where
    )


@dataclass(frozen=True)
class _Decided:
    """A window's years, LP, optimum, tie-breakers and plan, which columns it decides, and whether it was known."""

    first: int
    last: int
    lp: LabelledLP
    at: Optimum
    ties: Sequence[Vector]
    x: Vector
    decides: npt.NDArray[np.bool_]
    known: bool


def _decided(  # noqa: PLR0913 - the last two have their defaults
    whole: LabelledLP,
    case: Case,
    on: Structure,
    ties: Sequence[Vector],
    *,
    money: float,
    progress: Callable[[str], None] = lambda _: None,
    known: Mapping[int, SolvedLP] = MappingProxyType({}),
) -> Iterator[_Decided]:
    """Decide year after year; the LP's solver holds a window until the next is asked for."""
    years = windows.years_of(whole.column)
    kept, basis = np.zeros(whole.shape[1]), None
    for first, last in windows.last_years(case).items():
        progress(f"solving {first}-{last}")
        here, decides = window(whole, case, on, first, kept)
        here_ties = (windows.sooner(whole, case, last, ties[0]), *ties[1:])
        lp.load(here)
        at = known.get(first)
        is_known = at is not None and windows.same(at.lp, here) and _alike(at.ties, here_ties, decides)
        if at is not None and is_known:
            here.highs.setBasis(at.at.basis)
            found, x = replace(at.at, objective=at.at.objective - at.lp.offset + here.offset), at.x
        else:
            if basis is not None:
                here.highs.setBasis(basis)
            with explained(here, case, on, money):
                found = lp.optimum_of(here, what=f"case {case.settings.name!r}, years {first}-{last}")
            x = lp.prefer(here, found, here_ties)
        yield _Decided(first, last, here, found, here_ties, x, decides, is_known)
        kept, basis = np.where(years == first, x, kept), found.basis


def _alike(some: Sequence[Vector], others: Sequence[Vector], decides: npt.NDArray[np.bool_]) -> bool:
    """Return whether objectives prefer the same of what is decided."""
    return all(np.array_equal(one[decides], other[decides]) for one, other in zip(some, others, strict=True))


def freed(last: Window, lift: Lift) -> Solved:
    """Return the decisions with limits lifted, with the same foresight; `last` is the last window.

    Nothing that was decided under limits is held, be it in an earlier year or by another plan.
    """
    at, whole = last.at, last.whole
    row_upper, column_upper = whole.row_upper.copy(), whole.column_upper.copy()
    for upper, lifted in zip((row_upper, column_upper), lift.of(whole), strict=True):
        upper[list(lifted)] = list(lifted.values())
    free = replace(whole, row_upper=row_upper, column_upper=column_upper)
    case = replace(at.solved.case, locked_in=None)
    if case.settings.foresight_years is not None:
        *_, end = _decided(free, case, at.solved.on, at.ties, money=at.money)
        return replace(at.solved, x=Values(at.names, end.x))
    free = free.copied()
    lp.load(free)
    x = lp.prefer(free, lp.optimum_of(free, what="the case with other limits"), at.ties)
    return replace(at.solved, x=Values(at.names, x))
