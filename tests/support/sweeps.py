"""What is varied of the case of two stages in series, and what a store of a sweep holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

WAFERS, POWER, PRICE = "capacity.capacity[stage=wafers]", "capacity.capacity[stage=power]", "capacity.price_usd"


def rows_of(store: Path) -> np.ndarray[Any, Any]:
    """Return how many rows each point of a store has."""
    with closing(sqlite3.connect(store)) as db:
        if not db.execute("SELECT * FROM sqlite_master").fetchall():
            return np.array([])
        return np.array(db.execute("SELECT COUNT(*) FROM results GROUP BY point").fetchall())
