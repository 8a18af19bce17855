"""From the Pyomo model to a solved LP."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from supplychain import limits, lp, schema
from supplychain.case import by_series
from supplychain.model import Numbers, Structure, build, lives, merged, money_of, numbers, numbers_of, structure
from supplychain.model.cells import named
from supplychain.model.cost import of_research, of_tokens
from supplychain.model.evaluated import Evaluated
from supplychain.model.labels import Var
from supplychain.model.structure import differing, same_sets, sets_of
from supplychain.model.ties import tie_breakers
from supplychain.tolerances import MONEY_SCALE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum, Vector
    from supplychain.model._pyomo import Model
    from supplychain.tabular import Row


def solve(m: Model) -> tuple[LabelledLP, Optimum]:
    """Solve a model from a cold start and return its LP and its optimum.

    Raises: NoAnswerError if anything keeps HiGHS from an optimum.
    """
    labelled = stated(m)
    return labelled, solved(labelled, what=f"case {m.name!r}")


def stated(m: Model) -> LabelledLP:
    """Return the LP of a model, not solved yet, with the options of a cold solve."""
    limits.check()
    return cold(lp.from_pyomo(m))


def solved(labelled: LabelledLP, *, what: str) -> Optimum:
    """Solve an LP that has the options of a cold solve, and leave it those of what follows.

    Raises: NoAnswerError.
    """
    optimum = lp.optimum_of(labelled, what=what)
    labelled.highs.setOptionValue("solver", "simplex")  # what follows starts from a basis, or is presolved to little
    return optimum


def cold(labelled: LabelledLP) -> LabelledLP:
    """Give the solver of an LP the options of a cold solve."""
    for name, value in lp.options(labelled.shape[0]).items():
        labelled.highs.setOptionValue(name, value)
    return labelled


@dataclass(frozen=True)
class _Tiers:
    """All tiers of tokens, or of research, as arrays: a curve has many, and an edit of it changes each of them."""

    demand: str
    """The Param of what they ask for."""
    value: str
    """The Param of what that is worth."""
    usd: Callable[[Vector, Vector], Vector]
    """What a unit of demand of some value is worth, at what a dollar counts [USD]."""
    index: tuple[Any, ...]
    columns: npt.NDArray[np.int64]
    discount: Vector
    priced: frozenset[str]
    """Workloads for which a price is charged."""

    @property
    def names(self) -> set[str]:
        """The Params of what they ask for, and of what that is worth."""
        return {self.demand, self.value}

    @property
    def read(self) -> set[str]:
        """All Params that what may be served, and what it earns, is made of."""
        return self.names | ({"charged_usd_per_mtok", "kept_share"} if self.priced else set())

    def bounds_and_earnings(self, numbers: Mapping[str, Numbers]) -> tuple[Vector, Vector]:
        """Return how much of each tier may be served, and what a unit of it earns, discounted [USD]."""
        demand, earned = (
            np.array([given[i] for i in self.index], dtype=float)
            for given in (numbers[self.demand], numbers[self.value])
        )
        if self.priced:
            given = numbers["charged_usd_per_mtok"], numbers["kept_share"]
            at = [n for n, i in enumerate(self.index) if i[0] in self.priced]
            charged, kept = (np.array([of[self.index[n][0], self.index[n][-1]] for n in at]) for of in given)
            demand[at] = np.where(charged > earned[at], 0.0, demand[at])
            earned[at] = kept * charged
        return demand, self.usd(earned, self.discount)


_OF_TIERS = ("demand", "demand_curves", "prices")
"""Tables whose numbers are read together where prices are charged: a price splits a tier of a curve."""


class CaseLP(Protocol):
    """The LP of a case, not solved yet, with its sets, its numbers and its money units per USD."""

    @property
    def on(self) -> Structure:
        """Its index sets."""

    @property
    def money(self) -> float:
        """Money units of the LP per USD."""

    @property
    def numbers(self) -> Mapping[str, Numbers]:
        """Every number of the case."""

    def ties(self, labelled: LabelledLP) -> tuple[Vector, ...]:
        """Return what chooses among plans of equal cost."""

    def lp(self) -> LabelledLP:
        """Return the LP, in a solver of its own with the options of a cold solve."""


@dataclass(frozen=True)
class RestatedModel:
    """A case with other lead times and lives: some rows and columns of another LP stated again."""

    on: Structure
    money: float
    numbers: Mapping[str, Numbers]
    _labelled: LabelledLP

    def ties(self, labelled: LabelledLP) -> tuple[Vector, ...]:
        """Return what chooses among plans of equal cost."""
        return tie_breakers(Evaluated(self.on, self.numbers, {}), labelled)

    def lp(self) -> LabelledLP:
        """Return the LP, in a solver of its own with the options of a cold solve."""
        return self._labelled


class MutableModel:
    """The LP of a case, not solved yet; and, in place, that of the same case with other numbers.

    Building a model takes longer than changing every number in it. What tiers ask for and are worth goes into the LP as
    arrays, past the Pyomo model, which keeps what it was built with: what is known of a case now is in `numbers`.
    """

    def __init__(self, case: Case) -> None:
        """State a case."""
        self._case: Case | None = case
        """Whose numbers stand in the LP, where its sets are those of the LP, too."""
        self._first = case
        self._last: tuple[Case, Structure, dict[str, Numbers]] | None = None
        self.m: Any = build(case)
        with named(case):
            self._stated = lp.MutableLP(self.m)
        self.numbers: Mapping[str, Numbers] = numbers(case, self.m.on)
        self._tiers = (
            self._tiers_of(Var.SERVE, self.m.on.serve, "demand_ttok", "value_usd_per_mtok", of_tokens),
            self._tiers_of(
                Var.RESEARCH, self.m.on.research, "demand_h100e_years", "value_usd_per_h100e_hour", of_research
            ),
        )
        self._put_tiers()
        self._ties: tuple[tuple[Any, Any], Mapping[str, Numbers], tuple[Vector, ...]] | None = None

    @property
    def on(self) -> Structure:
        """Its index sets."""
        on: Structure = self.m.on
        return on

    @property
    def money(self) -> float:
        """Money units of the LP per USD."""
        money: float = self.m.money
        return money

    def put(self, case: Case) -> bool:
        """Put the numbers of another case in place; whether it has the same sets, so that this could be done."""
        new = {} if case is self._case else self._numbers(case)
        if new is None:
            return False
        self._put(new)
        self._case = case
        return True

    def restated(self, case: Case) -> RestatedModel | None:
        """Return the LP of another case, if it has the same sets but for what lead times and lives make of them.

        Its numbers are put in place, and the rows that lead times and lives reach are stated again beside them.
        """
        if case.settings != self._first.settings:
            return None
        on, new = self._statement(case)
        if not same_sets(self.on, on, lives=False):
            return None
        others = (
            name for name, values in new.items() if name != lives.NUMBERS and values.keys() != self.numbers[name].keys()
        )
        if any(others) or not self._money_fits(new):
            return None
        in_place = {name: {i: x for i, x in values.items() if i in self.numbers[name]} for name, values in new.items()}
        self._put(in_place)
        self._case = None
        parts = lives.restated(self.m, on, new)
        with named(case):
            labelled = cold(self._stated.restated(parts.rows, parts.new, parts.gone, parts.cost))
        return RestatedModel(on, self.money, new, labelled)

    def _put(self, new: Mapping[str, Numbers]) -> None:
        of_tiers: set[str] = set().union(*(tiers.names for tiers in self._tiers))
        read: set[str] = set().union(*(tiers.read for tiers in self._tiers))
        self._stated.put(
            (getattr(self.m, name)[index], value)
            for name, values in new.items()
            if name not in of_tiers
            for index, value in values.items()
            if value != self.numbers[name][index]
        )
        self.numbers = {**self.numbers, **{name: {**self.numbers[name], **values} for name, values in new.items()}}
        if read & new.keys():
            self._put_tiers()

    def _tiers_of(
        self, var: Var, index: tuple[Any, ...], demand: str, value: str, usd: Callable[[Vector, Vector], Vector]
    ) -> _Tiers:
        columns = np.array([self._stated.column((var, *i)) for i in index], dtype=np.int64)
        discount = np.array([self.numbers["discount"][i[-1]] for i in index], dtype=float)
        priced = self.m.on.priced if var == Var.SERVE else frozenset()
        return _Tiers(demand, value, usd, index, columns, discount, priced)

    def _put_tiers(self) -> None:
        """Put what tiers may be served and earn; the constant of the objective is all of it, left unserved."""
        all_unserved: list[float] = []
        for tiers in self._tiers:
            most, earned = tiers.bounds_and_earnings(self.numbers)
            self._stated.put_columns(tiers.columns, cost=-self.money * earned, upper=most)
            all_unserved += (self.money * earned * most).tolist()
        self._stated.put_offset(math.fsum(all_unserved))

    def _numbers(self, case: Case) -> dict[str, Numbers] | None:
        """Return numbers of another case, those that differ among them; None if it has other sets."""
        if case.settings != self._first.settings:
            return None
        new = self._differing(case)
        return new if new is not None and self._money_fits(new) else None

    def _money_fits(self, new: Mapping[str, Numbers]) -> bool:
        """Whether the LP's money is nearly what it would be with other numbers."""
        if new.keys().isdisjoint(self._tiers[0].names):
            return True
        tokens = {name: {**self.numbers[name], **new.get(name, {})} for name in self._tiers[0].names}
        return MONEY_SCALE <= money_of(tokens) / self.money <= 1 / MONEY_SCALE

    def _differing(self, case: Case) -> dict[str, Numbers] | None:
        if self._case is None:
            return self._all(case)
        parts: dict[str, tuple[Row, ...]] = dict.fromkeys(case.tables, ())
        changed = [table for table in schema.TABLES if self._case.tables[table.name] is not case.tables[table.name]]
        for table in changed:
            old, new = differing(by_series(self._case, table.name), by_series(case, table.name))
            if sets_of(table, old) != sets_of(table, new):
                return self._all(case)
            parts[table.name] = new
        if any(table.name in _OF_TIERS for table in changed) and case.tables["prices"]:
            changed = [schema.TABLE[name] for name in _OF_TIERS] + [t for t in changed if t.name not in _OF_TIERS]
            parts |= {name: case.tables[name] for name in _OF_TIERS}
        part = replace(case, tables=parts)
        return merged(numbers_of(part, table) for table in changed if parts[table.name])

    def _all(self, case: Case) -> dict[str, Numbers] | None:
        """Return every number of another case; None if it has other sets."""
        on, new = self._statement(case)
        same = all(values.keys() == self.numbers[name].keys() for name, values in new.items())
        if not same or not same_sets(on, self.on):
            return None
        if on != self.on:
            self.m.on = on
        return new

    def _statement(self, case: Case) -> tuple[Structure, dict[str, Numbers]]:
        """Return the sets and every number of another case; those of the last one that was asked for are known."""
        if self._last is None or self._last[0] is not case:
            on = structure(case)
            self._last = case, on, numbers(case, on)
        return self._last[1:]

    def ties(self, labelled: LabelledLP) -> tuple[Vector, ...]:
        """Return what chooses among plans of equal cost, worked out anew where a number that it reads has changed."""
        at = (self.m.on, labelled.column)
        known = self._ties
        if (
            known is None
            or any(this is not that for this, that in zip(known[0], at, strict=True))
            or any(self.numbers[name] != values for name, values in known[1].items())
        ):
            named = Evaluated(self.m.on, self.numbers, {})
            objectives = tie_breakers(named, labelled)
            known = self._ties = at, {name: self.numbers[name] for name in named.looked_up}, objectives
        return known[2]

    def lp(self) -> LabelledLP:
        """Return the LP as it stands, in a solver of its own with the options of a cold solve."""
        with named(self._first):
            return cold(self._stated.lp())
