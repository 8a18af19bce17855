"""The part of `seek` that asks for more tokens, or for the most within so much capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplychain.cli import shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from supplychain.case.scenarios import WhatIf


def options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that ask for more tokens, and for so much capital."""
    for option in reversed((
        click.option(
            "--serve",
            multiple=True,
            metavar="REQUIREMENT",
            help="Find the cheapest way to serve that: '2028: +20%', '2028: 500' (10^12 tokens), "
            "'2028, WORKLOAD: +20%'; several have to be met at once.",
        ),
        click.option(
            "--capital",
            multiple=True,
            metavar="USD",
            help="Spend no more in cash: 200e9 in every reported year, or '2027: 200e9, 2028: 300e9'.",
        ),
        click.option(
            "--most",
            type=click.Choice(["tokens", "value", "research"]),
            help="Serve as much as possible of it within the capital, instead of at least cost.",
        ),
        click.option(
            "--relief-price",
            type=float,
            metavar="FACTOR",
            callback=shared.finite_number,
            help="With --serve: more capacity for a year, at so many times the dearest price of its stage.",
        ),
        click.option("--any-relief", is_flag=True, help="With --serve: add whatever capacity lowers spending, too."),
    )):  # fmt: skip
        command = option(command)
    return command


def check(
    *, serve: tuple[str, ...], most: str | None, relief_price: float | None, any_relief: bool, **_: object
) -> None:
    """Refuse options that do not go together, before any work."""
    if serve and most is not None:
        message = "--most seeks as much as possible, and --serve the least cost of so much; give one of the two"
        raise click.UsageError(message)
    for name, given in (("--relief-price", relief_price is not None), ("--any-relief", any_relief)):
        if given and not serve:
            message = f"{name} needs --serve: it says how capacity is added to serve more"
            raise click.UsageError(message)


def answered(  # noqa: PLR0913 - one argument per option
    what_if: WhatIf,
    progress: Callable[[str], None],
    *,
    serve: tuple[str, ...],
    capital: tuple[str, ...],
    most: Any,  # noqa: ANN401 - one of the choices
    relief_price: float | None,
    any_relief: bool,
) -> tuple[Any, Callable[[Any], str]]:
    """Return the answer, and what makes a text of it; what is not valid is a fault of the command line."""
    import supplychain
    from supplychain.report.text import capital as of_capital
    from supplychain.report.text import serve as of_serve

    try:
        if serve:
            answer = supplychain.serve(
                what_if.case,
                serve,
                capital=capital or None,
                relief_price=relief_price,
                any_relief=any_relief,
                progress=progress,
            )
            return answer, of_serve.text
        return supplychain.within_capital(what_if.case, capital or None, most=most, progress=progress), of_capital.text
    except ValueError as error:
        raise click.UsageError(str(error)) from error
