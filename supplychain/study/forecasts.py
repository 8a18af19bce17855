"""Forecasts of past years that need no plan: what a model of them has to beat.

- `growth_continued`: last year's growth goes on.
- `minimum_of_four`: the fewest accelerators that packaging, memory, sites and power allow, at the mean bill of
  materials of the year before, shared out over vendors. It is the spreadsheet in which such years are usually worked
  out.
- `houses`: the median of `outlooks.csv`, which was published before the year began.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

from supplychain import schema
from supplychain.case.calendar import year_before
from supplychain.model import numbers, structure
from supplychain.model.evaluated import Evaluated
from supplychain.model.observable import accelerator_price, accelerators_of, least_price

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from supplychain.case import Case
    from supplychain.tabular import Row

GROWTH, SPREADSHEET, HOUSES = FORECASTS = "growth_continued", "minimum_of_four", "houses"

PACKAGING, MEMORY = "packaging", "memory"
"""Groups of flow stages that the spreadsheet looks at, beside all stocks: sites and power."""

Key: TypeAlias = "tuple[str, str, int]"
"""A quantity, an item and a year."""


def kind_of(row: Row) -> str:
    """Return the kind under which an observation is summed up."""
    kind: str = row["kind"] or schema.QUANTITIES[row["quantity"]].kind
    return kind


def forecasts(case: Case) -> dict[str, dict[Key, float]]:
    """Return what each forecast says of what was observed in reported years, where it can be made."""
    observed = {
        _key(row): row
        for row in case.tables["observed"]
        if row["year"] in case.report_years and row["central"] is not None
    }
    history = _History(case.tables["observed"])
    sheets = {t: _Spreadsheet(case, history, t) for t in case.report_years if year_before(t) in case.years}
    outlooks = _medians(case.tables["outlooks"])
    said: dict[str, dict[Key, float | None]] = {
        GROWTH: {key: history.continued(*key) for key in observed},
        SPREADSHEET: {key: sheets[key[2]].value(*key) if key[2] in sheets else None for key in observed},
        HOUSES: {key: outlooks.get(key) for key in observed},
    }
    return {name: {key: x for key, x in values.items() if x is not None} for name, values in said.items()}


def _key(row: Row) -> Key:
    return row["quantity"], row["item"], row["year"]


def _medians(rows: Iterable[Row]) -> dict[Key, float]:
    """Return of each quantity, item and year the median of what was published; bounds are left out."""
    values: dict[Key, list[float]] = defaultdict(list)
    for row in rows:
        if row["central"] is not None:
            values[_key(row)].append(row["central"])
    return {key: median(published) for key, published in values.items()}


class _History:
    """What was published of each year, whether it counts in scores or not."""

    def __init__(self, observed: Iterable[Row]) -> None:
        rows = list(observed)
        self._known = _medians(rows)
        self._alike = {_key(row): (kind_of(row), row["unit"]) for row in rows}

    def of(self, quantity: str, item: str, t: int) -> float | None:
        return self._known.get((quantity, item, t))

    def continued(self, quantity: str, item: str, t: int) -> float | None:
        """Return a number that grows as it grew the year before; or, if that is not known, as its kind and unit did."""
        last = self.of(quantity, item, year_before(t))
        if last is None:
            return None
        earlier = self.of(quantity, item, year_before(year_before(t)))
        growth = last / earlier if earlier else self._growth(self._alike[quantity, item, t], year_before(t))
        return None if growth is None else last * growth

    def _growth(self, alike: tuple[str, str], t: int) -> float | None:
        """Return by what the sum of all that is alike, and known in a year and the one before, has grown."""
        pairs = [
            (x, self._known[quantity, item, year_before(t)])
            for (quantity, item, u), x in self._known.items()
            if u == t and self._alike[quantity, item, u] == alike and (quantity, item, year_before(t)) in self._known
        ]
        now, before = (math.fsum(pair[n] for pair in pairs) for n in (0, 1))
        return now / before if before > 0 else None


class _Spreadsheet:
    """What a year allows to build: the fewest accelerators that any of packaging, memory, sites and power does.

    It takes limits of suppliers of physical stages as they stand in the case, without orders; of stocks the rise since
    the year before, for retirement is ignored. What one accelerator needs is the mean of those that were published to
    have been built the year before. Vendors share the packaging as the case allocates it in the year (as they did the
    year before, if it does not), and build the models of the year before. It knows nothing of new models, of use of
    what has no group above, of tokens, and of cost.
    """

    def __init__(self, case: Case, history: _History, t: int) -> None:
        self._on = structure(case)
        self._m = Evaluated(self._on, numbers(case, self._on), {})
        self._history, self._t = history, t

    def value(self, quantity: str, item: str, t: int) -> float | None:
        """Return what it says of a quantity, or nothing where it cannot be asked."""
        if not self._built:
            return None
        match quantity:
            case "units_built" | "installed_h100e" | "accelerator_spending":
                return self._of_accelerators(quantity, item, t)
            case "stage_used" | "stage_spending":
                return self._of_stages(quantity, item.split(schema.SUM), item)
            case "capital_spending":
                return self._capital
            case "memory_share":
                memory = [s for s, row in self._on.stages.items() if row["group"] == MEMORY and self._on.is_flow(s)]
                return self._spent(memory) / self._capital if self._capital > 0 else None
            case _:
                return None

    def _of_accelerators(self, quantity: str, item: str, t: int) -> float | None:
        built = {a: self._built[a] for a in accelerators_of(self._on.accelerators, item) if a in self._built}
        if not built:
            return None
        if quantity == "units_built":
            return math.fsum(built.values())
        if quantity == "accelerator_spending":
            return math.fsum(units * accelerator_price(self._m, a, t) for a, units in built.items())
        before = self._history.of(quantity, item, year_before(t))
        return None if before is None else before + math.fsum(x * self._m.h100e[a] for a, x in built.items())

    def _of_stages(self, quantity: str, stages: Collection[str], item: str) -> float | None:
        flows = all(self._on.is_flow(s) for s in stages)
        if quantity == "stage_spending":
            return self._spent(stages) if flows else None
        before = 0.0 if flows else self._history.of(quantity, item, year_before(self._t))
        return None if before is None else before + math.fsum(self._used(s) for s in stages)

    def _used(self, s: str) -> float:
        """Return what all that is built uses of a stage; of a stock, what it adds to its use."""
        return math.fsum(units * self._materials[a].get(s, 0.0) for a, units in self._built.items())

    def _spent(self, stages: Iterable[str]) -> float:
        """Return what is paid for flow stages, at the price of the year."""
        return math.fsum(
            self._used(s) * min(least_price(self._m, s, p, self._t) for p in self._on.places[s]) for s in stages
        )

    @property
    def _capital(self) -> float:
        return math.fsum(units * accelerator_price(self._m, a, self._t) for a, units in self._built.items())

    @cached_property
    def _built(self) -> Mapping[str, float]:
        """Units of each model; nothing where it cannot be said how many a year allows."""
        mix, least = self._mix, self._least
        if least is None:
            return {}
        pools = [
            s for s in self._physical(PACKAGING) if s in {pool for drawn in self._on.draws.values() for pool in drawn}
        ]
        packages = {a: math.fsum(self._materials[a].get(s, 0.0) for s in pools) for a in mix}
        shares = self._shares(pools) or _by_vendor(self._on.accelerators, mix, packages)
        whole, used = math.fsum(shares.values()), _by_vendor(self._on.accelerators, mix, packages)
        if not pools or not whole:  # nobody shares packaging out: all grow alike
            return {a: least * units / math.fsum(mix.values()) for a, units in mix.items()}
        to_share = least * math.fsum(used.values()) / math.fsum(mix.values())
        return {
            a: units * to_share * shares[vendor] / whole / used[vendor]
            for a, units in mix.items()
            if (vendor := self._on.accelerators[a]["vendor"]) in shares and used[vendor] > 0
        }

    @property
    def _least(self) -> float | None:
        """Return the fewest accelerators of the mean bill of materials that any stage allows."""
        whole = math.fsum(self._mix.values())
        rooms = []
        stocks = [s for s in self._on.stages if not self._on.is_flow(s) and self._is_limit(s)]
        for s in [*self._physical(PACKAGING), *self._physical(MEMORY), *stocks]:
            per_unit = math.fsum(units * self._materials[a].get(s, 0.0) for a, units in self._mix.items())
            if per_unit > 0:
                before = 0.0 if self._on.is_flow(s) else self._limit(s, year_before(self._t))
                rooms.append(max(self._limit(s, self._t) - before, 0.0) * whole / per_unit)
        return min(rooms, default=None)

    def _physical(self, group: str) -> list[str]:
        """Return the flow stages of a group that limit by themselves, and not by a share of another."""
        of_group = [s for s, row in self._on.stages.items() if row["group"] == group and self._on.is_flow(s)]
        return [s for s in of_group if self._is_limit(s)]

    def _is_limit(self, s: str) -> bool:
        suppliers = {k for p in self._on.places[s] for k in self._on.suppliers[s, p]}
        return self._on.stages[s]["nature"] == "physical" and not all((s, k) in self._on.draws for k in suppliers)

    def _limit(self, s: str, t: int) -> float:
        """Return what the suppliers of a stage have, in all places."""
        sites = [(s, k, p) for p in self._on.places[s] for k in self._on.suppliers[s, p]]
        return math.fsum(self._m.capacity[*site, t] for site in sites if site in self._on.has_capacity)

    def _shares(self, pools: Collection[str]) -> dict[str, float]:
        """Return by vendor what part of packaging the case allocates to stages that this vendor alone uses."""
        shares: dict[str, float] = defaultdict(float)
        for (s, k), drawn in self._on.draws.items():
            vendors = {self._on.accelerators[a]["vendor"] for a in self._on.users[s]}
            if len(vendors) == 1:
                shares[vendors.pop()] += math.fsum(
                    self._m.share[s, k, pool, self._t] for pool in drawn if pool in pools
                )
        return {vendor: share for vendor, share in shares.items() if share > 0}

    @cached_property
    def _materials(self) -> dict[str, dict[str, float]]:
        """What one accelerator uses of each stage, with what every supplier of a stage needs to supply it."""
        needs: dict[tuple[str, str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for (n, _), by in self._on.supply_needs.items():
            for need, place in by:
                needs[need[0], need[1], place][n] += self._m.need[need]
        found = {}
        for a, materials in self._on.materials.items():
            amounts: dict[str, float] = defaultdict(float)
            todo = [(s, self._m.bill_of_materials[a, s]) for s in materials]
            while todo:
                s, quantity = todo.pop()
                amounts[s] += quantity
                every = [needs[s, k, p] for p in self._on.places[s] for k in self._on.suppliers[s, p]]
                shared = set.intersection(*map(set, every)) if every else set()
                todo += [(n, quantity * min(needed[n] for needed in every)) for n in shared]
            found[a] = dict(amounts)
        return found

    @cached_property
    def _mix(self) -> dict[str, float]:
        """Units of each model that were built the year before, as was published.

        What is published of a family or a vendor, less what is of its models, is spread evenly over the others of it
        that could be built.
        """
        t = year_before(self._t)
        models = {
            a: row
            for a, row in self._on.accelerators.items()
            if row["first_year"] <= t and (row["last_year"] is None or t <= row["last_year"])
        }
        counts = {a: self._history.of("units_built", a, t) for a in models}
        known = {a: units for a, units in counts.items() if units is not None}
        for scope in ("family", "vendor"):
            for name in dict.fromkeys(row[scope] for row in models.values()):
                units = self._history.of("units_built", name, t)
                members = [a for a, row in models.items() if row[scope] == name]
                others = [a for a in members if a not in known]
                left = 0.0 if units is None else units - math.fsum(known[a] for a in members if a in known)
                if left > 0:
                    known |= {a: left / len(others) for a in others}
        return {a: units for a, units in known.items() if units > 0}


def _by_vendor(
    accelerators: Mapping[str, Row], units: Mapping[str, float], each: Mapping[str, float]
) -> dict[str, float]:
    """Return by vendor what its units take together."""
    taken: dict[str, float] = defaultdict(float)
    for a, n in units.items():
        taken[accelerators[a]["vendor"]] += n * each[a]
    return dict(taken)
