"""Supply against requirement: what each stage would have to supply, what it can, and what stands idle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report import charts
from supplychain.report.formats import dollars, number, plain
from supplychain.report.page.blocks import Chart, Grid, GridColumn, Heading, Section, Sentences
from supplychain.report.page.grids import grid
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_IDLE = 12
"""Stages with idle capacity that are drawn; the table has all."""


def section(given: ReportData) -> Section:
    """Return what is required beside what is there, and what is stranded."""
    names = Grid(
        "The stages, from upstream to downstream",
        given.inputs("stages", ["position", "stage"]),
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
        _required(given),
        Heading(f"Stranded in {given.year}"),
        *_stranded(given),
        Heading("What the names mean"),
        names,
    ]
    return Section("supply", "Supply against requirement", "How much of each stage would full service take?", blocks)


def _required(given: ReportData) -> Chart:
    years = given.years
    panels = list(dict.fromkeys([years[0], years[len(years) // 2], years[-1]]))
    rows = given.tables.rows("requirements")
    order = {row["stage"]: n for n, row in enumerate(given.stages)}
    bars = [
        {
            "row": plain(r["stage"]),
            "panel": str(r["year"]),
            "value": r["ratio"],
            "text": number(r["ratio"]),
            "part": given.group_of.get(r["stage"], ""),
            "at": (order.get(r["stage"], len(order)), r["year"]),
            "said": plain(
                f"{r['stage']}, {r['year']}: {number(r['required'])} of {number(r['available'])} "
                f"{r['unit']}, ratio {number(r['ratio'])}"
            ),
        }
        for r in rows.records()
        if r["year"] in panels and r["ratio"] > 0 and math.isfinite(r["ratio"])
    ]
    bars.sort(key=lambda bar: bar["at"])
    for bar in bars:
        del bar["at"]
    groups = {g: c for g, c in given.group_colours.items() if any(bar["part"] == g for bar in bars)}
    wide, narrow = charts.both(
        charts.bars,
        bars,
        x="required / available",
        colour=groups,
        legend="group",
        rule=1.0,
        panels=[str(t) for t in panels],
    )
    over = sorted({bar["row"] for bar in bars if bar["value"] > 1})
    shown: list[ShownColumn] = ["year", "stage", "unit", "required", "available", "ratio"]
    return Chart(
        "requirements",
        "How much of what is there would full service need?",
        plain(
            f"Bars by stage for {', '.join(map(str, panels))}: required over available. Above 1 in "
            f"some of these years: {', '.join(over) or 'none'}."
        ),
        wide,
        narrow,
        grid("Required over available, every stage and year", rows, schema.REQUIREMENTS, shown, keys=3),
        (
            (
                "The dashed line is 1: what is there. A stage that would not be needed, or of which "
                "there is none, has no bar."
            ),
        ),
    )


def _stranded(given: ReportData) -> list[Block]:
    t = given.year
    rows = given.close.grouped("idle_capacity", ["stage", "unit"], ["limit", "idle", "idle_usd"])
    if not len(rows.data):
        return [Sentences((f"Nothing that would be used stands idle in {t}.",))]
    found = sorted(rows.records(), key=lambda r: (-r["idle_usd"], r["stage"]))
    size, unit = charts.size((r["idle_usd"] for r in found), charts.USD)
    bars = [
        {
            "row": plain(r["stage"]),
            "value": r["idle_usd"] / size,
            "text": f"{number(100 * r['idle'] / r['limit'])} % of its limit" if r["limit"] else "",
            "part": given.group_of.get(r["stage"], ""),
            "said": plain(f"{r['stage']}: {number(r['idle'])} {r['unit']} idle, {dollars(r['idle_usd'])}"),
        }
        for r in found[:_IDLE]
    ]
    groups = {g: c for g, c in given.group_colours.items() if any(bar["part"] == g for bar in bars)}
    wide, narrow = charts.both(
        charts.bars,
        bars,
        x=f"{unit} at what is idle would be sold for, or its charge for the year",
        colour=groups,
        legend="group",
    )
    shown: list[ShownColumn] = ["stage", "unit", "limit", "idle", ("idle_usd", 1e6)]
    return [
        Chart(
            "stranded",
            f"What lies idle in {t} because other stages bind?",
            plain(f"Bars by stage in {unit}; most: {bars[0]['row']}, {dollars(found[0]['idle_usd'])}."),
            wide,
            narrow,
            grid(f"Idle in {t} that would be used if no stage were limited", rows, schema.IDLE_CAPACITY, shown, keys=2),
        )
    ]
