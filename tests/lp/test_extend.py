"""Columns and rows of one's own beside those of an LP: the same LP as if it had been stated so."""

from __future__ import annotations

import numpy as np
import pytest
from lps import INFINITY, Written

from supplychain import lp


def written() -> Written:
    """Least -3x - 5y, where x <= 4, 2y <= 12 and 3x + 2y <= 18: Wyndor Glass, 36 at (2, 6)."""
    return Written(
        cost=np.array([-3.0, -5.0]),
        matrix=np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]),
        lower=np.full(3, -INFINITY),
        upper=np.array([4.0, 12.0, 18.0]),
        column_lower=np.zeros(2),
        column_upper=np.full(2, INFINITY),
    )


def test_what_is_added_counts_beside_what_is_there() -> None:
    """Overtime adds to the second limit at 2 a unit, four at most; and of both products there are 9 at most.

    With overtime y may be 8 and x 2/3, which 4 units of it pay for: 42 - 8 = 34 is less than 36. At a price of 1 they
    are worth it: 42 - 4 = 38. With x + y <= 7 too, it is x = 0 and y = 7 with 2 units: 35 - 2 = 33, and without it 33.
    Catches: entries under another row or column, a cost or a bound that is lost, an offset.
    """
    stated = written().labelled()
    rows, columns = list(stated.row), list(stated.column)
    for price, most, best in ((2.0, INFINITY, -36.0), (1.0, INFINITY, -38.0), (1.0, 7.0, -33.0)):
        overtime = lp.NewColumn("overtime", {rows[1]: -1.0}, cost=price, upper=4.0)
        both = lp.NewRow("both", dict.fromkeys(columns, 1.0), upper=most)
        more = lp.extended(stated, [overtime], [both])
        assert lp.optimum_of(more, what="Wyndor Glass").objective == pytest.approx(best)
        assert more.shape == (4, 3)
        assert lp.optimum_of(stated, what="Wyndor Glass").objective == pytest.approx(-36.0)


def test_a_new_row_may_hold_a_new_column() -> None:
    """By either of the two. Catches an entry that is lost, or that counts twice."""
    stated = written().labelled()
    columns = list(stated.column)
    at_most = lp.NewRow("at most", {columns[1]: 1.0, "more": -1.0}, upper=5.0)
    for more in (
        lp.extended(stated, [lp.NewColumn("more", cost=1.0)], [at_most]),
        lp.extended(
            stated,
            [lp.NewColumn("more", {"at most": -1.0}, cost=1.0)],
            [lp.NewRow("at most", {columns[1]: 1.0}, upper=5.0)],
        ),
    ):
        optimum = lp.optimum_of(more, what="Wyndor Glass")
        assert (optimum.objective, optimum.x[2]) == (pytest.approx(-35.0), pytest.approx(1.0))


def test_what_is_not_there_is_not_named() -> None:
    """Catches a row or a column that is misspelt and quietly left out."""
    with pytest.raises(KeyError, match="nowhere"):
        lp.extended(written().labelled(), [lp.NewColumn("more", {"nowhere": 1.0})], [])
