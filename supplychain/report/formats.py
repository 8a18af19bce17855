"""How numbers and names are shown: the only home of such formats."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from supplychain.tolerances import significant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from supplychain.case import Settings

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))

_ROUGH_DIGITS = 2
"""Digits of an end of a band."""

_SMALL_WORDS = frozenset({"a", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
"""Words that nothing ends with."""

USD = ((1e9, "bn USD"), (1e6, "m USD"), (1e3, "thousand USD"), (1.0, "USD"))
"""Units of money in a chart or a block of text, for `unit_for`."""

COUNTS = ((1e6, "million"), (1e3, "thousand"), (1.0, ""))
"""Units of what is counted one by one, for `unit_for`."""

TOKENS = (
    (1e3, "quadrillion (10^15)"),
    (1.0, "trillion (10^12)"),
    (1e-3, "billion (10^9)"),
    (1 / 1e6, "million (10^6)"),
    (1 / 1e12, "tokens"),
)
"""Units of tokens that are counted in 10^12, for `unit_for`."""


def number(x: float) -> str:
    """Return a number with three significant digits, or whole if it is large.

    >>> number(0.01234), number(12345.6), number(0.0), number(math.nan), number(math.inf), number(-math.inf)
    ('0.0123', '12,346', '0', '', 'any', 'none')
    """
    if math.isnan(x):
        return ""
    if math.isinf(x):
        return "any" if x > 0 else "none"
    if x == 0:
        return "0"
    size = math.floor(math.log10(abs(x)))
    return f"{x:,.{max(0, 2 - size)}f}"


def rough(x: float) -> str:
    """Return a number with two significant digits, or whole if it is large: an end of a band.

    >>> rough(0.01234), rough(14831.0), rough(0.996), rough(0.0), rough(math.nan)
    ('0.012', '15,000', '1.0', '0', '')
    """
    if x == 0 or not math.isfinite(x):
        return number(x)
    rounded = significant(x, _ROUGH_DIGITS)
    return f"{rounded:,.{max(0, 1 - math.floor(math.log10(abs(rounded))))}f}"


def dollars(usd: float) -> str:
    """Return an amount of money with two significant digits or more: $1.9B.

    >>> dollars(1.94e9), dollars(2.5e12), dollars(15008000.0), dollars(312.0)
    ('$1.94B', '$2.50T', '$15.0M', '$312')
    """
    size, unit = _unit_of(usd)
    return f"${number(usd / size)}{unit}"


def money(usd: float) -> str:
    """Return an amount of money in words that need no key: 1.94 bn USD.

    >>> money(1.94e9), money(15008000.0), money(-312.0), money(0.0)
    ('1.94 bn USD', '15.0 m USD', '-312 USD', '0 USD')
    """
    size, unit = unit_for([usd], USD) if usd else USD[-1]
    return f"{number(usd / size)} {unit}"


def amount(value: float) -> str:
    """Return a number with two significant digits or more.

    >>> amount(1514000.0), amount(0.26), amount(16.9e9), amount(float("nan"))
    ('1.51M', '0.260', '16.9B', 'none')
    """
    if math.isnan(value):
        return "none"
    size, unit = _unit_of(value)
    return f"{number(value / size)}{unit}"


def with_sign(x: float, places: int = 1) -> str:
    """Return a change to so many places, with its sign; one that rounds to nought has a plus.

    >>> with_sign(2.34), with_sign(-0.04), with_sign(-1.0, 2)
    ('+2.3', '+0.0', '-1.00')
    """
    return f"{round(x, places) + 0.0:+.{places}f}"


def with_sign_grouped(x: float, places: int = 1) -> str:
    """Return a change as `with_sign` does, its thousands apart.

    >>> with_sign_grouped(12345.678, 2)
    '+12,345.68'
    """
    return f"{round(x, places) + 0.0:+,.{places}f}"


def signed_number(x: float) -> str:
    """Return a change as `number` does, with its sign.

    >>> signed_number(0.01234), signed_number(-12345.6), signed_number(0.0), signed_number(math.nan)
    ('+0.0123', '-12,346', '0', '')
    """
    return f"{'+' if x > 0 else ''}{number(x)}"


def or_nought(x: float) -> float:
    """Return a number, or 0 if it is none."""
    return 0.0 if math.isnan(x) else x


def unit_for(values: Iterable[float], units: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """Return the largest unit in which the largest of some numbers is 1 or more; else the smallest.

    >>> unit_for([3e6, 20], USD)
    (1000000.0, 'm USD')
    """
    most = max((abs(x) for x in values), default=0.0)
    return next((unit for unit in units if most >= unit[0]), units[-1] if most else units[0])


def case_title(settings: Settings) -> str:
    """Return how a text is headed: the title of the case, and its name."""
    return plain(f"{settings.title} ({settings.name})")


def years_seen(settings: Settings) -> str:
    """Return how far is seen when a year is decided; nothing where all years are decided at once."""
    years = settings.foresight_years
    if years is None:
        return ""
    seen = "no later year is seen" if years == 1 else f"{years} years are seen, its own included"
    return f"Foresight: when a year is decided, {seen}."


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


def brief(label: str, longest: int) -> str:
    """Return a label in one line; a long one without what stands in brackets, then cut after a word.

    >>> brief("Grid delivery (lines, substations) for AI", 50), brief("Grid delivery (lines, substations) for AI", 21)
    ('Grid delivery (lines, substations) for AI', 'Grid delivery for AI…')
    >>> brief("Grid delivery (lines, substations) for AI", 20), brief("a" * 50, 5)
    ('Grid delivery…', 'aaaa…')
    """
    label = plain(label)
    if len(label) <= longest:
        return label
    words = plain(re.sub(r"\([^()]*\)", "", label)).replace(" ,", ",").split()
    while len(words) > 1 and len(" ".join(words)) >= longest:
        words.pop()
        while len(words) > 1 and words[-1] in _SMALL_WORDS:
            words.pop()
    return cut(" ".join(words).rstrip(",;:") + "…", longest)


def short(name: object, longest: int = 34) -> str:
    r"""Return a name in one line, cut if it is long.

    >>> short("a\nbcdefg", 5)
    'a bc…'
    """
    return cut(plain(str(name)), longest)


def _unit_of(value: float) -> tuple[float, str]:
    return next(((size, unit) for size, unit in _UNITS if abs(value) >= size), (1.0, ""))
