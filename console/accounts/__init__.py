"""Accounts and resources on screen."""
