"""Limited foresight: the LP of a case as it stands in one year, with earlier decisions made and later years unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from supplychain import finance

if TYPE_CHECKING:
    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model.structure import Structure


def last_years(case: Case) -> dict[int, int]:
    """Return the last year that is seen from each year of a case whose foresight is limited."""
    seen, last = case.settings.foresight_years, case.settings.last_year
    return {} if seen is None else {t: min(t + seen - 1, last) for t in case.years}


def years_of(labels: dict[Label, int]) -> npt.NDArray[np.int64]:
    """Return the year of each row or column: the last of its indices."""
    return np.array([label[-1] for label in labels], dtype=np.int64)


def window(
    whole: LabelledLP, case: Case, on: Structure, first: int, x: Vector
) -> tuple[LabelledLP, npt.NDArray[np.bool_]]:
    """Return the LP that decides year `first`, and which columns it decides.

    What was decided before, in `x`, is held, and costs nothing any more.

    Its years end with the last that is seen: later ones have no rows, nothing is done in them, and an order that would
    arrive in them cannot be placed. Annuities count the years of the window.
    """
    last = last_years(case)[first]
    rows, columns = years_of(whole.row), years_of(whole.column)
    past, beyond, gone = columns < first, columns > last, (rows < first) | (rows > last)
    for label, j in whole.column.items():
        beyond[j] |= label[0] == "expand" and label[-1] + on.lead[label[1:]] > last
    lower, upper = np.where(beyond, 0.0, whole.column_lower), np.where(beyond, 0.0, whole.column_upper)
    held = np.maximum(x, whole.column_lower)
    here = replace(
        whole,
        cost=np.where(past | beyond, 0.0, whole.cost * _counted(whole, case, on, last)),
        column_lower=np.where(past, held, lower),
        column_upper=np.where(past, held, upper),
        row_lower=np.where(gone, -np.inf, whole.row_lower),
        row_upper=np.where(gone, np.inf, whole.row_upper),
        _sizes=[],
    )
    return here, ~(past | beyond)


def sooner(whole: LabelledLP, case: Case, last: int, preferred: Vector) -> Vector:
    """Return the objective that prefers service sooner as it counts the years of a window: (|T| - index) of each."""
    years = years_of(whole.column)
    return preferred * np.maximum(last - years + 1, 0) / (case.settings.last_year - years + 1)


def cost(whole: LabelledLP, case: Case, on: Structure, last: int, x: Vector) -> float:
    """Return what a plan costs in the years up to `last`, unserved demand included, in the LP's money."""
    years = years_of(whole.column)
    seen = np.where(years <= last, whole.cost * _counted(whole, case, on, last) * x, 0.0)
    demand = np.array([label[0] in {"serve", "research"} for label in whole.column]) & (years > last)
    return float(seen.sum() + whole.offset + (whole.cost * np.where(demand, whole.column_upper, 0.0)).sum())


def _counted(whole: LabelledLP, case: Case, on: Structure, last: int) -> Vector:
    """Return which share of its cost in the whole horizon each column has in a window that ends in a year."""
    rate = case.settings.discount_rate
    discount = finance.discount_factors(on.years, rate)
    seen = {t: factor for t, factor in discount.items() if t <= last}

    def share(start: int, life: int) -> float:
        whole_horizon = finance.present_value_factor(start, life, rate, discount)
        return finance.present_value_factor(start, life, rate, seen) / whole_horizon if whole_horizon else 0.0

    shares = np.ones(whole.shape[1])
    for (name, *index), j in whole.column.items():
        if name == "supply" and on.is_flow(index[0]):
            shares[j] = share(index[-1], on.cost_life(index[0]))
        elif name == "build":
            shares[j] = share(index[-1], on.life(index[0]))
        elif name == "expand":
            order = (index[0], index[1], index[2], index[3])
            shares[j] = share(index[3] + on.lead[order], on.capacity_life[index[0], index[1]])
    return shares
