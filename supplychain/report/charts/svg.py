"""Charts as SVG for notebooks: text in, text out. Names are escaped; nothing is loaded, nothing runs."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

from supplychain.report.formats import cut, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_WIDTH, _NAME, _VALUE, _ROW = 640, 230, 110, 20
"""Pixels: of a chart, of a bar's name and of its number, and of a line of text."""
_HEIGHT, _LETTERS = 200, 34
_ABREAST, _LINE = 3, 14
"""Names of lines abreast, and the height of a line of them."""
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Told apart by people who do not see all colours (Okabe and Ito)."""


def bars(title: str, rows: Sequence[tuple[str, float]], shown: Callable[[float], str]) -> str:
    """Return a chart of a bar for each name, its number beside it; from 0, to the left if it is negative."""
    finite = [x for _, x in rows if math.isfinite(x)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    room = _WIDTH - _NAME - _VALUE
    scale = room / ((high - low) or 1.0)
    zero = _NAME - low * scale
    parts = []
    for n, (name, x) in enumerate(rows):
        y = (n + 1) * _ROW
        parts.append(_text(_NAME - 6, y + 14, cut(name, _LETTERS), anchor="end"))
        if not math.isfinite(x):
            continue
        left, width = min(zero, zero + x * scale), abs(x) * scale
        parts.append(f'<rect x="{left:.1f}" y="{y + 3}" width="{width:.1f}" height="14" fill="{_COLOURS[0]}"/>')
        parts.append(_text(_NAME + room + 6, y + 14, shown(x)))
    return _svg(title, (len(rows) + 1) * _ROW + 4, parts)


def lines(
    title: str, x: Sequence[float], series: Mapping[str, Sequence[float]], shown: Callable[[float], str], unit: str = ""
) -> str:
    """Return a chart of a line for each name over the same x; where there is no number, the line is broken."""
    finite = [y for ys in series.values() for y in ys if math.isfinite(y)]
    if not x or not finite:
        return _svg(title, 2 * _ROW, [_text(0, _ROW + 14, "no numbers")])
    legend = (len(series) - 1) // _ABREAST * _LINE
    top, bottom, left, right = 2.0 * _ROW + legend, _HEIGHT - _ROW + legend, 90.0, _WIDTH - 20.0
    low, high = min(0.0, *finite), max(finite)
    across = (right - left) / ((max(x) - min(x)) or 1.0)
    up = (bottom - top) / ((high - low) or 1.0)
    parts = [f'<path d="M{left:.1f} {top:.1f}V{bottom:.1f}H{right:.1f}" fill="none" stroke="#888"/>']
    parts += [_text(left - 6, y, shown(v), anchor="end") for y, v in ((top + 4, high), (bottom + 4, low))]
    parts += [
        _text(left, bottom + 16, _number(min(x)) + unit),
        _text(right, bottom + 16, _number(max(x)) + unit, "end"),
    ]
    for n, (name, ys) in enumerate(series.items()):
        colour = _COLOURS[n % len(_COLOURS)]
        spots = [
            (left + (a - min(x)) * across, bottom - (b - low) * up) if math.isfinite(b) else None
            for a, b in zip(x, ys, strict=True)
        ]
        parts.append(f'<path d="{_path(spots)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{s[0]:.1f}" cy="{s[1]:.1f}" r="3" fill="{colour}"/>' for s in spots if s is not None]
        parts.append(
            _text(left + 10 + n % _ABREAST * 170, _ROW + 14 + n // _ABREAST * _LINE, cut(name, 24), fill=colour)
        )
    return _svg(title, _HEIGHT + legend + 4, parts)


def _path(spots: Sequence[tuple[float, float] | None]) -> str:
    steps, pen = [], "M"
    for spot in spots:
        if spot is None:
            pen = "M"
        else:
            steps.append(f"{pen}{spot[0]:.1f} {spot[1]:.1f}")
            pen = "L"
    return "".join(steps)


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    said = escape(printable(title))
    size = f'width="{_WIDTH}" height="{height:.0f}" viewBox="0 0 {_WIDTH} {height:.0f}"'
    style = 'style="max-width:100%;font:12px sans-serif;background:#fff"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{said}" {size} {style}>'
    return f'{head}<text x="0" y="14" font-weight="bold">{said}</text>{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = "#333") -> str:
    said = escape(printable(text))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{said}</text>'


def _number(x: float) -> str:
    return f"{x:.6g}"
