"""A case and the values that the solver found for it, in the users' units."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema, units
from supplychain.case.calendar import in_service, online_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Vector
    from supplychain.model import Numbers, Structure


@dataclass(frozen=True)
class Limit:
    """What makes up a supplier's limit in a year."""

    capacity: float
    expanded: float
    allocated: float

    @property
    def total(self) -> float:
        """The limit itself."""
        return self.capacity + self.expanded + self.allocated


class Limits(dict[tuple[str, str, str, int], Limit]):
    """Limits by supplier, place and year; each is worked out when it is first asked for."""

    def __init__(self, solved: Solved) -> None:
        super().__init__()
        self._solved = solved

    def __missing__(self, index: tuple[str, str, str, int]) -> Limit:
        (s, k, p, t), solved = index, self._solved
        pools = [
            solved.n["share"][s, k, pool, t] * self[pool, owner, p, t].total
            for pool in solved.on.draws.get((s, k), ())
            for owner in solved.on.suppliers[pool, p]
        ]
        self[index] = Limit(
            capacity=solved.n["capacity"].get(index, 0.0),
            expanded=math.fsum(solved.x["expand"][s, k, p, u] for u in solved.on.arrived.get(index, ())),
            allocated=math.fsum(pools),
        )
        return self[index]


@dataclass(frozen=True)
class Solved:
    """One solution: `x[variable][index]`, beside the case's index sets `on` and numbers `n[param][index]`."""

    case: Case
    on: Structure
    n: Mapping[str, Numbers]
    x: Mapping[str, Mapping[Any, float]]

    @cached_property
    def limits(self) -> Limits:
        """Limit of every supplier, place and year."""
        return Limits(self)

    @cached_property
    def used(self) -> dict[tuple[str, str, int], float]:
        """Everything that uses a stage at a place in a year."""
        return {
            (s, p, t): math.fsum(self.uses(s, p, t).values())
            for s in self.on.stages
            for p in self.on.places[s]
            for t in self.on.years
        }

    def uses(self, s: str, p: str, t: int) -> dict[tuple[str, ...], float]:
        """Return who uses a stage, and how much: ("accelerator", a), ("supply", s, k, p) or ("expansion", s, k, p)."""
        x, n, on = self.x, self.n, self.on
        found: dict[tuple[str, ...], float] = defaultdict(float)
        for a in on.users[s]:
            if on.is_flow(s):
                found["accelerator", a] += n["bill_of_materials"][a, s] * x["build"].get((a, t), 0.0)
            else:
                regions = on.regions if p == schema.GLOBAL else (p,)
                found["accelerator", a] += n["bill_of_materials"][a, s] * math.fsum(
                    x["operate"].get((a, r, t), 0.0) for r in regions
                )
        for need, place in on.supply_needs.get((s, p), ()):
            found["supply", need[0], need[1], place] += n["need"][need] * x["supply"][need[0], need[1], place, t]
        for need, place in on.expansion_needs.get((s, p), ()):
            for u in on.years:
                order = (need[0], need[1], place, u)
                if order in x["expand"] and online_year(u, on.lead[order]) == t:
                    found["expansion", need[0], need[1], place] += n["need"][need] * x["expand"][order]
        return {user: amount for user, amount in found.items() if amount > 0}

    def limit_of(self, s: str, p: str, t: int) -> float:
        """Return the limit of a stage at a place: the sum over its suppliers."""
        return math.fsum(self.limits[s, k, p, t].total for k in self.on.suppliers[s, p])

    def price(self, s: str, k: str, p: str, t: int) -> float:
        """Return a supplier's price; one that lives on an allocation alone asks none."""
        return self.n["price_usd"].get((s, k, p, t), 0.0)

    def owned(self, a: str, r: str, t: int) -> float:
        """Return the accelerators installed in a region and still alive."""
        alive = (self.x["install"].get((a, r, u), 0.0) for u in self.on.years if in_service(u, self.on.life(a), t))
        return math.fsum(alive) + math.fsum(self.n["fleet_units"][a, r, y] for y in self.on.fleet.get((a, r, t), ()))

    def busy(self, a: str, t: int) -> dict[str, float]:
        """Return busy accelerator-years by workload; research is under the blank name."""
        work = {w: self.x["assign"].get((a, w, t), 0.0) for w in self.on.workloads}
        work[""] = self.x["assign_research"].get((a, t), 0.0)
        return {w: years for w, years in work.items() if years > 0}

    def served(self, w: str, t: int) -> float:
        """Return tokens served of a workload [10^12]."""
        return math.fsum(x for (v, _, u), x in self.x["serve"].items() if (v, u) == (w, t))

    def value(self, t: int) -> float:
        """Return what is served in a year, at the value of its tiers [USD]."""
        tokens = (
            x * self.n["value_usd_per_mtok"][index] * units.MTOK_PER_TTOK
            for index, x in self.x["serve"].items()
            if index[2] == t
        )
        research = (
            x * self.n["value_usd_per_h100e_hour"][index] * units.HOURS_PER_YEAR
            for index, x in self.x["research"].items()
            if index[1] == t
        )
        return math.fsum(tokens) + math.fsum(research)


Names: TypeAlias = "Mapping[str, tuple[list[Any], list[int]]]"
"""Of each variable, its indices and the columns in which they stand."""


def names(labelled: LabelledLP) -> Names:
    """Return where the variables of the model stand in an LP."""
    found: dict[str, tuple[list[Any], list[int]]] = {name: ([], []) for name in VARIABLES}
    for (name, *index), column in labelled.column.items():
        found[name][0].append(tuple(index) if len(index) > 1 else index[0])
        found[name][1].append(column)
    return found


class Values(dict[str, "Mapping[Any, float]"]):
    """Column values by variable and index; those of a variable are looked up when it is first asked for."""

    def __init__(self, where: Names, x: Vector) -> None:
        super().__init__()
        self._where, self._x = where, x

    def __missing__(self, name: str) -> Mapping[Any, float]:
        index, columns = self._where[name]
        self[name] = dict(zip(index, self._x[columns].tolist(), strict=True))
        return self[name]


VARIABLES = (
    "supply",
    "expand",
    "stored",
    "build",
    "warehouse",
    "install",
    "operate",
    "deliver",
    "shortfall",
    "assign",
    "assign_research",
    "serve",
    "research",
)
