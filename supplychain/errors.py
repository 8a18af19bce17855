"""Every exception that is raised on purpose.

::

    SupplychainError
    ├── InputError          mend the data: a case is not valid; `problems` lists every fault
    ├── ChangeError         mend the what-if: an edit or a scenario file is not valid; `problems` lists every fault
    ├── OutputError         give another place to write to
    ├── SetupError          install, start or mend what the work needs: an optional package, a cluster
    └── NoAnswerError       relax the case or the limits: the solver has no optimal answer
        ├── MisfitError         what was locked in does not fit the case
        ├── LostEntryError      a number is nothing beside the others of its row and column
        ├── TimeLimitError      give more time: the time limit passed
        └── CertificateError    an answer was found and did not pass its checks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence


class SupplychainError(Exception):
    """The root of all errors raised on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault, or one notice, and where it is.

    `row` counts as a spreadsheet does: the header is row 1. 0 means the whole file.
    """

    file: str
    row: int
    column: str
    message: str

    def __str__(self) -> str:
        where = self.file + (f" row {self.row}" if self.row else "")
        what = "setting" if self.file.endswith(".toml") else "column"
        return f"{where}, {what} {self.column}: {self.message}" if self.column else f"{where}: {self.message}"


class InputError(SupplychainError):
    """A case is not valid. `problems` has every fault that was found."""

    def __init__(self, place: str, problems: Sequence[Problem]) -> None:
        self.place = place
        self.problems = tuple(problems)
        super().__init__(_listed(place, self.problems))

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Let it come back from a worker."""
        return type(self), (self.place, self.problems)


@dataclass(frozen=True, slots=True, order=True)
class ChangeProblem:
    """One fault of a what-if: in which group or file, of which edit or setting, and what is wrong."""

    where: str
    what: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.what, self.message) if part)


class ChangeError(SupplychainError):
    """A what-if is not valid. `problems` has every fault that was found."""

    def __init__(self, place: str, problems: Sequence[ChangeProblem]) -> None:
        self.place = place
        self.problems = tuple(problems)
        super().__init__(_listed(place, self.problems))

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Let it come back from a worker."""
        return type(self), (self.place, self.problems)


class OutputError(SupplychainError):
    """The answer cannot be written where it was asked for."""


class SetupError(SupplychainError):
    """Something outside that the work needs is not there, or not as it must be: an optional package, a cluster."""


class NoAnswerError(SupplychainError):
    """The solver did not reach an optimum, so there is no answer to give."""


class MisfitError(NoAnswerError):
    """Decisions of another plan that are locked in do not fit the case."""


class LostEntryError(NoAnswerError):
    """A number of an LP is so small beside the others of its row and column that a solver would drop it."""

    def __init__(self, row: object, column: object, entry: float) -> None:
        self.row, self.column, self.entry = row, column, entry
        super().__init__(
            f"row {row}, column {column}: {entry:g} is nothing to a solver beside the other numbers of its row and "
            "column; leave it out, or state it larger"
        )

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Let it come back from a worker."""
        return type(self), (self.row, self.column, self.entry)


class TimeLimitError(NoAnswerError):
    """The time limit passed. `question` is what was stopped: `solving case 'base'`."""

    def __init__(self, seconds: float, question: str = "", remark: str = "give more time") -> None:
        self.seconds, self.question, self.remark = seconds, question, remark
        while_doing = f" while {question}" if question else ""
        super().__init__(f"stopped by the time limit of {seconds:g} s{while_doing}; {remark}")

    def with_remark(self, remark: str) -> Self:
        """Return the same with another remark on what there is to do."""
        return type(self)(self.seconds, self.question, remark)

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Let it come back from a worker."""
        return type(self), (self.seconds, self.question, self.remark)


class CertificateError(NoAnswerError):
    """An answer was found and did not pass its checks."""


def _listed(place: str, problems: Sequence[object]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{count} in {place}:", *(f"  {p}" for p in problems)])
