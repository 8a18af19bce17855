"""What a study wrote to a folder, read back, and whether it belongs to a case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.case import Case

_SUMMARY = "summary.json"

_WRITTEN: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "sensitivity": (
        {
            "tornado": ("input", "evidence", "cost_usd_per_mtok_low", "cost_usd_per_mtok_high", "labels_changed"),
            "labels": ("year", "level", "label", "keeps", "moves", "others"),
            "weak": ("input", "evidence", "labels_changed"),
        },
        ("cost_usd_per_mtok", "inputs_sha256"),
    ),
    "backcast": (
        {
            "comparisons": ("quantity", "year", "item", "model", "low", "central", "high", "inside", "independent"),
            "labels": ("year", "level", "label", "said", "keeps", "moves", "press", "agrees"),
        },
        ("score", "inputs_sha256"),
    ),
}
"""Of each study the tables with columns, and the parts of its summary, by which its folder is known."""


@dataclass(frozen=True)
class Found:
    """What a study found: its summary and its tables."""

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


def found(folder: str | Path, study: str, case: Case | None = None) -> Found:
    """Read what `supplychain STUDY CASE --out DIR` wrote; of `case`, if one is given, as it is now.

    Raises: InputError if the folder has no such answer, or if the case had other inputs then.
    """
    path = Path(folder)
    columns, keys = _WRITTEN[study]
    try:
        summary = json.loads((path / _SUMMARY).read_text(encoding="utf-8"))
        tables = {file.stem: pd.read_csv(file) for file in sorted((path / "tables").glob("*.csv"))}
    except (OSError, ValueError) as error:
        raise _refused(folder, _SUMMARY, f"cannot be read as the answer of an earlier run ({error})") from error
    made = f"`supplychain {study} CASE --out DIR` writes"
    missing = [key for key in keys if not isinstance(summary, dict) or key not in summary]
    if missing:
        raise _refused(folder, _SUMMARY, f"has no {', '.join(missing)}; give a folder that {made}")
    absent = [
        f"{table} ({', '.join(without)})" if table in tables else table
        for table, names in columns.items()
        for without in [[name for name in names if table not in tables or name not in tables[table]]]
        if without
    ]
    if absent:
        raise _refused(folder, "tables", f"has no {', '.join(absent)}; give a folder that {made}")
    if case is not None and summary["inputs_sha256"] != case.sha256:
        then, now = summary["inputs_sha256"], case.sha256
        other = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
        fault = f"is of other inputs: {', '.join(other)} differ; run `supplychain {study}` again for this case"
        raise _refused(folder, _SUMMARY, fault)
    return Found(summary, tables)


def _refused(folder: str | Path, file: str, fault: str) -> InputError:
    return InputError(str(folder), [Problem(file, 0, "", fault)])
