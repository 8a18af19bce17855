"""The command line: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from broken_cases import DEMAND_CURVES, add, all_of, cell, create, factors, line, setting
from commands import complaint, run
from generator import write_case
from paths import TINY
from plants import add as add_row
from plants import edited, two_stages

import supplychain
from supplychain.case import notices
from supplychain.cli import cli
from supplychain.results.schema import ANSWER

if TYPE_CHECKING:
    from pathlib import Path

    from broken_cases import Edit

COLUMNS = {table.name: " ".join(column.name for column in table.columns if not column.where_needed) for table in ANSWER}
"""Tables of an answer and their columns."""

STAGE = "stage,label,group,nature,unit,kind,scope,position,storable,cost_life_years"
ALLOCATION = "stage,supplier,of_stage,year,share,source"


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A copy of tiny in a folder of its own."""
    return shutil.copytree(TINY, tmp_path / "tiny")


@pytest.fixture(scope="module")
def plan() -> supplychain.Plan:
    """The answer for tiny."""
    return supplychain.solve(supplychain.load(TINY))


@pytest.mark.parametrize("command", cli.commands)
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a command is added, or renamed, and its help does not show how to call it."""
    status, printed, complained = run(capsys, command, "--help")
    assert (status, complained) == (0, "")
    assert "Example" in printed
    assert f"supplychain {command} " in printed.partition("Example")[2]


def test_help_shows_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a command is registered on another group and cannot be found."""
    status, printed, _ = run(capsys, "--help")
    assert status == 0
    assert {"check", "completion", "new", "solve"} <= set(printed.split())
    assert "Example" in printed


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the version is written in two places and one is forgotten."""
    assert run(capsys, "--version") == (0, f"supplychain, version {version('supplychain')}\n", "")


def test_a_misspelt_command_is_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the reader is left to guess the command's name."""
    status, printed, complained = run(capsys, "slove", str(TINY))
    assert (status, printed) == (2, "")
    assert "Did you mean 'solve'?" in complained


def test_completion(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: the script asks for another variable than the command answers to, so that nothing is ever completed."""
    status, script, _ = run(capsys, "completion", "bash")
    assert status == 0
    assert "_SUPPLYCHAIN_COMPLETE=bash_complete" in script
    asked = {"_SUPPLYCHAIN_COMPLETE": "bash_complete", "COMP_WORDS": "supplychain so", "COMP_CWORD": "1"}
    for name, value in asked.items():
        monkeypatch.setenv(name, value)
    assert run(capsys)[:2] == (0, "plain,solve\n")


def test_completion_of_an_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a shell that is not supported gets an empty script."""
    status, printed, complained = run(capsys, "completion", "csh")
    assert (status, printed) == (2, "")
    assert "bash" in complained


def test_checks_need_no_solver(case: Path) -> None:
    """Bug: an import at the top of a module makes help and input errors wait for pandas and the solver."""
    (case / "capacity.csv").unlink()
    code = f"""
import sys
from supplychain.cli import main
for arguments in (["--help"], ["check", {str(case)!r}], ["check", {str(TINY)!r}]):
    try:
        main(arguments)
    except SystemExit as ended:
        print(ended.code)
print(sorted({{"pandas", "numpy", "pyomo", "highspy"}} & set(sys.modules)))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    statuses = [text for text in ended.stdout.splitlines() if text.isdigit()]
    assert statuses == ["0", "2", "0"]
    assert ended.stdout.splitlines()[-1] == "[]"


_TERM = "stage,supplier,place,first_year,last_year,share,source"
NOTICES: dict[str, tuple[Edit, str]] = {
    "series held": (
        all_of(),
        "unit_costs.csv, column other_cost_usd: held at the value of 2026 to 2028: new",
    ),
    "several series held": (
        add("unit_costs", "old,2026,1,paper"),
        "unit_costs.csv, column other_cost_usd: 2 series held at the value of 2026 to 2028: new, old",
    ),
    "factor that moves nothing": (
        factors('boom,"capacity.capacity[stage=packaging]",,paper', "grid,capacity.price_usd,0.5,paper"),
        "factors.csv row 3, column target: capacity.price_usd has no range, so that 'grid' moves nothing there",
    ),
    "stage that nothing uses": (
        all_of(
            add("stages", "cooling,Cooling,cooling,physical,kW,stock,global,6,,"),
            add("suppliers", "cooling,cooler,The cooler,"),
            add("capacity", "cooling,cooler,global,2026,1,,,1,paper"),
        ),
        "stages.csv, column stage: nothing uses 'cooling'",
    ),
    "supplier that can never supply": (
        cell("capacity", 13, "capacity", "0"),
        "suppliers.csv, column supplier: 'maker' of 'turbines' can never supply: its limit is 0 in every year",
    ),
    "accelerator that no workload runs on": (
        create("throughput", "accelerator,workload,tokens_per_second,source", "new,chat,1,paper", "new,batch,1,paper"),
        "accelerators.csv, column accelerator: no workload runs on 'old'",
    ),
    "demand that no accelerator can serve": (
        all_of(add("workloads", "video,Video,output"), add("demand", "video,basic,2026,1,,,1,paper")),
        "demand.csv, column workload: no accelerator can serve 'video'",
    ),
    "demand for nothing": (
        add("demand", "chat,later,2029,1,,,1,paper"),
        "demand.csv, column demand_ttok: chat / later asks for nothing in 2026-2028",
    ),
    "curve that no accelerator can serve": (
        all_of(
            add("workloads", "video,Video,output"),
            create("demand_curves", DEMAND_CURVES, "video,2026,1,1,1,,paper"),
        ),
        "demand_curves.csv, column workload: no accelerator can serve 'video'",
    ),
    "curve for nothing": (
        create("demand_curves", DEMAND_CURVES, "chat,2026,0,1,1,,paper"),
        "demand_curves.csv, column volume_ttok: chat asks for nothing in 2026-2028",
    ),
    "curve that ends before the case": (
        create("demand_curves", DEMAND_CURVES, "chat,2026,1,1,1,,paper"),
        (
            "demand_curves.csv, column volume_ttok and price_usd_per_mtok and elasticity and adjusted_share: "
            "held at the value of 2026 to 2028: chat"
        ),
    ),
    "family that can no longer be built": (
        all_of(),
        "fleet.csv, column accelerator: family 'first' can no longer be built",
    ),
    "price first given after first use": (
        cell("operations", 2, "year", "2027"),
        "operations.csv, column utilisation: it is first given for 2027 and used from 2026; that value is used before",
    ),
    "price first given after an expansion arrives": (
        cell("capacity", 12, "year", "2028"),
        (
            "capacity.csv, column price_usd:"
            " site_power / onsite / west is first given for 2028 and used from 2027; that value is used before"
        ),
    ),
    "shares that add up to less than the whole": (
        all_of(
            add("stages", "chips,Chips,chips,commercial,chips,flow,global,6,,2"),
            add("suppliers", "chips,pool,The pool,"),
            add("capacity", "chips,pool,global,2026,1000000,,,1,paper"),
            create("allocation", ALLOCATION, "hbm,cheap,chips,2026,0.5,paper", "hbm,dear,chips,2026,0.25,paper"),
        ),
        "allocation.csv, column share: shares of 'chips' add up to less than 1 in 2026-2028; least 0.75 in 2026",
    ),
    "order that arrives after the horizon": (
        add("expansion", "site_power,onsite,west,2028,10,3000000,1,paper"),
        "expansion.csv, column lead_years: orders in 2028 arrive after 2028 and are never placed: site_power / onsite",
    ),
    "order that no window can fit": (
        setting("currency_year", "foresight_years = 1\ncurrency_year"),
        (
            "expansion.csv, column lead_years:"
            " orders in 2026 do not fit foresight_years = 1 and are never placed: site_power / onsite"
        ),
    ),
    "source more than a year older than the data": (
        all_of(
            setting("currency_year", "data_date = 2026-06-01\ncurrency_year"), cell("sources", 3, "date", "2025-01-01")
        ),
        (
            "sources.csv row 3, column date: 'paper_range' is stale (2025-01-01):"
            " on it rest 5 rows for 2025 or later (capacity 2, demand 3)"
        ),
    ),
    "source whose age nobody knows": (
        all_of(setting("currency_year", "data_date = 2026-06-01\ncurrency_year"), cell("sources", 3, "date", "")),
        "sources.csv, column date: 1 source without a date that can be read may be stale: paper_range",
    ),
    "a bill of materials in another unit": (
        cell("bill_of_materials", 2, "quantity", "2000"),
        (
            "bill_of_materials.csv row 2, column quantity: 2000 (old / site_power) is 2e6 times what other accelerators"
            " use of 'site_power'; is it in MW?"
        ),
    ),
    "row outside the years": (
        add("budget", "2030,1,paper"),
        "budget.csv, column year: rows of 2030 are outside 2026-2028 and are ignored",
    ),
    "term outside the years": (
        create("take_or_pay", _TERM, "hbm,cheap,global,2029,2031,0.5,paper"),
        (
            "take_or_pay.csv row 2, column first_year: hbm / cheap / global, 2029-2031 has no year of 2026-2028 and is "
            "ignored"
        ),
    ),
    "part of a term": (
        create("take_or_pay", _TERM, "hbm,cheap,global,2025,2027,0.5,paper"),
        "take_or_pay.csv row 2, column first_year: hbm / cheap / global, 2025-2027: only 2026-2027 counts, of the case",
    ),
    "owed in a year without cash": (
        all_of(
            create("take_or_pay", _TERM, "hbm,cheap,global,2026,2027,0.5,paper"),
            create("prices", "workload,year,price_usd_per_mtok,source", "chat,2026,0.1,paper", "batch,2026,0.1,paper"),
            create("cash", "year,raised_usd,fixed_cost_usd,gap_usd_per_usd,source", "2026,0,0,1,paper"),
        ),
        (
            "take_or_pay.csv row 2, column last_year: what hbm / cheap / global from 2026 is owed and "
            "not used falls due "
            "in 2027, which has no row in cash.csv: no cash pays it"
        ),
    ),
}


@pytest.mark.parametrize("notice", NOTICES)
def test_what_is_worth_a_look(notice: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a case that is valid and cannot mean what it says passes without a word."""
    edit, said = NOTICES[notice]
    edit(case)
    status, printed, _ = run(capsys, "check", str(case))
    heading, *found = printed.splitlines()
    if status == 0:
        assert found.pop().startswith(f"{case} is valid: ")
    assert heading == f"Worth a look ({len(found)}):"
    assert f"  {said}" in found


def test_every_notice_is_planted(tmp_path: Path) -> None:
    """Bug: a notice is added and nobody has ever seen it appear."""
    cases = []
    for n, (edit, _) in enumerate(NOTICES.values()):
        edit(shutil.copytree(TINY, tmp_path / str(n)))
        cases.append(supplychain.load(tmp_path / str(n)))
    seen = [check for check in notices._CHECKS if any(list(check(planted)) for planted in cases)]  # noqa: SLF001
    assert seen == list(notices._CHECKS)  # noqa: SLF001


def test_stale_sources_that_decide_what_binds_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wafers bind, at 100 of 120; with a half more of them power does. Each is counted by a stale source of its own.

    Bug: sources of what does not bind are named, or those of the case before it is changed.
    """
    case = edited(two_stages(), data_date="2031-06-30")
    case.tables["sources"][0]["date"] = "2031-01-01"
    for row, source in zip(case.tables["capacity"], ("fab", "grid"), strict=True):
        add_row(case, "sources", source=source, title="t", publisher="p", evidence="reported", date="2029-10")
        row["source"] = source
    folder = write_case(case, tmp_path / "case")
    last = run(capsys, "check", str(folder))[1].splitlines()[-1]
    assert last.endswith(" rows. --labels names the stale sources that decide what binds.")
    heading = "What binds, and the stale sources that decide it, behind its limits, needs and bills of materials:"
    for change, said in (
        ([], "wafers (2030): fab (2029-10, 1 row)"),
        (["capacity.capacity[stage=wafers] *= 1.5"], "power (2030): grid (2029-10, 1 row)"),
        (["demand.demand_ttok = 1"], "demand (2030): none"),
    ):
        arguments = [word for edit in change for word in ("--change", edit)]
        status, printed, _ = run(capsys, "check", str(folder), "--labels", *arguments)
        lines = printed.splitlines()
        assert (status, lines[lines.index(heading) + 1]) == (0, f"  {said}")
        assert lines[-1].endswith(" rows.")


def test_labels_need_a_date_of_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: every source of a case without `data_date` is fresh, and nobody is told why."""
    status, printed, complained = run(capsys, "check", str(TINY), "--labels")
    assert (status, printed) == (2, "")
    assert complained.endswith("--labels needs data_date in case.toml: sources more than a year older are stale\n")


def test_a_supplier_with_one_live_share_is_not_idle(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: of several shares of one supplier only the last is looked at."""
    all_of(
        add("suppliers", "hbm,third,The third memory maker,"),
        cell("capacity", 13, "capacity", "0"),
        create("allocation", ALLOCATION, "hbm,third,packaging,2026,1,paper", "hbm,third,turbines,2026,1,paper"),
    )(case)
    _, printed, _ = run(capsys, "check", str(case))
    assert [text.split()[3] for text in printed.splitlines() if "can never supply" in text] == ["'maker'"]


def test_a_case_without_notices(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a heading stands above nothing."""
    setting("last_year = 2028\nreport_last_year = 2027", "last_year = 2026")(case)
    cell("accelerators", 2, "last_year", "2026")(case)
    add("unit_costs", "old,2026,1,paper")(case)
    create("expansion", "stage,supplier,place,year,max_expansion,capex_usd_per_unit,lead_years,source")(case)
    create("budget", "year,capital_usd,source", "2026,1000000000,paper")(case)
    status, printed, complained = run(capsys, "check", str(case))
    assert (status, complained) == (0, "")
    assert printed == f"{case} is valid: 19 tables, {_rows_of(case)} rows.\n"


def _rows_of(case: Path) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in case.glob("*.csv"))


def _long_names(case: Path) -> None:
    for path in case.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("site_power", "power_at_the_sites_of_all_our_customers")
        path.write_text(text, encoding="utf-8")


SHAPES: dict[str, Edit] = {
    "as it is": all_of(),
    "one year": setting("report_last_year = 2027", "report_last_year = 2026"),
    "three years": setting("report_last_year = 2027\n", ""),
    "five years": setting("last_year = 2028\nreport_last_year = 2027", "last_year = 2030"),
    "long names": all_of(_long_names, setting("Two years of a chain", "Two years of a chain" + " of many links" * 20)),
    "no demand for research, no fleet": all_of(
        lambda case: (case / "research.csv").unlink(), lambda case: (case / "fleet.csv").unlink()
    ),
    "no demand at all in a year": cell("demand", 2, "year", "2027"),
    "costs of many sizes": cell("unit_costs", 2, "other_cost_usd", "14000123.456789"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_answer_fits_a_screen(shape: str, case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a long name or a fifth year breaks the table, or colours are written into a file."""
    SHAPES[shape](case)
    status, printed, complained = run(capsys, "solve", str(case))
    lines = [line for line in printed.splitlines() if not line.startswith("  supplychain ")]  # a command is whole
    assert (status, complained) == (0, "")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in printed
    assert "nan" not in printed.lower().split()


def test_json(plan: supplychain.Plan, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a number that JSON does not have (NaN), a line of text before it, or another table than `--out` writes."""
    status, printed, complained = run(capsys, "solve", str(TINY), "--json")
    assert (status, complained) == (0, "")
    found = json.loads(printed, parse_constant=pytest.fail)
    assert {name: value for name, value in found.items() if name != "binding"} == plan.summary
    assert [tuple(row) for row in found["binding"]] == [tuple(plan.binding.columns)] * len(plan.binding)
    assert [row["members"] for row in found["binding"]] == list(plan.binding["members"])


def test_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a script that asked for silence finds text in its log."""
    assert run(capsys, "solve", str(TINY), "--quiet", "--out", str(tmp_path / "answer")) == (0, "", "")
    assert run(capsys, "check", str(TINY), "--quiet") == (0, "", "")
    assert run(capsys, "new", str(tmp_path / "mine"), "--from", str(TINY), "--quiet") == (0, "", "")
    assert (tmp_path / "answer" / "summary.json").exists()


def test_out_writes_the_tables_of_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a column is renamed, moved or left out, and other people's tools break."""
    assert run(capsys, "solve", str(TINY), "--out", str(tmp_path / "a" / "b"))[::2] == (0, "")
    written = _files(tmp_path / "a" / "b")
    assert set(written) == {"summary.json", "datapackage.json"} | {f"tables/{name}.csv" for name in COLUMNS}
    headers = {name: written[f"tables/{name}.csv"].decode().split("\n")[0] for name in COLUMNS}
    assert headers == {name: ",".join(columns.split()) for name, columns in COLUMNS.items()}
    assert not any(b"\r" in content or b"nan" in content.lower() for content in written.values())


def test_tables_are_sorted_by_key_and_end_with_the_report(tmp_path: Path, plan: supplychain.Plan) -> None:
    """Bug: rows come in the order of a set, or years that only carry value are reported.

    The parts of a cost have an order of their own: a residual comes last, terms follow the chain.
    """
    plan.write(tmp_path)
    chain = ["opex", "packaging", "hbm", "turbines", "generation", "site_power", "other", "commitments"]
    last = [*chain, "installed fleet", "residual"]
    for name, columns in COLUMNS.items():
        with (tmp_path / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        texts = ("year", "level", "stage", "group", "supplier", "place", "workload", "tier", "accelerator", "region")
        key = [c for c in columns.split() if c in {*texts, "commitment", "order_year", "online_year", "item", "term"}]
        if name == "orders":
            key.remove("online_year")
        if name in {"bottlenecks", "stages"}:
            key = [c for c in key if c != "group"]
        for row in rows:
            if "term" in row:
                stage, _, part = row["term"].partition(": ")
                row["term"] = f"{last.index(stage):02} {part}"
            elif row.get("item") == "residual":
                row["item"] = "~"
        found = [tuple(row[c] for c in key) for row in rows]
        assert found == sorted(found), name
        assert len(set(found)) == len(found), name
        assert {row[key[0]] for row in rows} <= {"2026", "2027"}, name


def test_twice_the_same_bytes(tmp_path: Path, plan: supplychain.Plan) -> None:
    """Bug: the order of a set, the seed of hashes or the time of day shows in the answer."""
    plan.write(tmp_path / "here")
    command = [sys.executable, "-m", "supplychain", "solve", str(TINY), "--out", str(tmp_path / "there")]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    assert ended.stderr == ""
    assert "\x1b" not in ended.stdout
    assert _files(tmp_path / "there") == _files(tmp_path / "here")


def test_a_time_limit_ends_without_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: half a result is written and called optimal."""
    ended = run(capsys, "solve", str(TINY), "--time-limit", "1e-9", "--out", str(tmp_path / "answer"))
    message = "stopped by the time limit of 1e-09 s while building the model of case 'tiny'; give more time\n"
    assert ended == (3, "", message)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("limit", ["nan", "-1", "soon"])
def test_a_time_limit_that_is_none(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a limit that is no number of seconds is taken for no limit."""
    status, printed, complained = run(capsys, "solve", str(TINY), f"--time-limit={limit}")
    assert (status, printed) == (2, "")
    assert "--time-limit" in complained
    assert "Traceback" not in complained


@pytest.mark.parametrize("out", ["taken", "taken/answer"])
def test_a_file_in_the_way_of_the_answer(out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the file is overwritten, or the failure is a traceback."""
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    status, printed, complained = run(capsys, "solve", str(TINY), "--out", str(tmp_path / out))
    assert (status, printed) == (1, "")
    assert complained.splitlines() == [complained.rstrip("\n")]
    assert complained.startswith(f"cannot write to {tmp_path / out}: ")
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


def test_an_answer_replaces_an_earlier_one(tmp_path: Path, plan: supplychain.Plan) -> None:
    """Bug: a second answer mixes with the first, or deletes what is not its own."""
    plan.write(tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "tables" / "binding.csv").write_text("old", encoding="utf-8")
    (tmp_path / "summary.json").write_text("old", encoding="utf-8")
    before = set(_files(tmp_path))
    plan.write(tmp_path)
    after = _files(tmp_path)
    assert set(after) == before
    assert after["notes.txt"] == b"mine"
    assert after["summary.json"] != b"old" != after["tables/binding.csv"]


def test_notebooks_show_tables(plan: supplychain.Plan) -> None:
    """Bug: a notebook shows the name of an object instead of the answer."""
    assert plan._repr_html_().count("<table") == 3
    assert "packaging" in plan._repr_html_()
    assert "<td>capacity</td><td>12</td>" in plan.case._repr_html_()
    assert repr(plan.case) == f"Case('tiny', 2026-2028, {_rows_of(TINY)} rows)"
    assert repr(plan).startswith("Plan('tiny', 2026-2027, objective 3.75708e+09 USD")


def test_notebooks_show_titles_as_they_are(case: Path) -> None:
    """Bug: a title with a `<` in it breaks the page."""
    setting("Two years", "Years < 3 & more")(case)
    assert "<b>Years &lt; 3 &amp; more of a chain" in supplychain.load(case)._repr_html_()


def test_new_copies_a_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a table or a setting is lost on the way, or the copy goes by the name of its source."""
    status, printed, complained = run(capsys, "new", str(tmp_path / "a" / "My Case"), "--from", str(TINY))
    made = tmp_path / "a" / "My Case"
    assert (status, complained) == (0, "")
    assert f"supplychain check {made}" in printed
    tables = {path.name: path.read_bytes() for path in TINY.glob("*.csv")}
    assert {path.name: path.read_bytes() for path in made.glob("*.csv")} == tables
    assert {path.name for path in made.iterdir()} - set(tables) == {"case.toml", "datapackage.json"}
    source = (TINY / "case.toml").read_text(encoding="utf-8")
    assert (made / "case.toml").read_text(encoding="utf-8") == source.replace('"tiny"', '"my-case"')
    assert json.loads((made / "datapackage.json").read_text(encoding="utf-8"))["name"] == "my-case"
    assert run(capsys, "check", str(made), "--quiet") == (0, "", "")
    assert list((tmp_path / "a").iterdir()) == [made]


def test_new_refuses_a_folder_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: somebody's edited case is overwritten."""
    (tmp_path / "mine").mkdir()
    ended = run(capsys, "new", str(tmp_path / "mine"), "--from", str(TINY))
    assert ended == (1, "", f"{tmp_path / 'mine'} exists already; give the name of a new folder\n")
    assert list((tmp_path / "mine").iterdir()) == []


def test_new_refuses_a_broken_source(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a case that nobody can solve is passed on."""
    line("regions", 2, "east")(case)
    ended = run(capsys, "new", str(case.parent / "mine"), "--from", str(case))
    assert ended == (2, "", complaint(case, ["regions.csv row 2: has 1 cells; must have 2, as the header has"]))
    assert list(case.parent.iterdir()) == [case]


def test_new_leaves_nothing_when_it_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a disk that is full leaves half a case, which then looks like a whole one."""
    copy = shutil.copyfile
    copied: list[Path] = []

    def full(source: Path, target: Path) -> Path:
        if len(copied) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        copied.append(source)
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", full)
    ended = run(capsys, "new", str(tmp_path / "mine"), "--from", str(TINY))
    assert ended == (1, "", f"cannot write {tmp_path / 'mine'}: No space left on device\n")
    assert list(tmp_path.iterdir()) == []


def _files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_explain_reads_a_year(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a section is missing or empty, lines are cut by a terminal, rounding is shown as a number."""
    status, printed, _ = run(capsys, "explain", str(TINY), "--year", "2026")
    assert status == 0
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[1:3] == [
        "What binds: Advanced packaging.",
        "More of it serves more demand. The limit is physical.",
    ]
    worth = "1 % more gains 9.00 m USD in its year; this rate holds for the next 10.0 %; "
    assert " ".join(lines[3:5]) == worth + "Advanced packaging still binds after that."
    assert lines[5] == "It serves more in 2026, 2027."
    assert lines[6] == "1 % more gains 15.0 m USD in all its years, 1 % less costs 15.0 m USD."
    assert re.search(r"gains, thousand USD +and\n +High-bandwidth memory +450 +saves cost only\n", printed)
    rungs = [re.split(" {2,}", line)[2] for line in lines if re.match(r"  \d  ", line)]
    assert rungs == ["Advanced packaging", "High-bandwidth memory", "Power at the sites", "Power generation"]
    assert "What more of Advanced packaging gains in its years, step by step:" in lines
    assert re.search(r"Power generation +10\.0 +MW +16\.7 +1\.60", printed)
    assert "  nothing that is ordered arrives in this year; the first order does in 2027" in lines
    roundings = [line.split()[1:] for line in lines if line.startswith("  rounding")]
    assert roundings == [["0", "0"], ["0", "0", "0"]]
    assert re.search(r"in all +0\.250 +0\.500", printed)
    keys = r"\b(hbm|site_power|onsite|west|east|opex|residual|stranded|uneconomic)\b"
    assert not re.findall(keys, printed)
    later = run(capsys, "explain", str(TINY), "--year", "2027")[1]
    row = r"Power at the sites:\n    Sites with their own gas… +West, supplied… +2026 +10\.0 of 10\.0 MW +10\.6 +3\.54"
    assert re.search(row, later)


def test_solve_prints_a_line_for_each_year(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the label of a year, its worth, how long it lasts or what binds then is not what the table says."""
    status, printed, _ = run(capsys, "solve", str(TINY))
    assert status == 0
    header, first, second = printed.splitlines()[1:4]
    assert header.startswith("What binds; m USD gained by 1 % more ")
    assert re.split(" {2,}", first) == ["2026", "Advanced packaging", "9.00", ">10.0 %", "no other serves more"]
    assert re.split(" {2,}", second) == ["2027", "power (Power at the sites)", "20.8", "4.55 %", "no other serves more"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--year", "2028"], "2028 is not reported; must be from 2026 to 2027"),
        (["--year", "2026", "--stage", "hmb"], "no stage is called 'hmb'; must be one of"),
        (["--year", "2026", "--up-to", "nan"], "nan"),
        ([], "give --year, --place, --places or --indifference"),
        (["--indifference", "hbm"], "'hbm'; must be STAGE/SUPPLIER or STAGE/SUPPLIER/PLACE, as hbm/sk_hynix"),
        (["--indifference", "hbm//east"], "'hbm//east'; must be STAGE/SUPPLIER or STAGE/SUPPLIER/PLACE"),
        (["--indifference", "hbm/chaep"], "no supplier of hbm is called 'chaep'; must be one of cheap, dear"),
    ],
)
def test_explain_refuses(asked: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: a year or stage that is not there ends in a traceback."""
    status, printed, error = run(capsys, "explain", str(TINY), *asked)
    assert (status, printed) == (2, "")
    assert said in error


def test_what_suppliers_are_worth_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: keys for labels, a price of another side, a supplier that cannot move among those that can, wide lines."""
    named = ("--indifference", "hbm/cheap", "--indifference", "turbines/maker/global")
    status, printed, _ = run(capsys, "solve", str(TINY), "--supplier-prices", *named)
    assert status == 0
    lines = printed.splitlines()
    assert max(map(len, lines)) <= 100
    start = lines.index("Where suppliers enter and leave, by the price of that year alone; the smallest move first:")
    assert lines[start + 1 :][:4] == [
        "  The turbine maker, Gas turbines, 2026: not used; enters at 2,666,667 USD (price 4,000,000)",
        "  Sites fed by the grid, Power at the sites, East, supplied…, 2026: used; leaves at 950,000 USD",
        "    (price 700,000)",
        "  The turbine maker, Gas turbines, 2027: used; leaves at 6,000,000 USD (price 4,000,000)",
    ]
    assert "  and 2 more; see supplier_prices" in lines
    worth = [
        "The cheap memory maker, High-bandwidth memory: used at its prices; at 3.75 times all of them the",
        "  plan costs as much as without it",
        "The turbine maker, Gas turbines: used at its prices; at 27.6 times all of them the plan costs as",
        "  much as without it",
    ]
    assert lines[-4:] == worth
    title = "Two years of a chain small enough to work out on paper (tiny)"
    explained = run(capsys, "explain", str(TINY), *named)
    assert explained == (0, "\n".join([title, *worth, ""]), "")
    both = run(capsys, "explain", str(TINY), "--year", "2026", *named)[1]
    assert both == run(capsys, "explain", str(TINY), "--year", "2026")[1] + "\n" + explained[1]


def test_supplier_prices_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: an infinite price that is told as none, or as a number that JSON has not."""
    asked = ("--until", "2026", "--supplier-prices", "--json")
    assert run(capsys, "solve", str(TINY), "--out", str(tmp_path / "plan"), "--quiet")[0] == 0
    status, printed, _ = run(capsys, "solve", str(TINY), "--orders-from", str(tmp_path / "plan"), *asked)
    assert status == 0
    rows = json.loads(printed)["supplier_prices"]
    memory = next(row for row in rows if (row["year"], row["supplier"]) == (2026, "cheap"))
    assert (memory["used"], memory["enters_at_usd"], memory["leaves_at_usd"]) == (True, None, "inf")
    assert "supplier_prices" not in json.loads(run(capsys, "solve", str(TINY), "--json")[1])
