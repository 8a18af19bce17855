"""Pages in Markdown that people read: their blocks, and what is said of a block in a comment before it.

A comment stands on a line of its own, right before the block, and readers do not see it:

- `<!-- 40 s: make docs-all -->`: the block takes so long that only `make docs-all` runs it. In `make check` commands
  with changes are run with `--dry-run`, so that their edits are still tried.
- `<!-- not run: needs a cluster -->`: the block is read, and never run.
- `<!-- file: mycase/scenarios/norway.toml -->`: the block is what stands in that file.

A block `text` shows what the commands before it print: each of its lines, in order, but for those that are `…` alone.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from paths import DOCS, INPUTS, REPORTS, ROOT

from supplychain.case import load
from supplychain.study.attached import known_study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from supplychain.case import Case
    from supplychain.results.answer import Answer

PAGES = [
    ROOT / "README.md",
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted(DOCS.glob("*.md")),
    *sorted(INPUTS.glob("*/README.md")),
    *sorted(REPORTS.glob("*.md")),
]
"""Every page of the site, but for the reference of inputs."""

GENERATED = {DOCS / f"{name}.md" for name in ("api", "commands", "glossary", "model", "results")}
"""Pages of `docs` that `make generated` writes."""

_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->\s*$", flags=re.DOTALL)
_WORDS_OF_A_COMMENT = re.compile(r"file: |not run: |\d+ s: make docs-all$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line on which it begins, and what the comment before it says."""

    page: Path
    language: str
    text: str
    line: int
    comment: str

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def slow(self) -> bool:
        """Whether only `make docs-all` runs it."""
        return self.comment.endswith("make docs-all")

    @property
    def not_run(self) -> bool:
        """Whether nothing runs it."""
        return self.comment.startswith("not run: ")

    @property
    def file(self) -> str:
        """The file that it is; blank: none."""
        return self.comment.removeprefix("file: ") if self.comment.startswith("file: ") else ""

    def lines(self) -> list[list[str]]:
        """Return what a shell would run, word by word: comments are left out, and lines that go on are joined."""
        joined = re.sub(r"\\\n\s*", " ", self.text)
        split = [shlex.split(line, comments=True) for line in _whole(joined)]
        return [words for words in split if words]


def _whole(text: str) -> list[str]:
    """Return lines of which every quote is closed."""
    lines: list[str] = []
    for line in text.splitlines():
        if lines and _open(lines[-1]):
            lines[-1] += f"\n{line}"
        else:
            lines.append(line)
    return lines


def _open(line: str) -> bool:
    try:
        shlex.split(line, comments=True)
    except ValueError:
        return True
    return False


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    found, comment = [], ""
    for token in tokens:
        if token.type == "fence":
            first = token.map[0] + 1 if token.map else 0
            found.append(Block(page, token.info.split(" ")[0], token.content, first, comment))
        written = _COMMENT.match(token.content.strip()) if token.type == "html_block" else None
        comment = written[1] if written else ""
        if comment and not _WORDS_OF_A_COMMENT.match(comment):
            message = f"{page}: a comment says neither file, nor not run, nor how long make docs-all takes: {comment!r}"
            raise ValueError(message)
    return found


def commands(block: Block) -> list[list[str]]:
    """Return the arguments of every `supplychain` that a block runs."""
    if block.language != "sh":
        return []
    return [words[1:] for words in block.lines() if words[0] == "supplychain"]


def from_study(folder: Path, heading: str, level: str, section: Callable[[Case, Answer], str]) -> dict[Path, str]:
    """Return the README of a case with one section written anew from the study beside it; nothing if that is stale.

    The section ends at the next heading of its `level`, as `##`, or above.
    """
    case, readme = load(folder), folder / "README.md"
    study = known_study(case, None, folder).study
    if study is None:
        return {}
    before, own, after = readme.read_text(encoding="utf-8").partition(f"{heading}\n")
    rest = re.search(rf"^#{{2,{len(level)}}} ", after, flags=re.MULTILINE)
    if not own or rest is None:
        message = f"{readme} has no section {heading!r} with another one after it"
        raise ValueError(message)
    return {readme: f"{before}{section(case, study)}\n{after[rest.start() :]}"}
