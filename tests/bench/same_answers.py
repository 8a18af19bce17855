"""Whether two checkouts of this project give the same answers: `python tests/bench/same_answers.py BEFORE AFTER`.

Each checkout runs the same commands on the shipped cases of AFTER, with the same Python; the answers that stand in
`reports/` are compared as they stand. Every table, summary and text
is compared: a number is the same if its twelve digits as written are. What only AFTER has (a column, a key, a file) is
no difference; the versions in a summary, and columns that were renamed (`--renamed old=new`), are none either.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

SCENARIOS = ("grid_late", "behind_the_meter", "demand_late", "hbm_shortfall", "efficiency_stalls", "cowos_surge")

_LEFT_OUT = {"versions"}
_SHOWN = 10


def commands(root: Path) -> dict[str, list[str]]:
    """Return the arguments of each command, by the name of what it writes to; it runs where that is to be."""
    base, past, tiny = (str(root / "inputs" / name) for name in ("base", "backcast", "tiny"))
    answers = root / "reports" / "answers"
    studies = ["--sensitivity", str(answers / "sensitivity"), "--backcast", str(answers / "backcast")]
    found = {f"solve_{Path(case).name}": ["solve", case] for case in (base, past, tiny)}
    found |= {f"solve_{name}": ["solve", base, "--scenario", name] for name in SCENARIOS}
    locked = ["--orders-from", "solve_base", "--until", "2026"]
    found["regret"] = ["solve", base, "--scenario", "demand_late", *locked]
    found["compare"] = ["compare", base, *(x for name in SCENARIOS[:3] for x in ("--scenario", name))]
    found["compare_folders"] = ["compare", "solve_base", "solve_grid_late"]
    found["sensitivity_tiny"] = ["sensitivity", tiny, "--workers", "1"]
    found["sensitivity_locked_in"] = [
        *("sensitivity", tiny, "--workers", "1", "--orders-from", "solve_tiny", "--until", "2026"),
    ]
    found["scenarios"] = ["scenarios", base, "--solve", "--year", "2028", "--workers", "1"]
    found["report_tiny"] = ["report", tiny, "--reference", "solve_tiny", "--no-figures"]
    found["report_base"] = ["report", base, "--scenario", "grid_late", *studies, "--no-figures"]
    found = {name: [*arguments, "--out", name] for name, arguments in found.items()}
    axis = "capacity.capacity[stage=packaging]=50%:150%:5"
    found["sweep"] = ["sweep", tiny, "--vary", axis, "--workers", "1", "--out", "sweep.sqlite", "--csv", "sweep.csv"]
    for year in ("2026", "2028", "2030"):
        found[f"explain_{year}"] = ["explain", base, "--year", year]
    found["explain_past"] = ["explain", past, "--year", "2024"]
    found["explain_tiny"] = ["explain", tiny, "--year", "2026", "--stage", "packaging"]
    return found


def run(checkout: Path, root: Path, out: Path) -> None:
    """Run every command with the code of a checkout; what it prints is kept beside what it writes."""
    out.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    for name, arguments in commands(root).items():
        done = subprocess.run(
            [sys.executable, "-m", "supplychain", *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=out,
            check=False,
        )
        (out / f"{name}.txt").write_text(f"{done.returncode}\n{done.stdout}{done.stderr}", encoding="utf-8")


def numbers_of(page: str) -> Counter[str]:
    """Return the numbers of a page, as its marks have them, and how often each is there."""
    return Counter(_rounded(value) for value in re.findall(r'<data value="([^"]+)"', page))


def tables(path: Path, renamed: dict[str, str]) -> dict[str, list[str]]:
    """Return the cells of a CSV file by column."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {renamed.get(name, name): [_rounded(row[n]) for row in rows] for n, name in enumerate(header)}


def _rounded(cell: str) -> str:
    try:
        return f"{float(cell):.12g}"
    except ValueError:
        return cell


def facts(value: Any, at: str = "") -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return the leaves of a summary by their path."""
    if isinstance(value, dict):
        return {k: v for name, x in value.items() if name not in _LEFT_OUT for k, v in facts(x, f"{at}/{name}").items()}
    if isinstance(value, list):
        return {k: v for n, x in enumerate(value) for k, v in facts(x, f"{at}/{n}").items()}
    return {at: _rounded(str(value))}


def differences(before: Path, after: Path, renamed: dict[str, str]) -> list[str]:
    """Return what BEFORE has and AFTER has not, or has otherwise."""
    found = []
    for old in sorted(path for path in before.rglob("*") if path.is_file()):
        name = old.relative_to(before)
        new = after / name
        if not new.exists():
            found.append(f"{name}: is missing")
        elif old.suffix == ".csv":
            was, now = tables(old, renamed), tables(new, renamed)
            found += [
                f"{name}, {column}: {_first(was[column], now.get(column))}"
                for column in was
                if was[column] != now.get(column)
            ]
        elif old.suffix == ".json":
            was_facts, now_facts = (facts(json.loads(path.read_text(encoding="utf-8"))) for path in (old, new))
            found += [
                f"{name}, {at}: {x} -> {now_facts.get(at)}" for at, x in was_facts.items() if now_facts.get(at) != x
            ]
        elif old.suffix == ".html":
            fewer = numbers_of(old.read_text(encoding="utf-8")) - numbers_of(new.read_text(encoding="utf-8"))
            found += [f"{name}: {count} times less often {value}" for value, count in fewer.items()]
        elif old.suffix != ".sqlite":
            lines = [
                path.read_text(encoding="utf-8").replace(str(root), "").splitlines()
                for path, root in ((old, before), (new, after))
            ]
            if lines[0] != lines[1]:
                found.append(f"{name}: {_first(*lines)}")
    return found


def _first(was: list[str], now: list[str] | None) -> str:
    if now is None:
        return "is missing"
    pairs = [(one, other) for one, other in zip(was, now, strict=False) if one != other]
    if not pairs:
        return f"{len(was)} rows -> {len(now)}"
    return f"{pairs[0][0]!r} -> {pairs[0][1]!r}, and {len(pairs) - 1} more"


def main() -> None:
    """Compare; exit with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--keep", type=Path, help="Keep the outputs there; those of BEFORE are used again.")
    parser.add_argument("--renamed", action="append", default=[], metavar="OLD=NEW")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        place = given.keep or Path(scratch)
        for name, checkout in (("before", given.before), ("after", given.after)):
            if name == "after" or not (place / name).exists():
                run(checkout.resolve(), given.after.resolve(), place.resolve() / name)
        found = differences(place / "before", place / "after", dict(one.split("=") for one in given.renamed))
        count = sum(path.is_file() for path in (place / "before").rglob("*"))
        shipped = [checkout / "reports" / "answers" for checkout in (given.before, given.after)]
        found += differences(*shipped, {})
        count += sum(path.is_file() for path in shipped[0].rglob("*"))
    sys.stdout.write("\n".join(found) + f"\n{len(found)} differences in {count} files\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
