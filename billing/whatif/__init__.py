"""Assumption → comparison: periods rated again under other terms, and what a mistake touched."""
