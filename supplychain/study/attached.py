"""The study of uncertainty that is kept beside a case: probabilities and quantiles, no draws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supplychain import schema
from supplychain.case.read import UNCERTAINTY
from supplychain.errors import InputError, OutputError, Problem
from supplychain.results.answer import Answer
from supplychain.results.read import SUMMARY, read_answer
from supplychain.results.write import csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from supplychain.case import Case

MOST: Final = 1_000_000
"""Bytes of a study that is kept."""

_LEFT_OUT: Final = ("draws", "near_optimal", "changes")
"""Tables that are not kept: a study beside a case is small."""

_RARE: Final = 0.01
"""Probability of a label that is not kept where the study would be too large."""

_BESIDE_TABLES: Final = 50_000
"""Bytes of a study that are not in its tables, at most."""

_COUNTS: Final = ("draws", "uncertain_numbers", "without_answer")
"""Facts that are shown of a study."""


@dataclass(frozen=True)
class Known:
    """The study of a case, if there is one of the same inputs, and else why not; and what makes one."""

    study: Answer | None = None
    note: str = ""
    """Why a study that is there is left out, as a clause; blank if none is there."""
    command: str = ""
    """What a study of the same inputs is made with."""


def attach_to(case_folder: str | Path, study: Answer) -> None:
    """Keep a study beside its case, in place of one that is there: whole or not at all.

    At most 1 MB: of a large case the use of single stages is left out, then what is rare.

    Raises: OutputError if it cannot be written.
    """
    tables = next((tables for tables in _smaller(study) if _size(tables) <= MOST - _BESIDE_TABLES), None)
    if tables is None:
        message = f"the study of {study.summary['case']} takes more than {MOST:,} bytes; keep it with --out"
        raise OutputError(message)
    Answer(study.summary, tables, kind="uncertainty").write(Path(case_folder) / UNCERTAINTY)


def _smaller(study: Answer) -> Iterator[Mapping[str, pd.DataFrame]]:
    """Yield the tables that are kept, with less and less in them."""
    tables = {name: table for name, table in study.tables.items() if name not in _LEFT_OUT}
    yield tables
    of_all = tables["distributions"]["item"] == schema.ALL
    tables = {**tables, "distributions": tables["distributions"][of_all]}
    yield tables
    labels = tables["binding_probability"]
    often = labels["central"] | (labels["probability"] >= _RARE)
    yield {**tables, "binding_probability": labels[often]}


def _size(tables: Mapping[str, pd.DataFrame]) -> int:
    return sum(len(csv(table).encode()) for table in tables.values())


def known_study(case: Case, folder: str | Path | None, beside: str | Path | None = None, command: str = "") -> Known:
    """Return the study of a case that a folder holds, else the one that is kept beside the case, in its folder.

    `command` is what makes one of the same inputs.

    Raises: InputError if a folder is given and holds no study.
    """
    path = Path(folder) if folder is not None else Path(beside or "") / UNCERTAINTY
    if folder is None and (beside is None or not (path / SUMMARY).is_file()):
        return Known(command=command)
    try:
        study = _read(path)
    except InputError:
        if folder is not None:
            raise
        return Known(note=f"{path} cannot be read as a study of uncertainty and is left out", command=command)
    if study.summary["inputs_sha256"] != case.sha256:
        return Known(note=f"the study in {path} is of other inputs and is left out", command=command)
    return Known(study, command=command)


def _read(path: Path) -> Answer:
    """Read a study that says what is shown of it.

    Raises: InputError.
    """
    study = read_answer(path, "uncertainty")
    missing = [name for name in _COUNTS if not isinstance(study.summary.get(name), int)]
    missing += ["inputs_sha256"] * (not isinstance(study.summary.get("inputs_sha256"), dict))
    if missing:
        fault = "is missing, or not what a study of uncertainty has there"
        raise InputError(str(path), [Problem(SUMMARY, 0, name, fault) for name in missing])
    return study
