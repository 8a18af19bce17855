"""The LP of two small cases, spelled out and compared with a stored copy: nothing else catches a slip of x 1000.

After a change that is meant, `pytest tests/model/test_spelled_out.py --snapshot-update` writes a new copy: read its
difference.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from generator import FIRST, GLOBAL, Case, Row, write_case
from paths import TINY, TINY_CURVE, TINY_LAB
from plants import Link, add, add_stage, add_supplier, chain

import supplychain as sc
from supplychain import model
from supplychain.lp import share_of
from supplychain.model import solver
from supplychain.model._pyomo import Model, pyo
from supplychain.model.labels import Constraint, Var

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from supplychain.lp import Label, LabelledLP

NEXT = FIRST + 1


def everything() -> Case:
    """Two years and two regions, with each constraint, table and option once: numbers that are told apart at once."""
    case = chain(
        [
            Link("wafer", 40, 2.0, price=7, cost_life=2, storable=True),
            Link("hall", 50, 3.0, kind="stock", scope="regional", price=11),
        ],
        regions=("north", "south"),
        demand=100,
        life=2,
        last_year=NEXT,
        discount_rate=1.0,
        first_year_availability=0.25,
        build_lag_share=0.4,
    )
    chip = case.rows("accelerators")[0]
    chip |= {"first_year": FIRST - 1, "opex_usd_per_year": 13, "ramp_start_units": 5, "ramp_growth": 1.5, "h100e": 6}
    case.rows("unit_costs")[0]["other_cost_usd"] = 17
    case.rows("operations")[0]["utilisation"] = 0.5
    share = Link("share", 0, nature="commercial")
    fab = Link("fab", 9)
    for link in (share, fab):
        add_stage(case, link)
    add(case, "suppliers", stage="share", supplier="customer", label="customer")
    add(case, "allocation", stage="share", supplier="customer", of_stage="wafer", year=FIRST, share=0.125)
    add(case, "bill_of_materials", accelerator="chip", stage="share", quantity=0.2)
    add_supplier(case, fab)
    add(case, "supplier_needs", stage="wafer", supplier="acme", basis="supply", needs_stage="fab", quantity=0.01)
    add(case, "supplier_needs", stage="wafer", supplier="acme", basis="expansion", needs_stage="fab", quantity=0.03)
    add(case, "expansion", stage="wafer", supplier="acme", place=GLOBAL, year=FIRST, max_expansion=19,
        capex_usd_per_unit=23, lead_years=1)  # fmt: skip
    add(case, "build_limits", accelerator="chip", year=NEXT, max_units=29)
    add(case, "opening", accelerator="chip", warehouse_units=31, built_units=37)
    add(case, "fleet", accelerator="chip", region="south", installed_year=FIRST - 1, units=41, unit_cost_usd=43)
    add(case, "efficiency", workload="chat", year=NEXT, multiplier=2)
    add(case, "research", tier="core", year=FIRST, demand_h100e_years=47, value_usd_per_h100e_hour=0.01)
    add(case, "budget", year=NEXT, capital_usd=53)
    add(case, "operations", accelerator="chip", year=FIRST, utilisation=0.75)
    paper: Row = {"source": "paper"}
    case.tables["take_or_pay"] = [
        {
            "stage": "wafer",
            "supplier": "acme",
            "place": GLOBAL,
            "first_year": FIRST,
            "last_year": NEXT + 5,
            "share": 0.71,
        }
        | paper,
        {
            "stage": "hall",
            "supplier": "acme",
            "place": "north",
            "first_year": FIRST - 3,
            "last_year": FIRST,
            "share": 0.73,
        }
        | paper,
    ]
    case.tables["prices"] = [
        {"workload": "chat", "year": FIRST, "price_usd_per_mtok": 0.0079, "kept_share": 0.83} | paper
    ]
    case.tables["cash"] = [
        {"year": FIRST + n, "raised_usd": 89 + n, "fixed_cost_usd": 97 + n, "gap_usd_per_usd": 1.01 + n} | paper
        for n in range(2)
    ]
    case.settings["opening_cash_usd"] = 103
    scopes = (("by_name", "accelerator", "chip"), ("by_family", "family", "f"), ("by_vendor", "vendor", "v"))
    for n, (name, scope, who) in enumerate(scopes):
        basis, stage = (("built", None), ("operating", "hall"), ("operating", None))[n]
        add(case, "commitments", commitment=name, year=FIRST + n % 2, label=name, basis=basis, stage=stage,
            minimum=59 + n, shortfall_usd_per_unit=67 + n, **{scope: who})  # fmt: skip
    return case


@cache
def solved(name: str) -> tuple[Model, LabelledLP]:
    """The model of a case, and the LP that HiGHS holds for it."""
    with tempfile.TemporaryDirectory() as folder:
        shipped = {"tiny": TINY, "tiny-curve": TINY_CURVE, "tiny-lab": TINY_LAB}
        m = model.build(sc.load(shipped.get(name) or write_case(everything(), Path(folder))))
    return m, solver.solve(m)[0]


def shown(label: Label) -> str:
    return f"{label[0]}[{','.join(map(str, label[1:]))}]"


def number(x: float) -> str:
    return f"{x:.10g}"


def term(coefficient: float, label: Label) -> str:
    sign = "-" if coefficient < 0 else "+"
    return f"{sign}{number(abs(coefficient))} {shown(label)}"


def text(name: str) -> str:
    """Every row and column, sorted by name; money is turned back into USD."""
    m, lp = solved(name)
    columns, rows = list(lp.column), list(lp.row)
    terms: dict[Label, list[tuple[Label, float]]] = defaultdict(list)
    for j, column in enumerate(columns):
        for n in range(lp.starts[j], lp.starts[j + 1]):
            terms[rows[lp.indices[n]]].append((column, float(lp.entries[n])))
    lines = ["least cost in USD of the first year"]
    lines += sorted(f"  {term(c / m.money, x)}" for x, c in zip(columns, lp.cost, strict=True) if c)
    lines += [f"  {number(lp.offset / m.money)}", "rows"]
    spelled = []
    for i, row in enumerate(rows):
        usd = m.money if row[0] in {"budget", "take_or_pay", "cash_balance"} else 1.0
        left = " ".join(term(c / usd, x) for x, c in sorted(terms[row], key=lambda pair: shown(pair[0])))
        low, high = lp.row_lower[i] / usd, lp.row_upper[i] / usd
        limit = (
            f"= {number(high)}"
            if low == high
            else f"<= {number(high)}"
            if low == -float("inf")
            else f">= {number(low)}"
        )
        spelled.append(f"  {shown(row)}: {left} {limit}")
    lines += [*sorted(spelled), "columns, all >= 0"]
    bounds = zip(columns, lp.column_lower, lp.column_upper, strict=True)
    lines += sorted(f"  {shown(x)}" + (f" <= {number(most)}" if most < float("inf") else "") for x, _, most in bounds)
    assert (lp.column_lower == 0).all()
    return "\n".join(lines)


@pytest.mark.parametrize("name", ["tiny", "tiny-curve", "tiny-lab", "everything"])
def test_the_lp_is_the_stored_one(name: str, snapshot: SnapshotAssertion) -> None:
    """Each coefficient, limit, bound and cost of the LP is the one that was read and found right.

    Catches: a factor of 1000, a sign, a year or a share that slipped; a row that appears or goes.
    """
    assert text(name) == snapshot


def test_every_component_is_spelled_out() -> None:
    """Each constraint and variable of the model occurs in one of the stored copies.

    Catches: a new constraint that no stored copy shows.
    """
    m, _ = solved("everything")
    declared = {c.local_name for kind in (pyo.Constraint, pyo.Var) for c in m.component_objects(kind)}
    spelled = [solved(name)[1] for name in ("tiny", "everything")]
    shown_here = {label[0] for lp in spelled for label in (*lp.row, *lp.column)}
    assert declared - shown_here == set()


def test_every_label_has_its_name() -> None:
    """The enums of labels and the components of the model are the same, name by name.

    Catches: a variable or constraint without its member, so that whoever looks for its label writes a string; a member
    that is misspelt, and matches no label.
    """
    m, lp = solved("everything")
    for labels, kind in ((Var, pyo.Var), (Constraint, pyo.Constraint)):
        assert {str(name) for name in labels} == {c.local_name for c in m.component_objects(kind)}
    assert {label[0] for label in lp.column} <= set(Var)
    assert {label[0] for label in lp.row} <= set(Constraint)
    assert share_of((Var.EXPAND, "cowos", 2026)) == share_of(("expand", "cowos", 2026))


def test_costs_and_constants_on_paper() -> None:
    """Numbers of the case `everything`, worked out here: rate 100 %, δ = 1 and 1/2, annuity 1 / (1 - 1/4) = 4/3 over 2
    years.

    Wafer of the first year: 4/3 x (1 + 1/2) x 7 = 14; of the second 4/3 x 1/2 x 7 = 14/3. Hall: 11 and 5.5. A chip
    built: 34 and 34/3, since it lives 2 years. Operating: 13 and 6.5. An order of 23 USD online a year later, for 10
    years: 1 / (1 - 2^-10) = 1024/1023, times 1/2 that falls inside, times 2 for the year's interest: 23 x 1024/1023.
    Service: 1 Ttok earns 0.83 x 0.0079 x 10^6 = 6,557 and half of it, research 87.6 and 43.8.
    Owed and not used: 1 in the first year; of wafer in the second, over 2 years, 4/3 x 1/2. Missing: 1.01 and 2.01 / 2.
    Constant: 100 x 1.5 x 6,557 + 47 x 87.6 x 1.5 = 989,725.8.
    Sensitivity: any factor of 1000, or a discount too many, shows.
    """
    m, lp = solved("everything")
    usd = {x: c / m.money for x, c in zip(lp.column, lp.cost.tolist(), strict=True)}
    expected = {
        ("supply", "wafer", "acme", GLOBAL, FIRST): 14,
        ("supply", "wafer", "acme", GLOBAL, NEXT): 14 / 3,
        ("supply", "hall", "acme", "north", FIRST): 11,
        ("supply", "hall", "acme", "south", NEXT): 5.5,
        ("supply", "share", "customer", GLOBAL, FIRST): 0,
        ("build", "chip", FIRST): 34,
        ("build", "chip", NEXT): 34 / 3,
        ("operate", "chip", "north", FIRST): 13,
        ("operate", "chip", "north", NEXT): 6.5,
        ("expand", "wafer", "acme", GLOBAL, FIRST): 23 * 1024 / 1023,
        ("serve", "chat", "all", FIRST): -6557,
        ("serve", "chat", "all", NEXT): -3278.5,
        ("unused", "hall", "acme", "north", FIRST - 3, FIRST): 1,
        ("unused", "wafer", "acme", GLOBAL, FIRST, NEXT): 2 / 3,
        ("gap", FIRST): 1.01,
        ("gap", NEXT): 1.005,
        ("research", "core", FIRST): -87.6,
        ("research", "core", NEXT): -43.8,
        ("shortfall", "by_name", FIRST): 67,
        ("shortfall", "by_family", NEXT): 34,
    }
    assert {x: usd[x] for x in expected} == pytest.approx(expected, rel=1e-12)
    assert lp.offset / m.money == pytest.approx(989_725.8, rel=1e-12)
