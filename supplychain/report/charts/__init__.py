"""Charts as Vega-Lite descriptions: data stand in them as values, never in an expression, and years as names.

Each is made twice, for a page and for a phone. What a mark is, `said`, becomes its title in the picture.

::

    chart_style.py  widths, colours, letters, names that fit
    frame.py        what every chart is put into
    time_charts.py  years from left to right: a grid, stacked columns, lines, a staircase
    bar_charts.py   rows below each other: bars, ranges
    images.py       the descriptions drawn, as SVG and PNG
    svg.py          charts written as SVG without a library, for notebooks
"""

from supplychain.report.charts.bar_charts import bars, ends, ranges, signed
from supplychain.report.charts.chart_style import NARROW, REST, USD, WIDE, both, colours, size
from supplychain.report.charts.time_charts import lines, matrix, stacked, steps

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
    "signed",
    "size",
    "stacked",
    "steps",
]
