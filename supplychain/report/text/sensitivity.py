"""What cost, service and labels hang on, on one screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report.formats import amount, case_title, number
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records

if TYPE_CHECKING:
    import pandas as pd

    from supplychain.study.sensitivity import Sensitivity


def text(sensitivity: Sensitivity, top: int = 15) -> str:
    """Return the labels, the `top` inputs by what they do to cost and to service, and the weak ones that decide."""
    settings, central = sensitivity.case.settings, sensitivity.central
    cost, served = central["cost_usd_per_mtok"], central["served_ttok"]
    answer = f"{number(cost)} USD per 10^6 tokens, {amount(served)} x 10^12 tokens served"
    lines = [case_title(settings), f"{settings.first_year}-{settings.report_last_year}: {answer}"]
    rebuilt, from_nothing = (sensitivity.summary[name] for name in ("rebuilt", "from_nothing"))
    if rebuilt:
        lines.append(f"{rebuilt} moves change more than numbers: for each the model was built anew")
    if from_nothing:
        lines.append(f"{from_nothing} moves failed their certificate at first and were solved again from nothing")
    for name, table in (
        ("Labels, and how many of the moves keep them", _labels(sensitivity)),
        (
            "USD per 10^6 tokens, change in %, at the ends of a range",
            _tornado(sensitivity.tornado, "cost_usd_per_mtok", cost, top),
        ),
        (
            "Tokens served, change in %, at the ends of a range",
            _tornado(sensitivity.tornado, "served_ttok", served, top),
        ),
        ("Weak evidence that changes a label", _weak(sensitivity.weak.head(top))),
    ):
        lines += ["", name, *(table.text() if table.rows else ["none"])]
    return "\n".join(lines)


def _labels(sensitivity: Sensitivity) -> TextTable:
    rows = [
        [str(row["year"]), row["level"], row["label"], f"{row['keeps']} of {row['moves']}", row["others"]]
        for row in records(sensitivity.labels)
    ]
    return TextTable(["year", "level", "label", "kept", "else"], rows, frozenset({3}))


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


def _weak(weak: pd.DataFrame) -> TextTable:
    rows = [[row["input"], row["evidence"], str(row["labels_changed"])] for row in records(weak)]
    return TextTable(["input", "evidence", "labels changed"], rows, frozenset({2}))
