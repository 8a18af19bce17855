"""Limited foresight: the LP of a case as it stands in one year, with earlier decisions made and later years unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from supplychain.case.calendar import (
    arrives_by,
    compounding_factor,
    discount_factors,
    last_year_seen,
    online_year,
    present_value_factor,
)
from supplychain.model import locked_in
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model.structure import Structure


_PARAMS = {
    Var.SUPPLY: "pvf_purchase",
    Var.UNUSED: "pvf_purchase",
    Var.EXPAND: "pvf_expansion",
    Var.BUILD: "pvf_build",
}
"""Of the variables that are paid for in annuities, the Param that counts their years."""
_OF_STAGE_AND_YEAR = {Var.SUPPLY, Var.UNUSED}


def last_years(case: Case) -> dict[int, int]:
    """Return the last year that is seen from each year of a case whose foresight is limited."""
    seen, last = case.settings.foresight_years, case.settings.last_year
    return {} if seen is None else {t: last_year_seen(t, seen, last) for t in case.years}


def years_of(labels: dict[Label, int]) -> npt.NDArray[np.int64]:
    """Return the year of each row or column: the last of its indices."""
    return np.array([label[-1] for label in labels], dtype=np.int64)


def window(
    whole: LabelledLP, case: Case, on: Structure, first: int, x: Vector
) -> tuple[LabelledLP, npt.NDArray[np.bool_]]:
    """Return the LP that decides year `first`, and which columns it decides.

    What was decided before, in `x`, is fixed, and costs nothing any more.

    Its years end with the last that is seen: later ones have no rows, nothing is done in them, and an order that would
    arrive in them cannot be placed, unless it was signed. What was signed is known once its year is decided. Annuities
    count the years of the window.
    """
    last = last_years(case)[first]
    rows, columns = years_of(whole.row), years_of(whole.column)
    past, beyond, gone = columns < first, columns > last, (rows < first) | (rows > last)
    for label, j in whole.column.items():
        beyond[j] |= label[0] == Var.EXPAND and not arrives_by(label[-1], on.lead[label[1:]], last)
        beyond[j] |= label[0] == Var.UNUSED and not _is_settled(on, label, last)
    for label, i in whole.row.items():
        gone[i] |= label[0] == Constraint.TAKE_OR_PAY and not _is_settled(on, label, last)
    lower, upper = np.where(beyond, 0.0, whole.column_lower), np.where(beyond, 0.0, whole.column_upper)
    decided = np.maximum(x, whole.column_lower)
    lp = replace(
        whole,
        cost=np.where(past | beyond, 0.0, whole.cost * _counted(whole, case, on, last)),
        column_lower=np.where(past, decided, lower),
        column_upper=np.where(past, decided, upper),
        row_lower=np.where(gone, -np.inf, whole.row_lower),
        row_upper=np.where(gone, np.inf, whole.row_upper),
    )
    known = {label: x for label, x in locked_in.fixed_amounts(case, on).items() if label[-1] <= first}
    return locked_in.fix_columns(lp, known), ~(past | beyond)


def _is_settled(on: Structure, label: Label, last: int) -> bool:
    """Whether what is owed up to a year is owed in a window: of its contract it is the last year, or of the window."""
    return label[-1] in {last, on.terms[label[1:-1]]}


def kept(whole: LabelledLP, on: Structure, first: int, x: Vector, earlier: Vector) -> Vector:
    """Return what is decided once a window has decided its first year; its plan is `x`.

    What it owes for a part of a term is owed again when the term ends: till then it stays in cash.
    """
    decided = np.where(years_of(whole.column) == first, x, earlier)
    for index in on.owed:
        if index[-1] == first < on.terms[index[:-1]]:
            unused = whole.column[Var.UNUSED, *index]
            decided[unused] = 0.0
            if first in on.cash:
                decided[whole.column[Var.CASH, first]] += x[unused]
    return decided


def same(lp: LabelledLP, other: LabelledLP) -> bool:
    """Return whether two windows are the same LP; rows without a limit, as those of years not seen, do not count."""
    if lp.row.keys() != other.row.keys() or lp.column.keys() != other.column.keys():
        return False
    parts = ("cost", "column_lower", "column_upper", "row_lower", "row_upper", "starts", "indices")
    if not all(np.array_equal(getattr(lp, part), getattr(other, part)) for part in parts):
        return False
    counts = (np.isfinite(lp.row_lower) | np.isfinite(lp.row_upper))[lp.indices]
    return np.array_equal(lp.entries[counts], other.entries[counts])


def sooner(whole: LabelledLP, case: Case, last: int, preferred: Vector) -> Vector:
    """Return the objective that prefers service sooner as it counts the years of a window: (|T| - index) of each."""
    years = years_of(whole.column)
    return preferred * np.maximum(last - years + 1, 0) / (case.settings.last_year - years + 1)


def cost(whole: LabelledLP, case: Case, on: Structure, last: int, x: Vector) -> float:
    """Return what a plan costs in the years up to `last`, unserved demand included, in the LP's money."""
    years = years_of(whole.column)
    seen = np.where(years <= last, whole.cost * _counted(whole, case, on, last) * x, 0.0)
    demand = np.array([label[0] in {Var.SERVE, Var.RESEARCH} for label in whole.column]) & (years > last)
    return float(seen.sum() + whole.offset + (whole.cost * np.where(demand, whole.column_upper, 0.0)).sum())


def annuities(case: Case, on: Structure, last: int) -> dict[str, dict[Any, float]]:
    r"""Return the annuity factors of the objective, by the name of their Param, counting the years up to `last`.

    $pvf\_purchase_{s,t} = pvf(t, cost\_life\_years_s)$

    $pvf\_expansion_{s,k,p,t} = pvf(t + lead\_years_{s,k,p,t}, capacity\_life\_years_{s,k})
    \cdot (1+\rho)^{lead\_years_{s,k,p,t}}$

    $pvf\_build_{a,t} = pvf(t, life\_years_a)$

    A dollar that is written off over a life of L years from year t on costs what its level yearly payments come to,
    discounted, those alone that fall into the horizon:
    $pvf(t, L) = crf(L) \cdot \sum_{u \in T:\ t \le u < t + L} \delta_u$

    The payment, or 1 / L without interest: $crf(L) = \rho / (1 - (1+\rho)^{-L})$

    A dollar of year t, in the first year: $\delta_t = (1+\rho)^{-(t-t_0)}$
    """
    rate = case.settings.discount_rate
    discount = {t: x for t, x in discount_factors(on.years, rate).items() if t <= last}

    def pvf(t: int, life: int) -> float:
        return present_value_factor(t, life, rate, discount)

    return {
        "pvf_purchase": {(s, t): pvf(t, on.cost_life(s)) for s in on.stages if on.is_flow(s) for t in on.years},
        "pvf_expansion": {
            (s, k, p, u): pvf(online_year(u, lead), on.capacity_life[s, k]) * compounding_factor(lead, rate)
            for (s, k, p, u), lead in on.lead.items()
        },
        "pvf_build": {(a, t): pvf(t, on.life(a)) for a, t in on.build},
    }


def _counted(whole: LabelledLP, case: Case, on: Structure, last: int) -> Vector:
    """Return which share of its cost in the whole horizon each column has in a window that ends in a year."""
    seen, horizon = annuities(case, on, last), annuities(case, on, on.years[-1])
    shares = np.ones(whole.shape[1])
    for (name, *index), j in whole.column.items():
        param, key = _PARAMS.get(name, ""), (index[0], index[-1]) if name in _OF_STAGE_AND_YEAR else tuple(index)
        if key in horizon.get(param, ()):
            shares[j] = seen[param][key] / horizon[param][key]
    return shares
