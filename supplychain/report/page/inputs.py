"""Every input as it stands, with range, unit, source and evidence; and the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.case import vars_of
from supplychain.report.formats import plain
from supplychain.report.page.blocks import Heading, InputTable, Paragraph, Section, Source, Sources
from supplychain.schema import WEAK_EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.report.page.blocks import Block
    from supplychain.report.page.report_data import ReportData


def section(report_data: ReportData) -> Section:
    """Return the inputs, table by table, and where they come from."""
    rows = report_data.case.tables["sources"]
    anchors = {row["source"]: f"source-{n + 1}" for n, row in enumerate(rows)}
    evidence = {row["source"]: row["evidence"] for row in rows}
    blocks: list[Block] = []
    if report_data.what_if:
        changed = plain("; ".join(report_data.what_if))
        blocks.append(Paragraph((f"Changed in the case: {changed}. The tables show the numbers as solved.",)))
    blocks.append(
        Paragraph((f"Low evidence, {' and '.join(WEAK_EVIDENCE)}, is marked ▲. A range stands behind its number.",))
    )
    values = vars_of(report_data.case.settings)
    settings = [(c.name, _cell(values[c.name]), c.unit, c.meaning) for c in schema.SETTINGS]
    blocks += [_settings(settings)]
    blocks += [
        _sheet(table, report_data.case.tables[table.name], anchors, evidence)
        for table in schema.TABLES
        if table.name != "sources" and report_data.case.tables[table.name]
    ]
    listed = [_source(row, anchors) for row in rows]
    return Section(
        "inputs",
        "Every input",
        "What goes in, where is it from, and how good is it?",
        [*blocks, Heading("Sources"), Sources(listed)],
    )


def _settings(settings: list[tuple[str, str, str, str]]) -> InputTable:
    rows = [[(name, ""), (value, ""), (unit, ""), (meaning, "")] for name, value, unit, meaning in settings]
    return InputTable(
        "case.toml",
        "The case.",
        [("setting", ""), ("value", ""), ("unit", ""), ("meaning", "")],
        [False, False, False, False],
        rows,
        [],
        0,
    )


def _sheet(
    table: schema.TableSchema,
    rows: tuple[Mapping[str, Any], ...],
    anchors: Mapping[str, str],
    evidence: Mapping[str, str],
) -> InputTable:
    columns = [c for c in table.columns if c.name != "source" and any(row.get(c.name) is not None for row in rows)]
    sourced = any(c.name == "source" for c in table.columns)
    cells = [[(_cell(row.get(c.name)), _range(row, c)) for c in columns] for row in rows]
    sources = (
        [(anchors[row["source"]], evidence[row["source"]], evidence[row["source"]] in WEAK_EVIDENCE) for row in rows]
        if sourced
        else []
    )
    return InputTable(
        table.file,
        table.meaning,
        [(c.name, c.unit) for c in columns],
        [c.type in {"number", "integer"} and c.name != "year" for c in columns],
        cells,
        sources,
        sum(low for _, _, low in sources),
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.12g}" if isinstance(value, float) else plain(str(value))


def _range(row: Mapping[str, Any], column: schema.ColumnSchema) -> str:
    low, high = (row.get(column.name + end) for end in (schema.LOW, schema.HIGH))
    return "" if low is None and high is None else f"{_cell(low)} to {_cell(high)}"


def _source(row: Mapping[str, Any], anchors: Mapping[str, str]) -> Source:
    url = str(row["url"] or "").strip()
    parents = [name for name in (row["derived_from"] or "").split() if name in anchors]
    return Source(
        anchor=anchors[row["source"]],
        key=plain(row["source"]),
        title=plain(row["title"]),
        publisher=plain(row["publisher"]),
        date=plain(row["date"] or ""),
        url=url if url.startswith(("https://", "http://")) else "",
        evidence=row["evidence"],
        low=row["evidence"] in WEAK_EVIDENCE,
        derived_from=[(plain(name), anchors[name]) for name in parents],
        note=plain(row["note"] or ""),
    )
