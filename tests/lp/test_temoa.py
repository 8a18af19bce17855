"""Temoa's UTOPIA, through Pyomo: its published optimum, and every question asked of some rows against finite moves."""

from __future__ import annotations

import pytest
import temoa
from asked import asked, sample
from lps import INFINITY
from paths import PUBLISHED

from supplychain import lp

UTOPIA = PUBLISHED / "temoa" / "utopia.sql"


def test_utopia() -> None:
    """Temoa 4.1.0 prints 34853.6835 for it (tests/legacy_test_values.py).

    A nuclear plant yields as much at night as by day, so of its capacity only both together are worth anything.
    Catches a sign or a name lost between Pyomo and the LP, and what is only right while an LP is not degenerate.
    """
    problem = lp.from_pyomo(temoa.model(temoa.Data(temoa.rows(UTOPIA))))
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(34853.6835, abs=5e-5)
    assert answer.certificate.primal_degenerate
    assert answer.certificate.dual_degenerate
    nuclear: list[object] = [("enough_capacity", 2000, "E21", 1990, "winter", when) for when in ("day", "night")]
    assert lp.joint_sets(problem, nuclear) == [frozenset(nuclear)]
    rows = dict.fromkeys([*sample(problem, 40, 8, 8), *nuclear])
    asked(problem, list(rows), {("demand", 1990, "RL"): 1.0}, INFINITY)
