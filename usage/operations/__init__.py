"""The verbs of usage: one call is one transaction."""
