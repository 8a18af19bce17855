"""Cases small enough to solve on paper, and plans that several tests look at.

`chain` states one accelerator behind a chain of stages; tests edit its rows. `plan_of` writes, loads
and solves any case of the generator's kind; `drawn` does so once for each random case.
"""

from __future__ import annotations

import math
import tempfile
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import reference
from generator import FIRST, GLOBAL, HEADERS, OPTIONAL, Case, Row, Value, random_case, write_case
from paths import BASE

import supplychain as sc
from supplychain import schema
from supplychain.plan.windows import Window, solve_windows
from supplychain.schema import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from supplychain.plan.solved_lp import SolvedLP

TTOK = 1 / reference.TTOK_PER_TOKEN_PER_SECOND
"""Tokens per second that make 10^12 tokens in a year."""


@dataclass(frozen=True)
class Link:
    """A stage of a chain: `per_unit` goes into an accelerator, and there is enough for `units` accelerators a year."""

    name: str
    units: float | Mapping[int, float]
    per_unit: float = 1.0
    kind: str = "flow"
    scope: str = GLOBAL
    price: float = 0.0
    cost_life: int = 1
    storable: bool | None = None
    group: str = ""
    nature: str = "physical"
    more: Mapping[str, Value] = field(default_factory=dict)
    """Other columns of its row in `stages`."""


def chain(
    links: Sequence[Link],
    *,
    demand: Mapping[int, float] | float = 1e6,
    value: float = 1.0,
    regions: Sequence[str] = ("home",),
    life: int = 10,
    **settings: Value,
) -> Case:
    """One `chip` whose year serves 1 Ttok of `chat`, worth `value` USD per Mtok: 1e6 USD a year at a value of 1.

    Everything is free unless it has a price; a chip works all of the year in which it is built. Limits of regional
    stages are alike in every region. Every stage has one supplier, `acme`.
    """
    given: dict[str, Value] = {
        "name": "plant",
        "title": "A case on paper",
        "first_year": FIRST,
        "last_year": FIRST,
        "discount_rate": 0.0,
        "first_year_availability": 1.0,
        "build_lag_share": 0.0,
        "currency_year": 2025,
    }
    case = Case(0, given | settings, {table: [] for table in HEADERS})
    add(case, "sources", source="paper", title="Round numbers", publisher="the tests", evidence="assumed")
    for r in regions:
        add(case, "regions", region=r, label=r)
    add(case, "accelerators", accelerator="chip", label="A chip", vendor="v", family="f", first_year=FIRST,
        life_years=life, opex_usd_per_year=0, h100e=1)  # fmt: skip
    add(case, "unit_costs", accelerator="chip", year=FIRST, other_cost_usd=0)
    add(case, "workloads", workload="chat", label="Chat", tokens_counted="all")
    add(case, "throughput", accelerator="chip", workload="chat", tokens_per_second=TTOK)
    add(case, "operations", year=FIRST, utilisation=1)
    for t, amount in _yearly(demand).items():
        add(case, "demand", workload="chat", tier="all", year=t, demand_ttok=amount, value_usd_per_mtok=value)
    for position, link in enumerate(links, start=1):
        add_stage(case, link, position)
        add(case, "bill_of_materials", accelerator="chip", stage=link.name, quantity=link.per_unit)
        add_supplier(case, link)
    return case


def two_stages() -> Case:
    """100 chips' worth of `wafers` (90 to 150) in series with 120 of `power` (80 to 130): wafers bind.

    At 120 wafers power binds, 40 % of the way to the high end; with 100 of power it does too, 50 % of the way down.
    """
    case = chain([Link("wafers", 100.0, price=2.0), Link("power", 120.0)])
    for row, low, high in zip(case.tables["capacity"], (90.0, 80.0), (150.0, 130.0), strict=True):
        row |= {"capacity_low": low, "capacity_high": high}
    return case


def half_of_packaging(*, group: str = "") -> Case:
    """Packaging for 100, of which the chip's maker has a share of one half, from year to year."""
    case = chain([Link("packaging", 100, group=group), Link("pack_share", 0, nature="commercial", group=group)])
    kept = [row for row in case.rows("bill_of_materials") if row["stage"] == "pack_share"]
    case.tables["bill_of_materials"] = kept
    case.tables["capacity"] = [row for row in case.rows("capacity") if row["stage"] == "packaging"]
    add(
        case, "supplier_needs", stage="pack_share", supplier="acme", basis="supply", needs_stage="packaging", quantity=1
    )
    add(case, "allocation", stage="pack_share", supplier="acme", of_stage="packaging", year=FIRST, share=0.5)
    return case


def add(case: Case, table: str, **row: Value) -> None:
    """Add a row; columns that are not named are blank, and its source is the paper's."""
    header = HEADERS[table].split()
    source = {"source": "paper"} if "source" in header and table != "sources" else {}
    case.tables.setdefault(table, []).append(dict.fromkeys(header) | source | row)


def observe(case: Case, quantity: str, item: str, *amounts: float | None, **row: Value) -> None:
    """Add an observation: low, central and high."""
    unit, (low, central, high) = QUANTITIES[quantity].unit or "units", amounts
    cells: Row = {"year": FIRST, "low": low, "central": central, "high": high, "unit": unit}
    add(case, "observed", quantity=quantity, item=item, **cells | row)


def add_stage(case: Case, link: Link, position: int = 9) -> None:
    """Add a stage alone: nobody supplies it, nothing uses it."""
    flow = link.kind == "flow"
    row: Row = {
        "stage": link.name,
        "label": link.name,
        "group": link.group or link.name,
        "nature": link.nature,
        "unit": "units",
        "kind": link.kind,
        "scope": link.scope,
        "position": position,
        "storable": link.storable,
        "cost_life_years": link.cost_life if flow else None,
    }
    add(case, "stages", **row | dict(link.more))


def add_supplier(case: Case, link: Link, supplier: str = "acme", price: float | None = None) -> None:
    """Add a supplier of a stage, with what `link` says of capacity and price."""
    add(case, "suppliers", stage=link.name, supplier=supplier, label=supplier, capacity_life_years=10)
    places = [GLOBAL] if link.scope == GLOBAL else [str(row["region"]) for row in case.rows("regions")]
    for p in places:
        for t, units in _yearly(link.units).items():
            add(case, "capacity", stage=link.name, supplier=supplier, place=p, year=t,
                capacity=units * link.per_unit, price_usd=link.price if price is None else price)  # fmt: skip


def _yearly(given: Mapping[int, float] | float) -> Mapping[int, float]:
    return {FIRST: given} if isinstance(given, (int, float)) else given


def edited(case: Case, **settings: Value) -> Case:
    """Return a copy whose rows may be changed, with other settings."""
    return replace(case, settings=case.settings | settings, tables=deepcopy(case.tables))


def without_ranges(case: Case) -> Case:
    """Return a copy without the columns `x_low` and `x_high`, so that any `x` may be changed alone, and `factors`."""
    plain = edited(case)
    for rows in plain.tables.values():
        for row in rows:
            for name in [n for n in row if n.endswith(("_low", "_high"))]:
                del row[name]
    for table in OPTIONAL:
        plain.tables.setdefault(table, [])
    plain.tables["factors"] = []
    return plain


def ranged(case: Case) -> Case:
    """Return a copy in which every number has a range: a fifth down and a quarter up, or a whole step each way."""
    wide = without_ranges(case)
    for table, rows in wide.tables.items():
        columns = [c for c in schema.TABLE[table].columns if c.ranged]
        for row, column in ((row, column) for row in rows for column in columns):
            x = row.get(column.name)
            if not isinstance(x, (int, float)):
                continue
            most = math.inf if column.maximum is None else column.maximum
            if column.type == "integer":
                least = column.minimum or 0
                row |= {f"{column.name}_low": max(least, int(x) - 1), f"{column.name}_high": min(most, int(x) + 1)}
            else:
                low, high = sorted((0.8 * x, 1.25 * x))
                row |= {f"{column.name}_low": low, f"{column.name}_high": min(most, high)}
    return wide


def whole(case: Case) -> Case:
    """Return the case with every year reported."""
    return edited(case, report_last_year=case.settings["last_year"])


def loaded(case: Case, folder: Path) -> sc.Case:
    """Write a case, and load it."""
    return sc.load(write_case(case, folder))


def plan_of(case: Case, *, shuffle_seed: int | None = None, bom: bool = False, line_end: str = "\n") -> sc.Plan:
    """Write, load and solve a case."""
    with tempfile.TemporaryDirectory() as folder:
        write_case(case, Path(folder), shuffle_seed=shuffle_seed, bom=bom, line_end=line_end)
        return sc.solve(sc.load(folder))


def window_of(case: Case, *, shuffle_seed: int | None = None) -> Window:
    """Write, load and solve a case with perfect foresight, and keep its LP."""
    with tempfile.TemporaryDirectory() as folder:
        return next(solve_windows(sc.load(write_case(case, Path(folder), shuffle_seed=shuffle_seed))))


def statement_of(case: Case) -> reference.Statement:
    """State the LP of a case independently."""
    with tempfile.TemporaryDirectory() as folder:
        return reference.build(reference.load(write_case(case, Path(folder))))


def files_of(plan: sc.Plan) -> dict[str, str]:
    """Return every file of a written answer by its name."""
    with tempfile.TemporaryDirectory() as folder:
        plan.write(folder)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes().decode() for path in paths}


def same_files(one: dict[str, str], other: dict[str, str]) -> None:
    """Assert that two answers have the same files, to the byte."""
    assert one.keys() == other.keys()
    for name, text in one.items():
        assert other[name] == text, name


@dataclass(frozen=True)
class Drawn:
    """One random case with all years reported, its plan, and the independent statement of its LP."""

    case: Case

    @cached_property
    def plan(self) -> sc.Plan:
        return plan_of(self.case)

    @cached_property
    def window(self) -> Window:
        return window_of(self.case)

    @cached_property
    def point(self) -> SolvedLP:
        return self.window.solved_lp

    @cached_property
    def lp(self) -> reference.Statement:
        return statement_of(self.case)

    @cached_property
    def answer(self) -> reference.Answer:
        return self.lp.solve()

    @cached_property
    def expanded(self) -> dict[reference.Label, float]:
        """What the plan orders."""
        return {
            ("expand", o.stage, o.supplier, o.place, int(o.order_year)): o.amount for o in self.plan.orders.itertuples()
        }

    @cached_property
    def served(self) -> dict[reference.Label, float]:
        """What the plan serves, of tokens."""
        return {("serve", r.workload, r.tier, int(r.year)): r.served_ttok for r in self.plan.service.itertuples()}

    @cached_property
    def done(self) -> dict[reference.Label, float]:
        """Everything that the plan serves, tokens and research."""
        return self.served | {
            ("research", r.tier, int(r.year)): r.served_h100e_years for r in self.plan.research_service.itertuples()
        }

    @cached_property
    def kept(self) -> dict[reference.Label, float]:
        """Everything that the plan serves, and what it falls short of."""
        short: dict[reference.Label, float] = {
            ("shortfall", r.commitment, int(r.year)): r.shortfall for r in self.plan.commitments_kept.itertuples()
        }
        return self.done | short


@cache
def base_plan() -> sc.Plan:
    """Return the plan of `inputs/base`, solved once a process."""
    return sc.solve(sc.load(BASE))


@cache
def drawn(seed: int) -> Drawn:
    """Return the random case of a seed; its plan is solved once."""
    return Drawn(whole(random_case(seed)))


def one(table: pd.DataFrame, **key: Value) -> pd.Series:
    """Return the only row of a table with this key."""
    found = table
    for column, value in key.items():
        found = found[found[column] == value]
    assert len(found) == 1, f"{len(found)} rows with {key}"
    return found.iloc[0]
