"""Ways to break a case, and what is said of each: a copy of `inputs/tiny` with one fault in it, or with several."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Edit = Callable[[Path], object]
    Faults = Mapping[str, tuple[Edit, list[str]]]


def cell(table: str, row: int, column: str, value: str) -> Edit:
    """Give a cell another value; rows are counted as in a spreadsheet."""

    def edit(case: Path) -> None:
        rows = read_rows(case / f"{table}.csv")
        rows[row - 1][rows[0].index(column)] = value
        write_rows(case / f"{table}.csv", rows)

    return edit


def column(table: str, name: str, *values: str) -> Edit:
    """Add a column, blank but for its first cells."""

    def edit(case: Path) -> None:
        rows = read_rows(case / f"{table}.csv")
        cells = [name, *values, *[""] * len(rows)]
        write_rows(case / f"{table}.csv", [[*row, new] for row, new in zip(rows, cells, strict=False)])

    return edit


def no_column(table: str, name: str) -> Edit:
    """Leave a column out."""

    def edit(case: Path) -> None:
        rows = read_rows(case / f"{table}.csv")
        gone = rows[0].index(name)
        write_rows(case / f"{table}.csv", [row[:gone] + row[gone + 1 :] for row in rows])

    return edit


def line(table: str, row: int, text: str) -> Edit:
    """Put another line of text in the place of one."""

    def edit(case: Path) -> None:
        path = case / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[row - 1] = text
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return edit


def add(table: str, *lines: str) -> Edit:
    """Add lines of text at the end."""

    def edit(case: Path) -> None:
        with (case / f"{table}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in lines)

    return edit


def create(table: str, *lines: str) -> Edit:
    """Write a table that tiny does not have, or write it anew."""
    return lambda case: (case / f"{table}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def content(file: str, change: Callable[[bytes], bytes]) -> Edit:
    """Change the bytes of a file."""
    return lambda case: (case / file).write_bytes(change((case / file).read_bytes()))


def remove(file: str) -> Edit:
    return lambda case: (case / file).unlink()


def rename(file: str, to: str) -> Edit:
    return lambda case: (case / file).rename(case / to)


def folder(file: str) -> Edit:
    """Put a folder in the place of a file, which reads like a file without permission."""

    def edit(case: Path) -> None:
        (case / file).unlink()
        (case / file).mkdir()

    return edit


def setting(old: str, new: str) -> Edit:
    """Change the text of case.toml."""

    def edit(case: Path) -> None:
        text = (case / "case.toml").read_text(encoding="utf-8")
        assert text.count(old) == 1
        (case / "case.toml").write_text(text.replace(old, new), encoding="utf-8")

    return edit


def all_of(*edits: Edit) -> Edit:
    return lambda case: [edit(case) for edit in edits]


def read_rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write_rows(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


_ALLOCATION = "stage,supplier,of_stage,year,share,source"
LIMITS = "accelerator,year,max_units,source"
DEMAND_CURVES = "workload,year,volume_ttok,price_usd_per_mtok,elasticity,adjusted_share,source"
RESEARCH_CURVES = "year,volume_h100e_years,value_usd_per_h100e_hour,elasticity,source"


def curve(row: str) -> Edit:
    """Give tiny a curve: a row of `demand_curves`."""
    return create("demand_curves", DEMAND_CURVES, row)


def curve_setting(text: str) -> Edit:
    return setting("build_lag_share = 0.0", f"build_lag_share = 0.0\n{text}")


CURVES: Faults = {
    "an elasticity of 0": (
        curve("chat,2026,100,1,0,,paper"),
        ["demand_curves.csv row 2, column elasticity: 0; must be a number above 0, 20 or less"],
    ),
    "an elasticity without end": (
        curve("chat,2026,100,1,20.5,,paper"),
        ["demand_curves.csv row 2, column elasticity: 20.5; must be a number above 0, 20 or less"],
    ),
    "an elasticity of 0 in a range": (
        create("demand_curves", f"{DEMAND_CURVES},elasticity_low", "chat,2026,100,1,1,,paper,0"),
        ["demand_curves.csv row 2, column elasticity_low: 0; must be a number above 0, 20 or less"],
    ),
    "a price of 0": (
        curve("chat,2026,100,0,1,,paper"),
        ["demand_curves.csv row 2, column price_usd_per_mtok: 0 USD per 10^6 tokens; must be a number above 0"],
    ),
    "a price that is blank": (
        curve("chat,2026,100,,1,,paper"),
        ["demand_curves.csv row 2, column price_usd_per_mtok: is blank; must be a number above 0"],
    ),
    "a value of research of 0": (
        create("research_curves", RESEARCH_CURVES, "2026,100,0,1,paper"),
        [
            (
                "research_curves.csv row 2, column value_usd_per_h100e_hour: 0 USD per H100-equivalent hour; "
                "must be a number above 0"
            )
        ],
    ),
    "more than all users": (
        curve("chat,2026,100,1,1,1.2,paper"),
        ["demand_curves.csv row 2, column adjusted_share: 1.2 share; must be a number from 0 to 1"],
    ),
    "a volume below 0": (
        curve("chat,2026,-100,1,1,,paper"),
        [
            "demand_curves.csv row 2, column volume_ttok: -100 10^12 tokens per year; must be a number, 0 or more",
        ],
    ),
    "a curve of nobody": (
        curve("chatt,2026,100,1,1,,paper"),
        ["demand_curves.csv row 2, column workload: no workload is called 'chatt'; did you mean 'chat'?"],
    ),
    "two curves of a year": (
        create("demand_curves", DEMAND_CURVES, "chat,2026,100,1,1,,paper", "chat,2026,90,1,1,,paper"),
        [
            "demand_curves.csv row 3, column workload + year: 'chat / 2026' was given in row 2; a key may stand once",
        ],
    ),
    "a tier called like one of a curve": (
        cell("demand", 9, "tier", "curve_07"),
        ["demand.csv row 9, column tier: 'curve_07'; is the name of a tier of a curve, must be another"],
    ),
    "a tier called like one that a charged price splits": (
        cell("demand", 9, "tier", "curve_07_below"),
        ["demand.csv row 9, column tier: 'curve_07_below'; is the name of a tier of a curve, must be another"],
    ),
    "a tier of research called like one of a curve": (
        all_of(cell("research", 2, "tier", "curve_100"), cell("research", 3, "tier", "core")),
        ["research.csv row 2, column tier: 'curve_100'; is the name of a tier of a curve, must be another"],
    ),
    "neither tiers nor a curve": (
        all_of(remove("demand.csv"), curve("chat,2026,100,1,1,,paper")),
        [
            "demand.csv: has no rows, and demand_curves.csv none of 'batch'; every workload must have one or the other",
            "factors.csv row 3, column target: demand has no rows in this case",
        ],
    ),
    "a header of demand alone": (
        content("demand.csv", lambda data: data.splitlines()[0] + b"\n"),
        [
            (
                "demand.csv: has no rows, and demand_curves.csv none of 'chat', 'batch'; "
                "every workload must have one or the other"
            ),
            "factors.csv row 3, column target: demand has no rows in this case",
        ],
    ),
    "a top below 1": (
        curve_setting("curve_top = 0.5"),
        ["case.toml, setting curve_top: 0.5 reference prices; must be a number from 1 to 1000"],
    ),
    "a bottom above 1": (
        curve_setting("curve_bottom = 1.5"),
        ["case.toml, setting curve_bottom: 1.5 reference prices; must be a number from 0.001 to 1"],
    ),
    "a bottom of 0": (
        curve_setting("curve_bottom = 0"),
        ["case.toml, setting curve_bottom: 0 reference prices; must be a number from 0.001 to 1"],
    ),
    "one step": (
        curve_setting("curve_steps = 1"),
        ["case.toml, setting curve_steps: 1; must be a whole number from 2 to 1000"],
    ),
    "a part of a step": (
        curve_setting("curve_steps = 2.5"),
        ["case.toml, setting curve_steps: '2.5'; must be a whole number from 2 to 1000"],
    ),
}

_FACTORS = "factor,target,loading,source"
_PACKAGING = "capacity.capacity[stage=packaging, supplier=foundry, place=global, year=2026]"


def factors(*rows: str) -> Edit:
    """Give tiny factors: rows of `factors`."""
    return create("factors", _FACTORS, *rows)


def target(text: str) -> Edit:
    return factors(f'boom,"{text}",,paper')


def uncertainty(text: str) -> Edit:
    """Give tiny a table `[uncertainty]` with a line of text."""
    return content("case.toml", lambda data: data + f"\n[uncertainty]\n{text}\n".encode())


def _target_said(message: str) -> list[str]:
    return [f"factors.csv row 2, column target: {message}"]


UNCERTAINTY: Faults = {
    "a target that is no column": (
        target("capacity"),
        _target_said(
            "character 1, at 'capacity': must begin with TABLE.COLUMN; the numbers are named like "
            "capacity.capacity[stage=cowos, year=2027..]"
        ),
    ),
    "a target that is blank": (factors("boom,,,paper"), _target_said("is blank; must be text")),
    "a target that is not closed": (
        target("capacity.capacity[stage=hbm"),
        _target_said(
            "character 18, at '[stage=hbm': the bracket is not closed by ]; the numbers are named like "
            "capacity.capacity[stage=cowos, year=2027..]"
        ),
    ),
    "a target without a filter in its bracket": (
        target("capacity.capacity[hbm]"),
        _target_said(
            "character 19, at 'hbm]': must be COLUMN=VALUE; the numbers are named like "
            "capacity.capacity[stage=cowos, year=2027..]"
        ),
    ),
    "a target that is an edit": (
        target("capacity.capacity[stage=hbm] +30%"),
        _target_said(
            "character 29, at '+30%': must end here; the numbers are named like "
            "capacity.capacity[stage=cowos, year=2027..]"
        ),
    ),
    "a target in no table": (
        target("capcity.capacity"),
        _target_said("no table is called 'capcity'; did you mean 'capacity'?"),
    ),
    "a target in a table without numbers": (
        target("regions.label"),
        _target_said("regions has no number that may have a range"),
    ),
    "a target in no column": (
        target("capacity.capacty"),
        _target_said("no column of capacity is called 'capacty'; did you mean 'capacity'?"),
    ),
    "a target that may have no range": (
        target("capacity.year"),
        _target_said("capacity.year may have no range; must be one of capacity, price_usd"),
    ),
    "a target that is an end of a range": (
        target("capacity.capacity_low"),
        _target_said("capacity_low is an end of a range; name capacity, whose range it is"),
    ),
    "a filter of no column": (
        target("capacity.capacity[stag=hbm]"),
        _target_said("no column of capacity is called 'stag'; did you mean 'stage'?"),
    ),
    "a filter of a number": (
        target("capacity.capacity[price_usd=250]"),
        _target_said(
            "capacity.price_usd is no text and no year; a filter must be of stage, supplier, place, year, source"
        ),
    ),
    "filters that name nothing": (
        target("capacity.capacity[stage=hbm|hmb, year=2031..]"),
        [
            "factors.csv row 2, column target: no stage of capacity is called 'hmb'; did you mean 'hbm'?",
            "factors.csv row 2, column target: capacity has no year 2031..; it has 2026, 2027, 2028",
        ],
    ),
    "filters that name nothing together": (
        target("capacity.capacity[stage=hbm, supplier=grid]"),
        _target_said("no row of capacity with stage=hbm has supplier=grid; supplier is cheap, dear there"),
    ),
    "a target in a table that is not there": (
        target("allocation.share"),
        _target_said("allocation has no rows in this case"),
    ),
    "a loading above 1": (
        factors("boom,capacity.capacity,1.5,paper"),
        ["factors.csv row 2, column loading: 1.5; must be a number from -1 to 1"],
    ),
    "a loading that is no number": (
        factors("boom,capacity.capacity,high,paper"),
        ["factors.csv row 2, column loading: 'high'; must be a number from -1 to 1"],
    ),
    "loadings of more than a number": (
        factors(
            "boom,capacity.capacity,0.8,paper",
            "boom,demand.demand_ttok,0.8,paper",
            "grid,capacity.capacity[stage=packaging],-0.7,paper",
        ),
        [
            (
                f"factors.csv row 4, column loading: the squares of the loadings of {_PACKAGING} add up to 1.13; "
                "must be 1 or less"
            )
        ],
    ),
    "a factor that is named twice for a number": (
        factors(
            "boom,capacity.capacity[year=2026],0.9,paper",
            "grid,capacity.capacity,0.1,paper",
            "boom,capacity.capacity[stage=packaging],0.9,paper",
        ),
        [
            (
                f"factors.csv row 4, column target: 'boom' moves {_PACKAGING} already, by "
                "'capacity.capacity[year=2026]'; a factor may move a number once"
            )
        ],
    ),
    "a row of factors twice": (
        factors("boom,capacity.capacity,0.9,paper", "boom,capacity.capacity,0.1,paper"),
        [
            (
                "factors.csv row 3, column factor + target: 'boom / capacity.capacity' was given in row 2; "
                "a key may stand once"
            ),
        ],
    ),
    "a factor without a name": (
        factors(",capacity.capacity,,paper"),
        ["factors.csv row 2, column factor: is blank; must be text"],
    ),
    "a factor of no source": (
        factors("boom,capacity.capacity,,papr"),
        ["factors.csv row 2, column source: no source is called 'papr'; did you mean 'paper'?"],
    ),
    "a setting of ranges that is unknown": (
        uncertainty('range_mean = "min_max"'),
        [
            (
                "case.toml, setting uncertainty.range_mean: no setting has this name; did you mean "
                "'uncertainty.range_means'?"
            )
        ],
    ),
    "ranges that mean something else": (
        uncertainty('range_means = "min-max"'),
        [
            (
                "case.toml, setting uncertainty.range_means: 'min-max'; must be one of p10_p90, min_max; did you mean "
                "'min_max'?"
            )
        ],
    ),
    "ranges that mean a number": (
        uncertainty("range_means = 10"),
        ["case.toml, setting uncertainty.range_means: '10'; must be one of p10_p90, min_max"],
    ),
    "ranges that mean nothing": (
        uncertainty('range_means = ""'),
        ["case.toml, setting uncertainty.range_means: is blank; must be one of p10_p90, min_max"],
    ),
    "uncertainty that is no table": (
        setting("build_lag_share = 0.0", 'build_lag_share = 0.0\nuncertainty = "min_max"'),
        ["case.toml, setting uncertainty: 'min_max'; must be a table, [uncertainty] with range_means"],
    ),
    "what ranges mean outside its table": (
        setting("build_lag_share = 0.0", 'build_lag_share = 0.0\nrange_means = "min_max"'),
        ["case.toml, setting range_means: no setting has this name; did you mean 'uncertainty.range_means'?"],
    ),
    "a setting below the table": (
        setting("currency_year = 2025", '[uncertainty]\nrange_means = "min_max"\ncurrency_year = 2025'),
        [
            (
                "case.toml, setting uncertainty.currency_year: no setting has this name; currency_year must stand "
                "above [uncertainty]"
            ),
            "case.toml, setting currency_year: is missing; give a whole number from 1990 to 2200",
        ],
    ),
}

FILES: Faults = {
    "required table missing": (remove("capacity.csv"), ["capacity.csv: is missing; a case needs it"]),
    "case.toml missing": (remove("case.toml"), ["case.toml: is missing; a case needs it"]),
    "table name with capitals": (
        rename("budget.csv", "Budget.CSV"),
        ["Budget.CSV: no table has this name; a case holds no other .csv files; did you mean 'budget.csv'?"],
    ),
    "unknown csv file": (
        create("demands", "a,b"),
        ["demands.csv: no table has this name; a case holds no other .csv files; did you mean 'demand.csv'?"],
    ),
    "unreadable table": (folder("capacity.csv"), ["capacity.csv: cannot be read (Is a directory)"]),
    "unreadable case.toml": (folder("case.toml"), ["case.toml: cannot be read (Is a directory)"]),
    "zero bytes": (
        content("stages.csv", lambda _: b""),
        [
            (
                "stages.csv: is empty; needs the header row "
                "stage,label,group,nature,unit,kind,scope,position,storable,cost_life_years"
            )
        ],
    ),
    "case.toml of zero bytes": (
        content("case.toml", lambda _: b""),
        ["case.toml: is empty; needs name, title, first_year, last_year, discount_rate, currency_year"],
    ),
    "white space only": (
        content("demand.csv", lambda _: b" \r\n\t\n"),
        ["demand.csv: is empty; needs the header row workload,tier,year,demand_ttok,value_usd_per_mtok,source"],
    ),
    "required table with only a header": (
        content("regions.csv", lambda _: b"region,label\n"),
        ["regions.csv: has a header and no rows; needs at least one"],
    ),
    "UTF-16 with a mark": (
        content("capacity.csv", lambda b: b.decode().encode("utf-16")),
        ["capacity.csv: is not UTF-8 text (it looks like UTF-16); save it as UTF-8"],
    ),
    "UTF-16 without a mark": (
        content("stages.csv", lambda b: b.decode().encode("utf-16-le")),
        ["stages.csv: is not UTF-8 text (it looks like UTF-16); save it as UTF-8"],
    ),
    "case.toml in UTF-16": (
        content("case.toml", lambda b: b.decode().encode("utf-16")),
        ["case.toml: is not UTF-8 text (it looks like UTF-16); save it as UTF-8"],
    ),
    "latin-1 bytes": (
        content("suppliers.csv", lambda b: b.replace(b"Power plants", b"Energi\xe9")),
        ["suppliers.csv row 2: byte 0xe9 is not UTF-8; save the file as UTF-8"],
    ),
    "an accent in latin-1 in a table that others point to": (
        content("stages.csv", lambda b: b.replace(b"Gas", b"G\xe4s")),
        ["stages.csv row 4: byte 0xe4 is not UTF-8; save the file as UTF-8"],
    ),
    "binary": (
        content("demand.csv", lambda _: b"PK\x03\x04\x00\x00"),
        ["demand.csv: is not UTF-8 text (it looks like UTF-16); save it as UTF-8"],
    ),
}

SHAPE: Faults = {
    "semicolons": (
        content("capacity.csv", lambda b: b.replace(b",", b";")),
        ["capacity.csv row 1: columns are separated by semicolons; must be commas"],
    ),
    "tabs": (
        content("stages.csv", lambda b: b.replace(b",", b"\t")),
        ["stages.csv row 1: columns are separated by tabs; must be commas"],
    ),
    "column missing": (
        no_column("capacity", "price_usd"),
        ["capacity.csv row 1, column price_usd: the column is missing"],
    ),
    "key column missing": (no_column("stages", "stage"), ["stages.csv row 1, column stage: the column is missing"]),
    "unknown column": (
        column("capacity", "sources"),
        ["capacity.csv row 1, column sources: no column of this table is called 'sources'; did you mean 'source'?"],
    ),
    "unknown column like a range of text": (
        column("capacity", "stage_low"),
        [
            (
                "capacity.csv row 1, column stage_low: no column of this table is called 'stage_low'; did "
                "you mean 'stage'?"
            )
        ],
    ),
    "column misspelt": (
        line("operations", 1, "year,utilization,source"),
        [
            (
                "operations.csv row 1, column utilization: no column of this table is called "
                "'utilization'; did you mean 'utilisation'?"
            ),
            "operations.csv row 1, column utilisation: the column is missing",
        ],
    ),
    "column twice": (
        column("capacity", "capacity"),
        ["capacity.csv row 1, column capacity: is given twice; a column may stand once"],
    ),
    "no header row": (
        line("operations", 1, "2025,0.5,paper"),
        ["operations.csv row 1: '2025,0.5,paper'; must be the header row year,accelerator,utilisation,source"],
    ),
    "header below a blank line": (
        content("operations.csv", lambda b: b"\n" + b),
        ["operations.csv row 1: ''; must be the header row year,accelerator,utilisation,source"],
    ),
    "short row": (
        line("capacity", 5, "hbm,cheap,global,2026,200000,,250,paper"),
        ["capacity.csv row 5: has 8 cells; must have 9, as the header has"],
    ),
    "short row in a table that others point to": (
        line("stages", 3, "hbm,High-bandwidth memory,memory"),
        ["stages.csv row 3: has 3 cells; must have 10, as the header has"],
    ),
    "long row": (
        line("demand", 4, "chat,standard,2026,3000,2500,4000,0,5,paper"),
        ["demand.csv row 4: has 9 cells; must have 8, as the header has"],
    ),
    "blank row in the middle": (
        content("capacity.csv", lambda b: b.replace(b"\nhbm,dear", b"\n\nhbm,dear")),
        ["capacity.csv row 6: is blank; remove it"],
    ),
    "row of commas in the middle": (
        content("stages.csv", lambda b: b.replace(b"\nhbm", b"\n,,,,,,,,,\nhbm")),
        ["stages.csv row 3: is blank; remove it"],
    ),
    "quote not closed": (
        line("regions", 2, 'east,"East'),
        ["regions.csv row 2: is not valid CSV (',' expected after '\"'); a quote that opens a cell must close it"],
    ),
    "quote not closed in the last row": (
        line("regions", 3, 'west,"West'),
        ["regions.csv row 3: is not valid CSV (unexpected end of data); a quote that opens a cell must close it"],
    ),
    "quote closed too early": (
        line("regions", 2, 'east,"East" side'),
        ["regions.csv row 2: is not valid CSV (',' expected after '\"'); a quote that opens a cell must close it"],
    ),
}

CELLS: Faults = {
    "text in a number": (
        cell("capacity", 5, "capacity", "many"),
        ["capacity.csv row 5, column capacity: 'many'; must be a number, 0 or more"],
    ),
    "NaN": (
        cell("capacity", 5, "capacity", "NaN"),
        ["capacity.csv row 5, column capacity: 'NaN'; must be a number, 0 or more"],
    ),
    "infinity": (
        cell("demand", 2, "demand_ttok", "inf"),
        ["demand.csv row 2, column demand_ttok: 'inf'; must be a number, 0 or more"],
    ),
    "1e400": (
        cell("capacity", 5, "price_usd", "1e400"),
        ["capacity.csv row 5, column price_usd: 1e400 is too large; must be a number, 0 or more"],
    ),
    "underscore in a number": (
        cell("capacity", 5, "capacity", "1_000"),
        ["capacity.csv row 5, column capacity: '1_000'; must be a number, 0 or more"],
    ),
    "decimal comma": (
        cell("operations", 2, "utilisation", "0,5"),
        ["operations.csv row 2, column utilisation: '0,5'; must be a number from 0 to 1"],
    ),
    "full-width digits": (
        cell("capacity", 5, "capacity", "\uff11\uff10\uff10"),
        ["capacity.csv row 5, column capacity: '\uff11\uff10\uff10'; must be a number, 0 or more"],
    ),
    "hexadecimal": (
        cell("capacity", 5, "year", "0x7ea"),
        ["capacity.csv row 5, column year: '0x7ea'; must be a whole number from 1990 to 2200"],
    ),
    "blank in a number": (
        cell("capacity", 5, "capacity", "200 000"),
        ["capacity.csv row 5, column capacity: '200 000'; must be a number, 0 or more"],
    ),
    "negative": (
        cell("capacity", 5, "capacity", "-3"),
        ["capacity.csv row 5, column capacity: -3 units of the stage; must be a number, 0 or more"],
    ),
    "utilisation above 1": (
        cell("operations", 2, "utilisation", "1.5"),
        ["operations.csv row 2, column utilisation: 1.5 share; must be a number from 0 to 1"],
    ),
    "share above 1": (
        create("allocation", _ALLOCATION, "hbm,cheap,packaging,2026,1.01,paper"),
        ["allocation.csv row 2, column share: 1.01 share; must be a number from 0 to 1"],
    ),
    "blank number": (
        cell("demand", 2, "demand_ttok", ""),
        ["demand.csv row 2, column demand_ttok: is blank; must be a number, 0 or more"],
    ),
    "blank key": (cell("stages", 3, "stage", " "), ["stages.csv row 3, column stage: is blank; must be text"]),
    "stray blanks": (
        cell("bill_of_materials", 4, "stage", " hbm"),
        ["bill_of_materials.csv row 4, column stage: ' hbm' has blanks around it; must be 'hbm'"],
    ),
    "stray blanks in a key": (
        cell("stages", 3, "stage", "hbm "),
        ["stages.csv row 3, column stage: 'hbm ' has blanks around it; must be 'hbm'"],
    ),
    "year with a letter": (
        cell("capacity", 5, "year", "20x6"),
        ["capacity.csv row 5, column year: '20x6'; must be a whole number from 1990 to 2200"],
    ),
    "year with a fraction": (
        cell("capacity", 5, "year", "2026.5"),
        ["capacity.csv row 5, column year: '2026.5'; must be a whole number from 1990 to 2200"],
    ),
    "year of two digits": (
        cell("capacity", 5, "year", "26"),
        ["capacity.csv row 5, column year: 26; must be a whole number from 1990 to 2200"],
    ),
    "year of a thousand digits": (
        cell("capacity", 5, "year", "2" * 1000),
        [
            (
                "capacity.csv row 5, column year: "
                "22222222222222222222222222222222222222222222222222222222222\u2026 is too large; must be a "
                "whole number from 1990 to 2200"
            )
        ],
    ),
    "life of no years": (
        cell("accelerators", 3, "life_years", "0"),
        ["accelerators.csv row 3, column life_years: 0 years; must be a whole number from 1 to 100"],
    ),
    "unknown kind": (
        cell("stages", 3, "kind", "flows"),
        ["stages.csv row 3, column kind: 'flows'; must be one of flow, stock; did you mean 'flow'?"],
    ),
    "unknown truth": (
        cell("stages", 2, "storable", "no"),
        ["stages.csv row 2, column storable: 'no'; must be true or false"],
    ),
    "low above central": (
        cell("capacity", 6, "capacity_low", "600000"),
        ["capacity.csv row 6, column capacity_low: 600000 is above the central value; must be 500000 or less"],
    ),
    "high below central": (
        cell("demand", 4, "demand_ttok_high", "2999"),
        ["demand.csv row 4, column demand_ttok_high: 2999 is below the central value; must be 3000 or more"],
    ),
    "range without central": (
        column("accelerators", "ramp_growth_high", "", "2"),
        ["accelerators.csv row 3, column ramp_growth: is blank and its range is given; give the central value too"],
    ),
    "range that is no number": (
        cell("demand", 4, "demand_ttok_low", "few"),
        ["demand.csv row 4, column demand_ttok_low: 'few'; must be a number, 0 or more"],
    ),
}

NAMES: Faults = {
    "key twice": (
        add("capacity", "hbm,cheap,global,2026,1,,,1,paper"),
        [
            (
                "capacity.csv row 14, column stage + supplier + place + year: 'hbm / cheap / global / "
                "2026' was given in row 5; a key may stand once"
            )
        ],
    ),
    "key of one column twice": (
        add("regions", "east,East again"),
        ["regions.csv row 4, column region: 'east' was given in row 2; a key may stand once"],
    ),
    "unknown stage": (
        cell("bill_of_materials", 4, "stage", "hmb"),
        ["bill_of_materials.csv row 4, column stage: no stage is called 'hmb'; did you mean 'hbm'?"],
    ),
    "unknown stage of a supplier": (
        cell("capacity", 5, "stage", "hbmm"),
        ["capacity.csv row 5, column stage: no stage in suppliers.csv is called 'hbmm'; did you mean 'hbm'?"],
    ),
    "unknown supplier": (
        cell("capacity", 5, "supplier", "cheep"),
        ["capacity.csv row 5, column supplier: no supplier of stage 'hbm' is called 'cheep'; did you mean 'cheap'?"],
    ),
    "supplier of another stage": (
        cell("capacity", 5, "supplier", "foundry"),
        ["capacity.csv row 5, column supplier: no supplier of stage 'hbm' is called 'foundry'"],
    ),
    "unknown stage that is needed": (
        cell("supplier_needs", 2, "needs_stage", "generator"),
        ["supplier_needs.csv row 2, column needs_stage: no stage is called 'generator'; did you mean 'generation'?"],
    ),
    "unknown accelerator": (
        cell("throughput", 4, "accelerator", "newer"),
        ["throughput.csv row 4, column accelerator: no accelerator is called 'newer'; did you mean 'new'?"],
    ),
    "unknown workload": (
        cell("demand", 9, "workload", "batsh"),
        ["demand.csv row 9, column workload: no workload is called 'batsh'; did you mean 'batch'?"],
    ),
    "unknown source": (
        cell("operations", 2, "source", "papers"),
        ["operations.csv row 2, column source: no source is called 'papers'; did you mean 'paper'?"],
    ),
    "unknown source that another was derived from": (
        cell("sources", 4, "derived_from", "paper paper_rang"),
        ["sources.csv row 4, column derived_from: no source is called 'paper_rang'; did you mean 'paper_range'?"],
    ),
    "unknown region": (
        cell("fleet", 2, "region", "eest"),
        ["fleet.csv row 2, column region: no region is called 'eest'; did you mean 'west'?"],
    ),
    "nothing like it": (
        cell("fleet", 2, "region", "zzz"),
        ["fleet.csv row 2, column region: no region is called 'zzz'"],
    ),
    "wrong region": (
        cell("capacity", 2, "place", "eastt"),
        [
            (
                "capacity.csv row 2, column place: 'eastt'; stage 'generation' is regional, must be one of "
                "east, west; did you mean 'east'?"
            )
        ],
    ),
    "regional stage at global": (
        cell("expansion", 2, "place", "global"),
        ["expansion.csv row 2, column place: 'global'; stage 'site_power' is regional, must be one of east, west"],
    ),
    "global stage in a region": (
        cell("capacity", 5, "place", "east"),
        ["capacity.csv row 5, column place: 'east'; stage 'hbm' is global, must be 'global'"],
    ),
    "region called global": (
        add("regions", "global,Everywhere"),
        ["regions.csv row 4, column region: 'global' is the place of global stages; give the region another name"],
    ),
    "commitment to an unknown family": (
        cell("commitments", 2, "family", "secund"),
        ["commitments.csv row 2, column family: no accelerator has the family 'secund'; did you mean 'second'?"],
    ),
    "commitment to an unknown vendor": (
        all_of(cell("commitments", 2, "family", ""), cell("commitments", 2, "vendor", "ACME")),
        ["commitments.csv row 2, column vendor: no accelerator has the vendor 'ACME'; did you mean 'Acme'?"],
    ),
    "commitment in an unknown stage": (
        cell("commitments", 2, "stage", "site_pover"),
        ["commitments.csv row 2, column stage: no stage is called 'site_pover'; did you mean 'site_power'?"],
    ),
}

TAKE_OR_PAY = "stage,supplier,place,first_year,last_year,share,source"
PRICES = "workload,year,price_usd_per_mtok,kept_share,source"
CASH = "year,raised_usd,fixed_cost_usd,gap_usd_per_usd,source"

STRUCTURE: Faults = {
    "suppliers need each other": (
        add("supplier_needs", "generation,plant,,expansion,site_power,1,paper"),
        [
            (
                "supplier_needs.csv row 2, column needs_stage: 'generation' needs 'site_power' in a "
                "circle; suppliers may not need each other"
            ),
            (
                "supplier_needs.csv row 4, column needs_stage: 'site_power' needs 'generation' in a "
                "circle; suppliers may not need each other"
            ),
        ],
    ),
    "supplier needs itself": (
        add("supplier_needs", "hbm,cheap,,supply,hbm,1,paper"),
        [
            (
                "supplier_needs.csv row 4, column needs_stage: 'hbm' needs 'hbm' in a circle; suppliers "
                "may not need each other"
            )
        ],
    ),
    "allocations in a circle": (
        create("allocation", _ALLOCATION, "hbm,cheap,packaging,2026,1,paper", "packaging,foundry,hbm,2026,1,paper"),
        [
            (
                "allocation.csv row 2, column of_stage: 'packaging' draws from 'hbm' in a circle; an "
                "allocation may not come back to itself"
            ),
            (
                "allocation.csv row 3, column of_stage: 'hbm' draws from 'packaging' in a circle; an "
                "allocation may not come back to itself"
            ),
        ],
    ),
    "allocation from itself": (
        create("allocation", _ALLOCATION, "hbm,cheap,hbm,2026,0.5,paper"),
        [
            (
                "allocation.csv row 2, column of_stage: 'hbm' draws from 'hbm' in a circle; an allocation "
                "may not come back to itself"
            )
        ],
    ),
    "allocation across scopes": (
        create("allocation", _ALLOCATION, "site_power,grid,hbm,2026,0.5,paper"),
        [
            (
                "allocation.csv row 2, column of_stage: 'hbm' is global and 'site_power' is regional; must "
                "have the same scope"
            )
        ],
    ),
    "regional flow in a bill of materials": (
        all_of(
            cell("stages", 4, "scope", "regional"),
            cell("capacity", 13, "place", "west"),
            add("bill_of_materials", "new,turbines,1,paper"),
        ),
        [
            (
                "bill_of_materials.csv row 6, column stage: 'turbines' is a regional flow; an accelerator "
                "may use global flows and stocks only"
            )
        ],
    ),
    "global supplier needs a regional stage": (
        add("supplier_needs", "hbm,cheap,,supply,generation,1,paper"),
        [
            (
                "supplier_needs.csv row 4, column needs_stage: 'generation' is regional; a global supplier "
                "may need global stages only"
            )
        ],
    ),
    "needed stage out of reach": (
        add("supplier_needs", "site_power,onsite,,supply,generation,1,paper"),
        [
            (
                "supplier_needs.csv row 4, column needs_stage: 'generation' has no supplier at west; needs "
                "a row in capacity.csv there (capacity may be 0)"
            )
        ],
    ),
    "stage used and supplied by nobody": (
        all_of(
            add("stages", "cooling,Cooling,cooling,physical,kW,stock,global,6,,"),
            add("bill_of_materials", "new,cooling,1,paper"),
        ),
        [
            (
                "bill_of_materials.csv row 6, column stage: 'cooling' has no supplier anywhere; needs rows "
                "in suppliers.csv and capacity.csv"
            )
        ],
    ),
    "group of mixed kinds": (
        cell("stages", 6, "group", "memory"),
        [
            (
                "stages.csv row 6, column kind: 'stock'; stage 'hbm' of the same group 'memory' has "
                "'flow', must be the same"
            )
        ],
    ),
    "group of mixed cost lives": (
        all_of(cell("stages", 3, "group", "packaging"), cell("stages", 3, "cost_life_years", "3")),
        [
            (
                "stages.csv row 3, column cost_life_years: 3; stage 'packaging' of the same group "
                "'packaging' has 2, must be the same"
            )
        ],
    ),
    "flow without cost life": (
        cell("stages", 3, "cost_life_years", ""),
        ["stages.csv row 3, column cost_life_years: is blank; a flow stage needs a whole number, 1 or more"],
    ),
    "stock with cost life": (
        cell("stages", 5, "cost_life_years", "5"),
        ["stages.csv row 5, column cost_life_years: 5; must be blank for a stock stage"],
    ),
    "stock that is stored": (
        cell("stages", 5, "storable", "true"),
        ["stages.csv row 5, column storable: true; a stock stage cannot be stored, must be false or blank"],
    ),
    "supplier without capacity": (
        add("suppliers", "hbm,third,A third maker,"),
        [
            (
                "suppliers.csv row 9, column supplier: 'third' has no row in capacity.csv or "
                "allocation.csv; needs one (capacity may be 0)"
            )
        ],
    ),
    "expansion without capacity life": (
        cell("suppliers", 7, "capacity_life_years", ""),
        [
            (
                "suppliers.csv row 7, column capacity_life_years: is blank and 'onsite' may expand; needs "
                "a whole number, 1 or more"
            )
        ],
    ),
    "expansion where there is no capacity": (
        cell("expansion", 2, "place", "east"),
        [
            (
                "expansion.csv row 2, column place: 'onsite' of 'site_power' has no capacity row at "
                "'east'; needs one (capacity may be 0)"
            )
        ],
    ),
    "commitment with two scopes": (
        cell("commitments", 2, "vendor", "Acme"),
        [
            (
                "commitments.csv row 2, column accelerator: 2 of accelerator, family and vendor are given; "
                "must be exactly one"
            )
        ],
    ),
    "commitment with no scope": (
        cell("commitments", 2, "family", ""),
        [
            (
                "commitments.csv row 2, column accelerator: 0 of accelerator, family and vendor are given; "
                "must be exactly one"
            )
        ],
    ),
    "term that ends before it begins": (
        create("take_or_pay", TAKE_OR_PAY, "hbm,cheap,global,2027,2026,0.5,paper"),
        ["take_or_pay.csv row 2, column last_year: 2026; must be first_year (2027) or later"],
    ),
    "terms that overlap": (
        create(
            "take_or_pay",
            TAKE_OR_PAY,
            "hbm,cheap,global,2026,2027,0.5,paper",
            "hbm,cheap,global,2027,2027,0.5,paper",
        ),
        [
            (
                "take_or_pay.csv row 3, column first_year: 2027; the term 2026-2027 of row 2 has this "
                "year, terms may not "
                "overlap"
            )
        ],
    ),
    "contract with who is not there": (
        create("take_or_pay", TAKE_OR_PAY, "site_power,grid,north,2026,2027,0.5,paper"),
        [
            "take_or_pay.csv row 2, column place: 'north'; stage 'site_power' is regional, must be one of east, west",
        ],
    ),
    "contract of a supplier that is not there": (
        create("take_or_pay", TAKE_OR_PAY, "hbm,cheep,global,2026,2027,0.5,paper"),
        ["take_or_pay.csv row 2, column supplier: no supplier of stage 'hbm' is called 'cheep'; did you mean 'cheap'?"],
    ),
    "more than all is owed": (
        create("take_or_pay", TAKE_OR_PAY, "hbm,cheap,global,2026,2027,1.5,paper"),
        ["take_or_pay.csv row 2, column share: 1.5 share; must be a number from 0 to 1"],
    ),
    "cash with a year left out": (
        all_of(
            create("prices", PRICES, "chat,2026,1,,paper", "batch,2026,1,,paper"),
            create("cash", CASH, "2026,0,0,1,paper", "2028,0,0,1,paper"),
        ),
        ["cash.csv, column year: has rows of 2026 and 2028 and none of 2027; must have one for each year between"],
    ),
    "cash without a price": (
        all_of(create("prices", PRICES, "chat,2026,1,,paper"), create("cash", CASH, "2026,0,0,1,paper")),
        [
            (
                "workloads.csv row 3, column workload: 'batch' has no row in prices.csv; with cash every "
                "workload needs a "
                "price"
            )
        ],
    ),
    "a missing dollar for nothing": (
        all_of(
            create("prices", PRICES, "chat,2026,1,,paper", "batch,2026,1,,paper"),
            create("cash", CASH, "2026,0,0,0,paper"),
        ),
        ["cash.csv row 2, column gap_usd_per_usd: 0 USD per USD; must be a number above 0"],
    ),
    "kept more than all": (
        create("prices", PRICES, "chat,2026,1,1.2,paper"),
        ["prices.csv row 2, column kept_share: 1.2 share; must be a number from 0 to 1"],
    ),
    "nothing charged where demand is a curve": (
        all_of(
            create(
                "demand_curves",
                "workload,year,volume_ttok,price_usd_per_mtok,elasticity,source",
                "chat,2026,5,2,1,paper",
            ),
            create("prices", PRICES, "chat,2026,0,,paper"),
        ),
        [
            (
                "prices.csv row 2, column price_usd_per_mtok: 0 in 2026 for 'chat', whose demand is a "
                "curve with the price "
                "2; must be 0.002 or more"
            )
        ],
    ),
    "an accelerator without a busy share": (
        create("operations", "accelerator,year,utilisation,source", "new,2026,0.5,paper"),
        [
            "operations.csv, column accelerator: no row is for 'old'; needs one that names it, or one that names none",
        ],
    ),
    "a busy share of what is not there": (
        create("operations", "accelerator,year,utilisation,source", ",2026,0.5,paper", "neu,2026,0.5,paper"),
        ["operations.csv row 3, column accelerator: no accelerator is called 'neu'; did you mean 'new'?"],
    ),
    "opening of what was not in production": (
        add("opening", "new,1,1,paper"),
        ["opening.csv row 2, column accelerator: 'new' is first built in 2026; must be in production before 2026"],
    ),
    "fleet of the first year": (
        cell("fleet", 2, "installed_year", "2026"),
        ["fleet.csv row 2, column installed_year: 2026; must be before the first year of the case (2026)"],
    ),
    "fleet of a later year": (
        cell("fleet", 2, "installed_year", "2030"),
        ["fleet.csv row 2, column installed_year: 2030; must be before the first year of the case (2026)"],
    ),
    "ramp without growth": (
        cell("accelerators", 3, "ramp_start_units", "1000"),
        [
            (
                "accelerators.csv row 3, column ramp_growth: is blank; ramp_start_units and ramp_growth "
                "are given both or not at all"
            )
        ],
    ),
    "ramp without start": (
        cell("accelerators", 3, "ramp_growth", "2"),
        [
            (
                "accelerators.csv row 3, column ramp_start_units: is blank; ramp_start_units and "
                "ramp_growth are given both or not at all"
            )
        ],
    ),
    "accelerator ends before it starts": (
        cell("accelerators", 2, "last_year", "2023"),
        ["accelerators.csv row 2, column last_year: 2023; must be first_year (2024) or later, or blank"],
    ),
    "accelerator without cost": (
        cell("unit_costs", 2, "accelerator", "old"),
        [
            (
                "accelerators.csv row 3, column accelerator: 'new' can be built and has no row in "
                "unit_costs.csv; needs one"
            )
        ],
    ),
}

SETTINGS: Faults = {
    "invalid TOML": (
        setting("last_year = 2028", "last_year 2028"),
        ["case.toml: is not valid TOML: Expected '=' after a key in a key/value pair (at line 4, column 11)"],
    ),
    "number of five thousand digits": (
        setting("discount_rate = 0.5", "discount_rate = " + "1" * 5000),
        ["case.toml: has a number of thousands of digits; must be a number of its range"],
    ),
    "number of four hundred digits": (
        setting("discount_rate = 0.5", "discount_rate = " + "1" * 400),
        [
            (
                "case.toml, setting discount_rate: "
                "11111111111111111111111111111111111111111111111111111111111\u2026 is too large; must be a "
                "number from 0 to 10"
            )
        ],
    ),
    "rate of 1e400": (
        setting("discount_rate = 0.5", "discount_rate = 1e400"),
        ["case.toml, setting discount_rate: inf per year; must be a number from 0 to 10"],
    ),
    "rate that is no number": (
        setting("discount_rate = 0.5", "discount_rate = nan"),
        ["case.toml, setting discount_rate: nan per year; must be a number from 0 to 10"],
    ),
    "text for a year": (
        setting("first_year = 2026", 'first_year = "2026"'),
        ["case.toml, setting first_year: '2026'; must be a whole number from 1990 to 2200"],
    ),
    "fraction for a year": (
        setting("first_year = 2026", "first_year = 2026.0"),
        ["case.toml, setting first_year: '2026.0'; must be a whole number from 1990 to 2200"],
    ),
    "truth for a number": (
        setting("discount_rate = 0.5", "discount_rate = true"),
        ["case.toml, setting discount_rate: 'True'; must be a number from 0 to 10"],
    ),
    "number for text": (setting('name = "tiny"', "name = 1"), ["case.toml, setting name: '1'; must be text"]),
    "blank text": (setting('name = "tiny"', 'name = ""'), ["case.toml, setting name: is blank; must be text"]),
    "a table for text": (
        setting('name = "tiny"', 'name = {short = "tiny"}'),
        ["case.toml, setting name: \"{'short': 'tiny'}\"; must be text"],
    ),
    "setting missing": (
        setting("currency_year = 2025\n", ""),
        ["case.toml, setting currency_year: is missing; give a whole number from 1990 to 2200"],
    ),
    "unknown setting": (
        setting("build_lag_share", "build_lag"),
        ["case.toml, setting build_lag: no setting has this name; did you mean 'build_lag_share'?"],
    ),
    "setting twice": (
        setting("first_year = 2026", "first_year = 2026\nfirst_year = 2027"),
        ["case.toml: is not valid TOML: Cannot overwrite a value (at line 4, column 18)"],
    ),
    "date of another country": (
        setting("currency_year = 2025", 'currency_year = 2025\ndata_date = "29.11.2026"'),
        ["case.toml, setting data_date: '29.11.2026'; must be a date from 1990 to 2200, YYYY-MM-DD"],
    ),
    "day that no month has": (
        setting("currency_year = 2025", 'currency_year = 2025\ndata_date = "2026-11-31"'),
        ["case.toml, setting data_date: '2026-11-31'; must be a date from 1990 to 2200, YYYY-MM-DD"],
    ),
    "date of a year that is none": (
        setting("currency_year = 2025", "currency_year = 2025\ndata_date = 0001-01-01"),
        ["case.toml, setting data_date: '0001-01-01'; must be a date from 1990 to 2200, YYYY-MM-DD"],
    ),
    "date and time": (
        setting("currency_year = 2025", "currency_year = 2025\ndata_date = 2026-11-29T12:00:00"),
        ["case.toml, setting data_date: '2026-11-29 12:00:00'; must be a date from 1990 to 2200, YYYY-MM-DD"],
    ),
    "year for a date": (
        setting("currency_year = 2025", "currency_year = 2025\ndata_date = 2026"),
        ["case.toml, setting data_date: '2026'; must be a date from 1990 to 2200, YYYY-MM-DD"],
    ),
    "availability above 1": (
        setting("first_year_availability = 0.5", "first_year_availability = 1.5"),
        ["case.toml, setting first_year_availability: 1.5 share; must be a number from 0 to 1"],
    ),
    "last year before first": (
        all_of(setting("last_year = 2028\nreport_last_year = 2027", "last_year = 2025")),
        ["case.toml, setting last_year: 2025; must be first_year (2026) or later"],
    ),
    "report beyond the last year": (
        setting("report_last_year = 2027", "report_last_year = 2029"),
        ["case.toml, setting report_last_year: 2029; must be from first_year (2026) to last_year (2028)"],
    ),
    "report before the first year": (
        setting("report_last_year = 2027", "report_last_year = 2025"),
        ["case.toml, setting report_last_year: 2025; must be from first_year (2026) to last_year (2028)"],
    ),
}

TOGETHER: Faults = {
    "one fault in each of several files": (
        all_of(
            setting("discount_rate = 0.5", 'discount_rate = "half"'),
            cell("capacity", 5, "capacity", "-3"),
            cell("capacity", 9, "supplier", "gird"),
            cell("demand", 2, "year", "20x6"),
            remove("workloads.csv"),
            create("demands", "a"),
        ),
        [
            "case.toml, setting discount_rate: 'half'; must be a number from 0 to 10",
            ("demands.csv: no table has this name; a case holds no other .csv files; did you mean 'demand.csv'?"),
            "capacity.csv row 5, column capacity: -3 units of the stage; must be a number, 0 or more",
            (
                "capacity.csv row 9, column supplier: no supplier of stage 'site_power' is called 'gird'; "
                "did you mean 'grid'?"
            ),
            "workloads.csv: is missing; a case needs it",
            "demand.csv row 2, column year: '20x6'; must be a whole number from 1990 to 2200",
        ],
    ),
    "several faults of the chain": (
        all_of(
            cell("fleet", 2, "installed_year", "2026"),
            cell("stages", 5, "storable", "true"),
            cell("capacity", 5, "place", "east"),
        ),
        [
            "stages.csv row 5, column storable: true; a stock stage cannot be stored, must be false or blank",
            "capacity.csv row 5, column place: 'east'; stage 'hbm' is global, must be 'global'",
            "fleet.csv row 2, column installed_year: 2026; must be before the first year of the case (2026)",
        ],
    ),
}

ALL: Faults = {**FILES, **SHAPE, **CELLS, **NAMES, **STRUCTURE, **SETTINGS, **CURVES, **UNCERTAINTY, **TOGETHER}
