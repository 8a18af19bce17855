"""Names that software may take for something else, and cases, answers and reports that are full of them."""

from __future__ import annotations

from generator import FIRST, Case
from paths import TINY
from plants import Link, add, chain, edited

import supplychain as sc
from supplychain.case.changes import Group, apply
from supplychain.study.compare import compare_changes
from supplychain.study.workers import SerialExecutor

FOR_EXCEL = {
    "formula": "=1+1",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+49 30 1234",
    "minus": "-1",
    "at": "@SUM(1)",
    "markup": "<script>alert('x')</script>&amp;",
    "quotes": "a\"b'c`d|e",
    "emoji": "\U0001f525 \u4e2d\u6587",
    "long": "x" * 200,
    "link": "https://example.com/a",
    "escape": "_x000D_",
    "number": "007",
}
"""For a workbook: what Excel, Markdown and XML read as more than a text."""

FOR_HTML = (
    "<script>alert(1)</script>",
    "\"quoted\" 'twice' &amp; {{ 7 * 7 }} ]]> -->",
    "🚀 emoji 漢字 ßÄ",
    "x" * 200,
    "javascript:alert(1)",
    "datum.value); fetch('//x'",
    "toString",
    "__proto__",
)
"""For a page: what HTML, JavaScript and charts read as more than a text."""


def excel_case() -> Case:
    """Thirty stages, suppliers, tiers and titles with names that software may take for something else."""
    names = [*FOR_EXCEL.values(), *(f"stage {n}" for n in range(18))]
    case = edited(chain([Link(name, 5e5 + n) for n, name in enumerate(names)]), title="=HYPERLINK('x')")
    for row, name in zip(case.rows("suppliers"), names, strict=True):
        row["label"] = name
    control = "bell\x07 and \r\n line ends, \ufffe"
    case.rows("sources")[0]["note"] = control
    case.rows("sources")[0]["title"] = "y" * 40_000
    return case


def excel_comparison() -> sc.Comparison:
    """A case and a what-if of it for each name that software may take for something else, two groups in each."""
    case = sc.load(TINY)
    made = {}
    for n, name in enumerate(FOR_EXCEL.values()):
        groups = [
            Group(name, (f"demand.value_usd_per_mtok *= {1.01 + n / 100}",)),
            Group("less\x07", ("capacity.capacity[stage=packaging] -5%",)),
        ]
        changed, audit = apply(case, groups)
        made[name] = sc.WhatIf(changed, (name,), tuple(groups), audit)
    return compare_changes(case, "=the case", made, executor=SerialExecutor())


def html_case() -> Case:
    """One year, one region, no demand, 30 stages, and names that try to be more than names."""
    names = [*FOR_HTML, *(f"stage {n}" for n in range(30 - len(FOR_HTML)))]
    case = chain(
        [Link(name, 10.0 + n, price=1.0, group=name) for n, name in enumerate(names)],
        demand=0.0,
        regions=(FOR_HTML[0],),
    )
    case.settings["title"] = f"{FOR_HTML[0]} {FOR_HTML[1]} {FOR_HTML[2]}"
    case.settings["name"] = FOR_HTML[3]
    add(
        case,
        "sources",
        source=FOR_HTML[1],
        title=FOR_HTML[0],
        publisher=FOR_HTML[2],
        url="javascript:alert(1)",
        evidence="assumed",
        note=FOR_HTML[0],
    )
    for row in case.tables["accelerators"]:
        row["family"] = row["label"] = FOR_HTML[0]
    return case


def served_html_case() -> Case:
    """The same with demand, so that stages bind, orders pay and every chart has such names."""
    case = html_case()
    for row in case.tables["demand"]:
        row |= {"demand_ttok": 100.0, "value_usd_per_mtok": 5.0, "tier": FOR_HTML[0]}
    case.tables["suppliers"][0]["capacity_life_years"] = 5
    add(
        case,
        "expansion",
        stage=FOR_HTML[0],
        supplier="acme",
        place="global",
        year=FIRST,
        max_expansion=1.0,
        capex_usd_per_unit=1.0,
        lead_years=0,
    )
    return case
