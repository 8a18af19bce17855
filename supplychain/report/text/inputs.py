"""The input reference, in Markdown: what the schema says of every table, column and setting."""

from __future__ import annotations

from supplychain import schema


def reference() -> str:
    """Return the input reference: every table, column and setting, in Markdown."""
    parts = [
        "# Inputs",
        "",
        "One folder is one case: `case.toml`, and CSV tables (UTF-8, comma, one header row).",
        "This page is generated from `supplychain/schema.py`; `supplychain check CASE` checks a folder against it.",
        "",
        "The check also asks about units, where a number is off by a factor that honest ones do not reach:",
        "",
        "- demand of which all accelerators of the case together could not serve a ten-thousandth;",
        "- a stage that is enough for 100,000 times as many accelerators as the others are, or a 100,000th,",
        "  or for less than a two-hundredth of the fleet at the start;",
        "- one year, or one accelerator, that is 200 times its like; at the end of a series 100,000 times;",
        "- a price that is 100,000 times all else that an accelerator costs, or a 100,000th;",
        "- a workload that earns less than a twentieth of what an accelerator costs.",
        "",
        "A stage may be in any unit as long as its tables agree. A limit, a price or a demand that is a power of ten,",
        'or all nines, stands for "no limit" or "next to nothing" and is not asked about.',
        "",
        "With `data_date` in `case.toml` the check names stale sources: facts, which are derived from no other source,",
        "that are more than a year older, and on which numbers rest, directly or through `derived_from`. A date may be",
        "`2025` or `2025-06`: its last day counts. What a fact says of years that were over when it was published",
        "stays right, where no later year takes its number from it. `supplychain check CASE --labels` solves the case",
        "and names the stale sources that decide what binds: behind its limits, needs and bills of materials.",
        "",
        "Any number in a column `x` with a unit may have `x_low` and `x_high` beside it:",
        "they describe uncertainty, the solve uses `x`.",
        "A *quantity* given for some years is linear between them, 0 before the first, its last value afterwards;",
        "a *price* takes its first given value before. Other tables with a year are not interpolated.",
        "",
        "`README.md`, for people, may stand beside them. What it says below a heading `## ...` that has `weak` in it,",
        "paragraph by paragraph and item by item, `supplychain report` shows among the known weaknesses.",
        "",
        "## `case.toml`",
        "",
        "| setting | type | unit | may be absent | meaning |",
        "|---|---|---|---|---|",
        *(f"| `{c.name}` | {_kind(c)} | {c.unit} | {_default(c)} | {c.meaning} |" for c in schema.SETTINGS),
    ]
    for table in schema.TABLES:
        parts += [
            "",
            f"## `{table.file}`{'' if table.required else ' (optional)'}",
            "",
            f"{table.meaning} Key: {', '.join(f'`{k}`' for k in table.key)}.",
            "",
            "| column | type | unit | may be blank | years | meaning |",
            "|---|---|---|---|---|---|",
            *(
                f"| `{c.name}` | {_kind(c)} | {c.unit} | {'yes' if c.blank else ''} | {c.series} | {c.meaning} |"
                for c in table.columns
            ),
        ]
        if table.name == "observed":
            parts += _quantities()
    return "\n".join(parts) + "\n"


def _quantities() -> list[str]:
    return [
        "",
        "| quantity | of | unit | kind, if the row names none | what it is |",
        "|---|---|---|---|---|",
        *(
            f"| `{name}` | {_ITEMS[q.items]} | {q.unit or 'that of the stage'} | `{q.kind}` | {q.meaning} |"
            for name, q in schema.QUANTITIES.items()
        ),
        "",
        f"`a{schema.SUM}b` counts two items together.",
    ]


_ITEMS = {
    "accelerators": "an accelerator, a family, a vendor, or `all`",
    "stages": "a stage",
    "workloads": "a workload, or `all`",
    "hardware": "`all`",
}


def _default(column: schema.ColumnSchema) -> str:
    if not column.blank:
        return ""
    return "yes" if column.default is None else f"yes: {column.default}"


def _kind(column: schema.ColumnSchema) -> str:
    if column.choices:
        return " or ".join(f"`{choice}`" for choice in column.choices)
    if column.minimum is None:
        return column.type
    most = "" if column.maximum is None else f" to {column.maximum:g}"
    if column.above:
        return f"{column.type}, above {column.minimum:g}{most}"
    return f"{column.type}, {column.minimum:g}{most or ' or more'}"
