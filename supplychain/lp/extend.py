"""An LP with columns and rows of one's own beside those that it has."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from supplychain.lp.labelled import labelled
from supplychain.lp.scaled import Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.lp.labelled import Label, LabelledLP


@dataclass(frozen=True)
class NewColumn:
    """A column: its entries by the label of a row, old or new."""

    label: Label
    terms: Mapping[Label, float] = field(default_factory=dict)
    cost: float = 0.0
    lower: float = 0.0
    upper: float = math.inf


@dataclass(frozen=True)
class NewRow:
    """A row: its entries by the label of a column, old or new."""

    label: Label
    terms: Mapping[Label, float]
    lower: float = -math.inf
    upper: float = math.inf


def extended(lp: LabelledLP, columns: Sequence[NewColumn], rows: Sequence[NewRow]) -> LabelledLP:
    """Return an LP with more columns and rows, in a solver of its own; an entry may be said by its row or its column.

    Raises: LostEntryError if an entry is nothing to a solver, KeyError if one names what is not there.
    """
    row = lp.row | {new.label: lp.shape[0] + n for n, new in enumerate(rows)}
    column = lp.column | {new.label: lp.shape[1] + n for n, new in enumerate(columns)}
    triples = [
        *zip(lp.indices.tolist(), lp.column_of_entry.tolist(), lp.entries.tolist(), strict=True),
        *((row[i], column[new.label], x) for new in columns for i, x in new.terms.items() if x),
        *((row[new.label], column[j], x) for new in rows for j, x in new.terms.items() if x),
    ]
    row_of, column_of, entries = (np.array(part) for part in zip(*triples, strict=True))
    order = np.lexsort((row_of, column_of))
    numbers = Numbers(
        cost=np.concatenate([lp.cost, np.array([new.cost for new in columns], dtype=float)]),
        offset=lp.offset,
        column_lower=np.concatenate([lp.column_lower, np.array([new.lower for new in columns], dtype=float)]),
        column_upper=np.concatenate([lp.column_upper, np.array([new.upper for new in columns], dtype=float)]),
        row_lower=np.concatenate([lp.row_lower, np.array([new.lower for new in rows], dtype=float)]),
        row_upper=np.concatenate([lp.row_upper, np.array([new.upper for new in rows], dtype=float)]),
        starts=np.concatenate([[0], np.cumsum(np.bincount(column_of, minlength=len(column)))]),
        indices=row_of[order],
        entries=entries[order],
    )
    return labelled(numbers, row, column, lp.sign)
