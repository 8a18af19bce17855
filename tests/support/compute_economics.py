"""The presets of AI Compute Economics, which asks whether to rent, commit or own, restated as cases.

Source: RithvikK26/ai-compute-economics on GitHub (MIT): `scenarios/*.json` at commit 82c64796 of 2026, the formulas in
its `docs/methodology.md`. Its numbers are assumptions for teaching, but for the rental price and the benchmark.

A year of a case is a month of a preset, and 2001 the first. The discount rate is that of a month, prices are per node
and month, and `efficiency` has the hours of each month in place of the 8760 of a year: no number is rounded by it.
Real years would lose what happens within them. By hand, with three of them the cost is off by 0.1 to 7 %, and where
demand falls to half after six months, 3.5 nodes are owned in place of 4.7.

Each month has two blocks of hours. They are two workloads and two stages, because a node that is idle in one block
cannot serve the other. Rented nodes are rented for one block. Nodes under contract and owned nodes are there in both:
each block draws all of them by an allocation. What is owed for them whether they work or not is `take_or_pay`: the
price of a contract in each block, the upkeep and idle power of owned nodes.

They discount what is paid at the end of each month to the start of the first, we to the end of the first: `to_start`.
"""

from __future__ import annotations

import calendar
import csv
import math
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from generator import GLOBAL, HOURS_PER_YEAR, Case, Row, Value, write_case
from paths import PUBLISHED

import supplychain as sc
from supplychain.case.locked_in import LockedIn
from supplychain.model.cost import spending
from supplychain.plan.windows import solve_windows

if TYPE_CHECKING:
    from collections.abc import Mapping

MONTHS = range(2001, 2037)
"""October 2026 to September 2029."""
RATE = 1.1 ** (1 / 12) - 1
TOKENS_PER_SECOND = 91_487.4 * 0.7
"""Of a busy node: the benchmark of MLPerf, of which they count on 70 %."""
BUSY = 0.98
BLOCKS = {"usual": (0.8, 4), "peak": (0.2, 8)}
"""The share of the hours of a month, and how many times the scale of demand is asked for in them."""
SCALE, GROWTH = 71_892.1, 1.005
"""Tokens per second, and what they are multiplied by from month to month."""
RENT, CONTRACT = 68.8, 40.0
"""USD per node and hour."""
NODE = 400_000.0
IDLE, LOAD = 2 * 1.25 * 0.1, (10 - 2) * 1.25 * 0.1
"""USD for power per hour of an owned node, and more per hour in which it is busy."""
UPKEEP = 4_000 / 12
"""USD per owned node and month."""
ENTRY, STAFF = 50_000.0, 24_000 / 12
"""USD at the start, and a month, if nodes are owned at all."""
MOST = 32.0
"""The most nodes that they hold."""
NO_HOURS = 1e-6
"""So little is no hour more: what is rented comes from a solver."""
WORTH = 100.0
"""USD per 10^6 tokens, more than serving them costs in any way: all that can be served is."""


@dataclass(frozen=True)
class Preset:
    """In what the presets differ."""

    rentable: int = 32
    """Nodes that can be rented at a time."""
    delay: int = 0
    """Months from the order of owned nodes to their first work."""
    later_demand: float = 1.0
    """What demand is multiplied by from the seventh month on."""


PRESETS = {
    "stable_demand": Preset(),
    "demand_disappointment": Preset(later_demand=0.5),
    "delayed_capacity": Preset(rentable=4, delay=6),
}


@dataclass(frozen=True)
class Policy:
    """A policy and its results, from their `examples/**/policy_comparison.csv` at commit 79885045.

    So many nodes are held from the first month to the last; what they cannot serve, rented ones do.
    """

    preset: str
    family: str
    nodes: int
    pv_cost_usd: float
    unmet_tokens: float
    billed_hours: float
    unused_usd: float | None

    def __str__(self) -> str:
        return f"{self.preset}-{self.family}-{self.nodes}"


def published() -> list[Policy]:
    """Return their results: of the 195 that they list, those around every optimum and at the ends."""
    with (PUBLISHED / "compute_economics" / "policies.csv").open(encoding="utf-8") as file:
        return [
            Policy(
                row["preset"],
                row["policy_id"].split(":")[0],
                int(row["policy_id"].split(":")[1]),
                float(row["pv_cost_usd"]),
                float(row["unmet_tokens"]),
                float(row["billed_rental_gpu_hours"]) / 8,
                float(row["unused_commitment_usd"]) if row["unused_commitment_usd"] else None,
            )
            for row in csv.DictReader(file)
        ]


def hours(month: int, block: str) -> float:
    """Return the hours of a block of a month."""
    years, number = divmod(month - MONTHS[0] + 9, 12)
    return calendar.monthrange(2026 + years, number + 1)[1] * 24 * BLOCKS[block][0]


def hours_of_month(month: int) -> float:
    """Return the hours of a month."""
    return math.fsum(hours(month, block) for block in BLOCKS)


def to_start(month: int) -> float:
    """Return what a dollar at the end of a month is worth at the start of the first."""
    return float((1 + RATE) ** -(month - MONTHS[0] + 1))


def demand_ttok(preset: Preset, month: int, block: str) -> float:
    """Return what is asked for in a block of a month [10^12 tokens]."""
    later = preset.later_demand if month >= MONTHS[6] else 1.0
    tokens = 3600 * SCALE * BLOCKS[block][1] * hours(month, block) * GROWTH ** (month - MONTHS[0])
    return float(tokens * later * 1e-12)


def case_of(preset: Preset, *held: str, term: int = 1) -> Case:
    """Return a preset as a case in which nodes may be rented, and held as named: `commit`, `own`, both or neither.

    What is owed is added up over a `term` of so many months, and paid at its end. They pay each month by itself.
    """
    tables = _Tables(preset, held, term)
    tables.add("sources", source="preset", title="AI Compute Economics", publisher="its authors", evidence="assumed")
    tables.add("regions", region="home", label="Home")
    tables.add("operations", year=MONTHS[0], utilisation=BUSY, source="preset")
    for position, block in enumerate(BLOCKS, start=1):
        tables.add_block(block, position)
    if "commit" in held:
        tables.add_pool("commit", dict.fromkeys(MONTHS, 0.0), node=0.0, delay=0)
    if "own" in held:
        tables.add_pool("own", {t: IDLE * hours_of_month(t) + UPKEEP for t in MONTHS}, node=NODE, delay=preset.delay)
        tables.add_owed("own", "own")
    settings: dict[str, Value] = {
        "name": "preset",
        "title": "Rent, commit or own",
        "first_year": MONTHS[0],
        "last_year": MONTHS[-1],
        "discount_rate": RATE,
        "currency_year": 2026,
    }
    return Case(0, settings, dict(tables.rows))


class _Tables:
    """The tables of a preset, as they are filled."""

    def __init__(self, preset: Preset, held: tuple[str, ...], term: int) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)
        self._preset, self._held, self._term = preset, held, term

    def add(self, table: str, **row: Value) -> None:
        """Add a row."""
        self.rows[table].append(row)

    def add_block(self, block: str, position: int) -> None:
        """Add what is asked for in a block of each month, and the nodes that may serve it."""
        h, slot, preset = {t: hours(t, block) for t in MONTHS}, f"{block}_slot", self._preset
        self.add("workloads", workload=block, label=block, tokens_counted="output")
        self.add("accelerators", accelerator=slot, label=slot, vendor="any", family="slot", first_year=2000,
                 last_year=2000, life_years=100, opex_usd_per_year=0, h100e=0, source="preset")  # fmt: skip
        self.add("unit_costs", accelerator=slot, year=2000, other_cost_usd=0, source="preset")
        self.add("fleet", accelerator=slot, region="home", installed_year=2000, units=100, unit_cost_usd=0,
                 source="preset")  # fmt: skip
        self.add("bill_of_materials", accelerator=slot, stage=block, quantity=1, source="preset")
        self.add("throughput", accelerator=slot, workload=block, tokens_per_second=TOKENS_PER_SECOND, source="preset")
        for t in MONTHS:
            self.add("efficiency", workload=block, year=t, multiplier=h[t] / HOURS_PER_YEAR, source="preset")
            self.add("demand", workload=block, tier="all", year=t, demand_ttok=demand_ttok(preset, t, block),
                     value_usd_per_mtok=WORTH, source="preset")  # fmt: skip
        self._add_stage(block, position)
        nothing = dict.fromkeys(MONTHS, 0.0)
        self._add_supplier(block, "rent", {t: rentable(preset, h[t]) for t in MONTHS}, {t: RENT * h[t] for t in MONTHS})
        if "commit" in self._held:
            self._add_supplier(block, "commit", nothing, {t: CONTRACT * h[t] for t in MONTHS})
            self.add_owed(block, "commit")
        if "own" in self._held:
            self._add_supplier(block, "own", nothing, {t: LOAD * BUSY * h[t] for t in MONTHS})
        for name in self._held:
            self.add("allocation", stage=block, supplier=name, of_stage=name, year=MONTHS[0], share=1.0,
                     source="preset")  # fmt: skip

    def add_pool(self, name: str, upkeep: Mapping[int, float], *, node: float, delay: int) -> None:
        """Add nodes that are held in all blocks, from so many months after the order to the last month."""
        self._add_stage(name, len(BLOCKS) + 1)
        self._add_supplier(name, name, dict.fromkeys(MONTHS, 0.0), upkeep, life=len(MONTHS) - delay)
        self.add("expansion", stage=name, supplier=name, place=GLOBAL, year=MONTHS[0], max_expansion=MOST,
                 capex_usd_per_unit=node, lead_years=delay, source="preset")  # fmt: skip

    def add_owed(self, of: str, name: str) -> None:
        """Add that all that a supplier has is paid for, used or not."""
        for t in MONTHS[:: self._term]:
            self.add("take_or_pay", stage=of, supplier=name, place=GLOBAL, first_year=t, last_year=t + self._term - 1,
                     share=1.0, source="preset")  # fmt: skip

    def _add_stage(self, name: str, position: int) -> None:
        self.add("stages", stage=name, label=name, group="nodes", nature="physical", unit="nodes", kind="stock",
                 scope=GLOBAL, position=position)  # fmt: skip

    def _add_supplier(
        self, of: str, name: str, nodes: Mapping[int, float], price: Mapping[int, float], life: int | None = None
    ) -> None:
        self.add("suppliers", stage=of, supplier=name, label=name, capacity_life_years=life)
        for t in MONTHS:
            self.add("capacity", stage=of, supplier=name, place=GLOBAL, year=t, capacity=nodes[t], price_usd=price[t],
                     source="preset")  # fmt: skip


def rentable(preset: Preset, h: float) -> float:
    """Return how many nodes can be rented for a block of so many hours: they are rented for whole hours of it."""
    return preset.rentable * math.floor(h) / h


@dataclass(frozen=True)
class Answer:
    """What our LP says of a preset; money at the start of the first month."""

    paid_usd: float
    held: Mapping[str, float]
    """Nodes under contract, and owned, by what they are called in the case: `commit`, `own`."""
    rented: Mapping[tuple[str, int], float]
    """Nodes rented, by block and month."""
    unserved_tokens: float
    unused_usd: Mapping[int, float]
    """What is owed for nodes under contract that are idle, by the month in which it is paid; not discounted."""

    @property
    def billed_hours(self) -> dict[tuple[str, int], float]:
        """Node-hours that are billed for what is rented, by block and month."""
        return {(b, t): billed(nodes * hours(t, b), hours(t, b)) for (b, t), nodes in self.rented.items()}

    @property
    def rounding_usd(self) -> float:
        """What is billed for hours that nobody needs."""
        return math.fsum(
            RENT * (billed_hours - self.rented[b, t] * hours(t, b)) * to_start(t)
            for (b, t), billed_hours in self.billed_hours.items()
        )


def entry_usd(preset: Preset) -> float:
    """Return what owning costs however few the nodes are; no case has it, as an LP has no cost of a first unit."""
    return ENTRY + math.fsum(STAFF * to_start(t) for t in MONTHS[preset.delay :])


def solved(preset: Preset, *held: str, nodes: Mapping[str, float] | None = None, term: int = 1) -> Answer:
    """Solve a preset in which nodes may be held as named: so many `nodes`, or as many as the LP chooses."""
    with tempfile.TemporaryDirectory() as folder:
        case = sc.load(write_case(case_of(preset, *held, term=term), Path(folder)))
    first = MONTHS[0]
    if nodes is not None:
        orders = {(name, name, GLOBAL, first): float(amount) for name, amount in nodes.items()}
        nothing: dict[str, dict[tuple[str | int, ...], float]] = {"build": {}, "supply": {}, "stored": {}}
        case = replace(case, locked_in=LockedIn(first, {"expand": orders, **nothing}, {}))
    answer = next(solve_windows(case)).solved_lp.solved
    x, blocks = answer.x, list(product(BLOCKS, MONTHS))
    return Answer(
        paid_usd=spending(answer.m) * to_start(first),
        held={name: x["expand"][name, name, GLOBAL, first] for name in held},
        rented={(b, t): x["supply"][b, "rent", GLOBAL, t] for b, t in blocks},
        unserved_tokens=1e12 * math.fsum(demand_ttok(preset, t, b) - x["serve"][b, "all", t] for b, t in blocks),
        unused_usd={
            t: math.fsum(usd for (of, _, _, _, last), usd in x["unused"].items() if of in BLOCKS and last == t)
            for t in (MONTHS if "commit" in held else ())
        },
    )


def billed(needed: float, h: float) -> float:
    """Return what is billed for so many node-hours in a block of `h` hours: whole hours of whole nodes."""
    if needed <= NO_HOURS:
        return 0.0
    nodes = math.ceil(needed / math.floor(h) - NO_HOURS)
    return float(nodes * math.ceil(needed / nodes - NO_HOURS))
