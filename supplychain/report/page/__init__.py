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
    inputs.py     every input and every source
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.report.page import answer, buying, fleet, inputs, march, scenarios, service, supply, trust

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Section
    from supplychain.report.page.given import Given


def sections(given: Given) -> list[Section]:
    """Return the page, part by part."""
    parts = (answer, scenarios, march, supply, service, buying, fleet, trust, inputs)
    return [part.section(given) for part in parts]
