"""Many answers: a case against what was observed, and against itself with inputs moved inside their ranges."""
