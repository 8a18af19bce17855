"""`supplychain.lp` on small LPs of textbooks, built in HiGHS directly."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pytest
from lps import written

from supplychain import lp
from supplychain.errors import NoAnswerError
from supplychain.lp.optimum import optimum_of
from supplychain.lp.ties import _away_from as away_from
from supplychain.lp.ties import are_settled

if TYPE_CHECKING:
    from collections.abc import Sequence

INF = highspy.kHighsInf


def built(  # noqa: PLR0913 - what an LP is made of
    cost: Sequence[float],
    rows: Sequence[Sequence[float]],
    upper: Sequence[float],
    *,
    lower: Sequence[float] | None = None,
    column_upper: Sequence[float] | None = None,
    offset: float = 0.0,
) -> lp.LabelledLP:
    """min cost·x + offset, rows·x <= upper, 0 <= x; row i is named ("row", i), column j ("x", j)."""
    highs = highspy.Highs()
    for option, value in lp.options(len(rows)).items():
        highs.setOptionValue(option, value)
    for c, most in zip(cost, column_upper or [INF] * len(cost), strict=True):
        highs.addCol(c, 0.0, most, 0, [], [])
    for coefficients, least, most in zip(rows, lower or [-INF] * len(rows), upper, strict=True):
        entries = [(j, a) for j, a in enumerate(coefficients) if a]
        highs.addRow(least, most, len(entries), [j for j, _ in entries], [a for _, a in entries])
    highs.changeObjectiveOffset(offset)
    rows_named, columns_named = [("row", i) for i in range(len(rows))], [("x", j) for j in range(len(cost))]
    return lp.from_highs(highs, rows_named, columns_named)


def solved(problem: lp.LabelledLP) -> lp.Optimum:
    problem.highs.run()
    return lp.found(problem)


def from_its_basis(problem: lp.LabelledLP) -> lp.Optimum:
    """The optimum, found again from where it was found: the solver has its basis in hand then."""
    problem.highs.setBasis(solved(problem).basis)
    return solved(problem)


def slopes(problem: lp.LabelledLP) -> lp.Slopes:
    at = solved(problem)
    return lp.Slopes(problem, at, at.x)


def wyndor() -> lp.LabelledLP:
    """Wyndor Glass, as costs: min -3x1 - 5x2 with x1 <= 4, 2x2 <= 12, 3x1 + 2x2 <= 18.

    Source: Hillier & Lieberman, Introduction to Operations Research, chapter 3.
    """
    return built([-3, -5], [[1, 0], [0, 2], [3, 2]], [4, 12, 18])


def series(count: int = 3, limit: float = 100.0) -> lp.LabelledLP:
    """Caps in series: the most flow x with x <= limit, several times over."""
    return built([-1.0], [[1.0]] * count, [limit] * count)


class TestLabels:
    def test_an_lp_is_what_highs_holds(self) -> None:
        """Costs, limits and entries under the names that were given, in HiGHS's order.

        Catches: rows and columns exchanged, an offset that is lost.
        """
        problem = built([2, 3], [[1, 0], [4, 5]], [7, 8], lower=[-INF, 6], column_upper=[9, INF], offset=10)
        assert problem.row == {("row", 0): 0, ("row", 1): 1}
        assert problem.column == {("x", 0): 0, ("x", 1): 1}
        assert problem.shape == (2, 2)
        assert problem.offset == 10
        assert problem.cost.tolist() == [2, 3]
        assert problem.row_upper.tolist() == [7, 8]
        assert problem.row_lower.tolist() == [-INF, 6]
        assert problem.column_upper.tolist() == [9, INF]
        assert problem.activity(np.array([1.0, 10.0])).tolist() == [1, 54]
        assert problem.size(np.array([1.0, -10.0])).tolist() == [1, 54]
        assert problem.priced(np.array([1.0, 10.0])).tolist() == [41, 50]

    def test_the_offset_is_part_of_the_objective(self) -> None:
        """Wyndor's 36 below an offset of 100 is 64.

        Catches: a constant that is dropped on the way.
        """
        problem = built([-3, -5], [[1, 0], [0, 2], [3, 2]], [4, 12, 18], offset=100)
        assert solved(problem).objective == pytest.approx(64)


class TestSlopes:
    def test_wyndor(self) -> None:
        """Optimum 36 at (2, 6); prices 0, 1.5 and 1 on either side.

        Sensitivity: HiGHS's ranging calls row 0 tight (its activity is 2, its limit 4).
        Catches: wrong signs, a slack row with a price.
        """
        problem = wyndor()
        at = solved(problem)
        assert at.objective == pytest.approx(-36)
        assert at.x.tolist() == pytest.approx([2, 6])
        ask = lp.Slopes(problem, at, at.x)
        for row, price in enumerate([0, 1.5, 1]):
            assert ask.gain({row: 1.0}) == pytest.approx(price)
            assert ask.loss({row: 1.0}) == pytest.approx(price)

    def test_a_direction_moves_several_limits(self) -> None:
        """Rows 1 and 2 together, by 2 and 0.5: 2 x 1.5 + 0.5 x 1 = 3.5.

        Catches: a direction whose steps are all taken as 1.
        """
        ask = slopes(wyndor())
        assert ask.gain({1: 2.0, 2: 0.5}) == pytest.approx(3.5)
        assert ask.loss({1: 2.0, 2: 0.5}) == pytest.approx(3.5)

    @pytest.mark.parametrize("count", [2, 3, 5])
    def test_caps_in_series(self, count: int) -> None:
        """Each of the caps gains 0 and loses 1; all together gain 1; all but one gain 0.

        Sensitivity: the solver's duals are 1, 0, 0.
        Catches: one dual of many taken for a price.
        """
        ask = slopes(series(count))
        for row in range(count):
            assert ask.gain({row: 1.0}) == 0
            assert ask.loss({row: 1.0}) == pytest.approx(1)
        assert ask.gain(dict.fromkeys(range(count), 1.0)) == pytest.approx(1)
        assert ask.gain(dict.fromkeys(range(count - 1), 1.0)) == 0
        assert ask.loss(dict.fromkeys(range(count), 1.0)) == pytest.approx(1)

    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    def test_units_scale_prices_and_nothing_else(self, scale: float) -> None:
        """Caps of 100 in units of any size: 0 and 1 per unit of flow.

        Catches: steps or tolerances that are absolute.
        """
        ask = slopes(series(limit=100 * scale))
        assert ask.gain({0: scale}) == 0
        assert ask.loss({0: scale}) == pytest.approx(scale)

    def test_a_slope_ends_where_the_next_limit_begins(self) -> None:
        """Caps of 100 and 100.001: the first gains 1 however near the second is; a step of 1 would average 0.001.

        Sensitivity: a difference quotient over a step of 1 is 0.001.
        Catches: difference quotients called derivatives.
        """
        ask = slopes(built([-1.0], [[1.0], [1.0]], [100, 100.001]))
        assert ask.gain({0: 1.0}) == pytest.approx(1)
        assert ask.loss({1: 1.0}) == 0

    def test_held_columns_keep_their_values(self) -> None:
        """min x + 3y + 9z with x <= 4 (row 0), x + y + z >= 10, z free to fall: a unit of x saves 2, and with y held 0.

        The optimum is x = 4, y = 6, z = 0. With y held at 6 a unit more of x would only add.
        Catches: held columns that move, or that stay held afterwards.
        """
        problem = built([1, 3, 9], [[1, 0, 0], [-1, -1, -1]], [4, -10])
        ask = slopes(problem)
        assert ask.gain({0: 1.0}) == pytest.approx(2)
        assert ask.gain({0: 1.0}, [1]) == pytest.approx(0)
        assert ask.gain({0: 1.0}, [2]) == pytest.approx(2)
        assert ask.gain({0: 1.0}) == pytest.approx(2)

    def test_a_tightening_without_any_answer_costs_infinity(self) -> None:
        """x >= 5 and x <= 5: one unit less of the cap leaves nothing feasible. One unit more is worth nothing.

        Catches: an infeasible re-solve that raises, or counts as 0.
        """
        ask = slopes(built([1.0], [[1.0], [-1.0]], [5, -5]))
        assert math.isinf(ask.loss({0: 1.0}))
        assert ask.gain({0: 1.0}) == 0

    def test_the_lp_is_left_as_it_was(self) -> None:
        """After every kind of question the LP solves to the same optimum.

        Catches: limits, costs or held columns that are not put back.
        """
        problem = wyndor()
        at = solved(problem)
        ask = lp.Slopes(problem, at, at.x)
        ask.gain({1: 1.0}, [0])
        ask.loss({2: 1.0})
        assert_untouched(problem)
        assert solved(problem).objective == pytest.approx(-36)


def assert_untouched(problem: lp.LabelledLP) -> None:
    """HiGHS holds what the labelled LP says."""
    now = lp.from_highs(problem.highs, list(problem.row), list(problem.column))
    for name in ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "entries", "indices", "starts"):
        assert getattr(now, name).tolist() == getattr(problem, name).tolist(), name
    assert now.offset == problem.offset


class TestCertificate:
    def test_an_optimum_passes(self) -> None:
        """Wyndor: no residual, no gap, and no degeneracy.

        Catches: a certificate that finds fault with a textbook.
        """
        problem = wyndor()
        proof = lp.certificate(problem, solved(problem))
        for name in ("primal_residual", "primal_residual_scaled", "dual_residual", "dual_residual_scaled"):
            assert getattr(proof, name) <= 1e-12
        assert proof.duality_gap_relative <= 1e-12
        assert (proof.primal_degenerate, proof.dual_degenerate) == (False, False)

    def test_caps_in_series_are_primal_degenerate(self) -> None:
        """Three limits on one variable: two slacks are basic at 0.

        Catches: degeneracy that goes unseen, so that a dual would be taken for a price.
        """
        problem = series()
        assert lp.certificate(problem, solved(problem)).primal_degenerate

    def test_equal_plans_are_dual_degenerate(self) -> None:
        """min x + y with x + y >= 1: any split is optimal.

        Catches: alternative optima that go unseen.
        """
        problem = built([1, 1], [[-1, -1]], [-1])
        assert lp.certificate(problem, solved(problem)).dual_degenerate

    @pytest.mark.parametrize(
        ("field", "column", "moved", "shown"),
        [
            ("x", 0, 1.0, "primal_residual"),
            ("x", 1, -7.0, "primal_residual"),
            ("x", 0, -1.0, "duality_gap_relative"),
            ("y", 2, 1.5, "dual_residual"),
            ("y", 1, 0.5, "duality_gap_relative"),
        ],
    )
    def test_a_wrong_answer_shows(self, field: str, column: int, moved: float, shown: str) -> None:
        """x or y of Wyndor moved away from the optimum: infeasible, not dual feasible, or with a gap.

        Sensitivity: a certificate that trusts the solver's own figures passes all of them.
        Catches: residuals computed from what the solver says.
        """
        problem = wyndor()
        at = solved(problem)
        values = getattr(at, field).copy()
        values[column] += moved
        wrong = lp.Optimum(at.objective, at.x, at.y, at.reduced, at.basis)
        object.__setattr__(wrong, field, values)
        assert getattr(lp.certificate(problem, wrong), shown) > 0.01


class TestPrefer:
    def test_it_is_lexicographic(self) -> None:
        """min x + y + z with x + y + z >= 6, each at most 4: a face of optima, of cost 6.

        Least z first: z = 0. Then least x: x = 2, y = 4. The other order: x = 0, then z = 2, y = 4.
        Sensitivity: the sum of both objectives leaves x and z undecided between them.
        Catches: objectives added up, or tried in the wrong order.
        """
        problem = built([1, 1, 1], [[-1, -1, -1]], [-6], column_upper=[4, 4, 4])
        at = solved(problem)
        x_first, z_first = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
        assert lp.prefer(problem, at, [z_first, x_first]).tolist() == pytest.approx([2, 4, 0])
        assert lp.prefer(problem, at, [x_first, z_first]).tolist() == pytest.approx([0, 4, 2])

    def test_it_gives_up_no_cost(self) -> None:
        """Wyndor has one optimum, whatever is preferred.

        Catches: a preference that costs something.
        """
        problem = wyndor()
        at = solved(problem)
        assert lp.prefer(problem, at, [np.array([1.0, 10.0])]).tolist() == pytest.approx([2, 6])

    @pytest.mark.parametrize("scale", [1e-5, 1e-3, 1.0, 1e3, 1e5])
    def test_it_does_not_depend_on_the_unit_of_cost(self, scale: float) -> None:
        """The same face of optima, with costs in other money: x = 2, y = 4, z = 0; w costs 1e-3 more and stays at 0.

        Sensitivity: with absolute tolerances small money makes w as good as y, and large money turns rounding into a
        price.
        Catches: tolerances in money.
        """
        cost = [scale * c for c in (1, 1, 1, 1.001)]
        problem = built(cost, [[-1, -1, -1, -1]], [-6], column_upper=[4, 4, 4, 4])
        at = solved(problem)
        preferred = lp.prefer(problem, at, [np.array([0, 0, 1.0, -1.0]), np.array([1.0, 0, 0, 0])])
        assert preferred.tolist() == pytest.approx([2, 4, 0, 0])

    def test_the_lp_is_left_as_it_was(self) -> None:
        """Bounds, limits, costs and optimum are those from before.

        Catches: a face that stays fixed, a preference that stays the objective.
        """
        problem = built([1, 1, 1], [[-1, -1, -1]], [-6], column_upper=[4, 4, 4], offset=3)
        at = solved(problem)
        lp.prefer(problem, at, [np.array([0, 0, 1.0])])
        assert_untouched(problem)
        assert solved(problem).objective == pytest.approx(9)

    def test_limits_as_close_as_rounding(self) -> None:
        """The face of optima of cost 6, its row fixed 1e-13 beside where the plan is; z is least at 0, x and y are 6.

        Catches: a step that is taken as a place; limits of the way that stay in the solver.
        """
        problem = built([1, 1, 1], [[-1, -1, -1]], [-6], column_upper=[4, 4, 4])
        at = solved(problem)
        columns, row = (np.zeros(3), np.full(3, 4.0)), np.array([-6 - 1e-13])
        problem.highs.changeColsCost(3, np.arange(3), np.array([0, 0, 1.0]))
        now = away_from(problem, at.x, columns, (row, row))
        assert now.x.sum() == pytest.approx(6)
        assert now.x[2] == pytest.approx(0)
        assert problem.highs.getLp().col_upper_ == pytest.approx([4, 4, 4])

    def test_columns_that_are_the_same_in_every_optimum(self) -> None:
        """min x + y + z + 2 w with x + y >= 6, z >= 1, w >= 2, each at most 4: x and y may swap, z and w may not.

        Catches: a tie that is overlooked; one that makes everything doubtful, also what it does not touch.
        """
        problem = built(
            [1, 1, 1, 2], [[-1, -1, 0, 0], [0, 0, -1, 0], [0, 0, 0, -1]], [-6, -1, -2], column_upper=4 * [4]
        )
        at = from_its_basis(problem)
        settled = [are_settled(problem, at, [j]) for j in range(4)]
        assert settled == [False, False, True, True]
        assert are_settled(problem, at, [2, 3])
        assert not are_settled(problem, at, [0, 3])

    def test_values_lie_exactly_on_their_bounds(self) -> None:
        """What is at a bound up to rounding is put on it.

        Catches: 3.9999999999 in a table.
        """
        problem = built([1 / 3, 0.1], [[-3, -0.1]], [-12.01], column_upper=[4, 1e9])
        found = lp.prefer(problem, solved(problem), [np.array([1.0, 1.0])])
        assert found[0] == 4.0


class TestNoAnswer:
    @pytest.mark.parametrize(
        ("problem", "word"),
        [
            (built([1.0], [[1.0], [-1.0]], [4, -5]), "no plan satisfies every constraint"),
            (built([-1.0], [[-1.0]], [0]), "no plan is best|without end"),
        ],
        ids=["infeasible", "unbounded"],
    )
    def test_a_problem_without_an_optimum_says_so(self, problem: lp.LabelledLP, word: str) -> None:
        """Infeasible and unbounded LPs end in words, with what was asked.

        Catches: half a result; a status that only a solver's author reads.
        """
        problem.highs.run()
        with pytest.raises(NoAnswerError, match=word):
            lp.found(problem, what="the test")
        with pytest.raises(NoAnswerError, match="no answer for the test"):
            lp.found(problem, what="the test")

    @pytest.mark.parametrize(
        ("option", "value", "word"),
        [("time_limit", 0.0, "time limit"), ("simplex_iteration_limit", 0, "iteration limit")],
    )
    def test_a_limit_that_is_reached_says_so(self, option: str, value: float, word: str) -> None:
        """Stopped before it began: the limit is named.

        Catches: whatever the solver had in hand taken for the answer.
        """
        problem = wyndor()
        problem.highs.setOptionValue("presolve", "off")
        problem.highs.setOptionValue(option, value)
        problem.highs.run()
        with pytest.raises(NoAnswerError, match=word):
            lp.found(problem)

    def test_an_lp_that_was_never_run_has_no_answer(self) -> None:
        """Catches: zeros of an unsolved LP read as a plan."""
        with pytest.raises(NoAnswerError, match="the case"):
            lp.found(wyndor())


class TestChanged:
    def test_it_solves_the_changed_lp_and_puts_it_back(self) -> None:
        """Wyndor with a limit of 14 on 2x2: 39. Inside, HiGHS holds that; afterwards 36 again.

        Catches: a change that leaks out, a solution of the old LP.
        """
        problem = wyndor()
        at = solved(problem)
        for start in (None, at):
            with lp.changed(problem, {1: 14.0}, start=start) as (now, found):
                assert found.objective == pytest.approx(-39)
                assert now.row_upper.tolist() == [4, 14, 18]
                assert_untouched(now)
            assert_untouched(problem)
            assert solved(problem).objective == pytest.approx(-36)

    def test_it_changes_columns(self) -> None:
        """x2 at most 5: 3 x 8/3 + 25 = 33.

        Catches: bounds of columns taken for limits of rows.
        """
        problem = wyndor()
        with lp.changed(problem, {}, {1: 5.0}) as (_, found):
            assert found.objective == pytest.approx(-33)
        assert_untouched(problem)

    def test_it_puts_back_after_an_exception(self) -> None:
        """An error inside, and a change that has no optimum, leave the LP as it was.

        Catches: one failed question that spoils all that follow.
        """
        problem = wyndor()
        with pytest.raises(ZeroDivisionError), lp.changed(problem, {1: 14.0}):
            raise ZeroDivisionError
        assert_untouched(problem)
        with pytest.raises(NoAnswerError, match="a changed case"), lp.changed(problem, {1: -1.0}):
            pass
        assert_untouched(problem)
        assert solved(problem).objective == pytest.approx(-36)


def test_options_follow_size() -> None:
    """Small LPs go to simplex, large ones to interior point; one thread always.

    Catches: options that are measured for one size and used for all.
    """
    from supplychain.lp.optimum import IPX_FROM_ROWS  # noqa: PLC0415

    assert lp.options(IPX_FROM_ROWS - 1)["solver"] == "simplex"
    assert lp.options(IPX_FROM_ROWS)["solver"] == "ipx"
    assert lp.options(10)["threads"] == 1


def test_an_old_name_warns_and_answers() -> None:
    """Bug: a name that was public yesterday is gone without a word."""
    problem = wyndor()
    new = lp.allowable_increase(problem, slopes(problem), {1: 1.0}, +1.0)
    with pytest.warns(DeprecationWarning, match=r"supplychain\.lp\.reach is now supplychain\.lp\.allowable_increase"):
        assert lp.reach(problem, slopes(problem), {1: 1.0}, +1.0) == new
    with pytest.warns(DeprecationWarning, match=r"LabelledLP\.held is now LabelledLP\.clone"):
        assert problem.held().shape == problem.shape


def test_a_column_that_is_forced_on_paper() -> None:
    """Least x + 2 y where x + y is 10 or more, and x at most 10: x is 10, and one unit of y saves one of x.

    So y up by one, or x down by one, costs 1. The price of the demand may be anything from 1 to 2. More x than its row
    lets, less y than none, cannot be had. Without x all 10 are y: 10 more. Where 3 of y have to be, none cannot be.
    Sensitivity: y's reduced cost is 1 at a price of 1 and 0 at 2.
    Catches: one of many reduced costs; a bound above 0 that is overwritten.
    """
    case = written([1, 2], [[1, 1], [1, 0]], "><", [10, 10])
    problem = case.labelled()
    lp.solve(problem)
    slopes = lp.Slopes(problem, optimum_of(problem, what="two columns"))
    assert [slopes.forced(0, sign) for sign in (+1, -1)] == [math.inf, 1]
    assert [slopes.forced(1, sign) for sign in (+1, -1)] == [1, math.inf]
    assert lp.without(problem, slopes, [0]) == 10
    assert lp.without(problem, slopes, [1]) == 0
    assert lp.without(problem, slopes, [0, 1]) == math.inf
    bound = replace(case, column_lower=np.array([0.0, 3.0])).labelled()
    lp.solve(bound)
    assert lp.without(bound, lp.Slopes(bound, optimum_of(bound, what="two columns")), [1]) == math.inf
