"""The one place where HiGHS is run: within the time limit, and within a bound on its steps."""

from __future__ import annotations

from typing import Any

import highspy

from supplychain import limits

_STEPS, _STEPS_PER_LINE = 1_000_000, 100
"""Steps of the simplex method, and steps for each row and column, of which the larger number is a bound.

It takes two or three for each row; what takes a hundred goes in a circle.
"""

_INNER_STEPS = 500
"""Steps of interior point: it takes 20 to 100, and where its digits run out may go on for ever."""


def run(highs: Any) -> None:  # noqa: ANN401 - HiGHS ships no types
    """Run HiGHS from where it stands.

    Raises: TimeLimitError if the time limit passes, or has passed.
    """
    left = limits.check()
    steps = max(_STEPS, _STEPS_PER_LINE * (highs.getNumRow() + highs.getNumCol()))
    bounds = {"simplex_iteration_limit": steps, "ipm_iteration_limit": _INNER_STEPS}
    if left is not None:
        bounds["time_limit"] = highs.getRunTime() + left  # HiGHS counts all its runs
    usual = {name: highs.getOptionValue(name)[1] for name in bounds}
    for name, bound in bounds.items():
        highs.setOptionValue(name, min(bound, usual[name]))
    highs.run()
    for name, value in usual.items():
        highs.setOptionValue(name, value)
    if highs.getModelStatus() == highspy.HighsModelStatus.kTimeLimit and left is not None:
        if bounds["time_limit"] <= usual["time_limit"]:
            raise limits.stopped()
        limits.check()
