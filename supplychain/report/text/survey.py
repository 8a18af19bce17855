"""What each scenario does, as text and as a page of Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report.formats import case_title, number, with_sign
from supplychain.report.names import Names
from supplychain.report.text.tables import TextTable, escaped
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.case.scenarios import Scenario
    from supplychain.study.survey import Survey


_NAME = 30
"""Characters of a stage."""

_LEGEND = (
    "Binds: what binds, where it is another stage or group than in the case; `=` where it is the same.",
    "Tokens, cost: change of tokens served, and of the average cost per token, against the case.",
    "Factor: how large the scenario must be (1: as it is) before the stage that binds in any year changes",
    "or the average cost of all years moves by 1 %. Then: what changes there.",
)


def text(survey: Survey) -> str:
    """Return a survey as text for a terminal."""
    return "\n".join([_title(survey), *_LEGEND, "", *_effects(survey).text()])


_EXPLANATION = (
    "What binds, and by how many per cent tokens served and the average cost per token change against the case; `=` "
    "where the same stage and group bind as in the case. *Factor*: how large the scenario must be (1: as it is) "
    "before the binding stage of any year changes or the average cost over all years moves by 1 %, and what changes "
    "there. It is 0 where a hundredth of the scenario is enough, because rows are added or an order comes later."
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
    names = Names(survey.case)
    header = ["scenario"]
    for t in survey.years:
        header += [f"{t} binds", "tokens, %", "cost, %"]
    rows = []
    for name, factor in factors.items():
        row = [name]
        for t in survey.years:
            effect = effects[name, t]
            label = f"{names.members(effect['stage'], _NAME)} ({effect['group']})" if effect["changed"] else "="
            row += [label, _changed(effect["served_pct"]), _changed(effect["cost_pct"])]
        changed_at = ("none", "")
        if not math.isinf(factor["factor"]):
            changed_at = (number(factor["factor"]), names.within(factor["what"], _NAME))
        rows.append([*row, *changed_at])
    numbers = frozenset(
        {n for m in range(len(survey.years)) for n in (3 * m + 2, 3 * m + 3)} | {3 * len(survey.years) + 1}
    )
    return TextTable([*header, "factor", "then"], rows, numbers)


def _changed(value: float) -> str:
    return "" if math.isnan(value) else with_sign(value)
