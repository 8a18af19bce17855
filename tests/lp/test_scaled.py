"""Numbers of any size: nothing is dropped, and units of rows, columns and the objective change no answer."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import highspy
import numpy as np
import pytest
from lps import written
from paths import PUBLISHED
from scipy.optimize import linprog

from supplychain import lp
from supplychain.errors import InputError, LostEntryError, NoAnswerError
from supplychain.lp import optimum
from supplychain.lp.labelled import labelled
from supplychain.lp.scaled import Numbers, ScaledHighs, scales_of
from supplychain.model._pyomo import pyo

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.lp import LabelledLP


def numbers_of(problem: LabelledLP) -> Numbers:
    return Numbers(**{part.name: getattr(problem, part.name) for part in fields(Numbers)})


def in_units(problem: LabelledLP, rows: np.ndarray, columns: np.ndarray, money: float) -> LabelledLP:
    """The same LP, its rows, columns and objective multiplied."""
    numbers = numbers_of(problem)
    other = replace(
        numbers,
        cost=numbers.cost * money / columns,
        offset=numbers.offset * money,
        column_lower=numbers.column_lower * columns,
        column_upper=numbers.column_upper * columns,
        row_lower=numbers.row_lower * rows,
        row_upper=numbers.row_upper * rows,
        entries=numbers.entries * rows[numbers.indices] / columns[numbers.column_of_entry],
    )
    return labelled(other, problem.row, problem.column, problem.sign)


def textbook() -> LabelledLP:
    """Wyndor Glass: 36 at 2 and 6."""
    return written([3, 5], [[1, 0], [0, 2], [3, 2]], "<<<", [4, 12, 18], maximise=True).labelled()


@pytest.mark.parametrize("seed", range(20))
def test_units_change_no_answer(seed: int) -> None:
    """Rows, columns and the objective by 10 to the power of -12 to 12: optimum, duals, prices and ranges follow.

    Catches: an entry that the solver drops; a tolerance that is in somebody's unit.
    """
    rng = np.random.default_rng(seed)
    rows, columns = 10.0 ** rng.integers(-12, 13, 3), 10.0 ** rng.integers(-12, 13, 2)
    money = float(10.0 ** rng.integers(-12, 13))
    problem = in_units(textbook(), rows, columns, money)
    found = lp.solve(problem)
    assert found.objective == pytest.approx(36 * money)
    assert found.primal.to_numpy() / columns == pytest.approx([2, 6])
    assert found.duals.to_numpy() * rows / money == pytest.approx([0, 1.5, 1])
    assert found.certificate.worst <= 1e-9
    prices = lp.two_sided_prices(problem, [0, 1, 2]).mul(rows / money, axis=0)
    assert prices.to_numpy() == pytest.approx(np.array([[0, 0], [1.5, 1.5], [1, 1]]))
    ranges = lp.allowable_ranges(problem, [0, 1, 2]).div(rows, axis=0)
    assert ranges.to_numpy() == pytest.approx(np.array([[2, np.inf], [6, 18], [12, 24]]))
    curve = lp.value_curve(problem, {1: float(rows[1])}, 10.0)
    assert curve["slope"].to_numpy() / money == pytest.approx([1.5, 0])
    assert curve["to"].to_numpy() == pytest.approx([6, 10])


def test_a_solver_speaks_the_units_of_the_lp() -> None:
    """What is changed, added and read back is in the LP's own units: entries, limits, costs, a row and a column more.

    Catches: a scale that is used the wrong way round, or not at all.
    """
    problem = in_units(textbook(), np.array([1e-9, 1e6, 1.0]), np.array([1e8, 1e-7]), 1e5)
    highs = problem.highs
    assert isinstance(highs, ScaledHighs)
    held = highs.getLp()
    assert list(held.a_matrix_.value_) == pytest.approx(problem.entries.tolist(), rel=1e-15)
    assert list(held.row_upper_) == pytest.approx(problem.row_upper.tolist(), rel=1e-15)
    assert list(held.col_cost_) == pytest.approx(problem.cost.tolist(), rel=1e-15)
    highs.run()
    found = highs.getSolution()
    assert highs.getObjectiveValue() == pytest.approx(-36e5)
    assert found.row_value == pytest.approx(problem.activity(found.col_value))
    assert found.col_dual == pytest.approx(problem.cost - problem.priced(found.row_dual), abs=1e-12)
    highs.addCol(-1e9, 0.0, 2.0, 1, [2], [3.0])
    highs.addRow(-np.inf, 1.0, 1, [2], [2.0])
    highs.changeCoeff(2, 2, 1.0)
    highs.run()
    assert highs.getSolution().col_value[2] == pytest.approx(0.5)
    highs.deleteCols(1, np.array([2]))
    highs.deleteRows(1, np.array([3]))
    highs.changeRowBounds(1, -np.inf, 6e6)
    highs.changeColsCost(2, np.arange(2), np.array([0.0, -2.0]))
    highs.run()
    assert highs.getSolution().col_value[1] == pytest.approx(3e-7)
    assert highs.getObjectiveValue() == pytest.approx(-6e-7)


def test_parts_that_share_nothing_are_scaled_each_by_itself() -> None:
    """Two LPs side by side, one in units of 1e12, and a column with neither limit nor row."""
    problem = written([1, 1, 1, 5], [[1, 2, 0, 0], [0, 0, 1e12, 0]], ">>", [8, 8e24]).labelled()
    scales = scales_of(numbers_of(problem))
    sizes = np.abs(np.array([8, 8e24])) * np.exp2(scales.row)
    assert sizes[0] / sizes[1] == pytest.approx(1, abs=1)
    assert lp.solve(problem).objective == pytest.approx(4 + 8e12)


def test_a_number_that_would_be_dropped_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Two columns tie the scales of two rows together, so that one entry is nothing beside the others.

    Catches: an LP that is solved without it.
    """
    numbers = numbers_of(written([1, 1], [[1, 1], [1, 1]], ">>", [1, 1]).labelled())
    small = replace(numbers, entries=np.array([1, 1, 1, 1e-60]))
    with pytest.raises(LostEntryError, match=r"row b, column y: 1e-60 is nothing to a solver"):
        labelled(small, {"a": 0, "b": 1}, {"x": 0, "y": 1})
    small = replace(numbers, entries=np.array([1, 1, 1, 1e-18]))
    assert labelled(small, {"a": 0, "b": 1}, {"x": 0, "y": 1}).highs.getNumNz() == 4
    file = tmp_path / "small.mps"
    file.write_text(
        "NAME\nROWS\n N cost\n G a\nCOLUMNS\n x cost 1 a 1\n y cost 1 a 1e-13\nRHS\n RHS a 1\nENDATA\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="has entries of 1e-12 or less, which would be dropped"):
        lp.read(file)


def test_an_lp_that_the_first_algorithm_gives_up_is_solved_by_another() -> None:
    """Five rows of Meszaros's or4, with costs from 1e-10 to 1e8: HiGHS's dual simplex ends in `solve error`.

    Catches: the same algorithm tried again.
    """
    problem = lp.read(PUBLISHED / "or4_part.mps")
    found = lp.solve(problem)
    bounds = np.column_stack([problem.column_lower, problem.column_upper])
    matrix = np.zeros(problem.shape)
    matrix[problem.indices, problem.column_of_entry] = problem.entries
    both, limits = np.vstack([matrix, -matrix]), np.concatenate([problem.row_upper, -problem.row_lower])
    other = linprog(problem.cost, both, limits, bounds=bounds, method="highs-ipm")
    assert found.objective == pytest.approx(other.fun + problem.offset, rel=1e-9)
    assert found.certificate.worst <= 1e-9


def test_a_row_without_an_answer_is_blank_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other rows are answered. Catches: one row that takes the answers of all with it."""
    problem = textbook()
    usual = lp.Slopes.gain

    def gain(slopes: lp.Slopes, direction: dict[int, float]) -> float:
        if 1 in direction:
            message = "no answer for the price of a limit: the solver stopped"
            raise NoAnswerError(message)
        return usual(slopes, direction)

    monkeypatch.setattr(lp.Slopes, "gain", gain)
    prices = lp.two_sided_prices(problem, [0, 1, 2])
    assert prices["gain"].isna().tolist() == [False, True, False]
    assert prices.attrs["unanswered"] == {1: "no answer for the price of a limit: the solver stopped"}
    assert prices.loc[2].tolist() == pytest.approx([1, 1])


def test_what_simplex_cannot_tell_interior_point_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends in `unknown` takes the word of another way, be it that nothing is feasible."""
    problem = written([1], [[1], [1]], "><", [2, 1]).labelled()
    ended = iter([highspy.HighsModelStatus.kUnknown] * 4)
    usual = ScaledHighs.getModelStatus
    monkeypatch.setattr(ScaledHighs, "getModelStatus", lambda self: next(ended, None) or usual(self))
    assert optimum.run(problem.highs) == highspy.HighsModelStatus.kInfeasible
    assert next(ended, None) is None


def test_the_scales_of_an_lp_that_is_changed_in_place_are_its_own() -> None:
    """Entries that are 8 and 0, and then 0 and 8: the scales are those of a model that was stated so.

    Catches: scales that are kept because the entries that are not 0 are the same list of numbers, in other places; and
    scales that are kept when bounds alone have changed.
    """

    def model(first: float, second: float, most: float) -> pyo.ConcreteModel:
        m = pyo.ConcreteModel()
        m.a, m.b = pyo.Param(initialize=first, mutable=True), pyo.Param(initialize=second, mutable=True)
        m.most = pyo.Param(initialize=most, mutable=True)
        m.x, m.y = pyo.Var(bounds=(0, m.most)), pyo.Var(bounds=(0, m.most))
        m.one = pyo.Constraint(expr=m.a * m.x + 3 * m.y <= 100)
        m.two = pyo.Constraint(expr=m.b * m.x + 5 * m.y <= 1e6)
        m.cost = pyo.Objective(expr=-m.x - m.y)
        return m

    m = model(8, 0, 10)
    in_place = lp.MutableLP(m)
    for first, second, most in ((8, 0, 10), (0, 8, 10), (0, 8, 1e4), (8, 0, 10)):
        in_place.put([(m.a, first), (m.b, second), (m.most, most)])
        here, anew = in_place.lp().scales, lp.MutableLP(model(first, second, most)).lp().scales
        assert np.array_equal(here.row, anew.row), (first, second, most)
        assert np.array_equal(here.column, anew.column), (first, second, most)
