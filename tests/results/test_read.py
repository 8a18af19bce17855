"""A folder of results read back: what is written is what is read; what is more passes, what is missing is told once."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import frictionless
import pandas as pd
import pytest
from commands import run, said_by
from paths import TINY

import supplychain as sc
from supplychain.errors import InputError
from supplychain.results import schema
from supplychain.results.read import read_answer
from supplychain.results.write import rounded

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.results.schema import Kind

CHANGE = ("--change", "capacity.capacity[stage=packaging] +30%")
FOLDERS: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "plan": ("solve", ("solve", str(TINY))),
    "changed": ("solve", ("solve", str(TINY), *CHANGE)),
    "priced": ("solve", ("solve", str(TINY), "--supplier-prices", "--indifference", "hbm/cheap")),
    "regret": ("solve", ("solve", str(TINY), *CHANGE, "--orders-from", "PLACE/plan", "--until", "2026")),
    "regret_priced": (
        "solve",
        ("solve", str(TINY), *CHANGE, "--orders-from", "PLACE/plan", "--until", "2026", "--indifference", "hbm/cheap"),
    ),
    "beside": ("compare", ("compare", str(TINY), *CHANGE)),
    "folders": ("compare", ("compare", "PLACE/plan", "PLACE/changed")),
    "moved": ("sensitivity", ("sensitivity", str(TINY), "--workers", "1")),
    "foresights": ("foresight", ("foresight", str(TINY), *CHANGE, "--workers", "1")),
    "served": ("serve", ("seek", str(TINY), *CHANGE, "--serve", "2026: +1%", "--any-relief")),
    "not_served": ("serve", ("seek", str(TINY), "--serve", "2027: +90%", "--capital", "2e9")),
    "bought": ("capital", ("seek", str(TINY), "--capital", "1e8")),
    "most_bought": ("capital", ("seek", str(TINY), *CHANGE, "--capital", "1e8", "--most", "tokens")),
    "near": ("near-optimal", ("near-optimal", str(TINY), *CHANGE, "--within", "2%")),
    "moved_changed": ("sensitivity", ("sensitivity", str(TINY), *CHANGE, "--workers", "1")),
}
"""Folders of results, and the commands that write them."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an answer of each kind."""
    place = tmp_path_factory.mktemp("answers")
    for name, (_, arguments) in FOLDERS.items():
        made = [one.replace("PLACE", str(place)) for one in arguments]
        status, said = said_by(*made, "--quiet", "--out", place / name)
        assert status == 0, said
    return place


@pytest.mark.parametrize("name", FOLDERS)
def test_an_answer_is_a_data_package(place: Path, name: str) -> None:
    """A second opinion: Frictionless finds types, keys and what may be blank as the package says."""
    report = frictionless.validate(str(place / name / "datapackage.json"))
    assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "message"])
    listed = {one.name for one in report.tasks}
    assert listed == {path.stem for path in (place / name / "tables").glob("*.csv")}


def test_a_package_would_find_a_fault(place: Path, tmp_path: Path) -> None:
    """Sensitivity: a text in a column of numbers, and a key that stands twice."""
    broken = shutil.copytree(place / "plan", tmp_path / "broken")
    path = broken / "tables" / "capital.csv"
    header, first, *rest = path.read_text(encoding="utf-8").splitlines()
    year, item, _ = first.split(",")
    path.write_text("\n".join([header, first, f"{year},{item},many", *rest]) + "\n", encoding="utf-8")
    report = frictionless.validate(str(broken / "datapackage.json"))
    assert {"Type Error", "PrimaryKey Error"} <= {title for (title,) in report.flatten(["title"])}


@pytest.mark.parametrize("name", FOLDERS)
def test_what_is_written_is_what_is_read(place: Path, name: str) -> None:
    """Catches a type or a digit that the way to a file and back changes, and a fact of a summary without a meaning."""
    kind, _ = FOLDERS[name]
    answer = read_answer(place / name, kind)
    for table in schema.TABLES[kind]:
        path = place / name / "tables" / table.file
        assert (table.name in answer.tables) == path.exists()
        if path.exists():
            written = pd.read_csv(path)
            back = answer.tables[table.name]
            assert list(back.columns) == list(written.columns)
            columns = [column for column in table.columns if column.name in back or not column.where_needed]
            assert list(back.columns) == [column.name for column in columns]
            for column in columns:
                if column.type in {"number", "integer"}:
                    ours = back[column.name].astype("float64")
                    pd.testing.assert_series_equal(ours, written[column.name].astype("float64"))
    facts = {fact.name: fact for fact in schema.SUMMARIES[kind]}
    for fact, value in answer.summary.items():
        assert value is None or isinstance(value, facts[fact].type), fact


def test_a_plan_comes_back_as_it_was(place: Path) -> None:
    """Every table, at the twelve digits that are written, with the same types."""
    plan, back = sc.solve(sc.load(TINY)), sc.read_answer(place / "plan")
    for table in schema.ANSWER:
        texts = [column.name for column in table.columns if column.type == "text"]
        ours, read = (
            tables[table.name].assign(**{name: tables[table.name][name].fillna("") for name in texts})
            for tables in ({table.name: rounded(plan.tables[table.name])}, back.tables)
        )
        pd.testing.assert_frame_equal(ours, read, check_dtype=len(ours) > 0, rtol=0, atol=0)


def test_a_column_more_passes(place: Path, tmp_path: Path) -> None:
    """Somebody's own column in every table, which stands first, last or between: each command that reads answers does
    what it did, and who reads tables finds it.
    """
    mine, plan = (shutil.copytree(place / "plan", tmp_path / name) for name in ("mine", "plan"))
    for n, path in enumerate(sorted((mine / "tables").glob("*.csv"))):
        lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines() if '"' not in line]
        at = n % (len(lines[0]) + 1)
        rows = [[*line[:at], "mine" if not m else "7", *line[at:]] for m, line in enumerate(lines)]
        if len(lines) == len(path.read_text(encoding="utf-8").splitlines()):
            path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    back = sc.read_answer(mine)
    assert (back.economics["mine"] == 7).all()
    assert back.economics.columns[-1] == "mine"
    for command in (
        ("solve", TINY, *CHANGE, "--orders-from", mine, "--until", 2026),
        ("compare", mine, place / "changed"),
        ("report", TINY, *CHANGE, "--reference", mine, "--out", tmp_path / "report", "--no-figures"),
    ):
        same = [plan if one == mine else one for one in command]
        status, said = said_by(*command)
        assert status == 0, said
        expected = said_by(*same)[1].replace(str(plan), "")
        assert said.replace(str(mine), "").split() == expected.split()


def test_an_answer_of_the_version_before_is_read(place: Path, tmp_path: Path) -> None:
    """It has no `datapackage.json`, and may have a table of an answer before it."""
    old = shutil.copytree(place / "plan", tmp_path / "old")
    (old / "datapackage.json").unlink()
    assert set(sc.read_answer(old).tables) == {table.name for table in schema.ANSWER}


def test_a_table_of_an_answer_before_is_not_taken_for_its_own(tmp_path: Path) -> None:
    """A what-if, then the case itself, written to one folder: the changes of the first are there, and not read."""
    folder = tmp_path / "answer"
    assert said_by("solve", TINY, *CHANGE, "--quiet", "--out", folder)[0] == 0
    assert "changes" in sc.read_answer(folder).tables
    assert said_by("solve", TINY, "--quiet", "--out", folder)[0] == 0
    assert (folder / "tables" / "changes.csv").exists()
    assert "changes" not in sc.read_answer(folder).tables


def drop(folder: Path, table: str, column: str) -> None:
    path = folder / "tables" / f"{table}.csv"
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)


def test_what_is_missing_is_told_in_one_message(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Columns of several tables: one message that names them and says what to do, status 2, nothing written."""
    old = shutil.copytree(place / "plan", tmp_path / "old")
    drop(old, "economics", "capital_usd")
    drop(old, "builds", "built")
    version = json.loads((old / "summary.json").read_text(encoding="utf-8"))["versions"]["supplychain"]
    status, out, said = run(capsys, "compare", str(old), str(place / "changed"), "--out", str(tmp_path / "out"))
    assert (status, out) == (2, "")
    assert said == (
        f"1 problem in {old}:\n  tables: has no column builds.built, economics.capital_usd (it is of supplychain "
        f"{version}); run `supplychain solve` again for this case, with --out\n"
    )
    assert not (tmp_path / "out").exists()
    (old / "tables" / "builds.csv").unlink()
    with pytest.raises(
        InputError, match="tables: has no builds; give a folder that `supplychain solve CASE --out DIR`"
    ):
        sc.read_answer(old)


def test_every_fault_of_a_cell_is_told(place: Path, tmp_path: Path) -> None:
    """By file, row and column, all at once; a quote that does not close, and a row that is too short."""
    broken = shutil.copytree(place / "plan", tmp_path / "broken")
    (broken / "tables" / "capital.csv").write_text("year,item,usd\n2026,hbm,many\n20x6,hbm,\n", encoding="utf-8")
    (broken / "tables" / "cost.csv").write_text("year,item,serving_usd,research_usd\n2026,hbm,1\n", encoding="utf-8")
    (broken / "tables" / "token_cost.csv").write_text('year,workload\n"2026', encoding="utf-8")
    with pytest.raises(InputError) as error:
        sc.read_answer(broken)
    said = {(one.file, one.row, one.column) for one in error.value.problems}
    assert {
        ("capital.csv", 2, "usd"),
        ("capital.csv", 3, "year"),
        ("capital.csv", 3, "usd"),
        ("cost.csv", 2, ""),
    } < said
    assert ("token_cost.csv", 0, "") in said


def test_another_kind_of_answer_is_refused(place: Path) -> None:
    """Catches a plan that is taken for a sensitivity, and the other way round."""
    with pytest.raises(InputError, match=r"summary\.json, column cost_usd_per_mtok: is missing"):
        sc.read_answer(place / "plan", "sensitivity")
    with pytest.raises(InputError, match="give a folder that `supplychain solve CASE --out DIR` writes"):
        sc.read_answer(place / "moved")
