"""Scenarios: what-ifs in files, `scenarios/NAME.toml` in the folder of a case.

::

    name = "cowos_surge"
    title = "CoWoS +30 % from 2027"
    why = "one or two plain sentences"
    source = "who says so, with a link"
    extends = ["other_scenario"]    # may be left out

    [[groups]]
    name = "packaging"
    edits = ["capacity.capacity[stage=cowos, year=2027..] +30%"]
    remove = [{ table = "commitments", commitment = "amd_orders" }]    # may be left out, as may edits and add
    add = [{ table = "build_limits", accelerator = "tpu_v6e", year = 2027, max_units = 100000, source = "x" }]

Among edits a row may be added as text, too: `"budget add year=2027, capital_usd=2e11, source=x"`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from supplychain.case import load
from supplychain.case.changes import CHANGES, Group, apply
from supplychain.case.effects import Effect, effects
from supplychain.case.foresight import SETTING, in_words
from supplychain.case.read import CASE_FILE, SCENARIOS
from supplychain.errors import ChangeError, ChangeProblem
from supplychain.tabular import did_you_mean, file_text, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from supplychain.case import Case
    from supplychain.case.changes import Changed
    from supplychain.case.foresight import Foresight

_NAME = re.compile(r"[a-z0-9_-]+")
_TEXT, _TEXTS, _TABLES = "text", "a list of texts", "a list of tables"
_SETTINGS: Final = {"name": _TEXT, "title": _TEXT, "why": _TEXT, "source": _TEXT, "extends": _TEXTS, "groups": _TABLES}
_GROUP: Final = {"name": _TEXT, "edits": _TEXTS, "remove": _TABLES, "add": _TABLES}
_OPTIONAL = {"extends", "groups", "edits", "remove", "add"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario file."""

    name: str
    title: str
    why: str
    source: str
    extends: tuple[str, ...]
    groups: tuple[Group, ...]
    """All its changes in order: those of the scenarios that it extends, each once, then its own."""


def load_scenario(path: str | Path) -> Scenario:
    """Read a scenario file, and those beside it that it extends.

    Raises: ChangeError, which names every fault with its file and setting.
    """
    scenario_folder = _ScenarioFolder(Path(path).parent)
    scenario = scenario_folder.scenario(Path(path).stem)
    scenario_folder.check(str(path))
    return scenario


def scenarios_of(folder: str | Path) -> dict[str, Scenario]:
    """Read every scenario of a case's folder, by name in alphabetical order; a case may have none.

    Raises: ChangeError, which names every fault of every file.
    """
    scenario_folder = _ScenarioFolder(Path(folder) / SCENARIOS)
    scenarios = {name: scenario_folder.scenario(name) for name in scenario_folder.names()}
    scenario_folder.check(str(scenario_folder.folder))
    return scenarios


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A case with changes made: which, and every cell that they changed."""

    case: Case
    titles: tuple[str, ...]
    """The foresight, where another was given; scenarios by title, edits by their text, in order."""
    groups: tuple[Group, ...]
    audit: tuple[Changed, ...]
    """Cells of tables alone: foresight is a setting."""
    foresight: Effect | None = None
    """What giving a foresight did, where one was given."""

    @property
    def summary(self) -> dict[str, Any]:
        """What was changed, for the summary of an answer; empty if nothing was."""
        return {"what_if": list(self.titles), "cells_changed": len(self.audit)} if self.titles else {}

    @property
    def sees_otherwise(self) -> bool:
        """Whether a foresight was given that is another than that of `case.toml`."""
        return self.foresight is not None and self.foresight.edit in self.titles

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What each change did, in words and cell by cell, with warnings where it may not be what was meant."""
        given = () if self.foresight is None else (self.foresight,)
        return (*given, *effects(self.case, self.groups, self.audit))


def what_if(
    folder: str | Path,
    scenarios: Sequence[str] = (),
    edits: Sequence[str] = (),
    *,
    foresight: Foresight | None = None,
) -> WhatIf:
    """Read a case and make changes: scenarios by name, in order, then edits.

    `foresight` is what `Case.with_foresight` takes; None leaves what `case.toml` says.

    Raises: InputError if the case is not valid, ChangeError if a change is not, or if there is no such scenario,
    ValueError if the foresight is not one.
    """
    in_files = load(folder)
    case = in_files if foresight is None else in_files.with_foresight(foresight)
    known = named(folder, scenarios)
    made = changed(case, [known[name] for name in scenarios], edits)
    old, new = (each.settings.foresight_years for each in (in_files, case))
    seen = () if old == new else (in_words(new),)
    given = None if foresight is None else _given_foresight(old, new)
    return replace(made, titles=(*seen, *made.titles), foresight=given)


def changed(case: Case, scenarios: Sequence[Scenario], edits: Sequence[str]) -> WhatIf:
    """Make changes in a case: scenarios in order, then edits.

    Raises: ChangeError if one cannot be made.
    """
    groups = tuple(
        replace(group, name=f"{scenario.name}: {group.name}" if len(scenarios) > 1 else group.name)
        for scenario in scenarios
        for group in scenario.groups
    )
    groups += (Group(CHANGES, tuple(edits)),) if edits else ()
    after, audit = apply(case, groups)
    return WhatIf(after, (*map(_title, scenarios), *edits), groups, audit)


def _given_foresight(old: int | None, new: int | None) -> Effect:
    """Return what giving a foresight did, as that of a change."""
    before, after = ("absent" if years is None else years for years in (old, new))
    summary = "nothing changes" if old == new else f"{SETTING} of {CASE_FILE}, {before} -> {after}"
    return Effect(in_words(new), CHANGES, (), summary, ())


def named(folder: str | Path, names: Iterable[str]) -> dict[str, Scenario]:
    """Read scenarios of a case's folder by their names, in the order given, each once.

    Raises: ChangeError, which names every fault of every file, or what is not there.
    """
    wanted = list(dict.fromkeys(names))
    known = scenarios_of(folder) if wanted else {}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        existing = f"; there are {', '.join(known)}" if known else f"; {Path(folder) / SCENARIOS} has none"
        faults = [f"no scenario is called {shown(name)!r}{did_you_mean(name, known) or existing}" for name in unknown]
        raise ChangeError(str(folder), [ChangeProblem("", "", fault) for fault in faults])
    return {name: known[name] for name in wanted}


def each_on_top(base: WhatIf, known: Mapping[str, Scenario], made: Sequence[str] = ()) -> dict[str, WhatIf]:
    """Make each scenario in a case in which changes were made before; what is `made` already is not made twice.

    Raises: ChangeError if one cannot be made there.
    """
    groups_made = [group for name in made for group in known[name].groups]
    what_ifs = {}
    for name, scenario in known.items():
        groups = tuple(group for group in scenario.groups if group not in groups_made)
        if groups or not scenario.groups:
            changed, audit = apply(base.case, groups)
            what_ifs[name] = WhatIf(changed, (_title(scenario),), groups, audit)
    return what_ifs


def _title(scenario: Scenario) -> str:
    return f"{scenario.title} ({scenario.name})"


class _ScenarioFolder:
    """Scenario files that stand beside each other, each read once, and every fault of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Scenario] = {}
        self._problems: list[ChangeProblem] = []

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.toml"))

    def check(self, place: str) -> None:
        if self._problems:
            raise ChangeError(place, self._problems)

    def scenario(self, name: str, way: tuple[str, ...] = ()) -> Scenario:
        """Return a scenario that is extended by those on the `way` to it."""
        if name not in self._read:
            self._read[name] = self._whole(name, (*way, name))
        return self._read[name]

    def _whole(self, name: str, way: tuple[str, ...]) -> Scenario:
        content, unread = _toml(self.folder / f"{name}.toml")
        fields: dict[str, Any] = {}
        faults = {"": unread}
        if not unread:
            fields, faults = _fields(content, _SETTINGS)
            if not _NAME.fullmatch(name):
                faults["name"] = f"the file is called {shown(name)!r}; must have a-z, 0-9, _ and - only"
            elif "name" not in faults and fields["name"] != name:
                faults["name"] = f"{shown(fields['name'])!r}; must be {name!r}, as the file is called"
        self._problems += [ChangeProblem(f"{name}.toml", what, fault) for what, fault in faults.items()]
        groups: dict[str, Group] = {}
        for other in fields.get("extends", []):
            if other in way or other not in self.names():
                fault = f"there is no {shown(other)}.toml{did_you_mean(other, self.names())}"
                if other in way:
                    fault = f"{' > '.join([*way[way.index(other) :], other])} is a circle"
                self._problems.append(ChangeProblem(f"{name}.toml", "extends", fault))
            else:
                self._join(name, groups, self.scenario(other, way).groups)
        self._join(name, groups, self._groups(name, fields.get("groups", [])))
        texts = {text: fields.get(text, "") for text in ("title", "why", "source")}
        return Scenario(name, **texts, extends=tuple(fields.get("extends", [])), groups=tuple(groups.values()))

    def _groups(self, name: str, entries: Iterable[Mapping[str, Any]]) -> list[Group]:
        """Return the groups that a file itself gives."""
        groups = []
        for n, entry in enumerate(entries, start=1):
            fields, faults = _fields(entry, _GROUP)
            file = f"{name}.toml"
            self._problems += [ChangeProblem(file, f"groups {n}, {what}", fault) for what, fault in faults.items()]
            group = Group(fields["name"], tuple(fields["edits"]), tuple(fields["add"]), tuple(fields["remove"]))
            for text, read in group.steps():
                try:
                    read()
                except ValueError as error:
                    where = f"{file}, group {group.name}"
                    self._problems += [ChangeProblem(where, text, message) for message in error.args]
            groups.append(group)
        return groups

    def _join(self, name: str, groups: dict[str, Group], more: Iterable[Group]) -> None:
        """Add groups; one that comes by two ways is made once, and two of one name could not be told apart."""
        for group in more:
            if groups.setdefault(group.name, group) is not group:
                fault = f"two groups are called {shown(group.name)!r}, here or in what it extends; rename one"
                self._problems.append(ChangeProblem(f"{name}.toml", "groups", fault))


def _toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a file gives, and what keeps it from being read or nothing."""
    text, problems = file_text(path)
    if problems:
        return {}, problems[0].message
    try:
        return tomllib.loads(text), ""
    except tomllib.TOMLDecodeError as error:
        return {}, f"is not valid TOML: {error}"
    except ValueError:  # from Python's int
        return {}, "has a number of thousands of digits"


def _fields(content: Mapping[str, Any], known: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return every known field, empty if it is not given or wrong, and what is wrong by field."""
    faults = {
        shown(name): f"no setting has this name{did_you_mean(name, known)}" for name in content if name not in known
    }
    values: dict[str, Any] = {}
    for name, kind in known.items():
        values[name] = content.get(name, "" if kind == _TEXT else [])
        if name not in content and name not in _OPTIONAL:
            faults[name] = f"is missing; give {kind}"
        elif not _is_kind(values[name], kind):
            faults[name] = f"{shown(values[name])!r}; must be {kind}"
            values[name] = "" if kind == _TEXT else []
        elif name in content and kind == _TEXT and not values[name].strip():
            faults[name] = "is blank; must be text"
    return values, faults


def _is_kind(value: object, kind: str) -> bool:
    if kind == _TEXT:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(item, str if kind == _TEXTS else dict) for item in value)
