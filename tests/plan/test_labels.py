"""How long a price lasts, what binds then, what binds jointly, and the ladder of a year: on paper and by re-solve."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

import pytest
import reference
from effort import fewer
from generator import FIRST
from paths import BASE
from plants import TTOK, Link, add, add_stage, add_supplier, chain, drawn, one, plan_of

import supplychain as sc
from supplychain.case.changes import apply
from supplychain.plan.bottlenecks import LEVELS, UNRESOLVED, BottleneckFinder
from supplychain.plan.levers import Levers
from supplychain.plan.solved_lp import solve_lp
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator import Case
    from plants import Drawn

    from supplychain.plan.solved_lp import SolvedLP

CHIP = 1e6


def near(x: float) -> object:
    return pytest.approx(x, rel=1e-8)


def test_a_price_lasts_until_the_next_stage() -> None:
    """Enough for 40, 50 and 60 chips: 25 % more of the first is worth 400 000 USD per cent, then the second binds.

    Sensitivity: read from the solver's own ranging of a row, or from the stage that is next in rank.
    Catches: a range of the activity taken for one of the limit, the label before the end taken for the one after.
    """
    plan = plan_of(chain([Link("wafer", 40), Link("memory", 50), Link("hall", 60, kind="stock", scope="regional")]))
    row = one(plan.bottlenecks, stage="wafer")
    assert (row["holds_to_pct"], row["state"]) == (near(25), "sole")
    label = one(plan.binding, level="stage")
    assert (label["members"], label["holds_to_pct"], label["next"]) == ("wafer", near(25), "memory")


def test_a_price_that_demand_ends() -> None:
    """Enough for 40 chips, 46 asked for: the price lasts for 15 %, then demand is served.

    Catches: an end of demand reported as another stage, or as no end.
    """
    plan = plan_of(chain([Link("wafer", 40), Link("memory", 50)], demand=46))
    label = one(plan.binding, level="stage")
    assert (label["holds_to_pct"], label["next"]) == (near(15), "demand")


@pytest.mark.parametrize(("less", "holds"), [(1e-7, 50), (1e-5, 10)])
def test_a_price_that_falls_by_next_to_nothing_lasts(less: float, holds: float) -> None:
    """Enough for 40 chips; the first 44 Ttok are worth 1 USD, more of them a ten-millionth less: the rate holds until
    halls for 60 are full, 50 %. A hundred-thousandth less ends it at 10 %.

    Catches: an end where the price changes by rounding; a tolerance that is wider than a millionth.
    """
    case = chain([Link("wafer", 40), Link("hall", 60, kind="stock", scope="regional")], demand=44)
    add(case, "demand", workload="chat", tier="more", year=FIRST, demand_ttok=100, value_usd_per_mtok=1 - less)
    label = one(plan_of(case).binding, level="stage")
    assert (label["members"], label["holds_to_pct"]) == ("wafer", pytest.approx(holds, rel=1e-6))
    assert label["next"] == ("hall" if holds == 50 else "wafer")


def test_a_price_that_lasts_long() -> None:
    """One stage with enough for 40 chips and 100 000 asked for: the price lasts for 249 900 %.

    Catches: a range cut off where percentages are thought to end.
    """
    label = one(plan_of(chain([Link("wafer", 40)], demand=1e5)).binding, level="stage")
    assert label["holds_to_pct"] == near(100 * (1e5 / 40 - 1))


def test_a_pair_that_binds_together_beats_a_stage_that_binds_less() -> None:
    """CoWoS and HBM both have enough for 40 chips, and each alone gains nothing; slack halls do not join them.

    Sensitivity: with HBM for 41 chips CoWoS binds alone, for 2.5 %.
    Catches: a joint set with a member that it does not need.
    """
    hall = Link("hall", 60, kind="stock", scope="regional")
    label = one(plan_of(chain([Link("cowos", 40), Link("hbm", 40), hall])).binding, level="stage")
    assert (set(label["members"].split(" + ")), label["state"]) == ({"cowos", "hbm"}, "joint")
    assert (label["holds_to_pct"], label["next"]) == (near(50), "hall")
    label = one(plan_of(chain([Link("cowos", 40), Link("hbm", 41), hall])).binding, level="stage")
    assert (label["members"], label["state"], label["holds_to_pct"]) == ("cowos", "sole", near(2.5))


def test_groups_that_bind_together_go_by_their_names() -> None:
    """Two groups of two stages, of which one each has enough for 40 chips: the groups bind together.

    Catches: a joint set of groups shown as the stages in them.
    """
    links = [Link(name, units, group=group) for name, units, group in (
        ("wafer", 40, "silicon"), ("mask", 60, "silicon"), ("hbm", 40, "memory"), ("dram", 60, "memory"))]  # fmt: skip
    plan = plan_of(chain(links))
    label = one(plan.binding, level="group")
    assert (set(label["members"].split(" + ")), label["state"]) == ({"silicon", "memory"}, "joint")
    assert one(plan.bottlenecks_by_group, group="silicon")["moves_with"] == "memory"
    assert one(plan.bottlenecks, stage="wafer")["moves_with"] == "hbm"
    assert one(plan.bottlenecks, stage="mask")["state"] == "slack"


@pytest.mark.parametrize("seed", [0, 1, 4, 5, 7, 9, 11, 17, 22, 24])
def test_a_price_lasts_as_long_as_the_objective_is_straight(seed: int) -> None:
    """Up to `holds_to_pct` the independent statement falls by the gain, and beyond by less.

    Catches: a range that stops at a change of plan that changes no price, or runs past a change of price.
    """
    d = drawn(seed)
    found = d.plan.bottlenecks
    for row in found[found["gain_usd_per_pct"] > 0].to_dict("records"):
        end = min(row["holds_to_pct"], 1e4)
        falls = [_fall(d, row["stage"], row["year"], pct) for pct in (0.5 * end, end, 1.5 * end)]
        gain = row["gain_usd_per_pct"]
        assert falls[0] == pytest.approx(0.5 * end * gain, rel=1e-5)
        assert falls[1] == pytest.approx(end * gain, rel=1e-5)
        if math.isfinite(row["holds_to_pct"]):
            assert falls[2] < 1.5 * end * gain * (1 - 1e-7)


def _fall(d: Drawn, stage: str, year: int, pct: float) -> float:
    """By how much the objective falls if a stage is relieved by some per cent [USD of the year]."""
    before = d.answer.objective_usd
    if stage == "capital":
        row = ("budget", year)
        shift = {row: d.lp.rhs[row] * pct / 100}
    else:
        shift = reference.relief(d.lp, d.expanded, {stage}, year, pct / 100)
    return (before - d.lp.solve(rhs_shift=shift).objective_usd) / d.lp.numbers.delta(year)


@pytest.mark.parametrize("seed", [0, 2, 4, 6, 9, 12, 17, 28, 31, 35, 41, 54])
def test_what_binds_then_is_what_the_whole_analysis_would_say(seed: int) -> None:
    """After every price, of stages and groups, the next label is that of all levers priced, ranked and tried in sets.

    Catches: a label that is read from bounds too early; a joint set, or a lever that only saves, passed over.
    """
    at = solve_lp(drawn(seed).plan.case)
    for t in at.solved.case.report_years:
        for level in LEVELS:
            table = drawn(seed).plan.bottlenecks if level == "stage" else drawn(seed).plan.bottlenecks_by_group
            levers = {lever.name: lever for lever in Levers(at.solved, at.lp).of_year(level, t)}
            ended = table[(table["year"] == t) & table["holds_to_pct"].lt(math.inf)]
            for _, row in ended.iterrows():
                relief = Levers(at.solved, at.lp).relief(levers[row[level]].members, (t,))
                by = row["holds_to_pct"] * (1 + 2e-6) + 2e-6
                upper = {i: float(at.lp.row_upper[i] + by * step) for i, step in relief.items()}
                with at.changed(upper) as there:
                    _, bound = BottleneckFinder(there).of_year(level, t)
                    assert row["next_stage"] == (bound.lever.name if bound else "demand"), (t, level, row[level])


def lines(stages: Mapping[str, tuple[str, float]], tiers: Mapping[str, Sequence[tuple[float, float]]]) -> Case:
    """Several chips, each for a workload of its own with tiers of (demand, value): `stages` names, of each stage, the
    chip that needs it and for how many chips there is enough."""
    case = chain([Link("spare", 1e9)])
    for chip, steps in tiers.items():
        add(case, "accelerators", accelerator=chip, label=chip, vendor="v", family="f", first_year=FIRST,
            life_years=10, opex_usd_per_year=0, h100e=1)  # fmt: skip
        add(case, "unit_costs", accelerator=chip, year=FIRST, other_cost_usd=0)
        add(case, "workloads", workload=chip, label=chip, tokens_counted="all")
        add(case, "throughput", accelerator=chip, workload=chip, tokens_per_second=TTOK)
        for n, (demand, value) in enumerate(steps):
            add(case, "demand", workload=chip, tier=f"t{n}", year=FIRST, demand_ttok=demand, value_usd_per_mtok=value)
    for row in case.rows("demand"):
        if row["workload"] == "chat":
            row["demand_ttok"] = 0
    for position, (stage, (chip, units)) in enumerate(stages.items(), start=20):
        link = Link(stage, units)
        add_stage(case, link, position)
        add(case, "bill_of_materials", accelerator=chip, stage=stage, quantity=1)
        add_supplier(case, link)
    return case


def test_a_set_binds_then_although_a_stage_alone_would_serve_more() -> None:
    """CoWoS for 40 chips, HBM and masks for 41, at 1 USD; lasers for 10 of another chip at 1 USD.

    CoWoS binds for 2.5 %; then HBM and masks do together, for 410 000 USD per cent, and lasers alone for 100 000.

    Sensitivity: looked for only where no stage binds alone, the set is passed over and lasers are named.
    Catches: sets that are not weighed against stages after a price ends.
    """
    stages = {"cowos": ("a", 40.0), "hbm": ("a", 41.0), "mask": ("a", 41.0), "laser": ("b", 10.0)}
    case = lines(stages, {"a": [(100, 1.0)], "b": [(100, 1.0)]})
    label = one(plan_of(case).binding, level="stage")
    assert (label["members"], label["holds_to_pct"], label["next"]) == ("cowos", near(2.5), "hbm + mask")


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_price_that_has_just_fallen_does_not_bind_then(order: tuple[str, str]) -> None:
    """Stage A has enough for just the 40 Ttok worth 1 USD; more is worth 0.2. B, for 20 chips, always gains 0.6. C
    binds first, with 1.2, and ends.

    1 % of A, 0.4 chips: 80 000 USD more or 400 000 less; of B 120 000; of C 600 000 for 10 %, then 50 000. B is next.
    Sensitivity: read from a dual of A, which is anything up to 400 000, A would be named.
    Catches: a bound on a gain taken for the gain; the lever with the largest bound taken for the one that gains most.
    """
    tiers = {"a": [(40, 1.0), (100, 0.2)], "b": [(100, 0.6)], "c": [(55, 1.2), (100, 0.1)]}
    units = {"a": 40.0, "b": 20.0, "c": 50.0}
    case = lines({f"{name}_stage": (name, units[name]) for name in (*order, "c")}, tiers)
    label = one(plan_of(case).binding, level="stage")
    assert (label["members"], label["holds_to_pct"], label["next"]) == ("c_stage", near(10), "b_stage")


NEXT = FIRST + 1


def halls(units: float, *, other: int = 0) -> Case:
    """Two years; a chip lives for both, costs 1.5 million USD, and serves 1 million USD of tokens a year; 100 are
    asked for. There are halls for so many chips, and so many more stages that are as short.
    """
    links = [Link(f"halls{n or ''}", units, kind="stock", scope="regional") for n in range(other + 1)]
    case = chain(links, demand={FIRST: 100, NEXT: 100}, life=2, last_year=NEXT)
    case.tables["unit_costs"][0]["other_cost_usd"] = 1.5e6
    return case


def test_what_lasts_binds_where_a_year_alone_serves_nothing() -> None:
    """Halls for 40 chips. A hall of the first year alone carries a chip for one year, which does not pay: 1 against
    1.5. A hall from then on carries it for two: 0.5 million, half of it a year. In the second year a chip costs 0.75,
    so that a hall of that year alone gains 0.25.

    Sensitivity: by the relief of one year alone the first would be called `demand`, with 60 of 100 held back.
    Catches: a label of a year that is full and says that nothing is; an annual gain that counts no later year.
    """
    plan = plan_of(halls(40))
    first, second = (one(plan.binding, level="stage", year=t) for t in (FIRST, NEXT))
    assert (first["members"], first["state"], first["helps"]) == ("halls", "lasting", f"{FIRST} {NEXT}")
    assert (first["gain_usd_per_pct"], first["annual_gain_usd_per_pct"]) == (near(0.4 * 0.5e6), near(0.4 * 0.25e6))
    assert (first["gain_serving_usd_per_pct"], first["gain_saving_usd_per_pct"]) == (near(0.4 * 0.5e6), 0)
    assert (first["holds_to_pct"], first["next"]) == (near(150), "demand")
    assert (second["members"], second["state"], second["gain_usd_per_pct"]) == ("halls", "sole", near(0.4 * 0.25e6))
    row = one(plan.bottlenecks, stage="halls", year=FIRST)
    assert (row["state"], row["gain_usd_per_pct"], row["loss_usd_per_pct"]) == ("tight", 0, near(0.4 * 0.25e6))


def test_a_set_that_lasts() -> None:
    """Two stages of halls, each for 40 chips: only both together, and only for both years, serve more.

    Catches: joint sets that are looked for in one year alone.
    """
    first = one(plan_of(halls(40, other=1)).binding, level="stage", year=FIRST)
    assert (set(first["members"].split(" + ")), first["state"]) == ({"halls", "halls1"}, "lasting")
    assert first["gain_usd_per_pct"] == near(0.4 * 0.5e6)


def test_more_than_four_together_are_unresolved() -> None:
    """Five stages for 40 chips each: demand is held back, all together serve more, no four of them do. Of groups too.

    Sensitivity: with four of them they bind jointly.
    Catches: `demand` where demand is held back, because no set that is tried serves more.
    """
    plan = plan_of(halls(40, other=4))
    assert set(plan.binding["members"]) == {"unresolved"}
    assert set(plan.binding["state"]) == {"blocked"}
    assert set(plan_of(halls(40, other=3)).binding["state"]) == {"lasting", "joint"}


def test_demand_binds_where_next_to_nothing_is_held_back() -> None:
    """Halls for 99.5 of 100 chips: half a per cent is held back, which is none. For 98 halls bind.

    Catches: a label that hangs on the last tenth of a per cent; nothing that is ever `demand`.
    """
    labels = {units: one(plan_of(halls(units)).binding, level="stage", year=FIRST) for units in (98, 99.5, 120)}
    assert [labels[units]["members"] for units in labels] == ["halls", "demand", "demand"]
    assert labels[99.5]["state"] == "demand"


SITES = ("datacentre", "facility_power", "generation", "grid_delivery")


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("edits", "year", "label"),
    [
        ([f"capacity.capacity[stage={stage}] +40%" for stage in SITES], 2028, "grid_delivery"),
        (["capacity.price_usd[stage=hbm, year=2027..] *= 3"], 2030, UNRESOLVED),
    ],
)
def test_a_full_year_of_base_is_not_called_demand(edits: list[str], year: int, label: str) -> None:
    """By value 1.1 % is held back, or 7.7 %: more than counts as nothing. A hundredth of a per cent more of everything
    from the year on serves more in another year, whose curve has the step that is next; a whole per cent serves more in
    this one, too. Where memory is dear nearly all of the gain is cost that is saved.

    2026-11-30, data of autumn 2026: it was 30 % more of grid delivery alone, and twice the price of HBM.
    Sensitivity: the first was `demand` while a hundredth was asked, the second while what serves had to be a twentieth.
    Catches: a year that is full and called `demand`.
    """
    case, _ = apply(sc.load(BASE), edits)
    warm_solver = WarmSolver(case, years=(year,))
    assert warm_solver.central().labels["stage", year] == label


def test_the_part_of_a_gain_that_keeps_promises() -> None:
    """Wafers for 40 chips, 40 asked for, and 50 promised, at 0.5 million USD for each that is missing: 1 % more of
    wafers delivers 0.4 of them. Research and tokens have no part in it.

    Catches: promised chips that are called research, or cost saved.
    """
    case = chain([Link("wafers", 40)], demand=40)
    add(case, "commitments", commitment="deal", year=FIRST, label="A deal", accelerator="chip", family="", vendor="",
        basis="built", stage="", minimum=50, shortfall_usd_per_unit=5e5)  # fmt: skip
    row = one(plan_of(case).bottlenecks, stage="wafers")
    assert (row["state"], row["gain_usd_per_pct"], row["gain_orders_usd_per_pct"]) == ("sole", near(2e5), near(2e5))
    assert (row["gain_serving_usd_per_pct"], row["gain_saving_usd_per_pct"]) == (near(2e5), 0)
    assert row["gain_research_usd_per_pct"] == 0


def test_headroom_and_use() -> None:
    """Wafers for 40 chips bind; of what is for 50 four fifths are used, and a fifth could go; nothing uses the spare.

    Catches: headroom as a share of what is used; of a stage that binds; of one that nobody uses as none.
    """
    links = [Link("wafers", 40), Link("power", 50), Link("halls", 60, kind="stock", scope="regional")]
    case = chain(links)
    add_stage(case, Link("spare", 10), 4)
    add_supplier(case, Link("spare", 10))
    table = plan_of(case).bottlenecks.set_index("stage")
    assert dict(table["headroom_pct"]) == near({"wafers": 0, "power": 20, "halls": 100 / 3, "spare": 100})
    assert dict(table["used_share"]) == near({"wafers": 1, "power": 0.8, "halls": 2 / 3, "spare": 0})


@pytest.mark.parametrize("seed", range(0, 3 * fewer(20, 2), 3))
def test_labels_of_all_years_at_once_are_those_of_each_alone(seed: int) -> None:
    """Asked together, and with what is known of an LP alike, in which half of a limit is gone.

    Catches: duals of one year, or of another LP, that are taken for a bound on what relief saves and are none.
    """
    at = solve_lp(drawn(seed).plan.case)
    years = [*at.solved.case.report_years]
    finder = BottleneckFinder(at)
    assert finder.labels(years) == alone(at, years)
    limits = [i for label, i in at.lp.row.items() if label[0] == "supply_limit" and at.lp.row_upper[i] > 0]
    for row in Random(seed).sample(limits, min(4, len(limits))):
        with at.changed({row: 0.5 * float(at.lp.row_upper[row])}) as there:
            assert BottleneckFinder(there, alike=finder).labels(years) == alone(there, years)


def alone(at: SolvedLP, years: Sequence[int]) -> dict[tuple[str, int], str]:
    """The label of each level and year, by a finder of its own."""
    return {(level, t): BottleneckFinder(at).label(level, t) for t in years for level in LEVELS}
