"""Why a stage does not bind, in sentences with figures."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING

from supplychain.plan.why_not import UP_TO_PCT
from supplychain.report.formats import case_title, money, number
from supplychain.report.names import Names

if TYPE_CHECKING:
    from supplychain.case import Case
    from supplychain.plan.why_not import WhyNot

_WIDTH = 100
_NAME = 44
"""Characters of a stage."""


def text(case: Case, why: WhyNot) -> str:
    """Return how much of a stage is used, how far it could fall, and what would make it bind."""
    paragraph = " ".join([_use(case, why), *_ways(case, why)])
    return "\n".join([f"{case_title(case.settings)}, {why.year}", *wrap(paragraph, _WIDTH)])


def _use(case: Case, why: WhyNot) -> str:
    name = Names(case).stage(why.stage, _NAME)
    if math.isnan(why.used_share):
        return f"{name}: there is none of it in {why.year}."
    used = f"{name} is used to {number(100 * why.used_share)} % in {why.year}"
    if why.headroom_pct > 0:
        return f"{used}, and could fall by {number(why.headroom_pct)} % before anything costs more."
    return f"{used}; 1 % less of it would cost {money(why.loss_usd_per_pct)}."


def _ways(case: Case, why: WhyNot) -> list[str]:
    binding = Names(case).members(why.label, _NAME)
    if why.binds:
        return [f"It binds in {why.year}." if why.label == why.stage else f"It binds together with others: {binding}."]
    down, up, demand = why.own_down_pct, why.binding_up_pct, why.demand_up_pct
    enough = [f"if there were {_by(down)} less of it"] if math.isfinite(down) else []
    enough += [f"if there were {_by(up)} more of what binds ({binding})"] if math.isfinite(up) else []
    enough += [f"if {_by(demand)} more were asked for"] if math.isfinite(demand) else []
    never = ["less of it"] if math.isinf(down) else []
    never += [f"up to {number(UP_TO_PCT)} % more of what binds ({binding})"] if math.isinf(up) else []
    never += [f"up to {number(UP_TO_PCT)} % more demand"] if math.isinf(demand) else []
    return [
        *([f"It would bind in that year {', or '.join(enough)}."] if enough else []),
        *([f"It would not bind with {', nor with '.join(never)}, each alone."] if never else []),
    ]


def _by(pct: float) -> str:
    """Return how much more or less is enough; 0 stands for the least."""
    return f"{number(pct)} %" if pct > 0 else "any"
