"""The command seek: the smallest move of some numbers after which conditions hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.cli.shared import CaseOptions, Output, Workers


@click.command(
    epilog="Examples:\n\n  supplychain seek inputs/base --so-that 'binding[2027] = hbm'"
    " --vary 'capacity.capacity[stage=hbm] & expansion.max_expansion[stage=hbm]'"
    "\n\n  supplychain seek inputs/base --vary capacity.capacity --so-that 'served_ttok[2028] >= +20%'"
    "\n\n  supplychain seek inputs/base --vary 'expansion.lead_years[stage=hbm]' --so-that 'net_benefit >= +10e9'"
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
    "most",
    type=float,
    metavar="PCT",
    callback=shared.finite_number,
    help="Largest move. Default: 1500, or 10 years.",
)
@click.option("--steps", type=click.IntRange(1, 10_000), metavar="N", help="Points tried each way first; default: 32.")
@click.option("--quick", is_flag=True, help="Do not follow prices up to the first stretch: the points are all.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def seek(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    targets: tuple[str, ...],
    conditions: tuple[str, ...],
    least: float | None,
    most: float | None,
    steps: int | None,
    quick: bool,
    workers: Workers,
    output: Output,
) -> None:
    """Find the smallest move of some numbers after which conditions hold: what must change so that hbm binds?

    A TARGET is the left part of an edit, 'TABLE.COLUMN[filters]', or several with ' & ' that move together by the same
    share. A CONDITION is 'binding[2027] = hbm', 'binding[2027, group] != memory', or an amount with >= or <=:
    served_ttok[YEAR], served_ttok[YEAR, WORKLOAD], research_h100e_years[YEAR], cost_usd_per_mtok[YEAR], capital[YEAR],
    net_benefit, value, cost, objective. '0.08' is a level, '+20%' a share of what the case has, '+10e9' a difference.
    """
    import supplychain
    from supplychain.report.text.seek import text
    from supplychain.study.seek import SCAN_STEPS

    with output.progress() as progress:
        what_if = case_options.read()
        with workers.executor() as executor:
            answer = supplychain.seek(
                what_if.case,
                targets,
                conditions,
                least=least,
                most=most,
                steps=SCAN_STEPS if steps is None else steps,
                walk=not quick,
                executor=executor,
                progress=progress,
                warn=output.warn,
            )
        output.write(answer, what_if)
    output.print_text(lambda: text(answer), what_if)
