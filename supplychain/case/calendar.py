"""Years: which ones a case has, when what is ordered arrives, how long it serves, what a dollar of a year is worth.

Every rule of time stands here; what a year may be in a table is `schema.POSSIBLE_YEARS`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.schema import Series


def horizon(first_year: int, last_year: int) -> range:
    """Return the years from a first to a last one, both included.

    >>> list(horizon(2026, 2028))
    [2026, 2027, 2028]
    """
    return range(first_year, last_year + 1)


def year_before(year: int) -> int:
    """Return the year before a year.

    >>> year_before(2027)
    2026
    """
    return year - 1


def last_year_seen(year: int, foresight_years: int, last_year: int) -> int:
    """Return the last year that is seen from a year, itself the first of the years seen; the horizon ends it.

    >>> last_year_seen(2026, 2, 2030), last_year_seen(2030, 2, 2030)
    (2027, 2030)
    """
    return min(year + foresight_years - 1, last_year)


def online_year(order_year: int, lead_years: int) -> int:
    """Return the year from which on what is ordered serves; with a lead time of 0 it is the year of the order.

    >>> online_year(2026, 2)
    2028
    """
    return order_year + lead_years


def arrives_by(order_year: int, lead_years: int, last_year: int) -> bool:
    """Whether what is ordered serves in the last year of a horizon or window, or before.

    >>> arrives_by(2026, 2, 2028), arrives_by(2026, 3, 2028)
    (True, False)
    """
    return online_year(order_year, lead_years) <= last_year


def fits_foresight(lead_years: int, foresight_years: int) -> bool:
    """Whether what is ordered serves in one of the years that are seen from the year of the order.

    >>> fits_foresight(1, 2), fits_foresight(2, 2)
    (True, False)
    """
    return lead_years < foresight_years


def service_years(first_year: int, life_years: int) -> range:
    """Return the years in which something serves, or over which it is written off, from its first.

    >>> list(service_years(2026, 3))
    [2026, 2027, 2028]
    """
    return range(first_year, first_year + life_years)


def in_service(first_year: int, life_years: int, year: int) -> bool:
    """Whether something serves in a year: one of its `service_years`.

    >>> [in_service(2026, 2, year) for year in (2025, 2026, 2027, 2028)]
    [False, True, True, False]
    """
    return first_year <= year < first_year + life_years


def in_production(first_year: int, last_year: int | None, year: int) -> bool:
    """Whether something is made in a year: from its first year to its last, or for ever if it has none.

    >>> in_production(2026, 2027, 2028), in_production(2026, None, 2028)
    (False, True)
    """
    return first_year <= year and not production_ended(last_year, year)


def production_ended(last_year: int | None, year: int) -> bool:
    """Whether the last year in which something is made is over in a year.

    >>> production_ended(2027, 2027), production_ended(2027, 2028), production_ended(None, 2028)
    (False, True, False)
    """
    return last_year is not None and last_year < year


Time = TypeVar("Time", int, float)


def interpolated(points: Mapping[int, float], years: Iterable[Time], series: Series) -> dict[Time, float]:
    """Return a value for each of `years`: linear between the years of the points, extrapolated level after the last.

    `years` may be parts of years. Before the first point a quantity is 0 and a price takes the first value.

    >>> interpolated({2026: 10.0, 2028: 30.0}, range(2025, 2030), "quantity")
    {2025: 0.0, 2026: 10.0, 2027: 20.0, 2028: 30.0, 2029: 30.0}
    >>> interpolated({2026: 10.0, 2028: 30.0}, [2026.5], "quantity")
    {2026.5: 15.0}
    """
    known = sorted(points)
    return {year: _value_of_year(year, known, points, series) for year in years}


def _value_of_year(year: float, known: list[int], points: Mapping[int, float], series: Series) -> float:
    after = bisect_right(known, year)
    if after == 0:
        return points[known[0]] if series == "price" else 0.0
    before = known[after - 1]
    if before == year or after == len(known):
        return points[before]
    share = (year - before) / (known[after] - before)
    return points[before] + share * (points[known[after]] - points[before])


def discount_factors(years: Sequence[int], rate: float) -> dict[int, float]:
    """Return the value in the first year of one dollar in each year: (1+rate)^-(t-t0).

    >>> discount_factors([2026, 2027], 0.25)
    {2026: 1.0, 2027: 0.8}
    """
    return {t: (1 + rate) ** -(t - years[0]) for t in years}


def compounding_factor(years: int, rate: float) -> float:
    """Return what one dollar that is paid some years before is worth then: (1+rate)^years.

    >>> compounding_factor(2, 0.5)
    2.25
    """
    return (1 + rate) ** years


def capital_recovery_factor(life_years: int, rate: float) -> float:
    """Return the level yearly payment that repays one dollar over a life: rate / (1 - (1+rate)^-life), or 1/life.

    >>> capital_recovery_factor(2, 0.0)
    0.5
    >>> payment = capital_recovery_factor(3, 0.07)
    >>> round(sum(payment / 1.07**n for n in (1, 2, 3)), 12)
    1.0
    """
    return rate / (1 - (1 + rate) ** -life_years) if rate else 1 / life_years


def present_value_factor(year: int, life_years: int, rate: float, discount: Mapping[int, float]) -> float:
    """Return what one dollar written off over a life from `year` on costs inside the horizon, whose years have factors.

    It is the level payment times the sum of the discount factors of those of its years that the horizon has.

    >>> present_value_factor(2027, 2, 0.0, {2026: 1.0, 2027: 1.0})
    0.5
    """
    annuity = capital_recovery_factor(life_years, rate)
    return annuity * sum(discount[u] for u in service_years(year, life_years) if u in discount)
