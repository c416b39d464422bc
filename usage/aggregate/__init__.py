"""Events become figures: how a meter reads an event, and how many readings become one quantity.

Pure Python over plain values, shared by ingest, refresh, rebuild and the dry run of a new meter, so
that a roll-up can be dropped and comes back to the digit. Knows no rows, no clock, no prices.
"""
