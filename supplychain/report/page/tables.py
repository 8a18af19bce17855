"""What no other part of the page shows: the tables of the answer and of the studies, with the columns that are left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from supplychain.report.page.blocks import Chart, Grid, Heading, Section
from supplychain.report.page.grids import grid
from supplychain.results.schema import TABLES, YEAR_STUDY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from supplychain.report.page.blocks import AnswerTables, Block
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData
    from supplychain.schema import TableSchema

_WHOLE = re.compile(r'rows\("([\w:]+)", \{\}\)')
"""How a grid says that it shows all rows of a table."""


def section(given: ReportData, parts: Iterable[Section]) -> Section:
    """Return what is left, as plain tables: a new table, or a new column, is here until a part shows it."""
    shown = _shown(parts)
    blocks: list[Block] = [*_left(given.tables, TABLES["solve"], shown), *_left(given.close, YEAR_STUDY, shown)]
    for name, study in given.studies.items():
        left = list(_left(given.tables, TABLES[study.kind], shown, f"{name}:"))
        blocks += [Heading(name), *left] if left else []
    return Section("tables", "Every other number", "What do the tables hold that no part above shows?", blocks)


def _shown(parts: Iterable[Section]) -> dict[str, set[str]]:
    """Return the columns of tables that are shown whole, by table."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for block in part.blocks:
            one = block.grid if isinstance(block, Chart) else block
            if isinstance(one, Grid):
                for table in _WHOLE.findall(one.rows.origin):
                    found.setdefault(table, set()).update(column.name for column in one.columns)
                    found[table] |= {one.across}
    return found


def _left(
    tables: AnswerTables, described: Iterable[TableSchema], shown: dict[str, set[str]], before: str = ""
) -> Iterator[Grid]:
    """Yield a grid for each table with columns that are not shown: its key, or its first column, and those."""
    for table in described:
        name = f"{before}{table.name}"
        if name not in tables or not len(tables.rows(name).data):
            continue
        left = [column.name for column in table.columns if column.name not in shown.get(name, set())]
        if set(left) - set(table.key):
            names: list[ShownColumn] = [*table.key, *(column for column in left if column not in table.key)]
            keys = len(table.key) or 1
            yield grid(f"{table.name}: {table.meaning}", tables.rows(name), table, names, keys=keys, folded=True)
