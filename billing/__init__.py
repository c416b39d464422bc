"""Catalogue, subscriptions, rating, invoices, ledger, bill runs."""
