"""Contracts to read: who has which terms when."""
