"""Charts as Vega-Lite descriptions: data stand in them as values, never in an expression, and years as names.

Each is made twice, for a page and for a phone. What a mark is, `description`, becomes its title in the picture.

::

    chart_style.py  widths, colours, letters, names that fit
    frame.py        what every chart is put into
    time_charts.py  years from left to right: a grid, stacked columns, lines, a staircase
    bar_charts.py   rows below each other: bars, ranges
    images.py       the descriptions drawn, as SVG and PNG
    svg.py          charts written as SVG without a library, for notebooks
"""

from supplychain.report.charts.bar_charts import bars, low_high_bars, ranges, signed_bars
from supplychain.report.charts.chart_style import NARROW, REST, WIDE, colours, wide_and_narrow
from supplychain.report.charts.time_charts import lines, matrix, stacked, steps

__all__ = [
    "NARROW",
    "REST",
    "WIDE",
    "bars",
    "colours",
    "lines",
    "low_high_bars",
    "matrix",
    "ranges",
    "signed_bars",
    "stacked",
    "steps",
    "wide_and_narrow",
]
