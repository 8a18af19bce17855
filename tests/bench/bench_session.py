"""The memory of a session after 2,000, 4,000 … 10,000 what-ifs: run by hand.

    python tests/bench/bench_session.py [CASE] [COUNT]

Each what-if is one edit of one series; every third is applied and taken back, and the tables of each are worked out.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

import psutil

import supplychain as sc

ROOT = Path(__file__).parents[2]
COUNT, PARTS = 10_000, 5
MOST = 1.1
"""At most how many times the memory after the first part the memory after the last may be."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    case = sys.argv[1] if len(sys.argv) > 1 else ROOT / "inputs" / "base"
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    session, random, held, start = sc.session(case), Random(1), [], time.perf_counter()
    stages = sorted({row["stage"] for row in session.case.tables["capacity"]})
    for n in range(1, count + 1):
        edit = f"capacity.capacity[stage={random.choice(stages)}] *= {random.uniform(0.8, 1.25):.4f}"
        stays = n % 3 == 0
        answer = (session.apply if stays else session.what_if)((), edit, labels=False)
        sum(len(getattr(answer, name)) for name in ("service_by_workload", "orders", "regions", "supply"))
        if stays:
            session.undo()
        if n % (count // PARTS) == 0:
            held.append(psutil.Process().memory_info().rss / 2**20)
            say(f"{n} what-ifs: {held[-1]:.0f} MB, {n / (time.perf_counter() - start):.1f} a second")
    ratio = held[-1] / held[0]
    kept = "yes" if ratio <= MOST else "NO"
    say(f"{ratio:.3f} times the memory after the first {count // PARTS}; at most {MOST:g}: {kept}")


if __name__ == "__main__":
    main()
