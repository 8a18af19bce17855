"""What the cost per million tokens is made of: the marginal cost, traced to who is paid in the end, and the average."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from supplychain import lp, units
from supplychain.errors import CertificateError
from supplychain.limits import doing
from supplychain.model import locked_in
from supplychain.model.labels import Constraint, Var
from supplychain.model.observable import OTHER
from supplychain.model.service import served
from supplychain.plan.money import OPEX, RESEARCH
from supplychain.plan.prices import rounded_price
from supplychain.results import schema
from supplychain.results.frames import frame
from supplychain.tolerances import PRICE_SHARE_DECIMALS, PRICE_SHARE_TIE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

    from supplychain.lp import Label, Trace
    from supplychain.plan.money import Ledger
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP

RESIDUAL = "residual"
"""What the terms leave unexplained; the last term."""

INSTALLED_FLEET, BUILD_LIMITS, RAMPS, COMMITMENTS = "installed fleet", "build limits", "ramps", "commitments"
NEW_UNITS, CAPITAL_RENT, LOCKED_IN = "new units operate", "capital: rent", "signed before"
OWED, CASH = "owed", "cash"

_STOPS = {
    Constraint.RAMP: RAMPS,
    Constraint.DELIVERED_ONCE: COMMITMENTS,
    Constraint.NEW_UNITS_OPERATE: NEW_UNITS,
    Constraint.BUDGET: CAPITAL_RENT,
    Constraint.TAKE_OR_PAY: OWED,
    Constraint.CASH_BALANCE: CASH,
}
"""Rows at which tracing stops, and the term of what is paid to them less what is earned from them."""

_AFTER_STAGES = (
    OTHER,
    BUILD_LIMITS,
    RAMPS,
    COMMITMENTS,
    NEW_UNITS,
    CAPITAL_RENT,
    OWED,
    CASH,
    LOCKED_IN,
    INSTALLED_FLEET,
    RESIDUAL,
)


@dataclass(frozen=True)
class Marginal:
    """What one more million tokens would cost [USD of the year]; not a number if no more can be served.

    `dual` is one that attains it.
    """

    usd: float
    dual: lp.Vector | None


Marginals: TypeAlias = "dict[tuple[str, int], Marginal]"
"""By workload and year."""


def marginals(solved_lp: SolvedLP, years: Collection[int]) -> Marginals:
    """Return the marginal cost of each workload in some years: the loss of its service.

    Of the duals that attain it, the one that values everything else least is taken: see `lp.Slopes.least_duals`.
    """
    by_service = {}
    for w, t in sorted({(w, t) for w, _, t in solved_lp.solved.on.serve if t in years}):
        ttok = served(solved_lp.solved.m, w, t)
        step = units.PERCENT * ttok if ttok > 0 else 1.0
        with doing(f"asking what a token of {w} costs in {t}"):
            loss, dual = solved_lp.slopes.least_duals({solved_lp.lp.row[Constraint.SERVICE, w, t]: step}, -1.0)
        usd = loss / step * solved_lp.usd(t) / units.MTOK_PER_TTOK
        by_service[w, t] = Marginal(rounded_price(usd), dual) if math.isfinite(usd) else Marginal(math.nan, None)
    return by_service


def marginal(solved_lp: SolvedLP, by_service: Marginals) -> pd.DataFrame:
    """Return the table `decomposition`: who is paid, in the end, for one more million tokens.

    A stage has up to three terms: what its suppliers ask (the stage's name), what added capacity costs (`expansion`),
    and what is paid above both because there is no more of it (`rent`). Accelerators are weighted by the tokens they
    serve, regions by operation, vintages by surviving units; what a unit earns over its life pays for its build, and
    each year's part of that in the same proportions. Opex, stocks, components and so on are then what was paid for
    them. Units owned at the start earn `installed fleet`. Commitments, ramps and the rule that new units operate are
    credits where they pay for what is built anyway. What is locked in earns, above what it costs, `signed before`;
    below 0 if it was not worth its cost. The last term is the residual: all of the cost where it goes in a circle.
    """
    solved = solved_lp.solved
    stop = np.array([label[0] in _STOPS for label in solved_lp.lp.row])
    order = {term: n for n, term in enumerate(_terms(solved))}
    rows: list[dict[str, object]] = []
    for (w, t), cost in by_service.items():
        if cost.dual is None:
            continue
        with doing(f"asking who is paid for a token of {w} in {t}"):
            tracer = lp.Tracer(solved_lp.lp, solved_lp.x, solved_lp.slopes.felt(cost.dual), stop)
            try:
                parts = _parts(solved_lp, tracer.trace(solved_lp.lp.row[Constraint.SERVICE, w, t]))
            except CertificateError:  # units that work in none of their years pay each other
                parts = {RESIDUAL: 1.0}
        shares = {term: _rounded_share(share) for term, share in parts.items()}
        terms = sorted(
            (term for term, share in shares.items() if share or term == RESIDUAL), key=lambda term: order[term]
        )
        rows += [{"year": t, "workload": w, "term": term, "usd_per_mtok": shares[term] * cost.usd} for term in terms]
    return frame(schema.DECOMPOSITION, rows, sort=("year", "workload"))


def _terms(solved: Solved) -> list[str]:
    """Return every term in the order of the table."""
    stages = sorted(solved.on.stages, key=lambda s: (solved.on.stages[s]["position"], s))
    return [OPEX, *(term for s in stages for term in (s, f"{s}: expansion", f"{s}: rent")), *_AFTER_STAGES]


def _parts(solved_lp: SolvedLP, trace: Trace) -> dict[str, float]:
    """Return the terms of a price as shares of it, the residual last."""
    parts: dict[str, float] = defaultdict(float)
    columns = list(solved_lp.lp.column)
    sunk = [columns[j] for j in ([] if solved_lp.decides is None else np.flatnonzero(~solved_lp.decides).tolist())]
    earners: dict[Label, Callable[[Label], str | None]] = dict.fromkeys(
        locked_in.fixed_amounts(solved_lp.solved.case, solved_lp.solved.on), lambda _: LOCKED_IN
    )
    earners |= dict.fromkeys(sunk, _of_sunk)
    for amounts, labels, name in (
        (trace.cost, columns, _of_cost),
        (trace.bound, columns, lambda label: earners.get(label, _of_bound)(label)),
        (trace.limit, list(solved_lp.lp.row), _of_limit),
        (trace.kept, list(solved_lp.lp.row), lambda label: _STOPS.get(label[0])),
    ):
        for i in np.flatnonzero(amounts).tolist():
            term = name(labels[i])
            if term is not None:
                parts[term] += float(amounts[i]) / trace.price
    parts[RESIDUAL] = 1.0 - math.fsum(parts.values()) if trace.price else 0.0
    return parts


def _of_cost(label: Label) -> str | None:
    terms = {Var.SUPPLY: label[1], Var.EXPAND: f"{label[1]}: expansion", Var.BUILD: OTHER, Var.OPERATE: OPEX}
    return terms.get(label[0])


def _of_bound(label: Label) -> str | None:
    return {Var.EXPAND: f"{label[1]}: rent", Var.BUILD: BUILD_LIMITS}.get(label[0])


def _of_sunk(label: Label) -> str | None:
    """Return the earner of what was decided before: the owner of the units, or of the capacity or the stock."""
    return f"{label[1]}: rent" if label[0] in {Var.EXPAND, Var.STORED} else INSTALLED_FLEET


def _of_limit(label: Label) -> str | None:
    """Return the owner of what a limit gives away: the supplier, of capacity; the owner of the fleet, of units."""
    fleet = dict.fromkeys((Constraint.OPERATE_OWNED, Constraint.WAREHOUSE_BALANCE), INSTALLED_FLEET)
    return {Constraint.SUPPLY_LIMIT: f"{label[1]}: rent", **fleet}.get(label[0])


def _rounded_share(share: float) -> float:
    return round(round(share, PRICE_SHARE_TIE_DECIMALS), PRICE_SHARE_DECIMALS) + 0.0  # no minus before a 0


def average(solved: Solved, ledger: Ledger, token_cost: pd.DataFrame) -> pd.DataFrame:
    """Return the table `average_cost`: the items of the average cost by year and workload, and of all workloads.

    The items are those of the table `cost`; the last is the residual.
    """
    rows: list[dict[str, object]] = []
    for t, w, usd in token_cost[["year", "workload", "average_usd_per_mtok"]].itertuples(index=False):
        mtok = units.MTOK_PER_TTOK * math.fsum(served(solved.m, v, t) for v in solved.on.workloads if w in {v, "all"})
        if not mtok:
            continue
        items: dict[str, float] = defaultdict(float)
        for (u, item, v), cost in sorted(ledger.cost.items()):
            if u == t and v != RESEARCH and w in {v, "all"}:
                items[item] += cost / mtok
        items[RESIDUAL] = _rounded_share((usd - math.fsum(items.values())) / usd) * usd if usd else 0.0
        rows += [{"year": t, "workload": w, "item": item, "usd_per_mtok": part} for item, part in items.items()]
    return frame(schema.AVERAGE_COST, rows)
