"""The answer in one screen of text."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.plan import Plan

_LABEL, _CELL, _BLOCK = 29, 14, 5
"""Characters of the first column and of a year, and years side by side: 99 characters in all."""
_ITEMS = 4
"""Items of cost that are named; the rest is summed up."""

Cells = dict[int, str]


def text(plan: Plan) -> str:
    """Return the answer as text of at most 100 columns: what binds, what it costs, where the money goes."""
    years = list(plan.case.report_years)
    blocks = [years[n : n + _BLOCK] for n in range(0, len(years), _BLOCK)]
    title = plain(f"{plan.case.settings.title} ({plan.case.settings.name})")
    return "\n".join([title[: _LABEL + _BLOCK * _CELL], *(line for block in blocks for line in _block(plan, block))])


def overview(plan: Plan) -> list[tuple[str, pd.DataFrame]]:
    """Return the same as tables with a title each, years across."""
    years = list(plan.case.report_years)
    return [
        (title, pd.DataFrame({t: {name: cells[t] for name, cells in rows} for t in years}))
        for title, rows in _sections(plan, years)
    ]


def _block(plan: Plan, years: list[int]) -> list[str]:
    (_, answer), (title, money) = _sections(plan, years)
    lines = [_line("", {t: str(t) for t in years})]
    lines += [_line(name, cells) for name, cells in answer]
    return [*lines, title, *(_line(name, cells) for name, cells in money)]


def _line(name: str, cells: Mapping[int, str]) -> str:
    return (name.ljust(_LABEL) + "".join(_cut(cell).rjust(_CELL) for cell in cells.values())).rstrip()


def plain(text: str) -> str:
    """Return a name from the inputs in one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(cell: str) -> str:
    cell = plain(cell)
    return cell if len(cell) < _CELL else cell[: _CELL - 2] + "…"


def _sections(plan: Plan, years: list[int]) -> list[tuple[str, list[tuple[str, Cells]]]]:
    answer = [*_binding(plan, years), *_tokens(plan, years), *_capacity(plan, years)]
    return [("Answer", answer), ("Where the money goes, bn USD in the year", _money(plan, years))]


def _binding(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    stage, group = (
        {row["year"]: row for row in _records(plan.binding) if row["level"] == level} for level in ("stage", "group")
    )
    worth = {(row["year"], row["stage"]): row for row in _records(plan.bottlenecks)}
    name = {t: stage[t]["members"] for t in years}
    return [
        ("Binding stage", {t: _name(name[t]) for t in years}),
        ("  group", {t: _name(group[t]["members"]) for t in years}),
        ("+1 % is worth, m USD a year", {t: number(stage[t]["annual_gain_usd_per_pct"] / 1e6) for t in years}),
        ("  up to +%", {t: number(stage[t]["holds_to_pct"]) for t in years}),
        ("  then", {t: _then(stage[t]) for t in years}),
        ("  tokens/research/saved, %", {t: _parts(worth.get((t, name[t]), {})) for t in years}),
    ]


def _name(members: object) -> str:
    return members if isinstance(members, str) else "demand"


def _then(row: Mapping[str, Any]) -> str:
    return row["next"] if isinstance(row["next"], str) else ""


def _parts(row: Mapping[str, Any]) -> str:
    gain = row.get("gain_usd_per_pct", math.nan)
    if not gain > 0:
        return ""
    research = row["gain_research_usd_per_pct"]
    parts = (row["gain_serving_usd_per_pct"] - research, research, row["gain_saving_usd_per_pct"])
    return "/".join(f"{100 * part / gain:.0f}" for part in parts)


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict("records")


def _tokens(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    cost = {row["year"]: row for row in _records(plan.token_cost) if row["workload"] == "all"}
    prices = [
        ("USD per 10^6 tokens, average", "average"),
        ("  fully loaded", "fully_loaded"),
        ("  marginal", "marginal"),
    ]
    total = {c: _sum(plan.service, f"{c}_ttok") for c in ("demand", "served", "blocked", "uneconomic")}
    shown = {c: {t: number(amount[t] / 1e3) for t in years} for c, amount in total.items()}
    rows = [
        ("Tokens asked for, 10^15", shown["demand"]),
        ("  served", shown["served"]),
        ("  blocked/uneconomic", {t: f"{shown['blocked'][t]}/{shown['uneconomic'][t]}" for t in years}),
    ]
    return rows + [(name, {t: number(cost[t][f"{column}_usd_per_mtok"]) for t in years}) for name, column in prices]


def _capacity(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    built = _sum(plan.builds, "built")
    operating = _sum(plan.installed_base, "h100e_operating")
    spent = _sum(plan.capital, "usd")
    site = site_stage(plan)
    power = _sum(plan.stages[plan.stages["stage"] == site], "used") if site else {}
    return [
        ("Accelerators built, thousands", {t: number(built.get(t, 0.0) / 1e3) for t in years}),
        ("H100 equivalents operating, k", {t: number(operating.get(t, 0.0) / 1e3) for t in years}),
        ("MW operating", {t: number(power.get(t, 0.0)) if site else "" for t in years}),
        ("Capital, bn USD", {t: number(spent.get(t, 0.0) / 1e9) for t in years}),
    ]


def site_stage(plan: Plan) -> str | None:
    """Return the stage whose use counts as MW operating: the last of those in MW that accelerators occupy."""
    drawn = {row["stage"] for row in plan.case.tables["bill_of_materials"]}
    sites = [
        r for r in plan.case.tables["stages"] if r["unit"] == "MW" and r["kind"] == "stock" and r["stage"] in drawn
    ]
    return str(max(sites, key=lambda r: (r["position"], r["stage"]))["stage"]) if sites else None


def _money(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    cost = plan.cost.assign(usd=plan.cost["serving_usd"] + plan.cost["research_usd"])
    total = {item: math.fsum(by.values()) for item, by in _by_item(cost).items()}
    named = sorted(total, key=lambda item: (-total[item], item))[:_ITEMS]
    by = _by_item(cost)
    rest = {t: math.fsum(x.get(t, 0.0) for item, x in by.items() if item not in named) for t in years}
    rows = [
        (f"  {plain(item)}"[: _LABEL - 1], {t: number(by[item].get(t, 0.0) / 1e9) for t in years}) for item in named
    ]
    return [*rows, ("  rest", {t: number(x / 1e9) for t, x in rest.items()})]


def _by_item(cost: pd.DataFrame) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {}
    for row in _records(cost):
        found.setdefault(row["item"], {})[row["year"]] = row["usd"]
    return found


def _sum(table: pd.DataFrame, column: str) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for row in _records(table[["year", column]]):
        found[row["year"]] += row[column]
    return found


def number(x: float) -> str:
    """Return a number with three significant digits, or whole if it is large."""
    if math.isnan(x):
        return ""
    if math.isinf(x):
        return "any"
    if x == 0:
        return "0"
    size = math.floor(math.log10(abs(x)))
    return f"{x:,.{max(0, 2 - size)}f}"
