"""The command line: parse, call, print, exit.

Exit status: 0 good, 2 bad input, 3 no answer, 130 stopped by Ctrl-C in a sweep, 1 anything else.
"""

from __future__ import annotations

import functools
import gc
import json
import math
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from supplychain.errors import ChangeError, InputError, NoAnswerError, SupplychainError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from supplychain.case.scenarios import Scenario, WhatIf

BAD_INPUT, NO_ANSWER, FAILED, STOPPED = 2, 3, 1, 130
_EXAMPLE = "capacity.capacity[stage=hbm, year=2027..] +30%"
_PATIENCE = 1.0
"""Seconds after which progress is shown."""


@dataclass(frozen=True)
class _Given:
    """The case that a command is given, and what is to be changed in it first."""

    folder: str
    scenarios: tuple[str, ...]
    changes: tuple[str, ...]

    def read(self) -> WhatIf:
        """Read the case and make the changes."""
        from supplychain.case.scenarios import what_if  # noqa: PLC0415 - a new case needs none

        return what_if(self.folder, self.scenarios, self.changes)


def _case(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its case, and the options that change it."""

    @click.argument("case", metavar="CASE")
    @click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Make the changes of a scenario.")
    @click.option("--change", "changes", multiple=True, metavar="EDIT", help=f"Change numbers: '{_EXAMPLE}'.")
    @functools.wraps(command)
    def run(case: str, scenarios: tuple[str, ...], changes: tuple[str, ...], **others: object) -> None:
        command(_Given(case, scenarios, changes), **others)

    return run


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Examples:\n\n  supplychain solve inputs/base\n\n  supplychain check mycase",
)
@click.version_option(version("supplychain"), prog_name="supplychain")
def cli() -> None:
    """Find the bottleneck of AI compute in every year, and what serving the projected tokens costs."""


@cli.command(
    epilog="Examples:\n\n  supplychain solve inputs/base\n\n  supplychain solve inputs/base --out answer"
    "\n\n  supplychain solve inputs/base --scenario grid_late"
    "\n\n  supplychain solve inputs/base --change 'capacity.capacity[stage=hbm, year=2027..] +30%'"
)
@_case
@click.option("--out", metavar="DIR", help="Write summary.json and tables/*.csv there.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary and the binding table as JSON.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up if the first solve takes longer.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def solve(case: _Given, out: str | None, as_json: bool, time_limit: float | None, quiet: bool) -> None:  # noqa: FBT001 - click passes flags
    """Solve a case: what binds in each year, what it costs, where the money goes."""
    import supplychain  # noqa: PLC0415 - the solver takes over a second to import
    from supplychain.plan.show import text  # noqa: PLC0415
    from supplychain.plan.write import check_target  # noqa: PLC0415

    if time_limit is not None and not math.isfinite(time_limit):
        raise click.BadParameter(str(time_limit), param_hint="--time-limit")
    if out is not None:
        check_target(out)
    with _Progress(on=not quiet) as progress:
        given = case.read()
        plan = supplychain.solve(given.case, time_limit=time_limit, progress=progress)
        if out is not None:
            _write(out, given, plan.summary, plan.tables)
    if as_json:
        binding = json.loads(plan.binding.to_json(orient="records"))
        click.echo(json.dumps({**plan.summary, **given.summary, "binding": binding}, indent=2))
    elif not quiet:
        first, years, *lines = text(plan).splitlines()
        click.echo(click.style(first, bold=True))
        _say_what_if(given)
        click.echo(click.style(years, bold=True))
        for line in lines:
            click.echo(click.style(line, fg="yellow") if line.startswith("Binding") else line)


@cli.command(
    epilog="Examples:\n\n  supplychain explain inputs/base --year 2027"
    "\n\n  supplychain explain inputs/base --year 2027 --stage hbm"
)
@_case
@click.option("--year", type=int, required=True, help="A reported year.")
@click.option("--stage", metavar="STAGE", help="Show the value curve of this stage instead of what binds.")
@click.option(
    "--up-to", type=click.FloatRange(min=0, min_open=True), default=25.0, metavar="PERCENT", help="End of the curve."
)
def explain(case: _Given, year: int, stage: str | None, up_to: float) -> None:
    """Explain one year: what binds and how firmly, what would bind next, and what stands idle."""
    if not math.isfinite(up_to):
        raise click.BadParameter(str(up_to), param_hint="--up-to")
    import supplychain  # noqa: PLC0415 - the solver takes over a second to import
    from supplychain.plan.explain import explain as text  # noqa: PLC0415

    with _Progress(on=True) as progress:
        given = case.read()
        plan = supplychain.solve(given.case, progress=progress)
        progress("climbing the ladder")
        try:
            shown = text(plan, year, stage, up_to)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    _say_what_if(given)
    click.echo(shown)


@cli.command(
    epilog="Examples:\n\n  supplychain backcast inputs/backcast"
    "\n\n  supplychain backcast inputs/backcast --report reports/backcast.md"
)
@_case
@click.option("--report", metavar="FILE", help="Write the page there, in Markdown.")
@click.option("--out", metavar="DIR", help="Write summary.json and tables/*.csv there.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def backcast(case: _Given, report: str | None, out: str | None, quiet: bool) -> None:  # noqa: FBT001 - click passes flags
    """Compare a case of past years with what was observed, and try which labels its ranges allow."""
    import supplychain  # noqa: PLC0415 - the solver takes over a second to import
    from supplychain.plan.write import check_file, check_target, write_file  # noqa: PLC0415
    from supplychain.report.backcast import markdown, text  # noqa: PLC0415

    if report is not None:
        check_file(report)
    if out is not None:
        check_target(out)
    with _Progress(on=not quiet) as progress:
        given = case.read()
        found = supplychain.backcast(given.case, progress=progress)
        if out is not None:
            _write(out, given, found.summary, found.tables)
        if report is not None:
            write_file(report, markdown(found))
    if not quiet:
        _say_what_if(given)
        click.echo(text(found))


@cli.command(
    epilog="Examples:\n\n  supplychain sensitivity inputs/base\n\n  supplychain sensitivity inputs/base --out answer"
)
@_case
@click.option("--out", metavar="DIR", help="Write summary.json and tables/*.csv there.")
@click.option("--top", type=click.IntRange(min=1), default=15, metavar="N", help="Inputs to show.", show_default=True)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def sensitivity(case: _Given, out: str | None, top: int, quiet: bool) -> None:  # noqa: FBT001 - click passes flags
    """Move every range to its ends, one at a time: what cost, service and labels hang on."""
    import supplychain  # noqa: PLC0415 - the solver takes over a second to import
    from supplychain.plan.write import check_target  # noqa: PLC0415
    from supplychain.report.sensitivity import text  # noqa: PLC0415

    if out is not None:
        check_target(out)
    with _Progress(on=not quiet) as progress:
        given = case.read()
        found = supplychain.sensitivity(given.case, progress=progress)
        if out is not None:
            _write(out, given, found.summary, found.tables)
    if not quiet:
        _say_what_if(given)
        click.echo(text(found, top))


@cli.command(
    epilog="Examples:\n\n  supplychain compare inputs/base --scenario grid_late --scenario cowos_surge"
    "\n\n  supplychain compare inputs/base mycase\n\n  supplychain compare answer-of-june answer-of-july"
)
@click.argument("folders", metavar="CASE_OR_ANSWER...", nargs=-1, required=True)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Compare the case with a scenario of it.")
@click.option("--change", "changes", multiple=True, metavar="EDIT", help="Compare it with these edits, made together.")
@click.option("--out", metavar="DIR", help="Write summary.json and tables/*.csv there.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def compare(
    folders: tuple[str, ...],
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    out: str | None,
    quiet: bool,  # noqa: FBT001 - click passes flags
) -> None:
    """Put answers side by side: a case and its what-ifs, several cases, or answers written earlier."""
    from supplychain.plan.write import check_target, write  # noqa: PLC0415
    from supplychain.report.compare import text  # noqa: PLC0415
    from supplychain.study.compare import compare_folders  # noqa: PLC0415

    if out is not None:
        check_target(out)
    with _Progress(on=not quiet) as progress:
        try:
            found = compare_folders(folders, scenarios, changes, progress)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        if out is not None:
            write(out, found.summary, found.tables)
    if not quiet:
        click.echo(text(found))


@cli.command(
    epilog="Examples:\n\n  supplychain sweep inputs/base --vary 'capacity.capacity[stage=cowos]=50%:200%:31'"
    " --out cowos.sqlite"
    "\n\n  supplychain sweep inputs/base --points sample.csv --out sample.sqlite --csv sample_results.csv"
)
@_case
@click.option("--vary", "axes", multiple=True, metavar="AXIS", help="TARGET=VALUES; several make a grid.")
@click.option("--points", metavar="FILE", help="Solve at its rows instead: a column for each target. CSV or Parquet.")
@click.option("--year", type=int, help="A reported year; default: all of them.")
@click.option("--out", required=True, metavar="FILE", help="Keep the results there, in SQLite.")
@click.option("--resume", is_flag=True, help="Go on with a sweep that was stopped.")
@click.option("--csv", "table", metavar="FILE", help="Write the results there, too, as CSV.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def sweep(  # noqa: PLR0913, PLR0917 - click passes all options
    case: _Given,
    axes: tuple[str, ...],
    points: str | None,
    year: int | None,
    out: str,
    resume: bool,  # noqa: FBT001 - click passes flags
    table: str | None,
    quiet: bool,  # noqa: FBT001 - click passes flags
) -> None:
    """Solve a case at every point of a grid: what binds where, at what cost.

    An AXIS varies a number, or many together: 'TABLE.COLUMN[filters]=50%:200%:31' takes 31 shares of what it is,
    evenly spaced ('=1%:1000%:13:log': in logs), '=0:5000:11' sets 11 values, '=50%,80%,120%' takes those listed.
    """
    import supplychain  # noqa: PLC0415 - the solver takes over a second to import
    from supplychain.plan.write import check_file, csv, write_file  # noqa: PLC0415
    from supplychain.report.sweep import text  # noqa: PLC0415

    if table is not None:
        check_file(table)
    given = case.read()
    try:
        with _Progress(on=not quiet) as progress:
            found = supplychain.sweep(
                given.case, axes, points=points, year=year, store=out, resume=resume, progress=progress
            )
    except KeyboardInterrupt:
        click.echo(f"Stopped. {out} keeps what is done; the same command with --resume goes on from there.", err=True)
        sys.exit(STOPPED)
    if table is not None:
        write_file(table, csv(found))
    if not quiet:
        _say_what_if(given)
        click.echo(text(given.case, found))


@cli.command(epilog="Example:\n\n  supplychain check inputs/base")
@_case
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def check(case: _Given, quiet: bool) -> None:  # noqa: FBT001 - click passes flags
    """Check the inputs of a case: every error at once, then what is worth a look."""
    from supplychain.case.notices import notices  # noqa: PLC0415

    given = case.read()
    loaded = given.case
    found = [] if quiet else notices(loaded)
    if found:
        click.echo(f"Worth a look ({len(found)}):")
    for notice in found:
        click.echo(f"  {notice}")
    if not quiet:
        rows = sum(map(len, loaded.tables.values()))
        _say_what_if(given)
        click.echo(f"{case.folder} is valid: {sum(map(bool, loaded.tables.values()))} tables, {rows} rows.")


@cli.command(epilog="Example:\n\n  supplychain new mycase --from inputs/base")
@click.argument("folder", metavar="DIR")
@click.option("--from", "source", required=True, metavar="CASE", help="The case to start from.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def new(folder: str, source: str, quiet: bool) -> None:  # noqa: FBT001 - click passes flags
    """Start a case of your own: a copy of another's tables in a new folder."""
    from supplychain.case.new import new as make  # noqa: PLC0415

    made = make(folder, source)
    if not quiet:
        click.echo(f"{made} is ready. Edit its tables, then: supplychain check {made}")


@cli.command(epilog="Examples:\n\n  supplychain scenarios inputs/base\n\n  supplychain scenarios inputs/base --solve")
@click.argument("case", metavar="CASE")
@click.option("--solve", "solved", is_flag=True, help="Solve each, and say what it does.")
@click.option("--year", "years", type=int, multiple=True, help="Show this year; may be given several times.")
@click.option("--report", metavar="FILE", help="Write the page there, in Markdown.")
@click.option("--out", metavar="DIR", help="Write summary.json and tables/*.csv there.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def scenarios(case: str, years: tuple[int, ...], report: str | None, out: str | None, **flags: bool) -> None:
    """List the scenarios of a case, the what-ifs that stand beside it; or solve them all."""
    from supplychain.case.scenarios import scenarios_of  # noqa: PLC0415

    found = scenarios_of(case)
    if flags["solved"] or report or out:
        _survey(case, found, years, report, out, quiet=flags["quiet"])
        return
    width = max(map(len, found), default=0)
    for name, scenario in found.items():
        click.echo(f"{name.ljust(width)}  {scenario.title}")
    if not found:
        click.echo(f"{case} has no scenarios; they are files like {case}/scenarios/NAME.toml")


def _survey(  # noqa: PLR0913 - one argument per option
    folder: str, found: dict[str, Scenario], years: tuple[int, ...], report: str | None, out: str | None, *, quiet: bool
) -> None:
    from supplychain.case.scenarios import what_if  # noqa: PLC0415
    from supplychain.plan.write import check_file, check_target, write, write_file  # noqa: PLC0415
    from supplychain.report.survey import markdown, text  # noqa: PLC0415
    from supplychain.study.survey import survey  # noqa: PLC0415

    if report is not None:
        check_file(report)
    if out is not None:
        check_target(out)
    given = what_if(folder).case
    for year in years:
        if year not in given.report_years:
            raise click.BadParameter(str(year), param_hint="--year")
    with _Progress(on=not quiet) as progress:
        made = {name: what_if(folder, [name]) for name in found}
        answer = survey(given, made, years or None, progress=progress)
        if out is not None:
            write(out, answer.summary, answer.tables)
        if report is not None:
            write_file(report, markdown(answer, found))
    if not quiet:
        click.echo(text(answer))


@cli.command(epilog='Example:\n\n  eval "$(supplychain completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script."""
    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(shell)
    click.echo(found(cli, {}, "supplychain", "_SUPPLYCHAIN_COMPLETE").source())


def _write(out: str, given: WhatIf, summary: Mapping[str, object], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write an answer, and every cell that a what-if changed."""
    from supplychain.case.changes import frame  # noqa: PLC0415
    from supplychain.plan.write import write  # noqa: PLC0415

    audit = {"changes": frame(given.audit)} if given.groups else {}
    write(out, {**summary, **given.summary}, {**tables, **audit})


def _say_what_if(given: WhatIf) -> None:
    if given.groups:
        cells = f"{len(given.audit)} cell{'' if len(given.audit) == 1 else 's'} changed"
        click.echo(f"What if: {'; '.join(given.titles)} ({cells})")


class _Progress:
    """Says on a terminal what is being done, once it has taken a second."""

    def __init__(self, *, on: bool) -> None:
        self._on = on and sys.stderr.isatty()
        self._start = time.monotonic()
        self._shown = 0

    def __enter__(self) -> Callable[[str], None]:
        return self._say

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _say(self, what: str) -> None:
        if self._on and time.monotonic() - self._start > _PATIENCE:
            self._clear()
            click.echo(f"{what} …", err=True, nl=False)
            self._shown = len(what) + 2

    def _clear(self) -> None:
        if self._shown:
            click.echo("\r" + " " * self._shown + "\r", err=True, nl=False)
            self._shown = 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    A run makes many small objects that live to its end, so that collecting garbage in between, and at the end, only
    costs time.
    """
    gc.disable()
    try:
        cli.main(args=arguments, prog_name="supplychain", standalone_mode=True)
    except (InputError, ChangeError) as error:
        _fail(error, BAD_INPUT)
    except NoAnswerError as error:
        _fail(error, NO_ANSWER)
    except SupplychainError as error:
        _fail(error, FAILED)
    finally:
        gc.freeze()


def _fail(error: SupplychainError, status: int) -> None:
    click.echo(str(error), err=True)
    sys.exit(status)
