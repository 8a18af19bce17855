"""What is full at a place and when, what more of it is worth, and what holds it back; and all places side by side."""

from __future__ import annotations

import math
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.plan.at_place import regional_stages, years_at
from supplychain.report.formats import USD, case_title, cut, number, plain, printable, unit_for
from supplychain.report.names import Names
from supplychain.report.text.tables import WIDTH, TextTable
from supplychain.results.frames import records
from supplychain.tolerances import OBJECTIVE_DIFFERENCE_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from supplychain.plan import Plan

    Row = Mapping[str, Any]

_STAGE, _LONG = 28, 40
"""Characters of the name of a stage or a supplier: beside several numbers and another name, and beside numbers."""

_COLUMNS = (
    "+1: what the first unit gains, m USD. Adds: units of the stage that are used more if that limit goes; gains: m "
    "USD then; the capacity itself is not paid for. What gains and adds nothing saves cost. Used: of what holds it "
    "back, % of its limit now."
)
"""What the columns are."""


def at_place(plan: Plan, limits: pd.DataFrame, place: str, year: int | None = None) -> str:
    """Return a place as text: what is used by year, what one unit more is worth, and what more of one limit adds.

    `limits` is what `plan.at_place` returns. Of one year all suppliers are shown, of all years one of each stage.
    """
    names, years = Names(plan.case), years_at(plan.case, place, year)
    title = f"{case_title(plan.case.settings)}\n{names.place(place)}{'' if year is None else f', {year}'}"
    by_stage = {s: _rows(plan, s, place, years) for s in regional_stages(plan.case)}
    by_stage = {s: rows for s, rows in by_stage.items() if rows}
    if not by_stage:
        return f"{title}\n\nNo regional stage has a limit here."
    lines = [
        *title.splitlines(),
        *_blocks([(f"  {_label(names, s, rows)}", rows) for s, rows in by_stage.items()], years),
    ]
    used = {(s, t): row["used_share"] for s, rows in by_stage.items() for t, row in rows.items()}
    which = "; of each stage the supplier that adds most" if year is None else ""
    lines += ["", f"More of one limit here, alone and in that year alone{which}:"]
    lines += wrap(_COLUMNS, WIDTH, initial_indent="  ", subsequent_indent="  ")
    worth = [r for r in records(limits) if r["gain_usd_per_unit"] > 0 or r["loss_usd_per_unit"] > 0]
    table = _of_years(names, list(by_stage), worth, used) if year is None else _of_year(names, by_stage, worth, used)
    lines += table or ["  no limit here is worth anything"]
    return "\n".join(cut(line, WIDTH).rstrip() for line in lines)


def places(plan: Plan, year: int | None = None) -> str:
    """Return how much of each regional stage is used in each region by year, and what one unit more is worth there."""
    names, regions = Names(plan.case), [row["region"] for row in plan.case.tables["regions"]]
    years = years_at(plan.case, None, year)
    lines: list[tuple[str, Mapping[int, Row]]] = []
    for s in regional_stages(plan.case):
        by_region = {r: _rows(plan, s, r, years) for r in regions}
        by_region = {r: rows for r, rows in by_region.items() if rows}
        if by_region:
            lines.append((f"  {_label(names, s, next(iter(by_region.values())))}", {}))
        lines += [(f"    {names.place(r, _LONG)}", rows) for r, rows in by_region.items()]
    blocks = _blocks(lines, years) if lines else ["", "No regional stage has a limit anywhere."]
    return "\n".join(cut(line, WIDTH).rstrip() for line in [case_title(plan.case.settings), *blocks])


def _rows(plan: Plan, stage: str, place: str, years: Collection[int]) -> dict[int, Row]:
    """Return by year what the table `stages` says of a stage at a place."""
    table = plan.stages[(plan.stages["stage"] == stage) & (plan.stages["place"] == place)]
    return {row["year"]: row for row in records(table) if row["year"] in years}


def _label(names: Names, stage: str, rows: Mapping[int, Row]) -> str:
    return f"{names.stage(stage, _LONG)}, {plain(next(iter(rows.values()))['unit'])}"


def _blocks(lines: Sequence[tuple[str, Mapping[int, Row]]], years: Sequence[int]) -> list[str]:
    """Return two blocks, used share and price, a line for each label, a column for each year; no rows: a heading."""
    every = [row for _, rows in lines for row in rows.values()]
    prices = [row[column] for row in every for column in ("gain_usd_per_unit", "loss_usd_per_unit")]
    size, unit = unit_for([price for price in prices if math.isfinite(price)], USD)
    both = "; in brackets: one less costs" if any(_is_two_sided(row) for row in every) else ""
    worth = f"One unit more is worth, {unit or 'USD'} (0 where a supplier of it has room{both})"

    def used(row: Row) -> str:
        return _per_cent(row["used_share"])

    def price(row: Row) -> str:
        less = f" ({_price(row['loss_usd_per_unit'] / size)})" if _is_two_sided(row) else ""
        return _price(row["gain_usd_per_unit"] / size) + less

    blocks = []
    for title, cell in (("Used, % of the limit", used), (worth, price)):
        cells = [[label, *(cell(rows[t]) if t in rows else "" for t in years)] for label, rows in lines]
        blocks += ["", f"{title}:", *_table(["", *map(str, years)], cells, left={0})]
    return blocks


def _is_two_sided(row: Row) -> bool:
    gain, loss = (significant(row[f"{side}_usd_per_unit"], OBJECTIVE_DIFFERENCE_DIGITS) for side in ("gain", "loss"))
    return gain != loss


def _per_cent(share: float) -> str:
    return "" if math.isnan(share) else f"{100 * share:.1f}"


def _price(price: float) -> str:
    return "any" if math.isinf(price) else number(price)


def _of_years(
    names: Names, stages: Sequence[str], worth: Iterable[Row], used: Mapping[tuple[str, int], float]
) -> list[str]:
    """Return a line for each year and stage: of its suppliers the one that adds most, and of equal ones gains least."""
    best: dict[tuple[int, int], Row] = {}
    for row in worth:
        key = row["year"], stages.index(row["stage"])
        best[key] = max(row, best.get(key, row), key=_addition)
    header = ["", "", "+1", "adds", "gains", "held back by", "used"]
    firsts = {min(key for key in best if key[0] == t) for t, _ in best}
    cells = [
        (f"  {key[0]}" if key in firsts else "", names.stage(row["stage"], _STAGE), *_numbers(names, row, used))
        for key, row in sorted(best.items(), key=lambda item: item[0])
    ]
    return _table(header, cells, left={0, 1, 5}) if cells else []


def _of_year(
    names: Names, stages: Mapping[str, Mapping[int, Row]], worth: Sequence[Row], used: Mapping[tuple[str, int], float]
) -> list[str]:
    """Return a line for each supplier, under its stage: those that add most first."""
    header = ["", "+1", "adds", "gains", "held back by", "used"]
    cells: list[tuple[str, ...]] = []
    for s, rows in stages.items():
        of_stage = sorted((row for row in worth if row["stage"] == s), key=_addition, reverse=True)
        cells += [(f"  {_label(names, s, rows)}", *[""] * (len(header) - 1))] if of_stage else []
        cells += [
            (f"    {names.supplier(s, row['supplier'], _STAGE)}", *_numbers(names, row, used)) for row in of_stage
        ]
    return _table(header, cells, left={0, 4}) if cells else []


def _addition(row: Row) -> tuple[float, float]:
    return significant(row["adds"], OBJECTIVE_DIFFERENCE_DIGITS), -row["gain_usd_per_unit"]


def _numbers(names: Names, row: Row, used: Mapping[tuple[str, int], float]) -> tuple[str, ...]:
    """Return the cells of a limit: its first unit, what it adds and gains, what holds it back, and the use of that."""
    by = row["held_back_by"]
    return (
        number(row["gain_usd_per_unit"] / 1e6),
        number(row["adds"]),
        number(row["gain_usd"] / 1e6),
        names.members(by, _STAGE) if by else "nothing here",
        _per_cent(used.get((by, row["year"]), math.nan)),
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], left: set[int]) -> list[str]:
    numbers = frozenset(range(len(header))) - left
    return TextTable(header, [[printable(cell) for cell in row] for row in rows], numbers).text(WIDTH)
