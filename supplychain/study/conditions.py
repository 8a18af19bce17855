"""Conditions that a plan may meet: what binds in a year, an amount of a year, or a total over the horizon.

::

    binding[2027] = hbm                  binding[2027, group] != memory
    served_ttok[2028] >= +20%            served_ttok[2028, chat] <= 1.2e6
    research_h100e_years[2028] >= 3e6    cost_usd_per_mtok[2030] <= 0.08
    capital[2027] <= 800e9               net_benefit >= +10e9
    value >= +1%                         cost <= -5e9
    gross_margin_of_revenue[2026] >= 0.5 gap_usd[2029] <= 0
    supplied[2027, gpus/cloud/global] >= 500

A plain number is a level. A number with a sign is a difference to the case, and with `%` it is that share of what the
case has. What binds may be several stages together: `binding[2027] = hbm` holds where the stage is among them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from supplychain import schema, units
from supplychain.errors import ChangeError, ChangeProblem
from supplychain.model.observable import RESEARCH_DONE
from supplychain.plan.bottlenecks import DEMAND, LEVELS, UNRESOLVED
from supplychain.plan.levers import CAPITAL
from supplychain.plan.measures import (
    CASH,
    CASH_LEFT,
    GAP,
    KEPT,
    MARGIN,
    OPERATING,
    REVENUE,
    SUPPLIED,
    TOKENS,
    UNUSED,
    owners_of,
    sites_of,
)
from supplychain.tabular import did_you_mean, shown
from supplychain.tolerances import QUANTITY_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from supplychain.case import Case
    from supplychain.study.warm import LabelKey, QuantityKey, Reading

EXAMPLE = "binding[2027] = hbm"

BINDING = "binding"

NET_BENEFIT = "net_benefit"

Against: TypeAlias = Literal["level", "share", "difference"]
"""What an amount is set against: nothing, or the case."""

_MEASURED: Final = {
    "served_ttok": (TOKENS, "10^12 tokens", True),
    "research_h100e_years": (RESEARCH_DONE, "H100e years", False),
    "cost_usd_per_mtok": ("cost_per_mtok", "USD per 10^6 tokens", True),
    "capital": (CASH, "USD", False),
    "revenue_usd": (REVENUE, "USD", False),
    "kept_usd": (KEPT, "USD", False),
    "gross_margin_of_revenue": (MARGIN, "share", False),
    "operating_usd": (OPERATING, "USD", False),
    "cash_usd": (CASH_LEFT, "USD", False),
    "gap_usd": (GAP, "USD", False),
    "unused_usd": (UNUSED, "USD", False),
    "supplied": (SUPPLIED, "units of the stage", True),
}
"""Amounts of a year: as what they are measured, their unit, and whether they may be of one workload; `supplied` is of a
supplier at a place."""

_OF_OWNER: Final = frozenset({REVENUE, KEPT, MARGIN, OPERATING, CASH_LEFT, GAP, UNUSED})
"""What only a case has that charges prices, counts cash or owes something."""

_TOTALS: Final = {
    NET_BENEFIT: "net_benefit_usd",
    "value": "value_usd",
    "cost": "cost_usd",
    "objective": "objective_usd",
}
"""Totals over the horizon: attributes of a reading, in USD."""

_NAMES = (BINDING, *_MEASURED, *_TOTALS)
_CONDITION = re.compile(r"\s*(\w+)\s*(?:\[([^\[\]]*)\])?\s*(>=|<=|==|!=|=|>|<)\s*(.*?)\s*", re.ASCII | re.DOTALL)
_AMOUNT = re.compile(r"([+-]?)\s*((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_SAME = {">": ">=", "<": "<=", "==": "="}
"""Signs that mean the same here: an LP has no largest number below a limit."""
_PARTS = 2


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a quantity, of which year and what, how it compares, and with what."""

    text: str
    quantity: str
    item: str
    """A workload or `all`; of what binds, `stage` or `group`."""
    year: int | None
    """None for a total over the horizon."""
    operator: str
    members: frozenset[str] = frozenset()
    """What is to bind, or not to."""
    amount: float = math.nan
    against: Against = "level"

    @property
    def of_label(self) -> bool:
        """Whether it is of what binds."""
        return self.quantity == BINDING

    @property
    def unit(self) -> str:
        """The unit of its amount; blank for what binds."""
        if self.of_label:
            return ""
        return _MEASURED[self.quantity][1] if self.quantity in _MEASURED else "USD"

    @property
    def label(self) -> LabelKey | None:
        """Which label it is of, if it is of one."""
        return None if not self.of_label or self.year is None else (self.item, self.year)

    @property
    def measured(self) -> QuantityKey | None:
        """What is to be measured for it, if it is no label and no total."""
        if self.quantity not in _MEASURED or self.year is None:
            return None
        return _MEASURED[self.quantity][0], self.item, self.year

    def value(self, reading: Reading, measured: Mapping[QuantityKey, float]) -> float | str:
        """Return what a plan has of the quantity."""
        if self.label is not None:
            return reading.labels[self.label]
        key = self.measured
        return float(getattr(reading, _TOTALS[self.quantity])) if key is None else measured[key]

    def required(self, in_case: float) -> float:
        """Return the level that its amount comes to, where the case has some amount."""
        match self.against:
            case "level":
                return self.amount
            case "difference":
                return in_case + self.amount
            case "share":
                return in_case * (1 + self.amount)

    def binds(self, label: str) -> bool:
        """Whether a label meets it."""
        return (self.members <= set(label.split(schema.SUM))) == (self.operator == "=")

    def margin(self, value: float, in_case: float) -> float:
        """Return by how much an amount exceeds what is required, as a share of it; below 0 if it falls short.

        What is within rounding is 0, and an amount that has no meaning is not a number.
        """
        required = self.required(in_case)
        size = max(abs(required), abs(in_case) if math.isfinite(in_case) else 0.0) or 1.0
        over = (value - required) / size
        return 0.0 if abs(over) <= QUANTITY_ROUNDING else over if self.operator == ">=" else -over


def conditions(case: Case, texts: Iterable[str]) -> tuple[Condition, ...]:
    """Read conditions on a case.

    Raises: ChangeError, which names every fault of every condition.
    """
    read: list[Condition] = []
    problems: list[ChangeProblem] = []
    for text in texts:
        try:
            read.append(_read(case, text))
        except ValueError as error:
            name = shown(text).strip() or "a blank condition"
            problems += [ChangeProblem("", name, str(fault)) for fault in error.args]
    if not read and not problems:
        problems.append(ChangeProblem("", "", f"there is none; give one like {EXAMPLE}"))
    if problems:
        place = "the conditions"
        raise ChangeError(place, problems)
    return tuple(dict.fromkeys(read))


def _read(case: Case, text: str) -> Condition:
    """Return a condition.

    Raises: ValueError, with a message for every fault.
    """
    match = _CONDITION.fullmatch(text)
    if match is None:
        message = f"must be QUANTITY[YEAR] >= AMOUNT, or binding[YEAR] = STAGE, like {EXAMPLE}"
        raise ValueError(message)
    name, inside, operator, right = match.groups()
    operator = _SAME.get(operator, operator)
    if name not in _NAMES:
        message = f"no quantity is called {shown(name)!r}{did_you_mean(name, _NAMES)}; one of {', '.join(_NAMES)}"
        raise ValueError(message)
    year, item, faults = _subject(case, name, inside)
    of_label = name == BINDING
    signs = ("=", "!=") if of_label else (">=", "<=")
    if operator not in signs:
        what = "what binds is no amount" if of_label else "an amount is met exactly only by chance"
        faults.append(f"{match[3]}: {what}; must be {' or '.join(signs)}")
    if of_label:
        members, wrong = _members(case, item, right)
        faults += wrong
        amount, against = math.nan, "level"
    else:
        members = frozenset()
        amount, against, wrong = _amount(name, right)
        faults += wrong
    if faults:
        raise ValueError(*faults)
    where = "" if year is None else f"[{year}{'' if item in {schema.ALL, LEVELS[0]} else f', {item}'}]"
    said = f"{name}{where} {operator} {right}"
    return Condition(said, name, item, year, operator, members, amount, against)  # type: ignore[arg-type]  # as matched


def _subject(case: Case, name: str, inside: str | None) -> tuple[int | None, str, list[str]]:
    """Return the year and the item of a quantity, and what is wrong with them."""
    plain = LEVELS[0] if name == BINDING else schema.ALL
    if name in _TOTALS:
        if inside is None:
            return None, plain, []
        return None, plain, [f"{name} is a total over the horizon and has no year; must be {name} alone"]
    years, (first, last) = case.report_years, (case.report_years[0], case.report_years[-1])
    parts = [part.strip() for part in (inside or "").split(",", 1)]
    if not _YEAR.fullmatch(parts[0]):
        given = f"{shown(parts[0])!r} is no year" if parts[0] else "the year is missing"
        return None, plain, [f"{given}; must be {name}[YEAR], with a year from {first} to {last}"]
    year, faults = int(parts[0]), []
    if year not in years:
        faults.append(f"{year} is not reported; must be from {first} to {last}")
    item = parts[1].removeprefix('"').removesuffix('"') if len(parts) == _PARTS else plain
    if name == BINDING and item not in LEVELS:
        faults.append(f"{shown(item)!r}; must be {' or '.join(LEVELS)}{did_you_mean(item, LEVELS)}")
        item = plain
    elif name != BINDING:
        faults += _wrong_item(case, name, year, item)
    return year, item, faults


def _wrong_item(case: Case, name: str, year: int, item: str) -> list[str]:
    """Return what is wrong with whose amount is meant, or with asking this case for it."""
    quantity, _, of_one = _MEASURED[name]
    if quantity in _OF_OWNER and (quantity, schema.ALL) not in owners_of(case):
        needed = {CASH_LEFT: "cash", GAP: "cash", UNUSED: "take_or_pay"}.get(quantity, "prices")
        return [f"the case has no {name}: its table {needed} has no rows"]
    if quantity == SUPPLIED:
        sites = sites_of(case)
        what = "the supplier is missing" if item == schema.ALL else f"{shown(item)!r} supplies nothing"
        wanted = f"must be {name}[{year}, STAGE/SUPPLIER/PLACE]{did_you_mean(item, sites)}"
        return [] if item in sites else [f"{what}; {wanted}"]
    if item == schema.ALL:
        return []
    if not of_one:
        return [f"{name} is of the year alone; must be {name}[{year}]"]
    workloads = {row["workload"] for row in case.tables["workloads"]}
    known = f"; one of {', '.join(sorted(workloads))}"
    return (
        [] if item in workloads else [f"no workload is called {shown(item)!r}{did_you_mean(item, workloads) or known}"]
    )


def _members(case: Case, level: str, text: str) -> tuple[frozenset[str], list[str]]:
    """Return what is to bind, and what is wrong with it."""
    known = [row[level] for row in case.tables["stages"]]
    known = list(dict.fromkeys([*known, DEMAND, UNRESOLVED, *([CAPITAL] if case.tables["budget"] else [])]))
    if not text:
        return frozenset(), [f"the {level} is missing; one of {', '.join(known)}"]
    names = [name.strip() for name in text.split(schema.SUM.strip())]
    listed = f"; one of {', '.join(known)}"
    wrong = [
        f"no {level} is called {shown(name)!r}{did_you_mean(name, known) or listed}"
        for name in names
        if name not in known
    ]
    return frozenset(names), wrong


def _amount(name: str, text: str) -> tuple[float, Against, list[str]]:
    """Return an amount, what it is set against, and what is wrong with it."""
    match = _AMOUNT.fullmatch(text)
    forms = "a level like 800e9, a share of the case like +20%, or a difference to it like +10e9"
    if name == NET_BENEFIT:
        forms = "a difference to the case with its sign, like +10e9"
    if match is None:
        return math.nan, "level", [f"{shown(text)!r} is no amount; must be {forms}"]
    sign, digits, percent = match.groups()
    amount = float(sign + digits)
    if not math.isfinite(amount):
        return math.nan, "level", [f"{shown(text)!r}: the number is too large"]
    if name == NET_BENEFIT and (percent or not sign):
        what = "a per cent of net benefit" if percent else "the level of net benefit"
        why = f"{what} means nothing, because what tokens are worth is an assumption; only differences do"
        return math.nan, "level", [f"{shown(text)!r}: {why}; must be {forms}"]
    if percent and not sign:
        return (
            math.nan,
            "level",
            [f"{shown(text)!r} has no sign; must be +{digits}% or -{digits}% of what the case has"],
        )
    if percent:
        return amount * units.PERCENT, "share", []
    return amount, "difference" if sign else "level", []
