"""Stages and their suppliers: what is supplied, expanded, stored, and for what it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from supplychain import schema
from supplychain.case.calendar import online_year, year_before
from supplychain.model._pyomo import (
    Expression,
    Model,
    Place,
    Relation,
    Stage,
    Supplier,
    Year,
    is_number,
    pyo,
    rows,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SupplyIndex: TypeAlias = tuple[Stage, Supplier, Place, Year]
"""Whose limit is meant."""

User: TypeAlias = tuple[str, ...]
"""Who uses a stage: `(ACCELERATOR, a)`, `(SUPPLIER, s, k, p)` or `(EXPANSION, s, k, p)`."""

ACCELERATOR, SUPPLIER, EXPANSION = "accelerator", "supply", "expansion"


class Limit(NamedTuple):
    """What makes up a supplier's limit in a year."""

    capacity: Expression
    expanded: Expression
    allocated: Expression

    @property
    def total(self) -> Expression:
        """The limit itself."""
        return self.capacity + self.expanded + self.allocated


def variables(m: Model) -> None:
    """Declare what is supplied, ordered and stored."""
    m.supply = pyo.Var(
        m.on.supply, domain=pyo.NonNegativeReals, doc="what a supplier delivers of a stage [units of the stage]"
    )
    m.expand = orders(m.on.expand, _expand_bounds)
    m.stored = pyo.Var(
        [(s, p, t) for s in m.on.stages if m.on.stages[s]["storable"] for p in m.on.places[s] for t in m.on.years],
        domain=pyo.NonNegativeReals,
        doc="what is in store at the end of a year, of flow stages that can be stored [units of the stage]",
    )


def orders(index: Iterable[SupplyIndex], bounds: Callable[..., tuple[int, Expression]]) -> Any:  # noqa: ANN401 - Pyomo ships no types
    """Return the variable of what is ordered, for the orders of an index."""
    return pyo.Var(
        list(index),
        domain=pyo.NonNegativeReals,
        bounds=bounds,
        doc="capacity that is ordered in a year and arrives inside the horizon [units of the stage]",
    )


def constraints(m: Model) -> None:
    """Declare limits and balances."""
    m.supply_limit = rows(m, m.on.supply, supply_limit)
    m.stage_balance = rows(
        m, [(s, p, t) for s in m.on.stages for p in m.on.places[s] for t in m.on.years], stage_balance
    )


def _expand_bounds(m: Model, s: Stage, k: Supplier, p: Place, u: Year) -> tuple[int, Expression]:
    r"""An order is at most what is offered in its year.

    $expand_{s,k,p,u} \le max\_expansion_{s,k,p,u}$
    """
    return 0, m.max_expansion[s, k, p, u]


def limit(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> Expression:
    r"""Return what a supplier can deliver: its capacity, what was added in time, and its share of other stages' limits.

    $limit_{s,k,p,t} = capacity_{s,k,p,t}
    + \sum_{u:\ u + lead\_years_{s,k,p,u} \le t < u + lead\_years_{s,k,p,u} + capacity\_life\_years_{s,k}}
    expand_{s,k,p,u} + \sum_{s'} share_{s,k,s',t} \sum_{k'} limit_{s',k',p,t}$
    """
    return limit_parts(m, (s, k, p, t), lambda other: limit(m, *other)).total


def limit_parts(m: Model, index: SupplyIndex, limit_of: Callable[[SupplyIndex], Expression]) -> Limit:
    """Return the parts of a supplier's limit; `limit_of` says what others can deliver."""
    s, k, p, _ = index
    return Limit(
        capacity=m.capacity[index] if (s, k, p) in m.on.has_capacity else 0.0,
        expanded=total(m.expand[s, k, p, u] for u in m.on.arrived.get(index, ())),
        allocated=allocated(m, index, limit_of),
    )


def allocated(m: Model, index: SupplyIndex, limit_of: Callable[[SupplyIndex], Expression]) -> Expression:
    """Return a supplier's share of what others can deliver: of their limits, or of how far these rise."""
    s, k, p, t = index
    return total(
        m.share[s, k, pool, t] * limit_of((pool, owner, p, t))
        for pool in m.on.draws.get((s, k), ())
        for owner in m.on.suppliers[pool, p]
    )


def supply_limit(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> Relation:
    r"""No supplier delivers more than its limit.

    $supply_{s,k,p,t} \le limit_{s,k,p,t}$
    """
    return m.supply[s, k, p, t] <= limit(m, s, k, p, t)


def stage_balance(m: Model, s: Stage, p: Place, t: Year) -> Relation:
    r"""What uses a stage in a place and year is supplied there and then, or comes out of store.

    $use_{s,p,t} \le \sum_k supply_{s,k,p,t} + stored_{s,p,t-1} - stored_{s,p,t}$

    $use_{s,p,t} = use\_by\_accelerators_{s,p,t} + use\_by\_suppliers_{s,p,t} + use\_by\_expansions_{s,p,t}$

    What cannot be stored has no $stored$, and nothing is in store before the first year.
    """
    supplied = total(m.supply[s, k, p, t] for k in m.on.suppliers[s, p])
    use = total(amount for _, amount in uses(m, s, p, t))
    if is_number(use) and not m.on.stages[s]["storable"]:
        return pyo.Constraint.Skip
    return use <= supplied + _from_store(m, s, p, t)


def _from_store(m: Model, s: Stage, p: Place, t: Year) -> Expression:
    if not m.on.stages[s]["storable"]:
        return 0
    before = m.stored[s, p, year_before(t)] if t > m.on.years[0] else 0
    return before - m.stored[s, p, t]


def uses(m: Model, s: Stage, p: Place, t: Year) -> Iterator[tuple[User, Expression]]:
    """Yield who uses a stage in a place and year, and how much; a user may come more than once."""
    yield from _use_by_accelerators(m, s, p, t)
    yield from _use_by_suppliers(m, s, p, t)
    yield from _use_by_expansions(m, s, p, t)


def _use_by_accelerators(m: Model, s: Stage, p: Place, t: Year) -> Iterator[tuple[User, Expression]]:
    r"""Accelerators use a flow once, when they are built, and a stock as long as they operate.

    Flow: $use\_by\_accelerators_{s,p,t} = \sum_a bill\_of\_materials_{a,s} \cdot build_{a,t}$

    Stock: $use\_by\_accelerators_{s,p,t} = \sum_{a,r} bill\_of\_materials_{a,s} \cdot operate_{a,r,t}$

    The regions are all of them for a global stage, else the place alone.
    """
    quantity, build, operate = m.bill_of_materials, m.build, m.operate
    if m.on.is_flow(s):
        yield from (((ACCELERATOR, a), quantity[a, s] * build[a, t]) for a in m.on.users[s] if (a, t) in build)
        return
    regions = m.on.regions if p == schema.GLOBAL else (p,)
    for a in m.on.users[s]:
        operating = total([operate[a, r, t] for r in regions if (a, r, t) in operate])
        yield (ACCELERATOR, a), quantity[a, s] * operating


def _use_by_suppliers(m: Model, s: Stage, p: Place, t: Year) -> Iterator[tuple[User, Expression]]:
    r"""What suppliers of other stages need of this one for each unit they supply: in its place, or anywhere if global.

    $use\_by\_suppliers_{s,p,t} = \sum_{s',k',p'} need_{s',k',p',supply,s} \cdot supply_{s',k',p',t}$
    """
    for need, place in m.on.supply_needs.get((s, p), ()):
        yield (SUPPLIER, need[0], need[1], place), m.need[need] * m.supply[need[0], need[1], place, t]


def _use_by_expansions(m: Model, s: Stage, p: Place, t: Year) -> Iterator[tuple[User, Expression]]:
    r"""What added capacity of other stages needs of this one in the year in which it arrives.

    $use\_by\_expansions_{s,p,t} = \sum_{s',k',p'} \sum_{u:\ u + lead\_years_{s',k',p',u} = t}
    need_{s',k',p',expansion,s} \cdot expand_{s',k',p',u}$
    """
    for need, place in m.on.expansion_needs.get((s, p), ()):
        for u in m.on.years:
            order = (need[0], need[1], place, u)
            if order in m.expand and online_year(u, m.on.lead[order]) == t:
                yield (EXPANSION, need[0], need[1], place), m.need[need] * m.expand[order]
