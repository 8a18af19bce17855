"""From a case to the answer: what binds, what is bought, what it costs."""

from __future__ import annotations

import platform
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from supplychain import lp
from supplychain.errors import CertificateError
from supplychain.limits import check, doing, limited
from supplychain.model.cost import net_benefit, served_worth, spending, unserved
from supplychain.model.locked_in import after_horizon
from supplychain.notebook import Shown
from supplychain.plan import (
    at_place,
    bottlenecks,
    decomposition,
    money,
    prices,
    purchases,
    quantities,
    relaxed,
    suppliers,
    windows,
)
from supplychain.plan.ladder import YearView
from supplychain.plan.locked_in import lock_in
from supplychain.plan.why_not import WhyNot, why_not
from supplychain.results import schema
from supplychain.results.answer import Answer
from supplychain.results.frames import rows_by_year
from supplychain.tolerances import CERTIFIED, FEASIBILITY, RESIDUAL_DIGITS, SAME_OBJECTIVE, WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from supplychain.case import Case
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window
__all__ = ["Plan", "lock_in", "solve"]

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, repr=False, eq=False)
class Plan(Answer, Shown):
    """The answer for one case: tables sorted by key, years up to report_last_year."""

    case: Case

    @property
    def objective_usd(self) -> float:
        """Total discounted cost, what is left unserved included."""
        return float(self.summary["objective_usd"])

    @property
    def net_benefit_usd(self) -> float:
        """What is served is worth over the horizon, less what is paid for it, discounted."""
        return float(self.summary["net_benefit_usd"])

    @limited("climbing a ladder")
    def ladder(self, year: int, *, time_limit: float | None = None) -> pd.DataFrame:  # noqa: ARG002 - kept by the decorator
        """Relax what binds in a year altogether, then what binds then, and so on: see `plan.ladder.ladder`.

        Raises: ValueError if the year is not reported.
        """
        return self.year_view(year).ladder()

    @limited("following a value curve")
    def curve(
        self,
        stage: str,
        year: int,
        up_to: float = 25.0,
        *,
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> pd.DataFrame:
        """Return what relief of a stage in a year is worth up to a percentage: see `plan.ladder.curve`.

        Raises: ValueError if there is no such stage, or the year is not reported.
        """
        names = list(self.bottlenecks["stage"].unique())
        if stage not in names:
            message = f"no stage is called {stage!r}; must be one of {', '.join(names)}"
            raise ValueError(message)
        return self.year_view(year).curve(stage, up_to)

    @limited("asking why a stage does not bind")
    def why_not(self, stage: str, year: int, *, time_limit: float | None = None) -> WhyNot:  # noqa: ARG002 - kept by the decorator
        """Return how much of a stage is used, and what would have to move so that it binds: see `plan.why_not`.

        Raises: ValueError if there is no such stage, or the year is not reported.
        """
        names = [row["stage"] for row in self.case.tables["stages"]]
        if stage not in names:
            message = f"no stage is called {stage!r}; must be one of {', '.join(names)}"
            raise ValueError(message)
        solved_lp = self._window(year).solved_lp
        return why_not(solved_lp, stage, year, rows_by_year(self.binding, "stage")[year]["members"])

    @limited("asking what is full at a place")
    def at_place(
        self,
        place: str,
        year: int | None = None,
        *,
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> pd.DataFrame:
        """Return what more of each regional limit at a place gains and adds, and what else is full there then.

        Of all reported years, or of one; see `plan.at_place.at_place`. What is used there stands in the table `stages`.

        Returns: one row per year, stage and supplier; amounts in units of the stage, money in undiscounted USD of the
        year.
        Raises: ValueError if there is no such region, the year is not reported, or no stage is regional; NoAnswerError
        if a solve finds no optimum.
        """
        years = at_place.years_at(self.case, place, year)
        of_windows = ((window, [t for t in window.years if t in years]) for window in windows.solve_windows(self.case))
        parts = [at_place.at_place(window.solved_lp, place, asked) for window, asked in of_windows if asked]
        return at_place.table(row for part in parts for row in part)

    @limited("asking what lies idle")
    def idle_capacity(self, year: int, *, time_limit: float | None = None) -> pd.DataFrame:  # noqa: ARG002 - kept by the decorator
        """Return the capacity of a year that lies idle because other stages bind: see `plan.ladder.idle_capacity`.

        Raises: ValueError if the year is not reported.
        """
        return self.year_view(year).idle_capacity()

    @limited("solving the case")
    def year_view(self, year: int, *, time_limit: float | None = None) -> YearView:  # noqa: ARG002 - kept by the decorator
        """Return a year of which several things can be asked; the case is solved once for all of them.

        Raises: ValueError if the year is not reported.
        """
        return YearView(self._window(year).solved_lp, year)

    def look(self, year: int) -> YearView:
        """Return `year_view(year)`: the old name goes with version 0.3."""
        _renamed("look", "year_view")
        return self.year_view(year)

    def stranded(self, year: int) -> pd.DataFrame:
        """Return `idle_capacity(year)`: the old name goes with version 0.3."""
        _renamed("stranded", "idle_capacity")
        return self.idle_capacity(year)

    @limited("asking what it is worth if orders arrive sooner or later")
    def timing(self, *, time_limit: float | None = None) -> pd.DataFrame:  # noqa: ARG002 - kept by the decorator
        """Return what it would be worth if an order arrived a year sooner or later: see `plan.purchases.timing`."""
        by_window = [purchases.timing(window) for window in windows.solve_windows(self.case) if window.years]
        return pd.concat(by_window, ignore_index=True)

    @limited("asking what a supplier is worth")
    def indifference(
        self,
        stage: str,
        supplier: str,
        place: str | None = None,
        *,
        time_limit: float | None = None,  # noqa: ARG002 - kept by the decorator
    ) -> float:
        """Return the least multiple of all prices of a supplier at a place at which it is worth nothing.

        There the best plan costs as much as without it: see `plan.suppliers.indifference`. `place` may be left out
        where the supplier has one.

        Returns: a multiple without a unit, with six digits; below 1 where nothing is bought at its prices; 0 and
        infinite where no multiple between a millionth and a million is it.
        Raises: ValueError if there is no such supplier or place, or the case has limited foresight; NoAnswerError if a
        solve finds no optimum.
        """
        return suppliers.indifference(self.case, suppliers.site_of(self.case, stage, supplier, place))

    def _window(self, year: int) -> Window:
        """Return the window that prices a year; its LP is solved and loaded."""
        windows.reported(self.case, year)
        return next(window for window in windows.solve_windows(self.case) if year in window.years)

    def __repr__(self) -> str:
        s = self.case.settings
        return f"Plan({s.name!r}, {s.first_year}-{s.report_last_year}, objective {self.objective_usd:.6g} USD)"


@limited("solving the case")
def solve(  # noqa: PLR0913 - what is asked for has its defaults
    case: Case,
    *,
    orders_from: Plan | str | Path | None = None,
    until: int | None = None,
    supplier_prices: bool = False,
    indifference: Iterable[tuple[str, str, str | None]] = (),
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Solve a case and return its answer.

    `orders_from` is a plan, or the folder of an answer, whose orders, builds and purchases up to the year `until` are
    locked in: see `plan.locked_in.lock_in`. With `supplier_prices` the answer has the table of that name: at which
    price [USD per unit] each supplier would enter or leave the plan in each year; see `plan.suppliers.entry_and_exit`.
    So it has with `indifference`, which names suppliers by stage, supplier and place (None: its only one): the table
    has what `Plan.indifference` says of each, too. Suppliers to which a contract owes a share are always in it.
    `time_limit` is in seconds, for all that is solved and asked. `progress` is told what is being done.

    Raises: NoAnswerError if the solver finds no optimum or what is locked in does not fit the case, TimeLimitError if
    the time limit passes, CertificateError if what is found does not pass its checks, InputError if the other answer
    does not belong to the case, ValueError if there is no supplier that `indifference` names, or the case has limited
    foresight.
    """
    if (orders_from is None) != (until is None):
        message = "give orders_from and until together: whose orders, and up to which year"
        raise ValueError(message)
    if orders_from is not None and until is not None:
        case = lock_in(case, orders_from, until)
    sites = [suppliers.site_of(case, *names) for names in indifference]
    asked = supplier_prices or bool(sites)
    return answer(case, windows.solve_windows(case, progress), progress, supplier_prices=asked, sites=sites)


def answer(
    case: Case,
    solved_windows: Iterable[Window],
    progress: Callable[[str], None] = lambda _: None,
    *,
    supplier_prices: bool = False,
    sites: Iterable[tuple[str, str, str]] = (),
) -> Plan:
    """Return the answer of a case from its windows, each of which is solved when the one before it is answered.

    `sites` are suppliers whose indifference is asked for, beside those to whom a contract owes a share.

    Raises: as `solve`.
    """
    window_answers = []
    for window in solved_windows:
        progress("pricing stages")
        window_answers.append(_answer_window(window, supplier_prices=supplier_prices))
    solved_lp = window_answers[-1].window.solved_lp
    solved = solved_lp.solved
    progress("lifting limits")
    unlimited, unconstrained = window_answers[-1].relaxed_plans or (
        solved_lp.unlimited(),
        windows.relaxed_plan(solved_lp, window_answers[-1].window.whole, solved_lp.ties, relaxed.UNCONSTRAINED),
    )
    by_level = bottlenecks.merged([of_window.by_level for of_window in window_answers])
    marginals = _joined(of_window.marginals for of_window in window_answers)
    price = _joined(of_window.prices for of_window in window_answers)
    progress("writing tables")
    with doing("writing tables"):
        check()
    ledger = money.Ledger(solved)
    token_cost = money.token_cost(solved, ledger, {key: cost.usd for key, cost in marginals.items()})
    options = pd.concat([of_window.options for of_window in window_answers], ignore_index=True)
    parts = pd.concat([of_window.decomposition for of_window in window_answers], ignore_index=True)
    proof = _worst([of_window.proof for of_window in window_answers])
    summary = {
        "case": case.settings.name,
        "title": case.settings.title,
        "status": "optimal",
        "objective_usd": significant(window_answers[-1].window.objective_usd, WRITTEN_DIGITS),
        "unserved_usd": significant(unserved(solved.m), WRITTEN_DIGITS),
        "net_benefit_usd": significant(net_benefit(solved.m), WRITTEN_DIGITS),
        "value_usd": significant(served_worth(solved.m), WRITTEN_DIGITS),
        "cost_usd": significant(spending(solved.m), WRITTEN_DIGITS),
        "years": [case.settings.first_year, case.settings.last_year],
        "report_last_year": case.settings.report_last_year,
        "foresight_years": case.settings.foresight_years,
        "rows": solved_lp.lp.shape[0],
        "columns": solved_lp.lp.shape[1],
        "windows": [
            {
                "year": window.first,
                "last_year": window.last,
                "objective_usd": significant(window.objective_usd, WRITTEN_DIGITS),
            }
            for window in (of_window.window for of_window in window_answers)
        ],
        "certificate": proof,
        "versions": versions(),
        "inputs_sha256": case.sha256,
    }
    if case.locked_in is not None:
        late = after_horizon(case)
        summary["orders_from"] = case.locked_in.summary | {
            "orders_after_horizon": [[*label[1:], x] for label, x in late.items()]
        }
    by_tier = quantities.service(solved, unlimited)
    tables = {
        "binding": bottlenecks.binding(by_level),
        "bottlenecks": bottlenecks.table(by_level["stage"], "stage"),
        "bottlenecks_by_group": bottlenecks.table(by_level["group"], "group"),
        "stages": quantities.stages(solved, price),
        "supply": quantities.supply(solved),
        "service_by_workload": quantities.service_by_workload(by_tier),
        "service": by_tier,
        "research_service": quantities.research_service(solved, unlimited),
        "builds": quantities.builds(solved),
        "commitments_kept": quantities.commitments_kept(solved),
        "installed_base": quantities.installed_base(solved),
        "orders": quantities.orders(solved),
        "purchases": purchases.purchases(options, case.report_years),
        "cost": money.cost(solved, ledger),
        "capital": money.capital(solved),
        "token_cost": token_cost,
        "decomposition": parts.sort_values(["year", "workload"], kind="stable", ignore_index=True),
        "average_cost": decomposition.average(solved, ledger, token_cost),
        "economics": money.economics(solved, ledger, _joined(of_window.of_a_dollar for of_window in window_answers)),
        "requirements": quantities.requirements(solved, unconstrained),
    }
    if supplier_prices or solved.on.terms:
        rows = (row for of_window in window_answers for row in of_window.supplier_prices)
        with_contracts = [] if case.settings.foresight_years else suppliers.sites_with_contracts(case)
        priced = suppliers.supplier_prices(rows)
        if asked := [*sites, *with_contracts]:
            progress("asking what suppliers are worth")
            priced = suppliers.with_indifference(priced, case, asked)
        tables[schema.SUPPLIER_PRICES.name] = priced
    named = {table.name: tables[table.name] for table in schema.TABLES["solve"] if table.name in tables}
    return Plan(summary, named, case)


@dataclass(frozen=True)
class _WindowAnswer:
    """Everything that the tables need of one window."""

    window: Window
    proof: dict[str, Any]
    by_level: bottlenecks.ByLevel
    marginals: decomposition.Marginals
    decomposition: pd.DataFrame
    prices: dict[tuple[str, str, int], tuple[float, float]]
    options: pd.DataFrame
    of_a_dollar: dict[int, float]
    """What a dollar more raised gains, by year with cash."""
    supplier_prices: list[dict[str, Any]]
    """Rows of that table; none where it was not asked for."""
    relaxed_plans: tuple[Solved, Solved] | None
    """The plans without limits on stages, and without any; None where earlier decisions are fixed."""


def _answer_window(window: Window, *, supplier_prices: bool) -> _WindowAnswer:
    """Ask the LP of a window for everything that the tables need; a second thread takes every other year."""
    solved_lp, years = window.solved_lp, window.years
    decided_years = (window.first,) if solved_lp.decides is not None else tuple(solved_lp.solved.case.years)
    second_lp = solved_lp.copy()
    with ThreadPoolExecutor(1) as second:  # the solver works outside Python's lock

        def ask(work: Callable[..., Value], *given: object) -> Future[Value]:
            return second.submit(copy_context().run, work, second_lp, *given)

        objective_again = ask(_solved_again)
        odd_years = ask(bottlenecks.of_years, years[1::2])
        relaxing = ask(_relaxed_plans)
        marginals = ask(decomposition.marginals, years)
        parts = ask(lambda of: decomposition.marginal(of, marginals.result()))
        sites = None if supplier_prices else suppliers.sites_with_contracts(solved_lp.solved.case)
        supplier_years = () if sites == [] else years
        odd_suppliers = ask(suppliers.entry_and_exit, supplier_years[1::2], window.last, sites)
        by_level = bottlenecks.merged([bottlenecks.of_years(solved_lp, years[::2]), odd_years.result()])
        options = purchases.options(solved_lp, decided_years)
        stage_prices = _stage_prices(solved_lp, years)
        of_a_dollar = prices.of_a_dollar_raised(solved_lp, years)
        even_suppliers = suppliers.entry_and_exit(solved_lp, supplier_years[::2], window.last, sites)
        proof = _certificate(solved_lp, objective_again.result())
    return _WindowAnswer(
        window=window,
        proof=proof,
        by_level=by_level,
        marginals=marginals.result(),
        decomposition=parts.result(),
        prices=stage_prices,
        options=options,
        of_a_dollar=of_a_dollar,
        supplier_prices=even_suppliers + odd_suppliers.result(),
        relaxed_plans=relaxing.result(),
    )


def _stage_prices(solved_lp: SolvedLP, years: Sequence[int]) -> dict[tuple[str, str, int], tuple[float, float]]:
    """Return what one unit more, and one less, of each stage is worth, by stage, place and year."""
    stage_prices = prices.Prices(solved_lp)
    return {(s, p, t): stage_prices.of_stage(s, p, t) for t in years for s, p in quantities.listed(solved_lp.solved, t)}


def _solved_again(solved_lp: SolvedLP) -> float:
    with doing("solving the case again, to check the answer"):
        return lp.solved_again(solved_lp.lp)


def _relaxed_plans(solved_lp: SolvedLP) -> tuple[Solved, Solved] | None:
    if solved_lp.decides is not None or solved_lp.solved.case.locked_in is not None:
        return None
    return (relaxed.UNLIMITED.plan(solved_lp), relaxed.UNCONSTRAINED.plan(solved_lp))


def _renamed(old: str, new: str) -> None:
    message = f"Plan.{old} is now Plan.{new}; the old name goes with version 0.3"
    warnings.warn(message, DeprecationWarning, stacklevel=3)


def _joined(parts: Iterable[dict[Key, Value]]) -> dict[Key, Value]:
    return {key: value for part in parts for key, value in part.items()}


def _worst(proofs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the largest of each residual over the windows."""
    return {name: max(proof[name] for proof in proofs) for name in proofs[0]}


def _certificate(solved_lp: SolvedLP, objective_again: float) -> dict[str, Any]:
    """Check the optimum and the plan chosen among equal ones, also against the objective found anew; return the proof.

    Raises: CertificateError if a residual, the gap, what tie-breaking gave up or the difference is too large.
    """
    labelled, x = solved_lp.lp, solved_lp.x
    proof = lp.certificate(labelled, solved_lp.optimum)
    chosen = float(labelled.cost @ x) + labelled.offset
    size = labelled.objective_size(x, solved_lp.optimum.y)
    residual, residual_scaled = lp.primal_residuals(labelled, x)
    residuals = asdict(proof) | {
        "primal_residual": residual,
        "primal_residual_scaled": max(proof.primal_residual_scaled, residual_scaled),
        "solved_again_objective_relative": abs(chosen - objective_again) / size,
        "tie_break_objective_relative": abs(chosen - solved_lp.optimum.objective) / size,
        "tie_break_primal_residual_scaled": residual_scaled,
    }
    checked = (
        "primal_residual_scaled",
        "dual_residual_scaled",
        "duality_gap_relative",
        "tie_break_objective_relative",
        "tie_break_primal_residual_scaled",
    )
    most = dict.fromkeys(checked, CERTIFIED) | {"solved_again_objective_relative": SAME_OBJECTIVE}
    failed = [
        f"{name} is {residuals[name]:.1e}, must be {x:g} or less" for name, x in most.items() if residuals[name] > x
    ]
    if failed:
        message = f"the answer does not pass its checks: {'; '.join(failed)}"
        raise CertificateError(message)
    return {name: _at_most(value) if isinstance(value, float) else value for name, value in residuals.items()}


def _at_most(residual: float) -> float:
    """Return a bound on a residual: what the solver was asked for, or more; below that is the noise of one path."""
    return FEASIBILITY if residual <= FEASIBILITY else significant(residual, RESIDUAL_DIGITS)


def versions() -> dict[str, str]:
    names = ("supplychain", "pyomo", "highspy", "pandas", "numpy")
    return {name: version(name) for name in names} | {"python": platform.python_version()}
