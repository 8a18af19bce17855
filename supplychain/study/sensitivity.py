"""How much each input matters: cost, service and labels with one input at a time at each end of its range."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from supplychain import schema, units
from supplychain.case.staleness import Staleness
from supplychain.errors import InputError, Problem
from supplychain.limits import limited
from supplychain.notebook import Shown
from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import SERVING
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import moves, workers
from supplychain.study.warm import FROM_NOTHING, REBUILT, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.ranges import Input
    from supplychain.results.schema import Kind
    from supplychain.study.moves import Move
    from supplychain.study.warm import Reading
    from supplychain.tabular import Row


@dataclass(frozen=True, repr=False, eq=False)
class Sensitivity(Answer, Shown):
    """What single inputs at the ends of their ranges do."""

    case: Case
    central: dict[str, float]
    """`objective_usd`; `cost_usd_per_mtok` (serving cost over tokens, all reported years); `served_ttok` (in them)."""
    kind: Kind = field(default="sensitivity", kw_only=True)


@limited("moving inputs to the ends of their ranges")
def sensitivity(
    case: Case,
    *,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Sensitivity:
    """Move every input that has a range to each end of it, one at a time, and solve again.

    A series moves in all its years and places together; what rests on one source also moves together. `executor` does
    the work side by side; default: one process for each core. `time_limit` is in seconds, for all of it.

    Of a case in which decisions are locked in, moves that they do not fit are left out.

    Raises: InputError if no number of the case has a range, NoAnswerError if a solve finds no
    optimum, TimeLimitError if the time limit passes.
    """
    tried = moves.ends(case)
    if not tried:
        fault = "no number has a range; give x_low and x_high beside some x"
        raise InputError(case.settings.name, [Problem("the case", 0, "", fault)])
    quantities = [(quantity, schema.ALL, t) for quantity in ("tokens_served", SERVING) for t in case.report_years]
    progress("solving the case")
    central = WarmSolver(case, quantities).central()
    with workers.executor_or_default(executor) as pool:
        fitting, readings = moves.read_moves(
            workers.Shared(partial(WarmSolver, case, quantities)), tried, pool, progress
        )
    evidence, stale = _evidence(case, tried), _stale(case, tried)
    tornado = _tornado(central, fitting, readings, evidence, stale)
    tables = {
        "tornado": frame(result_schema.TORNADO, tornado),
        "labels": _labels(case, central, readings),
        "flips": frame(
            result_schema.SENSITIVITY_FLIPS,
            [
                {**flip, "evidence": evidence[flip["input"]], "stale": stale[flip["input"]]}
                for flip in moves.flips(central, fitting, readings)
            ],
        ),
        "weak": frame(result_schema.WEAK, _weak(tornado)),
    }
    amounts = _amounts(central)
    summary = {
        "case": case.settings.name,
        "moves": len(readings),
        "from_nothing": sum(reading.remark == FROM_NOTHING for reading in readings),
        "rebuilt": sum(reading.remark == REBUILT for reading in readings),
        **amounts,
        "inputs_sha256": case.sha256,
    }
    if case.locked_in is not None:
        summary["unfit"] = [f"{move.input} {moves.end_of(move)}" for move in tried if move not in fitting]
    return Sensitivity(summary, tables, case, amounts)


def _weak(tornado: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the inputs whose evidence is weak and that change a stage's label: what to look up first."""
    weak = [row for row in tornado if row["evidence"] in schema.WEAK_EVIDENCE and row["labels_changed"] > 0]
    return sorted(weak, key=lambda row: -row["labels_changed"])


def _amounts(reading: Reading) -> dict[str, float]:
    half = len(reading.measured) // 2
    served, cost = math.fsum(reading.measured[:half]), math.fsum(reading.measured[half:])
    return {
        "objective_usd": reading.objective_usd,
        "cost_usd_per_mtok": cost / (served * units.MTOK_PER_TTOK) if served > 0 else math.nan,
        "served_ttok": served,
    }


def _rows_of_inputs(case: Case, tried: Sequence[Move]) -> Iterator[tuple[Input, list[Row]]]:
    """Yield each input once, and the rows that it holds."""
    for input_ in dict.fromkeys(move.input for move in tried):
        yield input_, [row for row in case.tables[input_.table] if input_.holds(row)]


def _stale(case: Case, tried: Sequence[Move]) -> dict[str, str]:
    """Return the stale sources on which the numbers of each input rest, by its name, oldest first."""
    staleness = Staleness(case)
    return {
        str(input_): " ".join(staleness.behind(input_.table, rows)) for input_, rows in _rows_of_inputs(case, tried)
    }


def _evidence(case: Case, tried: Sequence[Move]) -> dict[str, str]:
    """Return the weakest evidence of the numbers of each input, by its name; what names no source is assumed."""
    tier = {row["source"]: schema.EVIDENCE.index(row["evidence"]) for row in case.tables["sources"]}
    evidence_of: dict[str, int] = {}
    weakest = len(schema.EVIDENCE) - 1
    for input_, rows in _rows_of_inputs(case, tried):
        evidence_of[str(input_)] = max(tier.get(row.get("source"), weakest) for row in rows)
    return {name: schema.EVIDENCE[n] for name, n in evidence_of.items()}


def _tornado(
    central: Reading,
    fitting: Sequence[Move],
    readings: Sequence[Reading],
    evidence: dict[str, str],
    stale: dict[str, str],
) -> list[dict[str, Any]]:
    """Return what each input does, largest change of cost first."""
    central_amounts = _amounts(central)
    stages = [label for label in central.labels if label[0] == LEVELS[0]]
    rows: dict[Input, dict[str, Any]] = {}
    for move, reading in zip(fitting, readings, strict=True):
        name = str(move.input)
        blank = {f"{amount}_{end}": math.nan for amount in central_amounts for end in ("low", "high")}
        said = {"input": name, "evidence": evidence[name], "stale": stale[name]}
        row = rows.setdefault(move.input, {**said, **blank, "labels_changed": 0})
        row |= {
            f"{amount}_{moves.end_of(move)}": x - central_amounts[amount] for amount, x in _amounts(reading).items()
        }
        row["labels_changed"] += sum(reading.labels[label] != central.labels[label] for label in stages)
    ends = ("cost_usd_per_mtok_low", "cost_usd_per_mtok_high")
    swing = {
        input_: max((abs(row[end]) for end in ends if not math.isnan(row[end])), default=math.nan)
        for input_, row in rows.items()
    }
    order = sorted(rows, key=lambda input_: (-swing[input_], str(input_)))
    return [rows[input_] for input_ in order]


def _labels(case: Case, central: Reading, readings: Sequence[Reading]) -> pd.DataFrame:
    rows = []
    for t in case.report_years:
        for level in LEVELS:
            central_label = central.labels[level, t]
            reached = [reading.labels[level, t] for reading in readings]
            rows.append(
                {
                    "year": t,
                    "level": level,
                    "label": central_label,
                    "keeps": reached.count(central_label),
                    "moves": len(reached),
                    "others": ", ".join(sorted(set(reached) - {central_label})),
                }
            )
    return frame(result_schema.KEPT_LABELS, rows)
