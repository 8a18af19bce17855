"""What the author of a case says of its weaknesses: a part of its `README.md`, as plain text.

No Markdown library is among the dependencies. Headings, paragraphs and list items are all that is read here; tables,
fenced code and comments are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from supplychain.case.read import file_text
from supplychain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "README.md"
WORD = "weak"
"""What the text of a heading of the second level has in it, in any case, if the part below is about weaknesses."""

_HEADING = 2
_LONGEST = 2000
"""Characters of a paragraph or an item that are read."""


def weaknesses(folder: str | Path) -> dict[str, list[str]]:
    """Return the paragraphs and list items below each heading of a case's `README.md` that has `weak` in it.

    Raises: InputError if the file is there and cannot be read.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return {}
    text, problems = file_text(path)
    if problems:
        raise InputError(str(folder), problems)
    found: dict[str, list[str]] = {}
    points: list[str] | None = None
    for level, said in _blocks(text):
        words = _words(said)
        if level in {1, _HEADING}:
            wanted = level == _HEADING and WORD in words.lower()
            points = found.setdefault(words, []) if wanted else None
        elif points is not None and words:
            points.append(words)
    return {heading: some for heading, some in found.items() if some}


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Yield headings with their level, and paragraphs and list items with 0."""
    first, *others = text.split("<!--")
    shown = first + "".join(one.partition("-->")[2] for one in others)
    fence = ""
    said: list[str] = []
    in_item = False
    for line in [*shown.splitlines(), ""]:
        words = line.strip().lstrip(">").strip()
        level = len(words) - len(words.lstrip("#"))
        heading = 1 <= level <= 6 and words[level : level + 1] in {"", " ", "\t"}  # noqa: PLR2004 - as in Markdown
        fenced = words[:3] if words.startswith(("```", "~~~")) else ""
        if fence:
            fence = "" if fenced == fence else fence
            continue
        if said and not in_item and set(words) in ({"="}, {"-"}):
            yield (1 if "=" in words else _HEADING), " ".join(said)
            said = []
            continue
        item = _ITEM.match(words)
        if said and (not words or heading or fenced or item or _skipped(words)):
            yield 0, " ".join(said)
            said = []
        if fenced:
            fence = fenced
        elif heading:
            yield level, words[level:].strip().rstrip("#")
        elif words and not _skipped(words):
            in_item = bool(item) or (in_item and bool(said))
            said.append(words[item.end() :] if item else words)


_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])\s+")


def _skipped(words: str) -> bool:
    """Whether a line is a row of a table or a rule."""
    return words.startswith("|") or (len(words) > 2 and set(words) in ({"-"}, {"*"}, {"_"}))  # noqa: PLR2004 - ***


def _words(text: str) -> str:
    r"""Return text without its inline marks: code, emphasis, links by their text, escapes.

    >>> _words("the `x_low` of **all** [chips](https://example.org), _not_ of some_other_one: 2 * 3 \\*")
    'the x_low of all chips, not of some_other_one: 2 * 3 *'
    """
    kept = _LITERAL.sub(lambda mark: "".join(map(_aside, mark[1] or mark[3])), text[:_LONGEST])
    for marks in (_LINK, _STARS, _LINES):
        kept = marks.sub(r"\g<words>", kept)
    return "".join(chr(ord(c) - _ASIDE) if _ASIDE <= ord(c) < _ASIDE + _ASCII else c for c in kept).strip()


def _aside(c: str) -> str:
    return chr(_ASIDE + ord(c)) if c.isascii() else c


_ASIDE, _ASCII = 0xE000, 128
"""Where characters stand that are no marks while marks are taken away; Unicode gives these places to nobody."""
_LITERAL = re.compile(r"\\([!-/:-@\[-`{-~])|(`+)(.+?)\2")
"""A mark that is escaped, or code."""
_LINK = re.compile(r"!?\[(?P<words>[^\]]*)\](?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])")
_STARS = re.compile(r"(\*{1,3})(?=\S)(?P<words>.+?)(?<=\S)\1")
_LINES = re.compile(r"(?<!\w)(_{1,3})(?=\S)(?P<words>.+?)(?<=\S)\1(?!\w)")
