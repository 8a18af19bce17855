"""How far a model is from what was published: errors and interval scores in logs, by kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, Final

from supplychain.schema import ALL, OBSERVED_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FURTHEST: Final = math.log(10)
"""Further off than by a factor of ten nothing counts, nor does a model of 0, or with no value."""

OUTSIDE: Final = 0.2
"""Share of what is observed that a published range is taken to leave outside."""


@dataclass(frozen=True)
class Published:
    """A published number with its range; or a bound, which has one end and no central value."""

    low: float | None
    central: float | None
    high: float | None

    def outside(self, value: float) -> float:
        """Return how far a value is outside; infinite if there is none."""
        if math.isnan(value):
            return math.inf
        below = 0.0 if self.low is None else self.low - value
        return max(below, 0.0 if self.high is None else value - self.high, 0.0)

    def off(self, value: float) -> float:
        """Return how far a value is from what is published: from the bound, where that is all that is known."""
        known = next(x for x in (self.central, self.low, self.high) if x is not None)
        return abs(value - known)

    def log_error(self, value: float) -> float:
        """Return ln(value / published), as far as it counts; not a number of a bound."""
        if self.central is None:
            return math.nan
        if not value > 0:
            return -FURTHEST if self.central > 0 or math.isnan(value) else 0.0
        return _above(value, self.central) - _above(self.central, value)

    def interval_score(self, value: float) -> float:
        """Return the interval score in logs: the width of the range, and what the value being outside costs.

        Of a bound it is the second alone. An end of 0 counts as a tenth of the published number.

        Source: Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102, 359-378.
        """
        below = 0.0 if self.low is None else _above(self.low, value)
        beyond = 0.0 if self.high is None else _above(value, self.high)
        missed = FURTHEST if math.isnan(value) else max(below, beyond)
        return self._width + 2 / OUTSIDE * missed

    @property
    def _width(self) -> float:
        if self.low is None or self.high is None or self.high <= self.low:
            return 0.0
        return math.log(self.high / (self.low or (self.central or self.high) * math.exp(-FURTHEST)))


def _above(value: float, end: float) -> float:
    """Return how far a value is above another, in logs, as far as it counts."""
    if not value > end:
        return 0.0
    return min(math.log(value / end), FURTHEST) if end > 0 else FURTHEST


def error(log_errors: Iterable[float]) -> float:
    """Return the median size of errors in logs; bounds have none. Not a number if nothing else is there."""
    sizes = [abs(x) for x in log_errors if not math.isnan(x)]
    return median(sizes) if sizes else math.nan


def mean_of_kinds(values: Iterable[float]) -> float:
    """Return the mean of what kinds come to, of those of which something is known; else not a number."""
    known = [x for x in values if not math.isnan(x)]
    return fmean(known) if known else math.nan


def by_kind(compared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the scores of independent comparisons: of each kind that has some, and the mean of the kinds.

    Shares are those of all rows there, too.
    """
    rows = [row for row in compared if row["independent"]]
    scores = []
    for kind in OBSERVED_KINDS:
        of_kind = [row for row in rows if row["kind"] == kind]
        if of_kind:
            interval = fmean(row["interval_score"] for row in of_kind)
            errors = error(row["log_error"] for row in of_kind)
            scores.append(_scores(kind, of_kind, errors, interval))
    whole = (mean_of_kinds(score[name] for score in scores) for name in ("median_abs_log_error", "interval_score"))
    return [*scores, _scores(ALL, rows, *whole)]


def _scores(kind: str, rows: Sequence[Mapping[str, Any]], errors: float, interval: float) -> dict[str, Any]:
    inside = sum(bool(row["inside"]) for row in rows)
    return {
        "kind": kind,
        "rows": len(rows),
        "median_abs_log_error": errors,
        "interval_score": interval,
        "inside": inside,
        "inside_share": inside / len(rows) if rows else math.nan,
    }


def skill(forecast: str, pairs: Mapping[str, Sequence[tuple[float, float]]]) -> list[dict[str, Any]]:
    """Return the skill of the model beside a forecast, of each kind and of the mean of the kinds.

    `pairs` has by kind, of each row that the forecast can make, the error in logs of the model and of the forecast.
    """
    errors = {
        kind: (error(model for model, _ in pairs[kind]), error(other for _, other in pairs[kind]))
        for kind in OBSERVED_KINDS
        if pairs.get(kind)
    }
    if not errors:
        return []
    whole = (mean_of_kinds(model for model, _ in errors.values()), mean_of_kinds(other for _, other in errors.values()))
    rows = {kind: len(pairs[kind]) for kind in errors}
    return [
        {
            "forecast": forecast,
            "kind": kind,
            "rows": rows.get(kind, sum(rows.values())),
            "model_error": model,
            "forecast_error": other,
            "skill": 1 - model / other if other > 0 else math.nan,
        }
        for kind, (model, other) in (errors | {ALL: whole}).items()
    ]
