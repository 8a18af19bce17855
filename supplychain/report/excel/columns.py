"""What the tables of an answer and of studies hold, and the units of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from supplychain import schema

if TYPE_CHECKING:
    import pandas as pd

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

COMPARISON: Final = {
    "results": "What is served, built and spent, and what it costs: each answer beside the reference",
    "labels": "What binds in each year: each answer beside the reference",
    "attribution": "What each group of changes adds to all cost, discounted, and to the cost of each year",
    "changes": "Every cell that was changed for an answer, old and new",
    "inputs": "Every input that differs from the reference; of answers without their case, tables by SHA-256",
}
"""The tables of a comparison, in the order in which they are looked at."""

STUDIES: Final = {
    "year": {
        "ladder": "What binds in the year looked at; with that lifted, what binds then, and what it gains",
        "curves": "What more of what binds in that year is worth, with every breakpoint",
        "stranded": "What idles in that year because other stages bind",
    },
    "reference": COMPARISON,
    "compare": COMPARISON,
    "sensitivity": {
        "tornado": "What one input at each end of its range does to cost and service; how many labels it changes",
        "labels": "How many moves of inputs to the ends of their ranges keep each label, and what it becomes",
        "flips": "Every end of a range that changes a label",
        "weak": "Inputs with weak evidence that change the label of a stage",
    },
    "backcast": {
        "comparisons": "The model beside what was observed; of a miss, the input that brings it nearest",
        "labels": "What binds in each past year, what the data allow to say, and what was reported",
        "flips": "Every end of a range that changes a label",
    },
}
"""Tables of studies, by study; those of a report are on sheets called `sensitivity_tornado`."""

YEARS: Final = frozenset({"year", "order_year", "online_year", "last_useful_order_year", "rank", "rung"})
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
    "error": "share",
    "by": "share",
    "keeps": "moves",
    "moves": "moves",
    "labels_changed": "labels",
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
    base = column.removesuffix(schema.LOW).removesuffix(schema.HIGH)
    ending = next((unit for end, unit in _ENDINGS.items() if base == end or base.endswith(f"_{end}")), "")
    rest = "as in unit" if of_row else ""
    return "" if column in YEARS else _UNITS.get(base, ending) or rest


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose rows are of different inputs or quantities with the unit of each; any other as it is."""
    of_inputs = {"table", "column"} <= set(table.columns)
    if "unit" in table.columns or not (of_inputs or "quantity" in table.columns):
        return table
    names = ["table", "column"] if of_inputs else ["quantity"]
    units = [_of_input(*names) if of_inputs else unit(*names, of_row=False) for names in table[names].to_numpy()]
    shown = table.copy()
    shown.insert(list(table.columns).index("old" if "old" in table.columns else "reference"), "unit", units)
    return shown


def _of_input(table: str, column: str) -> str:
    columns = schema.TABLE[table].columns if table in schema.TABLE else schema.SETTINGS
    names = {c.name: c.unit for c in columns}
    return names.get(column) or names.get(column.removesuffix(schema.LOW).removesuffix(schema.HIGH), "")
