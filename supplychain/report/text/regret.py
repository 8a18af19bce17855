"""Who had already signed, on one screen: the cost beside the plan and beside having known, and what is stranded."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from supplychain.report.formats import dollars, number
from supplychain.report.text.tables import TextTable
from supplychain.study.regret import ACCELERATORS, EXPANSION, STORE
from supplychain.tolerances import SMALL_REGRET_BN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from supplychain.study.regret import Regret

_BILLION = 1e9
_NAMES = {EXPANSION: "capacity of", ACCELERATORS: "in accelerators:", STORE: "in store:"}


def text(found: Regret) -> str:
    """Return what signing did, as text for a terminal."""
    signed, regret = found.plan.summary["orders_from"], found.summary["regret"]
    all_in = dollars(found.plan.objective_usd)
    lines = [
        f"Signed up to {signed['until']}, and held: {all_in} in all, discounted, with what is left unserved",
        _beside("Extra cost beside the plan as signed", regret["extra_cost_usd"], regret["extra_cost_unserved_usd"]),
        _beside("Regret beside having known", regret["regret_usd"], regret["regret_unserved_usd"]),
    ]
    late = [(s, k, p, t, x) for s, k, p, t, x in signed["orders_after_horizon"]]
    lines += [
        f"Not seen, for it arrives after the last year: {s} / {k} / {p}, ordered in {t}" for s, k, p, t, _ in late
    ]
    years = list(found.plan.case.report_years)
    return "\n".join([*lines, "", *_costs(found, years), "", *_stranded(found, years)])


def _beside(what: str, usd: float, unserved: float | None) -> str:
    """Return a difference, and of it what was paid and what demand left unserved was worth."""
    if unserved is None:
        return f"{what}: {dollars(usd)}"
    return f"{what}: {dollars(usd)} (paid {dollars(usd - unserved)}, demand left unserved {dollars(unserved)})"


def _costs(found: Regret, years: Sequence[int]) -> list[str]:
    rows: list[dict[Any, Any]] = found.costs.to_dict("records")
    names = {"planned_usd": "as planned", "signed_usd": "signed", "known_usd": "had it been known"}
    cells = [[name, *(number(row[column] / _BILLION) for row in rows)] for column, name in names.items()]
    return ["Cost of the year, bn USD", *_table(years, cells)]


def _stranded(found: Regret, years: Sequence[int]) -> list[str]:
    title = "Idle capital of what was signed, bn USD paid for it (in brackets: had it been known)"
    usd: dict[tuple[str, str], dict[int, tuple[float, float]]] = defaultdict(dict)
    rows: list[dict[Any, Any]] = found.stranded.to_dict("records")
    for row in rows:
        usd[row["what"], row["stage"]][row["year"]] = row["stranded_usd"] / _BILLION, row["known_usd"] / _BILLION
    cells = [
        [f"{_NAMES[what]} {stage}", *(_cell(*by.get(t, (0.0, 0.0))) for t in years)]
        for (what, stage), by in sorted(usd.items(), key=_largest_first)
        if max(max(pair) for pair in by.values()) >= SMALL_REGRET_BN
    ]
    return [title, *(_table(years, cells) if cells else ["none"])]


def _largest_first(entry: tuple[Any, dict[int, tuple[float, float]]]) -> tuple[float, Any]:
    key, by = entry
    return -sum(now for now, _ in by.values()), key


def _cell(now: float, known: float) -> str:
    return f"{number(round(now, 2))} ({number(round(known, 2))})"


def _table(years: Sequence[int], cells: Sequence[Sequence[str]]) -> list[str]:
    return TextTable(["", *map(str, years)], cells, frozenset(range(1, len(years) + 1))).text()
