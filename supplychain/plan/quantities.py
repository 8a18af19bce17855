"""Tables of quantities: what is supplied, built, installed, ordered and served."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from supplychain.case.calendar import online_year
from supplychain.model import commitments, cost, curves, earnings, fleet
from supplychain.model.labels import Var
from supplychain.results import schema
from supplychain.results.frames import frame, records
from supplychain.tolerances import QUANTITY_ROUNDING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from supplychain.plan.solved import Solved


def listed(solved: Solved, t: int) -> list[tuple[str, str]]:
    """Return the stages and places that have a limit or a use in a year."""
    places = ((s, p) for s in solved.on.stages for p in solved.on.places[s])
    return [(s, p) for s, p in places if solved.limit_of(s, p, t) > 0 or solved.used[s, p, t] > 0]


def stages(solved: Solved, prices: Mapping[tuple[str, str, int], tuple[float, float]]) -> pd.DataFrame:
    """Limit, use and two-sided price of every stage, place and year that has a limit or a use."""
    rows = []
    for t in solved.case.report_years:
        for s, p in listed(solved, t):
            limits = [solved.limits[s, k, p, t] for k in solved.on.suppliers[s, p]]
            total, used = solved.limit_of(s, p, t), solved.used[s, p, t]
            rows.append(
                {
                    "year": t,
                    "stage": s,
                    "place": p,
                    "unit": solved.on.stages[s]["unit"],
                    "capacity": math.fsum(x.capacity for x in limits),
                    "expanded": math.fsum(x.expanded for x in limits),
                    "allocated": math.fsum(x.allocated for x in limits),
                    "used": used,
                    "used_share": used / total if total else math.nan,
                    "stored": solved.x[Var.STORED].get((s, p, t), math.nan),
                    "gain_usd_per_unit": prices[s, p, t][0],
                    "loss_usd_per_unit": prices[s, p, t][1],
                }
            )
    return frame(schema.STAGES, rows, sort=schema.STAGES.key)


def supply(solved: Solved) -> pd.DataFrame:
    """What each supplier delivers, at which price, for how much cash; and what it is owed beyond."""
    rows = []
    unused = {(s, k, p, t): solved.x[Var.UNUSED][s, k, p, y, t] for s, k, p, y, t in settled(solved)}
    for (s, k, p, t), supplied in solved.x[Var.SUPPLY].items():
        limit = solved.limits[s, k, p, t].total
        if t in solved.case.report_years and (limit > 0 or supplied > 0 or unused.get((s, k, p, t))):
            rows.append(
                {
                    "year": t,
                    "stage": s,
                    "supplier": k,
                    "place": p,
                    "unit": solved.on.stages[s]["unit"],
                    "supplied": supplied,
                    "limit": limit,
                    "price_usd": cost.price(solved.m, s, k, p, t),
                    "spent_usd": cost.paid(solved.m, s, k, p, t),
                    "unused_usd": unused.get((s, k, p, t), math.nan),
                }
            )
    return frame(schema.SUPPLY, rows, sort=schema.SUPPLY.key)


def settled(solved: Solved) -> list[tuple[str, str, str, int, int]]:
    """Return the contracts with the year in which what is owed and not used is paid: the last of its term, or case."""
    return [(*index, end) for index, end in solved.on.terms.items()]


def service(solved: Solved, unlimited: Solved) -> pd.DataFrame:
    """Tokens served by tier; what is not, is blocked if it would be served were no stage limited, else uneconomic.

    What is charged more than it is worth is priced out. Tiers of a curve for which nothing is asked are left out.
    """
    rows = [
        {"year": t, "workload": w, "tier": j}
        | _tokens(solved, unlimited, (w, j, t), served)
        | {"value_usd_per_mtok": solved.n["value_usd_per_mtok"][w, j, t]}
        for (w, j, t), served in solved.x[Var.SERVE].items()
        if t in solved.case.report_years and (solved.n["demand_ttok"][w, j, t] or not curves.is_tier(j))
    ]
    rows += [
        {"year": t, "workload": w, "tier": j} | _all_priced_out(demand) | {"value_usd_per_mtok": value}
        for (w, j, t), (demand, value) in curves.split_off(solved.case).items()
        if t in solved.case.report_years
    ]
    return frame(schema.SERVICE, rows, sort=schema.SERVICE.key)


def _tokens(solved: Solved, unlimited: Solved, index: tuple[str, str, int], served: float) -> dict[str, float]:
    demand = solved.n["demand_ttok"][index]
    if earnings.priced_out(solved.m, *index):
        return _all_priced_out(demand)
    unserved, then = cost.unserved_tokens(solved.m, *index), unlimited.x[Var.SERVE][index]
    return _service("ttok", demand, served, unserved, then) | {"priced_out_ttok": 0.0}


def _all_priced_out(demand: float) -> dict[str, float]:
    return dict.fromkeys(_TOKENS, 0.0) | {"demand_ttok": demand, "priced_out_ttok": demand}


def service_by_workload(by_tier: pd.DataFrame) -> pd.DataFrame:
    """Add up the table `service` by workload, and say what is served is worth, in all and of the last token."""
    tiers: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for row in records(by_tier):
        tiers[row["year"], row["workload"]].append(row)
    rows = [
        {"year": t, "workload": w}
        | {name: math.fsum(row[name] for row in of_workload) for name in _TOKENS}
        | {
            "value_usd": math.fsum(
                cost.of_tokens(row["value_usd_per_mtok"], 1.0) * row["served_ttok"] for row in of_workload
            ),
            "last_value_usd_per_mtok": min(
                (row["value_usd_per_mtok"] for row in of_workload if _is_served(row)), default=math.nan
            ),
        }
        for (t, w), of_workload in tiers.items()
    ]
    return frame(schema.SERVICE_BY_WORKLOAD, rows, sort=schema.SERVICE_BY_WORKLOAD.key)


_TOKENS = tuple(f"{what}_ttok" for what in ("demand", "served", "blocked", "uneconomic", "priced_out"))


def _is_served(row: Mapping[str, Any]) -> bool:
    return bool(row["served_ttok"] > QUANTITY_ROUNDING * row["demand_ttok"])


def research_service(solved: Solved, unlimited: Solved) -> pd.DataFrame:
    """Research served by tier, likewise."""
    rows = [
        {"year": t, "tier": j}
        | _service(
            "h100e_years",
            solved.n["demand_h100e_years"][j, t],
            served,
            cost.unserved_research(solved.m, j, t),
            unlimited.x[Var.RESEARCH][j, t],
        )
        for (j, t), served in solved.x[Var.RESEARCH].items()
        if t in solved.case.report_years and (solved.n["demand_h100e_years"][j, t] or not curves.is_tier(j))
    ]
    return frame(schema.RESEARCH_SERVICE, rows, sort=schema.RESEARCH_SERVICE.key)


def blocked_worth(solved: Solved, unlimited: Solved, t: int) -> float:
    """Return what is held back in a year is worth, tokens and research, at the value of its tiers [USD]."""
    m, then = solved.m, unlimited.x
    tokens = (
        cost.token_value(m, w, j, t) * _blocked(m.demand_ttok[w, j, t], served, then[Var.SERVE][w, j, t])
        for (w, j, u), served in solved.x[Var.SERVE].items()
        if u == t
    )
    research = (
        cost.research_value(m, j, t) * _blocked(m.demand_h100e_years[j, t], done, then[Var.RESEARCH][j, t])
        for (j, u), done in solved.x[Var.RESEARCH].items()
        if u == t
    )
    return math.fsum(tokens) + math.fsum(research)


def _blocked(demand: float, served: float, unlimited: float) -> float:
    """Return what of a demand is not served, and would be if no stage were limited."""
    blocked = min(max(0.0, demand - served), max(0.0, unlimited - served))
    return blocked if blocked > QUANTITY_ROUNDING * demand else 0.0


def _service(unit: str, demand: float, served: float, unserved: float, unlimited: float) -> dict[str, float]:
    unserved = max(0.0, unserved)
    blocked = min(unserved, _blocked(demand, served, unlimited))
    return {
        f"demand_{unit}": demand,
        f"served_{unit}": served,
        f"blocked_{unit}": blocked,
        f"uneconomic_{unit}": unserved - blocked,
    }


def builds(solved: Solved) -> pd.DataFrame:
    """Accelerators built, installed and left waiting."""
    rows = []
    for a, t in solved.on.handle:
        row: dict[str, Any] = {
            "year": t,
            "accelerator": a,
            "built": solved.x[Var.BUILD].get((a, t), 0.0),
            "installed": math.fsum(solved.x[Var.INSTALL][a, r, t] for r in solved.on.regions),
            "warehouse": solved.x[Var.WAREHOUSE][a, t],
        }
        if t in solved.case.report_years and max(row["built"], row["installed"], row["warehouse"]) > 0:
            rows.append(row)
    return frame(schema.BUILDS, rows, sort=schema.BUILDS.key)


def commitments_kept(solved: Solved) -> pd.DataFrame:
    """What counted for each commitment, and what fell short."""
    rows = []
    for (c, t), row in solved.on.commitments.items():
        if t not in solved.case.report_years:
            continue
        stage = row["stage"]
        rows.append(
            {
                "year": t,
                "commitment": c,
                "unit": solved.on.stages[stage]["unit"] if stage else "units",
                "minimum": solved.n["minimum"][c, t],
                "delivered": commitments.delivered(solved.m, c, t),
                "shortfall": solved.x[Var.SHORTFALL][c, t],
            }
        )
    return frame(schema.COMMITMENTS_KEPT, rows, sort=schema.COMMITMENTS_KEPT.key)


def installed_base(solved: Solved) -> pd.DataFrame:
    """What is owned and what operates, by region, in units and H100 equivalents."""
    rows = []
    for (a, r, t), operating in solved.x[Var.OPERATE].items():
        owned = fleet.owned(solved.m, a, r, t)
        if t in solved.case.report_years and owned > 0:
            h100e = solved.n["h100e"][a]
            rows.append(
                {
                    "year": t,
                    "accelerator": a,
                    "region": r,
                    "owned": owned,
                    "operating": operating,
                    "h100e_owned": h100e * owned,
                    "h100e_operating": h100e * operating,
                }
            )
    return frame(schema.INSTALLED_BASE, rows, sort=schema.INSTALLED_BASE.key)


def orders(solved: Solved) -> pd.DataFrame:
    """Capacity ordered, and when it comes online."""
    rows = [
        {
            "order_year": u,
            "online_year": online_year(u, solved.on.lead[s, k, p, u]),
            "stage": s,
            "supplier": k,
            "place": p,
            "unit": solved.on.stages[s]["unit"],
            "amount": amount,
            "capex_usd": amount * solved.n["capex_usd_per_unit"][s, k, p, u],
        }
        for (s, k, p, u), amount in solved.x[Var.EXPAND].items()
        if u in solved.case.report_years and amount > 0
    ]
    return frame(schema.ORDERS, rows, sort=schema.ORDERS.key)


def requirements(solved: Solved, unconstrained: Solved) -> pd.DataFrame:
    """What each stage would supply with no limit on any stage, build, ramp or budget, beside what it can.

    A stage that only expansions use is required for what is missing elsewhere: need x the rise of what is missing,
    shared over the suppliers that may expand in proportion to what they may order in all.
    """
    on = solved.on
    available: dict[tuple[str, int], float] = defaultdict(float)
    required: dict[tuple[str, int], float] = defaultdict(float)
    for s, k, p, t in on.supply:
        available[s, t] += solved.limits[s, k, p, t].total
        required[s, t] += unconstrained.x[Var.SUPPLY][s, k, p, t]
    for s in on.stages:
        if not on.users[s] and not any(n == s for n, _ in on.supply_needs):
            required |= _to_expand(solved, s, available, required)
    rows = [
        {
            "year": t,
            "stage": s,
            "unit": row["unit"],
            "available": available[s, t],
            "required": required[s, t],
            "ratio": required[s, t] / available[s, t] if available[s, t] else math.nan,
        }
        for s, row in on.stages.items()
        for t in solved.case.report_years
    ]
    return frame(schema.REQUIREMENTS, rows, sort=schema.REQUIREMENTS.key)


def _to_expand(
    solved: Solved, s: str, available: dict[tuple[str, int], float], required: dict[tuple[str, int], float]
) -> dict[tuple[str, int], float]:
    on = solved.on
    room: dict[tuple[str, str], float] = defaultdict(float)
    for (stage, k, _, _), most in solved.n["max_expansion"].items():
        room[stage, k] += most
    of_stage: dict[str, float] = defaultdict(float)
    for (stage, _), most in room.items():
        of_stage[stage] += most
    needs = {need for (n, _), needed in on.expansion_needs.items() if n == s for need, _ in needed}
    total = dict.fromkeys(((s, t) for t in on.years), 0.0)
    for need in sorted(needs):
        expanded, k = need[0], need[1]
        share = room[expanded, k] / of_stage[expanded] if of_stage[expanded] else 0.0
        largest = 0.0
        for t in on.years:
            missing = max(0.0, required[expanded, t] - available[expanded, t])
            total[s, t] += solved.n["need"][need] * share * max(0.0, missing - largest)
            largest = max(largest, missing)
    return total
