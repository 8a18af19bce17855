"""Named conversion factors: the only home of such numbers."""

from __future__ import annotations

SECONDS_PER_YEAR = 31_536_000
HOURS_PER_YEAR = 8_760
TOKENS_PER_TTOK = 1e12
MTOK_PER_TTOK = 1e6
MTOK = 1e6
"""Tokens in the unit of a token price."""

PERCENT = 0.01
