"""Latin hypercubes: what a factor is depends on the seed, on the number of the hypercube and on its name alone."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from supplychain.stats.hypercube import SIZE, scores

NAMES = ["boom", "grid, power", "capacity.capacity[source=paper]", "ünïcode", ""]


@pytest.mark.parametrize("cube", [0, 1, 17])
def test_a_factor_is_once_in_each_twentieth(cube: int) -> None:
    """Bug: ranks that are drawn with replacement, or that all factors share: plain Monte Carlo, or one factor."""
    shares = np.vectorize(NormalDist().cdf)(scores(3, cube, NAMES))
    ranks = np.floor(shares * SIZE).astype(int)
    assert np.array_equal(np.sort(ranks, axis=0), np.tile(np.arange(SIZE)[:, None], len(NAMES)))
    assert len({tuple(column) for column in ranks.T.tolist()}) == len(NAMES)


def test_a_factor_does_not_depend_on_the_others() -> None:
    """Bug: one stream for all factors, so that a range more moves every number of a case."""
    together = scores(3, 2, NAMES)
    assert np.array_equal(scores(3, 2, NAMES[::-1]), together[:, ::-1])
    for n, name in enumerate(NAMES):
        assert np.array_equal(scores(3, 2, [name])[:, 0], together[:, n])
    assert scores(3, 2, []).shape == (SIZE, 0)


def test_seeds_cubes_and_names_differ() -> None:
    """Bug: a seed or a number that is not used, or two that run together: seed 1, cube 11 and seed 11, cube 1."""
    drawn = [(1, 11, "a"), (11, 1, "a"), (1, 1, "a"), (1, 1, "1/a"), (1, 1, "b"), (-1, 1, "a")]
    assert len({tuple(scores(seed, cube, [name])[:, 0]) for seed, cube, name in drawn}) == len(drawn)


def test_the_stream_is_what_it_was() -> None:
    """Bug: draws that another version of the software, or of numpy, makes otherwise: no answer can be made again."""
    assert scores(7, 0, ["boom"])[:3, 0] == pytest.approx(
        [-0.6324097475775712, -1.4107129643425793, -0.37787005112502875], abs=1e-12
    )
    assert scores(12345, 3, [NAMES[2]])[[0, 19], 0] == pytest.approx(
        [-0.2825122289558036, 0.5684722981850928], abs=1e-12
    )


def test_factors_are_not_correlated() -> None:
    """Bug: ranks of two factors that go together, so that drivers are invented. The band is of five standard errors."""
    cubes = np.vstack([scores(5, cube, NAMES) for cube in range(100)])
    found = np.corrcoef(cubes.T) - np.eye(len(NAMES))
    assert np.abs(found).max() < 5 / np.sqrt(len(cubes))
    assert np.abs(cubes.mean(axis=0)).max() < 5 * 0.25 / np.sqrt(len(cubes))
    assert np.abs(cubes.std(axis=0) - 1).max() < 0.03


@pytest.mark.parametrize("raw", [0, 2**64 - 1])
def test_the_ends_of_the_stream_are_numbers(raw: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a draw that is rounded to the end of its twentieth: to the next one, or at the last one to infinity."""

    class Ends:
        def __init__(self, key: object) -> None:
            self.key = key

        def random_raw(self, size: int) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
            return np.full(size, raw, dtype=np.uint64)

    monkeypatch.setattr(np.random, "Philox", Ends)
    found = scores(1, 0, ["boom"])[:, 0]
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0).all()
