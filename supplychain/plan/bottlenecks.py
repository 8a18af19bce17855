"""What binds in a year, how firmly, for how long, and what then: the tables `bottlenecks` and `binding`.

Gains and losses are one-sided slopes of the optimal cost, so that a label does not hang on which of several duals the
solver stopped at. Slopes below the rounding of the solve are 0.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from supplychain import lp, units
from supplychain.case.calendar import last_year_seen
from supplychain.errors import NoAnswerError
from supplychain.limits import doing
from supplychain.model import cost
from supplychain.model.labels import Var
from supplychain.plan import quantities
from supplychain.plan.levers import Direction, Lever, Levers, Members
from supplychain.plan.prices import rounded_price
from supplychain.results import schema
from supplychain.results.frames import frame, picked
from supplychain.tolerances import (
    BEYOND_PRICE_END,
    EQUAL_GAIN,
    GAIN_PART_ROUNDING,
    LITTLE_BLOCKED,
    QUANTITY_ROUNDING,
    RELIEF_STEP,
    SAME_OBJECTIVE,
    SAME_SLOPE,
    SERVES_ABOVE,
    WHOLE_RELIEF,
    YEAR_HELPED,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from supplychain.lp import Vector
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP

LEVELS = ("stage", "group")

DEMAND = "demand"
"""Binds where nothing is held back, but for `LITTLE_BLOCKED`."""

UNRESOLVED = "unresolved"
"""Binds where demand is held back, and no set of up to `JOINT_UP_TO` levers serves more of it."""

LASTING, BLOCKED = "lasting", "blocked"
"""States of what binds where no relief of the year alone serves more: relief from it on does; no set of levers does."""

JOINT_UP_TO = 4
"""Largest number of levers that are looked at together."""

_ROUNDS = 100
"""Ends of its range that a price may outlast: none does more than one in the shipped cases; what does gets nowhere."""


@dataclass(frozen=True)
class Worth:
    """What one relief is worth, in undiscounted USD of its year.

    A gain is saving (cost) and serving: deals that are kept (`orders`), `research`, and tokens.
    """

    gain: float
    loss: float
    saving: float = 0.0
    orders: float = 0.0
    research: float = 0.0
    _: KW_ONLY
    helps: tuple[int, ...] = ()
    blank: bool = False
    """Whether the limit is 0, so that one per cent of it means nothing: amounts are per unit then."""

    @property
    def serving(self) -> float:
        """The part that serves more demand."""
        return self.gain - self.saving

    @property
    def serves(self) -> bool:
        """Whether relief serves more demand, and does not only save cost."""
        return self.gain > 0 and self.serving > SERVES_ABOVE * self.gain


@dataclass(frozen=True)
class Bottleneck:
    """A lever in a year: what relief is worth, how firmly it binds, how long its price lasts, and what binds then."""

    year: int
    lever: Lever
    worth: Worth
    annual_gain: float
    state: str
    rank: int = 0
    together: tuple[Lever, ...] = ()
    """The levers of a joint set, upstream first."""
    moves_with: str = ""
    holds_to_pct: float = math.nan
    next: str = ""
    headroom_pct: float = math.nan
    used_share: float = math.nan


YearBottlenecks: TypeAlias = "tuple[list[Bottleneck], Bottleneck | None]"
"""The levers of a year in rank, and what binds."""

ByLevel: TypeAlias = "dict[str, dict[int, YearBottlenecks]]"
"""The same by stage or group, and year."""


def of_years(solved_lp: SolvedLP, years: Iterable[int]) -> ByLevel:
    """Return, by stage and by group, the levers of each year in rank, what binds, and what binds after each."""
    finder = BottleneckFinder(solved_lp)
    return {level: {t: finder.with_ends(level, finder.of_year(level, t)) for t in years} for level in LEVELS}


def merged(parts: Sequence[ByLevel]) -> ByLevel:
    """Return the levers of all years together, in the order of the years."""
    return {
        level: dict(sorted(((t, year) for part in parts for t, year in part[level].items()), key=lambda item: item[0]))
        for level in LEVELS
    }


@dataclass(frozen=True)
class _Proof:
    """What a relief gains, the duals that bound it, and the move that does it: columns, and how far each moves."""

    gain: float
    y: Vector
    columns: npt.NDArray[np.int64] | None
    """None where no move was looked for: the LP's own basis does it."""
    move: Vector | None


@dataclass(frozen=True)
class _Relieved:
    """What comes of a relief."""

    rises: Mapping[int, tuple[float, float]]
    """By year: how much more is served, and how much was, at the value of its tiers [USD]."""
    fall: float
    """Of the objective, in the LP's money."""


class BottleneckFinder:
    """Asks a solved LP what relief is worth, and names what binds; the LP is left as it was."""

    def __init__(
        self,
        solved_lp: SolvedLP,
        unlimited: Callable[[], Solved] | None = None,
        alike: BottleneckFinder | None = None,
    ) -> None:
        """Take a solved LP, and what says what would be done with no limit on any stage: else the LP itself does.

        The finder of an LP `alike` knows what may hold here, too, and leaves fewer questions.
        """
        self._solved_lp, self._solved, self._slopes = solved_lp, solved_lp.solved, solved_lp.slopes
        self._unlimited = unlimited or cache(solved_lp.unlimited)
        known = None if alike is None else alike.levers.map
        self.levers: Levers = Levers(solved_lp.solved, solved_lp.lp, known, moved=solved_lp.moved)
        self._worths: dict[tuple[object, ...], Worth] = {}
        self._ends: dict[tuple[object, ...], tuple[float, dict[str, str]]] = {}
        self._serving: dict[tuple[object, ...], bool] = {}
        self._gains: dict[tuple[object, ...], float] = {}
        self._bounds: list[Vector] = []
        """Sizes of prices in optimal duals, beside the solver's own: they bound what any relief gains."""
        self._at_most: dict[tuple[object, ...], tuple[int, float]] = {}
        """What they make of reliefs at least, and how many of them were asked."""
        self._losses: dict[tuple[object, ...], float] = {}
        self._reliefs: dict[tuple[tuple[object, ...], float], _Relieved] = {}
        self._headroom: dict[tuple[object, ...], float] = {}
        self._known_mosts: dict[tuple[object, ...], list[tuple[float, float, Lever]]] = {}
        self._directions: dict[tuple[Members, tuple[int, ...]], tuple[Direction, bool]] = {}
        tokens, research, deals = (solved_lp.names[var][1] for var in (Var.SERVE, Var.RESEARCH, Var.SHORTFALL))
        self._served = [*tokens, *research, *deals]
        self.proofs: dict[tuple[tuple[object, ...], bool], _Proof] = {}
        """Of reliefs that were asked for, free and with service held."""
        self._near = alike if alike is not None and self._slopes.moves_as(alike._slopes) else None  # noqa: SLF001 - its own
        self._fixed = ((self._served, ()), ([*tokens, *research], deals), (tokens, research))
        """What is fixed, in turn, for the parts of a gain, and what of it is free again."""
        self.duals: list[Vector] = []
        """Duals that bound what any relief gains with service held."""
        self._duals_nearby = [] if alike is None else [*alike.duals]

    def with_ends(self, level: str, year: YearBottlenecks) -> YearBottlenecks:
        """Add how long prices last, and what binds then."""
        ranked, binding = year
        full = [self._with_room(self._with_end(level, bottleneck)) for bottleneck in ranked]
        return full, binding and self._with_end(level, binding)

    def _with_room(self, bottleneck: Bottleneck) -> Bottleneck:
        """Add how much of a lever is used, and by how many per cent it could fall before anything costs more."""
        t, members = bottleneck.year, bottleneck.lever.members
        direction, blank = self._direction(members, (t,))
        if blank:
            return bottleneck
        key = _key(direction)
        if key not in self._headroom:
            with doing(f"asking what headroom {bottleneck.lever.name} has in {t}"):
                self._headroom[key] = self._room(direction) if bottleneck.worth.loss == 0 else 0.0
        return replace(bottleneck, headroom_pct=self._headroom[key], used_share=self.levers.used_share(members, t))

    def headroom(self, t: int) -> dict[str, tuple[float, float]]:
        """Return of each stage that has a limit in a year how far it could fall, per cent, and the share in use."""
        rooms = {}
        for lever in self.levers.of_year(LEVELS[0], t):
            direction, blank = self._direction(lever.members, (t,))
            if not blank:
                free = rounded_price(self._loss(direction) * self._solved_lp.usd(t)) == 0
                room = self._room(direction) if free else 0.0
                rooms[lever.name] = rounded_price(room), self.levers.used_share(lever.members, t)
        return rooms

    def _room(self, direction: Direction) -> float:
        """Return by how many per cent limits that cost nothing to lower can be lowered before they do."""
        whole = 1 / units.PERCENT
        return min(whole, lp.allowable_increase(self._solved_lp.lp, self._slopes, direction, -1.0))

    def _with_end(self, level: str, bottleneck: Bottleneck) -> Bottleneck:
        """Add up to how many per cent a price lasts, and what binds just after it."""
        years = self._years(bottleneck.year) if bottleneck.state == LASTING else (bottleneck.year,)
        direction, blank = self._direction(bottleneck.lever.members, years)
        if bottleneck.worth.gain == 0 or blank or bottleneck.state == BLOCKED:
            return bottleneck
        key = _key(direction)
        if key not in self._ends:
            with doing(f"asking how long the price of {bottleneck.lever.name} in {bottleneck.year} lasts"):
                self._ends[key] = self._end(direction, bottleneck)
        end, labels = self._ends[key]
        return replace(bottleneck, holds_to_pct=end, next=labels.get(level, ""))

    def _end(self, direction: Direction, bottleneck: Bottleneck) -> tuple[float, dict[str, str]]:
        """Return up to how many per cent relief gains at the same rate, and what binds just after, by level.

        Rates that differ by less than `SAME_SLOPE` are the same.

        Raises: NoAnswerError if range after range ends and the rate stays the same.
        """
        t, rate = bottleneck.year, self._gain(direction)
        end = lp.allowable_increase(self._solved_lp.lp, self._slopes, direction, +1.0)
        for _ in range(_ROUNDS):
            if not math.isfinite(end):
                return math.inf, {}
            by = end * (1 + BEYOND_PRICE_END) + BEYOND_PRICE_END
            upper = {row: float(self._solved_lp.lp.row_upper[row] + by * move) for row, move in direction.items()}
            with self._solved_lp.changed(upper, ties=()) as relieved:
                if relieved.slopes.gain(direction) < (1 - SAME_SLOPE) * rate:
                    beyond = BottleneckFinder(relieved, self._unlimited, self)
                    return end, {level: beyond.label(level, t) for level in LEVELS}
                end = by + lp.allowable_increase(relieved.lp, relieved.slopes, direction, +1.0)
        name = bottleneck.lever.name
        message = f"no answer to how long the price of {name} in {t} lasts: it outlasts {_ROUNDS} ends of its range"
        raise NoAnswerError(message)

    def labels(self, years: Sequence[int]) -> dict[tuple[str, int], str]:
        """Return the names of what binds in some years, by level and year.

        Whether relief serves more is asked of what may gain most in each year, and of all years at once: the duals that
        say what it would gain with service held bound each part of it. Where that is not enough, each is asked alone.
        """
        together: Direction = {}
        unsure = 0
        for t in years:
            _, most, lever = self._mosts(LEVELS[0], t, (t,))[0]
            if 0 < most < math.inf:
                direction, _ = self._direction(lever.members, (t,))
                most = self._slopes.between(direction)
                only_saves = self._near is not None and self._near._serving.get(_key(direction)) is False  # noqa: SLF001 - its own
                if not only_saves and not self._serves_surely(most, direction):
                    together |= {row: move / most for row, move in direction.items()}
                    unsure += 1
        if unsure > 1 and self._slopes.only_relaxes(together):
            with doing("asking what serves more in all years"):
                self._keep(self._slopes.gain_and_duals(together, self._served)[1])
        return {(level, t): self.label(level, t) for t in years for level in LEVELS}

    def label(self, level: str, t: int) -> str:
        """Return the name of what binds in a year, with no more questions than it takes.

        No lever and no set of levers gains more than what one dual makes of its relief. So the levers are asked from
        the largest such bound down, and sets only if what is left could gain more than the best lever found.
        """
        with doing(f"asking what binds in {t}"):
            return self._label(level, t)

    def _label(self, level: str, t: int) -> str:
        best = self._best(level, t, (t,), RELIEF_STEP)
        if best is None and self._blocks(t):
            best = self._best(level, t, self._years(t), WHOLE_RELIEF)
            if best is None:
                return UNRESOLVED if t in self._helped_by_all(level, t) else DEMAND
        return best.lever.name if best else DEMAND

    def _best(self, level: str, t: int, years: tuple[int, ...], step: float) -> Bottleneck | None:
        """Return the lever or set of levers whose relief in some years serves more and gains most; None if none does.

        Of relief that begins in a year and lasts, it must serve more in that year.
        """
        usd = self._solved_lp.usd(t)
        mosts = self._mosts(level, t, years)
        best: Bottleneck | None = self._surely_best(t, years, mosts) if years == (t,) else None
        if best is not None:
            return best
        left = 0.0
        for _, bound, lever in mosts:
            direction, blank = self._direction(lever.members, years) if bound > 0 else ({}, False)
            annual = self.levers.annual(lever.members, years)
            most = bound if blank else self._most(direction) * usd  # less, where duals have been found since
            if best is not None and not blank and most * annual < (1 - EQUAL_GAIN) * best.annual_gain:
                left += most
                continue
            if years != (t,) and most > 0 and self._surely_no_help(direction, t, step):
                left += 0.0 if blank else most
                continue
            gain = self._gain(direction)
            if gain == 0:
                left += 0.0 if blank else most
                continue
            worth = Worth(gain * usd, gain * usd, blank=blank)
            bottleneck = Bottleneck(t, lever, worth, 0.0 if blank else rounded_price(worth.gain) * annual, "sole")
            if (best is None or _order(bottleneck) < _order(best)) and self._serves(gain, direction):
                helps = years == (t,) or t in self._helped(direction, gain / self._solved_lp.money, step)
                best = bottleneck if helps else best
        least = 0.0 if best is None else (1 - EQUAL_GAIN) * best.annual_gain
        if best is None or (not best.worth.blank and left >= least):
            sets = self._joint(self._free(level, t, years, least / usd), t, years, step=step)
            sets = [joint for joint in sets if years == (t,) or t in joint.worth.helps]
            best = min([*sets, *([best] if best else [])], key=_order, default=None)
        return best

    def _surely_best(
        self, t: int, years: tuple[int, ...], mosts: Sequence[tuple[float, float, Lever]]
    ) -> Bottleneck | None:
        """Return the lever that binds, where what one of its stages gains alone says so: it gains no less.

        It does if each limit rises as far as for the stage, or further. All others together gain less than that, and it
        serves more whatever it gains beyond.
        """
        (_, most, lever), *others = mosts
        usd, direction = self._solved_lp.usd(t), self._direction(lever.members, years)[0]
        members = [self._direction(frozenset([s]), years)[0] for s in lever.members] if most < math.inf else []
        within = (d for d in members if all(step <= direction.get(row, 0.0) for row, step in d.items()))
        least = max((self._gains.get(_key(d), 0.0) for d in within), default=0.0)
        annual = least * usd * self.levers.annual(lever.members, years)
        if least <= 0 or math.fsum(other for _, other, _ in others) >= (1 - EQUAL_GAIN) * annual:
            return None
        worth = Worth(least * usd, least * usd)
        return Bottleneck(t, lever, worth, annual, "sole") if self._serves_surely(least, direction) else None

    def _mosts(self, level: str, t: int, years: tuple[int, ...]) -> list[tuple[float, float, Lever]]:
        """Return the levers of a year by what one dual makes of their relief: annual, and USD; none gains more.

        Of a lever none of whose limits has a price there, it is nothing, and how far its limits rise is not asked.
        """
        key = level, t, years, len(self._bounds)
        if key in self._known_mosts:
            return self._known_mosts[key]
        mosts = []
        for lever in self.levers.of_year(level, t):
            most = 0.0
            if self._slopes.has_price([row for u in years for row in self.levers.rows(lever.members, u)]):
                direction, blank = self._direction(lever.members, years)
                most = math.inf if blank else self._most(direction) * self._solved_lp.usd(t)
            annual = most * self.levers.annual(lever.members, years) if most else 0.0
            mosts.append((annual, most, lever))
        self._known_mosts[key] = sorted(mosts, key=lambda most: (-most[0], most[2].position, most[2].name))
        return self._known_mosts[key]

    def _free(self, level: str, t: int, years: tuple[int, ...], least: float) -> list[Lever]:
        """Return the levers of a year that are worth nothing alone, and may be worth something with others.

        None if all of them together gain less than `least`, or nothing.
        """
        of_year = [(lever, *self._direction(lever.members, years)) for lever in self.levers.of_year(level, t)]
        free = [(lever, d) for lever, d, blank in of_year if not blank and self._slopes.is_tight(d)]
        free = [(lever, d) for lever, d in free if not self._surely_gains(d) and self._gain(d) == 0]
        if len(free) < 2:  # noqa: PLR2004 - one more than one
            return []
        gain = self._gain(self.levers.relief(_union(lever for lever, _ in free), years))
        return [lever for lever, d in free if self._loss(d) > 0] if gain > 0 and gain >= least else []

    def _serves(self, gain: float, direction: Direction) -> bool:
        key = _key(direction)
        if key not in self._serving:
            if self._serves_surely(gain, direction):
                self._serving[key] = True
            else:
                near = self._move_nearby(direction, fixed=True)
                if near is not None and gain - self._gain_of(near) <= (1 - EQUAL_GAIN) * SERVES_ABOVE * gain:
                    self._serving[key] = False
                    return False
                saved = self._solved_for(direction, self._served)
                self._serving[key] = gain - saved.gain > SERVES_ABOVE * gain
                self._keep(saved.y)
        return self._serving[key]

    def _serves_surely(self, gain: float, direction: Direction) -> bool:
        """Whether duals at hand say that relief serves more: what they make of it is no less than what it saves."""

        def say(y: Vector) -> bool:
            return gain - self._slopes.at_most(y, direction) > SERVES_ABOVE * gain

        if any(say(y) for y in self.duals):
            return True
        nearby = [y for y in self._duals_nearby if say(y)]
        self._duals_nearby = [y for y in self._duals_nearby if not any(y is tried for tried in nearby)]
        return any(self._keep(y) for y in nearby)

    def _keep(self, y: Vector) -> bool:
        """Keep duals, if they bound what any relief gains with service held."""
        holds = self._slopes.bounds(y, self._served)
        if holds:
            self.duals.append(y)
        return holds

    def of_year(self, level: str, t: int) -> YearBottlenecks:
        """Return the levers of a year in rank, and what binds."""
        levers = self.levers.of_year(level, t)
        worths = dict(zip(levers, self._price([lever.members for lever in levers], t, (t,)), strict=True))
        joint = self._joint(_tied(worths), t, (t,))
        bottlenecks = []
        for lever, worth in worths.items():
            best = min((joint_set for joint_set in joint if lever in joint_set.together), key=_order, default=None)
            partners = [partner for partner in best.together if partner != lever] if best else []
            state = _state(worth, joint=best is not None)
            annual = self._annual(worth, lever.members, (t,))
            bottlenecks.append(Bottleneck(t, lever, worth, annual, state, moves_with=_names(partners)))
        ranked = [replace(bottleneck, rank=n) for n, bottleneck in enumerate(sorted(bottlenecks, key=_order), start=1)]
        binding = sorted([bottleneck for bottleneck in ranked if bottleneck.state == "sole"] + joint, key=_order)
        return ranked, binding[0] if binding else self._held_back(level, t)

    def _held_back(self, level: str, t: int) -> Bottleneck | None:
        """Return what binds in a year in which no relief of that year alone serves more; None if nothing is held back.

        It is the lever, or the set of levers, of which relief from that year on serves more in it, too: of what lives
        longer than a year, more of it may pay only so. If there is none, and relief of all levers together from that
        year on serves more in it, which of them binds is unresolved.
        """
        if not self._blocks(t):
            return None
        levers, years = self.levers.of_year(level, t), self._years(t)
        alone = self._price([lever.members for lever in levers], t, years, step=WHOLE_RELIEF)
        worths = dict(zip(levers, alone, strict=True))
        lasting = [
            Bottleneck(t, lever, worth, self._annual(worth, lever.members, years), LASTING)
            for lever, worth in worths.items()
            if worth.serves and t in worth.helps
        ]
        lasting += [
            replace(joint, state=LASTING)
            for joint in self._joint(_tied(worths), t, years, step=WHOLE_RELIEF)
            if t in joint.worth.helps
        ]
        if lasting:
            return min(lasting, key=_order)
        helps = self._helped_by_all(level, t)
        if t not in helps:
            return None
        every = _union(levers)
        (worth,) = self._price([every], t, years, step=WHOLE_RELIEF)
        worth = replace(worth, helps=helps)
        lever = Lever(UNRESOLVED, UNRESOLVED, every, self.levers.nature(every), 0)
        return Bottleneck(t, lever, worth, self._annual(worth, every, years), BLOCKED)

    def _blocks(self, t: int) -> bool:
        """Whether more is held back in a year than `LITTLE_BLOCKED` of what is served or held back."""
        served = cost.worth(self._solved.m, t)
        blocked = quantities.blocked_worth(self._solved, self._unlimited(), t)
        return bool(blocked > LITTLE_BLOCKED * (served + blocked))

    def _helped_by_all(self, level: str, t: int) -> tuple[int, ...]:
        """Return the years in which relief of all levers together from a year on serves more, however little."""
        direction, _ = self._direction(_union(self.levers.of_year(level, t)), self._years(t))
        return self._helped(direction, self._gain(direction) / self._solved_lp.money, WHOLE_RELIEF)

    def _years(self, t: int) -> tuple[int, ...]:
        """Return the years that are seen from a year on."""
        settings = self._solved.case.settings
        seen = settings.foresight_years
        last = settings.last_year if seen is None else last_year_seen(t, seen, settings.last_year)
        return tuple(range(t, last + 1))

    def _annual(self, worth: Worth, members: Members, years: tuple[int, ...]) -> float:
        """Return one year's part of a gain; a limit of 0 has none."""
        return 0.0 if worth.blank else worth.gain * self.levers.annual(members, years)

    def _joint(
        self, tied: Sequence[Lever], t: int, years: tuple[int, ...], *, step: float = RELIEF_STEP
    ) -> list[Bottleneck]:
        """Return the minimal sets of levers, worth nothing alone, whose relief together serves more demand."""
        with doing(f"asking which stages bind together in {t}"):
            sets = lp.minimal_sets(
                self._slopes, tied, lambda levers: self.levers.relief(_union(levers), years), JOINT_UP_TO
            )
        together = [sorted(levers, key=lambda lever: (lever.position, lever.name)) for levers in sets]
        unions = [_union(levers) for levers in together]
        bottlenecks = []
        for levers, members, worth in zip(together, unions, self._price(unions, t, years, step=step), strict=True):
            if worth.serves:
                name, position = _names(levers), levers[0].position
                lever = Lever(name, name, members, self.levers.nature(members), position)
                annual = self._annual(worth, members, years)
                bottlenecks.append(Bottleneck(t, lever, worth, annual, "joint", together=tuple(levers)))
        return bottlenecks

    def _price(
        self, lever_sets: Sequence[Members], t: int, years: tuple[int, ...], *, step: float = RELIEF_STEP
    ) -> list[Worth]:
        """Return what relief of each set of stages in some years is worth, asking like questions together.

        Which years it helps is seen after `step` of the relief.
        """
        directions = [self._direction(members, years) for members in lever_sets]
        usd = self._solved_lp.usd(t)
        new = {_key(d): d for d, _ in directions if (_key(d), step) not in self._worths}
        names = {_key(d): " + ".join(sorted(set_)) for (d, _), set_ in zip(directions, lever_sets, strict=True)}

        def asked(slope: Callable[[Direction], float]) -> dict[Any, float]:
            slopes = {}
            for key, direction in new.items():
                with doing(f"asking what {names[key]} is worth in {t}"):
                    slopes[key] = slope(direction)
            return slopes

        gains, losses = asked(self._gain), asked(self._loss)
        parts: dict[Any, list[float]] = {key: [] for key in new}
        duals: dict[Any, Any] = {}
        for fixed, free_again in self._fixed:
            for key, direction in new.items():
                least = parts[key][-1] if parts[key] else 0.0
                if least < gains[key] and not (parts[key] and self._slopes.stay(free_again, duals[key])):
                    with doing(f"asking what {names[key]} is worth in {t}"):
                        gain, duals[key] = self._slopes.gain_and_duals(direction, fixed)
                    if fixed is self._served:
                        self._keep(duals[key])
                    least = min(gains[key], max(least, gain))
                parts[key].append(least)
        for key, gain in gains.items():
            saving, orders, research = _parts(gain, *parts[key])
            with doing(f"asking in which years {names[key]} of {t} helps"):
                serves = gain - saving > SERVES_ABOVE * gain
                helps = self._helped(new[key], gain / self._solved_lp.money, step) if serves else ()
            loss = max(gain, losses[key])
            amounts = (rounded_price(x * usd) for x in (gain, loss, saving, orders, research))
            self._worths[key, step] = Worth(*amounts, helps=helps)
        return [replace(self._worths[_key(d), step], blank=blank) for d, blank in directions]

    def _direction(self, members: Members, years: tuple[int, ...]) -> tuple[Direction, bool]:
        """Return a relief by one per cent; where the limits are 0, by a little of the limit that gains most."""
        if (members, years) not in self._directions:
            direction = self.levers.relief(members, years)
            one_unit = direction or max(self.levers.single_units(members, years), key=self._slopes.gain, default={})
            self._directions[members, years] = one_unit, not direction
        return self._directions[members, years]

    def _helped(self, direction: Direction, gain: float, step: float) -> tuple[int, ...]:
        """Return the years in which more is served, at the value of its tiers: more than a thousandth of the gain.

        Nor is it more if it is the rounding of what was served.
        """
        least = YEAR_HELPED * step * gain
        rises = self._relieved(direction, step).rises
        return tuple(t for t, (rise, served) in rises.items() if rise > max(least, QUANTITY_ROUNDING * served))

    def _relieved(self, direction: Direction, step: float) -> _Relieved:
        """Return what comes of a relief."""
        key = _key(direction), step
        if key not in self._reliefs:
            upper = {row: float(self._solved_lp.lp.row_upper[row] + step * move) for row, move in direction.items()}
            columns, usd, year = self._unit_worth
            with self._solved_lp.changed(upper, ties=self._solved_lp.ties[:1], only=columns) as relieved:
                more = usd * (relieved.x - self._solved_lp.x)[columns]
                fall = self._solved_lp.optimum.objective - relieved.optimum.objective
            before = usd * self._solved_lp.x[columns]
            rises = {
                t: (math.fsum(more[year == t].tolist()), float(before[year == t].sum())) for t in self._solved.on.years
            }
            self._reliefs[key] = _Relieved(rises, fall)
        return self._reliefs[key]

    def _surely_no_help(self, direction: Direction, t: int, step: float) -> bool:
        """Whether a relief serves no more in a year than rounding, whatever it gains."""
        rise, served = self._relieved(direction, step).rises[t]
        return rise <= QUANTITY_ROUNDING * served

    def _surely_gains(self, direction: Direction) -> bool:
        """Whether a relief that was looked at made anything cheaper: as cost is convex, it gains as much at least."""
        known = self._reliefs.get((_key(direction), WHOLE_RELIEF))
        optimum, labelled = self._solved_lp.optimum, self._solved_lp.lp
        return known is not None and known.fall > SAME_OBJECTIVE * labelled.objective_size(optimum.x, optimum.y)

    def _most(self, direction: Direction) -> float:
        """Return what the duals at hand make of a relief at least, in the LP's money: it gains no more."""
        key = _key(direction)
        known, most = self._at_most.get(key, (0, math.inf))
        if known == 0:
            most = self._slopes.between(direction)
        if known < len(self._bounds):
            rows, steps = np.fromiter(direction, dtype=np.int64), np.fromiter(direction.values(), dtype=float)
            most = min([most, *(float(y[rows] @ steps) for y in self._bounds[known:])])
        self._at_most[key] = len(self._bounds), most
        return most

    def _gain(self, direction: Direction) -> float:
        """Return what relief gains, in the LP's money; it is asked once.

        Next to a breakpoint a gain may last for less than rounding: then it is what other duals make of the relief.
        """
        key = _key(direction)
        if key not in self._gains:
            gain, most = 0.0, self._most(direction)
            if most > 0:
                proof = self._proved(direction)
                gain = most if most < (1 - EQUAL_GAIN) * proof.gain else proof.gain
                if self._slopes.bounds(proof.y):
                    self._bounds.append(np.abs(self._slopes.felt(proof.y)))
            self._gains[key] = gain
        return self._gains[key]

    def _proved(self, direction: Direction) -> _Proof:
        """Return what relief gains, by the move of an LP alike if that proves it here, too.

        A move that is possible gains no more than the relief, and the relief no more than what any duals make of it.
        """
        near = self._move_nearby(direction)
        if near is not None:
            most = self._most(direction)
            if self._slopes.bounds(near.y):
                most = min(most, self._slopes.at_most(near.y, direction))
            if self._gain_of(near) >= (1 - EQUAL_GAIN) * most:
                return replace(near, gain=most)
        return self._solved_for(direction)

    def _solved_for(self, direction: Direction, fixed: Sequence[int] = ()) -> _Proof:
        """Solve for what relief gains, with some columns fixed; keep the move for LPs alike."""
        self._slopes.move = None
        gain, y = self._slopes.gain_and_duals(direction, fixed)
        move = self._slopes.move
        columns = None if move is None else np.flatnonzero(move)
        size = self._solved_lp.lp.move_size(direction)
        proof = _Proof(gain, y, columns, None if move is None else size * move[columns])
        self.proofs[_key(direction), bool(fixed)] = proof
        return proof

    def _move_nearby(self, direction: Direction, *, fixed: bool = False) -> _Proof | None:
        """Return the proof of an LP alike whose move is possible here, if it has one."""
        proof = None if self._near is None else self._near.proofs.get((_key(direction), fixed))
        return None if proof is None or proof.columns is None else proof

    def _gain_of(self, proof: _Proof) -> float:
        """Return what a move gains here."""
        if proof.columns is None or proof.move is None:
            return 0.0
        return -float(self._solved_lp.lp.cost[proof.columns] @ proof.move)

    def _loss(self, direction: Direction) -> float:
        """Return what the opposite of a relief costs, likewise."""
        key = _key(direction)
        if key not in self._losses:
            self._losses[key] = self._slopes.loss(direction)
        return self._losses[key]

    @cached_property
    def _unit_worth(self) -> tuple[list[int], Vector, npt.NDArray[np.int64]]:
        """Of each tier its column, what a unit of it is worth [USD], and its year."""
        m = self._solved.m
        (tokens, of_tokens), (research, of_research) = (self._solved_lp.names[var] for var in (Var.SERVE, Var.RESEARCH))
        usd = [cost.token_value(m, *index) for index in tokens] + [cost.research_value(m, *index) for index in research]
        return [*of_tokens, *of_research], np.array(usd), np.array([index[-1] for index in [*tokens, *research]])


def _parts(gain: float, saving: float, with_orders: float, with_research: float) -> tuple[float, float, float]:
    """Return the parts of a gain that save cost, keep deals and serve research, without what is rounding beside it."""
    orders, research, tokens = with_orders - saving, with_research - with_orders, gain - with_research
    least = GAIN_PART_ROUNDING * gain
    if max(orders, research, tokens) <= least:
        return gain, 0.0, 0.0
    return tuple(part if part > least else 0.0 for part in (saving, orders, research))  # type: ignore[return-value] # three


def _tied(worths: Mapping[Lever, Worth]) -> list[Lever]:
    """Return the levers that are worth nothing alone, and may be worth something with others."""
    return [lever for lever, worth in worths.items() if worth.gain == 0 and worth.loss > 0 and not worth.blank]


def _state(worth: Worth, *, joint: bool) -> str:
    if worth.gain > 0:
        return "sole" if worth.serves else "saving"
    if worth.loss > 0:
        return "joint" if joint else "tight"
    return "slack"


def _order(bottleneck: Bottleneck) -> tuple[object, ...]:
    """Rank by annual gain; a limit of 0 whose first unit would gain comes first; ties by position."""
    return (
        not (bottleneck.worth.blank and bottleneck.worth.gain > 0),
        -bottleneck.annual_gain,
        bottleneck.lever.position,
        bottleneck.lever.name,
    )


def _union(levers: Iterable[Lever]) -> Members:
    return frozenset().union(*(lever.members for lever in levers))


def _names(levers: Iterable[Lever]) -> str:
    return " + ".join(lever.name for lever in levers)


def _key(direction: Direction) -> tuple[object, ...]:
    return tuple(sorted(direction.items()))


def _row(bottleneck: Bottleneck) -> dict[str, Any]:
    """Return all that is known of a lever in a year, by column; amounts per cent of a limit of 0 are blank."""
    worth = bottleneck.worth
    amounts = {
        "annual_gain_usd_per_pct": bottleneck.annual_gain,
        "gain_usd_per_pct": worth.gain,
        "loss_usd_per_pct": worth.loss,
        "gain_serving_usd_per_pct": worth.serving,
        "gain_saving_usd_per_pct": worth.saving,
        "gain_orders_usd_per_pct": worth.orders,
        "gain_research_usd_per_pct": worth.research,
    }
    return {
        "year": bottleneck.year,
        "stage": bottleneck.lever.name,
        "group": bottleneck.lever.group,
        "members": bottleneck.lever.name,
        "rank": bottleneck.rank,
        "state": bottleneck.state,
        "nature": bottleneck.lever.nature,
        **(dict.fromkeys(amounts, math.nan) if worth.blank else amounts),
        "helps": " ".join(map(str, worth.helps)),
        "headroom_pct": rounded_price(bottleneck.headroom_pct),
        "used_share": bottleneck.used_share,
        "holds_to_pct": rounded_price(bottleneck.holds_to_pct),
        "next": bottleneck.next,
        "next_stage": bottleneck.next,
        "moves_with": bottleneck.moves_with,
    }


def table(by_year: Mapping[int, YearBottlenecks], level: str) -> pd.DataFrame:
    """Return the table `bottlenecks` (level `stage`) or `bottlenecks_by_group` (level `group`)."""
    described = schema.BOTTLENECKS if level == "stage" else schema.BOTTLENECKS_BY_GROUP
    rows = [picked(described, _row(bottleneck)) for ranked, _ in by_year.values() for bottleneck in ranked]
    return frame(described, rows, sort=described.key)


def binding(by_level: Mapping[str, Mapping[int, YearBottlenecks]]) -> pd.DataFrame:
    """Return what binds in each year, by group and by stage; `demand` where no relief would serve more."""
    described = schema.BINDING
    rows = [
        picked(
            described, {"year": t, "level": level} | (_row(bound) if bound else {"members": DEMAND, "state": DEMAND})
        )
        for level, by_year in by_level.items()
        for t, (_, bound) in by_year.items()
    ]
    return frame(described, rows, sort=described.key)
