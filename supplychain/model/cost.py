"""Cost: what the plan costs, and the cash it may spend. Money is counted in `m.money` units per USD."""

from __future__ import annotations

from supplychain import units
from supplychain.model._pyomo import Expression, Model, Relation, Stage, Supplier, Year, pyo


def constraints(m: Model) -> None:
    """Declare the budgets and the objective."""
    m.budget = pyo.Constraint(m.on.budget, rule=budget)
    m.cost = pyo.Objective(rule=cost, sense=pyo.minimize)


def cost(m: Model) -> Expression:
    """Return the total discounted cost; what is left unserved costs what it was worth."""
    terms = purchases(m) + charges(m) + expansions(m) + builds(m) + upkeep(m) + shortfalls(m) + unserved(m)
    return m.money * terms


def price(m: Model, s: Stage, k: Supplier, p: str, t: Year) -> Expression:
    """Return a supplier's price; one that lives on an allocation alone asks none."""
    return m.price_usd[s, k, p, t] if (s, k, p) in m.on.has_capacity else 0


def purchases(m: Model) -> Expression:
    r"""Flow stages: $\sum_{s,k,p,t} pvf\_purchase_{s,t} \cdot price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}$."""
    return pyo.quicksum(
        m.pvf_purchase[s, t] * price(m, s, k, p, t) * m.supply[s, k, p, t]
        for s, k, p, t in m.on.supply
        if m.on.is_flow(s)
    )


def charges(m: Model) -> Expression:
    r"""Stock stages: $\sum_{s,k,p,t} \delta_t \cdot price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}$."""
    return pyo.quicksum(
        m.discount[t] * price(m, s, k, p, t) * m.supply[s, k, p, t] for s, k, p, t in m.on.supply if not m.on.is_flow(s)
    )


def expansions(m: Model) -> Expression:
    r"""Expansions, paid for when they are ordered and written off from when they arrive.

    $\sum_{s,k,p,t} pvf\_expansion_{s,k,p,t} \cdot capex\_usd\_per\_unit_{s,k,p,t} \cdot expand_{s,k,p,t}$
    """
    return pyo.quicksum(m.pvf_expansion[index] * m.capex_usd_per_unit[index] * m.expand[index] for index in m.on.expand)


def builds(m: Model) -> Expression:
    r"""Accelerators: $\sum_{a,t} pvf\_build_{a,t} \cdot other\_cost\_usd_{a,t} \cdot build_{a,t}$."""
    return pyo.quicksum(m.pvf_build[a, t] * m.other_cost_usd[a, t] * m.build[a, t] for a, t in m.on.build)


def upkeep(m: Model) -> Expression:
    r"""Operation: $\sum_{a,r,t} \delta_t \cdot opex\_usd\_per\_year_a \cdot operate_{a,r,t}$."""
    return pyo.quicksum(m.discount[t] * m.opex_usd_per_year[a] * m.operate[a, r, t] for a, r, t in m.on.operate)


def shortfalls(m: Model) -> Expression:
    r"""Commitments: $\sum_{c,t} \delta_t \cdot shortfall\_usd\_per\_unit_{c,t} \cdot shortfall_{c,t}$."""
    return pyo.quicksum(m.discount[t] * m.shortfall_usd_per_unit[c, t] * m.shortfall[c, t] for c, t in m.on.commitments)


def unserved(m: Model) -> Expression:
    r"""Demand that is left unserved, at what it was worth.

    Tokens: $\sum_{w,j,t} \delta_t \cdot value\_usd\_per\_mtok_{w,j,t} \cdot 10^6
    \cdot (demand\_ttok_{w,j,t} - serve_{w,j,t})$

    Research: $\sum_{j,t} \delta_t \cdot value\_usd\_per\_h100e\_hour_{j,t} \cdot 8\,760
    \cdot (demand\_h100e\_years_{j,t} - research_{j,t})$
    """
    tokens = pyo.quicksum(
        m.discount[t]
        * m.value_usd_per_mtok[w, j, t]
        * units.MTOK_PER_TTOK
        * (m.demand_ttok[w, j, t] - m.serve[w, j, t])
        for w, j, t in m.on.serve
    )
    research = pyo.quicksum(
        m.discount[t]
        * m.value_usd_per_h100e_hour[j, t]
        * units.HOURS_PER_YEAR
        * (m.demand_h100e_years[j, t] - m.research[j, t])
        for j, t in m.on.research
    )
    return tokens + research


def budget(m: Model, t: Year) -> Relation:
    r"""Cash for components, systems and expansions stays inside the year's budget.

    $\sum_{s,k,p} price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t} + \sum_a other\_cost\_usd_{a,t} \cdot build_{a,t}
    + \sum_{s,k,p} capex\_usd\_per\_unit_{s,k,p,t} \cdot expand_{s,k,p,t} \le capital\_usd_t$

    Components are flow stages. What is paid for is cash of the year in which it is bought or ordered.
    """
    components = pyo.quicksum(
        price(m, s, k, p, t) * m.supply[s, k, p, t] for s, k, p, u in m.on.supply if u == t and m.on.is_flow(s)
    )
    systems = pyo.quicksum(m.other_cost_usd[a, u] * m.build[a, u] for a, u in m.on.build if u == t)
    ordered = pyo.quicksum(m.capex_usd_per_unit[index] * m.expand[index] for index in m.on.expand if index[3] == t)
    spent = components + systems + ordered
    if type(spent) is int:
        return pyo.Constraint.Skip
    return m.money * spent <= m.money * m.capital_usd[t]
