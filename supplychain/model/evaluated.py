"""The model's names over numbers: what the functions of its parts say of a case that is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from supplychain.model import Numbers
    from supplychain.model.structure import Structure


class Evaluated:
    """Stands for the Pyomo model in `supply.limit`, `cost.unserved` and the like, which then return floats.

    `on` has the index sets; `supply[s, k, p, t]`, `price_usd[s, k, p, t]` and so on are values of variables and of
    Params; a Param without index is its number.
    """

    on: Structure

    def __init__(
        self, on: Structure, numbers: Mapping[str, Numbers], values: Mapping[str, Mapping[Any, float]]
    ) -> None:
        self.on, self._numbers, self._values = on, numbers, values

    @property
    def looked_up(self) -> set[str]:
        """The Params that were asked for."""
        return vars(self).keys() & self._numbers.keys()

    def parts(self) -> tuple[dict[str, Mapping[Any, Any]], dict[str, Mapping[Any, Any]]]:
        """Return numbers and values by name, to be given to another one with some of them replaced."""
        return dict(self._numbers), dict(self._values)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a mapping to floats, or a float, as of the Pyomo model
        """Return the values of a variable or a Param; they are looked up once."""
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            numbers = self._numbers.get(name)
            value: Any = self._values[name] if numbers is None else numbers.get(None, numbers)
        except KeyError as error:
            raise AttributeError(name) from error
        setattr(self, name, value)
        return value
