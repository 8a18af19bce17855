"""Time limits of what solves many cases: all of it together, in threads and worker processes too."""

from __future__ import annotations

import inspect
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from clocks import Clock
from generator import FIRST, write_case
from paths import ROOT, TINY
from plants import two_stages
from sweeps import POWER, WAFERS, rows_of

import supplychain as sc
from supplychain import limits
from supplychain.case.scenarios import what_if
from supplychain.errors import NoAnswerError, TimeLimitError
from supplychain.plan import bottlenecks
from supplychain.results.write import csv
from supplychain.study import compare, survey, workers
from supplychain.study.attribution import attribute
from supplychain.study.workers import ProcessExecutor, SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AXES = [f"{WAFERS}=50%:200%:6", f"{POWER}=50%:200%:5"]


@pytest.fixture
def case(tmp_path: Path) -> sc.Case:
    return sc.load(write_case(two_stages(), tmp_path / "case"))


def asked(folder: Path) -> dict[str, Callable[..., Any]]:
    """Everything that solves many cases, or many LPs of one."""
    case, serial = sc.load(folder), {"executor": SerialExecutor()}
    changed = what_if(folder, (), [f"{WAFERS} +30%"])
    plan = sc.solve(case)
    return {
        "solve": partial(sc.solve, case),
        "ladder": partial(plan.ladder, FIRST),
        "curve": partial(plan.curve, "wafers", FIRST),
        "idle_capacity": partial(plan.idle_capacity, FIRST),
        "year_view": partial(plan.year_view, FIRST),
        "timing": plan.timing,
        "at_place": partial(sc.solve(sc.load(TINY)).at_place, "east"),
        "indifference": partial(plan.indifference, "wafers", "acme"),
        "supplier prices": partial(sc.solve, case, supplier_prices=True),
        "serve": partial(sc.serve, case, f"{FIRST}: +50%"),
        "near_optimal": partial(sc.near_optimal, case),
        "within_capital": partial(sc.within_capital, case, 1e6),
        "most within capital": partial(sc.within_capital, case, 1e6, most="tokens"),
        "regret": partial(sc.regret, case, plan, FIRST),
        "foresight": partial(sc.foresight, case, **serial),
        "sensitivity": partial(sc.sensitivity, case, **serial),
        "sweep": partial(sc.sweep, case, AXES, **serial),
        "seek": partial(sc.seek, case, WAFERS, "cost <= +5", **serial),
        "survey": partial(survey.survey, case, {"more": changed}, **serial),
        "compare_changes": partial(compare.compare_changes, case, "case", {"more": changed}, **serial),
        "compare_folders": partial(compare.compare_folders, [str(folder)], (), [f"{WAFERS} +30%"], **serial),
        "attribute": partial(attribute, case, changed.groups, "more", **serial),
    }


def test_nothing_is_solved_without_time(tmp_path: Path) -> None:
    """Bug: something that solves takes no limit, or does not say what was stopped."""
    for name, question in asked(write_case(two_stages(), tmp_path / "case")).items():
        with pytest.raises(TimeLimitError, match=r"^stopped by the time limit of 0 s while .*; give more time$"):
            question(time_limit=0)
        assert limits.check() is None, name


def test_every_public_function_that_solves_takes_a_limit() -> None:
    """What takes an executor solves, and so do `solve` and `regret`. Bug: a new study without a limit."""
    modules = [path.stem for path in (ROOT / "supplychain" / "study").glob("*.py") if path.stem != "__init__"]
    solving = {sc.solve, sc.regret, sc.serve, sc.within_capital}
    for name in modules:
        module = import_module(f"supplychain.study.{name}")
        functions = (f for n, f in inspect.getmembers(module, inspect.isfunction) if not n.startswith("_"))
        solving |= {f for f in functions if "executor" in (p := inspect.signature(f).parameters) and "progress" in p}
    solving -= {workers.map_ordered}
    parts = {
        f"supplychain.study.{name}" for name in ("moves", "batches", "draws", "paired")
    }  # of studies that have one
    solving = {f for f in solving if f.__module__ not in parts}
    assert len(solving) >= 8
    assert [f.__qualname__ for f in solving if "time_limit" not in inspect.signature(f).parameters] == []


@pytest.mark.parametrize("executor", [SerialExecutor, partial(ThreadPoolExecutor, 1)], ids=["here", "a thread"])
def test_a_sweep_keeps_what_is_finished(
    executor: Callable[[], Executor], case: sc.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run of the solver takes a second. What is stopped keeps whole points, those of the batch at hand too, and
    goes on to the same bytes as a sweep that was not stopped.

    Bug: what a worker had finished is lost with its batch; a point that was stopped is kept as one with no answer.
    """
    whole = sc.sweep(case, AXES, executor=SerialExecutor())
    clock = Clock(monkeypatch, seconds_a_run=1.0)
    sc.sweep(case, AXES, executor=SerialExecutor())
    store, limit = tmp_path / "x.sqlite", clock.runs * 0.55
    with executor() as pool, pytest.raises(TimeLimitError, match="while solving point") as stopped:
        sc.sweep(case, AXES, store=store, executor=pool, time_limit=limit)
    assert stopped.value.seconds == limit
    done, point = rows_of(store), int(stopped.value.question.removeprefix("solving point ").partition(",")[0])
    assert len(done) == point - 1
    assert (point - 1) % 4 != 0  # it is in the midst of a batch
    assert (done == len(case.report_years)).all()
    with executor() as pool:
        resumed = sc.sweep(case, AXES, store=store, resume=True, executor=pool)
    assert csv(resumed) == csv(whole)
    assert resumed.attrs["summary"]["checked"] == whole.attrs["summary"]["checked"]


def _at(point: float, context: float, item: int) -> int | workers.Stopped[int]:
    """Finish at once, or look at the clock until the limit passes and hand back what there is."""
    if item < point:
        return item
    try:
        while True:
            limits.check()
            time.sleep(0.01)
    except TimeLimitError as error:
        return workers.Stopped(int(context), error)


def test_jobs_of_many_workers_hand_back_what_they_have() -> None:
    """Eight jobs on two workers; two are done, the others are stopped, four of which have waited.

    Bug: the first to be stopped loses what the others have; jobs that wait get the whole limit once more.
    """
    found: list[tuple[int, int]] = []
    start = time.monotonic()
    with ThreadPoolExecutor(2) as pool, sc.time_limit(0.2):
        results = workers.imap_unordered(pool, workers.Shared(lambda: 77.0), partial(_at, 2), range(8))
        with pytest.raises(TimeLimitError, match=r"limit of 0\.2 s"):
            found.extend(results)
    assert time.monotonic() - start < workers.LAST_WORD
    assert sorted(found) == [(0, 0), (1, 1), *((n, 77) for n in range(2, 8))]


def test_a_worker_that_does_not_look_at_the_clock_is_ended() -> None:
    """Its job sleeps for a minute. Bug: the command waits for it, whatever the limit is."""
    pool = ProcessExecutor(1)
    pool.submit(abs, 1).result()
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match="while waiting for workers"), sc.time_limit(0.2), pool:
        workers.map_ordered(pool, workers.Shared(partial(time.sleep, 60)), max, [1])
    assert time.monotonic() - start < workers.LAST_WORD + 20
    assert not any(process.is_alive() for process in pool._processes)  # noqa: SLF001 - to see that they are gone


def test_a_price_that_lasts_for_ever_has_an_end(case: sc.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a price that outlasts one end of its range after the other is followed without end."""
    assert sc.solve(case).bottlenecks["holds_to_pct"].notna().any()
    monkeypatch.setattr(bottlenecks, "_ROUNDS", 0)
    message = f"no answer to how long the price of wafers in {FIRST} lasts: it outlasts 0 ends of its range"
    with pytest.raises(NoAnswerError, match=message):
        sc.solve(case)
