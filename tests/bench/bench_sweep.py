"""Sweeps on one process and on two, and the memory of a long one: run by hand.

    python tests/bench/bench_sweep.py [CASE [POINTS]]

Rates are of points after every process has its warm solver, in one run, in turns. Memory is what the processes hold
after a tenth of the points, and after all of them; results are kept in a file, as the command line does.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import supplychain as sc
from supplychain.study.workers import ProcessExecutor

ROOT = Path(__file__).parents[2]
OF_ONE = 1.7
GROWTH = 1.1
"""Most that memory may grow from a tenth of the points to all of them."""
TURNS, SOME = 3, 144


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def swept(
    case: sc.Case,
    points: int,
    executor: ProcessExecutor,
    store: Path | None = None,
    marks: dict[int, float] | None = None,
) -> float:
    """Sweep so many points and return how many a second, from the first batch that is done to the last."""
    begun: list[tuple[float, int]] = []

    def said(line: str) -> None:
        done = line.partition(" of ")[0]
        if done.isdigit():
            begun.append((time.perf_counter(), int(done)))
            if marks is not None:
                marks[int(done)] = resident()

    asked_for = "demand_curves.volume_ttok" if case.tables["demand_curves"] else "demand.demand_ttok"
    axis = f"{asked_for}=50%:200%:{points}"
    sc.sweep(case, axis, year=case.report_years[-1], executor=executor, store=store, progress=said)
    (start, before), (end, after) = begun[0], begun[-1]
    return (after - before) / (end - start)


def resident() -> float:
    """Return the memory of this process and of those that it started, in MB."""
    total = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        except OSError:  # it has ended
            continue
        if os.getpid() in {int(status["Pid"]), int(status["PPid"])}:
            total += int(status.get("VmRSS", "0 kB").split()[0])
    return total / 1024


def main() -> None:
    case = sc.load(sys.argv[1] if len(sys.argv) > 1 else ROOT / "inputs" / "base")
    points = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    rates: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(TURNS):
        for count, taken in rates.items():
            with ProcessExecutor(count) as executor:
                taken.append(swept(case, SOME, executor))
    ratio = sorted(two / one for one, two in zip(rates[1], rates[2], strict=True))[TURNS // 2]
    verdict = "yes" if ratio >= OF_ONE else "NO"
    say(f"{case.settings.name}: two processes do {ratio:.2f} times the points of one; at least {OF_ONE}: {verdict}")
    marks: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder, ProcessExecutor(2) as executor:
        rate = swept(case, points, executor, Path(folder) / "sweep.sqlite", marks)
    early = min(done for done in marks if done >= points / 10)
    growth = marks[max(marks)] / marks[early]
    verdict = "yes" if growth <= GROWTH else "NO"
    early_mb, all_mb = marks[early], marks[max(marks)]
    say(f"{points} points, {rate:.1f} a second here: {early_mb:.0f} MB after {early}, {all_mb:.0f} MB after all")
    say(f"memory is {growth:.2f} times that of a tenth of the points; at most {GROWTH}: {verdict}")


if __name__ == "__main__":
    main()
