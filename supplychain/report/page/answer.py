"""The answer in three sentences and four numbers, and how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.plan.bottlenecks import DEMAND
from supplychain.report.formats import plain, short
from supplychain.report.page.blocks import Heading, Key, Keys, Listed, Number, Section, Sentences
from supplychain.report.page.report_data import BACKCAST, SENSITIVITY, ReportData, binding_of
from supplychain.report.text.answer import not_told_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.report.page.blocks import Part, Said

WEAK = ("estimated", "assumed")
"""Evidence that is low."""

_NAME = 60
"""Characters of a name in a sentence."""


def section(given: ReportData) -> Section:
    """Return the first part of the page."""
    return Section(
        "answer",
        "The answer",
        "",
        [
            *(Sentences(said, strong=True) for said in (_binds(given), _serves(given), _buys(given)) if said),
            Keys(_keys(given)),
            Heading("How sure it is"),
            Listed(_sure(given)),
        ],
    )


def _binds(given: ReportData) -> Said:
    rows, groups = binding_of(given, "stage"), binding_of(given, "group")
    runs: list[tuple[str, list[int]]] = []
    for t in given.years:
        label = _label(given, rows[t], groups[t])
        if runs and runs[-1][0] == label:
            runs[-1][1].append(t)
        else:
            runs.append((label, [t]))
    parts: list[Part] = []
    for n, (label, years) in enumerate(runs):
        parts += [
            "; " if n else "",
            f"{label} binds {_span(years)}",
        ]
        first, last = years[0], years[-1]
        if rows[first]["state"] != DEMAND and not math.isnan(rows[first]["annual_gain_usd_per_pct"]):
            parts += [": 1 % more is worth ", _gain(given, first), " a year"]
            if last > first:
                parts += [f" in {first} and ", _gain(given, last), f" in {last}"]
    return (*parts, ".")


def _label(given: ReportData, stage: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """Return what binds in a year, with the group that does; demand if no relief would serve more."""
    if stage["state"] == DEMAND:
        return "demand, and no stage,"
    own = {given.group_of.get(name) for name in str(stage["members"]).split(" + ")}
    other = "" if own == set(str(group["members"]).split(" + ")) else "among groups: "
    return f"{short(stage['members'], _NAME)} [{other}{short(group['members'], _NAME)}]"


def _span(years: Sequence[int]) -> str:
    return f"in {years[0]}" if len(years) == 1 else f"in {years[0]}-{years[-1]}"


def _gain(given: ReportData, t: int) -> Number:
    return given.tables.only("binding", "annual_gain_usd_per_pct", year=t, level="stage").usd()


def _serves(given: ReportData) -> Said:
    first, last = given.years[0], given.years[-1]
    asked, served = (given.tables.sum("service", f"{c}_ttok", year=last) for c in ("demand", "served"))
    if not asked.value:
        return (f"No tokens are asked for in {last}.",)
    average, marginal = (_cost(given, c, last) for c in ("average", "marginal"))
    said: list[Part] = [
        "Of ",
        asked.over(1e3),
        f" · 10¹⁵ tokens asked for in {last}, ",
        (served / asked).per_cent(),
        " are served",
    ]
    if not math.isnan(average.value):
        said += [", at ", average, " USD per million on average"]
        if last > first and not math.isnan(_cost(given, "average", first).value):
            said += [" (", _cost(given, "average", first), f" in {first})"]
    if not math.isnan(marginal.value):
        said += ["; one million more would cost ", marginal, " USD"]
    return (*said, ".")


def _cost(given: ReportData, what: str, t: int) -> Number:
    return given.tables.only("token_cost", f"{what}_usd_per_mtok", year=t, workload=schema.ALL)


def best_option(given: ReportData) -> dict[str, Any] | None:
    """Return the option to order of which one unit more is worth most per dollar; None if none is worth its cost."""
    rows = [r for r in given.tables.rows("purchases").records() if r["benefit_per_capex_usd"] > 0]
    return max(rows, key=lambda r: r["benefit_per_capex_usd"], default=None)


def _buys(given: ReportData) -> Said:
    best = best_option(given)
    if best is None:
        return ("No order of capacity that the case allows would be worth more than it costs.",)
    key = {name: best[name] for name in ("order_year", "stage", "supplier", "place")}
    option = f"{short(best['stage'], _NAME)} ({short(best['supplier'], _NAME)}, {short(best['place'], _NAME)})"
    said: list[Part] = [
        f"First to buy: the right to order more {option} in {best['order_year']}; a dollar of it is worth ",
        given.tables.only("purchases", "benefit_per_capex_usd", **key).usd(),
        " beyond its cost",
    ]
    if not math.isnan(best["last_useful_order_year"]):
        said.append(f", and orders pay up to {best['last_useful_order_year']:.0f}")
    return (*said, ".")


def _keys(given: ReportData) -> list[Key]:
    first, last, tables = given.years[0], given.years[-1], given.tables
    stage = binding_of(given, "stage")[first]
    worth: Said = ("demand",) if stage["state"] == DEMAND else (_gain(given, first),)
    if stage["state"] != DEMAND and math.isnan(stage["annual_gain_usd_per_pct"]):
        worth = ("there is none",)
    served, asked = (tables.sum("service", f"{c}_ttok", year=last) for c in ("served", "demand"))
    average = _cost(given, "average", last)
    capital = tables.sum("economics", "capital_usd")
    spent = f"{first}-{last}" if last > first else str(first)
    return [
        Key(
            f"1 % more of what binds in {first}",
            worth,
            (short(stage["members"], 40) + ", worth a year" if stage["state"] != DEMAND else "no stage binds",),
        ),
        Key(
            f"tokens served in {last}, 10¹⁵",
            (served.over(1e3),),
            ((served / asked).per_cent(), " of what is asked for") if asked.value else ("none are asked for",),
        ),
        Key(
            f"USD per million tokens in {last}",
            ("none" if math.isnan(average.value) else average,),
            ("average; marginal ", _cost(given, "marginal", last))
            if not math.isnan(average.value)
            else ("no cost per token",),
        ),
        Key(
            f"capital spent {spent}",
            (capital.usd(),),
            (tables.only("economics", "capital_usd", year=last).usd(), f" in {last}"),
        ),
    ]


def _sure(given: ReportData) -> list[Said]:
    gap, again = (
        given.tables.fact("certificate", name) for name in ("duality_gap_relative", "solved_again_objective_relative")
    )
    points: list[Said] = [
        (
            "The arithmetic is certified: duality gap at most ",
            gap,
            "; a second algorithm from nothing agrees to ",
            again,
            ". What is in doubt is the inputs.",
        ),
        *_labels(given),
        *((f"{plain(line)}.",) for line in not_told_apart(given.plan, given.years)),
        _evidence(given),
    ]
    if BACKCAST in given.studies:
        points.append(("Against the past: ", *given.score, "."))
    return points


def _labels(given: ReportData) -> list[Said]:
    if SENSITIVITY not in given.studies:
        return [
            ("How firmly the labels stand against the ranges of the inputs was not tried: no sensitivity was given.",)
        ]
    rows = given.tables.rows("sensitivity:labels").records()
    points: list[Said] = []
    for level in ("stage", "group"):
        ours = [r for r in rows if r["level"] == level]
        least = min(ours, key=lambda r: r["keeps"] / r["moves"])
        keeps = given.tables.only("sensitivity:labels", "keeps", year=least["year"], level=level)
        moves = given.tables.only("sensitivity:labels", "moves", year=least["year"], level=level)
        points.append(
            (
                f"The {level} that binds is kept by at least ",
                (keeps / moves).per_cent(),
                " of the ",
                Number(moves.value, moves.origin, f"{moves.value:,.0f}"),
                f" moves of one input to an end of its range (fewest in {least['year']}).",
            )
        )
    return points


def _evidence(given: ReportData) -> Said:
    total = given.evidence(*schema.EVIDENCE)
    if not total.value:
        return ("No input names a source.",)
    said: list[Part] = []
    for tier in schema.EVIDENCE:
        if given.evidence(tier).value:
            said += [", " if said else " ", (given.evidence(tier) / total).per_cent(), f" {tier}"]
    low = (given.evidence(*WEAK) / total).per_cent()
    return (
        "Of ",
        total,
        " rows of input",
        *said,
        "; ",
        low,
        " rest on low evidence, and are marked in the tables below.",
    )
