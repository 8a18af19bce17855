"""Reports of cases in which there is little to draw: nothing served, everything free, one year of one stage."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from commands import status_of
from generator import write_case
from paths import TINY
from plants import Link, chain

from supplychain.report import charts
from supplychain.report.charts import images
from supplychain.report.page.blocks import Chart, Grid, SourcedRows

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case


def _text(page: Path) -> str:
    return re.sub("<[^>]*>", "", page.read_text(encoding="utf-8"))


def test_a_report_in_which_nothing_is_served_says_so(tmp_path: Path) -> None:
    """No stage has any capacity. Bug: a chart without a bar has no size, and the report ends with a backtrace of the
    software that draws.
    """
    command = ["report", TINY, "--change", "capacity.capacity *= 0", "--out", tmp_path / "page", "--xlsx", "--quiet"]
    assert status_of(*command) == 0
    text = _text(tmp_path / "page/report.html")
    assert "No token is served in any year; " in text
    assert "Where is power drawn (site_power)? There is nothing to draw." in text
    assert not (tmp_path / "page/figures/power.svg").exists()


@pytest.mark.parametrize(
    "case",
    [
        chain([Link("wafers", 100.0)]),
        chain([Link("wafers", 0.0)]),
        chain([Link("wafers", 100.0)], demand=0.0),
        chain([Link("wafers", 100.0, price=1e-9)], value=1e9),
    ],
    ids=["free", "nothing", "nobody asks", "far apart"],
)
def test_one_year_of_one_stage(case: Case, tmp_path: Path) -> None:
    """Bug: a log axis of no numbers, or of noughts; a share of nothing."""
    folder = write_case(case, tmp_path / "case")
    assert status_of("report", folder, "--out", tmp_path / "page", "--xlsx", "--quiet") == 0


@pytest.mark.parametrize("values", [[], [0.0], [math.nan], [math.inf, 1.0], [-math.inf, 0.0, math.nan]], ids=str)
def test_charts_of_what_is_no_number(values: list[float]) -> None:
    """Bug: a tick at the logarithm of nought or of infinity, or a value that JSON does not have."""
    rows = [{"column": "2026", "row": f"row {n}", "part": "a", "series": "a", "value": x, "text": "", "description": ""}
            for n, x in enumerate(values)]  # fmt: skip
    for spec, narrow in (
        charts.wide_and_narrow(charts.lines, rows, y="y"),
        charts.wide_and_narrow(charts.stacked, rows, y="y", colour={"a": "#000000"}),
        charts.wide_and_narrow(charts.bars, rows, x="x"),
        charts.wide_and_narrow(charts.signed_bars, rows, x="x"),
    ):
        if values:
            picture = images.start(Chart("chart", "", "", spec, narrow, Grid("", SourcedRows(None, ""), [])))()  # type: ignore[arg-type]
            assert picture.wide.startswith("<svg")
