"""Answers beside each other: what differs in the inputs and in the results, and which group of changes did it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from supplychain import schema
from supplychain.case import Case, load, vars_of
from supplychain.case.changes import CHANGES, Changed, apply, frame, key_of
from supplychain.case.read import CASE_FILE
from supplychain.case.scenarios import what_if
from supplychain.errors import InputError, Problem
from supplychain.notebook import Shown
from supplychain.plan import solve
from supplychain.plan.measures import COST
from supplychain.study import workers
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor

    from supplychain.case.changes import Group
    from supplychain.case.scenarios import WhatIf

SHAPLEY_UP_TO = 8
"""Most groups whose every order is looked at: 2^8 solves."""

OBJECTIVE = "objective_usd"


class Answer(Protocol):
    """What can be compared: a plan, or what one wrote to a folder."""

    @property
    def summary(self) -> Mapping[str, Any]:
        """What was solved."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables of the answer."""


@dataclass(frozen=True)
class Saved:
    """An answer as it was written to a folder, or came back from a worker."""

    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    case: Case | None = None
    """What was solved; not known of one from a folder."""


@dataclass(frozen=True)
class Comparison(Shown):
    """Answers beside the first of them. Tables are tidy, units in the names."""

    names: tuple[str, ...]
    inputs: pd.DataFrame
    """answer, table, key, year, column, reference, value: every number or name that differs, series as the solve sees
    them in each year of the case, and every setting (table `case.toml`). Of an answer without its case: table alone,
    where its digest differs."""
    results: pd.DataFrame
    """answer, year, quantity, item, reference, value, change."""
    labels: pd.DataFrame
    """answer, year, level, reference, label, same."""
    attribution: pd.DataFrame
    """answer, group, what (`objective_usd` or `cost_usd`), year (blank for the objective), usd: what each group of
    changes adds to the difference. The groups add up to the whole."""
    changes: pd.DataFrame
    """answer, then as the table `changes` of an answer: every cell that its what-if changed, where that is known."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        return {
            "inputs": self.inputs,
            "results": self.results,
            "labels": self.labels,
            "attribution": self.attribution,
            "changes": self.changes,
        }

    @property
    def summary(self) -> dict[str, Any]:
        """Which answers were compared, and how much differs."""
        return {
            "answers": list(self.names),
            "inputs_that_differ": len(self.inputs),
            "labels_that_differ": int((~self.labels["same"]).sum()),
        }


def differing(inputs: pd.DataFrame) -> str:
    """Return what the rows of `Comparison.inputs` are: inputs or, of answers without their case, tables of them."""
    tables = inputs["column"] == ""
    if not tables.any():
        return "Inputs"
    return "Tables of inputs" if tables.all() else "Inputs, or tables of them,"


def saved(folder: str | Path) -> Saved:
    """Read an answer that was written to a folder.

    Raises: InputError if there is none.
    """
    path = Path(folder)
    try:
        summary = json.loads((path / "summary.json").read_text(encoding="utf-8"))
        tables = {file.stem: pd.read_csv(file) for file in sorted((path / "tables").glob("*.csv"))}
    except (OSError, ValueError) as error:
        fault = f"cannot be read as the answer of an earlier run ({error})"
        raise InputError(str(folder), [Problem("summary.json", 0, "", fault)]) from error
    absent = [name for name in _NEEDED if name not in tables]
    if absent:
        fault = f"has no {', '.join(absent)}; an answer is what `supplychain solve CASE --out DIR` writes"
        raise InputError(str(folder), [Problem("tables", 0, "", fault)])
    return Saved(summary, tables)


def compare(answers: Mapping[str, Answer], attribution: pd.DataFrame | None = None) -> Comparison:
    """Return what differs between the first answer and each of the others, by name.

    Raises: ValueError if there are fewer than two, or no year is in all of them.
    """
    if len(answers) < 2:  # noqa: PLR2004 - a pair
        message = "give two answers or more; the first is what the others are compared with"
        raise ValueError(message)
    (first, reference), *others = answers.items()
    return Comparison(
        names=(first, *(name for name, _ in others)),
        inputs=_frame(_INPUTS, [row for name, one in others for row in _inputs(name, reference, one)]),
        results=_frame(_RESULTS, [row for name, one in others for row in _results(name, reference, one)]),
        labels=_frame(_LABELS, [row for name, one in others for row in _labels(name, reference, one)]),
        attribution=_frame(_PARTS, []) if attribution is None else attribution,
        changes=_frame(_CHANGES, [row for name, one in answers.items() for row in _changes(name, one)]),
    )


def compare_folders(
    folders: Sequence[str],
    scenarios: Sequence[str] = (),
    changes: Sequence[str] = (),
    *,
    executor: Executor | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Compare a case with its scenarios and with edits made together; or cases and answers written earlier.

    `executor` solves them side by side; default: if there are many solves, one process for each core.

    Raises: ValueError if there is nothing to compare, and what the reading and solving of cases raises.
    """
    if len(folders) == 1:
        if not scenarios and not changes:
            message = "name scenarios or changes of the case, or a second case or answer"
            raise ValueError(message)
        made = {name: what_if(folders[0], [name]) for name in scenarios}
        made |= {CHANGES: what_if(folders[0], (), changes)} if changes else {}
        case = load(folders[0])
        return compare_changes(case, case.settings.name, made, executor=executor, progress=progress)
    if scenarios or changes:
        message = "scenarios and changes are made in one case; name that one alone"
        raise ValueError(message)
    answers: dict[str, Answer | Case] = {}
    for folder in folders:
        name = folder if folder not in answers else f"{folder} ({len(answers)})"
        answers[name] = load(folder) if (Path(folder) / CASE_FILE).exists() else saved(folder)
    cases = {name: one for name, one in answers.items() if isinstance(one, Case)}
    with workers.executor_or_default(executor, len(cases)) as pool:
        return compare({**answers, **_solved(cases, pool, progress)})  # type: ignore[dict-item]


def compare_changes(
    case: Case,
    name: str,
    made: Mapping[str, WhatIf],
    *,
    executor: Executor | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Solve a case and what-ifs of it, and compare them, with what each group of their changes adds.

    `executor` solves them side by side; default: if there are many solves, one process for each core. Where a what-if
    has the name of the case, the case is called `NAME (the case)`.

    Raises: NoAnswerError if a solve finds no optimum, CertificateError if an answer does not pass its checks.
    """
    name = f"{name} (the case)" if name in made else name
    cases = {name: case} | {key: changed.case for key, changed in made.items()}
    groups = {key: changed.groups for key, changed in made.items()}
    solves = len(cases) + sum(len(_subsets(len(some))) for some in groups.values())
    with workers.executor_or_default(executor, solves) as pool:
        answers = _solved(cases, pool, progress)
        for key, changed in made.items():
            answers[key] = _with_audit(answers[key], changed)
        return compare(answers, _attributed(case, groups, pool, progress) if groups else None)


def _solved(cases: Mapping[str, Case], pool: Executor, progress: Callable[[str], None]) -> dict[str, Saved]:
    """Solve cases side by side."""

    def said(done: int) -> None:
        progress(f"solved {done} of {len(cases)} cases")

    found = workers.map_ordered(pool, workers.Shared(tuple), _answer, cases.values(), said)
    return {name: Saved(*one, case) for (name, case), one in zip(cases.items(), found, strict=True)}


def _with_audit(answer: Saved, made: WhatIf) -> Saved:
    """Return an answer with what was changed for it, as one that was written to a folder has it."""
    tables = {**answer.tables, "changes": frame(made.audit)}
    return replace(answer, summary={**answer.summary, **made.summary}, tables=tables)


def _answer(_: object, case: Case) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    plan = solve(case)
    return dict(plan.summary), dict(plan.tables)


def attribute(case: Case, groups: Sequence[Group], name: str, *, executor: Executor | None = None) -> pd.DataFrame:
    """Return what each group of changes adds to the objective and to the cost of each year; the parts add up.

    With up to 8 groups a part is the mean, over all orders in which the groups could be made, of what the group adds
    (its Shapley value); with more, what it adds in the order given. `executor` solves them side by side.

    Raises: ChangeError if some of the groups cannot be made without the others, NoAnswerError if a solve finds no
    optimum.
    Source: Shapley (1953), A value for n-person games, Annals of Mathematics Studies 28.
    """
    with workers.executor_or_default(executor, len(_subsets(len(groups)))) as pool:
        return _attributed(case, {name: groups}, pool)


def _attributed(
    case: Case,
    made: Mapping[str, Sequence[Group]],
    pool: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Return what each group of each what-if adds."""
    asked = [(COST, schema.ALL, t) for t in case.report_years]
    wanted = [(key, some) for key, groups in made.items() for some in _subsets(len(groups))]
    changes = [[group for n, group in enumerate(made[key]) if n in some] for key, some in wanted]

    def said(done: int) -> None:
        progress(f"attributing: {done} of {len(wanted)} solves")

    found = workers.map_ordered(
        pool, workers.Shared(partial(WarmSolver, case, asked, labels=False)), _costs, changes, said
    )
    known = dict(zip(wanted, found, strict=True))
    whats = [(OBJECTIVE, None), *(("cost_usd", t) for t in case.report_years)]
    rows = [
        (
            key,
            group.name,
            what,
            t,
            math.fsum(weight * (known[key, more][m] - known[key, some][m]) for weight, some, more in steps),
        )
        for key, groups in made.items()
        for n, group in enumerate(groups)
        for steps in [_steps(n, len(groups))]
        for m, (what, t) in enumerate(whats)
    ]
    return _frame(_PARTS, rows)


def _costs(reader: WarmSolver, changes: Sequence[Group]) -> tuple[float, ...]:
    """Return the objective and the cost of each year with some changes made."""
    changed, _ = apply(reader.case, changes)
    found = reader.read(changed)
    return found.objective_usd, *found.measured


def _steps(n: int, count: int) -> list[tuple[float, frozenset[int], frozenset[int]]]:
    """Return at which steps the n-th of some groups is looked at: a weight, the groups before, and those after it."""
    others = [m for m in range(count) if m != n]
    if count > SHAPLEY_UP_TO:
        weighted = [(1.0, frozenset(range(n)))]
    else:
        weighted = [
            (1 / (count * math.comb(len(others), size)), frozenset(some))
            for size in range(count)
            for some in combinations(others, size)
        ]
    return [(weight, some, some | {n}) for weight, some in weighted]


def _subsets(count: int) -> list[frozenset[int]]:
    """Return which of some groups are made together in a solve that is wanted, each once."""
    steps = (step for n in range(count) for step in _steps(n, count))
    return list(dict.fromkeys(some for _, *both in steps for some in both))


_INPUTS = ["answer", "table", "key", "year", "column", "reference", "value"]
_RESULTS = ["answer", "year", "quantity", "item", "reference", "value", "change"]
_LABELS = ["answer", "year", "level", "reference", "label", "same"]
_PARTS = ["answer", "group", "what", "year", "usd"]
_CHANGES = ["answer", *(field.name for field in fields(Changed))]

_NAMES = {"name", "title"}
"""Settings that no number depends on."""

_NEEDED = ("binding", "builds", "cost", "economics", "installed_base", "service", "token_cost")
"""Tables that a comparison reads."""


def _frame(columns: list[str], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns, dtype=object if columns is _CHANGES else None)
    if columns in (_INPUTS, _PARTS, _CHANGES):
        table["year"] = table["year"].astype("Int64")
    return table


def _inputs(name: str, reference: Answer, other: Answer) -> Iterator[tuple[object, ...]]:
    """Yield every input that differs; of answers without their cases, the tables whose digests do."""
    one, two = (getattr(answer, "case", None) for answer in (reference, other))
    if one is None or two is None:
        before, after = (answer.summary.get("inputs_sha256", {}) for answer in (reference, other))
        for file in sorted({*before, *after}):
            if before.get(file) != after.get(file):
                yield name, file.removesuffix(".csv"), "", None, "", before.get(file), after.get(file)
        return
    settings = vars_of(two.settings)
    for setting, was in vars_of(one.settings).items():
        if setting not in _NAMES and was != settings[setting]:
            yield name, CASE_FILE, "", None, setting, was, settings[setting]
    for table in schema.TABLES:
        cells_before, cells_after = _cells(one, table), _cells(two, table)
        series = {column.name for column in table.columns if column.series}
        for at in dict.fromkeys([*cells_before, *cells_after]):
            old, new = cells_before.get(at), cells_after.get(at)
            filled = bool(series) and at[2] not in series and (old is None or new is None)
            if old != new and not filled:
                yield name, table.name, *at, old, new


def _cells(case: Case, table: schema.TableSchema) -> dict[tuple[str, int | None, str], object]:
    """Return the cells of a table by key, year and column; series in every year of the case."""
    found: dict[tuple[str, int | None, str], object] = {}
    series = [column.name for column in table.columns if column.series]
    for row in case.tables[table.name]:
        year = row["year"] if "year" in table.key else None
        for column, value in row.items():
            if column not in table.key and column not in series and value is not None:
                found[key_of(table, row), year, column] = value
    names = [name for name in table.key if name != "year"]
    for column in series:
        for key, values in case.yearly(table.name, column).items():
            text = key_of(table, dict(zip(names, key, strict=True)))
            found |= {(text, t, column): value for t, value in values.items()}
    return found


def _years(reference: Answer, other: Answer) -> list[int]:
    one, two = (set(answer.tables["economics"]["year"]) for answer in (reference, other))
    if not one & two:
        message = "the answers have no year in common"
        raise ValueError(message)
    return sorted(map(int, one & two))


def _results(name: str, reference: Answer, other: Answer) -> Iterator[tuple[object, ...]]:
    years = _years(reference, other)
    before, after = _quantities(reference), _quantities(other)
    for at in dict.fromkeys([*before, *after]):
        year, quantity, item = at
        if year in years:
            old, new = before.get(at, 0.0), after.get(at, 0.0)
            yield name, year, quantity, item, old, new, new - old


def _quantities(answer: Answer) -> dict[tuple[int, str, str], float]:
    """Return what is compared of an answer, by year, quantity and item."""
    tables, found = answer.tables, {}
    for year, rows in _by_year(tables["service"]):
        found[year, "served_ttok", "all"] = float(rows["served_ttok"].sum())
    for year, rows in _by_year(tables["cost"]):
        found[year, "cost_usd", "all"] = float(rows[["serving_usd", "research_usd"]].to_numpy().sum())
    for row in tables["token_cost"].to_dict("records"):
        for column in ("average_usd_per_mtok", "marginal_usd_per_mtok"):
            found[row["year"], column, row["workload"]] = float(row[column])
    for row in tables["economics"].to_dict("records"):
        found[row["year"], "capital_usd", "all"] = float(row["capital_usd"])
    for year, rows in _by_year(tables["installed_base"]):
        found[year, "h100e_operating", "all"] = float(rows["h100e_operating"].sum())
    for row in tables["builds"].to_dict("records"):
        found[row["year"], "built", row["accelerator"]] = float(row["built"])
    return found


def _by_year(table: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    for year in sorted(set(table["year"].tolist())):
        yield year, table[table["year"] == year]


def _labels(name: str, reference: Answer, other: Answer) -> Iterator[tuple[object, ...]]:
    years = _years(reference, other)
    before, after = (
        {(row["year"], row["level"]): row["members"] for row in answer.tables["binding"].to_dict("records")}
        for answer in (reference, other)
    )
    for year, level in before:
        if year in years:
            old, new = before[year, level], after.get((year, level), "")
            yield name, year, level, old, new, old == new


def _changes(name: str, answer: Answer) -> Iterator[tuple[object, ...]]:
    """Yield every cell that was changed for an answer; numbers that stood among names in a file are numbers again."""
    if not answer.summary.get("what_if"):
        return  # a folder may still have the changes of an answer before
    for row in answer.tables.get(CHANGES, _frame(_CHANGES, [])).reindex(columns=_CHANGES[1:]).to_dict("records"):
        cells = {str(k): ("" if k == "key" else None) if pd.isna(v) else v for k, v in row.items()}
        table = schema.TABLE.get(str(cells["table"]))
        kinds = {} if table is None else {c.name: c.type for c in table.columns}
        column = str(cells["column"]).removesuffix(schema.LOW).removesuffix(schema.HIGH)
        if kinds.get(column) in {"number", "integer"}:
            cells |= {end: _number(cells[end]) for end in ("old", "new")}
        yield name, *cells.values()


def _number(cell: object) -> object:
    try:
        return float(cell) if isinstance(cell, str) else cell
    except ValueError:
        return cell
