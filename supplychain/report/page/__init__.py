"""The capacity report as a description: sections of sentences, charts and tables, with no word of HTML.

::

    blocks.py     what a page is made of; numbers that know from which cells they were read
    charts/       charts as Vega-Lite descriptions
    given.py      what a page is written from
    answer.py     the answer in three sentences and four numbers, and how sure it is
    scenarios.py  scenarios side by side, and what changed
    march.py      what binds when, what relief is worth, and how firm that is
    supply.py     supply against requirement, stranded capacity
    service.py    demand, service and what tokens cost
    buying.py     what to buy first, the ladder and the value curves
    fleet.py      accelerators, H100 equivalents, power
    trust.py      errors, certificate, weaknesses, the tornado
    tables.py     what no other part shows
    inputs.py     every input and every source
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.report.page import answer, buying, fleet, inputs, scenarios, service, supply, tables, trust
from supplychain.report.page import binding as march

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


_PARTS = (answer, scenarios, march, supply, service, buying, fleet, trust, inputs)
_SOLVING = (supply, buying)
"""Those that look closely at a year."""
