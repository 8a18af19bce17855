"""Commands for many answers: compare, sensitivity, sweep, scenarios, backcast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.case.scenarios import Scenario
    from supplychain.cli.shared import CaseOptions, Output, Workers


@click.command(
    epilog="Examples:\n\n  supplychain backcast inputs/backcast"
    "\n\n  supplychain backcast inputs/backcast --report reports/backcast.md"
)
@shared.case
@shared.workers
@shared.output(page=True)
def backcast(case: CaseOptions, workers: Workers, output: Output) -> None:
    """Compare a case of past years with what was observed, and try which labels its ranges allow."""
    import supplychain
    from supplychain.report.text.backcast import markdown, text

    with output.progress() as progress:
        given = case.read()
        with workers.executor() as executor:
            found = supplychain.backcast(given.case, executor=executor, progress=progress)
        output.write(found, given)
        output.write_page(lambda: markdown(found))
    output.say(lambda: text(found), given)


@click.command(
    epilog="Examples:\n\n  supplychain sensitivity inputs/base\n\n  supplychain sensitivity inputs/base --out answer"
)
@shared.case
@click.option("--top", type=click.IntRange(min=1), default=15, metavar="N", help="Inputs to show.", show_default=True)
@shared.workers
@shared.output()
def sensitivity(case: CaseOptions, top: int, workers: Workers, output: Output) -> None:
    """Move every range to its ends, one at a time: what cost, service and labels hang on."""
    import supplychain
    from supplychain.report.text.sensitivity import text

    with output.progress() as progress:
        given = case.read()
        with workers.executor() as executor:
            found = supplychain.sensitivity(given.case, executor=executor, progress=progress)
        output.write(found, given)
    output.say(lambda: text(found, top), given)


@click.command(
    epilog="Examples:\n\n  supplychain compare inputs/base --scenario grid_late --scenario cowos_surge"
    "\n\n  supplychain compare inputs/base mycase --xlsx both.xlsx"
    "\n\n  supplychain compare answer-of-june answer-of-july"
)
@click.argument("folders", metavar="CASE_OR_ANSWER...", nargs=-1, required=True)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Compare the case with a scenario of it.")
@click.option("--change", "changes", multiple=True, metavar="EDIT", help="Compare it with these edits, made together.")
@shared.xlsx
@shared.workers
@shared.output()
def compare(  # noqa: PLR0913, PLR0917 - one argument per option
    folders: tuple[str, ...],
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    xlsx: str | None,
    workers: Workers,
    output: Output,
) -> None:
    """Put answers side by side: a case and its what-ifs, several cases, or answers written earlier."""
    from supplychain.report.text.compare import text
    from supplychain.study.compare import compare_folders

    with output.progress() as progress:
        try:
            with workers.executor() as executor:
                found = compare_folders(folders, scenarios, changes, executor=executor, progress=progress)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        shared.write_workbook(xlsx, found)
        output.write(found)
    output.say(lambda: text(found))


@click.command(
    epilog="Examples:\n\n  supplychain sweep inputs/base --vary 'capacity.capacity[stage=cowos]=50%:200%:31'"
    " --out cowos.sqlite"
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
@shared.workers
@shared.output(folder=False)
def sweep(  # noqa: PLR0913, PLR0917 - click passes all options
    case: CaseOptions,
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
    """
    import supplychain
    from supplychain.files import check_file, write_file
    from supplychain.report.text.sweep import text
    from supplychain.results.write import check_parquet
    from supplychain.results.write import csv as as_csv
    from supplychain.results.write import parquet as as_parquet

    if parquet is not None:
        check_parquet()
    files = {path: kind for path, kind in ((csv, as_csv), (parquet, as_parquet)) if path is not None}
    for path in files:
        check_file(path)
    given = case.read()
    try:
        with output.progress() as progress, workers.executor() as executor:
            found = supplychain.sweep(
                given.case,
                axes,
                points=points,
                year=year,
                store=out,
                resume=resume,
                executor=executor,
                progress=progress,
            )
    except KeyboardInterrupt as stop:
        message = f"Stopped. {out} keeps what is done; the same command with --resume goes on from there."
        raise KeyboardInterrupt(message) from stop
    for path, kind in files.items():
        write_file(path, kind(found))
    output.say(lambda: text(given.case, found), given)


@click.command(epilog="Examples:\n\n  supplychain scenarios inputs/base\n\n  supplychain scenarios inputs/base --solve")
@shared.case
@click.option("--solve", "solved", is_flag=True, help="Solve each, and say what it does.")
@click.option("--year", "years", type=int, multiple=True, help="Show this year; may be given several times.")
@shared.workers
@shared.output(page=True)
def scenarios(case: CaseOptions, solved: bool, years: tuple[int, ...], workers: Workers, output: Output) -> None:
    """List the scenarios of a case, the what-ifs that stand beside it; or solve them all.

    With --scenario or --change, each is made in the case so changed.
    """
    from supplychain.case.scenarios import scenarios_of

    known = scenarios_of(case.folder)
    if solved or output.page or output.folder:
        _survey(case, known, years, workers, output)
        return
    if case.scenarios or case.changes:
        shared.say_what_if(case.read())
    width = max(map(len, known), default=0)
    for name, scenario in known.items():
        click.echo(f"{name.ljust(width)}  {scenario.title}")
    if not known:
        click.echo(f"{case.folder} has no scenarios; they are files like {case.folder}/scenarios/NAME.toml")


def _survey(
    case: CaseOptions, known: dict[str, Scenario], years: tuple[int, ...], workers: Workers, output: Output
) -> None:
    from supplychain.case.scenarios import each_on_top
    from supplychain.report.text.survey import markdown, text
    from supplychain.study.survey import survey

    with output.progress() as progress:
        given = case.read()
        for year in years:
            if year not in given.case.report_years:
                raise click.BadParameter(str(year), param_hint="--year")
        made = each_on_top(given, known, case.scenarios)
        with workers.executor() as executor:
            found = survey(given.case, made, years or None, executor=executor, progress=progress)
        output.write(found, given)
        output.write_page(lambda: markdown(found, known, given.titles))
    output.say(lambda: text(found), given)
