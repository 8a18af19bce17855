"""Where numbers come from: the sources of a case, and what those were derived from in turn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from supplychain import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from supplychain.case import Case

UNSEEN = ("observed", "outlooks", "press", "factors")
"""Tables that the solve does not see."""


def origins(case: Case) -> dict[str, frozenset[str]]:
    """Return of each source itself and all that it was derived from, through every chain of `derived_from`."""
    parents = {row["source"]: (row["derived_from"] or "").split() for row in case.tables["sources"]}
    origins_of = {}
    for source in parents:
        seen, todo = {source}, [source]
        while todo:
            new = set(parents[todo.pop()]) - seen
            seen |= new
            todo += new
        origins_of[source] = frozenset(seen)
    return origins_of


def of_inputs(case: Case) -> frozenset[str]:
    """Return every source on which a number that the solve sees rests."""
    known = origins(case)
    named = {
        row["source"]
        for table in schema.TABLES
        if table.name not in {"sources", *UNSEEN} and any(column.name == "source" for column in table.columns)
        for row in case.tables[table.name]
    }
    return frozenset().union(*(known[source] for source in named))


def weak_share(case: Case) -> float:
    """Return the share of rows that rest on weak evidence, of those with a source that the solve sees; NaN: none has.

    A derived number rests on all that it was derived from.
    """
    evidence = {row["source"]: row["evidence"] for row in case.tables["sources"]}
    weak = {
        source: any(evidence[origin] in schema.WEAK_EVIDENCE for origin in known)
        for source, known in origins(case).items()
    }
    of_rows = [
        weak[row["source"]]
        for name, rows in case.tables.items()
        if name not in {"sources", *UNSEEN}
        for row in rows
        if row.get("source") in weak
    ]
    return sum(of_rows) / len(of_rows) if of_rows else math.nan


def first_of(case: Case, sources: Iterable[str]) -> list[str]:
    """Return of some sources those that were derived from none of the others."""
    known, wanted = origins(case), set(sources)
    return sorted(source for source in wanted if not (known[source] - {source}) & wanted)


def one_estimate(case: Case) -> dict[str, list[str]]:
    """Return, of each stage whose capacity the data cannot tell from that of others of its group, all of these.

    They cannot where capacities rest on one source, or one's source was derived from the other's, and that source gives
    no capacity to other groups: one number then stands for several layers.
    """
    known = origins(case)
    group = {row["stage"]: row["group"] for row in case.tables["stages"]}
    stages: dict[str, set[str]] = {}
    for row in case.tables["capacity"]:
        stages.setdefault(row["source"], set()).add(row["stage"])
    order = {row["stage"]: (row["position"], row["stage"]) for row in case.tables["stages"]}
    together: dict[str, set[str]] = {}
    for source, ours in stages.items():
        for other in stages.keys() & known[source]:
            layers = ours | stages[other]
            if len(layers) > 1 and len({group[s] for s in layers}) == 1:
                for s in layers:
                    together.setdefault(s, set()).update(layers)
    return {s: sorted(layers, key=order.__getitem__) for s, layers in sorted(together.items())}
