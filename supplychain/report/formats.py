"""How numbers and names are shown: the only home of such formats."""

from __future__ import annotations

import math

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def number(x: float) -> str:
    """Return a number with three significant digits, or whole if it is large.

    >>> number(0.01234), number(12345.6), number(0.0), number(math.nan), number(math.inf)
    ('0.0123', '12,346', '0', '', 'any')
    """
    if math.isnan(x):
        return ""
    if math.isinf(x):
        return "any"
    if x == 0:
        return "0"
    size = math.floor(math.log10(abs(x)))
    return f"{x:,.{max(0, 2 - size)}f}"


def dollars(usd: float) -> str:
    """Return an amount of money with two significant digits or more: $1.9B.

    >>> dollars(1.94e9), dollars(2.5e12), dollars(15008000.0), dollars(312.0)
    ('$1.94B', '$2.50T', '$15.0M', '$312')
    """
    size, unit = _unit_of(usd)
    return f"${number(usd / size)}{unit}"


def amount(value: float) -> str:
    """Return a number with two significant digits or more.

    >>> amount(1514000.0), amount(0.26), amount(16.9e9), amount(float("nan"))
    ('1.51M', '0.260', '16.9B', 'none')
    """
    if math.isnan(value):
        return "none"
    size, unit = _unit_of(value)
    return f"{number(value / size)}{unit}"


def printable(text: str) -> str:
    """Return text with a blank for each control character."""
    return "".join(c if c.isprintable() else " " for c in text)


def plain(text: str) -> str:
    """Return a name from the inputs in one line, without control characters."""
    return " ".join(printable(text).split())


def cut(text: str, longest: int) -> str:
    """Return a text, cut if it is long.

    >>> cut("a" * 50, 5)
    'aaaa…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"


def short(name: object, longest: int = 34) -> str:
    r"""Return a name in one line, cut if it is long.

    >>> short("a\nbcdefg", 5)
    'a bc…'
    """
    return cut(plain(str(name)), longest)


def _unit_of(value: float) -> tuple[float, str]:
    return next(((size, unit) for size, unit in _UNITS if abs(value) >= size), (1.0, ""))
