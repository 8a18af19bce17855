"""What can be relieved in a year: a stage, a group of stages, the budget, or any set of them.

A lever is a set of stages; the budget counts as the stage `capital`. Relief of a lever raises every limit of its stages
by one per cent of its solved value in one year alone, and with them what other limits draw from them by allocation.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from supplychain import units
from supplychain.case.calendar import service_years
from supplychain.model import cost, supply
from supplychain.model.labels import Constraint
from supplychain.plan.solved import WorkedOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model import Structure
    from supplychain.plan.solved import Solved

CAPITAL = "capital"
"""Stage and group under which the budget is ranked."""

Direction: TypeAlias = "dict[int, float]"
"""How far the limits of rows move."""

Members: TypeAlias = "frozenset[str]"


@dataclass(frozen=True)
class Lever:
    """A stage or group under its name, and the stages that it stands for."""

    name: str
    group: str
    members: Members
    nature: str
    position: int


class LeverMap:
    """The levers of a model, and the rows of their limits: one map serves all cases of the same sets."""

    def __init__(self, on: Structure, row: Mapping[Label, int]) -> None:
        self.on, self.row = on, row
        self._levers: dict[tuple[str, bool], list[Lever]] = {}
        self._rows: dict[tuple[Members, int], list[int]] = {}
        self._suppliers: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for (s, p), suppliers in on.suppliers.items():
            self._suppliers[s] += [(s, k, p) for k in suppliers]
        self._drawing: dict[Members, list[tuple[str, str, str]]] = {}

    def drawing(self, stages: Members) -> list[tuple[str, str, str]]:
        """Return the suppliers that draw from the limits of some stages, by allocation, also by way of others."""
        if stages not in self._drawing:
            pools = self._pools(stages)
            self._drawing[stages] = [
                (s, k, p)
                for s in self._suppliers
                for _, k, p in self._suppliers[s]
                if pools & set(self.on.draws.get((s, k), ()))
            ]
        return self._drawing[stages]

    def _pools(self, stages: Members) -> set[str]:
        """Return some stages, and those that draw from them, and so on."""
        pools = set(stages)
        for _ in self.on.draws:  # as many rounds as there are links settle every chain of allocations
            pools |= {s for (s, _), drawn in self.on.draws.items() if pools & set(drawn)}
        return pools

    def suppliers(self, stages: Iterable[str]) -> list[tuple[str, str, str]]:
        """Return the suppliers of some stages in their places."""
        return [supplier for s in sorted(stages) for supplier in self._suppliers[s]]

    def of_year(self, level: str, t: int) -> list[Lever]:
        """Return the levers of a year, by `stage` or by `group`, the budget last if the year has one."""
        key = level, t in self.on.budget
        if key not in self._levers:
            by_name: dict[str, list[str]] = defaultdict(list)
            for s, row in self.on.stages.items():
                by_name[s if level == "stage" else row["group"]].append(s)
            levers = [self._lever(name, frozenset(stages)) for name, stages in by_name.items()]
            self._levers[key] = levers + ([self._lever(CAPITAL, frozenset([CAPITAL]))] if key[1] else [])
        return self._levers[key]

    def _lever(self, name: str, members: Members) -> Lever:
        group = name if members == {CAPITAL} else self.on.stages[min(members)]["group"]
        return Lever(name, group, members, self.nature(members), self._position(members))

    def nature(self, members: Members) -> str:
        """Return `physical`, `commercial`, or both."""
        stages = self.on.stages
        return " and ".join(
            sorted({"commercial" if s == CAPITAL else stages[s]["nature"] for s in members}, reverse=True)
        )

    def _position(self, members: Members) -> int:
        stages = self.on.stages
        last = 1 + max(row["position"] for row in stages.values())
        return min(last if s == CAPITAL else int(stages[s]["position"]) for s in members)

    def rows(self, members: Members, t: int) -> list[int]:
        """Return the rows of a lever's limits, and of those that draw from them: what goes when it is relaxed."""
        if (members, t) not in self._rows:
            self._rows[members, t] = self._rows_of(members, t)
        return self._rows[members, t]

    def _rows_of(self, members: Members, t: int) -> list[int]:
        pools, draws = self._pools(members), self.on.draws
        rows = [
            self.row[Constraint.SUPPLY_LIMIT, s, k, p, t]
            for s, k, p in self.suppliers(self._suppliers)
            if s in members or pools & set(draws.get((s, k), ()))
        ]
        budget = Constraint.BUDGET, t
        return rows + ([self.row[budget]] if CAPITAL in members and budget in self.row else [])


class Levers:
    """The levers of a solved case, and what relief of each does to the rows of its LP."""

    def __init__(
        self, solved: Solved, labelled: LabelledLP, known: LeverMap | None = None, *, moved: Vector | None = None
    ) -> None:
        """Take a solved case, and the map of its levers, if that of a case alike is it.

        `moved` says how far the limits of the LP's rows stand from those of the case: one per cent is that of both.
        """
        self._solved, self._lp, self._moved = solved, labelled, moved
        same = known is not None and known.on is solved.on and known.row is labelled.row
        self.map = known if known is not None and same else LeverMap(solved.on, labelled.row)

    def of_year(self, level: str, t: int) -> list[Lever]:
        """Return the levers of a year, by `stage` or by `group`, the budget last if the year has one."""
        return self.map.of_year(level, t)

    def nature(self, members: Members) -> str:
        """Return `physical`, `commercial`, or both."""
        return self.map.nature(members)

    def rows(self, members: Members, t: int) -> list[int]:
        """Return the rows of a lever's limits, and of those that draw from them: what goes when it is relaxed."""
        return self.map.rows(members, t)

    def relief(self, members: Members, years: Iterable[int]) -> Direction:
        """Return how the LP's rows move if a lever is relieved by one per cent in some years; empty if all are 0."""
        return {row: move for t in years for row, move in self._relief(members, t).items()}

    def _relief(self, members: Members, t: int) -> Direction:
        """Return the same for one year."""
        row_rises = self._drawn_along({(*of, t): self._per_cent((*of, t)) for of in self.map.suppliers(members)}, t)
        if CAPITAL in members:
            row = self._lp.row.get((Constraint.BUDGET, t))
            budget = math.inf if row is None else float(self._lp.row_upper[row])
            if row is not None and math.isfinite(budget):
                row_rises[row] = units.PERCENT * budget
        return {row: move for row, move in row_rises.items() if move > 0}

    def at_place(self, members: Members, p: str, t: int) -> Direction:
        """Return how rows move if a lever is relieved by one per cent at one place alone in a year.

        Where all limits of a stage there are 0, each of them rises by a unit of the LP as it is scaled.
        """
        risen: dict[supply.SupplyIndex, float] = {}
        for s in sorted(members):
            own = {(s, k, p, t): self._per_cent((s, k, p, t)) for k in self._solved.on.suppliers[s, p]}
            rows = {index: self._lp.row[Constraint.SUPPLY_LIMIT, *index] for index in own}
            risen |= own if any(own.values()) else {index: float(self._lp.row_unit[i]) for index, i in rows.items()}
        return {row: move for row, move in self._drawn_along(risen, t).items() if move > 0}

    def one_unit(self, index: supply.SupplyIndex) -> Direction:
        """Return how rows move if the limit of one supplier at a place rises by a unit in a year."""
        return {row: move for row, move in self._drawn_along({index: 1.0}, index[-1]).items() if move > 0}

    def _per_cent(self, index: supply.SupplyIndex) -> float:
        return float(units.PERCENT * (self._solved.limits[index].total + self._by(index)))

    def _by(self, index: supply.SupplyIndex) -> float:
        """Return how far the limit of a supplier was moved."""
        return 0.0 if self._moved is None else float(self._moved[self._lp.row[Constraint.SUPPLY_LIMIT, *index]])

    def _drawn_along(self, risen: Mapping[supply.SupplyIndex, float], t: int) -> Direction:
        """Return how far rows rise in a year if some limits do: others by their share of what they draw from.

        A limit that rises by itself rises once.
        """

        def rise(index: supply.SupplyIndex) -> float:
            if index in risen:
                return risen[index]
            return float(supply.allocated(self._solved.m, index, lambda drawn: rises[drawn]))

        rises = WorkedOut(rise)
        drawing = self.map.drawing(frozenset(s for s, *_ in risen))
        moved = [*risen, *((*of, t) for of in drawing if (*of, t) not in risen)]
        return {self._lp.row[Constraint.SUPPLY_LIMIT, *index]: rises[index] for index in moved}

    def used_share(self, members: Members, t: int) -> float:
        """Return the share of a lever's limits, in all places, that is used: of several stages the largest."""
        solved, shares = self._solved, []
        for s in sorted(members):
            places = solved.on.places.get(s, ())
            limit = solved.n["capital_usd"][t] if s == CAPITAL else math.fsum(self._limit(s, p, t) for p in places)
            used = cost.spent(solved.m, t) if s == CAPITAL else math.fsum(solved.used[s, p, t] for p in places)
            shares += [float(used / limit)] if limit > 0 else []
        return max(shares, default=math.nan)

    def _limit(self, s: str, p: str, t: int) -> float:
        moves = (self._by((s, k, p, t)) for k in self._solved.on.suppliers[s, p])
        return self._solved.limit_of(s, p, t) + math.fsum(moves)

    def single_units(self, members: Members, years: Sequence[int]) -> list[Direction]:
        """Return a little more of each limit of a lever in some years, one at a time: what to ask where they are 0.

        How much is a unit of the LP as it is scaled: it does not depend on the units of stages.
        """
        labels: list[tuple[str, ...]] = [
            (Constraint.SUPPLY_LIMIT, *supplier) for supplier in self.map.suppliers(members)
        ]
        labels += [(Constraint.BUDGET,)] if CAPITAL in members else []
        rows = [[self._lp.row[*label, t] for t in years if (*label, t) in self._lp.row] for label in labels]
        return [{row: float(self._lp.row_unit[row]) for row in of_years} for of_years in rows]

    def annual(self, members: Members, years: Sequence[int]) -> float:
        """Return which part of the gain of a relief in some years is one year's, of the first of them.

        It is that of the shortest-lived member; a stock earns for one year only.
        """
        discount = self._solved.n["discount"]
        return max(discount[years[0]] / math.fsum(self._earning(s, t) for t in years) for s in members)

    def _earning(self, s: str, t: int) -> float:
        """Return the years, discounted, in which earns what is added to a stage in one year."""
        discount, on = self._solved.n["discount"], self._solved.on
        if s != CAPITAL and not on.is_flow(s):
            return discount[t]
        life = self._solved.case.settings.capital_write_off_years if s == CAPITAL else on.cost_life(s)
        return math.fsum(discount[u] for u in service_years(t, life) if u in discount)
