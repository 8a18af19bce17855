"""What a page is written from: a plan, one of its years looked at closely, and the studies that were run."""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplychain.case.foresight import in_words
from supplychain.report.charts import colours
from supplychain.report.formats import plain
from supplychain.report.page.blocks import AnswerTables, NotRun, Number, Paragraph, SourcedRows
from supplychain.report.text import how_sure
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame, records, rows_by_year
from supplychain.schema import ALL
from supplychain.study.attached import Known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.case import Case
    from supplychain.case.foresight import Foresight
    from supplychain.plan import Plan
    from supplychain.report.page.blocks import Sentence
    from supplychain.results.answer import Answer


COMPARED, REFERENCE, SENSITIVITY, BACKCAST, FORESIGHT = "compare", "reference", "sensitivity", "backcast", "foresight"
UNCERTAINTY = "uncertainty"
"""Studies that a page may show. Their tables are called `backcast:labels`."""


_SPELLED = ("two", "three", "four", "five", "six", "seven", "eight", "nine")
"""Numbers from 2 on, as prose has them."""

_UP_TO = 10.0
"""End of the value curves, in per cent."""


@dataclass(frozen=True)
class ReportData:
    """All that a page is written from."""

    plan: Plan
    year: int
    """The one that is looked at closely."""
    folder: str
    """Of the case, for the commands that the page names."""
    changed: Sequence[str] = ()
    """What was changed in the case, edit by edit."""
    studies: Mapping[str, Answer] = field(default_factory=dict)
    scenarios: Mapping[str, str] = field(default_factory=dict)
    """Titles of the scenarios that are compared with the case, by name."""
    subject: str = ""
    """Which of them the plan is; blank if it is the case itself."""
    weaknesses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the author of the case says is weak, by heading."""
    foresight: Foresight | None = None
    """What was given in the place of what the case says, if any was."""
    known: Known = field(default_factory=Known)
    """The study of uncertainty, which is one of the studies, too; or why there is none, and what makes one."""

    @property
    def case(self) -> Case:
        """The case."""
        return self.plan.case

    @property
    def years(self) -> list[int]:
        """The years that are reported."""
        return list(self.plan.case.report_years)

    @cached_property
    def year_tables(self) -> AnswerTables:
        """What the year looked at closely shows, which takes solves: `ladder`, `curves` and `idle_capacity`.

        `curves` are as `Plan.curve` has them, up to 10 %, of each stage that binds, behind a column `stage`.
        """
        bound = rows_by_year(self.plan.binding, "stage")[self.year]["members"].split(" + ")
        names = [name for name in bound if name in set(self.plan.bottlenecks["stage"])]
        year_view = self.plan.year_view(self.year)
        segments = [{"stage": name, **row} for name in names for row in records(year_view.curve(name, _UP_TO))]
        curves = frame(result_schema.CURVES, segments)
        return AnswerTables(
            {"ladder": year_view.ladder(), "curves": curves, "idle_capacity": year_view.idle_capacity()}
        )

    @cached_property
    def tables(self) -> AnswerTables:
        """Every table of the plan and of the studies."""
        of_studies = {
            f"{name}:{table}": rows for name, study in self.studies.items() for table, rows in study.tables.items()
        }
        family = {row["accelerator"]: row["family"] for row in self.case.tables["accelerators"]}
        of_plan = {
            name: table.assign(family=table["accelerator"].map(family)) if "accelerator" in table.columns else table
            for name, table in self.plan.tables.items()
        }
        draws = {UNCERTAINTY: self.studies[UNCERTAINTY].summary} if UNCERTAINTY in self.studies else {}
        return AnswerTables({**of_plan, **of_studies}, {**self.plan.summary, **draws})

    def evidence(self, *tiers: str) -> Number:
        """Return how many rows of the inputs have a source whose evidence is one of these."""
        sources = {row["source"] for row in self.case.tables["sources"] if row["evidence"] in tiers}
        others = (rows for name, rows in self.case.tables.items() if name != "sources")
        count = sum(row.get("source") in sources for rows in others for row in rows)
        return Number(count, f"evidence({', '.join(map(json.dumps, tiers))})", f"{count:,}")

    @property
    def score(self) -> Sentence:
        """How often the back-cast is right, in words."""
        rows = [self.tables.rows("backcast:comparisons", independent=True, **where) for where in ({"inside": True}, {})]
        inside, total = (each.count() for each in rows)
        share: Sentence = (" (", (inside / total).per_cent(), ")") if total.value else ()
        return (inside, " of ", total, " independent comparisons inside their range", *share)

    @property
    def scores(self) -> Sentence:
        """How far the back-cast is off, in words; of an earlier answer how often it is right."""
        said = self.studies[BACKCAST].summary
        if said.get("median_abs_log_error") is None or "backcast:scores" not in self.tables:
            return self.score
        error, interval = (
            self.tables.only("backcast:scores", name, kind=ALL) for name in ("median_abs_log_error", "interval_score")
        )
        seen = in_words(said["foresight_years"])
        how = f"with {re.sub(r'^[2-9]', lambda digit: _SPELLED[int(digit[0]) - 2], seen)} the error is "
        what = " (the median of |ln(model / published)| by kind, and the mean of the kinds), the interval score "
        return (how, error, what, interval, "; ", *self.score)

    def probability(self, year: int, level: str, members: str, column: str = "probability") -> Number:
        """Return in which share of the draws this label binds, or an end of the interval of that."""
        where = {"year": year, "level": level, "members": members}
        return self.tables.sum(f"{UNCERTAINTY}:binding_probability", column, **where)

    def band(self, quantity: str, year: int, *, unit: float = 1.0, usd: bool = False) -> Sentence:
        """Return what a tenth of the draws is below, and a tenth above, in so many of its units; nothing if unknown."""
        if UNCERTAINTY not in self.studies:
            return ()
        where = {"year": year, "quantity": quantity, "item": ALL}
        ends = [self.tables.only(f"{UNCERTAINTY}:distributions", name, **where) for name in ("p10", "p90")]
        if any(math.isnan(end.value) for end in ends):
            return ()
        low, high = (end.usd() if usd else end.over(unit) for end in ends)
        return ("in four of five draws ", low, " to ", high)

    def inputs(self, table: str, order: list[str]) -> SourcedRows:
        """Return a table of the inputs, in some order."""
        data = self.case.frame(table).sort_values(order, ignore_index=True)
        return SourcedRows(data, f"inputs({json.dumps(table)})")

    @cached_property
    def group_of(self) -> dict[str, str]:
        """The group of each stage."""
        return {row["stage"]: row["group"] for row in self.stages}

    @cached_property
    def stages(self) -> list[Mapping[str, Any]]:
        """The stages from upstream to downstream."""
        return sorted(self.case.tables["stages"], key=lambda row: (row["position"], row["stage"]))

    @cached_property
    def group_colours(self) -> dict[str, str]:
        """A colour for each group of stages, the same in all charts."""
        return colours(row["group"] for row in self.stages)

    def groups_drawn(self, marks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Return the colours of those groups that are the `part` of some mark of a chart."""
        parts = {mark["part"] for mark in marks}
        return {group: colour for group, colour in self.group_colours.items() if group in parts}

    @cached_property
    def family_colours(self) -> dict[str, str]:
        """A colour for each family of accelerators, by the year from which they are built."""
        rows = sorted(self.case.tables["accelerators"], key=lambda row: (row["first_year"], row["accelerator"]))
        return colours(plain(row["family"]) for row in rows)

    @cached_property
    def place_colours(self) -> dict[str, str]:
        """A colour for each region."""
        return colours(plain(row["region"]) for row in self.case.tables["regions"])

    @property
    def what_if(self) -> list[str]:
        """All that was changed in the case, in words, in the order in which it was."""
        seen = [] if self.foresight is None else [in_words(self.case.settings.foresight_years)]
        return [*seen, *self.changed, *([self.scenarios[self.subject]] if self.subject else [])]

    @property
    def study_arguments(self) -> str:
        """What was solved as it is written in the command of a study."""
        return self._arguments("--scenario")

    @property
    def report_arguments(self) -> str:
        """What was solved as it is written in the command that writes this report."""
        return self._arguments("--as")

    def _arguments(self, option: str) -> str:
        scenario = [option, self.subject] if self.subject else []
        changes = [word for edit in self.changed for word in ("--change", edit)]
        foresight = [] if self.foresight is None else ["--foresight", str(self.foresight)]
        return plain(shlex.join([self.folder, *scenario, *changes, *foresight]))


BACKCAST_NOT_RUN = NotRun(
    "No back-cast was given.", "supplychain backcast inputs/backcast --out DIR, then --backcast DIR"
)


def uncertainty_not_run(report_data: ReportData) -> list[NotRun | Paragraph]:
    """Return how to draw the uncertain numbers of what was solved, if they were not; of some cases none can be."""
    if UNCERTAINTY in report_data.studies:
        return []
    why = how_sure.not_known(report_data.case, report_data.known)
    said = plain(f"No probabilities and no bands: {why}.")
    if why == how_sure.NO_RANGE:
        return [Paragraph((said,))]
    command = f"supplychain uncertainty {report_data.study_arguments} --out DIR, then --uncertainty DIR"
    return [NotRun(said, plain(report_data.known.command) or command)]


def sensitivity_not_run(report_data: ReportData) -> NotRun:
    """Return how to change the inputs of what was solved one at a time."""
    return NotRun(
        "Changing one input at a time was not tried.",
        f"supplychain sensitivity {report_data.study_arguments} --out DIR, then --sensitivity DIR",
    )
