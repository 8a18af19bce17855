"""Draws of several cases beside each other: each case less the first, draw by draw.

What a factor is in a draw depends on the seed, the number of the draw and the factor's name alone. So in one draw the
factors that two cases share are the same in both, and the difference says what the cases differ in: its variance is far
below that of draws of their own.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from supplychain import schema
from supplychain.case.law import law
from supplychain.errors import InputError, Problem
from supplychain.limits import limited
from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import BOOKS, SUPPLIED, UNUSED, sites_of, supplied_of
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame
from supplychain.stats import estimates
from supplychain.stats.hypercube import SIZE
from supplychain.study.batches import OPTIMAL
from supplychain.study.draws import PER_MTOK, USED_SHARE, check_count, column, headline, solve_draws
from supplychain.study.warm import WarmSolver
from supplychain.tolerances import QUANTITY_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    import numpy.typing as npt
    import pandas as pd

    from supplychain.case import Case

    Floats: TypeAlias = npt.NDArray[np.float64]
    Bools: TypeAlias = npt.NDArray[np.bool_]
    Key: TypeAlias = tuple[int | None, str, str]
    """A year, or None for the whole horizon; a quantity and an item."""

NET_BENEFIT, VALUE, COST = "net_benefit", "value", "cost"
OVER_HORIZON: Final = (NET_BENEFIT, VALUE, COST)
"""What is compared over the whole horizon, as tables of draws name it."""


@dataclass(frozen=True)
class Paired:
    """The tables of a comparison that draws add, and what its summary says of them."""

    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]


def check(cases: Mapping[str, Case | None], draws: int) -> None:
    """Refuse draws of answers that have none: of those without their case, and of cases without ranges.

    Raises: ValueError, also for another number of draws than `solve_draws` takes; InputError if no number of a case has
    a range.
    """
    check_count(draws)
    solved = [name for name, case in cases.items() if case is None]
    if solved:
        are = "is an answer that is" if len(solved) == 1 else "are answers that are"
        have = "has" if len(solved) == 1 else "have"
        names = ", ".join(solved)
        message = f"{names} {are} solved already, and {have} no draws; give the cases, with their scenarios and changes"
        raise ValueError(message)
    for name, case in cases.items():
        if case is not None and not law(case).names:
            fault = "no number has a range, so all draws are alike; give x_low and x_high beside some x"
            raise InputError(name, [Problem("the case", 0, "", fault)])


@limited("solving draws of what is compared")
def paired(  # noqa: PLR0913 - all but the first three have their defaults
    cases: Mapping[str, Case],
    draws: int,
    seed: int,
    *,
    executor: Executor,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Paired:
    """Solve cases at their first draws, and return what each but the first differs by from the first.

    Draws that have no answer in one of two cases count in neither. `time_limit` is in seconds, for all of it.

    Raises: what `solve_draws` does.
    """
    of_contracts = dict.fromkeys(pair for case in cases.values() for pair in supplied_of(case))
    drawn = {
        name: _solved(case, of_contracts, draws, seed, executor, lambda line, name=name: progress(f"{name}: {line}"))  # type: ignore[misc]
        for name, case in cases.items()
    }
    (_, reference), *others = drawn.items()
    pairs = {name: _Pair(reference, other) for name, other in others}
    rows = [{"answer": name} | row for name, pair in pairs.items() for row in pair.differences()]
    labels = [{"answer": name} | row for name, pair in pairs.items() for row in pair.labels()]
    names = {name: set(law(case).names) for name, case in cases.items()}
    shared = next(iter(names.values()))
    facts = {
        "draws": draws,
        "seed": seed,
        "draws_left_out": {name: int((~pair.counted).sum()) for name, pair in pairs.items()},
        "factors": {name: len(of_case) for name, of_case in names.items()},
        "factors_shared": {name: len(names[name] & shared) for name in pairs},
    }
    tables = {
        "draw_differences": frame(result_schema.DRAW_DIFFERENCES, rows),
        "draw_labels": frame(result_schema.DRAW_LABELS, labels),
    }
    return Paired(tables, facts)


@dataclass(frozen=True)
class _Drawn:
    """A case, what it says at central values, and at its draws."""

    case: Case
    central: Mapping[Key, float]
    by_draw: Mapping[Key, Floats]
    label: Mapping[tuple[str, int], npt.NDArray[np.str_]]
    """By level and year."""
    answered: Bools

    def value(self, key: Key) -> float:
        """Return a quantity at central values; of what the case does not have, as of what it does not serve."""
        return self.central.get(key, _nothing(key))

    def values(self, key: Key) -> Floats:
        """Return the same by draw."""
        return self.by_draw.get(key, np.full(len(self.answered), _nothing(key)))


def _nothing(key: Key) -> float:
    """Return what a quantity is of what a case does not have: nothing is served or owed; the rest has no meaning."""
    return math.nan if key[1] in {PER_MTOK, *BOOKS} - {UNUSED} else 0.0


def _solved(  # noqa: PLR0913, PLR0917 - what is solved, and how
    case: Case,
    of_contracts: Iterable[tuple[str, str]],
    draws: int,
    seed: int,
    executor: Executor,
    progress: Callable[[str], None],
) -> _Drawn:
    """Solve a case at central values, and at its draws; suppliers with a contract in any case are measured in each."""
    years, sites = case.report_years, sites_of(case)
    asked = [pair for pair in of_contracts if pair[1] in sites]
    pairs = list(dict.fromkeys([*(pair for pair in headline(case) if pair[0] != USED_SHARE), *asked]))
    keys = [(*pair, t) for t in years for pair in pairs]
    reading = WarmSolver(case, keys, labels=False, totals=True).central()
    table = solve_draws(case, draws, seed, asked=asked, executor=executor, progress=progress)
    columns = {str(name): table[name].to_numpy().reshape(-1, len(years)) for name in table}
    central: dict[Key, float] = {
        (t, quantity, item): value for (quantity, item, t), value in zip(keys, reading.measured, strict=True)
    }
    by_draw: dict[Key, Floats] = {
        (t, *pair): columns[column(*pair)][:, n] for n, t in enumerate(years) for pair in pairs
    }
    for quantity in OVER_HORIZON:
        central[None, quantity, schema.ALL] = getattr(reading, f"{quantity}_usd")
        by_draw[None, quantity, schema.ALL] = columns[f"{quantity}_usd"][:, 0]
    label = {(level, t): columns[level][:, n].astype(str) for level in LEVELS for n, t in enumerate(years)}
    return _Drawn(case, central, by_draw, label, columns["status"][:, 0] == OPTIMAL)


@dataclass(frozen=True)
class _Pair:
    """A case beside the one that it is compared with."""

    reference: _Drawn
    other: _Drawn

    @property
    def counted(self) -> Bools:
        """Whether each draw has an answer in both."""
        return self.reference.answered & self.other.answered

    @property
    def years(self) -> list[int]:
        """The years that both report."""
        return [t for t in self.reference.case.report_years if t in self.other.case.report_years]

    def differences(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each quantity: the totals first."""
        keys = dict.fromkeys([*self.reference.by_draw, *self.other.by_draw])
        totals = [key for key in keys if key[0] is None]
        for key in [*totals, *(key for t in self.years for key in keys if key[0] == t)]:
            yield self._difference(key)

    def _difference(self, key: Key) -> dict[str, Any]:
        year, quantity, item = key
        by_draw, rounding = _less(self.other.values, self.reference.values, key)
        central, _ = _less(self.other.value, self.reference.value, key)
        known = by_draw[self.counted]
        defined = known[np.isfinite(known)]
        mean = estimates.mean(np.where(self.counted, by_draw, math.nan), SIZE)
        if len(defined) and mean.standard_error <= rounding[self.counted].max():
            mean = estimates.Estimate(mean.value, 0.0, mean.value, mean.value)
        at = estimates.quantiles(known if len(known) else [math.nan])
        return {
            "year": year,
            "quantity": quantity,
            "item": item,
            "unit": self._unit(quantity, item),
            "central": float(central),
            "mean": mean.value,
            **_error(mean),
            **{name: getattr(at, name) for name in ("p05", "p10", "p50", "p90", "p95")},
            "above_share": float((defined > 0).mean()) if len(defined) else math.nan,
            "below_share": float((defined < 0).mean()) if len(defined) else math.nan,
            "undefined_share": at.undefined,
            "draws": len(known),
        }

    def _unit(self, quantity: str, item: str) -> str:
        """Return the unit of a quantity: of what a supplier supplies that of its stage."""
        for case in (self.reference.case, self.other.case) if quantity == SUPPLIED else ():
            units = {row["stage"]: row["unit"] for row in case.tables["stages"]}
            if item in (sites := sites_of(case)):
                return str(units[sites[item][0]])
        return result_schema.DRAWN_QUANTITIES[quantity]

    def labels(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each year, level and label that binds in a draw of either case: the most frequent first."""
        counted = self.counted
        for t in self.years:
            for level in LEVELS:
                before, after = self.reference.label[level, t], self.other.label[level, t]
                counts = Counter(np.concatenate([before[counted], after[counted]]).tolist())
                for label in sorted(counts, key=lambda label: (-counts[label], label)):
                    was, is_now = ((labels == label).astype(float) for labels in (before, after))
                    change = estimates.mean(np.where(counted, is_now - was, math.nan), SIZE)
                    yield {
                        "year": t,
                        "level": level,
                        "members": label,
                        "reference": float(was[counted].mean()),
                        "value": float(is_now[counted].mean()),
                        "change": change.value,
                        **_error(change),
                        "differs_share": float((before != after)[counted].mean()),
                    }


def _less(values: Callable[[Key], Any], reference: Callable[[Key], Any], key: Key) -> tuple[Any, Any]:
    """Return a quantity less what it is in the reference, and how much of that may be rounding; up to it, it is 0.

    Net benefit is value less cost, and known as well as these.
    """
    of_size = [(None, total, schema.ALL) for total in (VALUE, COST)] if key[1] == NET_BENEFIT else [key]
    sizes = [np.abs(np.nan_to_num(ends(part))) for ends in (values, reference) for part in of_size]
    rounding = QUANTITY_ROUNDING * np.max(sizes, axis=0)
    difference = values(key) - reference(key)
    return np.where(np.abs(difference) <= rounding, 0.0, difference), rounding


def _error(estimate: estimates.Estimate) -> dict[str, float]:
    return {"standard_error": estimate.standard_error, "low": estimate.low, "high": estimate.high}
