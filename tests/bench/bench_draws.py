"""Joint draws per second, beside a bare cold solve of the same LPs by HiGHS: run by hand.

    python tests/bench/bench_draws.py [CASE] [MEMORY_DRAWS]

In one run and one process, in turns, for each of some draws: (a) the draw made, put into the LP and solved from
nothing, certified, with the labels of all years; (b) the same with every quantity that a study measures; (c) bare HiGHS
that is given the same LP and solves it from nothing, by each of its algorithms, of which the faster counts. Once with
lead times and lives as they are, once with these drawn, too. Then how a solve from where the case itself ended compares
with one from nothing as more of the factors move, how many draws two processes do beside one, and the memory of a
process over many draws of a small case.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

import supplychain as sc
from supplychain import schema
from supplychain.case.law import law
from supplychain.model.solver import MutableModel
from supplychain.study.draws import factors_of, headline, solve_draws
from supplychain.study.warm import WarmSolver
from supplychain.study.workers import ProcessExecutor, SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.lp import LabelledLP

ROOT = Path(__file__).parents[2]
DRAWS, MOVED_DRAWS, STUDY, TURNS = 20, 6, 160, 2
FIXED, DRAWN, PROCESSES = 1.7, 2.5, 1.7
"""At most how many times a bare solve a draw takes, whole numbers fixed and drawn; least speed of two processes."""
SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
ALGORITHMS = ("simplex", "ipx", "ipm")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def without_whole_numbers(case: sc.Case) -> sc.Case:
    """Return the case in which lead times and lives have no range."""
    ends = {
        table.name: [
            c.name + end for c in table.columns if c.ranged and c.type == "integer" for end in ("_low", "_high")
        ]
        for table in schema.TABLES
    }
    tables = {
        name: tuple({**row, **{end: None for end in ends[name] if end in row}} for row in rows)
        for name, rows in case.tables.items()
    }
    return replace(case, tables=tables)


def bare(labelled: LabelledLP, algorithm: str) -> float:
    """Return the seconds that HiGHS takes for an LP from nothing."""
    highs = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("solver", algorithm)):
        highs.setOptionValue(name, value)
    highs.passModel(labelled.highs.getLp())
    return timed(highs.run)


def beside_bare(case: sc.Case, what: str, most: float) -> bool:
    """Measure draws beside bare solves; return whether they keep the bound."""
    keys = [(*pair, t) for t in case.report_years for pair in headline(case)]
    labels, full, of = WarmSolver(case), WarmSolver(case, keys, totals=True), law(case)
    _, scores = factors_of(case, 1, DRAWS + 1)
    for solver in (labels, full):
        solver.central()
        solver.read(of.drawn(scores[DRAWS]), cold=True)  # what a number enters is looked up at the first change
    times: dict[str, list[float]] = {name: [] for name in ("a", "b", *ALGORITHMS)}
    for n in range(DRAWS):
        times["a"].append(timed(lambda n=n: labels.read(of.drawn(scores[n]), cold=True)))
        times["b"].append(timed(lambda n=n: full.read(of.drawn(scores[n]), cold=True)))
        stated = MutableModel(of.drawn(scores[n])).lp()
        for algorithm in ALGORITHMS:
            times[algorithm].append(bare(stated, algorithm))
    total = {name: sum(values) for name, values in times.items()}
    fastest = min(ALGORITHMS, key=total.__getitem__)
    ratio = total["a"] / total[fastest]
    say(f"{what}: {DRAWS} draws, milliseconds each, mean and median")
    for name, values in times.items():
        say(f"  {name:8} {1000 * total[name] / DRAWS:7.0f} {1000 * median(values):7.0f}")
    say(f"  a / {fastest}: {ratio:.2f} (at most {most}); b / {fastest}: {total['b'] / total[fastest]:.2f}")
    return ratio <= most


def as_more_moves(case: sc.Case) -> None:
    """Show how a solve from where the case ended compares with one from nothing as more factors move."""
    solver, of = WarmSolver(case), law(case)
    solver.central()
    names, scores = factors_of(case, 2, MOVED_DRAWS)
    order = np.random.default_rng(0).permutation(len(names))
    for share in SHARES:
        moved = np.zeros(len(names))
        moved[order[: round(share * len(names))]] = 1.0
        cases = [of.drawn(scores[n] * moved) for n in range(MOVED_DRAWS)]
        warm, cold = (sum(timed(partial(solver.read, case, cold=c)) for case in cases) for c in (False, True))
        say(f"  {100 * share:.0f} % of factors moved: warm / from nothing {warm / cold:.2f}")


def processes(case: sc.Case) -> bool:
    """Measure two processes beside one, in turns, from the first batch that is done to the last; keep the bound?"""
    rates: dict[int, list[float]] = {1: [], 2: []}
    for count in (1, 2) * TURNS:
        done: list[tuple[float, int]] = []

        def note(said: str, done: list[tuple[float, int]] = done) -> None:
            number = said.partition(" of ")[0]
            if number.isdecimal():
                done.append((time.perf_counter(), int(number)))

        with ProcessExecutor(count) as executor:
            solve_draws(case, STUDY, 1, executor=executor, progress=note)
        (start, before), (end, after) = done[0], done[-1]
        rates[count].append((after - before) / (end - start))
    ratio = median(rates[2]) / median(rates[1])
    say(f"two processes: {ratio:.2f} times one, {median(rates[1]):.2f} draws a second (at least {PROCESSES})")
    return ratio >= PROCESSES


def memory(case: sc.Case, draws: int) -> None:
    """Show the peak of memory after a fifth of many draws, and after all of them."""
    peaks: list[float] = []

    def note(said: str) -> None:
        done = said.split(" ", 1)[0]
        if done.isdecimal() and int(done) in {draws // 5, draws}:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    solve_draws(case, draws, 1, executor=SerialExecutor(), progress=note)
    say(f"memory: {peaks[-1]:.0f} MB after {draws} draws, {peaks[-1] / peaks[0]:.3f} of that after {draws // 5}")


def main(arguments: list[str]) -> Any:  # noqa: ANN401 - an exit status
    case = sc.load(arguments[0] if arguments else ROOT / "inputs" / "base")
    kept = [
        beside_bare(without_whole_numbers(case), "whole numbers fixed", FIXED),
        beside_bare(case, "whole numbers drawn", DRAWN),
    ]
    as_more_moves(case)
    kept.append(processes(case))
    memory(sc.load(ROOT / "inputs" / "tiny"), int(arguments[1]) if len(arguments) > 1 else 10_000)
    return not all(kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
