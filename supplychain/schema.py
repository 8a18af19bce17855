"""The inputs, one row per column: name, type, unit, range, meaning.

The reader, the checks, the Pyomo Params, `datapackage.json` and `inputs/README.md` are all made from `TABLES` and
`SETTINGS`. A new input column is one row here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Type = Literal["text", "number", "integer", "boolean", "date", "any"]
Series = Literal["", "quantity", "price"]

GLOBAL: Final = "global"
"""The place of a global stage."""

POSSIBLE_YEARS: Final = range(1990, 2201)
"""What a year may be."""

OF_ROW: Final = "as in unit"
"""The unit of a column whose rows have units of their own, in the column `unit`."""

OF_QUANTITY, OF_INPUT = "of the quantity", "of the input"
"""Units of columns whose rows name a quantity, or an input, that has one."""

LOW, HIGH = "_low", "_high"
"""Endings of the columns that give the range of a number."""

CURVE: Final = "curve_"
"""What the names of the tiers begin with in which a curve is served."""

UNCERTAINTY: Final = "uncertainty"
"""The table of `case.toml` that says what ranges mean."""

P10_P90, MIN_MAX = "p10_p90", "min_max"
"""What the ends of a range may be: percentiles of a number, or the least and the most that it can be."""

BELOW: Final = "_below"
"""The ending of the name of what lies below a charged price in a tier that it splits."""

CURVE_TIER: Final = re.compile(rf"{CURVE}\d+({BELOW})?", re.ASCII)
"""Their names, which no tier of a table may have."""

MOST_ELASTIC: Final = 20
"""The largest elasticity: at a thousandth of its price a curve then asks for 10^60 times its volume, still a number."""


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """One column of a table of inputs or of results, or one setting of `case.toml`."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: bool = False
    """Whether the minimum itself is too small."""
    choices: tuple[str, ...] = ()
    blank: bool = False
    series: Series = ""
    """How other years are filled: `quantity` is 0 before the first given year, `price` takes the first given value."""
    param: str = ""
    """The name of the Pyomo Param made from this column; blank if the column is structure, not a number of the LP."""
    default: float | int | str | None = None
    """What a setting that is not given is, and what a number that is blank counts as."""
    label: str = ""
    """What people read instead of the name; of results."""
    infinite: bool = False
    """Whether the number may be infinite; of results."""
    added: bool = False
    """Whether files of earlier versions lack it, of which it is then blank."""
    where_needed: bool = False
    """Whether it is left out of an answer in which no row has it; of results."""

    @property
    def ranged(self) -> bool:
        """Whether the columns `x_low` and `x_high` may stand beside it."""
        return self.type in {"number", "integer"} and bool(self.param or self.unit) and self.name != "year"

    @property
    def attribute(self) -> str:
        """What a setting is called in `Settings`: its name without that of its table."""
        return self.name.rpartition(".")[2]

    def number(self, cell: Any) -> Any:  # noqa: ANN401 - a cell of a row
        """Return what a cell counts as: where it is blank, the default."""
        return self.default if cell is None else cell

    @property
    def is_year(self) -> bool:
        """Whether its numbers are calendar years."""
        return self.minimum == POSSIBLE_YEARS[0]


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns whose values must be keys of another table; blank values are left out."""

    columns: tuple[str, ...]
    table: str
    target: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One CSV file of a case, or of an answer."""

    name: str
    key: tuple[str, ...]
    columns: tuple[ColumnSchema, ...]
    meaning: str
    required: bool = True
    references: tuple[Reference, ...] = field(default=())

    @property
    def file(self) -> str:
        """Its file name."""
        return f"{self.name}.csv"

    def column(self, name: str) -> ColumnSchema:
        """Return the column called `name`; a range column is described by the column that it belongs to."""
        base = name.removesuffix(LOW).removesuffix(HIGH)
        return next(c for c in self.columns if c.name in {name, base})


def _text(name: str, meaning: str, *, blank: bool = False, choices: tuple[str, ...] = ()) -> ColumnSchema:
    return ColumnSchema(name, "text", meaning, blank=blank, choices=choices)


def _amount(  # noqa: PLR0913 - one argument per field of a column
    name: str,
    unit: str,
    meaning: str,
    *,
    maximum: float | None = None,
    above: bool = False,
    blank: bool = False,
    default: float | None = None,
    series: Series = "",
    param: str = "",
) -> ColumnSchema:
    return ColumnSchema(
        name,
        "number",
        meaning,
        unit,
        minimum=0,
        maximum=maximum,
        above=above,
        blank=blank,
        default=default,
        series=series,
        param=param or name,
    )


def _usd(
    name: str, meaning: str, *, param: str = "", blank: bool = False, default: float | None = None
) -> ColumnSchema:
    """Return an amount of money that may be below 0."""
    return ColumnSchema(name, "number", meaning, "USD", param=param or name, blank=blank, default=default)


def _years(
    name: str, meaning: str, *, minimum: int = 1, blank: bool = False, default: int | None = None
) -> ColumnSchema:
    return ColumnSchema(name, "integer", meaning, "years", minimum=minimum, maximum=100, blank=blank, default=default)


def _year(name: str, meaning: str, *, blank: bool = False) -> ColumnSchema:
    return ColumnSchema(name, "integer", meaning, minimum=POSSIBLE_YEARS[0], maximum=POSSIBLE_YEARS[-1], blank=blank)


def _to(table: str, *columns: str, key: tuple[str, ...] = ()) -> Reference:
    return Reference(columns, table, key or columns)


def _observation(name: str, meaning: str, *, blank: bool = False) -> ColumnSchema:
    return ColumnSchema(name, "number", meaning, minimum=0, blank=blank)


_SOURCE = _text("source", "key of the source in sources.csv")
_SOURCED = _to("sources", "source")
_STAGE = _text("stage", "key of a stage")
_SUPPLIER = _text("supplier", "key of a supplier of the stage")
_PLACE = _text("place", "`global` for a global stage, else a region")
_ACCELERATOR = _text("accelerator", "key of an accelerator")
_WORKLOAD = _text("workload", "key of a workload")
_YEAR = _year("year", "calendar year")

ALL: Final = "all"
"""The item that stands for all items of a quantity together."""

SUM: Final = " + "
"""Between the items that one observation counts together."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something that is counted in the world and in an answer."""

    meaning: str
    items: Literal["accelerators", "stages", "workloads", "hardware"]
    unit: str = ""
    """Blank: that of the stage."""
    kind: str = ""
    """Under which its observations are summed up, where they name no other."""


UNITS, REVENUE, MEMORY_PACKAGING, POWER, CAPITAL, TOKENS, COST = (
    *("units", "revenue", "memory_packaging", "power", "capital", "tokens", "cost"),
)
OBSERVED_KINDS: Final = (UNITS, REVENUE, MEMORY_PACKAGING, POWER, CAPITAL, TOKENS, COST)
"""Kinds under which observations are summed up, each with the same weight."""

QUANTITIES: Final = {
    "units_built": Quantity("accelerators built in the year", "accelerators", "units", UNITS),
    "installed_h100e": Quantity(
        "accelerators installed and alive at the end of the year", "accelerators", "H100e", UNITS
    ),
    "accelerator_spending": Quantity(
        "what the accelerators built in the year cost their buyers: what no stage is paid for, and of each component "
        "the price of the cheapest supplier with a limit, what it needs to supply included",
        "accelerators",
        "USD",
        REVENUE,
    ),
    "stage_used": Quantity("what AI uses of the stage in the year", "stages", kind=MEMORY_PACKAGING),
    "stage_used_share": Quantity(
        "the same, of what AI can have of the stage", "stages", "share", kind=MEMORY_PACKAGING
    ),
    "stage_spending": Quantity("what AI pays the suppliers of the stage in the year", "stages", "USD", REVENUE),
    "tokens_served": Quantity("tokens served in the year", "workloads", "10^12 tokens", TOKENS),
    "capital_spending": Quantity("what is spent on accelerators and systems in the year", "hardware", "USD", CAPITAL),
    "memory_share": Quantity(
        "memory's part of what is spent on accelerators and systems", "hardware", "share", MEMORY_PACKAGING
    ),
    "cost_per_mtok": Quantity(
        "annuities and charges of the year for serving, over the tokens served",
        "workloads",
        "USD per 10^6 tokens",
        COST,
    ),
    "cost_per_hour": Quantity(
        "annuities and charges of the year for accelerators, over the hours that they operate, what they are new for "
        "a part of the year included",
        "accelerators",
        "USD per hour",
        COST,
    ),
}
"""What `observed.csv` may hold. An item is a key, several keys with ` + ` between them, or `all`; an accelerator's
item is an accelerator, a family or a vendor."""

EVIDENCE = ("measured", "reported", "estimated", "derived", "assumed")

WEAK_EVIDENCE = ("estimated", "assumed")
"""Tiers of evidence that are weak."""

TABLES: Final[tuple[TableSchema, ...]] = (
    TableSchema(
        "sources",
        ("source",),
        (
            _text("source", "key of the source"),
            _text("title", "what it is"),
            _text("publisher", "who published it"),
            _text("date", "when", blank=True),
            _text("url", "where", blank=True),
            _text("evidence", "how good it is", choices=EVIDENCE),
            _text("derived_from", "keys of the sources it was derived from, separated by spaces", blank=True),
            _text("note", "what it says, and the arithmetic of derived numbers", blank=True),
        ),
        "Where every number comes from.",
    ),
    TableSchema(
        "regions",
        ("region",),
        (_text("region", "key of the region"), _text("label", "name for people")),
        "Places in which accelerators operate.",
    ),
    TableSchema(
        "stages",
        ("stage",),
        (
            _text("stage", "key of the stage"),
            _text("label", "name for people"),
            _text("group", "the stages of one group are summed up together; they share kind and, if flows, cost life"),
            _text("nature", "a physical limit, or a contract", choices=("physical", "commercial")),
            _text("unit", "unit of its quantities"),
            _text("kind", "`flow`: used once, when built; `stock`: occupied while in use", choices=("flow", "stock")),
            _text("scope", "one pool for the world, or one for each region", choices=("global", "regional")),
            ColumnSchema("position", "integer", "order from upstream to downstream", minimum=0, maximum=10_000),
            ColumnSchema("storable", "boolean", "whether a flow can be kept for a later year; blank: no", blank=True),
            _years("cost_life_years", "years over which a purchase is written off (flows only)", blank=True),
        ),
        "The links of the chain.",
    ),
    TableSchema(
        "suppliers",
        ("stage", "supplier"),
        (
            _STAGE,
            _text("supplier", "key of the supplier"),
            _text("label", "name for people"),
            _years("capacity_life_years", "how long added capacity lasts; required if it may expand", blank=True),
        ),
        "Who meets a stage.",
        references=(_to("stages", "stage"),),
    ),
    TableSchema(
        "supplier_needs",
        ("stage", "supplier", "place", "basis", "needs_stage"),
        (
            _STAGE,
            _SUPPLIER,
            _text("place", "blank: every place; a row that names a place replaces it there", blank=True),
            _text("basis", "per unit supplied, or per unit of capacity added", choices=("supply", "expansion")),
            _text("needs_stage", "the stage that is needed"),
            _amount("quantity", "units of the needed stage per unit", "how much is needed", param="need"),
            _SOURCE,
        ),
        "What a supplier itself needs from other stages.",
        required=False,
        references=(
            _to("suppliers", "stage", "supplier"),
            _to("stages", "needs_stage", key=("stage",)),
            _SOURCED,
        ),
    ),
    TableSchema(
        "capacity",
        ("stage", "supplier", "place", "year"),
        (
            _STAGE,
            _SUPPLIER,
            _PLACE,
            _YEAR,
            _amount("capacity", "units of the stage", "flow: units a year; stock: units in service", series="quantity"),
            _amount("price_usd", "USD per unit", "flow: per unit; stock: per unit and year", series="price"),
            _SOURCE,
        ),
        "What each supplier can deliver, and its price.",
        references=(_to("suppliers", "stage", "supplier"), _SOURCED),
    ),
    TableSchema(
        "allocation",
        ("stage", "supplier", "of_stage", "year"),
        (
            _STAGE,
            _SUPPLIER,
            _text("of_stage", "the stage whose limit is shared out"),
            _YEAR,
            _amount("share", "share", "part of the limit of of_stage in the same place", maximum=1, series="quantity"),
            _SOURCE,
        ),
        "Suppliers whose limit is a share of another stage's limit.",
        required=False,
        references=(
            _to("suppliers", "stage", "supplier"),
            _to("stages", "of_stage", key=("stage",)),
            _SOURCED,
        ),
    ),
    TableSchema(
        "expansion",
        ("stage", "supplier", "place", "year"),
        (
            _STAGE,
            _SUPPLIER,
            _PLACE,
            _year("year", "year of order"),
            _amount("max_expansion", "units of the stage", "most that can be ordered in the year"),
            _amount("capex_usd_per_unit", "USD per unit", "paid when ordered"),
            _years("lead_years", "from order to service", minimum=0),
            _SOURCE,
        ),
        "Options to add capacity. A year with no row allows none.",
        required=False,
        references=(_to("suppliers", "stage", "supplier"), _SOURCED),
    ),
    TableSchema(
        "accelerators",
        ("accelerator",),
        (
            _text("accelerator", "key of the accelerator"),
            _text("label", "name for people"),
            _text("vendor", "who sells it"),
            _text("family", "the product line"),
            _year("first_year", "first year in which it can be built"),
            _year("last_year", "last year in which it can be built; blank: none", blank=True),
            _years("life_years", "years in service"),
            _amount("opex_usd_per_year", "USD per unit and year", "upkeep while operating"),
            _amount("h100e", "H100 equivalents", "compute in H100 equivalents"),
            _amount("ramp_start_units", "units", "most in its first year; blank with ramp_growth: no ramp", blank=True),
            _amount(
                "ramp_growth", "units per unit", "how much last year's build adds to this year's limit", blank=True
            ),
            _SOURCE,
        ),
        "The chips and systems that do the work.",
        references=(_SOURCED,),
    ),
    TableSchema(
        "unit_costs",
        ("accelerator", "year"),
        (
            _ACCELERATOR,
            _YEAR,
            _amount("other_cost_usd", "USD per unit", "everything in its price that no stage pays for", series="price"),
            _SOURCE,
        ),
        "What an accelerator costs beyond its stages.",
        references=(_to("accelerators", "accelerator"), _SOURCED),
    ),
    TableSchema(
        "bill_of_materials",
        ("accelerator", "stage"),
        (
            _ACCELERATOR,
            _STAGE,
            _amount(
                "quantity",
                "units of the stage per accelerator",
                "flow: per unit built, yield included; stock: per unit operating",
                param="bill_of_materials",
            ),
            _SOURCE,
        ),
        "What one accelerator uses of each stage.",
        references=(_to("accelerators", "accelerator"), _to("stages", "stage"), _SOURCED),
    ),
    TableSchema(
        "build_limits",
        ("accelerator", "year"),
        (
            _ACCELERATOR,
            _YEAR,
            _amount("max_units", "units", "most that can be built in the year"),
            _SOURCE,
        ),
        "Limits on builds that no stage explains. A year with no row has none.",
        required=False,
        references=(_to("accelerators", "accelerator"), _SOURCED),
    ),
    TableSchema(
        "opening",
        ("accelerator",),
        (
            _ACCELERATOR,
            _amount("warehouse_units", "units", "waiting to be installed at the start"),
            _amount("built_units", "units", "built in the year before the case"),
            _SOURCE,
        ),
        "What was in the pipeline when the case starts.",
        required=False,
        references=(_to("accelerators", "accelerator"), _SOURCED),
    ),
    TableSchema(
        "commitments",
        ("commitment", "year"),
        (
            _text("commitment", "key of the commitment"),
            _YEAR,
            _text("label", "name for people"),
            _text("accelerator", "an accelerator; exactly one of accelerator, family, vendor is given", blank=True),
            _text("family", "a family of accelerators", blank=True),
            _text("vendor", "all accelerators of a vendor", blank=True),
            _text("basis", "counted when built, or while operating", choices=("built", "operating")),
            _text("stage", "blank: counts units; else that stage's units through the bill of materials", blank=True),
            _amount("minimum", "units, or units of the stage", "what is to be delivered in the year"),
            _amount("shortfall_usd_per_unit", "USD per unit", "what each unit short costs"),
            _SOURCE,
        ),
        "Deals that are to be kept. A year with no row commits nothing.",
        required=False,
        references=(_to("accelerators", "accelerator"), _to("stages", "stage"), _SOURCED),
    ),
    TableSchema(
        "budget",
        ("year",),
        (
            _YEAR,
            _amount("capital_usd", "USD", "cash for components, systems and expansions in the year"),
            _SOURCE,
        ),
        "Limits on capital. A year with no row has none.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "fleet",
        ("accelerator", "region", "installed_year"),
        (
            _ACCELERATOR,
            _text("region", "key of a region"),
            _year("installed_year", "before the case starts"),
            _amount("units", "units", "units installed", param="fleet_units"),
            ColumnSchema("unit_cost_usd", "number", "sunk; for reports only", "USD per unit", minimum=0),
            _SOURCE,
        ),
        "Accelerators installed before the case starts.",
        required=False,
        references=(_to("accelerators", "accelerator"), _to("regions", "region"), _SOURCED),
    ),
    TableSchema(
        "workloads",
        ("workload",),
        (
            _text("workload", "key of the workload"),
            _text("label", "name for people"),
            _text("tokens_counted", "which tokens its numbers count: input, cached input, output"),
        ),
        "Kinds of demand for tokens.",
    ),
    TableSchema(
        "throughput",
        ("accelerator", "workload"),
        (
            _ACCELERATOR,
            _WORKLOAD,
            _amount("tokens_per_second", "tokens per second and unit", "while busy"),
            _SOURCE,
        ),
        "How fast an accelerator serves a workload; no row: it cannot.",
        references=(_to("accelerators", "accelerator"), _to("workloads", "workload"), _SOURCED),
    ),
    TableSchema(
        "efficiency",
        ("workload", "year"),
        (
            _WORKLOAD,
            _YEAR,
            _amount("multiplier", "tokens per token", "multiplies throughput", series="price"),
            _SOURCE,
        ),
        "Progress of software and models; a workload with no row stays at 1.",
        required=False,
        references=(_to("workloads", "workload"), _SOURCED),
    ),
    TableSchema(
        "operations",
        ("accelerator", "year"),
        (
            _YEAR,
            ColumnSchema(
                "accelerator",
                "text",
                "key of an accelerator, whose rows replace in all years those that name none; blank: every one",
                blank=True,
                added=True,
            ),
            _amount(
                "utilisation",
                "share",
                "part of the time that operating accelerators are busy",
                maximum=1,
                series="price",
            ),
            _SOURCE,
        ),
        "How busy the fleet is.",
        references=(_to("accelerators", "accelerator"), _SOURCED),
    ),
    TableSchema(
        "demand",
        ("workload", "tier", "year"),
        (
            _WORKLOAD,
            _text("tier", "key of the tier"),
            _YEAR,
            _amount("demand_ttok", "10^12 tokens per year", "tokens asked for", series="quantity"),
            _amount("value_usd_per_mtok", "USD per 10^6 tokens", "what they are worth", series="price"),
            _SOURCE,
        ),
        "Token demand in tiers, each with what it is worth. May be absent where every workload has a curve.",
        required=False,
        references=(_to("workloads", "workload"), _SOURCED),
    ),
    TableSchema(
        "research",
        ("tier", "year"),
        (
            _text("tier", "key of the tier"),
            _YEAR,
            _amount("demand_h100e_years", "busy H100-equivalent years", "research asked for", series="quantity"),
            _amount("value_usd_per_h100e_hour", "USD per H100-equivalent hour", "what it is worth", series="price"),
            _SOURCE,
        ),
        "Demand for research compute in tiers.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "demand_curves",
        ("workload", "year"),
        (
            _WORKLOAD,
            _YEAR,
            _amount("volume_ttok", "10^12 tokens per year", "asked for at the reference price", series="quantity"),
            _amount(
                "price_usd_per_mtok",
                "USD per 10^6 tokens",
                "the reference price",
                above=True,
                series="price",
                param="reference_price_usd_per_mtok",
            ),
            _amount(
                "elasticity",
                "",
                "by how many per cent less is asked for at a price that is 1 % higher",
                maximum=MOST_ELASTIC,
                above=True,
                series="price",
            ),
            _amount(
                "adjusted_share",
                "share",
                "part of the change below the reference price that users have made by that year; blank: 1",
                maximum=1,
                blank=True,
                default=1.0,
                series="price",
            ),
            _SOURCE,
        ),
        "Token demand as a curve of constant elasticity, beside the tiers of the workload or in their place.",
        required=False,
        references=(_to("workloads", "workload"), _SOURCED),
    ),
    TableSchema(
        "research_curves",
        ("year",),
        (
            _YEAR,
            _amount(
                "volume_h100e_years",
                "busy H100-equivalent years",
                "asked for at the reference value",
                series="quantity",
            ),
            _amount(
                "value_usd_per_h100e_hour",
                "USD per H100-equivalent hour",
                "the reference value",
                above=True,
                series="price",
                param="reference_value_usd_per_h100e_hour",
            ),
            _amount(
                "elasticity",
                "",
                "by how many per cent less is asked for at a value that is 1 % higher",
                maximum=MOST_ELASTIC,
                above=True,
                series="price",
                param="research_elasticity",
            ),
            _SOURCE,
        ),
        "Demand for research compute as a curve of constant elasticity, beside its tiers or in their place.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "take_or_pay",
        ("stage", "supplier", "place", "first_year"),
        (
            _STAGE,
            _SUPPLIER,
            _PLACE,
            _year("first_year", "first year of the term"),
            _year("last_year", "last year of the term"),
            _amount(
                "share",
                "share",
                "part of what the whole limit of those years would cost that is owed, used or not",
                maximum=1,
                param="owed_share",
            ),
            _SOURCE,
        ),
        "What is owed to a supplier whether it is used or not, over the years of a term together.",
        required=False,
        references=(_to("suppliers", "stage", "supplier"), _SOURCED),
    ),
    TableSchema(
        "prices",
        ("workload", "year"),
        (
            _WORKLOAD,
            _YEAR,
            _amount(
                "price_usd_per_mtok",
                "USD per 10^6 tokens",
                "what users are charged; who finds tokens worth less does not buy",
                series="price",
                param="charged_usd_per_mtok",
            ),
            _amount(
                "kept_share",
                "share",
                "part of it that is left after the fees of platforms; blank: 1",
                maximum=1,
                blank=True,
                default=1.0,
                series="price",
            ),
            _SOURCE,
        ),
        "What is charged for tokens; the plan earns that, and not what they are worth to users.",
        required=False,
        references=(_to("workloads", "workload"), _SOURCED),
    ),
    TableSchema(
        "cash",
        ("year",),
        (
            _YEAR,
            _usd("raised_usd", "paid in by owners and lenders; below 0: repaid"),
            _usd(
                "fixed_cost_usd",
                "staff, sales and whatever no other table pays for; below 0: income that comes whatever is served",
            ),
            _amount("gap_usd_per_usd", "USD per USD", "what a dollar that nobody has promised costs", above=True),
            _SOURCE,
        ),
        "The cash of the owner, year by year; a year with no row has none. It needs a price of every workload.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "factors",
        ("factor", "target"),
        (
            _text("factor", "key of what moves several numbers together"),
            _text("target", "numbers with a range that it moves, as an edit names them: TABLE.COLUMN[filters]"),
            ColumnSchema(
                "loading",
                "number",
                "how closely they follow it: 1 entirely, 0 not at all, below 0 the other way; blank: 1",
                minimum=-1,
                maximum=1,
                blank=True,
                default=1.0,
            ),
            _SOURCE,
        ),
        "Which numbers are uncertain together; the solve does not see it. Others follow what the source says of a "
        "column.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "observed",
        ("quantity", "year", "item", "source"),
        (
            _text("quantity", "what was counted", choices=tuple(QUANTITIES)),
            _YEAR,
            _text("item", "of what: see the quantities below"),
            _observation("low", "low end of what the source holds possible", blank=True),
            _observation(
                "central", "what it says; blank: only a bound is known, exactly one of low and high", blank=True
            ),
            _observation("high", "high end", blank=True),
            _text("unit", "as the quantity has it"),
            _text(
                "kind", "under which it is summed up; blank: as the quantity has it", blank=True, choices=OBSERVED_KINDS
            ),
            ColumnSchema(
                "rule",
                "integer",
                "number of the rule by which it does not count as independent though its sources do not show it; "
                "blank: none",
                minimum=1,
                blank=True,
            ),
            _SOURCE,
        ),
        "What was published of years that are past, to compare with the answer; the solve does not see it.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "outlooks",
        ("quantity", "year", "item", "source"),
        (
            _text("quantity", "what was forecast", choices=tuple(QUANTITIES)),
            _YEAR,
            _text("item", "of what: as in observed.csv"),
            _observation("central", "what it says"),
            _text("unit", "as the quantity has it"),
            _SOURCE,
        ),
        "What was published of years before they began, a forecast beside the answer; the solve does not see it.",
        required=False,
        references=(_SOURCED,),
    ),
    TableSchema(
        "press",
        ("year", "stage", "source"),
        (_YEAR, _STAGE, _text("story", "what was said, in a line"), _SOURCE),
        "Which stage others named as the bottleneck of a year; the solve does not see it.",
        required=False,
        references=(_to("stages", "stage"), _SOURCED),
    ),
)

TABLE: Final = {table.name: table for table in TABLES}

SETTINGS: Final[tuple[ColumnSchema, ...]] = (
    _text("name", "short name of the case"),
    _text("title", "name for people"),
    _year("first_year", "first year that is decided"),
    _year("last_year", "last year that is decided"),
    _year("report_last_year", "last year that is reported; default: last_year", blank=True),
    ColumnSchema("discount_rate", "number", "real", "per year", minimum=0, maximum=10),
    ColumnSchema(
        "first_year_availability",
        "number",
        "share of its first year that a newly installed accelerator works",
        "share",
        minimum=0,
        maximum=1,
        blank=True,
        default=0.5,
    ),
    ColumnSchema(
        "build_lag_share",
        "number",
        "share of a year's build that reaches a site only in the following year",
        "share",
        minimum=0,
        maximum=1,
        blank=True,
        default=0.0,
    ),
    _years("foresight_years", "years that are seen ahead; absent: all", blank=True),
    _years("capital_write_off_years", "ranks the budget", blank=True, default=5),
    _year("currency_year", "the year whose dollars are used"),
    ColumnSchema(
        "data_date",
        "date",
        "when its data were last brought up to date; sources more than a year older are stale",
        blank=True,
    ),
    ColumnSchema(
        "curve_steps",
        "integer",
        "tiers in which a curve is served between its highest and its lowest price",
        minimum=2,
        maximum=1000,
        blank=True,
        default=40,
    ),
    ColumnSchema(
        "curve_top",
        "number",
        "highest price of a curve",
        "reference prices",
        minimum=1,
        maximum=1000,
        blank=True,
        default=4.0,
    ),
    ColumnSchema(
        "curve_bottom",
        "number",
        "lowest price of a curve",
        "reference prices",
        minimum=0.001,
        maximum=1,
        blank=True,
        default=0.4,
    ),
    ColumnSchema(
        "opening_cash_usd",
        "number",
        "cash at the start of the first year of the table cash",
        "USD",
        minimum=0,
        blank=True,
        default=0.0,
    ),
    ColumnSchema(
        f"{UNCERTAINTY}.range_means",
        "text",
        "what the ends of a range are where numbers are drawn: 10th and 90th percentiles, or the least and the most",
        choices=(P10_P90, MIN_MAX),
        blank=True,
        default=P10_P90,
    ),
)

SETTING: Final = {column.name: column for column in SETTINGS}
