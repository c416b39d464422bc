"""Invoices, lines explained, proofs on screen."""
