"""The fleet: what is owned operates or idles."""

from __future__ import annotations

from supplychain.model._pyomo import Accelerator, Expression, Model, Region, Relation, Year, pyo, rows, total


def variables(m: Model) -> None:
    """Declare what operates."""
    m.operate = pyo.Var(
        m.on.operate, domain=pyo.NonNegativeReals, doc="accelerators that operate in a region in a year [units]"
    )


def constraints(m: Model) -> None:
    """Declare what may and what must operate."""
    m.operate_owned = rows(m, m.on.operate, operate_owned)
    m.new_units_operate = rows(m, [index for index in m.on.operate if index in m.install], new_units_operate)


def operate_owned(m: Model, a: Accelerator, r: Region, t: Year) -> Relation:
    r"""Only accelerators that are installed and still alive can operate.

    $operate_{a,r,t} \le \sum_{u \le t < u + life\_years_a} install_{a,r,u}
    + \sum_{y \le t < y + life\_years_a} fleet\_units_{a,r,y}$
    """
    return m.operate[a, r, t] <= owned(m, a, r, t)


def owned(m: Model, a: Accelerator, r: Region, t: Year) -> Expression:
    """Return the accelerators that are installed in a region and still alive."""
    alive = total(m.install[a, r, u] for u in m.on.vintages[a, t])
    owned_at_start = total(m.fleet_units[a, r, y] for y in m.on.fleet.get((a, r, t), ()))
    return alive + owned_at_start


def new_units_operate(m: Model, a: Accelerator, r: Region, t: Year) -> Relation:
    r"""What is newly installed operates.

    $install_{a,r,t} \le operate_{a,r,t}$
    """
    return m.install[a, r, t] <= m.operate[a, r, t]
