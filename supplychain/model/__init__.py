"""The linear program of a case: the table of contents.

`build` returns the Pyomo model; every number in it is a mutable Param, so a what-if changes Params and solves again.
After the solve `evaluated.Evaluated` has the same names over floats, so that `supply.limit`, `cost.unserved` and the
other formulas say what they came to. `labels` has the names of rows and columns.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import limits, schema, units
from supplychain.case.calendar import discount_factors
from supplychain.model import accelerators, cash, commitments, contracts, cost, curves, fleet, service, supply, windows
from supplychain.model._pyomo import Model, pyo
from supplychain.model.evaluated import Evaluated
from supplychain.model.structure import Structure, structure
from supplychain.model.ties import MONEY_TOTAL
from supplychain.model.windows import window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from supplychain.case import Case

__all__ = [
    "Numbers",
    "Structure",
    "build",
    "merged",
    "money",
    "money_of",
    "numbers",
    "numbers_of",
    "structure",
    "window",
]

Numbers: TypeAlias = "Mapping[Any, float]"
"""Values of one Param by index: a string or year, a tuple of them, or None if it has no index."""

_PARTS = (supply, accelerators, fleet, commitments, service, contracts, cash)


def build(case: Case) -> Model:
    """Return the LP of a case as a Pyomo model. `m.on` has its index sets, `m.money` its money units per USD."""
    with limits.doing(f"building the model of case {case.settings.name!r}"):
        return _built(case)


def _built(case: Case) -> Model:
    m = pyo.ConcreteModel(name=case.settings.name)
    m.on = structure(case)
    m.money = money(case)
    for name, values in numbers(case, m.on).items():
        setattr(m, name, _param(values))
    for part in _PARTS:
        part.variables(m)
    m.names = _names(m)
    for part in _PARTS:
        limits.check()
        part.constraints(m)
    cost.constraints(m)
    return m


def _names(m: Model) -> Evaluated:
    """Return the model's names over dicts of its Params and variables."""
    params, variables = (
        {component.local_name: dict(component.items()) for component in m.component_objects(kind)}
        for kind in (pyo.Param, pyo.Var)
    )
    return Evaluated(m.on, params | {"money": {None: m.money}}, variables)


def numbers(case: Case, on: Structure) -> dict[str, Numbers]:
    """Return every number of the LP by the name of its Param, each by index; settings are under the index None."""
    discount = discount_factors(on.years, case.settings.discount_rate)
    return _of_settings_and_tables(case) | {"discount": discount} | windows.annuities(case, on, on.years[-1])


def _param(values: Numbers) -> Model:
    if None in values:
        return pyo.Param(initialize=values[None], mutable=True)
    return pyo.Param(list(values), rule=lambda _, *i: values[_index(i)], mutable=True, within=pyo.Reals)


def _of_settings_and_tables(case: Case) -> dict[str, Numbers]:
    """Return the numbers of the settings and of the tables."""
    settings: dict[str, Numbers] = {
        "first_year_availability": {None: case.settings.first_year_availability},
        "build_lag_share": {None: case.settings.build_lag_share},
        "opening_cash_usd": {None: case.settings.opening_cash_usd},
    }
    return settings | merged(numbers_of(case, table) for table in schema.TABLES)


def merged(parts: Iterable[Mapping[str, Numbers]]) -> dict[str, Numbers]:
    """Return the numbers of several tables: a Param may have some of each, as demand has tiers of two tables."""
    params: dict[str, Numbers] = {}
    for part in parts:
        for name, values in part.items():
            params[name] = {**params[name], **values} if name in params else values
    return params


def numbers_of(case: Case, table: schema.TableSchema) -> dict[str, Numbers]:
    """Return the numbers of a table, under the names of their Params, for every year where they are series.

    Of curves they are those of the tiers in which a curve is served.
    """
    if table.name in curves.CURVES:
        return {**curves.numbers(case, table.name)}
    params: dict[str, Numbers] = {}
    for column in table.columns:
        if column.series:
            series = case.yearly(table.name, column.name)
            params[column.param] = {
                _index((*("" if k is None else k for k in key), t)): x
                for key, values in series.items()
                for t, x in values.items()
            }
        elif column.param:
            params[column.param] = {
                _index(tuple("" if row[k] is None else row[k] for k in table.key)): row[column.name]
                for row in case.tables[table.name]
                if row[column.name] is not None
            }
    return params


def money(case: Case) -> float:
    """Return the LP's money units per USD: a power of two, so that changing it changes no digit."""
    return money_of(merged(numbers_of(case, schema.TABLE[name]) for name in ("demand", "demand_curves")))


def money_of(numbers: Mapping[str, Numbers]) -> float:
    """Return the same from the numbers of all tiers."""
    demand, value = numbers["demand_ttok"], numbers["value_usd_per_mtok"]
    total = math.fsum(demand[index] * value[index] for index in demand) * units.MTOK_PER_TTOK
    return 2.0 ** round(math.log2(MONEY_TOTAL / total)) if total else 2.0**-20


def _index(key: tuple[object, ...]) -> object:
    return key if len(key) > 1 else key[0]
