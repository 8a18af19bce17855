"""Demand and what is served of it, what tokens cost and why, and the money."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.plan.decomposition import RESIDUAL
from supplychain.report import charts
from supplychain.report.formats import number, plain
from supplychain.report.page.blocks import Chart, Paragraph, Section
from supplychain.report.page.grids import grid
from supplychain.results import schema as result_schema
from supplychain.schema import ALL

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, SourcedRows
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_SERVICE = {"served": "#0072b2", "blocked": "#e69f00", "uneconomic": "#c8c8c8"}
_COSTS = ("average", "fully_loaded", "marginal")
_TERMS = 8
"""Terms of a cost that are drawn; the rest is one."""


def section(report_data: ReportData) -> Section:
    """Return service, cost per token and its parts, and the economics of each year."""
    tables = report_data.tables
    blocks: list[Block] = []
    if float(tables.sum("service", "demand_ttok").value) > 0:
        blocks.append(_service(report_data))
    else:
        blocks.append(Paragraph(("No tokens are asked for.",)))
    if float(tables.sum("research_service", "demand_h100e_years").value) > 0:
        blocks.append(_research(report_data))
    if _has_cost(report_data):
        blocks.append(_cost(report_data))
    if len(tables.rows("decomposition").data):
        blocks.append(_made_of(report_data))
    grid_columns: list[ShownColumn] = [
        "year",
        *((name, 1e9) for name in ("token_value_usd", "serving_cost_usd", "research_cost_usd")),
        *(("gross_margin", 0.01), ("capital_usd", 1e9), "capital_per_token_value", ("memory_share_of_hardware", 0.01)),
    ]
    caption = "Value, cost, margin, capital and memory's share"
    blocks.append(grid(caption, tables.rows("economics"), result_schema.ECONOMICS, grid_columns))
    return Section(
        "service", "Demand, service and cost", "Who is served, at what cost, and what is that cost made of?", blocks
    )


def _service_parts(rows: SourcedRows, by: str, unit: float, name: str) -> list[dict[str, object]]:
    return [
        {
            "column": str(r["year"]),
            "panel": plain(str(r[by])) if by else "",
            "part": part,
            "value": r[column] / unit,
            "description": plain(f"{r[by] if by else 'research'}, {r['year']}: {number(r[column] / unit)} {part}"),
        }
        for r in rows.records()
        for part in _SERVICE
        for column in [f"{part}_{name}"]
    ]


def _service(report_data: ReportData) -> Chart:
    columns = [f"{c}_ttok" for c in ("demand", *_SERVICE)]
    rows = report_data.tables.grouped("service", ["year", "workload"], columns)
    parts = _service_parts(rows, "workload", 1e3, "ttok")
    wide, narrow = charts.wide_and_narrow(
        charts.stacked, parts, y="10¹⁵ tokens a year", colour=_SERVICE, panels=True, free=True
    )
    grid_columns: list[ShownColumn] = ["year", "workload", *((c, 1e3) for c in columns)]
    last = report_data.years[-1]
    served, demanded = (report_data.tables.sum("service", f"{c}_ttok", year=last) for c in ("served", "demand"))
    return Chart(
        "service",
        "How much of the demand for tokens is served?",
        (
            "Stacked bars by year, one panel for each workload: served, blocked and uneconomic. "
            f"{(served / demanded).per_cent()} of all are served in {last}."
        ),
        wide,
        narrow,
        grid("Tokens by year and workload", rows, result_schema.SERVICE, grid_columns, keys=2),
        (
            (
                "Blocked: it would be served if no stage were limited. Uneconomic: not even then. Each "
                "panel has its own scale."
            ),
        ),
    )


def _research(report_data: ReportData) -> Chart:
    columns = [f"{c}_h100e_years" for c in ("demand", *_SERVICE)]
    rows = report_data.tables.grouped("research_service", ["year"], columns)
    wide, narrow = charts.wide_and_narrow(
        charts.stacked,
        _service_parts(rows, "", 1e6, "h100e_years"),
        y="million busy H100-equivalent years",
        colour=_SERVICE,
    )
    grid_columns: list[ShownColumn] = ["year", *((c, 1e6) for c in columns)]
    return Chart(
        "research_service",
        "How much of the demand for research compute is served?",
        "Stacked bars by year: served, blocked and uneconomic, in million busy H100-equivalent years.",
        wide,
        narrow,
        grid("Research by year, busy H100-equivalent years", rows, result_schema.RESEARCH_SERVICE, grid_columns),
    )


def _has_cost(report_data: ReportData) -> bool:
    return any(
        not math.isnan(x) for x in report_data.tables.rows("token_cost", workload=ALL).data["average_usd_per_mtok"]
    )


def _cost(report_data: ReportData) -> Chart:
    rows = report_data.tables.rows("token_cost")
    points = [
        {
            "column": str(r["year"]),
            "panel": "all workloads" if r["workload"] == ALL else plain(r["workload"]),
            "series": name.replace("_", " "),
            "value": r[f"{name}_usd_per_mtok"],
            "description": plain(
                f"{r['workload']}, {r['year']}, {name.replace('_', ' ')}: "
                f"{number(r[f'{name}_usd_per_mtok'])} USD per million tokens"
            ),
        }
        for r in rows.records()
        for name in _COSTS
        if r[f"{name}_usd_per_mtok"] > 0
    ]
    wide, narrow = charts.wide_and_narrow(charts.lines, points, y="USD per million tokens, log", panels=True)
    first, last = report_data.years[0], report_data.years[-1]
    at_first, at_last = (
        report_data.tables.only("token_cost", "average_usd_per_mtok", year=t, workload=ALL) for t in (first, last)
    )
    return Chart(
        "token_cost",
        "What do a million tokens cost?",
        (
            "Lines over the years, one panel for all workloads and one for each: average, with research and "
            "all other cost on tokens, and marginal. "
            f"The average of all is {at_first} USD in {first} and {at_last} USD in {last}."
        ),
        wide,
        narrow,
        grid("What a million tokens cost", rows, result_schema.TOKEN_COST, keys=2),
        (
            (
                "Average: cost of serving over tokens. Fully loaded: all cost on tokens. Marginal: what "
                "one million more would cost."
            ),
        ),
    )


def _made_of(report_data: ReportData) -> Chart:
    rows = report_data.tables.rows("decomposition")
    total: dict[str, float] = {}
    for r in rows.records():
        total[r["term"]] = max(total.get(r["term"], 0.0), abs(r["usd_per_mtok"]))
    named = [t for t in sorted(total, key=lambda t: (-total[t], t)) if t != RESIDUAL][:_TERMS]
    named = [t for t in total if t in named]
    summed: dict[tuple[int, str, str], float] = {}
    for r in rows.records():
        part = plain(r["term"]) if r["term"] in named else "all other terms"
        key = (r["year"], r["workload"], part)
        summed[key] = summed.get(key, 0.0) + r["usd_per_mtok"]
    parts = [
        {
            "column": str(t),
            "panel": plain(w),
            "part": part,
            "value": usd,
            "description": plain(f"{w}, {t}, {part}: {number(usd)} USD per million tokens"),
        }
        for (t, w, part), usd in summed.items()
    ]
    colour = charts.colours(plain(t) for t in named) | {"all other terms": charts.REST}
    wide, narrow = charts.wide_and_narrow(
        charts.stacked, parts, y="USD per million tokens", colour=colour, panels=True, free=True
    )
    worst = max((abs(r["usd_per_mtok"]) for r in rows.records() if r["term"] == RESIDUAL), default=0.0)
    return Chart(
        "marginal_made_of",
        "What is the cost of one million tokens more made of?",
        f"Stacked bars by year, one panel for each workload: the {len(named)} largest terms, and all others together.",
        wide,
        narrow,
        grid(
            "Marginal cost by term; the terms add up to it",
            rows,
            result_schema.DECOMPOSITION,
            ["workload", "term", "usd_per_mtok"],
            keys=2,
            across="year",
        ),
        (
            "Every dollar is followed until somebody keeps it. The largest residual of all years and workloads is ",
            f"{worst:.0e} USD" if worst else "nought",
            ". Terms below nought earn.",
        ),
    )
