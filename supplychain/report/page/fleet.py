"""The fleet: accelerators by family, H100 equivalents, and power by region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.report import charts
from supplychain.report.formats import number, plain, short, unit_for
from supplychain.report.page.blocks import Chart, Grid, GridColumn, Section
from supplychain.report.text.overview import site_stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.report.page.blocks import Block, SourcedRows
    from supplychain.report.page.report_data import ReportData


_COUNTS = ((1e6, "million accelerators"), (1e3, "thousand accelerators"), (1.0, "accelerators"))
_H100E = ((1e6, "million H100 equivalents"), (1e3, "thousand H100 equivalents"), (1.0, "H100 equivalents"))
_POWER = ((1.0, "MW"),)


def section(report_data: ReportData) -> Section:
    """Return what is built, what operates, and where it draws power."""
    tables = report_data.tables
    blocks: list[Block] = []
    if len(tables.rows("builds").data):
        built = tables.grouped("builds", ["family", "year"], ["built"])
        blocks.append(_by_year(report_data, "built", "Which accelerators are built?", built, _COUNTS))
    if len(tables.rows("installed_base").data):
        works = tables.grouped("installed_base", ["family", "year"], ["h100e_operating"])
        blocks.append(_by_year(report_data, "h100e", "How much compute operates, and of which family?", works, _H100E))
    site = site_stage(report_data.plan)
    if site is not None:
        power = tables.grouped("stages", ["place", "year"], ["used"], stage=site)
        blocks.append(_by_year(report_data, "power", f"Where is power drawn ({short(site, 40)})?", power, _POWER))
    return Section("fleet", "The fleet", "What is built, what operates, and where?", blocks)


def _by_year(
    report_data: ReportData, name: str, title: str, rows: SourcedRows, sizes: Sequence[tuple[float, str]]
) -> Chart:
    """Return parts of each year on top of each other; the rows have a part, the year and a number."""
    by, _, column = map(str, rows.data.columns)
    size, unit = unit_for(rows.data.groupby("year")[column].sum(), sizes)
    fixed = report_data.family_colours if by == "family" else report_data.place_colours
    present = {plain(str(n)) for n in rows.data[by]}
    colour = {name: colour for name, colour in fixed.items() if name in present and colour != charts.REST}
    rest = {"all others": charts.REST} if present - colour.keys() else {}
    summed: dict[tuple[str, str], float] = {}
    for r in rows.records():
        own_name = plain(str(r[by]))
        key = (str(r["year"]), own_name if own_name in colour else "all others")
        summed[key] = summed.get(key, 0.0) + r[column]
    parts = [
        {"column": t, "part": part, "value": x / size, "description": f"{part}, {t}: {number(x / size)} {unit}"}
        for (t, part), x in summed.items()
    ]
    wide, narrow = charts.wide_and_narrow(charts.stacked, parts, y=unit, colour={**colour, **rest})
    first, last = report_data.years[0], report_data.years[-1]
    sums = {t: sum(x for (year, _), x in summed.items() if year == str(t)) / size for t in (first, last)}
    return Chart(
        name,
        title,
        f"Stacked bars by year, {unit}: {number(sums[first])} in {first}, {number(sums[last])} in {last}.",
        wide,
        narrow,
        Grid(
            f"By {by} and year, {unit}",
            rows,
            [GridColumn(by, by), GridColumn(column, unit, "number", size)],
            across="year",
        ),
    )
