"""What each scenario does, as text and as a page of Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report.formats import case_title, number, with_sign
from supplychain.report.text.tables import TextTable, escaped
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.case.scenarios import Scenario
    from supplychain.study.survey import Survey


def text(survey: Survey) -> str:
    """Return a survey as text for a terminal."""
    return "\n".join([_title(survey), "", *_effects(survey).text()])


_EXPLANATION = (
    "What binds, and by how many per cent tokens served and the average cost per token change against the case; `=` "
    "where the label is that of the case. *Factor*: by how much the scenario's numbers must be moved (1: as they are) "
    "before the binding stage of any year changes or the average cost over all years moves by 1 %, and what happens "
    "there; 0 where it does already at a hundredth of them, because rows are added or an order comes later."
)


def markdown(survey: Survey, scenarios: dict[str, Scenario], changed_first: Sequence[str] = ()) -> str:
    """Return a survey as a page of Markdown, with why each scenario is argued about, and who says so.

    `changed_first`: what was changed in the case before each was made.
    """
    head = [
        f"# {escaped(_title(survey))}",
        "",
        f"Written by `supplychain scenarios {survey.case.settings.name} --solve`; not edited by hand.",
        "",
        _EXPLANATION,
        "",
    ]
    if changed_first:
        head += [f"Each in the case so changed: {'; '.join(map(escaped, changed_first))}.", ""]
    lines = [*head, *_effects(survey).markdown(), "", "## Why, and who says so", ""]
    for name in survey.factors["scenario"]:
        scenario = scenarios[name]
        lines += [f"**{escaped(scenario.title)}** ({name}). {escaped(scenario.why)} *{escaped(scenario.source)}*", ""]
    return "\n".join(lines)


def _title(survey: Survey) -> str:
    return f"Scenarios of {case_title(survey.case.settings)}"


def _effects(survey: Survey) -> TextTable:
    effects = {(r["scenario"], r["year"]): r for r in records(survey.effects)}
    factors = {r["scenario"]: r for r in records(survey.factors)}
    header = ["scenario"]
    for t in survey.years:
        header += [f"{t} binds", "tokens %", "cost %"]
    rows = []
    for name, factor in factors.items():
        row = [name]
        for t in survey.years:
            effect = effects[name, t]
            label = f"{effect['stage']} [{effect['group']}]" if effect["changed"] else "="
            row += [label, _changed(effect["served_pct"]), _changed(effect["cost_pct"])]
        rows.append(
            [*row, *(("none", "") if math.isinf(factor["factor"]) else (number(factor["factor"]), factor["what"]))]
        )
    numbers = frozenset(
        {n for m in range(len(survey.years)) for n in (3 * m + 2, 3 * m + 3)} | {3 * len(survey.years) + 1}
    )
    return TextTable([*header, "factor", "then"], rows, numbers)


def _changed(value: float) -> str:
    return "" if math.isnan(value) else with_sign(value)
