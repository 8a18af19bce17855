"""The tutorial: it runs from nothing, shows tables and charts, and what its text says is so."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import nbformat
import pandas as pd
import pytest
import tutorial
from generator import FIRST
from hostile import FOR_EXCEL, excel_case
from plants import Link, chain, edited, plan_of

import supplychain as sc
from supplychain.plan.ladder import Curve, Ladder
from supplychain.report.charts import svg as markup

CLAIMS = """
stage = plan.binding[plan.binding["level"] == "stage"].set_index("year")
assert list(stage["members"]) == ["packaging", "site_power"]
assert round(stage["annual_gain_usd_per_pct"][2026] / 1e6, 1) == 9.0
assert round(stage["holds_to_pct"][2026], 6) == 10
assert set(both.labels["label"]) == {"demand"}
assert late.solved == "in place"
assert len(session.titles) == 1
assert regret.regret_usd > 0
assert {"answer.xlsx", "summary.json", "binding.csv"} <= set(written)
assert len(world.stages["stage"].unique()) == 22
assert len(world.case.report_years) == 5
assert list(world.ladder(2027)["lifted"])[:3] == ["datacentre", "facility_power", "hbm"]
"""


def test_the_tutorial_runs_and_says_what_is_so() -> None:
    """A tutorial that stops with an error, shows no chart, says what was so once, or keeps outputs that are others."""
    kept = tutorial.read()
    nbformat.validate(kept)
    new = tutorial.run(kept, CLAIMS)
    for cell, again in zip(kept.cells, new.cells, strict=False):
        assert cell.get("outputs") == again.get("outputs"), cell.source
    data = [out.get("data", {}) for cell in new.cells for out in cell.get("outputs", [])]
    shown = [one["text/html"] for one in data if "text/html" in one]
    kinds = ["<h4>Answer", "What lifting each", "after so many per cent", "What binds", "Regret against"]
    for kind in kinds:
        page = next(page for page in shown if kind in page)
        assert "<svg" in page
        assert "<table" in page


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> _Tags:
    """Read a page as a browser does."""
    found = _Tags()
    found.feed(page)
    return found


PLAIN = {
    *("b", "h4", "div", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "text", "rect", "path", "circle"),
}


def test_names_stay_text_in_a_notebook() -> None:
    """A name from the inputs that becomes a tag: whoever shows a case of somebody else would run its script."""
    case = edited(excel_case(), title=FOR_EXCEL["markup"])
    plan = plan_of(case)
    more = plan_of(edited(case, discount_rate=0.1))
    both = sc.compare({FOR_EXCEL["markup"]: plan, "<b onclick=x>": more})
    rungs = pd.DataFrame([(1, FOR_EXCEL["markup"], 5.0)], columns=["rung", "lifted", "gain_usd"])
    for shown in (plan, plan.case, both, Ladder(rungs)):
        page = read(shown._repr_html_())
        assert page.tags <= PLAIN
        assert shown is plan.case or "<script>" in page.text


def test_a_ladder_and_a_curve_are_tables() -> None:
    """A table that only looks like one: what is computed with it must be plain pandas."""
    plan = plan_of(chain([Link("a", 5e5), Link("b", 7e5)]))
    ladder, curve = plan.ladder(FIRST), plan.curve("a", FIRST)
    assert isinstance(ladder, Ladder)
    assert isinstance(curve, Curve)
    assert type(ladder.head(1)) is pd.DataFrame
    assert "svg" in read(ladder._repr_html_()).tags
    assert "svg" in read(curve._repr_html_()).tags
    assert read(Ladder(ladder.head(0))._repr_html_()).tags <= PLAIN


def drawn(svg: str, tag: str) -> list[dict[str, str]]:
    """The attributes of every element of a kind."""
    return [one.attrib for one in ET.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}")]  # noqa: S314 - ours


def test_bars_are_as_long_as_their_numbers() -> None:
    """Bars that start elsewhere than at 0, lose their sign, or are drawn where there is no number."""
    svg = markup.bars("t", [("a", 2.0), ("b", -1.0), ("c", float("nan"))], "{:g}".format)
    a, b = ([float(one[k]) for k in ("x", "width")] for one in drawn(svg, "rect"))
    assert a[1] == pytest.approx(2 * b[1], abs=0.2)
    assert a[0] == pytest.approx(b[0] + b[1], abs=0.2)


def test_lines_break_where_there_is_no_number() -> None:
    """A line through a year without a value; or a chart of nothing that fails."""
    nan = float("nan")
    svg = markup.lines("t", [1, 2, 3, 4], {"a": [1.0, nan, 2.0, 4.0]}, "{:g}".format)
    assert [one["d"].count("M") for one in drawn(svg, "path")] == [1, 2]
    assert "no numbers" in markup.lines("t", [1], {"a": [nan]}, "{:g}".format)
    assert "no numbers" in markup.lines("t", [], {}, "{:g}".format)
