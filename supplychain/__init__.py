"""What is the bottleneck of AI compute, when does it move, and what does serving the projected tokens cost?

>>> import supplychain as sc
>>> case = sc.load("inputs/tiny")
>>> plan = sc.solve(case)
>>> plan.binding.query("level == 'stage'")[["year", "members"]].values.tolist()
[[2026, 'packaging'], [2027, 'site_power']]
"""

from supplychain.case import Case, load
from supplychain.errors import CertificateError, InputError, NoAnswerError, OutputError, Problem, SupplychainError
from supplychain.plan import Plan, solve

__all__ = [
    "Case",
    "CertificateError",
    "InputError",
    "NoAnswerError",
    "OutputError",
    "Plan",
    "Problem",
    "SupplychainError",
    "load",
    "solve",
]
