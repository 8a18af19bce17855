"""What a notebook shows of a plan, of a ladder and of a curve: tables, and a chart of what matters."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from supplychain import markup
from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.show import dollars, number, overview
from supplychain.schema import ALL

if TYPE_CHECKING:
    from supplychain.plan import Plan


class Ladder(pd.DataFrame):
    """The rungs of a ladder; what is taken out of it is a plain table."""

    def _repr_html_(self) -> str:
        rows = [(f"{row['rung']}  {row['lifted']}", row["gain_usd"]) for row in self.to_dict("records")]
        return markup.bars("What lifting each is worth, one after the other", rows, dollars) + table(self)


class Curve(pd.DataFrame):
    """The segments of a value curve; what is taken out of it is a plain table."""

    def _repr_html_(self) -> str:
        x = [end for ends in zip(self["from_pct"], self["to_pct"], strict=True) for end in ends]
        y = [gain for gain in self["gain_usd_per_pct"] for _ in range(2)]
        title = "What one per cent more is worth, after so many per cent"
        return markup.lines(title, x, {"gain": y}, dollars, unit=" %") + table(self)


def page(plan: Plan) -> str:
    """Return a plan as HTML: its title, what binds and what tokens cost as charts, then what `solve` prints."""
    stage = [row for row in plan.binding.to_dict("records") if row["level"] == "stage"]
    worth = [
        (f"{row['year']}  {row['members']}", 0.0 if row["state"] == DEMAND else row["annual_gain_usd_per_pct"])
        for row in stage
    ]
    cost = plan.token_cost[plan.token_cost["workload"] == ALL]
    names = ("average", "fully_loaded", "marginal")
    by_name = {name.replace("_", " "): list(cost[f"{name}_usd_per_mtok"]) for name in names}
    parts = [
        f"<b>{escape(plan.case.settings.title)}</b>",
        markup.bars("What one per cent more of what binds is worth, a year", worth, dollars),
        markup.lines("USD per 10^6 tokens", list(cost["year"]), by_name, number),
        *(f"<h4>{title}</h4>{rows.to_html(na_rep='')}" for title, rows in overview(plan)),
    ]
    return "".join(f"<div>{part}</div>" for part in parts)


def table(rows: pd.DataFrame) -> str:
    """Return a table as HTML, with three significant digits."""
    return f"<div>{pd.DataFrame(rows).to_html(index=False, na_rep='', float_format=number)}</div>"
