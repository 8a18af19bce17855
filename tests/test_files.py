"""What is written replaces what was there whole or not at all, whatever stops the command: by fault injection, counted.

Of the stops forty are tried, `make faults` tries all: Ctrl-C, SIGTERM, SIGKILL, a call that fails and a full disk, at
every call that changes a file. `tests/support/faults.py` says how.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from commands import status_of
from effort import THOROUGH, fewer
from faults import HOWS, Stops, stopped
from generator import FIRST, write_case
from paths import REPORTS, TINY, files_in
from plants import Link, chain
from sweeps import WAFERS

from supplychain import staging
from supplychain.errors import InputError, OutputError
from supplychain.files import write_file, write_files
from supplychain.results.read import read_answer
from supplychain.staging import read_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults import Found

    from supplychain.staging import View

CHANGE = ("--change", "capacity.capacity[stage=packaging] +30%")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder, in memory where there is such a file system: a stop is some hundred files made and deleted."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder in it has a name of its own
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def solve(place: Path) -> Stops:
    """An answer over an earlier one with other tables, Parquet that goes, and files of somebody else; two files."""
    out, files = place / "out", ("--xlsx", place / "answer.xlsx", "--markdown", place / "answer.md")
    assert status_of("solve", TINY, *CHANGE, "--parquet", "--out", out, *files, "-q") == 0
    (out / "notes.txt").write_text("mine")
    (out / "tables" / "mine.csv").write_text("mine")
    return Stops(["solve", str(TINY), "--out", str(out), *map(str, files), "-q"], str(place), {"out": "solve"})


def first(place: Path) -> Stops:
    """The first answer in a folder that is not there."""
    return Stops(["solve", str(TINY), "--out", str(place / "new" / "out"), "-q"], str(place), {"new/out": "solve"})


def compare(place: Path) -> Stops:
    """A comparison over an answer."""
    assert status_of("solve", TINY, "--out", place / "out", "-q") == 0
    return Stops(["compare", str(TINY), *CHANGE, "--out", str(place / "out"), "-q"], str(place), {"out": ""})


def report(place: Path) -> Stops:
    """A report with its workbook over one with other figures, which go."""
    shutil.copytree(REPORTS / "base", place / "out")
    return Stops(["report", str(TINY), "--out", str(place / "out"), "--xlsx", "-q"], str(place), {"out": ""})


def import_(place: Path) -> Stops:
    """A case of a workbook, in a new folder."""
    assert status_of("export", TINY, place / "book.xlsx", "-q") == 0
    return Stops(["import", str(place / "book.xlsx"), str(place / "case"), "-q"], str(place), {"case": ""}, once=True)


def sweep(place: Path) -> Stops:
    """A sweep and its table, over another table."""
    case = write_case(chain([Link("wafers", 100.0, price=2.0), Link("power", 120.0)], life=1), place / "case")
    store, table = place / "out" / "s.sqlite", place / "out" / "s.csv"
    store.parent.mkdir()
    table.write_text("old")
    command = ["sweep", str(case), "--vary", f"{WAFERS}=1:200:50", "--year", str(FIRST), "--out", str(store)]
    return Stops([*command, "--csv", str(table), "--resume", "-q"], str(store.parent), {}, store=str(store))


COMMANDS: dict[Callable[[Path], Stops], int] = {solve: 8, first: 4, compare: 8, report: 8, import_: 6, sweep: 6}
"""How many stops of each are tried, where not all are."""


def told(name: str, found: Found) -> None:
    """Say how many stops there were, and how they ended."""
    calls = ", ".join(f"{count} {call}" for call, count in found.calls.items())
    print(f"\n{name}: {found.points} calls change a file ({calls}); {found.stops} stops")  # noqa: T201 - with pytest -s
    for how in (*HOWS, "page"):
        states = [
            f"{state.get(how, 0):5} {name}" for name, state in vars(found).items() if name in {"old", "new", "between"}
        ]
        print(f"  {how:7}{''.join(states)}")  # noqa: T201 - likewise


@pytest.mark.unmeasured
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__.strip("_"))
def test_old_or_new_wherever_it_is_stopped(command: Callable[[Path], Stops], place: Path) -> None:
    """Bug: a mix of an old answer and a new one; what a process that was killed leaves stays; a traceback for a full
    disk; an error that leaves the new answer, or success that leaves the old.
    """
    stops = command(place)
    some = None if THOROUGH else COMMANDS[command]
    found = stopped(replace(stops, some=some))
    told(command.__name__, found)
    assert found.faults == []
    assert found.stops == (some or found.stops)
    assert not found.between or len(stops.sets) != 1 or command is solve
    if THOROUGH:
        assert {*found.old, *found.new} >= {*HOWS}
        assert len(found.old) >= 4
        assert len(found.new) >= 4


@pytest.mark.unmeasured
@pytest.mark.usefixtures("ctrl_c")
def test_a_mix_would_be_found(place: Path) -> None:
    """Sensitivity: with files put in place one by one, without a journal, stops leave a mix."""
    found = stopped(replace(solve(place), naive=True, some=12))
    assert [fault for fault in found.faults if fault.endswith("out is a mix")]


FILES = {"summary.json": b"new", "tables/a.csv": b"new", "tables/c.csv": b"new"}
OLD = {"summary.json": b"old", "tables/a.csv": b"old", "tables/b.csv": b"old", "mine.txt": b"mine"}
NEW = {**FILES, "mine.txt": b"mine"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a set of files, and one of somebody else."""
    for path, content in OLD.items():
        (tmp_path / "out" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / path).write_bytes(content)
    return tmp_path / "out"


def write(folder: Path) -> None:
    write_files(folder, FILES, lambda: ["tables/b.csv", "figures/none.svg"])


def committed(folder: Path, places: int = 0) -> None:
    """Leave what a process leaves that is killed after the commit, with so many files in their places."""
    pid = os.fork()
    if pid == 0:
        done: list[Path] = []
        usual = Path.replace

        def killed(path: Path, target: Path) -> None:
            if len(done) > places:
                os.kill(os.getpid(), signal.SIGKILL)
            usual(path, target)
            done.append(path)

        Path.replace = killed  # type: ignore[assignment, method-assign]
        write(folder)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL
    assert (folder / ".writing" / "journal").exists()


def through(folder: Path) -> dict[str, bytes]:
    """Return what a reader sees."""

    def read(view: View) -> dict[str, bytes]:
        names = {f"tables/{name}" for name in view.names("tables", ".csv")} | {"summary.json", "mine.txt"}
        return {name: view.path(name).read_bytes() for name in names}

    return read_together(folder, read)


@pytest.mark.parametrize("places", range(4))
def test_what_was_committed_is_finished_by_who_reads(folder: Path, places: int) -> None:
    """Bug: a reader of the package sees a mix, or leaves the mix to other software."""
    committed(folder, min(places, 2))
    assert through(folder) == NEW
    assert files_in(folder) == NEW


@pytest.mark.parametrize("places", range(3))
def test_who_may_not_write_reads_through_the_journal(
    folder: Path, places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bug: a mix is read from a folder that belongs to somebody else."""
    committed(folder, places)
    usual = os.open

    def refused(path: object, flags: int, *others: Any) -> int:  # noqa: ANN401 - whatever it is
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return usual(path, flags, *others)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(os, "open", refused)
    assert through(folder) == NEW
    assert files_in(folder) != NEW


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("places", range(3))
def test_what_cannot_be_put_in_place_leaves_the_old(
    folder: Path, places: int, *, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With second names of the old files, and on a file system that has none. Bug: half of the new files stay."""
    usual, done = Path.replace, []

    def fails(path: Path, target: Path) -> Path:
        if path.name.startswith("new-"):
            done.append(path)
            if len(done) == places + 1:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        return usual(path, target)

    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "replace", fails)
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(OutputError, match=rf"^cannot write to {folder}: Input/output error$"):
        write(folder)
    assert files_in(folder) == OLD
    write(folder)
    assert files_in(folder) == NEW


def test_a_live_process_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: what another process is writing is taken for left over; both write at once; a command waits forever."""
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    with staging.staged(folder) as other:
        other.add("summary.json", b"other")
        write(folder)
        assert files_in(folder) == {**NEW, f"{other.path.name}/lock": b"", f"{other.path.name}/new-0": b"other"}
        other._take_turn()  # noqa: SLF001
        with pytest.raises(OutputError, match=r"another process writes there, or left \.writing, which cannot be"):
            write_files(folder, {"summary.json": b"late"})
        assert through(folder) == NEW
    assert files_in(folder) == NEW


@pytest.mark.parametrize("at", ["before it is locked", "after"])
def test_a_folder_that_was_cleared_too_early_is_made_again(
    folder: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making a folder and locking it, another process may clear it. Bug: files are then put nowhere."""
    usual, cleared = (os.open, fcntl.flock)[at == "after"], []

    def clears(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - of either
        if not cleared:
            cleared.extend(folder.glob(".writing-*"))
            shutil.rmtree(cleared[0])
        return usual(*given, **more)  # type: ignore[operator]

    monkeypatch.setattr(*((os, "open") if at != "after" else (fcntl, "flock")), clears)
    write(folder)
    assert cleared
    assert files_in(folder) == NEW


def test_without_locks_nothing_is_cleared(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems have none. Bug: nothing can be written; what a live process writes is cleared."""
    committed(folder)

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as without:
        without.setattr(fcntl, "flock", none)
        without.setattr(staging, "PATIENCE", 0.05)
        assert through(folder) == NEW
        assert (folder / ".writing").exists()
        with pytest.raises(OutputError, match="another process writes there"):
            write(folder)
    write(folder)
    with monkeypatch.context() as without:
        without.setattr(fcntl, "flock", none)
        write_files(folder, {"summary.json": b"newer"})
    assert files_in(folder) == {**NEW, "summary.json": b"newer"}


HOSTILE = {
    "above": {"put": {"new-0": "../victim"}, "delete": []},
    "from the root": {"put": {}, "delete": ["/victim"]},
    "around": {"put": {"new-0": "tables/../../victim"}, "delete": []},
    "in the staging itself": {"put": {"new-0": ".writing/lock"}, "delete": []},
    "of another file": {"put": {"../../victim": "summary.json"}, "delete": []},
    "no text": {"put": {"new-0": 1}, "delete": []},
    "no journal": ["put"],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_journal_of_somebody_else_moves_nothing(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer comes from other people. Bug: reading it writes or deletes a file outside of its folder."""
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    (folder.parent / "victim").write_text("safe")
    (folder / ".writing").mkdir()
    for left, content in (("lock", ""), ("new-0", "evil"), ("journal", json.dumps(HOSTILE[name]))):
        (folder / ".writing" / left).write_text(content)
    before = files_in(folder.parent)
    with pytest.raises(InputError, match=r"\.writing/journal in it was not written by this software; delete \.writing"):
        read_answer(folder)
    with pytest.raises(OutputError, match=r"left \.writing, which cannot be settled"):
        write(folder)
    assert files_in(folder.parent) == before


def test_no_journal_leads_over_a_link(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a link in a folder of other people leads files out of it."""
    committed(folder)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(folder / "tables")
    (folder / "tables").symlink_to(elsewhere)
    staging.settle(folder)
    assert list(elsewhere.iterdir()) == []
    monkeypatch.setattr(staging, "PATIENCE", 0.05)
    with pytest.raises(OutputError, match="cannot be settled"):
        write(folder)
    shutil.rmtree(folder / ".writing")
    with pytest.raises(OutputError, match="tables in it is a link to another folder"):
        write(folder)
    assert list(elsewhere.iterdir()) == []


def test_what_is_not_ours_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bug: a folder of somebody else whose name begins so is cleared. And `--out .` is a folder like others."""
    (folder / ".writing-letters").mkdir()
    (folder / ".writing-letters" / "dear.txt").write_text("dear")
    (folder / ".writing-note").write_text("note")
    monkeypatch.chdir(folder)
    write(Path())
    letters = {".writing-letters/dear.txt": b"dear", ".writing-note": b"note"}
    assert files_in(folder) == {**NEW, **letters}
    write_file("summary.json", "one")
    assert files_in(folder) == {**NEW, **letters, "summary.json": b"one"}


def test_folders_that_were_made_for_nothing_go(tmp_path: Path) -> None:
    """Bug: what cannot be written leaves empty folders, which the next command takes for something."""
    with pytest.raises(OutputError, match="File name too long"):
        write_files(tmp_path / "a" / "b", {"x" * 300: b""})
    with pytest.raises(OutputError, match="File name too long"):
        write_file(tmp_path / "a" / ("x" * 300), b"")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_moves_into_place_between_two_looks_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal is committed; its file moves into its place after the first look at it.

    Bug: it is missing where it stood aside, and nothing seems to have changed, so that reading fails.
    """
    aside = folder / ".writing"
    aside.mkdir()
    (aside / "new-0").write_bytes(b"new")
    (aside / "journal").write_text(json.dumps({"put": {"new-0": "summary.json"}, "delete": []}))
    view, looks = staging.View(folder), [Path.exists, Path.stat]

    def moving(look: Callable[..., object]) -> Callable[..., object]:
        def moved(path: Path, **options: bool) -> object:
            try:
                return look(path, **options)
            finally:
                if path.name == "new-0" and path.parent.exists() and os.path.lexists(path):
                    path.replace(folder / "summary.json")

        return moved

    for look in looks:
        monkeypatch.setattr(Path, look.__name__, moving(look))
    path = view.path("summary.json")
    monkeypatch.undo()
    assert path.exists() or view.changed()


WRITER = """
import sys
from supplychain.files import write_files
folder, name, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
for n in range(times):
    content = f"{name} {n}".encode()
    write_files(folder, {"summary.json": content} | {f"tables/{name}{k}.csv": content for k in range(10)},
                lambda: [f"tables/{other}{k}.csv" for other in "ab" if other != name for k in range(10)])
"""


@pytest.mark.unmeasured
def test_processes_that_write_at_once_do_not_mix(tmp_path: Path) -> None:
    """Two write to one folder, over and over; two read. Bug: the files of one stand beside those of the other."""
    command = [sys.executable, "-c", WRITER, str(tmp_path / "out")]
    writers = [subprocess.Popen([*command, name, str(fewer(300, 8))]) for name in "ab"]
    seen = set()

    def read(view: View) -> tuple[set[str], set[bytes]]:
        names = view.names("tables", ".csv")
        try:
            contents = {view.path(f"tables/{name}").read_bytes() for name in names}
            return names, contents | {view.path("summary.json").read_bytes()}
        except FileNotFoundError as error:
            raise InputError(str(error), []) from error

    while any(writer.poll() is None for writer in writers):
        if (tmp_path / "out" / "summary.json").exists():
            names, contents = read_together(tmp_path / "out", read)
            assert len(names) == 10
            assert len(contents) == 1
            seen |= contents
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(seen) > 10
    assert len(files_in(tmp_path / "out")) == 11
