"""What a solved case says of a quantity that is counted in the world, too: the rows of `observed.csv`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.model.cost import paid
from supplychain.model.fleet import owned
from supplychain.model.labels import Var
from supplychain.model.service import served
from supplychain.plan import money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from supplychain.case import Case
    from supplychain.plan.solved import Solved


SERVING, COST = "serving_cost", "cost"
"""Annuities and charges of a year, USD, for serving a workload and for all, research too: what is measured beside the
quantities of `schema.QUANTITIES`."""

RESEARCH_DONE = "research_done"
"""Research done in a year, busy H100-equivalent years: measured beside them, too."""


TOKENS = "tokens_served"


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
        names = set(_all(solved, quantity) if item == schema.ALL else item.split(schema.SUM))
        if quantity in {SERVING, COST}:
            ledger = ledger or money.Ledger(solved)
            costs = (usd for (u, _, w), usd in ledger.cost.items() if u == t and (quantity == COST or w in names))
            values.append(math.fsum(costs))
        else:
            values.append(_MEASURES[quantity](solved, names, t))
    return tuple(values)


def _all(solved: Solved, quantity: str) -> list[str]:
    if quantity == RESEARCH_DONE:
        return []
    kind = "workloads" if quantity in {SERVING, COST} else schema.QUANTITIES[quantity].items
    return list({"accelerators": solved.on.accelerators, "workloads": solved.on.workloads}.get(kind, ()))


def _accelerators(solved: Solved, names: set[str]) -> list[str]:
    """Return the accelerators that are named, by themselves, by family or by vendor."""
    rows = solved.case.tables["accelerators"]
    return [row["accelerator"] for row in rows if names & {row["accelerator"], row["family"], row["vendor"]}]


def _units_built(solved: Solved, names: set[str], t: int) -> float:
    return math.fsum(solved.x[Var.BUILD].get((a, t), 0.0) for a in _accelerators(solved, names))


def _installed_h100e(solved: Solved, names: set[str], t: int) -> float:
    accelerators = _accelerators(solved, names)
    return math.fsum(solved.n["h100e"][a] * owned(solved.m, a, r, t) for a in accelerators for r in solved.on.regions)


def _stage_used(solved: Solved, names: set[str], t: int) -> float:
    return math.fsum(solved.used[s, p, t] for s in names for p in solved.on.places[s])


def _stage_used_share(solved: Solved, names: set[str], t: int) -> float:
    limit = math.fsum(solved.limit_of(s, p, t) for s in names for p in solved.on.places[s])
    return _stage_used(solved, names, t) / limit if limit > 0 else math.nan


def _stage_spending(solved: Solved, names: set[str], t: int) -> float:
    return math.fsum(paid(solved.m, s, k, p, t) for s, k, p, u in solved.on.supply if u == t and s in names)


def _tokens_served(solved: Solved, names: set[str], t: int) -> float:
    return math.fsum(served(solved.m, w, t) for w in names)


def _research_done(solved: Solved, _: set[str], t: int) -> float:
    return math.fsum(done for (_, u), done in solved.x[Var.RESEARCH].items() if u == t)


def _capital_spending(solved: Solved, _: set[str], t: int) -> float:
    return math.fsum(money.hardware(solved, t).values())


def _memory_share(solved: Solved, _: set[str], t: int) -> float:
    return money.memory_share(solved, t)


_MEASURES: dict[str, Callable[[Solved, set[str], int], float]] = {
    "units_built": _units_built,
    "installed_h100e": _installed_h100e,
    "stage_used": _stage_used,
    "stage_used_share": _stage_used_share,
    "stage_spending": _stage_spending,
    TOKENS: _tokens_served,
    RESEARCH_DONE: _research_done,
    "capital_spending": _capital_spending,
    "memory_share": _memory_share,
}
