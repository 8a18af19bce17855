"""From a Pyomo model to a labelled LP, through Pyomo's own HiGHS interface."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from pyomo.contrib.solver.solvers.highs import Highs
from pyomo.core.expr.visitor import identify_mutable_parameters

from supplychain.lp.labelled import from_highs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.lp.labelled import Label, LabelledLP


class LabelledHighs(Highs):
    """Pyomo's persistent interface, which also tells the names of the rows and columns that it made."""

    def stated(self, model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
        """Take a Pyomo model, and return its LP, not solved yet."""
        self.set_instance(model)
        self._solver_model.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
        return self.labelled()

    def put(self, values: Iterable[tuple[Any, float]]) -> None:
        """Give mutable Params other values, and change what they enter and nothing else.

        The interface's own update evaluates every expression of the model, whatever has changed.
        """
        touched: dict[int, Any] = {}
        for param, value in values:
            param.set_value(value)
            touched |= {id(helper): helper for helper in self._entered.get(id(param), ())}
        for helper in touched.values():
            helper.update()
        _put_in_order(self._solver_model)

    @cached_property
    def _entered(self) -> dict[int, list[Any]]:
        """Of each mutable Param, what of the LP it enters: coefficients, limits and bounds that know how to update."""
        objective = self._mutable_objective
        helpers = [helper for some in self._mutable_helpers.values() for helper in some]
        helpers += [helper for _, helper in self._mutable_bounds.values()]
        found: dict[int, list[Any]] = {}
        for helper in (*helpers, *objective.linear_coefs, objective.constant):
            for name in ("expr", "lower_expr", "upper_expr"):
                for param in identify_mutable_parameters(getattr(helper, name, 0)):
                    found.setdefault(id(param), []).append(helper)
        return found

    def labelled(self, like: LabelledLP | None = None) -> LabelledLP:
        """Return the LP that HiGHS holds; names are the Pyomo component's and its index, or those of one alike."""
        if like is not None:
            return from_highs(self._solver_model, like.row, like.column)
        rows = [_label(constraint) for constraint in self._pyomo_con_to_solver_con_map]
        columns = [_label(self._vars[v][0]) for v in self._pyomo_var_to_solver_var_map]
        return from_highs(self._solver_model, rows, columns)


def from_pyomo(model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
    """Return the LP of a Pyomo model, not solved yet; a name is a component, then its index: `("supply", "hbm")`."""
    return LabelledHighs().stated(model)


def _put_in_order(highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Order the entries of each column by row, as those of a new model are.

    HiGHS forgets an entry that becomes 0 and puts it last once it is there again; the path of a solve, and with it the
    last digits, would depend on what was put before.
    """
    highs.ensureColwise()
    lp = highs.getLp()
    starts = np.array(lp.a_matrix_.start_)
    rows, entries = (np.array(part)[: starts[-1]] for part in (lp.a_matrix_.index_, lp.a_matrix_.value_))
    order = np.lexsort((rows, np.repeat(np.arange(len(starts) - 1), np.diff(starts))))
    if (np.diff(order) != 1).any():
        lp.a_matrix_.index_, lp.a_matrix_.value_ = rows[order], entries[order]
        highs.passModel(lp)


def _label(data: Any) -> Label:  # noqa: ANN401 - Pyomo ships no types
    index = data.index()
    indices = () if index is None else index if isinstance(index, tuple) else (index,)
    return (data.parent_component().local_name, *indices)
