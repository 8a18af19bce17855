"""Native charts of Excel: blocks of numbers on one sheet, a chart with its numbers beside it, years down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from supplychain.plan.bottlenecks import DEMAND
from supplychain.report.text.answer import site_stage
from supplychain.schema import ALL
from supplychain.sheets import Head, fitting
from supplychain.study.compare import OBJECTIVE
from supplychain.tolerances import WRITTEN_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from xlsxwriter.worksheet import Worksheet

    from supplychain.plan import Plan
    from supplychain.sheets import Book, Cell, Kind
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
    kind: Kind = "number"
    down: str = "year"
    """What stands down the side."""

    @property
    def height(self) -> int:
        """How high the chart is, in pixels: its legend has a line for each series."""
        return max(_HEIGHT, _ENTRY * (len(self.series) + 3))


def of_plan(plan: Plan) -> list[ExcelChart]:
    """Return the figures of an answer; those that have no numbers are left out."""
    years = list(plan.case.report_years)
    drawn = [
        _binding(plan),
        _token_cost(plan, years),
        _tokens(plan, years),
        _by("Capital spent", "bn USD", plan.capital, years, "item", "usd", 1e9),
        _by("Cost of the year", "bn USD", _both(plan.cost), years, "item", "usd", 1e9),
        _fleet(plan, years),
        *_power(plan, years),
        _requirements(plan, years),
    ]
    return [one for one in drawn if one.series and any(map(_drawable, one.series.values()))]


def of_comparison(found: Comparison) -> list[ExcelChart]:
    """Return the figures of a comparison: a series for each answer, and what each group of changes adds."""
    drawn = [
        ExcelChart(_first(title, len(found.names)), unit, *_beside(found, quantity, size), shape)
        for title, unit, quantity, size, shape in _COMPARED
    ]
    parts = found.attribution[found.attribution["what"] == OBJECTIVE]
    rows = parts.head(_MOST).to_dict("records")
    if rows:
        title = _first("What each group of changes adds to the discounted cost", len(parts))
        side = [f"{row['answer']}: {row['group']}" for row in rows]
        adds = [row["usd"] / 1e9 for row in rows]
        drawn.append(ExcelChart(title, "bn USD", side, {"adds": adds}, "column", down="changes"))
    return [one for one in drawn if any(map(_drawable, one.series.values()))]


def draw(book: Book, name: str, figures: Sequence[ExcelChart]) -> None:
    """Add the sheet with figures."""
    sheet = book.sheet(name)
    sheet.set_column(0, 0, 92)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 2 + max([_SERIES, *(len(one.series) for one in figures)]), 14)
    line = 0
    for one in figures:
        book.title(sheet, line, f"{one.title} [{one.unit}]", 12)
        heads = [Head(one.down, kind="whole"), *(Head(series, kind=one.kind) for series in one.series)]
        rows = [[side, *(_finite(x[n]) for x in one.series.values())] for n, side in enumerate(one.side)]
        book.rows(sheet, heads, rows, (line + 1, 1))
        _chart(book, sheet, one, name, line + 1)
        line += max(one.height // _ROW + 2, len(one.side) + 4)


def _chart(book: Book, sheet: Worksheet, one: ExcelChart, name: str, top: int) -> None:
    kind: dict[str, Any] = {"type": "line" if one.shape == "line" else "column"}
    chart = book.xlsx.add_chart(kind | ({"subtype": "stacked"} if one.shape == "stacked" else {}))
    if chart is None:  # says xlsxwriter of types that it does not know
        raise ValueError(kind)
    last = top + len(one.side)
    for n in range(2, len(one.series) + 2):
        series: dict[str, Any] = {
            "name": [name, top, n],
            "categories": [name, top + 1, 1, last, 1],
            "values": [name, top + 1, n, last, n],
        }
        chart.add_series(series | ({"marker": {"type": "circle"}} if one.shape == "line" else {"gap": 60}))
    chart.set_title({"name": one.title, "name_font": {"size": 12}})
    below = any(x < 0 for values in one.series.values() for x in values)
    axis = {"name": one.unit, "num_format": "0%" if one.kind == "share" else "General"}
    chart.set_y_axis(axis if below else axis | {"min": 0})
    if below:
        chart.set_x_axis({"label_position": "low"})
    chart.set_legend({"none": True} if len(one.series) == 1 else {"position": "right"})
    chart.set_size({"width": 640, "height": one.height})
    what = f"{one.title}, {one.unit}, {one.side[0]} to {one.side[-1]}"
    sheet.insert_chart(top, 0, chart, {"description": fitting(what)})


def _beside(found: Comparison, quantity: str, size: float) -> tuple[list[int], dict[str, list[float]]]:
    """Return the years and a quantity in them by answer, of all that is served; an answer may not have every year."""
    first = found.names[0]
    asked = found.results[(found.results["quantity"] == quantity) & (found.results["item"] == ALL)]
    known: dict[str, dict[int, float]] = {name: {} for name in found.names}
    for row in asked.to_dict("records"):
        known[first][row["year"]] = row["reference"] / size
        known[row["answer"]][row["year"]] = row["value"] / size
    years = sorted(known[first])
    return years, {name: [known[name].get(t, math.nan) for t in years] for name in found.names[:_MOST]}


def _first(title: str, there: int) -> str:
    return title if there <= _MOST else f"{title}, the first {_MOST} of {there}"


def _binding(plan: Plan) -> ExcelChart:
    rows = [row for row in plan.binding.to_dict("records") if row["level"] == "stage"]
    side = [f"{row['year']} {row['members']}" for row in rows]
    worth = [0.0 if row["state"] == DEMAND else row["annual_gain_usd_per_pct"] / 1e9 for row in rows]
    title = "What one per cent more of the binding stage is worth"
    return ExcelChart(title, "bn USD a year", side, {"+1 %": worth}, "column")


def _token_cost(plan: Plan, years: Sequence[int]) -> ExcelChart:
    rows = {row["year"]: row for row in plan.token_cost.to_dict("records") if row["workload"] == ALL}
    names = ("average", "fully_loaded", "marginal")
    series = {name.replace("_", " "): [rows[t][f"{name}_usd_per_mtok"] for t in years] for name in names}
    return ExcelChart("Cost of tokens", "USD per 10^6 tokens", years, series, "line")


def _tokens(plan: Plan, years: Sequence[int]) -> ExcelChart:
    found = plan.service.groupby("year")[["served_ttok", "blocked_ttok", "uneconomic_ttok"]].sum()
    series = {
        str(name).removesuffix("_ttok"): [float(column.get(t, 0.0)) / 1e3 for t in years]
        for name, column in found.items()
    }
    return ExcelChart("Tokens asked for", "10^15 tokens", years, series, "stacked")


def _both(cost: pd.DataFrame) -> pd.DataFrame:
    return cost.assign(usd=cost["serving_usd"] + cost["research_usd"])


def _by(  # noqa: PLR0913, PLR0917 - what a table is turned by
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
    return _by("Accelerators operating", "10^6 H100e", fleet, years, "accelerator", "h100e_operating", 1e6)


def _power(plan: Plan, years: Sequence[int]) -> list[ExcelChart]:
    site = site_stage(plan)
    used = plan.stages[plan.stages["stage"] == site]
    return [] if site is None else [_by("Power of what operates", "MW", used, years, "place", "used", 1.0)]


def _requirements(plan: Plan, years: Sequence[int]) -> ExcelChart:
    """Return what would be required of each stage, as a share of what is available, in each year: the tightest."""
    ratios: dict[str, dict[int, float]] = {}
    for row in plan.requirements.to_dict("records"):
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
