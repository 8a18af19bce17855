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
from supplychain.report.formats import plain, printable, years_seen
from supplychain.report.page import sections
from supplychain.report.page.blocks import Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from supplychain.report.charts.images import Picture
    from supplychain.report.page.blocks import Chart, Section, SentencePart
    from supplychain.report.page.report_data import ReportData

PAGE = "report.html"
WORKBOOK = "report.xlsx"
FIGURES = "figures"
MARK = '<meta name="generator" content="supplychain report">'
"""By which a page is known as one of these."""


def report(
    report_data: ReportData,
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
    started = {}
    parts = sections(report_data, lambda part: started.update({chart.name: start(chart) for chart in part.charts}))
    workbook_files = {} if book is None else {WORKBOOK: book()}
    pictures = {chart.name: started[chart.name]() for part in parts for chart in part.charts}
    written_files = {PAGE: html(report_data, parts, pictures, "".join(workbook_files)).encode(), **workbook_files}
    for name, picture in pictures.items() if figures else ():
        written_files[f"{FIGURES}/{name}.svg"] = picture.wide.encode()
        written_files[f"{FIGURES}/{name}.png"] = picture.png
    return written_files


def html(report_data: ReportData, parts: Sequence[Section], pictures: Mapping[str, Picture], workbook: str = "") -> str:
    """Return the page; it names the workbook, if there is one."""
    home = files("supplychain.report.page")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"sentence": sentence_markup, "block": lambda block: type(block).__name__}
    template = environment.from_string((home / "page.html.j2").read_text(encoding="utf-8"))
    settings = report_data.case.settings
    js = (home / "page.js").read_text(encoding="utf-8")
    return template.render(
        title=plain(settings.title),
        name=plain(f"{settings.name}, scenario {report_data.subject}" if report_data.subject else settings.name),
        years=f"{report_data.years[0]}-{report_data.years[-1]}"
        if len(report_data.years) > 1
        else str(report_data.years[0]),
        currency=settings.currency_year,
        changed=[plain(x) for x in report_data.what_if],
        years_seen=years_seen(settings),
        workbook=workbook,
        sections=parts,
        drawn={
            name: {"wide": Markup(picture.wide), "narrow": Markup(picture.narrow)}  # noqa: S704 - XML written here
            for name, picture in pictures.items()
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


def sentence_markup(parts: Sequence[SentencePart]) -> Markup:
    """Return a sentence, its numbers marked with their values and where they come from."""
    return Markup("").join(
        _NUMBER.format(f"{part.value:.9g}", part.origin, str(part)) if isinstance(part, Number) else printable(part)
        for part in parts
    )
