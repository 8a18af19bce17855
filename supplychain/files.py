"""Files are written whole or not at all, and what cannot be written is refused before any work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from supplychain.errors import OutputError
from supplychain.staging import settle, staged, write_through

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def write_file(path: str | Path, content: str | bytes) -> None:
    """Write a file, whole or not at all.

    Raises: OutputError if it cannot be written.
    """
    target = Path(path)
    try:
        with staged(target.parent) as staging:
            write_through(staging.path / "file", content.encode() if isinstance(content, str) else content)
            (staging.path / "file").replace(target)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise OutputError(message) from error


def write_files(
    folder: str | Path, files: Mapping[str, bytes], to_delete: Callable[[], Collection[str]] = tuple
) -> None:
    """Write files of a folder by their paths in it, and delete others: all of it or, if one cannot be written, nothing.

    Whatever stops this, the folder is as it was or as it should be: see `supplychain.staging`. Processes that write to
    the same folder wait for each other.

    `to_delete` returns the paths of the others, of the folder as it is then. A folder inside that was theirs alone
    goes, too.

    Raises: OutputError if one cannot be written.
    """
    try:
        with staged(Path(folder)) as staging:
            for path, content in files.items():
                staging.add(path, content)
            staging.commit(to_delete)
    except OSError as error:
        message = f"cannot write to {folder}: {error.strerror}"
        raise OutputError(message) from error


def check_file(path: str | Path) -> None:
    """Refuse, before any work is done, a file that cannot be written.

    Raises: OutputError.
    """
    target = Path(path)
    if not str(path).strip() or target.is_dir():
        fault = f"{target} is a folder" if str(path).strip() else "its name is blank"
        message = f"cannot write the file: {fault}"
        raise OutputError(message)
    check_target(target.parent)


def check_target(folder: str | Path) -> None:
    """Refuse, before any work is done, a folder that cannot be one; settle what a process that is no more left in it.

    Raises: OutputError.
    """
    target = Path(folder)
    in_the_way = next((p for p in (target, *target.parents) if p.exists() and not p.is_dir()), None)
    if not str(folder).strip():
        message = "cannot write: the folder to write to is blank"
        raise OutputError(message)
    if in_the_way is not None:
        message = f"cannot write to {folder}: {in_the_way} is a file"
        raise OutputError(message)
    settle(target)
