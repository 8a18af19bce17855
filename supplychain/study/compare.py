"""Answers beside each other: what differs in the inputs and in the results."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from supplychain import schema
from supplychain.case import Case, vars_of
from supplychain.case.changes import CHANGES, Group, apply
from supplychain.case.edits import key_of
from supplychain.case.foresight import SETTING
from supplychain.case.read import CASE_FILE
from supplychain.case.scenarios import WhatIf, each_on_top, named, what_if
from supplychain.limits import limited
from supplychain.notebook import Shown
from supplychain.plan import solve
from supplychain.plan.changes import with_changes
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame, picked, records
from supplychain.results.read import read_answer
from supplychain.study import workers
from supplychain.study.attribution import attributed, wanted_subsets
from supplychain.study.paired import check as check_draws
from supplychain.study.paired import paired

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from supplychain.case.foresight import Foresight
    from supplychain.results.schema import Kind


@dataclass(frozen=True, repr=False, eq=False)
class _SolvedCase(Answer):
    """An answer that came back from a worker, and its case."""

    case: Case


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(Answer, Shown):
    """Answers beside the first of them.

    Of inputs every number or name that differs is listed, series as the solve sees them in each year of the case, and
    every setting; of an answer without its case the table alone, where its digest differs. What groups of changes add
    to the difference adds up to the whole.
    """

    names: tuple[str, ...]
    case: Case | None = None
    """The case of the first answer that has one: what stages are called."""
    kind: Kind = field(default="compare", kw_only=True)


@limited("solving draws of what is compared")
def compare(  # noqa: PLR0913 - all but the first have their defaults
    answers: Mapping[str, Answer],
    attribution: pd.DataFrame | None = None,
    *,
    draws: int | None = None,
    seed: int = 1,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Return what differs between the first answer and each of the others, by name.

    With `draws`, a multiple of 20, 40 or more, the case of each answer is also solved at so many draws of its uncertain
    numbers, and subtracted draw by draw: factors that two cases share are the same in both. `executor` solves draws
    side by side; default: one process for each core. `time_limit` is in seconds, for all draws.

    Raises: ValueError if there are fewer than two, no year is in all of them, or draws are asked for of an answer that
    comes without its case; InputError if no number of a case has a range, and what solving draws raises.
    """
    if len(answers) < 2:  # noqa: PLR2004 - a pair
        message = "give two answers or more; the first is what the others are compared with"
        raise ValueError(message)
    cases: dict[str, Case | None] = {name: getattr(answer, "case", None) for name, answer in answers.items()}
    if draws is not None:
        check_draws(cases, draws)
    (first, reference), *others = answers.items()
    inputs = [row for name, answer in others for row in _inputs(name, reference, answer)]
    labels = [row for name, answer in others for row in _labels(name, reference, answer)]
    tables = {
        "totals": frame(
            result_schema.COMPARED_TOTALS,
            [row for name, answer in others for row in _totals(name, reference, answer)],
        ),
        "inputs": frame(result_schema.COMPARED_INPUTS, inputs),
        "results": frame(
            result_schema.COMPARED_RESULTS,
            [row for name, answer in others for row in _results(name, reference, answer)],
        ),
        "labels": frame(result_schema.COMPARED_LABELS, labels),
        "attribution": frame(result_schema.ATTRIBUTION, []) if attribution is None else attribution,
        "changes": frame(
            result_schema.COMPARED_CHANGES, [row for name, answer in answers.items() for row in _changes(name, answer)]
        ),
    }
    names = (first, *(name for name, _ in others))
    summary = {
        "answers": list(names),
        "horizons": [answer.summary["years"] for answer in answers.values()],
        SETTING: [answer.summary.get(SETTING) for answer in answers.values()],
        "inputs_that_differ": len(inputs),
        "labels_that_differ": sum(not row["same"] for row in labels),
    }
    known = {name: case for name, case in cases.items() if case is not None}
    if draws is not None:
        with workers.executor_or_default(executor) as pool:
            in_draws = paired(known, draws, seed, executor=pool, progress=progress)
        tables |= in_draws.tables
        summary |= in_draws.facts
    return Comparison(summary, tables, names, next(iter(known.values()), None))


@limited("solving what is compared")
def compare_folders(  # noqa: PLR0913 - all but the first have their defaults
    folders: Sequence[str],
    scenarios: Sequence[str] = (),
    changes: Sequence[str] = (),
    *,
    foresight: Foresight | None = None,
    draws: int | None = None,
    seed: int = 1,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
    look: Callable[[Mapping[str, WhatIf]], None] = lambda _: None,
) -> Comparison:
    """Compare a case with its scenarios and with edits made together; or cases and answers written earlier.

    `foresight` is what `Case.with_foresight` takes, for every case; answers written earlier keep theirs. `draws` and
    `seed` are what `compare` takes. `executor` solves them side by side; default: if there are many solves, one process
    for each core. `time_limit` is in seconds, for all of it. `look` is given the what-ifs before anything is solved.

    Raises: ValueError if there is nothing to compare, or an answer written earlier is given a foresight or draws, and
    what the reading and solving of cases raises.
    """
    if len(folders) == 1:
        if not scenarios and not changes:
            message = "name scenarios or changes of the case, or a second case or answer"
            if foresight is not None:
                message += (
                    "; a foresight is for all that is compared: solve the case with each, and compare the answers"
                )
            raise ValueError(message)
        given = what_if(folders[0], foresight=foresight)
        what_ifs = each_on_top(given, named(folders[0], scenarios))
        if changes:
            group = Group(CHANGES, tuple(changes))
            changed, audit = apply(given.case, [group])
            what_ifs[CHANGES] = WhatIf(changed, tuple(changes), (group,), audit)
        look({"": given, **what_ifs} if foresight is not None else what_ifs)
        name = given.case.settings.name
        return compare_changes(given.case, name, what_ifs, draws=draws, seed=seed, executor=executor, progress=progress)
    if scenarios or changes:
        message = "scenarios and changes are made in one case; name that one alone"
        raise ValueError(message)
    answers: dict[str, Answer | WhatIf] = {}
    for folder in folders:
        name = folder if folder not in answers else f"{folder} ({len(answers)})"
        is_case = (Path(folder) / CASE_FILE).exists()
        answers[name] = what_if(folder, foresight=foresight) if is_case else _read(folder)
    made = {name: answer for name, answer in answers.items() if isinstance(answer, WhatIf)}
    if draws is not None:
        check_draws({name: made[name].case if name in made else None for name in answers}, draws)
    if foresight is not None:
        _refuse_foresight([name for name in answers if name not in made])
        look(made)
    cases = {name: of_case.case for name, of_case in made.items()}
    with workers.executor_or_default(executor, _solves(cases, draws)) as pool:
        solved = {**answers, **_solved(cases, pool, progress)}
        return compare(solved, draws=draws, seed=seed, executor=pool, progress=progress)  # type: ignore[arg-type]


def _solves(cases: Collection[str], draws: int | None) -> int:
    """Return how many solves it takes to compare cases, and draws of each."""
    return len(cases) * (1 + (draws or 0))


def _refuse_foresight(answers: Sequence[str]) -> None:
    if answers:
        solved = "is an answer that is solved already" if len(answers) == 1 else "are answers that are solved already"
        message = f"{', '.join(answers)} {solved}; give a foresight to cases alone"
        raise ValueError(message)


def _read(folder: str) -> Answer:
    return read_answer(folder, "solve", COMPARED)


@limited("solving what is compared")
def compare_changes(  # noqa: PLR0913 - all but the first three have their defaults
    case: Case,
    name: str,
    what_ifs: Mapping[str, WhatIf],
    *,
    draws: int | None = None,
    seed: int = 1,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Solve a case and what-ifs of it, and compare them, with what each group of their changes adds.

    `draws` and `seed` are what `compare` takes. `executor` solves them side by side; default: if there are many solves,
    one process for each core. Where a what-if has the name of the case, the case is called `NAME (the case)`.
    `time_limit` is in seconds, for all of it.

    Raises: NoAnswerError if a solve finds no optimum, TimeLimitError if the time limit passes, CertificateError if an
    answer does not pass its checks.
    """
    name = f"{name} (the case)" if name in what_ifs else name
    cases = {name: case} | {key: what_if.case for key, what_if in what_ifs.items()}
    if draws is not None:
        check_draws(cases, draws)
    groups = {key: what_if.groups for key, what_if in what_ifs.items()}
    solves = _solves(cases, draws) + sum(len(wanted_subsets(len(group_list))) for group_list in groups.values())
    with workers.executor_or_default(executor, solves) as pool:
        answers = _solved(cases, pool, progress)
        for key, what_if in what_ifs.items():
            answers[key] = with_changes(answers[key], what_if)
        parts = attributed(case, groups, pool, progress) if groups else None
        return compare(answers, parts, draws=draws, seed=seed, executor=pool, progress=progress)


def _solved(cases: Mapping[str, Case], pool: Executor, progress: Callable[[str], None]) -> dict[str, _SolvedCase]:
    """Solve cases side by side."""

    def tell(done: int) -> None:
        progress(f"solved {done} of {len(cases)} cases")

    solved = workers.map_ordered(pool, workers.Shared(tuple), _answer, cases.values(), tell)
    answers = zip(cases.items(), solved, strict=True)
    return {name: _SolvedCase(summary, tables, case) for (name, case), (summary, tables) in answers}


def _answer(_: object, case: Case) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    plan = solve(case)
    return dict(plan.summary), dict(plan.tables)


_NAMES = {"name", "title"}
"""Settings that no number depends on."""

UNUSED_USD = "unused_usd"
"""What is owed and not used: the column of the tables `supply` and `economics`."""

COMPARED = (
    "binding",
    "builds",
    "cost",
    "economics",
    "installed_base",
    "research_service",
    "service",
    "supply",
    "token_cost",
)
"""Tables that a comparison reads."""


def _inputs(name: str, reference: Answer, other: Answer) -> Iterator[dict[str, object]]:
    """Yield every input that differs; of answers without their cases, the tables whose digests do."""
    case, other_case = (getattr(answer, "case", None) for answer in (reference, other))
    if case is None or other_case is None:
        seen, other_seen = (answer.summary.get(SETTING, "") for answer in (reference, other))
        if seen != other_seen and "" not in {seen, other_seen}:  # blank: an earlier version, which did not say
            yield _input(name, CASE_FILE, ("", None, SETTING), seen, other_seen)
        before, after = (answer.summary.get("inputs_sha256", {}) for answer in (reference, other))
        for file in sorted({*before, *after}):
            if before.get(file) != after.get(file):
                yield _input(name, file.removesuffix(".csv"), ("", None, ""), before.get(file), after.get(file))
        return
    settings = vars_of(other_case.settings)
    for setting, value in vars_of(case.settings).items():
        if setting not in _NAMES and value != settings[setting]:
            yield _input(name, CASE_FILE, ("", None, setting), value, settings[setting])
    for table in schema.TABLES:
        cells_before, cells_after = _cells(case, table), _cells(other_case, table)
        series = {column.name for column in table.columns if column.series}
        for cell in dict.fromkeys([*cells_before, *cells_after]):
            old, new = cells_before.get(cell), cells_after.get(cell)
            filled = bool(series) and cell[2] not in series and (old is None or new is None)
            if old != new and not filled:
                yield _input(name, table.name, cell, old, new)


def _input(name: str, table: str, cell: tuple[str, int | None, str], old: object, new: object) -> dict[str, object]:
    key, year, column = cell
    return {"answer": name, "table": table, "key": key, "year": year, "column": column, "reference": old, "value": new}


def _cells(case: Case, table: schema.TableSchema) -> dict[tuple[str, int | None, str], object]:
    """Return the cells of a table by key, year and column; series in every year of the case."""
    cells: dict[tuple[str, int | None, str], object] = {}
    series = [column.name for column in table.columns if column.series]
    for row in case.tables[table.name]:
        year = row["year"] if "year" in table.key else None
        for column, value in row.items():
            if column not in table.key and column not in series and value is not None:
                cells[key_of(table, row), year, column] = value
    names = [name for name in table.key if name != "year"]
    for column in series:
        for key, values in case.yearly(table.name, column).items():
            text = key_of(table, dict(zip(names, key, strict=True)))
            cells |= {(text, t, column): value for t, value in values.items()}
    return cells


def _years(reference: Answer, other: Answer) -> list[int]:
    years, other_years = (set(answer.tables["economics"]["year"]) for answer in (reference, other))
    if not years & other_years:
        message = "the answers have no year in common"
        raise ValueError(message)
    return sorted(map(int, years & other_years))


def _totals(name: str, reference: Answer, other: Answer) -> Iterator[dict[str, object]]:
    """Yield what is compared over the whole horizon; answers of earlier versions do not say it."""
    for quantity in result_schema.TOTALS:
        old, new = (float(answer.summary.get(quantity, math.nan)) for answer in (reference, other))
        yield {"answer": name, "quantity": quantity, "reference": old, "value": new, "change": new - old}


def _results(name: str, reference: Answer, other: Answer) -> Iterator[dict[str, object]]:
    years = _years(reference, other)
    sites = _sites_of_contracts(reference) | _sites_of_contracts(other)
    before, after = _quantities(reference, sites), _quantities(other, sites)
    for amount_key in dict.fromkeys([*before, *after]):
        year, quantity, item = amount_key
        if year in years:
            absent = math.nan if quantity in BOOKS and quantity != UNUSED_USD else 0.0
            old, new = before.get(amount_key, absent), after.get(amount_key, absent)
            yield {
                "answer": name,
                "year": year,
                "quantity": quantity,
                "item": item,
                "reference": old,
                "value": new,
                "change": new - old,
            }


def _quantities(answer: Answer, sites: Collection[str]) -> dict[tuple[int, str, str], float]:
    """Return what is compared of an answer, by year, quantity and item: of some suppliers also what they supply."""
    tables, amounts = answer.tables, _served(answer)
    for year, rows in _by_year(tables["cost"]):
        amounts[year, "cost_usd", "all"] = float(rows[["serving_usd", "research_usd"]].to_numpy().sum())
    for row in records(tables["token_cost"]):
        for column in ("average_usd_per_mtok", "marginal_usd_per_mtok"):
            amounts[row["year"], column, row["workload"]] = float(row[column])
    for row in records(tables["economics"]):
        for column in ("token_value_usd", "capital_usd", *BOOKS):
            if column in row and not math.isnan(row[column]):
                amounts[row["year"], column, "all"] = float(row[column])
    amounts |= _of_contracts(answer, sites)
    for year, rows in _by_year(tables["installed_base"]):
        amounts[year, "h100e_operating", "all"] = float(rows["h100e_operating"].sum())
    for row in records(tables["builds"]):
        amounts[row["year"], "built", row["accelerator"]] = float(row["built"])
    return amounts


def _of_contracts(answer: Answer, sites: Collection[str]) -> dict[tuple[int, str, str], float]:
    """Return what is owed and not used, and what suppliers with a contract supply; nothing where there is none."""
    if not sites:
        return {}
    owed, years = _owed(answer), answer.tables["economics"]["year"].tolist()
    unused = {t: math.fsum(row[UNUSED_USD] for row in owed if row["year"] == t) for t in years}
    used = {(row["year"], _site(row)): float(row["supplied"]) for row in records(answer.tables["supply"])}
    return {(t, UNUSED_USD, schema.ALL): usd for t, usd in unused.items()} | {
        (t, "supplied", site): amount for (t, site), amount in used.items() if site in sites
    }


def _owed(answer: Answer) -> list[dict[str, Any]]:
    """Return the rows of the table `supply` in whose year a contract falls due."""
    supply = answer.tables.get("supply")
    return [] if supply is None or UNUSED_USD not in supply else records(supply[supply[UNUSED_USD].notna()])


def _sites_of_contracts(answer: Answer) -> set[str]:
    """Return the suppliers to whom a contract owes a share, as they are compared."""
    case: Case | None = getattr(answer, "case", None)
    return {_site(row) for row in (*_owed(answer), *(() if case is None else case.tables["take_or_pay"]))}


def _site(row: Mapping[str, Any]) -> str:
    return "/".join((row["stage"], row["supplier"], row["place"]))


BOOKS = (
    "revenue_usd",
    "kept_usd",
    "gross_margin_of_revenue",
    "operating_usd",
    "cash_usd",
    "gap_usd",
    UNUSED_USD,
)
"""Columns of the books of an owner that are compared, where an answer has them."""


def _served(answer: Answer) -> dict[tuple[int, str, str], float]:
    """Return the tokens served, in all and by workload, and the research done."""
    amounts = {}
    for year, rows in _by_year(answer.tables["service"]):
        amounts[year, "served_ttok", schema.ALL] = float(rows["served_ttok"].sum())
        for workload, of_workload in rows.groupby("workload"):
            amounts[year, "served_ttok", str(workload)] = float(of_workload["served_ttok"].sum())
    for year, rows in _by_year(answer.tables["research_service"]):
        amounts[year, "served_h100e_years", schema.ALL] = float(rows["served_h100e_years"].sum())
    return amounts


def _by_year(table: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    for year in sorted(set(table["year"].tolist())):
        yield year, table[table["year"] == year]


def _labels(name: str, reference: Answer, other: Answer) -> Iterator[dict[str, object]]:
    years = _years(reference, other)
    before, after = (
        {(row["year"], row["level"]): row["members"] for row in records(answer.tables["binding"])}
        for answer in (reference, other)
    )
    for year, level in before:
        if year in years:
            old, new = before[year, level], after.get((year, level), "")
            yield {"answer": name, "year": year, "level": level, "reference": old, "label": new, "same": old == new}


def _changes(name: str, answer: Answer) -> Iterator[dict[str, object]]:
    """Yield every cell that was changed for an answer; numbers that stood among names in a file are numbers again."""
    if not answer.summary.get("what_if"):
        return  # a folder may still have the changes of an answer before
    for row in records(answer.tables[CHANGES]) if CHANGES in answer.tables else ():
        cells = {name: ("" if name == "key" else None) if pd.isna(x) else x for name, x in row.items()}
        table = schema.TABLE.get(str(cells["table"]))
        kinds = {} if table is None else {c.name: c.type for c in table.columns}
        column = str(cells["column"]).removesuffix(schema.LOW).removesuffix(schema.HIGH)
        if kinds.get(column) in {"number", "integer"}:
            cells |= {end: _number(cells[end]) for end in ("old", "new")}
        yield picked(result_schema.COMPARED_CHANGES, {"answer": name, **cells})


def _number(cell: object) -> object:
    try:
        return float(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell
