"""An answer as tables, years across: what binds, what is served, built and spent, and where the money goes."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain.case.provenance import one_estimate
from supplychain.plan.bottlenecks import BLOCKED, DEMAND, LASTING
from supplychain.plan.measures import CASH
from supplychain.plan.measures import TOKENS as SERVED
from supplychain.report.formats import COUNTS, TOKENS, USD, money, number, unit_for
from supplychain.report.names import Names, in_words
from supplychain.report.text import how_sure, owner
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import ALL, SUM
from supplychain.study.draws import PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from supplychain.plan import Plan
    from supplychain.results.answer import Answer

_ITEMS = 4
"""Items of cost that are named; the rest is summed up."""

_LAYER = 28
"""Characters of a stage that cannot be told from others."""

ANSWER = "Answer"
"""The title of what is served, built and spent."""

GAIN_GOES_TO = "Gain to tokens/research/deals/cost saved, %"
"""The title of the shares of a gain."""

DEFINITIONS = "Held back by limits: would be served if no stage were limited. Not worth its cost: not even then."

Cells = dict[int, str]


def overview(plan: Plan, study: Answer | None = None) -> list[tuple[str, pd.DataFrame]]:
    """Return what binds, the answer and the money as tables with a title each, years across.

    With a study of uncertainty labels have the share of draws in which they bind below them, and amounts their bands.
    """
    years, names = list(plan.case.report_years), Names(plan.case)
    stage, group = (rows_by_year(plan.binding, level) for level in ("stage", "group"))
    binds = {t: names.binds(group[t]["members"], stage[t]["members"]) for t in years}
    binding: list[tuple[str, Cells]] = [
        ("Group (stage at central values)", binds),
        ("Worth of the group", {t: worth(group[t], names.groups) for t in years}),
    ]
    if study is not None:
        binding[1:1] = _in_draws(plan, study)
    shares = (GAIN_GOES_TO, gain_shares(plan))
    answer = [shares, *_tokens(plan, years, study), *_capacity(plan, years, study)]
    title, money = _money(plan, years)
    parts = [("What binds", binding), (ANSWER, answer), (title, money)]
    if owner.has_books(plan):
        unit, rows = owner.books(plan)
        parts.append((f"The owner's books, {unit}", rows))
    return [
        (title, pd.DataFrame({t: {name: cells.get(t, "") for name, cells in rows} for t in years}))
        for title, rows in parts
    ]


def _in_draws(plan: Plan, study: Answer) -> list[tuple[str, Cells]]:
    """Return the share of draws in which group and stage bind, and of what binds in more draws than these."""
    names, rows = Names(plan.case), []
    for level, called in ((how_sure.GROUP, names.groups), (how_sure.STAGE, names.members)):
        labels = how_sure.year_labels(plan, study, level)
        rows.append((f"{level.capitalize()} binds in, of draws", {x.year: x.own.per_cent for x in labels}))
        others = {x.year: f"{called(x.likelier.members)} {x.likelier.per_cent}" for x in labels if x.likelier}
        rows += [(f"Likelier {level}", others)] if others else []
    return rows


def _band(
    study: Answer | None, what: str, quantity: str, years: list[int], size: float = 1.0
) -> list[tuple[str, Cells]]:
    """Return a line with the band of a quantity, if there are draws."""
    if study is None:
        return []
    return [(f"  {what}, {how_sure.BAND}", how_sure.band_cells(study, quantity, years, size))]


def not_told_apart(plan: Plan, years: Sequence[int], names: Names | None = None) -> list[str]:
    """Return a line for each group that binds in some year, as such or by a stage, if its stages have one estimate.

    Stages are called by their labels if there are `names`, else by their keys.
    """
    group_of = {row["stage"]: row["group"] for row in plan.case.tables["stages"]}
    layers = {group_of[s]: stages for s, stages in one_estimate(plan.case).items()}
    rows = [row for row in records(plan.binding) if row["year"] in years]
    bound = {group_of.get(name, name) for row in rows for name in row["members"].split(SUM)}
    called = {s: names.stage(s, _LAYER) if names else s for stages in layers.values() for s in stages}
    of_group = {name: ", ".join(called[s] for s in layers[name]) for name in sorted(bound & layers.keys())}
    return [
        f"{in_words(name)}: which stage binds cannot be told; one estimate stands for {stages}"
        for name, stages in of_group.items()
    ]


def worth(row: Mapping[str, Any], called: Callable[[str], str] = str) -> str:
    """Return what one per cent more of what binds gains, in money of its year; how long, and what binds then.

    `called` says what stages, or groups, that are joined by ` + ` are called.
    """
    if row["state"] == DEMAND:
        return "more of no stage would serve more"
    if math.isnan(row["annual_gain_usd_per_pct"]):
        return "there is none of it, and the first unit would serve more"
    lasts = {LASTING: f" from {row['year']} on", BLOCKED: " of all stages"}.get(row["state"], "")
    gain = f"1 % more{lasts} gains {money(row['annual_gain_usd_per_pct'])} in its year"
    if math.isnan(row["holds_to_pct"]):
        return gain
    if math.isinf(row["holds_to_pct"]):
        return f"{gain}; this rate has no end"
    return f"{gain}; this rate holds for the next {number(row['holds_to_pct'])} %; {_after(row, called)}"


def _after(row: Mapping[str, Any], called: Callable[[str], str]) -> str:
    """Return what binds after the rate ends."""
    following = row["next"]
    if following == row["members"]:
        return f"{called(following)} still binds after that"
    if following in {"", DEMAND}:
        return "no stage binds after that"
    return f"after that {called(following)} binds"


def gain_shares(plan: Plan) -> Cells:
    """Return of each year what relief of the group that binds serves: the shares of its gain."""
    return {t: _shares(row) for t, row in rows_by_year(plan.binding, "group").items()}


def gain_parts(row: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the parts of a gain: tokens, research, deals that are kept, and cost saved."""
    serving, saving, deals, research = (
        row[f"gain_{p}_usd_per_pct"] for p in ("serving", "saving", "orders", "research")
    )
    return serving - research - deals, research, deals, saving


def _shares(row: Mapping[str, Any]) -> str:
    gain = row["gain_usd_per_pct"]
    return "/".join(str(round(100 * part / gain)) for part in gain_parts(row)) if gain > 0 else ""


def _tokens(plan: Plan, years: list[int], study: Answer | None) -> list[tuple[str, Cells]]:
    cost = {row["year"]: row for row in records(plan.token_cost) if row["workload"] == ALL}
    prices = [
        ("Cost, USD per million tokens: average", "average"),
        ("  with research and all other cost on tokens", "fully_loaded"),
        ("  marginal, for one million more", "marginal"),
    ]
    states = ("demand", "served", "blocked", "uneconomic", "priced_out")
    total = {c: by_year(plan.service, f"{c}_ttok") for c in states}
    size, unit = unit_for((amount[t] for amount in total.values() for t in years), TOKENS)
    cells = {c: {t: number(amount[t] / size) for t in years} for c, amount in total.items()}
    rows = [
        (f"Tokens asked for, {unit}", cells["demand"]),
        ("  served", cells["served"]),
        *_band(study, "served", SERVED, years, size),
        ("  held back by limits", cells["blocked"]),
        ("  not worth its cost", cells["uneconomic"]),
        *([("  priced out", cells["priced_out"])] * any(total["priced_out"].values())),
    ]
    average, *others = (
        (name, {t: number(cost[t][f"{column}_usd_per_mtok"]) for t in years}) for name, column in prices
    )
    return [*rows, average, *_band(study, "average", PER_MTOK, years), *others]


def _capacity(plan: Plan, years: list[int], study: Answer | None) -> list[tuple[str, Cells]]:
    amounts = [
        ("Accelerators built", COUNTS, by_year(plan.builds, "built")),
        ("H100 equivalents operating", COUNTS, by_year(plan.installed_base, "h100e_operating")),
        ("Capital spent", USD, by_year(plan.capital, "usd")),
    ]
    rows = []
    for name, units, amount in amounts:
        size, unit = unit_for((amount.get(t, 0.0) for t in years), units)
        rows.append((f"{name}, {unit}".rstrip(", "), {t: number(amount.get(t, 0.0) / size) for t in years}))
    return [*rows[:2], *power_used(plan, years), *rows[2:], *_band(study, "spent", CASH, years, size)]


def power_used(plan: Plan, years: Iterable[int], longest: int = 100) -> list[tuple[str, Cells]]:
    """Return a line with the power that operating accelerators use, called by the stage that supplies it.

    There is none if no accelerator uses a stage in MW.
    """
    stage = site_stage(plan)
    if stage is None:
        return []
    used = by_year(plan.stages[plan.stages["stage"] == stage], "used")
    name = Names(plan.case).stage(stage, longest - len(", MW"))
    return [(f"{name}, MW", {t: number(used.get(t, 0.0)) for t in years})]


def site_stage(plan: Plan) -> str | None:
    """Return the stage that stands for the power of what operates; None if accelerators occupy none in MW.

    Of several it is the one of which most is used in the years that are reported; of equals the last in the chain.
    """
    occupied = {row["stage"] for row in plan.case.tables["bill_of_materials"]}
    used = plan.stages.groupby("stage")["used"].sum()
    sites = [
        (used.get(row["stage"], 0.0), row["position"], row["stage"])
        for row in plan.case.tables["stages"]
        if row["unit"] == "MW" and row["kind"] == "stock" and row["stage"] in occupied
    ]
    return max(sites)[2] if sites else None


def _money(plan: Plan, years: list[int]) -> tuple[str, list[tuple[str, Cells]]]:
    names, by = Names(plan.case), _by_item(total_cost(plan.cost))
    total = {item: math.fsum(amounts.values()) for item, amounts in by.items()}
    named = sorted(total, key=lambda item: (-total[item], item))[:_ITEMS]
    rest = {t: math.fsum(x.get(t, 0.0) for item, x in by.items() if item not in named) for t in years}
    size, unit = unit_for([*(x for item in named for x in by[item].values()), *rest.values()], USD)
    rows = [(f"  {names.item(item)}", {t: number(by[item].get(t, 0.0) / size) for t in years}) for item in named]
    rows.append(("  rest", {t: number(x / size) for t, x in rest.items()}))
    return f"Where the money goes, {unit} in the year", rows


def total_cost(cost: pd.DataFrame) -> pd.DataFrame:
    """Return the table `cost` with a column more: `usd`, for serving and for research together."""
    return cost.assign(usd=cost["serving_usd"] + cost["research_usd"])


def _by_item(cost: pd.DataFrame) -> dict[str, dict[int, float]]:
    by_item: dict[str, dict[int, float]] = {}
    for row in records(cost):
        by_item.setdefault(row["item"], {})[row["year"]] = row["usd"]
    return by_item


def by_year(table: pd.DataFrame, column: str, year: str = "year") -> dict[int, float]:
    """Return the sums of a column by year."""
    sums: dict[int, float] = defaultdict(float)
    for row in records(table[[year, column]]):
        sums[row[year]] += row[column]
    return sums
