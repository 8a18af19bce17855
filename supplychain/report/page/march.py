"""The march of the bottleneck: who binds when, alone or jointly, what relief is worth and to whom, and how firmly."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.show import dollars, number, plain, worth
from supplychain.report.page import charts
from supplychain.report.page.blocks import Column, Figure, Grid, Heading, NotRun, Section, Sentences
from supplychain.report.page.given import BACKCAST, SENSITIVITY, binding_of

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.given import Given

_LEVELS = ("none", "less than $10M", "$10M to $100M", "$100M to $1B", "$1B or more")
_ENDS = (0.0, 1e7, 1e8, 1e9)
_PARTS = {
    "tokens": "#0072b2",
    "research": "#e69f00",
    "cost saved": "#9a9a9a",
}


def section(given: Given) -> Section:
    """Return what binds in each year, and how firmly; and what bound in the past."""
    tables = given.tables
    blocks: list[Block] = [_map(given, "stage"), _map(given, "group"), _whom(given)]
    columns = [
        Column("year", "year", "year"),
        Column("level", "level"),
        Column("members", "binds"),
        Column("state", "state"),
        Column("nature", "nature"),
        Column("annual_gain_usd_per_pct", "1 % more, m USD a year", "number", 1e6),
        Column("helps", "serves more in"),
        Column("holds_to_pct", "rate holds to, %", "number"),
        Column("next", "then"),
    ]
    blocks.append(
        Grid("What binds: stages that bind together are joined by +", tables.rows("binding"), columns, keys=2)
    )
    blocks.append(Heading("How many moves of the inputs keep the label"))
    if SENSITIVITY in given.studies:
        labels = [
            Column("year", "year", "year"),
            Column("level", "level"),
            Column("label", "label"),
            Column("keeps", "kept by", "exact"),
            Column("moves", "of", "exact"),
            Column("others", "else"),
        ]
        blocks.append(
            Grid(
                "Each input with a range, moved to each of its ends, one at a time",
                tables.rows("sensitivity:labels"),
                labels,
                keys=2,
            )
        )
    else:
        blocks.append(
            NotRun(
                "The ranges of the inputs were not tried.",
                f"supplychain sensitivity {given.command} --out DIR, then --sensitivity DIR",
            )
        )
    blocks.append(Heading("The years that are past"))
    if BACKCAST in given.studies:
        blocks += _past(given)
    else:
        blocks.append(
            NotRun("No back-cast was given.", "supplychain backcast inputs/backcast --out DIR, then --backcast DIR")
        )
    return Section(
        "march", "The march of the bottleneck", "Who binds, alone or jointly, and what is 1 % more of it worth?", blocks
    )


def _map(given: Given, level: str) -> Figure:
    """Return years across and stages, or groups, down, each with what 1 % more of it is worth."""
    name = "bottlenecks" if level == "stage" else "bottlenecks_by_group"
    rows = given.tables.rows(name)
    members = {
        t: set(str(row["members"]).split(" + "))
        for t, row in binding_of(given, level).items()
        if row["state"] != DEMAND
    }
    found: dict[tuple[Any, int], dict[str, Any]] = {(r[level], r["year"]): r for r in rows.records()}
    order = list(dict.fromkeys(row[level] for row in given.stages))
    order = [n for n in order if any(found.get((n, t), {}).get("state", "slack") != "slack" for t in given.years)]
    quiet = len({r[level] for r in rows.records()}) - len(order)
    cells = []
    for n in order or list(dict.fromkeys(row[level] for row in given.stages))[:1]:
        for t in given.years:
            r = found.get((n, t), {"state": "slack", "annual_gain_usd_per_pct": 0.0})
            gain = r["annual_gain_usd_per_pct"]
            cells.append(
                {
                    "row": plain(n),
                    "column": str(t),
                    "level": _level(gain),
                    "text": _short_worth(r["state"], gain),
                    "mark": int(n in members.get(t, set())),
                    "said": plain(
                        f"{n}, {t}: {r['state']}, 1 % more is worth "
                        f"{'the first unit' if math.isnan(gain) else dollars(gain)} a year"
                    ),
                }
            )
    wide, narrow = charts.both(
        charts.matrix, cells, rows="", columns="", legend="1 % more is worth, USD a year", domain=_LEVELS
    )
    what = "stages" if level == "stage" else "groups"
    bound = "; ".join(f"{t}: {' + '.join(sorted(members.get(t, {'demand'})))}" for t in given.years)
    note = (
        f"Framed: binds in the year, alone or with others framed in the same year. {quiet} {what} are "
        "slack in all years and left out."
    )
    columns = [
        Column("year", "year", "year"),
        Column(level, level),
        Column("state", "state"),
        Column("annual_gain_usd_per_pct", "+1 %, m USD a year", "number", 1e6),
        Column("gain_usd_per_pct", "+1 %, m USD in all its years", "number", 1e6),
        Column("loss_usd_per_pct", "-1 % costs, m USD", "number", 1e6),
        Column("helps", "serves more in"),
        Column("holds_to_pct", "holds to, %", "number"),
        Column("next_stage", "then"),
        Column("moves_with", "moves with"),
    ]
    return Figure(
        f"march_{level}",
        f"Which {what} bind in which year, and what is 1 % more worth?",
        plain(f"Cells by {level} and year, darker where 1 % more is worth more. Binding: {bound}."),
        wide,
        narrow,
        Grid(f"Every {level} and year", rows, columns, keys=2),
        (
            note,
            (
                " Sole: more of it serves more; joint: only with others; saving: it only saves cost; "
                "tight: less of it would cost."
            ),
        ),
    )


def _level(gain: float) -> str:
    if math.isnan(gain):
        return _LEVELS[-1]
    return _LEVELS[sum(gain > end for end in _ENDS)]


def _short_worth(state: str, gain: float) -> str:
    if state == "slack":
        return ""
    if math.isnan(gain):
        return "first unit"
    return dollars(gain) if gain > 0 else state


def _whom(given: Given) -> Figure:
    """Return to whom relief of what binds is worth how much: of sole stages, for parts are known of stages."""
    bound = {(t, row["members"]) for t, row in binding_of(given, "stage").items()}
    rows = given.tables.rows("bottlenecks", rank=1)
    parts = []
    size, unit = charts.size(rows.data["annual_gain_usd_per_pct"], charts.USD)
    for r in rows.records():
        annual = r["annual_gain_usd_per_pct"] / r["gain_usd_per_pct"] if r["gain_usd_per_pct"] else math.nan
        research = r["gain_research_usd_per_pct"]
        split = (r["gain_serving_usd_per_pct"] - research, research, r["gain_saving_usd_per_pct"])
        for part, usd in zip(_PARTS, split, strict=True):
            value = usd * annual / size
            if math.isfinite(value):
                here = "binds" if (r["year"], r["stage"]) in bound else "worth most"
                parts.append(
                    {
                        "column": str(r["year"]),
                        "part": part,
                        "value": value,
                        "said": plain(f"{r['year']}, {r['stage']} ({here}), {part}: {dollars(value * size)} a year"),
                    }
                )
    wide, narrow = charts.both(charts.stacked, parts, y=f"{unit} a year for 1 % more", colour=_PARTS)
    columns = [
        Column("year", "year", "year"),
        Column("stage", "worth most"),
        Column("annual_gain_usd_per_pct", "a year, m USD", "number", 1e6),
        Column("gain_usd_per_pct", "in all its years, m USD", "number", 1e6),
        Column("gain_serving_usd_per_pct", "of it by serving more", "number", 1e6),
        Column("gain_research_usd_per_pct", "of that research", "number", 1e6),
        Column("gain_saving_usd_per_pct", "by saving cost", "number", 1e6),
    ]
    said = "; ".join(f"{t}: {worth(row)}" for t, row in binding_of(given, "stage").items())
    return Figure(
        "worth_to_whom",
        "Whom does 1 % more of the stage that is worth most serve?",
        plain(f"Stacked bars by year: tokens, research and cost saved. {said}."),
        wide,
        narrow,
        Grid("The stage whose relief is worth most, m USD for 1 % more", rows, columns, keys=2),
    )


def _past(given: Given) -> list[Block]:
    tables = given.tables
    score = str(given.studies[BACKCAST].summary["score"])
    said = [
        Column("year", "year", "year"),
        Column("level", "level"),
        Column("label", "model"),
        Column("said", "what the data allow to say"),
        Column("press", "press"),
        Column("agrees", "agree"),
    ]
    kept = [
        Column("year", "year", "year"),
        Column("level", "level"),
        Column("keeps", "kept by", "exact"),
        Column("moves", "of", "exact"),
        Column("becomes", "becomes first"),
        Column("input", "by moving"),
        Column("end", "to its end"),
        Column("by", "% of the way", "number", 0.01),
    ]
    missed = tables.rows("backcast:comparisons", inside=False, independent=True)
    why = [
        Column("quantity", "quantity"),
        Column("item", "item"),
        Column("year", "year", "year"),
        Column("model", "model", "number"),
        Column("low", "low", "number"),
        Column("high", "high", "number"),
        Column("unit", "unit"),
        Column("cause", "nearest by moving"),
        Column("cause_end", "to its end"),
        Column("cause_value", "model then", "number"),
    ]
    blocks: list[Block] = [
        Sentences((f"{plain(score)}. Nothing in the back-cast forces its outcome.",)),
        Grid(
            "What bound, what the data allow to say, and what the press said",
            tables.rows("backcast:labels"),
            said,
            keys=2,
        ),
        Grid(
            "How firm these labels are, and the smallest move that changes them",
            tables.rows("backcast:labels"),
            kept,
            keys=2,
        ),
        Grid(
            "Where the model differs from published counts, and the input that explains most of it", missed, why, keys=3
        ),
    ]
    return blocks


__all__ = ["number", "section"]
