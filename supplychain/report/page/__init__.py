"""The capacity report: sections of sentences, charts and tables, described with no word of HTML, and written by `html`.

::

    blocks.py       what a page is made of; numbers that know from which cells they were read
    grids.py        grids as the schema has their columns
    report_data.py  what a page is written from
    answer.py       the answer in three sentences and four numbers, and how sure it is
    scenarios.py    scenarios side by side, and what changed
    binding.py      what binds when, what relief is worth, and how firm that is
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

from typing import TYPE_CHECKING

from supplychain.report.page import answer, binding, buying, fleet, inputs, scenarios, service, supply, tables, trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.report.page.blocks import Section
    from supplychain.report.page.report_data import ReportData


def sections(given: ReportData, each: Callable[[Section], object] = lambda _: None) -> list[Section]:
    """Return the page, part by part; `each` is called with every part when it is there, those that solve last."""
    found = {}
    for part in sorted(_PARTS, key=_SOLVING.__contains__):
        found[part] = part.section(given)
        each(found[part])
    found[tables] = tables.section(given, found.values())
    each(found[tables])
    return [found[part] for part in (*_PARTS[:-1], tables, _PARTS[-1])]


_PARTS = (answer, scenarios, binding, supply, service, buying, fleet, trust, inputs)
_SOLVING = (supply, buying)
"""Those that look closely at a year."""
