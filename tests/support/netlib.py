"""The Netlib LPs of `tests/published/netlib`, and what is printed of their optima."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path

from paths import PUBLISHED

from supplychain import lp

FOLDER = PUBLISHED / "netlib"
ARCHIVE = FOLDER / "netlib.zip"


@dataclass(frozen=True)
class Printed:
    """What is printed of an LP; `within` is the share by which its optimum may be off."""

    name: str
    rows: int
    columns: int
    optimum: float
    within: float


def printed() -> tuple[Printed, ...]:
    """Return what is printed of each LP that is here, by name."""
    with zipfile.ZipFile(ARCHIVE) as archive, (FOLDER / "optima.csv").open(encoding="utf-8", newline="") as file:
        here = set(archive.namelist())
        return tuple(
            Printed(row["name"], int(row["rows"]), int(row["columns"]), float(row["optimum"]), float(row["within"]))
            for row in csv.DictReader(file)
            if f"{row['name']}.mps" in here
        )


def unpacked(name: str, place: Path) -> Path:
    """Write the file of an LP into a folder, and return where."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return Path(archive.extract(f"{name}.mps", place))


def read(name: str, place: Path) -> lp.LabelledLP:
    """Return an LP, read from its file."""
    return lp.read(unpacked(name, place))
