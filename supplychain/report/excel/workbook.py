"""An answer, a comparison or a report as an Excel workbook: every table on a sheet, figures, and what was changed.

Numbers have the twelve digits of the CSV files. No cell is a formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from supplychain import schema
from supplychain.case import vars_of
from supplychain.case.changes import CHANGES, frame
from supplychain.case.to_book import head_of
from supplychain.report.excel import charts, columns
from supplychain.results.write import DIGITS
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
    from supplychain.sheets import Cell, Kind
    from supplychain.study.regret import Regret

    Facts = Sequence[tuple[str, Cell]]

CONTENTS, FIGURES, SOURCES = "contents", "figures", "sources"
INPUT = "in_"
"""What the names of sheets with inputs begin with; the sources are called `sources`."""

_SAID = "Numbers are those of the CSV tables, with twelve digits. Units stand in the headers; blank: there is no value."
_OF_INPUTS = f"Sheets that begin with {INPUT!r} are the inputs as they were solved, what was changed included."


@dataclass(frozen=True)
class _Table:
    """A table of results, the sheet that it goes on, and what it holds."""

    sheet: str
    table: pd.DataFrame
    meaning: str


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
    studies = {"year": given.close.tables} | {name: one.tables for name, one in given.studies.items()}
    tables = [one for study, found in studies.items() for one in _known(columns.STUDIES[study], found, f"{study}_")]
    compared = [one for one in given.studies.values() if isinstance(one, Comparison)]
    drawn = [figure for one in compared for figure in charts.of_comparison(one)]
    return _of_answer(given.plan, made, tables, drawn, [("Year looked at closely", given.year)])


def _known(meanings: Mapping[str, str], found: Mapping[str, pd.DataFrame], before: str = "") -> list[_Table]:
    """Return the tables of a study; a folder may lack some, and hold files that are none of the study's."""
    return [_Table(before + name, found[name], said) for name, said in meanings.items() if name in found]


def _of_answer(
    answer: Plan | Regret,
    given: WhatIf | None,
    studies: Iterable[_Table] = (),
    figures: Iterable[ExcelChart] = (),
    more: Facts = (),
) -> bytes:
    plan = cast("Plan", getattr(answer, "plan", answer))
    settings, versions = plan.case.settings, answer.summary["versions"]
    tables = dict(answer.tables)
    if given is not None and given.groups:
        tables[CHANGES] = frame(given.audit)
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
    results = [_Table(name, table, columns.MEANING.get(name, "")) for name, table in tables.items()]
    drawn = [*charts.of_plan(plan), *figures]
    return _book(settings.title, facts, drawn, [*results, *studies], plan.case)


def _of_comparison(found: Comparison) -> bytes:
    first, *others = found.names
    facts: Facts = [
        ("Reference", first),
        *(("Beside it", name) for name in others),
        *((name.replace("_", " ").capitalize(), count) for name, count in found.summary.items() if name != "answers"),
    ]
    tables = _known(columns.COMPARISON, found.tables)
    return _book(f"{first} beside {', '.join(others)}", facts, charts.of_comparison(found), tables)


def _book(
    title: str, facts: Facts, figures: Sequence[ExcelChart], tables: Iterable[_Table], case: Case | None = None
) -> bytes:
    """Return the bytes: contents, figures, a sheet for each table, and of a case its inputs."""
    book = Book(title)
    contents = book.sheet(CONTENTS)
    charts.draw(book, FIGURES, figures)
    sheets: list[tuple[str, int | None, str]] = [(FIGURES, None, "Charts, with the numbers behind them")]
    sheets += [(one.sheet, _result(book, one), one.meaning) for one in tables]
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


def _result(book: Book, one: _Table) -> int:
    """Add a sheet with a table of results; return how many rows it has."""
    table = columns.with_units(one.table)
    heads = [_head(table, str(column)) for column in table.columns]
    rows = [[_written(x) for x in row] for row in table.astype(object).to_numpy().tolist()]
    book.table(one.sheet, heads, rows)
    return len(rows)


def _written(x: Any) -> Cell:  # noqa: ANN401 - whatever a table holds
    """Return what is written of a cell: nothing if it has no value, else its digits as the CSV files have them."""
    if pd.isna(x):
        return None
    return float(DIGITS % x) if isinstance(x, float) else cast("Cell", x)


def _head(table: pd.DataFrame, name: str) -> Head:
    numeric = pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
    if not numeric and not any(_is_number(x) for x in table[name]):
        return Head(name)
    unit = columns.unit(name, of_row="unit" in table.columns)
    kind: Kind = "whole" if name in columns.YEARS else "share" if unit == "share" else "number"
    return Head(name, unit, kind if numeric else "input")


def _is_number(x: object) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and not pd.isna(x)


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
