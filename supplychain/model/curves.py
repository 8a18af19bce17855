"""Curves: demand of constant elasticity, and the tiers in which it is served."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from supplychain import schema
from supplychain.tolerances import HALF_STEP, SAME_PRICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from supplychain.case import Case, Settings

Vector: TypeAlias = "npt.NDArray[np.float64]"
"""Numbers by tier, or a row of them for each year."""


LEAST_PRICE: Final = schema.SETTING["curve_bottom"].minimum or 0.0
"""The least price of a curve that may be charged, in reference prices: at 0 more is asked for than any number says."""


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


def tier_names(settings: Settings, *, charged: bool = False) -> list[str]:
    """Return the names of the tiers of a curve, from the dearest on.

    They depend on settings alone, and on whether a price is charged: no edit of a curve or of a price adds a tier or
    takes one away. One for which nothing is asked is there, and is 0 wide: as the last one where a price is charged,
    unless that lies below all others.
    """
    return [f"{schema.CURVE}{n:02d}" for n in range(len(log_prices(settings)) + charged)]


def priced(case: Case) -> frozenset[str]:
    """Return the workloads for which a price is charged."""
    return frozenset(row["workload"] for row in case.tables["prices"])


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


@dataclass(frozen=True)
class Span:
    """The prices between which tiers lie, as logs over the reference price: by tier, or a row of them for each year.

    The first tier is what is asked for at its lower price and above.
    """

    above: Vector
    """Upper prices of all tiers but the first."""
    below: Vector
    """Lower prices of all tiers."""


def span(log_prices: Vector, log_charged: Vector | None = None) -> Span:
    """Return the span of a curve, whose prices fall; of one for which a price is charged, what may be served of it.

    The tier that the charged price splits then ends there; there is one tier more, down to a charged price that is
    below all others, else 0 wide. A charged price within `SAME_PRICE` of another is that one.
    """
    if log_charged is None:
        return Span(log_prices[:-1], log_prices)
    logs = np.broadcast_to(log_prices, (len(log_charged), len(log_prices)))
    charged = log_charged[:, None]
    apart = np.abs(np.expm1(charged - logs)) > SAME_PRICE
    upper = np.concatenate([np.full_like(charged, np.inf), logs[:, :-1]], axis=-1)
    splits = (logs < charged) & (charged < upper) & apart
    splits[:, 1:] &= apart[:, :-1]
    lowest = np.where(apart[:, -1:], np.minimum(charged, logs[:, -1:]), logs[:, -1:])
    return Span(logs, np.concatenate([np.where(splits, charged, logs), lowest], axis=-1))


def widths(prices: Span, volume: Vector, elasticity: Vector, adjusted_share: Vector | float = 1.0) -> Vector:
    r"""Return what each tier asks for: the first what is asked for at the highest price, others what is between two.

    $demand\_ttok_{w,j,t} = asked(w, t, v_j) - asked(w, t, v_{j-1})$
    """
    first = asked(prices.below[..., :1], volume, elasticity)
    return np.concatenate(
        [first, between(prices.above, prices.below[..., 1:], volume, elasticity, adjusted_share)], axis=-1
    )


def between(
    above: Vector, below: Vector, volume: Vector, elasticity: Vector, adjusted_share: Vector | float = 1.0
) -> Vector:
    """Return what is asked for between two prices, on the same side of the reference price, by their logs over it."""
    amount = volume * np.exp(-elasticity * above) * np.expm1(elasticity * (above - below))
    amount *= np.where(above <= 0, adjusted_share, 1.0)
    return np.asarray(amount)


def mean_values(prices: Span, price: Vector, elasticity: Vector) -> Vector:
    r"""Return what each tier is worth: the first its lower price, others the mean of the curve over the tier.

    So the worth of a curve that is served in full is the same in any number of tiers. The mean does not depend on how
    much of the change below the reference price is made. Between $v_1 > v_2$ it is

    $value\_usd\_per\_mtok_{w,j,t}
    = elasticity_{w,t} \cdot v_2 \cdot L \cdot h / (1 - \exp(-elasticity_{w,t} \cdot L))$

    with $L = \ln(v_1 / v_2)$, $x = (1 - elasticity_{w,t}) \cdot L$ and $h = (\exp(x) - 1) / x$, which is 1 where x = 0.
    """
    first = price * np.exp(prices.below[..., :1])
    return np.concatenate([first, mean_between(prices.above, prices.below[..., 1:], price, elasticity)], axis=-1)


def mean_between(above: Vector, below: Vector, price: Vector, elasticity: Vector) -> Vector:
    """Return the mean of a curve between two prices, by their logs over the reference price."""
    steps = above - below
    x = (1 - elasticity) * steps
    h = np.divide(np.expm1(x), x, out=np.ones_like(x), where=x != 0)
    wide = elasticity * steps > 0
    mean = np.divide(elasticity * steps * h, -np.expm1(-elasticity * steps), out=np.ones_like(x), where=wide)
    return np.asarray(price * np.exp(below) * mean)


@dataclass(frozen=True)
class _Curve:
    """One curve, a row for each year, and the charged price, if there is one."""

    volume: Vector
    price: Vector
    elasticity: Vector
    adjusted_share: Vector | float
    charged: Vector | None

    @property
    def log_charged(self) -> Vector | None:
        """The log of the charged price over the reference price, by year.

        At less than `LEAST_PRICE` of it, to which an edit may come, no more is asked for than there.
        """
        if self.charged is None:
            return None
        return np.asarray(np.log(np.maximum(self.charged / self.price, LEAST_PRICE))[:, 0])


def numbers(case: Case, table: str) -> dict[str, dict[Any, float]]:
    """Return what the tiers of the curves of a table ask for, and are worth, by the name of their Param and index.

    Of a tier that a charged price splits it is the part above; the other is `priced_out`.
    """
    columns, logs = CURVES[table], log_prices(case.settings)
    demand: dict[Any, float] = {}
    value: dict[Any, float] = {}
    for key, curve in _curves(case, table).items():
        names = tier_names(case.settings, charged=curve.charged is not None)
        prices = span(logs, curve.log_charged)
        index = [(*key, j, t) for t in case.years for j in names]
        widths_of = widths(prices, curve.volume, curve.elasticity, curve.adjusted_share)
        demand |= zip(index, widths_of.ravel().tolist(), strict=True)
        worth = mean_values(prices, curve.price, curve.elasticity)
        if curve.charged is not None:  # what lies above the charged price is worth no less, whatever rounding says
            is_open = prices.below >= np.asarray(curve.log_charged)[:, None] - SAME_PRICE
            worth = np.where(is_open, np.maximum(worth, curve.charged), worth)
        value |= zip(index, worth.ravel().tolist(), strict=True)
    return {columns.demand: demand, columns.value: value}


def split_off(case: Case) -> dict[tuple[str, str, int], tuple[float, float]]:
    """Return the parts of tiers that a charged price splits off: workload, tier and year; what is asked, and its worth.

    They lie below that price, so that nobody buys, and no column of the LP serves them.
    """
    logs, found = log_prices(case.settings), {}
    for (w,), curve in _curves(case, "demand_curves").items():
        if curve.charged is None:
            continue
        ends, names = span(logs, curve.log_charged), tier_names(case.settings)
        upper = ends.below[:, :-1]
        lower = np.broadcast_to(logs, upper.shape)
        amount = between(upper, lower, curve.volume, curve.elasticity, curve.adjusted_share)
        worth = mean_between(upper, lower, curve.price, curve.elasticity)
        for n, i in np.argwhere((upper > lower) & (amount > 0)).tolist():
            found[w, f"{names[i]}{schema.BELOW}", case.years[n]] = float(amount[n, i]), float(worth[n, i])
    return found


def _curves(case: Case, table: str) -> dict[tuple[str, ...], _Curve]:
    """Return the curves of a table by key, without that of the year."""
    columns = CURVES[table]
    shares = _by_year(case, table, columns.adjusted_share) if columns.adjusted_share else {}
    prices, elasticities = (_by_year(case, table, column) for column in (columns.price, "elasticity"))
    charged = _by_year(case, "prices", "price_usd_per_mtok") if table == "demand_curves" else {}
    return {
        key: _Curve(volume, prices[key], elasticities[key], shares.get(key, 1.0), charged.get(key))
        for key, volume in _by_year(case, table, columns.volume).items()
    }


def _by_year(case: Case, table: str, column: str) -> Mapping[tuple[str, ...], Vector]:
    """Return a series by key as a column, one row for each year."""
    return {key: np.array([*series.values()])[:, None] for key, series in case.yearly(table, column).items()}
