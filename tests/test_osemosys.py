"""An LP that OSeMOSYS wrote, with its published solution, and every question asked of all its rows.

OSeMOSYS: Howells et al. (2011), Energy Policy 39, 5850-5870. This is `super_simple` of its tool otoole: one plant, one
fuel. The data of its UTOPIA (29446.8627) come with no package whose licence would let them stand here.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from asked import asked
from lps import INFINITY

from supplychain import lp

FILES = Path(__file__).parent / "published" / "osemosys"


def test_super_simple() -> None:
    """otoole 1.1.5, tests/fixtures/super_simple: the LP as glpsol wrote it, and CBC's solution of 46.43125659.

    The gas balances of the one time slice and of the year say the same twice: only both together are worth anything.
    Catches a file in LP format that is read wrongly, and prices where many equalities leave no room.
    """
    problem = lp.read(FILES / "super_simple_gnu.lp")
    assert problem.shape == (71, 71)
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(46.43125659, abs=5e-9)
    lines = (FILES / "super_simple_gnu.sol").read_text(encoding="utf-8").splitlines()[1:]
    published = pd.Series({name: float(value) for _, name, value, _ in map(str.split, lines)})
    assert answer.primal.to_numpy() == pytest.approx(published.reindex(answer.primal.index, fill_value=0), abs=5e-7)
    assert answer.certificate.primal_degenerate
    assert answer.certificate.dual_degenerate
    rows = list(problem.row)
    twice = ["EBa11_EnergyBalanceEachTS5(BB,x,natural_gas,2016)", "EBb4_EnergyBalanceEachYear4(BB,natural_gas,2016)"]
    assert lp.joint_sets(problem, rows) == [frozenset(twice)]
    asked(problem, rows, {"CAa2_TotalAnnualCapacity(BB,gas_plant,2016)": 1.0}, INFINITY)
