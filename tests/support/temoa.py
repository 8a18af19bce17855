"""Temoa's energy system model, stated from its mathematics, for one region: as much of it as its UTOPIA needs.

Source: Hunter, Sreepathi & DeCarolis (2013), Energy Economics 40, 339-349, and the documentation of Temoa 4.1.
Indices: p period, s season, d time of day, i input, t technology, v vintage, o output.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOURS_STORED, HOURS, DAYS = 4, 24, 365
"""Temoa's defaults: how long storage discharges at full power, and a year."""


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each table of a data set that is written as SQL."""
    tables: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        if found := re.fullmatch(r'REPLACE INTO "(\w+)"(?: \([\w, ]+\))? VALUES(\(.*\));', line):
            tables[found[1]].append(ast.literal_eval(found[2].replace("NULL", "None")))
    return tables


def several_years(rate: float, years: float) -> float:
    """What 1 in each of so many years is worth at their beginning."""
    return (1 - (1 + rate) ** -years) / rate


class Data:
    """The tables, and the sets that follow from them."""

    def __init__(self, tables: dict[str, list[tuple[Any, ...]]]) -> None:
        """Take the tables without their region, which is one."""

        def table(name: str, keys: int) -> dict[Any, Any]:
            return {row[1] if keys == 1 else row[1 : 1 + keys]: row[1 + keys] for row in tables[name]}

        years = [year for _, year, kind in tables["time_period"] if kind == "f"]
        self.first, self.last = years[0], years[-1]
        self.periods = dict(zip(years[:-1], (b - a for a, b in pairwise(years)), strict=True))
        self.seasons = {name: share for _, name, share, _ in tables["time_season"]}
        self.times = {name: hours / HOURS for _, name, hours in tables["time_of_day"]}
        self.slices = list(product(self.seasons, self.times))
        self.rate = dict(row[:2] for row in tables["metadata_real"])["global_discount_rate"]
        kinds = {row[0]: row[1] for row in tables["technology"]}
        self.unlimited = {row[0] for row in tables["technology"] if row[5]}
        self.storage = {t for t, kind in kinds.items() if kind == "ps"}
        self.steady = {t for t, kind in kinds.items() if kind == "pb"}
        self.physical = {row[0] for row in tables["commodity"] if row[1] == "p"}
        self.demand = table("demand", 2)
        self.when = table("demand_specific_distribution", 4)
        self.efficiency = table("efficiency", 4)
        self.existing = table("existing_capacity", 2)
        self.per_capacity = table("capacity_to_activity", 1)
        self.factor, self.factor_of_vintage = table("capacity_factor_tech", 3), table("capacity_factor_process", 4)
        self.invest, self.fixed = table("cost_invest", 2), table("cost_fixed", 3)
        self.variable = table("cost_variable", 3)
        self.split, self.limit = table("limit_tech_output_split", 4), table("limit_capacity", 3)
        life, life_of_vintage = table("lifetime_tech", 1), table("lifetime_process", 2)
        processes = {(t, v) for _, t, v, _ in self.efficiency}
        self.life = {(t, v): life_of_vintage.get((t, v), life[t]) for t, v in processes}
        self.active = [
            (p, t, v)
            for p, (t, v) in product(self.periods, sorted(processes))
            if v <= p < v + self.life[t, v] and (v >= self.first or (t, v) in self.existing)
        ]
        self.flows = [(p, *key) for key in self.efficiency for p in self.periods if (p, *key[1:3]) in set(self.active)]

    def share(self, s: str, d: str) -> float:
        """Return the share of the year."""
        return float(self.seasons[s] * self.times[d])

    def output_of(self, s: str, d: str, t: str, v: int) -> float:
        """Return what a unit of capacity yields at most."""
        usual = self.factor.get((s, d, t), 1.0)
        return float(self.per_capacity[t] * self.share(s, d) * self.factor_of_vintage.get((s, d, t, v), usual))

    def lasting(self, p: int, t: str, v: int) -> float:
        """Return the share of a period that capacity lives to see."""
        return float(min(1.0, (v + self.life[t, v] - p) / self.periods[p]))


def model(data: Data) -> pyo.ConcreteModel:
    """Return the model: least discounted cost of meeting the demands."""
    m = pyo.ConcreteModel()
    capped = [(p, t, v) for p, t, v in data.active if t not in data.unlimited]
    m.build = pyo.Var(sorted({(t, v) for _, t, v in capped if v >= data.first}), domain=pyo.NonNegativeReals)
    m.capacity = pyo.Var(capped, domain=pyo.NonNegativeReals)
    m.flow = pyo.Var([(*key, *at) for key in data.flows for at in data.slices], domain=pyo.NonNegativeReals)
    to_demand = [key for key in data.flows if (key[0], key[4]) in data.demand]
    m.of_year = pyo.Var(to_demand, domain=pyo.NonNegativeReals)
    stores = [(*key, *at) for key in data.flows if key[2] in data.storage for at in data.slices]
    m.charge, m.level = pyo.Var(stores, domain=pyo.NonNegativeReals), pyo.Var(stores, domain=pyo.NonNegativeReals)

    def output(p: int, t: str, v: int, s: str, d: str) -> Any:  # noqa: ANN401 - Pyomo ships no types
        return pyo.quicksum(m.flow[*key, s, d] for key in data.flows if key[:1] + key[2:4] == (p, t, v))

    def each(name: str, keys: list[Any], rule: Callable[..., Any]) -> None:
        m.add_component(name, pyo.Constraint(keys, rule=lambda _, *key: rule(*key)))

    each(
        "ages",
        capped,
        lambda p, t, v: (
            m.capacity[p, t, v] == data.lasting(p, t, v) * (m.build[t, v] if v >= data.first else data.existing[t, v])
        ),
    )
    each(
        "demand",
        list(data.demand),
        lambda p, o: (
            pyo.quicksum(m.of_year[key] for key in to_demand if (key[0], key[4]) == (p, o)) == data.demand[p, o]
        ),
    )
    dated = {(p, o) for p, _, _, o in data.when}
    each(
        "demand_over_the_year",
        [(*key, *at) for key in to_demand for at in data.slices],
        lambda p, i, t, v, o, s, d: (
            m.flow[p, i, t, v, o, s, d]
            == m.of_year[p, i, t, v, o] * (data.when.get((p, s, d, o), 0.0) if (p, o) in dated else data.share(s, d))
        ),
    )
    each(
        "balance",
        [
            (p, c, *at)
            for p, c in sorted({(key[0], key[4]) for key in data.flows})
            if c in data.physical
            for at in data.slices
        ],
        lambda p, c, s, d: (
            pyo.quicksum(m.flow[*key, s, d] for key in data.flows if (key[0], key[4]) == (p, c))
            == pyo.quicksum(
                m.charge[*key, s, d] if key[2] in data.storage else m.flow[*key, s, d] / data.efficiency[key[1:]]
                for key in data.flows
                if (key[0], key[1]) == (p, c)
            )
        ),
    )
    each(
        "enough_capacity",
        [(*key, *at) for key in capped if key[1] not in data.storage for at in data.slices],
        lambda p, t, v, s, d: output(p, t, v, s, d) <= data.output_of(s, d, t, v) * m.capacity[p, t, v],
    )
    times = list(data.times)
    each(
        "steady",
        [(*key, s, d) for key in capped if key[1] in data.steady for s in data.seasons for d in times[1:]],
        lambda p, t, v, s, d: (
            output(p, t, v, s, d) * data.times[times[0]] == output(p, t, v, s, times[0]) * data.times[d]
        ),
    )
    each(
        "stored",
        stores,
        lambda *key: (
            m.level[key] + m.charge[key] * data.efficiency[key[1:5]] - m.flow[key]
            == m.level[*key[:6], times[(times.index(key[6]) + 1) % len(times)]]
        ),
    )
    each(
        "storage_energy",
        stores,
        lambda p, i, t, v, o, s, d: (
            m.level[p, i, t, v, o, s, d]
            <= m.capacity[p, t, v] * data.per_capacity[t] * HOURS_STORED / HOURS * data.seasons[s]
        ),
    )
    each(
        "storage_power",
        stores,
        lambda p, i, t, v, o, s, d: (
            m.flow[p, i, t, v, o, s, d] + m.charge[p, i, t, v, o, s, d] * data.efficiency[i, t, v, o]
            <= data.output_of(s, d, t, v) * m.capacity[p, t, v]
        ),
    )
    each(
        "output_split",
        [
            (p, t, v, o, *at)
            for (p, t, o, _), (q, u, v) in product(data.split, capped)
            if (q, u) == (p, t)
            for at in data.slices
        ],
        lambda p, t, v, o, s, d: (
            pyo.quicksum(m.flow[*key, s, d] for key in data.flows if key[:1] + key[2:] == (p, t, v, o))
            >= data.split[p, t, o, "ge"] * output(p, t, v, s, d)
        ),
    )
    each(
        "limit",
        list(data.limit),
        lambda p, t, kind: pyo.inequality(
            data.limit[p, t, kind] if kind == "ge" else None,
            pyo.quicksum(m.capacity[key] for key in capped if key[:2] == (p, t)),
            data.limit[p, t, kind] if kind == "le" else None,
        ),
    )
    now = {year: (1 + data.rate) ** -(year - data.first) for year in data.periods}
    of_period = {p: now[p] * several_years(data.rate, years) for p, years in data.periods.items()}
    paid_here = {
        (t, v): several_years(data.rate, min(data.life[t, v], data.last - v))
        / several_years(data.rate, data.life[t, v])
        for t, v in m.build
    }
    m.cost = pyo.Objective(
        expr=pyo.quicksum(data.invest.get((t, v), 0) * paid_here[t, v] * now[v] * m.build[t, v] for t, v in m.build)
        + pyo.quicksum(data.fixed.get(key, 0) * of_period[key[0]] * m.capacity[key] for key in capped)
        + pyo.quicksum(data.variable.get((key[0], *key[2:4]), 0) * of_period[key[0]] * m.flow[key] for key in m.flow)
    )
    return m
