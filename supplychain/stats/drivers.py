"""What drives a quantity, or a label: the share of its variance that each factor makes alone, from draws as they are.

The share is of first order: Var(E[y | factor]) / Var(y). Draws are sorted by the factor and cut into bins of equal
count, and the means of bins stand for E[y | factor]. Of a label both variances are sums over its classes, of 1 where
the class is and 0 where it is not, which makes the share Goodman and Kruskal's tau.

Means of bins vary by chance alone. That bias is taken away, as in an adjusted R squared, so that a factor that does
nothing has a share of 0 on average; what is below 0 is shown as 0.

The noise floor is how large the largest share of all factors becomes by chance: the quantity is dealt out anew to the
draws, many times, and the floor is the 95 % quantile of the largest shares. So one of twenty quantities that no factor
moves shows a driver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from supplychain.stats.draws import ordered
from supplychain.tolerances import QUANTITY_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import numpy.typing as npt

    from supplychain.stats.draws import Floats, Ints

Key = TypeVar("Key", bound="Hashable")

LEAST_BINS: Final = 10
"""Fewest bins: of ten a straight line in a normal score keeps 97 % of its variance."""

MOST_BINS: Final = 25
"""Most bins: a straight line keeps 99 %, and more bins only add noise."""

LEAST_PER_BIN: Final = 2
"""Fewest draws of a bin: one draw alone has no variance inside it to take the bias from."""

PERMUTATIONS: Final = 99
"""How often a quantity is dealt out anew: the floor is then the 95th of 99 shares, which a 100th, of the draws as they
are, is above with probability 5 / 100 exactly."""

FLOOR_LEVEL: Final = 0.95
"""Probability with which the noise floor is above the largest share where no factor does anything."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A factor, its first-order share of variance, 0 to 1, and whether that is above the noise floor."""

    factor: str
    share: float
    above_floor: bool


@dataclass(frozen=True, slots=True)
class Drivers:
    """All factors of a quantity, the largest share first, with the noise floor and the draws that count."""

    drivers: tuple[Driver, ...]
    floor: float
    draws: int


def drivers(
    scores: Floats,
    names: Sequence[str],
    quantities: Mapping[Key, npt.NDArray[np.generic]],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> dict[Key, Drivers]:
    """Return what drives each quantity: all factors, by share and then by name, beside the noise floor.

    `scores` has shape (N, D), `names` are those of the D factors, and each quantity has shape (N,): numbers, of which
    those that are not finite are left out, or labels. The order of draws and of factors changes nothing, and neither
    does what other quantities are asked for. Where nothing varies, or fewer than 20 draws are defined, shares and floor
    are not numbers.

    Raises: ValueError if scores, names and quantities do not fit, a name is there twice or a score is not finite.
    Source: the correlation ratio from given data, as in Plischke (2012), How to compute variance-based sensitivity
    indicators with your spreadsheet software, Environmental Modelling & Software 35, 188-191; without bias: Kelley
    (1935), An unbiased correlation ratio measure, PNAS 21, 554-559; labels: Goodman & Kruskal (1954), Measures of
    association for cross classifications, JASA 49, 732-764; the floor: Westfall & Young (1993), Resampling-based
    multiple testing.
    """
    draws, factors = ordered(scores, names)
    by_name = [names[d] for d in factors]
    sorted_scores = scores[np.ix_(draws, factors)]
    orders: dict[bytes, Ints] = {}
    found = {}
    for key, values in quantities.items():
        if values.shape != (len(draws),):
            message = f"{key}: a quantity of shape {values.shape}, where there are {len(draws)} draws"
            raise ValueError(message)
        columns, defined = _columns(values[draws])
        mask = defined.tobytes()
        if mask not in orders:
            orders[mask] = np.argsort(sorted_scores[defined], axis=0, kind="stable")
        dealt = _dealt(len(columns), permutations, seed)
        shares = _shares(orders[mask], columns[dealt])
        found[key] = _drivers(by_name, shares[:, 0], shares[:, 1:], len(columns))
    return found


def first_order_shares(scores: Floats, values: npt.NDArray[np.generic]) -> Floats:
    """Return the first-order share of each factor in a quantity or a label, as `drivers` finds it.

    `scores` has shape (N, D) and `values` (N,).

    Returns: shape (D,), 0 to 1; not numbers where nothing varies or fewer than 20 draws are defined.
    Source: as of `drivers`.
    """
    columns, defined = _columns(values)
    order = np.argsort(scores[defined], axis=0, kind="stable")
    return _shares(order, columns[:, np.newaxis])[:, 0]


def bins_of(draws: int) -> int:
    """Return how many bins so many draws are cut into: half their square root, 10 at least and 25 at most."""
    return min(max(round(math.sqrt(draws) / 2), LEAST_BINS), MOST_BINS)


def _columns(values: npt.NDArray[np.generic]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return what variance is taken of, a column for each class of a label, and which draws are defined."""
    if values.dtype.kind in "fiu":
        numbers = values.astype(float)
        defined = np.isfinite(numbers)
        return numbers[defined, np.newaxis], defined
    classes, members = np.unique(values, return_inverse=True)
    return np.eye(len(classes))[members], np.ones(len(values), dtype=bool)


def _dealt(draws: int, permutations: int, seed: int) -> Ints:
    """Return the draws as they are, and dealt out anew so many times: shape (draws, 1 + permutations)."""
    given = np.tile(np.arange(draws), (1 + permutations, 1))
    random = np.random.default_rng(seed)
    given[1:] = random.permuted(given[1:], axis=1)
    return given.T


def _shares(order: Ints, columns: Floats) -> Floats:
    """Return the share of each factor in each dealing of a quantity, without bias: shape (D, dealings).

    `order` has the draws sorted by each factor, shape (n, D); `columns` the quantity, shape (n, dealings, classes).
    """
    draws, factors = order.shape
    dealings = columns.shape[1]
    bins = bins_of(draws)
    if draws < LEAST_PER_BIN * bins or not _varies(columns):
        return np.full((factors, dealings), math.nan)
    centred = columns - columns.mean(axis=0)
    total = np.square(centred[:, 0]).sum()
    starts = np.arange(bins) * draws // bins
    counts = np.diff(starts, append=draws)
    flat = centred.reshape(draws, -1)
    shares = np.empty((factors, dealings))
    for d in range(factors):
        sums = np.add.reduceat(flat[order[:, d]], starts, axis=0)
        between = (np.square(sums) / counts[:, np.newaxis]).sum(axis=0)
        shares[d] = between.reshape(dealings, -1).sum(axis=1) / total
    unbiased: Floats = 1 - (1 - shares) * (draws - 1) / (draws - bins)
    return unbiased.clip(0.0, 1.0)


def _varies(columns: Floats) -> bool:
    return bool(np.ptp(columns[:, 0], axis=0).max() > QUANTITY_ROUNDING * np.abs(columns).max())


def _drivers(names: Sequence[str], shares: Floats, by_chance: Floats, draws: int) -> Drivers:
    """Return the factors sorted. Of n largest shares by chance the floor is number 0.95 (n + 1), the least being 1."""
    floor = float(np.quantile(by_chance.max(axis=0), FLOOR_LEVEL, method="weibull"))
    ranked = np.argsort(-shares, kind="stable")
    return Drivers(tuple(Driver(names[d], float(shares[d]), bool(shares[d] > floor)) for d in ranked), floor, draws)
