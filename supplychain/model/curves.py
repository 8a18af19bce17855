"""Curves: demand of constant elasticity, and the tiers in which it is served."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from supplychain import schema
from supplychain.tolerances import HALF_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from supplychain.case import Case, Settings

Vector: TypeAlias = "npt.NDArray[np.float64]"
"""Numbers by tier, or a row of them for each year."""


@dataclass(frozen=True)
class CurveTable:
    """A table of curves: its columns, and the Params of the tiers in which they are served."""

    volume: str
    price: str
    adjusted_share: str
    demand: str
    value: str


CURVES: Final = {
    "demand_curves": CurveTable(
        "volume_ttok", "price_usd_per_mtok", "adjusted_share", "demand_ttok", "value_usd_per_mtok"
    ),
    "research_curves": CurveTable(
        "volume_h100e_years", "value_usd_per_h100e_hour", "", "demand_h100e_years", "value_usd_per_h100e_hour"
    ),
}
"""By the name of its table."""


def tier_names(settings: Settings) -> list[str]:
    """Return the names of the tiers of a curve, from the dearest on.

    They depend on settings alone: no edit of a curve adds a tier or takes one away. One for which nothing is asked is
    there, and is 0 wide.
    """
    return [f"{schema.CURVE}{n:02d}" for n in range(len(log_prices(settings)))]


def is_tier(name: str) -> bool:
    """Whether a tier is one in which a curve is served."""
    return schema.CURVE_TIER.fullmatch(name) is not None


def log_prices(settings: Settings) -> Vector:
    """Return the logs of the prices at which the tiers of a curve end, over its reference price; they fall.

    `curve_steps` steps are split between the part above the reference price and the part below in proportion to their
    logs, the upper part rounded to the nearest and a half up; each that is not nothing has one at least. The first
    price, `curve_top`, and the reference price, 0, are among them always.
    """
    top, bottom = math.log(settings.curve_top), math.log(settings.curve_bottom)
    above = math.floor(settings.curve_steps * top / (top - bottom) + 0.5 + HALF_STEP) if top > bottom else 0
    above = min(max(above, 1 if top else 0), settings.curve_steps - (1 if bottom else 0))
    below = settings.curve_steps - above if bottom else 0
    return np.concatenate([np.linspace(top, 0.0, above + 1), np.linspace(0.0, bottom, below + 1)[1:]])


def asked(log_price: Vector, volume: Vector, elasticity: Vector, adjusted_share: Vector | float = 1.0) -> Vector:
    r"""Return what is asked for at a price v, whose log over the reference price is given: there exactly the volume.

    From the reference price up it is
    $asked(w, t, v) = volume\_ttok_{w,t} \cdot (v / reference\_price\_usd\_per\_mtok_{w,t})^{-elasticity_{w,t}}$

    Below, users have made a part of the change:
    $asked(w, t, v) = volume\_ttok_{w,t} + adjusted\_share_{w,t} \cdot (volume\_ttok_{w,t}
    \cdot (v / reference\_price\_usd\_per\_mtok_{w,t})^{-elasticity_{w,t}} - volume\_ttok_{w,t})$
    """
    at_once = volume * np.exp(-elasticity * log_price)
    return np.where(log_price < 0, volume + adjusted_share * (at_once - volume), at_once)


def widths(log_prices: Vector, volume: Vector, elasticity: Vector, adjusted_share: Vector | float = 1.0) -> Vector:
    r"""Return what each tier asks for: the first what is asked for at the highest price, others what is between two.

    $demand\_ttok_{w,j,t} = asked(w, t, v_j) - asked(w, t, v_{j-1})$
    """
    above, steps = log_prices[:-1], -np.diff(log_prices)
    between = volume * np.exp(-elasticity * above) * np.expm1(elasticity * steps)
    between *= np.where(above <= 0, adjusted_share, 1.0)
    return np.concatenate([asked(log_prices[:1], volume, elasticity), between], axis=-1)


def mean_values(log_prices: Vector, price: Vector, elasticity: Vector) -> Vector:
    r"""Return what each tier is worth: the first the highest price, others the mean of the curve over the tier.

    So the worth of a curve that is served in full is the same in any number of tiers. The mean does not depend on how
    much of the change below the reference price is made. Between $v_1 > v_2$ it is

    $value\_usd\_per\_mtok_{w,j,t}
    = elasticity_{w,t} \cdot v_2 \cdot L \cdot h / (1 - \exp(-elasticity_{w,t} \cdot L))$

    with $L = \ln(v_1 / v_2)$, $x = (1 - elasticity_{w,t}) \cdot L$ and $h = (\exp(x) - 1) / x$, which is 1 where x = 0.
    """
    steps = -np.diff(log_prices)
    x = (1 - elasticity) * steps
    h = np.divide(np.expm1(x), x, out=np.ones_like(x), where=x != 0)
    mean = elasticity * steps * h / -np.expm1(-elasticity * steps)
    below = price * np.exp(log_prices[1:]) * mean
    return np.concatenate([price * np.exp(log_prices[:1]), below], axis=-1)


def numbers(case: Case, table: str) -> dict[str, dict[Any, float]]:
    """Return what the tiers of the curves of a table ask for, and are worth, by the name of their Param and index."""
    columns, names, logs = CURVES[table], tier_names(case.settings), log_prices(case.settings)
    demand: dict[Any, float] = {}
    value: dict[Any, float] = {}
    shares = _by_year(case, table, columns.adjusted_share) if columns.adjusted_share else {}
    prices, elasticities = (_by_year(case, table, column) for column in (columns.price, "elasticity"))
    for key, volume in _by_year(case, table, columns.volume).items():
        index = [(*key, j, t) for t in case.years for j in names]
        widths_of = widths(logs, volume, elasticities[key], shares.get(key, 1.0))
        demand |= zip(index, widths_of.ravel().tolist(), strict=True)
        value |= zip(index, mean_values(logs, prices[key], elasticities[key]).ravel().tolist(), strict=True)
    return {columns.demand: demand, columns.value: value}


def _by_year(case: Case, table: str, column: str) -> Mapping[tuple[str, ...], Vector]:
    """Return a series by key as a column, one row for each year."""
    return {key: np.array([*series.values()])[:, None] for key, series in case.yearly(table, column).items()}
