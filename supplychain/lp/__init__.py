"""Any linear program with named rows and columns: solve, prove the answer, settle ties, ask what limits are worth.

Nothing here knows what the rows and columns stand for.
"""

from supplychain.lp.from_model import LabelledHighs, from_pyomo
from supplychain.lp.joint import minimal_sets
from supplychain.lp.labelled import Label, LabelledLP, Vector, from_highs, read
from supplychain.lp.optimum import FEASIBILITY, Certificate, Optimum, certificate, changed, found, options
from supplychain.lp.questions import (
    Solution,
    allowable_ranges,
    joint_sets,
    parallel_rows,
    reach,
    solve,
    two_sided_prices,
    value_curve,
)
from supplychain.lp.slopes import Slopes
from supplychain.lp.ties import prefer

__all__ = [
    "FEASIBILITY",
    "Certificate",
    "Label",
    "LabelledHighs",
    "LabelledLP",
    "Optimum",
    "Slopes",
    "Solution",
    "Vector",
    "allowable_ranges",
    "certificate",
    "changed",
    "found",
    "from_highs",
    "from_pyomo",
    "joint_sets",
    "minimal_sets",
    "options",
    "parallel_rows",
    "prefer",
    "reach",
    "read",
    "solve",
    "two_sided_prices",
    "value_curve",
]
