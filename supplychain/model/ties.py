"""Which of the plans that cost the same is chosen."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp
from supplychain.model.cost import research_value, token_value
from supplychain.model.labels import Var

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model._pyomo import Commitment, Model, Stage

_OF_STAGES = {Var.SUPPLY, Var.EXPAND, Var.STORED}
_OF_MONEY = {Var.UNUSED, Var.CASH, Var.GAP}
MONEY_TOTAL = 2.0**22
"""What all demand is worth in the LP's own money: large against tolerances, small against rounding."""


def tie_breakers(m: Model, labelled: LabelledLP) -> tuple[Vector, ...]:
    r"""Return the objectives, to be minimised in turn, that choose among plans of equal cost.

    First: service sooner rather than later, $-\sum_t (|T| - n_t) \cdot value$ of what is served in t, with n_t the
    number of years before t. Then, where anything is owed: most of it unused, $-\sum unused$, so that supply that
    nothing uses is never preferred to owing for it. Then: the plan that uses least, each variable weighted between 1
    and 2 by the SHA-256 of its name, and counted in units of accelerators: of a stage, as many as it is enough for; of
    tokens, as many as serve one in a second; of money, $2^{-22}$ of what all demand is worth. None depends on the order
    of rows, the basis, the scale of money or the unit of anything.
    """
    sooner = np.zeros(labelled.shape[1])
    years = m.on.years
    for w, j, t in m.on.serve:
        value = token_value(m, w, j, t)
        sooner[labelled.column[Var.SERVE, w, j, t]] = -(len(years) - years.index(t)) * value
    for j, t in m.on.research:
        value = research_value(m, j, t)
        sooner[labelled.column[Var.RESEARCH, j, t]] = -(len(years) - years.index(t)) * value
    weights = np.array([1 + lp.share_of(label) for label in labelled.column])
    least = weights / sizes(m, labelled.column)
    if not m.on.owed:
        return sooner, least
    unused = np.zeros(labelled.shape[1])
    unused[[labelled.column[Var.UNUSED, *index] for index in m.on.owed]] = -1.0
    return sooner, unused, least


def sizes(m: Model, labels: Iterable[Label]) -> Vector:
    """Return how much of each variable counts as one.

    Of accelerators it is a unit; of a stage, what a unit takes of it; of tokens and of research, what a unit does in a
    second, and of research in a year; of money, as much of what all demand is worth as a unit of the LP's own is. Where
    accelerators differ it is their geometric mean.
    """
    labels = list(labels)
    of_money = _of_money(m) if any(label[0] in _OF_MONEY for label in labels) else 1.0
    of_stage = _of_stages(m)
    tokens: dict[str, list[float]] = defaultdict(list)
    for a, w in dict.fromkeys((a, w) for a, w, _ in m.on.assign):
        tokens[w].append(m.tokens_per_second[a, w])
    of_workload = {w: _mean(tokens[w]) for w in m.on.workloads}
    research = _mean(m.h100e[a] for a in m.on.accelerators)

    def of(name: str, first: str, last: int) -> float:
        if name in _OF_STAGES:
            return of_stage[first]
        if name == Var.SHORTFALL:
            return _of_commitment(m, first, last, of_stage)
        if name in _OF_MONEY:
            return of_money
        return of_workload[first] if name == Var.SERVE else research if name == Var.RESEARCH else 1.0

    return np.array([of(label[0], label[1], label[-1]) for label in labels])


def _of_money(m: Model) -> float:
    worth = math.fsum(m.demand_ttok[index] * token_value(m, *index) for index in m.on.serve)
    return worth / MONEY_TOTAL if worth else 1.0


def _of_commitment(m: Model, c: Commitment, t: int, of_stage: dict[Stage, float]) -> float:
    stage = m.on.commitments[c, t]["stage"]
    return 1.0 if stage is None else of_stage[stage]


def _of_stages(m: Model) -> dict[Stage, float]:
    """Return what an accelerator takes of each stage.

    Of a stage that none takes, it is what is needed for one unit of the stages whose suppliers need it, or as much as
    of the stages that are a share of it. Of one that nobody uses it is 1: there is nothing to count.
    """
    needed: dict[Stage, list[tuple[Stage, float]]] = defaultdict(list)
    for needs in (m.on.supply_needs, m.on.expansion_needs):
        for (n, _), users in needs.items():
            needed[n] += [(need[0], m.need[need]) for need, _ in users]
    for (s, _), drawn in m.on.draws.items():
        for n in drawn:
            needed[n].append((s, 1.0))
    of: dict[Stage, float] = {}

    def size(s: Stage) -> float:
        if s not in of:
            of[s] = 1.0  # stages that need each other, be it to grow, end here
            taken = [m.bill_of_materials[a, s] for a in m.on.users[s]]
            of[s] = _mean(taken or (size(user) * quantity for user, quantity in needed[s]))
        return of[s]

    return {s: size(s) for s in m.on.stages}


def _mean(amounts: Iterable[float]) -> float:
    """Return the geometric mean of what is above 0; 1 if nothing is."""
    logs = [math.log(amount) for amount in amounts if amount > 0]
    return math.exp(math.fsum(logs) / len(logs)) if logs else 1.0
