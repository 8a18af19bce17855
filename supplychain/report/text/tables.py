"""Tables of text: for a terminal, and in Markdown."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


WIDTH = 100
"""Characters of a line of a terminal."""

_GAP = 2
"""Blanks between columns."""


@dataclass(frozen=True)
class TextTable:
    """A header, its rows, and which columns hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()

    def text(self, width: float = math.inf) -> list[str]:
        """Return lines for a terminal, columns aligned.

        What is wider than `width` becomes several tables below each other, each with the first column.

        >>> TextTable(["", "2030", "2031"], [["a", "1", "22"]]).text(7)
        ['   2030', 'a  1', '', '   2031', 'a  22']
        """
        all_rows = [self.header, *self.rows]
        widths = [max(len(row[n]) for row in all_rows) for n in range(len(self.header))]
        parts: list[list[int]] = [[0]]
        for n in range(1, len(widths)):
            if len(parts[-1]) > 1 and sum(widths[m] + _GAP for m in parts[-1]) + widths[n] > width:
                parts.append([0])
            parts[-1].append(n)
        lines: list[str] = []
        for columns in parts:
            lines += [""] * bool(lines)
            lines += [
                (" " * _GAP)
                .join(row[n].rjust(widths[n]) if n in self.numbers else row[n].ljust(widths[n]) for n in columns)
                .rstrip()
                for row in all_rows
            ]
        return lines

    def markdown(self) -> list[str]:
        """Return lines of Markdown."""
        rule = ["---:" if n in self.numbers else "---" for n in range(len(self.header))]
        rows = [[escaped(cell) for cell in row] for row in (self.header, *self.rows)]
        return ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]


def escaped(cell: str) -> str:
    """Return text that means itself in Markdown; an underscore inside a word does."""
    return re.sub(r"[\\|`*<>\[\]]|(?<!\w)_|_(?!\w)", r"\\\g<0>", cell)
