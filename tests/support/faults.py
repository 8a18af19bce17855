"""A command stopped at each system call with which it changes a file, and what is then seen.

`stopped` runs a command in a process of its own. Where the command begins to write, that process forks for each stop:
the fork goes on with the command up to the call, and ends there in one of these ways. Others, which have written
nothing, then look: what a reader sees must be what was there or what the command writes, never a mix; and after the
same command, not stopped, nothing else may be left.

A stop point is a call of `os` that changes a file or folder under the root; a statement of SQLite is one, too, and so
is every page by which its file may not grow. An audit hook looks that no change passes by the calls that are counted.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import TYPE_CHECKING, Any, NoReturn

from paths import ROOT, SUPPORT, files_in

from supplychain import staging
from supplychain.cli import main
from supplychain.results.read import read_answer
from supplychain.study import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOWS = {
    "kill": "SIGKILL before the call",
    "half": "SIGKILL when half of the bytes of a write are written",
    "term": "SIGTERM before the call",
    "ctrl-c": "Ctrl-C before the call",
    "late": "Ctrl-C when the call is done",
    "error": "this call alone fails",
    "full": "the disk is full from this call on: nothing is made and nothing written, but names change and go",
}
_STATUS = {
    "kill": [-signal.SIGKILL],
    "half": [-signal.SIGKILL],
    "term": [-signal.SIGTERM],
    "ctrl-c": [130],
    "late": [130],
    "error": [0, 1],
    "full": [0, 1],
    "page": [0, 1, -signal.SIGXFSZ],
}
_CALLS = ("open", "mkdir", "rmdir", "rename", "replace", "unlink", "remove", "link", "write", "fsync")
_NEEDS_SPACE = ("open", "mkdir", "link", "write", "fsync")
_EVENTS = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
_PAGE = 4096

Contents = dict[str, bytes]


@dataclass(frozen=True)
class Stops:
    """A command and its stops: `sets` are the folders under the root that are each one set of files."""

    arguments: Sequence[str]
    root: str
    sets: dict[str, str]
    """The folders, and of an answer its kind."""
    store: str = ""
    """The store of a sweep."""
    once: bool = False
    """Whether the command refuses to write again what is there."""
    naive: bool = False
    """Whether files are put in place one by one, without a journal: that must be found."""
    some: int | None = None
    """So many stops, drawn by the seed; None: all."""
    seed: int = 7


@dataclass
class Found:
    """How many stops there are, how many left the old and the new, and every fault."""

    points: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    old: dict[str, int] = field(default_factory=dict)
    new: dict[str, int] = field(default_factory=dict)
    between: dict[str, int] = field(default_factory=dict)
    """Of a command that writes several sets or files: some of them old, some new."""
    faults: list[str] = field(default_factory=list)

    @property
    def stops(self) -> int:
        return sum(sum(state.values()) for state in (self.old, self.new, self.between))


def stopped(stops: Stops) -> Found:
    """Run a command and stop it."""
    here = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), str(ROOT)])}
    command = [sys.executable, "-m", "faults", json.dumps(stops.__dict__)]
    with tempfile.TemporaryFile() as said:
        ended = subprocess.run(command, env=here, stdout=subprocess.PIPE, stderr=said, check=False)
        said.seek(0)
        assert ended.returncode == 0, said.read().decode()
    return Found(**json.loads(ended.stdout))


class _Explorer:
    """Runs the command up to where it writes; there each stop is a fork."""

    def __init__(self, stops: Stops) -> None:
        self.stops, self.root = stops, Path(stops.root)
        self.role = "waits"
        self.count = self.at = self.inside = 0
        self.how = ""
        self.calls: list[str] = []
        self.scratch = Path(tempfile.mkdtemp())

    def run(self) -> NoReturn:
        if self.stops.naive:
            staging.Staging.commit = _one_by_one  # type: ignore[method-assign]
        workers.ProcessExecutor = workers.SerialExecutor  # type: ignore[misc, assignment]
        settle = staging.settle
        staging.settle = lambda folder: (self.begin(folder), settle(folder))[1]  # type: ignore[func-returns-value]
        sys.addaudithook(self.audit)
        for name in _CALLS:
            setattr(os, name, self.counted(name, getattr(os, name)))
        if self.stops.store:
            connect = sqlite3.connect
            sqlite3.connect = lambda *given, **more: self.traced(connect(*given, **more))  # type: ignore[assignment]
        status = 0
        try:
            main(self.stops.arguments)
        except SystemExit as ended:
            status = int(ended.code or 0)
        except (Exception, KeyboardInterrupt):  # noqa: BLE001 - a stop that the command let through must be seen
            traceback.print_exc()
            status = 99
        if self.role == "waits":
            os._exit(98)
        if self.role == "counts":
            (self.scratch / "calls").write_text(json.dumps(self.calls))
        sys.stderr.flush()
        os._exit(status)

    def counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - any call
            if self.inside or self.role == "looks" or not self.changes(name, given, more):
                return call(*given, **more)
            half = name == "write" and self.how == "half" and self.role == "stops" and self.count + 1 == self.at
            if half:
                call(given[0], given[1][: len(given[1]) // 2])
            self.point(name)
            self.inside += 1
            try:
                return call(*given, **more)
            finally:
                self.inside -= 1
                if self.role == "stops" and self.how == "late" and self.count == self.at:
                    raise KeyboardInterrupt

        return run

    def changes(self, name: str, given: Sequence[Any], more: dict[str, Any]) -> bool:
        if name == "open" and not given[1] & (os.O_CREAT | os.O_TRUNC):
            return False
        places = given[:2] if name in {"rename", "replace", "link"} else given[:1]
        return any(self.under(place, more.get("dir_fd")) for place in places)

    def under(self, place: Any, folder: int | None = None) -> bool:  # noqa: ANN401 - a path or an open file
        if isinstance(place, int):
            path = _path_of(place)
        else:
            path = os.path.abspath(os.path.join("" if folder is None else _path_of(folder), place))  # noqa: PTH100, PTH118 - as it is given
        return path == self.stops.root or path.startswith(f"{self.stops.root}/")

    def audit(self, event: str, given: tuple[Any, ...]) -> None:
        """See that no change passes by."""
        if self.role not in {"counts", "stops"} or self.inside:
            return
        writes = event == "open" and not isinstance(given[0], int) and given[2] & (os.O_WRONLY | os.O_CREAT)
        if (writes or event in _EVENTS) and self.under(os.fsdecode(given[0])):
            sys.stderr.write(f"{event} of {given[0]!r} is not counted\n")
            os._exit(97)

    def traced(self, db: sqlite3.Connection) -> sqlite3.Connection:
        db.set_trace_callback(lambda _: None if self.role == "looks" else self.point("sqlite"))
        return db

    def begin(self, folder: Path) -> None:
        if self.role == "waits" and self.under(folder):
            self.explore()

    def point(self, name: str) -> None:
        """Count a call; stop if it is the one."""
        if self.role == "waits":
            self.explore()
        self.count += 1
        if self.role == "counts":
            self.calls.append(name)
        if self.role != "stops" or self.count < self.at:
            return
        if self.how == "full" and name in _NEEDS_SPACE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.count > self.at:
            return
        if self.how in {"kill", "half"}:
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.how == "term":
            os.kill(os.getpid(), signal.SIGTERM)
        elif self.how == "ctrl-c":
            raise KeyboardInterrupt
        elif self.how == "error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def explore(self) -> None:
        """Try every stop; only forks that go on with the command return."""
        self.role = "looks"
        before = self.tree()
        self.old = self.seen()
        if self.fork("counts"):
            return
        calls = json.loads((self.scratch / "calls").read_text())
        self.new, after = self.seen(), self.tree()
        found = Found(len(calls), {name: calls.count(name) for name in dict.fromkeys(calls)})
        if self.status or self.old == self.new:
            found.faults.append(f"not stopped: status {self.status}, {self.said()}")
        for how, at in self.drawn(calls):
            self.put_back(before)
            if self.fork("stops", how, at):
                return
            faults, state = self.judged(how)
            refused = self.stops.once and state == "new"
            if self.fork("goes on"):
                return
            if (self.status and not refused) or self.seen() != self.new or {*self.tree()} != {*after}:
                faults.append(f"then: status {self.status}, {self.said()}, {sorted({*self.tree()} ^ {*after})}")
            found.faults += [f"{how} at {at} of {len(calls)} {calls[at - 1 : at]}: {fault}" for fault in faults]
            counter = getattr(found, state)
            counter[how] = counter.get(how, 0) + 1
        self.put_back(before)
        rmtree(self.scratch)
        sys.stdout.write(json.dumps(found.__dict__))
        sys.stdout.flush()
        os._exit(0)

    def judged(self, how: str) -> tuple[list[str], str]:
        """Return what is wrong with what a stop left, and its state; then all is as the stop left it."""
        status, said, left = self.status, self.said(), self.tree()
        faults, state = self.looked()
        self.put_back(left)
        if status not in _STATUS[how]:
            faults.append(f"status {status}: {said}")
        if how in {"error", "full"} and not self.stops.store:
            if (state == "new") == bool(status) or (status and self.leftovers(left)):
                faults.append(f"status {status}, {state}, left {self.leftovers(left)}")
            if status and not (said.startswith("cannot write") and said.count("\n") == 1):
                faults.append(f"said {said}")
        return faults, state

    def drawn(self, calls: Sequence[str]) -> list[tuple[str, int]]:
        stops = [
            (how, n)
            for how in HOWS
            for n, name in enumerate(calls, 1)
            if (how != "half" or name == "write") and (name != "sqlite" or how in {"kill", "term"})
        ]
        if self.stops.store:
            pages = (Path(self.stops.store).stat().st_size + _PAGE) // _PAGE
            stops += [("page", n) for n in range(pages)]
        some = self.stops.some
        return stops if some is None else sorted(Random(self.stops.seed).sample(stops, some))

    def fork(self, role: str, how: str = "", at: int = 0) -> bool:
        """Go on in a fork, in which this is true; wait for it, and note its status."""
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(self.scratch / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            self.role, self.how, self.at, self.count = role, how, at, 0
            if how == "page":
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL if at % 2 else signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (at * _PAGE + 100, resource.RLIM_INFINITY))
            return True
        self.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return False

    def said(self) -> str:
        return (self.scratch / "said").read_text()

    def tree(self) -> dict[str, bytes | None]:
        """Return every file and folder under the root."""
        return {
            path.relative_to(self.root).as_posix(): None if path.is_dir() else path.read_bytes()
            for path in sorted(self.root.rglob("*"))
        }

    def put_back(self, tree: dict[str, bytes | None]) -> None:
        for path in self.root.iterdir():
            rmtree(path) if path.is_dir() else path.unlink()  # type: ignore[func-returns-value]
        for name, content in tree.items():
            if content is None:
                (self.root / name).mkdir()
            else:
                (self.root / name).write_bytes(content)

    @staticmethod
    def leftovers(tree: dict[str, bytes | None]) -> list[str]:
        return [name for name in tree if Path(name).name.startswith(".") or name.endswith("-journal")]

    def seen(self) -> dict[str, Contents]:
        """Return what is there: each set, and each other file as a set of its own."""
        sets = {name: _without_hidden(files_in(self.root / name)) for name in self.stops.sets}
        store = Path(self.stops.store).name
        for name, content in _without_hidden(files_in(self.root)).items():
            if name.removesuffix("-journal") != store and not any(f"{name}/".startswith(f"{x}/") for x in sets):
                sets[name] = {"": content}
        return sets

    def looked(self) -> tuple[list[str], str]:
        """Read through the journal, then settle and read again; return what is wrong, and the state."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                told = self.look()
            except Exception:  # noqa: BLE001 - of a fork: it is told to who waits
                told = [traceback.format_exc()], "between"
            with os.fdopen(writing, "w") as pipe:
                pipe.write(json.dumps(told))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            faults, state = json.loads(pipe.read())
        os.waitpid(pid, 0)
        return faults, state

    def look(self) -> tuple[list[str], str]:
        faults: list[str] = []
        through = {
            name: {
                path: view.path(path).read_bytes()
                for view in [staging.View(self.root / name)]
                for path in {**self.old[name], **self.new[name]}
                if view.path(path).is_file()
            }
            for name in self.stops.sets
        }
        for name, kind in self.stops.sets.items():
            if kind and through[name]:
                read_answer(self.root / name, kind, ())  # type: ignore[arg-type]
            staging.settle(self.root / name)
        staging.settle(self.root)
        now = self.seen()
        states = set()
        for name in {**self.old, **self.new}:
            was, will, found = (x.get(name, {}) for x in (self.old, self.new, now))
            if found != through.get(name, found):
                faults.append(f"{name} is other than what is read through its journal")
            if found not in (was, will):
                faults.append(f"{name} is a mix")
            states |= {"old"} if found == was != will else {"new"} if found == will != was else set()
        if {*now} - {*self.old, *self.new} or (self.leftovers(self.tree()) and not self.stops.store):
            faults.append(f"left over: {sorted(self.tree())}")
        if self.stops.store and Path(self.stops.store).exists():
            with closing(sqlite3.connect(self.stops.store)) as db:
                fine = db.execute("PRAGMA integrity_check").fetchall()
                tables = db.execute("SELECT name FROM sqlite_master").fetchall()
                counts = db.execute("SELECT COUNT(*) FROM results GROUP BY point").fetchall() if tables else []
            if fine != [("ok",)] or len({*counts}) > 1:
                faults.append(f"the store is broken: {fine}, {counts}")
        return faults, "old" if states == {"old"} or not states else "new" if states == {"new"} else "between"


def _path_of(file: int) -> str:
    return os.readlink(f"/proc/self/fd/{file}")  # noqa: PTH115 - a name, also of what is no file


def _one_by_one(aside: staging.Staging, _: object) -> None:
    for name, path in aside._put.items():  # noqa: SLF001
        (aside._folder / path).parent.mkdir(exist_ok=True)  # noqa: SLF001
        (aside.path / name).replace(aside._folder / path)  # noqa: SLF001


def _without_hidden(files: Contents) -> Contents:
    return {name: data for name, data in files.items() if not any(part.startswith(".") for part in Path(name).parts)}


if __name__ == "__main__":
    _Explorer(Stops(**json.loads(sys.argv[1]))).run()
