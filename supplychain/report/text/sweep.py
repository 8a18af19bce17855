"""A sweep as text: net benefit, then along one axis where the label changes, over two the map of what binds."""

from __future__ import annotations

import math
import string
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan.measures import CASH_LEFT, GAP, KEPT, MARGIN, OPERATING, REVENUE, UNUSED
from supplychain.plan.measures import TOKENS as TOKENS_SERVED
from supplychain.report.formats import COUNTS, TOKENS, USD, case_title, number, plain, unit_for
from supplychain.report.names import TOTALS, Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.schema import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from supplychain.case import Case

_LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits
_FLAT = 2
"""Axes of a map."""
_BENEFIT = next(iter(TOTALS))
_WORKLOAD = 16
"""Characters of a workload."""
_CALLED: Sequence[tuple[str, Sequence[int]]] = (("stage", ()), ("brief", (30,)))
"""What a stage is called in whole, and in a column."""
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
    names, of_points = Names(case), records(points.drop_duplicates("point"))
    lines += ["", *_totals(of_points, axes, is_map=len(axes) == _FLAT and summary["grid"])]
    served = _served(names, points)
    for t, rows in points.groupby("year"):
        year_rows = [
            row | {name: names.members(row["stage"], *longest) if row["stage"] else "" for name, longest in _CALLED}
            for row in records(rows)
        ]
        if len(axes) == 1:
            lines += ["", f"{t}, along {axes[0]['target']}", served.scales, *_line(year_rows, axes[0], served)]
            lines += _books(year_rows, axes[0])
        elif len(axes) == _FLAT and summary["grid"]:
            lines += ["", f"{t}: down {axes[0]['target']}, across {axes[1]['target']}", *_map(year_rows, *axes)]
        else:
            lines += ["", f"{t}: what binds, and at how many points", *_counts(year_rows)]
    return "\n".join(lines)


def _totals(points: Sequence[Mapping[str, Any]], axes: Sequence[Mapping[str, Any]], *, is_map: bool) -> list[str]:
    """Return net benefit, value and cost along an axis; over two net benefit; where that is no table, its ends."""
    size, unit = unit_for([row[name] for row in points for name in TOTALS if not math.isnan(row[name])], USD)
    title = f"Net benefit is value served less total cost, over the whole horizon, discounted; {unit}"
    if len(axes) == 1:
        axis = axes[0]
        cells = [
            [_value(row[axis["target"]], axis), *(number(row[quantity] / size) for quantity in TOTALS)]
            for row in sorted(points, key=lambda row: row[axis["target"]])
        ]
        return [title, *TextTable(["value", *TOTALS.values()], cells, frozenset(range(1 + len(TOTALS)))).text()]
    lines = _benefits(points, axes, size) if is_map else []
    if lines and max(map(len, lines)) <= WIDTH:
        return [f"Net benefit, over the whole horizon, discounted; {unit}", *lines]
    answered = [row for row in points if not math.isnan(row[_BENEFIT])]
    ends = [end(answered, key=lambda row: row[_BENEFIT]) for end in (min, max)] if answered else []
    return [title, " to ".join(f"{number(row[_BENEFIT] / size)} (point {row['point']})" for row in ends)]


def _benefits(points: Sequence[Mapping[str, Any]], axes: Sequence[Mapping[str, Any]], size: float) -> list[str]:
    """Return a map of net benefit, laid out as that of what binds."""
    down, across = axes
    width = len({row[across["target"]] for row in points})
    header = ["", *(_value(row[across["target"]], across) for row in points[:width])]
    cells = [
        [_value(points[n][down["target"]], down), *(number(row[_BENEFIT] / size) for row in points[n : n + width])]
        for n in range(0, len(points), width)
    ]
    return TextTable(header, cells, frozenset(range(1 + width))).text()


@dataclass(frozen=True)
class _Served:
    """What is served along an axis: by column, what it is called and its scale; and what the scales are."""

    columns: Mapping[str, tuple[str, float]]
    scales: str


def _served(names: Names, points: pd.DataFrame) -> _Served:
    """Return what is served of each workload, all in one scale, and of research."""
    begin = f"{TOKENS_SERVED}["
    tokens = {
        column: column.removeprefix(begin).removesuffix("]")
        for column in map(str, points.columns)
        if column.startswith(begin)
    }
    size, unit = unit_for(points[list(tokens)].max().dropna(), TOKENS)
    columns = {column: (names.workload(w, _WORKLOAD), size) for column, w in tokens.items()}
    scales = f"Tokens in {unit}"
    research = f"{RESEARCH_DONE}[{ALL}]"
    if research in points:
        size, unit = unit_for(points[research].dropna(), COUNTS)
        columns[research] = "research", size
        scales += f", research in {plain(f'{unit} H100-equivalent years')}"
    return _Served(columns, scales)


def _line(rows: Sequence[Mapping[str, Any]], axis: Mapping[str, Any], served: _Served) -> list[str]:
    name = axis["target"]
    rows = sorted(rows, key=lambda row: row[name])
    cells = [
        [
            _value(row[name], axis),
            *("" if row["stage"] == "" else number(row[column] / size) for column, (_, size) in served.columns.items()),
            number(row["cost_usd_per_mtok"]),
            row["brief"] or _NO_ANSWER,
        ]
        for row in rows
    ]
    called = [name for name, _ in served.columns.values()]
    heads = ["value", *called, "USD per million tokens", "what binds"]
    table = TextTable(heads, cells, frozenset(range(len(heads) - 1)))
    changes = [
        f"between {_value(row[name], axis)} and {_value(next_row[name], axis)}: "
        f"first {row['brief']}, then {next_row['brief']}"
        for row, next_row in pairwise(rows)
        if row["stage"] != next_row["stage"] and row["stage"] and next_row["stage"]
    ]
    return [*table.text(WIDTH), *(changes or ["the same binds at every value"])]


def _books(rows: Sequence[Mapping[str, Any]], axis: Mapping[str, Any]) -> list[str]:
    """Return the books of an owner along an axis; nothing of a case without prices."""
    named = [(head, f"{quantity}[{ALL}]") for head, quantity in _OWNERS if f"{quantity}[{ALL}]" in rows[0]]
    if not named or named[0][0] != _OWNERS[0][0]:
        return []
    money = [row[column] for row in rows for head, column in named if not head.startswith("margin")]
    size, unit = unit_for([x for x in money if not math.isnan(x)], USD)
    cells = [
        [
            _value(row[axis["target"]], axis),
            *(number(row[column] * 100 if head.startswith("margin") else row[column] / size) for head, column in named),
        ]
        for row in sorted(rows, key=lambda row: row[axis["target"]])
    ]
    table = TextTable(["value", *(head for head, _ in named)], cells, frozenset(range(len(named) + 1)))
    return [f"The owner's books, {unit}", *table.text(WIDTH)]


_OWNERS = (
    ("revenue", REVENUE),
    ("kept", KEPT),
    ("margin, %", MARGIN),
    ("operating", OPERATING),
    ("cash", CASH_LEFT),
    ("missing", GAP),
    ("owed, not used", UNUSED),
)
"""What of the books is shown, and what its column is called."""


def _map(rows: Sequence[Mapping[str, Any]], down: Mapping[str, Any], across: Mapping[str, Any]) -> list[str]:
    letter = _lettered(rows)
    width = len({row[across["target"]] for row in rows})
    across_values = [_value(row[across["target"]], across) for row in rows[:width]]
    cells = [
        [_value(line[0][down["target"]], down), *(letter[row["stage"]] for row in line)]
        for line in (rows[n : n + width] for n in range(0, len(rows), width))
    ]
    lines = TextTable(["", *across_values], cells, frozenset(range(width + 1))).text()
    if max(map(len, lines)) > WIDTH:
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
