"""How the answer for years that are past compares with what was published of them, and which labels the data allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.case import provenance
from supplychain.case.foresight import PERFECT, in_words
from supplychain.errors import InputError, Problem
from supplychain.limits import limited
from supplychain.plan import solve
from supplychain.plan.bottlenecks import LEVELS
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import bands, moves, scores, uncertainty, workers
from supplychain.study.attainability import attainability
from supplychain.study.draws import check_count, solve_draws
from supplychain.study.forecasts import forecasts, kind_of
from supplychain.study.scores import Published
from supplychain.study.warm import FROM_NOTHING, WarmSolver
from supplychain.tolerances import FULLY_USED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.foresight import Foresight
    from supplychain.plan import Plan
    from supplychain.results.schema import Kind
    from supplychain.study.forecasts import Key
    from supplychain.study.moves import Move
    from supplychain.study.warm import LabelKey, QuantityKey, Reading
    from supplychain.tabular import Row

SCORED_FROM = 8
"""Independent comparisons below which there is no score."""

FORESIGHT = (None, 3, 2)
"""Years that are seen under which the case is tested beside its own; None: all."""

LIMIT_RULE = 12
"""The rule by which the use of a stage that is used up does not count: it returns the limit."""

USED_SHARE = "stage_used_share"


@dataclass(frozen=True, repr=False, eq=False)
class Backcast(Answer):
    """A case beside what was observed, in the order of the inputs."""

    plan: Plan
    kind: Kind = field(default="backcast", kw_only=True)

    @property
    def score(self) -> str:
        """How many of the independent comparisons are inside their range, or `not scoreable`."""
        return str(self.summary["score"])

    @property
    def from_nothing(self) -> int:
        """Moves to an end whose solve failed its checks, and that were solved again from nothing."""
        return int(self.summary["from_nothing"])

    @property
    def study(self) -> Answer | None:
        """What it says of draws, as a study of uncertainty that can be kept beside the case; None without draws."""
        if _OF_DRAWS not in self.summary:
            return None
        facts = {name: self.summary[name] for name in _OF_CASE}
        known = [table.name for table in result_schema.OF_DRAWS if table.name in self.tables]
        tables = {name: self.tables[name] for name in known}
        return Answer({**facts, **self.summary[_OF_DRAWS]}, tables, kind="uncertainty")

    def with_study(self, study: Answer) -> Backcast:
        """Return the same with what a study of its case says of draws."""
        known = [table.name for table in result_schema.OF_DRAWS if table.name in study.tables]
        tables = {**self.tables, **{name: study.tables[name] for name in known}}
        return replace(self, summary={**self.summary, _OF_DRAWS: _facts(study)}, tables=tables)


_OF_DRAWS = "uncertainty"
"""The fact of the summary that says how draws were made."""

_OF_CASE = ("case", "versions", "inputs_sha256")
"""Facts that a back-cast and a study of the same case share."""


def _facts(study: Answer) -> dict[str, Any]:
    return {name: fact for name, fact in study.summary.items() if name not in _OF_CASE}


def _score(compared: Sequence[Row]) -> str:
    independent = [row for row in compared if row["independent"]]
    if len(independent) < SCORED_FROM:
        return f"not scoreable: {len(independent)} independent comparisons, {SCORED_FROM} are needed"
    inside = sum(row["inside"] for row in independent)
    share = inside / len(independent)
    return f"{inside} of {len(independent)} independent comparisons inside their range ({share:.0%})"


@limited("moving inputs to the ends of their ranges")
def backcast(  # noqa: PLR0913 - all but the case have their defaults
    case: Case,
    *,
    draws: int | None = None,
    seed: int = uncertainty.SEED,
    store: str | Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Backcast:
    """Solve a case of past years, compare it with `observed.csv` and `press.csv`, and try what its ranges allow.

    Every input with a range is moved to each end of it, one at a time, and the case solved again. `executor` does that
    side by side; default: one process for each core. The case is scored under perfect foresight, three and two years
    and its own, and under its own beside forecasts that need no plan. Of every miss it is asked whether some plan
    inside the limits could meet it, at what cost, or which limits forbid it; and of all published numbers which exclude
    each other. `time_limit` is in seconds, for all of it. `progress` is told what is being done.

    `draws`: also draw every number that has a range, all at once, so many times, a multiple of 20, 40 or more: bands of
    each observed quantity, how often they hold what was published, their scores in logs, and how often each stage binds
    beside what the press named. `seed`, `store` and `resume` are as of `uncertainty`.

    Raises: InputError if the case has no observations of a reported year, or draws are asked for and no number has a
    range or the store is of another study, ValueError for another number of draws, OutputError, NoAnswerError if a
    solve finds no optimum, TimeLimitError if the time limit passes, CertificateError if an answer does not pass its
    checks, SetupError.
    """
    if draws is not None:
        check_count(draws)
    observed = [row for row in case.tables["observed"] if row["year"] in case.report_years]
    observed.sort(key=lambda row: list(schema.QUANTITIES).index(row["quantity"]))
    if not observed:
        years = f"{case.years[0]}-{case.report_years[-1]}"
        fault = f"has no row of a reported year ({years}); a back-cast compares with what was observed"
        raise InputError(case.settings.name, [Problem("observed.csv", 0, "", fault)])
    comparer = _Comparer(case, observed)
    plan = solve(case, progress=progress)
    central = WarmSolver(case, comparer.measured).central()
    quantities = comparer.measured[: len(observed)]
    warm_solvers = workers.Shared(partial(WarmSolver, case, quantities))
    compared = comparer.compared(central)
    said = forecasts(case)
    errors = {forecast: _errors(compared, values) for forecast, values in said.items()}
    study: Answer | None = None
    with workers.executor_or_default(executor) as pool:
        if draws is not None:  # first, as a store keeps them if the time limit passes later
            asked = list(dict.fromkeys((quantity, item) for quantity, item, _ in quantities))
            table = solve_draws(
                case, draws, seed, asked=asked, store=store, resume=resume, executor=pool, progress=progress
            )
            progress("putting draws beside what was observed")
            study = uncertainty.of_draws(case, seed, uncertainty.central_reading(case), table)
            beside = bands.tables(case, compared, errors, central, table)
            study = Answer(study.summary, {**beside, **study.tables}, kind=study.kind)
        tried, readings = moves.read_moves(warm_solvers, moves.ends(case), pool, progress)
        moves_by_label = {
            label: [
                move for move, reading in zip(tried, readings, strict=True) if reading.labels[label] != central_label
            ]
            for label, central_label in central.labels.items()
        }
        nearest = moves.smallest_flips(warm_solvers, moves_by_label, pool, progress)
    comparisons = frame(
        result_schema.COMPARISONS,
        [
            row | ({} if row["inside"] else _cause(published, n, tried, readings))
            for n, (row, published) in enumerate(zip(compared, comparer.published, strict=True))
        ],
    )
    own = scores.by_kind(compared)
    attained = attainability(case, comparisons, plan.objective_usd, progress)
    tables = {
        "comparisons": comparisons,
        "scores": frame(result_schema.SCORES, own),
        **_forecast(observed, compared, said, errors),
        **_by_foresight(case, comparer, central, progress),
        "labels": frame(result_schema.PAST_LABELS, _labels(case, central, tried, readings, nearest)),
        "flips": frame(result_schema.PAST_FLIPS, moves.flips(central, tried, readings)),
        **attained.tables,
    }
    independent = [row for row in compared if row["independent"]]
    summary = {
        "case": case.settings.name,
        "foresight_years": case.settings.foresight_years,
        **{
            name: None if math.isnan(own[-1][name]) else own[-1][name]
            for name in ("median_abs_log_error", "interval_score")
        },
        "score": _score(compared),
        "comparisons": len(compared),
        "independent": len(independent),
        "inside": sum(row["inside"] for row in compared),
        "independent_inside": sum(row["inside"] for row in independent),
        **attained.facts,
        "moves": len(tried),
        "from_nothing": sum(reading.remark == FROM_NOTHING for reading in readings),
        "objective_usd": plan.objective_usd,
        "certificate": plan.summary["certificate"],
        "versions": plan.summary["versions"],
        "inputs_sha256": plan.summary["inputs_sha256"],
    }
    found = Backcast(summary, tables, plan)
    return found if study is None else found.with_study(study)


class _Comparer:
    """Puts a reading of a case beside what was observed."""

    def __init__(self, case: Case, observed: Sequence[Row]) -> None:
        self._case, self._observed = case, observed
        self.published = [Published(row["low"], row["central"], row["high"]) for row in observed]
        origins, inputs = provenance.origins(case), provenance.of_inputs(case)
        self._shared = [provenance.first_of(case, origins[row["source"]] & inputs) for row in observed]
        of_rows = [(row["quantity"], row["item"], row["year"]) for row in observed]
        parts = [
            (_part(quantity), s, t) for quantity, item, t in of_rows if _of_stages(quantity) for s in _stages(item)
        ]
        self.measured: list[QuantityKey] = [*of_rows, *dict.fromkeys((*parts, *((USED_SHARE, *x[1:]) for x in parts)))]
        """What a reading is asked: each observation in its order, then of each stage in them its part and its use."""

    def compared(self, reading: Reading) -> list[dict[str, Any]]:
        """Return the rows of the table `comparisons`, but for what brings a miss nearest."""
        values = dict(zip(self.measured, reading.measured, strict=True))
        rows = []
        for row, published, shared, value in zip(
            self._observed, self.published, self._shared, reading.measured, strict=False
        ):
            used_up = _used_up(row, values)
            why = [
                *shared,
                *([f"rule {row['rule']}"] if row["rule"] is not None else []),
                *([f"rule {LIMIT_RULE}: {used_up}"] if used_up else []),
            ]
            rows.append(
                {name: row[name] for name in ("quantity", "year", "item", "unit")}
                | {"model": value}
                | {name: row[name] for name in ("low", "central", "high")}
                | {
                    "error": value / row["central"] - 1 if row["central"] else math.nan,
                    "inside": published.outside(value) == 0,
                    "independent": not why,
                    "shares": " ".join(shared),
                    "not_counted": "; ".join(why),
                    "kind": kind_of(row),
                    "log_error": published.log_error(value),
                    "interval_score": published.interval_score(value),
                    "source": row["source"],
                }
            )
        return rows


def _of_stages(quantity: str) -> bool:
    return schema.QUANTITIES[quantity].items == "stages"


def _part(quantity: str) -> str:
    """Return what says which stage of a sum is the largest: of shares of limits, what is used."""
    return "stage_used" if quantity == USED_SHARE else quantity


def _stages(item: str) -> list[str]:
    return sorted(set(item.split(schema.SUM)))


def _used_up(row: Row, values: Mapping[QuantityKey, float]) -> str:
    """Return the stage whose use an observation is, or more than half of it, if next to all of its limit is used."""
    quantity, t = row["quantity"], row["year"]
    if not _of_stages(quantity):
        return ""
    parts = {s: values[_part(quantity), s, t] for s in _stages(row["item"])}
    largest = max(parts, key=lambda s: parts[s])
    others = math.fsum(part for s, part in parts.items() if s != largest)
    return largest if parts[largest] > others and values[USED_SHARE, largest, t] >= FULLY_USED else ""


def _errors(compared: Sequence[Row], values: Mapping[Key, float]) -> list[float]:
    """Return the error in logs of a forecast for each comparison; not a number where it has none, and of a bound."""
    keys = [(row["quantity"], row["item"], row["year"]) for row in compared]
    return [
        Published(row["low"], row["central"], row["high"]).log_error(values[key]) if key in values else math.nan
        for row, key in zip(compared, keys, strict=True)
    ]


def _forecast(
    observed: Sequence[Row],
    compared: Sequence[Row],
    said: Mapping[str, Mapping[Key, float]],
    errors: Mapping[str, Sequence[float]],
) -> dict[str, pd.DataFrame]:
    """Return what forecasts that need no plan say, and the skill of the model beside each."""
    units = {(row["quantity"], row["item"], row["year"]): row["unit"] for row in observed}
    skill, rows = [], []
    for forecast, values in said.items():
        pairs: dict[str, list[tuple[float, float]]] = {}
        for row, other in zip(compared, errors[forecast], strict=True):
            if row["independent"] and not math.isnan(other):
                pairs.setdefault(row["kind"], []).append((row["log_error"], other))
        skill += scores.skill(forecast, pairs)
        rows += [
            {"quantity": quantity, "year": t, "item": item, "forecast": forecast, "value": x}
            | {"unit": units[quantity, item, t]}
            for (quantity, item, t), x in values.items()
        ]
    return {"skill": frame(result_schema.SKILL, skill), "forecasts": frame(result_schema.FORECASTS, rows)}


def _by_foresight(
    case: Case, comparer: _Comparer, central: Reading, progress: Callable[[str], None]
) -> dict[str, pd.DataFrame]:
    """Return the scores and the labels of the case under other foresight; what sees all years at once is perfect."""
    own = case.settings.foresight_years
    tested = [years for years in FORESIGHT if years is None or years < len(case.years)]
    rows, labels = [], []
    for years in sorted({*tested, own}, key=lambda years: math.inf if years is None else years, reverse=True):
        foresight: Foresight = PERFECT if years is None else years
        if years == own:
            reading = central
        else:
            progress(f"testing {in_words(years)}")
            reading = WarmSolver(case.with_foresight(foresight), comparer.measured).central()
        whole = scores.by_kind(comparer.compared(reading))[-1]
        rows.append(
            {"foresight": str(foresight), "tested": years == own}
            | {name: x for name, x in whole.items() if name != "kind"}
        )
        labels += [
            {"year": t, "level": level, "foresight": str(foresight), "label": label}
            for (level, t), label in reading.labels.items()
        ]
    return {
        "by_foresight": frame(result_schema.BY_FORESIGHT, rows),
        "labels_by_foresight": frame(result_schema.LABELS_BY_FORESIGHT, labels),
    }


def _cause(published: Published, n: int, tried: Sequence[Move], readings: Sequence[Reading]) -> dict[str, Any]:
    """Return the input that, at an end of its range, brings the model nearest to what was observed, and its value."""
    nearest = min(
        range(len(tried)),
        key=lambda m: (published.outside(readings[m].measured[n]), published.off(readings[m].measured[n])),
        default=None,
    )
    if nearest is None:
        return {}
    move, value = tried[nearest], readings[nearest].measured[n]
    return {
        "cause": str(move.input),
        "cause_end": moves.end_of(move),
        "cause_value": value,
        "cause_inside": published.outside(value) == 0,
    }


def _labels(
    case: Case,
    central: Reading,
    tried: Sequence[Move],
    readings: Sequence[Reading],
    nearest: dict[LabelKey, moves.Flip | None],
) -> list[dict[str, Any]]:
    stages = {row["stage"]: row["group"] for row in case.tables["stages"]}
    rows = []
    for t in case.report_years:
        in_press = {row["stage"] for row in case.tables["press"] if row["year"] == t}
        for level in LEVELS:
            label, flip = central.labels[level, t], nearest[level, t]
            reached = {reading.labels[level, t] for reading in readings}
            press = sorted(in_press if level == "stage" else {stages[s] for s in in_press})
            rows.append(
                {
                    "year": t,
                    "level": level,
                    "label": label,
                    "said": _conclusion(case, central, readings, t) if level == "stage" else "",
                    "keeps": sum(reading.labels[level, t] == label for reading in readings),
                    "moves": len(tried),
                    "others": ", ".join(sorted(reached - {label})),
                    "becomes": flip.becomes if flip else "",
                    "input": str(flip.move.input) if flip else "",
                    "end": moves.end_of(flip.move) if flip else "",
                    "by": flip.move.by if flip else math.nan,
                    "press": ", ".join(press),
                    "agrees": bool(set(label.split(" + ")) & set(press)),
                }
            )
    return rows


def _conclusion(case: Case, central: Reading, readings: Sequence[Reading], t: int) -> str:
    """Return what the data allow to say of a year: its stage, its group, or that neither can be told.

    Stages of one group that the moves reach are summed up by its name.
    """
    central_label = central.labels["stage", t]
    reached = sorted({reading.labels["stage", t] for reading in readings} - {central_label})
    if not reached:
        return central_label
    group_of = {row["stage"]: row["group"] for row in case.tables["stages"]}
    by_group: dict[str, list[str]] = {}
    for label in (central_label, *reached):
        by_group.setdefault(" + ".join(dict.fromkeys(group_of.get(s, s) for s in label.split(schema.SUM))), []).append(
            label
        )
    named = [labels[0] if len(labels) == 1 else f"{group} ({', '.join(labels)})" for group, labels in by_group.items()]
    if len(named) == 1:
        return f"{next(iter(by_group))}: the data cannot tell {' or '.join(by_group.popitem()[1])}"
    return f"not identified: {' or '.join(named)}"
