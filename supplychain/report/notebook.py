"""What a notebook shows of a case, of an answer and of a study: tables, and a chart of what matters."""

from __future__ import annotations

import math
from functools import singledispatch
from html import escape

import pandas as pd

from supplychain.case import Case
from supplychain.plan import Plan
from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.ladder import Curve, Ladder
from supplychain.report.charts import svg
from supplychain.report.formats import dollars, number
from supplychain.report.text.answer import overview
from supplychain.results.frames import records
from supplychain.schema import ALL
from supplychain.study.compare import Comparison
from supplychain.study.regret import Regret
from supplychain.study.sensitivity import Sensitivity

_DRAWN = (("average_usd_per_mtok", "USD per 10^6 tokens, average"), ("served_ttok", "Tokens served, 10^12"))
_TOP = 15
"""Bars of a tornado."""


@singledispatch
def html(shown: object) -> str:
    """Return a case, an answer or a study as HTML.

    Raises: TypeError if it is none of them.
    """
    raise TypeError(type(shown))


@html.register
def _(shown: Case) -> str:
    """Return its title, and how many rows each table has."""
    rows = "".join(f"<tr><td>{name}</td><td>{len(rows)}</td></tr>" for name, rows in shown.tables.items())
    return f"<b>{escape(shown.settings.title)}</b><table><tr><th>table</th><th>rows</th></tr>{rows}</table>"


@html.register
def _(shown: Ladder) -> str:
    rows = [(f"{row['rung']}  {row['lifted']}", row["gain_usd"]) for row in records(shown)]
    return svg.bars("What lifting each is worth, one after the other", rows, dollars) + _table(shown)


@html.register
def _(shown: Curve) -> str:
    x = [end for ends in zip(shown["from_pct"], shown["to_pct"], strict=True) for end in ends]
    y = [gain for gain in shown["gain_usd_per_pct"] for _ in range(2)]
    title = "What one per cent more is worth, after so many per cent"
    return svg.lines(title, x, {"gain": y}, dollars, unit=" %") + _table(shown)


@html.register
def _(shown: Plan) -> str:
    """Return its title, what binds and what tokens cost as charts, then what `solve` prints."""
    stage = [row for row in records(shown.binding) if row["level"] == "stage"]
    worth = [
        (f"{row['year']}  {row['members']}", 0.0 if row["state"] == DEMAND else row["annual_gain_usd_per_pct"])
        for row in stage
    ]
    cost = shown.token_cost[shown.token_cost["workload"] == ALL]
    names = ("average", "fully_loaded", "marginal")
    by_name = {name.replace("_", " "): list(cost[f"{name}_usd_per_mtok"]) for name in names}
    parts = [
        f"<b>{escape(shown.case.settings.title)}</b>",
        svg.bars("What one per cent more of what binds is worth, a year", worth, dollars),
        svg.lines("USD per 10^6 tokens", list(cost["year"]), by_name, number),
        *(f"<h4>{title}</h4>{rows.to_html(na_rep='')}" for title, rows in overview(shown)),
    ]
    return _page(parts)


@html.register
def _(shown: Comparison) -> str:
    """Return what binds in each answer, what it costs and serves by year, and which changes did it."""
    first = shown.names[0]
    labels = [row for row in records(shown.labels) if row["level"] == "stage"]
    binds = {(row["answer"], row["year"]): row["label"] for row in labels}
    binds |= {(first, row["year"]): row["reference"] for row in labels}
    years = sorted({year for _, year in binds})
    rows = [[name, *(binds.get((name, t), "") for t in years)] for name in shown.names]
    parts = ["<h4>What binds</h4>", _table(pd.DataFrame(rows, columns=["", *map(str, years)]))]
    for quantity, title in _DRAWN:
        of_all = [row for row in records(shown.results) if (row["quantity"], row["item"]) == (quantity, ALL)]
        values = {(row["answer"], row["year"]): row["value"] for row in of_all}
        values |= {(first, row["year"]): row["reference"] for row in of_all}
        series = {name: [values.get((name, t), math.nan) for t in years] for name in shown.names}
        parts.append(svg.lines(title, years, series, number))
    if len(shown.attribution):
        parts += ["<h4>What each group of changes adds, USD</h4>", _table(shown.attribution)]
    return _page(parts)


@html.register
def _(shown: Regret) -> str:
    """Return what signing cost beside having known, year by year, and what is stranded."""
    regret = [(str(row["year"]), row["regret_usd"]) for row in records(shown.costs)]
    headline = f"Regret beside having known: {dollars(shown.regret_usd)}, discounted, with what is left unserved"
    parts = [f"<b>{headline}</b>", svg.bars("Cost of the year beside having known", regret, dollars)]
    return _page([*parts, _table(shown.costs), "<h4>Stranded</h4>", _table(shown.stranded)])


@html.register
def _(shown: Sensitivity) -> str:
    """Return the inputs that move the cost per token most, and how firm the labels are."""
    name = "cost_usd_per_mtok"
    swings = [
        (max(abs(x) for x in ends if not math.isnan(x)), row["input"], ends)
        for row in records(shown.tornado)
        if not all(map(math.isnan, ends := (row[f"{name}_low"], row[f"{name}_high"])))
    ]
    top = sorted(swings, key=lambda one: (-one[0], one[1]))[:_TOP]
    bars = [(f"{which}  {end}", x) for _, which, ends in top for end, x in zip(("low", "high"), ends, strict=True)]
    title = "Change of USD per 10^6 tokens at the ends of a range"
    return _page([svg.bars(title, bars, number), "<h4>Labels, and how many moves keep them</h4>", _table(shown.labels)])


def _table(rows: pd.DataFrame) -> str:
    """Return a table as HTML, with three significant digits."""
    return f"<div>{pd.DataFrame(rows).to_html(index=False, na_rep='', float_format=number)}</div>"


def _page(parts: list[str]) -> str:
    return "".join(f"<div>{part}</div>" for part in parts)
