"""What keeps an LP from being feasible: the least by which some of its limits would have to give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import highspy
import numpy as np

from supplychain.lp.optimum import run
from supplychain.lp.scaled import sums
from supplychain.tolerances import MEAN_LIMIT, NO_SHORTAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.lp.labelled import LabelledLP


def shortages(lp: LabelledLP, rows: Sequence[int]) -> dict[int, float]:
    """Return by how much the limits of some rows must give way at least for anything to be feasible, by row.

    Least is the sum of the shares of what fixed columns take of each row, or of a usual limit if that is more. Empty if
    nothing must give way, or if it would not help.
    """
    other = lp.copied()
    highs, (_, columns) = other.highs, lp.shape
    highs.changeColsCost(columns, np.arange(columns), np.zeros(columns))
    highs.changeObjectiveOffset(0.0)
    fixed = np.where(lp.column_lower == lp.column_upper, np.abs(lp.column_lower), 0.0)
    taken = sums(lp.indices, np.abs(lp.entries) * fixed[lp.column_of_entry], lp.shape[0])
    size = np.maximum(MEAN_LIMIT * lp.row_unit, taken)
    for i in rows:
        way = -1.0 if np.isfinite(lp.row_upper[i]) else 1.0
        highs.addCol(1.0 / float(size[i]), 0.0, highspy.kHighsInf, 1, [i], [way])
    if run(highs) != highspy.HighsModelStatus.kOptimal:
        return {}
    gives = highs.getSolution().col_value[columns:]
    return {i: float(x) for i, x in zip(rows, gives, strict=True) if x > NO_SHORTAGE * size[i]}
