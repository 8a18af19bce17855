"""Scenarios side by side, net benefit first, what each group of changes does, and what changed against a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.report import charts
from supplychain.report.formats import USD, dollars, number, plain, short, unit_for, with_sign, with_sign_grouped
from supplychain.report.names import TOTALS, Names, in_words
from supplychain.report.page.blocks import BulletList, Chart, Grid, GridColumn, Heading, NotRun, Paragraph, Section
from supplychain.report.page.grids import every, grid
from supplychain.report.page.report_data import COMPARED, REFERENCE
from supplychain.report.text.compare import SINGLE_YEARS, differing
from supplychain.results import schema as result_schema
from supplychain.schema import ALL
from supplychain.study.attribution import NET_BENEFIT
from supplychain.tolerances import OBJECTIVE_ROUNDING

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, Sentence, SourcedRows
    from supplychain.report.page.report_data import ReportData

_NAME = 60
"""Characters of a group and its stage in a sentence."""

_DIVERGING = ("#0072b2", "#86b9dc", "#f4f4f4", "#f0a878", "#b84a00")
_BINS = ("-10 % or more", "-10 to -1 %", "within 1 %", "+1 to +10 %", "+10 % or more")


@dataclass(frozen=True)
class _Measure:
    """What is compared: its name in the tables, what it is called, and in which unit it is shown."""

    name: str
    title: str
    unit: str
    size: float
    item: str = ALL


_COST = _Measure("average_usd_per_mtok", "average cost of tokens", "USD per 10⁶", 1.0)
_SERVED = _Measure("served_ttok", "tokens served", "10¹⁵ a year", 1e3)
_RESEARCH = _Measure("served_h100e_years", "research done", "million H100-equivalent years", 1e6)
_OTHERS = (
    _Measure("token_value_usd", "value of the tokens served", "bn USD a year", 1e9),
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
        *(_total(report_data, study, reference, quantity) for quantity in TOTALS),
        Paragraph((SINGLE_YEARS,)),
        *(_numbers(report_data, study, reference, each, folded=True) for each in _served(report_data, study)),
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
    """Return a sentence: what an answer does to net benefit, value and cost, and where another group or stage binds."""
    tables = report_data.tables
    title = (
        report_data.scenarios.get(answer, answer)
        if study == COMPARED
        else f"Against {report_data.studies[study].summary['answers'][0]}"
    )
    about = ", which the rest of this report is about" if study == COMPARED and answer == report_data.subject else ""
    parts: Sentence = (plain(f"{title}{about}: over the whole horizon"),)
    for n, (quantity, called) in enumerate(TOTALS.items()):
        change, before = (
            tables.only(f"{study}:totals", column, answer=answer, quantity=quantity)
            for column in ("change", "reference")
        )
        share = change.value / before.value if before.value else math.nan
        known = "not known" if math.isnan(share) else "unchanged" if abs(share) < OBJECTIVE_ROUNDING else ""
        size, unit = unit_for([change.value], USD)
        amount: Sentence = (known,) if known else (change.over(size, signed=True), f" {unit}")
        parts = (*parts, f"{',' if n else ''} {called} ", *amount)
    names = Names(report_data.case)
    stages, groups = (
        {r["year"]: r for r in tables.rows(f"{study}:labels", answer=answer, level=level).records()} for level in LEVELS
    )
    moved = {
        t: names.binds(group["label"], stages[t]["label"], _NAME)
        for t, group in groups.items()
        if not (group["same"] and stages[t]["same"])
    }
    bound = ", ".join(
        f"{label} in {', '.join(str(t) for t in moved if moved[t] == label)}" for label in dict.fromkeys(moved.values())
    )
    return (*parts, plain(f"; now binds: {bound}." if moved else "; the same groups and stages bind."))


def _binding(report_data: ReportData, study: str, reference: str, labels: SourcedRows) -> Chart:
    """Return which group binds in each answer and year, in its colour, and which stage."""
    names = Names(report_data.case)
    rows = {(r["answer"], r["year"], r["level"]): r for r in labels.records()}
    colour_of_group = report_data.group_colours | {DEMAND: charts.REST}
    binds: dict[tuple[str, int], tuple[str, str, bool]] = {}
    for (answer, year, level), r in rows.items():
        if level == "stage":
            group = rows[answer, year, "group"]
            binds.setdefault((reference, year), (r["reference"], group["reference"], False))
            binds[answer, year] = (r["label"], group["label"], not (r["same"] and group["same"]))
    cells = [
        {
            "row": plain(answer),
            "column": str(year),
            "level": in_words(group) if group in colour_of_group else _JOINT,
            "text": names.groups(group, 22),
            "brief": short(in_words(group), 9),
            "mark": int(differs),
            "description": plain(f"{answer}, {year}: {names.binds(group, stage)}"),
        }
        for (answer, year), (stage, group, differs) in sorted(binds.items(), key=lambda item: item[0][0] != reference)
    ]
    present = {c["level"] for c in cells}
    domain = [
        *(in_words(g) for g in colour_of_group if in_words(g) in present),
        *([_JOINT] if _JOINT in present else []),
    ]
    shades = {in_words(g): colour for g, colour in colour_of_group.items()} | {_JOINT: "#ffffff"}
    wide, narrow = charts.wide_and_narrow(
        charts.matrix, cells, rows="", columns="", legend="group", domain=domain, shades=[shades[g] for g in domain]
    )
    moved = sum(differs for _, _, differs in binds.values())
    return Chart(
        f"{study}_bound",
        "Which group binds?" if study == COMPARED else "Which group binds, and which did?",
        plain(
            "Cells by answer and year with the group that binds. "
            f"In {moved} cells it, or its stage, is another than in {reference}."
        ),
        wide,
        narrow,
        grid("What binds, by group and by stage", labels, result_schema.COMPARED_LABELS, keys=3),
        (f"Framed: another group or stage binds than in {reference}. The numbers below have both.",),
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


def _total(report_data: ReportData, study: str, reference: str, quantity: str) -> Grid:
    """Return net benefit, value or cost over the whole horizon in each answer, and by how much it differs."""
    called = TOTALS[quantity]
    return grid(
        f"{called[0].upper()}{called[1:]} over the whole horizon, discounted, bn USD",
        report_data.tables.rows(f"{study}:totals", quantity=quantity),
        result_schema.COMPARED_TOTALS,
        [
            "answer",
            GridColumn("reference", f"{reference}, bn USD", "number", 1e9),
            GridColumn("value", "then, bn USD", "number", 1e9),
            GridColumn("change", "change, bn USD", "hundredths", 1e9),
        ],
    )


def _served(report_data: ReportData, study: str) -> list[_Measure]:
    """Return what is served: tokens of each workload, and research where any is asked for."""
    names, data = Names(report_data.case), report_data.tables.rows(f"{study}:results").data
    workloads = dict.fromkeys(data.loc[data["quantity"] == _SERVED.name, "item"])
    served = [replace(_SERVED, title=f"{_SERVED.title}: {names.workload(w)}", item=w) for w in workloads if w != ALL]
    return [*served, _RESEARCH] if (data["quantity"] == _RESEARCH.name).any() else served


def _numbers(report_data: ReportData, study: str, reference: str, quantity: _Measure, *, folded: bool = False) -> Grid:
    """Return a quantity in each answer and year, and by how much it differs."""
    rows = report_data.tables.rows(f"{study}:results", quantity=quantity.name, item=quantity.item)
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
    rows = report_data.tables.rows(f"{study}:attribution", what=NET_BENEFIT)
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
    wide, narrow = charts.wide_and_narrow(charts.signed_bars, parts, x="bn USD of net benefit, discounted")
    return Chart(
        f"{study}_attribution",
        "Which changes did it?",
        (
            "Bars by scenario and group of changes: what each adds to net benefit over the whole horizon; the largest "
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
