"""One input at a time, moved to the ends of its range and solved again: which labels change, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain.case.ranges import Input, moved, steps, uncertain
from supplychain.errors import MisfitError
from supplychain.plan.bottlenecks import LEVELS
from supplychain.study import workers
from supplychain.tolerances import MOVE_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.study.warm import LabelKey, Reading, WarmSolver

    WarmSolvers: TypeAlias = workers.Shared[WarmSolver]
    """Makes the readers with which workers move the inputs of a case."""

ENDS = (-1, 1)
"""The low and the high end of a range."""

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
    readers: WarmSolvers, some: Sequence[Move], executor: Executor, progress: Callable[[str], None] = lambda _: None
) -> tuple[list[Move], list[Reading]]:
    """Return the moves in order, and the reading at each; `executor` does batches of them side by side.

    Moves that what was signed does not fit are left out: they did not come true.
    """
    batches = [some[n : n + _BATCH] for n in range(0, len(some), _BATCH)]

    def said(done: int) -> None:
        progress(f"re-solved {min(done * _BATCH, len(some))} of {len(some)} moves")

    there = (one for batch in workers.map_ordered(executor, readers, _batch, batches, said) for one in batch)
    found = [(move, one) for move, one in zip(some, there, strict=True) if one]
    return [move for move, _ in found], [one for _, one in found]


def end_of(move: Move) -> str:
    """Return the name of the end to which a move goes."""
    return "high" if move.end > 0 else "low"


def flips(central: Reading, some: Sequence[Move], there: Sequence[Reading]) -> list[dict[str, Any]]:
    """Return every move that changes a label, as rows of a table `flips`."""
    return [
        {
            "year": t,
            "level": level,
            "input": str(move.input),
            "end": end_of(move),
            "becomes": reading.labels[level, t],
        }
        for level, t in sorted(central.labels, key=lambda label: (label[1], LEVELS.index(label[0])))
        for move, reading in zip(some, there, strict=True)
        if reading.labels[level, t] != central.labels[level, t]
    ]


def reading(reader: WarmSolver, move: Move) -> Reading:
    """Return the reading of a reader's case with one input moved."""
    return reader.read(moved(reader.case, move.input, move.end * move.by))


def _batch(reader: WarmSolver, some: Sequence[Move]) -> list[Reading | None]:
    return [_if_it_fits(reader, move) for move in some]


def _if_it_fits(reader: WarmSolver, move: Move) -> Reading | None:
    try:
        return reading(reader, move)
    except MisfitError:
        return None


def smallest(
    readers: WarmSolvers,
    found: dict[LabelKey, list[Move]],
    executor: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[LabelKey, Flip | None]:
    """Return the smallest move that changes each label, of moves that change it at their end; None if there are none.

    It is looked for between the central value and the end, by halves.
    """

    def said(done: int) -> None:
        progress(f"looked for the smallest move, {done} of {len(found)} labels")

    return dict(zip(found, workers.map_ordered(executor, readers, _smallest, found.items(), said), strict=True))


def _smallest(reader: WarmSolver, asked: tuple[LabelKey, Sequence[Move]]) -> Flip | None:
    label, some = asked
    central = reader.central().labels[label]
    best: Flip | None = None
    for move in some:
        ways = steps(reader.case, move.input, move.end) if move.input.whole else []
        until = 1.0 if best is None else best.move.by
        tried = Move(move.input, move.end, until)
        if ways:
            best = _first(reader, label, central, move, [by for by in ways if by < until or best is None]) or best
            continue
        becomes = reading(reader, tried).labels[label]
        if becomes == central:
            continue
        low, high = 0.0, until
        while high - low > MOVE_FOUND_WITHIN:
            middle = (low + high) / 2
            there = reading(reader, Move(move.input, move.end, middle)).labels[label]
            low, high, becomes = (middle, high, becomes) if there == central else (low, middle, there)
        if best is None or high < best.move.by:
            best = Flip(Move(move.input, move.end, high), becomes)
    return best


def _first(reader: WarmSolver, label: LabelKey, central: str, move: Move, ways: Sequence[float]) -> Flip | None:
    """Return the first of some steps that changes a label."""
    for by in ways:
        there = Move(move.input, move.end, by)
        becomes = reading(reader, there).labels[label]
        if becomes != central:
            return Flip(there, becomes)
    return None
