"""Everything that can be asked of a larger LP, compared with finite moves of its limits, solved by others."""

from __future__ import annotations

import math
import random
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pytest
from lps import INFINITY

from supplychain import lp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OtherSolver:
    """The same LP in solvers that know nothing of the one that is asked.

    Each move is solved by a new solver, from where one of their own ended that had begun with nothing: any start is
    right, and this one is near.
    """

    def __init__(self, problem: lp.LabelledLP) -> None:
        self.problem = problem
        highs = self._new()
        highs.run()
        assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        self.optimum = float(highs.getInfo().objective_function_value)
        """In the sense of a minimisation."""
        self._basis = highs.getBasis()

    def _new(self) -> highspy.Highs:
        highs = highspy.Highs()
        for option, value in (("output_flag", False), ("random_seed", 11), ("primal_feasibility_tolerance", 1e-9)):
            highs.setOptionValue(option, value)
        highs.passModel(self.problem.highs.getLp())
        return highs

    def moved(self, direction: Mapping[object, float], by: float) -> float:
        """Return the optimum after a move of limits, in the sense of a minimisation; infinite if there is none."""
        highs, problem = self._new(), self.problem
        highs.setBasis(self._basis)
        for label, step in direction.items():
            i = problem.row[label]
            lower, upper = problem.row_lower[i], problem.row_upper[i]
            down = step * by if lower == upper else -step * by
            highs.changeRowBounds(i, lower + down, upper + step * by)
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return INFINITY
        assert status == highspy.HighsModelStatus.kOptimal
        return float(highs.getInfo().objective_function_value)


def sample(problem: lp.LabelledLP, tight: int, tied: int, slack: int, every: int = 1) -> list[object]:
    """Some rows of a solved LP, always the same: at their limit, of these some with no gain and a loss, and slack.

    To take less time, only every so-many-th row is looked at.
    """
    rows = list(problem.row)[::every]
    activity = problem.activity(lp.solve(problem).primal.to_numpy())
    near = np.minimum(problem.row_upper - activity, activity - problem.row_lower) <= 1e-7 * (1 + np.abs(activity))
    prices = lp.two_sided_prices(problem, rows)
    even = (problem.row_lower < problem.row_upper)[::every] & (prices["gain"] == 0) & (prices["loss"] > 0)
    draw = random.Random(1)
    chosen = []
    for kind, count in ((near[::every] & ~even, tight), (even, tied), (~near[::every], slack)):
        of_kind = [label for label, is_one in zip(rows, kind, strict=True) if is_one]
        chosen += draw.sample(of_kind, min(count, len(of_kind)))
    return chosen


def asked(problem: lp.LabelledLP, rows: Sequence[object], direction: Mapping[object, float], up_to: float) -> None:
    """Ask everything of some rows of a larger LP, and compare with finite moves that a new solver solves."""
    other = OtherSolver(problem)
    duals = lp.solve(problem).duals
    prices, ranges = lp.two_sided_prices(problem, rows), lp.allowable_ranges(problem, rows)
    for label in rows:
        i = problem.row[label]
        low, high = ranges.loc[[label]].to_numpy()[0]
        gain, loss = prices.loc[[label]].to_numpy()[0]
        within = 1e-9 * max(1.0, abs(gain))
        assert gain - within <= duals.loc[[label]].to_numpy()[0] <= loss + within
        limit = problem.row_upper[i] if math.isfinite(problem.row_upper[i]) else problem.row_lower[i]
        relaxed, tightened = (
            (high - limit, limit - low) if limit == problem.row_upper[i] else (limit - low, high - limit)
        )
        straight(other, {label: +1.0}, gain, relaxed)
        straight(other, {label: -1.0}, -loss, tightened)
    _follows(other, direction, up_to)
    together(other, rows)


def straight(other: OtherSolver, direction: Mapping[object, float], price: float, reach: float) -> None:
    """Assert by finite moves that what a direction is worth holds up to its reach, and not 2 % beyond."""
    here = other.optimum
    scale = max(1.0, abs(here))

    def off(by: float) -> float:
        return (other.moved(direction, by) - (here - price * by)) / scale

    if math.isinf(price):
        assert other.moved(direction, 1e-3) == INFINITY
        return
    far = min(reach, 1e4)
    rounding = [off(share * far) for share in (0.3, 0.5, 0.9, 1.0)]
    assert rounding == pytest.approx([0] * 4, abs=1e-8)
    if math.isfinite(reach):
        assert off(1.02 * reach + 1e-3) > max(1e-13, *(10 * abs(x) for x in rounding))


def follows(problem: lp.LabelledLP, direction: Mapping[object, float], up_to: float, most: int = 12) -> None:
    """Ask for a value curve, and compare it with finite moves that a new solver solves."""
    _follows(OtherSolver(problem), direction, up_to, most)


def _follows(other: OtherSolver, direction: Mapping[object, float], up_to: float, most: int = 12) -> None:
    """Assert by finite moves that a value curve has the right value at and between its breakpoints, and misses none.

    Of a curve with many breakpoints, `most` segments are looked at: some spread over all of it.
    """
    problem = other.problem
    curve = lp.value_curve(problem, direction, up_to)
    assert curve["from"].iloc[0] == 0
    assert curve["to"].iloc[-1] == up_to
    assert curve["from"].tolist()[1:] == curve["to"].tolist()[:-1]
    assert (problem.sign * np.diff(curve["slope"]) > 0).all()
    chosen = np.unique(np.linspace(0, len(curve) - 1, most).astype(int))
    for begin, end, slope, value in curve.iloc[chosen].itertuples(index=False):
        last = min(end, begin + 1e6)
        if math.isinf(slope):
            assert other.moved(direction, (begin + last) / 2) == INFINITY
            continue
        for at in (begin, (begin + last) / 2, last):
            expected = problem.sign * (value + slope * (at - begin))
            assert other.moved(direction, at) == pytest.approx(expected, rel=1e-8)


def together(other: OtherSolver, rows: Sequence[object], size: int = 3) -> None:
    """Assert by finite moves that a set of limits gains if and only if it holds one of the joint sets.

    Only limits with a loss can be part of one, and those with a gain are none; all sets of the others are tried.
    """
    problem, here = other.problem, other.optimum
    found = lp.joint_sets(problem, rows)
    scale = max(1.0, abs(here))
    prices = lp.two_sided_prices(problem, rows)
    tied = [
        label
        for label, gain, loss in prices.itertuples()
        if gain == 0 and loss > 0 and problem.row_lower[problem.row[label]] < problem.row_upper[problem.row[label]]
    ]

    @cache
    def gains(chosen: frozenset[object]) -> bool:
        return here - other.moved(dict.fromkeys(chosen, 1.0), 1.0) > 1e-9 * scale

    for members in found:
        assert gains(members)
        for one in members:
            assert not gains(members - {one})
    for count in range(1, size + 1):
        for chosen in map(frozenset, combinations(tied, count)):
            assert gains(chosen) == any(members <= chosen for members in found)
