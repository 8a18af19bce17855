"""Scores of forecasts that are samples, beside what came to pass, and whether that is in their bands.

Functions of plain numbers: who wants errors in logs takes logs first.

>>> crps([1.0, 3.0], 2.0)
0.5
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from supplychain.stats.draws import Floats

BANDS: Final = (0.5, 0.8, 0.9)
"""Central bands that are looked at, as the probability that they are to hold."""


def crps(samples: npt.ArrayLike, observed: float) -> float:
    """Return the continuous ranked probability score of a sample: E|X - y| - E|X - X'| / 2; less is better.

    X and X' are drawn from the samples with replacement: the score is exactly that of the sample as it stands, and not
    an estimate for the law that it comes from. A forecast of one number scores its absolute error. `samples` has shape
    (n,).

    Returns: in the unit of `observed`, 0 or more.
    Raises: ValueError if there is no sample, or a number is not finite.
    Source: Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102, 359-378,
    equation 21; the sum over pairs from sorted samples.
    """
    x = np.sort(_checked(samples, observed))
    n = len(x)
    pairs = float(np.dot(2 * np.arange(n) - (n - 1), x))  # sum over i < j of x[j] - x[i]
    return max(float(np.abs(x - observed).mean()) - pairs / n**2, 0.0)


def inside_band(samples: npt.ArrayLike, observed: float, level: float) -> bool:
    """Return whether an observation is in the central band that holds a share `level` of samples, ends included.

    The ends are the quantiles (1 - level) / 2 and (1 + level) / 2, by the rule of `estimates.quantiles`.

    Raises: ValueError if there is no sample, or a number is not finite.
    """
    low, high = np.quantile(_checked(samples, observed), ((1 - level) / 2, (1 + level) / 2))
    return bool(low <= observed <= high)


def _checked(samples: npt.ArrayLike, observed: float) -> Floats:
    x = np.asarray(samples, dtype=float)
    if not x.size or not np.isfinite(x).all() or not np.isfinite(observed):
        message = (
            f"{x.size} samples and an observation of {observed}; all must be finite, and one sample there at least"
        )
        raise ValueError(message)
    return x
