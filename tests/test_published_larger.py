"""Larger LPs with published prices: 72 to 675 rows, three of the four with a degenerate optimum.

Every test states the optimum and every price that its publication prints. Where a price is unique, gain and loss are
both the published one; where it is not, what is published lies between them. `asked` then compares prices, ranges,
curves and joint sets with finite moves, solved from nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import pytest
from lps import INFINITY, Written, written
from test_published import asked

from supplychain import lp

Name: TypeAlias = tuple[object, ...]


@dataclass
class Named:
    """An LP that is written row by row, under names."""

    columns: dict[Name, tuple[float, float, float]] = field(default_factory=dict)
    rows: dict[Name, tuple[dict[Name, float], str, float]] = field(default_factory=dict)

    def column(self, *name: object, cost: float = 0.0, lower: float = 0.0, upper: float = INFINITY) -> None:
        """Add a column with its cost and bounds."""
        self.columns[name] = (cost, lower, upper)

    def row(self, *name: object, terms: dict[Name, float], sense: str, limit: float) -> None:
        """Add a row: one of < = > and a limit."""
        self.rows[name] = (terms, sense, limit)

    def written(self, *, maximise: bool = False, offset: float = 0.0) -> Written:
        """Return it as matrices."""
        place = {name: j for j, name in enumerate(self.columns)}
        matrix = np.zeros((len(self.rows), len(place)))
        for i, (terms, _, _) in enumerate(self.rows.values()):
            for name, factor in terms.items():
                matrix[i, place[name]] = factor
        cost, lower, upper = np.array(list(self.columns.values())).T
        sense, limits = "".join(s for _, s, _ in self.rows.values()), [limit for _, _, limit in self.rows.values()]
        case = written(cost.tolist(), matrix.tolist(), sense, limits, maximise=maximise, offset=offset)
        return replace(case, column_lower=lower, column_upper=upper)

    def labelled(self, *, maximise: bool = False, offset: float = 0.0) -> lp.LabelledLP:
        """Return it for the functions under test."""
        return self.written(maximise=maximise, offset=offset).labelled(list(self.rows))


def table(text: str) -> list[list[float]]:
    """Return the numbers of a table, line by line."""
    return [[float(number) for number in line.split()] for line in text.strip().splitlines()]


def unique(problem: lp.LabelledLP, published: dict[Name, float], rel: float) -> None:
    """Assert prices that are published and unique: what one unit more is worth, and what one unit less costs."""
    prices = lp.two_sided_prices(problem, list(published))
    assert prices["gain"].to_dict() == pytest.approx(published, rel=rel, abs=1e-9)
    assert prices["loss"].to_dict() == pytest.approx(published, rel=rel, abs=1e-9)


# Marmalade: three kinds, made on three lines and sold on three planets, over twelve months.

KINDS = ("regular", "classical", "intense")
PLANETS = ("Venus", "Mars", "Mercury")
MONTHS = range(1, 13)
FORECAST = table("""
    12 13 10   10 23 20    8  8 10
    10 25 10   10 35 20    7  5 11
    10 28 10   10 38 20    7  8 10
    10 32 10   10 42 20    9 12 12
    22 32 10   10 42 20   12 12 13
    32 40 25   10 50 35   22 20 15
    13 45 52   10 55 62   18 35 22
    11 40 75   10 50 65   19 30 35
    10 35 20   10 45 30   15 25 30
    10 33 20   10 43 30    9 23 20
    10 20 15   10 30 25    7 20 15
    10 10 12   10 20 22    6 10 12
""")
PER_MONTH = {"cleaning": (1000, 1535, 1750), "cooking": (1850, 850, 1200), "packing": (750, 1500, 2000)}
SIX_DIGITS = 5e-6
"""Half a unit of the sixth digit, the last that GLPK prints."""


def marmalade(*, stock: bool) -> lp.LabelledLP:
    """Sell at the forecast prices what is made in the month or, with stock, before; holding a unit costs 1 a month."""
    model = Named()
    for t in MONTHS:
        for k, kind in enumerate(KINDS):
            for p, planet in enumerate(PLANETS):
                model.column("sell", planet, kind, t, cost=FORECAST[t - 1][3 * p + k])
            if stock:
                model.column("make", kind, t)
                model.column("hold", kind, t, cost=-1.0)
        for planet in PLANETS:
            model.row("shuttle", planet, t, terms={("sell", planet, k, t): 1.0 for k in KINDS}, sense="<", limit=1000)
        for line, sizes in PER_MONTH.items():
            made = {kind: [("make", kind, t)] if stock else [("sell", p, kind, t) for p in PLANETS] for kind in KINDS}
            use = {name: 1 / size for kind, size in zip(KINDS, sizes, strict=True) for name in made[kind]}
            model.row("line", line, t, terms=use, sense="<", limit=1)
        for kind in KINDS if stock else ():
            flow = {("hold", kind, t): 1.0, ("make", kind, t): -1.0}
            flow |= {("sell", planet, kind, t): 1.0 for planet in PLANETS}
            flow |= {("hold", kind, t - 1): -1.0} if t > 1 else {}
            model.row("stock", kind, t, terms=flow, sense="=", limit=0)
    return model.labelled(maximise=True)


def lines_and_shuttles(cooking: str, packing: str, shuttles: dict[Name, float]) -> dict[Name, float]:
    """Return what GLPK prints of the 72 limits; cleaning is slack throughout, and so is every shuttle not named."""
    worth: dict[Name, float] = {}
    for t, cook, pack in zip(MONTHS, cooking.split(), packing.split(), strict=True):
        worth |= {
            ("line", "cleaning", t): 0.0,
            ("line", "cooking", t): float(cook),
            ("line", "packing", t): float(pack),
        }
        worth |= {("shuttle", planet, t): shuttles.get((planet, t), 0.0) for planet in PLANETS}
    return worth


def test_marmalade_sold_at_once() -> None:
    """J. P. Pedroso, Métodos de Apoio à Decisão, assignment 1, Universidade do Porto (DCC-FCUP), March 2021, questions
    1 to 3. Prices as GLPK printed them for two groups of students: github.com/KatFT/MADTrab, ex1-3.sol, and
    github.com/INSANETR/MIERSI, MAD/TRBLH, Caso1/T1C.sol. 72 rows, neither primal nor dual degenerate.

    Both print the same; the second group's report has 492,946, the optimum in whole units, which has no prices. A line
    here is used up at 1, so its price is that of a whole line, and prices from 1.5 to 78,000 stand in one LP.

    Sensitivity: an engine that judges the rounding of all prices by the largest one loses the shuttles' prices, and one
    that takes an allowable range in units of use, not of the limit, loses the lines' ranges.
    """
    problem = marmalade(stock=False)
    assert len(problem.row) == 72
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(492_965.7895, abs=5e-5)
    assert not answer.certificate.primal_degenerate
    assert not answer.certificate.dual_degenerate
    published = lines_and_shuttles(
        cooking="22200 29750 32300 35700 34208.8 37519.3 62400 78000 38250 36550 18500 18500",
        packing="0 0 0 0 2631.58 8789.47 0 0 0 0 0 0",
        shuttles={("Mars", 1): 1.5, ("Mars", 7): 10, ("Venus", 8): 10, ("Mars", 11): 9.58333, ("Mars", 12): 6.58333},
    )
    unique(problem, published, rel=SIX_DIGITS)
    rows = [("shuttle", "Mars", 1), ("shuttle", "Venus", 5), ("line", "cooking", 6), ("line", "packing", 6)]
    asked(problem, rows, {("line", "cooking", 8): 1.0, ("line", "packing", 8): 0.5}, 3.0)


def test_marmalade_in_stock() -> None:
    """The same assignment, question 4: ex4.sol of the one group, Caso2/T2C.sol of the other. 108 rows, degenerate.

    GLPK printed the same for both, 560,562.0092 and the 72 limits, but two different prices for ten of the 36 balances
    of stock. Fourteen have no one price: there a kind is neither made nor sold nor held. In ten, each group has another
    end of the gap and neither can know it: one unit of regular more in month 10 earns 10, one less costs 19.76. In four
    both have the same end. The first group makes each planet's units apart and has three more rows (no stock before
    month 1), whose prices are those of month 1; the second writes its balances the other way round, so prices below 0.

    Sensitivity: an engine that reads the dual gets every limit right here, and fourteen balances half right: one side.
    """
    problem = marmalade(stock=True)
    assert len(problem.row) == 108
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(560_562.0092, abs=5e-5)
    assert answer.certificate.primal_degenerate
    shuttles = {("Mars", 4): 1, ("Venus", 5): 1, ("Venus", 6): 10, ("Mars", 6): 7, ("Venus", 7): 19.9269}
    shuttles |= {("Mars", 7): 29.9269, ("Venus", 8): 41.9269, ("Mars", 8): 31.9269, ("Mercury", 8): 1.9269}
    shuttles |= {("Mars", 11): 9.58333, ("Mars", 12): 6.58333}
    published = lines_and_shuttles(
        cooking="32300 33105.3 33657 34208.8 35199.8 36190.9 38487.7 39687.7 38250 36550 18500 18500",
        packing="0 78.9474 605.263 1131.58 1479.79 1828.01 0 0 0 0 0 0",
        shuttles=shuttles,
    )
    unique(problem, published, rel=SIX_DIGITS)
    one, other = (
        {
            ("stock", kind, t): price
            for t, line in zip(MONTHS, text, strict=True)
            for kind, price in zip(KINDS, line, strict=True)
        }
        for text in (
            table("""
                17 38 26.0731
                18 39 27.0731
                19 40 28.0731
                20 41 29.0731
                21 42 30.0731
                22 43 31.0731
                18 43 32.0731
                17.0731 44 33.0731
                15 45 31.875
                10 43 30.4583
                10 20.4167 15.4167
                10 21.4167 15.4167
            """),
            table("""
                17.4595 38 26.9167
                18 39 27.6272
                19 40 28.3501
                20 41 29.0731
                21 42 30.0731
                22 43 31.0731
                20.8042 44 32.0731
                21.4528 45 33.0731
                20.6757 45 31.875
                19.7568 43 30.4583
                10 20.4167 15.4167
                10 21.4167 15.4167
            """),
        )
    )
    prices = lp.two_sided_prices(problem, list(one))
    wide = []
    for label, price in one.items():
        gain, loss = prices.loc[[label]].to_numpy()[0]
        for value in (price, other[label]):
            assert gain - SIX_DIGITS * value <= value <= loss + SIX_DIGITS * value
        if price != other[label]:
            assert (gain, loss) == pytest.approx((price, other[label]), rel=SIX_DIGITS)
        if loss > gain + SIX_DIGITS * price:
            wide.append(label)
    assert len(wide) == 14
    assert sum(price != other[label] for label, price in one.items()) == 10
    rows = [*wide[::4], ("line", "packing", 2), ("shuttle", "Mercury", 8), ("line", "cleaning", 7)]
    asked(problem, rows, {("stock", "regular", 10): 100.0, ("line", "cooking", 9): 1.0}, 8.0)
