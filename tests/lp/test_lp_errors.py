"""An LP with no answer, a solver cut short, a misleading start: a right answer or a clear error; the LP as found."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
import pandas as pd
import pytest
from lps import INFINITY, Written, random_lp, written

from supplychain import lp
from supplychain.errors import InputError, NoAnswerError, TimeLimitError
from supplychain.lp import questions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUESTIONS: dict[str, Callable[[lp.LabelledLP], Any]] = {
    "solve": lp.solve,
    "two_sided_prices": lambda problem: lp.two_sided_prices(problem, list(problem.row)),
    "allowable_ranges": lambda problem: lp.allowable_ranges(problem, list(problem.row)),
    "value_curve": lambda problem: lp.value_curve(problem, {next(iter(problem.row)): 1.0}, 10.0),
    "joint_sets": lambda problem: lp.joint_sets(problem, list(problem.row)),
}
NAN = """NAME
ROWS
 N cost
 L a
COLUMNS
 x cost nan a 1
RHS
 r a 1
ENDATA
"""
UNBOUNDED = written([1, 1], [[1, -1]], "<", [1], maximise=True)
INFEASIBLE = written([1, 1], [[1, 1], [1, 1]], "<>", [1, 2])
BOTH = written([-1, 0], [[0, 1], [0, 1]], "<>", [1, 2])


def large() -> Written:
    """An LP that takes the simplex method many iterations: a transport problem, 40 plants to 40 markets."""
    rng = np.random.default_rng(7)
    count = 40
    ship = np.zeros((2 * count, count * count))
    for i, j in itertools.product(range(count), range(count)):
        ship[i, count * i + j] = ship[count + j, count * i + j] = 1
    limits = np.concatenate([rng.integers(100, 200, count), rng.integers(50, 90, count)])
    return written(list(rng.integers(1, 50, count * count)), ship.tolist(), "<" * count + ">" * count, list(limits))


def held(problem: lp.LabelledLP) -> dict[str, Any]:
    """What the solver holds, as a user would see it."""
    model = problem.highs.getLp()
    return {
        "cost": list(model.col_cost_),
        "columns": (list(model.col_lower_), list(model.col_upper_)),
        "rows": (list(model.row_lower_), list(model.row_upper_)),
        "entries": (list(model.a_matrix_.start_), list(model.a_matrix_.index_), list(model.a_matrix_.value_)),
        "sense": (model.sense_, model.offset_),
        "options": [
            problem.highs.getOptionValue(name)[1]
            for name in ("time_limit", "simplex_iteration_limit", "solver", "presolve", "simplex_strategy")
        ],
    }


def same(one: object, other: object) -> None:
    if isinstance(one, lp.Solution):
        assert isinstance(other, lp.Solution)
        assert one.objective == pytest.approx(other.objective, rel=1e-9)
    elif isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, rtol=1e-7, atol=1e-7)
    else:
        assert one == other


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("case", [UNBOUNDED, INFEASIBLE, BOTH], ids=["unbounded", "infeasible", "both"])
def test_no_optimum_is_an_error_and_changes_nothing(case: Written, question: str) -> None:
    """Catches numbers read from a run that was not optimal."""
    problem = case.labelled()
    before = held(problem)
    for _ in range(2):
        with pytest.raises(NoAnswerError, match="no answer for this LP"):
            QUESTIONS[question](problem)
        assert held(problem) == before


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("limit", [("time_limit", 0.0), ("simplex_iteration_limit", 3)], ids=["time", "iterations"])
def test_a_limit_is_an_error_and_without_it_the_answer_comes(limit: tuple[str, float], question: str) -> None:
    """Catches an answer taken from a run that was cut short, and a limit that outlives its removal."""
    case = large()
    problem = case.labelled()
    name, amount = limit
    free = problem.highs.getOptionValue(name)[1]
    problem.highs.setOptionValue(name, amount)
    before = held(problem)
    with pytest.raises(NoAnswerError, match="limit was reached"):
        QUESTIONS[question](problem)
    assert held(problem) == before
    problem.highs.setOptionValue(name, free)
    assert lp.solve(problem).objective == pytest.approx(case.value())


def test_a_limit_that_is_met_between_two_steps_is_an_error_too() -> None:
    """Catches a limit that only the first solve of a question respects."""
    problem = large().labelled()
    lp.solve(problem)
    problem.highs.setOptionValue("simplex_iteration_limit", 0)
    with pytest.raises(NoAnswerError, match="iteration limit was reached"):
        lp.value_curve(problem, dict.fromkeys(problem.row, 1.0), 100.0)
    ranges = lp.allowable_ranges(problem, list(problem.row))
    stopped = ranges.attrs["unanswered"]
    assert stopped
    assert all("iteration limit was reached" in reason for reason in stopped.values())
    assert ranges.isna().all(axis=1).tolist() == [row in stopped for row in problem.row]


def test_the_time_limit_of_one_solve_does_not_outlive_it() -> None:
    problem = large().labelled()
    before = held(problem)
    with pytest.raises(TimeLimitError, match="stopped by the time limit of 0 s"):
        lp.solve(problem, time_limit=0.0)
    assert held(problem) == before
    assert lp.solve(problem).status == "optimal"


def test_a_time_limit_counts_from_the_call_that_gives_it() -> None:
    """HiGHS counts the time of all its runs; catches a solver that is out of time because it has been of use."""
    problem = large().labelled()
    for _ in range(20):
        problem.highs.clearSolver()
        lp.solve(problem)
    spent = problem.highs.getRunTime()
    problem.highs.clearSolver()
    assert lp.solve(problem, time_limit=0.9 * spent).status == "optimal"


def spoilt(problem: lp.LabelledLP, how: str) -> highspy.HighsBasis:
    """A basis that fits the LP's shape and nothing else."""
    rows, columns = problem.shape
    status, rng = highspy.HighsBasisStatus, np.random.default_rng(3)
    basis = highspy.HighsBasis()
    basis.valid = True
    if how == "random":
        every = np.array([status.kBasic] * rows + [status.kLower] * columns, dtype=object)
        drawn = rng.permutation(every)
    elif how == "singular":
        drawn = np.array(
            [status.kBasic] * min(rows, columns) + [status.kLower] * (columns - min(rows, columns)), dtype=object
        )
        rest = rows - min(rows, columns)
        drawn = np.concatenate([drawn, [status.kBasic] * rest + [status.kUpper] * (rows - rest)])
    elif how == "nothing basic":
        drawn = np.array([status.kUpper] * (rows + columns), dtype=object)
    else:
        drawn = np.array([status.kZero if how == "all free" else status.kBasic] * (rows + columns), dtype=object)
    basis.col_status, basis.row_status = list(drawn[:columns]), list(drawn[columns:])
    return basis


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("how", ["random", "singular", "nothing basic", "all basic", "all free"])
def test_a_spoilt_basis_gives_the_right_answer_or_an_error(how: str, question: str) -> None:
    """Catches a wrong optimum after a hot start: what a solver says that was started from nothing is the standard."""
    for case in (*(random_lp(seed) for seed in range(8)), large() if question == "solve" else random_lp(8)):
        expected = QUESTIONS[question](case.labelled())
        problem = case.labelled()
        before = held(problem)
        problem.highs.setBasis(spoilt(problem, how))
        try:
            answer = QUESTIONS[question](problem)
        except NoAnswerError:
            answer = expected
        same(answer, expected)
        assert held(problem) == before


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("seed", range(20))
def test_a_question_leaves_the_lp_as_it_found_it(seed: int, question: str) -> None:
    """Catches limits, columns or options left behind, and an answer that depends on what was asked before."""
    case = random_lp(seed)
    problem = case.labelled()
    before = held(problem)
    first = QUESTIONS[question](problem)
    assert held(problem) == before
    for other in QUESTIONS.values():
        other(problem)
    same(QUESTIONS[question](problem), first)
    assert held(problem) == before
    assert lp.solve(problem).objective == pytest.approx(case.value())


def test_a_solver_that_ends_nowhere_starts_again_from_nothing() -> None:
    """Seen with HiGHS 1.15.1: this range, warm, ended as Unknown; from nothing it is unbounded."""
    curve = lp.value_curve(random_lp(17).labelled(), {4: 2.0, 0: 2.0, 2: 1.0}, INFINITY)
    assert curve["to"].tolist() == [2.0, INFINITY]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("none.mps", None, "there is no such file"),
        ("noise.mps", "this is no MPS file", "cannot be read"),
        ("whole.lp", "min\n x\nst\n a: x >= 1.5\ngeneral\n x\nend\n", "whole-number columns"),
        ("nan.mps", NAN, "not a number"),
        ("square.lp", "min\n x + [ x^2 ] / 2\nst\n a: x >= 1\nend\n", "quadratic objective"),
    ],
)
def test_a_file_that_is_no_lp_is_an_error(tmp_path: Path, name: str, text: str | None, reason: str) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        lp.read(path)


def test_an_unknown_row_is_an_error() -> None:
    """Catches a name silently skipped."""
    problem = random_lp(0).labelled()
    for ask in (lp.two_sided_prices, lp.allowable_ranges, lp.joint_sets):
        with pytest.raises(KeyError, match="nowhere"):
            ask(problem, ["nowhere"])
    with pytest.raises(KeyError, match="nowhere"):
        lp.value_curve(problem, {"nowhere": 1.0}, 1.0)


def test_rounding_of_a_price_holds_nothing() -> None:
    """Duals 1e-9 off: the reduced cost of a basic column is not 0 then, and it is basic all the same.

    Three hours of the third row make one of the first column, worth 3: 1 per hour, more or less. Sensitivity: with that
    column held from falling no hour less is possible, and its price is infinite.
    """
    problem = written([3, 5], [[1, 0], [0, 2], [3, 2]], "<<=", [4, 12, 18], maximise=True).labelled()
    lp.solve(problem)
    exact = lp.found(problem)
    for share in (1 - 1e-9, 1 + 1e-9):
        slopes = lp.Slopes(problem, replace(exact, y=share * exact.y))
        assert slopes.gain({2: 1.0}) == pytest.approx(1)
        assert slopes.loss({2: 1.0}) == pytest.approx(1)


def test_a_curve_goes_on_where_one_breakpoint_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that finds no step at all at a breakpoint, asked twice: the curve is the same, and a range blank.

    Catches a curve that ends there, and a range of 0 that is none.
    """
    problem = written([3, 5], [[1, 0], [0, 2], [3, 2]], "<<<", [4, 12, 18], maximise=True).labelled()
    runs = itertools.count()

    def run(highs: highspy.Highs, settled: frozenset[highspy.HighsModelStatus]) -> highspy.HighsModelStatus:
        status = usual(highs, settled)
        return status if next(runs) % 3 == 2 else highspy.HighsModelStatus.kInfeasible

    expected = lp.value_curve(problem, {1: 1.0}, INFINITY)
    usual = questions.run
    monkeypatch.setattr(lp.Slopes, "furthest", lambda *_: None)  # so that there is something to solve
    monkeypatch.setattr(questions, "run", run)  # the solver's answer is what is spoilt
    found = lp.value_curve(problem, {1: 1.0}, INFINITY)
    assert len(found) == 2
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-8)
    runs = itertools.count()
    ranges = lp.allowable_ranges(problem, [1])
    assert ranges.isna().all(axis=None)
    assert "range of a price" in ranges.attrs["unanswered"][1]
