"""Statistics of draws, with no word about chips, cases or linear programs.

Draws come in independent Latin hypercubes, and have a standard normal score for each factor, a label and quantities.
`estimates` are means, probabilities and quantiles with their errors; `drivers` says which factors make the variance;
`prim` finds the box of a few factors inside which something happens; `scores` compares samples with what was observed.
"""
