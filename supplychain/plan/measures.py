"""What a solved case says of a quantity that is counted in the world, too: the rows of `observed.csv`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.model.cost import spent
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


def served_of(case: Case) -> list[tuple[str, str]]:
    """Return what a plan may serve, as it is measured: tokens of each workload, and research if any is asked for."""
    tokens = [(TOKENS, row["workload"]) for row in case.tables["workloads"]]
    asked = case.tables["research"] or case.tables["research_curves"]
    return [*tokens, (RESEARCH_DONE, schema.ALL)] if asked else tokens


def measure(solved: Solved, quantities: Iterable[tuple[str, str, int]]) -> tuple[float, ...]:
    """Return quantities of `schema.QUANTITIES` or of those above, each of an item in a year, in its unit.

    NaN where it has no meaning.
    """
    ledger = None
    values = []
    for quantity, item, t in quantities:
        ratio = observable(solved.m, quantity, item, t)
        if ratio is not None:
            values.append(money.over(ratio.over, ratio.under))
            continue
        if quantity == CASH:
            values.append(float(spent(solved.m, t)))
            continue
        ledger = ledger or money.Ledger(solved)
        values.append(_booked(solved, ledger, quantity, item, t))
    return tuple(values)


def _booked(solved: Solved, ledger: money.Ledger, quantity: str, item: str, t: int) -> float:
    """Return what is measured of the books: costs, which are shared out as a plan uses what they were paid for."""
    if quantity == "cost_per_hour":
        return money.per_hour(solved, ledger, accelerators_of(solved.on.accelerators, item), t)
    workloads = sorted(solved.on.workloads) if item == schema.ALL else sorted(set(item.split(schema.SUM)))
    if quantity == "cost_per_mtok":
        return money.per_mtok(solved, ledger, workloads, t)
    return math.fsum(usd for (u, _, w), usd in ledger.cost.items() if u == t and (quantity == COST or w in workloads))
