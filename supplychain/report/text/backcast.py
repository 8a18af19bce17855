"""A back-cast on one page: what is inside its range and what is not, and which labels the data allow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain.case.foresight import PERFECT, in_words
from supplychain.plan.bottlenecks import DEMAND, LEVELS, UNRESOLVED
from supplychain.report.formats import amount, case_title, money, plain, years_seen
from supplychain.report.names import Names
from supplychain.report.text import bands
from supplychain.report.text.observations import (
    FORECASTS,
    KINDS,
    NAME,
    OBSERVATION,
    in_logs,
    item,
    observation,
    published_range,
)
from supplychain.report.text.tables import TextTable, escaped
from supplychain.results.frames import records, rows_by_year
from supplychain.schema import GLOBAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.backcast import Backcast


def text(backcast: Backcast, note: str = "") -> str:
    """Return a back-cast as text for a terminal; `note` says why what is kept of draws is not shown."""
    title = case_title(backcast.plan.case.settings)
    lines = [title, "", _foresight(backcast), *(f"{name}: {x}{why}" for name, x, why in _headline(backcast))]
    lines += [*_ceiling(backcast), *bands.headline(backcast, note), ""]
    if backcast.from_nothing:
        again = f"{backcast.from_nothing} answers failed their check at first and were solved again from the start"
        lines[-1:] = [again, ""]
    for name, _, table in _sections(backcast):
        lines += [name, *table.text(), ""]
    return "\n".join(lines[:-1])


def markdown(backcast: Backcast, changed_first: Sequence[str] = (), note: str = "") -> str:
    """Return a back-cast as a page of Markdown.

    `changed_first` is what was changed in the case, `note` as of `text`.
    """
    settings = backcast.plan.case.settings
    lines = [
        f"# {escaped(plain(settings.title))}",
        "",
        f"Written by `supplychain backcast` for the case `{plain(settings.name)}`; not edited by hand.",
        "",
    ]
    if changed_first:
        lines += [f"What if: {'; '.join(escaped(plain(title)) for title in changed_first)}.", ""]
    lines += [_foresight(backcast), ""]
    for name, x, why in _headline(backcast):
        lines += [f"**{name}: {x}.**{why}", ""]
    for said in (_ceiling(backcast), bands.headline(backcast, note)):
        lines += [" ".join(said), ""] if said else []
    for name, explanation, table in _sections(backcast):
        lines += [f"## {name}", "", *([explanation, ""] if explanation else []), *table.markdown(), ""]
    return "\n".join(lines)


def _foresight(backcast: Backcast) -> str:
    """Return how far was seen when a year was decided: the rule that is tested."""
    return years_seen(backcast.plan.case.settings) or "Foresight: perfect; all years are decided at once."


def _headline(backcast: Backcast) -> list[tuple[str, str, str]]:
    """Return the scores, the one that counts first: name, value, and what it is. An earlier answer has the last."""
    said = [
        (name, "none, for no comparison is independent" if x is None else f"{x:.2f}", why)
        for name, (key, why) in _SCORES.items()
        if key in backcast.summary
        for x in [backcast.summary[key]]
    ]
    return [*said, ("Score", backcast.score, "")]


_SCORES = {
    "Error": (
        "median_abs_log_error",
        " (the median of |ln(model / observed)| by kind, and the mean of the kinds; 0.10 is off by a tenth)",
    ),
    "Interval score": (
        "interval_score",
        " (in logs: the width of the observed range, and ten times how far the model is outside; less is better)",
    ),
}


def _ceiling(backcast: Backcast) -> list[str]:
    """Return how many misses some plan meets, how many comparisons one plan does, and what foresight is worth."""
    said = backcast.summary
    if "held_at_once" not in said:
        return []
    not_asked = f"; {said['misses_not_asked']} were not asked about" if said["misses_not_asked"] else ""
    misses = (
        f"Some plan inside the limits of the case could meet {said['misses_attainable']} of the misses, "
        f"no plan {said['misses_forbidden']}{not_asked}."
    )
    at_once = (
        f"One plan meets {said['held_at_once']} of {said['comparisons']} comparisons at once, "
        f"{said['independent_held_at_once']} of the {said['independent']} independent ones."
    )
    less = money(said["foresight_usd"])
    foresight = f"With all years known the cheapest plan costs {less} less than the plan chosen."
    return [misses, at_once, *([foresight] if said["foresight_usd"] > 0 else [])]


def _sections(backcast: Backcast) -> list[tuple[str, str, TextTable]]:
    return [
        *_scored(backcast),
        *bands.scores(backcast),
        ("What binds", _EXPLANATIONS["labels"], _labels(backcast)),
        ("What would change a label first", _EXPLANATIONS["flips"], _nearest(backcast)),
        *bands.labels(backcast),
        ("Independent comparisons", _EXPLANATIONS["independent"], _compared(backcast, independent=True)),
        (
            "Comparisons that are not counted",
            _EXPLANATIONS["shared"],
            _compared(backcast, independent=False),
        ),
        *bands.comparisons(backcast),
        ("Misses", _EXPLANATIONS["misses"], _misses(backcast)),
        *_attained(backcast),
    ]


def _scored(backcast: Backcast) -> list[tuple[str, str, TextTable]]:
    """Return the scores, beside those of forecasts and of other foresight; nothing of an answer without them."""
    if "scores" not in backcast.tables:
        return []
    beside = ("The model beside simple forecasts", _EXPLANATIONS["skill"], _skill(backcast))
    return [
        ("Scores by kind", _EXPLANATIONS["scores"], _by_kind(backcast)),
        *([beside] if len(backcast.tables["skill"]) else []),
        ("Under other foresight", _EXPLANATIONS["foresight"], _by_foresight(backcast)),
        ("What binds under other foresight", "", _labels_by_foresight(backcast)),
    ]


def _attained(backcast: Backcast) -> list[tuple[str, str, TextTable]]:
    """Return what says which misses some plan meets; nothing of an answer that was written without."""
    if "attainability" not in backcast.tables:
        return []
    return [
        ("Misses that some plan meets", _EXPLANATIONS["attainable"], _attainable(backcast)),
        ("Misses that no plan meets", _EXPLANATIONS["forbidden"], _forbidden(backcast)),
        ("Published numbers that exclude each other", _EXPLANATIONS["conflicts"], _conflicts(backcast)),
    ]


_EXPLANATIONS = {
    "scores": "Of independent comparisons. *Error* is the median of |ln(model / observed)|, without bounds; *interval "
    "score* the mean of the widths of the ranges in logs and ten times how far the model is outside. Kinds weigh "
    "alike. Further off than by a factor of ten nothing counts.",
    "skill": "Errors on the independent comparisons that a forecast can make; *skill* is 1 less the model's error over "
    "that of the forecast, so that above 0 the model is better. *Last year's growth* goes on from what was published "
    "of the two years before. *The least of four* is a spreadsheet: the fewest accelerators that packaging, memory, "
    "sites and power allow, at the mean bill of materials of the year before; it knows no new models, no tokens and no "
    "cost. *Houses* is the median of what was published before the year began.",
    "foresight": "The same case, and the same comparisons, where more or fewer years are seen when a year is decided. "
    "A stage whose limit is used up is not counted in the solve in which it is, so that rows differ.",
    "labels": "What binds at central values; what the data allow to say when one input at a time is moved to the ends "
    "of its range; and what the press said.",
    "flips": "The smallest move of one input inside its range, all years together, that changes the label, found by "
    "solving again; 100 % is the end of the range. *Kept* counts, changing one input at a time, the ends of ranges "
    "that leave the label.",
    "independent": "No source of the observed number, through every chain of what it was derived from, is a source of "
    "any input; its row names no rule that keeps it out; and it is not the use of a stage whose limit is used up.",
    "shared": "Each with its reason: the sources that the observed number and some input come from, the rule of its "
    "row, or the stage of which 99 % or more of the limit is used, so that its use only returns the limit.",
    "misses": "The input that brings the model nearest to what was observed when it alone is moved to an end of its "
    "range, and the model's number there.",
    "attainable": "Some plan inside all limits of the case is inside the published range, if all years are known. "
    "*Costs* is what the cheapest such plan costs more than the cheapest plan, discounted, over all years, what is "
    "left unserved included; *more than the plan* compares it with the plan chosen, which may cost more for want of "
    "foresight.",
    "forbidden": "No plan inside the limits comes nearer than *nearest*. Named are the limits that hold that plan "
    "back, each with what it is and what it would have to be if it alone moved; *not alone*: no value of it is enough. "
    "First comes the one that has to move least.",
    "conflicts": "No plan keeps all members of a set, and without any one of them some plan does. Each miss that no "
    "plan meets is left out here, and of each set the number that gives way is left out of the later ones.",
}


def _labels(backcast: Backcast) -> TextTable:
    stage, group = (rows_by_year(backcast.tables["labels"], level) for level in ("stage", "group"))
    names = Names(backcast.plan.case)
    cells = [
        [
            str(t),
            names.members(row["label"], NAME),
            group[t]["label"],
            names.within(row["said"], NAME),
            names.within(row["press"], NAME),
            _agreement(row, group[t]),
        ]
        for t, row in stage.items()
    ]
    return TextTable(["year", "stage", "group", "what the data allow to say", "press", "agree"], cells)


def _agreement(stage: dict[str, Any], group: dict[str, Any]) -> str:
    if not stage["press"]:
        return ""
    return "stage" if stage["agrees"] else "group" if group["agrees"] else "no"


def _nearest(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            str(row["year"]),
            row["level"],
            _called(names, row, "label"),
            f"{row['keeps']} of {row['moves']}",
            *(
                (_called(names, row, "becomes"), f"{row['input']} to its {row['end']} end", f"{100 * row['by']:.0f}")
                if row["input"]
                else ("", "none inside its range", "")
            ),
        ]
        for row in records(backcast.tables["labels"])
    ]
    header = ["year", "level", "label", "kept", "becomes", "by moving", "% of the way"]
    return TextTable(header, cells, frozenset({3, 6}))


def _called(names: Names, row: dict[str, Any], column: str) -> str:
    """Return the label of a stage, or a group as it is."""
    return (
        names.members(row[column], NAME)
        if row["level"] == LEVELS[0] or row[column] in {DEMAND, UNRESOLVED}
        else row[column]
    )


_SCORED = ("comparisons", "error", "interval score", "inside", "inside %")


def _score_cells(row: dict[str, Any]) -> list[str]:
    share = "" if math.isnan(row["inside_share"]) else f"{100 * row['inside_share']:.0f}"
    errors = (row["median_abs_log_error"], row["interval_score"])
    return [str(row["rows"]), *map(in_logs, errors), str(row["inside"]), share]


def _by_kind(backcast: Backcast) -> TextTable:
    cells = [[KINDS[row["kind"]], *_score_cells(row)] for row in records(backcast.tables["scores"])]
    return TextTable(["kind", *_SCORED], cells, frozenset(range(1, 6)))


def _skill(backcast: Backcast) -> TextTable:
    cells = [
        [
            FORECASTS[row["forecast"]],
            KINDS[row["kind"]],
            str(row["rows"]),
            *map(in_logs, (row["model_error"], row["forecast_error"])),
            "" if math.isnan(row["skill"]) else f"{row['skill']:+.2f}",
        ]
        for row in records(backcast.tables["skill"])
    ]
    header = ["forecast", "kind", "comparisons", "error of the model", "error of the forecast", "skill"]
    return TextTable(header, cells, frozenset(range(2, 6)))


def _by_foresight(backcast: Backcast) -> TextTable:
    cells = [
        [_seen(row["foresight"]), "tested" if row["tested"] else "", *_score_cells(row)]
        for row in records(backcast.tables["by_foresight"])
    ]
    return TextTable(["foresight", "", *_SCORED], cells, frozenset(range(2, 7)))


def _seen(foresight: str) -> str:
    return in_words(None if foresight == PERFECT else int(foresight))


def _labels_by_foresight(backcast: Backcast) -> TextTable:
    names, labels = Names(backcast.plan.case), records(backcast.tables["labels_by_foresight"])
    seen = list(dict.fromkeys(row["foresight"] for row in labels))
    rows: dict[tuple[int, str], dict[str, str]] = {}
    for row in labels:
        rows.setdefault((row["year"], row["level"]), {})[row["foresight"]] = _called(names, row, "label")
    cells = [
        [str(t), level, *(by[foresight] for foresight in seen)] for (t, level), by in sorted(rows.items(), key=_order)
    ]
    return TextTable(["year", "level", *map(_seen, seen)], cells)


def _order(row: tuple[tuple[int, str], object]) -> tuple[int, int]:
    (t, level), _ = row
    return t, LEVELS.index(level)


def _why_not(row: dict[str, Any]) -> str:
    """Return why a comparison is not counted; an earlier answer says which sources are shared."""
    why: str = row["not_counted"] if isinstance(row["not_counted"], str) and row["not_counted"] else row["shares"]
    return why


def _compared(backcast: Backcast, *, independent: bool) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            row["quantity"],
            item(names, row),
            str(row["year"]),
            amount(row["model"]),
            "" if math.isnan(row["central"]) else amount(row["central"]),
            published_range(row),
            row["unit"],
            "" if math.isnan(row["error"]) else f"{100 * row['error']:+.0f}",
            "inside" if row["inside"] else "OUTSIDE",
            row["source"],
            *([] if independent else [_why_not(row)]),
        ]
        for row in records(backcast.tables["comparisons"])
        if row["independent"] == independent
    ]
    header = ["quantity", "item", "year", "model", "observed", "range", "unit", "error %", "", "source"]
    return TextTable([*header, *([] if independent else ["not counted for"])], cells, frozenset({3, 4, 5, 7}))


def _misses(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            row["quantity"],
            item(names, row),
            str(row["year"]),
            row["source"],
            "yes" if row["independent"] else "no",
            amount(row["model"]),
            published_range(row),
            f"{row['cause']}, {row['cause_end']} end",
            amount(row["cause_value"]),
            "inside" if row["cause_inside"] else "outside",
        ]
        for row in records(backcast.tables["comparisons"])
        if not row["inside"] and isinstance(row["cause"], str)
    ]
    header = [
        *("quantity", "item", "year", "source", "independent", "model", "range", "nearest input", "model then", ""),
    ]
    return TextTable(header, cells, frozenset({5, 6, 8}))


def _asked(backcast: Backcast, attainable: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the misses of which one thing was found, each as it was compared and as it was asked about."""
    compared = {tuple(row[name] for name in OBSERVATION): row for row in records(backcast.tables["comparisons"])}
    rows = (row for row in records(backcast.tables["attainability"]) if row["attainable"] == attainable)
    return [(compared[tuple(row[name] for name in OBSERVATION)], row) for row in rows]


def _attainable(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    cells = [
        [
            *observation(names, row),
            "yes" if row["independent"] else "no",
            amount(row["model"]),
            published_range(row),
            money(found["costs_usd"]),
            money(found["more_than_plan_usd"]),
        ]
        for row, found in _asked(backcast, "yes")
    ]
    header = [*OBSERVATION, "independent", "model", "range", "costs", "more than the plan"]
    return TextTable(header, cells, frozenset({5, 6, 7, 8}))


_SHOWN = 3
"""Limits that are named."""


def _forbidden(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    limits = records(backcast.tables["forbidden_by"])
    cells = []
    for row, found in _asked(backcast, "no"):
        by = [limit for limit in limits if all(limit[name] == row[name] for name in OBSERVATION)]
        cells.append(
            [
                *observation(names, row),
                "yes" if row["independent"] else "no",
                amount(found["nearest"]),
                published_range(row),
                _several([_limit(names, limit) for limit in by]) or "what the case starts with",
            ]
        )
    header = [*OBSERVATION, "independent", "nearest", "range", "forbidden by"]
    return TextTable(header, cells, frozenset({5, 6}))


def _several(texts: list[str]) -> str:
    """Return some texts in one line: the first ones, and how many more there are."""
    more = [f"{len(texts) - _SHOWN} more"] if len(texts) > _SHOWN else []
    return "; ".join([*texts[:_SHOWN], *more])


def _limit(names: Names, row: dict[str, Any]) -> str:
    must = f"must be {amount(row['needed'])}" if math.isfinite(row["needed"]) else "not alone"
    return f"{_limit_name(names, row['limit'], row, row['limit_year'])}: {amount(row['value'])} {row['unit']}, {must}"


def _limit_name(names: Names, kind: str, row: dict[str, Any], year: int) -> str:
    """Return what a limit is called for people."""
    if kind in {"capacity", "order limit"}:
        place = "" if row["place"] == GLOBAL else f" in {names.place(row['place'], NAME)}"
        supplier = names.supplier(row["of"], row["supplier"], NAME)
        what = f"{names.stage(row['of'], NAME)} of {supplier}{place}"
        return f"{what} {year}" if kind == "capacity" else f"orders of {what} {year}"
    if kind == "share":
        return f"{names.stage(row['of'], NAME)} {year}"
    if kind == "demand":
        return f"demand for {names.workload(row['of'], NAME)} {year}"
    if kind == "research":
        return f"demand for research {year}"
    return f"{kind} {year}" if kind == "budget" else f"{kind} of {row['of']} {year}"


def _conflicts(backcast: Backcast) -> TextTable:
    names = Names(backcast.plan.case)
    sets: dict[int, list[dict[str, Any]]] = {}
    for row in records(backcast.tables["conflicts"]):
        sets.setdefault(row["conflict"], []).append(row)
    cells = []
    for conflict, rows in sets.items():
        numbers = [_number(names, row) for row in rows if _is_number(row)]
        limits = [_limit_name(names, row["name"], row, row["year"]) for row in rows if not _is_number(row)]
        gives_way = next(_number(names, row) for row in rows if row["gives_way"])
        cells.append([str(conflict), _several(numbers), _several(limits) or "none", gives_way])
    return TextTable(["set", "published numbers", "limits", "gives way"], cells)


def _is_number(row: dict[str, Any]) -> bool:
    """Whether a member of a set is a published number; a limit has no source."""
    return isinstance(row["source"], str) and bool(row["source"])


def _number(names: Names, row: dict[str, Any]) -> str:
    """Return one side of a published range."""
    quantity, item, year, source = observation(names, row | {"quantity": row["name"], "item": row["of"]})
    return f"{quantity} {item} {year} {row['side']} {amount(row['value'])} ({source})"
