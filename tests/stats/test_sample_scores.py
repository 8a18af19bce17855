"""Scores of samples: on paper, beside the sum over all pairs, and against the closed form of a normal law."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from supplychain.stats.estimates import wilson
from supplychain.stats.scores import BANDS, crps, inside_band


def by_pairs(samples: np.ndarray, observed: float) -> float:
    """The score by its definition."""
    spread = np.mean([abs(a - b) for a, b in product(samples, repeat=2)])
    return float(np.mean(np.abs(samples - observed)) - spread / 2)


@pytest.mark.parametrize("size", [1, 2, 7, 60])
@pytest.mark.parametrize("observed", [-4.0, 0.1, 3.0])
def test_crps_is_the_sum_over_pairs(size: int, observed: float) -> None:
    """Bug: the weights of sorted samples are off by one, or pairs are counted n (n - 1) and not n² times."""
    samples = np.random.default_rng(size).normal(size=size).round(1)
    assert crps(samples, observed) == pytest.approx(by_pairs(samples, observed), abs=1e-12)


def test_crps_of_one_number_is_its_absolute_error() -> None:
    """Bug: a point forecast cannot be compared with a sample, or divides by n - 1 = 0."""
    assert crps([2.0], 5.0) == 3
    assert crps([2.0, 2.0, 2.0], 5.0) == 3


@pytest.mark.parametrize("observed", [0.0, 1.0, -2.5])
def test_crps_of_many_samples_is_that_of_their_law(observed: float) -> None:
    """For a normal law the score is y (2 Phi(y) - 1) + 2 phi(y) - 1 / sqrt(pi).

    Bug: half the spread is left out, or taken whole. Source: Gneiting & Raftery (2007), JASA 102, section 4.2.
    """
    samples = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    expected = observed * (2 * stats.norm.cdf(observed) - 1) + 2 * stats.norm.pdf(observed) - 1 / math.sqrt(math.pi)
    assert crps(samples, observed) == pytest.approx(expected, abs=1e-4)


def test_bands_end_at_quantiles() -> None:
    """0 to 100: the central half is 25 to 75. Bug: a band of 50 % is below the quantile of 50 %, or without ends."""
    samples = np.arange(101)
    assert [inside_band(samples, y, 0.5) for y in (24, 25, 50, 75, 76)] == [False, True, True, True, False]
    assert [inside_band(samples, y, 0.9) for y in (4, 5, 95, 96)] == [False, True, True, False]


def test_calibrated_samples_are_reliable() -> None:
    """Of 400 forecasts that know the law each band holds its share, within the 99.9 % interval of Wilson.

    Bug: levels are taken for one-sided. Sensitivity: the band of 50 % would hold 25 %, or 75.
    """
    random = np.random.default_rng(11)
    centres = random.normal(size=400)
    forecasts = [(centre + random.normal(size=500), centre + random.normal()) for centre in centres]
    for level in BANDS:
        held = sum(inside_band(samples, observed, level) for samples, observed in forecasts)
        low, high = wilson(held, 400, 0.999)
        assert low <= level <= high


def test_samples_that_are_too_narrow_are_not_reliable() -> None:
    """Bug: the table shows what is nominal. Half the spread holds 26, 48 and 59 % in bands of 50, 80 and 90 %."""
    random = np.random.default_rng(12)
    forecasts = [(random.normal(size=500) / 2, random.normal()) for _ in range(400)]
    for level, z in zip(BANDS, (0.3372, 0.6408, 0.8224), strict=True):
        held = sum(inside_band(samples, observed, level) for samples, observed in forecasts)
        assert held / 400 == pytest.approx(2 * stats.norm.cdf(z) - 1, abs=0.08)
        assert wilson(held, 400)[1] < level


def test_what_has_no_score_is_refused() -> None:
    """Bug: an undefined sample makes a score that is no number, and nobody sees which."""
    for samples, observed in (([], 1.0), ([1.0, math.nan], 1.0), ([1.0], math.nan)):
        with pytest.raises(ValueError, match="must be finite"):
            crps(samples, observed)
