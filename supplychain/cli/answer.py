"""Commands for one answer: solve a case, explain a year of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from supplychain.case.scenarios import WhatIf
    from supplychain.cli.shared import CaseOptions, Output
    from supplychain.plan import Plan
    from supplychain.study.regret import Regret


@click.command(
    epilog="Examples:\n\n  supplychain solve inputs/base\n\n  supplychain solve inputs/base --out answer"
    "\n\n  supplychain solve inputs/base --xlsx answer.xlsx --markdown answer.md"
    "\n\n  supplychain solve inputs/base --scenario grid_late"
    "\n\n  supplychain solve inputs/base --change 'capacity.capacity[stage=hbm, year=2027..] +30%'"
    "\n\n  supplychain solve inputs/base --scenario demand_late --orders-from answer --until 2026"
)
@shared.case
@click.option("--json", "as_json", is_flag=True, help="Print the summary and the binding table as JSON.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    callback=shared.finite,
    help="Give up if the first solve takes longer.",
)
@shared.xlsx
@click.option("--markdown", metavar="FILE", callback=shared.to_file, help="Write a summary there, in Markdown.")
@click.option("--parquet", is_flag=True, help="With --out: also write tables/*.parquet.")
@shared.output()
def solve(  # noqa: PLR0913, PLR0917 - one argument per option
    case: CaseOptions,
    as_json: bool,
    time_limit: float | None,
    xlsx: str | None,
    markdown: str | None,
    parquet: bool,
    output: Output,
) -> None:
    """Solve a case: what binds in each year, what it costs, where the money goes."""
    import supplychain
    from supplychain.report.text.answer import text
    from supplychain.report.text.regret import text as of_regret

    if parquet:
        output = output.with_parquet()
    regret = None
    with output.progress() as progress:
        given = case.read()
        if case.orders_from is None or case.until is None:
            plan = supplychain.solve(given.case, time_limit=time_limit, progress=progress)
        else:
            regret = supplychain.regret(
                given.case, case.orders_from, case.until, time_limit=time_limit, progress=progress
            )
            plan = regret.plan
        found = regret or plan
        output.write(found, given)
        shared.write_workbook(xlsx, found, given)
        _write_page(found, given, markdown)
    if as_json:
        binding = json.loads(plan.binding.to_json(orient="records"))
        click.echo(json.dumps({**found.summary, **given.summary, "binding": binding}, indent=2))
    elif not output.quiet:
        first, years, *lines = text(plan).splitlines()
        click.echo(click.style(first, bold=True))
        shared.say_what_if(given)
        click.echo(click.style(years, bold=True))
        for line in lines:
            click.echo(click.style(line, fg="yellow") if line.startswith("Binding") else line)
        if regret is not None:
            click.echo("\n" + of_regret(regret))


def _write_page(found: Plan | Regret, given: WhatIf, path: str | None) -> None:
    if path is not None:
        from supplychain.files import write_file
        from supplychain.report.text.summary import markdown

        write_file(path, markdown(found, given))


@click.command(
    epilog="Examples:\n\n  supplychain explain inputs/base --year 2027"
    "\n\n  supplychain explain inputs/base --year 2027 --stage hbm"
)
@shared.case
@click.option("--year", type=int, required=True, help="A reported year.")
@click.option("--stage", metavar="STAGE", help="Show the value curve of this stage instead of what binds.")
@click.option(
    "--up-to",
    type=click.FloatRange(min=0, min_open=True),
    default=25.0,
    metavar="PERCENT",
    callback=shared.finite,
    help="End of the curve.",
)
def explain(case: CaseOptions, year: int, stage: str | None, up_to: float) -> None:
    """Explain one year: what binds and how firmly, what would bind next, and what stands idle."""
    import supplychain
    from supplychain.report.text.explain import explain as text

    with shared.Progress(on=True) as progress:
        given = case.read()
        plan = supplychain.solve(given.case, progress=progress)
        progress("climbing the ladder")
        try:
            shown = text(plan, year, stage, up_to)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    shared.say_what_if(given)
    click.echo(shown)
