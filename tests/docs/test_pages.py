"""What pages promise: a short README, references that the code wrote, numbers that studies found, a strict site."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import generated
import pandas as pd
import pytest
from pages import GENERATED, PAGES, blocks, commands
from paths import ANSWERS, BASE, DOCS, ROOT

import supplychain as sc
from supplychain.cli import cli

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_README = 8_000


def test_the_readme_is_short() -> None:
    """Bug: the README grows into a manual again, and the first screen is not read any more."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8")) <= LONGEST_README


@pytest.mark.parametrize("name", ["api", "commands", "glossary"])
def test_a_reference_is_what_the_code_says(name: str) -> None:
    """Bug: a docstring, an option or a column changes, and the reference still tells the old one."""
    path = DOCS / f"{name}.md"
    assert path.read_text(encoding="utf-8") == generated.expected()[path]


def test_every_command_has_an_example() -> None:
    """Bug: a command is added, and no page that a person wrote shows it."""
    pages = [page for page in PAGES if page not in GENERATED]
    shown = {arguments[0] for page in pages for block in blocks(page) for arguments in commands(block)}
    assert set(cli.commands) - shown == set()


def test_the_cookbook_has_as_many_recipes_as_the_readme_says() -> None:
    """Bug: a recipe is added or goes, and the README counts the old ones."""
    recipes = re.findall(r"^### ", (DOCS / "cookbook.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    said = re.search(r"has (\d+) questions", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    assert int(said[1]) == len(recipes)


def test_how_sure_it_is_is_what_the_studies_found() -> None:
    """Bug: the sensitivity or the back-cast is run again, and README and docs still tell the old counts."""
    readme, page = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/how-sure.md"))
    labels = pd.read_csv(ANSWERS / "sensitivity" / "tables" / "labels.csv")
    for row in labels.itertuples():
        stage = f"`{row.label}` | " if row.level == "stage" else ""
        assert f"| {row.year} | {stage}{row.keeps:,} of {row.moves:,} |" in page
    drawn = sc.read_answer(BASE / "uncertainty", "uncertainty")
    shares = drawn.binding_probability.query("level == 'group' and members == 'energised_sites'")["probability"]
    of_sites = f"In {drawn.summary['draws']:,} joint draws of all uncertain numbers energised sites bind in "
    assert f"{of_sites}{100 * shares.min():.0f} to {100 * shares.max():.0f} % of draws a year" in readme
    cost = drawn.distributions.query("quantity == 'cost_per_mtok' and item == 'all' and year == 2030").iloc[0]
    assert f"between {cost.p10:.2g} and {cost.p90:.2g} USD per million tokens in four draws of five" in readme
    past = sc.read_answer(ANSWERS / "backcast", "backcast")
    held = past.coverage.query("scope == 'independent' and kind == 'all' and nominal == 0.9").iloc[0]
    assert f"the middle 90 % of its draws hold {held.inside} of {held.rows} independent numbers" in readme
    independent = past.comparisons[past.comparisons["independent"]]
    inside = int((independent["inside"] == True).sum())  # noqa: E712 - blank is neither
    assert f"{inside} of {len(independent)} independent comparisons" in readme
    assert f"Of {len(independent)} independent comparisons {inside} are inside" in page
    assert f"the error is {past.summary['median_abs_log_error']:.2f}" in page
    held = {row.scope: row for row in past.coverage.query("kind == 'all' and nominal == 0.8").itertuples()}
    alone, every = held["independent"], held["all"]
    assert (
        f"The central 80 % of {past.summary['uncertainty']['draws']} draws hold {alone.inside} of {alone.rows} " in page
    )
    assert f"({alone.share:.0%}), and {every.inside} of all {every.rows} ({every.share:.0%})" in page.replace(" %", "%")
    bands = past.crps.query("forecast == 'central_values' and kind == 'all'").iloc[0]
    assert f"The CRPS is {bands.crps:.2f}; the model at central values is off by {bands.forecast_error:.2f} " in page
    said = past.summary
    misses = said["comparisons"] - said["inside"]
    met, forbidden = said["misses_attainable"], said["misses_forbidden"]
    assert f"Of the {misses} misses, independent or not, some plan meets {met} and no plan meets {forbidden}." in page
    at_once, independent_at_once = said["held_at_once"], said["independent_held_at_once"]
    assert f"One plan was found that meets {at_once} of all {said['comparisons']} comparisons, and " in page
    assert f"{independent_at_once} of the {len(independent)} independent ones" in page
    assert f"which cost it {said['foresight_usd'] / 1e9:.1f} bn USD" in page
    stages = past.labels.query("level == 'stage'")["said"]
    assert len(stages) == stages.str.startswith("not identified").sum() == 4


def anchors(page: Path) -> set[str]:
    """Return the anchors of headings, as code hosts make them: lower case, no punctuation, hyphens for spaces."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere_on_a_code_host_too(page: Path) -> None:
    """Bug: a link that the site resolves in its own way leads nowhere where the Markdown itself is read."""
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


# What a page says, and what of it must stop the build.
FAULTS = {
    "a page that is not there": ("[x](missing.md)", "missing.md"),
    "a heading that is not there": ("[x](other.md#no-such-heading)", "no-such-heading"),
    "a picture that is not there": ("![x](missing.png)", "missing.png"),
    "a formula that is none": ("```math\n\\nosuchthing{x}\n```", "nosuchthing"),
    "a language that is none": ("```nosuchlanguage\nx\n```", "nosuchlanguage"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the build says of a small site with every fault."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "docs").mkdir()
    pages = sorted({re.sub(r".*<|>", "", page) for pages in _contents().values() for page in pages})
    for page in pages:
        path = folder / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {page}\n\n## A heading\n", encoding="utf-8")
    (folder / "README.md").write_text("# x\n\n[x](docs/start.md#a-heading)\n", encoding="utf-8")
    assert _built(folder) == (0, "")
    faults = "\n\n".join(text for text, _ in FAULTS.values())
    (folder / "docs" / "other.md").write_text(f"# A page in no contents\n\n{faults}\n", encoding="utf-8")
    status, said = _built(folder)
    assert status != 0
    return said


@pytest.mark.parametrize(("text", "named"), [*FAULTS.values(), ("", "included in any toctree")], ids=[*FAULTS, "lost"])
def test_a_fault_of_a_page_stops_the_build(text: str, named: str, said: str) -> None:
    """Bug: a link to nowhere, a formula that cannot be drawn or a page that nobody can find gets into the site."""
    del text
    assert named in said


def _contents() -> dict[str, list[str]]:
    """Return the side bar of the site, as the configuration has it."""
    return runpy.run_path(str(DOCS / "conf.py"))["CONTENTS"]


def _built(folder: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-c", str(DOCS), "-W", "--keep-going", "-n", "-q"]
    done = subprocess.run(
        [*command, "-d", str(folder / "trees"), str(folder), str(folder / "site")],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr
