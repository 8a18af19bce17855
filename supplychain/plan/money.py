"""Tables of money: the cost of each year, whom it serves, and the cash that was spent.

The cost of year t is what the annuities and yearly charges come to in t, undiscounted. Purchases are passed on to the
accelerators that use them, and each accelerator's cost to what it is busy with.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from supplychain import lp, units
from supplychain.case.calendar import capital_recovery_factor, compounding_factor, online_year, service_years
from supplychain.model.cash import unused
from supplychain.model.cost import (
    components,
    orders,
    paid,
    spent,
    systems,
    token_earning,
    token_value,
    tokens_worth,
)
from supplychain.model.earnings import charge
from supplychain.model.labels import Var
from supplychain.model.observable import OTHER, memory_share
from supplychain.model.service import served, working
from supplychain.model.supply import ACCELERATOR, SUPPLIER
from supplychain.results import schema
from supplychain.results.frames import frame
from supplychain.schema import ALL, GLOBAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    import pandas as pd

    from supplychain.plan.solved import Solved

OPEX, SHORTFALL, OPENING_FLEET, UNUSED = "opex", "shortfall", "opening fleet", "unused"
RESEARCH = ""
"""Stands for research among the workloads."""
_IDLE = ""
"""Stands for no accelerator among the accelerators."""

Shares = dict[str, float]
Key = TypeVar("Key")
Node: TypeAlias = "tuple[str, str, int, int] | str"
"""What was bought of a stage at a place in one year, as it serves in another; or an accelerator, where that ends."""


class Ledger:
    """Every dollar of every year: booked under an item, for a workload or for research.

    `cost[t, item, workload]` in USD; research is the blank workload. `charged[t, accelerator]` is the same by the
    accelerator that it was booked through.
    """

    def __init__(self, solved: Solved) -> None:
        self._solved = solved
        self._rate = solved.case.settings.discount_rate
        self.cost: dict[tuple[int, str, str], float] = defaultdict(float)
        self.charged: dict[tuple[int, str], float] = defaultdict(float)
        self._book_stages()
        self._book_accelerators()
        self._book_shortfalls()
        self._book_unused()

    def serving(self, workload: str, t: int) -> float:
        """Return all that is booked for a workload in a year; for research, under its blank name."""
        return math.fsum(usd for (u, _, w), usd in self.cost.items() if (u, w) == (t, workload))

    def _annuity(self, year: int, life: int) -> tuple[float, list[int]]:
        years = [t for t in service_years(year, life) if t in self._solved.case.years]
        return capital_recovery_factor(life, self._rate), years

    def _book(self, t: int, item: str, usd: float, users: Mapping[str, float]) -> None:
        """Book an amount, split over accelerators by the given shares and over workloads by what each is busy with."""
        if usd == 0:
            return
        for a, share in users.items():
            self.charged[t, a] += usd * share
            for w, part in self._busy[a, t].items() if (a, t) in self._busy else self._fleet[t].items():
                self.cost[t, item, w] += usd * share * part

    @cached_property
    def _busy(self) -> dict[tuple[str, int], Shares]:
        on = self._solved.on
        work = {(a, t): self._solved.busy(a, t) for a in on.accelerators for t in on.years}
        return {(a, t): _normal(years) for (a, t), years in work.items() if years}

    @cached_property
    def _fleet(self) -> dict[int, Shares]:
        """How the whole fleet is split in each year, by busy H100-equivalent years; an idle fleet counts as serving."""
        on, h100e = self._solved.on, self._solved.n["h100e"]
        split = {}
        for t in on.years:
            years: Shares = defaultdict(float)
            for a in on.accelerators:
                for w, busy in self._solved.busy(a, t).items():
                    years[w] += busy * h100e[a]
            split[t] = _normal(years) or dict.fromkeys(on.workloads, 1 / len(on.workloads))
        return split

    def _book_stages(self) -> None:
        """Book what stages cost, added capacity under the stage that was expanded, to whom it serves in the end."""
        spent: dict[tuple[int, str], dict[Node, float]] = defaultdict(lambda: defaultdict(float))
        for s, p, v, t, usd in chain(self._purchases(), self._expansions()):
            spent[t, s][s, p, v, t] += usd
        passes_on = cache(self._passes_on)
        for (t, s), start in spent.items():
            for node, usd in lp.through(start, passes_on).items():
                if isinstance(node, str):
                    self._book(t, s, usd, {node: 1.0})

    def _purchases(self) -> Iterator[tuple[str, str, int, int, float]]:
        """Yield what flow stages cost over the years of their annuity, and what stock stages charge each year.

        Each is stage, place, year of the purchase, year of the cost, USD.
        """
        m, on = self._solved.m, self._solved.on
        for (s, p), suppliers in on.suppliers.items():
            for v in on.years:
                usd = math.fsum(paid(m, s, k, p, v) for k in suppliers)
                if usd and on.is_flow(s):
                    factor, years = self._annuity(v, on.cost_life(s))
                    yield from ((s, p, v, t, factor * usd) for t in years)
                elif usd:
                    yield s, p, v, v, usd

    def _expansions(self) -> Iterator[tuple[str, str, int, int, float]]:
        """Yield what added capacity costs, from the year in which it comes online: as what is bought in that year."""
        on = self._solved.on
        for (s, k, p, u), amount in self._solved.x[Var.EXPAND].items():
            lead = on.lead[s, k, p, u]
            factor, years = self._annuity(online_year(u, lead), on.capacity_life[s, k])
            ordered = amount * self._solved.n["capex_usd_per_unit"][s, k, p, u]
            usd = ordered * compounding_factor(lead, self._rate)
            yield from ((s, p, t, t, factor * usd) for t in (years if usd else ()))

    def _book_accelerators(self) -> None:
        """Book the rest of what accelerators cost to buy, their upkeep, and the annuity of the opening fleet."""
        solved, on = self._solved, self._solved.on
        for (a, v), built in solved.x[Var.BUILD].items():
            factor, years = self._annuity(v, on.life(a))
            for t in years:
                self._book(t, OTHER, factor * built * solved.n["other_cost_usd"][a, v], {a: 1.0})
        for (a, _, t), operating in solved.x[Var.OPERATE].items():
            self._book(t, OPEX, operating * solved.n["opex_usd_per_year"][a], {a: 1.0})
        for row in solved.case.tables["fleet"]:
            a, installed = row["accelerator"], row["installed_year"]
            factor, years = self._annuity(installed, on.life(a))
            for t in years:
                usd = row["units"] * row["unit_cost_usd"]
                self._book(t, OPENING_FLEET, factor * usd, {a: 1.0})

    def _book_shortfalls(self) -> None:
        for (c, t), short in self._solved.x[Var.SHORTFALL].items():
            self._book(t, SHORTFALL, short * self._solved.n["shortfall_usd_per_unit"][c, t], {_IDLE: 1.0})

    def _book_unused(self) -> None:
        """Book what is owed and not used as the objective charges it: of a flow it is an annuity, of a stock not."""
        on = self._solved.on
        for index, end in on.terms.items():
            usd = self._solved.x[Var.UNUSED][*index, end]
            factor, years = self._annuity(end, on.cost_life(index[0])) if on.is_flow(index[0]) else (1.0, [end])
            for t in years:
                self._book(t, UNUSED, factor * usd, {_IDLE: 1.0})

    def _passes_on(self, node: Node) -> Mapping[Node, float]:
        """Return, by shares, whom what was bought in year v serves in year t; where nobody uses it, no accelerator."""
        if isinstance(node, str):
            return {}
        s, p, v, t = node
        on, amounts = self._solved.on, defaultdict[Node, float](float)
        for (kind, *names), amount in self._solved.uses[s, p, v].items():
            if kind == ACCELERATOR:
                amounts[names[0]] += amount
                continue
            stage, _, place = names
            year = v if kind == SUPPLIER and on.is_flow(s) else t
            amounts[stage, GLOBAL if on.is_global(stage) else place, year, t] += amount
        return _normal(amounts) or {_IDLE: 1.0}


def _normal(parts: Mapping[Key, float]) -> dict[Key, float]:
    total = math.fsum(parts.values())
    return {name: part / total for name, part in parts.items()} if total > 0 else {}


def cost(solved: Solved, ledger: Ledger) -> pd.DataFrame:
    """Annuities and charges of each year by item, for serving and for research."""
    rows: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (t, item, w), usd in sorted(ledger.cost.items()):
        rows[t, item][w == RESEARCH] += usd
    return frame(
        schema.COST,
        [
            {"year": t, "item": item, "serving_usd": serving, "research_usd": research}
            for (t, item), (serving, research) in sorted(rows.items())
            if t in solved.case.report_years
        ],
    )


def cash(solved: Solved) -> dict[tuple[int, str], float]:
    """Return the cash spent on components, systems and expansions, by year and item."""
    spent: dict[tuple[int, str], float] = defaultdict(float)
    for t in solved.case.report_years:
        for s, usd in chain(components(solved.m, t), orders(solved.m, t)):
            spent[t, s] += usd
        for _, usd in systems(solved.m, t):
            spent[t, OTHER] += usd
    return {key: usd for key, usd in sorted(spent.items()) if usd}


def capital(solved: Solved) -> pd.DataFrame:
    """Cash spent, by year and item."""
    rows = [{"year": t, "item": item, "usd": usd} for (t, item), usd in cash(solved).items()]
    return frame(schema.CAPITAL, rows)


def per_mtok(solved: Solved, ledger: Ledger, workloads: Collection[str], t: int) -> float:
    """Return the average cost of serving some workloads [USD per 10^6 tokens]; not a number if none is served."""
    serving = math.fsum(ledger.serving(w, t) for w in workloads)
    return over(serving, math.fsum(served(solved.m, w, t) * units.MTOK_PER_TTOK for w in workloads))


def per_hour(solved: Solved, ledger: Ledger, accelerators: Collection[str], t: int) -> float:
    """Return what accelerators are charged for an hour in which they operate [USD]; not a number if none does."""
    places = [(a, r) for a in accelerators for r in solved.on.regions if (a, r, t) in solved.m.operate]
    hours = units.HOURS_PER_YEAR * math.fsum(working(solved.m, a, r, t) for a, r in places)
    return over(math.fsum(ledger.charged[t, a] for a in accelerators), hours)


def token_cost(solved: Solved, ledger: Ledger, marginal: Mapping[tuple[str, int], float]) -> pd.DataFrame:
    """Cost per million tokens by workload: average, with all cost on tokens, and of one more."""
    rows: list[dict[str, object]] = []
    for t in solved.case.report_years:
        cost_of = {w: ledger.serving(w, t) for w in (*solved.on.workloads, RESEARCH)}
        serving = math.fsum(cost_of[w] for w in solved.on.workloads)
        all_cost = serving + cost_of[RESEARCH]
        mtok = {w: served(solved.m, w, t) * units.MTOK_PER_TTOK for w in solved.on.workloads}
        for w in sorted(solved.on.workloads):
            average = per_mtok(solved, ledger, [w], t)
            rows.append(
                {
                    "year": t,
                    "workload": w,
                    "average_usd_per_mtok": average,
                    "fully_loaded_usd_per_mtok": average * over(all_cost, serving),
                    "marginal_usd_per_mtok": marginal.get((w, t), math.nan),
                }
            )
        total = math.fsum(mtok.values())
        mean = math.fsum(mtok[w] * marginal[w, t] for w in solved.on.workloads if mtok[w] > 0)
        rows.append(
            {
                "year": t,
                "workload": ALL,
                "average_usd_per_mtok": per_mtok(solved, ledger, solved.on.workloads, t),
                "fully_loaded_usd_per_mtok": over(all_cost, total),
                "marginal_usd_per_mtok": over(mean, total),
            }
        )
    return frame(schema.TOKEN_COST, rows, sort=schema.TOKEN_COST.key)


def economics(solved: Solved, ledger: Ledger, worth_of_a_dollar: Mapping[int, float]) -> pd.DataFrame:
    """What tokens are worth at the value of their tiers, what they cost, and what was spent; the books of an owner.

    `worth_of_a_dollar` says by year what a dollar more raised gains.
    """
    spent = cash(solved)
    rows = []
    for t in solved.case.report_years:
        value = tokens_worth(solved.m, t)
        serving = math.fsum(x for (u, _, w), x in ledger.cost.items() if u == t and w != RESEARCH)
        research = math.fsum(x for (u, _, w), x in ledger.cost.items() if u == t and w == RESEARCH)
        total = math.fsum(usd for (u, _), usd in spent.items() if u == t)
        rows.append(
            {
                "year": t,
                "token_value_usd": value,
                "serving_cost_usd": serving,
                "research_cost_usd": research,
                "gross_margin": over(value - serving, value),
                "capital_usd": total,
                "capital_per_token_value": over(total, value),
                "memory_share_of_hardware": over(*memory_share(solved.m, t)),
            }
            | books(solved, ledger, t)
            | ({"gain_usd_per_usd": worth_of_a_dollar[t]} if t in solved.on.cash else {})
        )
    return frame(schema.ECONOMICS, rows)


def books(solved: Solved, ledger: Ledger, t: int) -> dict[str, float]:
    """Return the books of a year of an owner who charges prices; nothing if none are charged."""
    m, on = solved.m, solved.on
    if not on.priced:
        return {}
    tiers = [index for index in on.serve if index[-1] == t and index[0] in on.priced]
    revenue = math.fsum(charge(m, index[0], t) * m.serve[index] for index in tiers)
    kept = math.fsum(token_earning(m, *index) * m.serve[index] for index in tiers)
    value = math.fsum(token_value(m, *index) * m.serve[index] for index in tiers)
    of_year = {(item, w): usd for (u, item, w), usd in ledger.cost.items() if u == t}
    serving = math.fsum(usd for (item, w), usd in of_year.items() if w in on.priced and item != UNUSED)
    all_cost = math.fsum(of_year.values())
    fixed = m.fixed_cost_usd[t] if t in on.cash else 0.0
    return {
        "revenue_usd": revenue,
        "kept_usd": kept,
        "users_surplus_usd": value - revenue,
        "gross_margin_of_revenue": over(revenue - serving, revenue),
        "gross_margin_of_kept": over(kept - serving, kept),
        "unused_usd": float(unused(m, t)),
        "operating_usd": kept - all_cost - fixed,
        "compute_share_of_cost": over(all_cost, all_cost + fixed),
        "capital_per_revenue": over(float(spent(m, t)), revenue),
    } | (_of_cash(solved, t) if t in on.cash else {})


def _of_cash(solved: Solved, t: int) -> dict[str, float]:
    m = solved.m
    return {
        "fixed_cost_usd": m.fixed_cost_usd[t],
        "raised_usd": m.raised_usd[t],
        "gap_usd": m.gap[t],
        "cash_usd": m.cash[t],
    }


def over(amount: float, by: float) -> float:
    """Return one amount over another; not a number where that is nothing."""
    return amount / by if by > 0 else math.nan
