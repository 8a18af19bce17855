"""What cost, service and labels hang on, on one screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report.formats import TOKENS, case_title, number, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from supplychain.study.sensitivity import Sensitivity


_NAME = 36
"""Characters of a stage."""


def text(sensitivity: Sensitivity, top: int = 15) -> str:
    """Return the labels, the `top` inputs by what they do to cost and to service, and the weak ones that decide."""
    settings, central = sensitivity.case.settings, sensitivity.central
    cost, served = central["cost_usd_per_mtok"], central["served_ttok"]
    size, unit = unit_for([served], TOKENS)
    lines = [
        case_title(settings),
        f"{settings.first_year}-{settings.report_last_year}, average cost: {number(cost)} USD per million tokens",
        f"{settings.first_year}-{settings.report_last_year}, tokens served: {number(served / size)} {unit}",
        "What follows changes one input at a time, to the low or the high end of its range; all others stay.",
    ]
    rebuilt, from_nothing = (sensitivity.summary[name] for name in ("rebuilt", "from_nothing"))
    if rebuilt:
        lines.append(f"{rebuilt} of these changes needed a new model")
    if from_nothing:
        lines.append(f"{from_nothing} answers failed their check at first and were solved again from the start")
    for name, table in (
        ("What binds, and how many changes of one input at a time keep it", _labels(sensitivity)),
        (
            "Average cost per million tokens: change in %, one input at a time at the ends of its range",
            _tornado(sensitivity.tornado, "cost_usd_per_mtok", cost, top),
        ),
        (
            "Tokens served: change in %, one input at a time at the ends of its range",
            _tornado(sensitivity.tornado, "served_ttok", served, top),
        ),
        ("Inputs with weak evidence (estimated or assumed) that change what binds", _weak(sensitivity.weak.head(top))),
        *_stale(sensitivity, top),
    ):
        lines += ["", name, *(table.text() if table.rows else ["none"])]
    return "\n".join(lines)


def _labels(sensitivity: Sensitivity) -> TextTable:
    names = Names(sensitivity.case)

    def called(level: str, label: str) -> str:
        return names.members(label, _NAME) if level == LEVELS[0] or label == DEMAND else label

    rows = [
        [
            str(row["year"]),
            row["level"],
            called(row["level"], row["label"]),
            f"{row['keeps']} of {row['moves']}",
            "; ".join(called(row["level"], other) for other in row["others"].split(", ") if other),
        ]
        for row in records(sensitivity.labels)
    ]
    return TextTable(["year", "level", "binds", "kept by", "else binds"], rows, frozenset({3}))


def _tornado(tornado: pd.DataFrame, quantity: str, central: float, top: int) -> TextTable:
    ends = [f"{quantity}_low", f"{quantity}_high"]
    swing = tornado[ends].abs().max(axis=1)
    order = sorted(range(len(tornado)), key=lambda n: (-swing[n], tornado["input"][n]))[:top]
    rows = [
        [row["input"], row["evidence"], *(_per_cent(row[end], central) for end in ends)]
        for row in records(tornado.iloc[[n for n in order if swing[n] > 0]])
    ]
    return TextTable(["input", "evidence", "low", "high"], rows, frozenset({2, 3}))


def _per_cent(change: float, central: float) -> str:
    if math.isnan(change) or not central > 0:
        return ""
    return f"{100 * change / central:+.1f}"


def _stale(sensitivity: Sensitivity, top: int) -> Iterator[tuple[str, TextTable]]:
    """Yield the inputs that rest on stale sources and change a label, and how many; nothing if no source can be."""
    data_date = sensitivity.case.settings.data_date
    if data_date is None:
        return
    deciding = sensitivity.tornado[sensitivity.tornado["labels_changed"] > 0]
    stale = deciding[deciding["stale"] != ""].sort_values("labels_changed", ascending=False, kind="stable")
    rows = [
        [row["input"], str(row["labels_changed"]), _first(row["stale"].split())] for row in records(stale.head(top))
    ]
    heading = f"Inputs that change what binds and rest on stale sources, more than a year older than {data_date}: "
    yield (
        f"{heading}{len(stale)} of {len(deciding)}",
        TextTable(["input", "labels changed", "oldest stale source"], rows, frozenset({1})),
    )


def _first(sources: list[str]) -> str:
    more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
    return f"{sources[0]}{more}"


def _weak(weak: pd.DataFrame) -> TextTable:
    rows = [[row["input"], row["evidence"], str(row["labels_changed"])] for row in records(weak)]
    return TextTable(["input", "evidence", "labels changed"], rows, frozenset({2}))
