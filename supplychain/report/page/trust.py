"""How far to trust it: the back-cast's errors, the certificate, known weaknesses, and the weakest inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.case.notices import notices
from supplychain.report import charts
from supplychain.report.formats import amount, number, or_nought, plain, short
from supplychain.report.page.blocks import BulletList, Chart, Heading, Paragraph, Section
from supplychain.report.page.grids import every, grid
from supplychain.report.page.report_data import BACKCAST, BACKCAST_NOT_RUN, SENSITIVITY, sensitivity_not_run
from supplychain.report.text.overview import not_told_apart
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, ColumnKind, Sentence
    from supplychain.report.page.grids import ShownColumn
    from supplychain.report.page.report_data import ReportData

_TOP = 15
"""Inputs of the tornado that are drawn; the table has all."""

_MOST = 30
"""Points of the author of the case that are shown."""

_PROOF = {
    "primal_residual": "largest violation of a limit",
    "primal_residual_scaled": "the same, over the size of the plan",
    "dual_residual": "largest violation by a price",
    "dual_residual_scaled": "the same, over the size of costs",
    "duality_gap_relative": "duality gap",
    "primal_degenerate": "several bases give this plan",
    "dual_degenerate": "several plans cost the same",
    "solved_again_objective_relative": "difference to a solve from nothing by another algorithm",
    "tie_break_objective_relative": "what choosing among equal plans gave up",
    "tie_break_primal_residual_scaled": "violation after that choice",
}


def section(report_data: ReportData) -> Section:
    """Return what speaks against the answer."""
    blocks: list[Block] = [Heading("Errors against the past")]
    if BACKCAST in report_data.studies:
        blocks += _errors(report_data)
    else:
        blocks.append(BACKCAST_NOT_RUN)
    blocks += [
        Heading("Certificate"),
        BulletList(_certificate(report_data)),
        Heading("Known weaknesses"),
        BulletList(_weaknesses(report_data)),
        *_said_by_author(report_data),
        Heading("What cost and labels hang on, changing one input at a time"),
    ]
    if SENSITIVITY in report_data.studies:
        blocks += _tornado(report_data)
    else:
        blocks.append(sensitivity_not_run(report_data))
    return Section("trust", "How far to trust it", "Where does the model miss, and which inputs matter most?", blocks)


def _errors(report_data: ReportData) -> list[Block]:
    rows = report_data.tables.rows("backcast:comparisons")
    marks = [
        {
            "row": plain(f"{r['year']} {r['quantity']}, {r['item']} ({r['source']})"),
            "value": r["model"] / r["central"],
            "low": r["low"] / r["central"],
            "high": r["high"] / r["central"],
            "part": "inside" if r["inside"] else "outside",
            "description": plain(
                f"{r['quantity']}, {r['item']}, {r['year']}: model {amount(r['model'])}, published "
                f"{amount(r['central'])} ({amount(r['low'])} to {amount(r['high'])}) {r['unit']}, "
                f"{r['source']}"
            ),
        }
        for r in rows.records()
        if r["independent"] and r["central"] > 0 and r["model"] > 0
    ]
    grid_columns: list[ShownColumn] = [
        *("quantity", "item", "year", "source", "model", "low", "central", "high", "unit"),
        *(("error", 0.01, "sign"), "inside", "independent"),
    ]
    all_comparisons = grid(
        "All comparisons with published counts, independent or not", rows, schema.COMPARISONS, grid_columns, keys=4
    )
    said: list[Block] = [Paragraph(("Against the past: ", *report_data.scores, "."))]
    more = _scores(report_data)
    if not marks:
        return [*said, *more, all_comparisons]
    outside = sum(r["part"] == "outside" for r in marks)
    wide, narrow = charts.wide_and_narrow(charts.ranges, marks, x="over the published number, log")
    return [
        *said,
        *more,
        Chart(
            "backcast_errors",
            "How far is the model from independent published counts?",
            (
                f"{len(marks)} rows: the published range as a bar and the model as a mark, over the "
                f"published number. {outside} marks are outside."
            ),
            wide,
            narrow,
            all_comparisons,
            (
                (
                    "Beyond a factor of ten a mark stands at the edge. A model of nought has no place on "
                    "a log axis and stands in the table, as bounds do."
                ),
            ),
        ),
    ]


def _scores(report_data: ReportData) -> list[Block]:
    """Return the scores by kind, beside simple forecasts and under other foresight; an earlier answer has none."""
    tables = report_data.tables
    if "backcast:scores" not in tables:
        return []
    shares: dict[str, tuple[float, ColumnKind]] = {"inside_share": (0.01, "number")}
    skill: dict[str, tuple[float, ColumnKind]] = {"skill": (1.0, "sign")}
    return [
        grid(
            "How far is the back-cast from independent published numbers, by kind?",
            tables.rows("backcast:scores"),
            schema.SCORES,
            every(schema.SCORES, **shares),
        ),
        grid(
            "Is it better than simple forecasts, on the rows that they can make?",
            tables.rows("backcast:skill"),
            schema.SKILL,
            every(schema.SKILL, **skill),
            keys=2,
        ),
        grid(
            "How far is it under other foresight?",
            tables.rows("backcast:by_foresight"),
            schema.BY_FORESIGHT,
            every(schema.BY_FORESIGHT, **shares),
        ),
    ]


def _certificate(report_data: ReportData) -> list[Sentence]:
    points: list[Sentence] = []
    fact = report_data.tables.fact
    for name, value in report_data.plan.summary["certificate"].items():
        shown_value = (
            ("yes" if value else "no",) if isinstance(value, bool) else ("at most ", fact("certificate", name))
        )
        points.append((f"{_PROOF.get(name, name.replace('_', ' '))}: ", *shown_value))
    versions = ", ".join(f"{name} {v}" for name, v in report_data.plan.summary["versions"].items())
    return [*points, (fact("rows"), " rows and ", fact("columns"), f" columns; solved with {versions}")]


def _weaknesses(report_data: ReportData) -> list[Sentence]:
    points: list[Sentence] = [(plain(f"{line}."),) for line in not_told_apart(report_data.plan, report_data.years)]
    points += [(short(f"{notice}.", 600),) for notice in notices(report_data.case)]
    if SENSITIVITY in report_data.studies:
        weak = report_data.tables.rows("sensitivity:weak")
        first = ", ".join(plain(str(r["input"])) for r in weak.records()[:5])
        change = " inputs with low evidence, changed one at a time inside their range, change the stage of some year"
        points.append((weak.count(), change, f"; first {first}." if first else "."))
    return points or [("The checks of the inputs found nothing worth a look.",)]


def _said_by_author(report_data: ReportData) -> list[Block]:
    """Return what the author of the case says."""
    blocks: list[Block] = []
    for heading, points in report_data.weaknesses.items():
        listed: list[Sentence] = [(short(point, 1000),) for point in points[:_MOST]]
        more = len(points) - _MOST
        listed += [(f"… and {more} more there.",)] if more > 0 else []
        blocks += [Paragraph((f"From the case's README.md, “{short(heading, 100)}”:",)), BulletList(listed)]
    return blocks


def _tornado(report_data: ReportData) -> list[Block]:
    central = report_data.studies[SENSITIVITY].summary["cost_usd_per_mtok"]
    rows = report_data.tables.rows("sensitivity:tornado")
    ends = ("low", "high")
    inputs = [
        r for r in rows.records() if central and any(abs(or_nought(r[f"cost_usd_per_mtok_{end}"])) > 0 for end in ends)
    ]
    bars = []
    for r in inputs[:_TOP]:
        for end in ends:
            change = r[f"cost_usd_per_mtok_{end}"]
            if not math.isnan(change):
                bars.append(
                    {
                        "row": plain(f"{_brief(r['input'])} ({r['evidence']})"),
                        "part": f"{end} end",
                        "value": 100 * change / central,
                        "description": plain(
                            f"{r['input']}, {r['evidence']}, {end} end: {100 * change / central:+.1f} % "
                            f"of the average cost, {number(central + change)} USD per million tokens"
                        ),
                    }
                )
    ends_of = [f"{what}_{end}" for what in ("cost_usd_per_mtok", "served_ttok") for end in ends]
    grid_columns: list[ShownColumn] = [
        "input",
        "evidence",
        *((name, 1.0, "sign") for name in ends_of),
        "labels_changed",
    ]
    caption = "Every input with a range, changed one at a time: largest change of the average cost first"
    all_inputs = grid(caption, rows, schema.TORNADO, grid_columns, keys=2)
    low = "Low evidence that changes a label: what to look up first"
    weak = grid(
        low, report_data.tables.rows("sensitivity:weak"), schema.WEAK, ["input", "evidence", "labels_changed"], keys=2
    )
    if not bars:
        return [all_inputs, weak]
    wide, narrow = charts.wide_and_narrow(
        charts.low_high_bars, bars, x="change of the average cost per token over all years, %"
    )
    return [
        Chart(
            "tornado",
            "Which inputs does the cost of tokens hang on?",
            plain(
                "Bars by input for the low and the high end of its range; the "
                f"{min(_TOP, len(inputs))} largest of {len(inputs)}. First: {bars[0]['row']}."
            ),
            wide,
            narrow,
            all_inputs,
        ),
        weak,
    ]


def _brief(name: str) -> str:
    """Return what is moved without the names of the columns that choose it.

    >>> _brief("throughput.tokens_per_second[accelerator=h100, workload=chat]")
    'throughput.tokens_per_second, h100, chat'
    """
    target, _, chosen = name.removesuffix("]").partition("[")
    return ", ".join([target, *(part.partition("=")[2] for part in chosen.split(", ") if part)])
