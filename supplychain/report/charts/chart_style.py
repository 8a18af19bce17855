"""How charts look: widths, colours, letters, and names that fit.

Colours are those of Okabe and Ito, then those of Tol that stay apart from them for the colour-blind; text, order or
shape says the same again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


Spec: TypeAlias = dict[str, Any]
"""A chart in Vega-Lite."""

WIDE, NARROW = 928, 340
"""Widths in pixels: of a page, and of a phone."""

INK, MUTED, LINE, PAPER = "#1b1b1b", "#595959", "#d9d9d9", "#ffffff"
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
    *("#332288", "#999933", "#882255", "#ddcc77", "#661100", "#000000"),
)
REST = "#c8c8c8"
SHADES = ("#f3f6fa", "#d3e3f1", "#a3c8e4", "#5fa2d0", "#0072b2")
"""From little to much: light to dark, so that grey prints tell the same."""

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"

LONGEST = 34
"""Characters of a name in a chart."""

SMALL = 600
"""Width below which a chart is one for a phone."""


CONFIG = {
    "font": FONT,
    "background": PAPER,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": MUTED,
        "gridColor": "#ececec",
        "domainColor": "#9a9a9a",
        "tickColor": "#9a9a9a",
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "grid": False,
        "ticks": False,
        "labelPadding": 5,
    },
    "axisQuantitative": {"grid": True},
    "legend": {
        "labelColor": INK,
        "titleColor": MUTED,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "symbolSize": 90,
        "symbolStrokeWidth": 0,
        "columnPadding": 14,
    },
    "header": {"labelColor": INK, "labelFontSize": 12, "labelFontWeight": "bold", "title": None, "labelLimit": 240},
    "text": {"color": INK, "font": FONT},
}


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name, in their order; those beyond the palette share grey."""
    found = list(dict.fromkeys(names))
    return {name: PALETTE[n] if n < len(PALETTE) else REST for n, name in enumerate(found)}


def both(draw: Any, *given: Any, **named: Any) -> tuple[Spec, Spec]:  # noqa: ANN401 - whatever a chart takes
    """Return a chart for a page, and for a phone."""
    return draw(WIDE, *given, **named), draw(NARROW, *given, **named)


def size(values: Iterable[float], sizes: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """Return the largest unit in which the largest of some numbers is 1 or more; else the smallest.

    >>> size([3e6, 20], USD)
    (1000000.0, 'm USD')
    """
    most = max((abs(x) for x in values), default=0.0)
    return next((one for one in sizes if most >= one[0]), sizes[-1] if most else sizes[0])


USD = ((1e9, "bn USD"), (1e6, "m USD"), (1e3, "thousand USD"), (1.0, "USD"))
