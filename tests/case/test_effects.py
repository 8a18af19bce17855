"""What each change did, in words, and the warnings: on paper, with the sentences to the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from generator import FIRST, random_case, write_case
from plants import Link, add, chain

import supplychain as sc
from supplychain.case.changes import CHANGES, Group, apply
from supplychain.case.effects import Effect, effects

if TYPE_CHECKING:
    from pathlib import Path

POWER = "stage=power, supplier=acme, place=global"
BOTH = "change both if both are meant"
OWN = "give those years rows of their own if that is not meant"
HALF = {
    "capacity": (
        "capacity in hand of power changes, its options to add more (expansion.max_expansion[stage=power]) do not; "
        f"{BOTH}"
    ),
    "options": (
        "options to add capacity of power change, its capacity in hand (capacity.capacity[stage=power]) does not; "
        f"{BOTH}"
    ),
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> sc.Case:
    """2030 to 2033. Wafers grow from 100 in 2030 to 400 in 2033 at 2 USD; power is 120 from 2030 on, and 2,400 and
    3,000 more can be ordered in 2031 and 2032.
    """
    plant = chain([Link("wafers", {FIRST: 100.0, FIRST + 3: 400.0}, price=2.0), Link("power", 120.0)], last_year=2033)
    for row in plant.tables["stages"]:
        row["unit"] = {"wafers": "wafers", "power": "MW"}[row["stage"]]
    for year, most in ((2031, 2400), (2032, 3000)):
        add(plant, "expansion", stage="power", supplier="acme", place="global", year=year, max_expansion=most,
            capex_usd_per_unit=5, lead_years=1)  # fmt: skip
    return sc.load(write_case(plant, tmp_path_factory.mktemp("effects") / "case"))


def of(case: sc.Case, *edits: str, groups: tuple[Group, ...] = ()) -> tuple[Effect, ...]:
    made = (*groups, *([Group(CHANGES, edits)] if edits else []))
    after, audit = apply(case, made)
    return effects(after, made, audit)


SUMMARIES = {
    "expansion.max_expansion[year=2031] = 500": "1 cell, 2,400 -> 500 MW",
    "expansion.max_expansion = 500": "2 cells, 2,400 to 3,000 -> 500 MW",
    "capacity.capacity[stage=wafers] +30%": "4 cells, 100 to 400 -> 130 to 520 wafers",
    "capacity.capacity *= 2": "8 cells, 100 to 400 -> 200 to 800",
    "capacity.price_usd[stage=wafers] = 2.5": "4 cells, 2 -> 2.5 USD per unit",
    "bill_of_materials.quantity[stage=power] *= 3": "1 cell, 1 -> 3 MW per accelerator",
    "accelerators.first_year = 2031": "1 cell, 2030 -> 2031",
    "accelerators.last_year = 2032": "1 cell, blank -> 2032",
    "capacity.capacity[stage=power] = 120": "nothing changes",
    "expansion.max_expansion delay 2": "2 rows removed; 1 row added",
    "expansion.max_expansion[year=2032] delay 1": "1 row removed; 1 row added",
    "budget add year=2030, capital_usd=5, source=paper": "1 row added",
}


@pytest.mark.parametrize("edit", SUMMARIES)
def test_what_an_edit_did(edit: str, case: sc.Case) -> None:
    """Bug: rows that were written out are counted, the unit is that of no stage, or a year has a comma."""
    (effect,) = of(case, edit)
    assert (effect.edit, effect.group, effect.summary) == (edit, CHANGES, SUMMARIES[edit])


def test_a_commitment_in_units_or_in_units_of_a_stage(tmp_path: Path) -> None:
    """Bug: a minimum of accelerators is given in MW, or the unit is `units, or units of the stage`."""
    plant = chain([Link("power", 120.0)], last_year=2031)
    for name, stage in (("chips", None), ("power", "power")):
        add(plant, "commitments", commitment=name, year=2031, label="x", accelerator="chip", basis="built",
            stage=stage, minimum=3, shortfall_usd_per_unit=3)  # fmt: skip
    plant.tables["stages"][0]["unit"] = "MW"
    known = sc.load(write_case(plant, tmp_path))
    said = [e.summary for e in of(known, *(f"commitments.minimum[commitment={x}] += 1" for x in ("chips", "power")))]
    assert said == ["1 cell, 3 -> 4 units", "1 cell, 3 -> 4 MW"]


FAR = {
    "expansion.max_expansion[year=2031] = 24000": "",
    "expansion.max_expansion[year=2031] = 24001": (
        f"1 number changes more than tenfold: 2,400 -> 24,001 MW (10 times more) at {POWER}, year=2031; check the unit"
    ),
    "expansion.max_expansion /= 12": (
        f"2 numbers change more than tenfold: 2,400 -> 200 MW (12 times less) at {POWER}, year=2031; check the unit"
    ),
    "expansion.max_expansion = 150": (
        f"2 numbers change more than tenfold: 3,000 -> 150 MW (20 times less) at {POWER}, year=2032; check the unit"
    ),
    "expansion.max_expansion /= 10": "",
    "expansion.max_expansion = 0": "",
    "capacity.capacity[stage=power] -100%": "",
}


@pytest.mark.parametrize("edit", FAR)
def test_more_than_tenfold(edit: str, case: sc.Case) -> None:
    """The largest factor is shown. Bug: tenfold itself is warned of, less than a tenth is not, or 0 is a factor."""
    (effect,) = of(case, edit)
    assert [warning for warning in effect.warnings if "tenfold" in warning] == [FAR[edit]] * bool(FAR[edit])


def test_rows_added_among_others(case: sc.Case) -> None:
    """Wafers are 200 in 2031 and 300 in 2032 by interpolation. A row of 2,000 in 2032 makes 2031 1,050; one of 200 in
    2031 as well leaves nothing to warn of.

    Bug: nobody is told, or is told of a state that a later row ends.
    """
    row = "capacity add stage=wafers, supplier=acme, place=global, year={}, capacity={}, price_usd=2, source=paper"
    later, sooner = row.format(2032, 2000), row.format(2031, 200)
    said = "capacity of stage=wafers, supplier=acme, place=global is interpolated in years that have no row: "
    assert of(case, later)[0].warnings == (f"{said}2031 becomes 1,050 wafers; {OWN}",)
    assert [effect.warnings for effect in of(case, later, sooner)] == [(), ()]


def test_a_new_series_with_a_gap(case: sc.Case) -> None:
    """A new supplier of 0 in 2030 and 2 in 2033 has 2/3 and 4/3 between them; its price, the same in both, has none.

    Bug: only a series that was there before is looked at, or a level one is warned of.
    """
    new = "suppliers add stage=power, supplier=globex, label=Globex, capacity_life_years=5"
    row = "capacity add stage=power, supplier=globex, place=global, year={}, capacity={}, price_usd=1, source=paper"
    first, second, third = of(case, new, row.format(2030, 0), row.format(2033, 2))
    assert first.warnings == ()
    said = "capacity of stage=power, supplier=globex, place=global is interpolated in years that have no row: "
    gap = f"{said}2031 becomes 0.666667, 2032 becomes 1.33333 MW; {OWN}"
    assert [w for effect in (second, third) for w in effect.warnings if "interpolated" in w] == [gap]
    assert gap in third.warnings
    level = of(case, new, row.format(2030, 2), row.format(2033, 2))
    assert not [warning for effect in level for warning in effect.warnings if "interpolated" in warning]


def test_rows_removed_from_the_middle(case: sc.Case) -> None:
    """Wafers of 2031 are set to 1,000 and the row of 2032 is then taken out: 2032 becomes (1,000 + 400) / 2."""
    remove = Group("less", remove=({"table": "capacity", "stage": "wafers", "year": "2032"},))
    after, audit = apply(case, [Group("more", ("capacity.capacity[stage=wafers, year=2031] = 1000",)), remove])
    more, less = effects(after, [Group("more", ("capacity.capacity[stage=wafers, year=2031] = 1000",)), remove], audit)
    assert more.warnings == ()
    assert less.summary == "1 row removed"
    assert [w for w in less.warnings if "2032 becomes 700 wafers" in w] == list(less.warnings)
    assert len(less.warnings) == 1


def test_capacity_without_its_options(case: sc.Case) -> None:
    """Wafers have no options. Bug: a stage that has none is warned of, a price counts as capacity, or two edits that
    move both are taken one by one.
    """
    hand, options = "capacity.capacity[stage=power] -50%", "expansion.max_expansion -50%"
    assert of(case, hand)[0].warnings == (HALF["capacity"],)
    assert of(case, options)[0].warnings == (HALF["options"],)
    assert of(case, "expansion.max_expansion delay 1")[0].warnings == (HALF["options"],)
    assert [effect.warnings for effect in of(case, hand, options)] == [(), ()]
    assert [effect.warnings for effect in of(case, options, hand)] == [(), ()]
    for alone in ("capacity.capacity[stage=wafers] -50%", "capacity.price_usd *= 2", "expansion.lead_years = 2"):
        assert of(case, alone)[0].warnings == ()
    assert [e.warnings for e in of(case, hand, "capacity.capacity *= 2")] == [(HALF["capacity"],), ()]


def test_many_stages_are_one_warning(tmp_path: Path) -> None:
    """Six stages with options in one place each. Bug: an edit of a whole table fills the screen with warnings."""
    names = [f"s{n}" for n in range(6)]
    plant = chain([Link(name, 100.0) for name in names], last_year=2031)
    for name in names:
        add(plant, "expansion", stage=name, supplier="acme", place="global", year=2030, max_expansion=5,
            capex_usd_per_unit=5, lead_years=1)  # fmt: skip
    (effect,) = of(sc.load(write_case(plant, tmp_path)), "capacity.capacity *= 2")
    assert effect.warnings == (
        (
            "capacity in hand of s0, s1, s2, s3 and 2 more stages changes, its options to add more "
            f"(expansion.max_expansion) do not; {BOTH}"
        ),
    )


def test_options_in_another_place_do_not_count(tmp_path: Path) -> None:
    """Row by row of a random case. Bug: capacity in the east is set against options in the west alone."""
    known = sc.load(write_case(random_case(3), tmp_path))
    options = {
        (row["stage"], row["place"])
        for row in known.tables["expansion"]
        if row["year"] in known.years and row["max_expansion"]
    }
    warned = set()
    for stage, place in {(row["stage"], row["place"]) for row in known.tables["capacity"] if row["capacity"]}:
        (effect,) = of(known, f'capacity.capacity[stage="{stage}", place="{place}"] *= 2')
        assert bool(effect.warnings) == ((stage, place) in options), (stage, place)
        warned.add(bool(effect.warnings))
    assert warned == {True, False}


def test_the_same_edit_twice(case: sc.Case) -> None:
    """Each has its own cells. Bug: the first has those of both, and the second changes nothing."""
    edit = "expansion.max_expansion +10%"
    assert [effect.summary for effect in of(case, edit, edit)] == [
        "2 cells, 2,400 to 3,000 -> 2,640 to 3,300 MW",
        "2 cells, 2,640 to 3,300 -> 2,904 to 3,630 MW",
    ]


def test_every_cell_is_of_one_effect(tmp_path: Path) -> None:
    """The cells of all effects are the audit, in order. Bug: a cell is lost, or is of two changes."""
    known = sc.load(write_case(random_case(5), tmp_path))
    edits = ("capacity.capacity *= 2", "capacity.capacity *= 2", "demand.demand_ttok delay 1", "capacity.price_usd = 3")
    groups = (Group("one", edits), Group("two", edits))
    after, audit = apply(known, groups)
    made = effects(after, groups, audit)
    assert [cell for effect in made for cell in effect.cells] == list(audit)
    assert [(effect.group, effect.edit) for effect in made] == [(g.name, e) for g in groups for e in edits]


def test_a_what_if_says_it(tmp_path: Path) -> None:
    """From Python, too. Bug: the command line knows more than the API."""
    plant = chain([Link("wafers", 100.0)], last_year=2031)
    made = sc.what_if(write_case(plant, tmp_path / "case"), (), ["capacity.capacity *= 20"])
    (effect,) = made.effects
    assert effect.lines()[0] == f"capacity.capacity *= 20: {effect.summary}"
    assert effect.lines()[1].startswith("  Warning: 2 numbers change more than tenfold: 100 -> 2,000 ")
