"""Files that schemas, the model and the code write: references of inputs, results, model, Python, commands and words.

`python tests/generated.py --write` writes them, every `datapackage.json`, and in the READMEs of `base` and of the
back-cast what the studies beside them say; `tests/case/test_frictionless.py`,
`tests/model/test_model_reference.py` and `tests/docs/test_pages.py` compare them with what the code says.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

import api_reference
import base_by_draws
import command_reference
import glossary
import past_by_bands

from supplychain.case import load
from supplychain.case.datapackage import datapackage
from supplychain.model import build
from supplychain.report.text.inputs import reference
from supplychain.report.text.model_reference import model_reference
from supplychain.report.text.results import reference as result_reference

INPUTS = Path(__file__).parents[1] / "inputs"
DOCS = INPUTS.parent / "docs"


def cases() -> list[Path]:
    """Return the folder of every shipped case."""
    return sorted(path.parent for path in INPUTS.glob("*/case.toml"))


def expected() -> dict[Path, str]:
    """Return every generated file and the text that it must have."""
    pages = {
        INPUTS / "README.md": reference(),
        DOCS / "model.md": model_reference(build(load(INPUTS / "tiny"))),
        DOCS / "results.md": result_reference(),
        DOCS / "api.md": api_reference.reference(),
        DOCS / "commands.md": command_reference.reference(),
        DOCS / "glossary.md": glossary.reference(),
    }
    pages |= base_by_draws.files() | past_by_bands.files()
    return pages | {folder / "datapackage.json": datapackage(load(folder)) for folder in cases()}


def main() -> None:
    """Write the files that differ, with `--write`; else name them."""
    for path, text in expected().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--write" in sys.argv[1:]:
            path.write_text(text, encoding="utf-8", newline="")
        sys.stdout.write(f"{'written' if '--write' in sys.argv[1:] else 'out of date'}: {path}\n")


if __name__ == "__main__":
    main()
