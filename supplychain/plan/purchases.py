"""What to buy first: what the right to order more capacity is worth, and an earlier or a later delivery."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from supplychain import lp
from supplychain.case.calendar import arrives_by
from supplychain.limits import doing
from supplychain.model import build
from supplychain.model.labels import Var
from supplychain.plan.prices import rounded_price
from supplychain.results import schema
from supplychain.results.frames import frame
from supplychain.tolerances import OBJECTIVE_DIFFERENCE_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Collection

    from supplychain.lp import LabelledLP
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.plan.windows import Window


def options(solved_lp: SolvedLP, years: Collection[int]) -> pd.DataFrame:
    """Return the options of some years that would arrive inside the horizon, for the table `purchases`.

    `benefit_usd_per_unit` is what one unit more of the option would gain, all its costs paid, in USD of the order year;
    `benefit_loss_usd_per_unit` what one unit less would cost. An option that is not used up gains nothing by more, nor
    does one that is locked in.
    """
    solved = solved_lp.solved
    until = solved.case.locked_in.until if solved.case.locked_in else 0
    rows = []
    for index in solved.on.expand:
        s, k, p, u = index
        j = solved_lp.lp.column[Var.EXPAND, s, k, p, u]
        if u not in years or (solved_lp.decides is not None and not solved_lp.decides[j]):
            continue
        with doing(f"asking what an order of {s} from {k} in {u} is worth"):
            gain, loss = (0.0, 0.0) if u <= until else _benefit(solved_lp, j, u)
        ordered, capex = solved.x[Var.EXPAND][index], solved.n["capex_usd_per_unit"][index]
        unit, most = solved.on.stages[s]["unit"], solved.n["max_expansion"][index]
        rows.append(
            {
                "order_year": u,
                "stage": s,
                "supplier": k,
                "place": p,
                "unit": unit,
                "limit": most,
                "ordered": ordered,
                "benefit_usd_per_unit": gain,
                "benefit_loss_usd_per_unit": loss,
                "benefit_per_capex_usd": rounded_price(gain / capex) if capex else math.nan,
            }
        )
    return frame(schema.PURCHASES, rows)


def _benefit(solved_lp: SolvedLP, j: int, u: int) -> tuple[float, float]:
    """Return what one unit more, and one less, of the limit of an order is worth [USD of its year]."""
    limit = {solved_lp.lp.shape[0] + j: 1.0}
    gain = rounded_price(solved_lp.slopes.gain(limit) * solved_lp.usd(u))
    return gain, rounded_price(max(gain, solved_lp.slopes.loss(limit) * solved_lp.usd(u)))


def purchases(every_option: pd.DataFrame, years: Collection[int]) -> pd.DataFrame:
    """Return the table `purchases` of reported years from the options of all years.

    `last_useful_order_year` is the last year in which an order of this supplier at this place pays: it is used, or more
    of it would gain.
    """
    useful = every_option[(every_option["ordered"] > 0) | (every_option["benefit_usd_per_unit"] > 0)]
    last = useful.groupby(["stage", "supplier", "place"])["order_year"].max().to_dict()
    table = every_option[every_option["order_year"].isin(list(years))].sort_values(
        list(schema.PURCHASES.key), ignore_index=True
    )
    last_years = [last.get(key) for key in zip(table["stage"], table["supplier"], table["place"], strict=True)]
    return table.assign(last_useful_order_year=pd.array(last_years, dtype="Int64"))


def timing(window: Window) -> pd.DataFrame:
    """Return what it would be worth if an order arrived one year sooner or later, option by option.

    `shorter_usd` and `longer_usd` are what is gained if each unit of the option may also be had with a lead time one
    year shorter, or longer: the option as it is stays beside the new one, under the same limit. They are blank where
    there is no such lead time, or none that ends inside the window. `slip_usd` is what is lost if what is ordered
    arrives a year late, and not as it is; if that is behind the window the order is lost. It is below 0 if to be late
    saves, and infinite if an order of an earlier window needs it. Each is the difference of two optima, in USD of the
    order year, with six digits.

    Returns: one row for every option of the window's reported years, by order year, stage, supplier and place.
    """
    solved_lp, case = window.solved_lp, window.solved_lp.solved.case
    grafts = {by: lp.Grafts(solved_lp.slopes, solved_lp.lp, _with_longer_leads(window, by)) for by in (-1, +1)}
    rows = []
    for row in case.tables["expansion"]:
        u, lead = row["year"], row["lead_years"]
        if u not in window.years or row["max_expansion"] == 0:
            continue
        s, k, p = row["stage"], row["supplier"], row["place"]
        label = (Var.EXPAND, s, k, p, u)
        values = dict.fromkeys(("shorter", "longer", "slip"), math.nan)
        usd = solved_lp.usd(u)
        with doing(f"asking what it is worth if an order of {s} from {k} in {u} arrives sooner or later"):
            if lead > 0 and arrives_by(u, lead - 1, window.last):
                values["shorter"] = grafts[-1].beside(label) * usd
            if arrives_by(u, lead, window.last):
                if arrives_by(u, lead + 1, window.last):
                    values["longer"] = grafts[+1].beside(label) * usd
                values["slip"] = grafts[+1].instead(label) * usd
        ordered = solved_lp.solved.x[Var.EXPAND].get((s, k, p, u), 0.0)
        unit = solved_lp.solved.on.stages[s]["unit"]
        rows.append(
            {
                "order_year": u,
                "stage": s,
                "supplier": k,
                "place": p,
                "unit": unit,
                "lead_years": lead,
                "limit": row["max_expansion"],
                "ordered": ordered,
                **{f"{name}_usd": significant(x, OBJECTIVE_DIFFERENCE_DIGITS) for name, x in values.items()},
            }
        )
    return frame(schema.TIMING, rows, sort=schema.TIMING.key)


def _with_longer_leads(window: Window, by: int) -> LabelledLP:
    """Return the LP with every lead time longer by some years; options with no such lead are left out."""
    case = window.solved_lp.solved.case
    rows = [{**row, "lead_years": row["lead_years"] + by} for row in case.tables["expansion"]]
    kept = tuple(row for row in rows if row["lead_years"] >= 0)
    changed = replace(case, tables={**case.tables, "expansion": kept})
    m = build(changed)
    return window.seen(lp.from_pyomo(m), m.on)
