"""Accelerators: built, ramped, kept in the warehouse, installed."""

from __future__ import annotations

from supplychain.case.calendar import year_before
from supplychain.model._pyomo import Accelerator, Expression, Model, Relation, Year, pyo, rows, total


def variables(m: Model) -> None:
    """Declare builds, the warehouse and installations."""
    m.build = pyo.Var(
        m.on.build,
        domain=pyo.NonNegativeReals,
        bounds=_build_bounds,
        doc="accelerators built, from their first to their last year [units]",
    )
    m.warehouse = pyo.Var(
        m.on.handle, domain=pyo.NonNegativeReals, doc="accelerators that wait at the end of a year [units]"
    )
    m.install = pyo.Var(
        [(a, r, t) for a, t in m.on.handle for r in m.on.regions],
        domain=pyo.NonNegativeReals,
        doc="accelerators that are installed in a region in a year [units]",
    )


def constraints(m: Model) -> None:
    """Declare the warehouse balance and the ramps."""
    m.warehouse_balance = rows(m, m.on.handle, warehouse_balance)
    m.ramp = rows(m, [(a, t) for a, t in m.on.build if a in m.ramp_growth], ramp)


def _build_bounds(m: Model, a: Accelerator, t: Year) -> tuple[int, Expression]:
    r"""Where a year has a limit on an accelerator's builds, it is kept.

    $build_{a,t} \le max\_units_{a,t}$
    """
    return 0, m.max_units[a, t] if (a, t) in m.max_units else None


def warehouse_balance(m: Model, a: Accelerator, t: Year) -> Relation:
    r"""What waits is what waited, plus what arrives of this year's and last year's build, less what is installed.

    $warehouse_{a,t} = warehouse_{a,t-1} + (1-\lambda) build_{a,t} + \lambda build_{a,t-1} - \sum_r install_{a,r,t}$

    In the first year the opening stands for the year before: $warehouse\_units_a$ and $built\_units_a$.
    """
    built = m.build[a, t] if (a, t) in m.build else 0
    arrives = (1 - m.build_lag_share) * built + m.build_lag_share * _built_before(m, a, t)
    installed = total(m.install[a, r, t] for r in m.on.regions)
    return m.warehouse[a, t] == _waited(m, a, t) + arrives - installed


def ramp(m: Model, a: Accelerator, t: Year) -> Relation:
    r"""Production grows from a first year's start by a multiple of last year's build.

    $build_{a,t} \le ramp\_start\_units_a + ramp\_growth_a \cdot build_{a,t-1}$

    In the first year $built\_units_a$ of the opening stands for last year's build. An accelerator that was in
    production before, and has no opening, has no limit in that year; one with no ramp never has one.
    """
    in_production = m.on.accelerators[a]["first_year"] < t
    if t == m.on.years[0] and in_production and a not in m.on.opening:
        return pyo.Constraint.Skip
    return m.build[a, t] <= m.ramp_start_units[a] + m.ramp_growth[a] * _built_before(m, a, t)


def _built_before(m: Model, a: Accelerator, t: Year) -> Expression:
    """Return last year's build; before the first year of the case the opening stands for it."""
    if t == m.on.years[0]:
        return m.built_units[a] if a in m.on.opening else 0
    return m.build[a, year_before(t)] if (a, year_before(t)) in m.build else 0


def _waited(m: Model, a: Accelerator, t: Year) -> Expression:
    if t == m.on.years[0]:
        return m.warehouse_units[a] if a in m.on.opening else 0
    return m.warehouse[a, year_before(t)] if (a, year_before(t)) in m.warehouse else 0
