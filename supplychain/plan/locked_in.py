"""Another plan's decisions, locked in in a case; and what of them does not fit, said in one error."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from supplychain import lp
from supplychain.case.locked_in import LockedIn
from supplychain.errors import CertificateError, InputError, MisfitError, NoAnswerError, Problem, TimeLimitError
from supplychain.model import locked_in
from supplychain.model.labels import Constraint, Var
from supplychain.results import schema
from supplychain.results.frames import records
from supplychain.results.read import SUMMARY, read_answer
from supplychain.results.write import rounded
from supplychain.schema import GLOBAL
from supplychain.tabular import did_you_mean, shown
from supplychain.tolerances import SAME_COMMITMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP
    from supplychain.model import Structure
    from supplychain.results.answer import Answer
    from supplychain.schema import TableSchema

_LARGE = 1e5
"""From here on a number is shown whole."""

_HEADER = 1
"""Rows above the first one, as a spreadsheet counts."""

_SUPPLIED = frozenset({Constraint.STAGE_BALANCE, Constraint.BUDGET})
"""Rows that what is locked in needs supplied later, as transformers for a site that was ordered."""


def lock_in(case: Case, answer: Answer | str | Path, until: int) -> Case:
    """Return the case with what another answer ordered, built and bought up to a year locked in.

    `answer` is a plan, or the folder to which one was written. What is locked in, and what adapts, says
    `supplychain.case.locked_in`. Whatever takes a case takes this one: a solve, a sweep, a sensitivity.

    Raises: InputError if the answer cannot be read, or does not belong to the case.
    """
    place, decisions = "the answer", answer
    if isinstance(decisions, (str, Path)):
        place, decisions = str(decisions), read_answer(decisions, "solve", [table.name for table in _DECIDED])
    return replace(case, locked_in=_locked_in(case, place, decisions, until))


def _locked_in(case: Case, place: str, answer: Answer, until: int) -> LockedIn:
    """Return what an answer decided up to a year; `place` is what messages call it.

    Raises: InputError, which names every row that does not belong to the case.
    """
    first, last = answer.summary["years"][0], answer.summary["report_last_year"]
    if first != case.years[0]:
        fault = f"{first} is its first year; must be {case.years[0]}, as in the case"
        raise InputError(place, [Problem(SUMMARY, 0, "years", fault)])
    if until not in range(first, min(last, case.years[-1]) + 1):
        fault = f"{until}; must be from {first} to {min(last, case.years[-1])}, the years that both have"
        raise InputError(place, [Problem("until", 0, "", fault)])
    case_names = _CaseNames(case)
    problems: list[Problem] = []
    amounts: dict[str, dict[tuple[Any, ...], float]] = {}
    for table, amount in _DECIDED.items():
        rows = records(rounded(answer.tables[table.name]))
        problems += _faults(table, rows, case_names, range(first, last + 1))
        if amount in _VARIABLES:
            time, *index = _index(table)
            amounts[_VARIABLES[amount]] = {
                (*(row[column] for column in index), row[time]): float(row[amount])
                for row in rows
                if row[time] <= until and not math.isnan(row[amount])
            }
    problems += _uncommitted(case, records(rounded(answer.commitments_kept)), until)
    if problems:
        raise InputError(place, problems)
    return LockedIn(until, amounts, answer.summary["inputs_sha256"])


_DECIDED = {
    schema.ORDERS: "amount",
    schema.BUILDS: "built",
    schema.SUPPLY: "supplied",
    schema.STAGES: "stored",
    schema.COMMITMENTS_KEPT: "minimum",
}
"""The tables that say what was decided, and the column of the amount."""

_VARIABLES = {"amount": "expand", "built": "build", "supplied": "supply", "stored": "stored"}


class _CaseNames:
    """The names of a case, by column; those of suppliers by stage."""

    def __init__(self, case: Case) -> None:
        tables = case.tables
        self._names = {
            "stage": {row["stage"] for row in tables["stages"]},
            "accelerator": {row["accelerator"] for row in tables["accelerators"]},
            "place": {GLOBAL, *(row["region"] for row in tables["regions"])},
        }
        self._suppliers: dict[str, set[str]] = {}
        for row in tables["suppliers"]:
            self._suppliers.setdefault(row["stage"], set()).add(row["supplier"])

    def fault(self, column: str, row: Mapping[str, Any]) -> str:
        """Return what is wrong with a name, or nothing."""
        names = self._suppliers.get(row["stage"]) if column == "supplier" else self._names.get(column)
        if names is None or row[column] in names:
            return ""
        of = f" of {shown(row['stage'])}" if column == "supplier" else ""
        return f"the case has no {column}{of} called {shown(row[column])!r}{did_you_mean(row[column], names)}"


def _index(table: TableSchema) -> list[str]:
    """Return the columns of what was decided: its year, then its names."""
    return [table.key[0], *(name for name in table.key if table.column(name).type == "text")]


def _faults(table: TableSchema, rows: list[dict[str, Any]], case_names: _CaseNames, years: range) -> Iterator[Problem]:
    """Yield what does not belong to the case: years, and each name once."""
    time, *index = _index(table)
    unknown: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows, 1 + _HEADER):
        for column in index:
            fault = case_names.fault(column, row)
            if fault:
                unknown.setdefault((column, fault), []).append(number)
        if row[time] not in years:
            yield Problem(table.file, number, time, f"{row[time]}; must be from {years[0]} to {years[-1]}")
    for (column, fault), (number, *more) in unknown.items():
        also = f"; and in {len(more)} more row{'s' * (len(more) > 1)}" if more else ""
        yield Problem(table.file, number, column, fault + also)


def _uncommitted(case: Case, rows: list[dict[str, Any]], until: int) -> Iterator[Problem]:
    """Yield commitments of the answer that the case has not, or with another minimum."""
    minimum = {(row["commitment"], row["year"]): row["minimum"] for row in case.tables["commitments"]}
    for number, row in enumerate(rows, 1 + _HEADER):
        key = row["commitment"], row["year"]
        if row["year"] > until:
            continue
        if key not in minimum:
            fault = f"the case has no commitment {shown(key[0])!r} in {key[1]}; what was committed by then stays"
            yield Problem(schema.COMMITMENTS_KEPT.file, number, "commitment", fault)
        elif not math.isclose(minimum[key], row["minimum"], rel_tol=SAME_COMMITMENT):
            fault = f"{row['minimum']:.12g}; must be {minimum[key]:.12g}, as in the case: what was committed stays"
            yield Problem(schema.COMMITMENTS_KEPT.file, number, "minimum", fault)


def check(whole: LabelledLP, case: Case, on: Structure, money: float) -> None:
    """Refuse what is locked in and cannot be in this case, before any solve.

    Raises: MisfitError, which names every order, build, purchase or limit that does not fit, and by how much.
    """
    misfits = list(locked_in.misfits(whole, case, on))
    if misfits:
        raise MisfitError(_misfit_message(case, on, money, misfits))


@contextmanager
def explained(labelled: LabelledLP, case: Case, on: Structure, money: float) -> Iterator[None]:
    """Say, where nothing is feasible inside, what is missing for what is locked in: the least of it.

    Raises: MisfitError.
    """
    try:
        yield
    except (CertificateError, TimeLimitError):
        raise
    except NoAnswerError as error:
        if case.locked_in is None:
            raise
        labels = list(labelled.row)
        rows = [i for label, i in labelled.row.items() if label[0] in _SUPPLIED]
        short = lp.shortages(
            labelled, [i for i in rows if np.isfinite(labelled.row_lower[i]) or np.isfinite(labelled.row_upper[i])]
        )
        if not short:
            raise
        raise MisfitError(
            _misfit_message(case, on, money, ((labels[i], x, math.nan) for i, x in short.items()))
        ) from error


def _misfit_message(case: Case, on: Structure, money: float, misfits: Iterable[tuple[Label, float, float]]) -> str:
    until = case.locked_in.until if case.locked_in else 0
    lines = [f"  {_line(on, money, *misfit)}" for misfit in misfits]
    return "\n".join(
        [f"no answer for case {case.settings.name!r}: what was signed up to {until} does not fit it:", *lines]
    )


def _line(on: Structure, money: float, label: Label, amount: float, limit: float) -> str:
    """Return what does not fit, where, and by how much."""
    name, *index, t = label
    unit = on.stages[index[0]]["unit"] if index and index[0] in on.stages else "units"
    if name == Constraint.BUDGET:
        amount, limit, unit = amount / money, limit / money, "USD"
    names = " / ".join(index)
    subjects = {
        Var.EXPAND: f"{t}, order of {names}",
        Var.BUILD: f"{t}, build of {names}",
        Var.SUPPLY: f"{t}, purchase from {names}",
        Var.STORED: f"{t}, store of {names}",
        Constraint.SUPPLY_LIMIT: f"{t}, purchase from {names}",
        Constraint.STAGE_BALANCE: f"{t}, use of {names}",
        Constraint.RAMP: f"{t}, ramp of {names}",
        Constraint.BUDGET: f"{t}, budget",
    }
    subject = subjects.get(name, f"{t}, {name} of {names}")
    if math.isnan(limit):
        return f"{subject}: {_number(amount)} {unit} are missing"
    return f"{subject}: {_number(amount)} {unit}, {_number(limit)} possible, {_number(amount - limit)} too many"


def _number(x: float) -> str:
    return f"{x:,.0f}" if x >= _LARGE else f"{x:,.6g}"
