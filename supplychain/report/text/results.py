"""The result reference: every table and column of an answer and of studies, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.results.schema import NOT_WRITTEN, SUMMARIES, TABLES
from supplychain.schema import OF_INPUT, OF_QUANTITY, OF_ROW

if TYPE_CHECKING:
    from supplychain.schema import ColumnSchema, TableSchema

_TITLES = {
    "solve": "An answer: `supplychain solve CASE --out DIR`",
    "compare": "Answers side by side: `supplychain compare … --out DIR`",
    "sensitivity": "What the answer hangs on: `supplychain sensitivity CASE --out DIR`",
    "near-optimal": "How far near-optimal plans differ: `supplychain near-optimal CASE --out DIR`",
    "backcast": "The past: `supplychain backcast CASE --out DIR`",
    "foresight": "Several foresights side by side: `supplychain foresight CASE --out DIR`",
    "seek": "What must change so that a condition holds: `supplychain seek CASE --out DIR`",
    "uncertainty": "How sure it is: `supplychain uncertainty CASE --out DIR`",
    "serve": "The cheapest way to serve more: `supplychain seek CASE --serve REQUIREMENT --out DIR`",
    "capital": "What so much capital buys: `supplychain seek CASE --capital USD --out DIR`",
    "scenarios": "All scenarios at a glance: `supplychain scenarios CASE --solve --out DIR`",
}

_INTRODUCTION = f"""\
# Results

A folder of results holds `summary.json`, a CSV file for each table under `tables/`, and `datapackage.json`, which says
the same of them as this page: it is a Frictionless data package. The page is generated from
`supplychain/results/schema.py`; headers and units of workbooks and of the report come from there, too.

Numbers have twelve significant digits. A blank cell has no value; `inf` is infinite. Units stand in the names of
columns; *{OF_ROW}* is that of the row's column `unit`, *{OF_QUANTITY}* and *{OF_INPUT}* are those of what the row
names. Years are those that are reported. Money is in USD of `currency_year`, undiscounted unless it says so.

`supplychain.read_answer(folder, kind)` reads a folder. It accepts columns that it does not know, and says in one
message what is missing."""


def reference() -> str:
    """Return the result reference."""
    parts = [_INTRODUCTION]
    for kind, tables in TABLES.items():
        parts += ["", f"## {_TITLES[kind]}", "", "| `summary.json` | meaning |", "|---|---|"]
        parts += [f"| `{fact.name}` | {fact.meaning} |" for fact in SUMMARIES[kind]]
        parts += [line for table in tables for line in _table(table)]
    parts += ["", "## Tables that are returned and shown, and not written to a folder"]
    parts += [line for table in NOT_WRITTEN for line in _table(table)]
    return "\n".join(parts) + "\n"


def _table(table: TableSchema) -> list[str]:
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    return [
        "",
        f"### `{table.name}`{'' if table.required else ' (where there is a cause)'}",
        "",
        f"{table.meaning}.{key}",
        "",
        "| column | type | unit | may be blank | label | meaning |",
        "|---|---|---|---|---|---|",
        *(_column(column) for column in table.columns),
    ]


def _column(column: ColumnSchema) -> str:
    kind = {"any": "number or text"}.get(column.type, column.type)
    blank = "yes" if column.blank else ""
    return f"| `{column.name}` | {kind} | {column.unit} | {blank} | {column.label} | {column.meaning} |"
