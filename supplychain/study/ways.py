"""Looking along one way on which numbers of a case move: where conditions hold on it, and how sure that is.

All numbers of a target are multiplied by the same factor, or whole numbers moved by whole steps. A way begins at the
case, where nothing has moved.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from supplychain import lp, schema, units
from supplychain.case.axes import parts_of
from supplychain.case.changes import apply
from supplychain.case.edits import edit
from supplychain.case.effects import is_number
from supplychain.errors import ChangeError, NoAnswerError, TimeLimitError
from supplychain.limits import doing
from supplychain.plan.bottlenecks import LEVELS
from supplychain.study.conditions import NET_BENEFIT, Condition
from supplychain.study.stretches import Point, Search, Stretch, spread
from supplychain.tolerances import BEYOND_PRICE_END, REFUSED_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.case.changes import Changed
    from supplychain.lp import LabelledLP
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.study.warm import Reading, WarmSolver

    MakeSolver: TypeAlias = Callable[..., WarmSolver]
    """Makes a warm solver of a case, of what is measured, and of `labels`, `years` and `totals`."""

UP, DOWN = "up", "down"

NONE, NONE_TO_WALKED, BETWEEN = "none", "none up to walked_to", "between points"

PIECES = 400
"""Pieces on which prices stay as they are that are followed in each direction: 100 to 160 up to where HBM binds in 2027
in `inputs/base`."""

_HUNTED = 6
"""Points that are tried to find what a scan may have passed over, where the shape of an amount is not known."""

_FARTHEST_PROBE = 4.0
"""How far along a way it is looked whether numbers of the LP move in proportion: to five times what they are. Beyond
eight times the demand an LP has another scale of money."""

_STAGE_KEY = re.compile(r"(?:^|, )stage=([^,]+)")


@dataclass(frozen=True, slots=True)
class Target:
    """Numbers that move together."""

    text: str
    whole: bool

    def edits(self, way: float) -> list[str]:
        """Return the edits that move them by a share, or by so many steps."""
        operation = f"+= {way:.0f}" if self.whole else f"*= {1 + way!r}"
        if self.whole and way < 0:
            operation = f"-= {-way:.0f}"
        return [f"{part} {operation}" for part in parts_of(self.text)]


@dataclass(frozen=True, slots=True)
class Way:
    """Targets that move together, each up (1) or down (-1), and how far they may."""

    targets: tuple[Target, ...]
    signs: tuple[int, ...]
    longest: float

    @property
    def whole(self) -> bool:
        """Whether its numbers move by whole steps."""
        return self.targets[0].whole

    @property
    def rising(self) -> bool:
        """Whether all numbers rise, so that they may multiply."""
        return min(self.signs) > 0

    @property
    def key(self) -> dict[str, str]:
        """Return what its rows of the tables are found by."""
        return {
            "move": schema.SUM.join(target.text for target in self.targets),
            "direction": schema.SUM.join(UP if sign > 0 else DOWN for sign in self.signs),
        }

    def edits(self, way: float) -> list[str]:
        """Return the edits that go so far along it."""
        return [
            text
            for target, sign in zip(self.targets, self.signs, strict=True)
            for text in target.edits(sign * way if way else 0.0)
        ]


@dataclass(frozen=True)
class Task:
    """What is sought, and how."""

    case: Case
    conditions: tuple[Condition, ...]
    steps: int
    walk: bool
    make_solver: MakeSolver

    @cached_property
    def measured(self) -> tuple[Any, ...]:
        """What is measured at every point."""
        keys = (condition.measured for condition in self.conditions)
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    @cached_property
    def label_years(self) -> tuple[int, ...]:
        """The years whose labels conditions are of."""
        return tuple(sorted({condition.label[1] for condition in self.conditions if condition.label}))

    def solver(self) -> WarmSolver:
        """Return what points are read with."""
        years = self.label_years
        totals = any(condition.year is None for condition in self.conditions)
        return self.make_solver(self.case, self.measured, labels=bool(years), years=years or None, totals=totals)

    def values(self, reading: Reading) -> list[float | str]:
        """Return what each condition is about, of a plan."""
        measured = dict(zip(self.measured, reading.measured, strict=True))
        return [condition.value(reading, measured) for condition in self.conditions]

    def context(self) -> Context:
        """Return what a worker looks along ways with."""
        return Context(self)


@dataclass
class Context:
    """What a worker keeps from way to way."""

    task: Task

    @cached_property
    def solver(self) -> WarmSolver:
        """Reads what conditions are about."""
        return self.task.solver()

    @cached_property
    def labeller(self) -> WarmSolver:
        """Reads what binds in all reported years, where conditions are of none."""
        if self.task.label_years:
            return self.solver
        return self.task.make_solver(self.task.case, (), labels=True, years=None, totals=False)

    @cached_property
    def in_case(self) -> list[float | str]:
        """What each condition is about, in the case itself."""
        return self.task.values(self.solver.central())

    def binds(self, case: Case) -> str:
        """Return the stages that bind in a changed case, by year, as a table says it."""
        stage = LEVELS[0]
        labels = (self.labeller.central() if case is self.task.case else self.labeller.read(case)).labels
        return ", ".join(f"{year}: {members}" for (level, year), members in sorted(labels.items()) if level == stage)

    def point(self, case: Case) -> Point:
        """Return whether conditions hold in a changed case, and by how much amounts exceed what is required."""
        try:
            reading = self.solver.central() if case is self.task.case else self.solver.read(case)
        except TimeLimitError:
            raise
        except NoAnswerError:
            return Point(holds=False, answered=False)
        return point_of(self.task.conditions, self.task.values(reading), self.in_case)


@dataclass(frozen=True)
class Found:
    """What was found along a way."""

    way: Way
    searched_to: float
    stopped_by: str
    stretches: list[Stretch]
    passed_over: str
    walked_to: float
    points: int
    unanswered: int
    values: list[float | str] | None
    binds: str
    numbers: list[dict[str, Any]]

    @property
    def least(self) -> float:
        """The least move after which conditions hold; infinite if there is none."""
        return self.stretches[0].first if self.stretches else math.inf


def point_of(read: Sequence[Condition], values: Sequence[float | str], in_case: Sequence[float | str]) -> Point:
    """Return whether conditions hold at some values, and by how much amounts exceed what is required."""
    margins, labels, bound = [], [], True
    for condition, value, before in zip(read, values, in_case, strict=True):
        if isinstance(value, str):
            labels.append(value)
            bound &= condition.binds(value)
        else:
            margins.append(condition.margin(value, float(before)))
    margin = math.nan if any(map(math.isnan, margins)) or not bound else min(margins, default=math.nan)
    holds = bound and (margin >= 0 or not margins)
    return Point(holds, margin, "; ".join(labels))


def column_of(text: str) -> tuple[str, str]:
    """Return the table and the column of an edit."""
    read = edit(text)
    return read.table.name, read.column.name


def look(context: Context, way: Way) -> Found:
    """Look along a way."""
    with doing(f"seeking along {way.key['move']}, {way.key['direction']}"):
        return _Look(context, way).found()


class _Look:
    """One way, looked along by one worker."""

    def __init__(self, context: Context, way: Way) -> None:
        self._context, self._way = context, way
        self._search = Search(lambda at: context.point(self._case(at)), whole=way.whole)
        self._walked_to = math.nan

    def _case(self, at: float) -> Case:
        return self._changed(at)[0] if at else self._context.task.case

    def _changed(self, at: float) -> tuple[Case, tuple[Changed, ...]]:
        return apply(self._context.task.case, self._way.edits(at))

    def found(self) -> Found:
        """Return what is found along the way."""
        search, way = self._search, self._way
        end, stopped_by = self._reach()
        search.at(0.0)
        steps = self._context.task.steps
        ways = [float(n) for n in range(1, int(end) + 1)] if way.whole else spread(end, steps, rising=way.rising)
        search.scan(ways)
        passed_over = NONE if way.whole else self._refine(ways)
        search.locate()
        if passed_over == BETWEEN and self._context.task.walk and end > 0:
            passed_over = self._walk(end)
            search.scan([])
            search.locate()
        stretches = search.stretches()
        values, binds, moved = None, "", None
        if stretches:
            there, moved = self._changed(stretches[0].first) if stretches[0].first else (self._context.task.case, None)
            solver = self._context.solver
            reading = solver.central() if moved is None else solver.read(there)
            values, binds = self._context.task.values(reading), self._context.binds(there)
        return Found(
            way,
            end,
            stopped_by,
            stretches,
            passed_over,
            self._walked_to,
            len(search.points) - 1,
            sum(not point.answered for point in search.points.values()),
            values,
            binds,
            self._numbers(end, moved),
        )

    def _reach(self) -> tuple[float, str]:
        """Return how far along the way the case takes the edits, and why not further."""
        longest = self._way.longest
        stopped_by = self._refused(longest)
        if not stopped_by:
            return longest, ""
        low, high = 0.0, longest
        while high - low > (1 if self._way.whole else REFUSED_FOUND_WITHIN * (1 + low)):
            middle = (low + high) // 2 if self._way.whole else (low + high) / 2
            if (refusal := self._refused(middle)) == "":
                low = middle
            else:
                high, stopped_by = middle, refusal
        return low, stopped_by

    def _refused(self, at: float) -> str:
        """Return why the case does not take the edits; nothing if it does."""
        try:
            self._changed(at)
        except ChangeError as error:
            return "; ".join(dict.fromkeys(f"{problem.what}: {problem.message}" for problem in error.problems))
        return ""

    def _refine(self, ways: list[float]) -> str:
        """Look for what the scan passed over, and return what it may still have."""
        search = self._search
        if len(self._context.task.conditions) > 1 or not ways:
            return BETWEEN if ways else NONE
        (condition,) = self._context.task.conditions
        shape = self._shape(condition, ways[-1])
        if shape:
            return NONE if search.hunt(for_holding=shape < 0) else BETWEEN
        if not condition.of_label:
            for for_holding in (True, False):
                search.hunt(for_holding=for_holding, rounds=_HUNTED)
        return BETWEEN

    def _shape(self, condition: Condition, end: float) -> int:
        """Return whether the margin of an amount is convex along the way (1) or concave (-1); 0 if neither is sure."""
        if condition.quantity not in {NET_BENEFIT, "objective"} or self._context.solver.only_lp() is None:
            return 0
        if condition.quantity == NET_BENEFIT and self._context.task.case.tables["prices"]:
            return 0  # the plan counts what it earns, and net benefit what users gain
        moves = self._lps(end)
        if moves is None:
            return 0
        kind = lp.what_moves(*moves)
        sign = {"limits": 1, "costs": -1}.get(kind or "", 0)
        return sign * (1 if condition.operator == ">=" else -1) * (1 if condition.quantity == "objective" else -1)

    def _lps(self, end: float) -> tuple[LabelledLP, list[tuple[float, LabelledLP]]] | None:
        """Return the LP of the case, and those of three points of the way; None if they have other sets.

        The last is short of the end: where numbers are 0 there, sets may have lost what they are of. A number of the LP
        is a product of inputs, and a polynomial of the share by which they move: what is straight through four points
        is straight all the way, unless four of its factors move.
        """
        solver, there = self._context.solver, []
        start = solver.stated(self._context.task.case)
        for share in (0.3, math.sqrt(0.5), 1 - BEYOND_PRICE_END):
            way = share * min(end, _FARTHEST_PROBE)
            stated = solver.stated(self._case(way))
            if stated is None:
                return None
            there.append((way, stated))
        return None if start is None else (start, there)

    def _limits_move(self, end: float) -> tuple[SolvedLP, dict[int, float]] | None:
        """Return the solved LP of the case, and how its limits move; None if prices cannot be followed.

        They can, from the case to the first stretch, where limits alone move and conditions are of what binds alone.
        """
        task, start = self._context.task, self._context.solver.only_lp()
        if start is None or self._search.points[0.0].holds or not all(one.of_label for one in task.conditions):
            return None
        lps = self._lps(end)
        if lps is None or lp.what_moves(*lps) != "limits":
            return None
        direction = lp.upper_limits(lps[0], *lps[1][-1])
        return (start, direction) if direction else None

    def _walk(self, end: float) -> str:
        """Follow prices from piece to piece up to the first stretch; return what may still be passed over.

        On each piece prices stay as they are. What binds is read close to both of its ends.
        """
        followed, search = self._limits_move(end), self._search
        if followed is None:
            return BETWEEN
        start, direction = followed
        at = self._walked_to = 0.0
        for _ in range(PIECES):
            up_to = min(end, next((way for way in sorted(search.points) if search.points[way].holds), math.inf))
            beyond = at * (1 + BEYOND_PRICE_END) + BEYOND_PRICE_END * units.PERCENT
            if beyond >= up_to:
                self._walked_to = up_to
                break
            rows, columns = lp.moved_limits(start.lp, direction, beyond)
            try:
                with start.changed(rows, columns, ties=()) as changed:
                    at = beyond + lp.allowable_increase(changed.lp, changed.slopes, direction, 1.0)
            except TimeLimitError:
                raise
            except NoAnswerError:  # nothing is feasible any more, or the solver cannot tell how long a price lasts
                break
            for way in (beyond, at * (1 - BEYOND_PRICE_END)):
                if beyond <= way < up_to:
                    search.at(way)
            self._walked_to = min(at, up_to)
        return NONE_TO_WALKED

    def _numbers(self, end: float, moved: Sequence[Changed] | None) -> list[dict[str, Any]]:
        """Return the numbers that move, in the case and after the least move, if one moves them."""
        probe = moved or (self._changed(1.0 if self._way.whole else min(end, 1.0) / 2)[1] if end > 0 else ())
        unit_of = {row["stage"]: row["unit"] for row in self._context.task.case.tables["stages"]}
        rows = []
        for target, sign in zip(self._way.targets, self._way.signs, strict=True):
            for part, text in zip(parts_of(target.text), target.edits(sign), strict=True):
                table, column = column_of(text)
                cells = [
                    cell
                    for cell in probe
                    if is_number(cell) and (cell.table, cell.column) == (table, column) and _is_of(cell, part)
                ]
                if not cells:
                    continue
                old, new = ([float(getattr(cell, side)) for cell in cells] for side in ("old", "new"))
                rows.append(
                    {
                        **self._way.key,
                        "target": part,
                        "unit": _unit(table, column, cells, unit_of),
                        "cells": len(cells),
                        "least_in_case": min(old),
                        "most_in_case": max(old),
                        "least_there": min(new) if moved else math.nan,
                        "most_there": max(new) if moved else math.nan,
                    }
                )
        return rows


def _is_of(cell: Changed, part: str) -> bool:
    """Whether a cell was changed by an edit of a target."""
    return cell.edit.startswith(f"{part} ") and cell.what != "filled"


def _unit(table: str, column: str, cells: Sequence[Changed], unit_of: Mapping[str, str]) -> str:
    """Return the unit of numbers: that of their stage, where they are all of stages with one unit."""
    unit = schema.TABLE[table].column(column).unit
    stages = {match[1] for cell in cells if (match := _STAGE_KEY.search(cell.key))}
    of_stages = {unit_of.get(stage, "") for stage in stages}
    return unit.replace("units of the stage", min(of_stages)) if len(of_stages) == 1 and all(of_stages) else unit
