"""Reliefs: capacity that no option offers, what it costs, and what it does to the rows of the LP.

A relief adds to the limit of one supplier at a place. It is priced like the dearest option to expand of its stage, or
at a multiple of the dearest price of the stage, for one year.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from supplychain import lp, schema
from supplychain.case.calendar import compounding_factor, present_value_factor, service_years
from supplychain.model import cost
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supplychain.lp import LabelledLP
    from supplychain.plan.levers import Levers
    from supplychain.plan.solved import Solved
    from supplychain.tabular import Row


class Added(StrEnum):
    """Columns that stand beside those of the model: a relief, and what hard requirements may be short of or exceed."""

    RELIEF = "relief"
    SHORT = "tokens short"
    BUDGET = "budget"
    RAMP = "ramp"
    BUILD = "build limit"
    STAGE = "stage"


@dataclass(frozen=True)
class Relief:
    """A unit more of the limit of a supplier, from a year on."""

    stage: str
    supplier: str
    place: str
    year: int
    years: range
    """In which it serves."""
    usd: float
    """What it costs in cash, for each unit."""
    counted_usd: float
    """What the objective counts of that, discounted."""
    paid: int | None
    """The year whose budget it takes; None where it takes none."""
    basis: str
    needs: tuple[tuple[str, str, float], ...] = ()
    """Stage, place and quantity of what has to be there when it arrives, for each unit."""

    @property
    def label(self) -> lp.Label:
        """Its column."""
        return (Added.RELIEF, self.stage, self.supplier, self.place, self.year)


def reliefs(solved: Solved, last: int, factor: float | None = None) -> list[Relief]:
    """Return the reliefs that may be had up to a year; those of a stage without a price are not among them.

    With a `factor` each is had for one year at so many times the dearest price of its stage in that year. Without, it
    is an expansion that arrives in its year at what the dearest option of its stage at the place costs, else anywhere.
    """
    return list(_at_prices(solved, last, factor) if factor is not None else _like_expansions(solved, last))


def dearest_price(solved: Solved, s: str, t: int) -> float:
    """Return the dearest price of a stage in a year [USD per unit]; of one that is a share of others, theirs."""
    on = solved.on
    prices = [cost.price(solved.m, s, k, p, t) for p in on.places[s] for k in on.suppliers[s, p]]
    own = max(prices, default=0.0)
    pools = {pool for (stage, _), drawn in on.draws.items() if stage == s for pool in drawn}
    return own or max((dearest_price(solved, pool, t) for pool in sorted(pools)), default=0.0)


def _at_prices(solved: Solved, last: int, factor: float) -> Iterator[Relief]:
    for s, k, p in sorted(solved.on.has_capacity):
        for t in (t for t in solved.on.years if t <= last):
            usd = factor * dearest_price(solved, s, t)
            if usd > 0:
                paid = t if solved.on.is_flow(s) else None
                counted = usd * cost.counted(solved.m, s, t)
                yield Relief(s, k, p, t, range(t, t + 1), usd, counted, paid, f"{factor:g} x the dearest price")


def _like_expansions(solved: Solved, last: int) -> Iterator[Relief]:
    on, rate = solved.on, solved.case.settings.discount_rate
    discount, options, needs = solved.n["discount"], _dearest_options(solved), _needs(solved)
    for s, k, p in sorted(on.has_capacity):
        option = options.get((s, p)) or options.get((s, ""))
        if option is None:
            continue
        usd, lead, owner = option["capex_usd_per_unit"], option["lead_years"], option["supplier"]
        life = on.capacity_life[s, k] if (s, k) in on.capacity_life else on.capacity_life[s, owner]
        basis = f"option of {owner}" + ("" if option["place"] in {p, schema.GLOBAL} else f" in {option['place']}")
        for t in (t for t in on.years if t <= last):
            counted = usd * present_value_factor(t, life, rate, discount) * compounding_factor(lead, rate)
            paid = max(on.years[0], t - lead)
            yield Relief(s, k, p, t, service_years(t, life), usd, counted, paid, basis, tuple(needs[s, k, p]))


def _dearest_options(solved: Solved) -> dict[tuple[str, str], Row]:
    """Return the dearest option of each stage at a place, and under no place that of all; of equals the one that leads.

    An option that costs nothing is no price.
    """
    dearest: dict[tuple[str, str], Row] = {}
    rows = [row for row in solved.case.tables["expansion"] if row["year"] in solved.case.years]

    def order(row: Row) -> tuple[float, int, str, str, int]:
        return row["capex_usd_per_unit"], row["lead_years"], row["supplier"], row["place"], -row["year"]

    for row in rows:
        for key in ((row["stage"], row["place"]), (row["stage"], "")):
            if row["capex_usd_per_unit"] > 0 and (key not in dearest or order(row) > order(dearest[key])):
                dearest[key] = row
    return dearest


def _needs(solved: Solved) -> Mapping[tuple[str, str, str], list[tuple[str, str, float]]]:
    """Return what a unit more of each supplier at a place needs when it arrives."""
    needs: dict[tuple[str, str, str], list[tuple[str, str, float]]] = defaultdict(list)
    for (n, place), users in sorted(solved.on.expansion_needs.items()):
        for need, p in users:
            needs[need[0], need[1], p].append((n, place, solved.n["need"][need]))
    return needs


def columns_of(
    listed: list[Relief], solved: Solved, levers: Levers, labelled: LabelledLP, money: float
) -> tuple[list[lp.NewColumn], list[lp.NewRow]]:
    """Return a column for each relief, and the balances of stages that nothing but reliefs needs."""
    names = list(labelled.row)
    columns, balances = [], {}
    for relief in listed:
        terms: dict[lp.Label, float] = defaultdict(float)
        for t in relief.years:
            if t in solved.on.years:
                for i, rise in levers.one_unit((relief.stage, relief.supplier, relief.place, t)).items():
                    terms[names[i]] -= rise * way(labelled, i)
        for n, place, quantity in relief.needs:
            balance = (Constraint.STAGE_BALANCE, n, place, relief.year)
            if balance not in labelled.row:
                balances[balance] = lp.NewRow(balance, _supplied(solved, n, place, relief.year), upper=0.0)
            terms[balance] += quantity * (way(labelled, labelled.row[balance]) if balance in labelled.row else 1.0)
        budget = (Constraint.BUDGET, relief.paid)
        if budget in labelled.row:
            terms[budget] += money * relief.usd * way(labelled, labelled.row[budget])
        paid = relief.year if relief.paid is None else relief.paid
        cash = (Constraint.CASH_BALANCE, paid)
        if cash in labelled.row:  # what is paid stands beside what is left
            terms[cash] += relief.usd * _entry(labelled, cash, (Var.CASH, paid))
        columns.append(lp.NewColumn(relief.label, terms, money * relief.counted_usd))
    return columns, list(balances.values())


def _supplied(solved: Solved, s: str, p: str, t: int) -> dict[lp.Label, float]:
    return {(Var.SUPPLY, s, k, p, t): -1.0 for k in solved.on.suppliers[s, p]}


def _entry(labelled: LabelledLP, row: lp.Label, column: lp.Label) -> float:
    """Return the coefficient of a column in a row."""
    j = labelled.column[column]
    of_column = slice(labelled.starts[j], labelled.starts[j + 1])
    return float(labelled.entries[of_column][labelled.indices[of_column] == labelled.row[row]].sum())


def way(labelled: LabelledLP, i: int) -> float:
    """Return 1 for a row that stands as `at most`, -1 for one that stands as `at least`."""
    return 1.0 if math.isfinite(labelled.row_upper[i]) else -1.0
