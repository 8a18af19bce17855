"""The command seek: what it takes so that conditions hold, so that more is served, or what so much capital buys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from supplychain.cli import serve as serving
from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.case.scenarios import WhatIf
    from supplychain.cli.shared import CaseOptions, Output, Workers


@click.command(
    epilog="Examples:\n\n  supplychain seek inputs/base --so-that 'binding[2027] = hbm'"
    " --vary 'capacity.capacity[stage=hbm] & expansion.max_expansion[stage=hbm]'"
    "\n\n  supplychain seek inputs/base --vary 'expansion.lead_years[stage=hbm]' --so-that 'net_benefit >= +10e9'"
    "\n\n  supplychain seek inputs/base --serve '2028: +15%'"
    "\n\n  supplychain seek inputs/base --serve '2027, chat: +10%' --serve '2028: 1500000' --out answer"
    "\n\n  supplychain seek inputs/base --capital 200e9 --most tokens"
)
@shared.case
@click.option("--vary", "targets", multiple=True, metavar="TARGET", help="What moves; of several each, and together.")
@click.option("--so-that", "conditions", multiple=True, metavar="CONDITION", help="What must hold; several: all must.")
@click.option(
    "--from",
    "least",
    type=float,
    metavar="PCT",
    callback=shared.finite_number,
    help="Least move: -50 lets numbers fall by half; years by whole numbers. Default: -100, or -10 years.",
)
@click.option(
    "--to",
    "most_moved",
    type=float,
    metavar="PCT",
    callback=shared.finite_number,
    help="Largest move. Default: 1500, or 10 years.",
)
@click.option("--steps", type=click.IntRange(1, 10_000), metavar="N", help="Points tried each way first; default: 32.")
@click.option("--quick", is_flag=True, help="Do not follow prices up to the first stretch: the points are all.")
@serving.options
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def seek(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    targets: tuple[str, ...],
    conditions: tuple[str, ...],
    least: float | None,
    most_moved: float | None,
    steps: int | None,
    quick: bool,
    workers: Workers,
    output: Output,
    **asked: Any,  # noqa: ANN401 - what click passes
) -> None:
    """Find what it takes: the smallest move after which conditions hold, or the cheapest way to serve more.

    A TARGET of --vary is the left part of an edit, 'TABLE.COLUMN[filters]', or several with ' & ' that move together by
    the same share. A CONDITION is 'binding[2027] = hbm', 'binding[2027, group] != memory', or an amount with >= or <=:
    served_ttok[YEAR], served_ttok[YEAR, WORKLOAD], research_h100e_years[YEAR], cost_usd_per_mtok[YEAR], capital[YEAR],
    net_benefit, value, cost, objective; of an owner's books revenue_usd, kept_usd, gross_margin_of_revenue,
    operating_usd, cash_usd, gap_usd and unused_usd of a YEAR, and supplied[YEAR, STAGE/SUPPLIER/PLACE]. '0.08' is a
    level, '+20%' a share of what the case has, '+10e9' a difference.

    Or give --serve for the cheapest way to serve so many tokens, --capital for what so much capital buys, and --most
    for as much as possible within it.
    """
    of_moves = {
        "--vary": bool(targets),
        "--so-that": bool(conditions),
        "--from": least is not None,
        "--to": most_moved is not None,
        "--steps": steps is not None,
        "--quick": quick,
        "--workers": workers.count is not None,
        "--dask": workers.address is not None,
    }
    moves = next((name for name, given in of_moves.items() if given), "")
    if not any((asked["serve"], asked["capital"], asked["most"])):
        if not targets and not conditions:
            message = "give --vary and --so-that; or --serve, --capital or --most: what is sought"
            raise click.UsageError(message)
        serving.check(**asked)
        find: Callable[[WhatIf, Callable[[str], None]], tuple[Any, Callable[[Any], str]]] = _moves(
            targets, conditions, (least, most_moved), steps, workers, output, walk=not quick
        )
    elif moves:
        message = f"{moves} is of what moves so that conditions hold; --serve, --capital and --most ask something else"
        raise click.UsageError(message)
    else:
        serving.check(**asked)

        def find(what_if: WhatIf, progress: Callable[[str], None]) -> tuple[Any, Callable[[Any], str]]:
            return serving.answered(what_if, progress, **asked)

    with output.progress() as progress:
        what_if = case_options.read()
        answer, text = find(what_if, progress)
        output.write(answer, what_if)
    output.print_text(lambda: text(answer), what_if)


def _moves(  # noqa: PLR0913, PLR0917 - what was asked for
    targets: tuple[str, ...],
    conditions: tuple[str, ...],
    bounds: tuple[float | None, float | None],
    steps: int | None,
    workers: Workers,
    output: Output,
    *,
    walk: bool,
) -> Callable[[WhatIf, Callable[[str], None]], tuple[Any, Callable[[Any], str]]]:
    """Return what finds the smallest move of a case, and what makes a text of it."""
    import supplychain
    from supplychain.report.text.seek import text
    from supplychain.study.seek import SCAN_STEPS

    def find(what_if: WhatIf, progress: Callable[[str], None]) -> tuple[Any, Callable[[Any], str]]:
        with workers.executor() as executor:
            answer = supplychain.seek(
                what_if.case,
                targets,
                conditions,
                least=bounds[0],
                most=bounds[1],
                steps=SCAN_STEPS if steps is None else steps,
                walk=walk,
                executor=executor,
                progress=progress,
                warn=output.warn,
            )
        return answer, text

    return find
