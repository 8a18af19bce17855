"""Charts as pictures, without a browser: SVG for a page, SVG and PNG files.

A picture for a page has no script, no style sheet and no address in it; what a mark is, is its title, which browsers
show on hover. vl-convert (extra `report`) draws; the same description gives the same bytes.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any, Self, cast
from xml.etree import ElementTree as ET

from supplychain import limits
from supplychain.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from supplychain.report.page.blocks import Chart

_VEGA_LITE = "6.4"
_SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", _SVG)  # for the whole process, so that threads do not do it at the same time
_SCALE = 2.0
"""Pixels of a PNG for each of the page."""


@dataclass(frozen=True)
class Picture:
    """A chart drawn: for a page, for a phone, and the first as PNG."""

    wide: str
    narrow: str
    png: bytes


def check() -> None:
    """Refuse, before any work is done, to draw or to read what is not installed.

    Raises: SetupError.
    """
    for module, package in (("vl_convert", "vl-convert"), ("markdown_it", "markdown-it-py")):
        try:
            import_module(module)
        except ImportError as error:
            message = f"the report needs {package}, which is not installed: pip install 'supplychain[report]'"
            raise SetupError(message) from error


def start(chart: Chart) -> Callable[[], Picture]:
    """Return what draws a chart, here, when it is called."""
    return partial(_picture, chart.name, chart.alt, chart.spec, chart.narrow)


class DrawingProcesses:
    """Processes that draw side by side while charts are looked for.

    Start them before there is anything to draw: what they load then takes as long as half of the drawing. Ctrl-C does
    not reach them; they end when nobody asks any more.
    """

    def __init__(self, count: int = 2) -> None:
        self._count = count
        self._free: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", "-c", f"from {__name__} import _serve; _serve()"]
        self._started = [
            subprocess.Popen(  # noqa: S603 - this very module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
            for _ in range(self._count)
        ]
        for process in self._started:
            self._free.put(process)
        self._pool = ThreadPoolExecutor(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in self._started:
            process.kill()
        self._pool.shutdown()
        for process in self._started:
            process.communicate()

    def start(self, chart: Chart) -> Callable[[], Picture]:
        """Begin to draw a chart; return what waits for its picture.

        That raises SetupError if a process is ended from outside.
        """
        return partial(_awaited, self._pool.submit(self._drawn, chart))

    def _drawn(self, chart: Chart) -> Picture:
        process = self._free.get()
        try:
            answer = _ask(process, [chart.name, chart.alt, chart.spec, chart.narrow])
        finally:
            self._free.put(process)
        wide, narrow, png = answer
        return Picture(wide, narrow, base64.b64decode(png))


def _awaited(picture: Future[Picture]) -> Picture:
    """Wait for a picture, as long as the time limit lasts.

    Raises: TimeLimitError.
    """
    with limits.doing("drawing charts"):
        try:
            return picture.result(limits.check())
        except TimeoutError:
            raise limits.stopped() from None


def _ask(process: subprocess.Popen[bytes], question: object) -> Any:  # noqa: ANN401 - JSON
    """Return what a process answers."""
    asks, answers = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    try:
        asks.write(json.dumps(question).encode() + b"\n")
        asks.flush()
        return json.loads(answers.readline())
    except (OSError, ValueError) as error:
        message = "a process that draws charts was ended from outside, perhaps because memory ran out"
        raise SetupError(message) from error


def _serve() -> None:
    """Draw what comes, line by line, in a process of its own."""
    import vl_convert  # noqa: PLC0415 - an extra

    vl_convert.vegalite_to_svg({"mark": "text", "encoding": {"text": {"value": "a"}}}, vl_version=_VEGA_LITE)
    for line in sys.stdin.buffer:
        picture = _picture(*json.loads(line))
        answer = [picture.wide, picture.narrow, base64.b64encode(picture.png).decode()]
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _picture(name: str, alt: str, spec: dict[str, Any], narrow: dict[str, Any]) -> Picture:
    import vl_convert  # noqa: PLC0415 - an extra

    wide = _svg(alt, spec, f"{name}-")
    return Picture(wide, _svg(alt, narrow, f"{name}-narrow-"), bytes(vl_convert.svg_to_png(wide, scale=_SCALE)))


def _svg(alt: str, spec: dict[str, Any], prefix: str) -> str:
    """Return a chart as SVG, with its alternative text; `prefix` keeps names apart on a page with several."""
    import vl_convert  # noqa: PLC0415 - an extra

    root = ET.fromstring(vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE))  # noqa: S314 - drawn here
    for element in root.iter():
        _plain(element, prefix)
    root.set("role", "img")
    root.set("aria-label", alt)
    return ET.tostring(root, encoding="unicode")


_ADDRESS = re.compile(r"url\(#([^)]+)\)")
_MARKS = {"path", "rect", "text", "line", "circle"}


def _plain(element: ET.Element, prefix: str) -> None:
    """Take roles and names from an element; the name of a mark becomes its title."""
    description = element.attrib.pop("aria-label", None)
    role = element.attrib.pop("role", None)
    for name in ("aria-roledescription", "aria-hidden", "class", "pointer-events"):
        element.attrib.pop(name, None)
    for name, value in element.attrib.items():
        element.set(name, _ADDRESS.sub(rf"url(#{prefix}\1)", prefix + value if name == "id" else value))
    if description and role == "graphics-symbol" and element.tag.removeprefix(f"{{{_SVG}}}") in _MARKS:
        ET.SubElement(element, f"{{{_SVG}}}title").text = description
