"""The basis of one LP carried over to another that names its rows and columns alike, but for a few."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import highspy

if TYPE_CHECKING:
    from supplychain.lp.labelled import LabelledLP

_BASIC, _AT_LOWER = highspy.HighsBasisStatus.kBasic, highspy.HighsBasisStatus.kLower


def carried(basis: Any, lp: LabelledLP, other: LabelledLP) -> Any:  # noqa: ANN401 - HiGHS ships no types
    """Return the basis of an LP as a basis of another one, by the names of rows and columns.

    What the other one alone has is added as if it changed nothing: a column at its lower bound, a row that is basic.
    For each basic column that it lacks a row becomes basic.
    """
    if lp.row is other.row and lp.column is other.column:
        return basis
    columns, rows = list(basis.col_status), list(basis.row_status)
    of_columns = [_AT_LOWER if label not in lp.column else columns[lp.column[label]] for label in other.column]
    of_rows = [_BASIC if label not in lp.row else rows[lp.row[label]] for label in other.row]
    missing = len(of_rows) - of_columns.count(_BASIC) - of_rows.count(_BASIC)
    for i in list(islice((i for i, status in enumerate(of_rows) if status != _BASIC), max(0, missing))):
        of_rows[i] = _BASIC
    for i in list(islice((i for i, status in enumerate(of_rows) if status == _BASIC), max(0, -missing))):
        of_rows[i] = _AT_LOWER
    new = highspy.HighsBasis()
    new.valid, new.col_status, new.row_status = True, of_columns, of_rows
    return new
