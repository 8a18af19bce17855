"""How sure: every number with a range drawn at once, how often each stage binds, and which factors decide it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from supplychain import schema
from supplychain.case.law import law
from supplychain.errors import ChangeError, ChangeProblem, NoAnswerError
from supplychain.limits import limited
from supplychain.model.observable import RESEARCH_DONE
from supplychain.notebook import Shown
from supplychain.plan import versions
from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.plan.measures import BOOKS, CASH, CASH_LEFT, GAP, KEPT, SUPPLIED, TOKENS, owners_of, sites_of
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.stats import estimates
from supplychain.stats.drivers import drivers
from supplychain.stats.hypercube import SIZE
from supplychain.stats.prim import conditions
from supplychain.study.batches import OPTIMAL
from supplychain.study.draws import PER_MTOK, column, factors_of, headline, solve_draws
from supplychain.study.warm import WarmSolver
from supplychain.tabular import did_you_mean, shown
from supplychain.tolerances import GAP_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from supplychain.case import Case
    from supplychain.results.schema import Kind
    from supplychain.stats.estimates import Estimate
    from supplychain.study.warm import Reading

DRAWS: Final = 1000
SEED: Final = 1

ALTERNATIVES: Final = " | "
"""Between stages of which one or more bind."""

JOINT: Final = " + "
"""Between stages that bind together."""

EVERY_YEAR, SOME_YEAR, ANY = "every_year", "some_year", "any"

SHORT_OF_CASH: Final = "short_of_cash"
"""The level of what is no label: that cash is missing, in a year, or in one or more of them."""

_CASH, _SIZES_OF_CASH = "cash", (KEPT, CASH, CASH_LEFT)
"""What is missing, and what of the year it is rounding beside."""

LABEL: Final = "label"
"""The quantity whose value is the stage that binds."""

_SHOWN: Final = 10
"""Drivers that are listed of each quantity."""

_LEAST_OFTEN: Final = 0.05
"""Probability of a label below which no condition is looked for: too few draws say where it binds."""

_CUBES: Final = 4
"""Hypercubes that conditions need: two to find them, two to measure them."""

_TOTAL_UNITS = dict.fromkeys(("net_benefit", "value", "cost"), "USD")
"""Quantities over the whole horizon, and their unit."""


@dataclass(frozen=True, repr=False, eq=False)
class Uncertainty(Answer, Shown):
    """What binds, what is served and what it costs over joint draws of all uncertain numbers."""

    case: Case
    kind: Kind = field(default="uncertainty", kw_only=True)


@limited("solving draws")
def uncertainty(  # noqa: PLR0913 - all but the case have their defaults
    case: Case,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    any_of: Sequence[Sequence[str]] = (),
    store: str | Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Uncertainty:
    """Draw every number that has a range, all at once, and solve each draw from nothing.

    `draws`: a multiple of 20, 40 or more. `any_of`: sets of stages of which the probability is asked that one or more
    of them bind. `store`: a new SQLite file that keeps each draw; with `resume` also one that was begun, perhaps with
    fewer draws. `executor` solves side by side; default: one process for each core. Neither their number nor the order
    in which they end changes a byte. `time_limit` is in seconds, for all of it.

    Raises: ValueError for another number of draws, ChangeError if `any_of` names no stage of the case, InputError if no
    number has a range or the store is of another study, OutputError, NoAnswerError if the case itself has no answer,
    CertificateError, TimeLimitError, SetupError.
    """
    _check_stages(case, any_of)
    table = solve_draws(case, draws, seed, store=store, resume=resume, executor=executor, progress=progress)
    progress("asking what drives them")
    return of_draws(case, seed, central_reading(case), table, any_of)


def central_reading(case: Case) -> Reading:
    """Return what a case says at its own numbers, which its draws are put beside.

    Raises: NoAnswerError if a solve finds no optimum.
    """
    return WarmSolver(case, _keys(case), totals=True).central()


def of_draws(
    case: Case, seed: int, central: Reading, table: pd.DataFrame, any_of: Sequence[Sequence[str]] = ()
) -> Uncertainty:
    """Return what draws of a case say: the table that `solve_draws` returned, whatever else was measured in them.

    Raises: NoAnswerError if no draw has an answer.
    """
    if not (table["status"] == OPTIMAL).any():
        message = f"no answer for any of {table['draw'].nunique():,} draws; of the first: {table['status'].iloc[0]}"
        raise NoAnswerError(message)
    study = _Study(case, seed, central, table)
    tables = {
        "binding_probability": frame(result_schema.BINDING_PROBABILITY, study.probabilities(any_of)),
        "distributions": frame(result_schema.DISTRIBUTIONS, study.distributions()),
        "drivers": frame(result_schema.DRIVERS, study.drivers()),
        "conditions": frame(result_schema.CONDITIONS, study.conditions()),
        "convergence": frame(result_schema.CONVERGENCE, study.convergence()),
        "draws": frame(result_schema.DRAWS, study.draws()),
    }
    case_law = law(case)
    counts = table.attrs["summary"]
    summary = {
        "case": case.settings.name,
        "draws": counts["draws"],
        "seed": seed,
        "range_means": case.settings.range_means,
        "factors": len(case_law.names),
        "uncertain_numbers": case_law.count,
        **{name: counts[name] for name in ("without_answer", "checked", "rebuilt", "from_nothing")},
        "versions": versions(),
        "inputs_sha256": case.sha256,
    }
    return Uncertainty(summary, tables, case)


def _check_stages(case: Case, any_of: Sequence[Sequence[str]]) -> None:
    known = [row["stage"] for row in case.tables["stages"]]
    problems = [
        ChangeProblem("", "any", f"no stage is called {shown(stage)!r}{did_you_mean(stage, known)}")
        for stages in any_of
        for stage in stages
        if stage not in known
    ]
    if problems:
        place = "the question"
        raise ChangeError(place, problems)


def _keys(case: Case) -> list[tuple[str, str, int]]:
    return [(*pair, t) for t in case.report_years for pair in headline(case)]


@dataclass(frozen=True)
class _Study:
    """A case, its reading at central values, and its draws."""

    case: Case
    seed: int
    central: Reading
    table: pd.DataFrame

    @property
    def years(self) -> range:
        return self.case.report_years

    @property
    def count(self) -> int:
        return len(self.table) // len(self.years)

    def by_year(self, name: str) -> npt.NDArray[Any]:
        """Return a column of the draws, draws x years."""
        return self.table[name].to_numpy().reshape(self.count, len(self.years))

    @property
    def answered(self) -> npt.NDArray[np.bool_]:
        """Whether each draw has an answer."""
        answered: npt.NDArray[np.bool_] = self.by_year("status")[:, 0] == OPTIMAL
        return answered

    def probability(self, event: npt.NDArray[np.bool_]) -> Estimate:
        """Return the probability of what happens in some draws, given that these have an answer."""
        return estimates.probability(np.where(self.answered, event, math.nan), SIZE)

    @property
    def cube(self) -> npt.NDArray[np.intp]:
        """The hypercube of each draw."""
        return np.arange(self.count) // SIZE

    def probabilities(self, any_of: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """Return how often each stage and group binds, year by year and over all years."""
        rows: list[dict[str, Any]] = []
        members = {n: self._members(n) for n in range(len(self.years))}
        at_centre = [set(self.central.labels[LEVELS[0], t].split(JOINT)) for t in self.years]
        for n, t in enumerate(self.years):
            for level in LEVELS:
                labels, central = self.by_year(level)[:, n], self.central.labels[level, t]
                for label in _often_first([*labels[self.answered], central]):
                    event = labels == label
                    rows.append(self._probability(t, level, label, event, central=label == central))
            joined = {stage for label in {*members[n]} if JOINT in label for stage in label.split(JOINT)}
            for stages in [*([stage] for stage in sorted(joined)), *any_of]:
                event = _has(members[n], stages)
                rows.append(
                    self._probability(t, ANY, ALTERNATIVES.join(stages), event, central=bool(at_centre[n] & {*stages}))
                )
        seen = sorted({stage for labels in members.values() for label in labels for stage in label.split(JOINT)} - {""})
        for stages in [*([stage] for stage in seen), *any_of]:
            events = np.column_stack([_has(members[n], stages) for n in range(len(self.years))])
            centrally = [bool(at & {*stages}) for at in at_centre]
            for level, over in ((EVERY_YEAR, np.all), (SOME_YEAR, np.any)):
                event = over(events, axis=1)
                if event.any() or list(stages) in [list(asked) for asked in any_of]:
                    name = ALTERNATIVES.join(stages)
                    rows.append(self._probability(None, level, name, event, central=bool(over(centrally))))
        return [*rows, *self._short_of_cash()]

    def _short_of_cash(self) -> Iterator[dict[str, Any]]:
        """Yield how often cash is missing, where the case counts it: year by year, and in one or more years."""
        if not self.case.tables["cash"]:
            return
        central = dict(zip(_keys(self.case), self.central.measured, strict=True))
        draws = {quantity: self.by_year(column(quantity, schema.ALL)) for quantity in (GAP, *_SIZES_OF_CASH)}
        centrally, short = [], []
        for n, t in enumerate(self.years):
            gap, *sizes = (np.append(by_year[:, n], central[name, schema.ALL, t]) for name, by_year in draws.items())
            is_short = np.nan_to_num(gap) > GAP_ROUNDING * np.nansum(np.abs(sizes), axis=0)
            short.append(is_short[:-1])
            centrally.append(bool(is_short[-1]))
            yield self._probability(t, SHORT_OF_CASH, _CASH, short[n], central=centrally[n])
        yield self._probability(None, SHORT_OF_CASH, _CASH, np.any(short, axis=0), central=any(centrally))

    def _probability(
        self, year: int | None, level: str, members: str, event: npt.NDArray[np.bool_], *, central: bool
    ) -> dict[str, Any]:
        estimate = self.probability(event)
        return {
            "year": year,
            "level": level,
            "members": members,
            "probability": estimate.value,
            **_error(estimate),
            "central": central,
        }

    def _members(self, n: int) -> list[str]:
        """Return the stages that bind in a year, draw by draw."""
        return [str(label) for label in self.by_year(LEVELS[0])[:, n]]

    def quantities(self) -> Iterator[tuple[int | None, str, str, str, float, npt.NDArray[np.float64]]]:
        """Yield each quantity: year, name, item, unit, what it is at central values, and by draw."""
        units = _units(self.case)
        measured = iter(self.central.measured)
        for n, t in enumerate(self.years):
            for quantity, item in headline(self.case):
                values = self.by_year(column(quantity, item))[:, n]
                yield t, quantity, item, units(quantity, item), next(measured), values
        for quantity, unit in _TOTAL_UNITS.items():
            name = f"{quantity}_usd"
            yield None, quantity, schema.ALL, unit, getattr(self.central, name), self.by_year(name)[:, 0]

    def distributions(self) -> list[dict[str, Any]]:
        """Return the quantiles of each quantity."""
        rows = []
        for year, quantity, item, unit, central, values in self.quantities():
            known = values[self.answered]
            at = estimates.quantiles(known)
            rows.append(
                {
                    "year": year,
                    "quantity": quantity,
                    "item": item,
                    "unit": unit,
                    "central": central,
                    "mean": float(np.mean(known[np.isfinite(known)])) if np.isfinite(known).any() else math.nan,
                    **{name: getattr(at, name) for name in ("p05", "p10", "p50", "p90", "p95")},
                    "undefined_share": at.undefined,
                }
            )
        return rows

    def drivers(self) -> list[dict[str, Any]]:
        """Return the factors that explain most of what binds, what is served, what it costs and what is spent.

        Of numbers they explain the ranks: a few draws in which next to nothing is served would else be all variance.
        """
        names, scores = self.factors
        asked: dict[tuple[int | None, str, str], npt.NDArray[Any]] = {
            (t, LABEL, LEVELS[0]): self.by_year(LEVELS[0])[:, n][self.answered].astype(str)
            for n, t in enumerate(self.years)
        }
        asked |= {
            (year, quantity, item): ranks(values[self.answered])
            for year, quantity, item, *_, values in self.quantities()
            if item == schema.ALL
        }
        found = drivers(scores[self.answered], names, asked, seed=self.seed)
        return [
            {
                "year": year,
                "quantity": quantity,
                "item": item,
                "rank": rank,
                "factor": driver.factor,
                "share": driver.share,
                "noise_floor": of_quantity.floor,
                "above_floor": driver.above_floor,
            }
            for (year, quantity, item), of_quantity in found.items()
            if math.isfinite(of_quantity.floor)
            for rank, driver in enumerate(of_quantity.drivers[:_SHOWN], 1)
        ]

    @property
    def factors(self) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
        """The names of the factors, and their scores by draw."""
        return factors_of(self.case, self.seed, self.count)

    def conditions(self) -> list[dict[str, Any]]:
        """Return, for each label that is not rare, the bounds of factors inside which it binds."""
        if len({*self.cube[self.answered]}) < _CUBES:
            return []
        names, scores = self.factors
        rows: list[dict[str, Any]] = []
        for n, t in enumerate(self.years):
            labels = self.by_year(LEVELS[0])[:, n][self.answered]
            for label in _often_first(labels):
                inside = labels == label
                if inside.mean() < _LEAST_OFTEN or inside.all():
                    continue
                box = conditions(scores[self.answered], names, inside, self.cube[self.answered])
                measured = {
                    "year": t,
                    "label": label,
                    "density": box.density.value,
                    "standard_error": box.density.standard_error,
                    "coverage": box.coverage,
                    "mass": box.mass,
                    "base_rate": box.base_rate,
                }
                rows += [
                    {
                        **measured,
                        "factor": limit.factor,
                        "from_pct": math.nan if limit.low_percentile is None else limit.low_percentile,
                        "to_pct": math.nan if limit.high_percentile is None else limit.high_percentile,
                    }
                    for limit in box.limits
                ] or [{**measured, "factor": "", "from_pct": math.nan, "to_pct": math.nan}]
        return rows

    def convergence(self) -> list[dict[str, Any]]:
        """Return what the first draws alone say of the label that is most frequent, and of means."""
        rows, units = [], _units(self.case)
        for n, t in enumerate(self.years):
            labels = self.by_year(LEVELS[0])[:, n]
            label = _often_first(labels[self.answered])[0] if self.answered.any() else DEMAND
            asked: dict[tuple[str, str], tuple[Callable[..., Estimate], npt.NDArray[Any]]] = {
                (LABEL, label): (estimates.probability, np.where(self.answered, labels == label, math.nan))
            }
            for quantity in (TOKENS, PER_MTOK, CASH):
                values = self.by_year(column(quantity, schema.ALL))[:, n]
                asked[quantity, schema.ALL] = estimates.mean, values
            for (quantity, item), (estimate, values) in asked.items():
                for draws in _doubled(self.count):
                    found = estimate(values[:draws], SIZE)
                    rows.append(
                        {
                            "year": t,
                            "quantity": quantity,
                            "item": item,
                            "unit": "share" if quantity == LABEL else units(quantity, item),
                            "draws": draws,
                            "value": found.value,
                            **_error(found),
                        }
                    )
        return rows

    def draws(self) -> list[dict[str, Any]]:
        """Return the draws themselves, of quantities those of all workloads."""
        names = {
            "served_ttok": column(TOKENS, schema.ALL),
            "research_h100e_years": column(RESEARCH_DONE, schema.ALL),
            "cost_usd_per_mtok": column(PER_MTOK, schema.ALL),
            "capital_usd": column(CASH, schema.ALL),
        }
        names |= {BOOKS[quantity]: column(quantity, item) for quantity, item in owners_of(self.case)}
        kept = [c.name for c in result_schema.DRAWS.columns if c.name in self.table]
        table = self.table[kept].assign(
            **{name: self.table[of] if of in self.table else math.nan for name, of in names.items()}
        )
        return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]


def ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rank of each value among those that are defined, equal ones alike; what is undefined has none."""
    found = np.full(len(values), math.nan)
    defined = np.isfinite(values)
    _, place, counts = np.unique(values[defined], return_inverse=True, return_counts=True)
    found[defined] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return found


def _error(estimate: Estimate) -> dict[str, float]:
    return {"standard_error": estimate.standard_error, "low": estimate.low, "high": estimate.high}


def _often_first(labels: Sequence[str] | npt.NDArray[Any]) -> list[str]:
    """Return each label once, the most frequent first."""
    counts = Counter(map(str, labels))
    return sorted(counts, key=lambda label: (-counts[label], label))


def _has(labels: Sequence[str], stages: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return whether one of some stages is in each label."""
    known = {label: not {*stages}.isdisjoint(label.split(JOINT)) for label in {*labels}}
    return np.array([known[label] for label in labels])


def _doubled(count: int) -> list[int]:
    """Return numbers of draws, from two hypercubes on, each about twice the one before, and all."""
    numbers = [2 * SIZE << n for n in range(count.bit_length()) if 2 * SIZE << n < count]
    return [*numbers, count]


def _units(case: Case) -> Callable[[str, str], str]:
    """Return what says the unit of a quantity of an item."""
    own = {RESEARCH_DONE: result_schema.H100E_YEARS, **result_schema.DRAWN_QUANTITIES}
    of_quantity: Mapping[str, str] = own | {name: q.unit for name, q in schema.QUANTITIES.items() if q.unit}
    of_stage = {row["stage"]: row["unit"] for row in case.tables["stages"]}
    of_site = {item: of_stage[s] for item, (s, *_) in sites_of(case).items()}
    return lambda quantity, item: (
        of_site[item] if quantity == SUPPLIED else of_quantity.get(quantity) or of_stage.get(item, "")
    )
