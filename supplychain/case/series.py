"""What is given for some years, for every year."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from supplychain.schema import Series


def fill(given: Mapping[int, float], years: Iterable[int], kind: Series) -> dict[int, float]:
    """Return a value for each of `years`: linear between given years, held after the last.

    Before the first given year a quantity is 0 and a price takes the first given value.

    >>> fill({2026: 10.0, 2028: 30.0}, range(2025, 2030), "quantity")
    {2025: 0.0, 2026: 10.0, 2027: 20.0, 2028: 30.0, 2029: 30.0}
    """
    known = sorted(given)
    return {year: _at(year, known, given, kind) for year in years}


def _at(year: int, known: list[int], given: Mapping[int, float], kind: Series) -> float:
    after = bisect_right(known, year)
    if after == 0:
        return given[known[0]] if kind == "price" else 0.0
    before = known[after - 1]
    if before == year or after == len(known):
        return given[before]
    share = (year - before) / (known[after] - before)
    return given[before] + share * (given[known[after]] - given[before])
