"""What a what-if changes, cell by cell: for a dry run, which solves nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.changes import CHANGES
from supplychain.case.effects import shown_value
from supplychain.report.text.tables import TextTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supplychain.case.changes import Changed
    from supplychain.case.effects import Effect
    from supplychain.case.scenarios import WhatIf

_HEADER = ("file", "key", "column", "before", "after")


def text(what_ifs: Mapping[str, WhatIf]) -> str:
    """Return a table of cells below each change, by what-if: a scenario, or a case that is given a foresight.

    The name of the only one may be blank.
    """
    lines: list[str] = []
    for name, what_if in what_ifs.items():
        if name:
            scenario = name if what_if.foresight is not None else f"Scenario {name}"
            lines.append("Changes" if name == CHANGES else scenario)
        for effect in what_if.effects:
            lines += [*([] if effect.group == CHANGES else [f"Group {effect.group}"]), *effect.lines(), *_table(effect)]
    return "\n".join([*lines, "Dry run: nothing is solved, and nothing is written."])


def as_json(what_ifs: Mapping[str, WhatIf]) -> str:
    """Return the same for programs: a list of changes, each with its what-if, its summary, warnings and cells."""
    changes = [{"what_if": name, **asdict(effect)} for name, made in what_ifs.items() for effect in made.effects]
    return json.dumps(changes, indent=2)


def _table(effect: Effect) -> Iterator[str]:
    cells = [cell for cell in effect.cells if cell.what != "filled"]
    if cells:
        table = TextTable(_HEADER, [_row(cell) for cell in cells], frozenset({3, 4}))
        yield from (f"  {line}" for line in table.text())
    filled = len({(cell.key, cell.year) for cell in effect.cells if cell.what == "filled"})
    if filled:
        yield f"  {filled} row{'' if filled == 1 else 's'} written out for years between, with what they were"


def _row(cell: Changed) -> list[str]:
    year = "" if cell.year is None else f"year={cell.year}"
    values = ("" if value is None else shown_value(cell.table, cell.column, value) for value in (cell.old, cell.new))
    return [schema.TABLE[cell.table].file, ", ".join(filter(None, (cell.key, year))), cell.column, *values]
