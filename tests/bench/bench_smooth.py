"""How far a plan moves when one limit moves a little, and what depends on the number of steps: run by hand.

    PYTHONPATH=tests/support python tests/bench/bench_smooth.py [CASE ...] [--moves 0.1 1 5] [--steps 20 40 80]

First each case as it is given: every limit of each stage in each year of the case moves up and down, one stage and year
at a time, and a table shows the largest change of what is served, by workload and reported year. A total of a year that
a move of 0.1 % moves by more than 0.5 %, and a workload, is explained: what the next best plan costs that serves no
more in that year, and where the two differ. Then cases with curves in other numbers of steps, side by side.

To see what a case showed in another version of its inputs, take them out first: `git archive COMMIT inputs/base`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
from smooth import ALL, RESEARCH, Move, Moved, Swap

import supplychain as sc

ROOT = Path(__file__).parents[2]
SMALL, EXPLAINED = 0.1, 0.5
"""Per cent that a limit moves, and by which a year may move then without an explanation."""

SHOWN = 8
"""So many differences of two plans are shown."""


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def table(frame: pd.DataFrame, digits: int) -> None:
    say(frame.to_string(float_format=lambda value: f"{value:,.{digits}f}", na_rep=""))


def changes(moved: Moved, pct: float) -> pd.DataFrame:
    """Return by how many per cent what is served in reported years changes, after each move by so much, up and down."""
    moves = moved.moves((pct, -pct), moved.case.years)
    served = moved.changes_pct(moves)
    return served[[t in moved.case.report_years for _, t in served.index]]


def largest(found: pd.DataFrame) -> pd.DataFrame:
    """Return the largest change of each workload in each year, whatever moves."""
    most = found.abs().max(axis=1)
    return pd.DataFrame({t: most.xs(t, level=1) for t in dict.fromkeys(t for _, t in found.index)})


def explained(moved: Moved, found: pd.DataFrame) -> None:
    """Say of each year and workload that moves far which two plans are nearly equal."""
    for workload, t in found.index[found.abs().max(axis=1) > EXPLAINED]:
        if workload == RESEARCH:
            continue
        of_moves = found.loc[(workload, t)]
        move: Move = of_moves.abs().idxmax()
        swap: Swap = moved.swap(move, workload, t)
        say(f"{workload} {t}: {of_moves[move]:+.2f} % if {move.stage} of {move.year} moves by {move.pct:+g} %")
        say(f"  a plan that serves no more costs {swap.usd / 1e6:,.2f} M USD more, {swap.share:.2g} of net benefit:")
        for label, best, other in swap.differs[:SHOWN]:
            name, *index = map(str, label)
            say(f"    {name} {' '.join(index)}: {other:,.6g} in place of {best:,.6g}")


def in_steps(case: sc.Case, counts: list[int]) -> None:
    """Show what a case says in other numbers of steps."""
    columns = {}
    for count in counts:
        given = replace(case, settings=replace(case.settings, curve_steps=count))
        plan = sc.solve(given)
        column: dict[str, object] = {
            "objective, bn USD": f"{plan.objective_usd / 1e9:,.2f}",
            "net benefit, bn USD": f"{plan.net_benefit_usd / 1e9:,.2f}",
        }
        stages = plan.binding[plan.binding["level"] == "stage"].set_index("year")
        tokens = plan.service_by_workload.groupby("year")["served_ttok"].sum()
        costs = plan.token_cost[plan.token_cost["workload"] == ALL].set_index("year")
        moved = largest(changes(Moved(given), SMALL))
        for t in case.report_years:
            gain = stages["gain_usd_per_pct"][t]
            column |= {
                f"{t} binds": f"{stages['members'][t]} ({stages['state'][t]})",
                f"{t} gain of 1 %, bn USD": f"{gain / 1e9:.2f}",
                f"{t} tokens, 10^15": f"{tokens[t] / 1e3:,.1f}",
                f"{t} cost, USD per Mtok": f"{costs['average_usd_per_mtok'][t]:.4f}",
                f"{t} marginal, USD per Mtok": f"{costs['marginal_usd_per_mtok'][t]:.4f}",
                f"{t} tokens move by, %": f"{moved.loc[ALL, t]:.2f}",
            }
        columns[count] = column
    say(pd.DataFrame(columns).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", nargs="*", default=[str(ROOT / "inputs" / "base")])
    parser.add_argument("--moves", nargs="+", type=float, default=[SMALL, 1.0, 5.0])
    parser.add_argument("--steps", nargs="+", type=int, default=[20, 40, 80])
    options = parser.parse_args()
    for folder in options.cases:
        case = sc.load(folder)
        moved = Moved(case)
        for pct in options.moves:
            found = changes(moved, pct)
            say(f"{folder}: largest change of what is served, %, where one limit moves by {pct:g} %")
            table(largest(found), 2)
            totals = found.loc[ALL].abs()
            cases = int((totals.max() > EXPLAINED).sum())
            say(f"moves that change some year's tokens by more than {EXPLAINED:g} %: {cases} of {found.shape[1]}")
            if pct == SMALL:
                explained(moved, found)
            say()
        if case.tables["demand_curves"] or case.tables["research_curves"]:
            say(f"{folder}: what it says in other numbers of steps")
            in_steps(case, options.steps)
            say()


if __name__ == "__main__":
    main()
