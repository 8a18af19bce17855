"""The workbook, the Markdown summary and the Parquet tables of an answer, read back with other software."""

from __future__ import annotations

import io
import json
import math
import re
import shutil
import zipfile
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from commands import run, status_of
from hostile import FOR_EXCEL, excel_case, excel_comparison
from paths import ANSWERS, TINY
from plants import Link, chain, edited, plan_of

import supplychain as sc
from supplychain import schema
from supplychain.case import vars_of
from supplychain.report.formats import number
from supplychain.report.text.overview import DEFINITIONS
from supplychain.report.text.summary import markdown
from supplychain.results.write import DIGITS
from supplychain.sheets import CUT, ROWS, Book, Head, fitting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator import Case
    from openpyxl.workbook import Workbook


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


def same_numbers(book: Workbook, answer: sc.Plan) -> None:
    """Assert that every cell of the answer's tables is in the book, and that no cell is a formula or an error."""
    same_tables(book, answer.tables)


def same_tables(book: Workbook, tables: Mapping[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        header, *rows = rows_of(book, name)
        names = names_of(header)
        if "unit" not in table.columns and "unit" in names:
            at = names.index("unit")
            header, *rows = [row[:at] + row[at + 1 :] for row in (header, *rows)]
        assert names_of(header) == list(table.columns)
        expected = [[as_written(x) for x in row] for row in table.astype(object).to_numpy().tolist()]
        assert rows == [[fitting(x) if isinstance(x, str) else x for x in row] for row in expected], name
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"n", "s", "b"}


YEARS = {"year", "order_year", "online_year", "last_useful_order_year", "rank", "rung"}
"""Whole numbers that need no unit."""

STUDIES = {"year", "reference", "compare", "sensitivity", "foresight", "backcast"}
"""How names of sheets begin that are of studies."""


def with_units(book: Workbook, tables: Mapping[str, pd.DataFrame]) -> None:
    """Assert that each column of numbers names a unit, or each of its rows does."""
    for name, table in tables.items():
        header, *rows = rows_of(book, name)
        for n, title in enumerate(header):
            numbers = [row for row in rows if isinstance(row[n], (int, float)) and not isinstance(row[n], bool)]
            has_unit = str(title).endswith("]")
            texts = any(isinstance(row[n], str) for row in rows)
            assert has_unit if numbers and str(title) not in YEARS else not (has_unit and texts), (name, title)
            if str(title).endswith("[as in unit]"):
                assert all(row[header.index("unit")] for row in numbers), (name, title)
        assert len(header) >= len(table.columns)


def test_every_number_is_that_of_the_tables(book: Workbook, plan: sc.Plan) -> None:
    """A column left out or shifted, a number as text, a year as 2026.0, a blank as 0, or digits lost."""
    same_numbers(book, plan)
    year = book["binding"]["A2"]
    assert (year.value, year.data_type, year.number_format) == (2026, "n", "0")


def test_what_was_asked_for_has_a_sheet() -> None:
    """A table on request that is left out; a year that is blank as 0, a whole one as 2026.0, an infinite price lost."""
    plan = sc.solve(sc.load(TINY), supplier_prices=True, indifference=[("hbm", "cheap", None)])
    plan.supplier_prices.loc[plan.supplier_prices["enters_at_usd"].notna(), "enters_at_usd"] = -math.inf
    priced = opened(sc.workbook(plan))
    same_numbers(priced, plan)
    sheet = priced["supplier_prices"]
    assert (sheet["A2"].value, sheet["A2"].number_format) == (2026, "0")
    assert [cell.value for cell in sheet[sheet.max_row]] == [
        None,
        "hbm",
        "cheap",
        "global",
        None,
        True,
        None,
        None,
        3.75,
    ]
    assert "-inf" in [cell.value for cell in sheet["G"]]


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
    assert settings == vars_of(case.settings)


def test_every_number_has_a_unit(book: Workbook, plan: sc.Plan) -> None:
    """A column of numbers whose header leaves its unit open."""
    header = rows_of(book, "in_capacity")[0]
    assert {"capacity [units of the stage]", "price_usd [USD per unit]", "year"} < set(header)
    with_units(book, plan.tables)


def test_the_contents_lead_to_every_sheet(book: Workbook) -> None:
    """A sheet that the contents leave out, say nothing of, or a link that leads nowhere."""
    leads_to_every_sheet(book)


def leads_to_every_sheet(book: Workbook) -> None:
    assert book.sheetnames[:2] == ["contents", "figures"]
    links = {c.value: c.hyperlink.location for row in book["contents"].iter_rows() for c in row if c.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames[1:]}
    said = {row[0]: row[2] for row in rows_of(book, "contents")}
    assert all(said[name] for name in links)


def test_tables_can_be_read(book: Workbook) -> None:
    """Headers that scroll away, no filters, or a share that is shown as 0.35."""
    stay_in_sight(book)
    header = names_of(rows_of(book, "stages")[0])
    assert book["stages"].cell(2, 1 + header.index("used_share")).number_format == "0.0%"


def stay_in_sight(book: Workbook) -> None:
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref


def test_the_audit_of_edits_is_there(book: Workbook, what_if: sc.WhatIf, plan: sc.Plan) -> None:
    """A what-if whose changes cannot be seen; or an empty sheet where nothing was changed."""
    header, *rows = rows_of(book, "changes")
    *names, unit, old, new = header
    assert names == ["edit", "group", "what", "table", "key", "year", "column"]
    assert (unit, old, new) == ("unit", "old [as in unit]", "new [as in unit]")
    assert len(rows) == len(what_if.audit) > 0
    assert {row[-3] for row in rows if row[6] == "capacity"} == {"units of the stage"}
    with_units(book, {"changes": pd.DataFrame()})
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
    group = plan.binding[plan.binding["level"] == "group"]
    worth = [float(DIGITS % (x / 1e9)) for x in group["annual_gain_usd_per_pct"]]
    assert drawn["What one per cent more of the group that binds is worth"] == [worth]
    spent = plan.capital.groupby("year")["usd"].sum()
    by_year = zip(*drawn["Capital spent"], strict=True)
    assert [sum(x or 0 for x in row) for row in by_year] == pytest.approx(list(spent / 1e9))


def test_names_stay_text() -> None:
    """Text taken for a formula, a link or a number; a file that Excel must repair for a character or a length."""
    plan = plan_of(excel_case())
    data = sc.workbook(plan)
    book = opened(data)
    same_numbers(book, plan)
    stages = {row[1] for row in rows_of(book, "stages")[1:]}
    assert set(FOR_EXCEL.values()) <= stages
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


@pytest.fixture(scope="module")
def compared() -> sc.Comparison:
    return excel_comparison()


def test_a_comparison_has_all_its_tables(compared: sc.Comparison) -> None:
    """A table left out, a number as text, a name taken for a formula, a quantity without its unit."""
    data = sc.workbook(compared)
    assert data == sc.workbook(compared)
    book = opened(data)
    assert book.sheetnames == [
        "contents", "figures", "totals", "results", "labels", "attribution", "changes", "inputs",
    ]  # fmt: skip
    same_tables(book, compared.tables)
    with_units(book, compared.tables)
    leads_to_every_sheet(book)
    stay_in_sight(book)
    assert [row[1:3] for row in rows_of(book, "totals")[1:4]] == [
        [name, "USD"] for name in ("net_benefit_usd", "value_usd", "cost_usd")
    ]
    units = {row[2]: row[4] for row in rows_of(book, "results")[1:]}
    assert units["served_ttok"] == "10^12 tokens"
    assert units["average_usd_per_mtok"] == "USD per 10^6 tokens"
    assert units["built"] == "units"
    assert {tuple(row[5:7]) for row in rows_of(book, "inputs")[1:]} & {("USD per 10^6 tokens", 1)}
    assert (book["results"]["B2"].value, book["results"]["B2"].number_format) == (2026, "0")
    contents = rows_of(book, "contents")
    assert contents[0][0] == "=the case beside " + ", ".join(FOR_EXCEL.values())
    assert ["Reference", None, "=the case"] in contents
    assert [row[2] for row in contents if row[0] == "Beside it"] == list(FOR_EXCEL.values())
    assert ["Inputs that differ", None, len(compared.inputs)] in contents


def test_the_charts_of_a_comparison_draw_its_tables(compared: sc.Comparison) -> None:
    """An answer that is left out, the reference in the place of another, or an axis that hides what is below 0."""
    data = sc.workbook(compared)
    drawn = dict(charts_of(opened(data), data))
    assert len(drawn) == 7
    for title, quantity, size in (
        ("Average cost of tokens by answer", "average_usd_per_mtok", 1),
        ("Tokens served by answer", "served_ttok", 1e3),
    ):
        asked = compared.results[(compared.results["quantity"] == quantity) & (compared.results["item"] == "all")]
        first, *others = drawn[title]
        assert first == [float(DIGITS % (x / size)) for x in asked[asked["answer"] == "=1+1"]["reference"]]
        by_answer = [asked[asked["answer"] == name]["value"] for name in FOR_EXCEL.values()]
        assert others == [[float(DIGITS % (x / size)) for x in values] for values in by_answer]
    parts = compared.attribution[compared.attribution["what"] == "net_benefit_usd"]["usd"]
    assert min(parts) < 0
    (adds,) = drawn["What each group of changes adds to net benefit, discounted"]
    assert adds == pytest.approx([float(DIGITS % (x / 1e9)) for x in parts])
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        last = files.read("xl/charts/chart7.xml")
        assert (b"<c:min " in files.read("xl/charts/chart1.xml"), b"<c:min " in last) == (True, False)


def test_a_chart_has_the_first_answers_of_many(compared: sc.Comparison) -> None:
    """A legend of hundreds of names, which Excel refuses, or answers left out without a word."""
    rows = compared.results[compared.results["answer"] == "=1+1"]
    names = ("ref", *(f"answer {n}" for n in range(30)))
    many = [rows.assign(answer=name) for name in names[1:]]
    tables = {**compared.tables, "results": pd.concat(many, ignore_index=True)}
    found = replace(compared, names=names, tables=tables)
    data = sc.workbook(found)
    drawn = dict(charts_of(opened(data), data))
    assert len(drawn["Tokens served by answer, the first 24 of 31"]) == 24


def test_answers_of_other_years_are_drawn_with_gaps(tmp_path: Path) -> None:
    """A year that one answer lacks drawn as 0, or that ends in a traceback; changes where none are known."""
    shutil.copytree(TINY, tmp_path / "short")
    settings = tmp_path / "short" / "case.toml"
    settings.write_text(settings.read_text().replace("report_last_year = 2027", "report_last_year = 2026"))
    plan = sc.solve(sc.load(TINY))
    found = sc.compare({"now": plan, "same": plan, "short": sc.solve(sc.load(tmp_path / "short"))})
    data = sc.workbook(found)
    book = opened(data)
    same_tables(book, found.tables)
    assert book["changes"].max_row == 1
    *_, short = dict(charts_of(book, data))["Tokens served by answer"]
    assert short[0]
    assert short[1] is None


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
    for command, option in (("solve", "--xlsx"), ("solve", "--markdown"), ("compare", "--xlsx")):
        status, printed, said = run(capsys, command, "no-such-case", option, str(tmp_path))
        assert (status, printed, said) == (1, "", f"cannot write the file: {tmp_path} is a folder\n")
    (tmp_path / "file").touch()
    for given in (("compare", str(TINY), "--xlsx", f"{tmp_path}/file/a.xlsx"), ("report", str(TINY), "--xlsx")):
        where = ("--out", str(tmp_path / "file" / "out"))
        status, printed, said = run(capsys, *given, *where)
        assert (status, printed, said.count("\n")) == (1, "", 1)
        assert said.startswith(f"cannot write to {tmp_path}/file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    status, _, said = run(capsys, "solve", "no-such-case", "--parquet")
    assert status == 2
    assert "--parquet needs --out" in said


def test_the_summary_says_what_solve_prints(plan: sc.Plan, what_if: sc.WhatIf) -> None:
    """A number in the wrong year, or a page that differs from run to run."""
    page = markdown(plan, what_if)
    assert page == markdown(plan, what_if)
    served = plan.service.groupby("year")["served_ttok"].sum() / 1e3
    assert f"|   served | {' | '.join(map(number, served))} |" in page
    assert "| 2027 | power (Power at the sites) | 1 % more gains " in page
    assert DEFINITIONS in page.splitlines()
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
    assert "Regret against perfect knowledge, " in markdown(found, less)


def test_the_markdown_page_says_net_benefit() -> None:
    """Of `inputs/tiny`, over all three years, of which two are reported. Bug: reported years, a cost with what is
    unserved, a scale for each number.
    """
    said = "Net benefit of 2026 to 2028, discounted, bn USD: 8.81, of value served 11.8 and total cost 2.97."
    assert said in markdown(sc.solve(sc.load(TINY))).splitlines()


def test_names_mean_themselves_in_markdown() -> None:
    """A title that makes a heading, a link, a table cell or a tag of its own."""
    page = markdown(plan_of(edited(excel_case(), title="a\n# b <b> | [x](y)")))
    assert page.startswith("# a # b \\<b\\> \\| \\[x\\](y)\n")
    assert not re.search(r"(?<!\\)<", page)


def test_the_command_compares_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case with a what-if, two cases, and two answers of which one was changed: each as a workbook, twice alike."""
    change = ("--change", "operations.utilisation = 0.4")
    now, half = str(tmp_path / "now"), str(tmp_path / "half")
    assert run(capsys, "solve", str(TINY), "-q", "--out", now)[0] == 0
    assert run(capsys, "solve", str(TINY), "-q", "--out", half, *change)[0] == 0
    shutil.copytree(TINY, tmp_path / "copy")
    forms = {
        "what-if": (str(TINY), *change),
        "cases": (str(TINY), str(tmp_path / "copy")),
        "answers": (now, half),
        "both": (half, str(TINY)),
    }
    books = {}
    for name, form in forms.items():
        files = [tmp_path / f"{name}{n}.xlsx" for n in range(2)]
        for file in files:
            assert run(capsys, "compare", *form, "-q", "--xlsx", str(file)) == (0, "", "")
        assert files[0].read_bytes() == files[1].read_bytes()
        books[name] = opened(files[0].read_bytes())
        leads_to_every_sheet(books[name])
    sheets = ("attribution", "changes", "inputs")
    filled = {name: [sheet for sheet in sheets if book[sheet].max_row > 1] for name, book in books.items()}
    assert filled == {
        "what-if": ["attribution", "changes", "inputs"],
        "cases": [],
        "answers": ["changes", "inputs"],
        "both": ["changes", "inputs"],
    }
    edits = {name: rows_of(books[name], "changes")[1:] for name in ("what-if", "answers", "both")}
    assert {row[0] for row in edits["answers"]} == {half}
    assert edits["answers"] == edits["both"]
    assert [row[1:] for row in edits["what-if"]] == [row[1:] for row in edits["answers"]]
    assert same_values(rows_of(books["what-if"], "results"), rows_of(books["answers"], "results"))


def same_values(one: list[list[object]], two: list[list[object]]) -> bool:
    """Whether rows behind their answers are the same; what was written has twelve digits, and so have differences."""
    size = max(abs(x) for row in one[1:] for x in row[5:7] if isinstance(x, float))
    return [row[1:5] for row in one] == [row[1:5] for row in two] and all(
        x == pytest.approx(y, rel=1e-9, abs=1e-9 * size)
        for row, other in zip(one[1:], two[1:], strict=True)
        for x, y in zip(row[5:], other[5:], strict=True)
    )


EDIT = "demand.demand_ttok *= 1.1"


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a workbook: of a case with a scenario, changed, beside an earlier answer and two studies."""
    folder = tmp_path_factory.mktemp("report")
    case = shutil.copytree(TINY, folder / "case")
    (case / "scenarios").mkdir()
    (case / "scenarios" / "more.toml").write_text(
        'name = "more"\ntitle = "=More"\nwhy = "w"\nsource = "s"\n'
        '[[groups]]\nname = "@packaging"\nedits = ["capacity.capacity[stage=packaging] +50%"]\n',
        encoding="utf-8",
    )
    assert status_of("solve", case, "-q", "--out", folder / "before", "--change", "operations.utilisation = 0.4") == 0
    assert status_of("sensitivity", case, "-q", "--change", EDIT, "--out", folder / "moved") == 0
    (folder / "moved" / "tables" / f"mine {'x' * 40}.csv").write_text("a\n1\n")
    assert status_of(*report_of(folder), "--xlsx") == 0
    return folder


def report_of(folder: Path) -> tuple[object, ...]:
    studies = ("--reference", folder / "before", "--sensitivity", folder / "moved", "--backcast", ANSWERS / "backcast")
    return "report", folder / "case", "--change", EDIT, "--scenario", "more", *studies, "--out", folder / "out", "-q"


def test_every_number_of_a_report_has_a_sheet(reported: Path) -> None:
    """A study of the page whose numbers the workbook lacks; a table of other software taken for one of a study."""
    data = (reported / "out" / "report.xlsx").read_bytes()
    book = opened(data)
    page = (reported / "out" / "report.html").read_text(encoding="utf-8")
    said = unescape(" ".join(re.findall(r'data-(?:from|rows)="([^"]*)"', page)))
    said = re.sub(r"\b(?:fact|evidence)\([^)]*\)", "", said)  # of the summary, and counts of all inputs
    origins = {found.replace(":", "_") for found in re.findall(r'\w+\("([\w:]+)"', said)}
    names = {f"year_{name}" if name in {"ladder", "curves", "idle_capacity"} else name for name in origins}
    assert {"token_cost", "year_ladder", "compare_results", "reference_results", "sensitivity_tornado"} < names
    assert names <= {*book.sheetnames}
    assert {name.split("_")[0] for name in book.sheetnames} >= {
        "year",
        "compare",
        "reference",
        "sensitivity",
        "backcast",
    }
    assert not [name for name in book.sheetnames if "mine" in name]
    leads_to_every_sheet(book)
    stay_in_sight(book)
    tables = {
        f"{study}_{file.stem}": pd.read_csv(file)
        for study, folder in (("sensitivity", reported / "moved"), ("backcast", ANSWERS / "backcast"))
        for file in (folder / "tables").glob("*.csv")
    }
    there = {name: table for name, table in tables.items() if name in book.sheetnames}
    assert set(tables) - set(there) == {f"sensitivity_mine {'x' * 40}"}
    assert there.pop("sensitivity_changes").shape == (len(rows_of(book, "sensitivity_changes")) - 1, 9)
    same_tables(book, there)
    with_units(book, {name: pd.DataFrame() for name in book.sheetnames if name.split("_")[0] in STUDIES})
    assert {"model [as in unit]", "error [share]"} < set(rows_of(book, "backcast_comparisons")[0])
    assert sum(title.endswith(" by answer") for title, _ in charts_of(book, data)) == 12


def test_the_workbook_of_a_report_is_that_of_its_plan(reported: Path) -> None:
    """Another plan than the page's, without the changes, or the edits of the scenario and the reference left out."""
    book = opened((reported / "out" / "report.xlsx").read_bytes())
    made = sc.what_if(reported / "case", [], [EDIT])
    plan = sc.solve(made.case)
    same_numbers(book, plan)
    alone = opened(sc.workbook(plan, made))
    for sheet in alone.sheetnames[2:]:
        assert rows_of(book, sheet) == rows_of(alone, sheet)
    assert ["Year looked at closely", None, 2026] in rows_of(book, "contents")
    same_tables(book, {"year_ladder": plan.ladder(2026), "year_idle_capacity": plan.idle_capacity(2026)})
    assert {row[2] for row in rows_of(book, "compare_changes")[1:]} == {"@packaging"}
    assert {row[1] for row in rows_of(book, "reference_changes")[1:]} == {"operations.utilisation = 0.4"}


@pytest.mark.unmeasured
def test_a_report_and_its_workbook_belong_together(reported: Path) -> None:
    """Other bytes the second time; a workbook of an earlier report beside a new page; somebody's file written over."""
    out, book = reported / "out", reported / "out" / "report.xlsx"
    page = (out / "report.html").read_text(encoding="utf-8")
    said = '<p class="meta" id="workbook">The same numbers as a workbook: report.xlsx.</p>'
    assert said in page
    first = book.read_bytes()
    assert status_of(*report_of(reported), "--xlsx") == 0
    assert book.read_bytes() == first
    assert status_of(*report_of(reported)) == 0
    assert not book.exists()
    assert (out / "report.html").read_text(encoding="utf-8") == page.replace(said, "")
    book.write_text("mine")
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    assert status_of(*report_of(reported), "--xlsx") == 1
    assert {path: path.read_bytes() for path in out.rglob("*.*")} == before
    assert status_of("report", TINY, "--out", out, "-q") == 0
    assert book.read_text() == "mine"


def test_a_report_is_written_whole_or_not_at_all(reported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without its workbook, where a table has more rows than a sheet."""
    monkeypatch.setattr("supplychain.sheets.ROWS", 5)
    out = reported / "none"
    assert status_of(*report_of(reported), "--out", out, "--xlsx") == 1
    assert not out.exists()
    xlsx, folder = reported / "none.xlsx", reported / "folder"
    change = ("--change", EDIT, "--xlsx", xlsx, "--out", folder)
    assert status_of("compare", reported / "case", "-q", *change) == 1
    assert not xlsx.exists()
    assert not folder.exists()
