"""The results of a study in one SQLite file: what was asked, and a row for each point, or draw, and year.

A batch of whole points is written in one transaction, so that whatever ends the study leaves whole points.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import pandas as pd

from supplychain.errors import InputError, OutputError, Problem
from supplychain.files import check_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

StoredRow: TypeAlias = "tuple[int | float | str, ...]"

_TYPES = {"int64": "INTEGER", "float64": "REAL", "str": "TEXT"}


@dataclass(frozen=True)
class Stored:
    """A kind of study whose results are stored: how messages call it, and what its store is compared by."""

    name: str
    key: str
    """The column that numbers its points."""
    meanings: Mapping[str, str]
    """What the store is compared by before a study goes on, and how messages call it."""


class Store:
    """Keeps results, in a file or in memory. Only the process that opened it writes to it."""

    def __init__(
        self,
        path: str | Path | None,
        study: Stored,
        columns: Mapping[str, str],
        meta: Mapping[str, Any],
        *,
        resume: bool,
    ) -> None:
        """Open a new file, or go on with one.

        Raises: OutputError if there is a file already and it is not to be gone on with, or it cannot be written.
        InputError if it is not of the same study; it says what differs.
        """
        self._path, self._study, self._columns = path, study, columns
        if path is not None:
            check_file(path)
            if Path(path).exists() and not resume:
                message = f"{path} exists already; go on with it (resume), or give another file"
                raise OutputError(message)
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                message = f"cannot write {path}: {error.strerror}"
                raise OutputError(message) from error
        with self._sqlite_errors(), ExitStack() as unless_begun:
            self._db = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
            unless_begun.callback(self._db.close)
            self._begin({key: json.dumps(value) for key, value in meta.items()})
            unless_begun.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def done(self) -> set[int]:
        """Return the points that are written."""
        with self._sqlite_errors():
            return {n for (n,) in self._db.execute(f"SELECT DISTINCT {self._study.key} FROM results")}  # noqa: S608 - ours

    def remarks(self) -> Counter[str]:
        """Return at how many points each remark was made on how they were solved."""
        with self._sqlite_errors():
            return Counter(remark for (remark,) in self._db.execute("SELECT remark FROM remarks"))

    def add(self, rows: Sequence[StoredRow], remarks: Mapping[int, str]) -> None:
        """Write the rows of whole points, all or none, and remarks on how points were solved."""
        with self._transaction():
            self._db.executemany(f"INSERT INTO results VALUES ({', '.join('?' * len(self._columns))})", rows)  # noqa: S608 - question marks
            self._db.executemany("INSERT OR IGNORE INTO remarks VALUES (?, ?)", remarks.items())

    def frame(self) -> pd.DataFrame:
        """Return all results, by point and year."""
        with self._sqlite_errors():
            rows = self._db.execute(f"SELECT * FROM results ORDER BY {self._study.key}, year").fetchall()  # noqa: S608 - ours
        return pd.DataFrame(rows, columns=list(self._columns)).astype(dict(self._columns))

    def _begin(self, meta: Mapping[str, str]) -> None:
        with self._sqlite_errors():
            tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            columns = ", ".join(f"{_quoted(name)} {_TYPES[kind]}" for name, kind in self._columns.items())
            with self._transaction():
                self._db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
                self._db.execute(f"CREATE TABLE results ({columns}, PRIMARY KEY ({self._study.key}, year))")
                self._db.execute(self._remarks)
                self._db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            return
        if not {"meta", "results"} <= tables:
            raise InputError(
                str(self._path), [Problem("the file", 0, "", f"is no store of a {self._study.name}; give another")]
            )
        with self._sqlite_errors():
            stored = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        problems = [
            Problem(what, 0, "", self._difference(key, stored.get(key, "null"), meta[key]))
            for key, what in self._study.meanings.items()
            if stored.get(key) != meta[key]
        ]
        if problems:
            place = f"{self._path}, which is of another {self._study.name}"
            raise InputError(place, problems)
        with self._transaction():
            self._db.execute(self._remarks)

    @property
    def _remarks(self) -> str:
        return f"CREATE TABLE IF NOT EXISTS remarks ({self._study.key} INTEGER PRIMARY KEY, remark TEXT)"

    def _difference(self, key: str, stored: str, wanted: str) -> str:
        """Return how what the store was begun with differs from what is wanted."""
        old, new = json.loads(stored), json.loads(wanted)
        name = self._study.name
        if isinstance(old, dict) and isinstance(new, dict):
            names = _listed(name for name in sorted({*old, *new}) if old.get(name) != new.get(name))
            if key == "versions":
                return f"was begun with other versions of {names}"
            return f"differs in {names} from what the {name} was begun with"
        if key.endswith("_sha256"):
            return f"are others than those that the {name} was begun with"
        if isinstance(new, list):
            return f"is {_listed(map(str, new))}; the {name} was begun with {_listed(map(str, old or []))}"
        return f"is {new}; the {name} was begun with {old}"

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._sqlite_errors(), ExitStack() as unless_done:
            self._db.execute("BEGIN IMMEDIATE")
            unless_done.callback(self._db.execute, "ROLLBACK")
            yield
            unless_done.pop_all()
            self._db.execute("COMMIT")

    @contextmanager
    def _sqlite_errors(self) -> Iterator[None]:
        """Say what SQLite complains of in our words."""
        try:
            yield
        except sqlite3.Error as error:
            message = f"cannot use {self._path} as the store of a {self._study.name}: {error}"
            raise OutputError(message) from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
