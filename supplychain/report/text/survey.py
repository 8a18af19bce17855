"""What each scenario does, as text and as a page of Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain.report.formats import number, plain
from supplychain.report.text.tables import TextTable, escaped
from supplychain.results.frames import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.case.scenarios import Scenario
    from supplychain.study.survey import Survey


def text(found: Survey) -> str:
    """Return a survey as text for a terminal."""
    return "\n".join([_title(found), "", *_effects(found).text()])


_SAID = (
    "What binds, and by how many per cent tokens served and the average cost per token change against the case; `=` "
    "where the label is that of the case. *Factor*: by how much the scenario's numbers must be moved (1: as they are) "
    "before the binding stage of any year changes or the average cost over all years moves by 1 %, and what happens "
    "there; 0 where it does already at a hundredth of them, because rows are added or an order comes later."
)


def markdown(found: Survey, scenarios: dict[str, Scenario], before: Sequence[str] = ()) -> str:
    """Return a survey as a page of Markdown, with why each scenario is argued about, and who says so.

    `before`: what was changed in the case before each was made.
    """
    head = [
        f"# {escaped(_title(found))}",
        "",
        f"Written by `supplychain scenarios {found.case.settings.name} --solve`; not edited by hand.",
        "",
        _SAID,
        "",
    ]
    if before:
        head += [f"Each in the case so changed: {'; '.join(map(escaped, before))}.", ""]
    lines = [*head, *_effects(found).markdown(), "", "## Why, and who says so", ""]
    for name in found.factors["scenario"]:
        one = scenarios[name]
        lines += [f"**{escaped(one.title)}** ({name}). {escaped(one.why)} *{escaped(one.source)}*", ""]
    return "\n".join(lines)


def _title(found: Survey) -> str:
    return plain(f"Scenarios of {found.case.settings.title} ({found.case.settings.name})")


def _effects(found: Survey) -> TextTable:
    effects = {(r["scenario"], r["year"]): r for r in records(found.effects)}
    factors = {r["scenario"]: r for r in records(found.factors)}
    header = ["scenario"]
    for t in found.years:
        header += [f"{t} binds", "tokens %", "cost %"]
    rows = []
    for name, factor in factors.items():
        row = [name]
        for t in found.years:
            one = effects[name, t]
            label = f"{one['stage']} [{one['group']}]" if one["changed"] else "="
            row += [label, _pct(one["served_pct"]), _pct(one["cost_pct"])]
        rows.append([*row, "none" if math.isinf(factor["factor"]) else number(factor["factor"]), factor["what"]])
    numbers = frozenset(
        {n for m in range(len(found.years)) for n in (3 * m + 2, 3 * m + 3)} | {3 * len(found.years) + 1}
    )
    return TextTable([*header, "factor", "then"], rows, numbers)


def _pct(value: float) -> str:
    return "" if math.isnan(value) else f"{round(value, 1) + 0.0:+.1f}"
