"""Verbs of billing: one call is one transaction, with its history and outbox rows.

Every door (screen, admin, REST, task, command) calls these and nothing else to change billing.
"""
