"""One input at a time, moved to the ends of its range and solved again: which labels change, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain.case.ranges import Input, moved, steps, uncertain
from supplychain.errors import MisfitError
from supplychain.limits import doing
from supplychain.plan.bottlenecks import LEVELS
from supplychain.study import workers
from supplychain.tolerances import MOVE_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.study.warm import LabelKey, Reading, WarmSolver

    WarmSolvers: TypeAlias = workers.Shared[WarmSolver]
    """Makes the solvers with which workers move the inputs of a case."""

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
    return [
        Move(input_, end)
        for input_ in uncertain(case)
        for end in ENDS
        if moved(case, input_, end).tables != case.tables
    ]


def read_moves(
    warm_solvers: WarmSolvers,
    tried: Sequence[Move],
    executor: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[list[Move], list[Reading]]:
    """Return the moves in order, and the reading at each; `executor` does batches of them side by side.

    Moves that what is locked in does not fit are left out: they did not come true.
    """
    batches = [tried[n : n + _BATCH] for n in range(0, len(tried), _BATCH)]

    def tell(done: int) -> None:
        progress(f"re-solved {min(done * _BATCH, len(tried))} of {len(tried)} moves")

    readings = (
        reading for batch in workers.map_ordered(executor, warm_solvers, _batch, batches, tell) for reading in batch
    )
    fitting = [(move, reading) for move, reading in zip(tried, readings, strict=True) if reading]
    return [move for move, _ in fitting], [reading for _, reading in fitting]


def end_of(move: Move) -> str:
    """Return the name of the end to which a move goes."""
    return "high" if move.end > 0 else "low"


def flips(central: Reading, tried: Sequence[Move], readings: Sequence[Reading]) -> list[dict[str, Any]]:
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
        for move, reading in zip(tried, readings, strict=True)
        if reading.labels[level, t] != central.labels[level, t]
    ]


def read_move(warm_solver: WarmSolver, move: Move) -> Reading:
    """Return the reading of the solver's case with one input moved."""
    with doing(f"moving {move.input} to its {end_of(move)} end"):
        return warm_solver.read(moved(warm_solver.case, move.input, move.end * move.by))


def _batch(warm_solver: WarmSolver, batch: Sequence[Move]) -> list[Reading | None]:
    return [_reading_if_it_fits(warm_solver, move) for move in batch]


def _reading_if_it_fits(warm_solver: WarmSolver, move: Move) -> Reading | None:
    try:
        return read_move(warm_solver, move)
    except MisfitError:
        return None


def smallest_flips(
    warm_solvers: WarmSolvers,
    moves_by_label: dict[LabelKey, list[Move]],
    executor: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[LabelKey, Flip | None]:
    """Return, for each label, the smallest of the moves that change it at their end; None if there are none.

    It is looked for between the central value and the end, by halves.
    """

    def tell(done: int) -> None:
        progress(f"looked for the smallest move, {done} of {len(moves_by_label)} labels")

    flips = workers.map_ordered(executor, warm_solvers, _smallest_flip, moves_by_label.items(), tell)
    return dict(zip(moves_by_label, flips, strict=True))


def _smallest_flip(warm_solver: WarmSolver, label_and_moves: tuple[LabelKey, Sequence[Move]]) -> Flip | None:
    label, moves = label_and_moves
    central = warm_solver.central().labels[label]
    best: Flip | None = None
    for move in moves:
        whole_steps = steps(warm_solver.case, move.input, move.end) if move.input.whole else []
        until = 1.0 if best is None else best.move.by
        tried = Move(move.input, move.end, until)
        if whole_steps:
            smaller = [by for by in whole_steps if by < until or best is None]
            best = _first_flip(warm_solver, label, central, move, smaller) or best
            continue
        becomes = read_move(warm_solver, tried).labels[label]
        if becomes == central:
            continue
        low, high = 0.0, until
        while high - low > MOVE_FOUND_WITHIN:  # the distance halves
            middle = (low + high) / 2
            label_there = read_move(warm_solver, Move(move.input, move.end, middle)).labels[label]
            low, high, becomes = (middle, high, becomes) if label_there == central else (low, middle, label_there)
        if best is None or high < best.move.by:
            best = Flip(Move(move.input, move.end, high), becomes)
    return best


def _first_flip(
    warm_solver: WarmSolver, label: LabelKey, central: str, move: Move, whole_steps: Sequence[float]
) -> Flip | None:
    """Return the first of some steps that changes a label."""
    for by in whole_steps:
        tried = Move(move.input, move.end, by)
        becomes = read_move(warm_solver, tried).labels[label]
        if becomes != central:
            return Flip(tried, becomes)
    return None
