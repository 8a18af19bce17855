"""Answers beside each other on one screen: what binds, what is served, what it costs, and which changes did it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report.formats import TOKENS, USD, number, unit_for, with_sign, with_sign_grouped
from supplychain.report.names import NO_STAGE, Names
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    from supplychain.study.compare import Comparison

_COUNTS = ((1e6, "million"), (1e3, "thousand"), (1.0, ""))

_SHOWN = (
    ("Cost of the year", "cost_usd", USD),
    ("Average cost", "average_usd_per_mtok", ((1.0, "USD per million tokens"),)),
    ("Tokens served", "served_ttok", TOKENS),
    ("H100 equivalents operating", "h100e_operating", _COUNTS),
    ("Capital spent", "capital_usd", USD),
)
"""What is shown: its title, the quantity, and its scales, of which each block has one."""

_NAME = 28
"""Characters of a stage."""


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
    for title, quantity, scales in _SHOWN:
        amounts = [x for by_year in values_by_answer(comparison, quantity).values() for x in by_year.values()]
        size, unit = unit_for((x for x in amounts if not math.isnan(x)), scales)
        titled.append((f"{title}, {unit}".rstrip(", "), _values(comparison, quantity, size, years)))
    if len(comparison.attribution):
        size, unit = unit_for(comparison.attribution["usd"].dropna(), USD)
        title = f"What each group of changes adds to the cost of a year, and to all cost, discounted; {unit}"
        titled.append((title, _attribution(comparison, years, size)))
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
    first = comparison.names[0]
    lines = [
        f"{differing(comparison.inputs)} that differ from {first}: {len(comparison.inputs)}",
        f"In brackets: the change from {first}. `=`: the same binds as in {first}.",
    ]
    for title, table in sections(comparison):
        lines += ["", title, *table.text()]
    return "\n".join(lines)


def _header(years: list[int]) -> list[str]:
    return ["", *map(str, years)]


def _binding(comparison: Comparison, level: str, years: list[int]) -> TextTable:
    first, *others = comparison.names
    rows = {(r["answer"], r["year"]): r for r in records(comparison.labels) if r["level"] == level}
    known = {t: _called(comparison, level, row["reference"]) for (_, t), row in rows.items()}
    labels = {key: "=" if row["same"] else _called(comparison, level, row["label"]) for key, row in rows.items()}
    reference = [first, *(known.get(t, "") for t in years)]
    cells = [[name, *(labels.get((name, t), "") for t in years)] for name in others]
    return TextTable(_header(years), [reference, *cells])


def _called(comparison: Comparison, level: str, label: str) -> str:
    """Return the label of a stage, if the comparison knows a case, or what stands in the table."""
    if label == DEMAND:
        return NO_STAGE
    return label if comparison.case is None or level != LEVELS[0] else Names(comparison.case).members(label, _NAME)


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


def _attribution(comparison: Comparison, years: list[int], size: float) -> TextTable:
    parts = {
        (r["answer"], r["group"], None if pd.isna(r["year"]) else r["year"]): r["usd"] / size
        for r in records(comparison.attribution)
    }
    columns = [*years, None]
    groups = list(dict.fromkeys((answer, group) for answer, group, _ in parts))
    rows = [
        [f"{answer}: {group}", *(with_sign_grouped(parts[answer, group, t], 2) for t in columns)]
        for answer, group in groups
    ]
    return TextTable([*_header(years), "discounted"], rows, frozenset(range(1, len(years) + 2)))
