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
from supplychain.report.text import how_sure
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
    from supplychain.results.answer import Answer
    from supplychain.schema import TableSchema
    from supplychain.sheets import Cell, CellKind
    from supplychain.study.regret import Regret

    FactRows = Sequence[tuple[str, Cell]]

CONTENTS, FIGURES, SOURCES = "contents", "figures", "sources"
INPUT = "in_"
"""What the names of sheets with inputs begin with; the sources are called `sources`."""

_NOTE = "Numbers are those of the CSV tables, with twelve digits. Units stand in the headers; blank: there is no value."
_NOTE_OF_INPUTS = f"Sheets that begin with {INPUT!r} are the inputs as they were solved, what was changed included."


@dataclass(frozen=True)
class _ResultSheet:
    """A table of results, and what the schema says of it."""

    name: str
    table: pd.DataFrame
    table_schema: TableSchema


def workbook(
    answer: Plan | Regret | Comparison, what_if: WhatIf | None = None, uncertainty: Answer | None = None
) -> bytes:
    """Return an answer or a comparison as the bytes of an .xlsx file; the same answer gives the same bytes.

    `what_if` is the one that was solved, if one was: its audit becomes the sheet `changes`. A comparison knows those
    of its answers. `uncertainty` is a study of the same inputs as the answer: its tables get sheets, too.

    Raises: OutputError if a table has more rows than a sheet.
    """
    if isinstance(answer, Comparison):
        return _of_comparison(answer)
    sheets = [] if uncertainty is None else _sheets(TABLES["uncertainty"], uncertainty.tables, "uncertainty_")
    return _of_answer(answer, what_if, sheets, study=uncertainty)


def of_report(report_data: ReportData, what_if: WhatIf) -> bytes:
    """Return what a report is written from as the bytes of an .xlsx file: the plan as above, and the studies beside it.

    Raises: OutputError if a table has more rows than a sheet.
    """
    sheets = _sheets(result_schema.YEAR_STUDY, report_data.year_tables.tables, "year_")
    for name, study in report_data.studies.items():
        sheets += _sheets(TABLES[study.kind], study.tables, f"{name}_")
    compared = [study for study in report_data.studies.values() if isinstance(study, Comparison)]
    compared_charts = [chart for study in compared for chart in charts.of_comparison(study)]
    more_facts = [("Year looked at closely", report_data.year)]
    uncertainty = report_data.studies.get("uncertainty")
    return _of_answer(report_data.plan, what_if, sheets, compared_charts, more_facts, uncertainty)


def _sheets(
    table_schemas: Sequence[TableSchema], tables: Mapping[str, pd.DataFrame], prefix: str = ""
) -> list[_ResultSheet]:
    """Return a sheet for each table that there is; `prefix` begins their names."""
    return [
        _ResultSheet(prefix + table.name, tables[table.name], table) for table in table_schemas if table.name in tables
    ]


def _of_answer(  # noqa: PLR0913, PLR0917 - what stands in the book of an answer
    answer: Plan | Regret,
    what_if: WhatIf | None,
    study_sheets: Iterable[_ResultSheet] = (),
    more_charts: Iterable[ExcelChart] = (),
    more_facts: FactRows = (),
    study: Answer | None = None,
) -> bytes:
    plan = cast("Plan", getattr(answer, "plan", answer))
    settings, versions = plan.case.settings, answer.summary["versions"]
    audited = answer if what_if is None else with_changes(answer, what_if)
    facts: FactRows = [
        ("Case", settings.name),
        ("First year", settings.first_year),
        ("Last year reported", settings.report_last_year),
        *([] if settings.foresight_years is None else [("Years seen ahead", settings.foresight_years)]),
        *more_facts,
        *((f"Binds in {t}", label) for t, label in _labels(plan, study).items()),
        ("Net benefit, discounted [USD]", plan.net_benefit_usd),
        ("Total discounted cost [USD]", plan.objective_usd),
        ("Status", str(answer.summary["status"])),
        ("Solver", f"HiGHS {versions['highspy']}"),
        ("supplychain", versions["supplychain"]),
        *(("What if", title) for title in (what_if.titles if what_if is not None else ())),
    ]
    drawn = [*charts.of_plan(plan), *more_charts]
    return _book(settings.title, facts, drawn, [*_sheets(TABLES["solve"], audited.tables), *study_sheets], plan.case)


def _labels(plan: Plan, study: Answer | None) -> dict[int, str]:
    """Return what binds in each year and, if there are draws, in how many of them the group does."""
    labels = charts.binds(plan)
    if study is None:
        return labels
    own = {label.year: label.own for label in how_sure.year_labels(plan, study, how_sure.GROUP)}
    draws = f"of {study.summary['draws']:,} joint draws"
    return {t: f"{label}; the group in {own[t].per_cent} {draws}" for t, label in labels.items()}


def _of_comparison(comparison: Comparison) -> bytes:
    first, *others = comparison.names
    facts: FactRows = [
        ("Reference", first),
        *(("Beside it", name) for name in others),
        *(
            (name.replace("_", " ").capitalize(), count)
            for name, count in comparison.summary.items()
            if isinstance(count, int)
        ),
    ]
    sheets = _sheets(TABLES["compare"], comparison.tables)
    return _book(f"{first} beside {', '.join(others)}", facts, charts.of_comparison(comparison), sheets)


def _book(
    title: str,
    facts: FactRows,
    drawn: Sequence[ExcelChart],
    result_sheets: Iterable[_ResultSheet],
    case: Case | None = None,
) -> bytes:
    """Return the bytes: contents, figures, a sheet for each table, and of a case its inputs."""
    book = Book(title)
    contents = book.sheet(CONTENTS)
    charts.draw(book, FIGURES, drawn)
    listed: list[tuple[str, int | None, str]] = [(FIGURES, None, "Charts, with the numbers behind them")]
    listed += [(sheet.name, _result(book, sheet), sheet.table_schema.meaning) for sheet in result_sheets]
    if case is not None:
        listed += _inputs(book, case)
    _contents(book, contents, (title, facts), listed, {} if case is None else case.sha256)
    return book.data()


def _contents(
    book: Book,
    sheet: Worksheet,
    head: tuple[str, FactRows],
    listed: Sequence[tuple[str, int | None, str]],
    digests: Mapping[str, str],
) -> None:
    title, facts = head
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 100)
    sheet.hide_gridlines(2)
    book.title(sheet, 0, title, 16)
    for line, note in enumerate((_NOTE, _NOTE_OF_INPUTS) if digests else (_NOTE,), 1):
        book.cell(sheet, line, 0, note)
    line = 4 if digests else 3
    for name, value in facts:
        book.cell(sheet, line, 0, name)
        book.cell(sheet, line, 2, value, "whole" if isinstance(value, int) else "input", align="left")
        line += 1
    line += 1
    book.rows(sheet, [Head("sheet"), Head("rows", kind="input"), Head("what it holds")], [], (line, 0))
    for name, rows, meaning in listed:
        line += 1
        book.link(sheet, line, 0, name)
        book.cell(sheet, line, 1, rows, "input")
        book.cell(sheet, line, 2, meaning)
    inputs = [(file, None, digest) for file, digest in digests.items()]
    if inputs:
        book.rows(sheet, [Head("input"), Head(""), Head("SHA-256 of its content")], inputs, (line + 2, 0))


def _result(book: Book, result_sheet: _ResultSheet) -> int:
    """Add a sheet with a table of results; return how many rows it has."""
    heads = [_head(result_sheet, str(column)) for column in result_sheet.table.columns]
    rows = [[_written(x) for x in row] for row in result_sheet.table.astype(object).to_numpy().tolist()]
    unit_place = next((n for n, head in enumerate(heads) if head.unit in {OF_QUANTITY, OF_INPUT}), None)
    heads = [replace(head, unit=OF_ROW) if head.unit in {OF_QUANTITY, OF_INPUT} else head for head in heads]
    if unit_place is not None and "unit" not in result_sheet.table.columns:
        units = _units(result_sheet.table)
        heads.insert(unit_place, Head("unit"))
        rows = [[*row[:unit_place], unit, *row[unit_place:]] for row, unit in zip(rows, units, strict=True)]
    book.table(result_sheet.name, heads, rows)
    return len(rows)


def _units(table: pd.DataFrame) -> list[str]:
    """Return the unit of each row of a table whose rows are of different quantities, or inputs, and do not say it."""
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


def _head(result_sheet: _ResultSheet, name: str) -> Head:
    """Return the header of a column: its name, and unit and kind as the schema has them."""
    column = next((column for column in result_sheet.table_schema.columns if column.name == name), None)
    if column is None or column.type in {"text", "boolean"}:
        return Head(name)
    if column.type == "any":
        has_numbers = any(isinstance(x, float) for x in result_sheet.table[name].dropna())
        return Head(name, column.unit if has_numbers else "", "input")
    kind: CellKind = "share" if column.unit == "share" else "number"
    return Head(name, column.unit, "whole" if column.type == "integer" and not column.unit else kind)


def _inputs(book: Book, case: Case) -> list[tuple[str, int | None, str]]:
    """Add a sheet for the settings and one for each table of inputs that has rows."""
    names = [Head("setting"), Head("value", kind="input"), Head("unit"), Head("meaning")]
    settings = vars_of(case.settings)
    rows_of_settings = [(c.name, settings[c.name], c.unit, c.meaning) for c in schema.SETTINGS]
    book.table(f"{INPUT}case", names, [])
    sheet = book.xlsx.get_worksheet_by_name(f"{INPUT}case")
    for line, (setting, value, unit, meaning) in enumerate(rows_of_settings, 1):
        book.cell(sheet, line, 0, setting)
        book.cell(sheet, line, 1, value, "whole" if isinstance(value, int) else "input")
        book.cell(sheet, line, 2, unit)
        book.cell(sheet, line, 3, meaning)
    sheet.set_column(3, 3, 80)
    listed: list[tuple[str, int | None, str]] = [(f"{INPUT}case", len(rows_of_settings), "Settings of the case")]
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
