"""From which cell of the inputs a number of the LP comes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from supplychain.errors import InputError, LostEntryError, Problem
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from supplychain.case import Case
    from supplychain.lp import Label

Cell: TypeAlias = "tuple[str, str, tuple[object, ...]]"
"""Table, column and key."""

Key: TypeAlias = "Callable[[Label, Label], tuple[object, ...]]"
"""The key of a cell, from the row and the column of an entry."""

_BILL, _NEED = ("bill_of_materials", "quantity"), ("supplier_needs", "quantity")
_CELLS: dict[tuple[str, str], tuple[str, str, Key]] = {
    (Constraint.STAGE_BALANCE, Var.BUILD): (*_BILL, lambda row, column: (column[1], row[1])),
    (Constraint.STAGE_BALANCE, Var.OPERATE): (*_BILL, lambda row, column: (column[1], row[1])),
    (Constraint.COMMITMENT, Var.DELIVER): (*_BILL, lambda _, column: (column[2], f"the stage of {column[1]}")),
    (Constraint.STAGE_BALANCE, Var.SUPPLY): (*_NEED, lambda row, column: (*column[1:3], "supply", row[1])),
    (Constraint.STAGE_BALANCE, Var.EXPAND): (*_NEED, lambda row, column: (*column[1:3], "expansion", row[1])),
    (Constraint.SUPPLY_LIMIT, Var.EXPAND): ("allocation", "share", lambda row, column: (*row[1:3], column[1], row[-1])),
    (Constraint.SERVICE, Var.ASSIGN): ("throughput", "tokens_per_second", lambda _, column: column[1:3]),
    (Constraint.RESEARCH_SERVICE, Var.ASSIGN_RESEARCH): ("accelerators", "h100e", lambda _, column: column[1:2]),
    (Constraint.COMPUTE, Var.OPERATE): ("operations", "utilisation", lambda row, _: row[1:]),
    (Constraint.COMPUTE, Var.INSTALL): ("operations", "utilisation", lambda row, _: row[1:]),
    (Constraint.RAMP, Var.BUILD): ("accelerators", "ramp_growth", lambda _, column: column[1:2]),
    (Constraint.TAKE_OR_PAY, Var.SUPPLY): ("capacity", "price_usd", lambda _, column: column[1:]),
    (Constraint.TAKE_OR_PAY, Var.EXPAND): ("take_or_pay", "share", lambda row, _: row[1:5]),
    (Constraint.CASH_BALANCE, Var.SUPPLY): ("capacity", "price_usd", lambda _, column: column[1:]),
    (Constraint.CASH_BALANCE, Var.EXPAND): ("expansion", "capex_usd_per_unit", lambda _, column: column[1:]),
    (Constraint.CASH_BALANCE, Var.BUILD): ("unit_costs", "other_cost_usd", lambda _, column: column[1:]),
    (Constraint.CASH_BALANCE, Var.OPERATE): ("accelerators", "opex_usd_per_year", lambda _, column: column[1:2]),
    (Constraint.CASH_BALANCE, Var.SERVE): ("prices", "price_usd_per_mtok", lambda _, column: (column[1], column[3])),
    (Constraint.CASH_BALANCE, Var.SHORTFALL): ("commitments", "shortfall_usd_per_unit", lambda _, column: column[1:]),
    (Constraint.BUDGET, Var.SUPPLY): ("capacity", "price_usd", lambda _, column: column[1:]),
    (Constraint.BUDGET, Var.EXPAND): ("expansion", "capex_usd_per_unit", lambda _, column: column[1:]),
    (Constraint.BUDGET, Var.BUILD): ("unit_costs", "other_cost_usd", lambda _, column: column[1:]),
}
_OF_ONE_STAGE = {Var.SUPPLY, Var.EXPAND}
_OF_MONEY = {Constraint.BUDGET, Constraint.TAKE_OR_PAY, Constraint.CASH_BALANCE}


def cell_of(row: Label, column: Label) -> Cell | None:
    """Return the cell that an entry of the matrix is read from; None where the model makes it by itself."""
    found = _CELLS.get((row[0], column[0]))
    own = column[0] in _OF_ONE_STAGE and row[0] not in _OF_MONEY and row[1] == column[1]
    return None if found is None or own else (found[0], found[1], tuple(found[2](row, column)))


@contextmanager
def named(case: Case) -> Iterator[None]:
    """Say of a number that a solver would drop which cell of a case it comes from.

    Raises: InputError in place of LostEntryError, where it comes from one.
    """
    try:
        yield
    except LostEntryError as error:
        cell = cell_of(error.row, error.column)
        if cell is None:
            raise
        table, column, key = cell
        message = (
            f"{', '.join(map(str, key))}: comes to {abs(error.entry):.3g} in the LP, which is nothing to a solver "
            "beside the other numbers of the case; look at its unit, or leave the row out"
        )
        problem = Problem(f"{table}.csv", 0, column, message)
        raise InputError(case.settings.name, [problem]) from error
