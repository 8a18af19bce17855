"""`inputs/tiny` gives the answer that its README works out by hand."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from paths import GOLDEN, TINY

import supplychain as sc

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = GOLDEN / "tiny"
TABLES = sorted(path.stem for path in EXPECTED.glob("*.csv"))


@cache
def plan() -> sc.Plan:
    return sc.solve(sc.load(TINY))


def test_every_table_is_worked_out() -> None:
    """The hand calculation has each table that the package writes, and no other.

    Catches: a table that is written and that nobody checked, or that is no longer written.
    """
    assert sorted(plan().tables) == TABLES


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_hand_calculation(name: str, tmp_path: Path) -> None:
    """Each written table has the columns, rows and cells worked out on paper, numbers to 1e-9.

    An absolute 1e-9 stands beside it for cells whose paper value is 0.
    Sensitivity: site power of 2027 priced in money of 2026 is worth 13 897 600 USD, not 20 846 400.
    Catches: a wrong column, unit, order of rows, attribution or discount in any table.
    """
    plan().write(tmp_path)
    got = pd.read_csv(tmp_path / "tables" / f"{name}.csv")
    want = pd.read_csv(EXPECTED / f"{name}.csv")
    assert list(got.columns) == list(want.columns)
    pd.testing.assert_frame_equal(got, want, rtol=1e-9, atol=1e-9, check_dtype=False)


def test_the_objective_is_the_hand_calculation() -> None:
    """3 757.08 million USD: 1 801 + 2/3 x 1 702.92 + 4/9 x 1 846.8.

    Sensitivity: without discounting 5 350.72 million.
    Catches: a constant of the objective that is lost, a rate applied in the wrong year.
    """
    assert plan().objective_usd == pytest.approx(float((EXPECTED / "objective.txt").read_text()), rel=1e-9)
    assert plan().summary["objective_usd"] == plan().objective_usd


def test_the_net_benefit_is_the_hand_calculation() -> None:
    """Value 3 278.84 + 2/3 x 7 515.36 + 4/9 x 7 840.48 million USD, cost 1 261 + 2/3 x 1 507.8 + 4/9 x 1 576.8.

    Sensitivity: without research the value is 11 297.7 million, without the years that are not reported 8 289.08.
    Catches: a net benefit of reported years alone, without research or undiscounted, or with unserved demand as cost.
    """
    summary = plan().summary
    assert summary["value_usd"] == pytest.approx(1e6 * (3278.84 + 7515.36 * 2 / 3 + 7840.48 * 4 / 9), rel=1e-11)
    assert summary["cost_usd"] == pytest.approx(2967e6, rel=1e-11)
    assert plan().net_benefit_usd == summary["net_benefit_usd"] == pytest.approx(8806.73777777778e6, rel=1e-11)
