"""Which published numbers some plan of a case could meet, at what cost, and which limits forbid the others."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from supplychain import lp, schema, units
from supplychain.case.foresight import PERFECT
from supplychain.limits import doing
from supplychain.lp.attain import AT_LEAST, AT_MOST
from supplychain.model import locked_in, solver
from supplychain.model.labels import Constraint, Var
from supplychain.model.observable import observable
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame, records
from supplychain.tolerances import OBJECTIVE_DIFFERENCE_DIGITS, OBJECTIVE_ROUNDING, PRICE_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    from supplychain.case import Case
    from supplychain.lp import LabelledLP, Limit, Range, Reach
    from supplychain.model import Structure
    from supplychain.tabular import Row

YES, NO, NOT_ASKED = "yes", "no", "not asked"
"""Whether some plan meets a published number."""

CAPACITY, SHARE, RAMP, BUILD, ORDER, BUDGET, DEMAND, RESEARCH = (
    *("capacity", "share", "ramp", "build limit", "order limit", "budget", "demand", "research"),
)
"""What limits are called; `share` is a capacity that is nothing but an allocation of others."""

UNITS = "units"
"""Of accelerators."""

_SIDES = {AT_LEAST: "at least", AT_MOST: "at most"}


@dataclass(frozen=True)
class NamedLimit:
    """A limit of the case: what it is, of which stage, accelerator or workload, in which year, and whose and where."""

    kind: str
    of: str
    year: int
    unit: str
    supplier: str = ""
    place: str = ""

    @property
    def cells(self) -> dict[str, Any]:
        """What it is of and whose, as columns of a table."""
        return {"of": self.of, "supplier": self.supplier, "place": self.place, "unit": self.unit}

    def __str__(self) -> str:
        words = (self.kind, self.of, self.supplier, "" if self.place == schema.GLOBAL else self.place, str(self.year))
        return " ".join(filter(None, words))


@dataclass(frozen=True)
class Attainability:
    """Tables by name, and facts of the summary."""

    tables: dict[str, pd.DataFrame]
    facts: dict[str, Any]


def attainability(
    case: Case,
    comparisons: pd.DataFrame,
    objective_usd: float,
    progress: Callable[[str], None] = lambda _: None,
) -> Attainability:
    """Return what of the published numbers some plan meets; `comparisons` and the objective are of the plan chosen.

    Asked is the LP of all years, so that a plan may know all of them, whatever foresight the case has; and no plan buys
    what nothing uses.

    Raises: NoAnswerError if a solve finds no optimum.
    """
    with doing("asking which published numbers some plan meets"):
        return _Asked(case, records(comparisons), objective_usd).answer(progress)


class _Asked:
    """A case, what was observed, and the LP of which it is asked whether a plan meets that."""

    def __init__(self, case: Case, compared: Sequence[Row], objective_usd: float) -> None:
        model = solver.MutableModel(case.with_foresight(PERFECT))  # else a window owes for its part of a term, too
        self._lp = _without_waste(locked_in.fix_columns(model.lp(), locked_in.fixed_amounts(case, model.m.on)))
        self._money, self._objective_usd = model.m.money, objective_usd
        self._compared: list[Row] = []
        self._not_asked: list[Row] = []
        ranges = []
        for row in compared:
            formula = observable(model.m.names, row["quantity"], row["item"], row["year"])
            if formula is None or math.isnan(row["model"]):
                self._not_asked.append(row)
            else:
                self._compared.append(row)
                ranges.append(_range(self._lp, row, *formula))
        self._ranges = lp.Ranges(self._lp, ranges, dict(named_limits(self._lp, model.m.on)))

    def answer(self, progress: Callable[[str], None]) -> Attainability:
        """Ask of every miss, then of all numbers together."""
        misses = [n for n, row in enumerate(self._compared) if not row["inside"]]
        reaches: dict[int, Reach] = {}
        rows, limits = [], []
        for n in misses:
            progress(f"asked whether a plan could meet {len(reaches)} of {len(misses)} misses")
            row = self._compared[n]
            reach = reaches[n] = self._ranges.reach(n, row["model"])
            if reach.met:
                rows.append(_asked(row) | {"attainable": YES} | self._costs(n, reach))
                continue
            by = self._limits(n, reach)
            named = "; ".join(str(name) for name, _ in by)
            rows.append(_asked(row) | {"attainable": NO, "nearest": reach.value, "forbidden_by": named})
            limits += [_key(row) | {"rank": rank} | cells for rank, (_, cells) in enumerate(by, start=1)]
        rows += [_asked(row) | {"attainable": NOT_ASKED} for row in self._not_asked if not row["inside"]]
        possible = [n for n in range(len(self._compared)) if n not in reaches or reaches[n].met]
        progress("asking which published numbers exclude each other")
        held, conflicts = self._together(possible)
        given = {"attainability": rows, "forbidden_by": limits, "conflicts": conflicts}
        facts = {
            "misses_attainable": sum(reach.met for reach in reaches.values()),
            "misses_forbidden": sum(not reach.met for reach in reaches.values()),
            "misses_not_asked": sum(row["attainable"] == NOT_ASKED for row in rows),
            "held_at_once": len(held),
            "independent_held_at_once": sum(bool(self._compared[n]["independent"]) for n in held),
            "foresight_usd": self._usd(self._objective_usd - self._ranges.best.objective / self._money),
        }
        tables = (result_schema.ATTAINABILITY, result_schema.FORBIDDEN_BY, result_schema.CONFLICTS)
        return Attainability({table.name: frame(table, given[table.name]) for table in tables}, facts)

    def _costs(self, n: int, reach: Reach) -> dict[str, float]:
        """Return what meeting a number costs: more than the cheapest plan of all, and than the plan chosen."""
        room = self._ranges.ranges[n].outside(reach.value) if math.isfinite(reach.value) else 0.0
        cheapest = self._ranges.cheapest(n, room)
        costs = self._usd((cheapest.objective - self._ranges.best.objective) / self._money)
        more = self._usd(cheapest.objective / self._money - self._objective_usd)
        return {"costs_usd": max(costs, 0.0), "more_than_plan_usd": more}

    def _usd(self, difference: float) -> float:
        """Return a difference of two objectives, without what is rounding."""
        if abs(difference) <= OBJECTIVE_ROUNDING * abs(self._objective_usd):
            return 0.0
        return significant(difference, OBJECTIVE_DIFFERENCE_DIGITS)

    def _limits(self, n: int, reach: Reach) -> list[tuple[NamedLimit, dict[str, Any]]]:
        """Return what holds the nearest plan back: first limits of which more is enough, by how much more it must be.

        Then those that alone never are, by how far one per cent more of each goes.
        """
        asked = self._ranges.ranges[n]
        side = AT_LEAST if reach.value < asked.low else AT_MOST
        gap = asked.unit * asked.outside(reach.value)
        rows = []
        for name, moves in self._ranges.held_back_by(n, reach).items():
            size = self._ranges.named[name].amount(self._lp)
            needed = math.inf if asked.under.terms else self._ranges.needed(n, side, name)
            rise = needed / size if size > 0 else math.inf
            order = (not math.isfinite(needed), rise, -moves)
            in_case = 1 / self._money if name.kind == BUDGET else 1.0
            cells = {"limit": name.kind, "limit_year": name.year, "value": size * in_case, "needed": needed * in_case}
            closes = significant(moves / gap / units.PERCENT, PRICE_DIGITS)
            rows.append((order, name, name.cells | cells | {"closes_pct": closes}))
        return [(name, cells) for _, name, cells in sorted(rows, key=lambda row: row[0])]

    def _together(self, possible: Sequence[int]) -> tuple[list[int], list[dict[str, Any]]]:
        """Return numbers that one plan meets at once, none of the others beside them, and what excludes the others.

        As long as some exclude each other, an irreducible set is found, and one number of it gives way: one that is not
        independent, if there is one, and of those that from which the plan nearest to all is furthest.
        """
        held, gone = list(possible), list[int]()
        rows: list[dict[str, Any]] = []
        while distances := self._ranges.distances(_both_sides(held)):
            conflict = len(gone) + 1
            excluded = self._ranges.excluded(_both_sides(held))
            gives_way = max(
                (k for k in excluded.sides if k in distances),
                key=lambda k: (not self._compared[k // 2]["independent"], distances[k]),
            )
            rows += self._conflict(conflict, excluded, gives_way)
            gone.append(gives_way // 2)
            held.remove(gives_way // 2)
        for n in sorted(gone, key=lambda n: not self._compared[n]["independent"]):
            if not self._ranges.distances(_both_sides([*held, n])):
                held.append(n)
        x = self._ranges.plan(_both_sides(held))
        return [n for n in sorted(held) if self._ranges.ranges[n].meets(x)], rows

    def _conflict(self, conflict: int, excluded: lp.Excluded, gives_way: int) -> Iterator[dict[str, Any]]:
        members: list[dict[str, Any]] = []
        for k in excluded.sides:
            row, side = self._compared[k // 2], k % 2
            members.append(
                {
                    "name": row["quantity"],
                    "of": row["item"],
                    "year": row["year"],
                    "side": _SIDES[side],
                    "value": row["low"] if side == AT_LEAST else row["high"],
                    "unit": row["unit"],
                    "source": row["source"],
                    "gives_way": k == gives_way,
                }
            )
        for name in excluded.limits:
            size = self._ranges.named[name].amount(self._lp) / (self._money if name.kind == BUDGET else 1.0)
            cells = {"name": name.kind, "year": name.year, "side": _SIDES[AT_MOST], "value": size, "gives_way": False}
            members.append(name.cells | cells)
        return ({"conflict": conflict, "member": n} | cells for n, cells in enumerate(members, start=1))


def _without_waste(whole: LabelledLP) -> LabelledLP:
    """Return the LP whose plans supply no more than is used or stored: else spending is met by what is thrown away.

    It costs nothing, for no supply has a price below 0. What is locked in may be more than is used.
    """
    fixed = (whole.column_lower == whole.column_upper) & (whole.column_lower > 0)
    has_fixed = np.zeros(whole.shape[0], dtype=bool)
    has_fixed[whole.indices[fixed[whole.column_of_entry]]] = True
    balance = np.array([label[0] == Constraint.STAGE_BALANCE for label in whole.row], dtype=bool) & ~has_fixed
    equal = np.where(np.isfinite(whole.row_upper), whole.row_upper, whole.row_lower)
    without = replace(
        whole,
        row_lower=np.where(balance, equal, whole.row_lower),
        row_upper=np.where(balance, equal, whole.row_upper),
        column_upper=np.where(_unused(whole) & ~fixed, 0.0, whole.column_upper),
    )
    lp.load(without)
    return without


def _unused(whole: LabelledLP) -> npt.NDArray[np.bool_]:
    """Return the columns that supply what nothing can use in that place and year: a stage that then has no balance."""
    return np.array(
        [
            name == Var.SUPPLY and (Constraint.STAGE_BALANCE, index[0], *index[2:]) not in whole.row
            for name, *index in whole.column
        ],
        dtype=bool,
    )


def _key(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("quantity", "year", "item", "source")}


def _asked(row: Row) -> dict[str, Any]:
    return _key(row) | {"unit": row["unit"]}


def _both_sides(numbers: Sequence[int]) -> list[int]:
    return [2 * n + side for n in numbers for side in _SIDES]


def _range(whole: LabelledLP, row: Row, over: Any, under: Any) -> Range:  # noqa: ANN401 - Pyomo ships no types
    """Return an observed number as a range of the LP; one over a constant is one by itself, a bound has one end."""
    divided, by = linear(whole, over), linear(whole, under)
    if not by.terms:
        factor = 1 / by.constant
        scaled = {j: factor * entry for j, entry in divided.terms.items()}
        divided, by = lp.Linear(scaled, factor * divided.constant), lp.Linear({}, 1.0)
    low, high = (x if math.isfinite(x) else end for x, end in ((row["low"], -math.inf), (row["high"], math.inf)))
    return lp.Range(divided, low, high, by)


def linear(whole: LabelledLP, expression: Any) -> lp.Linear:  # noqa: ANN401 - Pyomo ships no types
    """Return an expression over the columns of the LP; a variable that no row and no cost names has none."""
    terms, constant = lp.terms_of(expression)
    return lp.Linear({whole.column[label]: x for label, x in terms.items() if x and label in whole.column}, constant)


def named_limits(whole: LabelledLP, on: Structure) -> Iterator[tuple[NamedLimit, Limit]]:
    """Yield the limits of a case, each with its rows or columns. What is not among them is arithmetic.

    Demand of a workload in a year is one limit, of all its tiers; research of a year likewise. What is locked in is
    none: it stands.
    """
    for (name, *index), i in whole.row.items():
        t = index[-1]
        if name == Constraint.SUPPLY_LIMIT:
            s, k, p = index[:-1]
            kind = CAPACITY if (s, k, p) in on.has_capacity else SHARE
            yield NamedLimit(kind, s, t, on.stages[s]["unit"], k, p), lp.Limit(rows=[i])
        elif name == Constraint.RAMP:
            yield NamedLimit(RAMP, index[0], t, UNITS), lp.Limit(rows=[i])
        elif name == Constraint.BUDGET:
            yield NamedLimit(BUDGET, "", t, "USD"), lp.Limit(rows=[i])
    columns: dict[NamedLimit, list[int]] = defaultdict(list)
    for label, j in whole.column.items():
        fixed = whole.column_lower[j] == whole.column_upper[j] > 0
        if label[0] in _BOUNDED and math.isfinite(whole.column_upper[j]) and not fixed:
            columns[_of_column(on, *label)].append(j)
    yield from ((name, lp.Limit(columns=some)) for name, some in columns.items())


_BOUNDED = frozenset({Var.BUILD, Var.EXPAND, Var.SERVE, Var.RESEARCH})
"""Variables whose upper bounds are limits."""


def _of_column(on: Structure, name: str, *index: Any) -> NamedLimit:  # noqa: ANN401 - names and a year
    """Return the limit that bounds a variable."""
    t = index[-1]
    if name == Var.BUILD:
        return NamedLimit(BUILD, index[0], t, UNITS)
    if name == Var.EXPAND:
        s, k, p = index[:-1]
        return NamedLimit(ORDER, s, t, on.stages[s]["unit"], k, p)
    if name == Var.SERVE:
        return NamedLimit(DEMAND, index[0], t, result_schema.TTOK)
    return NamedLimit(RESEARCH, "", t, result_schema.H100E_YEARS)
