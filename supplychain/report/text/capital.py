"""What so much capital buys: what is served, bought and bound by year, and what a dollar more is worth."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain import units
from supplychain.plan.bottlenecks import DEMAND
from supplychain.report.formats import COUNTS, TOKENS, USD, case_title, money, number, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.study.capital import RESEARCH, VALUE
from supplychain.study.capital import TOKENS as MOST_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.study.capital import WithinCapital

_NAME = 34
"""Characters of a stage or an item."""

_PER_USD = {
    None: ("USD of {net}", 1.0),
    VALUE: ("USD of value served", 1.0),
    MOST_TOKENS: ("million tokens", units.MTOK_PER_TTOK),
    RESEARCH: ("H100-equivalent hours of research", units.HOURS_PER_YEAR),
}
"""What a dollar more adds, and how many of it are one of the objective."""


def text(answer: WithinCapital) -> str:
    """Return the answer as text for a terminal: first what was asked for, and how much there is of it."""
    lines = [*wrap(headline(answer), WIDTH), case_title(answer.case.settings)]
    for line in said(answer):
        lines += wrap(line, WIDTH)
    for title, table in sections(answer):
        lines += ["", *wrap(title, WIDTH), *table.text(WIDTH)]
    return "\n".join(line.rstrip() for line in lines)


def headline(answer: WithinCapital) -> str:
    """Return what was to be best, and how much there is of it."""
    limits = {int(t): float(usd) for t, usd in answer.summary["capital_usd"].items()}
    amounts = set(limits.values())
    years = f"{min(limits)}-{max(limits)}" if len(limits) > 1 else str(min(limits))
    within = f"{money(amounts.pop())} a year" if len(amounts) == 1 and len(limits) > 1 else money(sum(limits.values()))
    most, amount = answer.summary["most"], float(answer.summary["amount"])
    if most is None:
        return f"The plan of least cost within {within} of capital, {years}: net benefit {money(amount)}, discounted."
    size, unit = unit_for([amount], TOKENS if most == MOST_TOKENS else COUNTS)
    found = {
        VALUE: f"The most value: {money(amount)} of tokens and research, discounted",
        MOST_TOKENS: f"The most tokens: {number(amount / size)} {unit}",
        RESEARCH: f"The most research: {number(amount / size)} {unit} H100-equivalent years".replace("  ", " "),
    }[most]
    return f"{found}, all reported years together, within {within} of capital, {years}."


def said(answer: WithinCapital) -> list[str]:
    """Return what else is said in sentences."""
    value, cost = (float(answer.summary[name]) for name in ("value_usd", "cost_usd"))
    settings, lines = answer.case.settings, []
    horizon = f"{settings.first_year}-{settings.last_year}"
    lines.append(f"Over {horizon}, discounted: value served {money(value)}, total cost {money(cost)}.")
    limits = {row["year"] for row in answer.case.tables["budget"]}
    free = [t for t in answer.case.years if t not in limits]
    if free:
        lines.append(f"No limit on capital: {', '.join(map(str, free))}.")
    if answer.summary["most"] is not None:
        lines.append(
            "Of the plans that do as much it is the one of least spending; what is not asked for is not served."
        )
    return lines


def sections(answer: WithinCapital) -> list[tuple[str, TextTable]]:
    """Return titles and tables: years across."""
    years = list(answer.case.report_years)
    return [
        (f"Capital, bn USD, and what a dollar more adds: {_adds(answer)}", _money(answer, years)),
        *_served(answer, years),
        *_bought(answer, years),
        ("What binds, that of the largest gain first", _binds(answer, years)),
    ]


def _adds(answer: WithinCapital) -> str:
    """Return what a dollar more adds; a plan of least cost that charges prices earns them, and not what users gain."""
    net = "what is earned, less cost" if answer.case.tables["prices"] else "net benefit"
    return _PER_USD[answer.summary["most"]][0].format(net=net)


def _across(label: str, cells: Mapping[int, float], years: list[int], size: float = 1.0) -> list[str]:
    return [label, *(number(cells.get(t, 0.0) / size) for t in years)]


def _table(first: str, rows: list[list[str]], years: list[int]) -> TextTable:
    return TextTable([first, *map(str, years)], rows, frozenset(range(1, len(years) + 1)))


def _money(answer: WithinCapital, years: list[int]) -> TextTable:
    by_year = {row["year"]: row for row in records(answer.capital_years)}
    each = _PER_USD[answer.summary["most"]][1]

    def worth(name: str, t: int) -> str:
        x = by_year[t][name]
        return "no plan" if math.isinf(x) else number(x * each)

    gain, loss = ("gain_per_usd", "loss_per_usd")
    rows = [
        ["limit", *("none" if math.isnan(by_year[t]["capital_usd"]) else number(by_year[t]["capital_usd"] / 1e9)
                    for t in years)],
        ["spent", *(number(by_year[t]["spent_usd"] / 1e9) for t in years)],
        ["a dollar more adds", *(worth(gain, t) for t in years)],
    ]  # fmt: skip
    if any(number(by_year[t][gain] * each) != worth(loss, t) for t in years):
        rows.append(["a dollar less takes", *(worth(loss, t) for t in years)])
    missing = {t: by_year[t].get("gap_usd", 0.0) for t in years}
    if any(usd > 0 for usd in missing.values()):
        rows.append(["cash missing", *(number(0.0 if math.isnan(usd) else usd / 1e9) for usd in missing.values())])
    return _table("", rows, years)


def _served(answer: WithinCapital, years: list[int]) -> list[tuple[str, TextTable]]:
    names, rows = Names(answer.case), records(answer.capital_service)
    titled = []
    by: dict[str, dict[int, Any]] = {}
    for row in rows:
        by.setdefault(row["workload"], {})[row["year"]] = row
    tokens = {w: {t: row["served"] for t, row in cells.items()} for w, cells in by.items() if w != RESEARCH}
    size, unit = unit_for([x for cells in tokens.values() for x in cells.values()], TOKENS)
    lines = [_across(names.workload(w, _NAME), cells, years, size) for w, cells in tokens.items()]
    titled.append((f"Tokens served, {unit}", _table("workload", lines, years)))
    if RESEARCH in by:
        done = {t: row["served"] for t, row in by[RESEARCH].items()}
        size, unit = unit_for(done.values(), COUNTS)
        title = f"Research done, {unit} H100-equivalent years".replace("  ", " ")
        titled.append((title, _table("", [_across("research", done, years, size)], years)))
    value = {w: {t: row["value_usd"] for t, row in cells.items()} for w, cells in by.items()}
    size, unit = unit_for([x for cells in value.values() for x in cells.values()], USD)
    lines = [
        _across("research" if w == RESEARCH else names.workload(w, _NAME), cells, years, size)
        for w, cells in value.items()
    ]
    titled.append((f"Value served, {unit} a year", _table("workload", lines, years)))
    return titled


def _bought(answer: WithinCapital, years: list[int]) -> list[tuple[str, TextTable]]:
    names = Names(answer.case)
    by: dict[str, dict[int, float]] = {}
    for row in records(answer.capital):
        by.setdefault(row["item"], {})[row["year"]] = row["usd"]
    size, unit = unit_for([x for cells in by.values() for x in cells.values()], USD)
    order = sorted(by, key=lambda item: (-sum(by[item].values()), item))
    items = [_across(names.item(item, _NAME), by[item], years, size) for item in order]
    built: dict[str, dict[int, float]] = {}
    for row in records(answer.builds):
        if row["built"] > 0:
            built.setdefault(row["accelerator"], {})[row["year"]] = row["built"]
    made = [_across(a, built[a], years, 1e3) for a in sorted(built, key=lambda a: (-sum(built[a].values()), a))]
    return [
        (f"What is bought, {unit} in cash", _table("item", items, years)),
        ("Accelerators built, thousand units", _table("accelerator", made, years)),
    ]


def _binds(answer: WithinCapital, years: list[int]) -> TextTable:
    names = Names(answer.case)
    by: dict[int, list[str]] = {t: [] for t in years}
    for row in records(answer.capital_limits):
        by[row["year"]].append(row["stage"])
    rows = [
        [str(t), "; ".join(names.stage(DEMAND) if key == DEMAND else names.members(key, 2 * _NAME) for key in keys[:3])]
        for t, keys in by.items()
    ]
    return TextTable(["year", "binds"], rows)
