"""The results, one row per column: name, type, unit, meaning, and the label that people read.

Writer, reader, `datapackage.json`, headers and units of workbooks and of the report, and `docs/results.md` are all made
from these tables. A new result column is one row here, beside the line that works it out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from supplychain.schema import OF_INPUT, OF_QUANTITY, OF_ROW, ColumnSchema, TableSchema

Kind: TypeAlias = Literal[
    "solve",
    "compare",
    "sensitivity",
    "uncertainty",
    "near-optimal",
    "backcast",
    "scenarios",
    "foresight",
    "seek",
    "serve",
    "capital",
]
"""The command that writes a folder of results."""

PER_PCT, PER_UNIT, PER_MTOK = "USD per %", "USD per unit", "USD per 10^6 tokens"
TTOK, H100E, H100E_YEARS = "10^12 tokens", "H100e", "H100e years"
LOGS = "ln"
OF_STAGE = "units of the stage"


def _text(name: str, label: str, meaning: str, *, blank: bool = False) -> ColumnSchema:
    return ColumnSchema(name, "text", meaning, blank=blank, label=label)


def _integer(name: str, label: str, meaning: str, unit: str = "", *, blank: bool = False) -> ColumnSchema:
    return ColumnSchema(name, "integer", meaning, unit, blank=blank, label=label)


def _boolean(name: str, label: str, meaning: str, *, blank: bool = False) -> ColumnSchema:
    return ColumnSchema(name, "boolean", meaning, blank=blank, label=label)


def _mixed(name: str, label: str, meaning: str, unit: str = "") -> ColumnSchema:
    """Return a column whose cells are numbers in some rows and names in others."""
    return ColumnSchema(name, "any", meaning, unit, blank=True, label=label)


def _number(  # noqa: PLR0913 - one argument per field of a column
    name: str, unit: str, label: str, meaning: str, *, blank: bool = False, infinite: bool = False
) -> ColumnSchema:
    return ColumnSchema(name, "number", meaning, unit, blank=blank, label=label, infinite=infinite)


def _decided(name: str, unit: str, label: str, meaning: str, *, blank: bool = False) -> ColumnSchema:
    """Return a column that says what was decided, and which may be locked in in another case."""
    return ColumnSchema(name, "number", meaning, unit, minimum=0, blank=blank, label=label)


def _added(column: ColumnSchema) -> ColumnSchema:
    """Return a column that answers of earlier versions lack."""
    return replace(column, added=True)


def _owners(name: str, unit: str, label: str, meaning: str) -> ColumnSchema:
    """Return a column that stands where a case has prices or cash; blank where its year has none."""
    return ColumnSchema(name, "number", meaning, unit, blank=True, label=label, where_needed=True)


def _table(
    name: str, key: str, columns: tuple[ColumnSchema, ...], meaning: str, *, required: bool = True
) -> TableSchema:
    return TableSchema(name, tuple(key.split()), columns, meaning, required=required)


_YEAR = _integer("year", "year", "calendar year")
_LEVEL = _text("level", "level", "`stage`, or `group` for the stages of a group together")
_STAGE = _text("stage", "stage", "key of the stage; `capital` is the budget")
_GROUP = _text("group", "group", "group of the stage")
_SUPPLIER = _text("supplier", "supplier", "key of the supplier")
_PLACE = _text("place", "place", "`global`, or a region")
_UNIT = _text("unit", "unit", "unit of the row's quantities")
_ACCELERATOR = _text("accelerator", "accelerator", "key of the accelerator")
_WORKLOAD = _text("workload", "workload", "key of the workload")
_OR_ALL = _text("workload", "workload", "key of the workload; `all` for all of them together")
_TIER = _text("tier", "tier", "tier of demand; those of a curve are `curve_00`, the dearest, and so on")
_ITEM = _text("item", "item", "a stage, or `other`, `opex`, `shortfall`, `opening fleet`")
_ANSWER = _text("answer", "answer", "name of the answer that is compared with the first")
_INPUT = _text("input", "input", "the numbers that move together, as an edit names them")
_EVIDENCE = _text("evidence", "evidence", "the weakest evidence of these numbers")
_STALE = _text(
    "stale",
    "stale sources",
    "keys of the sources more than a year older than `data_date` on which these numbers rest, oldest first",
    blank=True,
)
_END = _text("end", "end", "`low` or `high`: to which end of its range the input moves")
_LABEL = _text("label", "label", "what binds at central values")
_KEEPS = _integer("keeps", "kept by", "moves of one input to an end of its range that leave the label", "moves")
_MOVES = _integer("moves", "of", "how many moves were tried", "moves")
_OTHERS = _text("others", "else", "what the label becomes by other moves", blank=True)
_SAVED = _number(
    "gain_saving_usd_per_pct", PER_PCT, "by saving cost", "part of the gain that only saves cost", blank=True
)
_STATE = _text(
    "state",
    "state",
    "`sole`: relief serves more demand; `joint`: only with others; `saving`: it only saves cost; `tight`: less would "
    "cost; `slack`: neither. Of what binds also `lasting`: relief from the year on serves more in it, relief of the "
    "year alone does not; `blocked`: no set of up to four does either, all together do; `demand`: no stage binds",
)
_HOLDS = _number(
    "holds_to_pct",
    "%",
    "rate holds to",
    "up to how many per cent of relief the gain keeps its rate; infinite: any; blank: there is no gain",
    blank=True,
    infinite=True,
)
_HELPS = _text("helps", "serves more in", "years in which relief serves more, separated by spaces", blank=True)
_NATURE = _text("nature", "nature", "`physical`, `commercial`, or both: of the stages", blank=True)
_ANNUAL = _number(
    "annual_gain_usd_per_pct",
    PER_PCT,
    "1 % more, a year",
    "one year's part of the gain: by it stages are ranked; blank: the limit is 0",
    blank=True,
)
_GAIN = _number(
    "gain_usd_per_pct",
    PER_PCT,
    "1 % more, in all its years",
    "what relief by 1 % gains, in undiscounted USD of the year; blank: the limit is 0",
    blank=True,
)
_RESEARCH = _number(
    "gain_research_usd_per_pct", PER_PCT, "of that research", "part of the gain that serves more research", blank=True
)
_ORDERS = _number(
    "gain_orders_usd_per_pct",
    PER_PCT,
    "of that orders",
    "part of the gain that keeps more of what is promised",
    blank=True,
)
_SERVING = _number(
    "gain_serving_usd_per_pct",
    PER_PCT,
    "by serving more",
    "part of the gain that serves more: all but cost saved",
    blank=True,
)

_WORTH = (
    _integer("rank", "rank", "place by annual gain in the year"),
    _STATE,
    _NATURE,
    _ANNUAL,
    _GAIN,
    _number("loss_usd_per_pct", PER_PCT, "1 % less costs", "what 1 % less would cost", blank=True, infinite=True),
    _SERVING,
    _SAVED,
    _RESEARCH,
    _ORDERS,
    _number(
        "headroom_pct",
        "%",
        "headroom",
        "by how many per cent all its limits could fall together before anything costs more; blank: the limit is 0",
        blank=True,
    ),
    _number("used_share", "share", "used", "used over the limit, in all places; blank: the limit is 0", blank=True),
    _HELPS,
    _HOLDS,
    _text("next_stage", "then", "what binds when the rate ends", blank=True),
    _text("moves_with", "moves with", "others of the joint set, joined by ` + `", blank=True),
)

_SERVED_TOKENS = (
    _number("demand_ttok", TTOK, "asked for", "tokens asked for in the year"),
    _number("served_ttok", TTOK, "served", "tokens served"),
    _number("blocked_ttok", TTOK, "blocked", "not served, and would be if no stage were limited"),
    _number("uneconomic_ttok", TTOK, "uneconomic", "not served, and would not be if no stage were limited"),
    _added(
        _number(
            "priced_out_ttok", TTOK, "priced out", "charged more than they are worth to a tier, so that nobody buys"
        )
    ),
)

BINDING: Final = _table(
    "binding",
    "year level",
    (
        _YEAR,
        _LEVEL,
        _text("members", "binds", "the stage or group, several joined by ` + `; or `unresolved`, or `demand`"),
        _STATE,
        _NATURE,
        _ANNUAL,
        _GAIN,
        _SERVING,
        _SAVED,
        _ORDERS,
        _RESEARCH,
        _HELPS,
        _HOLDS,
        _text("next", "then", "what binds when the rate ends", blank=True),
    ),
    "The binding stage and the binding group of each year",
)
BOTTLENECKS: Final = _table(
    "bottlenecks",
    "year stage",
    (_YEAR, _STAGE, _GROUP, *_WORTH),
    "What one per cent more, and less, of each stage is worth",
)
BOTTLENECKS_BY_GROUP: Final = _table(
    "bottlenecks_by_group", "year group", (_YEAR, _GROUP, *_WORTH), "The same by group of stages"
)
STAGES: Final = _table(
    "stages",
    "year stage place",
    (
        _YEAR,
        _STAGE,
        _PLACE,
        _UNIT,
        _number("capacity", OF_ROW, "capacity", "what its suppliers have"),
        _number("expanded", OF_ROW, "expanded", "what orders have added and is in service"),
        _number("allocated", OF_ROW, "allocated", "what suppliers have as shares of other stages' limits"),
        _number("used", OF_ROW, "used", "what everything uses of it"),
        _number("used_share", "share", "used", "used over the limit; blank: the limit is 0", blank=True),
        _decided("stored", OF_ROW, "stored", "carried over to the next year; blank: it cannot be stored", blank=True),
        _number("gain_usd_per_unit", PER_UNIT, "1 unit more", "what one unit more at this place gains"),
        _number("loss_usd_per_unit", PER_UNIT, "1 unit less costs", "what one unit less would cost", infinite=True),
    ),
    "Limit, use and price of each stage by place",
)
SUPPLY: Final = _table(
    "supply",
    "year stage supplier place",
    (
        _YEAR,
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _decided("supplied", OF_ROW, "supplied", "what the supplier delivers"),
        _number("limit", OF_ROW, "limit", "what it could deliver"),
        _number("price_usd", PER_UNIT, "price", "flow: per unit; stock: per unit and year"),
        _number("spent_usd", "USD", "spent", "cash paid to it in the year"),
        _added(
            _number(
                "unused_usd",
                "USD",
                "owed and not used",
                "what it is paid beyond that because a contract owes it, in the last year of the term; blank: no term "
                "ends in the year",
                blank=True,
            )
        ),
    ),
    "What each supplier delivers, at what price",
)
SUPPLIER_PRICES: Final = _table(
    "supplier_prices",
    "year stage supplier place",
    (
        _integer("year", "year", "calendar year; blank: all years, in the rows of `indifference`", blank=True),
        _text("stage", "stage", "key of the stage"),
        _SUPPLIER,
        _PLACE,
        _number("price_usd", PER_UNIT, "price", "flow: per unit; stock: per unit and year", blank=True),
        _boolean("used", "used", "whether the plan takes any of it; without a year, in any that is reported"),
        _number(
            "enters_at_usd",
            PER_UNIT,
            "enters at",
            "of what is not used: the price of this year alone below which the first unit would be taken; 0 or less: "
            "at none; -infinite: what it needs is not there, or is locked in; blank: it is used",
            blank=True,
            infinite=True,
        ),
        _number(
            "leaves_at_usd",
            PER_UNIT,
            "leaves at",
            "of what is used: the price of this year alone above which the plan would take less; infinite: it is "
            "locked in, or nothing is feasible with less; blank: it is not used",
            blank=True,
            infinite=True,
        ),
        _number(
            "indifference",
            "multiple",
            "worth nothing at",
            "the least multiple of all its prices at which the plan costs as much as without it, when it supplies "
            "nothing in any year; below 1: it is not used at its prices; 0: not even at a millionth of them; infinite: "
            "at none up to a million, as where it has no price, or no plan is feasible without it; blank: in rows with "
            "a year",
            blank=True,
            infinite=True,
        ),
    ),
    "At which price each supplier would enter or leave the plan, budgets as they are; on request",
    required=False,
)
SERVICE: Final = _table(
    "service",
    "year workload tier",
    (
        _YEAR,
        _WORKLOAD,
        _TIER,
        *_SERVED_TOKENS,
        _number("value_usd_per_mtok", PER_MTOK, "value", "what the tier is worth"),
    ),
    "Tokens served, blocked (served were no stage limited) and uneconomic (not even then)",
)
SERVICE_BY_WORKLOAD: Final = _table(
    "service_by_workload",
    "year workload",
    (
        _YEAR,
        _WORKLOAD,
        *_SERVED_TOKENS,
        _number("value_usd", "USD", "value of what is served", "tokens served, at the value of their tiers"),
        _number(
            "last_value_usd_per_mtok",
            PER_MTOK,
            "value of the last token served",
            "the least value of a tier that is served; blank: none is",
            blank=True,
        ),
    ),
    "What each workload asks for, what of it is served, and what that is worth",
)
RESEARCH_SERVICE: Final = _table(
    "research_service",
    "year tier",
    (
        _YEAR,
        _TIER,
        _number("demand_h100e_years", H100E_YEARS, "asked for", "busy H100-equivalent years asked for"),
        _number("served_h100e_years", H100E_YEARS, "served", "research served"),
        _number("blocked_h100e_years", H100E_YEARS, "blocked", "not served, and would be if no stage were limited"),
        _number("uneconomic_h100e_years", H100E_YEARS, "uneconomic", "not served, and would not be even then"),
    ),
    "Research compute served, blocked and uneconomic",
)
BUILDS: Final = _table(
    "builds",
    "year accelerator",
    (
        _YEAR,
        _ACCELERATOR,
        _decided("built", "units", "built", "accelerators built in the year"),
        _number("installed", "units", "installed", "installed in the year, in all regions"),
        _number("warehouse", "units", "waiting", "waiting to be installed at the end of the year"),
    ),
    "Accelerators built, installed and waiting",
)
COMMITMENTS_KEPT: Final = _table(
    "commitments_kept",
    "year commitment",
    (
        _YEAR,
        _text("commitment", "commitment", "key of the commitment"),
        _UNIT,
        _decided("minimum", OF_ROW, "minimum", "what is to be delivered"),
        _number("delivered", OF_ROW, "delivered", "what counts for it"),
        _number("shortfall", OF_ROW, "short", "what falls short of the minimum"),
    ),
    "Deals: what is delivered and what is short",
)
INSTALLED_BASE: Final = _table(
    "installed_base",
    "year accelerator region",
    (
        _YEAR,
        _ACCELERATOR,
        _text("region", "region", "key of the region"),
        _number("owned", "units", "owned", "installed and within their life"),
        _number("operating", "units", "operating", "of these, what operates"),
        _number("h100e_owned", H100E, "owned", "owned in H100 equivalents"),
        _number("h100e_operating", H100E, "operating", "operating in H100 equivalents"),
    ),
    "Accelerators owned and operating by region",
)
ORDERS: Final = _table(
    "orders",
    "order_year online_year stage supplier place",
    (
        _integer("order_year", "order in", "year of the order"),
        _integer("online_year", "online in", "first year in service"),
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _decided("amount", OF_ROW, "ordered", "capacity ordered"),
        _number("capex_usd", "USD", "capex", "paid when ordered"),
    ),
    "Capacity that is ordered, and when it comes",
)
PURCHASES: Final = _table(
    "purchases",
    "order_year stage supplier place",
    (
        _integer("order_year", "order in", "year of the order"),
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _number("limit", OF_ROW, "of", "most that can be ordered"),
        _number("ordered", OF_ROW, "ordered", "what the plan orders"),
        _number("benefit_usd_per_unit", PER_UNIT, "+1 unit", "what one unit more than can be ordered would gain"),
        _number("benefit_loss_usd_per_unit", PER_UNIT, "-1 unit costs", "what one unit less would cost", infinite=True),
        _number("benefit_per_capex_usd", "USD per USD", "per USD", "gain over capex; blank: it costs none", blank=True),
        _integer(
            "last_useful_order_year",
            "pays up to",
            "last year in which an order of this supplier at this place pays; blank: none",
            blank=True,
        ),
    ),
    "Every option to order capacity, and what one unit more would be worth",
)
COST: Final = _table(
    "cost",
    "year item",
    (
        _YEAR,
        _ITEM,
        _number("serving_usd", "USD", "serving", "annuities and charges of the year for serving tokens"),
        _number("research_usd", "USD", "research", "the same for research"),
    ),
    "Cost of each year by item: annuities and charges",
)
CAPITAL: Final = _table(
    "capital",
    "year item",
    (_YEAR, _ITEM, _number("usd", "USD", "spent", "cash spent on components, systems and expansions in the year")),
    "Cash spent in each year by item",
)
TOKEN_COST: Final = _table(
    "token_cost",
    "year workload",
    (
        _YEAR,
        _OR_ALL,
        _number("average_usd_per_mtok", PER_MTOK, "average", "cost of serving over tokens served", blank=True),
        _number(
            "fully_loaded_usd_per_mtok",
            PER_MTOK,
            "with all cost",
            "all cost, research included, over tokens served",
            blank=True,
        ),
        _number("marginal_usd_per_mtok", PER_MTOK, "marginal", "what one million tokens more would cost", blank=True),
    ),
    "Cost per million tokens: average, with all cost on tokens, and of one more",
)
DECOMPOSITION: Final = _table(
    "decomposition",
    "year workload term",
    (
        _YEAR,
        _WORKLOAD,
        _text("term", "term", "who is paid in the end; the last is the residual"),
        _number("usd_per_mtok", PER_MTOK, "USD per million tokens", "part of the marginal cost"),
    ),
    "What the marginal cost is made of; the last term is the residual",
)
AVERAGE_COST: Final = _table(
    "average_cost",
    "year workload item",
    (
        _YEAR,
        _OR_ALL,
        _text("item", "item", "as in the table `cost`; the last is the residual"),
        _number("usd_per_mtok", PER_MTOK, "USD per million tokens", "part of the average cost"),
    ),
    "What the average cost is made of",
)
_OF_OWNER = (
    _owners("revenue_usd", "USD", "revenue", "what users are charged, of the workloads that have a price"),
    _owners("kept_usd", "USD", "kept of it", "revenue less the fees of platforms"),
    _owners("users_surplus_usd", "USD", "left to users", "what those tokens are worth to users, less revenue"),
    _owners(
        "gross_margin_of_revenue",
        "share",
        "gross margin, of revenue",
        "1 less the cost of serving those workloads over revenue; what is owed and not used is not in it",
    ),
    _owners("gross_margin_of_kept", "share", "gross margin, of what is kept", "the same over what is kept"),
    _owners("unused_usd", "USD", "owed and not used", "paid for what contracts owe beyond use, of terms that end"),
    _owners("fixed_cost_usd", "USD", "fixed cost", "as the table cash has it"),
    _owners("operating_usd", "USD", "operating result", "what is kept, less all of the table cost and fixed cost"),
    _owners("compute_share_of_cost", "share", "compute, of all cost", "the table cost over itself and fixed cost"),
    _owners("capital_per_revenue", "USD per USD", "capital, per dollar of revenue", "capital over revenue"),
    _owners("raised_usd", "USD", "raised", "as the table cash has it"),
    _owners("gap_usd", "USD", "missing", "money that nobody has promised, without which the year cannot be paid"),
    _owners("cash_usd", "USD", "cash at the end of the year", "what is left, carried into the next year"),
    _owners(
        "gain_usd_per_usd", "USD per USD", "worth of a dollar raised", "what a dollar more raised in the year gains"
    ),
)

_COMPARED_BOOKS = (
    *("revenue_usd", "kept_usd", "gross_margin_of_revenue", "operating_usd"),
    *("cash_usd", "gap_usd", "unused_usd"),
)
"""What of them is measured in each draw."""

ECONOMICS: Final = _table(
    "economics",
    "year",
    (
        _YEAR,
        _number("token_value_usd", "USD", "value of tokens", "tokens served at the value of their tiers"),
        _number("serving_cost_usd", "USD", "cost of serving", "annuities and charges for serving"),
        _number("research_cost_usd", "USD", "cost of research", "annuities and charges for research"),
        _number(
            "gross_margin",
            "share",
            "gross margin, of what tokens are worth to users",
            "what tokens are worth to users less cost of serving, over what they are worth",
            blank=True,
        ),
        _number("capital_usd", "USD", "capital", "cash spent on components, systems and expansions"),
        _number(
            "capital_per_token_value",
            "USD per USD",
            "capital, per dollar that tokens are worth to users",
            "capital over what tokens are worth to users",
            blank=True,
        ),
        _number(
            "memory_share_of_hardware",
            "share",
            "memory, of hardware",
            "memory's part of the cash for hardware",
            blank=True,
        ),
        *_OF_OWNER,
    ),
    "Value of tokens, cost, margin and capital of each year; of a case with prices or cash, the books of its owner",
)
REQUIREMENTS: Final = _table(
    "requirements",
    "year stage",
    (
        _YEAR,
        _STAGE,
        _UNIT,
        _number("available", OF_ROW, "available", "the limit of all its suppliers"),
        _number(
            "required", OF_ROW, "required", "what it would supply with no limit on stages, builds, ramps and budget"
        ),
        _number(
            "ratio",
            "required per available",
            "required / available",
            "required over available; blank: there is none",
            blank=True,
        ),
    ),
    "What each stage would have to supply if nothing were limited",
)

REGRET: Final = _table(
    "regret",
    "year",
    (
        _YEAR,
        _number("planned_usd", "USD", "as planned", "cost of the year as it was planned", blank=True),
        _number("signed_usd", "USD", "signed", "cost of the year with what was signed locked in"),
        _number("known_usd", "USD", "had it been known", "cost of the year if it had been known from the start"),
        _number("extra_usd", "USD", "extra", "signed less planned", blank=True),
        _number("regret_usd", "USD", "regret", "signed less known"),
        _owners("signed_gap_usd", "USD", "missing, signed", "cash that nobody has promised, with what was signed"),
        _owners("known_gap_usd", "USD", "missing, had it been known", "the same, had it been known from the start"),
    ),
    "Cost of each year as planned, with what was signed locked in, and had it been known",
    required=False,
)
STRANDED: Final = _table(
    "stranded",
    "year stage what",
    (
        _YEAR,
        _text("stage", "stage", "key of the stage; `other` for accelerators beyond their components"),
        _text("what", "what", "`expansion`, `accelerators`, `store`, or `owed`: what contracts owe and nobody uses"),
        _UNIT,
        _number("stranded", OF_ROW, "idle", "what was paid for and idles, with what was signed locked in"),
        _number("stranded_usd", "USD", "idle", "what was paid for it"),
        _number("known", OF_ROW, "idle, had it been known", "the same, had it been known"),
        _number("known_usd", "USD", "idle, had it been known", "what was paid for it"),
    ),
    "What was paid for and idles, with what was signed locked in, and had it been known",
    required=False,
)
_CHANGED = (
    _text("edit", "edit", "the edit, or the addition or removal of rows"),
    _text("group", "group", "group of changes", blank=True),
    _text("what", "what", "`changed`, `added`, `removed`, or `filled`: the year had no row before"),
    _text("table", "table", "table of inputs"),
    _text("key", "key", "key of its row beside the year", blank=True),
    _integer("year", "year", "year of its row; blank: rows have none", blank=True),
    _text("column", "column", "column of the cell"),
    _mixed("old", "old", "what stood there; blank: nothing", OF_INPUT),
    _mixed("new", "new", "what stands there now; blank: nothing", OF_INPUT),
)
CHANGES: Final = _table(
    "changes",
    "",
    _CHANGED,
    "Every cell that the what-if changed, old and new",
    required=False,
)

TOTALS: Final = ("net_benefit_usd", "value_usd", "cost_usd")
"""What is compared over the whole horizon: facts of an answer's summary."""

COMPARED_QUANTITIES: Final = {
    **dict.fromkeys(TOTALS, "USD"),
    "token_value_usd": "USD",
    "served_ttok": TTOK,
    "served_h100e_years": H100E_YEARS,
    "cost_usd": "USD",
    "average_usd_per_mtok": PER_MTOK,
    "marginal_usd_per_mtok": PER_MTOK,
    "capital_usd": "USD",
    "h100e_operating": H100E,
    "built": "units",
    **dict.fromkeys(("revenue_usd", "kept_usd", "operating_usd", "cash_usd", "gap_usd", "unused_usd"), "USD"),
    "gross_margin_of_revenue": "share",
    "supplied": OF_STAGE,
}
"""What is compared of answers, and its unit."""

DRAWN_QUANTITIES: Final = {
    **dict.fromkeys(("net_benefit", "value", "cost"), "USD"),
    "tokens_served": TTOK,
    "research_done": H100E_YEARS,
    "cost_per_mtok": PER_MTOK,
    "cash_spent": "USD",
    **dict.fromkeys(("revenue", "kept", "operating_result", "cash_left", "gap", "owed_unused"), "USD"),
    "gross_margin_of_revenue": "share",
    "supplied": OF_STAGE,
}
"""What is compared of answers draw by draw, and its unit."""

_TOTAL = _text("quantity", "quantity", "named as in an answer's `summary.json`")
_QUANTITY = _text("quantity", "quantity", "what is compared, named as in an answer's tables")
_REFERENCE = _number("reference", OF_QUANTITY, "reference", "in the first answer", blank=True)
_OF_CASE = _number("reference", OF_QUANTITY, "the case", "in the case itself")
_THEN = _number("value", OF_QUANTITY, "then", "in this answer", blank=True)
_CHANGE = _number("change", OF_QUANTITY, "change", "value less reference", blank=True)

COMPARED_TOTALS: Final = _table(
    "totals",
    "answer quantity",
    (_ANSWER, _TOTAL, _REFERENCE, _THEN, _CHANGE),
    "Net benefit, value served and total cost over the horizon, discounted: each answer beside the reference",
)
COMPARED_RESULTS: Final = _table(
    "results",
    "answer year quantity item",
    (
        _ANSWER,
        _YEAR,
        _QUANTITY,
        _text("item", "item", "`all`, a workload or an accelerator"),
        _REFERENCE,
        _THEN,
        _CHANGE,
    ),
    "What is served, built and spent, and what it costs: each answer beside the reference",
)
COMPARED_LABELS: Final = _table(
    "labels",
    "answer year level",
    (
        _ANSWER,
        _YEAR,
        _LEVEL,
        _text("reference", "reference", "what binds in the first answer"),
        _text("label", "then", "what binds in this answer", blank=True),
        _boolean("same", "same", "whether both are the same"),
    ),
    "What binds in each year: each answer beside the reference",
)
ATTRIBUTION: Final = _table(
    "attribution",
    "answer group what year",
    (
        _ANSWER,
        _text("group", "group of changes", "group of changes"),
        _text(
            "what",
            "adds to",
            "`net_benefit_usd`, `objective_usd` (both discounted, over the horizon) or `cost_usd` (of a year)",
        ),
        _integer("year", "year", "blank over the horizon", blank=True),
        _number("usd", "USD", "adds", "what the group of changes adds"),
    ),
    "What each group of changes adds to net benefit and to all cost, discounted, and to the cost of each year",
)
COMPARED_CHANGES: Final = _table(
    "changes",
    "",
    (_ANSWER, *_CHANGED),
    "Every cell that was changed for an answer, old and new",
)
COMPARED_INPUTS: Final = _table(
    "inputs",
    "answer table key year column",
    (
        _ANSWER,
        _text("table", "table", "table of inputs, or `case.toml`"),
        _text("key", "key", "key of its row beside the year", blank=True),
        _integer("year", "year", "year of its row; blank: rows have none", blank=True),
        _text("column", "column", "column; blank: only that the table differs is known", blank=True),
        _mixed("reference", "reference", "in the first answer; of a table its SHA-256", OF_INPUT),
        _mixed("value", "then", "in this answer", OF_INPUT),
    ),
    "Every input that differs from the reference; of answers without their case, tables by SHA-256",
)

_TORNADO = (
    _INPUT,
    _EVIDENCE,
    _number(
        "objective_usd_low", "USD", "all cost, low end", "change of all cost, discounted, at the low end", blank=True
    ),
    _number("objective_usd_high", "USD", "high end", "the same at the high end", blank=True),
    _number("cost_usd_per_mtok_low", PER_MTOK, "cost of tokens, low end", "change of the average cost", blank=True),
    _number("cost_usd_per_mtok_high", PER_MTOK, "high end", "the same at the high end", blank=True),
    _number("served_ttok_low", TTOK, "tokens served, low end", "change of tokens served", blank=True),
    _number("served_ttok_high", TTOK, "high end", "the same at the high end", blank=True),
    _integer("labels_changed", "labels changed", "labels of stages that change at either end", "labels"),
    _STALE,
)
_FLIP = (
    _YEAR,
    _LEVEL,
    _INPUT,
    _END,
    _text("becomes", "becomes", "what binds there"),
)
TORNADO: Final = _table(
    "tornado",
    "input",
    _TORNADO,
    "What one input at each end of its range does to cost and service; how many labels it changes",
)
KEPT_LABELS: Final = _table(
    "labels",
    "year level",
    (_YEAR, _LEVEL, _LABEL, _KEEPS, _MOVES, _OTHERS),
    "How many moves of inputs to the ends of their ranges keep each label, and what it becomes",
)
SENSITIVITY_FLIPS: Final = _table(
    "flips", "year level input end", (*_FLIP, _EVIDENCE, _STALE), "Every end of a range that changes a label"
)
WEAK: Final = _table("weak", "input", _TORNADO, "Inputs with weak evidence that change the label of a stage")

COMPARISONS: Final = _table(
    "comparisons",
    "quantity year item source",
    (
        _text("quantity", "quantity", "what was counted"),
        _YEAR,
        _text("item", "item", "of what"),
        _UNIT,
        _number("model", OF_ROW, "model", "what the model says", blank=True),
        _number("low", OF_ROW, "low", "low end of what the source holds possible; blank: no such bound", blank=True),
        _number("central", OF_ROW, "published", "what the source says; blank: only a bound is known", blank=True),
        _number("high", OF_ROW, "high", "high end; blank: no such bound", blank=True),
        _number(
            "error", "share", "error", "model over published, less 1; blank: published is 0 or a bound", blank=True
        ),
        _boolean("inside", "inside", "whether the model is inside the published range"),
        _boolean(
            "independent",
            "independent",
            "whether it counts in scores: no source of an input is a source of it, its row names no rule, and it is "
            "not the use of a stage of which 99 % or more of the limit is used in this solve",
        ),
        _text("shares", "shares", "sources that inputs share with it", blank=True),
        _added(
            _text(
                "not_counted",
                "not counted for",
                "why it is not independent: the sources that it shares with inputs, the rule of its row, or the stage "
                "whose limit it returns (rule 12)",
                blank=True,
            )
        ),
        _added(_text("kind", "kind", "under which it is summed up", blank=True)),
        _added(
            _number(
                "log_error",
                LOGS,
                "log error",
                "ln(model / published), at most ln 10 either way; of a model of 0, or with no value, -ln 10; blank: a "
                "bound",
                blank=True,
            )
        ),
        _added(
            _number(
                "interval_score",
                LOGS,
                "interval score",
                "in logs, of a range that holds 80 %: its width, and ten times how far the model is outside, which is "
                "at most ln 10; of a bound the second alone",
                blank=True,
            )
        ),
        _text("source", "source", "key of the source"),
        _text("cause", "nearest by moving", "of a miss, the input that brings the model nearest", blank=True),
        _text("cause_end", "to its end", "to which end of its range", blank=True),
        _number("cause_value", OF_ROW, "then", "what the model says there", blank=True),
        _boolean("cause_inside", "inside then", "whether that is inside the published range", blank=True),
    ),
    "The model beside what was observed; of a miss, the input that brings it nearest",
)
_KIND = _text("kind", "kind", "kind of the observations; `all`: the mean of the kinds, which weigh alike")
_ERROR = "the median of |ln(model / published)|; 0.10 is off by a tenth"
_OF_SCORES = (
    _integer("rows", "rows", "independent comparisons", "comparisons"),
    _number("median_abs_log_error", LOGS, "error", f"{_ERROR}; bounds are left out; blank: there are none", blank=True),
    _number("interval_score", LOGS, "interval score", "mean of the interval scores, bounds among them", blank=True),
    _integer("inside", "inside", "of these, how many are inside their range", "comparisons"),
    _number("inside_share", "share", "share inside", "the same, of all rows", blank=True),
)

SCORES: Final = _table(
    "scores",
    "kind",
    (_KIND, *_OF_SCORES),
    "How far the model is from independent observations, by kind",
    required=False,
)
SKILL: Final = _table(
    "skill",
    "forecast kind",
    (
        _text(
            "forecast",
            "forecast",
            "`growth_continued`: last year's growth goes on; `minimum_of_four`: the least that packaging, memory, "
            "sites and power allow; `houses`: the median of `outlooks.csv`",
        ),
        _KIND,
        _integer("rows", "rows", "independent comparisons that it can make", "comparisons"),
        _number("model_error", LOGS, "error of the model", f"on these rows: {_ERROR}"),
        _number("forecast_error", LOGS, "error of the forecast", "on the same rows"),
        _number(
            "skill",
            "share",
            "skill",
            "1 less error of the model over that of the forecast; blank: that is 0",
            blank=True,
        ),
    ),
    "The model beside simple forecasts, each on the independent comparisons that it can make",
    required=False,
)
FORECASTS: Final = _table(
    "forecasts",
    "quantity year item forecast",
    (
        _text("quantity", "quantity", "what is forecast"),
        _YEAR,
        _text("item", "item", "of what"),
        _text("forecast", "forecast", "whose it is, as in the table `skill`"),
        _UNIT,
        _number("value", OF_ROW, "forecast", "what it says"),
    ),
    "What simple forecasts say of what was observed",
    required=False,
)
_FORESIGHT = _text(
    "foresight", "foresight", "years that are seen when a year is decided, its own included; or `perfect`"
)

BY_FORESIGHT: Final = _table(
    "by_foresight",
    "foresight",
    (_FORESIGHT, _boolean("tested", "tested", "whether it is the case's own"), *_OF_SCORES),
    "Scores of the case under other foresight; the error and the interval score are the mean of the kinds",
    required=False,
)
LABELS_BY_FORESIGHT: Final = _table(
    "labels_by_foresight",
    "year level foresight",
    (_YEAR, _LEVEL, _FORESIGHT, _text("label", "binds", "what binds then")),
    "What binds in the case under other foresight",
    required=False,
)
PAST_LABELS: Final = _table(
    "labels",
    "year level",
    (
        _YEAR,
        _LEVEL,
        _text("label", "model", "what binds in the model"),
        _text("said", "what the data allow to say", "of stages: what the ranges of inputs leave", blank=True),
        _KEEPS,
        _MOVES,
        _OTHERS,
        _text("becomes", "becomes first", "what the label becomes by the smallest move that changes it", blank=True),
        _text("input", "by moving", "the input that moves", blank=True),
        _text("end", "to its end", "to which end of its range", blank=True),
        _number("by", "share", "of the way", "how far on the way to that end", blank=True),
        _text("press", "press", "what the press named", blank=True),
        _boolean("agrees", "agree", "whether the model and the press name the same"),
    ),
    "What binds in each past year, what the data allow to say, and what was reported",
)
PAST_FLIPS: Final = _table("flips", "year level input end", _FLIP, "Every end of a range that changes a label")

_OBSERVED = (
    _text("quantity", "quantity", "what was counted"),
    _YEAR,
    _text("item", "item", "of what"),
    _text("source", "source", "key of the source of the published number"),
)
_LIMIT = _text(
    "limit",
    "limit",
    "`capacity` of a supplier; `share`: a capacity that is an allocation of others; `ramp`, `build limit`, "
    "`order limit`, `budget`, `demand`, `research`",
)
_LIMITED = (
    _text("of", "of", "of what: an item that was counted; the stage, accelerator or workload of a limit", blank=True),
    _text("supplier", "supplier", "key of the supplier whose limit it is", blank=True),
    _text("place", "place", "`global`, or a region", blank=True),
)

ATTAINABILITY: Final = _table(
    "attainability",
    "quantity year item source",
    (
        *_OBSERVED,
        _UNIT,
        _text(
            "attainable",
            "some plan meets it",
            "`yes` or `no`: whether any plan inside the limits of the case, with all years known, is inside the "
            "published range; `not asked`: the quantity is not linear, or has no meaning in the plan chosen",
        ),
        _number(
            "costs_usd",
            "USD",
            "costs",
            "what the cheapest plan that meets it costs more than the cheapest plan, both with all years known; "
            "discounted, over the horizon, what is left unserved included",
            blank=True,
        ),
        _number(
            "more_than_plan_usd",
            "USD",
            "more than the plan",
            "the same, more than the plan chosen: below 0 where limited foresight cost that plan more",
            blank=True,
        ),
        _number("nearest", OF_ROW, "nearest", "of one that no plan meets, what comes nearest to the range", blank=True),
        _text(
            "forbidden_by",
            "forbidden by",
            "the limits that hold the nearest plan back, as the table `forbidden_by` has them; blank: none does, what "
            "the case starts with and its arithmetic allow no more",
            blank=True,
        ),
    ),
    "Of every miss whether some plan could meet it, and what that would cost",
    required=False,
)
FORBIDDEN_BY: Final = _table(
    "forbidden_by",
    "quantity year item source rank",
    (
        *_OBSERVED,
        _integer("rank", "rank", "limits of which alone more is enough first, the least more first"),
        _LIMIT,
        *_LIMITED,
        _integer("limit_year", "limit's year", "calendar year of the limit", "year"),
        _UNIT,
        _number("value", OF_ROW, "is", "the limit's number in the case: of capacity without what is ordered"),
        _number(
            "needed",
            OF_ROW,
            "must be",
            "what it must be at least if it alone moves; infinite: it alone is never enough, or the quantity is a "
            "ratio, of which this is not asked",
            infinite=True,
        ),
        _number(
            "closes_pct",
            "%",
            "1 % more closes",
            "how many per cent of the way to the range 1 % more of it goes, at the rate of its price",
        ),
    ),
    "What forbids each miss that no plan meets: the limits with a price in the nearest plan",
    required=False,
)
CONFLICTS: Final = _table(
    "conflicts",
    "conflict member",
    (
        _integer("conflict", "set", "which set; what gave way in one is not in later ones", "number"),
        _integer("member", "member", "published numbers first, then limits", "number"),
        _text("name", "what", "the quantity that was counted; or the kind of the limit, as in `forbidden_by`"),
        *_LIMITED,
        _YEAR,
        _text("side", "side", "`at least` or `at most`"),
        _number("value", OF_ROW, "value", "the end of the published range, or the limit"),
        _UNIT,
        _text("source", "source", "key of the source of a published number; blank: a limit", blank=True),
        _boolean("gives_way", "gives way", "whether this number is left out from here on, so that others can be met"),
    ),
    "Published numbers and limits that no plan keeps together, and without any one of which one does",
    required=False,
)

_SCENARIO = _text("scenario", "scenario", "name of the scenario")

SCENARIO_TOTALS: Final = _table(
    "totals",
    "scenario quantity",
    (
        _SCENARIO,
        _TOTAL,
        _OF_CASE,
        _number("value", OF_QUANTITY, "then", "in the scenario"),
        _number("change", OF_QUANTITY, "change", "value less reference"),
    ),
    "Net benefit, value served and total cost over the horizon, discounted: each scenario beside the case",
)
SCENARIO_SERVICE: Final = _table(
    "service",
    "scenario year quantity item",
    (
        _SCENARIO,
        _YEAR,
        _QUANTITY,
        _text("item", "item", "a workload; `all` for research"),
        _OF_CASE,
        _number("value", OF_QUANTITY, "then", "in the scenario"),
        _number("change", OF_QUANTITY, "change", "value less reference"),
    ),
    "Tokens served by workload, and research done: each scenario beside the case",
)
EFFECTS: Final = _table(
    "effects",
    "scenario year",
    (
        _SCENARIO,
        _text("title", "title", "what it is called"),
        _YEAR,
        _text("stage", "binds", "the stage that binds"),
        _text("group", "group", "the group that binds"),
        _boolean("changed", "changed", "whether either is another than in the case"),
        _number("served_pct", "%", "tokens", "change of tokens served against the case", blank=True),
        _number("cost_pct", "%", "cost", "change of the average cost per token", blank=True),
        _number("objective_usd", "USD", "all cost", "change of all cost, discounted"),
    ),
    "What each scenario does in each year, beside the case",
)
FACTORS: Final = _table(
    "factors",
    "scenario",
    (
        _SCENARIO,
        _number(
            "factor",
            "",
            "factor",
            "by how much its numbers must move, 1 as they are, before anything changes; infinite: not up to 16 times",
            infinite=True,
        ),
        _text("what", "then", "what changes there", blank=True),
    ),
    "How large each scenario must be before a label changes or cost moves by 1 %",
)

_FORESIGHT = _text(
    "foresight", "foresight", "years that are seen when a year is decided, its own included; or `perfect`"
)

FORESIGHT_TOTALS: Final = _table(
    "totals",
    "foresight",
    (
        _FORESIGHT,
        _boolean("own", "the case's own", "whether the case is solved with it"),
        _number("net_benefit_usd", "USD", "net benefit", "value less cost, discounted, over the horizon"),
        _number("value_usd", "USD", "value served", "of tokens and research, discounted, over the horizon"),
        _number("cost_usd", "USD", "total cost", "what is paid for, discounted, over the horizon"),
    ),
    "Net benefit, value served and total cost over the horizon with each foresight, the farthest first",
)
FORESIGHT_LABELS: Final = _table(
    "labels",
    "foresight year level",
    (
        _FORESIGHT,
        _YEAR,
        _LEVEL,
        _text("members", "binds", "the stage or group, several joined by ` + `; or `unresolved`, or `demand`"),
        _STATE,
        _ANNUAL,
        _boolean("same", "same", "whether the same binds with the case's own foresight"),
    ),
    "The binding stage and the binding group of each year with each foresight",
)
FORESIGHT_SERVICE: Final = _table(
    "service",
    "foresight year",
    (
        _FORESIGHT,
        _YEAR,
        _number("served_ttok", TTOK, "tokens served", "tokens served in the year"),
        _number("served_h100e_years", H100E_YEARS, "research done", "research served in the year"),
    ),
    "Tokens and research served in each year with each foresight",
)

_MOVE = (
    _text(
        "move",
        "move",
        "the numbers that move, as an edit names them; several targets are joined by ` + ` and move by the same share",
    ),
    _text("direction", "direction", "`up` or `down`; of several targets one for each, joined by ` + `"),
)
_SHARE_OR_STEPS = "`%` of what the numbers are, or `years` for whole numbers"

SEEK_MOVES: Final = _table(
    "moves",
    "move direction",
    (
        *_MOVE,
        _text("outcome", "outcome", "`already`: the case meets all conditions; `found`; `never`: not in the range"),
        _number("by", OF_ROW, "by", "the least move after which all conditions hold; blank: there is none", blank=True),
        _text("unit", "unit", f"unit of moves: {_SHARE_OR_STEPS}"),
        _boolean("nearest", "nearest", "whether it is the least of all moves with this unit"),
        _text(
            "end",
            "known by",
            "`met`: an amount meets exactly what is required there; `narrowed`: narrowed down between two moves; "
            "`step`: of whole steps, all tried; `no answer`: nearer there is none; `case`: the case itself; "
            "blank: there is no such move",
            blank=True,
        ),
        _number("fails_at", OF_ROW, "fails at", "the nearest smaller move at which they were seen to fail", blank=True),
        _number("searched_to", OF_ROW, "searched to", "the largest move that was tried"),
        _text("stopped_by", "stopped by", "why larger moves are not possible; blank: the range ends", blank=True),
        _text(
            "passed_over",
            "passed over",
            "what nearer or narrower stretches may be missed: `none`, by the shape of the amount or as all steps were "
            "tried; `none up to walked_to`: prices were followed, and what binds read at both ends of each piece; "
            "`between points` of the scan",
        ),
        _number("walked_to", OF_ROW, "walked to", "up to where prices were followed piece by piece", blank=True),
        _integer("points", "points", "moves that were solved", "moves"),
        _integer("unanswered", "no answer", "of these, those without a plan, at which no condition holds", "moves"),
        _text("binds", "binds there", "the stage that binds in each year there: `2027: hbm, 2028: power`", blank=True),
    ),
    "The least move in each direction after which all conditions hold: of each target alone, and of several together",
)
STRETCHES: Final = _table(
    "stretches",
    "move direction stretch",
    (
        *_MOVE,
        _integer("stretch", "stretch", "number of the stretch, the nearest first"),
        _number("from", OF_ROW, "from", "the least move of the stretch"),
        _number("to", OF_ROW, "to", "its largest move"),
        _text("unit", "unit", f"unit of moves: {_SHARE_OR_STEPS}"),
        _text("from_end", "from, known by", "how its beginning is known, as in `moves`"),
        _text("to_end", "to, known by", "how its end is known; `range`: it is the largest move that was tried"),
        _number(
            "fails_before", OF_ROW, "fails before", "the nearest move before it at which conditions fail", blank=True
        ),
        _number(
            "fails_after", OF_ROW, "fails after", "the nearest move behind it at which conditions fail", blank=True
        ),
    ),
    "All stretches on which all conditions hold",
)
SEEK_CONDITIONS: Final = _table(
    "conditions",
    "move direction condition",
    (
        *_MOVE,
        _text("condition", "condition", "the condition, as it was read"),
        _number(
            "required", OF_ROW, "required", "the level that its amount comes to; blank: it is of what binds", blank=True
        ),
        _text("unit", "unit", "unit of the amount", blank=True),
        _mixed("in_case", "in the case", "what the case has: an amount, or what binds"),
        _mixed("there", "there", "what the plan after the least move has; blank: there is no such move"),
    ),
    "What is required, what the case has, and what it has after the least move in each direction",
)
MOVED_NUMBERS: Final = _table(
    "numbers",
    "move direction target",
    (
        *_MOVE,
        _text("target", "target", "the numbers of one table and column that move"),
        _text("unit", "unit", "their unit", blank=True),
        _integer("cells", "cells", "how many there are", "cells"),
        _number("least_in_case", OF_ROW, "least in the case", "the least of them in the case"),
        _number("most_in_case", OF_ROW, "most in the case", "the most of them in the case"),
        _number("least_there", OF_ROW, "least there", "the least of them after the least move", blank=True),
        _number("most_there", OF_ROW, "most there", "the most of them after the least move", blank=True),
    ),
    "The numbers that move, in the case and after the least move in each direction",
)
REQUIREMENTS_MET: Final = _table(
    "requirements_met",
    "year workload",
    (
        _YEAR,
        _OR_ALL,
        _number("before_ttok", TTOK, "served by the case", "tokens that the plan of the case serves"),
        _number("required_ttok", TTOK, "required", "tokens that have to be served"),
        _number(
            "served_ttok", TTOK, "served", "tokens served with the reliefs, and with the repair where there is one"
        ),
        _number(
            "at_most_ttok",
            TTOK,
            "at most",
            "where requirements clash: the most that any plan serves with reliefs, this requirement alone; else blank",
            blank=True,
        ),
        _number(
            "marginal_usd_per_mtok",
            PER_MTOK,
            "one more costs",
            "what a million tokens more would cost, undiscounted; infinite: not without more reliefs; blank: "
            "requirements clash",
            blank=True,
            infinite=True,
        ),
    ),
    "What has to be served, and what is",
)
RELIEFS: Final = _table(
    "reliefs",
    "year stage supplier place",
    (
        _YEAR,
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _number("amount", OF_ROW, "more", "what is added to the limit of the supplier in the year"),
        _number("anyway", OF_ROW, "of that anyway", "what of it lowers spending by itself, with nothing required"),
        _number("usd", "USD", "cash", "what it costs in cash; the supply itself is paid for besides"),
        _text(
            "priced_by",
            "priced by",
            "the supplier whose option to expand it is priced like, or how many times the dearest price of the stage",
        ),
        _text(
            "needed_by",
            "needed by",
            "who uses the stage there and then, the largest first, joined by ` + `: accelerators, or suppliers of "
            "other stages as `stage/supplier`",
            blank=True,
        ),
    ),
    "The cheapest set of reliefs: capacity beyond what the case has or may order",
)
HELD_BACK_BY: Final = _table(
    "held_back_by",
    "year limit of supplier place",
    (
        _YEAR,
        _text(
            "limit",
            "limit",
            "`demand`, `ramp`, `build limit`, `budget`, `capacity`, `share`, `order limit`; `production`: no "
            "accelerator that serves more is made in time; `service`, `orders`: what is served, or promised, already "
            "and stays",
        ),
        _text("of", "of", "a workload, `all` or blank, an accelerator, a stage or a commitment", blank=True),
        _text("supplier", "supplier", "key of the supplier; of stages", blank=True),
        _text("place", "place", "`global`, or a region; of stages", blank=True),
        _UNIT,
        _number("value", OF_ROW, "is", "what the limit is; of production what is served at most"),
        _number(
            "saves_usd_per_pct",
            PER_PCT,
            "1 % more saves",
            "what one per cent more of it would save, in undiscounted USD of the year; blank: requirements clash; no "
            "plan keeps all of these limits, and any fewer of them leave one",
            blank=True,
        ),
    ),
    "What makes it dear: limits of which more would save; or, where requirements clash, what stands in the way",
)
REPAIR: Final = _table(
    "repair",
    "year what item supplier place",
    (
        _YEAR,
        _text(
            "what",
            "what gives way",
            "`tokens short` of what is required, `budget` exceeded, more of a `ramp` or `build limit`, or of a `stage` "
            "that no relief lifts",
        ),
        _text("item", "of", "a workload or `all`, an accelerator, a stage; blank: the budget", blank=True),
        _text("supplier", "supplier", "key of the supplier; of stages", blank=True),
        _text("place", "place", "`global`, or a region; of stages", blank=True),
        _UNIT,
        _number("amount", OF_ROW, "by", "by how much it gives way"),
        _number(
            "usd",
            "USD",
            "priced at",
            "tokens at the value of the last that the case serves, builds at the cost of a system, stages at their "
            "dearest price, capital as it is; undiscounted",
        ),
    ),
    "Where requirements clash: the cheapest way out; empty where they do not",
)
CAPITAL_YEARS: Final = _table(
    "capital_years",
    "year",
    (
        _YEAR,
        _number("capital_usd", "USD", "capital", "limit on cash; blank: there is none", blank=True),
        _number("spent_usd", "USD", "spent", "cash spent on components, systems and expansions"),
        _number(
            "gain_per_usd",
            "objective per USD",
            "one dollar more",
            "what a dollar more adds to the objective: USD "
            "of the year, 10^12 tokens or H100e years; blank: there is no limit",
            blank=True,
        ),
        _number(
            "loss_per_usd",
            "objective per USD",
            "one dollar less",
            "what a dollar less takes from it; infinite: no plan is left; blank: there is no limit",
            blank=True,
            infinite=True,
        ),
        _owners("gap_usd", "USD", "missing", "cash that nobody has promised, without which the year cannot be paid"),
    ),
    "The limit on capital of each year, what is spent, and the worth of a dollar more",
)
CAPITAL_SERVICE: Final = _table(
    "capital_service",
    "year workload",
    (
        _YEAR,
        _text("workload", "workload", "key of the workload; `research` for research"),
        _number("served", OF_ROW, "served", "tokens served, or research done"),
        _UNIT,
        _number("value_usd", "USD", "value", "what that is worth, at the value of its tiers, undiscounted"),
    ),
    "What is served within the capital",
)
CAPITAL_LIMITS: Final = _table(
    "capital_limits",
    "year stage",
    (
        _YEAR,
        _text("stage", "binds", "key of the stage, several joined by ` + `; `capital` is the budget; or `demand`"),
        _number(
            "gain_per_pct",
            "objective per %",
            "1 % more",
            "what one per cent more adds to the objective in all its "
            "years: undiscounted USD of the year, 10^12 tokens or H100e years",
        ),
    ),
    "What binds in each year: stages of which more adds to the objective, those that add most first",
)
NEAR_OPTIMAL: Final = _table(
    "near_optimal",
    "quantity year stage supplier place item",
    (
        _text(
            "quantity",
            "quantity",
            "`order`: an option to order capacity; `stage_orders`: all orders of a stage; `tokens_served`, "
            "`research_done`, `cash_spent` on components, systems and expansions, `installed_h100e`: accelerators "
            "installed and alive at the end of the year, `units_built`, and `stage_used`, in all places together",
        ),
        _integer("year", "year", "calendar year; of orders that of the order"),
        _text("stage", "stage", "key of the stage; of orders and of what is used", blank=True),
        _text("supplier", "supplier", "key of the supplier; of a single option", blank=True),
        _text("place", "place", "`global`, or a region; of a single option", blank=True),
        _text("item", "item", "a workload, or `all`; of what is built the vendor", blank=True),
        _UNIT,
        _number("low", OF_ROW, "at least", "the smallest value in any near-optimal plan", infinite=True),
        _number("central", OF_ROW, "the plan", "the value in the best plan, that of a solve"),
        _number("high", OF_ROW, "at most", "the largest value in any near-optimal plan; infinite: any", infinite=True),
        _number("limit", OF_ROW, "of", "most that can be ordered; of orders", blank=True),
        _number("usd_per_unit", PER_UNIT, "capex", "what a unit costs, paid at order; of a single option", blank=True),
        _text(
            "verdict",
            "verdict",
            "of orders: `must`: every near-optimal plan has some of it, at least `low`; `may`: some have, some have "
            "not; `never`: none has; `locked in`: another plan has decided it",
            blank=True,
        ),
    ),
    "How far plans differ that are nearly as good as the best: the ends of each row are those over all of them, "
    "whatever else they do, so that the ends of two rows are of different plans",
)

LADDER: Final = _table(
    "ladder",
    "rung",
    (
        _integer("rung", "rung", "counted from 1"),
        _text("lifted", "lifted", "what is lifted altogether"),
        _STATE,
        _number("used_pct", "%", "used then, of its limit", "how much of it is used then", blank=True),
        _number("tokens_ttok", TTOK, "tokens, more", "tokens that the rung adds over all years"),
        _number("research_h100e_years", H100E_YEARS, "research, more", "research that the rung adds over all years"),
        _number("gain_usd", "USD", "gain", "what the rung gains, in undiscounted USD of the year"),
        _text("binding", "binds then", "what binds in the year then"),
    ),
    "What binds in the year looked at; with that lifted, what binds then, and what it gains",
    required=False,
)
_SEGMENT = (
    _number("from_pct", "%", "from", "where the segment begins"),
    _number("to_pct", "%", "to", "where it ends", infinite=True),
    _number("gain_usd_per_pct", PER_PCT, "per %", "what each further per cent gains"),
    _number("gain_usd", "USD", "gained", "what is gained in all at its end", infinite=True),
    _text("binding", "binds there", "what binds in the year in its middle"),
)
CURVE: Final = _table(
    "curve", "from_pct", _SEGMENT, "What more of a stage in a year is worth, with every breakpoint", required=False
)
CURVES: Final = _table(
    "curves",
    "stage from_pct",
    (_STAGE, *_SEGMENT),
    "What more of what binds in that year is worth, with every breakpoint",
    required=False,
)
IDLE_CAPACITY: Final = _table(
    "idle_capacity",
    "stage place",
    (
        _STAGE,
        _PLACE,
        _UNIT,
        _number("limit", OF_ROW, "limit", "what could be supplied"),
        _number("used", OF_ROW, "used", "what is used"),
        _number("idle", OF_ROW, "idle", "what idles and would be used if no stage were limited"),
        _number("idle_usd", "USD", "idle", "what it would be sold for; of a stock its charge for the year"),
    ),
    "What idles in that year because other stages bind",
    required=False,
)
AT_PLACE: Final = _table(
    "at_place",
    "year stage supplier place",
    (
        _YEAR,
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _number("limit", OF_ROW, "limit", "what the supplier could supply"),
        _number(
            "gain_usd_per_unit", PER_UNIT, "1 unit more", "what one unit more of this limit in this year alone gains"
        ),
        _number(
            "loss_usd_per_unit",
            PER_UNIT,
            "1 unit less costs",
            "what one unit less of this limit in this year alone would cost; blank: the limit is 0",
            blank=True,
            infinite=True,
        ),
        _number(
            "adds",
            OF_ROW,
            "adds",
            "how much more of the stage is used at the place with no limit on this supplier in this year; 0 where that "
            "gains nothing",
        ),
        _number("gain_usd", "USD", "gains", "what no limit on this supplier gains, in undiscounted USD of the year"),
        _text(
            "held_back_by",
            "then full",
            "the other regional stage, or several joined by ` + `, of which one per cent more at the place gains more "
            "with no limit on this supplier than it does now, the largest rise; blank: none does, or there is no limit "
            "to lift, for more gains nothing and less costs nothing",
            blank=True,
        ),
    ),
    "Of each limit of regional stages at one place: what one unit more gains, how much more is used if the limit goes, "
    "and what else is full then",
    required=False,
)
TIMING: Final = _table(
    "timing",
    "order_year stage supplier place",
    (
        _integer("order_year", "order in", "year of the order"),
        _STAGE,
        _SUPPLIER,
        _PLACE,
        _UNIT,
        _integer("lead_years", "lead", "years from order to service", "years"),
        _number("limit", OF_ROW, "of", "most that can be ordered"),
        _number("ordered", OF_ROW, "ordered", "what the plan orders"),
        _number("shorter_usd", "USD", "a year sooner gains", "if each unit may be had a year sooner", blank=True),
        _number("longer_usd", "USD", "a year later gains", "if each unit may be had a year later", blank=True),
        _number(
            "slip_usd",
            "USD",
            "late by a year costs",
            "if what is ordered arrives a year late; infinite: an order of an earlier window needs it",
            blank=True,
            infinite=True,
        ),
    ),
    "What it would be worth if an order arrived a year sooner or later",
    required=False,
)
WHAT_BINDS: Final = _table(
    "what_binds",
    "year level",
    (_YEAR, _LEVEL, _text("members", "binds", "as in the table `binding`")),
    "What binds in a what-if of a session",
)
HEADROOM: Final = _table(
    "headroom",
    "year stage",
    (
        _YEAR,
        _STAGE,
        _number("headroom_pct", "%", "headroom", "as in the table `bottlenecks`"),
        _number("used_share", "share", "used", "as in the table `bottlenecks`", blank=True),
    ),
    "By how much limits could fall before anything costs more, in a what-if of a session; where the limit is not 0",
)
DIFFERENCES: Final = _table(
    "differences",
    "year quantity item",
    (
        _integer(
            "year", "year", "calendar year, of orders that of the order; blank: over the whole horizon", blank=True
        ),
        _QUANTITY,
        _text(
            "item",
            "item",
            "`all`, a workload, an accelerator, a region or a stage; of orders stage, supplier and place",
        ),
        _number("reference", OF_QUANTITY, "reference", "in the answer that is compared with"),
        _number("value", OF_QUANTITY, "then", "in this answer"),
        _CHANGE,
    ),
    "What is another in a variant of a session than in its reference",
)
POINTS: Final = _table(
    "points",
    "point year",
    (
        _integer("point", "point", "counted from 1; columns of the axes follow it"),
        _YEAR,
        _text("stage", "binds", "the stage that binds; blank: there is no answer", blank=True),
        _text("group", "group", "the group that binds", blank=True),
        _number("net_benefit_usd", "USD", "net benefit", "value less cost, over the horizon", blank=True),
        _number("value_usd", "USD", "value served", "of tokens and research, discounted, over the horizon", blank=True),
        _number("cost_usd", "USD", "total cost", "what is paid for, discounted, over the horizon", blank=True),
        _number("objective_usd", "USD", "all cost", "all cost, discounted, with what is left unserved", blank=True),
        _number("served_ttok", TTOK, "tokens served", "tokens served in the year", blank=True),
        _number(
            "cost_usd_per_mtok",
            PER_MTOK,
            "cost of tokens",
            "serving cost over tokens; tokens by workload, research and what was asked follow",
            blank=True,
        ),
        _text("status", "status", "`optimal`, or why there is no answer"),
    ),
    "A sweep: the case solved at each point",
    required=False,
)

ANSWER: Final = (
    BINDING,
    BOTTLENECKS,
    BOTTLENECKS_BY_GROUP,
    STAGES,
    SUPPLY,
    SERVICE_BY_WORKLOAD,
    SERVICE,
    RESEARCH_SERVICE,
    BUILDS,
    COMMITMENTS_KEPT,
    INSTALLED_BASE,
    ORDERS,
    PURCHASES,
    COST,
    CAPITAL,
    TOKEN_COST,
    DECOMPOSITION,
    AVERAGE_COST,
    ECONOMICS,
    REQUIREMENTS,
)
"""The tables of every answer, in the order in which they are looked at."""

YEAR_STUDY: Final = (LADDER, CURVES, IDLE_CAPACITY)
"""What a report shows of the year that it looks at closely."""

_ANY_YEAR = _integer("year", "year", "calendar year; blank: all reported years together", blank=True)
_QUANTITY = _text(
    "quantity",
    "quantity",
    "`tokens_served`, `research_done`, `cost_per_mtok`, `cash_spent` or `stage_used_share`; over all years "
    "`net_benefit`, `value` and `cost`, discounted; `label` is the stage that binds",
)
_OF_ITEM = _text("item", "item", "of what: a workload, a stage, or `all`")


def _estimated(unit: str) -> tuple[ColumnSchema, ...]:
    """Return the columns that say how exact an estimate is."""
    return (
        _number("standard_error", unit, "standard error", "from what hypercubes of draws say one by one", blank=True),
        _number("low", unit, "from", "low end of the 90 % interval of the estimate", blank=True),
        _number("high", unit, "to", "high end of the 90 % interval of the estimate", blank=True),
    )


def _quantile(name: str, per_cent: int) -> ColumnSchema:
    return _number(name, OF_ROW, f"{per_cent} %", f"{per_cent} % of draws are below it", blank=True)


BINDING_PROBABILITY: Final = _table(
    "binding_probability",
    "year level members",
    (
        _ANY_YEAR,
        _text(
            "level",
            "level",
            "`stage` or `group`: the label is exactly these members; `any`: one of these stages is in the label; of "
            "all years `every_year` and `some_year`: one of these stages is in it in each year, in one or more; "
            "`short_of_cash`: cash is missing in the year, or in one or more years",
        ),
        _text(
            "members",
            "binds",
            "stages or groups that bind; of `any` and of all years alternatives, with ` | `; or `cash`",
        ),
        _number("probability", "share", "probability", "share of draws"),
        *_estimated("share"),
        _boolean("central", "central", "whether it is so at central values"),
    ),
    "How often each stage and group binds when all inputs with a range are drawn together",
)
DISTRIBUTIONS: Final = _table(
    "distributions",
    "year quantity item",
    (
        _ANY_YEAR,
        _QUANTITY,
        _OF_ITEM,
        _UNIT,
        _number("central", OF_ROW, "central", "at central values of all inputs", blank=True),
        _number("mean", OF_ROW, "mean", "mean of the draws in which it is defined", blank=True),
        _quantile("p05", 5),
        _quantile("p10", 10),
        _quantile("p50", 50),
        _quantile("p90", 90),
        _quantile("p95", 95),
        _number(
            "undefined_share",
            "share",
            "undefined in",
            "share of draws in which it has no meaning, as cost of no tokens",
        ),
    ),
    "What is served, at what cost, how full stages are, and what is spent, over all draws",
)
DRIVERS: Final = _table(
    "drivers",
    "year quantity item rank",
    (
        _ANY_YEAR,
        _QUANTITY,
        _OF_ITEM,
        _integer("rank", "rank", "1 for the factor with the largest share"),
        _text("factor", "factor", "what moves together: a row of `factors.csv`, or the numbers of a column and source"),
        _number(
            "share",
            "share",
            "first-order share",
            "part of the variance that the factor explains by itself; of numbers it is the variance of their ranks",
        ),
        _number(
            "noise_floor", "share", "noise floor", "a share that the largest of all factors reaches by luck in 5 %"
        ),
        _boolean("above_floor", "above it", "whether the share is larger than luck gives"),
    ),
    "Which factors explain what binds, what is served and what it costs: the ten largest of each",
)
CONDITIONS: Final = _table(
    "conditions",
    "year label factor",
    (
        _YEAR,
        _text("label", "binds", "the stages that bind"),
        _text("factor", "factor", "blank: no condition does better than chance", blank=True),
        _number("from_pct", "%", "from percentile", "of the factor; blank: no lower bound", blank=True),
        _number("to_pct", "%", "to percentile", "of the factor; blank: no upper bound", blank=True),
        _number("density", "share", "binds inside", "share of draws inside all bounds in which the label binds"),
        _number("standard_error", "share", "its error", "standard error of it", blank=True),
        _number(
            "coverage", "share", "of all cases", "share of draws in which the label binds that is inside", blank=True
        ),
        _number("mass", "share", "size", "share of draws that is inside"),
        _number("base_rate", "share", "binds anywhere", "share of all draws in which the label binds"),
    ),
    "Inside which bounds of at most four factors a stage binds, measured on hypercubes that did not find them",
)
CONVERGENCE: Final = _table(
    "convergence",
    "year quantity item draws",
    (
        _YEAR,
        _QUANTITY,
        _text("item", "item", "of `label` the stages that bind most often, else `all`"),
        _UNIT,
        _integer("draws", "draws", "the first so many", "draws"),
        _number("value", OF_ROW, "estimate", "probability of the label, or mean of the quantity", blank=True),
        *_estimated(OF_ROW),
    ),
    "What the first draws alone say: whether more would change it",
)
DRAWS: Final = _table(
    "draws",
    "draw year",
    (
        _integer("draw", "draw", "number of the draw"),
        _YEAR,
        _text("stage", "binds", "the stages that bind; blank: no answer", blank=True),
        _text("group", "group", "the groups that bind", blank=True),
        _number("net_benefit_usd", "USD", "net benefit", "value less cost over the horizon, discounted", blank=True),
        _number("value_usd", "USD", "value", "what is served is worth over the horizon, discounted", blank=True),
        _number("cost_usd", "USD", "cost", "what is paid for over the horizon, discounted", blank=True),
        _number("objective_usd", "USD", "objective", "all cost, discounted, what is unserved included", blank=True),
        _number("served_ttok", TTOK, "tokens served", "in the year", blank=True),
        _number("research_h100e_years", H100E_YEARS, "research", "research done in the year", blank=True),
        _number("cost_usd_per_mtok", PER_MTOK, "average cost", "serving cost over tokens served", blank=True),
        _number("capital_usd", "USD", "cash spent", "on components, systems and expansions in the year", blank=True),
        *(column for column in _OF_OWNER if column.name in _COMPARED_BOOKS),
        _text("status", "status", "`optimal`, or why there is no answer"),
    ),
    "Each draw, year by year",
    required=False,
)


def _less(name: str, per_cent: int) -> ColumnSchema:
    return _number(name, OF_ROW, f"{per_cent} %", f"{per_cent} % of the differences are below it", blank=True)


DRAW_DIFFERENCES: Final = _table(
    "draw_differences",
    "answer year quantity item",
    (
        _ANSWER,
        _integer("year", "year", "calendar year; blank: over the whole horizon", blank=True),
        _text(
            "quantity",
            "quantity",
            "`net_benefit`, `value` and `cost` over the horizon, discounted; of a year `tokens_served`, "
            "`research_done`, `cost_per_mtok` and `cash_spent`, and the books of an owner where a case has them",
        ),
        _text("item", "item", "of what: a workload, or `all`"),
        _UNIT,
        _number("central", OF_ROW, "central", "difference at central values of all inputs", blank=True),
        _number("mean", OF_ROW, "mean", "mean of the differences where they have a meaning", blank=True),
        _number("standard_error", OF_ROW, "standard error", "of the mean, by hypercubes of 20 draws", blank=True),
        _number("low", OF_ROW, "from", "low end of the 90 % interval of the mean", blank=True),
        _number("high", OF_ROW, "to", "high end of the 90 % interval of the mean", blank=True),
        _less("p05", 5),
        _less("p10", 10),
        _less("p50", 50),
        _less("p90", 90),
        _less("p95", 95),
        _number("above_share", "share", "higher in", "share of the differences that are above 0", blank=True),
        _number("below_share", "share", "lower in", "share of the differences that are below 0", blank=True),
        _number(
            "undefined_share", "share", "undefined in", "share of draws in which it has no meaning in one of the two"
        ),
        _integer("draws", "draws", "draws that have an answer in both, and count", "draws"),
    ),
    "Each answer less the reference, draw by draw: factors that both have are the same in both",
    required=False,
)
DRAW_LABELS: Final = _table(
    "draw_labels",
    "answer year level members",
    (
        _ANSWER,
        _YEAR,
        _LEVEL,
        _text("members", "binds", "the stages or groups that bind, joined by ` + `; or `unresolved`, or `demand`"),
        _number("reference", "share", "reference", "share of draws in which it binds in the first answer"),
        _number("value", "share", "then", "share of draws in which it binds in this answer"),
        _number("change", "share", "change", "value less reference"),
        _number("standard_error", "share", "standard error", "of the change, by hypercubes of 20 draws", blank=True),
        _number("low", "share", "from", "low end of the 90 % interval of the change", blank=True),
        _number("high", "share", "to", "high end of the 90 % interval of the change", blank=True),
        _number(
            "differs_share",
            "share",
            "another in",
            "share of draws in which something else binds in this answer than in the first: one for year and level",
        ),
    ),
    "How often each label binds in each answer and in the reference, in the same draws",
    required=False,
)

_FORECAST_ERROR = "mean of |ln(forecast / published)|, at most ln 10 each: the CRPS of a forecast that is one number"
_SCOPE = _text("scope", "of", "`independent`: of independent comparisons; `all`: of all that have a published number")
_SHARE_OF_ROWS = (
    _number("share", "share", "share", "so many over the count"),
    _number("low", "share", "from", "low end of Wilson's 90 % interval, as if rows were independent of each other"),
    _number("high", "share", "to", "high end of it"),
    _integer("rows", "rows", "comparisons that have a published number", "comparisons"),
)


def _holds(per_cent: int) -> ColumnSchema:
    meaning = f"whether the central {per_cent} % of draws hold the published number, ends included; blank: a bound"
    return _boolean(f"in_{per_cent}", f"in {per_cent} %", meaning, blank=True)


BANDS: Final = _table(
    "bands",
    "quantity year item source",
    (
        _text("quantity", "quantity", "what was counted"),
        _YEAR,
        _text("item", "item", "of what"),
        _text("source", "source", "key of the source"),
        _UNIT,
        _text("kind", "kind", "under which it is summed up"),
        _boolean("independent", "independent", "whether it counts in scores, as in the table `comparisons`"),
        _number("low", OF_ROW, "low", "low end of what the source holds possible; blank: no such bound", blank=True),
        _number("published", OF_ROW, "published", "what the source says; blank: only a bound is known", blank=True),
        _number("high", OF_ROW, "high", "high end; blank: no such bound", blank=True),
        _number("model", OF_ROW, "central", "what the model says at central values", blank=True),
        *(_quantile(f"p{per_cent:02d}", per_cent) for per_cent in (5, 10, 25, 50, 75, 90, 95)),
        _number(
            "undefined_share",
            "share",
            "undefined in",
            "share of draws in which it has no meaning, as cost of no tokens: left out of its quantiles",
        ),
        *map(_holds, (50, 80, 90)),
        _number("inside_share", "share", "inside", "share of draws that are inside the published range, or bound"),
        _number(
            "crps",
            LOGS,
            "CRPS",
            "of ln(model / published) over draws, each at most ln 10 either way; 0, or no meaning, counts as -ln 10; "
            "blank: a bound",
            blank=True,
        ),
        _number(
            "central_error",
            LOGS,
            "central error",
            "|ln(model / published)| at central values; blank: a bound",
            blank=True,
        ),
    ),
    "What the model says of each published number when all inputs with a range are drawn together",
    required=False,
)
COVERAGE: Final = _table(
    "coverage",
    "scope kind nominal",
    (
        _SCOPE,
        _text("kind", "kind", "kind of the observations; `all`: of all kinds, each row once"),
        _number("nominal", "share", "band", "share of draws that the band holds"),
        _integer("inside", "inside", "published numbers that it holds", "comparisons"),
        *_SHARE_OF_ROWS,
    ),
    "How often the model's own bands hold what was published",
    required=False,
)
CRPS: Final = _table(
    "crps",
    "forecast kind",
    (
        _text(
            "forecast",
            "beside",
            "what the bands are compared with: `central_values`, the model there, or a forecast of the table `skill`",
        ),
        _KIND,
        _integer("rows", "rows", "independent comparisons that it can make", "comparisons"),
        _number("crps", LOGS, "CRPS of the bands", "mean on these rows of the continuous ranked probability score"),
        _number("forecast_error", LOGS, "error of the forecast", f"on the same rows: {_FORECAST_ERROR}"),
        _number(
            "skill", "share", "skill", "1 less the CRPS over the error of the forecast; blank: that is 0", blank=True
        ),
    ),
    "The bands beside forecasts of one number, each on the independent comparisons that it can make",
    required=False,
)
RELIABILITY: Final = _table(
    "reliability",
    "scope nominal",
    (
        _SCOPE,
        _number("nominal", "share", "quantile", "share of draws that are below it"),
        _integer("below", "below", "published numbers that are not above this quantile of the model", "comparisons"),
        *_SHARE_OF_ROWS,
    ),
    "How often what was published is below a quantile of the model: as often as the quantile says, if it is reliable",
    required=False,
)
PRESS_PROBABILITY: Final = _table(
    "press_probability",
    "year level name",
    (
        _YEAR,
        _text(
            "level", "level", "`stage`; `group`; `press`: one or more of the stages that the press named in the year"
        ),
        _text("name", "binds", "the stage, or group, alone or with others; of `press` all that were named, with ` | `"),
        _number("probability", "share", "probability", "share of draws"),
        *_estimated("share"),
        _boolean("central", "central", "whether it binds at central values"),
        _boolean("press", "press", "whether the press named it"),
    ),
    "How often each stage and group binds, alone or with others, beside what the press named",
    required=False,
)

OF_DRAWS: Final = (
    *(BANDS, COVERAGE, CRPS, RELIABILITY, PRESS_PROBABILITY),
    *(replace(t, required=False) for t in (BINDING_PROBABILITY, DISTRIBUTIONS, DRIVERS, CONDITIONS, CONVERGENCE)),
)
"""What a back-cast says of draws, where some were asked for: how they compare with what was published, and the rest."""


TABLES: Final[dict[Kind, tuple[TableSchema, ...]]] = {
    "solve": (*ANSWER, SUPPLIER_PRICES, REGRET, STRANDED, CHANGES),
    "compare": (
        *(COMPARED_TOTALS, DRAW_DIFFERENCES, COMPARED_RESULTS, COMPARED_LABELS, DRAW_LABELS),
        *(ATTRIBUTION, COMPARED_CHANGES, COMPARED_INPUTS),
    ),
    "sensitivity": (TORNADO, KEPT_LABELS, SENSITIVITY_FLIPS, WEAK, CHANGES),
    "uncertainty": (
        *(BINDING_PROBABILITY, DISTRIBUTIONS, DRIVERS, CONDITIONS, CONVERGENCE, DRAWS),
        *(BANDS, COVERAGE, CRPS, RELIABILITY, PRESS_PROBABILITY),
        *(replace(NEAR_OPTIMAL, required=False), CHANGES),
    ),
    "near-optimal": (NEAR_OPTIMAL, CHANGES),
    "backcast": (
        *(COMPARISONS, SCORES, SKILL, FORECASTS, BY_FORESIGHT, LABELS_BY_FORESIGHT),
        *(PAST_LABELS, PAST_FLIPS, ATTAINABILITY, FORBIDDEN_BY, CONFLICTS),
        *(*OF_DRAWS, CHANGES),
    ),
    "scenarios": (SCENARIO_TOTALS, SCENARIO_SERVICE, EFFECTS, FACTORS, CHANGES),
    "foresight": (FORESIGHT_TOTALS, FORESIGHT_LABELS, FORESIGHT_SERVICE, CHANGES),
    "seek": (SEEK_MOVES, STRETCHES, SEEK_CONDITIONS, MOVED_NUMBERS, CHANGES),
    "serve": (REQUIREMENTS_MET, RELIEFS, HELD_BACK_BY, REPAIR, CHANGES),
    "capital": (CAPITAL_YEARS, CAPITAL_SERVICE, CAPITAL, BUILDS, ORDERS, CAPITAL_LIMITS, CHANGES),
}
"""The tables that each command writes to a folder; those that are not required are there where there is a cause."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that `summary.json` says."""

    name: str
    type: type | tuple[type, ...]
    meaning: str
    known_by: bool = False
    """Whether an answer of its kind is known by it: it must be there."""


_NUMBER = (int, float)
_CASE = Fact("case", str, "name of the case")
_OBJECTIVE = Fact("objective_usd", _NUMBER, "all cost, discounted, what is left unserved included")
_CERTIFICATE = Fact("certificate", dict, "how far the answer is checked: residuals, duality gap, a solve from nothing")
_VERSIONS = Fact("versions", dict, "of this software, the solver and what it rests on")
_DIGESTS = Fact("inputs_sha256", dict, "digest of the content of each input", known_by=True)
_WHAT_IF = (
    Fact("what_if", list, "what was changed in the case; where it was"),
    Fact("cells_changed", int, "rows of the table `changes`; where it was"),
)
_MOVE_COUNTS = (
    Fact("from_nothing", int, "moves that failed their certificate at first and were solved again from nothing"),
    Fact("moves", int, "moves of one input to an end of its range"),
)

SUMMARIES: Final[dict[Kind, tuple[Fact, ...]]] = {
    "solve": (
        _CASE,
        Fact("title", str, "title of the case"),
        Fact("status", str, "`optimal`"),
        replace(_OBJECTIVE, known_by=True),
        Fact("unserved_usd", _NUMBER, "part of it: what the demand left unserved was worth, discounted"),
        Fact(
            "net_benefit_usd", _NUMBER, "value less cost over the horizon: what all demand is worth, less the objective"
        ),
        Fact("value_usd", _NUMBER, "what is served is worth, tokens and research, discounted, over the horizon"),
        Fact(
            "cost_usd", _NUMBER, "what is paid for, discounted, over the horizon: the objective less what is unserved"
        ),
        Fact("years", list, "first and last year that are decided", known_by=True),
        Fact("report_last_year", int, "last year that is reported", known_by=True),
        Fact(
            "foresight_years",
            (int, type(None)),
            "years that are seen when a year is decided, its own included; null: all",
        ),
        Fact("rows", int, "rows of the LP"),
        Fact("columns", int, "columns of the LP"),
        Fact("windows", list, "the years that each window of foresight sees, and its cost"),
        _CERTIFICATE,
        _VERSIONS,
        _DIGESTS,
        Fact("orders_from", dict, "whose decisions are locked in, and up to which year; where some are"),
        Fact("regret", dict, "extra cost and regret, and the unserved part of each; where decisions are locked in"),
        *_WHAT_IF,
    ),
    "compare": (
        Fact("answers", list, "names of the answers; the first is the reference", known_by=True),
        Fact("horizons", list, "first and last year that each of them decides"),
        Fact("foresight_years", list, "years that each of them sees when a year is decided; null: all, or not said"),
        Fact("inputs_that_differ", int, "rows of the table `inputs`"),
        Fact("labels_that_differ", int, "rows of the table `labels` that are not the same"),
        Fact("draws", int, "draws of each answer; where there are some"),
        Fact("seed", int, "what they were drawn with"),
        Fact("draws_left_out", dict, "by answer, draws without an answer in it or in the reference: they do not count"),
        Fact("factors", dict, "by answer, independent factors that are drawn, remainders of single numbers among them"),
        Fact("factors_shared", dict, "by answer, factors that are also of the reference, and the same in each draw"),
    ),
    "sensitivity": (
        _CASE,
        *_MOVE_COUNTS,
        Fact("rebuilt", int, "moves that change more than numbers, so that the model was built anew"),
        _OBJECTIVE,
        Fact("cost_usd_per_mtok", _NUMBER, "serving cost over tokens, all reported years", known_by=True),
        Fact("served_ttok", _NUMBER, "tokens served in them, 10^12"),
        _DIGESTS,
        Fact("unfit", list, "moves that what is locked in does not fit, and that are left out; where some is"),
        *_WHAT_IF,
    ),
    "uncertainty": (
        _CASE,
        Fact("draws", int, "how many were solved", known_by=True),
        Fact("seed", int, "what they were drawn with"),
        Fact("range_means", str, "what the ends of a range are: `p10_p90` or `min_max`"),
        Fact("factors", int, "independent factors, remainders of single numbers among them"),
        Fact("uncertain_numbers", int, "numbers that have a range"),
        Fact("without_answer", int, "draws that have no answer, and count nowhere"),
        Fact("checked", int, "draws that were solved once more, in a model of their own, with the same cost"),
        Fact("rebuilt", int, "draws whose model was built anew, as more than numbers, lead times and lives changed"),
        Fact("from_nothing", int, "draws that failed their certificate at first and were solved again in a new model"),
        _VERSIONS,
        _DIGESTS,
        *_WHAT_IF,
    ),
    "near-optimal": (
        _CASE,
        Fact("within", _NUMBER, "share by which discounted spending may rise", known_by=True),
        Fact("spending_usd", _NUMBER, "what the best plan spends, discounted, over the horizon"),
        Fact("room_usd", _NUMBER, "that share of it: how much more may be spent, and net benefit may fall"),
        Fact("orders", dict, "how many options to order are `must`, `may`, `never` and `locked in`"),
        Fact("solves", int, "ends of ranges that took a solve; each is a certified optimum"),
        replace(_OBJECTIVE, meaning="of the best plan: all cost, discounted, what is left unserved included"),
        _VERSIONS,
        _DIGESTS,
        *_WHAT_IF,
    ),
    "backcast": (
        _CASE,
        Fact(
            "foresight_years",
            (int, type(None)),
            "years that are seen when a year is decided, its own included; null: all",
        ),
        Fact(
            "median_abs_log_error",
            (*_NUMBER, type(None)),
            "of independent comparisons the median of |ln(model / published)| by kind, and of that the mean of the "
            "kinds; null: there are none",
        ),
        Fact(
            "interval_score",
            (*_NUMBER, type(None)),
            "of independent comparisons the mean interval score by kind, and of that the mean of the kinds; null: "
            "there are none",
        ),
        Fact("score", str, "how many independent comparisons are inside their range", known_by=True),
        Fact("comparisons", int, "rows of the table `comparisons`"),
        Fact("independent", int, "of these, independent ones"),
        Fact("inside", int, "of all, those inside their range"),
        Fact("independent_inside", int, "independent ones inside their range"),
        Fact("misses_attainable", int, "comparisons outside their range that some plan could meet"),
        Fact("misses_forbidden", int, "those that no plan could meet"),
        Fact("misses_not_asked", int, "those of which that is not asked"),
        Fact("held_at_once", int, "comparisons that one plan meets at once, to which no other can be added"),
        Fact("independent_held_at_once", int, "of these, independent ones"),
        Fact("foresight_usd", _NUMBER, "what the plan chosen costs more than the cheapest plan, all years known"),
        Fact("uncertainty", dict, "what `summary.json` of `uncertainty` says of the draws; where there are some"),
        *_MOVE_COUNTS,
        _OBJECTIVE,
        _CERTIFICATE,
        _VERSIONS,
        _DIGESTS,
        *_WHAT_IF,
    ),
    "scenarios": (
        _CASE,
        Fact("scenarios", list, "their names", known_by=True),
        _DIGESTS,
        *_WHAT_IF,
    ),
    "foresight": (
        _CASE,
        Fact("foresights", list, "those that stand side by side, the farthest first", known_by=True),
        Fact("foresight_years", (int, type(None)), "the case's own: years that are seen; null: all"),
        _DIGESTS,
        *_WHAT_IF,
    ),
    "seek": (
        _CASE,
        Fact("so_that", list, "the conditions, all of which must hold", known_by=True),
        Fact("vary", list, "the targets, each of which moves alone, and all in combination", known_by=True),
        Fact("holds_already", bool, "whether the case meets all conditions"),
        Fact("steps", int, "points of the scan in each direction"),
        Fact("amounts_within", _NUMBER, "how finely ends are found by amounts, as a share of the numbers"),
        Fact("labels_within", _NUMBER, "how finely ends are found by what binds, as a share of the numbers"),
        _DIGESTS,
        *_WHAT_IF,
    ),
    "serve": (
        _CASE,
        Fact("requirements", list, "what has to be served", known_by=True),
        Fact("status", str, "`met`, or `cannot be had`: then the tables are of the plan with the repair"),
        Fact("cost_usd", _NUMBER, "what the plan spends more than that of the case, discounted"),
        Fact(
            "anyway_usd",
            (*_NUMBER, type(None)),
            "what reliefs change of that spending with nothing required, 0 or less; null: requirements clash",
        ),
        Fact("reliefs_usd", _NUMBER, "cash for reliefs, undiscounted"),
        Fact("repair_usd", _NUMBER, "what the repair is priced at, undiscounted"),
        Fact("capital_usd", dict, "limit on capital by year that is required, too"),
        Fact("any_relief", bool, "whether reliefs are taken that lower spending, beside those that are needed"),
        Fact("relief_price", (*_NUMBER, type(None)), "reliefs at so many times the dearest price; null: like options"),
        _VERSIONS,
        _DIGESTS,
        *_WHAT_IF,
    ),
    "capital": (
        _CASE,
        Fact("capital_usd", dict, "limit on capital by year", known_by=True),
        Fact("most", (str, type(None)), "`tokens`, `value` or `research`; null: least cost, as a solve"),
        Fact("amount", _NUMBER, "the objective: 10^12 tokens, discounted USD or H100e years; of a solve net benefit"),
        Fact("value_usd", _NUMBER, "what is served is worth over the horizon, discounted"),
        Fact("cost_usd", _NUMBER, "what is paid for over the horizon, discounted"),
        _VERSIONS,
        _DIGESTS,
        *_WHAT_IF,
    ),
}
"""What `summary.json` of each kind says."""

NOT_WRITTEN: Final = (
    *(LADDER, CURVE, CURVES, IDLE_CAPACITY, AT_PLACE, TIMING, POINTS),
    *(WHAT_BINDS, HEADROOM, DIFFERENCES),
)
"""Tables that are returned and shown, and not written to a folder."""


def table_of(kind: Kind, name: str) -> TableSchema:
    """Return a table that a command writes.

    Raises: KeyError if it writes none of that name.
    """
    return {table.name: table for table in TABLES[kind]}[name]
