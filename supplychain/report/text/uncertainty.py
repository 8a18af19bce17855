"""How sure an answer is, on a screen: how often each stage binds, bands, what decides them, and when a stage binds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.plan.bottlenecks import DEMAND, LEVELS
from supplychain.plan.measures import CASH, CASH_LEFT, GAP, MARGIN, OPERATING, REVENUE, TOKENS, UNUSED
from supplychain.report.formats import TOKENS as TOKEN_UNITS
from supplychain.report.formats import USD, case_title, cut, number, plain, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.study.draws import PER_MTOK
from supplychain.study.uncertainty import ALTERNATIVES, ANY, EVERY_YEAR, LABEL, SHORT_OF_CASH, SOME_YEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from supplychain.results.answer import Answer
    from supplychain.study.uncertainty import Uncertainty

_NAME = 30
"""Characters of a stage."""

_OFTEN = 0.1
"""Share of draws in which a label binds below which its conditions are not shown."""

_SHORT_NAME = 18
"""Characters of a stage beside others."""

_WITH_OTHERS = ", or with others"
"""Follows a stage that counts where it binds alone and where it binds in a set."""

_RARE = 0.05
"""Probability below which a stage has no line of its own."""

MEANS = {
    schema.P10_P90: "ends of ranges are 10th and 90th percentiles",
    schema.MIN_MAX: "ends of ranges are the least and the most",
}

_HEADLINES = (
    (TOKENS, "Tokens served", TOKEN_UNITS),
    (PER_MTOK, "Average cost, USD per million tokens", ((1.0, ""),)),
    (CASH, "Cash spent on capacity and systems", USD),
    (REVENUE, "Revenue", USD),
    (MARGIN, "Gross margin, % of revenue", ((0.01, ""),)),
    (OPERATING, "Operating result", USD),
    (CASH_LEFT, "Cash at the end of the year", USD),
    (GAP, "Missing: promised by nobody", USD),
    (UNUSED, "Owed and not used", USD),
)
"""Quantities with a band on the screen, what they are called, and their units."""

_DRIVERS = 5
"""Factors that are shown of each quantity."""


def text(study: Uncertainty) -> str:
    """Return what binds how often, the bands of headline quantities, their drivers, and conditions."""
    lines = [case_title(study.case.settings), *_how(study)]
    for heading, more in (
        ("What binds: per cent of draws, with the half width of the 90 % interval; * at central values", _often(study)),
        ("The stage binds, alone or with others: per cent of draws", _over_years(study)),
        ("Cash is missing, that nobody has promised: per cent of draws", _short_of_cash(study)),
        ("Bands: 10 %, 50 % and 90 % of draws are below; in brackets at central values", _bands(study)),
        (
            "What decides it: per cent of the variance that a factor explains by itself",
            _drivers(study),
        ),
        (
            "When it binds: bounds of factors, tried on draws that did not find them",
            _when(study),
        ),
    ):
        if more:
            lines += ["", heading, *more]
    return "\n".join([*lines, "", *_sure_of_itself(study)])


def _how(study: Uncertainty) -> list[str]:
    said = study.summary
    lines = [
        f"{said['draws']:,} draws of {said['uncertain_numbers']:,} uncertain numbers (seed {said['seed']}).",
        f"In each draw {said['factors']:,} factors move all of them at once; {MEANS[said['range_means']]}.",
    ]
    if said["without_answer"]:
        lines.append(f"{said['without_answer']:,} draws have no answer and count nowhere.")
    return lines


def _per_cent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.0f}"


def _often(study: Uncertainty) -> list[str]:
    """Return the probability of each stage by year; those that are rare in all years together."""
    rows = study.binding_probability[study.binding_probability["level"] == LEVELS[0]]
    years = list(study.case.report_years)
    cells = {(row["members"], row["year"]): row for row in records(rows)}
    most = {
        m: max(cells[m, t]["probability"] for t in years if (m, t) in cells) for m in dict.fromkeys(rows["members"])
    }
    shown = sorted((m for m in most if most[m] >= _RARE or _is_central(cells, m, years)), key=lambda m: (-most[m], m))
    names = Names(study.case)
    table = [[names.members(m, _NAME), *(_cell(cells.get((m, t))) for t in years)] for m in shown]
    rest = [
        math.fsum(row["probability"] for (m, t), row in cells.items() if t == year and m not in shown) for year in years
    ]
    if any(rest):
        table.append(["others", *(_per_cent(share) for share in rest)])
    asked = _asked(study, years)
    sets = [members for members in asked if ALTERNATIVES in members]
    table += [
        [_called(m, sets) if m in sets else f"{names.stage(m, _NAME)}{_WITH_OTHERS}", *row_cells]
        for m, row_cells in asked.items()
    ]
    lines = TextTable(["", *map(str, years)], table, frozenset(range(1, len(years) + 1))).text(WIDTH)
    legend = [f"{_called(members, sets)}: {_alternatives(names, members)}" for members in sets]
    return [*lines, *(cut(line, WIDTH) for line in legend)]


def _is_central(cells: dict[tuple[str, int], dict[str, Any]], members: str, years: Sequence[int]) -> bool:
    return any(cells[members, t]["central"] for t in years if (members, t) in cells)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "0"
    half = (row["high"] - row["low"]) / 2
    return f"{_per_cent(row['probability'])}{'*' if row['central'] else ''} ±{100 * half:.0f}"


def _asked(study: Uncertainty, years: Sequence[int]) -> dict[str, list[str]]:
    """Return, of stages that bind with others and of sets of which one or more bind, the cells of each year."""
    rows = study.binding_probability[study.binding_probability["level"] == ANY]
    cells = {(row["members"], row["year"]): row for row in records(rows)}
    return {m: [_cell(cells.get((m, t))) for t in years] for m in dict.fromkeys(rows["members"])}


def _called(members: str, asked: Iterable[str]) -> str:
    """Return the short name of a set of stages: its number, where there are several."""
    sets = list(asked)
    return "one or more of" if len(sets) == 1 else f"one or more of set {sets.index(members) + 1}"


def _alternatives(names: Names, members: str) -> str:
    keys = members.split(ALTERNATIVES)
    return " or ".join(names.stage(key, _NAME if len(keys) == 1 else _SHORT_NAME) for key in keys)


def _over_years(study: Uncertainty) -> list[str]:
    """Return how often a stage binds in every year, and in one or more."""
    names, rows = Names(study.case), study.binding_probability
    by_level = {
        level: {row["members"]: row for row in records(rows[rows["level"] == level])}
        for level in (EVERY_YEAR, SOME_YEAR)
    }
    often = [m for m, row in by_level[SOME_YEAR].items() if row["probability"] >= _RARE and m != DEMAND]
    often.sort(key=lambda m: (-by_level[SOME_YEAR][m]["probability"], m))
    sets = [m for m in dict.fromkeys(rows[rows["level"] == ANY]["members"]) if ALTERNATIVES in m]
    table = [
        [
            _called(m, sets) if m in sets else names.stage(m, _NAME),
            *(_cell(by_level[level].get(m)) for level in (EVERY_YEAR, SOME_YEAR)),
        ]
        for m in often
    ]
    header = ["", "in every year", "in one or more"]
    return TextTable(header, table, frozenset({1, 2})).text(WIDTH) if table else []


def _short_of_cash(study: Uncertainty) -> list[str]:
    """Return how often cash is missing, by year and in one or more years; nothing of a case that does not count it."""
    rows = study.binding_probability[study.binding_probability["level"] == SHORT_OF_CASH]
    if not len(rows):
        return []
    cells = [_cell(row) for row in records(rows)]  # by year, then of all years
    heads = [*map(str, study.case.report_years), "in one or more"]
    return TextTable(heads, [cells], frozenset(range(len(cells)))).text(WIDTH)


def bands(distributions: pd.DataFrame, quantity: str) -> dict[int, dict[str, Any]]:
    """Return by year the quantiles of a quantity of all items together."""
    of_quantity = distributions[(distributions["quantity"] == quantity) & (distributions["item"] == schema.ALL)]
    return {row["year"]: row for row in records(of_quantity)}


def _bands(study: Uncertainty) -> list[str]:
    years = list(study.case.report_years)
    table = []
    undefined = []
    for quantity, name, units in _HEADLINES:
        rows = bands(study.distributions, quantity)
        if not rows:
            continue
        size, unit = unit_for([rows[t]["p50"] for t in years if not math.isnan(rows[t]["p50"])], units)
        table.append([f"{name}{f', {unit}' if unit else ''}", *(_band(rows[t], size) for t in years)])
        share = {t: rows[t]["undefined_share"] for t in years}
        undefined += [f"{_per_cent(share[t])} % in {t}" for t in years if share[t] > 0]
    lines = TextTable(["", *map(str, years)], table, frozenset(range(1, len(years) + 1))).text(WIDTH)
    note = f"Cost per token has no meaning where none is served: {', '.join(undefined)} of draws."
    return [*lines, *([note] if undefined else [])]


def _band(row: dict[str, Any], size: float) -> str:
    low, middle, high, central = (number(row[name] / size) for name in ("p10", "p50", "p90", "central"))
    between = " to " if row["p10"] < 0 else "-"
    return f"{low}{between}{middle}{between}{high} ({central})" if middle else ""


def _drivers(study: Uncertainty) -> list[str]:
    """Return the factors above the noise floor, of what binds in each year and of the cost of the last year."""
    last = study.case.report_years[-1]
    asked = [(t, LABEL, LEVELS[0], f"{t}  what binds") for t in study.case.report_years]
    asked += [(last, quantity, schema.ALL, f"{last}  {name.split(',')[0].lower()}") for quantity, name, _ in _HEADLINES]
    lines = []
    for year, quantity, item, name in asked:
        rows = [
            row
            for row in records(study.drivers)
            if (row["year"], row["quantity"], row["item"]) == (year, quantity, item) and row["rank"] <= _DRIVERS
        ]
        if rows:
            lines += _wrapped(f"{name}: ", [_driver(row) for row in rows if row["above_floor"]], rows[0])
    return lines


def _driver(row: dict[str, Any]) -> str:
    return f"{called(row['factor'])} {100 * row['share']:.0f}"


def called(factor: str) -> str:
    """Return what a factor is called: its key as words, or the numbers that it stands for."""
    return plain(factor.replace("_", " ")) if "[" not in factor else plain(factor.removesuffix("[]"))


def _wrapped(begin: str, parts: Sequence[str], row: dict[str, Any]) -> list[str]:
    """Return parts in lines of at most so many characters, below each other."""
    floor = f"luck gives up to {100 * row['noise_floor']:.0f}"
    lines, indent = [begin], " " * 4
    for n, part in enumerate([*(parts or ["no factor stands out"]), f"({floor})"]):
        glue = "" if n == 0 else (" " if part.startswith("(") else ", ")
        if len(lines[-1]) + len(glue) + len(part) > WIDTH and lines[-1].strip():
            lines[-1] = (lines[-1] + glue).rstrip()
            lines.append(indent + part)
        else:
            lines[-1] += glue + part
    return lines


def _when(study: Uncertainty) -> list[str]:
    """Return, year by year, the bounds of factors inside which a stage binds."""
    names = Names(study.case)
    lines: list[str] = []
    boxes: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in records(study.conditions):
        boxes.setdefault((row["year"], row["label"]), []).append(row)
    for (year, label), rows in boxes.items():
        first = rows[0]
        if not first["factor"] or first["base_rate"] < _OFTEN:
            continue
        lines.append(
            f"{year}  {names.members(label, _NAME)}: {_per_cent(first['density'])} % of draws inside "
            f"(anywhere {_per_cent(first['base_rate'])} %), {_per_cent(first['coverage'])} % of its cases, if"
        )
        lines += [f"    {called(row['factor'])} is {_bounds(row)}" for row in rows]
    return [cut(line, WIDTH) for line in lines]


def _bounds(row: dict[str, Any]) -> str:
    low, high = row["from_pct"], row["to_pct"]
    if math.isnan(low):
        return f"below its {high:.0f} % point"
    if math.isnan(high):
        return f"above its {low:.0f} % point"
    return f"between its {low:.0f} % and {high:.0f} % points"


def _sure_of_itself(study: Uncertainty) -> list[str]:
    """Return how exact the probabilities are, and what half as many draws would have said."""
    rows = study.binding_probability
    worst = rows[rows["level"] == LEVELS[0]]["standard_error"].max()
    return [f"Largest standard error of a probability: {100 * worst:.1f} points. More draws: --draws N --resume."]


def of_label(study: Answer, year: int, level: str, members: str) -> dict[str, Any] | None:
    """Return the row of probabilities of a label; None if no draw had it."""
    rows = study.binding_probability
    chosen = rows[(rows["year"] == year) & (rows["level"] == level) & (rows["members"] == members)]
    return records(chosen)[0] if len(chosen) else None
