"""What-ifs per second, beside bare HiGHS on the same LPs and a loop that rebuilds the model: run by hand.

    python tests/bench/bench_whatif.py [CASE]

Each what-if is one edit of one series. Everything is measured in one run and one process, in turns:
(a) edit, solve and certificate; (a') with the plan chosen among equal ones and the labels of every year; (b) bare HiGHS
that is given the changed numbers of the same LP and starts from the case's own basis; (c) a loop that builds the model
anew and solves it from nothing; (d) what the whole answer of a session adds: its tables of service, orders, regions and
supply; (e) an edit of a lead time in a session, labels and all; (f) `sc.solve` of the case that it makes.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np

import supplychain as sc
from supplychain import model
from supplychain.case.changes import apply
from supplychain.model.solver import MutableModel, solve
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.lp import LabelledLP

ROOT = Path(__file__).parents[2]
COUNT, LEADS = 40, 6
TABLES = ("service_by_workload", "research_service", "orders", "regions", "supply")
LEAST = (("a", "b", 0.6), ("a", "c", 15.0), ("a'", "b", 0.14), ("d", "b", 1 / 6), ("e", "f", 5.0))
"""At least how many times as fast the first is as the second."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def edits(case: sc.Case) -> list[str]:
    """Return edits of series that the case has, each by a factor of its own; always the same ones."""
    random = Random(7)
    stages = sorted({(row["stage"], row["supplier"]) for row in case.tables["capacity"]})
    workloads = sorted(row["workload"] for row in case.tables["workloads"])
    curved = bool(case.tables["demand_curves"])
    columns = ("demand_curves.volume_ttok", "demand_curves.price_usd_per_mtok") if curved else ("demand.demand_ttok",)
    found = []
    for _ in range(COUNT):
        factor = round(random.uniform(0.8, 1.25), 3)
        if random.random() < 0.7:
            stage, supplier = random.choice(stages)
            column = random.choice(("capacity", "price_usd"))
            found.append(f"capacity.{column}[stage={stage}, supplier={supplier}] *= {factor}")
        else:
            found.append(f"{random.choice(columns)}[workload={random.choice(workloads)}] *= {factor}")
    return found


def lead_times(case: sc.Case) -> list[str]:
    """Return edits of lead times of as many stages, evenly from all that have options."""
    stages = sorted({row["stage"] for row in case.tables["expansion"]})
    return [f"expansion.lead_years[stage={stage}] += 1" for stage in stages[:: max(1, len(stages) // LEADS)][:LEADS]]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


class Bare:
    """HiGHS alone, on the LP of a case at its optimum."""

    def __init__(self, labelled: LabelledLP) -> None:
        self._lp = labelled
        self._highs = labelled.highs
        self._highs.run()
        self._highs.setOptionValue("solver", "simplex")  # the others do not start from a basis
        self._basis = self._highs.getBasis()
        self._columns = labelled.column_of_entry

    def solve(self, other: LabelledLP) -> float:
        """Put the numbers of another LP that differ, run from the basis at hand, and return the objective."""
        self._put(self._lp, other)
        self._highs.setBasis(self._basis)
        self._highs.run()
        return float(self._highs.getInfo().objective_function_value)

    def back(self, other: LabelledLP) -> None:
        self._put(other, self._lp)

    def _put(self, here: LabelledLP, there: LabelledLP) -> None:
        highs = self._highs
        columns = np.flatnonzero(here.cost != there.cost)
        highs.changeColsCost(len(columns), columns, there.cost[columns])
        columns = np.flatnonzero((here.column_lower != there.column_lower) | (here.column_upper != there.column_upper))
        highs.changeColsBounds(len(columns), columns, there.column_lower[columns], there.column_upper[columns])
        rows = np.flatnonzero((here.row_lower != there.row_lower) | (here.row_upper != there.row_upper))
        highs.changeRowsBounds(len(rows), rows, there.row_lower[rows], there.row_upper[rows])
        for n in np.flatnonzero(here.entries != there.entries):
            highs.changeCoeff(int(here.indices[n]), int(self._columns[n]), float(there.entries[n]))
        highs.changeObjectiveOffset(there.offset)


def main() -> None:
    given = sc.load(sys.argv[1] if len(sys.argv) > 1 else ROOT / "inputs" / "base")
    asked = edits(given)
    cases = [apply(given, [text])[0] for text in asked]
    stated = [MutableModel(case).lp() for case in cases]
    bare = Bare(MutableModel(given).lp())
    plain, labelled = WarmSolver(given, labels=False), WarmSolver(given)
    for warm_solver in (plain, labelled):
        warm_solver.central()
        warm_solver.read(cases[0])  # what a number enters is looked up at the first change
    gc.disable()  # as the command line does
    taken: dict[str, float] = dict.fromkeys(("a", "a'", "b", "c"), 0.0)
    for text, case, other in zip(asked, cases, stated, strict=True):
        taken["a"] += timed(lambda text=text: plain.read(apply(given, [text])[0]))
        taken["a'"] += timed(lambda text=text: labelled.read(apply(given, [text])[0]))
        taken["b"] += timed(lambda other=other: bare.solve(other))
        bare.back(other)
        taken["c"] += timed(lambda case=case: solve(model.build(case)))
        gc.collect()
    rate = {name: COUNT / seconds for name, seconds in taken.items()}
    session, of_tables, others = sc.session(given), [], lead_times(given)
    session.what_if()
    for text in asked:
        answer = session.what_if((), text, labels=False)
        of_tables.append(timed(lambda answer=answer: [getattr(answer, name) for name in TABLES]))
    rate["d"] = COUNT / sum(of_tables)
    rate["e"] = len(others) / sum(timed(lambda text=text: session.what_if((), text)) for text in others)
    changed = [apply(given, [text])[0] for text in others]
    rate["f"] = len(others) / sum(timed(lambda case=case: sc.solve(case)) for case in changed)
    say(f"{given.settings.name}: {COUNT} what-ifs")
    for name, what in (
        ("a", "edit, solve, certify"),
        ("a'", "the same, choose among equal plans, labels"),
        ("b", "bare HiGHS from the case's basis"),
        ("c", "model built anew and solved from nothing"),
        ("d", "tables of a session's answer"),
        ("e", "another lead time in a session, with labels"),
        ("f", "sc.solve of that case"),
    ):
        say(f"({name}) {what}: {rate[name]:.1f} a second here")
    for ours, theirs, least in LEAST:
        ratio = rate[ours] / rate[theirs]
        say(f"({ours}) is {ratio:.3f} times ({theirs}); at least {least:g}: {'yes' if ratio >= least else 'NO'}")


if __name__ == "__main__":
    main()
