"""Commands on how sure an answer is: uncertainty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.case import Case
    from supplychain.cli.shared import CaseOptions, Output, Workers
    from supplychain.study.near_optimal import NearOptimal

STORE = "draws.sqlite"
"""The file of a study's folder that keeps its draws while they are solved."""


def _as_sets(_: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the stages of each set: for the callback of an option."""
    sets = tuple(tuple(name.strip() for name in text.split(",")) for text in texts)
    for text, names in zip(texts, sets, strict=True):
        if not all(names):
            message = f"{text!r}; must be stages with commas between them, as grid_delivery,datacentre"
            raise click.BadParameter(message, param_hint=option.opts[0])
    return sets


def checked_store(case_options: CaseOptions, draws: int, output: Output, *, resume: bool, attach: bool) -> Path | None:
    """Return the file that keeps draws while they are solved, if an output folder is given; refuse what cannot be."""
    from supplychain.case.read import UNCERTAINTY
    from supplychain.files import check_target
    from supplychain.study.draws import check_count

    try:
        check_count(draws)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--draws") from error
    if resume and output.folder is None:
        message = "--resume needs --out: the folder of the study that was stopped"
        raise click.UsageError(message)
    if attach and case_options.is_changed:
        message = "--attach keeps the study of the case as it is; of a case with changes give --out"
        raise click.UsageError(message)
    if attach:
        check_target(Path(case_options.folder) / UNCERTAINTY)
    return None if output.folder is None else Path(output.folder) / STORE


@click.command(
    epilog="Examples:\n\n  supplychain uncertainty inputs/base --out sure"
    "\n\n  supplychain uncertainty inputs/base --draws 2000 --out sure --resume"
    "\n\n  supplychain uncertainty inputs/base --any grid_delivery,datacentre,facility_power,generation --out sure"
)
@shared.case
@click.option("--draws", type=int, default=1000, metavar="N", show_default=True, help="How many; a multiple of 20.")
@click.option("--seed", type=click.IntRange(min=0), default=1, metavar="S", show_default=True, help="Other draws.")
@click.option(
    "--any",
    "any_of",
    multiple=True,
    metavar="STAGES",
    callback=_as_sets,
    help="Ask how often one of these stages binds, commas between them; may be given several times.",
)
@click.option(
    "--within",
    metavar="SHARE",
    callback=shared.share,
    help="Add what all plans order that spend at most so much more than the best, as near-optimal does: 1% or 0.01.",
)
@click.option("--resume", is_flag=True, help="Go on with a study that was stopped, or add draws to it.")
@click.option("--attach", is_flag=True, help="Keep its probabilities beside the case, for solve and report to show.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def uncertainty(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    draws: int,
    seed: int,
    any_of: tuple[tuple[str, ...], ...],
    within: float | None,
    resume: bool,
    attach: bool,
    workers: Workers,
    output: Output,
) -> None:
    """Draw all uncertain numbers at once: how often each stage binds, the bands of each result, and what decides them.

    Numbers with a range are drawn together, as factors.csv of the case says; each draw is solved from nothing.
    """
    import supplychain
    from supplychain.report.text import near_optimal
    from supplychain.report.text.uncertainty import text
    from supplychain.study.attached import attach_to

    store = checked_store(case_options, draws, output, resume=resume, attach=attach)
    what_if, near = case_options.read(), None
    with shared.kept_in(store), output.progress() as progress, workers.executor() as executor:
        if within is not None:
            near = _near_optimal(what_if.case, within, progress)
        answer = supplychain.uncertainty(
            what_if.case,
            draws=draws,
            seed=seed,
            any_of=any_of,
            store=store,
            resume=resume,
            executor=executor,
            progress=progress,
        )
    if near is not None:
        answer = replace(answer, tables={**answer.tables, "near_optimal": near.tables["near_optimal"]})
    output.write(answer, what_if)
    if attach:
        attach_to(case_options.folder, answer)
    output.print_text(lambda: "\n\n".join([text(answer), *([near_optimal.text(near)] if near else [])]), what_if)


def _near_optimal(case: Case, within: float, progress: Callable[[str], None]) -> NearOptimal:
    import supplychain

    try:
        return supplychain.near_optimal(case, within, progress=progress)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
