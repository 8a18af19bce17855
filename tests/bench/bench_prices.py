"""What a two-sided price costs beside a warm re-solve, at 1, 4 and 16 times the size: run by hand, never by the suite.

    python tests/bench/bench_prices.py [CASE]

Both are measured in one run, row by row in turn, and shown as ratios of medians. The larger LPs are copies of the case
with limits of their own, which may lend each other capacity.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np

import supplychain as sc
from supplychain import lp, model

ROOT = Path(__file__).parents[2]
ROWS = 60
ALLOWED = 3.0
LENDABLE = 0.05
"""Share of its limit that a copy may lend to the next."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def copies(one: lp.LabelledLP, count: int) -> lp.LabelledLP:
    """Return copies of an LP, with limits up to a tenth apart, that lend each other some of each upper limit."""
    rng = np.random.default_rng(count)
    m, n = one.shape
    limited = np.flatnonzero(np.isinf(one.row_lower) & np.isfinite(one.row_upper) & (one.row_upper > 0))
    limited = limited if count > 1 else limited[:0]
    apart = rng.uniform(0.95, 1.05, (count, m)) if count > 1 else np.ones((1, m))
    apart[:, one.row_lower == one.row_upper] = 1.0
    upper = (one.row_upper * np.where(np.isinf(one.row_lower), apart, 1.0)).ravel()
    lends = len(limited) * count
    giver = (limited + m * np.arange(count)[:, None]).ravel()
    taker = (giver + m) % (m * count)
    problem = highspy.HighsLp()
    problem.num_row_, problem.num_col_ = m * count, n * count + lends
    problem.row_lower_, problem.row_upper_ = np.tile(one.row_lower, count), upper
    problem.col_cost_ = np.concatenate([np.tile(one.cost, count), np.full(lends, 1e-6)])
    problem.col_lower_ = np.concatenate([np.tile(one.column_lower, count), np.zeros(lends)])
    problem.col_upper_ = np.concatenate([np.tile(one.column_upper, count), LENDABLE * upper[giver]])
    problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    starts = np.concatenate([one.starts[:-1] + len(one.entries) * k for k in range(count)])
    total = len(one.entries) * count
    problem.a_matrix_.start_ = np.concatenate([starts, total + 2 * np.arange(lends + 1)])
    indices = np.concatenate([one.indices + m * k for k in range(count)])
    problem.a_matrix_.index_ = np.concatenate([indices, np.column_stack([giver, taker]).ravel()])
    problem.a_matrix_.value_ = np.concatenate([np.tile(one.entries, count), np.tile([1.0, -1.0], lends)])
    highs = highspy.Highs()
    for option, value in lp.options(m * count).items():
        highs.setOptionValue(option, value)
    highs.passModel(problem)
    return lp.from_highs(highs, range(m * count), range(n * count + lends))


@dataclass(frozen=True)
class Taken:
    """Median seconds."""

    resolve: float
    price: float
    setting_up: float
    rows: int


def measured(problem: lp.LabelledLP) -> Taken:
    """Time both sides of the price of some rows that have one, and of each a re-solve with 1 % less of its limit."""
    lp.solve(problem)
    at = lp.found(problem)
    problem.highs.setOptionValue("solver", "simplex")
    start = time.perf_counter()
    slopes = lp.Slopes(problem, at)
    setting_up = time.perf_counter() - start
    one_sided = np.isinf(problem.row_lower) & np.isfinite(problem.row_upper) & (problem.row_upper > 0)
    priced = np.flatnonzero(one_sided & (slopes.felt(at.y) != 0))
    chosen = np.random.default_rng(0).permutation(priced)[:ROWS]
    resolves, prices = [], []
    for i in chosen.tolist():
        limit = float(problem.row_upper[i])
        problem.highs.setBasis(at.basis)
        start = time.perf_counter()
        problem.highs.changeRowBounds(i, float(problem.row_lower[i]), 0.99 * limit)
        problem.highs.run()
        resolves.append(time.perf_counter() - start)
        problem.highs.changeRowBounds(i, float(problem.row_lower[i]), limit)
        start = time.perf_counter()
        slopes.gain({i: 1.0})
        slopes.loss({i: 1.0})
        prices.append(time.perf_counter() - start)
    return Taken(statistics.median(resolves), statistics.median(prices), setting_up, len(chosen))


def main(case: Path) -> int:
    one = lp.from_pyomo(model.build(sc.load(case)))
    worst = 0.0
    for count in (1, 4, 16):
        problem = copies(one, count)
        taken = measured(problem)
        ratio = taken.price / taken.resolve
        worst = max(worst, ratio)
        say(
            f"{count:2d} x: {problem.shape[0]} rows, {problem.shape[1]} columns: a two-sided price takes {ratio:.2f}"
            f" warm re-solves ({taken.rows} rows; here {1e3 * taken.price:.1f} ms and {1e3 * taken.resolve:.1f} ms;"
            f" setting up, once, {taken.setting_up / taken.resolve:.1f} re-solves)"
        )
    say(f"  at most {ALLOWED:g}: {'yes' if worst <= ALLOWED else 'NO'}")
    return 0 if worst <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "inputs" / "base"))
