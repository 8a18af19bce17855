"""Commands for one answer: solve a case, explain a year of it."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from supplychain.case import Case
    from supplychain.case.scenarios import WhatIf
    from supplychain.cli.shared import CaseOptions, Output, Sites
    from supplychain.plan import Plan
    from supplychain.results.answer import Answer
    from supplychain.study.attached import Known
    from supplychain.study.regret import Regret

_SUPPLIER_PRICES = "supplier_prices"


class _Asked(TypedDict):
    """What a solve is asked for beside the tables of every answer."""

    supplier_prices: bool
    indifference: Sites


@click.command(
    epilog="Examples:\n\n  supplychain solve inputs/base\n\n  supplychain solve inputs/base --out answer"
    "\n\n  supplychain solve inputs/base --xlsx answer.xlsx --markdown answer.md"
    "\n\n  supplychain solve inputs/base --uncertainty sure"
    "\n\n  supplychain solve inputs/base --scenario grid_late"
    "\n\n  supplychain solve inputs/base --change 'capacity.capacity[stage=hbm, year=2027..] +30%'"
    "\n\n  supplychain solve inputs/base --scenario demand_late --orders-from answer --until 2026"
    "\n\n  supplychain solve inputs/base --supplier-prices --indifference hbm/sk_hynix --out answer"
)
@shared.case
@click.option("--supplier-prices", is_flag=True, help="Add the table of prices at which suppliers enter and leave.")
@shared.sites
@shared.uncertainty
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the summary, the binding table, supplier prices and probabilities as JSON.",
)
@shared.time_limit("the answer takes")
@shared.xlsx
@click.option("--markdown", metavar="FILE", callback=shared.writable_file, help="Write a summary there, in Markdown.")
@click.option("--parquet", is_flag=True, help="With --out: also write tables/*.parquet.")
@shared.output()
def solve(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    supplier_prices: bool,
    sites: Sites,
    uncertainty: str | None,
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
    from supplychain.report.text.suppliers import text as of_suppliers

    if parquet:
        output = output.with_parquet()
    regret = None
    with output.progress() as progress:
        what_if = case_options.read()
        known = case_options.known_study(what_if.case, uncertainty)
        more: _Asked = {"supplier_prices": supplier_prices, "indifference": _existing(sites, what_if.case)}
        if case_options.orders_from is None or case_options.until is None:
            plan = supplychain.solve(what_if.case, progress=progress, **more)
        else:
            orders, until = case_options.orders_from, case_options.until
            regret = supplychain.regret(what_if.case, orders, until, progress=progress, **more)
            plan = regret.plan
        answer = regret or plan
        output.write(answer, what_if)
        shared.write_workbook(xlsx, answer, what_if, known.study)
        _write_page(answer, what_if, markdown, known)
    if as_json:
        _print_json(answer, plan, what_if, known)
        if known.note:
            output.warn(known.note)
    elif not output.quiet:
        _print_text(text(plan, case_options.given, known), what_if)
        if regret is not None:
            click.echo("\n" + of_regret(regret))
        if supplier_prices or sites:  # those with a contract stand in the books
            click.echo("\n" + of_suppliers(plan))


def _print_json(answer: Plan | Regret, plan: Plan, what_if: WhatIf, known: Known) -> None:
    """Print the summary of an answer and what is most asked of its tables, and the probabilities, if there are any."""
    from supplychain.report.text.owner import has_books

    tables: dict[str, Any] = {"binding": json.loads(plan.binding.to_json(orient="records"))}
    if has_books(plan):
        tables["economics"] = _records(plan.economics)
    if _SUPPLIER_PRICES in plan.tables:
        tables[_SUPPLIER_PRICES] = _records(plan.tables[_SUPPLIER_PRICES])
    if known.study is not None:
        tables["uncertainty"] = _probabilities(known.study)
    click.echo(json.dumps({**answer.summary, **what_if.summary, **tables}, indent=2))


def _print_text(answer_text: str, what_if: WhatIf) -> None:
    """Print the first screen, below its title what was changed first."""
    title, header, *lines = answer_text.splitlines()
    click.echo(click.style(title, bold=True))
    shared.print_what_if(what_if)
    click.echo(click.style(header, bold=True))
    for line in lines:
        click.echo(
            click.style(line, bold=True) if line.startswith(("The owner's", "Contracts", "Order", "How sure")) else line
        )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as JSON has it: null where there is no value, and `inf` as a word, which it has no number for."""
    finite: list[dict[str, Any]] = json.loads(table.to_json(orient="records"))
    for row, cells in zip(finite, table.to_dict("records"), strict=True):
        row |= {str(name): str(x) for name, x in cells.items() if isinstance(x, float) and math.isinf(x)}
    return finite


def _probabilities(study: Answer) -> dict[str, Any]:
    """Return of a study how many draws there are, how often each label binds, and the distributions of amounts."""
    said = {name: study.summary[name] for name in ("draws", "uncertain_numbers", "without_answer", "range_means")}
    return said | {name: _records(study.tables[name]) for name in ("binding_probability", "distributions")}


def _existing(sites: Sites, case: Case) -> list[tuple[str, str, str]]:
    """Return suppliers that are asked for by name, each with its place."""
    from supplychain.plan.suppliers import site_of

    with _refused():
        return [site_of(case, *names) for names in sites]


def _write_page(answer: Plan | Regret, what_if: WhatIf, path: str | None, known: Known) -> None:
    if path is not None:
        from supplychain.files import write_file
        from supplychain.report.text.summary import markdown

        write_file(path, markdown(answer, what_if, known))


@click.command(
    epilog="Examples:\n\n  supplychain explain inputs/base --year 2027"
    "\n\n  supplychain explain inputs/base --year 2027 --stage hbm"
    "\n\n  supplychain explain inputs/base --year 2027 --why-not cowos"
    "\n\n  supplychain explain inputs/base --place us_ercot"
    "\n\n  supplychain explain inputs/base --places"
    "\n\n  supplychain explain inputs/base --indifference hbm/sk_hynix"
)
@shared.case
@click.option("--year", type=int, help="A reported year; with --place or --places all of them if it is left out.")
@click.option(
    "--why-not", metavar="STAGE", help="Say why this stage does not bind in the year, and what would make it."
)
@click.option("--stage", metavar="STAGE", help="Show the value curve of this stage instead of what binds.")
@click.option(
    "--up-to",
    type=click.FloatRange(min=0, min_open=True),
    default=25.0,
    metavar="PERCENT",
    callback=shared.finite_number,
    help="End of the curve.",
)
@click.option("--place", metavar="REGION", help="Say what is full there and when, and what more of it adds.")
@click.option("--places", is_flag=True, help="Show use and price of regional stages in all regions.")
@shared.sites
@shared.time_limit("the answer takes")
def explain(  # noqa: PLR0913, PLR0917 - one argument per option
    case_options: CaseOptions,
    year: int | None,
    why_not: str | None,
    stage: str | None,
    up_to: float,
    place: str | None,
    places: bool,
    sites: Sites,
) -> None:
    """Explain one year: what binds and how firmly, what would bind next, and what stands idle.

    Or, with --why-not, why a stage does not bind in it; with --place, what is full in a region, and with --places, how
    much is used in each; with --indifference, up to which multiple of its prices a supplier is worth having.
    """
    import supplychain
    from supplychain.report.text.suppliers import indifference

    question = _Question(year, stage, up_to, why_not, place, places)
    if not (question.asked or sites):
        message = "give --year, --place, --places or --indifference" if why_not is None else "--why-not needs --year"
        raise click.UsageError(message)
    with shared.Progress(on=True) as progress:
        what_if = case_options.read()
        named = _existing(sites, what_if.case)
        question.check(what_if.case)
        plan = supplychain.solve(what_if.case, progress=progress)
        parts = question.answers(plan, progress)
        if named:
            progress("asking what suppliers are worth")
            parts.append(indifference(plan, {site: plan.indifference(*site) for site in named}))
    shared.print_what_if(what_if)
    click.echo("\n\n".join(parts))


@dataclass(frozen=True)
class _Question:
    """What is to be explained: a year, why a stage does not bind in it, a place, or all places."""

    year: int | None
    stage: str | None
    up_to: float
    why_not: str | None
    place: str | None
    places: bool

    def __post_init__(self) -> None:
        others = {"--stage": self.stage is not None, "--why-not": self.why_not is not None}
        places = {"--place": self.place is not None, "--places": self.places}
        given = [name for name, is_given in {**places, **others}.items() if is_given]
        if any(places.values()) and len(given) > 1:
            message = f"{' and '.join(given)} are different questions; give one of them"
            raise click.UsageError(message)

    @property
    def asked(self) -> bool:
        """Whether anything is asked: --why-not is nothing without a year."""
        return self.year is not None or self.place is not None or self.places

    def check(self, case: Case) -> None:
        """Refuse a place that the case has not, and its year, before any work."""
        from supplychain.plan.at_place import years_at

        if self.place is not None or self.places:
            with _refused():
                years_at(case, self.place, self.year)

    def answers(self, plan: Plan, progress: Callable[[str], None]) -> list[str]:
        """Return what was asked as text, if anything was; what is not there is refused."""
        from supplychain.report.text import at_place, explain, why_not

        with _refused():
            if self.places:
                return [at_place.places(plan, self.year)]
            if self.place is not None:
                progress(f"asking what is full at {self.place}")
                return [at_place.at_place(plan, plan.at_place(self.place, self.year), self.place, self.year)]
            if self.year is None:
                return []
            if self.why_not is not None:
                progress(f"asking when {self.why_not} binds")
                return [why_not.text(plan.case, plan.why_not(self.why_not, self.year))]
            progress("climbing the ladder")
            return [explain.explain(plan, self.year, self.stage, self.up_to)]


@contextmanager
def _refused() -> Iterator[None]:
    """Make of what is not there a fault of the command line."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error
