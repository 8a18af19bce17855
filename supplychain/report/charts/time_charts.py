"""Charts with years, or what grows, from left to right: a grid, stacked columns, lines, a staircase."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.report.charts.chart_style import INK, LONGEST, PAPER, SHADES, SMALL, colours
from supplychain.report.charts.frame import legend_below, own_names, parts_of, side_by_side, whole
from supplychain.report.formats import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.report.charts.chart_style import Spec


def matrix(  # noqa: PLR0913 - what a chart has
    width: int,
    cells: Sequence[Mapping[str, Any]],
    *,
    rows: str,
    columns: str,
    legend: str,
    domain: Sequence[str],
    shades: Sequence[str] = SHADES,
) -> Spec:
    """Return cells in rows and columns: `row`, `column`, `level` (one of `domain`), `text`, `mark`, `description`.

    A cell of which `mark` is 1 is framed; `brief`, if it is given, is its text on a phone.
    """
    small = width < SMALL
    names, order = own_names(cells, 20 if small else LONGEST)
    values = [
        {**cell, "row": names[cell["row"]], "order": order[cell["row"]], "ink": _ink(cell, domain, shades)}
        for cell in cells
    ]
    x = {
        "field": "column",
        "type": "ordinal",
        "axis": {"orient": "top", "title": columns, "labelAngle": 0, "labelFontWeight": "bold", "domain": False},
    }
    y = {
        "field": "row",
        "type": "nominal",
        "sort": {"field": "order", "op": "min"},
        "axis": {"title": None if small else rows, "domain": False, "labelLimit": 118 if small else 250},
    }
    colour = {
        "field": "level",
        "type": "ordinal",
        "scale": {"domain": list(domain), "range": list(shades)},
        "legend": {"title": legend, "orient": "bottom", "columns": 2 if small else 6, "symbolType": "square"},
    }
    layers = [
        {
            "mark": {"type": "rect", "stroke": PAPER, "strokeWidth": 2},
            "encoding": {"color": colour, "description": {"field": "description"}},
        },
        {
            "transform": [{"filter": {"field": "mark", "equal": 1}}],
            "mark": {"type": "rect", "fill": None, "stroke": INK, "strokeWidth": 2.5, "aria": False},
        },
        {
            "mark": {"type": "text", "fontSize": 9.5 if small else 12, "aria": False},
            "encoding": {
                "text": {"field": "brief" if small and values and "brief" in values[0] else "text"},
                "color": {"field": "ink", "type": "nominal", "scale": None, "legend": None},
            },
        },
    ]
    return whole(
        width, values, {"encoding": {"x": x, "y": y}, "layer": layers}, height=(25 if small else 27) * len(order)
    )


def _ink(cell: Mapping[str, Any], domain: Sequence[str], shades: Sequence[str]) -> str:
    shade = shades[list(domain).index(cell["level"])]
    red, green, blue = (int(shade[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return INK if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.18 else PAPER  # noqa: PLR2004 - relative luminance


def stacked(  # noqa: PLR0913 - what a chart has
    width: int,
    parts: Sequence[Mapping[str, Any]],
    *,
    y: str,
    colour: Mapping[str, str],
    legend: str | None = None,
    panels: bool = False,
    height: int = 230,
    free: bool = False,
) -> Spec:
    """Return bars of parts on top of each other: `column`, `part`, `value`, `panel`, `description`.

    The parts stack in the order of `colour`; `free` gives each panel an axis of its own.
    """
    small = width < SMALL
    order = {name: n for n, name in enumerate(colour)}
    called, part_colours = parts_of(colour)
    values = [
        {**p, "part": called[p["part"]], "order": order[p["part"]], "panel": short(p.get("panel", ""))} for p in parts
    ]
    many = len({p["column"] for p in parts}) > 6  # noqa: PLR2004 - columns side by side on a phone
    unit = {
        "mark": {"type": "bar", "stroke": PAPER, "strokeWidth": 0.7},
        "encoding": {
            "x": {
                "field": "column",
                "type": "ordinal",
                "axis": {"title": None, "labelAngle": -90 if many and small else 0},
                "scale": {"paddingInner": 0.25},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "stack": "zero",
                "scale": {"nice": 5},
                "axis": {"title": None if panels and small else y, "format": ",f", "tickCount": 5},
            },
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": list(part_colours), "range": list(part_colours.values())},
                "legend": legend_below(legend, width),
            },
            "order": {"field": "order", "type": "quantitative"},
            "description": {"field": "description"},
        },
    }
    if not panels:
        return whole(width, values, unit, height=height)
    return side_by_side(
        width, values, unit, height=150 if small else 200, columns=1 if small else 3, free=free, title=y
    )


def lines(
    width: int,
    points: Sequence[Mapping[str, Any]],
    *,
    y: str,
    log: bool = True,
    panels: bool = False,
) -> Spec:
    """Return lines over columns, each of its own colour, shape and name.

    A point has `column`, `series`, `value`, `panel`, `description`.
    """
    small = width < SMALL
    colour = colours(p["series"] for p in points)
    values = [{**p, "panel": short(p.get("panel", ""))} for p in points]
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "circle", "square", "diamond"]
    scale = {"domain": list(colour), "range": list(colour.values())}
    legend = {"title": None, "orient": "bottom", "columns": 2 if small else 5}
    drawn = [p["value"] for p in points if 0 < p["value"] < math.inf]
    ticks = _ticks(drawn) if log and drawn else []
    y_scale: Spec = {"type": "log", "domain": [ticks[0], ticks[-1]]} if ticks else {"zero": True}
    axis = {"values": ticks, "format": "~g"} if ticks else {"tickCount": 5}
    encoding = {
        "x": {"field": "column", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}},
        "y": {
            "field": "value",
            "type": "quantitative",
            "scale": y_scale,
            "axis": {"title": None if panels and small else y, "grid": True, **axis},
        },
        "color": {"field": "series", "type": "nominal", "scale": scale, "legend": legend},
    }
    shape = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(colour), "range": shapes[: len(colour)]},
        "legend": legend,
    }
    unit = {
        "encoding": encoding,
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 2, "aria": False}},
            {
                "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
                "encoding": {"shape": shape, "description": {"field": "description"}},
            },
        ],
    }
    if not panels:
        return whole(width, values, unit, height=230)
    return side_by_side(width, values, unit, height=150 if small else 190, columns=1 if small else 3, title=y)


def _ticks(values: Sequence[float]) -> list[float]:
    """Return 1, 2 and 5 of each power of ten around some numbers.

    >>> _ticks([0.13, 1.9])
    [0.1, 0.2, 0.5, 1.0, 2.0]
    """
    low, high = min(values), max(values)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = [float(f"{m}e{n}") for n in powers for m in (1, 2, 5)]
    first = max((n for n, x in enumerate(every) if x <= low), default=0)
    last = min((n for n, x in enumerate(every) if x >= high), default=len(every) - 1)
    return every[first : max(last, first + 1) + 1]


def steps(width: int, segments: Sequence[Mapping[str, Any]], *, x: str, y: str, legend: str) -> Spec:
    """Return a staircase: `from`, `to`, `value`, `part` (what holds there), `description`."""
    small = width < SMALL
    names = colours(short(s["part"]) for s in segments)
    values = [{**s, "part": short(s["part"]), "start": 0.0} for s in segments]
    spec = {
        "mark": {"type": "rect", "stroke": PAPER, "strokeWidth": 0.3},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "axis": {"title": x, "tickCount": 6}},
            "x2": {"field": "to"},
            "y": {"field": "start", "type": "quantitative", "axis": {"title": y, "tickCount": 5, "format": ",f"}},
            "y2": {"field": "value"},
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": list(names), "range": list(names.values())},
                "legend": {"title": legend, "orient": "bottom", "columns": 1 if small else 4},
            },
            "description": {"field": "description"},
        },
    }
    return whole(width, values, spec, height=200)
