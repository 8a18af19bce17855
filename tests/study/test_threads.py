"""Whatever is called from several threads at once answers as it does alone: to the byte."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from generator import random_case
from paths import TINY
from plants import edited, files_of, loaded, same_files
from pyomo import environ as pyo

import supplychain as sc
from supplychain import lp
from supplychain.case import from_book
from supplychain.lp import from_model
from supplychain.report.page.html import report
from supplychain.report.page.report_data import ReportData
from supplychain.results.write import csv
from supplychain.study.workers import ProcessExecutor, SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path


pytestmark = pytest.mark.unmeasured


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Let threads take turns five hundred times as often as they would, so that what they share is met half done."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def _side_by_side(jobs: list[Callable[[], dict[str, str]]]) -> None:
    """Assert that jobs done in four threads give what each gives alone."""
    alone = [job() for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: job(), jobs))
    for one, other in zip(alone, together, strict=True):
        same_files(one, other)


def test_eight_solves_in_four_threads(tmp_path: Path) -> None:
    """Bug: Pyomo keeps one list of a constraint's variables for the whole process, and takes the process's output
    while it reads a model; threads found the list of another model, or waited for each other for ever.
    """
    written = [random_case(1), random_case(2), edited(random_case(3), foresight_years=2)]
    drawn = [loaded(case, tmp_path / str(n)) for n, case in enumerate(written)]
    cases = [sc.load(TINY), *drawn, sc.load(TINY), *drawn]
    _side_by_side([lambda case=case: files_of(sc.solve(case)) for case in cases])  # type: ignore[misc]


def test_suppliers_are_asked_for_in_four_threads(tmp_path: Path) -> None:
    """Bug: two multiples of one supplier's prices in one model; a table that has a row of another's question."""
    named = [("hbm", "cheap", None), ("packaging", "foundry", None)]
    cases = [sc.load(TINY), loaded(edited(random_case(3), foresight_years=2), tmp_path / "other")]
    plan = sc.solve(cases[0])
    jobs = [lambda case=case: files_of(sc.solve(case, supplier_prices=True)) for case in cases]
    jobs += [lambda site=site: {"": str(plan.indifference(*site))} for site in named]
    _side_by_side([*jobs, *jobs])  # type: ignore[list-item]


def test_pyomo_is_asked_about_an_expression_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: Pyomo keeps for the whole process what kind of result its reader of expressions makes; what one thread asked
    changed it while another's objective was read, which then had no list of quadratic terms.
    """

    def model() -> pyo.ConcreteModel:
        m = pyo.ConcreteModel()
        m.x, m.y, m.p = pyo.Var(bounds=(0, 1)), pyo.Var(bounds=(0, 1)), pyo.Param(initialize=4.0, mutable=True)
        m.row = pyo.Constraint(expr=(m.x + m.y) / m.p <= 1)
        m.cost = pyo.Objective(expr=(m.x + 2 * m.y) / m.p)
        return m

    inside, generate = threading.Lock(), from_model.generate_standard_repn
    thread = threading.Thread(target=lp.from_pyomo, args=[model()])

    def meanwhile(*arguments: object, **named: object) -> object:
        assert inside.acquire(blocking=False)
        try:
            if thread.ident is None:
                thread.start()
                thread.join(0.2)
            return generate(*arguments, **named)
        finally:
            inside.release()

    monkeypatch.setattr(from_model, "generate_standard_repn", meanwhile)
    together = lp.from_pyomo(model())
    thread.join()
    assert together.entries.tolist() == [0.25, 0.25]
    assert together.cost.tolist() == [0.25, 0.5]


def test_everything_else_from_several_threads(tmp_path: Path) -> None:
    """Bug: a study, a comparison, a reader or a report keeps something for the whole process that another changes."""
    case, stored = sc.load(TINY), tmp_path / "answer"
    sc.solve(case).write(stored)
    axis = ["capacity.capacity[stage=hbm]=50%:200%:5"]

    def compared() -> sc.Comparison:
        return sc.compare({"stored": sc.read_answer(stored), "solved": sc.solve(case)})

    def page() -> dict[str, str]:
        data = ReportData(sc.solve(case), 2026, str(TINY))
        return {name: content.hex() for name, content in report(data).items()}

    def read() -> dict[str, str]:
        return {name: csv(table) for name, table in sc.read_answer(stored).tables.items()}

    jobs: list[Callable[[], dict[str, str]]] = [
        lambda: {"sweep": csv(sc.sweep(case, axis, executor=SerialExecutor()))},
        lambda: {name: csv(table) for name, table in sc.sensitivity(case, executor=SerialExecutor()).tables.items()},
        lambda: {name: csv(table) for name, table in compared().tables.items()},
        read,
        lambda: {"book": sc.workbook(sc.solve(case)).hex()},
        lambda: {"inputs": sc.to_book(TINY).data.hex()},
        page,
    ]
    _side_by_side([*jobs, *jobs[:4]])


def test_processes_of_two_threads_are_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a study that fails in one thread ends the processes of a study in another; or two that start processes at
    once leave `__main__` without its file, which each of them hides from its processes meanwhile.
    """
    main, other_runs = sys.modules["__main__"], threading.Event()
    monkeypatch.setattr(main, "__file__", __file__, raising=False)  # workers of the suite have none

    def fails() -> None:
        with ProcessExecutor(1) as executor:
            executor.submit(os.getpid).result()
            other_runs.wait(60)
            message = "a job failed"
            raise ValueError(message)

    def goes_on() -> list[int]:
        with ProcessExecutor(1) as executor:
            pids = [executor.submit(os.getpid).result()]
            other_runs.set()
            with pytest.raises(ValueError, match="a job failed"):
                failing.result()
            return [*pids, executor.submit(os.getpid).result()]

    with ThreadPoolExecutor(2) as pool:
        failing, going = pool.submit(fails), pool.submit(goes_on)
        first, last = going.result()
    assert first == last
    assert main.__file__ == __file__


def test_two_threads_read_workbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second begins while the first reads, and the first ends first.

    Bug: warnings, which are silenced meanwhile for the whole process, stay silenced.
    """
    (tmp_path / "case.xlsx").write_bytes(sc.to_book(TINY).data)
    read, before = from_book._read, list(warnings.filters)  # noqa: SLF001 - to begin in the middle of it
    inside, ended = threading.Event(), threading.Event()

    def first_reads(data: bytes) -> object:
        monkeypatch.setattr(from_book, "_read", second_reads)
        begun.append(pool.submit(sc.import_book, tmp_path / "case.xlsx", tmp_path / "second"))
        inside.wait(0.5)
        return read(data)

    def second_reads(data: bytes) -> object:
        inside.set()
        ended.wait(60)
        return read(data)

    begun: list[Future[object]] = []
    monkeypatch.setattr(from_book, "_read", first_reads)
    with ThreadPoolExecutor(1) as pool:
        sc.import_book(tmp_path / "case.xlsx", tmp_path / "first")
        ended.set()
        begun[0].result()
    assert list(warnings.filters) == before
