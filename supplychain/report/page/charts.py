"""Charts as Vega-Lite descriptions: data stand in them as values, never in an expression, and years as names.

Each is made twice, for a page and for a phone. Colours are those of Okabe and Ito, then of Tol, which the
colour-blind can tell apart; text, order or shape says the same again. What a mark is, `said`, becomes its title in the
picture.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplychain.plan.show import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.report.page.blocks import Spec

WIDE, NARROW = 820, 340
"""Widths in pixels: of a page, and of a phone."""

INK, MUTED, LINE, PAPER = "#1b1b1b", "#595959", "#d9d9d9", "#ffffff"
PALETTE = (
    *("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"),
    *("#332288", "#999933", "#44aa99", "#882255", "#661100"),
)
REST = "#c8c8c8"
SHADES = ("#f3f6fa", "#d3e3f1", "#a3c8e4", "#5fa2d0", "#0072b2")
"""From little to much: light to dark, so that grey prints tell the same."""
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"

_LONGEST = 34
"""Characters of a name in a chart."""
_SMALL = 600
"""Width below which a chart is one for a phone."""

Row = dict[str, Any]


def short(name: object, longest: int = _LONGEST) -> str:
    """Return a name in one line, cut if it is long.

    >>> short("a" * 50, 5)
    'aaaa…'
    """
    text = plain(str(name))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def colours(names: Iterable[str]) -> dict[str, str]:
    """Return a colour for each name, in their order; those beyond the palette share grey."""
    found = list(dict.fromkeys(names))
    return {name: PALETTE[n] if n < len(PALETTE) else REST for n, name in enumerate(found)}


def both(draw: Any, *given: Any, **named: Any) -> tuple[Spec, Spec]:  # noqa: ANN401 - whatever a chart takes
    """Return a chart for a page, and for a phone."""
    return draw(WIDE, *given, **named), draw(NARROW, *given, **named)


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
    """Return cells in rows and columns: `row`, `column`, `level` (one of `domain`), `text`, `mark`, `said`."""
    small = width < _SMALL
    names, order = _names(cells, 20 if small else _LONGEST)
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
            "encoding": {"color": colour, "description": {"field": "said"}},
        },
        {
            "transform": [{"filter": {"field": "mark", "equal": 1}}],
            "mark": {"type": "rect", "fill": None, "stroke": INK, "strokeWidth": 2.5, "aria": False},
        },
        {
            "mark": {"type": "text", "fontSize": 9.5 if small else 12, "aria": False},
            "encoding": {
                "text": {"field": "text"},
                "color": {"field": "ink", "type": "nominal", "scale": None, "legend": None},
            },
        },
    ]
    return _whole(
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
    """Return bars of parts on top of each other: `column`, `part`, `value`, `panel`, `said`.

    The parts stack in the order of `colour`; `free` gives each panel an axis of its own.
    """
    small = width < _SMALL
    order = {name: n for n, name in enumerate(colour)}
    called, shown = _parts(colour)
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
                "axis": {"title": None if panels and small else y, "format": ",f", "tickCount": 5},
            },
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": list(shown), "range": list(shown.values())},
                "legend": _legend(legend, width),
            },
            "order": {"field": "order", "type": "quantitative"},
            "description": {"field": "said"},
        },
    }
    if not panels:
        return _whole(width, values, unit, height=height)
    return _panels(width, values, unit, height=150 if small else 200, across=1 if small else 3, free=free, title=y)


def lines(
    width: int,
    points: Sequence[Mapping[str, Any]],
    *,
    y: str,
    log: bool = True,
    panels: bool = False,
) -> Spec:
    """Return lines over columns, told apart by colour, shape and name: `column`, `series`, `value`, `panel`, `said`."""
    small = width < _SMALL
    colour = colours(p["series"] for p in points)
    values = [{**p, "panel": short(p.get("panel", ""))} for p in points]
    shapes = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "circle", "square", "diamond"]
    scale = {"domain": list(colour), "range": list(colour.values())}
    legend = {"title": None, "orient": "bottom", "columns": 2 if small else 5}
    ticks = _ticks([p["value"] for p in points]) if log else []
    kind: Spec = {"type": "log", "domain": [ticks[0], ticks[-1]]} if ticks else {"zero": True}
    axis = {"values": ticks, "format": "~g"} if ticks else {"tickCount": 5}
    encoding = {
        "x": {"field": "column", "type": "ordinal", "axis": {"title": None, "labelAngle": 0}},
        "y": {
            "field": "value",
            "type": "quantitative",
            "scale": kind,
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
                "encoding": {"shape": shape, "description": {"field": "said"}},
            },
        ],
    }
    if not panels:
        return _whole(width, values, unit, height=230)
    return _panels(width, values, unit, height=150 if small else 190, across=1 if small else 3, title=y)


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


def bars(  # noqa: PLR0913 - what a chart has
    width: int,
    given: Sequence[Mapping[str, Any]],
    *,
    x: str,
    colour: Mapping[str, str] | None = None,
    legend: str | None = None,
    log: bool = False,
    rule: float | None = None,
    panels: Sequence[str] = (),
) -> Spec:
    """Return bars to the right with their values written: `row`, `value`, `text`, `part`, `panel`, `said`."""
    small = width < _SMALL
    rows, values = _listed(width, given, 52)
    colour = colour or {"": PALETTE[0]}
    called, named = _parts(colour)
    least = min((r["value"] for r in given if r["value"] > 0), default=1.0)
    start = 10 ** math.floor(math.log10(least)) if log else 0.0
    for v in values:
        v |= {
            "part": called.get(v.get("part", ""), ""),
            "panel": short(v.get("panel", "")),
            "start": start,
            "end": max(v["value"], start),
        }
    across = min(3, len(panels)) if panels and not small else 1
    top = max((v["end"] for v in values), default=1.0) or 1.0
    plot = (width - rows.limit - 30 * across) / across
    text = 0 if rows.above else 10 + 6.2 * max((len(v["text"]) for v in values), default=0)
    room = max(1.05, plot / max(plot - text, plot / 3))
    domain = [start, (top / start) ** room * start if log else top * room]
    axis = {"title": _title(x, width), "tickCount": 4, "grid": True, "format": "~g" if log else ",f"}
    scale = {"domain": list(named), "range": list(named.values())}
    shown = _legend(legend, width) if len(colour) > 1 else None
    kind = {"type": "log"} if log else {}
    layers: list[Spec] = [
        {
            "mark": rows.placed({"type": "bar"}, 0.72),
            "encoding": {
                "x": {"field": "start", "type": "quantitative", "scale": {**kind, "domain": domain}, "axis": axis},
                "x2": {"field": "end"},
                "color": {"field": "part", "type": "nominal", "scale": scale, "legend": shown},
                "description": {"field": "said"},
            },
        },
        *rows.layers(),
    ]
    if rule is not None:
        dashed = {"type": "rule", "stroke": INK, "strokeDash": [4, 3], "aria": False}
        layers.append({"mark": dashed, "encoding": {"x": {"datum": rule, "type": "quantitative"}, "y": None}})
    if not rows.above:
        mark = {"type": "text", "align": "left", "dx": 4, "fontSize": 11, "aria": False}
        encoding = {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "text"}}
        if rule is not None:
            layers.append({"mark": {**mark, "stroke": PAPER, "strokeWidth": 3, "fill": PAPER}, "encoding": encoding})
        layers.append({"mark": mark, "encoding": encoding})
    unit = {"encoding": {"y": rows.y}, "layer": layers}
    height = rows.height(17 if small else 19)
    if not panels:
        return _whole(width, values, unit, height=height)
    return _panels(width, values, unit, height=height, across=across, labels=max(rows.limit, 1), names=panels)


def ranges(width: int, given: Sequence[Mapping[str, Any]], *, x: str) -> Spec:
    """Return a bar from low to high and a mark for each row, on a log axis: `row`, `low`, `high`, `value`, `part`."""
    colour = {"inside": PALETTE[0], "outside": PALETTE[5]}
    rows, values = _listed(width, given, 64)
    axis = {"title": x, "grid": True, "format": "~g", "values": [0.1, 0.25, 0.5, 1, 2, 4, 10]}
    scale = {"type": "log", "domain": [0.1, 10], "clamp": True}
    below = {"yOffset": 7} if rows.above else {}
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "stroke": "#b0b0b0", "strokeWidth": 6, "aria": False, **below},
            "encoding": {
                "x": {"field": "low", "type": "quantitative", "scale": scale, "axis": axis},
                "x2": {"field": "high"},
            },
        },
        {
            "mark": {"type": "rule", "stroke": INK, "strokeDash": [4, 3], "aria": False},
            "encoding": {"x": {"datum": 1, "type": "quantitative"}, "y": None},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1, **below},
            "encoding": {
                "x": {"field": "value", "type": "quantitative"},
                "color": {
                    "field": "part",
                    "type": "nominal",
                    "scale": {"domain": list(colour), "range": list(colour.values())},
                    "legend": {"title": "model", "orient": "bottom"},
                },
                "shape": {
                    "field": "part",
                    "type": "nominal",
                    "scale": {"domain": list(colour), "range": ["circle", "diamond"]},
                    "legend": {"title": "model", "orient": "bottom"},
                },
                "description": {"field": "said"},
            },
        },
    ]
    layers += rows.layers()
    return _whole(width, values, {"encoding": {"y": rows.y}, "layer": layers}, height=rows.height(14))


def ends(width: int, given: Sequence[Mapping[str, Any]], *, x: str) -> Spec:
    """Return bars from nought in each row, for the low and the high end: `row`, `value`, `part`, `said`."""
    colour = {"low end": PALETTE[1], "high end": PALETTE[0]}
    rows, values = _listed(width, given, 64)
    axis = {"title": _title(x, width), "format": "+,f", "tickCount": 5}
    bar = {
        "mark": rows.placed({"type": "bar"}, 0.8),
        "encoding": {
            "x": {"field": "value", "type": "quantitative", "axis": axis},
            "color": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": list(colour), "range": list(colour.values())},
                "legend": {"title": None, "orient": "bottom"},
            },
            "description": {"field": "said"},
        },
    }
    return _whole(width, values, {"encoding": {"y": rows.y}, "layer": [bar, *rows.layers()]}, height=rows.height(20))


def steps(width: int, segments: Sequence[Mapping[str, Any]], *, x: str, y: str, legend: str) -> Spec:
    """Return a staircase: `from`, `to`, `value`, `part` (what holds there), `said`."""
    small = width < _SMALL
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
            "description": {"field": "said"},
        },
    }
    return _whole(width, values, spec, height=200)


_CONFIG = {
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


def _whole(width: int, values: Sequence[Row], spec: Spec, *, height: int) -> Spec:
    return {
        **_frame(values),
        "width": width,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "height": height,
        **spec,
    }


def _panels(  # noqa: PLR0913 - what a chart has
    width: int,
    values: Sequence[Row],
    unit: Spec,
    *,
    height: int,
    across: int,
    free: bool = False,
    title: str = "",
    labels: int = 0,
    names: Sequence[str] = (),
) -> Spec:
    """Return one chart for each panel, side by side; they cannot fit themselves into a width, so room is left.

    `labels` is the width of names on the left, which stand once in a row of panels.
    """
    names = [*names] or list(dict.fromkeys(v["panel"] for v in values))
    across = min(across, len(names)) or 1
    if len(names) == across + 1:
        across = min(across, 2)
    numbered = [{**v, "panel_order": names.index(v["panel"])} for v in values]
    taken = labels + 18 * across + 8 if labels else 62 * across
    header = {"title": title if width < _SMALL and title else None, "titleColor": MUTED, "titleFontSize": 11}
    spec: Spec = {
        "facet": {
            "field": "panel",
            "type": "nominal",
            "sort": {"field": "panel_order", "op": "min"},
            "header": {**header, "labelAnchor": "start", "titleAnchor": "start", "titleFontWeight": "normal"},
        },
        "columns": across,
        "spacing": 18,
        "spec": {"width": max(80, (width - taken) // across), "height": height, **unit},
    }
    if free:
        spec["resolve"] = {"scale": {"y": "independent"}}
    return {**_frame(numbered), **spec}


def _names(given: Sequence[Mapping[str, Any]], longest: int) -> tuple[dict[str, str], dict[str, int]]:
    """Return of each row its name, cut and yet its own, and its place."""
    found: dict[str, str] = {}
    for row in dict.fromkeys(str(r["row"]) for r in given):
        cut, n = short(row, longest), 1
        while cut in found.values():
            n += 1
            cut = f"{short(row, longest - 4)} ({n})"
        found[row] = cut
    return found, {row: n for n, row in enumerate(found)}


def _legend(title: str | None, width: int) -> Spec:
    """Return a legend below that is no wider than its chart."""
    columns = 2 if width < _SMALL else 5
    return {"title": title, "orient": "bottom", "columns": columns, "labelLimit": width // columns - 45}


def _parts(colour: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each part is called in a chart, and the colours of these; those that share grey are one."""
    grey = [name for name, one in colour.items() if one == REST]
    cut, _ = _names([{"row": name} for name in colour], _LONGEST)
    called = {name: "all others" if len(grey) > 1 and name in grey else cut[name] for name in colour}
    return called, {called[name]: one for name, one in colour.items()}


def size(values: Iterable[float], sizes: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """Return the largest unit in which the largest of some numbers is 1 or more; else the smallest.

    >>> size([3e6, 20], USD)
    (1000000.0, 'm USD')
    """
    most = max((abs(x) for x in values), default=0.0)
    return next((one for one in sizes if most >= one[0]), sizes[-1] if most else sizes[0])


USD = ((1e9, "bn USD"), (1e6, "m USD"), (1e3, "thousand USD"), (1.0, "USD"))


def _title(text: str, width: int) -> str | list[str]:
    """Return a title in as many lines as a phone needs."""
    return text if width > _SMALL else textwrap.wrap(text, 46)


@dataclass(frozen=True)
class _Listed:
    """Rows below each other: their names at the left or, where they are too long for a phone, above their marks."""

    names: Mapping[str, str]
    order: Mapping[str, int]
    above: bool
    limit: int

    @property
    def y(self) -> Spec:
        """The axis."""
        axis: Spec = {"title": None, "labelLimit": self.limit, "domain": False}
        if self.above:
            axis = {"title": None, "labels": False, "domain": False, "grid": False}
        return {"field": "row", "type": "nominal", "sort": {"field": "order", "op": "min"}, "axis": axis}

    def placed(self, mark: Spec, band: float) -> Spec:
        """Return a bar, below its name if that stands above."""
        return {**mark, "height": {"band": 0.42 if self.above else band}} | ({"yOffset": 7} if self.above else {})

    def layers(self) -> list[Spec]:
        """Return the names above."""
        if not self.above:
            return []
        mark = {"type": "text", "align": "left", "baseline": "bottom", "dx": 2, "fontSize": 10.5, "aria": False}
        return [{"mark": mark, "encoding": {"x": {"value": 0}, "text": {"field": "name"}, "y": self.y}}]

    def height(self, step: int) -> int:
        """Return the height of all rows."""
        return max(40, (32 if self.above else step) * len(self.order))


def _listed(width: int, given: Sequence[Mapping[str, Any]], longest: int) -> tuple[_Listed, list[Row]]:
    """Return how rows stand, and their data with their names."""
    small = width < _SMALL
    above = small and max((len(str(r["row"])) for r in given), default=0) > 20  # noqa: PLR2004 - what fits at the left
    names, order = _names(given, 52 if above else 20 if small else longest)
    limit = 130 if small else _label_width(names.values(), 380)
    values = [{**r, "row": names[r["row"]], "order": order[r["row"]]} for r in given]
    for v in values:
        v["name"] = f"{short(v['row'], 36)}: {v['text']}" if above and v.get("text") else v["row"]
    return _Listed(names, order, above, 0 if above else limit), values


def _label_width(names: Iterable[str], most: int) -> int:
    """Return the pixels that names take at most, for a letter's usual width."""
    return min(most, 12 + 6 * max((len(name) for name in names), default=0))


def _frame(values: Sequence[Row]) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": _CONFIG,
        "padding": 4,
        "data": {"values": [_clean(v) for v in values]},
    }


def _clean(row: Mapping[str, Any]) -> Row:
    """Return values as JSON has them: no numpy, nothing that is not a number."""
    return {
        str(k): (None if isinstance(v, float) and not math.isfinite(v) else v.item() if hasattr(v, "item") else v)
        for k, v in row.items()
    }


def signed(width: int, given: Sequence[Mapping[str, Any]], *, x: str) -> Spec:
    """Return a bar from nought in each row, to the left if it is below: `row`, `value`, `said`."""
    rows, values = _listed(width, given, 64)
    for v in values:
        v["part"] = "less" if v["value"] < 0 else "more"
    scale = {"domain": ["less", "more"], "range": [PALETTE[0], PALETTE[5]]}
    bar = {
        "mark": rows.placed({"type": "bar"}, 0.72),
        "encoding": {
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": {"title": _title(x, width), "format": "+,f", "tickCount": 5},
            },
            "color": {"field": "part", "type": "nominal", "scale": scale, "legend": None},
            "description": {"field": "said"},
        },
    }
    return _whole(width, values, {"encoding": {"y": rows.y}, "layer": [bar, *rows.layers()]}, height=rows.height(20))
