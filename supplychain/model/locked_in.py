"""What is locked in: decisions of another plan up to a year, at which columns of the LP are fixed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from supplychain.case.calendar import arrives_by
from supplychain.lp import sums
from supplychain.model.labels import Var
from supplychain.tolerances import LOCKED_IN_ROOM, NO_SHORTAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model.structure import Structure


def fixed_amounts(case: Case, on: Structure) -> dict[Label, float]:
    """Return what is fixed, by column of the LP; what the other plan does not list is 0.

    Nothing is known of a store that is not listed: nobody supplied or used the stage, so what was there stayed.
    """
    if case.locked_in is None:
        return {}
    until, amounts, bought = case.locked_in.until, case.locked_in.amounts, _bought(case)
    columns: list[Label] = [(Var.EXPAND, *index) for index in on.expand]
    columns += [(Var.BUILD, *index) for index in on.build]
    columns += [(Var.SUPPLY, *index) for index in on.supply if index[0] in bought]
    fixed = {(name, *key): amounts[name].get(tuple(key), 0.0) for name, *key in columns if key[-1] <= until}
    storable = [s for s in sorted(bought) if on.stages[s]["storable"]]
    for s, p in [(stage, place) for stage in storable for place in on.places[stage]]:
        kept = 0.0
        for t in on.years:
            kept = amounts[Var.STORED].get((s, p, t), kept)
            if t <= until:
                fixed[Var.STORED, s, p, t] = kept
    return fixed


def after_horizon(case: Case) -> dict[Label, float]:
    """Return the orders that were signed and arrive after the last year of the case: no cost and no capacity of it."""
    ordered = {} if case.locked_in is None else case.locked_in.amounts[Var.EXPAND]
    rows = [((r["stage"], r["supplier"], r["place"], r["year"]), r["lead_years"]) for r in case.tables["expansion"]]
    late = {key for key, lead in rows if not arrives_by(key[-1], lead, case.settings.last_year)}
    return {(Var.EXPAND, *key): x for key, x in ordered.items() if key in late and x > 0}


def _bought(case: Case) -> set[str]:
    """Return the flow stages that are bought for building, and not used up by suppliers of stocks, as fuel is."""
    flows = {row["stage"] for row in case.tables["stages"] if row["kind"] == "flow"}
    needs = [(row["stage"], row["needs_stage"]) for row in case.tables["supplier_needs"] if row["basis"] == "supply"]
    operating = {row["stage"] for row in case.tables["stages"]} - flows
    for _ in needs:  # as many rounds as there are links settle every chain of needs
        operating |= {needed for s, needed in needs if s in operating}
    return flows - operating


def fix_columns(lp: LabelledLP, amounts: Mapping[Label, float]) -> LabelledLP:
    """Return the LP with some columns fixed at amounts that were rounded.

    A row in which nothing is left to decide is no limit any more (`misfits` looks at those); the others give way by
    what rounding may have taken.
    """
    if not amounts:
        return lp
    fixed = _fixed(lp, amounts)
    columns = fixed.column_of_entry
    terms = np.abs(fixed.entries * fixed.column_lower[columns]) * _mask(lp, amounts)[columns]
    room = LOCKED_IN_ROOM * sums(fixed.indices, terms, fixed.shape[0])
    room[fixed.row_lower == fixed.row_upper] = 0.0
    decided = _decided(fixed, amounts)
    return replace(
        fixed,
        row_lower=np.where(decided, -np.inf, fixed.row_lower - room),
        row_upper=np.where(decided, np.inf, fixed.row_upper + room),
    )


def misfits(lp: LabelledLP, case: Case, on: Structure) -> Iterator[tuple[Label, float, float]]:
    """Yield what was signed and does not fit the LP: row or column, amount, and the limit that it exceeds."""
    if case.locked_in is None:
        return
    amounts, after = fixed_amounts(case, on), after_horizon(case)
    for name, some in case.locked_in.amounts.items():
        for key, x in some.items():
            label = (name, *key)
            if x > 0 and label not in lp.column and label not in after:
                yield label, x, 0.0
    for label, x in amounts.items():
        most = float(lp.column_upper[lp.column[label]])
        if x - most > NO_SHORTAGE * x:
            yield label, x, most
    fixed = _fixed(lp, amounts)
    used, supplied = _sides(fixed)
    short = used - supplied > NO_SHORTAGE * np.maximum(used, supplied)
    labels = list(lp.row)
    for i in np.flatnonzero(short & _decided(fixed, amounts)).tolist():
        yield labels[i], float(used[i]), float(supplied[i])


def _fixed(lp: LabelledLP, amounts: Mapping[Label, float]) -> LabelledLP:
    columns = [lp.column[label] for label in amounts]
    lower, upper = lp.column_lower.copy(), lp.column_upper.copy()
    lower[columns] = upper[columns] = list(amounts.values())
    return replace(lp, column_lower=lower, column_upper=upper)


def _mask(lp: LabelledLP, amounts: Mapping[Label, float]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(lp.shape[1], dtype=bool)
    mask[[lp.column[label] for label in amounts]] = True
    return mask


def _decided(lp: LabelledLP, amounts: Mapping[Label, float]) -> npt.NDArray[np.bool_]:
    """Return which rows have columns that are fixed, and no other that could move."""
    columns, used = lp.column_of_entry, (lp.entries != 0).astype(float)
    moves = sums(lp.indices, used * (lp.column_lower < lp.column_upper)[columns], lp.shape[0])
    some = sums(lp.indices, used * _mask(lp, amounts)[columns], lp.shape[0]) > 0
    return some & np.equal(moves, 0.0)


def _sides(lp: LabelledLP) -> tuple[Vector, Vector]:
    """Return what is used and what is supplied of each row, read as use <= supply, where nothing can move."""
    upward = np.isfinite(lp.row_upper)
    way, limit = np.where(upward, 1.0, -1.0), np.where(upward, lp.row_upper, -lp.row_lower)
    terms = lp.entries * lp.column_lower[lp.column_of_entry] * way[lp.indices]
    limit = np.where(np.isfinite(limit), limit, 0.0)
    used = sums(lp.indices, np.maximum(terms, 0.0), lp.shape[0]) + np.maximum(-limit, 0.0)
    return used, sums(lp.indices, np.maximum(-terms, 0.0), lp.shape[0]) + np.maximum(limit, 0.0)
