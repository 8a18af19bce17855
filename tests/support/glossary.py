"""The glossary, `docs/glossary.md`: words of the subject, and every column of inputs and results with its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from supplychain import schema
from supplychain.results.schema import NOT_WRITTEN, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {
    "accelerator": "A chip with its system that does the work: a row of `accelerators.csv`.",
    "answer": "What a solve or a study returns: a summary and tables. `--out` writes it to a folder.",
    "attribution": "How much of a difference each group of changes makes. The parts add up to the whole.",
    "back-cast": "A solve of years that are past, compared with what was published of them.",
    "band": "The central part of the draws of a quantity: that of 80 % is from the 10 to the 90 % quantile.",
    "binds": "A stage binds in a year if more of it would lower the total cost. The label of a year is the stage, or "
    "the smallest set of stages, that serves more demand and gains most.",
    "capacity in hand": "What exists, or is under construction, whatever the plan decides: `capacity.csv`.",
    "case": "A folder with `case.toml` and CSV tables: all inputs of one solve.",
    "certificate": "The checks that an answer has passed: residuals, duality gap, a second solve from nothing.",
    "change": "An edit of numbers, or a row that is added, in a what-if.",
    "coverage": "How often bands hold what was published.",
    "CRPS": "Continuous ranked probability score: how far draws are from what came to pass, less half of how far they "
    "are from each other. Less is better; of one number it is the size of its error.",
    "commitment": "A deal that must be kept, or costs what falls short.",
    "not worth its cost": "Demand that would stay unserved even if no stage were limited.",
    "tier of demand": "A part of demand with its own value: people pay more for the first tokens than for the last.",
    "H100 equivalents": "Compute counted in NVIDIA H100s, by peak 8-bit operations.",
    "expansion": "An option to add capacity: most that can be ordered in a year, its price and its lead time.",
    "foresight": "How many years are seen when a year is decided, its own included; perfect foresight sees all.",
    "flow": "A stage that is used up once, when something is built: wafers, memory.",
    "gain": "What one per cent more of a stage or group would save, a year, what unserved demand was worth included.",
    "gap": "By how much the gain of the binding group exceeds that of the runner-up.",
    "group": "Stages that are relieved and told together: all layers of a site, all packaging. A label begins with it.",
    "held back by limits": "Demand that is not served, and would be if no stage were limited.",
    "holds to": "Up to how many per cent more of what binds its label stays.",
    "idle capacity": "Capacity that is not used because other stages bind.",
    "ladder": "Lift the limit of what binds, see what binds then, and so on.",
    "lead time": "Years from an order to service.",
    "locked-in orders": "What another answer ordered, built and bought up to a year, taken as done.",
    "marginal cost": "What one million tokens more would cost.",
    "near-optimal plan": "A plan that spends at most a given share more than the best, discounted, and whose net "
    "benefit is lower by no more than that amount.",
    "place": "Where a stage is supplied: a region, or `global`.",
    "plan": "The answer of one case: what to build, install, order and serve in every year.",
    "range": "The low and high value of a number, in columns `x_low` and `x_high`.",
    "regret": "How much more the plan with locked-in orders costs than a plan with perfect knowledge.",
    "relief": "Capacity beyond what the case has or may order, priced like the dearest option to expand.",
    "rent": "What a stage earns beyond its price, because there is no more of it.",
    "repair": "Where hard requirements clash: the cheapest that gives way, in physical units, and its price.",
    "research": "Compute that is not counted in tokens: research, training and inference that nobody counts.",
    "runner-up": "The group with the largest gain after the binding one, of those that would serve more.",
    "scenario": "A what-if in a file, `scenarios/NAME.toml`, with its reason and its source.",
    "share of a limit": "A supplier may own a share of what another stage has: `allocation.csv`.",
    "stage": "A link of the chain, from scanners to grid delivery: a row of `stages.csv`.",
    "stale source": "A fact more than a year older than the data of the case (`data_date`), on which numbers rest.",
    "stock": "A stage that is occupied while something is in use: halls, power.",
    "stranded capital": "What was spent on capacity that idles.",
    "supplier": "Who meets a stage, up to a limit and at a price.",
    "sweep": "Solves along one or two axes, or at the points of a table.",
    "tier of evidence": "How good a source is: measured, reported, estimated, derived or assumed.",
    "two-sided price": "What one unit more gains, and what one unit less costs. The two may differ.",
    "value curve": "What more of a stage is worth, step by step.",
    "window": "With limited foresight: the years that are seen when a year is decided.",
    "workload": "A kind of demand for tokens: chat, agents, batch.",
}
"""What words of the screen and the pages mean."""

_TOP = """\
# Glossary

This page is written by `make generated`. The meaning of columns comes from the schemas of inputs and results.

## Words

| word | what it means |
|---|---|"""


class Column(NamedTuple):
    """A column of a table, and the page on which the table stands."""

    name: str
    unit: str
    meaning: str
    table: str


def reference() -> str:
    """Return the page."""
    lines = [_TOP, *(f"| **{word}** | {meaning} |" for word, meaning in sorted(WORDS.items()))]
    lines += [
        "",
        "## Columns",
        "",
        "Every column of the [inputs](../inputs/README.md) and of the [results](results.md).",
    ]
    lines += ["", "| column | unit | meaning | tables |", "|---|---|---|---|"]
    tables: dict[tuple[str, str, str], list[str]] = {}
    for column in sorted(_columns(), key=lambda column: column.name):
        tables.setdefault((column.name, column.unit, column.meaning), []).append(column.table)
    for (name, unit, meaning), names in tables.items():
        lines.append(f"| `{name}` | {unit} | {meaning} | {', '.join(f'`{table}`' for table in dict.fromkeys(names))} |")
    return "\n".join(lines) + "\n"


def _columns() -> Iterator[Column]:
    for table in schema.TABLES:
        yield from (Column(c.name, c.unit or "", c.meaning, table.file) for c in table.columns)
    for table in (*(one for tables in TABLES.values() for one in tables), *NOT_WRITTEN):
        yield from (Column(c.name, c.unit or "", c.meaning, table.name) for c in table.columns)
