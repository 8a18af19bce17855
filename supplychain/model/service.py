"""Service: busy accelerators serve tokens and research."""

from __future__ import annotations

from supplychain import units
from supplychain.model._pyomo import (
    Accelerator,
    Expression,
    Model,
    Region,
    Relation,
    Tier,
    Workload,
    Year,
    is_number,
    pyo,
    rows,
    total,
)
from supplychain.model.earnings import priced_out


def variables(m: Model) -> None:
    """Declare who works on what, and what is served."""
    m.assign = pyo.Var(
        m.on.assign, domain=pyo.NonNegativeReals, doc="how busy an accelerator is with a workload [accelerator-years]"
    )
    m.assign_research = pyo.Var(
        _research_years(m),
        domain=pyo.NonNegativeReals,
        doc="how busy an accelerator is with research [accelerator-years]",
    )
    m.serve = pyo.Var(
        m.on.serve, domain=pyo.NonNegativeReals, bounds=_serve_bounds, doc="tokens served to a tier [10^12 tokens]"
    )
    m.research = pyo.Var(
        m.on.research,
        domain=pyo.NonNegativeReals,
        bounds=_research_bounds,
        doc="research done for a tier [busy H100-equivalent years]",
    )


def constraints(m: Model) -> None:
    """Declare what busy accelerators can do."""
    m.compute = rows(m, sorted({(a, t) for a, _, t in m.on.operate}), compute)
    m.service = rows(m, sorted({(w, t) for w, _, t in m.on.serve}), service)
    m.research_service = rows(m, sorted({t for _, t in m.on.research}), research_service)


def _research_years(m: Model) -> list[tuple[Accelerator, Year]]:
    return sorted({(a, t) for a, _, t in m.on.operate}) if m.on.research else []


def _serve_bounds(m: Model, w: Workload, j: Tier, t: Year) -> tuple[int, Expression]:
    r"""No tier of demand gets more tokens than it asks for, and one that is priced out gets none.

    $serve_{w,j,t} \le demand\_ttok_{w,j,t}$

    Priced out: $charged\_usd\_per\_mtok_{w,t} > value\_usd\_per\_mtok_{w,j,t}$
    """
    return 0, 0 if priced_out(m, w, j, t) else m.demand_ttok[w, j, t]


def _research_bounds(m: Model, j: Tier, t: Year) -> tuple[int, Expression]:
    r"""No tier of research gets more than it asks for.

    $research_{j,t} \le demand\_h100e\_years_{j,t}$
    """
    return 0, m.demand_h100e_years[j, t]


def compute(m: Model, a: Accelerator, t: Year) -> Relation:
    r"""Accelerators are busy for a share of the time that they operate; new ones operate for part of their first year.

    $\sum_w assign_{a,w,t} + assign\_research_{a,t}
    \le utilisation_{a,t} \sum_r (operate_{a,r,t} - (1-\alpha) install_{a,r,t})$
    """
    busy = total(m.assign[a, w, t] for w in m.on.workloads if (a, w, t) in m.assign)
    if (a, t) in m.assign_research:
        busy += m.assign_research[a, t]
    if is_number(busy):
        return pyo.Constraint.Skip
    return busy <= busy_share(m, a, t) * total(working(m, a, r, t) for r in m.on.regions if (a, r, t) in m.operate)


def busy_share(m: Model, a: Accelerator, t: Year) -> Expression:
    """Return the part of the time that an accelerator is busy while it operates: its own, or that of every one."""
    return m.utilisation[a if a in m.on.has_operations else "", t]


def working(m: Model, a: Accelerator, r: Region, t: Year) -> Expression:
    """Return the accelerators that operate on the mean of a year: new ones for a part of their first year."""
    if (a, r, t) not in m.install:
        return m.operate[a, r, t]
    return m.operate[a, r, t] - (1 - m.first_year_availability) * m.install[a, r, t]


def service(m: Model, w: Workload, t: Year) -> Relation:
    r"""Tokens served come from accelerators assigned to the workload.

    $\sum_j serve_{w,j,t} \le \sum_a ttok\_per\_busy\_year_{a,w,t} \cdot assign_{a,w,t}$
    """
    return served(m, w, t) <= total(
        ttok_per_busy_year(m, a, w, t) * m.assign[a, w, t] for a in m.on.accelerators if (a, w, t) in m.assign
    )


def served(m: Model, w: Workload, t: Year) -> Expression:
    """Return the tokens served of a workload [10^12]."""
    return total(m.serve[w, j, t] for v, j, u in m.on.serve if (v, u) == (w, t))


def ttok_per_busy_year(m: Model, a: Accelerator, w: Workload, t: Year) -> Expression:
    r"""Return what an accelerator serves in a busy year [10^12 tokens].

    $ttok\_per\_busy\_year_{a,w,t} = tokens\_per\_second_{a,w} \cdot multiplier_{w,t}
    \cdot 31\,536\,000 \cdot 10^{-12}$
    """
    efficiency = m.multiplier[w, t] if w in m.on.has_efficiency else 1
    return m.tokens_per_second[a, w] * efficiency * (units.SECONDS_PER_YEAR / units.TOKENS_PER_TTOK)


def research_service(m: Model, t: Year) -> Relation:
    r"""Research served comes from accelerators assigned to it, counted in H100 equivalents.

    $\sum_j research_{j,t} \le \sum_a h100e_a \cdot assign\_research_{a,t}$
    """
    done = total(m.research[j, t] for j, u in m.on.research if u == t)
    return done <= total(
        m.h100e[a] * m.assign_research[a, t] for a in sorted(m.on.accelerators) if (a, t) in m.assign_research
    )
