"""OSeMOSYS: UTOPIA through Pyomo, and an LP that it wrote; published optima, and every question against finite moves.

Source: Howells et al. (2011), Energy Policy 39, 5850-5870.
"""

from __future__ import annotations

import osemosys
import pandas as pd
import pytest
from asked import asked, follows, sample
from lps import INFINITY
from paths import PUBLISHED

from supplychain import lp

pytestmark = pytest.mark.unmeasured

FILES = PUBLISHED / "osemosys"


def test_utopia() -> None:
    """OSeMOSYS_GNU_MathProg, tests/test_gnu_mathprog.py: 29446.86269434 in August 2019, 2.944686269e+04 since.

    5617 rows and 3739 columns. The balance of diesel in a year repeats those of its six time slices: only it and one of
    them together are worth anything. Hydropower must be built; the curve is what building less of it saves.
    Catches a row or a cost lost between Pyomo and the LP, and what is only right while an LP is not degenerate, or
    while no limit is said twice.
    """
    problem = lp.from_pyomo(osemosys.model({}))
    assert problem.shape == (5617, 3739)
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(29446.86269434, abs=5e-9)
    assert answer.certificate.primal_degenerate
    assert answer.certificate.dual_degenerate
    year, *slices = [("balance_of_year", "DSL", 2000), *(("balance", "DSL", 2000, at) for at in osemosys.SHARE)]
    assert set(lp.joint_sets(problem, [year, *slices])) == {frozenset([year, at]) for at in slices}
    # Asked one after the other of one solver: the second is unbounded, which HiGHS told as unknown once it had run.
    ranges = lp.allowable_ranges(problem, [("ages", "E51", 2004), ("balance", "HCO", 2009, "SN")])
    assert ranges.to_numpy().ravel().tolist() == [0, pytest.approx(0.81092685261), -INFINITY, INFINITY]
    rows = dict.fromkeys([*sample(problem, 30, 4, 4, every=5), year, *slices[:2]])
    asked(problem, list(rows), {("least_capacity", "E31", y): 1.0 for y in osemosys.YEARS}, INFINITY)


def test_utopia_that_emits_less() -> None:
    """The same file publishes that UTOPIA emits 163.516797 of CO2: a lower limit costs something, a higher one nothing.

    Catches a slack limit that has a price or ends its range too early, and a missed breakpoint of a long curve.
    """
    problem = lp.from_pyomo(osemosys.model({"CO2": 200.0}))
    assert lp.solve(problem).objective == pytest.approx(29446.86269434, abs=5e-9)
    limit = ("emitted", "CO2")
    assert lp.two_sided_prices(problem, [limit]).loc[[limit]].to_numpy().tolist() == [[0, 0]]
    low, high = lp.allowable_ranges(problem, [limit]).loc[[limit]].to_numpy()[0]
    assert low == pytest.approx(163.516797, abs=5e-7)
    assert high == INFINITY
    follows(problem, {limit: -1.0}, 50.0)


def test_super_simple() -> None:
    """otoole 1.1.5, tests/fixtures/super_simple: one plant, one fuel, as glpsol wrote it, and CBC's 46.43125659.

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
