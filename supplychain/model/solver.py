"""From the Pyomo model to a solved LP, through Pyomo's own HiGHS interface."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from supplychain import limits, lp, schema
from supplychain.model import Numbers, build, money, numbers, numbers_of, structure
from supplychain.model.cells import named
from supplychain.model.structure import differing, same_sets, sets_of
from supplychain.tolerances import MONEY_SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Optimum
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
    return cold(lp.LabelledHighs().stated(m))


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


class MutableModel:
    """The LP of a case, not solved yet; and, in place, that of the same case with other numbers.

    Building a model takes longer than changing every number in it.
    """

    def __init__(self, case: Case) -> None:
        """State a case."""
        self._case = case
        self.m: Model = build(case)
        with named(case):
            self._stated = lp.MutableLP(self.m)
        self.numbers: Mapping[str, Numbers] = numbers(case, self.m.on)

    def put(self, case: Case) -> bool:
        """Put the numbers of another case in place; whether it has the same sets, so that this could be done."""
        new = {} if case is self._case else self._numbers(case)
        if new is None:
            return False
        self._stated.put(
            (getattr(self.m, name)[index], value)
            for name, values in new.items()
            for index, value in values.items()
            if value != self.numbers[name][index]
        )
        self.numbers = {**self.numbers, **{name: {**self.numbers[name], **values} for name, values in new.items()}}
        self._case = case
        return True

    def _numbers(self, case: Case) -> dict[str, Numbers] | None:
        """Return numbers of another case, those that differ among them; None if it has other sets."""
        asks_alike = case.tables["demand"] is self._case.tables["demand"]
        if case.settings != self._case.settings or not (
            asks_alike or MONEY_SCALE <= money(case) / self.m.money <= 1 / MONEY_SCALE
        ):
            return None
        parts: dict[str, tuple[Row, ...]] = dict.fromkeys(case.tables, ())
        for table in schema.TABLES:
            old, new = differing(table, self._case.tables[table.name], case.tables[table.name])
            if sets_of(table, old) != sets_of(table, new):
                on = structure(case)
                all_new = numbers(case, on)
                same = all(values.keys() == self.numbers[name].keys() for name, values in all_new.items())
                if not same or not same_sets(on, self.m.on):
                    return None
                self.m.on = on
                return all_new
            parts[table.name] = new
        part = replace(case, tables=parts)
        return {
            name: values
            for table in schema.TABLES
            if parts[table.name]
            for name, values in numbers_of(part, table).items()
        }

    def lp(self) -> LabelledLP:
        """Return the LP as it stands, in a solver of its own with the options of a cold solve."""
        with named(self._case):
            return cold(self._stated.lp())
