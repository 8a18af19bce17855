"""The site: how Sphinx reads the Markdown of this repository, where it stands, and writes HTML that opens offline.

The sources are the pages themselves: `README.md`, `CHANGELOG.md`, `CONTRIBUTING.md`, `docs/`, and those beside the
inputs and reports. Nothing is copied, so links are the same on a code host and on the site.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

ROOT = Path(__file__).parents[1]

project = "supplychain"
author = "The supplychain developers"
project_copyright = author
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/*.md",
    "inputs/README.md",
    "inputs/*/README.md",
    "inputs/backcast/rules.md",
    "inputs/method.md",
    "reports/*.md",
]
exclude_patterns = [".*", "build", "dist", "tests", "supplychain"]
nitpicky = True

myst_heading_anchors = 4  # `page.md#a-heading` is a link, as on a code host
myst_fence_as_directive = ["math"]
highlight_language = "none"  # a block that says no language is what a program printed

html_theme = "furo"
html_title = f"supplychain {version}"
html_static_path = ["_site"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_last_updated_fmt = None  # the same sources give the same bytes
html_theme_options = {"sidebar_hide_name": False, "top_of_page_buttons": []}

CONTENTS = {
    "Use it": [
        "docs/start",
        "docs/cookbook",
        "docs/scenarios",
        "docs/comparing",
        "docs/locked-in",
        "docs/owner",
        "docs/sweeps",
    ],
    "Read the answer": [
        "docs/answer",
        "docs/reports",
        "docs/how-sure",
        "docs/uncertainty",
        "What scenarios do <reports/scenarios>",
        "The back-cast <reports/backcast>",
    ],
    "Reference": [
        "docs/commands",
        "docs/api",
        "inputs/README",
        "docs/results",
        "docs/model",
        "docs/glossary",
        "docs/linear-programs",
    ],
    "Cases": [
        "The world from 2026 <inputs/base/README>",
        "A customer <inputs/customer/README>",
        "A neocloud <inputs/neocloud/README>",
        "The past <inputs/backcast/README>",
        "A lab that rents <inputs/lab/README>",
        "Rules of its test <inputs/backcast/rules>",
        "Method of both <inputs/method>",
        "A chain on paper <inputs/tiny/README>",
        "Demand as a curve, on paper <inputs/tiny-curve/README>",
        "A lab on paper <inputs/tiny-lab/README>",
    ],
    "Project": [
        "CONTRIBUTING",
        "CHANGELOG",
        "SECURITY",
        "docs/speed",
        "How cases grow <reports/scale>",
        "reports/README",
    ],
}
"""The pages of the site, in the order of its side bar; `Title <page>` where its own title is too long for that."""

_INLINE_MATH = re.compile(r"\$`([^`]+)`\$")
_WORD = re.compile(r"\\mathit\{((?:[^{}]|\\_)*)\}")
_logger = logging.getLogger(__name__)


def read(_: Sphinx, name: str, source: list[str]) -> None:
    """Give the start page its side bar, and inline formulas, which code hosts write $`x`$, the spelling of MyST."""
    source[0] = _INLINE_MATH.sub(r"{math}`\1`", source[0])
    if name == root_doc:
        for caption, pages in CONTENTS.items():
            entries = "\n".join(re.sub(r"([\w/.-]+)(>?)$", r"/\1\2", page) for page in pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n"


def mathml(formula: str, *, block: bool) -> str:
    """Return a formula as MathML, which browsers draw without a script: names of several letters as one word.

    A line of the source stays a line where it is drawn, if no bracket is open there.
    """
    words = _WORD.sub(lambda found: rf"\text{{{found[1]}}}".replace(r"\_", "_"), formula.strip())
    lines, depth = [""], 0
    for line in words.splitlines():
        lines[-1] += f"{line} "
        depth += line.count("{") - line.count("}")
        if depth == 0:
            lines.append("")
    lines = [line for line in lines if line]
    if len(lines) > 1:
        rows = r" \\ & \quad ".join(lines)
        words = rf"\begin{{aligned}} & {rows} \end{{aligned}}"
    written = str(tex2mathml(words, as_block=block))
    written = written.replace("<mtable ", '<mtable displaystyle="true" ')
    return written.replace("<mtext>", '<mi class="word">').replace("</mtext>", "</mi>")


def _write(self: HTML5Translator, node: nodes.math | nodes.math_block, *, block: bool) -> None:
    try:
        written = mathml(node.astext(), block=block)
    except MathError as error:
        _logger.warning("formula %r: %s", node.astext(), error, location=node)
        written = ""
    self.body.append(f'<div class="formula">{written}</div>\n' if block else written)
    raise nodes.SkipNode


def inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line."""
    _write(self, node, block=False)


def displayed(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands alone."""
    _write(self, node, block=True)


REACHED = {
    'role="heading">': 'role="heading" aria-level="2">',
    "<pre>": '<pre tabindex="0">',
    '<div class="formula">': '<div class="formula" tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
}
"""What the theme writes, and what it takes for the keyboard to scroll there, and for a heading to have a level."""


def finish(app: Sphinx, error: Exception | None) -> None:
    """Let a keyboard scroll what is wide, and the start page open under the name that is looked for, too."""
    if error is not None or app.builder.format != "html":
        return
    for path in (path for path in app.outdir.rglob("*.html") if "_downloads" not in path.parts):
        page = path.read_text(encoding="utf-8")
        for written, better in REACHED.items():
            page = page.replace(written, better)
        path.write_text(page, encoding="utf-8")
    shutil.copyfile(app.outdir / f"{root_doc}.html", app.outdir / "index.html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx what is done here."""
    app.add_html_math_renderer("mathml", (inline, None), (displayed, None))
    app.connect("source-read", read)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


html_math_renderer = "mathml"
