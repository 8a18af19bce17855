"""Annuities and discounting, as the model states them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def discount_factors(years: Sequence[int], rate: float) -> dict[int, float]:
    """Return the value in the first year of one dollar in each year: (1+rate)^-(t-t0).

    >>> discount_factors([2026, 2027], 0.25)
    {2026: 1.0, 2027: 0.8}
    """
    return {t: (1 + rate) ** -(t - years[0]) for t in years}


def capital_recovery_factor(life: int, rate: float) -> float:
    """Return the level yearly payment that repays one dollar over `life` years: rate / (1 - (1+rate)^-life), or 1/life.

    >>> capital_recovery_factor(2, 0.0)
    0.5
    >>> payment = capital_recovery_factor(3, 0.07)
    >>> round(sum(payment / 1.07**n for n in (1, 2, 3)), 12)
    1.0
    """
    return rate / (1 - (1 + rate) ** -life) if rate else 1 / life


def present_value_factor(year: int, life: int, rate: float, discount: Mapping[int, float]) -> float:
    """Return what one dollar written off over `life` years from `year` costs inside the horizon.

    It is the level payment times the sum of the discount factors of those of its years that the horizon has.
    """
    return capital_recovery_factor(life, rate) * sum(discount[u] for u in range(year, year + life) if u in discount)
