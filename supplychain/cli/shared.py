"""What commands have in common: the case they are given, where they write, what they print, and progress."""

from __future__ import annotations

import functools
import math
import shlex
import sys
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from supplychain import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager

    from supplychain.case import Case
    from supplychain.case.foresight import Foresight
    from supplychain.case.scenarios import WhatIf
    from supplychain.plan import Plan
    from supplychain.results.answer import Answer
    from supplychain.study.attached import Known
    from supplychain.study.compare import Comparison
    from supplychain.study.regret import Regret

    Sites: TypeAlias = Sequence[tuple[str, str, str | None]]
    """Stage, supplier, and place or None for the only one."""

STOPPED = 130
"""Exit status after Ctrl-C."""

_EXAMPLE = "capacity.capacity[stage=hbm, year=2027..] +30%"
_ROW = "budget add year=2027, capital_usd=2e11, source=board"
_EDITS = "Change numbers, or add a row"
_PATIENCE = 1.0
"""Seconds after which progress is shown."""


@dataclass(frozen=True)
class Look:
    """How what changes did is shown: a line for each edit of the command line, or with --dry-run every cell."""

    quiet: bool = False
    dry_run: bool = False
    as_json: bool = False

    def at(self, what_ifs: Mapping[str, WhatIf]) -> None:
        """Show what was changed; in a dry run that is all, and the command ends there."""
        if self.dry_run:
            if not self.quiet:
                from supplychain.report.text.what_if import as_json, text

                click.echo(as_json(what_ifs) if self.as_json else text(what_ifs))
            raise click.exceptions.Exit(0)
        if not self.quiet:
            from supplychain.case.changes import CHANGES

            effects = [effect for what_if in what_ifs.values() for effect in what_if.effects if effect.group == CHANGES]
            for line in (line for effect in effects for line in effect.lines()):
                click.echo(line, err=True)


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show every cell that would change, and stop.")


def looking(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that makes changes how they are shown, and the option that stops there."""

    @_DRY_RUN
    @functools.wraps(command)
    def run(*arguments: object, dry_run: bool, **others: object) -> None:
        if dry_run and not any(others.get(name) for name in ("changes", "scenarios", "subject", "foresight")):
            message = "--dry-run shows what --change, --scenario and --foresight would change; give one of them"
            raise click.UsageError(message)
        look = Look(bool(others.get("quiet")), dry_run, bool(others.get("as_json")))
        command(*arguments, look=look, **others)

    return run


@dataclass(frozen=True)
class CaseOptions:
    """The case that a command is given, what is to be changed in it first, and whose decisions are held."""

    folder: str
    scenarios: tuple[str, ...]
    changes: tuple[str, ...]
    orders_from: str | None = None
    until: int | None = None
    look: Look = field(default_factory=Look)
    foresight: Foresight | None = None
    """None leaves what the case says."""

    @property
    def is_changed(self) -> bool:
        """Whether anything is changed in the case, or locked in."""
        return bool(self.scenarios or self.changes or self.orders_from) or self.foresight is not None

    @property
    def given(self) -> str:
        """How another command is given the same case."""
        words = [self.folder]
        for name, values in (("--scenario", self.scenarios), ("--change", self.changes)):
            words += [part for value in values for part in (name, value)]
        if self.foresight is not None:
            words += ["--foresight", str(self.foresight)]
        if self.orders_from is not None:
            words += ["--orders-from", str(self.orders_from), "--until", str(self.until)]
        return shlex.join(words)

    def known_study(self, case: Case, folder: str | None) -> Known:
        """Return the study of uncertainty in a folder that is given, else the one beside the case.

        Raises: InputError if a folder is given and holds no study.
        """
        return known_study(case, folder, self.folder, self.given, changed=self.is_changed)

    def read(self) -> WhatIf:
        """Read the case, make the changes, show what they did, and hold what was signed."""
        from supplychain.case.scenarios import what_if

        changed = what_if(self.folder, self.scenarios, self.changes, foresight=self.foresight)
        self.look.at({"": changed})
        if self.orders_from is None or self.until is None:
            return changed
        from supplychain.plan.locked_in import lock_in

        return replace(changed, case=lock_in(changed.case, self.orders_from, self.until))


def known_study(case: Case, folder: str | None, beside: str, given: str, *, changed: bool) -> Known:
    """Return the study of uncertainty in a folder that is given, else the one beside a case, in its folder.

    `given` is how a command is given the same case. A study beside a case is none of a case that is `changed`.

    Raises: InputError if a folder is given and holds no study.
    """
    from supplychain.study import attached

    keep = "--out DIR, then --uncertainty DIR" if changed else "--attach"
    known = attached.known_study(case, folder, beside, f"supplychain uncertainty {given} {keep}")
    return replace(known, note="") if changed and folder is None else known


uncertainty = click.option(
    "--uncertainty",
    metavar="DIR",
    help="How sure labels and amounts are: uncertainty CASE --out DIR. Default: what stands beside the case.",
)


def foresight(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that says how many years are seen when a year is decided."""
    return click.option(
        "--foresight",
        metavar="YEARS",
        callback=_as_foresight,
        help="See so many years when a year is decided, its own included; `perfect`: all. Default: as the case says.",
    )(command)


def seen(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that names the foresights that stand side by side."""
    return click.option(
        "--seen",
        multiple=True,
        metavar="YEARS",
        callback=lambda ctx, option, texts: tuple(_as_foresight(ctx, option, text) for text in texts),
        help="Put this foresight beside the case's own; several may be given. Default: perfect, 3 and 2.",
    )(command)


def _as_foresight(_: click.Context, _option: click.Parameter, text: str | None) -> Foresight | None:
    """Return a foresight, or None where none is given: for the callback of an option."""
    if text is None:
        return None
    from supplychain.case.foresight import PERFECT, foresight_years

    given: Any = int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else text
    try:
        return foresight_years(given) or PERFECT
    except ValueError as error:
        raise click.UsageError(str(error)) from error


_DIGITS = 9
"""Digits of a number of years, at most: more are read as text."""


def case(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its case, and the options that change it."""

    @click.argument("case", metavar="CASE")
    @click.option("--scenario", "scenarios", multiple=True, metavar="NAME", help="Make the changes of a scenario.")
    @click.option("--change", "changes", multiple=True, metavar="EDIT", help=f"{_EDITS}: '{_EXAMPLE}', '{_ROW}'.")
    @foresight
    @click.option("--orders-from", metavar="RESULTS", help="Hold what this answer ordered, built and bought, …")
    @click.option("--until", type=int, metavar="YEAR", help="… up to this year.")
    @looking
    @functools.wraps(command)
    def run(  # noqa: PLR0913, PLR0917 - one argument per option
        case: str,
        scenarios: tuple[str, ...],
        changes: tuple[str, ...],
        foresight: Foresight | None,
        orders_from: str | None,
        until: int | None,
        look: Look,
        **others: object,
    ) -> None:
        if (orders_from is None) != (until is None):
            message = "give --orders-from and --until together: whose orders, and up to which year"
            raise click.UsageError(message)
        command(CaseOptions(case, scenarios, changes, orders_from, until, look, foresight), **others)

    return run


@dataclass(frozen=True)
class Output:
    """Where a command writes what it finds, and whether it prints it."""

    folder: str | None = None
    page: str | None = None
    quiet: bool = False
    parquet: bool = False
    """Whether tables are written as Parquet, too."""

    def with_parquet(self) -> Output:
        """Return the same with tables as Parquet beside the CSV files; what cannot be done is refused."""
        if self.folder is None:
            message = "--parquet needs --out: the folder whose tables are to be written as Parquet, too"
            raise click.UsageError(message)
        from supplychain.results.write import check_parquet

        check_parquet()
        return replace(self, parquet=True)

    def progress(self) -> Progress:
        """Return what says on a terminal how far the command is."""
        return Progress(on=not self.quiet)

    def warn(self, warning: str) -> None:
        """Print a warning on standard error."""
        if not self.quiet:
            click.echo(f"Warning: {warning}", err=True)

    def write(self, answer: Answer, what_if: WhatIf | None = None) -> None:
        """Write an answer to the folder, if there is one, with every cell that a what-if changed."""
        if self.folder is not None:
            from supplychain.plan.changes import with_changes

            audited = answer if what_if is None else with_changes(answer, what_if)
            audited.write(self.folder, parquet_too=self.parquet)

    def write_page(self, text: Callable[[], str]) -> None:
        """Write the page, if one is asked for."""
        if self.page is not None:
            from supplychain.files import write_file

            write_file(self.page, text())

    def print_text(self, text: Callable[[], str], what_if: WhatIf | None = None) -> None:
        """Print what was found, below what was changed first."""
        if not self.quiet:
            answer_text = text()
            print_what_if(what_if)
            click.echo(answer_text)


_FOLDER = click.option("--out", "folder", metavar="DIR", help="Write summary.json and tables/*.csv there.")
_PAGE = click.option("--report", "page", metavar="FILE", help="Write the page there, in Markdown.")
_QUIET = click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")


def output(*, folder: bool = True, page: bool = False) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command its output and the options for it; what cannot be written is refused before any work."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(
            *arguments: object,
            quiet: bool,
            folder: str | None = None,
            page: str | None = None,
            **others: Any,  # noqa: ANN401 - whatever click passes
        ) -> None:
            if folder is not None or page is not None:
                from supplychain.files import check_file, check_target

                if page is not None:
                    check_file(page)
                if folder is not None:
                    check_target(folder)
            command(*arguments, output=Output(folder, page, quiet), **others)

        for option in (_QUIET, *[_PAGE] * page, *[_FOLDER] * folder):
            run = option(run)
        return run

    return decorate


@dataclass(frozen=True)
class Workers:
    """Who solves: processes of this machine, or a cluster."""

    count: int | None
    address: str | None

    def executor(self) -> AbstractContextManager[Executor | None]:
        """Return who was asked for; None leaves it to the study."""
        if self.count is None and self.address is None:
            return nullcontext()
        if self.address is None:
            from supplychain.study.workers import ProcessExecutor

            return ProcessExecutor(self.count)
        from supplychain.study.cluster import Cluster

        return Cluster(self.address)


def workers(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that solves many cases those who do it, and the options that say who."""

    @click.option("--workers", "count", type=click.IntRange(min=1), metavar="N", help="Processes; default: cores.")
    @click.option("--dask", "address", metavar="ADDRESS", help="Solve on a dask cluster: tcp://HOST:8786.")
    @functools.wraps(command)
    def run(*arguments: object, count: int | None, address: str | None, **others: object) -> None:
        if count is not None and address is not None:
            message = "--workers and --dask are both given; give one of the two"
            raise click.UsageError(message)
        command(*arguments, workers=Workers(count, address), **others)

    return run


def time_limit(what: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the option that limits its time; what is said of it there is `Give up if WHAT takes longer`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--time-limit",
            "seconds",
            type=click.FloatRange(min=0),
            metavar="SECONDS",
            callback=finite_number,
            help=f"Give up if {what} longer.",
        )
        @functools.wraps(command)
        def run(*arguments: object, seconds: float | None, **others: object) -> None:
            with limits.time_limit(seconds):
                command(*arguments, **others)

        return run

    return decorate


_SITE_PARTS = 2, 3


def sites(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that names suppliers whose worth is asked for: as stage, supplier and place or None."""
    return click.option(
        "--indifference",
        "sites",
        multiple=True,
        metavar="STAGE/SUPPLIER[/PLACE]",
        callback=_as_sites,
        help="Find the multiple of all prices of this supplier at which it is worth nothing.",
    )(command)


def _as_sites(_: click.Context, option: click.Parameter, names: tuple[str, ...]) -> Sites:
    """Return stage, supplier and place, or None, of each name: for the callback of an option."""
    found: list[tuple[str, str, str | None]] = []
    for name in names:
        parts = name.split("/")
        if len(parts) not in _SITE_PARTS or not all(parts):
            message = f"{name!r}; must be STAGE/SUPPLIER or STAGE/SUPPLIER/PLACE, as hbm/sk_hynix"
            raise click.BadParameter(message, param_hint=option.opts[0])
        stage, supplier, *place = parts
        found.append((stage, supplier, place[0] if place else None))
    return found


def print_what_if(what_if: WhatIf | None) -> None:
    """Print which changes were made, if any were."""
    if what_if is not None and what_if.titles:
        cells = f" ({len(what_if.audit)} cell{'' if len(what_if.audit) == 1 else 's'} changed)"
        click.echo(f"What if: {'; '.join(what_if.titles)}{cells if what_if.groups else ''}")


def writable_file(_: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """Refuse a file that cannot be written, before any work: for the callback of an option."""
    if path is not None:
        from supplychain.files import check_file

        check_file(path)
    return path


@contextmanager
def kept_in(store: str | Path | None) -> Iterator[None]:
    """Say of a study that is stopped how to go on with it, if a store keeps what is done."""
    from supplychain.errors import TimeLimitError

    try:
        yield
    except (TimeLimitError, KeyboardInterrupt) as stop:
        if store is None or not Path(store).is_file():
            raise
        remark = f"{store} keeps what is done; the same command with --resume goes on from there"
        if isinstance(stop, TimeLimitError):
            raise stop.with_remark(remark) from stop
        message = f"Stopped. {remark}."
        raise KeyboardInterrupt(message) from stop


def xlsx(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option to write a workbook."""
    return click.option("--xlsx", metavar="FILE", callback=writable_file, help="Write an Excel workbook there.")(
        command
    )


def write_workbook(
    path: str | None,
    answer: Plan | Regret | Comparison,
    what_if: WhatIf | None = None,
    uncertainty: Answer | None = None,
) -> None:
    """Write the workbook of what was found, if one is asked for."""
    if path is not None:
        from supplychain.files import write_file
        from supplychain.report.excel.workbook import workbook

        write_file(path, workbook(answer, what_if, uncertainty))


def share(_: click.Context, option: click.Parameter, given: str | None) -> float | None:
    """Return a share that is given as 1% or 0.01: for the callback of an option."""
    from supplychain.study.near_optimal import within_of

    try:
        return None if given is None else within_of(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option.opts[0]) from error


def finite_number(_: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuse a number that is infinite or none: for the callback of an option."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(str(value), param_hint=option.opts[0])
    return value


class Progress:
    """Says on a terminal what is being done, once it has taken a second."""

    def __init__(self, *, on: bool) -> None:
        self._on = on and sys.stderr is not None and sys.stderr.isatty()
        self._start = time.monotonic()
        self._shown = 0

    def __enter__(self) -> Callable[[str], None]:
        return self._show

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _show(self, step: str) -> None:
        if self._on and time.monotonic() - self._start > _PATIENCE:
            self._clear()
            click.echo(f"{step} …", err=True, nl=False)
            self._shown = len(step) + 2

    def _clear(self) -> None:
        if self._shown:
            click.echo("\r" + " " * self._shown + "\r", err=True, nl=False)
            self._shown = 0
