"""Netlib LPs, from their files: published optima, and every question asked of some rows against finite moves.

The optima are exact: Koch (2004), The final NETLIB-LP results, Operations Research Letters 32, 138-142. What Netlib
prints, from MINOS 5.3, agrees with them to its 11 digits but for 80bau3b: 987232.16072 there, 8e-6 above the optimum.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from asked import asked, sample
from lps import INFINITY
from paths import PUBLISHED

from supplychain import lp

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.unmeasured

FILES = PUBLISHED / "netlib"


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
    path = tmp_path / f"{case.name}.mps"
    path.write_bytes(lzma.decompress((FILES / f"{case.name}.mps.xz").read_bytes()))
    problem = lp.read(path)
    assert problem.shape == case.shape
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(case.optimum, rel=1e-10)
    assert (answer.certificate.primal_degenerate, answer.certificate.dual_degenerate) == case.degenerate
    asked(problem, sample(problem, *case.rows), case.direction, case.up_to)
