"""Write an answer to a folder: whole, or not at all."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from supplychain.datapackage import FILE, package, resource
from supplychain.errors import SetupError
from supplychain.files import write_files
from supplychain.results.schema import table_of
from supplychain.tolerances import WRITTEN_DIGITS, WRITTEN_TIE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from supplychain.results.schema import Kind

DIGITS = f"%.{WRITTEN_DIGITS}g"
"""How numbers are written, after they are cut."""

_TIE_DIGITS = f"%.{WRITTEN_TIE_DIGITS}g"


def write(
    folder: str | Path,
    kind: Kind,
    summary: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    *,
    parquet_too: bool = False,
) -> None:
    """Write `summary.json`, `tables/*.csv` and `datapackage.json`, which lists and describes the tables.

    They replace those of an earlier answer together; other files are kept.

    `parquet_too`: also `tables/*.parquet`, with the same digits. Without, those of an earlier answer go.

    Raises: OutputError if the folder cannot be written, SetupError if pyarrow is asked for and not installed.
    """
    files = {}
    for name, table in tables.items():
        files[f"tables/{name}.csv"] = csv(table).encode()
        if parquet_too:
            files[f"tables/{name}.parquet"] = parquet(rounded(table))
    files["summary.json"] = (json.dumps(summary, indent=2) + "\n").encode()
    files[FILE] = data_package(kind, summary, tables).encode()
    write_files(folder, files, lambda: () if parquet_too else [f"tables/{name}.parquet" for name in tables])


def data_package(kind: Kind, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the `datapackage.json` of an answer: each of its tables as the schema has it."""
    case = str(summary.get("case", ""))
    resources = [
        resource(table_of(kind, name), [str(column) for column in table.columns], f"tables/{name}.csv")
        for name, table in tables.items()
    ]
    name = re.sub(r"[^a-z0-9._-]+", "-", f"{case}-{kind}".lower()).strip("-")
    return package(name, str(summary.get("title", case)) or name, resources)


def csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text; blank where there is no value."""
    columns = {name: table[name] for name in table.columns}
    mixed = {name: column.map(_written) for name, column in columns.items() if column.dtype == object}
    cut = {name: [_cut(x) for x in column] for name, column in columns.items() if column.dtype == float}
    return table.assign(**mixed, **cut).to_csv(index=False, float_format=DIGITS, lineterminator="\n")


def _cut(x: float) -> float:
    return float(_TIE_DIGITS % x)


def _written(cell: object) -> object:
    return (DIGITS % _cut(cell) if cell == cell else None) if isinstance(cell, float) else cell  # noqa: PLR0124 - nan


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numbers as they are written; a column of numbers and names holds text."""
    written = table.copy()
    for name in table.columns:
        kinds = {type(x) for x in table[name]}
        if kinds == {float}:
            written[name] = [float(DIGITS % _cut(x)) for x in table[name]]
        elif table[name].dtype == object and len(kinds) > 1:
            written[name] = [None if x is None else str(x) for x in table[name]]
    return written


def parquet(table: pd.DataFrame) -> bytes:
    """Return a table as a Parquet file, with its types and what `attrs` says of it.

    Raises: SetupError if pyarrow is not installed.
    """
    check_parquet()
    return table.to_parquet(engine="pyarrow", index=False)


def check_parquet() -> None:
    """Refuse, before any work is done, to write Parquet without pyarrow.

    Raises: SetupError.
    """
    try:
        import pyarrow as _  # noqa: F401, ICN001, PLC0415 - an extra
    except ImportError as error:
        message = "Parquet needs pyarrow, which is not installed: pip install 'supplychain[parquet]'"
        raise SetupError(message) from error
