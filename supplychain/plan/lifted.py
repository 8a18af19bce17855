"""The same case with limits lifted: what would be served, and what each stage would have to supply."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import lp
from supplychain.plan.solved import Solved, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp import LabelledLP, Vector


def unlimited(solved: Solved, labelled: LabelledLP, ties: Sequence[Vector]) -> Solved:
    """Return the plan with no limit on any stage and on the budget; builds and ramps keep theirs."""
    return _lifted(solved, labelled, ties, rows={"supply_limit", "budget"}, columns=set())


def unconstrained(solved: Solved, labelled: LabelledLP, ties: Sequence[Vector]) -> Solved:
    """Return the plan with no limit on any stage, build, ramp or budget."""
    return _lifted(solved, labelled, ties, rows={"supply_limit", "budget", "ramp"}, columns={"build"})


def _lifted(
    solved: Solved, labelled: LabelledLP, ties: Sequence[Vector], *, rows: set[str], columns: set[str]
) -> Solved:
    """Solve with some limits lifted; where nothing is short, no capacity is ordered."""
    row_upper = {i: math.inf for label, i in labelled.row.items() if label[0] in rows}
    column_upper = {j: math.inf for label, j in labelled.column.items() if label[0] in columns}
    column_upper |= {j: 0.0 for label, j in labelled.column.items() if label[0] == "expand"}
    with lp.changed(labelled, row_upper, column_upper, what="the case without limits") as (freed, at):
        return Solved(solved.case, solved.on, solved.n, values(labelled, lp.prefer(freed, at, ties)))
