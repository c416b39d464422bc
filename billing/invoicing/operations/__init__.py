"""Verbs of invoicing: one call is one transaction, with its history and outbox rows."""
