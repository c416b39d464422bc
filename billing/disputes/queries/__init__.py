"""Disputes as they are read."""
