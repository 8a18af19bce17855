"""From the Pyomo model to a solved LP, through Pyomo's own HiGHS interface."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from pyomo.contrib.solver.solvers.highs import Highs

from supplychain import lp, units
from supplychain.model._pyomo import Model, pyo

if TYPE_CHECKING:
    from supplychain.lp import LabelledLP, Solution, Vector


class _LabelledHighs(Highs):
    """Pyomo's persistent interface, which also tells the names of the rows and columns that it made."""

    def labelled(self) -> LabelledLP:
        """Return the LP that HiGHS holds; names are the Pyomo component's and its index."""
        rows = [_label(constraint) for constraint in self._pyomo_con_to_solver_con_map]
        columns = [_label(self._vars[v][0]) for v in self._pyomo_var_to_solver_var_map]
        return lp.from_highs(self._solver_model, rows, columns)


def _label(data: Model) -> lp.Label:
    index = data.index()
    return (data.parent_component().local_name, *(index if isinstance(index, tuple) else (index,)))


def solve(m: Model, time_limit: float | None = None) -> tuple[LabelledLP, Solution]:
    """Solve a model from a cold start and return its LP and an optimal solution.

    Raises: NoAnswerError if the time limit, or anything else, keeps HiGHS from an optimum.
    """
    rows = sum(len(component) for component in m.component_objects(pyo.Constraint))
    interface = _LabelledHighs()
    options = lp.options(rows, time_limit)
    interface.solve(m, load_solutions=False, raise_exception_on_nonoptimal_result=False, solver_options=options)
    labelled = interface.labelled()
    return labelled, lp.read(labelled, what=f"case {m.name!r}")


def tie_breakers(m: Model, labelled: LabelledLP) -> tuple[Vector, Vector]:
    r"""Return the objectives, to be minimised in turn, that choose among plans of equal cost.

    First: service sooner rather than later, $-\sum_t (|T| - n_t) \cdot value$ of what is served in t, with n_t the
    number of years before t. Then: the plan that uses least, each variable counted in its natural unit (in which its
    largest coefficient, budgets aside, is 1) and weighted between 1 and 2 by the SHA-256 of its name. Neither depends
    on the order of rows, the basis or the scale of money.
    """
    sooner = np.zeros(labelled.shape[1])
    years = m.on.years
    for w, j, t in m.on.serve:
        value = pyo.value(m.value_usd_per_mtok[w, j, t]) * units.MTOK_PER_TTOK
        sooner[labelled.column["serve", w, j, t]] = -(len(years) - years.index(t)) * value
    for j, t in m.on.research:
        value = pyo.value(m.value_usd_per_h100e_hour[j, t]) * units.HOURS_PER_YEAR
        sooner[labelled.column["research", j, t]] = -(len(years) - years.index(t)) * value
    weights = np.array([1 + _share(label) for label in labelled.column])
    return sooner, weights * _natural_unit(labelled)


def _share(label: lp.Label) -> float:
    digest = hashlib.sha256("\x1f".join(map(str, label)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _natural_unit(labelled: LabelledLP) -> Vector:
    is_budget = np.array([label[0] == "budget" for label in labelled.row])
    sizes = np.where(is_budget[labelled.indices], 0.0, np.abs(labelled.entries))
    columns = np.repeat(np.arange(labelled.shape[1]), np.diff(labelled.starts))
    largest = np.zeros(labelled.shape[1])
    np.maximum.at(largest, columns, sizes)
    return largest
