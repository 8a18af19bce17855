"""From a Pyomo model to a labelled LP, through Pyomo's own HiGHS interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyomo.contrib.solver.solvers.highs import Highs

from supplychain.lp.labelled import from_highs

if TYPE_CHECKING:
    from supplychain.lp.labelled import Label, LabelledLP


class LabelledHighs(Highs):
    """Pyomo's persistent interface, which also tells the names of the rows and columns that it made."""

    def stated(self, model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
        """Take a Pyomo model, and return its LP, not solved yet."""
        self.set_instance(model)
        self._solver_model.setOptionValue("output_flag", False)  # noqa: FBT003 - HiGHS has no keyword for it
        return self.labelled()

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


def _label(data: Any) -> Label:  # noqa: ANN401 - Pyomo ships no types
    index = data.index()
    indices = () if index is None else index if isinstance(index, tuple) else (index,)
    return (data.parent_component().local_name, *indices)
