"""What so much capital buys: the plan of least cost within it, or the most tokens, value or research."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from supplychain import lp
from supplychain.limits import doing, limited
from supplychain.model import cost, service, solver
from supplychain.model.labels import Constraint, Var
from supplychain.notebook import Shown
from supplychain.plan import answer, money, quantities, versions
from supplychain.plan.bottlenecks import DEMAND, JOINT_UP_TO
from supplychain.plan.caps import capital_by_year, capped
from supplychain.plan.levers import Levers
from supplychain.plan.solved import Values
from supplychain.plan.windows import solve_windows
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame, rows_by_year
from supplychain.schema import SUM
from supplychain.tolerances import PRICE_DIGITS, WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Slopes, Vector
    from supplychain.plan.caps import Capital
    from supplychain.plan.levers import Members
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window
    from supplychain.results.schema import Kind

Most: TypeAlias = Literal["tokens", "value", "research"]

MOST: tuple[str, ...] = get_args(Most)
"""Of what there may be as much as possible."""

TOKENS, VALUE, RESEARCH = MOST


@dataclass(frozen=True, repr=False, eq=False)
class WithinCapital(Answer, Shown):
    """What is served and bought within so much capital: `capital_years`, `capital_service` and others."""

    case: Case
    """The case with its limits on capital."""
    kind: Kind = field(default="capital", kw_only=True)


@limited("looking for the best plan within the capital")
def within_capital(
    case: Case,
    capital: Capital | None = None,
    *,
    most: Most | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> WithinCapital:
    """Solve a case within so much capital: what is served, bought and bound, and what a dollar more is worth.

    `capital` is USD of every reported year, or by year, as `{2027: 2e11}` or `"2027: 200e9, 2028: 300e9"`; it takes the
    place of the case's own budget in these years, and may be left out where the case has one. The plan is that of
    `solve`, or with `most` the one that serves most: `"tokens"` (10^12), discounted `"value"` of both to users,
    whatever is charged, or `"research"` (H100e years), each summed over the reported years; of such plans that of least
    spending, where a commitment may fall short, and cash be missing, at its price. `time_limit` is in seconds, for all
    that is solved.

    Raises: ValueError if the capital or `most` is not valid, there is no limit on capital, or the most is asked of a
    case with limited foresight; and what `solve` raises.
    """
    if most is not None and most not in MOST:
        message = f"most: {most!r}; must be one of {', '.join(MOST)}"
        raise ValueError(message)
    limits = {} if capital is None else capital_by_year(case, capital)
    case = capped(case, limits) if limits else case
    limits = {row["year"]: row["capital_usd"] for row in case.tables["budget"] if row["year"] in case.report_years}
    if not limits:
        message = "capital: the case has no budget in a reported year; give one, as 200e9 or 2027: 200e9"
        raise ValueError(message)
    if most is not None and case.settings.foresight_years is not None:
        message = (
            f"most {most} is asked of a plan that knows all years, and the case decides them with "
            f"foresight_years = {case.settings.foresight_years}; must be perfect foresight: --foresight perfect"
        )
        raise ValueError(message)
    if most is None:
        return _of_plan(case, limits, progress)
    solved_lp = next(iter(solve_windows(case, progress))).solved_lp
    progress(f"looking for the most {most}")
    return _Most(solved_lp, most, limits).answer(progress)


def _of_plan(case: Case, limits: Mapping[int, float], progress: Callable[[str], None]) -> WithinCapital:
    """Return what a solve finds, and the worth of a dollar from the price of the budget."""
    last: list[SolvedLP] = []
    worth: dict[int, dict[str, float]] = {}

    def windows() -> Iterator[Window]:
        for window in solve_windows(case, progress):
            solved_lp = window.solved_lp
            last[:] = [solved_lp]
            for t in (t for t in window.years if t in limits):
                worth[t] = _of_a_dollar(solved_lp.lp, solved_lp.slopes, (solved_lp.money, solved_lp.usd(t)), t)
            yield window

    plan = answer(case, windows(), progress)
    binding = [
        {"year": t, "stage": row["members"], "gain_per_pct": row["gain_usd_per_pct"]}
        for t, row in rows_by_year(plan.binding, "stage").items()
    ]
    facts = {"most": None, "amount": plan.net_benefit_usd}
    return _answered(last[0].solved, limits, facts, worth, binding)


def _of_a_dollar(whole: LabelledLP, slopes: Slopes, usd: tuple[float, float], t: int) -> dict[str, float]:
    """Return what a dollar more of a year's budget adds to the objective, and what one less takes from it.

    `usd` is a dollar as the LP counts it, and a unit of its objective as the columns count it. Where nothing can be
    spent in the year, both are 0.
    """
    money, in_year = usd
    row = whole.row.get((Constraint.BUDGET, t))
    dollar = {} if row is None else {row: money}
    with doing(f"asking what a dollar more is worth in {t}"):
        gain, loss = (in_year * ask(dollar) for ask in (slopes.gain, slopes.loss))
    gain, loss = (significant(x, PRICE_DIGITS) if math.isfinite(x) else x for x in (gain, max(gain, loss)))
    return {"gain_per_usd": gain, "loss_per_usd": loss}


def _answered(
    solved: Solved,
    limits: Mapping[int, float],
    facts: Mapping[str, Any],
    worth: Mapping[int, Mapping[str, float]],
    binding: Sequence[Mapping[str, Any]],
) -> WithinCapital:
    """Return the tables of a plan."""
    case, capital = solved.case, money.capital(solved)
    years = [
        {"year": t, "spent_usd": float(capital.loc[capital["year"] == t, "usd"].sum())}
        | ({"capital_usd": limits[t]} if t in limits else {})
        | dict(worth.get(t, {}))
        | ({"gap_usd": solved.m.gap[t]} if t in solved.on.cash else {})
        for t in case.report_years
    ]
    tables = {
        "capital_years": frame(result_schema.CAPITAL_YEARS, years),
        "capital_service": frame(result_schema.CAPITAL_SERVICE, _service(solved)),
        "capital": capital,
        "builds": quantities.builds(solved),
        "orders": quantities.orders(solved),
        "capital_limits": frame(result_schema.CAPITAL_LIMITS, binding),
    }
    summary = {
        "case": case.settings.name,
        "capital_usd": {str(t): usd for t, usd in sorted(limits.items())},
        **facts,
        "value_usd": significant(cost.served_worth(solved.m), WRITTEN_DIGITS),
        "cost_usd": significant(cost.spending(solved.m), WRITTEN_DIGITS),
        "versions": versions(),
        "inputs_sha256": case.sha256,
    }
    return WithinCapital(summary, tables, case)


def _service(solved: Solved) -> Iterator[dict[str, Any]]:
    """Yield the tokens of each workload and the research of each year, and what they are worth."""
    for t in solved.case.report_years:
        for w in sorted(solved.on.workloads):
            tiers = [index for index in solved.on.serve if (index[0], index[2]) == (w, t)]
            value = math.fsum(cost.token_value(solved.m, *index) * solved.x[Var.SERVE][index] for index in tiers)
            served = service.served(solved.m, w, t)
            yield {"year": t, "workload": w, "served": served, "unit": result_schema.TTOK, "value_usd": value}
        if solved.on.research:
            done = math.fsum(solved.x[Var.RESEARCH][j, u] for j, u in solved.on.research if u == t)
            value = float(cost.research_worth(solved.m, t))
            yield {
                "year": t,
                "workload": RESEARCH,
                "served": done,
                "unit": result_schema.H100E_YEARS,
                "value_usd": value,
            }


class _Most:
    """The plan that serves most within the capital."""

    def __init__(self, solved_lp: SolvedLP, most: Most, limits: Mapping[int, float]) -> None:
        """Solve it: the most, then the least spending, then as ties are broken."""
        self._limits, self._most, self._money = limits, most, solved_lp.money
        with doing(f"looking for the most {most} within the capital"):
            self._lp = solver.cold(replace(solved_lp.lp, cost=self._goal(solved_lp), offset=0.0).clone())
            self._optimum = solver.solved(self._lp, what=f"the most {most} within the capital")
            x = lp.prefer(self._lp, self._optimum, [_spending(solved_lp.lp), *solved_lp.ties])
        self._solved = replace(solved_lp.solved, x=Values(solved_lp.names, x))
        self._slopes = lp.Slopes(self._lp, self._optimum, x)
        self._levers = Levers(self._solved, self._lp)

    def _goal(self, solved_lp: SolvedLP) -> Vector:
        """Return the objective: what is to be most, of the reported years, as a cost."""
        goal, whole, years = np.zeros(solved_lp.lp.shape[1]), solved_lp.lp, solved_lp.solved.case.report_years
        counted = {TOKENS: {Var.SERVE}, RESEARCH: {Var.RESEARCH}}.get(self._most, {Var.SERVE, Var.RESEARCH})
        m, priced = solved_lp.solved.m, solved_lp.solved.on.priced
        for label, j in whole.column.items():
            if label[0] not in counted or label[-1] not in years:
                continue
            if self._most != VALUE:
                goal[j] = -1.0
            elif label[0] == Var.SERVE and label[1] in priced:  # the LP counts what they earn
                w, tier, t = label[1:]
                goal[j] = -cost.token_value(m, w, tier, t, m.discount[t])
            else:
                goal[j] = whole.cost[j] / self._money
        return goal

    def answer(self, progress: Callable[[str], None]) -> WithinCapital:
        """Return the plan's tables, with the worth of a dollar and of each stage in what is to be most."""
        progress("asking what a dollar more is worth")
        worth = {t: _of_a_dollar(self._lp, self._slopes, (self._money, self._in_year(1.0, t)), t) for t in self._limits}
        binding = [row for t in self._solved.case.report_years for row in self._binding(t)]
        amount = significant(-self._optimum.objective, WRITTEN_DIGITS) + 0.0
        return _answered(self._solved, self._limits, {"most": self._most, "amount": amount}, worth, binding)

    def _in_year(self, worth: float, t: int) -> float:
        """Return the worth of a limit as a column has it: dollars undiscounted."""
        return worth / self._solved.n["discount"][t] if self._most == VALUE else worth

    def _binding(self, t: int) -> Iterator[dict[str, Any]]:
        """Yield the stages of which more adds to what is to be most; where none does alone, the joint sets."""
        with doing(f"asking what binds in {t}"):
            levers = {lever.name: lever.members for lever in self._levers.of_year("stage", t)}
            gains = {members: self._gain(members, t) for members in levers.values()}
            if not any(gains.values()):
                names = [
                    members for members in levers.values() if self._slopes.loss(self._levers.relief(members, [t])) > 0
                ]
                joint = lp.minimal_sets(
                    self._slopes, names, lambda some: self._levers.relief(_union(some), [t]), JOINT_UP_TO
                )
                gains = {_union(some): self._gain(_union(some), t) for some in joint}
        by_stages = {
            SUM.join(sorted(members)): significant(self._in_year(gain, t), PRICE_DIGITS)
            for members, gain in gains.items()
            if gain > 0
        }
        for stages in sorted(by_stages, key=lambda stages: (-by_stages[stages], stages)):
            yield {"year": t, "stage": stages, "gain_per_pct": by_stages[stages]}
        if not by_stages:
            yield {"year": t, "stage": DEMAND, "gain_per_pct": 0.0}

    def _gain(self, members: Members, t: int) -> float:
        return self._slopes.gain(self._levers.relief(members, [t]))


def _union(some: frozenset[Members]) -> Members:
    return frozenset().union(*some)


def _spending(whole: LabelledLP) -> Vector:
    """Return the part of the objective that is paid for."""
    is_demand = np.array([label[0] in {Var.SERVE, Var.RESEARCH} for label in whole.column], dtype=bool)
    return np.where(is_demand, 0.0, whole.cost)
