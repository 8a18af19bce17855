"""Sets of limits that are worth something only together."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING, TypeVar

from supplychain import limits
from supplychain.errors import NoAnswerError
from supplychain.limits import limited

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from supplychain.lp.slopes import Direction, Slopes

Name = TypeVar("Name", bound="Hashable")

_LOOKED_AT, _ASKED = 5_000_000, 20_000
"""Sets that are looked at, and asked of the LP: all sets of up to four of a hundred names, and all pairs of 200.

More would take minutes of Python, or of the solver where each question takes a hundredth of a second.
"""


@limited("asking which limits bind together")
def minimal_sets(
    slopes: Slopes,
    names: Sequence[Name],
    direction: Callable[[frozenset[Name]], Direction],
    max_size: int = 4,
    *,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> list[frozenset[Name]]:
    """Return the minimal sets of two or more names whose relief together is worth something.

    `names` are those whose own gain is 0 and whose loss is above 0; `direction` gives the relief of a set of them. A
    set moves the objective if every optimal dual prices one of its members, so minimal sets are minimal hitting sets of
    the duals' supports: each set that fails its test yields a dual that it does not hit, and no set is tried before it
    hits all duals known.

    Returns: smallest first, then in the order of `names`.
    Raises: NoAnswerError if there are too many sets to look at.
    Source: implicit hitting sets, Moreno-Centeno & Karp (2013), Operations Research 61, 453-468.
    """
    alone = {name: direction(frozenset([name])) for name in names}
    supports: list[frozenset[Name]] = []
    minimal: list[frozenset[Name]] = []
    asked = 0
    every = chain.from_iterable(combinations(names, size) for size in range(2, max_size + 1))
    for looked_at, members in enumerate(every):
        if looked_at == _LOOKED_AT or asked == _ASKED:
            message = f"no answer to which limits bind together: of {len(names)} there are too many sets to look at"
            raise NoAnswerError(message)
        limits.check()
        chosen = frozenset(members)
        if any(smaller <= chosen for smaller in minimal) or not all(chosen & support for support in supports):
            continue
        asked += 1
        slope, y = slopes.prices(direction(chosen), +1.0)
        if slope < 0:
            minimal.append(chosen)
        else:
            felt = slopes.felt(y)
            supports.append(frozenset(n for n in names if any(felt[row] * step for row, step in alone[n].items())))
    return minimal
