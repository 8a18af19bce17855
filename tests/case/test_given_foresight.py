"""A foresight that is given in the place of what `case.toml` says: the same case as one that says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from generator import random_case
from paths import TINY
from plants import edited, loaded, one

import supplychain as sc
from supplychain.case.notices import notices

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("seed", [1, 3])
@pytest.mark.parametrize("said", [None, 1, 2])
def test_it_is_the_case_that_says_it(said: int | None, seed: int, tmp_path: Path) -> None:
    """Digests included, whatever the file says. Bug: something is worked out from the old foresight and kept."""
    drawn = random_case(seed)
    case = loaded(edited(drawn, foresight_years=2), tmp_path / "two")
    before = case.sha256
    settings = {name: value for name, value in drawn.settings.items() if name != "foresight_years"}
    drawn.settings.clear()
    drawn.settings.update(settings if said is None else settings | {"foresight_years": said})
    wanted = loaded(drawn, tmp_path / "said")
    seeing = case.with_foresight("perfect" if said is None else said)
    assert seeing == wanted
    assert seeing.sha256 == wanted.sha256
    assert case.sha256 == before
    assert notices(seeing) == notices(wanted)


@pytest.mark.parametrize("given", [0, -1, 101, 2.0, 2.5, True, "2", "Perfect", "", float("nan"), 10**30])
def test_what_is_none_is_refused(given: Any) -> None:  # noqa: ANN401 - of any kind
    """Bug: 0 or True is taken for a number of years, or a text is solved with."""
    said = r"must be a whole number from 1 to 100, the years seen, or 'perfect'$"
    with pytest.raises(ValueError, match=said):
        sc.load(TINY).with_foresight(given)
    with pytest.raises(ValueError, match=said):
        sc.what_if(TINY, foresight=given)


def test_numbers_of_other_libraries() -> None:
    """Bug: a year from a table is refused, or stands in the settings as it is and is no JSON."""
    years = sc.load(TINY).with_foresight(np.int64(2)).settings.foresight_years  # type: ignore[arg-type]
    assert (years, type(years)) == (2, int)


def test_it_comes_first_among_what_is_changed() -> None:
    """Edits and foresight do not see each other. Bug: the case of an edit has the foresight of the file again."""
    edit = "demand.demand_ttok *= 2"
    both = sc.what_if(TINY, (), [edit], foresight=1)
    assert both.case == sc.what_if(TINY, (), [edit]).case.with_foresight(1)
    assert both.titles == ("1 year of foresight", edit)
    assert both.audit == sc.what_if(TINY, (), [edit]).audit
    assert [effect.edit for effect in both.effects] == ["1 year of foresight", edit]
    assert both.summary == {"what_if": list(both.titles), "cells_changed": len(both.audit)}
    nothing = sc.what_if(TINY, foresight="perfect")
    assert (nothing.titles, nothing.summary, nothing.sees_otherwise) == ((), {}, False)
    assert [effect.summary for effect in nothing.effects] == ["nothing changes"]


def test_labels_follow() -> None:
    """Who sees one year orders no site power for 2027, so there is less of it. Bug: the option has no effect."""
    case = sc.load(TINY)
    blind, whole = sc.solve(case.with_foresight(1)), sc.solve(case)
    assert (len(blind.orders), len(whole.orders)) == (0, 1)
    assert one(whole.binding, year=2027, level="stage").members == "site_power"
    assert one(blind.binding, year=2027, level="stage").members == "demand"
    assert (blind.summary["foresight_years"], whole.summary["foresight_years"]) == (1, None)
