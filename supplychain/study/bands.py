"""A back-cast by bands: published numbers beside joint draws, how often bands hold them, and scores in logs.

No draw weighs more than another: how well a draw meets one year says next to nothing of how well it meets the next.
"""

from __future__ import annotations

import math
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from supplychain.plan.bottlenecks import LEVELS
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame
from supplychain.schema import ALL, OBSERVED_KINDS
from supplychain.stats.estimates import probability, wilson
from supplychain.stats.hypercube import SIZE
from supplychain.stats.scores import BANDS, crps, inside_band
from supplychain.study.batches import OPTIMAL
from supplychain.study.draws import column
from supplychain.study.scores import Published, mean_of_kinds
from supplychain.study.uncertainty import ALTERNATIVES, JOINT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from supplychain.case import Case
    from supplychain.study.warm import Reading

    Floats: TypeAlias = npt.NDArray[np.float64]
    Row: TypeAlias = Mapping[str, Any]

CENTRAL: Final = "central_values"
"""What bands are put beside first: the model at central values, as a forecast of one number."""

INDEPENDENT: Final = "independent"
"""The scope of a table that counts independent comparisons alone; the other is `all`."""

PRESS: Final = "press"
"""The level that says whether one or more of the stages that the press named bind."""

_QUANTILES: Final = (5, 10, 25, 50, 75, 90, 95)
"""Per cent of draws that are below."""

_DECILES: Final = tuple(range(10, 100, 10))


def tables(
    case: Case,
    compared: Sequence[Row],
    errors: Mapping[str, Sequence[float]],
    central: Reading,
    draws: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Return how draws of a case compare with what was observed and with what the press named.

    `compared`: the rows of the table `comparisons`, with None where they are blank. `errors`: as of `beside`. `central`
    has the labels at central values. `draws` is what `solve_draws` returned, each observed quantity measured.
    """
    answered = draws[draws["status"] == OPTIMAL]
    by_year = {t: answered[answered["year"] == t] for t in case.report_years}
    values = [_values(by_year[row["year"]], row) for row in compared]
    bands = [band(row, of_row) for row, of_row in zip(compared, values, strict=True)]
    return {
        "bands": frame(result_schema.BANDS, bands),
        "coverage": frame(result_schema.COVERAGE, coverage(bands)),
        "crps": frame(result_schema.CRPS, beside(bands, errors)),
        "reliability": frame(result_schema.RELIABILITY, reliability(bands, values)),
        "press_probability": frame(result_schema.PRESS_PROBABILITY, _beside_press(case, central, draws)),
    }


def _values(of_year: pd.DataFrame, row: Row) -> Floats:
    """Return the quantity of a comparison in each draw with an answer."""
    values: Floats = of_year[column(row["quantity"], row["item"])].to_numpy()
    return values


def band(row: Row, values: Floats) -> dict[str, Any]:
    """Return a row of the table `bands`: what was published, and what the model says of it in draws with an answer.

    `row` is one of the table `comparisons`, with nothing where it is blank. `values`: the quantity in each draw, not a
    number where it has no meaning. Such draws are left out of quantiles; in logs they count as the score has them.
    """
    published = Published(row["low"], row["central"], row["high"])
    known = values[np.isfinite(values)]
    quantiles = np.quantile(known, [q / 100 for q in _QUANTILES]) if len(known) else [math.nan] * len(_QUANTILES)
    is_bound = row["central"] is None
    of_row = {name: row[name] for name in ("quantity", "year", "item", "source", "unit", "kind", "independent")}
    ends = {name: math.nan if row[of] is None else row[of] for name, of in _ENDS.items()}
    return {
        **of_row,
        **ends,
        "model": row["model"],
        **{f"p{q:02d}": float(x) for q, x in zip(_QUANTILES, quantiles, strict=True)},
        "undefined_share": 1 - len(known) / len(values) if len(values) else math.nan,
        **{
            f"in_{100 * level:.0f}": None
            if is_bound
            else bool(len(known)) and inside_band(known, row["central"], level)
            for level in BANDS
        },
        "inside_share": fmean(published.outside(x) == 0 for x in values.tolist()) if len(values) else math.nan,
        "crps": math.nan if is_bound or not len(values) else crps([*map(published.log_error, values.tolist())], 0.0),
        "central_error": abs(row["log_error"]),
    }


_ENDS = {"low": "low", "published": "central", "high": "high"}
"""Columns of a published number here, and in the table `comparisons`."""


def coverage(bands: Sequence[Row]) -> list[dict[str, Any]]:
    """Return how often bands hold what was published: of independent comparisons and of all, together and by kind."""
    return [
        {"scope": scope, "kind": kind, "nominal": level}
        | _share("inside", sum(row[f"in_{100 * level:.0f}"] for row in of_kind), len(of_kind))
        for scope, rows in _scopes(bands)
        for kind in (ALL, *OBSERVED_KINDS)
        for of_kind in [[row for row in rows if kind in {ALL, row["kind"]}]]
        if of_kind
        for level in BANDS
    ]


def reliability(bands: Sequence[Row], values: Sequence[Floats]) -> list[dict[str, Any]]:
    """Return how often what was published is not above a quantile of the model; `values` has the draws of each row.

    A quantity with no meaning in any draw has no quantiles, and is left out.
    """
    draws = {id(row): of_row[np.isfinite(of_row)] for row, of_row in zip(bands, values, strict=True)}
    table = []
    for scope, rows in _scopes(bands):
        pairs = [(row["published"], draws[id(row)]) for row in rows if len(draws[id(row)])]
        below = [sum(bool(x <= np.quantile(known, q / 100)) for x, known in pairs) for q in _DECILES]
        table += [
            {"scope": scope, "nominal": q / 100} | _share("below", count, len(pairs))
            for q, count in zip(_DECILES, below, strict=True)
            if pairs
        ]
    return table


def _scopes(bands: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Return the rows with a published number: of independent comparisons, and of all. Bounds are in neither."""
    numbers = [row for row in bands if not math.isnan(row["published"])]
    return [(INDEPENDENT, [row for row in numbers if row["independent"]]), (ALL, numbers)]


def _share(name: str, count: int, rows: int) -> dict[str, Any]:
    low, high = wilson(count, rows)
    return {name: count, "share": count / rows, "low": low, "high": high, "rows": rows}


def beside(bands: Sequence[Row], errors: Mapping[str, Sequence[float]]) -> list[dict[str, Any]]:
    """Return the CRPS of bands beside forecasts of one number, on the independent comparisons that each can make.

    `errors` has by forecast its error in logs on each row of `bands`, not a number where it has none. By kind it is the
    mean of rows, which leaves the score a proper one, and of all the mean of the kinds.
    """
    table = []
    for forecast, of_rows in {CENTRAL: [row["central_error"] for row in bands], **errors}.items():
        counted = [
            (row["kind"], row["crps"], abs(error))
            for row, error in zip(bands, of_rows, strict=True)
            if row["independent"] and not math.isnan(error) and not math.isnan(row["crps"])
        ]
        kinds = [kind for kind in OBSERVED_KINDS if any(kind == of for of, *_ in counted)]
        pairs = {kind: [pair for of, *pair in counted if of == kind] for kind in kinds}
        means = {kind: [fmean(column) for column in zip(*pairs[kind], strict=True)] for kind in kinds}
        if means:
            means[ALL] = [mean_of_kinds(column) for column in zip(*means.values(), strict=True)]
        table += [
            {
                "forecast": forecast,
                "kind": kind,
                "rows": len(pairs.get(kind, counted)),
                "crps": ours,
                "forecast_error": other,
                "skill": 1 - ours / other if other > 0 else math.nan,
            }
            for kind, (ours, other) in means.items()
        ]
    return table


def _beside_press(case: Case, central: Reading, draws: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield how often each stage and group binds in a year, alone or with others, and whether the press named it."""
    group = {row["stage"]: row["group"] for row in case.tables["stages"]}
    for t in case.report_years:
        of_year = draws[draws["year"] == t]
        answered = (of_year["status"] == OPTIMAL).to_numpy()
        stages = {row["stage"] for row in case.tables["press"] if row["year"] == t}
        for level in LEVELS:
            named = stages if level == LEVELS[0] else {group[s] for s in stages}
            members = [{*label.split(JOINT)} for label in of_year[level]]
            at_centre = {*central.labels[level, t].split(JOINT)}
            names = sorted({*at_centre, *named}.union(*members) - {""})
            sets = [(level, name, {name}) for name in names]
            if level == LEVELS[0] and named:
                sets.append((PRESS, ALTERNATIVES.join(sorted(named)), named))
            rows = []
            for place, name, some in sets:
                event = np.array([not some.isdisjoint(each) for each in members])
                estimate = probability(np.where(answered, event, math.nan), SIZE)
                rows.append(
                    {
                        "year": t,
                        "level": place,
                        "name": name,
                        "probability": estimate.value,
                        "standard_error": estimate.standard_error,
                        "low": estimate.low,
                        "high": estimate.high,
                        "central": not some.isdisjoint(at_centre),
                        "press": not some.isdisjoint(named),
                    }
                )
            yield from sorted(rows, key=lambda row: (row["level"] == PRESS, -row["probability"], row["name"]))
