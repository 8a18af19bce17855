"""How long a report takes beside a solve, and how large it is: run by hand, never by the suite.

    python tests/bench/bench_report.py [CASE]

Both run in fresh processes that take turns; what is shown is the ratio of the shortest of each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
ALLOWED = 3.0
MOST_BYTES = 5e6


def seconds(*arguments: str) -> float:
    """Return how long a command takes."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "supplychain", *arguments, "--quiet"], check=True)
    return time.perf_counter() - start


def main(case: str) -> int:
    """Print the ratio and the size; return 1 if one is above what is allowed."""
    with tempfile.TemporaryDirectory() as folder:
        taken = [(seconds("report", case, "--out", folder), seconds("solve", case)) for _ in range(RUNS)]
        size = (Path(folder) / "report.html").stat().st_size
    report, solve = (min(times) for times in zip(*taken, strict=True))
    sys.stdout.write(
        f"supplychain report: {report / solve:.2f} times a solve ({report:.2f} s and {solve:.2f} s here; "
        f"{ALLOWED:g} allowed)\nreport.html: {size / 1e6:.2f} MB ({MOST_BYTES / 1e6:g} allowed)\n"
    )
    return int(report / solve > ALLOWED or size > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "inputs/base"))
