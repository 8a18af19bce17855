"""What each scenario does, as text and as a page of Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.report.formats import USD, case_title, cut, number, unit_for, with_sign, with_sign_grouped
from supplychain.report.names import TOTALS, Names
from supplychain.report.text.compare import SINGLE_YEARS
from supplychain.report.text.tables import WIDTH, TextTable, escaped
from supplychain.results.frames import records
from supplychain.schema import ALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.case.scenarios import Scenario
    from supplychain.study.survey import Survey


_NAME, _BINDS, _WORKLOAD = 30, 40, 16
"""Characters of a stage, of a group with its stage, and of a workload."""

_LEGEND = (
    "Changes against the case; `=`: the same group and stage bind as in the case.",
    "What binds: the group; in brackets its stage, at central values, where that says more.",
    "Factor: how large the scenario must be (1: as it is) before the stage that binds in any year changes",
    "or the average cost of all years moves by 1 %. Then: what changes there.",
)


def text(survey: Survey) -> str:
    """Return a survey as text for a terminal."""
    (title, whole_horizon), *by_year, (factor_title, factors) = _sections(survey)
    lines = [_title(survey), *_LEGEND, "", title, *whole_horizon.text(WIDTH), "", SINGLE_YEARS]
    for year_title, table in by_year:
        lines += ["", year_title, *table.text(WIDTH)]
    lines += ["", factor_title, *(cut(line, WIDTH) for line in factors.text())]
    return "\n".join(lines)


_EXPLANATION = (
    "What each scenario changes against the case. Net benefit is what is served is worth, less what is paid for it; "
    f"demand that a scenario adds counts, too. {SINGLE_YEARS} What binds: the group, and in brackets its stage at "
    "central values, where that says more; `=` where both are as in the case. *Factor*: how large the scenario must be "
    "(1: as it is) before the binding stage of any year changes or the average cost over all years moves by 1 %, and "
    "what changes there. It is 0 where a hundredth of the "
    "scenario is enough, because rows are added or an order comes later."
)


def markdown(survey: Survey, scenarios: dict[str, Scenario], changed_first: Sequence[str] = ()) -> str:
    """Return a survey as a page of Markdown, with why each scenario is argued about, and who says so.

    `changed_first`: what was changed in the case before each was made.
    """
    lines = [
        f"# {escaped(_title(survey))}",
        "",
        f"Written by `supplychain scenarios {survey.case.settings.name} --solve`; not edited by hand.",
        "",
        _EXPLANATION,
        "",
    ]
    if changed_first:
        lines += [f"Each in the case so changed: {'; '.join(map(escaped, changed_first))}.", ""]
    for title, table in _sections(survey):
        lines += [f"## {escaped(title)}", "", *table.markdown(), ""]
    lines += ["## Why, and who says so", ""]
    for name in survey.factors["scenario"]:
        scenario = scenarios[name]
        lines += [f"**{escaped(scenario.title)}** ({name}). {escaped(scenario.why)} *{escaped(scenario.source)}*", ""]
    return "\n".join(lines)


def _title(survey: Survey) -> str:
    return f"Scenarios of {case_title(survey.case.settings)}"


def _sections(survey: Survey) -> list[tuple[str, TextTable]]:
    """Return titles and tables, scenarios down: net benefit first, then what is served in each year, what binds."""
    years = [_of_year(survey, t) for t in survey.years]
    return [_totals(survey), *years, ("What binds", _binding(survey)), ("How large it must be", _factors(survey))]


def _totals(survey: Survey) -> tuple[str, TextTable]:
    rows = {(r["scenario"], r["quantity"]): r for r in records(survey.totals)}
    size, unit = unit_for([x for row in rows.values() for x in (row["reference"], row["value"])], USD)
    scenarios = list(dict.fromkeys(name for name, _ in rows))
    cells = [
        [name, *(with_sign_grouped(rows[name, quantity]["change"] / size) for quantity in TOTALS)] for name in scenarios
    ]
    case = ["the case", *(number(rows[scenarios[0], quantity]["reference"] / size) for quantity in TOTALS)]
    settings = survey.case.settings
    title = (
        f"Net benefit is value served less total cost, over {settings.first_year}-{settings.last_year}, "
        f"discounted; {unit}"
    )
    return title, TextTable(["scenario", *TOTALS.values()], [case, *cells], frozenset(range(1, len(TOTALS) + 1)))


def _of_year(survey: Survey, t: int) -> tuple[str, TextTable]:
    """Return by how many per cent tokens of each workload, research and the cost of a token change in a year."""
    names = Names(survey.case)
    of_year = survey.service[survey.service["year"] == t]
    rows = {(r["scenario"], r["quantity"], r["item"]): r for r in records(of_year)}
    served = list(dict.fromkeys((quantity, item) for _, quantity, item in rows))
    called = ["research" if item == ALL else names.workload(item, _WORKLOAD) for _, item in served]
    costs = {r["scenario"]: r["cost_pct"] for r in records(survey.effects[survey.effects["year"] == t])}
    cells = [
        [name, *(_changed(_pct(rows[name, *what])) for what in served), _changed(cost)] for name, cost in costs.items()
    ]
    header = ["scenario", *called, "cost per token"]
    return f"Served in {t}, change in %", TextTable(header, cells, frozenset(range(1, len(header))))


def _binding(survey: Survey) -> TextTable:
    names = Names(survey.case)
    cells: dict[str, list[str]] = {}
    for effect in records(survey.effects):
        label = names.binds(effect["group"], effect["stage"], _BINDS) if effect["changed"] else "="
        cells.setdefault(effect["scenario"], []).append(label)
    return TextTable(["scenario", *map(str, survey.years)], [[name, *labels] for name, labels in cells.items()])


def _factors(survey: Survey) -> TextTable:
    names, rows = Names(survey.case), []
    for row in records(survey.factors):
        found = not math.isinf(row["factor"])
        changed_at = (number(row["factor"]), names.within(row["what"], _NAME)) if found else ("none", "")
        rows.append([row["scenario"], *changed_at])
    return TextTable(["scenario", "factor", "then"], rows, frozenset({1}))


def _pct(row: Mapping[str, Any]) -> float:
    return 100 * row["change"] / row["reference"] if row["reference"] else math.nan


def _changed(value: float) -> str:
    return "" if math.isnan(value) else with_sign(value)
