"""The points at which a case is asked: one for all years, or one for each year whose foresight is limited."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp
from supplychain.model import build, numbers, solver, window, windows
from supplychain.plan.point import Point, point
from supplychain.plan.solved import Solved, Values, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum, Vector
    from supplychain.model import Structure
    from supplychain.plan.lifted import Lift


@dataclass(frozen=True)
class Window:
    """A solved point, the reported years that it prices, and the years that it sees."""

    at: Point
    years: tuple[int, ...]
    first: int
    last: int
    objective_usd: float
    """Cost of the window's years, earlier decisions included."""
    whole: LabelledLP
    """The LP of all years; with perfect foresight, the point's own."""

    def seen(self, whole: LabelledLP, on: Structure) -> LabelledLP:
        """Return what this window sees of an LP of the same case with other options."""
        case = self.at.solved.case
        if case.settings.foresight_years is None:
            return whole
        return window(whole, case, on, self.first, np.zeros(whole.shape[1]))[0]


def opened(
    case: Case, time_limit: float | None = None, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Window]:
    """Solve a case and yield its points; the LP's solver holds a point until the next is asked for.

    With perfect foresight there is one, for all reported years. With limited foresight there is one for each year of
    the case: it decides that year, with what the points before it decided held, and sees `foresight_years` years. So
    the last one has the decisions of all years.

    Raises: NoAnswerError if the solver finds no optimum.
    """
    if case.settings.foresight_years is None:
        at = point(case, time_limit, progress)
        yield Window(at, tuple(case.report_years), case.years[0], case.years[-1], at.objective_usd, at.lp)
        return
    progress("building the model")
    m = build(case)
    whole = solver.stated(m, time_limit)
    ties, where, given = solver.tie_breakers(m, whole), names(whole), numbers(case, m.on)
    for first, last, decides, here, found, here_ties, x in _decided(whole, case, m.on, ties, progress):
        here.highs.setOptionValue("solver", "simplex")  # what follows starts from a basis, or is presolved to little
        here.highs.setOptionValue("time_limit", math.inf)
        solved = Solved(case, m.on, given, Values(where, x))
        priced = (first,) if first in case.report_years else ()
        usd = windows.cost(whole, case, m.on, last, x) / m.money
        at = Point(solved, here, found, x, here_ties, m.money, where, decides=decides)
        yield Window(at, priced, first, last, usd, whole)


def _decided(
    whole: LabelledLP, case: Case, on: Structure, ties: Sequence[Vector], progress: Callable[[str], None]
) -> Iterator[tuple[int, int, npt.NDArray[np.bool_], LabelledLP, Optimum, Sequence[Vector], Vector]]:
    """Decide year after year; yield each window's years, what it decides, its LP, optimum, tie-breakers and plan."""
    years = windows.years_of(whole.column)
    kept, before = np.zeros(whole.shape[1]), None
    for first, last in windows.last_years(case).items():
        progress(f"solving {first}-{last}")
        here, decides = window(whole, case, on, first, kept)
        lp.hold(here)
        if before is not None:
            here.highs.setBasis(before)
        found = lp.optimum_of(here, what=f"case {case.settings.name!r}, years {first}-{last}")
        here_ties = (windows.sooner(whole, case, last, ties[0]), *ties[1:])
        yield first, last, decides, here, found, here_ties, (x := lp.prefer(here, found, here_ties))
        kept, before = np.where(years == first, x, kept), found.basis


def freed(last: Window, lift: Lift) -> Solved:
    """Return the decisions with limits lifted, year after year with the same foresight; `last` is the last window.

    Nothing that was decided under limits is held.
    """
    at, whole = last.at, last.whole
    row_upper, column_upper = whole.row_upper.copy(), whole.column_upper.copy()
    for upper, lifted in zip((row_upper, column_upper), lift.of(whole), strict=True):
        upper[list(lifted)] = list(lifted.values())
    free = replace(whole, row_upper=row_upper, column_upper=column_upper)
    *_, (*_, x) = _decided(free, at.solved.case, at.solved.on, at.ties, lambda _: None)
    return replace(at.solved, x=Values(at.names, x))
