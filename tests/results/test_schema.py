"""One schema of all that is written: no list of columns beside it, and what stands in it is seen everywhere."""

from __future__ import annotations

import ast
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from page import read
from paths import ROOT, TINY

import supplychain as sc
from supplychain.errors import InputError
from supplychain.report.page import sections
from supplychain.report.page.html import html
from supplychain.report.page.report_data import ReportData
from supplychain.report.text.results import reference
from supplychain.results import schema
from supplychain.results.frames import frame, picked
from supplychain.results.read import read_answer
from supplychain.schema import ColumnSchema, TableSchema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY = {id(table): table for tables in (*schema.TABLES.values(), schema.NOT_WRITTEN) for table in tables}.values()


@pytest.fixture(scope="module")
def plan() -> sc.Plan:
    return sc.solve(sc.load(TINY))


def lists_in(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Yield the names that each list, tuple or set of a module has, and the words of each text, with their line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            inner = [
                x
                for one in node.elts
                for x in (
                    one.value.elts
                    if isinstance(one, ast.Starred) and isinstance(one.value, ast.Tuple | ast.List)
                    else [one]
                )
            ]
            firsts = [one.elts[0] if isinstance(one, ast.Tuple) and one.elts else one for one in inner]
            yield node.lineno, {one.value for one in firsts if isinstance(one, ast.Constant)}  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, set(node.value.split())


def test_no_list_of_columns_stands_outside_the_schema() -> None:
    """Catches a list that names every column of a table, if it is no choice from a wider one."""
    columns = {table.name: {column.name for column in table.columns} for table in EVERY if len(table.columns) > 3}
    home = ROOT / "supplychain" / "results" / "schema.py"
    found = [
        f"{path.relative_to(ROOT)}:{line} lists the columns of {name}"
        for path in sorted((ROOT / "supplychain").rglob("*.py"))
        if path != home
        for line, names in lists_in(ast.parse(path.read_text(encoding="utf-8")))
        for name, some in columns.items()
        if some <= names and not any(names < other for other in columns.values())
    ]
    assert not found, "\n".join(found)


def test_a_list_of_columns_would_be_found() -> None:
    """Sensitivity: each way in which columns were listed before."""
    for text in (
        '["year", "item", "serving_usd"]',
        '(("year", 1), *("item", "serving_usd"))',
        '"year item serving_usd"',
    ):
        assert any({"year", "item", "serving_usd"} <= names for _, names in lists_in(ast.parse(text)))


@pytest.mark.parametrize("table", EVERY, ids=lambda table: table.name)
def test_every_column_says_what_it_is(table: TableSchema) -> None:
    """Catches a column without a meaning or a label, a number without a unit, and a key that is no column."""
    names = [column.name for column in table.columns]
    assert set(table.key) <= set(names)
    assert len(names) == len(set(names))
    assert table.meaning
    for column in table.columns:
        assert column.meaning, column.name
        assert column.label, column.name
        if column.type == "number":
            assert column.unit or column.name == "factor", column.name


def test_every_table_of_an_answer_is_as_the_schema_has_it(plan: sc.Plan) -> None:
    """Catches an order of columns, or a type, other than the schema's: a whole year as 2026.0, say."""
    assert list(plan.tables) == [table.name for table in schema.ANSWER]
    dtypes = {"number": "float64", "integer": "int64", "boolean": "bool"}
    for table in schema.ANSWER:
        made = plan.tables[table.name]
        columns = [column for column in table.columns if column.name in made or not column.where_needed]
        assert list(made.columns) == [column.name for column in columns]
        for column in columns:
            if column.type in dtypes:
                assert str(made[column.name].dtype) == (
                    "Int64" if column.blank and column.type == "integer" else dtypes[column.type]
                ), (table.name, column.name)
            if not column.blank and len(made):
                assert made[column.name].notna().all(), (table.name, column.name)


def test_a_row_that_is_not_as_the_schema_is_refused() -> None:
    """Catches a row with a column more, or without one that may not be blank: nothing is filled quietly."""
    good = {"year": 2030, "item": "opex", "serving_usd": 1.0, "research_usd": 2.0}
    assert frame(schema.COST, [good]).iloc[0].to_dict() == good
    with pytest.raises(KeyError, match="table cost: a row and the schema differ in extra"):
        frame(schema.COST, [{**good, "extra": 1}])
    with pytest.raises(KeyError, match="table cost: a row and the schema differ in item"):
        frame(schema.COST, [{name: x for name, x in good.items() if name != "item"}])
    with pytest.raises(KeyError, match="item"):
        picked(schema.COST, {"year": 2030})


RENAMED = [("SUPPLY", "limit"), ("BOTTLENECKS", "loss_usd_per_pct"), ("TOKEN_COST", "marginal_usd_per_mtok")]


@pytest.mark.parametrize(("table", "column"), RENAMED)
def test_a_renamed_column_is_found_where_it_is_made(table: str, column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a name in the schema that no table has any more, or the other way round: the first solve says which."""
    old: TableSchema = getattr(schema, table)
    columns = tuple(replace(one, name="renamed", blank=False) if one.name == column else one for one in old.columns)
    monkeypatch.setattr(schema, table, replace(old, columns=columns))
    with pytest.raises(KeyError, match="renamed"):
        sc.solve(sc.load(TINY))


@pytest.mark.parametrize(("table", "column"), RENAMED)
def test_a_renamed_column_is_found_where_it_is_read(plan: sc.Plan, table: str, column: str) -> None:
    """The same for who reads it: the text, the page or the workbook of an answer."""
    name = getattr(schema, table).name
    other = replace(plan, tables={**plan.tables, name: plan.tables[name].rename(columns={column: "renamed"})})
    with pytest.raises(KeyError, match=column):
        shown(other)


def shown(plan: sc.Plan) -> str:
    data = ReportData(plan, 2026, str(TINY))
    sheets = sc.workbook(plan)
    assert sheets
    parts = sections(data)
    return html(data, parts, {chart.name: _Blank() for part in parts for chart in part.charts})  # type: ignore[misc]


class _Blank:
    wide = narrow = ""


def test_a_column_and_a_table_more_are_seen_everywhere(
    plan: sc.Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column is one row of the schema, and so is each of a table: it is written, described, read back, on a sheet, in
    the reference and, until a part of the report shows it, in a plain section of the page.
    """
    column = ColumnSchema("carbon_t", "number", "carbon of the year", "t CO2", label="carbon")
    table = TableSchema("heat", ("year",), (schema.ECONOMICS.columns[0], column), "Heat of each year")
    economics = replace(schema.ECONOMICS, columns=(*schema.ECONOMICS.columns, column))
    solved = tuple(economics if one is schema.ECONOMICS else one for one in schema.TABLES["solve"])
    monkeypatch.setitem(schema.TABLES, "solve", (*solved, table))
    carbon = [1.5 + n for n in range(len(plan.economics))]
    heat = pd.DataFrame({"year": plan.economics["year"], "carbon_t": carbon})
    more = replace(plan, tables={**plan.tables, "economics": plan.economics.assign(carbon_t=carbon), "heat": heat})

    more.write(tmp_path)
    back = read_answer(tmp_path)
    assert back.economics["carbon_t"].tolist() == back.heat["carbon_t"].tolist() == carbon
    described = (tmp_path / "datapackage.json").read_text(encoding="utf-8")
    assert described.count('"carbon of the year"') == 2
    assert '"path": "tables/heat.csv"' in described

    book = openpyxl.load_workbook(io.BytesIO(sc.workbook(more)))
    for sheet in ("economics", "heat"):
        *_, last = book[sheet].iter_cols(values_only=True)
        assert last == ("carbon_t [t CO2]", *carbon)
    assert ("heat", len(heat), "Heat of each year") in list(book["contents"].iter_rows(values_only=True))

    page = read(shown(more))
    grids = {found["data-rows"]: found.text for found in page.all("table", data_rows="")}
    for name in ("economics", "heat"):
        text = (
            grids[f'rows("{name}", {{}})']
            if name == "heat"
            else " ".join(found.text for found in page.all("table", data_rows=f'rows("{name}", {{}})'))
        )
        assert "carbon, t CO2" in text
        assert "1.50" in text

    lines = reference().splitlines()
    assert lines.count("| `carbon_t` | number | t CO2 |  | carbon | carbon of the year |") == 2
    assert "### `heat`" in lines


def test_an_answer_says_what_it_has(plan: sc.Plan) -> None:
    """Catches an attribute that is no table and yet is answered, or a table that completion does not offer."""
    assert {"binding", "requirements", "case", "ladder"} <= set(dir(plan))
    with pytest.raises(AttributeError, match="no attribute and no table 'bindings'"):
        _ = plan.bindings
    assert repr(read_answer_of(plan)) == "Answer('tiny', 20 tables)"


def read_answer_of(plan: sc.Plan) -> sc.Answer:
    return sc.Answer(plan.summary, plan.tables)


def test_old_names_warn(plan: sc.Plan) -> None:
    """Catches a script of version 0.1 that breaks, or that is not told."""
    for old, new in (("sign", "lock_in"), ("saved", "read_answer")):
        with pytest.warns(DeprecationWarning, match=f"supplychain.{old} is now supplychain.{new}"):
            assert getattr(sc, old) is getattr(sc, new)
    with pytest.warns(DeprecationWarning, match="Plan.stranded is now Plan.idle_capacity"):
        old_table = plan.stranded(2026)
    pd.testing.assert_frame_equal(old_table, plan.idle_capacity(2026))
    with pytest.warns(DeprecationWarning, match="Plan.look is now Plan.year_view"):
        assert plan.look(2026).year == 2026


def test_a_summary_says_no_more_and_no_less(plan: sc.Plan) -> None:
    """Catches a fact that no page explains, or that is promised and not given."""
    always = {fact.name for fact in schema.SUMMARIES["solve"] if "where" not in fact.meaning.rpartition(";")[2]}
    assert set(plan.summary) == always
    for fact in schema.SUMMARIES["solve"]:
        assert fact.name not in plan.summary or isinstance(plan.summary[fact.name], fact.type)


def test_no_answer_is_an_answer(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder"):
        read_answer(tmp_path / "nowhere", "compare")
