"""OSeMOSYS, stated from its mathematics, as much of it as its UTOPIA needs; and the figures of UTOPIA.

Source of the mathematics: Howells et al. (2011), Energy Policy 39, 5850-5870; of the storage, as of the figures:
OSeMOSYS/OSeMOSYS_GNU_MathProg on GitHub, 16 April 2024, there tests/utopia.txt. Amounts that only name a sum (what is
made, used, paid) have no column here, nor has a mode that does nothing, and a limit of 999999999 is none.
Indices: t technology, k mode, y and v year, s season, d time of day, f fuel.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pyomo.environ as pyo
from lps import INFINITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Figure = float | tuple[float, float, float] | dict[int, float]
"""One for all years; or a line through 1990, 2000 and 2010; or each from a year on."""

YEARS, RATE = range(1990, 2011), 0.05
SEASONS, TIMES = "WIS", "DN"
"""Winter, intermediate, summer, in this order; day, night."""
SHARE = {"WD": 0.3333, "WN": 0.1667, "ID": 0.1667, "IN": 0.0833, "SD": 0.1667, "SN": 0.0833}
"""Of the year."""
FUELS = ("DSL", "ELC", "GSL", "HCO", "HYD", "OIL", "URN", "RH", "RL", "TX")
DEMAND: dict[str, Figure] = {"RH": (25.2, 37.8, 56.7), "RL": (5.6, 8.4, 12.6), "TX": (5.2, 7.8, 11.69)}
"""PJ a year, of heat, light and transport."""
WHEN = {
    "RH": {"WD": 0.5467, "WN": 0.2733, "ID": 0.12, "IN": 0.06},
    "RL": {"WD": 0.5, "WN": 0.1, "ID": 0.15, "IN": 0.05, "SD": 0.15, "SN": 0.05},
}
"""The share of a demand; transport can be met at any time of its year."""
RESERVE = 1.18
"""So much of all plants' capacity there must be for 1 of electricity made."""
STORE, STORE_SIZE, STORE_POWER, HALF_DAY = "DAM", 999.0, 99.0, 0.00137
"""It is full at first, and a larger one costs nothing. The time of one day is so much of a year."""

MAKES = {
    ("E01", 1): {"HCO": -3.125, "ELC": 1},
    ("E21", 1): {"URN": -1, "ELC": 1},
    ("E31", 1): {"HYD": -3.125, "ELC": 1},
    ("E51", 1): {STORE: -1, "ELC": 1},
    ("E51", 2): {"ELC": -1.3889, STORE: 1},
    ("E70", 1): {"DSL": -3.4, "ELC": 1},
    ("SRE", 1): {"OIL": -1, "DSL": 0.7, "GSL": 0.3},
    ("RHE", 1): {"ELC": -1, "RH": 1},
    ("RHO", 1): {"DSL": -1.428571429, "RH": 1},
    ("RL1", 1): {"ELC": -1, "RL": 1},
    ("TXD", 1): {"DSL": -1, "TX": 1, "NOX": 1},
    ("TXE", 1): {"ELC": -1, "TX": 1},
    ("TXG", 1): {"GSL": -1, "TX": 1, "NOX": 1},
    ("IMPDSL1", 1): {"DSL": 1, "CO2": 0.075},
    ("IMPGSL1", 1): {"GSL": 1, "CO2": 0.075},
    ("IMPHCO1", 1): {"HCO": 1, "CO2": 0.089},
    ("IMPOIL1", 1): {"OIL": 1, "CO2": 0.075},
    ("IMPURN1", 1): {"URN": 1},
    ("RIV", 1): {"HYD": 1},
    ("RHu", 1): {"RH": 1},
    ("RLu", 1): {"RL": 1},
    ("TXu", 1): {"TX": 1},
}
"""What 1 PJ of a technology in a mode makes (or takes, if negative), also from the store and into the air.

Plants (E), a refinery, heating, lamps, cars, what is bought, rivers, and demand that is not met (u).
"""
TECHNOLOGIES = list(dict.fromkeys(t for t, _ in MAKES))
PER_CAPACITY = {t: 31.536 for t in TECHNOLOGIES if t[0] == "E"}
"""PJ a year and GW: the capacity of plants is in GW, that of all others in PJ a year."""
FACTOR = {"E01": 0.8, "E21": 0.8, "E31": 0.27, "E51": 0.17, "E70": 0.8}
"""At most so much of the capacity works; of all others, all of it."""
LIFE = {"E01": 40, "E21": 40, "E31": 100, "E51": 100, "E70": 40, "SRE": 50, "RHE": 30, "RHO": 30, "RL1": 10}
LIFE |= {"TXD": 15, "TXE": 15, "TXG": 15}
"""In years; of all others 1."""

INVEST: dict[str, Figure] = {"E01": (1400, 1300, 1200), "E21": 5000, "E31": 3000, "E51": 900, "E70": 1000}
INVEST |= {"SRE": 100, "RHE": 90, "RHO": 100, "TXD": 1044, "TXE": (2000, 1750, 1500), "TXG": 1044}
FIXED = {"E01": 40, "E21": 500, "E31": 75, "E51": 30, "E70": 30}
FIXED |= {"RHO": 1, "RL1": 9.46, "TXD": 52, "TXE": 100, "TXG": 48}
VARIABLE = {"E01": 0.3, "E21": 1.5, "E70": 0.4, "SRE": 10, "IMPDSL1": 10, "IMPGSL1": 15, "IMPHCO1": 2, "IMPOIL1": 8}
VARIABLE |= {"IMPURN1": 2, "RHu": 99999, "RLu": 99999, "TXu": 99999}
"""Million $ per capacity, per capacity and year, and per PJ; of all others 0, 0 and 0.00001."""

OIL_HEATING = (25, 23.8, 22.5, 21.3, 20, 18.8, 17.5, 16.3, 15, 13.8, 12.5, 11.3, 10, 8.8, 7.5, 6.3, 5, 3.8, 2.5, 1.3, 0)
LAMPS = (5.6, 5, 4.5, 3.9, 3.4, 2.8, 2.2, 1.7, 1.1, 0.6, 0)
EXISTING: dict[str, Figure] = {
    "E01": {1990: 0.5, 1993: 0.4, 1999: 0.3, 2000: 0.32, 2001: 0.3, 2005: 0.2, 2010: 0.15},
    "E31": 0.1,
    "E51": 0.5,
    "E70": {1990: 0.3, 1992: 0.29, 1994: 0.28, 1996: 0.27, 1998: 0.26, 2000: 0.25}
    | {2001: 0.26, 2003: 0.27, 2005: 0.28, 2007: 0.29, 2009: 0.3, 2010: 0.2},
    "RHO": dict(zip(YEARS, OIL_HEATING, strict=True)),
    "RL1": dict(zip(YEARS, LAMPS, strict=False)),
    "TXD": {1990: 0.6, 1992: 0.5, 1994: 0.4, 1997: 0.3, 1999: 0.2, 2003: 0.1, 2008: 0.0},
}
"""What is there of the capacity of before, of all others nothing."""
HYDRO = {1990: 0.13, 1991: 0.14, 1993: 0.15, 1996: 0.16, 2000: 0.17, 2001: 0.2, 2010: 0.21}
LEAST: dict[str, Figure] = {"E31": HYDRO, "SRE": {1990: 0.1, 2000: 0.0}}
MOST: dict[str, Figure] = {
    "E31": {year: figure + (0.001 if year == 2001 else 0.0001) for year, figure in HYDRO.items()},
    "E51": 3,
    "SRE": {1990: 0.1001, 2000: INFINITY},
    "RHE": {1990: 0.0, 2000: INFINITY},
    "TXE": (0, 4, 10),
}
"""Limits of the capacity in a year."""


def of(figure: Figure, year: int) -> float:
    """Return what holds in a year."""
    if isinstance(figure, tuple):
        return float(np.interp(year, (YEARS[0], 2000, YEARS[-1]), figure))
    return figure[max(since for since in figure if since <= year)] if isinstance(figure, dict) else figure


def discounted(year: float) -> float:
    """Return what 1 at this time is worth at the beginning."""
    return (1 + RATE) ** (YEARS[0] - year)


def left(life: int, year: int) -> float:
    """Return the share of an investment that its life beyond the last year is worth, at its end, as a sinking fund."""
    used = YEARS[-1] + 1 - year
    return 0.0 if used >= life else 1 - ((1 + RATE) ** used - 1) / ((1 + RATE) ** life - 1)


def model(emitted: Mapping[str, float]) -> pyo.ConcreteModel:
    """Return the model: least discounted cost of meeting the demands; UTOPIA has no limits of what is emitted."""
    m = pyo.ConcreteModel()
    m.new = pyo.Var(TECHNOLOGIES, YEARS, domain=pyo.NonNegativeReals)
    m.capacity = pyo.Var(TECHNOLOGIES, YEARS, domain=pyo.NonNegativeReals)
    m.rate = pyo.Var(list(MAKES), YEARS, SHARE, domain=pyo.NonNegativeReals)  # PJ a year
    begins = [*product(YEARS, SEASONS), (YEARS[-1] + 1, SEASONS[0])]
    after = dict(pairwise(begins))
    m.level = pyo.Var(begins, domain=pyo.NonNegativeReals)
    m.new_store = pyo.Var(YEARS, domain=pyo.NonNegativeReals)

    def each(name: str, keys: Iterable[Any], rule: Callable[..., Any]) -> None:
        m.add_component(name, pyo.Constraint(list(keys), rule=lambda _, *key: rule(*key)))

    def made(what: str, y: int, at: str) -> Any:  # noqa: ANN401 - Pyomo ships no types
        return pyo.quicksum(makes[what] * m.rate[*key, y, at] for key, makes in MAKES.items() if makes.get(what, 0) > 0)

    def used(what: str, y: int, at: str) -> Any:  # noqa: ANN401
        return pyo.quicksum(
            -makes[what] * m.rate[*key, y, at] for key, makes in MAKES.items() if makes.get(what, 0) < 0
        )

    def of_year(what: Callable[[str, int, str], Any], f: str, y: int) -> Any:  # noqa: ANN401
        return pyo.quicksum(share * what(f, y, at) for at, share in SHARE.items())

    each(
        "ages",
        product(TECHNOLOGIES, YEARS),
        lambda t, y: (
            m.capacity[t, y]
            == of(EXISTING.get(t, 0.0), y) + pyo.quicksum(m.new[t, v] for v in YEARS if v <= y < v + LIFE.get(t, 1))
        ),
    )
    each(
        "enough_capacity",
        product(TECHNOLOGIES, YEARS, SHARE),
        lambda t, y, at: (
            pyo.quicksum(m.rate[*key, y, at] for key in MAKES if key[0] == t)
            <= FACTOR.get(t, 1.0) * PER_CAPACITY.get(t, 1.0) * m.capacity[t, y]
        ),
    )
    each(
        "balance",
        product(FUELS, YEARS, SHARE),
        lambda f, y, at: (
            SHARE[at] * (made(f, y, at) - used(f, y, at))
            >= (of(DEMAND[f], y) * WHEN[f].get(at, 0.0) if f in WHEN else 0.0)
        ),
    )
    each(
        "balance_of_year",
        product(FUELS, YEARS),
        lambda f, y: (
            of_year(made, f, y) - of_year(used, f, y) >= (of(DEMAND[f], y) if f in DEMAND and f not in WHEN else 0.0)
        ),
    )
    each(
        "reserve",
        product(YEARS, SHARE),
        lambda y, at: (
            RESERVE * made("ELC", y, at) <= pyo.quicksum(unit * m.capacity[t, y] for t, unit in PER_CAPACITY.items())
        ),
    )
    limits = [(t, y) for t, y in product(MOST, YEARS) if of(MOST[t], y) < INFINITY]
    each("most_capacity", limits, lambda t, y: m.capacity[t, y] <= of(MOST[t], y))
    limits = [(t, y) for t, y in product(LEAST, YEARS) if of(LEAST[t], y) > 0]
    each("least_capacity", limits, lambda t, y: m.capacity[t, y] >= of(LEAST[t], y))

    def charge(y: int, s: str, times: str, *, of_season: bool) -> Any:  # noqa: ANN401
        return pyo.quicksum(
            (SHARE[s + d] if of_season else HALF_DAY) * (made(STORE, y, s + d) - used(STORE, y, s + d)) for d in times
        )

    def held(day: str, y: int, s: str, d: str) -> Any:  # noqa: ANN401
        """Return what the store holds on the first day of a season when a time begins, on the last when it ends."""
        earlier, later = TIMES.split(d)
        if day == "first":
            return m.level[y, s] + charge(y, s, earlier, of_season=False)
        return m.level[after[y, s]] - charge(y, s, later, of_season=False)

    m.full_at_first = pyo.Constraint(expr=m.level[begins[0]] == STORE_SIZE)
    each("stored", after, lambda y, s: m.level[after[y, s]] == m.level[y, s] + charge(y, s, TIMES, of_season=True))
    days = list(product(("first", "last"), YEARS, SEASONS, TIMES))
    each("not_empty", days, lambda *key: held(*key) >= 0)
    each(
        "not_full",
        days,
        lambda day, y, s, d: held(day, y, s, d) <= STORE_SIZE + pyo.quicksum(m.new_store[v] for v in YEARS if v <= y),
    )
    each("charge_power", product(YEARS, SHARE), lambda y, at: made(STORE, y, at) <= STORE_POWER)
    each("discharge_power", product(YEARS, SHARE), lambda y, at: used(STORE, y, at) <= STORE_POWER)
    each("emitted", emitted, lambda e: pyo.quicksum(of_year(made, e, y) for y in YEARS) <= emitted[e])

    m.cost = pyo.Objective(
        expr=pyo.quicksum(
            of(INVEST.get(t, 0.0), y)
            * (discounted(y) - left(LIFE.get(t, 1), y) * discounted(YEARS[-1] + 1))
            * m.new[t, y]
            + FIXED.get(t, 0.0) * discounted(y + 0.5) * m.capacity[t, y]
            for t, y in product(TECHNOLOGIES, YEARS)
        )
        + pyo.quicksum(
            VARIABLE.get(t, 0.00001) * discounted(y + 0.5) * SHARE[at] * m.rate[t, k, y, at] for t, k, y, at in m.rate
        )
    )
    return m
