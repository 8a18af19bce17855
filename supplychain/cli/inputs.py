"""Commands for cases themselves: check one, start one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.cli.shared import Given, Output


@click.command(epilog="Example:\n\n  supplychain check inputs/base")
@shared.case
@shared.output(folder=False)
def check(case: Given, output: Output) -> None:
    """Check the inputs of a case: every error at once, then what is worth a look."""
    from supplychain.case.notices import notices

    given = case.read()
    if output.quiet:
        return
    tables, found = given.case.tables.values(), notices(given.case)
    if found:
        click.echo(f"Worth a look ({len(found)}):")
    for notice in found:
        click.echo(f"  {notice}")
    shared.say_what_if(given)
    click.echo(f"{case.folder} is valid: {sum(map(bool, tables))} tables, {sum(map(len, tables))} rows.")


@click.command(epilog="Example:\n\n  supplychain new mycase --from inputs/base")
@click.argument("to", metavar="DIR")
@click.option("--from", "source", required=True, metavar="CASE", help="The case to start from.")
@shared.output(folder=False)
def new(to: str, source: str, output: Output) -> None:
    """Start a case of your own: a copy of another's tables in a new folder."""
    from supplychain.case.new import new as make

    made = make(to, source)
    output.say(lambda: f"{made} is ready. Edit its tables, then: supplychain check {made}")
