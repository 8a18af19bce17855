"""What can be asked of any linear program: an optimum with its proof, two-sided prices, ranges, curves, joint sets.

Every function works in place on the LP's warm solver and leaves the LP as it found it. Each raises NoAnswerError if the
LP has no optimum, or reaches the solver's own time or iteration limit, TimeLimitError if not all of it is done in
`time_limit` seconds, and CertificateError if an optimum does not pass its checks.
"""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
import pandas as pd

from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.limits import doing, limited
from supplychain.lp.joint import minimal_sets
from supplychain.lp.optimum import OPTIONS, Certificate, Optimum, certificate, optimum_of, reason, run
from supplychain.lp.slopes import Slopes
from supplychain.tolerances import CERTIFIED, SAME_BREAKPOINT, SAME_ROW_DIGITS, SAME_SLOPE, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.scaled import Vector


_SETTLED = frozenset({highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnbounded})
"""How a run for the furthest step may well end."""

_ROUNDS = 10_000
"""Looks at a value curve, each at one of its segments: the longest seen has 200. One that takes more gets nowhere."""


@dataclass(frozen=True)
class Solution:
    """An optimum under the LP's own names.

    `objective` is in the LP's own sense. `primal` is indexed by column label. `duals`, indexed by row label, has one
    sign for minimisation and maximisation: what relaxing the limit by one unit is worth, never negative; an equality's
    has the sign of what raising its right-hand side is worth. At a tie it is one point between gain and loss.
    """

    status: str
    objective: float
    primal: pd.Series
    duals: pd.Series
    basis: Any
    certificate: Certificate


@limited("solving this LP")
def solve(lp: LabelledLP, *, time_limit: float | None = None) -> Solution:  # noqa: ARG001 - kept by the decorator
    """Solve an LP, from its solver's current basis if it has one, and prove the answer."""
    optimum = _optimum(lp)
    equal = lp.row_lower == lp.row_upper
    worth = np.where(equal, -optimum.y, np.abs(optimum.y))
    return Solution(
        status="optimal",
        objective=lp.sign * optimum.objective,
        primal=pd.Series(optimum.x, index=_index(list(lp.column)), name="primal"),
        duals=pd.Series(worth, index=_index(list(lp.row)), name="dual"),
        basis=optimum.basis,
        certificate=certificate(lp, optimum),
    )


@limited("asking what limits are worth")
def two_sided_prices(
    lp: LabelledLP,
    rows: Sequence[Label] | Mapping[Hashable, Mapping[Label, float]],
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> pd.DataFrame:
    """Return what one unit more, and one unit less, of each row's limit is worth.

    `rows` are row labels, or names of weighted sets of them: `{name: {row: weight}}`. Relaxing raises an upper limit
    and lowers a lower one. A row that is slack costs no solve.

    Returns: indexed by row label or set name; columns `gain` and `loss` [objective per unit], 0 <= gain <= loss; `loss`
    is infinite where any tightening leaves nothing feasible. An equality has its two signed one-sided derivatives. What
    no way leads to is NaN, and `attrs["unanswered"]` says why, by row.
    Source: left and right shadow prices, Koltai & Terlaky (2000), Int. J. Production Economics 65, 257-274.
    """
    slopes = Slopes(lp, _optimum(lp))
    directions = _directions(lp, rows)
    return _answers(
        directions, lambda name: (slopes.gain(directions[name]), slopes.loss(directions[name])), ["gain", "loss"]
    )


@limited("asking how long prices last")
def allowable_ranges(
    lp: LabelledLP,
    rows: Sequence[Label],
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> pd.DataFrame:
    """Return how far each limit may move, alone, before its price changes.

    The gain holds in the direction of relaxing, the loss in the other: at a degenerate optimum, where the two differ,
    each side has its own range. A slack row has price 0 on both sides. Of a row with two limits the upper one is
    reported; the lower one moves the other way.

    Returns: indexed by row label; columns `lower` and `upper` [of the limit]. What no way leads to is NaN, and
    `attrs["unanswered"]` says why, by row.
    Source: Hillier & Lieberman, Introduction to Operations Research, allowable increase and decrease.
    """
    optimum = _optimum(lp)
    slopes = Slopes(lp, optimum)

    def range_of(label: Label) -> tuple[float, float]:
        i = lp.row[label]
        is_upper = math.isfinite(lp.row_upper[i])
        if not is_upper and math.isinf(lp.row_lower[i]):
            return -math.inf, math.inf
        limit = float(lp.row_upper[i] if is_upper else lp.row_lower[i])
        relaxed, tightened = (allowable_increase(lp, slopes, {i: 1.0}, sign) for sign in (+1.0, -1.0))
        return (limit - tightened, limit + relaxed) if is_upper else (limit - relaxed, limit + tightened)

    return _answers(rows, range_of, ["lower", "upper"])


def _answers(
    names: Collection[Hashable], answer: Callable[[Hashable], tuple[float, float]], columns: list[str]
) -> pd.DataFrame:
    """Ask the same of each name; what has no answer is NaN, and the reason stands in `attrs["unanswered"]`."""
    found: list[tuple[float, float]] = []
    unanswered: dict[Hashable, str] = {}
    for name in names:
        try:
            with doing(_at(name), vague=True):
                found.append(answer(name))
        except TimeLimitError:
            raise
        except NoAnswerError as error:
            found.append((math.nan, math.nan))
            unanswered[name] = str(error)
    table = pd.DataFrame(found, columns=columns, index=_index(list(names)))
    table.attrs["unanswered"] = unanswered
    return table


@limited("following a value curve")
def value_curve(
    lp: LabelledLP,
    direction: Mapping[Label, float],
    up_to: float,
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> pd.DataFrame:
    """Return the optimal objective as limits are relaxed along a direction, with every breakpoint.

    `direction` gives how far each row's limit is relaxed per unit; the curve runs from 0 to `up_to` (may be infinite).

    Returns: one row per segment; columns `from`, `to` [units of the direction], `slope` [objective per unit] and
    `value` [objective at `from`], both in the LP's own sense. Where nothing is feasible both are infinite.
    Source: parametric linear programming, Gass & Saaty (1955), Naval Research Logistics Quarterly 2, 39-45.
    """
    moves = {lp.row[label]: float(step) for label, step in direction.items()}
    segments: list[list[float]] = []
    start, rounding, least = 0.0, SAME_BREAKPOINT, 1 / lp.move_size(moves)
    optimum = _optimum(lp)
    looks = 0
    while start < up_to:
        looks += 1
        if looks > _ROUNDS:
            message = f"no answer for the value curve: after {_ROUNDS} looks at it, it is at {start:g} of {up_to:g}"
            raise NoAnswerError(message)
        with _relaxed(lp, moves, start) as (relaxed, moved):
            slopes = Slopes(relaxed, moved)
            passed = _passed(segments[-1], start, relaxed, slopes, moves) if segments else None
            if passed is not None:
                start = segments[-1][1] = passed
                continue
            slope, _ = slopes.prices(moves, +1.0)
            try:
                end = min(up_to, start + allowable_increase(relaxed, slopes, moves, +1.0))
            except CertificateError:
                end = start  # too close to a breakpoint to tell its two sides apart: look again a little further on
        begin = segments[-1][1] if segments else 0.0
        if math.isinf(slope):
            segments.append([begin, up_to, math.inf, math.inf])
            break
        if end - start <= rounding * max(least, start) and end < up_to:
            start, rounding = start + rounding * max(least, start), 2 * rounding
            if rounding > SAME_SLOPE:
                message = f"the value curve does not get beyond {start:g}: breakpoints lie closer than rounding"
                raise CertificateError(message)
            continue
        if segments and abs(slope - segments[-1][2]) <= SAME_SLOPE * max(abs(slope), abs(segments[-1][2])):
            segments[-1][1] = end
        else:
            segments.append([begin, end, slope, moved.objective - slope * (start - begin)])
        start, rounding = end, SAME_BREAKPOINT
    lp.highs.setBasis(optimum.basis)
    table = pd.DataFrame(segments, columns=["from", "to", "slope", "value"])
    return table.assign(slope=lp.sign * table["slope"], value=lp.sign * table["value"])


def _passed(
    segment: Sequence[float], at: float, lp: LabelledLP, slopes: Slopes, moves: Mapping[int, float]
) -> float | None:
    """Return where a segment must have ended, if its line misses the optimum at its end; the curve is convex.

    It is where its line meets that of the last segment before the end. Where a breakpoint is made by what moves less
    than a solver's tolerance, a range may run past it.
    """
    begin, _, own_slope, value = segment
    optimum = slopes.optimum
    missing = optimum.objective - (value + own_slope * (at - begin))
    rounding = SAME_SLOPE * abs(own_slope) * (at - begin)  # slopes that differ by less are one segment
    if missing <= max(rounding, CERTIFIED * lp.objective_size(optimum.x, optimum.y)):
        return None
    steeper = -slopes.prices(moves, -1.0)[0] - own_slope
    return at - missing / steeper if steeper * (at - begin) > missing else None


@limited("asking which limits bind together")
def joint_sets(
    lp: LabelledLP,
    rows: Sequence[Label],
    max_size: int = 4,
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> list[frozenset[Label]]:
    """Return the minimal sets of two or more rows that are worth something only when relaxed together.

    Candidates are rows with gain 0 and loss above 0; equalities are none.

    Returns: smallest first, then in the order of `rows`; see `minimal_sets`.
    """
    slopes = Slopes(lp, _optimum(lp))
    one_sided = [label for label in rows if lp.row_lower[lp.row[label]] != lp.row_upper[lp.row[label]]]
    relief = {label: {lp.row[label]: 1.0} for label in one_sided}
    tied = [label for label in one_sided if slopes.gain(relief[label]) == 0 and slopes.loss(relief[label]) > 0]
    return minimal_sets(slopes, tied, lambda chosen: {lp.row[label]: 1.0 for label in chosen}, max_size)


def parallel_rows(lp: LabelledLP) -> list[tuple[Label, ...]]:
    """Return the groups of rows that are multiples of each other: they steal each other's price."""
    groups: dict[tuple[tuple[int, ...], tuple[float, ...]], list[Label]] = {}
    order = np.lexsort((lp.column_of_entry, lp.indices))
    rows, columns, entries = lp.indices[order], lp.column_of_entry[order], lp.entries[order]
    bounds = np.searchsorted(rows, np.arange(lp.shape[0] + 1))
    for label, i in lp.row.items():
        part = slice(bounds[i], bounds[i + 1])
        kept = entries[part] != 0
        values = entries[part][kept]
        if len(values):
            shape = tuple(significant(v, SAME_ROW_DIGITS) for v in values / values[0])
            groups.setdefault((tuple(columns[part][kept].tolist()), shape), []).append(label)
    return [tuple(labels) for labels in groups.values() if len(labels) > 1]


def _at(name: Hashable) -> str:
    """Say which limit is looked at."""
    return f"at {' '.join(map(str, name)) if isinstance(name, tuple) else name}"


def _optimum(lp: LabelledLP) -> Optimum:
    """Run the solver and check what it found.

    Raises: NoAnswerError if there is no optimum, CertificateError if it does not pass its checks.
    """
    for option, value in OPTIONS.items():
        lp.highs.setOptionValue(option, value)
    return optimum_of(lp, what="this LP")


def _directions(
    lp: LabelledLP, rows: Sequence[Label] | Mapping[Hashable, Mapping[Label, float]]
) -> dict[Hashable, dict[int, float]]:
    if hasattr(rows, "items"):
        return {
            name: {lp.row[label]: float(weight) for label, weight in chosen.items()} for name, chosen in rows.items()
        }
    return {label: {lp.row[label]: 1.0} for label in rows}


@contextmanager
def _relaxed(lp: LabelledLP, moves: Mapping[int, float], by: float) -> Iterator[tuple[LabelledLP, Optimum]]:
    """Solve with limits relaxed along a direction; HiGHS holds that LP while inside."""
    lower, upper = lp.row_lower.copy(), lp.row_upper.copy()
    for i, step in moves.items():
        upper[i] += step * by
        lower[i] += step * by if lp.row_lower[i] == lp.row_upper[i] else -step * by
    relaxed = replace(lp, row_lower=lower, row_upper=upper)
    rows = np.arange(lp.shape[0])
    lp.highs.changeRowsBounds(len(rows), rows, lower, upper)
    try:
        yield relaxed, optimum_of(relaxed, what="a relaxed LP")
    finally:
        lp.highs.changeRowsBounds(len(rows), rows, lp.row_lower, lp.row_upper)


@limited("asking how long a price lasts")
def allowable_increase(
    lp: LabelledLP,
    slopes: Slopes,
    moves: Mapping[int, float],
    sign: float,
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> float:
    """Return how far limits can move along a direction (sign +1) or against it (-1) before the slope changes.

    The duals that attain the slope stay optimal as long as some x is feasible and complementary to them: columns with a
    reduced cost at their bound, rows with a price at their moved limit. The furthest such step is one more LP, with the
    step as a column.

    Raises: CertificateError if there is not even a step of 0, which a price that is right always allows.
    """
    slope, y = slopes.prices(moves, sign)
    known = _without_solve(slopes, moves, sign, slope)
    if known is not None:
        return known
    (rows_fall, rows_rise), (columns_fall, columns_rise) = slopes.row_room, slopes.column_room
    column_lower, column_upper = _complementary(
        slopes.reduced(y), lp.column_lower, lp.column_upper, columns_fall, columns_rise
    )
    row_lower, row_upper = _complementary(slopes.felt(y), lp.row_lower, lp.row_upper, rows_fall, rows_rise)
    size, (highs, start) = lp.move_size(moves), slopes.stepping
    rows, columns = (np.arange(n) for n in lp.shape)
    highs.changeRowsBounds(len(rows), rows, row_lower, row_upper)
    highs.changeColsBounds(len(columns), columns, column_lower, column_upper)
    highs.setBasis(start)
    step_column, rows_held, columns_held = lp.shape[1], (row_lower, row_upper), (column_lower, column_upper)
    _tie_to_step(lp, highs, {i: sign * move / size for i, move in moves.items()}, rows_held, columns_held)
    try:
        status = _run_in_room(lp, highs, slopes.x, rows_held, columns_held)
        furthest = -float(highs.getObjectiveValue()) / size
    finally:
        for i in moves:
            if i < len(rows):
                highs.changeCoeff(i, step_column, 0.0)
        if highs.getNumRow() > lp.shape[0]:
            highs.deleteRows(highs.getNumRow() - lp.shape[0], np.arange(lp.shape[0], highs.getNumRow()))
    if status == highspy.HighsModelStatus.kUnbounded:
        return math.inf
    if status == highspy.HighsModelStatus.kInfeasible:
        message = "the range of a price does not pass its checks: the optimum at hand does not have that price"
        raise CertificateError(message)
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoAnswerError(reason(status, "the range of a price"))
    return furthest


def _without_solve(slopes: Slopes, moves: Mapping[int, float], sign: float, slope: float) -> float | None:
    """Return how far limits can move before a slope changes, where it takes no solve; else None."""
    if math.isinf(slope):
        return 0.0
    if slope == 0 and sign > 0 and slopes.only_relaxes(moves):  # the cost is convex, and more room makes none rise
        return math.inf
    return slopes.furthest(moves, sign, slope)


def reach(lp: LabelledLP, slopes: Slopes, moves: Mapping[int, float], sign: float) -> float:
    """Return what `allowable_increase` does: its old name, which goes with version 0.3."""
    message = "supplychain.lp.reach is now supplychain.lp.allowable_increase; the old name goes with version 0.3"
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return allowable_increase(lp, slopes, moves, sign)


def _run_in_room(
    lp: LabelledLP,
    highs: Any,  # noqa: ANN401 - HiGHS ships no types
    x: Vector,
    rows: tuple[Vector, Vector],
    columns: tuple[Vector, Vector],
) -> Any:  # noqa: ANN401
    """Run the solver for the furthest step; if nothing is feasible, so that everything may also stay where it is.

    Where digits were cut from inputs, limits are reached together for every tolerance, and yet not for the solver.
    """
    status = run(highs, _SETTLED)
    if status != highspy.HighsModelStatus.kInfeasible:
        return status
    for change, place, (lower, upper) in (
        (highs.changeRowsBounds, lp.activity(x), rows),
        (highs.changeColsBounds, x, columns),
    ):
        change(len(place), np.arange(len(place)), np.minimum(lower, place), np.maximum(upper, place))
    return run(highs, _SETTLED)


def _tie_to_step(
    lp: LabelledLP,
    highs: Any,  # noqa: ANN401 - HiGHS ships no types
    moves: Mapping[int, float],
    rows: tuple[Vector, Vector],
    columns: tuple[Vector, Vector],
) -> None:
    """Let limits of rows, and upper bounds of columns, move with the step, each by its own length."""
    step_column = lp.shape[1]
    for i, move in moves.items():
        if i >= lp.shape[0]:
            j = i - lp.shape[0]
            if columns[0][j] < columns[1][j] or columns[1][j] == lp.column_upper[j]:
                _as_row(lp, highs, j, -move, held=bool(columns[0][j] == columns[1][j]))
            continue
        one_of_two = lp.row_lower[i] != lp.row_upper[i] and math.isfinite(lp.row_lower[i])
        if one_of_two and math.isfinite(lp.row_upper[i]):
            _split(lp, highs, i, rows[0][i], rows[1][i])
            highs.changeCoeff(highs.getNumRow() - 1, step_column, move)
        highs.changeCoeff(i, step_column, move if one_of_two and math.isinf(lp.row_upper[i]) else -move)


def _split(lp: LabelledLP, highs: Any, row: int, lower: float, upper: float) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Leave a row its upper limit and add a last row for its lower limit, held where the row was held."""
    in_row = lp.indices == row
    columns = lp.column_of_entry[in_row].astype(np.int32)
    at_lower, at_upper = lower == upper == lp.row_lower[row], lower == upper == lp.row_upper[row]
    highs.changeRowBounds(row, upper if at_upper else -math.inf, lp.row_upper[row])
    highs.addRow(lp.row_lower[row], lower if at_lower else math.inf, len(columns), columns, lp.entries[in_row])


def _as_row(lp: LabelledLP, highs: Any, column: int, entry: float, *, held: bool) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Let a column's upper bound move with the step, as a last row; held there, where the column was held at it."""
    bound = float(lp.column_upper[column])
    highs.changeColBounds(column, float(lp.column_lower[column]), math.inf)
    columns, entries = np.array([column, lp.shape[1]], dtype=np.int32), np.array([1.0, entry])
    highs.addRow(bound if held else -math.inf, bound, 2, columns, entries)


def _complementary(
    price: Vector, lower: Vector, upper: Vector, may_fall: Vector, may_rise: Vector
) -> tuple[Vector, Vector]:
    """Return limits that hold everything with a price at the limit that the price names, where it is reached."""
    at_lower, at_upper = (price > 0) & (may_fall == 0), (price < 0) & (may_rise == 0)
    return np.where(at_upper, upper, lower), np.where(at_lower, lower, upper)


def _index(labels: Sequence[Hashable]) -> pd.Index[Any]:
    return pd.Index(labels, dtype=object, tupleize_cols=False)
