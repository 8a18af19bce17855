"""The capacity report: sections of sentences, charts and tables, described with no word of HTML, and written by `html`.

::

    blocks.py       what a page is made of; numbers that know from which cells they were read
    grids.py        grids as the schema has their columns
    report_data.py  what a page is written from
    answer.py       the answer in three sentences and four numbers, and how sure it is
    scenarios.py    scenarios side by side, and what changed
    foresight.py    with which foresight the case was solved, and others beside it
    binding.py      what binds when, what relief is worth, changing one input at a time
    uncertainty.py  how often each label binds over joint draws, bands, and what decides them
    supply.py       supply against requirement, stranded capacity
    service.py      demand, service and what tokens cost
    buying.py       what to buy first, the ladder and the value curves
    fleet.py        accelerators, H100 equivalents, power
    trust.py        errors, certificate, weaknesses, the tornado
    tables.py       what no other part shows
    inputs.py       every input and every source
    readme.py       what the author of a case calls weak
    html.py         the sections as one file
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from supplychain.report.page import (
    answer,
    binding,
    buying,
    fleet,
    foresight,
    inputs,
    scenarios,
    service,
    supply,
    tables,
    trust,
    uncertainty,
)
from supplychain.report.page.blocks import Chart, Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.report.page.blocks import Block, Section
    from supplychain.report.page.report_data import ReportData


def sections(report_data: ReportData, on_section: Callable[[Section], object] = lambda _: None) -> list[Section]:
    """Return the page, part by part; `on_section` is called with each when it is there; those that solve come last."""
    by_module = {}
    for module in sorted(_PARTS, key=_SOLVING.__contains__):
        by_module[module] = _without_empty_charts(module.section(report_data))
        on_section(by_module[module])
    by_module[tables] = tables.section(report_data, by_module.values())
    on_section(by_module[tables])
    return [by_module[module] for module in (*_PARTS[:-1], tables, _PARTS[-1])]


def _without_empty_charts(section: Section) -> Section:
    """Return a part that says where there is nothing to draw: an empty chart says nothing, and may have no size."""
    blocks: list[Block] = []
    for block in section.blocks:
        if isinstance(block, Chart) and not block.spec["data"]["values"]:
            blocks.append(Paragraph((f"{block.title} There is nothing to draw.",)))
            blocks += [block.grid] if len(block.grid.rows.data) else []
        else:
            blocks.append(block)
    return replace(section, blocks=blocks)


_PARTS = (answer, scenarios, foresight, binding, uncertainty, supply, service, buying, fleet, trust, inputs)
_SOLVING = (supply, buying)
"""Those that look closely at a year."""
