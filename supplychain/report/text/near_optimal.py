"""How far near-optimal plans differ: orders that all of them share, and the ranges of what a year is measured by."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan.measures import CASH, TOKENS
from supplychain.report.formats import COUNTS, USD, case_title, money, number, short, unit_for
from supplychain.report.formats import TOKENS as OF_TOKENS
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.schema import ALL
from supplychain.study.near_optimal import (
    BUILT,
    INSTALLED,
    LOCKED_IN,
    MAY,
    MUST,
    NEVER,
    ORDER,
    STAGE_ORDERS,
    USED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.study.near_optimal import NearOptimal

    Row = Mapping[str, Any]

_FIRST_YEARS = 2
"""Order years whose options are shown one by one."""
_TOP = 12
"""Options that are shown of one verdict, the dearest of each."""
_STAGE, _SUPPLIER, _PLACE, _NAME = 22, 20, 14, 26
"""Characters of names."""


def text(answer: NearOptimal) -> str:
    """Return the answer as text for a terminal: first how much worse a plan may be, and what all such plans order."""
    lines = [*wrap(headline(answer), WIDTH), case_title(answer.case.settings)]
    for line in said(answer):
        lines += wrap(line, WIDTH)
    for title, table in sections(answer):
        lines += ["", *wrap(title, WIDTH), *table.text(WIDTH)]
    return "\n".join(line.rstrip() for line in lines)


def headline(answer: NearOptimal) -> str:
    """Return which plans are meant."""
    within, room = float(answer.summary["within"]), float(answer.summary["room_usd"])
    spending = float(answer.summary["spending_usd"])
    if not room:
        why = "" if within == 0 else f", for {100 * within:g} % of nothing is nothing"
        return f"Plans that are as good as the best and spend no more than its {money(spending)}, discounted{why}."
    net = "what they earn, less cost," if answer.case.tables["prices"] else "their net benefit"
    return (
        f"Near-optimal plans spend at most {100 * within:g} % more than the best plan ({money(room)} more than "
        f"{money(spending)}, discounted), and {net} is lower by no more than that."
    )


def said(answer: NearOptimal) -> list[str]:
    """Return what else is said in sentences."""
    counts = {verdict: int(count) for verdict, count in answer.summary["orders"].items()}
    years = list(answer.case.report_years)
    total = sum(counts.values())
    lines = []
    if not total:
        lines.append(f"The case has no option to order capacity in {years[0]}-{years[-1]} that would arrive in time.")
    else:
        kinds = [
            f"{counts[MUST]} in every near-optimal plan (must order)",
            f"{counts[MAY]} in some (may order)",
            f"{counts[NEVER]} in none (never order)",
            *([f"{counts[LOCKED_IN]} locked in"] if counts[LOCKED_IN] else []),
        ]
        options = "1 option" if total == 1 else f"{total} options"
        lines.append(f"{options} to order capacity in {years[0]}-{years[-1]}: {', '.join(kinds)}.")
    lines.append("Each range holds whatever else a plan does: the ends of two rows are of different plans.")
    return lines


def sections(answer: NearOptimal) -> list[tuple[str, TextTable]]:
    """Return titles and tables: orders of the first years, then ranges by year."""
    names, rows = Names(answer.case), records(answer.near_optimal)
    years = list(answer.case.report_years)
    orders = [row for row in rows if row["quantity"] == ORDER]
    titled = []
    for verdict in (MUST, MAY, NEVER):
        titled += _orders(names, orders, verdict)
    titled += _by_stage(names, [row for row in rows if row["quantity"] == STAGE_ORDERS], years)
    titled += _headlines(names, rows, years)
    used = [row for row in rows if row["quantity"] == USED]
    if used:
        first = years[:_FIRST_YEARS]
        title = "Use of each stage, all places together: the plan (near-optimal range)"
        titled.append((title, _across(_stage_lines(names, [row for row in used if row["year"] in first]), first)))
    return titled


_OF_VERDICT = {
    MUST: ("Must order: every near-optimal plan orders at least so much. In {usd}: what the least costs", "low"),
    MAY: ("May order: the plan orders it, other near-optimal plans do not. In {usd}: the plan's order", "central"),
    NEVER: ("Never order: no near-optimal plan does. In {usd}: what the most would cost", "limit"),
}
"""What is said above the options of a verdict, and the amount by which they are told in money."""

_ENDS = {
    MUST: {"low": "At least", "central": "Plan"},
    MAY: {"central": "Plan", "high": "At most"},
    NEVER: {"limit": "On offer"},
}
"""Columns of amounts that are shown of a verdict."""


def _orders(names: Names, orders: Sequence[Row], verdict: str) -> list[tuple[str, TextTable]]:
    """Return the options of the first order years that have one verdict; of `may` those that the plan orders."""
    years = sorted({row["year"] for row in orders})[:_FIRST_YEARS]
    every = [row for row in orders if row["verdict"] == verdict and (verdict != MAY or row["central"] > 0)]
    (title, counted), ends = _OF_VERDICT[verdict], _ENDS[verdict]

    def usd(row: Row) -> float:
        return float(row[counted] * row["usd_per_unit"])

    dearest = sorted((row for row in every if row["year"] in years), key=lambda row: -usd(row))[:_TOP]
    if not dearest:
        return []
    size, unit = unit_for(map(usd, dearest), USD)
    lines = [
        [
            f"{row['year']}  {names.stage(row['stage'], _STAGE)}",
            names.site(row["stage"], row["supplier"], row["place"], _PLACE, _SUPPLIER),
            *(number(row[end]) for end in ends),
            row["unit"],
            number(usd(row) / size),
        ]
        for row in sorted(dearest, key=lambda row: (row["year"], -usd(row)))
    ]
    left = len(every) - len(dearest)
    others = f" ({left} more in the table near_optimal)" if left else ""
    table = TextTable(["Order", "Where", *ends.values(), "Unit", unit], lines, _numbers(len(ends)))
    return [(f"{title.format(usd=unit)}{others}", table)]


def _numbers(ends: int) -> frozenset[int]:
    """Return which columns of a table of orders hold numbers."""
    return frozenset({*range(2, 2 + ends), 3 + ends})


def _by_stage(names: Names, rows: Sequence[Row], years: list[int]) -> list[tuple[str, TextTable]]:
    if not rows:
        return []
    title = "All orders of a stage by order year, wherever and from whom: the plan (near-optimal range)"
    return [(title, _across(_stage_lines(names, rows), years))]


def _stage_lines(names: Names, rows: Sequence[Row]) -> list[tuple[str, list[Row], float]]:
    """Return a line for each stage: its name and unit, its rows, and how many units one of what is shown is."""
    lines = []
    for stage in dict.fromkeys(row["stage"] for row in rows):
        of_stage = [row for row in rows if row["stage"] == stage]
        size, scale = _scale(of_stage, COUNTS)
        unit = f"{scale} {of_stage[0]['unit']}".strip()
        lines.append((f"{names.stage(stage, _NAME)}, {unit}", of_stage, size))
    return lines


def _headlines(names: Names, rows: Sequence[Row], years: list[int]) -> list[tuple[str, TextTable]]:
    """Return what a year is measured by: served, spent, installed and built."""

    def of(quantity: str, item: str | None = None) -> list[Row]:
        return [row for row in rows if row["quantity"] == quantity and item in {None, row["item"]}]

    tokens, lines = of(TOKENS), []
    size, scale = _scale(tokens, OF_TOKENS)
    for item in dict.fromkeys(row["item"] for row in tokens):
        name = "all tokens" if item == ALL else names.workload(item, _NAME)
        lines.append((name, of(TOKENS, item), size))
    titled = [(f"Tokens served, {scale}: the plan (near-optimal range)", _across(lines, years))]
    lines = []
    for quantity, name, unit, scales in (
        (RESEARCH_DONE, "research done", "H100e years", COUNTS),
        (CASH, "cash spent", "", USD),
        (INSTALLED, "installed", "H100e", COUNTS),
    ):
        if of(quantity):
            size, scale = _scale(of(quantity), scales)
            lines.append((f"{name}, {f'{scale} {unit}'.strip()}", of(quantity), size))
    size, scale = _scale(of(BUILT), COUNTS)
    for vendor in dict.fromkeys(row["item"] for row in of(BUILT)):
        name = f"built by {short(vendor, _NAME)}, {scale}".removesuffix(", ")
        lines.append((name, of(BUILT, vendor), size))
    titled.append(("Research, cash and accelerators by year: the plan (near-optimal range)", _across(lines, years)))
    return titled


def _scale(rows: Iterable[Row], scales: Sequence[tuple[float, str]]) -> tuple[float, str]:
    return unit_for([row["high"] if math.isfinite(row["high"]) else row["central"] for row in rows], scales)


def _across(lines: Iterable[tuple[str, list[Row], float]], years: list[int]) -> TextTable:
    cells = []
    for name, rows, size in lines:
        by_year = {row["year"]: row for row in rows}
        cells.append([name, *(_cell(by_year[t], size) if t in by_year else "" for t in years)])
    return TextTable(["", *map(str, years)], cells, frozenset(range(1, len(years) + 1)))


def _cell(row: Row, size: float) -> str:
    """Return what the plan has, and the range if it is one."""
    low, central, high = (number(row[end] / size) for end in ("low", "central", "high"))
    return central if low == high else f"{central} ({low}-{high})"
