"""Latin hypercubes of standard normal scores: each of a hypercube's draws has another twentieth of every factor.

What a factor is in a draw depends on the seed, on the draw's number and on the factor's name alone, so that more draws
leave those before them as they are, and two cases that share factors share what these are. (McKay, Beckman and Conover
1979, Technometrics 21(2): 239-245.)
"""

from __future__ import annotations

import hashlib
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

SIZE: Final = 20
"""Draws of one hypercube."""

_BITS = 47
"""Of a number between 0 and 1: so few that it is never rounded to an end of its twentieth."""


def scores(seed: int, cube: int, names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the standard normal scores of factors in the draws of one hypercube, draws x names.

    `cube` is the hypercube's number from 0. In each twentieth of its distribution a factor is once.
    """
    normal = NormalDist()
    shares = np.column_stack([_shares(seed, cube, name) for name in names]) if names else np.zeros((SIZE, 0))
    return np.array([[normal.inv_cdf(share) for share in draw] for draw in shares.tolist()]).reshape(shares.shape)


def _shares(seed: int, cube: int, name: str) -> npt.NDArray[np.float64]:
    """Return where in its distribution a factor is in each draw, between 0 and 1."""
    digest = hashlib.sha256(f"{seed}/{cube}/{name}".encode()).digest()
    raw = np.random.Philox(key=np.frombuffer(digest[:16], dtype="<u8")).random_raw(2 * SIZE)
    order = np.argsort(raw[:SIZE], kind="stable")
    inside = ((raw[SIZE:] >> np.uint64(64 - _BITS)).astype(np.float64) + 0.5) / 2.0**_BITS
    share: npt.NDArray[np.float64] = (np.argsort(order, kind="stable") + inside) / SIZE
    return share
