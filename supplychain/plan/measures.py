"""What a solved case says of a quantity that is counted in the world, too: the rows of `observed.csv`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.places import served_places
from supplychain.model.cash import unused
from supplychain.model.cost import spent
from supplychain.model.labels import Var
from supplychain.model.observable import RESEARCH_DONE, accelerators_of, observable
from supplychain.plan import money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.case import Case
    from supplychain.plan.solved import Solved


SERVING, COST = "serving_cost", "cost"
"""Annuities and charges of a year, USD, for serving a workload and for all, research too: what is measured beside the
quantities of `schema.QUANTITIES`."""

TOKENS = "tokens_served"

CASH = "cash_spent"
"""Cash spent in a year on components, systems and expansions, USD, whoever buys: measured beside them, too."""


REVENUE, KEPT, MARGIN, OPERATING = "revenue", "kept", "gross_margin_of_revenue", "operating_result"
CASH_LEFT, GAP, UNUSED = "cash_left", "gap", "owed_unused"
"""The books of an owner, as the columns of `economics` have them: USD of a year, the margin a share."""

BOOKS = {
    REVENUE: "revenue_usd",
    KEPT: "kept_usd",
    MARGIN: "gross_margin_of_revenue",
    OPERATING: "operating_usd",
    CASH_LEFT: "cash_usd",
    GAP: "gap_usd",
    UNUSED: "unused_usd",
}
"""By what is measured, the column of the table."""

SUPPLIED = "supplied"
"""What one supplier supplies in a year, in the unit of its stage: an item is `STAGE/SUPPLIER/PLACE`."""


def owners_of(case: Case) -> list[tuple[str, str]]:
    """Return what is measured of the books of a case's owner; nothing if no prices are charged and nothing is owed."""
    found = [REVENUE, KEPT, MARGIN, OPERATING] if case.tables["prices"] else []
    found += [CASH_LEFT, GAP] if case.tables["cash"] else []
    found += [UNUSED] if case.tables["take_or_pay"] else []
    return [(quantity, schema.ALL) for quantity in found]


def sites_of(case: Case) -> dict[str, tuple[str, str, str]]:
    """Return every stage, supplier and place at which it supplies, by `STAGE/SUPPLIER/PLACE`; names may have a `/`."""
    of = served_places(*(case.tables[name] for name in ("suppliers", "capacity", "allocation")))
    sites = [(s, k, p) for (s, k), places in sorted(of.items()) for p in sorted(places)]
    return {"/".join(site): site for site in sites}


def supplied_of(case: Case) -> list[tuple[str, str]]:
    """Return what is measured of the use of suppliers to which a contract owes a share, each at its place."""
    rows = case.tables["take_or_pay"]
    sites = dict.fromkeys("/".join((row["stage"], row["supplier"], row["place"])) for row in rows)
    return [(SUPPLIED, site) for site in sites]


def served_of(case: Case) -> list[tuple[str, str]]:
    """Return what a plan may serve, as it is measured: tokens of each workload, and research if any is asked for."""
    tokens = [(TOKENS, row["workload"]) for row in case.tables["workloads"]]
    asked = case.tables["research"] or case.tables["research_curves"]
    return [*tokens, (RESEARCH_DONE, schema.ALL)] if asked else tokens


def measure(solved: Solved, quantities: Iterable[tuple[str, str, int]]) -> tuple[float, ...]:
    """Return quantities of `schema.QUANTITIES` or of those above, each of an item in a year, in its unit.

    NaN where it has no meaning.
    """
    ledger, sites = None, dict[str, tuple[str, str, str]]()
    values = []
    for quantity, item, t in quantities:
        ratio = observable(solved.m, quantity, item, t)
        if ratio is not None:
            values.append(money.over(ratio.over, ratio.under))
            continue
        if quantity == SUPPLIED:
            sites = sites or sites_of(solved.case)
            values.append(solved.x[Var.SUPPLY].get((*sites[item], t), math.nan))
            continue
        if quantity in {CASH, UNUSED}:
            values.append(float((spent if quantity == CASH else unused)(solved.m, t)))
            continue
        ledger = ledger or money.Ledger(solved)
        values.append(_booked(solved, ledger, quantity, item, t))
    return tuple(values)


def _booked(solved: Solved, ledger: money.Ledger, quantity: str, item: str, t: int) -> float:
    """Return what is measured of the books: costs, which are shared out as a plan uses what they were paid for."""
    if quantity in BOOKS:
        return money.books(solved, ledger, t).get(BOOKS[quantity], math.nan)
    if quantity == "cost_per_hour":
        return money.per_hour(solved, ledger, accelerators_of(solved.on.accelerators, item), t)
    workloads = sorted(solved.on.workloads) if item == schema.ALL else sorted(set(item.split(schema.SUM)))
    if quantity == "cost_per_mtok":
        return money.per_mtok(solved, ledger, workloads, t)
    return math.fsum(usd for (u, _, w), usd in ledger.cost.items() if u == t and (quantity == COST or w in workloads))
