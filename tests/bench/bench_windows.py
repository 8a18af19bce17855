"""What limited foresight costs beside building and solving every window anew: run by hand, never by the suite.

    python tests/bench/bench_windows.py [CASE]

A window anew: the model is built, the LP of the window solved from nothing, and the plan chosen among equal ones. The
third line takes a window as a case of its years alone, whose model is smaller. Everything is measured in one run, in
turns, imports and reading excluded, and shown as ratios of medians.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import supplychain as sc
from supplychain import lp, model
from supplychain.model.evaluated import Evaluated
from supplychain.model.solver import solve
from supplychain.model.ties import tie_breakers
from supplychain.plan import windows

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
RUNS = 9
ALLOWED, WARM_ALLOWED = 1.0, 0.4


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alone(case: sc.Case) -> sc.Case:
    """Return the case of the first window's years alone."""
    settings = case.settings
    last = min(settings.first_year + (settings.foresight_years or len(case.years)) - 1, settings.last_year)
    return replace(case, settings=replace(settings, last_year=last, report_last_year=last, foresight_years=None))


def built_and_solved(case: sc.Case) -> None:
    """Build a case and solve it from nothing, down to the plan chosen among equal ones."""
    m = model.build(case)
    labelled, at = solve(m)
    numbers = Evaluated(m.on, model.numbers(case, m.on), {})
    lp.prefer(labelled, at, tie_breakers(numbers, labelled))


def proven(case: sc.Case) -> None:
    """Solve the windows of a case, and each again from nothing."""
    for window in windows.solve_windows(case):
        lp.solved_again(window.solved_lp.lp)


def main() -> None:
    given = sc.load(sys.argv[1] if len(sys.argv) > 1 else ROOT / "inputs" / "backcast")
    by_itself = alone(given)
    count = len(given.years)
    gc.disable()  # as the command line does
    works: dict[str, Callable[[], object]] = {
        "anew": lambda: next(windows.solve_windows(given)),
        "alone": lambda: built_and_solved(by_itself),
        "warm": lambda: list(windows.solve_windows(given)),
        "proven": lambda: proven(given),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(RUNS + 1):
        for name, work in works.items():
            taken[name].append(seconds(work))
            gc.collect()
    took = {name: statistics.median(times[1:]) for name, times in taken.items()}
    say(f"{given.settings.name}: {count} windows")
    for what, a, b, most in (
        ("all windows and their proof from nothing", "proven", "anew", ALLOWED),
        ("all windows, warm, without the proof", "warm", "anew", WARM_ALLOWED),
        ("all windows, warm, beside cases of a window's years alone", "warm", "alone", None),
    ):
        ratio = took[a] / (count * took[b])
        say(f"{what}: {ratio:.2f} of {count} windows anew ({took[a]:.3f} s and {count} x {took[b]:.3f} s here)")
        if most is not None:
            say(f"  at most {most:g}: {'yes' if ratio <= most else 'NO'}")


if __name__ == "__main__":
    main()
