"""The study of uncertainty that is kept beside a case: probabilities and quantiles, no draws."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from supplychain.errors import InputError
from supplychain.results.answer import Answer
from supplychain.results.read import SUMMARY, read_answer

if TYPE_CHECKING:
    from supplychain.case import Case

FOLDER: Final = "uncertainty"
"""The folder of a case in which its study is kept."""

_LEFT_OUT: Final = ("draws", "changes")
"""Tables that are not kept: a study beside a case is small."""


@dataclass(frozen=True)
class Known:
    """The study of a case, if there is one of the same inputs, and else why not, in a sentence."""

    study: Answer | None
    note: str = ""


def attach_to(case_folder: str | Path, study: Answer) -> None:
    """Keep a study beside its case, in place of one that is there.

    Raises: OutputError if it cannot be written.
    """
    tables = {name: table for name, table in study.tables.items() if name not in _LEFT_OUT}
    Answer(study.summary, tables, kind="uncertainty").write(Path(case_folder) / FOLDER)


def known_study(case: Case, folder: str | Path | None, beside: str | Path | None = None) -> Known:
    """Return the study of a case that a folder holds, else the one that is kept beside the case.

    Raises: InputError if a folder is given and holds no study.
    """
    given = folder is not None
    path = Path(folder) if folder is not None else Path(beside or "") / FOLDER
    if not given and (beside is None or not (path / SUMMARY).is_file()):
        return Known(None)
    try:
        study = read_answer(path, "uncertainty")
    except InputError:
        if given:
            raise
        return Known(None, f"{path} cannot be read as a study of uncertainty, and is left out")
    if study.summary["inputs_sha256"] != case.sha256:
        return Known(None, f"The study in {path} is of other inputs, and is left out")
    return Known(study)
