"""Cash: what the owner has at the end of each year, and what nobody has promised."""

from __future__ import annotations

from supplychain.case.calendar import year_before
from supplychain.model._pyomo import Expression, Model, Relation, Year, pyo, rows, total
from supplychain.model.cost import paid, spent, token_earning


def variables(m: Model) -> None:
    """Declare cash and what is missing."""
    m.cash = pyo.Var(m.on.cash, domain=pyo.NonNegativeReals, doc="cash at the end of a year [USD]")
    m.gap = pyo.Var(
        m.on.cash, domain=pyo.NonNegativeReals, doc="money that nobody has promised, paid in and not repaid [USD]"
    )


def constraints(m: Model) -> None:
    """Declare the balance of each year."""
    m.cash_balance = rows(m, m.on.cash, cash_balance)


def cash_balance(m: Model, t: Year) -> Relation:
    r"""Cash is what there was, what comes in, and what goes out.

    $cash_{t} = cash_{t-1} + raised\_usd_t + gap_{t} + kept_t - paid\_out_t - fixed\_cost\_usd_t$

    In the first year of the table, opening_cash_usd stands for what there was.
    """
    before = m.cash[year_before(t)] if t > m.on.cash[0] else m.opening_cash_usd
    paid_in = m.raised_usd[t] + m.gap[t] + kept(m, t)
    return m.money * m.cash[t] == m.money * (before + paid_in - paid_out(m, t) - m.fixed_cost_usd[t])


def kept(m: Model, t: Year) -> Expression:
    r"""Return what is kept of what users are charged in a year [USD].

    $kept_t = \sum_{w,j} earned_{w,j,t} \cdot 10^6 \cdot serve_{w,j,t}$
    """
    return total(token_earning(m, w, j, t) * m.serve[w, j, t] for w, j, u in m.on.serve if u == t)


def paid_out(m: Model, t: Year) -> Expression:
    r"""Return the cash that is paid in a year for all but what is fixed [USD].

    $paid\_out_t = spent_t + \sum_{s,k,p} price\_usd_{s,k,p,t} \cdot supply_{s,k,p,t}
    + \sum_{a,r} opex\_usd\_per\_year_a \cdot operate_{a,r,t} + \sum_{s,k,p,u} unused_{s,k,p,u,t}
    + \sum_c shortfall\_usd\_per\_unit_{c,t} \cdot shortfall_{c,t}$

    What is spent is what a budget counts; the prices are those of stock stages.
    """
    return spent(m, t) + rents(m, t) + upkeep(m, t) + unused(m, t) + shortfalls(m, t)


def rents(m: Model, t: Year) -> Expression:
    """Return what suppliers of stock stages are paid in a year [USD]."""
    return total(paid(m, s, k, p, t) for s, k, p, u in m.on.supply if u == t and not m.on.is_flow(s))


def upkeep(m: Model, t: Year) -> Expression:
    """Return what the upkeep of what operates costs in a year [USD]."""
    return total(m.opex_usd_per_year[a] * m.operate[a, r, t] for a, r, u in m.on.operate if u == t)


def unused(m: Model, t: Year) -> Expression:
    """Return what is paid in a year because it is owed and not used [USD]."""
    return total(m.unused[index] for index in m.on.owed if index[-1] == t)


def shortfalls(m: Model, t: Year) -> Expression:
    """Return what is paid in a year for commitments that fall short [USD]."""
    return total(m.shortfall_usd_per_unit[c, t] * m.shortfall[c, t] for c, u in m.on.commitments if u == t)
