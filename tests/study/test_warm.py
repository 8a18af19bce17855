"""What-ifs solved in place and from where the case ended, against models of their own, solved from nothing."""

from __future__ import annotations

import tempfile
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from edits import FACTORS, TABLES, TIMED, drawn
from effort import fewer, one_in
from generator import random_case, write_case
from paths import INPUTS

import supplychain as sc
from supplychain import lp, schema
from supplychain import plan as plan_module
from supplychain.case.changes import apply
from supplychain.case.ranges import Input, moved
from supplychain.errors import ChangeError
from supplychain.model import money, solver
from supplychain.plan import windows
from supplychain.plan.measures import COST, SERVING
from supplychain.study.warm import FROM_NOTHING, REBUILT, WarmSolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from supplychain.study.warm import Reading

pytestmark = pytest.mark.unmeasured

BASE = "base"
CASES = (BASE, *range(60))
"""The shipped case, and seeds of random ones."""
EACH = fewer(10, 5)
"""Edits for each table and operation: ten of them, or two."""
AGREE = 1e-9


@cache
def given(name: str | int) -> sc.Case:
    if name == BASE:
        return sc.load(INPUTS / BASE)
    with tempfile.TemporaryDirectory() as folder:
        return sc.load(write_case(random_case(int(name)), Path(folder)))


@cache
def warm(name: str | int, *, labels: bool = False) -> WarmSolver:
    case = given(name)
    asked = [(quantity, schema.ALL, t) for t in case.report_years for quantity in ("tokens_served", SERVING, COST)]
    return WarmSolver(case, asked, labels=labels)


def edits(name: str) -> Iterator[tuple[str | int, str, sc.Case]]:
    """Yield valid edits of a table, `EACH` for each operation, each of a random case, or of the shipped one."""
    table, random = schema.TABLE[name], Random(name)
    for n, operation in enumerate((*FACTORS, *(TIMED if "year" in table.key else ()))):
        least = 2 if operation == TIMED[0] else 1
        some = list(islice((one for one in CASES[1:] if years_of(given(one), name) >= least), 6))
        shipped = n < 1 and name in one_in(3, TABLES) and years_of(given(BASE), name) >= least
        left, tries = EACH, 0
        while left:
            tries += 1
            assert tries < 600 * EACH, operation
            one = BASE if left == 1 and shipped else random.choice(some)
            try:
                edit = drawn(given(one), table, operation, random)
                other, audit = apply(given(one), [edit])
            except (ChangeError, IndexError):  # out of range, or nothing there to edit
                continue
            if audit or operation == "delay 1" or tries > 20 * EACH:
                left -= 1
                yield one, edit, other


def years_of(case: sc.Case, table: str) -> int:
    """How many years of a case a table has rows of; one if it has rows and no years."""
    return len({row.get("year") for row in case.tables[table] if row.get("year", case.years[0]) in case.years})


def close(here: float, there: float) -> bool:
    return abs(here - there) <= AGREE * max(1.0, abs(there)) or (np.isnan(here) and np.isnan(there))


def agree(here: Reading, there: Reading, what: object) -> None:
    assert close(here.objective_usd, there.objective_usd), what
    assert here.labels == there.labels, what
    most = max(map(abs, there.measured), default=0)
    assert np.allclose(here.measured, there.measured, rtol=AGREE, atol=AGREE * most, equal_nan=True), what


def same_tables(here: sc.Plan, there: sc.Plan, what: object) -> None:
    """Every table agrees to 1e-9 of its largest number in each column; text to the letter."""
    for name, table in there.tables.items():
        found = here.tables[name]
        assert list(found.columns) == list(table.columns), (what, name)
        assert len(found) == len(table), (what, name)
        for column in table.columns:
            if pd.api.types.is_float_dtype(table[column]):
                largest = float(np.nan_to_num(table[column].abs().to_numpy(dtype=float), posinf=0).max(initial=0))
                assert np.allclose(found[column], table[column], rtol=1e-7, atol=AGREE * largest, equal_nan=True), (
                    what,
                    name,
                    column,
                )
            else:
                assert found[column].equals(table[column]), (what, name, column)


@pytest.mark.parametrize("table", TABLES)
def test_an_edit_in_place_answers_as_a_model_of_its_own(table: str) -> None:
    """Ten edits, or two, for each operation on each table: the same objective, tokens and costs as a model that is
    built for the edited case and solved from nothing; of every fifth the labels, of every twentieth all tables.

    Catches a number that is not put in place, or is not put back; a basis, a bound or a label that outlives its case.
    """
    for n, (one, edit, other) in enumerate(edits(table)):
        warm_solver = warm(one, labels=n % 5 == 0)
        here, there = (
            warm_solver.read(other),
            WarmSolver(other, warm_solver.quantities, labels=warm_solver.labels).central(),
        )
        agree(here, there, (one, edit))
        assert here.remark != FROM_NOTHING
        if n % 20 == 0:
            statement = solver.MutableModel(given(one))
            known = {
                window.first: window
                for window in windows.solve_windows(given(one), warm_start=windows.WarmStart(statement))
            }
            if statement.put(other):
                again = windows.WarmStart(statement, known)
                in_place = plan_module.answer(other, windows.solve_windows(other, warm_start=again))
                same_tables(in_place, sc.solve(other), (one, edit))


def test_labels_change_as_those_of_a_model_of_its_own_and_in_any_order() -> None:
    """A hundred edits, or 34, that change a label, by a stage's capacity or demand. Made again in another order, by the
    same solver, every digit is the same.

    Catches: labels taken over from the case, and what one what-if leaves to the next.
    """
    random, found = Random(11), []
    while len(found) < fewer(100, 3):
        one = random.choice(CASES[1:13])
        case, warm_solver = given(one), warm(one, labels=True)
        demand = ("demand", "demand_ttok") if case.tables["demand"] else ("demand_curves", "volume_ttok")
        table, column = random.choice((("capacity", "capacity"), demand))
        row = random.choice(case.tables[table])
        key = "stage" if table == "capacity" else "workload"
        other = apply(case, [f'{table}.{column}[{key}="{row[key]}"] *= {random.choice((0.2, 0.5, 2, 6))}'])[0]
        here = warm_solver.read(other)
        if here.labels != warm_solver.central().labels:
            found.append((one, other, here))
    for one, other, here in found:
        agree(here, WarmSolver(other, warm(one).quantities).central(), one)
    random.shuffle(found)
    for one, other, here in found:
        assert warm(one, labels=True).read(other) == here


@pytest.mark.parametrize("seed", range(6))
def test_an_lp_in_place_is_that_of_a_model_of_its_own(seed: int) -> None:
    """Edits one after the other, then the case again: names, entries and sizes of prices are those of a new model; the
    constant to its last digits, as it is a sum.

    Catches: a number that is changed and not put back, an entry that was 0 in another place, sizes of another case.
    """
    case, random = given(seed), Random(seed)
    in_place, tried = solver.MutableModel(case), 0
    while tried < 8:
        table = schema.TABLE[random.choice(TABLES)]
        try:
            other = apply(case, [drawn(case, table, random.choice(FACTORS), random)])[0] if tried < 7 else case
        except (ChangeError, IndexError):
            continue
        tried += 1
        if not in_place.put(other):
            continue
        here, there = in_place.lp(), solver.MutableModel(other).lp()
        scale = in_place.m.money / money(other)
        assert list(here.row) == list(there.row)
        assert list(here.column) == list(there.column)
        for part in ("starts", "indices", "column_lower", "column_upper"):
            assert np.array_equal(getattr(here, part), getattr(there, part)), part
        budgets = np.array([label[0] == "budget" for label in here.row])
        scales = np.where(budgets, scale, 1.0)
        assert np.array_equal(here.entries, there.entries * scales[here.indices])
        assert np.array_equal(here.row_upper, there.row_upper * scales)
        assert np.array_equal(here.cost, there.cost * scale)
        assert here.offset == pytest.approx(there.offset * scale, rel=1e-12)
        if scale == 1.0:
            assert all(map(np.array_equal, here.price_sizes(), there.price_sizes()))


def test_a_solver_that_solved_from_near_is_as_if_new() -> None:
    """Bug: it holds a basis in a scaling that is not its own any more, and a solve from there ends elsewhere."""
    problem = solver.MutableModel(given(1)).lp()
    basis = lp.optimum_of(problem, what="the case").basis
    again = solver.MutableModel(given(1)).lp()
    usual = again.highs.getOptionValue("simplex_scale_strategy")
    lp.optimum_near(again, basis, what="the case")
    assert again.highs.getOptionValue("simplex_scale_strategy") == usual
    assert not again.highs.getBasis().valid


def test_what_was_blank_makes_another_model() -> None:
    """An accelerator without a ramp is given one: it has rows that the case had not, labels are read all the same.

    Catches: numbers without a place; what is known of the case's own rows, taken for what is known of these.
    """
    one, name = next(
        (one, row["accelerator"])
        for one in CASES[1:]
        for row in given(one).tables["accelerators"]
        if row["ramp_start_units"] is None and row["first_year"] > given(one).years[0]
    )
    where = f'[accelerator="{name}"]'
    other = apply(given(one), [f"accelerators.{x}{where} = 2" for x in ("ramp_start_units", "ramp_growth")])[0]
    here = warm(one, labels=True).read(other)
    assert here.remark == REBUILT
    agree(here, WarmSolver(other, warm(one).quantities).central(), (one, name))


def test_a_set_of_optima_as_thin_as_rounding() -> None:
    """An input of the back-cast moved so far that the optima of a window are one point, which rounding puts outside.

    Bug: "no plan satisfies every constraint" of a choice among plans that have been found.
    """
    case = sc.load(INPUTS / "backcast")
    input_ = Input("bill_of_materials", "quantity", (("accelerator", "mi300x"), ("stage", "facility_power")))
    warm_solver = WarmSolver(case, [("tokens_served", "all", t) for t in case.report_years], labels=False)
    other = moved(case, input_, 0.006808280944824219)
    assert (
        warm_solver.read(other).measured == WarmSolver(other, warm_solver.quantities, labels=False).central().measured
    )
