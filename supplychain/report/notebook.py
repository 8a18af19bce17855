"""What a notebook shows of a case, of an answer and of a study: tables, and a chart of what matters."""

from __future__ import annotations

import math
from functools import singledispatch
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from supplychain.case import Case
from supplychain.plan import Plan
from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.ladder import Curve, Ladder
from supplychain.report.charts import svg
from supplychain.report.formats import dollars, money, number
from supplychain.report.names import Names
from supplychain.report.text import capital as capitals
from supplychain.report.text import foresight as foresights
from supplychain.report.text import near_optimal
from supplychain.report.text import seek as sought
from supplychain.report.text import serve as requirements
from supplychain.report.text.compare import SINGLE_YEARS, called, labels_by_answer, totals, values_by_answer
from supplychain.report.text.overview import overview
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import ALL
from supplychain.study.capital import WithinCapital
from supplychain.study.compare import Comparison
from supplychain.study.foresight import ForesightStudy
from supplychain.study.near_optimal import NearOptimal
from supplychain.study.regret import Regret
from supplychain.study.seek import Seek
from supplychain.study.sensitivity import Sensitivity
from supplychain.study.serve import Served
from supplychain.study.uncertainty import Uncertainty

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.report.text.tables import TextTable

_DRAWN = (("average_usd_per_mtok", "USD per 10^6 tokens, average"), ("served_ttok", "Tokens served, 10^12"))
_COSTS = {
    "average": "average",
    "fully_loaded": "with research and all other cost on tokens",
    "marginal": "marginal",
}
"""Costs of tokens that are drawn, and what they are called."""
_TOP = 15
"""Bars of a tornado."""
_NAME = 40
"""Characters of a group and its stage."""


@singledispatch
def html(value: object) -> str:
    """Return a case, an answer or a study as HTML.

    Raises: TypeError if it is none of them.
    """
    raise TypeError(type(value))


@html.register
def _(case: Case) -> str:
    """Return its title, and how many rows each table has."""
    rows = "".join(f"<tr><td>{name}</td><td>{len(rows)}</td></tr>" for name, rows in case.tables.items())
    return f"<b>{escape(case.settings.title)}</b><table><tr><th>table</th><th>rows</th></tr>{rows}</table>"


@html.register
def _(ladder: Ladder) -> str:
    rows = [(f"{row['rung']}  {row['lifted']}", row["gain_usd"]) for row in records(ladder)]
    return svg.bars("What lifting each is worth, one after the other", rows, dollars) + _table(ladder)


@html.register
def _(curve: Curve) -> str:
    x = [end for ends in zip(curve["from_pct"], curve["to_pct"], strict=True) for end in ends]
    y = [gain for gain in curve["gain_usd_per_pct"] for _ in range(2)]
    title = "What one per cent more is worth, after so many per cent"
    return svg.lines(title, x, {"gain": y}, dollars, unit=" %") + _table(curve)


@html.register
def _(plan: Plan) -> str:
    """Return its title, what binds and what tokens cost as charts, then what `solve` prints."""
    names, stage = Names(plan.case), rows_by_year(plan.binding, "stage")
    worth = [
        (
            f"{t}  {names.binds(row['members'], stage[t]['members'], _NAME)}",
            0.0 if row["state"] == DEMAND else row["annual_gain_usd_per_pct"],
        )
        for t, row in rows_by_year(plan.binding, "group").items()
    ]
    cost = plan.token_cost[plan.token_cost["workload"] == ALL]
    by_name = {called: list(cost[f"{name}_usd_per_mtok"]) for name, called in _COSTS.items()}
    parts = [
        f"<b>{escape(plan.case.settings.title)}</b>",
        svg.bars("What one per cent more of the group that binds is worth, a year", worth, dollars),
        svg.lines("USD per 10^6 tokens", list(cost["year"]), by_name, number),
        *(f"<h4>{title}</h4>{rows.to_html(na_rep='')}" for title, rows in overview(plan)),
        "How sure it is: supplychain.uncertainty(case) draws all uncertain numbers together.",
    ]
    return _page(parts)


@html.register
def _(comparison: Comparison) -> str:
    """Return net benefit, what binds in each answer, what it costs and serves by year, and which changes did it."""
    bound = labels_by_answer(comparison)
    years = sorted({year for _, year in bound})
    rows = [
        [name, *(called(comparison, *bound[name, t], _NAME) if (name, t) in bound else "" for t in years)]
        for name in comparison.names
    ]
    title, whole_horizon = totals(comparison)
    parts = [
        f"<h4>{escape(title)}</h4>",
        _table(pd.DataFrame(list(whole_horizon.rows), columns=list(whole_horizon.header))),
    ]
    if "draws" in comparison.summary:
        over_horizon = comparison.draw_differences[comparison.draw_differences["year"].isna()]
        parts += ["<h4>The differences, draw by draw</h4>", _table(over_horizon.dropna(axis="columns", how="all"))]
    parts += [SINGLE_YEARS, "<h4>What binds: the group (its stage at central values)</h4>"]
    parts.append(_table(pd.DataFrame(rows, columns=["", *map(str, years)])))
    for quantity, title in _DRAWN:
        values = values_by_answer(comparison, quantity)
        series = {name: [by_year.get(t, math.nan) for t in years] for name, by_year in values.items()}
        parts.append(svg.lines(title, years, series, number))
    if len(comparison.attribution):
        parts += ["<h4>What each group of changes adds, USD</h4>", _table(comparison.attribution)]
    return _page(parts)


@html.register
def _(regret: Regret) -> str:
    """Return what locked-in orders cost against perfect knowledge, year by year, and what lies idle."""
    by_year = [(str(row["year"]), row["regret_usd"]) for row in records(regret.costs)]
    usd = money(regret.regret_usd)
    headline = f"Regret against perfect knowledge: {usd}, discounted, with what is left unserved"
    parts = [f"<b>{headline}</b>", svg.bars("Cost of the year against perfect knowledge", by_year, dollars)]
    return _page([*parts, _table(regret.costs), "<h4>What was paid for and lies idle</h4>", _table(regret.stranded)])


@html.register
def _(study: ForesightStudy) -> str:
    """Return net benefit, what binds and what is served with each foresight."""
    parts = [f"<b>{escape(study.case.settings.title)}</b>", *map(escape, foresights.said(study))]
    return _page(parts + _titled(foresights.sections(study)))


@html.register
def _(answer: NearOptimal) -> str:
    """Return which plans are meant, which orders all of them share, and how far they differ."""
    parts = [f"<b>{escape(near_optimal.headline(answer))}</b>", *map(escape, near_optimal.said(answer))]
    return _page(parts + _titled(near_optimal.sections(answer)))


@html.register
def _(answer: Served) -> str:
    """Return whether more can be served, at what cost, and what has to be added, or stands in the way."""
    parts = [f"<b>{escape(requirements.headline(answer))}</b>", *map(escape, requirements.said(answer))]
    return _page(parts + _titled(requirements.sections(answer)))


@html.register
def _(answer: WithinCapital) -> str:
    """Return what the capital buys, what is served, and what a dollar more is worth."""
    parts = [f"<b>{escape(capitals.headline(answer))}</b>", *map(escape, capitals.said(answer))]
    return _page(parts + _titled(capitals.sections(answer)))


@html.register
def _(study: Seek) -> str:
    """Return the smallest move, where conditions hold, and how exact that is."""
    parts = [f"<b>{escape(study.case.settings.title)}</b>", escape(" ".join(sought.said(study)))]
    for title, table in sought.sections(study):
        parts += [f"<h4>{escape(title)}</h4>", _table(pd.DataFrame(list(table.rows), columns=list(table.header)))]
    return _page([*parts, escape(" ".join(sought.how_exact(study)))])


@html.register
def _(sensitivity: Sensitivity) -> str:
    """Return the inputs that move the cost per token most, one at a time, and how many of these keep the labels."""
    quantity = "cost_usd_per_mtok"
    swings = [
        (max(abs(x) for x in ends if not math.isnan(x)), row["input"], ends)
        for row in records(sensitivity.tornado)
        if not all(map(math.isnan, ends := (row[f"{quantity}_low"], row[f"{quantity}_high"])))
    ]
    top = sorted(swings, key=lambda swing: (-swing[0], swing[1]))[:_TOP]
    bars = [(f"{name}  {end}", x) for _, name, ends in top for end, x in zip(("low", "high"), ends, strict=True)]
    title = "Change of USD per 10^6 tokens at the ends of a range"
    return _page(
        [
            svg.bars(title, bars, number),
            "<h4>What binds, and how many changes of one input at a time keep it</h4>",
            _table(sensitivity.labels),
        ]
    )


@html.register
def _(study: Uncertainty) -> str:
    """Return how many draws there are, how often each label binds, and the distributions of amounts."""
    said, often = study.summary, study.binding_probability
    how = f"{said['draws']:,} joint draws of {said['uncertain_numbers']:,} uncertain numbers"
    of_group = often[often["level"] == "group"]
    amounts = study.distributions[study.distributions["item"] == ALL]
    parts = [f"<b>{escape(study.case.settings.title)}</b>", how]
    parts += ["<h4>In which share of draws each group binds</h4>", _table(of_group.drop(columns="level"))]
    return _page([*parts, "<h4>Amounts: quantiles of draws</h4>", _table(amounts.drop(columns="item"))])


def _titled(sections: Iterable[tuple[str, TextTable]]) -> list[str]:
    """Return titles and tables of a text."""
    return [
        part
        for title, table in sections
        for part in (f"<h4>{escape(title)}</h4>", _table(pd.DataFrame(list(table.rows), columns=list(table.header))))
    ]


def _table(rows: pd.DataFrame) -> str:
    """Return a table as HTML, with three significant digits."""
    return f"<div>{pd.DataFrame(rows).to_html(index=False, na_rep='', float_format=number)}</div>"


def _page(parts: list[str]) -> str:
    return "".join(f"<div>{part}</div>" for part in parts)
