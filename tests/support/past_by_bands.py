"""What the README of the back-cast says of joint draws: written from the study that is kept beside the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages import from_study
from paths import BACKCAST

from supplychain import schema
from supplychain.report.text.bands import label_drivers
from supplychain.report.text.observations import FORECASTS, KINDS
from supplychain.results.frames import records
from supplychain.study.bands import CENTRAL, INDEPENDENT, PRESS

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.case import Case
    from supplychain.results.answer import Answer

HEADING = "### By bands"

_RARE = 0.05
"""Probability in every year below which a group has no row."""


def files() -> dict[Path, str]:
    """Return the README with its section written anew; nothing if the study is of other inputs."""
    return from_study(BACKCAST, HEADING, "###", section)


def section(case: Case, study: Answer) -> str:
    """Return the section: coverage, scores, probabilities with their intervals, and what decides what binds."""
    said = study.summary
    lines = [
        HEADING,
        "",
        (
            "Written by `make bands`. "
            f"All {said['uncertain_numbers']:,} uncertain numbers are drawn at once, {said['draws']} times (seed "
            f"{said['seed']}), and each draw is solved from nothing: [how this is counted]"
            "(../../docs/how-sure.md#by-bands). How many published numbers the central part of the draws holds, with "
            "per cent and its 90 % interval:"
        ),
        "",
        *_coverage(study),
        "",
        _sides(study),
        "",
        (
            "The score of the bands (CRPS of logs) beside the mean error of one number, on the same independent "
            "comparisons; less is better:"
        ),
        "",
        *_scores(study),
        "",
        (
            "Per cent of draws in which a group binds, alone or with others, with the 90 % interval; bold: the press "
            "named a stage of it:"
        ),
        "",
        *_probabilities(case, study),
        "",
        (
            "The five factors that decide most of what binds, with per cent of its variance; luck alone gives up to "
            "the number in brackets:"
        ),
        "",
        *_drivers(study),
        "",
    ]
    return "\n".join(lines)


def _counted(row: dict[str, Any]) -> str:
    return f"{row['inside']} of {row['rows']} ({_with_interval(row | {'probability': row['share']})})"


def _with_interval(row: dict[str, Any]) -> str:
    return "{:.0f}; {:.0f}-{:.0f}".format(*(100 * row[name] for name in ("probability", "low", "high")))


def _coverage(study: Answer) -> list[str]:
    rows = {(row["scope"], row["nominal"]): row for row in records(study.coverage) if row["kind"] == schema.ALL}
    levels = sorted({level for _, level in rows})
    return [
        "| Central part of draws | Independent | All |",
        "|---|---|---|",
        *(
            f"| {100 * level:.0f} % | {_counted(rows[INDEPENDENT, level])} | {_counted(rows[schema.ALL, level])} |"
            for level in levels
        ),
    ]


def _sides(study: Answer) -> str:
    """Return on which side of the draws published numbers are."""
    rows = {row["nominal"]: row for row in records(study.reliability) if row["scope"] == INDEPENDENT}
    low, middle, high = (rows[level]["below"] for level in (0.1, 0.5, 0.9))
    return (
        f"Of {rows[0.5]['rows']} independent numbers {middle} are below the median of the draws, {low} below their 10 "
        f"% and {high} below their 90 % quantile; of a reliable model it would be half, a tenth and nine tenths."
    )


def _scores(study: Answer) -> list[str]:
    names = {CENTRAL: "the model at central values", **FORECASTS}
    shown = [row for row in records(study.crps) if row["forecast"] == CENTRAL or row["kind"] == schema.ALL]
    return [
        "| Beside | Kind | Comparisons | CRPS of the bands | Error of one number |",
        "|---|---|---|---|---|",
        *(
            f"| {names[row['forecast']]} | {KINDS[row['kind']]} | {row['rows']} | {row['crps']:.2f} | "
            f"{row['forecast_error']:.2f} |"
            for row in shown
        ),
    ]


def _probabilities(case: Case, study: Answer) -> list[str]:
    rows = records(study.press_probability)
    groups = {(row["name"], row["year"]): row for row in rows if row["level"] == "group"}
    years = list(case.report_years)
    most = {name: max(row["probability"] for (of, _), row in groups.items() if of == name) for name, _ in groups}
    shown = sorted((name for name in most if most[name] >= _RARE), key=lambda name: (-most[name], name))
    named = {row["year"]: row for row in rows if row["level"] == PRESS}
    table = [
        *((name.replace("_", " "), [groups.get((name, t)) for t in years]) for name in shown),
        ("one or more stages that the press named", [named.get(t) for t in years]),
    ]
    return [
        f"| | {' | '.join(map(str, years))} |",
        f"|---|{'---|' * len(years)}",
        *(f"| {name} | {' | '.join(map(_cell, cells))} |" for name, cells in table),
    ]


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "0"
    text = f"{100 * row['probability']:.0f} ({100 * row['low']:.0f}-{100 * row['high']:.0f})"
    return f"**{text}**" if row["press"] and row["level"] != PRESS else text


def _drivers(study: Answer) -> list[str]:
    by_year: dict[int, list[dict[str, Any]]] = {}
    for row in label_drivers(records(study.drivers)):
        by_year.setdefault(int(row["year"]), []).append(row)
    lines = ["| Year | Factors |", "|---|---|"]
    for year, rows in by_year.items():
        listed = ", ".join(f"`{row['factor']}` {100 * row['share']:.0f}" for row in rows)
        lines.append(f"| {year} | {listed} ({100 * rows[0]['noise_floor']:.0f}) |")
    return lines
