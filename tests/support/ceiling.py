"""How many published numbers some plan could meet at once: the quantities of `observed.csv` stated a second time, over
the independent statement of the LP, and a mixed-integer program that leaves out as few of them as it can.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from reference import (
    GLOBAL,
    Label,
    Numbers,
    Site,
    Statement,
    Terms,
    UnsolvedError,
    _equilibrate,
    _middle,
    used_by_suppliers,
    used_by_units,
)
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, diags_array, hstack, vstack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reference import Floats

SUM, ALL = " + ", "all"
MOST_OUTSIDE = 1e4
"""Half widths by which a number that is left out may be missed, where plans may miss it by any."""

ROOM = 1e-6
"""Half widths by which a range that is met may be missed."""


class Part(NamedTuple):
    """A linear expression over labelled columns."""

    terms: Terms
    constant: float = 0.0


@dataclass(frozen=True)
class Number:
    """A published number: one expression over another, and its range, of which a bound has one end."""

    over: Part
    under: Part
    low: float
    high: float
    size: float = 1.0
    """What it is over in some plan: a ratio is missed by as many half widths as if it were over that."""

    def sides(self) -> Iterable[tuple[Terms, float]]:
        """Both sides of the range, each as terms <= constant, in half widths."""
        end = self.high if math.isfinite(self.high) else self.low
        width = self.high - self.low
        unit = self.size * ((width / 2 if math.isfinite(width) else 0.0) or abs(end) or 1.0)
        for sign, bound in ((-1.0, self.low), (1.0, self.high)):
            if math.isinf(bound):
                yield {}, math.inf
                continue
            terms: Terms = defaultdict(float)
            for part, factor in ((self.over, sign / unit), (self.under, -sign * bound / unit)):
                for column, coefficient in part.terms.items():
                    terms[column] += factor * coefficient
            constant = sign * (self.over.constant - bound * self.under.constant) / unit
            yield {column: c for column, c in terms.items() if c}, -constant


def is_linear(row: Mapping[str, Any]) -> bool:
    """Whether a row of `observed.csv` is one linear expression over another: costs that are shared out are not."""
    return row["quantity"] in _QUANTITIES


def number(lp: Statement, row: Mapping[str, Any], plan: Mapping[Label, float]) -> Number:
    """A row of `observed.csv`, over the columns of the statement, of which some plan is known."""
    n, t = lp.numbers, int(row["year"])
    items = set(str(row["item"]).split(SUM))
    over, under = _QUANTITIES[str(row["quantity"])](lp, n, items, t)
    known = [Part({x: c for x, c in part.terms.items() if x in lp.cost}, part.constant) for part in (over, under)]
    size = known[1].constant + math.fsum(c * plan[x] for x, c in known[1].terms.items())
    low, high = float(row["low"]), float(row["high"])
    return Number(
        known[0], known[1], -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high, size
    )


ONE = Part({}, 1.0)


def _units(_: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    named = [a for a in n.accelerators if items & {ALL, a.name, a.family, a.vendor}]
    return Part({("build", a.name, t): 1.0 for a in named}), ONE


def _installed(_: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    named = [a for a in n.accelerators if items & {ALL, a.name, a.family, a.vendor}]
    terms: Terms = {
        ("install", a.name, r, u): a.h100e
        for a in named
        for r in n.regions
        for u in range(max(n.first, t - a.life + 1), t + 1)
    }
    return Part(terms, math.fsum(a.h100e * n.fleet.get((a.name, r, t), 0.0) for a in named for r in n.regions)), ONE


def _bought(lp: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    named = [a for a in n.accelerators if items & {ALL, a.name, a.family, a.vendor}]
    return Part({("build", a.name, t): bill(lp, n, a.name, t) for a in named}), ONE


def bill(lp: Statement, n: Numbers, a: str, t: int) -> float:
    """What one accelerator costs its buyer: each component from where it is cheapest, all that is needed counted."""

    def can_have(site: Site) -> bool:
        limit, most = lp.limits[*site, t], {order.column: order.most for order in n.orders}
        return limit.fixed + math.fsum(x * most[column] for column, x in limit.terms.items()) > 0

    def cost(s: str, p: str) -> float:
        sites = [site for site in n.sites if site[0] == s and site[2] == p]
        some = [site for site in sites if can_have(site)] or sites
        return min((of_site(site) for site in some), default=0.0)

    def of_site(site: Site) -> float:
        needs = n.needs.get(("supply", *site), {})
        where = {x: GLOBAL if n.stages[x]["scope"] == GLOBAL else site[2] for x in needs}
        return n.price.price(site, t) + math.fsum(quantity * cost(x, where[x]) for x, quantity in needs.items())

    flows = {s: quantity for s, quantity in n.bom[a].items() if n.is_flow(s)}
    return n.other_cost.price((a,), t) + math.fsum(quantity * cost(s, GLOBAL) for s, quantity in flows.items())


def _use(n: Numbers, items: set[str], t: int) -> Part:
    terms: Terms = defaultdict(float)
    for s, _, u, quantity, column in (*used_by_units(n), *used_by_suppliers(n)):
        if s in items and u == t:
            terms[column] += quantity
    return Part(terms)


def _used(_: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    return _use(n, items, t), ONE


def _used_share(lp: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    terms: Terms = defaultdict(float)
    limits = [lp.limits[s, k, p, t] for s, k, p in n.sites if s in items]
    for limit in limits:
        for column, coefficient in limit.terms.items():
            terms[column] += coefficient
    return _use(n, items, t), Part(terms, math.fsum(limit.fixed for limit in limits))


def _spending(_: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    return Part({("supply", *site, t): n.price.price(site, t) for site in n.sites if site[0] in items}), ONE


def _tokens(_: Statement, n: Numbers, items: set[str], t: int) -> tuple[Part, Part]:
    return Part({("serve", w, j, t): 1.0 for w, j in n.demand.given if items & {ALL, w}}), ONE


def _hardware(n: Numbers, t: int, group: str = "") -> Part:
    """What is paid for the components of accelerators, of a group or of all; with all goes the rest of their price."""
    parts = {s for bom in n.bom.values() for s in bom}
    for _ in n.stages:
        parts |= {x for (basis, s, *_), needs in n.needs.items() if basis == "supply" and s in parts for x in needs}
    sites = [site for site in n.sites if site[0] in parts and n.is_flow(site[0])]
    kept = [site for site in sites if not group or n.stages[site[0]]["group"] == group]
    terms: Terms = {("supply", *site, t): n.price.price(site, t) for site in kept}
    if not group:
        terms |= {("build", a.name, t): n.other_cost.price((a.name,), t) for a in n.accelerators}
    return Part(terms)


_QUANTITIES = {
    "units_built": _units,
    "installed_h100e": _installed,
    "accelerator_spending": _bought,
    "stage_used": _used,
    "stage_used_share": _used_share,
    "stage_spending": _spending,
    "tokens_served": _tokens,
    "capital_spending": lambda _, n, __, t: (_hardware(n, t), ONE),
    "memory_share": lambda _, n, __, t: (_hardware(n, t, "memory"), _hardware(n, t)),
}


@dataclass(frozen=True)
class Ceiling:
    """Which numbers a plan was found to meet at once, and how many none can exceed."""

    met: tuple[int, ...]
    at_most: int


class Plans:
    """All plans of a statement that buy no more than they use or store, with some rows left out.

    They are in units in which numbers are near 1.
    """

    def __init__(self, lp: Statement, numbers: Sequence[Number], dropped: Collection[Label] = ()) -> None:
        kept = np.array([label not in dropped for label in lp.rows])
        labels = [label for label in lp.rows if label not in dropped]
        rhs = np.array([lp.rhs[label] for label in labels])
        equal = np.array([label in lp.equalities or label[0] == "stage_balance" for label in labels], dtype=bool)
        row_unit, column_unit = _equilibrate(lp.matrix[kept])
        size = _middle(rhs * row_unit)
        matrix = diags_array(row_unit) @ lp.matrix[kept] @ diags_array(column_unit)
        self.rows, self.upper = csr_array(matrix), rhs * row_unit / size
        self.lower = np.where(equal, self.upper, -np.inf)
        position: dict[Label, int] = {column: j for j, column in enumerate(lp.cost)}
        sides = [side for one in numbers for side in one.sides()]
        entries = [(k, position[x], c) for k, (terms, _) in enumerate(sides) for x, c in terms.items() if c]
        i, j, coefficients = zip(*entries, strict=True) if entries else ((), (), ())
        self.sides = csr_array((coefficients, (i, j)), shape=(len(sides), len(position))) @ diags_array(
            column_unit * size
        )
        self.constants = np.array([constant for _, constant in sides])

    def furthest(self, k: int) -> float:
        """By how many half widths any plan misses a side at most."""
        found = self._solve(-self.sides[[k]].toarray()[0], [])
        return MOST_OUTSIDE if found.x is None else max(0.0, -found.fun - self.constants[k])

    def meets(self, chosen: Sequence[int]) -> bool:
        """Whether one plan meets both sides of all of these numbers."""
        return self.keeps([k for n in chosen for k in (2 * n, 2 * n + 1)])

    def keeps(self, sides: Sequence[int]) -> bool:
        """Whether one plan keeps some sides: at least `low` is 2 n, at most `high` is 2 n + 1."""
        return self._solve(np.zeros(self.rows.shape[1]), sides).status == 0

    def _solve(self, cost: Floats, sides: Sequence[int]) -> Any:  # noqa: ANN401 - scipy's own result
        rows = vstack([self.rows, self.sides[list(sides)]])
        lower = np.concatenate([self.lower, np.full(len(sides), -np.inf)])
        constants = self.constants[list(sides)]
        upper = np.concatenate([self.upper, constants + ROOM])
        return milp(cost, constraints=LinearConstraint(csr_array(rows), lower, upper), bounds=Bounds(0, np.inf))

    def most_at_once(self, seconds: float) -> Ceiling:
        """The largest number of ranges that one plan meets.

        Raises UnsolvedError if no plan is found in the time, or what is found does not hold.
        """
        (height, width), count = self.rows.shape, len(self.constants) // 2
        far = np.array([1.01 * self.furthest(k) for k in range(2 * count)])
        left_out = csr_array((-far, (np.arange(2 * count), np.repeat(np.arange(count), 2))), shape=(2 * count, count))
        whole = vstack([hstack([self.rows, csr_array((height, count))]), hstack([self.sides, left_out])])
        found = milp(
            np.concatenate([np.zeros(width), np.ones(count)]),
            constraints=LinearConstraint(
                csr_array(whole),
                np.concatenate([self.lower, np.full(2 * count, -np.inf)]),
                np.concatenate([self.upper, self.constants]),
            ),
            integrality=np.concatenate([np.zeros(width), np.ones(count)]),
            bounds=Bounds(0, np.concatenate([np.full(width, np.inf), np.ones(count)])),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            message = f"milp: {found.message}"
            raise UnsolvedError(message)
        met = tuple(n for n, z in enumerate(found.x[width:]) if z < 0.5)
        if not self.meets(met):
            message = f"milp: no plan meets the {len(met)} numbers that it says one does"
            raise UnsolvedError(message)
        return Ceiling(met, count - math.ceil(found.mip_dual_bound - 1e-6))
