"""The march of the bottleneck: who binds when, alone or jointly, what relief is worth and to whom."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.plan.bottlenecks import DEMAND
from supplychain.report import charts
from supplychain.report.formats import USD, dollars, plain, unit_for
from supplychain.report.page.blocks import BulletList, Chart, Heading, Paragraph, Section
from supplychain.report.page.grids import grid
from supplychain.report.page.report_data import BACKCAST, BACKCAST_NOT_RUN, SENSITIVITY, sensitivity_not_run
from supplychain.report.text.overview import gain_parts, worth
from supplychain.results import schema
from supplychain.results.frames import rows_by_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.report.page.blocks import Block, Sentence, SourcedRows
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_LEVELS = ("none", "less than $10M", "$10M to $100M", "$100M to $1B", "$1B or more")
_ENDS = (0.0, 1e7, 1e8, 1e9)
_PARTS = {
    "tokens": "#0072b2",
    "research": "#e69f00",
    "deals kept": "#009e73",
    "cost saved": "#9a9a9a",
}


def section(report_data: ReportData) -> Section:
    """Return what binds in each year, what changing one input at a time does to it, and what bound in the past."""
    tables = report_data.tables
    blocks: list[Block] = [_map(report_data, "group"), _map(report_data, "stage"), _worth_to_whom(report_data)]
    grid_columns: list[ShownColumn] = [
        "year",
        "level",
        "members",
        "state",
        "nature",
        ("annual_gain_usd_per_pct", 1e6),
        "helps",
        "holds_to_pct",
        "next",
    ]
    caption = "What binds: stages that bind together are joined by +"
    blocks.append(grid(caption, tables.rows("binding"), schema.BINDING, grid_columns, keys=2))
    blocks.append(Heading("Changing one input at a time"))
    if SENSITIVITY in report_data.studies:
        caption = "How many moves of one input to an end of its range leave the label; this is no probability"
        blocks.append(grid(caption, tables.rows("sensitivity:labels"), schema.KEPT_LABELS, keys=2))
    else:
        blocks.append(sensitivity_not_run(report_data))
    blocks.append(Heading("The years that are past"))
    if BACKCAST in report_data.studies:
        blocks += _past(report_data)
    else:
        blocks.append(BACKCAST_NOT_RUN)
    return Section(
        "march", "The march of the bottleneck", "Who binds, alone or jointly, and what is 1 % more of it worth?", blocks
    )


def _map(report_data: ReportData, level: str) -> Chart:
    """Return years across and stages, or groups, down, each with what 1 % more of it is worth."""
    name = "bottlenecks" if level == "stage" else "bottlenecks_by_group"
    rows = report_data.tables.rows(name)
    members = {
        t: set(str(row["members"]).split(" + "))
        for t, row in rows_by_year(report_data.plan.binding, level).items()
        if row["state"] != DEMAND
    }
    row_of: dict[tuple[Any, int], dict[str, Any]] = {(r[level], r["year"]): r for r in rows.records()}
    order = list(dict.fromkeys(row[level] for row in report_data.stages))
    order = [
        n for n in order if any(row_of.get((n, t), {}).get("state", "slack") != "slack" for t in report_data.years)
    ]
    cells = []
    for n in order or list(dict.fromkeys(row[level] for row in report_data.stages))[:1]:
        for t in report_data.years:
            r = row_of.get((n, t), {"state": "slack", "annual_gain_usd_per_pct": 0.0})
            gain = r["annual_gain_usd_per_pct"]
            cells.append(
                {
                    "row": plain(n),
                    "column": str(t),
                    "level": _level(gain),
                    "text": _short_worth(r["state"], gain),
                    "mark": int(n in members.get(t, set())),
                    "description": plain(
                        f"{n}, {t}: {r['state']}, 1 % more is worth "
                        f"{'the first unit' if math.isnan(gain) else dollars(gain)} a year"
                    ),
                }
            )
    wide, narrow = charts.wide_and_narrow(
        charts.matrix, cells, rows="", columns="", legend="1 % more is worth, USD a year", domain=_LEVELS
    )
    plural = "stages" if level == "stage" else "groups"
    bound = "; ".join(f"{t}: {' + '.join(sorted(members.get(t, {'demand'})))}" for t in report_data.years)
    table = schema.BOTTLENECKS if level == "stage" else schema.BOTTLENECKS_BY_GROUP
    grid_columns: list[ShownColumn] = [
        *("year", level, "state", ("annual_gain_usd_per_pct", 1e6), ("gain_usd_per_pct", 1e6)),
        *(("loss_usd_per_pct", 1e6), "helps", "holds_to_pct", "next_stage", "moves_with"),
    ]
    return Chart(
        f"march_{level}",
        f"Which {plural} bind in which year, and what is 1 % more worth?",
        plain(f"Cells by {level} and year, darker where 1 % more is worth more. Binding: {bound}."),
        wide,
        narrow,
        grid(f"Every {level} and year", rows, table, grid_columns, keys=2),
        (
            "Framed: binds in the year, alone or with others framed in the same year. ",
            report_data.tables.quiet(name, level),
            f" {plural} are slack in all years and left out. Sole: more of it serves more; joint: only with others; ",
            "saving: it only saves cost; tight: less of it would cost.",
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


def _worth_to_whom(report_data: ReportData) -> Chart:
    """Return to whom relief of what binds is worth how much: of sole stages, for parts are known of stages."""
    bound = {(t, row["members"]) for t, row in rows_by_year(report_data.plan.binding, "stage").items()}
    rows = report_data.tables.rows("bottlenecks", rank=1)
    parts = []
    size, unit = unit_for(rows.data["annual_gain_usd_per_pct"], USD)
    for r in rows.records():
        annual = r["annual_gain_usd_per_pct"] / r["gain_usd_per_pct"] if r["gain_usd_per_pct"] else math.nan
        for part, usd in zip(_PARTS, gain_parts(r), strict=True):
            value = usd * annual / size
            if math.isfinite(value):
                why = "binds" if (r["year"], r["stage"]) in bound else "worth most"
                parts.append(
                    {
                        "column": str(r["year"]),
                        "part": part,
                        "value": value,
                        "description": plain(
                            f"{r['year']}, {r['stage']} ({why}), {part}: {dollars(value * size)} a year"
                        ),
                    }
                )
    wide, narrow = charts.wide_and_narrow(charts.stacked, parts, y=f"{unit} a year for 1 % more", colour=_PARTS)
    parts_of = ("annual_gain", "gain", "gain_serving", "gain_research", "gain_orders", "gain_saving")
    grid_columns: list[ShownColumn] = ["year", "stage", *((f"{part}_usd_per_pct", 1e6) for part in parts_of)]
    worth_by_year = "; ".join(
        f"{t}: {worth(row)}" for t, row in rows_by_year(report_data.plan.binding, "stage").items()
    )
    return Chart(
        "worth_to_whom",
        "Whom does 1 % more of the stage that is worth most serve?",
        plain(f"Stacked bars by year: tokens, research and cost saved. {worth_by_year}."),
        wide,
        narrow,
        grid(
            "The stage whose relief is worth most, m USD for 1 % more", rows, schema.BOTTLENECKS, grid_columns, keys=2
        ),
    )


def _past(report_data: ReportData) -> list[Block]:
    """Return what bound in the past beside what was said then, and what explains where the model differs."""
    tables = report_data.tables
    rows = tables.rows("backcast:labels")
    missed = tables.rows("backcast:comparisons", inside=False, independent=True)
    why: list[ShownColumn] = [
        *("quantity", "item", "year", ("model", 1.0, "amount"), ("low", 1.0, "amount"), ("high", 1.0, "amount")),
        *("unit", "cause", ("cause_value", 1.0, "amount")),
    ]
    firm: list[ShownColumn] = [*schema.PAST_LABELS.key, "keeps", "moves", "becomes", "input", "end", ("by", 0.01)]
    return [
        Paragraph(("Against the past: ", *report_data.scores, ". Nothing in the back-cast forces its outcome.")),
        _past_map(report_data, rows),
        BulletList([_past_year(report_data, r) for r in rows.records() if r["level"] == "stage"]),
        grid(
            "Changing one input at a time: how many moves keep the label, and the smallest that changes it",
            rows,
            schema.PAST_LABELS,
            firm,
            keys=2,
            folded=True,
        ),
        grid(
            "Where the model differs from published counts, and the input that explains most of it",
            missed,
            schema.COMPARISONS,
            why,
            keys=3,
        ),
    ]


_WHO = {(True, True): "both", (True, False): "model", (False, True): "press", (False, False): ""}
_NEITHER, _INSIDE = "neither", "inside the ranges"
_WHO_COLOURS = {_NEITHER: "#f6f6f6", _INSIDE: "#dcdcdc", "press": "#f0b070", "model": "#7fb5d8", "both": "#0072b2"}


def _past_map(report_data: ReportData, rows: SourcedRows) -> Chart:
    """Return past years across and stages down: what the model says, the press, and some value inside the ranges."""
    labels_of = {
        r["year"]: [_members(r[column]) for column in ("label", "press", "others")]
        for r in rows.records()
        if r["level"] == "stage"
    }
    named = {name for labels in labels_of.values() for members in labels for name in members}
    known = [row["stage"] for row in report_data.stages if row["stage"] in named]
    cells = []
    for name in [*known, *sorted(named - {*known, DEMAND}), *sorted(named & {DEMAND})]:
        for year, (model, press, others) in labels_of.items():
            who = _WHO[name in model, name in press]
            inside = name in others
            cells.append(
                {
                    "row": plain(name),
                    "column": str(year),
                    "level": _INSIDE if inside and not who else who or _NEITHER,
                    "text": who,
                    "mark": int(name in model),
                    "description": plain(f"{name}, {year}: {who or _NEITHER}{f'; {_INSIDE}' if inside else ''}"),
                }
            )
    wide, narrow = charts.wide_and_narrow(
        charts.matrix,
        cells,
        rows="",
        columns="",
        legend="who says that it bound",
        domain=[*_WHO_COLOURS],
        shades=[*_WHO_COLOURS.values()],
    )
    bound = "; ".join(f"{year}: {' + '.join(model)}" for year, (model, _, _) in labels_of.items())
    grid_columns: list[ShownColumn] = ["year", "level", "label", "said", "press", "agrees"]
    return Chart(
        "past",
        "What bound in the past: the model beside the press",
        plain(f"Cells by stage and year: whether the model, the press or both say that it bound. Model: {bound}."),
        wide,
        narrow,
        grid(
            "What bound, what the data allow to say, and what the press said",
            rows,
            schema.PAST_LABELS,
            grid_columns,
            keys=2,
        ),
        ("Framed: the model's label. Inside the ranges: one input at an end of its range makes the model say so.",),
    )


def _members(label: object) -> list[str]:
    """Return the stages that a cell names: those of one label, or several labels."""
    return [] if label is None or label != label else str(label).replace(" + ", ", ").split(", ")  # noqa: PLR0124 - nan


def _past_year(report_data: ReportData, row: Mapping[str, Any]) -> Sentence:
    """Return a sentence about one year that is past."""
    where = {"year": row["year"], "level": "stage"}
    press = ", ".join(_members(row["press"]))
    parts: Sentence = (
        plain(f"{row['year']}: {row['label']} in the model"),
        plain(f"; the press said {press}" if press else "; the press named none"),
    )
    if _members(row["input"]):
        by = report_data.tables.only("backcast:labels", "by", **where).per_cent()
        kept = report_data.tables.only("backcast:labels", "keeps", **where)
        moves = report_data.tables.only("backcast:labels", "moves", **where)
        parts += (". ", kept, " of ", moves, " moves of an input to an end of its range keep it; the smallest that ")
        parts += ("does not: ", plain(f"{row['input']}"), ", ", by, " of the way to its ", plain(f"{row['end']} end"))
        parts += (plain(f", then {row['becomes']} binds"),)
    return (*parts, ".")
