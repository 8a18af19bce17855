"""What is counted in the world, too: the quantities of `observed.csv`, each as one formula over another.

Like all formulas of the model they are asked of the Pyomo model, of which they are expressions in the LP's variables,
or of a solved case, of which they are numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from supplychain import schema
from supplychain.model import supply
from supplychain.model._pyomo import (
    Accelerator,
    Expression,
    Model,
    Place,
    Stage,
    Supplier,
    Workload,
    Year,
    number_now,
    total,
)
from supplychain.model.cost import components, paid, price, systems
from supplychain.model.fleet import owned
from supplychain.model.service import served

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from supplychain.tabular import Row

OTHER = "other"
"""Stands for what no stage is paid for among what hardware costs."""


class Ratio(NamedTuple):
    """One expression over another, both linear in the variables; most quantities are over 1."""

    over: Expression
    under: Expression = 1.0


def observable(m: Model, quantity: str, item: str, t: Year) -> Ratio | None:
    """Return a quantity of an item in a year; none if it is not linear, nor one linear expression over another."""
    formula = _FORMULAS.get(quantity)
    if formula is None:
        return None
    every = {"accelerators": m.on.accelerators, "workloads": m.on.workloads}
    of_all = every.get(schema.QUANTITIES[quantity].items, ()) if quantity in schema.QUANTITIES else ()
    return formula(m, sorted(of_all) if item == schema.ALL else sorted(set(item.split(schema.SUM))), t)


def accelerators_of(accelerators: Mapping[Accelerator, Row], item: str) -> list[Accelerator]:
    """Return the accelerators of an item, which names them by themselves, by family or by vendor, or all."""
    return _named(accelerators, accelerators if item == schema.ALL else item.split(schema.SUM))


def _named(accelerators: Mapping[Accelerator, Row], names: Collection[str]) -> list[Accelerator]:
    return [a for a, row in accelerators.items() if {a, row["family"], row["vendor"]} & set(names)]


def _accelerators(m: Model, names: Collection[str]) -> list[Accelerator]:
    return _named(m.on.accelerators, names)


def _units_built(m: Model, names: Collection[str], t: Year) -> Ratio:
    return Ratio(total(m.build[a, t] for a in _accelerators(m, names) if (a, t) in m.build))


def _installed_h100e(m: Model, names: Collection[str], t: Year) -> Ratio:
    accelerators = _accelerators(m, names)
    return Ratio(total(m.h100e[a] * owned(m, a, r, t) for a in accelerators for r in m.on.regions))


def _accelerator_spending(m: Model, names: Collection[str], t: Year) -> Ratio:
    return Ratio(
        total(accelerator_price(m, a, t) * m.build[a, t] for a in _accelerators(m, names) if (a, t) in m.build)
    )


def accelerator_price(m: Model, a: Accelerator, t: Year) -> float:
    """Return what an accelerator built in a year costs its buyer: its own price, and the least for components [USD].

    Which supplier is cheapest is no formula of the LP, so that prices are read as they are now.
    """
    flows = [s for s in m.on.materials[a] if m.on.is_flow(s)]
    parts = math.fsum(number_now(m.bill_of_materials[a, s]) * least_cost(m, s, schema.GLOBAL, t) for s in flows)
    return number_now(m.other_cost_usd[a, t]) + parts


def least_price(m: Model, s: Stage, p: Place, t: Year) -> float:
    """Return a stage's price at a place: the least of its suppliers with a limit, or of all if none has [USD]."""
    return min((number_now(price(m, s, k, p, t)) for k in _suppliers(m, s, p, t)), default=0.0)


def least_cost(m: Model, s: Stage, p: Place, t: Year) -> float:
    """Return the same with what each supplier itself needs to supply [USD]."""
    return min((_with_needs(m, s, k, p, t) for k in _suppliers(m, s, p, t)), default=0.0)


def _with_needs(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> float:
    return number_now(price(m, s, k, p, t)) + math.fsum(
        number_now(m.need[need]) * least_cost(m, n, where, t)
        for (n, where), needs in m.on.supply_needs.items()
        for need, place in needs
        if (*need[:2], place) == (s, k, p)
    )


def _suppliers(m: Model, s: Stage, p: Place, t: Year) -> list[Supplier]:
    """Return the suppliers of a stage that have a limit above 0, or may have ordered one; all of them if none has."""
    every = m.on.suppliers[s, p]
    return [k for k in every if _has_limit(m, s, k, p, t)] or list(every)


def _has_limit(m: Model, s: Stage, k: Supplier, p: Place, t: Year) -> bool:
    index = (s, k, p, t)
    in_hand = (s, k, p) in m.on.has_capacity and number_now(m.capacity[index]) > 0
    ordered = any(number_now(m.max_expansion[s, k, p, u]) > 0 for u in m.on.arrived.get(index, ()))
    return (
        in_hand
        or ordered
        or any(
            number_now(m.share[s, k, pool, t]) > 0 and _has_limit(m, pool, owner, p, t)
            for pool in m.on.draws.get((s, k), ())
            for owner in m.on.suppliers[pool, p]
        )
    )


def _used(m: Model, stages: Collection[Stage], t: Year) -> Expression:
    return total(amount for s in stages for p in m.on.places[s] for _, amount in supply.uses(m, s, p, t))


def _stage_used(m: Model, stages: Collection[Stage], t: Year) -> Ratio:
    return Ratio(_used(m, stages, t))


def _stage_used_share(m: Model, stages: Collection[Stage], t: Year) -> Ratio:
    sites = [(s, k, p) for s in stages for p in m.on.places[s] for k in m.on.suppliers[s, p]]
    return Ratio(_used(m, stages, t), total(supply.limit(m, *site, t) for site in sites))


def _stage_spending(m: Model, stages: Collection[Stage], t: Year) -> Ratio:
    return Ratio(total(paid(m, s, k, p, t) for s, k, p, u in m.on.supply if u == t and s in stages))


def _tokens_served(m: Model, workloads: Collection[Workload], t: Year) -> Ratio:
    return Ratio(total(served(m, w, t) for w in workloads))


def _research_done(m: Model, _: Collection[str], t: Year) -> Ratio:
    return Ratio(total(m.research[j, u] for j, u in m.on.research if u == t))


def _capital_spending(m: Model, _: Collection[str], t: Year) -> Ratio:
    return Ratio(total(hardware(m, t).values()))


def memory_share(m: Model, t: Year) -> Ratio:
    """Return memory's part of the cash of a year for the components and systems of accelerators."""
    spent = hardware(m, t)
    memory = total(usd for s, usd in spent.items() if s != OTHER and m.on.stages[s]["group"] == "memory")
    return Ratio(memory, total(spent.values()))


def hardware(m: Model, t: Year) -> dict[Stage, Expression]:
    """Return the cash of a year for the components and systems of accelerators, by item, without expansions [USD]."""
    spent: dict[Stage, Expression] = {s: 0.0 for s in m.on.stages if m.on.is_flow(s) and _is_component(m, s)}
    for s, usd in components(m, t):
        if s in spent:
            spent[s] += usd
    return spent | {OTHER: total(usd for _, usd in systems(m, t))}


def _is_component(m: Model, s: Stage) -> bool:
    """Whether a stage goes into accelerators, by itself or through the suppliers of one that does."""
    if m.on.users[s]:
        return True
    return any(_is_component(m, need[0]) for (n, _), needs in m.on.supply_needs.items() if n == s for need, _ in needs)


RESEARCH_DONE = "research_done"
"""Research done in a year, busy H100-equivalent years: measured beside the quantities of `schema.QUANTITIES`."""

_FORMULAS: dict[str, Callable[[Model, Collection[str], Year], Ratio]] = {
    "units_built": _units_built,
    "installed_h100e": _installed_h100e,
    "accelerator_spending": _accelerator_spending,
    "stage_used": _stage_used,
    "stage_used_share": _stage_used_share,
    "stage_spending": _stage_spending,
    "tokens_served": _tokens_served,
    RESEARCH_DONE: _research_done,
    "capital_spending": _capital_spending,
    "memory_share": lambda m, _, t: memory_share(m, t),
}
