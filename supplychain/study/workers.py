"""Where work is done, and how it is given out: processes of this machine, a cluster, or any other executor.

`imap_unordered` is the one way. What the jobs of a study have in common is made once by each worker and kept, a
bounded number of jobs is under way, and one job at a time is done in a process: most of it is Python.
"""

from __future__ import annotations

import hashlib
import os
import platform
import signal
import sys
import threading
import uuid
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context, parent_process, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar, cast

import supplychain
from supplychain import limits
from supplychain.errors import SetupError, TimeLimitError
from supplychain.plan import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from multiprocessing.process import BaseProcess
    from types import TracebackType

    from supplychain.limits import HandedOn

Context = TypeVar("Context")
Item = TypeVar("Item")
Result = TypeVar("Result")
Params = ParamSpec("Params")

AHEAD = 4
"""Jobs that are under way for each worker."""

FEW = 8
"""Solves that are done sooner than processes start."""

LAST_WORD = 1.0
"""Seconds that workers have, once the time limit has passed, to hand back what they have finished."""

_SAFE_PATH = "PYTHONSAFEPATH"
"""Python's own setting, as its option `-P`."""

_one_at_a_time = threading.Lock()
_starting = threading.Lock()
"""While processes start, this one tells them what is not so: one thread at a time."""
_kept = threading.local()
"""What a worker keeps from job to job."""


@cache
def software() -> dict[str, str]:
    """Return the versions of all that decides a digit, and a digest of this package's own code."""
    folder = Path(supplychain.__file__).parent
    texts = [f"{path.relative_to(folder).as_posix()}\n{path.read_text('utf-8')}" for path in folder.rglob("*.py")]
    digest = hashlib.sha256("\0".join(sorted(texts)).encode()).hexdigest()
    return versions() | {"code of supplychain": digest[:12]}


@dataclass(frozen=True)
class Shared(Generic[Context]):
    """What all jobs of a study have in common."""

    make_context: Callable[[], Context]
    """Makes, in the worker, what its jobs are done with: a warm solver, say, which takes as long as several solves."""
    name: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Of this study and no other."""
    software: Mapping[str, str] = field(default_factory=lambda: software())  # noqa: PLW0108 - looked up when it is made


@dataclass(frozen=True)
class Stopped(Generic[Result]):
    """What a job returns that the time limit stopped, and that has something to hand back all the same."""

    finished: Result
    error: TimeLimitError


def imap_unordered(
    executor: Executor,
    shared: Shared[Context],
    job: Callable[[Context, Item], Result | Stopped[Result]],
    items: Iterable[Item],
) -> Iterator[tuple[int, Result]]:
    """Do a job with each item, and yield the item's place and the job's result, in the order in which jobs end.

    What is under way when something goes wrong is cancelled. Jobs keep the time limit that is set here. When it passes,
    what they have finished by then is yielded first.

    Raises: SetupError if a worker dies or has other software, TimeLimitError, and what a job raises.
    """
    under_way: dict[Future[Result | Stopped[Result]], int] = {}
    ahead = AHEAD * count(executor)
    try:
        for n, item in enumerate(items):
            if len(under_way) >= ahead:
                yield from _results(under_way)
            under_way[executor.submit(_run, shared, limits.handed_on(), job, item)] = n
        while under_way:
            yield from _results(under_way)
    except TimeLimitError as error:
        by_worker = yield from _last_results(under_way)
        raise (by_worker or error) from None
    except BrokenExecutor as error:
        message = "a worker process was ended from outside, perhaps because memory ran out; try fewer (--workers)"
        raise SetupError(message) from error
    finally:
        for future in under_way:
            future.cancel()
        _kept.__dict__.clear()


def map_ordered(
    executor: Executor,
    shared: Shared[Context],
    job: Callable[[Context, Item], Result | Stopped[Result]],
    items: Iterable[Item],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Result]:
    """Do a job with each item, and return the results in the order of the items; `progress` is told how many."""
    results = {}
    for n, result in imap_unordered(executor, shared, job, items):
        results[n] = result
        progress(len(results))
    return [results[n] for n in range(len(results))]


def _results(under_way: dict[Future[Result | Stopped[Result]], int]) -> Iterator[tuple[int, Result]]:
    """Wait until some jobs have ended, and yield their results.

    Raises: TimeLimitError.
    """
    done = wait(under_way, limits.seconds_left(), FIRST_COMPLETED).done
    if not done:
        with limits.doing("waiting for workers", vague=True):
            raise limits.stopped()
    for future in done:
        if _stopped(future) is not None:
            raise limits.stopped()  # by its job, which has more to say
        yield under_way.pop(future), cast("Result", future.result())


def _stopped(future: Future[Result | Stopped[Result]]) -> TimeLimitError | None:
    """Return what a job that has ended says of the time limit, if that stopped it."""
    failure = future.exception()
    if failure is None:
        result = future.result()
        return result.error if isinstance(result, Stopped) else None
    return failure if isinstance(failure, TimeLimitError) else None


def _last_results(
    under_way: dict[Future[Result | Stopped[Result]], int],
) -> Generator[tuple[int, Result], None, TimeLimitError | None]:
    """Yield what jobs had finished when the time limit passed; return what the first of them says of what it stopped.

    Workers see for themselves that it has passed; who does not say so soon is not waited for.
    """
    done, errors = wait(under_way, LAST_WORD).done, []
    for future in [future for future in under_way if future in done]:
        if (error := _stopped(future)) is not None:
            errors.append(error)
        if future.exception() is None:
            n, result = under_way.pop(future), future.result()
            yield n, result.finished if isinstance(result, Stopped) else result
    return next(iter(errors), None)


def _run(
    shared: Shared[Context],
    limit: HandedOn | None,
    job: Callable[[Context, Item], Result | Stopped[Result]],
    item: Item,
) -> Result | Stopped[Result]:
    """Do a job, in a worker."""
    with nullcontext() if limit is None else limit.taken(), _one_at_a_time:
        if getattr(_kept, "name", "") != shared.name:
            check(shared.software, software(), platform.node())
            _kept.name, _kept.context = shared.name, shared.make_context()
        return job(_kept.context, item)


def check(wanted: Mapping[str, str], installed: Mapping[str, str], worker: str) -> None:
    """Compare the software of a worker with the software wanted here.

    Raises: SetupError with all that differs.
    """
    differing = [
        f"{name} {installed.get(name, 'none')} (here {wanted_version})"
        for name, wanted_version in wanted.items()
        if installed.get(name) != wanted_version
    ]
    if differing:
        message = f"the worker on {worker} has other software: {', '.join(differing)}; install the same on all"
        raise SetupError(message)


def count(executor: Executor) -> int:
    """Return how many workers an executor is taken to have."""
    return int(getattr(executor, "workers", 0)) or os.cpu_count() or 1


def executor_or_default(executor: Executor | None, solves: int | None = None) -> AbstractContextManager[Executor]:
    """Return the given executor; without one, processes of this machine, or this one if a few solves are all."""
    if executor is not None:
        return nullcontext(executor)
    return ProcessExecutor() if solves is None or solves > FEW else SerialExecutor()


class SerialExecutor(Executor):
    """This process: a job is done when it is given."""

    workers = 1

    def submit(self, fn: Callable[Params, Result], /, *args: Params.args, **kwargs: Params.kwargs) -> Future[Result]:
        """Do a job; what it raises is raised here."""
        future: Future[Result] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class ProcessExecutor(Executor):
    """Processes of this machine, started with the first job: one for each core, or as many as are asked for.

    They are spawned, for a forked one may hang. If what they are used for fails, they are ended at once.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None
        self._processes: list[BaseProcess] = []

    def submit(self, fn: Callable[Params, Result], /, *args: Params.args, **kwargs: Params.kwargs) -> Future[Result]:
        """Give a process a job."""
        wait(self._start(), limits.check())
        limits.check()
        return cast("ProcessPoolExecutor", self._pool).submit(fn, *args, **kwargs)

    def _start(self) -> list[Future[int]]:
        """Start the processes, if that is still to be done; return what waits for them."""
        with _starting:
            if self._pool is not None:
                return []
            with _without_main(), _without_current_folder(), _uninterrupted():
                self._pool = pool = ProcessPoolExecutor(
                    self.workers, mp_context=get_context("spawn"), initializer=_end_with_parent
                )
                started = [pool.submit(os.getpid) for _ in range(self.workers)]
            self._processes = list(pool._processes.values())  # noqa: SLF001 - others' processes are not ours to end
        return started

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is
        """End the processes when they are done."""
        if self._pool is not None:
            self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._pool is not None:
            for process in self._processes:
                process.terminate()  # nobody waits for what it does
            if sys.version_info < (3, 11, 5):
                # it else waits forever to hand on jobs that nobody takes (python/cpython 94777); later ones do this
                self._pool._call_queue._reader.close()  # type: ignore[attr-defined]  # noqa: SLF001
        self.shutdown(cancel_futures=kind is not None)


def _end_with_parent() -> None:
    """Let a process end when the one that started it does, however that ends: it would wait for work forever."""
    threading.Thread(target=_outlive, args=[parent_process()], daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes start that leave Ctrl-C to the one that starts them, and which sees to it when they have started.

    They inherit that it is blocked. It may still reach another thread of this process, so it is kept for later.
    """
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    resource_tracker.ensure_running()  # it starts with the first process, and would unblock
    usual = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, usual)
        if pressed:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _without_current_folder() -> Iterator[None]:
    """Let processes start that import nothing from the current folder: they would take its `signal.py` for Python's.

    When they have started, they look where this one looks.
    """
    usual = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if usual is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = usual


@contextmanager
def _without_main() -> Iterator[None]:
    """Let processes start without running the user's script once more: what they do is all in this package."""
    main = sys.modules["__main__"]
    saved = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    try:
        for name in saved:
            setattr(main, name, None)
        yield
    finally:
        for name, value in saved.items():
            setattr(main, name, value)
