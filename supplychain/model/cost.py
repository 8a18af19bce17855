"""Cost: what the plan costs, and the cash it may spend. Money is counted in `m.money` units per USD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain import units
from supplychain.model._pyomo import (
    Accelerator,
    Expression,
    Model,
    Place,
    Relation,
    Stage,
    Supplier,
    Tier,
    Workload,
    Year,
    is_number,
    pyo,
    rows,
    total,
)
from supplychain.model.earnings import earned, priced_out

if TYPE_CHECKING:
    from collections.abc import Iterator


def constraints(m: Model) -> None:
    """Declare the budgets and the objective."""
    m.budget = rows(m, m.on.budget, budget)
    m.cost = pyo.Objective(expr=cost(m.names), sense=pyo.minimize)


def cost(m: Model) -> Expression:
    """Return the total discounted cost; what is left unserved costs what it was worth."""
    return m.money * (spending(m) + unserved(m))


def spending(m: Model) -> Expression:
    """Return the part of the objective that is paid for: all but what is left unserved [USD, discounted]."""
    return purchases(m) + charges(m) + expansions(m) + builds(m) + upkeep(m) + shortfalls(m) + owed(m) + gaps(m)


def net_benefit(m: Model) -> Expression:
    """Return what is served is worth, less what is paid for it [USD, discounted]: a constant less the objective."""
    return served_worth(m) - spending(m)


def price(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> Expression:
    """Return a supplier's price; one that lives on an allocation alone asks none."""
    return m.price_usd[s, k, p, t] if (s, k, p) in m.on.has_capacity else 0.0


def paid(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> Expression:
    """Return what a supplier is paid in a year: the price of what it supplies."""
    return price(m, s, k, p, t) * m.supply[s, k, p, t]


def purchases(m: Model) -> Expression:
    r"""Flow stages: $\sum_{s,k,p,t} pvf\_purchase_{s,t} \cdot price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}$."""
    return total(counted(m, s, t) * paid(m, s, k, p, t) for s, k, p, t in m.on.supply if m.on.is_flow(s))


def charges(m: Model) -> Expression:
    r"""Stock stages: $\sum_{s,k,p,t} \delta_t \cdot price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}$."""
    return total(counted(m, s, t) * paid(m, s, k, p, t) for s, k, p, t in m.on.supply if not m.on.is_flow(s))


def counted(m: Model, s: Stage, t: Year) -> Expression:
    """Return what the objective counts of a dollar that a stage is paid in a year: a flow is written off, a stock not.

    It is the coefficient of a price in the objective, for each unit supplied.
    """
    return m.pvf_purchase[s, t] if m.on.is_flow(s) else m.discount[t]


def expansions(m: Model) -> Expression:
    r"""Expansions, paid for when they are ordered and written off from when they arrive.

    $\sum_{s,k,p,t} pvf\_expansion_{s,k,p,t} \cdot capex\_usd\_per\_unit_{s,k,p,t} \cdot expand_{s,k,p,t}$
    """
    return total(m.pvf_expansion[index] * m.capex_usd_per_unit[index] * m.expand[index] for index in m.on.expand)


def builds(m: Model) -> Expression:
    r"""Accelerators: $\sum_{a,t} pvf\_build_{a,t} \cdot other\_cost\_usd_{a,t} \cdot build_{a,t}$."""
    return total(m.pvf_build[a, t] * m.other_cost_usd[a, t] * m.build[a, t] for a, t in m.on.build)


def upkeep(m: Model) -> Expression:
    r"""Operation: $\sum_{a,r,t} \delta_t \cdot opex\_usd\_per\_year_a \cdot operate_{a,r,t}$."""
    return total(m.discount[t] * m.opex_usd_per_year[a] * m.operate[a, r, t] for a, r, t in m.on.operate)


def shortfalls(m: Model) -> Expression:
    r"""Commitments: $\sum_{c,t} \delta_t \cdot shortfall\_usd\_per\_unit_{c,t} \cdot shortfall_{c,t}$."""
    return total(m.discount[t] * m.shortfall_usd_per_unit[c, t] * m.shortfall[c, t] for c, t in m.on.commitments)


def owed(m: Model) -> Expression:
    r"""What is owed to suppliers and not used, paid in the last year of its term.

    Flow stages: $\sum_{s,k,p,t,u} pvf\_purchase_{s,u} \cdot unused_{s,k,p,t,u}$

    Stock stages: $\sum_{s,k,p,t,u} \delta_u \cdot unused_{s,k,p,t,u}$
    """
    return total(counted(m, index[0], index[-1]) * m.unused[index] for index in m.on.owed)


def gaps(m: Model) -> Expression:
    r"""Money that nobody has promised: $\sum_t \delta_t \cdot gap\_usd\_per\_usd_t \cdot gap_{t}$."""
    return total(m.discount[t] * m.gap_usd_per_usd[t] * m.gap[t] for t in m.on.cash)


def unserved(m: Model) -> Expression:
    r"""Demand that is left unserved, at what it would have earned: what it was worth, or the part kept of its price.

    Tokens, but of tiers that are priced out: $\sum_{w,j,t} \delta_t \cdot earned_{w,j,t} \cdot 10^6
    \cdot (demand\_ttok_{w,j,t} - serve_{w,j,t})$

    Research: $\sum_{j,t} \delta_t \cdot value\_usd\_per\_h100e\_hour_{j,t} \cdot 8\,760
    \cdot (demand\_h100e\_years_{j,t} - research_{j,t})$
    """
    tokens = total(
        token_earning(m, w, j, t, m.discount[t]) * unserved_tokens(m, w, j, t)
        for w, j, t in m.on.serve
        if not priced_out(m, w, j, t)
    )
    research = total(research_value(m, j, t, m.discount[t]) * unserved_research(m, j, t) for j, t in m.on.research)
    return tokens + research


def served_worth(m: Model) -> Expression:
    r"""Return what the tokens served and the research done are worth, discounted.

    Tokens: $\sum_{w,j,t} \delta_t \cdot value\_usd\_per\_mtok_{w,j,t} \cdot 10^6 \cdot serve_{w,j,t}$

    Research: $\sum_{j,t} \delta_t \cdot value\_usd\_per\_h100e\_hour_{j,t} \cdot 8\,760 \cdot research_{j,t}$
    """
    tokens = total(token_value(m, w, j, t, m.discount[t]) * m.serve[w, j, t] for w, j, t in m.on.serve)
    research = total(research_value(m, j, t, m.discount[t]) * m.research[j, t] for j, t in m.on.research)
    return tokens + research


def token_value(m: Model, w: Workload, j: Tier, t: Year, dollar: Expression = 1) -> Expression:
    """Return what 10^12 tokens of a tier are worth [USD]; `dollar` is what one counts: in the objective, discounted."""
    return of_tokens(m.value_usd_per_mtok[w, j, t], dollar)


def token_earning(m: Model, w: Workload, j: Tier, t: Year, dollar: Expression = 1) -> Expression:
    """Return what 10^12 tokens of a tier earn [USD]; `dollar` is what one counts."""
    return of_tokens(earned(m, w, j, t), dollar)


def of_tokens(value_usd_per_mtok: Expression, dollar: Expression) -> Expression:
    """Return what 10^12 tokens of such a value are worth, or earn [USD]: of a tier, or of an array of tiers."""
    return dollar * value_usd_per_mtok * units.MTOK_PER_TTOK


def research_value(m: Model, j: Tier, t: Year, dollar: Expression = 1) -> Expression:
    """Return what a busy year of an H100 in a tier of research is worth [USD]; `dollar` is what one counts."""
    return of_research(m.value_usd_per_h100e_hour[j, t], dollar)


def of_research(value_usd_per_h100e_hour: Expression, dollar: Expression) -> Expression:
    """Return what a busy year of an H100 of such a value is worth [USD]: of a tier, or of an array of tiers."""
    return dollar * value_usd_per_h100e_hour * units.HOURS_PER_YEAR


def unserved_tokens(m: Model, w: Workload, j: Tier, t: Year) -> Expression:
    """Return the demand of a tier that is left unserved [10^12 tokens]."""
    return m.demand_ttok[w, j, t] - m.serve[w, j, t]


def unserved_research(m: Model, j: Tier, t: Year) -> Expression:
    """Return the research of a tier that is left undone [busy years of an H100]."""
    return m.demand_h100e_years[j, t] - m.research[j, t]


def tokens_worth(m: Model, t: Year) -> Expression:
    """Return what the tokens served in a year are worth, at the value of their tiers [USD]."""
    return total(token_value(m, w, j, t) * m.serve[w, j, t] for w, j, u in m.on.serve if u == t)


def research_worth(m: Model, t: Year) -> Expression:
    """Return what the research of a year is worth, at the value of its tiers [USD]."""
    return total(research_value(m, j, t) * m.research[j, t] for j, u in m.on.research if u == t)


def worth(m: Model, t: Year) -> Expression:
    """Return what all that is served in a year is worth, tokens and research [USD]."""
    return tokens_worth(m, t) + research_worth(m, t)


def budget(m: Model, t: Year) -> Relation:
    r"""Cash for components, systems and expansions stays inside the year's budget.

    $spent_t \le capital\_usd_t$
    """
    cash = spent(m, t)
    if is_number(cash):
        return pyo.Constraint.Skip
    return m.money * cash <= m.money * m.capital_usd[t]


def spent(m: Model, t: Year) -> Expression:
    r"""Return the cash spent in a year on components, systems and expansions [USD].

    $spent_t = \sum_{s,k,p} price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}
    + \sum_a other\_cost\_usd_{a,t} \cdot build_{a,t}
    + \sum_{s,k,p} capex\_usd\_per\_unit_{s,k,p,t} \cdot expand_{s,k,p,t}$

    Components are flow stages. What is paid for is cash of the year in which it is bought or ordered.
    """
    return total(usd for spending in (components, systems, orders) for _, usd in spending(m, t))


def components(m: Model, t: Year) -> Iterator[tuple[Stage, Expression]]:
    """Yield the cash that suppliers of flow stages are paid in a year."""
    return ((s, paid(m, s, k, p, t)) for s, k, p, u in m.on.supply if u == t and m.on.is_flow(s))


def systems(m: Model, t: Year) -> Iterator[tuple[Accelerator, Expression]]:
    """Yield the cash for the rest of the accelerators built in a year: all that no stage is paid for."""
    return ((a, m.other_cost_usd[a, u] * m.build[a, u]) for a, u in m.on.build if u == t)


def orders(m: Model, t: Year) -> Iterator[tuple[Stage, Expression]]:
    """Yield the cash for the expansions that are ordered in a year, by the stage that is expanded."""
    return ((index[0], m.capex_usd_per_unit[index] * m.expand[index]) for index in m.on.expand if index[3] == t)
