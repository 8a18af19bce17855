"""Hard requirements stated a second time: reliefs, and what may give way, beside the columns of `reference`.

It shares no code with the package either: prices and rows are worked out from the tables alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from reference import GLOBAL, MTOK_PER_TTOK, Label, Statement, Terms
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reference import Numbers, Site

RELIEF, SHORT, RAMP, BUILD, STAGE, BUDGET = "relief", "short", "ramp more", "build more", "stage more", "budget more"


@dataclass
class Serving:
    """A case that has to serve something: tokens by workload (None: all) and year, beside what it serves already."""

    state: Callable[[], Statement]
    """States the LP of the case."""
    required: Mapping[tuple[str | None, int], float]
    tokens: Mapping[tuple[str, int], float]
    research: Mapping[int, float]
    shortfalls: Mapping[tuple[str, int], float]
    caps: Mapping[int, float] = field(default_factory=dict)
    factor: float | None = None

    @cached_property
    def last(self) -> int:
        return max([*self.caps, *(t for _, t in self.required)])

    @cached_property
    def lp(self) -> Statement:
        """Least spending; `relief_cost` and `price` say what reliefs cost, and what gives way."""
        lp = self.state()
        lp.cost = {label: 0.0 if label[0] in {"serve", "research"} else usd for label, usd in lp.cost.items()}
        lp.constant = 0.0
        for (w, t), tokens in self.tokens.items():
            put(lp, ("kept", w, t), {x: -1.0 for x in lp.columns("serve") if (x[1], x[3]) == (w, t)}, -tokens)
        for t, done in self.research.items():
            put(lp, ("kept research", t), {x: -1.0 for x in lp.columns("research") if x[2] == t}, -done)
        for (c, t), short in self.shortfalls.items():
            put(lp, ("kept promise", c, t), {("shortfall", c, t): 1.0}, short)
        for t, usd in self.caps.items():
            put(lp, ("budget", t), dict(cash(lp, t)), usd)
        for label, usd, rows in self.reliefs(lp):
            lp.cost[label] = usd
            for row, entry in rows.items():
                lp.rows.setdefault(row, {})[label] = lp.rows.get(row, {}).get(label, 0.0) + entry
                lp.rhs.setdefault(row, 0.0)
        for label, _, rows in self.gives_way(lp):
            lp.cost[label] = 0.0
            for row, entry in rows.items():
                lp.rows[row][label] = entry
            put(lp, ("no more", *label), {label: 1.0}, 0.0)
        for (w, t), amount in self.required.items():
            terms = {x: -1.0 for x in lp.columns("serve") if x[3] == t and w in {None, x[1]}}
            put(lp, ("required", w or "", t), terms | {(SHORT, w or "", t): -1.0}, -amount)
        return lp

    @cached_property
    def numbers(self) -> Numbers:
        return self.state().numbers

    def dearest(self, s: str, t: int) -> float:
        """The dearest price of a stage; of one that is a share of others, theirs."""
        n = self.numbers
        own = max((n.price.price(site, t) for site in n.sites if site[0] == s), default=0.0)
        pools = [pool for stage, _, pool in n.allocations if stage == s]
        return own or max((self.dearest(pool, t) for pool in pools), default=0.0)

    def counted(self, s: str, t: int) -> float:
        n = self.numbers
        return n.pvf(t, n.cost_life(s)) if n.is_flow(s) else n.delta(t)

    @cached_property
    def with_capacity(self) -> set[Site]:
        return {(r["stage"], r["supplier"], r["place"]) for r in self.numbers.tables["capacity"]}

    def rises(self, site: Site, t: int) -> dict[Label, float]:
        """How much each limit rises with one of them."""
        n = self.numbers

        def rise(other: Site) -> float:
            if other == site:
                return 1.0
            return math.fsum(share * rise(source) for share, source in n.draws.get((*other, t), []))

        return {("supply_limit", *other, t): rise(other) for other in n.sites if rise(other)}

    def reliefs(self, lp: Statement) -> Iterator[tuple[Label, float, Terms]]:
        """Column, discounted cost and rows of each relief."""
        of_site = self._for_a_year if self.factor is not None else self._like_an_option
        for site in sorted(self.with_capacity):
            yield from of_site(lp, *site)

    def _for_a_year(self, lp: Statement, s: str, k: str, p: str) -> Iterator[tuple[Label, float, Terms]]:
        n, factor = self.numbers, self.factor or 0.0
        for t in range(n.first, self.last + 1):
            usd = factor * self.dearest(s, t)
            rows: Terms = {row: -rise for row, rise in self.rises((s, k, p), t).items()}
            if n.is_flow(s) and ("budget", t) in lp.rows:
                rows["budget", t] = usd
            if ("cash_balance", t) in lp.rows:
                rows["cash_balance", t] = usd
            if usd > 0:
                yield (RELIEF, s, k, p, t), usd * self.counted(s, t), rows

    def _like_an_option(self, lp: Statement, s: str, k: str, p: str) -> Iterator[tuple[Label, float, Terms]]:
        n = self.numbers
        rows_of = [r for r in n.tables["expansion"] if r["stage"] == s and int(r["year"]) in n.years]
        options = [r for r in rows_of if float(r["capex_usd_per_unit"]) > 0]
        options = [r for r in options if r["place"] == p] or options
        if not options:
            return
        best = max(
            options, key=lambda r: (float(r["capex_usd_per_unit"]), int(r["lead_years"]), r["supplier"], r["place"])
        )
        usd, lead = float(best["capex_usd_per_unit"]), int(best["lead_years"])
        lives = {(r["stage"], r["supplier"]): r["capacity_life_years"] for r in n.tables["suppliers"]}
        life = int(lives[s, k] or lives[s, best["supplier"]])
        for t in range(n.first, self.last + 1):
            rows: Terms = defaultdict(float)
            for u in range(t, min(t + life, n.last + 1)):
                for row, rise in self.rises((s, k, p), u).items():
                    rows[row] -= rise
            for needed, quantity in n.needs.get(("expansion", s, k, p), {}).items():
                place = GLOBAL if n.stages[needed]["scope"] == GLOBAL else p
                rows["stage_balance", needed, place, t] += quantity
            for row in ("budget", "cash_balance"):
                paid = (row, max(n.first, t - lead))
                if paid in lp.rows:
                    rows[paid] += usd
            yield (RELIEF, s, k, p, t), n.pvf(t, life) * (1 + n.rate) ** lead * usd, dict(rows)

    def gives_way(self, lp: Statement) -> Iterator[tuple[Label, float, Terms]]:
        """Column, discounted price and rows of what may give way; of a requirement its row says it."""
        n = self.numbers
        for w, t in self.required:
            tiers = [(v, j) for v, j in n.demand.given if w in {None, v}]
            values = [n.earned(*tier, t) for tier in tiers if self.last_served.get((*tier, t), 0.0) > 0]
            is_open = [tier for tier in tiers if (*tier, t) not in n.priced_out]
            asked = [n.earned(*tier, t) for tier in is_open if n.demand.quantity(tier, t) > 0]
            value = min(values) if values else max(asked, default=0.0)
            yield (SHORT, w or "", t), n.delta(t) * value * MTOK_PER_TTOK, {}
        for row in [row for row in lp.rows if row[0] == "budget"]:
            yield (BUDGET, row[1]), n.delta(int(row[1])), {row: -1.0}
        for kind, name in ((RAMP, "ramp"), (BUILD, "build_limit")):
            for row in [row for row in lp.rows if row[0] == name and int(row[2]) <= self.last]:
                yield (kind, *row[1:]), self.system(str(row[1]), int(row[2])), {row: -1.0}
        relieved = {label[1:4] for label, *_ in self.reliefs(lp)}
        for s, k, p in n.sites:
            if (s, k, p) not in relieved:
                for t in range(n.first, self.last + 1):
                    rows = {row: -rise for row, rise in self.rises((s, k, p), t).items()}
                    yield (STAGE, s, k, p, t), self.dearest(s, t) * self.counted(s, t), rows

    last_served: Mapping[tuple[str, str, int], float] = field(default_factory=dict)
    """Tokens by workload, tier and year."""

    def system(self, a: str, t: int) -> float:
        """What a unit of an accelerator costs with all that goes into it, discounted."""
        n = self.numbers
        life = next(x.life for x in n.accelerators if x.name == a)
        flows = {s: q for s, q in n.bom[a].items() if n.is_flow(s)}
        parts = math.fsum(q * self.dearest(s, t) * self.counted(s, t) for s, q in flows.items())
        return n.pvf(t, life) * n.other_cost.price((a,), t) + parts

    @cached_property
    def relief_cost(self) -> Terms:
        """What reliefs cost, as an objective."""
        return {label: usd if label[0] == RELIEF else 0.0 for label, usd in self.lp.cost.items()}

    @cached_property
    def price(self) -> Terms:
        """What gives way costs, as an objective."""
        prices = dict.fromkeys(self.lp.cost, 0.0)
        return prices | {label: usd for label, usd, _ in self.gives_way(self.lp)}

    def least(self, cost: Terms, at_most: Mapping[str, tuple[Terms, float]], *, gives_way: bool = False) -> float:
        """The least of an objective, where others are at most so much.

        Raises UnsolvedError if no plan meets what is required.
        """
        lp = Statement(self.numbers)
        lp.cost, lp.rows, lp.rhs = cost, dict(self.lp.rows), dict(self.lp.rhs)
        lp.equalities = self.lp.equalities
        if gives_way:
            lp.rows = {row: terms for row, terms in lp.rows.items() if row[0] != "no more"}
        for name, (of, most) in at_most.items():
            terms = {label: usd for label, usd in of.items() if usd}
            if terms:
                put(lp, ("at most", name), terms, most)
        return lp.solve().objective_usd

    def least_by_switches(self, cost: Terms) -> float:
        """The same as a mixed-integer program: each relief is on or off, and none may be had that is off."""
        lp, columns = self.lp, list(self.lp.cost)
        switches = [x for x in columns if x[0] == RELIEF]
        size = len(columns)
        matrix = np.zeros((len(lp.rows) + len(switches), size + len(switches)))
        matrix[: len(lp.rows), :size] = lp.matrix.toarray()
        most = 1e7
        for n, label in enumerate(switches):
            matrix[len(lp.rows) + n, columns.index(label)] = 1.0
            matrix[len(lp.rows) + n, size + n] = -most
        upper = np.array([*lp.rhs.values(), *([0.0] * len(switches))])
        lower = np.array(
            [lp.rhs[row] if row in lp.equalities else -np.inf for row in lp.rows] + [-np.inf] * len(switches)
        )
        bounds = Bounds(np.zeros(matrix.shape[1]), np.array([np.inf] * size + [1.0] * len(switches)))
        objective = np.array([*(cost[label] for label in columns), *([0.0] * len(switches))])
        scale = np.abs(objective).max() or 1.0
        found = milp(
            objective / scale,
            constraints=LinearConstraint(matrix, lower, upper),
            bounds=bounds,
            integrality=np.array([0] * size + [1] * len(switches)),
        )
        assert found.status == 0, found.message
        return float(found.fun) * scale


def cash(lp: Statement, t: int) -> Iterator[tuple[Label, float]]:
    """What a budget counts."""
    n = lp.numbers
    for s, k, p in n.sites:
        if n.is_flow(s):
            yield ("supply", s, k, p, t), n.price.price((s, k, p), t)
    for a in n.accelerators:
        if ("build", a.name, t) in lp.cost:
            yield ("build", a.name, t), n.other_cost.price((a.name,), t)
    for order in n.orders:
        if order.year == t:
            yield order.column, order.capex_usd


def put(lp: Statement, label: Label, terms: Terms, rhs: float) -> None:
    """Put a row in the place of one of that name."""
    lp.rows[label], lp.rhs[label] = {x: c for x, c in terms.items() if c}, rhs
