"""Answers beside each other on one screen: what binds, what is served, what it costs, and which changes did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.report.formats import number
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    from supplychain.study.compare import Comparison

_SHOWN = (
    ("Tokens served, 10^15", "served_ttok", 1e3),
    ("Cost of the year, bn USD", "cost_usd", 1e9),
    ("USD per 10^6 tokens, average", "average_usd_per_mtok", 1.0),
    ("H100 equivalents operating, M", "h100e_operating", 1e6),
    ("Capital, bn USD", "capital_usd", 1e9),
)


def differing(inputs: pd.DataFrame) -> str:
    """Return what the rows of `Comparison.inputs` are: inputs or, of answers without their case, tables of them."""
    tables = inputs["column"] == ""
    if not tables.any():
        return "Inputs"
    return "Tables of inputs" if tables.all() else "Inputs, or tables of them,"


def sections(found: Comparison) -> list[tuple[str, TextTable]]:
    """Return titles and tables: years across, answers down, changes against the first answer in per cent."""
    years = sorted(set(found.labels["year"].tolist()))
    made = [(f"What binds ({level})", _binding(found, level, years)) for level in ("stage", "group")]
    made += [(title, _values(found, quantity, unit, years)) for title, quantity, unit in _SHOWN]
    if len(found.attribution):
        title = "What each group of changes adds to the cost of a year, and to all that is discounted, bn USD"
        made.append((title, _parts(found, years)))
    return made


def text(found: Comparison) -> str:
    """Return a comparison as text for a terminal."""
    lines = [f"{differing(found.inputs)} that differ from {found.names[0]}: {len(found.inputs)}"]
    for title, table in sections(found):
        lines += ["", title, *table.text()]
    return "\n".join(lines)


def _header(years: list[int]) -> list[str]:
    return ["", *map(str, years)]


def _binding(found: Comparison, level: str, years: list[int]) -> TextTable:
    first, *others = found.names
    rows = {(r["answer"], r["year"]): r for r in records(found.labels) if r["level"] == level}
    known = {t: row["reference"] for (_, t), row in rows.items()}
    there = {at: "=" if row["same"] else row["label"] for at, row in rows.items()}
    reference = [first, *(known.get(t, "") for t in years)]
    cells = [[name, *(there.get((name, t), "") for t in years)] for name in others]
    return TextTable(_header(years), [reference, *cells])


def _values(found: Comparison, quantity: str, unit: float, years: list[int]) -> TextTable:
    first, *others = found.names
    asked = (r for r in records(found.results) if (r["quantity"], r["item"]) == (quantity, schema.ALL))
    rows = {(r["answer"], r["year"]): r for r in asked}
    known = {t: number(row["reference"] / unit) for (_, t), row in rows.items()}
    there = {at: _changed(row, unit) for at, row in rows.items()}
    cells = [[name, *(there.get((name, t), "") for t in years)] for name in others]
    reference = [first, *(known.get(t, "") for t in years)]
    return TextTable(_header(years), [reference, *cells], frozenset(range(1, len(years) + 1)))


def _changed(row: dict[str, Any], unit: float) -> str:
    value = number(row["value"] / unit)
    if not row["reference"]:
        return value
    return f"{value} ({round(100 * row['change'] / row['reference'], 1) + 0.0:+.1f} %)"


def _parts(found: Comparison, years: list[int]) -> TextTable:
    parts = {
        (r["answer"], r["group"], None if pd.isna(r["year"]) else r["year"]): r["usd"] / 1e9
        for r in records(found.attribution)
    }
    asked = [*years, None]
    groups = list(dict.fromkeys((answer, group) for answer, group, _ in parts))
    rows = [
        [f"{answer}: {group}", *(f"{round(parts[answer, group, t], 2) + 0.0:+,.2f}" for t in asked)]
        for answer, group in groups
    ]
    return TextTable([*_header(years), "discounted"], rows, frozenset(range(1, len(years) + 2)))
