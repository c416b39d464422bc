"""Verbs of whoever is on call: pause and resume a queue, look at the books, note a release."""
