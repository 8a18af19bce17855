"""What must hold for every case: Hypothesis draws a seed of the generator and something to change."""

from __future__ import annotations

import io
import math
import re
from functools import cache, partial
from random import Random
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from effort import fewer, one_in
from generator import FIRST, Case, Row, num, random_case
from highspy import Highs
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from plants import add, drawn, edited, files_of, plan_of, same_files, whole, without_ranges
from reference import HOURS_PER_YEAR, MTOK_PER_TTOK

import supplychain.lp.optimum
import supplychain.model
from supplychain.model import numbers, structure

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.unmeasured

bounded = partial(
    settings,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
SEEDS = st.integers(0, 400)
CHOICE = st.integers(0, 10**6)
"""Seed of what is picked inside a case."""
ROUNDING = 1e-9
"""Relative: what two solves of nearly the same LP may differ by."""


@cache
def plain(seed: int) -> Case:
    """A random case whose numbers may be changed one by one."""
    return whole(without_ranges(random_case(seed)))


@cache
def objective(seed: int) -> float:
    return plan_of(plain(seed)).objective_usd


def rounding(seed: int) -> float:
    return ROUNDING * abs(objective(seed)) + 1e-3


def picked(case: Case, columns: dict[str, tuple[str, ...]], choice: int) -> tuple[Row, str]:
    """A row and one of its numbers, of those named."""
    cells = [(row, column) for t, names in columns.items() for row in case.rows(t) for column in names]
    cells = [(row, column) for row, column in cells if row[column] is not None]
    assume(cells)
    return cells[choice % len(cells)]


# more and dearer

HELPFUL = {
    "capacity": ("capacity",),
    "expansion": ("max_expansion",),
    "allocation": ("share",),
    "build_limits": ("max_units",),
    "budget": ("capital_usd",),
    "opening": ("warehouse_units", "built_units"),
    "fleet": ("units",),
    "throughput": ("tokens_per_second",),
    "efficiency": ("multiplier",),
    "operations": ("utilisation",),
    "accelerators": ("ramp_start_units", "ramp_growth", "h100e"),
}
DEAR = {
    "capacity": ("price_usd",),
    "expansion": ("capex_usd_per_unit",),
    "accelerators": ("opex_usd_per_year",),
    "unit_costs": ("other_cost_usd",),
    "bill_of_materials": ("quantity",),
    "supplier_needs": ("quantity",),
}
COSTLY = {
    "demand": ("demand_ttok", "value_usd_per_mtok"),
    "research": ("demand_h100e_years", "value_usd_per_h100e_hour"),
    "demand_curves": ("volume_ttok", "price_usd_per_mtok"),
    "research_curves": ("volume_h100e_years", "value_usd_per_h100e_hour"),
    "commitments": ("minimum", "shortfall_usd_per_unit"),
}


@bounded(max_examples=fewer(50, 3))
@given(seed=SEEDS, choice=CHOICE, factor=st.sampled_from([1.01, 1.5, 10.0]), table=st.sampled_from(sorted(HELPFUL)))
def test_more_capacity_never_raises_the_objective(seed: int, choice: int, factor: float, table: str) -> None:
    """More of anything that limits or produces can be left unused.

    Sensitivity: a limit with the wrong sign, or capacity that must be used, costs more.
    Catches: equalities where there are limits; orders and openings that force what follows.
    """
    case = edited(plain(seed))
    row, column = picked(case, {table: HELPFUL[table]}, choice)
    most = 1.0 if column in {"share", "utilisation"} else math.inf
    row[column] = min(most, num(row[column]) * factor + (0 if most == 1 else factor))
    assert plan_of(case).objective_usd <= objective(seed) + rounding(seed)


@bounded(max_examples=fewer(50, 3))
@given(
    seed=SEEDS, choice=CHOICE, factor=st.sampled_from([1.01, 1.5, 10.0]), table=st.sampled_from(sorted(DEAR | COSTLY))
)
def test_what_is_dearer_never_lowers_the_objective(seed: int, choice: int, factor: float, table: str) -> None:
    """A dearer price, capital cost or accelerator, a larger need, and more or dearer demand, cost no less.

    Sensitivity: a cost with the wrong sign lowers it.
    Catches: a credit for buying; unserved demand counted as income.
    """
    case = edited(plain(seed))
    row, column = picked(case, {table: (DEAR | COSTLY)[table]}, choice)
    promised = {commitment["stage"] for commitment in case.rows("commitments")}
    assume(
        table != "bill_of_materials" or row["stage"] not in promised
    )  # a unit of more MW keeps more of a promise in MW
    row[column] = num(row[column]) * factor
    assert plan_of(case).objective_usd >= objective(seed) - rounding(seed)


# what is added


@bounded(max_examples=fewer(25, 3))
@given(seed=SEEDS, choice=CHOICE)
def test_a_supplier_that_is_added_never_raises_the_objective(seed: int, choice: int) -> None:
    """A new supplier of some stage, everywhere, that needs nothing.

    Catches: a supplier that must supply; capacity of one supplier that is overwritten by another's.
    """
    case = edited(plain(seed))
    s = case.rows("stages")[choice % len(case.rows("stages"))]
    add(case, "suppliers", stage=s["stage"], supplier="new", label="New", capacity_life_years=3)
    places = ["global"] if s["scope"] == "global" else [row["region"] for row in case.rows("regions")]
    source = case.rows("sources")[0]["source"]
    for p in places:
        add(case, "capacity", stage=s["stage"], supplier="new", place=p, year=FIRST,
            capacity=(0, 1, 1e4)[choice % 3], price_usd=(0, 1e3)[choice % 2], source=source)  # fmt: skip
    assert plan_of(case).objective_usd <= objective(seed) + rounding(seed)


@bounded(max_examples=fewer(25, 3))
@given(seed=SEEDS, choice=CHOICE, lead=st.integers(0, 2))
def test_an_option_to_expand_that_is_added_never_raises_the_objective(seed: int, choice: int, lead: int) -> None:
    """A right to order more of what some supplier has, in a year in which it had none.

    Catches: options that must be taken, or that are paid for without being taken.
    """
    case = edited(plain(seed))
    sites = sorted({(r["stage"], r["supplier"], r["place"]) for r in case.rows("capacity")}, key=str)
    s, k, p = sites[choice % len(sites)]
    taken = {r["year"] for r in case.rows("expansion") if (r["stage"], r["supplier"], r["place"]) == (s, k, p)}
    year = FIRST + choice % 3
    assume(year not in taken)
    add(case, "expansion", stage=s, supplier=k, place=p, year=year, max_expansion=1e3, capex_usd_per_unit=10.0,
        lead_years=lead, source=case.rows("sources")[0]["source"])  # fmt: skip
    assert plan_of(case).objective_usd <= objective(seed) + rounding(seed)


@bounded(max_examples=fewer(25, 3))
@given(seed=SEEDS, choice=CHOICE, value=st.sampled_from([1e-3, 1.0, 100.0]))
def test_a_tier_that_is_added_raises_the_objective_by_its_value_at_most(seed: int, choice: int, value: float) -> None:
    """A new tier of demand may stay unserved at its discounted value; it never lowers the objective.

    Sensitivity: with 10^6 or the discount missing on one side the bound is crossed.
    Catches: value and penalty in different units; a tier that must be served.
    """
    case = edited(plain(seed))
    w = case.rows("workloads")[choice % len(case.rows("workloads"))]["workload"]
    amount = num(case.rows("demand")[0]["demand_ttok"]) + 1e-6 if case.rows("demand") else 100.0
    add(case, "demand", workload=w, tier="new", year=FIRST, demand_ttok=amount, value_usd_per_mtok=value,
        source=case.rows("sources")[0]["source"])  # fmt: skip
    most = sum(amount * value * MTOK_PER_TTOK * delta(case, t) for t in years(case))
    rise = plan_of(case).objective_usd - objective(seed)
    assert -rounding(seed) <= rise <= most * (1 + ROUNDING) + rounding(seed)


@bounded(max_examples=fewer(25, 3))
@given(seed=SEEDS, choice=CHOICE)
def test_a_commitment_that_is_added_raises_the_objective_by_its_penalty_at_most(seed: int, choice: int) -> None:
    """A new order may be missed in full.

    Catches: commitments that force, or whose shortfall is discounted differently.
    """
    case = edited(plain(seed))
    a = case.rows("accelerators")[choice % len(case.rows("accelerators"))]
    penalty, year = num(a["h100e"]) * 1e4, FIRST + choice % 3
    scope = ("accelerator", "family", "vendor")[choice % 3]
    add(case, "commitments", commitment="new", year=year, label="new", basis=("built", "operating")[choice % 2],
        minimum=1e3, shortfall_usd_per_unit=penalty, source=case.rows("sources")[0]["source"],
        **{scope: a[scope]})  # fmt: skip
    most = 1e3 * penalty * delta(case, year)
    rise = plan_of(case).objective_usd - objective(seed)
    assert -rounding(seed) <= rise <= most * (1 + ROUNDING) + rounding(seed)


def years(case: Case) -> range:
    return range(FIRST, int(num(case.settings["last_year"])) + 1)


def delta(case: Case, t: int) -> float:
    return float((1 + num(case.settings["discount_rate"])) ** (FIRST - t))


# scale, names, order

MONEY = {
    "capacity": ("price_usd",),
    "expansion": ("capex_usd_per_unit",),
    "accelerators": ("opex_usd_per_year",),
    "unit_costs": ("other_cost_usd",),
    "commitments": ("shortfall_usd_per_unit",),
    "budget": ("capital_usd",),
    "fleet": ("unit_cost_usd",),
    "demand": ("value_usd_per_mtok",),
    "research": ("value_usd_per_h100e_hour",),
    "demand_curves": ("price_usd_per_mtok",),
    "research_curves": ("value_usd_per_h100e_hour",),
    "prices": ("price_usd_per_mtok",),
    "cash": ("raised_usd", "fixed_cost_usd"),
}


def is_money(column: str) -> bool:
    return "usd" in column or column in {"gross_margin", "capital_per_token_value", "memory_share_of_hardware"}


def quantities(plan: supplychain.Plan) -> dict[str, str]:
    """Every table as it is written, without its columns of money."""
    text = {name: content for name, content in files_of(plan).items() if name.endswith(".csv")}
    tables = {name: pd.read_csv(io.StringIO(content), dtype=str) for name, content in text.items()}
    return {
        name: table[[c for c in table.columns if not is_money(c)]].to_csv(index=False)
        for name, table in tables.items()
        if "/cost" not in name and "/capital" not in name
    }


@bounded(max_examples=fewer(30, 3))
@given(seed=SEEDS, factor=st.sampled_from([2.0, 2.0**-10, 1024.0, 3.7, 1e-3, 1e4, 0.1]))
def test_scaling_all_money_changes_no_quantity(seed: int, factor: float) -> None:
    """With every price, cost and value times any factor, quantities, states and ranks keep every byte; money scales.

    Sensitivity: a tolerance in USD, or a tie broken by cost, shows at 1e4.
    Catches: tolerances that mean another thing in another currency.
    """
    case = edited(drawn(seed).case)
    for table, columns in MONEY.items():
        for row in case.rows(table):
            for column in columns:
                for name in (column, f"{column}_low", f"{column}_high"):
                    if row.get(name) is not None:
                        row[name] = num(row[name]) * factor
    if case.settings.get("opening_cash_usd"):
        case.settings["opening_cash_usd"] = num(case.settings["opening_cash_usd"]) * factor
    before, after = drawn(seed).plan, plan_of(case)
    assert quantities(after) == quantities(before)
    for name, table in before.tables.items():
        got = after.tables[name]
        for column in table.columns[
            table.columns.str.contains("usd") & ~table.columns.str.contains("per_capex|usd_per_usd")
        ]:
            scale = table[column].abs().max() if len(table) else 0
            assert got[column].to_numpy() == pytest.approx(
                (table[column] * factor).to_numpy(), rel=1e-6, abs=1e-9 * scale * factor, nan_ok=True
            ), (name, column)
    assert after.objective_usd == pytest.approx(before.objective_usd * factor, rel=1e-9)


KEYS = {
    "region": ("regions", "region"),
    "stage": ("stages", "stage"),
    "group": ("stages", "group"),
    "accelerator": ("accelerators", "accelerator"),
    "vendor": ("accelerators", "vendor"),
    "family": ("accelerators", "family"),
    "workload": ("workloads", "workload"),
    "tier": ("demand", "tier"),
    "supplier": ("suppliers", "supplier"),
    "commitment": ("commitments", "commitment"),
}
SAME_NAMES = {"needs_stage": "stage", "of_stage": "stage", "place": "region"}


def renamed(case: Case, choice: int) -> Case:
    """The case with every key renamed, and the alphabetical order of the keys shuffled."""
    new = edited(case)
    names: dict[str, dict[object, str]] = {}
    for key, (table, column) in KEYS.items():
        found = sorted({str(row[column]) for row in case.rows(table) if row[column] is not None})
        if key == "tier":
            found = sorted({*found, *(str(row["tier"]) for row in case.rows("research"))})
        order = list(range(len(found)))
        Random(choice).shuffle(order)
        names[key] = {name: f"n{n}_{key}" for name, n in zip(found, order, strict=True)} | {"global": "global"}
    of_items = ("accelerator", "family", "vendor", "stage", "workload")
    names["item"] = {name: new for key in of_items for name, new in names[key].items()} | {"all": "all"}
    for table, rows in new.tables.items():
        for row in rows if table != "sources" else []:
            for column in row:
                known = names.get(SAME_NAMES.get(column, column))
                if known and row[column] is not None:
                    row[column] = known[row[column]]
    for row in new.rows("factors"):
        row["target"] = re.sub(r"(\w+)=(\w+)", lambda found: _filter(names, *found.groups()), str(row["target"]))
    return new


def _filter(names: Mapping[str, Mapping[object, str]], column: str, name: str) -> str:
    """A filter of a target with the new name of what it names; years and sources keep theirs."""
    return f"{column}={names.get(SAME_NAMES.get(column, column), {}).get(name, name)}"


@bounded(max_examples=fewer(25, 3))
@given(seed=SEEDS, choice=CHOICE)
def test_names_change_nothing_that_is_no_tie(seed: int, choice: int) -> None:
    """The objective, and what service sooner comes to, are the same whatever things are called.

    Sensitivity: rows matched by their order or by part of a name would move the objective.
    Catches: prefixes, sorting and separators in labels.
    """
    before, after = drawn(seed).plan, plan_of(renamed(drawn(seed).case, choice))
    assert after.objective_usd == pytest.approx(before.objective_usd, rel=ROUNDING, abs=1e-3)
    assert sooner(after) == pytest.approx(sooner(before), rel=1e-6, abs=1e-3)


def sooner(plan: supplychain.Plan) -> float:
    """The first tie-breaker: what is served at its undiscounted value, times the years that remain."""
    last = plan.case.settings.last_year
    tokens = plan.service["served_ttok"] * plan.service["value_usd_per_mtok"] * MTOK_PER_TTOK
    total = float((tokens * (last + 1 - plan.service["year"])).sum())
    rent = numbers(plan.case, structure(plan.case))["value_usd_per_h100e_hour"]
    for r in plan.research_service.itertuples():
        total += r.served_h100e_years * rent[r.tier, int(r.year)] * HOURS_PER_YEAR * (last + 1 - int(r.year))
    return total


@bounded(max_examples=fewer(30, 3))
@given(seed=SEEDS, shuffle=CHOICE, bom=st.booleans(), line_end=st.sampled_from(["\n", "\r\n"]))
def test_the_order_of_rows_and_line_ends_change_no_byte(seed: int, shuffle: int, *, bom: bool, line_end: str) -> None:
    """Rows in another order, with a byte-order mark or not, with LF or CRLF: every file is the same, digests included.

    Catches: an LP in the order of the files, ties broken by the order of rows, digests of bytes.
    """
    d = drawn(seed)
    same_files(files_of(d.plan), files_of(plan_of(d.case, shuffle_seed=shuffle, bom=bom, line_end=line_end)))


@bounded(max_examples=fewer(15, 3))
@given(seed=SEEDS)
def test_a_second_run_changes_no_byte(seed: int) -> None:
    """The same case once more in the same process, after other cases: every file is the same.

    Catches: state that a solve leaves behind; sets whose order changes.
    """
    same_files(files_of(drawn(seed).plan), files_of(plan_of(drawn(seed).case)))


@pytest.mark.parametrize("options", [{"threads": 2}, {"threads": 2, "parallel": "on"}, {"random_seed": 7}], ids=str)
@pytest.mark.parametrize("seed", one_in(2, [0, 5, 12, 22, 30, 44]))
def test_threads_and_seeds_of_the_solver_change_no_byte(
    seed: int, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads, the parallel simplex, another random seed: another path to the optimum, the same answer in every
    byte.

    Catches: an answer that is whatever vertex the solver stopped at.
    """
    before = files_of(drawn(seed).plan)
    for name, value in options.items():
        monkeypatch.setitem(supplychain.lp.optimum.OPTIONS, name, value)
    Highs.resetGlobalScheduler(True)  # noqa: FBT003 - HiGHS names no argument
    try:
        same_files(before, files_of(plan_of(drawn(seed).case)))
    finally:
        Highs.resetGlobalScheduler(True)  # noqa: FBT003


@pytest.mark.parametrize("factor", [2.0, 0.125, 8.0, 3.0, 0.7])
@pytest.mark.parametrize("seed", one_in(3, [0, 5, 12, 22, 30, 44, 50, 57]))
def test_the_lps_own_money_changes_no_byte(seed: int, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The LP counts money in units of its own, near which all demand is worth 2^22; other units change no file.

    The factors are wider than what the scale of a user's money can do, which is less than 2 either way. Beyond 64 the
    absolute residuals of the certificate, which are in these units, pass the solver's tolerance and show.
    Sensitivity: a tolerance that is not relative to them turns a saving into nothing, or rounding into a gain.
    Catches: answers in scaled units; ties that hold in one unit and not in another.
    """
    before = files_of(drawn(seed).plan)
    normal = supplychain.model.money
    monkeypatch.setattr(supplychain.model, "money", lambda case: normal(case) * factor)
    same_files(before, files_of(plan_of(drawn(seed).case)))


# what the written tables say


def written(seed: int) -> dict[str, pd.DataFrame]:
    """Every table as it is read back from its file."""
    files = files_of(drawn(seed).plan)
    return {
        name.removeprefix("tables/").removesuffix(".csv"): pd.read_csv(io.StringIO(text))
        for name, text in files.items()
        if name.endswith(".csv")
    }


@pytest.mark.parametrize("seed", one_in(3, range(40)))
def test_costs_and_unserved_demand_add_up_to_the_objective(seed: int) -> None:
    """Over all solved years the discounted costs, less the opening fleet's, and the value of what is unserved: the
    objective.

    Sensitivity: an annuity from the wrong year, or of one year too many, is missed by far more than 1e-9.
    Catches: costs that are booked twice, never, or beyond the horizon.
    """
    d = drawn(seed)
    n, tables = d.lp.numbers, written(seed)
    cost = tables["cost"]
    cost = cost[cost["item"] != "opening fleet"]
    parts = [(r.serving_usd + r.research_usd) * n.delta(int(r.year)) for r in cost.itertuples()]
    parts += [
        (r.demand_ttok - r.served_ttok - r.priced_out_ttok)
        * n.earned(r.workload, r.tier, int(r.year))
        * MTOK_PER_TTOK
        * n.delta(int(r.year))
        for r in tables["service"].itertuples()
    ]
    if "gap_usd" in tables["economics"]:
        missing = tables["economics"].dropna(subset=["gap_usd"])
        parts += [
            r.gap_usd * num(n.cash[int(r.year)]["gap_usd_per_usd"]) * n.delta(int(r.year)) for r in missing.itertuples()
        ]
    parts += [
        (r.demand_h100e_years - r.served_h100e_years)
        * n.rent.price((r.tier,), int(r.year))
        * HOURS_PER_YEAR
        * n.delta(int(r.year))
        for r in tables["research_service"].itertuples()
    ]
    assert math.fsum(parts) == pytest.approx(d.plan.objective_usd, rel=1e-9)


@pytest.mark.parametrize("seed", one_in(3, range(60)))
def test_what_is_used_was_supplied(seed: int) -> None:
    """Used and added to the store is supplied, in each stage, place and year, to 1e-9 relative in the written tables.

    A stage that is not listed in a year has neither limit nor use, so its store can only have shrunk.
    Sensitivity: storage read from the wrong year breaks it wherever anything is stored.
    Catches: uses left out of the balance; tables that disagree.
    """
    tables = written(seed)
    supplied = tables["supply"].groupby(["year", "stage", "place"])["supplied"].sum().to_dict()
    before: dict[tuple[str, str], float] = {}
    for r in tables["stages"].sort_values("year").itertuples():
        stored = 0.0 if math.isnan(r.stored) else r.stored
        there = supplied.get((r.year, r.stage, r.place), 0.0)
        need = r.used + stored - before.get((r.stage, r.place), 0.0)
        assert need <= there + 1e-9 * max(r.used, stored, there)
        assert r.used <= r.capacity + r.expanded + r.allocated + before.get((r.stage, r.place), 0.0) + 1e-9 * r.used
        before[r.stage, r.place] = stored
    for r in tables["supply"].itertuples():
        assert 0 <= r.supplied <= r.limit * (1 + 1e-9)
        assert r.spent_usd == pytest.approx(r.supplied * r.price_usd, rel=1e-9)


@pytest.mark.parametrize("seed", one_in(3, range(60)))
def test_gains_and_their_parts_are_of_one_sign_and_add_up(seed: int) -> None:
    """0 <= gain <= loss; serving and saving make the gain; research is part of serving; blanks are blank together.

    Catches: a part below 0, a gain above its loss, a total that is not the sum of what is printed beside it.
    """
    tables = written(seed)
    for name in ("bottlenecks", "bottlenecks_by_group"):
        table = tables[name]
        amounts = table.filter(like="_usd_per_pct")
        assert (amounts.isna().all(axis=1) | amounts.notna().all(axis=1)).all()
        assert not (amounts < 0).any(axis=None)
        table = table[table["gain_usd_per_pct"].notna()]
        gain, slack = table["gain_usd_per_pct"], 1e-8 * table["gain_usd_per_pct"]  # each has nine digits of its own
        serving, saving, research = (table[f"gain_{p}_usd_per_pct"] for p in ("serving", "saving", "research"))
        assert (gain <= table["loss_usd_per_pct"] + slack).all()
        assert ((serving + saving - gain).abs() <= slack).all()
        assert (research <= serving + slack).all()
        assert (table["annual_gain_usd_per_pct"] <= gain + slack).all()
        assert table.groupby("year")["rank"].apply(lambda ranks: ranks.is_unique).all()
    for column in ("gain_usd_per_unit", "loss_usd_per_unit"):
        assert (tables["stages"][column] >= 0).all()
    assert (tables["stages"]["gain_usd_per_unit"] <= tables["stages"]["loss_usd_per_unit"] * (1 + 1e-9)).all()


@pytest.mark.parametrize("seed", one_in(3, range(60)))
def test_the_certificate_is_small(seed: int) -> None:
    """Residuals, gap and what tie-breaking gave up are rounding in every random case.

    Catches: an answer that passes because its limits are wide.
    """
    proof = drawn(seed).plan.summary["certificate"]
    for name in proof:
        if name.endswith(("_scaled", "_relative")):
            assert proof[name] <= 1e-9, name


PARTS = ("served", "blocked", "uneconomic", "priced_out")


@pytest.mark.parametrize("seed", one_in(3, range(60)))
def test_shares_of_unserved_demand_add_up(seed: int) -> None:
    """Demand is served, blocked, uneconomic or, of tokens, priced out, each at least 0.

    Catches: blocked tokens above what is unserved.
    """
    tables = written(seed)
    for name, unit in (("service", "ttok"), ("research_service", "h100e_years")):
        table = tables[name]
        parts = table[[f"{part}_{unit}" for part in PARTS if f"{part}_{unit}" in table]]
        assert (parts >= 0).all(axis=None)
        demand = table[f"demand_{unit}"]
        assert ((parts.sum(axis=1) - demand).abs() <= 1e-9 * demand).all()
