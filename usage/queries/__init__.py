"""Read shapes: plain values for the bill, the screens and the API alike.

Writes, locks and builds nothing: what must be brought up to date first is brought by the caller.
"""
