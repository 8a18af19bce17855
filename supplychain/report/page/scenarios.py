"""Scenarios side by side with what each group of changes does, and what changed against a reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import DEMAND
from supplychain.report import charts
from supplychain.report.formats import dollars, number, plain, short
from supplychain.report.page.blocks import Chart, Grid, GridColumn, Heading, Listed, NotRun, Section, Sentences
from supplychain.report.page.grids import grid
from supplychain.report.page.report_data import COMPARED, REFERENCE
from supplychain.report.text.compare import differing
from supplychain.results import schema as result_schema
from supplychain.schema import ALL
from supplychain.tolerances import UNCHANGED

if TYPE_CHECKING:
    from supplychain.report.page.blocks import Block, Said, SourcedRows
    from supplychain.report.page.report_data import ReportData

_DIVERGING = ("#0072b2", "#86b9dc", "#f4f4f4", "#f0a878", "#b84a00")
_BINS = ("-10 % or more", "-10 to -1 %", "within 1 %", "+1 to +10 %", "+10 % or more")


@dataclass(frozen=True)
class _Quantity:
    """What is compared: its name in the tables, what it is called, and in which unit it is shown."""

    name: str
    title: str
    unit: str
    size: float


_COST = _Quantity("average_usd_per_mtok", "average cost of tokens", "USD per 10⁶", 1.0)
_SERVED = _Quantity("served_ttok", "tokens served", "10¹⁵ a year", 1e3)
_OTHERS = (
    _Quantity("cost_usd", "cost of serving and research", "bn USD a year", 1e9),
    _Quantity("capital_usd", "capital spent", "bn USD a year", 1e9),
    _Quantity("h100e_operating", "compute that operates", "million H100 equivalents", 1e6),
)


def section(given: ReportData) -> Section:
    """Return scenarios and reference, or how to get them."""
    blocks: list[Block] = []
    if COMPARED in given.studies:
        blocks += _beside(given, COMPARED)
    else:
        blocks.append(
            NotRun(
                "No scenario was put beside the case.", f"supplychain report {given.again} --scenario NAME --out DIR"
            )
        )
    if REFERENCE in given.studies:
        blocks += [Heading("Against the reference run"), *_beside(given, REFERENCE)]
    else:
        blocks.append(
            NotRun(
                "No earlier answer was given as a reference.",
                f"supplychain report {given.again} --reference ANSWER --out DIR",
            )
        )
    return Section(
        "scenarios", "Scenarios and what changed", "What differs, by how much, and which changes did it?", blocks
    )


def _beside(given: ReportData, study: str) -> list[Block]:
    case = "the case as given" if given.subject else "the case"
    than = case if study == COMPARED else "the reference"
    labels = given.tables.rows(f"{study}:labels")
    answers = list(dict.fromkeys(labels.data["answer"]))
    blocks: list[Block] = [
        Listed([_in_short(given, study, answer) for answer in answers]),
        _bound(given, study, than, labels),
        _changes(given, study, than, _COST),
        _changes(given, study, than, _SERVED),
    ]
    blocks += [_numbers(given, study, than, other, folded=True) for other in _OTHERS]
    if len(given.tables.rows(f"{study}:attribution").data):
        blocks.append(_attribution(given, study))
    inputs = given.tables.rows(f"{study}:inputs")
    several = ", all of these together" if len(answers) > 1 else ""
    return [
        *blocks,
        Sentences(
            (f"{differing(inputs.data)} that differ from {than}{several}: ", inputs.count(), ".")
            if len(inputs.data)
            else ("No input differs.",)
        ),
    ]


def _in_short(given: ReportData, study: str, answer: str) -> Said:
    """Return a sentence: what an answer does in the last year, and where another stage binds."""
    tables, last = given.tables, max(given.tables.rows(f"{study}:labels", answer=answer).data["year"])
    title = (
        given.scenarios.get(answer, answer)
        if study == COMPARED
        else f"Against {given.studies[study].summary['answers'][0]}"
    )
    about = ", which the rest of this report is about" if study == COMPARED and answer == given.subject else ""
    said: Said = (plain(f"{title}{about}: in {last}"),)
    for quantity, joined in ((_SERVED, " tokens served "), (_COST, ", average cost ")):
        where = {"answer": answer, "year": last, "quantity": quantity.name, "item": ALL}
        change = tables.only(f"{study}:results", "change", **where) / tables.only(
            f"{study}:results", "reference", **where
        )
        known = "not known" if math.isnan(change.value) else "unchanged" if abs(change.value) < UNCHANGED else ""
        said = (*said, joined, known or change.per_cent(signed=True))
    moved = {
        r["year"]: r["label"]
        for r in tables.rows(f"{study}:labels", answer=answer, level="stage").records()
        if not r["same"]
    }
    bound = ", ".join(
        f"{label} in {', '.join(str(t) for t in moved if moved[t] == label)}" for label in dict.fromkeys(moved.values())
    )
    return (*said, plain(f"; now binds: {bound}." if moved else "; the same stages bind."))


def _bound(given: ReportData, study: str, than: str, labels: SourcedRows) -> Chart:
    """Return which stage binds in each answer and year, coloured by its group."""
    rows = {(r["answer"], r["year"], r["level"]): r for r in labels.records()}
    shade = given.group_colours | {DEMAND: charts.REST}
    found: dict[tuple[str, int], tuple[str, str, bool]] = {}
    for (answer, year, level), r in rows.items():
        if level == "stage":
            group = rows[answer, year, "group"]
            found.setdefault((than, year), (r["reference"], group["reference"], False))
            found[answer, year] = (r["label"], group["label"], not r["same"])
    cells = [
        {
            "row": plain(answer),
            "column": str(year),
            "level": plain(group) if group in shade else _JOINT,
            "text": short(stage, 22),
            "brief": short(group, 9),
            "mark": int(other),
            "said": plain(f"{answer}, {year}: {stage} [{group}] binds"),
        }
        for (answer, year), (stage, group, other) in sorted(found.items(), key=lambda one: one[0][0] != than)
    ]
    there = {c["level"] for c in cells}
    domain = [*(plain(g) for g in shade if plain(g) in there), *([_JOINT] if _JOINT in there else [])]
    shades = {plain(g): one for g, one in shade.items()} | {_JOINT: "#ffffff"}
    wide, narrow = charts.both(
        charts.matrix, cells, rows="", columns="", legend="group", domain=domain, shades=[shades[g] for g in domain]
    )
    moved = sum(other for _, _, other in found.values())
    return Chart(
        f"{study}_bound",
        "Which stage binds?" if study == COMPARED else "Which stage binds, and which did?",
        plain(f"Cells by answer and year with the stage that binds. In {moved} cells it is another than in {than}."),
        wide,
        narrow,
        grid("What binds, by stage and group", labels, result_schema.COMPARED_LABELS, keys=3),
        (f"Framed: another stage binds than in {than}.",),
    )


_JOINT = "several or other"


def _changes(given: ReportData, study: str, than: str, quantity: _Quantity) -> Chart:
    """Return what each answer does to a quantity in each year."""
    rows = given.tables.rows(f"{study}:results", quantity=quantity.name, item=ALL)
    cells = []
    for r in rows.records():
        share = 100 * r["change"] / r["reference"] if r["reference"] else math.nan
        cells.append(
            {
                "row": plain(r["answer"]),
                "column": str(r["year"]),
                "level": _bin(share),
                "text": "" if math.isnan(share) else f"{round(share, 1) + 0.0:+.1f} %",
                "mark": 0,
                "said": plain(
                    f"{r['answer']}, {r['year']}: {number(r['value'] / quantity.size)} {quantity.unit}, "
                    f"{number(r['reference'] / quantity.size)} in {than}"
                ),
            }
        )
    wide, narrow = charts.both(
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
        _numbers(given, study, than, quantity),
    )


def _numbers(given: ReportData, study: str, than: str, quantity: _Quantity, *, folded: bool = False) -> Grid:
    """Return a quantity in each answer and year, and by how much it differs."""
    rows = given.tables.rows(f"{study}:results", quantity=quantity.name, item=ALL)
    return grid(
        f"{quantity.title[0].upper()}{quantity.title[1:]}, {quantity.unit}",
        rows.with_share("change_share", "change", "reference"),
        result_schema.COMPARED_RESULTS,
        [
            "answer",
            "year",
            GridColumn("reference", f"{than}, {quantity.unit}", "number", quantity.size),
            GridColumn("value", f"then, {quantity.unit}", "number", quantity.size),
            GridColumn("change_share", "change, %", "per cent"),
        ],
        keys=2,
        folded=folded,
    )


def _bin(share: float) -> str:
    if math.isnan(share) or abs(share) <= 1:
        return _BINS[2]
    if share < 0:
        return _BINS[0] if share <= -10 else _BINS[1]  # noqa: PLR2004 - as the legend says
    return _BINS[4] if share >= 10 else _BINS[3]  # noqa: PLR2004 - as the legend says


def _attribution(given: ReportData, study: str) -> Chart:
    rows = given.tables.rows(f"{study}:attribution", what="objective_usd")
    parts = [
        {"row": plain(f"{r['answer']}: {r['group']}"), "value": r["usd"] / 1e9, "part": "", "text": "", "said": ""}
        for r in rows.records()
    ]
    for p in parts:
        p |= {"part": "high end", "said": f"{p['row']}: {round(p['value'], 2) + 0.0:+,.2f} bn USD"}
    wide, narrow = charts.both(charts.signed, parts, x="bn USD, discounted, with what is left unserved")
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
            given.tables.rows(f"{study}:attribution"),
            result_schema.ATTRIBUTION,
            ["answer", "group", "what", "year", ("usd", 1e9, "hundredths")],
            keys=3,
        ),
        ("A part is the mean over all orders in which the changes could be made (Shapley), so that parts add up.",),
    )
