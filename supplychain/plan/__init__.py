"""From a case to the answer: what binds, what is bought, what it costs."""

from __future__ import annotations

import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from supplychain import lp
from supplychain.case.notices import refuse_foresight
from supplychain.errors import CertificateError
from supplychain.plan import bottlenecks, decomposition, ladder, lifted, money, prices, purchases, quantities
from supplychain.plan.point import Point, point
from supplychain.plan.write import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from supplychain.case import Case

__all__ = ["Plan", "solve"]

_WITHIN = 1e-7
"""Largest scaled residual, duality gap and loss to tie-breaking that an answer may have."""

_AGREES = 1e-9
"""Largest relative difference between the plan's objective and that of the case solved again from nothing."""


@dataclass(frozen=True)
class Plan:
    """The answer for one case: tidy tables, units in the column names, sorted by key, years up to report_last_year."""

    case: Case
    summary: Mapping[str, Any]
    binding: pd.DataFrame
    bottlenecks: pd.DataFrame
    bottlenecks_by_group: pd.DataFrame
    stages: pd.DataFrame
    supply: pd.DataFrame
    service: pd.DataFrame
    research_service: pd.DataFrame
    builds: pd.DataFrame
    commitments_kept: pd.DataFrame
    installed_base: pd.DataFrame
    orders: pd.DataFrame
    purchases: pd.DataFrame
    cost: pd.DataFrame
    capital: pd.DataFrame
    token_cost: pd.DataFrame
    decomposition: pd.DataFrame
    average_cost: pd.DataFrame
    economics: pd.DataFrame
    requirements: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in {"case", "summary"}}

    @property
    def objective_usd(self) -> float:
        """Total discounted cost, what is left unserved included."""
        return float(self.summary["objective_usd"])

    def write(self, folder: str | Path) -> None:
        """Write `summary.json` and `tables/*.csv` to a folder, whole or not at all.

        Raises: OutputError if the folder cannot be written.
        """
        write(folder, self.summary, self.tables)

    def ladder(self, year: int) -> pd.DataFrame:
        """Lift what binds in a year altogether, then what binds then, and so on: see `plan.ladder.ladder`.

        Raises: ValueError if the year is not reported.
        """
        return ladder.ladder(point(self.case), self._reported(year))

    def curve(self, stage: str, year: int, up_to: float = 25.0) -> pd.DataFrame:
        """Return what relief of a stage in a year is worth up to a percentage: see `plan.ladder.curve`.

        Raises: ValueError if there is no such stage, or the year is not reported.
        """
        names = list(self.bottlenecks["stage"].unique())
        if stage not in names:
            message = f"no stage is called {stage!r}; must be one of {', '.join(names)}"
            raise ValueError(message)
        return ladder.curve(point(self.case), stage, self._reported(year), up_to)

    def stranded(self, year: int) -> pd.DataFrame:
        """Return the capacity of a year that lies idle because other stages bind: see `plan.ladder.stranded`.

        Raises: ValueError if the year is not reported.
        """
        return ladder.stranded(point(self.case), self._reported(year))

    def timing(self) -> pd.DataFrame:
        """Return what it would be worth if an order arrived a year sooner or later: see `plan.purchases.timing`."""
        return purchases.timing(point(self.case))

    def _reported(self, year: int) -> int:
        if year not in self.case.report_years:
            years = self.case.report_years
            message = f"{year} is not reported; must be from {years[0]} to {years[-1]}"
            raise ValueError(message)
        return year

    def _repr_html_(self) -> str:
        from supplychain.plan.show import overview  # noqa: PLC0415 - needed in notebooks only

        parts = [f"<b>{escape(self.case.settings.title)}</b>"]
        parts += [f"<h4>{title}</h4>{table.to_html(na_rep='')}" for title, table in overview(self)]
        return "".join(parts)

    def __repr__(self) -> str:
        s = self.case.settings
        return f"Plan({s.name!r}, {s.first_year}-{s.report_last_year}, objective {self.objective_usd:.6g} USD)"


def solve(case: Case, *, time_limit: float | None = None, progress: Callable[[str], None] = lambda _: None) -> Plan:
    """Solve a case and return its answer.

    `time_limit` is in seconds, for the first solve. `progress` is told what is being done.

    Raises: InputError if the case limits foresight, NoAnswerError if the solver finds no optimum, CertificateError if
    what it finds does not pass its checks.
    """
    refuse_foresight(case)
    at = point(case, time_limit, progress)
    solved = at.solved
    progress("pricing stages")
    there = at.copy()
    with ThreadPoolExecutor(1) as second:  # the solver works outside Python's lock
        again = second.submit(lp.solved_again, there.lp)
        others = second.submit(bottlenecks.of_years, there, case.report_years[1::2])
        freed = second.submit(lambda: (lifted.unlimited(there), lifted.unconstrained(there)))
        found = bottlenecks.of_years(at, case.report_years[::2])
        marginals = decomposition.marginals(at)
        found = bottlenecks.merged(found, others.result())
        unlimited, unconstrained = freed.result()
        proof = _certificate(at, again.result())
    priced = prices.Prices(at)
    progress("writing tables")
    ledger = money.Ledger(solved)
    token_cost = money.token_cost(solved, ledger, {key: cost.usd for key, cost in marginals.items()})
    stages = quantities.stages(solved)
    unit = [priced.of_stage(s, p, t) for t, s, p in stages[["year", "stage", "place"]].itertuples(index=False)]
    stages["gain_usd_per_unit"] = [gain for gain, _ in unit]
    stages["loss_usd_per_unit"] = [loss for _, loss in unit]
    summary = {
        "case": case.settings.name,
        "title": case.settings.title,
        "status": "optimal",
        "objective_usd": float(f"{at.objective_usd:.12g}"),
        "years": [case.settings.first_year, case.settings.last_year],
        "report_last_year": case.settings.report_last_year,
        "rows": at.lp.shape[0],
        "columns": at.lp.shape[1],
        "certificate": proof,
        "versions": _versions(),
        "inputs_sha256": case.sha256,
    }
    return Plan(
        case=case,
        summary=summary,
        binding=bottlenecks.binding(found),
        bottlenecks=bottlenecks.table(found["stage"], "stage"),
        bottlenecks_by_group=bottlenecks.table(found["group"], "group"),
        stages=stages,
        supply=quantities.supply(solved),
        service=quantities.service(solved, unlimited),
        research_service=quantities.research_service(solved, unlimited),
        builds=quantities.builds(solved),
        commitments_kept=quantities.commitments_kept(solved),
        installed_base=quantities.installed_base(solved),
        orders=quantities.orders(solved),
        purchases=purchases.purchases(at),
        cost=money.cost(solved, ledger),
        capital=money.capital(solved),
        token_cost=token_cost,
        decomposition=decomposition.marginal(at, marginals),
        average_cost=decomposition.average(solved, ledger, token_cost),
        economics=money.economics(solved, ledger),
        requirements=quantities.requirements(solved, unconstrained),
    )


def _certificate(at: Point, again: float) -> dict[str, Any]:
    """Check the optimum and the plan chosen among equal ones, also against the objective found anew; return the proof.

    Raises: CertificateError if a residual, the gap, what tie-breaking gave up or the difference is too large.
    """
    labelled, x = at.lp, at.x
    proof = lp.certificate(labelled, at.at)
    chosen = float(labelled.cost @ x) + labelled.offset
    activity = labelled.activity(x)
    outside = float(
        np.maximum(np.maximum(activity - labelled.row_upper, labelled.row_lower - activity), 0).max(initial=0.0)
    )
    found = asdict(proof) | {
        "solved_again_objective_relative": abs(chosen - again) / max(1.0, abs(again)),
        "tie_break_objective_relative": abs(chosen - at.at.objective) / max(1.0, abs(at.at.objective)),
        "tie_break_primal_residual_scaled": outside / max(1.0, float(np.abs(x).max(initial=0.0))),
    }
    checked = (
        "primal_residual_scaled",
        "dual_residual_scaled",
        "duality_gap_relative",
        "tie_break_objective_relative",
        "tie_break_primal_residual_scaled",
    )
    most = dict.fromkeys(checked, _WITHIN) | {"solved_again_objective_relative": _AGREES}
    failed = [f"{name} is {found[name]:.1e}, must be {x:g} or less" for name, x in most.items() if found[name] > x]
    if failed:
        message = f"the answer does not pass its checks: {'; '.join(failed)}"
        raise CertificateError(message)
    return {name: _at_most(value) if isinstance(value, float) else value for name, value in found.items()}


def _at_most(residual: float) -> float:
    """Return a bound on a residual: what the solver was asked for, or more; below that is the noise of one path."""
    return lp.FEASIBILITY if residual <= lp.FEASIBILITY else float(f"{residual:.3g}")


def _versions() -> dict[str, str]:
    names = ("supplychain", "pyomo", "highspy", "pandas", "numpy")
    return {name: version(name) for name in names} | {"python": platform.python_version()}
