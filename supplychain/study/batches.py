"""What a stored study is missing, solved in batches of whole points."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from supplychain.errors import CertificateError, TimeLimitError
from supplychain.limits import doing
from supplychain.study import workers
from supplychain.tolerances import CLOCK_TICK, SAME_OBJECTIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor

    from supplychain.study.store import Store, StoredRow

    Solved: TypeAlias = tuple[list[StoredRow], dict[int, str]]
    """Rows of whole points, and remarks on how points were solved."""

CHECK_EVERY = 50
"""Of so many points the first is solved once more, in a model of its own."""

OPTIMAL = "optimal"
"""The status of a point that has an answer."""

Context = TypeVar("Context")
Item = TypeVar("Item")


def solve_into(  # noqa: PLR0913 - one argument per part
    results: Store,
    shared: workers.Shared[Context],
    job: Callable[[Context, Sequence[Item]], Solved | workers.Stopped[Solved]],
    batches: Iterable[Sequence[Item]],
    executor: Executor,
    *,
    progress: Callable[[int, float], None],
) -> None:
    """Do batches side by side, and keep the rows of each as it ends.

    `progress` is told how many points are in the store, and how many of these are new a second.
    """
    start, done = time.monotonic(), results.done()
    before = len(done)
    for _, (rows, remarks) in workers.imap_unordered(executor, shared, job, batches):
        results.add(rows, remarks)
        done |= {int(row[0]) for row in rows}
        if rows:
            progress(len(done), (len(done) - before) / max(time.monotonic() - start, CLOCK_TICK))


def whole_points(
    numbered: Iterable[tuple[int, Item]], rows_of: Callable[[int, Item], tuple[list[StoredRow], str]], what: str
) -> Solved | workers.Stopped[Solved]:
    """Return the rows of points, and by number the remark on how each was solved; what is whole, if time is up.

    `rows_of` returns the rows of one point, and the remark or nothing.
    """
    rows: list[StoredRow] = []
    remarks: dict[int, str] = {}
    for n, item in numbered:
        try:
            with doing(f"solving {what} {n}"):
                rows_there, remark = rows_of(n, item)
        except TimeLimitError as error:
            return workers.Stopped((rows, remarks), error)
        rows += rows_there
        remarks |= {n: remark} if remark else {}
    return rows, remarks


def progress_line(done: int, rate: float, count: int, what: str) -> str:
    """Say how far a study is, how fast, and how long it will take."""
    left = (count - done) / rate
    size, unit = next(((size, unit) for size, unit in ((3600, "h"), (60, "min")) if left >= size), (1, "s"))
    return f"{done} of {count} {what}, {rate:.3g} a second, {left / size:.0f} {unit} left"


def is_checked(n: int) -> bool:
    """Whether a point, by its number, is solved once more."""
    return n % CHECK_EVERY == 1


def check_agreement(what: str, usd: float, again: float) -> None:
    """Compare what a point costs with what it costs solved once more.

    Raises: CertificateError if they differ by more than rounding.
    """
    if not abs(usd - again) <= SAME_OBJECTIVE * max(1.0, abs(again)):
        message = f"{what} does not pass its check: it costs {usd:.12g} USD, and solved from nothing {again:.12g}"
        raise CertificateError(message)
