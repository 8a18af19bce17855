"""The smallest move after which conditions hold: the answer in a sentence, where they hold, and how exact that is."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from string import ascii_uppercase
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.plan.bottlenecks import LEVELS
from supplychain.plan.measures import SUPPLIED, sites_of
from supplychain.report.formats import case_title, money, number
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.schema import ALL, SUM
from supplychain.study.conditions import conditions
from supplychain.study.seek import NEVER
from supplychain.study.stretches import spread
from supplychain.study.ways import DOWN, NONE, NONE_TO_WALKED, UP
from supplychain.tolerances import significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.study.conditions import Condition
    from supplychain.study.seek import Seek

    Row = dict[str, Any]

_SUBJECTS = {
    "served_ttok": "tokens served{of}{in_year} are",
    "research_h100e_years": "research done{in_year} is",
    "cost_usd_per_mtok": "the cost of serving{of}{in_year} is",
    "capital": "cash spent{in_year} is",
    "revenue_usd": "revenue{in_year} is",
    "kept_usd": "what is kept of revenue{in_year} is",
    "gross_margin_of_revenue": "the gross margin of revenue{in_year} is",
    "operating_usd": "the operating result{in_year} is",
    "cash_usd": "cash at the end of the year{in_year} is",
    "gap_usd": "the money that is missing{in_year} is",
    "unused_usd": "what is owed and not used{in_year} is",
    "supplied": "what is supplied by{of}{in_year} is",
    "net_benefit": "net benefit is",
    "value": "the value served is",
    "cost": "total cost is",
    "objective": "the objective is",
}
"""How a sentence begins that says what a condition asks."""

_VERBS = {DOWN: "falls", UP: "rises"}
_TOGETHER = "\N{NO-BREAK SPACE}"

_DIGITS = 4
"""Digits of a move in a sentence."""

_NAME = 60
"""Characters of a stage."""


def text(study: Seek) -> str:
    """Return the study as text for a terminal."""
    lines = [case_title(study.case.settings), *said(study)]
    for title, table in sections(study):
        lines += ["", title, *table.text(WIDTH)]
    return "\n".join([*lines, "", *how_exact(study)])


def said(study: Seek) -> list[str]:
    """Return the answer in sentences, and which letter stands for which target."""
    goal = " and ".join(_in_words(study, condition) for condition in _conditions(study))
    letters = _letters(study)
    alone = len(letters) == 1
    lines = []
    if study.summary["holds_already"]:
        lines.append(_sentence(f"{goal} in the case already"))
        ways = [f"{_moved(row, letters)}{_up_to(row, study)}" for row in _singles(study)]
        lines.append(_sentence(f"it stays so if {'; or if '.join(ways)}") if ways else "")
    elif nearest := _nearest(study):
        lines += [_sentence(f"{goal} if {_moved(row, letters)} by {_reach(row, study)}") for row in nearest]
    else:
        ways = [f"{_moved(row, letters)} by up to {_amount(row['searched_to'], row)}" for row in _singles(study)]
        tried = "" if alone else ", alone or together"
        lines.append(_sentence(f"no move that was tried is enough{tried}: {'; '.join(ways)}"))
        lines.insert(0, _sentence(f"what is sought: {goal}"))
    return [*(f"{letter}: {target}" for target, letter in letters.items() if not alone), *_wrapped(lines)]


def sections(study: Seek) -> list[tuple[str, TextTable]]:
    """Return titles and tables: where conditions hold, what they are about, and the numbers that move."""
    letters = _letters(study)
    alone = len(letters) == 1
    shown = _shown(study)
    stretches: list[list[str]] = []
    for row in shown:
        own = [stretch for stretch in records(study.stretches) if _same(stretch, row)]
        name = [] if alone else [_lettered(row["move"], letters)]
        for stretch in own:
            cells = [_exact(stretch[end], row) for end in ("fails_before", "from", "to", "fails_after")]
            stretches.append([*name, row["direction"], *cells])
        if not own:
            nowhere = ["", "nowhere", f"up to {_amount(row['searched_to'], row)}", ""]
            stretches.append([*name, row["direction"], *nowhere])
    header = [*([] if alone else ["move"]), "direction", "fails at", "holds from", "to", "fails at"]
    numbers = frozenset(range(len(header) - 4, len(header)))
    titled = [("Where all conditions hold, by how far the numbers move", TextTable(header, stretches, numbers))]
    for row in _nearest(study) or shown[:1]:
        titled += _at(study, row, letters)
    return titled


def _at(study: Seek, row: Row, letters: Mapping[str, str]) -> list[tuple[str, TextTable]]:
    """Return what conditions are about, and the numbers that move, in the case and after the least move of a way."""
    found = row["outcome"] != NEVER
    by = _amount(row["by"], row) if found else ""
    where = f", and there: {_moved(row, letters, noun=True)}, by {by}" if found and row["by"] > 0 else ""
    there = ["there"] if where else []
    compared = [one for one in records(study.conditions) if _same(one, row)]
    cells = [
        [
            one["condition"],
            _value(study, one["condition"], one["required"]).replace("none", ""),
            _value(study, one["condition"], one["in_case"]),
            *([_value(study, one["condition"], one["there"])] if there else []),
        ]
        for one in compared
    ]
    titled = [
        (f"In the case{where}", TextTable(["condition", "required", "case", *there], cells, frozenset({1, 2, 3})))
    ]
    moved = [
        [
            one["target"],
            one["unit"],
            str(one["cells"]),
            _between(one["least_in_case"], one["most_in_case"], row),
            *([_between(one["least_there"], one["most_there"], row)] if there else []),
        ]
        for one in records(study.numbers)
        if _same(one, row)
    ]
    header = ["numbers", "unit", "cells", "case", *there]
    titled.append(("The numbers that move, least and most of them", TextTable(header, moved, frozenset({2, 3, 4}))))
    if there and row["binds"]:
        names = Names(study.case)
        by_year = re.findall(r"(\d{4}): (.*?)(?=, \d{4}: |$)", row["binds"])
        binds = [[year, names.members(members, _NAME)] for year, members in by_year]
        titled.append(("What binds there", TextTable(["year", "stage"], binds)))
    return titled


def how_exact(study: Seek) -> list[str]:
    """Return how exactly ends are known, what may have been passed over, and where there was no answer."""
    amounts, labels = (100 * study.summary[name] for name in ("amounts_within", "labels_within"))
    ends = (
        f"Ends are found to {amounts:.1g} % of the numbers where an amount decides, and to {labels:.1g} % where what "
        "binds does; beside each end stands the nearest move at which conditions were seen to fail."
    )
    moves, letters = records(study.moves), _letters(study)
    sentences = []
    if any(row["unit"] == "%" for row in moves):
        sentences.append(ends)
        walked = [row for row in moves if row["passed_over"] == NONE_TO_WALKED]
        if walked:
            ways = [f"{_named(row, letters)} to {_amount(row['walked_to'], row)}" for row in walked]
            followed = "; ".join(ways)
            sentences.append(
                "Prices were followed piece by piece, and what binds was read at both ends of each piece, so that no "
                f"piece up to there is passed over: {followed}."
            )
        scanned = [
            row
            for row in moves
            if row["passed_over"] != NONE and row["searched_to"] > 0 and not row["walked_to"] >= row["searched_to"]
        ]
        if scanned:
            sentences.append(
                f"{'Elsewhere a' if walked or len(scanned) < len(moves) else 'A'} stretch that is narrower than the "
                f"distance of the points tried may be passed over: {_spacing(study, scanned)}."
            )
        if any(row["passed_over"] == NONE and row["unit"] == "%" and row["searched_to"] > 0 for row in moves):
            sentences.append(
                f"No stretch is passed over{' in the other directions' if scanned or walked else ''}: the amount is "
                "convex or concave along these moves."
            )
    for row in moves:
        if row["unanswered"]:
            sentences.append(
                f"{_first_large(_named(row, letters))}: at {row['unanswered']} of {row['points']} moves there is no "
                "plan; conditions do not hold there."
            )
        if row["stopped_by"]:
            sentences.append(
                f"{_first_large(_named(row, letters))}: moves beyond {_amount(row['searched_to'], row)} are refused: "
                f"{row['stopped_by']}."
            )
    if len(letters) > 1:
        count = len(moves) - len(_singles(study))
        sentences.append(
            f"In combination, targets move by the same share, each up or down: {count} combinations were tried; the "
            "nearest is the one with the smallest share."
            if count
            else "Targets that move by whole steps are not moved in combination."
        )
    return _wrapped(sentences)


def _spacing(study: Seek, rows: Sequence[Row]) -> str:
    """Say how far the points of scans are apart, of the longest of them that falls and of that which rises."""
    parts = []
    for verb, rising in (("down", False), ("up", True)):
        ends = [row["searched_to"] for row in rows if (DOWN not in row["direction"].split(SUM)) == rising]
        if ends:
            points = [0.0, *spread(max(ends) / 100, study.summary["steps"], rising=rising)]
            gaps = [100 * (there - here) / (1 + there * rising) for here, there in pairwise(points)]
            parts.append(f"{verb} {number(gaps[0])} % near the case and {number(max(gaps))} % where they are widest")
    return f"{study.summary['steps']} in each direction, {'; '.join(parts)}"


def _conditions(study: Seek) -> tuple[Condition, ...]:
    return conditions(study.case, study.summary["so_that"])


def _in_words(study: Seek, condition: Condition) -> str:
    """Return what a condition asks, as a sentence without its first capital."""
    names = Names(study.case)
    if condition.of_label:
        named = names.members if condition.item == LEVELS[0] else names.groups
        members = named(SUM.join(sorted(condition.members)), _NAME)
        several = len(condition.members) > 1
        verb = {"=": "bind" if several else "binds", "!=": "do not bind" if several else "does not bind"}
        return f"{members} {verb[condition.operator]} in {condition.year}"
    of = "" if condition.item == ALL else f" of {names.workload(condition.item)}"
    if condition.quantity == SUPPLIED:
        of = f" {names.site(*sites_of(study.case)[condition.item], _NAME, _NAME)}"
    subject = _SUBJECTS[condition.quantity].format(of=of, in_year=f" in {condition.year}")
    if condition.against == "level":
        bound = "at least" if condition.operator == ">=" else "at most"
        return f"{subject} {bound} {_quantity(condition, condition.amount)}"
    bound = "at least" if (condition.operator == ">=") == (condition.amount >= 0) else "at most"
    size = abs(condition.amount)
    by = _amount(100 * size, {"unit": "%"}) if condition.against == "share" else _quantity(condition, size)
    return f"{subject} {bound} {by} {'above' if condition.amount >= 0 else 'below'} the case"


def _quantity(condition: Condition, value: float) -> str:
    if condition.unit == "USD":
        return money(value)
    if condition.unit == "share":
        return f"{number(100 * value)} %"
    return f"{number(value)} {condition.unit}"


def _value(study: Seek, condition_text: str, value: object) -> str:
    """Return what a plan has of a quantity, or what binds."""
    (condition,) = (one for one in _conditions(study) if one.text == condition_text)
    if isinstance(value, str):
        names = Names(study.case)
        return (names.members if condition.item == LEVELS[0] else names.groups)(value, _NAME)
    return _quantity(condition, float(value)) if isinstance(value, (int, float)) and not math.isnan(value) else "none"


def _letters(study: Seek) -> dict[str, str]:
    """Return what each target is called where there are several; the only one is called by its own text."""
    targets = study.summary["vary"]
    return dict(zip(targets, ascii_uppercase if len(targets) > 1 else targets, strict=False))


def _lettered(move: str, letters: Mapping[str, str]) -> str:
    return SUM.join(letters[target] for target in _targets_of(move, letters))


def _targets_of(move: str, letters: Mapping[str, str]) -> list[str]:
    """Return the targets of a move; a name in one may have a ` + ` in it."""
    if move in letters:
        return [move]
    first = next(target for target in letters if move.startswith(f"{target}{SUM}"))
    return [first, *_targets_of(move.removeprefix(f"{first}{SUM}"), letters)]


def _moved(row: Row, letters: Mapping[str, str], *, noun: bool = False) -> str:
    """Return which targets move which way: `A falls and B rises, each`; as a noun, what stands before the amount."""
    pairs = list(zip(_targets_of(row["move"], letters), row["direction"].split(SUM), strict=True))
    if noun:
        return " and ".join(f"{letters[target] if len(letters) > 1 else 'the numbers'} {way}" for target, way in pairs)
    each = ", each" if len(pairs) > 1 else ""
    return " and ".join(f"{letters[target]} {_VERBS[way]}" for target, way in pairs) + each


def _named(row: Row, letters: Mapping[str, str]) -> str:
    """Return what a way is called in a sentence: `down`, or `A up and B down`."""
    pairs = zip(_targets_of(row["move"], letters), row["direction"].split(SUM), strict=True)
    return " and ".join(way if len(letters) == 1 else f"{letters[target]} {way}" for target, way in pairs)


def _reach(row: Row, study: Seek) -> str:
    """Return by how much numbers must move: `20.5 % or more`, or from where to where."""
    first = next(stretch for stretch in records(study.stretches) if _same(stretch, row))
    if first["to"] == first["from"]:
        return _amount(row["by"], row)
    further = "or more" if first["to_end"] == "range" else f"to {_amount(first['to'], row)}"
    return f"{_amount(row['by'], row)} {further}"


def _up_to(row: Row, study: Seek) -> str:
    """Return up to where conditions hold, from the case on."""
    first = next(stretch for stretch in records(study.stretches) if _same(stretch, row))
    tried = ", all that was tried" if first["to_end"] == "range" else ""
    return f" by up to {_amount(first['to'], row)}{tried}"


def _amount(value: float, row: Row) -> str:
    """Return how far numbers move.

    >>> _amount(20.472887, {"unit": "%"}), _amount(1.0, {"unit": "years"}), _amount(100.0, {"unit": "%"})
    ('20.47 %', '1 year', '100 %')
    """
    if row["unit"] == "%":
        return f"{significant(value, _DIGITS):,.15g} %"
    return f"{value:.0f} year{'' if value == 1 else 's'}"


def _exact(value: float, row: Row) -> str:
    """Return how far numbers move, to seven digits; blank where there is no such place."""
    if math.isnan(value):
        return ""
    return f"{value:,.7g} %" if row["unit"] == "%" else _amount(value, row)


def _between(least: float, most: float, row: Row) -> str:
    """Return the least and the most of some numbers, whole ones as such."""
    shown = [number(value) if row["unit"] == "%" else f"{value:.0f}" for value in dict.fromkeys((least, most))]
    return " to ".join(shown)


def _same(row: Row, other: Row) -> bool:
    return (row["move"], row["direction"]) == (other["move"], other["direction"])


def _singles(study: Seek) -> list[Row]:
    return [row for row in records(study.moves) if row["move"] in study.summary["vary"]]


def _nearest(study: Seek) -> list[Row]:
    """Return the least move, one for each unit of moves: shares, and whole steps."""
    nearest = {row["unit"]: row for row in reversed(records(study.moves)) if row["nearest"]}
    return list(reversed(nearest.values()))


def _shown(study: Seek) -> list[Row]:
    """Return the ways that are shown: each target alone, and the combination with the least move if one is enough."""
    singles = _singles(study)
    targets = study.summary["vary"]
    combined = [row for row in records(study.moves) if row["move"] not in targets and row["by"] > 0]
    return [*singles, *sorted(combined, key=lambda row: row["by"])[:1]]


def _sentence(words: str) -> str:
    return f"{_first_large(words)}."


def _first_large(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _wrapped(sentences: Sequence[str]) -> list[str]:
    """Return sentences as lines; a number and its per cent sign stay together."""
    return [
        line.replace(_TOGETHER, " ")
        for sentence in sentences
        for line in wrap(sentence.replace(" %", f"{_TOGETHER}%"), WIDTH, break_long_words=False, break_on_hyphens=False)
    ]
