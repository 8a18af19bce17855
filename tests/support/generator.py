"""Random small cases for the tests: always valid, and between them using every table and option.

`random_case(seed)` is a plain value, `write_case` makes a folder of it, `features` says what it
exercises. A case is drawn around a plan (so many units of each accelerator a year): capacities,
demand, values, budgets and commitments are set near what the plan would use or cost, so that most
cases serve something, leave something unserved and run into several limits.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, TypeAlias

from reference import curve_prices, interpolate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Value]

GLOBAL = "global"
FIRST = 2030  # first year of every case
TTOK_PER_TOKEN_PER_SECOND = 365 * 24 * 3600 * 1e-12
HOURS_PER_YEAR = 365 * 24

HEADERS: dict[str, str] = {
    "sources": "source title publisher date url evidence derived_from note",
    "regions": "region label",
    "stages": "stage label group nature unit kind scope position storable cost_life_years",
    "suppliers": "stage supplier label capacity_life_years",
    "supplier_needs": "stage supplier place basis needs_stage quantity source",
    "capacity": "stage supplier place year capacity price_usd source",
    "allocation": "stage supplier of_stage year share source",
    "expansion": "stage supplier place year max_expansion capex_usd_per_unit lead_years source",
    "accelerators": "accelerator label vendor family first_year last_year life_years "
    "opex_usd_per_year h100e ramp_start_units ramp_growth source",
    "unit_costs": "accelerator year other_cost_usd source",
    "bill_of_materials": "accelerator stage quantity source",
    "build_limits": "accelerator year max_units source",
    "opening": "accelerator warehouse_units built_units source",
    "commitments": "commitment year label accelerator family vendor basis stage minimum shortfall_usd_per_unit source",
    "budget": "year capital_usd source",
    "fleet": "accelerator region installed_year units unit_cost_usd source",
    "workloads": "workload label tokens_counted",
    "throughput": "accelerator workload tokens_per_second source",
    "efficiency": "workload year multiplier source",
    "operations": "year accelerator utilisation source",
    "demand": "workload tier year demand_ttok value_usd_per_mtok source",
    "research": "tier year demand_h100e_years value_usd_per_h100e_hour source",
    "demand_curves": "workload year volume_ttok price_usd_per_mtok elasticity adjusted_share source",
    "research_curves": "year volume_h100e_years value_usd_per_h100e_hour elasticity source",
    "take_or_pay": "stage supplier place first_year last_year share source",
    "prices": "workload year price_usd_per_mtok kept_share source",
    "cash": "year raised_usd fixed_cost_usd gap_usd_per_usd source",
    "factors": "factor target loading source",
    "observed": "quantity year item low central high unit kind rule source",
    "outlooks": "quantity year item central unit source",
    "press": "year stage story source",
}
NOT_WRITTEN = {"operations": ("accelerator",)}
"""Columns that a file has only where a row does."""
LAB = ("take_or_pay", "prices", "cash")
"""What somebody has who signs for capacity, charges prices and has so much money, drawn after all else."""
PUBLISHED = ("observed", "outlooks", "press")
"""What was published of years: no solve sees it."""
UNSEEN = ("factors", *PUBLISHED)
"""What no solve sees, drawn apart from all else."""
OPTIONAL = (
    "supplier_needs",
    "allocation",
    "expansion",
    "build_limits",
    "opening",
    "commitments",
    "budget",
    "fleet",
    "efficiency",
    "research",
    "demand",
    "demand_curves",
    "research_curves",
    *LAB,
    *UNSEEN,
)
SERIES: dict[str, tuple[tuple[str, ...], str]] = {  # interpolated tables: keys, a column
    "capacity": (("stage", "supplier", "place"), "capacity"),
    "allocation": (("stage", "supplier", "of_stage"), "share"),
    "unit_costs": (("accelerator",), "other_cost_usd"),
    "efficiency": (("workload",), "multiplier"),
    "operations": (("accelerator",), "utilisation"),
    "demand": (("workload", "tier"), "demand_ttok"),
    "research": (("tier",), "demand_h100e_years"),
    "demand_curves": (("workload",), "volume_ttok"),
    "research_curves": ((), "volume_h100e_years"),
    "prices": (("workload",), "price_usd_per_mtok"),
}
RANGED: dict[str, str] = {  # columns that may get _low and _high
    "capacity": "capacity price_usd",
    "allocation": "share",
    "expansion": "max_expansion lead_years",
    "accelerators": "life_years h100e ramp_start_units",
    "bill_of_materials": "quantity",
    "fleet": "units",
    "operations": "utilisation",
    "demand": "demand_ttok value_usd_per_mtok",
    "research": "demand_h100e_years",
    "take_or_pay": "share",
    "prices": "price_usd_per_mtok",
    "cash": "raised_usd fixed_cost_usd",
}
AT_MOST_ONE = ("share", "utilisation")
CURVES_IN = 5
"""Of so many cases one has curves."""


def has_curves(seed: int) -> bool:
    """Whether the random case of a seed has curves; those without are what they were before there were any."""
    return seed % CURVES_IN == CURVES_IN // 2 + 1


LABS_IN = 4
"""Of so many cases one is a lab."""
LAB_PARTS = (
    ("operations", "contracts", "prices", "cash"),
    ("contracts",),
    ("some prices",),
    ("prices", "cash"),
    ("operations", "contracts", "prices"),
    ("contracts", "prices", "cash"),
    ("operations",),
    ("contracts", "some prices"),
    ("operations", "prices", "cash"),
    ("contracts", "prices", "cash"),
)
"""What labs have, one after the other."""


def is_lab(seed: int) -> bool:
    """Whether the random case of a seed is a lab: `lab_parts` says what it has that others have not.

    In all else each case is what it was before there were any.
    """
    return seed % LABS_IN == LABS_IN // 2


def lab_parts(seed: int) -> tuple[str, ...]:
    """Busy shares of single accelerators, contracts, prices of all or some workloads, cash."""
    return LAB_PARTS[seed // LABS_IN % len(LAB_PARTS)] if is_lab(seed) else ()


@dataclass(frozen=True)
class Case:
    """Settings and rows. A table not in `tables` has no file, one without rows only a header."""

    seed: int
    settings: dict[str, Value]
    tables: dict[str, list[Row]]

    def rows(self, table: str) -> list[Row]:
        return self.tables.get(table, [])


def random_case(seed: int) -> Case:
    """A valid case, the same for the same seed."""
    return _Maker(seed).case()


def write_case(
    case: Case,
    folder: Path,
    *,
    shuffle_seed: int | None = None,
    bom: bool = False,
    line_end: str = "\n",
) -> Path:
    """Write the case as a folder of tables; `shuffle_seed` puts the rows in another order."""
    folder.mkdir(parents=True, exist_ok=True)
    encoding = "utf-8-sig" if bom else "utf-8"
    with (folder / "case.toml").open("w", encoding="utf-8", newline=line_end) as file:
        file.writelines(f"{key} = {_toml(value)}\n" for key, value in case.settings.items())
    shuffler = None if shuffle_seed is None else Random(shuffle_seed)
    for table, given in case.tables.items():
        rows = list(given)
        if shuffler:
            shuffler.shuffle(rows)
        named = dict.fromkeys(key for row in given for key in row)
        always = [x for x in HEADERS.get(table, "").split() if x in named or x not in NOT_WRITTEN.get(table, ())]
        header = dict.fromkeys([*always, *named])
        with (folder / f"{table}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file, lineterminator=line_end)
            writer.writerow(header)
            writer.writerows([_cell(row.get(column)) for column in header] for row in rows)
    return folder


def _toml(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def num(value: Value) -> float:
    """The number in a cell that must hold one."""
    if isinstance(value, (int, float)):
        return float(value)
    message = f"{value!r} is no number"
    raise TypeError(message)


def year(row: Row, column: str = "year") -> int:
    """The year in a row."""
    return round(num(row[column]))


def _round(x: float) -> float:
    return float(f"{x:.6g}")


@dataclass(frozen=True)
class Stage:
    """What the generator knows of a stage."""

    name: str
    group: str
    kind: str
    scope: str
    price: float
    """Of a random case: what the stage takes of the price of one unit, as a share. Of a drawn one: USD per unit."""
    nature: str = "physical"

    @property
    def flow(self) -> bool:
        return self.kind == "flow"

    def row(self, position: int, label: str, *, storable: bool | None, cost_life: int) -> Row:
        """Its row in `stages`; only a flow is spread over a life of its cost."""
        return {
            "stage": self.name,
            "label": label,
            "group": self.group,
            "nature": self.nature,
            "unit": "units",
            "kind": self.kind,
            "scope": self.scope,
            "position": position,
            "storable": storable,
            "cost_life_years": cost_life if self.flow else None,
        }


@dataclass(frozen=True)
class Chip:
    """What the generator knows of an accelerator."""

    name: str
    vendor: str
    family: str
    first_year: int
    last_year: int | None
    life: int
    h100e: float
    price: float
    plan: float  # units a year

    @property
    def buildable_before(self) -> bool:
        return self.first_year < FIRST


@dataclass(frozen=True)
class Promise:
    """What a commitment of some years is about."""

    chip: Chip
    scope: str
    basis: str
    stage: str | None
    years: list[int]


CATALOGUE = {
    stage.name: stage
    for stage in (
        Stage("scanners", "lithography", "stock", GLOBAL, 0.01),
        Stage("logic", "silicon", "flow", GLOBAL, 0.15),
        Stage("memory", "memory", "flow", GLOBAL, 0.2),
        Stage("substrate", "silicon", "flow", GLOBAL, 0.02),
        Stage("packaging", "packaging", "flow", GLOBAL, 0.1),
        Stage("pack_share", "packaging", "flow", GLOBAL, 0.005, "commercial"),
        Stage("pack_slice", "packaging", "flow", GLOBAL, 0.0, "commercial"),
        Stage("exotic", "systems", "flow", GLOBAL, 0.05),
        Stage("turbines", "equipment", "flow", GLOBAL, 0.05),
        Stage("crews", "equipment", "flow", "regional", 0.02),
        Stage("photonics", "systems", "flow", GLOBAL, 0.05),
        Stage("staff", "people", "stock", GLOBAL, 0.02),
        Stage("halls", "sites", "stock", "regional", 0.05),
        Stage("power", "power", "stock", "regional", 0.05),
        Stage("power_share", "power", "stock", "regional", 0.0, "commercial"),
        Stage("generation", "power", "stock", "regional", 0.03),
    )
}
GROUP_LIVES = (1, 2, 3, 5, 8)
LABELS = ('"Quoted", with a comma', "Überlingen", "plain", "semi; colon", "多")


class _Maker:
    """Draws one case. Every method adds the rows of what its name says."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = Random(seed)
        self.tables: dict[str, list[Row]] = {table: [] for table in HEADERS}
        self.horizon = self.rng.choice([3, 4, 5, 6, 6])
        self.last = FIRST + self.horizon - 1
        self.years = range(FIRST, self.last + 1)
        self.regions = ["north", "south", "west"][: self.rng.choice([1, 2, 3, 3])]
        self.units = 10 ** self.rng.uniform(2, 5.5)
        self.growth = self.rng.uniform(1.0, 1.4)
        self.busy = self.rng.uniform(0.4, 0.8)
        self.suppliers: dict[str, list[str]] = defaultdict(list)
        self.bom: dict[tuple[str, str], float] = {}
        self.needs: dict[tuple[str, str], float] = {}  # rough: quantity by (stage, needed stage)

    def case(self) -> Case:
        settings = self.settings()
        self.stages = self.pick_stages()
        self.chips = self.pick_chips()
        self.pick_workloads()
        self.describe_names()
        self.bills()
        self.pick_suppliers()
        self.pick_needs()
        self.pick_allocations()
        self.capacities()
        self.expansions()
        self.starve()
        self.chip_tables()
        self.fleet_and_opening()
        self.commitments()
        self.budget()
        self.services()
        if has_curves(self.seed):
            settings |= self.curves()
        self.finish()
        settings |= self.uncertainty()
        settings |= self.lab(settings)
        return Case(self.seed, settings, self.tables)

    # small helpers

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def near(self, x: float, low: float = 0.5, high: float = 1.5) -> float:
        return _round(x * self.rng.uniform(low, high))

    def add(self, table: str, **row: Value) -> Row:
        self.tables[table].append(row)
        return row

    def grown(self, t: int) -> float:
        return self.growth ** (t - FIRST)

    def some(self, years: Iterable[int], least: int = 1) -> list[int]:
        pool = list(years)
        return sorted(self.rng.sample(pool, self.rng.randint(min(least, len(pool)), len(pool))))

    def given_years(self, *, late: float = 0.1) -> list[int]:
        """The years a series is given for: complete, with gaps, beyond the case, or late."""
        if self.maybe(late):
            return self.some(range(FIRST + 1, self.last + 2))
        style = self.rng.choice(["all", "all", "gaps", "once", "around", "before", "beyond"])
        return {
            "all": list(self.years),
            "gaps": sorted({FIRST, *self.some(self.years), self.last}),
            "once": [FIRST],
            "around": [FIRST - 2, FIRST + 1, self.last + 2],
            "before": [FIRST - 3, FIRST - 1],
            "beyond": [FIRST - 1, *self.years, self.last + 1],
        }[style]

    def places(self, s: Stage) -> list[str]:
        return [GLOBAL] if s.scope == GLOBAL else self.regions

    # what there is

    def settings(self) -> dict[str, Value]:
        rng = self.rng
        settings: dict[str, Value] = {
            "name": f"random_{self.seed}",
            "title": f'Random case {self.seed}, "quoted", ünïcode',
            "first_year": FIRST,
            "last_year": self.last,
            "discount_rate": rng.choice([0.0, 0.0, 0.03, 0.07, 0.12]),
            "currency_year": 2025,
        }
        if self.maybe(0.5):
            settings["report_last_year"] = rng.choice([self.last, self.last - 1])
        if self.maybe(0.8):
            settings["first_year_availability"] = rng.choice([0.0, 1.0, 0.5, 0.3, 0.8])
        if self.maybe(0.8):
            settings["build_lag_share"] = rng.choice([0.0, 1.0, 0.25, 0.6])
        if self.maybe(0.3):
            settings["capital_write_off_years"] = rng.choice([1, 3, 8])
        if self.seed % 2:
            settings["data_date"] = f"{FIRST - 4 + self.seed % 5}-02-28"
        return settings

    def pick_stages(self) -> list[Stage]:
        """Five to nine stages: at least one flow in every accelerator, the others by chance."""
        names = set(self.rng.sample(["logic", "memory"], self.rng.choice([1, 1, 2])))
        chances = {
            "packaging": 0.7,
            "scanners": 0.4,
            "halls": 0.7,
            "power": 0.7,
            "staff": 0.25,
            "turbines": 0.45,
            "crews": 0.35,
            "photonics": 0.25,
            "exotic": 0.25,
        }
        names |= {name for name, chance in chances.items() if self.maybe(chance)}
        under = {
            "pack_share": ("packaging", 0.6),
            "pack_slice": ("pack_share", 0.6),
            "substrate": ("packaging", 0.4),
            "power_share": ("power", 0.45),
            "generation": ("power", 0.5),
        }
        for name, (parent, chance) in under.items():
            if parent in names and self.maybe(chance):
                names.add(name)
        if "scanners" in names and "logic" not in names:
            names.discard("scanners")
        for extra in ("halls", "memory", "power", "logic", "packaging"):
            if len(names) < 5:
                names.add(extra)
        return [stage for stage in CATALOGUE.values() if stage.name in names]

    def has(self, name: str) -> bool:
        return any(stage.name == name for stage in self.stages)

    def pick_chips(self) -> list[Chip]:
        """Two to five accelerators of two vendors, the first made all along, perhaps an old one."""
        rng = self.rng
        chips = []
        for i in range(rng.choice([2, 3, 4, 4])):
            vendor = ("Nova", "Orbit")[i % 2 if i < 2 else rng.randrange(2)]
            first = FIRST - rng.choice([0, 1, 2]) if i == 0 else FIRST + rng.choice([-2, -1, 0, 1])
            last: int | None = None
            if i and self.maybe(0.4):
                last = max(first, rng.choice([FIRST, FIRST + 1, self.last - 1]))
            chips.append(self.chip(f"{vendor.lower()}_{i}", vendor, first, last))
        if self.maybe(0.6):
            chips.append(self.chip("relic", rng.choice(["Nova", "Relics"]), FIRST - 4, FIRST - 2))
        return chips

    def chip(self, name: str, vendor: str, first: int, last: int | None) -> Chip:
        h100e = _round(self.rng.uniform(0.3, 4))
        family = "Relic" if name == "relic" else f"{vendor} {self.rng.choice('AB')}"
        life = self.rng.choice([1, 2, 3, 4, 5, 5, 6])
        price = h100e * self.rng.uniform(15e3, 30e3)
        plan = self.units * self.rng.uniform(0.3, 1) / h100e
        return Chip(name, vendor, family, first, last, life, h100e, price, plan)

    def pick_workloads(self) -> None:
        self.workloads = ["chat", "agents", "batch"][: self.rng.randint(1, 3)]
        self.tiers = {w: ["premium", "standard", "economy"][: self.rng.randint(1, 3)] for w in self.workloads}

    def describe_names(self) -> None:
        """The tables that only name things."""
        for r in self.regions:
            self.add("regions", region=r, label=self.rng.choice(LABELS))
        for w in self.workloads:
            self.add("workloads", workload=w, label=w.title(), tokens_counted="input and output")
        groups = sorted({s.group for s in self.stages})
        lives = {group: self.rng.choice(GROUP_LIVES) for group in groups}
        for position, s in enumerate(self.stages, start=1):
            storable = self.maybe(0.35) if s.flow else None
            label = f"{s.name.title()}, {self.rng.choice(LABELS)}"
            storable = None if s.flow and self.maybe(0.2) else storable
            self.add("stages", **s.row(position, label, storable=storable, cost_life=lives[s.group]))

    def bills(self) -> None:
        """Who uses what: flows when built, stocks while operating; `exotic` only the second one."""
        packs = [name for name in ("packaging", "pack_share", "pack_slice") if self.has(name)]
        powers = [name for name in ("power", "power_share") if self.has(name)]
        for i, chip in enumerate(self.chips):
            used = [name for name in ("logic", "memory", "staff", "halls") if self.has(name)]
            used += [names[(i + self.seed) % len(names)] for names in (packs, powers) if names]
            if self.has("exotic") and i == 1:
                used.append("exotic")
            if i and len(used) > 2 and self.maybe(0.3):
                used.remove(self.rng.choice(used))
            for s in used:
                quantity = self.near(chip.h100e * self.size(s))
                self.bom[chip.name, s] = quantity
                self.add("bill_of_materials", accelerator=chip.name, stage=s, quantity=quantity)

    def size(self, name: str) -> float:
        """Units of a stage per H100 equivalent, over orders of magnitude; a share as its source."""
        return 10 ** Random(f"{self.seed} {name[:4]}").uniform(-3, 1)

    # supply

    def pick_suppliers(self) -> None:
        for s in self.stages:
            if s.nature == "commercial":
                names = ["allocation"]
            else:
                names = ["acme", "bolt", "cyan"][: self.rng.choice([1, 1, 2, 2, 3])]
            for k in names:
                self.suppliers[s.name].append(k)
                life = self.rng.choice([1, 2, 4, 10])
                self.add(
                    "suppliers",
                    stage=s.name,
                    supplier=k,
                    label=self.rng.choice(LABELS),
                    capacity_life_years=life,
                )

    def pick_needs(self) -> None:
        """Suppliers need other stages, to supply and to expand; never downstream, so no circle."""
        supply = {
            "logic": ["scanners"],
            "packaging": ["substrate"],
            "pack_share": ["packaging"],
            "pack_slice": ["pack_share"],
            "power": ["generation", "turbines"] if self.maybe(0.3) else ["generation"],
            "power_share": ["power"],
            "halls": [name for name in ("crews", "staff") if self.maybe(0.3)],
        }
        expansion = {
            "logic": ["scanners", "turbines"],
            "memory": ["turbines"],
            "halls": ["crews", "staff"],
            "power": ["crews", "turbines", "halls"],
            "generation": ["turbines"],
        }
        if self.maybe(0.1):
            return
        for basis, pairs in (("supply", supply), ("expansion", expansion)):
            for name, wanted in pairs.items():
                if self.has(name):
                    for needed in filter(self.has, wanted):
                        self.need(CATALOGUE[name], basis, needed)

    def need(self, s: Stage, basis: str, needed: str) -> None:
        """Rows for some or all suppliers of a stage; perhaps a row for one place replaces one."""
        typical = self.size(needed) / self.size(s.name)
        if basis == "supply":
            self.needs[s.name, needed] = typical
        else:
            typical *= self.rng.uniform(0.1, 0.5)
        for k in self.suppliers[s.name]:
            if s.nature != "commercial" and self.maybe(0.25):
                continue
            places: list[str | None] = [None]
            if s.scope == "regional" and self.maybe(0.5):
                places = self.rng.choice([[None, self.regions[0]], [self.regions[-1]]])
            elif self.maybe(0.1):
                places = [GLOBAL] if s.scope == GLOBAL else [None]
            for p in places:
                quantity = typical if s.nature == "commercial" else self.near(typical)
                self.add(
                    "supplier_needs",
                    stage=s.name,
                    supplier=k,
                    place=p,
                    basis=basis,
                    needs_stage=needed,
                    quantity=_round(quantity),
                )

    def pick_allocations(self) -> None:
        """Shares of limits: nested, of two stages at once, and beside a capacity of one's own."""
        draws = {
            "pack_share": ["packaging"],
            "pack_slice": ["pack_share", "packaging"][: self.rng.choice([1, 1, 2])],
            "power_share": ["power"],
        }
        for name, of_stages in draws.items():
            if self.has(name):
                for of_stage in of_stages:
                    self.allocate(name, "allocation", of_stage)
        if self.has("memory") and self.has("logic") and self.maybe(0.15):
            self.allocate("memory", "acme", "logic")

    def allocate(self, name: str, k: str, of_stage: str) -> None:
        for t in self.given_years():
            share = _round(self.rng.uniform(0.3, 1.0))
            self.add("allocation", stage=name, supplier=k, of_stage=of_stage, year=t, share=share)

    def use(self, name: str, t: int) -> float:
        """What the plan would use of a stage in year t, with what its users' suppliers need."""
        total = 0.0
        for chip in self.chips:
            quantity = self.bom.get((chip.name, name), 0.0)
            if chip.name != "relic" or not CATALOGUE[name].flow:
                owned = 1 if CATALOGUE[name].flow else min(chip.life, max(t - FIRST, 0) + 1)
                total += quantity * chip.plan * owned * self.grown(t) * 0.6
        for (user, needed), quantity in self.needs.items():
            if needed == name:
                total += quantity * self.use(user, t)
        return total

    def capacities(self) -> None:
        """Near what the plan would use, divided over places and suppliers, some at equal prices."""
        for s in self.stages:
            if s.nature == "commercial" and not self.maybe(0.15):
                continue
            tightness = self.rng.choice([0.8, 1.2, 1.6, 2.5, 4.0])
            same_price = self.maybe(0.3)
            price = self.price(s)
            for i, k in enumerate(self.suppliers[s.name]):
                places = self.places(s)
                if i and len(places) > 1 and self.maybe(0.5):
                    places = self.rng.sample(places, self.rng.randint(1, len(places)))
                for p in places:
                    own = price if same_price else self.near(price)
                    self.capacity(s, k, p, tightness / len(self.places(s)) / (i + 1), own)

    def capacity(self, s: Stage, k: str, p: str, part: float, price: float) -> None:
        nothing = self.maybe(0.05)
        drift = self.rng.uniform(0.85, 1.1)
        volatile = self.maybe(0.35)
        part *= self.rng.uniform(0.8, 1.4)
        for t in self.given_years(late=0.05):
            use = self.use(s.name, t) or self.units * self.size(s.name) * 0.3
            if volatile:
                use = self.near(use, 0.2, 1.8)
            self.add(
                "capacity",
                stage=s.name,
                supplier=k,
                place=p,
                year=t,
                capacity=0.0 if nothing else _round(part * use),
                price_usd=_round(price * drift ** (t - FIRST)),
            )

    def price(self, s: Stage) -> float:
        """Such that the stage takes its share of the price of a typical accelerator."""
        if s.price == 0:
            return 0.0
        per_unit = 22e3 * s.price / self.size(s.name)
        return self.near(per_unit if s.flow else per_unit / 3)

    def expansions(self) -> None:
        """Rights to expand some suppliers where they supply, with leads by year and region."""
        sites = sorted({(str(r["stage"]), str(r["supplier"]), str(r["place"]))
                        for r in self.tables["capacity"]})  # fmt: skip
        if self.has("pack_share"):
            sites.append(("pack_share", "allocation", GLOBAL))
        if self.has("power_share"):
            sites.append(("power_share", "allocation", self.rng.choice(self.regions)))
        chance = self.rng.choice([0.0, 0.3, 0.6, 0.8])
        for s, k, p in dict.fromkeys(sites):
            if self.maybe(chance):
                self.expand(CATALOGUE[s], k, p)

    def expand(self, s: Stage, k: str, p: str) -> None:
        price = self.price(s) or 1.0
        typical_lead = self.rng.choice([0, 0, 1, 2])
        for t in self.some(range(FIRST - 1, self.last + 1)):
            most = self.near(self.use(s.name, t) / len(self.places(s)), 0.05, 0.5)
            self.add(
                "expansion",
                stage=s.name,
                supplier=k,
                place=p,
                year=t,
                max_expansion=0.0 if self.maybe(0.07) else most or self.near(self.units),
                capex_usd_per_unit=self.near(price * (0.8 if s.flow else 2), 0.2, 1.5),
                lead_years=typical_lead + self.rng.choice([0, 0, 1]),
            )

    def starve(self) -> None:
        """A year without any capacity of one stage, or a stage without any in all years."""
        rows = self.tables["capacity"]
        if self.maybe(0.3):
            name = self.rng.choice(self.stages).name
            t = self.rng.choice(self.years)
            for row in rows:
                if row["stage"] == name and row["year"] == t:
                    row["capacity"] = 0.0
        vital = self.maybe(0.2)
        names = ("substrate", "turbines", "scanners") if vital else ("exotic", "photonics")
        spare = [name for name in names if self.has(name)]
        if spare and self.maybe(0.7):
            name = self.rng.choice(spare)
            for row in rows:
                if row["stage"] == name:
                    row["capacity"] = 0.0

    # accelerators

    def chip_tables(self) -> None:
        rng = self.rng
        for chip in self.chips:
            ramped = chip.name != "relic" and self.maybe(0.5)
            self.add(
                "accelerators",
                accelerator=chip.name,
                label=f"{chip.name} {rng.choice(LABELS)}",
                vendor=chip.vendor,
                family=chip.family,
                first_year=chip.first_year,
                last_year=chip.last_year,
                life_years=chip.life,
                opex_usd_per_year=self.near(chip.price * 0.03),
                h100e=chip.h100e,
                ramp_start_units=self.near(chip.plan * 0.5) if ramped else None,
                ramp_growth=rng.choice([0.0, 0.5, 1.0, 2.0, 3.0]) if ramped else None,
            )
            if chip.name != "relic" or self.maybe(0.5):
                for t in self.given_years():
                    cost = self.near(chip.price * 0.5 * 0.95 ** (t - FIRST), 0.9, 1.1)
                    self.add("unit_costs", accelerator=chip.name, year=t, other_cost_usd=cost)
            if self.maybe(0.25):
                for t in self.some(self.years):
                    most = 0.0 if self.maybe(0.15) else self.near(chip.plan)
                    self.add("build_limits", accelerator=chip.name, year=t, max_units=most)

    def fleet_and_opening(self) -> None:
        has_fleet, has_opening = self.maybe(0.6), self.maybe(0.6)
        for chip in self.chips:
            if not chip.buildable_before:
                continue
            if has_opening and self.maybe(0.7):
                waiting = 0.0 if self.maybe(0.2) else self.near(chip.plan * 0.2)
                built = 0.0 if self.maybe(0.15) else self.near(chip.plan * 0.4)
                self.add("opening", accelerator=chip.name, warehouse_units=waiting, built_units=built)
            if has_fleet and (chip.name == "relic" or self.maybe(0.6)):
                last = min(FIRST - 1, chip.last_year or FIRST)
                for t in self.some(range(chip.first_year, last + 1)):
                    for r in self.rng.sample(self.regions, self.rng.randint(1, len(self.regions))):
                        self.add(
                            "fleet",
                            accelerator=chip.name,
                            region=r,
                            installed_year=t,
                            units=self.near(chip.plan * 0.3),
                            unit_cost_usd=self.near(chip.price),
                        )

    def commitments(self) -> None:
        """Of every scope and basis, in units or in a stage; sometimes two on one family."""
        if self.maybe(0.25):
            return
        for i in range(self.rng.choice([1, 2, 3, 4])):
            chip = self.rng.choice(self.chips)
            stages = sorted(s for a, s in self.bom if a == chip.name)
            promise = Promise(
                chip=chip,
                scope=("accelerator", "family", "vendor")[(self.seed + i) % 3],
                basis=("built", "operating")[(self.seed // 3 + i) % 2],
                stage=self.rng.choice(stages) if stages and self.maybe(0.6) else None,
                years=self.some(range(FIRST - 1, self.last + 1), least=2),
            )
            self.commit(f"order_{i}", promise)
            if promise.scope == "family" and self.maybe(0.6):
                self.commit(f"order_{i}_more", promise)

    def commit(self, name: str, promise: Promise) -> None:
        chip = promise.chip
        named = {"accelerator": chip.name, "family": chip.family, "vendor": chip.vendor}
        quantity = self.bom[chip.name, promise.stage] if promise.stage else 1.0
        for t in promise.years:
            self.add(
                "commitments",
                commitment=name,
                year=t,
                label=f"An order, {name}",
                **{key: value if key == promise.scope else None for key, value in named.items()},
                basis=promise.basis,
                stage=promise.stage,
                minimum=self.near(chip.plan * quantity * 0.5),
                shortfall_usd_per_unit=self.near(chip.price / quantity, 0.05, 0.8),
            )

    def budget(self) -> None:
        if self.maybe(0.4):
            plan = sum(chip.plan * chip.price for chip in self.chips if chip.name != "relic")
            for t in self.some([FIRST - 1, *self.years]):
                capital = self.near(plan * 0.6 * self.grown(t))
                self.add("budget", year=t, capital_usd=capital)

    # service

    def services(self) -> None:
        for t in self.given_years(late=0.05):
            self.add("operations", year=t, utilisation=self.near(self.busy, 0.95, 1.05))
        for i, chip in enumerate(self.chips):
            for w in self.workloads if i == 0 else self.some_workloads():
                speed = self.near(300 * chip.h100e)
                self.add("throughput", accelerator=chip.name, workload=w, tokens_per_second=speed)
        if self.maybe(0.6):
            self.efficiencies()
        size = self.rng.choice([0.5, 1, 1, 2])
        for w in self.workloads:
            nothing = w != self.workloads[0] and self.maybe(0.12)
            for worth, j in zip((5.0, 1.5, 0.7), self.tiers[w], strict=False):
                self.demand(w, j, 0.0 if nothing else size / len(self.workloads), worth)
        if self.maybe(0.55):
            for worth, j in ((3.0, "core"), (0.9, "open"))[: self.rng.randint(1, 2)]:
                self.research(j, worth * self.rng.uniform(0.6, 1.4))

    def efficiencies(self) -> None:
        for w in self.workloads:
            for t in self.given_years() if self.maybe(0.7) else []:
                faster = self.near(1.2 ** (t - FIRST), 0.9, 1.1)
                self.add("efficiency", workload=w, year=t, multiplier=faster)

    def research(self, tier: str, worth: float) -> None:
        rent = 22e3 * 0.35 / HOURS_PER_YEAR * worth
        for t in self.given_years():
            wanted = self.near(self.units * 0.6 * self.grown(t))
            self.add(
                "research",
                tier=tier,
                year=t,
                demand_h100e_years=0.0 if self.maybe(0.05) else wanted,
                value_usd_per_h100e_hour=_round(rent * 0.95 ** (t - FIRST)),
            )

    def some_workloads(self) -> list[str]:
        return self.rng.sample(self.workloads, self.rng.randint(0, len(self.workloads)))

    def demand(self, w: str, j: str, size: float, worth: float) -> None:
        """Tiers worth several times, about, and less than what an accelerator-year costs."""
        tokens = 300 * TTOK_PER_TOKEN_PER_SECOND * self.busy  # of one H100 equivalent in a year
        worth *= self.rng.uniform(0.6, 1.5)
        years = self.given_years()
        if not set(years) & set(self.years):
            years = list(self.years)
        zero = self.rng.choice(years) if self.maybe(0.1) else None
        for t in years:
            owned = 1 + 0.6 * max(t - FIRST, 0)
            wanted = self.near(size * self.units * tokens * owned * self.grown(t), 0.7, 1.4)
            self.add(
                "demand",
                workload=w,
                tier=j,
                year=t,
                demand_ttok=0.0 if t == zero else wanted,
                value_usd_per_mtok=_round(22e3 * 0.35 / (tokens * 1e6) * worth),
            )

    def curves(self) -> dict[str, Value]:
        """Curves in the place of tiers, or beside them, drawn apart from all else; and how they are cut into tiers.

        In one such case of four no workload has tiers.
        """
        rng, turn = Random(f"{self.seed} curves"), self.seed // CURVES_IN
        size = rng.choice([0.5, 1, 2]) / len(self.workloads)
        for i, w in enumerate(self.workloads):
            way = "curve" if turn % 4 == 0 else ("curve", "both", "tiers")[(turn + i) % 3]
            if way == "curve":
                self.tables["demand"] = [row for row in self.tables["demand"] if row["workload"] != w]
            if way != "tiers":
                self.demand_curve(rng, w, self.curve_years(turn + i), 0.0 if i == 1 and turn % 3 == 0 else size)
        if turn % 3 != 1:
            self.research_curve(rng, self.curve_years(turn + 1))
        chosen: dict[str, Value] = {}
        if turn % 3:
            top, bottom = (4.0, 1.0, 8.0, 1.5)[turn % 4], (0.4, 0.1, 1.0, 0.7)[turn % 4]
            chosen = {"curve_steps": rng.choice([2, 3, 5, 8, 12]), "curve_top": top, "curve_bottom": bottom}
        return chosen

    def curve_years(self, turn: int) -> list[int]:
        """The years a curve is given for: with a gap, late, before the case, all and beyond, once, around."""
        return (
            [FIRST, self.last],
            [*self.years][1:],
            [FIRST - 3, FIRST - 1],
            [FIRST - 1, *self.years, self.last + 1],
            [FIRST],
            [FIRST - 2, FIRST + 1, self.last + 2],
        )[turn % 6]

    def demand_curve(self, rng: Random, w: str, years: list[int], size: float) -> None:
        tokens = 300 * TTOK_PER_TOKEN_PER_SECOND * self.busy  # of one H100 equivalent in a year
        elasticity, worth = rng.choice([0.35, 0.7, 1.0, 1.4, 2.0, 3.0]), rng.uniform(0.7, 2.5)
        for t in years:
            wanted = size * self.units * tokens * (1 + 0.6 * max(t - FIRST, 0)) * self.grown(t) * rng.uniform(0.5, 1.5)
            self.add(
                "demand_curves",
                workload=w,
                year=t,
                volume_ttok=_round(wanted),
                price_usd_per_mtok=_round(22e3 * 0.35 / (tokens * 1e6) * worth * rng.uniform(0.8, 1.2)),
                elasticity=_round(elasticity * rng.choice([1.0, 1.0, 1.2])),
                adjusted_share=rng.choice([None, None, 0.0, 0.3, 0.8, 1.0]),
            )

    def research_curve(self, rng: Random, years: list[int]) -> None:
        rent, elasticity = 22e3 * 0.35 / HOURS_PER_YEAR * rng.uniform(0.7, 2.5), rng.choice([0.5, 1.0, 2.0])
        for t in years:
            self.add(
                "research_curves",
                year=t,
                volume_h100e_years=_round(self.units * 0.5 * self.grown(t) * rng.uniform(0.5, 1.5)),
                value_usd_per_h100e_hour=_round(rent * 0.95 ** (t - FIRST)),
                elasticity=elasticity,
            )

    # a lab

    def lab(self, settings: dict[str, Value]) -> dict[str, Value]:
        """What a lab has beside all else, from a generator of its own; and what it has in the bank."""
        self.rng = Random(f"lab {self.seed}")
        turn, parts, chosen = self.seed // LABS_IN, lab_parts(self.seed), dict[str, Value]()
        if "operations" in parts:
            self.busy_shares(turn)
        if "contracts" in parts:
            self.contracts(turn)
        if "prices" in parts or "some prices" in parts:
            some = self.workloads[: max(1, len(self.workloads) - 1)]
            self.prices(turn, settings, some if "some prices" in parts else self.workloads)
        if "cash" in parts:
            self.cash(turn)
            if self.maybe(0.7):
                chosen = {"opening_cash_usd": self.near(self.spending(FIRST) * 0.3)}
        for table in LAB:
            for column in RANGED[table].split() if self.maybe(0.5) else ():
                self.ranges(table, column)
            if not self.tables[table] and (not is_lab(self.seed) or self.maybe(0.5)):
                del self.tables[table]
        return chosen

    def any_source(self) -> Value:
        return self.rng.choice(self.tables["sources"])["source"]

    def busy_shares(self, turn: int) -> None:
        """Shares of one or two accelerators in place of the common one, which is said to be that of every one."""
        for row in self.tables["operations"] if turn % 4 else ():
            row["accelerator"] = None
        for i, chip in enumerate(self.rng.sample(self.chips, self.rng.choice([1, 1, 2]))):
            for t in self.curve_years(turn + i):
                share = min(self.near(self.busy, 0.5, 1.4), 1.0)
                self.add("operations", year=t, accelerator=chip.name, utilisation=share, source=self.any_source())

    def sites(self) -> dict[tuple[str, str, str], bool]:
        """(stage, supplier, place) of all that supplies, and whether it takes a price there."""
        sites: dict[tuple[str, str, str], bool] = {}
        for row in self.tables["capacity"]:
            site = (str(row["stage"]), str(row["supplier"]), str(row["place"]))
            sites[site] = sites.get(site, False) or num(row["price_usd"]) > 0
        for row in self.tables.get("allocation", ()):  # of_stage stands before what draws from it
            for p in [p for s, _, p in sites if s == row["of_stage"]]:
                sites.setdefault((str(row["stage"]), str(row["supplier"]), p), False)
        return sites

    def contracts(self, turn: int) -> None:
        """With a supplier that may expand, one that draws a share, one of a stock and one of a flow."""
        sites = self.sites()
        orders = {(row["stage"], row["supplier"], row["place"]) for row in self.tables.get("expansion", ())}
        shares = {(row["stage"], row["supplier"]) for row in self.tables.get("allocation", ())}
        drawing = [site for site in sites if site[:2] in shares]
        kinds: tuple[list[tuple[str, str, str]], ...] = (
            [site for site in sites if site in orders and sites[site]],
            [site for site in drawing if sites[site]] or drawing,
            [site for site in sites if not CATALOGUE[site[0]].flow and sites[site]],
            [site for site in sites if CATALOGUE[site[0]].flow and sites[site]],
        )
        signed = dict.fromkeys(self.rng.choice(kind) for kind in kinds if kind)
        for i, (s, k, p) in enumerate(signed):
            for n, (first, last) in enumerate(self.terms(turn + 2 * i)):
                share = (None, None, 1.0, None, None, 0.0)[(turn + i + n) % 6]
                self.add(
                    "take_or_pay",
                    stage=s,
                    supplier=k,
                    place=p,
                    first_year=first,
                    last_year=last,
                    share=self.near(0.6, 0.3, 1.6) if share is None else share,
                    source=self.any_source(),
                )

    def terms(self, turn: int) -> list[tuple[int, int]]:
        """One year, two terms in a row, from before the case, beyond it, all of it, some outside it, and with a gap."""
        t, last = self.rng.choice(self.years[:-1]), self.last
        return (
            [(t, t)],
            [(FIRST, t), (t + 1, last)],
            [(FIRST - 2, t)],
            [(t, last + 2)],
            [(FIRST, last)],
            [(FIRST - 3, FIRST - 1), (t + 1, last), (last + 1, last + 4)],
            [(FIRST, FIRST), (last, last + 1)],
        )[turn % 7]

    def prices(self, turn: int, settings: dict[str, Value], workloads: Sequence[str]) -> None:
        """What is charged, and what is left of it: blank, all, a part, or now this and now that."""
        for i, w in enumerate(workloads):
            curve = [row for row in self.tables.get("demand_curves", ()) if row["workload"] == w]
            charged = self.on_curve(curve, turn + i, settings) if curve else self.between_tiers(w, turn + i)
            part = _round(self.rng.uniform(0.6, 0.95))
            kept: tuple[Value, ...] = ((part,), (None,), (None, part, 1.0), (1.0,))[(turn + i) % 4]
            for n, (t, price) in enumerate(charged.items()):
                self.add(
                    "prices",
                    workload=w,
                    year=t,
                    price_usd_per_mtok=price,
                    kept_share=kept[n % len(kept)],
                    source=self.any_source(),
                )

    def between_tiers(self, w: str, turn: int) -> dict[int, float]:
        """A price below all tiers, that of a tier in all years, between two of them, or above the most of them."""
        values: dict[Value, dict[int, float]] = defaultdict(dict)
        for row in self.tables["demand"]:
            if row["workload"] == w:
                values[row["tier"]][year(row)] = num(row["value_usd_per_mtok"])
        tiers = sorted(values.values(), key=lambda of_year: min(of_year.values()))
        if turn % 4 == 1:
            return dict(self.rng.choice(tiers))
        low, high = min(tiers[0].values()), min(tiers[-1].values())
        way = {0: (0.5 * low, low), 2: (low, high), 3: (0.6 * high, 1.2 * high)}[turn % 4]
        drift, price = self.rng.uniform(0.85, 1.1), self.rng.uniform(*way)
        return {t: _round(price * drift ** (t - FIRST)) for t in self.curve_years(turn)}

    def on_curve(self, rows: Sequence[Row], turn: int, settings: dict[str, Value]) -> dict[int, float]:
        """Inside the span of a curve, on a step of it, above and below it, in all years of the case."""
        given = {year(row): num(row["price_usd_per_mtok"]) for row in rows}
        charged = {}
        for n, t in enumerate(self.years):
            steps = curve_prices(settings, interpolate(given, t, before=given[min(given)]))
            charged[t] = (
                _round(self.rng.uniform(steps[-1], steps[0])),
                self.rng.choice(steps),
                _round(steps[-1] * self.rng.uniform(0.6, 0.95)),
                _round(steps[0] * self.rng.uniform(1.05, 1.5)),
            )[(turn + n) % 4]
        return charged

    def spending(self, t: int) -> float:
        """What the plan would cost to build in a year."""
        return sum(chip.plan * chip.price for chip in self.chips if chip.name != "relic") * self.grown(t)

    def cash(self, turn: int) -> None:
        """Near what the plan would cost, over all, later, more or fewer years; some of it repaid, or income."""
        t = self.rng.choice(self.years[:-1])
        years = (
            range(FIRST, self.last + 1),
            range(FIRST + 1, self.last + 1),
            range(FIRST - 1, self.last + 2),
            range(FIRST, t + 1),
            range(t, self.last + 1),
        )[(turn // 2 + turn // len(LAB_PARTS)) % 5]
        rich, missing = self.rng.choice([0.1, 0.3, 0.6]), self.rng.choice([0.1, 0.4, 1.0, 3.0])
        for u in years:
            raised = self.near(self.spending(u) * rich) if self.maybe(0.7) else 0.0
            repaid = self.maybe(0.25)
            income = self.maybe(0.2)
            fixed = self.near(self.spending(u) * 0.1)
            self.add(
                "cash",
                year=u,
                raised_usd=-0.5 * raised if repaid else raised,
                fixed_cost_usd=-0.5 * fixed if income else fixed,
                gap_usd_per_usd=self.near(missing, 0.8, 1.2),
                source=self.any_source(),
            )

    # the rest

    def finish(self) -> None:
        """Sources, ranges, and optional tables that are absent instead of empty."""
        keys = self.sources()
        for table, header in HEADERS.items():
            if "source" in header.split() and table != "sources":
                for row in self.tables[table]:
                    row["source"] = self.rng.choice(keys)
        if self.maybe(0.5):
            columns = [(table, x) for table, ranged in RANGED.items() for x in ranged.split() if table not in LAB]
            for table, column in columns:
                if self.maybe(0.4):
                    self.ranges(table, column)
        if has_curves(self.seed):
            self.curve_ranges()
        for table in OPTIONAL:
            if table not in (*LAB, *UNSEEN) and not self.tables[table] and self.maybe(0.5):
                del self.tables[table]
        self.published(keys)

    def published(self, sources: Sequence[str]) -> None:
        """What was published of years: ranges, bounds, outlooks and stories, in half of the cases each."""
        rng = Random(f"{self.seed} what was published")
        chip, stage, workload = (rng.choice(self.tables[table]) for table in ("accelerators", "stages", "workloads"))
        counted: list[tuple[str, Value, str]] = [
            ("units_built", "all", "units"),
            ("accelerator_spending", chip["vendor"], "USD"),
            ("stage_spending", stage["stage"], "USD"),
            ("tokens_served", workload["workload"], "10^12 tokens"),
            ("cost_per_mtok", "all", "USD per 10^6 tokens"),
            ("cost_per_hour", chip["family"], "USD per hour"),
        ]
        for table in PUBLISHED:
            if rng.random() < 0.5:
                if rng.random() < 0.5:
                    del self.tables[table]
                continue
            for t in self.years:
                for quantity, item, unit in rng.sample(counted, 3):
                    x, source = _round(10 ** rng.uniform(0, 9)), rng.choice(sources)
                    row: Row = {"quantity": quantity, "year": t, "item": item, "central": x, "unit": unit}
                    if table == "outlooks":
                        self.add(table, **row, source=source)
                    if table == "observed":
                        ends = rng.choice([(0.9 * x, x, 1.2 * x), (0.0, x, x), (x, None, None), (None, None, x)])
                        row |= dict(zip(("low", "central", "high"), ends, strict=True))
                        row |= {"kind": rng.choice([None, "power"]), "rule": rng.choice([None, 11]), "source": source}
                        self.add(table, **{name: row[name] for name in HEADERS[table].split()})
                if table == "press":
                    self.add(table, year=t, stage=stage["stage"], story="It was short.", source=rng.choice(sources))

    def uncertainty(self) -> dict[str, Value]:
        """What moves numbers with a range together, in half of the cases that have any, and what ranges mean."""
        rng = Random(f"{self.seed} what is uncertain together")
        ranged = [
            (table, name.removesuffix("_low"))
            for table, rows in self.tables.items()
            for name in dict.fromkeys(name for row in rows for name in row if name.endswith("_low"))
        ]
        part_of: dict[tuple[str, str, int], dict[str, float]] = defaultdict(dict)
        keys = [row["source"] for row in self.tables["sources"]]
        for _ in range(rng.choice([0, 2, 6, 12]) if ranged else 0):
            table, column = rng.choice(ranged)
            factor, loading = (
                rng.choice(["boom", "grid, power", "talent"]),
                rng.choice([None, 0.8, 0.6, 0.3, -0.5, 0.0]),
            )
            rows, target = self.target(rng, table, column)
            part = 1.0 if loading is None else loading
            parts = [part_of[table, column, n] for n in rows]
            if not any(factor in of or part**2 + sum(x**2 for x in of.values()) > 1 for of in parts):
                for of in parts:
                    of[factor] = part
                self.add("factors", factor=factor, target=target, loading=loading, source=rng.choice(keys))
        if not self.tables["factors"] and rng.random() < 0.5:
            del self.tables["factors"]
        means = rng.choice([None, None, "min_max", "p10_p90"])
        return {} if means is None else {"uncertainty.range_means": means}

    def target(self, rng: Random, table: str, column: str) -> tuple[list[int], str]:
        """Numbers of a column of which some have a range: places of their rows, and what names them."""
        rows = self.tables[table]
        like = rng.choice([row for row in rows if row.get(f"{column}_low") is not None])
        names = [name for name in ("stage", "accelerator", "workload", "place", "year", "source") if name in like]
        chosen = rng.sample(names, rng.choice([0, 1, 1, 2]) if len(names) > 1 else 0)
        since = rng.random() < 0.5
        found = [
            n
            for n, row in enumerate(rows)
            if all(year(row) >= year(like) if since and x == "year" else row[x] == like[x] for x in chosen)
        ]
        filters = [f"{x}={like[x]}{'..' if since and x == 'year' else ''}" for x in chosen]
        return found, f"{table}.{column}[{', '.join(filters)}]" if filters else f"{table}.{column}"

    def curve_ranges(self) -> None:
        """Ranges of half of the numbers of curves."""
        rng = Random(f"{self.seed} ranges of curves")
        columns = ("volume_ttok", "price_usd_per_mtok", "volume_h100e_years", "value_usd_per_h100e_hour", "elasticity")
        for row in (*self.tables["demand_curves"], *self.tables["research_curves"]):
            for column in columns:
                if column in row and rng.random() < 0.5:
                    row[f"{column}_low"] = 0.8 * num(row[column])
                    row[f"{column}_high"] = 1.25 * num(row[column])

    def sources(self) -> list[str]:
        keys = [f"src_{i}" for i in range(self.rng.randint(2, 4))]
        for i, key in enumerate(keys):
            derived = i > 0 and self.maybe(0.5)
            evidence = ("measured", "reported", "estimated", "assumed")[i]
            self.add(
                "sources",
                source=key,
                title=f"Source {i}, {self.rng.choice(LABELS)}",
                publisher="Generator of the tests",
                date=None if self.maybe(0.3) else f"2025-0{i + 1}-15",
                url=None if self.maybe(0.3) else f"https://example.org/{key}",
                evidence="derived" if derived else evidence,
                derived_from=" ".join(keys[:i]) if derived else None,
                note="twice the first" if derived else None,
            )
        return keys

    def ranges(self, table: str, column: str) -> None:
        for row in self.tables[table]:
            x = row[column]
            if isinstance(x, (int, float)) and self.maybe(0.7):
                whole = isinstance(x, int)
                low, high = (max(x - 1, 0), x + 1) if whole else sorted((0.8 * x, 1.25 * x))
                if column == "life_years":
                    low = max(low, 1)
                if column in AT_MOST_ONE:
                    high = min(high, 1.0)
                row[f"{column}_low"] = low
                row[f"{column}_high"] = high


FEATURES = frozenset(
    [
        *(f"{t} {how}" for t in OPTIONAL for how in ("absent", "header only", "with rows")),
        *(
            f"{table}: {how}"
            for table in SERIES
            for how in (
                "gap",
                "starts late",
                "rows before the case",
                "rows after the case",
                "held",
            )
        ),
        *(
            f"commitment: {scope}, {basis}, in {unit}"
            for scope in ("accelerator", "family", "vendor")
            for basis in ("built", "operating")
            for unit in ("units", "a stage")
        ),
        *(
            f"{basis} of a {scope} supplier needs a {needed} {kind} stage"
            for basis in ("supply", "expansion")
            for scope, needed in ((GLOBAL, GLOBAL), ("regional", GLOBAL), ("regional", "regional"))
            for kind in ("flow", "stock")
        ),
        *(f"{name} {how}" for name in ("alpha", "lambda") for how in ("0", "1", "inside", "by default")),
        "a budget in all years",
        "a budget in some years",
        "a build limit above 0",
        "a build limit of 0",
        "a commitment before the case",
        "a factor of some years",
        "a factor that moves numbers in part",
        "a factor that moves numbers the other way",
        "a factor that moves nothing",
        "a factor that moves numbers entirely",
        "ends of ranges are said to be percentiles",
        "ends of ranges are the least and the most",
        "ends of ranges by default",
        "two factors of one column",
        "a bound that was published",
        "a kind of its own",
        "a rule that keeps a published number out",
        "a contract beyond the case",
        "a contract for everything",
        "a contract for nothing",
        "a contract from before the case",
        "a contract of a flow",
        "a contract of a stock",
        "a contract of a supplier that draws a share",
        "a contract of a supplier that may expand",
        "a contract of one year",
        "a contract of several years",
        "a contract outside the case",
        "a curve and tiers",
        "a curve and no tiers",
        "a curve of nothing",
        "a curve without a part above",
        "a curve without a part below",
        "a price above a curve",
        "a price below a curve",
        "a price inside a curve",
        "a price on a step of a curve",
        "a price that is the value of a tier",
        "a tier below its price",
        "all of a price is kept",
        "all of a price is kept, blank",
        "a part of a price is kept",
        "an income that comes whatever is served",
        "a busy share of one accelerator beside that of every one",
        "cash beyond the case",
        "cash in all years",
        "cash in some years",
        "money from before the case",
        "money repaid",
        "no money from before the case",
        "prices of all workloads",
        "prices of some workloads",
        "two contracts in a row",
        "a share of users who have adjusted",
        "a share of users who have adjusted, blank",
        "no share of users has adjusted",
        "steps of curves by default",
        "a fleet of a family made no longer",
        "a fleet that retires inside the case",
        "a group of several stages",
        "a life that ends inside the case",
        "a need at one place only",
        "a need at the place 'global'",
        "a need replaced at a place",
        "a ramp from an opening",
        "a ramp of a new one",
        "a ramp of one made before, without an opening",
        "a ramp that cannot grow on itself",
        "a stage nobody needs",
        "a supplier not everywhere",
        "a workload without any demand",
        "an accelerator that runs no workload",
        "an allocation beside own capacity",
        "an allocation of a global stage",
        "an allocation of a regional stage",
        "an allocation of an allocation",
        "an allocation of an expanded stage",
        "an allocation that is itself expanded",
        "an expansion of nothing allowed",
        "an expansion that expires inside the case",
        "an expansion where there is no capacity",
        "an order before the case",
        "an order that arrives at once",
        "an order that arrives too late",
        "capital_write_off_years",
        "commitment in a flow stage",
        "commitment in a stock stage",
        "data_date",
        "discount rate 0",
        "discount rate above 0",
        "efficiency of some workloads",
        "first_year inside the case",
        "global flow stage",
        "global stock stage",
        "lambda above 0 with a storable stage",
        "lambda above 0 with an opening",
        "last_year inside the case",
        "leads that differ by region",
        "leads that differ by year",
        "made no longer",
        "no capacity in any year",
        "no capacity in one year",
        "no data_date",
        "no demand of a tier in a year",
        "no research demand in a year",
        "one region",
        "ranges",
        "regional flow stage",
        "regional stock stage",
        "report_last_year before the last",
        "report_last_year by default",
        "several groups",
        "several regions",
        "several research tiers",
        "several tiers",
        "several vendors",
        "several workloads",
        "storable blank for a flow",
        "storable global stage",
        "storable regional stage",
        "suppliers at equal prices",
        "two allocations of one supplier",
        "two commitments on one family",
        "units built the year before",
        "units waiting at the start",
    ]
)


def features(case: Case) -> set[str]:
    """What the case exercises, read off its tables."""
    looks = (
        _settings,
        _tables,
        _series,
        _stages,
        _supply,
        _needs,
        _expansions,
        _allocations,
        _accelerators,
        _commitments,
        _demand,
        _curves,
        _contracts,
        _prices,
        _cash,
        _published,
        _uncertainty,
    )
    return {name for look in looks for name, found in look(case) if found}


Features: TypeAlias = "Iterator[tuple[str, bool]]"


def _span(case: Case) -> range:
    return range(round(num(case.settings["first_year"])), round(num(case.settings["last_year"])) + 1)


def _settings(case: Case) -> Features:
    given = case.settings
    yield "discount rate 0", given["discount_rate"] == 0
    yield "discount rate above 0", num(given["discount_rate"]) > 0
    names = {"first_year_availability": "alpha", "build_lag_share": "lambda"}
    for key, name in names.items():
        yield f"{name} by default", key not in given
        if key in given:
            share = num(given[key])
            yield f"{name} 0", share == 0
            yield f"{name} 1", share == 1
            yield f"{name} inside", 0 < share < 1
    lag = num(given.get("build_lag_share", 0))
    yield (
        "lambda above 0 with a storable stage",
        lag > 0 and any(row["storable"] for row in case.rows("stages")),
    )
    yield "lambda above 0 with an opening", lag > 0 and bool(case.rows("opening"))
    shown = given.get("report_last_year")
    yield "report_last_year by default", shown is None
    yield "report_last_year before the last", shown is not None and shown != given["last_year"]
    yield "capital_write_off_years", "capital_write_off_years" in given
    yield "data_date", "data_date" in given
    yield "no data_date", "data_date" not in given


def _tables(case: Case) -> Features:
    for table in OPTIONAL:
        yield f"{table} absent", table not in case.tables
        yield f"{table} header only", case.tables.get(table) == []
        yield f"{table} with rows", bool(case.rows(table))
    yield (
        "ranges",
        any(key.endswith("_low") for rows in case.tables.values() for row in rows for key in row),
    )


def _published(case: Case) -> Features:
    rows = case.rows("observed")
    yield "a bound that was published", any(row["central"] is None for row in rows)
    yield "a kind of its own", any(row["kind"] is not None for row in rows)
    yield "a rule that keeps a published number out", any(row["rule"] is not None for row in rows)


def _uncertainty(case: Case) -> Features:
    means = case.settings.get("uncertainty.range_means")
    yield "ends of ranges by default", means is None
    yield "ends of ranges are said to be percentiles", means == "p10_p90"
    yield "ends of ranges are the least and the most", means == "min_max"
    columns: dict[str, set[Value]] = defaultdict(set)
    for row in case.rows("factors"):
        loading = row["loading"]
        yield "a factor of some years", "year=" in str(row["target"])
        yield "a factor that moves numbers entirely", loading is None
        yield "a factor that moves numbers in part", loading is not None and 0 < num(loading) < 1
        yield "a factor that moves numbers the other way", loading is not None and num(loading) < 0
        yield "a factor that moves nothing", loading == 0
        columns[str(row["target"]).partition("[")[0]].add(row["factor"])
    yield "two factors of one column", any(len(factors) > 1 for factors in columns.values())


def _series(case: Case) -> Features:
    span = _span(case)
    for table, (keys, _) in SERIES.items():
        given: dict[tuple[Value, ...], list[int]] = defaultdict(list)
        for row in case.rows(table):
            given[tuple(row.get(key) for key in keys)].append(year(row))
        for years in given.values():
            yield f"{table}: gap", any(u > t + 1 for t, u in pairwise(sorted(years)))
            yield f"{table}: starts late", min(years) > span[0]
            yield f"{table}: rows before the case", min(years) < span[0]
            yield f"{table}: rows after the case", max(years) > span[-1]
            yield f"{table}: held", max(years) < span[-1]


def _stages(case: Case) -> Features:
    wanted = {row["stage"] for row in case.rows("bill_of_materials")}
    wanted |= {row["needs_stage"] for row in case.rows("supplier_needs")}
    for row in case.rows("stages"):
        yield f"{row['scope']} {row['kind']} stage", True
        yield f"storable {row['scope']} stage", row["storable"] is True
        yield "storable blank for a flow", row["kind"] == "flow" and row["storable"] is None
        yield "a stage nobody needs", row["stage"] not in wanted
    groups = Counter(row["group"] for row in case.rows("stages"))
    yield "a group of several stages", max(groups.values()) > 1
    yield "several groups", len(groups) > 1


def _supply(case: Case) -> Features:
    span = _span(case)
    by_stage: dict[Value, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    priced: dict[tuple[Value, ...], list[Value]] = defaultdict(list)
    places: dict[tuple[Value, Value], set[Value]] = defaultdict(set)
    for row in case.rows("capacity"):
        by_stage[row["stage"]][year(row)] += num(row["capacity"])
        priced[row["stage"], row["place"], row["year"]].append(row["price_usd"])
        places[row["stage"], row["supplier"]].add(row["place"])
    for totals in by_stage.values():
        zero = {t for t, total in totals.items() if total == 0 and t in span}
        yield "no capacity in any year", not any(totals.values())
        yield "no capacity in one year", bool(zero) and any(totals.values())
    regions = {row["region"] for row in case.rows("regions")}
    yield "suppliers at equal prices", any(len(set(p)) < len(p) for p in priced.values())
    yield "a supplier not everywhere", any(p not in ({GLOBAL}, regions) for p in places.values())


def _needs(case: Case) -> Features:
    stages = {row["stage"]: row for row in case.rows("stages")}
    basic: dict[tuple[Value, ...], set[Value]] = defaultdict(set)
    for row in case.rows("supplier_needs"):
        user, needed = stages[row["stage"]], stages[row["needs_stage"]]
        who = f"{row['basis']} of a {user['scope']} supplier"
        yield f"{who} needs a {needed['scope']} {needed['kind']} stage", True
        key = (row["stage"], row["supplier"], row["basis"], row["needs_stage"])
        basic[key].add(row["place"])
        yield "a need at the place 'global'", row["place"] == GLOBAL
    yield "a need replaced at a place", any(len(p) > 1 for p in basic.values())
    yield "a need at one place only", any(len(p) == 1 and p.isdisjoint({None, GLOBAL})
                                          for p in basic.values())  # fmt: skip


def _expansions(case: Case) -> Features:
    span = _span(case)
    lives = {(row["stage"], row["supplier"]): row["capacity_life_years"] for row in case.rows("suppliers")}
    by_site: dict[tuple[Value, ...], set[Value]] = defaultdict(set)
    by_supplier: dict[tuple[Value, ...], set[tuple[Value, ...]]] = defaultdict(set)
    supplied = {
        (row["stage"], row["supplier"], row["place"]) for row in case.rows("capacity") if num(row["capacity"]) > 0
    }
    for row in case.rows("expansion"):
        site = (row["stage"], row["supplier"], row["place"])
        by_site[site].add(row["lead_years"])
        by_supplier[(*site[:2], row["year"])].add((row["place"], row["lead_years"]))
        online = year(row) + num(row["lead_years"])
        yield "an order before the case", year(row) < span[0]
        yield "an order that arrives too late", year(row) in span and online > span[-1]
        yield "an order that arrives at once", row["lead_years"] == 0
        yield "an expansion of nothing allowed", row["max_expansion"] == 0
        expires = online + num(lives[site[:2]]) <= span[-1]
        yield "an expansion that expires inside the case", year(row) in span and expires
        yield "an expansion where there is no capacity", site not in supplied
    yield "leads that differ by year", any(len(leads) > 1 for leads in by_site.values())
    yield (
        "leads that differ by region",
        any(len({lead for _, lead in pairs}) > 1 for pairs in by_supplier.values()),
    )


def _allocations(case: Case) -> Features:
    scope = {row["stage"]: row["scope"] for row in case.rows("stages")}
    capacity = {(row["stage"], row["supplier"]) for row in case.rows("capacity")}
    expanded = {row["stage"] for row in case.rows("expansion")}
    drawn = {(row["stage"], row["supplier"], row["of_stage"]) for row in case.rows("allocation")}
    drawing = {s for s, _, _ in drawn}
    for s, k, of_stage in drawn:
        yield f"an allocation of a {scope[of_stage]} stage", True
        yield "an allocation of an expanded stage", of_stage in expanded
        yield "an allocation that is itself expanded", s in expanded
        yield "an allocation of an allocation", of_stage in drawing
        yield "an allocation beside own capacity", (s, k) in capacity
    yield "two allocations of one supplier", len({d[:2] for d in drawn}) < len(drawn)


def _accelerators(case: Case) -> Features:
    span = _span(case)
    opening = {row["accelerator"]: row for row in case.rows("opening")}
    made: dict[Value, Row] = {row["accelerator"]: row for row in case.rows("accelerators")}
    runs = {row["accelerator"] for row in case.rows("throughput")}
    for a, row in made.items():
        first = year(row, "first_year")
        last = span[-1] if row["last_year"] is None else year(row, "last_year")
        yield "made no longer", last < span[0]
        yield "last_year inside the case", last in span[:-1]
        yield "first_year inside the case", first in span[1:]
        yield "a life that ends inside the case", num(row["life_years"]) < len(span)
        yield "an accelerator that runs no workload", a not in runs
        if row["ramp_start_units"] is not None:
            yield "a ramp from an opening", a in opening
            yield (
                "a ramp of one made before, without an opening",
                first < span[0] and (a not in opening),
            )
            yield "a ramp of a new one", first in span
            yield "a ramp that cannot grow on itself", row["ramp_growth"] == 0
    for row in opening.values():
        yield "units waiting at the start", num(row["warehouse_units"]) > 0
        yield "units built the year before", num(row["built_units"]) > 0
    for row in case.rows("build_limits"):
        yield "a build limit of 0", row["max_units"] == 0
        yield "a build limit above 0", num(row["max_units"]) > 0
    for row in case.rows("fleet"):
        chip = made[row["accelerator"]]
        gone = chip["last_year"] is not None and year(chip, "last_year") < span[0]
        yield "a fleet of a family made no longer", gone
        ends = year(row, "installed_year") + num(chip["life_years"])
        yield "a fleet that retires inside the case", span[0] < ends <= span[-1]
    yield "several vendors", len({row["vendor"] for row in made.values()}) > 1


def _commitments(case: Case) -> Features:
    span = _span(case)
    kind = {row["stage"]: row["kind"] for row in case.rows("stages")}
    together: Counter[tuple[Value, ...]] = Counter()
    for row in case.rows("commitments"):
        if year(row) not in span:
            yield "a commitment before the case", True
            continue
        scope = next(key for key in ("accelerator", "family", "vendor") if row[key])
        unit = "units" if row["stage"] is None else "a stage"
        yield f"commitment: {scope}, {row['basis']}, in {unit}", True
        if row["stage"] is not None:
            yield f"commitment in a {kind[row['stage']]} stage", True
        if row["family"]:
            together[row["family"], row["basis"], row["year"]] += 1
    yield "two commitments on one family", any(number > 1 for number in together.values())
    budgeted = {year(row) for row in case.rows("budget")} & set(span)
    yield "a budget in some years", 0 < len(budgeted) < len(span)
    yield "a budget in all years", len(budgeted) == len(span)


def _demand(case: Case) -> Features:
    tiers = {(row["workload"], row["tier"]) for row in case.rows("demand")}
    total: Counter[Value] = Counter()
    for row in case.rows("demand"):
        yield "no demand of a tier in a year", row["demand_ttok"] == 0
        total[row["workload"]] += 0 if row["demand_ttok"] == 0 else 1
    yield "a workload without any demand", len(total) > 0 and min(total.values()) == 0
    yield "several tiers", len({w for w, _ in tiers}) < len(tiers)
    yield "several workloads", len(total) > 1
    yield (
        "no research demand in a year",
        any(row["demand_h100e_years"] == 0 for row in case.rows("research")),
    )
    yield "several research tiers", len({row["tier"] for row in case.rows("research")}) > 1
    faster = {row["workload"] for row in case.rows("efficiency")}
    yield "efficiency of some workloads", bool(faster) and len(faster) < len(total)
    yield "one region", len(case.rows("regions")) == 1
    yield "several regions", len(case.rows("regions")) > 1


def _curves(case: Case) -> Features:
    with_tiers = {row["workload"] for row in case.rows("demand")}
    volumes: Counter[Value] = Counter()
    for row in case.rows("demand_curves"):
        volumes[row["workload"]] += num(row["volume_ttok"]) > 0
        share = row["adjusted_share"]
        yield "a share of users who have adjusted, blank", share is None
        yield "no share of users has adjusted", share == 0
        yield "a share of users who have adjusted", share is not None and 0 < num(share) < 1
    for w, given in volumes.items():
        yield "a curve and tiers", w in with_tiers
        yield "a curve and no tiers", w not in with_tiers
        yield "a curve of nothing", given == 0
    yield "a curve without a part above", case.settings.get("curve_top") == 1
    yield "a curve without a part below", case.settings.get("curve_bottom") == 1
    yield "steps of curves by default", bool(volumes) and "curve_steps" not in case.settings


def _contracts(case: Case) -> Features:
    span = _span(case)
    kind = {row["stage"]: row["kind"] for row in case.rows("stages")}
    orders = {(row["stage"], row["supplier"], row["place"]) for row in case.rows("expansion")}
    shares = {(row["stage"], row["supplier"]) for row in case.rows("allocation")}
    starts = {(row["stage"], row["supplier"], row["place"], row["first_year"]) for row in case.rows("take_or_pay")}
    for row in case.rows("take_or_pay"):
        site = (row["stage"], row["supplier"], row["place"])
        first, last = year(row, "first_year"), year(row, "last_year")
        inside = first <= span[-1] and last >= span[0]
        yield "a contract outside the case", not inside
        yield "a contract from before the case", inside and first < span[0]
        yield "a contract beyond the case", inside and last > span[-1]
        yield "a contract of one year", inside and first == last
        yield "a contract of several years", inside and first < last
        yield "a contract for nothing", row["share"] == 0
        yield "a contract for everything", row["share"] == 1
        yield f"a contract of a {kind[row['stage']]}", inside
        yield "a contract of a supplier that may expand", inside and site in orders
        yield "a contract of a supplier that draws a share", inside and site[:2] in shares
        yield "two contracts in a row", inside and (*site, last + 1) in starts
    named = {row.get("accelerator") for row in case.rows("operations")}
    yield "a busy share of one accelerator beside that of every one", len(named) > 1


def _prices(case: Case) -> Features:
    values: dict[tuple[Value, Value], set[Value]] = defaultdict(set)
    for row in case.rows("demand"):
        values[row["workload"], row["year"]].add(row["value_usd_per_mtok"])
    curves: dict[Value, dict[int, float]] = defaultdict(dict)
    for row in case.rows("demand_curves"):
        curves[row["workload"]][year(row)] = num(row["price_usd_per_mtok"])
    for row in case.rows("prices"):
        price, kept = num(row["price_usd_per_mtok"]), row["kept_share"]
        yield "all of a price is kept, blank", kept is None
        yield "all of a price is kept", kept == 1
        yield "a part of a price is kept", kept is not None and 0 < num(kept) < 1
        of_tiers = values[row["workload"], row["year"]]
        yield "a price that is the value of a tier", price in of_tiers
        yield "a tier below its price", any(num(x) < price for x in of_tiers)
        given = curves.get(row["workload"], {})
        if given and year(row) in _span(case):
            steps = curve_prices(case.settings, interpolate(given, year(row), before=given[min(given)]))
            yield "a price on a step of a curve", price in steps
            yield "a price inside a curve", steps[-1] < price < steps[0] and price not in steps
            yield "a price above a curve", price > steps[0]
            yield "a price below a curve", price < steps[-1]
    priced = {row["workload"] for row in case.rows("prices")}
    yield "prices of some workloads", 0 < len(priced) < len(case.rows("workloads"))
    yield "prices of all workloads", len(priced) == len(case.rows("workloads"))


def _cash(case: Case) -> Features:
    span, rows = _span(case), case.rows("cash")
    years = {year(row) for row in rows}
    yield "cash in all years", years >= set(span)
    yield "cash in some years", 0 < len(years & set(span)) < len(span)
    yield "cash beyond the case", bool(years - set(span))
    yield "money from before the case", bool(rows) and "opening_cash_usd" in case.settings
    yield "no money from before the case", bool(rows) and "opening_cash_usd" not in case.settings
    yield "money repaid", any(num(row["raised_usd"]) < 0 for row in rows)
    yield "an income that comes whatever is served", any(num(row["fixed_cost_usd"]) < 0 for row in rows)
