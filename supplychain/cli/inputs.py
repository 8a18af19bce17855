"""Commands for cases themselves: check one, start one, edit one as a workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.case import Case
    from supplychain.cli.shared import CaseOptions, Output


@click.command(epilog="Examples:\n\n  supplychain check inputs/base\n\n  supplychain check inputs/base --labels")
@shared.case
@click.option("--labels", is_flag=True, help="Solve the case, and name the stale sources that decide what binds.")
@shared.time_limit("the solve takes")
@shared.output(folder=False)
def check(case_options: CaseOptions, labels: bool, output: Output) -> None:
    """Check the inputs of a case: every error at once, then what is worth a look."""
    from supplychain.case.notices import notices, stale

    what_if = case_options.read()
    if labels and what_if.case.settings.data_date is None:
        message = "--labels needs data_date in case.toml: sources more than a year older are stale"
        raise click.UsageError(message)
    if output.quiet:
        return
    decided = _decided(what_if.case, output) if labels else ""
    tables, notices_found = what_if.case.tables.values(), notices(what_if.case)
    if notices_found:
        click.echo(f"Worth a look ({len(notices_found)}):")
    for notice in notices_found:
        click.echo(f"  {notice}")
    if decided:
        click.echo(decided)
    _tell_study(case_options, what_if.case)
    shared.print_what_if(what_if)
    more = " --labels names the stale sources that decide what binds." * (not labels and any(map(stale, notices_found)))
    click.echo(f"{case_options.folder} is valid: {sum(map(bool, tables))} tables, {sum(map(len, tables))} rows.{more}")


def _tell_study(case_options: CaseOptions, case: Case) -> None:
    """Say whether the study that is kept beside a case, if one is, is of the case as it is."""
    from pathlib import Path

    from supplychain.case.read import UNCERTAINTY

    if case_options.is_changed or not (Path(case_options.folder) / UNCERTAINTY).is_dir():
        return
    known = case_options.known_study(case, None)
    if known.study is not None:
        draws = f"{known.study.summary['draws']:,} joint draws"
        click.echo(f"The study in {UNCERTAINTY}/ is of the case as it is: {draws}.")
    elif known.note:
        click.echo(f"{known.note[:1].upper()}{known.note[1:]}. Anew: {known.command}")


def _decided(case: Case, output: Output) -> str:
    """Solve a case, and say which stale sources decide what binds in each year."""
    from supplychain.limits import doing
    from supplychain.plan.bottlenecks import LEVELS
    from supplychain.report.text.stale import text
    from supplychain.study.warm import WarmSolver

    with output.progress() as progress, doing("solving the case"):
        progress("solving the case")
        labels = WarmSolver(case).central().labels
    return text(case, {year: label for (level, year), label in labels.items() if level == LEVELS[0]})


@click.command(epilog="Example:\n\n  supplychain new mycase --from inputs/base")
@click.argument("to", metavar="DIR")
@click.option("--from", "source", required=True, metavar="CASE", help="The case to start from.")
@shared.output(folder=False)
def new(to: str, source: str, output: Output) -> None:
    """Start a case of your own: a copy of another's tables in a new folder."""
    from supplychain.case.new import new as new_case

    folder = new_case(to, source)
    output.print_text(lambda: f"{folder} is ready. Edit its tables, then: supplychain check {folder}")


@click.command(epilog="Example:\n\n  supplychain export inputs/base base.xlsx")
@click.argument("case", metavar="CASE")
@click.argument("to", metavar="BOOK", callback=shared.writable_file)
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
    book = to_book(case)
    write_file(to, book.data)
    left_out = f" Not in it: {', '.join(book.left_out)}." if book.left_out else ""
    output.print_text(lambda: f"{to} is ready.{left_out} Edit it, then: supplychain import {to} DIR")


@click.command("import", epilog="Example:\n\n  supplychain import base.xlsx mycase")
@click.argument("book", metavar="BOOK")
@click.argument("to", metavar="DIR")
@shared.output(folder=False)
def import_(book: str, to: str, output: Output) -> None:
    """Make a case of a workbook, in a new folder; what was not edited comes back to the byte."""
    from supplychain.case.from_book import import_book

    imported = import_book(book, to)
    changed = f"changed: {', '.join(imported.changed)}" if imported.changed else "nothing changed"
    output.print_text(lambda: f"{to} is ready; {changed}. Then: supplychain check {to}")
