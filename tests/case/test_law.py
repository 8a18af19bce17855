"""The law of uncertain numbers: what a number is at a score, what moves numbers together, and what a drawn case is."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from functools import cache
from itertools import product
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from effort import one_in
from generator import random_case, write_case
from paths import INPUTS, TINY
from plants import loaded, ranged
from scipy.stats import spearmanr, triang

from supplychain import schema
from supplychain.case import in_order, load, series_of, vars_of
from supplychain.case.checks import faults
from supplychain.case.law import MOST_SCORE, P90_SCORE, law
from supplychain.case.notices import notices
from supplychain.case.read import FolderContents
from supplychain.case.spelling import settings_text
from supplychain.stats.hypercube import SIZE, scores
from supplychain.tabular import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from supplychain.case import Case
    from supplychain.case.law import Law
    from supplychain.tabular import Row

SHIPPED = ("base", "backcast", "customer", "lab", "neocloud", "tiny", "tiny-curve", "tiny-lab")
SEEDS = one_in(3, range(45))
POOLS = (15, 43, 92, 97, 116, 143, 151, 162)
"""Random cases in which several suppliers share one stage; in most of them their shares are given for other years."""
P10, P50, P90 = -P90_SCORE, 0.0, P90_SCORE


def case_of(means: str = schema.P10_P90, **tables: Sequence[Row]) -> Case:
    """Tiny with these rows and no others; what a row does not say is blank."""
    tiny = shipped("tiny")
    rows = dict.fromkeys(tiny.tables, ()) | {
        name: in_order(table, [dict.fromkeys(c.name for c in table.columns) | dict(row) for row in tables[name]])
        for name, table in schema.TABLE.items()
        if name in tables
    }
    return replace(tiny, tables=rows, settings=replace(tiny.settings, range_means=means))


def capacity(supplier: str, year: int, *range_: float, source: str = "paper") -> dict[str, Any]:
    """A capacity with its range: low, x and high."""
    row = {"stage": "hbm", "supplier": supplier, "place": "global", "year": year, "price_usd": 1.0, "source": source}
    return row | dict(zip(("capacity_low", "capacity", "capacity_high"), range_, strict=True))


def share(stage: str, year: int, *range_: float) -> Row:
    """A share of the packages: x, or low, x and high."""
    row = {"stage": stage, "supplier": "allocation", "of_stage": "packaging", "year": year, "source": "paper"}
    low, x, high = range_ if len(range_) > 1 else (None, range_[0], None)
    return row | {"share": x, "share_low": low, "share_high": high}


def factor(name: str, target: str, loading: float | None = None) -> Row:
    return {"factor": name, "target": target, "loading": loading, "source": "paper"}


def at(of: Law, values: Mapping[str, float] | float) -> Case:
    """The case at some values of factors; those that are not named are 0."""
    given = dict.fromkeys(of.names, values) if isinstance(values, (int, float)) else values
    assert set(given) <= set(of.names)
    return of.drawn(np.array([given.get(name, 0.0) for name in of.names]))


def column(case: Case, table: str, name: str) -> list[Any]:
    return [row[name] for row in case.tables[table]]


def one(low: float, x: float, high: float, score: float, means: str = schema.P10_P90) -> float:
    """A capacity with a range at a score."""
    of = law(case_of(means, capacity=[capacity("a", 2026, low, x, high)]))
    found: float = column(at(of, score), "capacity", "capacity")[0]
    return found


class TestNumbers:
    """What one number is at a score."""

    @pytest.mark.parametrize(
        ("score", "expected"),
        [
            (P50, 4000.0),
            (P90, 5000.0),
            (P10, 3000.0),
            (P90 / 2, 4000 * math.sqrt(1.25)),
            (P10 / 2, 4000 * math.sqrt(0.75)),
            (MOST_SCORE, 4000 * 1.25**2),
            (-MOST_SCORE, 4000 * 0.75**2),
            (9.0, 4000 * 1.25**2),
            (-9.0, 4000 * 0.75**2),
        ],
    )
    def test_ends_are_percentiles_in_logs(self, score: float, expected: float) -> None:
        """Bug: the ends of a range that are taken for its limits, or a score that is not cut. Twice as far in logs."""
        assert one(3000, 4000, 5000, score) == pytest.approx(expected, rel=1e-14)
        assert one(3000, 4000, 5000, P50) == 4000

    @pytest.mark.parametrize(
        ("low", "x", "high", "score", "expected"),
        [
            (0, 8, 16, P10, 0),
            (0, 8, 16, P10 / 2, 4),  # in levels downwards
            (0, 8, 16, P90 / 2, 8 * math.sqrt(2)),  # and in logs upwards
            (0, 8, 16, -MOST_SCORE, 0),  # -8 is no capacity
            (0, 0, 6, P90, 6),
            (0, 0, 6, P90 / 2, 3),
            (0, 0, 6, MOST_SCORE, 12),
            (0, 0, 6, P10, 0),
            (8, 8, 16, P10, 8),  # a range on one side
            (4, 8, 8, P90, 8),
        ],
    )
    def test_a_bound_of_nothing_is_reached_in_levels(
        self, low: float, x: float, high: float, score: float, expected: float
    ) -> None:
        """Bug: the log of 0, or a number that can never leave it; a capacity below 0."""
        assert one(low, x, high, score) == pytest.approx(expected, rel=1e-14, abs=1e-14)

    @pytest.mark.parametrize(("low", "x", "high"), [(3, 4, 8), (0, 1, 2), (2, 2, 5), (1, 6, 6)])
    def test_ends_may_be_the_least_and_the_most(self, low: float, x: float, high: float) -> None:
        """Bug: a mode that is taken for the median, or the two sides of the triangle exchanged."""
        triangle = triang((x - low) / (high - low), low, high - low)
        normal = NormalDist()
        for score in np.linspace(-3, 3, 41):
            cut = min(max(float(score), -MOST_SCORE), MOST_SCORE)
            found = one(low, x, high, float(score), schema.MIN_MAX)
            assert triangle.cdf(found) == pytest.approx(normal.cdf(cut), abs=1e-12)
            assert low < found < high

    @pytest.mark.parametrize("means", [schema.P10_P90, schema.MIN_MAX])
    def test_a_hypercube_has_its_percentiles(self, means: str) -> None:
        """Bug: a p90 that is exceeded by another tenth of the draws, or a median that is not x.

        Of 20 draws one is in each twentieth: 2 are at or below a p10, 10 below the median, 2 at or above a p90.
        """
        of = law(case_of(means, capacity=[capacity("a", 2026, 3000, 4000, 6000)]))
        triangle = triang(1 / 3, 3000, 3000)
        p10, p50, p90 = (3000, 4000, 6000) if means == schema.P10_P90 else triangle.ppf([0.1, 0.5, 0.9])
        for cube in range(5):
            drawn = [column(of.drawn(z), "capacity", "capacity")[0] for z in scores(1, cube, of.names)]
            assert [sum(x <= p10 for x in drawn), sum(x < p50 for x in drawn), sum(x >= p90 for x in drawn)] == [
                2,
                10,
                2,
            ]

    def test_a_mode_at_a_score(self) -> None:
        """Bug: min_max that has its median at x. Of the triangle 3, 4, 8 the part below 4 is 1/5."""
        score = NormalDist().inv_cdf(0.2)
        assert one(3, 4, 8, score, schema.MIN_MAX) == pytest.approx(4, rel=1e-12)
        assert one(3, 4, 8, score) == pytest.approx(4 * 0.75 ** (-score / P90_SCORE), rel=1e-12)

    @staticmethod
    def lead(low: int, x: int, high: int, score: float, means: str = schema.P10_P90) -> int:
        row = {"stage": "hbm", "supplier": "a", "place": "global", "year": 2026, "source": "paper"}
        row |= {"lead_years": x, "lead_years_low": low, "lead_years_high": high}
        found: int = column(at(law(case_of(means, expansion=[row])), score), "expansion", "lead_years")[0]
        assert type(found) is int
        return found

    def test_whole_numbers_are_rounded_towards_their_own(self) -> None:
        """Bug: a lead of 2.7 years, or ranges of a year that reach their ends as often as those of ten."""
        assert self.lead(2, 4, 9, P90) == 9
        assert self.lead(2, 4, 9, P90 * 0.999) == 8
        assert self.lead(2, 4, 9, P10) == 2
        assert self.lead(2, 4, 9, P10 * 0.999) == 3
        assert self.lead(2, 4, 9, 0.0) == 4
        assert self.lead(2, 4, 9, MOST_SCORE) == 20  # 20.25
        assert self.lead(0, 1, 1, -MOST_SCORE) == 0  # no lead is -1
        assert self.lead(3, 60, 90, MOST_SCORE) == 100  # nor more than 100
        assert self.lead(2, 4, 9, P90, schema.MIN_MAX) == 7  # 9 - sqrt(0.1 * 7 * 5) is 7.13

    def test_a_whole_end_is_reached(self) -> None:
        """Bug: 49 years that are 48, because the logs of a range are rounded. Twice as far from x as y is y²/x."""
        pairs = [(x, end) for x, end in product(range(1, 51), repeat=2) if x != end]
        names = [f"{x:02} {end:02}" for x, end in pairs]
        rows = [
            {"accelerator": name, "life_years": x, f"life_years_{'high' if end > x else 'low'}": end}
            for name, (x, end) in zip(names, pairs, strict=True)
        ]
        of = law(case_of(accelerators=rows))
        for way in (1, -1):
            moved, far = (
                {row["accelerator"]: row["life_years"] for row in at(of, way * z).tables["accelerators"]}
                for z in (P90, MOST_SCORE)
            )
            for name, (x, end) in zip(names, pairs, strict=True):
                if (end > x) == (way > 0):
                    assert moved[name] == end
                    if end * end % x == 0 and end * end <= 100 * x:
                        assert far[name] == end * end // x
                else:
                    assert moved[name] == x

    def test_numbers_stay_what_their_column_allows(self) -> None:
        """Bug: machines that are busy for more than the year, a life of no year, an elasticity above 20."""
        rows: dict[str, Row] = {
            "operations": {"year": 2026, "utilisation": 0.8, "utilisation_low": 0.7, "utilisation_high": 1.0},
            "accelerators": {"accelerator": "a", "life_years": 2, "life_years_low": 1, "life_years_high": 4},
            "research_curves": {"year": 2026, "elasticity": 10.0, "elasticity_low": 5.0, "elasticity_high": 19.0},
        }
        of = law(case_of(**{name: [{**row, "source": "paper"}] for name, row in rows.items()}))
        low, high = at(of, -MOST_SCORE), at(of, MOST_SCORE)
        assert column(high, "operations", "utilisation") == [1.0]
        assert (column(low, "accelerators", "life_years"), column(high, "accelerators", "life_years")) == ([1], [8])
        assert column(high, "research_curves", "elasticity") == [20.0]

    def test_a_range_of_no_width_is_none(self) -> None:
        """Bug: a factor that moves nothing is a dimension of every hypercube, and a driver of nothing."""
        certain = [capacity("a", 2026, 5, 5, 5), capacity("b", 2026, 5, 5, 6) | {"capacity_high": None}]
        blank = {"accelerator": "a", "ramp_growth": None, "ramp_growth_low": 1.0, "ramp_growth_high": 2.0}
        of = law(case_of(capacity=certain, accelerators=[blank]))
        assert of.names == ()
        assert column(at(of, 0.0), "capacity", "capacity") == [5, 5]


class TestFactors:
    """What moves numbers together."""

    def test_a_column_follows_its_sources(self) -> None:
        """Bug: one factor for a table, one for a number, or the years of a series that go apart."""
        rows = [
            capacity("a", 2026, 9, 10, 11, source="one"),
            capacity("a", 2027, 9, 10, 11, source="two"),
            capacity("b", 2026, 10, 10, 10, source="two"),  # no range: its series begins with the next row
            capacity("b", 2027, 9, 10, 11, source="one"),
            capacity("c", 2027, 9, 10, 11, source="two"),
        ]
        rows[-1] |= {"price_usd_low": 0.5, "price_usd_high": 1.5}
        of = law(case_of(capacity=rows))
        expected = ("capacity.capacity[source=one]", "capacity.capacity[source=two]", "capacity.price_usd[source=two]")
        assert of.names == expected
        assert column(at(of, {expected[0]: P90}), "capacity", "capacity") == pytest.approx([11, 11, 10, 11, 10])
        assert column(at(of, {expected[1]: P90}), "capacity", "capacity") == pytest.approx([10, 10, 10, 10, 11])
        assert column(at(of, {expected[2]: P90}), "capacity", "price_usd") == pytest.approx([1, 1, 1, 1, 1.5])

    def test_what_has_no_source_and_allocations_have_their_own(self) -> None:
        """Bug: all buyers of one source get more at once, so that the sum of their shares undoes it."""
        stages = [{"stage": s, "group": s, "cost_life_years": 3, "cost_life_years_high": 5} for s in ("hbm", "cowos")]
        shares = [share("a", 2026, 0.2, 0.3, 0.4), share("a", 2028, 0.2, 0.3, 0.4), share("b", 2026, 0.1, 0.2, 0.3)]
        of = law(case_of(stages=stages, allocation=shares))
        assert of.names == (
            "allocation.share[stage=a, supplier=allocation, of_stage=packaging]",
            "allocation.share[stage=b, supplier=allocation, of_stage=packaging]",
            "stages.cost_life_years[stage=cowos]",
            "stages.cost_life_years[stage=hbm]",
        )

    def test_the_factors_of_tiny(self) -> None:
        """Bug: a shipped case whose factors are others, unnoticed."""
        assert law(without_factors(load(TINY))).names == (
            "capacity.capacity[source=paper_range]",
            "demand.demand_ttok[source=paper_range]",
        )

    def test_years_of_one_key_share_factor_and_remainder(self) -> None:
        """Bug: a supplier that is lucky in one year and unlucky in the next, so that luck averages out."""
        rows = [capacity(k, t, 9, 10, 11, source=f"{k}{t}") for k in "ab" for t in (2026, 2028)]
        of = law(case_of(capacity=rows, factors=[factor("boom", "capacity.capacity", 0.6)]))
        rests = [f"rest of capacity.capacity[stage=hbm, supplier={k}, place=global]" for k in "ab"]
        assert of.names == ("boom", *rests)
        assert of.weights.tolist() == [pytest.approx([0.6, 0.8, 0]), pytest.approx([0.6, 0, 0.8])]
        moved = at(of, {"boom": P90, rests[0]: P10})
        assert column(moved, "capacity", "capacity") == pytest.approx([10 * 0.9**0.2] * 2 + [10 * 1.1**0.6] * 2)

    def test_a_factor_of_some_years(self) -> None:
        """Bug: a year that no factor names and that loses what its series follows: its source is the first row's."""
        rows = [capacity("a", 2026, 9, 10, 11, source="one"), capacity("a", 2027, 9, 10, 11, source="two")]
        rows += [capacity("a", 2028, 9, 10, 11, source="three")]
        of = law(case_of(capacity=rows, factors=[factor("boom", "capacity.capacity[year=..2026]")]))
        assert of.names == ("boom", "capacity.capacity[source=one]")
        assert column(at(of, {"boom": P90}), "capacity", "capacity") == pytest.approx([11, 10, 10])
        assert column(at(of, {of.names[1]: P10}), "capacity", "capacity") == pytest.approx([10, 9, 9])

    def test_loadings(self) -> None:
        """Bug: a blank loading that is 0, a negative one that is squared away, or a remainder of what has none."""
        rows = [capacity(k, 2026, 8, 10, 12) for k in "abcd"]
        factors = [
            factor("boom", "capacity.capacity[supplier=a|c]"),
            factor("boom", "capacity.capacity[supplier=b]", -1.0),
            factor("boom", "capacity.capacity[supplier=d]", -0.6),
            factor("grid", "capacity.capacity[supplier=d]", 0.8),
        ]
        of = law(case_of(capacity=rows, factors=factors))
        assert of.names == ("boom", "grid")
        assert column(at(of, {"boom": P90}), "capacity", "capacity") == pytest.approx([12, 8, 12, 10 * 0.8**0.6])
        assert column(at(of, {"grid": P90}), "capacity", "capacity") == pytest.approx([10, 10, 10, 10 * 1.2**0.8])

    @pytest.mark.parametrize(("one", "other"), [(0.8, 0.6), (-0.7, 0.9), (0.5, None), (-1.0, None), (0.0, 0.9)])
    def test_loadings_are_rank_correlations(self, one: float, other: float | None) -> None:
        """Bug: loadings that are squared, or added, on the way to a correlation.

        Numbers of normal scores with correlation r have Spearman's 6/π asin(r/2); r is the product of their loadings.
        The band is four standard errors of 4,000 draws.
        """
        rows = [capacity("a", 2026, 8, 10, 20), capacity("b", 2026, 1, 10, 12)]
        factors = [factor("boom", f"capacity.capacity[supplier={k}]", x) for k, x in (("a", one), ("b", other))]
        of = law(case_of(capacity=rows, factors=factors))
        draws = np.vstack([scores(11, cube, of.names) for cube in range(200)])
        found = spearmanr([column(of.drawn(z), "capacity", "capacity") for z in draws]).statistic
        r = one * (1.0 if other is None else other)
        assert found == pytest.approx(6 / math.pi * math.asin(r / 2), abs=4 / math.sqrt(len(draws)))

    def test_a_number_does_not_depend_on_other_ranges(self) -> None:
        """Bug: a range more, of another number, that moves the last digit of what is drawn for all."""
        suppliers = [f"s{n}" for n in range(30)]
        rows = [capacity(k, 2026, 9, 10, 11) for k in suppliers]
        factors = [factor(f"f{n}", "capacity.capacity", 0.3) for n in (2, 4, 6, 8)]
        alone = law(case_of(capacity=rows, factors=factors))
        more = [capacity("a", 2026, 9, 10, 11), capacity("t", 2026, 9, 10, 11)]
        extra = [factor(f"f{n}", "capacity.capacity[supplier=a]", 0.3) for n in (1, 3, 5, 7, 9)]
        others = [{**row, "target": "capacity.capacity[supplier=s*]"} for row in factors]
        together = law(case_of(capacity=[*rows, *more], factors=[*others, *extra]))
        for cube in range(3):
            few, many = (scores(2, cube, of.names) for of in (alone, together))
            for n in range(SIZE):
                drawn = {row["supplier"]: row["capacity"] for row in together.drawn(many[n]).tables["capacity"]}
                assert [drawn[k] for k in sorted(suppliers)] == column(alone.drawn(few[n]), "capacity", "capacity")

    def test_stages_of_one_group_live_as_long(self) -> None:
        """Bug: a drawn case whose group lives for 3 and for 5 years, which no case may. The first range counts."""
        stages: list[Row] = [
            {"stage": "a", "group": "silicon", "cost_life_years": 3},
            {"stage": "b", "group": "silicon", "cost_life_years": 3, "cost_life_years_high": 5},
            {"stage": "c", "group": "silicon", "cost_life_years": 3, "cost_life_years_high": 9},
            {"stage": "d", "group": "power", "cost_life_years": 3},
        ]
        of = law(case_of(stages=stages))
        assert of.names == ("stages.cost_life_years[stage=b]",)
        assert column(at(of, P90), "stages", "cost_life_years") == [5, 5, 5, 3]


class TestShares:
    """What is drawn of a pool: shares of one stage's limit."""

    def test_shares_keep_their_sum(self) -> None:
        """Bug: wafers that are left to nobody, or sold twice. 0.5 goes to 0.8 beside 0.3: both lose 8/11."""
        of = law(case_of(allocation=[share("a", 2026, 0.4, 0.5, 0.8), share("b", 2026, 0.3)]))
        assert column(at(of, P90), "allocation", "share") == pytest.approx([0.8 * 0.8 / 1.1, 0.3 * 0.8 / 1.1])
        assert column(at(of, P10), "allocation", "share") == pytest.approx([0.4 * 0.8 / 0.7, 0.3 * 0.8 / 0.7])
        assert column(at(of, P50), "allocation", "share") == [0.5, 0.3]

    def test_no_share_is_more_than_all(self) -> None:
        """Bug: a share of 1.3, which no case may have. Of 1.8 one can have 1 alone, and another gets the rest."""
        of = law(case_of(allocation=[share("a", 2026, 0.2, 0.9, 0.9), share("b", 2026, 0.9)]))
        assert column(at(of, P10), "allocation", "share") == pytest.approx([0.8, 1.0])

    def test_shares_that_are_all_drawn_as_nothing(self) -> None:
        """Bug: a division by 0, or a pool that nobody may use in the draw."""
        of = law(case_of(allocation=[share("a", 2026, 0, 0.3, 0.4), share("b", 2026, 0, 0.1, 0.2)]))
        assert column(at(of, P10), "allocation", "share") == [0.3, 0.1]
        of = law(
            case_of(allocation=[share("a", 2026, 0, 0.9, 0.9), share("b", 2026, 0.5), share("c", 2026, 0, 0.4, 1)])
        )
        assert column(at(of, P10), "allocation", "share") == pytest.approx([0.8 * 0.9 / 1.3, 1, 0.8 * 0.4 / 1.3])

    def test_pools_without_ranges_stay_as_they_are(self) -> None:
        """Bug: shares of a pool that is certain are rounded, or written out for every year."""
        certain = [share("c", 2026, 0.1), share("d", 2027, 1 / 3)]
        certain = [{**row, "of_stage": "power"} for row in certain]
        of = law(case_of(allocation=[share("a", 2026, 0.4, 0.5, 0.8), *certain]))
        assert [row for row in at(of, P90).tables["allocation"] if row["of_stage"] == "power"] == [
            {name: cell for name, cell in row.items() if not name.startswith("share_")} for row in certain
        ]

    def test_series_of_different_years(self) -> None:
        """Bug: sums that are kept in the years that are given, and not between or after them.

        2026 a alone has 0.4; 2027 a 0.4, b 0.2; 2028 a 0.4, b 0.4; in the draw a is half of it throughout.
        """
        shares = [share("a", 2026, 0.2, 0.4, 0.5), share("b", 2027, 0.2), share("b", 2028, 0.4), share("a", 2030, 0.4)]
        drawn = at(law(case_of(allocation=shares)), P10)
        assert drawn.yearly("allocation", "share") == {
            ("a", "allocation", "packaging"): pytest.approx(
                {2026: 0.4, 2027: 0.6 * 0.25 / 0.45, 2028: 0.8 * 0.3 / 0.7}
            ),
            ("b", "allocation", "packaging"): pytest.approx({2026: 0, 2027: 0.6 * 0.2 / 0.45, 2028: 0.8 * 0.4 / 0.7}),
        }

    @pytest.mark.parametrize("seed", POOLS)
    def test_pools_keep_their_sum_in_every_year(self, seed: int, tmp_path: Path) -> None:
        """Bug: rows of other years, before the case or late, for which a pool is not what it was."""
        case = loaded(ranged(random_case(seed)), tmp_path / "case")
        of = law(case)
        assert sum(name.startswith("allocation.share[") for name in of.names) > 1
        for z in (np.full(len(of.names), -9.0), *scores(seed, 0, of.names)[:4]):
            found, own = (pools(each) for each in (of.drawn(z), case))
            assert found == {pool: pytest.approx(sums, rel=1e-12) for pool, sums in own.items()}


def pools(case: Case) -> dict[str, dict[int, float]]:
    """What the shares of each stage add up to, by year."""
    sums: dict[str, dict[int, float]] = {}
    for (_, _, of_stage), shares in case.yearly("allocation", "share").items():
        assert all(0 <= x <= 1 for x in shares.values())
        pool = sums.setdefault(of_stage, dict.fromkeys(shares, 0.0))
        for year, x in shares.items():
            pool[year] += x
    return sums


def without_factors(case: Case) -> Case:
    """Return a case whose numbers follow the factors that they have by themselves."""
    return replace(case, tables={**case.tables, "factors": ()})


@cache
def shipped(name: str) -> Case:
    return without_factors(load(INPUTS / name))


def text(case: Case) -> str:
    """All that a case says."""
    return json.dumps([vars_of(case.settings), case.tables, case.headers])


def written(case: Case, folder: Path) -> Path:
    """Write a case as a folder."""
    folder.mkdir()
    settings = {name: value for name, value in vars_of(case.settings).items() if value is not None}
    (folder / "case.toml").write_text(settings_text(None, settings), encoding="utf-8")
    for name, rows in case.tables.items():
        header = case.headers[name] or tuple(column.name for column in schema.TABLE[name].columns)
        if rows or case.headers[name]:
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows([cell(row[column]) for column in header] for row in rows)
    return folder


def cell(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def is_whole(case: Case, folder: Path) -> None:
    """Assert that a case has no ranges and no factors, breaks no rule, and is the same when it was written and read."""
    ends = (schema.LOW, schema.HIGH)
    assert not any(name.endswith(ends) for rows in case.tables.values() for row in rows for name in row)
    assert not any(name.endswith(ends) for header in case.headers.values() for name in header)
    assert (law(case).names, case.tables["factors"]) == ((), ())
    tables = {
        name: Rows(schema.TABLE[name], case.headers[name], rows, tuple(range(2, 2 + len(rows))))
        for name, rows in case.tables.items()
    }
    assert faults(FolderContents(vars_of(case.settings), tables)) == []
    again = load(written(case, folder))
    assert (again.settings, again.tables) == (case.settings, case.tables)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_drawn_case_of_a_shipped_one(name: str, tmp_path: Path) -> None:
    """Bug: a drawn case that nobody could have written: a life of 2.5 years, a range that is left, a row too few."""
    of = law(shipped(name))
    for n, z in enumerate((*scores(4, 0, of.names)[:2], np.full(len(of.names), 9.0))):
        is_whole(of.drawn(z), tmp_path / str(n))


@pytest.mark.parametrize("seed", [*SEEDS, *POOLS])
def test_a_drawn_case_of_a_random_one(seed: int, tmp_path: Path) -> None:
    """Bug: the same, of cases that use every table and option; pools have ranges throughout."""
    case = random_case(seed)
    of = law(loaded(ranged(case) if seed in POOLS else case, tmp_path / "case"))
    for n, z in enumerate((scores(seed, 0, of.names)[0], *(np.full(len(of.names), x) for x in (-9.0, 9.0)))):
        is_whole(of.drawn(z), tmp_path / str(n))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int, tmp_path: Path) -> None:
    """Bug: a draw that depends on how a file is sorted, that of the factors among them."""
    case = random_case(seed)
    plain, other = (law(load(write_case(case, tmp_path / str(n), shuffle_seed=n))) for n in (None, 1))
    assert (plain.names, plain.weights.tolist()) == (other.names, other.weights.tolist())
    for z in scores(seed, 1, plain.names)[:3]:
        assert text(plain.drawn(z)) == text(other.drawn(z))


@pytest.mark.parametrize("name", SHIPPED)
def test_the_middle_is_the_case(name: str) -> None:
    """Bug: a median that is off by a rounding, a row that moves, or a case that a draw changes for the next one."""
    case = shipped(name)
    before, of = text(case), law(case)
    at(of, 2.0)
    middle = at(of, 0.0)
    for table in schema.TABLES:
        own = [{c.name: row[c.name] for c in table.columns} for row in case.tables[table.name]]
        assert list(middle.tables[table.name]) == own
    assert text(case) == before
    assert text(at(of, 0.0)) == text(middle)


@pytest.mark.parametrize("name", ["base", "backcast"])
def test_every_range_moves_its_number(name: str) -> None:
    """Bug: a column with ranges that nothing draws, or a series whose years go in different directions."""
    case = shipped(name)
    low, high = (at(law(case), z) for z in (P10, P90))
    for table in schema.TABLES:
        for c in (c for c in table.columns if c.ranged and table.name != "allocation"):
            for row, down, up in zip(*(each.tables[table.name] for each in (case, low, high)), strict=True):
                ends = [row.get(c.name + end) for end in (schema.LOW, schema.HIGH)]
                if row[c.name] is not None:
                    expected = [row[c.name] if end is None else end for end in ends]
                    assert [down[c.name], up[c.name]] == pytest.approx(expected, rel=1e-12)


def test_each_series_has_one_factor() -> None:
    """Bug: years of one key of `inputs/base` that follow different sources."""
    case = shipped("base")
    of = law(case)
    for n in range(0, len(of.names), 9):
        moved = at(of, {of.names[n]: P90})
        table = schema.TABLE[of.names[n].split(".")[0]]
        name = of.names[n].split(".")[1].partition("[")[0]
        together: dict[Any, set[bool]] = {}
        for row, new in zip(case.tables[table.name], moved.tables[table.name], strict=True):
            x, high = row[name], row.get(f"{name}{schema.HIGH}")
            if high is not None and high > x:
                together.setdefault(series_of(table, row), set()).add(new[name] != x)
        assert table.name == "allocation" or {True} in together.values() or together == {}
        assert all(len(moves) == 1 for moves in together.values())


@pytest.mark.parametrize("target", ["capacity.capacity[stage=hbm]", "capacity.price_usd"])
def test_a_factor_that_moves_nothing(target: str, tmp_path: Path) -> None:
    """Bug: a factor that is meant to matter, and no word about the range that is missing."""
    folder = tmp_path / "tiny"
    case = load(TINY)
    with_factors = replace(case, tables=case.tables | {"factors": (factor("boom", target),)})
    assert law(with_factors).names == law(without_factors(case)).names
    load(written(with_factors, folder))
    said = [notice for notice in notices(load(folder)) if notice.file == "factors.csv"]
    message = f"{target} has no range, so that 'boom' moves nothing there"
    assert [(notice.row, notice.column, notice.message) for notice in said] == [(2, "target", message)]
