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
@shared.time_limit("the answer takes")
@shared.xlsx
@click.option("--markdown", metavar="FILE", callback=shared.writable_file, help="Write a summary there, in Markdown.")
@click.option("--parquet", is_flag=True, help="With --out: also write tables/*.parquet.")
@shared.output()
def solve(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    as_json: bool,
    xlsx: str | None,
    markdown: str | None,
    parquet: bool,
    output: Output,
) -> None:
    """Solve a case: what binds in each year, what is served and at what cost, what to order, how sure it is."""
    import supplychain
    from supplychain.report.text.answer import text
    from supplychain.report.text.regret import text as of_regret

    if parquet:
        output = output.with_parquet()
    regret = None
    with output.progress() as progress:
        what_if = case_options.read()
        if case_options.orders_from is None or case_options.until is None:
            plan = supplychain.solve(what_if.case, progress=progress)
        else:
            regret = supplychain.regret(what_if.case, case_options.orders_from, case_options.until, progress=progress)
            plan = regret.plan
        answer = regret or plan
        output.write(answer, what_if)
        shared.write_workbook(xlsx, answer, what_if)
        _write_page(answer, what_if, markdown)
    if as_json:
        binding = json.loads(plan.binding.to_json(orient="records"))
        click.echo(json.dumps({**answer.summary, **what_if.summary, "binding": binding}, indent=2))
    elif not output.quiet:
        title, header, *lines = text(plan, _as_given(case_options)).splitlines()
        click.echo(click.style(title, bold=True))
        shared.print_what_if(what_if)
        click.echo(click.style(header, bold=True))
        for line in lines:
            click.echo(click.style(line, bold=True) if line.startswith(("Order", "How sure")) else line)
        if regret is not None:
            click.echo("\n" + of_regret(regret))


def _as_given(case_options: CaseOptions) -> str:
    """Return how another command is given the same case."""
    changed = case_options.scenarios or case_options.changes or case_options.orders_from
    return case_options.folder + (" with the same options" if changed else "")


def _write_page(answer: Plan | Regret, what_if: WhatIf, path: str | None) -> None:
    if path is not None:
        from supplychain.files import write_file
        from supplychain.report.text.summary import markdown

        write_file(path, markdown(answer, what_if))


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
    callback=shared.finite_number,
    help="End of the curve.",
)
@shared.time_limit("the answer takes")
def explain(case_options: CaseOptions, year: int, stage: str | None, up_to: float) -> None:
    """Explain one year: what binds and how firmly, what would bind next, and what stands idle."""
    import supplychain
    from supplychain.report.text.explain import explain as year_as_text

    with shared.Progress(on=True) as progress:
        what_if = case_options.read()
        plan = supplychain.solve(what_if.case, progress=progress)
        progress("climbing the ladder")
        try:
            year_text = year_as_text(plan, year, stage, up_to)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    shared.print_what_if(what_if)
    click.echo(year_text)
