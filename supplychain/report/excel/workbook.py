"""An answer, a comparison or a report as an Excel workbook: every table on a sheet, figures, and what was changed.

Numbers have the twelve digits of the CSV files. No cell is a formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from supplychain import schema
from supplychain.case import vars_of
from supplychain.case.to_book import head_of
from supplychain.plan.changes import with_changes
from supplychain.report.excel import charts
from supplychain.results import schema as result_schema
from supplychain.results.schema import TABLES
from supplychain.results.write import DIGITS
from supplychain.schema import OF_INPUT, OF_QUANTITY, OF_ROW
from supplychain.sheets import Book, Head
from supplychain.study.compare import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xlsxwriter.worksheet import Worksheet

    from supplychain.case import Case
    from supplychain.case.scenarios import WhatIf
    from supplychain.plan import Plan
    from supplychain.report.excel.charts import ExcelChart
    from supplychain.report.page.report_data import ReportData
    from supplychain.schema import TableSchema
    from supplychain.sheets import Cell, Kind
    from supplychain.study.regret import Regret

    Facts = Sequence[tuple[str, Cell]]

CONTENTS, FIGURES, SOURCES = "contents", "figures", "sources"
INPUT = "in_"
"""What the names of sheets with inputs begin with; the sources are called `sources`."""

_SAID = "Numbers are those of the CSV tables, with twelve digits. Units stand in the headers; blank: there is no value."
_OF_INPUTS = f"Sheets that begin with {INPUT!r} are the inputs as they were solved, what was changed included."


@dataclass(frozen=True)
class _Sheet:
    """A table of results, and what the schema says of it."""

    name: str
    table: pd.DataFrame
    described: TableSchema


def workbook(answer: Plan | Regret | Comparison, given: WhatIf | None = None) -> bytes:
    """Return an answer or a comparison as the bytes of an .xlsx file; the same answer gives the same bytes.

    `given` is the what-if that was solved, if one was: its audit becomes the sheet `changes`. A comparison knows those
    of its answers.

    Raises: OutputError if a table has more rows than a sheet.
    """
    return _of_comparison(answer) if isinstance(answer, Comparison) else _of_answer(answer, given)


def of_report(given: ReportData, made: WhatIf) -> bytes:
    """Return what a report is written from as the bytes of an .xlsx file: the plan as above, and the studies beside it.

    Raises: OutputError if a table has more rows than a sheet.
    """
    sheets = _sheets(result_schema.YEAR_STUDY, given.close.tables, "year_")
    for name, study in given.studies.items():
        sheets += _sheets(TABLES[study.kind], study.tables, f"{name}_")
    compared = [one for one in given.studies.values() if isinstance(one, Comparison)]
    drawn = [figure for one in compared for figure in charts.of_comparison(one)]
    return _of_answer(given.plan, made, sheets, drawn, [("Year looked at closely", given.year)])


def _sheets(described: Sequence[TableSchema], tables: Mapping[str, pd.DataFrame], before: str = "") -> list[_Sheet]:
    """Return a sheet for each table that there is; `before` begins their names."""
    return [_Sheet(before + table.name, tables[table.name], table) for table in described if table.name in tables]


def _of_answer(
    answer: Plan | Regret,
    given: WhatIf | None,
    studies: Iterable[_Sheet] = (),
    figures: Iterable[ExcelChart] = (),
    more: Facts = (),
) -> bytes:
    plan = cast("Plan", getattr(answer, "plan", answer))
    settings, versions = plan.case.settings, answer.summary["versions"]
    audited = answer if given is None else with_changes(answer, given)
    facts: Facts = [
        ("Case", settings.name),
        ("First year", settings.first_year),
        ("Last year reported", settings.report_last_year),
        *more,
        ("Total discounted cost [USD]", plan.objective_usd),
        ("Status", str(answer.summary["status"])),
        ("Solver", f"HiGHS {versions['highspy']}"),
        ("supplychain", versions["supplychain"]),
        *(("What if", title) for title in (given.titles if given is not None else ())),
    ]
    drawn = [*charts.of_plan(plan), *figures]
    return _book(settings.title, facts, drawn, [*_sheets(TABLES["solve"], audited.tables), *studies], plan.case)


def _of_comparison(found: Comparison) -> bytes:
    first, *others = found.names
    facts: Facts = [
        ("Reference", first),
        *(("Beside it", name) for name in others),
        *((name.replace("_", " ").capitalize(), count) for name, count in found.summary.items() if name != "answers"),
    ]
    sheets = _sheets(TABLES["compare"], found.tables)
    return _book(f"{first} beside {', '.join(others)}", facts, charts.of_comparison(found), sheets)


def _book(
    title: str, facts: Facts, figures: Sequence[ExcelChart], tables: Iterable[_Sheet], case: Case | None = None
) -> bytes:
    """Return the bytes: contents, figures, a sheet for each table, and of a case its inputs."""
    book = Book(title)
    contents = book.sheet(CONTENTS)
    charts.draw(book, FIGURES, figures)
    sheets: list[tuple[str, int | None, str]] = [(FIGURES, None, "Charts, with the numbers behind them")]
    sheets += [(one.name, _result(book, one), one.described.meaning) for one in tables]
    if case is not None:
        sheets += _inputs(book, case)
    _contents(book, contents, (title, facts), sheets, {} if case is None else case.sha256)
    return book.data()


def _contents(
    book: Book,
    sheet: Worksheet,
    head: tuple[str, Facts],
    sheets: Sequence[tuple[str, int | None, str]],
    digests: Mapping[str, str],
) -> None:
    title, facts = head
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 100)
    sheet.hide_gridlines(2)
    book.title(sheet, 0, title, 16)
    for line, said in enumerate((_SAID, _OF_INPUTS) if digests else (_SAID,), 1):
        book.cell(sheet, line, 0, said)
    line = 4 if digests else 3
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
    if inputs:
        book.rows(sheet, [Head("input"), Head(""), Head("SHA-256 of its content")], inputs, (line + 2, 0))


def _result(book: Book, one: _Sheet) -> int:
    """Add a sheet with a table of results; return how many rows it has."""
    heads = [_head(one, str(column)) for column in one.table.columns]
    rows = [[_written(x) for x in row] for row in one.table.astype(object).to_numpy().tolist()]
    at = next((n for n, head in enumerate(heads) if head.unit in {OF_QUANTITY, OF_INPUT}), None)
    if at is not None:
        units = _units(one.table)
        heads = [replace(head, unit=OF_ROW) if head.unit in {OF_QUANTITY, OF_INPUT} else head for head in heads]
        heads.insert(at, Head("unit"))
        rows = [[*row[:at], unit, *row[at:]] for row, unit in zip(rows, units, strict=True)]
    book.table(one.name, heads, rows)
    return len(rows)


def _units(table: pd.DataFrame) -> list[str]:
    """Return the unit of each row of a table whose rows are of different quantities, or of different inputs."""
    if "quantity" in table.columns:
        return [result_schema.COMPARED_QUANTITIES[quantity] for quantity in table["quantity"]]
    return [_of_input(*names) for names in zip(table["table"], table["column"], strict=True)]


def _of_input(table: str, column: str) -> str:
    columns = schema.TABLE[table].columns if table in schema.TABLE else schema.SETTINGS
    units = {c.name: c.unit for c in columns}
    return units.get(column) or units.get(column.removesuffix(schema.LOW).removesuffix(schema.HIGH), "")


def _written(x: Any) -> Cell:  # noqa: ANN401 - whatever a table holds
    """Return what is written of a cell: nothing if it has no value, else its digits as the CSV files have them."""
    if pd.isna(x):
        return None
    return float(DIGITS % x) if isinstance(x, float) else cast("Cell", x)


def _head(one: _Sheet, name: str) -> Head:
    """Return the header of a column: its name, and unit and kind as the schema has them."""
    column = next((column for column in one.described.columns if column.name == name), None)
    if column is None or column.type in {"text", "boolean"}:
        return Head(name)
    if column.type == "any":
        return Head(name, column.unit, "input")
    kind: Kind = "share" if column.unit == "share" else "number"
    return Head(name, column.unit, "whole" if column.type == "integer" and not column.unit else kind)


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
