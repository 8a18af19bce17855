"""What stages, places, suppliers and items of cost are called for people: their labels, cut where a line is short."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from supplychain.plan.bottlenecks import DEMAND
from supplychain.plan.money import OPENING_FLEET, OPEX, OTHER, SHORTFALL
from supplychain.report.formats import brief, cut, plain
from supplychain.schema import GLOBAL, SUM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from supplychain.case import Case

NO_STAGE = "demand (no stage binds)"
"""What is said of a year in which no stage binds."""

_WHOLE = 1_000
"""Characters of a name that is not cut."""
_PAIR = 2

_ITEMS = {
    OTHER: "systems: boards, networking, assembly, margin",
    OPEX: "operation of accelerators",
    SHORTFALL: "deals that fall short",
    OPENING_FLEET: "fleet in place at the start",
}


class Names:
    """The labels of a case by key. A key without a label stands for itself."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def stage(self, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a stage, or what is said where none binds."""
        return cut(NO_STAGE, longest) if key == DEMAND else _label(key, self._stages, longest)

    def members(self, keys: str, longest: int = _WHOLE) -> str:
        """Return the labels of stages that are joined by ` + `; of more than two, where it is short, their number."""
        first, *others = keys.split(SUM)
        if not others:
            return self.stage(first, longest)
        whole = SUM.join(self.stage(key) for key in (first, *others))
        if len(whole) <= longest:
            return whole
        if len(others) < _PAIR:
            half = (longest - len(SUM)) // 2
            return SUM.join(self.stage(key, half) for key in (first, *others))
        more = f"{SUM}{len(others)} more"
        return self.stage(first, longest - len(more)) + more

    def place(self, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a region; what is not in a region is worldwide."""
        return "worldwide" if key == GLOBAL else _label(key, self._regions, longest)

    def supplier(self, stage: str, key: str, longest: int = _WHOLE) -> str:
        """Return the label of a supplier of a stage."""
        labels = {supplier: label for (s, supplier), label in self._suppliers.items() if s == stage}
        return _label(key, labels, longest)

    def item(self, key: str, longest: int = _WHOLE) -> str:
        """Return what an item of cost is called: the label of a stage, or what the item is."""
        return cut(_ITEMS[key], longest) if key in _ITEMS else _label(key, self._stages, longest)

    @cached_property
    def _stages(self) -> dict[str, str]:
        return {row["stage"]: row["label"] for row in self._case.tables["stages"]}

    @cached_property
    def _regions(self) -> dict[str, str]:
        return {row["region"]: row["label"] for row in self._case.tables["regions"]}

    @cached_property
    def _suppliers(self) -> dict[tuple[str, str], str]:
        return {(row["stage"], row["supplier"]): row["label"] for row in self._case.tables["suppliers"]}


def _label(key: str, labels: Mapping[str, str | None], longest: int) -> str:
    """Return a label, cut if it is long; where another label would then read alike, the key."""
    name = brief(labels.get(key) or key, longest)
    others = _briefs((label or other for other, label in labels.items() if other != key), longest)
    return cut(plain(key), longest) if name in others else name


def _briefs(labels: Iterable[str], longest: int) -> set[str]:
    return {brief(label, longest) for label in labels}
