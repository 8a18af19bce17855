"""The folder of an answer, read back: the one reader of what `supplychain … --out DIR` writes.

Columns that the schema does not know are kept, and tables that it does not know are left out. A table or a column that
is missing, and every cell that cannot be read, is told in one message.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.datapackage import FILE as PACKAGE
from supplychain.errors import InputError, Problem
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.results.schema import SUMMARIES, TABLES
from supplychain.results.write import DIGITS
from supplychain.staging import read_together
from supplychain.tabular import did_you_mean, file_text, rows_from

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from supplychain.results.schema import Kind
    from supplychain.schema import TableSchema
    from supplychain.staging import View

    Lines = list[tuple[int, list[str]]]

SUMMARY = "summary.json"
FOLDER = "tables"

_HEADER = 1
"""Rows above the first one, as a spreadsheet counts."""


def read_answer(folder: str | Path, kind: Kind = "solve", tables: Collection[str] | None = None) -> Answer:
    """Read an answer that `supplychain KIND CASE --out DIR` wrote; of its tables those that are needed, else all.

    Those that are there where there is a cause, as `changes`, are read where they are.

    Returns: tables with the types of the schema; columns that the schema does not know follow its own.
    Raises: InputError if there is no such answer, or it cannot be read.
    """
    path, place = Path(folder), str(folder)
    if not path.is_dir():
        fault = f"there is no such folder; give one that {_command(kind)} wrote"
        raise InputError(place, [Problem("the answer", 0, "", fault)])
    try:
        return read_together(path, lambda view: _read(view, place, kind, tables))
    except OSError as error:
        raise InputError(place, [Problem("the answer", 0, "", f"cannot be read ({error.strerror})")]) from error


def _read(view: View, place: str, kind: Kind, tables: Collection[str] | None) -> Answer:
    """Read an answer from files that were written together.

    Raises: InputError.
    """
    summary = _summary(view, place, kind)
    needed = {table.name for table in TABLES[kind] if table.required} if tables is None else {*tables}
    table_schemas = [table for table in TABLES[kind] if table.name in needed or not table.required]
    present = _present(view)
    absent = [table.name for table in table_schemas if table.name in needed - present]
    if absent:
        fault = f"has no {', '.join(absent)}; give a folder that {_command(kind)} writes"
        raise InputError(place, [Problem(FOLDER, 0, "", fault)])
    frames: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    missing: list[str] = []
    for table in table_schemas:
        if table.name in present:
            frames[table.name], faults, without = _table(view.path(f"{FOLDER}/{table.file}"), table)
            problems += faults
            missing += [f"{table.name}.{column}" for column in without]
    if missing:
        written_by = summary.get("versions", {}).get("supplychain")
        version = f" (it is of supplychain {written_by})" if written_by else ""
        fault = f"has no column {', '.join(missing)}{version}; {_rerun(kind)}"
        raise InputError(place, [Problem(FOLDER, 0, "", fault)])
    if problems:
        raise InputError(place, [*problems, Problem("the answer", 0, "", f"is what {_command(kind)} writes")])
    return Answer(summary, frames, kind=kind)


def check_inputs(folder: str | Path, answer: Answer, inputs_sha256: Mapping[str, str]) -> None:
    """Refuse an answer of a case whose inputs were others than those with these digests.

    Raises: InputError, which names the inputs that differ.
    """
    answered = answer.summary["inputs_sha256"]
    if answered != inputs_sha256:
        other = sorted(name for name in {*answered, *inputs_sha256} if answered.get(name) != inputs_sha256.get(name))
        fault = f"is of other inputs: {', '.join(other)} differ; {_rerun(answer.kind)}"
        raise InputError(str(folder), [Problem(SUMMARY, 0, "", fault)])


def _command(kind: Kind) -> str:
    return f"`supplychain {_WRITTEN_BY.get(kind, f'{kind} CASE')} --out DIR`"


def _rerun(kind: Kind) -> str:
    return f"run `supplychain {_WRITTEN_BY.get(kind, kind).partition(' ')[0]}` again for this case, with --out"


_WRITTEN_BY: dict[Kind, str] = {"serve": "seek CASE --serve REQUIREMENT", "capital": "seek CASE --capital USD"}
"""What writes an answer of a kind that is no command's name."""


def _summary(view: View, place: str, kind: Kind) -> dict[str, Any]:
    """Return what the summary says.

    Raises: InputError if it is none of its kind.
    """
    text, problems = file_text(view.path(SUMMARY))
    if problems:
        hint = Problem("the answer", 0, "", f"is what {_command(kind)} writes")
        raise InputError(place, [*problems, hint])
    try:
        summary = json.loads(text)
    except ValueError as error:
        raise InputError(place, [Problem(SUMMARY, 0, "", f"is not valid JSON: {error}")]) from error
    known: dict[str, Any] = summary if isinstance(summary, dict) else {}
    facts = [fact for fact in SUMMARIES[kind] if fact.known_by]
    wrong = [fact.name for fact in facts if not isinstance(known.get(fact.name), fact.type)]
    if not wrong and kind == "solve" and not (known["years"] and all(isinstance(t, int) for t in known["years"])):
        wrong = ["years"]
    if wrong:
        fault = f"is missing, or not what an answer has there; give a folder that {_command(kind)} writes"
        raise InputError(place, [Problem(SUMMARY, 0, name, fault) for name in wrong])
    return known


def _present(view: View) -> set[str]:
    """Return the tables of an answer: those that its package lists, or, where there is none, all files."""
    files = {name.removesuffix(".csv") for name in view.names(FOLDER, ".csv")}
    text, problems = file_text(view.path(PACKAGE))
    if problems:
        return files
    try:
        return files & {str(resource["name"]) for resource in json.loads(text)["resources"]}
    except (ValueError, TypeError, KeyError):
        return files


def _table(path: Path, table: TableSchema) -> tuple[pd.DataFrame, Sequence[Problem], list[str]]:
    """Return a table, every fault of its cells, and the columns that it lacks."""
    text, problems = file_text(path)
    if problems:
        return frame(table, []), problems, []
    try:
        lines = list(enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1))
    except csv.Error as error:
        return frame(table, []), [Problem(table.file, 0, "", f"is not valid CSV ({error})")], []
    header = lines[0][1] if lines else []
    names = [column.name for column in table.columns]
    lacking = [
        column.name
        for column in table.columns
        if column.name not in header and not (column.added or column.where_needed)
    ]
    if lacking:
        unknown = [name for name in header if name not in names]
        return frame(table, []), [], [f"{name}{did_you_mean(name, unknown)}" for name in lacking]
    ragged = [n for n, cells in lines if len(cells) != len(header)]
    if ragged:
        fault = f"must have {len(header)} cells, as the header has"
        return frame(table, []), [Problem(table.file, n, "", fault) for n in ragged], []
    places = [header.index(name) for name in names if name in header]
    rows, faults = rows_from(table.file, _columns(lines, places), replace(table, required=False))
    faults += _repeated_keys(table, rows.rows)
    if faults:
        return frame(table, []), faults, []
    typed = frame(table, rows.rows)
    mixed = {
        column.name: typed[column.name].map(_number_or_text).astype(object)
        for column in table.columns
        if column.type == "any"
    }
    others = [n for n in range(len(header)) if n not in places]
    return pd.concat([typed.assign(**mixed), _unknown(_columns(lines, others))], axis=1), [], []


def _columns(lines: Lines, places: Sequence[int]) -> Lines:
    return [(number, [cells[n] for n in places]) for number, cells in lines]


def _repeated_keys(table: TableSchema, rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return the keys that stand twice."""
    first: dict[tuple[object, ...], int] = {}
    problems = []
    for number, row in enumerate(rows if table.key else (), 1 + _HEADER):
        before = first.setdefault(tuple(row[name] for name in table.key), number)
        if before != number:
            problems.append(Problem(table.file, number, "", f"has the key of row {before}; a key may stand once"))
    return problems


def _unknown(lines: Lines) -> pd.DataFrame:
    """Return columns that the schema does not know."""
    (_, header), *rows = lines
    return pd.DataFrame({name: _as_numbers([cells[n] for _, cells in rows]) for n, name in enumerate(header)})


def _number_or_text(cell: str | None) -> float | str | None:
    """Return a cell as a number if that is how the number is written: 0012 is a name, and so is nan."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        return cell
    return value if value == value and DIGITS % value == cell else cell  # noqa: PLR0124 - nan


def _as_numbers(cells: list[Any]) -> pd.Series:
    """Return cells as numbers if they are nothing but numbers and blanks, else as they are."""
    values = pd.Series(cells, dtype=object).replace("", None)
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers if numbers.notna().equals(values.notna()) else values
