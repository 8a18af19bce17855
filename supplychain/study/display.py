"""What a notebook shows of a comparison, of a regret and of a sensitivity: tables, and a chart of what matters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import markup
from supplychain.plan.display import table
from supplychain.plan.show import dollars, number
from supplychain.schema import ALL

if TYPE_CHECKING:
    from supplychain.study.compare import Comparison
    from supplychain.study.sensitivity import Sensitivity
    from supplychain.study.signed import Regret

_DRAWN = (("average_usd_per_mtok", "USD per 10^6 tokens, average"), ("served_ttok", "Tokens served, 10^12"))
_TOP = 15
"""Bars of a tornado."""


def of_comparison(found: Comparison) -> str:
    """Return what binds in each answer, what it costs and serves by year, and which changes did it."""
    first = found.names[0]
    labels = _records(found.labels[found.labels["level"] == "stage"])
    binds = {(row["answer"], row["year"]): row["label"] for row in labels}
    binds |= {(first, row["year"]): row["reference"] for row in labels}
    years = sorted({year for _, year in binds})
    rows = [[name, *(binds.get((name, t), "") for t in years)] for name in found.names]
    parts = ["<h4>What binds</h4>", table(pd.DataFrame(rows, columns=["", *map(str, years)]))]
    for quantity, title in _DRAWN:
        asked = _records(found.results[(found.results["quantity"] == quantity) & (found.results["item"] == ALL)])
        values = {(row["answer"], row["year"]): row["value"] for row in asked}
        values |= {(first, row["year"]): row["reference"] for row in asked}
        series = {name: [values.get((name, t), math.nan) for t in years] for name in found.names}
        parts.append(markup.lines(title, years, series, number))
    if len(found.attribution):
        parts += ["<h4>What each group of changes adds, USD</h4>", table(found.attribution)]
    return _page(parts)


def of_regret(found: Regret) -> str:
    """Return what signing cost beside having known, year by year, and what is stranded."""
    regret = [(str(row["year"]), row["regret_usd"]) for row in _records(found.costs)]
    said = f"Regret beside having known: {dollars(found.regret_usd)}, discounted, with what is left unserved"
    parts = [f"<b>{said}</b>", markup.bars("Cost of the year beside having known", regret, dollars)]
    return _page([*parts, table(found.costs), "<h4>Stranded</h4>", table(found.stranded)])


def of_sensitivity(found: Sensitivity) -> str:
    """Return the inputs that move the cost per token most, and how firm the labels are."""
    name = "cost_usd_per_mtok"
    swings = [
        (max(abs(x) for x in ends if not math.isnan(x)), row["input"], ends)
        for row in _records(found.tornado)
        if not all(map(math.isnan, ends := (row[f"{name}_low"], row[f"{name}_high"])))
    ]
    top = sorted(swings, key=lambda one: (-one[0], one[1]))[:_TOP]
    bars = [(f"{which}  {end}", x) for _, which, ends in top for end, x in zip(("low", "high"), ends, strict=True)]
    title = "Change of USD per 10^6 tokens at the ends of a range"
    return _page(
        [markup.bars(title, bars, number), "<h4>Labels, and how many moves keep them</h4>", table(found.labels)]
    )


def _page(parts: list[str]) -> str:
    return "".join(f"<div>{part}</div>" for part in parts)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
