"""A case of any size: so many regions, years, accelerators, workloads and stages; the same for the same size.

It is drawn around a plan: so many H100 equivalents built a year, growing, of generations that follow each other, placed
in regions of unequal size. Capacity is what the plan would use, more or less; the cheap tier of demand is worth less
than it costs and the middle one about as much, so that a solve has to choose what to serve, where and with what.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from generator import GLOBAL, HOURS_PER_YEAR, TTOK_PER_TOKEN_PER_SECOND, Case, Row, Stage, Value, write_case

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 2026
CADENCE = 2
"""Years from one generation of a vendor to the next."""
LIFE = 5
UTILISATION = 0.6


@dataclass(frozen=True)
class Size:
    """What there is of each; stages from 8 to 20."""

    regions: int
    years: int
    accelerators: int
    workloads: int
    stages: int

    def __str__(self) -> str:
        return " x ".join(str(n) for n in (self.regions, self.years, self.accelerators, self.workloads, self.stages))


@dataclass(frozen=True)
class Needed(Stage):
    """A stage, and what the plan uses of it per H100 equivalent: built if it is a flow, operating if it is a stock."""

    quantity: float = 0.0
    needed_by: tuple[tuple[str, str, float], ...] = ()
    """Stages whose supply or expansion needs this one, and how much of it."""


STAGES = (
    Needed("logic", "silicon", "flow", GLOBAL, 20e3, quantity=0.02),
    Needed("hbm", "memory", "flow", GLOBAL, 15.0, quantity=96.0),
    Needed("packaging", "packaging", "flow", GLOBAL, 9e3, quantity=0.03),
    Needed("power", "power", "stock", "regional", 6e5, quantity=1.4e-3),
    Needed("halls", "sites", "stock", "regional", 8e5, quantity=1.5e-3),
    Needed("grid", "grid", "stock", "regional", 1e5, needed_by=(("power", "supply", 0.8),)),
    Needed("scanners", "lithography", "stock", GLOBAL, 2e7, needed_by=(("logic", "supply", 3e-4),)),
    Needed("systems", "systems", "flow", GLOBAL, 8e3, quantity=0.125),
    Needed("generation", "generation", "stock", "regional", 2e5, needed_by=(("power", "supply", 0.3),)),
    Needed("turbines", "equipment", "flow", GLOBAL, 8e5, needed_by=(("generation", "expansion", 1.0),)),
    Needed("substrates", "silicon", "flow", GLOBAL, 90.0, quantity=1.0),
    Needed("cooling", "sites", "stock", "regional", 1e5, quantity=1.3e-3),
    Needed("optics", "systems", "flow", GLOBAL, 300.0, quantity=4.0),
    Needed(
        *("crews", "labour", "flow", "regional", 5e4),
        needed_by=(("halls", "expansion", 0.5), ("cooling", "expansion", 0.2)),
    ),
    Needed("switches", "systems", "flow", GLOBAL, 2e4, quantity=0.03),
    Needed("transformers", "equipment", "flow", GLOBAL, 5e4, needed_by=(("grid", "expansion", 1.0),)),
    Needed("water", "sites", "stock", "regional", 20.0, quantity=2.0),
    Needed("staff", "people", "stock", "regional", 2e5, quantity=2e-4),
    Needed("gas", "fuel", "stock", "regional", 1e5, needed_by=(("generation", "supply", 0.9),)),
    Needed("racks", "systems", "flow", GLOBAL, 3e4, quantity=0.014),
)
TIERS = {"premium": (0.3, 6.0), "standard": (0.5, 1.1), "economy": (0.6, 0.5)}
"""Share of what the plan could serve, and value over its rough cost."""


class Drawn:
    """Draws the tables of a case. Every method adds the rows of what its name says."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.random = Random(str(size))
        self.years = range(FIRST, FIRST + size.years)
        self.given = [t for t in self.years if (t - FIRST) % 3 == 0 or t == self.years[-1]]
        self.stages = STAGES[: size.stages]
        self.tables: dict[str, list[Row]] = {}
        weights = {f"r{n:02d}": self.random.uniform(0.3, 3.0) for n in range(size.regions)}
        self.share = {r: weight / sum(weights.values()) for r, weight in weights.items()}
        self.costly = {r: self.random.uniform(0.7, 1.5) for r in weights}
        vendors = max(1, min(4, size.accelerators // 5))
        self.vendors = [f"v{n}" for n in range(vendors)]
        last = len(range(0, size.accelerators, vendors)) - 1
        apart = min(float(CADENCE), (size.years - 1 + CADENCE) / max(1, last))
        self.first = {f"a{n:02d}": FIRST - CADENCE + round(apart * (n // vendors)) for n in range(size.accelerators)}
        self.h100e = {a: 1.3 ** (t - FIRST) * self.random.uniform(0.8, 1.3) for a, t in self.first.items()}

    def near(self, x: float, low: float, high: float) -> float:
        return float(f"{x * self.random.uniform(low, high):.6g}")

    def add(self, table: str, **row: Value) -> None:
        sourced = {} if table in {"regions", "workloads", "stages", "suppliers"} else {"source": "drawn"}
        self.tables.setdefault(table, []).append(row | sourced)

    def built(self, t: int) -> float:
        """H100 equivalents that the plan builds in a year."""
        return 3e6 * 1.3 ** (t - FIRST)

    def running(self, t: int) -> float:
        """H100 equivalents that operate under the plan."""
        return sum(self.built(u) for u in range(t - LIFE + 1, t + 1))

    def efficiency(self, t: int) -> float:
        """How much of a stock an H100 equivalent of a year's making takes, beside one of the first year."""
        return 0.85 ** (t - FIRST)

    def used(self, s: Needed, t: int) -> float:
        """What the plan uses of a stage."""
        if s.flow:
            own = s.quantity * self.built(t)
        else:
            own = s.quantity * sum(self.efficiency(u) * self.built(u) for u in range(t - LIFE + 1, t + 1))
        for name, basis, quantity in s.needed_by:
            user = next((stage for stage in self.stages if stage.name == name), None)
            if user is not None:
                own += quantity * self.used(user, t) * (1.0 if basis == "supply" else 0.15)
        return own

    def tables_of(self) -> dict[str, list[Row]]:
        self.tables["sources"] = [
            {"source": "drawn", "title": "drawn at random", "publisher": "tests", "evidence": "assumed"}
        ]
        self.names()
        self.suppliers()
        self.needs()
        self.accelerators()
        self.fleet()
        self.commitments()
        self.services()
        return self.tables

    def names(self) -> None:
        for r in self.share:
            self.add("regions", region=r, label=r)
        for w in range(self.size.workloads):
            self.add("workloads", workload=f"w{w}", label=f"Workload {w}", tokens_counted="input and output")
        for position, s in enumerate(self.stages, start=1):
            storable = s.name == "hbm" if s.flow else None
            self.add("stages", **s.row(position, s.name.title(), storable=storable, cost_life=LIFE))

    def suppliers(self) -> None:
        """Two or three suppliers of each stage; a dear one has more room to expand."""
        for s in self.stages:
            places = {GLOBAL: 1.0} if s.scope == GLOBAL else self.share
            count = self.random.choice((2, 3)) if s.scope == GLOBAL else 2
            tight = self.random.uniform(0.6, 1.1)
            for n in range(count):
                k = f"{s.name}_{n}"
                self.add("suppliers", stage=s.name, supplier=k, label=k, capacity_life_years=12)
                for p, share in places.items():
                    price = s.price * self.costly.get(p, 1.0) * (1 + 0.3 * n)
                    self.capacity(s, k, p, share * tight / count, price)
                    self.expansion(s, k, p, share * (1 + n) / count, price)

    def capacity(self, s: Needed, k: str, p: str, share: float, price: float) -> None:
        for t in self.given:
            grown = 0.5 * self.used(s, FIRST) + 0.5 * self.used(s, t)
            self.add(
                "capacity",
                stage=s.name,
                supplier=k,
                place=p,
                year=t,
                capacity=self.near(share * grown, 0.7, 1.4),
                price_usd=self.near(price, 0.9, 1.1),
            )

    def expansion(self, s: Needed, k: str, p: str, share: float, price: float) -> None:
        lead, capex = self.random.choice((1, 2, 2, 3)), self.near(price * (1.5 if s.flow else 4.0), 0.7, 1.4)
        for t in self.years:
            most = self.near(0.2 * share * self.used(s, t), 0.5, 1.5)
            self.add(
                "expansion",
                stage=s.name,
                supplier=k,
                place=p,
                year=t,
                max_expansion=most,
                capex_usd_per_unit=capex,
                lead_years=lead,
            )

    def needs(self) -> None:
        names = {s.name for s in self.stages}
        for s in self.stages:
            for user, basis, quantity in s.needed_by:
                for row in self.tables["suppliers"] if user in names else ():
                    if row["stage"] == user:
                        self.add(
                            "supplier_needs",
                            stage=user,
                            supplier=row["supplier"],
                            place=None,
                            basis=basis,
                            needs_stage=s.name,
                            quantity=self.near(quantity, 0.9, 1.1),
                        )

    def accelerators(self) -> None:
        for n, (a, first) in enumerate(self.first.items()):
            vendor, size = self.vendors[n % len(self.vendors)], self.h100e[a]
            ramped = first >= FIRST and n % 3 == 0
            self.add(
                "accelerators",
                accelerator=a,
                label=a,
                vendor=vendor,
                family=f"{vendor} line",
                first_year=first,
                last_year=first + CADENCE + 1,
                life_years=LIFE + n % 2,
                opex_usd_per_year=self.near(300 * size, 0.8, 1.2),
                h100e=float(f"{size:.6g}"),
                ramp_start_units=self.near(0.2 * self.built(first) / size, 0.8, 1.2) if ramped else None,
                ramp_growth=2.5 if ramped else None,
            )
            self.add("unit_costs", accelerator=a, year=first, other_cost_usd=self.near(4e3 * size, 0.8, 1.2))
            for s in self.stages:
                if s.quantity and self.random.random() < 0.95:
                    per = s.quantity * size * (1.0 if s.flow else self.efficiency(first))
                    self.add("bill_of_materials", accelerator=a, stage=s.name, quantity=self.near(per, 0.75, 1.3))

    def fleet(self) -> None:
        old = [a for a, first in self.first.items() if first < FIRST]
        for a in old:
            units = 0.5 * self.built(FIRST - 1) / self.h100e[a] / len(old)
            self.add("opening", accelerator=a, warehouse_units=self.near(0.02 * units, 0.5, 1.5), built_units=units)
            for r, share in self.share.items():
                for year in (FIRST - 2, FIRST - 1):
                    self.add(
                        "fleet",
                        accelerator=a,
                        region=r,
                        installed_year=year,
                        units=self.near(share * units, 0.5, 1.5),
                        unit_cost_usd=15e3,
                    )

    def commitments(self) -> None:
        """Each vendor's customers are promised units a year, and some power behind what operates."""
        for n, v in enumerate(self.vendors):
            for t in self.years:
                basis, stage = (("built", None), ("operating", "power"))[n % 2]
                made = self.built(t) if basis == "built" else self.running(t)
                per = 1.3 ** -(t - FIRST) if stage is None else 1e-3 * self.efficiency(t)
                self.add(
                    "commitments",
                    commitment=f"{v}_deal",
                    year=t,
                    label=v,
                    accelerator=None,
                    family=None,
                    vendor=v,
                    basis=basis,
                    stage=stage,
                    minimum=self.near(0.3 * made * per / len(self.vendors), 0.6, 1.2),
                    shortfall_usd_per_unit=2e3 if stage is None else 2e5,
                )

    def services(self) -> None:
        """A token costs about what it takes of an accelerator's yearly cost."""
        workloads = [f"w{n}" for n in range(self.size.workloads)]
        speed = {w: 3000.0 / (1 + n) for n, w in enumerate(workloads)}
        for a, size in self.h100e.items():
            for w in workloads:
                tokens = self.near(speed[w] * size, 0.7, 1.4)
                self.add("throughput", accelerator=a, workload=w, tokens_per_second=tokens)
        self.add("operations", year=FIRST, utilisation=UTILISATION)
        for w in workloads[::2]:
            for t in self.given:
                self.add("efficiency", workload=w, year=t, multiplier=float(f"{1.1 ** (t - FIRST):.6g}"))
        usd_per_h100e_year = 9e3
        for n, w in enumerate(workloads):
            possible = speed[w] * TTOK_PER_TOKEN_PER_SECOND * UTILISATION / len(workloads)
            cost = usd_per_h100e_year / (speed[w] * TTOK_PER_TOKEN_PER_SECOND * UTILISATION) / 1e6
            for tier, (share, worth) in TIERS.items():
                for t in self.given:
                    better = 1.1 ** (t - FIRST) if n % 2 == 0 else 1.0
                    self.add(
                        "demand",
                        workload=w,
                        tier=tier,
                        year=t,
                        demand_ttok=self.near(share * possible * better * self.running(t), 0.7, 1.3),
                        value_usd_per_mtok=self.near(worth * cost / better, 0.8, 1.25),
                    )
        for tier, worth in (("frontier", 3.0), ("other", 0.8)):
            for t in self.given:
                self.add(
                    "research",
                    tier=tier,
                    year=t,
                    demand_h100e_years=self.near(0.1 * UTILISATION * self.running(t), 0.7, 1.3),
                    value_usd_per_h100e_hour=self.near(worth * usd_per_h100e_year / HOURS_PER_YEAR, 0.8, 1.25),
                )


def write(size: Size, folder: Path) -> Path:
    """Write the case of a size as a folder."""
    settings: Row = {
        "name": "scale",
        "title": f"Drawn: {size}",
        "first_year": FIRST,
        "last_year": FIRST + size.years - 1,
        "discount_rate": 0.07,
        "build_lag_share": 0.1,
        "currency_year": 2025,
    }
    return write_case(Case(0, settings, Drawn(size).tables_of()), folder)
