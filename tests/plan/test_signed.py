"""Another plan's orders, builds and purchases, held up to a year: what that costs, and what is left idle."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from commands import status_of
from effort import one_in
from generator import FIRST, Case, num, write_case
from lps import written
from paths import BASE, DOCS, INPUTS
from plants import (
    Link,
    add,
    add_stage,
    add_supplier,
    base_plan,
    chain,
    drawn,
    edited,
    files_of,
    loaded,
    one,
    statement_of,
)

import supplychain as sc
from supplychain import lp, model
from supplychain.case.changes import apply
from supplychain.case.locked_in import LockedIn
from supplychain.model.observable import OTHER
from supplychain.plan import windows
from supplychain.report.text.regret import text
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

    import reference

SEEDS = one_in(2, (0, 1, 2, 3, 5, 9, 12, 22))
LATER = FIRST + 1
CHIP = 300_000.0
"""USD of wafers in a chip."""


def halls(demand: dict[int, float], **settings: float) -> Case:
    """Chips of 300 000 USD, free halls for 40 of them, and 60 more if ordered for 100 000 USD each a year before."""
    links = [Link("wafers", 500.0, price=CHIP), Link("halls", 40.0, kind="stock")]
    case = chain(links, demand=demand, last_year=LATER, **settings)
    add(case, "expansion", stage="halls", supplier="acme", place="global", year=FIRST, max_expansion=60,
        capex_usd_per_unit=100_000, lead_years=1)  # fmt: skip
    return case


def signed(case: Case, wanted: dict[int, float], folder: Path, **settings: float) -> tuple[sc.Case, sc.Plan]:
    """Return the case with another demand, loaded, and the plan of the case as it is, written to `folder/plan`."""
    plan = sc.solve(loaded(case, folder / "case"))
    plan.write(folder / "plan")
    other = edited(case, **settings)
    other.tables["demand"] = []
    for t, amount in wanted.items():
        add(other, "demand", workload="chat", tier="all", year=t, demand_ttok=amount, value_usd_per_mtok=1.0)
    return loaded(other, folder / "other"), plan


def test_what_was_signed_is_paid_for_and_idles(tmp_path: Path) -> None:
    """40 chips, then 100: 60 halls are ordered in the first year, for a tenth of 100 000 USD a year each.

    Then only 50 are wanted in the second year. LockedIn up to the first: 50 chips and 60 halls, 15.6 M USD; 50 of the
    halls idle, 5 M USD of capex. Had it been known: 50 chips and 10 halls, 15.1 M USD. As planned: 100 chips, 30.6 M.
    Sensitivity: if orders were not held the regret would be 0; if all idle halls counted, 4 M USD less would be known.
    """
    case, plan = signed(halls({FIRST: 40.0, LATER: 100.0}), {FIRST: 40.0, LATER: 50.0}, tmp_path)
    assert plan.objective_usd == pytest.approx(30.6e6)
    found = sc.regret(case, tmp_path / "plan", FIRST)
    assert found.plan.objective_usd == pytest.approx(15.6e6)
    assert found.known.objective_usd == pytest.approx(15.1e6)
    assert (found.extra_cost_usd, found.regret_usd) == pytest.approx((-15e6, 0.5e6))
    assert found.summary["regret"] == {
        "extra_cost_usd": -15e6,
        "extra_cost_unserved_usd": 0,
        "regret_usd": 0.5e6,
        "regret_unserved_usd": 0,
    }
    assert one(found.plan.orders)["amount"] == 60
    rows = found.stranded.to_numpy().tolist()
    assert rows == [[LATER, "halls", "expansion", "units", 50.0, 5e6, 0.0, 0.0]]
    costs = found.costs.set_index("year").loc[LATER]
    assert costs.tolist() == pytest.approx([18.6e6, 3.6e6, 3.1e6, -15e6, 0.5e6])


def test_chips_that_nobody_needs_wait(tmp_path: Path) -> None:
    """100 chips are built for 100 in each year; then 40 are wanted. 60 wait in the warehouse, 18 M USD of wafers.

    Sensitivity: were installation held as well, the 60 would have to operate, and nothing would idle.
    """
    case = chain([Link("wafers", 500.0, price=CHIP)], demand={FIRST: 100.0, LATER: 100.0}, last_year=LATER)
    case.tables["accelerators"][0]["opex_usd_per_year"] = 1000
    other, _ = signed(case, {FIRST: 40.0, LATER: 40.0}, tmp_path)
    found = sc.regret(other, tmp_path / "plan", FIRST)
    assert found.regret_usd == pytest.approx(18e6)
    assert one(found.plan.builds, year=FIRST)["warehouse"] == pytest.approx(60)
    chips = found.stranded[found.stranded["stage"] == "wafers"]
    assert chips["stranded_usd"].tolist() == pytest.approx([18e6, 18e6])
    assert found.stranded.loc[found.stranded["stage"] == OTHER, "stranded"].tolist() == pytest.approx([60, 60])
    assert (found.stranded["known"] == 0).all()


def test_idle_chips_are_worth_all_that_is_in_them(tmp_path: Path) -> None:
    """60 chips idle: a package of 5 USD each, 2 wafers of 10 USD in each package, and 7 USD of the rest.

    Catches components that only suppliers need left out, or counted at what is bought for another chip.
    """
    case = chain([Link("packages", 500.0, price=5.0)], demand={FIRST: 100.0, LATER: 100.0}, last_year=LATER)
    add_stage(case, Link("wafers", 2000.0, price=10.0))
    add_supplier(case, Link("wafers", 2000.0, price=10.0))
    add(case, "supplier_needs", stage="packages", supplier="acme", basis="supply", needs_stage="wafers", quantity=2)
    case.tables["accelerators"][0]["opex_usd_per_year"] = 1000
    case.tables["unit_costs"][0]["other_cost_usd"] = 7
    other, plan = signed(case, {FIRST: 40.0, LATER: 40.0}, tmp_path)
    rows = sc.regret(other, plan, FIRST).stranded
    found = rows[rows["year"] == LATER].set_index("stage")[["stranded", "stranded_usd"]]
    assert found.loc["packages"].tolist() == pytest.approx([60, 300])
    assert found.loc["wafers"].tolist() == pytest.approx([120, 1200])
    assert found.loc[OTHER].tolist() == pytest.approx([60, 420])


def test_what_was_not_signed_is_not_had(tmp_path: Path) -> None:
    """40 chips in both years; then 100 are wanted. In the first year there are 40, in the second 100.

    The 60 that are not served in the first year are blocked, not uneconomic: no decision is held where limits are
    lifted. Sensitivity: held, they would be called uneconomic. Wafers gain nothing in the first year, for no more can
    be bought; orders that were signed are options no more.
    """
    case = chain([Link("wafers", 80.0, price=CHIP)], demand={FIRST: 40.0, LATER: 40.0}, last_year=LATER)
    add(case, "expansion", stage="wafers", supplier="acme", place="global", year=FIRST, max_expansion=5,
        capex_usd_per_unit=1, lead_years=0)  # fmt: skip
    other, _ = signed(case, {FIRST: 100.0, LATER: 100.0}, tmp_path)
    plan = sc.solve(other, orders_from=tmp_path / "plan", until=FIRST)
    assert one(plan.service, year=FIRST)[["served_ttok", "blocked_ttok", "uneconomic_ttok"]].tolist() == [40, 60, 0]
    assert one(plan.service, year=LATER)["served_ttok"] == 100
    assert one(plan.bottlenecks, year=FIRST, stage="wafers")["gain_usd_per_pct"] == 0
    bought = one(plan.purchases, order_year=FIRST)
    assert bought[["ordered", "benefit_usd_per_unit", "benefit_loss_usd_per_unit"]].tolist() == [0, 0, 0]
    assert one(plan.requirements, year=FIRST)["required"] == 100
    assert one(sc.solve(other).service, year=FIRST)["served_ttok"] == 80 + 5


def test_fuel_adapts(tmp_path: Path) -> None:
    """100 chips are owned, each takes power, and power takes fuel. 50 are wanted; then 80: so much fuel is bought.

    Sensitivity: were fuel held with other purchases, 50 would be served.
    """
    case = chain([Link("power", 100.0, kind="stock")], demand=50.0)
    add_stage(case, Link("fuel", 100.0, price=1.0))
    add_supplier(case, Link("fuel", 100.0, price=1.0))
    add(case, "supplier_needs", stage="power", supplier="acme", basis="supply", needs_stage="fuel", quantity=1)
    add(case, "fleet", accelerator="chip", region="home", installed_year=FIRST - 1, units=100, unit_cost_usd=0)
    case.tables["accelerators"][0]["first_year"] = FIRST - 1
    other, _ = signed(case, {FIRST: 80.0}, tmp_path)
    plan = sc.solve(other, orders_from=tmp_path / "plan", until=FIRST)
    assert one(plan.service)["served_ttok"] == pytest.approx(80)
    assert one(plan.supply, stage="fuel")["supplied"] == pytest.approx(80)


def test_a_store_is_kept(tmp_path: Path) -> None:
    """Wafers can be had in the first year alone: 100 are bought, half for a chip of the second year, and stored.

    With limited foresight, and demand that comes no more, they are still there in the second year, and 50 chips are
    built of them as it was signed. Sensitivity: were the store not held, what the first year does not need would be
    thrown away, and the second year's builds would not fit.
    """
    wafers = Link("wafers", {FIRST: 100.0, LATER: 0.0}, price=CHIP, storable=True)
    case = chain([wafers, Link("halls", {FIRST: 50.0, LATER: 100.0}, kind="stock")],
                 demand={FIRST: 50.0, LATER: 100.0}, last_year=LATER + 1)  # fmt: skip
    add(case, "build_limits", accelerator="chip", year=FIRST, max_units=50)
    other, plan = signed(case, {FIRST: 50.0, LATER: 50.0}, tmp_path, foresight_years=1)
    assert one(plan.builds, year=LATER)["built"] == pytest.approx(50)
    held = sc.solve(other, orders_from=plan, until=LATER)
    assert one(held.builds, year=LATER)["built"] == pytest.approx(50)
    found = sc.regret(other, plan, FIRST)
    stored = found.stranded[found.stranded["what"] == "store"]
    assert stored[["year", "stranded", "stranded_usd"]].to_numpy().tolist()[0] == pytest.approx([FIRST, 50, 50 * CHIP])


def test_a_store_that_no_table_lists_is_kept(tmp_path: Path) -> None:
    """The same, but nothing is built in the second year, in which nobody sells wafers: tables list none. 50 wait there.

    Catches what is not listed taken for nothing: the third year's builds would not fit.
    """
    last = LATER + 1
    wafers = Link("wafers", {FIRST: 100.0, LATER: 0.0}, price=CHIP, storable=True)
    wanted = {FIRST: 50.0, LATER: 50.0, last: 100.0}
    case = chain([wafers], demand=wanted, last_year=last)
    for t, most in ((FIRST, 50), (LATER, 0)):
        add(case, "build_limits", accelerator="chip", year=t, max_units=most)
    other, plan = signed(case, wanted | {last: 50.0}, tmp_path, foresight_years=1)
    assert not len(plan.stages[plan.stages["year"] == LATER])
    held = sc.solve(other, orders_from=plan, until=last)
    assert one(held.builds, year=last)["built"] == pytest.approx(50)


def test_an_order_that_slips_past_the_end_is_told(tmp_path: Path) -> None:
    """The halls ordered in the first year come three years late, after the end: the answer says so, and pays nothing.

    Catches an order that is silently dropped.
    """
    case, _ = signed(halls({FIRST: 40.0, LATER: 100.0}), {FIRST: 40.0, LATER: 100.0}, tmp_path)
    late, _ = apply(case, ["expansion.lead_years += 3"])
    found = sc.regret(late, tmp_path / "plan", FIRST)
    said = found.plan.summary["orders_from"]["orders_after_horizon"]
    assert said == [["halls", "acme", "global", FIRST, 60.0]]
    assert "it arrives after the last year: halls (acme), worldwide, ordered in " in text(found)
    assert one(found.plan.service, year=LATER)["served_ttok"] == pytest.approx(40)


@pytest.mark.unmeasured
@pytest.mark.parametrize("foresight", [None, 1, 2])
@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_a_plan_signs_what_it_does(seed: int, foresight: int | None, tmp_path: Path) -> None:
    """Held in its own case, a plan costs what it costs, up to whatever year; read from a folder as from memory.

    Catches: digits that were cut and make a held plan infeasible or change it; windows that know what is signed later.
    """
    case = drawn(seed).case
    given = loaded(case if foresight is None else edited(case, foresight_years=foresight), tmp_path / "case")
    plan = sc.solve(given)
    plan.write(tmp_path / "plan")
    for until in {given.years[0], given.years[-1]}:
        held = sc.solve(given, orders_from=tmp_path / "plan", until=until)
        assert held.objective_usd == pytest.approx(plan.objective_usd, rel=1e-9, abs=1e-6)
        same_decisions(plan, held, until)
    assert files_of(sc.solve(given, orders_from=plan, until=until)) == files_of(held)


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["tiny", "base"])
def test_a_shipped_plan_signs_what_it_does(name: str) -> None:
    """The same for the shipped cases."""
    case = sc.load(INPUTS / name)
    plan = base_plan() if name == "base" else sc.solve(case)
    held = sc.solve(case, orders_from=plan, until=case.report_years[1])
    assert held.objective_usd == pytest.approx(plan.objective_usd, rel=1e-9)
    assert held.summary["status"] == "optimal"
    same_decisions(plan, held, case.report_years[1])
    found = sc.regret(case, plan, case.report_years[1])
    assert set(found.summary["regret"].values()) == {0.0}


def same_decisions(plan: sc.Plan, held: sc.Plan, until: int) -> None:
    """What the one plan decided up to a year the other has as well, but for digits that were cut."""
    before, after = decided(plan, until), decided(held, until)
    labels = {*before, *after}
    assert {label: after.get(label, 0.0) for label in labels} == pytest.approx(
        {label: before.get(label, 0.0) for label in labels}, rel=1e-9, abs=1e-9
    )


def decided(plan: sc.Plan, until: int) -> dict[reference.Label, float]:
    """Return what is held of a plan up to a year, from its tables, by the labels of the independent statement."""
    values: dict[reference.Label, float] = {
        ("expand", r.stage, r.supplier, r.place, int(r.order_year)): r.amount for r in plan.orders.itertuples()
    }
    values |= {("build", r.accelerator, int(r.year)): r.built for r in plan.builds.itertuples()}
    values |= {("supply", r.stage, r.supplier, r.place, int(r.year)): r.supplied for r in plan.supply.itertuples()}
    stored = plan.stages[plan.stages["stored"].notna()]
    values |= {("stored", r.stage, r.place, int(r.year)): r.stored for r in stored.itertuples()}
    other = adapting(plan.case)
    return {
        label: x
        for label, x in values.items()
        if int(label[-1]) <= until and not (label[0] in {"supply", "stored"} and label[1] in other)
    }


def adapting(case: sc.Case) -> set[object]:
    """Return the stages that are not bought for building: stocks, and what their suppliers use up."""
    needs = [(r["stage"], r["needs_stage"]) for r in case.tables["supplier_needs"] if r["basis"] == "supply"]
    found = {r["stage"] for r in case.tables["stages"] if r["kind"] == "stock"}
    while any(s in found and n not in found for s, n in needs):
        found |= {n for s, n in needs if s in found}
    return found


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.6, 1.3])
def test_signing_never_gains_and_costs_what_an_independent_statement_says(
    seed: int, share: float, tmp_path: Path
) -> None:
    """With other demand, what was signed costs no less than what who had known does, and just what the LP of the
    tests costs with the same columns held, whose rows with nothing left to decide are dropped.

    Catches: decisions that are not held, or held where they should adapt.
    """
    case = drawn(seed).case
    drawn(seed).plan.write(tmp_path / "plan")
    other = edited(case)
    for row in other.rows("demand"):
        for column in ("demand_ttok", "demand_ttok_low", "demand_ttok_high"):
            if row.get(column) is not None:
                row[column] = share * num(row[column])
    given = loaded(other, tmp_path / "case")
    until = given.years[len(given.years) // 2]
    found = sc.regret(given, tmp_path / "plan", until)
    size = abs(found.known.objective_usd) + 1
    assert found.regret_usd >= -1e-9 * size
    assert found.extra_cost_usd == pytest.approx(found.plan.objective_usd - drawn(seed).plan.objective_usd)
    stated = statement_of(other)
    kept = held_columns(stated, drawn(seed).plan, until)
    decided = {row for row, terms in stated.rows.items() if all(column in kept for column in terms)}
    expected = stated.solve(hold=kept, drop_rows=decided).objective_usd
    assert found.plan.objective_usd == pytest.approx(expected, rel=1e-7)


def held_columns(lp: reference.Statement, plan: sc.Plan, until: int) -> dict[reference.Label, float]:
    """Return what is held, by the columns of the independent statement; what the plan does not list is 0."""
    values, other = decided(plan, until), adapting(plan.case)
    columns = [x for x in lp.columns("expand", "build", "supply") if int(x[-1]) <= until]
    held = {x: values.get(x, 0.0) for x in columns if x[0] != "supply" or x[1] not in other}
    return held | {x: amount for x, amount in values.items() if x[0] == "stored"}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_signed_with_more_foresight_is_held_with_less(seed: int, tmp_path: Path) -> None:
    """The orders of who sees every year stay for who sees two, also those that arrive later than that.

    Catches an order that a window cannot see arrive and so does not place.
    """
    given = loaded(edited(drawn(seed).case, foresight_years=2), tmp_path / "case")
    plan = drawn(seed).plan
    held = sc.solve(given, orders_from=plan, until=given.years[1])
    same_decisions(plan, held, given.years[1])
    parts = held.decomposition[held.decomposition["term"] == "residual"]
    assert (parts["usd_per_mtok"].abs() <= 1e-9).all()


def test_other_studies_take_what_was_signed(tmp_path: Path) -> None:
    """A sweep's points, an edit and timing, with 60 halls signed: the second year serves 80 of 80, and idles.

    Catches a reader that forgets what was signed, or mistakes two cases that differ in that alone.
    """
    case, plan = signed(halls({FIRST: 40.0, LATER: 100.0}), {FIRST: 40.0, LATER: 80.0}, tmp_path)
    held = sc.lock_in(case, plan, FIRST)
    assert held.sha256 != case.sha256
    assert held.locked_in != sc.lock_in(case, plan, LATER).locked_in
    table = sc.sweep(held, ["demand.demand_ttok[year=2031]=50%,100%"], year=LATER)
    for share, usd in zip((0.5, 1.0), table["objective_usd"], strict=True):
        changed, _ = apply(held, [f"demand.demand_ttok[year={LATER}] *= {share}"])
        assert usd == pytest.approx(sc.solve(changed).objective_usd)
        assert usd == pytest.approx(max(40, 80 * share) * CHIP + 60 * 10_000)
    late = one(sc.solve(held).timing(), stage="halls")
    assert late["slip_usd"] == pytest.approx(40 * (1e6 - CHIP) - 60 * 10_000)
    window = next(windows.solve_windows(held))
    both = sc.compare({"planned": plan, "signed": sc.solve(held)})
    assert window.objective_usd == pytest.approx(80 * CHIP + 60 * 10_000)
    assert one(both.results, year=LATER, quantity="served_ttok", item="all")["value"] == pytest.approx(80)


def test_a_signed_order_that_is_late_is_paid(tmp_path: Path) -> None:
    """60 halls were ordered, 40 are needed from the second of three years on; a year late, they cost a year less.

    40 M USD of tokens are lost, and 60 times 10 000 USD saved. Sensitivity: 0.2 M USD more would be saved if 20 of the
    order could be called off, and nothing would be lost if the order stood beside the late one.
    """
    last = LATER + 1
    case = edited(halls({FIRST: 40.0, LATER: 100.0}), last_year=last)
    other, plan = signed(case, {FIRST: 40.0, LATER: 80.0}, tmp_path, last_year=last)
    late = one(sc.solve(other, orders_from=plan, until=FIRST).timing(), stage="halls")
    assert late["slip_usd"] == pytest.approx(40e6 - 60 * 10_000)


def test_a_sensitivity_leaves_out_what_was_not_so(tmp_path: Path) -> None:
    """80 to 120 wafers; 100 chips of them were bought. The low end did not come true, and is told; the high end gains.

    Catches a sensitivity that fails at the first move that does not fit.
    """
    case = chain([Link("wafers", 100.0, price=CHIP)], demand={FIRST: 200.0, LATER: 250.0}, last_year=LATER)
    case.tables["capacity"][0] |= {"capacity_low": 80.0, "capacity_high": 120.0}
    given = loaded(case, tmp_path / "case")
    found = sc.sensitivity(sc.lock_in(given, sc.solve(given), FIRST), executor=SerialExecutor())
    assert found.summary["unfit"] == ["capacity.capacity[stage=wafers, supplier=acme] low"]
    row = found.tornado.iloc[0]
    assert math.isnan(row["objective_usd_low"])
    assert row["objective_usd_high"] == pytest.approx(-20 * (1e6 - CHIP))


NO_FIT = [
    (["capacity.capacity[stage=wafers] = 30"], f"{FIRST}, purchase from wafers / acme / global: 40 units, 30 possible"),
    (["expansion.max_expansion = 50"], f"{FIRST}, order of halls / acme / global: 60 units, 50 possible, 10 too many"),
    (["bill_of_materials.quantity[stage=wafers] = 2"], f"{FIRST}, use of wafers / global: 80 units, 40 possible"),
    (["accelerators.first_year = 2031"], f"{FIRST}, build of chip: 40 units, 0 possible, 40 too many"),
    (["capacity.capacity[stage=steel] = 50"], f"{LATER}, use of steel / global: 10 units are missing"),
]


@pytest.mark.parametrize("foresight", [None, 1])
@pytest.mark.parametrize(("edits", "said"), NO_FIT)
def test_what_does_not_fit_is_named(edits: list[str], said: str, foresight: int | None, tmp_path: Path) -> None:
    """One error says which decisions do not fit, where, and by how much; halls take steel when they arrive.

    Catches an error of the solver alone, and decisions that are bent to fit.
    """
    case = halls({FIRST: 40.0, LATER: 100.0})
    add_stage(case, Link("steel", 60.0))
    add_supplier(case, Link("steel", 60.0))
    add(case, "supplier_needs", stage="halls", supplier="acme", basis="expansion", needs_stage="steel", quantity=1)
    given = loaded(case, tmp_path / "case")
    changed, _ = apply(given, edits)
    changed = replace(changed, settings=replace(changed.settings, foresight_years=foresight))
    with pytest.raises(sc.MisfitError) as error:
        sc.solve(changed, orders_from=sc.solve(given), until=FIRST)
    assert f"what was signed up to {FIRST} does not fit it:" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("foresight", [None, 1])
@pytest.mark.parametrize("times", [0.125, 1.0])
def test_what_is_missing_of_a_budget_is_in_usd(times: float, foresight: int | None, tmp_path: Path) -> None:
    """Halls take steel of 7.5 USD when they arrive, and a year's budget of 6 does not pay it, however the LP
    counts money: after an edit of demand it may count otherwise than it would for the case by itself.
    """
    case = halls({FIRST: 40.0, LATER: 100.0})
    steel = Link("steel", 60.0, price=0.125)
    add_stage(case, steel)
    add_supplier(case, steel)
    add(case, "supplier_needs", stage="halls", supplier="acme", basis="expansion", needs_stage="steel", quantity=1)
    add(case, "budget", year=LATER, capital_usd=1e9)
    given = loaded(case, tmp_path / "case")
    changed, _ = apply(given, [f"budget.capital_usd[year={LATER}] = 6"])
    held = sc.lock_in(
        replace(changed, settings=replace(changed.settings, foresight_years=foresight)), sc.solve(given), FIRST
    )
    usual = model.money
    with patch.object(model, "money", lambda one: times * usual(one)), pytest.raises(sc.MisfitError) as error:
        sc.solve(held)
    assert str(error.value).splitlines()[1:] == [f"  {LATER}, budget: 1.5 USD are missing"]


def _rewrite(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


BROKEN = [
    ("tables/orders.csv", "halls,acme", "hals,acme", "orders.csv row 2, column stage: the case has no stage called"),
    ("tables/orders.csv", "halls,acme", "halls,acne", "the case has no supplier of halls called 'acne'; did you mean"),
    ("tables/orders.csv", ",60,", ",many,", "orders.csv row 2, column amount: 'many'; must be a number, 0 or more"),
    ("tables/orders.csv", ",60,", ",-60,", "orders.csv row 2, column amount: -60; must be a number, 0 or more"),
    ("tables/builds.csv", "2030,chip", "2020,chip", "builds.csv row 2, column year: 2020; must be from 2030 to 2031"),
    ("tables/builds.csv", "2031,chip", "2030,chip", "builds.csv row 3: has the key of row 2; a key may stand once"),
    ("tables/supply.csv", "supplied", "suplied", "has no column supply.supplied; did you mean 'suplied'?"),
    ("tables/supply.csv", "global", "mars", "column place: the case has no place called 'mars'"),
    ("tables/commitments_kept.csv", "deal", "dead", "the case has no commitment 'dead' in 2030; what was committed"),
    ("tables/commitments_kept.csv", ",10,", ",20,", "column minimum: 20; must be 10, as in the case"),
    ("summary.json", '"objective_usd"', '"objective"', "summary.json, column objective_usd: is missing"),
    ("summary.json", '"years": [\n    2030', '"years": [\n    2029', "2029 is its first year; must be 2030"),
    ("summary.json", "{", "[", "summary.json: is not valid JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), BROKEN)
def test_an_answer_that_does_not_belong_is_refused(file: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    """Every fault by file, row and column; nothing is skipped."""
    case = halls({FIRST: 40.0, LATER: 100.0})
    add(case, "commitments", commitment="deal", year=FIRST, label="Deal", accelerator="chip", basis="built", minimum=10,
        shortfall_usd_per_unit=1)  # fmt: skip
    given = loaded(case, tmp_path / "case")
    sc.solve(given).write(tmp_path / "plan")
    _rewrite(tmp_path / "plan", file, old, new)
    with pytest.raises(sc.InputError) as error:
        sc.lock_in(given, tmp_path / "plan", FIRST)
    assert said in str(error.value)


def test_what_cannot_be_asked_is_said(tmp_path: Path) -> None:
    """A year that nobody decided, a folder without files, half a question."""
    given = loaded(halls({FIRST: 40.0, LATER: 100.0}), tmp_path / "case")
    plan = sc.solve(given)
    with pytest.raises(sc.InputError, match=f"until: {LATER + 1}; must be from {FIRST} to {LATER}"):
        sc.lock_in(given, plan, LATER + 1)
    with pytest.raises(sc.InputError, match="there is no such folder"):
        sc.lock_in(given, tmp_path / "none", FIRST)
    (tmp_path / "empty").mkdir()
    with pytest.raises(sc.InputError, match=r"summary\.json: cannot be read"):
        sc.lock_in(given, tmp_path / "empty", FIRST)
    with pytest.raises(ValueError, match="give orders_from and until together"):
        sc.solve(given, until=FIRST)


def test_the_page_tells_the_truth() -> None:
    """Bug: the extra cost or the regret of the shipped case moves, and `docs/locked-in.md` still tells the old one."""
    plan = base_plan()
    late = sc.what_if(BASE, ["demand_late"]).case
    found = sc.regret(late, plan, 2027)
    shown = "\n".join(text(found).splitlines()[:3])
    assert shown in (DOCS / "locked-in.md").read_text(encoding="utf-8")
    idle = found.stranded.groupby("year")[["stranded_usd", "known_usd"]].sum() / 1e9
    assert idle.loc[2027].round().tolist() == [999, 732]  # 2026-11-30: data of autumn 2026; orders up to 2027, not 2026


def test_what_must_give_way_is_the_least() -> None:
    """x + y <= 3 and y <= 1 where x is fixed at 5: the first row must give way by 2; the second by nothing.

    With y fixed at 4 as well: by 6 and by 3. Sensitivity: a repair that counts rows would call both in either case.
    """
    problem = written([1, 1], [[1, 1], [0, 1]], "<<", [3, 1]).labelled()
    for fixed, expected in (((5.0,), {0: 2.0}), ((5.0, 4.0), {0: 6.0, 1: 3.0})):
        lower, upper = problem.column_lower.copy(), problem.column_upper.copy()
        lower[: len(fixed)] = upper[: len(fixed)] = fixed
        there = replace(problem, column_lower=lower, column_upper=upper)
        lp.load(there)
        assert lp.shortages(there, [0, 1]) == pytest.approx(expected)
    lp.load(problem)
    assert lp.shortages(problem, [0, 1]) == {}


def test_what_is_held_is_the_key_of_a_case() -> None:
    """Everything that is held is in the digest. Catches a sweep that goes on with another's results."""
    one, other = (LockedIn(FIRST, {"build": {("chip", FIRST): x}}, {}) for x in (1.0, 2.0))
    assert one.listed() != other.listed()
    assert one.listed() == replace(one, inputs_sha256={"x": "y"}).listed()


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Answers, what is printed, written and refused; twice the same bytes, and no path in them."""
    folder = write_case(halls({FIRST: 40.0, LATER: 100.0}), tmp_path / "case")
    plan = str(tmp_path / "plan")
    assert status_of("solve", str(folder), "--out", plan, "-q") == 0
    asked = ["solve", str(folder), "--change", "demand.demand_ttok[year=2031] -50%", "--orders-from", plan]
    asked += ["--until", str(FIRST)]
    capsys.readouterr()
    assert status_of(*asked, "--out", str(tmp_path / "a")) == 0
    printed = capsys.readouterr().out
    assert f"Orders up to {FIRST} are locked in: 15.6 m USD in all" in printed
    assert "Extra cost against the plan that ordered them, m USD: -15.0 (paid -15.0, left unserved 0)\n" in printed
    assert "Regret against perfect knowledge, thousand USD: 500 (paid 500, left unserved 0)\n" in printed
    shutil.copytree(tmp_path / "plan", tmp_path / "elsewhere")
    asked[asked.index(plan)] = str(tmp_path / "elsewhere")
    assert status_of(*asked, "--out", str(tmp_path / "b"), "-q") == 0
    one_run, again = (
        {str(p.relative_to(tmp_path / name)): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()}
        for name in ("a", "b")
    )
    assert one_run == again
    assert {"tables/regret.csv", "tables/stranded.csv"} <= set(one_run)
    said = json.loads(one_run["summary.json"])["orders_from"]
    first = json.loads((tmp_path / "plan" / "summary.json").read_text(encoding="utf-8"))
    assert (said["until"], said["inputs_sha256"]) == (FIRST, first["inputs_sha256"])
    assert str(tmp_path) not in one_run["summary.json"].decode()
    assert status_of(*asked, "--change", "capacity.capacity[stage=wafers] = 1") == 3
    assert status_of("explain", *asked[1:], "--year", str(FIRST)) == 0
    assert status_of(*asked[:-2]) == 2
    assert status_of(*asked[:-1], "2050") == 2
