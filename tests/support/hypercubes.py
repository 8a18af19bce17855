"""Draws in independent Latin hypercubes, with a normal score for each factor."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

CUBE = 20
"""Draws of a hypercube."""


def hypercubes(seed: int, count: int, factors: int) -> np.ndarray:
    """Normal scores of so many hypercubes: in each of them a factor has one draw in each of CUBE strata."""
    random = np.random.default_rng(seed)
    strata = random.permuted(np.tile(np.arange(CUBE), (count, factors, 1)), axis=2)
    scores: np.ndarray = ndtri((strata + random.random(strata.shape)) / CUBE)
    return scores.transpose(0, 2, 1).reshape(count * CUBE, factors)


def shuffled(seed: int, count: int) -> np.ndarray:
    """Positions of draws, in another order inside each hypercube."""
    random = np.random.default_rng(seed)
    return random.permuted(np.arange(count * CUBE).reshape(count, CUBE), axis=1).ravel()
