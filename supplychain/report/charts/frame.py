"""What every chart is put into: data, a width, panels, a legend."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from supplychain.report.charts.chart_style import CONFIG, LONGEST, MUTED, REST, SMALL
from supplychain.report.formats import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.report.charts.chart_style import Spec

Row = dict[str, Any]


def whole(width: int, values: Sequence[Row], spec: Spec, *, height: int) -> Spec:
    """Return one chart that fits itself into a width."""
    return {
        **_frame(values),
        "width": width,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "height": height,
        **spec,
    }


def side_by_side(  # noqa: PLR0913 - what a chart has
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
    header = {"title": title if width < SMALL and title else None, "titleColor": MUTED, "titleFontSize": 11}
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


def own_names(given: Sequence[Mapping[str, Any]], longest: int) -> tuple[dict[str, str], dict[str, int]]:
    """Return of each row its name, cut and yet its own, and its place."""
    found: dict[str, str] = {}
    for row in dict.fromkeys(str(r["row"]) for r in given):
        cut, n = short(row, longest), 1
        while cut in found.values():
            n += 1
            cut = f"{short(row, longest - 4)} ({n})"
        found[row] = cut
    return found, {row: n for n, row in enumerate(found)}


def legend_below(title: str | None, width: int) -> Spec:
    """Return a legend below that is no wider than its chart."""
    columns = 2 if width < SMALL else 5
    return {"title": title, "orient": "bottom", "columns": columns, "labelLimit": width // columns - 45}


def parts_of(colour: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each part is called in a chart, and the colours of these; those that share grey are one."""
    grey = [name for name, one in colour.items() if one == REST]
    cut, _ = own_names([{"row": name} for name in colour], LONGEST)
    called = {name: "all others" if len(grey) > 1 and name in grey else cut[name] for name in colour}
    return called, {called[name]: one for name, one in colour.items()}


def title_lines(text: str, width: int) -> str | list[str]:
    """Return a title in as many lines as a phone needs."""
    return text if width > SMALL else textwrap.wrap(text, 46)


def _frame(values: Sequence[Row]) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": CONFIG,
        "padding": 4,
        "data": {"values": [_clean(v) for v in values]},
    }


def _clean(row: Mapping[str, Any]) -> Row:
    """Return values as JSON has them: no numpy, nothing that is not a number."""
    return {
        str(k): (None if isinstance(v, float) and not math.isfinite(v) else v.item() if hasattr(v, "item") else v)
        for k, v in row.items()
    }
