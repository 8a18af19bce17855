"""What locked-in orders cost beside the plan and beside perfect knowledge, and which capital they strand."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from supplychain import lp, schema
from supplychain.case.calendar import in_service
from supplychain.limits import limited
from supplychain.model import numbers_of, structure
from supplychain.model.contracts import term
from supplychain.model.observable import OTHER
from supplychain.notebook import Shown
from supplychain.plan import solve
from supplychain.plan.locked_in import lock_in
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame, records
from supplychain.results.read import read_answer
from supplychain.tolerances import IDLE_ROUNDING, OBJECTIVE_ROUNDING, REGRET_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    from supplychain.case import Case
    from supplychain.plan import Plan

    Bought: TypeAlias = dict[str, tuple[float, float]]
    """By stage: units, and what was paid for them."""

EXPANSION, ACCELERATORS, STORE, OWED = "expansion", "accelerators", "store", "owed"
"""What can be stranded: capacity that was ordered, accelerators that were built, components that were bought; and what
is owed to a supplier and not used."""


@dataclass(frozen=True, repr=False, eq=False)
class Regret(Answer, Shown):
    """A plan with another's decisions locked in, beside that other plan and beside the plan with perfect knowledge.

    Its tables are those of the plan, and `regret` and `stranded`. With perfect foresight the regret is never below 0.
    With limited foresight the locked-in plan may cost less.
    """

    plan: Plan
    """The answer with the other's decisions locked in."""
    known: Plan
    """The answer of the same case with nothing locked in."""
    planned: Mapping[str, Any]
    """The summary of the answer whose decisions are locked in."""

    @property
    def costs(self) -> pd.DataFrame:
        """The table `regret`."""
        return self.tables["regret"]

    @property
    def extra_cost_usd(self) -> float:
        """How much more all costs, discounted, than in the plan with those decisions; unserved demand is in both."""
        return self.plan.objective_usd - float(self.planned["objective_usd"])

    @property
    def regret_usd(self) -> float:
        """How much more all costs, discounted, than if the case had been known from the start."""
        return self.plan.objective_usd - self.known.objective_usd


def _summary(plan: Plan, known: Plan, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan's summary and what locking in costs: of each difference also the part that is unserved demand."""
    unserved, unserved_planned = float(plan.summary["unserved_usd"]), planned.get("unserved_usd")
    differences = {
        "extra_cost_usd": plan.objective_usd - float(planned["objective_usd"]),
        "extra_cost_unserved_usd": None if unserved_planned is None else unserved - float(unserved_planned),
        "regret_usd": plan.objective_usd - known.objective_usd,
        "regret_unserved_usd": unserved - float(known.summary["unserved_usd"]),
    }
    size = max(abs(plan.objective_usd), abs(known.objective_usd))
    rounded = {name: None if usd is None else _rounded_difference(usd, size) for name, usd in differences.items()}
    return {**plan.summary, "regret": rounded}


def _rounded_difference(usd: float, size: float) -> float:
    """Return a difference of two objectives of a size with the digits that it has; 0 if it is rounding."""
    return significant(usd, REGRET_DIGITS) if abs(usd) > OBJECTIVE_ROUNDING * size else 0.0


@limited("asking what locked-in orders cost")
def regret(  # noqa: PLR0913 - what is asked for has its defaults
    case: Case,
    orders_from: Answer | str | Path,
    until: int,
    *,
    supplier_prices: bool = False,
    indifference: Iterable[tuple[str, str, str | None]] = (),
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Regret:
    """Solve a case with what another answer decided up to a year locked in, and with nothing locked in.

    `orders_from` is a plan or the folder of an answer. Costs of a year are as in the table `cost`: annuities and
    charges, undiscounted. `supplier_prices` and `indifference` are asked of the plan with decisions locked in, as
    `solve` does. `time_limit` is in seconds, for all that is solved.

    Raises: as `solve` does, and InputError if the folder of the answer has no table `cost`.
    """
    locked_in_case = lock_in(case, orders_from, until)
    answer = read_answer(orders_from, "solve", ["cost"]) if isinstance(orders_from, (str, Path)) else orders_from
    plan = solve(locked_in_case, supplier_prices=supplier_prices, indifference=indifference, progress=progress)
    progress("solving as if it had been known")
    known = solve(replace(case, locked_in=None), progress=progress)
    tables = {**plan.tables, "regret": _costs(answer, plan, known), "stranded": _stranded_table(plan, known, until)}
    return Regret(_summary(plan, known, answer.summary), tables, plan, known, answer.summary)


def _costs(answer: Answer, plan: Plan, known: Plan) -> pd.DataFrame:
    rows = []
    planned_costs, locked_in_costs, known_costs = (_cost_of_years(each) for each in (answer, plan, known))
    missing = {"signed_gap_usd": _gaps(plan), "known_gap_usd": _gaps(known)}
    for t in plan.case.report_years:
        planned = planned_costs.get(t, math.nan)
        rows.append(
            {
                "year": t,
                "planned_usd": planned,
                "signed_usd": locked_in_costs[t],
                "known_usd": known_costs[t],
                "extra_usd": locked_in_costs[t] - planned,
                "regret_usd": locked_in_costs[t] - known_costs[t],
            }
            | {name: gaps[t] for name, gaps in missing.items() if t in gaps}
        )
    return frame(result_schema.REGRET, rows)


def _cost_of_years(answer: Answer) -> dict[int, float]:
    costs: dict[int, float] = defaultdict(float)
    for row in records(answer.tables["cost"]):
        costs[row["year"]] += float(row["serving_usd"]) + float(row["research_usd"])
    return costs


def _gaps(plan: Plan) -> dict[int, float]:
    """Return the cash that is missing, by year; nothing of a case that does not count it."""
    gaps = {row["year"]: row.get("gap_usd", math.nan) for row in records(plan.economics)}
    return {t: usd for t, usd in gaps.items() if not math.isnan(usd)}


def stranded_capital(plan: Plan, until: int) -> dict[tuple[int, str, str], tuple[float, float]]:
    """Return the capital spent up to a year that stands idle in each reported year, by year, stage and what it is.

    What was added last is the first to idle. Each is in units of the stage and in the USD that were paid for them:

    - `expansion`: of each supplier and place min(capacity ordered up to `until` that is in service,
      limit - supplied), at the mean capex of those orders;
    - `accelerators`: of each accelerator min(units built up to `until` that are within their life, waiting + owned -
      operating), at what a unit cost when it was built: its components at the mean price of their suppliers, those
      that these suppliers need included, each under its stage, and the rest under `other`;
    - `store`: what is in store, up to what was bought by `until`, at the mean price of that;
    - `owed`: what contracts owe and nobody uses, whatever the year, in the last year of the term: the USD that are paid
      for it, and as many units as they buy at the mean price of the term.
    """
    totals: dict[tuple[int, str, str], tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for what, idle in (
        (EXPANSION, _idle_expansions),
        (ACCELERATORS, _idle_accelerators),
        (STORE, _idle_stores),
        (OWED, _owed),
    ):
        for t, s, amount, usd in idle(plan, until):
            units_and_usd = totals[t, s, what]
            totals[t, s, what] = units_and_usd[0] + amount, units_and_usd[1] + usd
    return dict(totals)


def _stranded_table(plan: Plan, known: Plan, until: int) -> pd.DataFrame:
    locked_in, known_capital = stranded_capital(plan, until), stranded_capital(known, until)
    units = {row["stage"]: row["unit"] for row in plan.case.tables["stages"]} | {OTHER: "accelerators"}
    order = {s: n for n, s in enumerate(sorted(units, key=lambda s: _position(plan, s)))}
    rows = []
    for key in sorted({*locked_in, *known_capital}, key=lambda key: (key[0], order[key[1]], key[2])):
        (amount, usd), (known_amount, known_usd) = (
            capital.get(key, (0.0, 0.0)) for capital in (locked_in, known_capital)
        )
        t, s, what = key
        rows.append(
            {
                "year": t,
                "stage": s,
                "what": what,
                "unit": units[s],
                "stranded": amount,
                "stranded_usd": usd,
                "known": known_amount,
                "known_usd": known_usd,
            }
        )
    return frame(result_schema.STRANDED, rows)


def _position(plan: Plan, s: str) -> tuple[float, str]:
    positions = [row["position"] for row in plan.case.tables["stages"] if row["stage"] == s]
    return (float(positions[0]) if positions else math.inf), s


def _idle_expansions(plan: Plan, until: int) -> Iterator[tuple[int, str, float, float]]:
    life = {(r["stage"], r["supplier"]): r["capacity_life_years"] for r in plan.case.tables["suppliers"]}
    orders: dict[tuple[str, str, str], list[dict[Any, Any]]] = defaultdict(list)
    for row in records(plan.orders):
        if row["order_year"] <= until:
            orders[row["stage"], row["supplier"], row["place"]].append(row)
    for row in records(plan.supply):
        s, k, t = row["stage"], row["supplier"], row["year"]
        alive = [o for o in orders[s, k, row["place"]] if in_service(o["online_year"], life[s, k], t)]
        added = math.fsum(o["amount"] for o in alive)
        idle = min(added, row["limit"] - row["supplied"])
        if idle > IDLE_ROUNDING * row["limit"]:
            yield t, s, idle, idle * math.fsum(o["capex_usd"] for o in alive) / added


def _idle_accelerators(plan: Plan, until: int) -> Iterator[tuple[int, str, float, float]]:
    life = {row["accelerator"]: row["life_years"] for row in plan.case.tables["accelerators"]}
    built = {(r["accelerator"], r["year"]): r["built"] for r in records(plan.builds) if r["year"] <= until}
    idle: dict[tuple[str, int], float] = defaultdict(float)
    owned: dict[tuple[str, int], float] = defaultdict(float)
    for row in records(plan.builds):
        idle[row["accelerator"], row["year"]] += row["warehouse"]
        owned[row["accelerator"], row["year"]] += row["warehouse"]
    for row in records(plan.installed_base):
        idle[row["accelerator"], row["year"]] += row["owned"] - row["operating"]
        owned[row["accelerator"], row["year"]] += row["owned"]
    paid = cache(_UnitCosts(plan).of)
    for (a, t), units in sorted(idle.items()):
        alive = {u: x for (b, u), x in built.items() if b == a and in_service(u, life[a], t) and x > 0}
        total = math.fsum(alive.values())
        if total <= 0 or units <= IDLE_ROUNDING * owned[a, t]:
            continue
        share = min(1.0, units / total)
        for u, x in alive.items():
            for s, (amount, usd) in paid(a, u).items():
                yield t, s, share * x * amount, share * x * usd


def _idle_stores(plan: Plan, until: int) -> Iterator[tuple[int, str, float, float]]:
    bought: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row in records(plan.supply):
        if row["year"] <= until:
            bought[row["stage"], row["place"]].append((row["supplied"], row["spent_usd"]))
    for row in records(plan.stages):
        amount, spent = (math.fsum(x) for x in zip(*bought[row["stage"], row["place"]], (0.0, 0.0), strict=True))
        kept = 0.0 if math.isnan(row["stored"]) else min(row["stored"], amount)
        if kept > IDLE_ROUNDING * amount:
            yield row["year"], row["stage"], kept, kept * spent / amount


def _owed(plan: Plan, _: int) -> Iterator[tuple[int, str, float, float]]:
    on, rows = structure(plan.case), records(plan.supply)
    offers = {(row["stage"], row["supplier"], row["place"], row["year"]): row for row in rows}
    for (s, k, p, first), last in on.terms.items():
        usd = offers.get((s, k, p, last), {}).get("unused_usd", 0.0)
        offered = [offers[s, k, p, t] for t in term(on, first, last) if (s, k, p, t) in offers]
        whole = math.fsum(row["price_usd"] * row["limit"] for row in offered)
        if usd > IDLE_ROUNDING * whole:
            yield last, s, usd * math.fsum(row["limit"] for row in offered) / whole, usd


class _UnitCosts:
    """What went into a unit of an accelerator, stage by stage, and what was paid for it."""

    def __init__(self, plan: Plan) -> None:
        tables, on = plan.case.tables, structure(plan.case)
        self._bill = [(r["accelerator"], r["stage"], r["quantity"]) for r in tables["bill_of_materials"]]
        self._bill = [entry for entry in self._bill if on.is_flow(entry[1])]
        quantity = numbers_of(plan.case, schema.TABLE["supplier_needs"])["need"]
        self._needs: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
        for (needed, _), needs in on.supply_needs.items():
            for (s, k, *rest), p in needs if on.is_flow(needed) else ():
                self._needs[s, k, p][needed] = quantity[s, k, *rest]
        self._sold: dict[str, dict[int, list[tuple[str, str, float, float]]]] = defaultdict(lambda: defaultdict(list))
        for row in records(plan.supply):
            if row["supplied"] > 0:
                sold = row["supplier"], row["place"], row["supplied"], row["spent_usd"]
                self._sold[row["stage"]][row["year"]].append(sold)
        self._other = plan.case.yearly("unit_costs", "other_cost_usd")
        self._passes_on = cache(self._needed_for)

    def of(self, a: str, u: int) -> Bought:
        """Return what is in a unit built in a year; of what came out of store, the last that was bought."""
        bill = {(s, u): quantity for b, s, quantity in self._bill if b == a}
        amounts = lp.through(bill, self._passes_on)
        paid = {s: (amount, amount * self._mean_price(s, u)) for (s, _), amount in amounts.items()}
        return {OTHER: (1.0, self._other[a,][u])} | paid

    def _bought(self, s: str, u: int) -> list[tuple[str, str, float, float]]:
        """Return who sold a stage in the last year, up to a year, in which anybody did: supplier, place, units, USD."""
        year = max((t for t in self._sold[s] if t <= u), default=None)
        return [] if year is None else self._sold[s][year]

    def _mean_price(self, s: str, u: int) -> float:
        bought = self._bought(s, u)
        return math.fsum(usd for *_, usd in bought) / math.fsum(x for _, _, x, _ in bought) if bought else 0.0

    def _needed_for(self, node: tuple[str, int]) -> dict[tuple[str, int], float]:
        """Return what the suppliers of a unit of a stage need for it, each by its share of what they sold."""
        s, u = node
        bought, needed = self._bought(s, u), defaultdict[tuple[str, int], float](float)
        total = math.fsum(x for _, _, x, _ in bought)
        for k, p, x, _ in bought:
            for n, quantity in self._needs[s, k, p].items():
                needed[n, u] += quantity * x / total
        return needed
