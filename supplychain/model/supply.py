"""Stages and their suppliers: what is supplied, expanded, stored, and for what it is used."""

from __future__ import annotations

from supplychain import schema
from supplychain.case.calendar import online_year, year_before
from supplychain.model._pyomo import Expression, Model, Place, Relation, Stage, Supplier, Year, pyo


def variables(m: Model) -> None:
    """Declare what is supplied, ordered and stored."""
    m.supply = pyo.Var(
        m.on.supply, domain=pyo.NonNegativeReals, doc="what a supplier delivers of a stage [units of the stage]"
    )
    m.expand = pyo.Var(
        m.on.expand,
        domain=pyo.NonNegativeReals,
        bounds=_expand_bounds,
        doc="capacity that is ordered in a year and arrives inside the horizon [units of the stage]",
    )
    m.stored = pyo.Var(
        [(s, p, t) for s in m.on.stages if m.on.stages[s]["storable"] for p in m.on.places[s] for t in m.on.years],
        domain=pyo.NonNegativeReals,
        doc="what is in store at the end of a year, of flow stages that can be stored [units of the stage]",
    )


def constraints(m: Model) -> None:
    """Declare limits and balances."""
    m.supply_limit = pyo.Constraint(m.on.supply, rule=supply_limit)
    m.stage_balance = pyo.Constraint(
        [(s, p, t) for s in m.on.stages for p in m.on.places[s] for t in m.on.years], rule=stage_balance
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
    capacity = m.capacity[s, k, p, t] if (s, k, p) in m.on.has_capacity else 0
    added = pyo.quicksum(m.expand[s, k, p, u] for u in m.on.arrived.get((s, k, p, t), ()))
    allocated = pyo.quicksum(
        m.share[s, k, pool, t] * limit(m, pool, owner, p, t)
        for pool in m.on.draws.get((s, k), ())
        for owner in m.on.suppliers[pool, p]
    )
    return capacity + added + allocated


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
    supplied = pyo.quicksum(m.supply[s, k, p, t] for k in m.on.suppliers[s, p])
    use = _use_by_accelerators(m, s, p, t) + _use_by_suppliers(m, s, p, t) + _use_by_expansions(m, s, p, t)
    if type(use) is int and not m.on.stages[s]["storable"]:
        return pyo.Constraint.Skip
    return use <= supplied + _from_store(m, s, p, t)


def _from_store(m: Model, s: Stage, p: Place, t: Year) -> Expression:
    if not m.on.stages[s]["storable"]:
        return 0
    before = m.stored[s, p, year_before(t)] if t > m.on.years[0] else 0
    return before - m.stored[s, p, t]


def _use_by_accelerators(m: Model, s: Stage, p: Place, t: Year) -> Expression:
    r"""Accelerators use a flow once, when they are built, and a stock as long as they operate.

    Flow: $use\_by\_accelerators_{s,p,t} = \sum_a bill\_of\_materials_{a,s} \cdot build_{a,t}$

    Stock: $use\_by\_accelerators_{s,p,t} = \sum_{a,r} bill\_of\_materials_{a,s} \cdot operate_{a,r,t}$

    The regions are all of them for a global stage, else the place alone.
    """
    if m.on.is_flow(s):
        return pyo.quicksum(m.bill_of_materials[a, s] * m.build[a, t] for a in m.on.users[s] if (a, t) in m.build)
    regions = m.on.regions if p == schema.GLOBAL else (p,)
    return pyo.quicksum(
        m.bill_of_materials[a, s] * m.operate[a, r, t] for a in m.on.users[s] for r in regions if (a, r, t) in m.operate
    )


def _use_by_suppliers(m: Model, s: Stage, p: Place, t: Year) -> Expression:
    r"""What suppliers of other stages need of this one for each unit they supply: in its place, or anywhere if global.

    $use\_by\_suppliers_{s,p,t} = \sum_{s',k',p'} need_{s',k',p',supply,s} \cdot supply_{s',k',p',t}$
    """
    return pyo.quicksum(
        m.need[need] * m.supply[need[0], need[1], place, t] for need, place in m.on.supply_needs.get((s, p), ())
    )


def _use_by_expansions(m: Model, s: Stage, p: Place, t: Year) -> Expression:
    r"""What added capacity of other stages needs of this one in the year in which it arrives.

    $use\_by\_expansions_{s,p,t} = \sum_{s',k',p'} \sum_{u:\ u + lead\_years_{s',k',p',u} = t}
    need_{s',k',p',expansion,s} \cdot expand_{s',k',p',u}$
    """
    return pyo.quicksum(
        m.need[need] * m.expand[need[0], need[1], place, u]
        for need, place in m.on.expansion_needs.get((s, p), ())
        for u in m.on.years
        if (need[0], need[1], place, u) in m.expand and online_year(u, m.on.lead[need[0], need[1], place, u]) == t
    )
