"""With which foresight the case was solved, and what other foresights would say, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.case.foresight import in_words
from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report import charts
from supplychain.report.formats import plain, short
from supplychain.report.names import TOTALS, Names
from supplychain.report.names import in_words as group_in_words
from supplychain.report.page.blocks import Chart, GridColumn, NotRun, Paragraph, Section
from supplychain.report.page.grids import every, grid
from supplychain.report.page.report_data import FORESIGHT
from supplychain.report.text.foresight import called
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.report_data import ReportData

_JOINT = "several or other"


def section(report_data: ReportData) -> Section:
    """Return what the foresight of the case is, and what binds with others, or how to get that."""
    seen = in_words(report_data.case.settings.foresight_years)
    blocks: list[Block] = [Paragraph((f"The case is solved with {seen}.",))]
    if FORESIGHT in report_data.studies:
        blocks += [_binding(report_data), *_amounts(report_data)]
    else:
        blocks.append(
            NotRun(
                "Other foresights were not put beside it.",
                f"supplychain foresight {report_data.study_arguments} --out DIR, then --foresights DIR",
            )
        )
    return Section(
        "foresight", "How far ahead the plan sees", "Which labels hang on how many years buyers see?", blocks
    )


def _binding(report_data: ReportData) -> Chart:
    """Return which group binds with each foresight in each year, in its colour, and which stage."""
    names, study = Names(report_data.case), report_data.tables
    labels = study.rows(f"{FORESIGHT}:labels")
    own = {row["foresight"]: row["own"] for row in study.rows(f"{FORESIGHT}:totals").records()}
    rows = {(row["foresight"], row["year"], row["level"]): row for row in labels.records()}
    stage, group = LEVELS
    colour_of_group = report_data.group_colours | {DEMAND: charts.REST}
    cells = []
    for foresight, year in dict.fromkeys((foresight, year) for foresight, year, _ in rows):
        by_group, by_stage = (rows[foresight, year, level] for level in (group, stage))
        bound = by_group["members"]
        cells.append(
            {
                "row": called(foresight) + " (the case)" * bool(own[foresight]),
                "column": str(year),
                "level": group_in_words(bound) if bound in colour_of_group else _JOINT,
                "text": names.groups(bound, 22),
                "brief": short(group_in_words(bound), 9),
                "mark": int(not (by_group["same"] and by_stage["same"])),
                "description": plain(f"{called(foresight)}, {year}: {names.binds(bound, by_stage['members'])}"),
            }
        )
    present = {cell["level"] for cell in cells}
    shades = {group_in_words(g): colour for g, colour in colour_of_group.items()} | {_JOINT: "#ffffff"}
    domain = [name for name in shades if name in present]
    wide, narrow = charts.wide_and_narrow(
        charts.matrix, cells, rows="", columns="", legend="group", domain=domain, shades=[shades[g] for g in domain]
    )
    moved = sum(bool(cell["mark"]) for cell in cells)
    return Chart(
        "foresight_bound",
        "Which group binds with which foresight?",
        plain(
            "Cells by foresight and year with the group that binds. "
            f"In {moved} cells it, or its stage, is another than with the case's own foresight."
        ),
        wide,
        narrow,
        grid(
            "What binds, by group and by stage",
            labels,
            schema.FORESIGHT_LABELS,
            every(schema.FORESIGHT_LABELS, annual_gain_usd_per_pct=1e6),
            keys=3,
        ),
        ("Framed: another group or stage binds than with the case's own foresight. The numbers below have both.",),
    )


def _amounts(report_data: ReportData) -> list[Block]:
    """Return net benefit, value and cost with each foresight, and what is served in each year."""
    totals, service = (report_data.tables.rows(f"{FORESIGHT}:{table}") for table in ("totals", "service"))
    columns = [GridColumn(total, f"{name}, bn USD", "number", 1e9) for total, name in TOTALS.items()]
    served = every(schema.FORESIGHT_SERVICE, served_ttok=1e3, served_h100e_years=1e6)
    caption = "Net benefit is value served less total cost, over the whole horizon, discounted"
    return [
        grid(caption, totals, schema.FORESIGHT_TOTALS, ["foresight", *columns, "own"]),
        grid("What is served in each year", service, schema.FORESIGHT_SERVICE, served, keys=2, folded=True),
    ]
