"""What the README of the shipped case says of joint draws: written from the study that is kept beside the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pages import from_study
from paths import BASE

from supplychain import schema
from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import CASH, TOKENS
from supplychain.report.formats import number
from supplychain.results.frames import records
from supplychain.study.draws import PER_MTOK
from supplychain.study.uncertainty import ANY, EVERY_YEAR, LABEL

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.case import Case
    from supplychain.results.answer import Answer

HEADING = "## How sure: all numbers drawn at once"

_RARE = 0.05
"""Probability in every year below which a label has no row."""

_SHOWN = 5
"""Factors of each quantity."""

_QUANTITIES = (
    (TOKENS, "Tokens served, 10^15", 1e3),
    (PER_MTOK, "Average cost, USD per million tokens", 1.0),
    (CASH, "Cash spent, bn USD", 1e9),
)


def files() -> dict[Path, str]:
    """Return the README with its section written anew; nothing if the study is of other inputs."""
    return from_study(BASE, HEADING, "##", section)


def section(case: Case, study: Answer) -> str:
    """Return the section: probabilities with their errors, bands, and what decides what binds and what it costs."""
    said = study.summary
    lines = [
        HEADING,
        "",
        (
            f"Written by `make bands`. All {said['uncertain_numbers']:,} uncertain numbers are drawn at once, "
            f"{said['draws']:,} times (seed {said['seed']}), and each draw is solved from nothing: "
            "[how that is done](../../docs/uncertainty.md). Per cent of draws in which a stage is what binds, with the "
            "90 % interval; bold: at central values:"
        ),
        "",
        *_probabilities(case, study, LEVELS[0]),
        "",
        "The same by group, all stages of a group relieved together:",
        "",
        *_probabilities(case, study, LEVELS[1]),
        "",
        "What is served, what it costs and what is spent: 10 %, 50 % and 90 % points of the draws.",
        "",
        *_bands(case, study),
        "",
        (
            "The factors, up to five, that decide most of what binds in each year, and of numbers of the last year, "
            "with per cent of the variance that each explains by itself; luck alone gives up to what is in brackets:"
        ),
        "",
        *_drivers(case, study),
        "",
    ]
    return "\n".join(lines)


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]


def _probabilities(case: Case, study: Answer, level: str) -> list[str]:
    years = list(case.report_years)
    rows = records(study.binding_probability)
    cells = {(row["members"], row["year"]): row for row in rows if row["level"] == level}
    most = {name: max(row["probability"] for (of, _), row in cells.items() if of == name) for name, _ in cells}
    shown = sorted((name for name in most if most[name] >= _RARE), key=lambda name: (-most[name], name))
    table = [[f"`{name}`", *(_cell(cells.get((name, t))) for t in years)] for name in shown]
    if level == LEVELS[0]:
        of_all = {row["members"]: row for row in rows if row["level"] == EVERY_YEAR}
        for name in dict.fromkeys(row["members"] for row in rows if row["level"] == ANY and " | " in row["members"]):
            by_year = {row["year"]: row for row in rows if row["level"] == ANY and row["members"] == name}
            stages = " or ".join(f"`{stage}`" for stage in name.split(" | "))
            table.append([stages, *(_cell(by_year.get(t)) for t in years)])
            table.append(["these in every year", _cell(of_all.get(name)), *[""] * (len(years) - 1)])
        table += [[f"`{m}` in every year", _cell(of_all.get(m)), *[""] * (len(years) - 1)] for m in shown[:2]]
    return _table(["", *map(str, years)], table)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "0"
    text = "{:.0f} ({:.0f}-{:.0f})".format(*(100 * row[name] for name in ("probability", "low", "high")))
    return f"**{text}**" if row["central"] else text


def _bands(case: Case, study: Answer) -> list[str]:
    years = list(case.report_years)
    rows = {(row["quantity"], row["year"]): row for row in records(study.distributions) if row["item"] == schema.ALL}
    table = [
        [name, *(" / ".join(number(rows[quantity, t][p] / size) for p in ("p10", "p50", "p90")) for t in years)]
        for quantity, name, size in _QUANTITIES
    ]
    undefined = [f"{100 * rows[PER_MTOK, t]['undefined_share']:.1f} %" for t in years]
    table.append(["Draws in which no token is served", *undefined])
    return _table(["", *map(str, years)], table)


def _drivers(case: Case, study: Answer) -> list[str]:
    last = case.report_years[-1]
    asked = [(t, LABEL, f"{t}: what binds") for t in case.report_years]
    asked += [(last, quantity, f"{last}: {name.lower().partition(',')[0]}") for quantity, name, _ in _QUANTITIES]
    table = []
    for year, quantity, name in asked:
        rows = [row for row in records(study.drivers) if (row["year"], row["quantity"]) == (year, quantity)]
        listed = [
            f"`{row['factor'].removesuffix('[]')}` {100 * row['share']:.0f}"
            for row in rows
            if row["rank"] <= _SHOWN and row["above_floor"]
        ]
        table.append([name, f"{', '.join(listed)} ({100 * rows[0]['noise_floor']:.0f})"])
    return _table(["Of", "Factors"], table)
