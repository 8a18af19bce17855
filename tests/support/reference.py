"""The planning LP stated a second time, straight from the tables, as an oracle for the tests.

It shares no code with the package: its own reader, its own series, its own rows, solved by
`scipy.optimize.linprog`. Names and signs are those of `docs/model.md`. Two conventions keep it short:

- Every column is >= 0 and has no other bound. Whatever limits something is a labelled row
  (`demand`, `build_limit` and `expansion_limit` too), so that each limit can be shifted or lifted.
- A quantity that is not defined is 0. A row may name `build[a, t-1]` of a year in
  which `a` is not made: the term vanishes.

All values are in the units of the tables, all money in discounted USD; `unused`, `cash`, `gap` and the rows
`take_or_pay` and `cash_balance` are in USD of their own years. A dollar more raised in t is one more on the right-hand
side of ("cash_balance", t). No shift or lifted row of another limit moves what a take-or-pay row owes: only `expand`
does.
"""

from __future__ import annotations

import csv
import math
import tomllib
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, diags_array

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

Label: TypeAlias = tuple[str | int, ...]
Terms: TypeAlias = dict[Label, float]
Sum: TypeAlias = "list[tuple[float, Label]]"
Row: TypeAlias = dict[str, str]
Site: TypeAlias = tuple[str, str, str]  # stage, supplier, place
Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

GLOBAL = "global"
EVERY = ""  # accelerator
TTOK_PER_TOKEN_PER_SECOND = 365 * 24 * 3600 * 1e-12  # kept up for a year
MTOK_PER_TTOK = 1e6
HOURS_PER_YEAR = 365 * 24
WIDEST_MISS = 1e-6  # relative: its solver's tolerance is absolute, and may be larger than a row
TINY = 1e-300
WIDEST_GAP = 1e-8  # relative: an answer whose dual bound is further away is not an answer
NOT_CHARGED = -math.inf  # prices nothing out
SAME_STEP = 1e-9  # relative: a charged price as near as that to a step of a curve is the step

COLUMNS = {  # kind of column: the length of its label
    "supply": 5,
    "expand": 5,
    "stored": 4,
    "build": 3,
    "deliver": 4,
    "shortfall": 3,
    "warehouse": 3,
    "install": 4,
    "operate": 4,
    "assign": 4,
    "assign_research": 3,
    "serve": 4,
    "research": 3,
    "unused": 6,
    "cash": 2,
    "gap": 2,
}


class UnsolvedError(RuntimeError):
    """The solver did not prove an optimum: infeasible, unbounded, or too inaccurate."""


@dataclass(frozen=True)
class Tables:
    """One case as it is written: the settings, and each table as rows of text."""

    settings: dict[str, Any]
    rows: dict[str, list[Row]]

    def __getitem__(self, table: str) -> list[Row]:
        return self.rows.get(table, [])


def load(folder: Path) -> Tables:
    """Read `case.toml` and every CSV table of a folder; a table without a file has no rows."""
    settings = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8-sig"))
    rows: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows[path.stem] = list(csv.DictReader(file))
    return Tables(settings, rows)


def interpolate(given: Mapping[int, float], t: int, *, before: float) -> float:
    """Linear between given years, held after the last; `before` is the value before the first."""
    years = sorted(given)
    after = bisect_right(years, t)
    if after == 0:
        return before
    if after == len(years):
        return given[years[-1]]
    left, right = years[after - 1], years[after]
    weight = (t - left) / (right - left)
    return (1 - weight) * given[left] + weight * given[right]


class Series:
    """A quantity or a price by key and year, as `series[key, t]` reads it.

    A quantity is 0 before its first given year, a price takes its first given value.
    """

    def __init__(self, rows: Iterable[Row], keys: Collection[str], column: str) -> None:
        self.given: dict[tuple[str, ...], dict[int, float]] = defaultdict(dict)
        for row in rows:
            self.given[tuple(row[key] for key in keys)][int(row["year"])] = float(row[column])

    def quantity(self, key: tuple[str, ...], t: int) -> float:
        """0 before the first given year, and where nothing is given at all."""
        return interpolate(self.given[key], t, before=0.0) if key in self.given else 0.0

    def price(self, key: tuple[str, ...], t: int, default: float = 0.0) -> float:
        """The first given value before it; `default` where nothing is given at all."""
        if key not in self.given:
            return default
        given = self.given[key]
        return interpolate(given, t, before=given[min(given)])


@dataclass(frozen=True)
class Order:
    """One row of `expansion` that may be ordered: what it may add, when, at what price."""

    stage: str
    supplier: str
    place: str
    year: int
    online: int
    life: int
    most: float
    capex_usd: float

    @property
    def column(self) -> Label:
        return ("expand", self.stage, self.supplier, self.place, self.year)


@dataclass(frozen=True)
class Contract:
    """One row of `take_or_pay` that counts: the share owed of what the whole limit of its years would cost.

    years: those of the row inside the case, at least one; what is unused is paid in the last of them, with which the
        labels end: they are of that year.
    """

    stage: str
    supplier: str
    place: str
    first_year: int
    years: range
    share: float

    @property
    def site(self) -> Site:
        return (self.stage, self.supplier, self.place)

    @property
    def last(self) -> int:
        return self.years[-1]

    @property
    def column(self) -> Label:
        return ("unused", *self.site, self.first_year, self.last)

    @property
    def row(self) -> Label:
        return ("take_or_pay", *self.site, self.first_year, self.last)


@dataclass(frozen=True)
class Accelerator:
    """One row of `accelerators`."""

    name: str
    vendor: str
    family: str
    first_year: int
    last_year: float
    life: int
    opex_usd: float
    h100e: float
    ramp: tuple[float, float] | None


class Numbers:
    """What the tables say, looked up by their keys."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        settings = tables.settings
        self.first, self.last = int(settings["first_year"]), int(settings["last_year"])
        self.years = range(self.first, self.last + 1)
        self.rate = float(settings["discount_rate"])
        self.alpha = float(settings.get("first_year_availability", 0.5))
        self.lag = float(settings.get("build_lag_share", 0.0))
        self.regions = [row["region"] for row in tables["regions"]]
        self.stages = {row["stage"]: row for row in tables["stages"]}

        site = ("stage", "supplier", "place")
        self.capacity = Series(tables["capacity"], site, "capacity")
        self.price = Series(tables["capacity"], site, "price_usd")
        self.share = Series(tables["allocation"], ("stage", "supplier", "of_stage"), "share")
        self.other_cost = Series(tables["unit_costs"], ("accelerator",), "other_cost_usd")
        self.efficiency = Series(tables["efficiency"], ("workload",), "multiplier")
        operations = [row | {"accelerator": row.get("accelerator") or EVERY} for row in tables["operations"]]
        self.utilisation = Series(operations, ("accelerator",), "utilisation")
        prices = [row | {"kept_share": row.get("kept_share") or "1"} for row in tables["prices"]]
        self.charged = Series(prices, ("workload",), "price_usd_per_mtok")
        self.kept_share = Series(prices, ("workload",), "kept_share")
        tier = ("workload", "tier")
        self.demand = Series(tables["demand"], tier, "demand_ttok")
        self.value = Series(tables["demand"], tier, "value_usd_per_mtok")
        self.research = Series(tables["research"], ("tier",), "demand_h100e_years")
        self.rent = Series(tables["research"], ("tier",), "value_usd_per_h100e_hour")
        self.priced_out = {
            (w, j, t)
            for w, j in self.demand.given
            for t in self.years
            if self.charge(w, t) > self.value.price((w, j), t)
        }
        """(workload, tier, year) of the tiers that are worth less than what is charged."""
        self._add_curves()

        self.accelerators = [_accelerator(row) for row in tables["accelerators"]]
        self.bom: dict[str, dict[str, float]] = defaultdict(dict)
        for row in tables["bill_of_materials"]:
            self.bom[row["accelerator"]][row["stage"]] = float(row["quantity"])
        self.speed = {
            (row["accelerator"], row["workload"]): float(row["tokens_per_second"]) for row in tables["throughput"]
        }
        self.most_built = {
            (row["accelerator"], int(row["year"])): float(row["max_units"]) for row in tables["build_limits"]
        }
        self.opening = {
            row["accelerator"]: (float(row["warehouse_units"]), float(row["built_units"])) for row in tables["opening"]
        }
        self.budget = {int(row["year"]): float(row["capital_usd"]) for row in tables["budget"]}
        self.cash = {int(row["year"]): row for row in tables["cash"]}
        self.opening_cash = float(settings.get("opening_cash_usd", 0.0))
        self.commitments = [row for row in tables["commitments"] if int(row["year"]) in self.years]

    def _add_curves(self) -> None:
        """Curves as tiers of every year of the case, beside those of the tables."""
        rows = [row | {"adjusted_share": row.get("adjusted_share") or "1"} for row in self.tables["demand_curves"]]
        names = ["volume_ttok", "price_usd_per_mtok", "elasticity", "adjusted_share"]
        volume, *prices = (Series(rows, ("workload",), name) for name in names)
        for (w,) in volume.given:
            tiers: dict[int, dict[str, Tier]] = {}
            for t in self.years:
                curve = Curve(volume.quantity((w,), t), *(series.price((w,), t) for series in prices))
                tiers[t] = {tier.name: tier for tier in charged_tiers(self.tables.settings, curve, self.charge(w, t))}
            for j in dict.fromkeys(j for of_year in tiers.values() for j in of_year):
                for t in self.years:
                    tier = tiers[t].get(j, Tier(j, 0.0, 0.0, is_open=True))
                    self.demand.given[w, j][t], self.value.given[w, j][t] = tier.asked, tier.worth
                    if not tier.is_open:
                        self.priced_out.add((w, j, t))
        names = ["volume_h100e_years", "value_usd_per_h100e_hour", "elasticity"]
        volume, *prices = (Series(self.tables["research_curves"], (), name) for name in names)
        for t in self.years if volume.given else ():
            curve = Curve(volume.quantity((), t), *(series.price((), t) for series in prices))
            for tier in charged_tiers(self.tables.settings, curve, NOT_CHARGED):
                self.research.given[tier.name,][t] = tier.asked
                self.rent.given[tier.name,][t] = tier.worth

    def busy_share(self, a: str, t: int) -> float:
        """The series of an accelerator that is named, in all years; else that of every one."""
        return self.utilisation.price((a,) if (a,) in self.utilisation.given else (EVERY,), t)

    def charge(self, w: str, t: int) -> float:
        """What is charged for a workload; NOT_CHARGED where `prices` does not have it."""
        return self.charged.price((w,), t, default=NOT_CHARGED)

    def earned(self, w: str, j: str, t: int) -> float:
        """What 10⁶ tokens earn: what is left of the price where `prices` has the workload, else the tier's value."""
        if (w,) in self.charged.given:
            return self.kept_share.price((w,), t) * self.charged.price((w,), t)
        return self.value.price((w, j), t)

    def is_flow(self, s: str) -> bool:
        return self.stages[s]["kind"] == "flow"

    def is_storable(self, s: str) -> bool:
        return self.is_flow(s) and self.stages[s].get("storable", "").lower() == "true"

    def cost_life(self, s: str) -> int:
        return int(self.stages[s]["cost_life_years"])

    def places(self, s: str) -> list[str]:
        return [GLOBAL] if self.stages[s]["scope"] == GLOBAL else self.regions

    def delta(self, t: int) -> float:
        """δ_t = (1 + discount_rate)^-(t-t₀)."""
        return float((1 + self.rate) ** (self.first - t))

    def pvf(self, t: int, life: int) -> float:
        """pvf(t,L) = crf(L) · Σ_{u∈T, t≤u<t+L} δ_u."""
        crf = self.rate / (1 - (1 + self.rate) ** -life) if self.rate else 1 / life
        return crf * math.fsum(self.delta(u) for u in self.years if t <= u < t + life)

    @cached_property
    def allocations(self) -> list[tuple[str, str, str]]:
        """Every (stage, supplier, of_stage) of the table `allocation`."""
        return sorted({(row["stage"], row["supplier"], row["of_stage"]) for row in self.tables["allocation"]})

    @cached_property
    def sites(self) -> list[Site]:
        """Where each supplier supplies: where it has capacity rows, or a share of a limit there."""
        found = {(row["stage"], row["supplier"], row["place"]) for row in self.tables["capacity"]}
        while True:
            shared = {(s, k, p) for s, k, of_stage in self.allocations for (stage, _, p) in found if stage == of_stage}
            if shared <= found:
                return sorted(found)
            found |= shared

    @cached_property
    def orders(self) -> list[Order]:
        """The rows of `expansion` that are ordered inside the case and arrive inside it."""
        lives = {
            (row["stage"], row["supplier"]): row.get("capacity_life_years", "") for row in self.tables["suppliers"]
        }
        orders = []
        for row in self.tables["expansion"]:
            year, lead = int(row["year"]), int(row["lead_years"])
            if year < self.first or year + lead > self.last:
                continue
            s, k = row["stage"], row["supplier"]
            amount, capex = float(row["max_expansion"]), float(row["capex_usd_per_unit"])
            life = int(lives[s, k])
            orders.append(Order(s, k, row["place"], year, year + lead, life, amount, capex))
        return orders

    @cached_property
    def contracts(self) -> list[Contract]:
        """The rows of `take_or_pay` of which a year is inside the case."""
        contracts = []
        for row in self.tables["take_or_pay"]:
            first_year = int(row["first_year"])
            years = range(max(first_year, self.first), min(int(row["last_year"]), self.last) + 1)
            if years:
                site = (row["stage"], row["supplier"], row["place"])
                contracts.append(Contract(*site, first_year, years, float(row["share"])))
        return contracts

    @cached_property
    def cash_years(self) -> list[int]:
        """Every year of the case from the first to the last row of `cash`."""
        return [t for t in self.years if min(self.cash) <= t <= max(self.cash)] if self.cash else []

    @cached_property
    def needs(self) -> dict[tuple[str, str, str, str], dict[str, float]]:
        """What one unit needs by (basis, stage, supplier, place).

        A row without a place holds at every place, unless a row with the place replaces it there.
        """
        found: dict[tuple[str, str, str, str], dict[str, float]] = defaultdict(dict)
        for named in (False, True):
            for row in self.tables["supplier_needs"]:
                if bool(row["place"]) != named:
                    continue
                s, k = row["stage"], row["supplier"]
                for p in [row["place"]] if named else self.places(s):
                    found[row["basis"], s, k, p][row["needs_stage"]] = float(row["quantity"])
        return found

    @cached_property
    def fleet(self) -> dict[tuple[str, str, int], float]:
        """Units owned at the start that are still alive, by (accelerator, region, year)."""
        life = {a.name: a.life for a in self.accelerators}
        owned: dict[tuple[str, str, int], float] = defaultdict(float)
        for row in self.tables["fleet"]:
            a, r, installed = row["accelerator"], row["region"], int(row["installed_year"])
            for t in self.years:
                if installed <= t < installed + life[a]:
                    owned[a, r, t] += float(row["units"])
        return owned

    @cached_property
    def draws(self) -> dict[tuple[str, str, str, int], list[tuple[float, Site]]]:
        """Of which other limits each limit takes which share, by (stage, supplier, place, year)."""
        found: dict[tuple[str, str, str, int], list[tuple[float, Site]]] = defaultdict(list)
        for s, k, of_stage in self.allocations:
            for source in self.sites:
                if source[0] == of_stage:
                    for t in self.years:
                        share = self.share.quantity((s, k, of_stage), t)
                        found[s, k, source[2], t].append((share, source))
        return found


def curve_prices(settings: Mapping[str, Any], price: float) -> list[float]:
    """The prices at which the tiers of a curve end: from the top to the reference price, from there to the bottom.

    The upper part gets its share of the steps rounded to the nearest (a half up), each part of some width at least one.
    """
    steps = int(settings.get("curve_steps", 40))
    top, bottom = float(settings.get("curve_top", 4)), float(settings.get("curve_bottom", 0.4))
    if top == bottom:
        return [price]
    wanted = steps * math.log(top) / math.log(top / bottom)
    above = math.floor(round(wanted, 9) + 0.5)
    if top == 1:
        above = 0
    elif bottom == 1:
        above = steps
    else:
        above = min(max(above, 1), steps - 1)
    upper = [price * top ** (1 - n / above) for n in range(above)]
    return [*upper, price, *(price * bottom ** (n / (steps - above)) for n in range(1, steps - above + 1))]


class Curve(NamedTuple):
    """One row of a curve: what is asked for at each price, and what that is worth."""

    volume: float
    price: float
    elasticity: float
    adjusted_share: float = 1.0

    def asked(self, v: float) -> float:
        """What is asked for at a price; at an infinite one nothing."""
        on_curve = self.volume * math.pow(v / self.price, -self.elasticity)
        return on_curve if v >= self.price else self.volume + self.adjusted_share * (on_curve - self.volume)

    def worth(self, v1: float, v2: float) -> float:
        """The mean of the curve over what is asked for between two prices, v1 > v2; v2 where there is no upper one."""
        if math.isinf(v1):
            return v2
        log = math.log(v1 / v2)
        x = (1 - self.elasticity) * log
        g = -math.expm1(-x) / x if x else 1.0
        return self.elasticity * v1 * log * g / math.expm1(self.elasticity * log)


class Tier(NamedTuple):
    """A tier of a curve: what is asked for, what a unit of it is worth, and whether it is not priced out."""

    name: str
    asked: float
    worth: float
    is_open: bool


def charged_tiers(settings: Mapping[str, Any], curve: Curve, charged: float) -> list[Tier]:
    """The tiers of a curve where a price is charged, or NOT_CHARGED: what lies below it is priced out.

    The price parts the tier in which it lies, `curve_00` where it is above the span: the lower part is called
    `curve_NN_below`. Below the span it adds one more tier. As near as SAME_STEP to a step it is the step.
    """
    steps = curve_prices(settings, curve.price)
    spans = [(f"curve_{n:02d}", v1, v2) for n, (v1, v2) in enumerate(pairwise([math.inf, *steps]))]
    same = [step for step in steps if math.isclose(step, charged, rel_tol=SAME_STEP)]
    if same:
        charged = same[0]
    elif math.isfinite(charged) and charged < steps[-1]:
        spans.append((f"curve_{len(steps):02d}", steps[-1], charged))
    else:
        at = next((n for n, (_, v1, v2) in enumerate(spans) if v1 > charged > v2), None)
        if at is not None:
            name, v1, v2 = spans[at]
            spans[at : at + 1] = [(name, v1, charged), (f"{name}_below", charged, v2)]
    return [
        Tier(name, curve.asked(v2) - curve.asked(v1), curve.worth(v1, v2), is_open=v2 >= charged)
        for name, v1, v2 in spans
    ]


def curve_tiers(
    settings: Mapping[str, Any], volume: float, price: float, elasticity: float, adjusted_share: float
) -> list[tuple[str, float, float]]:
    """The tiers of a curve where no price is charged: name, what is asked for, what a unit of it is worth."""
    curve = Curve(volume, price, elasticity, adjusted_share)
    return [(tier.name, tier.asked, tier.worth) for tier in charged_tiers(settings, curve, NOT_CHARGED)]


def _accelerator(row: Row) -> Accelerator:
    ramp = row.get("ramp_start_units", "")
    return Accelerator(
        name=row["accelerator"],
        vendor=row["vendor"],
        family=row["family"],
        first_year=int(row["first_year"]),
        last_year=int(row["last_year"]) if row["last_year"] else math.inf,
        life=int(row["life_years"]),
        opex_usd=float(row["opex_usd_per_year"]),
        h100e=float(row["h100e"]),
        ramp=(float(ramp), float(row["ramp_growth"])) if ramp else None,
    )


@dataclass(frozen=True)
class Limit:
    """A limit as a sum: `fixed` + Σ coefficient · expand."""

    fixed: float
    terms: Terms

    def at(self, values: Mapping[Label, float]) -> float:
        """The limit where the expansions are `values`; an expansion not named there is 0."""
        return self.fixed + math.fsum(c * values.get(x, 0.0) for x, c in self.terms.items())


@dataclass(frozen=True)
class Answer:
    """An optimum.

    objective_usd: total discounted cost, with the value of unserved demand.
    values: by column label, in the units of the tables.
    duals: by row label, USD of the first year for one unit more on the right-hand side, counted as
        a benefit; of `<=` rows never negative. At ties one of several.
    gap: relative distance between the objective and its dual bound.
    """

    objective_usd: float
    values: dict[Label, float]
    duals: dict[Label, float]
    gap: float


class Statement:
    """An LP with labelled columns and rows: least `cost · x + constant`, rows, x >= 0."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.cost: Terms = {}
        self.constant = 0.0
        self.rows: dict[Label, Terms] = {}
        self.rhs: Terms = {}
        self.equalities: set[Label] = set()
        self.limits: dict[tuple[str, str, str, int], Limit] = {}
        self._without = lru_cache(maxsize=4)(self._part)

    def column(self, *label: str | int, usd: float = 0.0) -> None:
        """Declare a column and what one unit of it costs."""
        if label in self.cost:
            message = f"column {label} is declared twice"
            raise ValueError(message)
        self.cost[label] = usd

    def row(self, label: Label, terms: Iterable[tuple[float, Label]], rhs: float, *, equal: bool = False) -> None:
        """Declare Σ coefficient · column <= rhs (or = rhs). Columns that do not exist are 0."""
        if label in self.rows:
            message = f"row {label} is declared twice"
            raise ValueError(message)
        total: Terms = defaultdict(float)
        for coefficient, column in terms:
            if COLUMNS[str(column[0])] != len(column):
                message = f"no column is labelled like {column}"
                raise ValueError(message)
            if column in self.cost and coefficient:
                total[column] += coefficient
        if total:
            self.rows[label] = dict(total)
            self.rhs[label] = rhs
            if equal:
                self.equalities.add(label)

    def columns(self, *kinds: str) -> list[Label]:
        """The labels of all columns of these kinds."""
        return [label for label in self.cost if label[0] in kinds]

    def rows_of(self, *kinds: str) -> set[Label]:
        """The labels of all rows of these kinds; with `drop_rows` this lifts a kind of limit."""
        return {label for label in self.rows if label[0] in kinds}

    def solve(
        self,
        rhs_shift: Mapping[Label, float] | None = None,
        hold: Mapping[Label, float] | None = None,
        drop_rows: Collection[Label] = (),
        method: str = "highs",
    ) -> Answer:
        """Solve with some right-hand sides shifted, columns held or rows left out.

        Raises UnsolvedError unless an optimum is found whose dual bound agrees to WIDEST_GAP, and which keeps its rows.
        """
        shift, held = rhs_shift or {}, hold or {}
        unknown = [x for x in (*shift, *drop_rows) if x not in self.rows]
        unknown += [x for x in held if x not in self.cost]
        if unknown:
            message = f"no such row or column: {unknown[:5]}"
            raise KeyError(message)
        part = self._without(frozenset(drop_rows), len(self.rows))
        labels, matrix, equal = part.labels, part.matrix, part.equal
        fixed = np.array([held.get(column, math.nan) for column in self.cost])
        rhs = np.array([self.rhs[label] + shift.get(label, 0.0) for label in labels])
        cost = np.array(list(self.cost.values()))

        x, y = _optimum(part, rhs, cost, fixed, method)
        objective = self.constant + math.fsum(cost * x)
        of_held = np.nan_to_num((cost + matrix.T @ y) * fixed)
        bound = self.constant + math.fsum(of_held) - math.fsum(rhs * y)
        gap = abs(objective - bound) / max(abs(objective), 1.0)
        if not gap <= WIDEST_GAP:
            message = f"objective {objective!r}, dual bound {bound!r}: {gap:.1e} apart"
            raise UnsolvedError(message)
        over = matrix @ x - rhs
        terms = np.maximum(abs(matrix) @ np.abs(x), np.abs(rhs))
        over = np.where(rhs == 0, 0.0, np.where(equal, np.abs(over), over) / np.maximum(terms, TINY))
        if not over.max(initial=0.0) <= WIDEST_MISS:
            message = f"row {labels[int(over.argmax())]} is missed by {over.max():.1e} of its terms"
            raise UnsolvedError(message)
        return Answer(
            objective_usd=objective,
            values=dict(zip(self.cost, x.tolist(), strict=True)),
            duals=dict(zip(labels, y.tolist(), strict=True)),
            gap=gap,
        )

    def _part(self, dropped: frozenset[Label], count: int) -> _Part:
        """What stays of `count` rows without those dropped, also in units in which numbers are near 1."""
        labels = [label for label in self.rows if label not in dropped]
        matrix = self.matrix[np.array([label not in dropped for label in self.rows])]
        assert count == self.matrix.shape[0], "rows were added after the first solve"
        row_unit, column_unit = _equilibrate(matrix)
        scaled = (diags_array(row_unit) @ matrix @ diags_array(column_unit)).tocsr()
        equal = np.array([label in self.equalities for label in labels], dtype=bool)
        return _Part(labels, matrix, equal, row_unit, column_unit, (scaled[~equal], scaled[equal]))

    @cached_property
    def matrix(self) -> csr_array:
        """The coefficients of all rows, in the order of `rows` and `cost`."""
        position = {column: j for j, column in enumerate(self.cost)}
        entries = [
            (i, position[column], coefficient)
            for i, terms in enumerate(self.rows.values())
            for column, coefficient in terms.items()
        ]
        i, j, coefficients = zip(*entries, strict=True)
        return csr_array((coefficients, (i, j)), shape=(len(self.rows), len(position)))


class _Part(NamedTuple):
    """Rows of an LP: matrix x <= rhs (= where `equal`), x >= 0, and the same matrix scaled: rows `<=`, rows `=`."""

    labels: list[Label]
    matrix: csr_array
    equal: np.ndarray[Any, np.dtype[np.bool_]]
    row_unit: Floats
    column_unit: Floats
    scaled: tuple[csr_array, csr_array]


def _optimum(part: _Part, rhs: Floats, cost: Floats, fixed: Floats, method: str) -> tuple[Floats, Floats]:
    """The x of least cost, `fixed` where that is given, and what one unit more on each right-hand side would save.

    Solved in units in which numbers are near 1: rows and columns are scaled by powers of two, which
    is exact, then quantities and money as a whole.
    """
    equal, row_unit, column_unit = part.equal, part.row_unit, part.column_unit
    quantity = _power_of_two(_middle(rhs * row_unit))
    money = _power_of_two(_middle(cost * column_unit * quantity))
    b = rhs * row_unit / quantity
    at = fixed / (column_unit * quantity)
    found = linprog(
        cost * column_unit * (quantity / money),
        A_ub=part.scaled[0],
        b_ub=b[~equal],
        A_eq=part.scaled[1],
        b_eq=b[equal],
        bounds=np.column_stack([np.nan_to_num(at), np.where(np.isnan(at), np.inf, at)]),
        method=method,
        options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
    )
    if found.status != 0:
        message = f"linprog: {found.message}"
        raise UnsolvedError(message)
    y = np.empty(len(b))
    y[~equal] = -found.ineqlin.marginals
    y[equal] = -found.eqlin.marginals
    return found.x * column_unit * quantity, y * row_unit * (money / quantity)


def _equilibrate(matrix: csr_array) -> tuple[Floats, Floats]:
    """Powers of two by which rows and columns are multiplied so that coefficients come near 1."""
    logs = matrix.copy()
    logs.data = np.log2(np.abs(logs.data))
    pattern = logs.copy()
    pattern.data = np.ones_like(pattern.data)
    in_row, in_column = np.maximum(pattern.sum(axis=1), 1), np.maximum(pattern.sum(axis=0), 1)
    row, column = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[1])
    for _ in range(20):
        row = -(logs.sum(axis=1) + pattern @ column) / in_row
        column = -(logs.sum(axis=0) + pattern.T @ row) / in_column
    return np.exp2(np.round(row)), np.exp2(np.round(column))


def _middle(numbers: Floats) -> float:
    """The geometric mean of what is not 0."""
    sizes = np.abs(numbers[numbers != 0])
    return float(np.exp(np.mean(np.log(sizes)))) if len(sizes) else 1.0


def _power_of_two(number: float) -> float:
    return float(2.0 ** round(math.log2(number)))


def build(tables: Tables) -> Statement:
    """State the LP of these tables, all years at once."""
    n = Numbers(tables)
    lp = Statement(n)
    for declare in (
        supply_columns,
        accelerator_columns,
        commitment_columns,
        service_columns,
        contract_columns,
        cash_columns,
        supply_limit,
        expansion_limit,
        stage_balance,
        build_limit,
        warehouse_balance,
        operate_owned,
        new_units_operate,
        ramp,
        commitment,
        delivered_once,
        compute,
        service,
        research_service,
        demand,
        take_or_pay,
        cash,
        budget,
    ):
        declare(lp, n)
    return lp


def supply_columns(lp: Statement, n: Numbers) -> None:
    """Supply, expansion and storage.

    A flow costs pvf(t, cost_life) · price, a stock δ_t · price, an expansion
    pvf(t + lead, capacity_life) · (1 + discount_rate)^lead · capex.
    """
    for s, k, p in n.sites:
        for t in n.years:
            charge = n.pvf(t, n.cost_life(s)) if n.is_flow(s) else n.delta(t)
            lp.column("supply", s, k, p, t, usd=charge * n.price.price((s, k, p), t))
    for order in n.orders:
        interest = (1 + n.rate) ** (order.online - order.year)
        usd = n.pvf(order.online, order.life) * interest * order.capex_usd
        lp.column(*order.column, usd=usd)
    for s in filter(n.is_storable, n.stages):
        for p in n.places(s):
            for t in n.years:
                lp.column("stored", s, p, t)


def accelerator_columns(lp: Statement, n: Numbers) -> None:
    """What is made, waits, is installed and operates.

    A unit built costs pvf(t, life) · other_cost, a unit operating δ_t · opex.
    """
    with_fleet = {a for a, _, _ in n.fleet}
    for a in n.accelerators:
        for t in n.years:
            if a.first_year <= t <= a.last_year:
                other_cost = n.other_cost.price((a.name,), t)
                lp.column("build", a.name, t, usd=n.pvf(t, a.life) * other_cost)
            if t >= a.first_year:
                lp.column("warehouse", a.name, t)
                for r in n.regions:
                    lp.column("install", a.name, r, t)
            if t >= a.first_year or a.name in with_fleet:
                for r in n.regions:
                    lp.column("operate", a.name, r, t, usd=n.delta(t) * a.opex_usd)


def commitment_columns(lp: Statement, n: Numbers) -> None:
    """What each accelerator in scope delivers, and what falls short at δ_t · shortfall_usd."""
    for row in n.commitments:
        c, t = row["commitment"], int(row["year"])
        lp.column("shortfall", c, t, usd=n.delta(t) * float(row["shortfall_usd_per_unit"]))
        for a in n.accelerators:
            can_deliver = any(source in lp.cost for source in delivered_from(n, row, a.name))
            if credit(n, row, a) and can_deliver:
                lp.column("deliver", c, a.name, t)


def service_columns(lp: Statement, n: Numbers) -> None:
    """Busy accelerator-years, and what they serve.

    What is served saves δ_t · earned · 10⁶ per 10¹² tokens and δ_t · value · 8760 per
    H100-equivalent year; what all demand would save is the constant, without what is priced out.
    """
    for a in n.accelerators:
        for t in n.years:
            if ("operate", a.name, n.regions[0], t) in lp.cost:
                lp.column("assign_research", a.name, t)
                for w in (w for (b, w) in n.speed if b == a.name):
                    lp.column("assign", a.name, w, t)
    for t in n.years:
        for w, j in n.demand.given:
            worth = n.delta(t) * n.earned(w, j, t) * MTOK_PER_TTOK
            lp.column("serve", w, j, t, usd=-worth)
            if (w, j, t) not in n.priced_out:
                lp.constant += worth * n.demand.quantity((w, j), t)
        for (tier,) in n.research.given:
            worth = n.delta(t) * n.rent.price((tier,), t) * HOURS_PER_YEAR
            lp.column("research", tier, t, usd=-worth)
            lp.constant += worth * n.research.quantity((tier,), t)


def contract_columns(lp: Statement, n: Numbers) -> None:
    """What is owed and not used: δ_last per dollar, for a flow stage pvf(last, cost_life)."""
    for c in n.contracts:
        usd = n.pvf(c.last, n.cost_life(c.stage)) if n.is_flow(c.stage) else n.delta(c.last)
        lp.column(*c.column, usd=usd)


def cash_columns(lp: Statement, n: Numbers) -> None:
    """What is left at the end of a year, and what is missing at δ_t · gap_usd_per_usd."""
    for t in n.cash_years:
        lp.column("cash", t)
        lp.column("gap", t, usd=n.delta(t) * float(n.cash[t]["gap_usd_per_usd"]))


def supply_limit(lp: Statement, n: Numbers) -> None:
    """A supplier supplies at most its limit.

    limit[s,k,p,t] = capacity + Σ expansions online and alive + Σ share · limits drawn from.
    """

    def limit(s: str, k: str, p: str, t: int) -> Limit:
        if (s, k, p, t) not in lp.limits:
            fixed = n.capacity.quantity((s, k, p), t)
            terms: Terms = defaultdict(float)
            for order in n.orders:
                alive = order.online <= t < order.online + order.life
                if (order.stage, order.supplier, order.place) == (s, k, p) and alive:
                    terms[order.column] += 1.0
            for share, source in n.draws.get((s, k, p, t), []):
                drawn = limit(*source, t)
                fixed += share * drawn.fixed
                for column, coefficient in drawn.terms.items():
                    terms[column] += share * coefficient
            lp.limits[s, k, p, t] = Limit(fixed, dict(terms))
        return lp.limits[s, k, p, t]

    for s, k, p in n.sites:
        for t in n.years:
            most = limit(s, k, p, t)
            expanded = [(-c, x) for x, c in most.terms.items()]
            supplied = ("supply", s, k, p, t)
            lp.row(("supply_limit", s, k, p, t), [(1, supplied), *expanded], most.fixed)


def expansion_limit(lp: Statement, n: Numbers) -> None:
    """expand <= max_expansion."""
    for order in n.orders:
        lp.row(("expansion_limit", *order.column[1:]), [(1, order.column)], order.most)


def stage_balance(lp: Statement, n: Numbers) -> None:
    """Everything that uses a stage at a place in a year comes from its suppliers or from store."""
    uses: dict[tuple[str, str, int], Sum] = defaultdict(list)
    for s, p, t, quantity, column in (*used_by_units(n), *used_by_suppliers(n)):
        uses[s, GLOBAL if n.stages[s]["scope"] == GLOBAL else p, t].append((quantity, column))
    supplies: dict[tuple[str, str, int], Sum] = defaultdict(list)
    for s, k, p in n.sites:
        for t in n.years:
            supplies[s, p, t].append((-1, ("supply", s, k, p, t)))
    for s in n.stages:
        for p in n.places(s):
            for t in n.years:
                stored: Sum = [(-1, ("stored", s, p, t - 1)), (1, ("stored", s, p, t))]
                terms = uses[s, p, t] + supplies[s, p, t] + stored
                lp.row(("stage_balance", s, p, t), terms, 0.0)


def used_by_units(n: Numbers) -> Iterable[tuple[str, str, int, float, Label]]:
    """(stage, place, year, quantity, column): flows by units built, stocks by units operating."""
    for a, bom in n.bom.items():
        for s, quantity in bom.items():
            for t in n.years:
                if n.is_flow(s):
                    yield s, GLOBAL, t, quantity, ("build", a, t)
                else:
                    for r in n.regions:
                        yield s, r, t, quantity, ("operate", a, r, t)


def used_by_suppliers(n: Numbers) -> Iterable[tuple[str, str, int, float, Label]]:
    """(stage, place, year, quantity, column): by what is supplied, by expansions that arrive."""
    for s, k, p in n.sites:
        for needed, quantity in n.needs.get(("supply", s, k, p), {}).items():
            for t in n.years:
                yield needed, p, t, quantity, ("supply", s, k, p, t)
    for order in n.orders:
        key = ("expansion", order.stage, order.supplier, order.place)
        for needed, quantity in n.needs.get(key, {}).items():
            yield needed, order.place, order.online, quantity, order.column


def build_limit(lp: Statement, n: Numbers) -> None:
    """build <= max_units in the years that have a row."""
    for (a, t), most in n.most_built.items():
        lp.row(("build_limit", a, t), [(1, ("build", a, t))], most)


def warehouse_balance(lp: Statement, n: Numbers) -> None:
    """Units wait from arrival to installation.

    warehouse[t] = warehouse[t-1] + (1-λ) build[t] + λ build[t-1] - Σ_r install[t]; the opening
    stands for the year before t₀.
    """
    for a in n.accelerators:
        waiting, built = n.opening.get(a.name, (0.0, 0.0))
        for t in n.years:
            if t < a.first_year:
                continue
            terms: Sum = [
                (1, ("warehouse", a.name, t)),
                (-1, ("warehouse", a.name, t - 1)),
                (n.lag - 1, ("build", a.name, t)),
                (-n.lag, ("build", a.name, t - 1)),
                *((1, ("install", a.name, r, t)) for r in n.regions),
            ]
            arrived = waiting + n.lag * built if t == n.first else 0.0
            lp.row(("warehouse_balance", a.name, t), terms, arrived, equal=True)


def operate_owned(lp: Statement, n: Numbers) -> None:
    """Only units that are installed and still alive can operate."""
    for a in n.accelerators:
        for r in n.regions:
            for t in n.years:
                alive = range(max(n.first, t - a.life + 1), t + 1)
                installed = [(-1.0, ("install", a.name, r, u)) for u in alive]
                terms = [(1.0, ("operate", a.name, r, t)), *installed]
                lp.row(("operate_owned", a.name, r, t), terms, n.fleet.get((a.name, r, t), 0.0))


def new_units_operate(lp: Statement, n: Numbers) -> None:
    """install[a,r,t] <= operate[a,r,t]."""
    for a in n.accelerators:
        for r in n.regions:
            for t in n.years:
                if t >= a.first_year:
                    new, operating = ("install", a.name, r, t), ("operate", a.name, r, t)
                    lp.row(("new_units_operate", a.name, r, t), [(1, new), (-1, operating)], 0.0)


def ramp(lp: Statement, n: Numbers) -> None:
    """build[a,t] <= ramp_start + ramp_growth · build[a,t-1].

    In t₀ the opening built units stand for the year before; one in production before t₀ without an
    opening has no limit in t₀.
    """
    for a in n.accelerators:
        if a.ramp is None:
            continue
        start, growth = a.ramp
        for t in n.years:
            if t == n.first and a.first_year < n.first and a.name not in n.opening:
                continue
            before = n.opening.get(a.name, (0.0, 0.0))[1] if t == n.first else 0.0
            terms: Sum = [
                (1, ("build", a.name, t)),
                (-growth, ("build", a.name, t - 1)),
            ]
            if ("build", a.name, t) in lp.cost:
                lp.row(("ramp", a.name, t), terms, start + growth * before)


def credit(n: Numbers, row: Row, a: Accelerator) -> float:
    """q[c,a]: what one unit of an accelerator counts for a commitment; 0 out of its scope."""
    in_scope = (row["accelerator"] or a.name, row["family"] or a.family, row["vendor"] or a.vendor)
    if in_scope != (a.name, a.family, a.vendor):
        return 0.0
    return n.bom[a.name].get(row["stage"], 0.0) if row["stage"] else 1.0


def delivered_from(n: Numbers, row: Row, a: str) -> list[Label]:
    """What can be delivered: units built in the year, or units that operate in it."""
    t = int(row["year"])
    if row["basis"] == "built":
        return [("build", a, t)]
    return [("operate", a, r, t) for r in n.regions]


def commitment(lp: Statement, n: Numbers) -> None:
    """Σ_a q · deliver + shortfall >= minimum, stated as <=."""
    for row in n.commitments:
        c, t = row["commitment"], int(row["year"])
        delivered: Sum = [(-credit(n, row, a), ("deliver", c, a.name, t)) for a in n.accelerators]
        delivered.append((-1, ("shortfall", c, t)))
        lp.row(("commitment", c, t), delivered, -float(row["minimum"]))


def delivered_once(lp: Statement, n: Numbers) -> None:
    """One unit counts once among the commitments of each basis, so that two orders add."""
    delivered: dict[tuple[str, str, int], dict[Label, float]] = defaultdict(dict)
    for row in n.commitments:
        for a in n.accelerators:
            column: Label = ("deliver", row["commitment"], a.name, int(row["year"]))
            if column in lp.cost:
                terms = delivered[row["basis"], a.name, int(row["year"])]
                terms[column] = 1.0
                terms.update(dict.fromkeys(delivered_from(n, row, a.name), -1.0))
    for key, terms in delivered.items():
        lp.row(("delivered_once", *key), [(q, x) for x, q in terms.items()], 0.0)


def compute(lp: Statement, n: Numbers) -> None:
    """New units work a share alpha of their first year, all units their busy share.

    Σ_w assign + assign_research <= utilisation · Σ_r (operate - (1-alpha) install).
    """
    for _, a, t in lp.columns("assign_research"):
        busy = n.busy_share(str(a), int(t))
        terms: Sum = [(1, ("assign_research", a, t))]
        terms += [(1, ("assign", a, w, t)) for (b, w) in n.speed if b == a]
        for r in n.regions:
            terms.append((-busy, ("operate", a, r, t)))
            terms.append((busy * (1 - n.alpha), ("install", a, r, t)))
        lp.row(("compute", a, t), terms, 0.0)


def service(lp: Statement, n: Numbers) -> None:
    """Tokens served come from busy units: speed · efficiency · seconds per year, in 10¹² tokens."""
    for w in dict.fromkeys(w for w, _ in n.demand.given):
        for t in n.years:
            per_speed = n.efficiency.price((w,), t, default=1.0) * TTOK_PER_TOKEN_PER_SECOND
            terms: Sum = [(1, ("serve", v, j, t)) for v, j in n.demand.given if v == w]
            for (a, v), speed in n.speed.items():
                if v == w:
                    terms.append((-speed * per_speed, ("assign", a, w, t)))
            lp.row(("service", w, t), terms, 0.0)


def research_service(lp: Statement, n: Numbers) -> None:
    """Research comes from busy units by their H100 equivalents."""
    if n.research.given:
        for t in n.years:
            terms: Sum = [(1, ("research", j, t)) for (j,) in n.research.given]
            terms += [(-a.h100e, ("assign_research", a.name, t)) for a in n.accelerators]
            lp.row(("research_service", t), terms, 0.0)


def demand(lp: Statement, n: Numbers) -> None:
    """serve <= demand, research <= demand; 0 of what is priced out, by a row of its own."""
    for t in n.years:
        for w, j in n.demand.given:
            most = n.demand.quantity((w, j), t)
            lp.row(("demand", w, j, t), [(1, ("serve", w, j, t))], most)
            if (w, j, t) in n.priced_out:
                lp.row(("priced_out", w, j, t), [(1, ("serve", w, j, t))], 0.0)
        for (j,) in n.research.given:
            most = n.research.quantity((j,), t)
            lp.row(("research_demand", j, t), [(1, ("research", j, t))], most)


def take_or_pay(lp: Statement, n: Numbers) -> None:
    """Σ_t price · supply + unused >= share · Σ_t price · limit, stated as <=; what is ordered raises the limit."""
    for c in n.contracts:
        terms: Sum = [(-1, c.column)]
        owed = 0.0
        for t in c.years:
            price, limit = n.price.price(c.site, t), lp.limits[(*c.site, t)]
            terms.append((-price, ("supply", *c.site, t)))
            terms += [(c.share * price * coefficient, column) for column, coefficient in limit.terms.items()]
            owed += c.share * price * limit.fixed
        lp.row(c.row, terms, -owed)


def cash(lp: Statement, n: Numbers) -> None:
    """What is left of a year: what was left before, raised, missing and earned, less everything that is paid in it."""
    for t in n.cash_years:
        terms: Sum = [(1, ("cash", t)), (-1, ("cash", t - 1)), (-1, ("gap", t))]
        terms += [(-n.earned(w, j, t) * MTOK_PER_TTOK, ("serve", w, j, t)) for w, j in n.demand.given]
        terms += capital(n, t)
        terms += [(n.price.price((s, k, p), t), ("supply", s, k, p, t)) for s, k, p in n.sites if not n.is_flow(s)]
        terms += [(a.opex_usd, ("operate", a.name, r, t)) for a in n.accelerators for r in n.regions]
        terms += [(1, c.column) for c in n.contracts if c.last == t]
        terms += [
            (float(row["shortfall_usd_per_unit"]), ("shortfall", row["commitment"], t))
            for row in n.commitments
            if int(row["year"]) == t
        ]
        promised = float(n.cash[t]["raised_usd"]) - float(n.cash[t]["fixed_cost_usd"])
        before = n.opening_cash if t == n.cash_years[0] else 0.0
        lp.row(("cash_balance", t), terms, before + promised, equal=True)


def budget(lp: Statement, n: Numbers) -> None:
    """Capital of the years that have a row."""
    for t, most in n.budget.items():
        lp.row(("budget", t), capital(n, t), most)


def capital(n: Numbers, t: int) -> Sum:
    """Capital of the year: flow purchases, other cost of what is built, orders of expansion."""
    spent: Sum = [(n.price.price((s, k, p), t), ("supply", s, k, p, t)) for s, k, p in n.sites if n.is_flow(s)]
    spent += [(n.other_cost.price((a.name,), t), ("build", a.name, t)) for a in n.accelerators]
    return spent + [(order.capex_usd, order.column) for order in n.orders if order.year == t]


def relief(lp: Statement, values: Mapping[Label, float], stages: Collection[str], year: int, step: float) -> Terms:
    """The shift of right-hand sides that relieves stages, together, in one year.

    Every limit of the stages, at all places, rises by `step` times its solved value, once. Limits
    of other stages rise by their share of what rises in the limits that they draw from.
    `values` need hold the expansions only; those it does not name are 0.
    """
    n = lp.numbers

    def rise(s: str, k: str, p: str) -> float:
        if s in stages:
            return step * lp.limits[s, k, p, year].at(values)
        return math.fsum(share * rise(*of) for share, of in n.draws.get((s, k, p, year), []))

    rises = {("supply_limit", s, k, p, year): rise(s, k, p) for s, k, p in n.sites}
    return {row: amount for row, amount in rises.items() if amount}
