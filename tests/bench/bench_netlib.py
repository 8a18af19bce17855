"""Every LP of a folder solved, certified and asked for prices; the prices compared with finite moves of the limits.

    python tests/bench/bench_netlib.py [FOLDER] [--only NAME ...] [--rows 20] [--seconds 300] [--seed 0]

FOLDER holds LPs as `.mps`, also compressed (`.gz`, `.bz2`, `.xz`, or all of them in one `.zip`); without it, it is the
Netlib LPs of `tests/published/netlib`. The code of another checkout is tried with `PYTHONPATH=CHECKOUT`. Each LP has a
process of its own, which is ended after so many seconds; what it had answered by then counts.

An LP is one line: its optimum beside the published one (`optima.csv`, where it has a line there) and beside HiGHS's
own, as shares of it; the residuals of its certificate; how many of the rows asked, one by one, were answered; how many
prices (two a row) are the slope of the objective as a new solver finds it, are not, or are too small to tell. Half of
the rows have a price in HiGHS's own answer.

Exits with 1 if an LP is refused or not finished, an optimum or a price is wrong, or a certificate is above the bound.
A row that is refused is counted, with what was said, and is no failure.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import gzip
import json
import lzma
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from supplychain import lp
from supplychain.errors import SupplychainError
from supplychain.tolerances import CERTIFIED

PUBLISHED = Path(__file__).parents[1] / "published" / "netlib"
OPTIMA, ARCHIVE = PUBLISHED / "optima.csv", PUBLISHED / "netlib.zip"
OPENED = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}

SAME_OPTIMUM = 1e-9
"""Share of an optimum by which HiGHS's own may differ."""

GOAL = 1e-9
"""Residuals above this are named at the end."""

SAME_PRICE = 1e-5
"""Share of a price by which the slope may differ."""

NOISE = 1e-13
"""Share of the terms of an optimum below which a difference of two is rounding."""

CHANGES = tuple(10.0**-n for n in range(4, 9))
"""How much moves should change, as shares of the terms of an optimum: with the last, SAME_PRICE is just told."""

STEP, LEAST = 1e-3, 1e-6
"""First move where a price says that nothing changes, or that nothing is feasible, and the least move of all, as shares
of a limit (of 1 if it is less): a thousand times what a solver may leave."""


VERDICTS = {"right": "right", "wrong": "wrong", "small": "too small to tell"}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# One LP, in a process of its own: what it finds it says at once, one JSON value a line.


class Bare:
    """The LP as HiGHS itself reads it, and every move of a limit in a new solver."""

    def __init__(self, path: Path) -> None:
        highs = self._new()
        highs.readModel(str(path))
        self._lp = highs.getLp()
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            highs = self._fresh(solver="ipx")
            highs.run()
        self.status = highs.getModelStatus()
        self.optimum = float(highs.getInfo().objective_function_value)
        self.sign = -1.0 if self._lp.sense_ == highspy.ObjSense.kMaximize else 1.0
        self.lower, self.upper = np.array(self._lp.row_lower_), np.array(self._lp.row_upper_)
        self.dual = np.array(highs.getSolution().row_dual)
        self.size = float(np.abs(np.array(self._lp.col_cost_) * np.array(highs.getSolution().col_value)).sum())
        self._basis = highs.getBasis()

    @staticmethod
    def _new() -> Any:  # noqa: ANN401 - HiGHS ships no types
        highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 11)):
            highs.setOptionValue(option, value)
        for which in ("primal", "dual"):
            highs.setOptionValue(f"{which}_feasibility_tolerance", 1e-9)
        return highs

    def _fresh(self, solver: str = "choose") -> Any:  # noqa: ANN401 - HiGHS ships no types
        highs = self._new()
        highs.setOptionValue("solver", solver)
        highs.passModel(self._lp)
        return highs

    def moved(self, row: int, by: float, *, cold: bool = False) -> float:
        """Return the cost after relaxing a row, by interior point if cold; infinite if infeasible, NaN if not known."""
        lower, upper = self.lower[row], self.upper[row]
        low, high = (lower + by, upper + by) if lower == upper else (lower - by, upper + by)
        if low > high:
            return math.inf
        for solver in ("ipx", "simplex") if cold else ("simplex", "ipx"):
            highs = self._fresh(solver)
            if solver == "simplex" and not cold:
                highs.setBasis(self._basis)
            highs.changeRowBounds(row, low, high)
            highs.run()
            status = highs.getModelStatus()
            if status == highspy.HighsModelStatus.kOptimal:
                return self.sign * float(highs.getInfo().objective_function_value)
            if status == highspy.HighsModelStatus.kInfeasible:
                return math.inf
        return math.nan

    def judged(self, row: int, price: float, side: float) -> tuple[str, str]:
        """Return whether a gain (side +1) or a loss (-1) is right, wrong or too small to tell, and what was seen.

        The cost is convex in the move. So a gain is never less than what a move brings, per unit, nor a loss more than
        what it costs, and both are met by moves that are small enough: each is smaller than the one before, until the
        price is met. It is wrong if a move contradicts it, or if two moves in turn lie on one line with no move at all.
        """
        unit = max([1.0, *(abs(limit) for limit in (self.lower[row], self.upper[row]) if math.isfinite(limit))])
        least = LEAST * unit
        if math.isinf(price):
            seen = [(step, self._worth(row, side, step)) for step in (STEP * unit, least)]
            if math.isinf(seen[0][1]):
                return "right", _shown(seen)
            return "wrong" if math.isfinite(seen[0][1]) else "small", _shown(seen)
        is_zero = abs(price) * STEP * unit <= NOISE * self.size
        steps = [STEP * unit] if is_zero else [share * self.size / abs(price) for share in CHANGES]
        seen = []
        for step in [*(step for step in steps if step > least), least]:
            seen.append((step, self._worth(row, side, step)))
            expected = price * step
            if abs(seen[-1][1] - expected) <= SAME_PRICE * abs(expected) + NOISE * self.size:
                if is_zero or SAME_PRICE * abs(expected) >= 0.9 * NOISE * self.size:
                    return "right", _shown(seen)
                break
        for n, (step, moved) in enumerate(seen):
            far = 2 * (SAME_PRICE * abs(price) * step + NOISE * self.size)
            straight = n and abs(_at_zero(seen[n - 1], seen[n])) <= 2 * NOISE * self.size
            contradicts = side * (moved - price * step) > far or (straight and abs(moved - price * step) > far)
            if contradicts and abs(self._worth(row, side, step, cold=True) - price * step) > far:
                return "wrong", _shown(seen)
        return "small", _shown(seen)

    def _worth(self, row: int, side: float, step: float, *, cold: bool = False) -> float:
        """Return what relaxing a row by a step brings (side +1), or what tightening it costs (-1)."""
        return side * (self.sign * self.optimum - self.moved(row, side * step, cold=cold))


def _at_zero(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return what no move would bring on the line through two: nothing, unless there is a breakpoint between."""
    slope = (one[1] - other[1]) / (one[0] - other[0])
    return other[1] - slope * other[0]


def _shown(seen: list[tuple[float, float]]) -> str:
    return ", ".join(f"{moved / step:.8g} at {step:g}" for step, moved in seen)


def one(path: Path, count: int, seed: int) -> None:
    """Solve an LP, ask for prices, and check them."""
    bare = Bare(path)
    say(json.dumps({"bare": bare.optimum, "status": str(bare.status).rpartition(".k")[2]}))
    started = time.perf_counter()
    problem = lp.read(path)
    try:
        answer = lp.solve(problem)
    except SupplychainError as error:
        say(json.dumps({"shape": problem.shape, "refused": _said(error), "seconds": time.perf_counter() - started}))
    else:
        proof = answer.certificate
        residuals = (proof.primal_residual_scaled, proof.dual_residual_scaled, proof.duality_gap_relative)
        found = {"shape": problem.shape, "objective": answer.objective, "residuals": residuals}
        say(json.dumps(found | {"seconds": time.perf_counter() - started}))
    draw = random.Random(f"{seed} {path.name.partition('.mps')[0]}")
    labels = list(problem.row)
    priced = [label for label in labels if abs(bare.dual[problem.row[label]]) > 1e-9]
    chosen = draw.sample(priced, min(count // 2, len(priced)))
    others = sorted(set(labels) - set(chosen), key=labels.index)
    chosen += draw.sample(others, min(count - len(chosen), len(others)))
    for label in chosen:
        started = time.perf_counter()
        try:
            gain, loss = lp.two_sided_prices(problem, [label]).to_numpy()[0].tolist()
            said = "" if not math.isnan(gain + loss) or math.isinf(gain) else "not a number"
        except SupplychainError as error:
            gain, loss, said = math.nan, math.nan, _said(error)
        asked = {"row": label, "prices": (gain, loss), "said": said, "seconds": time.perf_counter() - started}
        if not said:
            asked["judged"] = [bare.judged(problem.row[label], p, side) for p, side in ((gain, +1.0), (loss, -1.0))]
        say(json.dumps(asked))


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


# All of them.


@dataclass
class Totals:
    """What is added up over all LPs."""

    lps: int = 0
    faults: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    refused: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    prices: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def published() -> dict[str, tuple[float, float]]:
    """Return the published optima, and the share by which each may be off."""
    with OPTIMA.open(encoding="utf-8", newline="") as file:
        return {row["name"]: (float(row["optimum"]), float(row["within"])) for row in csv.DictReader(file)}


def unpacked(place: Path, scratch: Path) -> dict[str, Path]:
    """Return where each LP of a folder, or of an archive, stands as plain MPS, by its name."""
    if place.suffix == ".zip":
        with zipfile.ZipFile(place) as archive:
            archive.extractall(scratch)
        place = scratch
    found = {}
    for path in sorted(place.iterdir()):
        name, is_mps, rest = path.name.partition(".mps")
        if not is_mps or rest not in {"", *OPENED}:
            continue
        found[name] = path
        if rest:
            found[name] = scratch / f"{name}.mps"
            with OPENED[rest](path, "rb") as packed, found[name].open("wb") as plain:
                shutil.copyfileobj(packed, plain)
    return found


def run(name: str, path: Path, given: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """Let a process of its own look at an LP; return what it said, and how it ended if not well."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        asked = [sys.executable, __file__, "--one", str(path), "--rows", str(given.rows), "--seed", str(given.seed)]
        try:
            code = subprocess.run(asked, stdout=out, stderr=err, timeout=given.seconds, check=False).returncode
            err.seek(0)
            last = (err.read().strip().splitlines() or [""])[-1]
            ended = f"{name}: ended with {code}: {last}" if code else ""
        except subprocess.TimeoutExpired:
            ended = f"{name}: not finished after {given.seconds:g} s"
        out.seek(0)
        lines = out.read().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")], ended


def apart(value: float, other: float) -> float:
    return abs(value - other) / max(1.0, abs(other))


def line_of(name: str, said: list[dict[str, Any]], known: dict[str, tuple[float, float]], totals: Totals) -> str:
    """Return an LP's line, and add it to the totals."""
    facts = {key: value for value in said[:2] for key, value in value.items()}
    rows = said[2:]
    shape = "{} x {}".format(*facts["shape"]) if "shape" in facts else "?"
    text = f"{name:10s} {shape:>13s}"
    if "objective" in facts:
        off = {"HiGHS's own": (apart(facts["objective"], facts["bare"]), SAME_OPTIMUM)}
        if name in known:
            optimum, within = known[name]
            off["the published"] = (apart(facts["objective"], optimum), within)
        totals.faults += [f"{name}: optimum {by:.1e} off {whose}" for whose, (by, most) in off.items() if by > most]
        worst = max(facts["residuals"])
        if not worst <= CERTIFIED:
            totals.faults.append(f"{name}: certified {worst:.1e} off")
        if not worst <= GOAL:
            totals.above.append(f"{name} {worst:.1e}")
        shown = f"{off['the published'][0]:8.1e}" if name in known else f"{'-':>8s}"
        text += f" {facts['objective']:17.10e} {shown} {off[next(iter(off))][0]:8.1e} |"
        text += "".join(f" {x:8.1e}" for x in facts["residuals"]) + f" | {facts['seconds']:6.2f} s"
    elif "refused" in facts:
        totals.faults.append(f"{name}: {facts['refused']}")
        text += f" REFUSED, where HiGHS itself says {facts['status']} {facts['bare']:.10e}"
    else:
        text += " no answer"
    refused = [row for row in rows if row["said"]]
    for row in refused:
        totals.refused.setdefault((name, row["said"]), []).append(str(row["row"]))
    judged: Counter[str] = Counter()
    for row in rows:
        for (verdict, seen), price, side in zip(row.get("judged", []), row["prices"], ("gain", "loss"), strict=False):
            judged[verdict] += 1
            if verdict == "wrong":
                totals.faults.append(f"{name} {row['row']}: {side} {price:.10g}, where a move brings {seen}")
    totals.prices += judged
    seconds = [row["seconds"] for row in rows]
    totals.seconds += seconds
    text += f" | {len(rows) - len(refused):2d} rows answered, {len(refused):2d} refused, {sum(seconds):6.2f} s"
    return f"{text} | " + ", ".join(f"{judged[verdict]:2d} {said}" for verdict, said in VERDICTS.items())


def main() -> int:
    """Look at all LPs; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ARCHIVE)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="Only these LPs.")
    parser.add_argument("--rows", type=int, default=20, help="How many rows of each are asked.")
    parser.add_argument("--seed", type=int, default=0, help="Which rows.")
    parser.add_argument("--seconds", type=float, default=300.0, help="How long each LP may take.")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        one(given.one, given.rows, given.seed)
        return 0
    totals, known = Totals(), published()
    say(f"HiGHS {highspy.Highs().version()}; certificates up to {CERTIFIED:g}")
    say("LP, rows x columns, optimum, off the published one, off HiGHS's own | primal, dual, gap | ...")
    with tempfile.TemporaryDirectory() as scratch:
        found = unpacked(given.folder, Path(scratch))
        for name, path in found.items():
            if given.only and name not in given.only:
                continue
            said, ended = run(name, path, given)
            totals.lps += 1
            totals.faults += [ended] if ended else []
            say(line_of(name, said, known, totals) + (" | NOT FINISHED" if ended else ""))
    refused = [f"{name} {' '.join(rows)}: {why}" for (name, why), rows in totals.refused.items()]
    asked, prices, count = len(totals.seconds), totals.prices, sum(map(len, totals.refused.values()))
    for title, number, lines in (
        (f"certificates above {GOAL:g}", len(totals.above), totals.above),
        ("rows refused", count, refused),
        ("wrong", len(totals.faults), totals.faults),
    ):
        say(f"\n{number} {title}" + "".join(f"\n  {line}" for line in lines))
    say(f"\n{totals.lps} LPs, {asked} rows asked in {sum(totals.seconds):.0f} s, {count} refused")
    shares = ", ".join(f"{prices[verdict]} {text}" for verdict, text in VERDICTS.items())
    say(f"{prices.total()} prices: {shares}")
    return 1 if totals.faults or not totals.lps else 0


if __name__ == "__main__":
    sys.exit(main())
