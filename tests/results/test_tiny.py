"""`inputs/tiny`, `inputs/tiny-curve` and `inputs/tiny-lab` give the answers that their READMEs work out by hand."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import reference
from paths import GOLDEN, INPUTS, TINY_CURVE

import supplychain as sc

if TYPE_CHECKING:
    from pathlib import Path

CASES = ("tiny", "tiny-curve", "tiny-lab")
TABLES = [(name, path.stem) for name in CASES for path in sorted((GOLDEN / name).glob("*.csv"))]


@cache
def plan(name: str) -> sc.Plan:
    return sc.solve(sc.load(INPUTS / name))


@pytest.mark.parametrize("name", CASES)
def test_every_table_is_worked_out(name: str) -> None:
    """The hand calculation has each table that the package writes, and no other.

    Catches: a table that is written and that nobody checked, or that is no longer written.
    """
    assert sorted(plan(name).tables) == [table for of, table in TABLES if of == name]


@pytest.mark.parametrize(("name", "table"), TABLES)
def test_a_table_is_the_hand_calculation(name: str, table: str, tmp_path: Path) -> None:
    """Each written table has the columns, rows and cells worked out on paper, numbers to 1e-9.

    An absolute 1e-9 stands beside it for cells whose paper value is 0.
    Sensitivity: in tiny, site power of 2027 priced in money of 2026 is worth 13 897 600 USD, not 20 846 400. In
    tiny-curve, with all users adjusted in 2026, 2 400 Ttok are blocked and not 900.
    Catches: a wrong column, unit, order of rows, attribution or discount in any table.
    """
    plan(name).write(tmp_path)
    got = pd.read_csv(tmp_path / "tables" / f"{table}.csv")
    want = pd.read_csv(GOLDEN / name / f"{table}.csv")
    assert list(got.columns) == list(want.columns)
    pd.testing.assert_frame_equal(got, want, rtol=1e-9, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize("name", CASES)
def test_the_objective_is_the_hand_calculation(name: str) -> None:
    """Tiny: 3 757.08 million USD, 1 801 + 2/3 x 1 702.92 + 4/9 x 1 846.8. Tiny-curve: 1 205.36 + 1/2 x 810.24 million.
    Tiny-lab: 355 + 0.8 x 112.314 million.

    Sensitivity: without discounting 5 350.72, 2 015.6 and 467.314 million.
    Catches: a constant of the objective that is lost, a rate applied in the wrong year.
    """
    expected = float((GOLDEN / name / "objective.txt").read_text())
    assert plan(name).objective_usd == pytest.approx(expected, rel=1e-9)
    assert plan(name).summary["objective_usd"] == plan(name).objective_usd


def test_only_relief_that_lasts_serves_more_in_the_first_year_of_tiny_curve() -> None:
    """By re-solves of the second statement: 1 % more halls in 2026 alone is worth nothing and serves nothing more; in
    both years it is worth 2.2 million USD and serves 20 Ttok more in 2026. Half of it is worth half.

    Sensitivity: were a chip of one year worth building, at 30 000 USD, relief of 2026 alone would serve 20 Ttok more.
    Catches: a case that has lost the property that it is for.
    """
    lp = reference.build(reference.load(TINY_CURVE))
    halls = {year: ("supply_limit", "halls", "landlord", "home", year) for year in (2026, 2027)}
    before = lp.solve()

    def relieved(*years: int, share: float = 0.01) -> tuple[float, float]:
        """What relief of some years is worth, and how many Ttok more are served in 2026."""
        after = lp.solve(rhs_shift={halls[year]: 20 * share for year in years})
        more = [after.values[x] - before.values[x] for x in lp.columns("serve") if x[-1] == 2026]  # noqa: PD011 - no pandas
        return before.objective_usd - after.objective_usd, sum(more)

    assert relieved(2026) == pytest.approx((0, 0), abs=1e-3)
    assert relieved(2026, 2027) == pytest.approx((2.2e6, 20), rel=1e-6)
    assert relieved(2026, 2027, share=0.005) == pytest.approx((1.1e6, 10), rel=1e-6)
    assert relieved(2027) == pytest.approx((0.8e6 / 2, 0), rel=1e-6, abs=1e-6)


def test_the_net_benefit_is_the_hand_calculation() -> None:
    """Value 3 278.84 + 2/3 x 7 515.36 + 4/9 x 7 840.48 million USD, cost 1 261 + 2/3 x 1 507.8 + 4/9 x 1 576.8.

    Sensitivity: without research the value is 11 297.7 million, without the years that are not reported 8 289.08.
    Catches: a net benefit of reported years alone, without research or undiscounted, or with unserved demand as cost.
    """
    summary = plan("tiny").summary
    assert summary["value_usd"] == pytest.approx(1e6 * (3278.84 + 7515.36 * 2 / 3 + 7840.48 * 4 / 9), rel=1e-11)
    assert summary["cost_usd"] == pytest.approx(2967e6, rel=1e-11)
    assert plan("tiny").net_benefit_usd == summary["net_benefit_usd"] == pytest.approx(8806.73777777778e6, rel=1e-11)
