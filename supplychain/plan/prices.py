"""Two-sided prices of single limits, in undiscounted USD of their year."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import units
from supplychain.limits import doing
from supplychain.model.labels import Constraint
from supplychain.tolerances import PRICE_DIGITS, PRICE_TIE_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from supplychain.plan.solved_lp import SolvedLP


class Prices:
    """Prices at the optimum of a solved LP."""

    def __init__(self, solved_lp: SolvedLP) -> None:
        self._solved_lp, self._solved, self._lp, self._slopes = (
            solved_lp,
            solved_lp.solved,
            solved_lp.lp,
            solved_lp.slopes,
        )

    def of_stage(self, s: str, p: str, t: int) -> tuple[float, float]:
        """Return what one unit more, and one less, of a stage is worth at a place [USD per unit].

        The smallest price over the suppliers with a limit above 0, or over all if none has: what all units there are
        worth, without what a cheap supplier is worth beyond a dear one.
        """
        suppliers = self._solved.on.suppliers[s, p]
        all_limits = {
            self._lp.row[Constraint.SUPPLY_LIMIT, s, k, p, t]: self._solved.limits[s, k, p, t].total for k in suppliers
        }
        limits = {row: limit for row, limit in all_limits.items() if limit > 0} or all_limits
        usd = self._solved_lp.usd(t)
        with doing(f"asking for the price of {s} at {p} in {t}"):
            gain, loss = (_smallest(slope, limits) * usd for slope in (self._slopes.gain, self._slopes.loss))
        return rounded_price(gain), rounded_price(loss)


def of_a_dollar_raised(solved_lp: SolvedLP, years: Collection[int]) -> dict[int, float]:
    """Return what a dollar more raised gains in each of some years that have cash [USD per USD], undiscounted."""
    gains = {}
    for t in (t for t in solved_lp.solved.on.cash if t in years):
        with doing(f"asking what a dollar more raised in {t} is worth"):
            gain = solved_lp.slopes.gain({solved_lp.lp.row[Constraint.CASH_BALANCE, t]: solved_lp.money})
        gains[t] = rounded_price(gain * solved_lp.usd(t)) + 0.0
    return gains


def rounded_price(price: float) -> float:
    """Return a price with the nine significant digits that no solver path changes, so that equal ones rank as equal.

    Inputs are short decimals, so prices often end in a 5 where they are cut; eleven digits first put them just there.
    """
    return significant(significant(price, PRICE_TIE_DIGITS), PRICE_DIGITS)


def _smallest(slope: Callable[[dict[int, float]], float], limits: Mapping[int, float]) -> float:
    """Return the smallest slope over single rows, per unit; steps are per cents of each limit, or a unit of none."""
    smallest = math.inf
    for row, limit in limits.items():
        step = units.PERCENT * limit or 1.0
        smallest = min(smallest, slope({row: step}) / step)
        if smallest == 0:
            break
    return smallest
