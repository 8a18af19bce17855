"""How far a plan moves when one limit moves a little: what is served, and which plan is nearly as good."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from supplychain.model.cost import net_benefit
from supplychain.model.labels import Var
from supplychain.model.service import served
from supplychain.plan.levers import Levers
from supplychain.plan.windows import solve_windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import supplychain as sc
    from supplychain.lp import Label
    from supplychain.plan.solved import Solved
    from supplychain.plan.solved_lp import SolvedLP

ALL, RESEARCH = "all", "research"
FIRST_TIER = "curve_00"
"""Everything that is asked for at the highest price: no step."""


@dataclass(frozen=True)
class Move:
    """Every limit of a stage in one year moves by so many per cent, and what other limits draw from it with them."""

    stage: str
    year: int
    pct: float


@dataclass(frozen=True)
class Swap:
    """A plan that serves no more of something in a year than another: what it costs more, and where it differs."""

    usd: float
    """Discounted USD of net benefit."""
    share: float
    """Of net benefit."""
    differs: list[tuple[Label, float, float]]
    """Variables, their values in the best plan and in this one, those that cost or earn most first."""


class Moved:
    """A case with perfect foresight, solved, and what it serves after each move of a limit.

    A move is that of a relief by one per cent, as many times as the move has per cents.
    """

    def __init__(self, case: sc.Case) -> None:
        (window,) = solve_windows(case)
        self.case = case
        self._lp: SolvedLP = window.solved_lp
        self._levers = Levers(self._lp.solved, self._lp.lp)
        self.workloads: list[str] = list(self._lp.solved.on.workloads)

    @cached_property
    def before(self) -> pd.Series[float]:
        """What is served, by workload and year; `all` tokens and `research`, too."""
        return self._served(self._lp.solved)

    @cached_property
    def net_benefit_usd(self) -> float:
        """What is served is worth over the horizon, less what is paid for it."""
        return float(net_benefit(self._lp.solved.m))

    def moves(self, pcts: Iterable[float], years: Iterable[int]) -> list[Move]:
        """Return the moves of every stage in some years."""
        pcts = list(pcts)
        return [Move(lever.name, t, pct) for t in years for lever in self._levers.of_year("stage", t) for pct in pcts]

    def after(self, move: Move) -> pd.Series[float]:
        """Return what is served after a move."""
        with self._at(move) as there:
            return self._served(there.solved)

    def changes_pct(self, moves: Iterable[Move]) -> pd.DataFrame:
        """Return by how many per cent what is served changes: a row for each workload and year, a column a move."""
        return pd.DataFrame({move: 100 * (self.after(move) / self.before - 1) for move in moves})

    def step_pct(self, workload: str, t: int) -> float:
        """Return the widest tier of a workload's curve in a year, in per cent of what is served.

        Of the tiers that are served, and the next one: below it tiers are wider, but no small move gets there.
        """
        solved = self._lp.solved
        widest = 0.0
        for w, j, u in solved.on.serve:
            if (w, u) == (workload, t) and j != FIRST_TIER:
                widest = max(widest, float(solved.n["demand_ttok"][w, j, u]))
                if solved.x[Var.SERVE][w, j, u] == 0:
                    break
        return 100 * widest / float(self.before[workload, t])

    def swap(self, move: Move, workload: str, t: int) -> Swap:
        """Return the next best plan where a move changes what is served of a workload in a year.

        Of the two plans, before and after the move, it has the limits of the one that serves more, and serves no more
        of that workload in that year, tier by tier, than the other.
        """
        with self._at(move) as there:
            after = self._tiers(there.solved, workload, t)
        before = self._tiers(self._lp.solved, workload, t)
        at, cap = (move, before) if sum(after.values()) > sum(before.values()) else (None, after)
        with self._at(at) as free:
            best, least = free.x, free.objective_usd
        with self._at(at, cap) as capped:
            other, usd = capped.x, capped.objective_usd - least
        weight = np.abs(self._lp.lp.cost * (best - other))
        labels = list(self._lp.lp.column)
        order = [n for n in np.argsort(-weight, kind="stable") if best[n] != other[n]]
        differs = [(labels[n], float(best[n]), float(other[n])) for n in order]
        return Swap(usd, usd / self.net_benefit_usd, differs)

    @contextmanager
    def _at(self, move: Move | None, cap: dict[int, float] | None = None) -> Iterator[SolvedLP]:
        """Solve with limits moved, and with some columns capped, down to the plan chosen among equal ones."""
        direction = {} if move is None else self._levers.relief(frozenset([move.stage]), (move.year,))
        upper = self._lp.lp.row_upper
        rows = {row: float(upper[row] + (move.pct if move else 0.0) * by) for row, by in direction.items()}
        with self._lp.changed(rows, cap) as there:
            yield there

    def _served(self, solved: Solved) -> pd.Series[float]:
        amounts: dict[tuple[str, int], float] = {}
        for t in self.case.years:
            of_year = {w: float(served(solved.m, w, t)) for w in self.workloads}
            amounts |= {(w, t): amount for w, amount in of_year.items()}
            amounts[ALL, t] = math.fsum(of_year.values())
            amounts[RESEARCH, t] = math.fsum(done for (_, u), done in solved.x[Var.RESEARCH].items() if u == t)
        return pd.Series(amounts)

    def _tiers(self, solved: Solved, workload: str, t: int) -> dict[int, float]:
        """Return what is served of each tier of a workload in a year, or of all of them, by column."""
        return {
            self._lp.lp.column[Var.SERVE, w, j, u]: amount
            for (w, j, u), amount in solved.x[Var.SERVE].items()
            if u == t and workload in {w, ALL}
        }
