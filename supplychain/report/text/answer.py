"""The answer in one screen of text."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.case.provenance import one_estimate
from supplychain.plan.bottlenecks import DEMAND
from supplychain.report.formats import case_title, cut, dollars, number, plain
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import SUM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.plan import Plan

_LABEL, _CELL, _BLOCK = 29, 14, 5
"""Characters of the first column and of a year, and years side by side: 99 characters in all."""
_ITEMS = 4
"""Items of cost that are named; the rest is summed up."""

_WIDTH, _NAME = 100, 44
"""Characters of a line, and of what binds in it."""

Cells = dict[int, str]


def text(plan: Plan) -> str:
    """Return the answer as text of at most 100 columns: what binds, what it costs, where the money goes."""
    years = list(plan.case.report_years)
    blocks = [years[n : n + _BLOCK] for n in range(0, len(years), _BLOCK)]
    title = case_title(plan.case.settings)
    first = [title, *year_lines(plan)]
    return "\n".join(
        [*(line[:_WIDTH].rstrip() for line in first), *(line for block in blocks for line in _block(plan, block))]
    )


def year_lines(plan: Plan) -> list[str]:
    """Return a line for each year: what binds, its group, what one per cent more is worth, how long, and what then.

    A stage that the data cannot tell from others of its group is called by the group, and a last line says so.
    """
    years = list(plan.case.report_years)
    stage, group = (rows_by_year(plan.binding, level) for level in ("stage", "group"))
    alike = one_estimate(plan.case)
    group_of = {row["stage"]: row["group"] for row in plan.case.tables["stages"]}
    names = {}
    for t in years:
        label, members = _binding_name(stage[t]), stage[t]["members"]
        label = f"{group_of[members]} ({label}?)" if members in alike else label
        names[t] = cut(f"{label} [{_binding_name(group[t])}]", _NAME)
    width = max(map(len, names.values()))
    lines = [f"{t}  {names[t].ljust(width)}  {worth(stage[t])}" for t in years]
    return [*lines, *not_told_apart(plan, years)]


def not_told_apart(plan: Plan, years: Sequence[int]) -> list[str]:
    """Return a line for each group that binds in some year, as such or by a stage, if its stages have one estimate."""
    group_of = {row["stage"]: row["group"] for row in plan.case.tables["stages"]}
    layers = {group_of[s]: stages for s, stages in one_estimate(plan.case).items()}
    rows = [row for row in records(plan.binding) if row["year"] in years]
    bound = {group_of.get(name, name) for row in rows for name in row["members"].split(SUM)}
    return [
        f"{name}: one estimate for {', '.join(layers[name])}; which binds cannot be told"
        for name in sorted(bound & layers.keys())
    ]


def _binding_name(row: Mapping[str, Any]) -> str:
    """Return what binds: a stage, or one with the others of its set."""
    if row["state"] == DEMAND:
        return DEMAND
    first, *others = row["members"].split(" + ")
    return f"{first} (with {', '.join(others)})" if others else first


def worth(row: Mapping[str, Any]) -> str:
    """Return what one per cent more of what binds is worth, in money of its year; up to where, and what binds then."""
    if row["state"] == DEMAND:
        return "no relief of up to four stages together would serve more"
    if math.isnan(row["annual_gain_usd_per_pct"]):
        return "there is none of it, and the first unit would serve more"
    ends = (
        ""
        if math.isinf(row["holds_to_pct"])
        else f", up to +{number(row['holds_to_pct'])} %, then {_next_binding(row)}"
    )
    return f"+1 % is worth {dollars(row['annual_gain_usd_per_pct'])} a year{ends}"


def overview(plan: Plan) -> list[tuple[str, pd.DataFrame]]:
    """Return the same as tables with a title each, years across."""
    years = list(plan.case.report_years)
    stage, group = (rows_by_year(plan.binding, level) for level in ("stage", "group"))
    binding: list[tuple[str, Cells]] = [
        ("Binding stage", {t: _binding_name(stage[t]) for t in years}),
        ("  group", {t: _binding_name(group[t]) for t in years}),
        ("  worth", {t: worth(stage[t]) for t in years}),
    ]
    return [
        (title, pd.DataFrame({t: {name: cells[t] for name, cells in rows} for t in years}))
        for title, rows in [("What binds", binding), *_sections(plan, years)]
    ]


def _block(plan: Plan, years: list[int]) -> list[str]:
    (_, answer), (title, money) = _sections(plan, years)
    lines = [_line("", {t: str(t) for t in years})]
    lines += [_line(name, cells) for name, cells in answer]
    return [*lines, title, *(_line(name, cells) for name, cells in money)]


def _line(name: str, cells: Mapping[int, str]) -> str:
    return (name.ljust(_LABEL) + "".join(_cut(cell).rjust(_CELL) for cell in cells.values())).rstrip()


def _cut(cell: str) -> str:
    cell = plain(cell)
    return cell if len(cell) < _CELL else cell[: _CELL - 2] + "…"


def _sections(plan: Plan, years: list[int]) -> list[tuple[str, list[tuple[str, Cells]]]]:
    answer = [_gain_goes_to(plan, years), *_tokens(plan, years), *_capacity(plan, years)]
    return [("Answer", answer), ("Where the money goes, bn USD in the year", _money(plan, years))]


def _gain_goes_to(plan: Plan, years: list[int]) -> tuple[str, Cells]:
    """Return whom relief of what binds serves: the shares of its gain."""
    stage = rows_by_year(plan.binding, "stage")
    relief = {(row["year"], row["stage"]): row for row in records(plan.bottlenecks)}
    return "Of it tokens/research/saved, %", {t: _gain_shares(relief.get((t, stage[t]["members"]), {})) for t in years}


def _next_binding(row: Mapping[str, Any]) -> str:
    return row["next"] if isinstance(row["next"], str) and row["next"] else "nothing"


def _gain_shares(row: Mapping[str, Any]) -> str:
    gain = row.get("gain_usd_per_pct", math.nan)
    if not gain > 0:
        return ""
    research = row["gain_research_usd_per_pct"]
    parts = (row["gain_serving_usd_per_pct"] - research, research, row["gain_saving_usd_per_pct"])
    return "/".join(str(round(100 * part / gain)) for part in parts)


def _tokens(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    cost = {row["year"]: row for row in records(plan.token_cost) if row["workload"] == "all"}
    prices = [
        ("USD per 10^6 tokens, average", "average"),
        ("  fully loaded", "fully_loaded"),
        ("  marginal", "marginal"),
    ]
    total = {c: _by_year(plan.service, f"{c}_ttok") for c in ("demand", "served", "blocked", "uneconomic")}
    cells = {c: {t: number(amount[t] / 1e3) for t in years} for c, amount in total.items()}
    rows = [
        ("Tokens asked for, 10^15", cells["demand"]),
        ("  served", cells["served"]),
        ("  blocked/uneconomic", {t: f"{cells['blocked'][t]}/{cells['uneconomic'][t]}" for t in years}),
    ]
    return rows + [(name, {t: number(cost[t][f"{column}_usd_per_mtok"]) for t in years}) for name, column in prices]


def _capacity(plan: Plan, years: list[int]) -> list[tuple[str, Cells]]:
    built = _by_year(plan.builds, "built")
    operating = _by_year(plan.installed_base, "h100e_operating")
    spent = _by_year(plan.capital, "usd")
    site = site_stage(plan)
    power = _by_year(plan.stages[plan.stages["stage"] == site], "used") if site else {}
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
    by = _by_item(total_cost(plan.cost))
    total = {item: math.fsum(by_year.values()) for item, by_year in by.items()}
    named = sorted(total, key=lambda item: (-total[item], item))[:_ITEMS]
    rest = {t: math.fsum(x.get(t, 0.0) for item, x in by.items() if item not in named) for t in years}
    rows = [
        (f"  {plain(item)}"[: _LABEL - 1], {t: number(by[item].get(t, 0.0) / 1e9) for t in years}) for item in named
    ]
    return [*rows, ("  rest", {t: number(x / 1e9) for t, x in rest.items()})]


def total_cost(cost: pd.DataFrame) -> pd.DataFrame:
    """Return the table `cost` with a column more: `usd`, for serving and for research together."""
    return cost.assign(usd=cost["serving_usd"] + cost["research_usd"])


def _by_item(cost: pd.DataFrame) -> dict[str, dict[int, float]]:
    by_item: dict[str, dict[int, float]] = {}
    for row in records(cost):
        by_item.setdefault(row["item"], {})[row["year"]] = row["usd"]
    return by_item


def _by_year(table: pd.DataFrame, column: str) -> dict[int, float]:
    by_year: dict[int, float] = defaultdict(float)
    for row in records(table[["year", column]]):
        by_year[row["year"]] += row[column]
    return by_year
