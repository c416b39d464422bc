"""Verbs of contracts: subscribe, end, agree a price."""
