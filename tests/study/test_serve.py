"""The cheapest way to serve more: on paper, and against the independent statement of the same question."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from commands import run
from effort import fewer
from generator import FIRST, write_case
from plants import Link, add, add_stage, add_supplier, chain, edited, loaded, one, whole
from reference import UnsolvedError
from serving import Serving

import supplychain as sc
from generator import random_case
from supplychain.report.text.serve import headline, text

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case, Row


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-6)


def found(case: Case, folder: Path, *required: str, **more: object) -> sc.Served:
    """Write, load and ask."""
    return sc.serve(loaded(case, folder / "case"), required, **more)  # type: ignore[arg-type]


def one_of(case: Case, table: str, **key: str) -> Row:
    """Return the only row of a table with these cells, to be changed."""
    (row,) = (r for r in case.rows(table) if key.items() <= r.items())
    return row


def wafers_and_power(**settings: float) -> Case:
    """Wafers for 40 chips at 2 USD, power for 60 at 1 USD; 100 are asked for, at 5 USD per million tokens.

    Ten wafers more may be ordered for 3 USD each, at once; power has an option of 4 USD a unit that allows for nothing.
    """
    case = chain(
        [Link("wafers", 40.0, price=2.0), Link("power", 60.0, kind="stock", price=1.0)],
        demand=100.0,
        value=5.0,
        **settings,
    )
    for s, most, capex in (("wafers", 10, 3.0), ("power", 0, 4.0)):
        add(case, "expansion", stage=s, supplier="acme", place="global", year=FIRST, max_expansion=most,
            capex_usd_per_unit=capex, lead_years=0)  # fmt: skip
    return case


def test_what_the_case_may_order_goes_before_reliefs(tmp_path: Path) -> None:
    """50 chips are served, ten of them with wafers on order: 60 need ten wafers more, at the price of that option.

    A wafer of 3 USD is written off over ten years, of which the case has one: 0.3, and it is bought for 2, and a unit
    of power for 1: ten chips cost 33 USD more. Beyond 60 they need power, too, at 0.4.
    Catches: a relief where nothing is short; the whole price of capacity in one year; its supply not paid for.
    """
    case = wafers_and_power()
    answer = found(case, tmp_path, f"{FIRST}: +20%")
    row = one(answer.requirements_met)
    assert (row.before_ttok, row.required_ttok, row.served_ttok) == (near(50), near(60), near(60))
    relief = one(answer.reliefs)
    assert (relief.stage, relief.amount, relief.usd, relief.anyway) == ("wafers", near(10), near(30), 0)
    assert (relief.priced_by, relief.needed_by) == ("option of acme", "chip")
    assert answer.summary["cost_usd"] == near(33)
    assert answer.repair.empty
    more = found(case, tmp_path / "more", f"{FIRST}: 70")
    assert dict(zip(more.reliefs["stage"], more.reliefs["amount"], strict=True)) == {
        "wafers": near(20),
        "power": near(10),
    }
    assert more.summary["cost_usd"] == near(20 * 3.3 + 10 * 0.4)
    less = found(case, tmp_path / "less", f"{FIRST}: 45")
    assert less.reliefs.empty
    assert less.summary["cost_usd"] == 0


def test_a_relief_that_pays_is_not_taken_unasked(tmp_path: Path) -> None:
    """Wafers of a dear supplier at 9 USD serve what those at 2 do not; more of the cheap ones would cost 2.3.

    Sensitivity: by spending alone all 20 of the dear ones would be replaced, and the requirement would seem to save.
    Catches: an answer of which most has nothing to do with what is required; `anyway` that is not told apart.
    """
    case = wafers_and_power()
    add_supplier(case, Link("wafers", 20.0), "dear", price=9.0)
    one_of(case, "capacity", stage="power")["capacity"] = 1000.0
    answer = found(case, tmp_path, f"{FIRST}: +10%")
    assert one(answer.reliefs).amount == near(7)
    assert answer.summary["cost_usd"] == near(7 * 3.3)
    freely = found(case, tmp_path / "freely", f"{FIRST}: +10%", any_relief=True)
    relief = one(freely.reliefs)
    assert (relief.amount, relief.anyway) == (near(27), near(20))
    assert freely.summary["anyway_usd"] == near(-20 * (9 - 2.3))
    assert freely.summary["cost_usd"] == near(7 * 3.3 - 20 * (9 - 2.3))


def test_a_factor_prices_reliefs_for_a_year(tmp_path: Path) -> None:
    """Two years; ten chips more in the second at 1.5 times the price of wafers, 3 USD, and these at 2, power at 1.

    Catches: a relief at a factor that stays, that is written off like capacity, or that is priced by an option.
    """
    case = edited(wafers_and_power(life=1), last_year=FIRST + 1)
    for row in case.tables["suppliers"]:
        row["capacity_life_years"] = 1
    answer = found(case, tmp_path, f"{FIRST + 1}: 50", relief_price=1.5)
    relief = one(answer.reliefs)
    assert (relief.year, relief.amount, relief.usd) == (FIRST + 1, near(10), near(30))
    assert relief.priced_by == "1.5 x the dearest price"
    assert answer.summary["cost_usd"] == near(10 * (3 + 2 + 1))


BLOCKED = {
    "demand": (f"{FIRST}: 120", {"demand": 100.0}, 100.0, ("tokens short", 20.0)),
    "ramp": (f"{FIRST}: 60", {"ramp": 30.0}, 30.0, ("ramp", 30.0)),
    "build limit": (f"{FIRST}: 60", {"build limit": 45.0}, 45.0, ("build limit", 15.0)),
    "capacity": (f"{FIRST}: 60", {"capacity": 40.0}, 40.0, ("stage", 20.0)),
    "production": (f"{FIRST}: 60", {"production": 40.0}, 40.0, ("tokens short", 20.0)),
}
"""What stands in the way: what is required, the limit with its amount, the most, and what gives way by how much."""


def blocked_by(kind: str) -> Case:
    """Of wafers for 40 or 50 and power for 60, more of which may be had, with one limit that no relief lifts."""
    case = wafers_and_power()
    chip = one_of(case, "accelerators", accelerator="chip")
    if kind == "ramp":
        chip |= {"ramp_start_units": 30.0, "ramp_growth": 1.0}
    if kind == "build limit":
        add(case, "build_limits", accelerator="chip", year=FIRST, max_units=45.0)
    if kind == "capacity":
        case.tables["expansion"] = [r for r in case.rows("expansion") if r["stage"] != "wafers"]
    if kind == "production":
        chip |= {"first_year": FIRST - 5, "last_year": FIRST - 1}
        add(case, "fleet", accelerator="chip", region="home", installed_year=FIRST - 1, units=40, unit_cost_usd=0)
    return case


@pytest.mark.parametrize("kind", BLOCKED)
def test_what_cannot_be_had_is_named(kind: str, tmp_path: Path) -> None:
    """Each kind of limit alone. Catches a limit of another kind, the most that is served with it, the way out."""
    required, limits, most, (gives_way, amount) = BLOCKED[kind]
    answer = found(blocked_by(kind), tmp_path, required)
    assert not answer.can_be_had
    assert dict(zip(answer.held_back_by["limit"], answer.held_back_by["value"], strict=True)) == {
        name: near(x) for name, x in limits.items()
    }
    assert one(answer.requirements_met).at_most_ttok == near(most)
    row = one(answer.repair)
    assert (row.what, row.amount) == (gives_way, near(amount))
    assert headline(answer).startswith("Cannot be had: ")
    assert "What stands in the way" in text(answer)


def asked_twice(seed: int, folder: Path, text: str, **more: object) -> tuple[sc.Served, Serving]:
    """Ask of a random case, and state the same question independently, beside what the plan of the case serves."""
    case = whole(random_case(seed))
    held = loaded(case, folder / "case")
    plan = sc.solve(held)
    answer = sc.serve(held, text, **more)  # type: ignore[arg-type]
    row = one(answer.requirements_met)
    workload = None if row.workload == "all" else str(row.workload)
    service, research, kept = plan.service, plan.research_service, plan.commitments_kept
    tokens = service.groupby(["workload", "year"])["served_ttok"].sum().to_dict()
    serving = Serving(
        case,
        {(workload, int(row.year)): float(row.required_ttok)},
        {key: x * (1 - 1e-11) for key, x in tokens.items() if x > 0},
        {t: x * (1 - 1e-11) for t, x in research.groupby("year")["served_h100e_years"].sum().to_dict().items() if x > 0},
        {(r.commitment, int(r.year)): r.shortfall * (1 + 1e-11) for r in kept.itertuples()},
        caps={int(t): usd for t, usd in answer.summary["capital_usd"].items()},
        factor=answer.summary["relief_price"],
        last_served={(r.workload, r.tier, int(r.year)): r.served_ttok for r in service.itertuples()},
    )
    assert answer.summary["cost_usd"] + plan.summary["cost_usd"] > 0
    return answer, serving
