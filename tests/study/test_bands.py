"""A back-cast by bands: quantiles, coverage, scores and probabilities, recomputed from the draws that a store keeps."""

from __future__ import annotations

import math
import shutil
import sqlite3
from contextlib import closing, nullcontext
from itertools import product
from statistics import fmean
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd
import past_by_bands
import pytest
from commands import run
from generator import FIRST, write_case
from paths import ANSWERS, BACKCAST, files_in
from plants import Link, add, chain, edited, loaded, observe, one, two_stages

import supplychain as sc
from supplychain.case.law import P90_SCORE
from supplychain.case.read import UNCERTAINTY
from supplychain.cli.shared import Workers
from supplychain.report.text.backcast import markdown
from supplychain.results.frames import records
from supplychain.results.read import read_answer
from supplychain.study import bands
from supplychain.study.attached import known_study
from supplychain.study.bands import CENTRAL, INDEPENDENT, PRESS
from supplychain.study.draws import factors_of
from supplychain.study.scores import FURTHEST
from supplychain.study.warm import WarmSolver
from supplychain.study.workers import ProcessExecutor, SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

    from generator import Case


class _Row(Protocol):
    quantity: str
    item: str


DRAWS = 40
LOW, CENTRE, HIGH = 80.0, 100.0, 150.0
"""What is known of the wafers."""


def uncertain_wafers() -> Case:
    """Chips are as many as wafers for up to 125 of power: 80 to 150, with 100 as the median."""
    case = chain([Link("wafers", CENTRE, price=2.0), Link("power", 125.0)])
    case.tables["capacity"][0] |= {"capacity_low": LOW, "capacity_high": HIGH}
    add(case, "sources", source="count", title="A count", publisher="p", evidence="measured")
    add(case, "outlooks", quantity="units_built", year=FIRST, item="chip", central=50, unit="units", source="count")
    for source, *amounts in (("count", 90, 110, 130), ("paper", 60, 70, 75)):
        observe(case, "units_built", "chip", *amounts, source=source)
    observe(case, "units_built", "v", 60, 70, 75, source="count")
    observe(case, "stage_used_share", "power", 0.2, 0.3, 0.4, source="count", unit="share", kind="power")
    observe(case, "stage_used", "wafers", 110, None, None, source="count")
    observe(case, "capital_spending", "all", 200, 210, 250, source="count")
    observe(case, "memory_share", "all", 0.1, 0.2, 0.3, source="count", unit="share")
    add(case, "press", year=FIRST, stage="power", story="Power was short.")
    return case


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(uncertain_wafers(), tmp_path_factory.mktemp("bands") / "case")


@pytest.fixture(scope="module")
def store(folder: Path) -> Path:
    return folder.parent / "draws.sqlite"


@pytest.fixture(scope="module")
def answer(folder: Path, store: Path) -> sc.Backcast:
    return sc.backcast(sc.load(folder), draws=DRAWS, seed=3, store=store, executor=SerialExecutor())


@pytest.fixture(scope="module")
def drawn(answer: sc.Backcast, store: Path) -> pd.DataFrame:
    """What the store keeps: a row for each draw, as the case has one year."""
    assert answer.summary["uncertainty"]["draws"] == DRAWS
    with closing(sqlite3.connect(store)) as db:
        return pd.read_sql_query("SELECT * FROM results ORDER BY draw", db)


def of(answer: sc.Backcast, quantity: str) -> pd.Series:
    """Return the bands of an observation that counts."""
    return answer.bands[(answer.bands["quantity"] == quantity) & (answer.bands["source"] == "count")].iloc[0]


def values_of(drawn: pd.DataFrame, row: _Row) -> list[float]:
    """Return an observed quantity in each draw."""
    return [float(x) for x in drawn[f"{row.quantity}[{row.item}]"]]


def test_quantiles_are_those_of_what_was_drawn(answer: sc.Backcast, folder: Path) -> None:
    """Of one factor with score z wafers are 100 * 1.5 ** (z / 1.28), or * 0.8 ** (-z / 1.28) below 0; chips are the
    less of them and 125. Four of forty draws are in the lowest tenth: P10 is between the 5 and 15 % points of the law.

    Catches a band of another quantity, of another seed, or of ends that are taken for other percentiles.
    """
    names, scores = factors_of(sc.load(folder), 3, DRAWS)
    assert len(names) == 1
    wafers = [CENTRE * (HIGH / CENTRE if z >= 0 else LOW / CENTRE) ** (abs(z) / P90_SCORE) for z in scores[:, 0]]
    chips = [min(x, 125.0) for x in wafers]
    row = of(answer, "units_built")
    for per_cent in (5, 10, 25, 50, 75, 90, 95):
        expected = float(np.quantile(chips, per_cent / 100))
        assert row[f"p{per_cent:02d}"] == pytest.approx(expected, rel=1e-9), per_cent
    assert (row.p90, row.p95) == (125, 125)
    ends = [CENTRE * (LOW / CENTRE) ** (z / P90_SCORE) for z in (1.645, 1.036)]
    assert ends[0] < row.p10 < ends[1]
    assert (row.model, row.published, row.low, row.high) == (pytest.approx(CENTRE), 110, 90, 130)
    assert row.undefined_share == 0


def test_bands_hold_what_is_between_their_quantiles(answer: sc.Backcast, drawn: pd.DataFrame) -> None:
    """Every flag and every row of coverage, counted again. Catches a band of the wrong width, one that leaves its ends
    out, a bound that counts, and independent comparisons that are mixed with others.
    """
    held: dict[tuple[str, str, float], list[bool]] = {}
    for row in answer.bands.itertuples():
        if math.isnan(row.published):
            assert (row.in_50, row.in_80, row.in_90) == (None, None, None)
            continue
        known = values_of(drawn, row)
        for level in (0.5, 0.8, 0.9):
            low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
            inside = bool(low <= row.published <= high)
            assert getattr(row, f"in_{100 * level:.0f}") == inside
            scopes = ["all", *(["independent"] if row.independent else [])]
            for scope, kind in product(scopes, ("all", row.kind)):
                held.setdefault((scope, kind, level), []).append(inside)
    table = answer.coverage.set_index(["scope", "kind", "nominal"])
    assert {key: [row.inside, row.rows] for key, row in table.iterrows()} == {
        key: [sum(flags), len(flags)] for key, flags in held.items()
    }
    assert (table["share"] == table["inside"] / table["rows"]).all()
    whole = table.loc[INDEPENDENT, "all", 0.8]
    assert whole["rows"] == 5
    assert 0 < whole["inside"] < 5
    assert whole["low"] < whole["share"] < whole["high"]


def test_the_score_is_that_of_the_sample(answer: sc.Backcast, drawn: pd.DataFrame) -> None:
    """E|X - y| - E|X - X'| / 2 of logs over all pairs of draws, and the share of draws in the published range."""
    checked = 0
    for row in answer.bands.itertuples():
        known = values_of(drawn, row)
        within = [(math.isnan(row.low) or x >= row.low) and (math.isnan(row.high) or x <= row.high) for x in known]
        assert row.inside_share == pytest.approx(fmean(within))
        if math.isnan(row.published):
            assert math.isnan(row.crps)
            continue
        logs = [math.log(x / row.published) if x > 0 else -FURTHEST for x in known]
        expected = fmean(map(abs, logs)) - fmean(abs(x - y) for x, y in product(logs, logs)) / 2
        assert row.crps == pytest.approx(expected, abs=1e-12)
        checked += 1
    assert checked == 6


def test_what_does_not_move_scores_its_error(tmp_path: Path) -> None:
    """Power for 20 binds in every draw: 20 chips beside 110 that were published. Catches a score that rewards a spread
    that is not there, or that compares levels with logs.
    """
    case = uncertain_wafers()
    case.tables["capacity"][1]["capacity"] = 20.0
    found = sc.backcast(loaded(case, tmp_path / "case"), draws=DRAWS, executor=SerialExecutor())
    row = of(found, "units_built")
    assert {row.p05, row.p50, row.p95} == {20}
    assert (row.crps, row.central_error) == pytest.approx((math.log(110 / 20),) * 2)
    kind = one(found.crps, forecast=CENTRAL, kind="units")
    assert (kind.rows, kind.skill) == (2, pytest.approx(0, abs=1e-9))
    assert (row.in_50, row.in_90, row.inside_share) == (False, False, 0)
    memory = of(found, "memory_share")  # 0 in every draw, as no stage is memory
    assert (memory.p50, memory.undefined_share) == (0, 0)
    assert (memory.crps, memory.central_error) == pytest.approx((FURTHEST, FURTHEST))


def test_nothing_and_no_meaning_count_as_far_off(tmp_path: Path) -> None:
    """A chip is worth 10 million USD over its life, and costs 9.9: 5 to 20. Where it is dearer than it is worth none is
    built, and tokens have no cost. Catches a logarithm of 0, and draws without a value that are dropped from the score.
    """
    case = chain([Link("wafers", 100.0)])
    cost = case.tables["unit_costs"][0]
    cost |= {"other_cost_usd": 9.9e6, "other_cost_usd_low": 5e6, "other_cost_usd_high": 2e7}
    add(case, "sources", source="count", title="A count", publisher="p", evidence="measured")
    observe(case, "units_built", "chip", 90, 100, 110, source="count")
    observe(case, "cost_per_mtok", "all", 0.5, 0.8, 1.2, source="count")
    given = loaded(case, tmp_path / "case")
    found = sc.backcast(given, draws=DRAWS, executor=SerialExecutor())
    _, scores = factors_of(given, 1, DRAWS)
    usd = [9.9e6 * (2e7 / 9.9e6 if z >= 0 else 5e6 / 9.9e6) ** (abs(z) / P90_SCORE) for z in scores[:, 0]]
    none = sum(x > 1e7 for x in usd) / DRAWS
    assert 0.3 < none < 0.6
    units, cost_of = of(found, "units_built"), of(found, "cost_per_mtok")
    assert units.undefined_share == 0
    assert (units.p05, units.p95) == (0, pytest.approx(100))
    # of a sample that is right or far off: p a, less p (1 - p) a
    assert units.crps == pytest.approx(none**2 * FURTHEST)
    assert cost_of.undefined_share == pytest.approx(none)
    assert cost_of.p95 == pytest.approx(np.quantile([x / 1e7 for x in usd if x <= 1e7], 0.95))
    logs = [math.log(x / 1e7 / 0.8) if x <= 1e7 else -FURTHEST for x in usd]
    assert cost_of.crps == pytest.approx(fmean(map(abs, logs)) - fmean(abs(x - y) for x in logs for y in logs) / 2)
    assert cost_of.inside_share == pytest.approx(sum(5e6 <= x <= 1e7 for x in usd) / DRAWS)
    page = markdown(found)
    assert f" | {100 * none:.0f} |\n" in page


def test_bands_stand_beside_forecasts(answer: sc.Backcast, folder: Path) -> None:
    """Means of the rows that each can make, kinds alike; the table `skill` is as without draws. Houses said 50 where
    110 were published. Catches a median, a row that is not independent, and a mean over rows.
    """
    counted = answer.bands[answer.bands["independent"] & answer.bands["published"].notna()]
    table = answer.crps.set_index(["forecast", "kind"])
    by_kind = counted.groupby("kind")[["crps", "central_error"]].mean()
    for kind, row in by_kind.iterrows():
        assert table.loc[CENTRAL, kind][["crps", "forecast_error"]].tolist() == pytest.approx(list(row))
    whole = table.loc[CENTRAL, "all"]
    assert [whole["crps"], whole["forecast_error"]] == pytest.approx(list(by_kind.mean()))
    assert whole["skill"] == pytest.approx(1 - whole["crps"] / whole["forecast_error"])
    assert whole["rows"] == len(counted) == 5
    houses = table.loc["houses", "units"]
    assert houses["rows"] == 1
    assert houses["crps"] == pytest.approx(of(answer, "units_built").crps)
    assert houses["forecast_error"] == pytest.approx(math.log(110 / 50))
    plain = sc.backcast(sc.load(folder), executor=SerialExecutor())
    pd.testing.assert_frame_equal(plain.skill, answer.skill)
    assert "uncertainty" not in plain.summary
    assert "bands" not in plain.tables
    assert plain.study is None


def test_reliability_counts_what_is_below_a_quantile(answer: sc.Backcast, drawn: pd.DataFrame) -> None:
    """Catches quantiles from above, and bounds that count."""
    numbers = [row for row in answer.bands.itertuples() if not math.isnan(row.published)]
    for scope, rows in (("all", numbers), (INDEPENDENT, [row for row in numbers if row.independent])):
        found = answer.reliability[answer.reliability["scope"] == scope]
        assert found["nominal"].tolist() == pytest.approx([n / 10 for n in range(1, 10)])
        for level in found.itertuples():
            below = sum(row.published <= np.quantile(values_of(drawn, row), level.nominal) for row in rows)
            assert (level.below, level.rows) == (below, len(rows))
    assert answer.reliability["below"].nunique() > 2


def test_what_binds_stands_beside_the_press(answer: sc.Backcast, drawn: pd.DataFrame) -> None:
    """Power binds where wafers are for more than 125 chips. Catches a label that is read by its first stage alone, and
    a story that is not found.
    """
    table = answer.press_probability
    power = sum("power" in label.split(" + ") for label in drawn["stage"]) / DRAWS
    assert 0.1 < power < 0.5
    row = one(table, level="stage", name="power")
    assert (row.probability, row.press, row.central) == (pytest.approx(power), True, False)
    assert row.low <= row.probability <= row.high
    halves = [fmean("power" in label for label in drawn["stage"][n : n + 20]) for n in (0, 20)]
    assert row.standard_error == pytest.approx(abs(halves[0] - halves[1]) / 2)
    wafers = one(table, level="stage", name="wafers")
    assert (wafers.press, wafers.central) == (False, True)
    assert one(table, level=PRESS).probability == pytest.approx(power)
    assert one(table, level="group", name="power").probability == pytest.approx(power)
    page = markdown(answer)
    assert f"| {FIRST} | stage | one or more that the press named | {100 * power:.0f} | " in page
    assert f"\nBy bands: {DRAWS} draws of 1 uncertain numbers by 1 factor (seed 3); " in page
    assert "\n## Reliability of the quantiles\n" in page


def test_of_draws_without_an_answer_nothing_is_said(answer: sc.Backcast, drawn: pd.DataFrame, folder: Path) -> None:
    """The last 15 draws have none. Catches numbers and labels of nothing, and shares of all draws."""
    case = sc.load(folder)
    numbers = drawn.columns.difference(["draw", "year", "stage", "group", "status"])
    lost = drawn["draw"] > DRAWS - 15
    some = drawn.assign(**{name: drawn[name].mask(lost) for name in numbers})
    some = some.assign(
        status=drawn["status"].mask(lost, "no optimum"), **{x: drawn[x].mask(lost, "") for x in ("stage", "group")}
    )
    compared = [{k: None if v != v else v for k, v in row.items()} for row in records(answer.comparisons)]  # noqa: PLR0124
    compared = [row | {"log_error": row["log_error"] or math.nan} for row in compared]
    found = bands.tables(case, compared, {}, WarmSolver(case).central(), some)
    kept = drawn[~lost]
    for row in found["bands"].itertuples():
        assert row.p50 == pytest.approx(np.quantile(values_of(kept, row), 0.5))
        assert row.undefined_share == 0
    power = one(found["press_probability"], level="stage", name="power").probability
    assert power == pytest.approx(sum("power" in label for label in kept["stage"]) / len(kept))
    assert "" not in set(found["press_probability"]["name"])


@pytest.mark.unmeasured
def test_workers_change_no_byte(answer: sc.Backcast, folder: Path, tmp_path: Path) -> None:
    """One process in line, and two side by side."""
    with ProcessExecutor(2) as executor:
        again = sc.backcast(sc.load(folder), draws=DRAWS, seed=3, executor=executor)
    answer.write(tmp_path / "one")
    again.write(tmp_path / "two")
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_draws_are_kept_and_gone_on_with(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--out` keeps the draws, `--resume` adds to them, `--attach` keeps the tables beside the case, where they are
    found without `--draws`, in the same words; once an input is another they are left out, and the page says so.
    """
    case, out = shutil.copytree(folder, tmp_path / "case"), tmp_path / "out"
    monkeypatch.setattr(Workers, "executor", lambda _: nullcontext(SerialExecutor()))
    given = ["backcast", str(case)]

    def said(*options: str) -> str:
        status, printed, complaint = run(capsys, *given, *options)
        assert (status, complaint) == (0, "")
        return printed

    said("--draws", "40", "--out", str(out), "--quiet")
    assert (out / "draws.sqlite").is_file()
    shown = said("--draws", "60", "--out", str(out), "--resume", "--attach")
    assert "By bands: 60 draws" in shown
    back = read_answer(out, "backcast")
    assert back.summary["uncertainty"]["draws"] == 60
    known = known_study(sc.load(case), None, case)
    assert known.study is not None
    assert {"bands", "coverage", "crps", "reliability", "press_probability", "drivers"} <= set(known.study.tables)
    assert "draws" not in known.study.tables
    assert said("--report", str(tmp_path / "page.md")) == shown
    written = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "\nBy bands: 60 draws" in written
    (case / "capacity.csv").write_text((case / "capacity.csv").read_text().replace("125", "126"))
    stale = said()
    assert f"the study in {case / UNCERTAINTY} is of other inputs and is left out" in stale
    assert "`supplychain backcast CASE --draws 400` draws all uncertain numbers at once, and shows bands.\n" in stale
    assert "Coverage of the bands" not in stale


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resume"], "give --draws, too"),
        (["--attach"], "give --draws, too"),
        (["--seed", "2"], "give --draws, too"),
        (["--draws", "50"], "50 draws; must be a multiple of 20, 40 or more, as 40"),
        (["--draws", "40", "--resume"], "--resume needs --out"),
        (["--draws", "40", "--attach", "--change", "capacity.capacity[stage=power] +1%"], "--attach keeps the study"),
    ],
)
def test_what_cannot_be_asked_of_draws_is_refused(
    options: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is solved."""
    status, _, complaint = run(capsys, "backcast", str(folder), *options)
    assert status == 2
    assert said in " ".join(complaint.split())


def test_what_is_shipped_of_draws_is_of_the_shipped_case() -> None:
    """The study beside the back-cast is of its inputs, and so are the tables in `reports/` and in its README.

    Bug: an input changes, and bands are those of another case; `make bands` and `make answers` write them anew.
    """
    case, past = sc.load(BACKCAST), read_answer(ANSWERS / "backcast", "backcast")
    study = known_study(case, None, BACKCAST).study
    assert study is not None
    readme = BACKCAST / "README.md"
    assert past_by_bands.files() == {readme: readme.read_text(encoding="utf-8")}
    for table in study.tables:
        pd.testing.assert_frame_equal(past.tables[table], study.tables[table])
    keys = ["quantity", "year", "item", "source"]
    both = study.bands.merge(past.comparisons, on=keys, suffixes=("", "_compared"), validate="one_to_one")
    assert len(both) == len(study.bands) == len(past.comparisons)
    assert both["model"].to_numpy() == pytest.approx(both["model_compared"].to_numpy(), rel=1e-9, nan_ok=True)
    assert (both["independent"] == both["independent_compared"]).all()
    assert study.summary["draws"] >= 400
    assert study.coverage["inside"].tolist() == [
        int((shown[f"in_{100 * row.nominal:.0f}"] == True).sum())  # noqa: E712 - blank is neither
        for row in study.coverage.itertuples()
        for shown in [study.bands[(study.bands["independent"] | (row.scope == "all"))
                                  & ((study.bands["kind"] == row.kind) | (row.kind == "all"))]]
    ]  # fmt: skip


def test_without_a_range_there_is_nothing_to_draw(tmp_path: Path) -> None:
    """Catches bands of no width that look sure."""
    case = edited(two_stages())
    for row in case.tables["capacity"]:
        row["capacity_low"] = row["capacity_high"] = None
    observe(case, "units_built", "chip", 90, 100, 110)
    with pytest.raises(sc.InputError, match="no number has a range"):
        sc.backcast(loaded(case, tmp_path / "case"), draws=DRAWS, executor=SerialExecutor())
    with pytest.raises(ValueError, match="must be a multiple of 20"):
        sc.backcast(loaded(case, tmp_path / "again"), draws=30, executor=SerialExecutor())
