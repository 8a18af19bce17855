"""Write the report of the case whose names try to be more than names."""

from __future__ import annotations

import sys
from pathlib import Path

from hostile import served_html_case
from page import report_data_of

import supplychain as sc
from supplychain.files import write_files
from supplychain.report.page.html import report

if __name__ == "__main__":
    from generator import write_case

    folder = Path(sys.argv[1])
    write_files(folder, report(report_data_of(sc.load(write_case(served_html_case(), folder / "case")))))
