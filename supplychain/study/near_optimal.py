"""How far plans differ that are nearly as good as the best: which orders all of them share, and which none has."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from supplychain import lp, schema, units
from supplychain.limits import doing, limited
from supplychain.model import build, cost, solver
from supplychain.model.labels import Var
from supplychain.model.observable import RESEARCH_DONE, observable
from supplychain.notebook import Shown
from supplychain.plan import versions
from supplychain.plan.measures import CASH, TOKENS
from supplychain.plan.windows import solve_windows
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study.attainability import linear
from supplychain.tabular import shown
from supplychain.tolerances import END_ROUNDING, FEASIBILITY, OBJECTIVE_ROUNDING, WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Linear
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.results.schema import Kind

ORDER, STAGE_ORDERS = "order", "stage_orders"
"""One option to order capacity in a year; and all orders of a stage in a year."""

INSTALLED, BUILT, USED = "installed_h100e", "units_built", "stage_used"

MUST, MAY, NEVER, LOCKED_IN = "must", "may", "never", "locked in"
"""What is said of an order: every plan has some of it, some plans have, none has; or another plan has decided it."""

SPENDING, OBJECTIVE = "near-optimal spending", "near-optimal objective"
"""Rows that stand beside those of the model."""

WITHIN = 0.01
"""Share of spending by which near-optimal plans may be worse, where nothing else is asked for."""

_SHARE = re.compile(r"\s*([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)\s*(%?)\s*", re.ASCII | re.IGNORECASE)
_STEPS = 20
"""Quantities after which it is said how far it is."""


@dataclass(frozen=True, repr=False, eq=False)
class NearOptimal(Answer, Shown):
    """How far plans differ that are nearly as good as the best: the table `near_optimal`."""

    case: Case
    kind: Kind = field(default="near-optimal", kw_only=True)


@dataclass(frozen=True)
class _Quantity:
    """A quantity of the answer: what it is of, and the LP's columns that make it up."""

    quantity: str
    year: int
    unit: str
    terms: Linear
    stage: str = ""
    supplier: str = ""
    place: str = ""
    item: str = ""
    limit: float = math.nan
    """The most that may be ordered."""
    usd_per_unit: float = math.nan


@limited("asking how far near-optimal plans differ")
def near_optimal(
    case: Case,
    within: float | str = WITHIN,
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> NearOptimal:
    """Find how far plans differ that are nearly as good as the best one.

    Near-optimal is each plan whose discounted spending rises by at most a share of that of the best plan, and whose net
    benefit falls by no more than that amount; where prices are charged, not net benefit but what is earned less cost.
    What is owed and not used is spent, too, and so is what missing cash costs. `within` is the share: `0.01`, or as
    text `'1%'`. Of every option to order capacity, of all orders of a stage, and of tokens, research, cash,
    accelerators installed and built and the use of each stage, by reported year, the table `near_optimal` has the
    smallest and the largest value that any such plan has, whatever it does else. Each end that takes a solve is a
    certified optimum. Ends of different rows are of different plans. An order is `must` if every such plan has some of
    it, `may` if some have and some have not, and `never` if none has. `time_limit` is in seconds, for all that is
    solved.

    Raises: ValueError if the share is not from 0 to 100 %, or the case has limited foresight; and what `solve` raises.
    Source: modelling to generate alternatives, Brill, Chang & Hopkins (1982), Management Science 28, 221-235; ranges of
    near-optimal plans, Neumann & Brown (2021), Electric Power Systems Research 190, 106690.
    """
    share = within_of(within)
    if case.settings.foresight_years is not None:
        message = (
            "near-optimal plans are those of an LP of all years, and the case decides them one after the other with "
            f"foresight_years = {case.settings.foresight_years}; must be perfect foresight: --foresight perfect"
        )
        raise ValueError(message)
    progress("solving the case")
    solved_lp = next(iter(solve_windows(case, progress))).solved_lp
    with doing("asking how far near-optimal plans differ"):
        return _Question(solved_lp, share).answer(progress)


def within_of(given: float | str) -> float:
    """Return the share that near-optimal plans may be worse; as text a per cent, or a share below 1.

    Raises: ValueError.
    """
    if isinstance(given, str):
        match = _SHARE.fullmatch(given)
        try:
            share = float(match[1]) if match else math.nan
        except ValueError:
            share = math.nan
        if match and match[2]:
            share *= units.PERCENT
        elif share >= 1:  # one per cent, or all of it
            share = math.nan
    else:
        share = float(given)
    if not 0 <= share <= 1:
        said = shown(given.strip()) if isinstance(given, str) else f"{given:g}"
        message = f"{said!r}; must be from 0 to 100 %, as 1% or 0.01"
        raise ValueError(message)
    return share


class _Question:
    """A solved case, and the LP whose plans are near-optimal."""

    def __init__(self, solved_lp: SolvedLP, within: float) -> None:
        self._solved_lp, self._within = solved_lp, within
        self._solved, self._case = solved_lp.solved, solved_lp.solved.case
        self._m: Any = build(self._case)
        whole = solved_lp.lp
        unserved = np.array([label[0] in {Var.SERVE, Var.RESEARCH} for label in whole.column], dtype=bool)
        self._spends = np.where(unserved, 0.0, whole.cost)
        self._spent = math.fsum((self._spends * solved_lp.x).tolist())
        self._room = within * self._spent

    def answer(self, progress: Callable[[str], None]) -> NearOptimal:
        """Ask for both ends of each quantity."""
        quantities = list(self._quantities())
        near = self._near_optimal()
        start = lp.carried(self._solved_lp.optimum.basis, self._solved_lp.lp, near)
        extremes = lp.Extremes(
            near, [q.terms for q in quantities], self._solved_lp.x, start, what="a near-optimal plan"
        )
        rows = []
        for n, (quantity, ends) in enumerate(zip(quantities, extremes.ends(), strict=True)):
            if n % _STEPS == 0:
                progress(f"asked how far {n} of {len(quantities)} quantities may differ")
            row = self._row(quantity, *ends)
            if quantity.quantity != USED or row["high"] > 0:
                rows.append(row)
        orders = Counter(row["verdict"] for row in rows if row["quantity"] == ORDER)
        summary = {
            "case": self._case.settings.name,
            "within": self._within,
            "spending_usd": self._usd(self._spent),
            "room_usd": self._usd(self._room),
            "orders": {verdict: orders[verdict] for verdict in (MUST, MAY, NEVER, LOCKED_IN)},
            "solves": extremes.solves,
            "objective_usd": self._solved_lp.objective_usd,
            "versions": versions(),
            "inputs_sha256": self._case.sha256,
        }
        table = result_schema.NEAR_OPTIMAL
        return NearOptimal(summary, {table.name: frame(table, rows)}, self._case)

    def _usd(self, amount: float) -> float:
        return significant(amount / self._solved_lp.money, WRITTEN_DIGITS)

    def _near_optimal(self) -> LabelledLP:
        """Return the LP of near-optimal plans, in a solver of its own.

        Where the room is less than an objective is known to, it is that of all optima, none of which spends more: two
        rows of cost that leave no room would be kept to the solver's tolerance alone, and that would show.
        """
        solved_lp = self._solved_lp
        whole, x = solved_lp.lp, solved_lp.x
        best = math.fsum((whole.cost * x).tolist())
        labels = list(whole.column)
        is_exact = self._room <= OBJECTIVE_ROUNDING * abs(best + whole.offset)
        if is_exact:
            whole = lp.all_optima(whole, solved_lp.optimum, x)
        room = max(self._room, OBJECTIVE_ROUNDING * self._spent)
        rows = [self._row_of_cost(SPENDING, labels, self._spends, self._spent + room)]
        if not is_exact:
            rows.append(self._row_of_cost(OBJECTIVE, labels, whole.cost, best + self._room))
        return solver.cold(lp.extended(replace(whole, offset=0.0), [], [row for row in rows if row.terms]))

    @staticmethod
    def _row_of_cost(name: str, labels: list[lp.Label], costs: lp.Vector, most: float) -> lp.NewRow:
        return lp.NewRow((name,), {labels[j]: float(costs[j]) for j in np.flatnonzero(costs).tolist()}, upper=most)

    def _row(self, quantity: _Quantity, low: float, high: float) -> dict[str, Any]:
        """Return a quantity and its ends; what is rounding beside the plan is the plan's."""
        central = quantity.terms.of(self._solved_lp.x)
        size = max(abs(x) for x in (central, low, high, quantity.limit) if math.isfinite(x))
        unit = self._solved_lp.lp.column_unit
        least = max((abs(x) * float(unit[j]) for j, x in quantity.terms.terms.items()), default=0.0)
        rounding = max(END_ROUNDING * size, FEASIBILITY * least)
        low = low if central - low > rounding else central
        high = high if high - central > rounding else central
        return {
            "quantity": quantity.quantity,
            "year": quantity.year,
            "stage": quantity.stage,
            "supplier": quantity.supplier,
            "place": quantity.place,
            "item": quantity.item,
            "unit": quantity.unit,
            "low": low,
            "central": central,
            "high": high,
            "limit": quantity.limit,
            "usd_per_unit": quantity.usd_per_unit,
            "verdict": self._verdict(quantity, low, high),
        }

    def _verdict(self, quantity: _Quantity, low: float, high: float) -> str:
        if quantity.quantity not in {ORDER, STAGE_ORDERS}:
            return ""
        locked_in = self._case.locked_in
        if locked_in is not None and quantity.year <= locked_in.until:
            return LOCKED_IN
        least = END_ROUNDING * quantity.limit
        return MUST if low > least else MAY if high > least else NEVER

    def _quantities(self) -> Iterator[_Quantity]:
        yield from self._orders()
        for t in self._case.report_years:
            yield from self._of_year(t)

    def _orders(self) -> Iterator[_Quantity]:
        """Yield every option that would arrive inside the horizon, and those of a stage together, by order year."""
        on, n, column = self._solved.on, self._solved.n, self._solved_lp.lp.column
        of_stage: dict[tuple[int, str], dict[int, float]] = defaultdict(dict)
        for t, s, k, p in sorted((t, s, k, p) for s, k, p, t in on.expand):
            limit = float(n["max_expansion"][s, k, p, t])
            if t in self._case.report_years and limit > 0:
                j, unit, usd = column[Var.EXPAND, s, k, p, t], on.stages[s]["unit"], n["capex_usd_per_unit"][s, k, p, t]
                of_stage[t, s][j] = limit
                yield _Quantity(ORDER, t, unit, lp.Linear({j: 1.0}), s, k, p, limit=limit, usd_per_unit=usd)
        for (t, s), limits in of_stage.items():
            terms = lp.Linear(dict.fromkeys(limits, 1.0))
            yield _Quantity(STAGE_ORDERS, t, on.stages[s]["unit"], terms, s, limit=math.fsum(limits.values()))

    def _of_year(self, t: int) -> Iterator[_Quantity]:
        """Yield what is served, spent, built, installed and used in a year."""
        on = self._solved.on
        for w in (schema.ALL, *sorted(on.workloads)):
            yield _Quantity(TOKENS, t, result_schema.TTOK, self._observed(TOKENS, w, t), item=w)
        if on.research:
            done = self._observed(RESEARCH_DONE, schema.ALL, t)
            yield _Quantity(RESEARCH_DONE, t, result_schema.H100E_YEARS, done, item=schema.ALL)
        yield _Quantity(CASH, t, "USD", self._linear(cost.spent(self._m.names, t)), item=schema.ALL)
        installed = self._observed(INSTALLED, schema.ALL, t)
        yield _Quantity(INSTALLED, t, result_schema.H100E, installed, item=schema.ALL)
        for vendor in self._vendors:
            built = self._observed(BUILT, vendor, t)
            if built.terms:
                yield _Quantity(BUILT, t, "units", built, item=vendor)
        for s in on.stages:
            yield _Quantity(USED, t, on.stages[s]["unit"], self._observed(USED, s, t), s)

    @cached_property
    def _vendors(self) -> list[str]:
        return sorted({row["vendor"] for row in self._solved.on.accelerators.values()})

    def _observed(self, quantity: str, item: str, t: int) -> Linear:
        formula = observable(self._m.names, quantity, item, t)
        return self._linear(0.0 if formula is None else formula.over)

    def _linear(self, expression: Any) -> Linear:  # noqa: ANN401 - Pyomo ships no types
        return linear(self._solved_lp.lp, expression)
