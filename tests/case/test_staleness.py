"""Old sources by `data_date`: which are stale, what rests on them, and what of the past stays right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from generator import FIRST
from plants import Link, add, chain, edited, half_of_packaging, loaded

from supplychain.case.notices import notices
from supplychain.case.staleness import Staleness, rows_behind

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case, Value


def dated(case: Case, **dates: str | None) -> Case:
    """Give a case sources that were published then, and the numbers of the paper one of today."""
    for row in case.tables["sources"]:
        row["date"] = case.settings.get("data_date")
    for name, date in dates.items():
        add(case, "sources", source=name, title=name, publisher="p", evidence="reported", date=date)
    return case


def resting(case: Case, stage: str, *sources: str) -> None:
    """Let the rows of capacity of a stage rest on sources, in their order."""
    rows = [row for row in case.tables["capacity"] if row["stage"] == stage]
    for row, source in zip(rows, sources * len(rows) if len(sources) == 1 else sources, strict=False):
        row["source"] = source


def said(case: Case, folder: Path) -> list[str]:
    """Return what is said of sources."""
    return [str(notice) for notice in notices(loaded(case, folder)) if notice.file == "sources.csv"]


def test_facts_behind_derived_sources_are_named_oldest_first(tmp_path: Path) -> None:
    """Bug: a derivation of today hides the old fact that it was made from, or the list begins with the newest."""
    case = dated(
        chain([Link("wafers", 100.0), Link("power", 120.0)], data_date="2031-06-30"),
        newer="2030-02-01",
        older="2029-11",
        unused="2020",
    )
    add(case, "sources", source="sum", title="s", publisher="p", evidence="derived", derived_from="older paper",
        date="2031-06-01")  # fmt: skip
    add(case, "sources", source="sum_of_sums", title="s", publisher="p", evidence="derived", derived_from="sum newer")
    resting(case, "wafers", "sum")
    resting(case, "power", "sum_of_sums")
    case.tables["throughput"][0]["source"] = "newer"
    assert said(case, tmp_path) == [
        "sources.csv row 4, column date: 'older' is stale (2029-11): on it rest 2 rows for 2029 or later (capacity 2)",
        (
            "sources.csv row 3, column date: 'newer' is stale (2030-02-01): on it rest 1 row for 2030 or later "
            "(capacity 1) and 1 row without a year (throughput 1)"
        ),
    ]


@pytest.mark.parametrize(
    ("date", "verdict"),
    [
        ("2030-06-30", ""),
        ("2030-06-29", "is stale"),
        ("2030-06", ""),
        ("2030-05", "is stale"),
        ("2030", ""),
        ("2029", "is stale"),
        ("2035-01-01", ""),
        (None, "may be stale"),
        ("June 2029", "may be stale"),
        ("2029-06-31", "may be stale"),
        ("0000", "may be stale"),
    ],
)
def test_a_year_is_counted_from_the_last_day_of_a_date(date: str | None, verdict: str, tmp_path: Path) -> None:
    """Bug: a source of one year to the day is stale, one of 2030 is of its first of January, or one without a date is
    old, or young, or passed over.
    """
    case = dated(chain([Link("wafers", 100.0)], data_date="2031-06-30"), fact=date)
    resting(case, "wafers", "fact")
    found = said(case, tmp_path)
    assert [verdict in notice for notice in found] == [True] * bool(verdict)


@pytest.mark.parametrize(
    ("years", "counted"),
    [
        ((2026, 2027, 2028), 1),  # the last is held to 2030
        ((2026, 2027, 2028, 2029, 2030), 2),  # 2029 and 2030
        ((2026, 2027, 2030), 2),  # 2027 stands for 2028 and 2029 too
        ((2026, 2027, 2028, 2029), 1),
    ],
)
def test_what_is_said_of_the_past_does_not_go_stale(years: tuple[int, ...], counted: int, tmp_path: Path) -> None:
    """A fact of March 2029 about years before 2029 stays right, where no later year takes its number from it.

    Bug: counts of the past are stale, or a number that is held for ever is not.
    """
    case = dated(chain([Link("wafers", dict.fromkeys(years, 100.0))], data_date="2031-06-30"), fact="2029-03-01")
    case.settings["last_year"] = FIRST
    resting(case, "wafers", "fact")
    (notice,) = said(case, tmp_path)
    rows = f"{counted} row{'s' * (counted > 1)} for 2029 or later (capacity {counted})"
    assert notice == f"sources.csv row 3, column date: 'fact' is stale (2029-03-01): on it rest {rows}"


def test_rows_that_are_not_interpolated_are_of_their_year_alone(tmp_path: Path) -> None:
    """Bug: the fleet of 2027, counted in 2029, is stale, since its table ends before the case does."""
    case = dated(chain([Link("wafers", 100.0)], data_date="2031-06-30"), fact="2029-03-01")
    add(case, "fleet", accelerator="chip", region="home", installed_year=2027, units=1, unit_cost_usd=1, source="fact")
    assert said(case, tmp_path / "past") == []
    case.tables["fleet"][0]["installed_year"] = 2029
    assert len(said(case, tmp_path / "later")) == 1


@pytest.mark.parametrize("settings", [{}, {"data_date": "2031-06-30"}], ids=["no date", "beside"])
def test_nothing_is_said_without_a_date_or_of_what_the_solve_does_not_see(
    settings: dict[str, Value], tmp_path: Path
) -> None:
    """Bug: a case without `data_date` is compared with today, or what it is compared with counts as input."""
    case = dated(chain([Link("wafers", 100.0)], **settings), fact="2020-01-01", undated=None)
    if settings:
        for source in ("fact", "undated"):
            add(case, "press", year=FIRST, stage="wafers", story="short", source=source)
    else:
        resting(case, "wafers", "fact")
    assert said(case, tmp_path) == []


def test_a_share_is_limited_by_what_limits_the_whole(tmp_path: Path) -> None:
    """Bug: behind a share of packaging stands its own row alone, not the capacity of which it is a share."""
    case = dated(edited(half_of_packaging(), data_date="2031-06-30"), fact="2029-03-01", contract="2029-04-01")
    resting(case, "packaging", "fact")
    case.tables["allocation"][0]["source"] = "contract"
    read = loaded(case, tmp_path)
    tables_on = Staleness(read).tables_on
    assert tables_on(rows_behind(read, "pack_share")) == {"fact": {"capacity": 1}, "contract": {"allocation": 1}}
    assert tables_on(rows_behind(read, "packaging")) == {"fact": {"capacity": 1}}
    assert tables_on(rows_behind(read, "demand")) == tables_on(rows_behind(read, "unresolved")) == {}
