"""Tables as rows, and rows as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each as cells by column name."""
    return [{str(name): cell for name, cell in row.items()} for row in table.to_dict("records")]
