"""What a page is written from: a plan, one of its years looked at closely, and the studies that were run."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from supplychain.report.charts import colours
from supplychain.report.formats import plain
from supplychain.report.page.blocks import AnswerTables, Number, SourcedRows
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame, records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.case import Case
    from supplychain.plan import Plan
    from supplychain.report.page.blocks import Said
    from supplychain.results.answer import Answer


COMPARED, REFERENCE, SENSITIVITY, BACKCAST = "compare", "reference", "sensitivity", "backcast"
"""Studies that a page may show. Their tables are called `backcast:labels`."""


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

    @property
    def case(self) -> Case:
        """The case."""
        return self.plan.case

    @property
    def years(self) -> list[int]:
        """The years that are reported."""
        return list(self.plan.case.report_years)

    @cached_property
    def close(self) -> AnswerTables:
        """What the year looked at closely shows, which takes solves: `ladder`, `curves` and `idle_capacity`.

        `curves` are as `Plan.curve` has them, up to 10 %, of each stage that binds, behind a column `stage`.
        """
        bound = binding_of(self, "stage")[self.year]["members"].split(" + ")
        names = [name for name in bound if name in set(self.plan.bottlenecks["stage"])]
        look = self.plan.year_view(self.year)
        segments = [{"stage": name, **row} for name in names for row in records(look.curve(name, _UP_TO))]
        found = frame(result_schema.CURVES, segments)
        return AnswerTables({"ladder": look.ladder(), "curves": found, "idle_capacity": look.idle_capacity()})

    @cached_property
    def tables(self) -> AnswerTables:
        """Every table of the plan and of the studies."""
        others = {f"{name}:{t}": rows for name, one in self.studies.items() for t, rows in one.tables.items()}
        family = {row["accelerator"]: row["family"] for row in self.case.tables["accelerators"]}
        known = {
            name: table.assign(family=table["accelerator"].map(family)) if "accelerator" in table.columns else table
            for name, table in self.plan.tables.items()
        }
        return AnswerTables({**known, **others}, self.plan.summary)

    def evidence(self, *tiers: str) -> Number:
        """Return how many rows of the inputs have a source whose evidence is one of these."""
        found = {row["source"] for row in self.case.tables["sources"] if row["evidence"] in tiers}
        others = (rows for name, rows in self.case.tables.items() if name != "sources")
        count = sum(row.get("source") in found for rows in others for row in rows)
        return Number(count, f"evidence({', '.join(map(json.dumps, tiers))})", f"{count:,}")

    @property
    def score(self) -> Said:
        """How often the back-cast is right, in words."""
        rows = [self.tables.rows("backcast:comparisons", independent=True, **which) for which in ({"inside": True}, {})]
        inside, of = (each.count() for each in rows)
        share: Said = (" (", (inside / of).per_cent(), ")") if of.value else ()
        return (inside, " of ", of, " independent comparisons inside their range", *share)

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
        return [*self.changed, *([self.scenarios[self.subject]] if self.subject else [])]

    @property
    def command(self) -> str:
        """What was solved as it is written in the command of a study."""
        return self._written("--scenario")

    @property
    def again(self) -> str:
        """What was solved as it is written in the command that writes this report."""
        return self._written("--as")

    def _written(self, option: str) -> str:
        scenario = [option, self.subject] if self.subject else []
        return plain(shlex.join([self.folder, *scenario, *(x for edit in self.changed for x in ("--change", edit))]))


def binding_of(given: ReportData, level: str) -> dict[int, dict[str, Any]]:
    """Return what binds in each year: a row of `binding`."""
    return {row["year"]: row for row in given.tables.rows("binding", level=level).records()}
