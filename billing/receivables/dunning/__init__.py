"""Which step of dunning is due for an account on a day: worked out from what it owes then.

Pure. What an account owes, and what was said to it, is `queries.dunning`; taking a step is
`operations.dunning`; a simulation runs the same over days that were or are to come.
"""
