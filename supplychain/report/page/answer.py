"""The answer in three sentences and four numbers, and how sure it is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from supplychain import schema
from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.measures import CASH, TOKENS
from supplychain.report.formats import plain, short
from supplychain.report.names import Names
from supplychain.report.page.blocks import BulletList, Heading, KeyFigure, KeyFigures, Number, Paragraph, Section
from supplychain.report.page.report_data import BACKCAST, SENSITIVITY, UNCERTAINTY, ReportData, uncertainty_not_run
from supplychain.report.text import how_sure
from supplychain.report.text.overview import not_told_apart
from supplychain.results.frames import rows_by_year
from supplychain.study.draws import PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.report.page.blocks import Sentence, SentencePart

_NAME, _SHORT = 90, 40
"""Characters of a name in a sentence, and beside a number."""


def section(report_data: ReportData) -> Section:
    """Return the first part of the page."""
    return Section(
        "answer",
        "The answer",
        "",
        [
            *(
                Paragraph(sentence, strong=True)
                for sentence in (_binds(report_data), _serves(report_data), _buys(report_data))
                if sentence
            ),
            *(Paragraph((line,)) for line in _in_brackets(report_data)),
            KeyFigures(_keys(report_data)),
            Heading("How sure it is"),
            *uncertainty_not_run(report_data),
            BulletList(_certainty(report_data)),
        ],
    )


def _binds(report_data: ReportData) -> Sentence:
    stages, rows = rows_by_year(report_data.plan.binding, "stage"), rows_by_year(report_data.plan.binding, "group")
    runs: list[tuple[str, list[int]]] = []
    for t in report_data.years:
        label = _label(report_data, rows[t], stages[t])
        if runs and runs[-1][0] == label:
            runs[-1][1].append(t)
        else:
            runs.append((label, [t]))
    parts: list[SentencePart] = []
    for n, (label, years) in enumerate(runs):
        parts += [
            "; " if n else "",
            f"{label if n else label[:1].upper() + label[1:]} binds {_span(years)}",
            *_in_draws(report_data, rows, years),
        ]
        first, last = years[0], years[-1]
        if rows[first]["state"] != DEMAND and not math.isnan(rows[first]["annual_gain_usd_per_pct"]):
            parts += [": 1 % more is worth ", _gain(report_data, first), " a year"]
            if last > first:
                parts += [f" in {first} and ", _gain(report_data, last), f" in {last}"]
    return (*parts, ".")


def _in_draws(report_data: ReportData, rows: Mapping[int, Mapping[str, Any]], years: Sequence[int]) -> Sentence:
    """Return in which share of the draws the group binds in some years, from the least to the most."""
    if UNCERTAINTY not in report_data.studies:
        return ()
    shares = [report_data.probability(t, "group", rows[t]["members"]) for t in years]
    least, most = (end(shares, key=lambda share: share.value) for end in (min, max))
    some: Sentence = (least.per_cent(),) if least.value == most.value else (least.per_cent(), " to ", most.per_cent())
    return (" (the group in ", *some, " of joint draws)")


def _label(report_data: ReportData, group: Mapping[str, Any], stage: Mapping[str, Any]) -> str:
    """Return the group that binds in a year, and its stage; demand if no relief would serve more."""
    if group["state"] == stage["state"] == DEMAND:
        return "demand, and no stage,"
    return Names(report_data.case).binds(group["members"], stage["members"], _NAME)


def _in_brackets(report_data: ReportData) -> list[str]:
    """Return what a stage in brackets means, if some year has one."""
    rows = [rows_by_year(report_data.plan.binding, level) for level in ("group", "stage")]
    return Names(report_data.case).legend([tuple(by_year[t]["members"] for by_year in rows) for t in report_data.years])


def _span(years: Sequence[int]) -> str:
    return f"in {years[0]}" if len(years) == 1 else f"in {years[0]}-{years[-1]}"


def _gain(report_data: ReportData, t: int) -> Number:
    return report_data.tables.only("binding", "annual_gain_usd_per_pct", year=t, level="group").usd()


def _serves(report_data: ReportData) -> Sentence:
    last = report_data.years[-1]
    demanded, served = (report_data.tables.sum("service", f"{c}_ttok", year=last) for c in ("demand", "served"))
    if not demanded.value:
        return (f"No tokens are asked for in {last}.",)
    if not report_data.tables.sum("service", "served_ttok").value:
        return ("No token is served in any year; ", demanded.over(1e3), f" · 10¹⁵ are asked for in {last}.")
    average, marginal = (_cost(report_data, c, last) for c in ("average", "marginal"))
    parts: list[SentencePart] = [
        "Of ",
        demanded.over(1e3),
        f" · 10¹⁵ tokens asked for in {last}, ",
        (served / demanded).per_cent(),
        " are served",
    ]
    if not math.isnan(average.value):
        parts += [", at ", average, " USD per million on average", *_beside_cost(report_data)]
    if not math.isnan(marginal.value):
        parts += ["; one million more would cost ", marginal, " USD"]
    return (*parts, ".")


def _beside_cost(report_data: ReportData) -> Sentence:
    """Return in brackets what the average cost of the last year is in the first, and its band."""
    first, last = report_data.years[0], report_data.years[-1]
    of_first, band = _cost(report_data, "average", first), report_data.band(PER_MTOK, last)
    before: Sentence = () if first == last or math.isnan(of_first.value) else (of_first, f" in {first}")
    both: Sentence = (*before, *("; " for _ in band[:1] if before), *band)
    return (" (", *both, ")") if both else ()


def _cost(report_data: ReportData, kind: str, t: int) -> Number:
    return report_data.tables.only("token_cost", f"{kind}_usd_per_mtok", year=t, workload=schema.ALL)


def best_option(report_data: ReportData) -> dict[str, Any] | None:
    """Return the option to order of which one unit more is worth most per dollar; None if none is worth its cost."""
    rows = [r for r in report_data.tables.rows("purchases").records() if r["benefit_per_capex_usd"] > 0]
    return max(rows, key=lambda r: r["benefit_per_capex_usd"], default=None)


def _buys(report_data: ReportData) -> Sentence:
    best = best_option(report_data)
    if best is None:
        return ("No order of capacity that the case allows would be worth more than it costs.",)
    key = {name: best[name] for name in ("order_year", "stage", "supplier", "place")}
    option = f"{short(best['stage'], _NAME)} ({short(best['supplier'], _NAME)}, {short(best['place'], _NAME)})"
    parts: list[SentencePart] = [
        f"First to buy: the right to order more {option} in {best['order_year']}; a dollar of it is worth ",
        report_data.tables.only("purchases", "benefit_per_capex_usd", **key).usd(),
        " beyond its cost",
    ]
    if not math.isnan(best["last_useful_order_year"]):
        parts.append(f", and orders pay up to {best['last_useful_order_year']:.0f}")
    return (*parts, ".")


def _keys(report_data: ReportData) -> list[KeyFigure]:
    first, last, tables = report_data.years[0], report_data.years[-1], report_data.tables
    group = rows_by_year(report_data.plan.binding, "group")[first]
    worth: Sentence = ("demand",) if group["state"] == DEMAND else (_gain(report_data, first),)
    if group["state"] != DEMAND and math.isnan(group["annual_gain_usd_per_pct"]):
        worth = ("there is none",)
    called = f"{Names(report_data.case).groups(group['members'], _SHORT)}, worth a year"
    served, demanded = (tables.sum("service", f"{c}_ttok", year=last) for c in ("served", "demand"))
    average = _cost(report_data, "average", last)
    capital = tables.sum("economics", "capital_usd")
    spent = f"{first}-{last}" if last > first else str(first)
    return [
        KeyFigure(
            f"1 % more of what binds in {first}",
            worth,
            (called if group["state"] != DEMAND else "no group binds",),
        ),
        KeyFigure(
            f"tokens served in {last}, 10¹⁵",
            (served.over(1e3),),
            (
                (served / demanded).per_cent(),
                " of what is asked for",
                *_beside(report_data.band(TOKENS, last, unit=1e3)),
            )
            if demanded.value
            else ("none are asked for",),
        ),
        KeyFigure(
            f"USD per million tokens in {last}",
            ("none" if math.isnan(average.value) else average,),
            ("average; marginal ", _cost(report_data, "marginal", last), *_beside(report_data.band(PER_MTOK, last)))
            if not math.isnan(average.value)
            else ("no cost per token",),
        ),
        KeyFigure(
            f"capital spent {spent}",
            (capital.usd(),),
            (
                tables.only("economics", "capital_usd", year=last).usd(),
                f" in {last}",
                *_beside(report_data.band(CASH, last, usd=True)),
            ),
        ),
    ]


def _beside(band: Sentence) -> Sentence:
    return ("; ", *band) if band else ()


def _certainty(report_data: ReportData) -> list[Sentence]:
    gap, again = (
        report_data.tables.fact("certificate", name)
        for name in ("duality_gap_relative", "solved_again_objective_relative")
    )
    points: list[Sentence] = [
        *_probabilities(report_data),
        (
            "The arithmetic is certified: duality gap at most ",
            gap,
            "; a second algorithm from nothing agrees to ",
            again,
            ". What is in doubt is the inputs.",
        ),
        *_labels(report_data),
        *((f"{plain(line)}.",) for line in not_told_apart(report_data.plan, report_data.years)),
        _evidence(report_data),
    ]
    if BACKCAST in report_data.studies:
        points.append(("Against the past: ", *report_data.scores, "."))
    return points


def _probabilities(report_data: ReportData) -> list[Sentence]:
    """Return which label binds in the fewest draws, by group and by stage, and what else binds in them."""
    study = report_data.studies.get(UNCERTAINTY)
    if study is None:
        return []
    names = Names(report_data.case)
    points: list[Sentence] = []
    for level, called in ((how_sure.GROUP, names.groups), (how_sure.STAGE, names.members)):
        labels = how_sure.year_labels(report_data.plan, study, level)
        label = min(labels, key=lambda label: label.own.probability)
        parts: list[SentencePart] = [f"By {level} the label of {label.year} is the least sure: "]
        for n, share in enumerate([label.own, *([] if label.other is None else [label.other])]):
            least, often, most = (
                report_data.probability(label.year, level, share.members, column).per_cent()
                for column in ("low", "probability", "high")
            )
            name = called(share.members, _NAME)
            parts += [f", {name} in " if n else f"{name} binds in ", often, " (", least, " to ", most, ")"]
        points.append((*parts, "."))
    draws, numbers = (report_data.tables.fact(UNCERTAINTY, name) for name in ("draws", "uncertain_numbers"))
    how = " uncertain numbers, each solved from nothing, tell how sure the labels are. In brackets: how exact that is."
    return [(draws, " joint draws of all ", numbers, how), *points]


def _labels(report_data: ReportData) -> list[Sentence]:
    if SENSITIVITY not in report_data.studies:
        return [("What changing one input at a time does was not tried: no sensitivity was given.",)]
    rows = report_data.tables.rows("sensitivity:labels").records()
    points: list[Sentence] = []
    for level in ("group", "stage"):
        of_level = [r for r in rows if r["level"] == level]
        least = min(of_level, key=lambda r: r["keeps"] / r["moves"])
        keeps = report_data.tables.only("sensitivity:labels", "keeps", year=least["year"], level=level)
        moves = report_data.tables.only("sensitivity:labels", "moves", year=least["year"], level=level)
        points.append(
            (
                f"Changing one input at a time, the {level} that binds stays in at least ",
                (keeps / moves).per_cent(),
                " of ",
                Number(moves.value, moves.origin, f"{moves.value:,.0f}"),
                f" moves to an end of a range (fewest in {least['year']}); this is no probability.",
            )
        )
    return points


def _evidence(report_data: ReportData) -> Sentence:
    total = report_data.evidence(*schema.EVIDENCE)
    if not total.value:
        return ("No input names a source.",)
    shares: list[SentencePart] = []
    for tier in schema.EVIDENCE:
        if report_data.evidence(tier).value:
            shares += [", " if shares else " ", (report_data.evidence(tier) / total).per_cent(), f" {tier}"]
    low = (report_data.evidence(*schema.WEAK_EVIDENCE) / total).per_cent()
    return (
        "Of ",
        total,
        " rows of input",
        *shares,
        "; ",
        low,
        " rest on low evidence, and are marked in the tables below.",
    )
