"""An answer on one page of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from supplychain.report.formats import USD, number, plain, unit_for, years_seen
from supplychain.report.names import TOTALS, Names
from supplychain.report.text import how_sure
from supplychain.report.text.overview import ANSWER, DEFINITIONS, not_told_apart, overview
from supplychain.report.text.regret import text as of_regret
from supplychain.report.text.tables import TextTable, escaped
from supplychain.study.attached import Known
from supplychain.study.regret import Regret

if TYPE_CHECKING:
    import pandas as pd

    from supplychain.case.scenarios import WhatIf
    from supplychain.plan import Plan


def markdown(answer: Plan | Regret, what_if: WhatIf | None = None, known: Known | None = None) -> str:
    """Return what `supplychain solve` prints as a page of Markdown, with what proves it.

    `known`: the study of uncertainty of the same inputs, or why there is none.
    """
    plan = answer.plan if isinstance(answer, Regret) else answer
    known = known or Known(command=f"supplychain uncertainty {plain(plan.case.settings.name)} --attach")
    settings, summary = plan.case.settings, plan.summary
    lines = [f"# {escaped(plain(settings.title))}", ""]
    years = f"{settings.first_year} to {settings.report_last_year}"
    money = f"money is in USD of {settings.currency_year}, undiscounted."
    lines += [f"Case {escaped(plain(settings.name))}, {years}; {money}", ""]
    if years_seen(settings):
        lines += [years_seen(settings), ""]
    lines += [_benefit(plan), ""]
    if what_if is not None and what_if.titles:
        lines += [f"What if: {'; '.join(escaped(plain(title)) for title in what_if.titles)}.", ""]
    (binds, by_year), *others = overview(plan, known.study)
    for title, table in ((binds, by_year.T), *others):
        lines += [f"## {title}", "", *_table(table).markdown(), ""]
        lines += [DEFINITIONS, ""] * (title == ANSWER)
    for line in not_told_apart(plan, list(plan.case.report_years), Names(plan.case)):
        lines += [f"{escaped(line)}.", ""]
    if isinstance(answer, Regret):
        lines += ["## Orders that are locked in", "", "```", of_regret(answer), "```", ""]
    lines += ["## How sure", "", *_how_sure(plan, known), ""]
    proof, versions = summary["certificate"], summary["versions"]
    gap, again = proof["duality_gap_relative"], proof["solved_again_objective_relative"]
    checked = f"Duality gap at most {gap:g}; solved again from nothing, the objective differs by at most {again:g}."
    lines += ["## How far it is checked", ""]
    lines += [f"Optimal, {summary['objective_usd']:.6g} USD discounted. {checked}"]
    lines += [f"HiGHS {versions['highspy']}, supplychain {versions['supplychain']}.", ""]
    lines += ["SHA-256 of the content of the inputs:", ""]
    digests = cast("dict[str, str]", summary["inputs_sha256"])
    return "\n".join([*lines, *(f"- `{file}` {digest}" for file, digest in digests.items())]) + "\n"


def _how_sure(plan: Plan, known: Known) -> list[str]:
    """Return how sure the labels are, or the command that says it."""
    if known.study is not None:
        sentences = how_sure.sentences(plan, known.study)
        return [" ".join(f"{escaped(said[:1].upper() + said[1:])}." for said in sentences)]
    why = how_sure.not_known(plan.case, known)
    said = f"Probabilities and bands: {escaped(why)}."
    return [said] if why == how_sure.NO_RANGE else [said, "", "```sh", known.command, "```"]


def _benefit(plan: Plan) -> str:
    """Return net benefit, value and cost over the horizon, in one scale."""
    settings, totals = plan.case.settings, [float(plan.summary[name]) for name in TOTALS]
    size, unit = unit_for(totals, USD)
    benefit, value, cost = (number(x / size) for x in totals)
    horizon = f"{settings.first_year} to {settings.last_year}"
    return f"Net benefit of {horizon}, discounted, {unit}: {benefit}, of value served {value} and total cost {cost}."


def _table(table: pd.DataFrame) -> TextTable:
    rows = [
        [str(name), *(plain(cell) for cell in row)] for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    return TextTable(["", *map(str, table.columns)], rows, frozenset(range(1, len(table.columns) + 1)) - _texts(rows))


def _texts(rows: list[list[str]]) -> frozenset[int]:
    """Return the columns in which something is no number."""
    return frozenset(n for row in rows for n, cell in enumerate(row) if any(c.isalpha() for c in cell))
