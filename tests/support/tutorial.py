"""The tutorial with what it shows: `python tests/support/tutorial.py` runs it and writes its outputs into it."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.ipynb"


def read() -> nbformat.NotebookNode:
    """Return the tutorial as it stands."""
    return nbformat.read(TUTORIAL, as_version=4)


def run(notebook: nbformat.NotebookNode, *more: str) -> nbformat.NotebookNode:
    """Run a notebook from nothing where the tutorial stands, with more cells of code; nothing of when is kept."""
    new = deepcopy(notebook)
    for cell in new.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    new.cells += [nbformat.v4.new_code_cell(code) for code in more]
    where = {"metadata": {"path": str(TUTORIAL.parent)}}
    NotebookClient(new, timeout=300, kernel_name="python3", resources=where, record_timing=False).execute()
    return new


def main() -> None:
    """Write the tutorial with its outputs."""
    nbformat.write(run(read()), TUTORIAL)


if __name__ == "__main__":
    main()
