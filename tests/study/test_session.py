"""A session: what-ifs of a case that stays solved, against a solve of each changed case, to the digit as written."""

from __future__ import annotations

import gc
import tempfile
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from edits import DrawnEdits, lp_by_name
from effort import THOROUGH, fewer
from generator import random_case, write_case
from paths import INPUTS, TINY, TINY_CURVE

import supplychain as sc
from supplychain.case.changes import apply
from supplychain.errors import ChangeError, NoAnswerError
from supplychain.model import solver
from supplychain.results.write import csv
from supplychain.study import session as session_module

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = {
    "service": "service",
    "service_by_workload": "service_by_workload",
    "research_service": "research_service",
    "orders": "orders",
    "builds": "builds",
    "regions": "installed_base",
    "supply": "supply",
}
"""Tables of a session's answer, and those of a plan that they are."""
MORE_HBM = "capacity.capacity[stage=hbm] *= 1.3"


def drawn(seed: int) -> sc.Case:
    with tempfile.TemporaryDirectory() as folder:
        return sc.load(write_case(random_case(seed), Path(folder)))


def same(answer: sc.WhatIfAnswer, plan: sc.Plan, what: object) -> None:
    """Totals, tables, labels and headroom are those of the plan, as they are written."""
    for name in ("objective_usd", "net_benefit_usd", "value_usd", "cost_usd"):
        assert getattr(answer, name) == plan.summary[name], (what, name)
    for mine, theirs in TABLES.items():
        assert csv(getattr(answer, mine)) == csv(plan.tables[theirs]), (what, mine)
    binding = plan.binding.sort_values(["year", "level"])[["year", "level", "members"]]
    assert csv(answer.labels) == csv(binding), what
    rooms = plan.bottlenecks.sort_values(["year", "stage"])[["year", "stage", "headroom_pct", "used_share"]]
    years = set(answer.headroom["year"])
    rooms = rooms[rooms["headroom_pct"].notna() & rooms["year"].isin(years)]
    assert csv(answer.headroom) == csv(rooms), what


def asked(case: sc.Case, session: sc.Session, random: Random, count: int) -> Iterator[object]:
    """Ask what-ifs of sets of edits, some of them applied and taken back, each against a solve of its own."""
    edits, done, tries = DrawnEdits(case, random), 0, 0
    while done < count:
        tries += 1
        assert tries < 40 * count
        try:
            texts = [edits.one() for _ in range(random.randint(1, 4))]
            plan = sc.solve(apply(session.now, texts)[0])
        except (sc.InputError, NoAnswerError, ChangeError, IndexError):
            continue
        stays = random.random() < 0.3
        answer = (session.apply if stays else session.what_if)((), texts, headroom="all")
        same(answer, plan, (case.settings.name, texts))
        if session.titles and random.random() < 0.4:
            session.undo()
        done += 1
        yield answer.solved


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["base", "backcast", *(fewer(40, 8) * ["drawn"])][: 42 if THOROUGH else 7])
def test_a_what_if_is_what_a_solve_of_the_changed_case_is(name: str, request: pytest.FixtureRequest) -> None:
    """Sets of one to four edits of any number, of base, the back-cast and random cases; 500 in all where everything is
    tried. Some are applied, so that what follows is made on top, and some of these are taken back.

    Catches: a last digit that hangs on where a solve starts; a table of another what-if; a step that is undone in the
    case and not in the LP; other sets taken for the case's own.
    """
    seed = request.node.callspec.indices["name"]
    case = sc.load(INPUTS / name) if name in {"base", "backcast"} else drawn(100 + seed)
    count = {"base": fewer(20, 20), "backcast": fewer(10, 10)}.get(name, fewer(12, 3))
    session = sc.session(case)
    ways = list(asked(case, session, Random(seed), count))
    assert ways.count("from nothing") == 0


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(fewer(60, 8)))
def test_lead_times_and_lives_in_place_are_those_of_a_model_of_its_own(seed: int) -> None:
    """Lead times of options, lives of capacity, of accelerators and of what is bought, one or several at once, with
    other numbers beside them: each entry, limit, bound and cost is that of a new model, by name; then the case again.

    Catches: an order that arrives beyond the horizon, or does again; a chain of allocations; a budget, a need or a
    vintage that keeps its year.
    """
    case, random = drawn(seed), Random(seed)
    model, edits, done = solver.MutableModel(case), DrawnEdits(case, random), 0
    while done < 6:
        try:
            texts = [edits.life() for _ in range(random.randint(1, 2))]
            other = apply(case, [*texts, *([edits.one()] if random.random() < 0.3 else [])])[0]
        except (ChangeError, IndexError):
            continue
        done += 1
        if random.random() < 0.3:
            assert model.put(case)
        stated, anew = model.restated(other), solver.MutableModel(other)
        if stated is None or stated.money != anew.money:
            continue
        assert lp_by_name(stated.lp()) == lp_by_name(anew.lp()), texts
    assert model.put(case)
    assert lp_by_name(model.lp()) == lp_by_name(solver.MutableModel(case).lp())


@pytest.mark.parametrize(
    ("seed", "edits"),
    [
        (103, ["build_limits.max_units delay 1"]),
        (132, ["capacity.capacity /= 0.3"]),
    ],
)
def test_what_goes_and_what_is_0_is_seen(seed: int, edits: list[str]) -> None:
    """Limits on builds that a year has no more; a group of which one stage has a limit of 0.

    Catches: a bound that stays where its number went; what a unit of a stage with no limit gains, taken for what its
    group gains at least.
    """
    case = drawn(seed)
    same(sc.session(case).what_if((), edits, headroom="all"), sc.solve(apply(case, edits)[0]), (seed, edits))


def test_a_lead_time_builds_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: other sets are taken for a reason to build the Pyomo model anew, which takes longer than all else."""
    session = sc.session(TINY)
    session.what_if()
    built = []
    monkeypatch.setattr(solver, "build", built.append)
    answer = session.what_if((), "expansion.lead_years += 1")
    assert answer.solved == "in place"
    assert not built


def test_steps_are_undone_in_order() -> None:
    """Catches: an undo of the wrong step, a what-if that moves the session, titles that are not those of the case."""
    session = sc.session(TINY)
    before = session.what_if()
    first = session.apply((), "capacity.capacity[stage=packaging] *= 2")
    session.what_if((), "capacity.capacity *= 0.1")
    second = session.apply((), ["capacity.capacity[stage=site_power] *= 2", "capacity.price_usd *= 1.1"])
    assert second.titles == session.titles
    assert len(session.titles) == 3
    assert session.undo() == first.titles
    assert session.what_if().objective_usd == first.objective_usd
    assert session.undo() == ()
    assert session.what_if().objective_usd == before.objective_usd
    with pytest.raises(ValueError, match="nothing is left to undo"):
        session.undo()


def test_a_fault_leaves_a_session_where_it_stands() -> None:
    """Bug: a change that cannot be made, or a year that is not reported, is half applied."""
    session = sc.session(TINY)
    session.apply((), "capacity.capacity[stage=packaging] *= 2")
    titles = session.titles
    for scenarios, changes, more, message in (
        ((), ["capacity.capacity[stage=pakaging] *= 2"], {}, "did you mean 'packaging'"),
        (["no_such"], (), {}, "no scenario is called 'no_such'"),
        ((), (), {"headroom": [1999]}, "1999 is not reported; must be from 2026 to 2027"),
    ):
        with pytest.raises((ChangeError, ValueError), match=message):
            session.apply(scenarios, changes, **more)  # type: ignore[arg-type]
        assert session.titles == titles
    with pytest.raises(ChangeError, match="the session was given a case, and no folder of one"):
        sc.session(sc.load(TINY)).what_if(["grid_late"])


def test_scenarios_are_made_as_the_command_makes_them() -> None:
    """Bug: a scenario made without those that it extends, or in another order."""
    session, names = sc.session(INPUTS / "base"), ["grid_late", "hbm_shortfall"]
    made = sc.what_if(INPUTS / "base", names, [MORE_HBM])
    answer = session.what_if(names, [MORE_HBM], labels=False)
    assert answer.case.tables == made.case.tables
    assert answer.titles == made.titles
    assert list(answer.audit) == list(made.audit)
    assert answer.labels.empty


def test_variants_stand_beside_each_other() -> None:
    """Catches: a variant that follows the session, a difference of the wrong sign, of a number that is the same, or
    against the wrong reference; a name that is not there; more variants than memory is kept for.
    """
    session = sc.session(TINY)
    more = session.what_if((), "capacity.capacity[stage=packaging] *= 1.1", name="more packaging")
    session.apply((), "capacity.capacity[stage=site_power] *= 1.1", name="more power")
    assert list(session.variants) == ["more packaging", "more power"]
    own, plan = sc.solve(sc.load(TINY)), more.plan()
    table = session.differences("more packaging")
    of_horizon = table[table["year"].isna()].set_index("quantity")
    assert of_horizon.loc["net_benefit_usd", "change"] == pytest.approx(
        plan.net_benefit_usd - own.net_benefit_usd, rel=1e-9
    )
    of_years = table[table["year"].notna()]
    assert (of_years["reference"] != of_years["value"]).all()
    served = of_years[of_years["quantity"] == "served_ttok"].set_index(["year", "item"])
    for row in plan.service_by_workload.itertuples():
        before = own.service_by_workload.query(f"year == {row.year} and workload == '{row.workload}'")["served_ttok"]
        if row.served_ttok != before.iloc[0]:
            assert served.loc[(row.year, row.workload), "value"] == row.served_ttok
    both, back = (session.differences(*pair) for pair in (list(session.variants), list(session.variants)[::-1]))
    assert both["change"].tolist() == [-x for x in back["change"]]
    session.forget("more packaging")
    with pytest.raises(ValueError, match="no variant is called 'more packaging'"):
        session.differences("more packaging")
    for n in range(session_module.MOST_VARIANTS - 1):
        session._variants[str(n)] = more  # noqa: SLF001 - a hundred what-ifs take longer
    with pytest.raises(ValueError, match="100 variants are kept already; forget one first"):
        session.what_if(name="one more")


def test_the_whole_plan_is_that_of_the_changed_case() -> None:
    """Bug: the plan of the case of the session, or of what was applied since."""
    session = sc.session(TINY_CURVE)
    answer = session.what_if((), "capacity.capacity *= 1.2")
    session.apply((), "capacity.capacity *= 0.5")
    plan, expected = answer.plan(), sc.solve(answer.case)
    assert plan.summary == expected.summary
    assert {name: csv(table) for name, table in plan.tables.items()} == {
        name: csv(table) for name, table in expected.tables.items()
    }
    same(answer, plan, "tiny-curve")


def test_eight_threads_share_a_session() -> None:
    """Forty what-ifs by eight threads, tables and all, are those of one thread.

    Bug: a thread reads numbers that another has put, or an answer is worked out from the LP of the next.
    """
    edits = [
        f"capacity.capacity[stage={stage}] *= {1 + n / 20}" for n in range(20) for stage in ("packaging", "site_power")
    ]

    def answered(session: sc.Session, edit: str) -> list[str]:
        answer = session.what_if((), edit, headroom="all")
        return [csv(getattr(answer, name)) for name in (*TABLES, "labels", "headroom")]

    alone, shared = sc.session(TINY), sc.session(TINY)
    expected = [answered(alone, edit) for edit in edits]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda edit: answered(shared, edit), edits)) == expected


def test_what_is_sought_from_where_a_session_stands() -> None:
    """Bug: the least move is sought from the case that the session was given, or answers are of another question."""
    session = sc.session(TINY)
    session.apply((), "capacity.capacity[stage=packaging] *= 0.9")
    asked = ("capacity.capacity[stage=packaging]", ["binding[2027] = packaging", "served_ttok[2027] >= -30%"])
    here, there = session.seek(*asked), sc.seek(session.now, *asked)
    assert here.summary == there.summary
    assert {name: csv(table) for name, table in here.tables.items()} == {
        name: csv(table) for name, table in there.tables.items()
    }
    assert not here.stretches.empty


@pytest.mark.unmeasured
def test_memory_stays_flat() -> None:
    """10,000 what-ifs and steps on the smallest case, a part in `make check`: Python's memory after the last fifth of
    them is that after the fifth before.

    Bug: what one what-if leaves is kept for good: its LP, its finder, its case.
    """
    session, count, held = sc.session(TINY), fewer(10_000, 50), []
    tracemalloc.start()
    try:
        for n in range(count):
            texts = [f"capacity.capacity[stage=packaging] *= {1 + (n % 7) / 50}"]
            answer = (session.apply if n % 3 == 0 else session.what_if)((), texts, labels=n % 5 == 0)
            assert not answer.supply.empty
            if n % 3 == 0:
                session.undo()
            if n % (count // 5) == count // 5 - 1:
                del answer
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert len(session.variants) == 0
    assert all(later <= earlier + 200_000 for earlier, later in pairwise(held[1:])), held
