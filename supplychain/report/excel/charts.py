"""Native charts of Excel: blocks of numbers on one sheet, a chart with its numbers beside it, years down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from supplychain.plan.bottlenecks import DEMAND
from supplychain.report.names import Names
from supplychain.report.text.compare import values_by_answer
from supplychain.report.text.overview import site_stage, total_cost
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import ALL
from supplychain.sheets import Head, fitting
from supplychain.study.attribution import NET_BENEFIT
from supplychain.tolerances import WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from xlsxwriter.worksheet import Worksheet

    from supplychain.plan import Plan
    from supplychain.sheets import Book, Cell, CellKind
    from supplychain.study.compare import Comparison

_SERIES = 8
"""Most series of a chart; what is smaller is summed up."""

_MOST = 24
"""Most answers, and most groups of changes, of a chart; the tables have all."""

_HEIGHT, _ENTRY, _ROW = 320, 20, 20
"""Of a chart, of each name in its legend and of a row, in pixels."""

Shape: TypeAlias = Literal["line", "column", "stacked"]

_COMPARED: Final[tuple[tuple[str, str, str, float, Shape], ...]] = (
    ("Average cost of tokens by answer", "USD per 10^6 tokens", "average_usd_per_mtok", 1.0, "line"),
    ("Marginal cost of tokens by answer", "USD per 10^6 tokens", "marginal_usd_per_mtok", 1.0, "line"),
    ("Tokens served by answer", "10^15 tokens", "served_ttok", 1e3, "column"),
    ("Cost of the year by answer", "bn USD", "cost_usd", 1e9, "column"),
    ("Capital spent by answer", "bn USD", "capital_usd", 1e9, "column"),
    ("H100 equivalents operating by answer", "10^6 H100e", "h100e_operating", 1e6, "column"),
)

_REST = "rest"


@dataclass(frozen=True)
class ExcelChart:
    """A title, its unit, what stands down the side, and a series of numbers under each name."""

    title: str
    unit: str
    side: Sequence[Cell]
    series: Mapping[str, Sequence[float]]
    shape: Shape
    kind: CellKind = "number"
    down: str = "year"
    """What stands down the side."""

    @property
    def height(self) -> int:
        """How high the chart is, in pixels: its legend has a line for each series."""
        return max(_HEIGHT, _ENTRY * (len(self.series) + 3))


def of_plan(plan: Plan) -> list[ExcelChart]:
    """Return the figures of an answer; those that have no numbers are left out."""
    years = list(plan.case.report_years)
    every = [
        _binding(plan),
        _token_cost(plan, years),
        _tokens(plan, years),
        _stacked_by("Capital spent", "bn USD", plan.capital, years, "item", "usd", 1e9),
        _stacked_by("Cost of the year", "bn USD", total_cost(plan.cost), years, "item", "usd", 1e9),
        _fleet(plan, years),
        *_power(plan, years),
        _requirements(plan, years),
    ]
    return [chart for chart in every if chart.series and any(map(_drawable, chart.series.values()))]


def of_comparison(comparison: Comparison) -> list[ExcelChart]:
    """Return the figures of a comparison: a series for each answer, and what each group of changes adds."""
    every = [
        ExcelChart(_first_of(title, len(comparison.names)), unit, *_by_answer(comparison, quantity, size), shape)
        for title, unit, quantity, size, shape in _COMPARED
    ]
    parts = comparison.attribution[comparison.attribution["what"] == NET_BENEFIT]
    rows = records(parts.head(_MOST))
    if rows:
        title = _first_of("What each group of changes adds to net benefit, discounted", len(parts))
        side = [f"{row['answer']}: {row['group']}" for row in rows]
        adds = [row["usd"] / 1e9 for row in rows]
        every.append(ExcelChart(title, "bn USD", side, {"adds": adds}, "column", down="changes"))
    return [chart for chart in every if any(map(_drawable, chart.series.values()))]


def draw(book: Book, name: str, drawn: Sequence[ExcelChart]) -> None:
    """Add the sheet with figures."""
    sheet = book.sheet(name)
    sheet.set_column(0, 0, 92)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 2 + max([_SERIES, *(len(chart.series) for chart in drawn)]), 14)
    line = 0
    for chart in drawn:
        book.title(sheet, line, f"{chart.title} [{chart.unit}]", 12)
        heads = [Head(chart.down, kind="whole"), *(Head(series, kind=chart.kind) for series in chart.series)]
        rows = [[side, *(_finite(x[n]) for x in chart.series.values())] for n, side in enumerate(chart.side)]
        book.rows(sheet, heads, rows, (line + 1, 1))
        _insert(book, sheet, chart, name, line + 1)
        line += max(chart.height // _ROW + 2, len(chart.side) + 4)


def _insert(book: Book, sheet: Worksheet, chart: ExcelChart, name: str, top: int) -> None:
    kind: dict[str, Any] = {"type": "line" if chart.shape == "line" else "column"}
    native = book.xlsx.add_chart(kind | ({"subtype": "stacked"} if chart.shape == "stacked" else {}))
    if native is None:  # says xlsxwriter of types that it does not know
        raise ValueError(kind)
    last = top + len(chart.side)
    for n in range(2, len(chart.series) + 2):
        series: dict[str, Any] = {
            "name": [name, top, n],
            "categories": [name, top + 1, 1, last, 1],
            "values": [name, top + 1, n, last, n],
        }
        native.add_series(series | ({"marker": {"type": "circle"}} if chart.shape == "line" else {"gap": 60}))
    native.set_title({"name": chart.title, "name_font": {"size": 12}})
    below = any(x < 0 for values in chart.series.values() for x in values)
    axis = {"name": chart.unit, "num_format": "0%" if chart.kind == "share" else "General"}
    native.set_y_axis(axis if below else axis | {"min": 0})
    if below:
        native.set_x_axis({"label_position": "low"})
    native.set_legend({"none": True} if len(chart.series) == 1 else {"position": "right"})
    native.set_size({"width": 640, "height": chart.height})
    description = f"{chart.title}, {chart.unit}, {chart.side[0]} to {chart.side[-1]}"
    sheet.insert_chart(top, 0, native, {"description": fitting(description)})


def _by_answer(comparison: Comparison, quantity: str, size: float) -> tuple[list[int], dict[str, list[float]]]:
    """Return the years and a quantity in them by answer, of all that is served; an answer may not have every year."""
    values = values_by_answer(comparison, quantity)
    years = sorted(values[comparison.names[0]])
    return years, {name: [values[name].get(t, math.nan) / size for t in years] for name in comparison.names[:_MOST]}


def _first_of(title: str, count: int) -> str:
    return title if count <= _MOST else f"{title}, the first {_MOST} of {count}"


def binds(plan: Plan) -> dict[int, str]:
    """Return what binds in each year: the group, and its stage where that says more."""
    names, stage = Names(plan.case), rows_by_year(plan.binding, "stage")
    groups = rows_by_year(plan.binding, "group")
    return {t: names.binds(row["members"], stage[t]["members"]) for t, row in groups.items()}


def _binding(plan: Plan) -> ExcelChart:
    side = [f"{t} {label}" for t, label in binds(plan).items()]
    rows = rows_by_year(plan.binding, "group").values()
    worth = [0.0 if row["state"] == DEMAND else row["annual_gain_usd_per_pct"] / 1e9 for row in rows]
    title = "What one per cent more of the group that binds is worth"
    return ExcelChart(title, "bn USD a year", side, {"+1 %": worth}, "column")


def _token_cost(plan: Plan, years: Sequence[int]) -> ExcelChart:
    rows = {row["year"]: row for row in records(plan.token_cost) if row["workload"] == ALL}
    names = ("average", "fully_loaded", "marginal")
    series = {name.replace("_", " "): [rows[t][f"{name}_usd_per_mtok"] for t in years] for name in names}
    return ExcelChart("Cost of tokens", "USD per 10^6 tokens", years, series, "line")


def _tokens(plan: Plan, years: Sequence[int]) -> ExcelChart:
    by_year = plan.service.groupby("year")[["served_ttok", "blocked_ttok", "uneconomic_ttok"]].sum()
    series = {
        str(name).removesuffix("_ttok"): [float(column.get(t, 0.0)) / 1e3 for t in years]
        for name, column in by_year.items()
    }
    return ExcelChart("Tokens asked for", "10^15 tokens", years, series, "stacked")


def _stacked_by(  # noqa: PLR0913, PLR0917 - what a table is turned by
    title: str, unit: str, table: pd.DataFrame, years: Sequence[int], name: str, column: str, size: float
) -> ExcelChart:
    """Return the sums of a column by name, those of the largest by themselves."""
    sums: dict[str, dict[int, float]] = {}
    for item, t, x in table[[name, "year", column]].itertuples(index=False):
        by = sums.setdefault(item, {})
        by[t] = by.get(t, 0.0) + x / size
    order = sorted(sums, key=lambda item: (-math.fsum(sums[item].values()), item))
    series = {item: [sums[item].get(t, 0.0) for t in years] for item in order[:_SERIES]}
    if order[_SERIES:]:
        rest = [math.fsum(sums[item].get(t, 0.0) for item in order[_SERIES:]) for t in years]
        series[_REST if _REST not in series else f"{_REST} of all"] = rest
    return ExcelChart(title, unit, years, series, "stacked")


def _fleet(plan: Plan, years: Sequence[int]) -> ExcelChart:
    fleet = plan.installed_base
    return _stacked_by("Accelerators operating", "10^6 H100e", fleet, years, "accelerator", "h100e_operating", 1e6)


def _power(plan: Plan, years: Sequence[int]) -> list[ExcelChart]:
    site = site_stage(plan)
    used = plan.stages[plan.stages["stage"] == site]
    return [] if site is None else [_stacked_by("Power of what operates", "MW", used, years, "place", "used", 1.0)]


def _requirements(plan: Plan, years: Sequence[int]) -> ExcelChart:
    """Return what would be required of each stage, as a share of what is available, in each year: the tightest."""
    ratios: dict[str, dict[int, float]] = {}
    for row in records(plan.requirements):
        ratios.setdefault(row["stage"], {})[row["year"]] = row["ratio"]
    finite = {s: {t: x for t, x in by.items() if math.isfinite(x)} for s, by in ratios.items()}
    order = sorted((s for s in finite if finite[s]), key=lambda s: (-max(finite[s].values()), s))[:_SERIES]
    series = {s: [finite[s].get(t, math.nan) for t in years] for s in order}
    return ExcelChart(
        "Required if nothing were limited, against supply", "share of supply", years, series, "line", "share"
    )


def _finite(x: float) -> float | None:
    return significant(x, WRITTEN_DIGITS) if math.isfinite(x) else None


def _drawable(values: Sequence[float]) -> bool:
    return any(math.isfinite(x) for x in values)
