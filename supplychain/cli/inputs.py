"""Commands for cases themselves: check one, start one, edit one as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.cli.shared import CaseOptions, Output


@click.command(epilog="Example:\n\n  supplychain check inputs/base")
@shared.case
@shared.output(folder=False)
def check(case: CaseOptions, output: Output) -> None:
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


@click.command(epilog="Example:\n\n  supplychain export inputs/base base.xlsx")
@click.argument("case", metavar="CASE")
@click.argument("to", metavar="BOOK", callback=shared.to_file)
@shared.output(folder=False)
def export(case: str, to: str, output: Output) -> None:
    """Write the inputs of a case to an Excel workbook, to edit there; `import` makes a case of it again."""
    from pathlib import Path

    from supplychain.case.to_book import to_book
    from supplychain.errors import OutputError
    from supplychain.files import write_file

    if Path(to).exists():
        message = f"{to} exists already; give the name of a new file"
        raise OutputError(message)
    made = to_book(case)
    write_file(to, made.data)
    left_out = f" Not in it: {', '.join(made.left_out)}." if made.left_out else ""
    output.say(lambda: f"{to} is ready.{left_out} Edit it, then: supplychain import {to} DIR")


@click.command("import", epilog="Example:\n\n  supplychain import base.xlsx mycase")
@click.argument("book", metavar="BOOK")
@click.argument("to", metavar="DIR")
@shared.output(folder=False)
def import_(book: str, to: str, output: Output) -> None:
    """Make a case of a workbook, in a new folder; what was not edited comes back to the byte."""
    from supplychain.case.from_book import import_book

    made = import_book(book, to)
    changed = f"changed: {', '.join(made.changed)}" if made.changed else "nothing changed"
    output.say(lambda: f"{to} is ready; {changed}. Then: supplychain check {to}")
