"""How a set of files is replaced together, whatever stops it: put together aside, then put in place by a journal.

::

    .writing-RANDOM/   where a process puts its new files together, beside `lock`, which it holds as long as it lives
    .writing/          the same folder when it is its turn: only one folder can have this name
    .writing/journal   what goes where, and what goes away. That it gets this name is the commit

Who stops before the commit has changed nothing. Who stops after it has written everything: whoever reads or writes the
folder next does what the journal says (`settle`), and who may not write there reads through the journal (`View`). If a
file cannot be put in its place, a journal of the way back takes the place of the first.

A process that was killed no longer holds its lock, on this machine or on another that shares the folder. So what it
left is told from what is being written, and goes. Where a file system has no locks, nothing is cleared.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from supplychain.errors import SupplychainError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

PATIENCE = 10.0
"""Seconds that a process waits for others that write to the same folder. Putting files in place takes milliseconds."""

_TURN = ".writing"
_PREFIX = ".writing-"
_LOCK, _JOURNAL, _UNDO = "lock", "journal", "undo"
_STAGED = re.compile(r"(new|old)-\d+", re.ASCII)
_PAUSE = 0.01
_IN_THE_WAY = (errno.ENOTEMPTY, errno.EEXIST)

Result = TypeVar("Result")
_Mark = tuple[int, int, int] | None
"""By which a file is known as the same: its inode, when it was written, its size. None if there is none."""


@dataclass(frozen=True)
class _Journal:
    """What is to be done: `put` has the paths of files by the names that they have aside, `delete` those that go."""

    put: Mapping[str, str]
    delete: Collection[str] = ()

    def text(self) -> bytes:
        return json.dumps({"put": dict(self.put), "delete": list(self.delete)}, indent=1).encode()


class Staging:
    """A folder aside, of this process alone, in which files are put together."""

    def __init__(self, folder: Path, path: Path) -> None:
        self._folder = folder
        self.path = path
        self._put: dict[str, str] = {}

    def add(self, path: str, content: bytes) -> None:
        """Put a new file aside; `path` is where in the folder it belongs."""
        name = f"new-{len(self._put)}"
        write_through(self.path / name, content)
        self._put[name] = path

    def commit(self, to_delete: Callable[[], Collection[str]]) -> None:
        """Put all files in their places together, and delete others: all of it or, if something cannot be done, none.

        `to_delete` is asked when no other process can change the folder any more.

        Raises: OSError.
        """
        self._take_turn()
        forward = _Journal(self._put, [path for path in to_delete() if (self._folder / path).is_file()])
        changed = [*forward.put.values(), *forward.delete]
        for path in changed:
            _check_inside(self._folder, path)
        back = self._way_back(changed)
        write_through(self.path / _UNDO, back.text())
        write_through(self.path / f"{_JOURNAL}.new", forward.text())
        (self.path / f"{_JOURNAL}.new").replace(self.path / _JOURNAL)  # the commit
        _sync_folder(self.path)
        try:
            _do(self._folder, self.path, forward)
        except OSError:
            (self.path / _UNDO).replace(self.path / _JOURNAL)
            raise

    def _take_turn(self) -> None:
        """Wait until no other process puts its files in place; then it is this one's turn."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.path.rename(self._folder / _TURN)
            except OSError as error:
                if error.errno not in _IN_THE_WAY:
                    raise
            else:
                self.path = self._folder / _TURN
                return
            settle(self._folder)
            if time.monotonic() > until:
                fault = f"another process writes there, or left {_TURN}, which cannot be settled"
                raise OSError(errno.EBUSY, fault)
            time.sleep(_PAUSE)

    def _way_back(self, changed: Collection[str]) -> _Journal:
        """Keep the files that are to change under second names, and return how they come back."""
        there = [path for path in changed if os.path.lexists(self._folder / path)]
        put = {f"old-{n}": path for n, path in enumerate(there)}
        for name, path in put.items():
            try:
                os.link(self._folder / path, self.path / name, follow_symlinks=False)
            except OSError:  # of a file system that has none, or of somebody else's file
                write_through(self.path / name, (self._folder / path).read_bytes())
        return _Journal(put, [path for path in changed if path not in there])


@contextmanager
def staged(folder: Path) -> Iterator[Staging]:
    """Give a folder aside in which files are put together; it goes in the end.

    Folders that had to be made go, too, if nothing came of it.

    Raises: OSError.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with ExitStack() as unless_written:
        unless_written.callback(_remove_if_empty, made)
        settle(folder)
        folder.mkdir(parents=True, exist_ok=True)
        path, lock = _begun(folder)
        staging = Staging(folder, path)
        try:
            yield staging
        finally:
            try:
                _finish_if_possible(folder, staging.path)
            finally:
                os.close(lock)
        unless_written.pop_all()


def settle(folder: Path) -> None:
    """Finish what a process that is no more had committed in a folder, and clear what it left.

    What a live process writes is left alone, and so is what cannot be settled, or is not of this software.
    """
    with suppress(OSError):
        names = sorted(name for name in os.listdir(folder) if name == _TURN or name.startswith(_PREFIX))  # noqa: PTH208 - names
        for name in names:
            with suppress(OSError):
                _settle(folder, folder / name)


class View:
    """The files of a folder as they are or, where a journal was committed, as they are about to be."""

    def __init__(self, folder: Path) -> None:
        """Raises: OSError if there is a journal that is not of this software."""
        self._folder, self._turn = folder, folder / _TURN
        self._committed = _mark(self._turn / _JOURNAL)
        journal = _journal(self._turn) or _Journal({})
        self._aside = {path: self._turn / name for name, path in journal.put.items()}
        self._gone = {*journal.delete}
        self._seen: dict[Path, _Mark] = {}
        self._listed: dict[tuple[str, str], set[str]] = {}

    def path(self, name: str) -> Path:
        """Return where a file of the folder stands.

        It is looked at once: a file that is put in its place between two looks would be missing, and seem unchanged.
        """
        aside, path = self._aside.get(name), self._folder / name
        if name in self._gone:
            path = self._turn / "gone" / name
        elif aside is not None and (mark := _mark(aside)) is not None:
            self._seen.setdefault(aside, mark)
            return aside
        self._seen.setdefault(path, _mark(path))
        return path

    def names(self, inside: str, end: str) -> set[str]:
        """Return the names of files in a folder inside that end so."""
        there = self._listed.setdefault((inside, end), self._names_of(inside, end)) | {*self._aside}
        return {
            PurePosixPath(path).name
            for path in there - self._gone
            if PurePosixPath(path).parent.as_posix() == inside and path.endswith(end)
        }

    def changed(self) -> bool:
        """Whether another process has changed what was looked at."""
        return (
            _mark(self._turn / _JOURNAL) != self._committed
            or any(self._names_of(*which) != names for which, names in self._listed.items())
            or any(_mark(path) != mark for path, mark in self._seen.items())
        )

    def _names_of(self, inside: str, end: str) -> set[str]:
        return {f"{inside}/{path.name}" for path in (self._folder / inside).glob(f"*{end}")}


def read_together(folder: Path, read: Callable[[View], Result]) -> Result:
    """Settle a folder and read files of it that were written together; again if another process writes meanwhile.

    Raises: what `read` raises, and OSError if others do not stop writing, or a journal is not of this software.
    """
    settle(folder)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        view = View(folder)
        try:
            result = read(view)
        except SupplychainError:
            if not view.changed():
                raise
        else:
            if not view.changed():
                return result
        time.sleep(_PAUSE)
    raise OSError(errno.EBUSY, "other processes write there all the time")


def write_through(path: Path, content: bytes) -> None:
    """Write a new file through to the disk: some file systems only say then that it is full.

    Raises: OSError.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    finally:
        os.close(file)


def _remove_if_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _begun(folder: Path) -> tuple[Path, int]:
    """Make a folder aside and lock it. Who clears may take it for left, between the two: then make another.

    Raises: OSError.
    """
    while True:
        path = folder / f"{_PREFIX}{secrets.token_hex(6)}"
        path.mkdir()
        with ExitStack() as unless_begun:
            unless_begun.callback(_finish_if_possible, folder, path)
            try:
                lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            except FileNotFoundError:
                continue
            unless_begun.callback(os.close, lock)
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_at(lock, path / _LOCK):
                unless_begun.pop_all()
                return path, lock


def _settle(folder: Path, path: Path) -> None:
    """Finish and clear one folder aside, if nobody holds its lock.

    Raises: OSError if somebody does, or it cannot be done.
    """
    if path.is_symlink():
        return
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        path.rmdir()  # just begun, just finished or, if it is not empty, not of this software
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(lock, path / _LOCK):
            _finish(folder, path)
    finally:
        os.close(lock)


def _finish(folder: Path, path: Path) -> None:
    """Do what the journal of a folder aside says, if it has one, and remove the folder, its lock last.

    Raises: OSError.
    """
    journal = _journal(path)
    if journal is not None:
        _do(folder, path, journal)
        for inside in {(folder / name).parent for name in journal.put.values()} | {folder}:
            _sync_folder(inside)
    for left in sorted(path.iterdir()):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        elif left.name != _LOCK:
            left.unlink()
    lock = path / _LOCK
    if lock.exists():
        lock.unlink()
    path.rmdir()


def _finish_if_possible(folder: Path, path: Path) -> None:
    """Finish, as far as it can be done; the rest is for the next process."""
    with suppress(OSError):
        _finish(folder, path)


def _do(folder: Path, aside: Path, journal: _Journal) -> None:
    """Do what a journal says; what is done of it already stays as it is. A folder inside that is empty then goes.

    Raises: OSError.
    """
    for name, path in journal.put.items():
        _check_inside(folder, path)
        if (aside / name).exists():
            target = folder / path
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True)
            (aside / name).replace(target)
    for path in journal.delete:
        _check_inside(folder, path)
        if os.path.lexists(folder / path):
            (folder / path).unlink()
    for inside in {(folder / path).parent for path in journal.delete} - {folder}:
        if inside.is_dir() and not any(inside.iterdir()):
            inside.rmdir()


def _journal(aside: Path) -> _Journal | None:
    """Return the journal of a folder aside, if it was committed.

    Raises: OSError if it is not of this software; then nothing that it says is done.
    """
    try:
        content = json.loads((aside / _JOURNAL).read_bytes())
        put, delete = dict(content["put"]), list(content["delete"])
        names, paths = [*put], [*put.values(), *delete]
        good = all(_STAGED.fullmatch(name) for name in names) and all(_is_inside(path) for path in paths)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError, KeyError):
        good = False
    if not good:
        raise OSError(errno.EINVAL, f"{_TURN}/{_JOURNAL} in it was not written by this software; delete {_TURN}")
    return _Journal(put, delete)


def _is_inside(path: object) -> bool:
    """Whether a path of a journal stays in the folder, by how it is spelled."""
    return isinstance(path, str) and "\0" not in path and path == PurePosixPath(path).as_posix() and _is_plain(path)


def _is_plain(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and not {"..", "."} & {*parts} and not parts[0].startswith(_TURN)


def _check_inside(folder: Path, path: str) -> None:
    """Refuse a path that leads out of the folder over a link, which anybody may have put there.

    Raises: OSError.
    """
    for inside in (folder / path).relative_to(folder).parents:
        if (folder / inside).is_symlink() and inside != Path():
            raise OSError(errno.ELOOP, f"{inside} in it is a link to another folder")


def _mark(path: Path) -> _Mark:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file is the one that has this name."""
    mark, stat = _mark(path), os.fstat(file)
    return mark is not None and mark[0] == stat.st_ino


def _sync_folder(path: Path) -> None:
    """Let the names of a folder's files outlast a loss of power, where the file system can."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
