"""At which price a supplier enters the plan or leaves it, and at which multiple of its prices it is worth nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from supplychain import lp
from supplychain.case.places import served_places
from supplychain.errors import NoAnswerError, TimeLimitError
from supplychain.limits import doing
from supplychain.model import cost, solver, structure
from supplychain.model.evaluated import Evaluated
from supplychain.model.labels import Constraint, Var
from supplychain.model.windows import annuities
from supplychain.plan import windows
from supplychain.plan.prices import rounded_price
from supplychain.results import schema
from supplychain.results.frames import frame, records
from supplychain.tolerances import (
    INDIFFERENCE_DIGITS,
    INDIFFERENCE_FOUND_WITHIN,
    INDIFFERENCE_SPAN,
    OBJECTIVE_ROUNDING,
    QUANTITY_ROUNDING,
    significant,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from supplychain.case import Case
    from supplychain.lp import Label
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window

_WIDENING = 16.0
"""Factor by which the span is widened until both ends of the multiple are known."""

_WIDENINGS = math.ceil(math.log(INDIFFERENCE_SPAN, _WIDENING))
"""So many reach the end of `INDIFFERENCE_SPAN`."""

_STEPS = 200
"""More than any case needs: each halves the span in which the multiple is, or ends a piece of a curve."""

_HALVINGS = math.ceil(math.log2(math.log(_WIDENING) / INDIFFERENCE_FOUND_WITHIN))
"""Each halves the logarithm of how far apart the ends are, which starts at that of `_WIDENING`."""


def sites_with_contracts(case: Case) -> list[tuple[str, str, str]]:
    """Return the stage, supplier and place of every contract that has a year in the case."""
    return sorted({key[:3] for key in structure(case).terms})


def entry_and_exit(
    solved_lp: SolvedLP, years: Collection[int], last: int, sites: Collection[tuple[str, str, str]] | None = None
) -> list[dict[str, Any]]:
    """Return where each supplier enters and leaves in some years, as rows of the table `supplier_prices`.

    `sites` are those that are asked; None: all. `last` is the last year that the LP sees, up to which it counts
    annuities. With the supply of one year at q, all else at its best, cost is convex in q. Of what is not used the
    first unit costs its right derivative at 0 more than it saves; of what is used the last one saves the left
    derivative at q more than it costs. By so much, over what the objective counts of a dollar of its price, the price
    may move. The tangent problem gives either derivative exactly, also where the optimum is degenerate. What budgets,
    cash and contracts count is the price as it is.
    """
    solved = solved_lp.solved
    supply = {
        index: x
        for index, x in solved.x[Var.SUPPLY].items()
        if index[-1] in years and (sites is None or index[:-1] in sites)
    }
    if not supply:
        return []
    m = Evaluated(solved.on, {**solved.n, **annuities(solved.case, solved.on, last)}, solved.x)
    rows = []
    for index, supplied in supply.items():
        s, k, p, t = index
        if not (supplied > 0 or solved.limits[index].total > 0):
            continue
        price, used = cost.price(m, s, k, p, t), _is_used(solved, index)
        with doing(f"asking at which price {k} supplies {s} at {p} in {t}"):
            rise = solved_lp.slopes.forced(solved_lp.lp.column[Var.SUPPLY, *index], -1.0 if used else +1.0)
        margin = rounded_price(rise / (solved_lp.money * cost.counted(m, s, t)))
        rows.append(
            {
                "year": t,
                "stage": s,
                "supplier": k,
                "place": p,
                "price_usd": price,
                "used": used,
                "enters_at_usd": math.nan if used else rounded_price(price - margin),
                "leaves_at_usd": rounded_price(price + margin) if used else math.nan,
            }
        )
    return rows


def _is_used(solved: Solved, index: tuple[str, str, str, int]) -> bool:
    return bool(solved.x[Var.SUPPLY][index] > QUANTITY_ROUNDING * solved.limits[index].total)


def supplier_prices(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return the table `supplier_prices` from its rows; those without a year stand last."""
    return frame(schema.SUPPLIER_PRICES, rows, sort=schema.SUPPLIER_PRICES.key)


def with_indifference(table: pd.DataFrame, case: Case, sites: Iterable[tuple[str, str, str]]) -> pd.DataFrame:
    """Return the table `supplier_prices` with a row more, without a year, for each of some suppliers at a place."""
    rows = records(table)
    in_use = {(row["stage"], row["supplier"], row["place"]) for row in rows if row["used"]}
    rows += [
        {
            "stage": s,
            "supplier": k,
            "place": p,
            "used": (s, k, p) in in_use,
            "indifference": indifference(case, (s, k, p)),
        }
        for s, k, p in dict.fromkeys(sites)
    ]
    return supplier_prices(rows)


def site_of(case: Case, stage: str, supplier: str, place: str | None) -> tuple[str, str, str]:
    """Return a supplier and place that are asked for by name; the place may be left out where there is one.

    Raises: ValueError if there is no such supplier or place, or the case has limited foresight.
    """
    if case.settings.foresight_years is not None:
        message = (
            f"indifference needs perfect foresight, and the case has foresight_years = {case.settings.foresight_years}:"
            " where later years are not seen, all cost may fall as a price rises; solve it with perfect foresight"
        )
        raise ValueError(message)
    sites = served_places(*(case.tables[name] for name in ("suppliers", "capacity", "allocation")))
    stages = list(dict.fromkeys(s for s, _ in sites))
    if stage not in stages:
        message = f"no stage with a supplier is called {stage!r}; must be one of {', '.join(stages)}"
        raise ValueError(message)
    suppliers = [k for s, k in sites if s == stage]
    if supplier not in suppliers:
        message = f"no supplier of {stage} is called {supplier!r}; must be one of {', '.join(suppliers)}"
        raise ValueError(message)
    places = sorted(sites[stage, supplier])
    if place is None and len(places) == 1:
        return stage, supplier, places[0]
    if place not in places:
        fault = "supplies at several places" if place is None else f"does not supply at {place!r}"
        message = f"{supplier} {fault} of {stage}; give one of {', '.join(places)}"
        raise ValueError(message)
    return stage, supplier, place


def indifference(case: Case, site: tuple[str, str, str]) -> float:
    """Return the least multiple of all prices of a supplier at a place at which it is worth nothing.

    There the best plan costs as much as without the supplier: when nothing is supplied by it in any year, and nothing
    is owed to it. Its capacity stays what others' allocations are shares of, and it may be expanded: that is what a
    price without end leads to. Cost does not fall as the prices rise, in the objective and in budgets, and as long as
    anything that has a price is bought it rises. So the multiple lies between one at which something is bought and one
    at which nothing is, and is halved in between until they are `INDIFFERENCE_FOUND_WITHIN` of each other. Each solve
    starts where the last ended. Of a supplier to which a contract owes a share see `_most_worth`.

    Returns: 0 if nothing is bought at the least multiple that is tried, a millionth; infinite if something is at a
    million, if what it gives away saves cost, or if no plan is feasible without it.
    Raises: NoAnswerError if a solve finds no optimum.
    """
    with doing(f"asking what {site[1]} is worth for {site[0]} at {site[2]}"):
        at = _AtMultiples(case, site)
        return significant(_most_worth(at) if at.contracts else _multiple(at), INDIFFERENCE_DIGITS)


def _most_worth(at: _AtMultiples) -> float:
    """Return the least multiple at which a supplier that is owed a share is worth nothing.

    What is owed rises with the prices, so cost goes on rising where nothing is used any more, and it is compared with
    that of the plan without supplier and contracts. Without a budget and cash it is concave in the multiple, with the
    slope of what is paid to the supplier: from where it is lower, each step along the slope ends below the multiple or
    on it. With them a step may go too far: then the span in which the multiple lies is halved.
    """
    without, low, high = at.cost_without(), 1 / INDIFFERENCE_SPAN, INDIFFERENCE_SPAN
    if math.isinf(without):
        return math.inf
    if at.rise(low, without)[0] >= -at.rounding:
        return 0.0
    multiple, is_step, before = 1.0, False, math.inf
    for _ in range(_STEPS):
        rise, slope = at.rise(multiple, without)
        if abs(rise) <= at.rounding and (is_step or slope > 0):
            return multiple
        low, high = (multiple, high) if rise < 0 else (low, multiple)
        if high / low - 1 <= INDIFFERENCE_FOUND_WITHIN:
            break
        step = multiple - rise / slope if slope > 0 else math.inf
        far = high < INDIFFERENCE_SPAN and abs(step - multiple) > before / 2
        is_step = low < step < high and not far
        last, multiple = multiple, step if is_step else math.sqrt(low * high)
        before = abs(multiple - last)
    return high if high < INDIFFERENCE_SPAN else math.inf


def _multiple(at: _AtMultiples) -> float:
    rise = at.rise_without(at.columns)
    if math.isinf(rise) or not at.paid_for:
        return math.inf if rise > 0 else 0.0
    if len(at.paid_for) < len(at.columns) and rise - at.rise_without(at.paid_for) > at.rounding:
        return math.inf
    bought, ends = at.buys(1.0), (1.0, 1.0)
    for _ in range(_WIDENINGS):
        ends = (ends[1], ends[1] * _WIDENING) if bought else (ends[0] / _WIDENING, ends[0])
        if at.buys(ends[bought]) != bought:
            break
    else:
        return math.inf if bought else 0.0
    for _ in range(_HALVINGS):
        middle = math.sqrt(ends[0] * ends[1])
        ends = (middle, ends[1]) if at.buys(middle) else (ends[0], middle)
    return math.sqrt(ends[0] * ends[1])


class _AtMultiples:
    """The optimum of a case with the prices of one supplier at one place multiplied, one multiple after the other."""

    def __init__(self, case: Case, site: tuple[str, str, str]) -> None:
        self._case, self._site, self._model, self._multiple = case, site, solver.MutableModel(case), 1.0
        self._window = self._last = self._solved(case, {})
        solved_lp = self._window.solved_lp
        self.columns = [label for label in solved_lp.lp.column if label[:-1] == (Var.SUPPLY, *site)]
        """What it supplies, year by year."""
        self.contracts = [row for row in solved_lp.lp.row if row[0] == Constraint.TAKE_OR_PAY and row[1:4] == site]
        """The rows of what it is owed."""
        self.paid_for = [label for label in self.columns if cost.price(solved_lp.solved.m, *label[1:]) > 0]
        """What of it has a price."""

    @property
    def rounding(self) -> float:
        """What is nothing beside the cost of the case."""
        solved_lp = self._window.solved_lp
        return OBJECTIVE_ROUNDING * abs(solved_lp.optimum.objective - solved_lp.lp.offset)

    def rise_without(self, columns: Sequence[Label]) -> float:
        """Return how far cost rises if nothing is supplied in some columns; infinitely if nothing is feasible."""
        solved_lp = self._window.solved_lp
        return lp.without(solved_lp.lp, solved_lp.slopes, [solved_lp.lp.column[label] for label in columns])

    def cost_without(self) -> float:
        """Return what the best plan costs with nothing supplied and nothing owed; infinite if none is feasible."""
        whole = self._window.solved_lp.lp
        upper, least, most = whole.column_upper.copy(), whole.row_lower.copy(), whole.row_upper.copy()
        upper[[whole.column[label] for label in self.columns]] = 0.0
        rows = [whole.row[label] for label in self.contracts]
        least[rows], most[rows] = -math.inf, math.inf
        without = replace(whole, column_upper=upper, row_lower=least, row_upper=most)
        try:
            return solver.solved(solver.cold(without.clone()), what="the case without the supplier").objective
        except TimeLimitError:
            raise
        except NoAnswerError:
            return math.inf

    def rise(self, multiple: float, above: float) -> tuple[float, float]:
        """Return by how much cost is above another at a multiple, and how fast it rises with it."""
        self._solve_at(multiple)
        solved_lp = self._last.solved_lp
        m = solved_lp.solved.m
        s, k, p = self._site
        paid = [cost.counted(m, s, t) * cost.paid(m, s, k, p, t) for *_, t in self.paid_for]
        paid += [cost.counted(m, s, u) * m.unused[s, k, p, t, u] for *_, t, u in self.contracts]
        slope = solved_lp.money * math.fsum(paid) / multiple
        return solved_lp.optimum.objective - above, slope

    def buys(self, multiple: float) -> bool:
        """Whether anything that has a price is bought."""
        self._solve_at(multiple)
        solved = self._last.solved_lp.solved
        return any(_is_used(solved, label[1:]) for label in self.paid_for)

    def _solve_at(self, multiple: float) -> None:
        """Solve the case with the prices multiplied."""
        if multiple != self._multiple:
            rows = self._case.tables["capacity"]
            capacity = tuple(
                {**row, "price_usd": multiple * row["price_usd"]}
                if (row["stage"], row["supplier"], row["place"]) == self._site
                else row
                for row in rows
            )
            priced = replace(self._case, tables={**self._case.tables, "capacity": capacity})
            self._model.put(priced)
            self._last, self._multiple = self._solved(priced, {self._last.first: self._last}), multiple

    def _solved(self, case: Case, near: Mapping[int, Window]) -> Window:
        """Solve a case whose numbers the model has, from where a similar one ended."""
        return next(windows.solve_windows(case, warm_start=windows.WarmStart(self._model, near, break_ties=False)))
