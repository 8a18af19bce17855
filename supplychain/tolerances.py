"""Tolerances: the only home of a number that says when two things are the same, or when a thing is nothing.

They stand by what they judge: what the solver is asked for and its answer must keep; prices and slopes; quantities;
bottlenecks; what studies look for; inputs; digits. A share is of what its line names; everything else says its unit.
`significant` cuts a number to its digits.

>>> significant(0.1 + 0.2, WRITTEN_DIGITS)
0.3
"""

from __future__ import annotations

from typing import Final


def significant(value: float, digits: int) -> float:
    """Return a number with so many significant digits.

    >>> significant(1234567.0, 3)
    1230000.0
    """
    return float(f"{value:.{digits}g}")


FEASIBILITY: Final = 1e-9
"""Largest primal and dual infeasibility that HiGHS may leave, in units of the scaled LP; and the distance from a limit
that is none, as a share of the terms of a row or of a value, which count for `LEAST_TERMS` at least."""

LEAST_FEASIBILITY: Final = 1e-10
"""The same, asked for where an answer is further off than `EXACT`."""

EXACT: Final = 1e-11
"""The largest of the residuals and the gap up to which an answer is as exact as a double allows, and left as it is."""

COARSE_FEASIBILITY: Final = 1e-7
"""The largest infeasibility of reduced costs where prices are known to fewer digits than `FEASIBILITY` asks for."""

LOST_ENTRY: Final = 1e-12
"""Size, in units of the scaled LP, up to which HiGHS takes an entry of its matrix for 0: the least that it may be."""

MEAN_LIMIT: Final = 2.0**10
"""Geometric mean of the limits of an LP as it is scaled: so far above 1 that what is a tolerance of the solver is
nothing beside them, and so far below 1e7 that a double still holds the tolerance beside them."""

MOST_COST: Final = 2.0**20
"""The largest cost of a tangent problem as it is scaled: a double holds the solver's tolerance beside it."""

LEAST_TERMS: Final = 2.0**6
"""What the terms of a row, or a value, count for at least where its rounding is judged, in units of the scaled LP: a
sixteenth of `MEAN_LIMIT`. What is small may be a difference of what is not."""

SCALED_WITHIN: Final = 1e-9
"""How near the factors that scale an LP are to those that scale it best, as a share of where they start."""

CERTIFIED: Final = 1e-9
"""Largest residual, duality gap and loss to tie-breaking that an answer may have: as shares of the largest term of the
row or column, of one of the scaled LP where that is more, and of the objective."""

OBJECTIVE_TERMS: Final = 1e-6
"""Share of the terms of an objective against which it is judged where it is less: a difference of terms of which a
double has sixteen digits cannot be known to nine."""

SAME_OBJECTIVE: Final = 1e-9
"""Share of an objective by which it may differ from that of the same LP solved again from nothing."""

OBJECTIVE_ROUNDING: Final = 1e-9
"""Share of an objective below which the difference of two is rounding: each is known to about as much."""

NO_SHORTAGE: Final = 1e-7
"""Share of the terms of a row below which what it lacks is rounding: as much as an answer may be off."""

NEAR_LIMIT: Final = 1e-6
"""Distance from a limit that a solver may leave at a tie, as a share of the terms of its row, which count for
`LEAST_TERMS` at least."""

MONEY_SCALE: Final = 1 / 64
"""Least share that the LP's own money may be of what it would be for a case by itself, and the other way round: within
six powers of two its scaling is as good. Of joint draws of base 4 % are beyond three; of these all labels, objectives
and quantities were the same to the digit."""

PRICE_ROUNDING: Final = 1e-11
"""Share of the terms that a price, a reduced cost or a move of a basis is made of, below which it is rounding: a double
has sixteen digits, and some are lost on the way through a basis."""

OBJECTIVE_DIGIT: Final = 1e-15
"""Share of the objective that its last digit is: what moves it by less does nothing."""

DOUBTFUL_PRICE: Final = 1e-6
"""Share of the same terms below which a price may be the rounding of a longer path, so that it is looked at again."""

REDUCED_COST_ROUNDING: Final = 1e-9
"""Share of its terms, taken one by one, below which a reduced cost is rounding, so that a column breaks even: they are
added up from prices that are rounded themselves."""

UNTRACED_PRICE: Final = 1e-17
"""Share of a price that may still be on its way when tracing stops: less than its last digit."""

SAME_SLOPE: Final = 1e-6
"""Share by which two slopes may differ and be one segment of a curve."""

SAME_BREAKPOINT: Final = 1e-10
"""Share of its place on a curve within which breakpoints are one."""

PRICE_MOVES: Final = (1e-2, 1e-3, 1e-4, 1e-5)
"""To prove a price that is known to few digits: what moves of its limits are worth, in turn, as shares of the
objective."""

DUAL_MOVE: Final = 1e-3
"""To choose one of many duals: what the move is worth, as a share of the objective."""

DUAL_EASINGS: Final = (1e-5, 1e-7, 1e-9)
"""To choose one of many duals: shares of the move by which other limits are eased, in turn, until the dual attains the
slope."""

DUAL_ATTAINS: Final = 1e-9
"""To choose one of many duals: share of what the move is worth within which the dual attains the slope."""

QUANTITY_ROUNDING: Final = 1e-9
"""Share of a limit, of a demand, or of what was served before, below which a difference of quantities is rounding."""

RANGE_ROUNDING: Final = 1e-6
"""Distance from a published range up to which a plan meets it, as a share of half its width: solvers leave a
thousandth of that, and no published number has so many digits."""

END_ROUNDING: Final = 1e-7
"""Distance of the end of a near-optimal range from nothing, from the most that there may be, or from the plan, up to
which it is rounding: as a share of the most that may be ordered, or of the largest value that the quantity has. Rows of
cost are kept to `FEASIBILITY`, and a cent of rounding in them may move a quantity by more than a cent's worth."""

IDLE_ROUNDING: Final = 1e-7
"""Share of a limit, or of a fleet, below which what idles is rounding: a residual of the answer is no idle capital."""

GAP_ROUNDING: Final = 1e-7
"""Share of what is kept, spent and left in a year below which cash that is missing is rounding, and none is missing."""

FULLY_USED: Final = 0.99
"""Share of the limit of a stage from which on its use says no more than the limit does: a rule of the test of past
years, fixed before its first solve."""

LOCKED_IN_ROOM: Final = 1e-11
"""Share of what is locked in by which a row gives way: amounts were rounded when they were found and when written."""

LITTLE_BLOCKED: Final = 0.01
"""Share of what is served or held back in a year, by value, up to which nothing is held back; a choice of words."""

SERVES_ABOVE: Final = 0.05
"""Relief serves more demand if the part of its gain that does exceeds this share of the gain; a choice of words."""

GAIN_PART_ROUNDING: Final = 1e-8
"""Share of a gain below which a part of it is rounding: it is the difference of two of them."""

EQUAL_GAIN: Final = 1e-8
"""Share by which gains may differ and be ranked by their exact order."""

RELIEF_STEP: Final = 1e-2
"""Part of a relief that is taken to see which years are helped: small, so that what binds stays the same."""

WHOLE_RELIEF: Final = 1.0
"""Part of a relief from a year on that is taken to see whether it helps that year: all of it. Of a little relief one
step of a curve in one year takes all, and which year that is says nothing."""

YEAR_HELPED: Final = 1e-3
"""A year is helped if the value of what is served in it rises by more than this share of the gain."""

BEYOND_PRICE_END: Final = 1e-6
"""How far past the end of a price the next one is read, as a share of the way and in per cent: past SAME_BREAKPOINT."""

MOVE_FOUND_WITHIN: Final = 0.01
"""How finely the smallest move of an input is found, as a share of the way to the end of its range."""

INDIFFERENCE_FOUND_WITHIN: Final = 1e-7
"""How finely the multiple of a supplier's prices that makes it worth nothing is found, as a share of it: the solver's
tolerance of a reduced cost leaves two more digits of a price, and `INDIFFERENCE_DIGITS` are shown."""

INDIFFERENCE_SPAN: Final = 2.0**20
"""Largest multiple of a supplier's prices that is tried, and the inverse of the least: a million times dearer, or
cheaper, is another supplier; and the entries that a budget makes of prices are not lost to the solver yet."""

STRETCH_FOUND_WITHIN: Final = 1e-6
"""How finely the end of a stretch on which a condition on amounts holds is found, as a share of the numbers that move,
or of what they move to where that is more: amounts follow straight lines, on which a few solves are enough."""

LABEL_FOUND_WITHIN: Final = 1e-4
"""The same of a condition on what binds, which has no line to follow: each digit more takes three to four solves."""

LABELS_APART: Final = 2e-3
"""The same of the moves between which what binds changes, on the way from one point of a scan to the next: what binds
in between on a narrower stretch is passed over."""

REFUSED_FOUND_WITHIN: Final = 1e-6
"""How finely the largest move that a case allows is found, as a share of the numbers that move: no solve is needed."""

PROPORTIONAL: Final = 1e-9
"""Share of a limit, or of a cost, by which it may be off the line on which a move takes it and still be on it."""

FACTOR_FOUND_WITHIN: Final = 0.02
"""How finely the factor that changes an answer is found, as a share of it."""

COST_MOVES: Final = 0.01
"""Share of the average cost per token, over all reported years, from which on a change of it counts."""

SMALL_REGRET_BN: Final = 0.05
"""Billion USD below which a stage has no line of its own in a regret: it is shown with one decimal."""

CLOCK_TICK: Final = 1e-9
"""Seconds: the least time that work is said to have taken, so that it has a rate."""

WHOLE_SHARE: Final = 1e-9
"""How far below 1 a sum of shares may be and still share out the whole: shares are typed as decimals."""

WHOLE_STEP: Final = 1e-9
"""Share of the way to a whole number that may be left to it where one is drawn: the logs of its range are rounded."""

HALF_STEP: Final = 1e-9
"""Steps of a curve: a share of the steps this little below a half is a half that its logs have rounded, and is rounded
up."""

SAME_PRICE: Final = 1e-9
"""Share of a price: a charged price this close to a step of a curve is that step, and leaves no sliver of a tier."""

FAR_OFF: Final = 1e5
"""Factor between two numbers of a case from which on one may have another unit, W for MW or USD for 10^6 USD: shipped
and drawn cases stay within 100 of each other, somebody who lifts a limit takes 1000, and a unit slips by 10^6."""

FAR_MOVED: Final = 10.0
"""Factor by which an edit may change a number without a word: shipped scenarios double, halve and treble, and a slip of
units or of a nought makes ten or more."""

FAR_OFF_AMONG_ALIKE: Final = 200.0
"""The same among numbers of one kind, which stay within 20: other years of a series, other accelerators, what a fleet
uses of a stage and its limit. Less than the 1000 of kW for MW."""

FAR_OFF_DEMAND: Final = 1e4
"""The same of demand over what everything together could serve: at most 3 in shipped and drawn cases, 300 in a stress
test of them, and a slip of 10^6 at the least."""

FAR_OFF_VALUE: Final = 0.05
"""Share of what an accelerator costs below which the best use of it is worth nothing: it is above 1 where anything is
served, 43 at most in drawn cases, and a value per thousand tokens makes a thousandth of it."""

SAME_COMMITMENT: Final = 1e-9
"""Share by which two minima of a commitment may differ and be the same: one was written with WRITTEN_DIGITS."""

SAME_NUMBER_IN_EXCEL: Final = 2e-14
"""Share by which a number may differ after software that keeps EXCEL_DIGITS has saved it: two units of the last digit,
for LibreOffice does not always round to the nearest."""

EXCEL_DIGITS: Final = 15
"""Digits that Excel keeps of a number."""

SHOWN_DIGITS: Final = 6
"""Digits of the numbers that an edit changes, as they are shown; a factor between two is judged with as many."""

TYPED_DIGITS: Final = 12
"""Most digits of a number that somebody types: what has more was computed."""

WRITTEN_DIGITS: Final = 12
"""Digits with which numbers of an answer are written: rounding of the solver stays behind them."""

WRITTEN_TIE_DIGITS: Final = 14
"""Digits to which such a number is cut first, so that one that ends in a 5 is cut there the same way on every path."""

SAME_ROW_DIGITS: Final = 12
"""Digits within which the entries of two rows of an LP are in one proportion, so that the rows are parallel."""

PRICE_DIGITS: Final = 9
"""Digits of a price that no solver path changes."""

PRICE_TIE_DIGITS: Final = 11
"""Digits to which a price is cut first, so that one that ends in a 5 is cut there the same way on every path."""

RESIDUAL_DIGITS: Final = 3
"""Digits of a residual that are worth a look."""

OBJECTIVE_DIFFERENCE_DIGITS: Final = 6
"""Digits of a difference of two objectives where it is small against them."""

INDIFFERENCE_DIGITS: Final = 6
"""Digits of the multiple of a supplier's prices that are found."""

REGRET_DIGITS: Final = 9
"""Digits of a regret, which is a larger difference of two objectives."""

PRICE_SHARE_DECIMALS: Final = 11
"""Decimals of a term's share of its price that no solver path changes."""

PRICE_SHARE_TIE_DECIMALS: Final = 13
"""Decimals to which such a share is cut first, so that one that ends in a 5 is cut there the same way on every path."""
