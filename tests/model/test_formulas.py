"""The model's formulas, evaluated after the solve: what the tables say is what the constraints say."""

from __future__ import annotations

import copy
from itertools import product
from typing import TYPE_CHECKING

import pytest
from paths import TINY
from plants import drawn

import supplychain as sc
from supplychain import lp
from supplychain.errors import CertificateError
from supplychain.model import build, commitments, cost, fleet, service, supply
from supplychain.model._pyomo import Model, pyo
from supplychain.model.labels import Var
from supplychain.plan.solved_lp import solve_lp

if TYPE_CHECKING:
    from supplychain.plan.solved import Solved


def both(case: sc.Case) -> tuple[Model, Solved]:
    """The Pyomo model with the values of a solution in it, and the solution."""
    m, solved = build(case), solve_lp(case).solved
    for name in Var:
        for index, value in solved.x[name].items():
            getattr(m, name)[index].set_value(value, skip_validation=True)
    return m, solved


@pytest.mark.parametrize("name", ["tiny", 0, 3])
def test_a_formula_says_the_same_before_and_after_the_solve(name: str | int) -> None:
    """Each named formula, as a Pyomo expression with the solution in it, has the value that it has of numbers alone.

    Catches: a formula that branches on what it is given; a view whose names are not those of the model.
    """
    m, solved = both(sc.load(TINY) if name == "tiny" else drawn(int(name)).plan.case)
    on, found = solved.on, {}
    for index in on.supply:
        found["limit", index] = supply.limit(m, *index), supply.limit(solved.m, *index)
        found["kept limit", index] = supply.limit(m, *index), solved.limits[index].total
        found["paid", index] = cost.paid(m, *index), cost.paid(solved.m, *index)
    for s, t in product(on.stages, on.years):
        for p in on.places[s]:
            used = sum(amount for _, amount in supply.uses(m, s, p, t))
            found["used", s, p, t] = used, solved.used[s, p, t]
    for a, r, t in on.operate:
        found["owned", a, r, t] = fleet.owned(m, a, r, t), fleet.owned(solved.m, a, r, t)
    for c, t in on.commitments:
        found["delivered", c, t] = commitments.delivered(m, c, t), commitments.delivered(solved.m, c, t)
    for t in on.years:
        found["worth", t] = cost.worth(m, t), cost.worth(solved.m, t)
        for spending in (cost.components, cost.systems, cost.orders):
            pairs = zip(spending(m, t), spending(solved.m, t), strict=True)
            found |= {(spending.__name__, t, n): (x, y) for n, ((_, x), (_, y)) in enumerate(pairs)}
    for w, t in product(on.workloads, on.years):
        found["served", w, t] = service.served(m, w, t), service.served(solved.m, w, t)
    found["unserved",] = cost.unserved(m), cost.unserved(solved.m)
    expected = {key: pyo.value(expression) for key, (expression, _) in found.items()}
    assert {key: value for key, (_, value) in found.items()} == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_a_name_that_the_model_has_not_is_no_attribute() -> None:
    """Catches: a misspelt name taken for nothing, and a view that cannot be copied."""
    solved = solve_lp(sc.load(TINY)).solved
    with pytest.raises(AttributeError, match="expnd"):
        _ = solved.m.expnd
    assert copy.copy(solved.m).capacity == solved.m.capacity


def test_what_is_passed_on_ends_somewhere() -> None:
    """10 at `a`: a half to `b` and a half to `c`; all of `b` to `c` too. `c` keeps the 10 that reach it by two ways.

    Catches: a node that is counted once for each way, or not at all where it passes everything on.
    """
    shares = {"a": {"b": 0.5, "c": 0.5}, "b": {"c": 1.0}, "c": {}}
    assert lp.through({"a": 10.0}, shares.__getitem__) == {"a": 10.0, "b": 5.0, "c": 10.0}
    assert lp.through({"a": 10.0, "b": 2.0}, shares.__getitem__) == {"a": 10.0, "b": 7.0, "c": 12.0}


def test_what_moves_in_a_circle_is_told() -> None:
    """Catches: a trace that never ends."""
    with pytest.raises(CertificateError, match="moves in a circle"):
        lp.through({"a": 1.0}, {"a": {"b": 1.0}, "b": {"a": 1.0}}.__getitem__)


def test_the_old_name_of_a_function_warns() -> None:
    """Catches: code of a user of `lp` that breaks without a word, or goes on without one."""
    with pytest.warns(DeprecationWarning, match="now supplychain.lp.load"):
        assert lp.hold is lp.load
    with pytest.raises(AttributeError, match="no attribute 'holds'"):
        _ = lp.holds
