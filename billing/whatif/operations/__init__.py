"""Verbs of simulations: ask one, work it, keep what it finds."""
