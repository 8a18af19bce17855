"""Where interior point ends: a basis, close to an optimum or at one, for the simplex method to start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import highspy

from supplychain.lp import timed

if TYPE_CHECKING:
    from supplychain.lp.scaled import ScaledHighs


NEAR = {highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kIterationLimit}
"""How a run ends whose basis is close to an optimum, or at one: no step of the simplex method was taken."""


def basis(highs: ScaledHighs) -> tuple[Any, float]:
    """Return the basis at which interior point and crossover end, and the seconds they took.

    There is none if they find no optimum. The last steps are left to who goes on from there.
    """
    twin = highs.twin()
    for name, value in (("solver", "ipx"), ("simplex_iteration_limit", 0)):
        twin.setOptionValue(name, value)
    timed.run(twin)
    basis = twin.getBasis()
    return basis if twin.getModelStatus() in NEAR and basis.valid else None, float(twin.getRunTime())
