"""What relief of every stage of the shipped case is worth, by finite re-solves of the independent statement."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache, cached_property

import pytest
import reference
from effort import one_in
from paths import BASE
from plants import Drawn, one
from slopes import ROUNDING, TOLERANCE

import supplychain as sc

pytestmark = pytest.mark.unmeasured

YEARS = range(2026, 2031)


class Shipped(Drawn):
    """The shipped case with every year reported, as plants has random ones."""

    @cached_property
    def plan(self) -> sc.Plan:
        case = sc.load(BASE)
        return sc.solve(replace(case, settings=replace(case.settings, report_last_year=case.settings.last_year)))

    @cached_property
    def lp(self) -> reference.Statement:
        return reference.build(reference.load(BASE))


@cache
def base() -> Shipped:
    return Shipped(None)  # type: ignore[arg-type]


def cost(shift: dict[reference.Label, float], held: str = "") -> float:
    """The objective after a shift of limits; with what is `kept`, `done` or `served` held as it was."""
    d = base()
    return d.lp.solve(rhs_shift=shift, hold=getattr(d, held) if held else None, method="highs-ipm").objective_usd


def relief(stages: set[str], year: int, share: float) -> dict[reference.Label, float]:
    return reference.relief(base().lp, base().expanded, stages, year, share)


def slope(stages: set[str], year: int, sign: float, first: float, held: str = "") -> tuple[float, float]:
    """The change of cost per 1 % of relief (sign 1) or its reverse, in USD of the year, and how sure it is."""
    d = base()
    start = d.answer.objective_usd
    noise = 10 * ROUNDING * start
    for step in (first, first / 10, first / 100):
        full, half = ((start - cost(relief(stages, year, sign * x / 100), held)) / x for x in (step, step / 2))
        if abs(full - half) <= 1e-6 * abs(half) + noise / step:
            return half / d.lp.numbers.delta(year), noise / step / d.lp.numbers.delta(year)
    return math.nan, 0.0


@pytest.mark.parametrize("year", YEARS)
def test_what_is_worth_nothing(year: int) -> None:
    """One per cent less of every stage that is called slack, all at once, costs nothing; so none is worth anything.

    Sensitivity: with the stage that binds among them a tenth of a per cent costs hundreds of millions.
    Catches: a stage that has a price and is called slack.
    """
    rows = base().plan.bottlenecks[base().plan.bottlenecks["year"] == year]
    slack = set(rows.loc[rows["state"] == "slack", "stage"])
    assert set(rows.loc[rows["loss_usd_per_pct"] == 0, "stage"]) == slack
    assert len(slack) >= 8
    start = base().answer.objective_usd
    assert cost(relief(slack, year, -1e-6)) - start <= 10 * ROUNDING * start
    (binding,) = base().plan.binding.query(f"year == {year} and level == 'stage'")["members"]
    assert cost(relief(slack | {binding}, year, -1e-3)) - start > 1e8 * base().lp.numbers.delta(year)


@pytest.mark.parametrize("year", one_in(5, YEARS[::-1]))
def test_what_relief_is_worth(year: int) -> None:
    """Gain, loss, saving and research of every stage but the slack, or of half, are slopes of the other cost.

    Catches: what only the shipped case shows, such as rates that hold for a tenth of a per cent.
    """
    d = base()
    rows = d.plan.bottlenecks[(d.plan.bottlenecks["year"] == year) & (d.plan.bottlenecks["state"] != "slack")]
    assert len(rows) >= 3
    for stage in one_in(2, list(rows["stage"])):
        row = one(rows, stage=stage)
        first = min(1.0, row["holds_to_pct"])
        gain, sure = slope({stage}, year, 1.0, first)
        scale = TOLERANCE * gain
        assert row["gain_usd_per_pct"] == pytest.approx(gain, abs=scale + sure)
        loss, sure = slope({stage}, year, -1.0, first)
        assert row["loss_usd_per_pct"] == pytest.approx(-loss, abs=scale + sure)
        saving, sure = slope({stage}, year, 1.0, first, "kept")
        assert row["gain_saving_usd_per_pct"] == pytest.approx(saving, abs=scale + sure)
        with_orders, more = slope({stage}, year, 1.0, first, "done")
        assert row["gain_orders_usd_per_pct"] == pytest.approx(with_orders - saving, abs=scale + sure + more)
        with_research, sure = slope({stage}, year, 1.0, first, "served")
        assert row["gain_research_usd_per_pct"] == pytest.approx(with_research - with_orders, abs=scale + sure + more)
        assert row["gain_serving_usd_per_pct"] >= 0
        assert row["gain_saving_usd_per_pct"] >= 0
        parts = row["gain_serving_usd_per_pct"] + row["gain_saving_usd_per_pct"]
        assert parts == pytest.approx(row["gain_usd_per_pct"], rel=1e-8)


def test_the_top_of_the_ladder() -> None:
    """The independent statement without the supply limits of 2028 costs what the ladder's gains leave.

    Catches: a ladder that stops where relief alone gains nothing.
    """
    d = base()
    free = d.lp.solve(drop_rows={row for row in d.lp.rows_of("supply_limit") if row[-1] == 2028}).objective_usd
    gained = d.plan.ladder(2028)["gain_usd"].sum() * d.lp.numbers.delta(2028)
    assert d.answer.objective_usd - gained == pytest.approx(free, rel=1e-9)
