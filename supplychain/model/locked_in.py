"""What was signed: decisions of another plan up to a year, held in the LP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from supplychain.case.calendar import arrives_by
from supplychain.lp import sums
from supplychain.tolerances import LOCKED_IN_ROOM, NO_SHORTAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP, Vector
    from supplychain.model.structure import Structure


def held(case: Case, on: Structure) -> dict[Label, float]:
    """Return what is held, by column of the LP; what the other plan does not list is 0.

    Nothing is known of a store that is not listed: nobody supplied or used the stage, so what was there stayed.
    """
    if case.locked_in is None:
        return {}
    until, amounts, bought = case.locked_in.until, case.locked_in.amounts, _bought(case)
    some: list[Label] = [("expand", *index) for index in on.expand]
    some += [("build", *index) for index in on.build]
    some += [("supply", *index) for index in on.supply if index[0] in bought]
    found = {(name, *key): amounts[name].get(tuple(key), 0.0) for name, *key in some if key[-1] <= until}
    storable = [s for s in sorted(bought) if on.stages[s]["storable"]]
    for s, p in [(stage, place) for stage in storable for place in on.places[stage]]:
        kept = 0.0
        for t in on.years:
            kept = amounts["stored"].get((s, p, t), kept)
            if t <= until:
                found["stored", s, p, t] = kept
    return found


def after_horizon(case: Case) -> dict[Label, float]:
    """Return the orders that were signed and arrive after the last year of the case: no cost and no capacity of it."""
    ordered = {} if case.locked_in is None else case.locked_in.amounts["expand"]
    rows = [((r["stage"], r["supplier"], r["place"], r["year"]), r["lead_years"]) for r in case.tables["expansion"]]
    late = {key for key, lead in rows if not arrives_by(key[-1], lead, case.settings.last_year)}
    return {("expand", *key): x for key, x in ordered.items() if key in late and x > 0}


def _bought(case: Case) -> set[str]:
    """Return the flow stages that are bought for building, and not used up by suppliers of stocks, as fuel is."""
    flows = {row["stage"] for row in case.tables["stages"] if row["kind"] == "flow"}
    needs = [(row["stage"], row["needs_stage"]) for row in case.tables["supplier_needs"] if row["basis"] == "supply"]
    operating = {row["stage"] for row in case.tables["stages"]} - flows
    for _ in needs:  # as many rounds as there are links settle every chain of needs
        operating |= {needed for s, needed in needs if s in operating}
    return flows - operating


def hold(lp: LabelledLP, amounts: Mapping[Label, float]) -> LabelledLP:
    """Return the LP with some columns held at amounts that were rounded.

    A row in which nothing is left to decide is no limit any more (`misfits` looks at those); the others give way by
    what rounding may have taken.
    """
    if not amounts:
        return lp
    there = _held(lp, amounts)
    columns = there.column_of_entry
    terms = np.abs(there.entries * there.column_lower[columns]) * _mask(lp, amounts)[columns]
    room = LOCKED_IN_ROOM * sums(there.indices, terms, there.shape[0])
    room[there.row_lower == there.row_upper] = 0.0
    decided = _decided(there, amounts)
    return replace(
        there,
        row_lower=np.where(decided, -np.inf, there.row_lower - room),
        row_upper=np.where(decided, np.inf, there.row_upper + room),
    )


def misfits(lp: LabelledLP, case: Case, on: Structure) -> Iterator[tuple[Label, float, float]]:
    """Yield what was signed and does not fit the LP: row or column, amount, and the limit that it exceeds."""
    if case.locked_in is None:
        return
    amounts, after = held(case, on), after_horizon(case)
    for name, some in case.locked_in.amounts.items():
        for key, x in some.items():
            label = (name, *key)
            if x > 0 and label not in lp.column and label not in after:
                yield label, x, 0.0
    for label, x in amounts.items():
        most = float(lp.column_upper[lp.column[label]])
        if x - most > NO_SHORTAGE * x:
            yield label, x, most
    there = _held(lp, amounts)
    used, given = _sides(there)
    short = used - given > NO_SHORTAGE * np.maximum(used, given)
    labels = list(lp.row)
    for i in np.flatnonzero(short & _decided(there, amounts)).tolist():
        yield labels[i], float(used[i]), float(given[i])


def _held(lp: LabelledLP, amounts: Mapping[Label, float]) -> LabelledLP:
    columns = [lp.column[label] for label in amounts]
    lower, upper = lp.column_lower.copy(), lp.column_upper.copy()
    lower[columns] = upper[columns] = list(amounts.values())
    return replace(lp, column_lower=lower, column_upper=upper)


def _mask(lp: LabelledLP, amounts: Mapping[Label, float]) -> npt.NDArray[np.bool_]:
    found = np.zeros(lp.shape[1], dtype=bool)
    found[[lp.column[label] for label in amounts]] = True
    return found


def _decided(lp: LabelledLP, amounts: Mapping[Label, float]) -> npt.NDArray[np.bool_]:
    """Return which rows have columns that are held, and no other that could move."""
    columns, used = lp.column_of_entry, (lp.entries != 0).astype(float)
    moves = sums(lp.indices, used * (lp.column_lower < lp.column_upper)[columns], lp.shape[0])
    some = sums(lp.indices, used * _mask(lp, amounts)[columns], lp.shape[0]) > 0
    return some & np.equal(moves, 0.0)


def _sides(lp: LabelledLP) -> tuple[Vector, Vector]:
    """Return what is used and what is given of each row, read as use <= supply, where nothing can move."""
    upward = np.isfinite(lp.row_upper)
    way, limit = np.where(upward, 1.0, -1.0), np.where(upward, lp.row_upper, -lp.row_lower)
    terms = lp.entries * lp.column_lower[lp.column_of_entry] * way[lp.indices]
    limit = np.where(np.isfinite(limit), limit, 0.0)
    used = sums(lp.indices, np.maximum(terms, 0.0), lp.shape[0]) + np.maximum(-limit, 0.0)
    return used, sums(lp.indices, np.maximum(-terms, 0.0), lp.shape[0]) + np.maximum(limit, 0.0)
