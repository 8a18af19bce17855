"""Any linear program with named rows and columns: solve, prove the answer, settle ties, ask what limits are worth.

Nothing here knows what the rows and columns stand for.
"""

from supplychain.lp.labelled import Label, LabelledLP, Vector, from_highs
from supplychain.lp.slopes import Slopes
from supplychain.lp.solve import FEASIBILITY, Certificate, Solution, certificate, changed, options, read
from supplychain.lp.ties import prefer

__all__ = [
    "FEASIBILITY",
    "Certificate",
    "Label",
    "LabelledLP",
    "Slopes",
    "Solution",
    "Vector",
    "certificate",
    "changed",
    "from_highs",
    "options",
    "prefer",
    "read",
]
