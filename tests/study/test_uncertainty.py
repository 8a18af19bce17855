"""Joint draws: probabilities on paper, draws that are cases, and the same bytes whoever solves them."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import reference
from commands import run
from effort import THOROUGH, one_in
from generator import FIRST, Case, random_case, write_case
from paths import BASE
from plants import Link, add, chain, edited, loaded, one, ranged, two_stages

import supplychain as sc
from supplychain import schema
from supplychain.case import vars_of
from supplychain.case.law import MOST_SCORE, P90_SCORE, law
from supplychain.case.read import UNCERTAINTY
from supplychain.errors import ChangeError, InputError, OutputError
from supplychain.results.frames import records
from supplychain.study import attached
from supplychain.study.draws import column, drawn, factors_of, solve_draws
from supplychain.study.uncertainty import EVERY_YEAR, SOME_YEAR, ranks
from supplychain.study.warm import WarmSolver, share_moved
from supplychain.study.workers import ProcessExecutor, SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WAFERS, POWER = 100.0, 110.0
UP, UP_POWER = 1.3, 1.2
"""By how much the 90th percentiles of the two limits are above their medians; the 10th are as much below."""

WITHIN = 4
"""Standard errors by which a frequency may be off: 1 in 16,000 is."""


def two_limits(years: Sequence[int] = (FIRST,), *, loadings: tuple[float, float] | None = None) -> Case:
    """Wafers in series with power, each uncertain by itself; with loadings both follow one factor, too."""
    case = chain(
        [Link("wafers", dict.fromkeys(years, WAFERS)), Link("power", dict.fromkeys(years, POWER))],
        demand=dict.fromkeys(years, 1e6),
        last_year=years[-1],
    )
    for source in ("of_wafers", "of_power"):
        add(case, "sources", source=source, title=source, publisher="the tests", evidence="assumed")
    for row in case.rows("capacity"):
        up, x = (UP, WAFERS) if row["stage"] == "wafers" else (UP_POWER, POWER)
        row |= {"source": f"of_{row['stage']}", "capacity_low": x / up, "capacity_high": x * up}
    if loadings is not None:
        for stage, loading in zip(("wafers", "power"), loadings, strict=True):
            add(case, "factors", factor="both", target=f"capacity.capacity[stage={stage}]", loading=loading)
    return case


def wafers_bind(correlation: float = 0.0) -> float:
    """The probability that there is less of wafers than of power: the difference of two normal logs is below 0.

    Scores are cut at 2.56, which only matters where both are far out: below 0.0002 here.
    """
    wafers, power = math.log(UP) / P90_SCORE, math.log(UP_POWER) / P90_SCORE
    spread = math.sqrt(wafers**2 + power**2 - 2 * correlation * wafers * power)
    return NormalDist().cdf(math.log(POWER / WAFERS) / spread)


def study_of(case: Case, folder: Path, draws: int = 200, **more: object) -> sc.Uncertainty:
    return sc.uncertainty(loaded(case, folder), draws=draws, executor=SerialExecutor(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("loadings", [None, (0.9, 0.9), (0.8, -0.8)])
def test_which_of_two_limits_binds(loadings: tuple[float, float] | None, tmp_path: Path) -> None:
    """Bug: limits are not drawn at once, or not by the law; a loading, or its sign, is lost."""
    study = study_of(two_limits(loadings=loadings), tmp_path, seed=3)
    correlation = 0.0 if loadings is None else math.prod(loadings)
    row = one(study.binding_probability, year=FIRST, level="stage", members="wafers")
    assert row.probability == pytest.approx(wafers_bind(correlation), abs=WITHIN * row.standard_error)
    assert 0 < row.standard_error < 0.03
    assert row.low < row.probability < row.high
    other = one(study.binding_probability, year=FIRST, level="stage", members="power")
    assert row.probability + other.probability == pytest.approx(1)
    assert (row.central, other.central) == (True, False)


def test_what_binds_over_all_years(tmp_path: Path) -> None:
    """Wafers of all years follow one score, so that they bind in every year or in none.

    Bug: years are drawn one by one; `every` and `some` are taken for each other.
    """
    study = study_of(two_limits((FIRST, FIRST + 1)), tmp_path, 200, any_of=[("wafers", "power")])
    rows = study.binding_probability
    every, some = (one(rows, level=level, members="wafers").probability for level in (EVERY_YEAR, SOME_YEAR))
    assert every == some == one(rows, year=FIRST + 1, level="stage", members="wafers").probability
    assert one(rows, year=FIRST, level="any", members="wafers | power").probability == 1
    assert one(rows, level=EVERY_YEAR, members="wafers | power").low > 0.98  # Wilson's, of 200 of 200


def test_years_that_bind_one_by_one(tmp_path: Path) -> None:
    """Wafers follow a factor of each year's own, and power is fixed: p² of draws in both years, 1 - (1 - p)² in one.

    Bug: `every` and `some` are taken for each other; a factor of one year moves the other.
    """
    case = two_limits((FIRST, FIRST + 1))
    for row in case.rows("capacity"):
        if row["stage"] == "power":
            row |= {"capacity_low": None, "capacity_high": None}
    for year in (FIRST, FIRST + 1):
        add(case, "factors", factor=f"of_{year}", target=f"capacity.capacity[stage=wafers, year={year}]", loading=1)
    rows = study_of(case, tmp_path, 400).binding_probability
    p = NormalDist().cdf(math.log(POWER / WAFERS) / (math.log(UP) / P90_SCORE))
    for level, expected in ((EVERY_YEAR, p * p), (SOME_YEAR, 1 - (1 - p) ** 2)):
        row = one(rows, level=level, members="wafers")
        assert row.probability == pytest.approx(expected, abs=WITHIN * max(row.standard_error, 0.01))


def test_limits_that_bind_together(tmp_path: Path) -> None:
    """Equal limits that move as one bind as a set: each is among what binds, none is alone.

    Bug: a set counts for none of its stages.
    """
    case = chain([Link("wafers", WAFERS), Link("power", WAFERS)])
    for row in case.rows("capacity"):
        row |= {"capacity_low": WAFERS / UP, "capacity_high": WAFERS * UP}
    rows = study_of(case, tmp_path, 40).binding_probability
    assert one(rows, level="stage").members == "wafers + power"
    for stage in ("wafers", "power"):
        assert one(rows, level="any", members=stage).probability == 1


def test_bands_are_those_of_the_law(tmp_path: Path) -> None:
    """One uncertain limit alone: what is served has its percentiles, and its central value is that of the case.

    Bug: quantiles of another quantity, year or end; draws at central values.
    """
    case = two_limits()
    power = next(row for row in case.rows("capacity") if row["stage"] == "power")
    power |= {"capacity": 1e4, "capacity_low": None, "capacity_high": None}
    study = study_of(case, tmp_path)
    served = one(study.distributions, quantity="tokens_served", item="all")
    assert served.central == WAFERS
    for name, share in (("p05", 0.05), ("p10", 0.1), ("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        score = NormalDist().inv_cdf(share)
        assert served[name] == pytest.approx(WAFERS * UP ** (score / P90_SCORE), rel=0.02), name  # between two draws
    drivers = study.drivers[study.drivers["quantity"] == "tokens_served"]
    assert list(drivers["factor"]) == ["capacity.capacity[source=of_wafers]"]
    assert drivers["share"].iloc[0] > 0.9
    assert drivers["above_floor"].all()


def test_what_decides_a_label(tmp_path: Path) -> None:
    """Wafers spread more than power, and explain more of what binds; low wafers are where wafers bind.

    Bug: drivers of another quantity; bounds of the wrong side; a box measured on the draws that found it.
    """
    study = study_of(two_limits(), tmp_path)
    drivers = study.drivers[study.drivers["quantity"] == "label"]
    assert list(drivers["factor"]) == ["capacity.capacity[source=of_wafers]", "capacity.capacity[source=of_power]"]
    assert drivers["share"].is_monotonic_decreasing
    boxes = study.conditions[study.conditions["label"] == "power"]
    wafers = one(boxes, factor="capacity.capacity[source=of_wafers]")
    assert wafers.from_pct > 40
    assert math.isnan(wafers.to_pct) or wafers.to_pct > 95
    assert wafers.density > wafers.base_rate + 2 * wafers.standard_error
    assert wafers.base_rate == pytest.approx(1 - wafers_bind(), abs=0.1)


def test_ranks() -> None:
    """Equal values have the mean of their ranks. Bug: ties by position; what is undefined has a rank."""
    values = np.array([3.0, math.nan, 1.0, 3.0, math.inf, 2.0])
    np.testing.assert_array_equal(ranks(values), [3.5, math.nan, 1.0, 3.5, math.nan, 2.0])


def test_what_has_no_meaning(tmp_path: Path) -> None:
    """Where value is below cost in some draws nothing is served there, and a token costs nothing that can be said.

    Bug: cost of no tokens counts as 0, or as none of the draws; the share is not said.
    """
    case = chain([Link("wafers", WAFERS, price=1e6)], value=1.1)
    (price,) = case.rows("capacity")
    price |= {"price_usd_low": 0.8e6, "price_usd_high": 1.25e6}
    study = study_of(case, tmp_path)
    cost = one(study.distributions, quantity="cost_per_mtok", item="all")
    idle = 1 - NormalDist().cdf(math.log(1.1) / (math.log(1.25) / P90_SCORE))
    assert cost.undefined_share == pytest.approx(idle, abs=0.05)
    assert cost.p95 <= 1.1
    assert one(study.distributions, quantity="tokens_served", item="all").undefined_share == 0
    assert one(study.binding_probability, level="stage", members="demand").probability == pytest.approx(
        cost.undefined_share
    )


def as_case(case: sc.Case) -> Case:
    """Return a loaded case as one that can be written."""
    settings = {name: value for name, value in vars_of(case.settings).items() if value is not None}
    return Case(0, settings, {name: [dict(row) for row in rows] for name, rows in case.tables.items() if rows})


def agree(case: sc.Case, seed: int, draws: Sequence[int], folder: Path) -> None:
    """Each draw, written out as a case and solved by `solve`: the same labels and objective."""
    solver = WarmSolver(case, totals=True)
    for n in draws:
        plan = sc.solve(loaded(as_case(drawn(case, seed, n)), folder / str(n)))
        binding = {(row["level"], row["year"]): row["members"] for row in records(plan.binding)}
        reading = solver.read(drawn(case, seed, n), cold=True)
        assert reading.labels == binding, n
        assert reading.objective_usd == pytest.approx(plan.summary["objective_usd"], rel=1e-11), n


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(8, range(40)))
def test_a_draw_is_a_case(seed: int, tmp_path: Path) -> None:
    """Random cases, whole numbers drawn too, some with limited foresight.

    Bug: a number, a lead time or a life is not put into the LP of a draw, or one of the draw before stays in it.
    """
    case = loaded(edited(ranged(random_case(seed))), tmp_path / "case")
    agree(case, seed, range(1, 6), tmp_path)


def test_a_draw_of_base_is_a_case(tmp_path: Path) -> None:
    """Bug: as before, in what only the shipped case has."""
    agree(sc.load(BASE), 1, range(1, 201) if THOROUGH else (7,), tmp_path)


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", one_in(10, range(30)))
def test_a_draw_agrees_with_the_second_statement(seed: int, tmp_path: Path) -> None:
    """Bug: the law changes a number after the LP has it, or the LP of a draw is another one."""
    case = loaded(edited(ranged(random_case(seed))), tmp_path / "case")
    if case.settings.foresight_years is not None:
        case = case.with_foresight("perfect")
    reading = WarmSolver(case, labels=False).read(drawn(case, 5, 3), cold=True)
    folder = write_case(as_case(drawn(case, 5, 3)), tmp_path / "drawn")
    again = reference.build(reference.load(folder)).solve()
    assert reading.objective_usd == pytest.approx(again.objective_usd, rel=1e-8, abs=1e-3)


def bytes_of(study: sc.Uncertainty) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        study.write(folder)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


def test_same_bytes_whoever_solves(tmp_path: Path) -> None:
    """One process, two, rows in another order, and a store that was begun with fewer draws.

    Bug: a draw depends on its batch, on the draws before it or on how many there are; factors follow the order of rows.
    """
    case = two_limits((FIRST, FIRST + 1), loadings=(0.5, 0.5))
    folder = write_case(case, tmp_path / "case")
    wanted = bytes_of(sc.uncertainty(sc.load(folder), draws=80, seed=2, executor=SerialExecutor()))
    with ProcessExecutor(2) as two:
        assert bytes_of(sc.uncertainty(sc.load(folder), draws=80, seed=2, executor=two)) == wanted
    other = sc.load(write_case(case, tmp_path / "shuffled", shuffle_seed=4))
    store = tmp_path / "draws.sqlite"
    sc.uncertainty(other, draws=40, seed=2, store=store, executor=SerialExecutor())
    with closing(sqlite3.connect(store)) as db, db:
        db.execute("DELETE FROM results WHERE draw IN (3, 17)")  # what a kill may leave
    resumed = sc.uncertainty(other, draws=80, seed=2, store=store, resume=True, executor=SerialExecutor())
    assert bytes_of(resumed) == wanted
    again = sc.uncertainty(other, draws=80, seed=2, store=store, resume=True, executor=SerialExecutor())
    assert bytes_of(again) == wanted
    assert bytes_of(sc.uncertainty(other, draws=80, seed=3, executor=SerialExecutor())) != wanted


def test_more_draws_leave_those_before(tmp_path: Path) -> None:
    """Bug: a draw depends on how many there are; a store with more draws than asked for adds them."""
    case = loaded(two_limits(), tmp_path)
    many = solve_draws(case, 80, 1, store=tmp_path / "store", executor=SerialExecutor())
    few = solve_draws(case, 40, 1, store=tmp_path / "store", resume=True, executor=SerialExecutor())
    pd.testing.assert_frame_equal(many[many["draw"] <= 40], few)
    names, scores = factors_of(case, 1, 80)
    assert names == law(case).names
    scores = np.clip(scores, -MOST_SCORE, MOST_SCORE)
    limits = WAFERS * UP ** (scores[:, names.index("capacity.capacity[source=of_wafers]")] / P90_SCORE)
    power = POWER * UP_POWER ** (scores[:, names.index("capacity.capacity[source=of_power]")] / P90_SCORE)
    served = many[column("tokens_served", "all")]
    np.testing.assert_allclose(served, np.minimum(limits, power), rtol=1e-9)


def test_what_is_refused(tmp_path: Path) -> None:
    """Bug: a traceback, or hours of work before the fault is said."""
    case = loaded(two_limits(), tmp_path / "case")
    for draws, near in ((30, 40), (0, 40), (107, 100), (-20, 40)):
        with pytest.raises(ValueError, match=rf"{draws} draws; must be a multiple of 20, 40 or more, as {near}$"):
            sc.uncertainty(case, draws=draws)
    with pytest.raises(ChangeError, match="no stage is called 'powr'; did you mean 'power'"):
        sc.uncertainty(case, draws=40, any_of=[("wafers", "powr")])
    with pytest.raises(InputError, match="no number has a range; give x_low and x_high beside some x"):
        sc.uncertainty(loaded(chain([Link("wafers", 1.0)]), tmp_path / "plain"), draws=40)
    store = tmp_path / "store"
    sc.uncertainty(case, draws=40, store=store, executor=SerialExecutor())
    with pytest.raises(OutputError, match="exists already; go on with it"):
        sc.uncertainty(case, draws=40, store=store)
    with pytest.raises(InputError, match=r"of another study of uncertainty:\n  the seed: is 2; .* was begun with 1"):
        sc.uncertainty(case, draws=40, seed=2, store=store, resume=True)


def test_a_draw_without_an_answer_counts_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a draw that failed is a year in which nothing binds, or is hidden."""
    case = loaded(two_limits(), tmp_path)
    usual, reads = WarmSolver.read, iter(range(1000))

    def read(self: WarmSolver, *given: object, **more: object) -> object:
        if next(reads) in {2, 30}:
            message = "no answer for this one"
            raise sc.NoAnswerError(message)
        return usual(self, *given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WarmSolver, "read", read)
    study = sc.uncertainty(case, draws=40, executor=SerialExecutor())
    assert study.summary["without_answer"] == 2
    rows = study.binding_probability[study.binding_probability["level"] == "stage"]
    assert rows["probability"].sum() == pytest.approx(1)
    assert {round(p * 38, 6) % 1 for p in rows["probability"]} == {0}
    assert one(study.draws, draw=3).status == "no answer for this one"
    assert math.isnan(one(study.draws, draw=31).served_ttok)


def test_no_draw_has_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: quantiles of nothing, as a traceback."""

    def read(*_: object, **__: object) -> None:
        message = "no answer for this one"
        raise sc.NoAnswerError(message)

    case = loaded(two_limits(), tmp_path)
    monkeypatch.setattr(WarmSolver, "read", read)
    with pytest.raises(sc.NoAnswerError, match="no answer for any of 40 draws; of the first: no answer for this one"):
        sc.uncertainty(case, draws=40, executor=SerialExecutor())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bug: an option that does nothing; a store that is not gone on with; another answer than that of Python."""
    folder, out = str(write_case(two_limits(loadings=(0.5, 0.5)), tmp_path / "case")), tmp_path / "out"
    given = ["uncertainty", folder, "--draws", "40", "--seed", "7", "--any", "wafers,power", "--workers", "1"]
    status, printed, complained = run(capsys, *given, "--out", str(out), "--attach", "--within", "2%")
    assert (status, complained) == (0, "")
    study = sc.uncertainty(sc.load(folder), draws=40, seed=7, any_of=[("wafers", "power")], executor=SerialExecutor())
    read = sc.read_answer(out, "uncertainty")
    for name, table in study.tables.items():
        pd.testing.assert_frame_equal(read.tables[name], table, check_exact=False, rtol=1e-11)
    near = sc.near_optimal(sc.load(folder), "2%").near_optimal
    ends = ["low", "central", "high"]
    pd.testing.assert_frame_equal(read.near_optimal[ends], near[ends], check_exact=False, rtol=1e-11)
    assert "all places together: the plan (near-optimal range)" in printed
    share = one(study.binding_probability, level="stage", members="wafers").probability
    assert re.search(rf"^wafers +{100 * share:.0f}\* ±\d+$", printed, re.MULTILINE)
    assert "one or more of: wafers or power\n" in printed
    assert re.search(r"^one or more of +100\* ±\d+$", printed, re.MULTILINE)
    status, _, complained = run(capsys, *given, "--out", str(out))
    assert status == 1
    assert "draws.sqlite exists already; go on with it (resume)" in complained
    status, _, complained = run(capsys, *given[:2], "--draws", "60", *given[4:], "--out", str(out), "--resume")
    assert (status, complained) == (0, "")
    assert json.loads((out / "summary.json").read_text())["draws"] == 60
    kept = sc.read_answer(Path(folder) / UNCERTAINTY, "uncertainty")
    assert "draws" not in kept.tables
    assert kept.summary["draws"] == 40


REFUSED: Mapping[str, tuple[list[str], str]] = {
    "draws": (["--draws", "30"], "30 draws; must be a multiple of 20, 40 or more, as 40"),
    "resume without a folder": (["--resume"], "--resume needs --out: the folder of the study that was stopped"),
    "attached with changes": (
        ["--attach", "--change", "capacity.capacity +1%"],
        "--attach keeps the study of the case as it is; of a case with changes give --out",
    ),
    "no stages": (["--any", "wafers,"], "'wafers,'; must be stages with commas between them"),
    "unknown stage": (["--any", "wafer"], "no stage is called 'wafer'; did you mean 'wafers'?"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_the_command_refuses(fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, one message, nothing written. Bug: a traceback, or a folder begun."""
    folder = str(write_case(two_limits(), tmp_path / "case"))
    options, message = REFUSED[fault]
    out = [] if "--resume" in options or "--attach" in options else ["--out", str(tmp_path / "out")]
    status, printed, complained = run(capsys, "uncertainty", folder, *options, *out)
    assert (status, printed) == (2, "")
    assert message in complained
    assert not (tmp_path / "out").exists()
    assert not (Path(folder) / UNCERTAINTY).exists()


def test_a_study_of_other_inputs_is_not_taken(tmp_path: Path) -> None:
    """Bug: probabilities of yesterday's numbers stand beside today's."""
    case = loaded(two_limits(), tmp_path)
    study = sc.uncertainty(case, draws=40, executor=SerialExecutor())
    assert attached.known_study(case, None, tmp_path).study is None
    attached.attach_to(tmp_path, study)
    known = attached.known_study(case, None, tmp_path).study
    assert known is not None
    assert known.summary == study.summary
    other = sc.what_if(tmp_path, edits=["capacity.capacity[stage=power] +1%"]).case
    stale = attached.known_study(other, None, tmp_path)
    assert stale.study is None
    assert stale.note == f"the study in {tmp_path / UNCERTAINTY} is of other inputs and is left out"
    (tmp_path / UNCERTAINTY / "summary.json").write_text("{", encoding="utf-8")
    assert "cannot be read" in attached.known_study(case, None, tmp_path).note
    with pytest.raises(InputError):
        attached.known_study(case, tmp_path / UNCERTAINTY)


def test_mostly_moved_what_ifs_are_solved_from_nothing(tmp_path: Path) -> None:
    """What a study solves once most of its numbers moved starts from nothing, below that from where the case ended.

    Bug: a share of the rows, or of other columns; the answer depends on it.
    """
    case = loaded(ranged(two_stages()), tmp_path)
    solver = WarmSolver(case, [("tokens_served", schema.ALL, FIRST)], totals=True)
    draw = drawn(case, 1, 1)
    assert solver.read(draw, cold=True) == solver.read(draw, cold=False) == solver.read(draw)
    assert 0.5 < share_moved(case, draw) <= 1
    assert share_moved(case, case) == 0
