"""Which group of changes made what of a difference: in net benefit, the objective, and the cost of each year."""

from __future__ import annotations

import math
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from supplychain import schema
from supplychain.case.changes import apply
from supplychain.limits import doing, limited
from supplychain.plan.measures import COST
from supplychain.results import schema as result_schema
from supplychain.results.frames import frame
from supplychain.study import workers
from supplychain.study.warm import WarmSolver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.changes import Group

SHAPLEY_UP_TO = 8
"""Most groups whose every order is looked at: 2^8 solves."""

NET_BENEFIT, OBJECTIVE = "net_benefit_usd", "objective_usd"


@limited("asking what changes add")
def attribute(
    case: Case,
    groups: Sequence[Group],
    name: str,
    *,
    executor: Executor | None = None,
    time_limit: float | None = None,  # noqa: ARG001 - kept by the decorator
) -> pd.DataFrame:
    """Return what each group of changes adds to net benefit, objective and the cost of each year; the parts add up.

    With up to 8 groups a part is the mean, over all orders in which the groups could be made, of what the group adds
    (its Shapley value); with more, what it adds in the order given. `executor` solves them side by side. `time_limit`
    is in seconds, for all of it.

    Raises: ChangeError if some of the groups cannot be made without the others, NoAnswerError if a solve finds no
    optimum, TimeLimitError if the time limit passes.
    Source: Shapley (1953), A value for n-person games, Annals of Mathematics Studies 28.
    """
    with workers.executor_or_default(executor, len(wanted_subsets(len(groups)))) as pool:
        return attributed(case, {name: groups}, pool)


def attributed(
    case: Case,
    groups_of: Mapping[str, Sequence[Group]],
    pool: Executor,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """Return what each group of each what-if adds."""
    quantities = [(COST, schema.ALL, t) for t in case.report_years]
    wanted = [(key, subset) for key, groups in groups_of.items() for subset in wanted_subsets(len(groups))]
    together = [[group for n, group in enumerate(groups_of[key]) if n in subset] for key, subset in wanted]

    def tell(done: int) -> None:
        progress(f"attributing: {done} of {len(wanted)} solves")

    readings = workers.map_ordered(
        pool, workers.Shared(partial(WarmSolver, case, quantities, labels=False, totals=True)), _amounts, together, tell
    )
    amounts_of = dict(zip(wanted, readings, strict=True))
    amounts = [(NET_BENEFIT, None), (OBJECTIVE, None), *(("cost_usd", t) for t in case.report_years)]
    rows = [
        {
            "answer": key,
            "group": group.name,
            "what": amount,
            "year": t,
            "usd": math.fsum(
                weight * (amounts_of[key, superset][m] - amounts_of[key, subset][m])
                for weight, subset, superset in steps
            ),
        }
        for key, groups in groups_of.items()
        for n, group in enumerate(groups)
        for steps in [_steps(n, len(groups))]
        for m, (amount, t) in enumerate(amounts)
    ]
    return frame(result_schema.ATTRIBUTION, rows)


def _amounts(warm_solver: WarmSolver, groups: Sequence[Group]) -> tuple[float, ...]:
    """Return net benefit, objective and the cost of each year with some changes made."""
    changed, _ = apply(warm_solver.case, groups)
    with doing("asking what groups of changes add"):
        reading = warm_solver.read(changed)
    return reading.net_benefit_usd, reading.objective_usd, *reading.measured


def _steps(n: int, count: int) -> list[tuple[float, frozenset[int], frozenset[int]]]:
    """Return at which steps the n-th of some groups is looked at: a weight, the groups before, and those after it."""
    other_groups = [m for m in range(count) if m != n]
    if count > SHAPLEY_UP_TO:
        weighted = [(1.0, frozenset(range(n)))]
    else:
        weighted = [
            (1 / (count * math.comb(len(other_groups), size)), frozenset(subset))
            for size in range(count)
            for subset in combinations(other_groups, size)
        ]
    return [(weight, subset, subset | {n}) for weight, subset in weighted]


def wanted_subsets(count: int) -> list[frozenset[int]]:
    """Return which of some groups are made together in a solve that is wanted, each once."""
    steps = (step for n in range(count) for step in _steps(n, count))
    return list(dict.fromkeys(subset for _, *both in steps for subset in both))
