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
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from supplychain.case.changes import Group
from supplychain.case.read import SCENARIOS, did_you_mean, file_text, shown
from supplychain.errors import ChangeError, ChangeProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
    path = Path(path)
    return _load(str(path), path.parent, [path.stem])[path.stem]


def scenarios_of(folder: str | Path) -> dict[str, Scenario]:
    """Read every scenario of a case's folder, by name in alphabetical order; a case may have none.

    Raises: ChangeError, which names every fault of every file.
    """
    place = Path(folder) / SCENARIOS
    return _load(str(place), place, sorted(path.stem for path in place.glob("*.toml")))


def _load(place: str, folder: Path, names: list[str]) -> dict[str, Scenario]:
    """Return the scenarios of some names, once they and all that they extend are read and found valid."""
    read: dict[str, Scenario] = {}
    problems: list[ChangeProblem] = []
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in read:
            given, faults = _toml(folder / f"{name}.toml")
            read[name], more = _scenario(name, given) if not faults else (_scenario(name, {})[0], [])
            problems += [*faults, *more]
            todo += [other for other in read[name].extends if (folder / f"{other}.toml").exists()]
    for name, scenario in read.items():
        known = sorted(path.stem for path in folder.glob("*.toml") if path.stem != name)
        problems += [
            ChangeProblem(f"{name}.toml", "extends", f"there is no {shown(other)}.toml{did_you_mean(other, known)}")
            for other in scenario.extends
            if other not in read
        ]
    circles = [(name, circle) for name in read if (circle := _circle(name, read))]
    problems += [ChangeProblem(f"{name}.toml", "extends", f"{' > '.join(way)} is a circle") for name, way in circles]
    if not problems:
        problems += [problem for name in read for problem in _named_twice(name, read)]
    if problems:
        raise ChangeError(place, problems)
    return {name: _whole(name, read) for name in names}


def _toml(path: Path) -> tuple[dict[str, Any], list[ChangeProblem]]:
    text, problems = file_text(path)
    faults = [p.message for p in problems]
    given: dict[str, Any] = {}
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.append(f"is not valid TOML: {error}")
    except ValueError:  # from Python's int
        faults.append("has a number of thousands of digits")
    return given, [ChangeProblem(path.name, "", fault) for fault in faults]


def _scenario(stem: str, given: Mapping[str, Any]) -> tuple[Scenario, list[ChangeProblem]]:
    """Return a scenario of what a file gives, its own groups only, and every fault of it."""
    fields, faults = _fields(given, _SETTINGS)
    if not _NAME.fullmatch(stem):
        faults["name"] = f"the file is called {shown(stem)!r}; must have a-z, 0-9, _ and - only"
    elif "name" not in faults and fields["name"] != stem:
        faults["name"] = f"{shown(fields['name'])!r}; must be {stem!r}, as the file is called"
    problems = [ChangeProblem(f"{stem}.toml", name, fault) for name, fault in faults.items()]
    groups = []
    for n, one in enumerate(fields["groups"], start=1):
        what, wrong = _fields(one, _GROUP)
        problems += [ChangeProblem(f"{stem}.toml", f"groups {n}, {name}", fault) for name, fault in wrong.items()]
        group = Group(what["name"], tuple(what["edits"]), tuple(what["add"]), tuple(what["remove"]))
        problems += _unreadable(f"{stem}.toml, group {group.name or n}", group)
        groups.append(group)
    texts = [fields[name] for name in ("name", "title", "why", "source")]
    return Scenario(*texts, tuple(fields["extends"]), tuple(groups)), problems


def _fields(given: Mapping[str, Any], known: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return every known field, empty if it is not given or wrong, and what is wrong by field."""
    faults = {
        shown(name): f"no setting has this name{did_you_mean(name, known)}" for name in given if name not in known
    }
    values: dict[str, Any] = {}
    for name, kind in known.items():
        values[name] = given.get(name, "" if kind == _TEXT else [])
        if name not in given and name not in _OPTIONAL:
            faults[name] = f"is missing; give {kind}"
        elif not _is(values[name], kind):
            faults[name] = f"{shown(values[name])!r}; must be {kind}"
            values[name] = "" if kind == _TEXT else []
        elif name in given and kind == _TEXT and not values[name].strip():
            faults[name] = "is blank; must be text"
    return values, faults


def _is(value: object, kind: str) -> bool:
    if kind == _TEXT:
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(one, str if kind == _TEXTS else dict) for one in value)


def _unreadable(where: str, group: Group) -> Iterator[ChangeProblem]:
    for text, read in group.steps():
        try:
            read()
        except ValueError as error:
            yield from (ChangeProblem(where, text, message) for message in error.args)


def _circle(name: str, read: Mapping[str, Scenario]) -> list[str]:
    """Return the way from a scenario back to itself, or nothing."""
    ways, seen = [[name]], {name}
    while ways:
        way = ways.pop(0)
        for other in _known(read[way[-1]].extends, read):
            if other == name:
                return [*way, name]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _known(names: Iterable[str], read: Mapping[str, Scenario]) -> list[str]:
    return [name for name in names if name in read]


def _order(name: str, read: Mapping[str, Scenario]) -> list[str]:
    """Return a scenario and all that it extends, each once, in the order in which they are applied."""
    before = [one for other in read[name].extends for one in _order(other, read)]
    return list(dict.fromkeys([*before, name]))


def _named_twice(name: str, read: Mapping[str, Scenario]) -> Iterator[ChangeProblem]:
    """The name of a group tells it from every other of a scenario and what that extends."""
    homes: dict[str, str] = {}
    for home in _order(name, read):
        for group in read[home].groups:
            if group.name in homes and home == name:
                other = homes[group.name]
                where = "twice" if other == name else f"here and in {other}.toml"
                yield ChangeProblem(f"{name}.toml", "groups", f"{group.name!r} stands {where}; give it another name")
            homes.setdefault(group.name, home)


def _whole(name: str, read: Mapping[str, Scenario]) -> Scenario:
    own = read[name]
    groups = tuple(group for one in _order(name, read) for group in read[one].groups)
    return Scenario(own.name, own.title, own.why, own.source, own.extends, groups)
