"""Where suppliers enter and leave the plan, in sentences: those that are nearest first; and what some are worth."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.report.formats import case_title, number
from supplychain.report.names import Names
from supplychain.results.frames import records
from supplychain.schema import GLOBAL
from supplychain.tolerances import INDIFFERENCE_SPAN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.plan import Plan

_WIDTH = 100
_SUPPLIER, _STAGE, _PLACE = 24, 28, 18
"""Characters of the name of a supplier, a stage and a place in a line."""
_LINES = 12
"""Suppliers that are shown."""


def text(plan: Plan) -> str:
    """Return the suppliers of `supplier_prices` whose prices are nearest to where something changes, and what is asked.

    Near is the share by which the price of the year alone would have to move.
    """
    names, rows = Names(plan.case), [row for row in records(plan.supplier_prices) if not pd.isna(row["year"])]
    moving = sorted((row for row in rows if _can_move(row)), key=lambda row: (_move(row), row["year"]))
    lines = ["Where suppliers enter and leave, by the price of that year alone; the smallest move first:"]
    for row in moving[:_LINES]:
        lines += wrap(_line(names, row), _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if not moving:
        lines.append("  no move of one price changes anything")
    if len(moving) > _LINES:
        lines.append(f"  and {len(moving) - _LINES} more; see supplier_prices")
    asked = [row for row in records(plan.supplier_prices) if pd.isna(row["year"])]
    multiples = {(row["stage"], row["supplier"], row["place"]): row["indifference"] for row in asked}
    return "\n".join([*lines, *_indifference(plan, multiples)])


def indifference(plan: Plan, multiples: Mapping[tuple[str, str, str], float]) -> str:
    """Return up to which multiple of their prices suppliers, by stage, supplier and place, are worth having."""
    return "\n".join([case_title(plan.case.settings), *_indifference(plan, multiples)])


def _end(row: dict[str, Any]) -> float:
    return float(row["leaves_at_usd"] if row["used"] else row["enters_at_usd"])


def _can_move(row: dict[str, Any]) -> bool:
    """Whether a price that is not below 0 changes what is taken."""
    return math.isfinite(_end(row)) and (row["used"] or _end(row) > 0)


def _move(row: dict[str, Any]) -> float:
    distance = abs(_end(row) - row["price_usd"])
    return distance / row["price_usd"] if row["price_usd"] else math.inf if distance else 0.0


def _line(names: Names, row: dict[str, Any]) -> str:
    """Return one supplier and year: `SK hynix, HBM, 2027: used; leaves at 12,300 USD (price 9,800)`."""
    state = "used; leaves at" if row["used"] else "not used; enters at"
    site = _site(names, row["stage"], row["supplier"], row["place"])
    return f"{site}, {row['year']}: {state} {number(_end(row))} USD (price {number(row['price_usd'])})"


def _site(names: Names, s: str, k: str, p: str) -> str:
    """Return a supplier and its stage by their labels; and the place, where there is more than one."""
    place = [] if p == GLOBAL else [names.place(p, _PLACE)]
    return ", ".join([names.supplier(s, k, _SUPPLIER), names.stage(s, _STAGE), *place])


def _indifference(plan: Plan, multiples: Mapping[tuple[str, str, str], float]) -> list[str]:
    names, capacity = Names(plan.case), plan.case.tables["capacity"]
    owed = {(row["stage"], row["supplier"], row["place"]) for row in plan.case.tables["take_or_pay"]}
    priced = {(row["stage"], row["supplier"], row["place"]) for row in capacity if row["price_usd"] > 0}
    lines = []
    for site, multiple in multiples.items():
        of_priced = _worth_of_contract if site in owed else _worth
        worth = of_priced(multiple) if site in priced else _without_price(multiple)
        lines += wrap(f"{_site(names, *site)}: {worth}", _WIDTH, subsequent_indent="  ")
    return lines


def _worth(multiple: float) -> str:
    """Return what is said of a multiple: whoever is bought at prices is worth nothing at some above 1."""
    most = f"{INDIFFERENCE_SPAN:,.0f}"
    if math.isinf(multiple):
        return f"used at its prices; no multiple of them, up to {most}, makes the plan cost as much as without it"
    if multiple == 0:
        return f"not used at its prices, nor at 1 / {most} of them: the plan costs as much without it"
    if multiple < 1:
        return f"not used at its prices; below {number(multiple)} times all of them it would be"
    return f"used at its prices; at {number(multiple)} times all of them the plan costs as much as without it"


def _worth_of_contract(multiple: float) -> str:
    """Return what is said of the multiple of a supplier to whom a contract owes a share, used or not."""
    most = f"{INDIFFERENCE_SPAN:,.0f}"
    if math.isinf(multiple):
        return f"worth its contract at any multiple of its prices up to {most}"
    if multiple == 0:
        return f"not worth its contract, not even at 1 / {most} of its prices"
    worth = "worth more than" if multiple > 1 else "worth less than" if multiple < 1 else "worth"
    return f"{worth} its contract costs; at {number(multiple)} times its prices the plan would do as well without it"


def _without_price(multiple: float) -> str:
    return f"it asks no price; without it the plan costs {'more' if multiple else 'as much'}"
