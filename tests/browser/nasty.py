"""Write the report of the case whose names try to be more than names."""

from __future__ import annotations

import sys
from pathlib import Path

from test_report import given_of, served_nasty_case

import supplychain as sc
from supplychain.files import write_files
from supplychain.report.page.html import report

if __name__ == "__main__":
    from generator import write_case

    folder = Path(sys.argv[1])
    write_files(folder, report(given_of(sc.load(write_case(served_nasty_case(), folder / "case")))))
