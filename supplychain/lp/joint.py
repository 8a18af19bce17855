"""Sets of limits that are worth something only together."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from supplychain.lp.slopes import Direction, Slopes

Name = TypeVar("Name", bound="Hashable")


def minimal_sets(
    slopes: Slopes, names: Sequence[Name], direction: Callable[[frozenset[Name]], Direction], max_size: int = 4
) -> list[frozenset[Name]]:
    """Return the minimal sets of two or more names whose relief together is worth something.

    `names` are those whose own gain is 0 and whose loss is above 0; `direction` gives the relief of a set of them. A
    set moves the objective if every optimal dual prices one of its members, so minimal sets are minimal hitting sets of
    the duals' supports: each set that fails its test yields a dual that it does not hit, and no set is tried before it
    hits all duals known.

    Returns: smallest first, then in the order of `names`.
    Source: implicit hitting sets, Moreno-Centeno & Karp (2013), Operations Research 61, 453-468.
    """
    alone = {name: direction(frozenset([name])) for name in names}
    supports: list[frozenset[Name]] = []
    minimal: list[frozenset[Name]] = []
    for size in range(2, max_size + 1):
        for members in combinations(names, size):
            chosen = frozenset(members)
            if any(smaller <= chosen for smaller in minimal) or not all(chosen & support for support in supports):
                continue
            slope, y = slopes.prices(direction(chosen), +1.0)
            if slope < 0:
                minimal.append(chosen)
            else:
                felt = slopes.felt(y)
                supports.append(frozenset(n for n in names if any(felt[row] * step for row, step in alone[n].items())))
    return minimal
