"""Build, solve, what-if and memory at four sizes, beside bare HiGHS on the same LP: run by hand, never by the suite.

    PYTHONPATH=tests/support python tests/bench/bench_scale.py

Each measurement is a fresh process, for its peak of memory: ours from the folder to the plan that is chosen among equal
ones; a what-if of one number, certified; and HiGHS alone, with the same options, on the LP as a file that we wrote.
"""

from __future__ import annotations

import gc
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import highspy
from scale import FIRST, Size, write

import supplychain as sc
from supplychain import lp, model
from supplychain.case.changes import apply
from supplychain.model.evaluated import Evaluated
from supplychain.model.solver import solved, stated
from supplychain.model.ties import tie_breakers
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (Size(10, 8, 10, 4, 12), Size(20, 12, 20, 6, 16), Size(30, 16, 30, 8, 18), Size(40, 20, 40, 8, 20))
EDIT = f"capacity.capacity[stage=packaging, supplier=packaging_0, year={FIRST + 3}] *= 0.97"
WHAT_IFS = 3
COLUMNS = (
    "regions x years x accelerators x workloads x stages",
    *("rows", "columns", "nonzeros", "building / all", "all / bare", "what-if / all", "peak / bare"),
    *("read", "build", "hand over", "solve", "ties", "what-if", "bare read", "bare solve", "peak", "bare peak"),
)
"""Ratios, then seconds and GB. Building is to build and to hand over; all is that, and to read and to solve."""
SHARE_ALLOWED = 0.5
AGREES = 1e-8
"""Relative difference between our objective and that of the file, whose numbers have 15 digits."""


class Clock:
    """Seconds of the processor by name: all of it runs in one thread, and others may be at work beside it."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], object]) -> object:
        start = time.process_time()
        done = work()
        self.taken[name] = time.process_time() - start
        return done


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def peak() -> float:
    """Return the most memory that this process has had [GB]."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def ours(folder: str, mps: str) -> dict[str, float]:
    """Read, build, hand over, solve and choose among equal plans."""
    gc.disable()  # as the command line does
    clock = Clock()
    case = clock("read", lambda: sc.load(folder))
    m = clock("build", lambda: model.build(case))
    labelled = clock("hand over", lambda: stated(m))
    at = clock("solve", lambda: solved(labelled, what="the case"))
    numbers = Evaluated(m.on, model.numbers(case, m.on), {})
    clock("ties", lambda: lp.prefer(labelled, at, tie_breakers(numbers, labelled)))
    in_file = at.objective * labelled.highs.objective_scale  # HiGHS writes what it holds, which is scaled
    found = clock.taken | {"peak": peak(), "objective": in_file}
    labelled.highs.writeModel(mps)
    rows, columns = labelled.shape
    return found | {"rows": rows, "columns": columns, "nonzeros": len(labelled.entries)}


def what_if(folder: str, _: str) -> dict[str, float]:
    """Edit one number, solve from where the case ended, choose and certify."""
    gc.disable()
    case = sc.load(folder)
    warm_solver = WarmSolver(case, labels=False)
    warm_solver.read(apply(case, [EDIT])[0])  # what a number enters is looked up at the first change
    taken = []
    for n in range(WHAT_IFS):
        start = time.process_time()
        warm_solver.read(apply(case, [EDIT.replace("0.97", f"1.0{n + 1}")])[0])
        taken.append(time.process_time() - start)
    return {"what-if": statistics.median(taken)}


def bare(_: str, mps: str) -> dict[str, float]:
    """Read the file and solve."""
    clock, highs = Clock(), highspy.Highs()
    for option, value in lp.options(0).items():
        highs.setOptionValue(option, value)
    clock("read", lambda: highs.readModel(mps))
    highs.setOptionValue("solver", lp.options(highs.getNumRow())["solver"])
    clock("solve", highs.run)
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        sys.exit("bare HiGHS found no optimum")
    return clock.taken | {"peak": peak(), "objective": float(highs.getInfo().objective_function_value)}


PARTS = {"ours": ours, "what_if": what_if, "bare": bare}


def measured(part: str, folder: Path, mps: Path) -> dict[str, float]:
    """Return what a fresh process measures."""
    command = [sys.executable, __file__, part, str(folder), str(mps)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> int:
    """Print the table, and whether building takes at most half of the time at the largest size."""
    say(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    sizes, building, share = [], [], 0.0
    for size in SIZES:
        with tempfile.TemporaryDirectory() as there:
            folder, mps = write(size, Path(there) / "case"), Path(there) / "case.mps"
            our, change, alone = (measured(part, folder, mps) for part in PARTS)
        if not math.isclose(our["objective"], alone["objective"], rel_tol=AGREES):
            sys.exit(f"the objectives differ: {our['objective']!r} and {alone['objective']!r}")
        built = our["build"] + our["hand over"]
        total = our["read"] + built + our["solve"]
        share = built / total
        ratios = (
            (built, total),
            (total, alone["read"] + alone["solve"]),
            (change["what-if"], total),
            (our["peak"], alone["peak"]),
        )
        cells = [
            *(f"{our[name]:,.0f}" for name in ("rows", "columns", "nonzeros")),
            *(f"{part / whole:.2f}" for part, whole in ratios),
            *(f"{our[name]:.2f}" for name in ("read", "build", "hand over", "solve", "ties")),
            *(f"{x:.2f}" for x in (change["what-if"], alone["read"], alone["solve"], our["peak"], alone["peak"])),
        ]
        say(f"| {size} | {' | '.join(cells)} |")
        sizes.append(our["nonzeros"])
        building.append(built)
    steps = [
        math.log(building[b] / building[a]) / math.log(sizes[b] / sizes[a]) for a, b in pairwise(range(len(SIZES)))
    ]
    say(f"building grows as nonzeros to the power {', '.join(f'{step:.2f}' for step in steps)}, from size to size")
    say(f"  at most {SHARE_ALLOWED:g} of all at the largest: {'yes' if share <= SHARE_ALLOWED else 'NO'}")
    return 0 if share <= SHARE_ALLOWED else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(PARTS[sys.argv[1]](*sys.argv[2:])))
    else:
        sys.exit(main())
