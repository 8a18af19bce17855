"""The command that writes the capacity report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from supplychain.case.scenarios import WhatIf
    from supplychain.cli.shared import Output, Workers
    from supplychain.plan import Plan
    from supplychain.report.page.given import Study


@click.command(
    epilog="Examples:\n\n  supplychain report inputs/base --out reports/base"
    "\n\n  supplychain report inputs/base --scenario grid_late --sensitivity moved --backcast past --out reports/base"
)
@click.argument("case", metavar="CASE")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Put this scenario beside the case.")
@click.option("--change", "changes", multiple=True, metavar="EDIT", help="Change numbers of the case first.")
@click.option("--reference", metavar="DIR", help="Say what changed against this answer: solve --out DIR.")
@click.option("--sensitivity", metavar="DIR", help="How firm the labels are: sensitivity CASE --out DIR.")
@click.option("--backcast", metavar="DIR", help="The years that are past: backcast CASE --out DIR.")
@click.option("--year", type=int, help="The year to look at closely; default: the first.")
@click.option("--out", "to", required=True, metavar="DIR", help="Write report.html and figures/ there.")
@click.option("--xlsx", is_flag=True, help="Also write report.xlsx there: the same numbers as a workbook.")
@shared.workers
@shared.output(folder=False)
def report(  # noqa: PLR0913, PLR0917 - click passes all options
    case: str,
    scenarios: tuple[str, ...],
    changes: tuple[str, ...],
    reference: str | None,
    sensitivity: str | None,
    backcast: str | None,
    year: int | None,
    to: str,
    xlsx: bool,
    workers: Workers,
    output: Output,
) -> None:
    """Write the capacity report: one HTML file that opens offline, and its charts as SVG and PNG.

    What takes many solves is not run here but read from the folders of earlier answers; a part of the report that has
    none says which command makes it.
    """
    from supplychain.plan.write import check_target
    from supplychain.report.images import Hands, check

    check()
    check_target(to)
    known = _known(to, xlsx=xlsx)
    import supplychain
    from supplychain.case.scenarios import what_if
    from supplychain.plan.write import write_files
    from supplychain.report.html import FIGURES
    from supplychain.report.html import report as write
    from supplychain.report.page.given import Given
    from supplychain.report.workbook import of_report
    from supplychain.study.answers import found

    with output.progress() as progress, Hands() as hands:
        made = what_if(case, (), changes)
        beside = _beside(case, made, scenarios)
        year = made.case.report_years[0] if year is None else year
        if year not in made.case.report_years:
            years = made.case.report_years
            message = f"{year} is not reported; must be from {years[0]} to {years[-1]}"
            raise click.BadParameter(message, param_hint="--year")
        studies: dict[str, Study] = {}
        if sensitivity is not None:
            studies["sensitivity"] = found(sensitivity, "sensitivity", made.case)
        if backcast is not None:
            studies["backcast"] = found(backcast, "backcast")
        earlier = None if reference is None else supplychain.saved(reference)
        plan = supplychain.solve(made.case, progress=progress)
        if earlier is not None and reference is not None:
            studies["reference"] = _against(plan, earlier, reference)
        if beside:
            with workers.executor() as executor:
                studies["compare"] = _compared(made, beside, executor, progress)
        given = Given(
            plan=plan,
            year=year,
            folder=case,
            changed=made.titles,
            studies=studies,
            scenarios={name: one.titles[0] for name, one in beside.items()},
        )
        progress("looking closely and drawing")
        files = write(given, hands.start, (lambda: of_report(given, made)) if xlsx else None)
    write_files(to, files, [path for path in known if path not in files])
    figures = sum(path.startswith(FIGURES) for path in files)
    pages = f"{to}/report.html and report.xlsx" if xlsx else f"{to}/report.html"
    output.say(lambda: f"{pages} and {figures} figures are written.", made)


def _known(to: str, *, xlsx: bool) -> list[str]:
    """Return the files of the report that is there already; what this software did not write is not replaced.

    Raises: OutputError.
    """
    from pathlib import Path

    from supplychain.errors import OutputError
    from supplychain.report.html import MARK, PAGE, WORKBOOK, figures_of, has_workbook

    page = Path(to) / PAGE
    try:
        there = page.read_text(encoding="utf-8") if page.exists() else MARK
    except (OSError, ValueError):
        there = ""
    if MARK not in there:
        message = f"cannot write {page}: a file of that name is there that is no report of this software"
        raise OutputError(message)
    book = Path(to) / WORKBOOK
    if xlsx and book.exists() and not has_workbook(there):
        message = f"cannot write {book}: a file of that name is there that belongs to no report of this software"
        raise OutputError(message)
    return [*figures_of(there), *[WORKBOOK] * has_workbook(there)]


def _beside(folder: str, made: WhatIf, names: tuple[str, ...]) -> dict[str, WhatIf]:
    """Return the scenarios made in the case as it was changed."""
    from supplychain.case.scenarios import each_on_top, scenarios_of, what_if

    what_if(folder, names)  # names what is not there
    known = scenarios_of(folder) if names else {}
    return each_on_top(made, {name: known[name] for name in names})


def _compared(
    made: WhatIf, beside: dict[str, WhatIf], executor: Executor | None, progress: Callable[[str], None]
) -> Study:
    from supplychain.study.compare import compare_changes

    return compare_changes(made.case, made.case.settings.name, beside, executor=executor, progress=progress)


def _against(plan: Plan, earlier: Study, folder: str) -> Study:
    """Compare an earlier answer, as the reference, with the plan.

    Raises: InputError if they have no year in common.
    """
    from supplychain.errors import InputError, Problem
    from supplychain.study.compare import compare

    try:
        return compare({folder: earlier, plan.case.settings.name: plan})
    except ValueError as error:
        raise InputError(folder, [Problem("tables", 0, "", str(error))]) from error
