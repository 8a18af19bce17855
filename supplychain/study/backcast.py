"""How the answer for years that are past compares with what was published of them, and which labels the data allow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.case import provenance
from supplychain.errors import InputError, Problem
from supplychain.limits import limited
from supplychain.plan import solve
from supplychain.plan.bottlenecks import LEVELS
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import moves, workers
from supplychain.study.attainability import attainability
from supplychain.study.warm import FROM_NOTHING, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    import pandas as pd

    from supplychain.case import Case
    from supplychain.plan import Plan
    from supplychain.results.schema import Kind
    from supplychain.study.moves import Move
    from supplychain.study.warm import LabelKey, Reading
    from supplychain.tabular import Row

SCORED_FROM = 8
"""Independent comparisons below which there is no score."""


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


def _score(comparisons: pd.DataFrame) -> str:
    independent = comparisons[comparisons["independent"]]
    if len(independent) < SCORED_FROM:
        return f"not scoreable: {len(independent)} independent comparisons, {SCORED_FROM} are needed"
    inside = int(independent["inside"].sum())
    share = inside / len(independent)
    return f"{inside} of {len(independent)} independent comparisons inside their range ({share:.0%})"


@limited("moving inputs to the ends of their ranges")
def backcast(
    case: Case,
    *,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Backcast:
    """Solve a case of past years, compare it with `observed.csv` and `press.csv`, and try what its ranges allow.

    Every input with a range is moved to each end of it, one at a time, and the case solved again. `executor` does that
    side by side; default: one process for each core. Of every miss it is asked whether some plan inside the limits
    could meet it, at what cost, or which limits forbid it; and of all published numbers which exclude each other.
    `time_limit` is in seconds, for all of it. `progress` is told what is being done.

    Raises: InputError if the case has no observations of a reported year, NoAnswerError if a solve finds no optimum,
    TimeLimitError if the time limit passes, CertificateError if the answer of the case itself does not pass its checks.
    """
    observed = [row for row in case.tables["observed"] if row["year"] in case.report_years]
    observed.sort(key=lambda row: list(schema.QUANTITIES).index(row["quantity"]))
    if not observed:
        years = f"{case.years[0]}-{case.report_years[-1]}"
        fault = f"has no row of a reported year ({years}); a back-cast compares with what was observed"
        raise InputError(case.settings.name, [Problem("observed.csv", 0, "", fault)])
    quantities = [(row["quantity"], row["item"], row["year"]) for row in observed]
    plan = solve(case, progress=progress)
    central = WarmSolver(case, quantities).central()
    warm_solvers = workers.Shared(partial(WarmSolver, case, quantities))
    with workers.executor_or_default(executor) as pool:
        tried, readings = moves.read_moves(warm_solvers, moves.ends(case), pool, progress)
        moves_by_label = {
            label: [
                move for move, reading in zip(tried, readings, strict=True) if reading.labels[label] != central_label
            ]
            for label, central_label in central.labels.items()
        }
        nearest = moves.smallest_flips(warm_solvers, moves_by_label, pool, progress)
    comparisons = frame(result_schema.COMPARISONS, _comparisons(case, observed, central, tried, readings))
    independent = comparisons["independent"]
    attained = attainability(case, comparisons, plan.objective_usd, progress)
    tables = {
        "comparisons": comparisons,
        "labels": frame(result_schema.PAST_LABELS, _labels(case, central, tried, readings, nearest)),
        "flips": frame(result_schema.PAST_FLIPS, moves.flips(central, tried, readings)),
        **attained.tables,
    }
    summary = {
        "case": case.settings.name,
        "score": _score(comparisons),
        "comparisons": len(independent),
        "independent": int(independent.sum()),
        "inside": int(comparisons["inside"].sum()),
        "independent_inside": int((independent & comparisons["inside"]).sum()),
        **attained.facts,
        "moves": len(tried),
        "from_nothing": sum(reading.remark == FROM_NOTHING for reading in readings),
        "objective_usd": plan.objective_usd,
        "certificate": plan.summary["certificate"],
        "versions": plan.summary["versions"],
        "inputs_sha256": plan.summary["inputs_sha256"],
    }
    return Backcast(summary, tables, plan)


def _comparisons(
    case: Case, observed: Sequence[Row], central: Reading, tried: Sequence[Move], readings: Sequence[Reading]
) -> list[dict[str, Any]]:
    origins, inputs = provenance.origins(case), provenance.of_inputs(case)
    rows = []
    for n, (row, value) in enumerate(zip(observed, central.measured, strict=True)):
        shared = origins[row["source"]] & inputs
        inside = _outside(row, value) == 0
        rows.append(
            {name: row[name] for name in ("quantity", "year", "item", "unit")}
            | {"model": value}
            | {name: row[name] for name in ("low", "central", "high")}
            | {
                "error": value / row["central"] - 1 if row["central"] else math.nan,
                "inside": inside,
                "independent": not shared,
                "shares": " ".join(provenance.first_of(case, shared)),
                "source": row["source"],
            }
            | ({} if inside else _cause(row, n, tried, readings))
        )
    return rows


def _outside(row: Row, value: float) -> float:
    """Return how far a value is outside an observed range; infinite if there is none."""
    return math.inf if math.isnan(value) else max(row["low"] - value, value - row["high"], 0.0)


def _cause(row: Row, n: int, tried: Sequence[Move], readings: Sequence[Reading]) -> dict[str, Any]:
    """Return the input that, at an end of its range, brings the model nearest to what was observed, and its value."""
    nearest = min(
        range(len(tried)),
        key=lambda m: (_outside(row, readings[m].measured[n]), abs(readings[m].measured[n] - row["central"])),
        default=None,
    )
    if nearest is None:
        return {}
    move, value = tried[nearest], readings[nearest].measured[n]
    return {
        "cause": str(move.input),
        "cause_end": moves.end_of(move),
        "cause_value": value,
        "cause_inside": _outside(row, value) == 0,
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
