"""The records of usage under /admin: facts are read-only, meters and sources are kept by name."""

from usage.admin import corrections, derived, events, meters, sources

__all__ = ["corrections", "derived", "events", "meters", "sources"]
