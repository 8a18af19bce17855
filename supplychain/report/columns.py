"""What the tables of an answer hold, and the units of their columns."""

from __future__ import annotations

from typing import Final

MEANING: Final = {
    "binding": "The binding stage and the binding group of each year",
    "bottlenecks": "What one per cent more, and less, of each stage is worth",
    "bottlenecks_by_group": "The same by group of stages",
    "stages": "Limit, use and price of each stage by place",
    "supply": "What each supplier delivers, at what price",
    "service": "Tokens served, blocked (served were no stage limited) and uneconomic (not even then)",
    "research_service": "Research compute served, blocked and uneconomic",
    "builds": "Accelerators built, installed and waiting",
    "commitments_kept": "Deals: what is delivered and what is short",
    "installed_base": "Accelerators owned and operating by region",
    "orders": "Capacity that is ordered, and when it comes",
    "purchases": "Every option to order capacity, and what one unit more would be worth",
    "cost": "Cost of each year by item: annuities and charges",
    "capital": "Cash spent in each year by item",
    "token_cost": "Cost per million tokens: average, with all cost on tokens, and of one more",
    "decomposition": "What the marginal cost is made of; the last term is the residual",
    "average_cost": "What the average cost is made of",
    "economics": "Value of tokens, cost, margin and capital of each year",
    "requirements": "What each stage would have to supply if nothing were limited",
    "regret": "Cost of each year as planned, with what was signed held, and had it been known",
    "stranded": "What was paid for and idles, with what was signed held, and had it been known",
    "changes": "Every cell that the what-if changed, old and new",
}

YEARS: Final = frozenset({"year", "order_year", "online_year", "last_useful_order_year", "rank"})
"""Columns of whole numbers that stand without separators."""

_UNITS: Final = {
    "built": "units",
    "installed": "units",
    "warehouse": "units",
    "owned": "units",
    "operating": "units",
    "h100e_owned": "H100e",
    "h100e_operating": "H100e",
    "used_share": "share",
    "gross_margin": "share",
    "memory_share_of_hardware": "share",
    "capital_per_token_value": "USD per USD",
    "benefit_per_capex_usd": "USD per USD",
    "ratio": "required per available",
    "price_usd": "USD per unit",
    "known": "as in unit",
}
_ENDINGS: Final = {
    "usd_per_mtok": "USD per 10^6 tokens",
    "usd_per_pct": "USD per %",
    "usd_per_unit": "USD per unit",
    "usd": "USD",
    "pct": "%",
    "ttok": "10^12 tokens",
    "h100e_years": "H100e years",
}


def unit(column: str, *, of_row: bool) -> str:
    """Return the unit of a column of numbers; where it has none of its own, that of its row if rows have one."""
    ending = next((unit for end, unit in _ENDINGS.items() if column == end or column.endswith(f"_{end}")), "")
    rest = "as in unit" if of_row else ""
    return "" if column in YEARS else _UNITS.get(column, ending) or rest
