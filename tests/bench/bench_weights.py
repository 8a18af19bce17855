"""Whether draws of the back-cast that fit the past fit the next year, and how many of them weights by fit would leave.

`python tests/bench/bench_weights.py DIR`, DIR what `supplychain backcast inputs/backcast --draws 400 --out DIR` wrote.
Errors of a draw are those of independent comparisons in logs. Weights are likelihoods of normal errors in logs, as wide
as the published ranges, read as 80 %, and at least as wide as the first column says.
"""

from __future__ import annotations

import math
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from statistics import NormalDist, correlation, fmean, median

import numpy as np
import pandas as pd

from supplychain.results.frames import records
from supplychain.results.read import read_answer
from supplychain.study.scores import Published

LEAST_WIDTHS = (0.05, 0.1, 0.2, 0.4)


def main(folder: Path) -> None:
    """Print the correlation of errors, and the effective sample size of weights."""
    answer = read_answer(folder, "backcast")
    with closing(sqlite3.connect(folder / "draws.sqlite")) as db:
        draws = pd.read_sql_query("SELECT * FROM results WHERE status = 'optimal' ORDER BY draw, year", db)
    last = int(answer.bands["year"].max())
    errors: dict[bool, list[list[float]]] = {False: [], True: []}
    widths = []
    for row in records(answer.bands):
        if not row["independent"] or math.isnan(row["published"]):
            continue
        published = Published(row["low"], row["published"], row["high"])
        values = draws[draws["year"] == row["year"]][f"{row['quantity']}[{row['item']}]"]
        errors[row["year"] == last].append([published.log_error(x) for x in values])
        if row["year"] != last:
            widths.append(math.log(row["high"] / row["low"]) / 2 / NormalDist().inv_cdf(0.9))
    past, new = (np.abs(errors[is_last]) for is_last in (False, True))
    for name, mean in (("means", fmean), ("medians", median)):
        both = [[mean(column) for column in size.T.tolist()] for size in (past, new)]
        sys.stdout.write(f"errors before {last} and of {last}, {name} by draw: correlation {correlation(*both):.2f}\n")
    for least in LEAST_WIDTHS:
        scaled = past / np.maximum(widths, least)[:, None]
        weights = np.exp(-(scaled**2).sum(axis=0) / 2 + (scaled**2).sum(axis=0).min() / 2)
        effective = weights.sum() ** 2 / (weights**2).sum()
        sys.stdout.write(f"width {least:4.2f} at least: weights leave {effective:.1f} of {len(weights)} draws\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
