"""A limit on capital by year: how it is read, and the case that has it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, TypeAlias

from supplychain.case.changes import CHANGES, Group, apply
from supplychain.tabular import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from supplychain.case import Case

Capital: TypeAlias = "float | str | Iterable[str] | Mapping[int, float]"
"""USD of every reported year; or by year, as `{2027: 2e11}` or as text: `2027: 200e9, 2028: 300e9`."""

SOURCE = "asked_capital"
"""Key of the source of a limit that was asked for."""

_YEAR_AND_USD = re.compile(r"\s*(?:(\d{4})\s*:)?\s*(\S.*?)\s*", re.ASCII)


def capital_by_year(case: Case, capital: Capital) -> dict[int, float]:
    """Return a limit on capital by reported year [USD].

    Raises: ValueError, with every fault.
    """
    years = case.report_years
    if isinstance(capital, (int, float)):
        capital = dict.fromkeys(years, float(capital))
    if not isinstance(capital, (str, list, tuple)) and hasattr(capital, "items"):
        given = [(t, usd, f"{t}: {usd}") for t, usd in capital.items()]
        faults: list[str] = []
    else:
        texts = [capital] if isinstance(capital, str) else [str(text) for text in capital]
        given, faults = [], []
        for part in (part for text in texts for part in text.split(",")):
            listed, fault = _read(part, years)
            given += listed
            faults += fault
    limits: dict[int, float] = {}
    for t, usd, text in given:
        faults += [f"{shown(text)!r}: {fault}" for fault in _faults(t, usd, years, limits)]
        limits[t] = usd
    if not limits and not faults:
        faults = ["must name a limit in USD, as 200e9 or 2027: 200e9"]
    if faults:
        message = f"capital: {'; '.join(dict.fromkeys(faults))}"
        raise ValueError(message)
    return dict(sorted(limits.items()))


def _read(text: str, years: range) -> tuple[list[tuple[int, float, str]], list[str]]:
    match = _YEAR_AND_USD.fullmatch(text)
    try:
        usd = float(match[2]) if match else math.nan
    except ValueError:
        match = None
    if match is None:
        return [], [f"{shown(text.strip())!r}; must be USD, or a year and USD, as 200e9 or 2027: 200e9"]
    return [(t, usd, text.strip()) for t in ([int(match[1])] if match[1] else years)], []


def _faults(t: int, usd: float, years: range, limits: Mapping[int, float]) -> Iterator[str]:
    if t not in years:
        yield f"{t} is not reported; must be from {years[0]} to {years[-1]}"
    if t in limits:
        yield f"{t} has a limit already; give one for each year"
    if not (math.isfinite(usd) and usd >= 0):
        yield "must be 0 USD or more, and finite"


def capped(case: Case, limits: Mapping[int, float]) -> Case:
    """Return the case with budgets of some years added or replaced.

    Raises: ChangeError if the case does not allow it.
    """
    with_budget = {row["year"] for row in case.tables["budget"]}
    edits = tuple(f"budget.capital_usd[year={t}] = {usd!r}" for t, usd in limits.items() if t in with_budget)
    add: list[dict[str, object]] = [
        {"table": "budget", "year": t, "capital_usd": usd, "source": SOURCE}
        for t, usd in limits.items()
        if t not in with_budget
    ]
    if add and SOURCE not in {row["source"] for row in case.tables["sources"]}:
        source = {"source": SOURCE, "title": "A limit on capital that was asked for", "publisher": "asked for"}
        add.insert(0, {"table": "sources", **source, "evidence": "assumed"})
    return apply(case, [Group(CHANGES, edits=edits, add=tuple(add))])[0]
