"""A back-cast by bands: how often they hold what was published, their scores, and what binds in draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.plan.bottlenecks import LEVELS
from supplychain.report.formats import amount, with_sign
from supplychain.report.names import Names
from supplychain.report.text.observations import (
    FORECASTS,
    KINDS,
    NAME,
    OBSERVATION,
    in_logs,
    observation,
    published_range,
)
from supplychain.report.text.tables import TextTable
from supplychain.report.text.uncertainty import MEANS, called
from supplychain.results.frames import records
from supplychain.study.bands import CENTRAL, INDEPENDENT, PRESS
from supplychain.study.uncertainty import LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.backcast import Backcast

    Section = tuple[str, str, TextTable]

_USUAL = 400
"""Draws that are told to who has none."""

_NOMINAL = 0.8
"""The band that is told first."""

_RARE = 0.05
"""Probability below which a stage that the press did not name has no line."""

_DRIVERS = 5
"""Factors that are shown of each year."""

_EXPLANATIONS = {
    "coverage": "How many published numbers the central 50, 80 and 90 % of draws hold; in brackets per cent, and their "
    "90 % interval by Wilson, as if comparisons were independent of each other, which they are not. Published numbers "
    "have errors of their own that bands do not have. Bounds have no number to hold, and are left out.",
    "crps": "The *CRPS* (continuous ranked probability score) of ln(model / published) over draws; less is better. A "
    "forecast of one number scores the size of its error, so that the two can be compared. Both are means of "
    "independent comparisons by kind, and kinds weigh alike; the error further up is a median. Further off than by a "
    "factor of ten nothing counts, and a draw in which the quantity is 0 or has no meaning counts as that far. "
    "*Skill* is 1 less the CRPS over the error of the forecast.",
    "reliability": "How many published numbers are not above a quantile of the model, and per cent with the interval "
    "as above. Of a reliable model it is as many per cent as the quantile says.",
    "bands": "10, 50 and 90 % of draws are below; *held by* is the narrowest of the central 50, 80 and 90 % of draws "
    "that holds the published number, and *draws inside* how many of them are in the published range. Draws in which a "
    "quantity has no meaning are left out of its quantiles.",
    "press": "Per cent of draws in which a stage or group binds, alone or with others, with its 90 % interval from "
    "hypercubes of 20 draws. Stages below 5 % that the press did not name are left out.",
    "drivers": "Per cent of the variance of what binds that a factor explains by itself, the five largest of each "
    "year; *luck* is what the largest of all factors reaches by chance in 5 %.",
}


def headline(backcast: Backcast, note: str = "") -> list[str]:
    """Return what draws say in two sentences; or, without draws, how to have them, after a note why there are none."""
    if "bands" not in backcast.tables:
        how = f"`supplychain backcast CASE --draws {_USUAL}` draws all uncertain numbers at once, and shows bands."
        return [*([f"{note}."] if note else []), how]
    said = backcast.summary["uncertainty"]
    counts = f"{said['draws']:,} draws of {said['uncertain_numbers']:,} uncertain numbers"
    lost = f"; {said['without_answer']:,} without an answer count nowhere" if said["without_answer"] else ""
    factors = f"{said['factors']:,} factor{'' if said['factors'] == 1 else 's'}"
    lines = [f"By bands: {counts} by {factors} (seed {said['seed']}{lost}); {MEANS[said['range_means']]}."]
    held = _of_coverage(backcast, INDEPENDENT, schema.ALL).get(_NOMINAL)
    if held is not None:
        lines.append(
            f"The central {100 * _NOMINAL:.0f} % of draws hold {held['inside']} of {held['rows']} independent "
            f"published numbers ({100 * held['share']:.0f} %)."
        )
    whole = [row for row in records(backcast.crps) if (row["forecast"], row["kind"]) == (CENTRAL, schema.ALL)]
    lines += [
        f"Their CRPS in logs is {row['crps']:.2f}; at central values the mean error is {row['forecast_error']:.2f}."
        for row in whole
    ]
    return lines


def scores(backcast: Backcast) -> list[Section]:
    """Return how often bands hold what was published, their scores, and how reliable quantiles are."""
    if "bands" not in backcast.tables:
        return []
    return [
        ("Coverage of the bands", _EXPLANATIONS["coverage"], _coverage(backcast)),
        ("The bands beside forecasts of one number", _EXPLANATIONS["crps"], _crps(backcast)),
        ("Reliability of the quantiles", _EXPLANATIONS["reliability"], _reliability(backcast)),
    ]


def labels(backcast: Backcast) -> list[Section]:
    """Return how often each stage binds beside what the press named, and which factors decide it."""
    if "bands" not in backcast.tables:
        return []
    return [
        ("What binds in draws, beside the press", _EXPLANATIONS["press"], _press(backcast)),
        ("What decides what binds", _EXPLANATIONS["drivers"], _drivers(backcast)),
    ]


def comparisons(backcast: Backcast) -> list[Section]:
    """Return the bands of every published number."""
    return [("Bands", _EXPLANATIONS["bands"], _bands(backcast))] if "bands" in backcast.tables else []


def _of_coverage(backcast: Backcast, scope: str, kind: str) -> dict[float, dict[str, Any]]:
    """Return by band how often it holds what was published."""
    rows = records(backcast.coverage)
    return {row["nominal"]: row for row in rows if (row["scope"], row["kind"]) == (scope, kind)}


def _counted(row: dict[str, Any], name: str) -> str:
    return f"{row[name]} ({_per_cent(row['share'])}; {_per_cent(row['low'])}-{_per_cent(row['high'])})"


def _per_cent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f}"


def _coverage(backcast: Backcast) -> TextTable:
    kinds = [(INDEPENDENT, kind, name) for kind, name in KINDS.items() if kind != schema.ALL]
    wanted = [
        *kinds,
        (INDEPENDENT, schema.ALL, "all independent comparisons"),
        (schema.ALL, schema.ALL, "all comparisons, independent or not"),
    ]
    found = [(name, _of_coverage(backcast, scope, kind)) for scope, kind, name in wanted]
    levels = sorted({row["nominal"] for row in records(backcast.coverage)})
    cells = [
        [name, str(of_kind[levels[0]]["rows"]), *(_counted(of_kind[level], "inside") for level in levels)]
        for name, of_kind in found
        if of_kind
    ]
    header = ["kind", "comparisons", *(f"in {100 * level:.0f} %" for level in levels)]
    return TextTable(header, cells, frozenset(range(1, len(header))))


def _crps(backcast: Backcast) -> TextTable:
    names = {CENTRAL: "the model at central values", **FORECASTS}
    cells = [
        [
            names[row["forecast"]],
            KINDS[row["kind"]],
            str(row["rows"]),
            *map(in_logs, (row["crps"], row["forecast_error"])),
            "" if math.isnan(row["skill"]) else with_sign(row["skill"], 2),
        ]
        for row in records(backcast.crps)
    ]
    header = ["beside", "kind", "comparisons", "CRPS of the bands", "error of the forecast", "skill"]
    return TextTable(header, cells, frozenset(range(2, 6)))


def _reliability(backcast: Backcast) -> TextTable:
    scopes = {INDEPENDENT: "independent", schema.ALL: "all"}
    by_level: dict[float, dict[str, dict[str, Any]]] = {}
    for row in records(backcast.reliability):
        by_level.setdefault(row["nominal"], {})[row["scope"]] = row
    shown = [scope for scope in scopes if any(scope in rows for rows in by_level.values())]
    count = {scope: next(rows[scope]["rows"] for rows in by_level.values() if scope in rows) for scope in shown}
    cells = [
        [f"{100 * level:.0f} %", *(_counted(rows[scope], "below") for scope in shown)]
        for level, rows in by_level.items()
    ]
    header = ["quantile", *(f"of {count[scope]} {scopes[scope]} below" for scope in shown)]
    return TextTable(header, cells, frozenset(range(1, len(header))))


def _bands(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            *observation(names, row),
            "yes" if row["independent"] else "no",
            published_range(row) if math.isnan(row["published"]) else amount(row["published"]),
            *(amount(row[name]) for name in ("p10", "p50", "p90", "model")),
            _held_by(row),
            _per_cent(row["inside_share"]),
            *map(in_logs, (row["crps"], row["central_error"])),
            _per_cent(row["undefined_share"]) if row["undefined_share"] > 0 else "",
        ]
        for row in records(backcast.bands)
    ]
    header = [
        *(*OBSERVATION, "independent", "published", "10 %", "50 %", "90 %", "central", "held by"),
        *("draws inside %", "CRPS", "central error", "undefined %"),
    ]
    return TextTable(header, cells, frozenset({5, 6, 7, 8, 9, 11, 12, 13, 14}))


def _held_by(row: dict[str, Any]) -> str:
    """Return the narrowest band that holds what was published; nothing of a bound."""
    if math.isnan(row["published"]):
        return ""
    return next((f"{level} %" for level in (50, 80, 90) if row[f"in_{level}"]), "none")


def _press(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            str(row["year"]),
            "stage" if row["level"] == PRESS else row["level"],
            _called(names, row),
            _per_cent(row["probability"]),
            f"{_per_cent(row['low'])}-{_per_cent(row['high'])}",
            "yes" if row["central"] else "",
            "yes" if row["press"] else "",
        ]
        for row in records(backcast.press_probability)
        if row["press"] or row["central"] or row["probability"] >= _RARE
    ]
    header = ["year", "level", "binds", "% of draws", "interval", "at central values", "press"]
    return TextTable(header, cells, frozenset({3, 4}))


def _called(names: Names, row: dict[str, Any]) -> str:
    if row["level"] == PRESS:
        return "one or more that the press named"
    return names.members(row["name"], NAME) if row["level"] == LEVELS[0] else row["name"].replace("_", " ")


def _drivers(backcast: Backcast) -> TextTable:
    cells = [
        [
            str(row["year"]),
            called(row["factor"]),
            _per_cent(row["share"]),
            _per_cent(row["noise_floor"]),
            "" if row["above_floor"] else "no more than luck",
        ]
        for row in label_drivers(records(backcast.drivers))
    ]
    return TextTable(["year", "factor", "% of variance", "luck %", ""], cells, frozenset({2, 3}))


def label_drivers(drivers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the five factors that explain most of what binds, year by year."""
    return [row for row in drivers if row["quantity"] == LABEL and row["rank"] <= _DRIVERS]
