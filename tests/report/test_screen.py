"""The first screen: what a planner reads who has nothing else. Each number is compared with its table."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from generator import FIRST
from paths import BASE, TINY_CURVE
from plants import Link, add, add_supplier, base_plan, chain, edited, half_of_packaging, loaded, plan_of

import supplychain as sc
from supplychain.case.provenance import one_estimate, weak_share
from supplychain.report.formats import number
from supplychain.report.names import Names
from supplychain.report.text.answer import text
from supplychain.report.text.overview import overview

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case

FOLDER = "inputs/base"


@pytest.fixture(scope="module")
def base() -> sc.Plan:
    return base_plan()


@pytest.fixture(scope="module")
def lines(base: sc.Plan) -> list[str]:
    return text(base, FOLDER).splitlines()


def of_case(case: Case) -> list[str]:
    """Return the screen of a case; no line is longer than a hundred columns or holds a number that is none."""
    shown = text(plan_of(case)).splitlines()
    assert max(map(len, shown)) <= 100
    assert not re.search(r"\b(nan|inf|None)\b", "\n".join(shown))
    return shown


def keys_in(shown: str, plan: sc.Plan) -> set[str]:
    """Return the keys of stages, regions and suppliers that stand in a text, and not inside a label of them."""
    tables = plan.case.tables
    pairs = [(row["stage"], row["label"]) for row in tables["stages"]]
    pairs += [(row["region"], row["label"]) for row in tables["regions"]]
    pairs += [(row["supplier"], row["label"]) for row in tables["suppliers"]]
    names = Names(plan.case)
    for longest in (1000, *range(15, 45)):
        labels = [names.stage(row["stage"], longest) for row in tables["stages"]]
        labels += [names.place(row["region"], longest) for row in tables["regions"]]
        for label in sorted((label for label in labels if not re.fullmatch(r"\w+", label)), key=len, reverse=True):
            shown = shown.replace(label, "")
    return {key for key, label in pairs if key != label and re.search(rf"\b{re.escape(key)}\b", shown)}


def test_the_screen_of_base_fits_and_has_no_key(base: sc.Plan, lines: list[str]) -> None:
    """Bug: a line too many, a line that is cut, or `grid_delivery` and `us_ercot` where a label should stand."""
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    assert keys_in("\n".join(lines), base) == set()
    assert keys_in("what binds: grid_delivery in us_ercot", base) == {"grid_delivery", "us_ercot"}
    assert lines[0] == "World AI compute, planned from 2026, from the installed base of end-2025 (base)"


def test_what_binds_and_what_else_nearly_does(base: sc.Plan, lines: list[str]) -> None:
    """Bug: a runner-up that only saves cost, a gain of another year or scale, a gap that is no difference."""
    header = ["What binds; bn USD gained by 1 % more", "gain", "holds to", "runner-up", "gain", "gap"]
    assert re.split(" {2,}", lines[1]) == header
    names, binding = Names(base.case), base.binding.set_index(["level", "year"])
    for t, line in zip(base.case.report_years, lines[2:], strict=False):
        group, stage = binding.loc["group", t], binding.loc["stage", t]
        gains = base.bottlenecks_by_group[base.bottlenecks_by_group["year"] == t].set_index("group")
        others = gains[(gains["state"] == "sole") & (gains.index != group["members"])]["annual_gain_usd_per_pct"]
        first, second = group["annual_gain_usd_per_pct"] / 1e9, others.max() / 1e9
        runner = [number(second), number(first - second)] if len(others) else []
        doubt = "?" if set(stage["members"].split(" + ")) & set(one_estimate(base.case)) else ""
        assert line.startswith(f"{t}  {names.binds(group['members'], stage['members'], 34, doubt)}")
        assert line[40:49].split() == [number(first)]
        assert line[49:60].split() == [f">{number(group['holds_to_pct'])}", "%"]
        assert line[60:84].strip() == (names.group(others.idxmax(), 20) if len(others) else "no other serves more")
        assert line[84:].split() == runner


def test_the_group_comes_first_and_the_numbers_are_of_it() -> None:
    """Three layers of one group, of which one is short; wafers are not.

    Bug: a layer stands first, or for all of its group; the gain is of the layer; what the brackets mean is not said.
    """
    layers = [Link("halls", 200.0), Link("grid", 100.0), Link("plants", 300.0)]
    case = chain([Link("wafers", 150.0), *(replace(layer, group="energised_sites") for layer in layers)])
    plan = plan_of(case)
    shown = of_case(case)
    assert shown[2].startswith(f"{FIRST}  energised sites (grid)  ")
    assert shown[3] == "In brackets: the stage that binds at central values. Numbers are of the group."
    holds = plan.binding.set_index("level")["holds_to_pct"]["group"]
    assert shown[4] == f"{FIRST}: the label changes to wafers with {number(holds)} % more of what binds."
    gain = plan.bottlenecks_by_group.set_index("group")["annual_gain_usd_per_pct"]["energised_sites"]
    assert f" {number(gain / 1e6)} " in shown[2]
    alone = of_case(chain([Link("wafers", 150.0), Link("grid", 100.0)]))
    assert alone[2].startswith(f"{FIRST}  grid  ")
    assert not any(line.startswith("In brackets") for line in alone)


def test_a_label_claims_no_more_than_it_knows(tmp_path: Path) -> None:
    """What binds by group and by stage, as tables have it, and what is said of it.

    Bug: one thing told twice, a stage put into a group that is not its own, a level that is left out, a key.
    """
    case = half_of_packaging()
    case.tables["stages"][0]["group"] = case.tables["stages"][1]["group"] = "big_packages"
    add(case, "stages", **(case.tables["stages"][0] | {"stage": "hbm", "label": "Memory", "group": "chips"}))
    case.tables["stages"][-1]["position"] = 9
    add_supplier(case, Link("hbm", 50.0))
    names = Names(loaded(case, tmp_path / "case"))
    packaging, share, *_ = (row["label"] for row in case.tables["stages"])
    assert names.binds("big_packages", "packaging") == f"big packages ({packaging})"
    assert names.binds("big_packages", "packaging", doubt="?") == f"big packages ({packaging}?)"
    assert names.binds("big_packages", "packaging + pack_share") == "big packages (all its stages)"
    assert names.binds("chips", "hbm") == "Memory"
    assert names.binds("big_packages + chips", "pack_share + hbm") == f"big packages + Memory ({share} + Memory)"
    assert names.binds("big_packages", "hbm") == "big packages (by stage: Memory)"
    assert names.binds("big_packages", "demand") == "big packages (by stage: none)"
    assert names.binds("big_packages", "unresolved") == "big packages (by stage: many)"
    assert names.binds("demand", "hbm") == "demand (by stage: Memory)"
    assert names.binds("demand", "demand") == "demand (no stage)"
    assert names.binds("unresolved", "unresolved") == "more than four stages at once"
    assert names.binds("capital", "capital") == "the capital budget"
    assert names.binds("big_packages", "packaging", 20) == "big packages"
    assert names.legend([("chips", "hbm")]) == []
    assert len(names.legend([("big_packages", "packaging")])) == 1
    assert len(names.legend([("big_packages", "hbm")])) == 1
    assert names.legend([("big_packages", "unresolved")])[1:] == ["By stage, many: more than four stages together."]


def test_what_is_served_held_back_and_paid(base: sc.Plan, lines: list[str]) -> None:
    """Bug: two rows exchanged, another scale in a cell than in its header."""
    by_year = base.service.groupby("year")[["served_ttok", "blocked_ttok", "uneconomic_ttok"]].sum() / 1e3
    cost = base.token_cost[base.token_cost["workload"] == "all"]
    expected = {
        "Tokens served, quadrillion (10^15)": by_year["served_ttok"],
        "  held back by limits of stages": by_year["blocked_ttok"],
        "  not worth its cost, even without limits": by_year["uneconomic_ttok"],
        "Cost, USD per million tokens: average": cost["average_usd_per_mtok"],
        "  with research and all other cost on tokens": cost["fully_loaded_usd_per_mtok"],
        "  marginal, for one million more": cost["marginal_usd_per_mtok"],
    }
    for name, values in expected.items():
        row = next(line for line in lines if line.startswith(name))
        assert row[44:].split() == [number(x) for x in values]


def test_what_to_order_adds_up(base: sc.Plan, lines: list[str]) -> None:
    """Bug: a stage left out, orders of another year, amounts of several units added, the place with least named."""
    orders = base.orders[base.orders["order_year"] == 2026]
    start = next(n for n, line in enumerate(lines) if line.startswith("Order in 2026: "))
    assert f": {number(orders['capex_usd'].sum() / 1e9)} bn USD in all; " in lines[start]
    names = Names(base.case)
    by_stage = orders.groupby("stage")["capex_usd"].sum().sort_values(ascending=False)
    for stage, line in zip(by_stage.index, lines[start + 1 :], strict=False):
        of_stage = orders[orders["stage"] == stage]
        most = of_stage.groupby("place")["amount"].sum().idxmax()
        others = of_stage["place"].nunique() - 1
        assert line.startswith(f"  {names.stage(stage, 24)}")
        assert f"most in {names.place(most)}; {others} more  " in line
        years = sorted({of_stage["online_year"].min(), of_stage["online_year"].max()})
        assert line.split()[-2:] == ["-".join(map(str, years)), number(by_stage[stage] / 1e9)]
        assert f" {number(of_stage['amount'].sum())} MW" in line
    assert lines[start + 1 + len(by_stage)].startswith("How sure: ")


def test_how_sure_is_computed(base: sc.Plan, lines: list[str]) -> None:
    """Bug: a sentence that is there whatever the answer is, or a command that cannot be typed.

    What is sure is not how long a label holds: that stands below the labels, where one is known to change.
    """
    group = base.binding[base.binding["level"] == "group"]
    assert (group["next"] == group["members"]).all()
    assert not any("label changes" in line for line in lines)
    said = f"How sure: not drawn yet. Probabilities and bands: supplychain uncertainty {FOLDER} --attach"
    share = f"{100 * weak_share(base.case):.0f}"
    more = f"  {share} % of inputs rest on estimates or assumptions. One by one: supplychain sensitivity {FOLDER}"
    assert lines[-2:] == [said, more]
    assert text(base, "x" * 90).splitlines()[-1] == f"  supplychain sensitivity {'x' * 90}"


def test_weak_evidence_is_followed_to_where_it_comes_from(tmp_path: Path) -> None:
    """Two of a chain's rows rest on what is measured, of which one was derived from an estimate.

    Bug: what is derived counts as good, whatever it was derived from; or as weak, though it rests on what was read.
    """
    case = chain([Link("wafers", 100.0), Link("power", 120.0)])
    every = weak_share(loaded(case, tmp_path / "all"))
    add(case, "sources", source="meter", title="Read", publisher="the tests", evidence="measured", derived_from="")
    add(case, "sources", source="sum", title="Derived", publisher="the tests", evidence="derived", derived_from="paper")
    one, other = case.tables["capacity"]
    one["source"] = "meter"
    counted = weak_share(loaded(case, tmp_path / "one"))
    other["source"] = "sum"
    assert every == 1.0
    assert 0 < counted < 1
    assert weak_share(loaded(case, tmp_path / "both")) == counted


def test_a_year_in_which_no_stage_binds() -> None:
    """All is served: the year has a plain name, and no numbers. Bug: `demand`, nan, or a runner-up of nothing."""
    shown = of_case(chain([Link("wafers", 100.0)], demand=10.0))
    assert shown[2] == f"{FIRST}  demand (no stage)"
    assert not any("label changes" in line for line in shown)
    assert "Order: the plan orders nothing." in shown


def test_stages_that_bind_together_are_both_named() -> None:
    """Two stages that are equally short: neither alone serves more. Bug: one is named, or a list of keys."""
    shown = of_case(chain([Link("wafers", 100.0), Link("power", 100.0)]))
    assert shown[2].startswith(f"{FIRST}  wafers + power")


def test_a_state_is_explained_where_it_stands() -> None:
    """Halls of 2026 alone serve nothing more, halls from 2026 on do. Bug: a label that no relief of its year explains.

    Of five stages that are short together none binds alone, nor do four. Bug: a name that nobody can look up.
    """
    shown = text(sc.solve(sc.load(TINY_CURVE))).splitlines()
    assert shown[4].startswith("2026: more of it from that year on serves more in it, more in that year alone does not")
    assert not any(line.startswith("2027:") for line in shown)
    blocked = of_case(chain([Link(f"stage{n}", 40.0) for n in range(5)]))
    assert blocked[3].startswith(f"{FIRST}: demand is held back; more of all stages serves more")


def test_a_gap_too_small_for_its_scale_is_said_to_be() -> None:
    """Two stages short at once, of which one gains a millionth as much. Bug: a number that is cut: `0.0000…`."""
    case = chain([Link("wafers", 100.0), Link("power", 200.0)])
    add(case, "accelerators", **(case.tables["accelerators"][0] | {"accelerator": "small", "label": "A small chip"}))
    add(case, "unit_costs", accelerator="small", year=FIRST, other_cost_usd=0)
    add(case, "throughput", **(case.tables["throughput"][0] | {"accelerator": "small"}))
    case.tables["throughput"][-1]["tokens_per_second"] *= 1e-7
    add(case, "bill_of_materials", accelerator="small", stage="power", quantity=1)
    assert re.search(r" power +<0\.001 +1,000$", of_case(case)[2])


def test_a_stage_of_which_there_is_nothing() -> None:
    """One per cent of nothing is nothing. Bug: nan, or a gain of 0 beside a stage that binds."""
    shown = of_case(chain([Link("wafers", 0.0)]))
    assert re.match(rf"{FIRST}  wafers +no unit ", shown[2])
    assert shown[3].startswith("no unit: there is nothing of it yet")
    assert next(line for line in shown if line.startswith("Cost, USD")).split(": ")[1] == "average"


def test_a_long_horizon_has_blocks_of_five_years() -> None:
    """Bug: a case of 25 years is cut at the edge of the screen."""
    years = range(FIRST, FIRST + 25)
    case = edited(chain([Link("wafers", 100.0)], demand=dict.fromkeys(years, 1e6)), last_year=years[-1])
    shown = of_case(case)
    assert [line[:4] for line in shown[2:27]] == list(map(str, years))
    headers = [line.split() for line in shown if re.fullmatch(r" +(\d{4} *)+", line)]
    assert headers == [list(map(str, years[n : n + 5])) for n in range(0, 25, 5)]


def test_limited_foresight_has_a_screen_like_any_other() -> None:
    """Bug: what is read from one window alone."""
    case = chain([Link("wafers", 100.0)], demand={FIRST: 1e6, FIRST + 2: 1e6})
    shown = of_case(edited(case, last_year=FIRST + 2, foresight_years=1))
    assert [line[:12] for line in shown[2:5]] == [f"{t}  wafers" for t in range(FIRST, FIRST + 3)]


def with_orders() -> Case:
    """Three years of one stage of which 10 more can be ordered each year, for 2 million USD each, a year ahead."""
    years = range(FIRST, FIRST + 3)
    case = chain([Link("wafers", 100.0)], demand=dict.fromkeys(years, 1e6), value=100.0)
    for t in years[:2]:
        add(case, "expansion", stage="wafers", supplier="acme", place="global", year=t, max_expansion=10,
            capex_usd_per_unit=2e6, lead_years=1)  # fmt: skip
    return edited(case, last_year=years[-1])


def test_what_is_locked_in_is_not_an_order_of_now(tmp_path: Path) -> None:
    """Bug: a planner is told to order what was ordered long ago."""
    case = loaded(with_orders(), tmp_path / "case")
    plan = sc.solve(case)
    now = text(plan).splitlines()
    ordered = next(n for n, line in enumerate(now) if line.startswith(f"Order in {FIRST}: 20.0 m USD in all; 20.0 in "))
    assert now[ordered + 1].split() == ["wafers", "worldwide", "10.0", "units", str(FIRST + 1), "20.0"]
    later = text(sc.solve(case, orders_from=plan, until=FIRST)).splitlines()
    assert any(line.startswith(f"Order in {FIRST + 1}: 20.0 m USD in all  ") for line in later)
    assert f"  Orders up to {FIRST} are locked in." in later


def test_the_power_line_names_the_stage_that_is_used() -> None:
    """Chips stand in owned halls until these are full, and in rented ones, which are dearer and last in the chain.

    Bug: the last stage in MW is meant, and a case that rents little or nothing shows 0 MW; a line without a stage.
    """
    case = chain([Link("wafers", 100.0)])
    assert not any(", MW" in line for line in of_case(case))
    for name, position in (("own", 8), ("rent", 9)):
        add(case, "stages", stage=name, label=f"The {name} halls", group="sites", nature="physical", unit="MW",
            kind="stock", scope="global", position=position)  # fmt: skip
        add_supplier(case, Link(name, 50.0 if name == "own" else 0.0, kind="stock"))
    add(case, "bill_of_materials", accelerator="chip", stage="own", quantity=1)
    add(case, "accelerators", **(case.tables["accelerators"][0] | {"accelerator": "rented", "label": "A rented chip"}))
    add(case, "unit_costs", accelerator="rented", year=FIRST, other_cost_usd=0)
    add(case, "bill_of_materials", accelerator="rented", stage="rent", quantity=1)
    (power,) = [line for line in of_case(case) if ", MW" in line]
    assert power.split() == ["The", "own", "halls,", "MW", "50.0"]
    assert "The own halls, MW" in overview(plan_of(case))[1][1].index


def test_labels_are_cut_and_stay_apart(tmp_path: Path) -> None:
    """Bug: two stages that read alike, a label with a line end, or a key although the label would fit."""
    case = half_of_packaging()
    for row, label in zip(case.tables["stages"], ("Packaging of\nall chips", "Packaging of all boards"), strict=True):
        row["label"] = label
    names = Names(loaded(case, tmp_path / "case"))
    assert (names.stage("packaging"), names.stage("pack_share")) == (
        "Packaging of all chips",
        "Packaging of all boards",
    )
    assert (names.stage("packaging", 20), names.stage("pack_share", 20)) == ("Packaging … chips", "Packaging … boards")
    assert names.stage("pack_share", 23) == "Packaging of all boards"
    assert names.members("packaging + pack_share", 30) == "…chips + …boards"
    assert (names.place("nowhere"), names.stage("capital")) == ("nowhere", "the capital budget")
    real = Names(sc.load(BASE))
    assert real.supplier("hbm", "sk_hynix") == "SK hynix"
    assert real.item("other").startswith("systems: ")
    assert real.members("n3 + hbm + cowos", 40) == "Logic wafers, TSMC N3 family… + 2 more"
