"""What published numbers are called: their kinds, the forecasts beside them, and how each stands in a row."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.report.formats import amount

if TYPE_CHECKING:
    from supplychain.report.names import Names

NAME = 30
"""Characters of a stage."""

OBSERVATION = ("quantity", "item", "year", "source")
"""What tells one published number from another."""

KINDS = {
    schema.UNITS: "units",
    schema.REVENUE: "revenue and spending",
    schema.MEMORY_PACKAGING: "memory and packaging",
    schema.POWER: "power and sites",
    schema.CAPITAL: "capital",
    schema.TOKENS: "tokens",
    schema.COST: "cost",
    schema.ALL: "mean of the kinds",
}

FORECASTS = {
    "growth_continued": "last year's growth",
    "minimum_of_four": "the least of four",
    "houses": "houses, before the year",
}


def in_logs(x: float) -> str:
    """Return a difference of logs, or nothing if there is none."""
    return "" if math.isnan(x) else f"{x:.2f}"


def item(names: Names, row: dict[str, Any]) -> str:
    """Return of what a number is published: a stage by its label, anything else by its key."""
    found: str = names.members(row["item"], NAME) if row["quantity"].startswith("stage_") else row["item"]
    return found


def observation(names: Names, row: dict[str, Any]) -> list[str]:
    """Return what a published number is, of what, of which year and from where."""
    return [row["quantity"], item(names, row), str(row["year"]), row["source"]]


def published_range(row: dict[str, Any]) -> str:
    """Return a published range, or the bound of which alone something is known."""
    if math.isnan(row["low"]):
        return f"at most {amount(row['high'])}"
    return (
        f"at least {amount(row['low'])}" if math.isnan(row["high"]) else f"{amount(row['low'])} - {amount(row['high'])}"
    )
