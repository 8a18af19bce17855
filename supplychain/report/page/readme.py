"""What the author of a case says of its weaknesses: a part of its `README.md`, as plain text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplychain.errors import InputError
from supplychain.tabular import file_text

if TYPE_CHECKING:
    from markdown_it.token import Token

FILE = "README.md"
WORD = "weak"
"""What the text of a heading of the second level has in it, in any case, if the part below is about weaknesses."""

_BREAKS = {"softbreak", "hardbreak"}
_LEFT_OUT = {"html_inline"}


def weaknesses(folder: str | Path) -> dict[str, list[str]]:
    """Return the paragraphs and list items below each heading of a case's `README.md` that has `weak` in it.

    AnswerTables, fenced code and HTML are left out.

    Raises: InputError if the file is there and cannot be read.
    """
    from markdown_it import MarkdownIt  # noqa: PLC0415 - an extra

    path = Path(folder) / FILE
    if not path.exists():
        return {}
    text, problems = file_text(path)
    if problems:
        raise InputError(str(folder), problems)
    found: dict[str, list[str]] = {}
    points: list[str] | None = None
    heading, in_table = "", False
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in {"heading_open", "heading_close"}:
            heading = token.tag if token.type == "heading_open" else ""
        elif token.type in {"table_open", "table_close"}:
            in_table = token.type == "table_open"
        elif token.type == "inline" and not in_table:
            words = _words(token)
            if heading in {"h1", "h2"}:
                points = found.setdefault(words, []) if heading == "h2" and WORD in words.lower() else None
            elif points is not None and words:
                points.append(words)
    return {heading: some for heading, some in found.items() if some}


def _words(inline: Token) -> str:
    """Return text without its marks: code, emphasis, links by their text."""
    parts = (" " if one.type in _BREAKS else one.content for one in inline.children or [] if one.type not in _LEFT_OUT)
    return " ".join("".join(parts).split())
