"""Where the price of one limit goes: who is paid for the last unit of it, and what they pay for in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from supplychain.errors import CertificateError
from supplychain.lp.scaled import sums
from supplychain.tolerances import PRICE_SHARE_DECIMALS, REDUCED_COST_ROUNDING, UNTRACED_PRICE

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import Vector


_ROUNDS = 300
"""Rounds after which what still moves is found by solving for it: it moves in a circle, and leaves it slowly."""


@dataclass(frozen=True)
class Trace:
    """The parts of a price, in the LP's objective per unit of the row; together they are the price.

    `cost` and `bound` are indexed by column: what the column costs by itself, and the rent of its reached upper bound;
    of a fixed column that is what it earns above what it pays, and below 0 if it does not earn that.
    `limit` and `kept` are indexed by row: the rent of what the row's own limit gives away, and what was paid to rows at
    which tracing stops, less what was received from them.
    """

    price: float
    cost: Vector
    bound: Vector
    limit: Vector
    kept: Vector

    @property
    def residual(self) -> float:
        """What the parts leave unexplained."""
        return self.price - float(self.cost.sum() + self.bound.sum() + self.limit.sum() + self.kept.sum())


class Tracer:
    """Traces prices at one optimal plan `x` and one optimal dual `y`.

    Every row is read as use <= supply. The dollars that a row's price takes go to the columns that supply it, and to
    what its limit gives away, in proportion to what each supplies in the plan. A column in use earns exactly what it
    pays: its own cost, the rent of its reached bound and the prices of what it uses; so each dollar that it earns is
    passed on in proportion to these. At the rows marked `stop` nothing is passed on: what is paid to them is a part of
    the price, and what is earned from them is one with the other sign.

    Source: complementary slackness; proportional tracing of flows, Bialek (1996), IEE Proceedings 143, 313-320.
    """

    def __init__(self, lp: LabelledLP, x: Vector, y: Vector, stop: npt.NDArray[np.bool_]) -> None:
        self._shape = lp.shape
        column = lp.column_of_entry
        upward = np.where(lp.row_lower == lp.row_upper, y <= 0, np.isfinite(lp.row_upper))
        way = np.where(upward, 1.0, -1.0)
        self._worth = np.abs(y)
        entries = lp.entries * way[lp.indices]
        paid = entries * self._worth[lp.indices]
        gives = (entries < 0) & ~stop[lp.indices]
        uses = (entries > 0) & ~stop[lp.indices] & (paid > 0)
        self._stops = lp.indices[stop[lp.indices]], column[stop[lp.indices]], paid[stop[lp.indices]]
        revenue = sums(column[gives], -paid[gives], lp.shape[1])
        self._per_dollar = np.divide(1.0, revenue, out=np.zeros_like(revenue), where=revenue > 0)
        reduced = lp.cost - lp.priced(y)
        size = np.abs(lp.cost) + sums(column, np.abs(lp.entries * y[lp.indices]), lp.shape[1])
        self._breaks_even = np.abs(reduced) <= REDUCED_COST_ROUNDING * size
        fixed = (lp.column_lower == lp.column_upper) & (lp.column_lower > 0)
        self._rent = np.where(fixed | ((reduced < 0) & (x >= lp.column_upper)), -reduced, 0.0)
        self._cost = lp.cost
        self._use = lp.indices[uses], column[uses], paid[uses] * self._per_dollar[column[uses]]
        limit = np.where(upward, lp.row_upper, -lp.row_lower)
        endowed = np.where(np.isfinite(limit), np.maximum(limit, 0.0), 0.0)
        self._give = self._weights(lp, x, (gives, uses), entries, endowed)

    def _weights(
        self,
        lp: LabelledLP,
        x: Vector,
        kinds: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
        entries: Vector,
        endowed: Vector,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Vector]:
        """Return who supplies each row, by share; the rest is its limit's. `kinds` are the entries that give, and use.

        Where nothing is supplied, the columns that could, and would break even, supply it in equal parts.
        """
        (row, column), (use_row, use_column) = ((lp.indices[kind], lp.column_of_entry[kind]) for kind in kinds)
        flow = -entries[kinds[0]] * np.maximum(x[column], 0.0)
        idle = sums(row, flow, self._shape[0]) + endowed == 0
        if idle.any():
            able, stuck = self._breaks_even.copy(), np.array([True])
            while stuck.any():  # each round at least one column is able no more; what uses a row that nobody could
                # supply could not supply one either
                nobody = idle & (sums(row, able[column].astype(float), self._shape[0]) == 0)
                stuck = nobody[use_row] & able[use_column]
                able[use_column[stuck]] = False
            flow = np.where(idle[row] & able[column], 1.0, flow)
        total = sums(row, flow, self._shape[0]) + endowed
        share = np.divide(flow, total[row], out=np.zeros_like(flow), where=total[row] > 0)
        self._own_share = np.divide(endowed, total, out=np.ones_like(total), where=total > 0)
        some = share > 0
        return row[some], column[some], share[some]

    def trace(self, row: int) -> Trace:
        """Return where the price of a row goes.

        Raises: CertificateError if it keeps moving in a circle.
        """
        m, n = self._shape
        (give_row, give_column, share), (use_row, use_column, part) = self._give, self._use
        price = float(self._worth[row])

        def to_columns(at_rows: Vector) -> Vector:
            return sums(give_column, at_rows[give_row] * share, n)

        def to_rows(at_rows: Vector) -> Vector:
            return sums(use_row, to_columns(at_rows)[use_column] * part, m)

        start = np.zeros(m)
        start[row] = price
        through_rows = _passed(start, to_rows)
        earned = to_columns(through_rows) * self._per_dollar
        stop_row, stop_column, paid = self._stops
        return Trace(
            price=price,
            cost=earned * self._cost,
            bound=earned * self._rent,
            limit=through_rows * self._own_share,
            kept=sums(stop_row, earned[stop_column] * paid, m),
        )


def _passed(start: Vector, to_rows: Callable[[Vector], Vector]) -> Vector:
    """Return all that passes each row: what starts there, and what is passed on to it, round after round.

    Raises: CertificateError if it keeps moving in a circle.
    """
    passed, moving = np.zeros(len(start)), start
    for _ in range(_ROUNDS):
        passed += moving
        moving = to_rows(moving)
        if moving.sum() <= UNTRACED_PRICE * start.sum():
            return passed
    nodes = np.flatnonzero(passed)
    onward = np.zeros((len(nodes), len(nodes)))
    for n, node in enumerate(nodes):
        alone = np.zeros(len(start))
        alone[node] = 1.0
        onward[:, n] = to_rows(alone)[nodes]
    left = np.eye(len(nodes)) - onward
    passed[nodes] = np.linalg.lstsq(left, start[nodes], rcond=None)[0]
    residual = np.abs(left @ passed[nodes] - start[nodes]).sum()
    if (passed < 0).any() or residual > 10.0**-PRICE_SHARE_DECIMALS * start.sum():
        message = "the parts of a price do not add up: it moves in a circle"
        raise CertificateError(message)
    return passed
