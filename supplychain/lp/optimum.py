"""Solve with HiGHS, and prove the answer from the LP's own data."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.errors import CertificateError, NoAnswerError
from supplychain.lp import interior, timed
from supplychain.tolerances import CERTIFIED, EXACT, FEASIBILITY, LEAST_FEASIBILITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import ScaledHighs, Vector

OPTIONS: dict[str, Any] = {
    "threads": 1,
    "random_seed": 0,
    "primal_feasibility_tolerance": FEASIBILITY,
    "dual_feasibility_tolerance": FEASIBILITY,
    "output_flag": False,
}
"""One thread and one seed, so that the same LP always takes the same path."""

_WARM = {
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "solver": "simplex",  # the others do not start from a basis
}
"""From a basis few steps are left: exact weights of rows, and costs moved and moved back, cost more than they save."""

_SCALING, _LARGEST_ENTRIES = "simplex_scale_strategy", 4

_TOLERANCES = ("primal_feasibility_tolerance", "dual_feasibility_tolerance")
_LIMIT, _TIME = "simplex_iteration_limit", "time_limit"
_FEW = 20_000
"""What takes more steps than this from a basis is run from nothing instead."""

_ENDED = {
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kInterrupt,
}
"""Ends of a run after which there is no use in trying again."""

_INFEASIBLE = frozenset({highspy.HighsModelStatus.kInfeasible})

_OTHER_WAYS: tuple[dict[str, Any], ...] = (
    {"solver": "ipx", "simplex_iteration_limit": 0},
    {"solver": "simplex", "simplex_scale_strategy": _LARGEST_ENTRIES, "presolve": "off"},
    {"solver": "simplex", "simplex_scale_strategy": 0, "simplex_strategy": 4},
)
"""Other ways to an optimum: by interior point; with other scaling; with no scaling of HiGHS's own and from inside.

After interior point HiGHS 1.15 would take the last steps by simplex in a solver that is not put in order first, and
write where it may not. So it takes none: they are taken from the basis, in a new one.
"""

IPX_FROM_ROWS = 3_000
"""Above this size interior point with crossover is faster than simplex from a cold start; measured by tests/bench."""


def options(rows: int) -> dict[str, Any]:
    """Return HiGHS options for a cold solve of an LP with so many rows."""
    return OPTIONS | {"solver": "ipx" if rows >= IPX_FROM_ROWS else "simplex"}


@dataclass(frozen=True)
class Optimum:
    """An optimum: column values, row prices (d objective / d limit), reduced costs, and the basis they belong to."""

    objective: float
    x: Vector
    y: Vector
    reduced: Vector
    basis: Any


def found(lp: LabelledLP, *, what: str = "the case") -> Optimum:
    """Return the optimal solution that HiGHS holds after a run.

    Raises: NoAnswerError if it is not optimal.
    """
    highs = lp.highs
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoAnswerError(reason(status, what))
    solution = highs.getSolution()
    return Optimum(
        objective=highs.getObjectiveValue(),
        x=solution.col_value,
        y=solution.row_dual,
        reduced=solution.col_dual,
        basis=highs.getBasis(),
    )


def optimum_of(lp: LabelledLP, *, what: str) -> Optimum:
    """Run HiGHS from where it stands and return its optimum, which has passed its checks.

    After many warm runs values may drift from their basis; then it is run afresh from there, and from others.

    Raises: NoAnswerError if it does not reach one, CertificateError if none passes its checks.
    """
    status = run(lp.highs)
    if status != highspy.HighsModelStatus.kOptimal:
        raise NoAnswerError(reason(status, what))
    optimum = found(lp, what=what)
    worst = _checked(lp, optimum)[0].worst
    if worst > EXACT:
        optimum, worst = _closer(lp, optimum, worst, what)
    bases = chain([optimum.basis], (basis for basis, _ in _other_ways(lp.highs) if basis is not None))
    while not worst <= CERTIFIED:
        basis = next(bases, None)
        if basis is None:
            message = f"the optimum of {what} does not pass its checks: {worst:.1e} off; must be {CERTIFIED:g} or less"
            raise CertificateError(message)
        if run_from(lp.highs, basis) == highspy.HighsModelStatus.kOptimal:
            optimum = found(lp, what=what)
            worst = _checked(lp, optimum)[0].worst
    return optimum


def _closer(lp: LabelledLP, optimum: Optimum, worst: float, what: str) -> tuple[Optimum, float]:
    """Return the optimum, or one that is closer, at the least tolerances that HiGHS takes; and how far off it is.

    A basis that is feasible but for a tolerance has prices of limits that are off by as much: a small step on, others
    hold.
    """
    with _options(lp.highs, {**_WARM, **dict.fromkeys(_TOLERANCES, LEAST_FEASIBILITY)}):
        timed.run(lp.highs)
    if lp.highs.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        other = found(lp, what=what)
        off = _checked(lp, other)[0].worst
        if off < worst:
            return other, off
    run_from(lp.highs, optimum.basis)
    return optimum, worst


def optimum_near(lp: LabelledLP, basis: Any, *, what: str) -> Optimum:  # noqa: ANN401 - HiGHS ships no types
    """Return the optimum of an LP whose solver is new, from the basis of one alike; the solver is left as if new.

    Of 120 what-ifs on `inputs/base`, scaled by the largest entries, 8 and not 12 ended inside the tolerances of the
    scaled LP alone, and took 0.56 times as long. But the last digits are worse, and HiGHS mistakes a basis that it
    holds once its scaling is chosen otherwise.

    Raises: NoAnswerError if it does not reach one.
    """
    lp.highs.setOptionValue("solver", "simplex")
    lp.highs.setBasis(basis)
    try:
        with _options(lp.highs, {_SCALING: _LARGEST_ENTRIES}):
            return optimum_of(lp, what=what)
    finally:
        lp.highs.forget()


def solved_again(lp: LabelledLP) -> float:
    """Return the objective of the LP solved from nothing, in a solver of its own, by another algorithm.

    Where the first solve would be by interior point it is the simplex method, else interior point.

    Raises: NoAnswerError if it does not reach an optimum.
    """
    other = lp.copied()
    first = options(lp.shape[0])["solver"]
    other.highs.setOptionValue("solver", "simplex" if first == "ipx" else "ipx")
    return optimum_of(other, what="the LP solved again").objective


def run(highs: ScaledHighs, settled: frozenset[Any] = _INFEASIBLE) -> Any:  # noqa: ANN401 - HiGHS ships no types
    """Run HiGHS from where it stands, and from nothing if that leads nowhere; return how it ended.

    Interior point only tells the simplex method where to start, if it ends anywhere. A warm run may end with the scaled
    LP inside its tolerances and the LP itself not, or in `unknown`: from there it is run once more. What is not
    `settled` by two runs is looked for in other ways.
    """
    seconds = _start_inside(highs) if highs.getOptionValue("solver")[1] == "ipx" else 0.0
    with _options(highs, {"solver": "simplex"}):
        return _run_by_simplex(highs, settled, seconds)


def _run_by_simplex(highs: ScaledHighs, settled: frozenset[Any], seconds: float) -> Any:  # noqa: ANN401
    """Run the simplex method, of whose time limit so much is spent, and then in other ways."""
    warm = _WARM if highs.getBasis().valid else {}
    limit, time = (highs.getOptionValue(name)[1] for name in (_LIMIT, _TIME))
    few = {_LIMIT: min(_FEW, limit)} if warm else {}
    with _options(highs, {**warm, **few, _TIME: max(0.0, time - seconds)}):
        timed.run(highs)
        if _is_rough(highs):
            run_from(highs, highs.getBasis())
    status = highs.getModelStatus()
    if status not in _ENDED or (status == highspy.HighsModelStatus.kIterationLimit and warm and limit > _FEW):
        highs.forget()
        timed.run(highs)
        status = highs.getModelStatus()
    if status in _ENDED | settled:
        return status
    for basis, ended in _other_ways(highs):
        if ended in settled:
            return ended
        if basis is not None and run_from(highs, basis) in _ENDED:
            break
    return highs.getModelStatus()


def _other_ways(highs: ScaledHighs) -> Iterator[tuple[Any, Any]]:
    """Yield how other ways to an optimum end, in solvers of their own, and at which basis, if it is an optimum."""
    for way in _OTHER_WAYS:
        twin = highs.twin()
        for name, value in way.items():
            twin.setOptionValue(name, value)
        timed.run(twin)
        ended, basis = twin.getModelStatus(), twin.getBasis()
        yield basis if ended in interior.NEAR and basis.valid else None, ended


def run_from(highs: ScaledHighs, basis: Any) -> Any:  # noqa: ANN401 - HiGHS ships no types
    """Run HiGHS from a basis and nothing else that it remembers; return how it ended."""
    highs.forget()
    highs.setBasis(basis)
    with _options(highs, _WARM):
        timed.run(highs)
    return highs.getModelStatus()


def _start_inside(highs: ScaledHighs) -> float:
    """Give HiGHS, if it has no basis, that at which interior point ends; return the seconds that it took."""
    if highs.getBasis().valid:
        return 0.0
    basis, seconds = interior.basis(highs)
    if basis is not None:
        highs.setBasis(basis)
    return seconds


@contextmanager
def _options(highs: ScaledHighs, values: Mapping[str, Any]) -> Iterator[None]:
    """Give HiGHS other options while inside."""
    usual = {name: highs.getOptionValue(name)[1] for name in values}
    for name, value in values.items():
        highs.setOptionValue(name, value)
    try:
        yield
    finally:
        for name, value in usual.items():
            highs.setOptionValue(name, value)


def _is_rough(highs: ScaledHighs) -> bool:
    """Whether HiGHS calls optimal what leaves its tolerances, or does not know what to call it."""
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return bool(highs.getModelStatus() == highspy.HighsModelStatus.kUnknown)
    info = highs.getInfo()
    primal, dual = (highs.getOptionValue(f"{which}_feasibility_tolerance")[1] for which in ("primal", "dual"))
    return bool(info.max_primal_infeasibility > primal or info.max_dual_infeasibility > dual)


@contextmanager
def changed(
    lp: LabelledLP,
    row_upper: Mapping[int, float],
    column_upper: Mapping[int, float] | None = None,
    *,
    start: Optimum | None = None,
    what: str = "a changed case",
) -> Iterator[tuple[LabelledLP, Optimum]]:
    """Solve the LP with other upper limits, from a given basis or from nothing; HiGHS holds it while inside.

    Raises: NoAnswerError if the changed LP has no optimum.
    """
    new = replace(lp, row_upper=_with(lp.row_upper, row_upper), column_upper=_with(lp.column_upper, column_upper or {}))
    _load_limits(new, row_upper, column_upper or {})
    if start is None:
        lp.highs.forget()
    else:
        lp.highs.setBasis(start.basis)
    try:
        yield new, optimum_of(new, what=what)
    finally:
        _load_limits(lp, row_upper, column_upper or {})


def _with(values: Vector, other: Mapping[int, float]) -> Vector:
    values = values.copy()
    for i, value in other.items():
        values[i] = value
    return values


def _load_limits(lp: LabelledLP, rows: Iterable[int], columns: Iterable[int]) -> None:
    """Give HiGHS the limits of some rows and columns of this LP."""
    row = np.array(sorted(rows), dtype=np.int64)
    lp.highs.changeRowsBounds(len(row), row, lp.row_lower[row], lp.row_upper[row])
    column = np.array(sorted(columns), dtype=np.int64)
    lp.highs.changeColsBounds(len(column), column, lp.column_lower[column], lp.column_upper[column])


def load(lp: LabelledLP) -> None:
    """Give HiGHS this LP's costs and all of its limits."""
    _load_limits(lp, range(lp.shape[0]), range(lp.shape[1]))
    columns = np.arange(lp.shape[1])
    lp.highs.changeColsCost(len(columns), columns, lp.cost)


def reason(status: highspy.HighsModelStatus, what: str) -> str:
    """Return why there is no answer, in words."""
    said = str(status).rpartition(".k")[2]
    advice = {
        highspy.HighsModelStatus.kTimeLimit: "the time limit was reached before an optimum; give more time",
        highspy.HighsModelStatus.kIterationLimit: "the iteration limit was reached before an optimum",
        highspy.HighsModelStatus.kInfeasible: "no plan satisfies every constraint",
        highspy.HighsModelStatus.kUnbounded: "the cost can fall without end",
        highspy.HighsModelStatus.kUnboundedOrInfeasible: "no plan satisfies every constraint, or none is best",
    }
    return f"no answer for {what}: {advice.get(status, 'the solver stopped')} (HiGHS says: {said})"


@dataclass(frozen=True)
class Certificate:
    """Proof of an optimum, from the LP's data and the solution alone.

    Residuals are absolute, in the units of their rows and columns, and relative to the largest term of each, or to a
    unit of the LP as it is scaled where the terms are less. The gap is relative to the objective,
    or to a millionth of its terms.
    """

    primal_residual: float
    primal_residual_scaled: float
    dual_residual: float
    dual_residual_scaled: float
    duality_gap_relative: float
    primal_degenerate: bool = False
    dual_degenerate: bool = False

    @property
    def worst(self) -> float:
        """The largest of what is relative: it is an optimum to within so much."""
        return max(self.primal_residual_scaled, self.dual_residual_scaled, self.duality_gap_relative)


def certificate(lp: LabelledLP, optimum: Optimum) -> Certificate:
    """Check a solution against the LP: how far it is from feasible, from dual feasible, and from a closed gap."""
    proof, activity, reduced = _checked(lp, optimum)
    columns = np.array([int(s) for s in optimum.basis.col_status])
    rows = np.array([int(s) for s in optimum.basis.row_status])
    basic = int(highspy.HighsBasisStatus.kBasic)
    x, y = optimum.x, optimum.y
    at_bound = np.minimum(x - lp.column_lower, lp.column_upper - x) <= FEASIBILITY * lp.column_unit
    row_at_bound = np.minimum(activity - lp.row_lower, lp.row_upper - activity) <= FEASIBILITY * lp.row_unit
    loose = lp.column_upper > lp.column_lower
    free_rows = lp.row_upper > lp.row_lower
    worthless = np.abs(reduced) <= FEASIBILITY * lp.mean_cost / lp.column_unit
    row_worthless = np.abs(y) <= FEASIBILITY * lp.mean_cost / lp.row_unit
    return replace(
        proof,
        primal_degenerate=bool(at_bound[columns == basic].any() or row_at_bound[rows == basic].any()),
        dual_degenerate=bool(
            worthless[(columns != basic) & loose].any() or row_worthless[(rows != basic) & free_rows].any()
        ),
    )


def prove(lp: LabelledLP, optimum: Optimum, what: str) -> None:
    """Check a solution against the LP, and nothing about how its basis stands.

    Raises: CertificateError if a scaled residual or the duality gap is larger than rounding.
    """
    worst = _checked(lp, optimum)[0].worst
    if not worst <= CERTIFIED:
        message = f"the optimum of {what} does not pass its checks: {worst:.1e} off"
        raise CertificateError(message)


def _checked(lp: LabelledLP, optimum: Optimum) -> tuple[Certificate, Vector, Vector]:
    """Return the residuals of a solution, the activity of its rows and its reduced costs."""
    x, y, columns = optimum.x, optimum.y, lp.column_of_entry
    reduced = lp.cost - lp.priced(y)
    price = np.maximum(np.abs(lp.cost), lp.mean_cost / lp.column_unit)
    np.maximum.at(price, columns, np.abs(lp.entries * y[lp.indices]))
    row_value, row_wrong = _dual_value(y, lp.row_lower, lp.row_upper)
    column_value, column_wrong = _dual_value(reduced, lp.column_lower, lp.column_upper)
    row_price = lp.mean_cost / lp.row_unit
    activity = lp.activity(x)
    outside, outside_share = _residuals(lp, x, activity)
    primal = float(lp.cost @ x) + lp.offset
    dual = float(row_value.sum() + column_value.sum()) + lp.offset
    proof = Certificate(
        primal_residual=outside,
        primal_residual_scaled=outside_share,
        dual_residual=float(max(row_wrong.max(initial=0), column_wrong.max(initial=0))),
        dual_residual_scaled=float(max((row_wrong / row_price).max(initial=0), (column_wrong / price).max(initial=0))),
        duality_gap_relative=abs(primal - dual) / lp.objective_size(x, y),
    )
    return proof, activity, reduced


def dual_objective(lp: LabelledLP, y: Vector) -> float:
    """Return what row prices make of the limits of an LP: where they are dual feasible, no plan costs less."""
    rows, columns = (
        _dual_value(price, lower, upper)[0].sum()
        for price, lower, upper in (
            (y, lp.row_lower, lp.row_upper),
            (lp.cost - lp.priced(y), lp.column_lower, lp.column_upper),
        )
    )
    return float(rows + columns) + lp.offset


def primal_residuals(lp: LabelledLP, x: Vector) -> tuple[float, float]:
    """Return how far values are from feasible at most: absolute, and as a share of the largest term of the row."""
    return _residuals(lp, x, lp.activity(x))


def _residuals(lp: LabelledLP, x: Vector, activity: Vector) -> tuple[float, float]:
    size = lp.row_unit.copy()
    np.maximum.at(size, lp.indices, np.abs(lp.entries * x[lp.column_of_entry]))
    rows = _outside(activity, lp.row_lower, lp.row_upper, size)
    columns = _outside(x, lp.column_lower, lp.column_upper, np.maximum(np.abs(x), lp.column_unit))
    return max(rows[0], columns[0]), max(rows[1], columns[1])


def _outside(value: Vector, lower: Vector, upper: Vector, size: Vector) -> tuple[float, float]:
    """Return how far values are outside of their limits at most, absolute and relative to their size or the limit."""
    over, under = np.maximum(value - upper, 0.0), np.maximum(lower - value, 0.0)
    share = [
        amount / np.maximum(size, np.where(np.isfinite(limit), np.abs(limit), 0.0))
        for amount, limit in ((over, upper), (under, lower))
    ]
    return float(np.maximum(over, under).max(initial=0)), float(np.maximum(*share).max(initial=0))


def _dual_value(price: Vector, lower: Vector, upper: Vector) -> tuple[Vector, Vector]:
    """Return what each limit adds to the dual objective, and the size of prices that have no limit to stand on."""
    bound = np.where(price > 0, lower, upper)
    wrong = np.where(np.isinf(bound), np.abs(price), 0.0)
    return np.where(np.isinf(bound), 0.0, price * np.where(np.isinf(bound), 0.0, bound)), wrong
