"""Files are written whole or not at all, and what cannot be written is refused before any work."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from supplychain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def write_file(path: str | Path, content: str | bytes) -> None:
    """Write a file, whole or not at all.

    Raises: OutputError if it cannot be written.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as scratch:
            fresh = Path(scratch) / target.name
            fresh.write_bytes(content.encode() if isinstance(content, str) else content)
            fresh.replace(target)
    except OSError as error:
        message = f"cannot write {path}: {error.strerror}"
        raise OutputError(message) from error


def write_files(folder: str | Path, files: Mapping[str, bytes], to_delete: Collection[str] = ()) -> None:
    """Write files of a folder by their paths in it, all or, if one cannot be written, none; then delete others.

    `to_delete`: the paths of those. A folder inside that was theirs alone goes, too.

    Raises: OutputError if one cannot be written.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target) as scratch:
            for n, (path, content) in enumerate(files.items()):
                (Path(scratch) / str(n)).write_bytes(content)
                (target / path).parent.mkdir(parents=True, exist_ok=True)
            for n, path in enumerate(files):
                (Path(scratch) / str(n)).replace(target / path)
        for path in to_delete:
            (target / path).unlink(missing_ok=True)
        for inside in {(target / path).parent for path in to_delete} - {target}:
            if inside.is_dir() and not any(inside.iterdir()):
                inside.rmdir()
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
    """Refuse, before any work is done, a folder that cannot be one.

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
