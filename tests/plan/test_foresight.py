"""Limited foresight: every window against the independent statement, and against perfect foresight."""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import reference
from effort import one_in
from generator import Case, write_case
from plants import (
    Link,
    add,
    add_stage,
    add_supplier,
    chain,
    drawn,
    edited,
    files_of,
    one,
    plan_of,
    same_files,
    statement_of,
)

import supplychain as sc
from supplychain.lp import optimum
from supplychain.plan import _worst, windows
from supplychain.plan.purchases import timing
from supplychain.report.text.explain import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.unmeasured

SEEDS = (0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 17, 22, 28, 31, 32, 35, 36, 41, 44)
FIRST = 2030
CHIP = 1e6


def limited(case: Case, years: int) -> Case:
    return edited(case, foresight_years=years)


@cache
def plan(seed: int, years: int) -> sc.Plan:
    return plan_of(limited(drawn(seed).case, years))


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("years", [1, 2, 3])
@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_every_window_is_an_optimum_with_earlier_decisions_made(seed: int, years: int) -> None:
    """The independent statement of the years up to a window's last, with the package's earlier decisions held, costs
    what the window says; with the decisions of its first year held too it costs no more.

    Catches: annuities of years that are not seen, orders that arrive later, decisions that are taken back or kept from
    the wrong window.
    """
    case = limited(drawn(seed).case, years)
    with tempfile.TemporaryDirectory() as folder:
        loaded = sc.load(write_case(case, Path(folder)))
        for window in windows.solve_windows(loaded):
            assert window.last == min(window.first + years - 1, loaded.settings.last_year)
            values = dict(zip(window.solved_lp.lp.column, window.solved_lp.x.tolist(), strict=True))
            seen = edited(case, last_year=window.last, report_last_year=window.last)
            lp = statement_of(seen)
            for held in (window.first - 1, window.first):
                kept = {label: values.get(label, 0.0) for label in lp.cost if label[-1] <= held}
                past = {row for row in lp.rows if row[-1] <= held}
                cost = lp.solve(hold=kept, drop_rows=past).objective_usd
                assert window.objective_usd == pytest.approx(cost, rel=1e-8)


QUANTITIES = ("supply", "service", "builds", "orders", "installed_base", "commitments_kept", "cost", "capital")


@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_who_sees_every_year_decides_as_with_perfect_foresight(seed: int) -> None:
    """With as many years of foresight as the case has, quantities and costs are those of perfect foresight. A relief
    gains no more, and less of a stage costs no less: what was decided before cannot be taken back.

    Catches: windows that forget a decision, or that may still change one.
    """
    free, held = drawn(seed).plan, plan(seed, len(drawn(seed).plan.case.years))
    assert held.objective_usd == near(free.objective_usd)
    for name in QUANTITIES:
        expected, got = free.tables[name], held.tables[name]
        pd.testing.assert_frame_equal(got, expected, rtol=1e-7, atol=1e-7 * _size(expected))
    both = free.bottlenecks.merge(held.bottlenecks, on=["year", "stage"], suffixes=("", "_held")).dropna(
        subset=["gain_usd_per_pct", "loss_usd_per_pct"]
    )
    for row in both.to_dict("records"):
        sure = 1e-7 * max(row["loss_usd_per_pct"] if row["loss_usd_per_pct"] < float("inf") else 0.0, 1.0)
        assert row["gain_usd_per_pct_held"] <= row["gain_usd_per_pct"] + sure
        assert row["gain_usd_per_pct"] <= row["loss_usd_per_pct"] + sure
        assert row["loss_usd_per_pct"] <= row["loss_usd_per_pct_held"] + sure


def _size(table: pd.DataFrame) -> float:
    return float(table.select_dtypes("number").drop(columns="year", errors="ignore").abs().max().max() or 1.0)


@pytest.mark.parametrize("seed", one_in(2, SEEDS))
@pytest.mark.parametrize("years", [1, 2])
def test_the_tables_of_limited_foresight_hold_together(seed: int, years: int) -> None:
    """Less foresight never costs less over the whole horizon; costs per token add up to the last cent in every window.

    Catches: an objective of the windows instead of the whole horizon; parts of a price that leave out what was decided
    before.
    """
    free, held = drawn(seed).plan, plan(seed, years)
    assert held.objective_usd >= free.objective_usd * (1 - 1e-9)
    assert [w["year"] for w in held.summary["windows"]] == list(held.case.years)
    marginal = held.token_cost.set_index(["year", "workload"])["marginal_usd_per_mtok"]
    parts = held.decomposition.groupby(["year", "workload"])["usd_per_mtok"].sum()
    assert parts.to_numpy() == pytest.approx(marginal.loc[parts.index].to_numpy(), rel=1e-9, abs=1e-15)
    residual = held.decomposition[held.decomposition["term"] == "residual"].set_index(["year", "workload"])
    bound = 1e-9 * marginal.loc[residual.index].abs()
    assert (residual["usd_per_mtok"].abs() <= bound + 1e-15).all()


@pytest.mark.parametrize("seed", [0, 5, 12, 22, 30, 44])
def test_limited_foresight_changes_no_byte_by_its_path(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other orders of rows, a second run after others, another seed of the solver, no presolve: the files are the same.

    Catches: a window that depends on where the solver came from.
    """
    case = limited(drawn(seed).case, 2)
    before = files_of(plan_of(case))
    assert files_of(plan_of(case, shuffle_seed=3)) == before
    for option, value in (("random_seed", 7), ("presolve", "off")):
        monkeypatch.setitem(optimum.OPTIONS, option, value)
        same_files(before, files_of(plan_of(case)))


def test_service_sooner_is_counted_in_the_years_of_the_window() -> None:
    """Years 1 to 5, three seen: from year 2 on, service weighs 3, 2 and 1 in years 2, 3 and 4, times its value.

    Sensitivity: counted to the last year of the case, 4, 3 and 2, it would prefer more service later.
    Catches: a tie-break of the whole horizon in a window.
    """
    last = FIRST + 4
    case = chain([Link("hall", 10, kind="stock")], demand=dict.fromkeys(range(FIRST, last + 1), 20.0), last_year=last)
    with tempfile.TemporaryDirectory() as folder:
        opened = windows.solve_windows(sc.load(write_case(limited(case, 3), Path(folder))))
        next(opened)
        window = next(opened)
    weights = {
        t: window.solved_lp.ties[0][window.solved_lp.lp.column["serve", "chat", "all", t]] / -1e6
        for t in range(FIRST, last + 1)
    }
    assert [weights[t] for t in range(FIRST + 1, last + 1)] == [near(3), near(2), near(1), 0]


def test_who_does_not_see_next_year_does_not_order_for_it() -> None:
    """A hall for 10 chips, and 10 more for 5 USD that take a year; demand for 10 chips, then for 20. Seeing both years
    they are ordered in the first; seeing one, never, and the second year serves 10 Ttok.

    Sensitivity: with the lead time tested against the whole horizon they would be ordered.
    Catches: foresight that is longer than it says.
    """
    link = Link("hall", 10, kind="stock")
    case = chain([link], demand={FIRST: 10, FIRST + 1: 20}, last_year=FIRST + 1)
    add(case, "expansion", stage="hall", supplier="acme", place="global", year=FIRST, max_expansion=100,
        capex_usd_per_unit=5, lead_years=1)  # fmt: skip
    two, alone = plan_of(limited(case, 2)), plan_of(limited(case, 1))
    assert one(two.orders)["amount"] == near(10)
    assert one(two.service, year=FIRST + 1)["served_ttok"] == near(20)
    assert alone.orders.empty
    assert alone.purchases.empty
    assert "  nothing that is ordered arrives in this year" in explain(alone, FIRST + 1).splitlines()
    assert one(alone.service, year=FIRST + 1)["served_ttok"] == near(10)
    assert one(alone.binding, year=FIRST + 1, level="stage")["members"] == "hall"
    assert one(alone.bottlenecks, year=FIRST + 1, stage="hall")["gain_usd_per_pct"] == near(0.1 * CHIP)


def test_what_is_asked_of_a_year_is_asked_of_its_window() -> None:
    """The same case, one year seen: the ladder of the second year lifts the hall, and nothing more is to be gained.

    Catches: ladders and curves of the case as it is with perfect foresight, in which nothing binds.
    """
    case = chain([Link("hall", 10, kind="stock")], demand={FIRST: 10, FIRST + 1: 20}, last_year=FIRST + 1)
    add(case, "expansion", stage="hall", supplier="acme", place="global", year=FIRST, max_expansion=100,
        capex_usd_per_unit=5, lead_years=1)  # fmt: skip
    alone = plan_of(limited(case, 1))
    rungs = alone.ladder(FIRST + 1)
    assert rungs["lifted"].tolist() == ["hall"]
    assert rungs["tokens_ttok"].tolist() == [near(10)]
    assert alone.curve("hall", FIRST + 1, 50.0)["to_pct"].max() == near(50)
    assert plan_of(case).ladder(FIRST + 1)["tokens_ttok"].tolist() == [0]
    timing = plan_of(limited(case, 2)).timing()
    assert timing[["shorter_usd", "slip_usd"]].to_numpy().tolist() == [[0, 10 * CHIP]]


def test_what_an_earlier_order_needs_cannot_be_late() -> None:
    """A hall ordered in the first year arrives in the third and needs a turbine then; the only turbine is ordered in
    the second and arrives in the third. In the second window the hall is on its way: a late turbine is no plan at all.

    Catches: a traceback where a slip leaves no plan; an order that is dropped when what it needs is late.
    """
    case = chain([Link("hall", 10, kind="stock")], demand={FIRST: 10, FIRST + 2: 20}, last_year=FIRST + 2)
    add_stage(case, Link("turbine", 0))
    add_supplier(case, Link("turbine", 0))
    add(case, "supplier_needs", stage="hall", supplier="acme", basis="expansion", needs_stage="turbine", quantity=1)
    for stage, year, lead in (("hall", FIRST, 2), ("turbine", FIRST + 1, 1)):
        add(case, "expansion", stage=stage, supplier="acme", place="global", year=year, max_expansion=10,
            capex_usd_per_unit=5, lead_years=lead)  # fmt: skip
    timing = plan_of(limited(case, 3)).timing().set_index("stage")
    assert timing.loc["turbine", "slip_usd"] == float("inf")
    assert 0 < timing.loc["hall", "slip_usd"] < float("inf")


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_a_slip_is_that_of_the_window(seed: int) -> None:
    """What is lost if an order is late, in the years that its window sees: the independent statement of the case with
    that lead time a year longer, earlier decisions held, less that of the case as it is.

    Catches: annuities of years that are not seen; deliveries behind the window that still count.
    """
    case = limited(drawn(seed).case, 3)
    with tempfile.TemporaryDirectory() as folder:
        loaded = sc.load(write_case(case, Path(folder)))
        for window in _some(windows.solve_windows(loaded), 2):
            values = dict(zip(window.solved_lp.lp.column, window.solved_lp.x.tolist(), strict=True))
            timed = timing(window)
            ordered = timed[timed["ordered"] > 0].head(3)
            for row in ordered.itertuples():
                option = (row.stage, row.supplier, row.place, window.first)
                if math.isinf(row.slip_usd):
                    with pytest.raises(reference.UnsolvedError):
                        _seen(case, window, values, option, 1)
                    continue
                before, late = (_seen(case, window, values, option, by) for by in (0, 1))
                usd = drawn(seed).lp.numbers.delta(window.first)
                assert row.slip_usd * usd == pytest.approx(late - before, rel=2e-5, abs=1e-8 * abs(before))


def _some(opened: Iterator[windows.Window], count: int) -> Iterator[windows.Window]:
    """The first windows, each while the solver holds it."""
    for _ in range(count):
        yield next(opened)


def _seen(
    case: Case, window: windows.Window, values: dict[object, float], option: tuple[object, ...], by: int
) -> float:
    """What the years of a window cost at best with one lead time longer."""
    seen = edited(case, last_year=window.last, report_last_year=window.last)
    for row in seen.rows("expansion"):
        if (row["stage"], row["supplier"], row["place"], int(row["year"])) == option:
            row["lead_years"] = int(row["lead_years"]) + by
    lp = statement_of(seen)
    kept = {label: values.get(label, 0.0) for label in lp.cost if label[-1] < window.first}
    return lp.solve(hold=kept, drop_rows={label for label in lp.rows if label[-1] < window.first}).objective_usd


def test_the_certificate_is_the_worst_of_the_windows() -> None:
    """Catches: a residual of the first window told as that of all."""
    assert _worst([{"gap": 1.0, "degenerate": False}, {"gap": 2.0, "degenerate": True}]) == {
        "gap": 2.0,
        "degenerate": True,
    }
