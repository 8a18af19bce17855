"""The books of an owner on the first screen, in Markdown and in JSON, beside the tables that they are read from."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from commands import run
from paths import ROOT, TINY

import supplychain as sc
from supplychain.report.text import answer, owner
from supplychain.results.frames import records

if TYPE_CHECKING:
    from pathlib import Path

LAB = ROOT / "inputs" / "tiny-lab"
WIDEST = 100


@cache
def plan() -> sc.Plan:
    return sc.solve(sc.load(LAB))


def test_the_books_say_what_the_table_says() -> None:
    """Each amount of the screen is that of `economics` or `cost`, in its unit.

    Bug: a row under another year or name; serving cost with what is owed in it.
    """
    unit, rows = owner.books(plan())
    assert unit == "m USD"
    shown = {name.strip(): [float(cell.replace(",", "")) for cell in cells.values()] for name, cells in rows}
    books = plan().economics
    for name, column, size in (
        ("Revenue", "revenue_usd", 1e6),
        ("kept after the fees of platforms", "kept_usd", 1e6),
        ("Operating result", "operating_usd", 1e6),
        ("Gross margin, % of revenue", "gross_margin_of_revenue", 0.01),
        ("% of what is kept", "gross_margin_of_kept", 0.01),
        ("Cash at the end of the year", "cash_usd", 1e6),
        ("Missing: promised by nobody", "gap_usd", 1e6),
        ("Worth of a dollar more raised, USD", "gain_usd_per_usd", 1),
    ):
        assert shown[name] == pytest.approx((books[column] / size).to_list(), rel=5e-3), name
    cost = plan().cost
    own = cost[cost["item"] != "unused"].groupby("year")[["serving_usd", "research_usd"]].sum()
    assert shown["Cost of serving"] == pytest.approx((own["serving_usd"] / 1e6).to_list(), rel=5e-3)
    parts = [shown[name] for name in ("Cost of serving", "Training and research", "Owed to suppliers and not used")]
    fixed, kept = shown["Fixed cost"], shown["kept after the fees of platforms"]
    for n, operating in enumerate(shown["Operating result"]):
        assert kept[n] - fixed[n] - sum(part[n] for part in parts) == pytest.approx(operating, abs=1.0)


def test_the_screen_is_whole_and_keeps_its_width() -> None:
    """Bug: a line is cut or too long, a contract is left out, or the screen of a case without prices has books."""
    lines = answer.text(plan()).splitlines()
    assert max(map(len, lines)) <= WIDEST
    assert any(line.startswith("The owner's books, m USD") for line in lines)
    assert any(re.search(r"2026-2027 +90\.0 +210 +6\.00 +2\.29$", line) for line in lines)
    tiny = answer.text(sc.solve(sc.load(TINY)))
    assert "owner" not in tiny
    assert "charged more" not in tiny


@pytest.mark.parametrize(
    ("operating", "said"),
    [
        ([1, 2, 3], "Break-even: the operating result is above 0 in every year to 2032."),
        ([-1, 2, 3], "Break-even: 2031, from which year on the operating result stays above 0."),
        ([-1, 0, -3], "Break-even: none that lasts to 2032."),
        (
            [1, 2, -3],
            "Break-even: none that lasts to 2032; the operating result is above 0 in 2030-2031, and not after.",
        ),
    ],
)
def test_the_year_of_break_even(operating: list[float], said: str) -> None:
    """Bug: a first good year that does not last is called the year of break-even."""
    rows = [{"year": 2030 + n, "operating_usd": usd} for n, usd in enumerate(operating)]
    assert owner._break_even(rows) == said  # noqa: SLF001 - the sentence alone


def test_the_first_year_short_of_money() -> None:
    """Bug: the largest gap is called the first, or the sum is of other years."""
    rows = [{"year": 2030 + n, "gap_usd": usd} for n, usd in enumerate([0.0, 2e9, 3e9])]
    assert owner._gap(rows) == "Cash: 2031 is the first year short of money, by 2.00 bn USD; 5.00 bn USD in all."  # noqa: SLF001
    assert owner._gap([{"year": 2030, "gap_usd": 0.0}]) == "Cash: no year is short of money."  # noqa: SLF001


def test_markdown_and_json_have_the_books(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: the books stand on the screen alone."""
    page = tmp_path / "answer.md"
    assert run(capsys, "solve", str(LAB), "--markdown", str(page), "--quiet")[0] == 0
    assert "The owner's books, m USD" in page.read_text(encoding="utf-8")
    status, printed, _ = run(capsys, "solve", str(LAB), "--json")
    assert status == 0
    said = json.loads(printed)["economics"]
    assert [row["gap_usd"] for row in said] == pytest.approx([row["gap_usd"] for row in records(plan().economics)])
    assert "economics" not in json.loads(run(capsys, "solve", str(TINY), "--json")[1])
