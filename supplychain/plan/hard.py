"""The LP of a case with hard requirements: reliefs beside its own columns, and what may give way if they clash."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from supplychain import lp, schema
from supplychain.limits import doing
from supplychain.model import cost, locked_in, service, solver
from supplychain.model.earnings import priced_out
from supplychain.model.labels import Constraint, Var
from supplychain.model.ties import sizes
from supplychain.plan.caps import capped
from supplychain.plan.levers import Levers
from supplychain.plan.reliefs import Added, Relief, columns_of, dearest_price, reliefs, way
from supplychain.plan.solved import Solved, Values, names
from supplychain.results.schema import TTOK
from supplychain.tolerances import LOCKED_IN_ROOM, NO_SHORTAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from supplychain.lp import Label, LabelledLP, Optimum, Vector
    from supplychain.model import Structure
    from supplychain.plan.required import Requirement
    from supplychain.plan.solved_lp import SolvedLP

REQUIRED, KEPT_TOKENS, KEPT_RESEARCH = "required", "kept tokens", "kept research"
"""Rows that stand beside those of the model: what is required, and what is served already."""

UNITS, USD = "units", "USD"
"""Of accelerators, and of money."""


@dataclass(frozen=True)
class GivesWay:
    """What may give way where requirements clash, in physical units."""

    what: Added
    item: str
    year: int
    unit: str
    usd: float
    """What a unit of it is priced at, in USD of its year."""
    counted_usd: float
    """The same, as the objective counts money: discounted."""
    supplier: str = ""
    place: str = ""
    requirement: int | None = None
    """Of tokens: the number of the requirement that they are short of."""

    @property
    def label(self) -> Label:
        """Its column."""
        which = self.supplier if self.requirement is None else str(self.requirement)
        return (self.what, self.item, which, self.place, self.year)


@dataclass(frozen=True)
class Met:
    """A plan: the solved LP with its columns, and the values chosen among equal ones."""

    lp: LabelledLP
    optimum: Optimum
    x: Vector
    solved: Solved


class HardLP:
    """The LP in which reliefs may be had, nothing is served less than before, and requirements have to be met."""

    def __init__(
        self,
        solved_lp: SolvedLP,
        requirements: Sequence[Requirement],
        *,
        caps: Mapping[int, float],
        relief_price: float | None,
        any_relief: bool,
    ) -> None:
        """State it; with `any_relief` all spending is least, else first what reliefs cost."""
        self.any_relief = any_relief
        self.solved, self.requirements, self.caps = solved_lp.solved, requirements, caps
        self.before = [requirement.served(self.solved) for requirement in requirements]
        self.required = [r.required(before) for r, before in zip(requirements, self.before, strict=True)]
        self.last = max([*caps, *(r.year for r in requirements)])
        self.money = solved_lp.money
        base, self._ties = self._with_caps(solved_lp)
        self._names = names(base)
        self._levers, self._row_names = Levers(self.solved, base), list(base.row)
        self.reliefs: list[Relief] = reliefs(self.solved, self.last, relief_price)
        columns, balances = columns_of(self.reliefs, self.solved, self._levers, base, self.money)
        relieved = {relief.label[1:-1] for relief in self.reliefs}
        self.not_relieved = frozenset(index[:-1] for index in self.solved.on.supply if index[:-1] not in relieved)
        self.gives_way = list(self._what_may_give_way(base))
        rows = [*balances, *self._required_rows(), *self._kept_rows(), *self._build_rows()]
        columns += [lp.NewColumn(g.label, self._terms(base, g), upper=0.0) for g in self.gives_way]
        self.lp = solver.cold(self._bounded(lp.extended(base, columns, rows)))
        self._own = base.shape[1]

    def _with_caps(self, solved_lp: SolvedLP) -> tuple[LabelledLP, Sequence[Vector]]:
        """Return the LP of the case, with limits on capital where some are asked for, and its tie-breakers."""
        if not self.caps:
            return solved_lp.lp, solved_lp.ties
        case = capped(self.solved.case, self.caps)
        model = solver.MutableModel(case)
        base = locked_in.fix_columns(model.lp(), locked_in.fixed_amounts(case, model.m.on))
        return base, model.ties(base)

    def _bounded(self, whole: LabelledLP) -> LabelledLP:
        """Return the LP with spending alone as its objective, and no commitment that falls shorter than before.

        Limits on builds are rows, so that they may give way.
        """
        cost_of, column_upper = whole.cost.copy(), whole.column_upper.copy()
        for label, j in whole.column.items():
            if label[0] in {Var.SERVE, Var.RESEARCH}:
                cost_of[j] = 0.0
            elif label[0] == Var.SHORTFALL:
                column_upper[j] = self.solved.x[Var.SHORTFALL][label[1:]] * (1 + LOCKED_IN_ROOM)
            elif label[0] == Var.BUILD and (Added.BUILD, *label[1:]) in whole.row:
                column_upper[j] = math.inf
        bounded = replace(whole, cost=cost_of, column_upper=column_upper, offset=0.0)
        bounded.highs.changeObjectiveOffset(0.0)
        lp.load(bounded)
        return bounded

    def counted(self, n: int) -> list[Label]:
        """Return the columns that a requirement counts."""
        counted, t = set(self.requirements[n].workloads(self.solved)), self.requirements[n].year
        return [(Var.SERVE, w, j, u) for w, j, u in self.solved.on.serve if w in counted and u == t]

    def _required_rows(self) -> Iterator[lp.NewRow]:
        for n, (requirement, amount) in enumerate(zip(self.requirements, self.required, strict=True)):
            terms = dict.fromkeys([*self.counted(n), self._short(n).label], 1.0)
            yield lp.NewRow((REQUIRED, n, requirement.year), terms, lower=amount)

    def _kept_rows(self) -> Iterator[lp.NewRow]:
        """Yield what is served already, which stays: tokens of each workload, and research, of each year."""
        served = (
            (w, t, service.served(self.solved.m, w, t)) for w, t in sorted({(w, t) for w, _, t in self._on.serve})
        )
        for w, t, tokens in served:
            if tokens > 0:
                terms: dict[Label, float] = {
                    (Var.SERVE, v, j, u): -1.0 for v, j, u in self._on.serve if (v, u) == (w, t)
                }
                yield lp.NewRow((KEPT_TOKENS, w, t), terms, upper=-tokens * (1 - LOCKED_IN_ROOM))
        for t in sorted({t for _, t in self._on.research}):
            tiers: list[Label] = [(Var.RESEARCH, j, u) for j, u in self._on.research if u == t]
            done = math.fsum(self.solved.x[Var.RESEARCH][label[1:]] for label in tiers)
            if done > 0:
                yield lp.NewRow((KEPT_RESEARCH, t), dict.fromkeys(tiers, -1.0), upper=-done * (1 - LOCKED_IN_ROOM))

    def _build_rows(self) -> Iterator[lp.NewRow]:
        for g in self.gives_way:
            if g.what == Added.BUILD:
                terms: dict[Label, float] = {(Var.BUILD, g.item, g.year): 1.0, g.label: -1.0}
                most = self.solved.n["max_units"][g.item, g.year]
                yield lp.NewRow((Added.BUILD, g.item, g.year), terms, upper=most)

    def _what_may_give_way(self, base: LabelledLP) -> Iterator[GivesWay]:
        for n in range(len(self.requirements)):
            yield self._short(n)
        discount = self.solved.n["discount"]
        for label in base.row:
            t = label[-1]
            if label[0] == Constraint.BUDGET:
                yield GivesWay(Added.BUDGET, "", t, USD, 1.0, discount[t])
            elif label[0] == Constraint.RAMP and t <= self.last:
                yield GivesWay(Added.RAMP, label[1], t, UNITS, *self._system(label[1], t))
            elif label[0] == Constraint.SUPPLY_LIMIT and t <= self.last and label[1:-1] in self.not_relieved:
                s, k, p = label[1:-1]
                usd = dearest_price(self.solved, s, t)
                counted = usd * cost.counted(self.solved.m, s, t)
                yield GivesWay(Added.STAGE, s, t, self._on.stages[s]["unit"], usd, counted, k, p)
        for a, t in self.solved.n["max_units"]:
            may_change = (Var.BUILD, a, t) in base.column and (Var.BUILD, a, t) not in self._locked_in
            if t <= self.last and may_change:
                yield GivesWay(Added.BUILD, a, t, UNITS, *self._system(a, t))

    def _terms(self, base: LabelledLP, g: GivesWay) -> dict[Label, float]:
        """Return what of the model's rows gives way; of a requirement and of a build limit the row says it."""
        if g.what == Added.STAGE:
            names = self._row_names
            rises = self._levers.one_unit((g.item, g.supplier, g.place, g.year))
            return {names[i]: -rise * way(base, i) for i, rise in rises.items()}
        rows: dict[Added, Label] = {
            Added.BUDGET: (Constraint.BUDGET, g.year),
            Added.RAMP: (Constraint.RAMP, g.item, g.year),
        }
        if g.what not in rows:
            return {}
        unit = self.money if g.what == Added.BUDGET else 1.0
        return {rows[g.what]: -unit * way(base, base.row[rows[g.what]])}

    def _short(self, n: int) -> GivesWay:
        """Return the tokens that a requirement may be short of, at what the last that is served earns."""
        requirement, t = self.requirements[n], self.requirements[n].year
        m = self.solved.m
        earned = {label[1:]: cost.token_earning(m, *label[1:]) for label in self.counted(n)}
        served = [usd for index, usd in earned.items() if m.serve[index] > 0]
        asked = [usd for index, usd in earned.items() if m.demand_ttok[index] > 0 and not priced_out(m, *index)]
        usd = min(served) if served else max(asked, default=0.0)
        counted = usd * self.solved.n["discount"][t]
        return GivesWay(Added.SHORT, requirement.workload, t, TTOK, usd, counted, requirement=n)

    def _system(self, a: str, t: int) -> tuple[float, float]:
        """Return what a unit of an accelerator costs, with all that goes into it: in cash, and discounted."""
        n, m = self.solved.n, self.solved.m
        usd = counted = 0.0
        if (a, t) in self._on.build:
            usd, counted = n["other_cost_usd"][a, t], n["pvf_build"][a, t] * n["other_cost_usd"][a, t]
        for s in self._on.materials[a]:
            if self._on.is_flow(s):
                price = n["bill_of_materials"][a, s] * dearest_price(self.solved, s, t)
                usd, counted = usd + price, counted + price * cost.counted(m, s, t)
        return usd, counted

    @property
    def _on(self) -> Structure:
        return self.solved.on

    @cached_property
    def _locked_in(self) -> Collection[Label]:
        """Columns that another plan has decided."""
        return locked_in.fixed_amounts(self.solved.case, self._on).keys()

    @cached_property
    def ties(self) -> list[Vector]:
        """What chooses among plans of equal cost: service sooner, then the plan that uses least, reliefs included."""
        *firsts, least = self._ties
        labels = list(self.lp.column)[self._own :]
        weights = np.array([1 + lp.share_of(label) for label in labels]) / np.array(self._sizes(labels))
        return [*(np.concatenate([tie, np.zeros(len(labels))]) for tie in firsts), np.concatenate([least, weights])]

    def _sizes(self, labels: Sequence[Label]) -> list[float]:
        """Return how much of each added column counts as one: as of the model's columns."""
        alike: list[Label] = []
        for what, item, *_, t in labels:
            if what in {Added.RELIEF, Added.STAGE}:
                alike.append((Var.EXPAND, item, t))
            elif what == Added.SHORT:
                alike.append((Var.SERVE, self._on.workloads[0] if item == schema.ALL else item, t))
            else:
                alike.append((Var.BUILD, item, t))
        of_model = sizes(self.solved.m, alike).tolist()
        return [
            self._system_size if label[0] == Added.BUDGET else size
            for label, size in zip(labels, of_model, strict=True)
        ]

    @cached_property
    def _system_size(self) -> float:
        """What an accelerator costs, in USD: the size of money."""
        usd = [self._system(a, t)[0] for a, t in self._on.build]
        return max(usd, default=0.0) or 1.0

    @cached_property
    def relief_cost(self) -> Vector:
        """What reliefs cost, discounted: an objective."""
        columns = [self.lp.column[relief.label] for relief in self.reliefs]
        of_reliefs = np.zeros(self.lp.shape[1])
        of_reliefs[columns] = self.lp.cost[columns]
        return of_reliefs

    @property
    def _objectives(self) -> list[Vector]:
        """What is least, in turn: what reliefs cost, then all spending; or the other way round."""
        of_reliefs, spending = self.relief_cost, self.lp.cost
        return [spending, of_reliefs] if self.any_relief else [of_reliefs, spending]

    def cheapest(self) -> Met | None:
        """Return the cheapest plan that meets all that is required; None if no plan does."""
        columns = [self.lp.column[g.label] for g in self.gives_way]
        with doing("looking for a plan that serves what is required"):
            short = self._nearest().x[columns]
        if (short > NO_SHORTAGE * np.array([self.size(g) for g in self.gives_way])).any():
            return None
        column_upper = self.lp.column_upper.copy()
        column_upper[columns] = np.maximum(short, 0.0)  # rounding
        whole = replace(self.lp, column_upper=column_upper)
        with doing("looking for the cheapest plan that serves what is required"):
            met = self._chosen(whole, self._objectives)
            return met if self.any_relief else self._with_reliefs_of(met)

    def _nearest(self) -> Optimum:
        """Return the plan nearest to all that is required: with the least sum of what gives way, in its sizes."""
        distance, column_upper = np.zeros(self.lp.shape[1]), self.lp.column_upper.copy()
        for g in self.gives_way:
            j = self.lp.column[g.label]
            distance[j], column_upper[j] = 1 / self.lp.column_unit[j], math.inf
        return self._optimum(replace(self.lp, column_upper=column_upper, cost=distance))

    def size(self, g: GivesWay) -> float:
        """Return the size of what may give way, beside which an amount is rounding."""
        n = self.solved.n
        match g.what:
            case Added.SHORT:
                size = self.required[g.requirement or 0]
            case Added.BUDGET:
                size = self.caps.get(g.year) or n["capital_usd"].get(g.year, 0.0)
            case Added.STAGE:
                size = self.solved.limits[g.item, g.supplier, g.place, g.year].total
            case Added.BUILD:
                size = n["max_units"][g.item, g.year]
            case _:
                size = n["ramp_start_units"][g.item]
        return max(size, float(self.lp.column_unit[self.lp.column[g.label]]))

    def _with_reliefs_of(self, met: Met) -> Met:
        """Return the plan of least spending that relieves no more: its prices are those of spending."""
        columns = [self.lp.column[relief.label] for relief in self.reliefs]
        column_upper = met.lp.column_upper.copy()
        column_upper[columns] = np.maximum(met.x[columns], 0.0) * (1 + LOCKED_IN_ROOM)
        return self._chosen(replace(met.lp, column_upper=column_upper), [self.lp.cost])

    def anyway(self) -> Met:
        """Return the cheapest plan if nothing were required: which reliefs lower spending by themselves."""
        with doing("asking which reliefs pay by themselves"):
            return self._chosen(self._without(required=True, caps=False), self._objectives)

    def repaired(self) -> Met:
        """Return the plan in which what gives way costs least; among those, the cheapest."""
        price = np.zeros(self.lp.shape[1])
        column_upper = self.lp.column_upper.copy()
        for g in self.gives_way:
            j = self.lp.column[g.label]
            price[j], column_upper[j] = self.money * g.counted_usd, math.inf
        with doing("looking for the cheapest way out of requirements that clash"):
            return self._chosen(replace(self.lp, column_upper=column_upper), [price, *self._objectives])

    def without_requirements(self) -> LabelledLP:
        """Return the LP, in a solver of its own, with nothing required and no limit on capital that was asked for."""
        return solver.cold(self._without(required=True, caps=True).clone())

    def _without(self, *, required: bool, caps: bool) -> LabelledLP:
        row_lower, row_upper = self.lp.row_lower.copy(), self.lp.row_upper.copy()
        for label, i in self.lp.row.items():
            asked = (required and label[0] == REQUIRED) or (
                caps and label[0] == Constraint.BUDGET and label[-1] in self.caps
            )
            if asked:
                row_lower[i], row_upper[i] = -math.inf, math.inf
        return replace(self.lp, row_lower=row_lower, row_upper=row_upper)

    def _chosen(self, whole: LabelledLP, objectives: Sequence[Vector]) -> Met:
        """Return the plan that is best by the first objective, then by the others, then as ties are broken."""
        first, *others = objectives
        asked = replace(whole, cost=first)
        optimum = self._optimum(asked)
        x = lp.prefer(asked, optimum, [*others, *self.ties])
        return Met(asked, optimum, x, replace(self.solved, x=Values(self._names, x[: self._own])))

    @staticmethod
    def _optimum(asked: LabelledLP) -> Optimum:
        """Return the optimum, found from nothing: it does not depend on what was asked before."""
        lp.load(asked)
        asked.highs.forget()
        return solver.solved(solver.cold(asked), what="the case with hard requirements")
