"""A case that stays solved: what-ifs of it are answered in a tenth of a second, as a solve of their own would."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from supplychain.case import Case, load
from supplychain.case.scenarios import WhatIf, changed, scenarios_of
from supplychain.errors import ChangeError, ChangeProblem
from supplychain.limits import limited
from supplychain.plan import Plan, money, quantities, solve
from supplychain.plan.changes import changes as changes_table
from supplychain.plan.measures import supplied_of
from supplychain.results import schema
from supplychain.results.frames import frame, records
from supplychain.schema import ALL
from supplychain.study.compare import BOOKS, UNUSED_USD
from supplychain.study.seek import SCAN_STEPS, Seek, seek
from supplychain.study.warm import FROM_NOTHING, REBUILT, WarmSolver
from supplychain.study.workers import SerialExecutor
from supplychain.tabular import did_you_mean, shown
from supplychain.tolerances import WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import pandas as pd

    from supplychain.case.changes import Changed, Group
    from supplychain.case.scenarios import Scenario
    from supplychain.study.warm import QuantityKey, Reading, WarmPlan

Way: TypeAlias = Literal["in place", "rebuilt", "from nothing"]

MOST_UNDONE, MOST_VARIANTS = 100, 100
"""Steps that can be undone, and variants that are kept: the first are forgotten, of the second no more are taken."""

_WAYS: Final[dict[str, Way]] = {"": "in place", REBUILT: "rebuilt", FROM_NOTHING: "from nothing"}
_TOTALS = ("objective_usd", "net_benefit_usd", "value_usd", "cost_usd")


@dataclass(frozen=True, eq=False)
class WhatIfAnswer:
    """What a what-if comes to, beside what it changed; its tables are those of `solve`, to the last digit.

    A table is worked out when it is first asked for. Money is in USD, discounted, over the whole horizon.
    """

    case: Case
    """The case with its changes."""
    titles: tuple[str, ...]
    """Scenarios by title and edits by their text, in order, all since the case of the session."""
    groups: tuple[Group, ...] = field(repr=False)
    """The same as groups of changes."""
    audit: tuple[Changed, ...] = field(repr=False)
    """Every cell that these changed."""
    solved: Way
    """`in place`: its numbers were put into the LP, and rows that lead times and lives reach were stated again;
    `rebuilt`: rows or settings make another model, which took as long as a first solve; `from nothing`: the solve from
    where the case itself ended did not pass its checks, and was made again."""
    objective_usd: float
    """All cost, what is left unserved included."""
    net_benefit_usd: float
    """Value less cost."""
    value_usd: float
    """What is served is worth, tokens and research."""
    cost_usd: float
    """What is paid for."""
    _reading: Reading = field(repr=False)

    @cached_property
    def labels(self) -> pd.DataFrame:
        """What binds: `year`, `level`, `members`, as in the table `binding`; no row where labels were not asked for."""
        labels = self._reading.labels
        rows = [{"year": t, "level": level, "members": label} for (level, t), label in labels.items()]
        return frame(schema.WHAT_BINDS, rows, sort=schema.WHAT_BINDS.key)

    @cached_property
    def headroom(self) -> pd.DataFrame:
        """By how many per cent limits could fall: `year`, `stage`, `headroom_pct`, `used_share`, where asked for."""
        rows = [
            {"year": t, "stage": stage, "headroom_pct": room, "used_share": used}
            for (stage, t), (room, used) in self._reading.headroom.items()
        ]
        return frame(schema.HEADROOM, rows, sort=schema.HEADROOM.key)

    @cached_property
    def service(self) -> pd.DataFrame:
        """The table `service`: tokens by tier."""
        return quantities.service(self._plan.solved, self._plan.unlimited())

    @cached_property
    def service_by_workload(self) -> pd.DataFrame:
        """The table `service_by_workload`."""
        return quantities.service_by_workload(self.service)

    @property
    def has_books(self) -> bool:
        """Whether the case has an owner who charges prices."""
        return bool(self.case.tables["prices"])

    @cached_property
    def economics(self) -> pd.DataFrame:
        """The table `economics`, without what a dollar more raised is worth, which takes prices to tell."""
        solved = self._plan.solved
        unknown = dict.fromkeys(solved.on.cash, math.nan)
        return money.economics(solved, money.Ledger(solved), unknown).drop(columns="gain_usd_per_usd", errors="ignore")

    @cached_property
    def research_service(self) -> pd.DataFrame:
        """The table `research_service`: research by tier."""
        return quantities.research_service(self._plan.solved, self._plan.unlimited())

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The table `orders`: capacity that is ordered."""
        return quantities.orders(self._plan.solved)

    @cached_property
    def builds(self) -> pd.DataFrame:
        """The table `builds`: accelerators."""
        return quantities.builds(self._plan.solved)

    @cached_property
    def regions(self) -> pd.DataFrame:
        """The table `installed_base`: what is owned and operates in each region."""
        return quantities.installed_base(self._plan.solved)

    @cached_property
    def supply(self) -> pd.DataFrame:
        """The table `supply`: what each supplier delivers."""
        return quantities.supply(self._plan.solved)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The table `changes`: every cell that was changed."""
        return changes_table(self.audit)

    @property
    def what_if(self) -> WhatIf:
        """The changes, as `supplychain.what_if` returns them."""
        return WhatIf(self.case, self.titles, self.groups, self.audit)

    @limited("solving the case")
    def plan(self, *, time_limit: float | None = None) -> Plan:  # noqa: ARG002 - kept by the decorator
        """Return the whole answer, with prices and all tables: `solve` of the changed case, which takes as long.

        Raises: as `solve`.
        """
        return solve(self.case)

    def differences(self, reference: WhatIfAnswer) -> pd.DataFrame:
        """Return this answer beside another: totals over the horizon, whose year is blank, and what differs by year.

        Returns: `year`, `quantity`, `item`, `reference`, `value`, `change`; the units are in the quantities' names.
        What neither has is left out, and so is what is the same, but for the totals.
        """
        sites = {item for answer in (reference, self) for _, item in supplied_of(answer.case)}
        before, after = _amounts(reference, sites), _amounts(self, sites)
        rows = [
            {"year": t, "quantity": quantity, "item": item, "reference": old, "value": new, "change": new - old}
            for t, quantity, item in dict.fromkeys([*before, *after])
            for old, new in [tuple(amounts.get((t, quantity, item), 0.0) for amounts in (before, after))]
            if old != new or t is None
        ]
        return frame(schema.DIFFERENCES, rows)

    @property
    def _plan(self) -> WarmPlan:
        kept = self._reading.plan
        if kept is None:
            raise TypeError
        return kept

    def settled(self) -> WhatIfAnswer:
        """Return the answer with every table worked out, so that the LP behind them need not be kept."""
        answer = replace(self, _reading=replace(self._reading, plan=None))
        answer.__dict__.update({name: getattr(self, name) for name in _TABLES})
        return answer


_TABLES = ("service", "service_by_workload", "economics", "research_service", "orders", "builds", "regions", "supply")
"""Attributes that are worked out from the plan."""

_Amounts: TypeAlias = "dict[tuple[int | None, str, str], float]"


def _amounts(answer: WhatIfAnswer, sites: Collection[str]) -> _Amounts:
    """Return what is compared of an answer, by year, quantity and item; what binds is not a number.

    `sites`: suppliers to whom a contract owes a share, by `STAGE/SUPPLIER/PLACE`, whose use is told apart.
    """
    amounts: _Amounts = {(None, total, ALL): getattr(answer, total) for total in _TOTALS}
    for table, keys, columns in _COMPARED:
        if table == "economics" and not answer.has_books:
            continue
        for row in records(getattr(answer, table)):
            item = " ".join(str(row[key]) for key in keys) or ALL
            year = row["order_year" if table == "orders" else "year"]
            for column, quantity in columns.items():
                if column in BOOKS and math.isnan(row.get(column, math.nan)):
                    continue
                at = year, quantity, item
                amounts[at] = amounts.get(at, 0.0) + float(row[column])
    for row in records(answer.supply) if sites else ():
        site = "/".join((row["stage"], row["supplier"], row["place"]))
        if site in sites:
            amounts[row["year"], "supplied", site] = float(row["supplied"])
    return amounts


_COMPARED: Final[tuple[tuple[str, tuple[str, ...], Mapping[str, str]], ...]] = (
    ("service_by_workload", ("workload",), {"served_ttok": "served_ttok", "value_usd": "token_value_usd"}),
    ("research_service", (), {"served_h100e_years": "served_h100e_years"}),
    ("builds", ("accelerator",), {"built": "built"}),
    ("orders", ("stage", "supplier", "place"), {"amount": "ordered", "capex_usd": "order_capex_usd"}),
    ("regions", ("region",), {"h100e_operating": "h100e_operating"}),
    ("supply", ("stage",), {"supplied": "supplied"}),
    ("supply", (), {UNUSED_USD: UNUSED_USD}),
    ("economics", (), {name: name for name in BOOKS if name != UNUSED_USD}),
)
"""Tables that are compared, what stands together in them, and of each column what its sum is called."""


@dataclass(frozen=True)
class _Stand:
    """Where a session stands: the changes that are made, and the case from whose solve others are found."""

    made: WhatIf
    root: Case


class Session:
    """A case that stays solved. All methods may be called from several threads; solves follow one another.

    Memory does not grow with the what-ifs that are asked: what is kept are the case's own solve, the last
    `MOST_UNDONE` steps, which are cases alone, and the variants that are named.
    """

    def __init__(self, case: Case | str | Path) -> None:
        """Take a case, or read the case of a folder, whose scenarios may then be named.

        Raises: InputError if the case is not valid.
        """
        self._folder = None if isinstance(case, Case) else Path(case)
        self.case = case if isinstance(case, Case) else load(case)
        self._lock = threading.RLock()
        self._steps: deque[_Stand] = deque([_Stand(WhatIf(self.case, (), (), ()), self.case)], MOST_UNDONE + 1)
        self._solvers: list[WarmSolver] = []
        self._variants: dict[str, WhatIfAnswer] = {}

    @property
    def now(self) -> Case:
        """The case with every change that was applied and not undone."""
        return self._steps[-1].made.case

    @property
    def titles(self) -> tuple[str, ...]:
        """The changes that were applied and not undone, in order."""
        return self._steps[-1].made.titles

    @property
    def variants(self) -> Mapping[str, WhatIfAnswer]:
        """The answers that were given a name."""
        return MappingProxyType(dict(self._variants))

    @limited("answering a what-if")
    def what_if(  # noqa: PLR0913 - all have their defaults
        self,
        scenarios: Sequence[str] = (),
        changes: Sequence[str] | str = (),
        *,
        name: str | None = None,
        labels: bool = True,
        headroom: Collection[int] | Literal["all"] = (),
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> WhatIfAnswer:
        """Answer what would be if scenarios, then edits, were made where the session stands; it stays there.

        `name`: keep the answer as a variant. `labels`: whether to ask what binds, which takes longer than the solve.
        `headroom`: the reported years in which that of every stage is asked, or `"all"`. `time_limit` is in seconds.

        Raises: ChangeError if a change is not valid or there is no such scenario, ValueError if a year is not reported
        or no more variants are kept, NoAnswerError if there is no optimum, TimeLimitError if the time limit passes,
        CertificateError if the answer does not pass its checks.
        """
        with self._lock:
            return self._answer(self._made(scenarios, changes), labels=labels, headroom=headroom, name=name)

    @limited("answering a what-if")
    def apply(  # noqa: PLR0913 - all have their defaults
        self,
        scenarios: Sequence[str] = (),
        changes: Sequence[str] | str = (),
        *,
        name: str | None = None,
        labels: bool = True,
        headroom: Collection[int] | Literal["all"] = (),
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> WhatIfAnswer:
        """Answer as `what_if` does, and stand there from now on: what follows is made on top. `undo` takes it back.

        Raises: as `what_if`; then the session stays where it stands.
        """
        with self._lock:
            made = self._made(scenarios, changes)
            answer = self._answer(made, labels=labels, headroom=headroom, name=name)
            root = made.case if answer.solved == "rebuilt" else self._steps[-1].root
            self._steps.append(_Stand(made, root))
            return answer

    def undo(self) -> tuple[str, ...]:
        """Take back what was applied last; return the changes that are left.

        Raises: ValueError if nothing is left to take back.
        """
        with self._lock:
            if len(self._steps) == 1:
                message = f"nothing is left to undo; a session remembers the last {MOST_UNDONE} steps"
                raise ValueError(message)
            self._steps.pop()
            return self.titles

    @limited("seeking")
    def seek(  # noqa: PLR0913 - all but two have their defaults
        self,
        vary: Sequence[str] | str,
        so_that: Sequence[str] | str,
        *,
        least: float | None = None,
        most: float | None = None,
        steps: int = SCAN_STEPS,
        walk: bool = True,
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> Seek:
        """Find the smallest move of some numbers, from where the session stands, after which conditions hold.

        Arguments and answer are those of `seek`; the case is not solved again for it.

        Raises: as `seek`.
        """
        with self._lock:
            now = self.now

            def make_solver(_: Case, quantities: Sequence[QuantityKey], **asked: Any) -> WarmSolver:  # noqa: ANN401 - as WarmSolver's
                return self._solver(now).asking(quantities, **asked)

            return seek(
                now,
                vary,
                so_that,
                least=least,
                most=most,
                steps=steps,
                walk=walk,
                make_solver=make_solver,
                executor=SerialExecutor(),
            )

    def forget(self, name: str) -> None:
        """Drop a variant.

        Raises: ValueError if there is none of that name.
        """
        with self._lock:
            self._variant(name)
            del self._variants[name]

    def differences(self, name: str, reference: str | None = None) -> pd.DataFrame:
        """Return a variant beside another one, or beside the case of the session: see `WhatIfAnswer.differences`.

        Raises: ValueError if there is no such variant.
        """
        with self._lock:
            variant = self._variant(name)
            other = self._own if reference is None else self._variant(reference)
        return variant.differences(other)

    @cached_property
    def _own(self) -> WhatIfAnswer:
        """The answer of the case of the session."""
        start = _Stand(WhatIf(self.case, (), (), ()), self.case)
        return self._read(start.made, start.root, labels=True, years=()).settled()

    def _variant(self, name: str) -> WhatIfAnswer:
        if name not in self._variants:
            there_are = f"; there are {', '.join(self._variants)}" if self._variants else "; there are none"
            message = f"no variant is called {shown(name)!r}{did_you_mean(name, self._variants) or there_are}"
            raise ValueError(message)
        return self._variants[name]

    @cached_property
    def _scenarios(self) -> Mapping[str, Scenario]:
        return {} if self._folder is None else scenarios_of(self._folder)

    def _made(self, scenarios: Sequence[str], changes: Sequence[str] | str) -> WhatIf:
        """Return the changes that are made where the session stands, beside those that are made there already."""
        wanted = [scenarios] if isinstance(scenarios, str) else list(dict.fromkeys(scenarios))
        edits = (changes,) if isinstance(changes, str) else tuple(changes)
        unknown = [name for name in wanted if name not in self._scenarios]
        if unknown:
            of_case = "" if self._folder else ": the session was given a case, and no folder of one"
            faults = [
                f"no scenario is called {shown(name)!r}{did_you_mean(name, self._scenarios)}{of_case}"
                for name in unknown
            ]
            raise ChangeError(self.case.settings.name, [ChangeProblem("", "", fault) for fault in faults])
        before = self._steps[-1].made
        made = changed(before.case, [self._scenarios[name] for name in wanted], edits)
        return WhatIf(
            made.case, (*before.titles, *made.titles), (*before.groups, *made.groups), (*before.audit, *made.audit)
        )

    def _answer(
        self, made: WhatIf, *, labels: bool, headroom: Collection[int] | Literal["all"], name: str | None
    ) -> WhatIfAnswer:
        if name is not None and name not in self._variants and len(self._variants) >= MOST_VARIANTS:
            message = f"{MOST_VARIANTS} variants are kept already; forget one first"
            raise ValueError(message)
        reported = self.case.report_years
        years = tuple(reported) if headroom == "all" else tuple(headroom)
        other = [t for t in years if t not in reported]
        if other:
            message = f"headroom: {other[0]} is not reported; must be from {reported[0]} to {reported[-1]}"
            raise ValueError(message)
        answer = self._read(made, self._steps[-1].root, labels=labels, years=years)
        if name is not None:
            self._variants[name] = answer.settled()
        return answer

    def _read(self, made: WhatIf, root: Case, *, labels: bool, years: tuple[int, ...]) -> WhatIfAnswer:
        reading = self._solver(root).read(made.case, labels=labels, headroom=years, keep=True)
        totals = {name: significant(getattr(reading, name), WRITTEN_DIGITS) for name in _TOTALS}
        return WhatIfAnswer(
            made.case, made.titles, made.groups, made.audit, _WAYS[reading.remark], **totals, _reading=reading
        )

    def _solver(self, root: Case) -> WarmSolver:
        """Return what solves cases like one; that of the session's case is kept, and one other."""
        for solver in self._solvers:
            if solver.case is root:
                return solver
        solver = WarmSolver(root, totals=True)
        self._solvers = [*(other for other in self._solvers if other.case is self.case), solver]
        return solver

    def __repr__(self) -> str:
        changes = f", {len(self.titles)} changes" if self.titles else ""
        return f"Session({self.case.settings.name!r}{changes}, {len(self._variants)} variants)"


def session(case: Case | str | Path) -> Session:
    """Return a case that stays solved: `session(case).what_if(changes=["capacity.capacity[stage=hbm] *= 1.2"])`.

    `case` is a case, or the folder of one, whose scenarios may then be named. The first answer takes as long as a first
    solve, each that follows a tenth of a second or so.

    Raises: InputError if the case is not valid.
    """
    return Session(case)
