"""What to buy first, and by when; the ladder of a year, and what more of what binds is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.report import charts
from supplychain.report.formats import USD, dollars, number, or_nought, plain, short, unit_for
from supplychain.report.page.blocks import Chart, Grid, Heading, Paragraph, Section
from supplychain.report.page.grids import grid
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_OPTIONS = 15
"""Options that are drawn; the table has all that are worth more than they cost."""


def section(report_data: ReportData) -> Section:
    """Return options to order, the ladder and the curves."""
    year = report_data.year
    blocks: list[Block] = [*_options(report_data), _orders(report_data), Heading(f"{year}, closely")]
    blocks += [*_ladder(report_data), *_curves(report_data)]
    return Section("buying", "What to buy first", "Which order is worth most per dollar, and until when?", blocks)


def _options(report_data: ReportData) -> list[Block]:
    worthwhile = report_data.tables.above("purchases", "benefit_usd_per_unit")
    if not len(worthwhile.data):
        return [Paragraph(("No order of capacity that the case allows would be worth more than it costs.",))]
    options = sorted(
        worthwhile.records(),
        key=lambda r: (-or_nought(r["benefit_per_capex_usd"]), r["order_year"], r["stage"], r["supplier"], r["place"]),
    )
    bars = [
        {
            "row": (f"{r['order_year']} {short(r['stage'], 18)}, {short(r['supplier'], 14)}, {short(r['place'], 12)}"),
            "value": or_nought(r["benefit_per_capex_usd"]),
            "text": dollars(or_nought(r["benefit_per_capex_usd"])),
            "part": report_data.group_of.get(r["stage"], ""),
            "description": plain(
                f"{r['stage']} / {r['supplier']} / {r['place']}, ordered in {r['order_year']}: one "
                f"{r['unit']} more is worth {dollars(r['benefit_usd_per_unit'])}, "
                f"{dollars(or_nought(r['benefit_per_capex_usd']))} for each dollar spent"
            ),
        }
        for r in options[:_OPTIONS]
    ]
    wide, narrow = charts.wide_and_narrow(
        charts.bars,
        bars,
        x="USD gained per USD spent, all costs paid",
        colour=report_data.groups_drawn(bars),
        legend="group",
    )
    grid_columns: list[ShownColumn] = [
        *("order_year", "stage", "supplier", "place", "unit", "ordered", "limit"),
        *(("benefit_usd_per_unit", 1e6), "benefit_per_capex_usd", "last_useful_order_year"),
    ]
    return [
        Chart(
            "options",
            "Of which order would more be worth most per dollar?",
            plain(
                "Bars by option: USD gained per USD spent on one unit more than can be ordered. "
                f"First: {bars[0]['row']}, {bars[0]['text']}."
            ),
            wide,
            narrow,
            grid(
                "Options of which more than can be ordered would pay",
                worthwhile,
                schema.PURCHASES,
                grid_columns,
                keys=4,
            ),
            (
                "The options worth most, of " if len(options) > _OPTIONS else "All options that are worth more: ",
                worthwhile.count(),
                "; each is ordered as far as it can be. Order by the year that is named.",
            ),
        )
    ]


def _orders(report_data: ReportData) -> Grid:
    rows = report_data.tables.grouped("orders", ["stage", "unit", "order_year"], ["amount"])
    caption, grid_columns = "What the plan orders, by year of order", ["stage", "unit", "amount"]
    return grid(caption, rows, schema.ORDERS, grid_columns, keys=2, across="order_year")


def _ladder(report_data: ReportData) -> list[Block]:
    rows, year = report_data.year_tables.rows("ladder"), report_data.year
    if not len(rows.data):
        return [Paragraph((f"In {year} no relief of any stage gains anything: there is no ladder to climb.",))]
    size, unit = unit_for(rows.data["gain_usd"], USD)
    bars = [
        {
            "row": plain(f"{r['rung']}. {r['lifted']}"),
            "value": max(r["gain_usd"], 0.0) / size,
            "text": f"{number(r['gain_usd'] / size)}, then {short(r['binding'], 24)}",
            "part": "",
            "description": plain(
                f"Rung {r['rung']}: {r['lifted']} ({r['state']}) lifted gains "
                f"{dollars(r['gain_usd'])}; then {r['binding']} binds"
            ),
        }
        for r in rows.records()
    ]
    wide, narrow = charts.wide_and_narrow(charts.bars, bars, x=f"{unit} of {year} that lifting it altogether gains")
    grid_columns: list[ShownColumn] = [
        *schema.LADDER.key,
        *("lifted", "state", "used_pct", ("tokens_ttok", 1e3), ("research_h100e_years", 1e3)),
        *(("gain_usd", 1e6), "binding"),
    ]
    return [
        Chart(
            "ladder",
            f"If what binds in {year} were lifted altogether, what would bind then, and then?",
            plain(f"Bars from the first rung up: {'; '.join(b['row'] + ' gains ' + b['text'] for b in bars)}."),
            wide,
            narrow,
            grid(f"The ladder of {year}", rows, schema.LADDER, grid_columns, keys=2),
        )
    ]


def _curves(report_data: ReportData) -> list[Block]:
    year, curves = report_data.year, report_data.year_tables.tables["curves"]
    blocks: list[Block] = []
    for n, stage in enumerate(dict.fromkeys(curves["stage"])):
        rows = report_data.year_tables.rows("curves", stage=stage)
        size, unit = unit_for(rows.data["gain_usd_per_pct"], USD)
        segments = [
            {
                "from": r["from_pct"],
                "to": r["to_pct"],
                "value": r["gain_usd_per_pct"] / size,
                "part": plain(r["binding"]),
                "description": plain(
                    f"+{number(r['from_pct'])} % to +{number(r['to_pct'])} %: "
                    f"{dollars(r['gain_usd_per_pct'])} per %, {r['binding']} binds"
                ),
            }
            for r in rows.records()
        ]
        wide, narrow = charts.wide_and_narrow(
            charts.steps, segments, x=f"more of {short(stage, 24)}, %", y=f"{unit} per %", legend="binds there"
        )
        grid_columns: list[ShownColumn] = [
            *schema.CURVE.key,
            "to_pct",
            ("gain_usd_per_pct", 1e6),
            ("gain_usd", 1e6),
            "binding",
        ]
        last = rows.records()[-1] if len(rows.data) else {"to_pct": 0.0, "gain_usd": 0.0}
        blocks.append(
            Chart(
                f"curve_{n + 1}",
                f"How far does relief of {plain(stage)} in {year} pay?",
                plain(
                    f"A staircase: what each further per cent gains, up to +{number(last['to_pct'])} "
                    f"%, where {dollars(last['gain_usd'])} is gained in all."
                ),
                wide,
                narrow,
                grid(f"The value curve of {plain(stage)} in {year}", rows, schema.CURVES, grid_columns),
            )
        )
    return blocks
