"""From a Pyomo model to a labelled LP: its expressions are read once, term by term.

Beside `model/_pyomo.py` this is the only module that names Pyomo. What it does not know, of linear expressions, it asks
Pyomo about.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import numpy as np
import pyomo.core as pyomo
from pyomo.common.numeric_types import native_numeric_types
from pyomo.core.base.param import ParamData, ScalarParam
from pyomo.core.base.var import ScalarVar, VarData
from pyomo.core.expr.numeric_expr import (
    LinearExpression,
    MonomialTermExpression,
    NegationExpression,
    NPV_ProductExpression,
    NPV_SumExpression,
    ProductExpression,
    SumExpression,
)
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression
from pyomo.repn import generate_standard_repn

from supplychain.lp.labelled import labelled
from supplychain.lp.scaled import Numbers, sums

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from supplychain.lp.labelled import Label, LabelledLP
    from supplychain.lp.scaled import Balance, Indices, Vector

Node: TypeAlias = Any
"""A Pyomo expression, or a number."""

_reading = threading.Lock()
"""Pyomo reads expressions with what it keeps for the whole process; a thread would change it under another's hands."""

_PARAMS = frozenset({ParamData, ScalarParam})
_VARIABLES, _SUMS = frozenset({VarData, ScalarVar}), frozenset({SumExpression, LinearExpression})
_PRODUCTS = frozenset({ProductExpression, MonomialTermExpression})


def _number(node: Node) -> float:
    """Return the value of what has no variables: for a product Pyomo's own `value` takes ten times as long."""
    kind = node.__class__
    if kind in native_numeric_types:
        return node  # type: ignore[no-any-return]
    if kind in _PARAMS:
        value = node._value  # noqa: SLF001 - four calls less for each number of an LP; what is none is asked for aloud
        return value if value.__class__ in native_numeric_types else node.value  # type: ignore[no-any-return]
    if kind is NPV_ProductExpression:
        one, other = node.args
        return _number(one) * _number(other)
    if kind is NPV_SumExpression:
        total = 0.0
        for term in node.args:
            total += _number(term)
        return total
    return pyomo.value(node)  # type: ignore[no-any-return]


class _Values:
    """Works out the numbers of an LP as they stand."""

    one, nothing = 1.0, 0.0

    @staticmethod
    def times(factor: float, node: Node) -> float:
        return factor * _number(node)

    @staticmethod
    def plus(total: float, term: float) -> float:
        return total + term


class _Factors:
    """Keeps of what the numbers of an LP are products, as tuples, and sums, as lists: they may change."""

    one: tuple[Node, ...] = ()
    nothing: list[Any] = []  # noqa: RUF012 - nothing is added to it in place

    @staticmethod
    def times(factor: tuple[Node, ...], node: Node) -> tuple[Node, ...]:
        return (*factor, node)

    @staticmethod
    def plus(total: list[Any], term: Any) -> list[Any]:  # noqa: ANN401 - a product, or a sum
        return [*total, term] if term else total


def _worth(number: Any) -> float:  # noqa: ANN401 - a product as a tuple, or a sum as a list
    """Return what `_Values` would have made of what `_Factors` kept, to the last digit."""
    if isinstance(number, list):
        total = _Values.nothing
        for term in number:
            total += _worth(term)
        return total
    product = _Values.one
    for node in number:
        product *= _number(node)
    return product


class _Row(NamedTuple):
    """What is said of a row: its limits, and the constant that its terms have beside them."""

    lower: Node
    upper: Node
    constant: Any


class _Reading:
    """The terms of a Pyomo model, row by row, in its order; columns stand in the order in which rows name them.

    `of` says what becomes of the factors of a term: `_Values` or `_Factors`.
    """

    def __init__(self, of: type[_Values | _Factors], column: Mapping[int, int] = MappingProxyType({})) -> None:
        """Read nothing yet; what is known already is which `column` a variable has, by its identity."""
        self._one: Any = of.one
        self._nothing: Any = of.nothing
        self._times: Any = of.times
        self._plus: Any = of.plus
        self.column: dict[int, int] = dict(column)
        self.variables: list[Any] = []
        """Those that were not known before."""
        self.columns: list[int] = []
        self.entries: list[Any] = []
        self.ends = [0]
        self.labels: list[Label] = []
        self.rows: list[_Row] = []
        self.sign = 1.0
        """Of the objective, once it is read, as its constant."""
        self.constant: Any = self._nothing
        self._domain: Any = None

    @classmethod
    def of_model(cls, model: Any, of: type[_Values | _Factors]) -> Self:  # noqa: ANN401 - Pyomo ships no types
        """Read a model."""
        reading = cls(of)
        for component in model.component_objects(pyomo.Constraint, active=True):
            name = component.local_name
            for index, constraint in component.items():
                if constraint.active:
                    reading.take(_label(name, index), constraint.expr, constraint)
        reading.sign, reading.constant = reading._objective(model)
        return reading

    @property
    def bounds(self) -> list[tuple[Node, Node]]:
        """The bounds of the variables."""
        return [_bounds(variable) for variable in self.variables]

    def take(self, label: Label, relation: Node, constraint: Any = None) -> None:  # noqa: ANN401
        """Take a row; a relation of other than two sides is asked of its constraint."""
        self.labels.append(label)
        self.rows.append(self._row(relation, constraint))
        self.ends.append(len(self.columns))

    def cost(self, expression: Node) -> Any:  # noqa: ANN401
        """Take an objective after the last row; return its constant."""
        return self._terms(expression, self._one)

    def _row(self, expression: Node, constraint: Any) -> _Row:  # noqa: ANN401
        kind = expression.__class__
        if kind is not InequalityExpression and kind is not EqualityExpression:
            lower, body, upper = constraint.to_bounded_expression()
            return _Row(lower, upper, self._terms(body, self._one))
        left, right = expression.args
        if _is_constant(right):
            return _Row(right if kind is EqualityExpression else None, right, self._terms(left, self._one))
        if _is_constant(left):
            return _Row(left, left if kind is EqualityExpression else None, self._terms(right, self._one))
        constant = self._plus(self._nothing, self._terms(left, self._one))
        constant = self._plus(constant, self._terms(right, self._times(self._one, -1.0)))
        return _Row(0.0 if kind is EqualityExpression else None, 0.0, constant)

    def _objective(self, model: Any) -> tuple[float, Any]:  # noqa: ANN401
        """Take the objective after the last row; return its sign, and its constant."""
        objectives = list(model.component_data_objects(pyomo.Objective, active=True))
        if not objectives:
            return 1.0, self._nothing
        if len(objectives) > 1:
            message = f"the model has {len(objectives)} active objectives; must have one"
            raise ValueError(message)
        sign = 1.0 if objectives[0].sense == pyomo.minimize else -1.0
        return sign, self.cost(objectives[0].expr)

    def _terms(self, node: Node, factor: Any) -> Any:  # noqa: ANN401 - a number, or its factors
        """Take the terms of an expression, times a factor; return its constant.

        Raises: ValueError if it is not linear.
        """
        kind = node.__class__
        if kind in _SUMS:
            return self._sum(node, factor)
        if kind in _VARIABLES:
            return self._take(node, factor)
        if _is_constant(node):
            return self._times(factor, node)
        if kind in _PRODUCTS or kind is NegationExpression:
            one, other = node.args if kind in _PRODUCTS else (-1.0, *node.args)
            if _is_constant(one):
                return self._terms(other, self._times(factor, one))
        return self._other(node, factor)

    def _sum(self, node: Node, factor: Any) -> Any:  # noqa: ANN401
        """Take the terms of a sum: nearly all of an LP stands in sums of variables, alone or with a coefficient."""
        columns, entries, column, times = self.columns, self.entries, self.column, self._times
        constant = self._nothing
        for term in node.args:
            kind = term.__class__
            if kind is MonomialTermExpression:
                coefficient, variable = term.args
                entry = times(factor, coefficient)
            elif kind is VarData:
                variable, entry = term, factor
            else:
                constant = self._plus(constant, self._terms(term, factor))
                continue
            at = column.get(id(variable))
            columns.append(self.new(variable) if at is None else at)
            entries.append(entry)
        return constant

    def _other(self, node: Node, factor: Any) -> Any:  # noqa: ANN401
        """Take the terms of any other expression, as Pyomo finds them."""
        with _reading:
            found = generate_standard_repn(node, compute_values=False, quadratic=False)
        if found.nonlinear_expr is not None:
            message = f"the model has the expression {node}, which is not linear; must be a linear program"
            raise ValueError(message)
        for coefficient, variable in zip(found.linear_coefs, found.linear_vars, strict=True):
            self._take(variable, self._times(factor, coefficient))
        return self._times(factor, found.constant)

    def _take(self, variable: Any, entry: Any) -> Any:  # noqa: ANN401
        """Take a term; it has no constant."""
        at = self.column.get(id(variable))
        self.columns.append(self.new(variable) if at is None else at)
        self.entries.append(entry)
        return self._nothing

    def new(self, variable: Any) -> int:  # noqa: ANN401
        """Give a variable a column.

        Raises: ValueError if it takes whole numbers alone.
        """
        domain = variable.domain
        if domain is not self._domain:
            if domain.get_interval()[2] != 0:
                message = "the model has whole-number variables; must be a linear program"
                raise ValueError(message)
            self._domain = domain
        self.column[id(variable)] = at = len(self.column)
        self.variables.append(variable)
        return at


def _is_constant(node: Node) -> bool:
    kind = node.__class__
    return kind in native_numeric_types or kind in _PARAMS or not node.is_potentially_variable()


def _label(name: str, index: Any) -> Label:  # noqa: ANN401 - Pyomo's index: None, a tuple, or what stands alone
    return (name,) if index is None else (name, *index) if isinstance(index, tuple) else (name, index)


def _bounds(variable: Any) -> tuple[Node, Node]:  # noqa: ANN401 - Pyomo ships no types
    """Return the bounds of a variable; where it is fixed, they are its value."""
    return (variable.value, variable.value) if variable.fixed else (variable.lower, variable.upper)


@dataclass(frozen=True)
class _Stated:
    """What a Pyomo model says, by column, with room for every entry that it has, also where its Params make it 0."""

    row: dict[Label, int]
    column: dict[Label, int]
    sign: float
    rows: Indices
    """The row of each entry."""
    columns: Indices
    parts: Mapping[str, Vector]
    """Entries, limits, bounds and costs, changed in place."""
    column_of_variable: Mapping[int, int]
    """By the identity of a variable of the model."""

    @classmethod
    def of_model(cls, model: Any) -> Self:  # noqa: ANN401 - Pyomo ships no types
        """Return what a model says."""
        read = _Reading.of_model(model, _Values)
        column = {_label(x.parent_component().local_name, x.index()): j for j, x in enumerate(read.variables)}
        rows, columns, entries, of_cost = _entries(read)
        rows, columns, entries = _by_column(rows, columns, entries)
        parts = {
            "cost": read.sign * sums(*of_cost, len(column)),
            "offset": np.array([read.sign * read.constant]),
            **_limits_and_bounds(read),
            "entries": entries,
        }
        row = {label: i for i, label in enumerate(read.labels)}
        return cls(row, column, read.sign, rows, columns, parts, read.column)

    def restated(
        self, relations: Mapping[Label, Node | None], new: Mapping[Label, Any], gone: Collection[Label], cost: Node
    ) -> Self:
        """Return the same with some rows stated again (None: there is none), and columns that come and go.

        `new` has the variables of those that come, and `cost` is what they cost; those that go stand in no row that
        stays, and every row that names one that comes is stated again.
        """
        read = _Reading(_Values, self.column_of_variable)
        for variable in new.values():
            read.new(variable)
        for label, relation in relations.items():
            if relation is not None:
                read.take(label, relation)
        read.cost(cost)
        height, width = len(self.row), len(self.column)
        more = [label for label in read.labels if label not in self.row]
        where = self.row | {label: height + n for n, label in enumerate(more)}
        at = np.array([where[label] for label in read.labels], dtype=np.int64)
        row, rows_stay = _kept(self.row, {label for label, of in relations.items() if of is None}, more)
        column, columns_stay = _kept(self.column, gone, new)
        again = np.zeros(height + len(more), dtype=bool)
        again[at] = True
        stay = (rows_stay[:height] & ~again[:height])[self.rows] & columns_stay[self.columns]
        of_rows, columns, entries, of_cost = _entries(read)
        rows, columns, entries = _by_column(
            (np.cumsum(rows_stay) - 1)[np.concatenate([self.rows[stay], at[of_rows]])],
            (np.cumsum(columns_stay) - 1)[np.concatenate([self.columns[stay], columns])],
            np.concatenate([self.parts["entries"][stay], entries]),
        )
        stated = {"cost": self.sign * sums(*of_cost, width + len(new))[width:], **_limits_and_bounds(read)}
        parts = {"offset": self.parts["offset"], "entries": entries}
        for name, part in stated.items():
            if name in _OF_ROWS:
                whole = np.concatenate([self.parts[name], np.zeros(len(more))])
                whole[at] = part
                parts[name] = whole[rows_stay]
            else:
                parts[name] = np.concatenate([self.parts[name], part])[columns_stay]
        return replace(self, row=row, column=column, rows=rows, columns=columns, parts=parts)

    def lp(self, balance: Balance | None = None) -> LabelledLP:
        """Return it as an LP, in a solver of its own; who knows it gives the matrix's balance."""
        parts = {name: part.copy() for name, part in self.parts.items()}
        offset, entries = float(parts.pop("offset")[0]), parts.pop("entries")
        some = entries != 0
        starts = np.concatenate([[0], np.cumsum(np.bincount(self.columns[some], minlength=len(self.column)))])
        numbers = Numbers(**parts, offset=offset, starts=starts, indices=self.rows[some], entries=entries[some])
        return labelled(numbers, self.row, self.column, self.sign, balance)


_OF_ROWS = frozenset({"row_lower", "row_upper"})


def _entries(read: _Reading) -> tuple[Indices, Indices, Vector, tuple[Indices, Vector]]:
    """Return rows, columns and values of the entries that were read, and columns and values of what stands in costs."""
    columns, entries = np.array(read.columns, dtype=np.int64), np.array(read.entries, dtype=np.float64)
    rows = np.repeat(np.arange(len(read.rows)), np.diff(read.ends))
    of_rows, of_cost = slice(len(rows)), slice(len(rows), None)
    return rows, columns[of_rows], entries[of_rows], (columns[of_cost], entries[of_cost])


def _limits_and_bounds(read: _Reading) -> dict[str, Vector]:
    constant = np.array([row.constant for row in read.rows], dtype=np.float64)
    return {
        "column_lower": _limits([lower for lower, _ in read.bounds], -np.inf),
        "column_upper": _limits([upper for _, upper in read.bounds], np.inf),
        "row_lower": _limits([row.lower for row in read.rows], -np.inf) - constant,
        "row_upper": _limits([row.upper for row in read.rows], np.inf) - constant,
    }


def _kept(
    labels: dict[Label, int], gone: Collection[Label], new: Collection[Label]
) -> tuple[dict[Label, int], npt.NDArray[np.bool_]]:
    """Return labels without those that go and with those that come, and which of both stay."""
    stay = np.array([*(label not in gone for label in labels), *(True for _ in new)], dtype=bool)
    if stay.all() and not new:
        return labels, stay
    kept = compress([*labels, *new], stay)
    return {label: n for n, label in enumerate(kept)}, stay


def _by_column(rows: Indices, columns: Indices, entries: Vector) -> tuple[Indices, Indices, Vector]:
    """Return entries that stand row by row in the order of columns; what a row says twice of one column is added."""
    order = np.argsort(columns, kind="stable")
    rows, columns, entries = rows[order], columns[order], entries[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    if not new.all():
        entries = sums(np.cumsum(new) - 1, entries, int(new.sum()))
    return rows[new], columns[new], entries


def _limits(nodes: list[Node], none: float) -> Vector:
    return np.array([none if node is None else _number(node) for node in nodes], dtype=np.float64)


class _Entry(NamedTuple):
    """A number of an LP that may change: which part of it, where, and what it is made of, less that from its limit."""

    part: str
    place: int
    number: Any
    limit: Node = None

    @property
    def value(self) -> float:
        """The number, as Params stand."""
        return _worth(self.number) if self.limit is None else _number(self.limit) - _worth(self.number)

    @property
    def params(self) -> set[int]:
        """The identities of the Params that it is made of."""
        return {id(param) for node in (self.limit, *_nodes(self.number)) for param in _params(node)}


def _nodes(number: Any) -> Iterator[Node]:  # noqa: ANN401 - a product as a tuple, or a sum as a list
    for part in number:
        if isinstance(number, list):
            yield from _nodes(part)
        else:
            yield part


def _params(node: Node) -> Iterator[Any]:
    kind = node.__class__
    if kind in _PARAMS:
        yield node
    elif kind not in native_numeric_types and node is not None and node.is_expression_type():
        for part in node.args:
            yield from _params(part)


class MutableLP:
    """The LP of a Pyomo model to be minimised, and, in place, the same LP with other values of its mutable Params.

    Only numbers that a changed Param enters are worked out again. And HiGHS puts an entry that was 0 and is none any
    more last in its column; the path of a solve, and with it the last digits, would depend on what was put before. Here
    a number that was put back leaves nothing behind.
    """

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - Pyomo ships no types
        self._model, self._stated = model, _Stated.of_model(model)
        self._first_entries = self._stated.parts["entries"].copy()
        self._balance: Balance | None = None

    def put(self, values: Iterable[tuple[Any, float]]) -> None:
        """Give mutable Params other values, and change the numbers that they enter."""
        touched: dict[tuple[str, int], _Entry] = {}
        for param, value in values:
            param.set_value(value)
            touched |= {(entry.part, entry.place): entry for entry in self._entered.get(id(param), ())}
        for entry in touched.values():
            self._stated.parts[entry.part][entry.place] = entry.value

    @cached_property
    def _entered(self) -> dict[int, list[_Entry]]:
        """The numbers that a Param enters, by its identity: looked up at the first change."""
        entered: dict[int, list[_Entry]] = defaultdict(list)
        for entry in self._entries():
            for param in entry.params:
                entered[param].append(entry)
        return dict(entered)

    def _entries(self) -> Iterator[_Entry]:
        """Yield the numbers of the LP."""
        read = _Reading.of_model(self._model, _Factors)
        height = len(read.rows)
        cells = self._stated.columns * height + self._stated.rows
        for i, row in enumerate(read.rows):
            of_row: dict[int, list[Any]] = defaultdict(list)
            for n in range(read.ends[i], read.ends[i + 1]):
                of_row[read.columns[n]].append(read.entries[n])
            places = np.searchsorted(cells, np.fromiter(of_row, np.int64, len(of_row)) * height + i).tolist()
            yield from (_Entry("entries", at, number) for at, number in zip(places, of_row.values(), strict=True))
            for part, limit in (("row_lower", row.lower), ("row_upper", row.upper)):
                if limit is not None:
                    yield _Entry(part, i, row.constant, limit)
        for j, bounds in enumerate(read.bounds):
            for part, bound in zip(("column_lower", "column_upper"), bounds, strict=True):
                if bound is not None:
                    yield _Entry(part, j, [(bound,)])
        cost: dict[int, list[Any]] = defaultdict(list)
        for n in range(read.ends[-1], len(read.columns)):
            cost[read.columns[n]].append(read.entries[n])
        yield from (_Entry("cost", j, number) for j, number in cost.items())
        yield _Entry("offset", 0, read.constant)

    def column(self, label: Label) -> int:
        """Return where a column stands."""
        return self._stated.column[label]

    def put_columns(self, columns: Indices, *, cost: Vector, upper: Vector) -> None:
        """Give columns other costs and upper bounds, whatever the expressions of the model come to."""
        self._stated.parts["cost"][columns], self._stated.parts["column_upper"][columns] = cost, upper

    def put_offset(self, offset: float) -> None:
        """Give the objective another constant, likewise."""
        self._stated.parts["offset"][0] = offset

    def restated(
        self, relations: Mapping[Label, Node | None], new: Mapping[Label, Any], gone: Collection[Label], cost: Node
    ) -> LabelledLP:
        """Return the LP as it stands with some rows stated again, and with columns that come and go.

        `relations` are expressions over the variables of the model, by row: None where there is none any more. `new`
        has the variables of the columns that come, by label, and `cost` is what these add to the objective. Nothing of
        it stays here.
        """
        return self._stated.restated(relations, new, gone, cost).lp()

    def lp(self) -> LabelledLP:
        """Return the LP as it stands, in a solver of its own."""
        alike = np.array_equal(self._stated.parts["entries"], self._first_entries)
        stated = self._stated.lp(self._balance if alike else None)
        if alike:
            self._balance = stated.scales.balance
        return stated


def terms_of(expression: Node) -> tuple[dict[Label, float], float]:
    """Return the coefficients of a Pyomo expression, by the names of its variables' columns, and its constant.

    Raises: ValueError if it is not linear.
    """
    if _is_constant(expression):
        return {}, float(_number(expression))
    with _reading:
        found = generate_standard_repn(expression, compute_values=True, quadratic=False)
    if found.nonlinear_expr is not None:
        message = f"the expression {expression} is not linear"
        raise ValueError(message)
    names = (_label(x.parent_component().local_name, x.index()) for x in found.linear_vars)
    return dict(zip(names, map(float, found.linear_coefs), strict=True)), float(found.constant)


def from_pyomo(model: Any) -> LabelledLP:  # noqa: ANN401 - Pyomo ships no types
    """Return the LP of a Pyomo model, not solved yet; a name is a component, then its index: `("supply", "hbm")`."""
    return _Stated.of_model(model).lp()
