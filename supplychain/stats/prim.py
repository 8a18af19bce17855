"""Conditions: the box of a few factors inside which something happens, found by PRIM and measured on other draws.

Draws of even hypercubes find the box, those of odd ones measure it.

- *Screening.* The twelve factors with the largest first-order share in what happens are looked at. A factor that bounds
  a box has such a share. Missed is a factor that makes it likelier or less likely only as another one is high or low.
- *Peeling.* From the box without bounds, 5 % of its draws are cut off again and again, at one end of one factor: where
  what happens is rarest among them; among equals, of the factor with the larger share. Once four factors have a bound
  no other gets one.
- *Choice.* Of all boxes on the way the one is taken whose correlation with what happens is largest: the phi of a table
  of two by two. Its square is the share of variance that the box explains; a box that has coverage without density, or
  density without coverage, has little of it.
- *Pasting.* A bound is moved outwards over the nearest draws, 5 % of those in the box, as long as that raises phi.
- *Bounds that do not matter.* The quasi-p-value of a bound is the probability that it happens in as many draws of the
  box by chance, if the bound makes no difference. While the largest is above 5 %, that bound is given up, and all
  begins again without it.
- *Measure.* Coverage, density, mass and base rate are those on draws of odd hypercubes. If the interval of the density
  there does not lie above the base rate, there is no condition: a box without bounds.

Source: Friedman & Fisher (1999), Bump hunting in high-dimensional data, Statistics and Computing 9, 123-143, where the
mean of the box says what is pasted and the user which box is taken; quasi-p-values: Bryant & Lempert (2010), Thinking
inside the box, Technological Forecasting and Social Change 77, 34-49.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import numpy as np

from supplychain.stats.draws import ordered
from supplychain.stats.drivers import first_order_shares
from supplychain.stats.estimates import Estimate, probability_by_cube

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supplychain.stats.draws import Bools, Floats, Ints

ALPHA: Final = 0.05
"""Share of the draws of a box that one peel cuts off, or one paste adds: patient, as Friedman and Fisher advise."""

MAX_FACTORS: Final = 4
"""Most factors that a box has bounds of, unless another number is asked for: what a reader keeps in mind."""

SCREENED: Final = 12
"""Factors that are looked at, three for each that a box may have: among hundreds some cut as well by luck as those that
matter, and would take their places. Looking at all of 190 found no better boxes, and took 40 times as long."""

LEAST_IN_BOX: Final = 10
"""Draws that find a box below which nothing more is peeled: fewer say nothing of a density."""

QUASI_P: Final = 0.05
"""Largest quasi-p-value of a bound that matters, as Bryant and Lempert have it. It takes no account of how many bounds
were looked at; dividing it by their number lost up to a third of phi on made-up cases in which five factors or more
matter, and gained next to nothing: what is due to chance fails on the draws that measure the box."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The bounds of a factor in a box, in units of the standard normal; None where it has none on that side."""

    factor: str
    low: float | None
    high: float | None

    @property
    def low_percentile(self) -> float | None:
        """The lower bound as a percentile of the factor, 0 to 100."""
        return _percentile(self.low)

    @property
    def high_percentile(self) -> float | None:
        """The upper bound as a percentile of the factor, 0 to 100."""
        return _percentile(self.high)


@dataclass(frozen=True, slots=True)
class Condition:
    """A box, by factor name, and what it is worth on draws that did not find it. No limits: there is no condition.

    `density` is the share, of the draws in the box, in which it happens, with standard error and interval; `coverage`
    the share in the box of the draws in which it happens, not a number if there is none; `mass` the share of draws in
    the box; `base_rate` the share of draws in which it happens; `draws` how many draws measured it.
    """

    limits: tuple[Limit, ...]
    density: Estimate
    coverage: float
    mass: float
    base_rate: float
    draws: int


def conditions(
    scores: Floats, names: Sequence[str], inside: Bools, cube: Ints, max_factors: int = MAX_FACTORS
) -> Condition:
    """Return the box of at most so many factors in which something happens more often than elsewhere.

    `scores` has shape (N, D), in units of the standard normal, `names` are those of the D factors, `inside` and `cube`
    have shape (N,): whether it happens in the draw, and the number of its hypercube. Nothing is drawn at random, and
    the order of draws and of factors changes nothing.

    Raises: ValueError if these do not fit, a name is there twice, a score is not finite, or there are not two
    hypercubes or more with an even number, and two with an odd one.
    Source: that of this module.
    """
    draws, factors = ordered(scores, names)
    if inside.shape != draws.shape or cube.shape != draws.shape:
        message = f"inside of shape {inside.shape} and cube of shape {cube.shape} do not fit {len(draws)} draws"
        raise ValueError(message)
    x, inside, cube = scores[np.ix_(draws, factors)], inside[draws].astype(bool), cube[draws]
    odd = cube % 2 == 1
    if min(len(np.unique(cube[odd])), len(np.unique(cube[~odd]))) < 2:  # noqa: PLR2004 - an error needs two
        message = "less than two hypercubes with an even number, or with an odd one"
        raise ValueError(message)
    shares = first_order_shares(x[~odd], inside[~odd])
    screened = np.argsort(-shares, kind="stable")[:SCREENED]
    x = x[:, screened]
    box = _found(x[~odd], inside[~odd], max_factors)
    in_box = box.holds(x[odd])
    measured = _measured(in_box, inside[odd], cube[odd])
    if not in_box.any() or not measured.density.low > measured.base_rate:
        return _measured(np.ones_like(in_box), inside[odd], cube[odd])
    limits = (
        Limit(names[factors[screened[column]]], *map(_finite, box.ends[:, column].tolist()))
        for column in np.flatnonzero(box.bounded)
    )
    return replace(measured, limits=tuple(sorted(limits, key=lambda limit: limit.factor)))


def _measured(in_box: Bools, inside: Bools, cube: Ints) -> Condition:
    """Return what a box is worth on some draws, without its limits."""
    total = int(inside.sum())
    return Condition(
        limits=(),
        density=probability_by_cube(np.where(in_box, inside, math.nan), cube),
        coverage=int((in_box & inside).sum()) / total if total else math.nan,
        mass=float(in_box.mean()),
        base_rate=float(inside.mean()),
        draws=len(inside),
    )


@dataclass(frozen=True, slots=True)
class _Box:
    """The lower and the upper ends of a box, shape (2, columns); infinite where it has none.

    A bound is one of them that is finite: a side, 0 or 1, and a column.
    """

    ends: Floats

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """The side and the column of each bound."""
        return [(side, column) for side, column in np.argwhere(np.isfinite(self.ends)).tolist()]

    @property
    def bounded(self) -> Bools:
        """Which columns have a bound."""
        bounded: Bools = np.logical_or.reduce(np.isfinite(self.ends), axis=0)
        return bounded

    def holds(self, x: Floats) -> Bools:
        """Return which rows are in the box."""
        low, high = self.ends
        held: Bools = np.logical_and.reduce((low < x) & (x < high), axis=1)
        return held

    def moved(self, side: int, column: int, end: float) -> _Box:
        """Return the box with another end."""
        ends = self.ends.copy()
        ends[side, column] = end
        return _Box(ends)

    def opened(self, side: int, column: int) -> _Box:
        """Return the box without one bound."""
        return self.moved(side, column, (-math.inf, math.inf)[side])


def _found(x: Floats, inside: Bools, max_factors: int) -> _Box:
    """Return the box whose every bound matters, from some columns of draws."""
    allowed = np.ones((2, x.shape[1]), dtype=bool)
    while True:
        trajectory = _peeled(x, inside, allowed, max_factors)
        box = _pasted(max(trajectory, key=lambda box: _phi(box.holds(x), inside)), x, inside)
        quasi_p = {bound: _quasi_p(box, bound, x, inside) for bound in box.bounds}
        worst = max(quasi_p, key=quasi_p.__getitem__, default=None)
        if worst is None or quasi_p[worst] <= QUASI_P:
            return box
        allowed[worst] = False


def _peeled(x: Floats, inside: Bools, allowed: Bools, max_factors: int) -> Iterator[_Box]:
    """Yield the boxes of the trajectory, the one without bounds first; `allowed` has the sides that may be peeled."""
    box = _Box(np.repeat([[-math.inf], [math.inf]], x.shape[1], axis=1))
    while True:
        yield box
        within = box.holds(x)
        count = int(within.sum())
        cut = max(int(ALPHA * count), 1)
        free = allowed & box.bounded if box.bounded.sum() >= max_factors else allowed
        if count - cut < LEAST_IN_BOX or not free.any():
            return
        happens = inside[within][np.argsort(x[within], axis=0)]
        lost = np.stack([happens[:cut].sum(axis=0), happens[-cut:].sum(axis=0)])
        lost = np.where(free, lost, count).T  # by column, and then by side
        column, side = divmod(int(lost.argmin()), 2)
        kept = np.sort(x[within, column])
        edge = count - cut if side else cut
        box = box.moved(side, column, float(kept[edge - 1 : edge + 1].mean()))


def _pasted(box: _Box, x: Floats, inside: Bools) -> _Box:
    """Return a box with its bounds moved outwards, one step after the other, as long as that raises phi."""
    while True:
        wider = [_widened(box, x, *bound) for bound in box.bounds]
        best = max([box, *wider], key=lambda box: _phi(box.holds(x), inside))
        if best is box:
            return box
        box = best


def _widened(box: _Box, x: Floats, side: int, column: int) -> _Box:
    """Return a box with one bound moved outwards over the nearest draws."""
    opened = box.opened(side, column)
    within = box.holds(x)
    outwards = 1 if side else -1
    beyond = np.sort(outwards * x[opened.holds(x) & ~within, column])
    step = max(int(ALPHA * within.sum()), 1)
    if len(beyond) <= step:
        return opened
    return box.moved(side, column, outwards * float(beyond[step - 1 : step + 1].mean()))


def _phi(in_box: Bools, inside: Bools) -> float:
    """Return the correlation of being in the box and being inside; 0 where one of them does not vary."""
    n, box, total = len(inside), int(in_box.sum()), int(inside.sum())
    scale = box * (n - box) * total * (n - total)
    return (int((in_box & inside).sum()) * n - box * total) / math.sqrt(scale) if scale else 0.0


def _quasi_p(box: _Box, bound: tuple[int, int], x: Floats, inside: Bools) -> float:
    """Return how likely so many draws of a box are inside by chance if a bound makes no difference."""
    without, within = inside[box.opened(*bound).holds(x)], inside[box.holds(x)]
    return _at_least(int(within.sum()), len(within), float(without.mean()))


def _at_least(successes: int, trials: int, p: float) -> float:
    """Return the probability of so many successes or more in independent trials."""
    if p >= 1 or successes == 0:
        return 1.0
    logs = (
        math.lgamma(trials + 1)
        - math.lgamma(k + 1)
        - math.lgamma(trials - k + 1)
        + k * math.log(p)
        + (trials - k) * math.log1p(-p)
        for k in range(successes, trials + 1)
    )
    return min(math.fsum(math.exp(log) for log in logs), 1.0)


def _finite(end: float) -> float | None:
    return float(end) if math.isfinite(end) else None


def _percentile(score: float | None) -> float | None:
    return None if score is None else 100 * NormalDist().cdf(score)
