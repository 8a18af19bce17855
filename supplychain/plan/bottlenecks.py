"""What binds in a year, how firmly, for how long, and what then: the tables `bottlenecks` and `binding`.

Gains and losses are one-sided slopes of the optimal cost, so that a label does not hang on which of several duals the
solver stopped at. Slopes below the rounding of the solve are 0.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from supplychain import lp
from supplychain.plan.levers import Direction, Lever, Levers, Members
from supplychain.plan.prices import settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.plan.point import Point

LEVELS = ("stage", "group")

SOLE_ABOVE = 0.05
"""Relief serves more demand if the part of its gain that does exceeds this share."""

JOINT_UP_TO = 4
"""Largest number of levers that are looked at together."""

_NO_PART = 1e-8
"""A part of a gain below this share of it is rounding."""

_STEP = 1e-2
"""Part of a relief that is taken to see which years are helped."""

_HELPED = 1e-3
"""A year is helped if the value of what is served in it rises by more than this share of the gain."""

_BEYOND = 1e-6
"""How far past the end of a price the next label is read, as a share of the way and in per cent."""


@dataclass(frozen=True)
class Worth:
    """What one relief is worth, in undiscounted USD of its year.

    A gain is saving (cost) and serving (demand, of which `research` is one part).
    """

    gain: float
    loss: float
    saving: float = 0.0
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
        return self.gain > 0 and self.serving > SOLE_ABOVE * self.gain


@dataclass(frozen=True)
class Found:
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


Year: TypeAlias = "tuple[list[Found], Found | None]"
"""The levers of a year in rank, and what binds."""


class Bottlenecks:
    """Asks a solved LP what relief is worth, and names what binds; the LP is left as it was found."""

    def __init__(self, at: Point) -> None:
        self._at, self._solved, self._slopes = at, at.solved, at.slopes
        self._levers = Levers(at.solved, at.lp)
        self._worths: dict[tuple[object, ...], Worth] = {}
        self._ends: dict[tuple[object, ...], float] = {}
        served = ("serve", "research", "shortfall")
        self._served = [j for label, j in at.lp.column.items() if label[0] in served]
        self._tokens = [j for label, j in at.lp.column.items() if label[0] == "serve"]

    def of_years(self, years: Iterable[int]) -> dict[str, dict[int, Year]]:
        """Return, by stage and by group, the levers of each year in rank and what binds, and how long prices last."""
        found = {level: {t: self.of_year(level, t) for t in years} for level in LEVELS}
        bound = {(level, t): self._with_end(b) for level, by in found.items() for t, (_, b) in by.items() if b}
        asked: dict[tuple[object, ...], list[tuple[str, int]]] = {}
        for (level, t), b in bound.items():
            asked.setdefault(_key(self._direction(b.lever.members, t)[0]), []).append((level, t))
        for which in asked.values():
            labels = self._labels_after(bound[which[0]], [level for level, _ in which])
            for level, t in which:
                bound[level, t] = replace(bound[level, t], next=labels.get(level, ""))
        return {
            level: {t: ([self._with_end(f) for f in ranked], bound.get((level, t))) for t, (ranked, _) in by.items()}
            for level, by in found.items()
        }

    def _with_end(self, found: Found) -> Found:
        """Add up to how many per cent a price lasts."""
        direction, blank = self._direction(found.lever.members, found.year)
        if found.worth.gain == 0 or blank:
            return found
        if _key(direction) not in self._ends:
            self._ends[_key(direction)] = lp.reach(self._at.lp, self._slopes, direction, +1.0)
        return replace(found, holds_to_pct=self._ends[_key(direction)])

    def _labels_after(self, found: Found, levels: list[str]) -> dict[str, str]:
        """Return what binds just after a price ends, by level."""
        if not math.isfinite(found.holds_to_pct):
            return {}
        direction, _ = self._direction(found.lever.members, found.year)
        by = found.holds_to_pct * (1 + _BEYOND) + _BEYOND
        upper = {row: float(self._at.lp.row_upper[row] + by * move) for row, move in direction.items()}
        with self._at.changed(upper, ties=()) as there:
            beyond = Bottlenecks(there)
            return {level: beyond.label(level, found.year) for level in levels}

    def label(self, level: str, t: int) -> str:
        """Return the name of what binds in a year, with no more questions than it takes."""
        usd = self._at.usd(t)
        asked = [(lever, *self._direction(lever.members, t)) for lever in self._levers.of_year(level, t)]
        paying, free = [], []
        for lever, direction, blank in asked:
            gain = self._slopes.gain(direction)
            if gain > 0:
                annual = 0.0 if blank else settled(gain * usd) * self._levers.annual(lever.members, t)
                paying.append((Found(t, lever, Worth(gain, gain, blank=blank), annual, "sole"), direction))
            elif not blank and self._slopes.is_tight(direction):
                free.append((lever, direction))
        paying.sort(key=lambda asked: _order(asked[0]))
        sole = [next((found for found, d in paying if self._serves(found.worth.gain, d)), None)]
        tied = [lever for lever, d in free if self._slopes.loss(d) > 0] if len(free) > 1 else []
        binding = sorted(self._joint(tied, t) + [found for found in sole if found], key=_order)
        return binding[0].lever.name if binding else "demand"

    def _serves(self, gain: float, direction: Direction) -> bool:
        return gain - self._slopes.gain(direction, self._served) > SOLE_ABOVE * gain

    def of_year(self, level: str, t: int) -> Year:
        """Return the levers of a year in rank, and what binds."""
        levers = self._levers.of_year(level, t)
        worths = dict(zip(levers, self._price([lever.members for lever in levers], t), strict=True))
        joint = self._joint([lever for lever, w in worths.items() if w.gain == 0 and w.loss > 0 and not w.blank], t)
        found = []
        for lever, worth in worths.items():
            best = min((j for j in joint if lever in j.together), key=_order, default=None)
            annual = 0.0 if worth.blank else worth.gain * self._levers.annual(lever.members, t)
            others = [other for other in best.together if other != lever] if best else []
            state = _state(worth, joint=best is not None)
            found.append(Found(t, lever, worth, annual, state, moves_with=_names(others)))
        ranked = [replace(f, rank=n) for n, f in enumerate(sorted(found, key=_order), start=1)]
        binding = sorted([f for f in ranked if f.state == "sole"] + joint, key=_order)
        return ranked, binding[0] if binding else None

    def _joint(self, tied: Sequence[Lever], t: int) -> list[Found]:
        """Return the minimal sets of levers, worth nothing alone, whose relief together serves more demand."""
        sets = lp.minimal_sets(self._slopes, tied, lambda levers: self._levers.relief(_union(levers), t), JOINT_UP_TO)
        together = [sorted(levers, key=lambda lever: (lever.position, lever.name)) for levers in sets]
        unions = [_union(levers) for levers in together]
        found = []
        for levers, members, worth in zip(together, unions, self._price(unions, t), strict=True):
            if worth.serves:
                name, position = _names(levers), levers[0].position
                lever = Lever(name, name, members, self._levers.nature(members), position)
                annual = worth.gain * self._levers.annual(members, t)
                found.append(Found(t, lever, worth, annual, "joint", together=tuple(levers)))
        return found

    def _price(self, asked: Sequence[Members], t: int) -> list[Worth]:
        """Return what relief of each set of stages is worth in a year, asking like questions together."""
        directions = [self._direction(members, t) for members in asked]
        usd = self._at.usd(t)
        new = {_key(d): d for d, _ in directions if _key(d) not in self._worths}
        gains = {key: self._slopes.gain(d) for key, d in new.items()}
        losses = {key: self._slopes.loss(d) for key, d in new.items()}
        paying = [key for key, gain in gains.items() if gain > 0]
        saving = {key: min(gains[key], self._slopes.gain(new[key], self._served)) for key in paying}
        serving = [key for key in paying if gains[key] - saving[key] > 0]
        with_research = {
            key: min(gains[key], max(saving[key], self._slopes.gain(new[key], self._tokens))) for key in serving
        }
        for key, gain in gains.items():
            least = saving.get(key, 0.0)
            save, research = _parts(gain, least, with_research.get(key, least))
            helps = self._helped(new[key], gain / self._at.money) if gain - save > SOLE_ABOVE * gain else ()
            loss = max(gain, losses[key])
            self._worths[key] = Worth(*(settled(x * usd) for x in (gain, loss, save, research)), helps=helps)
        return [replace(self._worths[_key(d)], blank=blank) for d, blank in directions]

    def _direction(self, members: Members, t: int) -> tuple[Direction, bool]:
        """Return a relief by one per cent; where the limits are 0, by one unit of the limit that gains most."""
        direction = self._levers.relief(members, t)
        if direction:
            return direction, False
        return max(self._levers.single_units(members, t), key=self._slopes.gain, default={}), True

    def _helped(self, direction: Direction, gain: float) -> tuple[int, ...]:
        """Return the years in which more is served, at the value of its tiers: more than a thousandth of the gain."""
        upper = {row: float(self._at.lp.row_upper[row] + _STEP * move) for row, move in direction.items()}
        with self._at.changed(upper, ties=self._at.ties[:1]) as relieved:
            after = {t: relieved.solved.value(t) for t in self._solved.on.years}
        return tuple(t for t, value in after.items() if value - self._solved.value(t) > _HELPED * _STEP * gain)


def _parts(gain: float, saving: float, with_research: float) -> tuple[float, float]:
    """Return the saving and the research part of a gain, without what is rounding beside it."""
    research, tokens = with_research - saving, gain - with_research
    if max(research, tokens) <= _NO_PART * gain:
        return gain, 0.0
    return (saving if saving > _NO_PART * gain else 0.0), (research if research > _NO_PART * gain else 0.0)


def _state(worth: Worth, *, joint: bool) -> str:
    if worth.gain > 0:
        return "sole" if worth.serves else "saving"
    if worth.loss > 0:
        return "joint" if joint else "tight"
    return "slack"


def _order(f: Found) -> tuple[object, ...]:
    """Rank by annual gain; a limit of 0 whose first unit would gain comes first; ties by position."""
    return (not (f.worth.blank and f.worth.gain > 0), -f.annual_gain, f.lever.position, f.lever.name)


def _union(levers: Iterable[Lever]) -> Members:
    return frozenset().union(*(lever.members for lever in levers))


def _names(levers: Iterable[Lever]) -> str:
    return " + ".join(lever.name for lever in levers)


def _key(direction: Direction) -> tuple[object, ...]:
    return tuple(sorted(direction.items()))


_AMOUNTS = (
    "annual_gain_usd_per_pct",
    "gain_usd_per_pct",
    "loss_usd_per_pct",
    "gain_serving_usd_per_pct",
    "gain_saving_usd_per_pct",
    "gain_research_usd_per_pct",
)


def _row(f: Found) -> dict[str, Any]:
    """Return all that is known of a lever in a year, by column; amounts per cent of a limit of 0 are blank."""
    w = f.worth
    amounts = (f.annual_gain, w.gain, w.loss, w.serving, w.saving, w.research)
    return {
        "year": f.year,
        "stage": f.lever.name,
        "group": f.lever.group,
        "members": f.lever.name,
        "rank": f.rank,
        "state": f.state,
        "nature": f.lever.nature,
        **dict(zip(_AMOUNTS, (math.nan,) * len(amounts) if w.blank else amounts, strict=True)),
        "helps": " ".join(map(str, w.helps)),
        "holds_to_pct": settled(f.holds_to_pct),
        "next": f.next,
        "moves_with": f.moves_with,
    }


def table(found: Mapping[int, Year], level: str) -> pd.DataFrame:
    """Return the table `bottlenecks` (level `stage`) or `bottlenecks_by_group` (level `group`)."""
    first = ["year", "stage", "group"] if level == "stage" else ["year", "group"]
    names = [*first, "rank", "state", "nature", *_AMOUNTS, "helps", "holds_to_pct", "moves_with"]
    rows = [_row(f) for ranked, _ in found.values() for f in ranked]
    return pd.DataFrame(rows, columns=names).sort_values(["year", level], ignore_index=True)


def binding(by_level: Mapping[str, Mapping[int, Year]]) -> pd.DataFrame:
    """Return what binds in each year, by group and by stage; `demand` where no relief would serve more."""
    names = ["year", "level", "members", "state", "nature", "annual_gain_usd_per_pct", "gain_usd_per_pct"]
    names += ["gain_research_usd_per_pct", "helps", "holds_to_pct", "next"]
    rows = [
        {"year": t, "level": level} | (_row(bound) if bound else {"state": "demand"})
        for level, found in by_level.items()
        for t, (_, bound) in found.items()
    ]
    return pd.DataFrame(rows, columns=names).sort_values(["year", "level"], ignore_index=True)
