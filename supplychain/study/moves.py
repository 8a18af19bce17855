"""One input at a time, moved to the ends of its range and solved again: which labels change, and how soon."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from typing import TYPE_CHECKING

import pandas as pd

from supplychain.case.ranges import Input, moved, steps, uncertain
from supplychain.plan.bottlenecks import LEVELS
from supplychain.study.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from multiprocessing.process import BaseProcess

    from supplychain.case import Case
    from supplychain.study.reader import Asked, Label, Reading

ENDS = (-1, 1)
"""The low and the high end of a range."""

WITHIN = 0.01
"""How finely the smallest move is found, as a share of the way to the end."""

_BATCH = 24
"""Moves that a worker is given at a time."""


@dataclass(frozen=True)
class Move:
    """An input, to which end of its range it moves, and how far on the way: 1 is the end."""

    input: Input
    end: int
    by: float = 1.0


@dataclass(frozen=True)
class Flip:
    """The smallest move that changes a label, and the label there."""

    move: Move
    becomes: str


def ends(case: Case) -> list[Move]:
    """Return every input of a case with a range, moved to each end that is not where it stands."""
    return [Move(one, end) for one in uncertain(case) for end in ENDS if moved(case, one, end).tables != case.tables]


def readings(
    case: Case,
    asked: Sequence[Asked],
    some: Sequence[Move],
    executor: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Reading]:
    """Return the reading at each move, in order; `executor` does batches of them side by side."""
    batches = [some[n : n + _BATCH] for n in range(0, len(some), _BATCH)]
    jobs = [executor.submit(_batch, case, asked, batch) for batch in batches]
    done = 0
    for job in as_completed(jobs):
        done += len(job.result())
        progress(f"re-solved {done} of {len(some)} moves")
    return [one for job in jobs for one in job.result()]


def end_of(move: Move) -> str:
    """Return the name of the end to which a move goes."""
    return "high" if move.end > 0 else "low"


def flips(central: Reading, some: Sequence[Move], there: Sequence[Reading]) -> pd.DataFrame:
    """Return every move that changes a label: year, level, input, end, becomes."""
    rows = [
        (t, level, str(move.input), end_of(move), reading.labels[level, t])
        for level, t in sorted(central.labels, key=lambda label: (label[1], LEVELS.index(label[0])))
        for move, reading in zip(some, there, strict=True)
        if reading.labels[level, t] != central.labels[level, t]
    ]
    return pd.DataFrame(rows, columns=["year", "level", "input", "end", "becomes"])


def reading(reader: Reader, move: Move) -> Reading:
    """Return the reading of a reader's case with one input moved."""
    return reader.read(moved(reader.case, move.input, move.end * move.by))


def _batch(case: Case, asked: Sequence[Asked], some: Sequence[Move]) -> list[Reading]:
    reader = Reader(case, asked)
    return [reading(reader, move) for move in some]


def smallest(
    case: Case, found: dict[Label, list[Move]], executor: Executor, progress: Callable[[str], None] = lambda _: None
) -> dict[Label, Flip | None]:
    """Return the smallest move that changes each label, of moves that change it at their end; None if there are none.

    It is looked for between the central value and the end, by halves.
    """
    jobs = {label: executor.submit(_smallest, case, label, some) for label, some in found.items()}
    for n, job in enumerate(as_completed(jobs.values()), 1):
        job.result()
        progress(f"looked for the smallest move, {n} of {len(jobs)} labels")
    return {label: job.result() for label, job in jobs.items()}


def _smallest(case: Case, label: Label, some: Sequence[Move]) -> Flip | None:
    reader = Reader(case)
    central = reader.central().labels[label]
    best: Flip | None = None
    for move in some:
        ways = steps(case, move.input, move.end) if move.input.whole else []
        until = 1.0 if best is None else best.move.by
        tried = Move(move.input, move.end, until)
        if ways:
            best = _first(reader, label, central, move, [by for by in ways if by < until or best is None]) or best
            continue
        becomes = reading(reader, tried).labels[label]
        if becomes == central:
            continue
        low, high = 0.0, until
        while high - low > WITHIN:
            middle = (low + high) / 2
            there = reading(reader, Move(move.input, move.end, middle)).labels[label]
            low, high, becomes = (middle, high, becomes) if there == central else (low, middle, there)
        if best is None or high < best.move.by:
            best = Flip(Move(move.input, move.end, high), becomes)
    return best


def _first(reader: Reader, label: Label, central: str, move: Move, ways: Sequence[float]) -> Flip | None:
    """Return the first of some steps that changes a label."""
    for by in ways:
        there = Move(move.input, move.end, by)
        becomes = reading(reader, there).labels[label]
        if becomes != central:
            return Flip(there, becomes)
    return None


@contextmanager
def workers(executor: Executor | None = None) -> Iterator[Executor]:
    """Yield an executor: the given one, or a process for each core, spawned, for a forked one may hang."""
    if executor is not None:
        yield executor
        return
    count, others = os.cpu_count() or 1, set(active_children())
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            with _without_main(), _uninterrupted():
                started = [pool.submit(os.getpid) for _ in range(count)]
            for one in started:
                one.result()
            yield pool
        except BaseException:
            for process in set(active_children()) - others:
                process.terminate()  # nobody waits for what it does
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Let a process end when the one that started it does, however that ends: it would wait for work forever."""
    threading.Thread(target=_outlive, args=[parent_process()], daemon=True).start()


def _outlive(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let processes start that leave Ctrl-C to the one that starts them: they inherit what it ignores."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)


@contextmanager
def _without_main() -> Iterator[None]:
    """Let processes start without running the user's script once more: what they do is all in this package."""
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    try:
        for name in kept:
            setattr(main, name, None)
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)
