"""Netlib LPs, from their files: published optima, and every question asked of some rows against finite moves.

The optima are exact: Koch (2004), The final NETLIB-LP results, Operations Research Letters 32, 138-142. What Netlib
prints, from MINOS 5.3, agrees with them to its 11 digits but for 80bau3b: 987232.16072 there, 8e-6 above the optimum.
Of the others `tests/published/netlib/optima.csv` has what Netlib prints, and how far off that is known to be.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import netlib
import numpy as np
import pytest
from asked import asked, sample
from effort import one_in
from lps import INFINITY

from supplychain import lp
from supplychain.tolerances import CERTIFIED

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unmeasured

ALL = random.Random(1).sample(netlib.printed(), len(netlib.printed()))
"""What is printed of each LP, in an order drawn once."""


@dataclass(frozen=True)
class Case:
    """What is known of an LP, and what to ask of it: how many rows of each kind, and one curve."""

    name: str
    shape: tuple[int, int]
    optimum: float
    degenerate: tuple[bool, bool]
    rows: tuple[int, int, int]
    direction: dict[str, float]
    up_to: float = INFINITY


CASES = (
    Case("afiro", (27, 32), -464.75314285714286, (True, True), (27, 27, 27), {"X05": 1.0, "X44": 1.0, "X46": 1.0}),
    Case("israel", (174, 142), -896644.82186304573, (False, True), (40, 0, 8), {"B17": 1.0}),
    Case("25fv47", (821, 1571), 5501.8458882867447, (True, True), (10, 4, 3), {"RB015": 1.0}, 60.0),
    Case("80bau3b", (2262, 9799), 987224.19240909026, (True, True), (12, 5, 4), {"LU4EE..N": 1.0}),
)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_netlib(case: Case, tmp_path: Path) -> None:
    """Catches what is right only while LPs are small, well scaled and not degenerate."""
    problem = netlib.read(case.name, tmp_path)
    assert problem.shape == case.shape
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(case.optimum, rel=1e-10)
    assert (answer.certificate.primal_degenerate, answer.certificate.dual_degenerate) == case.degenerate
    asked(problem, sample(problem, *case.rows), case.direction, case.up_to)


def test_prices_that_moves_prove(tmp_path: Path) -> None:
    """Prices of grow15 are known to fewer digits than the tangent problem takes: they come from moved limits.

    Each is the slope of the objective as a solver finds it that is given limits a little higher, and lower.
    Catches: such a price that is refused, or taken from costs that are a little off.
    """
    problem = netlib.read("grow15", tmp_path)
    rows = ["PRI0601", "PRI0506", "PRI0710", "PRI0809"]
    prices = lp.two_sided_prices(problem, rows)
    start = lp.solve(problem).objective
    for name in rows:
        row = problem.row[name]
        assert problem.row_lower[row] == problem.row_upper[row]
        step = 1e-3
        up, down = (moved(problem, row, sign * step) - start for sign in (1, -1))
        assert prices.loc[name, "gain"] == pytest.approx(-up / step, rel=1e-5)
        assert prices.loc[name, "loss"] == pytest.approx(down / step, rel=1e-5)


def moved(problem: lp.LabelledLP, row: int, by: float) -> float:
    """The optimum with the right-hand side of an equality moved, by a new solver."""
    limits = problem.row_upper.copy()
    limits[row] += by
    other = replace(problem, row_lower=np.where(problem.row_lower == problem.row_upper, limits, problem.row_lower))
    return lp.solve(replace(other, row_upper=limits).clone()).objective


@pytest.mark.parametrize("known", one_in(10, ALL), ids=lambda known: known.name)
def test_all_of_netlib(known: netlib.Printed, tmp_path: Path) -> None:
    """The published optimum, and a certificate within its bound: of 91 LPs, two of them with more than 3,000 rows.

    Catches an LP that is refused though it has an optimum, and one whose answer is not proven.
    """
    problem = netlib.read(known.name, tmp_path)
    assert problem.shape == (known.rows, known.columns)
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(known.optimum, rel=known.within)
    proof = answer.certificate
    assert max(proof.primal_residual_scaled, proof.dual_residual_scaled, proof.duality_gap_relative) <= CERTIFIED
