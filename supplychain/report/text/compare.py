"""Answers beside each other on one screen: what binds, what is served, what it costs, and which changes did it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.report.formats import number, with_sign, with_sign_grouped
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


def sections(comparison: Comparison) -> list[tuple[str, TextTable]]:
    """Return titles and tables: years across, answers down, changes against the first answer in per cent."""
    years = sorted(set(comparison.labels["year"].tolist()))
    titled = [(f"What binds ({level})", _binding(comparison, level, years)) for level in ("stage", "group")]
    titled += [(title, _values(comparison, quantity, unit, years)) for title, quantity, unit in _SHOWN]
    if len(comparison.attribution):
        title = "What each group of changes adds to the cost of a year, and to all that is discounted, bn USD"
        titled.append((title, _attribution(comparison, years)))
    return titled


def values_by_answer(comparison: Comparison, quantity: str) -> dict[str, dict[int, float]]:
    """Return a quantity of all that is served by answer, the reference first, and year."""
    values: dict[str, dict[int, float]] = {name: {} for name in comparison.names}
    for row in records(comparison.results):
        if (row["quantity"], row["item"]) == (quantity, schema.ALL):
            values[comparison.names[0]][row["year"]] = row["reference"]
            values[row["answer"]][row["year"]] = row["value"]
    return values


def text(comparison: Comparison) -> str:
    """Return a comparison as text for a terminal."""
    lines = [f"{differing(comparison.inputs)} that differ from {comparison.names[0]}: {len(comparison.inputs)}"]
    for title, table in sections(comparison):
        lines += ["", title, *table.text()]
    return "\n".join(lines)


def _header(years: list[int]) -> list[str]:
    return ["", *map(str, years)]


def _binding(comparison: Comparison, level: str, years: list[int]) -> TextTable:
    first, *others = comparison.names
    rows = {(r["answer"], r["year"]): r for r in records(comparison.labels) if r["level"] == level}
    known = {t: row["reference"] for (_, t), row in rows.items()}
    labels = {key: "=" if row["same"] else row["label"] for key, row in rows.items()}
    reference = [first, *(known.get(t, "") for t in years)]
    cells = [[name, *(labels.get((name, t), "") for t in years)] for name in others]
    return TextTable(_header(years), [reference, *cells])


def _values(comparison: Comparison, quantity: str, unit: float, years: list[int]) -> TextTable:
    first, *others = comparison.names
    of_quantity = (r for r in records(comparison.results) if (r["quantity"], r["item"]) == (quantity, schema.ALL))
    rows = {(r["answer"], r["year"]): r for r in of_quantity}
    references = {t: number(row["reference"] / unit) for (_, t), row in rows.items()}
    values = {key: _changed(row, unit) for key, row in rows.items()}
    cells = [[name, *(values.get((name, t), "") for t in years)] for name in others]
    reference = [first, *(references.get(t, "") for t in years)]
    return TextTable(_header(years), [reference, *cells], frozenset(range(1, len(years) + 1)))


def _changed(row: dict[str, Any], unit: float) -> str:
    value = number(row["value"] / unit)
    if not row["reference"]:
        return value
    return f"{value} ({with_sign(100 * row['change'] / row['reference'])} %)"


def _attribution(comparison: Comparison, years: list[int]) -> TextTable:
    parts = {
        (r["answer"], r["group"], None if pd.isna(r["year"]) else r["year"]): r["usd"] / 1e9
        for r in records(comparison.attribution)
    }
    columns = [*years, None]
    groups = list(dict.fromkeys((answer, group) for answer, group, _ in parts))
    rows = [
        [f"{answer}: {group}", *(with_sign_grouped(parts[answer, group, t], 2) for t in columns)]
        for answer, group in groups
    ]
    return TextTable([*_header(years), "discounted"], rows, frozenset(range(1, len(years) + 2)))
