"""Whoever is on call: what needs somebody, and the queues that may be left alone for a while."""
