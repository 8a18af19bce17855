"""Charts drawn once: the same description gives the same picture, which `test_report.py` holds the software to."""

from __future__ import annotations

import json
from functools import cache, partial
from typing import TYPE_CHECKING, Self

from supplychain.report.charts import images

if TYPE_CHECKING:
    from collections.abc import Callable

    from supplychain.report.page.blocks import Chart


class DrawnOnce:
    """Stands for `images.DrawingProcesses`: draws here what this process has not yet drawn, and starts no other."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, chart: Chart) -> Callable[[], images.Picture]:
        """Return what draws a chart, or finds its picture."""
        return partial(_picture, json.dumps([chart.name, chart.alt, chart.spec, chart.narrow]))


@cache
def _picture(described: str) -> images.Picture:
    return images._picture(*json.loads(described))  # noqa: SLF001 - as the processes do
