"""Scenarios side by side with what each group of changes does, and what changed against a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import DEMAND
from supplychain.report import charts
from supplychain.report.formats import dollars, number, plain, short, with_sign, with_sign_grouped
from supplychain.report.page.blocks import BulletList, Chart, Grid, GridColumn, Heading, NotRun, Paragraph, Section
from supplychain.report.page.grids import every, grid
from supplychain.report.page.report_data import COMPARED, REFERENCE
from supplychain.report.text.compare import differing
from supplychain.results import schema as result_schema
from supplychain.schema import ALL
from supplychain.tolerances import UNCHANGED

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, Sentence, SourcedRows
    from supplychain.report.page.report_data import ReportData

_DIVERGING = ("#0072b2", "#86b9dc", "#f4f4f4", "#f0a878", "#b84a00")
_BINS = ("-10 % or more", "-10 to -1 %", "within 1 %", "+1 to +10 %", "+10 % or more")


@dataclass(frozen=True)
class _Measure:
    """What is compared: its name in the tables, what it is called, and in which unit it is shown."""

    name: str
    title: str
    unit: str
    size: float


_COST = _Measure("average_usd_per_mtok", "average cost of tokens", "USD per 10⁶", 1.0)
_SERVED = _Measure("served_ttok", "tokens served", "10¹⁵ a year", 1e3)
_OTHERS = (
    _Measure("cost_usd", "cost of serving and research", "bn USD a year", 1e9),
    _Measure("capital_usd", "capital spent", "bn USD a year", 1e9),
    _Measure("h100e_operating", "compute that operates", "million H100 equivalents", 1e6),
)


def section(report_data: ReportData) -> Section:
    """Return scenarios and reference, or how to get them."""
    blocks: list[Block] = []
    if COMPARED in report_data.studies:
        blocks += _compared(report_data, COMPARED)
    else:
        blocks.append(
            NotRun(
                "No scenario was put beside the case.",
                f"supplychain report {report_data.report_arguments} --scenario NAME --out DIR",
            )
        )
    if REFERENCE in report_data.studies:
        blocks += [Heading("Against the reference run"), *_compared(report_data, REFERENCE)]
    else:
        blocks.append(
            NotRun(
                "No earlier answer was given as a reference.",
                f"supplychain report {report_data.report_arguments} --reference ANSWER --out DIR",
            )
        )
    return Section(
        "scenarios", "Scenarios and what changed", "What differs, by how much, and which changes did it?", blocks
    )


def _compared(report_data: ReportData, study: str) -> list[Block]:
    case = "the case as given" if report_data.subject else "the case"
    reference = case if study == COMPARED else "the reference"
    labels = report_data.tables.rows(f"{study}:labels")
    answers = list(dict.fromkeys(labels.data["answer"]))
    blocks: list[Block] = [
        BulletList([_summary(report_data, study, answer) for answer in answers]),
        _binding(report_data, study, reference, labels),
        _changes(report_data, study, reference, _COST),
        _changes(report_data, study, reference, _SERVED),
    ]
    blocks += [_numbers(report_data, study, reference, other, folded=True) for other in _OTHERS]
    if len(report_data.tables.rows(f"{study}:attribution").data):
        blocks.append(_attribution(report_data, study))
    inputs = report_data.tables.rows(f"{study}:inputs")
    several = ", all of these together" if len(answers) > 1 else ""
    return [
        *blocks,
        Paragraph(
            (f"{differing(inputs.data)} that differ from {reference}{several}: ", inputs.count(), ".")
            if len(inputs.data)
            else ("No input differs.",)
        ),
    ]


def _summary(report_data: ReportData, study: str, answer: str) -> Sentence:
    """Return a sentence: what an answer does in the last year, and where another stage binds."""
    tables, last = report_data.tables, max(report_data.tables.rows(f"{study}:labels", answer=answer).data["year"])
    title = (
        report_data.scenarios.get(answer, answer)
        if study == COMPARED
        else f"Against {report_data.studies[study].summary['answers'][0]}"
    )
    about = ", which the rest of this report is about" if study == COMPARED and answer == report_data.subject else ""
    parts: Sentence = (plain(f"{title}{about}: in {last}"),)
    for quantity, joined in ((_SERVED, " tokens served "), (_COST, ", average cost ")):
        where = {"answer": answer, "year": last, "quantity": quantity.name, "item": ALL}
        change = tables.only(f"{study}:results", "change", **where) / tables.only(
            f"{study}:results", "reference", **where
        )
        known = "not known" if math.isnan(change.value) else "unchanged" if abs(change.value) < UNCHANGED else ""
        parts = (*parts, joined, known or change.per_cent(signed=True))
    moved = {
        r["year"]: r["label"]
        for r in tables.rows(f"{study}:labels", answer=answer, level="stage").records()
        if not r["same"]
    }
    bound = ", ".join(
        f"{label} in {', '.join(str(t) for t in moved if moved[t] == label)}" for label in dict.fromkeys(moved.values())
    )
    return (*parts, plain(f"; now binds: {bound}." if moved else "; the same stages bind."))


def _binding(report_data: ReportData, study: str, reference: str, labels: SourcedRows) -> Chart:
    """Return which stage binds in each answer and year, coloured by its group."""
    rows = {(r["answer"], r["year"], r["level"]): r for r in labels.records()}
    colour_of_group = report_data.group_colours | {DEMAND: charts.REST}
    binds: dict[tuple[str, int], tuple[str, str, bool]] = {}
    for (answer, year, level), r in rows.items():
        if level == "stage":
            group = rows[answer, year, "group"]
            binds.setdefault((reference, year), (r["reference"], group["reference"], False))
            binds[answer, year] = (r["label"], group["label"], not r["same"])
    cells = [
        {
            "row": plain(answer),
            "column": str(year),
            "level": plain(group) if group in colour_of_group else _JOINT,
            "text": short(stage, 22),
            "brief": short(group, 9),
            "mark": int(differs),
            "description": plain(f"{answer}, {year}: {stage} [{group}] binds"),
        }
        for (answer, year), (stage, group, differs) in sorted(binds.items(), key=lambda item: item[0][0] != reference)
    ]
    present = {c["level"] for c in cells}
    domain = [*(plain(g) for g in colour_of_group if plain(g) in present), *([_JOINT] if _JOINT in present else [])]
    shades = {plain(g): colour for g, colour in colour_of_group.items()} | {_JOINT: "#ffffff"}
    wide, narrow = charts.wide_and_narrow(
        charts.matrix, cells, rows="", columns="", legend="group", domain=domain, shades=[shades[g] for g in domain]
    )
    moved = sum(differs for _, _, differs in binds.values())
    return Chart(
        f"{study}_bound",
        "Which stage binds?" if study == COMPARED else "Which stage binds, and which did?",
        plain(
            f"Cells by answer and year with the stage that binds. In {moved} cells it is another than in {reference}."
        ),
        wide,
        narrow,
        grid("What binds, by stage and group", labels, result_schema.COMPARED_LABELS, keys=3),
        (f"Framed: another stage binds than in {reference}.",),
    )


_JOINT = "several or other"


def _changes(report_data: ReportData, study: str, reference: str, quantity: _Measure) -> Chart:
    """Return what each answer does to a quantity in each year."""
    rows = report_data.tables.rows(f"{study}:results", quantity=quantity.name, item=ALL)
    cells = []
    for r in rows.records():
        share = 100 * r["change"] / r["reference"] if r["reference"] else math.nan
        cells.append(
            {
                "row": plain(r["answer"]),
                "column": str(r["year"]),
                "level": _change_level(share),
                "text": "" if math.isnan(share) else f"{with_sign(share)} %",
                "mark": 0,
                "description": plain(
                    f"{r['answer']}, {r['year']}: {number(r['value'] / quantity.size)} {quantity.unit}, "
                    f"{number(r['reference'] / quantity.size)} in {reference}"
                ),
            }
        )
    wide, narrow = charts.wide_and_narrow(
        charts.matrix,
        cells,
        rows="",
        columns="",
        legend=f"{quantity.title}, change",
        domain=_BINS,
        shades=_DIVERGING,
    )
    return Chart(
        f"{study}_{'cost' if quantity is _COST else 'served'}",
        f"By how much does the {quantity.title} change?"
        if quantity is _COST
        else "How many more or fewer tokens are served?",
        plain(f"Cells by answer and year: change of the {quantity.title} in per cent."),
        wide,
        narrow,
        _numbers(report_data, study, reference, quantity),
    )


def _numbers(report_data: ReportData, study: str, reference: str, quantity: _Measure, *, folded: bool = False) -> Grid:
    """Return a quantity in each answer and year, and by how much it differs."""
    rows = report_data.tables.rows(f"{study}:results", quantity=quantity.name, item=ALL)
    return grid(
        f"{quantity.title[0].upper()}{quantity.title[1:]}, {quantity.unit}",
        rows.with_share("change_share", "change", "reference"),
        result_schema.COMPARED_RESULTS,
        [
            "answer",
            "year",
            GridColumn("reference", f"{reference}, {quantity.unit}", "number", quantity.size),
            GridColumn("value", f"then, {quantity.unit}", "number", quantity.size),
            GridColumn("change_share", "change, %", "per cent"),
        ],
        keys=2,
        folded=folded,
    )


def _change_level(share: float) -> str:
    if math.isnan(share) or abs(share) <= 1:
        return _BINS[2]
    if share < 0:
        return _BINS[0] if share <= -10 else _BINS[1]  # noqa: PLR2004 - as the legend says
    return _BINS[4] if share >= 10 else _BINS[3]  # noqa: PLR2004 - as the legend says


def _attribution(report_data: ReportData, study: str) -> Chart:
    rows = report_data.tables.rows(f"{study}:attribution", what="objective_usd")
    parts = [
        {
            "row": plain(f"{r['answer']}: {r['group']}"),
            "value": r["usd"] / 1e9,
            "part": "",
            "text": "",
            "description": "",
        }
        for r in rows.records()
    ]
    for p in parts:
        p |= {"part": "high end", "description": f"{p['row']}: {with_sign_grouped(p['value'], 2)} bn USD"}
    wide, narrow = charts.wide_and_narrow(charts.signed_bars, parts, x="bn USD, discounted, with what is left unserved")
    return Chart(
        f"{study}_attribution",
        "Which changes did it?",
        (
            "Bars by scenario and group of changes: what each adds to the discounted total; the largest "
            f"is {dollars(max((abs(p['value']) for p in parts), default=0.0) * 1e9)}."
        ),
        wide,
        narrow,
        grid(
            "What each group of changes adds",
            report_data.tables.rows(f"{study}:attribution"),
            result_schema.ATTRIBUTION,
            every(result_schema.ATTRIBUTION, usd=(1e9, "hundredths")),
            keys=3,
        ),
        ("A part is the mean over all orders in which the changes could be made (Shapley), so that parts add up.",),
    )
