"""Both ends of linear quantities over all plans of an LP, against a solve of each end by another solver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from effort import THOROUGH
from lps import INFINITY, Written
from scipy.optimize import linprog

from supplychain import lp
from supplychain.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp import Linear


def drawn(seed: int) -> tuple[Written, list[Linear]]:
    """Return an LP of eight columns, of which the last stands in no row and every other of the rest has an upper bound.

    And ten quantities, with entries of either sign, three of them single columns and one of nothing but a constant.
    """
    random = np.random.default_rng(seed)
    matrix = random.integers(0, 4, (5, 8)) + np.eye(5, 8)
    matrix[random.integers(0, 5, 8), range(8)] += 1.0
    matrix[:, 7] = 0.0
    column_upper = np.full(8, INFINITY)
    column_upper[:7:2] = random.integers(1, 6, 4)
    written = Written(
        cost=-random.integers(1, 6, 8).astype(float) * (np.arange(8) < 7),
        matrix=matrix.astype(float),
        lower=np.full(5, -INFINITY),
        upper=random.integers(4, 12, 5).astype(float),
        column_lower=np.zeros(8),
        column_upper=column_upper,
        offset=3.0,
    )
    quantities = [lp.Linear({j: 1.0}) for j in random.choice(7, 3, replace=False).tolist()]
    for _ in range(6):
        columns = random.choice(7, 3, replace=False).tolist()
        quantities.append(lp.Linear({j: float(random.integers(1, 4) * random.choice([-1, 1])) for j in columns}, 0.5))
    return written, [*quantities, lp.Linear({}, 2.5)]


def ends_of(written: Written, quantities: Sequence[Linear]) -> tuple[list[tuple[float, float]], lp.Extremes]:
    """Ask from the optimum of the LP."""
    stated = written.labelled()
    optimum = lp.optimum_of(stated, what="a drawn LP")
    asked = lp.Extremes(stated, quantities, optimum.x, optimum.basis, what="a drawn LP")
    return list(asked.ends()), asked


@pytest.mark.parametrize("seed", range(100 if THOROUGH else 25))
def test_each_end_is_that_of_a_solve(seed: int) -> None:
    """Catches an end that a bound of a column lets pass but no row does, one of a plan met on the way, a lost sign."""
    written, quantities = drawn(seed)
    found, asked = ends_of(written, quantities)
    bounds = [(0, None if np.isinf(x) else x) for x in written.column_upper]
    for quantity, pair in zip(quantities, found, strict=True):
        cost = np.array([quantity.terms.get(j, 0.0) for j in range(8)])
        for end, sign in zip(pair, (1.0, -1.0), strict=True):
            there = linprog(sign * cost, A_ub=written.matrix, b_ub=written.upper, bounds=bounds)
            assert end == pytest.approx(sign * there.fun + quantity.constant, rel=1e-9, abs=1e-9)
    assert asked.solves < 2 * len(quantities)


def test_what_grows_without_end_is_infinite() -> None:
    """And what is asked after it is answered. Bug: an error, or a basis that belongs to nothing."""
    written, quantities = drawn(3)
    free = lp.Linear({7: 2.0, 0: 1.0})
    found, _ = ends_of(written, [*quantities[:4], free, lp.Linear({7: -1.0}), *quantities[4:]])
    assert found[4:6] == [(0.0, INFINITY), (-INFINITY, 0.0)]
    others, _ = ends_of(written, quantities)
    assert np.array([*found[:4], *found[6:]]) == pytest.approx(np.array(others))


def test_what_is_reached_takes_no_solve() -> None:
    """A fixed column has one value; of a column at its bound only the other end is asked. Bug: a solve for nothing."""
    written, _ = drawn(0)
    fixed = replace(written, column_lower=np.where(np.arange(8) == 2, 1.0, 0.0), column_upper=np.array(
        [4.0, INFINITY, 1.0, INFINITY, 3.0, INFINITY, 2.0, INFINITY]))  # fmt: skip
    found, asked = ends_of(fixed, [lp.Linear({2: 2.0}, 1.0)])
    assert (found, asked.solves) == ([(3.0, 3.0)], 0)


def test_it_starts_from_a_plan() -> None:
    """Bug: an end that is known from what no plan is."""
    written, quantities = drawn(0)
    stated = written.labelled()
    optimum = lp.optimum_of(stated, what="a drawn LP")
    with pytest.raises(CertificateError, match="the plan from which a drawn LP starts does not pass its checks"):
        lp.Extremes(stated, quantities, optimum.x + 1.0, optimum.basis, what="a drawn LP")


def test_all_optima_and_no_others() -> None:
    """Least -x - y where x + y <= 4, x <= 3, y <= 3: x is from 1 to 3, and the sum is 4. Catches a face too large."""
    written = Written(
        cost=np.array([-1.0, -1.0]),
        matrix=np.array([[1.0, 1.0]]),
        lower=np.array([-INFINITY]),
        upper=np.array([4.0]),
        column_lower=np.zeros(2),
        column_upper=np.full(2, 3.0),
    )
    stated = written.labelled()
    optimum = lp.optimum_of(stated, what="a small LP")
    face = lp.extended(lp.all_optima(stated, optimum, optimum.x), [], [])
    asked = lp.Extremes(
        face, [lp.Linear({0: 1.0}), lp.Linear({0: 1.0, 1: 1.0})], optimum.x, optimum.basis, what="a small LP"
    )
    assert np.array(list(asked.ends())) == pytest.approx(np.array([[1.0, 3.0], [4.0, 4.0]]))
