"""A clock that tests turn: time passes where they say, and only there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import highspy

from supplychain import limits

if TYPE_CHECKING:
    import pytest


class Clock:
    """Stands still, but for what each run of the solver takes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seconds_a_run: float = 0.0) -> None:
        self.now, self.runs = 1000.0, 0
        run = highspy.Highs.run

        def counted(highs: highspy.Highs) -> highspy.HighsStatus:
            self.runs += 1
            self.now += seconds_a_run
            return run(highs)

        monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: self.now, time=lambda: self.now))
        monkeypatch.setattr(highspy.Highs, "run", counted)
