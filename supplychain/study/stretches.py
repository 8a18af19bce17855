"""Where on a way a condition holds: a scan of points, and each change between neighbours located.

A way begins at 0, where nothing moved. Whether the condition holds is read point by point, and a point may also say by
how much an amount exceeds what is required: then ends are looked for along straight lines, else by halves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

from supplychain import limits
from supplychain.tolerances import LABEL_FOUND_WITHIN, LABELS_APART, STRETCH_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable

End: TypeAlias = Literal["case", "range", "met", "narrowed", "step", "no answer"]
"""How the end of a stretch is known: it is the case, or the end of what is searched; an amount meets exactly what is
required there; it was narrowed down between two places; it is a whole step, of which all were tried; or there is no
answer beyond it."""

ROUNDS = 60
"""Points that are tried, one after the other, to show that nothing narrower is hidden between those of a scan."""

_CHANGES = 200
"""Points that are tried between points of a scan at which other stages bind."""

_STALLED = 3
"""Of so many steps towards an end one at least halves what is left."""


@dataclass(frozen=True, slots=True)
class Point:
    """What is read at one place of a way."""

    holds: bool
    margin: float = math.nan
    """By how much amounts exceed what is required, the least of them; not a number where that does not decide."""
    label: str = ""
    """What binds, as far as it was read."""
    answered: bool = True


@dataclass(frozen=True, slots=True)
class Stretch:
    """From where to where conditions hold, and of each end how it is known and how near it they were seen to fail."""

    first: float
    last: float
    first_end: End
    last_end: End
    fails_before: float
    """The nearest place before it at which they do not hold; not a number if there is none."""
    fails_after: float


def spread(end: float, steps: int, *, rising: bool) -> list[float]:
    """Return how far along a way a scan looks: close near the case, and near its end where numbers fall to nothing.

    Where numbers rise, and may multiply, points are spread in logs.

    >>> spread(1.0, 2, rising=False)
    [0.4375, 1.0]
    """
    shares = [(n / steps) ** 2 for n in range(1, steps + 1)]
    points = [math.expm1(share * math.log1p(end)) if rising else (1 - (1 - share) ** 2) * end for share in shares]
    return [*points[:-1], end] if end > 0 else []


@dataclass
class Search:
    """The points of a way that were read, and what they say."""

    read: Callable[[float], Point]
    whole: bool = False
    """Whether the way has whole steps alone, all of which are read."""
    points: dict[float, Point] = field(default_factory=dict)

    def at(self, way: float) -> Point:
        """Return what is read at a place of the way."""
        if way not in self.points:
            limits.check()
            self.points[way] = self.read(way)
        return self.points[way]

    def scan(self, ways: list[float]) -> None:
        """Read the points of a scan, and those between neighbours at which other stages bind."""
        for way in ways:
            self.at(way)
        for _ in range(0 if self.whole else _CHANGES):
            apart = next((pair for pair in pairwise(sorted(self.points)) if self._hides_a_change(*pair)), None)
            if apart is None:
                return
            self.at(math.fsum(apart) / 2)

    def _hides_a_change(self, one: float, other: float) -> bool:
        """Whether something else may bind between two neighbours at which different stages bind."""
        here, there = self.points[one], self.points[other]
        return (
            here.holds == there.holds
            and here.label != there.label
            and here.answered
            and there.answered
            and other - one > LABELS_APART * (1 + other)
        )

    def hunt(self, *, for_holding: bool, rounds: int = ROUNDS) -> bool:
        """Look for where conditions hold, or do not, between points at which it is the other way round.

        The margin is taken for concave where one looks for where they hold, and for convex else; then what is found is
        all there is.

        Returns: whether some are found, or there can be none.
        """
        sign = -1.0 if for_holding else 1.0
        for _ in range(rounds):
            ways = sorted(self.points)
            heights = [sign * self.points[way].margin for way in ways]
            if any(map(math.isnan, heights)):
                return False
            if any(self.points[way].holds == for_holding for way in ways):
                return True
            lowest, where = min((_lowest(ways, heights, n) for n in range(len(ways) - 1)), default=(1.0, 0.0))
            if lowest > 0:
                return True
            if where in self.points:
                return False
            self.at(where)
        return False

    def locate(self) -> None:
        """Find where conditions begin or cease to hold, between all neighbours of which one meets them."""
        while not self.whole:
            ways = sorted(self.points)
            changes = [
                pair
                for pair in pairwise(ways)
                if self.points[pair[0]].holds != self.points[pair[1]].holds and self._width(*pair) > 1
            ]
            if not changes:
                return
            for one, other in changes:
                self._close(*((other, one) if self.points[one].holds else (one, other)))

    def _width(self, one: float, other: float) -> float:
        """Return how far two places are apart, in units of how finely an end is found."""
        return abs(other - one) / self._unit(one, other)

    def _unit(self, one: float, other: float) -> float:
        lined = not any(math.isnan(self.points[way].margin) for way in (one, other))
        return (STRETCH_FOUND_WITHIN if lined else LABEL_FOUND_WITHIN) * (1 + max(one, other))

    def _close(self, fails: float, holds: float) -> None:
        """Narrow down where conditions begin to hold, between where they do not and where they do."""
        weights, before, stalled = {True: 1.0, False: 1.0}, None, 0
        while self._width(fails, holds) > 1:
            width, step = abs(holds - fails), self._unit(fails, holds) / 2
            lacks, exceeds = (self.points[way].margin for way in (fails, holds))
            guess = math.fsum((fails, holds)) / 2
            if stalled < _STALLED and not math.isnan(lacks + exceeds):
                guess = _on_line(fails, holds, lacks * weights[False], exceeds * weights[True])
                low, high = sorted((fails, holds))
                guess = min(max(guess, low + step), high - step)
            side = self.at(guess).holds
            if side:
                holds = guess
            else:
                fails = guess
            weights[side] = 1.0
            weights[not side] = weights[not side] / 2 if before == side else 1.0
            before = side
            stalled = stalled + 1 if abs(holds - fails) > width / 2 and stalled < _STALLED else 0
        lacks, exceeds = (self.points[way].margin for way in (fails, holds))
        if exceeds > 0 and not math.isnan(lacks):
            self.at(_on_line(fails, holds, lacks, exceeds))

    def stretches(self) -> list[Stretch]:
        """Return where conditions hold, from the nearest on, once their ends are located."""
        ways = sorted(self.points)
        found: list[Stretch] = []
        n = 0
        while n < len(ways):
            if not self.points[ways[n]].holds:
                n += 1
                continue
            m = n
            while m + 1 < len(ways) and self.points[ways[m + 1]].holds:
                m += 1
            before, after = ways[n - 1] if n else math.nan, ways[m + 1] if m + 1 < len(ways) else math.nan
            first_end: End = "case" if n == 0 else self._end(ways[n], before)
            last_end: End = "range" if math.isnan(after) else self._end(ways[m], after)
            found.append(Stretch(ways[n], ways[m], first_end, last_end, before, after))
            n = m + 1
        return found

    def _end(self, holds: float, fails: float) -> End:
        """Return how an end is known, between where conditions hold and where they do not."""
        if self.whole:
            return "step"
        if not self.points[fails].answered:
            return "no answer"
        return "met" if self.points[holds].margin == 0 else "narrowed"


def _on_line(fails: float, holds: float, lacks: float, exceeds: float) -> float:
    """Return where the straight line between what is lacking and what is exceeded is 0."""
    return fails + (holds - fails) * (-lacks / (exceeds - lacks) if exceeds > lacks else 0.5)


def _lowest(ways: list[float], heights: list[float], n: int) -> tuple[float, float]:
    """Return how low a convex function can be between two of its points, and where to look.

    It lies above the chords of the points before and behind, drawn on.
    """
    (left, right), (here, there) = ways[n : n + 2], heights[n : n + 2]
    falls = (here - heights[n - 1]) / (left - ways[n - 1]) if n else -math.inf
    rises = (heights[n + 2] - there) / (ways[n + 2] - right) if n + 2 < len(ways) else math.inf
    if falls >= 0 or rises <= 0:
        return min(here, there), left
    if math.isinf(falls) or math.isinf(rises):
        low = (there - rises * (right - left)) if math.isinf(falls) else (here + falls * (right - left))
        return (-math.inf if math.isinf(low) else min(low, here, there)), (left + right) / 2
    where = (there - rises * right - here + falls * left) / (falls - rises)
    return min(here + falls * (where - left), here, there), min(max(where, left), right)
