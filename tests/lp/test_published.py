"""LPs with published answers: optimum, prices and ranges are the publication's, or the docstring says why not.

Where an optimum is degenerate, a publication has one dual of many and the range of one basis. Then its dual must lie
between gain and loss, and its range inside the range of the price.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from asked import asked
from lps import INFINITY, Written, written

from supplychain import lp

NONE = -INFINITY


def holds(
    case: Written,
    objective: float,
    duals: list[float],
    ranges: list[tuple[float, float]] | None = None,
    rel: float = 1e-6,
) -> None:
    """Assert what is published of an LP whose prices are unique: both sides of each price, and each range."""
    problem = case.labelled()
    rows = list(problem.row)
    assert lp.solve(problem).objective == pytest.approx(objective, rel=rel)
    prices = lp.two_sided_prices(problem, rows)
    assert prices["gain"].tolist() == pytest.approx(duals, rel=rel, abs=1e-9)
    assert prices["loss"].tolist() == pytest.approx(duals, rel=rel, abs=1e-9)
    if ranges is not None:
        found = lp.allowable_ranges(problem, rows)
        assert found["lower"].tolist() == pytest.approx([low for low, _ in ranges], rel=rel, abs=1e-9)
        assert found["upper"].tolist() == pytest.approx([high for _, high in ranges], rel=rel, abs=1e-9)
    assert lp.joint_sets(problem, rows) == []


# The LPs of the shared method: any engine must get them right.


def test_three_caps_in_series() -> None:
    """Three equal limits on one flow: no one of them is worth anything alone, all three are; a solver says 1, 0, 0.

    Sensitivity: an engine that reads the dual gives one cap the whole price, and which one is chance.
    """
    problem = written([1], [[1], [1], [1]], "<<<", [100, 100, 100], maximise=True).labelled(["a", "b", "c"])
    assert lp.solve(problem).objective == 100
    prices = lp.two_sided_prices(problem, ["a", "b", "c"])
    assert prices["gain"].tolist() == [0, 0, 0]
    assert prices["loss"].tolist() == [1, 1, 1]
    assert lp.joint_sets(problem, ["a", "b", "c"]) == [frozenset({"a", "b", "c"})]
    assert lp.two_sided_prices(problem, {"all": {"a": 1.0, "b": 1.0, "c": 1.0}}).to_numpy().tolist() == [[1, 1]]
    assert lp.allowable_ranges(problem, ["a", "b", "c"]).to_numpy().tolist() == 3 * [[0, INFINITY]]
    assert lp.value_curve(problem, {"a": 1.0}, 50).to_numpy().tolist() == [[0, 50, 0, 100]]
    assert lp.value_curve(problem, {"a": 1.0, "b": 1.0, "c": 1.0}, 50).to_numpy().tolist() == [[0, 50, 1, 100]]
    assert lp.value_curve(problem, {"a": 2.0, "b": 1.0, "c": 1.0}, 50).to_numpy().tolist() == [[0, 50, 1, 100]]
    assert lp.parallel_rows(problem) == [("a", "b", "c")]


def test_wyndor_glass() -> None:
    """Hillier & Lieberman, Introduction to Operations Research, 9th ed., sections 3.1 and 4.7, tables 4.8 and 6.17."""
    case = written([3, 5], [[1, 0], [0, 2], [3, 2]], "<<<", [4, 12, 18], maximise=True)
    holds(case, 36, [0, 1.5, 1], [(2, INFINITY), (6, 18), (12, 24)])
    problem = case.labelled()
    assert lp.solve(problem).primal.tolist() == pytest.approx([2, 6])
    curve = lp.value_curve(problem, {1: 1.0}, INFINITY)
    assert curve.to_numpy() == pytest.approx(np.array([[0, 6, 1.5, 36], [6, INFINITY, 0, 45]]))


def test_shelby_shelving() -> None:
    """Decision Models, lecture 3, Columbia Business School (Shelby Shelving, after Winston & Albright); also
    scribd.com/presentation/101632744.

    The price 137.5 belongs to the limit on assembling model S, as that lecture states it. The shared method calls it
    the price of stamping, which is slack (765 of 800 hours) and worth nothing.
    """
    matrix = [[1, 0], [0, 1], [0.3, 0.3], [0.25, 0.5]]
    case = written([260, 245], matrix, "<<<<", [1900, 1400, 800, 800], maximise=True, offset=-385_000)
    holds(case, 268_250, [137.5, 0, 0, 490])
    assert lp.solve(case.labelled()).primal.tolist() == pytest.approx([1900, 650])


def farmer(yields: list[float]) -> Written:
    """Land for wheat, corn, beets now; then per scenario buy and sell wheat and corn, sell beets at two prices."""
    scenarios = len(yields)
    cost = [150.0, 230, 260] + [money / scenarios for _ in yields for money in (238, 210, -170, -150, -36, -10)]
    rows, sense, limits = [[1.0, 1, 1] + [0.0] * 6 * scenarios], "<", [500.0]
    for s, factor in enumerate(yields):
        for land, later, limit in (
            ([2.5 * factor, 0, 0], [1, 0, -1, 0, 0, 0], 200),
            ([0, 3 * factor, 0], [0, 1, 0, -1, 0, 0], 240),
            ([0, 0, 20 * factor], [0, 0, 0, 0, -1, -1], 0),
        ):
            rows.append([float(v) for v in (*land, *[0] * 6 * s, *later, *[0] * 6 * (scenarios - s - 1))])
            sense, limits = sense + ">", [*limits, float(limit)]
        rows.append([0.0] * (3 + 6 * s + 4) + [1.0] + [0.0] * (6 * (scenarios - s) - 5))
        sense, limits = sense + "<", [*limits, 6000.0]
    return written(cost, rows, sense, limits)


def test_farmer() -> None:
    """Birge & Louveaux, Introduction to Stochastic Programming, 2nd ed., section 1.1: RP, WS, EVPI and VSS.

    Sensitivity: the value of the stochastic solution needs the acreage of the mean yield held in all scenarios.
    """
    recourse = farmer([1.2, 1.0, 0.8])
    answer = lp.solve(recourse.labelled())
    assert answer.objective == pytest.approx(-108_390)
    assert answer.primal.iloc[:3].tolist() == pytest.approx([170, 80, 250])
    wait_and_see = np.mean([lp.solve(farmer([factor]).labelled()).objective for factor in (1.2, 1.0, 0.8)])
    assert wait_and_see == pytest.approx(-115_405.56, abs=0.005)
    assert answer.objective - wait_and_see == pytest.approx(7_015.56, abs=0.005)
    mean = lp.solve(farmer([1.0]).labelled())
    assert mean.objective == pytest.approx(-118_600)
    acres = mean.primal.iloc[:3].to_numpy()
    assert acres.tolist() == pytest.approx([120, 80, 300])
    lower, upper = recourse.column_lower.copy(), recourse.column_upper.copy()
    lower[:3] = upper[:3] = acres
    held = lp.solve(replace(recourse, column_lower=lower, column_upper=upper).labelled()).objective
    assert held == pytest.approx(-107_240)
    assert held - answer.objective == pytest.approx(1_150)
    problem = recourse.labelled()
    asked(problem, list(problem.row), {0: 1.0}, 400.0)


# Textbooks and manuals.


def test_giapetto() -> None:
    """Winston, Operations Research: Applications and Algorithms, 4th ed., sections 3.1, 5.1: toys and trains."""
    case = written([3, 2], [[2, 1], [1, 1], [1, 0]], "<<<", [100, 80, 40], maximise=True)
    holds(case, 180, [1, 1, 0], [(80, 120), (60, 100), (20, INFINITY)])


def test_dakota_furniture() -> None:
    """Winston, Operations Research, 4th ed., sections 4.5 and 6.3: desks, tables, chairs."""
    case = written([60, 30, 20], [[8, 6, 1], [4, 2, 1.5], [2, 1.5, 0.5]], "<<<", [48, 20, 8], maximise=True)
    holds(case, 280, [0, 10, 10], [(24, INFINITY), (16, 24), (20 / 3, 10)])


def test_winco_products() -> None:
    """Winston, Operations Research, 4th ed., section 5.2, example 1: an equality, a lower and two upper limits.

    LINDO prints -2 for the lower limit (the profit of raising it); relaxing it is worth +2 here.
    """
    matrix = [[1, 1, 1, 1], [0, 0, 0, 1], [2, 3, 4, 7], [3, 4, 5, 6]]
    case = written([4, 6, 7, 8], matrix, "=><<", [950, 400, 4600, 5000], maximise=True)
    holds(case, 6650, [3, 2, 1, 0], [(850, 1000), (275, 437.5), (4450, 4850), (4750, INFINITY)])


def test_tucker_automobiles() -> None:
    """Winston, Operations Research, 4th ed., section 5.2, example 2: a minimisation.

    LINDO prints -30 for the number of cars (cost of one more, negated); an equality keeps that sign here.
    """
    matrix = [[1, 1, 1, 1], [0, 0, 1, 0], [2, 3, 4, 5], [3, 4, 5, 6]]
    case = written([15, 10, 9, 7], matrix, "=><<", [1000, 400, 3300, 4000])
    holds(case, 11_600, [-30, 4, 0, 5], [(900, 1000 + 200 / 3), (0, 500), (3000, INFINITY), (3800, 4300)])


def test_reddy_mikks() -> None:
    """Taha, Operations Research: An Introduction, 8th ed., sections 2.2 and 3.6: paints."""
    case = written([5, 4], [[6, 4], [1, 2], [-1, 1], [0, 1]], "<<<<", [24, 6, 1, 2], maximise=True)
    holds(case, 21, [0.75, 0.5, 0, 0], [(20, 36), (4, 20 / 3), (-1.5, INFINITY), (1.5, INFINITY)])


def test_toyco() -> None:
    """Taha, Operations Research: An Introduction, 8th ed., section 3.6.3: -200..10, -20..400, -20..infinity."""
    case = written([3, 2, 5], [[1, 2, 1], [3, 0, 2], [1, 4, 0]], "<<<", [430, 460, 420], maximise=True)
    holds(case, 1350, [1, 2, 0], [(230, 440), (440, 860), (400, INFINITY)])


def test_par_golf_bags() -> None:
    """Anderson, Sweeney & Williams, An Introduction to Management Science, 10th ed., sections 2.1 and 3.3.

    The book writes 5/6 and 2/3 as 0.83333 and 0.66667, so its prices 4.37457 and 6.93804 end differently.
    """
    matrix = [[0.7, 1], [0.5, 5 / 6], [1, 2 / 3], [0.1, 0.25]]
    case = written([10, 9], matrix, "<<<<", [630, 600, 708, 135], maximise=True)
    holds(case, 7668, [4.375, 0, 6.9375, 0], [(495.6, 682.3636364), (480, INFINITY), (580, 900), (117, INFINITY)])


def test_m_and_d_chemicals() -> None:
    """Anderson, Sweeney & Williams, An Introduction to Management Science, 10th ed., sections 2.5 and 3.3."""
    case = written([2, 3], [[1, 0], [1, 1], [2, 1]], ">><", [125, 350, 600])
    holds(case, 800, [0, 4, 1], [(NONE, 250), (300, 475), (475, 700)])


def test_cplex_tutorial() -> None:
    """IBM, CPLEX 22.1, Interactive Optimizer tutorial, "Performing sensitivity analysis"; www.ibm.com/docs/en/icos."""
    case = written([1, 2, 3], [[-1, 1, 1], [1, -3, 1]], "<<", [20, 30], maximise=True)
    case = replace(case, column_upper=np.array([40, INFINITY, INFINITY]))
    holds(case, 202.5, [2.75, 0.25], [(-36.6666667, INFINITY), (-140, 100)])


def test_lp_solve_manual() -> None:
    """lp_solve reference guide 5.5, lpsolve.sourceforge.net/5.5/sensitivity.htm.

    For the two slack rows lp_solve prints -1e30 to 1e30, no range at all; theirs ends where the row starts to bind.
    """
    case = written(
        [1, 3, 6.24, 0.1], [[0, 78.26, 0, 2.9], [0.24, 0, 11.31, 0], [12.68, 0, 0.08, 0.9]], "><>", [92.3, 14.8, 4]
    )
    case = replace(
        case,
        column_lower=np.array([28.6, 0, 0, 18]),
        column_upper=np.array([INFINITY, INFINITY, INFINITY, 48.98]),
    )
    holds(case, 31.7828, [0.03448276, 0, 0], [(52.2, 142.042), (6.864, INFINITY), (NONE, 391.2928276)], rel=1e-5)


def test_lp_solve_api_example() -> None:
    """lpSolveAPI reference manual, get.sensitivity.rhs: duals 0, 0, -0.8; the range of the equality is from 0.

    lp_solve gives what one more unit costs; here it is what one more unit is worth, 0.8.
    """
    case = written([-3, -4, -3], [[6, 2, 4], [1, 1, 6], [4, 5, 4]], "<>=", [150, 0, 40])
    holds(case, -32, [0, 0, 0.8], [(16, INFINITY), (NONE, 8), (0, 375)])


def test_matpower_case5() -> None:
    """MATPOWER case5 (Li & Bo 2010, PJM five-bus system), direct current: prep-next.github.io/PREP-SHOT PJM5 has cost,
    dispatch, the prices 30 at bus 3 and 10 at bus 5, and the line from 4 to 5 at its limit of 240 MW.

    The four other prices follow from the flows. Only a unique dual can be compared: it is one, at every bus.
    """
    lines = {(0, 1): 0.0281, (0, 3): 0.0304, (0, 4): 0.0064, (1, 2): 0.0108, (2, 3): 0.0297, (3, 4): 0.0297}
    plants = [(0, 14.0, 40.0), (0, 15.0, 170.0), (2, 30.0, 520.0), (3, 40.0, 200.0), (4, 10.0, 600.0)]
    flow = {(i, j): (np.eye(5)[i] - np.eye(5)[j]) / x for (i, j), x in lines.items()}
    balance = np.hstack([np.array([[float(bus == b) for bus, _, _ in plants] for b in range(5)]), np.zeros((5, 5))])
    for (i, j), angles in flow.items():
        balance[i, 5:] -= angles
        balance[j, 5:] += angles
    load = np.array([0.0, 300, 300, 400, 0])
    case = Written(
        cost=np.array([price for _, price, _ in plants] + [0.0] * 5),
        matrix=np.vstack([balance, np.concatenate([np.zeros(5), flow[3, 4]])]),
        lower=np.append(load, -240.0),
        upper=np.append(load, 240.0),
        column_lower=np.array([0.0] * 6 + [NONE] * 4),
        column_upper=np.array([size for _, _, size in plants] + [0.0] + [INFINITY] * 4),
    )
    problem = case.labelled()
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(17_479.89, abs=0.01)
    assert answer.primal.iloc[:5].tolist() == pytest.approx([40, 170, 323.49, 0, 466.51], abs=0.005)
    prices = lp.two_sided_prices(problem, [0, 1, 2, 3, 4])
    for side in ("gain", "loss"):
        assert (-prices[side]).tolist() == pytest.approx([16.9774, 26.3845, 30, 39.9427, 10], abs=5e-5)
    asked(problem, [5], {5: 1.0}, 1000.0)


# Degenerate ones: the published dual is one of many, the published range that of one basis.


def test_winston_degenerate() -> None:
    """Winston, Operations Research, 4th ed., section 5.2 ("degeneracy and sensitivity analysis").

    LINDO: duals 0.5, 1.25, 0, 1.25; allowable changes 400 (+0/-200), 150 (+0/-0), 200 (+inf/-0), 250 (+0/-120). Four
    limits meet where two columns are basic, so all four have gain 0, and only pairs are worth anything. Where LINDO's
    dual is the loss, its range down is the true one (400, 250). Its 1.25 for 150 is no slope of the profit at all, so
    holds nowhere (+0/-0); its 0 for 200 is the gain, true upward without end.
    """
    matrix = [[2, 3, 1, 2], [1, 1, 2, 1], [2, 1, 1, 0.5], [3, 1, 0, 1]]
    case = written([6, 4, 3, 2], matrix, "<<<<", [400, 150, 200, 250], maximise=True)
    problem = case.labelled()
    assert lp.solve(problem).objective == pytest.approx(700)
    prices, ranges = lp.two_sided_prices(problem, [0, 1, 2, 3]), lp.allowable_ranges(problem, [0, 1, 2, 3])
    lindo = np.array([0.5, 1.25, 0, 1.25])
    assert prices["gain"].tolist() == [0, 0, 0, 0]
    assert prices["loss"].tolist() == pytest.approx([0.5, 3, 2.5, 1.25])
    assert ((prices["gain"] <= lindo) & (lindo <= prices["loss"])).all()
    assert ranges["lower"].tolist() == pytest.approx([400 - 200, 150 - 200 / 3, 200 - 200 / 3, 250 - 120])
    assert ranges["upper"].tolist() == [INFINITY] * 4
    assert lp.joint_sets(problem, [0, 1, 2, 3]) == [frozenset({0, 1}), frozenset({1, 2}), frozenset({2, 3})]
    asked(problem, [0, 1, 2, 3], {0: 1.0, 1: 1.0}, 500.0)


def test_dantzig_transport() -> None:
    """GAMS model library, trnsport (Dantzig 1963, section 3.3); ranges as GLPK has them: s2.smu.edu/~barr/barrlib/glp.

    The optimum is degenerate: San Diego's supply of 600 is used up and priced 0. Allowable changes by GLPK, of its
    basis: Seattle +inf/-50, San Diego +0/-50, New York +50/-0, Chicago +50/-300, Topeka +50/-0. The zeros are where
    that basis ends; the prices themselves hold on, up for San Diego, down for New York and Topeka.
    """
    matrix = [[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 0, 1]]
    case = written([0.225, 0.153, 0.162, 0.225, 0.162, 0.126], matrix, "<<>>>", [350, 600, 325, 300, 275])
    limits = [(300, INFINITY), (550, INFINITY), (0, 375), (0, 350), (0, 325)]
    holds(case, 153.675, [0, 0, 0.225, 0.153, 0.126], limits)
    basis = np.array([(350 - 50, INFINITY), (600 - 50, 600), (325, 375), (0, 350), (275, 325)])
    found = np.array(limits)
    assert (found[:, 0] <= basis[:, 0]).all()
    assert (basis[:, 1] <= found[:, 1]).all()


PROFIT = (10, 6, 8, 4, 11, 9, 3)
HOURS = {
    "grinder": (0.5, 0.7, 0, 0, 0.3, 0.2, 0.5),
    "vertical drill": (0.1, 0.2, 0, 0.3, 0, 0.6, 0),
    "horizontal drill": (0.2, 0, 0.8, 0, 0, 0, 0.6),
    "borer": (0.05, 0.03, 0, 0.07, 0.1, 0, 0.08),
    "planer": (0, 0, 0.01, 0, 0.05, 0, 0.05),
}
MACHINES = {"grinder": 4, "vertical drill": 2, "horizontal drill": 3, "borer": 1, "planer": 1}
DOWN = (
    {"grinder": 1},
    {"horizontal drill": 2},
    {"borer": 1},
    {"vertical drill": 1},
    {"grinder": 1, "vertical drill": 1},
    {"planer": 1, "horizontal drill": 1},
)
MARKET = (
    (500, 1000, 300, 300, 800, 200, 100),
    (600, 500, 200, 0, 400, 300, 150),
    (300, 600, 0, 0, 500, 400, 100),
    (200, 300, 400, 500, 200, 0, 100),
    (0, 100, 500, 100, 1000, 300, 0),
    (500, 500, 100, 300, 1100, 500, 60),
)


def test_factory_planning() -> None:
    """Williams, Model Building in Mathematical Programming, 5th ed., sections 12.3 and 14.3; data also in SAS/OR,
    Mathematical Programming Examples, example 3. 156 rows, degenerate.

    Published: profit 93,715; an extra hour is worth 8.57 of grinding in January, 0.625 of horizontal drilling in
    February, 200 of boring in March, 800 of planing in June; nothing elsewhere. The two last have no hours at all, so
    there is a price only upward: one hour less is not possible, and the dual does not say so.
    """
    columns = {
        (what, p, t): 21 * t + 7 * w + p
        for w, what in enumerate(("make", "hold", "sell"))
        for p in range(7)
        for t in range(6)
    }
    rows: dict[tuple[object, ...], tuple[dict[tuple[str, int, int], float], str, float]] = {}
    for t in range(6):
        for machine, hours in HOURS.items():
            working = MACHINES[machine] - DOWN[t].get(machine, 0)
            rows[machine, t] = ({("make", p, t): hours[p] for p in range(7)}, "<", 24 * 16 * working)
        for p in range(7):
            flow = {("make", p, t): 1.0, ("sell", p, t): -1.0, ("hold", p, t): -1.0}
            rows["balance", p, t] = (flow | ({("hold", p, t - 1): 1.0} if t else {}), "=", 0)
            rows["market", p, t] = ({("sell", p, t): 1.0}, "<", MARKET[t][p])
            rows["store", p, t] = ({("hold", p, t): 1.0}, "<", 100) if t < 5 else ({("hold", p, t): 1.0}, "=", 50)
    matrix = np.zeros((len(rows), len(columns)))
    for i, (terms, _, _) in enumerate(rows.values()):
        for name, factor in terms.items():
            matrix[i, columns[name]] = factor
    cost = np.zeros(len(columns))
    for (what, p, _), j in columns.items():
        cost[j] = {"make": 0.0, "hold": -0.5, "sell": PROFIT[p]}[what]
    limits = [limit for _, _, limit in rows.values()]
    case = written(cost.tolist(), matrix.tolist(), "".join(s for _, s, _ in rows.values()), limits, maximise=True)
    problem = case.labelled(list(rows))
    answer = lp.solve(problem)
    assert answer.objective == pytest.approx(93_715.18, abs=0.005)
    assert answer.certificate.primal_degenerate
    machines = [(machine, t) for machine in HOURS for t in range(6)]
    prices = lp.two_sided_prices(problem, machines)
    published = {("grinder", 0): 8.57, ("horizontal drill", 1): 0.625, ("borer", 2): 200, ("planer", 5): 800}
    expected = {row: published.get(row, 0.0) for row in machines}
    assert prices["gain"].to_dict() == pytest.approx(expected, abs=0.005)
    expected |= {("borer", 2): INFINITY, ("planer", 5): INFINITY}
    assert prices["loss"].to_dict() == pytest.approx(expected, abs=0.005)
    asked(problem, list(published), {("borer", 2): 1.0, ("planer", 5): 0.1}, 100.0)
