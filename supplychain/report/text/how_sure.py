"""How sure a plan is: in how many joint draws each label binds, and the bands of amounts; or the command that draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.law import law
from supplychain.case.notices import spans
from supplychain.plan.bottlenecks import LEVELS
from supplychain.report.formats import number, rough
from supplychain.report.names import Names
from supplychain.results.frames import records, rows_by_year
from supplychain.study.draws import PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from supplychain.case import Case
    from supplychain.plan import Plan
    from supplychain.results.answer import Answer
    from supplychain.study.attached import Known

STAGE, GROUP = LEVELS

BAND = "10 % to 90 % of draws"
"""What a band is called: a tenth of the draws is below it, a tenth above."""

NO_RANGE = "no number of the case has a range (x_low and x_high), so nothing can be drawn"

_NAME = 30
"""Characters of a stage or a group in a sentence."""

_LEAST = 0.005
"""Probability, or its distance from 1, below which it would be shown as 0 or 100 per cent."""


@dataclass(frozen=True)
class Share:
    """What binds in a year, the share of draws in which it does, and half the width of the 90 % interval of that."""

    members: str
    probability: float
    half_width: float

    @property
    def per_cent(self) -> str:
        """Return the share in per cent, with its error."""
        return f"{per_cent(self.probability)} %{self.error}"

    @property
    def error(self) -> str:
        """Return half the width of the interval in points, behind a share; nothing if it is not known."""
        return "" if math.isnan(self.half_width) else f" (±{100 * self.half_width:.0f})"


@dataclass(frozen=True)
class YearLabel:
    """The label of a year at central values, and of all others the one that binds in most draws, if any does."""

    year: int
    own: Share
    other: Share | None

    @property
    def likelier(self) -> Share | None:
        """The other label, where it binds in more draws than that at central values."""
        return self.other if self.other is not None and self.other.probability > self.own.probability else None


def per_cent(probability: float) -> str:
    """Return a probability in whole per cent; only what is in no draw is 0, and what is in all is 100.

    >>> per_cent(0.0), per_cent(0.004), per_cent(0.223), per_cent(0.996), per_cent(1.0)
    ('0', '<1', '22', '>99', '100')
    """
    if 0 < probability < _LEAST:
        return "<1"
    return ">99" if 1 - _LEAST < probability < 1 else f"{100 * probability:.0f}"


def year_labels(plan: Plan, study: Answer, level: str) -> list[YearLabel]:
    """Return how often the label of each year binds over the draws, by stage or by group."""
    rows = study.binding_probability
    shares: dict[int, dict[str, Share]] = {}
    for row in records(rows[rows["level"] == level].sort_values("probability", ascending=False, kind="stable")):
        share = Share(row["members"], row["probability"], (row["high"] - row["low"]) / 2)
        shares.setdefault(row["year"], {})[share.members] = share
    found = []
    for year, row in rows_by_year(plan.binding, level).items():
        of_year = shares.get(year, {})
        own = of_year.get(row["members"], Share(row["members"], 0.0, math.nan))
        others = (share for share in of_year.values() if share.members != own.members and share.probability > 0)
        found.append(YearLabel(year, own, next(others, None)))
    return found


def bands(study: Answer, quantity: str) -> dict[int, tuple[float, float]]:
    """Return by year what a tenth of the draws is below, and what a tenth is above; nothing of what has no meaning."""
    rows = study.distributions
    rows = rows[(rows["quantity"] == quantity) & (rows["item"] == schema.ALL) & rows["year"].notna()]
    ends = {row["year"]: (row["p10"], row["p90"]) for row in records(rows)}
    return {year: band for year, band in ends.items() if not any(map(math.isnan, band))}


def band_cells(
    study: Answer, quantity: str, years: Iterable[int], size: float = 1.0, longest: int = 20
) -> dict[int, str]:
    """Return the bands of a quantity as text, in so many of its units; blank where there is none.

    All have three digits, or two where one of them is longer than `longest` then, and their thousands together where
    one still is.
    """
    of_year = bands(study, quantity)
    shown = [
        {t: "-".join(digits(end / size) for end in of_year[t]) if t in of_year else "" for t in years}
        for digits in (number, rough, lambda x: rough(x).replace(",", ""))
    ]
    return next((cells for cells in shown if max(map(len, cells.values())) <= longest), shown[-1])


def likelier(plan: Plan, study: Answer, longest: int = _NAME) -> list[str]:
    """Return a line for each label that binds in more draws than that of its year, and for each level."""
    names, lines = Names(plan.case), []
    for level, called in ((GROUP, names.groups), (STAGE, names.members)):
        years: dict[str, list[tuple[int, float]]] = {}
        for label in year_labels(plan, study, level):
            if label.likelier is not None:
                years.setdefault(label.likelier.members, []).append((label.year, label.likelier.probability))
        lines += [f"By {level} likelier: {called(members, longest)}, {_over(of)}." for members, of in years.items()]
    return lines


def _over(years: list[tuple[int, float]]) -> str:
    """Return the share of draws in some years, from the least to the most."""
    least, most = (per_cent(end(share for _, share in years)) for end in (min, max))
    return f"{least if least == most else f'{least} to {most}'} % in {spans(year for year, _ in years)}"


def sentences(plan: Plan, study: Answer) -> list[str]:
    """Return how sure the labels are: the one that binds in the fewest draws, by group and by stage, and what else."""
    names, said = Names(plan.case), study.summary
    by_group, by_stage = (year_labels(plan, study, level) for level in (GROUP, STAGE))
    alike = all(
        names.alike(g.own.members, s.own.members) and g.own.probability == s.own.probability
        for g, s in zip(by_group, by_stage, strict=True)
    )
    first = _least_sure(by_group, names.groups)
    lines = [f"in {said['draws']:,} joint draws of {said['uncertain_numbers']:,} uncertain numbers {first}"]
    if not alike:
        lines.append(f"by stage {_least_sure(by_stage, names.members)}")
    if said["without_answer"]:
        lines.append(f"{said['without_answer']:,} draws have no answer and count nowhere")
    return [*lines, *_undefined(plan, study)]


def _least_sure(labels: list[YearLabel], called: Callable[[str, int], str]) -> str:
    least = min(labels, key=lambda label: label.own.probability)
    if least.own.probability == 1:
        return "each year's label binds in all of them"
    where = f"the label is least sure in {least.year}: " if len(labels) > 1 else f"for {least.year}: "
    other = "" if least.other is None else f", {called(least.other.members, _NAME)} in {least.other.per_cent}"
    return f"{where}{called(least.own.members, _NAME)} binds in {least.own.per_cent}{other}"


def _undefined(plan: Plan, study: Answer) -> list[str]:
    """Return in how many draws a cost per token has no meaning."""
    rows = study.distributions
    rows = rows[(rows["quantity"] == PER_MTOK) & (rows["item"] == schema.ALL)]
    share = {row["year"]: row["undefined_share"] for row in records(rows)}
    most = max(plan.case.report_years, key=lambda t: share.get(t, 0.0))
    if not share.get(most):
        return []
    return [f"in {per_cent(share[most])} % of draws no token is served in {most}, and bands of cost leave such out"]


def not_known(case: Case, known: Known) -> str:
    """Return why a case has no probabilities, as a clause that its command may follow; nothing can be drawn of some."""
    if not law(case).names:
        return NO_RANGE
    return known.note or "not drawn yet"
