"""Say how much of `supplychain/` the suite has run, and fail where that is too little: `make check` ends with it.

Lines and branches have a limit each, which coverage's own `fail_under` takes together.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LEAST = {"lines": 95.0, "branches": 90.0}
"""Per cent."""
WORST = 10
"""How many of the files with most that never ran are named."""


def shares(summary: dict[str, Any]) -> dict[str, float]:
    """Return what was run of a file, or of all, in per cent."""
    return {
        "lines": _share(summary["covered_lines"], summary["num_statements"]),
        "branches": _share(summary["covered_branches"], summary["num_branches"]),
    }


def _share(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def missed(summary: dict[str, Any]) -> int:
    """Return how many lines and branches of a file never ran."""
    return int(summary["missing_lines"] + summary["missing_branches"])


def main(file: Path) -> int:
    measured = json.loads(file.read_text(encoding="utf-8"))
    print(f"Of these files most never ran, of {len(measured['files'])}: lines, branches")
    worst = sorted(measured["files"].items(), key=lambda item: (-missed(item[1]["summary"]), item[0]))[:WORST]
    for name, found in worst:
        of_file = shares(found["summary"])
        print(f"  {name:<40}{of_file['lines']:6.1f} %{of_file['branches']:8.1f} %   lines {_ranges(found)}")
    status = 0
    for what, share in shares(measured["totals"]).items():
        print(f"{share:.2f} % of {what} were run; at least {LEAST[what]:g} % must be")
        status |= share < LEAST[what]
    return status


def _ranges(found: dict[str, Any]) -> str:
    """Return the lines that never ran, those in a row as one, at most eight."""
    rows: list[list[int]] = []
    for line in found["missing_lines"]:
        if rows and line == rows[-1][-1] + 1:
            rows[-1].append(line)
        else:
            rows.append([line])
    said = [f"{row[0]}-{row[-1]}" if len(row) > 1 else str(row[0]) for row in rows]
    return ", ".join(said[:8]) + (", ..." if len(said) > 8 else "") or "all"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
