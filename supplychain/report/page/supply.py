"""Supply against requirement: what each stage would have to supply, what it can, and what stands idle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report import charts
from supplychain.report.formats import USD, dollars, number, plain, unit_for
from supplychain.report.page.blocks import Chart, Grid, GridColumn, Heading, Paragraph, Section
from supplychain.report.page.grids import grid
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_IDLE = 12
"""Stages with idle capacity that are drawn; the table has all."""


def section(report_data: ReportData) -> Section:
    """Return what is required beside what is there, and what is stranded."""
    names = Grid(
        "The stages, from upstream to downstream",
        report_data.inputs("stages", ["position", "stage"]),
        [
            GridColumn("stage", "stage"),
            GridColumn("label", "what it is"),
            GridColumn("group", "group"),
            GridColumn("unit", "unit"),
            GridColumn("kind", "kind"),
            GridColumn("nature", "nature"),
        ],
    )
    blocks: list[Block] = [
        _required(report_data),
        Heading(f"Stranded in {report_data.year}"),
        *_idle_capacity(report_data),
        Heading("What the names mean"),
        names,
    ]
    return Section("supply", "Supply against requirement", "How much of each stage would full service take?", blocks)


def _required(report_data: ReportData) -> Chart:
    years = report_data.years
    panels = list(dict.fromkeys([years[0], years[len(years) // 2], years[-1]]))
    rows = report_data.tables.rows("requirements")
    order = {row["stage"]: n for n, row in enumerate(report_data.stages)}
    bars = [
        {
            "row": plain(r["stage"]),
            "panel": str(r["year"]),
            "value": r["ratio"],
            "text": number(r["ratio"]),
            "part": report_data.group_of.get(r["stage"], ""),
            "place": (order.get(r["stage"], len(order)), r["year"]),
            "description": plain(
                f"{r['stage']}, {r['year']}: {number(r['required'])} of {number(r['available'])} "
                f"{r['unit']}, ratio {number(r['ratio'])}"
            ),
        }
        for r in rows.records()
        if r["year"] in panels and r["ratio"] > 0 and math.isfinite(r["ratio"])
    ]
    bars.sort(key=lambda bar: bar["place"])
    for bar in bars:
        del bar["place"]
    wide, narrow = charts.wide_and_narrow(
        charts.bars,
        bars,
        x="required / available",
        colour=report_data.groups_drawn(bars),
        legend="group",
        rule=1.0,
        panels=[str(t) for t in panels],
    )
    over = sorted({bar["row"] for bar in bars if bar["value"] > 1})
    grid_columns: list[ShownColumn] = [*schema.REQUIREMENTS.key, "unit", "required", "available", "ratio"]
    return Chart(
        "requirements",
        "How much of what is there would full service need?",
        plain(
            f"Bars by stage for {', '.join(map(str, panels))}: required over available. Above 1 in "
            f"some of these years: {', '.join(over) or 'none'}."
        ),
        wide,
        narrow,
        grid("Required over available, every stage and year", rows, schema.REQUIREMENTS, grid_columns, keys=3),
        (
            (
                "The dashed line is 1: what is there. A stage that would not be needed, or of which "
                "there is none, has no bar."
            ),
        ),
    )


def _idle_capacity(report_data: ReportData) -> list[Block]:
    t = report_data.year
    rows = report_data.year_tables.grouped("idle_capacity", ["stage", "unit"], ["limit", "idle", "idle_usd"])
    if not len(rows.data):
        return [Paragraph((f"Nothing that would be used stands idle in {t}.",))]
    idle = sorted(rows.records(), key=lambda r: (-r["idle_usd"], r["stage"]))
    size, unit = unit_for((r["idle_usd"] for r in idle), USD)
    bars = [
        {
            "row": plain(r["stage"]),
            "value": r["idle_usd"] / size,
            "text": f"{number(100 * r['idle'] / r['limit'])} % of its limit" if r["limit"] else "",
            "part": report_data.group_of.get(r["stage"], ""),
            "description": plain(f"{r['stage']}: {number(r['idle'])} {r['unit']} idle, {dollars(r['idle_usd'])}"),
        }
        for r in idle[:_IDLE]
    ]
    wide, narrow = charts.wide_and_narrow(
        charts.bars,
        bars,
        x=f"{unit} at what is idle would be sold for, or its charge for the year",
        colour=report_data.groups_drawn(bars),
        legend="group",
    )
    grid_columns: list[ShownColumn] = ["stage", "unit", "limit", "idle", ("idle_usd", 1e6)]
    return [
        Chart(
            "stranded",
            f"What lies idle in {t} because other stages bind?",
            plain(f"Bars by stage in {unit}; most: {bars[0]['row']}, {dollars(idle[0]['idle_usd'])}."),
            wide,
            narrow,
            grid(
                f"Idle in {t} that would be used if no stage were limited",
                rows,
                schema.IDLE_CAPACITY,
                grid_columns,
                keys=2,
            ),
        )
    ]
