"""The command line, run in this process and as another."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from supplychain.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line; return its status, what it printed and what it complained of."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, printed.out, printed.err


def said_by(*arguments: object) -> tuple[int, str]:
    """Run the command line; return its status and what it said, without line ends of the terminal's."""
    said: list[str] = []
    with patch("click.echo", lambda text="", **_: said.append(str(text))):
        status = status_of(*arguments)
    return status, "\n".join(said)


def status_of(*arguments: object) -> int:
    """Run the command line; return its status."""
    with pytest.raises(SystemExit) as ended:
        main([str(x) for x in arguments])
    return int(ended.value.code or 0)


def complaint(place: object, said: list[str]) -> str:
    """Return what the command line says of a broken case."""
    count = "1 problem" if len(said) == 1 else f"{len(said)} problems"
    return "\n".join([f"{count} in {place}:", *(f"  {problem}" for problem in said)]) + "\n"


def alive(group: int) -> list[str]:
    """Return the processes of a group that still run, by /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(") ")
        except OSError:
            continue
        state, _, process_group, *_ = rest.split()
        found += [name] if int(process_group) == group and state != "Z" else []
    return found
