"""Which ranges of linear quantities some feasible plan meets, what that costs, and which limits exclude the others.

A quantity is one linear expression over another, which is 1 for most. Its range has two *sides*: at least `low`, at
most `high`. Side 2 n is the lower one of the n-th range, side 2 n + 1 the upper one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain import limits, units
from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.lp.extend import NewColumn, NewRow, extended
from supplychain.lp.optimum import load, optimum_of, options
from supplychain.tolerances import GAIN_PART_ROUNDING, OBJECTIVE_ROUNDING, RANGE_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.optimum import Optimum
    from supplychain.lp.scaled import Vector

SIDES = AT_LEAST, AT_MOST = 0, 1

_ROUNDS = 50
"""Steps in which the largest ratio is looked for: each at least doubles the digits, so that five are usual."""


@dataclass(frozen=True)
class Linear:
    """A linear expression: coefficients by column, and a constant."""

    terms: Mapping[int, float]
    constant: float = 0.0

    def of(self, x: Vector) -> float:
        """Return what it comes to."""
        return math.fsum([self.constant, *(entry * float(x[j]) for j, entry in self.terms.items())])

    def minus(self, factor: float, other: Linear) -> Linear:
        """Return this expression less a multiple of another."""
        columns = dict.fromkeys([*self.terms, *other.terms])
        terms = {j: self.terms.get(j, 0.0) - factor * other.terms.get(j, 0.0) for j in columns}
        return Linear({j: x for j, x in terms.items() if x != 0}, self.constant - factor * other.constant)


ONE = Linear({}, 1.0)


@dataclass(frozen=True)
class Range:
    """A quantity, `over` / `under`, and the range in which it is to be; an end may be infinite."""

    over: Linear
    low: float
    high: float
    under: Linear = ONE

    @property
    def ends(self) -> tuple[float, float]:
        """Its low and its high end, as `SIDES` has them."""
        return self.low, self.high

    @property
    def unit(self) -> float:
        """Half its width, in which distances from it are counted; of a single number, or a bound, that number."""
        if math.isfinite(self.high - self.low):
            return (self.high - self.low) / 2 or abs(self.high) or 1.0
        return next((abs(end) for end in (self.low, self.high) if end and math.isfinite(end)), 1.0)

    def of(self, x: Vector) -> float:
        """Return the quantity; not a number where it is over nothing."""
        under = self.under.of(x)
        return self.over.of(x) / under if under > 0 else math.nan

    def outside(self, value: float) -> float:
        """Return how far a value is outside, in half widths: nothing if it is inside."""
        return max(self.low - value, value - self.high, 0.0) / self.unit

    def meets(self, x: Vector) -> bool:
        """Return whether a plan is inside, but for rounding."""
        return self.outside(self.of(x)) <= RANGE_ROUNDING


@dataclass(frozen=True)
class Limit:
    """Upper limits of rows and upper bounds of columns that are one limit under one name."""

    rows: Sequence[int] = ()
    columns: Sequence[int] = ()

    def amount(self, lp: LabelledLP) -> float:
        """Return the sum of its numbers."""
        return float(lp.row_upper[[*self.rows]].sum() + lp.column_upper[[*self.columns]].sum())


@dataclass(frozen=True)
class Reach:
    """How near to a range any plan comes: the quantity there, and the plan, with the prices of what holds it back."""

    value: float
    optimum: Optimum
    met: bool


@dataclass(frozen=True)
class Excluded:
    """Sides of ranges and limits that no plan keeps together; without any one of them one does."""

    sides: tuple[int, ...]
    limits: tuple[Label, ...]


class Ranges:
    """An LP, in a solver of its own, of which it is asked which ranges its plans can meet."""

    def __init__(self, lp: LabelledLP, ranges: Sequence[Range], named: Mapping[Label, Limit]) -> None:
        """Take an LP that has a feasible plan, ranges, and its limits by name; what has no name always holds.

        Every side is a row in which a column of its own, counted in half widths, says how far the plan is outside; that
        of a ratio is as far outside as it were over what it is over in the best plan.
        """
        self.ranges, self.named, self._base = ranges, named, lp
        for name, value in options(lp.shape[0]).items():
            lp.highs.setOptionValue(name, value)
        self.best = optimum_of(lp, what="which ranges a plan can meet")
        """The best plan of all, whatever it meets."""
        self._lp = _with_sides(lp, ranges, self.best.x)
        for name, value in options(self._lp.shape[0]).items():
            self._lp.highs.setOptionValue(name, value)
        self._start: Any = None
        self._best_basis = self._solve(self._cost, ()).basis
        self._lp.highs.setOptionValue("solver", "simplex")  # what follows starts from a basis

    def _anew(self) -> None:
        """Start what is asked next from the best plan, whatever was asked before: the answer does not depend on it."""
        self._lp.highs.forget()
        self._start = self._best_basis

    @property
    def _cost(self) -> Vector:
        """The LP's own objective."""
        return np.concatenate([self._base.cost, np.zeros(2 * len(self.ranges))])

    def cheapest(self, n: int, room: float = 0.0) -> Optimum:
        """Return the best plan that meets a range, in the LP's own objective.

        `room` is by how much, in half widths, it need not be met.
        """
        self._anew()
        optimum = self._solve(self._cost, (2 * n + AT_LEAST, 2 * n + AT_MOST), room=room)
        return replace(optimum, objective=optimum.objective + self._base.offset)

    def reach(self, n: int, value: float) -> Reach:
        """Return how near to a range any plan comes, where one has a value outside it.

        If that is inside, a mixture of the two plans meets the range. Of a ratio it is found by Dinkelbach's steps.

        Source: Dinkelbach (1967), On nonlinear fractional programming, Management Science 13, 492-498.
        """
        self._anew()
        asked = self.ranges[n]
        below = value < asked.low
        sign, bound, other_side = (1.0, asked.low, AT_MOST) if below else (-1.0, asked.high, AT_LEAST)
        for _ in range(_ROUNDS):
            limits.check()
            goal = asked.over.minus(value, asked.under)
            cost = np.zeros(self._lp.shape[1])
            cost[list(goal.terms)] = [-sign * entry for entry in goal.terms.values()]
            try:
                optimum = self._solve(cost, (2 * n + other_side,))
            except (TimeLimitError, CertificateError):
                raise
            except NoAnswerError:
                if self._lp.highs.getModelStatus() != highspy.HighsModelStatus.kUnbounded:
                    raise
                return Reach(sign * math.inf, self.best, met=True)
            better = asked.of(optimum.x)
            gain = 0.0 if math.isnan(better) else sign * (better - value)
            value = better if gain > 0 else value
            met = sign * (value - bound) >= -RANGE_ROUNDING * asked.unit
            if met or not asked.under.terms or gain <= OBJECTIVE_ROUNDING * max(abs(value), abs(bound)):
                return Reach(value, optimum, met)
        message = f"no answer to how near a plan comes to a range: after {_ROUNDS} steps it still comes nearer"
        raise NoAnswerError(message)

    def held_back_by(self, n: int, reach: Reach) -> dict[Label, float]:
        """Return the limits with a price in the nearest plan, by how much one per cent more of each moves the quantity.

        One per cent of what the plan takes of it, which what is ordered may have raised; of a limit of 0 it is 0. The
        rate is that of a price: more may move it less. Prices that are rounding are left out.
        """
        x, prices = reach.optimum.x, self._prices(reach.optimum)
        taken = {name: self._taken(self.named[name], x) for name in prices}
        part = units.PERCENT / self.ranges[n].under.of(x)
        moves = {name: part * price * taken[name] for name, price in prices.items()}
        least = GAIN_PART_ROUNDING * max(moves.values(), default=0.0)
        return {name: move for name, move in moves.items() if move > least or taken[name] <= 0}

    def needed(self, n: int, side: int, name: Label) -> float:
        """Return what a limit must be at least, if it alone moves, for one side of a range to be met; infinite: never.

        It is the sum of the limit's numbers; as they are, it is `Limit.amount`.
        """
        self._anew()
        asked, kept = (2 * n + side,), self.named.keys() - {name}
        distance, _ = self._distance(asked, kept)
        if distance > RANGE_ROUNDING:
            return math.inf
        limit, cost = self.named[name], np.zeros(self._lp.shape[1])
        for i in limit.rows:
            in_row = self._base.indices == i
            np.add.at(cost, self._base.column_of_entry[in_row], self._base.entries[in_row])
        cost[list(limit.columns)] += 1.0
        optimum = self._solve(cost, asked, kept, room=distance)
        return max(optimum.objective, limit.amount(self._base))

    def distances(self, sides: Collection[int]) -> dict[int, float]:
        """Return how far the plan nearest to all of some sides is outside each, in half widths, beyond rounding.

        Nearest is the one with the least sum. Empty if a plan meets them all.
        """
        self._anew()
        total, optimum = self._distance(sides, self.named.keys())
        if total <= RANGE_ROUNDING:
            return {}
        outside = {k: float(optimum.x[self._column(k)]) for k in sides}
        return {k: x for k, x in outside.items() if x > RANGE_ROUNDING / len(outside)}

    def plan(self, sides: Collection[int]) -> Vector:
        """Return a plan that meets some sides, or is nearest to all of them."""
        self._anew()
        return self._distance(sides, self.named.keys())[1].x[: self._base.shape[1]]

    def excluded(self, sides: Collection[int]) -> Excluded:
        """Return an irreducible set of limits and sides that no plan keeps together, out of sides that none meets.

        Every member is left out once; where no plan meets the others even so, it stays out. Limits go before sides,
        those of the least effect first, so that numbers which contradict each other are told from what limits forbid.

        Source: the deletion filter, Chinneck & Dravnieks (1991), ORSA Journal on Computing 3, 157-168; and members
        without a price in the proof are left out at once.
        """
        self._anew()
        _, optimum = self._distance(sides, self.named.keys())
        left = self._proof(optimum, sides, self.named.keys())
        needed: set[tuple[bool, Label]] = set()
        for member in list(left):
            limits.check()
            if member not in left or member in needed:
                continue
            fewer = [other for other in left if other != member]
            total, optimum = self._distance(*_split(fewer))
            if total <= RANGE_ROUNDING:
                needed.add(member)
                continue
            proof = self._proof(optimum, *_split(fewer))
            smaller = [other for other in fewer if other in proof or other in needed]
            shrinks = len(smaller) < len(fewer) and self._distance(*_split(smaller))[0] > RANGE_ROUNDING
            left = smaller if shrinks else fewer
        kept_sides, kept_limits = _split(left)
        return Excluded(tuple(sorted(kept_sides)), tuple(name for name in self.named if name in kept_limits))

    def _proof(self, optimum: Optimum, sides: Collection[int], kept: Collection[Label]) -> list[tuple[bool, Label]]:
        """Return the members that have a price where the distance from sides is least: no plan keeps them together.

        Those of the least effect come first; limits, which are `False`, before sides.
        """
        prices = self._prices(optimum)
        effects = {name: price * self._taken(self.named[name], optimum.x) for name, price in prices.items()}
        names = sorted((name for name in effects if name in kept), key=lambda name: effects[name])
        priced = [k for k in sides if optimum.y[self._row(k)] != 0]
        return [*((False, name) for name in names), *((True, k) for k in priced)]

    def _prices(self, optimum: Optimum) -> dict[Label, float]:
        """Return of each limit with a price how far the objective falls with one unit more of each of its numbers."""
        prices = {}
        for name, limit in self.named.items():
            of_rows = np.maximum(-optimum.y[[*limit.rows]], 0.0)
            of_columns = np.maximum(-optimum.reduced[[*limit.columns]], 0.0)
            price = float(of_rows.sum() + of_columns.sum())
            if price > 0:
                prices[name] = price
        return prices

    def _taken(self, limit: Limit, x: Vector) -> float:
        """Return how much of a limit a plan takes."""
        taken = float(x[[*limit.columns]].sum())
        for i in limit.rows:
            in_row = (self._base.indices == i) & (self._base.entries > 0)
            taken += float(self._base.entries[in_row] @ x[self._base.column_of_entry[in_row]])
        return taken

    def _distance(self, sides: Collection[int], kept: Collection[Label]) -> tuple[float, Optimum]:
        """Return the least sum of distances from some sides, with some limits kept and the others lifted."""
        cost = np.zeros(self._lp.shape[1])
        cost[[self._column(k) for k in sides]] = 1.0
        optimum = self._solve(cost, (), kept)
        return optimum.objective, optimum

    def _solve(
        self, cost: Vector, met: Iterable[int], kept: Collection[Label] | None = None, room: float = 0.0
    ) -> Optimum:
        """Return the optimum of an objective with some sides met, with some limits kept (None: all of them)."""
        row_upper, column_upper = self._lp.row_upper.copy(), self._lp.column_upper.copy()
        for name in () if kept is None else self.named.keys() - kept:
            row_upper[[*self.named[name].rows]] = np.inf
            column_upper[[*self.named[name].columns]] = np.inf
        column_upper[[self._column(k) for k in met]] = room
        asked = replace(self._lp, cost=cost, row_upper=row_upper, column_upper=column_upper)
        load(asked)
        if self._start is not None:
            asked.highs.setBasis(self._start)
        optimum = optimum_of(asked, what="which ranges a plan can meet")
        self._start = optimum.basis
        return optimum

    def _row(self, side: int) -> int:
        return self._base.shape[0] + side

    def _column(self, side: int) -> int:
        return self._base.shape[1] + side


def _split(members: Iterable[tuple[bool, Label]]) -> tuple[list[int], set[Label]]:
    """Return sides and limits, apart."""
    listed = list(members)
    return [k for is_side, k in listed if is_side], {name for is_side, name in listed if not is_side}


def _with_sides(lp: LabelledLP, ranges: Sequence[Range], x: Vector) -> LabelledLP:
    """Return the LP with a row and a column for each side; its objective has no constant.

    The row of a side that is infinite holds nothing.
    """
    labels, columns, rows = list(lp.column), [], []
    for n, asked in enumerate(ranges):
        unit = asked.unit * (max(asked.under.of(x), 0.0) or 1.0)
        for side, bound in zip(SIDES, asked.ends, strict=True):
            name, holds = ("range", n, side), math.isfinite(bound)
            over = asked.over.minus(bound if holds else 0.0, asked.under)
            lower = -over.constant if holds and side == AT_LEAST else -math.inf
            upper = -over.constant if holds and side == AT_MOST else math.inf
            rows.append(NewRow(name, {labels[j]: entry for j, entry in over.terms.items()}, lower, upper))
            columns.append(NewColumn(name, {name: unit if side == AT_LEAST else -unit}))
    return extended(replace(lp, offset=0.0, sign=1.0), columns, rows)
