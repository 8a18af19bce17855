"""The workbook, the Markdown summary and the Parquet tables of an answer, read back with other software."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from plants import Link, chain, edited, plan_of
from test_broken_cases import TINY, run

import supplychain as sc
from supplychain import schema
from supplychain.plan.show import number
from supplychain.plan.write import DIGITS
from supplychain.report import columns
from supplychain.report.summary import markdown
from supplychain.sheets import CUT, ROWS, Book, Head, fitting

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case
    from openpyxl.workbook import Workbook

NASTY = {
    "formula": "=1+1",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+49 30 1234",
    "minus": "-1",
    "at": "@SUM(1)",
    "markup": "<script>alert('x')</script>&amp;",
    "quotes": "a\"b'c`d|e",
    "emoji": "\U0001f525 \u4e2d\u6587",
    "long": "x" * 200,
    "link": "https://example.com/a",
    "escape": "_x000D_",
    "number": "007",
}


def opened(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def rows_of(book: Workbook, sheet: str) -> list[list[object]]:
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def names_of(header: list[object]) -> list[str]:
    return [str(title).split(" [")[0] for title in header]


def as_written(value: object) -> object:
    """What a cell should read as: a number with the digits of the CSV files, blank if there is none."""
    if pd.isna(value):
        return None
    if isinstance(value, float):
        return float(DIGITS % value) if math.isfinite(value) else repr(value)
    return value


@pytest.fixture(scope="module")
def what_if() -> sc.WhatIf:
    return sc.what_if(TINY, [], ["capacity.capacity[stage=packaging] +5%", "demand.value_usd_per_mtok *= 1.1"])


@pytest.fixture(scope="module")
def plan(what_if: sc.WhatIf) -> sc.Plan:
    return sc.solve(what_if.case)


@pytest.fixture(scope="module")
def book(plan: sc.Plan, what_if: sc.WhatIf) -> Workbook:
    return opened(sc.workbook(plan, what_if))


def same_numbers(book: Workbook, plan: sc.Plan) -> None:
    """Assert that every cell of the answer's tables is in the book, and that no cell is a formula or an error."""
    for name, table in plan.tables.items():
        header, *rows = rows_of(book, name)
        assert names_of(header) == list(table.columns)
        expected = [[as_written(x) for x in row] for row in table.astype(object).to_numpy().tolist()]
        assert rows == [[fitting(x) if isinstance(x, str) else x for x in row] for row in expected], name
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"n", "s", "b"}


def test_every_number_is_that_of_the_tables(book: Workbook, plan: sc.Plan) -> None:
    """A column left out or shifted, a number as text, a year as 2026.0, a blank as 0, or digits lost."""
    same_numbers(book, plan)
    year = book["binding"]["A2"]
    assert (year.value, year.data_type, year.number_format) == (2026, "n", "0")


def test_inputs_are_those_that_were_solved(book: Workbook, plan: sc.Plan) -> None:
    """Inputs of before the what-if, or a table left out."""
    case = plan.case
    for table in schema.TABLES:
        sheet = table.name if table.name == "sources" else f"in_{table.name}"
        assert (sheet in book.sheetnames) == bool(case.tables[table.name])
        if case.tables[table.name]:
            header, *rows = rows_of(book, sheet)
            assert names_of(header) == list(case.headers[table.name])
            given = [[row[name] for name in case.headers[table.name]] for row in case.tables[table.name]]
            assert rows == given
    settings = {row[0]: row[1] for row in rows_of(book, "in_case")[1:]}
    assert settings == {c.name: getattr(case.settings, c.name) for c in schema.SETTINGS}


def test_every_number_has_a_unit(book: Workbook, plan: sc.Plan) -> None:
    """A column of numbers whose header leaves its unit open."""
    header = rows_of(book, "in_capacity")[0]
    assert {"capacity [units of the stage]", "price_usd [USD per unit]", "year"} < set(header)
    for name, table in plan.tables.items():
        for title, column in zip(rows_of(book, name)[0], table.columns, strict=True):
            number = pd.api.types.is_numeric_dtype(table[column]) and column not in columns.YEARS
            assert str(title).endswith("]") == (number and table[column].notna().any()), (name, column)


def test_the_contents_lead_to_every_sheet(book: Workbook) -> None:
    """A sheet that the contents leave out, say nothing of, or a link that leads nowhere."""
    assert book.sheetnames[:2] == ["contents", "figures"]
    links = {c.value: c.hyperlink.location for row in book["contents"].iter_rows() for c in row if c.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames[1:]}
    said = {row[0]: row[2] for row in rows_of(book, "contents")}
    assert all(said[name] for name in links)


def test_tables_can_be_read(book: Workbook) -> None:
    """Headers that scroll away, no filters, or a share that is shown as 0.35."""
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref
    header = names_of(rows_of(book, "stages")[0])
    assert book["stages"].cell(2, 1 + header.index("used_share")).number_format == "0.0%"


def test_the_audit_of_edits_is_there(book: Workbook, what_if: sc.WhatIf, plan: sc.Plan) -> None:
    """A what-if whose changes cannot be seen; or an empty sheet where nothing was changed."""
    header, *rows = rows_of(book, "changes")
    assert header == ["edit", "group", "what", "table", "key", "year", "column", "old", "new"]
    assert len(rows) == len(what_if.audit) > 0
    assert rows[0][-2:] == [what_if.audit[0].old, what_if.audit[0].new]
    assert "capacity.capacity[stage=packaging] +5%" in {row[2] for row in rows_of(book, "contents")}
    assert "changes" not in opened(sc.workbook(plan)).sheetnames


def test_the_same_answer_gives_the_same_bytes(plan: sc.Plan, what_if: sc.WhatIf) -> None:
    """A time of writing in the file: two runs could not be compared."""
    first = sc.workbook(plan, what_if)
    assert first == sc.workbook(plan, what_if)
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        assert b"2000-01-01T00:00:00Z" in parts.read("docProps/core.xml")


def charts_of(book: Workbook, data: bytes) -> list[tuple[str, list[list[float | None]]]]:
    """The title of each chart, and the numbers that its series refer to."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in sorted((n for n in parts.namelist() if "charts/chart" in n), key=lambda n: (len(n), n)):
            xml = parts.read(name).decode()
            title = re.findall(r"<a:t>(.*?)</a:t>", xml)[0]
            ranges = re.findall(r"<c:val><c:numRef><c:f>figures!(.*?)</c:f>", xml)
            cells = [book["figures"][where.replace("$", "")] for where in ranges]
            found.append((title, [[c.value for c in _flat(block)] for block in cells]))
    return found


def _flat(block: object) -> list[object]:
    return [c for row in block for c in row] if isinstance(block, tuple) else [block]


def test_the_charts_draw_the_tables(plan: sc.Plan, book: Workbook, what_if: sc.WhatIf) -> None:
    """A chart that leaves out its first or last year, or shows other numbers than the table."""
    drawn = dict(charts_of(book, sc.workbook(plan, what_if)))
    assert len(drawn) == 8
    cost = plan.token_cost[plan.token_cost["workload"] == "all"]
    assert drawn["Cost of tokens"] == [
        [float(DIGITS % x) for x in cost[f"{name}_usd_per_mtok"]] for name in ("average", "fully_loaded", "marginal")
    ]
    stage = plan.binding[plan.binding["level"] == "stage"]
    worth = [float(DIGITS % (x / 1e9)) for x in stage["annual_gain_usd_per_pct"]]
    assert drawn["What one per cent more of the binding stage is worth"] == [worth]
    spent = plan.capital.groupby("year")["usd"].sum()
    by_year = zip(*drawn["Capital spent"], strict=True)
    assert [sum(x or 0 for x in row) for row in by_year] == pytest.approx(list(spent / 1e9))


def nasty() -> Case:
    """Thirty stages, suppliers, tiers and titles with names that software may take for something else."""
    names = [*NASTY.values(), *(f"stage {n}" for n in range(18))]
    case = edited(chain([Link(name, 5e5 + n) for n, name in enumerate(names)]), title="=HYPERLINK('x')")
    for row, name in zip(case.rows("suppliers"), names, strict=True):
        row["label"] = name
    control = "bell\x07 and \r\n line ends, \ufffe"
    case.rows("sources")[0]["note"] = control
    case.rows("sources")[0]["title"] = "y" * 40_000
    return case


def test_names_stay_text() -> None:
    """Text taken for a formula, a link or a number; a file that Excel must repair for a character or a length."""
    plan = plan_of(nasty())
    data = sc.workbook(plan)
    book = opened(data)
    same_numbers(book, plan)
    stages = {row[1] for row in rows_of(book, "stages")[1:]}
    assert set(NASTY.values()) <= stages
    assert book["contents"]["A1"].value == "=HYPERLINK('x')"
    header, source = rows_of(book, "sources")
    said = dict(zip(names_of(header), source, strict=True))
    assert said["note"] == "bell\u2407 and \n line ends, \ufffd"
    assert said["title"] == "y" * (32_767 - len(CUT)) + CUT
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheets = {name: parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/s")}
    assert not [
        name for name, xml in sheets.items() if b"<f>" in xml or b"<f " in xml or b"http" in xml.split(b">", 2)[2]
    ]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(chain([Link("tool", 100)], demand=0.0), id="no demand, one year"),
        pytest.param(chain([Link("tool", 0)]), id="a stage of which there is none"),
        pytest.param(chain([Link("tool", 1e9)]), id="nothing binds"),
    ],
)
def test_an_answer_with_little_in_it(case: Case) -> None:
    """A chart of nothing, an infinity or a NaN that ends in an error or in a file that cannot be opened."""
    plan = plan_of(case)
    data = sc.workbook(plan)
    same_numbers(opened(data), plan)
    for title, series in charts_of(opened(data), data):
        assert any(x is not None for numbers in series for x in numbers), title
    assert markdown(plan).startswith("# A case on paper\n")


def test_a_chart_of_many_items_adds_up() -> None:
    """Thirty items of which the chart draws eight, and loses the ninth."""
    plan = plan_of(chain([Link(f"stage {n}", 10, price=n + 1) for n in range(30)]))
    data = sc.workbook(plan)
    drawn = dict(charts_of(opened(data), data))["Capital spent"]
    assert len(drawn) == 9
    assert sum(x for (x,) in drawn if x is not None) == pytest.approx(plan.capital["usd"].sum() / 1e9)


def test_numbers_that_excel_does_not_know() -> None:
    """An infinity, or a number below the smallest of Excel, that becomes an error, a 0 or a file to repair."""
    numbers = [math.inf, -math.inf, math.nan, 1e308, 5e-324, 0.1 + 0.2, 1e-300, 0.0]
    made = Book("")
    made.table("t", [Head("x", kind="number")], [[x] for x in numbers])
    read = [row[0] for row in opened(made.data())["t"].iter_rows(min_row=2, values_only=True)]
    assert read == ["inf", "-inf", None, "1e+308", "5e-324", 0.1 + 0.2, 1e-300, 0]


def test_a_text_is_cut_as_excel_counts() -> None:
    """An emoji counts as two: 32,767 of them would be refused, and the cell left blank."""
    cut = fitting("\U0001f525" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.endswith(CUT)
    assert fitting(cut) == cut


def test_more_rows_than_a_sheet_holds_are_refused() -> None:
    """Rows beyond the last of a sheet would be left out without a word."""
    with pytest.raises(sc.OutputError, match=r"big has 1,048,576 rows; a sheet of Excel holds 1,048,575"):
        Book("").table("big", [Head("x")], [[1]] * ROWS)


def test_the_command_writes_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that is taken and does nothing; files of an earlier answer beside those of the new one."""
    out, xlsx, page = tmp_path / "answer", tmp_path / "deep" / "a.xlsx", tmp_path / "a.md"
    change = ("--change", "operations.utilisation = 0.5")
    files = ("--xlsx", str(xlsx), "--markdown", str(page))
    assert run(capsys, "solve", str(TINY), "-q", "--out", str(out), "--parquet", *files, *change) == (0, "", "")
    summary = json.loads((out / "summary.json").read_text())
    contents = rows_of(opened(xlsx.read_bytes()), "contents")
    assert ["Total discounted cost [USD]", None, summary["objective_usd"]] in contents
    assert "\nWhat if: operations.utilisation = 0.5.\n" in page.read_text()
    tables = sorted(path.stem for path in (out / "tables").glob("*.csv"))
    assert sorted(path.stem for path in (out / "tables").glob("*.parquet")) == tables
    for name in set(tables) - {"changes"}:
        typed = pd.read_parquet(out / f"tables/{name}.parquet")
        assert typed.to_csv(index=False, float_format=DIGITS) == (out / f"tables/{name}.csv").read_text(), name
    assert typed_as(out, "purchases", "last_useful_order_year") == "Int64"
    assert typed_as(out, "binding", "year") == "int64"
    assert run(capsys, "solve", str(TINY), "-q", "--out", str(out)) == (0, "", "")
    assert not (out / "tables" / "binding.parquet").exists()


def typed_as(out: Path, table: str, column: str) -> str:
    return str(pd.read_parquet(out / f"tables/{table}.parquet")[column].dtype)


def test_what_cannot_be_written_is_refused_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A minute of work before it is said that it cannot be kept."""
    for option in ("--xlsx", "--markdown"):
        status, printed, said = run(capsys, "solve", "no-such-case", option, str(tmp_path))
        assert (status, printed, said) == (1, "", f"cannot write the file: {tmp_path} is a folder\n")
    status, _, said = run(capsys, "solve", "no-such-case", "--parquet")
    assert status == 2
    assert "--parquet needs --out" in said


def test_the_summary_says_what_solve_prints(plan: sc.Plan, what_if: sc.WhatIf) -> None:
    """A number in the wrong year, or a page that differs from run to run."""
    page = markdown(plan, what_if)
    assert page == markdown(plan, what_if)
    served = plan.service.groupby("year")["served_ttok"].sum() / 1e3
    assert f"|   served | {' | '.join(map(number, served))} |" in page
    assert "| 2027 | site_power | power | +1 % is worth $" in page
    assert f"Optimal, {plan.objective_usd:.6g} USD discounted." in page


def test_what_was_signed_is_in_both() -> None:
    """A regret whose two tables, or whose sentence, are left out where the plan's are written."""
    plan = sc.solve(sc.load(TINY))
    less = sc.what_if(TINY, [], ["demand.demand_ttok[year=2027..] -50%"])
    found = sc.regret(less.case, plan, 2026)
    book = opened(sc.workbook(found, less))
    assert names_of(rows_of(book, "regret")[0]) == list(found.costs.columns)
    assert len(rows_of(book, "stranded")) == 1 + len(found.stranded) > 1
    same_numbers(book, found.plan)
    assert "Regret beside having known: $" in markdown(found, less)


def test_names_mean_themselves_in_markdown() -> None:
    """A title that makes a heading, a link, a table cell or a tag of its own."""
    page = markdown(plan_of(edited(nasty(), title="a\n# b <b> | [x](y)")))
    assert page.startswith("# a # b \\<b\\> \\| \\[x\\](y)\n")
    assert not re.search(r"(?<!\\)<", page)
