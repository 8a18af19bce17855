"""What a what-if changed, as a table of its answer."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, TypeVar

from supplychain.results import schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from supplychain.case.changes import Changed
    from supplychain.case.scenarios import WhatIf

AnyAnswer = TypeVar("AnyAnswer", bound=Answer)


def changes(audit: Iterable[Changed]) -> pd.DataFrame:
    """Return the table `changes`: one row for each cell, in the order of the changes."""
    return frame(schema.CHANGES, map(asdict, audit))


def with_changes(answer: AnyAnswer, what_if: WhatIf) -> AnyAnswer:
    """Return the answer of a what-if with its changes: in its summary and, if there are any, as a table."""
    audited = {schema.CHANGES.name: changes(what_if.audit)} if what_if.groups else {}
    return replace(answer, summary={**answer.summary, **what_if.summary}, tables={**answer.tables, **audited})
