"""One case solved many times with other numbers: what binds, what is measured, and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from supplychain import schema
from supplychain.errors import MisfitError, NoAnswerError, TimeLimitError
from supplychain.model import solver
from supplychain.model.cost import served_worth, spending
from supplychain.plan import windows
from supplychain.plan.bottlenecks import LEVELS, BottleneckFinder
from supplychain.plan.measures import measure
from supplychain.plan.relaxed import UNLIMITED, RelaxedPlans
from supplychain.plan.solved import names
from supplychain.results.schema import TOTALS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP
    from supplychain.plan.solved import Names, Solved
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window

QuantityKey: TypeAlias = "tuple[str, str, int]"
"""A quantity, an item and a year: whose value is measured."""

LabelKey: TypeAlias = "tuple[str, int]"
"""A level and a year: whose label is meant."""

Room: TypeAlias = "tuple[float, float]"
"""By how many per cent the limits of a stage could fall before anything costs more, and the share of them in use."""

MOSTLY_MOVED = 1 / 3
"""Share of a case's numbers beyond which a solve from nothing is sooner done than one from where the case ended."""

REMARKS = REBUILT, FROM_NOTHING = "rebuilt", "from_nothing"


@dataclass(frozen=True)
class WarmPlan:
    """What is decided, and on request what would be with no limit on any stage."""

    solved: Solved
    unlimited: Callable[[], Solved]


@dataclass(frozen=True)
class Reading:
    """What one solve says: what binds by level and year, the value of each quantity, and the objective in USD."""

    labels: dict[LabelKey, str]
    measured: tuple[float, ...]
    objective_usd: float
    remark: str = ""
    """How it was solved, where not in the arrays of the LP: `rebuilt` if the other case has other sets, and that not
    by lead times and lives alone, so that its model was built anew; `from_nothing` if the solve from where the case
    itself ended did not pass its checks."""
    value_usd: float = math.nan
    """What is served is worth over the horizon, tokens and research, discounted; where totals are read."""
    cost_usd: float = math.nan
    """What is paid for over the horizon, discounted; where totals are read."""
    headroom: dict[tuple[str, int], Room] = field(default_factory=dict)
    """Of stages with a limit, in the years that are asked for."""
    plan: WarmPlan | None = field(default=None, compare=False)
    """Where it is kept."""

    @property
    def net_benefit_usd(self) -> float:
        """What is served is worth, less what is paid for it; where totals are read."""
        return self.value_usd - self.cost_usd

    @property
    def totals(self) -> dict[str, float]:
        """What is compared over the whole horizon, by the names of `results.schema.TOTALS`."""
        return {name: getattr(self, name) for name in TOTALS}


@dataclass(frozen=True)
class _Look:
    """What is read of a solve."""

    labels: bool
    headroom: tuple[int, ...] = ()
    keep: bool = False


@dataclass
class WarmSolver:
    """Solves a case, and cases with other numbers, and reads each.

    The model is built once and its numbers are changed in place, where the other case has the same sets; where lead
    times and lives alone make others, the rows that these reach are stated again. A solve starts where that of the case
    itself ended, and a window that the change leaves as it was is not solved again. Neither changes the answer.
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
    _relaxed: RelaxedPlans | None = None
    _named: tuple[Mapping[Label, int], Names] | None = None

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

    def read(
        self,
        case: Case,
        *,
        labels: bool | None = None,
        headroom: Collection[int] = (),
        keep: bool = False,
        cold: bool | None = None,
    ) -> Reading:
        """Return the reading of another case, best one that differs from the solver's own in numbers alone.

        `labels`: whether they are read this time. `headroom`: the years in which that of stages is. `keep`: the plan.
        `cold`: whether it is solved from nothing; default: if so many of its numbers differ that this is faster.

        Every window's optimum is certified. One that fails, or is not found, is looked for once more, from nothing.

        Raises: NoAnswerError if a solve finds no optimum, CertificateError if it does not pass its checks.
        """
        self.central()
        look = _Look(self.labels if labels is None else labels, tuple(headroom), keep)
        remark, model = REBUILT, self._model_of(case)
        if model is not None:
            try:
                return self._read(case, model, near=not self._is_cold(case, cold), look=look)
            except (MisfitError, TimeLimitError):
                raise
            except NoAnswerError:
                remark = FROM_NOTHING
        return replace(self._read(case, solver.MutableModel(case), near=False, look=look), remark=remark)

    def _is_cold(self, case: Case, cold: bool | None) -> bool:  # noqa: FBT001 - handed on
        return share_moved(self.case, case) > MOSTLY_MOVED if cold is None else cold

    def _model_of(self, case: Case) -> solver.CaseLP | None:
        """Return the LP of another case, where the model need not be built anew."""
        if self._model is None:
            return None
        return self._model if self._model.put(case) else self._model.restated(case)

    def _read(self, case: Case, model: solver.CaseLP, *, near: bool = True, look: _Look | None = None) -> Reading:
        """Read a case whose numbers a model has, `near` the case itself or from nothing."""
        look = look or _Look(self.labels)
        labels: dict[LabelKey, str] = {}
        headroom: dict[tuple[str, int], Room] = {}
        is_central = self._central is None
        warm_start = windows.WarmStart(
            model,
            self._windows if near else {},
            break_ties=look.labels or look.keep or self.totals or bool(self.quantities),
            exact=look.keep or self.totals or bool(self.quantities),
            names=self._names,
        )
        for window in windows.solve_windows(case, warm_start=warm_start):
            years = [t for t in window.years if look.labels and (self.years is None or t in self.years)]
            keys = [(level, t) for t in years for level in LEVELS]
            with_room = [t for t in window.years if t in look.headroom]
            known = window.reused and all(key in self._labels for key in keys)
            if known:
                labels |= {key: self._labels[key] for key in keys}
            if with_room or (keys and not known):
                alike = self._alike(window) if near else None
                finder = BottleneckFinder(window.solved_lp, self._unlimited(window.solved_lp, near=near), alike)
                labels |= {} if known else finder.labels(years)
                headroom |= {(s, t): room for t in with_room for s, room in finder.headroom(t).items()}
                if is_central:
                    self._finders[window.first] = finder
            if is_central:
                self._windows[window.first] = window
        if is_central:
            self._labels = labels
        unlimited = self._unlimited(window.solved_lp, near=near)
        plan = WarmPlan(window.solved_lp.solved, unlimited) if look.keep else None
        return replace(self._measured(window, labels), headroom=headroom, plan=plan)

    def _names(self, labelled: LabelledLP) -> Names:
        """Return where variables stand in an LP; of LPs with the same columns it is looked up once."""
        if self._named is None or self._named[0] is not labelled.column:
            self._named = labelled.column, names(labelled)
        return self._named[1]

    def _measured(self, window: Window, labels: dict[LabelKey, str]) -> Reading:
        """Return what the last window of a case says, beside labels."""
        solved = window.solved_lp.solved
        reading = Reading(labels, measure(solved, self.quantities), window.objective_usd)
        if not self.totals:
            return reading
        return replace(reading, value_usd=served_worth(solved.m), cost_usd=spending(solved.m))

    def asking(
        self, quantities: Sequence[QuantityKey], *, labels: bool, years: Collection[int] | None, totals: bool
    ) -> WarmSolver:
        """Return what asks other things of the same case, which is not solved again; one of the two works at a time.

        It may ask for labels if this one does, for all years.
        """
        self.central()
        other = replace(self, quantities=quantities, labels=labels, years=years, totals=totals)
        known = {(level, t): label for (level, t), label in self._labels.items() if years is None or t in years}
        last = max(self._windows)
        other._central = other._measured(self._windows[last], known if labels else {})  # noqa: SLF001 - it is its own
        return other

    def _unlimited(self, solved_lp: SolvedLP, *, near: bool) -> Callable[[], Solved]:
        """Return what says what would be done with no limit on any stage; it is asked once.

        It is found from that of the case itself if `near`, which else takes twice as long as from nothing.
        """
        if solved_lp.unlimited_plan is not None:
            return solved_lp.unlimited_plan
        if not near:
            return cache(lambda: UNLIMITED.plan(solved_lp))
        if self._relaxed is None:
            self._relaxed = RelaxedPlans(UNLIMITED, solved_lp)
        relaxed = self._relaxed
        return cache(lambda: relaxed.plan(solved_lp))

    def _alike(self, window: Window) -> BottleneckFinder | None:
        """Return the finder of the case's own window, if its LP has the same rows."""
        known = self._windows.get(window.first)
        return self._finders.get(window.first) if known is not None and known.whole.row is window.whole.row else None


def share_moved(case: Case, other: Case) -> float:
    """Return the share of a case's numbers that differ in another case; of rows that both have."""
    numbers = moved = 0
    for table in schema.TABLES:
        columns = [column.name for column in table.columns if column.param]
        rows, others = case.tables[table.name], other.tables[table.name]
        numbers += len(columns) * len(rows)
        if rows is not others:
            moved += sum(row[c] != new[c] for row, new in zip(rows, others, strict=False) for c in columns)
    return moved / max(1, numbers)
