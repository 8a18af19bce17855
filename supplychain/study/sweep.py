"""A case solved at every point of a grid, or at points given one by one: cost, service and labels at each."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema, units
from supplychain.case.axes import grid, listed
from supplychain.case.changes import apply
from supplychain.case.effects import CAPACITIES, half_moved
from supplychain.errors import ChangeError, ChangeProblem, NoAnswerError, TimeLimitError
from supplychain.limits import limited
from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan import versions
from supplychain.plan.measures import (
    BOOKS,
    COST,
    SERVING,
    SUPPLIED,
    TOKENS,
    owners_of,
    served_of,
    sites_of,
    supplied_of,
)
from supplychain.results.schema import TOTALS
from supplychain.results.write import DIGITS
from supplychain.study import workers
from supplychain.study.batches import OPTIMAL, check_agreement, is_checked, progress_line, solve_into, whole_points
from supplychain.study.store import Store, Stored
from supplychain.study.warm import REMARKS, WarmSolver
from supplychain.tabular import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.axes import Points
    from supplychain.study.batches import Solved
    from supplychain.study.store import StoredRow
    from supplychain.study.warm import Reading

    Numbered: TypeAlias = tuple[int, tuple[float, ...]]
    """A point's number and its values."""


_BATCH = 24
"""Points that a worker is given at a time."""

_PLACE = "the sweep"
_SWEEP = Stored(
    "sweep",
    "point",
    {
        "inputs_sha256": "the case",
        "axes": "what is varied",
        "points_sha256": "the values",
        "years": "the years",
        "asked": "what is asked",
        "versions": "the software",
    },
)
_MEASURED = (TOKENS, SERVING)
_TOTALS = (*TOTALS, "objective_usd")
"""What is said of a point over the whole horizon: attributes of its reading."""


@dataclass(frozen=True)
class _Task:
    """What is done at every point."""

    case: Case
    points: Points
    """Without its rows: each batch has its own."""
    years: tuple[int, ...]
    quantities: tuple[tuple[str, str], ...]

    def warm_solver(self, case: Case, *, labels: bool = True) -> WarmSolver:
        keys = [(quantity, item, t) for t in self.years for quantity, item in self.quantities]
        return WarmSolver(case, keys, labels=labels, years=self.years, totals=True)

    def with_warm_solver(self) -> tuple[_Task, WarmSolver]:
        """Return what a worker solves points with."""
        return self, self.warm_solver(self.case)


@limited("sweeping")
def sweep(  # noqa: PLR0913 - all but the first two have their defaults
    case: Case,
    axes: Sequence[str] | str = (),
    *,
    points: pd.DataFrame | str | Path | None = None,
    year: int | None = None,
    asked: Sequence[tuple[str, str]] = (),
    store: str | Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Solve a case at every combination of the values of some axes, or at points of a table (a frame, CSV or Parquet).

    An axis is `TABLE.COLUMN[filters]=VALUES`, or `TARGET & TARGET=VALUES` for numbers that are moved together, as
    `supplychain.case.axes` says. `year`: the year to look at, else every
    reported year. `asked`: more to measure in each year, pairs of a quantity and an item as `observed.csv` has them.
    `store`: a new SQLite file that keeps what is done; with `resume` also one that was begun, of which only points that
    are missing are done. `executor` does batches side by side; default: one process for each core. Neither the order
    in which they are done nor their number changes any digit. Of every 50 points the first, by its number, is also
    solved from nothing, and both must agree to 1e-9. `time_limit` is in seconds, for all of it; the points that are
    solved when it passes are in the store. `warn` is told before anything is solved where axes move capacity in hand of
    a stage and not its options, or the other way round.

    Returns: one row for each point (numbered from 1, first axis outermost) and year: `point`, each axis by its target
    or its targets with ` & ` between them (a share, or a value), `year`, `stage` and `group` (what binds),
    `net_benefit_usd`, `value_usd`, `cost_usd` and `objective_usd` (discounted, over the whole horizon, the same in each
    year of a point), `served_ttok`, `cost_usd_per_mtok` (serving cost over tokens), `tokens_served[WORKLOAD]`,
    `research_done[all]` if any is asked for, the books of an owner where the case has them (`revenue[all]`,
    `kept[all]`, `gross_margin_of_revenue[all]`, `operating_result[all]`, `cash_left[all]`, `gap[all]`,
    `owed_unused[all]`, and `supplied[STAGE/SUPPLIER/PLACE]` of contracts), what else was asked for, and `status`:
    `optimal`, or why there is no answer, with blanks beside it. Twelve digits of each number. `attrs["summary"]` says
    what was done: among it how many points were `checked`, how many are `without_answer`, for how many the model was
    `rebuilt` as more than numbers change, and of how many the solve failed its certificate and was made again
    `from_nothing`.
    Raises: ChangeError with every fault of the axes or points, InputError if the store is of another sweep, OutputError
    if it cannot be written, CertificateError if a check fails, NoAnswerError if the case itself has no answer,
    TimeLimitError if the time limit passes, SetupError if a worker dies or has other software.
    """
    all_points = _read_points(axes, points)
    _check(case, all_points, year, asked)
    for warning in _half_moved(case, all_points):
        warn(warning)
    years = tuple(case.report_years) if year is None else (year,)
    measured = [
        *((quantity, schema.ALL) for quantity in _MEASURED),
        *served_of(case),
        *owners_of(case),
        *supplied_of(case),
        *asked,
    ]
    task = _Task(case, replace(all_points, rows=()), years, tuple(dict.fromkeys(measured)))
    with Store(store, _SWEEP, _columns(task), _meta(task, all_points), resume=resume) as results:
        done = results.done()
        missing = [(n, values) for n, values in enumerate(all_points.rows, 1) if n not in done]
        progress(f"solving {len(missing)} points")
        if missing:
            with workers.executor_or_default(executor) as pool:
                size = min(_BATCH, math.ceil(len(missing) / (workers.AHEAD * workers.count(pool))))
                solve_into(
                    results,
                    workers.Shared(task.with_warm_solver),
                    _batch,
                    (missing[n : n + size] for n in range(0, len(missing), size)),
                    pool,
                    progress=lambda solved, rate: progress(progress_line(solved, rate, len(all_points.rows), "points")),
                )
        table = results.frame()
        table.attrs["summary"] = _summary(task, all_points, table) | {
            remark: results.remarks()[remark] for remark in REMARKS
        }
    return table


def _read_points(axes: Sequence[str] | str, points: pd.DataFrame | str | Path | None) -> Points:
    targets = [axes] if isinstance(axes, str) else axes
    if points is None:
        return grid(targets)
    if targets:
        raise ChangeError(_PLACE, [ChangeProblem("", "", "axes and points are both given; give one of the two")])
    return listed(points)


def _check(case: Case, points: Points, year: int | None, asked: Sequence[tuple[str, str]]) -> None:
    """Look for faults before any work is done; edits are made at the first point and at the ends of every axis.

    Raises: ChangeError.
    """
    reported = case.report_years
    problems = [ChangeProblem("", "asked", fault) for pair in asked for fault in _unknown(case, *pair)]
    if year is not None and year not in reported:
        fault = f"{year} is not reported; must be one of {reported[0]}-{reported[-1]}"
        problems.append(ChangeProblem("", "year", fault))
    seen: dict[tuple[str, str], ChangeProblem] = {}
    for n in points.ends():
        try:
            apply(case, points.edits(points.rows[n]))
        except ChangeError as error:
            for problem in error.problems:
                seen.setdefault((problem.what.rpartition(" ")[0], problem.message), problem)  # but for the value
    if problems or seen:
        raise ChangeError(_PLACE, [*problems, *seen.values()])


def _half_moved(case: Case, points: Points) -> list[str]:
    """Return where the axes, taken together, move capacity in hand and not the options, or the other way round."""
    amounts = [f"{target} *= 0.5" for target, column in points.tables_and_columns() if column in CAPACITIES]
    return half_moved(*apply(case, amounts))


def _unknown(case: Case, quantity: str, item: str) -> list[str]:
    """Return what is wrong with something to measure."""
    kinds = {name: described.items for name, described in schema.QUANTITIES.items()} | {
        SERVING: "workloads",
        COST: "workloads",
        RESEARCH_DONE: "research",
        **dict.fromkeys(BOOKS, "books"),
        SUPPLIED: "sites",
    }
    if quantity not in kinds:
        return [f"no quantity is called {shown(quantity)!r}{did_you_mean(quantity, kinds)}"]
    kind = kinds[quantity]
    scopes = {"accelerators": ("accelerator", "family", "vendor"), "stages": ("stage",), "workloads": ("workload",)}
    known = {row[scope] for scope in scopes.get(kind, ()) for row in case.tables[kind]}
    if kind == "books":
        has = (quantity, item) in owners_of(case)
        return [] if has else [f"the case has no {quantity} of {item}; of {schema.ALL} it has what its tables allow"]
    if kind == "sites":
        known = {*sites_of(case)}
    elif item == schema.ALL and kind != "stages":
        return []
    names = [item] if kind == "sites" else item.split(schema.SUM)
    return [
        f"{quantity}: no item is called {shown(name)!r}{did_you_mean(name, known)}"
        for name in names
        if name not in known
    ]


def _columns(task: _Task) -> dict[str, str]:
    """Return the columns of the table, and their types."""
    numbers = [*_TOTALS, "served_ttok", "cost_usd_per_mtok", *_more(task)]
    return (
        {"point": "int64"}
        | dict.fromkeys(task.points.targets, "float64")
        | {"year": "int64", "stage": "str", "group": "str"}
        | dict.fromkeys(numbers, "float64")
        | {"status": "str"}
    )


def _more(task: _Task) -> list[str]:
    return [f"{quantity}[{item}]" for quantity, item in task.quantities[len(_MEASURED) :]]


def _meta(task: _Task, points: Points) -> dict[str, Any]:
    kinds = zip(points.targets, points.scales, strict=True)
    return {
        "case": task.case.settings.name,
        "inputs_sha256": task.case.sha256,
        "axes": [f"{target} {'*=' if scales else '='}" for target, scales in kinds],
        "points": len(points.rows),
        "points_sha256": hashlib.sha256(json.dumps(points.rows).encode()).hexdigest(),
        "years": list(task.years),
        "asked": _more(task),
        "versions": versions(),
    }


def _summary(task: _Task, points: Points, table: pd.DataFrame) -> dict[str, Any]:
    """Say what was done: every point that is written and was to be checked was checked."""
    by_point = table.drop_duplicates("point")
    answered = by_point["status"] == OPTIMAL
    return {
        "case": task.case.settings.name,
        "points": len(by_point),
        "checked": sum(map(is_checked, by_point["point"][answered])),
        "without_answer": int((~answered).sum()),
        "axes": [{"target": t, "scales": s} for t, s in zip(points.targets, points.scales, strict=True)],
        "grid": points.grid,
        "inputs_sha256": task.case.sha256,
        "versions": versions(),
    }


def _batch(context: tuple[_Task, WarmSolver], batch: Sequence[Numbered]) -> Solved | workers.Stopped[Solved]:
    """Return the rows of some points, and by point the remark on how it was solved.

    They do not depend on which other points there are: each starts from the case itself.
    """
    return whole_points(batch, lambda n, values: _rows(*context, n, values), "point")


def _rows(task: _Task, warm_solver: WarmSolver, n: int, values: tuple[float, ...]) -> tuple[list[StoredRow], str]:
    """Return the rows of one point, and a remark on how it was solved or nothing."""
    reading, status = None, OPTIMAL
    try:
        changed = apply(task.case, task.points.edits(values))[0]
        reading = warm_solver.read(changed)
    except ChangeError as error:
        status = "; ".join(map(str, error.problems))
    except TimeLimitError:
        raise
    except NoAnswerError as error:
        status = str(error)
    if reading is not None and is_checked(n):
        cold = task.warm_solver(changed, labels=False).central()
        check_agreement(f"point {n}", reading.objective_usd, cold.objective_usd)
    rows = [(n, *values, t, *_values(task, reading, t), status) for t in task.years]
    return rows, "" if reading is None else reading.remark


def _values(task: _Task, reading: Reading | None, t: int) -> tuple[float | str, ...]:
    """Return labels, totals, tokens, cost and the other quantities of a year."""
    count = len(task.quantities)
    if reading is None:
        return ("", "", *[math.nan] * (len(_TOTALS) + count))
    first = task.years.index(t) * count
    tokens, cost, *more = reading.measured[first : first + count]
    per_mtok = cost / (tokens * units.MTOK_PER_TTOK) if tokens > 0 else math.nan
    numbers = (*(getattr(reading, name) for name in _TOTALS), tokens, per_mtok, *more)
    return (reading.labels["stage", t], reading.labels["group", t], *(float(DIGITS % x) for x in numbers))
