"""The cheapest way to serve more: what it costs, what has to be added where and when; or what stands in the way."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain import units
from supplychain.plan.reliefs import Added
from supplychain.report.formats import USD, case_title, cut, money, number, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.schema import ALL, SUM
from supplychain.study.attainability import BUDGET, BUILD, CAPACITY, DEMAND, ORDER, RAMP, SHARE
from supplychain.study.serve import KEPT, PRODUCTION, PROMISED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from supplychain.study.serve import Served

    Row = Mapping[str, Any]

_M_USD = 1e6
"""USD in the unit of money of a column."""
_TOP = 6
"""Limits that are shown of those that make it dear."""
_STAGE, _PLACE, _SUPPLIER, _WORKLOAD, _USERS, _WHAT = 28, 14, 18, 30, 36, 62
"""Characters of names, of those who need something, and of a limit."""


def text(answer: Served) -> str:
    """Return the answer as text for a terminal: first whether it can be had, and what it costs."""
    lines = [*wrap(headline(answer), WIDTH), case_title(answer.case.settings)]
    for line in said(answer):
        lines += wrap(line, WIDTH)
    for title, table in sections(answer):
        lines += ["", *wrap(title, WIDTH), *table.text(WIDTH)]
    return "\n".join(line.rstrip() for line in lines)


def headline(answer: Served) -> str:
    """Return the answer in one sentence."""
    names = Names(answer.case)
    asked = " and ".join(_required(names, row) for row in records(answer.requirements_met))
    within = " within the capital" if answer.summary["capital_usd"] else ""
    if not answer.can_be_had:
        return " ".join([f"Cannot be had: {asked}{within}.", *_at_most(answer)])
    reliefs = _cash(answer)
    capacity = (
        f"It takes capacity beyond what the case has or may order, for {money(reliefs)} in cash"
        if len(answer.reliefs)
        else "It takes no capacity beyond what the case has or may order"
    )
    usd = float(answer.summary["cost_usd"])
    spends = f"spends {money(usd)} more" if usd >= 0 else f"spends {money(-usd)} less"
    return f"It can be had: {asked}{within}. {capacity}, and the plan {spends} than that of the case, discounted."


def _cash(answer: Served) -> float:
    return float(answer.summary["reliefs_usd"])


def _required(names: Names, row: Row) -> str:
    of = "tokens" if row["workload"] == ALL else f"tokens of {names.workload(row['workload'])}"
    more = row["required_ttok"] - row["before_ttok"]
    if row["before_ttok"] > 0 and more >= 0:
        change = f"{number(100 * more / row['before_ttok'])} % more than the case serves"
    else:
        change = f"the case serves {number(row['before_ttok'])}"
    return f"{number(row['required_ttok'])} x 10^12 {of} in {row['year']}, {change}"


def said(answer: Served) -> list[str]:
    """Return what else is said in sentences."""
    return list(_of_met(answer)) if answer.can_be_had else []


def _at_most(answer: Served) -> list[str]:
    """Return the most of each requirement that any plan serves."""
    names, lines = Names(answer.case), []
    alone = "this alone: " if len(answer.requirements_met) > 1 or answer.summary["capital_usd"] else ""
    for row in records(answer.requirements_met):
        of = "" if row["workload"] == ALL else f" of {names.workload(row['workload'])}"
        more, before = row["at_most_ttok"] - row["before_ttok"], row["before_ttok"]
        change = ", as many as the case serves"
        if more:
            change = f", {number(100 * more / before)} % more than the case serves" if before else ""
        lines.append(f"At most {alone}{number(row['at_most_ttok'])} x 10^12 tokens{of} in {row['year']}{change}.")
    return lines


def _of_met(answer: Served) -> Iterator[str]:
    names, summary = Names(answer.case), answer.summary
    rows = records(answer.requirements_met)
    usd = float(summary["cost_usd"]) - float(summary["anyway_usd"] or 0.0)
    if summary["anyway_usd"]:
        saved = money(-float(summary["anyway_usd"]))
        yield f"With nothing required, what is called Anyway would lower spending by {saved}: it pays by itself."
        yield f"Beside that, what is required costs {money(usd)}, discounted."
    more = math.fsum(row["served_ttok"] - row["before_ttok"] for row in rows)
    if more > 0 and usd > 0:
        yield f"That is {number(usd / (more * units.MTOK_PER_TTOK))} USD for each million tokens more."
    for row in rows:
        of = "" if row["workload"] == ALL else f" of {names.workload(row['workload'])}"
        price = row["marginal_usd_per_mtok"]
        last = f"costs {number(price)} USD" if math.isfinite(price) else "needs more such capacity"
        yield f"One more million tokens{of} in {row['year']} {last}."


def sections(answer: Served) -> list[tuple[str, TextTable]]:
    """Return titles and tables."""
    names, titled = Names(answer.case), []
    if not answer.can_be_had:
        titled.append((
            "What stands in the way: no plan keeps all of these, and any fewer of them leave one",
            _in_the_way(names, answer.held_back_by),
        ))  # fmt: skip
        title = "The cheapest way out: what has to give way, and what that is priced at"
        titled.append((title, _repair(names, answer.repair)))
    if len(answer.reliefs):
        titled.append((_title_of_reliefs(answer), _reliefs(names, answer)))
    if answer.can_be_had and len(answer.held_back_by):
        more = len(answer.held_back_by) - _TOP
        others = f"; {more} others save less" if more > 0 else ""
        titled.append((
            f"What makes it dear: 1 % more of it saves so much, m USD{others}",
            _dear(names, answer.held_back_by.head(_TOP)),
        ))  # fmt: skip
    return titled


def _title_of_reliefs(answer: Served) -> str:
    price = answer.summary["relief_price"]
    by = (
        "the dearest option to expand"
        if price is None
        else f"{price:g} times the dearest price of the stage, for a year"
    )
    then = "" if answer.can_be_had else ", with the way out above"
    return f"What has to be added{then}, priced like {by}; cash in m USD"


def _reliefs(names: Names, answer: Served) -> TextTable:
    anyway = bool(answer.summary["any_relief"])
    header = ["What", "Where", "More", *["Anyway"] * anyway, "Unit", "Cash", "Needed by"]
    rows = [
        [
            f"{row['year']}  {names.stage(row['stage'], _STAGE)}",
            _where(names, row),
            number(row["amount"]),
            *[number(row["anyway"])] * anyway,
            row["unit"],
            number(row["usd"] / _M_USD),
            _users(names, row["needed_by"]),
        ]
        for row in records(answer.reliefs)
    ]
    return TextTable(header, rows, frozenset({2, 4 + anyway, *[3] * anyway}))


def _where(names: Names, row: Row) -> str:
    """Return the place of a relief or a limit, and whose it is; of what is worldwide whose alone."""
    return names.site(row["stage"], row["supplier"], row["place"], _PLACE, _SUPPLIER)


def _users(names: Names, keys: str) -> str:
    """Return who uses a stage, as many as there is room for: suppliers by their stage."""
    users = [names.stage(key.split("/")[0], _STAGE) if "/" in key else key for key in keys.split(SUM) if key]
    distinct = list(dict.fromkeys(users))
    shown: list[str] = []
    for user in distinct:
        if shown and len(", ".join([*shown, user])) > _USERS:
            return f"{', '.join(shown)} and {len(distinct) - len(shown)} more"
        shown.append(user)
    return ", ".join(shown)


def _limit(names: Names, row: Row) -> str:
    """Return a limit in words."""
    kind, of, year = row["limit"], row["of"], row["year"]
    stage = f"{names.stage(of, _STAGE)}, {_where(names, {**row, 'stage': of})}" if kind in _OF_STAGES else ""
    workload = names.workload(of, _WORKLOAD) if kind in {DEMAND, KEPT} and of else "research"
    words = {
        DEMAND: f"{year}  demand for {workload}, all served",
        RAMP: f"{year}  ramp of {of}",
        BUILD: f"{year}  limit on builds of {of}",
        BUDGET: f"{year}  capital",
        CAPACITY: f"{year}  {stage}",
        SHARE: f"{year}  {stage}",
        ORDER: f"{year}  orders: {stage}",
        PRODUCTION: f"{year}  no accelerator that serves more is made in time",
        KEPT: f"{year}  {workload} of the case, which stays",
        PROMISED: f"{year}  deal {of}, which is kept",
    }
    return cut(words[kind], _WHAT)


_OF_STAGES = frozenset({CAPACITY, SHARE, ORDER})
"""Limits of stages."""


def _amount(row: Row, column: str) -> list[str]:
    """Return an amount and its unit."""
    if row["unit"] == USD[-1][1]:
        size, unit = unit_for([row[column]], USD)
        return [number(row[column] / size), unit]
    return [number(row[column]), row["unit"]]


def _in_the_way(names: Names, rows: pd.DataFrame) -> TextTable:
    cells = [[_limit(names, row), *_amount(row, "value")] for row in records(rows)]
    return TextTable(["Limit", "Is", "Unit"], cells, frozenset({1}))


def _dear(names: Names, rows: pd.DataFrame) -> TextTable:
    cells = [
        [_limit(names, row), *_amount(row, "value"), number(row["saves_usd_per_pct"] / _M_USD)] for row in records(rows)
    ]
    return TextTable(["Limit", "Is", "Unit", "Saves"], cells, frozenset({1, 3}))


def _repair(names: Names, rows: pd.DataFrame) -> TextTable:
    def what(row: Row) -> str:
        year, item = row["year"], row["item"]
        of = {
            Added.SHORT: "tokens left unserved" if item == ALL else f"{names.workload(item, _WORKLOAD)} left unserved",
            Added.BUDGET: "more capital",
            Added.RAMP: f"a steeper ramp of {item}",
            Added.BUILD: f"more builds of {item}",
        }
        if row["what"] == Added.STAGE:
            return cut(f"{year}  more {names.stage(item, _STAGE)}, {_where(names, {**row, 'stage': item})}", _WHAT)
        return cut(f"{year}  {of[Added(row['what'])]}", _WHAT)

    cells = [[what(row), *_amount(row, "amount"), money(row["usd"])] for row in records(rows)]
    return TextTable(["What", "By", "Unit", "Priced at"], cells, frozenset({1, 3}))
