"""Means, probabilities and quantiles from draws in independent Latin hypercubes, and how exact they are.

Draw n belongs to hypercube n // cube_size. Draws of one hypercube depend on each other, and hypercubes do not: so
standard errors come from what hypercubes say one by one.

>>> probability([True, False, True, True, False, False, True, False], cube_size=2).value
0.5
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from supplychain.stats.draws import hypercube_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from supplychain.stats.draws import Floats, Ints

LEVEL: Final = 0.9
"""Probability with which an interval is to hold what it is of, unless another is asked for."""

_HALVINGS: Final = 64
"""How often an interval of pi / 2 is halved: until its ends are neighbours among doubles."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate, its standard error, and the ends of its interval, in the unit of what is estimated."""

    value: float
    standard_error: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles of a quantity over the draws in which it is defined, and the share of draws in which it is not."""

    p05: float
    p10: float
    p50: float
    p90: float
    p95: float
    undefined: float


def mean(values: npt.ArrayLike, cube_size: int, level: float = LEVEL) -> Estimate:
    """Return the mean of a quantity over the draws in which it is defined, with an interval by Student's t.

    `values` has shape (N,); what is not finite is undefined. Where all is defined the standard error is sd / sqrt(R) of
    the means of the R hypercubes; else it is that of a ratio, of their sums over their counts.

    Returns: in the unit of `values`; not a number where nothing is defined.
    Raises: ValueError if there are not two whole hypercubes or more, or `level` is not between 0 and 1.
    Source: McKay, Beckman & Conover (1979), A comparison of three methods for selecting values of input variables,
    Technometrics 21, 239-245; the ratio: Cochran (1977), Sampling techniques, section 6.4.
    """
    known = np.asarray(values, dtype=float)
    return mean_by_cube(known, hypercube_of(len(known), cube_size), level)


def probability(inside: npt.ArrayLike, cube_size: int, level: float = LEVEL) -> Estimate:
    """Return the probability of an event: the share of draws, with an interval by Student's t, cut to [0, 1].

    `inside` has shape (N,): 1, or True, where the event is, 0 where it is not; where it is not a number the draw is
    left out, and the probability is that given the others. Where all hypercubes have the same share, as where all draws
    agree, the standard error is 0 and says nothing: there the interval is Wilson's, as of independent draws.

    Raises: ValueError if there are not two whole hypercubes or more, or `level` is not between 0 and 1.
    Source: as of `mean` and `wilson`.
    """
    known = np.asarray(inside, dtype=float)
    return probability_by_cube(known, hypercube_of(len(known), cube_size), level)


def mean_by_cube(values: Floats, cube: Ints, level: float = LEVEL) -> Estimate:
    """Return what `mean` does of draws in any order: `cube`, of shape (N,), has the hypercube of each."""
    defined = np.isfinite(values)
    _, place = np.unique(cube, return_inverse=True)
    counts = np.bincount(place, weights=defined)
    sums = np.bincount(place, weights=np.where(defined, values, 0.0))
    count, degrees = counts.sum(), len(counts) - 1
    if not count:
        return Estimate(math.nan, math.nan, math.nan, math.nan)
    value = float(sums.sum() / count)
    # multiplied out, so that of an event, whose sums are whole numbers, equal shares leave 0 and no rounding
    residuals = (sums * count - sums.sum() * counts) / (count * counts.mean())
    error = float(np.std(residuals, ddof=1) / math.sqrt(len(counts)))
    reach = t_quantile((1 + level) / 2, degrees) * error
    return Estimate(value, error, value - reach, value + reach)


def probability_by_cube(inside: Floats, cube: Ints, level: float = LEVEL) -> Estimate:
    """Return what `probability` does of draws in any order: 1 where the event is, 0 where it is not.

    Where `inside` is not a number the draw is left out: the probability is that given the others.
    """
    estimate = mean_by_cube(inside, cube, level)
    if estimate.standard_error == 0:
        known = inside[np.isfinite(inside)]
        low, high = wilson(int(known.sum()), len(known), level)
        return replace(estimate, low=low, high=high)
    return replace(estimate, low=max(estimate.low, 0.0), high=min(estimate.high, 1.0))


def quantiles(values: npt.ArrayLike) -> Quantiles:
    """Return quantiles of a quantity over the draws in which it is defined.

    Between two draws they are interpolated on a line: of n sorted draws, counted from 0, quantile p is at p (n - 1),
    numpy's `linear`. What is not finite is undefined.

    Returns: in the unit of `values`, not a number where nothing is defined; `undefined` is a share, 0 to 1.
    Raises: ValueError if there is no draw.
    Source: definition 7 of Hyndman & Fan (1996), Sample quantiles in statistical packages, Am. Statistician 50.
    """
    draws = np.asarray(values, dtype=float)
    if not len(draws):
        message = "quantiles of no draws"
        raise ValueError(message)
    known = draws[np.isfinite(draws)]
    found = np.quantile(known, (0.05, 0.1, 0.5, 0.9, 0.95)) if len(known) else np.full(5, math.nan)
    p05, p10, p50, p90, p95 = found.tolist()
    return Quantiles(p05, p10, p50, p90, p95, undefined=(len(draws) - len(known)) / len(draws))


def wilson(successes: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the ends of Wilson's interval for the probability of an event, seen in some of independent trials.

    Raises: ValueError if there is no trial, there are more successes than trials, or `level` is not between 0 and 1.
    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22, 209-212.
    """
    if not 0 <= successes <= trials or not trials:
        message = f"{successes} successes in {trials} trials"
        raise ValueError(message)
    z = NormalDist().inv_cdf((1 + _checked(level)) / 2)
    share = successes / trials
    middle = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    whole = 1 + z * z / trials
    # of none or all, one end is 0 or 1, and rounding would leave a little
    low = 0.0 if successes == 0 else (middle - reach) / whole
    high = 1.0 if successes == trials else (middle + reach) / whole
    return low, high


def t_quantile(p: float, degrees: int) -> float:
    """Return the number that Student's t is below with probability p.

    Raises: ValueError if p is not between 0 and 1, or there is not one degree of freedom or more.
    Source: the finite sums of Abramowitz & Stegun (1964), Handbook of mathematical functions, 26.7.3 and 26.7.4, halved
    down to the angle whose tangent is t / sqrt(degrees).
    """
    if degrees < 1:
        message = f"{degrees} degrees of freedom; must be 1 or more"
        raise ValueError(message)
    central = abs(2 * _checked(p) - 1)
    low, high = 0.0, math.pi / 2
    for _ in range(_HALVINGS):
        angle = (low + high) / 2
        low, high = (angle, high) if _central_probability(angle, degrees) < central else (low, angle)
    return math.copysign(math.sqrt(degrees) * math.tan(low), p - 0.5)


def _central_probability(angle: float, degrees: int) -> float:
    """Return the probability that |t| is below sqrt(degrees) times the tangent of an angle."""
    odd = degrees % 2
    square = math.cos(angle) ** 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for n in range(2 + odd, degrees + 1, 2):
        total += term
        term *= square * (n - 1) / n
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total


def _checked(p: float) -> float:
    if not 0 < p < 1:
        message = f"a probability of {p}; must be between 0 and 1"
        raise ValueError(message)
    return p
