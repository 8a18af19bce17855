"""Where each supplier can supply."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.tabular import Row


def served_places(
    suppliers: Iterable[Row], capacity: Iterable[Row], allocation: Iterable[Row]
) -> dict[tuple[str, str], set[str]]:
    """Return, by stage and supplier, the places of its capacity rows, and those where what it draws from is supplied.

    The arguments are the rows of the tables of these names.
    """
    places: dict[tuple[str, str], set[str]] = {(row["stage"], row["supplier"]): set() for row in suppliers}
    for row in capacity:
        places[row["stage"], row["supplier"]].add(row["place"])
    draws = {(row["stage"], row["supplier"], row["of_stage"]) for row in allocation}
    stages = {stage for stage, _ in places}
    for _ in stages:  # as many rounds as there are stages settle every chain of allocations
        supplied: dict[str, set[str]] = defaultdict(set)
        for (stage, _supplier), where in places.items():
            supplied[stage] |= where
        for stage, supplier, of_stage in draws:
            places[stage, supplier] |= supplied[of_stage]
    return places
