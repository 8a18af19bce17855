"""What the rows and columns of the LP are called: a label is one of these names, then its indices."""

from __future__ import annotations

from enum import StrEnum


class Var(StrEnum):
    """The variables: a column's label is `(Var.SUPPLY, s, k, p, t)`, equal to the plain string's tuple."""

    SUPPLY = "supply"
    EXPAND = "expand"
    STORED = "stored"
    BUILD = "build"
    WAREHOUSE = "warehouse"
    INSTALL = "install"
    OPERATE = "operate"
    DELIVER = "deliver"
    SHORTFALL = "shortfall"
    ASSIGN = "assign"
    ASSIGN_RESEARCH = "assign_research"
    SERVE = "serve"
    RESEARCH = "research"
    UNUSED = "unused"
    CASH = "cash"
    GAP = "gap"


class Constraint(StrEnum):
    """The constraints: a row's label is `(Constraint.SUPPLY_LIMIT, s, k, p, t)`, equal to the plain string's tuple."""

    SUPPLY_LIMIT = "supply_limit"
    STAGE_BALANCE = "stage_balance"
    WAREHOUSE_BALANCE = "warehouse_balance"
    RAMP = "ramp"
    OPERATE_OWNED = "operate_owned"
    NEW_UNITS_OPERATE = "new_units_operate"
    COMMITMENT = "commitment"
    DELIVERED_ONCE = "delivered_once"
    COMPUTE = "compute"
    SERVICE = "service"
    RESEARCH_SERVICE = "research_service"
    TAKE_OR_PAY = "take_or_pay"
    CASH_BALANCE = "cash_balance"
    BUDGET = "budget"
