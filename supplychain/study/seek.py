"""The smallest move of some numbers of a case after which conditions hold: goal seeking.

All numbers of a target are multiplied by the same factor, or whole numbers moved by whole steps. Each direction is a
way of its own, looked at from the case outwards.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from supplychain import lp, schema, units
from supplychain.case.axes import parts_of, repeated, spaced, target_faults
from supplychain.case.changes import apply
from supplychain.case.edits import edit
from supplychain.case.effects import CAPACITIES, half_moved, is_number
from supplychain.errors import ChangeError, ChangeProblem, NoAnswerError, TimeLimitError
from supplychain.limits import doing, limited
from supplychain.notebook import Shown
from supplychain.plan.bottlenecks import LEVELS
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import workers
from supplychain.study.conditions import NET_BENEFIT, Condition, conditions
from supplychain.study.stretches import Point, Search, Stretch, spread
from supplychain.study.warm import WarmSolver
from supplychain.tabular import shown
from supplychain.tolerances import (
    BEYOND_PRICE_END,
    LABEL_FOUND_WITHIN,
    REFUSED_FOUND_WITHIN,
    STRETCH_FOUND_WITHIN,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.case.changes import Changed
    from supplychain.lp import LabelledLP
    from supplychain.plan.solved_lp import SolvedLP
    from supplychain.results.schema import Kind
    from supplychain.study.stretches import End
    from supplychain.study.warm import Reading

    MakeSolver: TypeAlias = Callable[..., WarmSolver]
    """Makes a warm solver of a case, of what is measured, and of `labels`, `years` and `totals`."""

UP, DOWN = "up", "down"

TARGET_EXAMPLE = "capacity.capacity[stage=hbm] & expansion.max_expansion[stage=hbm]"

LEAST_PCT, MOST_PCT = -100.0, 1500.0
"""From where to where numbers move, if nothing is said: to nothing, and to 16 times what they are."""

MOST_STEPS = 10
"""Steps by which whole numbers move each way, if nothing is said."""

SCAN_STEPS = 32
"""Points of a scan in each direction: near the case 0.2 to 0.3 % apart, and further on 5 %, or a sixth where numbers
rise."""

MOST_SCAN_STEPS = 10_000

MOST_TARGETS = 4
"""Targets of which all combinations are tried: 80 of four."""

PIECES = 400
"""Pieces on which prices stay as they are that are followed in each direction: 100 to 160 up to where HBM binds in 2027
in `inputs/base`."""

_HUNTED = 6
"""Points that are tried to find what a scan may have passed over, where the shape of an amount is not known."""

_FARTHEST_PROBE = 4.0
"""How far along a way it is looked whether numbers of the LP move in proportion: to five times what they are. Beyond
eight times the demand an LP has another scale of money."""

_QUICK = 4.0
"""Seconds of work that are over about as soon as processes have started."""

_PLACE = "what is sought"

ALREADY, FOUND, NEVER = "already", "found", "never"
NONE, NONE_TO_WALKED, BETWEEN = "none", "none up to walked_to", "between points"

_STAGE_KEY = re.compile(r"(?:^|, )stage=([^,]+)")


@dataclass(frozen=True, repr=False, eq=False)
class Seek(Answer, Shown):
    """The least moves after which conditions hold: its tables are `moves`, `stretches`, `conditions` and `numbers`."""

    case: Case
    kind: Kind = field(default="seek", kw_only=True)


@dataclass(frozen=True, slots=True)
class _Target:
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
class _Way:
    """Targets that move together, each up (1) or down (-1), and how far they may."""

    targets: tuple[_Target, ...]
    signs: tuple[int, ...]
    longest: float

    @property
    def whole(self) -> bool:
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
class _Task:
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

    def context(self) -> _Context:
        """Return what a worker looks along ways with."""
        return _Context(self)


@dataclass
class _Context:
    """What a worker keeps from way to way."""

    task: _Task

    @cached_property
    def solver(self) -> WarmSolver:
        return self.task.solver()

    @cached_property
    def labeller(self) -> WarmSolver:
        """Reads what binds in all reported years, where conditions are of none."""
        if self.task.label_years:
            return self.solver
        return self.task.make_solver(self.task.case, (), labels=True, years=None, totals=False)

    @cached_property
    def in_case(self) -> list[float | str]:
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
        return _point(self.task.conditions, self.task.values(reading), self.in_case)


@dataclass(frozen=True)
class _Found:
    """What was found along a way."""

    way: _Way
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
        return self.stretches[0].first if self.stretches else math.inf


@limited("seeking")
def seek(  # noqa: PLR0913 - all but three have their defaults
    case: Case,
    vary: Sequence[str] | str,
    so_that: Sequence[str] | str,
    *,
    least: float | None = None,
    most: float | None = None,
    steps: int = SCAN_STEPS,
    walk: bool = True,
    make_solver: MakeSolver = WarmSolver,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
    progress: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> Seek:
    """Find the smallest move of some numbers after which conditions hold, and all stretches on which they do.

    `vary` is a target, the left part of an edit: `capacity.capacity[stage=hbm]`, or several with ` & ` between them
    that move together. All its numbers move by the same share, from `least` to `most` per cent (default: -100 to
    +1500); whole numbers, as years, move by whole steps (default: 10 each way). Of several targets each moves alone,
    and in combination: two or more of them by the same share, each up or down. `so_that` are conditions, as
    `supplychain.study.conditions` says: `binding[2027] = hbm`, `served_ttok[2028] >= +20%`, `net_benefit >= +10e9`.
    All of them must hold.

    `steps` points are read in each direction, closer near the case, and each change between neighbours is located: of
    amounts to 1e-6 of the numbers, of what binds to 1e-4. Where a target moves limits alone, in proportion, and
    conditions are of what binds, prices are followed from piece to piece up to the first stretch, and what binds is
    read at both ends of each piece, so that none is passed over; not with `walk=False`. Net benefit and the objective
    are convex or concave where limits alone or costs alone move, so that no stretch is passed over. `make_solver` makes
    what reads points; default: `WarmSolver`.
    `executor` looks along several directions at the same time; default: one process for each core if that is worth it.
    `time_limit` is in seconds, for all of it. `warn` is told where a target moves capacity in hand of a stage and not
    its options, or the other way round.

    Raises: ChangeError with every fault of targets and conditions, NoAnswerError if the case itself has no answer,
    TimeLimitError if the time limit passes.
    """
    problems: list[ChangeProblem] = []
    read: tuple[Condition, ...] = ()
    try:
        read = conditions(case, [so_that] if isinstance(so_that, str) else so_that)
    except ChangeError as error:
        problems += error.problems
    targets = _targets(case, [vary] if isinstance(vary, str) else vary, (least, most, steps), problems)
    for warning in dict.fromkeys(warning for target in targets for warning in _half_moved(case, target)):
        warn(warning)
    task = _Task(case, read, steps, walk, make_solver)
    progress("solving the case")
    here, start = task.context(), time.monotonic()
    in_case = here.in_case
    seconds = time.monotonic() - start
    _check_relative(read, in_case)
    holds = _point(read, in_case, in_case).holds
    ways = list(_ways(targets, least, most))

    def tell(done: int) -> None:
        progress(f"looked along {done} of {len(ways)} ways")

    quick = seconds * steps * len(ways) < _QUICK
    with workers.executor_or_default(executor, 1 if quick else None) as pool:
        context = (lambda: here) if isinstance(pool, workers.SerialExecutor) else task.context
        found = workers.map_ordered(pool, workers.Shared(context), _look, ways, tell)
    summary = {
        "case": case.settings.name,
        "so_that": [condition.text for condition in read],
        "vary": [target.text for target in targets],
        "holds_already": holds,
        "steps": steps,
        "amounts_within": STRETCH_FOUND_WITHIN,
        "labels_within": LABEL_FOUND_WITHIN,
        "inputs_sha256": case.sha256,
    }
    return Seek(summary, _tables(read, in_case, found), case)


def _targets(
    case: Case,
    texts: Sequence[str],
    reach: tuple[float | None, float | None, int],
    other_problems: Sequence[ChangeProblem],
) -> list[_Target]:
    """Read the targets, and check the range and the number of steps.

    Raises: ChangeError, which names every fault, those that others found too.
    """
    least, most, steps = reach
    problems: list[ChangeProblem] = []
    targets: list[_Target] = []
    for text in texts:
        faults = target_faults(text)
        if not faults:
            columns = [edit(f"{part} = 1").column for part in parts_of(text)]
            wholes = {column.type == "integer" for column in columns}
            targets.append(_Target(spaced(text), wholes == {True}))
            faults = ["moves whole numbers and others together; they move by steps and by shares"] * (len(wholes) > 1)
        problems += [ChangeProblem("", shown(text), fault) for fault in faults]
    problems += repeated([target.text for target in targets])
    if not texts:
        problems.append(ChangeProblem("", "", f"no target is varied; give one like {TARGET_EXAMPLE}"))
    if len(texts) > MOST_TARGETS:
        fault = f"{len(texts)} targets are varied; must be {MOST_TARGETS} or fewer, as all combinations are tried"
        problems.append(ChangeProblem("", "", fault))
    if not 1 <= steps <= MOST_SCAN_STEPS:
        problems.append(ChangeProblem("", "steps", f"{steps}; must be from 1 to {MOST_SCAN_STEPS:,}"))
    problems += _range_faults({target.whole for target in targets}, least, most)
    for target in targets:
        problems += _immovable(case, target)
    if problems or other_problems:
        raise ChangeError(_PLACE, [*problems, *other_problems])
    return targets


def _range_faults(wholes: set[bool], least: float | None, most: float | None) -> list[ChangeProblem]:
    """Return what is wrong with the range of moves."""
    if least is None and most is None:
        return []
    if len(wholes) > 1:
        fault = "some targets move by shares and some by whole steps; give no range, or ask for them apart"
        return [ChangeProblem("", "the range", fault)]
    whole = wholes == {True}
    low, high = _ends(least, most, whole=whole)
    unit, floor = (" steps", -math.inf) if whole else ("%", LEAST_PCT)
    faults = []
    if not floor <= low <= 0 or not math.isfinite(low):
        to = "0 or less" if whole else f"{LEAST_PCT:g}% to 0%"
        faults.append(f"begins at {low:g}{unit}; must be {to}: it is how far numbers may fall")
    if not 0 <= high < math.inf:
        faults.append(f"ends at {high:g}{unit}; must be 0{'' if whole else '%'} or more: it is how far they may rise")
    if whole and (low % 1 or high % 1):
        faults.append(f"is {low:g} to {high:g}; must be whole numbers, as the target's numbers are")
    if low == high == 0:
        faults.append("ends where it begins, at the case; must go further on one side at least")
    return [ChangeProblem("", "the range", fault) for fault in faults]


def _ends(least: float | None, most: float | None, *, whole: bool) -> tuple[float, float]:
    """Return from where to where numbers move: in per cent, or in steps."""
    plain = (-float(MOST_STEPS), float(MOST_STEPS)) if whole else (LEAST_PCT, MOST_PCT)
    return (plain[0] if least is None else least, plain[1] if most is None else most)


def _immovable(case: Case, target: _Target) -> list[ChangeProblem]:
    """Return why no move of a target is possible, neither up nor down; nothing if one is."""
    refused: dict[str, ChangeProblem] = {}
    for way in (1.0, -1.0) if target.whole else (REFUSED_FOUND_WITHIN, -REFUSED_FOUND_WITHIN):
        try:
            audit = apply(case, target.edits(way))[1]
        except ChangeError as error:
            for problem in error.problems:
                refused.setdefault(problem.message, ChangeProblem("", target.text, problem.message))
            continue
        if any(is_number(cell) and cell.old != cell.new for cell in audit):
            return []
        fault = "all its numbers are 0, so that no share of them is a move; set them first, with a change of the case"
        return [ChangeProblem("", target.text, fault)]
    return list(refused.values())


def _half_moved(case: Case, target: _Target) -> list[str]:
    """Return where a target moves capacity in hand and not the options, or the other way round."""
    texts = [text for text in target.edits(-1.0 if target.whole else -0.5) if _column(text) in CAPACITIES]
    return half_moved(*apply(case, texts))


def _column(text: str) -> tuple[str, str]:
    read = edit(text)
    return read.table.name, read.column.name


def _check_relative(read: Sequence[Condition], in_case: Sequence[float | str]) -> None:
    """Refuse what is relative to an amount that the case has not.

    Raises: ChangeError.
    """
    problems = [
        ChangeProblem("", condition.text, "the case has no such amount, as nothing is served then; give a level")
        for condition, value in zip(read, in_case, strict=True)
        if isinstance(value, float) and math.isnan(value) and condition.against != "level"
    ]
    if problems:
        place = "the conditions"
        raise ChangeError(place, problems)


def _ways(targets: Sequence[_Target], least: float | None, most: float | None) -> list[_Way]:
    """Return each target alone, down and up, and then those that move by shares in combination."""

    def longest(target: _Target, sign: int) -> float:
        low, high = _ends(least, most, whole=target.whole)
        return (high if sign > 0 else -low) * (1.0 if target.whole else units.PERCENT)

    singles = [_Way((target,), (sign,), longest(target, sign)) for target in targets for sign in (-1, 1)]
    shares = [target for target in targets if not target.whole]
    combined = []
    for signs in product((0, -1, 1), repeat=len(shares)):
        moving = [(target, sign) for target, sign in zip(shares, signs, strict=True) if sign]
        if len(moving) > 1:
            some, theirs = zip(*moving, strict=True)
            combined.append(_Way(some, theirs, min(longest(*pair) for pair in moving)))
    return [way for way in (*singles, *sorted(combined, key=lambda way: len(way.targets))) if way.longest > 0]


def _point(read: Sequence[Condition], values: Sequence[float | str], in_case: Sequence[float | str]) -> Point:
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


def _look(context: _Context, way: _Way) -> _Found:
    """Look along a way."""
    with doing(f"seeking along {way.key['move']}, {way.key['direction']}"):
        return _Look(context, way).found()


class _Look:
    """One way, looked along by one worker."""

    def __init__(self, context: _Context, way: _Way) -> None:
        self._context, self._way = context, way
        self._search = Search(lambda at: context.point(self._case(at)), whole=way.whole)
        self._walked_to = math.nan

    def _case(self, at: float) -> Case:
        return self._changed(at)[0] if at else self._context.task.case

    def _changed(self, at: float) -> tuple[Case, tuple[Changed, ...]]:
        return apply(self._context.task.case, self._way.edits(at))

    def found(self) -> _Found:
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
        return _Found(
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
                table, column = _column(text)
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


def _tables(read: Sequence[Condition], in_case: Sequence[float | str], found: Sequence[_Found]) -> dict[str, Any]:
    """Return the tables."""
    nearest = {
        whole: min((one.least for one in found if one.way.whole == whole), default=math.inf) for whole in (True, False)
    }
    moves, stretches, compared = [], [], []
    for one in found:
        scale = 1.0 if one.way.whole else 1 / units.PERCENT
        unit: Literal["years", "%"] = "years" if one.way.whole else "%"
        first = one.stretches[0] if one.stretches else None
        end: End | Literal[""] = first.first_end if first else ""
        moves.append(
            {
                **one.way.key,
                "outcome": NEVER if first is None else FOUND if first.first > 0 else ALREADY,
                "by": first.first * scale if first else math.nan,
                "unit": unit,
                "nearest": 0 < one.least == nearest[one.way.whole] < math.inf,
                "end": end,
                "fails_at": first.fails_before * scale if first else math.nan,
                "searched_to": one.searched_to * scale,
                "stopped_by": one.stopped_by,
                "passed_over": one.passed_over,
                "walked_to": one.walked_to * scale,
                "points": one.points,
                "unanswered": one.unanswered,
                "binds": one.binds,
            }
        )
        stretches += [
            {
                **one.way.key,
                "stretch": n,
                "from": stretch.first * scale,
                "to": stretch.last * scale,
                "unit": unit,
                "from_end": stretch.first_end,
                "to_end": stretch.last_end,
                "fails_before": stretch.fails_before * scale,
                "fails_after": stretch.fails_after * scale,
            }
            for n, stretch in enumerate(one.stretches, 1)
        ]
        there: Sequence[float | str | None] = one.values or [None] * len(read)
        compared += [
            {
                **one.way.key,
                "condition": condition.text,
                "required": math.nan if isinstance(before, str) else condition.required(before),
                "unit": condition.unit,
                "in_case": before,
                "there": value,
            }
            for condition, before, value in zip(read, in_case, there, strict=True)
        ]
    return {
        "moves": frame(result_schema.SEEK_MOVES, moves),
        "stretches": frame(result_schema.STRETCHES, stretches),
        "conditions": frame(result_schema.SEEK_CONDITIONS, compared),
        "numbers": frame(result_schema.MOVED_NUMBERS, [row for one in found for row in one.numbers]),
    }
