"""The command line: parse, call, print, exit.

::

    answer.py   solve, explain                                       one answer
    study.py    compare, sensitivity, near-optimal, sweep, scenarios, foresight, backcast     many answers
    uncertainty.py  uncertainty                                      how sure it is
    seek.py     seek                                                 what it takes
    serve.py    of it the part that serves more, or the most within so much capital
    report.py   report                                               the capacity report, in HTML
    inputs.py   check, new, export, import                           cases themselves
    shared.py   what commands have in common: the case, where to write, what to print, progress
    streams.py  standard output and standard error: closed, full, or of few characters

Exit status: 0 good, 2 bad input, or a package or cluster that is not there, 3 no answer, 130 stopped by Ctrl-C,
1 anything else, as a standard output that is closed or full; files that were asked for are whole then.
"""

from __future__ import annotations

import gc
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from supplychain.cli import answer, inputs, report, seek, study, uncertainty
from supplychain.cli.shared import STOPPED
from supplychain.cli.streams import standard_streams
from supplychain.errors import ChangeError, InputError, NoAnswerError, SetupError, SupplychainError

if TYPE_CHECKING:
    from collections.abc import Sequence

BAD_INPUT, NO_ANSWER, FAILED = 2, 3, 1


class _Commands(click.Group):
    """Commands that Ctrl-C stops with a word, and with the status that shells expect."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            click.echo(str(stop) or "Stopped.", err=True)
            sys.exit(STOPPED)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Examples:\n\n  supplychain solve inputs/base\n\n  supplychain check mycase",
)
@click.version_option(version("supplychain"), prog_name="supplychain")
def cli() -> None:
    """Find the bottleneck of AI compute in every year, and what serving the projected tokens costs."""


@cli.command(epilog='Example:\n\n  eval "$(supplychain completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script."""
    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.ClickException(shell)
    click.echo(completion_class(cli, {}, "supplychain", "_SUPPLYCHAIN_COMPLETE").source())


for command in (
    *(answer.solve, answer.explain),
    uncertainty.uncertainty,
    *(
        study.compare,
        study.sensitivity,
        study.near_optimal,
        study.sweep,
        study.scenarios,
        study.foresight,
        study.backcast,
    ),
    seek.seek,
    report.report,
    *(inputs.check, inputs.new, inputs.export, inputs.import_),
):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    A run makes many small objects that live to its end, so that collecting garbage in between, and at the end, only
    costs time.
    """
    gc.disable()
    try:
        with standard_streams():
            _run(arguments)
    finally:
        gc.freeze()


def _run(arguments: Sequence[str] | None) -> None:
    try:
        cli.main(args=arguments, prog_name="supplychain", standalone_mode=True)
    except (InputError, ChangeError, SetupError) as error:
        _fail(error, BAD_INPUT)
    except NoAnswerError as error:
        _fail(error, NO_ANSWER)
    except SupplychainError as error:
        _fail(error, FAILED)


def _fail(error: SupplychainError, status: int) -> None:
    click.echo(str(error), err=True)
    sys.exit(status)
