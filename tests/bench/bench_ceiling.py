"""How many comparisons of a back-cast some plan can meet at once: run by hand, never by the suite.

    PYTHONPATH=tests/support python tests/bench/bench_ceiling.py [CASE] [ANSWER]

The answer is one that `backcast CASE --out ANSWER` wrote: it says which comparisons are independent, and how many of
them one plan was found to meet. The ceiling is that of the independent statement, as a mixed-integer program; also with
kinds of limits left out, which says what the case forbids and what published numbers forbid each other.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import reference
from ceiling import Plans, is_linear, number

from supplychain.results.read import read_answer

ROOT = Path(__file__).parents[2]
SECONDS = 600.0
LEFT_OUT = {
    "inside all limits": (),
    "without ramps": ("ramp",),
    "without limits of suppliers": ("supply_limit", "expansion_limit"),
    "without any limit": ("ramp", "supply_limit", "expansion_limit", "build_limit", "budget", "demand",
                          "research_demand"),
}  # fmt: skip


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "inputs" / "backcast"
    answer = read_answer(sys.argv[2] if len(sys.argv) > 2 else ROOT / "reports" / "answers" / "backcast", "backcast")
    lp = reference.build(reference.load(folder))
    found = lp.solve()
    rows = [row for row in answer.tables["comparisons"].to_dict("records") if is_linear(row)]
    for what, some, count in (
        ("independent comparisons", [row for row in rows if row["independent"]], "independent_held_at_once"),
        ("all comparisons", rows, "held_at_once"),
    ):
        numbers = [number(lp, row, found.values) for row in some]
        sys.stdout.write(f"{what}: {len(numbers)}; the back-cast found a plan that meets {answer.summary[count]}\n")
        for name, kinds in LEFT_OUT.items():
            start = time.perf_counter()
            most = Plans(lp, numbers, lp.rows_of(*kinds)).most_at_once(SECONDS)
            share = most.at_most / len(numbers)
            proven = "" if len(most.met) == most.at_most else f", a plan found meets {len(most.met)}"
            took = time.perf_counter() - start
            sys.stdout.write(f"  {name}: at most {most.at_most} at once ({share:.0%}){proven}; {took:.0f} s\n")


if __name__ == "__main__":
    main()
