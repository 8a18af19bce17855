"""What a notebook shows of a value: who shows it knows the value, and the value does not know who shows it."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """A value that a notebook shows as HTML. `supplychain.report.notebook` draws it, and is imported then."""

    def _repr_html_(self) -> str:
        """Return it as HTML."""
        return str(import_module("supplychain.report.notebook").html(self))
