"""A case at draws of its uncertain numbers, each solved from nothing: what binds, what is served, at what cost.

Draws come in Latin hypercubes of 20. What a factor is in a draw depends on the seed, the number of the draw and the
factor's name: not on how many draws there are, who solves them, or what else is uncertain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from supplychain import schema
from supplychain.case.law import law
from supplychain.errors import InputError, NoAnswerError, Problem, TimeLimitError
from supplychain.plan import versions
from supplychain.plan.measures import CASH, TOKENS, owners_of, served_of, supplied_of
from supplychain.results.schema import TOTALS
from supplychain.results.write import DIGITS
from supplychain.stats.hypercube import SIZE, scores
from supplychain.study import workers
from supplychain.study.batches import OPTIMAL, check_agreement, is_checked, progress_line, solve_into, whole_points
from supplychain.study.store import Store, Stored
from supplychain.study.warm import REMARKS, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.law import Law
    from supplychain.study.batches import Solved
    from supplychain.study.store import StoredRow
    from supplychain.study.warm import Reading

LEAST: Final = 2 * SIZE
"""Draws: an error is told from two hypercubes or more."""

TOTAL_COLUMNS: Final = (*TOTALS, "objective_usd")
"""What is said of a draw over the whole horizon, the same in each of its rows: attributes of its reading."""

PER_MTOK, USED_SHARE = "cost_per_mtok", "stage_used_share"

_STORED = Stored(
    "study of uncertainty",
    "draw",
    {
        "inputs_sha256": "the case",
        "seed": "the seed",
        "asked": "what is asked",
        "versions": "the software",
    },
)


@dataclass(frozen=True)
class _Task:
    """What is done at every draw."""

    case: Case
    seed: int
    quantities: tuple[tuple[str, str], ...]

    def warm_solver(self, case: Case, *, labels: bool = True) -> WarmSolver:
        keys = [(quantity, item, t) for t in self.case.report_years for quantity, item in self.quantities]
        return WarmSolver(case, keys, labels=labels, totals=True)

    def in_worker(self) -> _Worker:
        """Return what a worker solves draws with."""
        return _Worker(self, self.warm_solver(self.case), law(self.case))


@dataclass(frozen=True)
class _Worker:
    task: _Task
    warm_solver: WarmSolver
    law: Law


def headline(case: Case) -> list[tuple[str, str]]:
    """Return what is measured in each year: what is served, at what cost, the cash spent, and how full stages are.

    Where prices are charged, cash is counted or something is owed: the books of the owner, and the use of suppliers.
    """
    workloads = [schema.ALL, *(row["workload"] for row in case.tables["workloads"])]
    served = [(TOKENS, schema.ALL), *served_of(case)]
    costs = [(PER_MTOK, workload) for workload in workloads]
    books = [*owners_of(case), *supplied_of(case)]
    return [*served, *costs, (CASH, schema.ALL), *books, *((USED_SHARE, row["stage"]) for row in case.tables["stages"])]


def column(quantity: str, item: str) -> str:
    """Return the column of a quantity in the table of draws."""
    return f"{quantity}[{item}]"


def factors_of(case: Case, seed: int, count: int) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
    """Return the names of a case's factors, sorted, and their normal scores in its first draws, draws x names."""
    import numpy as np  # noqa: PLC0415 - as late as what solves

    names = law(case).names
    cubes = [scores(seed, cube, names) for cube in range(math.ceil(count / SIZE))]
    return names, np.vstack(cubes)[:count]


def drawn(case: Case, seed: int, draw: int) -> Case:
    """Return a case at one of its draws, counted from 1; it has no ranges."""
    return _drawn(law(case), seed, draw)


def check_count(draws: int) -> None:
    """Refuse a number of draws that is no number of whole hypercubes.

    Raises: ValueError.
    """
    if draws < LEAST or draws % SIZE:
        near = max(LEAST, SIZE * round(draws / SIZE))
        message = f"{draws} draws; must be a multiple of {SIZE}, {LEAST} or more, as {near}"
        raise ValueError(message)


def solve_draws(  # noqa: PLR0913 - all but the first three have their defaults
    case: Case,
    draws: int,
    seed: int,
    *,
    asked: Sequence[tuple[str, str]] = (),
    store: str | Path | None = None,
    resume: bool = False,
    executor: Executor | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Solve a case at its first draws.

    `asked`: more to measure, pairs of a quantity and an item. `store`: a new SQLite file that keeps what is done; with
    `resume` also one that was begun, of which only draws that are missing are solved.

    Returns: one row for each draw (from 1) and reported year: `draw`, `year`, `stage` and `group` (what binds), totals
    over the horizon, each quantity as `quantity[item]`, and `status`: `optimal`, or why there is no answer. Twelve
    digits of each number. `attrs["summary"]` counts draws by how they were solved.
    Raises: InputError if no number of the case has a range or the store is of another study, ValueError if `draws` is
    no multiple of 20, OutputError, NoAnswerError if the case itself has no answer, TimeLimitError, SetupError.
    """
    check_count(draws)
    names = law(case).names
    if not names:
        fault = "no number has a range; give x_low and x_high beside some x"
        raise InputError(case.settings.name, [Problem("the case", 0, "", fault)])
    task = _Task(case, seed, tuple(dict.fromkeys([*headline(case), *asked])))
    with Store(store, _STORED, _columns(task), _meta(task), resume=resume) as results:
        done = results.done()
        missing = [n for n in range(1, draws + 1) if n not in done]
        progress(f"solving {len(missing)} draws")
        if missing:
            with workers.executor_or_default(executor) as pool:
                batches = _batches(missing, workers.AHEAD * workers.count(pool))
                solve_into(
                    results,
                    workers.Shared(task.in_worker),
                    _batch,
                    batches,
                    pool,
                    progress=lambda solved, rate: progress(progress_line(solved, rate, draws, "draws")),
                )
        table, remarks = results.frame(), results.remarks()
    table = table[table["draw"] <= draws].reset_index(drop=True)
    by_draw = table.drop_duplicates("draw")
    answered = by_draw["status"] == OPTIMAL
    table.attrs["summary"] = {
        "draws": len(by_draw),
        "without_answer": int((~answered).sum()),
        "checked": sum(map(is_checked, by_draw["draw"][answered])),
        **{remark: remarks[remark] for remark in REMARKS},
    }
    return table


def _batches(missing: Sequence[int], least: int) -> list[list[int]]:
    """Return draws in batches of one hypercube each, or of a part of one, so that no worker is idle."""
    by_cube: dict[int, list[int]] = {}
    for n in missing:
        by_cube.setdefault((n - 1) // SIZE, []).append(n)
    size = max(1, min(SIZE, math.ceil(len(missing) / least)))
    return [of_cube[n : n + size] for of_cube in by_cube.values() for n in range(0, len(of_cube), size)]


def _columns(task: _Task) -> dict[str, str]:
    """Return the columns of the table, and their types."""
    numbers = [*TOTAL_COLUMNS, *(column(*pair) for pair in task.quantities)]
    return (
        {"draw": "int64", "year": "int64", "stage": "str", "group": "str"}
        | dict.fromkeys(numbers, "float64")
        | {"status": "str"}
    )


def _meta(task: _Task) -> dict[str, Any]:
    return {
        "case": task.case.settings.name,
        "inputs_sha256": task.case.sha256,
        "seed": task.seed,
        "asked": [column(*pair) for pair in task.quantities],
        "versions": versions(),
    }


@lru_cache(maxsize=2)
def _cube(seed: int, cube: int, names: tuple[str, ...]) -> npt.NDArray[Any]:
    return scores(seed, cube, names)


def _drawn(case_law: Law, seed: int, draw: int) -> Case:
    cube, n = divmod(draw - 1, SIZE)
    return case_law.drawn(_cube(seed, cube, case_law.names)[n])


def _batch(worker: _Worker, batch: Sequence[int]) -> Solved | workers.Stopped[Solved]:
    """Return the rows of some draws, and by draw the remark on how it was solved."""
    return whole_points(((n, worker) for n in batch), _rows, "draw")


def _rows(n: int, worker: _Worker) -> tuple[list[StoredRow], str]:
    """Return the rows of one draw, and a remark on how it was solved or nothing."""
    task, reading, status = worker.task, None, OPTIMAL
    case = _drawn(worker.law, task.seed, n)
    try:
        reading = worker.warm_solver.read(case, cold=True)
    except TimeLimitError:
        raise
    except NoAnswerError as error:
        status = str(error)
    if reading is not None and is_checked(n):
        anew = task.warm_solver(case, labels=False).central()
        check_agreement(f"draw {n}", reading.objective_usd, anew.objective_usd)
    rows = [(n, t, *_values(task, reading, t), status) for t in case.report_years]
    return rows, "" if reading is None else reading.remark


def _values(task: _Task, reading: Reading | None, t: int) -> tuple[float | str, ...]:
    """Return labels, totals and quantities of a year."""
    count = len(task.quantities)
    if reading is None:
        return ("", "", *[math.nan] * (len(TOTAL_COLUMNS) + count))
    first = task.case.report_years.index(t) * count
    numbers = (*(getattr(reading, name) for name in TOTAL_COLUMNS), *reading.measured[first : first + count])
    return (reading.labels["stage", t], reading.labels["group", t], *(float(DIGITS % x) for x in numbers))
