"""The reference of the command line, `docs/commands.md`: every command and option, from what `--help` says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from supplychain.cli import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOP = """\
# Commands

This page is written by `make generated` from what `supplychain COMMAND --help` says.

Every command ends with one of these statuses:

| status | what it means |
|---|---|
| 0 | good |
| 1 | anything that the others do not name: an output that cannot be written, say |
| 2 | bad input: the message names file, row, column and value, and what would be right; nothing is written |
| 3 | no answer: the time limit passed, the orders locked in do not fit, or the solver found no optimum |
| 130 | stopped by Ctrl-C |

A time limit covers all that a command does, and of many cases all of them together. When it passes, the command says
what it was doing and writes nothing. A sweep keeps the points that it has solved, and `--resume` goes on.

[Scenarios and edits](scenarios.md) says what `--change` understands."""


def reference() -> str:
    """Return the page."""
    return (
        "\n".join([_TOP, *(line for name in sorted(cli.commands) for line in _command(name, cli.commands[name]))])
        + "\n"
    )


def _command(name: str, command: click.Command) -> Iterator[str]:
    whole = click.Context(cli, info_name="supplychain", **cli.context_settings)
    context = click.Context(command, info_name=name, parent=whole)
    paragraphs = [" ".join(one.split()) for one in re.split(r"\n\s*\n", (command.help or "").replace("\b", ""))]
    yield from ("", f"## `supplychain {name}`", "")
    yield from ("```text", command.get_usage(context).removeprefix("Usage: "), "```")
    for paragraph in paragraphs:
        yield from ("", paragraph)
    options = [option for option in command.get_params(context) if isinstance(option, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if records:
        yield from ("", "| option | what it does |", "|---|---|")
        yield from ("| `{}` | {} |".format(option.replace("|", r"\|"), _cell(said)) for option, said in records)
    if command.epilog:
        examples = [line.strip() for line in command.epilog.replace("\b", "").splitlines() if line.strip()]
        shown = [line for line in examples if line.startswith("supplychain ")]
        yield from ("", "```sh", *shown, "```")


def _cell(text: str) -> str:
    """Return a cell, with what is typed as code."""
    text = " ".join(text.split()).replace("|", r"\|").replace("*", r"\*").replace("<", r"\<")
    return re.sub(r"'([^']+)'", lambda found: f"`{found[1]}`".replace("\\", ""), text)
