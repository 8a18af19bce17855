"""Time limits of all that is asked of an LP, and bounds on what would go on without end."""

from __future__ import annotations

import ast
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest
from clocks import Clock
from lps import Written, random_lp, written
from paths import ROOT

import supplychain as sc
from supplychain import limits, lp
from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.lp import joint, questions, timed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ASKED: dict[str, Callable[..., Any]] = {
    "solving this LP": lp.solve,
    "asking what limits are worth": lambda problem, **limit: lp.two_sided_prices(problem, list(problem.row), **limit),
    "asking how long prices last": lambda problem, **limit: lp.allowable_ranges(problem, list(problem.row), **limit),
    "following a value curve": lambda problem, **limit: lp.value_curve(problem, {0: 1.0}, 100.0, **limit),
    "asking which limits bind together": lambda problem, **limit: lp.joint_sets(problem, list(problem.row), **limit),
}
"""Every question, by what its limit says that it stopped."""

PACKAGE = ROOT / "supplychain"


def held(problem: lp.LabelledLP) -> list[Any]:
    """What the solver holds."""
    model = problem.highs.getLp()
    parts = [model.col_cost_, model.col_lower_, model.col_upper_, model.row_lower_, model.row_upper_]
    names = "time_limit", "simplex_iteration_limit", "solver", "presolve", "simplex_strategy"
    return [*map(list, parts), list(model.a_matrix_.value_), *(problem.highs.getOptionValue(name)[1] for name in names)]


def lp_with_kinks() -> Written:
    """Three products, five resources: some limits bind, and a curve has several segments."""
    rows = [[1, 0, 0], [1, 2, 0], [0, 1, 3], [1, 1, 1], [2, 1, 1]]
    return written([5, 4, 3], rows, "<" * 5, [4, 8, 9, 7, 12], maximise=True)


def labelled() -> lp.LabelledLP:
    return lp_with_kinks().labelled()


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("question", ASKED)
def test_a_question_without_time_is_named_and_changes_nothing(question: str) -> None:
    """Bug: a question takes no limit, or is not named, or leaves the LP half changed."""
    problem = labelled()
    before = held(problem)
    with pytest.raises(TimeLimitError) as stopped:
        ASKED[question](problem, time_limit=0)
    assert str(stopped.value) == f"stopped by the time limit of 0 s while {question}; give more time"
    assert held(problem) == before


@pytest.mark.parametrize("question", list(ASKED)[1:])
def test_a_limit_covers_every_solve_of_a_question(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run takes a second, the first as long as any other; stopped after any of them the LP is as it was, and asked
    once more it answers as if nothing had been.

    Bug: the limit is the first solve's alone, or each solve has one of its own; a limit that stops a question between
    a change and its way back.
    """
    answer = ASKED[question](labelled())
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    ASKED[question](labelled())
    runs = clock.runs
    assert runs > 1
    for seconds in range(1, runs):
        problem = labelled()
        before, clock.runs = held(problem), 0
        with pytest.raises(TimeLimitError, match=f"limit of {seconds} s while {question}"):
            ASKED[question](problem, time_limit=seconds)
        assert clock.runs == seconds
        assert held(problem) == before
        again = ASKED[question](problem)
        assert str(again) == str(answer)
    ASKED[question](labelled(), time_limit=runs + 0.5)


def test_the_row_at_hand_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: of a question about a thousand rows nobody knows at which it was stopped."""
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    monkeypatch.setattr(lp.Slopes, "furthest", lambda *_: None)  # so that there is something to solve
    lp.solve(labelled())
    first = clock.runs
    problem = labelled()
    with pytest.raises(TimeLimitError, match="asking how long prices last, at 0; give"):
        lp.allowable_ranges(problem, [0], time_limit=first + 1.5)


def test_the_solver_is_given_the_seconds_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still, so that HiGHS alone can see that a nanosecond has passed.

    Bug: HiGHS runs on, and the limit is looked at when it is done; what HiGHS says then is called an LP with no answer.
    """
    Clock(monkeypatch)
    problem = random_lp(5).labelled()
    before = held(problem)
    with pytest.raises(TimeLimitError, match="stopped by the time limit of 1e-09 s while solving this LP"):
        lp.solve(problem, time_limit=1e-9)
    assert held(problem) == before


def test_a_run_leaves_the_solver_its_options() -> None:
    """Bug: the seconds that one run had left are the limit of the next, which has begun with none."""
    highs = labelled().highs
    before = [highs.getOptionValue(name)[1] for name in ("time_limit", "simplex_iteration_limit")]
    with sc.time_limit(60):
        timed.run(highs)
    assert [highs.getOptionValue(name)[1] for name in ("time_limit", "simplex_iteration_limit")] == before


def test_slopes_that_were_stopped_answer_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver for the furthest step is kept from question to question; here a question is stopped in its midst.

    Bug: the direction of a question that was stopped stays in the solver, and changes the next answer.
    """
    monkeypatch.setattr(lp.Slopes, "furthest", lambda *_: None)  # so that there is something to solve
    problem = labelled()
    slopes = lp.Slopes(problem, lp.optimum_of(problem, what="the test"))
    answers = [lp.allowable_increase(problem, slopes, {i: 1.0}, 1.0) for i in problem.row]
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    stopped = 0
    for i in problem.row:
        clock.runs = 0
        lp.allowable_increase(problem, slopes, {i: 1.0}, 1.0)
        for seconds in range(clock.runs):
            with pytest.raises(TimeLimitError):
                lp.allowable_increase(problem, slopes, {i: 1.0}, 1.0, time_limit=seconds)
            assert [lp.allowable_increase(problem, slopes, {j: 1.0}, 1.0) for j in problem.row] == answers
            stopped += 1
    assert stopped > 1


def test_of_two_limits_the_first_to_pass_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a question's own limit is longer than the one around it, and replaces it."""
    Clock(monkeypatch, seconds_a_run=1.0)
    with sc.time_limit(1), pytest.raises(TimeLimitError, match="limit of 1 s"):
        lp.allowable_ranges(labelled(), [0, 1], time_limit=100)
    with sc.time_limit(100), pytest.raises(TimeLimitError, match="limit of 1 s"):
        lp.allowable_ranges(labelled(), [0, 1], time_limit=1)
    with sc.time_limit(None), sc.time_limit(float("inf")):
        assert limits.check() is None
    assert limits.check() is None


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_limit_is_a_number_of_seconds(seconds: float) -> None:
    """Bug: a limit that nothing is ever beyond."""
    with pytest.raises(ValueError, match="must be 0 seconds or more"):
        lp.solve(labelled(), time_limit=seconds)


def test_a_limit_is_of_one_thread() -> None:
    """Bug: the limit of one thread stops what another does; a thread of what is limited has none."""
    with ThreadPoolExecutor(1) as pool, sc.time_limit(0):
        assert pool.submit(limits.check).result() is None
        inherited = pool.submit(copy_context().run, limits.check)
        assert isinstance(inherited.exception(), TimeLimitError)


def test_a_limit_on_its_way_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that has waited has less left, on this machine; on another one, whose clock is its own, all of it.

    Bug: jobs that wait have the whole limit once more; a machine whose clock is fast stops at once.
    """
    with sc.time_limit(60):
        handed_on = pickle.loads(pickle.dumps(limits.handed_on()))  # noqa: S301 - ours
    assert limits.handed_on() is None
    time = limits.time.time  # type: ignore[attr-defined]
    monkeypatch.setattr("time.time", lambda: time() + 50)
    with handed_on.taken():
        assert limits.check() == pytest.approx(10, abs=1)
    monkeypatch.setattr("platform.node", lambda: "elsewhere")
    with handed_on.taken():
        assert limits.check() == pytest.approx(60, abs=1)


def test_the_error_comes_back_from_a_worker() -> None:
    error = TimeLimitError(3.0, "solving this LP").with_remark("all is kept")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - ours
    assert str(again) == str(error) == "stopped by the time limit of 3 s while solving this LP; all is kept"
    assert (again.seconds, again.question) == (3.0, "solving this LP")


def test_every_question_takes_a_limit() -> None:
    """Bug: a new question that takes none."""
    public = {
        name for name, f in inspect.getmembers(questions, inspect.isfunction) if f.__module__ == questions.__name__
    }
    public = {name for name in public if not name.startswith("_")} - {"parallel_rows", "reach"}
    assert public >= {
        "solve",
        "two_sided_prices",
        "allowable_ranges",
        "value_curve",
        "joint_sets",
        "allowable_increase",
    }
    for name in public:
        assert "time_limit" in inspect.signature(getattr(questions, name)).parameters, name


def test_the_solver_is_run_in_one_place() -> None:
    """Bug: a run that no limit and no bound reaches."""
    runs = [
        str(path)
        for path, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"run", "solve"}
        if not node.args and not node.keywords
    ]
    assert runs == ["lp/timed.py"]


def test_a_limit_that_passed_is_never_tried_again() -> None:
    """Where an answer that is not found is looked for again, or written down as such, a time limit goes on its way.

    Bug: a point of a sweep that was stopped is kept as one that has no answer.
    """
    silent = []
    for path, module in modules():
        for tried in (node for node in ast.walk(module) if isinstance(node, ast.Try)):
            caught = [ast.unparse(handler.type) if handler.type else "" for handler in tried.handlers]
            if "NoAnswerError" in caught and not any(
                "TimeLimitError" in c for c in caught[: caught.index("NoAnswerError")]
            ):
                silent.append(str(path))
    assert silent == ["cli/__init__.py"]


def test_a_curve_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a curve that gets on by nothing, for ever."""
    curve = lp.value_curve(labelled(), {0: 1.0, 1: 1.0}, 100.0)
    assert len(curve) > 1
    monkeypatch.setattr(questions, "_ROUNDS", 1)
    problem = labelled()
    before = held(problem)
    end = curve["to"][0]
    message = f"no answer for the value curve: after 1 looks at it, it is at {end:g} of 100"
    with pytest.raises(NoAnswerError, match=message):
        lp.value_curve(problem, {0: 1.0, 1: 1.0}, 100.0)
    assert held(problem) == before
    monkeypatch.setattr(questions, "_ROUNDS", len(curve))
    assert len(lp.value_curve(labelled(), {0: 1.0, 1: 1.0}, 100.0)) == len(curve)


@pytest.mark.parametrize("bound", ["_LOOKED_AT", "_ASKED"])
def test_sets_have_an_end(bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three limits each of which would have to give way with the two others.

    Bug: all sets of four of a thousand limits are looked at.
    """
    problem = written([1], [[1], [1], [1]], "<<<", [1, 1, 1], maximise=True).labelled()
    assert lp.joint_sets(problem, list(problem.row)) == [frozenset(problem.row)]
    monkeypatch.setattr(joint, bound, 1)
    with pytest.raises(NoAnswerError, match="of 3 there are too many sets to look at"):
        lp.joint_sets(problem, list(problem.row))


def test_the_simplex_method_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: HiGHS goes in a circle, of 2^31 steps."""
    monkeypatch.setattr(timed, "_STEPS", 0)
    monkeypatch.setattr(timed, "_STEPS_PER_LINE", 0)
    problem = random_lp(5).labelled()
    problem.highs.setOptionValue("presolve", "off")
    before = held(problem)
    with pytest.raises(NoAnswerError, match="iteration limit was reached"):
        lp.solve(problem)
    assert held(problem) == before


def test_what_moves_in_a_circle_is_stopped() -> None:
    """Bug: a limit is looked at before solves alone, and not where Python itself goes round and round."""
    with sc.time_limit(0), pytest.raises(TimeLimitError):
        lp.through({"a": 1.0}, lambda _: {"a": 1.0})
    with pytest.raises(CertificateError, match="circle"):
        lp.through({"a": 1.0}, lambda _: {"a": 1.0})
