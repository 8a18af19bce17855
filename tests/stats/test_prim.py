"""Boxes that are known are found, on draws that measure them; noise has none."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypercubes import CUBE, hypercubes, shuffled
from scipy import stats
from scipy.special import ndtr, ndtri

from supplychain.stats import prim
from supplychain.stats.prim import Limit, conditions

if TYPE_CHECKING:
    from supplychain.stats.prim import Condition

NAMES = [f"factor {n:02}" for n in range(20)]


def found(scores: np.ndarray, inside: np.ndarray, max_factors: int = 4) -> Condition:
    names = NAMES[: scores.shape[1]]
    return conditions(scores, names, inside, np.arange(len(scores)) // CUBE, max_factors)


def percentiles(condition: Condition) -> dict[str, tuple[float | None, float | None]]:
    return {limit.factor: (limit.low_percentile, limit.high_percentile) for limit in condition.limits}


def correlation(density: float, mass: float, base: float) -> float:
    return (density - base) * math.sqrt(mass / (1 - mass) / base / (1 - base))


@pytest.mark.parametrize("seed", range(5))
def test_a_box_of_two_factors_among_twenty(seed: int) -> None:
    """It happens where one factor is above its percentile 50 and another below 40; the second has the larger share.

    Bug: the first peels, at which many factors cut alike, take the places of those that matter; a bound ends at the
    last draw outside; factors are not sorted by name.
    """
    scores = hypercubes(seed, 50, 20)
    condition = found(scores, (scores[:, 3] > 0) & (scores[:, 7] < ndtri(0.4)))
    bounds = percentiles(condition)
    assert list(bounds) == ["factor 03", "factor 07"]
    assert bounds["factor 03"] == (pytest.approx(50, abs=10), None)
    assert bounds["factor 07"] == (None, pytest.approx(40, abs=10))
    assert condition.density.value > 0.85
    assert condition.coverage > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_a_box_with_two_bounds_of_a_factor(seed: int) -> None:
    """Bug: a factor that is in the middle has one bound, or none."""
    scores = hypercubes(seed, 50, 20)
    u = ndtr(scores)
    condition = found(scores, (u[:, 2] > 0.3) & (u[:, 2] < 0.7) & (u[:, 5] < 0.6))
    bounds = percentiles(condition)
    assert bounds["factor 02"] == (pytest.approx(30, abs=10), pytest.approx(70, abs=10))
    assert bounds["factor 05"] == (None, pytest.approx(60, abs=10))
    assert min(condition.density.value, condition.coverage) > 0.85


@pytest.mark.parametrize("seed", range(3))
def test_a_rare_box_and_a_common_one(seed: int) -> None:
    """What happens in 4 % of draws, and what happens in 96 %.

    Bug: boxes of less than 5 % are not looked at; or a score that is large where all is inside, as the mean of coverage
    and density, takes no box at all for what is common.
    """
    scores = hypercubes(seed, 50, 20)
    rare = (scores[:, 3] > ndtri(0.8)) & (scores[:, 7] < ndtri(0.2))
    condition = found(scores, rare)
    assert set(percentiles(condition)) == {"factor 03", "factor 07"}
    assert condition.density.value > 0.7
    common = found(scores, scores[:, 3] > ndtri(0.04))
    assert percentiles(common) == {"factor 03": (pytest.approx(4, abs=3), None)}
    assert common.density.value > 0.99


def test_a_product_has_nearly_the_best_box_there_is() -> None:
    """Where x y + 0.2 z is above 0.5, of uniform numbers: against the best box of two lower bounds, of all on a grid.

    The best is looked for on the very draws that measure, so that nothing comes up to it; in the mean of six studies
    the correlation is above 90 % of it. Bug: peeling goes on past the best box. Source: the example of
    github.com/Project-Platypus/PRIM.
    """
    shares = []
    odd = np.arange(400) // CUBE % 2 == 1
    for seed in range(6):
        scores = hypercubes(seed, 20, 20)
        u = ndtr(scores)
        inside = u[:, 0] * u[:, 1] + 0.2 * u[:, 2] > 0.5
        condition = found(scores, inside)
        assert {"factor 00", "factor 01"} <= set(percentiles(condition))
        x, y, happens = u[odd, 0], u[odd, 1], inside[odd]
        grid = np.linspace(0.2, 0.8, 16)
        boxes = [(x > a) & (y > b) for a in grid for b in grid]
        best = max(correlation(happens[box].mean(), box.mean(), happens.mean()) for box in boxes)
        shares.append(correlation(condition.density.value, condition.mass, condition.base_rate) / best)
    assert np.mean(shares) > 0.9


def test_a_slanted_plane_has_a_box_of_at_most_four_factors() -> None:
    """Where the sum of six factors is high no box is exact, and more factors would help.

    Bug: a fifth factor gets a bound; a limit of two is not kept; what was found is no better than nothing.
    """
    scores = hypercubes(2, 100, 20)
    inside = scores[:, :6].sum(axis=1) > 2.5
    four, two = found(scores, inside), found(scores, inside, max_factors=2)
    assert 3 <= len(four.limits) <= 4
    assert len(two.limits) == 2
    for condition in (four, two):
        assert set(percentiles(condition)) <= set(NAMES[:6])
        assert condition.density.low > 1.5 * condition.base_rate
        assert all(limit.low is not None and limit.high is None for limit in condition.limits)


def test_the_measure_is_that_of_odd_hypercubes() -> None:
    """Bug: coverage, density or mass are those of all draws, or of those that found the box."""
    scores = hypercubes(3, 20, 5)
    inside = (scores[:, 0] > 0.3) & (np.random.default_rng(0).random(400) < 0.8)
    condition = found(scores, inside)
    odd = np.arange(400) // CUBE % 2 == 1
    (limit,) = condition.limits
    assert limit.low is not None
    in_box = scores[odd, 0] > limit.low
    assert condition.draws == 200
    assert condition.density.value == pytest.approx(inside[odd][in_box].mean())
    assert condition.coverage == pytest.approx(in_box[inside[odd]].mean())
    assert condition.mass == in_box.mean()
    assert condition.base_rate == inside[odd].mean()
    hits, counts = (part.reshape(10, CUBE).sum(axis=1) for part in (inside[odd] & in_box, in_box))
    residuals = (hits - condition.density.value * counts) / counts.mean()
    assert condition.density.standard_error == pytest.approx(residuals.std(ddof=1) / math.sqrt(10))


def test_odd_hypercubes_do_not_find_the_box() -> None:
    """It happens where a factor is high, in odd hypercubes alone, and by chance in the others; or the other way round.

    Bug: all draws find the box, so that it is measured on draws that it was fitted to.
    """
    scores = hypercubes(3, 20, 5)
    odd = np.arange(400) // CUBE % 2 == 1
    by_factor, by_chance = scores[:, 0] > 0.5, np.random.default_rng(0).random(400) < 0.3
    assert found(scores, np.where(odd, by_factor, by_chance)).limits == ()
    assert found(scores, np.where(odd, by_chance, by_factor)).limits == ()
    assert found(scores, by_factor).limits


def test_the_trajectory_is_patient() -> None:
    """Bug: a peel cuts off 5 % of all draws and not of the box, or a fifth factor, or the last box is empty."""
    scores = hypercubes(3, 20, 8)
    inside = scores.sum(axis=1) > 2
    boxes = list(prim._peeled(scores, inside, np.ones((2, 8), dtype=bool), 4))  # noqa: SLF001 - not to be seen otherwise
    counts = [int(box.holds(scores).sum()) for box in boxes]
    assert counts[0] == 400
    assert all(after == before - max(before // 20, 1) for before, after in pairwise(counts))
    assert counts[-1] == prim.LEAST_IN_BOX
    assert [box.bounded.sum() for box in boxes[-20:]] == [4] * 20


def test_pasting_gives_back_what_was_cut_too_much() -> None:
    """Bug: bounds are never moved outwards, or past the place where it stops to happen, or all at once."""
    scores = hypercubes(3, 20, 3)
    inside = (scores[:, 0] > 0) & (scores[:, 1] < 0.5)
    narrow = prim._Box(np.array([[0.8, -1.5, -1.0], [math.inf, -0.2, math.inf]]))  # noqa: SLF001 - as above
    low, high = prim._pasted(narrow, scores, inside).ends  # noqa: SLF001 - as above
    assert low[0] == pytest.approx(0, abs=0.15)
    assert high[1] == pytest.approx(0.5, abs=0.15)
    assert not np.isfinite([low[1], low[2], high[0], high[2]]).any()


def test_noise_has_no_condition() -> None:
    """Of 60 studies at most as many show one as a probability of 5 % makes likely, and a box without bounds is all.

    Bug: density is measured on draws that found the box, and nearly every study shows a condition.
    """
    shown = 0
    for seed in range(60):
        inside = np.random.default_rng(10_000 + seed).random(200) < 0.3
        condition = found(hypercubes(seed, 10, 5), inside)
        if condition.limits:
            shown += 1
            continue
        assert condition.density.value == condition.base_rate
        assert (condition.coverage, condition.mass) == (1, 1)
    assert shown <= stats.binom.ppf(0.999, 60, 0.05)


def test_a_box_from_noise_is_worth_nothing_on_other_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every bound kept, the density of boxes found in noise is the base rate, on draws that did not find them.

    Bug: draws that find the box are among those that measure it. Two errors hold 95 % of the differences; of 30, 25 at
    least, which 99.9 % of such studies have.
    """
    monkeypatch.setattr(prim, "QUASI_P", 1.0)
    within = 0
    for seed in range(30):
        scores = hypercubes(seed, 20, 5)
        inside = np.random.default_rng(20_000 + seed).random(400) < 0.3
        even = np.arange(400) // CUBE % 2 == 0
        box = prim._found(scores[even], inside[even], 4)  # noqa: SLF001 - what is thrown away is looked at
        measured = prim._measured(box.holds(scores[~even]), inside[~even], np.arange(400)[~even] // CUBE)  # noqa: SLF001
        assert box.bounds
        binomial = math.sqrt(0.3 * 0.7 / max(200 * measured.mass, 1))
        within += abs(measured.density.value - measured.base_rate) < 2 * max(measured.density.standard_error, binomial)
    assert within >= 25


@pytest.mark.parametrize("happens", [True, False])
def test_what_always_or_never_happens_has_no_condition(*, happens: bool) -> None:
    """Bug: a division by 0, or a box of those draws that happen to be left."""
    condition = found(hypercubes(0, 10, 5), np.full(200, happens))
    assert condition.limits == ()
    assert condition.base_rate == happens
    assert math.isnan(condition.coverage) if not happens else condition.coverage == 1


def test_the_order_of_factors_and_of_draws_changes_nothing() -> None:
    """Bug: a tie goes to the first column, or hypercubes are told by their place."""
    scores = hypercubes(4, 20, 6)
    inside = (scores[:, 1] > 0) & (scores[:, 4] + 0.3 * scores[:, 2] < 0)
    cube = np.arange(400) // CUBE
    expected = conditions(scores, NAMES[:6], inside, cube)
    assert len(expected.limits) > 1
    for draws in (shuffled(0, 20), np.random.default_rng(1).permutation(400)):
        factors = np.random.default_rng(2).permutation(6)
        names = [NAMES[d] for d in factors]
        assert conditions(scores[np.ix_(draws, factors)], names, inside[draws], cube[draws]) == expected


def test_quasi_p_is_the_tail_of_a_binomial() -> None:
    """Bug: the tail is that above the successes, or that below them."""
    for successes, trials, p in (
        (0, 10, 0.3),
        (3, 10, 0.3),
        (10, 10, 0.3),
        (90, 100, 0.8),
        (5, 5, 1.0),
        (400, 500, 0.1),
    ):
        expected = stats.binom.sf(successes - 1, trials, p)
        assert prim._at_least(successes, trials, p) == pytest.approx(expected, rel=1e-9)  # noqa: SLF001 - a formula


def test_percentiles_of_a_bound() -> None:
    """Bug: a side without a bound is 0 or 100, or a percentile is a share."""
    limit = Limit("a", None, ndtri(0.9))
    assert limit.low_percentile is None
    assert limit.high_percentile == pytest.approx(90)


def test_what_does_not_fit_is_refused() -> None:
    """Bug: draws of another study are taken without a word, or one hypercube has an error."""
    scores = hypercubes(10, 4, 2)
    inside, cube = scores[:, 0] > 0, np.arange(4 * CUBE) // CUBE
    with pytest.raises(ValueError, match=r"inside of shape \(20,\) and cube of shape \(80,\) do not fit 80 draws"):
        conditions(scores, ["a", "b"], inside[:CUBE], cube)
    with pytest.raises(ValueError, match="less than two hypercubes with an even number, or with an odd one"):
        conditions(scores, ["a", "b"], inside, 2 * cube)
