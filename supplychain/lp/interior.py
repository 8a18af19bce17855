"""Where interior point ends: a basis, close to an optimum or at one, for the simplex method to start from."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from supplychain.lp import timed
from supplychain.lp.labelled import geometric


def basis(highs: Any) -> tuple[Any, float]:  # noqa: ANN401 - HiGHS ships no types
    """Return the basis of the LP in a live HiGHS at which interior point and crossover end, and the seconds they took.

    There is none if they find no optimum. They are given a copy with rows and columns scaled, by powers of two: on an
    LP in the units of its user interior point may stop short of an optimum, and HiGHS then starts from nothing.
    """
    copy = highspy.Highs()
    copy.passOptions(highs.getOptions())
    highs.ensureColwise()
    copy.passModel(_scaled(highs.getLp()))
    timed.run(copy)
    optimal = copy.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return copy.getBasis() if optimal else None, float(copy.getRunTime())


def _scaled(lp: Any) -> Any:  # noqa: ANN401 - HiGHS ships no types
    starts = np.array(lp.a_matrix_.start_, dtype=np.int64)
    filled = slice(int(starts[-1]))
    rows, entries = (
        np.array(lp.a_matrix_.index_, dtype=np.int64)[filled],
        np.array(lp.a_matrix_.value_, dtype=float)[filled],
    )
    columns = np.repeat(np.arange(lp.num_col_), np.diff(starts))
    by_row, by_column = (
        np.exp2(np.round(logs / np.log(2.0))) for logs in geometric(rows, columns, entries, lp.num_row_, lp.num_col_)
    )
    scaled = highspy.HighsLp()
    scaled.num_row_, scaled.num_col_ = lp.num_row_, lp.num_col_
    scaled.row_lower_, scaled.row_upper_ = (np.array(limits) * by_row for limits in (lp.row_lower_, lp.row_upper_))
    scaled.col_lower_, scaled.col_upper_ = (np.array(limits) / by_column for limits in (lp.col_lower_, lp.col_upper_))
    scaled.col_cost_ = np.array(lp.col_cost_) * by_column
    scaled.sense_ = lp.sense_
    scaled.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    scaled.a_matrix_.start_, scaled.a_matrix_.index_ = starts, rows
    scaled.a_matrix_.value_ = entries * by_row[rows] * by_column[columns]
    return scaled
