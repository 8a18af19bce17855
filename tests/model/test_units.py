"""Units do not matter: the same case in others has the same plan, the same labels and the same prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from effort import one_in
from generator import random_case, write_case
from units import Units, differences, in_units, random_units, tables_in_own_units

import supplychain as sc

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(300)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(25, SEEDS))
def test_a_random_case_in_random_units(seed: int, tmp_path: Path) -> None:
    """Each stage, money and tokens in units of their own, by 10 to the power of -9 to 9.

    Catches: entries that the solver drops, tolerances in somebody's unit, a tie that is broken by the size of numbers,
    a relief by one unit, whatever a unit is.
    """
    case = random_case(seed)
    units = random_units(case, seed)
    own, other = (
        sc.solve(sc.load(write_case(one, tmp_path / name)))
        for name, one in (("own", case), ("other", in_units(case, units)))
    )
    assert other.summary["objective_usd"] / units.money == pytest.approx(own.summary["objective_usd"], rel=1e-9)
    assert differences(tables_in_own_units(own, Units({})), tables_in_own_units(other, units)) == []
    for plan in (own, other):
        assert (
            max(x for name, x in plan.summary["certificate"].items() if name.endswith(("scaled", "relative"))) <= 1e-9
        )
