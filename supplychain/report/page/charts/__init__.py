"""Charts as Vega-Lite descriptions: data stand in them as values, never in an expression, and years as names.

Each is made twice, for a page and for a phone. What a mark is, `said`, becomes its title in the picture.

::

    look.py      widths, colours, letters, names that fit
    frame.py     what every chart is put into
    across.py    years from left to right: a grid, stacked columns, lines, a staircase
    down.py      rows below each other: bars, ranges
"""

from supplychain.report.page.charts.across import lines, matrix, stacked, steps
from supplychain.report.page.charts.down import bars, ends, ranges, signed
from supplychain.report.page.charts.look import NARROW, REST, USD, WIDE, both, colours, short, size

__all__ = [
    "NARROW",
    "REST",
    "USD",
    "WIDE",
    "bars",
    "both",
    "colours",
    "ends",
    "lines",
    "matrix",
    "ranges",
    "short",
    "signed",
    "size",
    "stacked",
    "steps",
]
