"""The capacity report as one HTML file that opens offline: no request, and a data table behind each chart.

Its only script shows at once what a mark of a chart says; the page is whole without it, and allows no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from supplychain.report.charts import images
from supplychain.report.formats import plain, printable
from supplychain.report.page import sections
from supplychain.report.page.blocks import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from supplychain.report.charts.images import Picture
    from supplychain.report.page.blocks import Chart, Part, Section
    from supplychain.report.page.report_data import ReportData

PAGE = "report.html"
WORKBOOK = "report.xlsx"
FIGURES = "figures"
MARK = '<meta name="generator" content="supplychain report">'
"""By which a page is known as one of these."""


def report(
    given: ReportData,
    start: Callable[[Chart], Callable[[], Picture]] = images.start,
    book: Callable[[], bytes] | None = None,
    *,
    figures: bool = True,
) -> dict[str, bytes]:
    """Return the files of a report by their paths: the page, the workbook if given, and each chart as SVG and PNG.

    `start` begins to draw a chart and returns what waits for the picture; charts are drawn while others are looked for.

    Raises: SetupError if vl-convert is not installed.
    """
    images.check()
    begun = {}
    parts = sections(given, lambda part: begun.update({figure.name: start(figure) for figure in part.figures}))
    beside = {} if book is None else {WORKBOOK: book()}
    drawn = {figure.name: begun[figure.name]() for part in parts for figure in part.figures}
    found = {PAGE: html(given, parts, drawn, "".join(beside)).encode(), **beside}
    for name, picture in drawn.items() if figures else ():
        found[f"{FIGURES}/{name}.svg"] = picture.wide.encode()
        found[f"{FIGURES}/{name}.png"] = picture.png
    return found


def html(given: ReportData, parts: Sequence[Section], drawn: Mapping[str, Picture], workbook: str = "") -> str:
    """Return the page; it names the workbook, if there is one."""
    home = files("supplychain.report.page")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"said": said, "kind": lambda block: type(block).__name__}
    template = environment.from_string((home / "page.html.j2").read_text(encoding="utf-8"))
    settings = given.case.settings
    js = (home / "page.js").read_text(encoding="utf-8")
    return template.render(
        title=plain(settings.title),
        name=plain(f"{settings.name}, scenario {given.subject}" if given.subject else settings.name),
        years=f"{given.years[0]}-{given.years[-1]}" if len(given.years) > 1 else str(given.years[0]),
        currency=settings.currency_year,
        changed=[plain(x) for x in given.what_if],
        workbook=workbook,
        sections=parts,
        drawn={
            name: {"wide": Markup(one.wide), "narrow": Markup(one.narrow)}  # noqa: S704 - XML written here
            for name, one in drawn.items()
        },
        mark=Markup(MARK),  # noqa: S704 - ours
        js=Markup(js),  # noqa: S704 - ours
        hash=f"sha256-{base64.b64encode(hashlib.sha256(js.encode()).digest()).decode()}",
        css=Markup((home / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
    )


def figures_of(page: str) -> list[str]:
    """Return the paths of the figures that belong to a page."""
    return [f"{FIGURES}/{name}.{end}" for name in _FIGURE.findall(page) for end in ("svg", "png")]


def has_workbook(page: str) -> bool:
    """Whether a workbook belongs to a page."""
    return _NAMES_IT in page


_NAMES_IT = '<p class="meta" id="workbook">'
_FIGURE = re.compile('<figure id="figure-([a-z0-9_]+)">')

_NUMBER = Markup('<data value="{}" data-from="{}">{}</data>')


def said(parts: Sequence[Part]) -> Markup:
    """Return a sentence, its numbers marked with their values and where they come from."""
    return Markup("").join(
        _NUMBER.format(f"{part.value:.9g}", part.origin, str(part)) if isinstance(part, Number) else printable(part)
        for part in parts
    )
