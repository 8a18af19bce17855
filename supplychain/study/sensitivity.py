"""How much each input matters: cost, service and labels with one input at a time at each end of its range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema, units
from supplychain.errors import InputError, Problem
from supplychain.notebook import Shown
from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import SERVING
from supplychain.study import moves, workers
from supplychain.study.warm import FROM_NOTHING, REBUILT, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.case.ranges import Input
    from supplychain.study.moves import Move
    from supplychain.study.warm import Reading

WEAK = ("assumed", "estimated")
"""Tiers of evidence that are weak."""


@dataclass(frozen=True)
class Sensitivity(Shown):
    """What single inputs at the ends of their ranges do. Tables are tidy, units in the column names."""

    case: Case
    central: dict[str, float]
    """`objective_usd`; `cost_usd_per_mtok` (serving cost over tokens, all reported years); `served_ttok` (in them)."""
    tornado: pd.DataFrame
    """input, evidence (the weakest of its numbers), then for each of `central` its change at the low and at the high
    end (`…_low`, `…_high`; blank where the input has no such end), and `labels_changed` (of stages, at either end);
    largest change of cost first."""
    labels: pd.DataFrame
    """year, level, label, keeps and moves (ends that leave it, of how many), others (what it becomes)."""
    flips: pd.DataFrame
    """year, level, input, end, becomes, evidence."""
    from_nothing: int
    """Moves whose solve failed its checks, and that were solved again from nothing."""
    rebuilt: int
    """Moves that change more than numbers, so that the model was built anew."""
    unfit: tuple[str, ...] = ()
    """Inputs and ends that what was signed does not fit, and that are left out."""

    @property
    def summary(self) -> dict[str, Any]:
        """What was solved, and how often."""
        return {
            "case": self.case.settings.name,
            "moves": int(self.labels["moves"].iloc[0]),
            "from_nothing": self.from_nothing,
            "rebuilt": self.rebuilt,
            **self.central,
            "inputs_sha256": self.case.sha256,
        } | ({} if self.case.locked_in is None else {"unfit": list(self.unfit)})

    @property
    def weak(self) -> pd.DataFrame:
        """The inputs whose evidence is weak and that change a stage's label: what to look up first."""
        found = self.tornado[self.tornado["evidence"].isin(WEAK) & (self.tornado["labels_changed"] > 0)]
        return found.sort_values("labels_changed", ascending=False, kind="stable", ignore_index=True)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        return {"tornado": self.tornado, "labels": self.labels, "flips": self.flips, "weak": self.weak}


def sensitivity(
    case: Case, *, executor: Executor | None = None, progress: Callable[[str], None] = lambda _: None
) -> Sensitivity:
    """Move every input that has a range to each end of it, one at a time, and solve again.

    A series moves in all its years and places together; what rests on one source also moves together. `executor` does
    the work side by side; default: one process for each core.

    Of a case in which decisions are held, moves that they do not fit are left out.

    Raises: InputError if no number of the case has a range, NoAnswerError if a solve finds no optimum.
    """
    some = moves.ends(case)
    if not some:
        fault = "no number has a range; give x_low and x_high beside some x"
        raise InputError(case.settings.name, [Problem("the case", 0, "", fault)])
    asked = [(quantity, schema.ALL, t) for quantity in ("tokens_served", SERVING) for t in case.report_years]
    progress("solving the case")
    central = WarmSolver(case, asked).central()
    with workers.executor_or_default(executor) as pool:
        fitting, there = moves.readings(workers.Shared(partial(WarmSolver, case, asked)), some, pool, progress)
    evidence = _evidence(case)
    flips = moves.flips(central, fitting, there)
    return Sensitivity(
        case=case,
        central=_amounts(central),
        tornado=_tornado(central, fitting, there, evidence),
        labels=_labels(case, central, there),
        flips=flips.assign(evidence=[evidence[name] for name in flips["input"]]),
        from_nothing=sum(reading.remark == FROM_NOTHING for reading in there),
        rebuilt=sum(reading.remark == REBUILT for reading in there),
        unfit=tuple(f"{move.input} {moves.end_of(move)}" for move in some if move not in fitting),
    )


def _amounts(reading: Reading) -> dict[str, float]:
    half = len(reading.measured) // 2
    served, cost = math.fsum(reading.measured[:half]), math.fsum(reading.measured[half:])
    return {
        "objective_usd": reading.objective_usd,
        "cost_usd_per_mtok": cost / (served * units.MTOK_PER_TTOK) if served > 0 else math.nan,
        "served_ttok": served,
    }


def _evidence(case: Case) -> dict[str, str]:
    """Return the weakest evidence of the numbers of each input, by its name; what names no source is assumed."""
    tier = {row["source"]: schema.EVIDENCE.index(row["evidence"]) for row in case.tables["sources"]}
    found: dict[str, int] = {}
    weakest = len(schema.EVIDENCE) - 1
    for move in moves.ends(case):
        rows = (row for row in case.tables[move.input.table] if move.input.holds(row))
        found[str(move.input)] = max(tier.get(row.get("source"), weakest) for row in rows)
    return {name: schema.EVIDENCE[n] for name, n in found.items()}


def _tornado(
    central: Reading, some: Sequence[Move], there: Sequence[Reading], evidence: dict[str, str]
) -> pd.DataFrame:
    now = _amounts(central)
    stages = [label for label in central.labels if label[0] == LEVELS[0]]
    rows: dict[Input, dict[str, Any]] = {}
    for move, reading in zip(some, there, strict=True):
        name = str(move.input)
        blank = {f"{what}_{end}": math.nan for what in now for end in ("low", "high")}
        row = rows.setdefault(move.input, {"input": name, "evidence": evidence[name], **blank, "labels_changed": 0})
        row |= {f"{what}_{moves.end_of(move)}": x - now[what] for what, x in _amounts(reading).items()}
        row["labels_changed"] += sum(reading.labels[label] != central.labels[label] for label in stages)
    table = pd.DataFrame(list(rows.values()))
    swing = table[["cost_usd_per_mtok_low", "cost_usd_per_mtok_high"]].abs().max(axis=1)
    order = sorted(range(len(table)), key=lambda n: (-swing[n], table["input"][n]))
    return table.iloc[order].reset_index(drop=True)


def _labels(case: Case, central: Reading, there: Sequence[Reading]) -> pd.DataFrame:
    rows = []
    for t in case.report_years:
        for level in LEVELS:
            now = central.labels[level, t]
            reached = [reading.labels[level, t] for reading in there]
            rows.append((t, level, now, reached.count(now), len(reached), ", ".join(sorted(set(reached) - {now}))))
    return pd.DataFrame(rows, columns=["year", "level", "label", "keeps", "moves", "others"])
