"""A case solved at every point of a grid, or at points given one by one: cost, service and labels at each."""

from __future__ import annotations

import hashlib
import json
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema, units
from supplychain.case.axes import grid, listed
from supplychain.case.changes import apply
from supplychain.errors import CertificateError, ChangeError, ChangeProblem, NoAnswerError
from supplychain.plan import versions
from supplychain.plan.measures import COST, SERVING
from supplychain.results.write import DIGITS
from supplychain.study import workers
from supplychain.study.store import Store
from supplychain.study.warm import REMARKS, WarmSolver
from supplychain.tabular import did_you_mean, shown
from supplychain.tolerances import CLOCK_TICK, SAME_OBJECTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.axes import Points
    from supplychain.study.store import Row
    from supplychain.study.warm import Reading

    Numbered: TypeAlias = tuple[int, tuple[float, ...]]
    """A point's number and its values."""

CHECK_EVERY = 50
"""Of so many points the first is solved once more from nothing."""

OPTIMAL = "optimal"

_BATCH = 24
"""Points that a worker is given at a time."""

_PLACE = "the sweep"
_MEASURED = ("tokens_served", SERVING)


@dataclass(frozen=True)
class _Task:
    """What is done at every point."""

    case: Case
    points: Points
    """Without its rows: each batch has its own."""
    years: tuple[int, ...]
    asked: tuple[tuple[str, str], ...]

    def reader(self, case: Case, *, labels: bool = True) -> WarmSolver:
        asked = [(quantity, item, t) for t in self.years for quantity, item in self.asked]
        return WarmSolver(case, asked, labels=labels, years=self.years)

    def opened(self) -> tuple[_Task, WarmSolver]:
        """Return what a worker solves points with."""
        return self, self.reader(self.case)


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
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Solve a case at every combination of the values of some axes, or at points of a table (a frame, CSV or Parquet).

    An axis is `TABLE.COLUMN[filters]=VALUES`, as `supplychain.case.axes` says. `year`: the year to look at, else every
    reported year. `asked`: more to measure in each year, pairs of a quantity and an item as `observed.csv` has them.
    `store`: a new SQLite file that keeps what is done; with `resume` also one that was begun, of which only points that
    are missing are done. `executor` does batches side by side; default: one process for each core. Neither the order
    in which they are done nor their number changes any digit. Of every 50 points the first, by its number, is also
    solved from nothing, and both must agree to 1e-9.

    Returns: one row for each point (numbered from 1, first axis outermost) and year: `point`, each axis by its target
    (a share, or a value), `year`, `stage` and `group` (what binds), `objective_usd`, `served_ttok`,
    `cost_usd_per_mtok` (serving cost over tokens), what was asked, and `status`: `optimal`, or why there is no answer,
    with blanks beside it. Twelve digits of each number. `attrs["summary"]` says what was done: among it how many points
    were `checked`, how many are `without_answer`, for how many the model was `rebuilt` as more than numbers change, and
    of how many the solve failed its certificate and was made again `from_nothing`.
    Raises: ChangeError with every fault of what was given, InputError if the store is of another sweep, OutputError if
    it cannot be written, CertificateError if a check fails, NoAnswerError if the case itself has no answer, SetupError
    if a worker dies or has other software.
    """
    given = _given(axes, points)
    _check(case, given, year, asked)
    years = tuple(case.report_years) if year is None else (year,)
    measured = (*((quantity, schema.ALL) for quantity in _MEASURED), *dict.fromkeys(asked))
    task = _Task(case, replace(given, rows=()), years, measured)
    with Store(store, _columns(task), _meta(task, given), resume=resume) as kept:
        done = kept.done()
        missing = [(n, values) for n, values in enumerate(given.rows, 1) if n not in done]
        progress(f"solving {len(missing)} points")
        if missing:
            start, before = time.monotonic(), len(done)
            with workers.executor_or_default(executor) as pool:
                size = min(_BATCH, math.ceil(len(missing) / (workers.AHEAD * workers.count(pool))))
                batches = (missing[n : n + size] for n in range(0, len(missing), size))
                for _, (rows, remarks) in workers.imap_unordered(pool, workers.Shared(task.opened), _batch, batches):
                    kept.add(rows, remarks)
                    done |= {int(row[0]) for row in rows}
                    progress(_said(len(done), before, len(given.rows), time.monotonic() - start))
        table = kept.frame()
        table.attrs["summary"] = _summary(task, given, table) | {one: kept.remarks()[one] for one in REMARKS}
    return table


def _given(axes: Sequence[str] | str, points: pd.DataFrame | str | Path | None) -> Points:
    some = [axes] if isinstance(axes, str) else axes
    if points is None:
        return grid(some)
    if some:
        raise ChangeError(_PLACE, [ChangeProblem("", "", "axes and points are both given; give one of the two")])
    return listed(points)


def _check(case: Case, given: Points, year: int | None, asked: Sequence[tuple[str, str]]) -> None:
    """Look for faults before any work is done; edits are made at the first point and at the ends of every axis.

    Raises: ChangeError.
    """
    reported = case.report_years
    problems = [ChangeProblem("", "asked", fault) for pair in asked for fault in _unknown(case, *pair)]
    if year is not None and year not in reported:
        fault = f"{year} is not reported; must be one of {reported[0]}-{reported[-1]}"
        problems.append(ChangeProblem("", "year", fault))
    seen: dict[tuple[str, str], ChangeProblem] = {}
    for n in given.ends():
        try:
            apply(case, given.edits(given.rows[n]))
        except ChangeError as error:
            for problem in error.problems:
                seen.setdefault((problem.what.rpartition(" ")[0], problem.message), problem)  # but for the value
    if problems or seen:
        raise ChangeError(_PLACE, [*problems, *seen.values()])


def _unknown(case: Case, quantity: str, item: str) -> list[str]:
    """Return what is wrong with something to measure."""
    kinds = {name: one.items for name, one in schema.QUANTITIES.items()} | {SERVING: "workloads", COST: "workloads"}
    if quantity not in kinds:
        return [f"no quantity is called {shown(quantity)!r}{did_you_mean(quantity, kinds)}"]
    kind = kinds[quantity]
    scopes = {"accelerators": ("accelerator", "family", "vendor"), "stages": ("stage",), "workloads": ("workload",)}
    known = {row[scope] for scope in scopes.get(kind, ()) for row in case.tables[kind]}
    if item == schema.ALL and kind != "stages":
        return []
    names = item.split(schema.SUM)
    return [
        f"{quantity}: no item is called {shown(name)!r}{did_you_mean(name, known)}"
        for name in names
        if name not in known
    ]


def _columns(task: _Task) -> dict[str, str]:
    """Return the columns of the table, and their types."""
    numbers = ["objective_usd", "served_ttok", "cost_usd_per_mtok", *_more(task)]
    return (
        {"point": "int64"}
        | dict.fromkeys(task.points.targets, "float64")
        | {"year": "int64", "stage": "str", "group": "str"}
        | dict.fromkeys(numbers, "float64")
        | {"status": "str"}
    )


def _more(task: _Task) -> list[str]:
    return [f"{quantity}[{item}]" for quantity, item in task.asked[len(_MEASURED) :]]


def _meta(task: _Task, given: Points) -> dict[str, Any]:
    kinds = zip(given.targets, given.scales, strict=True)
    return {
        "case": task.case.settings.name,
        "inputs_sha256": task.case.sha256,
        "axes": [f"{target} {'*=' if scales else '='}" for target, scales in kinds],
        "points": len(given.rows),
        "points_sha256": hashlib.sha256(json.dumps(given.rows).encode()).hexdigest(),
        "years": list(task.years),
        "asked": _more(task),
        "versions": versions(),
    }


def _summary(task: _Task, given: Points, table: pd.DataFrame) -> dict[str, Any]:
    """Say what was done: every point that is written and was to be checked was checked."""
    at = table.drop_duplicates("point")
    answered = at["status"] == OPTIMAL
    return {
        "case": task.case.settings.name,
        "points": len(at),
        "checked": sum(map(_is_checked, at["point"][answered])),
        "without_answer": int((~answered).sum()),
        "axes": [{"target": t, "scales": s} for t, s in zip(given.targets, given.scales, strict=True)],
        "grid": given.grid,
        "inputs_sha256": task.case.sha256,
        "versions": versions(),
    }


def _said(done: int, before: int, count: int, seconds: float) -> str:
    """Say how far a sweep is, how fast, and how long it will take."""
    rate = (done - before) / max(seconds, CLOCK_TICK)
    left = (count - done) / rate
    size, unit = next(((size, unit) for size, unit in ((3600, "h"), (60, "min")) if left >= size), (1, "s"))
    return f"{done} of {count} points, {rate:.3g} a second, {left / size:.0f} {unit} left"


def _batch(opened: tuple[_Task, WarmSolver], some: Sequence[Numbered]) -> tuple[list[Row], dict[int, str]]:
    """Return the rows of some points, and by point the remark on how it was solved.

    They do not depend on which other points there are: each starts from the case itself.
    """
    found = [(n, *_rows(*opened, n, values)) for n, values in some]
    return [row for _, rows, _ in found for row in rows], {n: remark for n, _, remark in found if remark}


def _rows(task: _Task, reader: WarmSolver, n: int, values: tuple[float, ...]) -> tuple[list[Row], str]:
    """Return the rows of one point, and a remark on how it was solved or nothing."""
    reading, status = None, OPTIMAL
    try:
        there = apply(task.case, task.points.edits(values))[0]
        reading = reader.read(there)
    except ChangeError as error:
        status = "; ".join(map(str, error.problems))
    except NoAnswerError as error:
        status = str(error)
    if reading is not None and _is_checked(n):
        _agree(n, reading.objective_usd, task.reader(there, labels=False).central().objective_usd)
    rows = [(n, *values, t, *_found(task, reading, t), status) for t in task.years]
    return rows, "" if reading is None else reading.remark


def _is_checked(n: int) -> bool:
    return n % CHECK_EVERY == 1


def _agree(n: int, warm: float, cold: float) -> None:
    if not abs(warm - cold) <= SAME_OBJECTIVE * max(1.0, abs(cold)):
        message = f"point {n} does not pass its check: it costs {warm:.12g} USD, and solved from nothing {cold:.12g}"
        raise CertificateError(message)


def _found(task: _Task, reading: Reading | None, t: int) -> tuple[float | str, ...]:
    """Return labels, objective, tokens, cost and what was asked, of a year."""
    count = len(task.asked)
    if reading is None:
        return ("", "", *[math.nan] * (1 + count))
    first = task.years.index(t) * count
    served, cost, *more = reading.measured[first : first + count]
    per_mtok = cost / (served * units.MTOK_PER_TTOK) if served > 0 else math.nan
    numbers = (reading.objective_usd, served, per_mtok, *more)
    return (reading.labels["stage", t], reading.labels["group", t], *(float(DIGITS % x) for x in numbers))
