"""What nodes of a graph pass on to others, followed round after round until nothing moves."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from supplychain import limits
from supplychain.errors import CertificateError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

Amounts = TypeVar("Amounts")
Node = TypeVar("Node", bound="Hashable")

_ROUNDS = 20_000
"""Rounds after which what still moves in a circle is given up."""


def rounds(
    start: Amounts, step: Callable[[Amounts], Amounts], size: Callable[[Amounts], float], left: float = 0.0
) -> Iterator[Amounts]:
    """Yield what moves in each round: what starts, what its nodes pass on, what those pass on in turn, and so on.

    `step` returns what is passed on of what moves. The last round is the one after which no more moves than the share
    `left` of the size of what started.

    Raises: CertificateError if it keeps moving in a circle.
    """
    moving, least = start, left * size(start)
    for _ in range(_ROUNDS):
        limits.check()
        yield moving
        moving = step(moving)
        if size(moving) <= least:
            return
    message = "the parts of a price do not add up: it moves in a circle"
    raise CertificateError(message)


def through(start: Mapping[Node, float], passes_on: Callable[[Node], Mapping[Node, float]]) -> dict[Node, float]:
    """Return all that passes each node: what starts there, and what is passed on to it.

    `passes_on` returns how much of a unit at a node goes to others; a node where it ends passes nothing on. The graph
    has no circle.
    """

    def step(moving: Mapping[Node, float]) -> Mapping[Node, float]:
        onward: dict[Node, float] = defaultdict(float)
        for node, amount in moving.items():
            for other, share in passes_on(node).items():
                onward[other] += share * amount
        return onward

    passed: dict[Node, float] = defaultdict(float)
    for moving in rounds(start, step, len):
        for node, amount in moving.items():
            passed[node] += amount
    return dict(passed)
