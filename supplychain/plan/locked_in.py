"""Another plan's decisions, held in a case; and what of them does not fit, said in one error."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from supplychain import lp
from supplychain.case.locked_in import SUMMARY, TABLES, locked_in_by, texts_of
from supplychain.errors import CertificateError, MisfitError, NoAnswerError
from supplychain.model import locked_in as signed
from supplychain.model.labels import Constraint, Var
from supplychain.results.write import csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from supplychain.case import Case
    from supplychain.lp import Label, LabelledLP
    from supplychain.model import Structure

_LARGE = 1e5
"""From here on a number is shown whole."""

_SUPPLIED = frozenset({Constraint.STAGE_BALANCE, Constraint.BUDGET})
"""Rows that what was signed asks to be supplied later, as transformers for a site that was ordered."""


class Answer(Protocol):
    """Whose decisions can be held: a plan, or what one wrote to a folder."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What was solved."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables of the answer."""


def lock_in(case: Case, answer: Answer | str | Path, until: int) -> Case:
    """Return the case with what another answer ordered, built and bought up to a year held in it.

    `answer` is a plan, or the folder to which one was written. What is held, and what adapts, says
    `supplychain.case.locked_in`. Whatever takes a case takes this one: a solve, a sweep, a sensitivity.

    Raises: InputError if the answer cannot be read, or does not belong to the case.
    """
    if isinstance(answer, (str, Path)):
        return replace(case, locked_in=locked_in_by(case, str(answer), texts_of(answer), until))
    texts = {SUMMARY: json.dumps(dict(answer.summary))} | {t.file: csv(answer.tables[t.name]) for t in TABLES}
    return replace(case, locked_in=locked_in_by(case, "the answer", texts, until))


def check(whole: LabelledLP, case: Case, on: Structure, money: float) -> None:
    """Refuse what was signed and cannot be in this case, before any solve.

    Raises: MisfitError, which names every order, build, purchase or limit that does not fit, and by how much.
    """
    found = list(signed.misfits(whole, case, on))
    if found:
        raise MisfitError(_said(case, on, money, found))


@contextmanager
def explained(here: LabelledLP, case: Case, on: Structure, money: float) -> Iterator[None]:
    """Say, where nothing is feasible inside, what is missing for what was signed: the least of it.

    Raises: MisfitError.
    """
    try:
        yield
    except CertificateError:
        raise
    except NoAnswerError as error:
        if case.locked_in is None:
            raise
        labels = list(here.row)
        rows = [i for label, i in here.row.items() if label[0] in _SUPPLIED]
        short = lp.shortages(
            here, [i for i in rows if np.isfinite(here.row_lower[i]) or np.isfinite(here.row_upper[i])]
        )
        if not short:
            raise
        raise MisfitError(_said(case, on, money, ((labels[i], x, math.nan) for i, x in short.items()))) from error


def _said(case: Case, on: Structure, money: float, found: Iterable[tuple[Label, float, float]]) -> str:
    until = case.locked_in.until if case.locked_in else 0
    lines = [f"  {_line(on, money, *one)}" for one in found]
    return "\n".join(
        [f"no answer for case {case.settings.name!r}: what was signed up to {until} does not fit it:", *lines]
    )


def _line(on: Structure, money: float, label: Label, amount: float, limit: float) -> str:
    """Return what does not fit, where, and by how much."""
    name, *index, t = label
    unit = on.stages[index[0]]["unit"] if index and index[0] in on.stages else "units"
    if name == Constraint.BUDGET:
        amount, limit, unit = amount / money, limit / money, "USD"
    where = " / ".join(index)
    known = {
        Var.EXPAND: f"{t}, order of {where}",
        Var.BUILD: f"{t}, build of {where}",
        Var.SUPPLY: f"{t}, purchase from {where}",
        Var.STORED: f"{t}, store of {where}",
        Constraint.SUPPLY_LIMIT: f"{t}, purchase from {where}",
        Constraint.STAGE_BALANCE: f"{t}, use of {where}",
        Constraint.RAMP: f"{t}, ramp of {where}",
        Constraint.BUDGET: f"{t}, budget",
    }
    what = known.get(name, f"{t}, {name} of {where}")
    if math.isnan(limit):
        return f"{what}: {_number(amount)} {unit} are missing"
    return f"{what}: {_number(amount)} {unit}, {_number(limit)} possible, {_number(amount - limit)} too many"


def _number(x: float) -> str:
    return f"{x:,.0f}" if x >= _LARGE else f"{x:,.6g}"
