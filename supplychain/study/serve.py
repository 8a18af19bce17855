"""The cheapest way to serve more: which reliefs, what they cost, who needs them; or what stands in the way."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from supplychain import lp, schema, units
from supplychain.limits import doing, limited
from supplychain.lp.attain import AT_LEAST, AT_MOST
from supplychain.model import cost
from supplychain.model.labels import Constraint, Var
from supplychain.model.supply import ACCELERATOR
from supplychain.notebook import Shown
from supplychain.plan import versions
from supplychain.plan.caps import capital_by_year
from supplychain.plan.hard import KEPT_RESEARCH, KEPT_TOKENS, REQUIRED, HardLP, Met
from supplychain.plan.reliefs import Added, Relief
from supplychain.plan.required import requirements_of
from supplychain.plan.windows import solve_windows
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study.attainability import BUDGET, BUILD, CAPACITY, ORDER, RESEARCH, SHARE, NamedLimit, named_limits
from supplychain.tolerances import (
    GAIN_PART_ROUNDING,
    NO_SHORTAGE,
    OBJECTIVE_ROUNDING,
    PRICE_DIGITS,
    QUANTITY_ROUNDING,
    REGRET_DIGITS,
    significant,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from supplychain.case import Case
    from supplychain.plan.caps import Capital
    from supplychain.results.schema import Kind

MET, CANNOT = "met", "cannot be had"
"""Whether some plan meets all that is required."""

PRODUCTION, KEPT, PROMISED = "production", "service", "orders"
"""What stands in the way and is no limit of the case: nothing is made any more, or yet; what is served already, and
what is promised already, which stays."""


@dataclass(frozen=True, repr=False, eq=False)
class Served(Answer, Shown):
    """What it takes to serve more: tables `reliefs`, `requirements_met` and `held_back_by`, and `repair` if they clash.

    Where requirements clash, `reliefs` and what is served are those of the plan with the cheapest way out.
    """

    case: Case
    kind: Kind = field(default="serve", kw_only=True)

    @property
    def can_be_had(self) -> bool:
        """Whether some plan meets all that is required."""
        return bool(self.summary["status"] == MET)


@limited("looking for the cheapest way to serve more")
def serve(  # noqa: PLR0913 - what is asked for has its defaults
    case: Case,
    requirements: str | Iterable[str],
    *,
    capital: Capital | None = None,
    relief_price: float | None = None,
    any_relief: bool = False,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Served:
    """Find the cheapest set of reliefs with which a case serves what is required.

    A requirement names a year, perhaps a workload, and per cent more than the case serves or an amount of 10^12 tokens:
    `'2028: +20%'`, `'2028, chat: 500'`; all of them have to be met at once, and within `capital`: USD of every reported
    year, or by year. Nothing is served less, and no commitment falls shorter, than in the plan of the case. The plan is
    that of least discounted spending. A relief is priced like the dearest option to expand of its stage at the place,
    else anywhere, from its year on; with `relief_price` at so many times the dearest price of the stage, for a year.
    `time_limit` is in seconds, for all that is solved.

    Raises: ValueError if a requirement, the capital or the price is not valid, or the case has limited foresight; and
    what `solve` raises.
    """
    if case.settings.foresight_years is not None:
        message = (
            "serve asks a plan that knows all years, and the case decides them with "
            f"foresight_years = {case.settings.foresight_years}; must be perfect foresight: --foresight perfect"
        )
        raise ValueError(message)
    if relief_price is not None and not (math.isfinite(relief_price) and relief_price > 0):
        message = f"relief price: {relief_price:g}; must be more than 0, and finite"
        raise ValueError(message)
    listed = requirements_of(case, requirements)
    caps = {} if capital is None else capital_by_year(case, capital)
    progress("solving the case")
    solved_lp = next(iter(solve_windows(case, progress))).solved_lp
    none_served = [str(r) for r in listed if r.is_more and not r.served(solved_lp.solved) > 0]
    if none_served:
        message = f"serve: the case serves nothing of {'; '.join(none_served)}; give an amount, as '2028: 500'"
        raise ValueError(message)
    progress("looking for the cheapest way")
    hard = HardLP(solved_lp, listed, caps=caps, relief_price=relief_price, any_relief=any_relief)
    return _Question(hard, relief_price).answer(progress)


class _Question:
    """An LP with hard requirements, and what is said of its plans."""

    def __init__(self, hard: HardLP, relief_price: float | None) -> None:
        self._hard, self._relief_price = hard, relief_price
        self._solved, self._case, self._discount = hard.solved, hard.solved.case, hard.solved.n["discount"]

    def answer(self, progress: Callable[[str], None]) -> Served:
        """Look for the cheapest plan; where there is none, for what stands in the way, and for the cheapest way out."""
        hard = self._hard
        met = hard.cheapest()
        if met is not None:
            marginal, held_back_by = self._marginal(met), self._priced(met)
            progress("asking which reliefs pay by themselves")
            anyway = hard.anyway()
            return self._answered(MET, met, anyway, self._requirements(met, marginal, {}), held_back_by, [])
        progress("looking for the cheapest way out")
        repaired = hard.repaired()
        progress("asking what stands in the way")
        most, held_back_by = self._in_the_way()
        rows = list(self._gives_way(repaired))
        return self._answered(CANNOT, repaired, None, self._requirements(repaired, {}, most), held_back_by, rows)

    def _answered(  # noqa: PLR0913, PLR0917 - what all answers have
        self,
        status: str,
        plan: Met,
        anyway: Met | None,
        requirements: list[dict[str, Any]],
        held_back_by: list[dict[str, Any]],
        repair: list[dict[str, Any]],
    ) -> Served:
        hard, reliefs = self._hard, list(self._reliefs(plan, anyway))
        spent = float(cost.spending(self._solved.m))
        now = self._spending(plan)
        summary = {
            "case": self._case.settings.name,
            "requirements": [str(r) for r in hard.requirements],
            "status": status,
            "cost_usd": self._difference(now, spent),
            "anyway_usd": None if anyway is None else self._difference(self._spending(anyway), spent),
            "reliefs_usd": significant(math.fsum(row["usd"] for row in reliefs), REGRET_DIGITS),
            "repair_usd": significant(math.fsum(row["usd"] for row in repair), REGRET_DIGITS) if repair else 0.0,
            "capital_usd": {str(t): usd for t, usd in hard.caps.items()},
            "relief_price": self._relief_price,
            "any_relief": hard.any_relief,
            "versions": versions(),
            "inputs_sha256": self._case.sha256,
        }
        given = {
            result_schema.REQUIREMENTS_MET: requirements,
            result_schema.RELIEFS: reliefs,
            result_schema.HELD_BACK_BY: held_back_by,
            result_schema.REPAIR: repair,
        }
        return Served(summary, {table.name: frame(table, rows) for table, rows in given.items()}, self._case)

    def _spending(self, plan: Met) -> float:
        """Return what a plan spends, reliefs included, discounted [USD]."""
        return math.fsum((self._hard.lp.cost * plan.x).tolist()) / self._hard.money

    @staticmethod
    def _difference(usd: float, before: float) -> float:
        difference = usd - before
        rounding = OBJECTIVE_ROUNDING * max(abs(usd), abs(before))
        return significant(difference, REGRET_DIGITS) if abs(difference) > rounding else 0.0

    def _marginal(self, met: Met) -> dict[int, float]:
        """Return what a million tokens more would cost, by requirement, in USD of its year."""
        slopes = lp.Slopes(met.lp, met.optimum, met.x)
        marginal = {}
        for n, requirement in enumerate(self._hard.requirements):
            with doing(f"asking what a million tokens more would cost in {requirement.year}"):
                more = slopes.loss({met.lp.row[REQUIRED, n, requirement.year]: 1 / units.MTOK_PER_TTOK})
            usd = more / self._hard.money / self._discount[requirement.year]
            marginal[n] = significant(usd, PRICE_DIGITS) if math.isfinite(usd) else math.inf
        return marginal

    def _requirements(
        self, plan: Met, marginal: Mapping[int, float], most: Mapping[int, float]
    ) -> list[dict[str, Any]]:
        hard = self._hard
        rows = [
            {
                "year": requirement.year,
                "workload": requirement.workload,
                "before_ttok": hard.before[n],
                "required_ttok": hard.required[n],
                "served_ttok": requirement.served(plan.solved),
                "at_most_ttok": most.get(n, math.nan),
                "marginal_usd_per_mtok": marginal.get(n, math.nan),
            }
            for n, requirement in enumerate(hard.requirements)
        ]
        return sorted(rows, key=lambda row: (row["year"], row["workload"]))

    def _reliefs(self, plan: Met, anyway: Met | None) -> Iterator[dict[str, Any]]:
        """Yield what is relieved, and how much of it would be if nothing were required."""
        column = plan.lp.column
        amounts = {relief: float(plan.x[column[relief.label]]) for relief in self._hard.reliefs}
        needed = self._needed_by_reliefs(amounts)
        rows = []
        for relief, amount in amounts.items():
            s, p, t = relief.stage, relief.place, relief.year
            used = max(plan.solved.used[s, p, t], self._solved.limit_of(s, p, t))
            if amount <= NO_SHORTAGE * used or amount <= 0:
                continue
            without = 0.0 if anyway is None else min(amount, float(anyway.x[column[relief.label]]))
            rows.append(
                {
                    "year": t,
                    "stage": s,
                    "supplier": relief.supplier,
                    "place": p,
                    "unit": self._solved.on.stages[s]["unit"],
                    "amount": amount,
                    "anyway": without if without > NO_SHORTAGE * used else 0.0,
                    "usd": amount * relief.usd,
                    "priced_by": relief.basis,
                    "needed_by": self._needed_by(plan, needed, s, p, t),
                }
            )
        yield from sorted(rows, key=lambda row: tuple(row[k] for k in result_schema.RELIEFS.key))

    @staticmethod
    def _needed_by_reliefs(amounts: Mapping[Relief, float]) -> Mapping[tuple[str, str, int], dict[str, float]]:
        needed: dict[tuple[str, str, int], dict[str, float]] = defaultdict(dict)
        for relief, amount in amounts.items():
            for n, place, quantity in relief.needs:
                if amount > 0:
                    of = needed[n, place, relief.year]
                    name = f"{relief.stage}/{relief.supplier}"
                    of[name] = of.get(name, 0.0) + quantity * amount
        return needed

    @staticmethod
    def _needed_by(plan: Met, reliefs: Mapping[tuple[str, str, int], dict[str, float]], s: str, p: str, t: int) -> str:
        """Return who uses a stage there and then, those of most first: accelerators, or suppliers of other stages."""
        amounts = defaultdict(float, reliefs.get((s, p, t), {}))
        for (kind, *names), amount in plan.solved.uses[s, p, t].items():
            amounts[names[0] if kind == ACCELERATOR else "/".join(names[:2])] += amount
        return schema.SUM.join(sorted(amounts, key=lambda name: (-amounts[name], name)))

    def _gives_way(self, plan: Met) -> Iterator[dict[str, Any]]:
        """Yield what has to give way, in its units, and what that is priced at."""
        rows = []
        for g in self._hard.gives_way:
            amount = float(plan.x[plan.lp.column[g.label]])
            if amount > NO_SHORTAGE * self._hard.size(g):
                rows.append(
                    {
                        "year": g.year,
                        "what": str(g.what),
                        "item": g.item,
                        "supplier": g.supplier,
                        "place": g.place,
                        "unit": g.unit,
                        "amount": amount,
                        "usd": amount * g.usd,
                    }
                )
        yield from sorted(rows, key=lambda row: tuple(row[k] for k in result_schema.REPAIR.key))

    def _named(self) -> dict[NamedLimit, lp.Limit]:
        """Return the limits that may stand in the way: those that no relief lifts, and what stays as it is."""
        hard, on = self._hard, self._solved.on
        named = {
            name: limit
            for name, limit in named_limits(hard.lp, on)
            if name.kind != RESEARCH
            and (name.kind not in {CAPACITY, SHARE, ORDER} or (name.of, name.supplier, name.place) in hard.not_relieved)
            and not (name.kind == BUDGET and name.year in hard.caps)
        }
        for label, i in hard.lp.row.items():
            if label[0] == Added.BUILD:
                named[NamedLimit(BUILD, label[1], label[2], "units")] = lp.Limit(rows=[i])
            elif label[0] == KEPT_TOKENS:
                named[NamedLimit(KEPT, label[1], label[2], result_schema.TTOK)] = lp.Limit(rows=[i])
            elif label[0] == KEPT_RESEARCH:
                named[NamedLimit(KEPT, "", label[1], result_schema.H100E_YEARS)] = lp.Limit(rows=[i])
        for (c, t), row in on.commitments.items():
            unit = "units" if row["stage"] is None else on.stages[row["stage"]]["unit"]
            named[NamedLimit(PROMISED, c, t, unit)] = lp.Limit(columns=[hard.lp.column[Var.SHORTFALL, c, t]])
        return named

    def _priced(self, met: Met) -> list[dict[str, Any]]:
        """Return the limits of which one per cent more would make it cheaper, those that help most first."""
        slopes = lp.Slopes(met.lp, met.optimum, met.x)
        rows, columns = -met.optimum.y, -met.optimum.reduced
        limits = self._named() | {
            name: limit for name, limit in named_limits(met.lp, self._solved.on) if name.kind != RESEARCH
        }
        listed = []
        for name, limit in limits.items():
            upper = {i: float(met.lp.row_upper[i]) for i in limit.rows}
            upper |= {met.lp.shape[0] + j: float(met.lp.column_upper[j]) for j in limit.columns}
            has_price = any(rows[i] > 0 for i in limit.rows) or any(columns[j] > 0 for j in limit.columns)
            direction = {i: units.PERCENT * amount for i, amount in upper.items() if amount > 0}
            if name.year > self._hard.last or name.kind in {KEPT, PROMISED} or not (has_price and direction):
                continue
            with doing(f"asking what more of {name} would save"):
                usd = float(slopes.gain(direction)) / self._hard.money / self._discount[name.year]
            if usd > 0:
                listed.append(self._limit_row(name, math.fsum(upper.values())) | {"saves_usd_per_pct": usd})
        least = GAIN_PART_ROUNDING * max((row["saves_usd_per_pct"] for row in listed), default=0.0)
        kept = [row | {"saves_usd_per_pct": significant(row["saves_usd_per_pct"], PRICE_DIGITS)} for row in listed
                if row["saves_usd_per_pct"] > least]  # fmt: skip
        return sorted(kept, key=_limit_key)

    def _limit_row(self, name: NamedLimit, amount: float) -> dict[str, Any]:
        in_case = 1 / self._hard.money if name.kind == BUDGET else 1.0
        return {"year": name.year, "limit": name.kind, **name.cells, "value": amount * in_case}

    def _in_the_way(self) -> tuple[dict[int, float], list[dict[str, Any]]]:
        """Return the most that each requirement alone may have, and limits that exclude what is required together.

        The set is irreducible: without any one of them some plan meets all that is required.
        """
        hard, whole = self._hard, self._hard.without_requirements()
        ranges = [
            lp.Range(lp.Linear({whole.column[label]: 1.0 for label in hard.counted(n)}), amount, math.inf)
            for n, amount in enumerate(hard.required)
        ]
        ranges += [lp.Range(self._spent(whole, t), -math.inf, usd) for t, usd in hard.caps.items()]
        named = self._named()
        asked = lp.Ranges(whole, ranges, named)
        with doing("asking how much can be served at most"):
            most = {n: self._at_most(n, asked.reach(n, 0.0).value) for n in range(len(hard.required))}
        sides = [2 * n + AT_LEAST for n in range(len(hard.required))]
        sides += [2 * n + AT_MOST for n in range(len(hard.required), len(ranges))]
        with doing("asking what stands in the way"):
            excluded = asked.excluded(sides)
        rows = [self._limit_row(name, abs(named[name].amount(hard.lp))) for name in excluded.limits]
        years = list(hard.caps)
        for side in excluded.sides:
            n = side // 2 - len(hard.required)
            if n >= 0:
                name = NamedLimit(BUDGET, "", years[n], "USD")
                rows.append(self._limit_row(name, hard.caps[years[n]] * hard.money))
        if not rows:
            needed = {hard.requirements[side // 2] for side in excluded.sides}
            rows = [
                self._limit_row(NamedLimit(PRODUCTION, r.workload, r.year, result_schema.TTOK), most[n])
                for n, r in enumerate(hard.requirements)
                if r in needed
            ]
        return most, sorted(rows, key=_limit_key)

    def _at_most(self, n: int, most: float) -> float:
        """Return the most that is served, without what is rounding beside what the case serves."""
        before = self._hard.before[n]
        return before if abs(most - before) <= QUANTITY_ROUNDING * before else most

    def _spent(self, whole: lp.LabelledLP, t: int) -> lp.Linear:
        """Return the cash that a year's budget counts [USD]."""
        in_row = whole.indices == whole.row[Constraint.BUDGET, t]
        columns, entries = whole.column_of_entry[in_row].tolist(), whole.entries[in_row].tolist()
        return lp.Linear({j: x / self._hard.money for j, x in zip(columns, entries, strict=True)})


def _limit_key(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (-row.get("saves_usd_per_pct", 0.0), *(row[k] for k in result_schema.HELD_BACK_BY.key))
