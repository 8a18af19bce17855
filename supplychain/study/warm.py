"""One case solved many times with other numbers: what binds, what is measured, and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from supplychain.errors import MisfitError, NoAnswerError, TimeLimitError
from supplychain.model import solver
from supplychain.model.cost import served_worth, spending
from supplychain.plan import windows
from supplychain.plan.bottlenecks import LEVELS, BottleneckFinder
from supplychain.plan.measures import measure
from supplychain.results.schema import TOTALS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from supplychain.case import Case
    from supplychain.lp import LabelledLP
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window

QuantityKey: TypeAlias = "tuple[str, str, int]"
"""A quantity, an item and a year: whose value is measured."""

LabelKey: TypeAlias = "tuple[str, int]"
"""A level and a year: whose label is meant."""

REMARKS = REBUILT, FROM_NOTHING = "rebuilt", "from_nothing"


@dataclass(frozen=True)
class Reading:
    """What one solve says: what binds by level and year, the value of each quantity, and the objective in USD."""

    labels: dict[LabelKey, str]
    measured: tuple[float, ...]
    objective_usd: float
    remark: str = ""
    """How it was solved, where that was not in place: `rebuilt` if the other case has other sets, so that its model was
    built anew; `from_nothing` if the solve from where the case itself ended did not pass its checks."""
    value_usd: float = math.nan
    """What is served is worth over the horizon, tokens and research, discounted; where totals are read."""
    cost_usd: float = math.nan
    """What is paid for over the horizon, discounted; where totals are read."""

    @property
    def net_benefit_usd(self) -> float:
        """What is served is worth, less what is paid for it; where totals are read."""
        return self.value_usd - self.cost_usd

    @property
    def totals(self) -> dict[str, float]:
        """What is compared over the whole horizon, by the names of `results.schema.TOTALS`."""
        return {name: getattr(self, name) for name in TOTALS}


@dataclass
class WarmSolver:
    """Solves a case, and cases with other numbers, and reads each.

    The model is built once and its numbers are changed in place, where the other case has the same sets. A solve starts
    where that of the case itself ended, and a window that the change leaves as it was is not solved again. Neither
    changes the answer.
    """

    case: Case
    quantities: Sequence[QuantityKey] = ()
    labels: bool = True
    """Whether labels are read: they take about as long as the solve."""
    years: Collection[int] | None = None
    """The reported years whose labels are read; all of them if it is None."""
    totals: bool = False
    """Whether net benefit, value and cost over the horizon are read."""
    _windows: dict[int, Window] = field(default_factory=dict)
    _labels: dict[LabelKey, str] = field(default_factory=dict)
    _finders: dict[int, BottleneckFinder] = field(default_factory=dict)
    _model: solver.MutableModel | None = None
    _central: Reading | None = None

    def central(self) -> Reading:
        """Return the reading of the case itself.

        Raises: NoAnswerError if a solve finds no optimum.
        """
        if self._central is None:
            self._model = solver.MutableModel(self.case)
            self._central = self._read(self.case, self._model)
        return self._central

    def only_lp(self) -> SolvedLP | None:
        """Return the solved LP of the case itself; None where it is solved by windows, or has decisions locked in."""
        self.central()
        if self.case.settings.foresight_years is not None or self.case.locked_in is not None:
            return None
        return self._windows[self.case.years[0]].solved_lp

    def stated(self, case: Case) -> LabelledLP | None:
        """Return the LP of another case, not solved; None if it has other sets."""
        self.central()
        return self._model.lp() if self._model is not None and self._model.put(case) else None

    def read(self, case: Case) -> Reading:
        """Return the reading of another case, best one that differs from the solver's own in numbers alone.

        Every window's optimum is certified. One that fails, or is not found, is looked for once more, from nothing.

        Raises: NoAnswerError if a solve finds no optimum, CertificateError if it does not pass its checks.
        """
        self.central()
        if self._model is not None and self._model.put(case):
            try:
                return self._read(case, self._model)
            except (MisfitError, TimeLimitError):
                raise
            except NoAnswerError:
                return replace(self._read(case, solver.MutableModel(case), near=False), remark=FROM_NOTHING)
        return replace(self._read(case, solver.MutableModel(case), near=False), remark=REBUILT)

    def _read(self, case: Case, model: solver.MutableModel, *, near: bool = True) -> Reading:
        """Read a case whose numbers a model has, `near` the case itself or from nothing."""
        labels: dict[LabelKey, str] = {}
        is_central = self._central is None
        warm_start = windows.WarmStart(
            model,
            self._windows if near else {},
            break_ties=self.labels or self.totals or bool(self.quantities),
        )
        for window in windows.solve_windows(case, warm_start=warm_start):
            years = [t for t in window.years if self.labels and (self.years is None or t in self.years)]
            keys = [(level, t) for t in years for level in LEVELS]
            if window.reused:
                labels |= {key: self._labels[key] for key in keys}
            elif keys:
                finder = BottleneckFinder(window.solved_lp, alike=self._finders.get(window.first) if near else None)
                labels |= finder.labels(years)
                if is_central:
                    self._finders[window.first] = finder
            if is_central:
                self._windows[window.first] = window
        if is_central:
            self._labels = labels
        solved = window.solved_lp.solved
        reading = Reading(labels, measure(solved, self.quantities), window.objective_usd)
        if not self.totals:
            return reading
        return replace(reading, value_usd=served_worth(solved.m), cost_usd=spending(solved.m))
