"""The command that writes the capacity report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from supplychain.case import Case
    from supplychain.case.foresight import Foresight
    from supplychain.case.scenarios import WhatIf
    from supplychain.cli.shared import Look, Output, Workers
    from supplychain.plan import Plan
    from supplychain.results.answer import Answer
    from supplychain.results.schema import Kind
    from supplychain.study.attached import Known


@click.command(
    epilog="Examples:\n\n  supplychain report inputs/base --out reports/base"
    "\n\n  supplychain report inputs/base --scenario grid_late --sensitivity moved --backcast past --out reports/base"
    "\n\n  supplychain report inputs/base --as grid_late --out reports/grid_late"
)
@click.argument("case", metavar="CASE")
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Put this scenario beside the case.")
@click.option("--as", "subject", metavar="NAME", help="Report this scenario, and put it beside the case.")
@click.option("--change", "changes", multiple=True, metavar="EDIT", help="Change numbers of the case first.")
@shared.foresight
@shared.looking
@click.option("--reference", metavar="DIR", help="Say what changed against this answer: solve --out DIR.")
@click.option("--sensitivity", metavar="DIR", help="Changing one input at a time: sensitivity CASE --out DIR.")
@shared.uncertainty
@click.option("--foresights", metavar="DIR", help="What other foresights would say: foresight CASE --out DIR.")
@click.option("--backcast", metavar="DIR", help="The years that are past: backcast CASE --out DIR.")
@click.option("--year", type=int, help="The year to look at closely; default: the first.")
@click.option("--supplier-prices", is_flag=True, help="Add the prices at which suppliers enter and leave.")
@click.option("--out", "to", required=True, metavar="DIR", help="Write report.html and figures/ there.")
@click.option("--xlsx", is_flag=True, help="Also write report.xlsx there: the same numbers as a workbook.")
@click.option("--no-figures", "bare", is_flag=True, help="Write report.html alone; its charts are in it.")
@shared.time_limit("all of it takes")
@shared.workers
@shared.output(folder=False)
def report(  # noqa: PLR0913, PLR0917 - click passes all options
    case: str,
    scenarios: tuple[str, ...],
    subject: str | None,
    changes: tuple[str, ...],
    foresight: Foresight | None,
    look: Look,
    reference: str | None,
    sensitivity: str | None,
    uncertainty: str | None,
    foresights: str | None,
    backcast: str | None,
    year: int | None,
    supplier_prices: bool,
    to: str,
    xlsx: bool,
    bare: bool,
    workers: Workers,
    output: Output,
) -> None:
    """Write the capacity report: one HTML file that opens offline, and its charts as SVG and PNG.

    It is about the case, or with --as about one of its scenarios. Every scenario that is named is compared with the
    case, in which the changes are made first.

    What takes many solves is not run here but read from the folders of earlier answers; a part of the report that has
    none says which command makes it.
    """
    from supplychain.files import check_target
    from supplychain.report.charts.images import DrawingProcesses, check

    check()
    check_target(to)
    _earlier_files(to, xlsx=xlsx)
    import supplychain
    from supplychain.case.scenarios import each_on_top, named, what_if
    from supplychain.files import write_files
    from supplychain.report.excel.workbook import of_report
    from supplychain.report.page.html import report as write_report
    from supplychain.report.page.readme import weaknesses
    from supplychain.report.page.report_data import ReportData
    from supplychain.results.read import read_answer
    from supplychain.study.compare import COMPARED

    with output.progress() as progress, DrawingProcesses() as drawing:
        weak = weaknesses(case)
        changed = what_if(case, (), changes, foresight=foresight)
        scenario_what_ifs = each_on_top(changed, named(case, scenarios if subject is None else (subject, *scenarios)))
        look.at({"": changed, **scenario_what_ifs})
        reported = changed if subject is None else _joined(changed, scenario_what_ifs[subject])
        years = reported.case.report_years
        year = years[0] if year is None else year
        if year not in years:
            message = f"{year} is not reported; must be from {years[0]} to {years[-1]}"
            raise click.BadParameter(message, param_hint="--year")
        known = shared.known_study(
            reported.case, uncertainty, case, _given(case, subject, changes, foresight), changed=bool(reported.titles)
        )
        studies = _studies(
            reported.case, {"sensitivity": sensitivity, "foresight": foresights, "backcast": backcast}, known
        )
        earlier = None if reference is None else read_answer(reference, "solve", COMPARED)
        plan = supplychain.solve(reported.case, supplier_prices=supplier_prices, progress=progress)
        if earlier is not None and reference is not None:
            studies["reference"] = _against(subject or plan.case.settings.name, plan, earlier, reference)
        if scenario_what_ifs:
            with workers.executor() as executor:
                studies["compare"] = _compared(changed, scenario_what_ifs, executor, progress)
        report_data = ReportData(
            plan=plan,
            year=year,
            folder=case,
            changed=changes,
            studies=studies,
            scenarios={name: scenario.titles[0] for name, scenario in scenario_what_ifs.items()},
            subject=subject or "",
            weaknesses=weak,
            foresight=foresight if changed.sees_otherwise else None,
            known=known,
        )
        progress("looking closely and drawing")
        files = write_report(
            report_data, drawing.start, (lambda: of_report(report_data, reported)) if xlsx else None, figures=not bare
        )
    write_files(to, files, lambda: [path for path in _earlier_files(to, xlsx=xlsx) if path not in files])
    charts = sum(path.endswith(".svg") for path in files)
    written = [f"{to}/report.html", *["report.xlsx"] * xlsx, *[f"{charts} charts as SVG and PNG"] * (not bare)]
    *others, last = written
    if known.note:
        output.warn(known.note)
    output.print_text(
        lambda: f"{', '.join(others)} and {last} are written." if others else f"{last} is written.", reported
    )


def _studies(case: Case, folders: Mapping[Kind, str | None], known: Known) -> dict[str, Answer]:
    """Read the studies in the folders that are given; those of the case that is reported must be of its inputs.

    Raises: InputError.
    """
    from supplychain.results.read import check_inputs, read_answer

    studies: dict[str, Answer] = {}
    for kind, folder in folders.items():
        if folder is not None:
            studies[kind] = read_answer(folder, kind)
            if kind != "backcast":
                check_inputs(folder, studies[kind], case.sha256)
    return studies if known.study is None else {**studies, "uncertainty": known.study}


def _given(case: str, subject: str | None, changes: tuple[str, ...], foresight: Foresight | None) -> str:
    """Return how a study is given the case that is reported."""
    scenarios = () if subject is None else (subject,)
    return shared.CaseOptions(case, scenarios, changes, foresight=foresight).given


def _earlier_files(to: str, *, xlsx: bool) -> list[str]:
    """Return the files of the report that is there already; what this software did not write is not replaced.

    Raises: OutputError.
    """
    from pathlib import Path

    from supplychain.errors import OutputError
    from supplychain.report.page.html import MARK, PAGE, WORKBOOK, figures_of, has_workbook

    page = Path(to) / PAGE
    try:
        page_text = page.read_text(encoding="utf-8") if page.exists() else MARK
    except (OSError, ValueError):
        page_text = ""
    if MARK not in page_text:
        message = f"cannot write {page}: a file of that name is there that is no report of this software"
        raise OutputError(message)
    book = Path(to) / WORKBOOK
    if xlsx and book.exists() and not has_workbook(page_text):
        message = f"cannot write {book}: a file of that name is there that belongs to no report of this software"
        raise OutputError(message)
    return [*figures_of(page_text), *[WORKBOOK] * has_workbook(page_text)]


def _joined(first: WhatIf, second: WhatIf) -> WhatIf:
    """Return a what-if that was made in another as one: from the case as it is in its files."""
    return replace(
        first,
        case=second.case,
        titles=(*first.titles, *second.titles),
        groups=(*first.groups, *second.groups),
        audit=(*first.audit, *second.audit),
    )


def _compared(
    changed: WhatIf, scenario_what_ifs: dict[str, WhatIf], executor: Executor | None, progress: Callable[[str], None]
) -> Answer:
    from supplychain.study.compare import compare_changes

    return compare_changes(
        changed.case, changed.case.settings.name, scenario_what_ifs, executor=executor, progress=progress
    )


def _against(name: str, plan: Plan, earlier: Answer, folder: str) -> Answer:
    """Compare an earlier answer, as the reference, with the plan by its name.

    Raises: InputError if they have no year in common.
    """
    from supplychain.errors import InputError, Problem
    from supplychain.study.compare import compare

    try:
        return compare({folder: earlier, name: plan})
    except ValueError as error:
        raise InputError(folder, [Problem("tables", 0, "", str(error))]) from error
