"""A back-cast on one page: what is inside its range and what is not, and which labels the data allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report.formats import amount, case_title, plain, years_seen
from supplychain.report.names import Names
from supplychain.report.text.tables import TextTable, escaped
from supplychain.results.frames import records, rows_by_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.backcast import Backcast


def text(backcast: Backcast) -> str:
    """Return a back-cast as text for a terminal."""
    title = case_title(backcast.plan.case.settings)
    lines = [title, "", f"Score: {backcast.score}", ""]
    if backcast.from_nothing:
        again = f"{backcast.from_nothing} answers failed their check at first and were solved again from the start"
        lines[-1:] = [again, ""]
    for name, _, table in _sections(backcast):
        lines += [name, *table.text(), ""]
    return "\n".join(lines[:-1])


def markdown(backcast: Backcast, changed_first: Sequence[str] = ()) -> str:
    """Return a back-cast as a page of Markdown; `changed_first` is what was changed in the case."""
    settings = backcast.plan.case.settings
    lines = [
        f"# {escaped(plain(settings.title))}",
        "",
        f"Written by `supplychain backcast` for the case `{plain(settings.name)}`; not edited by hand.",
        "",
    ]
    if changed_first:
        lines += [f"What if: {'; '.join(escaped(plain(title)) for title in changed_first)}.", ""]
    if years_seen(settings):
        lines += [years_seen(settings), ""]
    lines += [f"**Score: {backcast.score}.**", ""]
    for name, explanation, table in _sections(backcast):
        lines += [f"## {name}", "", *([explanation, ""] if explanation else []), *table.markdown(), ""]
    return "\n".join(lines)


def _sections(backcast: Backcast) -> list[tuple[str, str, TextTable]]:
    return [
        ("What binds", _EXPLANATIONS["labels"], _labels(backcast)),
        ("What would change a label first", _EXPLANATIONS["flips"], _nearest(backcast)),
        ("Independent comparisons", _EXPLANATIONS["independent"], _compared(backcast, independent=True)),
        (
            "Comparisons that share a source with an input (not counted)",
            _EXPLANATIONS["shared"],
            _compared(backcast, independent=False),
        ),
        ("Misses", _EXPLANATIONS["misses"], _misses(backcast)),
    ]


_EXPLANATIONS = {
    "labels": "What binds at central values; what the data allow to say when one input at a time is moved to the ends "
    "of its range; and what the press said.",
    "flips": "The smallest move of one input inside its range, all years together, that changes the label, found by "
    "solving again; 100 % is the end of the range. *Kept* counts, changing one input at a time, the ends of ranges "
    "that leave the label.",
    "independent": "No source of the observed number, through every chain of what it was derived from, is a source of "
    "any input.",
    "shared": "These do not count: the observed number and some input come from the same source, which is named.",
    "misses": "The input that brings the model nearest to what was observed when it alone is moved to an end of its "
    "range, and the model's number there.",
}


_NAME = 30
"""Characters of a stage."""


def _labels(backcast: Backcast) -> TextTable:
    stage, group = (rows_by_year(backcast.tables["labels"], level) for level in ("stage", "group"))
    names = Names(backcast.plan.case)
    cells = [
        [
            str(t),
            names.members(row["label"], _NAME),
            group[t]["label"],
            names.within(row["said"], _NAME),
            names.within(row["press"], _NAME),
            _agreement(row, group[t]),
        ]
        for t, row in stage.items()
    ]
    return TextTable(["year", "stage", "group", "what the data allow to say", "press", "agree"], cells)


def _agreement(stage: dict[str, Any], group: dict[str, Any]) -> str:
    if not stage["press"]:
        return ""
    return "stage" if stage["agrees"] else "group" if group["agrees"] else "no"


def _nearest(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            str(row["year"]),
            row["level"],
            _called(names, row, "label"),
            f"{row['keeps']} of {row['moves']}",
            *(
                (_called(names, row, "becomes"), f"{row['input']} to its {row['end']} end", f"{100 * row['by']:.0f}")
                if row["input"]
                else ("", "none inside its range", "")
            ),
        ]
        for row in records(backcast.tables["labels"])
    ]
    header = ["year", "level", "label", "kept", "becomes", "by moving", "% of the way"]
    return TextTable(header, cells, frozenset({3, 6}))


def _called(names: Names, row: dict[str, Any], column: str) -> str:
    """Return the label of a stage, or a group as it is."""
    return names.members(row[column], _NAME) if row["level"] == LEVELS[0] or row[column] == DEMAND else row[column]


def _compared(backcast: Backcast, *, independent: bool) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            row["quantity"],
            names.members(row["item"], _NAME) if row["quantity"].startswith("stage_") else row["item"],
            str(row["year"]),
            amount(row["model"]),
            amount(row["central"]),
            f"{amount(row['low'])} - {amount(row['high'])}",
            row["unit"],
            "" if math.isnan(row["error"]) else f"{100 * row['error']:+.0f}",
            "inside" if row["inside"] else "OUTSIDE",
            row["source"],
            *([] if independent else [row["shares"]]),
        ]
        for row in records(backcast.tables["comparisons"])
        if row["independent"] == independent
    ]
    header = ["quantity", "item", "year", "model", "observed", "range", "unit", "error %", "", "source"]
    return TextTable([*header, *([] if independent else ["shares"])], cells, frozenset({3, 4, 5, 7}))


def _misses(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            row["quantity"],
            names.members(row["item"], _NAME) if row["quantity"].startswith("stage_") else row["item"],
            str(row["year"]),
            row["source"],
            "yes" if row["independent"] else "no",
            amount(row["model"]),
            f"{amount(row['low'])} - {amount(row['high'])}",
            f"{row['cause']}, {row['cause_end']} end",
            amount(row["cause_value"]),
            "inside" if row["cause_inside"] else "outside",
        ]
        for row in records(backcast.tables["comparisons"])
        if not row["inside"] and isinstance(row["cause"], str)
    ]
    header = [
        *("quantity", "item", "year", "source", "independent", "model", "range", "nearest input", "model then", ""),
    ]
    return TextTable(header, cells, frozenset({5, 6, 8}))
