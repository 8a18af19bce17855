"""All scenarios of a case at a glance: what each does, and how large it must be before anything changes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema, units
from supplychain.case.edits import key_of
from supplychain.errors import ChangeError, ChangeProblem
from supplychain.limits import doing, limited
from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import SERVING, TOKENS, served_of
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import workers
from supplychain.study.warm import WarmSolver
from supplychain.tolerances import COST_MOVES, FACTOR_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.scenarios import WhatIf
    from supplychain.results.schema import Kind
    from supplychain.schema import TableSchema
    from supplychain.study.warm import QuantityKey, Reading

    ResultRow: TypeAlias = dict[str, object]
    """A row of a table of the survey, without the name of the scenario."""

SMALLEST, LARGEST = 0.01, 16.0
"""Smallest and largest factor that is tried; what changes already at the smallest is said to change at 0."""


@dataclass(frozen=True, repr=False, eq=False)
class Survey(Answer):
    """What each scenario does, beside the case itself."""

    case: Case
    years: tuple[int, ...]
    kind: Kind = field(default="scenarios", kw_only=True)


@limited("surveying scenarios")
def survey(  # noqa: PLR0913 - all but the first two have their defaults
    case: Case,
    what_ifs: Mapping[str, WhatIf],
    years: Sequence[int] | None = None,
    *,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Survey:
    """Solve every what-if of a case, and look for the factor at which each first changes something.

    `years` are those whose effects are listed; default: all that are reported. `executor` does the work side by side;
    default: one process for each core. `time_limit` is in seconds, for all of it.

    Raises: ChangeError if there are none, NoAnswerError if a solve finds no optimum, TimeLimitError if the time limit
    passes.
    """
    if not what_ifs:
        raise ChangeError(case.settings.name, [ChangeProblem("", "", "the case has no scenarios")])
    listed_years = tuple(case.report_years if years is None else years)
    quantities = [(quantity, schema.ALL, t) for quantity in (TOKENS, SERVING) for t in case.report_years]
    served = [(quantity, item, t) for t in listed_years for quantity, item in served_of(case)]

    def tell(done: int) -> None:
        progress(f"surveyed {done} of {len(what_ifs)} scenarios")

    with workers.executor_or_default(executor) as pool:
        warm_solvers = workers.Shared(partial(WarmSolver, case, [*quantities, *served], totals=True))
        answers = workers.map_ordered(
            pool, warm_solvers, partial(_surveyed, listed_years, served), what_ifs.items(), tell
        )
    surveyed = dict(zip(what_ifs, answers, strict=True))
    tables = {
        "totals": _joined(result_schema.SCENARIO_TOTALS, {name: answer.totals for name, answer in surveyed.items()}),
        "service": _joined(result_schema.SCENARIO_SERVICE, {name: answer.service for name, answer in surveyed.items()}),
        "effects": frame(
            result_schema.EFFECTS,
            [
                {"scenario": name, "title": "; ".join(what_if.titles), **effect}
                for name, what_if in what_ifs.items()
                for effect in surveyed[name].effects
            ],
        ),
        "factors": _joined(
            result_schema.FACTORS,
            {name: [{"factor": answer.factor, "what": answer.what}] for name, answer in surveyed.items()},
        ),
    }
    summary = {"case": case.settings.name, "scenarios": list(what_ifs), "inputs_sha256": case.sha256}
    return Survey(summary, tables, case, listed_years)


def scaled(what_if: WhatIf, factor: float) -> Case:
    """Return the case of a what-if with its changes made `factor` times as large: 0 leaves numbers as they were.

    Whole numbers move in whole steps, and none leaves what its column allows. Rows that are added or removed are, at
    any factor.
    """
    ends: dict[str, dict[tuple[str, int | None], dict[str, tuple[float, float]]]] = {}
    for cell in what_if.audit:
        if cell.what == "changed" and _is_number(cell.old) and _is_number(cell.new):
            cells = ends.setdefault(cell.table, {}).setdefault((cell.key, cell.year), {})
            cells[cell.column] = (cells.get(cell.column, (cell.old,))[0], cell.new)  # type: ignore[assignment]
    tables = dict(what_if.case.tables)
    for name, rows in ends.items():
        table = schema.TABLE[name]
        tables[name] = tuple(
            _scaled(table, row, rows.get((key_of(table, row), row.get("year")), {}), factor) for row in tables[name]
        )
    return replace(what_if.case, tables=tables)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _scaled(table: schema.TableSchema, row: Any, cells: Mapping[str, tuple[float, float]], factor: float) -> Any:  # noqa: ANN401
    new = dict(row)
    for name, (old, value) in cells.items():
        column = table.column(name)
        if name != column.name:
            new[name] = None  # the end of a range: the solve does not see it
            continue
        moved = old + factor * (value - old)
        minimum = -math.inf if column.minimum is None else column.minimum
        maximum = math.inf if column.maximum is None else column.maximum
        moved = min(max(moved, minimum), maximum)
        new[name] = round(moved) if column.type == "integer" else moved
    return new


@dataclass(frozen=True)
class _Surveyed:
    """What is found of a scenario: rows of tables, the factor at which something changes, and what."""

    totals: list[ResultRow]
    service: list[ResultRow]
    effects: list[ResultRow]
    factor: float
    what: str


def _joined(table: TableSchema, rows: Mapping[str, Sequence[ResultRow]]) -> pd.DataFrame:
    """Return the rows of all scenarios as a table."""
    return frame(table, [{"scenario": name, **row} for name, of_scenario in rows.items() for row in of_scenario])


_NAMES = {TOKENS: "served_ttok", RESEARCH_DONE: "served_h100e_years"}
"""By what is measured: what tables call it."""


def _surveyed(
    years: Sequence[int],
    served: Sequence[QuantityKey],
    warm_solver: WarmSolver,
    named_what_if: tuple[str, WhatIf],
) -> _Surveyed:
    """Return what is found of a what-if."""
    name, what_if = named_what_if
    with doing(f"surveying scenario {name}"):
        central, changed = warm_solver.central(), warm_solver.read(what_if.case)
        pairs = zip(central.measured[-len(served) :], changed.measured[-len(served) :], strict=True)
        return _Surveyed(
            [
                {"quantity": quantity, **_change(central.totals[quantity], value)}
                for quantity, value in changed.totals.items()
            ],
            [
                {"year": t, "quantity": _NAMES[quantity], "item": item, **_change(*pair)}
                for (quantity, item, t), pair in zip(served, pairs, strict=True)
            ],
            _effects(years, warm_solver.case, central, changed),
            *_factor(warm_solver, what_if, central),
        )


def _change(reference: float, value: float) -> ResultRow:
    return {"reference": reference, "value": value, "change": value - reference}


def _effects(years: Sequence[int], case: Case, central: Reading, changed_reading: Reading) -> list[ResultRow]:
    """Return the effects of a what-if by year."""
    rows: list[ResultRow] = []
    for t in years:
        labels = [(central.labels[level, t], changed_reading.labels[level, t]) for level in LEVELS]
        served, cost = _service_and_cost(case, central, [t])
        served_then, cost_then = _service_and_cost(case, changed_reading, [t])
        change = changed_reading.objective_usd - central.objective_usd
        changed = any(before != after for before, after in labels)
        (_, stage), (_, group) = labels
        rows.append(
            {
                "year": t,
                "stage": stage,
                "group": group,
                "changed": changed,
                "served_pct": _pct(served, served_then),
                "cost_pct": _pct(cost, cost_then),
                "objective_usd": change,
            }
        )
    return rows


def _service_and_cost(case: Case, reading: Reading, years: Sequence[int]) -> tuple[float, float]:
    """Return the tokens served in some years, 10^12, and their average cost, USD per million."""
    count = len(case.report_years)
    positions = [list(case.report_years).index(t) for t in years]
    served = math.fsum(reading.measured[position] for position in positions)
    cost = math.fsum(reading.measured[count + position] for position in positions)
    return served, cost / (served * units.MTOK_PER_TTOK) if served > 0 else math.nan


def _pct(before: float, after: float) -> float:
    return 100 * (after / before - 1) if before else math.nan


def _factor(warm_solver: WarmSolver, what_if: WhatIf, central: Reading) -> tuple[float, str]:
    """Return the least factor at which something changes, and what; looked for by doubling, then by halves."""
    case = warm_solver.case

    def what_changes(factor: float) -> str:
        reading = warm_solver.read(scaled(what_if, factor))
        flipped = [
            f"{t}: {reading.labels[level, t]}"
            for (level, t), label in central.labels.items()
            if level == LEVELS[0] and reading.labels[level, t] != label
        ]
        _, cost_before = _service_and_cost(case, central, case.report_years)
        _, cost_after = _service_and_cost(case, reading, case.report_years)
        change = _pct(cost_before, cost_after)
        cost = [f"cost {change:+.1f} %"] if abs(change) >= 100 * COST_MOVES else []
        return ", ".join(flipped + cost)

    low, high = 0.0, 1 / LARGEST
    while not (changes := what_changes(high)):  # `high` doubles, and ends beyond LARGEST
        low, high = high, 2 * high
        if high > LARGEST:
            return math.inf, ""
    while high - low > FACTOR_FOUND_WITHIN * high and high > SMALLEST:  # the distance halves
        middle = (low + high) / 2
        at_middle = what_changes(middle)
        low, high, changes = (low, middle, at_middle) if at_middle else (middle, high, changes)
    return (high if high > SMALLEST else 0.0), changes
