"""Earnings: what tokens bring in, and which tiers a charged price leaves out."""

from __future__ import annotations

from supplychain import units
from supplychain.model._pyomo import Expression, Model, Tier, Workload, Year, number_now


def earned(m: Model, w: Workload, j: Tier, t: Year) -> Expression:
    r"""Return what a million tokens earn [USD]: what is kept of their price, or what they are worth if none is charged.

    Where a price is charged: $earned_{w,j,t} = kept\_share_{w,t} \cdot charged\_usd\_per\_mtok_{w,t}$

    Elsewhere: $earned_{w,j,t} = value\_usd\_per\_mtok_{w,j,t}$
    """
    return m.kept_share[w, t] * m.charged_usd_per_mtok[w, t] if w in m.on.priced else m.value_usd_per_mtok[w, j, t]


def charge(m: Model, w: Workload, t: Year) -> Expression:
    """Return what users are charged for 10^12 tokens of a workload that has a price [USD]."""
    return m.charged_usd_per_mtok[w, t] * units.MTOK_PER_TTOK


def priced_out(m: Model, w: Workload, j: Tier, t: Year) -> bool:
    """Whether tokens of a workload are charged more than they are worth to a tier: as numbers stand now."""
    return w in m.on.priced and number_now(m.charged_usd_per_mtok[w, t]) > number_now(m.value_usd_per_mtok[w, j, t])
