"""Draws as statistics take them: whole Latin hypercubes, and an order that does not depend on how they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.intp]


def hypercube_of(draws: int, cube_size: int) -> Ints:
    """Return which hypercube each draw belongs to: draw n to n // cube_size.

    Returns: shape (draws,), 0 to R - 1.
    Raises: ValueError if these are not two whole hypercubes or more.
    """
    if cube_size < 1 or draws % cube_size or draws < 2 * cube_size:
        message = f"{draws} draws are not two or more whole hypercubes of {cube_size}"
        raise ValueError(message)
    return np.arange(draws) // cube_size


def ordered(scores: Floats, names: Sequence[str]) -> tuple[Ints, Ints]:
    """Return an order of the draws and one of the factors: factors by name, draws by their score of the first of them.

    `scores` has shape (N, D), in units of the standard normal. Scores of a factor are taken to differ from draw to
    draw, as those of a continuous law do.

    Returns: positions of draws, shape (N,), and of factors, shape (D,).
    Raises: ValueError if `scores` and `names` do not fit, a name is there twice, or a score is not finite.
    """
    if scores.ndim != 2 or not names or scores.shape[1] != len(names):  # noqa: PLR2004 - draws and factors
        message = f"scores of shape {scores.shape} are not those of {len(names)} factors; must be (draws, factors)"
        raise ValueError(message)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        message = f"factors that are there twice: {', '.join(twice)}"
        raise ValueError(message)
    if not np.isfinite(scores).all():
        message = "a score is not finite; each draw must have one of each factor"
        raise ValueError(message)
    factors = np.array(sorted(range(len(names)), key=names.__getitem__))
    return np.argsort(scores[:, factors[0]], kind="stable"), factors
