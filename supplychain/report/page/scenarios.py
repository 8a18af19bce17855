"""Scenarios side by side with what each group of changes does, and what changed against a reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.plan.show import dollars, number, plain
from supplychain.report.page import charts
from supplychain.report.page.blocks import Column, Figure, Grid, Heading, Listed, NotRun, Section, Sentences
from supplychain.report.page.given import COMPARED, REFERENCE

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block
    from supplychain.report.page.given import Given

_SHOWN = ["served_ttok", "cost_usd", "average_usd_per_mtok", "capital_usd", "h100e_operating"]
_DIVERGING = ("#0072b2", "#86b9dc", "#f4f4f4", "#f0a878", "#b84a00")
_BINS = ("-10 % or more", "-10 to -1 %", "within 1 %", "+1 to +10 %", "+10 % or more")


def section(given: Given) -> Section:
    """Return scenarios and reference, or how to get them."""
    blocks: list[Block] = []
    if COMPARED in given.studies:
        blocks += [Listed([(plain(f"{title}."),) for title in given.scenarios.values()]), *_beside(given, COMPARED)]
    else:
        blocks.append(
            NotRun(
                "No scenario was put beside the case.", f"supplychain report {given.command} --scenario NAME --out DIR"
            )
        )
    if REFERENCE in given.studies:
        blocks += [Heading("Against the reference run"), *_beside(given, REFERENCE)]
    else:
        blocks.append(
            NotRun(
                "No earlier answer was given as a reference.",
                f"supplychain report {given.command} --reference ANSWER --out DIR",
            )
        )
    return Section(
        "scenarios", "Scenarios and what changed", "What differs, by how much, and which changes did it?", blocks
    )


def _beside(given: Given, study: str) -> list[Block]:
    tables = given.tables
    than = "the case" if study == COMPARED else "the reference"
    blocks: list[Block] = [_changes(given, study, than)]
    for level in ("stage", "group"):
        rows = tables.rows(f"{study}:labels", level=level)
        first = [r for r in rows.records() if r["answer"] == rows.data["answer"].iloc[0]]
        before = "; ".join(dict.fromkeys(plain(f"{r['reference']}") for r in first))
        caption = f"Which {level} binds ({than}: {before})"
        blocks.append(Grid(caption, rows, [Column("answer", "answer"), Column("label", "label")], across="year"))
    results = tables.rows(f"{study}:results", quantity=_SHOWN, item=schema.ALL).sorted("quantity")
    keys = [Column("quantity", "quantity"), Column("answer", "answer")]
    blocks += [
        Grid("What comes out", results, [*keys, Column("value", "value", "amount")], keys=2, across="year"),
        Grid(
            f"The same, change against {than} in %",
            results.with_share("change_share", "change", "reference"),
            [*keys, Column("change_share", "change, %", "per cent")],
            keys=2,
            across="year",
        ),
    ]
    if len(tables.rows(f"{study}:attribution").data):
        blocks.append(_attribution(given, study))
    differ = len(tables.rows(f"{study}:inputs").data)
    return [*blocks, Sentences((f"{differ:,} inputs differ." if differ else "No input differs.",))]


def _changes(given: Given, study: str, than: str) -> Figure:
    """Return what each answer does to the average cost of tokens, and to the label."""
    tables = given.tables
    rows = tables.rows(f"{study}:results", quantity="average_usd_per_mtok", item=schema.ALL)
    label = {(r["answer"], r["year"]): r for r in tables.rows(f"{study}:labels", level="stage").records()}
    cells = []
    for r in rows.records():
        share = 100 * r["change"] / r["reference"] if r["reference"] else math.nan
        one = label[r["answer"], r["year"]]
        cells.append(
            {
                "row": plain(r["answer"]),
                "column": str(r["year"]),
                "level": _bin(share),
                "text": "" if math.isnan(share) else f"{round(share, 1) + 0.0:+.1f} %",
                "mark": int(not one["same"]),
                "said": plain(
                    f"{r['answer']}, {r['year']}: {number(r['value'])} USD per million tokens, "
                    f"{number(r['reference'])} in {than}; binds: {one['label']}"
                ),
            }
        )
    moved = sum(c["mark"] == 1 for c in cells)
    wide, narrow = charts.both(
        charts.matrix, cells, rows="", columns="", legend="average cost per token", domain=_BINS, shades=_DIVERGING
    )
    return Figure(
        f"{study}_cost",
        "What does each do to the average cost of tokens, and to what binds?"
        if study == COMPARED
        else "What changed since the reference?",
        (
            "Cells by answer and year: change of the average cost per million tokens in per cent. "
            f"Framed, in {moved} cells, where another stage binds."
        ),
        wide,
        narrow,
        Grid(
            "Average cost, USD per million tokens",
            rows,
            [
                Column("answer", "answer"),
                Column("year", "year", "year"),
                Column("reference", than, "number"),
                Column("value", "then", "number"),
            ],
            keys=2,
        ),
        (f"Framed: another stage binds than in {than}.",),
    )


def _bin(share: float) -> str:
    if math.isnan(share) or abs(share) <= 1:
        return _BINS[2]
    if share < 0:
        return _BINS[0] if share <= -10 else _BINS[1]  # noqa: PLR2004 - as the legend says
    return _BINS[4] if share >= 10 else _BINS[3]  # noqa: PLR2004 - as the legend says


def _attribution(given: Given, study: str) -> Figure:
    rows = given.tables.rows(f"{study}:attribution", what="objective_usd")
    parts = [
        {"row": plain(f"{r['answer']}: {r['group']}"), "value": r["usd"] / 1e9, "part": "", "text": "", "said": ""}
        for r in rows.records()
    ]
    for p in parts:
        p |= {"part": "high end", "said": f"{p['row']}: {round(p['value'], 2) + 0.0:+,.2f} bn USD"}
    wide, narrow = charts.both(charts.signed, parts, x="bn USD, discounted, with what is left unserved")
    return Figure(
        f"{study}_attribution",
        "Which changes did it?",
        (
            "Bars by scenario and group of changes: what each adds to the discounted total; the largest "
            f"is {dollars(max((abs(p['value']) for p in parts), default=0.0) * 1e9)}."
        ),
        wide,
        narrow,
        Grid(
            "What each group of changes adds, USD",
            given.tables.rows(f"{study}:attribution"),
            [
                Column("answer", "answer"),
                Column("group", "group of changes"),
                Column("what", "adds to"),
                Column("year", "year", "year"),
                Column("usd", "bn USD", "hundredths", 1e9),
            ],
            keys=3,
        ),
        ("A part is the mean over all orders in which the changes could be made (Shapley), so that parts add up.",),
    )
