"""What a version says of itself, in the places that name it."""

from __future__ import annotations

import re
import tomllib

from paths import ROOT


def test_a_version_is_the_same_wherever_it_stands() -> None:
    """Bug: a version is published under one number and cited, or told of, under another."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE)
    told = re.search(r"^## \[(\d.*)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert cited is not None
    assert told is not None
    assert [cited[1], told[1]] == [version, version]
