"""Differences draw by draw on the screen of a comparison: over the horizon first, then by year, then what binds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema
from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan.measures import CASH, CASH_LEFT, GAP, MARGIN, OPERATING, REVENUE, TOKENS, UNUSED
from supplychain.report.formats import COUNTS, USD, number, plain, signed_number, unit_for
from supplychain.report.formats import TOKENS as TOKEN_UNITS
from supplychain.report.names import TOTALS, Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.study.draws import PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supplychain.study.compare import Comparison

    Rows: TypeAlias = Sequence[dict[str, Any]]
    Scales: TypeAlias = Sequence[tuple[float, str]]

HOW_SURE = "How sure the differences are: `supplychain compare` of the cases themselves, with --draws 200."
"""What is said of a comparison without draws."""

_KEY = (
    "10 %, 50 % and 90 % of the differences are below. Mean: with the half width of its 90 % interval.",
    "Higher, lower: in so many per cent of draws.",
)
_KEY_BY_YEAR = "10 % and 90 % of the differences are below; how often it is higher stands in the tables."

_UNSERVED = "No token in one, % of draws"
"""What the row of draws in which cost per token has no meaning is called."""

_NAMES: dict[str, tuple[str, Scales]] = {
    RESEARCH_DONE: ("Research, {unit} H100e years", COUNTS),
    PER_MTOK: ("Cost, USD per million tokens", ((1.0, ""),)),
    CASH: ("Cash spent, {unit}", USD),
    REVENUE: ("Revenue, {unit}", USD),
    MARGIN: ("Gross margin, % of revenue", ((0.01, ""),)),
    OPERATING: ("Operating result, {unit}", USD),
    CASH_LEFT: ("Cash at the end of the year, {unit}", USD),
    GAP: ("Missing: promised by nobody, {unit}", USD),
    UNUSED: ("Owed and not used, {unit}", USD),
}
"""What is shown of a year beside tokens by workload: what it is called, and its scales."""

_WORKLOAD = 20
"""Characters of a workload."""

_NAME = 28
"""Characters of what binds."""

_RARE = 0.05
"""Share of draws below which what binds has no line of its own."""


def over_horizon(comparison: Comparison) -> list[str]:
    """Return what net benefit, value and cost differ by over the horizon, and what has to be said of the draws."""
    first, *others = comparison.names
    said = comparison.summary
    table_of_all = comparison.draw_differences
    rows = records(table_of_all[table_of_all["year"].isna()])
    size, unit = unit_for(_ends(rows), USD)
    table = []
    for row in rows:
        half = (row["high"] - row["low"]) / 2 / size
        mean = "" if math.isnan(row["mean"]) else f"{signed_number(row['mean'] / size)} ±{number(half)}"
        levels = (signed_number(row[name] / size) for name in ("central", "p10", "p50", "p90"))
        shares = (_per_cent(row[name]) for name in ("above_share", "below_share"))
        table.append([f"{row['answer']}: {TOTALS[row['quantity'] + '_usd']}", *levels, mean, *shares])
    header = ["", "central", "10 %", "50 %", "90 %", "mean", "higher, %", "lower, %"]
    title = f"Difference from {first}, draw by draw: {said['draws']:,} draws (seed {said['seed']}); {unit}"
    lines = [title, *TextTable(header, table, frozenset(range(1, len(header)))).text(WIDTH), *_KEY]
    return [*lines, *(line for name in others for line in _counts(comparison, first, name))]


def _counts(comparison: Comparison, first: str, name: str) -> list[str]:
    """Return which factors are the same in both, and how many draws do not count."""
    said = comparison.summary
    own, other, shared = said["factors"][name], said["factors"][first], said["factors_shared"][name]
    lines = [f"Factors that {name} shares with {first}, the same in both in each draw: {shared:,}."]
    if shared < max(own, other):
        lines.append(f"Factors of one of the two, which widen the difference: {own - shared:,} and {other - shared:,}.")
    left_out = said["draws_left_out"][name]
    if left_out:
        lines.append(f"{left_out:,} draws have no answer in {name} or in {first}, and count in neither.")
    return lines


def by_year(comparison: Comparison) -> list[str]:
    """Return, for each answer, what differs by year and how often something else binds."""
    first, *others = comparison.names
    lines = []
    for name in others:
        title, table = _amounts(comparison, name)
        lines += ["", f"Difference of {name} from {first} by year, draw by draw; {title}"]
        lines += [*table.text(WIDTH), _KEY_BY_YEAR]
        lines += ["", f"What binds, per cent of draws: {first} -> {name}", *_labels(comparison, name).text(WIDTH)]
    return lines


def _amounts(comparison: Comparison, name: str) -> tuple[str, TextTable]:
    """Return the scale of tokens, and a table: years across; tokens of each workload, research, cost and cash down."""
    of_answer = comparison.draw_differences[comparison.draw_differences["answer"] == name]
    cells = {
        (row["quantity"], row["item"], int(row["year"])): row for row in records(of_answer[of_answer["year"].notna()])
    }
    years = sorted({t for *_, t in cells})
    workloads = list(dict.fromkeys(item for quantity, item, _ in cells if quantity == TOKENS and item != schema.ALL))

    def rows(quantity: str, item: str) -> Rows:
        return [cells[quantity, item, t] for t in years if (quantity, item, t) in cells]

    size, unit = unit_for([end for w in workloads for end in _ends(rows(TOKENS, w))], TOKEN_UNITS)
    table = [[f"Tokens: {_workload(comparison, w)}", *(_band(row, size) for row in rows(TOKENS, w))] for w in workloads]
    title = f"tokens in {unit}" if unit != TOKEN_UNITS[-1][1] else unit
    for quantity, (called, scales) in _NAMES.items():
        of_quantity = rows(quantity, schema.ALL)
        if of_quantity:
            size, unit = unit_for(_ends(of_quantity), scales)
            table.append([plain(called.format(unit=unit)), *(_band(row, size) for row in of_quantity)])
    undefined = [row["undefined_share"] for row in rows(PER_MTOK, schema.ALL)]
    if any(undefined):
        table.append([_UNSERVED, *map(_per_cent, undefined)])
    return title, TextTable(["", *map(str, years)], table, frozenset(range(1, len(years) + 1)))


def _workload(comparison: Comparison, key: str) -> str:
    return key if comparison.case is None else Names(comparison.case).workload(key, _WORKLOAD)


def _ends(rows: Iterable[dict[str, Any]]) -> list[float]:
    """Return the numbers of some rows from which their scale follows."""
    return [row[name] for row in rows for name in ("central", "p10", "p50", "p90") if not math.isnan(row[name])]


def _band(row: dict[str, Any], size: float) -> str:
    if math.isnan(row["p50"]):
        return ""
    if not row["above_share"] and not row["below_share"]:
        return "the same"
    return " to ".join(signed_number(row[name] / size) for name in ("p10", "p90"))


def _per_cent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f}"


def _labels(comparison: Comparison, name: str) -> TextTable:
    """Return how often each group binds in both, those that are rare together; and how often something else does."""
    rows = [row for row in records(comparison.draw_labels) if row["answer"] == name]
    years = sorted({row["year"] for row in rows})
    groups = {(row["members"], row["year"]): row for row in rows if row["level"] == "group"}
    most: dict[str, float] = {}
    for (label, _), row in groups.items():
        most[label] = max(most.get(label, 0.0), row["reference"], row["value"])
    shown = sorted((label for label in most if most[label] >= _RARE), key=lambda label: (-most[label], label))
    table = [
        [_group(comparison, label), *(_change([groups[label, t]] if (label, t) in groups else []) for t in years)]
        for label in shown
    ]
    if len(shown) < len(most):
        rare = ([row for (label, u), row in groups.items() if u == t and label not in shown] for t in years)
        table.append(["others", *map(_change, rare)])
    for level in ("group", "stage"):
        differs = {row["year"]: row["differs_share"] for row in rows if row["level"] == level}
        table.append([f"another {level} binds", *(_per_cent(differs[t]) if t in differs else "" for t in years)])
    return TextTable(["", *map(str, years)], table, frozenset(range(1, len(years) + 1)))


def _change(rows: Rows) -> str:
    before, after = (math.fsum(row[name] for row in rows) for name in ("reference", "value"))
    return f"{_per_cent(before)} -> {_per_cent(after)}"


def _group(comparison: Comparison, label: str) -> str:
    return label if comparison.case is None else Names(comparison.case).groups(label, _NAME)
