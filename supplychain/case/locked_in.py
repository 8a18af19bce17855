"""Decisions that were made before: what another answer ordered, built and bought up to a year, locked in in this case.

What was signed is fixed: every order of capacity (also one that arrives later), every build, every purchase of a flow
stage, and what of it was kept in store. What operation takes adapts to the world as it turns out: where and when built
units are installed (they wait in the warehouse if there is no site), what operates and serves, stocks such as power,
and flows that suppliers of stocks use up, such as fuel. Prices and lead times are those of this case.

A commitment is a contract of the case itself, the same for whoever signed and whoever had known; so one of the answer
up to that year must stand in the case with the minimum that it had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    VarIndex: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class LockedIn:
    """What was decided up to a year, from the tables of an answer."""

    until: int
    amounts: Mapping[str, Mapping[VarIndex, float]]
    """By variable of the model (`expand`, `build`, `supply`, `stored`) and its index. What is not there is 0, but what
    was stored is not known where the answer lists no such stage."""
    inputs_sha256: Mapping[str, str]
    """Digests of the inputs of the answer."""

    @property
    def summary(self) -> dict[str, Any]:
        """Whose decisions they are."""
        return {"inputs_sha256": dict(self.inputs_sha256), "until": self.until}

    def listed(self) -> list[object]:
        """Return everything that is locked in, in order."""
        amounts = ((name, *key, x) for name, some in sorted(self.amounts.items()) for key, x in sorted(some.items()))
        return [self.until, *amounts]
