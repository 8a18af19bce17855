"""Other lead times and lives: the rows and columns of an LP that they reach, stated again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from supplychain.case.calendar import online_year
from supplychain.model import cash, contracts, cost, fleet, supply
from supplychain.model._pyomo import pyo
from supplychain.model.evaluated import Evaluated
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from supplychain.lp import Label
    from supplychain.model import Numbers
    from supplychain.model._pyomo import Expression, Model, Relation
    from supplychain.model.structure import Structure

NUMBERS = "pvf_expansion"
"""The Param that has a number for each order that arrives, and none for others."""

_RULES: dict[str, Callable[..., Relation]] = {
    Constraint.SUPPLY_LIMIT: supply.supply_limit,
    Constraint.STAGE_BALANCE: supply.stage_balance,
    Constraint.OPERATE_OWNED: fleet.operate_owned,
    Constraint.TAKE_OR_PAY: contracts.take_or_pay,
    Constraint.CASH_BALANCE: cash.cash_balance,
    Constraint.BUDGET: cost.budget,
}


@dataclass(frozen=True)
class Restated:
    """What is stated again: rows (None: there is none any more), columns that come and go, and what new ones cost."""

    rows: Mapping[Label, Relation | None]
    new: Mapping[Label, Any]
    gone: frozenset[Label]
    cost: Expression


def restated(m: Model, on: Structure, numbers: Mapping[str, Numbers]) -> Restated:
    """State again, of the model of a case, what other lead times and lives reach; `on` and `numbers` have these."""
    new, gone = set(on.expand) - set(m.on.expand), set(m.on.expand) - set(on.expand)
    params, variables = m.names.parts()
    more = pyo.ConcreteModel()
    ordered = [index for index in on.expand if index in new]
    more.expand = supply.orders(ordered, lambda _, *index: (0, m.max_expansion[index]))
    expand = {index: x for index, x in variables[Var.EXPAND].items() if index not in gone}
    expand |= {index: more.expand[index] for index in ordered}
    names = Evaluated(
        on,
        {**params, NUMBERS: {**params[NUMBERS], **{index: numbers[NUMBERS][index] for index in ordered}}},
        {**variables, Var.EXPAND: expand},
    )
    of_new = Evaluated(replace(on, expand=tuple(ordered)), names.parts()[0], names.parts()[1])
    rows = {label: _RULES[label[0]](names, *label[1:]) for label in _reached(m.on, on)}
    return Restated(
        {label: None if relation is pyo.Constraint.Skip else relation for label, relation in rows.items()},
        {(Var.EXPAND, *index): more.expand[index] for index in ordered},
        frozenset((Var.EXPAND, *index) for index in gone),
        m.money * cost.expansions(of_new),
    )


def _reached(before: Structure, after: Structure) -> dict[Label, None]:
    """Return the rows in which other lead times and lives make a difference, each once."""
    labels: dict[Label, None] = {}
    limits = {index for index in before.supply if before.arrived.get(index) != after.arrived.get(index)}
    drawn = _drawn(after, limits)
    labels |= {(Constraint.SUPPLY_LIMIT, *index): None for index in before.supply if index in drawn}
    labels |= {(Constraint.STAGE_BALANCE, *index): None for index in _needed(before, after)}
    labels |= {
        (Constraint.OPERATE_OWNED, a, r, t): None
        for a, r, t in before.operate
        if before.vintages[a, t] != after.vintages[a, t] or before.fleet.get((a, r, t)) != after.fleet.get((a, r, t))
    }
    ordered = {index[-1] for index in set(before.expand) ^ set(after.expand)}
    labels |= {
        (Constraint.TAKE_OR_PAY, *key, y, u): None
        for *key, y, u in before.owed
        if any((*key, t) in drawn for t in contracts.term(before, y, u))
    }
    labels |= {(Constraint.CASH_BALANCE, t): None for t in before.cash if t in ordered}
    labels |= {(Constraint.BUDGET, t): None for t in before.budget if t in ordered}
    return labels


def _drawn(on: Structure, limits: set[tuple[str, str, str, int]]) -> set[tuple[str, str, str, int]]:
    """Return limits, and all that draw on them by allocation."""
    reached = set(limits)
    drawing = [index for index in on.supply if index[:2] in on.draws]
    for _ in on.draws:  # as many rounds as there are links settle every chain of allocations
        pools = {(s, p, t) for s, _, p, t in reached}
        reached |= {(s, k, p, t) for s, k, p, t in drawing if any((pool, p, t) in pools for pool in on.draws[s, k])}
    return reached


def _needed(before: Structure, after: Structure) -> Iterator[tuple[str, str, int]]:
    """Yield the stages that orders need in the year in which they arrive, where that is another year."""
    orders = set(before.expand) | set(after.expand)
    other = {index for index in orders if before.lead.get(index) != after.lead.get(index)}
    for (n, place), users in after.expansion_needs.items():
        of_users = {(need[0], need[1], p) for need, p in users}
        years = {
            online_year(index[-1], on.lead[index])
            for index in other
            if index[:3] in of_users
            for on in (before, after)
            if index in on.lead
        }
        yield from ((n, place, t) for t in sorted(years))
