"""What no other part of the page shows: the tables of the answer and of the studies, with the columns that are left.

Tables of inputs that were changed, or differ, are no results: the folder of the study and the workbook list them.
"""

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

_INPUT_CELL = {"table", "column"}
"""What a row names that is about a cell of the inputs."""

_WHOLE = re.compile(r'rows\("([\w:]+)", \{\}\)')
"""How a grid says that it shows all rows of a table."""


def section(report_data: ReportData, parts: Iterable[Section]) -> Section:
    """Return what is left, as plain tables: a new table, or a new column, is here until a part shows it."""
    shown = _shown(parts)
    blocks: list[Block] = [
        *_left(report_data.tables, TABLES["solve"], shown),
        *_left(report_data.year_tables, YEAR_STUDY, shown),
    ]
    for name, study in report_data.studies.items():
        left = list(_left(report_data.tables, TABLES[study.kind], shown, f"{name}:"))
        blocks += [Heading(name), *left] if left else []
    return Section("tables", "Every other number", "What do the tables hold that no part above shows?", blocks)


def _shown(parts: Iterable[Section]) -> dict[str, set[str]]:
    """Return the columns of tables that are shown whole, by table."""
    shown: dict[str, set[str]] = {}
    for part in parts:
        for block in part.blocks:
            shown_grid = block.grid if isinstance(block, Chart) else block
            if isinstance(shown_grid, Grid):
                for table in _WHOLE.findall(shown_grid.rows.origin):
                    shown.setdefault(table, set()).update(column.name for column in shown_grid.columns)
                    shown[table] |= {shown_grid.across}
    return shown


def _left(
    tables: AnswerTables, table_schemas: Iterable[TableSchema], shown: dict[str, set[str]], prefix: str = ""
) -> Iterator[Grid]:
    """Yield a grid for each table with columns that are not shown: its key, or its first column, and those."""
    for table in table_schemas:
        name = f"{prefix}{table.name}"
        if {column.name for column in table.columns} >= _INPUT_CELL:
            continue
        if name not in tables or not len(tables.rows(name).data):
            continue
        stand = [c for c in table.columns if c.name in tables.rows(name).data or not c.where_needed]
        left = [column.name for column in stand if column.name not in shown.get(name, set())]
        if set(left) - set(table.key):
            names: list[ShownColumn] = [*table.key, *(column for column in left if column not in table.key)]
            keys = len(table.key) or 1
            yield grid(f"{table.name}: {table.meaning}", tables.rows(name), table, names, keys=keys, folded=True)
