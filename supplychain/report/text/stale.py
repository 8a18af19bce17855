"""Which stale sources decide what binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.case.notices import spans
from supplychain.case.staleness import Staleness, rows_behind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.case import Case


def text(case: Case, labels: Mapping[int, str]) -> str:
    """Return, of each label of some years, the stale sources behind its limits, its needs and what is made of it."""
    staleness = Staleness(case)
    lines = ["What binds, and the stale sources that decide it, behind its limits, needs and bills of materials:"]
    for label in dict.fromkeys(labels.values()):
        years = spans(year for year, binds in labels.items() if binds == label)
        tables = staleness.tables_on(rows_behind(case, label))
        decide = [f"{source} ({staleness.facts[source]['date']}, {_rows(n.total())})" for source, n in tables.items()]
        lines.append(f"  {label} ({years}): {', '.join(decide) or 'none'}")
    return "\n".join(lines)


def _rows(number: int) -> str:
    return f"{number} row{'s' * (number > 1)}"
