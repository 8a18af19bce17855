"""One year in one reading: what binds, the ladder, the value curve, what to order, what is stranded, what costs."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.case.calendar import online_year
from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.decomposition import RESIDUAL
from supplychain.report.formats import case_title, cut, dollars, number, or_nought, plain
from supplychain.report.text.overview import not_told_apart, worth
from supplychain.report.text.tables import TextTable
from supplychain.results.frames import records, rows_by_year

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from supplychain.plan import Plan

_WIDTH = 100
_NAME = 20
"""Characters of a name in the ladder."""
_SEGMENTS = 12
"""Segments of the curve that are shown."""
_OPTION = 32
"""Characters of an option's stage and supplier."""
_OTHERS, _OPTIONS, _IDLE, _PARTS = 3, 10, 8, 8
"""Other stages, options, stranded stages and parts of a cost that are shown."""


def explain(plan: Plan, year: int, stage: str | None = None, up_to: float = 25.0) -> str:
    """Return the year as text; the curve is of `stage`, or of what binds (of its first member, if several do).

    Raises: ValueError if the year is not reported or there is no such stage.
    """
    rungs = plan.ladder(year)
    binding = rows_by_year(plan.binding, "stage")[year]
    bound = [] if binding["state"] == DEMAND else binding["members"].split(" + ")
    curve_stage = stage or next(iter(bound), None)
    parts = [f"{case_title(plan.case.settings)}, {year}", *_label(plan, binding, year)]
    parts += ["", "Lifted altogether, one after the other, to full service:", *_ladder(rungs)]
    if curve_stage:
        parts += ["", f"Relief of {curve_stage}, further and further:", *_curve(plan.curve(curve_stage, year, up_to))]
    parts += ["", f"What to order by when, to arrive in {year}; most worth per dollar first:", *_options(plan, year)]
    parts += ["", "Stranded: idle because other stages bind, dearest first:", *_idle_capacity(plan.idle_capacity(year))]
    parts += ["", "Marginal cost, USD per 10^6 tokens, by who is paid in the end:"]
    parts += _made_of(plan.decomposition, "term", year)
    parts += ["", "Average cost, USD per 10^6 tokens, by item:", *_made_of(plan.average_cost, "item", year)]
    return "\n".join(line[:_WIDTH].rstrip() for line in parts)


def _label(plan: Plan, binding: dict[str, Any], year: int) -> list[str]:
    group = rows_by_year(plan.binding, "group")[year]
    if binding["state"] == DEMAND:
        return ["Binding: demand. No relief of one stage, or of up to four together, would serve more."]
    lines = [
        f"Binding: {binding['members']} ({binding['state']}, {binding['nature']}); group: {group['members']}",
        *(f"{line}." for line in not_told_apart(plan, [year])),
        *wrap(f"{worth(binding)}.", _WIDTH),
        f"It serves more in {', '.join(binding['helps'].split()) or 'no year'}.",
    ]
    in_year = plan.bottlenecks[plan.bottlenecks["year"] == year]
    gains = f"1 % more gains {dollars(binding['gain_usd_per_pct'])} in all its years"
    loss = in_year.loc[in_year["stage"] == binding["members"], "loss_usd_per_pct"]
    if not math.isnan(binding["gain_usd_per_pct"]):
        lines.append(gains + (f", 1 % less costs {dollars(loss.iloc[0])}." if len(loss) else "."))
    others = in_year[(in_year["annual_gain_usd_per_pct"] > 0) & ~in_year["stage"].isin(binding["members"].split(" + "))]
    ranked = records(others.sort_values("rank").head(_OTHERS))
    named = [f"{r['stage']} {dollars(r['annual_gain_usd_per_pct'])} ({r['state']})" for r in ranked]
    return lines + ([f"+1 % of others: {', '.join(named)}."] if named else [])


def _ladder(rungs: pd.DataFrame) -> list[str]:
    names = ["", "lifted", "state", "used, %", "tokens, 10^15", "research, k", "gain, m USD", "binding then"]
    rows = [
        (
            str(r["rung"]),
            cut(r["lifted"], _NAME),
            r["state"],
            number(r["used_pct"]),
            number(r["tokens_ttok"] / 1e3),
            number(r["research_h100e_years"] / 1e3),
            number(r["gain_usd"] / 1e6),
            cut(r["binding"], _NAME),
        )
        for r in records(rungs)
    ]
    return _table(names, rows, left={0, 1, 2, 7})


def _curve(segments: pd.DataFrame) -> list[str]:
    names = ["from, %", "to, %", "m USD per %", "gained, m USD", "binding"]
    rows = [
        (
            number(r["from_pct"]),
            number(r["to_pct"]),
            number(r["gain_usd_per_pct"] / 1e6),
            number(r["gain_usd"] / 1e6),
            r["binding"],
        )
        for r in records(segments)
    ]
    lines = _table(names, rows[:_SEGMENTS], left={4})
    more = len(rows) - _SEGMENTS
    return [*lines, f"  and {more} more segments up to {number(segments['to_pct'].iloc[-1])} %"] if more > 0 else lines


def _options(plan: Plan, year: int) -> list[str]:
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
    rows = [
        (
            cut(f"{r['stage']} / {r['supplier']}", _OPTION),
            cut(r["place"], _NAME),
            str(r["order_year"]),
            number(r["ordered"]),
            number(r["limit"]),
            r["unit"],
            number(r["benefit_usd_per_unit"] / 1e6),
            number(r["benefit_per_capex_usd"]),
        )
        for r in paying
    ]
    names = ["", "place", "order in", "ordered", "of", "unit", "+1, m USD", "per USD"]
    more = [f"  and {len(rows) - _OPTIONS} more; see purchases"] if len(rows) > _OPTIONS else []
    return [*_table(names, rows[:_OPTIONS], left={0, 1, 5}), *more]


def _idle_capacity(table: pd.DataFrame) -> list[str]:
    """Return stranded capacity by stage, in units and USD."""
    by = table.groupby(["stage", "unit"], as_index=False)[["limit", "idle", "idle_usd"]].sum()
    by = by.sort_values(["idle_usd", "stage"], ascending=[False, True]).head(_IDLE)
    rows = [
        (
            r["stage"],
            number(r["idle"]),
            r["unit"],
            number(100 * r["idle"] / r["limit"]),
            number(r["idle_usd"] / 1e6),
        )
        for r in records(by)
    ]
    return _table(["", "stranded", "unit", "of its limit, %", "m USD"], rows, left={0, 2}) if rows else ["  none"]


def _made_of(table: pd.DataFrame, part: str, year: int) -> list[str]:
    """Return what a cost is made of, workloads side by side: the largest parts, the rest, the residual, the sum."""
    in_year = table[table["year"] == year]
    wide = in_year.pivot_table(index=part, columns="workload", values="usd_per_mtok", sort=False).fillna(0.0)
    if wide.empty:
        return ["  none"]
    parts = wide.drop(index=RESIDUAL)
    largest = [i for _, i in sorted((-parts.loc[i].abs().max(), i) for i in parts.index)][:_PARTS]
    largest_parts = parts.loc[[i for i in parts.index if i in largest]]
    rows = [(str(name), *(number(x) for x in largest_parts.loc[name])) for name in largest_parts.index]
    if len(parts) > len(largest_parts):
        rows.append(("rest", *(number(x) for x in parts.drop(index=largest_parts.index).sum())))
    rows.append((RESIDUAL, *(f"{x:.0e}" if x else "0" for x in wide.loc[RESIDUAL])))
    rows.append(("in all", *(number(x) for x in wide.sum())))
    return _table(["", *map(str, wide.columns)], rows, left={0})


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], left: set[int]) -> list[str]:
    numbers = frozenset(range(len(names))) - left
    table = TextTable([plain(name) for name in names], [[plain(cell) for cell in row] for row in rows], numbers)
    return [f"  {line}" for line in table.text()]
