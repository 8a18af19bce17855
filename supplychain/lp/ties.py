"""Among equal optima, the one that further objectives prefer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.lp.optimum import Optimum, found, primal_residuals, run, run_from
from supplychain.lp.refine import refined
from supplychain.lp.scaled import sums
from supplychain.tolerances import CERTIFIED, FEASIBILITY, NEAR_LIMIT, OBJECTIVE_DIGIT, PRICE_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.scaled import Indices, ScaledHighs, Vector


@dataclass(frozen=True)
class Preferred:
    """The optimum that further objectives prefer, and the basis at which the last of them was settled."""

    x: Vector
    basis: Any


def prefer(lp: LabelledLP, optimum: Optimum, objectives: Sequence[Vector], *, settle: bool = True) -> Vector:
    """Return the optimum that minimises the first objective, then the next, and so on, without giving up any before it.

    Raises: CertificateError if the objective is not kept.
    """
    return preferred(lp, optimum, objectives, settle=settle).x


def preferred(  # noqa: PLR0913 - three have their defaults
    lp: LabelledLP,
    optimum: Optimum,
    objectives: Sequence[Vector],
    *,
    settle: bool = True,
    exact: bool = True,
    start: Any = None,  # noqa: ANN401 - HiGHS ships no types
) -> Preferred:
    """Return the optimum that further objectives prefer, and where the last of them ended.

    The set of all optima is known from one optimal dual: a column with a reduced cost stays at its bound, a row with a
    price stays at its limit, and everything that satisfies this is optimal. Each further objective is minimised over
    that set. To settle the last one it is solved from nothing, or from the basis of an LP alike, `start`, so that no
    digit depends on the path that led to it; nor does the rounding of values, which are refined, if they are to be
    `exact`. What moves the objective by less than its last digit is free, as long as
    it does: where it moves far enough to be more, it is not.

    Raises: CertificateError if the objective is not kept.
    Source: complementary slackness; lexicographic optimisation, Isermann (1982), Operations Research Spektrum 4.
    """
    try:
        return _preferred(lp, optimum, objectives, settle=settle, exact=exact, start=start, digit=OBJECTIVE_DIGIT)
    except TimeLimitError:
        raise
    except NoAnswerError:
        return _preferred(lp, optimum, objectives, settle=settle, exact=exact, start=start, digit=0.0)


def _preferred(  # noqa: PLR0913 - all of it is given
    lp: LabelledLP,
    optimum: Optimum,
    objectives: Sequence[Vector],
    *,
    settle: bool,
    exact: bool,
    start: Any,  # noqa: ANN401 - HiGHS ships no types
    digit: float,
) -> Preferred:
    highs = lp.highs
    column_lower, column_upper = lp.column_lower.copy(), lp.column_upper.copy()
    row_lower, row_upper = lp.row_lower.copy(), lp.row_upper.copy()
    columns = np.arange(lp.shape[1])
    now, cost = optimum, lp.cost
    highs.setBasis(optimum.basis)
    try:
        for objective in objectives:
            row_sign, column_sign = _signs(lp, cost, now, digit)
            near_row, near_column = lp.near(now.x)
            of_columns = fix(column_sign, now.x, near_column, column_lower, column_upper)
            of_rows = fix(row_sign, lp.activity(now.x), near_row, row_lower, row_upper)
            highs.changeColsBounds(len(of_columns), of_columns, column_lower[of_columns], column_upper[of_columns])
            highs.changeRowsBounds(len(of_rows), of_rows, row_lower[of_rows], row_upper[of_rows])
            cost = objective
            highs.changeColsCost(len(columns), columns, cost)
            if settle and objective is objectives[-1]:
                highs.forget()
                if start is not None:
                    highs.setBasis(start)
            now = _best_within(lp, now, (column_lower, column_upper), (row_lower, row_upper))
        # so that the solver has the basis in hand, also after presolve; rounding alone may put it outside
        if objectives and settle and exact and run_from(highs, now.basis) != highspy.HighsModelStatus.kInfeasible:
            now = found(lp, what="the choice among equal optima")
            now = replace(now, x=refined(lp, now.x, row_lower, row_upper))
    finally:
        of_columns = np.flatnonzero((column_lower != lp.column_lower) | (column_upper != lp.column_upper))
        of_rows = np.flatnonzero((row_lower != lp.row_lower) | (row_upper != lp.row_upper))
        highs.changeColsBounds(len(of_columns), of_columns, lp.column_lower[of_columns], lp.column_upper[of_columns])
        highs.changeRowsBounds(len(of_rows), of_rows, lp.row_lower[of_rows], lp.row_upper[of_rows])
        highs.changeColsCost(len(columns), columns, lp.cost)
        highs.setBasis(optimum.basis)
    x = snapped(now.x, lp.column_lower, lp.column_upper, lp.near(now.x)[1])
    if primal_residuals(lp, x)[1] > CERTIFIED:  # what is rounding in a value may be more in a row
        x = now.x
    lost = float(lp.cost @ x) + lp.offset - optimum.objective
    if not abs(lost) <= CERTIFIED * lp.objective_size(optimum.x, optimum.y):
        message = f"the choice among equal optima does not pass its checks: it costs {lost:.3g} more"
        raise CertificateError(message)
    return Preferred(x, now.basis)


def all_optima(lp: LabelledLP, optimum: Optimum, x: Vector) -> LabelledLP:
    """Return the LP whose plans are the optima of another, of which one is `x`; its solver stays as it is.

    What has a price stays at its limit, as in `preferred`. What moves the objective by less than its last digit is
    free.
    """
    (row_sign, column_sign), (near_row, near_column) = _signs(lp, lp.cost, optimum, OBJECTIVE_DIGIT), lp.near(optimum.x)
    column_lower, column_upper = lp.column_lower.copy(), lp.column_upper.copy()
    row_lower, row_upper = lp.row_lower.copy(), lp.row_upper.copy()
    fix(column_sign, optimum.x, near_column, column_lower, column_upper)
    fix(row_sign, lp.activity(optimum.x), near_row, row_lower, row_upper)
    activity = lp.activity(x)
    return replace(
        lp,
        column_lower=np.minimum(column_lower, x),
        column_upper=np.maximum(column_upper, x),
        row_lower=np.minimum(row_lower, activity),
        row_upper=np.maximum(row_upper, activity),
    )


def are_settled(lp: LabelledLP, optimum: Optimum, columns: Sequence[int]) -> bool:
    """Whether some columns have the same values in every optimum; the solver has just found this one, from a basis.

    After presolve alone it has no basis in hand, and HiGHS does not say so: it ends.

    Of a sum of them with weights drawn at random, the basis says what each variable would change that may enter at no
    cost: if none changes it, all optima have this sum, and so these values.
    """
    highs, (rows, _) = lp.highs, lp.shape
    column_lower, column_upper = lp.column_lower.copy(), lp.column_upper.copy()
    row_lower, row_upper = lp.row_lower.copy(), lp.row_upper.copy()
    (row_sign, column_sign), (near_row, near_column) = _signs(lp, lp.cost, optimum, OBJECTIVE_DIGIT), lp.near(optimum.x)
    fix(column_sign, optimum.x, near_column, column_lower, column_upper)
    fix(row_sign, lp.activity(optimum.x), near_row, row_lower, row_upper)
    _, order = highs.getBasicVariables()
    free = np.concatenate([row_lower < row_upper, column_lower < column_upper])
    may_enter = free.copy()
    may_enter[np.where(order < 0, -1 - order, rows + order)] = False
    weights = np.zeros(lp.shape[1])
    weights[columns] = (1 + np.random.default_rng(0).random(len(columns))) / lp.column_unit[columns]
    weights = np.where(free[rows:], weights, 0.0)
    status, y = highs.getBasisTransposeSolve(weights, order)
    changes = np.concatenate([y / lp.row_unit, (weights - lp.priced(y)) * lp.column_unit])
    return status == highspy.HighsStatus.kOk and not bool((np.abs(changes) > FEASIBILITY)[may_enter].any())


def _let_stay(
    highs: ScaledHighs, x: Vector, columns: tuple[Vector, Vector], activity: Vector, rows: tuple[Vector, Vector]
) -> None:
    """Start from nothing with limits widened, in place, so that everything may stay where it is.

    The set of all optima may be as thin as rounding: what is reached for every tolerance is not reached to the last
    digit, and nothing satisfies all of it at once.
    """
    for change, place, (lower, upper) in (
        (highs.changeColsBounds, x, columns),
        (highs.changeRowsBounds, activity, rows),
    ):
        np.minimum(lower, place, out=lower)
        np.maximum(upper, place, out=upper)
        change(len(place), np.arange(len(place)), lower, upper)
    highs.forget()


def _best_within(
    lp: LabelledLP, reached: Optimum, columns: tuple[Vector, Vector], rows: tuple[Vector, Vector]
) -> Optimum:
    """Return the optimum of what the solver has in hand, within limits that leave what is reached where it is."""
    highs, infeasible = lp.highs, highspy.HighsModelStatus.kInfeasible
    if run(highs) == infeasible:
        _let_stay(highs, reached.x, columns, lp.activity(reached.x), rows)
        if run(highs) == infeasible:  # what is reached now is not: presolve errs
            run_from(highs, reached.basis)
    if highs.getModelStatus() != infeasible:
        now = found(lp, what="the choice among equal optima")
        if primal_residuals(lp, now.x)[1] <= CERTIFIED:
            return now
        if run_from(highs, now.basis) != infeasible:
            return found(lp, what="the choice among equal optima")
    return _away_from(lp, reached.x, columns, rows)


def _away_from(lp: LabelledLP, x: Vector, columns: tuple[Vector, Vector], rows: tuple[Vector, Vector]) -> Optimum:
    """Return the optimum within limits that leave `x` where it is, as an LP of the way from there: 0 is feasible.

    Where limits are as close as rounding the solver finds nothing between them, however it is asked for values. The
    solver has the limits again afterwards.
    """
    highs, activity = lp.highs, lp.activity(x)
    parts = ((highs.changeColsBounds, x, columns), (highs.changeRowsBounds, activity, rows))
    for change, place, (lower, upper) in parts:
        change(len(place), np.arange(len(place)), np.minimum(lower - place, 0.0), np.maximum(upper - place, 0.0))
    highs.forget()
    run(highs)
    moved = found(lp, what="the choice among equal optima")
    for change, place, (lower, upper) in parts:
        change(len(place), np.arange(len(place)), lower, upper)
    return replace(moved, x=x + moved.x)


def fix(sign: Vector, place: Vector, size: Vector, lower: Vector, upper: Vector) -> Indices:
    """Fix, in place, every bound or limit that has a price of the sign that belongs to it, and is reached: those.

    What has a price is reached, but for what the solver leaves, which may be more than the tolerance it was asked for.
    """
    near = NEAR_LIMIT * size
    at_lower = (sign > 0) & (place - lower <= near)
    at_upper = (sign < 0) & (upper - place <= near)
    upper[at_lower] = lower[at_lower]
    lower[at_upper] = upper[at_upper]
    return np.flatnonzero(at_lower | at_upper)


def _signs(lp: LabelledLP, cost: Vector, optimum: Optimum, digit: float) -> tuple[Vector, Vector]:
    """Return the signs of the prices of rows and columns; 0 for rounding, whatever the units of either, or of money.

    A column's price is a difference of terms and judged against their sum. A row's price is nothing if it is nothing to
    any column, beside the terms of that column's own; and if all that stands in the row moves the objective by no more
    than `digit`, a share of it, for where all terms of a column are rounding none is nothing beside the others.
    """
    columns = np.repeat(np.arange(lp.shape[1]), np.diff(lp.starts))
    terms = np.abs(cost) + sums(columns, np.abs(lp.entries * optimum.y[lp.indices]), lp.shape[1])
    per_row = np.full(lp.shape[0], np.inf)
    np.minimum.at(per_row, lp.indices, terms[columns] / np.abs(lp.entries))
    least = digit * float(np.abs(cost) @ np.abs(optimum.x))
    of_row = np.maximum(PRICE_ROUNDING * per_row, least / np.maximum(lp.row_unit, lp.size(optimum.x)))
    of_column = np.maximum(PRICE_ROUNDING * terms, least / np.maximum(lp.column_unit, np.abs(optimum.x)))
    return _sign(optimum.y, of_row), _sign(optimum.reduced, of_column)


def _sign(price: Vector, rounding: Vector) -> Vector:
    return np.where(np.abs(price) > rounding, np.sign(price), 0.0)


def snapped(x: Vector, lower: Vector, upper: Vector, size: Vector) -> Vector:
    """Return values that lie within rounding of a bound exactly on it."""
    for bound in (upper, lower):
        near = np.isfinite(bound) & (np.abs(x - bound) <= FEASIBILITY * size)
        x = np.where(near, bound, x)
    return x


@cache
def share_of(label: Label) -> float:
    """Return a number from 0 to 1 that a name always has: from its SHA-256."""
    digest = hashlib.sha256("\x1f".join(map(str, label)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
