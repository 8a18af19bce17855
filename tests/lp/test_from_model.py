"""A Pyomo model is read as Pyomo itself reads it, whatever its expressions look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from generator import random_case
from paths import TINY, TINY_CURVE
from plants import loaded
from pyomo import environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

import supplychain as sc
from supplychain import lp
from supplychain.model import build

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.lp import LabelledLP


def every_form() -> pyo.ConcreteModel:
    """Whatever stands in linear models of other people: two of each kind, so that orders can be wrong."""
    m = pyo.ConcreteModel()
    m.i = pyo.Set(initialize=["a", "b", "c"])
    m.p, m.q = pyo.Param(initialize=3.0, mutable=True), pyo.Param(initialize=0.5, mutable=True)
    m.r = pyo.Param(m.i, initialize={"a": 2.0, "b": -1.0, "c": 0.25}, mutable=True)
    m.x = pyo.Var(m.i, domain=pyo.NonNegativeReals, bounds=(None, 9))
    m.y, m.z = pyo.Var(bounds=(-m.p, m.p * m.q)), pyo.Var(domain=pyo.NonPositiveReals)
    m.unused = pyo.Var()
    m.named = pyo.Expression(expr=m.p * m.y + m.q)
    m.at_most = pyo.Constraint(expr=m.r["a"] * (m.x["a"] - m.q * (m.y - m.p)) - m.z <= m.p + m.q)
    m.at_least = pyo.Constraint(m.i, rule=lambda m, i: m.p * m.q <= m.x[i] + m.r[i] * m.y)
    m.sides = pyo.Constraint(expr=m.x["a"] + m.p <= 2 * m.x["b"] - (m.x["a"] - m.z))
    m.equal = pyo.Constraint(expr=(m.x["c"] + m.y) / m.p == m.named - m.q)
    m.between = pyo.Constraint(expr=(-m.p, m.x["a"] + m.x["b"] * m.p * 2, m.p**2))
    m.twice = pyo.Constraint(expr=m.p * m.x["a"] + m.q * m.x["a"] + (m.x["a"] + m.y) * m.q <= 7)
    m.alone = pyo.Constraint(expr=m.z >= -8)
    m.cancelled = pyo.Constraint(expr=(m.p - 3) * m.x["b"] + m.y <= 4)
    m.dropped = pyo.Constraint(m.i, rule=lambda m, i: m.x[i] >= 1 if i == "b" else pyo.Constraint.Skip)
    m.off = pyo.Constraint(expr=m.x["a"] <= -5)
    m.off.deactivate()
    m.cost = pyo.Objective(expr=m.p * (m.x["a"] + m.named) - m.z + m.q * m.x["a"] + 11)
    return m


def as_pyomo_has_it(m: pyo.ConcreteModel, read: LabelledLP) -> None:
    """Compare an LP with Pyomo's own, row by row and column by column, by name."""
    form = LinearStandardFormCompiler().write(m, mixed_form=True)
    columns = [(x.parent_component().local_name, *_index(x)) for x in form.columns]
    assert set(columns) == set(read.column)
    ours = np.zeros(read.shape)
    ours[read.indices, read.column_of_entry] = read.entries
    theirs, at = form.A.toarray(), [read.column[label] for label in columns]
    found: dict[object, list[object]] = {}
    for row, entries, limit in zip(form.rows, theirs, form.rhs, strict=True):
        label = (row.constraint.parent_component().local_name, *_index(row.constraint))
        found.setdefault(label, []).append((row.bound_type, limit))
        assert ours[read.row[label], at] == pytest.approx(entries, rel=1e-14, abs=0), label
    for label, i in read.row.items():
        lower, upper = read.row_lower[i], read.row_upper[i]
        for kind, limit in found.pop(label, ()):  # type: ignore[misc, attr-defined]
            assert (upper if kind >= 0 else lower) == pytest.approx(limit, rel=1e-14, abs=1e-300), label
            assert kind or lower == upper
    assert not found
    costs = form.c.toarray()[0]
    assert read.cost[at] == pytest.approx(costs, rel=1e-14, abs=0)
    assert read.offset == pytest.approx(float(form.c_offset[0]), rel=1e-12)
    bounds = [
        (-np.inf if lower is None else lower, np.inf if upper is None else upper)
        for lower, upper in map(_bounds, form.columns)
    ]
    assert list(zip(read.column_lower[at], read.column_upper[at], strict=True)) == bounds


def _index(data: object) -> tuple[object, ...]:
    index = data.index()  # type: ignore[attr-defined]
    return () if index is None else index if isinstance(index, tuple) else (index,)


def _bounds(variable: object) -> tuple[float | None, float | None]:
    return variable.bounds  # type: ignore[attr-defined, no-any-return]


def test_every_form_of_a_linear_expression_is_read() -> None:
    """Bug: a sign, a factor or a constant is lost where a sum stands in a product, a quotient or a named expression."""
    m = every_form()
    read = lp.from_pyomo(m)
    as_pyomo_has_it(m, read)
    assert ("unused",) not in read.column
    assert [label for label in read.row if label[0] in {"at_least", "dropped", "off"}] == [
        ("at_least", "a"), ("at_least", "b"), ("at_least", "c"), ("dropped", "b"),
    ]  # fmt: skip


def test_numbers_that_are_put_are_read_likewise() -> None:
    """Each Param is given two other values and its own again. Bug: what it enters is looked up in another way than it
    is read, so that a term is forgotten, or an entry that was 0 has no room.
    """
    m = every_form()
    in_place, first = lp.MutableLP(m), lp.from_pyomo(every_form())
    for param, values in ((m.p, (5.0, 0.1, 3.0)), (m.q, (0.0, 2.0, 0.5)), (m.r["b"], (0.0, 7.0, -1.0))):
        for value in values:
            in_place.put([(param, value)])
            here, anew = in_place.lp(), lp.from_pyomo(m)
            for part in (
                "cost",
                "offset",
                "row_lower",
                "row_upper",
                "column_lower",
                "column_upper",
                "entries",
                "indices",
            ):
                assert np.array_equal(getattr(here, part), getattr(anew, part)), (param.name, value, part)
            assert here.scales.row.tolist() == anew.scales.row.tolist()
    assert np.array_equal(in_place.lp().entries, first.entries)


@pytest.mark.parametrize("case", [TINY, TINY_CURVE, *range(4)], ids=str)
def test_the_pyomo_model_is_what_is_solved(case: Path | int, tmp_path: Path) -> None:
    """Bug: the LP that HiGHS is given is not the Pyomo model that a user may look at."""
    m = build(loaded(random_case(case), tmp_path) if isinstance(case, int) else sc.load(case))
    as_pyomo_has_it(m, lp.from_pyomo(m))


def test_a_fixed_variable_is_what_it_is_fixed_to() -> None:
    """Bug: it is free, or its terms are lost."""
    m = every_form()
    m.y.fix(1.25)
    read = lp.from_pyomo(m)
    at = read.column[("y",)]
    assert (read.column_lower[at], read.column_upper[at]) == (1.25, 1.25)
    assert read.entries[(read.column_of_entry == at) & (read.indices == read.row["at_least", "a"])].tolist() == [2.0]


def test_a_maximum_is_the_least_of_its_negative() -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 4))
    m.row = pyo.Constraint(expr=2 * m.x <= 6)
    m.gain = pyo.Objective(expr=5 * m.x + 1, sense=pyo.maximize)
    read = lp.from_pyomo(m)
    assert (read.cost.tolist(), read.offset, read.sign) == ([-5.0], -1.0, -1.0)


def test_a_model_without_an_objective_costs_nothing() -> None:
    m = pyo.ConcreteModel()
    m.x = pyo.Var(bounds=(0, 4))
    m.row = pyo.Constraint(expr=2 * m.x <= 6)
    read = lp.from_pyomo(m)
    assert (read.cost.tolist(), read.offset) == ([0.0], 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: setattr(m, "more", pyo.Constraint(expr=m.x * m.y <= 1)), r"expression x\*y, which is not linear"),
        (lambda m: setattr(m, "other", pyo.Objective(expr=m.x)), "has 2 active objectives; must have one"),
        (lambda m: setattr(m.y, "domain", pyo.Integers), "has whole-number variables; must be a linear program"),
        (lambda m: setattr(m.y, "domain", pyo.Binary), "has whole-number variables; must be a linear program"),
    ],
)  # fmt: skip
def test_what_is_no_linear_program_is_refused(change: object, message: str) -> None:
    """Bug: a product of variables, a whole number or a second objective is left out without a word."""
    m = pyo.ConcreteModel()
    m.x, m.y = pyo.Var(), pyo.Var()
    m.row, m.cost = pyo.Constraint(expr=m.x + m.y <= 1), pyo.Objective(expr=m.y)
    change(m)  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        lp.from_pyomo(m)
