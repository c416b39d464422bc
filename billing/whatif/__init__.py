"""Assumption → comparison: the same periods rated twice, as they are and under something assumed.

An `Assumption` (of `billing.invoicing.drafting.assumptions`) says what else should hold: other
prices, other measurements, usage left out. `comparison` rates both ways with the functions that
bill. What is asked of it: simulations (back-test, blast radius; kept, worked by leased work), the
effect of a correction or back-fill (`operations`, undone again), the trial of a meter's new terms
(`queries`). Moves no money and stores no invoice.
"""
