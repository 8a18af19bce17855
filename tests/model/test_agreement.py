"""The package agrees with an independent statement of the same LP, in its objective and in every price.

The reference (`reference.py`) shares no code with the package. Prices are compared with finite re-solves of it: the
cost is convex and piecewise linear in the limits, so where a step and half of it cost the same per unit, there is no
breakpoint in between and the quotient is the one-sided derivative.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import reference
from effort import one_in
from generator import FIRST
from paths import INPUTS
from plants import Drawn, Link, base_plan, chain, drawn, statement_of, whole
from reference import HOURS_PER_YEAR, MTOK_PER_TTOK, Label
from slopes import ROUNDING, TOLERANCE, slope

import supplychain as sc

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reference import Answer, Terms

pytestmark = pytest.mark.unmeasured

SEEDS = range(60)
PRICED = (0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 17, 28, 31, 32, 35, 36, 41, 44, 54)
"""Random cases whose every price is re-solved: see `test_the_priced_cases_have_what_matters`."""
CURVED_PRICED = (13, 33, 43, 48)
"""Random cases with curves, as 3 and 28 are, too, in which a tier of a curve is served in part."""
UNITS_PRICED = (4, 28, 31, 36, 54)
"""Those of them in which every single limit is re-solved."""


def given(name: str) -> Path:
    return INPUTS / name


@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_the_objective_of_a_random_case(seed: int) -> None:
    """Two statements of one LP, two readers, two sets of rows: one number, to 1e-8 relative.

    Between them the cases use every table and option (`test_reference.py` proves it of the generator).
    Sensitivity: any term that one of the two reads differently moves the objective by more than rounding.
    Catches: a wrong coefficient, index set, annuity, lead, share, need or life anywhere in the model.
    """
    d = drawn(seed)
    assert d.plan.objective_usd == pytest.approx(d.answer.objective_usd, rel=1e-8, abs=1e-3)


@pytest.mark.parametrize("name", ["tiny", "lab", "base"])
def test_the_objective_of_a_shipped_case(name: str) -> None:
    """The same for the shipped cases.

    Catches: what only a large case with real numbers shows, such as scaling and tolerances.
    """
    answer = reference.build(reference.load(given(name))).solve()
    plan = base_plan() if name == "base" else sc.solve(sc.load(given(name)))
    assert plan.objective_usd == pytest.approx(answer.objective_usd, rel=1e-8)


def test_the_priced_cases_have_what_matters() -> None:
    """Among the cases whose prices are re-solved are all kinds of relief that are easily got wrong.

    Catches: a set of cases that never meets an allocation, a budget, a group of several stages, an ordered expansion,
    research.
    """
    seen: set[str] = set()
    for seed in PRICED:
        d = drawn(seed)
        b, g = d.plan.bottlenecks, d.plan.bottlenecks_by_group
        gains = b[b["gain_usd_per_pct"] > 0]
        sizes = b[b["year"] == b["year"].min()].groupby("group").size()
        several = g[g["group"].isin(sizes[sizes > 1].index)]
        seen |= {
            name
            for name, found in {
                "a gain": not gains.empty,
                "a gain that is all saving": (gains["gain_saving_usd_per_pct"] == gains["gain_usd_per_pct"]).any(),
                "a gain in research": (gains["gain_research_usd_per_pct"] > 0).any(),
                "a gain in tokens and in research": (
                    (gains["gain_research_usd_per_pct"] > 0)
                    & (gains["gain_serving_usd_per_pct"] > gains["gain_research_usd_per_pct"])
                ).any(),
                "a loss without a gain": ((b["gain_usd_per_pct"] == 0) & (b["loss_usd_per_pct"] > 0)).any(),
                "a gain of the budget": (gains["stage"] == "capital").any(),
                "a gain of a group": (several["gain_usd_per_pct"] > 0).any(),
                "a gain of a stage that is drawn from": bool(
                    {s for _, _, s in d.lp.numbers.allocations} & set(gains["stage"])
                ),
                "a gain of an expanded stage": bool({x[1] for x in d.expanded} & set(gains["stage"])),
                "a gain in a later year at a rate above 0": d.lp.numbers.rate > 0
                and (gains["year"] > d.lp.numbers.first).any(),
                "a relief that helps other years": gains["helps"].str.contains(" ").any(),
                "blocked tokens": (d.plan.service["blocked_ttok"] > 0).any(),
                "uneconomic tokens": (d.plan.service["uneconomic_ttok"] > 0).any(),
            }.items()
            if found
        }
    assert seen == {
        "a gain",
        "a gain that is all saving",
        "a gain in research",
        "a gain in tokens and in research",
        "a loss without a gain",
        "a gain of the budget",
        "a gain of a group",
        "a gain of a stage that is drawn from",
        "a gain of an expanded stage",
        "a gain in a later year at a rate above 0",
        "a relief that helps other years",
        "blocked tokens",
        "uneconomic tokens",
    }


def relieved(d: Drawn, stages: set[str], year: int, share: float) -> Terms:
    """The shift of limits that relieves these stages, or the budget, by a share of themselves."""
    if stages == {"capital"}:
        return {("budget", year): share * d.lp.rhs["budget", year]}
    return reference.relief(d.lp, d.expanded, stages, year, share)


@cache
def members(seed: int) -> dict[str, set[str]]:
    return members_of(drawn(seed))


def members_of(d: Drawn) -> dict[str, set[str]]:
    """The stages of each group."""
    found: dict[str, set[str]] = defaultdict(set, {"capital": {"capital"}})
    for s, row in d.lp.numbers.stages.items():
        found[row["group"]].add(s)
    return found


def assert_priced(d: Drawn, row: pd.Series, stages: set[str]) -> None:
    """Compare gain, loss and the parts of the gain of one row with re-solves, in USD of its year."""
    year = int(row["year"])
    assert_gain(d, row, relieved(d, stages, year, 0.01))
    usd, down = 1 / d.lp.numbers.delta(year), relieved(d, stages, year, -0.01)
    loss, sure = slope(d.lp, down)
    least = TOLERANCE * row["gain_usd_per_pct"] + sure * usd
    assert row["loss_usd_per_pct"] == pytest.approx(-loss * usd, rel=TOLERANCE, abs=least)


def assert_gain(d: Drawn, row: pd.Series, up: Terms) -> None:
    """Compare the gain of one row, and its nested parts, with re-solves, in USD of its year."""
    usd = 1 / d.lp.numbers.delta(int(row["year"]))
    gain, sure = slope(d.lp, up)
    scale = abs(gain)

    def near(discounted: float, sure: float) -> object:
        return pytest.approx(discounted * usd, rel=TOLERANCE, abs=(TOLERANCE * scale + sure) * usd)

    assert row["gain_usd_per_pct"] == near(gain, sure)
    if row["gain_usd_per_pct"] == 0:
        assert row["gain_saving_usd_per_pct"] == row["gain_orders_usd_per_pct"] == row["gain_research_usd_per_pct"] == 0
        return
    saving, sure = slope(d.lp, up, d.kept)
    assert row["gain_saving_usd_per_pct"] == near(saving, sure)
    assert row["gain_serving_usd_per_pct"] == near(gain - saving, sure)
    with_orders, more = slope(d.lp, up, d.done)
    assert row["gain_orders_usd_per_pct"] == near(with_orders - saving, sure + more)
    with_research, sure = slope(d.lp, up, d.served)
    assert row["gain_research_usd_per_pct"] == near(with_research - with_orders, sure + more)


@pytest.mark.parametrize("seed", [*one_in(2, PRICED), *one_in(2, CURVED_PRICED)])
def test_what_relief_of_a_stage_is_worth(seed: int) -> None:
    """Gain, loss and the nested parts of the gain of each stage (and budget) and year are slopes of the other cost.

    Saving: with all that is served, and every shortfall, held at the plan's values. Orders: with all that is served
    held, beyond the saving. Research: with tokens alone held, beyond both. Serving: all but the saving.
    Sensitivity: a price left discounted is off by (1 + rate)^n; an allocation that does not rise loses its gain; a
    relief of the capacity alone, without what was ordered, is too small.
    Catches: a dual of a tie taken for a price; a wrong discount; a direction that leaves limits out or moves one twice.
    """
    d = drawn(seed)
    for _, row in d.plan.bottlenecks.iterrows():
        if not math.isnan(row["gain_usd_per_pct"]):
            assert_priced(d, row, {row["stage"]})


@pytest.mark.parametrize("seed", one_in(2, PRICED))
def test_what_relief_of_a_group_is_worth(seed: int) -> None:
    """The same one level up: in a group each limit rises once, by 1 % of itself.

    Sensitivity: a limit that rises by itself and again with what it draws from earns twice.
    Catches: groups summed from their stages; limits that move twice.
    """
    d = drawn(seed)
    for _, row in d.plan.bottlenecks_by_group.iterrows():
        if not math.isnan(row["gain_usd_per_pct"]):
            assert_priced(d, row, members(seed)[row["group"]])


@cache
def full(seed: int) -> Drawn:
    """A few years of a chip that does not pay within one of them, and stages that are nearly as short as each other."""
    random = Random(seed)
    count, years = random.randint(1, 3), random.randint(2, 4)
    links = [
        Link(f"halls{n}", random.choice((40, 40, 42)), kind="stock", scope="regional", price=random.choice((0, 1e5)))
        for n in range(count)
    ]
    links.append(Link("wafers", random.choice((60, 1e3)), cost_life=years, price=random.choice((0, 2e5))))
    last = FIRST + years - 1
    demand = {t: random.choice((50, 100)) for t in range(FIRST, last + 1)}
    case = chain(links, demand=demand, life=years, last_year=last, discount_rate=random.choice((0, 0.1)))
    case.tables["unit_costs"][0]["other_cost_usd"] = random.uniform(0.8, 0.9 * years) * 1e6
    return Drawn(whole(case))


def from_on(d: Drawn, stages: set[str], t: int) -> dict[Label, float]:
    """The shift of limits that relieves stages, by one per cent, in a year and in every later one."""
    years = range(t, d.lp.numbers.last + 1)
    return {row: move for u in years for row, move in relieved(d, stages, u, 0.01).items()}


@pytest.mark.parametrize("seed", range(12))
def test_what_lasts_gains_what_later_years_gain_too(seed: int) -> None:
    """The gain of what lasts, and its parts, are slopes of the second statement's cost along limits that rise from the
    year on; relief of that year alone serves nothing more.

    Catches: relief that leaves a later year out, or raises it twice; an annual gain that is another year's.
    """
    d = full(seed)
    for _, row in d.plan.binding[d.plan.binding["state"] == "lasting"].iterrows():
        t, names = int(row["year"]), set(row["members"].split(" + "))
        stages = set().union(*(members_of(d)[name] for name in names)) if row["level"] == "group" else names
        assert_gain(d, row, from_on(d, stages, t))
        assert str(t) in row["helps"].split()
        alone, sure = slope(d.lp, relieved(d, stages, t, 0.01))
        kept, more = slope(d.lp, relieved(d, stages, t, 0.01), d.kept)
        assert alone - kept <= 0.05 * alone + sure + more


def test_some_labels_last() -> None:
    """Among these cases are labels that last, alone and as a set, and labels of other kinds."""
    rows = pd.concat([full(seed).plan.binding for seed in range(12)])
    lasting = rows[rows["state"] == "lasting"]["members"]
    assert {"lasting", "sole", "demand"} <= set(rows["state"])
    assert lasting.str.contains(" + ", regex=False).any()
    assert not lasting.str.contains(" + ", regex=False).all()


@pytest.mark.parametrize("seed", one_in(3, SEEDS))
def test_demand_binds_only_where_nothing_is_held_back_or_no_stage_would_help(seed: int) -> None:
    """Where `demand` binds, next to nothing is held back, or all stages together, from the year on, do not serve more.

    Catches: a year that is full and called `demand`.
    """
    d = drawn(seed)
    for t in d.plan.binding.loc[d.plan.binding["state"] == "demand", "year"]:
        of_year = d.plan.service[d.plan.service["year"] == t]
        research = d.plan.research_service[d.plan.research_service["year"] == t]
        worth = {
            which: (of_year[f"{which}_ttok"] * of_year["value_usd_per_mtok"]).sum() * MTOK_PER_TTOK
            for which in ("served", "blocked")
        }
        if not research.empty or worth["blocked"] <= 0.01 * (worth["served"] + worth["blocked"]):
            continue
        up = from_on(d, set(d.lp.numbers.stages), t)
        gain, sure = slope(d.lp, up)
        assert served_in(d, t, up) - served_in(d, t, {}) <= 1e-3 * (gain + sure) + 1.0, t


def served_in(d: Drawn, t: int, shift: Terms) -> float:
    """The worth of the tokens served in a year, after a shift [USD of the year]."""
    answer = d.lp.solve(rhs_shift=shift)
    rows = d.plan.service[d.plan.service["year"] == t].itertuples()
    return MTOK_PER_TTOK * sum(r.value_usd_per_mtok * answer.values["serve", r.workload, r.tier, t] for r in rows)  # noqa: PD011 - it is no frame


@pytest.mark.parametrize("seed", one_in(3, PRICED))
def test_headroom_is_what_could_go_before_anything_costs_more(seed: int) -> None:
    """With limits lower by the headroom the second statement costs as much as before; by a little more, more.

    Catches: headroom that ends where one dual does, and not where the cost rises; that leaves what draws from a stage.
    """
    d = drawn(seed)
    start = d.answer.objective_usd
    for _, row in d.plan.bottlenecks.iterrows():
        pct, t = row["headroom_pct"], int(row["year"])
        if math.isnan(pct) or pct == 0:
            assert math.isnan(pct) or row["loss_usd_per_pct"] > 0
            continue
        lower = d.lp.solve(rhs_shift=relieved(d, {row["stage"]}, t, -pct / 100)).objective_usd
        assert lower == pytest.approx(start, rel=1e-8), (t, row["stage"])
        if pct < 100 * (1 - 1e-9):
            further = relieved(d, {row["stage"]}, t, -(pct + 0.1 * (100 - pct)) / 100)
            try:
                assert d.lp.solve(rhs_shift=further).objective_usd > start * (1 + 1e-10), (t, row["stage"])
            except reference.UnsolvedError:
                continue  # nothing is feasible then


@pytest.mark.parametrize("seed", one_in(2, PRICED))
def test_a_limit_of_nothing_ranks_first_if_a_unit_would_gain(seed: int) -> None:
    """Where every limit of a stage is 0 the percentages are blank, and it ranks first exactly if one unit would gain.

    Catches: a stage without any capacity that is called slack, because 1 % of nothing is nothing.
    """
    d = drawn(seed)
    b = d.plan.bottlenecks
    for year, rows in b[b["gain_usd_per_pct"].isna()].groupby("year"):
        gaining = set()
        for s in rows["stage"]:
            limits = [row for row in d.lp.rows_of("supply_limit") if row[1] == s and row[4] == year]
            units = [slope(d.lp, {row: 1e-3}) for row in limits]
            if s == "capital":
                units = [slope(d.lp, {("budget", int(year)): 1.0})]
            if any(gain > sure for gain, sure in units):
                gaining.add(s)
            assert s == "capital" or all(limit_of(d, row) == 0 for row in limits)
        first = rows[rows["rank"] <= len(gaining)]
        assert set(first["stage"]) == gaining
        assert set(first["state"]) <= {"sole", "saving"}


def limit_of(d: Drawn, row: Label) -> float:
    _, s, k, p, t = row
    return d.lp.limits[str(s), str(k), str(p), int(t)].at(d.expanded)


@pytest.mark.parametrize("seed", UNITS_PRICED)
def test_what_one_unit_of_a_stage_is_worth(seed: int) -> None:
    """A stage's price at a place is the smallest slope over its suppliers with a limit above 0, or over all.

    Sensitivity: the largest would report a cheap supplier's advantage as scarcity.
    Catches: prices per per cent shown as prices per unit; discounting; suppliers without any limit counted in.
    """
    d = drawn(seed)
    n = d.lp.numbers
    for row in d.plan.stages.itertuples():
        year = int(row.year)
        sites = [(s, k, p) for s, k, p in n.sites if (s, p) == (row.stage, row.place)]
        limits = {site: d.lp.limits[(*site, year)].at(d.expanded) for site in sites}
        counted = [site for site, limit in limits.items() if limit > 0] or sites
        for sign, shown in ((1, row.gain_usd_per_unit), (-1, row.loss_usd_per_unit)):
            if sign < 0 and all(limit == 0 for limit in limits.values()):
                continue
            moves = {site: sign * 0.01 * max(limits[site], 1e-4) for site in counted}
            found = [(site, slope(d.lp, {("supply_limit", *site, year): move})) for site, move in moves.items()]
            price, sure = min((rise / moves[site], sure / abs(moves[site])) for site, (rise, sure) in found)
            usd = 1 / n.delta(year)
            assert shown == pytest.approx(price * usd, rel=TOLERANCE, abs=sure * usd)


@pytest.mark.parametrize("seed", [*one_in(2, PRICED), *one_in(2, CURVED_PRICED)])
def test_what_one_more_million_tokens_costs(seed: int) -> None:
    """The marginal cost is the loss of the row `service`: tokens that must be served beside demand, per Mtok,
    undiscounted.

    Sensitivity: discounted it is (1 + rate)^n too low in year n; the gain instead of the loss is too low at every tie.
    Catches: the wrong side, sign, unit or discount.
    """
    d = drawn(seed)
    priced = d.plan.token_cost[d.plan.token_cost["workload"] != "all"]
    for row in priced.itertuples():
        year = int(row.year)
        served = math.fsum(x for label, x in d.served.items() if (label[1], label[3]) == (row.workload, year))
        asked = math.fsum(d.lp.rhs[x] for x in d.lp.rows_of("demand") if (x[1], x[3]) == (row.workload, year))
        step = 0.01 * (served or asked or 1.0)
        loss, sure = slope(d.lp, {("service", row.workload, year): -step})
        usd = 1 / d.lp.numbers.delta(year) / step / MTOK_PER_TTOK
        assert row.marginal_usd_per_mtok == pytest.approx(-loss * usd, rel=TOLERANCE, abs=sure * usd, nan_ok=True)


@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_what_is_blocked_would_be_served_without_limits(seed: int) -> None:
    """Blocked is what the reference serves more once supply limits and budgets are dropped; the rest is uneconomic.

    Builds, ramps and cash keep their limits and nothing is ordered. Compared by what it is worth, since equal optima
    may serve another tier of the same worth, as all of them are where a price is charged.
    Sensitivity: with build limits dropped too, more is blocked; with the budget kept, less.
    Catches: blocked and uneconomic swapped; a limit that stays; a blocked amount above what is unserved.
    """
    d = drawn(seed)
    free = d.lp.solve(
        drop_rows=d.lp.rows_of("supply_limit", "budget"),
        hold=dict.fromkeys(d.lp.columns("expand"), 0.0),
    )
    value = unserved_value(d, free)
    by_table = blocked_value(d)
    assert by_table == pytest.approx(value, rel=1e-6, abs=1e-9 * abs(free.objective_usd) + 1e-3)


SERVED = ("serve", "research")


def worth(d: Drawn, label: Label) -> float:
    """What one unit served is worth, discounted [USD]."""
    return -d.lp.cost[label]


def unserved_value(d: Drawn, free: Answer) -> float:
    there = free.values  # noqa: PD011 - no pandas here
    more: dict[tuple[str | int | float, ...], float] = defaultdict(float)
    for x, served in d.kept.items():
        if x[0] in SERVED:
            more[x[1] if x[0] == "serve" else x[0], x[-1], worth(d, x)] += there[x] - served
    return math.fsum(usd * max(0.0, amount) for (*_, usd), amount in more.items())


def blocked_value(d: Drawn) -> float:
    n = d.lp.numbers
    tokens = (
        r.blocked_ttok * n.earned(r.workload, r.tier, int(r.year)) * MTOK_PER_TTOK * n.delta(int(r.year))
        for r in d.plan.service.itertuples()
    )
    research = (
        r.blocked_h100e_years * n.rent.price((r.tier,), int(r.year)) * HOURS_PER_YEAR * n.delta(int(r.year))
        for r in d.plan.research_service.itertuples()
    )
    return math.fsum(tokens) + math.fsum(research)


@pytest.mark.parametrize("seed", one_in(2, SEEDS))
def test_what_each_stage_would_need(seed: int) -> None:
    """Required is what the reference supplies with no limit on any stage, build, ramp, budget or cash.

    Nothing is ordered. Where its optimum is one of many, it lies between the least and the most that any of them
    supplies.
    Stages that only expansions need are worked out in `test_chain.py`.
    Sensitivity: with build limits or ramps kept, less is required in most cases.
    Catches: limits that stay; available and required mixed up; places left out.
    """
    d = drawn(seed)
    dropped = d.lp.rows_of("supply_limit", "build_limit", "ramp", "budget", "cash_balance")
    hold = dict.fromkeys(d.lp.columns("expand"), 0.0)
    free = d.lp.solve(drop_rows=dropped, hold=hold)
    for row in d.plan.requirements.itertuples():
        s, year = str(row.stage), int(row.year)
        limits = [limit_of(d, label) for label in d.lp.rows_of("supply_limit") if (label[1], label[4]) == (s, year)]
        assert row.available == pytest.approx(math.fsum(limits), rel=1e-9)
        supplied = [x for x in d.lp.columns("supply") if (x[1], x[4]) == (s, year)]
        if not used_by_more_than_expansions(d, s) or not supplied:
            continue
        there = free.values  # noqa: PD011 - no pandas here
        total = math.fsum(there[x] for x in supplied)
        if row.required != pytest.approx(total, rel=1e-6, abs=1e-6):
            least, most = between(d, free, supplied, dropped, hold)
            assert least - 1e-6 * (1 + most) <= row.required <= most + 1e-6 * (1 + most)


def used_by_more_than_expansions(d: Drawn, s: str) -> bool:
    in_bill = any(s in bill for bill in d.lp.numbers.bom.values())
    return in_bill or any(s in needed for (basis, *_), needed in d.lp.numbers.needs.items() if basis == "supply")


def between(
    d: Drawn, free: Answer, supplied: list[Label], dropped: set[Label], hold: Mapping[Label, float]
) -> tuple[float, float]:
    """The least and the most that these columns come to among the optima of the freed LP."""
    face = statement_of(d.case)
    cost = math.fsum(c * free.values[x] for x, c in face.cost.items())  # noqa: PD011 - no pandas here
    face.row(("optimal",), [(c, x) for x, c in face.cost.items()], cost + ROUNDING * abs(free.objective_usd))
    found = []
    for sign in (1.0, -1.0):
        face.cost = {x: sign if x in supplied else 0.0 for x in face.cost}
        face.constant = 0.0
        found.append(sign * face.solve(drop_rows=dropped, hold=hold).objective_usd)
    return found[0], found[1]
