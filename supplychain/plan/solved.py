"""A case and the values that the solver found for it, in the users' units."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from supplychain.model import supply
from supplychain.model.evaluated import Evaluated
from supplychain.model.labels import Var

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Vector
    from supplychain.model import Numbers, Structure
    from supplychain.model.supply import Limit, User

Key = TypeVar("Key")
Value = TypeVar("Value")


class WorkedOut(dict[Key, Value]):
    """Values by key; each is worked out when it is first asked for."""

    def __init__(self, of: Callable[[Key], Value]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, key: Key) -> Value:
        self[key] = self._of(key)
        return self[key]


@dataclass(frozen=True)
class Solved:
    """One solution: `x[variable][index]`, beside the case's index sets `on` and numbers `n[param][index]`."""

    case: Case
    on: Structure
    n: Mapping[str, Numbers]
    x: Mapping[str, Mapping[Any, float]]

    @cached_property
    def m(self) -> Evaluated:
        """The names of the model over this solution: what its formulas, `supply.limit` and the like, are asked of."""
        return Evaluated(self.on, self.n, self.x)

    @cached_property
    def limits(self) -> WorkedOut[tuple[str, str, str, int], Limit]:
        """Limit of a supplier in a place and year."""
        return WorkedOut(lambda index: supply.limit_parts(self.m, index, lambda drawn: self.limits[drawn].total))

    @cached_property
    def uses(self) -> WorkedOut[tuple[str, str, int], Mapping[User, float]]:
        """The users of a stage at a place in a year, and how much each uses."""
        return WorkedOut(self._uses)

    def _uses(self, index: tuple[str, str, int]) -> Mapping[User, float]:
        amounts: dict[User, float] = defaultdict(float)
        for user, amount in supply.uses(self.m, *index):
            amounts[user] += amount
        return {user: amount for user, amount in amounts.items() if amount > 0}

    @cached_property
    def used(self) -> WorkedOut[tuple[str, str, int], float]:
        """Everything that uses a stage at a place in a year."""
        return WorkedOut(lambda index: math.fsum(self.uses[index].values()))

    def limit_of(self, s: str, p: str, t: int) -> float:
        """Return the limit of a stage at a place: the sum over its suppliers."""
        return math.fsum(self.limits[s, k, p, t].total for k in self.on.suppliers[s, p])

    def busy(self, a: str, t: int) -> dict[str, float]:
        """Return busy accelerator-years by workload; research is under the blank name."""
        work = {w: self.x[Var.ASSIGN].get((a, w, t), 0.0) for w in self.on.workloads}
        work[""] = self.x[Var.ASSIGN_RESEARCH].get((a, t), 0.0)
        return {w: years for w, years in work.items() if years > 0}


Names: TypeAlias = "Mapping[str, tuple[list[Any], list[int]]]"
"""Of each variable, its indices and the columns in which they stand."""


def names(labelled: LabelledLP) -> Names:
    """Return where the variables of the model stand in an LP."""
    by_variable: dict[str, tuple[list[Any], list[int]]] = {name: ([], []) for name in Var}
    for (name, *index), column in labelled.column.items():
        by_variable[name][0].append(tuple(index) if len(index) > 1 else index[0])
        by_variable[name][1].append(column)
    return by_variable


class Values(dict[str, "Mapping[Any, float]"]):
    """Column values by variable and index; those of a variable are looked up when it is first asked for."""

    def __init__(self, names: Names, x: Vector) -> None:
        super().__init__()
        self._names, self._x = names, x

    def __missing__(self, name: str) -> Mapping[Any, float]:
        index, columns = self._names[name]
        self[name] = dict(zip(index, self._x[columns].tolist(), strict=True))
        return self[name]
