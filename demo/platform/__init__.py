"""A small cloud platform, simulated: who is on it, what they run, and what it reports.

Owns plain values only: no Django, no clock, no network, nothing of the product. The same seed and
the same instant give the same platform to the byte. Does not own prices, nor how its events are
sent: those are the demo's other packages.
"""
