"""A dask cluster: a scheduler and workers of its own, killed and stopped. Nothing is lost, and nothing comes twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from commands import run
from distributed import Client
from generator import FIRST, write_case
from paths import ROOT
from plants import Link, chain, observe, two_stages
from sweeps import POWER, WAFERS, rows_of

import supplychain as sc
from supplychain.case.changes import Group, apply
from supplychain.results.write import csv
from supplychain.study import attribution, compare, survey, workers
from supplychain.study import cluster as module
from supplychain.study.cluster import Cluster
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE = 60


class Dask:
    """A scheduler, and workers of one thread each, as processes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._env |= {f"DASK_DISTRIBUTED__SCHEDULER__{name}": value for name, value in settings.items()}
        self.scheduler = self._run("scheduler", "--port", "0", "--scheduler-file", str(folder / "scheduler.json"))
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = json.loads(self._read("scheduler.json"))["address"]

    def start(self, count: int = 1, threads: int = 1) -> None:
        """Start workers, and wait until they have joined."""
        for _ in range(count):
            self.workers.append(self._run("worker", self.address, "--nthreads", str(threads), "--no-nanny"))
        with self.client() as client:
            client.wait_for_workers(sum(one.poll() is None for one in self.workers), timeout=PATIENCE)

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(self.address, set_as_default=False, timeout=PATIENCE) as client:
            yield client

    def tasks(self) -> int:
        """Return how many tasks the scheduler knows."""
        with self.client() as client:
            return int(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))

    def end(self) -> None:
        for one in (*self.workers, self.scheduler):
            one.kill()
            one.wait()

    def _run(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, "--host", "127.0.0.1"]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--dashboard-address", "127.0.0.1:0"],
                env=self._env, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def _read(self, name: str) -> str:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            text = (self.folder / name).read_text(encoding="utf-8") if (self.folder / name).exists() else ""
            if text.endswith("}"):
                return text
            time.sleep(0.02)
        raise TimeoutError(name)


@contextmanager
def started(folder: Path, count: int = 1, **settings: str) -> Iterator[Dask]:
    """Start a cluster, and leave no process behind."""
    dask = Dask(folder, **settings)
    try:
        if count:
            dask.start(count)
        yield dask
    finally:
        dask.end()


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """One cluster for the tests that leave it as it is."""
    with started(tmp_path_factory.mktemp("dask")) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    links = [Link("wafers", 100.0, price=2.0, group="chips"), Link("power", 120.0)]
    return write_case(chain(links, last_year=FIRST + 1, life=1), tmp_path / "case")


@pytest.fixture
def case(folder: Path) -> sc.Case:
    return sc.load(folder)


def at_half(count: int, act: Callable[[], object]) -> Callable[[str], None]:
    """Return what a sweep tells how far it is, and does something once half of the points are done."""
    acted: list[object] = []

    def told(said: str) -> None:
        done = said.partition(" of ")[0]
        if not acted and done.isdigit() and 2 * int(done) >= count:
            acted.append(act())

    return told


AXES = (f"{WAFERS}=1:200:24", f"{POWER}=50%:150%:20")


@pytest.mark.unmeasured
def test_a_worker_that_is_killed_half_way_loses_nothing_and_doubles_nothing(case: sc.Case, tmp_path: Path) -> None:
    """One of two, with work in hand, half way; the table is that of processes of this machine, byte for byte.

    Bug: a point is done by the dead worker alone; one that was done twice is written twice; the run hangs or ends.
    """
    expected, store, busy = sc.sweep(case, AXES), tmp_path / "s.sqlite", []
    with started(tmp_path, 2) as dask, Cluster(dask.address) as executor:

        def kill() -> None:
            with dask.client() as client:
                address = {pid: where for where, pid in client.run(os.getpid).items()}[dask.workers[0].pid]
                busy.append(len(client.processing()[address]))
            dask.workers[0].kill()

        table = sc.sweep(case, AXES, store=store, executor=executor, progress=at_half(480, kill))
        assert dask.workers[0].wait(PATIENCE) == -signal.SIGKILL
        assert dask.workers[1].poll() is None
    assert busy[0] > 0
    pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert csv(table) == csv(expected)
    assert table.attrs == expected.attrs
    assert rows_of(store).ravel().tolist() == [2] * 480


@pytest.mark.unmeasured
def test_workers_that_die_again_and_again_are_named(case: sc.Case, tmp_path: Path) -> None:
    """No death is allowed, and the only worker dies. What is done is kept, and gone on with here.

    Bug: dask's own error and its traceback. Sensitivity: were no work in hand when it died, all would end well.
    """
    store = tmp_path / "s.sqlite"
    with started(tmp_path, ALLOWED_FAILURES="0") as dask:
        told = at_half(480, dask.workers[0].kill)
        with pytest.raises(sc.SetupError, match="died again and again over one job"), Cluster(dask.address) as executor:
            sc.sweep(case, AXES, store=store, executor=executor, progress=told)
    assert 240 <= len(rows_of(store)) < 480
    table = sc.sweep(case, AXES, store=store, resume=True, executor=SerialExecutor())
    pd.testing.assert_frame_equal(table, sc.sweep(case, AXES, executor=SerialExecutor()), check_exact=True)


def test_a_scheduler_that_is_lost_ends_the_run(case: sc.Case, tmp_path: Path) -> None:
    """Bug: the run waits forever for what nobody will do."""
    store = tmp_path / "s.sqlite"
    with started(tmp_path) as dask:
        told = at_half(480, dask.scheduler.kill)
        with pytest.raises(sc.SetupError, match="was lost; what is done"), Cluster(dask.address) as executor:
            sc.sweep(case, AXES, store=store, executor=executor, progress=told)
    assert 240 <= len(rows_of(store)) < 480


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_cancels_what_is_under_way(dask: Dask, folder: Path, tmp_path: Path) -> None:
    """Bug: the cluster works on for nobody; the terminal shows a traceback."""
    store = tmp_path / "s.sqlite"
    command = [sys.executable, "-m", "supplychain", "sweep", str(folder), "--out", str(store), "--dask", dask.address]
    command += ["--vary", f"{WAFERS}=1:5000:5000", "--year", str(FIRST)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (store.exists() and len(rows_of(store))) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=PATIENCE)
    said = f"Stopped. {store} keeps what is done; the same command with --resume goes on from there.\n"
    assert (process.returncode, printed, complained) == (130, "", said)
    assert 0 < len(rows_of(store)) < 5000
    assert dask.tasks() == 0


class _Presses:
    """Something that Ctrl-C interrupts while it is destroyed."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("pressed_after", [3, 8])
def test_ctrl_c_in_a_destructor_is_not_lost(dask: Dask, pressed_after: int) -> None:
    """Bug: Python prints "Exception ignored in" and goes on with all that is left, as dask's futures are destroyed."""
    done = []

    def work() -> None:
        with Cluster(dask.address) as executor:
            for n in range(8):
                done.append(executor.submit(abs, -n).result())
                if len(done) == pressed_after:
                    _Presses()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == list(range(pressed_after))


def test_every_study_gives_there_what_it_gives_here(dask: Dask, tmp_path: Path) -> None:
    """Bug: what a study sends or gets back cannot travel, or comes back in another order."""
    made = two_stages()
    observe(made, "units_built", "chip", 130, 145, 160)
    case = sc.load(write_case(made, tmp_path / "case"))
    edits = {"more": f"{WAFERS} +50%", "less": f"{POWER} -30%"}
    groups = {name: Group(name, (edit,)) for name, edit in edits.items()}
    what_ifs = {}
    for name, group in groups.items():
        changed, audit = apply(case, [group])
        what_ifs[name] = sc.WhatIf(changed, (name,), (group,), audit)
    studies: list[Callable[[Executor], Any]] = [
        lambda executor: sc.backcast(case, executor=executor),
        lambda executor: sc.sensitivity(case, executor=executor),
        lambda executor: survey.survey(case, what_ifs, executor=executor),
        lambda executor: compare.compare_changes(case, "case", what_ifs, executor=executor),
    ]
    with Cluster(dask.address) as executor:
        for study in studies:
            there, here = study(executor), study(SerialExecutor())
            assert there.summary == here.summary
            assert list(there.tables) == list(here.tables)
            for name, table in there.tables.items():
                pd.testing.assert_frame_equal(table, here.tables[name], check_exact=True)
        with pytest.raises(sc.ChangeError, match="1 problem in"):
            attribution.attribute(case, [Group("x", ("capacity.capcity = 5",))], "x", executor=executor)


def test_threads_take_turns(case: sc.Case) -> None:
    """Four in one process, as a worker may have. Bug: Pyomo, which is not made for threads, is mixed up or hangs."""
    inside: list[int] = []

    def job(_: object, n: int) -> int:
        inside.append(n)
        time.sleep(0.002)
        together = len(inside)
        inside.remove(n)
        return together

    with ThreadPoolExecutor(4) as executor:
        assert workers.map_ordered(executor, workers.Shared(tuple), job, range(40)) == [1] * 40
        found = sc.sweep(case, AXES[:1], executor=executor)
    pd.testing.assert_frame_equal(found, sc.sweep(case, AXES[:1], executor=SerialExecutor()), check_exact=True)


def test_other_software_on_a_worker_is_refused(
    dask: Dask, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the start, and of a worker that joins later, with its first job; before anything is written.

    Bug: digits of two solvers in one table.
    """
    here = workers.software()
    other = rf"has other software: highspy {here['highspy']} \(here 0\.1\); install the same on all\n?"
    with Cluster(dask.address) as executor:
        monkeypatch.setattr(workers, "software", lambda: {**here, "highspy": "0.1"})
        with pytest.raises(sc.SetupError, match=f"the worker on .* {other}"):
            sc.sweep(sc.load(folder), AXES, executor=executor)
    command = ["sweep", str(folder), "--vary", AXES[0], "--out", str(tmp_path / "s.sqlite"), "--dask", dask.address]
    status, printed, complained = run(capsys, *command)
    assert (status, printed) == (2, "")
    assert re.fullmatch(rf"the worker on tcp://127\.0\.0\.1:\d+ {other}", complained)
    assert not (tmp_path / "s.sqlite").exists()


def test_a_digest_tells_code_of_one_version_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: two checkouts of one version pass for the same."""
    usual = workers.software()
    (tmp_path / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(sc, "__file__", str(tmp_path / "__init__.py"))
    workers.software.cache_clear()
    changed = workers.software()
    workers.software.cache_clear()
    assert [name for name in usual if usual[name] != changed[name]] == ["code of supplychain"]


BAD = {
    "foo": "missing port number in address 'foo'",
    "": "missing port number in address ''",
    "ftp://x:1": "unknown address scheme 'ftp'",
    "tcp://127.0.0.1:1": "nobody does in 1 s",
}


@pytest.mark.parametrize("address", BAD)
def test_an_address_where_nobody_answers(
    address: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, status 2, and no file. Bug: a traceback, or dask's log on the terminal."""
    monkeypatch.setattr(module, "PATIENCE", 1)
    command = ["sweep", str(folder), "--vary", AXES[0], "--out", str(tmp_path / "s.sqlite"), "--dask", address]
    status, printed, complained = run(capsys, *command)
    assert (status, printed, complained.count("\n")) == (2, "", 1)
    assert complained.startswith(f"no dask scheduler answers at {address!r}: {BAD[address]}")
    assert complained.endswith("; must be an address like tcp://HOST:8786\n")
    assert not (tmp_path / "s.sqlite").exists()


def test_a_cluster_without_workers_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: the run waits forever, and says nothing."""
    monkeypatch.setattr(module, "PATIENCE", 2)
    with started(tmp_path, 0) as dask, pytest.raises(sc.SetupError) as error:
        Cluster(dask.address)
    start = f"start some: dask worker {dask.address} --nthreads 1"
    assert str(error.value) == f"the cluster at {dask.address} has no worker; {start}"


@pytest.mark.parametrize("command", ["sweep", "sensitivity", "scenarios", "backcast", "compare"])
def test_a_cluster_needs_dask(
    command: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every command that solves many. Bug: a traceback of the import."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    more = {
        "sweep": ["--vary", AXES[0], "--out", str(tmp_path / "s.sqlite")],
        "scenarios": ["--solve"],
        "compare": ["--change", f"{WAFERS} +5%"],
    }
    ended = run(capsys, command, str(folder), *more.get(command, []), "--dask", "tcp://127.0.0.1:1")
    assert ended == (2, "", "a cluster needs dask, which is not installed: pip install 'supplychain[cluster]'\n")
    both = run(capsys, command, str(folder), *more.get(command, []), "--dask", "x", "--workers", "2")
    assert both[0] == 2
    assert "--workers and --dask are both given; give one of the two" in both[2]
