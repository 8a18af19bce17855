"""Open workbooks in LibreOffice, have every cell computed anew, and compare: no error, the same numbers.

`make office` runs it. It is no part of `make check`, which needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
from hostile import excel_case, excel_comparison
from paths import ANSWERS, INPUTS, inputs_in
from plants import plan_of, write_case

import supplychain as sc
from supplychain import cli
from supplychain.case.from_book import from_book
from supplychain.case.to_book import to_book

if TYPE_CHECKING:
    from collections.abc import Iterator

CALC = "xlsx:Calc MS Excel 2007 XML"

_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""
"""The setting "recalculate on load: always"."""


def answers() -> Iterator[tuple[str, bytes]]:
    """Yield answers as workbooks: of shipped cases, of a what-if, and of names that software may misread."""
    made = sc.what_if(INPUTS / "base", ["grid_late"])
    yield "base", sc.workbook(sc.solve(made.case), made)
    yield "tiny", sc.workbook(sc.solve(sc.load(INPUTS / "tiny")))
    yield "nasty", sc.workbook(plan_of(excel_case()))
    yield "compared", sc.workbook(excel_comparison())
    yield "report", reported()


def reported() -> bytes:
    """Return the workbook of the shipped report."""
    case = str(INPUTS / "base")
    studies = ("--sensitivity", str(ANSWERS / "sensitivity"), "--backcast", str(ANSWERS / "backcast"))
    with tempfile.TemporaryDirectory() as folder:
        options = ("--scenario", "grid_late", *studies, "--xlsx", "--quiet", "--out", folder)
        with contextlib.suppress(SystemExit):
            cli.main(["report", case, *options])
        return (Path(folder) / "report.xlsx").read_bytes()


def computed_anew(folder: Path, books: list[Path]) -> Path:
    """Have LibreOffice open, compute and save workbooks; return the folder with what it saved."""
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_RECALCULATE)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    saved = folder / "saved"
    command = ["soffice", profile, "--headless", "--convert-to", CALC, "--outdir", str(saved), *map(str, books)]
    subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return saved


def differences(book: Path, saved: Path) -> Iterator[str]:
    """Yield every cell that is an error, a formula or another value than it was."""
    before, after = openpyxl.load_workbook(book), openpyxl.load_workbook(saved, data_only=True)
    if before.sheetnames != after.sheetnames:
        yield f"sheets {before.sheetnames} became {after.sheetnames}"
        return
    for sheet in before:
        cells, others = (
            {c.coordinate: c for row in one.iter_rows() for c in row if c.value not in {None, ""}}
            for one in (sheet, after[sheet.title])
        )
        for where in sorted({*cells, *others}):
            was, now = (found[where].value if where in found else None for found in (cells, others))
            if (where in cells and cells[where].data_type == "f") or not _same(was, now):
                yield f"{sheet.title}!{where}: {was!r} became {now!r}"


def _same(was: object, now: object) -> bool:
    """Whether two values are one; LibreOffice saves 15 digits."""
    if isinstance(was, float) and isinstance(now, (int, float)):
        return math.isclose(was, now, rel_tol=2e-14)
    return was == now


def main() -> int:
    wrong = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        books = {folder / f"{name}.xlsx": data for name, data in answers()}
        cases = {name: INPUTS / name for name in ("base", "tiny", "backcast")}
        cases["nasty"] = write_case(excel_case(), folder / "nasty_case")
        inputs = {folder / f"in_{name}.xlsx": case for name, case in cases.items()}
        for path, data in [*books.items(), *((path, to_book(case).data) for path, case in inputs.items())]:
            path.write_bytes(data)
        saved = computed_anew(folder, [*books, *inputs])
        for path in books:
            found = list(differences(path, saved / path.name))
            print(f"{path.name}: {len(found)} cells differ")
            wrong += [f"{path.name} {one}" for one in found]
        for path, case in inputs.items():
            same = dict(from_book(saved / path.name).files) == inputs_in(case)
            print(f"{path.name}: saved by LibreOffice and imported, {'the same files' if same else 'OTHER FILES'}")
            wrong += [] if same else [path.name]
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
