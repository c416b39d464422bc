"""Sealing what nothing can change any more."""
