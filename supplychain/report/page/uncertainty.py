"""How often each label binds when all uncertain numbers are drawn together, the bands, and what decides them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import LEVELS
from supplychain.report.page.blocks import Paragraph, Section
from supplychain.report.page.grids import every, grid
from supplychain.report.page.report_data import UNCERTAINTY, uncertainty_not_run
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, Grid
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData
    from supplychain.schema import TableSchema


_MEANING = (
    "All numbers that have a range were drawn together. A band leaves out the lowest tenth of draws and the highest. "
    "Intervals of probabilities say how exact so many draws are, and nothing of what the ranges leave out."
)


def section(report_data: ReportData) -> Section:
    """Return the tables of the study of uncertainty, or how to get one."""
    blocks: list[Block] = [*uncertainty_not_run(report_data)]
    if UNCERTAINTY in report_data.studies:
        blocks += [_labels(report_data, level) for level in reversed(LEVELS)]
        blocks.append(Paragraph((_MEANING,)))
        blocks += [
            _whole(report_data, table)
            for table in (schema.BINDING_PROBABILITY, schema.DISTRIBUTIONS, schema.DRIVERS, schema.CONDITIONS)
        ]
    lead = "How often does each label bind, and between which amounts, if all inputs may be off at once?"
    return Section("uncertainty", "Probabilities and bands", lead, blocks)


def _labels(report_data: ReportData, level: str) -> Grid:
    """Return how often each stage, or group, binds by year."""
    rows = report_data.tables.rows(f"{UNCERTAINTY}:{schema.BINDING_PROBABILITY.name}", level=level)
    columns: list[ShownColumn] = ["members", ("probability", 0.01)]
    caption = f"In how many per cent of joint draws each {level} binds"
    return grid(caption, rows, schema.BINDING_PROBABILITY, columns, across="year", folded=level == LEVELS[0])


def _whole(report_data: ReportData, table: TableSchema) -> Grid:
    rows = report_data.tables.rows(f"{UNCERTAINTY}:{table.name}")
    in_per_cent = [column.name for column in table.columns if column.unit == "share"]
    if table is schema.BINDING_PROBABILITY:
        in_per_cent += ["standard_error", "low", "high"]
    shares: dict[str, float] = dict.fromkeys(in_per_cent, 0.01)
    return grid(table.meaning, rows, table, every(table, **shares), keys=len(table.key), folded=True)
