"""What holds for every test: garbage is collected, Ctrl-C can be pressed, no process takes more memory than is said."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 1.5
"""GB that a process of the suite, or one that it starts, may take."""

_MEASURED = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""What tells a process that starts to be measured."""

Peak = tuple[str, float, str]
"""A process, the most memory that it took in GB, and the test that took it there."""


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Collect garbage again after a command: the command line stops that, for a process that ends with it."""
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="module")
def _module_ends() -> Iterator[None]:
    """Free what a module leaves in circles: solvers are large, and few objects, so that nothing else would."""
    yield
    gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure nothing, here or in processes that it starts, while a test runs that is marked so: it takes 1.65 times
    as long where it is measured.
    """
    tracer = sys.gettrace()
    if tracer is None or item.get_closest_marker("unmeasured") is None:
        return (yield)
    sys.settrace(None)
    told = {name: os.environ.pop(name) for name in _MEASURED if name in os.environ}
    try:
        return (yield)
    finally:
        os.environ.update(told)
        sys.settrace(tracer)


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let processes that a test starts take Ctrl-C, even where whoever started the suite has it ignored or blocked."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let reports draw their charts in this process, and those that it has drawn before not again."""
    from drawing import DrawnOnce  # noqa: PLC0415 - few tests draw

    monkeypatch.setattr("supplychain.report.charts.images.DrawingProcesses", DrawnOnce)


class Memory:
    """Follows the peak of this process and of those that it starts, and takes those of other workers from xdist."""

    def __init__(self) -> None:
        self.here: Peak = ("this process", 0.0, "")
        self.workers: list[Peak] = []

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        peak = taken()
        if peak > self.here[1]:
            self.here = (self.here[0], peak, nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist has no types
        if "memory" in getattr(node, "workeroutput", {}):
            self.workers.append((node.gateway.id, *node.workeroutput["memory"]))

    @property
    def peaks(self) -> list[Peak]:
        return self.workers or [self.here]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["memory"] = self.here[1:]
        elif any(peak > MOST for _, peak, _ in self.peaks):
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"memory, at most {MOST} GB a process")
        for name, peak, test in sorted(self.peaks):
            terminalreporter.write_line(f"{name}: {peak:.2f} GB{', TOO MUCH' * (peak > MOST)}, last raised by {test}")


def taken() -> float:
    """Return the most memory that this process, or one that it started and that has ended, has taken, in GB."""
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 2**20


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Memory())
