"""Verbs of the catalogue: set up plans, work on drafts, publish."""
