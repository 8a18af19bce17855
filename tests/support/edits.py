"""Edits drawn at random, of any number of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.edits import editable

if TYPE_CHECKING:
    from random import Random

    import supplychain as sc
    from supplychain.lp import LabelledLP

FACTORS = ("= {x:.6g}", "*= {f:.3f}", "/= {f:.3f}", "+= {d:.6g}", "-= {d:.6g}", "{s}{p:.1f}%")
"""Operations on any number."""
TIMED = ("{s}{p:.1f}%..{s}{q:.1f}%", "delay 1")
"""Operations on what has years."""
TABLES = [table.name for table in schema.TABLES if editable(table)]
LIVES = (
    ("expansion", "lead_years"),
    ("suppliers", "capacity_life_years"),
    ("accelerators", "life_years"),
    ("stages", "cost_life_years"),
)
"""Lead times and lives."""


def drawn(case: sc.Case, table: schema.TableSchema, operation: str, random: Random) -> str:
    """Return an edit of a random column, in some rows or all."""
    rows = [row for row in case.tables[table.name] if "year" not in row or row["year"] in case.years]
    row = random.choice(rows)
    column = random.choice([name for name in editable(table) if row[name] is not None or operation.startswith("=")])
    now = row[column] or 1.0
    whole = table.column(column).type == "integer"
    if whole:
        words = {"x": now + 1, "f": 1, "d": 1, "p": 0, "q": 0, "s": "+"}
    else:
        words = {"x": now * random.uniform(0.5, 1.5), "f": random.choice((0.3, 0.8, 1.2, 2.5)), "d": now * 0.3}
        words |= {"s": random.choice("+-"), "p": random.uniform(1, 60), "q": random.uniform(1, 60)}
    keys = [name for name in table.key if name != "year"]
    most = len(keys) if operation != TIMED[0] or table.column(column).series else 0  # other rows stand for few years
    filters = [f'{name}="{row[name] or ""}"' for name in random.sample(keys, random.randint(0, most))]
    if "year" in table.key and operation not in TIMED and random.random() < 0.5:
        filters.append(f"year={row['year']}..")
    return f"{table.name}.{column}[{', '.join(filters)}] {operation.format(**words)}"


class DrawnEdits:
    """Edits of a case, one after the other."""

    def __init__(self, case: sc.Case, random: Random) -> None:
        self._case, self._random = case, random

    def one(self) -> str:
        """Return an edit of any number. IndexError if there is none of the table that was drawn."""
        table = schema.TABLE[self._random.choice([name for name in TABLES if self._case.tables[name]])]
        operations = (*FACTORS, *(TIMED if "year" in table.key else ()))
        return drawn(self._case, table, self._random.choice(operations), self._random)

    def life(self) -> str:
        """Return an edit of a lead time or a life. IndexError if there is none of the kind that was drawn."""
        name, column = self._random.choice(LIVES)
        table = schema.TABLE[name]
        row = self._random.choice([row for row in self._case.tables[name] if row[column] is not None])
        keys = self._random.sample(table.key, self._random.randint(0, len(table.key)))
        filters = ", ".join(f"{key}={row[key]}" if key == "year" else f'{key}="{row[key]}"' for key in keys)
        return f"{name}.{column}[{filters}] {self._random.choice(('+=', '-='))} {self._random.randint(1, 3)}"


def lp_by_name(lp: LabelledLP) -> dict[str, object]:
    """Return entries, limits, bounds and costs of an LP by the names of its rows and columns."""
    rows, columns = list(lp.row), list(lp.column)
    of_entry = zip(lp.indices.tolist(), lp.column_of_entry.tolist(), lp.entries.tolist(), strict=True)
    return {
        "entries": {(rows[i], columns[j]): entry for i, j, entry in of_entry},
        "rows": {row: (lp.row_lower[i], lp.row_upper[i]) for row, i in lp.row.items()},
        "columns": {column: (lp.column_lower[j], lp.column_upper[j], lp.cost[j]) for column, j in lp.column.items()},
    }
