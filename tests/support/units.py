"""A case in other units, and an answer of it put back into the case's own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

import pandas as pd
from generator import Case, Row, num

from supplychain.results import schema
from supplychain.tolerances import PRICE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.plan import Plan

_PRICES = {schema.PER_PCT, schema.PER_UNIT, schema.PER_MTOK, "%", "USD per USD"}
_ENDS = ("", "_low", "_high")
_MONEY = ("opening_cash_usd",)
"""Settings that are amounts of money."""


@dataclass(frozen=True)
class Units:
    """Factors by which numbers rise: of each stage's own unit, of money and of tokens."""

    stage: Mapping[str, float]
    money: float = 1.0
    tokens: float = 1.0

    def of(self, column: schema.ColumnSchema, row: Mapping[str, object]) -> float:
        """The factor of a cell of an answer."""
        stage = self.stage.get(str(row.get("stage")), 1.0)
        if column.unit == schema.OF_ROW:
            return stage
        return {
            "USD": self.money,
            schema.PER_PCT: self.money,
            schema.PER_UNIT: self.money / stage,
            schema.PER_MTOK: self.money / self.tokens,
            schema.TTOK: self.tokens,
        }.get(column.unit, 1.0)


def random_units(case: Case, seed: int, powers: int = 9) -> Units:
    """Units at random, each by 10 to the power of -9 to 9; stages linked by an allocation share theirs."""
    random = Random(seed)
    stage = {str(row["stage"]): 10.0 ** random.randint(-powers, powers) for row in case.rows("stages")}
    for _ in stage:
        for row in case.rows("allocation"):
            one, other = str(row["stage"]), str(row["of_stage"])
            stage[one] = stage[other] = min(stage[one], stage[other])
    return Units(stage, 10.0 ** random.randint(-powers, powers), 10.0 ** random.randint(-powers, powers))


def in_units(case: Case, units: Units) -> Case:
    """The same case with its numbers in other units."""
    tables = {table: [dict(row) for row in rows] for table, rows in case.tables.items()}
    for table, rows in tables.items():
        for row in rows:
            for column, factor in _factors(table, row, units).items():
                _multiply(row, column, factor)
    money = {name: num(case.settings[name]) * units.money for name in _MONEY if name in case.settings}
    return replace(case, settings=case.settings | money, tables=tables)


def _factors(table: str, row: Row, units: Units) -> dict[str, float]:
    """By what each column of a row rises."""
    stage, money, tokens = units.stage.get(str(row.get("stage")), 1.0), units.money, units.tokens
    needed = units.stage.get(str(row.get("needs_stage")), 1.0)
    of_table: dict[str, dict[str, float]] = {
        "capacity": {"capacity": stage, "price_usd": money / stage},
        "expansion": {"max_expansion": stage, "capex_usd_per_unit": money / stage},
        "supplier_needs": {"quantity": needed / stage},
        "bill_of_materials": {"quantity": stage},
        "commitments": {"minimum": stage, "shortfall_usd_per_unit": money / stage},
        "throughput": {"tokens_per_second": tokens},
        "demand": {"demand_ttok": tokens, "value_usd_per_mtok": money / tokens},
        "accelerators": {"opex_usd_per_year": money},
        "unit_costs": {"other_cost_usd": money},
        "budget": {"capital_usd": money},
        "prices": {"price_usd_per_mtok": money / tokens},
        "cash": {"raised_usd": money, "fixed_cost_usd": money},
        "fleet": {"unit_cost_usd": money},
        "research": {"value_usd_per_h100e_hour": money},
        "demand_curves": {"volume_ttok": tokens, "price_usd_per_mtok": money / tokens},
        "research_curves": {"value_usd_per_h100e_hour": money},
    }
    return of_table.get(table, {})


def _multiply(row: Row, column: str, factor: float) -> None:
    for end in _ENDS:
        if row.get(column + end) is not None:
            row[column + end] = num(row[column + end]) * factor


def tables_in_own_units(plan: Plan, units: Units) -> dict[str, pd.DataFrame]:
    """The tables of an answer, in the units of the case that was put into others."""
    stage_of = {row["commitment"]: row["stage"] for row in plan.case.tables["commitments"]}
    tables = {}
    for table in schema.ANSWER:
        frame = getattr(plan, table.name, None)
        if frame is None:
            continue
        own = frame.copy()
        if table.name == "commitments_kept":
            own = own.assign(stage=own["commitment"].map(stage_of))
        for column in table.columns:
            if column.name in own and column.type in {"number", "any"} and len(own):
                factors = [units.of(column, row) for row in own.to_dict("records")]
                own[column.name] = own[column.name] / pd.Series(factors, index=own.index)
        tables[table.name] = own[list(frame.columns)]
    return tables


def differences(one: Mapping[str, pd.DataFrame], other: Mapping[str, pd.DataFrame]) -> list[str]:
    """Where two answers differ: in rows, in words, or in numbers by more than 1e-9 of the column's largest.

    Prices are written with nine digits, so they may differ by one of the last.
    """
    found = []
    for name, frame in one.items():
        there = other[name]
        if len(frame) != len(there) or list(frame.columns) != list(there.columns):
            found.append(f"{name}: {len(frame)} rows and {len(there)}")
            continue
        for column in schema.table_of("solve", name).columns if len(frame) else ():
            if column.name not in frame:
                continue
            here, put = frame[column.name], there[column.name]
            same = (here == put) | (here.isna() & put.isna())
            if column.type == "number":
                share = 10.0 ** (1 - PRICE_DIGITS) if column.unit in _PRICES else 1e-9
                finite = here[here.abs() < math.inf].abs()
                same |= (here - put).abs() <= share * max(finite, default=0.0)
            found += [f"{name}.{column.name}: {here[row]!r} and {put[row]!r}" for row in frame.index[~same]]
    return found
