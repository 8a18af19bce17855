"""Time limits: one for all that is done inside it, however many solves, threads and worker processes that takes.

A limit is one of its context (`contextvars`), so that two threads may have two. It is looked at before each run of the
solver, which is given the time that is left, and where Python itself works for long. What starts a thread runs it in a
copy of the context; what gives work to another process hands the rest of the limit on.
"""

from __future__ import annotations

import functools
import math
import platform
import time
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from supplychain.errors import TimeLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Params = ParamSpec("Params")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Limit:
    """So many seconds, as they were asked for, and when they end on this process's clock."""

    seconds: float
    end: float


@dataclass(frozen=True, slots=True)
class _Question:
    """What is being done, and whether that is vague: said only where nothing else was said."""

    name: str
    vague: bool


_limit: ContextVar[_Limit | None] = ContextVar("limit", default=None)
_questions: ContextVar[tuple[_Question, ...]] = ContextVar("questions", default=())


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stop what is done inside once so many seconds have passed; None sets no limit. Of several the first counts.

    Raises: TimeLimitError, which names what was stopped; ValueError if `seconds` is below 0 or not a number.
    """
    if seconds is not None and not seconds >= 0:
        message = f"the time limit is {seconds}; must be 0 seconds or more"
        raise ValueError(message)
    with _until(None if seconds is None or seconds == math.inf else _Limit(seconds, time.monotonic() + seconds)):
        yield


@contextmanager
def _until(limit: _Limit | None) -> Iterator[None]:
    """Set a limit, if it ends before the one that there is."""
    outer = _limit.get()
    if limit is None or (outer is not None and outer.end <= limit.end):
        yield
        return
    token = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(token)


@contextmanager
def doing(what: str, *, vague: bool = False) -> Iterator[None]:
    """Say what is done inside, for the message of a limit that stops it: `asking what hbm is worth in 2027`.

    What is `vague` is left out where something is said that is not: what any LP is asked, where a case is.
    """
    token = _questions.set((*_questions.get(), _Question(what, vague)))
    try:
        yield
    finally:
        _questions.reset(token)


def limited(what: str = "") -> Callable[[Callable[Params, Result]], Callable[Params, Result]]:
    """Let a function keep the time limit that its keyword `time_limit` gives.

    `what` it does is vague, and said where nothing has been said yet.
    """

    def decorate(function: Callable[Params, Result]) -> Callable[Params, Result]:
        @functools.wraps(function)
        def within(*args: Params.args, **kwargs: Params.kwargs) -> Result:
            seconds = kwargs.get("time_limit")
            name = doing(what, vague=True) if what and not _questions.get() else nullcontext()
            with time_limit(cast("float | None", seconds)), name:
                return function(*args, **kwargs)

        return within

    return decorate


def check() -> float | None:
    """Return how many seconds are left; None if there is no limit.

    Raises: TimeLimitError if there are none.
    """
    left = seconds_left()
    if left == 0:
        raise stopped()
    return left


def seconds_left() -> float | None:
    """Return how many seconds are left, 0 or more; None if there is no limit."""
    limit = _limit.get()
    return None if limit is None else max(0.0, limit.end - time.monotonic())


def stopped() -> TimeLimitError:
    """Return the error that says which limit has passed, and what it stopped."""
    limit, questions = _limit.get(), _questions.get()
    own = [question.name for question in questions if not question.vague]
    names = own or [question.name for question in questions]
    return TimeLimitError(math.nan if limit is None else limit.seconds, ", ".join(dict.fromkeys(names)))


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A limit on its way to another process.

    On this machine it ends when it does here; elsewhere, where clocks may differ, so many seconds after it arrives.
    """

    seconds: float
    left: float
    end: float
    """By the clock of the machine, which its processes share."""
    machine: str

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Keep the limit, in the other process."""
        left = min(self.left, self.end - time.time()) if platform.node() == self.machine else self.left
        with _until(_Limit(self.seconds, time.monotonic() + left)):
            yield


def handed_on() -> HandedOn | None:
    """Return the limit for work that another process is given; None if there is none.

    Raises: TimeLimitError if it has passed.
    """
    limit, left = _limit.get(), check()
    if limit is None or left is None:
        return None
    return HandedOn(limit.seconds, left, time.time() + left, platform.node())
