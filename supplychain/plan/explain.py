"""One year in one reading: what binds, the ladder, the value curve, what arrives, what stands idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from supplychain.plan.show import number, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from supplychain.plan import Plan

_WIDTH = 100
_NAME = 20
"""Characters of a name in the ladder."""
_SEGMENTS = 12
"""Segments of the curve that are shown."""
_IDLE = 8
"""Stages that are shown idle, dearest first."""


def explain(plan: Plan, year: int, stage: str | None = None, up_to: float = 25.0) -> str:
    """Return the year as text; the curve is of `stage`, or of what binds (of its first member, if several do).

    Raises: ValueError if the year is not reported or there is no such stage.
    """
    rungs = plan.ladder(year)
    binding = _one(plan.binding, year=year, level="stage")
    members = binding["members"] if isinstance(binding["members"], str) else ""
    of = stage or members.split(" + ")[0]
    parts = [f"{plain(plan.case.settings.title)} ({plan.case.settings.name}), {year}", *_label(plan, binding, year)]
    parts += ["", "Lifted altogether, one after the other:", *_ladder(rungs)]
    if of:
        parts += ["", f"Relief of {of}, further and further:", *_curve(plan.curve(of, year, up_to))]
    parts += ["", "Ordered capacity that arrives:", *_arrivals(plan.orders, year)]
    parts += ["", "Idle while something else binds, at its price, dearest first:", *_idle(plan.supply, year)]
    return "\n".join(line[:_WIDTH].rstrip() for line in parts)


def _label(plan: Plan, binding: dict[str, Any], year: int) -> list[str]:
    group = _one(plan.binding, year=year, level="group")["members"]
    if not isinstance(binding["members"], str):
        return ["Binding: demand. No relief of one stage, or of up to four together, would serve more."]
    ends = f"up to +{number(binding['holds_to_pct'])} %" + (f", then {binding['next']}" if binding["next"] else "")
    worth = f"+1 % is worth {number(binding['annual_gain_usd_per_pct'] / 1e6)} m USD a year, {ends}"
    return [
        f"Binding: {binding['members']} ({binding['state']}, {binding['nature']}); group: {group}",
        f"{worth}.",
        f"It serves more in {', '.join(binding['helps'].split()) or 'no year'}.",
    ]


def _ladder(rungs: pd.DataFrame) -> list[str]:
    names = ["", "lifted", "state", "used, %", "tokens, 10^15", "research, k", "gain, m USD", "binding then"]
    rows = [
        (
            str(r["rung"]),
            _short(r["lifted"]),
            r["state"],
            number(r["used_pct"]),
            number(r["tokens_ttok"] / 1e3),
            number(r["research_h100e_years"] / 1e3),
            number(r["gain_usd"] / 1e6),
            _short(r["binding"]),
        )
        for r in rungs.to_dict("records")
    ]
    return _table(names, rows, left={0, 1, 2, 7})


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _curve(segments: pd.DataFrame) -> list[str]:
    names = ["from, %", "to, %", "m USD per %", "gained, m USD", "binding"]
    rows = [
        (
            number(r["from_pct"]),
            number(r["to_pct"]),
            number(r["gain_usd_per_pct"] / 1e6),
            number(r["gain_usd"] / 1e6),
            r["binding"],
        )
        for r in segments.to_dict("records")
    ]
    shown = _table(names, rows[:_SEGMENTS], left={4})
    more = len(rows) - _SEGMENTS
    return [*shown, f"  and {more} more segments up to {number(segments['to_pct'].iloc[-1])} %"] if more > 0 else shown


def _arrivals(orders: pd.DataFrame, year: int) -> list[str]:
    arriving = orders[orders["online_year"] == year]
    rows = [
        (f"{r['stage']} / {r['supplier']}", r["place"], str(r["order_year"]), number(r["amount"]), r["unit"])
        for r in arriving.to_dict("records")
    ]
    return _table(["", "place", "ordered in", "amount", "unit"], rows, left={0, 1, 4}) if rows else ["  none"]


def _idle(supply: pd.DataFrame, year: int) -> list[str]:
    """Return limits that are not drawn on, and what they would cost at their price."""
    here = supply[supply["year"] == year]
    idle = here.assign(idle=here["limit"] - here["supplied"])
    idle = idle.assign(usd=idle["idle"] * idle["price_usd"])
    by = idle.groupby(["stage", "unit"], as_index=False)[["idle", "limit", "usd"]].sum()
    by = by[by["idle"] > 1e-9 * by["limit"]].sort_values(["usd", "stage"], ascending=[False, True]).head(_IDLE)
    rows = [
        (r["stage"], number(r["idle"]), r["unit"], number(100 * r["idle"] / r["limit"]), number(r["usd"] / 1e6))
        for r in by.to_dict("records")
    ]
    return _table(["", "idle", "unit", "of its limit, %", "m USD"], rows, left={0, 2}) if rows else ["  none"]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], left: set[int]) -> list[str]:
    cells = [[plain(cell) for cell in row] for row in (names, *rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(names))]
    return [
        "  "
        + "  ".join(c.ljust(w) if n in left else c.rjust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]


def _one(table: pd.DataFrame, **key: object) -> dict[str, Any]:
    return next(row for row in table.to_dict("records") if all(row[str(c)] == value for c, value in key.items()))  # type: ignore[misc]
