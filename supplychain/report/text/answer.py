"""The first screen: what binds, what it is worth, what is served and at what cost, what to order, and how sure."""

from __future__ import annotations

import math
import re
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from supplychain.case.provenance import weak_share
from supplychain.plan.bottlenecks import BLOCKED, DEMAND, LASTING
from supplychain.plan.measures import CASH
from supplychain.plan.measures import TOKENS as SERVED
from supplychain.report.formats import TOKENS, USD, case_title, cut, number, plain, unit_for, years_seen
from supplychain.report.names import Names
from supplychain.report.text import how_sure, owner
from supplychain.report.text.overview import GAIN_GOES_TO, by_year, gain_shares, not_told_apart, power_used
from supplychain.results.frames import records, rows_by_year
from supplychain.study.attached import Known
from supplychain.study.draws import PER_MTOK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from supplychain.plan import Plan
    from supplychain.results.answer import Answer

WIDTH = 100
"""Characters of a line."""

_LABEL, _CELL = 44, 11
"""Characters of the first column, and at least of a year."""

_BINDS, _GAIN, _HOLDS, _RUNNER_UP, _GAP = 34, 7, 9, 20, 7
"""Characters of the columns of what binds, beside the year."""

_DRAWS = 9
"""Characters of the share of draws, behind what binds; it stands in the place of the gap."""

_WHAT, _WHERE, _AMOUNT, _ONLINE, _COST = 26, 36, 13, 9, 7
"""Characters of the columns of what is ordered."""
_ORDERS = 4
"""Lines of what is ordered; the last sums up the rest."""

_LEAST = 0.001
"""The least number that is shown in the scale of its block."""

_STATES = {
    LASTING: "more of it from that year on serves more in it, more in that year alone does not",
    BLOCKED: "demand is held back; more of all stages serves more, of up to four does not",
}
"""What a state means that no relief of the year alone explains."""

_DOUBT, _DOUBTED = "?", "?: cannot be told."
"""Follows a stage that the data cannot tell from others of its group, and what is said of it."""

_TOGETHER = "\N{NO-BREAK SPACE}"

_WEAK = "estimates or assumptions"
_NO_UNIT = "no unit"
"""Stands for the gain of one per cent where there is nothing of a stage."""


def text(plan: Plan, case: str | None = None, known: Known | None = None) -> str:
    """Return the answer as text of at most 100 columns.

    `case` is what a command has to be given to read the same case; default: its name. `known`: the study of
    uncertainty of the same inputs, or why there is none.
    """
    given = case or plain(plan.case.settings.name)
    known = known or Known(command=f"supplychain uncertainty {given} --attach")
    lines = [
        case_title(plan.case.settings),
        *year_lines(plan, known.study),
        *_changes(plan),
        *_blocks(plan, known.study),
        *filter(None, [years_seen(plan.case.settings)]),
        *_owner(plan),
        *_orders(plan),
    ]
    sure = _how_sure(plan, given, known)  # a command is whole, however long
    return "\n".join([*(cut(line, WIDTH).rstrip() for line in lines), *sure])


def year_lines(plan: Plan, study: Answer | None = None) -> list[str]:
    """Return a table of what binds in each year, and what else nearly does; its header says the scale of money.

    The group comes first, and all numbers are of it; its stage at central values stands in brackets. A stage that the
    data cannot tell from others of its group has a question mark, of which `explain` says more. With a study of
    uncertainty the label stands beside the share of draws in which it binds.
    """
    years = list(plan.case.report_years)
    names, binding = Names(plan.case), rows_by_year(plan.binding, "group")
    stages = rows_by_year(plan.binding, "stage")
    second = {t: runner_up(plan, t) for t in years}
    gains = [_gain(row) for row in [*binding.values(), *second.values()]]
    size, unit = unit_for([gain for gain in gains if not math.isnan(gain)], USD)
    draws = {} if study is None else _in_draws(plan, study)
    header = _year_line(
        f"What binds; {unit} gained by 1 % more",
        ("gain", "holds to", "runner-up", "gain", "gap"),
        "draws, %" if draws else None,
    )
    labels = {t: _binds(plan, binding[t], stages[t]) for t in years}
    lines = [header]
    for t in years:
        first, other = _gain(binding[t]), _gain(second[t])
        cells = (
            _of_gain(binding[t], size),
            _holds_to(binding[t]),
            _runner_up(names, binding[t], second[t]),
            _of_gain(second[t], size),
            _in_scale((first - other) / size),
        )
        lines.append(_year_line(f"{t}  {labels[t]}", cells, draws.get(t)))
    rows = [*binding.values(), *second.values()]
    blank = any(row.get("state", DEMAND) != DEMAND and math.isnan(_gain(row)) for row in rows)
    note = [f"{_NO_UNIT}: there is nothing of it yet, and its first unit would serve more"]
    states = [
        f"{', '.join(str(t) for t in years if binding[t]['state'] == state)}: {meaning}"
        for state, meaning in _STATES.items()
        if any(binding[t]["state"] == state for t in years)
    ]
    legend = names.legend((binding[t]["members"], stages[t]["members"]) for t in years)
    if legend and any(label.endswith(f"{_DOUBT})") for label in labels.values()):
        legend[0] += f" {_DOUBTED}"
    if study is not None:
        legend += _draws_legend(plan, study, draws)
    return [*lines, *legend, *(note if blank else []), *states]


def _in_draws(plan: Plan, study: Answer) -> dict[int, str]:
    """Return by year in how many per cent of draws the group binds and, in brackets, the stage beside it."""
    names, stage = Names(plan.case), {s.year: s.own for s in how_sure.year_labels(plan, study, how_sure.STAGE)}
    cells = {}
    for label in how_sure.year_labels(plan, study, how_sure.GROUP):
        group, beside = label.own, stage[label.year]
        cell = how_sure.per_cent(group.probability)
        if not names.alike(group.members, beside.members):
            cell += f" ({how_sure.per_cent(beside.probability)})"
        cells[label.year] = cell if len(cell) < _DRAWS else cell.replace(" ", "")
    return cells


def _draws_legend(plan: Plan, study: Answer, draws: Mapping[int, str]) -> list[str]:
    """Return what the share of draws is, and what binds in more draws than a label."""
    beside = " (and the stage)" if any("(" in cell for cell in draws.values()) else ""
    of_draws = f"Draws, %: share of {study.summary['draws']:,} joint draws of all uncertain numbers"
    return [f"{of_draws} in which it binds{beside}.", *how_sure.likelier(plan, study)]


def runner_up(plan: Plan, year: int) -> dict[str, Any]:
    """Return, of the groups that serve more and do not bind, the row of the one that gains most; {} if none does."""
    bound = set(rows_by_year(plan.binding, "group")[year]["members"].split(" + "))
    rows = records(plan.bottlenecks_by_group[plan.bottlenecks_by_group["year"] == year])
    serving = [row for row in rows if row["state"] == "sole" and row["group"] not in bound]
    return min(serving, key=lambda row: row["rank"], default={})


def _binds(plan: Plan, group: Mapping[str, Any], stage: Mapping[str, Any]) -> str:
    doubt = _DOUBT if not_told_apart(plan, [group["year"]]) else ""
    return Names(plan.case).binds(group["members"], stage["members"], _BINDS, doubt)


def _runner_up(names: Names, binding: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    if second:
        return names.group(second["group"], _RUNNER_UP)
    return "" if binding["state"] == DEMAND else "no other serves more"


def _gain(row: Mapping[str, Any]) -> float:
    return math.nan if row.get("state", DEMAND) == DEMAND else float(row["annual_gain_usd_per_pct"])


def _of_gain(row: Mapping[str, Any], size: float) -> str:
    """Return a gain; of a limit of 0 one per cent means nothing, and the first unit would gain."""
    if row.get("state", DEMAND) == DEMAND:
        return ""
    return _NO_UNIT if math.isnan(_gain(row)) else _in_scale(_gain(row) / size)


def _in_scale(x: float) -> str:
    """Return a number in the scale of its block, in which it may be too small to be shown."""
    return "<0.001" if 0 < x < _LEAST else number(x)


def _holds_to(row: Mapping[str, Any]) -> str:
    """Return up to which relief the label stays as it is: `>` where it still does at the end of the known range."""
    end = row["holds_to_pct"]
    if row["state"] == DEMAND or math.isnan(end):
        return ""
    if math.isinf(end):
        return "any"
    return f"{'>' if row['next'] == row['members'] else ''}{number(end)} %"


def _year_line(first: str, cells: tuple[str, str, str, str, str], draws: str | None = None) -> str:
    gain, holds, runner, other, gap = cells
    begin = first.ljust(6 + _BINDS) + ("" if draws is None else draws.rjust(_DRAWS))
    columns = [begin, gain.rjust(_GAIN), holds.rjust(_HOLDS), runner.ljust(_RUNNER_UP), other.rjust(_GAP)]
    return "  ".join([*columns, *([gap.rjust(_GAP)] if draws is None else [])])


def _changes(plan: Plan) -> list[str]:
    """Return in which year a label changes first, with how much more of what binds, if some label is known to."""
    rows = [row for row in rows_by_year(plan.binding, "group").values() if math.isfinite(row["holds_to_pct"])]
    changing = [row for row in rows if row["next"] != row["members"]]
    if not changing:
        return []
    first = min(changing, key=lambda row: row["holds_to_pct"])
    then = Names(plan.case).groups(first["next"] or DEMAND, _RUNNER_UP)
    holds = f"{number(first['holds_to_pct'])} % more of what binds"
    return [f"{first['year']}: the label changes to {then} with {holds}."]


def _blocks(plan: Plan, study: Answer | None) -> list[str]:
    """Return blocks of years, as many side by side as fit: all of their cells are whole."""
    years = list(plan.case.report_years)
    bands = {} if study is None else _bands(plan, study, years)
    cell = max([_CELL, *(1 + len(text) for cells in bands.values() for text in cells.values())])
    beside = max(1, (WIDTH - _LABEL) // cell)
    blocks = [years[n : n + beside] for n in range(0, len(years), beside)]
    return [line for block in blocks for line in _block(plan, block, bands, cell)]


def _bands(plan: Plan, study: Answer, years: Sequence[int]) -> dict[str, dict[int, str]]:
    """Return by quantity the band of each year, in the scale of its block."""
    size = {SERVED: _token_unit(plan)[0], CASH: _cash_unit(plan)[0]}
    room = (WIDTH - _LABEL) // min(len(years), (WIDTH - _LABEL) // _CELL) - 1
    return {q: how_sure.band_cells(study, q, years, size.get(q, 1.0), room) for q in (SERVED, PER_MTOK, CASH)}


def _token_unit(plan: Plan) -> tuple[float, str]:
    amounts = [by_year(plan.service, f"{c}_ttok") for c in ("served", "blocked", "uneconomic")]
    return unit_for([amount[t] for amount in amounts for t in plan.case.report_years], TOKENS)


def _cash_unit(plan: Plan) -> tuple[float, str]:
    return unit_for([by_year(plan.capital, "usd")[t] for t in plan.case.report_years], USD)


def _block(plan: Plan, years: list[int], bands: Mapping[str, Mapping[int, str]], cell: int) -> list[str]:
    """Return who gains, what is served, at what cost, and the power that it takes, years across, each `cell` wide.

    With draws also the bands of what is served, what it costs and what is spent.
    """
    size, unit = _token_unit(plan)
    amounts = {c: by_year(plan.service, f"{c}_ttok") for c in ("served", "blocked", "uneconomic", "priced_out")}
    cells = {c: {t: number(amount[t] / size) for t in years} for c, amount in amounts.items()}
    cost = {row["year"]: row for row in records(plan.token_cost) if row["workload"] == "all"}
    price = {
        c: {t: number(cost[t][f"{c}_usd_per_mtok"]) for t in years} for c in ("average", "fully_loaded", "marginal")
    }
    shares = gain_shares(plan)
    spent, (usd, money) = by_year(plan.capital, "usd"), _cash_unit(plan)
    rows = [
        ("", {t: str(t) for t in years}),
        (GAIN_GOES_TO, {t: shares[t] for t in years}),
        (f"Tokens served, {unit}", cells["served"]),
        *_band(bands, SERVED, years),
        ("  held back by limits of stages", cells["blocked"]),
        ("  not worth its cost, even without limits", cells["uneconomic"]),
        *([("  charged more than it is worth to users", cells["priced_out"])] * any(amounts["priced_out"].values())),
        ("Cost, USD per million tokens: average", price["average"]),
        *_band(bands, PER_MTOK, years),
        ("  with research and all other cost on tokens", price["fully_loaded"]),
        ("  marginal, for one million more", price["marginal"]),
        *([(f"Cash spent on capacity and systems, {money}", {t: number(spent[t] / usd) for t in years})] * bool(bands)),
        *_band(bands, CASH, years),
        *power_used(plan, years, _LABEL - 1),
    ]
    return [_line(name, of_years, cell) for name, of_years in rows]


def _band(
    bands: Mapping[str, Mapping[int, str]], quantity: str, years: Sequence[int]
) -> list[tuple[str, Mapping[int, str]]]:
    return [(f"  {how_sure.BAND}", {t: bands[quantity][t] for t in years})] if quantity in bands else []


def _line(name: str, cells: Mapping[int, str], width: int) -> str:
    return name.ljust(_LABEL) + "".join(cut(plain(cell), width - 1).rjust(width) for cell in cells.values())


def _owner(plan: Plan) -> list[str]:
    """Return the books of an owner who charges prices, years across, and what is owed to suppliers."""
    if not owner.has_books(plan):
        return owner.contract_lines(plan)
    unit, rows = owner.books(plan)
    years = list(plan.case.report_years)
    beside = (WIDTH - _LABEL) // _CELL
    lines = []
    for block in (years[n : n + beside] for n in range(0, len(years), beside)):
        lines.append(_line(f"The owner's books, {unit}", {t: str(t) for t in block}, _CELL))
        lines += [_line(name, {t: cells[t] for t in block}, _CELL) for name, cells in rows]
    return [*lines, *owner.sentences(plan), *owner.contract_lines(plan)]


def _orders(plan: Plan) -> list[str]:
    """Return what the plan orders in the first year in which it decides to: what, where, how much, by when, USD."""
    locked_in = plan.case.locked_in
    until = plan.case.years[0] - 1 if locked_in is None else locked_in.until
    note = [] if locked_in is None else [f"  Orders up to {until} are locked in."]
    rows = [row for row in records(plan.orders) if row["order_year"] > until]
    if not rows:
        return ["Order: the plan orders nothing.", *note]
    first, *later = sorted({row["order_year"] for row in rows})
    usd = by_year(plan.orders, "capex_usd", "order_year")
    size, unit = unit_for([usd[first]], USD)
    by_stage: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["order_year"] == first:
            by_stage.setdefault(row["stage"], []).append(row)
    dearest = sorted(by_stage, key=lambda s: (-_cost(by_stage[s]), s))
    shown = dearest if len(dearest) <= _ORDERS else dearest[: _ORDERS - 1]
    then = f"; {number(usd[later[0]] / size)} in {later[0]}" if later else ""
    header = f"Order in {first}: {number(usd[first] / size)} {unit} in all{then}"
    lines = [_order_line(header, ("amount", "online", unit))]
    for s in shown:
        what = f"  {Names(plan.case).stage(s, _WHAT - 2)}".ljust(_WHAT)
        lines.append(_order_line(f"{what}  {_where(plan, by_stage[s])}", _order_cells(by_stage[s], size)))
    left = [row for s in dearest[len(shown) :] for row in by_stage[s]]
    if left:
        remainder = f"  {len(dearest) - len(shown)} stages more"
        lines.append(_order_line(remainder, ("", "", number(_cost(left) / size))))
    return [*lines, *note]


def _cost(orders: Sequence[Mapping[str, Any]]) -> float:
    return math.fsum(row["capex_usd"] for row in orders)


def _where(plan: Plan, orders: Sequence[Mapping[str, Any]]) -> str:
    """Return the place to which most goes, and how many more there are."""
    amounts: dict[str, float] = {}
    for row in orders:
        amounts[row["place"]] = amounts.get(row["place"], 0.0) + row["amount"]
    place = min(amounts, key=lambda p: (-amounts[p], p))
    if len(amounts) == 1:
        return Names(plan.case).place(place, _WHERE)
    more = f"; {len(amounts) - 1} more"
    return f"most in {Names(plan.case).place(place, _WHERE - len('most in ') - len(more))}{more}"


def _order_cells(orders: Sequence[Mapping[str, Any]], size: float) -> tuple[str, str, str]:
    first, last = (end(row["online_year"] for row in orders) for end in (min, max))
    amount = number(math.fsum(row["amount"] for row in orders))
    return (
        cut(f"{amount} {plain(orders[0]['unit'])}", max(_AMOUNT, len(amount))),
        str(first) if first == last else f"{first}-{last}",
        number(_cost(orders) / size),
    )


def _order_line(begin: str, cells: tuple[str, str, str]) -> str:
    amount, online, usd = cells
    return "  ".join([begin.ljust(_WHAT + 2 + _WHERE), amount.rjust(_AMOUNT), online.rjust(_ONLINE), usd.rjust(_COST)])


def _how_sure(plan: Plan, case: str, known: Known) -> list[str]:
    """Return how sure the labels are, or the command that says it, and what share of inputs rests on weak evidence."""
    if known.study is not None:
        first, *others = how_sure.sentences(plan, known.study)
        sure = ". ".join([f"How sure: {first}", *map(_capital, others)])
        whole = re.sub(r" (?=%|\()", _TOGETHER, f"{sure}.")
        lines = wrap(whole, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        lines = [line.replace(_TOGETHER, " ") for line in lines]
    else:
        why = how_sure.not_known(plan.case, known)
        lines = _with_command(f"How sure: {why}.", "Probabilities and bands:", known.command)
        lines = [f"How sure: {why}."] if why == how_sure.NO_RANGE else lines
    weak = weak_share(plan.case)
    evidence = "No input names a source" if math.isnan(weak) else f"{100 * weak:.0f} % of inputs rest on {_WEAK}"
    return [*lines, *_with_command(f"  {evidence}.", "One by one:", f"supplychain sensitivity {case}")]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _with_command(said: str, what: str, command: str) -> list[str]:
    """Return a sentence, and the command that says more: in one line, if it fits, else whole in the next."""
    line = f"{said} {what} {command}"
    indent = "  "
    lines = wrap(f"{said} {what}", WIDTH, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False)
    return [line] if len(line) <= WIDTH else [*lines, f"{indent}{command}"]
