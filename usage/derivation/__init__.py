"""What follows from raw events: day figures, state intervals, period totals.

Owns building them, keeping them up to date and building them again from nothing. Does not own how a
meter reads an event (aggregate), nor how much a period comes to (queries).
"""
