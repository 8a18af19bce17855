"""What was found: by a solve, by a study, or read from the folder of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplychain.results.write import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from supplychain.results.schema import Kind


@dataclass(frozen=True, repr=False, eq=False)
class Answer:
    """What is said of it as a whole, and its tables by name: tidy, units in the column names.

    A table is an attribute, too: `answer.binding`. `supplychain.results.schema` and `docs/results.md` say what each
    holds.
    """

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    kind: Kind = field(default="solve", kw_only=True)
    """The command that writes it."""

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Return a table by its name."""
        tables: Mapping[str, pd.DataFrame] = self.__dict__.get("tables", {})
        if name not in tables:
            message = f"{type(self).__name__} has no attribute and no table {name!r}"
            raise AttributeError(message)
        return tables[name]

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.tables]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.summary.get('case', self.kind)!r}, {len(self.tables)} tables)"

    def write(self, folder: str | Path, *, parquet_too: bool = False) -> None:
        """Write `summary.json`, `tables/*.csv` and `datapackage.json` to a folder, whole or not at all.

        `parquet_too`: also `tables/*.parquet`, with the same digits.

        Raises: OutputError if the folder cannot be written, SetupError if pyarrow is asked for and not installed.
        """
        write(folder, self.kind, self.summary, self.tables, parquet_too=parquet_too)
