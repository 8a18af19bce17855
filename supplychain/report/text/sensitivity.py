"""What cost, service and labels hang on, on one screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report.formats import amount, number, plain
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    import pandas as pd

    from supplychain.study.sensitivity import Sensitivity


def text(found: Sensitivity, top: int = 15) -> str:
    """Return the labels, the `top` inputs by what they do to cost and to service, and the weak ones that decide."""
    s, now = found.case.settings, found.central
    cost, served = now["cost_usd_per_mtok"], now["served_ttok"]
    answer = f"{number(cost)} USD per 10^6 tokens, {amount(served)} x 10^12 tokens served"
    lines = [plain(f"{s.title} ({s.name})"), f"{s.first_year}-{s.report_last_year}: {answer}"]
    rebuilt, from_nothing = (found.summary[name] for name in ("rebuilt", "from_nothing"))
    if rebuilt:
        lines.append(f"{rebuilt} moves change more than numbers: for each the model was built anew")
    if from_nothing:
        lines.append(f"{from_nothing} moves failed their certificate at first and were solved again from nothing")
    for name, table in (
        ("Labels, and how many of the moves keep them", _labels(found)),
        (
            "USD per 10^6 tokens, change in %, at the ends of a range",
            _tornado(found.tornado, "cost_usd_per_mtok", cost, top),
        ),
        ("Tokens served, change in %, at the ends of a range", _tornado(found.tornado, "served_ttok", served, top)),
        ("Weak evidence that changes a label", _weak(found.weak.head(top))),
    ):
        lines += ["", name, *(table.text() if table.rows else ["none"])]
    return "\n".join(lines)


def _labels(found: Sensitivity) -> TextTable:
    rows = [
        [str(row["year"]), row["level"], row["label"], f"{row['keeps']} of {row['moves']}", row["others"]]
        for row in records(found.labels)
    ]
    return TextTable(["year", "level", "label", "kept", "else"], rows, frozenset({3}))


def _tornado(tornado: pd.DataFrame, what: str, now: float, top: int) -> TextTable:
    ends = [f"{what}_low", f"{what}_high"]
    swing = tornado[ends].abs().max(axis=1)
    order = sorted(range(len(tornado)), key=lambda n: (-swing[n], tornado["input"][n]))[:top]
    rows = [
        [row["input"], row["evidence"], *(_per_cent(row[end], now) for end in ends)]
        for row in records(tornado.iloc[[n for n in order if swing[n] > 0]])
    ]
    return TextTable(["input", "evidence", "low", "high"], rows, frozenset({2, 3}))


def _per_cent(change: float, now: float) -> str:
    if math.isnan(change) or not now > 0:
        return ""
    return f"{100 * change / now:+.1f}"


def _weak(weak: pd.DataFrame) -> TextTable:
    rows = [[row["input"], row["evidence"], str(row["labels_changed"])] for row in records(weak)]
    return TextTable(["input", "evidence", "labels changed"], rows, frozenset({2}))
