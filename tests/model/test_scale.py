"""The drawn case of any size that the timings use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import reference
from scale import Size, write

import supplychain as sc
from supplychain import lp, model
from supplychain.case.notices import notices
from supplychain.lp import interior
from supplychain.model.solver import solve, stated
from supplychain.tolerances import FEASIBILITY

if TYPE_CHECKING:
    from pathlib import Path

SIZES = [Size(1, 2, 2, 1, 8), Size(3, 5, 6, 2, 12), Size(4, 6, 8, 3, 20)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_drawn_case_is_as_large_as_asked(size: Size, tmp_path: Path) -> None:
    """A valid case with so many of each.

    Catches: timings of a case that is smaller than its name, or that the package itself would refuse.
    """
    case = sc.load(write(size, tmp_path))
    tables = ("regions", "accelerators", "workloads", "stages")
    regions, accelerators, workloads, stages = (len(case.tables[table]) for table in tables)
    assert Size(regions, len(case.years), accelerators, workloads, stages) == size
    assert [str(n) for n in notices(case) if "never" in str(n) and n.file != "expansion.csv"] == []


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_drawn_case_costs_what_the_other_statement_of_it_costs(size: Size, tmp_path: Path) -> None:
    """Solved from the tables alone, by code of its own, it costs the same.

    Catches: a hand-over that loses or moves a coefficient at a size that the other tests do not reach.
    """
    folder = write(size, tmp_path)
    m = model.build(sc.load(folder))
    _, at = solve(m)
    other = reference.build(reference.load(folder)).solve()
    assert at.objective / m.money == pytest.approx(other.objective_usd, rel=1e-6)


def test_interior_point_ends_where_the_simplex_method_has_next_to_nothing_to_do(tmp_path: Path) -> None:
    """The basis that is found on the scaled copy is one of the LP itself, and all but optimal there.

    Catches: a copy that is another LP, a basis that is lost on the way; the answer would be right, and late.
    """
    labelled = stated(model.build(sc.load(write(SIZES[-1], tmp_path))))
    cold = labelled.copied()
    assert lp.optimum_of(cold, what="the case").objective > 0
    start, _ = interior.basis(labelled.highs)
    labelled.highs.setBasis(start)
    labelled.highs.run()
    steps, all_steps = (one.highs.getInfo().simplex_iteration_count for one in (labelled, cold))
    assert steps <= 0.02 * all_steps


def test_a_drawn_case_is_not_trivial(tmp_path: Path) -> None:
    """Some demand is served and some is not, limits of several stages bind, and regions do not all do the same.

    Catches: timings of an LP that presolve alone would solve.
    """
    case = sc.load(write(SIZES[-1], tmp_path))
    labelled, at = solve(model.build(case))
    value = dict(zip(labelled.column, at.x.tolist(), strict=True))
    most = dict(zip(labelled.column, labelled.column_upper.tolist(), strict=True))
    served = sum(x for label, x in value.items() if label[0] == "serve")
    assert 0.2 < served / sum(most[label] for label in value if label[0] == "serve") < 0.9
    binding = {
        label[1]
        for label, y in zip(labelled.row, at.y, strict=True)
        if label[0] == "supply_limit" and abs(y) > FEASIBILITY
    }
    assert len(binding) >= 5
    assert any(x > 0 for label, x in value.items() if label[0] == "expand")
    used = [
        sum(x for label, x in value.items() if label[0] == "operate" and label[2] == r["region"])
        for r in case.tables["regions"]
    ]
    assert max(used) > 1.5 * min(used)
