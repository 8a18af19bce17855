"""What stages, places, suppliers and items of cost are called for people: their labels, cut where a line is short."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from supplychain.model.observable import OTHER
from supplychain.plan.bottlenecks import DEMAND, UNRESOLVED
from supplychain.plan.decomposition import (
    BUILD_LIMITS,
    CAPITAL_RENT,
    COMMITMENTS,
    INSTALLED_FLEET,
    LOCKED_IN,
    NEW_UNITS,
    RAMPS,
    RESIDUAL,
)
from supplychain.plan.levers import CAPITAL
from supplychain.plan.money import OPENING_FLEET, OPEX, SHORTFALL
from supplychain.report.formats import brief, cut, plain
from supplychain.schema import GLOBAL, SUM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from supplychain.case import Case

NO_STAGE = "demand (no stage)"
"""What is said of a year in which no stage binds."""

_NO_STAGES = {DEMAND: NO_STAGE, CAPITAL: "the capital budget", UNRESOLVED: "more than four stages at once"}

_BY_STAGE = {DEMAND: "none", UNRESOLVED: "many"}
"""What is said of stages behind a group that binds though none of them does alone."""

_WHOLE = 1_000
"""Characters of a name that is not cut."""
_PAIR = 2
_LEAST = 8
"""Characters that a name in brackets needs."""

_TERMS = {
    INSTALLED_FLEET: "owners of the installed fleet",
    BUILD_LIMITS: "limits on what is built",
    RAMPS: "ramps of production",
    COMMITMENTS: "deals that must be kept",
    NEW_UNITS: "new units that must operate",
    CAPITAL_RENT: "limit on capital",
    LOCKED_IN: "what is locked in",
    RESIDUAL: "rounding",
}

_ITEMS = {
    OTHER: "systems: boards, network, assembly, margin",
    OPEX: "operation of accelerators",
    SHORTFALL: "deals that fall short",
    OPENING_FLEET: "fleet in place at the start",
}


TOTALS = {"net_benefit_usd": "net benefit", "value_usd": "value served", "cost_usd": "total cost"}
"""What is compared over the whole horizon, and what it is called."""


_OF_GROUP = "In brackets: the stage that binds at central values. Numbers are of the group."
_MANY = "By stage, many: more than four stages together."
"""What is said below labels that have a stage in brackets, and below those in which it is `many`."""


def in_words(key: str) -> str:
    """Return the key of a group, or keys that are joined by ` + `, as words.

    >>> in_words("energised_sites + memory")
    'energised sites + memory'
    """
    return plain(key.replace("_", " "))


class Names:
    """The labels of a case by key. A key without a label stands for itself."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def stage(self, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a stage, or what is said where none binds."""
        return cut(_NO_STAGES[key], longest) if key in _NO_STAGES else _label(key, self._stages, longest)

    def members(self, keys: str, longest: int = _WHOLE) -> str:
        """Return the labels of stages that are joined by ` + `; of more than two, where it is short, their number."""
        return _joined(keys, self.stage, longest)

    def group(self, key: str, longest: int = _WHOLE) -> str:
        """Return what a group is called: its key as words, and one of a single stage like that stage.

        Or what is said where no group binds.
        """
        if key in _NO_STAGES:
            return cut(_NO_STAGES[key], longest)
        stages = self._stages_of.get(key, ())
        if len(stages) == 1:
            return self.stage(*stages, longest=longest)
        return _label(key, {group: in_words(group) for group in {key, *self._stages_of}}, longest)

    def groups(self, keys: str, longest: int = _WHOLE) -> str:
        """Return the names of groups that are joined by ` + `; of more than two, where it is short, their number."""
        return _joined(keys, self.group, longest)

    def binds(self, group: str, stage: str, longest: int = _WHOLE, doubt: str = "") -> str:
        """Return what binds in a year: the group first, then in brackets the stage, where that says more.

        `doubt` follows the stage. Where what binds by stage is not of the group, the brackets say so.
        """
        if self.alike(group, stage):
            several = any(len(self._stages_of.get(key, ())) > 1 for key in group.split(SUM))
            return self._beside(group, lambda _: "all its stages", longest) if several else self.members(stage, longest)
        if self.within_group(group, stage):
            return self._beside(group, lambda room: self.members(stage, room - len(doubt)) + doubt, longest)
        by = "by stage: "
        others = _BY_STAGE.get(stage)
        return self._beside(group, lambda room: by + (others or self.members(stage, room - len(by))), longest)

    def legend(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """Return what has to be said below labels, each of a group and a stage, that `binds` makes."""
        apart = [pair for pair in pairs if not self.alike(*pair)]
        many = any(stage == UNRESOLVED for _, stage in apart)
        return [*([_OF_GROUP] if apart else []), *([_MANY] if many else [])]

    def alike(self, group: str, stage: str) -> bool:
        """Whether what binds by group and what binds by stage are the same stages."""
        return self._stages_in(group) == set(stage.split(SUM))

    def within_group(self, group: str, stage: str) -> bool:
        """Whether what binds by stage is of the groups that bind."""
        return self._stages_in(group) >= set(stage.split(SUM))

    def _beside(self, group: str, then: Callable[[int], str], longest: int) -> str:
        """Return groups, and something in brackets behind them if there is room for it."""
        first = DEMAND if group == DEMAND else self.groups(group, longest)
        room = longest - len(first) - len(" ()")
        return f"{first} ({cut(then(room), room)})" if room >= _LEAST else first

    def _stages_in(self, group: str) -> set[str]:
        return {stage for key in group.split(SUM) for stage in self._stages_of.get(key, (key,))}

    def within(self, text: str, longest: int = _WHOLE) -> str:
        """Return a sentence that a study made, with labels in place of the keys of stages."""
        keys = sorted(map(re.escape, [*self._stages, *_NO_STAGES]), key=len, reverse=True)
        return re.sub(rf"(?<!\w)(?:{'|'.join(keys)})(?!\w)", lambda key: self.stage(key[0], longest), text)

    def place(self, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a region; what is not in a region is worldwide."""
        return "worldwide" if key == GLOBAL else _label(key, self._regions, longest)

    def supplier(self, stage: str, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a supplier of a stage."""
        labels = {supplier: label for (s, supplier), label in self._suppliers.items() if s == stage}
        return _label(key, labels, longest)

    def site(self, stage: str, supplier: str, place: str, of_place: int, of_supplier: int) -> str:
        """Return where a supplier of a stage is, and which it is; of what is worldwide which alone."""
        name = self.supplier(stage, supplier, of_supplier)
        return name if place == GLOBAL else f"{self.place(place, of_place)}: {name}"

    def item(self, key: str, longest: int = _WHOLE) -> str:
        """Return what an item of cost is called: the label of a stage, or what the item is."""
        return cut(_ITEMS[key], longest) if key in _ITEMS else _label(key, self._stages, longest)

    def term(self, key: str, longest: int = _WHOLE) -> str:
        """Return what a term of a marginal cost is called: a stage by its label, and what of it is paid."""
        if key in _TERMS:
            return cut(_TERMS[key], longest)
        stage, sep, what = key.partition(": ")
        return f"{self.item(stage, longest - len(sep + what))}{sep}{what}"

    def workload(self, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a workload, or `all`."""
        return _label(key, {row["workload"]: row["label"] for row in self._case.tables["workloads"]}, longest)

    @cached_property
    def _stages(self) -> dict[str, str]:
        return {row["stage"]: row["label"] for row in self._case.tables["stages"]}

    @cached_property
    def _stages_of(self) -> dict[str, tuple[str, ...]]:
        """The stages of each group."""
        stages_of: dict[str, tuple[str, ...]] = {}
        for row in self._case.tables["stages"]:
            stages_of[row["group"]] = (*stages_of.get(row["group"], ()), row["stage"])
        return stages_of

    @cached_property
    def _regions(self) -> dict[str, str]:
        return {row["region"]: row["label"] for row in self._case.tables["regions"]}

    @cached_property
    def _suppliers(self) -> dict[tuple[str, str], str]:
        return {(row["stage"], row["supplier"]): row["label"] for row in self._case.tables["suppliers"]}


def _joined(keys: str, called: Callable[[str, int], str], longest: int) -> str:
    """Return the names of what is joined by ` + `; of more than two, where it is short, the first and how many more."""
    first, *others = keys.split(SUM)
    if not others:
        return called(first, longest)
    whole = SUM.join(called(key, _WHOLE) for key in (first, *others))
    if len(whole) <= longest:
        return whole
    if len(others) < _PAIR:
        half = (longest - len(SUM)) // 2
        return SUM.join(called(key, half) for key in (first, *others))
    more = f"{SUM}{len(others)} more"
    return called(first, longest - len(more)) + more


def _label(key: str, labels: Mapping[str, str | None], longest: int) -> str:
    """Return a label, cut if it is long; where another would then read alike, without the words that both begin with.

    The first word stays if there is room. Where that does not tell them apart either, it is the key.
    """
    whole = {other: plain(label or other) for other, label in {key: None, **labels}.items()}
    label = whole.pop(key)
    name = brief(label, longest)
    alike = [other for other in whole.values() if brief(other, longest) == name]
    if not alike:
        return name
    shared = max(_shared_words(label, other) for other in alike)
    rest, *others = (" ".join(text.split()[shared:]) for text in (label, *alike))
    for begin in (f"{label.split()[0]} … ", "…"):
        room = longest - len(begin)
        if room > 0 and rest and all(brief(rest, room) != brief(other, room) for other in others):
            return begin + brief(rest, room)
    return cut(plain(key), longest)


def _shared_words(one: str, other: str) -> int:
    """Return with how many words both begin."""
    pairs = zip(one.split(), other.split(), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
