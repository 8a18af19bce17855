"""The books of an owner who charges prices: revenue, margin, operating result, cash, and what contracts owe."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.case.notices import spans
from supplychain.plan.money import UNUSED
from supplychain.report.formats import USD, cut, money, number, unit_for
from supplychain.report.names import Names
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.plan import Plan

Cells = dict[int, str]

_CONTRACTS = 8
"""Lines of contracts; the last sums up the rest."""
_NAME, _TERM, _SHARE, _USD = 50, 11, 9, 9
"""Characters of the columns of contracts."""


def has_books(plan: Plan) -> bool:
    """Whether a case has an owner who charges prices."""
    return "revenue_usd" in plan.economics


def books(plan: Plan) -> tuple[str, list[tuple[str, Cells]]]:
    """Return the unit of money, and the books as lines with a cell for each year."""
    rows = {row["year"]: row for row in records(plan.economics)}
    costs = _costs(plan)
    size, unit = unit_for((abs(row["revenue_usd"]) for row in rows.values()), USD)

    def line(name: str, amounts: Mapping[int, float]) -> tuple[str, Cells]:
        return name, {t: "" if math.isnan(x) else number(x / size) for t, x in amounts.items()}

    def column(name: str, row_name: str) -> tuple[str, Cells]:
        return line(row_name, {t: float(row.get(name, math.nan)) for t, row in rows.items()})

    def ratio(name: str, row_name: str, per: float) -> tuple[str, Cells]:
        cells = {t: float(row.get(name, math.nan)) for t, row in rows.items()}
        return row_name, {t: "" if math.isnan(x) else number(x * per) for t, x in cells.items()}

    listed = [
        column("revenue_usd", "Revenue"),
        column("kept_usd", "  kept after the fees of platforms"),
        line("Cost of serving", costs["serving"]),
        line("Training and research", costs["research"]),
        *([line("Owed to suppliers and not used", costs[UNUSED])] * any(costs[UNUSED].values())),
        *([column("fixed_cost_usd", "Fixed cost")] * ("fixed_cost_usd" in plan.economics)),
        column("operating_usd", "Operating result"),
        ratio("gross_margin_of_revenue", "Gross margin, % of revenue", 100),
        ratio("gross_margin_of_kept", "  % of what is kept", 100),
        ratio("compute_share_of_cost", "Compute, % of all cost", 100),
    ]
    if "cash_usd" in plan.economics:
        listed += [
            column("raised_usd", "Raised"),
            column("gap_usd", "Missing: promised by nobody"),
            column("cash_usd", "Cash at the end of the year"),
            ratio("gain_usd_per_usd", "Worth of a dollar more raised, USD", 1),
        ]
    return unit, listed


def sentences(plan: Plan) -> list[str]:
    """Return from which year on the operating result is above 0, and in which year money is missing first."""
    rows = records(plan.economics)
    return [_break_even(rows), *([_gap(rows)] if "gap_usd" in plan.economics else [])]


def _break_even(rows: Sequence[Mapping[str, Any]]) -> str:
    last = rows[-1]["year"]
    below = [row["year"] for row in rows if not row["operating_usd"] > 0]
    if not below:
        return f"Break-even: the operating result is above 0 in every year to {last}."
    above = [row["year"] for row in rows if row["year"] not in below]
    after = [t for t in above if t > below[-1]]
    if after:
        return f"Break-even: {after[0]}, from which year on the operating result stays above 0."
    once = f"; the operating result is above 0 in {spans(above)}, and not after" if above else ""
    return f"Break-even: none that lasts to {last}{once}."


def _gap(rows: Sequence[Mapping[str, Any]]) -> str:
    gaps = {row["year"]: row["gap_usd"] for row in rows if row["gap_usd"] > 0}
    if not gaps:
        return "Cash: no year is short of money."
    first = min(gaps)
    total = f"; {money(math.fsum(gaps.values()))} in all" if len(gaps) > 1 else ""
    return f"Cash: {first} is the first year short of money, by {money(gaps[first])}{total}."


def _costs(plan: Plan) -> dict[str, dict[int, float]]:
    """Return what a year costs for serving and for research, and what is owed and not used, which is in neither."""
    costs: dict[str, dict[int, float]] = {
        name: dict.fromkeys(plan.case.report_years, 0.0) for name in ("serving", "research", UNUSED)
    }
    for row in records(plan.cost):
        for name in ("serving", "research"):
            into = UNUSED if row["item"] == UNUSED else name
            costs[into][row["year"]] += row[f"{name}_usd"]
    return costs


@dataclass(frozen=True)
class Contract:
    """What is owed to a supplier at a place, over all its terms in reported years."""

    stage: str
    supplier: str
    place: str
    years: tuple[int, ...]
    shares: tuple[float, ...]
    paid_usd: float
    """For what is used in those years."""
    unused_usd: float
    worth: float
    """The multiple of its prices at which it is worth nothing; not a number where that is not asked."""


def contracts(plan: Plan) -> list[Contract]:
    """Return the contracts, those first of which most is unused, then most is paid."""
    rows = [row for row in plan.case.tables["take_or_pay"] if row["first_year"] <= plan.case.report_years[-1]]
    prices = records(plan.supplier_prices) if rows else []
    worth = {(r["stage"], r["supplier"], r["place"]): r["indifference"] for r in prices if pd.isna(r["year"])}
    supply = records(plan.supply)
    found = []
    for site in dict.fromkeys((row["stage"], row["supplier"], row["place"]) for row in rows):
        terms = [row for row in rows if (row["stage"], row["supplier"], row["place"]) == site]
        years = {t for t in plan.case.report_years if any(row["first_year"] <= t <= row["last_year"] for row in terms)}
        own = [row for row in supply if (row["stage"], row["supplier"], row["place"]) == site and row["year"] in years]
        if years:
            found.append(
                Contract(
                    *site,
                    tuple(sorted(years)),
                    tuple(sorted({row["share"] for row in terms})),
                    math.fsum(row["spent_usd"] for row in own),
                    math.fsum(row["unused_usd"] for row in own if not math.isnan(row["unused_usd"])),
                    worth.get(site, math.nan),
                )
            )
    return sorted(found, key=lambda c: (-c.unused_usd, -c.paid_usd, c.stage, c.supplier, c.place))


def contract_lines(plan: Plan) -> list[str]:
    """Return a line for each contract: what is owed, paid and unused, and what it is worth at most."""
    listed = contracts(plan)
    if not listed:
        return []
    size, unit = unit_for([c.paid_usd + c.unused_usd for c in listed], USD)
    header = f"Contracts: what is owed, used or not; {unit}"
    lines = [_line(header, "years", "owed, %", "paid", "unused", "worth *")]
    shown = listed if len(listed) <= _CONTRACTS else listed[: _CONTRACTS - 1]
    names = Names(plan.case)
    for c in shown:
        place = "" if c.place == "global" else f", {c.place}"
        called = f"  {names.supplier(c.stage, c.supplier, _NAME // 2)}: {names.stage(c.stage, _NAME // 2)}{place}"
        shares = "-".join(number(100 * share) for share in (c.shares[0], c.shares[-1])[: len(c.shares)])
        cells = (number(c.paid_usd / size), number(c.unused_usd / size), "" if math.isnan(c.worth) else number(c.worth))
        lines.append(_line(called, spans(c.years), shares, *cells))
    rest = listed[len(shown) :]
    if rest:
        paid, unused = math.fsum(c.paid_usd for c in rest), math.fsum(c.unused_usd for c in rest)
        lines.append(_line(f"  {len(rest)} more", "", "", number(paid / size), number(unused / size), ""))
    if any(not math.isnan(c.worth) for c in shown):
        lines.append("* The multiple of its prices at which the plan would do as well without it.")
    return lines


def _line(name: str, *cells: str) -> str:
    widths: Iterable[int] = (_TERM, _SHARE, _USD, _USD, _USD)
    return cut(name, _NAME).ljust(_NAME) + "".join(x.rjust(width) for x, width in zip(cells, widths, strict=True))
