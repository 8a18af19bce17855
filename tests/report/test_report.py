"""The capacity report: its numbers are those of the tables, its names are only names, and its studies belong to it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import math
import os
import re
import shlex
import shutil
import sys
import tempfile
import zipfile
from collections import defaultdict
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from commands import said_by
from drawing import DrawnOnce
from generator import FIRST, write_case
from hostile import FOR_HTML, html_case, served_html_case
from page import Element, Origins, number, power_of_ten, read, report_data_of
from paths import ANSWERS, BACKCAST, INPUTS, REPORTS, ROOT, TINY, files_in
from plants import Link, add, chain, loaded, observe, two_stages
from studied import DRAWS, tiny_plan, tiny_study

import supplychain as sc
from supplychain.case.notices import notices
from supplychain.errors import SetupError
from supplychain.report import charts
from supplychain.report.charts import images
from supplychain.report.formats import dollars
from supplychain.report.formats import number as shown
from supplychain.report.names import Names
from supplychain.report.page import html, sections
from supplychain.report.page.blocks import Paragraph
from supplychain.report.page.readme import weaknesses
from supplychain.report.page.report_data import ReportData
from supplychain.study.attached import Known
from supplychain.study.backcast import backcast
from supplychain.study.compare import compare, compare_folders
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence


SVG = "{http://www.w3.org/2000/svg}"
UP_TO = 10.0


def written(given: ReportData, folder: Path) -> Origins:
    """Return what the numbers of a page can come from: as files have it, and the year looked at asked once more."""
    given.plan.write(folder)
    tables = {
        file.stem: pd.read_csv(file, keep_default_na=False, na_values=[""]) for file in folder.glob("tables/*.csv")
    }
    family = {row["accelerator"]: row["family"] for row in given.case.tables["accelerators"]}
    for table in tables.values():
        if "accelerator" in table.columns:
            table["family"] = table["accelerator"].map(family)
    year, names = given.year, dict.fromkeys(given.year_tables.tables["curves"]["stage"])
    curves = [given.plan.curve(s, year, UP_TO).assign(stage=s) for s in names]
    tables |= {"ladder": given.plan.ladder(year), "idle_capacity": given.plan.idle_capacity(year)}
    tables["curves"] = pd.concat(curves) if curves else given.year_tables.tables["curves"]
    tables |= {f"{name}:{t}": rows for name, one in given.studies.items() for t, rows in one.tables.items()}
    inputs = {name: given.case.frame(name) for name in given.case.tables}
    inputs["stages"] = inputs["stages"].sort_values(["position", "stage"])
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    draws = {name: study.summary for name, study in given.studies.items() if name == "uncertainty"}
    return Origins(tables, inputs, {**summary, **draws})


def cells_of(table: Element) -> list[tuple[dict[str, str], str, Element]]:
    """Return of each cell what names its row (and, where years stand across, its column), its column, and itself."""
    heads = list(next(table.all("thead")).all("th"))
    across = table["data-across"]
    found = []
    for row in next(table.all("tbody")).all("tr"):
        if not list(row.all("th")):
            continue
        names = [next((data["value"] for data in one.all("data")), one.text) for one in row.all("th")]
        keys = {head["data-column"]: name for head, name in zip(heads, names, strict=False)}
        for head, cell in zip(heads[len(names) :], row.all("td"), strict=True):
            at = {across: head["data-at"]} if across else {}
            found.append(({**keys, **at}, head["data-column"], cell))
    return found


def check_numbers(page: Element, origins: Origins) -> int:
    """Compare every number of a page with the cells that it says it comes from, and each text with its number."""
    count = 0
    for one in page.all("data", data_from=""):
        value, expected = float(one["value"]), origins.of(one["data-from"])
        assert value == pytest.approx(expected, rel=1e-8), one["data-from"]
        assert power_of_ten(number(one.text), value) is not None, (one.text, value)
        count += 1
    for table in page.all("table", data_rows=""):
        rows = origins.of(table["data-rows"]).to_dict("records")
        powers = defaultdict(set)
        there, everything, at = cells_of(table), set(range(len(rows))), _spelled(rows)
        assert bool(there) == bool(rows), table["data-rows"]
        for keys, column, cell in there:
            numbers = set.intersection(everything, *(at[k][name] for k, name in keys.items() if k in at))
            same = [rows[n] for n in sorted(numbers)]
            data = list(cell.all("data"))
            if not data:
                assert not same or any(
                    _blank(r[column]) or cell.text in {_plain(r[column]), _yes(r[column])} for r in same
                )
                continue
            value = float(data[0]["value"])
            assert any(
                value == pytest.approx(float(r[column]), rel=1e-8, abs=1e-9)
                for r in same
                if isinstance(r[column], (int, float))
            ), (keys, column)
            text = data[0].text
            if text not in {"any", "none"}:
                power = power_of_ten(number(text), value, 0.05 if re.fullmatch(r"[-+][\d,]+\.\d{1,2}", text) else 0.006)
                if abs(value) > 1e-6:
                    powers[column].add(power) if not text[-1].isalpha() else None
                    assert power is not None or abs(number(text)) < 1, (text, value)
            count += 1
        for column, some in powers.items():
            assert len(some - {None}) <= 1, (table["data-rows"], column, some)
            label = next(head.text for head in table.all("th", data_column=column))
            said = [power for unit, power in _UNITS.items() if unit in label]
            assert not said or some <= {None, said[0]}, (table["data-rows"], label, some)
    return count


_UNITS = {"bn USD": 9, "m USD": 6, "thousand": 3, "million acc": 6, "million H100": 6, "10¹⁵": 3}
"""Powers of ten that the head of a column says."""


def _spelled(rows: Sequence[dict[Hashable, object]]) -> dict[str, dict[str, set[int]]]:
    """Return the numbers of the rows, by column and by what a cell says of their value: digits as in files, or nine."""
    found: dict[str, dict[str, set[int]]] = {str(column): defaultdict(set) for row in rows[:1] for column in row}
    for n, row in enumerate(rows):
        for column, value in row.items():
            for said in {_plain(value), f"{value:.9g}" if isinstance(value, float) else _plain(value)}:
                found[str(column)][said].add(n)
    return found


def _blank(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _plain(value: object) -> str:
    text = (
        f"{value:.12g}" if isinstance(value, float) and not math.isnan(value) else "" if _blank(value) else str(value)
    )
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _yes(value: object) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), "")


_STUDIES = {"sensitivity": "sensitivity", "foresights": "foresight", "backcast": "backcast"}
"""Options of `report`, and the folders of `reports/answers` that the shipped one is given."""


@cache
def _base() -> tuple[ReportData, dict[str, bytes]]:
    """What `reports/base` shows, and its files as the software writes them now."""
    shipped = re.findall(r"^SCENARIOS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0]
    beside = [x for name in shipped.split() for x in ("--scenario", name)]
    studies = [f"--{option}=reports/answers/{name}" for option, name in _STUDIES.items()]
    shown: list[ReportData] = []

    def write(given: ReportData, *others: Any, **more: Any) -> dict[str, bytes]:  # noqa: ANN401 - what `report` takes
        shown.append(given)
        return report(given, *others, **more)

    report = html.report
    with tempfile.TemporaryDirectory() as out, contextlib.chdir(ROOT):  # the page names the case as it was named
        with patch.object(html, "report", write), patch.object(images, "DrawingProcesses", DrawnOnce):
            assert (
                said_by("report", "inputs/base", *beside, *studies, "--xlsx", "--out", out, "--quiet", "--workers", 1)[
                    0
                ]
                == 0
            )
        return shown[0], files_in(Path(out))


@cache
def _page() -> Element:
    """The page of `_base`, read once."""
    return read(_base()[1][html.PAGE].decode())


@pytest.mark.unmeasured
def test_every_number_of_the_page_is_that_of_the_tables(tmp_path: Path) -> None:
    """Catches a cell scaled twice or not as its head says, a table with its columns swapped, a sum over the wrong rows:
    each number says which cells it comes from, and is read back from the page.
    """
    given, page = _base()[0], _page()
    assert check_numbers(page, written(given, tmp_path)) > 5000


def test_where_suppliers_enter_stands_in_the_plain_part(tmp_path: Path) -> None:
    """Catches a table on request that the report leaves out, a year that is blank, an infinite price."""
    plan = sc.solve(sc.load(TINY), supplier_prices=True, indifference=[("hbm", "cheap", None)])
    plan.supplier_prices.loc[plan.supplier_prices["enters_at_usd"].notna(), "enters_at_usd"] = -math.inf
    given = ReportData(plan, 2026, str(TINY))
    page = read(html.report(given)[html.PAGE].decode())
    assert check_numbers(page, written(given, tmp_path)) > 500
    (table,) = page.all("table", data_rows='rows("supplier_prices", {})')
    cells = [(keys, column, cell.text) for keys, column, cell in cells_of(table)]
    assert len({tuple(keys.values()) for keys, _, _ in cells}) == len(plan.supplier_prices)
    maker = {"year": "2026", "stage": "turbines", "supplier": "maker", "place": "global"}
    assert (maker, "enters_at_usd", "none") in cells
    assert ({**maker, "year": "", "stage": "hbm", "supplier": "cheap"}, "indifference", "3.75") in cells


def test_the_scores_of_a_back_cast_are_shown(tmp_path: Path) -> None:
    """Catches a page that leads with the share, a foresight that was not tested, a bound that breaks a chart, and a
    table that is left to the plain part.
    """
    case = two_stages()
    add(case, "sources", source="count", title="A count", publisher="p", evidence="measured")
    add(case, "outlooks", quantity="units_built", year=FIRST, item="chip", central=50, unit="units", source="count")
    observe(case, "units_built", "chip", 90, 125, 160, source="count")
    observe(case, "stage_used", "power", 110, None, None, source="count", kind="power")
    past = backcast(loaded(case, tmp_path / "case"), executor=SerialExecutor())
    given = ReportData(sc.solve(sc.load(TINY)), 2026, str(TINY), studies={"backcast": past})
    parts = sections(given)
    blank = SimpleNamespace(wide="", narrow="")
    page = read(html.html(given, parts, {chart.name: blank for part in parts for chart in part.charts}))  # type: ignore[misc]
    assert check_numbers(page, written(given, tmp_path / "answer")) > 500
    said = next(one.text for one in page.all("p") if one.text.startswith("Against the past"))
    assert said.startswith("Against the past: with perfect foresight the error is 0.223 (")
    assert said.index("interval score") < said.index("1 of 2 independent comparisons")
    for name, columns in (("scores", 6), ("skill", 6), ("by_foresight", 7)):
        (table,) = page.all("table", data_rows=f'rows("backcast:{name}", {{}})')
        assert len(list(table.all("th", data_column=""))) == columns


def test_probabilities_and_bands_stand_where_the_headlines_do(tmp_path: Path) -> None:
    """Catches a headline as if it were sure, a band of another year, quantity or scale, a number from nowhere."""
    study, plan = tiny_study(), tiny_plan()
    given = ReportData(plan, 2026, "inputs/tiny", studies={"uncertainty": study}, known=Known(study))
    page = read(html.report(given, figures=False)[html.PAGE].decode())
    check_numbers(page, written(given, tmp_path))
    often = study.binding_probability.set_index(["year", "level", "members"])["probability"]
    first, second, _ = (one.text for one in page.all("p", class_="strong"))
    assert f" binds in 2026 (the group in {shown(100 * often[2026, 'group', 'packaging'])} % of joint draws): " in first
    at = study.distributions.query("year == 2027 and item == 'all'").set_index("quantity")
    low, high = (at[end] for end in ("p10", "p90"))
    cost = f"in four of five draws {shown(low['cost_per_mtok'])} to {shown(high['cost_per_mtok'])}"
    assert f"; {cost}); " in second
    tokens, cash = "tokens_served", "cash_spent"
    for band in (
        cost,
        f"in four of five draws {shown(low[tokens] / 1e3)} to {shown(high[tokens] / 1e3)}",
        f"in four of five draws {dollars(low[cash])} to {dollars(high[cash])}",
    ):
        assert any(band in one.text for keys in page.all("dl", class_="keys") for one in keys.all("div"))
    sure = [one.text for one in next(page.all("ul")).all("li")]
    assert sure[0].startswith(f"{DRAWS} joint draws of all {study.summary['uncertain_numbers']} uncertain numbers")
    assert sure[1].startswith("By group the label of 2027 is the least sure: power binds in ")
    assert not any("uncertainty" in one.text for one in page.all("p", class_="notrun"))
    (part,) = page.all("section", id="uncertainty")
    rows = [table["data-rows"] for table in part.all("table", data_rows="")]
    for name in ("binding_probability", "distributions", "drivers", "conditions"):
        assert f'rows("uncertainty:{name}", {{}})' in rows or not len(study.tables[name])


def test_no_number_of_the_text_stands_alone() -> None:
    """Catches a number in a sentence that does not say which cells it comes from; years, the one per cent, and what
    others wrote (titles, notices, the case's own README) are none.
    """
    given, page = _base()[0], _page()
    others = [
        *given.scenarios.values(),
        *notices(given.case),
        *(f"{v}" for v in given.plan.summary["versions"].values()),
    ]
    others += [given.case.settings.title, *(point for points in given.weaknesses.values() for point in points), "1 %"]

    def loose(one: Element) -> Iterator[str]:
        for part in one.inside:
            if isinstance(part, str):
                text = part
                for other in map(_plain, others):
                    text = text.replace(other, "")
                if one.tag == "h2":
                    text = re.sub(r"^\d+\. ", "", text)
                yield from (part for token in _SHOWN.findall(text) if not re.fullmatch(r"20\d\d", token))
            elif part.tag not in {"data", "svg", "table", "style", "script", "code", "summary"}:
                yield from loose(part)

    assert list(loose(page)) == [
        "The dashed line is 1: what is there. A stage that would not be needed, or of which there is none, has no bar."
    ]


def test_the_answer_says_what_the_tables_say() -> None:
    """Catches a sentence or one of the four numbers that reads another year, workload or column than it says."""
    given, _ = _base()
    plan, page = given.plan, _page()
    last = given.years[-1]
    service = plan.service[plan.service["year"] == last]
    cost = plan.token_cost[plan.token_cost["workload"] == "all"].set_index("year")
    binding = plan.binding[plan.binding["level"] == "group"].set_index("year")
    stage = plan.binding[plan.binding["level"] == "stage"].set_index("year")["members"]
    names = Names(plan.case)
    gain = binding["annual_gain_usd_per_pct"]
    share = 100 * service["served_ttok"].sum() / service["demand_ttok"].sum()
    best = plan.purchases.sort_values("benefit_per_capex_usd").iloc[-1]
    study = sc.read_answer(INPUTS / "base" / "uncertainty", "uncertainty")
    drawn = study.distributions.query("quantity == 'cost_per_mtok' and item == 'all' and year == 2030").iloc[0]
    first, second, third = (one.text for one in page.all("p", class_="strong"))
    bound = {t: names.binds(binding["members"][t], stage[t], 90) for t in given.years}
    assert first.startswith(f"{_capital(bound[2026])} binds in 2026")
    assert all(f"{_capital(label)} binds in" in first or f"{label} binds in" in first for label in bound.values())
    assert f"1 % more is worth {dollars(gain[2026])} a year" in first
    assert dollars(gain[2030]) in first
    assert second == (
        f"Of {shown(service['demand_ttok'].sum() / 1e3)} · 10¹⁵ tokens asked for in 2030, {shown(share)} % are served, "
        "at "
        f"{shown(cost['average_usd_per_mtok'][2030])} USD per million on average "
        f"({shown(cost['average_usd_per_mtok'][2026])} in 2026; "
        f"in four of five draws {shown(drawn.p10)} to {shown(drawn.p90)}); "
        f"one million more would cost {shown(cost['marginal_usd_per_mtok'][2030])} USD."
    )
    assert third == (
        f"First to buy: the right to order more {best['stage']} ({best['supplier']}, {best['place']}) in "
        f"{best['order_year']}; a dollar of it is worth {dollars(best['benefit_per_capex_usd'])} beyond its cost, and "
        f"orders pay up to {best['last_useful_order_year']:.0f}."
    )
    sure = [one.text for one in next(page.all("ul")).all("li")]
    score = re.sub(r" \(.*", "", given.studies["backcast"].summary["score"])
    assert sure[-1].startswith("Against the past: ")
    assert f"{score} (" in sure[-1]
    sourced = [table for table in page.all("table", data_sheet="") if "source" in next(table.all("thead")).text]
    rows = [row for table in sourced for row in next(table.all("tbody")).all("tr")]
    low = [row for row in rows if row.attributes.get("class") == "low"]
    assert sure[-2].startswith(f"Of {len(rows):,} rows of input ")
    assert f"; {shown(100 * len(low) / len(rows))} % rest on low evidence" in sure[-2]
    for level in ("group", "stage"):
        least = given.studies["sensitivity"].tables["labels"].query("level == @level")
        share = (100 * least["keeps"] / least["moves"]).min()
        begin = f"Changing one input at a time, the {level} that binds stays in at least {shown(share)} % of "
        assert [said.endswith("; this is no probability.") for said in sure if said.startswith(begin)] == [True]
    worth = int((plan.purchases["benefit_usd_per_unit"] > 0).sum())
    assert f"The options worth most, of {worth}; " in page.text
    assert [one.text for one in page.all("strong")] == [
        dollars(gain[2026]),
        shown(service["served_ttok"].sum() / 1e3),
        shown(cost["average_usd_per_mtok"][2030]),
        dollars(plan.economics["capital_usd"].sum()),
    ]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def test_what_binds_is_told_with_the_group_that_does() -> None:
    """The group whose relief is worth most need not be that of the stage. Catches one that is taken for the other, and
    years that are joined though another group binds.
    """
    given = report_data_of(sc.load(BACKCAST))
    bound = {level: rows.set_index("year")["members"] for level, rows in given.plan.binding.groupby("level")}
    blocks = sections(given)[0].blocks
    said = "".join(map(str, blocks[0].sentence))  # type: ignore[union-attr]
    names, t = Names(given.case), given.years[0]
    first = names.binds(bound["group"][t], bound["stage"][t], 90)
    assert said.startswith(f"{_capital(first)} binds in ")
    for t in given.years:
        stage, group = (bound[level][t] for level in ("stage", "group"))
        own = names.within_group(group, stage) or names.alike(group, stage)
        if group == stage == "demand":
            assert "demand, and no stage, binds in " in said
            continue
        label = names.binds(group, stage, 90)
        assert label.startswith(names.group(group))
        assert own != ("by stage: " in label)
        assert label == first or f"{label} binds in " in said
    assert "(by stage: " in said
    legend = names.legend((bound["group"][t], bound["stage"][t]) for t in given.years)
    told = [block.sentence for block in blocks if isinstance(block, Paragraph) and not block.strong]
    assert told == [(line,) for line in legend]


def test_the_inputs_of_the_page_are_those_of_the_files() -> None:
    """Catches a column that slips, a row left out, a range at the wrong number, or a source of another row."""
    given, page = _base()[0], _page()
    sources = {row["source"]: row["evidence"] for row in given.case.tables["sources"]}
    sheets = {table["data-sheet"].removesuffix(".csv"): table for table in page.all("table", data_sheet="")}
    assert set(sheets) == {
        "case.toml",
        *(name for name, rows in given.case.tables.items() if rows and name != "sources"),
    }
    for name, rows in given.case.tables.items():
        if name not in sheets:
            continue
        heads = [
            str(next(one for one in head.inside if isinstance(one, str)))
            for head in next(sheets[name].all("thead")).all("th")
        ]
        body = [list(row.all("td")) for row in next(sheets[name].all("tbody")).all("tr")]
        assert len(body) == len(rows)
        for cells, row in zip(body, rows, strict=True):
            for head, cell in zip(heads, cells, strict=True):
                said = [one for one in cell.inside if isinstance(one, str)]
                if head == "source":
                    assert sources[row["source"]] in cell.text
                    assert ("▲" in cell.text) == (sources[row["source"]] in {"assumed", "estimated"})
                    continue
                value = row[head]
                text = _yes(value) if isinstance(value, bool) else _plain(value)
                assert " ".join("".join(said).split()) == text
                low, high = row.get(f"{head}_low"), row.get(f"{head}_high")
                span = "" if low is None and high is None else f"{_plain(low)} to {_plain(high)}"
                assert "".join(one.text for one in cell.all("small")) == span
    assert len(list(page.all("tr", id=""))) == len(sources)


def test_what_charts_draw_is_what_their_tables_say() -> None:
    """Catches a chart of other rows or in other units than the table behind it."""
    given, _ = _base()
    drawn = {"power": ("used", 1.0), "built": ("built", 1e6), "h100e": ("h100e_operating", 1e6)}
    drawn |= {"requirements": ("ratio", 1.0), "stranded": ("idle_usd", 1e9), "ladder": ("gain_usd", 1e9)}
    drawn |= {"options": ("benefit_per_capex_usd", 1.0), "curve_1": ("gain_usd_per_pct", 1e9)}
    figures = {f.name: f for part in sections(given) for f in part.charts}
    for name, (column, unit) in drawn.items():
        for spec in (figures[name].spec, figures[name].narrow):
            values = sorted(v["value"] * unit for v in spec["data"]["values"])
            there = sorted(figures[name].grid.rows.data[column])
            assert values, name
            assert all(any(x == pytest.approx(y, rel=1e-9, abs=1e-9) for y in there) for x in values), name
    served = figures["service"].spec["data"]["values"]
    assert math.fsum(v["value"] * 1e3 for v in served) == pytest.approx(given.plan.service["demand_ttok"].sum())
    for spec in (figures["worth_to_whom"].spec, figures["worth_to_whom"].narrow):
        by_year = defaultdict(float)
        for v in spec["data"]["values"]:
            by_year[int(v["column"])] += v["value"] * 1e9
        first = given.plan.bottlenecks[given.plan.bottlenecks["rank"] == 1].set_index("year")["annual_gain_usd_per_pct"]
        assert dict(by_year) == pytest.approx(first.to_dict())


_SHOWN = re.compile(
    r"(?<![\w.])[-+]?\$?[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?:[kMBT](?!\w))?(?: %)?(?![\w])"
)
"""A number as charts show it, and not a part of a name."""


def test_what_charts_say_stands_in_their_tables() -> None:
    """Catches a mark that says another number than the table behind its chart: both are read back from the page. What
    is summed up or split for a chart alone is worked out again.
    """
    given, _ = _base()
    tables, studies = given.plan.tables, given.studies
    page = _page()
    count = 0
    for figure in page.all("figure"):
        table = next(figure.all("table"))
        values = [float(data["value"]) for data in table.all("data")]
        there = {cell.text for tag in ("th", "td") for cell in table.all(tag)}
        for svg in figure.all("svg"):
            for title in svg.all("title"):
                if figure["id"] in {"figure-worth_to_whom", "figure-tornado"} or "all other terms" in title.text:
                    continue
                for token in _SHOWN.findall(title.text.replace("1 % more", "")):
                    powers = {power_of_ten(number(token), value) for value in values}
                    assert token in there or powers & {0, 2, -2, 3, -3, 6, -6, 9, -9}, (figure["id"], title.text)
                    count += 1
    assert count > 1000
    drawn = {f.name: f.spec["data"]["values"] for part in sections(given) for f in part.charts}
    terms = tables["decomposition"].groupby(["workload", "year"])["usd_per_mtok"].sum()
    piles = defaultdict(float)
    for v in drawn["marginal_made_of"]:
        piles[v["panel"], int(v["column"])] += v["value"]
    assert dict(piles) == pytest.approx(terms.to_dict(), abs=1e-9)
    now, moved = studies["sensitivity"].summary["cost_usd_per_mtok"], studies["sensitivity"].tables["tornado"]
    for v in drawn["tornado"]:
        found = [
            r[f"cost_usd_per_mtok_{end}"]
            for r in moved.to_dict("records")
            for end in ("low", "high")
            if v["description"].startswith(f"{r['input']}, {r['evidence']}, {end} end: ")
        ]
        assert [v["value"]] == pytest.approx([100 * change / now for change in found])
        first, second = _SHOWN.findall(v["description"].split(" end: ")[1])
        assert number(first) == pytest.approx(v["value"], abs=0.051)
        assert number(second) == pytest.approx(now + found[0], rel=6e-3)


def test_grids_say_what_differs_and_who_said_so() -> None:
    """Catches a frame at another cell, a change against the wrong answer, and the press taken for the model."""
    given, _ = _base()
    figures = {f.name: f for part in sections(given) for f in part.charts}
    beside, past = given.studies["compare"].tables, given.studies["backcast"].tables["labels"]
    for spec in ("spec", "narrow"):
        cells = {
            name: {(v["row"], int(v["column"])): v for v in getattr(figures[name], spec)["data"]["values"]}
            for name in ("compare_bound", "compare_cost", "compare_served", "past")
        }
        same = beside["labels"].groupby(["answer", "year"])["same"].all()
        names = Names(given.case)
        for r in beside["labels"][beside["labels"]["level"] == "group"].to_dict("records"):
            before, after = (cells["compare_bound"][row, r["year"]] for row in ("the case", r["answer"]))
            assert [cell["text"] for cell in (before, after)] == [
                names.groups(r[x], 22) for x in ("reference", "label")
            ]
            assert (before["mark"], after["mark"]) == (0, int(not same[r["answer"], r["year"]]))
        for name, quantity in (("compare_cost", "average_usd_per_mtok"), ("compare_served", "served_ttok")):
            rows = beside["results"]
            rows = rows[(rows["quantity"] == quantity) & (rows["item"] == "all")].to_dict("records")
            assert len(rows) == len(cells[name])
            for r in rows:
                change = 100 * (r["value"] / r["reference"] - 1)
                said = cells[name][r["answer"], r["year"]]
                assert number(said["text"]) == pytest.approx(change, abs=0.051)
                assert (said["level"] == "within 1 %") == (abs(change) <= 1)
                assert said["level"].startswith("-") == (change < -1)
        layers = getattr(figures["compare_bound"], spec)["layer"]
        assert layers[-1]["encoding"]["text"]["field"] == {"spec": "text", "narrow": "brief"}[spec]
        stages = past[past["level"] == "stage"].fillna("").set_index("year")
        for (name, year), v in cells["past"].items():
            model, press = (name in stages[c][year].replace(" + ", ", ").split(", ") for c in ("label", "press"))
            assert v["text"] == {(1, 1): "both", (1, 0): "model", (0, 1): "press", (0, 0): ""}[model, press]
            assert v["mark"] == model
            inside = name in re.split(r", | \+ ", stages["others"][year])
            assert v["level"] == (v["text"] or ("inside the ranges" if inside else "neither"))


def test_a_scenario_is_told_in_a_sentence() -> None:
    """Catches a change of another answer or total, one called none that is not, and a group told for a stage."""
    given, _ = _base()
    beside = given.studies["compare"].tables
    points = [one.text for one in _page().all("li")]
    names = Names(given.case)
    for name, title in given.scenarios.items():
        totals, labels = (rows[rows["answer"] == name] for rows in (beside["totals"], beside["labels"]))
        change = dict(zip(totals["quantity"], totals["value"] - totals["reference"], strict=True))
        signed = {what: f"{'+' if x > 0 else ''}{shown(x / 1e9)} bn USD" for what, x in change.items()}
        by_year: dict[str, list[str]] = defaultdict(list)
        for t, rows in labels.groupby("year"):
            label = dict(zip(rows["level"], rows["label"], strict=True))
            if not rows["same"].all():
                by_year[names.binds(label["group"], label["stage"], 60)].append(str(t))
        bound = ", ".join(f"{label} in {', '.join(years)}" for label, years in by_year.items())
        then = f"now binds: {bound}" if bound else "the same groups and stages bind"
        benefit, value, cost = (signed[f"{what}_usd"] for what in ("net_benefit", "value", "cost"))
        totals = f"net benefit {benefit}, value served {value}, total cost {cost}"
        assert points.count(f"{title}: over the whole horizon {totals}; {then}.") == 1
    assert any("now binds" in one for one in points)
    unchanged = "net benefit unchanged, value served unchanged, total cost unchanged"
    told = f"Nothing is changed: over the whole horizon {unchanged}; the same groups and stages bind."
    tiny = sc.solve(sc.load(TINY))
    same = ReportData(tiny, 2026, "x", (), {"compare": compare({"a": tiny, "b": tiny})}, {"b": "Nothing is changed"})
    assert "".join(map(str, sections(same)[1].blocks[0].points[0])) == told  # type: ignore[union-attr]


def _bars(svg: str, axis: str) -> dict[str, tuple[float, float, float]]:
    """Return of the bars of a picture, by their titles, where they start and end, and where they stand across."""
    found = {}
    for path in ET.fromstring(svg).iter(f"{SVG}path"):  # noqa: S314 - drawn here
        title = path.find(f"{SVG}title")
        match = re.match(r"M(-?[\d.]+),(-?[\d.]+)h(-?[\d.e-]+)v(-?[\d.e-]+)h", path.get("d", ""))
        if title is not None and match:
            left, top, wide, high = map(float, match.groups())
            found[str(title.text)] = (left, left + wide, top) if axis == "x" else (-top - high, -top, left)
    return found


@pytest.mark.parametrize(("name", "axis"), [("power", "y"), ("h100e", "y"), ("stranded", "x"), ("options", "x")])
def test_bars_are_as_long_as_their_numbers(name: str, axis: str) -> None:
    """Catches an axis that does not start at nought, a bar drawn from another field, marks that are not drawn, a bar
    that starts elsewhere than its neighbours, and parts of a bar that leave a gap or cover each other.
    """
    given, files = _base()
    figure = next(f for part in sections(given) for f in part.charts if f.name == name)
    there = _bars(files[f"figures/{name}.svg"].decode(), axis)
    values = {v["description"]: v["value"] for v in figure.spec["data"]["values"] if v["value"] > 0}
    assert set(values) <= set(there)
    lengths = {said: end - start for said, (start, end, _) in there.items()}
    scale = max(values.values()) / lengths[max(values, key=values.__getitem__)]
    for said, value in values.items():
        assert lengths[said] * scale == pytest.approx(value, rel=0.02, abs=scale), said
    nought = min(start for start, _, _ in there.values())
    piles = defaultdict(list)
    for start, end, across in there.values():
        piles[across].append((start, end))
    for pile in piles.values():
        at = nought
        for start, end in sorted(pile):
            assert start == pytest.approx(at, abs=0.5)
            at = end


def _lightness(colour: str, seen: Sequence[Sequence[float]]) -> list[float]:
    """Return a colour in CIE L*a*b*, as it is seen through a matrix of linear RGB."""
    codes = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in codes]
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, linear, strict=True)))) for row in seen)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (c ** (1 / 3) if c > 0.008856 else 7.787 * c + 16 / 116 for c in xyz)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


_SEEN = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado, Oliveira, Fernandes 2009, "A physiologically-based model for simulation of color vision deficiency"."""


@pytest.mark.parametrize("seen", [*_SEEN])
def test_colours_stay_apart_for_the_colour_blind(seen: str) -> None:
    """Catches two colours of one chart that somebody sees as one: twelve steps of CIE 1976 apart or more, where two or
    three can just be told apart side by side.
    """
    colours = [*charts.colours(map(str, range(12))).values(), charts.REST]
    assert len(set(colours)) == 13
    for one, other in combinations(colours, 2):
        assert math.dist(_lightness(one, _SEEN[seen]), _lightness(other, _SEEN[seen])) > 12, (one, other)


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    """Catches a script that is not ours, an address that the browser would fetch, a link to nowhere, a picture missing,
    headings that skip a level, parts in another order, and an identifier that stands twice.
    """
    (given, files), page = _base(), _page()
    (script,) = page.all("script")
    assert script.text == (ROOT / "supplychain" / "report" / "page" / "page.js").read_text(encoding="utf-8")
    allowed = next(page.all("meta", http_equiv="Content-Security-Policy"))["content"]
    digest = base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()
    assert allowed.startswith(
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:;"
    )
    assert len(files[html.PAGE]) < 5e6
    fetched = [
        one for one in page.all() for name in ("src", "srcset", "poster", "xlink:href") if name in one.attributes
    ]
    assert not fetched
    assert all(one["href"] == "data:," for one in page.all("link"))
    assert "@import" not in files[html.PAGE].decode()
    assert all("url(" not in style.text for style in page.all("style"))
    ids = [one["id"] for one in page.all() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert re.match("https?://|#", link["href"])
        assert not link["href"].startswith("#") or link["href"][1:] in ids
    order = [
        "answer",
        "scenarios",
        "foresight",
        "march",
        "uncertainty",
        "supply",
        "service",
        "buying",
        "fleet",
        "trust",
        "tables",
        "inputs",
    ]
    assert [one["id"] for one in page.all("section")] == order
    levels = [int(one.tag[1]) for one in page.all() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    figures = [f for part in sections(given) for f in part.charts]
    assert [one["id"] for one in page.all("figure")] == [f"figure-{f.name}" for f in figures]
    for one, figure in zip(page.all("figure"), figures, strict=True):
        assert [svg["aria-label"] for svg in one.all("svg")] == [figure.alt, figure.alt]
        assert list(one.all("details"))
    assert set(files) == {html.PAGE, html.WORKBOOK, *html.figures_of(files[html.PAGE].decode())}


@pytest.mark.parametrize("made", [html_case, served_html_case])
def test_names_are_only_names(made: object, tmp_path: Path) -> None:
    """Catches a name that becomes an element, an attribute, a link or part of an expression, one that breaks a chart or
    the page, and a part that fails where there is one year, one region, no demand or 30 stages.
    """
    given = report_data_of(sc.load(write_case(made(), tmp_path / "case")), changed=[FOR_HTML[0]])  # type: ignore[operator]
    files = html.report(given)
    page = read(files[html.PAGE].decode())
    assert check_numbers(page, written(given, tmp_path / "answer")) > 50
    assert len(list(page.all("script"))) == 1
    assert not [one for one in page.all() if one.tag in {"iframe", "object", "img", "foreignobject"}]
    assert not [name for one in page.all() for name in one.attributes if name.startswith("on")]
    assert all(re.match("https?://|#", link["href"]) for link in page.all("a"))
    said = page.text
    for name in FOR_HTML:
        assert name in said
    assert "7 * 7" in said
    ids = [one["id"] for one in page.all() if "id" in one.attributes]
    assert all(
        re.fullmatch("[a-z0-9_-]+", one)
        or one.split("-")[0] in {f for p in sections(given) for x in p.figures for f in [x.name]}
        for one in ids
    )
    for path, content in files.items():
        if path.endswith(".svg"):
            ET.fromstring(content)  # noqa: S314 - drawn here
        if path.endswith(".png"):
            assert content.startswith(b"\x89PNG")


def test_expressions_hold_no_data() -> None:
    """Catches a name that gets into an expression of a chart: into a filter, a sort or a label."""
    given, _ = _base()
    figures = [f for part in sections(given) for f in part.charts]
    allowed = {"data"}

    def visit(x: object, key: str = "") -> None:
        if isinstance(x, dict):
            assert not {"expr", "signal", "calculate", "test", "labelExpr"} & set(x), key
            for name, y in x.items():
                assert (name, type(y)) != ("sort", list), "an order by names becomes an expression"
                if name not in allowed:
                    visit(y, name)
        elif isinstance(x, list):
            for y in x:
                visit(y, key)
        elif key == "filter":
            pytest.fail("a filter in words")

    for figure in figures:
        visit(figure.spec)
        visit(figure.narrow)


def test_long_names_that_start_alike_stay_apart() -> None:
    """Catches rows that are drawn on top of each other because their names are cut to the same."""
    rows = [
        {"row": f"{'same start ' * 9}{n}", "value": float(n + 1), "text": "", "part": "", "description": f"{n}"}
        for n in range(3)
    ]
    for width in (charts.WIDE, charts.NARROW):
        spec = charts.bars(width, rows, x="units")
        assert len({v["row"] for v in spec["data"]["values"]}) == 3


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    """In another order of rows, drawn in other processes. Catches a time stamp, a random name, the order of a set."""
    case = chain([Link("wafers", 100.0, price=2.0), Link("power", 120.0)])
    one, two = (write_case(case, tmp_path / str(n), shuffle_seed=seed) for n, seed in enumerate((None, 3)))
    first = html.report(report_data_of(sc.load(one)))
    with images.DrawingProcesses() as hands:
        second = html.report(report_data_of(sc.load(two)), hands.start)
    assert first == second


def test_processes_that_draw_end_with_those_that_ask() -> None:
    """Catches one that Ctrl-C reaches too, which prints a traceback of its own, one that stays, and one that is killed
    and leaves the report waiting or tells it in a traceback.
    """
    figure = next(f for part in sections(_base()[0]) for f in part.charts)
    with images.DrawingProcesses(1) as hands:
        (process,) = hands._started  # noqa: SLF001 - what is looked at
        assert os.getpgid(process.pid) != os.getpgid(0)
        assert hands.start(figure)() == images.start(figure)()
        process.kill()
        with pytest.raises(SetupError, match="ended from outside"):
            hands.start(figure)()
    assert process.poll() is not None


@pytest.mark.usefixtures("drawn_once")
def test_a_part_that_was_not_run_says_how(tmp_path: Path) -> None:
    """Catches an empty chart, or silence, in the place of a study; and files of an earlier report that stay."""
    out = tmp_path / "out"
    (out / "figures").mkdir(parents=True)
    (out / "report.html").write_text(f'{html.MARK}<figure id="figure-tornado">', encoding="utf-8")
    for kept in ("tornado.svg", "mine.svg"):
        (out / "figures" / kept).write_text("x", encoding="utf-8")
    assert said_by("report", TINY, "--out", out)[0] == 0
    page = read((out / "report.html").read_text(encoding="utf-8"))
    said = [one.text for one in page.all("p", class_="notrun")]
    for what in (
        "--scenario",
        "--reference",
        "supplychain sensitivity",
        "supplychain uncertainty",
        "supplychain foresight",
        "supplychain backcast",
    ):
        assert any(what in one for one in said)
    assert (out / "figures" / "mine.svg").exists()
    assert not (out / "figures" / "tornado.svg").exists()
    assert {f"figures/{file.name}" for file in (out / "figures").iterdir()} - {"figures/mine.svg"} == set(
        html.figures_of((out / "report.html").read_text(encoding="utf-8"))
    )


@pytest.mark.usefixtures("drawn_once")
def test_what_does_not_belong_is_refused(tmp_path: Path) -> None:
    """Catches a report that mixes answers of different inputs, reads another folder, or writes over another's file."""
    out = tmp_path / "out"
    status, said = said_by("report", TINY, "--sensitivity", ANSWERS / "sensitivity", "--out", out)
    assert status == 2
    assert "is of other inputs: accelerators.csv, " in said
    status, said = said_by("report", TINY, "--backcast", ANSWERS / "sensitivity", "--out", out)
    assert status == 2
    assert "summary.json, column score: is missing" in said
    assert "give a folder that `supplychain backcast CASE --out DIR` writes" in said
    status, said = said_by("report", TINY, "--sensitivity", tmp_path / "nowhere", "--out", out)
    assert status == 2
    assert "there is no such folder; give one that `supplychain sensitivity CASE --out DIR` wrote" in said
    broken = shutil.copytree(ANSWERS / "backcast", tmp_path / "broken")
    (broken / "tables" / "labels.csv").write_text("year\n", encoding="utf-8")
    status, said = said_by("report", TINY, "--backcast", broken, "--out", out)
    assert status == 2
    assert "has no column labels.level, labels.label, labels.said, labels.keeps, labels.moves, labels.others" in said
    status, said = said_by("report", TINY, "--reference", ANSWERS / "backcast", "--out", out)
    assert status == 2
    status, said = said_by("report", TINY, "--year", 1999, "--out", out)
    assert status == 2
    status, said = said_by("report", TINY, "--scenario", "none_such", "--out", out)
    assert status == 2
    assert not out.exists()
    out.mkdir()
    (out / "report.html").write_text("mine", encoding="utf-8")
    status, said = said_by("report", TINY, "--out", out)
    assert status == 1
    assert "a file of that name is there that is no report of this software" in said
    assert (out / "report.html").read_text(encoding="utf-8") == "mine"


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches a traceback, or minutes of solving before it."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    status, said = said_by("report", TINY, "--out", tmp_path / "out")
    assert (status, said) == (
        2,
        "the report needs vl-convert, which is not installed: pip install 'supplychain[report]'",
    )


@pytest.mark.usefixtures("drawn_once")
def test_what_changed_and_a_reference_stand_on_the_page(tmp_path: Path) -> None:
    """Catches a change of the case that is not named, and a reference that is taken for the plan."""
    assert said_by("solve", TINY, "--out", tmp_path / "before", "--quiet")[0] == 0
    edit = "demand.demand_ttok *= 2"
    status, _ = said_by("report", TINY, "--change", edit, "--reference", tmp_path / "before", "--out", tmp_path / "out")
    assert status == 0
    page = read((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert sum(edit in one.text for one in page.all("p", class_="meta")) == 1
    assert sum(one.text.startswith(f"Against {tmp_path / 'before'}: ") for one in page.all("li")) == 1
    before = pd.read_csv(tmp_path / "before" / "tables" / "service.csv").groupby("year")["served_ttok"].sum()
    table = next(
        t
        for t in page.all("table", data_rows="")
        if all(part in t["data-rows"] for part in ("reference:results", '"served_ttok"', '"all"'))
    )
    drawn = {
        keys["year"]: float(next(cell.all("data"))["value"])
        for keys, column, cell in cells_of(table)
        if column == "value"
    }
    assert set(drawn) == {str(t) for t in before.index}
    changed = sc.solve(sc.what_if(TINY, (), [edit]).case).service.groupby("year")["served_ttok"].sum()
    assert drawn == pytest.approx({str(t): x for t, x in changed.items()})


def with_scenarios(folder: Path) -> Path:
    """Return `inputs/tiny` with two scenarios beside it, each of which removes the commitment."""
    shutil.copytree(TINY, folder)
    (folder / "scenarios").mkdir()
    for name, edits in (
        ("more", ["demand.demand_ttok *= 2", "capacity.capacity[stage=packaging] +10%"]),
        ("less", ["demand.demand_ttok *= 0.7"]),
    ):
        groups = "".join(
            f'[[groups]]\nname = "{name} {n}"\nedits = ["{edit}"]\n' for n, edit in enumerate(edits, start=1)
        )
        (folder / "scenarios" / f"{name}.toml").write_text(
            f'name = "{name}"\ntitle = "Is {name}"\nwhy = "a test"\nsource = "made up"\n{groups}'
            'remove = [{ table = "commitments", commitment = "promise" }]\n',
            encoding="utf-8",
        )
    return folder


@pytest.mark.unmeasured
@pytest.mark.usefixtures("drawn_once")
def test_a_scenario_is_reported_as_the_case_that_it_makes(tmp_path: Path) -> None:
    """Catches a page about the case in the place of its scenario, in any part; a scenario compared with itself, or
    without what each of its changes adds; and a page that does not say which scenario it is.
    """
    folder, out = with_scenarios(tmp_path / "case"), tmp_path / "out"
    assert said_by("solve", folder, "--out", tmp_path / "before", "--quiet")[0] == 0
    status, _ = said_by(
        *("report", folder, "--as", "more", "--scenario", "less", "--year", 2027),
        *("--reference", tmp_path / "before", "--no-figures", "--out", out, "--quiet"),
    )
    assert status == 0
    page = read((out / "report.html").read_text(encoding="utf-8"))
    case, more = sc.load(folder), sc.what_if(folder, ["more"]).case
    plan = sc.solve(more)
    studies = {
        "compare": compare_folders([str(folder)], ["more", "less"]),
        "reference": compare({"before": sc.read_answer(tmp_path / "before"), "more": plan}),
    }
    given = ReportData(plan, 2027, str(folder), studies=studies)
    assert check_numbers(page, written(given, tmp_path / "answer")) > 300
    meta = [one.text for one in page.all("p", class_="meta")]
    assert meta[0].startswith("Case tiny, scenario more, 2026-2027; ")
    assert meta[1] == "Changed in the case: Is more (more)."
    points = [one.text for one in page.all("li")]
    for said in ("Is more (more), which the rest of this report is about: over the ", "Is less (less): over the "):
        assert sum(one.startswith(said) for one in points) == 1
    (figure,) = page.all("figure", id="figure-compare_bound")
    assert "Framed: another group or stage binds than in the case as given." in figure.text
    before = sc.solve(case).binding.set_index(["year", "level"])["members"]
    names = Names(case)
    titles = {one.text for one in figure.all("title")}
    assert {
        f"the case as given, {t}: {names.binds(before[t, 'group'], before[t, 'stage'])}" for t in (2026, 2027)
    } <= titles
    for study, answers in (("compare", {"more", "less"}), ("reference", {"more"})):
        tables = [t for t in page.all("table", data_rows="") if f'"{study}:results"' in t["data-rows"]]
        assert {keys["answer"] for table in tables for keys, _, _ in cells_of(table)} == answers, study
    demand = next(t for t in page.all("table", data_sheet="") if t["data-sheet"] == "demand.csv")
    doubled = {_plain(row["demand_ttok"]) for row in more.tables["demand"]}
    assert doubled <= {cell.text.split()[0] for cell in demand.all("td") if cell.text}


@pytest.mark.unmeasured
@pytest.mark.usefixtures("drawn_once")
def test_the_study_of_a_scenario_is_made_as_the_page_says(tmp_path: Path) -> None:
    """Catches a command on the page that makes the study of another case, or that the shell reads otherwise; and a
    report of a scenario with the sensitivity of the case, or the other way round.
    """
    folder, out = with_scenarios(tmp_path / "a case"), tmp_path / "out"
    edit = "capacity.capacity[stage=hbm] *= 0.9"
    about = ("report", folder, "--as", "more", "--change", edit, "--no-figures", "--out", out)
    status, said = said_by(*about)
    assert status == 0
    assert "Is more (more)" in said
    assert edit in said
    assert said.endswith("report.html is written.")
    page = read((out / "report.html").read_text(encoding="utf-8"))
    assert f"Changed in the case: {edit}; Is more (more)." in [one.text for one in page.all("p", class_="meta")]
    commands = [shlex.split(one.text) for one in page.all("code") if one.text.startswith("supplychain ")]
    again = next(words for words in commands if "--reference" in words)
    assert again[1:8] == ["report", str(folder), "--as", "more", "--change", edit, "--reference"]
    made = next(words for words in commands if words[1] == "sensitivity")
    made = made[1 : made.index("--out")]
    assert said_by(*made, "--out", tmp_path / "moved", "--quiet", "--workers", 1)[0] == 0
    assert said_by(*about, "--sensitivity", tmp_path / "moved")[0] == 0
    rows = [t["data-rows"] for t in read((out / "report.html").read_text(encoding="utf-8")).all("table", data_rows="")]
    assert any("sensitivity:tornado" in one for one in rows)
    for other in (("report", folder), ("report", folder, "--as", "less")):
        status, said = said_by(*other, "--sensitivity", tmp_path / "moved", "--out", tmp_path / "none")
        assert status == 2
        assert "is of other inputs: " in said
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("drawn_once")
def test_a_scenario_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Catches a traceback, a report of the case instead, and a folder that stays empty; and two scenarios beside the
    case that are refused because they cannot be made together, which nobody asked for.
    """
    folder, out = with_scenarios(tmp_path / "case"), tmp_path / "out"
    told = {said_by("report", folder, option, "mroe", "--out", out) for option in ("--as", "--scenario")}
    assert told == {(2, f"1 problem in {folder}:\n  no scenario is called 'mroe'; did you mean 'more'?")}
    assert not out.exists()
    assert said_by("solve", folder, "--scenario", "more", "--scenario", "less")[0] == 2
    assert said_by("report", folder, "--scenario", "more", "--scenario", "less", "--no-figures", "--out", out)[0] == 0


@pytest.mark.usefixtures("drawn_once")
def test_a_page_alone_is_the_same_page(tmp_path: Path) -> None:
    """Catches figures of an earlier report that stay beside a page that has none, a folder left empty, a file of
    somebody else's that goes with them, and another page.
    """
    out = tmp_path / "out"
    assert said_by("report", TINY, "--out", out, "--quiet")[0] == 0
    page = (out / "report.html").read_bytes()
    (out / "figures" / "mine.svg").write_text("x", encoding="utf-8")
    assert said_by("report", TINY, "--out", out, "--quiet", "--no-figures")[0] == 0
    assert (out / "report.html").read_bytes() == page
    assert [file.name for file in (out / "figures").iterdir()] == ["mine.svg"]
    (out / "figures" / "mine.svg").rename(out / "figures" / "ladder.svg")
    assert said_by("report", TINY, "--out", out, "--quiet", "--no-figures")[0] == 0
    assert [file.name for file in out.iterdir()] == ["report.html"]


README = """# Weak tea is no case

Not this.

## Where it is WEAK: `all` of [it](https://example.org/it) ##

A paragraph of
two lines, **bold** and `x_low` and some_other_one.

1. First, with [`a` link](https://example.org/a_b_c "title")
   and a second line.
2) Second: 2 * 3 * 4 and \\*kept\\* and `a*b*\\*c`.
   - Inside
- &lt;script>alert(1)&lt;/script> &lt;img src=x onerror=alert(1)> &amp; "quoted" <b>bold</b>

<!-- hidden
## Weak in a comment
-->

***
> Quoted _too_

### Closer

| a table | of numbers |
|---|---|

```
## Weak in code
- not shown
```

Underlined
----------

Not this either.

## Weakest of all

* Last

# Another page

Nor this.
"""


def test_what_the_author_calls_weak_is_read(tmp_path: Path) -> None:
    """Catches a part that is left out or goes on too far, a mark that stays, and text that is taken for a mark."""
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    expected = {
        "Where it is WEAK: all of it": [
            "A paragraph of two lines, bold and x_low and some_other_one.",
            "First, with a link and a second line.",
            "Second: 2 * 3 * 4 and *kept* and a*b*\\*c.",
            "Inside",
            '<script>alert(1)</script> <img src=x onerror=alert(1)> & "quoted" bold',
            "Quoted too",
            "Closer",
        ],
        "Weakest of all": ["Last"],
    }
    assert weaknesses(tmp_path) == expected
    (tmp_path / "README.md").write_bytes(README.replace("\n", "\r\n").encode("utf-8-sig"))
    assert weaknesses(tmp_path) == expected
    assert weaknesses(TINY) == {}
    assert weaknesses(tmp_path / "nowhere") == {}
    for name in ("base", "backcast"):
        assert list(weaknesses(INPUTS / name)) == ["Weakest numbers, in order"]


@pytest.mark.usefixtures("drawn_once")
def test_what_the_author_calls_weak_is_text_on_the_page(tmp_path: Path) -> None:
    """Catches words of a file that become an element, a link or pages of text, that stand there as the software's own,
    or that are not UTF-8.
    """
    folder, out = tmp_path / "case", tmp_path / "out"
    shutil.copytree(TINY, folder)
    long = "".join(f"- point {n} {'x' * 3000}\n" for n in range(100))
    (folder / "README.md").write_text(f"{README}\n## Long weaknesses\n{long}", encoding="utf-8")
    assert said_by("report", folder, "--no-figures", "--out", out)[0] == 0
    page = read((out / "report.html").read_text(encoding="utf-8"))
    assert len(list(page.all("script"))) == 1  # ours
    assert not [one for one in page.all() if one.tag == "img" or "onerror" in one.attributes]
    assert all(re.match("https?://|#", link["href"]) for link in page.all("a"))
    assert "From the case's README.md, “Where it is WEAK: all of it”:" in [one.text for one in page.all("p")]
    points = [one.text for one in page.all("li")]
    assert points.count('<script>alert(1)</script> <img src=x onerror=alert(1)> & "quoted" bold') == 1
    assert points.count("… and 70 more there.") == 1
    assert sum(one.startswith("point ") for one in points) == 30
    assert max(map(len, points)) == 1000
    (folder / "README.md").write_bytes("## Weak\n\n- ähnlich\n".encode("latin-1"))
    status, said = said_by("report", folder, "--out", tmp_path / "none")
    assert status == 2
    assert said == f"1 problem in {folder}:\n  README.md row 3: byte 0xe4 is not UTF-8; save the file as UTF-8"
    assert not (tmp_path / "none").exists()


@pytest.mark.unmeasured
def test_the_shipped_report_is_what_the_software_writes() -> None:
    """`reports/base`. Written anew by `make reports`; look at the difference before you do.

    Pictures depend on the fonts of a machine, so of them only that they are there is compared, and what they show: the
    title of each mark, those of one thing once.
    """
    there, (given, now) = files_in(REPORTS / "base"), _base()
    assert there.keys() == now.keys()
    one, two = (files[html.PAGE].decode() for files in (there, now))
    assert _without_pictures(one) == _without_pictures(two)
    texts, numbers = zip(*(_parts(files[html.WORKBOOK]) for files in (there, now)), strict=True)
    assert texts[0] == texts[1]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6, abs=1e-6)
    moved = json.loads((ANSWERS / "sensitivity" / "summary.json").read_text(encoding="utf-8"))
    assert moved["objective_usd"] == pytest.approx(given.plan.objective_usd, rel=1e-9)
    assert {path.parent for path in REPORTS.glob("*/report.html")} == {REPORTS / "base"}


def _parts(book: bytes) -> tuple[dict[str, str], list[float]]:
    """Return the files of a workbook with its numbers taken out, and these."""
    with zipfile.ZipFile(io.BytesIO(book)) as there:
        texts = {name: there.read(name).decode() for name in there.namelist()}
    found = [float(x) for text in texts.values() for x in re.findall("<v>(.*?)</v>", text)]
    return {name: re.sub("<v>.*?</v>", "<v/>", text) for name, text in texts.items()}, found


def _without_pictures(page: str) -> Sequence[str]:
    """Return a page with the titles of marks in the place of its pictures, numbers as they are shown, and without the
    versions, which are those of who runs it.
    """
    page = re.sub('<data value="[^"]*"', "<data", page)
    page, versions = re.subn("; solved with [^<]*", "", page)
    assert versions == 1
    return re.sub(
        "<svg.*?</svg>", lambda svg: "".join(sorted({*re.findall("<title>.*?</title>", svg[0])})), page, flags=re.DOTALL
    ).splitlines()


def test_pictures_have_names_of_their_own() -> None:
    """Catches two charts of a page that share the name of a clip, and a chart without alternative text."""
    drawn = {f.name: DrawnOnce().start(f)() for part in sections(_base()[0]) for f in part.charts[:1]}
    for name, picture in drawn.items():
        for svg, prefix in ((picture.wide, f"{name}-"), (picture.narrow, f"{name}-narrow-")):
            root = ET.fromstring(svg)  # noqa: S314 - drawn here
            assert root.get("role") == "img"
            assert root.get("aria-label")
            assert all(one.get("id", prefix).startswith(prefix) for one in root.iter())
