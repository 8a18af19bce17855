"""How far to trust it: the back-cast's errors, the certificate, known weaknesses, and the weakest inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.case.notices import notices
from supplychain.report import charts
from supplychain.report.formats import amount, number, plain, short
from supplychain.report.page.blocks import Chart, Heading, Listed, NotRun, Section, Sentences
from supplychain.report.page.grids import grid
from supplychain.report.page.report_data import BACKCAST, SENSITIVITY
from supplychain.report.text.answer import not_told_apart
from supplychain.results import schema

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, Said
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


def section(given: ReportData) -> Section:
    """Return what speaks against the answer."""
    blocks: list[Block] = [Heading("Errors against the past")]
    if BACKCAST in given.studies:
        blocks += _errors(given)
    else:
        blocks.append(
            NotRun("No back-cast was given.", "supplychain backcast inputs/backcast --out DIR, then --backcast DIR")
        )
    blocks += [
        Heading("Certificate"),
        Listed(_certificate(given)),
        Heading("Known weaknesses"),
        Listed(_weaknesses(given)),
        *_told(given),
        Heading("What cost and labels hang on"),
    ]
    if SENSITIVITY in given.studies:
        blocks += _tornado(given)
    else:
        blocks.append(
            NotRun(
                "The ranges of the inputs were not tried.",
                f"supplychain sensitivity {given.command} --out DIR, then --sensitivity DIR",
            )
        )
    return Section("trust", "How far to trust it", "Where does the model miss, and which inputs matter most?", blocks)


def _errors(given: ReportData) -> list[Block]:
    rows = given.tables.rows("backcast:comparisons")
    found = [
        {
            "row": plain(f"{r['year']} {r['quantity']}, {r['item']} ({r['source']})"),
            "value": r["model"] / r["central"],
            "low": r["low"] / r["central"],
            "high": r["high"] / r["central"],
            "part": "inside" if r["inside"] else "outside",
            "said": plain(
                f"{r['quantity']}, {r['item']}, {r['year']}: model {amount(r['model'])}, published "
                f"{amount(r['central'])} ({amount(r['low'])} to {amount(r['high'])}) {r['unit']}, "
                f"{r['source']}"
            ),
        }
        for r in rows.records()
        if r["independent"] and r["central"] > 0 and r["model"] > 0
    ]
    shown: list[ShownColumn] = [
        *("quantity", "item", "year", "source", "model", "low", "central", "high", "unit"),
        *(("error", 0.01, "sign"), "inside", "independent"),
    ]
    every = grid("All comparisons with published counts, independent or not", rows, schema.COMPARISONS, shown, keys=4)
    said = Sentences((*given.score, "."))
    if not found:
        return [said, every]
    outside = sum(r["part"] == "outside" for r in found)
    wide, narrow = charts.both(charts.ranges, found, x="over the published number, log")
    return [
        said,
        Chart(
            "backcast_errors",
            "How far is the model from independent published counts?",
            (
                f"{len(found)} rows: the published range as a bar and the model as a mark, over the "
                f"published number. {outside} marks are outside."
            ),
            wide,
            narrow,
            every,
            (
                (
                    "Beyond a factor of ten a mark stands at the edge. A model of nought has no place on "
                    "a log axis and stands in the table."
                ),
            ),
        ),
    ]


def _certificate(given: ReportData) -> list[Said]:
    points: list[Said] = []
    fact = given.tables.fact
    for name, value in given.plan.summary["certificate"].items():
        said = ("yes" if value else "no",) if isinstance(value, bool) else ("at most ", fact("certificate", name))
        points.append((f"{_PROOF.get(name, name.replace('_', ' '))}: ", *said))
    versions = ", ".join(f"{name} {v}" for name, v in given.plan.summary["versions"].items())
    return [*points, (fact("rows"), " rows and ", fact("columns"), f" columns; solved with {versions}")]


def _weaknesses(given: ReportData) -> list[Said]:
    points: list[Said] = [(plain(f"{line}."),) for line in not_told_apart(given.plan, given.years)]
    points += [(short(f"{notice}.", 600),) for notice in notices(given.case)]
    if SENSITIVITY in given.studies:
        weak = given.tables.rows("sensitivity:weak")
        first = ", ".join(plain(str(r["input"])) for r in weak.records()[:5])
        change = " inputs with low evidence change the binding stage of some year inside their range"
        points.append((weak.count(), change, f"; first {first}." if first else "."))
    return points or [("The checks of the inputs found nothing worth a look.",)]


def _told(given: ReportData) -> list[Block]:
    """Return what the author of the case says."""
    blocks: list[Block] = []
    for heading, points in given.weaknesses.items():
        said: list[Said] = [(short(point, 1000),) for point in points[:_MOST]]
        more = len(points) - _MOST
        said += [(f"… and {more} more there.",)] if more > 0 else []
        blocks += [Sentences((f"From the case's README.md, “{short(heading, 100)}”:",)), Listed(said)]
    return blocks


def _tornado(given: ReportData) -> list[Block]:
    now = given.studies[SENSITIVITY].summary["cost_usd_per_mtok"]
    rows = given.tables.rows("sensitivity:tornado")
    ends = ("low", "high")
    found = [r for r in rows.records() if now and any(abs(_known(r[f"cost_usd_per_mtok_{end}"])) > 0 for end in ends)]
    bars = []
    for r in found[:_TOP]:
        for end in ends:
            change = r[f"cost_usd_per_mtok_{end}"]
            if not math.isnan(change):
                bars.append(
                    {
                        "row": plain(f"{_brief(r['input'])} ({r['evidence']})"),
                        "part": f"{end} end",
                        "value": 100 * change / now,
                        "said": plain(
                            f"{r['input']}, {r['evidence']}, {end} end: {100 * change / now:+.1f} % "
                            f"of the average cost, {number(now + change)} USD per million tokens"
                        ),
                    }
                )
    ends_of = [f"{what}_{end}" for what in ("cost_usd_per_mtok", "served_ttok") for end in ends]
    shown: list[ShownColumn] = ["input", "evidence", *((name, 1.0, "sign") for name in ends_of), "labels_changed"]
    said = "Every input with a range, largest change of the average cost first"
    every = grid(said, rows, schema.TORNADO, shown, keys=2)
    low = "Low evidence that changes a label: what to look up first"
    weak = grid(
        low, given.tables.rows("sensitivity:weak"), schema.WEAK, ["input", "evidence", "labels_changed"], keys=2
    )
    if not bars:
        return [every, weak]
    wide, narrow = charts.both(charts.ends, bars, x="change of the average cost per token over all years, %")
    return [
        Chart(
            "tornado",
            "Which inputs does the cost of tokens hang on?",
            plain(
                "Bars by input for the low and the high end of its range; the "
                f"{min(_TOP, len(found))} largest of {len(found)}. First: {bars[0]['row']}."
            ),
            wide,
            narrow,
            every,
        ),
        weak,
    ]


def _brief(name: str) -> str:
    """Return what is moved without the names of the columns that choose it.

    >>> _brief("throughput.tokens_per_second[accelerator=h100, workload=chat]")
    'throughput.tokens_per_second, h100, chat'
    """
    what, _, chosen = name.removesuffix("]").partition("[")
    return ", ".join([what, *(one.partition("=")[2] for one in chosen.split(", ") if one)])


def _known(x: float) -> float:
    return 0.0 if math.isnan(x) else x
