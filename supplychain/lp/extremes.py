"""The smallest and the largest value of linear quantities over all plans of an LP."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from supplychain import limits
from supplychain.errors import CertificateError, NoAnswerError, TimeLimitError
from supplychain.lp.optimum import optimum_of, primal_residuals
from supplychain.lp.scaled import sums
from supplychain.tolerances import CERTIFIED, END_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from supplychain.lp.attain import Linear
    from supplychain.lp.labelled import LabelledLP
    from supplychain.lp.scaled import Vector

_PRIMAL = 4
"""HiGHS's number for the primal simplex: where only the objective changes, plans stay feasible."""

LOW, HIGH = 0, 1
_WAYS = 1.0, -1.0
"""The sign with which a quantity is minimised so that it ends `LOW`, or `HIGH`."""


class Extremes:
    """Both ends of each of several quantities.

    Each end that takes a solve is a certified optimum. It starts from the plan, of all that were met on the way, that
    is nearest to it: of `inputs/base` that takes a fifth of the steps from the plan met last. An end is known without a
    solve once some plan has a value that the bounds of columns let no plan pass.
    """

    def __init__(
        self,
        lp: LabelledLP,
        quantities: Sequence[Linear],
        plan: Vector,
        basis: Any,  # noqa: ANN401 - HiGHS ships no types
        *,
        what: str,
    ) -> None:
        """Take an LP, whose solver is used; a plan of it; and a basis to start from.

        Raises: CertificateError if the plan is none.
        """
        off = primal_residuals(lp, plan)[1]
        if not off <= CERTIFIED:
            message = f"the plan from which {what} starts does not pass its checks: {off:.1e} off"
            raise CertificateError(message)
        self._lp, self._quantities, self._what = lp, quantities, what
        self.solves = 0
        """Ends so far that took a solve."""
        self._of = np.repeat(np.arange(len(quantities)), [len(q.terms) for q in quantities])
        self._columns = np.array([j for q in quantities for j in q.terms], dtype=np.int64)
        self._entries = np.array([entry for q in quantities for entry in q.terms.values()], dtype=float)
        self._constants = np.array([q.constant for q in quantities], dtype=float)
        lower, upper = lp.column_lower[self._columns], lp.column_upper[self._columns]
        rises = self._entries > 0
        self._bounds = self._sums(np.where(rises, lower, upper)), self._sums(np.where(rises, upper, lower))
        self._reached = [self._sums(plan[self._columns]) for _ in _WAYS]
        self._size = self._sizes(plan)
        for finite in self._bounds:
            self._size = np.maximum(self._size, np.where(np.isfinite(finite), np.abs(finite), 0.0))
        self._nearest = [[basis] * len(quantities) for _ in _WAYS]
        self._at: Any = None
        lp.highs.setOptionValue("solver", "simplex")
        lp.highs.setOptionValue("simplex_strategy", _PRIMAL)

    def ends(self) -> Iterator[tuple[float, float]]:
        """Yield the smallest and the largest value of each quantity; infinite where there is none.

        Raises: NoAnswerError if a solve finds no optimum, CertificateError if none passes its checks.
        """
        for n in range(len(self._quantities)):
            yield self._end(n, LOW), self._end(n, HIGH)

    def _sums(self, x: Vector) -> Vector:
        """Return the quantities, for values of the columns that they name."""
        quantities: Vector = sums(self._of, self._entries * x, len(self._quantities)) + self._constants
        return quantities

    def _sizes(self, x: Vector) -> Vector:
        """Return how large the terms of quantities are."""
        terms: Vector = sums(self._of, np.abs(self._entries * x[self._columns]), len(self._quantities))
        terms += np.abs(self._constants)
        return terms

    def _end(self, n: int, end: int) -> float:
        limits.check()
        known = self._known(n, end)
        if known is not None:
            return known
        x = self._solved(n, end)
        if x is None:
            return -_WAYS[end] * math.inf
        known = self._known(n, end)
        return float(self._reached[end][n]) if known is None else known

    def _known(self, n: int, end: int) -> float | None:
        """Return the value that no plan can pass, if some plan has reached it."""
        bound = float(self._bounds[end][n])
        if not math.isfinite(bound):
            return None
        away = _WAYS[end] * (float(self._reached[end][n]) - bound)
        return bound if away <= END_ROUNDING * float(self._size[n]) else None

    def _solved(self, n: int, end: int) -> Vector | None:
        """Return the plan in which a quantity ends; None if it goes on for ever."""
        columns, cost = np.arange(self._lp.shape[1]), np.zeros(self._lp.shape[1])
        terms = self._quantities[n].terms
        cost[list(terms)] = [_WAYS[end] * entry for entry in terms.values()]
        asked = replace(self._lp, cost=cost, offset=0.0)
        asked.highs.changeColsCost(len(columns), columns, cost)
        start = self._nearest[end][n]
        if start is not self._at:
            asked.highs.setBasis(start)
        self._at = None
        self.solves += 1
        try:
            optimum = optimum_of(asked, what=self._what)
        except (TimeLimitError, CertificateError):
            raise
        except NoAnswerError:
            if asked.highs.getModelStatus() != highspy.HighsModelStatus.kUnbounded:
                raise
            return None
        self._at = optimum.basis
        values = self._sums(optimum.x[self._columns])
        self._size = np.maximum(self._size, self._sizes(optimum.x))
        for way, sign in enumerate(_WAYS):
            nearer = sign * (values - self._reached[way]) < 0
            self._reached[way] = np.where(nearer, values, self._reached[way])
            for k in np.flatnonzero(nearer).tolist():
                self._nearest[way][k] = optimum.basis
        return optimum.x
