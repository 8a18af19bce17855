"""Demand as curves: what is asked for, the tiers in which it is served, and the second statement of both."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import reference
from effort import fewer
from generator import FIRST, Case, Value, has_curves
from paths import TINY, TINY_CURVE
from plants import Link, add, chain, drawn, loaded, plan_of

import supplychain as sc
from supplychain import schema
from supplychain.case.changes import apply
from supplychain.case.ranges import moved, uncertain
from supplychain.lp.from_model import from_pyomo
from supplychain.model import curves, numbers, structure
from supplychain.model.solver import MutableModel
from supplychain.study.warm import FROM_NOTHING, REBUILT, WarmSolver

if TYPE_CHECKING:
    from pathlib import Path

    from supplychain.lp import LabelledLP

STEPS = (2, 5, 40, 400)
ELASTICITIES = (0.35, 1.0, 1 + 1e-10, 1.1, 2.0)
LATER = FIRST + 2
CURVED = [seed for seed in range(300) if has_curves(seed)]
"""Sixty random cases with curves."""


def curved(volume: float = 80.0, price: float = 0.5, elasticity: float = 1.25, **more: Value) -> Case:
    """A chip for each of 100 wafers, and demand as a curve alone."""
    case = chain([Link("wafer", 100, price=1e5)], **{k: v for k, v in more.items() if k.startswith("curve_")})
    case.tables["demand"] = []
    share = more.get("adjusted_share")
    add(case, "demand_curves", workload="chat", year=FIRST, volume_ttok=volume, price_usd_per_mtok=price,
        elasticity=elasticity, adjusted_share=share)  # fmt: skip
    return case


def tiers_of(case: sc.Case) -> tuple[np.ndarray, np.ndarray]:
    """What the tiers of the only curve ask for, and are worth."""
    n = numbers(case, structure(case))
    keys = [("chat", j, FIRST) for j in curves.tier_names(case.settings)]
    return tuple(np.array([n[name][key] for key in keys]) for name in ("demand_ttok", "value_usd_per_mtok"))


def logs_of(steps: int, top: float = 4.0, bottom: float = 0.4) -> np.ndarray:
    settings = sc.load(TINY).settings
    return curves.log_prices(replace(settings, curve_steps=steps, curve_top=top, curve_bottom=bottom))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("elasticity", ELASTICITIES)
def test_the_worth_of_a_curve_does_not_depend_on_its_steps(elasticity: float, share: float, tmp_path: Path) -> None:
    """Served in full, a curve is worth its integral, to 1e-12, in 2, 5, 40 and 400 tiers: what is asked for at the top
    price, worth that price, and below it e Q p (z^(1-e) - 1) / (1-e) between two prices, or e Q p ln z.

    Sensitivity: with the middle of two prices as a tier's worth, 2 tiers are worth more than 400. Without `expm1` an
    elasticity of 1 + 1e-10 loses seven digits.
    Catches: a mean that is that of prices and not of the curve; a share that moves what a tier is worth; rounding.
    """
    volume, price, top, bottom = 80.0, 0.5, 4.0, 0.4

    def below(z: float) -> float:
        """The integral of the price between what is asked for at the reference price and at z times it."""
        exponent = 1 - elasticity
        return (
            elasticity * volume * price * -(math.expm1(exponent * math.log(z)) / exponent if exponent else math.log(z))
        )

    expected = volume * top**-elasticity * top * price - below(top) + share * below(bottom)
    for steps in STEPS:
        case = loaded(curved(volume, price, elasticity, adjusted_share=share, curve_steps=steps), tmp_path / str(steps))
        demand, value = tiers_of(case)
        assert len(demand) == steps + 1
        assert math.fsum(demand * value) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("elasticity", ELASTICITIES)
@pytest.mark.parametrize("steps", [2, 3, 5, 7, 40, 400])
def test_what_is_asked_for_at_the_reference_price_is_the_volume(steps: int, elasticity: float) -> None:
    """The reference price is a step whatever their number, and there exactly the volume is asked for.

    Catches: a geometric grid that steps over the reference price; a power that is 0.9999.
    """
    logs = logs_of(steps)
    volume = np.array([[np.pi]])
    assert 0.0 in logs
    assert curves.asked(0.0, volume, elasticity, 0.3) == volume
    demand = curves.widths(curves.span(logs), volume, np.array([[elasticity]]), 0.3)[0]
    assert math.fsum(demand[: list(logs).index(0.0) + 1]) == pytest.approx(np.pi, rel=1e-14)


@pytest.mark.parametrize(
    ("steps", "top", "bottom", "above", "below"),
    [
        (40, 4, 0.4, 24, 16),  # ln 4 / ln 10 of 40 is 24.08
        (2, 4, 0.999, 1, 1),  # each part has one at least
        (2, 1.001, 0.4, 1, 1),
        (5, 4, 0.25, 3, 2),  # a half, up
        (6, 2, 0.125, 2, 4),  # a half of 1.5, up
        (10, 1, 0.4, 0, 10),
        (10, 4, 1, 10, 0),
        (10, 1, 1, 0, 0),
    ],
)
def test_how_steps_are_split(steps: int, top: float, bottom: float, above: int, below: int) -> None:
    """The part above the reference price has its share of the logs, rounded, a half up; prices fall evenly.

    Catches: a half that is rounded to even, a part without a tier, a tier of no width.
    """
    logs = logs_of(steps, top, bottom)
    assert (np.sum(logs > 0), np.sum(logs < 0), np.sum(logs == 0)) == (above, below, 1)
    for part in (logs[: above + 1], logs[above:]):
        assert np.diff(part, 2) == pytest.approx(0, abs=1e-12)
    assert np.exp(logs[[0, -1]]) == pytest.approx([top, bottom])


@pytest.mark.parametrize("elasticity", ELASTICITIES)
def test_tiers_are_those_of_the_second_statement(elasticity: float, tmp_path: Path) -> None:
    """Width and worth of every tier, by the contract's own formulas, to 1e-10 of them.

    Catches: a tier that begins where another does, or whose worth is that of its neighbour.
    """
    case = loaded(curved(7.0, 3.0, elasticity, adjusted_share=0.25), tmp_path)
    expected = reference.curve_tiers({}, 7.0, 3.0, elasticity, 0.25)
    assert curves.tier_names(case.settings) == [name for name, _, _ in expected]
    demand, value = tiers_of(case)
    assert demand == pytest.approx(np.array([width for _, width, _ in expected]), rel=1e-10)
    assert value == pytest.approx(np.array([worth for _, _, worth in expected]), rel=1e-10)
    assert (np.diff(value) < 0).all()


def test_the_widest_and_most_elastic_curve_has_numbers() -> None:
    """At the ends of what the schema allows no tier is infinite, NaN or below 0, and each is worth what lies in it.

    Catches: a limit of a column beyond which there is no number; an `exp` that overflows where a mean does not.
    """
    ends = {column.name: column for column in schema.SETTINGS}
    top, bottom = ends["curve_top"].maximum, ends["curve_bottom"].minimum
    elasticity = schema.TABLE["demand_curves"].column("elasticity").maximum
    assert top is not None
    assert bottom is not None
    logs = logs_of(2, top, bottom)
    demand = curves.widths(curves.span(logs), np.array([[1e200]]), np.array([[elasticity]]))
    value = curves.mean_values(curves.span(logs), np.array([[1.0]]), np.array([[elasticity]]))
    assert np.isfinite(demand).all()
    assert (demand >= 0).all()
    assert (np.exp(logs[1:]) <= value[0, 1:]).all()
    assert (value[0, 1:] <= np.exp(logs[:-1])).all()


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", CURVED[: fewer(len(CURVED), 4)])
def test_the_objective_of_a_random_case_with_curves(seed: int) -> None:
    """Two statements of one LP: one objective, to 1e-9. Every case has a curve of tokens or of research.

    Catches: a series filled otherwise (volume is a quantity, the other columns are prices); a share that is blank.
    """
    d = drawn(seed)
    assert d.plan.case.tables["demand_curves"] or d.plan.case.tables["research_curves"]
    assert d.plan.objective_usd == pytest.approx(d.answer.objective_usd, rel=1e-9)


def test_a_curve_on_paper() -> None:
    """Q = 80 Ttok at p = 0.5, e = 1, two steps from 2 p to p / 2: `curve_00` 40 at 1 USD, then 40 at ln 2, then 80 at
    (ln 2) / 2. A wafer costs 0.1 USD per Mtok and there are 100: 20 of the last tier are served.

    The chips cost 1e5 USD each, 10 M USD. What is unserved is worth 60 Ttok at (ln 2) / 2.
    Sensitivity: with tiers worth the lower of their prices, 0.25 USD, it is 15 M USD and not 20.79.
    """
    plan = plan_of(curved(80, 0.5, 1.0, curve_steps=2, curve_top=2.0, curve_bottom=0.5))
    table = plan.service
    assert list(table["tier"]) == ["curve_00", "curve_01", "curve_02"]
    assert table["demand_ttok"].tolist() == pytest.approx([40, 40, 80])
    assert table["served_ttok"].tolist() == pytest.approx([40, 40, 20])
    assert table["blocked_ttok"].tolist() == pytest.approx([0, 0, 60])
    assert table["value_usd_per_mtok"].tolist() == pytest.approx([1, math.log(2), math.log(2) / 2])
    assert plan.objective_usd == pytest.approx(10e6 + 60e6 * math.log(2) / 2)


def test_tiers_for_which_nothing_is_asked_are_left_out_and_come_back_in_place(tmp_path: Path) -> None:
    """Nobody has adjusted: below the reference price nothing more is asked for, and the answer has no such tiers. An
    edit of the share fills them in the model that was built without.

    Catches: rows of nothing in every answer; tiers that come and go, so that each edit builds a model anew.
    """
    case = loaded(curved(adjusted_share=0.0), tmp_path)
    assert list(sc.solve(case).service["tier"]) == [f"curve_{n:02d}" for n in range(25)]
    warm_solver = WarmSolver(case, labels=False)
    other, _ = apply(case, ["demand_curves.adjusted_share = 0.5"])
    reading = warm_solver.read(other)
    assert reading.remark == ""
    assert reading.objective_usd == pytest.approx(sc.solve(other).objective_usd, rel=1e-12)
    assert len(sc.solve(other).service) == 41


EDITS = (
    "demand_curves.volume_ttok *= 1.3",
    "demand_curves.price_usd_per_mtok[workload=*] -20%",
    "demand_curves.elasticity = 0.6",
    "demand_curves.adjusted_share = 0",
    "demand_curves.volume_ttok delay 1",
    "demand_curves.elasticity +10%..+50%",
    "research_curves.value_usd_per_h100e_hour *= 0.5",
    "research_curves.volume_h100e_years = 0",
)


@pytest.mark.unmeasured
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_a_curve_is_put_in_place_to_the_last_bit(edit: str) -> None:
    """In every random case, the LP that was edited in place is to the last bit that of a model built anew: every cost,
    bound, entry, and the constant. No tier is added or taken away. Put back, it is what it was.

    Catches: a price edit that makes another model; tiers that keep an old width or worth; a constant that drifts.
    """
    tried = 0
    for seed in CURVED[: fewer(len(CURVED), 5)]:
        case = drawn(seed).plan.case
        if not case.tables[edit.partition(".")[0]]:
            continue
        other, _ = apply(case, [edit])
        in_place, anew = MutableModel(case), MutableModel(other)
        before = in_place.lp()
        assert in_place.put(other)
        assert list(in_place.lp().column) == list(before.column)
        if in_place.m.money == anew.m.money:  # else rows of budgets are in another unit of money
            same_lp(in_place.lp(), anew.lp())
            tried += 1
        assert in_place.put(case)
        same_lp(in_place.lp(), before)
    assert tried


def same_lp(here: LabelledLP, there: LabelledLP, money: float = 1.0) -> None:
    """Assert that two LPs are one to the last bit; without budgets, also where their money is so many times."""
    assert here.offset == there.offset * money
    assert np.array_equal(here.cost, there.cost * money)
    for part in ("column_lower", "column_upper", "row_lower", "row_upper", "starts", "indices", "entries"):
        assert np.array_equal(getattr(here, part), getattr(there, part)), part


def test_the_arrays_say_what_the_expressions_of_the_model_say() -> None:
    """The LP whose tiers are put as arrays is that which Pyomo states from the same numbers.

    Catches: a formula of the arrays that is not the formula of the model: a discount, a unit or a sign.
    """
    case = drawn(13).plan.case
    stated = MutableModel(case)
    from_expressions, arrays = from_pyomo(stated.m), stated.lp()
    assert np.array_equal(arrays.cost, from_expressions.cost)
    assert np.array_equal(arrays.column_upper, from_expressions.column_upper)
    assert arrays.offset == pytest.approx(from_expressions.offset, rel=1e-14)


def test_what_curves_do_to_a_model_that_has_other_sets(tmp_path: Path) -> None:
    """A curve for a workload that has none makes another model; one more year of a curve does not.

    Catches: a row that is added and not solved, or a model that is built anew for a year.
    """
    case = loaded(curved(), tmp_path)
    warm_solver = WarmSolver(case, labels=False)
    row = f"year={FIRST}, volume_h100e_years=5, value_usd_per_h100e_hour=50, elasticity=1, source=paper"
    other, _ = apply(case, [f"research_curves add {row}"])
    assert warm_solver.read(other).remark == REBUILT
    row = f"workload=chat, year={FIRST + 1}, volume_ttok=5, price_usd_per_mtok=1, elasticity=1, source=paper"
    assert warm_solver.read(apply(case, [f"demand_curves add {row}"])[0]).remark not in {REBUILT, FROM_NOTHING}


def test_how_a_blank_share_is_edited(tmp_path: Path) -> None:
    """A blank share counts as 1: less by a half is 0.5, and beyond 1 is refused; between years it is a price.

    Catches: a blank that no operation changes, or that ends in an error of Python's.
    """
    case = curved()
    case.settings["last_year"] = LATER
    add(case, "demand_curves", workload="chat", year=LATER, volume_ttok=90, price_usd_per_mtok=0.5, elasticity=1,
        adjusted_share=0.5)  # fmt: skip
    given = loaded(case, tmp_path)
    assert given.yearly("demand_curves", "adjusted_share") == {("chat",): {FIRST: 1.0, FIRST + 1: 0.75, LATER: 0.5}}
    half, audit = apply(given, ["demand_curves.adjusted_share *= 0.5"])
    shares = [row["adjusted_share"] for row in half.tables["demand_curves"]]
    assert shares == [0.5, 0.375, 0.25]
    assert [(cell.year, cell.old, cell.new) for cell in audit if cell.column == "adjusted_share"] == [
        (FIRST + 1, None, 0.75),
        (FIRST, None, 0.5),
        (FIRST + 1, 0.75, 0.375),
        (LATER, 0.5, 0.25),
    ]
    late, _ = apply(given, ["demand_curves.adjusted_share delay 1"])
    assert [row["adjusted_share"] for row in late.tables["demand_curves"]] == [None, 1.0, 0.75]
    with pytest.raises(sc.ChangeError, match=r"1\.2 share; must be a number from 0 to 1"):
        apply(given, ["demand_curves.adjusted_share[year=2030] +20%"])


def test_what_is_uncertain_of_a_curve_moves_in_place() -> None:
    """Volume, price and elasticity of a curve with ranges are an input each, in all years; at either end of each the
    case has the tiers that it had.

    Catches: a range that is read and never moved; a year that stays; a move that makes another model.
    """
    case = sc.load(TINY_CURVE)
    inputs = uncertain(case)
    names = ("elasticity", "price_usd_per_mtok", "volume_ttok")
    assert [str(each) for each in inputs] == [f"demand_curves.{name}[workload=chat]" for name in names]
    in_place = MutableModel(case)
    for varied, ends in zip(inputs, ((1.5, 2.5), (0.3, 0.6), (800, 1250)), strict=True):
        for by, end in zip((-1, 1), ends, strict=True):
            other = moved(case, varied, by)
            assert other.tables["demand_curves"][0][varied.column] == end
            assert other.tables["demand_curves"][1][varied.column] != case.tables["demand_curves"][1][varied.column]
            assert in_place.put(other)
            anew = MutableModel(other)
            same_lp(in_place.lp(), anew.lp(), in_place.m.money / anew.m.money)


def test_a_curve_stays_a_curve_where_demand_is_given_too() -> None:
    """Tiers and a curve add: 100 wafers serve 30 of a tier of 10 USD first, then the curve from its top.

    Catches: a curve that replaces tiers, or is not there beside them.
    """
    case = curved(80, 0.5, 1.0, curve_steps=2, curve_top=2.0, curve_bottom=0.5)
    add(case, "demand", workload="chat", tier="all", year=FIRST, demand_ttok=30, value_usd_per_mtok=10)
    served = dict(zip(*plan_of(case).service[["tier", "served_ttok"]].to_numpy().T, strict=True))
    assert served == pytest.approx({"all": 30, "curve_00": 40, "curve_01": 30, "curve_02": 0})


def test_limited_foresight_reads_curves() -> None:
    """Years decided one by one cost the same from a model in place as from one of its own.

    Catches: the constant of later years, which windows leave out, taken from the model as it was built.
    """
    seed = CURVED[2]
    case = drawn(seed).plan.case
    case = replace(case, settings=replace(case.settings, foresight_years=2))
    other, _ = apply(case, ["demand_curves.volume_ttok *= 0.7", "demand_curves.price_usd_per_mtok *= 1.2"])
    here, there = WarmSolver(case, labels=False).read(other), WarmSolver(other, labels=False).central()
    assert here.remark == ""
    assert here.objective_usd == pytest.approx(there.objective_usd, rel=1e-12)
