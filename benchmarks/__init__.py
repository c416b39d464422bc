"""The measurements of docs/benchmarks.md: ratios of two things taken in the same run.

Outermost of the house. One module per row of the table; what they share is the measuring, the
databases they may spoil, and the load they put on.
"""
