"""How the answer for years that are past compares with what was published of them, and which labels the data allow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.case import provenance
from supplychain.errors import InputError, Problem
from supplychain.plan import solve
from supplychain.plan.bottlenecks import LEVELS
from supplychain.study import moves, workers
from supplychain.study.warm import FROM_NOTHING, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.case.read import Row
    from supplychain.plan import Plan
    from supplychain.study.moves import Move
    from supplychain.study.warm import LabelKey, Reading

SCORED_FROM = 8
"""Independent comparisons below which there is no score."""


@dataclass(frozen=True)
class Backcast:
    """A case beside what was observed. Tables are tidy, units in the column names, in the order of the inputs."""

    plan: Plan
    comparisons: pd.DataFrame
    """quantity, year, item, unit, model, low, central, high, error (share of central), inside, independent, shares
    (the sources that an input shares, the first of each chain), source; of a miss, which input brings the model
    nearest, to which end of its range, and the model's value there."""
    labels: pd.DataFrame
    """year, level, label, said (what the data allow to say), keeps and moves (inputs at the ends of their ranges that
    leave the label, of how many), becomes, input, end, by (smallest move that changes it, as a share of the way to the
    end of its range), press, agrees."""
    flips: pd.DataFrame
    """year, level, input, end, becomes: every end of a range that changes a label."""
    from_nothing: int
    """Moves to an end whose solve failed its checks, and that were solved again from nothing."""

    @cached_property
    def score(self) -> str:
        """How many of the independent comparisons are inside their range, or `not scoreable`."""
        independent = self.comparisons[self.comparisons["independent"]]
        if len(independent) < SCORED_FROM:
            return f"not scoreable: {len(independent)} independent comparisons, {SCORED_FROM} are needed"
        inside = int(independent["inside"].sum())
        share = inside / len(independent)
        return f"{inside} of {len(independent)} independent comparisons inside their range ({share:.0%})"

    @property
    def summary(self) -> dict[str, Any]:
        """The score, how many comparisons it rests on, and what was solved."""
        independent = self.comparisons["independent"]
        return {
            "case": self.plan.case.settings.name,
            "score": self.score,
            "comparisons": len(independent),
            "independent": int(independent.sum()),
            "inside": int(self.comparisons["inside"].sum()),
            "independent_inside": int((independent & self.comparisons["inside"]).sum()),
            "moves": int(self.labels["moves"].iloc[0]),
            "from_nothing": self.from_nothing,
            "objective_usd": self.plan.objective_usd,
            "certificate": self.plan.summary["certificate"],
            "versions": self.plan.summary["versions"],
            "inputs_sha256": self.plan.summary["inputs_sha256"],
        }

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        return {"comparisons": self.comparisons, "labels": self.labels, "flips": self.flips}


def backcast(
    case: Case, *, executor: Executor | None = None, progress: Callable[[str], None] = lambda _: None
) -> Backcast:
    """Solve a case of past years, compare it with `observed.csv` and `press.csv`, and try what its ranges allow.

    Every input with a range is moved to each end of it, one at a time, and the case solved again. `executor` does that
    side by side; default: one process for each core. `progress` is told what is being done.

    Raises: InputError if the case has no observations of a reported year, NoAnswerError if a solve finds no optimum,
    CertificateError if the answer of the case itself does not pass its checks.
    """
    observed = [row for row in case.tables["observed"] if row["year"] in case.report_years]
    observed.sort(key=lambda row: list(schema.QUANTITIES).index(row["quantity"]))
    if not observed:
        years = f"{case.years[0]}-{case.report_years[-1]}"
        fault = f"has no row of a reported year ({years}); a back-cast compares with what was observed"
        raise InputError(case.settings.name, [Problem("observed.csv", 0, "", fault)])
    asked = [(row["quantity"], row["item"], row["year"]) for row in observed]
    plan = solve(case, progress=progress)
    central = WarmSolver(case, asked).central()
    readers = workers.Shared(partial(WarmSolver, case, asked))
    with workers.executor_or_default(executor) as pool:
        some, there = moves.readings(readers, moves.ends(case), pool, progress)
        flips = {
            label: [move for move, reading in zip(some, there, strict=True) if reading.labels[label] != is_now]
            for label, is_now in central.labels.items()
        }
        nearest = moves.smallest(readers, flips, pool, progress)
    return Backcast(
        plan=plan,
        comparisons=_comparisons(case, observed, central, some, there),
        labels=_labels(case, central, some, there, nearest),
        flips=moves.flips(central, some, there),
        from_nothing=sum(reading.remark == FROM_NOTHING for reading in there),
    )


def _comparisons(
    case: Case, observed: Sequence[Row], central: Reading, some: Sequence[Move], there: Sequence[Reading]
) -> pd.DataFrame:
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
            | ({} if inside else _cause(row, n, some, there))
        )
    names = [*rows[0], "cause", "cause_end", "cause_value", "cause_inside"]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(names)))


def _outside(row: Row, value: float) -> float:
    """Return how far a value is outside an observed range; infinite if there is none."""
    return math.inf if math.isnan(value) else max(row["low"] - value, value - row["high"], 0.0)


def _cause(row: Row, n: int, some: Sequence[Move], there: Sequence[Reading]) -> dict[str, Any]:
    """Return the input that, at an end of its range, brings the model nearest to what was observed, and its value."""
    at = min(
        range(len(some)),
        key=lambda m: (_outside(row, there[m].measured[n]), abs(there[m].measured[n] - row["central"])),
        default=None,
    )
    if at is None:
        return {}
    move, value = some[at], there[at].measured[n]
    return {
        "cause": str(move.input),
        "cause_end": moves.end_of(move),
        "cause_value": value,
        "cause_inside": _outside(row, value) == 0,
    }


def _labels(
    case: Case,
    central: Reading,
    some: Sequence[Move],
    there: Sequence[Reading],
    nearest: dict[LabelKey, moves.Flip | None],
) -> pd.DataFrame:
    stages = {row["stage"]: row["group"] for row in case.tables["stages"]}
    rows = []
    for t in case.report_years:
        told = {row["stage"] for row in case.tables["press"] if row["year"] == t}
        for level in LEVELS:
            label, flip = central.labels[level, t], nearest[level, t]
            reached = {reading.labels[level, t] for reading in there}
            press = sorted(told if level == "stage" else {stages[s] for s in told})
            rows.append(
                {
                    "year": t,
                    "level": level,
                    "label": label,
                    "said": _said(case, central, there, t) if level == "stage" else "",
                    "keeps": sum(reading.labels[level, t] == label for reading in there),
                    "moves": len(some),
                    "others": ", ".join(sorted(reached - {label})),
                    "becomes": flip.becomes if flip else "",
                    "input": str(flip.move.input) if flip else "",
                    "end": moves.end_of(flip.move) if flip else "",
                    "by": flip.move.by if flip else math.nan,
                    "press": ", ".join(press),
                    "agrees": bool(set(label.split(" + ")) & set(press)),
                }
            )
    return pd.DataFrame(rows)


def _said(case: Case, central: Reading, there: Sequence[Reading], t: int) -> str:
    """Return what the data allow to say of a year: its stage, its group, or that neither can be told.

    Stages of one group that the moves reach are summed up by its name.
    """
    now = central.labels["stage", t]
    others = sorted({reading.labels["stage", t] for reading in there} - {now})
    if not others:
        return now
    group_of = {row["stage"]: row["group"] for row in case.tables["stages"]}
    by_group: dict[str, list[str]] = {}
    for label in (now, *others):
        by_group.setdefault(" + ".join(dict.fromkeys(group_of.get(s, s) for s in label.split(schema.SUM))), []).append(
            label
        )
    named = [labels[0] if len(labels) == 1 else f"{group} ({', '.join(labels)})" for group, labels in by_group.items()]
    if len(named) == 1:
        return f"{next(iter(by_group))}: the data cannot tell {' or '.join(by_group.popitem()[1])}"
    return f"not identified: {' or '.join(named)}"
