"""Whether the site that `make docs` built opens without a network, and whether every link in it leads somewhere.

Sphinx has looked for broken links in the sources; this looks at what was written: `python check_site.py FOLDER`.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}
"""By the name of an element: its attribute that names what a browser loads."""

NOT_LOADED = {"canonical", "author", "prev", "next", "index", "search", "license"}
"""What a `link` may stand for without being loaded."""


class Page(HTMLParser):
    """What a page loads, where it leads, what in it can be led to, and how many formulas it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.formulas = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag says."""
        said = dict(attrs)
        self.names |= {said[name] or "" for name in ("id", "name") if name in said}
        self.formulas += tag == "math"
        address = said.get(LOADED.get(tag, ""))
        if address and not set((said.get("rel") or "").split()) & NOT_LOADED:
            self.loads.append(address)
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")


def faults(site: Path) -> list[str]:
    """Return a sentence for each fault of a site."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if "_downloads" not in path.parts}
    found = [f"{path.relative_to(site)} {fault}" for path in pages for fault in faults_of(path, pages)]
    sheets = {path: re.sub("[\"']", "", path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.css"))}
    found += [f"{path.relative_to(site)} loads from a network" for path, text in sheets.items() if "url(http" in text]
    if not sum(page.formulas for page in pages.values()):
        found.append("no page has a formula")
    return found


def faults_of(path: Path, pages: Mapping[Path, Page]) -> Iterator[str]:
    """Yield what is wrong with a page: what it loads from a network, and what it leads to that is not there."""
    page = pages[path]
    yield from (f"loads {address}" for address in page.loads if _elsewhere(address) and address[:5] != "data:")
    for address in (one for one in (*page.loads, *page.links) if not _elsewhere(one)):
        parts = urlsplit(address)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            yield f"leads to {address}, where no file is"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
            yield f"leads to {address}, where no such heading is"


def _elsewhere(address: str) -> bool:
    return bool(urlsplit(address).scheme) or address.startswith("//")


def main() -> None:
    """Say what is wrong with a site, and fail; else how large it is."""
    site = Path(sys.argv[1]).resolve()
    found = faults(site)
    for fault in found:
        print(fault)
    if found:
        sys.exit(1)
    print(f"{len(list(site.rglob('*.html')))} pages, every link leads somewhere, nothing is loaded from a network")


if __name__ == "__main__":
    main()
