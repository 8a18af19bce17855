"""Write an answer to a folder: whole, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplychain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

DIGITS = "%.12g"
"""Numbers are written with twelve significant digits: rounding of the solver stays behind them."""


def write(folder: str | Path, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write `summary.json` and `tables/*.csv`. Files of an earlier answer are replaced together; other files are kept.

    Raises: OutputError if the folder cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".writing-", dir=target))
        try:
            (fresh / "tables").mkdir()
            for name, table in tables.items():
                (fresh / "tables" / f"{name}.csv").write_text(csv(table), encoding="utf-8", newline="")
            (fresh / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
            old = fresh / "replaced"
            if (target / "tables").exists():
                (target / "tables").rename(old)
            (fresh / "tables").rename(target / "tables")
            (fresh / "summary.json").replace(target / "summary.json")
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        message = f"cannot write to {folder}: {error.strerror}"
        raise OutputError(message) from error


def csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text; blank where there is no value."""
    return table.to_csv(index=False, float_format=DIGITS, lineterminator="\n")
