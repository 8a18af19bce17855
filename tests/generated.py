"""Files that schemas and the model write: the references of inputs, results and the model, `datapackage.json`.

`python tests/generated.py --write` writes them; `tests/case/test_frictionless.py` compares them with what the schema
says.
"""

from __future__ import annotations

import sys
from pathlib import Path

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
    }
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
