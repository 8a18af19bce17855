"""Any linear program with named rows and columns: solve, prove the answer, settle ties, ask what limits are worth.

Nothing here knows what the rows and columns stand for. Questions take a `time_limit`, in seconds, for all that they
solve; what they are made of keeps one that is set around it: `with time_limit(3): slopes.gain(direction)`.
"""

import warnings

from supplychain.limits import time_limit
from supplychain.lp.along import moved_limits, upper_limits, what_moves
from supplychain.lp.attain import Excluded, Limit, Linear, Range, Ranges, Reach
from supplychain.lp.carry import carried
from supplychain.lp.extend import NewColumn, NewRow, extended
from supplychain.lp.extremes import Extremes
from supplychain.lp.follow import through
from supplychain.lp.from_model import MutableLP, from_pyomo, terms_of
from supplychain.lp.graft import Grafts, without
from supplychain.lp.joint import minimal_sets
from supplychain.lp.labelled import Label, LabelledLP, from_highs, read
from supplychain.lp.optimum import (
    Certificate,
    Optimum,
    certificate,
    changed,
    found,
    load,
    optimum_near,
    optimum_of,
    options,
    primal_residuals,
    prove,
    solved_again,
)
from supplychain.lp.questions import (
    Solution,
    allowable_increase,
    allowable_ranges,
    joint_sets,
    parallel_rows,
    reach,
    solve,
    two_sided_prices,
    value_curve,
)
from supplychain.lp.repair import shortages
from supplychain.lp.scaled import Vector, sums
from supplychain.lp.slopes import Slopes
from supplychain.lp.ties import Preferred, all_optima, prefer, preferred, share_of
from supplychain.lp.trace import Trace, Tracer

__all__ = [
    "Certificate",
    "Excluded",
    "Extremes",
    "Grafts",
    "Label",
    "LabelledLP",
    "Limit",
    "Linear",
    "MutableLP",
    "NewColumn",
    "NewRow",
    "Optimum",
    "Preferred",
    "Range",
    "Ranges",
    "Reach",
    "Slopes",
    "Solution",
    "Trace",
    "Tracer",
    "Vector",
    "all_optima",
    "allowable_increase",
    "allowable_ranges",
    "carried",
    "certificate",
    "changed",
    "extended",
    "found",
    "from_highs",
    "from_pyomo",
    "joint_sets",
    "load",
    "minimal_sets",
    "moved_limits",
    "optimum_near",
    "optimum_of",
    "options",
    "parallel_rows",
    "prefer",
    "preferred",
    "primal_residuals",
    "prove",
    "reach",
    "read",
    "share_of",
    "shortages",
    "solve",
    "solved_again",
    "sums",
    "terms_of",
    "through",
    "time_limit",
    "two_sided_prices",
    "upper_limits",
    "value_curve",
    "what_moves",
    "without",
]

_RENAMED = {"hold": "load"}
"""Old names, and what they are called now."""


def __getattr__(name: str) -> object:
    if name in _RENAMED:
        message = f"supplychain.lp.{name} is now supplychain.lp.{_RENAMED[name]}; the old name goes with version 0.3"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return globals()[_RENAMED[name]]
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
