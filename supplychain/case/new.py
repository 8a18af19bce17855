"""Start a case of one's own from an existing one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from supplychain import schema
from supplychain.case import load
from supplychain.case.datapackage import datapackage
from supplychain.case.read import CASE_FILE, SCENARIOS
from supplychain.errors import OutputError
from supplychain.staging import settle, staged

_NAME = re.compile(r"(?m)^name\s*=.*$")


def new(folder: str | Path, source: str | Path) -> Path:
    """Copy the tables and scenarios of a valid case to a new folder, under the folder's name, whole or not at all.

    Raises: InputError if the source is not valid, OutputError if the folder exists or cannot be written.
    """
    target, source = Path(folder), Path(source)
    settle(target.parent)
    load(source)
    if target.exists():
        message = f"{target} exists already; give the name of a new folder"
        raise OutputError(message)
    name = re.sub(r"[^a-z0-9._-]+", "-", target.resolve().name.lower()).strip("-") or "case"
    try:
        with staged(target.parent) as staging:
            fresh = staging.path / "case"
            fresh.mkdir()
            for table in schema.TABLES:
                if (source / table.file).exists():
                    shutil.copyfile(source / table.file, fresh / table.file)
            if (source / SCENARIOS).is_dir():
                shutil.copytree(source / SCENARIOS, fresh / SCENARIOS)
            settings = (source / CASE_FILE).read_text(encoding="utf-8-sig")
            (fresh / CASE_FILE).write_text(_NAME.sub(f'name = "{name}"', settings, count=1), encoding="utf-8")
            (fresh / "datapackage.json").write_text(datapackage(load(fresh)), encoding="utf-8")
            fresh.rename(target)
    except OSError as error:
        message = f"cannot write {target}: {error.strerror}"
        raise OutputError(message) from error
    return target
