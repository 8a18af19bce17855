"""A case of which a study of uncertainty is kept, made once a process."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

from paths import TINY

import supplychain as sc
from supplychain.case.read import UNCERTAINTY
from supplychain.study.attached import attach_to
from supplychain.study.workers import SerialExecutor

if TYPE_CHECKING:
    from pathlib import Path

DRAWS = 40


@cache
def tiny_study() -> sc.Uncertainty:
    """Return forty draws of `inputs/tiny`."""
    return sc.uncertainty(sc.load(TINY), draws=DRAWS, executor=SerialExecutor())


@cache
def tiny_plan() -> sc.Plan:
    """Return the plan of `inputs/tiny`."""
    return sc.solve(sc.load(TINY))


def tiny_with_study(folder: Path) -> Path:
    """Copy `inputs/tiny` to a folder, and keep its study there."""
    case = shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns(UNCERTAINTY))
    attach_to(case, tiny_study())
    return case
