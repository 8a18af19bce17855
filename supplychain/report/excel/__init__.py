"""Answers, comparisons and reports as Excel workbooks."""
