"""Commitments: deals that are kept, or cost what falls short."""

from __future__ import annotations

from supplychain.model._pyomo import Accelerator, Commitment, Expression, Model, Relation, Year, pyo, rows, total


def variables(m: Model) -> None:
    """Declare what counts for each commitment, and what falls short."""
    m.deliver = pyo.Var(
        m.on.deliver, domain=pyo.NonNegativeReals, doc="what of an accelerator counts for a commitment [units]"
    )
    m.shortfall = pyo.Var(
        list(m.on.commitments),
        domain=pyo.NonNegativeReals,
        doc="what a commitment is short of its minimum [units, or units of the commitment's stage]",
    )


def constraints(m: Model) -> None:
    """Declare that commitments are met, each unit counting once."""
    m.commitment = rows(m, m.on.commitments, commitment)
    keys = {(m.on.commitments[c, t]["basis"], a, t) for c, a, t in m.on.deliver}
    m.delivered_once = rows(m, sorted(keys), delivered_once)


def commitment(m: Model, c: Commitment, t: Year) -> Relation:
    r"""What counts for a commitment, and what falls short of it, make up its minimum.

    $\sum_a counted_{c,a,t} \cdot deliver_{c,a,t} + shortfall_{c,t} \ge minimum_{c,t}$
    """
    return delivered(m, c, t) + m.shortfall[c, t] >= m.minimum[c, t]


def delivered(m: Model, c: Commitment, t: Year) -> Expression:
    """Return what counts for a commitment, in its unit."""
    return total(counted(m, c, a, t) * m.deliver[c, a, t] for a in m.on.accelerators if (c, a, t) in m.deliver)


def counted(m: Model, c: Commitment, a: Accelerator, t: Year) -> Expression:
    r"""Return what one accelerator counts for: 1, or its units of the commitment's stage s.

    $counted_{c,a,t} = 1$ or $counted_{c,a,t} = bill\_of\_materials_{a,s}$
    """
    stage = m.on.commitments[c, t]["stage"]
    return 1 if stage is None else m.bill_of_materials[a, stage]


def delivered_once(m: Model, basis: str, a: Accelerator, t: Year) -> Relation:
    r"""A unit built, or operating, counts for one commitment only, so that two customers' orders add.

    Over commitments that count what is built: $\sum_c deliver_{c,a,t} \le build_{a,t}$

    Over those that count what operates: $\sum_c deliver_{c,a,t} \le \sum_r operate_{a,r,t}$
    """
    commitments = [
        c for (c, u), row in m.on.commitments.items() if u == t and row["basis"] == basis and (c, a, t) in m.deliver
    ]
    units = (
        m.build[a, t] if basis == "built" else total(m.operate[a, r, t] for r in m.on.regions if (a, r, t) in m.operate)
    )
    return total(m.deliver[c, a, t] for c in commitments) <= units
