"""Accounts, profiles, resources and their owners, partners, staff roles."""
