"""The smallest move of some numbers of a case after which conditions hold: goal seeking.

Each direction in which targets move, alone or in combination, is a way of its own, looked at from the case outwards.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Literal

from supplychain import units
from supplychain.case.axes import parts_of, repeated, spaced, target_faults
from supplychain.case.changes import apply
from supplychain.case.edits import edit
from supplychain.case.effects import CAPACITIES, half_moved, is_number
from supplychain.errors import ChangeError, ChangeProblem
from supplychain.limits import limited
from supplychain.notebook import Shown
from supplychain.results import schema as result_schema
from supplychain.results.answer import Answer
from supplychain.results.frames import frame
from supplychain.study import workers
from supplychain.study.conditions import conditions
from supplychain.study.warm import WarmSolver
from supplychain.study.ways import Found, Target, Task, Way, column_of, look, point_of
from supplychain.tabular import shown
from supplychain.tolerances import LABEL_FOUND_WITHIN, REFUSED_FOUND_WITHIN, STRETCH_FOUND_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.results.schema import Kind
    from supplychain.study.conditions import Condition
    from supplychain.study.stretches import End
    from supplychain.study.ways import MakeSolver

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
"""Targets of which all combinations are tried: of four, 80 ways."""

_QUICK = 4.0
"""Seconds of work that are over about as soon as processes have started."""

_PLACE = "what is sought"

ALREADY, FOUND, NEVER = "already", "found", "never"
NONE, NONE_TO_WALKED, BETWEEN = "none", "none up to walked_to", "between points"


@dataclass(frozen=True, repr=False, eq=False)
class Seek(Answer, Shown):
    """The least moves after which conditions hold: its tables are `moves`, `stretches`, `conditions` and `numbers`."""

    case: Case
    kind: Kind = field(default="seek", kw_only=True)


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
    task = Task(case, read, steps, walk, make_solver)
    progress("solving the case")
    here, start = task.context(), time.monotonic()
    in_case = here.in_case
    seconds = time.monotonic() - start
    _check_relative(read, in_case)
    holds = point_of(read, in_case, in_case).holds
    ways = list(_ways(targets, least, most))

    def tell(done: int) -> None:
        progress(f"looked along {done} of {len(ways)} ways")

    quick = seconds * steps * len(ways) < _QUICK
    with workers.executor_or_default(executor, 1 if quick else None) as pool:
        context = (lambda: here) if isinstance(pool, workers.SerialExecutor) else task.context
        found = workers.map_ordered(pool, workers.Shared(context), look, ways, tell)
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
) -> list[Target]:
    """Read the targets, and check the range and the number of steps.

    Raises: ChangeError, which names every fault, those that others found too.
    """
    least, most, steps = reach
    problems: list[ChangeProblem] = []
    targets: list[Target] = []
    for text in texts:
        faults = target_faults(text)
        if not faults:
            columns = [edit(f"{part} = 1").column for part in parts_of(text)]
            wholes = {column.type == "integer" for column in columns}
            targets.append(Target(spaced(text), wholes == {True}))
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


def _immovable(case: Case, target: Target) -> list[ChangeProblem]:
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


def _half_moved(case: Case, target: Target) -> list[str]:
    """Return where a target moves capacity in hand and not the options, or the other way round."""
    texts = [text for text in target.edits(-1.0 if target.whole else -0.5) if column_of(text) in CAPACITIES]
    return half_moved(*apply(case, texts))


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


def _ways(targets: Sequence[Target], least: float | None, most: float | None) -> list[Way]:
    """Return each target alone, down and up, and then those that move by shares in combination."""

    def longest(target: Target, sign: int) -> float:
        low, high = _ends(least, most, whole=target.whole)
        return (high if sign > 0 else -low) * (1.0 if target.whole else units.PERCENT)

    singles = [Way((target,), (sign,), longest(target, sign)) for target in targets for sign in (-1, 1)]
    shares = [target for target in targets if not target.whole]
    combined = []
    for signs in product((0, -1, 1), repeat=len(shares)):
        moving = [(target, sign) for target, sign in zip(shares, signs, strict=True) if sign]
        if len(moving) > 1:
            some, theirs = zip(*moving, strict=True)
            combined.append(Way(some, theirs, min(longest(*pair) for pair in moving)))
    return [way for way in (*singles, *sorted(combined, key=lambda way: len(way.targets))) if way.longest > 0]


def _tables(read: Sequence[Condition], in_case: Sequence[float | str], found: Sequence[Found]) -> dict[str, Any]:
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
