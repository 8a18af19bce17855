"""Every question about an LP, on 200 random ones or every second of them, against what re-solving from nothing says.

The LPs are built around an optimum, so that ties come in every kind: repeated limits, limits that hold with no price,
redundant and parallel rows, equalities, lower limits, two-sided rows, free rows, empty rows, free columns.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from effort import one_in
from lps import INFINITY, Written, random_lp

from supplychain import lp
from supplychain.lp.optimum import optimum_of
from supplychain.lp.ties import are_settled

pytestmark = pytest.mark.unmeasured

SEEDS = one_in(2, range(200))
FAR = 1000.0
"""Further than any breakpoint of these LPs."""


def slope(case: Written, direction: dict[int, float], sign: float) -> float:
    """What a small step is worth per unit, shortened until half of it is worth half."""
    step = 1e-2
    while True:
        whole, half = case.worth(direction, sign * step), case.worth(direction, sign * step / 2)
        if math.isinf(whole) and (math.isinf(half) or step > 1e-4):
            if step <= 1e-4:
                return sign * whole
        elif math.isclose(whole, 2 * half, rel_tol=1e-6, abs_tol=1e-9):
            return sign * whole / step
        step /= 10
        assert step > 1e-7


def allowable_increase(case: Written, direction: dict[int, float], sign: float, price: float) -> float:
    """How far the price of the first step holds, by bisection; infinite beyond FAR, 0 if no step is feasible."""
    if math.isinf(price):
        return 0.0

    def holds(by: float) -> bool:
        return math.isclose(case.worth(direction, sign * by), sign * price * by, rel_tol=1e-7, abs_tol=1e-7)

    if holds(FAR):
        return INFINITY
    inside, outside = 0.0, FAR
    while outside - inside > 1e-4:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


def limited(case: Written) -> list[int]:
    return [i for i in range(len(case.lower)) if np.isfinite([case.lower[i], case.upper[i]]).any()]


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_equal_small_finite_moves(seed: int) -> None:
    """Catches a price that is one of many duals at a tie, a sign that depends on the kind of row, a wrong infinity."""
    case = random_lp(seed)
    problem = case.labelled()
    solution = lp.solve(problem)
    assert solution.objective == pytest.approx(case.value(), abs=1e-8)
    rows = range(len(case.lower))
    prices = lp.two_sided_prices(problem, list(rows))
    expected = {i: (slope(case, {i: 1.0}, +1), slope(case, {i: 1.0}, -1)) for i in rows}
    assert prices["gain"].to_dict() == pytest.approx({i: gain for i, (gain, _) in expected.items()}, abs=1e-5)
    assert prices["loss"].to_dict() == pytest.approx({i: loss for i, (_, loss) in expected.items()}, abs=1e-5)
    one_sided = prices[case.lower != case.upper]
    assert (one_sided["gain"] >= 0).all()
    assert (one_sided["gain"] <= one_sided["loss"]).all()
    assert ((solution.duals >= prices["gain"] - 1e-9) & (solution.duals <= prices["loss"] + 1e-9)).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_weighted_sets_equal_small_finite_moves(seed: int) -> None:
    """Catches prices of single rows added up where only a joint move counts."""
    case = random_lp(seed)
    rng = np.random.default_rng(seed)
    sets = {
        name: {int(i): float(w) for i, w in zip(chosen, (1.0, 0.5, 2.0), strict=False)}
        for name, chosen in (
            ("two", rng.permutation(len(case.lower))[:2]),
            ("three", rng.permutation(len(case.lower))[:3]),
        )
    }
    prices = lp.two_sided_prices(case.labelled(), sets)
    for name, direction in sets.items():
        assert prices.loc[name, "gain"] == pytest.approx(slope(case, direction, +1), abs=1e-5)
        assert prices.loc[name, "loss"] == pytest.approx(slope(case, direction, -1), abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_of_upper_bounds_equal_small_finite_moves(seed: int) -> None:
    """Of each column with an upper bound, reached or not, and of bounds that move together and with rows.

    Catches: a reduced cost of the wrong sign, or one of many at a tie, taken for a bound's price; a bound with room
    that has one; less of a bound of nothing that costs something instead of being impossible.
    """
    case = random_lp(seed)
    problem = case.labelled()
    lp.solve(problem)
    slopes = lp.Slopes(problem, optimum_of(problem, what="a random LP"))
    rows, rng = len(case.lower), np.random.default_rng(seed)
    bounded = (rows + np.flatnonzero(np.isfinite(case.column_upper))).tolist()
    directions = [{j: 1.0} for j in bounded]
    for _ in range(3):
        some = rng.permutation([*bounded, *limited(case)])[:3].tolist()
        directions.append({i: float(rng.integers(1, 3)) for i in some})
    for direction in directions:
        assert slopes.gain(direction) == pytest.approx(slope(case, direction, +1), abs=1e-5)
        assert slopes.loss(direction) == pytest.approx(slope(case, direction, -1), abs=1e-5)


def forced(case: Written, column: int, place: float, sign: float) -> float:
    """How fast the optimum gets worse as a column is forced from a place, by a step that is shortened as above."""

    def rise(step: float) -> float:
        bounds = {"column_lower": case.column_lower.copy(), "column_upper": case.column_upper.copy()}
        bounds["column_lower" if sign > 0 else "column_upper"][column] = place + sign * step
        return abs(replace(case, **bounds).value() - case.value())

    step = 1e-2
    while True:
        whole, half = rise(step), rise(step / 2)
        if math.isinf(whole) and (math.isinf(half) or step > 1e-4):
            if step <= 1e-4:
                return math.inf
        elif math.isclose(whole, 2 * half, rel_tol=1e-6, abs_tol=1e-9):
            return whole / step
        step /= 10
        assert step > 1e-7


@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_that_is_forced_costs_what_small_finite_moves_do(seed: int) -> None:
    """Of each column, basic or not, at a bound or not, up and down; and of two columns that are forbidden.

    Catches: a reduced cost that is one of many, or that of a basic column; a bound that is passed; a column that may
    still be negative once it is forbidden.
    """
    case = random_lp(seed)
    problem = case.labelled()
    lp.solve(problem)
    optimum = optimum_of(problem, what="a random LP")
    slopes = lp.Slopes(problem, optimum)
    for j, place in enumerate(optimum.x.tolist()):
        for sign in (+1.0, -1.0):
            assert slopes.forced(j, sign) == pytest.approx(forced(case, j, place, sign), abs=1e-5), (j, sign)
    two = np.random.default_rng(seed).permutation(len(case.cost))[:2].tolist()
    lower, upper = case.column_lower.copy(), case.column_upper.copy()
    lower[two] = upper[two] = 0.0
    rise = abs(replace(case, column_lower=lower, column_upper=upper).value() - case.value())
    assert lp.without(problem, slopes, two) == pytest.approx(rise, abs=1e-7)


@pytest.mark.parametrize("seed", SEEDS)
def test_ranges_equal_bisection(seed: int) -> None:
    """Catches the range of a basis, or of a row's activity, reported as that of its price."""
    case = random_lp(seed)
    problem = case.labelled()
    rows = limited(case)
    ranges, prices = lp.allowable_ranges(problem, rows), lp.two_sided_prices(problem, rows)
    i = rows[seed % len(rows)]
    up = 1.0 if math.isfinite(case.upper[i]) else -1.0
    limit = case.upper[i] if up > 0 else case.lower[i]
    relaxed = ranges.loc[i, "upper"] - limit if up > 0 else limit - ranges.loc[i, "lower"]
    tightened = limit - ranges.loc[i, "lower"] if up > 0 else ranges.loc[i, "upper"] - limit
    assert relaxed == pytest.approx(allowable_increase(case, {i: 1.0}, +1, prices.loc[i, "gain"]), abs=1e-3)
    assert tightened == pytest.approx(allowable_increase(case, {i: 1.0}, -1, prices.loc[i, "loss"]), abs=1e-3)


@pytest.mark.parametrize("seed", SEEDS)
def test_curves_hold_at_their_ends_and_middles_and_bend_in_between(seed: int) -> None:
    """A convex function is straight where its middle lies on its chord; catches breakpoints missed or made up."""
    case = random_lp(seed)
    rng = np.random.default_rng(seed)
    direction = {int(i): float(rng.integers(1, 3)) for i in rng.permutation(len(case.lower))[:3]}
    up_to = 20.0
    curve = lp.value_curve(case.labelled(), direction, up_to)
    assert curve["from"].tolist() == [0.0, *curve["to"].tolist()[:-1]]
    assert curve["to"].iloc[-1] == up_to
    for begin, end, rate, value in curve.itertuples(index=False):
        assert end > begin
        if math.isinf(rate):
            bad = -INFINITY if case.maximise else INFINITY
            assert case.value(direction, begin + 1e-6 * (end - begin)) == bad
            assert rate == value == bad
            continue
        for at in (begin, (begin + end) / 2, end - 1e-9):
            assert case.value(direction, at) == pytest.approx(value + rate * (at - begin), rel=1e-7, abs=1e-7)
    slopes = -np.diff(curve["slope"]) if case.maximise else np.diff(curve["slope"])
    assert (slopes > 1e-6).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_joint_sets_equal_exhaustive_enumeration(seed: int) -> None:
    """Catches a set that is not minimal, one that is missed, and a row that gains alone counted as a member."""
    case = random_lp(seed)
    rows = [i for i in limited(case) if case.lower[i] != case.upper[i]]

    def helps(members: tuple[int, ...]) -> bool:
        return case.worth(dict.fromkeys(members, 1.0), 1e-3) > 1e-7

    alone = {i: helps((i,)) for i in rows}
    hurts = {i: case.worth({i: 1.0}, -1e-3) < -1e-7 for i in rows}
    candidates = [i for i in rows if hurts[i] and not alone[i]]
    expected: list[frozenset[int]] = []
    for size in range(2, 5):
        for members in itertools.combinations(candidates, size):
            if not any(known <= set(members) for known in expected) and helps(members):
                expected.append(frozenset(members))
    assert lp.joint_sets(case.labelled(), rows) == expected


@pytest.mark.parametrize("seed", range(60))
def test_prices_ranges_and_joint_sets_do_not_depend_on_units(seed: int) -> None:
    """Catches a tolerance that is a number of some unit: rows, columns and money restated by up to 10^3 each way."""
    case = random_lp(seed)
    rng = np.random.default_rng(1000 + seed)
    row, column = (10.0 ** rng.integers(-3, 4, k) for k in case.matrix.shape)
    money = 10.0 ** int(rng.integers(-3, 7))
    other = Written(
        case.cost * column * money,
        case.matrix * column * row[:, None],
        case.lower * row,
        case.upper * row,
        case.column_lower / column,
        case.column_upper / column,
        case.maximise,
        case.offset * money,
    )
    rows = limited(case)
    here, there = lp.two_sided_prices(case.labelled(), rows), lp.two_sided_prices(other.labelled(), rows)
    for side in ("gain", "loss"):
        assert (there[side] * row[rows] / money).to_dict() == pytest.approx(here[side].to_dict(), rel=1e-9, abs=1e-9)
    here, there = lp.allowable_ranges(case.labelled(), rows), lp.allowable_ranges(other.labelled(), rows)
    for side in ("lower", "upper"):
        assert (there[side] / row[rows]).to_dict() == pytest.approx(here[side].to_dict(), rel=1e-6, abs=1e-6)
    one_sided = [i for i in rows if case.lower[i] != case.upper[i]]
    assert lp.joint_sets(other.labelled(), one_sided) == lp.joint_sets(case.labelled(), one_sided)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_settled_is_the_same_whatever_is_preferred(seed: int) -> None:
    """Catches ties that the basis hides; and if nothing were ever settled, the other test of it would say so."""
    problem = random_lp(seed).labelled()
    problem.highs.setBasis(optimum_of(problem, what="a random LP").basis)
    optimum = optimum_of(problem, what="a random LP")  # from its basis, which the solver has in hand then
    settled = [j for j in range(problem.shape[1]) if are_settled(problem, optimum, [j])]
    wish = np.random.default_rng(seed).normal(size=problem.shape[1])
    for objective in (wish, -wish):
        bounded = np.where(np.isfinite(problem.column_lower) & np.isfinite(problem.column_upper), objective, 0.0)
        x = lp.prefer(problem, optimum, [bounded])
        assert x[settled] == pytest.approx(optimum.x[settled], abs=1e-6)
