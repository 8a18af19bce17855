"""An answer as an Excel workbook: every table of the answer and of the inputs, figures, and what was changed.

Numbers have the twelve digits of the CSV files. No cell is a formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from supplychain import schema
from supplychain.case import vars_of
from supplychain.case.changes import frame
from supplychain.case.to_book import head_of
from supplychain.plan.write import DIGITS
from supplychain.report import charts, columns
from supplychain.sheets import Book, Head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.worksheet import Worksheet

    from supplychain.case import Case
    from supplychain.case.scenarios import WhatIf
    from supplychain.plan import Plan
    from supplychain.sheets import Cell, Kind
    from supplychain.study.signed import Regret

CONTENTS, FIGURES, CHANGES, SOURCES = "contents", "figures", "changes", "sources"
INPUT = "in_"
"""What the names of sheets with inputs begin with; the sources are called `sources`."""

_SAID = (
    "Numbers are those of the CSV tables, with twelve digits. Units stand in the headers; blank: there is no value.",
    f"Sheets that begin with {INPUT!r} are the inputs as they were solved, what was changed included.",
)


def workbook(answer: Plan | Regret, given: WhatIf | None = None) -> bytes:
    """Return an answer as the bytes of an .xlsx file; the same answer gives the same bytes.

    `given` is the what-if that was solved, if one was: its audit becomes the sheet `changes`.

    Raises: OutputError if a table has more rows than a sheet.
    """
    plan = cast("Plan", getattr(answer, "plan", answer))
    tables = dict(answer.tables)
    if given is not None and given.groups:
        tables[CHANGES] = frame(given.audit)
    book = Book(plan.case.settings.title)
    contents = book.sheet(CONTENTS)
    charts.draw(book, FIGURES, plan)
    sheets: list[tuple[str, int | None, str]] = [(FIGURES, None, "Charts, with the numbers behind them")]
    sheets += [(name, _result(book, name, table), columns.MEANING.get(name, "")) for name, table in tables.items()]
    sheets += _inputs(book, plan.case)
    facts: list[tuple[str, Cell]] = [
        ("Case", plan.case.settings.name),
        ("First year", plan.case.settings.first_year),
        ("Last year reported", plan.case.settings.report_last_year),
        ("Total discounted cost [USD]", plan.objective_usd),
        ("Status", str(answer.summary["status"])),
        ("Solver", f"HiGHS {answer.summary['versions']['highspy']}"),
        ("supplychain", answer.summary["versions"]["supplychain"]),
        *(("What if", title) for title in (given.titles if given is not None else ())),
    ]
    _contents(book, contents, (plan.case.settings.title, facts), sheets, answer.summary["inputs_sha256"])
    return book.data()


def _contents(
    book: Book,
    sheet: Worksheet,
    head: tuple[str, Sequence[tuple[str, Cell]]],
    sheets: Sequence[tuple[str, int | None, str]],
    digests: dict[str, str],
) -> None:
    title, facts = head
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 100)
    sheet.hide_gridlines(2)
    book.title(sheet, 0, title, 16)
    for line, said in enumerate(_SAID, 1):
        book.cell(sheet, line, 0, said)
    line = len(_SAID) + 2
    for name, value in facts:
        book.cell(sheet, line, 0, name)
        book.cell(sheet, line, 2, value, "whole" if isinstance(value, int) else "input", align="left")
        line += 1
    line += 1
    book.rows(sheet, [Head("sheet"), Head("rows", kind="input"), Head("what it holds")], [], (line, 0))
    for name, rows, meaning in sheets:
        line += 1
        book.link(sheet, line, 0, name)
        book.cell(sheet, line, 1, rows, "input")
        book.cell(sheet, line, 2, meaning)
    inputs = [(file, None, digest) for file, digest in digests.items()]
    book.rows(sheet, [Head("input"), Head(""), Head("SHA-256 of its content")], inputs, (line + 2, 0))


def _result(book: Book, name: str, table: pd.DataFrame) -> int:
    """Add a sheet with a table of the answer; return how many rows it has."""
    heads = [_head(table, str(column)) for column in table.columns]
    rows = [[_written(x) for x in row] for row in table.astype(object).to_numpy().tolist()]
    book.table(name, heads, rows)
    return len(rows)


def _written(x: Any) -> Cell:  # noqa: ANN401 - whatever a table holds
    """Return what is written of a cell: nothing if it has no value, else its digits as the CSV files have them."""
    if pd.isna(x):
        return None
    return float(DIGITS % x) if isinstance(x, float) else cast("Cell", x)


def _head(table: pd.DataFrame, name: str) -> Head:
    if not pd.api.types.is_numeric_dtype(table[name]):
        return Head(name)
    unit = columns.unit(name, of_row="unit" in table.columns)
    kind: Kind = "whole" if name in columns.YEARS else "share" if unit == "share" else "number"
    return Head(name, unit, kind)


def _inputs(book: Book, case: Case) -> list[tuple[str, int | None, str]]:
    """Add a sheet for the settings and one for each table of inputs that has rows."""
    names = [Head("setting"), Head("value", kind="input"), Head("unit"), Head("meaning")]
    settings = vars_of(case.settings)
    shown = [(c.name, settings[c.name], c.unit, c.meaning) for c in schema.SETTINGS]
    book.table(f"{INPUT}case", names, [])
    sheet = book.xlsx.get_worksheet_by_name(f"{INPUT}case")
    for line, (setting, value, unit, meaning) in enumerate(shown, 1):
        book.cell(sheet, line, 0, setting)
        book.cell(sheet, line, 1, value, "whole" if isinstance(value, int) else "input")
        book.cell(sheet, line, 2, unit)
        book.cell(sheet, line, 3, meaning)
    sheet.set_column(3, 3, 80)
    listed: list[tuple[str, int | None, str]] = [(f"{INPUT}case", len(shown), "Settings of the case")]
    for table in schema.TABLES:
        rows = case.tables[table.name]
        if not rows:
            continue
        name = SOURCES if table.name == SOURCES else INPUT + table.name
        header = case.headers[table.name] or tuple(column.name for column in table.columns)
        heads = [head_of(table, column) for column in header]
        book.table(name, heads, [[row.get(column) for column in header] for row in rows])
        listed.append((name, len(rows), table.meaning))
    return listed
