"""One year in one reading: what binds, what would bind next, what more gains, what to order, what is idle, costs."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.case.calendar import online_year
from supplychain.plan.bottlenecks import BLOCKED, DEMAND, LASTING
from supplychain.plan.decomposition import RESIDUAL
from supplychain.report.formats import USD, case_title, cut, money, number, or_nought, plain, printable, unit_for
from supplychain.report.names import Names
from supplychain.report.text.overview import not_told_apart, worth
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import SUM

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from supplychain.plan import Plan

_WIDTH = 100
_NAME = 22
"""Characters of a name in the ladder."""
_SEGMENTS = 12
"""Segments of the curve that are shown."""
_SUPPLIER, _PLACE = 28, 20
"""Characters of a supplier and of a place."""
_SHORT = 10
"""The least characters of a workload."""
_LONG = 44
"""Characters of a name that stands beside few numbers."""
_OTHERS, _OPTIONS, _IDLE, _PARTS = 3, 10, 8, 8
"""Other stages, options, idle stages and parts of a cost that are shown."""

_EFFECTS = {
    "sole": "serves more",
    "joint": "serves more with others",
    "saving": "saves cost only",
    "tight": "less of it would cost",
    "slack": "none",
    LASTING: "serves more if it lasts",
    BLOCKED: "serves more with all others",
    DEMAND: "",
}
"""What more of a stage does, by its state."""

_SERVES = {
    "sole": "More of it serves more demand.",
    "joint": "More of all of them serves more demand; more of one alone does not.",
    LASTING: "More of it from this year on serves more in this year, too; more of it in this year alone does not.",
    BLOCKED: "Demand is held back. More of all stages serves more; no set of up to four of them does.",
}
"""What is said of what binds."""


def explain(plan: Plan, year: int, stage: str | None = None, up_to: float = 25.0) -> str:
    """Return the year as text; the curve is of `stage`, or of what binds (of its first member, if several do).

    Raises: ValueError if the year is not reported or there is no such stage.
    """
    names, rungs = Names(plan.case), plan.ladder(year)
    binding = rows_by_year(plan.binding, "stage")[year]
    bound = [] if binding["state"] in {DEMAND, BLOCKED} else binding["members"].split(SUM)
    curve_stage = stage or next(iter(bound), None)
    parts = [f"{case_title(plan.case.settings)}, {year}", *_label(plan, binding, year)]
    parts += ["", "What would bind next, if the limits of stages are lifted one after the other:"]
    parts += ["  Used: % of the limit then. Tokens: 10^15 more. Research: thousand H100-equivalent years more."]
    parts += _ladder(names, rungs)
    if curve_stage:
        parts += ["", f"What more of {names.stage(curve_stage, _LONG)} gains in its years, step by step:"]
        parts += _curve(names, plan.curve(curve_stage, year, up_to))
    parts += ["", f"What to order to have it in {year}; the largest gain per USD first:"]
    parts += ["  +1: what one unit more than can be ordered would gain, m USD; /USD: for each USD of its price."]
    parts += _options(plan, names, year)
    parts += ["", "What is idle because other stages bind; the dearest first:"]
    parts += _idle_capacity(names, plan.idle_capacity(year))
    parts += ["", "Marginal cost, USD per million tokens, by who is paid in the end:"]
    parts += _made_of(names, plan.decomposition, "term", year)
    parts += ["", "Average cost, USD per million tokens, by item:", *_made_of(names, plan.average_cost, "item", year)]
    return "\n".join(cut(line, _WIDTH).rstrip() for line in parts)


def _label(plan: Plan, binding: dict[str, Any], year: int) -> list[str]:
    names, group = Names(plan.case), rows_by_year(plan.binding, "group")[year]
    first = [f"What binds: {names.groups(group['members'])}."]
    if not names.alike(group["members"], binding["members"]):
        stage = names.members(binding["members"])
        first += [f"The group: {worth(group, names.groups)}.", f"By stage, at central values: {stage}."]
    if binding["state"] == DEMAND:
        none = "No stage binds: more of no stage, in this year or from it on, would serve more in it."
        return [none] if group["state"] == DEMAND else [part for line in (*first, none) for part in wrap(line, _WIDTH)]
    lines = [
        *first,
        f"{_SERVES[binding['state']]} The limit is {binding['nature']}.",
        *(f"{line}." for line in not_told_apart(plan, [year], names)),
        f"{worth(binding, names.members)}.",
        f"It serves more in {', '.join(binding['helps'].split()) or 'no year'}.",
    ]
    in_year = plan.bottlenecks[plan.bottlenecks["year"] == year]
    gains = f"1 % more gains {money(binding['gain_usd_per_pct'])} in all its years"
    loss = in_year.loc[in_year["stage"] == binding["members"], "loss_usd_per_pct"]
    if not math.isnan(binding["gain_usd_per_pct"]):
        lines.append(gains + (f", 1 % less costs {money(loss.iloc[0])}." if len(loss) else "."))
    lines = [part for line in lines for part in wrap(line, _WIDTH)]
    others = in_year[(in_year["annual_gain_usd_per_pct"] > 0) & ~in_year["stage"].isin(binding["members"].split(SUM))]
    ranked = records(others.sort_values("rank").head(_OTHERS))
    if not ranked:
        return lines
    size, unit = unit_for((r["annual_gain_usd_per_pct"] for r in ranked), USD)
    rows = [
        (names.stage(r["stage"], _LONG), number(r["annual_gain_usd_per_pct"] / size), _EFFECTS[r["state"]])
        for r in ranked
    ]
    return [*lines, "", "1 % more of other stages:", *_table(["", f"gains, {unit}", "and"], rows, left={0, 2})]


def _ladder(names: Names, rungs: pd.DataFrame) -> list[str]:
    header = ["", "limit lifted", "which", "used", "tokens", "research", "m USD", "then binds"]
    rows = [
        (
            str(r["rung"]),
            names.members(r["lifted"], _NAME),
            _EFFECTS[r["state"]],
            number(r["used_pct"]),
            number(r["tokens_ttok"] / 1e3),
            number(r["research_h100e_years"] / 1e3),
            number(r["gain_usd"] / 1e6),
            names.members(r["binding"], _NAME),
        )
        for r in records(rungs)
    ]
    return _table(header, rows, left={0, 1, 2, 7})


def _curve(names: Names, segments: pd.DataFrame) -> list[str]:
    header = ["from, %", "to, %", "m USD per 1 %", "m USD in all", "binds there"]
    rows = [
        (
            number(r["from_pct"]),
            number(r["to_pct"]),
            number(r["gain_usd_per_pct"] / 1e6),
            number(r["gain_usd"] / 1e6),
            names.members(r["binding"], _LONG),
        )
        for r in records(segments)
    ]
    lines = _table(header, rows[:_SEGMENTS], left={4})
    more = len(rows) - _SEGMENTS
    return [*lines, f"  and {more} more steps up to {number(segments['to_pct'].iloc[-1])} %"] if more > 0 else lines


def _options(plan: Plan, names: Names, year: int) -> list[str]:
    """Return the options that arrive in a year: what is ordered of each, and what more of it is worth."""
    key = ["order_year", "stage", "supplier", "place"]
    leads = {
        (row["year"], row["stage"], row["supplier"], row["place"]): row["lead_years"]
        for row in plan.case.tables["expansion"]
    }
    options = records(plan.purchases)
    arrives = [online_year(r["order_year"], leads[tuple(r[k] for k in key)]) for r in options]
    arriving = [r for r, t in zip(options, arrives, strict=True) if t == year]
    paying = [r for r in arriving if r["ordered"] > 0 or r["benefit_usd_per_unit"] > 0]
    if not arriving:
        first = f"; the first order does in {min(arrives)}" if arrives else ""
        return [f"  nothing that is ordered arrives in this year{first}"]
    if not paying:
        return ["  nothing that could arrive in this year pays"]
    paying.sort(
        key=lambda r: (
            -or_nought(r["benefit_per_capex_usd"]),
            -or_nought(r["benefit_usd_per_unit"]),
            *(r[k] for k in key),
        )
    )
    shown = paying[:_OPTIONS]
    by_stage = {r["stage"]: [o for o in shown if o["stage"] == r["stage"]] for r in shown}
    rows = [
        (
            f"  {names.supplier(s, r['supplier'], _SUPPLIER)}",
            names.place(r["place"], _PLACE),
            str(r["order_year"]),
            f"{number(r['ordered'])} of {number(r['limit'])} {r['unit']}",
            number(r["benefit_usd_per_unit"] / 1e6),
            number(r["benefit_per_capex_usd"]),
        )
        for s, of_stage in by_stage.items()
        for r in of_stage
    ]
    header, *table = _table(["", "where", "order", "amount", "+1", "/USD"], rows, left={0, 1})
    lines = [header]
    for s, of_stage in by_stage.items():
        lines += [f"  {names.stage(s, _LONG)}:", *table[: len(of_stage)]]
        table = table[len(of_stage) :]
    return [*lines, *([f"  and {len(paying) - _OPTIONS} more; see purchases"] if len(paying) > _OPTIONS else [])]


def _idle_capacity(names: Names, table: pd.DataFrame) -> list[str]:
    """Return idle capacity by stage, in units and USD."""
    by = table.groupby(["stage", "unit"], as_index=False)[["limit", "idle", "idle_usd"]].sum()
    by = by.sort_values(["idle_usd", "stage"], ascending=[False, True]).head(_IDLE)
    rows = [
        (
            names.stage(r["stage"], _LONG),
            number(r["idle"]),
            r["unit"],
            number(100 * r["idle"] / r["limit"]),
            number(r["idle_usd"] / 1e6),
        )
        for r in records(by)
    ]
    return _table(["", "idle", "unit", "% of its limit", "m USD"], rows, left={0, 2}) if rows else ["  none"]


def _made_of(names: Names, table: pd.DataFrame, part: str, year: int) -> list[str]:
    """Return what a cost is made of, workloads side by side: the largest parts, the rest, the residual, the sum."""
    in_year = table[table["year"] == year]
    wide = in_year.pivot_table(index=part, columns="workload", values="usd_per_mtok", sort=False).fillna(0.0)
    if wide.empty:
        return ["  none"]
    parts = wide.drop(index=RESIDUAL)
    largest = [i for _, i in sorted((-parts.loc[i].abs().max(), i) for i in parts.index)][:_PARTS]
    largest_parts = parts.loc[[i for i in parts.index if i in largest]]
    rows = [
        (names.term(str(name), _LONG), *(number(x) for x in largest_parts.loc[name])) for name in largest_parts.index
    ]
    if len(parts) > len(largest_parts):
        rows.append(("rest", *(number(x) for x in parts.drop(index=largest_parts.index).sum())))
    rows.append((names.term(RESIDUAL), *(f"{x:.0e}" if x else "0" for x in wide.loc[RESIDUAL])))
    rows.append(("in all", *(number(x) for x in wide.sum())))
    longest = max(_SHORT, (_WIDTH - 2 - _LONG) // len(wide.columns) - 2)
    return _table(["", *(names.workload(str(w), longest) for w in wide.columns)], rows, left={0})


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], left: set[int]) -> list[str]:
    numbers = frozenset(range(len(names))) - left
    table = TextTable([plain(name) for name in names], [[printable(cell) for cell in row] for row in rows], numbers)
    return [f"  {line}" for line in table.text()]
