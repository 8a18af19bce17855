"""Foresight: how many years are seen when a year is decided, given in the place of what `case.toml` says."""

from __future__ import annotations

from numbers import Integral
from typing import Final, Literal, TypeAlias

from supplychain import schema
from supplychain.tabular import in_range, shown, what_fits

PERFECT: Final = "perfect"

Foresight: TypeAlias = int | Literal["perfect"]
"""Years that are seen, the one that is decided included; or all."""

SETTING: Final = "foresight_years"
_COLUMN = next(column for column in schema.SETTINGS if column.name == SETTING)


def foresight_years(foresight: Foresight) -> int | None:
    """Return a foresight as `case.toml` has it: years, or None for all.

    >>> foresight_years(3), foresight_years("perfect")
    (3, None)

    Raises: ValueError if it is neither a number of years that `case.toml` may have nor `perfect`.
    """
    if foresight == PERFECT:
        return None
    whole = isinstance(foresight, Integral) and not isinstance(foresight, bool)
    if not whole or in_range(_COLUMN, int(foresight))[1]:
        message = f"foresight is {shown(foresight)!r}; must be {what_fits(_COLUMN)}, the years seen, or {PERFECT!r}"
        raise ValueError(message)
    return int(foresight)


def in_words(years: int | None) -> str:
    """Return how many years are seen, or that all are.

    >>> in_words(3), in_words(1), in_words(None)
    ('3 years of foresight', '1 year of foresight', 'perfect foresight')
    """
    if years is None:
        return f"{PERFECT} foresight"
    return f"{years} year{'s' * (years != 1)} of foresight"
