"""The axes of a sweep: what is varied, and over which values.

::

    capacity.capacity[stage=cowos, year=2027..]=50%:200%:31
    capacity.capacity[stage=hbm] & expansion.max_expansion[stage=hbm]=10%:100%:10
    TARGET & TARGET & ...=VALUES

A target is the left part of an edit. Several targets are moved together: each is set to the value, or to the share of
what it is. Values are a list `50%,80%,120%`, or a first, a last and how many, evenly spaced,
or with `:log` evenly in logs. A percentage is a share of what the number is, a plain number is set.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from supplychain.case.edits import edit
from supplychain.errors import ChangeError, ChangeProblem, SetupError
from supplychain.tabular import file_text, shown
from supplychain.tolerances import TYPED_DIGITS, significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

EXAMPLE = "capacity.capacity[stage=cowos, year=2027..]=50%:200%:31"

MOST = 1_000_000
"""Points that a sweep may have: its table is held in memory."""

_BRACKETS_OR_CHARACTER = re.compile(r'\[(?:"[^"]*"|[^"\]])*\]|.', re.DOTALL)
"""An `&` inside the brackets of a filter is part of a name."""
_TOGETHER = " & "
_TARGET = re.compile(r"\s*\w+\s*\.\s*\w+\s*(\[.*\])?\s*")
_VALUE = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
_FORMS = "a list 50%,80%,120%, or FIRST:LAST:COUNT as in 50%:200%:31, with :log after it for even steps in logs"
_HEADER = 1
"""Rows above the first point, as a spreadsheet counts."""


@dataclass(frozen=True, slots=True)
class Points:
    """What is varied, and its values at every point, in order."""

    targets: tuple[str, ...]
    """Of each axis, with ` & ` between those that are moved together."""
    scales: tuple[bool, ...]
    """Of each target, whether its values are shares of what it is; else it is set to them."""
    rows: tuple[tuple[float, ...], ...]
    grid: bool
    """Whether they are all combinations of the values of axes, the first axis outermost."""

    def edits(self, values: Sequence[float]) -> list[str]:
        """Return the edits that make a point."""
        assignments = zip(self.targets, self.scales, values, strict=True)
        return [
            f"{target} {'*=' if scales else '='} {value!r}"
            for together, scales, value in assignments
            for target in parts_of(together)
        ]

    def tables_and_columns(self) -> list[tuple[str, tuple[str, str]]]:
        """Return every target that is varied, each with its table and column."""
        edits = [edit(f"{target} = 1") for together in self.targets for target in parts_of(together)]
        return [(read.text.removesuffix(" = 1"), (read.table.name, read.column.name)) for read in edits]

    def ends(self) -> list[int]:
        """Return where in `rows` the first point stands, and the first with the least and the most of each target."""
        positions = {0}
        for n in range(len(self.targets)):
            column = [row[n] for row in self.rows]
            positions |= {column.index(min(column)), column.index(max(column))}
        return sorted(positions)


def grid(axes: Sequence[str]) -> Points:
    """Return every combination of the values of axes, the first axis outermost.

    Raises: ChangeError, which names every fault of every axis.
    """
    problems: list[ChangeProblem] = []
    varied: list[tuple[str, bool, list[float]]] = []
    for text in axes:
        target, equals, values = text.rpartition("=")
        if not equals or "]" in values or not all(map(_TARGET.fullmatch, parts_of(target))):
            problems.append(ChangeProblem("", text, f"must be TARGET=VALUES, like {EXAMPLE}"))
            continue
        faults = target_faults(target)
        try:
            varied.append((spaced(target), *_values(values)))
        except ValueError as error:
            faults += error.args
        problems += [ChangeProblem("", text, str(fault)) for fault in faults]
    problems += repeated([target for target, _, _ in varied])
    count = math.prod(len(values) for _, _, values in varied)
    if count > MOST:
        problems.append(ChangeProblem("", "", f"the grid has {count:,} points; must be {MOST:,} or fewer"))
    if not axes:
        problems.append(ChangeProblem("", "", f"there are none; give one like {EXAMPLE}"))
    if problems:
        place = "the axes"
        raise ChangeError(place, problems)
    targets, scales, values_of = zip(*varied, strict=True)
    return Points(targets, scales, tuple(product(*values_of)), grid=True)


def listed(points: pd.DataFrame | str | Path) -> Points:
    """Return points that are given one by one: a column for each target, `80%` or plain numbers in it.

    Raises: ChangeError, which names every fault with its row and column.
    """
    place = "the points" if not isinstance(points, (str, Path)) else str(points)
    header, cells = _table(points)
    targets = [spaced(name) for name in header]
    problems = [ChangeProblem("", target, fault) for target in targets for fault in target_faults(target)]
    problems += repeated(targets)
    if not cells or not targets or len(cells) > MOST:
        problems.append(ChangeProblem("", "", f"has {len(cells):,} points; must have 1 to {MOST:,}"))
    kinds: dict[str, bool] = {}
    rows = []
    for n, row in enumerate(cells, 1 + _HEADER):
        if len(row) != len(targets):
            fault = f"has {len(row)} cells; must have {len(targets)}, as the header"
            problems.append(ChangeProblem(f"row {n}", "", fault))
            continue
        values = []
        for target, cell in zip(targets, row, strict=True):
            try:
                value, scales = _value(str(cell))
            except ValueError as error:
                problems.append(ChangeProblem(f"row {n}", f"column {target}", str(error)))
                continue
            if kinds.setdefault(target, scales) != scales:
                others = "percentages" if kinds[target] else "plain numbers"
                fault = f"{shown(cell)!r} stands below {others}; a column must be all of one kind"
                problems.append(ChangeProblem(f"row {n}", f"column {target}", fault))
            values.append(value)
        rows.append(tuple(values))
    if problems:
        raise ChangeError(place, problems)
    return Points(tuple(targets), tuple(kinds.values()), tuple(rows), grid=False)


def _table(points: pd.DataFrame | str | Path) -> tuple[list[str], list[list[Any]]]:
    """Return the header and the rows of points."""
    if isinstance(points, (str, Path)) and Path(points).suffix.lower() != ".parquet":
        text, problems = file_text(Path(points))
        if problems:
            raise ChangeError(str(points), [ChangeProblem("", "", problem.message) for problem in problems])
        header, *rows = [row for row in csv.reader(text.splitlines()) if row] or [[]]
        return [name.strip() for name in header], list(rows)
    if isinstance(points, (str, Path)):
        points = _parquet(Path(points))
    return [str(name).strip() for name in points.columns], points.to_numpy(dtype=object).tolist()


def _parquet(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - axes alone need no pandas

    try:
        return pd.read_parquet(path)
    except ImportError as error:
        message = f"{path} needs pyarrow, which is not installed: pip install 'supplychain[parquet]', or give CSV"
        raise SetupError(message) from error
    except (OSError, ValueError) as error:
        raise ChangeError(str(path), [ChangeProblem("", "", f"cannot be read as Parquet: {error}")]) from error


def target_faults(target: str) -> list[str]:
    """Return what is wrong with a target, or with those that are moved together."""
    faults = []
    for part in parts_of(target):
        if not _TARGET.fullmatch(part):
            faults.append("must be a target like TABLE.COLUMN[...]")
            continue
        try:
            edit(f"{part} = 1")
        except ValueError as error:
            faults += [str(fault) for fault in error.args]
    return faults


def parts_of(target: str) -> list[str]:
    """Return the targets that are moved together, each of which an edit begins with."""
    parts = [""]
    for piece in _BRACKETS_OR_CHARACTER.findall(target):
        if piece == "&":
            parts.append("")
        else:
            parts[-1] += piece
    return [part.strip() for part in parts]


def spaced(target: str) -> str:
    """Return targets as a column of the store is called, however blanks stood around their `&`."""
    return _TOGETHER.join(parts_of(target))


def repeated(targets: Iterable[str]) -> list[ChangeProblem]:
    """Return the targets that stand twice; a column of the store has one name, upper or lower case."""
    ordered = sorted((part for target in targets for part in parts_of(target)), key=str.casefold)
    return [
        ChangeProblem("", target, f"is varied twice{'' if target == other else f', once as {other}'}; vary it once")
        for target, other in pairwise(ordered)
        if target.casefold() == other.casefold()
    ]


def _values(text: str) -> tuple[bool, list[float]]:
    """Return whether values are shares, and the values.

    Raises: ValueError.
    """
    if ":" not in text:
        values, scales = zip(*map(_value, text.split(",")), strict=True)
        if len(set(scales)) > 1:
            raise ValueError(_mixed(text))
        if len(set(values)) < len(values):
            message = f"{shown(text)!r} has a value twice; give each once"
            raise ValueError(message)
        return scales[0], list(values)
    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in {3, 4} or parts[3:] not in ([], ["log"]):
        message = f"{shown(text)!r} is no list of values; must be {_FORMS}"
        raise ValueError(message)
    (first, scale), (last, other), log = _value(parts[0]), _value(parts[1]), bool(parts[3:])
    if scale != other:
        raise ValueError(_mixed(text))
    if not _COUNT.fullmatch(parts[2]) or not 1 < int(parts[2]) <= MOST:
        message = f"{shown(parts[2])!r} values; must be a whole number from 2 to {MOST:,}"
        raise ValueError(message)
    if first == last:
        message = f"{shown(text)!r} ends where it begins; must go from one value to another"
        raise ValueError(message)
    if log and min(first, last) <= 0:
        message = f"{shown(text)!r} has no logs; both ends must be above 0"
        raise ValueError(message)
    ways = [n / (int(parts[2]) - 1) for n in range(int(parts[2]))]
    if log:
        return scale, [_plain(first * (last / first) ** way) for way in ways]
    return scale, [_plain(first * (1 - way) + last * way) for way in ways]


def _value(text: str) -> tuple[float, bool]:
    """Return a value, and whether it is a share.

    Raises: ValueError.
    """
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        message = f"{shown(text.strip())!r}; must be a percentage or a number, like 80% or 5000"
        raise ValueError(message)
    value, share = float(match[1]), match[2] == "%"
    if not math.isfinite(value):
        message = f"{shown(text.strip())!r}: the number is too large"
        raise ValueError(message)
    if share and value < 0:
        message = f"{shown(text.strip())!r}; a percentage is of what the number is, 0% or more: a fifth less is 80%"
        raise ValueError(message)
    return (_plain(value / 100), True) if share else (value, False)


def _mixed(text: str) -> str:
    return f"{shown(text)!r} mixes percentages and numbers; must be all of one kind"


def _plain(value: float) -> float:
    """Return a value without the rounding that its arithmetic left: 0.6 and not 0.6000000000000001."""
    return significant(value, TYPED_DIGITS)
