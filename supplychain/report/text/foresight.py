"""One case with several foresights side by side: net benefit, what binds, what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supplychain.case.foresight import PERFECT, in_words
from supplychain.plan.bottlenecks import LEVELS
from supplychain.report.formats import COUNTS, TOKENS, USD, case_title, number, unit_for, with_sign_grouped
from supplychain.report.names import TOTALS, Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.study.foresight import ForesightStudy

_NAME = 30
"""Characters of a group, or of a stage."""

_SERVED = (
    ("Tokens served", "served_ttok", TOKENS),
    ("Research done, H100-equivalent years", "served_h100e_years", COUNTS),
)


def text(study: ForesightStudy) -> str:
    """Return the study as text for a terminal."""
    lines = [case_title(study.case.settings), *said(study)]
    for title, table in sections(study):
        lines += ["", title, *table.text(WIDTH)]
    return "\n".join(lines)


def said(study: ForesightStudy) -> list[str]:
    """Return which foresight is the case's own, and how the others stand beside it."""
    return [
        f"The case is solved with {in_words(study.case.settings.foresight_years)}; the others stand beside it.",
        "Years: how many are seen when a year is decided, its own included. `=`: as in the case.",
    ]


def called(foresight: str) -> str:
    """Return a foresight of the tables in words.

    >>> called("perfect"), called("3"), called("1")
    ('perfect', '3 years', '1 year')
    """
    return foresight if foresight == PERFECT else in_words(int(foresight)).removesuffix(" of foresight")


def sections(study: ForesightStudy) -> list[tuple[str, TextTable]]:
    """Return titles and tables: foresights down, the farthest first, years across."""
    rows = {row["foresight"]: row for row in records(study.totals)}
    names = {key: called(key) + " (the case)" * bool(row["own"]) for key, row in rows.items()}
    own = next(row for row in rows.values() if row["own"])
    size, unit = unit_for([row[total] for row in rows.values() for total in TOTALS], USD)
    settings, numbers = study.case.settings, frozenset(range(1, 1 + len(TOTALS)))
    totals = [
        [
            names[key],
            *(
                number(row[total] / size)
                + ("" if row["own"] else f" ({with_sign_grouped((row[total] - own[total]) / size, 2)})")
                for total in TOTALS
            ),
        ]
        for key, row in rows.items()
    ]
    horizon = f"{settings.first_year}-{settings.last_year}"
    title = f"Net benefit is value served less total cost, over {horizon}, discounted; {unit}"
    titled = [(title, TextTable(["foresight", *TOTALS.values()], totals, numbers))]
    titled += _binding(study, names)
    years = list(study.case.report_years)
    for title, quantity, units in _SERVED:
        by = {(row["foresight"], row["year"]): row[quantity] for row in records(study.service)}
        if any(by.values()):
            size, unit = unit_for(by.values(), units)
            cells = [[name, *(number(by[key, t] / size) for t in years)] for key, name in names.items()]
            header = ["foresight", *map(str, years)]
            titled.append((f"{title}, {unit}".rstrip(", "), TextTable(header, cells, frozenset(range(1, len(header))))))
    return titled


def _binding(study: ForesightStudy, names: Mapping[str, str]) -> list[tuple[str, TextTable]]:
    """Return which group binds, then which stage does, where that says more of any."""
    labels, years = Names(study.case), list(study.case.report_years)
    rows = {(row["level"], row["foresight"], row["year"]): row for row in records(study.labels)}
    own = next(row["foresight"] for row in records(study.totals) if row["own"])
    stage, group = LEVELS

    def table(level: str) -> TextTable:
        def cell(key: str, t: int) -> str:
            row = rows[level, key, t]
            if row["same"] and key != own:
                return "="
            return (labels.groups if level == group else labels.members)(row["members"], _NAME)

        return TextTable(
            ["foresight", *map(str, years)], [[name, *(cell(key, t) for t in years)] for key, name in names.items()]
        )

    titled = [("What binds (group)", table(group))]
    pairs = [(rows[group, key, t]["members"], rows[stage, key, t]["members"]) for key in names for t in years]
    if not all(labels.alike(*pair) for pair in pairs):
        titled.append(("What binds (stage, at central values)", table(stage)))
    return titled
