"""A dask cluster as an executor: the one module that knows dask, which only the extra `cluster` installs."""

from __future__ import annotations

import asyncio
import signal
import threading
from concurrent.futures import CancelledError, Executor, Future
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from supplychain.errors import SetupError
from supplychain.study import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

Result = TypeVar("Result")
Params = ParamSpec("Params")

PATIENCE = 10
"""Seconds that a scheduler, and its first worker, may take to answer."""

FEWEST = 16
"""Workers that work is given out for, at least: a cluster that grows with its work must see some."""


class Cluster(Executor):
    """The workers of a dask cluster.

    A job whose worker dies is done again by another, and comes back once. One that was begun when what it was for
    failed, or was stopped with Ctrl-C, is cancelled.
    """

    def __init__(self, address: str) -> None:
        """Connect.

        Raises: SetupError if dask is not installed, if nobody answers, if there is no worker, or if one has other
        software.
        """
        self._address = address
        self._client = _connected(address)
        with ExitStack() as unless_good:
            unless_good.callback(self._client.close)
            self.workers = max(_checked(self._client, address), FEWEST)
            unless_good.pop_all()
        self._executor = self._client.get_executor(pure=False)
        self._in_use = ExitStack()
        self._pressed: list[int] = []

    def __enter__(self) -> Self:
        self._pressed = self._in_use.enter_context(_outside_destructors())
        return self

    def submit(self, fn: Callable[Params, Result], /, *args: Params.args, **kwargs: Params.kwargs) -> Future[Result]:
        """Give the cluster a job."""
        self._interrupt_if_pressed()
        future: Future[Result] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is
        """Leave the cluster, when it is done with what it was given or at once."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from distributed import KilledWorker  # noqa: PLC0415 - an extra

        with self._in_use:
            self.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self._interrupt_if_pressed()
        if isinstance(error, CancelledError):
            message = f"the cluster at {self._address} was lost; what is done in a sweep is kept"
            raise SetupError(message) from error
        if isinstance(error, KilledWorker):
            message = f"workers of {self._address} died again and again over one job, perhaps for lack of memory"
            raise SetupError(message) from error

    def _interrupt_if_pressed(self) -> None:
        if self._pressed:
            self._pressed.clear()
            raise KeyboardInterrupt


@contextmanager
def _outside_destructors() -> Iterator[list[int]]:
    """Keep a Ctrl-C that comes while an object is destroyed, as dask's futures often are: there it would be lost.

    Yields what is kept; any other interrupts at once, as ever.
    """
    kept: list[int] = []
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(usual):
        yield kept
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        caller = frame
        while caller is not None:
            if caller.f_code.co_name == "__del__":
                kept.append(number)
                return
            caller = caller.f_back
        usual(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield kept
    finally:
        signal.signal(signal.SIGINT, usual)


def _connected(address: str) -> Any:  # noqa: ANN401 - dask is not there for all who check types
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "a cluster needs dask, which is not installed: pip install 'supplychain[cluster]'"
        raise SetupError(message) from error
    try:
        kind = asyncio.run(asyncio.wait_for(_kind(address), PATIENCE))  # a client waits forever for who is no dask
        if kind == "Scheduler":
            return Client(address, timeout=PATIENCE, set_as_default=False)
        reason = f"a {kind.lower()} does"
    except (OSError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split()) or f"nobody does in {PATIENCE} s"
    message = f"no dask scheduler answers at {address!r}: {reason}; must be an address like tcp://HOST:8786"
    raise SetupError(message)


async def _kind(address: str) -> str:
    """Ask what answers at an address what it is."""
    from distributed.core import rpc  # noqa: PLC0415 - an extra

    async with rpc(address) as remote:
        return str((await remote.identity())["type"])


def _checked(client: Any, address: str) -> int:  # noqa: ANN401
    """Return how many workers there are, all of them with the software that is here; threads of one do not count.

    Raises: SetupError.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        message = f"the cluster at {address} has no worker; start some: dask worker {address} --nthreads 1"
        raise SetupError(message) from error
    except OSError as error:
        message = f"the cluster at {address} was lost: {error}"
        raise SetupError(message) from error
    absent = client.run(version, "supplychain", on_error="return")
    for worker, reply in absent.items():
        if isinstance(reply, PackageNotFoundError):
            message = f"the worker on {worker} has no supplychain; install the same on all"
            raise SetupError(message)
    software = client.run(_software, on_error="return")
    for worker, reply in software.items():
        if isinstance(reply, BaseException):
            message = f"the worker on {worker} has another supplychain ({reply}); install the same on all"
            raise SetupError(message)
        workers.check(workers.software(), reply, worker)
    return len(software)


def _software() -> dict[str, str]:
    return workers.software()
