"""One-sided slopes of the optimal cost: what a little more, and a little less, of some limits is worth."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.lp import timed
from supplychain.lp.basis import Basis
from supplychain.lp.optimum import Optimum, dual_objective, load, optimum_of, reason, run
from supplychain.lp.ties import share_of
from supplychain.tolerances import (
    CERTIFIED,
    COARSE_FEASIBILITY,
    DOUBTFUL_PRICE,
    DUAL_ATTAINS,
    DUAL_EASINGS,
    DUAL_MOVE,
    FEASIBILITY,
    MOST_COST,
    PRICE_MOVES,
    PRICE_ROUNDING,
    SAME_SLOPE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    import numpy.typing as npt

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import ScaledHighs, Vector

_BASIC = int(highspy.HighsBasisStatus.kBasic)

_ENDS = frozenset({highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnbounded})
"""Ends of a run after which it is tried from elsewhere, if at all."""

_STARTS, _COARSE = (("basis", FEASIBILITY), ("nothing", FEASIBILITY)), (("nothing", COARSE_FEASIBILITY),)
"""From where a tangent problem is solved, in turn, and how far reduced costs may be off."""

_PRIMAL = 4
"""HiGHS's number for the primal simplex."""

Direction = dict[int, float]
"""How far each row's limit is relaxed: an upper limit rises, a lower one falls, an equality's right-hand side rises.

A number from that of rows on is a column's: its upper bound rises.
"""


class Slopes:
    """Slopes at one solved LP, by direction.

    From an optimum x, moving the limits by a small step along d moves x along a z that solves the tangent problem:
    least cost·z, where rows and columns at a limit may only move as the limit does, and all others are free. Its
    optimum is the one-sided derivative itself, with no step to choose and no difference to take, also where the optimum
    is degenerate and the solver's dual is one of many.

    Source: Mills (1956), Marginal values of matrix games and linear programs, Annals of Mathematics Studies 38.
    """

    def __init__(
        self,
        lp: LabelledLP,
        optimum: Optimum,
        x: Vector | None = None,
        *,
        live: bool = False,
        solver: Callable[[], Any] | None = None,
    ) -> None:
        """Take an optimum and, where columns will be fixed, the x at which: any optimal x gives the same slopes else.

        `live` says that the LP's own solver has just found this optimum and stays as it is while slopes are asked.
        `solver` gives one that holds the LP with whatever limits, for the tangent problem; without it a copy is made.
        """
        x = optimum.x if x is None else x
        self.optimum = optimum
        self.move: Vector | None = None
        """How columns move in the tangent problem that was solved last."""
        self._live, self._solver = live, solver
        self.x = x
        self._lp = lp
        self._rows = lp.shape[0]
        self._equal = np.concatenate([lp.row_lower == lp.row_upper, np.zeros(lp.shape[1], dtype=bool)])
        self._row_size, self._column_size = lp.price_sizes()
        y, reduced = self.felt(optimum.y), self.reduced(optimum.y)
        self._worth = np.concatenate([np.abs(y), np.maximum(-reduced, 0.0)])
        y = _of_nonbasic(y, self._row_size, optimum.basis, "row_status")
        reduced = _of_nonbasic(reduced, self._column_size, optimum.basis, "col_status")
        near_row, near_column = lp.near(x)
        self.row_room = _room(lp.activity(x), lp.row_lower, lp.row_upper, near_row, y)
        self.column_room = _room(x, lp.column_lower, lp.column_upper, near_column, reduced)

    @cached_property
    def tangent(self) -> LabelledLP:
        """The tangent problem, in a solver of its own that starts at the LP's basis.

        Its costs are what the prices at hand make them, without their rounding, so that to stay where one is costs
        least to the last digit: with the LP's own costs, nothing might keep a move from growing for ever.
        """
        (row_lower, row_upper), (column_lower, column_upper) = self.row_room, self.column_room
        highs = self._solver() if self._solver else self.copy()
        rows, columns = (np.arange(n) for n in self._lp.shape)
        self._cost_rest(highs)
        highs.changeRowsBounds(len(rows), rows, row_lower, row_upper)
        highs.changeColsBounds(len(columns), columns, column_lower, column_upper)
        highs.setBasis(self.optimum.basis)
        return replace(
            self._lp,
            highs=highs,
            cost=self._cost_at_rest,
            offset=0.0,
            row_lower=row_lower,
            row_upper=row_upper,
            column_lower=column_lower,
            column_upper=column_upper,
        )

    @cached_property
    def _cost_at_rest(self) -> Vector:
        """What columns cost by the prices at hand: what is basic has no price, and no price lacks a reached limit."""
        lp, (basic_rows, basic_columns) = self._lp, self._basic
        y, reduced = self.optimum.y, lp.cost - lp.priced(self.optimum.y)
        y = np.where(basic_rows, 0.0, _standing(y, *self.row_room))
        reduced = np.where(basic_columns, 0.0, _standing(reduced, *self.column_room))
        return lp.priced(y) + reduced

    @property
    def _basic(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which rows and which columns are basic; to read it off a basis takes longer than to ask its solver."""
        if self._solver is None or self._live or "_own" in vars(self):
            return self._own.basic_rows, self._own.basic_columns
        return _is_basic(self.optimum.basis.row_status), _is_basic(self.optimum.basis.col_status)

    def _cost_rest(self, highs: ScaledHighs) -> None:
        """Give a solver these costs, the largest of them so large that the solver's tolerance is still beside it.

        A reduced cost is a difference of prices that are as large as the largest cost, and has their rounding.
        """
        highs.most_cost = MOST_COST
        highs.changeColsCost(len(self._cost_at_rest), np.arange(len(self._cost_at_rest)), self._cost_at_rest)

    @cached_property
    def _own(self) -> Basis:
        """The LP's own basis, factored."""
        if self._live:
            return Basis(self._lp, self.optimum, self._lp.highs)
        highs = self.copy()
        timed.run(highs)
        return Basis(self._lp, self.optimum, highs)

    def copy(self) -> Any:  # noqa: ANN401 - HiGHS ships no types
        """Return a solver that holds the LP, without its offset, at its own basis."""
        highs = self._lp.copied(self.optimum.basis).highs
        highs.setOptionValue("solver", "simplex")
        highs.changeObjectiveOffset(0.0)
        return highs

    def gain(self, direction: Mapping[int, float], fixed: Sequence[int] = ()) -> float:
        """Return the fall of cost per unit of relaxing (right derivative), with some columns fixed where they are.

        A price of 0 in any optimal dual proves that the gain is 0, and where the LP's basis stays optimal for a small
        step its duals are the gain, so no solve is needed then; fixed columns that do not move in that step change
        nothing. With equalities in the direction the gain has a sign.
        """
        return self.gain_and_duals(direction, fixed)[0]

    def gain_and_duals(self, direction: Mapping[int, float], fixed: Sequence[int] = ()) -> tuple[float, Vector]:
        """Return the gain and duals that attain it, of the problem in which columns are fixed; if they move, of it."""
        value = self.between(direction)
        if self._signed(direction):
            slope, y = self.prices(direction, +1.0, fixed)
            return -slope, y
        if value == 0:
            return 0.0, self.optimum.y
        if fixed and self._as_solved(fixed) and self._own.stays(direction, +1.0) and self._own.rests(fixed):
            return self.gain_and_duals(direction)
        slope, y = self.prices(direction, +1.0, fixed)
        return min(max(0.0, -slope), value), y

    def moves_as(self, other: Slopes) -> bool:
        """Whether what may move here is what may move at the optimum of an LP alike: only costs are others.

        It is if the matrix is the same, and what each row and column has room for.
        """
        here, there = self._lp, other._lp
        parts = ("starts", "indices", "entries")
        rooms = zip((*self.row_room, *self.column_room), (*other.row_room, *other.column_room), strict=True)
        return (
            here.row is there.row
            and here.column is there.column
            and all(np.array_equal(getattr(here, part), getattr(there, part)) for part in parts)
            and all(np.array_equal(room, other_room) for room, other_room in rooms)
        )

    def stay(self, columns: Sequence[int], y: Vector) -> bool:
        """Whether duals that attain a gain with columns fixed attain it, too, with these columns free again.

        They do if their reduced costs pay for no move from where they are.
        """
        at = list(columns)
        reduced = (self._lp.cost - self._lp.priced(y))[at]
        lower, upper = (limit[at] for limit in self.column_room)
        return not bool(_pays(reduced, PRICE_ROUNDING * self._column_size[at], lower, upper).any())

    def bounds(self, y: Vector, fixed: Sequence[int] = ()) -> bool:
        """Whether duals bound every gain with columns fixed, whatever direction they are from: they pay for no move."""
        pays = _pays(self._lp.cost - self._lp.priced(y), PRICE_ROUNDING * self._column_size, *self.column_room)
        pays[list(fixed)] = False
        return not bool(pays.any() or _pays(y, PRICE_ROUNDING * self._row_size, *self.row_room).any())

    def at_most(self, y: Vector, direction: Mapping[int, float]) -> float:
        """Return what duals make of a direction that relaxes limits; where they bound gains, no gain is more."""
        return -self._attained(y, direction)

    def loss(self, direction: Mapping[int, float]) -> float:
        """Return the rise of cost per unit of tightening (left derivative); infinite if nothing is feasible then."""
        if self._signed(direction):
            return self._slope(direction, -1.0, ())
        if not self.is_tight(direction):
            return 0.0
        return max(self._slope(direction, -1.0, ()), self.between(direction))

    def prices(self, direction: Mapping[int, float], sign: float, fixed: Sequence[int] = ()) -> tuple[float, Vector]:
        """Return the slope of cost along a direction (sign +1) or against it (-1), and the duals that attain it.

        Where the LP's basis stays optimal for a small step, its own duals attain the slope, and there is nothing to
        solve. Each solve starts from the LP's own basis; if its duals do not prove the slope, from nothing, at last
        with costs that may be a little off. From where the last one ended it may take thousands of steps, and what is
        found would hang on what was asked before.
        """
        if not fixed and self._own.stays(direction, sign):
            return -sign * self.between(direction), self.optimum.y
        size = self._lp.move_size(direction)
        relaxed = {row: sign * step / size for row, step in direction.items()}

        def solved(starts: Sequence[tuple[str, float]]) -> tuple[float, Vector]:
            return self._proven(self._moving(relaxed, fixed), lambda y: self._attained(y, relaxed), starts)

        guess = 0.0
        for starts in (_STARTS, _COARSE):
            try:
                guess, y = solved(starts)
            except TimeLimitError:
                raise
            except NoAnswerError:
                continue
            if starts is _STARTS or not 0 < abs(guess) < math.inf:
                return guess * size, y
        slope, y = self._by_moves(relaxed, fixed, guess or self.between(direction) / size or self._lp.mean_cost)
        return slope * size, y

    def _by_moves(self, relaxed: Direction, fixed: Sequence[int], guess: float) -> tuple[float, Vector]:
        """Return the slope along a direction, and duals that attain it, from the LP with limits moved a little.

        Where prices are known to fewer digits than the tangent problem takes, the LP itself may still be solved. Duals
        that are optimal for limits that are moved are so up to them if they are worth what the optimum costs: then
        they attain the slope. `guess` is where to look.

        Raises: NoAnswerError if no move proves a slope.
        """
        columns = np.array(fixed, dtype=np.int64)
        lower, upper = self._lp.column_lower.copy(), self._lp.column_upper.copy()
        lower[columns] = upper[columns] = self.x[columns]
        here = replace(self._lp, column_lower=lower, column_upper=upper)
        for share in PRICE_MOVES:
            move = share * max(self._lp.mean_cost, abs(self.optimum.objective)) / abs(guess)
            there = here.moved({i: move * step for i, step in relaxed.items()}, self._equal)
            there = there.copied(self.optimum.basis)
            load(there)
            try:
                y = optimum_of(there, what="an LP with limits moved").y
            except TimeLimitError:
                raise
            except NoAnswerError:  # a step too far to be feasible
                continue
            slope = self._attained(y, relaxed)
            missing = self.optimum.objective - dual_objective(here, y)
            if abs(missing) <= SAME_SLOPE * abs(slope) * move:
                return slope, y
        message = "the price of a limit is known to too few digits"
        raise CertificateError(message)

    def forced(self, column: int, sign: float) -> float:
        """Return the rise of cost per unit by which a column is forced up (sign +1) or down (-1) from where it is.

        It is the one-sided derivative of the optimal cost in a lower bound that rises, or an upper one that falls, from
        the column's value: 0 or more, and infinite if nothing is feasible then. What the solver's own reduced cost says
        is one of many at a degenerate optimum.
        """
        place = self._rows + column
        if sign > 0 and self.column_room[1][column] == 0:
            return math.inf
        if sign < 0 and self._lp.column_lower[column] >= self.x[column]:
            return math.inf
        size = self._lp.move_size({place: 1.0})
        move = 1 / size
        moving = self._forcing(column, move if sign > 0 else -math.inf, math.inf if sign > 0 else -move)
        slope, _ = self._proven(moving, lambda y: sign * float(self.reduced(y)[column]) * move)
        return max(0.0, slope * size)

    def _proven(
        self,
        moving: AbstractContextManager[None],
        attained: Callable[[Vector], float],
        starts: Sequence[tuple[str, float]] = (*_STARTS, *_COARSE),
    ) -> tuple[float, Vector]:
        """Return the optimum of the tangent problem with what moves moving, and its duals, which attain it."""
        highs = self.tangent.highs
        failure: NoAnswerError | None = None
        with moving:
            for start, tolerance in starts:
                if start == "basis":
                    highs.setBasis(self.optimum.basis)
                else:
                    highs.forget()
                try:
                    slope, y, terms = self._solved(tolerance)
                except TimeLimitError:
                    raise
                except NoAnswerError as error:
                    failure = error
                    continue
                proven = attained(y)
                if math.isinf(slope) or abs(slope - proven) <= CERTIFIED * max(self._lp.mean_cost, terms):
                    return slope if abs(slope) > PRICE_ROUNDING * terms else 0.0, y
                message = f"the price of a limit does not pass its checks: {slope:g} is not its duals' {proven:g}"
                failure = CertificateError(message)
        raise failure or CertificateError

    def least_duals(self, direction: Mapping[int, float], sign: float) -> tuple[float, Vector]:
        """Return the slope of cost as `prices` does and, of the duals that attain it, the one that is least else.

        Least is the sum of all prices and reduced costs, each scaled and weighted by its name, so that the choice does
        not depend on the path of the solver, on units or on the order of rows. It is found by one more tangent problem,
        in which every limit and bound is eased a little beside the move.
        """
        slope, y = self.prices(direction, sign)
        if not 0 < abs(slope) < math.inf:
            return slope, y
        money = DUAL_MOVE * max(self._lp.mean_cost, abs(self.optimum.objective))
        moved = {row: sign * step * money / abs(slope) for row, step in direction.items()}
        for share in DUAL_EASINGS:
            self._ease(share * money, moved)
            status = run(self._eased)
            least = self._eased.getSolution().row_dual
            attained = self._attained(least, moved)
            optimal = status == highspy.HighsModelStatus.kOptimal
            if optimal and abs(attained - math.copysign(money, slope)) <= DUAL_ATTAINS * money:
                return slope, least
        return slope, y

    @cached_property
    def _eased(self) -> Any:  # noqa: ANN401 - HiGHS ships no types
        """A solver for the tangent problem with limits eased."""
        highs = self.copy()
        self._cost_rest(highs)
        return highs

    @cached_property
    def _ways(self) -> tuple[Vector, Vector]:
        """How far each row and column is eased per unit of money: the inverse of its price's size, by its name."""
        names = self._lp.row, self._lp.column
        rows, columns = (np.array([1 + share_of(label) for label in labels]) for labels in names)
        fixed = self._lp.column_lower == self._lp.column_upper
        equal = self._equal[: self._rows]
        return np.where(equal, 0.0, rows / self._row_size), np.where(fixed, 0.0, columns / self._column_size)

    def _ease(self, money: float, moved: Direction) -> None:
        """Let rows and columns at a limit pass it by what so much money is worth; rows that move only move."""
        by_row, by_column = (money * way for way in self._ways)
        row_lower, row_upper = self.row_room[0] - by_row, self.row_room[1] + by_row
        for row, step in moved.items():
            if self._equal[row] or self.row_room[1][row] == 0:
                row_upper[row] = step
            if self._equal[row] or self.row_room[0][row] == 0:
                row_lower[row] = step if self._equal[row] else -step
        rows, columns = (np.arange(n) for n in self._lp.shape)
        self._eased.changeRowsBounds(len(rows), rows, row_lower, row_upper)
        lower, upper = self.column_room
        self._eased.changeColsBounds(len(columns), columns, lower - by_column, upper + by_column)

    def furthest(self, direction: Mapping[int, float], sign: float, slope: float) -> float | None:
        """Return how far limits can move along a direction or against it before the slope changes, if the basis tells.

        None if it takes a solve. The basis tells if its own duals, which at a tie are others, have the slope as well.
        """
        y = self._own.highs.getSolution().row_dual
        if not math.isclose(-sign * self._attained(y, direction), -slope, rel_tol=SAME_SLOPE):
            return None
        return self._own.furthest(direction, sign, self.felt(y), self.reduced(y))

    @cached_property
    def stepping(self) -> tuple[Any, Any]:
        """Return a solver for the furthest step along a direction, and the basis to start from.

        It holds the LP with no cost but that of a last column, the step, which has no entries yet. The optimum at hand
        is feasible there, so it starts with the primal simplex.
        """
        highs, columns = self.copy(), np.arange(self._lp.shape[1])
        for option, value in (("presolve", "off"), ("simplex_strategy", _PRIMAL)):
            highs.setOptionValue(option, value)
        highs.changeColsCost(len(columns), columns, np.zeros(len(columns)))
        highs.addCol(-1.0, 0.0, math.inf, 0, np.array([], dtype=np.int32), np.array([]))
        return highs, highs.getBasis()

    def _solved(self, tolerance: float = FEASIBILITY) -> tuple[float, Vector, float]:
        """Solve the tangent problem as it stands; return its optimum, its duals and the size of its terms.

        It has an optimum or none at all. Where prices are known to fewer digits than the tolerance of reduced costs
        asks for, the solver finds costs to fall for ever.
        """
        highs = self.tangent.highs
        highs.setOptionValue("dual_feasibility_tolerance", tolerance)
        try:
            status = run(highs, _ENDS)
        finally:
            highs.setOptionValue("dual_feasibility_tolerance", FEASIBILITY)
        if status == highspy.HighsModelStatus.kInfeasible:
            return math.inf, self.optimum.y, 0.0
        if status != highspy.HighsModelStatus.kOptimal:
            raise NoAnswerError(reason(status, "the price of a limit"))
        solution = highs.getSolution()
        self.move = solution.col_value
        terms = float(np.abs(self.tangent.cost * solution.col_value).sum())
        return highs.getObjectiveValue(), solution.row_dual, terms

    def _attained(self, y: Vector, relaxed: Mapping[int, float]) -> float:
        """Return what duals make of moved limits: with no gap, it is the slope."""
        worth = np.where(self._equal[: self._rows], y, -np.abs(y))
        if max(relaxed) >= self._rows:
            worth = np.concatenate([worth, np.minimum(self.reduced(y), 0.0)])
        return math.fsum(float(worth[i]) * step for i, step in relaxed.items())

    def felt(self, y: Vector) -> Vector:
        """Return row prices, those that are rounding as 0."""
        return np.where(np.abs(y) > PRICE_ROUNDING * self._row_size, y, 0.0)

    def reduced(self, y: Vector) -> Vector:
        """Return the reduced costs of columns at row prices, those that are rounding as 0."""
        reduced = self._lp.cost - self._lp.priced(y)
        return np.where(np.abs(reduced) > PRICE_ROUNDING * self._column_size, reduced, 0.0)

    def _signed(self, direction: Mapping[int, float]) -> bool:
        return any(self._equal[row] or step < 0 for row, step in direction.items())

    def only_relaxes(self, direction: Mapping[int, float]) -> bool:
        """Whether a direction loosens limits and tightens none."""
        return not self._signed(direction)

    def is_tight(self, direction: Mapping[int, float]) -> bool:
        """Whether any limit that a direction moves is reached: where none is, the loss is 0."""
        (lower, upper), (_, column_upper) = self.row_room, self.column_room
        return any(
            step and (upper[i] == 0 or lower[i] == 0 if i < self._rows else column_upper[i - self._rows] == 0)
            for i, step in direction.items()
        )

    def _as_solved(self, columns: Sequence[int]) -> bool:
        """Whether columns have the same values in the plan at hand as in the solver's own."""
        planned, solved, unit = (x[list(columns)] for x in (self.x, self.optimum.x, self._lp.column_unit))
        return bool((np.abs(planned - solved) <= FEASIBILITY * np.maximum(unit, np.abs(planned))).all())

    def between(self, direction: Mapping[int, float]) -> float:
        """Return what the solver's own dual makes of a direction: somewhere between gain and loss."""
        return math.fsum(float(self._worth[row]) * step for row, step in direction.items())

    def has_price(self, rows: Sequence[int]) -> bool:
        """Whether the solver's own dual makes anything of any of these limits; if not, none of them gains alone."""
        return bool(self._worth[rows].any())

    def _slope(self, direction: Mapping[int, float], sign: float, fixed: Sequence[int]) -> float:
        return self.prices(direction, sign, fixed)[0]

    @contextmanager
    def _forcing(self, column: int, lower: float, upper: float) -> Iterator[None]:
        """Force a column to move that far while inside."""
        tangent = self.tangent
        tangent.highs.changeColBounds(column, lower, upper)
        try:
            yield
        finally:
            bounds = float(tangent.column_lower[column]), float(tangent.column_upper[column])
            tangent.highs.changeColBounds(column, *bounds)

    @contextmanager
    def _moving(self, relaxed: Direction, fixed: Sequence[int]) -> Iterator[None]:
        """Move limits, and fix columns, while inside."""
        tangent, highs = self.tangent, self.tangent.highs
        columns = np.array(fixed, dtype=np.int64)
        for i, step in relaxed.items():
            if i >= self._rows:
                j = i - self._rows
                lower, upper = float(tangent.column_lower[j]), float(tangent.column_upper[j])
                highs.changeColBounds(j, lower, step if upper == 0 else upper)
                continue
            lower, upper = float(tangent.row_lower[i]), float(tangent.row_upper[i])
            if self._equal[i]:
                highs.changeRowBounds(i, step, step)
            else:
                highs.changeRowBounds(i, -step if lower == 0 else lower, step if upper == 0 else upper)
        if len(columns):
            highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), np.zeros(len(columns)))
        try:
            yield
        finally:
            for i in relaxed:
                if i >= self._rows:
                    j = i - self._rows
                    highs.changeColBounds(j, float(tangent.column_lower[j]), float(tangent.column_upper[j]))
                else:
                    highs.changeRowBounds(i, float(tangent.row_lower[i]), float(tangent.row_upper[i]))
            if len(columns):
                bounds = tangent.column_lower[columns], tangent.column_upper[columns]
                highs.changeColsBounds(len(columns), columns, *bounds)


def _of_nonbasic(price: Vector, size: Vector, basis: Any, status: str) -> Vector:  # noqa: ANN401 - HiGHS ships no types
    """Return prices, those of basic variables as 0: that is what they are, whatever rounding makes of them.

    Which are basic is looked up where there is a price small enough to be rounding: it takes longer than all the rest.
    """
    if not ((price != 0) & (np.abs(price) <= DOUBTFUL_PRICE * size)).any():
        return price
    return np.where(_is_basic(getattr(basis, status)), 0.0, price)


def _is_basic(status: Sequence[Any]) -> npt.NDArray[np.bool_]:
    """Return which rows, or columns, are basic."""
    kinds = np.array([int(kind) for kind in status], dtype=np.int64)
    return np.equal(kinds, _BASIC)


def _pays(price: Vector, rounding: Vector, lower: Vector, upper: Vector) -> npt.NDArray[np.bool_]:
    """Return what would rise, or fall, at these prices, and may."""
    return ((price < -rounding) & (upper > 0)) | ((price > rounding) & (lower < 0))


def _standing(price: Vector, may_fall: Vector, may_rise: Vector) -> Vector:
    """Return prices, those that stand on no limit that is reached as 0: they are rounding."""
    return np.where(np.where(price > 0, may_fall, may_rise) == 0, price, 0.0)


def _room(place: Vector, lower: Vector, upper: Vector, size: Vector, price: Vector) -> tuple[Vector, Vector]:
    """Return lower and upper limits of a move: 0 where a limit is reached or has a price, none elsewhere."""
    near = FEASIBILITY * size
    at_lower = (place - lower <= near) | ((price > 0) & np.isfinite(lower))
    at_upper = (upper - place <= near) | ((price < 0) & np.isfinite(upper))
    return np.where(at_lower, 0.0, -np.inf), np.where(at_upper, 0.0, np.inf)
