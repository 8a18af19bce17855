"""Cases that are hard on a solver: badly scaled, nearly tied, long. None is refused, and none is wrong."""

from __future__ import annotations

import csv
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from effort import one_in
from generator import write_case
from hard import hard_case
from paths import TINY
from reference import UnsolvedError, build, load

import supplychain as sc

if TYPE_CHECKING:
    from pathlib import Path

TOLD = (289, 516, 523, 581)
"""Cases on which interior point goes on for ever, if it is let; cases that are far larger once limits are lifted."""


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", sorted({*one_in(40, range(600)), *TOLD}))
def test_a_hard_case_agrees_with_the_second_statement(seed: int, tmp_path: Path) -> None:
    """Capacities, prices, demand and so on by 10 to the power of -9 to 9, prices equal to 13 digits, 40 years.

    Catches: a case that is refused over the size of its numbers; an answer that is wrong and certified.
    """
    kind, case = hard_case(seed)
    folder = write_case(case, tmp_path / "case")
    statement = build(load(folder))
    expected = None
    for method in ("highs", "highs-ipm"):
        with suppress(UnsolvedError):
            expected = expected or statement.solve(method=method).objective_usd
    found = sc.solve(sc.load(folder)).summary
    assert max(x for name, x in found["certificate"].items() if name.endswith(("scaled", "relative"))) <= 1e-9
    if expected is not None:  # the second statement has one solver and one tolerance, and gives up some
        assert found["objective_usd"] == pytest.approx(expected, rel=1e-8), kind


@pytest.mark.parametrize("factor", [1e-15, 1e-9, 1.0, 1e9, 1e15])
def test_a_stage_of_which_a_chip_takes_next_to_nothing(factor: float, tmp_path: Path) -> None:
    """A chip takes 0.0008 t of copper at 10,000 USD, of which there are 16 t: in whatever unit copper is counted.

    In megatonnes a chip takes 8e-10, which solvers drop: then copper limits nothing, and the answer is 3,757,080,000.
    """
    folder = tmp_path / "case"
    shutil.copytree(TINY, folder)
    for table, row in (
        ("stages", {"stage": "copper", "label": "Copper", "group": "copper", "nature": "physical", "unit": "t",
                    "kind": "flow", "scope": "global", "position": 9, "cost_life_years": 2}),
        ("suppliers", {"stage": "copper", "supplier": "mine", "label": "Mines"}),
        ("capacity", {"stage": "copper", "supplier": "mine", "place": "global", "year": 2026,
                      "capacity": 16 * factor, "price_usd": 10_000 / factor, "source": "paper"}),
        ("bill_of_materials", {"accelerator": "new", "stage": "copper", "quantity": 0.0008 * factor,
                               "source": "paper"}),
    ):  # fmt: skip
        path = folder / f"{table}.csv"
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, header, restval="", lineterminator="\n").writerow(row)
    assert sc.solve(sc.load(folder)).objective_usd == pytest.approx(5_777_704_000, rel=1e-9)
