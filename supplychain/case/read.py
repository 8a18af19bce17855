"""From a folder of text to typed rows, with every fault on the way."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.errors import InputError, Problem
from supplychain.tabular import (
    LARGEST,
    Rows,
    Value,
    did_you_mean,
    file_text,
    in_range,
    read_cell,
    read_date,
    rows_of,
    shown,
    what_fits,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


CASE_FILE = "case.toml"
SCENARIOS = "scenarios"
"""The folder of a case's what-ifs."""
UNCERTAINTY = "uncertainty"
"""The folder in which a study of a case is kept beside it; it belongs to no case, and is no input."""


@dataclass(slots=True)
class FolderContents:
    """What was read, and every fault that was met."""

    settings: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Rows] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_folder(folder: Path) -> FolderContents:
    """Read `case.toml` and every table of a folder.

    Raises: InputError if there is no such folder or it cannot be listed.
    """
    names = _files(folder)
    contents = FolderContents()
    contents.settings, faults = _settings(folder / CASE_FILE) if CASE_FILE in names else ({}, [absent(CASE_FILE)])
    contents.problems += faults
    for table in schema.TABLES:
        rows, faults = _table(folder / table.file, table) if table.file in names else absent_table(table)
        contents.tables[table.name] = rows
        contents.problems += faults
    expected = [table.file for table in schema.TABLES]
    contents.problems += [
        Problem(name, 0, "", f"no table has this name; a case holds no other .csv files{did_you_mean(name, expected)}")
        for name in names
        if name.lower().endswith(".csv") and name not in expected
    ]
    return contents


def _files(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        fault = "there is no such folder"
    except NotADirectoryError:
        fault = "is a file; a case is a folder with case.toml and CSV tables"
    except OSError as error:
        fault = f"the folder cannot be read ({error.strerror})"
    raise InputError(str(folder), [Problem(folder.name, 0, "", fault)])


def absent(file: str) -> Problem:
    """Return the fault of a file that is not there."""
    return Problem(file, 0, "", "is missing; a case needs it")


def absent_table(table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    """Return no rows for a table that is not there, and a fault if a case needs it."""
    return Rows(table), [absent(table.file)] if table.required else []


def _settings(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    text, problems = file_text(path)
    if problems:
        return {}, problems
    if not text.strip():
        needed = ", ".join(column.name for column in schema.SETTINGS if not column.blank)
        return {}, [Problem(path.name, 0, "", f"is empty; needs {needed}")]
    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [Problem(path.name, 0, "", f"is not valid TOML: {error}")]
    except ValueError:  # from Python's int
        return {}, [Problem(path.name, 0, "", "has a number of thousands of digits; must be a number of its range")]
    return settings_of(path.name, flat(settings))


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `case.toml` holds with one name for each setting: `uncertainty.range_means` for one in a table."""
    one_level: dict[str, Any] = {}
    for name, value in settings.items():
        if name == schema.UNCERTAINTY and isinstance(value, dict):
            one_level |= {f"{name}.{inner}": x for inner, x in value.items()}
        else:
            one_level[name] = value
    return one_level


def settings_of(file: str, settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return every setting, defaults filled in, from those that are given; and every fault in them."""
    known = {column.name: column for column in schema.SETTINGS}
    problems = [
        Problem(file, 0, name, _unknown_setting(name, value, known))
        for name, value in settings.items()
        if name not in known
    ]
    values: dict[str, Any] = {}
    for column in schema.SETTINGS:
        if column.name in settings:
            values[column.name], fault = _setting(column, settings[column.name])
        else:
            values[column.name] = column.default
            fault = "" if column.blank else f"is missing; give {what_fits(column)}"
        if fault:
            problems.append(Problem(file, 0, column.name, fault))
    return values, problems


def _unknown_setting(name: str, value: object, known: Iterable[str]) -> str:
    """Return what is wrong with a setting whose name no setting has."""
    if name == schema.UNCERTAINTY:
        inside = [other.rpartition(".")[2] for other in known if other.startswith(f"{name}.")]
        return f"{shown(value)!r}; must be a table, [{name}] with {', '.join(inside)}"
    if (inner := name.removeprefix(f"{schema.UNCERTAINTY}.")) in known:
        return f"no setting has this name; {inner} must stand above [{schema.UNCERTAINTY}]"
    return f"no setting has this name{did_you_mean(name, known)}"


def _setting(column: schema.ColumnSchema, value: object) -> tuple[Value, str]:
    if isinstance(value, int) and abs(value) > LARGEST:
        return None, f"{shown(value)} is too large; must be {what_fits(column)}"
    if column.type == "text" and isinstance(value, str):
        return (value, "") if value.strip() and not column.choices else read_cell(column, value, blank=False)
    if column.type == "date" and isinstance(value, (str, date)):
        return read_date(column, str(value))
    if column.type == "integer" and isinstance(value, int) and not isinstance(value, bool):
        return in_range(column, value)
    if column.type == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return in_range(column, float(value))
    return None, f"{shown(value)!r}; must be {what_fits(column)}"


def _table(path: Path, table: schema.TableSchema) -> tuple[Rows, list[Problem]]:
    text, problems = file_text(path)
    return (Rows(table), problems) if problems else rows_of(path.name, text, table)
