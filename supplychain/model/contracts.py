"""Contracts: what is owed to a supplier whether it is used or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.case.calendar import horizon
from supplychain.model._pyomo import Expression, Model, Place, Relation, Stage, Supplier, Year, pyo, rows, total
from supplychain.model.cost import paid, price
from supplychain.model.supply import limit

if TYPE_CHECKING:
    from supplychain.model.structure import Structure


def variables(m: Model) -> None:
    """Declare what is owed and not used."""
    m.unused = pyo.Var(
        m.on.owed,
        domain=pyo.NonNegativeReals,
        doc="what is owed for the years from t to u together and not used, paid in u [USD]",
    )


def constraints(m: Model) -> None:
    """Declare what is owed."""
    m.take_or_pay = rows(m, m.on.owed, take_or_pay)


def take_or_pay(  # noqa: PLR0913, PLR0917 - an argument for each index
    m: Model, s: Stage, k: Supplier, p: Place, t: Year, u: Year
) -> Relation:
    r"""What a supplier is paid over a term is at least the share that is owed of what its whole limit would cost.

    $\sum_{v=t}^{u} price\_usd_{s,k,p,v} \cdot supply_{s,k,p,v} + unused_{s,k,p,t,u}
    \ge owed\_share_{s,k,p,t} \cdot \sum_{v=t}^{u} price\_usd_{s,k,p,v} \cdot limit_{s,k,p,v}$

    The limit has in it what the plan itself orders. Years outside the case do not count: u is the last year of the
    term, or of the case. With limited foresight a window that ends before, in u, owes for the years up to u.
    """
    used = total(paid(m, s, k, p, v) for v in term(m.on, t, u))
    return m.money * (used + m.unused[s, k, p, t, u]) >= m.money * least(m, s, k, p, t, u)


def least(  # noqa: PLR0913, PLR0917 - an argument for each index
    m: Model, s: Stage, k: Supplier, p: Place, t: Year, u: Year
) -> Expression:
    """Return what is owed for the years of a term up to u, used or not [USD]."""
    whole = total(price(m, s, k, p, v) * limit(m, s, k, p, v) for v in term(m.on, t, u))
    return m.owed_share[s, k, p, t] * whole


def term(on: Structure, t: Year, u: Year) -> range:
    """Return the years of the case from t to u."""
    return horizon(max(t, on.years[0]), u)
