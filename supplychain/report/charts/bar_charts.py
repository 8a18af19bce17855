"""Charts with rows below each other and bars or ranges to the side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from supplychain.report.charts.chart_style import INK, PALETTE, PAPER, SMALL
from supplychain.report.charts.frame import (
    Row,
    legend_below,
    own_names,
    parts_of,
    side_by_side,
    title_lines,
    whole,
)
from supplychain.report.formats import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.report.charts.chart_style import Spec


def bars(  # noqa: PLR0913 - what a chart has
    width: int,
    given: Sequence[Mapping[str, Any]],
    *,
    x: str,
    colour: Mapping[str, str] | None = None,
    legend: str | None = None,
    rule: float | None = None,
    panels: Sequence[str] = (),
) -> Spec:
    """Return bars to the right with their values written: `row`, `value`, `text`, `part`, `panel`, `said`."""
    small = width < SMALL
    rows, values = _listed(width, given, 52)
    colour = colour or {"": PALETTE[0]}
    called, named = parts_of(colour)
    for v in values:
        v |= {
            "part": called.get(v.get("part", ""), ""),
            "panel": short(v.get("panel", "")),
            "start": 0.0,
            "end": max(v["value"], 0.0),
        }
    across = min(3, len(panels)) if panels and not small else 1
    top = max((v["end"] for v in values), default=1.0) or 1.0
    plot = (width - rows.limit - 30 * across) / across
    text = 0 if rows.above else 10 + 6.2 * max((len(v["text"]) for v in values), default=0)
    room = max(1.05, plot / max(plot - text, plot / 3))
    domain = [0.0, top * room]
    axis = {"title": title_lines(x, width), "tickCount": 4, "grid": True, "format": ",f"}
    scale = {"domain": list(named), "range": list(named.values())}
    shown = legend_below(legend, width) if len(colour) > 1 else None
    layers: list[Spec] = [
        {
            "mark": rows.placed({"type": "bar"}, 0.72),
            "encoding": {
                "x": {"field": "start", "type": "quantitative", "scale": {"domain": domain}, "axis": axis},
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
            layers.append(
                {
                    "mark": {**mark, "stroke": PAPER, "strokeWidth": 7, "strokeJoin": "round", "fill": PAPER},
                    "encoding": encoding,
                }
            )
        layers.append({"mark": mark, "encoding": encoding})
    unit = {"encoding": {"y": rows.y}, "layer": layers}
    height = rows.height(17 if small else 19)
    if not panels:
        return whole(width, values, unit, height=height)
    return side_by_side(width, values, unit, height=height, across=across, labels=max(rows.limit, 1), names=panels)


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
    return whole(width, values, {"encoding": {"y": rows.y}, "layer": layers}, height=rows.height(14))


def ends(width: int, given: Sequence[Mapping[str, Any]], *, x: str) -> Spec:
    """Return bars from nought in each row, for the low and the high end: `row`, `value`, `part`, `said`."""
    colour = {"low end": PALETTE[1], "high end": PALETTE[0]}
    rows, values = _listed(width, given, 64)
    axis = {"title": title_lines(x, width), "format": "+,f", "tickCount": 5}
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
    return whole(width, values, {"encoding": {"y": rows.y}, "layer": [bar, *rows.layers()]}, height=rows.height(20))


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
                "axis": {"title": title_lines(x, width), "format": "+,f", "tickCount": 5},
            },
            "color": {"field": "part", "type": "nominal", "scale": scale, "legend": None},
            "description": {"field": "said"},
        },
    }
    return whole(width, values, {"encoding": {"y": rows.y}, "layer": [bar, *rows.layers()]}, height=rows.height(20))


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
    small = width < SMALL
    above = small and max((len(str(r["row"])) for r in given), default=0) > 20  # noqa: PLR2004 - what fits at the left
    names, order = own_names(given, 52 if above else 20 if small else longest)
    limit = 130 if small else _label_width(names.values(), 380)
    values = [{**r, "row": names[r["row"]], "order": order[r["row"]]} for r in given]
    for v in values:
        v["name"] = f"{short(v['row'], 36)}: {v['text']}" if above and v.get("text") else v["row"]
    return _Listed(names, order, above, 0 if above else limit), values


def _label_width(names: Iterable[str], most: int) -> int:
    """Return the pixels that names take at most, for a letter's usual width."""
    return min(most, 12 + 6 * max((len(name) for name in names), default=0))
