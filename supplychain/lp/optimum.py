"""Solve with HiGHS, and prove the answer from the LP's own data."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain.errors import CertificateError, NoAnswerError
from supplychain.lp import interior, timed
from supplychain.tolerances import CERTIFIED, FEASIBILITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from supplychain.lp.labelled import LabelledLP, Vector

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
        objective=float(highs.getInfo().objective_function_value),
        x=np.array(solution.col_value),
        y=np.array(solution.row_dual),
        reduced=np.array(solution.col_dual),
        basis=highs.getBasis(),
    )


def optimum_of(lp: LabelledLP, *, what: str) -> Optimum:
    """Run HiGHS from where it stands and return its optimum.

    After many warm runs values may drift from their basis; then it is run afresh from there.

    Raises: NoAnswerError if it does not reach one.
    """
    run(lp.highs)
    optimum = found(lp, what=what)
    activity, near = lp.activity(optimum.x), FEASIBILITY * np.maximum(1.0, lp.size(optimum.x))
    if (np.maximum(activity - lp.row_upper, lp.row_lower - activity) > near).any():
        _refresh(lp.highs)
        optimum = found(lp, what=what)
    return optimum


def optimum_near(lp: LabelledLP, basis: Any, *, what: str) -> Optimum:  # noqa: ANN401 - HiGHS ships no types
    """Return the optimum of an LP whose solver is new, from the basis of one alike; the solver is left as if new.

    Of 120 what-ifs on `inputs/base`, scaled by the largest entries, 8 and not 12 ended inside the tolerances of the
    scaled LP alone, and took 0.56 times as long. But the last digits are worse, and HiGHS mistakes a basis that it
    holds once its scaling is chosen otherwise.

    Raises: NoAnswerError if it does not reach one.
    """
    usual = lp.highs.getOptionValue(_SCALING)[1]
    _set(lp.highs, {"solver": "simplex", _SCALING: _LARGEST_ENTRIES})
    lp.highs.setBasis(basis)
    try:
        return optimum_of(lp, what=what)
    finally:
        _set(lp.highs, {_SCALING: usual})
        forget(lp.highs)


def solved_again(lp: LabelledLP) -> float:
    """Return the objective of the LP solved from nothing, in a solver of its own, by another algorithm.

    Where the first solve would be by interior point it is the simplex method, else interior point.

    Raises: NoAnswerError if it does not reach an optimum.
    """
    other = lp.copied()
    first = options(lp.shape[0])["solver"]
    other.highs.setOptionValue("solver", "simplex" if first == "ipx" else "ipx")
    return optimum_of(other, what="the LP solved again").objective


def run(highs: Any) -> Any:  # noqa: ANN401 - HiGHS ships no types
    """Run HiGHS from where it stands, and from nothing if that leads nowhere; return how it ended.

    A warm run may end with the scaled LP inside its tolerances and the LP itself not, or in `unknown`: from there it is
    run once more. Interior point only tells the simplex method where to start.
    """
    seconds = _start_inside(highs) if highs.getOptionValue("solver")[1] == "ipx" else 0.0
    warm = _WARM if highs.getBasis().valid else {}
    usual = {name: highs.getOptionValue(name)[1] for name in (*warm, _LIMIT, _TIME)}
    _set(highs, {_TIME: max(0.0, usual[_TIME] - seconds)})
    _set(highs, {**warm, _LIMIT: min(_FEW, usual[_LIMIT])} if warm else {})
    try:
        timed.run(highs)
        if _is_rough(highs):
            _refresh(highs)
    finally:
        _set(highs, usual)
    status = highs.getModelStatus()
    if status not in _ENDED or (status == highspy.HighsModelStatus.kIterationLimit and warm and usual[_LIMIT] > _FEW):
        forget(highs)
        timed.run(highs)
    return highs.getModelStatus()


def _start_inside(highs: Any) -> float:  # noqa: ANN401 - HiGHS ships no types
    """Give HiGHS, if it has no basis, that at which interior point ends; return the seconds that it took."""
    if highs.getBasis().valid:
        return 0.0
    basis, seconds = interior.basis(highs)
    if basis is not None:
        highs.setBasis(basis)
    return seconds


def _set(highs: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401 - HiGHS ships no types
    for name, value in values.items():
        highs.setOptionValue(name, value)


def _refresh(highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Run HiGHS from its basis and nothing else that it remembers."""
    basis = highs.getBasis()
    forget(highs)
    highs.setBasis(basis)
    timed.run(highs)


def _is_rough(highs: Any) -> bool:  # noqa: ANN401 - HiGHS ships no types
    """Whether HiGHS calls optimal what leaves its tolerances, or does not know what to call it."""
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return bool(highs.getModelStatus() == highspy.HighsModelStatus.kUnknown)
    info = highs.getInfo()
    primal, dual = (highs.getOptionValue(f"{which}_feasibility_tolerance")[1] for which in ("primal", "dual"))
    return bool(info.max_primal_infeasibility > primal or info.max_dual_infeasibility > dual)


def forget(highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Make HiGHS start from nothing: after its `clearSolver` it may still end otherwise than a new solver does."""
    highs.passModel(highs.getLp())


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
        forget(lp.highs)
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
        highspy.HighsModelStatus.kUnbounded: "the cost can fall without end; look for a price of the wrong sign",
        highspy.HighsModelStatus.kUnboundedOrInfeasible: "no plan is best; look for extreme numbers",
    }
    return f"no answer for {what}: {advice.get(status, 'the solver stopped')} (HiGHS says: {said})"


@dataclass(frozen=True)
class Certificate:
    """Proof of an optimum, from the LP's data and the solution alone.

    Residuals are absolute and, scaled, relative to the size of the data beside them.
    """

    primal_residual: float
    primal_residual_scaled: float
    dual_residual: float
    dual_residual_scaled: float
    duality_gap_relative: float
    primal_degenerate: bool = False
    dual_degenerate: bool = False


def certificate(lp: LabelledLP, optimum: Optimum) -> Certificate:
    """Check a solution against the LP: how far it is from feasible, from dual feasible, and from a closed gap."""
    proof, activity, reduced = _checked(lp, optimum)
    columns = np.array([int(s) for s in optimum.basis.col_status])
    rows = np.array([int(s) for s in optimum.basis.row_status])
    basic = int(highspy.HighsBasisStatus.kBasic)
    x, y = optimum.x, optimum.y
    at_bound = (np.minimum(x - lp.column_lower, lp.column_upper - x) <= FEASIBILITY)[columns == basic].any()
    row_at_bound = (np.minimum(activity - lp.row_lower, lp.row_upper - activity) <= FEASIBILITY)[rows == basic].any()
    loose = lp.column_upper > lp.column_lower
    free_rows = lp.row_upper > lp.row_lower
    return replace(
        proof,
        primal_degenerate=bool(at_bound or row_at_bound),
        dual_degenerate=bool(
            (np.abs(reduced)[(columns != basic) & loose] <= FEASIBILITY).any()
            or (np.abs(y)[(rows != basic) & free_rows] <= FEASIBILITY).any()
        ),
    )


def prove(lp: LabelledLP, optimum: Optimum, what: str) -> None:
    """Check a solution against the LP, and nothing about how its basis stands.

    Raises: CertificateError if a scaled residual or the duality gap is larger than rounding.
    """
    proof, _, _ = _checked(lp, optimum)
    worst = max(proof.primal_residual_scaled, proof.dual_residual_scaled, proof.duality_gap_relative)
    if not worst <= CERTIFIED:
        message = f"the optimum of {what} does not pass its checks: {worst:.1e} off"
        raise CertificateError(message)


def _checked(lp: LabelledLP, optimum: Optimum) -> tuple[Certificate, Vector, Vector]:
    """Return the residuals of a solution, the activity of its rows and its reduced costs."""
    x, y = optimum.x, optimum.y
    activity = lp.activity(x)
    over = np.maximum(np.maximum(activity - lp.row_upper, lp.row_lower - activity), 0)
    outside = np.maximum(np.maximum(x - lp.column_upper, lp.column_lower - x), 0)
    row_scale = 1 + lp.size(x)
    reduced = lp.cost - lp.priced(y)
    row_value, row_wrong = _dual_value(y, lp.row_lower, lp.row_upper)
    column_value, column_wrong = _dual_value(reduced, lp.column_lower, lp.column_upper)
    cost_scale = 1 + np.abs(lp.cost)
    primal = float(lp.cost @ x) + lp.offset
    dual = float(row_value.sum() + column_value.sum()) + lp.offset
    proof = Certificate(
        primal_residual=float(max(over.max(initial=0), outside.max(initial=0))),
        primal_residual_scaled=float(
            max((over / row_scale).max(initial=0), (outside / (1 + np.abs(x))).max(initial=0))
        ),
        dual_residual=float(max(row_wrong.max(initial=0), column_wrong.max(initial=0))),
        dual_residual_scaled=float(max(row_wrong.max(initial=0), (column_wrong / cost_scale).max(initial=0))),
        duality_gap_relative=abs(primal - dual) / max(1.0, abs(primal)),
    )
    return proof, activity, reduced


def _dual_value(price: Vector, lower: Vector, upper: Vector) -> tuple[Vector, Vector]:
    """Return what each limit adds to the dual objective, and the size of prices that have no limit to stand on."""
    bound = np.where(price > 0, lower, upper)
    wrong = np.where(np.isinf(bound), np.abs(price), 0.0)
    return np.where(np.isinf(bound), 0.0, price * np.where(np.isinf(bound), 0.0, bound)), wrong
