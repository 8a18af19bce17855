"""How an LP moves along a way on which its numbers change: its limits alone, or its costs alone, in proportion.

Where limits alone move, the least cost is a convex function of how far, and where costs alone move it is a concave one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from supplychain.tolerances import PROPORTIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import Vector

Moves: TypeAlias = Literal["limits", "costs"]

_LIMITS = ("row_lower", "row_upper", "column_lower", "column_upper")
_MATRIX = ("starts", "indices", "entries")


def what_moves(start: LabelledLP, others: Sequence[tuple[float, LabelledLP]]) -> Moves | None:
    """Return what alone moves, in proportion to how far: `limits` or `costs`; None if neither alone, or not so.

    `others` are the same LP so far along the way, the farthest last.
    """
    if any(not np.array_equal(getattr(start, part), getattr(other, part)) for part in _MATRIX for _, other in others):
        return None
    moving = {
        part
        for part in (*_LIMITS, "cost")
        if any(not np.array_equal(getattr(start, part), getattr(other, part)) for _, other in others)
    }
    if not all(_in_proportion(start, others, part) for part in (*moving, "offset")):
        return None
    if "cost" not in moving:
        return "limits"
    return "costs" if moving == {"cost"} else None


def _in_proportion(start: LabelledLP, others: Sequence[tuple[float, LabelledLP]], part: str) -> bool:
    """Whether a part moves as far as the last of some LPs says, by how far each is along the way."""
    first = np.atleast_1d(np.asarray(getattr(start, part), dtype=float))
    (whole, farthest), last = others[-1], np.atleast_1d(np.asarray(getattr(others[-1][1], part), dtype=float))
    finite = np.isfinite(first)
    if farthest.shape != start.shape or not np.array_equal(finite, np.isfinite(last)):
        return False
    step = (last[finite] - first[finite]) / whole
    for way, other in others[:-1]:
        there = np.atleast_1d(np.asarray(getattr(other, part), dtype=float))
        if not np.array_equal(finite, np.isfinite(there)):
            return False
        size = np.maximum(np.abs(first[finite]), np.abs(last[finite]))
        if np.any(np.abs(there[finite] - first[finite] - way * step) > PROPORTIONAL * size):
            return False
    return True


def upper_limits(start: LabelledLP, way: float, other: LabelledLP) -> dict[int, float] | None:
    """Return how far upper limits move per unit of a way, those of columns behind those of rows; None if lower do."""
    if not np.array_equal(start.row_lower, other.row_lower) or not np.array_equal(
        start.column_lower, other.column_lower
    ):
        return None
    steps = [*_steps(start.row_upper, way, other.row_upper), *_steps(start.column_upper, way, other.column_upper)]
    return {i: step for i, step in enumerate(steps) if step}


def _steps(first: Vector, way: float, last: Vector) -> list[float]:
    moved = np.zeros(first.shape)
    np.subtract(last, first, out=moved, where=np.isfinite(first) & np.isfinite(last))
    return [float(step) for step in moved / way]


def moved_limits(start: LabelledLP, direction: Mapping[int, float], way: float) -> tuple[dict[int, float], ...]:
    """Return the upper limits of rows, and those of columns, so far along a direction."""
    rows = start.shape[0]
    return (
        {i: float(start.row_upper[i]) + way * step for i, step in direction.items() if i < rows},
        {i - rows: float(start.column_upper[i - rows]) + way * step for i, step in direction.items() if i >= rows},
    )
