"""Decisions that were made before: what another answer ordered, built and bought up to a year, held in this case.

What was signed is fixed: every order of capacity (also one that arrives later), every build, every purchase of a flow
stage, and what of it was kept in store. What operation takes adapts to the world as it turns out: where and when built
units are installed (they wait in the warehouse if there is no site), what operates and serves, stocks such as power,
and flows that suppliers of stocks use up, such as fuel. Prices and lead times are those of this case.

A commitment is a contract of the case itself, the same for whoever signed and whoever had known; so one of the answer
up to that year must stand in the case with the minimum that it had.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import schema
from supplychain.case.read import did_you_mean, file_text, rows_of, shown
from supplychain.errors import InputError, Problem
from supplychain.schema import ColumnSchema, TableSchema
from supplychain.tolerances import SAME_COMMITMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from supplychain.case import Case
    from supplychain.case.read import Row, Rows

    Key: TypeAlias = tuple[Any, ...]

SUMMARY = "summary.json"


@dataclass(frozen=True)
class LockedIn:
    """What was decided up to a year, from the tables of an answer."""

    until: int
    amounts: Mapping[str, Mapping[Key, float]]
    """By variable of the model (`expand`, `build`, `supply`, `stored`) and its index. What is not there is 0, but what
    was stored is not known where the answer lists no such stage."""
    inputs_sha256: Mapping[str, str]
    """Digests of the inputs of the answer."""

    @property
    def summary(self) -> dict[str, Any]:
        """Whose decisions they are."""
        return {"inputs_sha256": dict(self.inputs_sha256), "until": self.until}

    def listed(self) -> list[object]:
        """Return everything that is held, in order."""
        amounts = ((name, *key, x) for name, some in sorted(self.amounts.items()) for key, x in sorted(some.items()))
        return [self.until, *amounts]


def _of_answer(name: str, key: str, amount: str, others: str) -> TableSchema:
    """Return a table of an answer, of which the key and one amount are read."""
    kinds = {"year": "integer", "order_year": "integer"}
    columns = [ColumnSchema(one, "integer" if one in kinds else "text", one) for one in key.split()]
    columns += [ColumnSchema(amount, "number", amount, minimum=0, blank=amount == "stored")]
    columns += [ColumnSchema(one, "text", one, blank=True) for one in others.split()]
    return TableSchema(name, tuple(key.split()), tuple(columns), name, required=False)


TABLES = (
    _of_answer("orders", "order_year stage supplier place", "amount", "online_year unit capex_usd"),
    _of_answer("builds", "year accelerator", "built", "installed warehouse"),
    _of_answer("supply", "year stage supplier place", "supplied", "unit limit price_usd spent_usd"),
    _of_answer(
        "stages",
        "year stage place",
        "stored",
        "unit capacity expanded allocated used used_share gain_usd_per_unit loss_usd_per_unit",
    ),
    _of_answer("commitments_kept", "year commitment", "minimum", "unit delivered shortfall"),
)
"""The tables of an answer that say what was decided."""

_VARIABLES = {"orders": "expand", "builds": "build", "supply": "supply", "stages": "stored"}


def texts_of(folder: str | Path) -> dict[str, str]:
    """Return the text of each file of an answer's folder that is read here, by its name.

    Raises: InputError if one cannot be read.
    """
    path = Path(folder)
    if not path.is_dir():
        fault = "there is no such folder; give one that `supplychain solve CASE --out DIR` wrote"
        raise InputError(str(folder), [Problem("the answer", 0, "", fault)])
    files = {SUMMARY: path / SUMMARY} | {table.file: path / "tables" / table.file for table in TABLES}
    read = {name: file_text(file) for name, file in files.items()}
    problems = [problem for _, faults in read.values() for problem in faults]
    if problems:
        hint = Problem("the answer", 0, "", "is what `supplychain solve CASE --out DIR` writes")
        raise InputError(str(folder), [*problems, hint])
    return {name: text for name, (text, _) in read.items()}


def locked_in_by(case: Case, place: str, texts: Mapping[str, str], until: int) -> LockedIn:
    """Return what an answer decided up to a year, read from the texts of its files; `place` is what messages call it.

    Raises: InputError, which names every row that does not belong to the case, and every cell that cannot be read.
    """
    summary = summary_of(place, texts[SUMMARY])
    first, last = summary["years"][0], summary["report_last_year"]
    if first != case.years[0]:
        fault = f"{first} is its first year; must be {case.years[0]}, as in the case"
        raise InputError(place, [Problem(SUMMARY, 0, "years", fault)])
    if until not in range(first, min(last, case.years[-1]) + 1):
        fault = f"{until}; must be from {first} to {min(last, case.years[-1])}, the years that both have"
        raise InputError(place, [Problem("until", 0, "", fault)])
    read = {table.name: rows_of(table.file, texts[table.file], table) for table in TABLES}
    problems = [problem for _, faults in read.values() for problem in faults]
    amounts: dict[str, dict[Key, float]] = {name: {} for name in _VARIABLES.values()}
    known = _Known(case)
    for table in TABLES:
        rows = read[table.name][0]
        problems += _faults(rows, known, first, last)
        time, *names = table.key
        for _, row in rows.numbered():
            x = row[table.columns[len(table.key)].name]
            if isinstance(row[time], int) and row[time] <= until and x is not None and table.name in _VARIABLES:
                amounts[_VARIABLES[table.name]][*(row[name] for name in names), row[time]] = x
    problems += _uncommitted(case, read["commitments_kept"][0], until)
    if problems:
        raise InputError(place, problems)
    return LockedIn(until, amounts, summary["inputs_sha256"])


def summary_of(place: str, text: str) -> dict[str, Any]:
    """Return what `summary.json` of an answer says.

    Raises: InputError if it is none.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InputError(place, [Problem(SUMMARY, 0, "", f"is not valid JSON: {error}")]) from error
    kinds: dict[str, Any] = {
        "objective_usd": (int, float),
        "years": list,
        "report_last_year": int,
        "inputs_sha256": dict,
    }
    found = given if isinstance(given, dict) else {}
    absent = [name for name, kind in kinds.items() if not isinstance(found.get(name), kind)]
    if not absent and not (found["years"] and all(isinstance(t, int) for t in found["years"])):
        absent = ["years"]
    if absent:
        fault = "is missing, or not what an answer has there"
        raise InputError(place, [Problem(SUMMARY, 0, name, fault) for name in absent])
    return found


class _Known:
    """The names of a case, by column; those of suppliers by stage."""

    def __init__(self, case: Case) -> None:
        tables = case.tables
        self._names = {
            "stage": {row["stage"] for row in tables["stages"]},
            "accelerator": {row["accelerator"] for row in tables["accelerators"]},
            "place": {schema.GLOBAL, *(row["region"] for row in tables["regions"])},
        }
        self._suppliers: dict[str, set[str]] = {}
        for row in tables["suppliers"]:
            self._suppliers.setdefault(row["stage"], set()).add(row["supplier"])

    def fault(self, column: str, row: Row) -> str:
        """Return what is wrong with a name, or nothing."""
        known = self._suppliers.get(row["stage"] or "") if column == "supplier" else self._names.get(column)
        if known is None or row[column] is None or row[column] in known:
            return ""
        of = f" of {shown(row['stage'])}" if column == "supplier" else ""
        return f"the case has no {column}{of} called {shown(row[column])!r}{did_you_mean(row[column], known)}"


def _faults(rows: Rows, known: _Known, first: int, last: int) -> Iterator[Problem]:
    """Yield what does not belong to the case, or stands there twice."""
    seen: dict[Key, int] = {}
    unknown: dict[tuple[str, str], list[int]] = {}
    time, *names = rows.table.key
    for number, row in rows.numbered():
        for column in names:
            fault = known.fault(column, row)
            if fault:
                unknown.setdefault((column, fault), []).append(number)
        if isinstance(row[time], int) and not first <= row[time] <= last:
            yield Problem(rows.table.file, number, time, f"{row[time]}; must be from {first} to {last}")
        key = tuple(row[name] for name in rows.table.key)
        before = seen.setdefault(key, number)
        if before != number:
            yield Problem(rows.table.file, number, "", f"has the key of row {before}; a key may stand once")
    for (column, fault), (number, *more) in unknown.items():
        also = f"; and in {len(more)} more row{'s' * (len(more) > 1)}" if more else ""
        yield Problem(rows.table.file, number, column, fault + also)


def _uncommitted(case: Case, rows: Rows, until: int) -> Iterator[Problem]:
    """Yield commitments of the answer that the case has not, or with another minimum."""
    minimum = {(row["commitment"], row["year"]): row["minimum"] for row in case.tables["commitments"]}
    for number, row in rows.numbered():
        key = row["commitment"], row["year"]
        if row["minimum"] is None or not isinstance(row["year"], int) or row["year"] > until:
            continue
        if key not in minimum:
            fault = f"the case has no commitment {shown(key[0])!r} in {key[1]}; what was committed by then stays"
            yield Problem(rows.table.file, number, "commitment", fault)
        elif not math.isclose(minimum[key], row["minimum"], rel_tol=SAME_COMMITMENT):
            fault = f"{row['minimum']:.12g}; must be {minimum[key]:.12g}, as in the case: what was committed stays"
            yield Problem(rows.table.file, number, "minimum", fault)
