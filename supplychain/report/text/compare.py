"""Answers beside each other on one screen: net benefit, what is served and paid, what binds, which changes did it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report.formats import (
    COUNTS,
    TOKENS,
    USD,
    number,
    signed_number,
    unit_for,
    with_sign,
    with_sign_grouped,
)
from supplychain.report.names import NO_STAGE, TOTALS, Names, in_words
from supplychain.report.text import paired
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.study.attribution import NET_BENEFIT, OBJECTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.compare import Comparison

_VALUE_AND_COST = (
    ("Value of the tokens served", "token_value_usd", USD),
    ("Cost of the year", "cost_usd", USD),
)
_RESEARCH = ("Research done, H100-equivalent years", "served_h100e_years", COUNTS)
_OTHERS = (
    ("Average cost", "average_usd_per_mtok", ((1.0, "USD per million tokens"),)),
    ("H100 equivalents operating", "h100e_operating", COUNTS),
    ("Capital spent", "capital_usd", USD),
)
_BOOKS = (
    ("Revenue", "revenue_usd", USD),
    ("Gross margin", "gross_margin_of_revenue", ((0.01, "% of revenue"),)),
    ("Operating result", "operating_usd", USD),
    ("Cash at the end of the year", "cash_usd", USD),
    ("Missing: promised by nobody", "gap_usd", USD),
    ("Owed to suppliers and not used", "unused_usd", USD),
)
"""What is shown: its title, the quantity, and its scales, of which each block has one."""

SINGLE_YEARS = "Single years may fall when limits rise: the plan gives up one year for the sum of all."

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
    research = [_RESEARCH] if (comparison.results["quantity"] == _RESEARCH[1]).any() else []
    titled = [totals(comparison)]
    titled += [_block(comparison, years, *shown) for shown in _VALUE_AND_COST]
    titled += _tokens(comparison, years)
    titled += [_block(comparison, years, *shown) for shown in research]
    titled += _binding(comparison, years)
    titled += [_block(comparison, years, *shown) for shown in _OTHERS]
    compared = {*comparison.results["quantity"]}
    titled += [_book(comparison, years, *shown) for shown in _BOOKS if shown[1] in compared]
    parts = comparison.attribution[comparison.attribution["what"] != OBJECTIVE]
    if len(parts):
        size, unit = unit_for(parts["usd"].dropna(), USD)
        title = f"What each group of changes adds to net benefit, and to the cost of each year; {unit}"
        titled.append((title, _attribution(parts, years, size)))
    return titled


def totals(comparison: Comparison) -> tuple[str, TextTable]:
    """Return net benefit, value and cost over the whole horizon, answers down; its title says the scale."""
    first, *others = comparison.names
    rows = {(row["answer"], row["quantity"]): row for row in records(comparison.totals)}
    amounts = [row[end] for row in rows.values() for end in ("reference", "value")]
    size, unit = unit_for([x for x in amounts if not math.isnan(x)], USD)
    cells = [[first, *(number(rows[others[0], quantity]["reference"] / size) for quantity in TOTALS)]]
    for name in others:
        of_answer = [rows[name, quantity] for quantity in TOTALS]
        cells.append([name, *(_with_change(row["value"] / size, row["change"] / size) for row in of_answer)])
    title = f"Net benefit is value served less total cost, {_horizon(comparison)}, discounted; {unit}"
    return title, TextTable(["", *TOTALS.values()], cells, frozenset(range(1, len(TOTALS) + 1)))


def _horizon(comparison: Comparison) -> str:
    spans = {f"{first}-{last}" for first, last in comparison.summary["horizons"]}
    return f"over {spans.pop()}" if len(spans) == 1 else "each over its own horizon"


def _with_change(value: float, change: float) -> str:
    return number(value) if math.isnan(change) else f"{number(value)} ({with_sign_grouped(change, 2)})"


def _tokens(comparison: Comparison, years: list[int]) -> list[tuple[str, TextTable]]:
    """Return the tokens served of each workload, all in one scale."""
    of_workloads = comparison.results[comparison.results["quantity"] == "served_ttok"]
    workloads = [item for item in dict.fromkeys(of_workloads["item"]) if item != schema.ALL]
    size, unit = _scale(comparison, "served_ttok", workloads, TOKENS)
    return [
        (
            f"Tokens served: {_workload(comparison, w)}; {unit}",
            _values(comparison, "served_ttok", size, years, w),
        )
        for w in workloads
    ]


def _workload(comparison: Comparison, key: str) -> str:
    return key if comparison.case is None else Names(comparison.case).workload(key, _NAME)


def _block(
    comparison: Comparison, years: list[int], title: str, quantity: str, scales: Sequence[tuple[float, str]]
) -> tuple[str, TextTable]:
    size, unit = _scale(comparison, quantity, [schema.ALL], scales)
    return f"{title}, {unit}".rstrip(", "), _values(comparison, quantity, size, years)


def _book(
    comparison: Comparison, years: list[int], title: str, quantity: str, scales: Sequence[tuple[float, str]]
) -> tuple[str, TextTable]:
    """Return what may be below 0, or is a share: in brackets stands the difference, in the same unit."""
    size, unit = _scale(comparison, quantity, [schema.ALL], scales)
    return f"{title}, {unit}, and the difference", _values(comparison, quantity, size, years, by_share=False)


def _scale(
    comparison: Comparison, quantity: str, items: Sequence[str], scales: Sequence[tuple[float, str]]
) -> tuple[float, str]:
    """Return the scale of a block: its size, and what it is called."""
    by_item = [values_by_answer(comparison, quantity, item) for item in items]
    amounts = [x for by_answer in by_item for by_year in by_answer.values() for x in by_year.values()]
    return unit_for([x for x in amounts if not math.isnan(x)], scales)


def values_by_answer(comparison: Comparison, quantity: str, item: str = schema.ALL) -> dict[str, dict[int, float]]:
    """Return a quantity of a workload, or of all that is served, by answer, the reference first, and year."""
    values: dict[str, dict[int, float]] = {name: {} for name in comparison.names}
    for row in records(comparison.results):
        if (row["quantity"], row["item"]) == (quantity, item):
            values[comparison.names[0]][row["year"]] = row["reference"]
            values[row["answer"]][row["year"]] = row["value"]
    return values


def text(comparison: Comparison) -> str:
    """Return a comparison as text for a terminal."""
    first, drawn = comparison.names[0], "draws" in comparison.summary
    (title, whole_horizon), *by_year = sections(comparison)
    lines = [
        f"{differing(comparison.inputs)} that differ from {first}: {len(comparison.inputs)}",
        f"In brackets: the change from {first}. `=`: the same binds as in {first}.",
        "",
        title,
        *whole_horizon.text(WIDTH),
        *_remarks(comparison),
        *(["", *paired.over_horizon(comparison)] if drawn else []),
        "",
        SINGLE_YEARS,
        *([] if drawn else [paired.HOW_SURE]),
    ]
    for title, table in by_year:
        lines += ["", title, *table.text(WIDTH)]
    return "\n".join([*lines, *(paired.by_year(comparison) if drawn else [])])


def _remarks(comparison: Comparison) -> list[str]:
    """Return what has to be said of the totals: what is missing, and which answers decide other years or see few."""
    lines = []
    if comparison.totals["change"].isna().any():
        lines.append("Blank: the answer is of an earlier version, which did not work it out.")
    horizons = comparison.summary["horizons"]
    if any(horizon != horizons[0] for horizon in horizons):
        spans = (f"{name} {first}-{last}" for name, (first, last) in zip(comparison.names, horizons, strict=True))
        lines.append(f"The horizons differ, so these do not compare: {', '.join(spans)}")
    foresight = comparison.summary["foresight_years"]
    if any(foresight):
        seen = (f"{name} {years or 'all'}" for name, years in zip(comparison.names, foresight, strict=True))
        lines.append(f"Years seen when a year is decided: {', '.join(seen)}")
    return lines


def _header(years: list[int]) -> list[str]:
    return ["", *map(str, years)]


def _binding(comparison: Comparison, years: list[int]) -> list[tuple[str, TextTable]]:
    """Return which group binds in each answer and year, then which stage does, where that says more of any."""
    bound = labels_by_answer(comparison)
    titled = [("What binds (group)", _labels(comparison, years, bound, 0))]
    names = None if comparison.case is None else Names(comparison.case)
    if not all(group == stage if names is None else names.alike(group, stage) for group, stage in bound.values()):
        titled.append(("What binds (stage, at central values)", _labels(comparison, years, bound, 1)))
    return titled


def labels_by_answer(comparison: Comparison) -> dict[tuple[str, int], tuple[str, str]]:
    """Return which group and which stage bind, as tables have them, by answer, the reference first, and year."""
    first = comparison.names[0]
    by_level: dict[str, dict[tuple[str, int], str]] = {level: {} for level in LEVELS}
    for row in records(comparison.labels):
        by_level[row["level"]].setdefault((first, row["year"]), row["reference"])
        by_level[row["level"]][row["answer"], row["year"]] = row["label"]
    stages, groups = (by_level[level] for level in LEVELS)
    return {key: (group, stages[key]) for key, group in groups.items()}


def called(comparison: Comparison, group: str, stage: str, longest: int) -> str:
    """Return what binds in a year, the group first; what stands in the table, if the comparison knows no case."""
    if comparison.case is not None:
        return Names(comparison.case).binds(group, stage, longest)
    if group == stage:
        return NO_STAGE if group == DEMAND else in_words(group)
    return f"{in_words(group)} ({stage})"


def _labels(
    comparison: Comparison, years: list[int], bound: dict[tuple[str, int], tuple[str, str]], level: int
) -> TextTable:
    """Return the labels of groups (0) or of stages (1), years across."""

    def cell(name: str, t: int) -> str:
        if (name, t) not in bound:
            return ""
        label = bound[name, t][level]
        if name != first and label == bound[first, t][level]:
            return "="
        if label == DEMAND:
            return NO_STAGE
        if comparison.case is None:
            return label if level else in_words(label)
        names = Names(comparison.case)
        return names.members(label, _NAME) if level else names.groups(label, _NAME)

    first = comparison.names[0]
    return TextTable(_header(years), [[name, *(cell(name, t) for t in years)] for name in comparison.names])


def _values(  # noqa: PLR0913 - the last two have their defaults
    comparison: Comparison,
    quantity: str,
    unit: float,
    years: list[int],
    item: str = schema.ALL,
    *,
    by_share: bool = True,
) -> TextTable:
    first, *others = comparison.names
    of_quantity = (r for r in records(comparison.results) if (r["quantity"], r["item"]) == (quantity, item))
    rows = {(r["answer"], r["year"]): r for r in of_quantity}
    references = {t: number(row["reference"] / unit) for (_, t), row in rows.items()}
    changed = _changed if by_share else _differs
    values = {key: changed(row, unit) for key, row in rows.items()}
    cells = [[name, *(values.get((name, t), "") for t in years)] for name in others]
    reference = [first, *(references.get(t, "") for t in years)]
    return TextTable(_header(years), [reference, *cells], frozenset(range(1, len(years) + 1)))


def _changed(row: dict[str, Any], unit: float) -> str:
    value = number(row["value"] / unit)
    if not row["reference"]:
        return value
    return f"{value} ({with_sign(100 * row['change'] / row['reference'])} %)"


def _differs(row: dict[str, Any], unit: float) -> str:
    value, change = number(row["value"] / unit), row["change"] / unit
    return value if math.isnan(change) or not change else f"{value} ({signed_number(change)})"


def _attribution(attribution: pd.DataFrame, years: list[int], size: float) -> TextTable:
    parts = {
        (r["answer"], r["group"], None if pd.isna(r["year"]) else r["year"]): r["usd"] / size
        for r in records(attribution)
    }
    columns = [None, *years]
    groups = list(dict.fromkeys((answer, group) for answer, group, _ in parts))
    rows = [
        [f"{answer}: {group}", *(with_sign_grouped(parts[answer, group, t], 2) for t in columns)]
        for answer, group in groups
    ]
    header = ["", TOTALS[NET_BENEFIT], *(f"cost {t}" for t in years)]
    return TextTable(header, rows, frozenset(range(1, len(header))))
