"""How long a solve takes beside the least that it could: run by hand, never by the suite.

    python tests/bench/bench_solve.py [CASE]

Everything is measured in one run, in fresh processes that take turns, and shown as ratios of medians.
"""

from __future__ import annotations

import csv
import gc
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import highspy
import pyomo.environ  # noqa: F401 - Pyomo writes MPS files with it

import supplychain as sc
from supplychain import lp, model
from supplychain.lp.optimum import IPX_FROM_ROWS
from supplychain.model.solver import solve

ROOT = Path(__file__).parents[2]
RUNS = 5
ALLOWED = 3.0
EXACT_ALLOWED = 4.0
BARE = """
import sys
import pandas, pyomo.core, highspy
highs = highspy.Highs()
highs.setOptionValue("output_flag", False)
highs.readModel(sys.argv[1])
highs.run()
assert highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
"""


def seconds(command: list[str]) -> float:
    """Return how long a fresh process takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def beside(case: Path, mps: Path) -> float:
    """Compare a whole solve with a bare interpreter that imports the same libraries and solves the same LP."""
    ours = [sys.executable, "-m", "supplychain", "solve", str(case), "--quiet"]
    bare = [sys.executable, "-c", BARE, str(mps)]
    taken: list[tuple[float, float]] = [(seconds(ours), seconds(bare)) for _ in range(RUNS + 1)][1:]
    a, b = (statistics.median(times) for times in zip(*taken, strict=True))
    say(f"supplychain solve: {a / b:.2f} times a bare solve ({a:.2f} s and {b:.2f} s here)")
    say(f"  at most {ALLOWED:g} times: {'yes' if a / b <= ALLOWED else 'NO'}")
    return a / b


def exact(case: Path) -> float:
    """Compare the whole answer with one cold build and solve of the same case, imports and reading excluded."""
    given = sc.load(case)
    gc.disable()  # as the command line does
    taken: list[tuple[float, float]] = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        solve(model.build(given))
        middle = time.perf_counter()
        sc.solve(given)
        taken.append((time.perf_counter() - middle, middle - start))
        gc.collect()
    a, b = (statistics.median(times) for times in zip(*taken[1:], strict=True))
    say(f"the whole answer: {a / b:.2f} times one cold build and solve ({a:.2f} s and {b:.2f} s here)")
    say(f"  at most {EXACT_ALLOWED:g} times: {'yes' if a / b <= EXACT_ALLOWED else 'NO'}")
    return a / b


def write_mps(case: Path, to: Path) -> int:
    """Write the LP of a case as the package states it; return its rows."""
    m = model.build(sc.load(case))
    m.write(str(to), io_options={"symbolic_solver_labels": False})
    highs = read(to)
    return int(highs.getNumRow())


def read(mps: Path) -> highspy.Highs:
    highs = highspy.Highs()
    for option, value in lp.options(0).items():
        highs.setOptionValue(option, value)
    highs.readModel(str(mps))
    return highs


def cold(mps: Path, solver: str) -> float:
    """Return the median seconds of a cold solve."""
    taken = []
    for _ in range(RUNS):
        highs = read(mps)
        highs.setOptionValue("solver", solver)
        start = time.perf_counter()
        highs.run()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def multiplied(case: Path, to: Path, times: int) -> Path:
    """Write the case with each region several times over, each with a like share of what there is."""
    shutil.copytree(case, to)
    regions = [row["region"] for row in rows(case / "regions.csv")]
    split = {"capacity": "capacity", "expansion": "max_expansion", "fleet": "units"}
    for path in sorted(to.glob("*.csv")):
        given = rows(path)
        made = []
        for row in given:
            place = next((c for c in ("region", "place") if row.get(c) in regions), None)
            for n in range(times) if place else [0]:
                copy = dict(row)
                if place:
                    copy[place] += f"_{n}" if n else ""
                    share = split.get(path.stem)
                    for column in (share, f"{share}_low", f"{share}_high"):
                        if copy.get(column or ""):
                            copy[column] = repr(float(copy[column]) / times * (1 + 0.01 * n))  # not all alike
                made.append(copy)
        for row in made:
            for column in [c for c in row if c.endswith(("_low", "_high"))]:
                row[column] = ""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(given[0]) if given else header(path))
            writer.writeheader()
            writer.writerows(made)
    return to


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")


def main() -> None:
    """Measure one case: the whole solve, then cold simplex beside interior point at growing sizes."""
    case = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "inputs" / "base"
    say(tomllib.loads((case / "case.toml").read_text(encoding="utf-8-sig"))["title"])
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        write_mps(case, there / "case.mps")
        beside(case, there / "case.mps")
        exact(case)
        say("\nSimplex, cold, beside interior point with crossover (above 1, interior point is faster):")
        for times in (1, 2, 3, 4, 6, 8):
            mps = there / f"{times}.mps"
            size = write_mps(multiplied(case, there / f"case_{times}", times), mps)
            ratio = cold(mps, "simplex") / cold(mps, "ipx")
            used = lp.options(size)["solver"]
            say(f"  {size:6d} rows: {ratio:5.2f}   used: {used}")
        say(f"  interior point is used from {IPX_FROM_ROWS} rows")


if __name__ == "__main__":
    main()
