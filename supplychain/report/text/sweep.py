"""A sweep as text: along one axis where the label changes, over two the map of what binds."""

from __future__ import annotations

import string
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from supplychain.report.formats import TOKENS, case_title, number, plain, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from supplychain.case import Case

_LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_WIDTH = 100
"""Characters of a line that a map with names on top may have; wider ones name the ends alone."""
_NO_ANSWER, _MORE = ".", "+"
"""Marks of points without an answer, and of labels for which no letter is left."""


def text(case: Case, points: pd.DataFrame) -> str:
    """Return a table of each year for one axis, a map for a grid of two, and for others how often each stage binds."""
    summary = points.attrs["summary"]
    axes = summary["axes"]
    lines = [
        case_title(case.settings),
        f"{summary['points']} points, {summary['checked']} of them also solved from nothing",
    ]
    if summary["rebuilt"]:
        lines.append(f"{summary['rebuilt']} change more than numbers: for each the model was built anew")
    if summary["from_nothing"]:
        lines.append(f"{summary['from_nothing']} failed their certificate at first and were solved again from nothing")
    if summary["without_answer"]:
        why = points.loc[points["stage"] == "", "status"].iloc[0]
        lines.append(f"{summary['without_answer']} points have no answer; the first: {plain(why)}")
    names, tokens = Names(case), unit_for(points["served_ttok"].dropna(), TOKENS)
    for t, rows in points.groupby("year"):
        year_rows = [row | {"stage": names.members(row["stage"]) if row["stage"] else ""} for row in records(rows)]
        if len(axes) == 1:
            lines += ["", f"{t}, along {axes[0]['target']}", *_line(year_rows, axes[0], tokens)]
        elif len(axes) == 2 and summary["grid"]:  # noqa: PLR2004 - a map is flat
            lines += ["", f"{t}: down {axes[0]['target']}, across {axes[1]['target']}", *_map(year_rows, *axes)]
        else:
            lines += ["", f"{t}: what binds, and at how many points", *_counts(year_rows)]
    return "\n".join(lines)


def _line(rows: Sequence[Mapping[str, Any]], axis: Mapping[str, Any], tokens: tuple[float, str]) -> list[str]:
    name, (size, unit) = axis["target"], tokens
    rows = sorted(rows, key=lambda row: row[name])
    cells = [
        [
            _value(row[name], axis),
            row["stage"] or _NO_ANSWER,
            number(row["cost_usd_per_mtok"]),
            "" if row["stage"] == "" else number(row["served_ttok"] / size),
        ]
        for row in rows
    ]
    heads = ["value", "what binds", "USD per million tokens", f"tokens served, {unit}"]
    table = TextTable(heads, cells, frozenset({0, 2, 3}))
    changes = [
        f"between {_value(row[name], axis)} and {_value(next_row[name], axis)}: "
        f"first {row['stage']}, then {next_row['stage']}"
        for row, next_row in pairwise(rows)
        if row["stage"] != next_row["stage"] and row["stage"] and next_row["stage"]
    ]
    return [*table.text(), *(changes or ["the same binds at every value"])]


def _map(rows: Sequence[Mapping[str, Any]], down: Mapping[str, Any], across: Mapping[str, Any]) -> list[str]:
    letter = _lettered(rows)
    width = len({row[across["target"]] for row in rows})
    across_values = [_value(row[across["target"]], across) for row in rows[:width]]
    cells = [
        [_value(line[0][down["target"]], down), *(letter[row["stage"]] for row in line)]
        for line in (rows[n : n + width] for n in range(0, len(rows), width))
    ]
    lines = TextTable(["", *across_values], cells, frozenset(range(width + 1))).text()
    if max(map(len, lines)) > _WIDTH:
        narrow = [[row[0], "".join(row[1:])] for row in cells]
        lines = TextTable(["", f"{across_values[0]} to {across_values[-1]}"], narrow, frozenset({0})).text()
    return [*lines, *(f"{mark} {stage or 'no answer'}" for stage, mark in letter.items())]


def _lettered(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a letter for each stage, in the order in which they come."""
    names = [name for name in dict.fromkeys(row["stage"] for row in rows) if name]
    letters = {name: _LETTERS[n] if n < len(_LETTERS) else _MORE for n, name in enumerate(names)}
    return letters | ({"": _NO_ANSWER} if any(row["stage"] == "" for row in rows) else {})


def _counts(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    stages = [row["stage"] or "no answer" for row in rows]
    by_count = sorted(dict.fromkeys(stages), key=lambda name: (-stages.count(name), name))
    return TextTable(["what binds", "points"], [[s, str(stages.count(s))] for s in by_count], frozenset({1})).text()


def _value(value: float, axis: Mapping[str, Any]) -> str:
    return f"{100 * value:.4g}%" if axis["scales"] else f"{value:.6g}"
