"""What is the bottleneck of AI compute, when does it move, and what does serving the projected tokens cost?

>>> import supplychain as sc
>>> case = sc.load("inputs/tiny")
>>> plan = sc.solve(case)
>>> plan.binding.query("level == 'stage'")[["year", "members"]].values.tolist()
[[2026, 'packaging'], [2027, 'site_power']]
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from supplychain.case import Case, load
from supplychain.case.scenarios import WhatIf, what_if
from supplychain.errors import (
    CertificateError,
    ChangeError,
    InputError,
    MisfitError,
    NoAnswerError,
    OutputError,
    Problem,
    SetupError,
    SupplychainError,
    TimeLimitError,
)
from supplychain.limits import time_limit

if TYPE_CHECKING:
    from supplychain.case.from_book import import_book
    from supplychain.case.to_book import to_book
    from supplychain.plan import Plan, lock_in, solve
    from supplychain.report.excel.workbook import workbook
    from supplychain.results.answer import Answer
    from supplychain.results.read import read_answer
    from supplychain.study.backcast import Backcast, backcast
    from supplychain.study.capital import WithinCapital, within_capital
    from supplychain.study.compare import Comparison, compare
    from supplychain.study.foresight import ForesightStudy, foresight
    from supplychain.study.near_optimal import NearOptimal, near_optimal
    from supplychain.study.regret import Regret, regret
    from supplychain.study.seek import Seek, seek
    from supplychain.study.sensitivity import Sensitivity, sensitivity
    from supplychain.study.serve import Served, serve
    from supplychain.study.session import Session, WhatIfAnswer, session
    from supplychain.study.sweep import sweep
    from supplychain.study.uncertainty import Uncertainty, uncertainty

__all__ = [
    "Answer",
    "Backcast",
    "Case",
    "CertificateError",
    "ChangeError",
    "Comparison",
    "ForesightStudy",
    "InputError",
    "MisfitError",
    "NearOptimal",
    "NoAnswerError",
    "OutputError",
    "Plan",
    "Problem",
    "Regret",
    "Seek",
    "Sensitivity",
    "Served",
    "Session",
    "SetupError",
    "SupplychainError",
    "TimeLimitError",
    "Uncertainty",
    "WhatIf",
    "WhatIfAnswer",
    "WithinCapital",
    "backcast",
    "compare",
    "foresight",
    "import_book",
    "load",
    "lock_in",
    "near_optimal",
    "read_answer",
    "regret",
    "seek",
    "sensitivity",
    "serve",
    "session",
    "solve",
    "sweep",
    "time_limit",
    "to_book",
    "uncertainty",
    "what_if",
    "within_capital",
    "workbook",
]


_HOMES = {
    "import_book": "case.from_book",
    "to_book": "case.to_book",
    "Answer": "results.answer",
    "read_answer": "results.read",
    "Plan": "plan",
    "lock_in": "plan",
    "solve": "plan",
    "Backcast": "study.backcast",
    "backcast": "study.backcast",
    "Comparison": "study.compare",
    "compare": "study.compare",
    "Sensitivity": "study.sensitivity",
    "sensitivity": "study.sensitivity",
    "Session": "study.session",
    "WhatIfAnswer": "study.session",
    "session": "study.session",
    "ForesightStudy": "study.foresight",
    "foresight": "study.foresight",
    "NearOptimal": "study.near_optimal",
    "near_optimal": "study.near_optimal",
    "Regret": "study.regret",
    "regret": "study.regret",
    "Seek": "study.seek",
    "seek": "study.seek",
    "Served": "study.serve",
    "serve": "study.serve",
    "WithinCapital": "study.capital",
    "within_capital": "study.capital",
    "sweep": "study.sweep",
    "Uncertainty": "study.uncertainty",
    "uncertainty": "study.uncertainty",
    "workbook": "report.excel.workbook",
}
"""Where the names stand that take the solver, pandas or a library for workbooks to import."""


_RENAMED = {"sign": "lock_in", "saved": "read_answer"}
"""Old names, and what they are called now."""


def __getattr__(name: str) -> object:
    """Import the solver and pandas when they are first asked for: a check of inputs needs neither."""
    if name in _RENAMED:
        message = f"supplychain.{name} is now supplychain.{_RENAMED[name]}; the old name goes with version 0.3"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name in _HOMES:
        return getattr(import_module(f"supplychain.{_HOMES[name]}"), name)
    message = f"module 'supplychain' has no attribute {name!r}"
    raise AttributeError(message)
