"""Ranges of linear quantities: what any plan reaches, what meeting one costs, and irreducible sets, on random LPs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from effort import THOROUGH
from lps import INFINITY, Written
from scipy.optimize import linprog

from supplychain import lp
from supplychain.lp.attain import AT_LEAST, AT_MOST


def random_lp(seed: int) -> tuple[Written, list[lp.Range], dict[str, lp.Limit]]:
    """Six columns under five upper limits and three bounds, all named, and four ranges, of which one is a ratio.

    Of every other seed two ranges have one end, and one of them falls as columns rise.
    """
    random = np.random.default_rng(seed)
    matrix = random.integers(0, 4, (5, 6)).astype(float) + np.eye(5, 6)
    upper, column_upper = random.integers(4, 12, 5).astype(float), np.full(6, INFINITY)
    column_upper[:3] = random.integers(1, 6, 3)
    written = Written(
        cost=-random.integers(1, 6, 6).astype(float),
        matrix=matrix,
        lower=np.full(5, -INFINITY),
        upper=upper,
        column_lower=np.zeros(6),
        column_upper=column_upper,
        offset=7.0,
    )
    ranges = []
    for n in range(4):
        over = {j: float(random.integers(1, 4)) for j in random.choice(6, 3, replace=False).tolist()}
        low = float(random.uniform(0.5, 6))
        ranges.append(lp.Range(lp.Linear(over, 0.5), low, low + 1.0))
        if seed % 2 and n == 1:
            ranges[n] = replace(ranges[n], high=INFINITY)
        if seed % 2 and n == 2:
            falls = lp.Linear({j: -entry for j, entry in over.items()}, 0.5)
            ranges[n] = replace(ranges[n], over=falls, low=-INFINITY)
        if n == 3:
            ranges[n] = lp.Range(lp.Linear(over), 0.5, 0.6, lp.Linear(dict.fromkeys(range(6), 3.0), 1.0))
    named = {f"row {i}": lp.Limit(rows=[i]) for i in range(5)} | {"bounds": lp.Limit(columns=[0, 1, 2])}
    return written, ranges, named


def keeps(written: Written, ranges: list[lp.Range], sides: list[int], kept: set[str]) -> bool:
    """Whether some x keeps some sides and some limits, by another solver."""
    rows = [i for i in range(5) if f"row {i}" in kept]
    matrix, upper = [written.matrix[i] for i in rows], [written.upper[i] for i in rows]
    for k in sides:
        asked, sign = ranges[k // 2], 1.0 if k % 2 == AT_MOST else -1.0
        end = asked.ends[k % 2]
        if np.isinf(end):
            continue
        side = asked.over.minus(end, asked.under)
        matrix.append(sign * np.array([side.terms.get(j, 0.0) for j in range(6)]))
        upper.append(-sign * side.constant)
    most = written.column_upper if "bounds" in kept else np.full(6, INFINITY)
    bounds = [(0, None if np.isinf(x) else x) for x in most]
    found = linprog(np.zeros(6), A_ub=np.array(matrix), b_ub=np.array(upper), bounds=bounds)
    return bool(found.status == 0)


@pytest.mark.parametrize("seed", range(60 if THOROUGH else 20))
def test_sets_are_irreducible_and_ranges_are_met_or_not(seed: int) -> None:
    """Against another solver, member by member. Catches a set too large or none, a range that is met and said not to
    be, and a ratio whose reach stops too early.
    """
    written, ranges, named = random_lp(seed)
    ask = lp.Ranges(written.labelled(), ranges, named)
    x = ask.best.x
    for n, asked in enumerate(ranges):
        if asked.meets(x):
            continue
        reach = ask.reach(n, asked.of(x))
        assert reach.met == keeps(written, ranges, [2 * n, 2 * n + 1], set(named)), n
        if reach.met:
            assert ask.cheapest(n).objective >= ask.best.objective - 1e-9
    sides = list(range(8))
    outside = ask.distances(sides)
    assert bool(outside) != keeps(written, ranges, sides, set(named))
    if not outside:
        return
    found = ask.excluded(sides)
    members: list[int | str] = [*found.sides, *found.limits]
    for some in combinations(members, len(members) - 1):
        assert keeps(written, ranges, [k for k in some if isinstance(k, int)], {s for s in some if isinstance(s, str)})
    assert not keeps(written, ranges, list(found.sides), set(found.limits))
    assert set(found.sides) & set(outside)


def test_a_limit_moves_alone_as_far_as_it_must() -> None:
    """Of x + y <= 4, x <= 3 and y <= 2 (one limit with x), 5 of x + y needs 5 of the first and is never met by the
    second alone. Catches the move of a limit in the place of where it ends, and an answer that is only a price.
    """
    written = Written(
        cost=np.array([-1.0, -1.0]),
        matrix=np.array([[1.0, 1.0]]),
        lower=np.array([-INFINITY]),
        upper=np.array([4.0]),
        column_lower=np.zeros(2),
        column_upper=np.array([3.0, 2.0]),
    )
    ranges = [lp.Range(lp.Linear({0: 1.0, 1: 1.0}), 5.0, 6.0)]
    named = {"both": lp.Limit(rows=[0]), "each": lp.Limit(columns=[0, 1])}
    ask = lp.Ranges(written.labelled(), ranges, named)
    reach = ask.reach(0, 4.0)
    assert (reach.met, reach.value) == (False, pytest.approx(4.0))
    assert ask.held_back_by(0, reach) == {"both": pytest.approx(0.04)}
    assert ask.needed(0, AT_LEAST, "both") == pytest.approx(5.0)
    assert ask.needed(0, AT_LEAST, "each") == INFINITY
    assert ask.excluded([0, 1]) == lp.Excluded((0,), ("both",))


def test_what_grows_without_end_is_met() -> None:
    """Nothing limits y: it reaches any range, and a ratio over x + y nears 1 without end."""
    written = Written(
        cost=np.array([1.0, 1.0]),
        matrix=np.array([[1.0, 0.0]]),
        lower=np.array([-INFINITY]),
        upper=np.array([4.0]),
        column_lower=np.zeros(2),
        column_upper=np.full(2, INFINITY),
    )
    both = lp.Linear({0: 1.0, 1: 1.0}, 1.0)
    ranges = [lp.Range(lp.Linear({1: 1.0}), 50.0, 60.0), lp.Range(lp.Linear({1: 1.0}), 0.5, 0.9, both)]
    ask = lp.Ranges(written.labelled(), ranges, {})
    assert ask.reach(0, 0.0).met
    assert ask.reach(1, 0.0).met
    assert ask.cheapest(1).objective == pytest.approx(1.0)
