"""Comparisons to read."""
