"""A case as a workbook and back: what is not edited comes back to the byte, what is wrong is said by sheet and cell."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
import zlib
from datetime import datetime, time
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

import openpyxl
import pytest
import xlsxwriter
from commands import complaint, run
from generator import FIRST, random_case, write_case
from hostile import excel_case
from paths import INPUTS, TINY, files_in, inputs_in
from plants import add

from supplychain import schema
from supplychain.case import load
from supplychain.case.datapackage import datapackage
from supplychain.case.from_book import from_book, import_book
from supplychain.case.spelling import settings_text
from supplychain.case.to_book import to_book
from supplychain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from openpyxl.workbook import Workbook

    Edit = Callable[[Workbook], object]


def cell(sheet: str, where: str, value: object) -> Edit:
    """Give a cell another value."""

    def edit(book: Workbook) -> None:
        book[sheet][where] = value

    return edit


def row(sheet: str, *cells: object) -> Edit:
    """Add a row at the end."""
    return lambda book: book[sheet].append(cells)


def all_of(*edits: Edit) -> Edit:
    return lambda book: [edit(book) for edit in edits]


def edited(folder: Path, book: Path, edit: Edit = lambda _: None) -> Path:
    """Export a case and edit the workbook as other software does: every cell is written again."""
    opened = openpyxl.load_workbook(io.BytesIO(to_book(folder).data))
    edit(opened)
    opened.save(book)
    return book


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.xlsx"


@pytest.mark.parametrize("name", ["base", "backcast", "customer", "lab", "neocloud", "tiny", "tiny-curve", "tiny-lab"])
def test_a_shipped_case_comes_back_to_the_byte(
    name: str, tmp_path: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A number spelled anew, a line end, a scenario or a page that is lost on the way."""
    assert run(capsys, "export", str(INPUTS / name), str(book), "-q") == (0, "", "")
    assert book.read_bytes() == to_book(INPUTS / name).data
    for n, source in enumerate((book, edited(INPUTS / name, tmp_path / "again.xlsx"))):
        status, said, wrong = run(capsys, "import", str(source), str(tmp_path / str(n)))
        assert (status, wrong) == (0, "")
        assert said.startswith(f"{tmp_path / str(n)} is ready; nothing changed.")
        assert files_in(tmp_path / str(n)) == inputs_in(INPUTS / name)


def respelled(folder: Path, seed: int) -> None:
    """Write every table in another way that says the same: quotes, line ends, marks, numbers, blank lines."""
    chance = Random(seed)
    for path in folder.glob("*.csv"):
        header, *rows = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
        table = schema.TABLE[path.stem]
        order = chance.sample(range(len(header)), len(header))
        optional = {c.name for c in table.columns if c.blank and c.name not in table.key}
        kept = [n for n in order if header[n] not in optional or any(row[n] for row in rows) or n % 2]
        chance.shuffle(rows)
        end = chance.choice(["\n", "\r\n", "\r"])
        lines = [",".join(header[n] for n in kept)]
        lines += [",".join(_spelling(table.column(header[n]), cells[n], chance) for n in kept) for cells in rows]
        tail = chance.choice(["", end, end + end, end + "," * (len(kept) - 1) + end + end])
        mark = chance.choice(["", "\ufeff"])
        path.write_bytes((mark + end.join(lines) + tail).encode())
    settings = folder / "case.toml"
    text = settings.read_text().replace("\n", chance.choice(["  # said by nobody\n", "\n\n", "\n"]))
    settings.write_text(text, newline=chance.choice(["\n", "\r\n"]))


def _spelling(column: schema.ColumnSchema, text: str, chance: Random) -> str:
    spellings = [text, f'"{text}"'] if text or chance.random() < 0.5 else ["", " "]
    if column.type == "text":
        return f'"{text.replace(chr(34), chr(34) * 2)}"' if re.search('[,"\r\n]', text) else chance.choice(spellings)
    if text and column.type == "number":
        number = float(text)
        spellings += [f"{number:.17g}", f"{number:e}" if float(f"{number:e}") == number else text]
        spellings += [] if number < 0 else [f"+{text}"]
        spellings += [text + "0" * 12] if re.fullmatch(r"\d+\.\d+", text) else []
    if text and column.type == "integer":
        spellings += [f"+{text}", f"00{text}"]
    if text and column.type == "boolean":
        spellings = ["True", "TRUE", "true", "1"] if text == "true" else ["False", "FALSE", "false", "0"]
    return chance.choice(spellings)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_way_it_is_written_it_comes_back(seed: int, tmp_path: Path, book: Path) -> None:
    """A spelling, a quote, a mark, a blank line or an order of columns that the workbook forgets."""
    folder = write_case(random_case(seed), tmp_path / "case")
    respelled(folder, seed)
    before = files_in(folder)
    found = from_book(edited(folder, book))
    assert dict(found.files) == before
    assert (found.changed, found.described) == ((), True)


def test_names_that_excel_would_change_come_back(tmp_path: Path, book: Path) -> None:
    """A text that begins with =, is a number, is longer than a cell, or has characters that no sheet can hold."""
    case = excel_case()
    for name in ("bell\x07", "bell\u2407"):  # two that look alike in a cell
        add(case, "research", tier=name, year=FIRST, demand_h100e_years=0.5, value_usd_per_h100e_hour=len(name) / 7)
    folder = write_case(case, tmp_path / "case")
    research = folder / "research.csv"
    research.write_bytes(research.read_bytes().replace(b"0.5", b"5e-1", 1).replace(b"0.5", b"5e-320", 1))
    sources = folder / "sources.csv"
    sources.write_bytes(sources.read_bytes().replace(b"bell", b"_x0007_ bell"))
    assert dict(from_book(edited(folder, book)).files) == files_in(folder)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return shutil.copytree(TINY, tmp_path / "tiny")


def differences(folder: Path, book: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Lines that an import takes out of each file, and that it adds."""
    before, found = files_in(folder), from_book(book).files
    lines = {
        name: ([*before.get(name, b"").decode().splitlines()], [*found.get(name, b"").decode().splitlines()])
        for name in sorted({*before, *found})
    }
    return {
        name: ([x for x in old if x not in new], [x for x in new if x not in old])
        for name, (old, new) in lines.items()
        if old != new
    }


def test_an_edited_cell_changes_itself_alone(tiny: Path, book: Path) -> None:
    """A neighbour that is spelled anew: what changed could not be seen in a comparison of the files."""
    capacity = tiny / "capacity.csv"
    capacity.write_bytes(capacity.read_bytes().replace(b"2026,60,", b"2026,6.0000e1,", 1))
    assert b"6.0000e1" in capacity.read_bytes()
    first = next(line for line in capacity.read_text().splitlines() if "6.0000e1" in line)
    header = capacity.read_text().splitlines()[0].split(",")
    at = capacity.read_text().splitlines().index(first) + 1
    price = openpyxl.utils.get_column_letter(1 + header.index("price_usd"))
    edited(tiny, book, cell("capacity", f"{price}{at}", 0.1 + 0.2))
    cells = first.split(",")
    cells[header.index("price_usd")] = "0.3"
    assert differences(tiny, book) == {"capacity.csv": ([first], [",".join(cells)])}


@pytest.mark.parametrize(
    ("was", "saved", "comes_back"),
    [
        ("6138.195599022005", 6138.19559902201, True),  # as LibreOffice rounds
        ("0.1234567890123456", 0.123456789012346, True),
        ("123456789012345", 123456789012346.0, False),
        ("1.5", 1.50000000000001, False),
        ("1e3", 1000, True),
    ],
)
def test_fifteen_digits_are_no_edit(was: str, saved: float, comes_back: bool, tiny: Path, book: Path) -> None:  # noqa: FBT001 - a case
    """Software that keeps 15 digits seems to have edited every longer number; or an edit of the last digit is lost."""
    capacity = tiny / "capacity.csv"
    capacity.write_text(capacity.read_text().replace("2026,60,", f"2026,{was},", 1))
    edited(tiny, book, cell("capacity", "E2", saved))
    assert (from_book(book).changed == ()) == comes_back


def test_rows_may_be_sorted_added_and_removed(tiny: Path, book: Path) -> None:
    """A row that takes the spelling of another because it stands where that one stood."""
    demand = tiny / "demand.csv"
    header, *lines = demand.read_text().splitlines()
    lines = [line.replace(",chat,", ',"chat",').replace(",9000,", ",9e3,") for line in lines]
    demand.write_text("\n".join([header, *lines]) + "\n")

    def edit(opened: Workbook) -> None:
        sheet = opened["demand"]
        rows = [[c.value for c in r] for r in sheet.iter_rows(min_row=2)][::-1]
        new = [*rows[0]]
        new[header.split(",").index("tier")] = "new, tier"
        sheet.delete_rows(2, len(rows))
        for cells in [*rows[:-1], new]:
            sheet.append(cells)

    edited(tiny, book, edit)
    found = from_book(book).files["demand.csv"].decode().splitlines()
    assert found[:-1] == [header, *lines[:0:-1]]
    assert '"new, tier"' in found[-1]


def test_tables_and_columns_may_be_added_and_left_out(tiny: Path, book: Path, tmp_path: Path) -> None:
    """A new table that is dropped, a removed one that comes back, or a datapackage.json that describes the old ones."""

    def edit(opened: Workbook) -> None:
        opened["budget"].append([2026, 1e12, "paper"])
        del opened["commitments"]
        opened["operations"]["D1"] = "utilisation_low [share]"
        opened["operations"]["D2"] = 0.25
        opened.create_sheet("_mine")["A1"] = "left alone"

    (tiny / "budget.csv").unlink()
    edited(tiny, book, edit)
    found = from_book(book)
    assert found.files["budget.csv"] == b"year,capital_usd,source\n2026,1000000000000,paper\n"
    assert "commitments.csv" not in found.files
    assert found.files["operations.csv"].startswith(b"year,utilisation,source,utilisation_low\n")
    assert not found.described
    import_book(book, tmp_path / "made")
    package = json.loads((tmp_path / "made" / "datapackage.json").read_text())
    names = {resource["name"] for resource in package["resources"]}
    assert "budget" in names
    assert "commitments" not in names
    edited(TINY, book, all_of(cell("operations", "D1", "utilisation_low"), cell("operations", "D2", 0.25)))
    found = from_book(book)
    assert (found.changed, found.described) == (("operations.csv",), False)


def test_settings_keep_their_comments(tiny: Path, book: Path) -> None:
    """A file of settings that is written anew because one of them was edited."""
    text = (
        "name = \"tiny\" # short\n# a line\ntitle = 'Two'\nfirst_year = 2026\nlast_year=2_028\ncurrency_year = 2025\n"
    )
    text += "discount_rate = 5e-1 # real\nbuild_lag_share = 0.0\r\nreport_last_year = 2027\n"
    (tiny / "case.toml").write_text(text, newline="")
    edited(tiny, book, all_of(cell("case", "B7", 0.25), cell("case", "B6", None), cell("case", "B12", 2024)))
    rows = {r[0].value: r[1].value for r in openpyxl.load_workbook(book)["case"].iter_rows(min_row=2)}
    assert (rows["discount_rate"], rows["report_last_year"], rows["currency_year"]) == (0.25, None, 2024)
    changed = text.replace("5e-1", "0.25").replace("report_last_year = 2027\n", "").replace("2025", "2024")
    assert from_book(book).files["case.toml"].decode() == changed


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        ('[uncertainty] # of ranges\nrange_means = "min_max" # as typed\n', "min_max", None),
        (
            '[uncertainty] # of ranges\nrange_means = "min_max" # as typed\n',
            "p10_p90",
            '[uncertainty] # of ranges\nrange_means = "p10_p90" # as typed\n',
        ),
        ('# Two.\n[uncertainty]\nrange_means = "min_max"\n# last\n', None, "# Two.\n[uncertainty]\n# last\n"),
        ("[uncertainty] # nothing\n", "min_max", '[uncertainty] # nothing\nrange_means = "min_max"\n'),
        ("[uncertainty]", "min_max", '[uncertainty]\nrange_means = "min_max"\n'),
        ("", "min_max", 'uncertainty.range_means = "min_max"\n'),
        ("uncertainty.range_means = 'min_max' # x\n", "p10_p90", 'uncertainty.range_means = "p10_p90" # x\n'),
    ],
)
def test_what_ranges_mean_may_be_edited(before: str, typed: str | None, after: str | None) -> None:
    """A table of settings that is lost, written twice, or that costs the file its comments."""
    text = 'name = "two" # said\n# by hand\n'
    values = {"name": "two"} | ({} if typed is None else {"uncertainty.range_means": typed})
    assert settings_text(text + before, values) == text + (before if after is None else after)


def test_a_table_of_settings_comes_back_and_may_be_edited(tiny: Path, book: Path, tmp_path: Path) -> None:
    """A setting that is added below [uncertainty], and is one of it from then on; or that takes its comment from it."""
    settings = tiny / "case.toml"
    text, table = settings.read_text(), '\n# what ranges mean\n[uncertainty]\nrange_means = "min_max" # here\n'
    settings.write_text(text + table)
    assert dict(from_book(edited(tiny, book)).files) == files_in(tiny)
    edited(tiny, book, all_of(cell("case", "B13", "2027-01-31"), cell("case", "B18", "p10_p90")))
    import_book(book, tmp_path / "made")
    assert (tmp_path / "made" / "case.toml").read_text() == (
        f"{text}data_date = 2027-01-31\n{table.replace('min_max', 'p10_p90')}"
    )
    assert [load(tiny).settings.range_means, load(tmp_path / "made").settings.range_means] == ["min_max", "p10_p90"]


def test_factors_come_back_and_may_be_edited(tiny: Path, book: Path, tmp_path: Path) -> None:
    """A target that Excel would change or that loses its quotes, or a loading that is spelled anew."""
    lines = [
        "factor,target,loading,source",
        'boom,"capacity.capacity[stage=packaging, year=2026..]",6.0e-1,paper',
        "boom,demand.demand_ttok,,paper",
        '"grid, ""power""",capacity.capacity[stage=packaging],-0.5,paper',
    ]
    (tiny / "factors.csv").write_text("\n".join(lines) + "\n")
    (tiny / "datapackage.json").write_text(datapackage(load(tiny)))
    before = files_in(tiny)
    assert dict(from_book(edited(tiny, book)).files) == before
    edited(tiny, book, all_of(cell("factors", "C4", -0.25), row("factors", "talent", "demand.demand_ttok", 0, "paper")))
    import_book(book, tmp_path / "made")
    text = (tmp_path / "made" / "factors.csv").read_text()
    assert text.splitlines() == [*lines[:3], lines[3].replace("-0.5", "-0.25"), "talent,demand.demand_ttok,0,paper"]
    package = json.loads((tmp_path / "made" / "datapackage.json").read_text())
    fields = {resource["name"]: resource["schema"]["fields"] for resource in package["resources"]}["factors"]
    assert [field["name"] for field in fields] == ["factor", "target", "loading", "source"]
    assert fields[2]["constraints"] == {"minimum": -1, "maximum": 1}
    with pytest.raises(InputError) as found:
        import_book(edited(tiny, book, cell("factors", "C2", 0.9)), tmp_path / "refused")
    what = "capacity.capacity[stage=packaging, supplier=foundry, place=global, year=2026]"
    where = "sheet factors row 4, column loading (C4)"
    message = f"{where}: the squares of the loadings of {what} add up to 1.06; must be 1 or less"
    assert [str(problem) for problem in found.value.problems] == [message]


@pytest.mark.parametrize("written", ["2026-11-29", '"2026-11-29"'], ids=["date", "text"])
@pytest.mark.parametrize("typed", ["2027-01-31", datetime(2027, 1, 31)], ids=["text", "date"])  # noqa: DTZ001 - Excel knows no zones
def test_a_date_may_be_typed_as_a_date_or_as_text(
    typed: str | datetime, written: str, tiny: Path, book: Path, tmp_path: Path
) -> None:
    """A date of TOML that the workbook cannot show, comes back in other words, or cannot be edited."""
    settings = tiny / "case.toml"
    settings.write_text(settings.read_text() + f"data_date = {written} # by hand\n")
    assert from_book(edited(tiny, book)).changed == ()
    edited(tiny, book, cell("case", "B13", typed))
    import_book(book, tmp_path / "made")
    assert (tmp_path / "made" / "case.toml").read_text() == settings.read_text().replace(written, "2027-01-31")
    assert (load(tiny).settings.data_date, load(tmp_path / "made").settings.data_date) == ("2026-11-29", "2027-01-31")


def test_a_value_of_a_formula_counts(tiny: Path, book: Path) -> None:
    """A formula that is read as its text, or as nothing."""
    data = to_book(tiny).data
    opened = openpyxl.load_workbook(io.BytesIO(data))
    made = xlsxwriter.Workbook(str(book))
    for sheet in opened:
        to = made.add_worksheet(sheet.title)
        for cells in sheet.iter_rows():
            for c in cells:
                if sheet.title == "operations" and c.coordinate == "B2":
                    to.write_formula("B2", "=1/4", None, 0.25)
                elif c.value is not None:
                    to.write(c.row - 1, c.column - 1, c.value)
    made.close()
    assert from_book(book).files["operations.csv"].decode().splitlines()[1].split(",")[1] == "0.25"


def fifteen(cells: Mapping[str, object]) -> dict[str, object]:
    """Cells with the digits that all software keeps."""
    return {name: f"{x:.15g}" if isinstance(x, float) else x for name, x in cells.items()}


def test_a_workbook_that_was_made_by_hand(tmp_path: Path, book: Path) -> None:
    """The sheet that keeps the files as they were is a help, not a need."""

    def edit(opened: Workbook) -> None:
        for name in ("originals", "contents", "columns"):
            del opened[name]

    edited(TINY, book, edit)
    import_book(book, tmp_path / "made")
    made, tiny = load(tmp_path / "made"), load(TINY)
    assert made.settings == tiny.settings
    for name, rows in tiny.tables.items():
        assert [fifteen(cells) for cells in made.tables[name]] == [fifteen(cells) for cells in rows]
    assert (tmp_path / "made" / "datapackage.json").read_text() == datapackage(made)


FAULTS: Mapping[str, tuple[Edit, list[str]]] = {
    "a number below its range": (
        cell("capacity", "E3", -3.0),
        ["sheet capacity row 3, column capacity (E3): -3 units of the stage; must be a number, 0 or more"],
    ),
    "text for a number": (
        cell("capacity", "E3", "lots"),
        ["sheet capacity row 3, column capacity (E3): 'lots'; must be a number, 0 or more"],
    ),
    "a name that leads nowhere": (
        cell("bill_of_materials", "B2", "packagingg"),
        [
            (
                "sheet bill_of_materials row 2, column stage (B2): no stage is called 'packagingg'; did you mean "
                "'packaging'?"
            )
        ],
    ),
    "a date for a number": (
        cell("operations", "B2", datetime(2026, 1, 2)),  # noqa: DTZ001 - Excel knows no zones
        [
            (
                "sheet operations row 2, column utilisation (B2): is a date or a time, 2026-01-02; must be a number "
                "from 0 to 1: give the cell the format of a number"
            )
        ],
    ),
    "a time for a number": (
        cell("operations", "B2", time(12, 30)),
        [
            (
                "sheet operations row 2, column utilisation (B2): is a date or a time, 12:30:00; must be a number "
                "from 0 to 1: give the cell the format of a number"
            )
        ],
    ),
    "an error of Excel": (
        cell("operations", "B2", "#REF!"),
        ["sheet operations row 2, column utilisation (B2): #REF! is an error of Excel; mend its formula"],
    ),
    "an error where text belongs": (
        cell("regions", "B2", "#N/A"),
        ["sheet regions row 2, column label (B2): #N/A is an error of Excel; mend its formula"],
    ),
    "a formula without its value": (
        cell("operations", "B2", "=1/4"),
        [
            (
                "sheet operations row 2, column utilisation (B2): is a formula without its value; open the workbook in "
                "Excel or LibreOffice and save it"
            )
        ],
    ),
    "a formula without its value where a cell may be blank": (
        cell("sources", "D2", "=1/4"),
        [
            (
                "sheet sources row 2, column date (D2): is a formula without its value; open the workbook in Excel or "
                "LibreOffice and save it"
            )
        ],
    ),
    "a sheet that no table has": (
        lambda book: book.create_sheet("capcity"),
        ["sheet capcity: no table has this name; did you mean 'capacity'?; a sheet of your own begins with _"],
    ),
    "a sheet that is missing": (
        lambda book: book.remove(book["capacity"]),
        ["sheet capacity: is missing; a case needs it"],
    ),
    "neither demand nor curves": (
        lambda book: book.remove(book["demand"]),
        [
            (
                "sheet demand: has no rows, and demand_curves.csv none of 'chat', 'batch'; "
                "every workload must have one or the other"
            ),
            "sheet factors row 3, column target (B3): demand has no rows in this case",
        ],
    ),
    "no settings": (lambda book: book.remove(book["case"]), ["sheet case: is missing; a case needs it"]),
    "an empty sheet": (
        lambda book: book["regions"].delete_rows(1, 9),
        ["sheet regions: is empty; needs the header row region,label"],
    ),
    "a column that no table has": (
        cell("operations", "B1", "utilization [share]"),
        [
            (
                "sheet operations row 1, column utilization (B1): no column of this table is called 'utilization'; did "
                "you mean 'utilisation'?"
            ),
            "sheet operations row 1, column utilisation: the column is missing",
        ],
    ),
    "a cell beside the table": (
        cell("regions", "D2", "?"),
        ["sheet regions row 2, column D2: has no header above it; name the column in row 1, or clear the cell"],
    ),
    "a row twice": (
        lambda book: book["operations"].append([c.value for c in book["operations"][2]]),
        ["sheet operations row 3, column year (A3): '2026' was given in row 2; a key may stand once"],
    ),
    "a gap": (
        lambda book: book["regions"].insert_rows(2),
        ["sheet regions row 2: is blank; remove it"],
    ),
    "a setting out of its range": (
        cell("case", "B7", -1),
        ["sheet case row 7, column value (B7): discount_rate: -1 per year; must be a number from 0 to 10"],
    ),
    "a setting that is an error": (
        cell("case", "B7", "#DIV/0!"),
        ["sheet case row 7, column value (B7): discount_rate: #DIV/0! is an error of Excel; mend its formula"],
    ),
    "a setting that no case has": (
        row("case", "discount", 1),
        [
            "sheet case row 19, column value (B19): discount: no setting has this name; did you mean 'discount_rate'?",
        ],
    ),
    "a setting twice": (
        row("case", "discount_rate", 1),
        ["sheet case row 19, column value (B19): discount_rate was given in row 7"],
    ),
    "a setting that is blank": (
        cell("case", "B4", None),
        ["sheet case row 4, column value (B4): first_year: is missing; give a whole number from 1990 to 2200"],
    ),
    "years that contradict each other": (
        cell("case", "B5", 2020),
        ["sheet case row 5, column value (B5): last_year: 2020; must be first_year (2026) or later"],
    ),
    "several at once": (
        all_of(cell("capacity", "E3", -3.0), cell("case", "B7", -1), cell("regions", "D2", "?")),
        [
            "sheet case row 7, column value (B7): discount_rate: -1 per year; must be a number from 0 to 10",
            "sheet regions row 2, column D2: has no header above it; name the column in row 1, or clear the cell",
            "sheet capacity row 3, column capacity (E3): -3 units of the stage; must be a number, 0 or more",
        ],
    ),
    "a file that is damaged": (
        cell("originals", "C2", "0" * 64),
        ["sheet originals: README.md is damaged; delete this sheet to have every file written anew"],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_by_sheet_row_and_column(
    fault: str, tmp_path: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault that is taken, said of a file instead of a cell, said twice, or after something was written."""
    edit, said = FAULTS[fault]
    edited(TINY, book, edit)
    assert run(capsys, "import", str(book), str(tmp_path / "made")) == (2, "", complaint(book, said))
    assert list(tmp_path.iterdir()) == [book]


def kept(name: str, data: bytes) -> Edit:
    text = base64.b64encode(zlib.compress(data)).decode()
    return row("originals", name, 1, sha256(data).hexdigest(), text)


@pytest.mark.parametrize("name", ["../evil.md", "/evil.md", "scenarios/../../evil.toml", "evil.py", "a\\..\\b.md"])
def test_no_file_leaves_the_folder(name: str, book: Path) -> None:
    """A workbook from somebody else that writes to other folders, or programs into this one."""
    edited(TINY, book, kept(name, b"evil"))
    with pytest.raises(InputError, match="is damaged"):
        from_book(book)


def test_a_text_that_was_cut_is_not_taken_for_the_whole(tmp_path: Path, book: Path) -> None:
    """An edited cell that ends where the sheet ended: the rest of the text would be lost without a word."""
    folder = write_case(excel_case(), tmp_path / "case")
    spoilt = edited(folder, book, lambda opened: _prefixed(opened["sources"]["B2"]))
    with pytest.raises(InputError, match=r"sheet sources row 2, column title \(B2\): was cut when it was exp"):
        from_book(spoilt)


def _prefixed(c: object) -> None:
    c.value = "z" + c.value[1:]  # type: ignore[attr-defined]


@pytest.mark.parametrize("content", [b"", b"year,capacity\n", b"PK\x03\x04 and no more"])
def test_what_is_no_workbook(content: bytes, book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback of the library that reads workbooks."""
    book.write_bytes(content)
    said = ["book.xlsx: is no Excel workbook (.xlsx), or a damaged one"]
    assert run(capsys, "import", str(book), str(tmp_path / "made")) == (2, "", complaint(book, said))


def test_a_workbook_cut_in_two(book: Path) -> None:
    """A file that was copied by half: whatever part is missing, it is one message."""
    data = to_book(TINY).data
    for share in range(1, 20):
        book.write_bytes(data[: len(data) * share // 20])
        with pytest.raises(InputError, match=r"is no Excel workbook \(\.xlsx\), or a damaged one"):
            from_book(book)


def test_nothing_is_overwritten(tmp_path: Path, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Edits that are lost to a second export, or a case that is lost to an import."""
    edited(TINY, book)
    said = f"{book} exists already; give the name of a new file\n"
    assert run(capsys, "export", str(TINY), str(book)) == (1, "", said)
    full, empty = tmp_path / "full", tmp_path / "empty"
    for folder in (full, empty):
        folder.mkdir()
    (full / "notes.txt").write_text("mine")
    said = f"{full} exists already; give the name of a new folder\n"
    assert run(capsys, "import", str(book), str(full)) == (1, "", said)
    assert files_in(full) == {"notes.txt": b"mine"}
    assert run(capsys, "import", str(book), str(empty), "-q") == (0, "", "")
    assert files_in(empty) == files_in(TINY)


def test_what_is_not_exported_is_said(tiny: Path, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file beside the tables that is lost without a word; or a case that is exported with its faults."""
    (tiny / "notes.txt").write_text("mine")
    (tiny / ".hidden").write_text("not mine")
    _, said, _ = run(capsys, "export", str(tiny), str(book))
    assert said == f"{book} is ready. Not in it: notes.txt. Edit it, then: supplychain import {book} DIR\n"
    (tiny / "regions.csv").unlink()
    status, _, wrong = run(capsys, "export", str(tiny), str(book.with_name("other.xlsx")))
    assert (status, wrong) == (2, complaint(tiny, ["regions.csv: is missing; a case needs it"]))
    assert not book.with_name("other.xlsx").exists()


def test_the_workbook_says_what_its_columns_mean(book: Path) -> None:
    """A column whose unit or meaning has to be looked up elsewhere; headers that scroll away."""
    opened = openpyxl.load_workbook(edited(TINY, book))
    described = {(r[0].value, r[1].value) for r in opened["columns"].iter_rows(min_row=2)}
    for table in schema.TABLES:
        sheet = opened[table.name]
        assert sheet.freeze_panes == "A2"
        for c in sheet[1]:
            name = c.value.split(" [")[0]
            unit = table.column(name).unit
            assert c.value == (f"{name} [{unit}]" if unit else name)
            assert (table.name, name) in described
    assert opened["originals"].sheet_state == "hidden"
    links = {c.value for r in opened["contents"].iter_rows() for c in r if c.hyperlink}
    assert links == set(opened.sheetnames) - {"contents", "originals"}
