"""Standard output and standard error of a command, whatever they are: closed, full, or of few characters."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from supplychain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO


class _Stream:
    """A stream to which whatever stands in a case can be written: a character that it lacks becomes a question mark."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        if stream is not None:
            self.encoding = stream.encoding

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of the stream
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write text."""
        if not isinstance(text, str):  # by which click knows that this is a stream of text
            raise TypeError(type(text).__name__)
        if self._stream is None or not text:
            return 0
        return self._stream.write(text.encode(self.encoding, "replace").decode(self.encoding))

    def flush(self) -> None:
        """Write what is kept back."""
        if self._stream is not None:
            self._stream.flush()

    def _give_up(self, number: int) -> None:
        """Let what is kept back go nowhere: it would be tried once more when the process ends."""
        if self._stream in {sys.__stdout__, sys.__stderr__}:
            _to_nowhere(number)


class _Output(_Stream):
    """Standard output: that something cannot be written to it is an error."""

    def write(self, text: str) -> int:
        if self._stream is None and text:
            message = "cannot write to standard output: it is closed"
            raise OutputError(message)
        with self._told():
            return super().write(text)

    def flush(self) -> None:
        with self._told():
            super().flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise  # whoever reads has read enough, as `head` does
        except OSError as error:
            self._give_up(1)
            message = f"cannot write to standard output: {error.strerror}"
            raise OutputError(message) from error


class _Errors(_Stream):
    """Standard error: there is nobody to tell what cannot be written to it."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._give_up(2)
            return 0

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            self._give_up(2)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Let a command write to streams that say what is wrong with them.

    A stream that is closed is opened to nowhere, as far as the system is concerned: a file of the command's own would
    else be opened in its place, and get what libraries print.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _to_nowhere(number)
    usual = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Output(sys.stdout), _Errors(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = usual


def _to_nowhere(number: int) -> None:
    """Let a stream of the process lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    os.set_inheritable(number, True)  # noqa: FBT003 - it has no keyword
