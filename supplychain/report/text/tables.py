"""Tables of text: for a terminal, and in Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class TextTable:
    """A header, its rows, and which columns hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()

    def text(self) -> list[str]:
        """Return lines for a terminal, columns aligned."""
        all_rows = [self.header, *self.rows]
        widths = [max(len(row[n]) for row in all_rows) for n in range(len(self.header))]
        return [
            "  ".join(
                cell.rjust(width) if n in self.numbers else cell.ljust(width)
                for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in all_rows
        ]

    def markdown(self) -> list[str]:
        """Return lines of Markdown."""
        rule = ["---:" if n in self.numbers else "---" for n in range(len(self.header))]
        rows = [[escaped(cell) for cell in row] for row in (self.header, *self.rows)]
        return ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]


def escaped(cell: str) -> str:
    """Return text that means itself in Markdown; an underscore inside a word does."""
    return re.sub(r"[\\|`*<>\[\]]|(?<!\w)_|_(?!\w)", r"\\\g<0>", cell)
