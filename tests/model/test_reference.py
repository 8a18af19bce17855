"""The oracle and the generator, tested on their own, before anything is measured against them."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import pairwise, permutations
from typing import TYPE_CHECKING

import pytest
from generator import (
    FEATURES,
    GLOBAL,
    HEADERS,
    OPTIONAL,
    Case,
    Value,
    features,
    num,
    random_case,
    write_case,
    year,
)
from reference import (
    Answer,
    Statement,
    UnsolvedError,
    build,
    interpolate,
    load,
    relief,
)
from stated import PLANT, capacity, near, plant, total

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = range(40)


def statement(case: Case, folder: Path) -> Statement:
    return build(load(write_case(case, folder)))


class TestOnPaper:
    """LPs small enough to solve by hand."""

    @pytest.mark.parametrize("order", [*permutations(("wafer", "memory", "hall"))])
    def test_a_chain_serves_the_least_of_capacity_over_bill_of_materials(self, order: tuple[str, ...]) -> None:
        """Wafers for 40 chips, memory for 50, halls for 60, in every order: 40 are served.

        Only the tightest stage has a price: 1e6 USD per chip over its quantity per chip.
        Sensitivity: a stage left out of the balance serves 50; a bill of materials read as its
        inverse serves another number in every order.
        Catches: a dropped use, a swapped flow and stock, quantities used upside down.
        """
        per_chip = {"wafer": 0.02, "memory": 8.0, "hall": 1.5}
        chips = dict(zip(order, (40.0, 50.0, 60.0), strict=True))
        lp = plant(
            stages="""stage,kind,scope,storable,cost_life_years
                wafer,flow,global,,1\nmemory,flow,global,,1\nhall,stock,regional,,""",
            capacity="stage,supplier,place,year,capacity,price_usd\n"
            + "\n".join(
                f"{s},acme,{'home' if s == 'hall' else 'global'},2030,{chips[s] * q!r},0" for s, q in per_chip.items()
            ),
            bill_of_materials="accelerator,stage,quantity\n" + "\n".join(f"chip,{s},{q}" for s, q in per_chip.items()),
        )
        answer = lp.solve()
        assert total(answer, "serve") == near(40)
        tightest = order[0]
        for s, q in per_chip.items():
            price = next(y for row, y in answer.duals.items() if row[:2] == ("supply_limit", s))
            assert price == near(1e6 / q if s == tightest else 0)

    @pytest.mark.parametrize(
        ("bought", "expected"),
        [(2030, 1100.0), (2031, 1000.0), (2032, 1000 * 0.1 / 0.21)],
    )
    def test_a_purchase_is_charged_as_an_annuity_inside_the_horizon(self, bought: int, expected: float) -> None:
        """100 wafers at 10 USD, written off over 2 years at 10 %, case 2030-2032.

        crf(2) = 0.1 · 1.21 / 0.21 = 0.576190. Bought in 2030: 0.576190 · (1 + 1/1.1) = 1.1 per
        dollar; in 2031: 0.576190 · (1/1.1 + 1/1.21) = 1. Bought in 2032 only
        the first of two payments falls inside: 0.576190 / 1.21 = 0.476190 per dollar.
        Sensitivity: paid at once 1000, 909.09 and 826.45; a third payment 1576.19 in 2030; not cut
        at the horizon 909.09 in 2032.
        Catches: a wrong crf, payments counted from the wrong year or past the horizon.
        """
        lp = plant(
            {"last_year": 2032, "discount_rate": 0.1},
            stages="""stage,kind,scope,storable,cost_life_years
                wafer,flow,global,,2\nhall,stock,regional,,""",
            capacity=capacity(y2030="100:10"),
            accelerators=PLANT["accelerators"].replace("2030,,10", "2030,,1"),
            demand="workload,tier,year,demand_ttok,value_usd_per_mtok\n"
            + "\n".join(f"chat,all,{t},{100 if t == bought else 0},1" for t in range(2030, 2033)),
        )
        answer = lp.solve()
        assert total(answer, "serve") == near(100)
        assert answer.objective_usd == pytest.approx(expected, rel=1e-8)

    def test_an_expansion_is_paid_at_order_and_charged_while_it_serves(self) -> None:
        """1 wafer a year ordered in 2030 for 1000 USD, online 2031-2034, case 2030-2032, 10 %.

        crf(4) = 0.1 / (1 - 1.1^-4) = 0.3154708. Two of four payments fall inside:
        0.3154708 · (1/1.1 + 1/1.21) = 0.5475113, with a year's interest 0.6022624: 602.26 USD.
        It serves 1 Ttok in 2031 and, as the chip lives on and another is built, 2 in 2032.
        Sensitivity: without interest 547.51; charged from the order 862.98 and no interest.
        Catches: interest for the lead forgotten, an expansion online too early.
        """
        lp = plant(
            {"last_year": 2032, "discount_rate": 0.1},
            suppliers="stage,supplier,capacity_life_years\nwafer,acme,4\nhall,acme,10",
            capacity=capacity(y2030="0:0"),
            expansion="stage,supplier,place,year,max_expansion,capex_usd_per_unit,lead_years\n"
            "wafer,acme,global,2030,1,1000,1\nwafer,acme,global,2031,5,1000,2",
        )
        answer = lp.solve()
        assert lp.cost["expand", "wafer", "acme", "global", 2030] == near(
            1000 * 1.1 * (0.14641 / 0.4641) * (2.1 / 1.21)
        )
        assert [answer.values["serve", "chat", "all", t] for t in (2030, 2031, 2032)] == [
            near(0),
            near(1),
            near(2),
        ]
        assert len(lp.columns("expand")) == 1  # the other arrives in 2033

    @pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
    def test_new_units_work_a_share_of_their_first_year(self, alpha: float) -> None:
        """100 chips can be built in 2030, none in 2031: 100·alpha Ttok, then 100.

        Sensitivity: alpha ignored serves 100 and 100; exchanged for its complement 75.
        Catches: availability on all units, or on the years after the first.
        """
        lp = plant(
            {"last_year": 2031, "first_year_availability": alpha},
            capacity=capacity(y2030="100:0", y2031="0:0"),
        )
        answer = lp.solve()
        assert answer.values["serve", "chat", "all", 2030] == near(100 * alpha)
        assert answer.values["serve", "chat", "all", 2031] == near(100)

    def test_a_share_of_what_is_built_arrives_a_year_later(self) -> None:
        """A lag of 0.4: 3 waiting, 5 built the year before, 10 buildable in 2030, 0 in 2031.

        2030: 3 + 0.4·5 + 0.6·10 = 11 operate; 2031: 11 + 0.4·10 = 15.
        Sensitivity: without the lag of the opening 9 and 13; without any lag 13 and 13.
        Catches: lag share and its complement exchanged, an opening that is forgotten.
        """
        lp = plant(
            {"last_year": 2031, "build_lag_share": 0.4},
            capacity=capacity(y2030="10:0", y2031="0:0"),
            accelerators=PLANT["accelerators"].replace("2030,,10", "2029,,10"),
            opening="accelerator,warehouse_units,built_units\nchip,3,5",
        )
        answer = lp.solve()
        assert answer.values["serve", "chat", "all", 2030] == near(11)
        assert answer.values["serve", "chat", "all", 2031] == near(15)

    @pytest.mark.parametrize(
        ("basis", "stage", "minimum", "short"),
        [("built", "", 60, 20), ("operating", "", 60, 20), ("built", "wafer", 120, 40)],
    )
    def test_two_commitments_on_one_family_add(self, basis: str, stage: str, minimum: float, short: float) -> None:
        """Two orders of 60 chips (120 wafers at 2 each) where 100 can be made: 20 chips short.

        At 7 USD a unit: 140, or 280 for 40 wafers. Nothing else costs anything.
        Sensitivity: if one chip may count for both orders nothing falls short.
        Catches: delivered_once left out, bill of materials not applied to the minimum.
        """
        header = "commitment,year,accelerator,family,vendor,basis,stage,minimum,"
        row = f",2030,,f,,{basis},{stage},{minimum},7"
        lp = plant(
            capacity=capacity(y2030="200:0"),
            bill_of_materials="accelerator,stage,quantity\nchip,wafer,2\nchip,hall,1",
            demand="workload,tier,year,demand_ttok,value_usd_per_mtok\nchat,all,2030,0,0",
            commitments=f"{header}shortfall_usd_per_unit\none{row}\ntwo{row}",
        )
        answer = lp.solve()
        assert total(answer, "shortfall") == near(short)
        assert answer.objective_usd == near(7 * short)

    @pytest.mark.parametrize(("storable", "expected"), [("true", 10), ("false", 0), ("", 0)])
    def test_a_flow_is_kept_only_where_the_stage_is_storable(self, storable: str, expected: float) -> None:
        """10 wafers in 2030, none in 2031, when the chip can first be made: 10 if they keep, or 0.

        Sensitivity: a stage that keeps by default serves 10 in all three cases.
        Catches: a blank read as true, storage that is not carried over the year.
        """
        lp = plant(
            {"last_year": 2031},
            stages=f"""stage,kind,scope,storable,cost_life_years
                wafer,flow,global,{storable},1\nhall,stock,regional,,""",
            capacity=capacity(y2030="10:0", y2031="0:0"),
            accelerators=PLANT["accelerators"].replace("2030,,10", "2031,,10"),
        )
        assert lp.solve().values["serve", "chat", "all", 2031] == near(expected)

    def test_needs_count_at_the_place_and_a_named_place_replaces(self) -> None:
        """Halls need 2 MW each, at `cold` only 1; 12 MW in each of two regions: 6 + 12 chips run.

        A global stage (staff, 0.5 per hall) sums over both regions: 9 used.
        Sensitivity: added instead of replaced 6 + 4; one need for both regions 12 or 24.
        Catches: a need booked at the wrong place, or twice.
        """
        lp = plant(
            regions="region\nwarm\ncold",
            stages="""stage,kind,scope,storable,cost_life_years
                wafer,flow,global,,1\nhall,stock,regional,,
                power,stock,regional,,\nstaff,stock,global,,""",
            capacity="""stage,supplier,place,year,capacity,price_usd
                wafer,acme,global,2030,100,0
                hall,acme,warm,2030,50,0\nhall,acme,cold,2030,50,0
                power,acme,warm,2030,12,0\npower,acme,cold,2030,12,0
                staff,acme,global,2030,99,1""",
            supplier_needs="""stage,supplier,place,basis,needs_stage,quantity
                hall,acme,cold,supply,power,1
                hall,acme,,supply,power,2
                hall,acme,,supply,staff,0.5""",
        )
        answer = lp.solve()
        assert answer.values["operate", "chip", "warm", 2030] == near(6)
        assert answer.values["operate", "chip", "cold", 2030] == near(12)
        assert answer.values["supply", "staff", "acme", "global", 2030] == near(9)

    def test_a_budget_counts_cash_of_purchases_units_and_orders(self) -> None:
        """1000 USD: wafers cost 10, the rest of a chip 5, one more wafer a year 45.

        The 40 wafers there are take 600 with their chips; the other 400 buy 400/60 more.
        Sensitivity: without the order in the budget 66.67 chips; without other cost more.
        Catches: annuities instead of cash in the budget, an item left out.
        """
        lp = plant(
            capacity=capacity(y2030="40:10"),
            unit_costs="accelerator,year,other_cost_usd\nchip,2030,5",
            expansion="stage,supplier,place,year,max_expansion,capex_usd_per_unit,lead_years\n"
            "wafer,acme,global,2030,1000,45,0",
            budget="year,capital_usd\n2030,1000\n2029,1",
        )
        assert total(lp.solve(), "build") == near(40 + 400 / 60)

    @pytest.mark.parametrize(
        ("first_year", "opening", "expected"),
        [(2029, "", [100, 100]), (2029, "chip,0,6", [22, 54]), (2030, "", [10, 30])],
    )
    def test_a_ramp_starts_from_what_was_built_before(
        self, first_year: int, opening: str, expected: list[float]
    ) -> None:
        """Ramp 10 + 2 · last year, 100 wafers a year.

        Made before the case without an opening: no limit at first, then 10 + 200 > 100.
        With 6 built the year before: 22, then 54. New in 2030: 10, then 30.
        Sensitivity: a ramp without memory gives 10 and 10.
        Catches: the three starts confused.
        """
        header, row = (line.strip() for line in PLANT["accelerators"].splitlines())
        lp = plant(
            {"last_year": 2031},
            accelerators=f"{header},ramp_start_units,ramp_growth\n{row.replace('2030', str(first_year))},10,2",
            opening=f"accelerator,warehouse_units,built_units\n{opening}",
        )
        answer = lp.solve()
        built = [answer.values["build", "chip", t] for t in (2030, 2031)]
        assert built == [near(x) for x in expected]

    def test_relief_rises_through_allocations_once(self) -> None:
        """Wafers 100 + 20 ordered; half of them may be bought as A, half of A as B, B has 10 more.

        Limits 120, 60 and 40. One per cent of wafers: 1.2, A 0.6, B 0.3. Of the group of wafers
        and B: B rises by its own 0.4, not by 0.3 and not by 0.7.
        Sensitivity: relief of the row alone gives 1.2, 0, 0; on capacity alone 1.0.
        Catches: a limit relieved by less than 1 % of what it really is, or twice.
        """
        lp = plant(
            stages="""stage,kind,scope,storable,cost_life_years
                wafer,flow,global,,1\na,flow,global,,1\nb,flow,global,,1\nhall,stock,regional,,""",
            suppliers="""stage,supplier,capacity_life_years
                wafer,acme,10\na,allocation,\nb,allocation,\nhall,acme,10""",
            capacity=capacity(y2030="100:0") + "\nb,allocation,global,2030,10,0",
            allocation="""stage,supplier,of_stage,year,share
                a,allocation,wafer,2030,0.5\nb,allocation,a,2030,0.5""",
            expansion="stage,supplier,place,year,max_expansion,capex_usd_per_unit,lead_years\n"
            "wafer,acme,global,2030,20,0,0",
            bill_of_materials="accelerator,stage,quantity\nchip,wafer,1\nchip,b,0.1\nchip,hall,1",
        )
        values = lp.solve().values
        wafer, a, b = (
            ("supply_limit", "wafer", "acme", GLOBAL, 2030),
            ("supply_limit", "a", "allocation", GLOBAL, 2030),
            ("supply_limit", "b", "allocation", GLOBAL, 2030),
        )
        alone = relief(lp, values, {"wafer"}, 2030, 0.01)
        assert alone == {wafer: near(1.2), a: near(0.6), b: near(0.3)}
        together = relief(lp, values, {"wafer", "b"}, 2030, 0.01)
        assert together == {wafer: near(1.2), a: near(0.6), b: near(0.4)}

    def test_units_of_time_tokens_and_money(self) -> None:
        """One chip, 1000 tokens/s, busy half the time, efficiency 2, worth 2 H100s.

        A year of it serves 1000 · 0.5 · 2 · 31 536 000 = 3.1536e10 tokens = 0.031536 Ttok, at
        3 USD per 10^6 worth 94,608 USD; or 0.5 · 2 = 1 H100e-year, at 2 USD an hour 17,520 USD.
        0.02 Ttok are wanted, so 0.02 / 0.031536 of it serves and 0.3658042 H100e-years are left.
        Sensitivity: hours taken for seconds 9 Mtok; efficiency counted in research 0.7316.
        Catches: a slip of 1000 in tokens, a rent per year, use counted twice.
        """
        lp = plant(
            capacity=capacity(y2030="1:0"),
            accelerators=PLANT["accelerators"].replace("2030,,10,0,1", "2030,,10,0,2"),
            throughput="accelerator,workload,tokens_per_second\nchip,chat,1000",
            operations="year,utilisation\n2030,0.5",
            efficiency="workload,year,multiplier\nchat,2031,2",
            demand="workload,tier,year,demand_ttok,value_usd_per_mtok\nchat,all,2030,0.02,3",
            research="tier,year,demand_h100e_years,value_usd_per_h100e_hour\ncore,2030,1,2",
        )
        answer = lp.solve()
        assert lp.constant == near(0.02e6 * 3 + 8760 * 2)
        assert answer.values["serve", "chat", "all", 2030] == near(0.02)
        assert answer.values["research", "core", 2030] == near(1 - 0.02 / 0.031536)
        assert answer.objective_usd == near(17520 * 0.02 / 0.031536)

    def test_units_operate_until_the_end_of_their_life(self) -> None:
        """10 chips installed in 2028 and 5 built in 2030, with a life of 3: 15, 5, 5, 0.

        Sensitivity: a life one year too long serves 15, 15, 5, 5.
        Catches: `<=` for `<` at the end of a life, for the fleet or for what is installed.
        """
        lp = plant(
            {"last_year": 2033},
            capacity=capacity(y2030="5:0", y2031="0:0"),
            accelerators=PLANT["accelerators"].replace("2030,,10", "2028,2030,3"),
            fleet="accelerator,region,installed_year,units,unit_cost_usd\nchip,home,2028,10,9",
            demand=PLANT["demand"].replace("1000000", "15"),
            build_limits="accelerator,year,max_units\nchip,2030,5",
        )
        years = range(2030, 2034)
        # held, for chips that wait a year would serve as much, only later
        answer = lp.solve(hold={("install", "chip", "home", 2030): 5.0})
        served = [answer.values["serve", "chat", "all", t] for t in years]
        assert served == [near(x) for x in (15, 5, 5, 0)]

    def test_a_series_is_linear_between_and_held_after(self) -> None:
        """Given 2030: 10 and 2034: 30. Catches: steps instead of lines, growth past the end.

        Sensitivity: a step function gives 10 in 2033; extrapolation 35 in 2035.
        """
        given = {2034: 30.0, 2030: 10.0}
        found = [interpolate(given, t, before=0.0) for t in (2029, 2030, 2033, 2034, 2035)]
        assert found == [0, 10, 25, 30, 30]

    def test_what_cannot_be_answered_is_not_answered(self) -> None:
        """More held in service than there are chips. Catches: a status that nobody looks at."""
        lp = plant()
        with pytest.raises(UnsolvedError, match="infeasible"):
            lp.solve(hold={("serve", "chat", "all", 2030): 101.0})
        with pytest.raises(KeyError, match="nothing"):
            lp.solve(rhs_shift={("nothing",): 1.0})


class TestGenerator:
    """Random cases: valid, varied, worth solving."""

    def test_forty_seeds_use_every_feature(self) -> None:
        """Catches: an option that no random case exercises any longer."""
        found = set[str]().union(*(features(random_case(seed)) for seed in SEEDS))
        assert found == FEATURES

    def test_a_seed_is_one_case(self) -> None:
        """Catches: draws that depend on the order of a set, or on the seed before."""
        assert random_case(7) == random_case(7)
        assert random_case(7) != random_case(8)

    @pytest.mark.parametrize("seed", range(80))
    def test_cases_keep_the_rules(self, seed: int) -> None:
        """Catches: a random case that the package would be right to refuse."""
        case = random_case(seed)
        looks = (
            wrong_keys,
            wrong_numbers,
            wrong_places,
            wrong_uses,
            wrong_groups,
            wrong_chips,
            missing_tables,
            wrong_factors,
            wrong_contracts,
            wrong_cash,
        )
        assert [problem for look in looks for problem in look(case)] == []

    def test_most_cases_are_worth_solving(self, tmp_path: Path) -> None:
        """Some demand served, some not, some supply at its limit; every kind of limit binds.

        Catches: a generator whose cases are all empty, against which any package would be right.
        """
        interesting, binding = 0, set()
        for seed in SEEDS:
            lp = statement(random_case(seed), tmp_path / str(seed))
            answer = lp.solve()
            wanted = math.fsum(lp.rhs[row] for row in lp.rows_of("demand"))
            served = total(answer, "serve")
            worth = max(answer.duals.values())
            prices = {row: y for row, y in answer.duals.items() if y > 1e-9 * worth}
            binding |= {row[0] for row in prices}
            limited = any(row[0] == "supply_limit" for row in prices)
            interesting += limited and 0.02 * wanted < served < 0.98 * wanted
            binding |= {kind for kind in ("expand", "stored") if total(answer, kind) > 1e-6}
        assert interesting >= 30
        assert {
            "budget",
            "build_limit",
            "commitment",
            "expansion_limit",
            "ramp",
            "demand",
            "research_demand",
            "operate_owned",
            "expand",
            "stored",
        } <= binding

    @pytest.mark.parametrize("seed", [0, 3, 8, 11])
    def test_how_a_case_is_written_changes_nothing(self, seed: int, tmp_path: Path) -> None:
        """Another order of rows, a byte-order mark, CRLF: the same rows, the same objective.

        Catches: an oracle that depends on the order of rows, a mark read as part of a column.
        """
        case = random_case(seed)
        plain = load(write_case(case, tmp_path / "plain"))
        other = load(write_case(case, tmp_path / "other", shuffle_seed=1, bom=True, line_end="\r\n"))
        assert plain.settings == other.settings
        for table in HEADERS:
            assert by_text(plain[table]) == by_text(other[table])
        expected = build(plain).solve().objective_usd
        assert build(other).solve().objective_usd == pytest.approx(expected, rel=1e-10)


class TestOracle:
    """What must hold of the oracle on any case."""

    @pytest.mark.parametrize("seed", SEEDS)
    def test_simplex_and_interior_point_agree(self, seed: int, tmp_path: Path) -> None:
        """Catches: an answer that depends on the method, so on luck."""
        lp = statement(random_case(seed), tmp_path)
        simplex, interior = (lp.solve(method=m) for m in ("highs-ds", "highs-ipm"))
        assert simplex.objective_usd == pytest.approx(interior.objective_usd, rel=1e-9)
        for row, slack in slacks(lp, simplex).items():
            assert slack >= -1e-8, row

    @pytest.mark.parametrize("seed", range(0, 40, 4))
    def test_a_shift_is_the_same_as_other_tables(self, seed: int, tmp_path: Path) -> None:
        """5 % more of a stage in all years, as a shift of rows and as an edit of `capacity`.

        Only where nothing is expanded or drawn by shares are the two the same, so both are left
        out. Catches: a shift on the wrong row, or in scaled units.
        """
        case = random_case(seed)
        case.tables["expansion"] = []
        case.tables["allocation"] = []
        lp = statement(case, tmp_path / "before")
        values = lp.solve().values
        stages = sorted({str(row["stage"]) for row in case.rows("capacity")})
        for s in stages[:3]:
            shift: dict[tuple[str | int, ...], float] = {}
            for t in lp.numbers.years:
                shift |= relief(lp, values, {s}, t, 0.05)
            edited = [
                row | ({"capacity": num(row["capacity"]) * 1.05} if row["stage"] == s else {})
                for row in case.rows("capacity")
            ]
            more = Case(seed, case.settings, case.tables | {"capacity": edited})
            expected = statement(more, tmp_path / s).solve().objective_usd
            assert lp.solve(rhs_shift=shift).objective_usd == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("seed", range(1, 40, 4))
    def test_relief_never_costs_more_and_less_is_saved_where_service_is_held(self, seed: int, tmp_path: Path) -> None:
        """V after relief <= V after relief with service held <= V before.

        Catches: a relief that tightens something, held values that make the LP infeasible.
        """
        lp = statement(random_case(seed), tmp_path)
        answer = lp.solve()
        before = answer.objective_usd
        held = {x: answer.values[x] for x in lp.columns("serve", "research", "shortfall")}
        slip = 1e-9 * max(before, lp.constant)
        for t in lp.numbers.years:
            for s in lp.numbers.stages:
                shift = relief(lp, answer.values, {s}, t, 0.1)
                free = lp.solve(rhs_shift=shift).objective_usd
                saved = lp.solve(rhs_shift=shift, hold=held).objective_usd
                assert free - slip <= saved <= before + slip

    @pytest.mark.parametrize("seed", range(2, 40, 4))
    def test_a_limit_lifted_never_costs_more(self, seed: int, tmp_path: Path) -> None:
        """Catches: a kind of limit that is not a row, or a row with the wrong sign."""
        lp = statement(random_case(seed), tmp_path)
        before = lp.solve().objective_usd
        kinds = ("supply_limit", "build_limit", "ramp", "budget", "expansion_limit")
        for kind in kinds:
            lifted = lp.solve(drop_rows=lp.rows_of(kind)).objective_usd
            assert lifted <= before + 1e-9 * max(before, lp.constant)
        everything = lp.solve(drop_rows=lp.rows_of(*kinds))
        assert total(everything, "serve") >= 0


def slacks(lp: Statement, answer: Answer) -> dict[tuple[str | int, ...], float]:
    """Room left in each row, relative to the largest of its terms; of an equality minus the gap."""
    found = {}
    for row, terms in lp.rows.items():
        parts = [coefficient * answer.values[x] for x, coefficient in terms.items()]
        size = max(*map(abs, parts), abs(lp.rhs[row]), 1.0)
        slack = (lp.rhs[row] - math.fsum(parts)) / size
        found[row] = -abs(slack) if row in lp.equalities else slack
    return found


def by_text(rows: list[dict[str, str]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.items()) for row in rows)


KEYS = {
    "sources": "source",
    "regions": "region",
    "stages": "stage",
    "suppliers": "stage supplier",
    "supplier_needs": "stage supplier place basis needs_stage",
    "capacity": "stage supplier place year",
    "allocation": "stage supplier of_stage year",
    "expansion": "stage supplier place year",
    "accelerators": "accelerator",
    "unit_costs": "accelerator year",
    "bill_of_materials": "accelerator stage",
    "build_limits": "accelerator year",
    "opening": "accelerator",
    "commitments": "commitment year",
    "budget": "year",
    "fleet": "accelerator region installed_year",
    "workloads": "workload",
    "throughput": "accelerator workload",
    "efficiency": "workload year",
    "operations": "year accelerator",
    "demand": "workload tier year",
    "research": "tier year",
    "demand_curves": "workload year",
    "research_curves": "year",
    "take_or_pay": "stage supplier place first_year",
    "prices": "workload year",
    "cash": "year",
    "observed": "quantity year item source",
    "outlooks": "quantity year item source",
    "press": "year stage source",
    "factors": "factor target",
}
NAMES = {  # column: the table and column whose names it uses
    "source": ("sources", "source"),
    "stage": ("stages", "stage"),
    "needs_stage": ("stages", "stage"),
    "of_stage": ("stages", "stage"),
    "accelerator": ("accelerators", "accelerator"),
    "family": ("accelerators", "family"),
    "vendor": ("accelerators", "vendor"),
    "workload": ("workloads", "workload"),
    "region": ("regions", "region"),
}


OF_EITHER_SIGN = ("loading", "raised_usd", "fixed_cost_usd")
SHARES = {"operations": "utilisation", "allocation": "share", "take_or_pay": "share", "prices": "kept_share"}


def wrong_keys(case: Case) -> list[str]:
    """Keys given twice, names that nobody has, columns that no table has."""
    problems = []
    for table, rows in case.tables.items():
        keys = [tuple(row.get(key) for key in KEYS[table].split()) for row in rows]
        problems += [f"{table}: {key} twice" for key in {k for k in keys if keys.count(k) > 1}]
        for row in rows:
            for column in set(row) & set(NAMES):
                home, names = NAMES[column]
                known = {other[names] for other in case.rows(home)}
                if row[column] is not None and row[column] not in known:
                    problems.append(f"{table}: no {column} {row[column]}")
            plain = {c.removesuffix("_low").removesuffix("_high") for c in row}
            problems += [f"{table}: column {c}" for c in plain - set(HEADERS[table].split())]
    sites = {(row["stage"], row["supplier"]) for row in case.rows("suppliers")}
    for table in ("supplier_needs", "capacity", "allocation", "expansion", "take_or_pay"):
        users = {(row["stage"], row["supplier"]) for row in case.rows(table)}
        problems += [f"{table}: no supplier {user}" for user in users - sites]
    return problems


def wrong_numbers(case: Case) -> list[str]:
    """Negative or infinite numbers, ranges that do not hold their value, blanks in a key."""
    problems = []
    for table, rows in case.tables.items():
        for row in rows:
            for column, x in row.items():
                plain = column.removesuffix("_low").removesuffix("_high")
                if isinstance(x, (int, float)) and not (math.isfinite(x) and (x >= 0 or plain in OF_EITHER_SIGN)):
                    problems.append(f"{table}.{column}: {x}")
                if column.endswith("_low") and x is not None:
                    stem = column.removesuffix("_low")
                    if not num(x) <= num(row[stem]) <= num(row[f"{stem}_high"]):
                        problems.append(f"{table}.{column}: {x}")
            if table in SHARES:
                share = num(row[SHARES[table]] or 0)
                problems += [f"{table}: {share}"] if share > 1 else []
            if table == "commitments":
                scopes = [row["accelerator"], row["family"], row["vendor"]]
                problems += ["a commitment of two"] if scopes.count(None) != 2 else []
    return problems


def sites_of(case: Case) -> set[tuple[Value, Value, Value]]:
    """(stage, supplier, place) by capacity rows, then by shares of what is there."""
    sites = {(row["stage"], row["supplier"], row["place"]) for row in case.rows("capacity")}
    for _ in case.rows("stages"):  # an allocation of an allocation needs another round
        for row in case.rows("allocation"):
            places = {p for s, _, p in sites if s == row["of_stage"]}
            sites |= {(row["stage"], row["supplier"], p) for p in places}
    return sites


def wrong_places(case: Case) -> list[str]:
    """Suppliers in places that are none, nowhere, or expanded where they do not supply."""
    scope = {row["stage"]: row["scope"] for row in case.rows("stages")}
    regions = {row["region"] for row in case.rows("regions")}
    sites = sites_of(case)
    allowed = {s: {GLOBAL} if scope[s] == GLOBAL else regions for s in scope}
    problems = [f"{s} at {p}" for s, _, p in sites if p not in allowed[s]]
    somewhere = {(s, k) for s, k, _ in sites}
    problems += [
        f"{row['stage']} {row['supplier']} supplies nowhere"
        for row in case.rows("suppliers")
        if (row["stage"], row["supplier"]) not in somewhere
    ]
    problems += [
        f"an expansion of {row['stage']} at {row['place']}"
        for row in case.rows("expansion")
        if (row["stage"], row["supplier"], row["place"]) not in sites
    ]
    return problems


def wrong_uses(case: Case) -> list[str]:
    """Uses that the scopes rule out, or of a stage that is not everywhere."""
    stages = {row["stage"]: row for row in case.rows("stages")}
    regions = {row["region"] for row in case.rows("regions")}
    sites = sites_of(case)
    served = {name: {p for s, _, p in sites if s == name} for name in stages}
    regional = {name for name, s in stages.items() if s["scope"] != GLOBAL}
    scarce = {name for name in regional if served[name] != regions}
    problems = circles(case)
    for row in case.rows("supplier_needs"):
        if row["needs_stage"] in scarce:
            problems.append(f"{row['needs_stage']} is out of reach")
        if row["stage"] not in regional and row["needs_stage"] in regional:
            problems.append(f"global {row['stage']} needs regional {row['needs_stage']}")
    for row in case.rows("allocation"):
        if (row["stage"] in regional) != (row["of_stage"] in regional):
            problems.append(f"{row['stage']} drawn from another scope")
    for row in case.rows("bill_of_materials"):
        flow = stages[row["stage"]]["kind"] == "flow"
        if row["stage"] in scarce or (flow and row["stage"] in regional):
            problems.append(f"{row['stage']} in a bill of materials")
    return problems


def wrong_groups(case: Case) -> list[str]:
    """Groups of mixed kind or cost life; a cost life where there should be none."""
    problems = []
    shapes: dict[Value, set[tuple[Value, Value]]] = defaultdict(set)
    for row in case.rows("stages"):
        shapes[row["group"]].add((row["kind"], row["cost_life_years"]))
        if (row["kind"] == "flow") != (row["cost_life_years"] is not None):
            problems.append(f"cost life of {row['stage']}")
    return problems + [f"mixed group {group}" for group, shape in shapes.items() if len(shape) > 1]


def wrong_chips(case: Case) -> list[str]:
    """Accelerators without a cost, openings of new ones, fleets from outside their years."""
    first, last = num(case.settings["first_year"]), num(case.settings["last_year"])
    chips = {str(row["accelerator"]): row for row in case.rows("accelerators")}
    costed = {row["accelerator"] for row in case.rows("unit_costs")}
    problems = []
    for a, chip in chips.items():
        ended = chip["last_year"] is not None and num(chip["last_year"]) < first
        if num(chip["first_year"]) <= last and not ended and a not in costed:
            problems.append(f"{a} has no cost")
    since = {a: num(chip["first_year"]) for a, chip in chips.items()}
    problems += [
        f"an opening of new {row['accelerator']}"
        for row in case.rows("opening")
        if since[str(row["accelerator"])] >= first
    ]
    problems += [
        f"a fleet of {row['accelerator']} too early or too late"
        for row in case.rows("fleet")
        if not since[str(row["accelerator"])] <= year(row, "installed_year") < first
    ]
    return problems


def missing_tables(case: Case) -> list[str]:
    required = set(HEADERS) - set(OPTIONAL)
    asked = {row["workload"] for row in case.rows("demand_curves")}
    asks_nothing = [row["workload"] for row in case.rows("workloads") if row["workload"] not in asked]
    found = [f"{table} has no rows" for table in required if not case.rows(table)]
    return found + [f"demand has no rows, {w} no curve" for w in asks_nothing if not case.rows("demand")]


def wrong_factors(case: Case) -> list[str]:
    """Factors of no number, of one number twice, or that move one more than entirely."""
    parts: dict[tuple[str, str, int], list[tuple[Value, float]]] = defaultdict(list)
    problems = []
    for factor in case.rows("factors"):
        what, _, inside = str(factor["target"]).rstrip("]").partition("[")
        table, _, column = what.partition(".")
        filters = [part.split("=") for part in inside.split(", ") if part]
        named = [n for n, row in enumerate(case.rows(table)) if all(meets(row[x], wanted) for x, wanted in filters)]
        problems += [] if named else [f"{factor['target']} names nothing"]
        for n in named:
            loading = 1.0 if factor["loading"] is None else num(factor["loading"])
            parts[table, column, n].append((factor["factor"], loading))
    for where, of in parts.items():
        problems += [f"{where} twice"] if len({name for name, _ in of}) < len(of) else []
        problems += [f"{where} too much"] if sum(x**2 for _, x in of) > 1 + 1e-12 else []
    return problems


def wrong_contracts(case: Case) -> list[str]:
    """Contracts of who does not supply there, that end before they begin, or overlap."""
    terms: dict[tuple[Value, Value, Value], list[tuple[int, int]]] = defaultdict(list)
    for row in case.rows("take_or_pay"):
        terms[row["stage"], row["supplier"], row["place"]].append((year(row, "first_year"), year(row, "last_year")))
    problems = [f"a contract of {site}, who is not there" for site in terms.keys() - sites_of(case)]
    for site, of_site in terms.items():
        problems += [f"{site} from {first} to {last}" for first, last in of_site if first > last]
        problems += [f"{site} twice in {one[1]}" for one, other in pairwise(sorted(of_site)) if other[0] <= one[1]]
    return problems


def wrong_cash(case: Case) -> list[str]:
    """Years without a row, nothing to pay for what is missing, workloads without a price, a curve at no price."""
    rows, prices = case.rows("cash"), case.rows("prices")
    years = sorted(year(row) for row in rows)
    problems = [f"cash of {t} is followed by {u}" for t, u in pairwise(years) if u != t + 1]
    problems += ["cash in no year of the case"] if years and years[0] > num(case.settings["last_year"]) else []
    problems += [f"a gap at {row['gap_usd_per_usd']}" for row in rows if num(row["gap_usd_per_usd"]) <= 0]
    priced = {row["workload"] for row in prices}
    workloads = [row["workload"] for row in case.rows("workloads")]
    problems += [f"cash, and no price of {w}" for w in workloads if rows and w not in priced]
    return problems + [f"a price of {row['workload']}: 0" for row in prices if row["price_usd_per_mtok"] == 0]


def meets(cell: Value, wanted: str) -> bool:
    """Whether a cell is what a filter says: a name, a year, or a year and all after it."""
    return num(cell) >= int(wanted[:-2]) if wanted.endswith("..") else str(cell) == wanted


def circles(case: Case) -> list[str]:
    """Suppliers, by their stages, or allocations that need each other in a circle."""
    edges: dict[Value, set[Value]] = defaultdict(set)
    for row in case.rows("supplier_needs"):
        edges[row["stage"]].add(row["needs_stage"])
    for row in case.rows("allocation"):
        edges[row["stage"]].add(row["of_stage"])
    left = set(edges) | {s for needed in edges.values() for s in needed}
    while ready := {s for s in left if not edges[s] & left}:
        left -= ready
    return [f"{s} is in a circle" for s in left]
