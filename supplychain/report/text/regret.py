"""Orders that are locked in, on one screen: cost against the plan and against perfect knowledge, and what lies idle."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from supplychain.report.formats import USD, money, number, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.study.regret import ACCELERATORS, EXPANSION, OWED, STORE
from supplychain.tolerances import SMALL_REGRET_BN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.regret import Regret

_BILLION = 1e9
_LONG = 36
"""Characters of a stage."""

_COSTS = {
    "planned_usd": "as it was planned",
    "signed_usd": "with the orders locked in",
    "known_usd": "with perfect knowledge",
}
"""Columns of the table `regret` that are shown."""

_GAPS = {"signed_gap_usd": "with the orders locked in", "known_gap_usd": "with perfect knowledge"}
"""Columns of it that say which cash is missing."""

_NAMES = {EXPANSION: "capacity of", ACCELERATORS: "in accelerators:", STORE: "in store:", OWED: "owed, not used:"}


def text(regret: Regret) -> str:
    """Return what the orders that are locked in cost, as text for a terminal."""
    names = Names(regret.plan.case)
    orders_from, totals = regret.plan.summary["orders_from"], regret.summary["regret"]
    all_in = money(regret.plan.objective_usd)
    lines = [
        f"Orders up to {orders_from['until']} are locked in: {all_in} in all, discounted, with what is left unserved",
        _difference(
            "Extra cost against the plan that ordered them", totals["extra_cost_usd"], totals["extra_cost_unserved_usd"]
        ),
        _difference("Regret against perfect knowledge", totals["regret_usd"], totals["regret_unserved_usd"]),
    ]
    late = [(s, k, p, t, x) for s, k, p, t, x in orders_from["orders_after_horizon"]]
    lines += [
        f"Left out, as it arrives after the last year: {names.stage(s, _LONG)} ({names.supplier(s, k, _LONG)}), "
        f"{names.place(p)}, ordered in {t}"
        for s, k, p, t, _ in late
    ]
    years = list(regret.plan.case.report_years)
    return "\n".join([*lines, "", *_costs(regret, years), "", *_stranded(regret, years)])


def _difference(title: str, usd: float, unserved: float | None) -> str:
    """Return a difference, and of it what was paid and what demand left unserved was worth, in one unit."""
    parts = [usd] if unserved is None else [usd, usd - unserved, unserved]
    size, unit = unit_for(parts, USD)
    cells = [number(part / size) for part in parts]
    split = "" if unserved is None else f" (paid {cells[1]}, left unserved {cells[2]})"
    return f"{title}, {unit}: {cells[0]}{split}"


def _costs(regret: Regret, years: Sequence[int]) -> list[str]:
    rows = records(regret.costs)
    cells = [[called, *(number(row[column] / _BILLION) for row in rows)] for column, called in _COSTS.items()]
    lines = ["Cost of the year, bn USD", *_table(years, cells)]
    gaps = {called: [row.get(column, 0.0) for row in rows] for column, called in _GAPS.items()}
    if not any(usd > 0 for of_years in gaps.values() for usd in of_years):
        return lines
    cells = [[called, *(number(_nothing(usd) / _BILLION) for usd in of_years)] for called, of_years in gaps.items()]
    return [*lines, "", "Cash that is missing and nobody has promised, bn USD", *_table(years, cells)]


def _nothing(usd: float) -> float:
    """Return 0 of a year that counts no cash."""
    return 0.0 if math.isnan(usd) else usd


def _stranded(regret: Regret, years: Sequence[int]) -> list[str]:
    title = "What was paid for and lies idle, bn USD (in brackets: with perfect knowledge)"
    names = Names(regret.plan.case)
    usd: dict[tuple[str, str], dict[int, tuple[float, float]]] = defaultdict(dict)
    for row in records(regret.stranded):
        usd[row["what"], row["stage"]][row["year"]] = row["stranded_usd"] / _BILLION, row["known_usd"] / _BILLION
    cells = [
        [f"{_NAMES[what]} {names.item(stage, _LONG)}", *(_cell(*by.get(t, (0.0, 0.0))) for t in years)]
        for (what, stage), by in sorted(usd.items(), key=_largest_first)
        if max(max(pair) for pair in by.values()) >= SMALL_REGRET_BN
    ]
    return [title, *(_table(years, cells) if cells else ["none"])]


def _largest_first(entry: tuple[Any, dict[int, tuple[float, float]]]) -> tuple[float, Any]:
    key, by = entry
    return -sum(stranded for stranded, _ in by.values()), key


def _cell(stranded: float, known: float) -> str:
    return f"{number(round(stranded, 2))} ({number(round(known, 2))})"


def _table(years: Sequence[int], cells: Sequence[Sequence[str]]) -> list[str]:
    return TextTable(["", *map(str, years)], cells, frozenset(range(1, len(years) + 1))).text(WIDTH)
