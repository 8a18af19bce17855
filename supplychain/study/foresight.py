"""One case solved with several foresights: what binds, what is served and what that is worth, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from supplychain.case.foresight import PERFECT, SETTING, foresight_years
from supplychain.limits import limited
from supplychain.notebook import Shown
from supplychain.plan import solve
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame, records
from supplychain.study import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor
    from typing import Any

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.foresight import Foresight
    from supplychain.results.schema import Kind

SEEN: Final[tuple[Foresight, ...]] = (PERFECT, 3, 2)
"""The foresights that stand side by side if none are named."""

_PLAN_TABLES = "binding", "service", "research_service"


@dataclass(frozen=True, repr=False, eq=False)
class ForesightStudy(Answer, Shown):
    """A case with its own foresight and with others: its tables are `totals`, `labels` and `service`."""

    case: Case
    kind: Kind = field(default="foresight", kw_only=True)


@limited("solving with each foresight")
def foresight(
    case: Case,
    seen: Sequence[Foresight] = SEEN,
    *,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> ForesightStudy:
    """Solve a case with several foresights: which labels hang on how far ahead its buyers see.

    `seen` are years, the one that is decided included, or `"perfect"`; the case's own foresight is always among them.
    Tables have the farthest first. `executor` solves them side by side; default: if there are many, one process for
    each core. `time_limit` is in seconds, for all of it.

    Raises: ValueError if a foresight is neither a whole number of years from 1 to 100 nor `"perfect"`, and what
    `solve` raises.
    """
    own = case.settings.foresight_years
    years = sorted({own, *map(foresight_years, seen)}, key=lambda n: -math.inf if n is None else -n)
    cases = {_named(n): case.with_foresight(PERFECT if n is None else n) for n in years}

    def tell(done: int) -> None:
        progress(f"solved {done} of {len(cases)} foresights")

    with workers.executor_or_default(executor, len(cases)) as pool:
        answers = workers.map_ordered(pool, workers.Shared(tuple), _answer, cases.values(), tell)
    solved = dict(zip(cases, answers, strict=True))
    tables = {
        "totals": frame(
            result_schema.FORESIGHT_TOTALS,
            [
                {"foresight": name, "own": name == _named(own), **{total: summary[total] for total in _TOTALS}}
                for name, (summary, _) in solved.items()
            ],
        ),
        "labels": frame(result_schema.FORESIGHT_LABELS, _labels(_named(own), solved)),
        "service": frame(
            result_schema.FORESIGHT_SERVICE, [row for name in solved for row in _served(case, name, solved[name][1])]
        ),
    }
    summary = {"case": case.settings.name, "foresights": list(cases), SETTING: own, "inputs_sha256": case.sha256}
    return ForesightStudy(summary, tables, case)


_TOTALS = result_schema.TOTALS


def _named(years: int | None) -> str:
    return PERFECT if years is None else str(years)


def _answer(_: object, case: Case) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    plan = solve(case)
    return {total: plan.summary[total] for total in _TOTALS}, {name: plan.tables[name] for name in _PLAN_TABLES}


def _labels(own: str, solved: Mapping[str, tuple[dict[str, Any], dict[str, pd.DataFrame]]]) -> list[dict[str, Any]]:
    """Return what binds with each foresight, and whether the same binds with the case's own."""
    bound = {
        (name, row["year"], row["level"]): row
        for name, (_, tables) in solved.items()
        for row in records(tables["binding"])
    }
    return [
        {
            "foresight": name,
            "year": year,
            "level": level,
            **{column: row[column] for column in ("members", "state", "annual_gain_usd_per_pct")},
            "same": row["members"] == bound[own, year, level]["members"],
        }
        for (name, year, level), row in bound.items()
    ]


def _served(case: Case, name: str, tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the tokens that are served and the research that is done in each year."""
    service, research = tables["service"], tables["research_service"]
    return [
        {
            "foresight": name,
            "year": t,
            "served_ttok": float(service.loc[service["year"] == t, "served_ttok"].sum()),
            "served_h100e_years": float(research.loc[research["year"] == t, "served_h100e_years"].sum()),
        }
        for t in case.report_years
    ]
