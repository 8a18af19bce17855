"""Every number of the LP's matrix is traced to its cell, so that one which a solver would drop can be named."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from generator import random_case, write_case
from paths import TINY

import supplychain as sc
from supplychain import lp, schema
from supplychain.errors import InputError
from supplychain.model import build, money
from supplychain.model.cells import cell_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", range(12))
def test_every_entry_has_its_cell_or_is_the_models_own(seed: int, tmp_path: Path) -> None:
    """What is traced to no cell is 1, or a share of the first year or of late deliveries; a cell's key is in its table.

    Catches: a new kind of entry that nobody named; a key in another order.
    """
    case = sc.load(write_case(random_case(seed), tmp_path / "case"))
    problem = lp.from_pyomo(build(case))
    lag, first = case.settings.build_lag_share, 1 - case.settings.first_year_availability
    own = {1.0, lag, 1 - lag, first}
    rows, columns = list(problem.row), list(problem.column)
    in_money = {"take_or_pay", "cash_balance"}
    for i, j, entry in zip(problem.indices, problem.column_of_entry, problem.entries, strict=True):
        cell = cell_of(rows[i], columns[j])
        if cell is None:
            usd = money(case) if rows[i][0] in in_money else 1.0
            assert abs(entry) in own or abs(entry) == usd or any(abs(abs(entry) - x) < 1e-15 for x in own), (
                rows[i],
                columns[j],
                entry,
            )
            continue
        table, column, key = cell
        assert column in {c.name for c in schema.TABLE[table].columns}
        names = [name for name in schema.TABLE[table].key if name not in {"year", "place"}]
        known = {tuple(row[name] for name in names) for row in case.tables[table]}
        if not str(key[-1]).startswith("the stage of"):
            found = key if table != "take_or_pay" else (*key[:2], key[3])
            assert found[: len(names)] in known or table == "operations", (cell, sorted(known)[:3])


def test_a_number_that_would_be_dropped_is_named_by_its_cell(tmp_path: Path) -> None:
    """Two accelerators take two stages, one of them next to nothing of one: no units bring all four near 1."""
    folder = tmp_path / "case"
    shutil.copytree(TINY, folder)
    bill = folder / "bill_of_materials.csv"
    bill.write_text(bill.read_text(encoding="utf-8") + "old,packaging,1e-60,paper\n", encoding="utf-8")
    accelerators = folder / "accelerators.csv"
    accelerators.write_text(accelerators.read_text(encoding="utf-8").replace("2024,2025", "2024,"), encoding="utf-8")
    costs = folder / "unit_costs.csv"
    costs.write_text(costs.read_text(encoding="utf-8") + "old,2026,1000,paper\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"bill_of_materials.csv, column quantity: old, packaging: comes to 1e-60"):
        sc.solve(sc.load(folder))
