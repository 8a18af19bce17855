"""What has to be served: how a requirement is read, and how much it is in tokens."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain import units
from supplychain.model import service
from supplychain.schema import ALL
from supplychain.tabular import did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.case import Case
    from supplychain.plan.solved import Solved

EXAMPLES = "'2028: +20%', '2028: 500' (10^12 tokens) or '2028, WORKLOAD: +20%'"

_TEXT = re.compile(r"\s*(\d{1,9})\s*(?:,\s*([^:]*?)\s*)?:\s*(\+?)\s*([^\s%]+)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True)
class Requirement:
    """Tokens that have to be served in a year: so many per cent more than the case serves, or an amount."""

    year: int
    workload: str
    """Its key, or `all`."""
    amount: float
    """Per cent more; else 10^12 tokens."""
    is_more: bool

    def workloads(self, solved: Solved) -> tuple[str, ...]:
        """Return the workloads that it counts."""
        return solved.on.workloads if self.workload == ALL else (self.workload,)

    def served(self, solved: Solved) -> float:
        """Return the tokens of a plan that it counts [10^12]."""
        return math.fsum(service.served(solved.m, w, self.year) for w in self.workloads(solved))

    def required(self, before: float) -> float:
        """Return the tokens that it asks for where so many are served before [10^12]."""
        return before * (1 + units.PERCENT * self.amount) if self.is_more else self.amount

    def __str__(self) -> str:
        of = "" if self.workload == ALL else f", {self.workload}"
        return f"{self.year}{of}: {f'+{self.amount:g}%' if self.is_more else f'{self.amount:g}'}"


def requirements_of(case: Case, texts: Iterable[str]) -> list[Requirement]:
    """Read requirements.

    Raises: ValueError, with every fault.
    """
    listed: list[Requirement] = []
    faults: list[str] = []
    for text in [texts] if isinstance(texts, str) else texts:
        requirement, found = _read(case, str(text))
        if requirement is not None and not found:
            if any((r.year, r.workload) == (requirement.year, requirement.workload) for r in listed):
                found = ["the same year and workload have a requirement already; give one of them"]
            listed.append(requirement)
        faults += [f"{shown(text)!r}: {fault}" for fault in found]
    if not listed and not faults:
        faults = [f"nothing is required; give a requirement, as {EXAMPLES}"]
    if faults:
        message = f"serve: {'; '.join(faults)}"
        raise ValueError(message)
    return listed


def _read(case: Case, text: str) -> tuple[Requirement | None, list[str]]:
    match = _TEXT.fullmatch(text)
    try:
        amount = float(match[4]) if match else math.nan
    except ValueError:
        match = None
    if match is None or bool(match[3]) != bool(match[5]):
        return None, [f"cannot be read; must be as {EXAMPLES}"]
    year, workload = int(match[1]), match[2] or ALL
    names, years = [row["workload"] for row in case.tables["workloads"]], case.report_years
    faults = []
    if year not in years:
        faults.append(f"{year} is not reported; must be from {years[0]} to {years[-1]}")
    if workload != ALL and workload not in names:
        known = f"must be one of {', '.join(names)}"
        faults.append(f"no workload is called {shown(workload)!r}; {known}{did_you_mean(workload, names)}")
    if not (math.isfinite(amount) and amount > 0):
        faults.append(f"{match[4]}; must be more than 0, and finite")
    return Requirement(year, workload, amount, bool(match[5])), faults
