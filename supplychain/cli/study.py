"""Commands for many answers: compare, sensitivity, near-optimal, sweep, scenarios, foresight, backcast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared
from supplychain.cli.uncertainty import checked_store

if TYPE_CHECKING:
    from supplychain.case.foresight import Foresight
    from supplychain.case.scenarios import Scenario
    from supplychain.cli.shared import CaseOptions, Look, Output, Workers


@click.command(
    epilog="Examples:\n\n  supplychain backcast inputs/backcast"
    "\n\n  supplychain backcast inputs/backcast --report reports/backcast.md"
    "\n\n  supplychain backcast inputs/backcast --draws 400 --attach"
)
@shared.case
@click.option("--draws", type=int, metavar="N", help="Draw all uncertain numbers at once, so often; a multiple of 20.")
@click.option("--seed", type=click.IntRange(min=0), metavar="S", help="Other draws; default: 1.")
@click.option("--resume", is_flag=True, help="Go on with draws that were stopped, or add some.")
@click.option("--attach", is_flag=True, help="Keep what draws say beside the case, to be shown without --draws.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output(page=True)
def backcast(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    draws: int | None,
    seed: int | None,
    resume: bool,
    attach: bool,
    workers: Workers,
    output: Output,
) -> None:
    """Compare a case of past years with what was observed, and try which labels its ranges allow.

    With --draws also by bands: how often the model's own bands hold what was published, and how often each stage binds.
    Without, those that --attach has kept are shown, if the inputs are still the same.
    """
    import supplychain
    from supplychain.report.text.backcast import markdown, text
    from supplychain.study.attached import attach_to, known_study
    from supplychain.study.uncertainty import SEED

    if draws is None and (resume or attach or seed is not None):
        message = "--seed, --resume and --attach are about draws; give --draws, too"
        raise click.UsageError(message)
    store = None if draws is None else checked_store(case_options, draws, output, resume=resume, attach=attach)
    with output.progress() as progress:
        what_if = case_options.read()
        with shared.kept_in(store), workers.executor() as executor:
            answer = supplychain.backcast(
                what_if.case,
                draws=draws,
                seed=SEED if seed is None else seed,
                store=store,
                resume=resume,
                executor=executor,
                progress=progress,
            )
        note = ""
        if draws is None:
            known = known_study(what_if.case, None, case_options.folder)
            answer, note = (answer, known.note) if known.study is None else (answer.with_study(known.study), "")
        output.write(answer, what_if)
        output.write_page(lambda: markdown(answer, what_if.titles, note))
    if attach and answer.study is not None:
        attach_to(case_options.folder, answer.study)
    output.print_text(lambda: text(answer, note), what_if)


@click.command(
    epilog="Examples:\n\n  supplychain sensitivity inputs/base\n\n  supplychain sensitivity inputs/base --out answer"
)
@shared.case
@click.option("--top", type=click.IntRange(min=1), default=15, metavar="N", help="Inputs to show.", show_default=True)
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def sensitivity(case_options: CaseOptions, top: int, workers: Workers, output: Output) -> None:
    """Move every range to its ends, one at a time: what cost, service and labels hang on."""
    import supplychain
    from supplychain.report.text.sensitivity import text

    with output.progress() as progress:
        what_if = case_options.read()
        with workers.executor() as executor:
            answer = supplychain.sensitivity(what_if.case, executor=executor, progress=progress)
        output.write(answer, what_if)
    output.print_text(lambda: text(answer, top), what_if)


@click.command(
    "near-optimal",
    epilog="Examples:\n\n  supplychain near-optimal inputs/base"
    "\n\n  supplychain near-optimal inputs/base --within 0.5% --out answer",
)
@shared.case
@click.option(
    "--within",
    default="1%",
    metavar="SHARE",
    show_default=True,
    callback=shared.share,
    help="How much more a plan may spend than the best, and how much worse it may be: 1% or 0.01.",
)
@shared.time_limit("all of it takes")
@shared.output()
def near_optimal(case_options: CaseOptions, within: float, output: Output) -> None:
    """Say which orders all nearly best plans share, and how far such plans differ.

    Near-optimal is each plan that spends at most a SHARE more than the best one, and whose net benefit is lower by no
    more than that amount.
    """
    import supplychain
    from supplychain.report.text.near_optimal import text

    with output.progress() as progress:
        what_if = case_options.read()
        try:
            answer = supplychain.near_optimal(what_if.case, within, progress=progress)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        output.write(answer, what_if)
    output.print_text(lambda: text(answer), what_if)


@click.command(
    epilog="Examples:\n\n  supplychain foresight inputs/base"
    "\n\n  supplychain foresight inputs/base --seen perfect --seen 4 --out answer"
)
@shared.case
@shared.seen
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def foresight(case_options: CaseOptions, seen: tuple[Foresight, ...], workers: Workers, output: Output) -> None:
    """Solve a case with several foresights, and put what binds and what it is worth side by side.

    The case's own foresight is always among them; with --foresight it is that one.
    """
    import supplychain
    from supplychain.report.text.foresight import text
    from supplychain.study.foresight import SEEN

    with output.progress() as progress:
        what_if = case_options.read()
        with workers.executor() as executor:
            answer = supplychain.foresight(what_if.case, seen or SEEN, executor=executor, progress=progress)
        output.write(answer, what_if)
    output.print_text(lambda: text(answer), what_if)


@click.command(
    epilog="Examples:\n\n  supplychain compare inputs/base --scenario grid_late --scenario cowos_surge"
    "\n\n  supplychain compare inputs/base --scenario grid_late --draws 200 --out late"
    "\n\n  supplychain compare inputs/base mycase --xlsx both.xlsx"
    "\n\n  supplychain compare answer-of-june answer-of-july"
)
@click.argument("folders", metavar="CASE_OR_ANSWER...", nargs=-1, required=True)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Compare the case with a scenario of it.")
@click.option("--change", "changes", multiple=True, metavar="EDIT", help="Compare it with these edits, made together.")
@click.option("--draws", type=int, metavar="N", help="Solve each at so many draws, and subtract draw by draw.")
@click.option("--seed", type=click.IntRange(min=0), metavar="S", help="Other draws.  [default: 1]")
@shared.foresight
@shared.looking
@shared.xlsx
@shared.time_limit("all of it takes")
@shared.workers
@shared.output()
def compare(  # noqa: PLR0913, PLR0917 - one argument per option
    folders: tuple[str, ...],
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    draws: int | None,
    seed: int | None,
    foresight: Foresight | None,
    look: Look,
    xlsx: str | None,
    workers: Workers,
    output: Output,
) -> None:
    """Put answers side by side: a case and its what-ifs, several cases, or answers written earlier.

    With --draws also differences draw by draw: numbers with a range are drawn together, and what two cases share of
    them is the same in both. N is a multiple of 20.
    """
    from supplychain.report.text.compare import text
    from supplychain.study.compare import compare_folders

    if seed is not None and draws is None:
        message = "--seed needs --draws: how many draws"
        raise click.UsageError(message)
    with output.progress() as progress:
        try:
            with workers.executor() as executor:
                comparison = compare_folders(
                    folders,
                    scenarios,
                    changes,
                    foresight=foresight,
                    draws=draws,
                    seed=1 if seed is None else seed,
                    executor=executor,
                    progress=progress,
                    look=look.at,
                )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        shared.write_workbook(xlsx, comparison)
        output.write(comparison)
    output.print_text(lambda: text(comparison))


@click.command(
    epilog="Examples:\n\n  supplychain sweep inputs/base --vary 'capacity.capacity[stage=cowos]=50%:200%:31'"
    " --out cowos.sqlite"
    "\n\n  supplychain sweep inputs/base --out hbm.sqlite"
    " --vary 'capacity.capacity[stage=hbm] & expansion.max_expansion[stage=hbm]=10%:100%:10'"
    "\n\n  supplychain sweep inputs/base --points sample.csv --out sample.sqlite --csv sample_results.csv"
)
@shared.case
@click.option("--vary", "axes", multiple=True, metavar="AXIS", help="TARGET=VALUES; several make a grid.")
@click.option("--points", metavar="FILE", help="Solve at its rows instead: a column for each target. CSV or Parquet.")
@click.option("--year", type=int, help="A reported year; default: all of them.")
@click.option("--out", required=True, metavar="FILE", help="Keep the results there, in SQLite.")
@click.option("--resume", is_flag=True, help="Go on with a sweep that was stopped.")
@click.option("--csv", metavar="FILE", help="Write the results there, too, as CSV.")
@click.option("--parquet", metavar="FILE", help="Write the results there, too, as Parquet.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output(folder=False)
def sweep(  # noqa: PLR0913, PLR0917 - click passes all options
    case_options: CaseOptions,
    axes: tuple[str, ...],
    points: str | None,
    year: int | None,
    out: str,
    resume: bool,
    csv: str | None,
    parquet: str | None,
    workers: Workers,
    output: Output,
) -> None:
    """Solve a case at every point of a grid: what binds where, at what cost.

    An AXIS varies a number, or many together: 'TABLE.COLUMN[filters]=50%:200%:31' takes 31 shares of what it is,
    evenly spaced ('=1%:1000%:13:log': in logs), '=0:5000:11' sets 11 values, '=50%,80%,120%' takes those listed.
    'TARGET & TARGET=…' moves several together, as capacity in hand and the options to add more.
    """
    import supplychain
    from supplychain.files import check_file, write_file
    from supplychain.report.text.sweep import text
    from supplychain.results.write import check_parquet
    from supplychain.results.write import csv as as_csv
    from supplychain.results.write import parquet as as_parquet

    if parquet is not None:
        check_parquet()
    files = {path: as_bytes for path, as_bytes in ((csv, as_csv), (parquet, as_parquet)) if path is not None}
    for path in files:
        check_file(path)
    what_if = case_options.read()
    with shared.kept_in(out), output.progress() as progress, workers.executor() as executor:
        results = supplychain.sweep(
            what_if.case,
            axes,
            points=points,
            year=year,
            store=out,
            resume=resume,
            executor=executor,
            progress=progress,
            warn=output.warn,
        )
    for path, as_bytes in files.items():
        write_file(path, as_bytes(results))
    output.print_text(lambda: text(what_if.case, results), what_if)


@click.command(epilog="Examples:\n\n  supplychain scenarios inputs/base\n\n  supplychain scenarios inputs/base --solve")
@shared.case
@click.option("--solve", "solved", is_flag=True, help="Solve each, and say what it does.")
@click.option("--year", "years", type=int, multiple=True, help="Show this year; may be given several times.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output(page=True)
def scenarios(
    case_options: CaseOptions, solved: bool, years: tuple[int, ...], workers: Workers, output: Output
) -> None:
    """List the scenarios of a case, the what-ifs that stand beside it; or solve them all.

    With --scenario or --change, each is made in the case so changed.
    """
    from supplychain.case.scenarios import scenarios_of

    by_name = scenarios_of(case_options.folder)
    if solved or output.page or output.folder:
        _survey(case_options, by_name, years, workers, output)
        return
    if case_options.scenarios or case_options.changes or case_options.foresight:
        shared.print_what_if(case_options.read())
    width = max(map(len, by_name), default=0)
    for name, scenario in by_name.items():
        click.echo(f"{name.ljust(width)}  {scenario.title}")
    if not by_name:
        click.echo(
            f"{case_options.folder} has no scenarios; they are files like {case_options.folder}/scenarios/NAME.toml"
        )


def _survey(
    case_options: CaseOptions, by_name: dict[str, Scenario], years: tuple[int, ...], workers: Workers, output: Output
) -> None:
    from supplychain.case.scenarios import each_on_top
    from supplychain.report.text.survey import markdown, text
    from supplychain.study.survey import survey

    with output.progress() as progress:
        what_if = case_options.read()
        for year in years:
            if year not in what_if.case.report_years:
                raise click.BadParameter(str(year), param_hint="--year")
        what_ifs = each_on_top(what_if, by_name, case_options.scenarios)
        with workers.executor() as executor:
            answer = survey(what_if.case, what_ifs, years or None, executor=executor, progress=progress)
        output.write(answer, what_if)
        output.write_page(lambda: markdown(answer, by_name, what_if.titles))
    output.print_text(lambda: text(answer), what_if)
