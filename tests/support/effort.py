"""How much of what is drawn at random is tried: a part in `make check`, all of it in `make thorough`."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

THOROUGH = bool(os.environ.get("THOROUGH"))
"""Whether everything is tried."""

Item = TypeVar("Item")


def one_in(n: int, items: Sequence[Item]) -> Sequence[Item]:
    """Return every n-th of some items, the first among them; all where everything is tried."""
    return items if THOROUGH else items[::n]


def fewer(count: int, n: int) -> int:
    """Return an n-th of a count, at least one; all of it where everything is tried."""
    return count if THOROUGH else math.ceil(count / n)
